/* Looks at DNS over a long way (support/dns_relay.h, before Knot DNS): how many questions, how many at a time, and how long. */
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "io/clock.h"
#include "registrar/internal.h"
#include "support/case.h"
#include "support/dns_relay.h"
#include "support/knot.h"

enum {
	START = 1800000000,
	MEMORY = 64 * 1024 * 1024,
	DELAY = 50 /* ms */,
	MANY = 32,
	RECORDS = 3 /* of an identity */
};

static struct knot *knot;
static struct dns_relay *relay;
static char folder[64], store_path[100], master_path[100], near[32], far[32], name[DNS_NAME_MAX + 1];
static const char *servers[] = {near};
static struct registrar_zone zones[] = {{.zone = "world.test", .servers = servers, .server_count = 1}};
static struct registrar *r;
static struct arena arena;
static struct io_error trouble;

/* ---- the world ---- */

static int remove_entry(const char *path, const struct stat *st, int type, struct FTW *position)
{
	(void)st;
	(void)type;
	(void)position;
	return remove(path);
}

static void good(int code)
{
	if (code)
		fail_msg("%s: %s", inkan_strerror(code), trouble.text);
}

static void open_world(const char *server)
{
	const struct registrar_settings settings = {
		.store = store_path,
		.master_key = master_path,
		.create_store = true,
		.zones = zones,
		.zone_count = 1,
		.authority = {.resolver = {.host = STR("127.0.0.1"), .port = knot_port(knot)}},
		.host = "mail1",
		.who = "tester",
		.at = START,
	};

	servers[0] = server;
	registrar_close(r);
	r = NULL;
	good(registrar_open(&settings, &r, &trouble));
}

static void begin(void)
{
	static const struct knot_zone served[] = {{"world.test", "", 0, 1}};

	if (!knot) {
		knot = knot_start(served, 1);
		if (!knot)
			test_skip("Knot DNS is not installed");
		snprintf(near, sizeof near, "127.0.0.1:%u", knot_port(knot));
		zones[0].primary = near;
	}
	relay = dns_relay_start(knot_port(knot), DELAY);
	snprintf(far, sizeof far, "127.0.0.1:%u", dns_relay_port(relay));
	snprintf(folder, sizeof folder, "/tmp/inkan-look-XXXXXX");
	assert_non_null(mkdtemp(folder));
	snprintf(store_path, sizeof store_path, "%s/identities.db", folder);
	snprintf(master_path, sizeof master_path, "%s/master.key", folder);
	arena_init(&arena, MEMORY);
	open_world(near);
}

static void end(void)
{
	registrar_close(r);
	r = NULL;
	dns_relay_stop(relay);
	relay = NULL;
	arena_release(&arena);
	nftw(folder, remove_entry, 8, FTW_DEPTH | FTW_PHYS);
}

/* Each case has names of its own: what it published stays. */
static const char *id_of(char letter, size_t i)
{
	snprintf(name, sizeof name, "%c%zu.world.test", letter, i);
	return name;
}

static void create(char letter, size_t i)
{
	char mail_from[sizeof name + 8];
	struct identity identity;
	struct identity_wish wish = {.id = id_of(letter, i),
	                             .algorithm = IDENTITY_ED25519,
	                             .publishes = true,
	                             .enabled = true,
	                             .site = "mx.world.test",
	                             .mail_from = mail_from};

	snprintf(mail_from, sizeof mail_from, "bounces.%s", wish.id);
	good(registrar_create(r, &arena, &wish, &identity, &trouble));
	assert_string_equal(identity.trouble, "");
}

/* ---- cases ---- */

static void case_once(void)
{
	struct registrar_view view;
	struct identity identity;

	create('o', 1);
	open_world(far);
	registrar_set_time(r, START + 1);
	good(registrar_look(r, &arena, &(struct identity){.state = IDENTITY_REQUESTED}, &view));
	good(registrar_follow(r, &arena, id_of('o', 1), true, &identity, &view, &trouble));
	assert_int_equal(identity.checked, START + 1);
	assert_int_equal(view.count, RECORDS);
	for (size_t i = 0; i < view.count; i++)
		assert_int_equal(view.seen[i].sight, SIGHT_THERE);
	assert_int_equal(dns_relay_questions(relay), RECORDS + 1); /* and one for the SOA record */
}

static void case_many(void)
{
	size_t done = 0;
	bool left = false;

	for (size_t i = 0; i < MANY; i++)
		create('m', i);
	open_world(far);
	registrar_set_time(r, START + LIFE_LOOK_PENDING);
	int64_t begin = clock_milliseconds();

	good(registrar_run(r, 64, &done, &left, &trouble));
	int64_t took = clock_milliseconds() - begin;

	print_message("%d identities in %d ms: %.1f a second, %zu questions, %zu at a time\n", MANY, (int)took,
	              MANY * 1000.0 / (double)took, dns_relay_questions(relay), dns_relay_peak(relay));
	assert_int_equal(done, MANY);
}

static const struct row {
	const char *name;
	void (*run)(void);
} rows[] = {
	{"what follows from a look is seen by that look", case_once},
	{"identities that are due are looked at together", case_many},
};

static void run_row(const void *given)
{
	const struct row *row = given;

	begin();
	row->run();
	end();
}

int main(void)
{
	struct test_list list = {0};

	TEST_TABLE(&list, rows, run_row);
	int failed = test_run(&list, "registrar/look");

	knot_stop(knot);
	return failed;
}

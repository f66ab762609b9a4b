/* Looks at DNS over a long way (support/dns_relay.h, before Knot DNS): how many questions, how many at a time, and how long. */
#include <arpa/inet.h>
#include <ftw.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
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

/* What others have: a key below the doubled name, another text where a key is expected, keys of a mail service behind aliases. */
#define ED25519_KEY "11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo="
#define RECORDS_OF_WORLD                                                                                              \
	"s1._domainkey.doubled.world.test TXT \"v=DKIM1; k=ed25519; p=" ED25519_KEY                                   \
	"\"\ns1._domainkey.other TXT \"hello\"\n"                                                                     \
	"google._domainkey.foreign CNAME hop1\nhop1 CNAME hop2\nhop2 TXT \"v=DKIM1; k=ed25519; p=" ED25519_KEY "\"\n" \
	"google._domainkey.round CNAME round\nround CNAME google._domainkey.round\n"

static struct knot *knot, *other_knot;
static struct dns_relay *relay;
static char folder[64], store_path[100], master_path[100], near[32], far[32], other[32], name[DNS_NAME_MAX + 1];
static const char *servers[] = {near};
static const char *part_servers[] = {near, other}, *dead_servers[] = {"127.0.0.1:1"};
static struct registrar_zone zones[] = {
	{.zone = "world.test", .servers = servers, .server_count = 1},
	{.zone = "part.test", .servers = part_servers, .server_count = 2}, /* the other has an empty one */
	{.zone = "dead.test", .servers = dead_servers, .server_count = 1},
};
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
		.zone_count = sizeof zones / sizeof *zones,
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
	static const struct knot_zone served[] = {{"world.test", RECORDS_OF_WORLD, 0, 1}, {"part.test", "", 0, 1}};
	static const struct knot_zone empty[] = {{"part.test", "", 0, 0}};

	if (!knot) {
		knot = knot_start(served, 2);
		if (!knot)
			test_skip("Knot DNS is not installed");
		other_knot = knot_start(empty, 1);
		snprintf(near, sizeof near, "127.0.0.1:%u", knot_port(knot));
		snprintf(other, sizeof other, "127.0.0.1:%u", knot_port(other_knot));
		zones[0].primary = zones[1].primary = near;
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
	assert_int_equal(dns_relay_peak(relay), AUTHORITY_FLIGHT_SERVER_MAX);
	assert_true(took < (int64_t)dns_relay_questions(relay) * DELAY / 2);
}

static struct identity made(const char *id, enum identity_scheme scheme, const char *mail_from)
{
	const struct identity_wish wish = {.id = id,
	                                   .scheme = scheme,
	                                   .algorithm = IDENTITY_ED25519,
	                                   .provider = scheme == IDENTITY_EXTERNAL ? "google" : NULL,
	                                   .selector = scheme == IDENTITY_TXT ? "s1" : NULL,
	                                   .site = "mx.world.test",
	                                   .mail_from = mail_from};
	const char *why = "";
	struct identity identity;

	if (identity_new(&arena, &wish, START, &identity, &why))
		fail_msg("%s: %s", id, why);
	if (scheme == IDENTITY_TXT) {
		identity.state = IDENTITY_PENDING;
		identity.slots[0].state = SLOT_PUBLISHED;
		identity.slots[0].record = "v=DKIM1; k=ed25519; p=" ED25519_KEY;
	}
	return identity;
}

static void assert_same(const struct registrar_view *a, const struct registrar_view *b)
{
	assert_int_equal(a->count, b->count);
	for (size_t i = 0; i < a->count; i++) {
		const struct registrar_sighting *x = &a->seen[i], *y = &b->seen[i];

		assert_int_equal(x->sight, y->sight);
		assert_ptr_equal(x->zone, y->zone);
		assert_string_equal(x->trouble_id, y->trouble_id);
		if (x->zone) { /* else it is what the resolver says, which has words of its own the second time */
			assert_string_equal(x->trouble.en, y->trouble.en);
			assert_string_equal(x->trouble.ja, y->trouble.ja);
		}
		assert_string_equal(x->fix.en, y->fix.en);
		for (size_t k = 0; x->zone && k < x->zone->server_count; k++)
			assert_int_equal(x->answers[k].answer.status, y->answers[k].answer.status);
	}
	for (size_t i = 0; i < IDENTITY_SLOTS_MAX; i++) {
		const struct slot_sight *x = &a->sight.slots[i], *y = &b->sight.slots[i];

		assert_int_equal(x->alias, y->alias);
		assert_int_equal(x->record, y->record);
		assert_int_equal(x->any, y->any);
		assert_int_equal(x->negative_ttl, y->negative_ttl);
	}
	assert_int_equal(a->sight.mail_from_mx, b->sight.mail_from_mx);
	assert_int_equal(a->sight.mail_from_spf, b->sight.mail_from_spf);
	if (!a->count || a->seen[0].zone)
		assert_string_equal(a->sight.trouble, b->sight.trouble);
}

/* Every way that a look may end; `trouble_id` of the first record. */
static const struct {
	const char *id;
	enum identity_scheme scheme;
	const char *mail_from, *trouble_id;
	enum sight sight; /* of the key */
} ways[] = {
	{"absent.world.test", IDENTITY_TXT, "b.absent.world.test", "record_missing", SIGHT_ABSENT},
	{"doubled.world.test", IDENTITY_TXT, NULL, "doubled_suffix", SIGHT_ABSENT},
	{"other.world.test", IDENTITY_TXT, NULL, NULL, SIGHT_OTHER},
	{"x.part.test", IDENTITY_TXT, NULL, NULL, SIGHT_ABSENT},
	{"x.dead.test", IDENTITY_TXT, NULL, "no-answer", SIGHT_UNKNOWN},
	{"nowhere.invalid", IDENTITY_TXT, NULL, "zone", SIGHT_UNKNOWN},
	{"foreign.world.test", IDENTITY_EXTERNAL, NULL, NULL, SIGHT_THERE},
	{"round.world.test", IDENTITY_EXTERNAL, NULL, NULL, SIGHT_UNKNOWN},
	{"none.world.test", IDENTITY_EXTERNAL, NULL, NULL, SIGHT_ABSENT},
};

enum { WAYS = sizeof ways / sizeof *ways };

static void case_same(void)
{
	static struct registrar_view alone[WAYS], together[WAYS];
	static struct identity identities[WAYS];
	struct registrar_looking lookings[WAYS] = {0};
	struct arena arenas[WAYS];

	open_world(far);
	for (size_t i = 0; i < WAYS; i++) {
		identities[i] = made(ways[i].id, ways[i].scheme, ways[i].mail_from);
		good(registrar_look(r, &arena, &identities[i], &alone[i]));
		arena_init(&arenas[i], MEMORY);
		lookings[i] = (struct registrar_looking){
			.identity = &identities[i], .arena = &arenas[i], .view = &together[i]};
	}
	good(registrar_look_all(r, lookings, WAYS));
	for (size_t i = 0; i < WAYS; i++) {
		assert_int_equal(lookings[i].code, INKAN_OK);
		assert_same(&alone[i], &together[i]);
		if (together[i].sight.slots[0].record != ways[i].sight)
			fail_msg("%s: %s", ways[i].id, sight_name(together[i].sight.slots[0].record));
		if (ways[i].trouble_id)
			assert_string_equal(together[i].seen[0].trouble_id, ways[i].trouble_id);
		arena_release(&arenas[i]);
	}
}

/* One that has no room for what it is told. */
static void case_too_large(void)
{
	static struct registrar_view views[2];
	struct identity identities[] = {made("absent.world.test", IDENTITY_TXT, NULL),
	                                made("other.world.test", IDENTITY_TXT, NULL)};
	struct arena arenas[2];
	struct registrar_looking lookings[] = {{&identities[0], &arenas[0], &views[0], INKAN_OK},
	                                       {&identities[1], &arenas[1], &views[1], INKAN_OK}};

	for (size_t room = 64; room < 8192; room += 256) {
		arena_init(&arenas[0], room);
		arena_init(&arenas[1], MEMORY);
		good(registrar_look_all(r, lookings, 2));
		assert_true(lookings[0].code == INKAN_ELIMIT || lookings[0].code == INKAN_OK);
		assert_int_equal(lookings[1].code, INKAN_OK);
		assert_int_equal(views[1].seen[0].sight, SIGHT_OTHER);
		arena_release(&arenas[0]);
		arena_release(&arenas[1]);
	}
	assert_int_equal(lookings[0].code, INKAN_OK);
}

/* ---- limits ---- */

static size_t peak_of(size_t questions)
{
	static struct authority_answer answers[AUTHORITY_FLIGHT_SERVER_MAX + 1];
	static struct authority_question list[AUTHORITY_FLIGHT_SERVER_MAX + 1];
	struct dns_relay *own = dns_relay_start(knot_port(knot), DELAY);
	char server[32];
	const char *const one[] = {server};
	const struct authority_override override = {"world.test", one, 1};
	const struct authority_options options = {.overrides = &override, .override_count = 1};
	const struct authority_zone *zone;
	struct authority *a;

	snprintf(server, sizeof server, "127.0.0.1:%u", dns_relay_port(own));
	good(authority_new(&options, &a, &trouble));
	good(authority_find(a, STR("world.test"), &zone, &trouble));
	for (size_t i = 0; i < questions; i++)
		list[i] = (struct authority_question){.zone = zone,
		                                      .type = DNS_TXT,
		                                      .name = STR("hop2.world.test"),
		                                      .arena = &arena,
		                                      .out = &answers[i]};
	good(authority_ask_all(a, list, questions));
	for (size_t i = 0; i < questions; i++)
		assert_int_equal(answers[i].answer.status, DNS_ANSWER);
	size_t peak = dns_relay_peak(own);

	authority_free(a);
	dns_relay_stop(own);
	return peak;
}

static void case_to_one(void)
{
	assert_int_equal(peak_of(1), 1);
	assert_int_equal(peak_of(AUTHORITY_FLIGHT_SERVER_MAX), AUTHORITY_FLIGHT_SERVER_MAX);
	assert_int_equal(peak_of(AUTHORITY_FLIGHT_SERVER_MAX + 1), AUTHORITY_FLIGHT_SERVER_MAX);
}

/* Servers that say nothing, on one socket: counts who asks before one asks again. */
static void *count_askers(void *context)
{
	static bool has_asked[65536];
	size_t *count = context;
	int fd = (int)*count;
	struct sockaddr_in from;

	*count = 0;
	memset(has_asked, 0, sizeof has_asked);
	for (;;) {
		struct pollfd p = {fd, POLLIN, 0};
		socklen_t size = sizeof from;
		char packet[512];

		if (poll(&p, 1, 5000) != 1 ||
		    recvfrom(fd, packet, sizeof packet, 0, (struct sockaddr *)&from, &size) < 0 ||
		    has_asked[from.sin_port])
			return NULL;
		has_asked[from.sin_port] = true;
		++*count;
	}
}

static size_t flight_of(size_t per_server)
{
	static struct authority_answer answers[16][AUTHORITY_SERVERS_MAX];
	static struct authority_zone zone;
	static char addresses[AUTHORITY_SERVERS_MAX][32];
	struct authority_question list[16];
	const struct authority_options options = {.timeout = 500};
	struct sockaddr_in any = {.sin_family = AF_INET};
	socklen_t size = sizeof any;
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	size_t count = (size_t)fd;
	struct authority *a;
	pthread_t thread;

	assert_int_equal(bind(fd, (struct sockaddr *)&any, sizeof any), 0);
	assert_int_equal(getsockname(fd, (struct sockaddr *)&any, &size), 0);
	zone = (struct authority_zone){.apex = "silent.test", .server_count = AUTHORITY_SERVERS_MAX};
	for (size_t i = 0; i < AUTHORITY_SERVERS_MAX; i++) {
		snprintf(addresses[i], sizeof addresses[i], "127.0.1.%zu:%u", i + 1, ntohs(any.sin_port));
		zone.servers[i] = (struct authority_server){addresses[i], addresses[i]};
	}
	for (size_t i = 0; i < per_server; i++)
		list[i] = (struct authority_question){.zone = &zone,
		                                      .type = DNS_TXT,
		                                      .name = STR("x.silent.test"),
		                                      .arena = &arena,
		                                      .out = answers[i]};
	good(authority_new(&options, &a, &trouble));
	assert_int_equal(pthread_create(&thread, NULL, count_askers, &count), 0);
	good(authority_ask_all(a, list, per_server));
	pthread_join(thread, NULL);
	authority_free(a);
	close(fd);
	for (size_t i = 0; i < per_server; i++)
		assert_int_equal(answers[i][AUTHORITY_SERVERS_MAX - 1].answer.status, DNS_TIMEOUT);
	return count;
}

static void case_in_all(void)
{
	enum { FULL = AUTHORITY_FLIGHT_MAX / AUTHORITY_SERVERS_MAX };

	assert_int_equal(flight_of(FULL), AUTHORITY_FLIGHT_MAX);
	assert_int_equal(flight_of(FULL + 1), AUTHORITY_FLIGHT_MAX);
}

/* A name that is none is told of itself alone. */
static void case_names(void)
{
	static struct authority_search searches[AUTHORITY_FIND_MAX + 1];

	for (size_t count = AUTHORITY_FIND_MAX; count <= AUTHORITY_FIND_MAX + 1; count++) {
		for (size_t i = 0; i < count; i++)
			searches[i] = (struct authority_search){.name = STR("a.world.test")};
		searches[1].name = STR("a..b");
		authority_forget(r->world);
		good(authority_find_all(r->world, searches, count));
		for (size_t i = 0; i < count; i++)
			assert_int_equal(searches[i].code, i == 1 ? INKAN_EUSAGE : INKAN_OK);
		assert_non_null(strstr(searches[1].error.text, "no domain name"));
		assert_ptr_equal(searches[0].zone, searches[count - 1].zone);
	}
}

static const struct row {
	const char *name;
	void (*run)(void);
} rows[] = {
	{"what follows from a look is seen by that look", case_once},
	{"identities that are due are looked at together", case_many},
	{"looks that are made together see what each sees alone", case_same},
	{"a look that has no room ends no other", case_too_large},
	{"sixteen questions wait for one server, the seventeenth for its turn", case_to_one},
	{"256 questions are on their way at once, not 257", case_in_all},
	{"zones of 128 names are found at once, of 129 one after the other", case_names},
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
	knot_stop(other_knot);
	return failed;
}

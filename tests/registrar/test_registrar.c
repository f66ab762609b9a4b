/* The registrar against a real server (Knot DNS), with a clock of its own: identities are created, published, proven and changed in zones
 * that take updates, in one that does not, and in zone files. */
#include <fcntl.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "io/file.h"
#include "io/master_key.h"
#include "registrar/internal.h"
#include "store/store.h"
#include "support/alloc.h"
#include "support/case.h"
#include "support/knot.h"
#include "support/place.h"

enum {
	START = 1800000000,
	NEGATIVE_TTL = 60, /* of the zones of support/knot.c */
	MEMORY = 64 * 1024 * 1024,
	DAY = 86400
};

#define TAKEN                                                                                                      \
	"taken._domainkey TXT \"v=DKIM1; p=\"\nmail MX 5 old.example.\n*.wild TXT \"anything\"\nalias._domainkey " \
	"CNAME x\n"

static struct knot *knot;
static char folder[64], address[32], dead[] = "127.0.0.1:1";
static char store_path[100], master_path[100], file_path[100];
static const char *servers[] = {address};
static struct registrar_zone zones[] = {
	{.zone = "open.test", .servers = servers, .server_count = 1},
	{.zone = "host.test", .servers = servers, .server_count = 1},
	{.zone = "dead.test", .primary = dead, .servers = servers, .server_count = 1},
	{.zone = "closed.test", .servers = servers, .server_count = 1},
	{.zone = "file.test", .file = file_path, .servers = servers, .server_count = 1},
};
static struct registrar *r;
static struct arena arena;
static struct io_error trouble;

/* ---- the world ---- */

static struct registrar_settings settings(void)
{
	return (struct registrar_settings){
		.store = store_path,
		.master_key = master_path,
		.create_store = true,
		.zones = zones,
		.zone_count = sizeof zones / sizeof *zones,
		.authority = {.resolver = {.host = STR("127.0.0.1"), .port = knot_port(knot)}, .timeout = 2000},
		.host = "mail1",
		.who = "tester",
		.at = START,
	};
}

static void good(int code)
{
	if (code)
		fail_msg("%s: %s", inkan_strerror(code), trouble.text);
}

static void begin(void)
{
	static const struct knot_zone served[] = {{"open.test", TAKEN, 0, 1},
	                                          {"host.test", "", 0, 1},
	                                          {"dead.test", "", 0, 1},
	                                          {"closed.test", "", 0, 0}};
	if (!knot) {
		knot = knot_start(served, sizeof served / sizeof *served);
		if (!knot)
			test_skip("Knot DNS is not installed");
		snprintf(address, sizeof address, "127.0.0.1:%u", knot_port(knot));
		zones[0].primary = zones[1].primary = zones[3].primary = address;
	}
	snprintf(folder, sizeof folder, "/tmp/inkan-registrar-XXXXXX");
	assert_non_null(mkdtemp(folder));
	snprintf(store_path, sizeof store_path, "%s/identities.db", folder);
	snprintf(master_path, sizeof master_path, "%s/master.key", folder);
	snprintf(file_path, sizeof file_path, "%s/file.test.zone", folder);
	arena_init(&arena, MEMORY);
	trouble.text[0] = '\0';
	const struct registrar_settings s = settings();

	good(registrar_open(&s, &r, &trouble));
}

static void end(void)
{
	registrar_close(r);
	r = NULL;
	arena_release(&arena);
	remove_tree(folder);
}

static int create(const char *id, const struct identity_wish *how, struct identity *out)
{
	struct identity_wish wish = *how;

	wish.id = id;
	wish.algorithm = IDENTITY_ED25519;
	return registrar_create(r, &arena, &wish, out, &trouble);
}

static const struct identity_wish published = {.publishes = true, .enabled = true};

static struct identity stored(const char *id)
{
	struct identity identity = {0};
	uint64_t version = 0;

	good(identity_store_get(registrar_store(r), &arena, id, &identity, &version, &trouble));
	assert_true(version > 0);
	return identity;
}

/* What the server has of a set, values with "|" between them. */
static const char *dns(const char *name, enum dns_type type)
{
	static char text[4096];
	const struct record_set wanted = {.name = str_c(name), .type = type};
	struct record_set found;
	size_t n = 0;

	good(registrar_find_now(r, &arena, &wanted, &found, &trouble));
	text[0] = '\0';
	for (size_t i = 0; i < found.count; i++)
		n += (size_t)snprintf(text + n, sizeof text - n, "%s%.*s", i ? "|" : "",
		                      STR_ARG(type == DNS_TXT ? found.records[i].text : found.records[i].name));
	return text;
}

static const char *key_name(const struct identity *identity, size_t slot)
{
	static char name[DNS_NAME_MAX + 1];

	identity_slot_name(identity, &identity->slots[slot], name);
	return name;
}

/* Another hand changes DNS. */
static void set_txt(const char *name, const char *text)
{
	struct registrar_plan plans[REGISTRAR_PLANS_MAX];
	enum update_result result = UPDATE_FAILED;
	struct record_set set;
	size_t count = 0;

	good(record_set_txt(&arena, str_c(name), 300, str_c(text ? text : ""), &set));
	set.count = text ? 1 : 0;
	good(registrar_plan_sets(r, &arena, &(struct wanted){&set, 1}, true, plans, &count, &trouble));
	assert_int_equal(count, 1);
	good(registrar_send(r, &plans[0], false, &result, &trouble));
	assert_int_equal(result, UPDATE_DONE);
}

static void run_at(unix_time at)
{
	size_t done;
	bool left = true;

	registrar_set_time(r, at);
	for (int i = 0; i < 20 && left; i++) {
		good(registrar_run(r, 64, &done, &left, &trouble));
		left = done > 0;
	}
}

/* Steps until the key is proven and signs. */
static void prove(void)
{
	for (int i = 0; i < 5; i++)
		run_at(registrar_now(r) + NEGATIVE_TTL + 1);
}

static size_t count_events(const char *id, const char *action);

/* ---- creating ---- */

static void case_created(void)
{
	struct identity identity;
	struct stat st;
	struct buf octets;

	good(create("open.test", &published, &identity));
	assert_int_equal(identity.slots[0].state, SLOT_PUBLISHED);
	assert_string_equal(dns(key_name(&identity, 0), DNS_TXT), identity.slots[0].record);
	assert_int_equal(stat(master_path, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0600);
	buf_init(&octets, 16 * 1024 * 1024);
	good(io_read_file(store_path, &octets, &trouble));
	assert_int_equal(str_search(buf_str(&octets), STR("PRIVATE KEY")), octets.n);
	buf_clear(&octets);
	good(registrar_export_key(r, identity.slots[0].key, &octets, &trouble));
	assert_true(str_has_prefix(buf_str(&octets), STR("-----BEGIN PRIVATE KEY-----")));
	buf_release(&octets);
	set_txt(key_name(&identity, 0), NULL);
}

static void case_gate(void)
{
	const struct identity_wish wish = {.selector = "by-hand"};
	struct identity identity;
	struct text why = {"", ""};
	uint64_t version;
	bool done;

	good(create("gate.open.test", &wish, &identity));
	run_at(START + 1);
	identity = stored("gate.open.test");
	assert_int_equal(identity.slots[0].state, SLOT_PUBLISHED); /* handed out, and not there */
	assert_false(life_enable(&identity, registrar_now(r), &why));
	good(life_missing(&arena, &identity, &why));
	assert_non_null(strstr(why.en, identity.slots[0].record));
	assert_non_null(strstr(why.en, key_name(&identity, 0)));
	set_txt(key_name(&identity, 0), identity.slots[0].record);
	run_at(START + NEGATIVE_TTL + 2);
	good(identity_store_get(registrar_store(r), &arena, "gate.open.test", &identity, &version, &trouble));
	assert_true(life_enable(&identity, registrar_now(r), &why));
	good(identity_store_put(registrar_store(r), &identity, version, NULL, NULL, &done, &trouble));
	run_at(START + NEGATIVE_TTL + 3);
	identity = stored("gate.open.test");
	assert_false(life_signs(&identity)); /* seen, and not for long enough */
	prove();
	identity = stored("gate.open.test");
	assert_true(life_signs(&identity));
}

static void case_signs(void)
{
	struct identity identity;

	good(create("signs.open.test", &published, &identity));
	prove();
	identity = stored("signs.open.test");
	assert_int_equal(identity.slots[0].state, SLOT_ACTIVE);
	assert_true(life_signs(&identity));
}

static void case_selector_in_dns(void)
{
	struct identity_wish wish = {.selector = "taken", .role = IDENTITY_GATEWAY};
	struct identity identity;

	assert_int_equal(create("open.test/gateway", &wish, &identity), INKAN_EREFUSED);
	assert_non_null(strstr(trouble.text, "taken._domainkey.open.test"));
	wish.selector = "alias";
	assert_int_equal(create("open.test/gateway", &wish, &identity), INKAN_EREFUSED);
	wish.selector = "free";
	good(create("open.test/gateway", &wish, &identity));
	assert_int_equal(create("open.test/second", &wish, &identity), INKAN_EREFUSED);
	assert_non_null(strstr(trouble.text, "open.test/gateway"));
}

static void case_wildcard(void)
{
	struct identity identity;

	good(create("some.wild.open.test", &published, &identity));
	assert_int_equal(identity.slots[0].state, SLOT_PUBLISHED);
	assert_string_equal(dns(key_name(&identity, 0), DNS_TXT), identity.slots[0].record);
}

static void case_not_writable(void)
{
	struct identity identity;

	assert_int_equal(create("elsewhere.test", &published, &identity), INKAN_EREFUSED);
	assert_non_null(strstr(trouble.text, "identities.zones"));
}

static void case_dry_run(void)
{
	static const char *const names[] = {"x.open.test", "x.closed.test"};
	static const enum update_result want[] = {UPDATE_DONE, UPDATE_NOT_ZONE};

	for (size_t i = 0; i < 2; i++) {
		struct registrar_plan plans[REGISTRAR_PLANS_MAX];
		enum update_result result;
		struct record_set set;
		size_t count = 0;

		good(record_set_txt(&arena, str_c(names[i]), 300, STR("text"), &set));
		good(registrar_plan_sets(r, &arena, &(struct wanted){&set, 1}, true, plans, &count, &trouble));
		good(registrar_apply(r, &plans[0], true, false, &result, &trouble));
		assert_int_equal(result == UPDATE_DONE, want[i] == UPDATE_DONE);
		assert_string_equal(dns(names[i], DNS_TXT), "");
	}
}

static void case_mail_from(void)
{
	struct identity_wish wish = published;
	struct identity identity;

	wish.host_zone = "host.test";
	wish.mail_from = "bounce.mf.open.test";
	good(create("mf.open.test", &wish, &identity));
	assert_string_equal(dns("bounce.mf.open.test", DNS_MX), "feedback-smtp.host.test");
	assert_string_equal(dns("bounce.mf.open.test", DNS_TXT), "v=spf1 include:host.test ~all");
}

static bool change_mail_from(void *context, struct identity *identity, unix_time now, struct text *why_out)
{
	const char *why = "";

	(void)context;
	(void)why_out;
	return identity_set_mail_from(&arena, identity, "later.mf2.open.test", MX_FAILURE_DEFAULT, now, &why) ==
	       INKAN_OK;
}

static void case_mail_from_later(void)
{
	struct identity_wish wish = published;
	struct identity identity;
	struct text why;

	wish.host_zone = "host.test";
	good(create("mf2.open.test", &wish, &identity));
	run_at(START + 1);
	good(registrar_change_identity(r, &arena, "mf2.open.test", "mail-from", change_mail_from, NULL, &identity, &why,
	                               &trouble));
	run_at(START + 2 * NEGATIVE_TTL + 2);
	assert_string_equal(dns("later.mf2.open.test", DNS_MX), "feedback-smtp.host.test");
}

/* ---- what others have put there stays ---- */

static void case_foreign_mx(void)
{
	struct identity_wish wish = published;
	struct identity identity;

	wish.host_zone = "host.test";
	wish.mail_from = "mail.open.test";
	wish.selector = "besides";
	good(create("open.test/mx", &wish, &identity));
	assert_string_equal(dns("mail.open.test", DNS_MX), "old.example");
	assert_int_equal(identity.slots[0].state, SLOT_PUBLISHED);
	assert_string_equal(dns(key_name(&identity, 0), DNS_TXT), identity.slots[0].record);
	run_at(START + NEGATIVE_TTL + 1);
	assert_string_equal(dns("mail.open.test", DNS_MX), "old.example");
}

static void case_foreign_key(void)
{
	const struct identity_wish wish = {.publishes = true, .needs_approval = true, .selector = "s1"};
	static const char other[] = "v=DKIM1; k=ed25519; p=11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=";
	struct identity identity;
	struct text why;

	good(create("fk.open.test", &wish, &identity));
	set_txt("s1._domainkey.fk.open.test", other);
	identity = stored("fk.open.test");
	assert_true(life_approve(&identity, START, &why));
	bool done = false;
	uint64_t version;

	good(identity_store_get(registrar_store(r), &arena, "fk.open.test", &identity, &version, &trouble));
	assert_true(life_approve(&identity, START, &why));
	good(identity_store_put(registrar_store(r), &identity, version, NULL, NULL, &done, &trouble));
	run_at(START + 1);
	identity = stored("fk.open.test");
	assert_int_equal(identity.slots[0].state, SLOT_GENERATED);
	assert_non_null(strstr(identity.trouble, "not of this identity"));
	assert_string_equal(dns("s1._domainkey.fk.open.test", DNS_TXT), other);
	set_txt("s1._domainkey.fk.open.test", NULL);
	run_at(identity.next_due);
	assert_int_equal(stored("fk.open.test").slots[0].state, SLOT_PUBLISHED);
}

/* ---- steps that fail ---- */

struct counting {
	const char *action;
	size_t count;
};

static bool count_event(void *context, const struct identity_event *event)
{
	struct counting *c = context;

	c->count += strcmp(event->action, c->action) == 0;
	return true;
}

static size_t count_events(const char *id, const char *action)
{
	struct counting c = {action, 0};

	good(identity_store_events(registrar_store(r), id, 1000, count_event, &c, &trouble));
	return c.count;
}

static void case_failing_step(void)
{
	struct identity identity;
	unix_time now = START, pause = 0;

	assert_int_equal(create("dead.test", &published, &identity), INKAN_OK);
	assert_int_equal(identity.slots[0].state, SLOT_GENERATED); /* with a key that is stored */
	assert_true(identity.slots[0].key > 0);
	assert_true(identity.trouble[0]);
	for (int i = 0; i < 30; i++) {
		identity = stored("dead.test");
		assert_true(identity.next_due >= now + LIFE_LOOK_PENDING);
		assert_true(identity.next_due - now >= pause);
		pause = identity.next_due - now;
		assert_true(pause <= 3600);
		now = identity.next_due;
		run_at(now);
	}
	assert_int_equal(pause, 3600);
	assert_int_equal(count_events("dead.test", "trouble"), 1);
}

static void case_one_too_many(void)
{
	char id[32];
	struct identity identity;

	for (int i = 0; i <= IDENTITY_SIGNERS_MAX; i++) {
		struct identity_wish wish = published;
		char selector[16];

		snprintf(id, sizeof id, "many.open.test/n%d", i);
		snprintf(selector, sizeof selector, "n%d", i);
		wish.selector = selector;
		good(create(id, &wish, &identity));
	}
	good(create("zz.open.test", &published, &identity));
	prove();
	size_t sign = 0;

	for (int i = 0; i <= IDENTITY_SIGNERS_MAX; i++) {
		snprintf(id, sizeof id, "many.open.test/n%d", i);
		identity = stored(id);
		sign += life_signs(&identity);
		if (!life_signs(&identity)) {
			assert_int_equal(identity.slots[0].state, SLOT_PROVEN);
			assert_non_null(strstr(identity.trouble, "disable one of them"));
			assert_true(identity.next_due > registrar_now(r));
		}
	}
	assert_int_equal(sign, IDENTITY_SIGNERS_MAX);
	identity = stored("zz.open.test");
	assert_true(life_signs(&identity));
}

/* More than are taken up in one round, and overdue for longer. */
static void case_damaged(void)
{
	static const char damage[] =
		"WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 100) "
		"INSERT INTO identity (version, domain, tenant, environment, next_due, doc, id) "
		"SELECT 1, 'd' || i || '.test', '', '', 1000 + i, '{\"id\": ', 'd' || i || '.test' FROM n";
	struct identity identity;
	size_t done = 0, told = 0;
	bool left = true;
	sqlite3 *db;

	good(create("whole.open.test", &published, &identity));
	assert_int_equal(sqlite3_open(store_path, &db), SQLITE_OK);
	assert_int_equal(sqlite3_exec(db, damage, NULL, NULL, NULL), SQLITE_OK);
	sqlite3_close(db);
	registrar_set_time(r, START + LIFE_LOOK_PENDING);
	for (int i = 0; i < 4; i++) {
		trouble.text[0] = '\0';
		good(registrar_run(r, 64, &done, &left, &trouble));
		told += strstr(trouble.text, "damaged") != NULL;
	}
	assert_int_equal(stored("whole.open.test").checked, START + LIFE_LOOK_PENDING);
	assert_int_equal(told, 2); /* of 64, of 36 */
	assert_int_equal(done, 0);
	assert_false(left);
	registrar_set_time(r, START + LIFE_LOOK_PENDING + DAY);
	good(registrar_run(r, 64, &done, &left, &trouble));
	assert_true(left);
	assert_non_null(strstr(trouble.text, "of 63 identities is damaged"));
}

/* ---- clocks ---- */

static void case_clock_back(void)
{
	struct identity identity;

	good(create("clock.open.test", &published, &identity));
	run_at(START + 40 * 365 * (unix_time)DAY); /* nobody looked for so long: it is proven anew */
	assert_true(stored("clock.open.test").next_due > START + 30 * 365 * (unix_time)DAY);
	run_at(START + 10);
	identity = stored("clock.open.test");
	assert_true(identity.next_due < START + 2 * DAY);
	assert_false(life_signs(&identity));
	registrar_set_time(r, START + 10);
	prove();
	identity = stored("clock.open.test");
	assert_true(life_signs(&identity));
}

static void case_claim_from_the_future(void)
{
	struct identity identity;
	uint64_t version = 0;

	good(create("claim.open.test", &published, &identity));
	good(identity_store_claim(registrar_store(r), &arena, "claim.open.test", 0, "other", START + 3650 * DAY,
	                          START + 3650 * DAY + 120, &identity, &version, &trouble));
	assert_true(version > 0);
	run_at(START + DAY);
	assert_true(stored("claim.open.test").checked == START + DAY);
}

/* ---- import ---- */

static void case_import(void)
{
	static const struct {
		const char *selector;
		int code;
	} rows[] = {{"a b", INKAN_EREFUSED},
	            {"../../x", INKAN_EREFUSED},
	            {"\033[2J", INKAN_EREFUSED},
	            {"first", INKAN_EREFUSED},
	            {"Mail2026", INKAN_OK}};
	const struct identity_wish wish = {.selector = "first"}, other = {.selector = "only"};
	struct identity identity;
	struct buf pem;

	good(create("bank.open.test", &other, &identity));
	good(create("own.open.test/a", &wish, &identity));
	buf_init(&pem, 16 * 1024);
	good(registrar_export_key(r, identity.slots[0].key, &pem, &trouble));
	good(create("own.open.test/b", &other, &identity));
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		const struct identity_wish approved = {.selector = "b1", .needs_approval = true};
		uint64_t version;
		bool done;
		struct text why;

		if (i == 0) {
			good(create("own.open.test/c", &approved, &identity));
			good(identity_store_get(registrar_store(r), &arena, "own.open.test/c", &identity, &version,
			                        &trouble));
			assert_true(life_approve(&identity, START, &why));
			good(identity_store_put(registrar_store(r), &identity, version, NULL, NULL, &done, &trouble));
		}
		assert_int_equal(registrar_import_key(r, &arena, "own.open.test/c", buf_str(&pem), rows[i].selector,
		                                      &identity, &trouble),
		                 rows[i].code);
	}
	assert_string_equal(stored("own.open.test/c").slots[0].selector, "mail2026");
	buf_release(&pem);
}

/* ---- apply and undo ---- */

static struct registrar_plan plan_txt(const char *name, const char *text)
{
	static struct registrar_plan plans[REGISTRAR_PLANS_MAX];
	struct record_set set;
	size_t count = 0;

	good(record_set_txt(&arena, str_c(name), 300, str_c(text), &set));
	good(registrar_plan(r, &arena, "none.test", &set, 1, plans, &count, &trouble));
	assert_int_equal(count, 1);
	return plans[0];
}

static enum update_result apply(const struct registrar_plan *plan)
{
	enum update_result result = UPDATE_FAILED;

	good(registrar_apply(r, plan, false, false, &result, &trouble));
	return result;
}

static struct registrar_plan undo_plan(void)
{
	struct registrar_plan plan = {0};

	good(registrar_plan_undo(r, &arena, "open.test", &plan, &trouble));
	return plan;
}

static void case_undo(void)
{
	struct registrar_plan first = plan_txt("u1.open.test", "one"), plan;

	assert_int_equal(apply(&first), UPDATE_DONE);
	plan = plan_txt("u1.open.test", "two \xff octets");
	assert_int_equal(apply(&plan), UPDATE_DONE);
	plan = plan_txt("u1.open.test", "three");
	assert_int_equal(apply(&plan), UPDATE_DONE);
	static const char *const back[] = {"two \xff octets", "one", ""};

	for (size_t i = 0; i < 3; i++) {
		plan = undo_plan();
		assert_true(plan.undoes > 0);
		assert_int_equal(apply(&plan), UPDATE_DONE);
		assert_string_equal(dns("u1.open.test", DNS_TXT), back[i]);
	}
	assert_true(undo_plan().undoes == 0); /* an undoing is not undone */
}

static void case_undo_refused_change(void)
{
	struct registrar_plan good_one = plan_txt("u2.open.test", "one"), late = plan_txt("u3.open.test", "late"), plan;

	assert_int_equal(apply(&good_one), UPDATE_DONE);
	set_txt("u3.open.test", "somebody was quicker");
	assert_int_equal(apply(&late), UPDATE_CHANGED_MEANWHILE);
	plan = undo_plan();
	assert_int_equal(plan.change_count, 1);
	assert_true(str_eq(plan.changes[0].after.name, STR("u2.open.test")));
	set_txt("u3.open.test", NULL);
}

/* The change was noted, and nobody knows whether the server made it. */
static void case_undo_unknown_change(void)
{
	struct registrar_plan good_one = plan_txt("u4.open.test", "one"), lost = plan_txt("u5.open.test", "lost"), plan;
	enum update_result result;

	assert_int_equal(apply(&good_one), UPDATE_DONE);
	zones[0].primary = dead;
	assert_int_equal(registrar_apply(r, &lost, false, false, &result, &trouble), INKAN_EIO);
	zones[0].primary = address;
	plan = undo_plan();
	assert_int_equal(plan.change_count, 1);
	assert_true(str_eq(plan.changes[0].after.name, STR("u4.open.test")));
}

static void case_undo_changed_since(void)
{
	struct registrar_plan plan = plan_txt("u6.open.test", "ours");

	assert_int_equal(apply(&plan), UPDATE_DONE);
	set_txt("u6.open.test", "of another hand");
	assert_int_equal(registrar_plan_undo(r, &arena, "open.test", &plan, &trouble), INKAN_EREFUSED);
	assert_non_null(strstr(trouble.text, "u6.open.test"));
	set_txt("u6.open.test", NULL);
}

static void case_limit(void)
{
	struct record_set sets[REGISTRAR_CHANGES_MAX + 1];
	struct registrar_plan plans[REGISTRAR_PLANS_MAX];
	enum update_result result;
	size_t count;

	for (size_t more = 0; more < 2; more++) {
		for (size_t i = 0; i < REGISTRAR_CHANGES_MAX + more; i++) {
			char name[32];

			snprintf(name, sizeof name, "l%zu.open.test", i);
			set_txt(name, "before");
			good(record_set_txt(&arena, str_c(name), 300, STR("after"), &sets[i]));
			sets[i].name = arena_str(&arena, str_c(name));
		}
		good(registrar_plan(r, &arena, "none.test", sets, REGISTRAR_CHANGES_MAX + more, plans, &count,
		                    &trouble));
		assert_int_equal(registrar_apply(r, &plans[0], false, false, &result, &trouble),
		                 more ? INKAN_EREFUSED : INKAN_OK);
		if (more)
			good(registrar_apply(r, &plans[0], false, true, &result, &trouble));
	}
}

/* ---- zone files ---- */

#define ZONE_TEXT                                                                                               \
	"; kept by hand\n$ORIGIN file.test.\n$TTL 300\n@ SOA ns hostmaster 7 3600 600 86400 60\n@ NS ns\nns A " \
	"192.0.2.1 ; here\n"

static void write_zone(const char *path)
{
	FILE *f = fopen(path, "we");

	assert_non_null(f);
	assert_true(fputs(ZONE_TEXT, f) >= 0);
	assert_int_equal(fclose(f), 0);
	assert_int_equal(chmod(path, 0664), 0);
}

static void case_zone_file(void)
{
	struct identity identity;
	struct stat st;
	struct buf text;
	char real[120];
	mode_t mask = umask(077);

	snprintf(real, sizeof real, "%s/real.zone", folder);
	write_zone(real);
	assert_int_equal(symlink(real, file_path), 0);
	good(create("file.test", &published, &identity));
	(void)umask(mask);
	assert_int_equal(lstat(file_path, &st), 0);
	assert_true(S_ISLNK(st.st_mode));
	assert_int_equal(stat(real, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0664);
	buf_init(&text, 64 * 1024);
	good(io_read_file(real, &text, &trouble));
	assert_true(str_search(buf_str(&text), STR("; kept by hand")) < text.n);
	assert_true(str_search(buf_str(&text), STR("192.0.2.1 ; here")) < text.n);
	assert_true(str_search(buf_str(&text), STR(" 8 3600 ")) < text.n);
	buf_release(&text);
	assert_string_equal(dns(key_name(&identity, 0), DNS_TXT), identity.slots[0].record);
}

/* Each process adds a name of its own; none of the names is lost. */
static void case_zone_file_many(void)
{
	enum { WRITERS = 4, EACH = 5 };
	pid_t writers[WRITERS];
	char name[40];

	write_zone(file_path);
	for (int w = 0; w < WRITERS; w++) {
		writers[w] = fork();
		assert_true(writers[w] >= 0);
		if (writers[w])
			continue;
		for (int i = 0; i < EACH; i++) {
			struct registrar_plan plans[REGISTRAR_PLANS_MAX];
			enum update_result result = UPDATE_FAILED;
			struct record_set set;
			size_t count = 0;

			snprintf(name, sizeof name, "w%d-%d.file.test", w, i);
			if (record_set_txt(&arena, str_c(name), 300, STR("x"), &set) ||
			    registrar_plan_sets(r, &arena, &(struct wanted){&set, 1}, true, plans, &count, &trouble) ||
			    registrar_send(r, &plans[0], false, &result, &trouble) || result != UPDATE_DONE)
				_exit(1);
		}
		_exit(0);
	}
	for (int w = 0; w < WRITERS; w++) {
		int status = 1;

		assert_int_equal(waitpid(writers[w], &status, 0), writers[w]);
		assert_int_equal(status, 0);
	}
	for (int w = 0; w < WRITERS; w++)
		for (int i = 0; i < EACH; i++) {
			snprintf(name, sizeof name, "w%d-%d.file.test", w, i);
			assert_string_equal(dns(name, DNS_TXT), "x");
		}
}

/* ---- the master key ---- */

static void case_master_at_once(void)
{
	enum { OPENERS = 6 };
	pid_t openers[OPENERS];
	const struct registrar_settings s = settings();

	registrar_close(r);
	r = NULL;
	assert_int_equal(remove(store_path), 0);
	assert_int_equal(remove(master_path), 0);
	for (int i = 0; i < OPENERS; i++) {
		openers[i] = fork();
		assert_true(openers[i] >= 0);
		if (openers[i] == 0)
			_exit(registrar_open(&s, &r, &trouble) ? 1 : 0);
	}
	for (int i = 0; i < OPENERS; i++) {
		int status = 1;

		assert_int_equal(waitpid(openers[i], &status, 0), openers[i]);
		assert_int_equal(status, 0);
	}
}

static void case_master_link(void)
{
	const struct registrar_settings s = settings();

	registrar_close(r);
	r = NULL;
	assert_int_equal(remove(store_path), 0);
	assert_int_equal(remove(master_path), 0);
	assert_int_equal(symlink("/nowhere/at/all", master_path), 0);
	assert_int_equal(registrar_open(&s, &r, &trouble), INKAN_EIO);
	assert_non_null(strstr(trouble.text, "leads nowhere"));
}

static void case_master_other(void)
{
	struct identity identity;
	struct buf pem;

	good(create("exp.open.test", &published, &identity));
	assert_int_equal(remove(master_path), 0);
	buf_init(&pem, 16 * 1024);
	assert_int_equal(registrar_export_key(r, identity.slots[0].key, &pem, &trouble), INKAN_EREFUSED);
	unsigned char seed[MASTER_KEY_SIZE];

	good(master_key_create(master_path, seed, &trouble));
	assert_int_equal(registrar_export_key(r, identity.slots[0].key, &pem, &trouble), INKAN_EREFUSED);
	assert_int_equal(pem.n, 0);
	struct identity_wish wish = {.scheme = IDENTITY_CNAME3, .deterministic = true, .host_zone = "host.test"};

	assert_int_equal(create("det.open.test", &wish, &identity), INKAN_EIO);
	assert_non_null(strstr(trouble.text, "not the master key of this store"));
	buf_release(&pem);
}

/* ---- no memory ---- */

static int live(const char *domain, struct arena *room)
{
	struct registrar_plan plans[REGISTRAR_PLANS_MAX];
	struct identity_wish wish = published;
	struct identity identity;
	struct life_step step;
	size_t count;

	wish.id = domain;
	wish.algorithm = IDENTITY_ED25519;
	int code = registrar_create(r, room, &wish, &identity, &trouble);

	if (!code)
		code = registrar_step(r, room, domain, true, &identity, &step, &trouble);
	return code ? code : registrar_plan(r, room, domain, NULL, 0, plans, &count, &trouble);
}

static void case_no_memory(void)
{
	for (size_t n = 1;; n++) {
		struct arena room;
		char domain[40];

		snprintf(domain, sizeof domain, "m%zu.open.test", n);
		arena_init(&room, MEMORY);
		alloc_fail_at(n);
		int code = live(domain, &room);
		bool reached = alloc_count() >= n;

		alloc_fail_at(0);
		arena_release(&room);
		if (code && code != INKAN_ENOMEM && code != INKAN_EIO)
			fail_msg("allocation %zu: %s: %s", n, inkan_strerror(code), trouble.text);
		if (!reached) {
			assert_int_equal(code, INKAN_OK);
			return;
		}
		/* whatever came of it can be taken to its end */
		struct identity identity;
		uint64_t version = 0;

		good(identity_store_get(registrar_store(r), &arena, domain, &identity, &version, &trouble));
		for (size_t i = 0; version && i < identity.slot_count; i++)
			assert_true(identity.slots[i].state == SLOT_EMPTY || identity.slots[i].key);
		if (version)
			good(identity_store_delete(registrar_store(r), domain, version, &reached, &trouble));
		arena_reset(&arena);
	}
}

/* ---- notes ---- */

static void case_notes(void)
{
	static const struct {
		const char *json;
		int code;
	} rows[] = {
		{"{\"undoes\": 0, \"changes\": []}", INKAN_OK},
		{"", INKAN_ESYNTAX},
		{"[]", INKAN_ESYNTAX},
		{"{\"undoes\": 0}", INKAN_ESYNTAX},
		{"{\"changes\": [{\"name\": \"a\", \"type\": \"TXT\"}]}", INKAN_ESYNTAX},
		{"{\"changes\": [{\"name\": \"a..b\", \"type\": \"TXT\", \"before\": {\"ttl\": 1, \"values\": []}, "
	         "\"after\": {\"ttl\": 1, \"values\": []}}]}",
	         INKAN_ESYNTAX},
		{"{\"changes\": [{\"name\": \"a.b\", \"type\": \"TXT\", \"before\": {\"ttl\": -1, \"values\": []}, "
	         "\"after\": {\"ttl\": 1, \"values\": []}}]}",
	         INKAN_ESYNTAX},
		{"{\"changes\": [{\"name\": \"a.b\", \"type\": \"TXT\", \"before\": {\"ttl\": 1, \"values\": "
	         "[{\"hex\": "
	         "\"0\"}]}, \"after\": {\"ttl\": 1, \"values\": []}}]}",
	         INKAN_ESYNTAX},
		{"{\"changes\": [{\"name\": \"a.b\", \"type\": \"MX\", \"before\": {\"ttl\": 1, \"values\": "
	         "[[\"65536\", "
	         "\"x\"]]}, \"after\": {\"ttl\": 1, \"values\": []}}]}",
	         INKAN_ESYNTAX},
		{"{\"changes\": [{\"name\": \"a.b\", \"type\": \"A\", \"before\": {\"ttl\": 1, \"values\": "
	         "[\"192.0.2.1\"]}, "
	         "\"after\": {\"ttl\": 1, \"values\": [\"192.0.2.2\"]}}]}",
	         INKAN_OK},
	};
	struct registrar_plan plan;
	struct buf many;

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
		assert_int_equal(registrar_read_note(&arena, str_c(rows[i].json), &plan), rows[i].code);
	for (size_t more = 0; more < 2; more++) {
		buf_init(&many, 1 << 20);
		buf_put_c(&many, "{\"changes\": [");
		for (size_t i = 0; i < REGISTRAR_PLAN_MAX + more; i++)
			buf_printf(
				&many,
				"%s{\"name\": \"n%zu\", \"type\": \"TXT\", \"before\": {\"ttl\": 1, \"values\": []}, "
				"\"after\": {\"ttl\": 1, \"values\": [\"x\"]}}",
				i ? "," : "", i);
		buf_put_c(&many, "]}");
		assert_int_equal(registrar_read_note(&arena, buf_str(&many), &plan), more ? INKAN_ESYNTAX : INKAN_OK);
		buf_release(&many);
	}
}

/* ---- keys that are still at work ---- */

static void store_message(const char *path, unix_time at, const char *domain, const char *selector, bool made)
{
	struct outcome outcome = {.time = at * 1000000};
	struct store *outcomes = NULL;

	if (made)
		outcome.signatures[outcome.signed_count++] =
			(struct outcome_signed){str_c(domain), str_c(selector), STR("rsa-sha256")};
	else
		outcome.dkim[outcome.dkim_count++] =
			(struct outcome_dkim){str_c(domain), str_c(selector), STR("pass"), STR(""), true};
	good(store_open(path, false, &outcomes, &trouble));
	good(store_begin(outcomes, &trouble));
	good(store_add(outcomes, &outcome, &trouble));
	good(store_commit(outcomes, &trouble));
	store_close(outcomes);
}

static void open_with(const char *outcomes)
{
	struct registrar_settings s = settings();

	registrar_close(r);
	s.outcomes = outcomes;
	good(registrar_open(&s, &r, &trouble));
}

/* An identity whose first key is in overlap: since when. */
static unix_time rotated(const char *id, struct identity *out)
{
	struct text why;

	good(create(id, &published, out));
	prove();
	*out = stored(id);
	assert_true(life_rotate(out, registrar_now(r), true, &why));
	uint64_t version = 0;
	bool kept = false;
	struct identity before;

	good(identity_store_get(registrar_store(r), &arena, id, &before, &version, &trouble));
	good(identity_store_put(registrar_store(r), out, version, NULL, NULL, &kept, &trouble));
	prove();
	*out = stored(id);
	assert_int_equal(out->slots[0].state, SLOT_OVERLAP);
	return out->slots[0].since;
}

static void case_at_work(void)
{
	char outcomes[120];
	struct identity identity;

	snprintf(outcomes, sizeof outcomes, "%s/inkan.db", folder);
	open_with(outcomes);
	unix_time since = rotated("work.open.test", &identity);
	const char *old = identity.slots[0].selector, *new = identity.slots[1].selector;
	size_t events = count_events("work.open.test", "revoke");

	store_message(outcomes, since + DAY, "work.open.test", old, true);
	run_at(since + 7 * DAY + 1);
	identity = stored("work.open.test");
	assert_int_equal(identity.slots[0].state, SLOT_OVERLAP);
	assert_true(identity.slots[0].last_signed == since + DAY);
	store_message(outcomes, since + 5 * DAY, "Work.Open.Test", old, false);
	store_message(outcomes, since + 6 * DAY, "work.open.test", new, true);
	run_at(since + 8 * DAY + 1);
	identity = stored("work.open.test");
	assert_int_equal(identity.slots[0].state, SLOT_OVERLAP);
	assert_true(identity.slots[0].last_verified == since + 5 * DAY);
	assert_true(identity.slots[1].last_signed == since + 6 * DAY);
	assert_string_equal(dns(key_name(&identity, 0), DNS_TXT), identity.slots[0].record);
	assert_int_equal(count_events("work.open.test", "revoke"), events); /* what is put off makes no history */
	run_at(since + 12 * DAY + 1);
	assert_int_equal(stored("work.open.test").slots[0].state, SLOT_REVOKED);
	assert_int_equal(count_events("work.open.test", "revoke"), events + 1);
}

/* No store, one of another program, one that somebody has locked: no news, and no trouble. */
static void case_no_news(void)
{
	static const char *const names[] = {"", "missing/inkan.db", "master.key", "identities.db", "locked.db"};
	char outcomes[120];
	struct identity identity;
	sqlite3 *db = NULL;

	unix_time since = rotated("news.open.test", &identity);
	snprintf(outcomes, sizeof outcomes, "%s/locked.db", folder);
	store_message(outcomes, since, "news.open.test", identity.slots[0].selector, true);
	assert_int_equal(sqlite3_open(outcomes, &db), SQLITE_OK);
	assert_int_equal(sqlite3_exec(db, "PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE", NULL, NULL, NULL),
	                 SQLITE_OK);
	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		snprintf(outcomes, sizeof outcomes, "%s%s%s", names[i][0] ? folder : "", names[i][0] ? "/" : "",
		         names[i]);
		open_with(outcomes);
		run_at(since + (int64_t)(i + 1) * DAY);
		identity = stored("news.open.test");
		assert_string_equal(identity.trouble, "");
		assert_true(identity.checked == since + (int64_t)(i + 1) * DAY);
		assert_true(identity.slots[0].last_signed == UNIX_TIME_NONE);
	}
	run_at(since + 7 * DAY + 1);
	assert_int_equal(stored("news.open.test").slots[0].state, SLOT_REVOKED);
	sqlite3_close(db);
}

/* ---- all ---- */

static const struct row {
	const char *name;
	void (*run)(void);
} rows[] = {
	{"S1-5 S1-16 S3-8 S3-21 a key is made, published at once, and kept sealed", case_created},
	{"S2-22 signing cannot be switched on before DNS shows the key, and begins when it is proven", case_gate},
	{"a key signs when it is proven", case_signs},
	{"S0-14 a selector that DNS or another identity has is refused", case_selector_in_dns},
	{"a wildcard is in nobody's way", case_wildcard},
	{"S1-15 publishing where nothing can be written is refused, with what is to be done", case_not_writable},
	{"S1-15 a dry run tells whether a zone can be written, and changes nothing", case_dry_run},
	{"S3-18 the records of MAIL FROM are published with the identity", case_mail_from},
	{"S3-18 the records of a MAIL FROM domain set later are published", case_mail_from_later},
	{"an MX record of others stays, and holds up no key", case_foreign_mx},
	{"a key of others stays, and ours waits until it is gone", case_foreign_key},
	{"a step that fails is tried again after longer and longer pauses, and told once", case_failing_step},
	{"one that cannot go on does not hold up others", case_one_too_many},
	{"a hundred damaged identities hold up no other, and are told once", case_damaged},
	{"a clock that was ahead for a while leaves nothing behind", case_clock_back},
	{"a claim of a host whose clock was ahead ends", case_claim_from_the_future},
	{"selectors of imported keys are checked", case_import},
	{"changes are undone one after the other", case_undo},
	{"what the server refused is not undone", case_undo_refused_change},
	{"what was never made is not undone", case_undo_unknown_change},
	{"what was changed again is not undone", case_undo_changed_since},
	{"ten sets are changed without force, eleven are not", case_limit},
	{"a zone file keeps comments, rights and links", case_zone_file},
	{"of several that change a zone file none loses anything", case_zone_file_many},
	{"several that make the master key at once have the same", case_master_at_once},
	{"a master key behind a broken link is not replaced", case_master_link},
	{"S1-16 another master key opens nothing", case_master_other},
	{"a key that signed, or was seen, is revoked a week after that", case_at_work},
	{"a store of outcomes that cannot be read is no trouble", case_no_news},
	{"no memory at any moment", case_no_memory},
	{"notes of changes are checked", case_notes},
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
	int failed = test_run(&list, "registrar/registrar");

	knot_stop(knot);
	return failed;
}

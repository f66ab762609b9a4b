/* The identity store. IDENTITY_STORE in the environment names a PostgreSQL database, in which the schema "inkan" is made anew
 * for every case (tests/store/test_identity_postgres.py); without it, SQLite files. */
#include "store/identity_store.h"

#include <libpq-fe.h>
#include <signal.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "store/identities.h"
#include "store/identity_schema.h"
#include "support/alloc.h"
#include "support/case.h"
#include "support/place.h"

static char folder[64], path[96];
static const char *where;
static const char *postgres; /* NULL: SQLite */
static struct arena arena;

static void postgres_sql(const char *sql)
{
	PGconn *connection = PQconnectdb(postgres);
	PGresult *result = PQexec(connection, sql);

	if (PQresultStatus(result) != PGRES_COMMAND_OK && PQresultStatus(result) != PGRES_TUPLES_OK)
		fail_msg("%s: %s", sql, PQerrorMessage(connection));
	PQclear(result);
	PQfinish(connection);
}

static void file_sql(const char *sql)
{
	sqlite3 *db;

	assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
	assert_int_equal(sqlite3_exec(db, sql, NULL, NULL, NULL), SQLITE_OK);
	sqlite3_close(db);
}

static void begin(void)
{
	arena_init(&arena, 16 << 20);
	snprintf(folder, sizeof(folder), "/tmp/inkan-store-XXXXXX");
	assert_non_null(mkdtemp(folder));
	snprintf(path, sizeof(path), "%s/identities.db", folder);
	where = postgres ? postgres : path;
	if (postgres)
		postgres_sql("SET client_min_messages = error; DROP SCHEMA IF EXISTS inkan CASCADE");
}

static void end(void)
{
	arena_release(&arena);
	remove_tree(folder);
}

static struct identity_store *open_store(bool read_only)
{
	struct io_error error = {""};
	struct identity_store *s = NULL;

	if (identity_store_open(where, read_only, !read_only, &s, &error))
		fail_msg("%s", error.text);
	return s;
}

static const char *const ends[] = {"", "-wal", "-shm"};
enum { ENDS = sizeof(ends) / sizeof(*ends), NAME_SIZE = sizeof(path) + 8 };

static struct io_error trouble;

/* That a call went well, or what it said. */
static void good(int result)
{
	if (result)
		fail_msg("%s: %s", inkan_strerror(result), trouble.text);
	trouble.text[0] = '\0';
}

static uint64_t add(struct identity_store *s, const char *domain, const char *name)
{
	uint64_t version = store_identity(s, domain, name, UNIX_TIME_NONE, &trouble);

	if (!version)
		fail_msg("%s: %s", domain, trouble.text);
	return version;
}

static struct identity get(struct identity_store *s, const char *id, uint64_t *version_out)
{
	struct identity i = {0};

	good(identity_store_get(s, &arena, id, &i, version_out, &trouble));
	return i;
}

static bool put(struct identity_store *s, const struct identity *i, uint64_t version)
{
	struct identity_event event = event_of(2000, "change");
	bool stored = false;

	good(identity_store_put(s, i, version, NULL, &event, &stored, &trouble));
	return stored;
}

static size_t signers(struct identity_store *s, const char *address, const char *domain,
                      struct identity_signer out[IDENTITY_SIGNERS_MAX])
{
	size_t count = 99;

	good(identity_store_signers(s, str_c(address), str_c(domain), out, &count, &trouble));
	return count;
}

static bool has_key(struct identity_store *s, uint32_t number)
{
	struct buf sealed;
	char want[32];
	bool there = false;

	buf_init(&sealed, SEALED_KEY_MAX);
	good(identity_store_key(s, number, &sealed, &there, &trouble));
	assert_true(there || sealed.n == 0);
	if (there)
		assert_true(str_eq(buf_str(&sealed), key_of(number, want).sealed));
	buf_release(&sealed);
	return there;
}

/* ---- cases that have a store ---- */

static void case_back(struct identity_store *s)
{
	uint64_t version = add(s, "example.com", "gateway"), again = 0;
	struct identity i = get(s, "example.com/gateway", &again);

	assert_int_equal(version, again);
	assert_string_equal(i.domain, "example.com");
	assert_string_equal(i.name, "gateway");
	assert_string_equal(i.tenant, "acme");
	assert_int_equal(i.slot_count, 2);
	assert_int_equal(i.slots[0].state, SLOT_ACTIVE);
	assert_true(i.next_due == UNIX_TIME_NONE);
	(void)get(s, "example.com", &again);
	assert_int_equal(again, 0);
	(void)get(s, "EXAMPLE.com/gateway", &again);
	assert_int_equal(again, 0);
}

static void case_versions(struct identity_store *s)
{
	uint64_t version = add(s, "example.com", ""), now;
	struct identity i = get(s, "example.com", &now);

	assert_true(put(s, &i, version));
	assert_false(put(s, &i, version));
	assert_false(put(s, &i, version + 2));
	assert_false(put(s, &i, 0));
	(void)get(s, "example.com", &now);
	assert_int_equal(now, version + 1);
	i.id = "example.org";
	i.domain = "example.org";
	assert_false(put(s, &i, 1));
}

/* What was not stored has changed nothing: no event, no key, no claim ended. */
static void case_too_late(struct identity_store *s)
{
	uint64_t version = add(s, "example.com", ""), now;
	struct identity i = get(s, "example.com", &now);
	struct identity_event event = event_of(2000, "late");
	uint32_t number;
	char sealed[32];
	bool stored = true;

	good(identity_store_reserve_key(s, &number, &trouble));
	struct new_key key = key_of(number, sealed);

	i.slots[0].key = number;
	good(identity_store_put(s, &i, version + 5, &key, &event, &stored, &trouble));
	assert_false(stored);
	assert_false(has_key(s, number));
	assert_int_equal(get(s, "example.com", &now).slots[0].key, 1);
	assert_int_equal(now, version);
}

/* Somebody still has the old one in his hands. */
static void case_made_again(struct identity_store *s)
{
	uint64_t old = add(s, "example.com", ""), now;
	struct identity i = get(s, "example.com", &now);
	bool deleted = false;

	good(identity_store_delete(s, "example.com", old, &deleted, &trouble));
	assert_true(deleted);
	assert_true(add(s, "example.com", "") > old);
	assert_false(put(s, &i, old));
}

static void case_delete(struct identity_store *s)
{
	uint64_t version = add(s, "example.com", ""), other = add(s, "example.com", "gateway"), now;
	struct identity_signer list[IDENTITY_SIGNERS_MAX];
	bool deleted = true;

	good(identity_store_delete(s, "example.com", version + 1, &deleted, &trouble));
	assert_false(deleted);
	assert_int_equal(signers(s, "", "example.com", list), 2);
	good(identity_store_delete(s, "example.com", version, &deleted, &trouble));
	assert_true(deleted);
	(void)get(s, "example.com", &now);
	assert_int_equal(now, 0);
	assert_false(has_key(s, 1));
	assert_true(has_key(s, 2));
	assert_int_equal(signers(s, "", "example.com", list), 1);
	assert_int_equal(list[0].key, 2);
	(void)get(s, "example.com/gateway", &now);
	assert_int_equal(now, other);
	good(identity_store_delete(s, "example.com", version, &deleted, &trouble));
	assert_false(deleted);
}

/* ---- keys ---- */

static void case_numbers(struct identity_store *s)
{
	uint32_t number = 0;

	for (uint32_t i = 1; i < 20; i++) {
		good(identity_store_reserve_key(s, &number, &trouble));
		assert_int_equal(number, i);
	}
	add(s, "example.com", "");
	assert_true(has_key(s, 20));
	assert_false(has_key(s, 19));
	assert_false(has_key(s, UINT32_MAX));
}

/* A key that no slot names any more goes with the change that forgets it. */
static void case_rotated(struct identity_store *s)
{
	uint64_t version = add(s, "example.com", ""), now;
	struct identity i = get(s, "example.com", &now);
	struct identity_event event = event_of(2000, "generate");
	struct identity_signer list[IDENTITY_SIGNERS_MAX];
	uint32_t number;
	char sealed[32];
	bool stored = false;

	add(s, "example.org", "");
	good(identity_store_reserve_key(s, &number, &trouble));
	struct new_key key = key_of(number, sealed);

	i.slots[1] = i.slots[0];
	i.slots[1].key = number;
	i.slots[1].selector = "s2";
	i.slots[1].state = SLOT_GENERATED;
	good(identity_store_put(s, &i, version, &key, &event, &stored, &trouble));
	assert_true(stored && has_key(s, 1) && has_key(s, number));
	assert_int_equal(signers(s, "", "example.com", list), 1);
	assert_string_equal(list[0].selector, "s1");
	i.slots[0].state = SLOT_OVERLAP;
	i.slots[1].state = SLOT_ACTIVE;
	assert_true(put(s, &i, version + 1));
	assert_int_equal(signers(s, "", "example.com", list), 1);
	assert_string_equal(list[0].selector, "s2");
	assert_true(has_key(s, 1));
	i.slots[0].key = 0;
	i.slots[0].state = SLOT_EMPTY;
	assert_true(put(s, &i, version + 2));
	assert_false(has_key(s, 1));
	assert_true(has_key(s, 2) && has_key(s, number));
}

static void case_foreign_key(struct identity_store *s)
{
	uint64_t version = add(s, "example.com", ""), now;
	struct identity i = get(s, "example.com", &now);
	struct identity_event event = event_of(2000, "change");
	bool stored = true;

	add(s, "example.org", "");
	i.slots[0].key = 2; /* of the other */
	assert_int_equal(identity_store_put(s, &i, version, NULL, &event, &stored, &trouble), INKAN_EUSAGE);
	assert_non_null(strstr(trouble.text, "not its own"));
	i.slots[0].key = 7; /* of nobody */
	assert_int_equal(identity_store_put(s, &i, version, NULL, &event, &stored, &trouble), INKAN_EUSAGE);
	assert_true(has_key(s, 1) && has_key(s, 2));
	(void)get(s, "example.com", &now);
	assert_int_equal(now, version);
}

static void key_of_size(struct identity_store *s, size_t size, int want)
{
	static char octets[SEALED_KEY_MAX + 1];
	char id[IDENTITY_ID_MAX + 1];
	struct identity i;
	bool stored = false;
	uint32_t number;

	for (size_t n = 0; n < size; n++)
		octets[n] = (char)n; /* NUL and all others */
	good(identity_store_reserve_key(s, &number, &trouble));
	struct new_key key = {number, "r", IDENTITY_ED25519, 256, str_from(octets, size)};

	i = identity_of(id, "example.net", "", number);
	assert_int_equal(identity_store_put(s, &i, 0, &key, NULL, &stored, &trouble), want);
	if (want)
		return;
	struct buf sealed;
	bool there;

	buf_init(&sealed, SEALED_KEY_MAX);
	good(identity_store_key(s, number, &sealed, &there, &trouble));
	assert_true(there && str_eq(buf_str(&sealed), str_from(octets, size)));
	buf_release(&sealed);
}

static void case_key_max(struct identity_store *s)
{
	key_of_size(s, SEALED_KEY_MAX, INKAN_OK);
}

static void case_key_above(struct identity_store *s)
{
	key_of_size(s, SEALED_KEY_MAX + 1, INKAN_ELIMIT);
}

static void case_master(struct identity_store *s)
{
	unsigned char one[32] = {1, 0, 2}, two[32] = {2}, found[32];
	bool there = true;

	good(identity_store_master(s, found, &there, &trouble));
	assert_false(there);
	good(identity_store_set_master(s, one, &trouble));
	good(identity_store_set_master(s, one, &trouble));
	assert_int_equal(identity_store_set_master(s, two, &trouble), INKAN_EREFUSED);
	assert_non_null(strstr(trouble.text, "another master key"));
	good(identity_store_master(s, found, &there, &trouble));
	assert_true(there);
	assert_memory_equal(found, one, 32);
}

/* ---- claims ---- */

static bool claim(struct identity_store *s, uint64_t version, const char *host, unix_time now, unix_time until)
{
	struct identity i = {0};
	uint64_t claimed = 0;

	good(identity_store_claim(s, &arena, "example.com", version, host, now, until, &i, &claimed, &trouble));
	assert_true(!claimed || strcmp(i.id, "example.com") == 0);
	return claimed != 0;
}

static void case_claim(struct identity_store *s)
{
	uint64_t version, now;

	assert_false(claim(s, 0, "a", 100, 200));
	version = add(s, "example.com", "");
	assert_true(claim(s, version, "a", 100, 200));
	assert_false(claim(s, 0, "b", 100, 200));
	assert_false(claim(s, version, "b", 199, 300));
	assert_true(claim(s, version, "a", 150, 200));
	assert_false(claim(s, version + 1, "a", 150, 200));
	assert_true(claim(s, 0, "b", 200, 300));
	struct identity i = get(s, "example.com", &now);

	assert_int_equal(now, version);
	assert_true(put(s, &i, version));
	assert_true(claim(s, version + 1, "a", 201, 300));
}

static size_t due(struct identity_store *s, unix_time now, size_t max, const char **ids)
{
	size_t count = 0;

	good(identity_store_due(s, &arena, now, max, ids, &count, &trouble));
	return count;
}

static void case_due(struct identity_store *s)
{
	static const struct {
		const char *domain;
		unix_time due;
	} rows[] = {{"c.example", 30},   {"a.example", 20}, {"b.example", 10}, {"d.example", UNIX_TIME_NONE},
	            {"example.com", 20}, {"e.example", 40}};
	const char *ids[10];

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++)
		assert_true(store_identity(s, rows[i].domain, "", rows[i].due, &trouble) > 0);
	assert_int_equal(due(s, 9, 10, ids), 0);
	assert_int_equal(due(s, 30, 10, ids), 4);
	assert_string_equal(ids[0], "b.example");
	assert_string_equal(ids[1], "a.example");
	assert_string_equal(ids[2], "example.com");
	assert_string_equal(ids[3], "c.example");
	assert_int_equal(due(s, 30, 2, ids), 2);
	assert_true(claim(s, 0, "a", 30, 60));
	assert_int_equal(due(s, 59, 10, ids), 4);
	assert_int_equal(due(s, 60, 10, ids), 5);
}

/* What a host left that had a clock of another year. */
static void case_wrong_clock(struct identity_store *s)
{
	enum { NOW = 1000, WEEK = 604800, HOUR = 3600 };
	const char *ids[10];

	assert_true(store_identity(s, "example.com", "", NOW, &trouble) > 0);
	assert_true(store_identity(s, "week.example", "", NOW + WEEK, &trouble) > 0);
	assert_true(store_identity(s, "ahead.example", "", NOW + WEEK + 1, &trouble) > 0);
	assert_int_equal(due(s, NOW, 10, ids), 2);
	assert_string_equal(ids[0], "example.com");
	assert_string_equal(ids[1], "ahead.example");
	assert_int_equal(due(s, NOW, 1, ids), 1);
	assert_string_equal(ids[0], "example.com");
	assert_true(claim(s, 0, "a", NOW, NOW + HOUR));
	assert_false(claim(s, 0, "b", NOW, NOW + HOUR));
	assert_int_equal(due(s, NOW, 10, ids), 1);
	assert_true(claim(s, 0, "a", NOW, NOW + HOUR + 1));
	assert_int_equal(due(s, NOW, 10, ids), 2);
	assert_true(claim(s, 0, "b", NOW, NOW + HOUR));
}

/* ---- who signs ---- */

static void case_signers(struct identity_store *s)
{
	struct identity_signer list[IDENTITY_SIGNERS_MAX];
	char id[IDENTITY_ID_MAX + 1];
	uint64_t version, now;
	struct identity i;
	uint32_t number;
	char sealed[32];
	bool stored;

	add(s, "example.com", "");
	add(s, "example.com", "gateway");
	add(s, "example.org", "");
	assert_int_equal(signers(s, "bob@example.com", "example.com", list), 2);
	assert_string_equal(list[0].selector, "s1");
	assert_string_equal(list[0].domain, "example.com");
	assert_int_equal(list[0].algorithm, IDENTITY_RSA);
	assert_true(list[0].key == 1 && list[1].key == 2);
	assert_int_equal(signers(s, "bob@sub.example.com", "sub.example.com", list), 0);
	/* an identity of the address comes before those of the domain */
	good(identity_store_reserve_key(s, &number, &trouble));
	struct new_key key = key_of(number, sealed);

	i = identity_of(id, "alice@example.com", "", number);
	i.address = "alice@example.com";
	i.domain = "example.com";
	good(identity_store_put(s, &i, 0, &key, NULL, &stored, &trouble));
	assert_int_equal(signers(s, "alice@example.com", "example.com", list), 1);
	assert_int_equal(list[0].key, number);
	assert_int_equal(signers(s, "bob@example.com", "example.com", list), 2);
	/* ... but not when it does not sign */
	i = get(s, "alice@example.com", &version);
	i.enabled = false;
	assert_true(put(s, &i, version));
	assert_int_equal(signers(s, "alice@example.com", "example.com", list), 2);
	i = get(s, "example.org", &now);
	i.state = IDENTITY_FAILED;
	assert_true(put(s, &i, now));
	assert_int_equal(signers(s, "", "example.org", list), 0);
}

/* What is told of an author's MAIL FROM domains: "domain behaviour ...". */
static const char *failed(struct identity_store *s, const char *address, const char *domain)
{
	static char text[2000];
	struct identity_author author;
	size_t n = 0;

	good(identity_store_author(s, str_c(address), str_c(domain), &author, &trouble));
	text[0] = '\0';
	for (size_t i = 0; i < author.failed_count; i++)
		n += (size_t)snprintf(text + n, sizeof(text) - n, "%s%s %s", i ? " " : "", author.failed[i].domain,
		                      mx_failure_name(author.failed[i].behaviour));
	return text;
}

static void set_mail_from(struct identity_store *s, const char *id, const char *mail_from, enum mail_from_state state,
                          enum mx_failure behaviour)
{
	uint64_t version;
	struct identity i = get(s, id, &version);

	i.host_zone = "host.example.net";
	i.mail_from = mail_from;
	i.mail_from_state = state;
	i.mx_failure = behaviour;
	assert_true(put(s, &i, version));
}

static void case_failed(struct identity_store *s)
{
	struct identity_signer list[IDENTITY_SIGNERS_MAX];

	add(s, "example.com", "");
	add(s, "example.com", "gateway");
	assert_string_equal(failed(s, "a@example.com", "example.com"), "");
	for (unsigned state = MAIL_FROM_PENDING; state <= MAIL_FROM_FAILED; state++) {
		set_mail_from(s, "example.com", "m.example.com", (enum mail_from_state)state, MX_FAILURE_REJECT);
		assert_string_equal(failed(s, "a@example.com", "example.com"),
		                    state == MAIL_FROM_FAILED ? "m.example.com reject" : "");
	}
	assert_int_equal(signers(s, "a@example.com", "example.com", list), 2);
	assert_string_equal(failed(s, "a@sub.example.com", "sub.example.com"), "");
	set_mail_from(s, "example.com/gateway", "g.example.com", MAIL_FROM_FAILED, MX_FAILURE_DEFAULT);
	assert_string_equal(failed(s, "a@example.com", "example.com"), "m.example.com reject g.example.com default");
	set_mail_from(s, "example.com", "m.example.com", MAIL_FROM_SUCCESS, MX_FAILURE_REJECT);
	assert_string_equal(failed(s, "a@example.com", "example.com"), "g.example.com default");
	uint64_t version;
	bool deleted = false;

	(void)get(s, "example.com/gateway", &version);
	good(identity_store_delete(s, "example.com/gateway", version, &deleted, &trouble));
	assert_true(deleted);
	assert_string_equal(failed(s, "a@example.com", "example.com"), "");
}

/* One more than are told: signers are told all the same. */
static void case_failed_max(struct identity_store *s)
{
	struct identity_author author;
	char id[IDENTITY_ID_MAX + 1], name[20];

	for (unsigned n = 0; n <= IDENTITY_FAILED_MAX; n++) {
		snprintf(name, sizeof(name), "n%u", n);
		snprintf(id, sizeof(id), "example.com/%s", name);
		if (n < IDENTITY_SIGNERS_MAX)
			add(s, "example.com", name);
		else
			add(s, "example.org", name), snprintf(id, sizeof(id), "example.org/%s", name);
		set_mail_from(s, id, "m.example.com", MAIL_FROM_FAILED, MX_FAILURE_DEFAULT);
	}
	good(identity_store_author(s, STR("example.org"), STR("example.com"), &author, &trouble));
	assert_int_equal(author.failed_count, IDENTITY_FAILED_MAX);
	good(identity_store_author(s, STR(""), STR("example.com"), &author, &trouble));
	assert_int_equal(author.failed_count, IDENTITY_SIGNERS_MAX);
	assert_int_equal(author.count, IDENTITY_SIGNERS_MAX);
}

static void case_signers_hostile(struct identity_store *s)
{
	static const char *const authors[] = {
		"' OR '1'='1",   "example.com' --",         "%", "*", "EXAMPLE.COM", "\xff\xfe",
		"example.com\n", "\xe4\xbe\x8b@example.com"};
	struct identity_signer list[IDENTITY_SIGNERS_MAX];
	size_t count = 0;

	add(s, "example.com", "");
	for (size_t i = 0; i < sizeof(authors) / sizeof(*authors); i++)
		assert_int_equal(signers(s, authors[i], authors[i], list), 0);
	good(identity_store_signers(s, STR("a\0b"), STR("example.com\0"), list, &count, &trouble));
	assert_int_equal(count, 0);
	assert_int_equal(signers(s, "", "example.com", list), 1);
}

static void case_signers_max(struct identity_store *s)
{
	struct identity_signer list[IDENTITY_SIGNERS_MAX];
	char name[16], id[IDENTITY_ID_MAX + 1], sealed[32];
	uint32_t number;
	bool stored = false;

	for (int i = 0; i < IDENTITY_SIGNERS_MAX; i++) {
		snprintf(name, sizeof(name), "n%d", i);
		add(s, "example.com", name);
	}
	assert_int_equal(signers(s, "", "example.com", list), IDENTITY_SIGNERS_MAX);
	good(identity_store_reserve_key(s, &number, &trouble));
	struct new_key key = key_of(number, sealed);
	struct identity i = identity_of(id, "example.com", "more", number);

	assert_int_equal(identity_store_put(s, &i, 0, &key, NULL, &stored, &trouble), INKAN_ELIMIT);
	assert_non_null(strstr(trouble.text, "disable one"));
	assert_false(has_key(s, number));
	i.enabled = false;
	good(identity_store_put(s, &i, 0, &key, NULL, &stored, &trouble));
	assert_true(stored);
}

/* ---- lists ---- */

struct seen {
	struct identity_store *store;
	char first[IDENTITY_ID_MAX + 1], last[IDENTITY_ID_MAX + 1];
	size_t count, stop_at;
	bool in_order, asks;
};

static bool note_identity(void *context, const struct identity *i)
{
	struct seen *seen = context;
	uint64_t version = 0;

	if (seen->count++ == 0)
		snprintf(seen->first, sizeof(seen->first), "%s", i->id);
	else
		seen->in_order = seen->in_order && strcmp(seen->last, i->id) < 0;
	snprintf(seen->last, sizeof(seen->last), "%s", i->id);
	/* the store may be used meanwhile */
	if (seen->asks) {
		arena_reset(&arena);
		struct identity other = get(seen->store, seen->last, &version);

		seen->in_order = seen->in_order && version && put(seen->store, &other, version);
	}
	return seen->count != seen->stop_at;
}

static struct seen each(struct identity_store *s, struct identity_filter filter, size_t stop_at)
{
	struct seen seen = {.store = s, .in_order = true, .stop_at = stop_at};

	good(identity_store_each(s, &filter, note_identity, &seen, &trouble));
	assert_true(seen.in_order);
	return seen;
}

enum { MANY = 2 * IDENTITY_STORE_BATCH + 10 };

static void add_many(struct identity_store *s)
{
	char domain[32];

	for (int i = 0; i < MANY; i++) {
		/* not in the order of the ids */
		snprintf(domain, sizeof(domain), "d%03d.example", (i * 7) % MANY);
		add(s, domain, "");
	}
}

static void case_each(struct identity_store *s)
{
	add_many(s);
	struct seen all = each(s, (struct identity_filter){0}, 0);

	assert_int_equal(all.count, MANY);
	assert_string_equal(all.first, "d000.example");
	assert_int_equal(each(s, (struct identity_filter){.after = "d499.example"}, 0).count, MANY - 500);
	assert_int_equal(each(s, (struct identity_filter){.after = "e"}, 0).count, 0);
	assert_int_equal(each(s, (struct identity_filter){.after = ""}, 300).count, 300);
	struct seen asking = {.store = s, .in_order = true, .asks = true};
	struct identity_filter none = {0};

	good(identity_store_each(s, &none, note_identity, &asking, &trouble));
	assert_true(asking.in_order);
	assert_int_equal(asking.count, MANY);
}

static void case_filters(struct identity_store *s)
{
	uint64_t version;
	struct identity i;

	add(s, "example.com", "");
	add(s, "example.com", "gateway");
	add(s, "example.org", "");
	i = get(s, "example.org", &version);
	i.tenant = "beta";
	i.environment = "production";
	assert_true(put(s, &i, version));
	assert_int_equal(each(s, (struct identity_filter){.domain = "example.com"}, 0).count, 2);
	assert_int_equal(each(s, (struct identity_filter){.domain = "example.com", .after = "example.com"}, 0).count,
	                 1);
	assert_int_equal(each(s, (struct identity_filter){.domain = "example.org", .tenant = "acme"}, 0).count, 0);
	assert_int_equal(each(s, (struct identity_filter){.tenant = "beta"}, 0).count, 1);
	assert_int_equal(each(s, (struct identity_filter){.tenant = "acme"}, 0).count, 2);
	assert_int_equal(each(s, (struct identity_filter){.environment = "test"}, 0).count, 2);
	assert_int_equal(each(s, (struct identity_filter){.environment = "production", .tenant = "beta"}, 0).count, 1);
	assert_int_equal(each(s, (struct identity_filter){.environment = "test", .tenant = "beta"}, 0).count, 0);
	assert_int_equal(each(s, (struct identity_filter){.domain = ""}, 0).count, 3);
}

static void case_mark(struct identity_store *s)
{
	struct identity_store *other = open_store(false);
	uint64_t before, after, version;

	good(identity_store_mark(s, &before, &trouble));
	good(identity_store_mark(s, &after, &trouble));
	assert_int_equal(before, after);
	version = add(other, "example.com", "");
	good(identity_store_mark(s, &after, &trouble));
	assert_int_not_equal(before, after);
	before = after;
	struct identity i = get(s, "example.com", &version);

	assert_true(put(s, &i, version));
	good(identity_store_mark(s, &after, &trouble));
	assert_int_not_equal(before, after);
	before = after;
	assert_false(put(s, &i, version));
	good(identity_store_mark(s, &after, &trouble));
	assert_int_equal(before, after);
	identity_store_close(other);
}

/* ---- events, tenants, changes ---- */

struct told {
	size_t count, stop_at;
	unix_time newest, oldest;
	char detail[IDENTITY_EVENT_TEXT_MAX + 1], action[32];
};

static bool note_event(void *context, const struct identity_event *event)
{
	struct told *told = context;

	if (told->count++ == 0) {
		told->newest = event->at;
		snprintf(told->detail, sizeof(told->detail), "%s", event->detail);
		snprintf(told->action, sizeof(told->action), "%s", event->action);
	}
	told->oldest = event->at;
	return told->count != told->stop_at;
}

static struct told events(struct identity_store *s, const char *id, size_t max, size_t stop_at)
{
	struct told told = {.stop_at = stop_at};

	good(identity_store_events(s, id, max, note_event, &told, &trouble));
	return told;
}

static void case_events(struct identity_store *s)
{
	uint64_t version = add(s, "example.com", ""), now;
	struct identity i = get(s, "example.com", &now);
	struct identity_event event = event_of(0, "look");
	bool stored;

	for (unix_time at = 1; at <= IDENTITY_EVENTS_KEPT + 5; at++) {
		event.at = at;
		good(identity_store_put(s, &i, version++, NULL, &event, &stored, &trouble));
		assert_true(stored);
	}
	struct told told = events(s, "example.com", SIZE_MAX, 0);

	assert_int_equal(told.count, IDENTITY_EVENTS_KEPT);
	assert_int_equal(told.newest, IDENTITY_EVENTS_KEPT + 5);
	assert_int_equal(told.oldest, 6);
	assert_int_equal(events(s, "example.com", 3, 0).count, 3);
	assert_int_equal(events(s, "example.com", 3, 2).count, 2);
	assert_int_equal(events(s, "example.org", 3, 0).count, 0);
}

static void case_event_texts(struct identity_store *s)
{
	static char text[IDENTITY_EVENT_TEXT_MAX + 2];
	uint64_t version = add(s, "example.com", ""), now;
	struct identity i = get(s, "example.com", &now);
	struct identity_event event = event_of(1, "a\nb\x1b");
	bool stored;

	memset(text, 'x', IDENTITY_EVENT_TEXT_MAX);
	event.detail = text;
	good(identity_store_put(s, &i, version, NULL, &event, &stored, &trouble));
	assert_string_equal(events(s, "example.com", 1, 0).detail, text);
	assert_string_equal(events(s, "example.com", 1, 0).action, "a b ");
	text[IDENTITY_EVENT_TEXT_MAX] = 'y';
	good(identity_store_put(s, &i, version + 1, NULL, &event, &stored, &trouble));
	assert_int_equal(strlen(events(s, "example.com", 1, 0).detail), IDENTITY_EVENT_TEXT_MAX);
	/* no event is asked for */
	good(identity_store_put(s, &i, version + 2, NULL, NULL, &stored, &trouble));
	assert_true(stored);
	assert_int_equal(events(s, "example.com", 10, 0).count, 3);
}

struct organisations {
	size_t count;
	char last[IDENTITY_ORGANISATION_MAX + 1];
	unix_time created;
};

static bool note_tenant(void *context, const struct tenant *t)
{
	struct organisations *o = context;

	o->count++;
	o->created = t->created;
	snprintf(o->last, sizeof(o->last), "%s", t->organisation);
	return true;
}

static struct organisations tenants(struct identity_store *s)
{
	struct organisations o = {0};

	good(identity_store_each_tenant(s, note_tenant, &o, &trouble));
	return o;
}

static void case_tenants(struct identity_store *s)
{
	struct tenant t = {"acme", "Acme K.K.", 77};

	assert_int_equal(tenants(s).count, 0);
	good(identity_store_put_tenant(s, &t, &trouble));
	assert_string_equal(tenants(s).last, "Acme K.K.");
	t = (struct tenant){"acme", "アクメ株式会社 '\"%", 78};
	good(identity_store_put_tenant(s, &t, &trouble));
	assert_int_equal(tenants(s).count, 1);
	assert_string_equal(tenants(s).last, "アクメ株式会社 '\"%");
	assert_int_equal(tenants(s).created, 77);
	t.organisation = "bad \xff octet";
	assert_int_equal(identity_store_put_tenant(s, &t, &trouble), INKAN_EIO);
	assert_non_null(strstr(trouble.text, "not UTF-8"));
	t = (struct tenant){"", "x", 1};
	assert_int_equal(identity_store_put_tenant(s, &t, &trouble), INKAN_EUSAGE);
	assert_int_equal(tenants(s).count, 1);
}

static void case_tenant_sizes(struct identity_store *s)
{
	static char name[IDENTITY_NAME_MAX + 2], organisation[IDENTITY_ORGANISATION_MAX + 2];
	struct tenant t = {name, organisation, 1};

	memset(name, 'n', IDENTITY_NAME_MAX);
	memset(organisation, 'o', IDENTITY_ORGANISATION_MAX);
	good(identity_store_put_tenant(s, &t, &trouble));
	name[IDENTITY_NAME_MAX] = 'n';
	assert_int_equal(identity_store_put_tenant(s, &t, &trouble), INKAN_EUSAGE);
	name[IDENTITY_NAME_MAX] = '\0';
	organisation[IDENTITY_ORGANISATION_MAX] = 'o';
	assert_int_equal(identity_store_put_tenant(s, &t, &trouble), INKAN_EUSAGE);
	assert_int_equal(tenants(s).count, 1);
}

static void case_tenants_many(struct identity_store *s)
{
	char name[16];

	for (int i = 0; i < IDENTITY_STORE_BATCH + 3; i++) {
		struct tenant t = {name, "x", i};

		snprintf(name, sizeof(name), "t%d", i);
		good(identity_store_put_tenant(s, &t, &trouble));
	}
	assert_int_equal(tenants(s).count, IDENTITY_STORE_BATCH + 3);
}

static uint64_t last_change(struct identity_store *s, const char *zone, uint64_t below, struct buf *json,
                            unix_time *at_out)
{
	uint64_t number = 99;

	buf_clear(json);
	good(identity_store_last_change(s, zone, below, json, &number, at_out, &trouble));
	return number;
}

static void case_changes(struct identity_store *s)
{
	struct buf json;
	unix_time at;
	uint64_t number[3];

	buf_init(&json, IDENTITY_CHANGE_MAX);
	assert_int_equal(last_change(s, "example.com", 0, &json, &at), 0);
	good(identity_store_add_change(s, "example.com", 5, STR("{\"a\":1}"), &number[0], &trouble));
	good(identity_store_add_change(s, "example.org", 6, STR("{}"), &number[1], &trouble));
	good(identity_store_add_change(s, "example.com", 7, STR("{\"b\":\"“\"}"), &number[2], &trouble));
	assert_int_equal(last_change(s, "example.com", 0, &json, &at), number[2]);
	assert_true(str_eq(buf_str(&json), STR("{\"b\":\"“\"}")) && at == 7);
	assert_int_equal(last_change(s, "example.com", number[2], &json, &at), number[0]);
	assert_true(str_eq(buf_str(&json), STR("{\"a\":1}")) && at == 5);
	assert_int_equal(last_change(s, "example.com", number[0], &json, &at), 0);
	for (int i = 0; i < IDENTITY_CHANGES_KEPT; i++)
		good(identity_store_add_change(s, "example.com", 8, STR("{}"), &number[0], &trouble));
	assert_int_equal(last_change(s, "example.com", number[2] + 1, &json, &at), 0);
	assert_int_equal(last_change(s, "example.org", 0, &json, &at), number[1]);
	buf_release(&json);
}

static void case_change_sizes(struct identity_store *s)
{
	char *text = malloc(IDENTITY_CHANGE_MAX + 1);
	uint64_t number;

	assert_non_null(text);
	memset(text, ' ', IDENTITY_CHANGE_MAX + 1);
	good(identity_store_add_change(s, "z", 5, str_from(text, IDENTITY_CHANGE_MAX), &number, &trouble));
	assert_int_equal(
		identity_store_add_change(s, "z", 5, str_from(text, IDENTITY_CHANGE_MAX + 1), &number, &trouble),
		INKAN_ELIMIT);
	free(text);
}

/* ---- ids ---- */

static void case_ids(struct identity_store *s)
{
	char id[IDENTITY_ID_MAX + 2] = "";
	char made[IDENTITY_ID_MAX + 1];
	struct identity i = identity_of(made, "example.com", "", 0);
	bool stored = true;

	i.id = id;
	assert_int_equal(identity_store_put(s, &i, 0, NULL, NULL, &stored, &trouble), INKAN_EUSAGE);
	memset(id, 'a', IDENTITY_ID_MAX + 1);
	assert_int_equal(identity_store_put(s, &i, 0, NULL, NULL, &stored, &trouble), INKAN_EUSAGE);
	i.id = "\xff";
	assert_int_equal(identity_store_put(s, &i, 0, NULL, NULL, &stored, &trouble), INKAN_EUSAGE);
	i.id = "example.org"; /* of another domain than its own */
	assert_int_equal(identity_store_put(s, &i, 0, NULL, NULL, &stored, &trouble), INKAN_EUSAGE);
	assert_non_null(strstr(trouble.text, "do not fit together"));
	assert_int_equal(identity_store_put(s, &i, UINT64_MAX, NULL, NULL, &stored, &trouble), INKAN_EUSAGE);
}

static void case_read_only(struct identity_store *s)
{
	struct identity_signer list[IDENTITY_SIGNERS_MAX];
	struct identity_store *reader;
	uint32_t number;

	add(s, "example.com", "");
	reader = open_store(true);
	assert_int_equal(signers(reader, "", "example.com", list), 1);
	assert_true(has_key(reader, 1));
	assert_int_equal(identity_store_reserve_key(reader, &number, &trouble), INKAN_EIO);
	assert_non_null(strstr(trouble.text, "read"));
	add(s, "example.org", "");
	assert_int_equal(signers(reader, "", "example.org", list), 1);
	identity_store_close(reader);
}

/* ---- backups ---- */

static int keep_line(void *context, struct str line)
{
	buf_put(context, line);
	return buf_error(context);
}

static int hand_line(void *context, struct buf *line)
{
	struct str *rest = context;
	size_t n = str_find(*rest, '\n');

	n += n < rest->n;
	buf_put(line, str_head(*rest, n));
	*rest = str_skip(*rest, n);
	return buf_error(line);
}

static struct buf backup_of(struct identity_store *s)
{
	struct buf all;

	buf_init(&all, 64 << 20);
	good(identity_store_backup(s, keep_line, &all, &trouble));
	return all;
}

/* A store beside the one of the case. */
static struct identity_store *open_other(void)
{
	char name[NAME_SIZE];
	struct identity_store *s = NULL;

	snprintf(name, sizeof(name), "%s.other", path);
	good(identity_store_open(name, false, true, &s, &trouble));
	return s;
}

static void fill(struct identity_store *s)
{
	unsigned char master[32] = {1, 2, 3};
	struct tenant t = {"acme", "“Acme” K.K.\n", 7};
	uint64_t number;

	good(identity_store_set_master(s, master, &trouble));
	add(s, "example.com", "");
	add(s, "example.com", "gateway");
	add(s, "example.org", "");
	good(identity_store_put_tenant(s, &t, &trouble));
	good(identity_store_add_change(s, "example.com", 5, STR("{\"a\":\"\\\\\"}"), &number, &trouble));
}

/* Any store gives back what any store was given: the backup of the copy is the same. */
static void case_backup(struct identity_store *s)
{
	struct identity_signer list[IDENTITY_SIGNERS_MAX];
	struct identity_store *other = open_other();
	uint64_t version;
	uint32_t number;

	fill(s);
	struct buf first = backup_of(s);
	struct str rest = buf_str(&first);

	good(identity_store_restore(other, hand_line, &rest, &trouble));
	struct buf second = backup_of(other);

	assert_true(str_eq(buf_str(&first), buf_str(&second)));
	assert_int_equal(signers(other, "", "example.com", list), 2);
	assert_true(has_key(other, 1) && has_key(other, 3));
	assert_int_equal(events(other, "example.org", 9, 0).count, 1);
	assert_string_equal(tenants(other).last, "“Acme” K.K.\n");
	good(identity_store_reserve_key(other, &number, &trouble));
	assert_int_equal(number, 4);
	struct identity i = get(other, "example.com", &version);

	assert_true(put(other, &i, version));
	identity_store_close(other);
	buf_release(&first);
	buf_release(&second);
}

/* ... and the other way round, into what the case is run with. */
static void case_restore(struct identity_store *s)
{
	struct identity_store *other = open_other();
	struct identity_signer list[IDENTITY_SIGNERS_MAX];

	fill(other);
	struct buf first = backup_of(other);
	struct str rest = buf_str(&first);

	good(identity_store_restore(s, hand_line, &rest, &trouble));
	struct buf second = backup_of(s);

	assert_true(str_eq(buf_str(&first), buf_str(&second)));
	assert_int_equal(signers(s, "", "example.com", list), 2);
	/* not a second time */
	rest = buf_str(&first);
	assert_int_equal(identity_store_restore(s, hand_line, &rest, &trouble), INKAN_EREFUSED);
	assert_non_null(strstr(trouble.text, "into an empty store"));
	identity_store_close(other);
	buf_release(&first);
	buf_release(&second);
}

static void case_other_master(struct identity_store *s)
{
	struct identity_store *other = open_other();
	unsigned char master[32] = {9};

	fill(other);
	struct buf all = backup_of(other);
	struct str rest = buf_str(&all);

	good(identity_store_set_master(s, master, &trouble));
	assert_int_equal(identity_store_restore(s, hand_line, &rest, &trouble), INKAN_EREFUSED);
	assert_non_null(strstr(trouble.text, "another master key"));
	identity_store_close(other);
	buf_release(&all);
}

static void case_backup_many(struct identity_store *s)
{
	struct identity_store *other = open_other();

	add_many(s);
	struct buf first = backup_of(s);
	struct str rest = buf_str(&first);

	good(identity_store_restore(other, hand_line, &rest, &trouble));
	struct buf second = backup_of(other);

	assert_true(str_eq(buf_str(&first), buf_str(&second)));
	assert_int_equal(each(other, (struct identity_filter){0}, 0).count, MANY);
	identity_store_close(other);
	buf_release(&first);
	buf_release(&second);
}

/* What happens to a good backup: `find` becomes `instead`, or, NULL, it is cut there. */
static const struct broken {
	const char *name;
	const char *find, *instead;
	const char *want;
} brokens[] = {
	{"backup: nothing", "{", NULL, "line 1: the backup ends too early"},
	{"backup: cut within a line", "event\":\"example.org", NULL, "this is no JSON"},
	{"backup: without its end", "{\"end\"", NULL, "the backup ends too early"},
	{"backup: a line less", "{\"tenant\":", "{\"end\":3}\n{\"tenant\":", "line 2: lines are missing"},
	{"backup: no JSON", "{\"tenant\":", "{tenant:", "line 2: this is no JSON"},
	{"backup: a list", "{\"tenant\":\"acme\"", "[{\"tenant\":\"acme\"", "line 2: this is no JSON"},
	{"backup: another file", "inkan identities", "inkan", "line 1: no backup of identities begins so"},
	{"backup: a newer one", "\"version\":1,\"mark\"", "\"version\":2,\"mark\"",
         "line 1: a backup of another version"},
	{"backup: no counters", "\"mark\":", "\"march\":", "line 1: its counters are missing"},
	{"backup: a key beyond the counter", "{\"key\":3,", "{\"key\":4,", "line 5: this is no key"},
	{"backup: a key twice", "{\"key\":3,", "{\"key\":2,", ""},
	{"backup: a key of another kind", "\"rsa\"", "\"dsa\"", "line 3: this is no key"},
	{"backup: a key without octets", "\"sealed\":\"", "\"sealed\":\"!", "line 3: this is no key"},
	{"backup: an identity whose key is of another", "\"of\":\"example.org\"", "\"of\":\"example.net\"",
         "names a key that is not"},
	{"backup: an identity that is none", "\"scheme\":\"txt\"", "\"scheme\":\"tx\"", "line 6: this is no identity"},
	{"backup: an identity that is a number", "\"identity\":{", "\"identity\":1,\"x\":{",
         "line 6: this is no identity"},
	{"backup: an identity twice", "{\"event\":", "{\"identity\":", "this is no identity"},
	{"backup: a version beyond the mark", "{\"at\":2,", "{\"at\":2000,", "line 6: this is no identity"},
	{"backup: a version of 0", "{\"at\":2,", "{\"at\":0,", "line 6: this is no identity"},
	{"backup: an event without texts", "\"who\":", "\"whom\":", "line 9: this is no event"},
	{"backup: a change beyond the counter", "{\"change\":1,", "{\"change\":2,", "this is no change"},
	{"backup: something else", "{\"tenant\":", "{\"tenants\":", "line 2: nothing that a backup holds"},
	{"backup: a NUL in a text", "\"Acme\"", "\"Ac\\u0000me\"", "this is no JSON"},
	{"backup: lines behind the end", "{\"end\":13}\n", "{\"end\":13}\n{}\n", "line 14: lines behind the end"},
	{"backup: its master key is short", "\"master\":\"AQID", "\"master\":\"", "line 1: its master key is damaged"},
};

static void run_broken(const void *row)
{
	const struct broken *r = row;
	struct buf changed;
	uint64_t mark, after;

	begin();
	struct identity_store *s = open_store(false), *other = open_other();
	struct tenant t = {"acme", "Acme", 7};

	fill(other);
	good(identity_store_put_tenant(other, &t, &trouble));
	struct buf all = backup_of(other);
	size_t at = str_search(buf_str(&all), str_c(r->find));

	if (at == all.n)
		fail_msg("not in %.*s", STR_ARG(buf_str(&all)));
	buf_init(&changed, 1 << 20);
	buf_put(&changed, str_head(buf_str(&all), at));
	if (r->instead) {
		buf_put_c(&changed, r->instead);
		buf_put(&changed, str_skip(buf_str(&all), at + strlen(r->find)));
	}
	struct str rest = buf_str(&changed);

	good(identity_store_mark(s, &mark, &trouble));
	int result = identity_store_restore(s, hand_line, &rest, &trouble);

	assert_int_equal(result, r->want[0] ? INKAN_ESYNTAX : INKAN_EIO);
	if (!strstr(trouble.text, r->want))
		fail_msg("%s", trouble.text);
	/* nothing is left of it */
	good(identity_store_mark(s, &after, &trouble));
	assert_int_equal(mark, after);
	assert_int_equal(each(s, (struct identity_filter){0}, 0).count, 0);
	assert_false(has_key(s, 1));
	buf_release(&changed);
	buf_release(&all);
	identity_store_close(s);
	identity_store_close(other);
	end();
}

static const struct scenario {
	const char *name;
	void (*run)(struct identity_store *s);
} scenarios[] = {
	{"what was stored comes back", case_back},
	{"a change is made on the version that was read", case_versions},
	{"what came too late changes nothing", case_too_late},
	{"an identity made again is another one", case_made_again},
	{"an identity goes with keys, signers and events", case_delete},
	{"numbers of keys are given once", case_numbers},
	{"keys stay as long as a slot names them", case_rotated},
	{"an identity names its own keys only", case_foreign_key},
	{"a sealed key of the largest size", case_key_max},
	{"a sealed key too large by one", case_key_above},
	{"the master key is set once", case_master},
	{"a claim keeps other hosts away until it ends", case_claim},
	{"a week ahead is due then, more is due now; claims of an hour hold, longer ones do not", case_wrong_clock},
	{"due identities, the most overdue first", case_due},
	{"who signs for an author", case_signers},
	{"S3-17 which MAIL FROM domains of an author have failed: not those that are pending or unstable", case_failed},
	{"S3-17 as many failed MAIL FROM domains as are told, and one more", case_failed_max},
	{"hostile authors find nothing", case_signers_hostile},
	{"as many signers as may be, and one more", case_signers_max},
	{"all identities in order, while they change", case_each},
	{"S0-11 identities by domain, tenant and environment", case_filters},
	{"the mark changes with every change", case_mark},
	{"events newest first, the oldest go", case_events},
	{"texts of events are cut and cleaned", case_event_texts},
	{"S0-9 tenants have the name of an organisation", case_tenants},
	{"S0-9 names of tenants at their limits", case_tenant_sizes},
	{"more tenants than a batch", case_tenants_many},
	{"changes are found backwards, by zone", case_changes},
	{"a change of the largest size, and one more octet", case_change_sizes},
	{"ids that cannot be", case_ids},
	{"a store that is only read", case_read_only},
	{"a backup into SQLite is the same", case_backup},
	{"a backup out of SQLite is the same", case_restore},
	{"a backup for another master key", case_other_master},
	{"a backup of more than a batch", case_backup_many},
};

static void run_scenario(const void *row)
{
	const struct scenario *r = row;

	begin();
	struct identity_store *s = open_store(false);

	r->run(s);
	identity_store_close(s);
	end();
}

/* ---- a store of version 1 ---- */

static void damage(const char *id, const char *doc)
{
	char sql[200];

	snprintf(sql, sizeof(sql), "UPDATE %sidentity SET doc = '%s' WHERE id = '%s'", postgres ? "inkan." : "", doc,
	         id);
	if (postgres)
		postgres_sql(sql);
	else
		file_sql(sql);
}

static void run_first_version(const void *row)
{
	static const char sqlite[] = "DROP TABLE failed_mail_from; PRAGMA user_version = 1";
	static const char server[] =
		"DROP TABLE inkan.failed_mail_from; UPDATE inkan.meta SET number = 1 WHERE name = 'version'";

	(void)row;
	begin();
	struct identity_store *s = open_store(false);

	add(s, "example.com", "");
	add(s, "example.com", "gateway");
	add(s, "example.org", "");
	add(s, "example.net", "");
	add(s, "example.edu", "");
	set_mail_from(s, "example.com", "m.example.com", MAIL_FROM_FAILED, MX_FAILURE_REJECT);
	set_mail_from(s, "example.com/gateway", "g.example.com", MAIL_FROM_FAILED, MX_FAILURE_DEFAULT);
	set_mail_from(s, "example.org", "m.example.org", MAIL_FROM_UNSTABLE, MX_FAILURE_REJECT);
	identity_store_close(s);
	if (postgres)
		postgres_sql(server);
	else
		file_sql(sqlite);
	damage("example.net", "what was \"mail_from_state\":\"failed\" once");
	damage("example.edu", "");
	assert_int_equal(identity_store_open(where, true, false, &s, &trouble), INKAN_EIO);
	assert_non_null(strstr(trouble.text, "by an older inkan"));
	s = open_store(false);
	assert_string_equal(failed(s, "a@example.com", "example.com"), "m.example.com reject g.example.com default");
	assert_string_equal(failed(s, "a@example.org", "example.org"), "");
	set_mail_from(s, "example.com", "m.example.com", MAIL_FROM_SUCCESS, MX_FAILURE_REJECT);
	assert_string_equal(failed(s, "a@example.com", "example.com"), "g.example.com default");
	identity_store_close(s);
	end();
}

/* ---- no memory ---- */

static int whole_life(void)
{
	struct io_error error;
	struct identity_store *s = NULL;
	struct identity_signer list[IDENTITY_SIGNERS_MAX];
	struct identity i = {0};
	uint64_t version = 0;
	size_t count = 0;
	bool done = false;
	int result = identity_store_open(where, false, true, &s, &error);

	if (!result)
		result = identity_store_signers(s, STR("a@example.com"), STR("example.com"), list, &count, &error);
	if (!result)
		result = identity_store_get(s, &arena, "example.com", &i, &version, &error);
	if (!result && version)
		result = identity_store_put(s, &i, version, NULL, &(struct identity_event){1, "h", "w", "a", "d"},
		                            &done, &error);
	identity_store_close(s);
	return result;
}

static void run_no_memory(const void *row)
{
	(void)row;
	begin();
	struct identity_store *s = open_store(false);

	add(s, "example.com", "");
	identity_store_close(s);
	for (size_t n = 1;; n++) {
		arena_release(&arena);
		arena_init(&arena, 1 << 20);
		alloc_fail_at(n);
		int result = whole_life();
		bool reached = alloc_count() >= n;

		alloc_fail_at(0);
		if (!reached)
			break;
		/* where no error follows, it was not needed */
		assert_true(result == INKAN_ENOMEM || result == INKAN_OK);
	}
	s = open_store(true);
	assert_true(has_key(s, 1));
	identity_store_close(s);
	end();
}

/* ---- statements ---- */

/* SQLite numbers $1, $2 ... in the order in which it finds them: that has to be the order of their numbers. */
static void run_parameters(const void *row)
{
	sqlite3 *db;

	(void)row;
	assert_int_equal(sqlite3_open(":memory:", &db), SQLITE_OK);
	for (size_t i = 0; i < IDENTITY_SCHEMA_VERSION; i++)
		assert_int_equal(sqlite3_exec(db, identity_sqlite_steps[i], NULL, NULL, NULL), SQLITE_OK);
	for (size_t i = 0; i < IDENTITY_STATEMENTS; i++) {
		sqlite3_stmt *statement;

		if (sqlite3_prepare_v2(db, identity_statements[i], -1, &statement, NULL) != SQLITE_OK)
			fail_msg("%s: %s", identity_statements[i], sqlite3_errmsg(db));
		assert_true(sqlite3_bind_parameter_count(statement) <= DB_PARAMETERS_MAX);
		assert_true(sqlite3_column_count(statement) <= DB_COLUMNS_MAX);
		for (int at = 1; at <= sqlite3_bind_parameter_count(statement); at++) {
			char want[16];

			snprintf(want, sizeof(want), "$%d", at);
			assert_string_equal(sqlite3_bind_parameter_name(statement, at), want);
		}
		sqlite3_finalize(statement);
	}
	sqlite3_close(db);
}

/* What is asked at every message, and by the registrar all the time, walks through no table. */
static void run_plans(const void *row)
{
	static const enum identity_statement quick[] = {
		STATEMENT_SIGNERS, STATEMENT_DUE,         STATEMENT_KEY,       STATEMENT_GET,
		STATEMENT_EACH,    STATEMENT_EACH_DOMAIN, STATEMENT_EVENTS,    STATEMENT_TRIM_KEYS,
		STATEMENT_CLAIM,   STATEMENT_EACH_TENANT, STATEMENT_CHANGE,    STATEMENT_CLEAR_SIGNERS,
		STATEMENT_TENANTS, STATEMENT_PUBLICATION, STATEMENT_DUE_AHEAD, STATEMENT_CLEAR_FAILED,
	};
	sqlite3 *db;

	(void)row;
	assert_int_equal(sqlite3_open(":memory:", &db), SQLITE_OK);
	for (size_t i = 0; i < IDENTITY_SCHEMA_VERSION; i++)
		assert_int_equal(sqlite3_exec(db, identity_sqlite_steps[i], NULL, NULL, NULL), SQLITE_OK);
	for (size_t i = 0; i < sizeof(quick) / sizeof(*quick); i++) {
		char sql[2000];
		sqlite3_stmt *statement;

		snprintf(sql, sizeof(sql), "EXPLAIN QUERY PLAN %s", identity_statements[quick[i]]);
		assert_int_equal(sqlite3_prepare_v2(db, sql, -1, &statement, NULL), SQLITE_OK);
		while (sqlite3_step(statement) == SQLITE_ROW) {
			const char *step = (const char *)sqlite3_column_text(statement, 3);

			if (strstr(step, "SCAN ") && !strstr(step, "SCAN CONSTANT ROW"))
				fail_msg("%s: %s", sql, step);
			if (strstr(step, "TEMP B-TREE"))
				fail_msg("%s: %s", sql, step);
		}
		sqlite3_finalize(statement);
	}
	sqlite3_close(db);
}

/* ---- files of SQLite ---- */

static void no_file(void)
{
}

static void no_folder(void)
{
	remove_tree(folder);
}

static void garbage(void)
{
	FILE *f = fopen(path, "wb");

	assert_non_null(f);
	for (int i = 0; i < 1000; i++)
		fputs("garbage ", f);
	fclose(f);
}

static void other_program(void)
{
	file_sql("CREATE TABLE mine (x)");
}

static void outcomes(void)
{
	file_sql("PRAGMA application_id = 0x696e6b6e; PRAGMA user_version = 1");
}

static void empty_file(void)
{
	FILE *f = fopen(path, "wb");

	assert_non_null(f);
	fclose(f);
}

static void newer(void)
{
	identity_store_close(open_store(false));
	file_sql("PRAGMA user_version = 3");
}

static void a_folder(void)
{
	assert_int_equal(mkdir(path, 0700), 0);
}

enum how { CREATE, OPEN, READ };

static const struct file {
	const char *name;
	void (*prepare)(void);
	enum how how;
	const char *want; /* in the error; NULL: it opens */
} files[] = {
	{"file: made where it is missing", no_file, CREATE, NULL},
	{"file: an empty one is taken", empty_file, CREATE, NULL},
	{"file: not made without being asked for", no_file, OPEN, "identities.db: No such file"},
	{"file: an empty one, not to be made", empty_file, OPEN, "no identity was stored here yet"},
	{"file: missing, to be read", no_file, READ, "identities.db: No such file"},
	{"file: an empty one, to be read", empty_file, READ, "no identity was stored here yet"},
	{"file: a folder that is not there", no_folder, CREATE, "identities.db: No such file"},
	{"file: a folder in its place", a_folder, CREATE, "identities.db: "},
	{"file: not a database", garbage, CREATE, "restore the backup"},
	{"file: tables of another program", other_program, CREATE, "a database of another program"},
	{"file: the store of outcomes", outcomes, CREATE, "a database of another program"},
	{"file: of a newer version", newer, CREATE, "newer inkan (version 3, this one knows 2)"},
	{"file: of a newer version, to be read", newer, READ, "newer inkan (version 3, this one knows 2)"},
};

static void run_file(const void *row)
{
	const struct file *r = row;
	struct io_error error = {""};
	struct identity_store *s = NULL;

	begin();
	r->prepare();
	int result = identity_store_open(where, r->how == READ, r->how == CREATE, &s, &error);

	if (r->want) {
		assert_int_equal(result, INKAN_EIO);
		assert_null(s);
		if (!strstr(error.text, r->want))
			fail_msg("%s", error.text);
	} else {
		assert_int_equal(result, INKAN_OK);
	}
	identity_store_close(s);
	end();
}

/* Made by root, the files are the service's, whatever the umask. */
static void run_owner(const void *row)
{
	mode_t before = umask(077);

	(void)row;
	begin();
	if (geteuid() == 0)
		assert_int_equal(chown(folder, 65534, 65533), 0);
	struct identity_store *s = open_store(false);

	add(s, "example.com", "");
	for (size_t i = 0; i < ENDS; i++) {
		char name[NAME_SIZE];
		struct stat status, of_folder;

		snprintf(name, sizeof(name), "%s%s", path, ends[i]);
		assert_int_equal(stat(name, &status), 0);
		assert_int_equal(stat(folder, &of_folder), 0);
		assert_int_equal(status.st_mode & 07777, 0640);
		assert_int_equal(status.st_uid, of_folder.st_uid);
		assert_int_equal(status.st_gid, of_folder.st_gid);
	}
	identity_store_close(s);
	end();
	umask(before);
}

static void run_no_rights(const void *row)
{
	(void)row;
	begin();
	struct identity_store *s = open_store(false);

	add(s, "example.com", "");
	identity_store_close(s);
	for (size_t i = 0; i < ENDS; i++) {
		char name[NAME_SIZE];

		snprintf(name, sizeof(name), "%s%s", path, ends[i]);
		assert_int_equal(chmod(name, 0444), 0);
	}
	assert_int_equal(chmod(folder, 0555), 0);
	pid_t child = fork();

	if (child == 0) {
		struct io_error error = {""};

		become_nobody();
		if (identity_store_open(path, false, false, &s, &error) != INKAN_EIO ||
		    !strstr(error.text, "mend the rights"))
			_exit(1);
		if (identity_store_open(path, true, false, &s, &error))
			_exit(2);
		_exit(has_key(s, 1) ? 0 : 3);
	}
	assert_int_equal(wait_for(child), 0);
	chmod(folder, 0755);
	end();
}

static void run_removed(const void *row)
{
	bool moved = row != NULL;
	char other[NAME_SIZE];

	begin();
	struct identity_store *s = open_store(false);

	add(s, "example.com", "");
	snprintf(other, sizeof(other), "%s.old", path);
	assert_int_equal(moved ? rename(path, other) : unlink(path), 0);
	assert_int_equal(store_identity(s, "example.org", "", 1, &trouble), 0);
	assert_non_null(strstr(trouble.text, "removed or moved away"));
	identity_store_close(s);
	end();
}

static void full_child(void)
{
	struct io_error error = {""};
	struct rlimit limit;
	struct identity_store *s = open_store(false);
	char domain[32];
	uint32_t stored = 0;

	signal(SIGXFSZ, SIG_IGN);
	getrlimit(RLIMIT_FSIZE, &limit);
	rlim_t before = limit.rlim_cur;

	limit.rlim_cur = 1 << 20;
	setrlimit(RLIMIT_FSIZE, &limit);
	for (; stored < 10000; stored++) {
		snprintf(domain, sizeof(domain), "d%u.example", stored);
		if (!store_identity(s, domain, "", 1, &error))
			break;
	}
	if (!strstr(error.text, "identities.db: ") || stored == 10000 || stored == 0)
		_exit(1);
	/* what was stored before is there, and of the last nothing */
	for (uint32_t i = 1; i <= stored; i++)
		if (!has_key(s, i))
			_exit(2);
	if (each(s, (struct identity_filter){0}, 0).count != stored)
		_exit(3);
	limit.rlim_cur = before;
	setrlimit(RLIMIT_FSIZE, &limit);
	add(s, "again.example", "");
	_exit(0);
}

static void run_full(const void *row)
{
	(void)row;
	begin();
	pid_t child = fork();

	if (child == 0)
		full_child();
	assert_int_equal(wait_for(child), 0);
	end();
}

/* Processes that make the file at the same time. */
static void run_at_once(const void *row)
{
	enum { PROCESSES = 6 };
	pid_t children[PROCESSES];

	(void)row;
	begin();
	for (int i = 0; i < PROCESSES; i++) {
		children[i] = fork();
		if (children[i] == 0) {
			struct io_error error = {""};
			struct identity_store *s = NULL;
			char domain[32];

			snprintf(domain, sizeof(domain), "d%d.example", i);
			if (identity_store_open(where, false, true, &s, &error) ||
			    !store_identity(s, domain, "", 1, &error)) {
				fprintf(stderr, "%s\n", error.text);
				_exit(1);
			}
			_exit(0);
		}
	}
	for (int i = 0; i < PROCESSES; i++)
		assert_int_equal(wait_for(children[i]), 0);
	struct identity_store *s = open_store(true);

	assert_int_equal(each(s, (struct identity_filter){0}, 0).count, PROCESSES);
	identity_store_close(s);
	end();
}

static void run_damaged(const void *row)
{
	struct identity i;
	uint64_t version;

	(void)row;
	begin();
	struct identity_store *s = open_store(false);
	struct identity_filter none = {0};
	struct seen seen = {0};

	add(s, "a.example", "");
	add(s, "example.com", "");
	add(s, "example.net", "");
	add(s, "z.example", "");
	if (postgres)
		postgres_sql("UPDATE inkan.identity SET doc = '{}' WHERE id LIKE 'example.%'");
	else
		file_sql("UPDATE identity SET doc = '{}' WHERE id LIKE 'example.%'");
	assert_int_equal(identity_store_get(s, &arena, "example.com", &i, &version, &trouble), INKAN_EIO);
	assert_non_null(strstr(trouble.text, "what is stored of example.com is damaged"));
	trouble.text[0] = '\0';
	assert_int_equal(identity_store_each(s, &none, note_identity, &seen, &trouble), INKAN_EIO);
	assert_non_null(strstr(trouble.text, "what is stored of example.com is damaged"));
	assert_int_equal(seen.count, 2);
	identity_store_close(s);
	end();
}

/* ---- PostgreSQL alone ---- */

static const struct server {
	const char *name;
	const char *sql, *want;
} servers[] = {
	{"server: nothing in it, not to be made", "SELECT 1", "no identity was stored here yet"},
	{"server: a schema of another program", "CREATE SCHEMA inkan; CREATE TABLE inkan.mine (x int)",
         "of another program"},
	{"server: a meta table of another program",
         "CREATE SCHEMA inkan; CREATE TABLE inkan.meta (name text, number bigint)", "of another program"},
	{"server: of a newer version",
         "CREATE SCHEMA inkan; CREATE TABLE inkan.meta (name text, number bigint);"
         "INSERT INTO inkan.meta VALUES ('version', 3)",
         "newer inkan (version 3, this one knows 2)"},
};

static void run_server(const void *row)
{
	const struct server *r = row;
	struct io_error error = {""};
	struct identity_store *s = NULL;

	begin();
	postgres_sql(r->sql);
	assert_int_equal(identity_store_open(where, false, false, &s, &error), INKAN_EIO);
	if (!strstr(error.text, r->want))
		fail_msg("%s", error.text);
	end();
}

static void run_wrong_server(const void *row)
{
	struct io_error error = {""};
	struct identity_store *s = NULL;

	(void)row;
	assert_int_equal(identity_store_open("postgresql://u:geheim@/x?host=/nowhere", false, true, &s, &error),
	                 INKAN_EIO);
	assert_non_null(strstr(error.text, "PostgreSQL"));
	assert_non_null(strstr(error.text, "nowhere"));
	assert_null(strstr(error.text, "geheim"));
	assert_int_equal(identity_store_open("host=/nowhere colour=red", false, true, &s, &error), INKAN_EIO);
	assert_non_null(strstr(error.text, "colour"));
}

/* The server ends all connections: the next call makes a new one. */
static void run_lost(const void *row)
{
	struct identity_signer list[IDENTITY_SIGNERS_MAX];

	(void)row;
	begin();
	struct identity_store *s = open_store(false);

	add(s, "example.com", "");
	for (int i = 0; i < 3; i++) {
		postgres_sql("SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
		             "WHERE application_name = 'inkan' AND pid <> pg_backend_pid()");
		if (i == 0)
			assert_int_equal(signers(s, "", "example.com", list), 1);
		else if (i == 1)
			add(s, "example.org", "");
		else
			assert_true(has_key(s, 2));
	}
	identity_store_close(s);
	end();
}

int main(void)
{
	struct test_list list = {0};

	postgres = getenv("IDENTITY_STORE");
	TEST_TABLE(&list, scenarios, run_scenario);
	TEST_TABLE(&list, brokens, run_broken);
	test_add(&list, "a store of the first version is taken over", run_first_version, NULL);
	test_add(&list, "lack of memory", run_no_memory, NULL);
	test_add(&list, "stores made at the same time", run_at_once, NULL);
	test_add(&list, "a damaged identity is an error, and hides no others", run_damaged, NULL);
	if (postgres) {
		TEST_TABLE(&list, servers, run_server);
		test_add(&list, "a lost connection is made anew", run_lost, NULL);
		return test_run(&list, "store/identity_store on PostgreSQL");
	}
	test_add(&list, "parameters are numbered as SQLite does", run_parameters, NULL);
	test_add(&list, "what is asked often uses an index", run_plans, NULL);
	test_add(&list, "no server is there", run_wrong_server, NULL);
	TEST_TABLE(&list, files, run_file);
	test_add(&list, "file: made by root it belongs to the owner of the folder", run_owner, NULL);
	test_add(&list, "file: may not be written", run_no_rights, NULL);
	test_add(&list, "file: removed while it is open", run_removed, NULL);
	test_add(&list, "file: moved away while it is open", run_removed, "moved");
	test_add(&list, "file: the disk is full", run_full, NULL);
	return test_run(&list, "store/identity_store");
}

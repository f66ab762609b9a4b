#include "store/store.h"

#include <signal.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "store/fields.h"
#include "store/outcomes.h"
#include "support/alloc.h"
#include "support/case.h"
#include "support/place.h"

static char folder[64], path[96];

enum { NOW = 1000 };

static void make_folder(void)
{
	snprintf(folder, sizeof(folder), "/tmp/inkan-store-XXXXXX");
	assert_non_null(mkdtemp(folder));
	snprintf(path, sizeof(path), "%s/inkan.db", folder);
}

static void remove_folder(void)
{
	remove_tree(folder);
}

static struct store *open_store(bool read_only)
{
	struct io_error error = {""};
	struct store *s = NULL;

	if (store_open(path, read_only, &s, &error))
		fail_msg("%s", error.text);
	return s;
}

static void add(struct store *s, struct outcome o)
{
	struct io_error error = {""};

	assert_int_equal(store_begin(s, &error), INKAN_OK);
	if (store_add(s, &o, &error))
		fail_msg("%s", error.text);
	assert_int_equal(store_commit(s, &error), INKAN_OK);
}

static struct outcome at_time(int64_t time)
{
	struct outcome o = outcome_inbound();

	o.time = time;
	return o;
}

/* ---- what was stored is found ---- */

struct found {
	size_t count, stop_at;
	int64_t times[16];
	const struct outcome *want;
	bool same;
};

static bool same_fields(const void *a, const void *b, const struct outcome_field *fields, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (fields[i].kind == FIELD_TEXT ? !str_eq(field_text(a, &fields[i]), field_text(b, &fields[i]))
		                                 : field_number(a, &fields[i]) != field_number(b, &fields[i]))
			return false;
	return true;
}

static bool same_outcome(const struct outcome *a, const struct outcome *b)
{
	bool same = same_fields(a, b, outcome_fields, OUTCOME_FIELDS) && a->dkim_count == b->dkim_count &&
	            a->signed_count == b->signed_count;

	for (size_t i = 0; same && i < a->dkim_count; i++)
		same = same_fields(&a->dkim[i], &b->dkim[i], outcome_dkim_fields, OUTCOME_DKIM_FIELDS);
	for (size_t i = 0; same && i < a->signed_count; i++)
		same = same_fields(&a->signatures[i], &b->signatures[i], outcome_signed_fields, OUTCOME_SIGNED_FIELDS);
	return same;
}

static bool note(void *context, const struct outcome *o)
{
	struct found *f = context;

	if (f->want)
		f->same = same_outcome(f->want, o);
	f->times[f->count++ % 16] = o->time;
	return f->count != f->stop_at;
}

static size_t count_found(struct store *s, const char *id, size_t max)
{
	struct found f = {0};
	struct io_error error = {""};

	if (store_find(s, str_c(id), max, note, &f, &error))
		fail_msg("%s", error.text);
	return f.count;
}

static struct outcome empty(void)
{
	return (struct outcome){.queue_id = STR("E")};
}

static struct outcome hostile(void)
{
	struct outcome o = {.queue_id = STR("'; DROP TABLE outcome; --"), .message_id = STR("a\0b\xff\x1b%_")};

	o.dkim[0] = (struct outcome_dkim){STR("\"},{\"x\":\"\\"), STR("\n"), STR("pass"), STR(""), true};
	o.dkim_count = 1;
	o.size = INT64_MAX;
	o.time = INT64_MIN;
	return o;
}

static struct outcome full(void)
{
	static char text[OUTCOME_TEXT_MAX];
	struct outcome o = outcome_inbound();

	memset(text, 'x', sizeof(text));
	for (size_t i = 0; i < OUTCOME_FIELDS; i++)
		if (outcome_fields[i].kind == FIELD_TEXT)
			field_set_text(&o, &outcome_fields[i], str_from(text, sizeof(text)));
	for (o.dkim_count = 0; o.dkim_count < OUTCOME_DKIM_MAX; o.dkim_count++)
		o.dkim[o.dkim_count].domain = str_from(text, OUTCOME_NAME_MAX);
	for (o.signed_count = 0; o.signed_count < OUTCOME_SIGNED_MAX; o.signed_count++)
		o.signatures[o.signed_count].selector = str_from(text, OUTCOME_NAME_MAX);
	return o;
}

/* Every octet of the signatures needs an escape. */
static struct outcome escaped(void)
{
	static char text[OUTCOME_NAME_MAX];
	struct outcome o = outcome_inbound();

	memset(text, 1, sizeof(text));
	for (o.dkim_count = 0; o.dkim_count < OUTCOME_DKIM_MAX; o.dkim_count++) {
		struct str s = str_from(text, sizeof(text));

		o.dkim[o.dkim_count] = (struct outcome_dkim){s, s, s, s, true};
	}
	return o;
}

static const struct back {
	const char *name;
	struct outcome (*make)(void);
} backs[] = {
	{"an incoming message comes back", outcome_inbound},
	{"an outgoing message comes back", outcome_outbound},
	{"a message of which nothing is known comes back", empty},
	{"a hostile message comes back", hostile},
	{"texts and lists at their limits come back", full},
	{"signatures of control characters come back", escaped},
};

static void run_back(const void *row)
{
	const struct back *r = row;
	struct outcome o = r->make();
	struct found f = {.want = &o};
	struct io_error error = {""};

	make_folder();
	struct store *s = open_store(false);

	add(s, o);
	store_close(s);
	s = open_store(true);
	assert_int_equal(store_find(s, o.queue_id, 10, note, &f, &error), INKAN_OK);
	assert_int_equal(f.count, 1);
	assert_true(f.same);
	store_close(s);
	remove_folder();
}

static const struct search {
	const char *name;
	const char *id;
	size_t max, want;
} searches[] = {
	{"found by queue id", "4F3A2B1C0D", 10, 3},
	{"found by Message-ID", "one@example.com", 10, 3},
	{"found by Message-ID in angle brackets", "<one@example.com>", 10, 3},
	{"found at most as many as asked for", "<one@example.com>", 2, 2},
	{"the newest, without an id", "", 10, 4},
	{"the newest ones", "", 3, 3},
	{"nothing is found", "nobody", 10, 0},
	{"queue ids keep their case", "4f3a2b1c0d", 10, 0},
	{"no pattern is one", "%", 10, 0},
};

static void run_search(const void *row)
{
	const struct search *r = row;

	make_folder();
	struct store *s = open_store(false);

	add(s, at_time(2));
	add(s, at_time(9));
	add(s, at_time(5));
	add(s, outcome_outbound());
	assert_int_equal(count_found(s, r->id, r->max), r->want);
	store_close(s);
	remove_folder();
}

static void run_order(const void *row)
{
	struct found f = {.stop_at = 2};
	struct io_error error = {""};

	(void)row;
	make_folder();
	struct store *s = open_store(false);

	add(s, at_time(2));
	add(s, at_time(9));
	add(s, at_time(5));
	assert_int_equal(store_find(s, STR("4F3A2B1C0D"), 10, note, &f, &error), INKAN_OK);
	assert_int_equal(f.count, 2);
	assert_true(f.times[0] == 9 && f.times[1] == 5);
	store_close(s);
	remove_folder();
}

/* ---- batches ---- */

static void run_rollback(const void *row)
{
	struct io_error error = {""};
	struct outcome o = outcome_inbound();

	(void)row;
	make_folder();
	struct store *s = open_store(false);

	store_rollback(s); /* nothing was begun */
	assert_int_equal(store_begin(s, &error), INKAN_OK);
	assert_int_equal(store_add(s, &o, &error), INKAN_OK);
	store_rollback(s);
	assert_int_equal(count_found(s, "", 10), 0);
	add(s, o);
	assert_int_equal(count_found(s, "", 10), 1);
	store_close(s);
	remove_folder();
}

static void run_expire(const void *row)
{
	struct io_error error = {""};
	size_t removed = 99;

	(void)row;
	make_folder();
	struct store *s = open_store(false);

	for (int64_t i = 0; i < 10; i++)
		add(s, at_time(i));
	assert_int_equal(store_expire(s, 7, 5, &removed, &error), INKAN_OK);
	assert_int_equal(removed, 5);
	assert_int_equal(store_expire(s, 7, 5, &removed, &error), INKAN_OK);
	assert_int_equal(removed, 2);
	assert_int_equal(store_expire(s, 7, 5, &removed, &error), INKAN_OK);
	assert_int_equal(removed, 0);
	assert_int_equal(count_found(s, "", 100), 3);
	store_close(s);
	remove_folder();
}

/* A process that dies in the middle of a batch. */
static void run_crash(const void *row)
{
	struct io_error error = {""};
	int status;

	(void)row;
	make_folder();
	pid_t child = fork();

	if (child == 0) {
		struct store *s = open_store(false);
		struct outcome o = outcome_outbound();

		add(s, outcome_inbound());
		if (store_begin(s, &error) || store_add(s, &o, &error))
			_exit(1);
		raise(SIGKILL);
	}
	waitpid(child, &status, 0);
	assert_true(WIFSIGNALED(status));
	struct store *s = open_store(false);

	assert_int_equal(count_found(s, "", 10), 1);
	store_close(s);
	remove_folder();
}

static void run_readers(const void *row)
{
	struct io_error error = {""};
	struct outcome o = outcome_inbound();

	(void)row;
	make_folder();
	struct store *writer = open_store(false);

	add(writer, o);
	assert_int_equal(store_begin(writer, &error), INKAN_OK);
	assert_int_equal(store_add(writer, &o, &error), INKAN_OK);
	struct store *reader = open_store(true);

	assert_int_equal(count_found(reader, "", 10), 1);
	assert_int_equal(store_commit(writer, &error), INKAN_OK);
	assert_int_equal(count_found(reader, "", 10), 2);
	store_close(reader);
	store_close(writer);
	remove_folder();
}

static void run_second_writer(const void *row)
{
	struct io_error error = {""};

	(void)row;
	make_folder();
	struct store *one = open_store(false), *two = open_store(false);

	assert_int_equal(store_begin(one, &error), INKAN_OK);
	assert_int_equal(store_begin(two, &error), INKAN_EIO);
	assert_non_null(strstr(error.text, "another process writes to it"));
	store_rollback(two);
	assert_int_equal(store_commit(one, &error), INKAN_OK);
	add(two, outcome_inbound());
	store_close(one);
	store_close(two);
	remove_folder();
}

/* ---- files ---- */

static const struct mode {
	const char *name;
	mode_t mask;
} modes[] = {
	{"the file is for its group to read, umask 0", 0},
	{"the file is for its group to read, umask 077", 077},
};

/* The files of a store. */
static const char *const ends[] = {"", "-wal", "-shm"};
enum { ENDS = sizeof(ends) / sizeof(*ends), NAME_SIZE = sizeof(path) + 8 };

static void run_mode(const void *row)
{
	const struct mode *r = row;
	struct stat status;
	mode_t before = umask(r->mask);

	make_folder();
	struct store *s = open_store(false);

	add(s, outcome_inbound());
	for (size_t i = 0; i < ENDS; i++) {
		char name[NAME_SIZE];

		snprintf(name, sizeof(name), "%s%s", path, ends[i]);
		assert_int_equal(stat(name, &status), 0);
		assert_int_equal(status.st_mode & 07777, 0640);
	}
	store_close(s);
	remove_folder();
	umask(before);
}

static void write_file(const char *text, size_t n)
{
	FILE *f = fopen(path, "wb");

	assert_non_null(f);
	assert_int_equal(fwrite(text, 1, n, f), n);
	fclose(f);
}

static void run_foreign_sql(const char *sql)
{
	sqlite3 *db;

	assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
	assert_int_equal(sqlite3_exec(db, sql, NULL, NULL, NULL), SQLITE_OK);
	sqlite3_close(db);
}

static void no_file(void)
{
}

static void no_folder(void)
{
	remove_folder();
}

static void garbage(void)
{
	char text[8192];

	memset(text, 'g', sizeof(text));
	write_file(text, sizeof(text));
}

static void broken_header(void)
{
	char text[8192] = "SQLite format 3";

	memset(text + 16, 0x7f, sizeof(text) - 16);
	write_file(text, sizeof(text));
}

static void other_program(void)
{
	run_foreign_sql("CREATE TABLE mine (x)");
}

static void other_application(void)
{
	run_foreign_sql("PRAGMA application_id = 77");
}

static void newer(void)
{
	store_close(open_store(false));
	run_foreign_sql("PRAGMA user_version = 3");
}

static void negative(void)
{
	store_close(open_store(false));
	run_foreign_sql("PRAGMA user_version = -1");
}

static void empty_file(void)
{
	write_file("", 0);
}

static void a_folder(void)
{
	assert_int_equal(mkdir(path, 0700), 0);
}

static const struct trouble {
	const char *name;
	void (*prepare)(void);
	bool read_only;
	const char *want; /* in the error; NULL: it opens */
} troubles[] = {
	{"a file that is not there is made", no_file, false, NULL},
	{"an empty file is taken", empty_file, false, NULL},
	{"a folder that is not there", no_folder, false, "inkan.db: No such file or directory"},
	{"no file, to be read only", no_file, true, "inkan.db: No such file or directory"},
	{"an empty file, to be read only", empty_file, true, "nothing was stored yet"},
	{"a folder in place of the file", a_folder, false, "inkan.db: "},
	{"not a database", garbage, false, "move it away"},
	{"not a database, to be read only", garbage, true, "move it away"},
	{"a broken database", broken_header, false, "inkan.db: "},
	{"tables of another program", other_program, false, "a database of another program"},
	{"another application's file", other_application, false, "a database of another program"},
	{"a file of a newer version", newer, false, "written by a newer inkan (version 3, this one knows 2)"},
	{"a file of a newer version, to be read only", newer, true, "written by a newer inkan"},
	{"a version below 0", negative, false, "its version is -1"},
};

static void run_trouble(const void *row)
{
	const struct trouble *r = row;
	struct io_error error = {""};
	struct store *s = NULL;

	make_folder();
	r->prepare();
	int result = store_open(path, r->read_only, &s, &error);

	if (r->want) {
		assert_int_equal(result, INKAN_EIO);
		assert_null(s);
		if (!strstr(error.text, r->want))
			fail_msg("%s", error.text);
	} else {
		assert_int_equal(result, INKAN_OK);
		store_close(s);
	}
	store_close(NULL);
	remove_folder();
}

/* A page in the middle is overwritten: what is said is an error, nothing crashes. */
static void run_broken_page(const void *row)
{
	struct io_error error = {""};
	struct store *s = NULL;
	struct found f = {0};
	char page[4096];

	(void)row;
	make_folder();
	s = open_store(false);
	for (int64_t i = 0; i < 200; i++)
		add(s, at_time(i));
	store_close(s);
	memset(page, 0x5a, sizeof(page));
	for (long at = 1; at < 30; at++) {
		FILE *file = fopen(path, "r+b");

		assert_non_null(file);
		fseek(file, at * (long)sizeof(page), SEEK_SET);
		fwrite(page, 1, sizeof(page), file);
		fclose(file);
	}
	int result = store_open(path, false, &s, &error);

	if (!result) {
		result = store_find(s, STR(""), 1000, note, &f, &error);
		store_close(s);
	}
	assert_int_equal(result, INKAN_EIO);
	assert_non_null(strstr(error.text, "malformed"));
	remove_folder();
}

/* In a folder that may only be read: writing says so, reading works. */
static void run_read_only_folder(const void *row)
{
	(void)row;
	make_folder();
	struct store *s = open_store(false);

	add(s, outcome_inbound());
	store_close(s);
	for (size_t i = 0; i < ENDS; i++) {
		char name[NAME_SIZE];

		snprintf(name, sizeof(name), "%s%s", path, ends[i]);
		chmod(name, 0444);
	}
	chmod(folder, 0555);
	pid_t child = fork();

	if (child == 0) {
		struct io_error error = {""};
		struct found f = {0};

		become_nobody();
		if (store_open(path, false, &s, &error) != INKAN_EIO || !strstr(error.text, "inkan.db: "))
			_exit(1);
		if (store_open(path, true, &s, &error))
			_exit(2);
		_exit(store_find(s, STR(""), 10, note, &f, &error) || f.count != 1 ? 3 : 0);
	}
	assert_int_equal(wait_for(child), 0);
	chmod(folder, 0755);
	remove_folder();
}

/* ---- a full disk ---- */

static int until_full(struct store *s, size_t *stored_out, struct io_error *error)
{
	struct outcome o = full();

	for (*stored_out = 0; *stored_out < 10000; *stored_out += 10) {
		int result = store_begin(s, error);

		for (size_t i = 0; !result && i < 10; i++)
			result = store_add(s, &o, error);
		if (!result)
			result = store_commit(s, error);
		if (result)
			return result;
	}
	return INKAN_OK;
}

static void run_full_child(void)
{
	struct io_error error = {""};
	struct rlimit limit;
	size_t stored = 0;
	struct store *s = open_store(false);

	signal(SIGXFSZ, SIG_IGN);
	getrlimit(RLIMIT_FSIZE, &limit);
	rlim_t before = limit.rlim_cur;

	limit.rlim_cur = 1 << 20;
	setrlimit(RLIMIT_FSIZE, &limit);
	if (until_full(s, &stored, &error) != INKAN_EIO || !strstr(error.text, "inkan.db: ") || stored == 0)
		_exit(1);
	store_rollback(s);
	if (count_found(s, "", 100000) != stored)
		_exit(2);
	limit.rlim_cur = before;
	setrlimit(RLIMIT_FSIZE, &limit);
	add(s, outcome_inbound());
	_exit(count_found(s, "", 100000) == stored + 1 ? 0 : 3);
}

static void run_full(const void *row)
{
	(void)row;
	make_folder();
	pid_t child = fork();

	if (child == 0)
		run_full_child();
	assert_int_equal(wait_for(child), 0);
	remove_folder();
}

static void run_allocations(const void *row)
{
	struct io_error error = {""};
	struct outcome o = outcome_inbound();

	(void)row;
	make_folder();
	store_close(open_store(false));
	for (size_t n = 1;; n++) {
		struct store *s = NULL;
		struct found f = {0};
		struct store_signatures seen;

		alloc_fail_at(n);
		int result = store_open(path, false, &s, &error);

		if (!result)
			result = store_begin(s, &error);
		if (!result)
			result = store_add(s, &o, &error);
		if (!result)
			result = store_find(s, STR(""), 10, note, &f, &error);
		if (!result)
			result = store_signatures(s, STR("example.net"), STR("s1"), NOW, &seen, &error);
		bool reached = alloc_count() >= n;

		alloc_fail_at(0);
		store_close(s);
		if (!reached)
			break;
		assert_int_equal(result, INKAN_ENOMEM);
	}
	remove_folder();
}

/* ---- when keys were last at work ---- */

static struct store_signatures signatures(struct store *s, const char *domain, const char *selector)
{
	struct store_signatures found = {0, 0};
	struct io_error error = {""};

	if (store_signatures(s, str_c(domain), str_c(selector), NOW, &found, &error))
		fail_msg("%s", error.text);
	return found;
}

static struct outcome made_at(int64_t time, bool shadow)
{
	struct outcome o = outcome_outbound();

	o.time = time;
	o.shadow = shadow;
	return o;
}

static void assert_signatures(struct store *s, const char *domain, const char *selector, int64_t made, int64_t valid)
{
	struct store_signatures found = signatures(s, domain, selector);

	if (found.made != made || found.valid != valid)
		fail_msg("%s %s: made %lld, valid %lld", domain, selector, (long long)found.made,
		         (long long)found.valid);
}

// clang-format off
static const struct sight {
	const char *name;
	struct {
		bool made, shadow;
		int64_t time;
	} messages[3];
	const char *domain, *selector;
	int64_t want_made, want_valid;
} sights[] = {
	{"a key that nothing is known of", {{true, false, 5}}, "example.com", "s9", STORE_NEVER, STORE_NEVER},
	{"a signature that was made", {{true, false, 5}}, "example.org", "r1", 5, STORE_NEVER},
	{"the second signature of a message", {{true, false, 5}}, "example.org", "e1", 5, STORE_NEVER},
	{"made in shadow: the message went out without it", {{true, true, 5}}, "example.org", "r1", STORE_NEVER, STORE_NEVER},
	{"a valid signature that came in", {{false, false, 6}}, "example.net", "s1", STORE_NEVER, 6},
	{"a valid signature that came in, in shadow", {{false, true, 6}}, "example.net", "s1", STORE_NEVER, 6},
	{"a signature that is not valid", {{false, false, 6}}, "example.com", "s2", STORE_NEVER, STORE_NEVER},
	{"capitals", {{true, false, 5}}, "Example.ORG", "R1", 5, STORE_NEVER},
	{"the newest", {{true, false, 5}, {true, false, 7}, {true, false, 1000}}, "example.org", "r1", 1000, STORE_NEVER},
	{"the last one stored, where a clock was ahead", {{true, false, 900}, {true, false, 7}}, "example.org", "r1", 7, STORE_NEVER},
	{"later than now", {{true, false, 5}, {true, false, 1001}}, "example.org", "r1", STORE_NEVER, STORE_NEVER},
	{"another selector of the domain", {{true, false, 5}}, "example.org", "r", STORE_NEVER, STORE_NEVER},
	{"hostile names", {{true, false, 5}}, "'; DROP TABLE signature; --", "%", STORE_NEVER, STORE_NEVER},
};
// clang-format on

static void run_sight(const void *row)
{
	const struct sight *k = row;

	make_folder();
	struct store *s = open_store(false);

	for (size_t i = 0; i < 3 && k->messages[i].time; i++) {
		struct outcome o = k->messages[i].made ? made_at(k->messages[i].time, k->messages[i].shadow)
		                                       : at_time(k->messages[i].time);

		o.shadow = k->messages[i].shadow;
		add(s, o);
	}
	assert_signatures(s, k->domain, k->selector, k->want_made, k->want_valid);
	store_close(s);
	s = open_store(true);
	assert_signatures(s, k->domain, k->selector, k->want_made, k->want_valid);
	store_close(s);
	remove_folder();
}

/* They go as messages do, within the same number of rows. */
static void run_expire_signatures(const void *row)
{
	struct io_error error = {""};
	size_t removed = 99;

	(void)row;
	make_folder();
	struct store *s = open_store(false);

	add(s, made_at(5, false)); /* two keys */
	add(s, at_time(6));
	assert_int_equal(store_expire(s, 6, 2, &removed, &error), INKAN_OK);
	assert_int_equal(removed, 2);
	assert_signatures(s, "example.org", "e1", STORE_NEVER, STORE_NEVER);
	assert_signatures(s, "example.org", "r1", 5, STORE_NEVER);
	assert_int_equal(store_expire(s, 6, 2, &removed, &error), INKAN_OK);
	assert_int_equal(removed, 1);
	assert_signatures(s, "example.org", "r1", STORE_NEVER, STORE_NEVER);
	assert_signatures(s, "example.net", "s1", STORE_NEVER, 6);
	store_close(s);
	remove_folder();
}

static struct store *open_store_of_first_version(void)
{
	make_folder();
	struct store *s = open_store(false);

	add(s, made_at(5, false));
	add(s, made_at(7, false));
	add(s, made_at(9, true));
	add(s, at_time(8));
	store_close(s);
	run_foreign_sql("DROP TABLE signature; PRAGMA user_version = 1");
	return open_store(false);
}

/* A file as version 1 left it: what was in it is known afterwards. */
static void run_first_version(const void *row)
{
	struct io_error error = {""};
	struct store *s = open_store_of_first_version();

	(void)row;
	assert_signatures(s, "example.org", "r1", 7, STORE_NEVER);
	assert_signatures(s, "example.org", "e1", 7, STORE_NEVER);
	assert_signatures(s, "example.net", "s1", STORE_NEVER, 8);
	assert_signatures(s, "example.com", "s2", STORE_NEVER, STORE_NEVER);
	assert_int_equal(count_found(s, "", 10), 4);
	add(s, at_time(9));
	assert_signatures(s, "example.net", "s1", STORE_NEVER, 9);
	store_close(s);
	run_foreign_sql("DROP TABLE signature; PRAGMA user_version = 1");
	assert_int_equal(store_open(path, true, &s, &error), INKAN_EIO);
	assert_non_null(strstr(error.text, "by an older inkan"));
	remove_folder();
}

static bool signatures_use_the_index(sqlite3 *db)
{
	sqlite3_stmt *plan;
	bool found = false;

	assert_int_equal(sqlite3_prepare_v2(db,
	                                    "EXPLAIN QUERY PLAN SELECT ours, time FROM signature "
	                                    "WHERE domain = ? AND selector = ? AND time <= ?",
	                                    -1, &plan, NULL),
	                 SQLITE_OK);
	while (sqlite3_step(plan) == SQLITE_ROW)
		found |= strstr((const char *)sqlite3_column_text(plan, 3), "PRIMARY KEY (domain=? AND selector=?)") !=
		         NULL;
	sqlite3_finalize(plan);
	return found;
}

static void run_signature_plan(const void *row)
{
	sqlite3 *db;

	(void)row;
	make_folder();
	store_close(open_store(false));
	assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
	assert_true(signatures_use_the_index(db));
	sqlite3_close(db);
	remove_folder();
}

/* ---- what reports need ---- */

static const char report[] =
	"SELECT client_ip, disposition, override, dkim_aligned, spf_aligned, from_domain, envelope_from, envelope_to, "
	"spf_domain, spf_scope, spf_result, dmarc_record, dkim, count(*) FROM outcome "
	"WHERE dmarc_domain = 'example.com' AND time >= 0 AND time < 5000 "
	"GROUP BY 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13 ORDER BY count(*) DESC";

static bool uses_index(sqlite3 *db)
{
	sqlite3_stmt *plan;
	char sql[1000];
	bool found = false;

	snprintf(sql, sizeof(sql), "EXPLAIN QUERY PLAN %s", report);
	assert_int_equal(sqlite3_prepare_v2(db, sql, -1, &plan, NULL), SQLITE_OK);
	while (sqlite3_step(plan) == SQLITE_ROW)
		found |= strstr((const char *)sqlite3_column_text(plan, 3), "outcome_by_policy_domain (dmarc_domain=? "
		                                                            "AND time>? AND time<?)") != NULL;
	sqlite3_finalize(plan);
	return found;
}

static void assert_column(sqlite3_stmt *row, int column, const char *want)
{
	assert_string_equal((const char *)sqlite3_column_text(row, column), want);
}

static void run_report(const void *row)
{
	struct outcome other = at_time(1000);
	sqlite3_stmt *rows;
	sqlite3 *db;

	(void)row;
	make_folder();
	struct store *s = open_store(false);

	for (int64_t i = 0; i < 5; i++)
		add(s, at_time(i));
	other.client_ip = STR("2001:db8::1");
	add(s, other);
	add(s, at_time(5000));
	add(s, outcome_outbound());
	store_close(s);
	assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
	assert_true(uses_index(db));
	assert_int_equal(sqlite3_prepare_v2(db, report, -1, &rows, NULL), SQLITE_OK);
	assert_int_equal(sqlite3_step(rows), SQLITE_ROW);
	assert_column(rows, 0, "192.0.2.7");
	assert_column(rows, 2, "local_policy");
	assert_column(rows, 5, "example.com");
	assert_column(rows, 6, "bounces.example.net");
	assert_column(rows, 7, "example.org");
	assert_column(rows, 8, "bounces.example.net");
	assert_column(rows, 9, "mfrom");
	assert_column(rows, 10, "pass");
	assert_column(rows, 12,
	              "[{\"domain\":\"example.net\",\"selector\":\"s1\",\"result\":\"pass\",\"cause\":\"ok\","
	              "\"aligned\":false},{\"domain\":\"example.com\",\"selector\":\"s2\",\"result\":\"fail\","
	              "\"cause\":\"body_hash_mismatch\",\"aligned\":true}]");
	assert_column(rows, 13, "5");
	assert_int_equal(sqlite3_step(rows), SQLITE_ROW);
	assert_column(rows, 0, "2001:db8::1");
	assert_int_equal(sqlite3_step(rows), SQLITE_DONE);
	sqlite3_finalize(rows);
	sqlite3_close(db);
	remove_folder();
}

int main(void)
{
	struct test_list list = {0};

	TEST_TABLE(&list, backs, run_back);
	TEST_TABLE(&list, searches, run_search);
	test_add(&list, "newest first, until the caller has enough", run_order, NULL);
	test_add(&list, "a batch that is given up leaves nothing", run_rollback, NULL);
	test_add(&list, "what is old goes in steps", run_expire, NULL);
	test_add(&list, "kill -9 in a batch loses that batch only", run_crash, NULL);
	test_add(&list, "a reader sees whole batches and waits for nobody", run_readers, NULL);
	test_add(&list, "a second writer is told, and can go on later", run_second_writer, NULL);
	TEST_TABLE(&list, modes, run_mode);
	TEST_TABLE(&list, troubles, run_trouble);
	test_add(&list, "pages overwritten with garbage are reported", run_broken_page, NULL);
	test_add(&list, "a folder that may only be read", run_read_only_folder, NULL);
	test_add(&list, "a full disk loses nothing that was committed", run_full, NULL);
	test_add(&list, "no memory", run_allocations, NULL);
	TEST_TABLE(&list, sights, run_sight);
	test_add(&list, "when keys were last at work is forgotten with the messages", run_expire_signatures, NULL);
	test_add(&list, "a file of the first version: keys of its messages are known", run_first_version, NULL);
	test_add(&list, "a key is one look into an index", run_signature_plan, NULL);
	test_add(&list, "M15 the results of a day are one search by policy domain", run_report, NULL);
	return test_run(&list, "store/store");
}

#include "dns/snapshot.h"

#include <jansson.h>
#include <stdlib.h>

#include "support/alloc.h"
#include "support/case.h"
#include "support/data.h"

/* ---- what a snapshot answers ---- */

static const char world[] =
	"{\"S1._domainkey.Example.com.\": {\"TXT\": [\"v=DKIM1; p=MIIB\", [\"first \", \"second\"]]},\n"
	" \"example.com\": {\"A\": [\"192.0.2.1\", \"192.0.2.2\"], \"AAAA\": [], \"MX\": [[10, \"MX.example.com.\"], "
	"[0, \".\"]],\n"
	"   \"TXT\": [[]], \"SPF\": [\"v=spf1 -all\"], \"NS\": [\"ns.example\"], \"CAA\": [1, 2]},\n"
	" \"six.example\": {\"AAAA\": [\"2001:DB8::192.0.2.1\"]},\n"
	" \"alias.example.com\": {\"CNAME\": [\"Example.Com.\"]},\n"
	" \"dangling.example\": {\"CNAME\": [\"nowhere.example\"]},\n"
	" \"to-slow.example\": {\"CNAME\": [\"slow.example\"]},\n"
	" \"loop.example\": {\"CNAME\": [\"pool.example\"]}, \"pool.example\": {\"CNAME\": [\"loop.example\"]},\n"
	" \"own.example\": {\"CNAME\": [\"own.example\"]},\n"
	" \"root-alias.example\": {\"CNAME\": [\"\"]},\n"
	" \"odd-alias.example\": {\"CNAME\": [\"a..b\"]},\n"
	" \"c1.example\": {\"CNAME\": [\"c2.example\"]}, \"c2.example\": {\"CNAME\": [\"c3.example\"]},\n"
	" \"c3.example\": {\"CNAME\": [\"c4.example\"]}, \"c4.example\": {\"CNAME\": [\"c5.example\"]},\n"
	" \"c5.example\": {\"CNAME\": [\"c6.example\"]}, \"c6.example\": {\"CNAME\": [\"c7.example\"]},\n"
	" \"c7.example\": {\"CNAME\": [\"c8.example\"]}, \"c8.example\": {\"CNAME\": [\"c9.example\"]},\n"
	" \"c9.example\": {\"CNAME\": [\"six.example\"]},\n"
	" \"4.3.2.1.in-addr.arpa\": {\"PTR\": [\"Mail.Example.com\"]},\n"
	" \"slow.example\": {\"TXT\": [\"x\"], \"_error\": {\"A\": \"TIMEOUT\", \"TXT\": \"SERVFAIL\", \"*\": "
	"\"SERVFAIL\"}},\n"
	" \"error.example\": {\"_error\": {\"A\": \"NXDOMAIN\", \"MX\": \"BOGUS\", \"TXT\": \"CNAMELOOP\"}, \"CNAME\": "
	"[\"six.example\"]},\n"
	" \"empty.example\": {},\n"
	" \"octets.example\": {\"TXT\": [\"\\u0000\\u0080\\u00e9\\u00ff\", \"caf\xc3\xa9\", \"\xe5\x8d\xb0\xe9\x91\x91 "
	"\xc3\xa9\"]}}";

static const struct lookup {
	const char *name;
	enum dns_type type;
	const char *owner;
	enum dns_status status;
	size_t count;
	const char *text; /* of the first record, with `size` octets or terminated */
	size_t size;
} lookups[] = {
	{"TXT, names without case and final dot", DNS_TXT, "s1._DOMAINKEY.example.COM", DNS_ANSWER, 2,
         "v=DKIM1; p=MIIB", 0},
	{"A", DNS_A, "example.com", DNS_ANSWER, 2, NULL, 0},
	{"AAAA with IPv4 inside", DNS_AAAA, "six.example.", DNS_ANSWER, 1, NULL, 0},
	{"MX", DNS_MX, "example.com", DNS_ANSWER, 2, "mx.example.com", 0},
	{"NS", DNS_NS, "example.com", DNS_ANSWER, 1, "ns.example", 0},
	{"SPF", DNS_SPF, "example.com", DNS_ANSWER, 1, "v=spf1 -all", 0},
	{"PTR", DNS_PTR, "4.3.2.1.in-addr.arpa", DNS_ANSWER, 1, "mail.example.com", 0},
	{"TXT of no string", DNS_TXT, "example.com", DNS_ANSWER, 1, "", 0},
	{"V10 empty list: NODATA", DNS_AAAA, "example.com", DNS_NODATA, 0, NULL, 0},
	{"V10 absent type: NODATA", DNS_PTR, "example.com", DNS_NODATA, 0, NULL, 0},
	{"V10 absent name: NXDOMAIN", DNS_A, "absent.example.com", DNS_NXDOMAIN, 0, NULL, 0},
	{"V10 name without anything: NODATA", DNS_A, "empty.example", DNS_NODATA, 0, NULL, 0},
	{"no DNS name: NXDOMAIN", DNS_A, "a..b", DNS_NXDOMAIN, 0, NULL, 0},
	{"V10 CNAME is followed", DNS_SPF, "alias.example.com", DNS_ANSWER, 1, "v=spf1 -all", 0},
	{"CNAME itself", DNS_CNAME, "alias.example.com", DNS_ANSWER, 1, "example.com", 0},
	{"CNAME to a name without the type", DNS_PTR, "alias.example.com", DNS_NODATA, 0, NULL, 0},
	{"V10 dangling CNAME: NXDOMAIN", DNS_TXT, "dangling.example", DNS_NXDOMAIN, 0, NULL, 0},
	{"CNAME to a name in error", DNS_A, "to-slow.example", DNS_TIMEOUT, 0, NULL, 0},
	{"CNAME loop of two", DNS_TXT, "loop.example", DNS_LOOP, 0, NULL, 0},
	{"CNAME loop of one", DNS_TXT, "own.example", DNS_LOOP, 0, NULL, 0},
	{"CNAME to the root", DNS_TXT, "root-alias.example", DNS_NXDOMAIN, 0, NULL, 0},
	{"CNAME to no DNS name", DNS_TXT, "odd-alias.example", DNS_NXDOMAIN, 0, NULL, 0},
	{"V10 eight CNAMEs", DNS_AAAA, "c2.example", DNS_ANSWER, 1, NULL, 0},
	{"V10 nine CNAMEs", DNS_AAAA, "c1.example", DNS_LOOP, 0, NULL, 0},
	{"V10 error of the type", DNS_A, "slow.example", DNS_TIMEOUT, 0, NULL, 0},
	{"records come before an error", DNS_TXT, "slow.example", DNS_ANSWER, 1, "x", 0},
	{"error of any type", DNS_MX, "slow.example", DNS_SERVFAIL, 0, NULL, 0},
	{"NXDOMAIN as error", DNS_A, "error.example", DNS_NXDOMAIN, 0, NULL, 0},
	{"BOGUS as error", DNS_MX, "error.example", DNS_BOGUS, 0, NULL, 0},
	{"CNAMELOOP as error", DNS_TXT, "error.example", DNS_LOOP, 0, NULL, 0},
	{"CNAME beside errors of other types", DNS_AAAA, "error.example", DNS_ANSWER, 1, NULL, 0},
	{"octets", DNS_TXT, "octets.example", DNS_ANSWER, 3, "\0\x80\xe9\xff", 4},
};

static struct evidence *load(struct str json)
{
	struct evidence *e = NULL;
	struct snapshot_error error;
	int code = snapshot_load(json, &e, &error);

	if (code)
		fail_msg("%s: %zu:%zu: %s", inkan_strerror(code), error.line, error.column, error.text);
	return e;
}

static void run_lookup(const void *row)
{
	const struct lookup *r = row;
	struct evidence *e = load(str_c(world));
	const struct dns_answer *found = evidence_find(e, r->type, str_c(r->owner));
	const struct dns_answer *a = evidence_ask(e, r->type, str_c(r->owner));

	assert_non_null(a);
	assert_ptr_equal(a, found);
	assert_int_equal(a->status, r->status);
	assert_int_equal(a->count, r->count);
	if (r->text) {
		struct str text = a->records[0].text.p ? a->records[0].text : a->records[0].name;

		assert_true(str_eq(text, str_from(r->text, r->size ? r->size : strlen(r->text))));
	}
	assert_int_equal(evidence_asked(e), 0);
	evidence_free(e);
}

static void run_details(const void *row)
{
	struct evidence *e = load(str_c(world));
	const struct dns_answer *a;

	(void)row;
	a = evidence_ask(e, DNS_TXT, STR("s1._domainkey.example.com"));
	assert_true(str_eq(a->records[1].text, STR("first second"))); /* V12 */
	assert_int_equal(a->records[1].string_count, 2);
	assert_true(str_eq(a->records[1].strings[1], STR("second")));
	assert_false(a->has_ttl || a->secure);
	a = evidence_ask(e, DNS_A, STR("example.com"));
	assert_memory_equal(a->records[1].address, "\xc0\0\2\2", 4);
	a = evidence_ask(e, DNS_AAAA, STR("six.example"));
	assert_memory_equal(a->records[0].address, "\x20\x01\x0d\xb8\0\0\0\0\0\0\0\0\xc0\0\2\1", 16);
	a = evidence_ask(e, DNS_MX, STR("example.com"));
	assert_int_equal(a->records[0].preference, 10);
	assert_true(str_eq(a->records[1].name, STR(".")));
	a = evidence_ask(e, DNS_TXT, STR("octets.example"));
	assert_true(str_eq(a->records[1].text, STR("caf\xe9")));
	assert_true(str_eq(a->records[2].text, STR("\xe5\x8d\xb0\xe9\x91\x91 \xc3\xa9")));
	assert_true(snapshot_saved_at(e) == UNIX_TIME_NONE);
	evidence_free(e);
}

/* ---- save, and back ---- */

static const struct round_trip {
	const char *name;
	const char *in;
	const char *want; /* NULL: the same */
} round_trips[] = {
	{"nothing", "{\n}\n", NULL},
	{"time", "{\n\"_meta\": {\"time\":\"2026-11-21T18:30:00Z\"}\n}\n", NULL},
	{"names are sorted, in normal form", "{\"b.example.\": {}, \"A.Example\": {}}",
         "{\n\"a.example\": {},\n\"b.example\": {}\n}\n"},
	{"every type",
         "{\n\"x.example\": "
         "{\"A\":[\"192.0.2.1\"],\"NS\":[\"ns.example\"],\"CNAME\":[\"y.example\"],\"SOA\":[\"ns.example\"],"
         "\"PTR\":[\"p.example\"],\"MX\":[[10,\"mx.example\"],[65535,\".\"]],\"TXT\":[\"a\",[\"b\",\"c\"],[]],"
         "\"AAAA\":[\"2001:db8::1\"],\"SPF\":[\"\"]}\n}\n",
         NULL},
	{"NODATA", "{\n\"x.example\": {\"TXT\":[]}\n}\n", NULL},
	{"errors",
         "{\n\"x.example\": "
         "{\"_error\":{\"A\":\"TIMEOUT\",\"MX\":\"BOGUS\",\"TXT\":\"CNAMELOOP\",\"AAAA\":\"SERVFAIL\",\"*\":"
         "\"TIMEOUT\"}}\n}\n",
         NULL},
	{"NXDOMAIN of one type", "{\n\"x.example\": {\"_error\":{\"TXT\":\"NXDOMAIN\"}}\n}\n", NULL},
	{"TTL, DNSSEC and reason",
         "{\n\"x.example\": {\"A\":[\"192.0.2.1\"],\"TXT\":[],\"_error\":{\"MX\":\"BOGUS\"},"
         "\"_meta\":{\"A\":{\"ttl\":4294967295,\"secure\":true},\"MX\":{\"why\":\"no keys have a "
         "DS\"},\"TXT\":{\"ttl\":0}}}\n}\n",
         NULL},
	{"octets", "{\n\"x.example\": {\"TXT\":[\"\\u0000\\u0007\xc2\x80\xc3\xbf\"]}\n}\n", NULL},
	{"UTF-8 of Japanese", "{\n\"x.example\": {\"TXT\":[\"n=\xe5\x8d\xb0\xe9\x91\x91\"]}\n}\n", NULL},
	{"UTF-8 in names",
         "{\n\"b\xc3\xbc"
         "cher.\xe5\x8d\xb0\": {\"MX\":[[1,\"\xe9\x91\x91.example\"]]}\n}\n",
         NULL},
	{"octets in names", "{\n\"x\\\\128\\\\255.example\": {\"PTR\":[\"\\\\233\\\\.\\\\\\\\200\\\\999\"]}\n}\n",
         NULL},
	{"a name like the member for the time", "{\"_Meta\": {}}", "{\n\"_meta.\": {}\n}\n"},
	{"byte order mark", "\xef\xbb\xbf{}", "{\n}\n"},
};

static struct str save(const struct evidence *e, unix_time at, struct buf *out)
{
	buf_init(out, 1 << 20);
	assert_int_equal(snapshot_save(e, at, out), INKAN_OK);
	return buf_str(out);
}

static void run_round_trip(const void *row)
{
	const struct round_trip *r = row;
	struct evidence *e = load(str_c(r->in));
	struct buf first, second;

	save(e, snapshot_saved_at(e), &first);
	evidence_free(e);
	assert_true(str_eq(buf_str(&first), str_c(r->want ? r->want : r->in)));
	e = load(buf_str(&first));
	save(e, snapshot_saved_at(e), &second);
	evidence_free(e);
	assert_true(str_eq(buf_str(&first), buf_str(&second)));
	buf_release(&first);
	buf_release(&second);
}

/* ---- what is refused ---- */

static const struct refusal {
	const char *name;
	const char *in;
	size_t line, column;
	const char *text; /* part of the message */
} refusals[] = {
	{"empty", "", 1, 0, "'[' or '{' expected"},
	{"not closed", "{\n  \"x.example\": {\"TXT\": [\"a\"]}\n", 3, 0, "'}' expected"},
	{"comma missing", "{\n  \"x.example\": {}\n  \"y.example\": {}}", 3, 13, "'}' expected"},
	{"wrong escape", "{\"x.example\": {\"TXT\": [\"\\q\"]}}", 1, 26, "invalid escape"},
	{"text behind the end", "{} x", 1, 4, "end of file expected"},
	{"a list", "[]", 1, 1, "must be an object of names"},
	{"name twice", "{\"x.example\": {},\n \"x.example\": {}}", 2, 12, "duplicate object key"},
	{"name twice but for case and dot", "{\"x.example\": {},\n \"X.example.\": {}}", 2, 2,
         "x.example: the name is there twice"},
	{"type twice but for case", "{\"x.example\": {\"TXT\": [], \"txt\": []}}", 1, 27,
         "x.example txt: the type is there twice"},
	{"no DNS name", "{\n\n  \"a..b\": {}}", 3, 3, "not a DNS name: a..b"},
	{"name of text", "{\"x.example\": \"v=spf1\"}", 1, 2, "x.example: must be an object"},
	{"records without a list", "{\"x.example\": {\"A\": [],\n\t\"TXT\": \"v=spf1\"}}", 2, 2,
         "x.example TXT: the records must be a list"},
	{"address", "{\"x.example\": {\"A\": [\"192.0.2.1\" ,\n  \"192.0.2.300\"]}}", 2, 3,
         "x.example A: not an IPv4 address"},
	{"IPv6 address", "{\"a.example\": {\"MX\": [[1, \"}]\\\"{\"]]},\"x.example\": {\"AAAA\": [\"192.0.2.3\"]}}", 1,
         61, "not an IPv6 address"},
	{"address that is a number", "{\"x.example\": {\"A\": [1]}}", 1, 22, "not an IPv4 address"},
	{"MX without preference", "{\"x.example\": {\"MX\": [\"mx.example\"]}}", 1, 23, "[preference, \"name\"]"},
	{"MX with too high a preference", "{\"x.example\": {\"MX\": [[65536, \"mx.example\"]]}}", 1, 23,
         "from 0 to 65535"},
	{"MX with a preference below 0", "{\"x.example\": {\"MX\": [[-1, \"mx.example\"]]}}", 1, 23, "from 0 to 65535"},
	{"TXT of a number", "{\"x.example\": {\"TXT\": [\"\xe5\x8d\xb0\", 7]}}", 1, 29, "a text or a list of texts"},
	{"TXT with a number inside", "{\"x.example\": {\"TXT\": [[\"a\", null]]}}", 1, 24, "a text or a list of texts"},
	{"PTR of a list", "{\"x.example\": {\"PTR\": [[\"a\"]]}}", 1, 24, "a name in quotes"},
	{"unknown error", "{\"x.example\": {\"_error\": {\"*\": \"SERVFAIL\", \"A\": \"OFTEN\"}}}", 1, 44,
         "x.example _error: must be NXDOMAIN"},
	{"errors in a list", "{\"x.example\": {\"_error\": []}}", 1, 16, "x.example _error: must be an object"},
	{"TTL of text", "{\"x.example\": {\"TXT\": [], \"_meta\": {\"TXT\": {\"ttl\": \"1\"}}}}", 1, 16,
         "ttl must be a number"},
	{"TTL too large", "{\"x.example\": {\"TXT\": [], \"_meta\": {\"TXT\": {\"ttl\": 4294967296}}}}", 1, 16,
         "ttl must be a number"},
	{"secure as text", "{\"x.example\": {\"TXT\": [], \"_meta\": {\"TXT\": {\"secure\": \"yes\"}}}}", 1, 16,
         "true or false"},
	{"time that is none", "{\"_meta\": {\"time\": \"yesterday\"}}", 1, 2, "must be a time"},
};

static void run_refusal(const void *row)
{
	const struct refusal *r = row;
	struct evidence *e = NULL;
	struct snapshot_error error;

	assert_int_equal(snapshot_load(str_c(r->in), &e, &error), INKAN_ESYNTAX);
	assert_null(e);
	if (str_search(str_c(error.text), str_c(r->text)) == strlen(error.text))
		fail_msg("text: %s", error.text);
	assert_int_equal(error.line, r->line);
	assert_int_equal(error.column, r->column);
}

static void run_deep(const void *row)
{
	static char deep[100000];
	struct evidence *e = NULL;
	struct snapshot_error error;

	(void)row;
	memset(deep, '[', sizeof(deep));
	assert_int_equal(snapshot_load(str_from(deep, sizeof(deep)), &e, &error), INKAN_ESYNTAX);
	assert_non_null(strstr(error.text, "depth"));
}

/* `values` commas and brackets in one TXT list. */
static int load_values(size_t values)
{
	struct buf json;
	struct evidence *e = NULL;
	struct snapshot_error error;

	buf_init(&json, SNAPSHOT_SIZE_MAX);
	buf_put_c(&json, "{\"a.example\":{\"TXT\":[\"\"");
	for (size_t n = 3; n < values; n++)
		buf_put_c(&json, ",\"\"");
	buf_put_c(&json, "]}}");
	assert_int_equal(buf_error(&json), INKAN_OK);
	int result = snapshot_load(buf_str(&json), &e, &error);

	evidence_free(e);
	buf_release(&json);
	return result;
}

static void run_values(const void *row)
{
	(void)row;
	assert_int_equal(load_values(SNAPSHOT_VALUES_MAX), INKAN_OK);
	assert_int_equal(load_values(SNAPSHOT_VALUES_MAX + 1), INKAN_ELIMIT);
}

static void run_long_name(const void *row)
{
	char json[2000] = "{\"";
	struct evidence *e = NULL;
	struct snapshot_error error;

	(void)row;
	memset(json + 2, 'a', 1500);
	memcpy(json + 1502, "\": 1}", 6);
	assert_int_equal(snapshot_load(str_c(json), &e, &error), INKAN_ESYNTAX);
	assert_true(strlen(error.text) < sizeof(error.text));
}

/* ---- the public suites ---- */

static void run_fixture(const void *row)
{
	const char *path = test_conformance_path(row);
	struct buf first, second;

	if (!path)
		test_skip("the conformance suites are not here");
	struct str json = test_read_file(path);
	struct evidence *e = load(json);

	save(e, 0, &first);
	evidence_free(e);
	e = load(buf_str(&first));
	save(e, 0, &second);
	evidence_free(e);
	assert_true(str_eq(buf_str(&first), buf_str(&second)));
	assert_true(first.n > 100);
	buf_release(&first);
	buf_release(&second);
	free((char *)(uintptr_t)json.p);
}

/* Every "dns" object of a file of cases; the suites of RFC 7208 and 4408 hold the oddest names and octets. */
static void run_inline_fixtures(const void *row)
{
	const char *path = test_conformance_path(row);
	size_t count = 0;

	if (!path)
		test_skip("the conformance suites are not here");
	json_t *top = json_load_file(path, JSON_ALLOW_NUL, NULL);
	json_t *scenarios = json_object_get(top, "scenarios");

	for (size_t i = 0; i < json_array_size(scenarios); i++) {
		char *text = json_dumps(json_object_get(json_array_get(scenarios, i), "dns"), 0);
		struct buf first, second;

		assert_non_null(text);
		struct evidence *e = load(str_c(text));

		save(e, 0, &first);
		evidence_free(e);
		e = load(buf_str(&first));
		save(e, 0, &second);
		evidence_free(e);
		assert_true(str_eq(buf_str(&first), buf_str(&second)));
		buf_release(&first);
		buf_release(&second);
		free(text);
		count++;
	}
	assert_true(count > 3);
	json_decref(top);
}

/* ---- memory ---- */

static void run_load_without_memory(const void *row)
{
	(void)row;
	for (size_t n = 1;; n++) {
		struct evidence *e = NULL;
		struct snapshot_error error;

		alloc_fail_at(n);
		int code = snapshot_load(str_c(world), &e, &error);
		bool reached = alloc_count() >= n;

		alloc_fail_at(0);
		if (!reached) {
			assert_int_equal(code, INKAN_OK);
			evidence_free(e);
			break;
		}
		assert_int_equal(code, INKAN_ENOMEM);
		assert_null(e);
	}
}

static void run_save_without_memory(const void *row)
{
	struct evidence *e = load(str_c(world));
	bool reached = true;

	(void)row;
	for (size_t n = 1; reached; n++) {
		struct buf out;

		buf_init(&out, 1 << 20);
		alloc_fail_at(n);
		int code = snapshot_save(e, 0, &out);

		reached = alloc_count() >= n;
		alloc_fail_at(0);
		assert_int_equal(code, reached ? INKAN_ENOMEM : INKAN_OK);
		buf_release(&out);
	}
	evidence_free(e);
}

int main(void)
{
	struct test_list list = {0};

	TEST_TABLE(&list, lookups, run_lookup);
	test_add(&list, "details of records", run_details, NULL);
	TEST_TABLE(&list, round_trips, run_round_trip);
	TEST_TABLE(&list, refusals, run_refusal);
	test_add(&list, "nesting without end", run_deep, NULL);
	test_add(&list, "a million values, and one more", run_values, NULL);
	test_add(&list, "name of 1500 octets in the message", run_long_name, NULL);
	static const char *const fixtures[] = {
		"dkim/rfc/dns.json",         "dkim/mail-dkim/dns.json",        "dkim/dkimpy/dns.json",
		"dmarc/mail-dmarc/dns.json", "dkim2/turscar/dns-uniform.json", "dkim2/turscar/chaos/dns-uniform.json"};
	static const char *const inline_fixtures[] = {"spf/openspf/rfc7208-tests.json",
	                                              "spf/openspf/rfc4408-tests.json", "spf/pyspf/test.json",
	                                              "arc/valimail/arc-draft-validation-tests.json"};

	for (size_t i = 0; i < sizeof(fixtures) / sizeof(*fixtures); i++)
		test_add(&list, fixtures[i], run_fixture, fixtures[i]);
	for (size_t i = 0; i < sizeof(inline_fixtures) / sizeof(*inline_fixtures); i++)
		test_add(&list, inline_fixtures[i], run_inline_fixtures, inline_fixtures[i]);
	test_add(&list, "load: every allocation fails once", run_load_without_memory, NULL);
	test_add(&list, "save: every allocation fails once", run_save_without_memory, NULL);
	return test_run(&list, "dns/snapshot");
}

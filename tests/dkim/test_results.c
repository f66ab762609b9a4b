/* What the verifier says of a message's signatures: several of them, their flags, their names for header.b, answers from
 * a snapshot, and text that may be shown. */
#include <stdio.h>

#include "core/utf8.h"
#include "dkim/mail.h"
#include "support/case.h"

/* ---- several signatures ---- */

static const struct zone_row *usual_zone(void)
{
	static struct zone_row zone[3];

	zone[0] = (struct zone_row){KEY_NAME, forge_record(FORGE_RSA2048), 0};
	zone[1] = (struct zone_row){"e1._domainkey.example.com", forge_record(FORGE_ED25519), 0};
	zone[2] = (struct zone_row){"s2._domainkey.example.com", forge_record(FORGE_RSA2048_OTHER), 0};
	return zone;
}

static void judge_text(struct judged *j, struct str message)
{
	struct inkan_message_options options;

	inkan_message_options_init(&options);
	options.now = NOW;
	judge(j, &options, message, usual_zone(), 3);
}

static const struct many {
	const char *name;
	size_t signatures, max, judged, listed;
} manies[] = {
	{"V1 ten signatures are judged", 10, 0, 10, 10},
	{"V1 the eleventh is policy", 11, 0, 10, 11},
	{"V1 two where the option says so", 3, 2, 2, 3},
	{"V1 a hundred where the option says so", 101, 100, 100, 101},
	{"V1 a thousand signatures are listed", 1000, 0, 10, 1000},
	{"V1 no more than a thousand are listed", 1001, 0, 10, 1000},
};

static void run_many(const void *row)
{
	const struct many *r = row;
	struct inkan_message_options options;
	struct buf once, message;
	struct judged j;

	buf_init(&once, 100000);
	buf_init(&message, 4 * 1024 * 1024);
	forge(&once, USUAL, FORGE_RSA2048, STR(MAIL));
	for (size_t i = 0; i < r->signatures; i++)
		buf_put(&message, str_head(buf_str(&once), once.n - strlen(MAIL)));
	buf_put_c(&message, MAIL);
	assert_int_equal(buf_error(&message), INKAN_OK);
	inkan_message_options_init(&options);
	options.signatures_max = (unsigned)r->max;
	judge(&j, &options, buf_str(&message), usual_zone(), 3);
	assert_int_equal(j.count, r->listed);
	for (size_t i = 0; i < j.count; i++)
		assert_fault(&j.results[i], i < r->judged ? DKIM_FAULT_NONE : DKIM_FAULT_TOO_MANY_SIGNATURES);
	judged_release(&j);
	buf_release(&once);
	buf_release(&message);
}

/* Four signatures, of which the third is broken: each is reported with what belongs to it. */
static void run_each_reported(const void *row)
{
	static const char broken[] = "DKIM-Signature: v=1; a=rsa-sha256; d=example.com; s=s2; " NAMES
				     "bh=AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=; b=AAAABBBBCCCC\r\n";
	struct buf a, b, c;
	struct judged j;

	(void)row;
	buf_init(&a, 100000);
	buf_init(&b, 100000);
	buf_init(&c, 100000);
	forge(&a, SIGNATURE("i=x@sub.example.com; t=1700000000; x=1900000000; " RELAXED), FORGE_RSA2048, STR(MAIL));
	buf_put_c(&b, broken);
	buf_put(&b, buf_str(&a));
	forge(&c, ED25519_E1, FORGE_ED25519, buf_str(&b));
	judge_text(&j, buf_str(&c));
	assert_int_equal(j.count, 3);

	assert_fault(&j.results[0], DKIM_FAULT_NONE);
	assert_string_equal(j.results[0].selector, "e1");
	assert_string_equal(j.results[0].algorithm, "ed25519-sha256");
	assert_string_equal(j.results[0].identity, "@example.com");
	assert_string_equal(j.results[0].canonicalization, "relaxed/relaxed");
	assert_int_equal(j.results[0].key_bits, 256);

	assert_fault(&j.results[1], DKIM_FAULT_BODY_CHANGED);
	assert_string_equal(j.results[1].selector, "s2");
	assert_string_equal(j.results[1].signature_prefix, "AAAABBBB");
	assert_string_equal(j.results[1].canonicalization, "simple/simple");
	assert_false(j.results[1].header_verified);

	const struct inkan_dkim_result *r = &j.results[2];

	assert_fault(r, DKIM_FAULT_NONE);
	assert_string_equal(r->domain, "example.com");
	assert_string_equal(r->selector, "s1");
	assert_string_equal(r->identity, "x@sub.example.com");
	assert_string_equal(r->algorithm, "rsa-sha256");
	assert_int_equal(strlen(r->signature_prefix), 8);
	assert_int_equal(r->key_bits, 2048);
	assert_int_equal(r->timestamp, 1700000000);
	assert_int_equal(r->expiration, 1900000000);
	assert_int_equal(r->body_length, -1);
	assert_int_equal(r->body_size, RELAXED_SIZE);
	assert_int_equal(j.results[1].body_size, SIMPLE_SIZE);
	assert_int_equal(r->signed_header_count, 4);
	assert_string_equal(r->signed_headers[2], "subject");
	assert_string_equal(r->body_hash_signed, r->body_hash_computed);
	assert_true(r->header_verified);
	judged_release(&j);
	buf_release(&a);
	buf_release(&b);
	buf_release(&c);
}

/* The order of the fields decides nothing: the broken one is judged the same wherever it stands. */
static void run_order(const void *row)
{
	struct buf one, two;
	struct judged j;

	(void)row;
	for (int first = 0; first < 2; first++) {
		buf_init(&one, 100000);
		buf_init(&two, 100000);
		forge(&one, first ? USUAL : ED25519_E1, first ? FORGE_RSA2048 : FORGE_ED25519, STR(MAIL));
		forge(&two, first ? ED25519_E1 : USUAL, first ? FORGE_ED25519_OTHER : FORGE_RSA2048_OTHER,
		      buf_str(&one));
		judge_text(&j, buf_str(&two));
		assert_int_equal(j.count, 2);
		assert_int_equal(j.results[0].result, INKAN_FAIL);
		assert_int_equal(j.results[1].result, INKAN_PASS);
		judged_release(&j);
		buf_release(&one);
		buf_release(&two);
	}
}

/* ---- header.b (RFC 6008) ---- */

/* Three fields whose b= begin alike; the values are no signatures, which is nothing to this. */
static const struct prefixes {
	const char *name;
	const char *b[3];
	const char *want[3];
} prefixes[] = {
	{"R8 different prefixes: 8 octets",
         {"AAAAAAAABBBB", "CCCCCCCCBBBB", "DDDDDDDDBBBB"},
         {"AAAAAAAA", "CCCCCCCC", "DDDDDDDD"}},
	{"R8 equal prefixes: up to where they differ",
         {"AAAAAAAABBBB", "AAAAAAAABCCC", "DDDDDDDDBBBB"},
         {"AAAAAAAABB", "AAAAAAAABC", "DDDDDDDD"}},
	{"R8 three alike",
         {"AAAAAAAABBBB", "AAAAAAAABCCC", "AAAAAAAABCCD"},
         {"AAAAAAAABB", "AAAAAAAABCCC", "AAAAAAAABCCD"}},
	{"R8 white space does not count",
         {"A A\r\n\tAA  A\r\n   A A   A BBBB", "AAAAAAAACBBB", "DDDDDDDD"},
         {"AAAAAAAAB", "AAAAAAAAC", "DDDDDDDD"}},
	{"R8 signatures shorter than 8 octets", {"AAAA", "AAAABBBB", "BBBB"}, {"AAAA", "AAAABBBB", "BBBB"}},
	{"R8 no base64: whole characters",
         {"aääääbc", "CCCCCCCCBBBB", "DDDDDDDDBBBB"},
         {"aääää", "CCCCCCCC", "DDDDDDDD"}},
	{"R8 the same signature twice",
         {"AAAAAAAABBBB", "AAAAAAAABBBB", "DDDDDDDD"},
         {"AAAAAAAABBBB", "AAAAAAAABBBB", "DDDDDDDD"}},
};

static void run_prefixes(const void *row)
{
	const struct prefixes *r = row;
	struct buf message;
	struct judged j;

	buf_init(&message, 100000);
	for (int i = 0; i < 3; i++)
		buf_printf(&message,
		           "DKIM-Signature: v=1; a=rsa-sha256; d=example.com; s=s1; x=%d; t=1; h=from; "
		           "bh=AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=; b=%s\r\n",
		           i == 1 ? 2 : 1900000000, r->b[i]); /* the second has expired: it counts as well */
	buf_put_c(&message, MAIL);
	judge_text(&j, buf_str(&message));
	assert_int_equal(j.count, 3);
	for (int i = 0; i < 3; i++)
		assert_string_equal(j.results[i].signature_prefix, r->want[i]);
	judged_release(&j);
	buf_release(&message);
}

/* ---- answers from a snapshot: CNAMEs, character-strings ---- */

static const struct snapshot_row {
	const char *name;
	const char *json; /* "%s" is the p= value */
	enum dkim_fault_id fault;
} snapshots[] = {
	{"V10 a CNAME to the key",
         "{\"" KEY_NAME "\": {\"CNAME\": [\"k.example.net\"]}, "
         "\"k.example.net\": {\"TXT\": [\"v=DKIM1; p=%s\"]}}",
         DKIM_FAULT_NONE},
	{"V10 a dangling CNAME", "{\"" KEY_NAME "\": {\"CNAME\": [\"k.example.net\"]}}", DKIM_FAULT_KEY_MISSING},
	{"V10 a CNAME to a name without TXT",
         "{\"" KEY_NAME "\": {\"CNAME\": [\"k.example.net\"]}, "
         "\"k.example.net\": {\"A\": [\"192.0.2.1\"]}}",
         DKIM_FAULT_KEY_MISSING},
	{"V10 a CNAME to a name in trouble",
         "{\"" KEY_NAME "\": {\"CNAME\": [\"k.example.net\"]}, "
         "\"k.example.net\": {\"_error\": {\"TXT\": \"TIMEOUT\"}}}",
         DKIM_FAULT_DNS_TIMEOUT},
	{"V10 CNAMEs in a ring",
         "{\"" KEY_NAME "\": {\"CNAME\": [\"k.example.net\"]}, "
         "\"k.example.net\": {\"CNAME\": [\"" KEY_NAME "\"]}}",
         DKIM_FAULT_DNS_LOOP},
	{"V12 strings of one record are joined with nothing between",
         "{\"" KEY_NAME "\": {\"TXT\": [[\"v=DKI\", \"M1; p\", \"\", \"=%s\", \"\"]]}}", DKIM_FAULT_NONE},
	{"V12 strings of several records are not joined",
         "{\"" KEY_NAME "\": {\"TXT\": [\"v=DKIM1; k=rsa\", \"p=%s; s=tlsrpt\"]}}", DKIM_FAULT_KEY_NO_P},
	{"V11 four records that look like keys are tried",
         "{\"" KEY_NAME "\": {\"TXT\": [\"p=AAAA\", \"p=BBBB\", \"x\", \"p=CCCC\", \"p=%s\"]}}", DKIM_FAULT_NONE},
	{"V11 the fifth is not",
         "{\"" KEY_NAME "\": {\"TXT\": [\"p=AAAA\", \"p=BBBB\", \"p=CCCC\", \"p=DDDD\", \"p=%s\"]}}",
         DKIM_FAULT_KEY_ENCODING},
	{"an empty world", "{}", DKIM_FAULT_KEY_MISSING},
};

static void run_snapshot(const void *row)
{
	const struct snapshot_row *r = row;
	struct inkan_message_options options;
	struct inkan_snapshot *snapshot;
	char json[3000], why[200] = "";
	struct buf message;
	struct judged j;

	make_record(json, sizeof json, r->json, FORGE_RSA2048);
	if (inkan_snapshot_load(json, strlen(json), &snapshot, why, sizeof why))
		fail_msg("%s", why);
	buf_init(&message, 100000);
	forge(&message, USUAL, FORGE_RSA2048, STR(MAIL));
	inkan_message_options_init(&options);
	options.snapshot = snapshot;
	judge(&j, &options, buf_str(&message), NULL, 0);
	assert_int_equal(j.count, 1);
	assert_fault(&j.results[0], r->fault);
	judged_release(&j);
	inkan_snapshot_free(snapshot);
	buf_release(&message);
}

/* ---- several records at one name: the fault that says most ---- */

static void run_best_fault(const void *row)
{
	struct zone_row zone[] = {{KEY_NAME, forge_record(FORGE_RSA2048_OTHER), 0},
	                          {KEY_NAME, forge_record(FORGE_RSA2048), 0}};
	struct buf message, changed;
	struct judged j;

	(void)row;
	buf_init(&message, 100000);
	buf_init(&changed, 100000);
	forge(&message, USUAL, FORGE_RSA2048, STR(MAIL));
	put_changed(&changed, buf_str(&message), "Estimate", "Invoice");
	for (int swap = 0; swap < 2; swap++) {
		judge(&j, NULL, buf_str(&message), zone, 2);
		assert_fault(&j.results[0], DKIM_FAULT_NONE);
		judged_release(&j);
		judge(&j, NULL, buf_str(&changed), zone, 2);
		assert_fault(&j.results[0], DKIM_FAULT_HEADER_CHANGED);
		judged_release(&j);
		struct zone_row first = zone[0];

		zone[0] = zone[1];
		zone[1] = first;
	}
	buf_release(&message);
	buf_release(&changed);
}

/* ---- flags of the result ---- */

static const struct flag_row {
	const char *name;
	const char *field, *find, *put, *record;
	enum inkan_result result;
	bool testing, header_verified;
} flag_rows[] = {
	{"V16 t=y: a pass is a pass, flagged", NULL, NULL, NULL, "v=DKIM1; t=y; p=%s", INKAN_PASS, true, true},
	{"V16 t=y: a fail is a fail, flagged", NULL, "Dear", "dear", "v=DKIM1; t=s : y; p=%s", INKAN_FAIL, true, true},
	{"V16 t=y of a revoked key is flagged", NULL, NULL, NULL, "v=DKIM1; t=y; p=", INKAN_PERMERROR, true, false},
	{"V16 no t=: not flagged", NULL, NULL, NULL, "v=DKIM1; t=s; p=%s", INKAN_PASS, false, true},
	{"V16 t=Y is no flag that there is", NULL, NULL, NULL, "v=DKIM1; t=yy; p=%s", INKAN_PASS, false, true},
	{"header verified though the body changed", NULL, "Dear", "dear", NULL, INKAN_FAIL, false, true},
	{"header not verified: header changed", NULL, "Estimate", "x", NULL, INKAN_FAIL, false, false},
	{"header not verified: other key", NULL, NULL, NULL, "p=(other)", INKAN_FAIL, false, false},
	{"header verified though l= leaves octets unsigned", SIGNATURE("l=5; " RELAXED), NULL, NULL, NULL, INKAN_POLICY,
         false, true},
	{"header not verified: bh= changed", NULL, "; bh=", "; bh=A", NULL, INKAN_PERMERROR, false, false},
	{"V32 a failing signature is never temporary", NULL, "; b=", "; b= AAAA", NULL, INKAN_FAIL, false, false},
};

static void run_flags(const void *row)
{
	const struct flag_row *r = row;
	char record[2000];
	struct zone_row zone = {KEY_NAME, NULL, 0};
	struct buf message, changed;
	struct judged j;

	zone.text = make_record(record, sizeof record, r->record ? r->record : "v=DKIM1; p=%s", FORGE_RSA2048);
	buf_init(&message, 100000);
	buf_init(&changed, 100000);
	forge(&message, r->field ? r->field : USUAL, FORGE_RSA2048, STR(MAIL));
	put_changed(&changed, buf_str(&message), r->find, r->put);
	judge(&j, NULL, buf_str(&changed), &zone, 1);
	assert_int_equal(j.results[0].result, r->result);
	assert_int_equal(j.results[0].testing, r->testing);
	assert_int_equal(j.results[0].header_verified, r->header_verified);
	judged_release(&j);
	buf_release(&message);
	buf_release(&changed);
}

/* V31: the caller's list of public suffixes */
static bool is_co_jp(void *context, const char *domain)
{
	++*(int *)context;
	return strcmp(domain, "co.jp") == 0;
}

static const struct suffix_row {
	const char *name;
	const char *field;
	const char *key_name;
	enum dkim_fault_id fault;
} suffix_rows[] = {
	{"V31 d= is a public suffix", SIGNATURE("d=CO.jp; s=s1; " NAMES), "s1._domainkey.co.jp",
         DKIM_FAULT_PUBLIC_SUFFIX},
	{"V31 d= is below a public suffix", SIGNATURE("d=a.co.jp; s=s1; " NAMES), "s1._domainkey.a.co.jp",
         DKIM_FAULT_NONE},
	{"V31 d= is a single label with a list", SIGNATURE("d=jp; s=s1; " NAMES), "s1._domainkey.jp",
         DKIM_FAULT_PUBLIC_SUFFIX},
};

static void run_suffix(const void *row)
{
	const struct suffix_row *r = row;
	int calls = 0;
	struct inkan_message_options options;
	struct zone_row zone = {r->key_name, forge_record(FORGE_RSA2048), 0};
	struct buf message;
	struct judged j;

	buf_init(&message, 100000);
	forge(&message, r->field, FORGE_RSA2048, STR(MAIL));
	inkan_message_options_init(&options);
	options.is_public_suffix = is_co_jp;
	options.public_suffix_context = &calls;
	judge(&j, &options, buf_str(&message), &zone, 1);
	assert_fault(&j.results[0], r->fault);
	judged_release(&j);
	buf_release(&message);
}

/* ---- text for people ---- */

/* No control characters, those of C1 included, and well-formed UTF-8. */
static void assert_clean(const char *text)
{
	struct str s = str_c(text);

	assert_true(utf8_is_valid(s));
	for (size_t i = 0; i < s.n; i++) {
		unsigned char c = (unsigned char)s.p[i];

		assert_true(c >= 0x20 && c != 0x7f);
		assert_false(c == 0xc2 && (unsigned char)s.p[i + 1] < 0xa0);
	}
}

/* What people are shown holds no control characters, whatever the field holds, and is well-formed UTF-8. */
static void run_shown_text(const void *row)
{
	static const char *const fields[] = {
		"DKIM-Signature: v=1; a=x\x7fy; d=a; s=b; i==0D=0A=00=1B[2J@x; b=; b=; h=from; bh=x",
		"DKIM-Signature: d=\xe2\x80\xae; i==FF=C2=9B=E2=28@x; s=\xc2\x9b"
		"31m",
		"DKIM-Signature: v=1; a=rsa-sha256; s=s; h=from; bh=x; b=y; d="
		"ääääääääääääääääääääääääääääääääääääääääääääääääääääääääääääääääääääääääääääääääää"
		"ääääääääääääääääääääääääääääääääääääääääääääääääääääääääääääääääääääääääääääääääää",
	};

	(void)row;
	for (size_t i = 0; i < sizeof fields / sizeof *fields; i++) {
		struct buf message;
		struct judged j;

		buf_init(&message, 100000);
		buf_put_c(&message, fields[i]);
		buf_put_c(&message, "\r\n" MAIL);
		judge_text(&j, buf_str(&message));
		assert_int_equal(j.count, 1);
		const char *texts[] = {j.results[0].domain, j.results[0].selector, j.results[0].identity,
		                       j.results[0].algorithm, j.results[0].signature_prefix};

		for (size_t k = 0; k < sizeof texts / sizeof *texts; k++)
			assert_clean(texts[k]);
		judged_release(&j);
		buf_release(&message);
	}
}

int main(void)
{
	struct test_list list = {0};

	TEST_TABLE(&list, manies, run_many);
	test_add(&list, "V28 every signature is reported", run_each_reported, NULL);
	test_add(&list, "V28 the order of the fields decides nothing", run_order, NULL);
	TEST_TABLE(&list, prefixes, run_prefixes);
	TEST_TABLE(&list, snapshots, run_snapshot);
	test_add(&list, "V11 of several records the one that says most is reported", run_best_fault, NULL);
	TEST_TABLE(&list, flag_rows, run_flags);
	TEST_TABLE(&list, suffix_rows, run_suffix);
	test_add(&list, "text for people holds no control characters", run_shown_text, NULL);
	return test_run(&list, "dkim/results");
}

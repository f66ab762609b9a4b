/* The explanations: complete in both languages, and each trouble explained as what it is. */
#include <stdlib.h>

#include "explain/signature.h"
#include "support/case.h"

/* ---- the table is complete ---- */

static bool is_text(struct text text)
{
	return text.en && text.en[0] && text.ja && text.ja[0];
}

/* The placeholders of a template, sorted as a set of letters would be: "{a}{b}". */
static void placeholders(const char *template, char *out, size_t size)
{
	size_t n = 0;
	const char *open;

	for (const char *at = template; (open = strchr(at, '{')); at = open + 1) {
		size_t length = strcspn(open, "}") + 1;

		assert_true(n + length < size);
		memcpy(out + n, open, length);
		n += length;
	}
	out[n] = '\0';
}

static size_t count_of(const char *haystack, const char *needle, size_t n)
{
	size_t count = 0;

	for (; *haystack; haystack++)
		count += strncmp(haystack, needle, n) == 0;
	return count;
}

/* Both languages are there, quote the same values, and no placeholder is misspelt. */
static void check_text(struct text text)
{
	struct inkan_dkim_result result = {.reason = "",
	                                   .section = "",
	                                   .domain = "",
	                                   .selector = "",
	                                   .algorithm = "",
	                                   .canonicalization = "",
	                                   .body_hash_signed = "",
	                                   .body_hash_computed = "",
	                                   .changed_header = "",
	                                   .change = ""};
	char en[500], ja[500];

	assert_true(is_text(text));
	placeholders(text.en, en, sizeof en);
	placeholders(text.ja, ja, sizeof ja);
	for (const char *at = en; *at; at += strcspn(at, "}") + 1)
		assert_int_not_equal(count_of(ja, at, strcspn(at, "}") + 1), 0);
	for (const char *at = ja; *at; at += strcspn(at, "}") + 1)
		assert_int_not_equal(count_of(en, at, strcspn(at, "}") + 1), 0);
	for (int language = LANGUAGE_EN; language <= LANGUAGE_JA; language++) {
		struct buf out;

		buf_init(&out, 10000);
		explain_put(&out, text, &result, (enum language)language);
		assert_int_equal(str_find(buf_str(&out), '{'), out.n);
		buf_release(&out);
	}
}

static void run_table(const void *row)
{
	size_t count;
	const struct explanation *table = explain_table(&count);

	(void)row;
	assert_true(count > 0);
	for (size_t i = 0; i < count; i++) {
		size_t k = 0;

		check_text(table[i].brief);
		check_text(table[i].fix);
		for (; table[i].why[k].text.en || table[i].why[k].text.ja; k++)
			check_text(table[i].why[k].text);
		assert_in_range(k, 1, STATEMENTS_MAX);
		assert_int_equal(table[i].why[0].certainty, CERTAINTY_FACT);
	}
}

static struct inkan_dkim_result result_of(enum dkim_fault_id id)
{
	const struct dkim_fault *fault = dkim_fault(id);

	return (struct inkan_dkim_result){
		.result = fault->result,
		.cause = fault->cause,
		.explanation = fault->explanation,
		.reason = fault->reason,
		.section = fault->section,
		.domain = "example.com",
		.selector = "s1",
		.identity = "@example.com",
		.algorithm = "rsa-sha256",
		.canonicalization = "relaxed/simple",
		.signature_prefix = "",
		.key_bits = 2048,
		.timestamp = 0,
		.expiration = 1000000000,
		.body_length = 10,
		.body_size = 20,
		.body_hash_signed = "SIGNED",
		.body_hash_computed = "COMPUTED",
		.changed_header = "",
		.change = "",
	};
}

static void run_faults(const void *row)
{
	(void)row;
	for (int id = DKIM_FAULT_NONE + 1; id < DKIM_FAULT_COUNT; id++) {
		struct inkan_dkim_result result = result_of((enum dkim_fault_id)id);
		const char *ja = explain_reason(&result, LANGUAGE_JA);

		assert_non_null(explain(&result));
		assert_string_equal(explain_reason(&result, LANGUAGE_EN), result.reason);
		assert_non_null(ja);
		assert_string_not_equal(ja, result.reason);
	}
}

static void run_kinds(const void *row)
{
	(void)row;
	for (int kind = INKAN_EXPLAIN_NOTHING + 1; kind <= INKAN_EXPLAIN_DNS; kind++) {
		struct inkan_dkim_result result = result_of(DKIM_FAULT_BODY_CHANGED);

		result.explanation = (enum inkan_dkim_explanation)kind;
		result.reason = "a reason that the table does not know";
		assert_non_null(explain(&result));
	}
}

static void run_pass(const void *row)
{
	struct inkan_dkim_result result = result_of(DKIM_FAULT_NONE);
	struct buf out;

	(void)row;
	buf_init(&out, 1000);
	assert_null(explain(&result));
	explain_sentences(&out, &result, LANGUAGE_EN);
	assert_int_equal(out.n, 0);
	buf_release(&out);
}

/* ---- each trouble is explained as what it is ---- */

static const struct row {
	const char *name;
	enum dkim_fault_id fault;
	const char *header, *change;
	const char *says, *says_not;
	bool header_verified;
} rows[] = {
	{"content: both hashes", DKIM_FAULT_BODY_CHANGED, "", "", "bh=SIGNED; this body gives bh=COMPUTED", "key",
         true},
	{"content: a gateway that swaps attachments", DKIM_FAULT_BODY_CHANGED, "", "", "swaps attachments", NULL, true},
	{"content: the header is intact", DKIM_FAULT_BODY_CHANGED, "", "", "its signed header is untouched", NULL,
         true},
	{"content: the header as well", DKIM_FAULT_BODY_CHANGED, "", "", "does not fit the header either", "untouched",
         false},
	{"header: the field by name", DKIM_FAULT_HEADER_CHANGED, "subject", "changed", "\"subject\"", "COMPUTED"},
	{"header: added", DKIM_FAULT_HEADER_CHANGED, "from", "added", "without one \"from\" field", NULL},
	{"header: prefix", DKIM_FAULT_HEADER_CHANGED, "subject", "subject-prefix", "tag", NULL},
	{"header: refolded", DKIM_FAULT_HEADER_CHANGED, "to", "refolded", "line breaks or spaces", NULL},
	{"header: reordered", DKIM_FAULT_HEADER_CHANGED, "received", "reordered", "another order", NULL},
	{"header: not found", DKIM_FAULT_HEADER_CHANGED, "", "", "did not show which", "COMPUTED"},
	{"key: missing", DKIM_FAULT_KEY_MISSING, "", "", "s1._domainkey.example.com", "body"},
	{"key: revoked", DKIM_FAULT_KEY_REVOKED, "", "", "revoked", "body"},
	{"key: another one", DKIM_FAULT_OTHER_KEY, "", "", "did not make this signature", "bh="},
	{"key: malformed", DKIM_FAULT_KEY_NO_P, "", "", "key record has no p=", "body"},
	{"key: too short", DKIM_FAULT_KEY_TOO_SHORT, "", "", "RFC 8301", "body"},
	{"policy: expired", DKIM_FAULT_EXPIRED, "", "", "2001-09-09T01:46:40Z", "key"},
	{"policy: l=", DKIM_FAULT_PARTIAL_BODY, "", "", "first 10 octets", "key"},
	{"policy: SHA-1", DKIM_FAULT_SHA1, "", "", "RFC 8301 section 3.1", "key"},
	{"signature field", DKIM_FAULT_DUPLICATE_TAG, "", "", "a tag occurs twice", "key"},
	{"DNS", DKIM_FAULT_DNS_TIMEOUT, "", "", "no answer in time", "body"},
};

static void run_row(const void *p)
{
	const struct row *row = p;
	struct inkan_dkim_result result = result_of(row->fault);
	struct buf out;

	result.changed_header = row->header;
	result.change = row->change;
	result.header_verified = row->header_verified;
	buf_init(&out, 10000);
	explain_sentences(&out, &result, LANGUAGE_EN);
	assert_int_not_equal(str_search(buf_str(&out), str_c(row->says)), out.n);
	if (row->says_not)
		assert_int_equal(str_search(buf_str(&out), str_c(row->says_not)), out.n);
	buf_release(&out);
}

/* Values of a message are made safe, and cut where they are long. */
static void run_values(const void *row)
{
	struct inkan_dkim_result result = result_of(DKIM_FAULT_KEY_MISSING);
	char *domain = malloc(100001);
	struct buf out;

	(void)row;
	assert_non_null(domain);
	memset(domain, 'x', 100000);
	domain[100000] = '\0';
	domain[0] = '\x1b';
	result.domain = domain;
	buf_init(&out, 10000);
	explain_put(&out, (struct text){"a{domain}{nothing}{", ""}, &result, LANGUAGE_EN);
	assert_int_equal(buf_error(&out), INKAN_OK);
	assert_true(str_has_prefix(buf_str(&out), STR("a\\x1bxxx")));
	assert_true(str_ihas_suffix(buf_str(&out), STR("xxx…{nothing}{")));
	assert_int_equal(out.n, strlen("a\\x1b") + 299 + strlen("…{nothing}{"));
	buf_release(&out);
	free(domain);
}

static void run_headers(const void *row)
{
	static const char *names[41];
	struct inkan_dkim_result result = result_of(DKIM_FAULT_HEADER_CHANGED);

	(void)row;
	for (size_t i = 0; i < 41; i++)
		names[i] = "to";
	result.signed_headers = names;
	for (size_t count = 40; count <= 41; count++) {
		struct buf out;

		result.signed_header_count = count;
		buf_init(&out, 10000);
		explain_put(&out, (struct text){"{headers}", ""}, &result, LANGUAGE_EN);
		assert_int_equal(out.n, 40 * strlen("to, ") - 2 + (count > 40 ? strlen(", …") : 0));
		buf_release(&out);
	}
}

int main(void)
{
	struct test_list list = {0};

	test_add(&list, "every text in both languages, with the same values", run_table, NULL);
	test_add(&list, "every fault has an explanation and a Japanese reason", run_faults, NULL);
	test_add(&list, "every kind of explanation has a row that always fits", run_kinds, NULL);
	test_add(&list, "a pass needs no explanation", run_pass, NULL);
	TEST_TABLE(&list, rows, run_row);
	test_add(&list, "values are safe, and cut at 300 octets", run_values, NULL);
	test_add(&list, "a list of 40 and of 41 signed fields", run_headers, NULL);
	return test_run(&list, "explain/signature");
}

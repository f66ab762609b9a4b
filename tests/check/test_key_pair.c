/* Checks of key files and of what is published for them (RULES S9, S24). */
#include <stdio.h>

#include "check/key_pair.h"
#include "check/keys.h"
#include "core/base64.h"
#include "support/alloc.h"
#include "support/case.h"

enum { ARENA_MAX = 4 * 1024 * 1024, RECORDS_MAX = 3 };

static void print_findings(struct buf *out, const struct findings *f)
{
	for (size_t i = 0; i < f->count; i++)
		buf_printf(out, "%s%s", i ? " " : "", f->items[i].kind->id);
	buf_put_char(out, '\0');
}

static void assert_findings(struct findings *f, const char *want)
{
	struct buf out;

	buf_init(&out, 4096);
	findings_sort(f);
	print_findings(&out, f);
	assert_string_equal(out.p, want);
	buf_release(&out);
}

/* ---- the file ---- */

struct file_row {
	const char *name;
	struct key_file_facts facts;
	const char *findings;
};

static const struct file_row file_rows[] = {
	{"only the owner", {true, 0600, true, NULL}, ""},
	{"only reading", {true, 0400, true, NULL}, ""},
	{"the group may read", {true, 0640, true, NULL}, "key_mode"},
	{"the world may read", {true, 0604, true, NULL}, "key_mode"},
	{"the group may write", {true, 0620, true, NULL}, "key_mode"},
	{"somebody else's", {true, 0600, false, "uid 7"}, "key_owner"},
	{"somebody else's and open", {true, 0644, false, "uid 7"}, "key_mode key_owner"},
	{"standard input has neither", {false, 0, false, NULL}, ""},
};

static void file_case(const void *row)
{
	const struct file_row *r = row;
	struct findings f;
	struct arena arena;

	arena_init(&arena, ARENA_MAX);
	findings_init(&f, &arena);
	key_file_check(&f, &r->facts);
	assert_findings(&f, r->findings);
	arena_release(&arena);
}

static void the_mode_is_said_in_octal(const void *row)
{
	(void)row;
	const struct key_file_facts facts = {true, 02644, true, NULL};
	struct findings f;
	struct arena arena;

	arena_init(&arena, ARENA_MAX);
	findings_init(&f, &arena);
	key_file_check(&f, &facts);
	assert_string_equal(f.items[0].text.en, "other users can read or change the key file (mode 2644)");
	arena_release(&arena);
}

/* ---- the record ---- */

#define V "v=DKIM1; "

/* The key in the file is RSA_2048. */
struct record_row {
	const char *name;
	enum dns_status status;
	const char *records[RECORDS_MAX];
	enum published published;
	const char *findings;
};

static const struct record_row record_rows[] = {
	{"S24 the same key", DNS_ANSWER, {V "k=rsa; p=" RSA_2048}, PUBLISHED_EQUAL, ""},
	{"S24 the same key without its frame", DNS_ANSWER, {V "p=" RSA_2048_BARE}, PUBLISHED_EQUAL, "p_bare_rsa"},
	{"S24 the same key for testing", DNS_ANSWER, {V "t=y; p=" RSA_2048}, PUBLISHED_EQUAL, "t_testing"},
	{"S24 another key", DNS_ANSWER, {V "p=" RSA_1024}, PUBLISHED_DIFFERENT, "published_different"},
	{"S24 another kind of key",
         DNS_ANSWER,
         {V "k=ed25519; p=" ED25519},
         PUBLISHED_DIFFERENT,
         "published_different"},
	{"S24 revoked", DNS_ANSWER, {V "p="}, PUBLISHED_REVOKED, "published_revoked"},
	{"S24 the same key, but h= forbids it",
         DNS_ANSWER,
         {V "h=sha1; p=" RSA_2048},
         PUBLISHED_UNUSABLE,
         "h_without_sha256 h_sha1"},
	{"S24 a truncated key", DNS_ANSWER, {V "p=" RSA_1024_CUT}, PUBLISHED_UNUSABLE, "p_truncated"},
	{"V10 no such name", DNS_NXDOMAIN, {NULL}, PUBLISHED_MISSING, "published_missing"},
	{"V10 no TXT record", DNS_NODATA, {NULL}, PUBLISHED_MISSING, "published_missing"},
	{"V10 a time-out", DNS_TIMEOUT, {NULL}, PUBLISHED_UNKNOWN, "published_no_answer"},
	{"V10 a server that fails", DNS_SERVFAIL, {NULL}, PUBLISHED_UNKNOWN, "published_no_answer"},
	{"V10 DNSSEC fails", DNS_BOGUS, {NULL}, PUBLISHED_UNKNOWN, "published_no_answer"},
	{"V11 no key among the records", DNS_ANSWER, {"v=spf1 -all"}, PUBLISHED_MISSING, "published_no_key"},
	{"V11 two records, one the key",
         DNS_ANSWER,
         {V "p=" RSA_1024, V "p=" RSA_2048},
         PUBLISHED_EQUAL,
         "published_several"},
	{"V11 two records, none the key",
         DNS_ANSWER,
         {V "p=", V "p=" RSA_1024},
         PUBLISHED_DIFFERENT,
         "published_several published_different"},
	{"V13 a wildcard and the key",
         DNS_ANSWER,
         {"wildcard junk", V "p=" RSA_2048},
         PUBLISHED_EQUAL,
         "published_several"},
};

struct comparison {
	struct crypto *crypto;
	struct arena arena;
	struct findings findings;
	struct public_key *key;
	struct dns_record records[RECORDS_MAX];
	struct dns_answer answer;
	enum published published;
};

static void comparison_begin(struct comparison *c, const struct record_row *r)
{
	static const char key[] = RSA_2048;
	unsigned char der[sizeof(key)];
	enum key_trouble trouble;
	size_t n;

	*c = (struct comparison){.answer = {.status = r->status, .records = c->records}};
	assert_int_equal(crypto_new(&c->crypto), INKAN_OK);
	assert_true(base64_decode(STR(RSA_2048), BASE64_STRICT, der, &n, NULL));
	assert_int_equal(public_key_decode(c->crypto, KEY_RSA, str_from((const char *)der, n), &c->key, &trouble),
	                 INKAN_OK);
	for (; c->answer.count < RECORDS_MAX && r->records[c->answer.count]; c->answer.count++)
		c->records[c->answer.count].text = str_c(r->records[c->answer.count]);
	arena_init(&c->arena, ARENA_MAX);
	findings_init(&c->findings, &c->arena);
}

static void comparison_end(struct comparison *c)
{
	arena_release(&c->arena);
	public_key_unref(c->key);
	crypto_free(c->crypto);
}

static void record_case(const void *row)
{
	const struct record_row *r = row;
	struct comparison c;

	comparison_begin(&c, r);
	assert_int_equal(key_published_check(c.crypto, &c.findings, c.key, &c.answer, &c.published), INKAN_OK);
	assert_string_equal(published_name(c.published), published_name(r->published));
	assert_findings(&c.findings, r->findings);
	comparison_end(&c);
}

static void out_of_memory_is_an_error(const void *row)
{
	(void)row;
	static const struct record_row two = {"", DNS_ANSWER, {V "p=", V "t=y; p=" RSA_2048}, PUBLISHED_EQUAL, ""};

	for (size_t n = 1;; n++) {
		struct comparison c;

		comparison_begin(&c, &two);
		alloc_fail_at(n);
		int error = key_published_check(c.crypto, &c.findings, c.key, &c.answer, &c.published);
		bool reached = alloc_count() >= n;

		alloc_fail_at(0);
		assert_int_equal(error, reached ? INKAN_ENOMEM : INKAN_OK);
		comparison_end(&c);
		if (!reached)
			break;
	}
}

int main(void)
{
	struct test_list list = {0};

	TEST_TABLE(&list, file_rows, file_case);
	test_add(&list, "the mode is said in octal", the_mode_is_said_in_octal, NULL);
	TEST_TABLE(&list, record_rows, record_case);
	test_add(&list, "out of memory is an error", out_of_memory_is_an_error, NULL);
	return test_run(&list, "check/key_pair");
}

/* Checks of DKIM key records: every finding by name, its severity and place; and that the checks and the verifier never
 * disagree. */
#include <stdio.h>

#include "check/dkim_kinds.h"
#include "check/dkim_record.h"
#include "check/keys.h"
#include "sig/key_record.h"
#include "support/alloc.h"
#include "support/case.h"

enum { ARENA_MAX = 4 * 1024 * 1024 };

/* One record and the findings that it must have, no more and no less: "id@position id ...", errors first. */
struct row {
	const char *name;
	const char *record;
	const char *findings;
};

#define V "v=DKIM1; "

static const struct row rows[] = {
	/* S26 */
	{"S26 a good RSA record has no finding", V "k=rsa; p=" RSA_2048, ""},
	{"S26 a good Ed25519 record has no finding", V "k=ed25519; p=" ED25519, ""},
	{"S26 a semicolon at the end is fine", V "k=rsa; p=" RSA_2048 ";", ""},
	{"S26 h=sha256 and s=email are fine", V "h=sha256; s=email; p=" RSA_2048, ""},
	{"S26 s=* is fine", V "s=*; p=" RSA_2048, ""},
	{"S26 FWS round tags and signs is fine", " v = DKIM1 ; k = rsa ; p = " RSA_2048 " ", ""},
	/* V13 */
	{"V13 v= may be absent", "k=rsa; p=" RSA_2048, "v_missing"},
	{"V13 v= must be first", "k=rsa; v=DKIM1; p=" RSA_2048, "v_not_first@7"},
	{"V13 v= has a case", "v=dkim1; p=" RSA_2048, "v_case@2"},
	{"V13 DKIM2 is not DKIM1", "v=DKIM2; p=" RSA_2048, "v_wrong@2"},
	{"V13 DKIM1 with junk behind it", "v=DKIM1.0; p=" RSA_2048, "v_wrong@2"},
	{"V13 an empty version", "v=; p=" RSA_2048, "v_wrong@2"},
	{"V13 a semicolon is missing behind v=", "v=DKIM1 k=rsa; p=" RSA_2048, "semicolon_missing@7"},
	{"V13 all semicolons are missing", "v=DKIM1 k=rsa p=" RSA_2048, "semicolon_missing@7"},
	{"V13 wildcard junk is no key", "v=spf1 -all", "v_wrong@2 p_missing"},
	/* V14 */
	{"V14 k= may be absent", V "p=" RSA_2048, ""},
	{"V14 an unknown key type", V "k=dsa; p=" RSA_2048, "k_unknown@11"},
	{"V14 a key type in capitals", V "k=RSA; p=" RSA_2048, "k_case@11"},
	{"V14 an Ed25519 key as rsa", V "k=rsa; p=" ED25519, "k_mismatch@18"},
	{"V14 an Ed25519 key without k=", V "p=" ED25519, "k_mismatch@11"},
	{"V14 an RSA key as ed25519", V "k=ed25519; p=" RSA_2048, "k_mismatch@22"},
	{"V14 a semicolon is missing behind k=", V "k=rsa p=" RSA_2048, "semicolon_missing@14"},
	/* V15 */
	{"V15 p= is missing", V "k=rsa", "p_missing"},
	{"V15 p= is empty", V "k=rsa; p=", "p_revoked@16"},
	{"V15 p= is empty with a semicolon", V "p=;", "p_revoked@9"},
	{"V15 revoked, and wrong besides", V "h=sha1; p=", "h_without_sha256@9 h_sha1@11 p_revoked@17"},
	{"V15 P= is not p=", V "P=" RSA_2048, "p_missing tag_case@9"},
	/* V16 */
	{"V16 h= lacks sha256", V "h=sha1; p=" RSA_2048, "h_without_sha256@9 h_sha1@11"},
	{"V16 h= lists sha1 too", V "h=sha1:sha256; p=" RSA_2048, "h_sha1@11"},
	{"V16 h= lists an unknown hash", V "h=sha256:sha512; p=" RSA_2048, "h_unknown@18"},
	{"V16 s= lacks email", V "s=tlsrpt; p=" RSA_2048, "s_without_email@9 s_unknown@11"},
	{"V16 s= lists another service too", V "s=email:tlsrpt; p=" RSA_2048, "s_unknown@17"},
	{"V16 t=y", V "t=y; p=" RSA_2048, "t_testing@11"},
	{"V16 t=s", V "t=s; p=" RSA_2048, "t_strict@11"},
	{"V16 t=y:s", V "t=y:s; p=" RSA_2048, "t_testing@11 t_strict@13"},
	{"V16 an unknown flag", V "t=x; p=" RSA_2048, "t_unknown@11"},
	{"V16 g= is obsolete", V "g=*; p=" RSA_2048, "g_obsolete@9"},
	{"V16 n= is for people", V "n=key_of_\"2026\"; p=" RSA_2048, "n_notes@9"},
	{"V16 n= may hold UTF-8", V "n=鍵; p=" RSA_2048, "n_notes@9"},
	/* V17 */
	{"V17 a bare RSAPublicKey", V "p=" RSA_2048_BARE, "p_bare_rsa@11"},
	{"V17 an EC key", V "p=" EC_INFO, "p_other_algorithm@11"},
	{"V17 a certificate", V "p=" CERTIFICATE, "p_certificate@11"},
	{"V17 base64 of something else", V "p=" NO_DER, "p_damaged@11"},
	{"V17 a truncated key", V "p=" RSA_1024_CUT, "p_truncated@171"},
	{"V17 a key cut within four characters", V "p=" RSA_1024_CUT "A", "p_truncated@172"},
	{"V17 octets behind the key", V "p=" RSA_1024_TRAILING, "p_trailing@231"},
	/* V18 */
	{"V18 RSA 512 is refused", V "p=" RSA_512, "rsa_short@11"},
	{"V18 RSA 768 is refused", V "p=" RSA_768, "rsa_short@11"},
	{"V18 RSA 1024 is weak", V "p=" RSA_1024, "rsa_weak@11"},
	{"V18 RSA 1032 is weak", V "p=" RSA_1032, "rsa_weak@11"},
	{"V18 RSA 4104 is long", V "p=" RSA_4104, "rsa_long@11"},
	{"V18 exponent 3", V "p=" RSA_1024_E3, "rsa_weak@11 exponent_small@11"},
	{"V18 exponent 17", V "p=" RSA_2048_E17, "exponent_unusual@11"},
	{"V18 an even exponent", V "p=" RSA_1024_EVEN_EXPONENT, "exponent_bad@11"},
	{"V18 an even modulus", V "p=" RSA_1024_EVEN_MODULUS, "rsa_modulus@11"},
	/* V19 */
	{"V19 an Ed25519 key in a frame", V "k=ed25519; p=" ED25519_INFO, "p_ed25519_spki@22"},
	{"V19 an Ed25519 key of 31 octets", V "k=ed25519; p=" ED25519_31, "p_ed25519_size@22"},
	{"V19 a secret Ed25519 key of 64 octets", V "k=ed25519; p=" ED25519_SECRET, "p_ed25519_secret@22"},
	{"V19 a point of small order", V "k=ed25519; p=" ED25519_SMALL, "p_ed25519_point@22"},
	/* private keys */
	{"a PKCS#1 private key", V "p=" RSA_PRIVATE_1, "private_key@11"},
	{"a PKCS#8 private key", V "p=" RSA_PRIVATE_8, "private_key@11"},
	{"an Ed25519 private key", V "k=ed25519; p=" ED25519_PRIVATE, "private_key@22"},
	/* the text of p= */
	{"PEM armour", V "p=-----BEGIN PUBLIC KEY-----" RSA_1024 "-----END PUBLIC KEY-----", "p_pem@11"},
	{"the URL-safe alphabet", V "p=MIGf-_8A", "p_url_safe@15"},
	{"a character that is not base64", V "p=MIGf,MIGf", "p_character@15"},
	{"padding inside", V "p=MIGf==MIGf", "p_padding_inside@17"},
	{"a number of characters that cannot be", V "p=AAAAM", "p_length@16"},
	{"padding that does not fit", V "p=AAAAMA=", "p_length@18"},
	{"white space inside", V "p=AAAAMA0GCSqGSIb3 x", "p_length@29"},
	{"white space inside a good key", V "p= " ED25519 " ; k=ed25519", ""},
	{"quotes left inside", V "p=\"" RSA_2048 "\"", "quotes_inside@11"},
	{"quotes in the middle of p=", V "k=rsa; p=MIGf\" \"MIGf", "quotes_inside@22 p_truncated@29 p_white_space@22"},
	{"escaped semicolons", "v=DKIM1\\; k=rsa\\; p=" RSA_2048, "backslash@7"},
	{"typographic quotes", V "p=“" RSA_2048 "”", "smart_quotes@11"},
	{"a no-break space", "v=DKIM1;\xc2\xa0k=rsa; p=" RSA_2048, "non_ascii@8"},
	{"an octet that is not UTF-8", V "k=rsa\xff; p=" RSA_2048, "non_ascii@14"},
	/* V2 */
	{"V2 a tag twice", V "k=rsa; k=rsa; p=" RSA_2048, "tag_duplicate@16"},
	{"V2 an unknown tag", V "x=1; p=" RSA_2048, "tag_unknown@9"},
	{"V2 text without =", V "p=" RSA_2048 "; junk", "tag_no_equals@405"},
	{"V2 nothing between semicolons", V "; p=" RSA_2048, "tag_empty@9"},
	{"V2 a name that is none", V "1=2; p=" RSA_2048, "tag_bad_name@9"},
	{"V2 a control character", V "k=r\x01sa; p=" RSA_2048, "tag_bad_value@12"},
	{"a tab between tags", "v=DKIM1;\tk=rsa; p=" RSA_2048, "white_space@8"},
	{"S3-27 an empty record", "", "record_empty"},
	{"only a semicolon", ";", "tag_empty@0"},
};

struct check {
	struct arena arena;
	struct crypto *crypto;
	struct findings findings;
	struct dkim_record_report report;
	int error;
};

static void check_begin(struct check *c, struct str record)
{
	*c = (struct check){0};
	assert_int_equal(crypto_new(&c->crypto), INKAN_OK);
	arena_init(&c->arena, ARENA_MAX);
	findings_init(&c->findings, &c->arena);
	c->error = dkim_record_check(c->crypto, &c->findings, record, &c->report);
	findings_sort(&c->findings);
}

static void check_end(struct check *c)
{
	if (c->error == INKAN_OK)
		dkim_record_report_release(&c->report);
	arena_release(&c->arena);
	crypto_free(c->crypto);
}

static void print_findings(struct buf *out, const struct findings *f)
{
	for (size_t i = 0; i < f->count; i++) {
		buf_printf(out, "%s%s", i ? " " : "", f->items[i].kind->id);
		if (f->items[i].position != FINDING_NOWHERE)
			buf_printf(out, "@%zu", f->items[i].position);
	}
	buf_put_char(out, '\0');
}

static void run_row(const void *row)
{
	const struct row *r = row;
	struct check c;
	struct buf found;

	check_begin(&c, str_c(r->record));
	assert_int_equal(c.error, INKAN_OK);
	buf_init(&found, 10000);
	print_findings(&found, &c.findings);
	assert_string_equal(found.p, r->findings);
	buf_release(&found);
	check_end(&c);
}

/* The promise of dkim_record.h, by the parser of the verifier. */
static void checks_agree_with_the_verifier(const void *row)
{
	const struct row *r = row;
	struct dkim_key_record record;
	struct arena arena;
	struct check c;

	check_begin(&c, str_c(r->record));
	arena_init(&arena, ARENA_MAX);
	assert_int_equal(dkim_key_record_parse(c.crypto, &arena, str_c(r->record), &record), INKAN_OK);
	bool verifies = record.fault == DKIM_KEY_OK && record.allows_email && record.allows_sha256 &&
	                (record.type == KEY_ED25519 || public_key_bits(record.key) >= 1024);

	assert_int_equal(c.report.is_usable, verifies);
	if (findings_worst(&c.findings) == SEVERITY_ERROR)
		assert_false(verifies);
	else
		assert_true(verifies || record.fault == DKIM_KEY_REVOKED);
	assert_null(findings_find(&c.findings, &dkim_kinds[RECORD_NOT_USABLE]));
	dkim_key_record_release(&record);
	arena_release(&arena);
	check_end(&c);
}

static void tags_are_those_of_the_record(const void *row)
{
	(void)row;
	struct check c;

	check_begin(&c, STR("v=DKIM1; k=rsa; p=\"AAAA\""));
	assert_int_equal(c.report.tags.count, 3);
	assert_true(str_eq(c.report.tags.tags[1].name, STR("k")));
	assert_true(str_eq(c.report.tags.tags[1].value, STR("rsa")));
	check_end(&c);
}

static void the_key_is_described(const void *row)
{
	(void)row;
	struct buf value;
	struct check c;

	check_begin(&c, STR(V "k=rsa; p=" RSA_2048_E17));
	assert_true(c.report.has_key);
	assert_int_equal(c.report.bits, 2048);
	assert_int_equal(c.report.exponent, 17);
	buf_init(&value, 10000);
	dkim_record_print(&value, c.report.key);
	assert_true(str_eq(buf_str(&value), STR(V "k=rsa; p=" RSA_2048_E17)));
	buf_release(&value);
	check_end(&c);
}

static void a_truncated_key_says_how_much_is_there(const void *row)
{
	(void)row;
	struct check c;

	check_begin(&c, STR(V "p=" RSA_1024_CUT));
	assert_string_equal(c.findings.items[0].text.en, "the key is truncated: 120 of 162 octets are there");
	assert_string_equal(c.findings.items[0].text.ja,
	                    "鍵が途中で切れています: 162 オクテット中 120 オクテットしかありません");
	check_end(&c);
}

static void a_framed_ed25519_key_shows_the_right_value(const void *row)
{
	(void)row;
	struct check c;

	check_begin(&c, STR(V "k=ed25519; p=" ED25519_INFO));
	assert_string_equal(c.findings.items[0].fix.en, "write k=ed25519; p=" ED25519);
	check_end(&c);
}

/* Every octet of a good record changed or cut off: never a crash, and the promise holds. */
static void damaged_records_keep_the_promise(const void *row)
{
	(void)row;
	static const char good[] = V "k=ed25519; t=s; p=" ED25519;
	static const char changes[] = "\";\\= \xe2,Aa-\t:";
	char text[sizeof(good)];

	for (size_t i = 0; i < sizeof(good) - 1; i++)
		for (size_t k = 0; k < sizeof(changes); k++) {
			struct row damaged = {"", text, NULL};

			memcpy(text, good, sizeof(good));
			text[i] = changes[k]; /* the last one cuts the record */
			checks_agree_with_the_verifier(&damaged);
		}
}

/* Limits at n and n+1. */
static void the_size_of_a_record_is_limited(const void *row)
{
	(void)row;
	static char record[DKIM_KEY_RECORD_MAX + 1];
	struct check c;

	memset(record, 'x', sizeof(record));
	memcpy(record, "v=DKIM1; p=; n=", 15);
	check_begin(&c, str_from(record, DKIM_KEY_RECORD_MAX));
	assert_null(findings_find(&c.findings, &dkim_kinds[RECORD_TOO_LARGE]));
	check_end(&c);
	check_begin(&c, str_from(record, DKIM_KEY_RECORD_MAX + 1));
	assert_non_null(findings_find(&c.findings, &dkim_kinds[RECORD_TOO_LARGE]));
	check_end(&c);
}

static void names_of_keys(const void *row)
{
	(void)row;
	struct findings f;
	struct arena arena;

	arena_init(&arena, ARENA_MAX);
	findings_init(&f, &arena);
	dkim_record_check_name(&f, STR("s1._DomainKey.example.com"));
	assert_int_equal(f.count, 0);
	dkim_record_check_name(&f, STR("s1.example.com"));
	assert_int_equal(f.count, 1);
	arena_release(&arena);
}

static void out_of_memory_is_an_error_and_no_finding(const void *row)
{
	(void)row;
	struct str record = STR(V "x=1; t=y; p=\"" RSA_1024 "\"");

	for (size_t n = 1;; n++) {
		struct check c = {0};

		assert_int_equal(crypto_new(&c.crypto), INKAN_OK);
		arena_init(&c.arena, ARENA_MAX);
		findings_init(&c.findings, &c.arena);
		alloc_fail_at(n);
		c.error = dkim_record_check(c.crypto, &c.findings, record, &c.report);
		bool reached = alloc_count() >= n;

		alloc_fail_at(0);
		assert_int_equal(c.error, reached ? INKAN_ENOMEM : INKAN_OK);
		check_end(&c);
		if (!reached)
			break;
	}
}

int main(void)
{
	struct test_list list = {0};
	static char names[sizeof(rows) / sizeof(*rows)][120];

	TEST_TABLE(&list, rows, run_row);
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		snprintf(names[i], sizeof(names[i]), "as the verifier: %s", rows[i].name);
		test_add(&list, names[i], checks_agree_with_the_verifier, &rows[i]);
	}
	test_add(&list, "tags are those of the record", tags_are_those_of_the_record, NULL);
	test_add(&list, "the key is described", the_key_is_described, NULL);
	test_add(&list, "a truncated key says how much is there", a_truncated_key_says_how_much_is_there, NULL);
	test_add(&list, "a framed Ed25519 key shows the right value", a_framed_ed25519_key_shows_the_right_value, NULL);
	test_add(&list, "damaged records keep the promise", damaged_records_keep_the_promise, NULL);
	test_add(&list, "the size of a record is limited", the_size_of_a_record_is_limited, NULL);
	test_add(&list, "V10 names of keys", names_of_keys, NULL);
	test_add(&list, "out of memory is an error and no finding", out_of_memory_is_an_error_and_no_finding, NULL);
	return test_run(&list, "check/dkim_record");
}

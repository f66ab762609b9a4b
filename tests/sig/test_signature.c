/* The DKIM-Signature field taken apart (RFC 6376 section 3.5; RULES V2 to V8, V26, V27, S17). What the faults mean for a
 * message is tested in test_verify.c; here it is what the parser gives. */
#include "sig/signature.h"

#include <stdio.h>

#include "dkim/mail.h"
#include "support/alloc.h"
#include "support/case.h"

#define BH "bh=AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=; "
#define REQUIRED "v=1; a=rsa-sha256; d=example.com; s=s1; h=from; " BH

struct parsed {
	struct arena arena;
	struct header header;
	struct dkim_signature signature;
	struct inkan_dkim_result result;
	enum dkim_fault_id fault;
	int error;
};

static void parse(struct parsed *p, const char *field, bool drafts)
{
	arena_init(&p->arena, 1024 * 1024);
	p->result = (struct inkan_dkim_result){.reason = "",
	                                       .domain = "",
	                                       .selector = "",
	                                       .identity = "",
	                                       .algorithm = "",
	                                       .signature_prefix = "",
	                                       .body_hash_signed = "",
	                                       .canonicalization = ""};
	p->error = header_parse(&p->arena, str_c(field), 10, &p->header);
	if (!p->error)
		p->error = dkim_signature_parse(&p->arena, &p->header.fields[0],
		                                drafts ? SIGNATURE_DKIM_DRAFTS : SIGNATURE_DKIM, &p->signature,
		                                &p->result, &p->fault);
}

static void parse_good(struct parsed *p, const char *field)
{
	parse(p, field, false);
	assert_int_equal(p->error, INKAN_OK);
	if (p->fault)
		fail_msg("%s", dkim_fault(p->fault)->reason);
}

/* ---- where b= stands ---- */

static const struct hole {
	const char *name;
	const char *field;
	const char *without; /* the field with the hole taken out */
} holes[] = {
	{"S17 b= at the end", "D: " REQUIRED "b=AAAA", "D: " REQUIRED "b="},
	{"S17 b= at the end with a semicolon", "D: " REQUIRED "b=AAAA;", "D: " REQUIRED "b=;"},
	{"S17 white space round the value", "D: " REQUIRED "b= \r\n\tAA AA \t; ", "D: " REQUIRED "b=; "},
	{"S17 white space before =", "D: " REQUIRED "b \t=AAAA", "D: " REQUIRED "b \t="},
	{"S17 = in the value", "D: " REQUIRED "b=AA==;", "D: " REQUIRED "b=;"},
	{"S17 b= first", "D:b=AAAA;" REQUIRED, "D:b=;" REQUIRED},
	{"S17 b= in the middle", "D: a=rsa-sha256; b=AAAA ;v=1; d=example.com; s=s1; h=from; " BH,
         "D: a=rsa-sha256; b=;v=1; d=example.com; s=s1; h=from; " BH},
	{"S17 bh= before b=", "D: " REQUIRED "bb=b=; b=AAAA", "D: " REQUIRED "bb=b=; b="},
	{"S17 B= is not b=", "D: B=XXXX; " REQUIRED "b=AAAA", "D: B=XXXX; " REQUIRED "b="},
	{"S17 the colon in the name's company", "D : " REQUIRED "b=AAAA", "D : " REQUIRED "b="},
};

static void run_hole(const void *row)
{
	const struct hole *r = row;
	struct parsed p;
	struct buf without;

	parse_good(&p, r->field);
	buf_init(&without, 10000);
	buf_put(&without, str_head(p.header.fields[0].raw, p.signature.b_begin));
	buf_put(&without, str_skip(p.header.fields[0].raw, p.signature.b_end));
	if (!str_eq(buf_str(&without), str_c(r->without)))
		fail_msg("%.*s", STR_ARG(buf_str(&without)));
	assert_int_equal(p.signature.signature.n, str_search(str_c(r->field), STR("AA==")) < strlen(r->field) ? 1 : 3);
	buf_release(&without);
	arena_release(&p.arena);
}

/* ---- values ---- */

static void run_all(const void *row)
{
	struct parsed p;

	(void)row;
	parse_good(&p, "DKIM-Signature: v=1; a=ED25519-sha256; c=relaxed; q=dns/txt;\r\n d=Mail.Example.COM; s=2026.K;"
	               " t=5; x=6; l=7; i=a=20b=@x.mail.example.com;\r\n h=From : to:\r\n\tFROM::Subject ; z=a|b; " BH
	               "b=YW Jj\r\n ZA==");
	const struct dkim_signature *s = &p.signature;

	assert_int_equal(s->algorithm, DKIM_ED25519_SHA256);
	assert_int_equal(s->header_canon, CANON_RELAXED);
	assert_int_equal(s->body_canon, CANON_SIMPLE);
	assert_true(str_eq(s->domain, STR("mail.example.com")));
	assert_true(str_eq(s->selector, STR("2026.K")));
	assert_true(str_eq(s->key_name, STR("2026.K._domainkey.mail.example.com")));
	assert_true(s->auid_is_below);
	assert_true(s->has_length && s->length == 7 && s->timestamp == 5 && s->expiration == 6);
	assert_int_equal(s->name_count, 4);
	assert_true(str_ieq(s->names[0], STR("from")) && str_ieq(s->names[3], STR("subject")));
	assert_true(str_eq(s->signature, STR("abcd")));
	assert_int_equal(s->body_hash.n, 32);
	assert_int_equal(s->body_hash.octets[31], 31);
	assert_string_equal(p.result.identity, "a b=@x.mail.example.com");
	assert_string_equal(p.result.selector, "2026.K");
	assert_string_equal(p.result.algorithm, "ed25519-sha256");
	assert_string_equal(p.result.canonicalization, "relaxed/simple");
	assert_string_equal(p.result.signature_prefix, "YWJjZA==");
	assert_string_equal(p.result.signed_headers[2], "from");
	assert_int_equal(p.result.body_length, 7);
	arena_release(&p.arena);
}

static void run_least(const void *row)
{
	struct parsed p;

	(void)row;
	parse_good(&p, "D:" REQUIRED "b=AAAA");
	assert_int_equal(p.signature.header_canon, CANON_SIMPLE);
	assert_int_equal(p.signature.body_canon, CANON_SIMPLE);
	assert_false(p.signature.has_length || p.signature.auid_is_below);
	assert_true(p.signature.timestamp == UNIX_TIME_NONE && p.signature.expiration == UNIX_TIME_NONE);
	assert_int_equal(p.result.timestamp, INKAN_TIME_NONE);
	assert_int_equal(p.result.expiration, INKAN_TIME_NONE);
	assert_int_equal(p.result.body_length, -1);
	assert_string_equal(p.result.identity, "@example.com");
	arena_release(&p.arena);
}

static const struct number {
	const char *name;
	const char *tags;
	uint64_t length;
	int64_t timestamp, body_length;
} numbers[] = {
	{"l= of 2^64 - 1", "l=18446744073709551615; t=9223372036854775807; ", UINT64_MAX, INT64_MAX, INT64_MAX},
	{"l= of 2^64", "l=18446744073709551616; t=9223372036854775808; ", UINT64_MAX, INT64_MAX, INT64_MAX},
	{"l= of 2^63", "l=9223372036854775808; t=0; ", (uint64_t)INT64_MAX + 1, 0, INT64_MAX},
	{"l= of 0", "l=0; t=000000000000000000000000000001; ", 0, 1, 0},
};

static void run_number(const void *row)
{
	const struct number *r = row;
	char field[500];
	struct parsed p;

	snprintf(field, sizeof field, "D: %s" REQUIRED "b=AAAA", r->tags);
	parse_good(&p, field);
	assert_true(p.signature.length == r->length);
	assert_true(p.signature.timestamp == r->timestamp);
	assert_true(p.result.body_length == r->body_length);
	arena_release(&p.arena);
}

/* What is known is told even where the field is worth nothing. */
static void run_described(const void *row)
{
	struct parsed p;

	(void)row;
	parse(&p, "D: d=Example.com; s=s1; a=rsa-sha512; i=x@y; bh=a b; b=c d; d=again", false);
	assert_int_equal(p.error, INKAN_OK);
	assert_int_equal(p.fault, DKIM_FAULT_DUPLICATE_TAG);
	assert_string_equal(p.result.domain, "example.com");
	assert_string_equal(p.result.selector, "s1");
	assert_string_equal(p.result.algorithm, "rsa-sha512");
	assert_string_equal(p.result.identity, "x@y");
	assert_string_equal(p.result.body_hash_signed, "ab");
	assert_string_equal(p.result.signature_prefix, "cd");
	arena_release(&p.arena);
	parse(&p, "D:", false);
	assert_int_equal(p.fault, DKIM_FAULT_TAG_LIST);
	assert_string_equal(p.result.domain, "");
	arena_release(&p.arena);
}

static void run_drafts(const void *row)
{
	struct parsed p;

	(void)row;
	for (int drafts = 0; drafts < 2; drafts++) {
		parse(&p, "D: a=rsa-sha256; d=example.com; s=s1; h=from; " BH "b=AAAA", drafts);
		assert_int_equal(p.fault, drafts ? DKIM_FAULT_NONE : DKIM_FAULT_MISSING_TAG);
		arena_release(&p.arena);
		parse(&p, "D: v=2; a=rsa-sha256; d=example.com; s=s1; h=from; " BH "b=AAAA", drafts);
		assert_int_equal(p.fault, DKIM_FAULT_VERSION);
		arena_release(&p.arena);
	}
}

static void run_no_memory(const void *row)
{
	bool reached = true;

	(void)row;
	for (size_t n = 1; reached; n++) {
		struct parsed p;

		alloc_fail_at(n);
		parse(&p, "D: i=a@例え.example; d=例え.example; s=鍵; v=1; a=rsa-sha256; h=from; " BH "b=AAAA", false);
		reached = alloc_count() >= n;
		alloc_fail_at(0);
		assert_int_equal(p.error, reached ? INKAN_ENOMEM : INKAN_OK);
		arena_release(&p.arena);
		assert_true(n < 50);
	}
	for (size_t max = 0; max < 4000; max += 10) { /* an arena that ends anywhere */
		struct parsed p;
		struct arena small;
		struct dkim_signature s;

		parse_good(&p, "D:" REQUIRED "b=AAAA");
		arena_init(&small, max);
		int error = dkim_signature_parse(&small, &p.header.fields[0], SIGNATURE_DKIM, &s, &p.result, &p.fault);

		assert_true(error == INKAN_OK || error == INKAN_ELIMIT);
		arena_release(&small);
		arena_release(&p.arena);
	}
}

int main(void)
{
	struct test_list list = {0};

	TEST_TABLE(&list, holes, run_hole);
	test_add(&list, "V26 every tag", run_all, NULL);
	test_add(&list, "V5 only the required tags", run_least, NULL);
	TEST_TABLE(&list, numbers, run_number);
	test_add(&list, "V2 what is known of a spoilt list", run_described, NULL);
	test_add(&list, "V3 drafts", run_drafts, NULL);
	test_add(&list, "out of memory, and out of the arena", run_no_memory, NULL);
	return test_run(&list, "sig/signature");
}

/* Reading Authentication-Results (RFC 8601; RULES R1, R2, R5, R10, R11): limits, hostile fields, and whom to believe. That the
 * grammar is read right is shown by tests/conformance/test_authres.c. */
#include "authres/parse.h"

#include "core/buf.h"

#include "support/alloc.h"
#include "support/case.h"

/* ---- whom to believe ---- */

#define MX "Authentication-Results: mx.example.com; dkim=pass\r\n"
#define MX_RECEIVED "Received: from a.example by mx.example.com with ESMTPS id 1; Sat, 21 Nov 2026 18:30:00 +0900\r\n"

#define VALUE(text)                    \
	{                              \
		text, sizeof(text) - 1 \
	}

static const struct trust_row {
	const char *name;
	struct str header;
	size_t want;
} trust_rows[] = {
	{"R5 of a trusted id", VALUE(MX), 0},
	{"R5 of no trusted id", VALUE("Authentication-Results: mx.example.org; dkim=pass\r\n"), HEADER_NONE},
	{"R5 below a stranger's field", VALUE("Authentication-Results: mx.example.org; dkim=fail\r\n" MX), 1},
	{"R1 the topmost of two", VALUE(MX MX), 0},
	{"R5 beside the Received field of its writer", VALUE(MX_RECEIVED MX), 1},
	{"R5 below hosts of the same house",
         VALUE("Received: from mx.example.com by store.example.com; x\r\n" MX_RECEIVED MX), 2},
	{"R5 below a stranger's Received field: forged",
         VALUE("Received: from x (x) by relay.example.org (x) with SMTP; x\r\n" MX), HEADER_NONE},
	{"R5 below ours and a stranger's", VALUE(MX_RECEIVED "Received: from x by mail.attacker.example; x\r\n" MX),
         HEADER_NONE},
	{"R5 \"by\" in a comment does not count",
         VALUE("Received: from x (sent by relay.example.org (and) by evil.example) by mx.example.com; x\r\n" MX), 1},
	{"R5 an address or a short name behind \"by\" tells nothing",
         VALUE("Received: by 192.0.2.7 with SMTP; x\r\nReceived: by 2002:a05:622a:1186:b0 with SMTP; x\r\n"
               "Received: from x by localhost; x\r\nReceived: from x\r\n" MX),
         4},
	{"R5 a common parent of one label is none", VALUE("Received: by mx.com; x\r\n" MX), HEADER_NONE},
	{"R5 an unknown version is not believed", VALUE("Authentication-Results: mx.example.com 2; dkim=pass\r\n"),
         HEADER_NONE},
	{"R5 a field that cannot be read is not believed",
         VALUE("Authentication-Results: mx.example.com; dkim=pass (\r\n" MX), 1},
	{"R5 an id with a dot and odd case", VALUE("Authentication-Results: MX.example.COM.; dkim=pass\r\n"), 0},
	{"R11 Received-SPF and other fields are not believed",
         VALUE("Received-SPF: pass (mx.example.com: x)\r\nX-Authentication-Results: mx.example.com; spf=pass\r\n"
               "ARC-Authentication-Results: i=1; mx.example.com; dkim=pass\r\n"),
         HEADER_NONE},
	{"R5 no header", VALUE(""), HEADER_NONE},
};

static void run_trust(const void *row)
{
	const struct trust_row *r = row;
	const struct str ids[] = {STR("other.example.net"), STR("mx.example.com")};
	struct header header;
	struct arena arena;
	size_t field;

	arena_init(&arena, 1 << 20);
	assert_int_equal(header_parse(&arena, r->header, MAIL_FIELDS_MAX, &header), INKAN_OK);
	assert_int_equal(authres_trustworthy(&header, ids, 2, &field), INKAN_OK);
	assert_int_equal(field, r->want);
	assert_int_equal(authres_trustworthy(&header, NULL, 0, &field), INKAN_OK);
	assert_int_equal(field, HEADER_NONE);
	arena_release(&arena);
}

/* ---- odd fields ---- */

static const struct odd_row {
	const char *name;
	struct str value;
	bool strict, relaxed;
} odd_rows[] = {
	{"R5 unknown methods, results and ptypes are read", VALUE("a.example; x-new/2=odd x-y.z=1"), true, true},
	{"R2 a result that is an address", VALUE("a.example; spf= smtp.mailfrom=example.net"), false, false},
	{"R2 none and more", VALUE("a.example; none; spf=pass"), false, false},
	{"R2 none without a semicolon", VALUE("a.example none"), false, false},
	{"R2 NUL in a value", VALUE("a.example; dkim=pass header.d=a\0b"), false, false},
	{"R2 NUL in a quoted string", VALUE("a.example; dkim=pass reason=\"a\0b\""), true, true},
	{"R2 a line end without white space behind it", VALUE("a.example; dkim=pass\r\nheader.d=x"), true, true},
	{"R10 UTF-8 in an id and a value",
         VALUE("m\xc3\xbcnchen.example; spf=pass smtp.mailfrom=j\xc3\xb6@m\xc3\xbcnchen.example"), true, true},
	{"R5 an escape at the end of a quoted string", VALUE("a.example; dkim=pass reason=\"x\\"), false, false},
	{"R5 only semicolons", VALUE(";;;;;;;;"), false, false},
};

static void run_odd(const void *row)
{
	const struct odd_row *r = row;
	struct authres_field field;
	struct arena arena;

	arena_init(&arena, 1 << 20);
	assert_int_equal(authres_parse(&arena, r->value, AUTHRES_STRICT, &field), INKAN_OK);
	assert_int_equal(field.valid, r->strict);
	assert_true(field.valid == (field.trouble[0] == '\0') && field.position <= r->value.n);
	assert_int_equal(authres_parse(&arena, r->value, AUTHRES_RELAXED, &field), INKAN_OK);
	assert_int_equal(field.valid, r->relaxed);
	arena_release(&arena);
}

/* ---- limits ---- */

static void put_times(struct buf *out, const char *text, size_t times)
{
	for (size_t i = 0; i < times; i++)
		buf_put_c(out, text);
}

/* "id" + times × text + end: whether it is read at that limit and refused beyond. */
static const struct limit_row {
	const char *name;
	const char *begin, *repeated, *end;
	size_t limit;
} limit_rows[] = {
	{"R2 as many results as may be", "a.example", "; dkim=pass", "", AUTHRES_RESULTS_MAX},
	{"R2 as many properties as may be", "a.example; dkim=pass", " header.d=x", "", AUTHRES_PROPERTIES_MAX},
	{"R2 as deep comments as may be", "a.example; dkim=pass ", "(", NULL, AUTHRES_PARSED_COMMENT_DEPTH_MAX},
	{"R2 as large as may be", "a.example; dkim=pass (", "x", ")", AUTHRES_PARSED_FIELD_MAX - 23},
};

static void run_limit(const void *row)
{
	const struct limit_row *r = row;

	for (size_t n = r->limit; n <= r->limit + 1; n++) {
		struct authres_field field;
		struct arena arena;
		struct buf text;

		arena_init(&arena, 1 << 20);
		buf_init(&text, 1 << 20);
		buf_put_c(&text, r->begin);
		put_times(&text, r->repeated, n);
		put_times(&text, r->end ? r->end : ")", r->end ? 1 : n);
		assert_int_equal(authres_parse(&arena, buf_str(&text), AUTHRES_RELAXED, &field), INKAN_OK);
		assert_int_equal(field.valid, n == r->limit);
		buf_release(&text);
		arena_release(&arena);
	}
}

/* The most that a field can make the reader keep fits into 8 MiB: no field is an error. */
static void run_memory(const void *row)
{
	static const char *const pieces[] = {"; dkim=pass", " (a)", " a.b=\"c\"", "=", ";", "\"", "(", " a=\"\\x\"@"};

	(void)row;
	for (size_t i = 0; i < sizeof pieces / sizeof *pieces; i++)
		for (size_t k = 0; k < sizeof pieces / sizeof *pieces; k++) {
			struct authres_field field;
			struct arena arena;
			struct buf text;

			arena_init(&arena, 8 << 20);
			buf_init(&text, AUTHRES_PARSED_FIELD_MAX + 2000);
			buf_put_c(&text, "a.example");
			while (text.n + 1000 < AUTHRES_PARSED_FIELD_MAX) {
				put_times(&text, pieces[0], 1);
				put_times(&text, pieces[i], 90);
				put_times(&text, pieces[k], 150);
			}
			assert_int_equal(authres_parse(&arena, buf_str(&text), AUTHRES_RELAXED, &field), INKAN_OK);
			assert_int_equal(authres_parse(&arena, buf_str(&text), AUTHRES_STRICT, &field), INKAN_OK);
			buf_release(&text);
			arena_release(&arena);
		}
}

static void run_no_memory(const void *row)
{
	const struct str value =
		STR("a.example; dkim=fail reason=\"x y\" (c) header.d=b.example header.b=\"z/\"; spf=pass");
	bool reached = true;

	(void)row;
	for (size_t n = 1; reached; n++) {
		struct authres_field field;
		struct arena arena;

		arena_init(&arena, 1 << 20);
		alloc_fail_at(n);
		int error = authres_parse(&arena, value, AUTHRES_STRICT, &field);

		reached = alloc_count() >= n;
		alloc_fail_at(0);
		assert_int_equal(error, reached ? INKAN_ENOMEM : INKAN_OK);
		assert_true(reached || (field.valid && field.result_count == 2));
		arena_release(&arena);
	}
}

int main(void)
{
	struct test_list list = {0};

	TEST_TABLE(&list, trust_rows, run_trust);
	TEST_TABLE(&list, odd_rows, run_odd);
	TEST_TABLE(&list, limit_rows, run_limit);
	test_add(&list, "R5 no field needs more than its share of memory", run_memory, NULL);
	test_add(&list, "no memory", run_no_memory, NULL);
	return test_run(&list, "authres/parse");
}

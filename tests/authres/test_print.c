/* Authentication-Results (RFC 8601; RULES R2, R6 to R10): whatever is put in, one well-formed field comes out. */
#include "authres/print.h"

#include "support/alloc.h"
#include "support/case.h"
#include "support/random.h"

/* ---- a strict reader of the grammar of RFC 8601 section 2.2, written for these tests ---- */

struct reader {
	struct str rest;
	bool good;
	char values[40][300]; /* pvalues and reasons, unquoted */
	size_t value_count, methods;
};

static void require(struct reader *r, bool condition)
{
	if (!condition)
		r->good = false;
}

static bool next_is(const struct reader *r, char c)
{
	return r->good && r->rest.n && r->rest.p[0] == c;
}

static char take(struct reader *r)
{
	require(r, r->rest.n > 0);
	if (!r->good)
		return '\0';
	char c = r->rest.p[0];

	r->rest = str_skip(r->rest, 1);
	return c;
}

static void expect(struct reader *r, char c)
{
	require(r, take(r) == c);
}

static bool is_ctext(char c)
{
	return (c >= 33 && c < 127 && c != '(' && c != ')' && c != '\\') || c == ' ';
}

/* [CFWS]: white space, folds with something behind them, comments without nesting */
static void cfws(struct reader *r)
{
	while (r->good && !str_eq(r->rest, STR("\r\n"))) {
		if (next_is(r, '\r')) {
			expect(r, '\r');
			expect(r, '\n');
			require(r, next_is(r, ' '));
		} else if (next_is(r, ' ')) {
			expect(r, ' ');
			require(r, r->rest.n > 0 && r->rest.p[0] != ' ' &&
			                   r->rest.p[0] != '\r'); /* no empty line, no runs */
		} else if (next_is(r, '(')) {
			expect(r, '(');
			while (r->good && !next_is(r, ')')) {
				if (next_is(r, '\\'))
					(void)take(r);
				char c = take(r);

				require(r, is_ctext(c) || c == '(' || c == ')' || c == '\\');
			}
			expect(r, ')');
		} else {
			return;
		}
	}
}

static bool is_token_octet(char c)
{
	return c > 32 && c < 127 && !strchr("()<>@,;:\\\"/[]?=", c);
}

static struct str token(struct reader *r)
{
	struct str from = r->rest;

	while (r->good && r->rest.n && is_token_octet(r->rest.p[0]))
		(void)take(r);
	from.n -= r->rest.n;
	require(r, from.n > 0);
	return from;
}

static void keep(struct reader *r, char c, size_t *n)
{
	require(r, r->value_count < 40 && *n < 299);
	if (r->good) {
		r->values[r->value_count][(*n)++] = c;
		r->values[r->value_count][*n] = '\0';
	}
}

static void quoted_string(struct reader *r)
{
	size_t n = 0;

	require(r, r->value_count < 40);
	if (r->good)
		r->values[r->value_count][0] = '\0';
	expect(r, '"');
	while (r->good && !next_is(r, '"')) {
		bool escaped = next_is(r, '\\');

		if (escaped)
			(void)take(r);
		char c = take(r);

		require(r, (c >= 32 && c < 127) && (escaped ? c == '"' || c == '\\' : c != '\\'));
		keep(r, c, &n);
	}
	expect(r, '"');
	r->value_count++;
}

/* value / [ [ local-part ] "@" ] domain-name */
static void pvalue(struct reader *r)
{
	size_t n = 0;

	if (next_is(r, '"')) {
		quoted_string(r);
		return;
	}
	bool any = false;

	require(r, r->value_count < 40);
	if (r->good)
		r->values[r->value_count][0] = '\0';
	for (; r->good && r->rest.n && (is_token_octet(r->rest.p[0]) || r->rest.p[0] == '@'); any = true)
		keep(r, take(r), &n);
	require(r, any);
	r->value_count++;
}

static void method(struct reader *r)
{
	cfws(r);
	(void)token(r);
	expect(r, '=');
	(void)token(r);
	r->methods++;
	cfws(r);
	while (r->good && !str_eq(r->rest, STR("\r\n")) && !next_is(r, ';')) {
		struct str name = token(r);

		expect(r, '=');
		if (str_eq(name, STR("reason")))
			quoted_string(r);
		else
			pvalue(r);
		require(r, str_eq(name, STR("reason")) || str_find(name, '.') < name.n);
		if (!next_is(r, ';') && !str_eq(r->rest, STR("\r\n")))
			require(r, next_is(r, ' ') || next_is(r, '\r'));
		cfws(r);
	}
}

/* Whether a line could have been folded somewhere behind its first column. */
static bool is_foldable(struct str line)
{
	char inside = '\0';

	for (size_t i = 1; i < line.n; i++) {
		char c = line.p[i];

		if (inside && c == '\\')
			i++;
		else if (inside ? c == inside : c == '"' || c == '(')
			inside = inside ? '\0' : c == '(' ? ')' : '"';
		else if (!inside && c == ' ')
			return true;
	}
	return false;
}

/* The whole field, CRLF included; lines at most 78 columns unless they are one piece. */
static bool is_one_field(struct str text, struct reader *r)
{
	*r = (struct reader){.rest = text, .good = true};
	require(r, str_has_prefix(text, STR("Authentication-Results:")));
	r->rest = str_skip(r->rest, strlen("Authentication-Results:"));
	cfws(r);
	if (next_is(r, '"')) {
		quoted_string(r);
		r->value_count = 0;
	} else {
		(void)token(r);
	}
	while (r->good && next_is(r, ';')) {
		expect(r, ';');
		if (str_eq(r->rest, STR(" none\r\n"))) {
			r->rest = str_skip(r->rest, strlen(" none"));
			break;
		}
		method(r);
	}
	require(r, str_eq(r->rest, STR("\r\n")));
	for (struct str rest = text; rest.n && r->good;) {
		struct str line = str_head(rest, str_search(rest, STR("\r\n")));

		require(r, line.n <= 998 && (line.n <= 78 || !is_foldable(line)));
		rest = str_skip(rest, line.n + 2);
	}
	return r->good;
}

/* ---- values ---- */

#define A100 "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"

static const struct value_row {
	const char *name;
	struct str value;
	const char *printed; /* how it stands in the field; NULL: not looked at */
	const char *read;    /* what a reader gets */
} value_rows[] = {
#define VALUE(text)                   \
	{                             \
		text, sizeof text - 1 \
	}
	{"R6 a word", VALUE("example.com"), "example.com", "example.com"},
	{"R6 an address", VALUE("a@example.com"), "a@example.com", "a@example.com"},
	{"R6 an address without local part", VALUE("@example.com"), "@example.com", "@example.com"},
	{"R6 an address with a quoted local part", VALUE("\"a b\"@example.com"), "\"\\\"a b\\\"@example.com\"",
         "\"a b\"@example.com"},
	{"R6 an address whose domain is none", VALUE("a@b+c"), "\"a@b+c\"", "a@b+c"},
	{"R6 an address with an underscore in its domain", VALUE("a@_b.example"), "\"a@_b.example\"", "a@_b.example"},
	{"R6 an address whose local part is no dot-atom", VALUE("a..b@example.com"), "\"a..b@example.com\"",
         "a..b@example.com"},
	{"R6 two @", VALUE("a@b@c"), "\"a@b@c\"", "a@b@c"},
	{"R6 only @", VALUE("@"), "\"@\"", "@"},
	{"R6 base64", VALUE("ab+/=="), "\"ab+/==\"", "ab+/=="},
	{"R6 a space", VALUE("a b"), "\"a b\"", "a b"},
	{"R6 a quote", VALUE("a\"b"), "\"a\\\"b\"", "a\"b"},
	{"R6 a backslash", VALUE("a\\"), "\"a\\\\\"", "a\\"},
	{"R6 a parenthesis", VALUE("example.net(.example.com"), "\"example.net(.example.com\"",
         "example.net(.example.com"},
	{"R6 a semicolon and another result", VALUE("x; dkim=pass header.d=bank.example"),
         "\"x; dkim=pass header.d=bank.example\"", "x; dkim=pass header.d=bank.example"},
	{"R6 CR and LF", VALUE("x\r\nBcc: y"), "\"x??Bcc: y\"", "x??Bcc: y"},
	{"R6 LF", VALUE("x\n y"), "\"x? y\"", "x? y"},
	{"R6 NUL", VALUE("x\0y"), "\"x?y\"", "x?y"},
	{"R6 tab, escape, delete", VALUE("\t\x1b\x7f"), "\"???\"", "???"},
	{"R10 octets beyond ASCII", VALUE("caf\xc3\xa9"), "\"caf??\"", "caf??"},
	{"R6 255 octets stay", VALUE(A100 A100 A100 "aaaaa"), NULL, NULL},
};

static void run_value(const void *row)
{
	const struct value_row *r = row;
	struct authres_printer p;
	struct reader reader;
	struct buf out;

	buf_init(&out, 10000);
	assert_true(authres_begin(&p, &out, STR("mx.example")));
	authres_method(&p, "dkim", "pass", STR_NULL);
	authres_property(&p, "header.d", r->value);
	authres_end(&p);
	assert_int_equal(buf_error(&out), INKAN_OK);
	if (!is_one_field(buf_str(&out), &reader))
		fail_msg("%.*s", STR_ARG(buf_str(&out)));
	assert_int_equal(reader.value_count, 1);
	if (r->read)
		assert_string_equal(reader.values[0], r->read);
	else
		assert_int_equal(strlen(reader.values[0]), AUTHRES_VALUE_MAX);
	if (r->printed) {
		struct buf want;

		buf_init(&want, 10000);
		buf_printf(&want, "Authentication-Results: mx.example;\r\n dkim=pass header.d=%s\r\n", r->printed);
		assert_true(str_eq(buf_str(&want), buf_str(&out)));
		buf_release(&want);
	}
	buf_release(&out);
}

/* ---- fields ---- */

static const struct inkan_dkim_result usual = {.result = INKAN_PASS,
                                               .reason = "",
                                               .domain = "example.com",
                                               .selector = "s1",
                                               .identity = "@example.com",
                                               .algorithm = "rsa-sha256",
                                               .signature_prefix = "AbCd/+12",
                                               .key_bits = 2048};

static void run_fields(const void *row)
{
	struct inkan_dkim_result results[2] = {usual, usual};
	struct authres_printer p;
	struct reader reader;
	struct buf out;

	(void)row;
	results[1].result = INKAN_FAIL;
	results[1].reason = "body hash did not verify";
	results[1].key_bits = 0;
	results[0].testing = true;
	results[1].signature_prefix = "";
	buf_init(&out, 10000);
	assert_true(authres_begin(&p, &out, STR("mx.example")));
	authres_dkim(&p, results, 2);
	authres_end(&p);
	buf_put_char(&out, '\0');
	assert_string_equal(out.p, "Authentication-Results: mx.example;\r\n"
	                           " dkim=pass (2048-bit key, test mode) header.d=example.com\r\n"
	                           " header.i=@example.com header.s=s1 header.a=rsa-sha256 header.b=\"AbCd/+12\";\r\n"
	                           " dkim=fail (body hash did not verify) reason=\"body hash did not verify\"\r\n"
	                           " header.d=example.com header.i=@example.com header.s=s1 header.a=rsa-sha256\r\n");
	assert_true(is_one_field(str_c(out.p), &reader));
	assert_int_equal(reader.methods, 2);
	buf_clear(&out);
	assert_true(authres_begin(&p, &out, STR("mx.example")));
	authres_end(&p);
	assert_true(str_eq(buf_str(&out), STR("Authentication-Results: mx.example; none\r\n")));
	assert_true(is_one_field(buf_str(&out), &reader));
	buf_clear(&out);
	assert_true(authres_begin(&p, &out, STR("mx.example")));
	authres_dkim(&p, NULL, 0);
	authres_end(&p);
	assert_true(str_eq(buf_str(&out), STR("Authentication-Results: mx.example;\r\n dkim=none\r\n")));
	buf_release(&out);
}

static const struct id_row {
	const char *name;
	struct str id;
	const char *printed; /* NULL: refused */
} id_rows[] = {
	{"R2 an authserv-id", VALUE("mx.example.com"), "mx.example.com"},
	{"R2 an authserv-id with a port", VALUE("mx.example.com:25"), "\"mx.example.com:25\""},
	{"R2 an empty authserv-id", VALUE(""), NULL},
	{"R2 an authserv-id with a space", VALUE("mx example"), NULL},
	{"R2 an authserv-id with a line end", VALUE("mx\r\nX: y"), NULL},
	{"R2 an authserv-id with NUL", VALUE("mx\0"), NULL},
	{"R2 an authserv-id beyond ASCII", VALUE("m\xc3\xa4x"), NULL},
	{"R2 an authserv-id of 256 octets", VALUE(A100 A100 A100), NULL},
};

static void run_id(const void *row)
{
	const struct id_row *r = row;
	struct authres_printer p;
	struct buf out, want;

	buf_init(&out, 10000);
	buf_init(&want, 10000);
	assert_int_equal(authres_begin(&p, &out, r->id), !!r->printed);
	if (r->printed) {
		authres_end(&p);
		buf_printf(&want, "Authentication-Results: %s; none\r\n", r->printed);
		assert_true(str_eq(buf_str(&want), buf_str(&out)));
	} else {
		assert_int_equal(out.n, 0);
	}
	buf_release(&out);
	buf_release(&want);
}

/* ---- anything at all ---- */

static const char *random_text(struct random *random, char room[600])
{
	static const char nasty[] = "\"\\()<>@,;:/[]?= \t\r\n\x7f\x80\xff.=abc";
	size_t n = random_below(random, 4) ? random_below(random, 30) : random_below(random, 599);

	for (size_t i = 0; i < n; i++)
		room[i] = random_below(random, 3) ? nasty[random_below(random, sizeof nasty - 1)]
		                                  : (char)(1 + random_below(random, 255));
	room[n] = '\0';
	return room;
}

static void run_random(const void *row)
{
	char rooms[10][600];
	struct random random = {11};
	struct reader reader;
	struct buf out;

	(void)row;
	buf_init(&out, 1000000);
	for (int round = 0; round < 3000; round++) {
		struct inkan_dkim_result results[2];
		struct authres_printer p;

		for (int i = 0; i < 2; i++)
			results[i] =
				(struct inkan_dkim_result){.result = (enum inkan_result)random_below(&random, 7),
			                                   .reason = random_text(&random, rooms[5 * i]),
			                                   .domain = random_text(&random, rooms[5 * i + 1]),
			                                   .selector = random_text(&random, rooms[5 * i + 2]),
			                                   .identity = random_text(&random, rooms[5 * i + 3]),
			                                   .algorithm = "rsa-sha256",
			                                   .signature_prefix = random_text(&random, rooms[5 * i + 4]),
			                                   .key_bits = (unsigned)random_below(&random, 5000),
			                                   .testing = random_below(&random, 2)};
		buf_clear(&out);
		assert_true(authres_begin(&p, &out, STR("mx.example")));
		authres_dkim(&p, results, 2);
		authres_comment(&p, str_c(rooms[0]));
		authres_end(&p);
		assert_int_equal(buf_error(&out), INKAN_OK);
		if (!is_one_field(buf_str(&out), &reader))
			fail_msg("%.*s", STR_ARG(buf_str(&out)));
		assert_int_equal(reader.methods, 2);
	}
	buf_release(&out);
}

static void run_many(const void *row)
{
	static struct inkan_dkim_result results[AUTHRES_DKIM_MAX + 1];
	static struct reader reader;
	struct authres_printer p;
	struct buf out;

	(void)row;
	buf_init(&out, 1000000);
	for (size_t i = 0; i <= AUTHRES_DKIM_MAX; i++)
		results[i] = (struct inkan_dkim_result){.result = INKAN_PASS,
		                                        .reason = "",
		                                        .domain = "",
		                                        .selector = "",
		                                        .identity = "",
		                                        .algorithm = "",
		                                        .signature_prefix = ""};
	for (size_t count = AUTHRES_DKIM_MAX - 1; count <= AUTHRES_DKIM_MAX + 1; count++) {
		buf_clear(&out);
		assert_true(authres_begin(&p, &out, STR("mx.example")));
		authres_dkim(&p, results, count);
		authres_end(&p);
		assert_true(is_one_field(buf_str(&out), &reader));
		assert_int_equal(reader.methods, count < AUTHRES_DKIM_MAX ? count : AUTHRES_DKIM_MAX);
	}
	buf_release(&out);
}

/* A buffer that ends anywhere, or memory that does: an error, never a shorter field that looks whole. */
static void run_no_room(const void *row)
{
	struct inkan_dkim_result result = usual;

	(void)row;
	result.reason = "a reason";
	for (size_t max = 0; max < 400; max++) {
		struct authres_printer p;
		struct reader reader;
		struct buf out;

		buf_init(&out, max);
		assert_true(authres_begin(&p, &out, STR("mx.example")));
		authres_dkim(&p, &result, 1);
		authres_end(&p);
		assert_true(buf_error(&out) == INKAN_ELIMIT || is_one_field(buf_str(&out), &reader));
		buf_release(&out);
	}
	bool reached = true;

	for (size_t n = 1; reached; n++) {
		struct authres_printer p;
		struct buf out;

		buf_init(&out, 10000);
		alloc_fail_at(n);
		assert_true(authres_begin(&p, &out, STR("mx.example")));
		authres_dkim(&p, &result, 1);
		authres_end(&p);
		reached = alloc_count() >= n;
		alloc_fail_at(0);
		assert_int_equal(buf_error(&out), reached ? INKAN_ENOMEM : INKAN_OK);
		buf_release(&out);
	}
}

int main(void)
{
	struct test_list list = {0};

	TEST_TABLE(&list, value_rows, run_value);
	TEST_TABLE(&list, id_rows, run_id);
	test_add(&list, "R7 the fields, octet for octet", run_fields, NULL);
	test_add(&list, "R6 anything at all gives one field", run_random, NULL);
	test_add(&list, "R9 a hundred results, not more", run_many, NULL);
	test_add(&list, "no room, no memory", run_no_room, NULL);
	return test_run(&list, "authres/print");
}

#include "mail/canon.h"

#include <stdio.h>
#include <stdlib.h>

#include <jansson.h>

#include "mail/random.h"
#include "mail/reference.h"
#include "support/case.h"
#include "support/data.h"

/* What the sink of a body form was given. */
struct taken {
	struct buf octets;
	size_t spans;
};

static void take(void *context, struct str span)
{
	struct taken *t = context;

	assert_true(span.n > 0);
	buf_put(&t->octets, span);
	t->spans++;
}

static struct taken body_form(enum canon canon, struct str body, size_t chunk_size)
{
	struct taken t = {0};
	struct canon_body c;

	buf_init(&t.octets, SIZE_MAX);
	canon_body_init(&c, canon, take, &t);
	while (body.n) {
		canon_body_feed(&c, str_head(body, chunk_size));
		body = str_skip(body, chunk_size);
	}
	canon_body_finish(&c);
	assert_int_equal(buf_error(&t.octets), INKAN_OK);
	assert_int_equal(c.size, t.octets.n);
	return t;
}

static void assert_str_equal(struct str got, struct str want)
{
	if (!str_eq(got, want))
		fail_msg("got \"%.*s\", want \"%.*s\"", STR_ARG(got), STR_ARG(want));
}

static const struct body_row {
	const char *name;
	const char *in, *simple, *relaxed;
} bodies[] = {
	{"RFC 6376 3.4.5 examples 1 and 2, body", " C \r\nD \t E\r\n\r\n\r\n", " C \r\nD \t E\r\n", " C\r\nD E\r\n"},
	{"V20 V21 empty body", "", "\r\n", ""},
	{"V20 V21 one empty line", "\r\n", "\r\n", ""},
	{"V20 V21 empty lines only", "\r\n\r\n\r\n", "\r\n", ""},
	{"V20 V21 trailing empty lines go", "a\r\n\r\n\r\n", "a\r\n", "a\r\n"},
	{"V20 V21 empty lines inside stay", "a\r\n\r\n\r\nb\r\n", "a\r\n\r\n\r\nb\r\n", "a\r\n\r\n\r\nb\r\n"},
	{"V20 V21 empty lines at the start stay", "\r\n\r\na\r\n", "\r\n\r\na\r\n", "\r\n\r\na\r\n"},
	{"V20 V21 missing last CRLF is added", "a", "a\r\n", "a\r\n"},
	{"V20 V21 missing last CRLF after an empty line", "a\r\n\r\nb", "a\r\n\r\nb\r\n", "a\r\n\r\nb\r\n"},
	{"V21 WSP at the end of a line", "a \t\r\nb\t \r\n", "a \t\r\nb\t \r\n", "a\r\nb\r\n"},
	{"V21 WSP at the end of a body without CRLF", "a \t", "a \t\r\n", "a\r\n"},
	{"V21 runs become one SP", "a \t\tb  c\td", "a \t\tb  c\td\r\n", "a b c d\r\n"},
	{"V21 leading WSP becomes one SP", "\t\ta\r\n  b\r\n", "\t\ta\r\n  b\r\n", " a\r\n b\r\n"},
	{"V21 lines of only WSP at the end vanish", "a\r\n \r\n\t \r\n", "a\r\n \r\n\t \r\n", "a\r\n"},
	{"V21 lines of only WSP inside become empty", "a\r\n \t\r\nb", "a\r\n \t\r\nb\r\n", "a\r\n\r\nb\r\n"},
	{"V21 body of only WSP", " \t ", " \t \r\n", ""},
	{"V21 body of one WSP line", " \r\n", " \r\n", ""},
	{"V22 VT, FF and NBSP are no WSP", "a \v\r\nb \f\r\nc \xc2\xa0\r\n", "a \v\r\nb \f\r\nc \xc2\xa0\r\n",
         "a \v\r\nb \f\r\nc \xc2\xa0\r\n"},
	{"bare LF is an ordinary octet", "a \nb\n", "a \nb\n\r\n", "a \nb\n\r\n"},
	{"bare LFs at the end are no empty lines", "a\r\n\n\n", "a\r\n\n\n\r\n", "a\r\n\n\n\r\n"},
	{"bare CR is an ordinary octet", "a \rb \r", "a \rb \r\r\n", "a \rb \r\r\n"},
	{"CR CR LF: the first is an ordinary octet", "a \r\r\n", "a \r\r\n", "a \r\r\n"},
	{"CR CR LF at the end of a line of WSP", "  \r\r\n\r\n", "  \r\r\n", " \r\r\n"},
	{"CR after the trailing lines", "a\r\n\r\n\r", "a\r\n\r\n\r\r\n", "a\r\n\r\n\r\r\n"},
	{"LF CR LF", "a\n\r\n\r\n", "a\n\r\n", "a\n\r\n"},
	{"WSP before LF CR", "a \n\r b", "a \n\r b\r\n", "a \n\r b\r\n"},
};

static void run_body(const void *row)
{
	const struct body_row *r = row;
	struct str in = str_c(r->in);

	for (enum canon canon = CANON_SIMPLE; canon <= CANON_RELAXED; canon++) {
		for (size_t chunk = 1; chunk <= in.n + 1; chunk++) {
			struct taken t = body_form(canon, in, chunk);

			assert_str_equal(buf_str(&t.octets), str_c(canon == CANON_SIMPLE ? r->simple : r->relaxed));
			buf_release(&t.octets);
		}
	}
}

static const struct field_row {
	const char *name;
	const char *in, *relaxed;
} fields[] = {
	{"RFC 6376 3.4.5 example 1, header A", "A: X", "a:X"},
	{"RFC 6376 3.4.5 example 1, header B", "B : Y\t\r\n\tZ  ", "b:Y Z"},
	{"V23 name to lower case, value not", "SUBJect: AbC", "subject:AbC"},
	{"V23 folded right after the colon", "Subject:\r\n  a", "subject:a"},
	{"V23 folded right after the colon and a SP", "Subject: \r\n\t\r\n a", "subject:a"},
	{"V23 no WSP round the colon", "B \t:\t Y", "b:Y"},
	{"V23 runs become one SP", "A: b \t c\r\n \t d", "a:b c d"},
	{"V23 WSP at the end goes", "A: b \t ", "a:b"},
	{"V23 a folded line of only WSP at the end goes", "A: b\r\n \t", "a:b"},
	{"V23 empty value", "A:", "a:"},
	{"V23 value of only WSP", "A: \r\n \r\n\t", "a:"},
	{"V23 more colons belong to the value", "A: b : c", "a:b : c"},
	{"V22 VT, FF and NBSP are no WSP", "A: \vb \f\xc2\xa0", "a:\vb \f\xc2\xa0"},
	{"bare CR and LF are ordinary octets", "A: b \n c\r d", "a:b \n c\r d"},
	{"no colon: all is name", "FOO  Bar ", "foo bar"},
	{"nothing", "", ""},
};

static void run_field(const void *row)
{
	const struct field_row *r = row;
	struct buf out;

	buf_init(&out, SIZE_MAX);
	canon_field(&out, CANON_RELAXED, str_c(r->in), false);
	assert_str_equal(buf_str(&out), str_c(r->relaxed));
	buf_put_c(&out, "|");
	canon_field(&out, CANON_RELAXED, str_c(r->in), true);
	assert_true(str_ihas_suffix(buf_str(&out), STR("\r\n")));
	assert_int_equal(out.n, 2 * strlen(r->relaxed) + 3);
	/* V24 */
	buf_clear(&out);
	canon_field(&out, CANON_SIMPLE, str_c(r->in), false);
	assert_str_equal(buf_str(&out), str_c(r->in));
	assert_int_equal(buf_error(&out), INKAN_OK);
	buf_release(&out);
}

/* A field of any octets, made into what a header section can hold: no CRLF without WSP behind it. */
static void run_random_fields(const void *row)
{
	uint64_t random = 0x2545f4914f6cdd1du;
	struct buf got, want;
	char text[300];

	(void)row;
	buf_init(&got, SIZE_MAX);
	buf_init(&want, SIZE_MAX);
	for (unsigned round = 0; round < 5000; round++) {
		size_t n = random_below(&random, sizeof text);

		random_fill(&random, text, n, STR("aB:  \t\r\r\n\v"), 1 + round % 4);
		for (size_t i = 0; i + 2 < n; i++) {
			if (text[i] == '\r' && random_below(&random, 3)) {
				text[i + 1] = '\n';
				text[i + 2] = ' ';
			}
		}
		for (size_t i = 0; i + 1 < n; i++)
			if (text[i] == '\r' && text[i + 1] == '\n' && (i + 2 >= n || !is_wsp(text[i + 2])))
				text[i] = 'c';
		buf_clear(&got);
		buf_clear(&want);
		canon_field(&got, CANON_RELAXED, str_from(text, n), false);
		reference_field_relaxed(&want, str_from(text, n));
		assert_str_equal(buf_str(&got), buf_str(&want));
	}
	buf_release(&got);
	buf_release(&want);
}

static void run_names(const void *row)
{
	enum canon canon = CANON_SIMPLE;

	(void)row;
	assert_true(canon_from_name(canon_name(CANON_RELAXED), &canon));
	assert_int_equal(canon, CANON_RELAXED);
	assert_true(canon_from_name(STR("Simple"), &canon));
	assert_int_equal(canon, CANON_SIMPLE);
	assert_false(canon_from_name(STR("nowsp"), &canon));
	assert_false(canon_from_name(STR(""), &canon));
}

/* 2^31 octets of empty lines between two letters, fed as blocks: nothing but a counter may grow. */
static void count(void *context, struct str span)
{
	uint64_t *total = context;

	*total += span.n;
}

static void run_many_empty_lines(const void *row)
{
	static char block[1 << 20];
	const uint64_t blocks = 2048;

	(void)row;
	for (size_t i = 0; i < sizeof block; i++)
		block[i] = i % 2 ? '\n' : '\r';
	for (enum canon canon = CANON_SIMPLE; canon <= CANON_RELAXED; canon++) {
		uint64_t total = 0;
		struct canon_body c;

		canon_body_init(&c, canon, count, &total);
		canon_body_feed(&c, STR("a"));
		for (uint64_t i = 0; i < blocks; i++)
			canon_body_feed(&c, str_from(block, sizeof block));
		assert_true(total <= 1);
		canon_body_feed(&c, STR("b"));
		canon_body_finish(&c);
		assert_int_equal(total, blocks * sizeof block + 4);
	}
}

static const struct random_row {
	const char *name;
	const char *alphabet;
	size_t size, steady, chunk_max;
} randoms[] = {
	{"any chunking: dense white space, small chunks", "a \t\r\n", 200, 2, 9},
	{"any chunking: white space, runs", "a \t\r\n", 3000, 6, 300},
	{"any chunking: line ends", "a\r\n", 500, 3, 50},
	{"any chunking: text", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa      \t\r\n", 20000, 1, 6000},
	{"any chunking: letters, mostly", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa \r\n", 30000, 10,
         30000},
};

static void feed_random(struct canon_body *c, struct str body, size_t chunk_max, uint64_t *random)
{
	while (body.n) {
		size_t n = random_below(random, chunk_max + 1);
		struct str chunk = str_head(body, n);
		char *copy = malloc(chunk.n ? chunk.n : 1);

		memcpy(copy, chunk.p, chunk.n);
		canon_body_feed(c, str_from(copy, chunk.n));
		free(copy);
		body = str_skip(body, n);
	}
	canon_body_finish(c);
}

static void run_random(const void *row)
{
	const struct random_row *r = row;
	const struct scanner *variants[SCAN_VARIANTS_MAX];
	size_t variant_count = scan_variants(variants);
	uint64_t random = 0x853c49e6748fea9bu;
	char *text = malloc(2 * r->size);
	struct buf want;

	buf_init(&want, SIZE_MAX);
	for (unsigned round = 0; round < 40; round++) {
		size_t n = 0;

		/* more CRLFs than chance would give */
		random_fill(&random, text, r->size, str_c(r->alphabet), r->steady);
		for (size_t i = 0; i + 1 < r->size; i++)
			n += text[i] == '\r' && random_below(&random, 4) ? (text[i + 1] = '\n') == '\n' : 0;
		assert_true(n > 0);
		struct str body = str_head(str_from(text, r->size), random_below(&random, r->size));

		for (enum canon canon = CANON_SIMPLE; canon <= CANON_RELAXED; canon++) {
			buf_clear(&want);
			reference_body(&want, canon, body);
			for (size_t v = 0; v < variant_count; v++) {
				struct taken t = {0};
				struct canon_body c;

				buf_init(&t.octets, SIZE_MAX);
				canon_body_init(&c, canon, take, &t);
				c.scanner = variants[v];
				feed_random(&c, body, r->chunk_max, &random);
				assert_str_equal(buf_str(&t.octets), buf_str(&want));
				assert_int_equal(c.size, want.n);
				buf_release(&t.octets);
			}
		}
	}
	buf_release(&want);
	free(text);
}

/* Conformance data: dkim/rfc/canonicalization.json */

static struct str json_text(const json_t *value)
{
	return str_from(json_string_value(value), json_string_length(value));
}

static void check_headers(const json_t *cases)
{
	for (size_t i = 0; i < json_array_size(cases); i++) {
		const json_t *one = json_array_get(cases, i), *in = json_object_get(one, "in");
		enum canon canon;

		assert_true(canon_from_name(json_text(json_object_get(one, "algorithm")), &canon));
		for (size_t f = 0; f < json_array_size(in); f++) {
			struct str raw = json_text(json_array_get(in, f));
			struct buf out;

			buf_init(&out, SIZE_MAX);
			canon_field(&out, canon, str_head(raw, raw.n - 2), true);
			assert_str_equal(buf_str(&out), json_text(json_array_get(json_object_get(one, "out"), f)));
			buf_release(&out);
		}
	}
}

static void check_bodies(const json_t *cases)
{
	for (size_t i = 0; i < json_array_size(cases); i++) {
		const json_t *one = json_array_get(cases, i);
		enum canon canon;

		assert_true(canon_from_name(json_text(json_object_get(one, "algorithm")), &canon));
		struct taken t = body_form(canon, json_text(json_object_get(one, "in")), 3);

		assert_str_equal(buf_str(&t.octets), json_text(json_object_get(one, "out")));
		buf_release(&t.octets);
	}
}

static void run_conformance(const void *row)
{
	const char *path = test_conformance_path("dkim/rfc/canonicalization.json");

	(void)row;
	if (!path)
		test_skip("no conformance data");
	json_t *root = json_load_file(path, 0, NULL);

	assert_non_null(root);
	assert_true(json_array_size(json_object_get(root, "headers")) > 0);
	assert_true(json_array_size(json_object_get(root, "body")) > 0);
	check_headers(json_object_get(root, "headers"));
	check_bodies(json_object_get(root, "body"));
	json_decref(root);
}

int main(void)
{
	struct test_list list = {0};

	TEST_TABLE(&list, bodies, run_body);
	TEST_TABLE(&list, fields, run_field);
	TEST_TABLE(&list, randoms, run_random);
	test_add(&list, "V23 random fields", run_random_fields, NULL);
	test_add(&list, "names of the forms", run_names, NULL);
	test_add(&list, "V20 V21 2 GiB of empty lines are counted, not kept", run_many_empty_lines, NULL);
	test_add(&list, "conformance: RFC 6376 canonicalization", run_conformance, NULL);
	return test_run(&list, "mail/canon");
}

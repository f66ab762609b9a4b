#include "mail/reader.h"

#include <stdlib.h>

#include "mail/random.h"
#include "mail/reference.h"
#include "support/alloc.h"
#include "support/case.h"

/* What the sink was given. */
struct taken {
	struct buf header, body;
	size_t fields, headers, longest;
	int header_result, body_result;
};

static int take_header(void *context, const struct header *header)
{
	struct taken *t = context;

	assert_int_equal(t->headers++, 0);
	buf_put(&t->header, header->text);
	t->fields = header->count;
	return t->header_result;
}

static int take_body(void *context, struct str span)
{
	struct taken *t = context;

	assert_int_equal(t->headers, 1);
	assert_true(span.n > 0);
	t->longest = span.n > t->longest ? span.n : t->longest;
	buf_put(&t->body, span);
	return t->body_result;
}

static void taken_init(struct taken *t)
{
	*t = (struct taken){0};
	buf_init(&t->header, SIZE_MAX);
	buf_init(&t->body, SIZE_MAX);
}

static void taken_release(struct taken *t)
{
	buf_release(&t->header);
	buf_release(&t->body);
}

static struct reader_sink sink_of(struct taken *t)
{
	return (struct reader_sink){take_header, take_body, t};
}

static int read_all(struct reader *r, struct str message, size_t chunk_size)
{
	int error = INKAN_OK;

	while (message.n && !error) {
		error = reader_feed(r, str_head(message, chunk_size));
		message = str_skip(message, chunk_size);
	}
	return error ? error : reader_finish(r);
}

static void assert_str_equal(struct str got, struct str want)
{
	if (!str_eq(got, want))
		fail_msg("got \"%.*s\", want \"%.*s\"", STR_ARG(got), STR_ARG(want));
}

struct expected {
	const char *header, *body;
	bool has_separator;
};

static const struct row {
	const char *name;
	const char *in;
	struct expected strict, normalised;
	uint64_t bare_lf, bare_cr, first_bare;
} rows[] = {
	{"header and body",
         "A: x\r\nB: y\r\n\r\nbody\r\n",
         {"A: x\r\nB: y\r\n", "body\r\n", true},
         {"A: x\r\nB: y\r\n", "body\r\n", true},
         0,
         0,
         0},
	{"nothing", "", {"", "", false}, {"", "", false}, 0, 0, 0},
	{"no header", "\r\nbody\r\n", {"", "body\r\n", true}, {"", "body\r\n", true}, 0, 0, 0},
	{"no header, no body", "\r\n", {"", "", true}, {"", "", true}, 0, 0, 0},
	{"no body", "A: x\r\n\r\n", {"A: x\r\n", "", true}, {"A: x\r\n", "", true}, 0, 0, 0},
	{"no empty line", "A: x\r\n", {"A: x\r\n", "", false}, {"A: x\r\n", "", false}, 0, 0, 0},
	{"ends inside the header", "A: x", {"A: x", "", false}, {"A: x", "", false}, 0, 0, 0},
	{"a line of WSP is no empty line",
         "A: x\r\n \r\nB: y\r\n\r\nz",
         {"A: x\r\n \r\nB: y\r\n", "z", true},
         {"A: x\r\n \r\nB: y\r\n", "z", true},
         0,
         0,
         0},
	{"V29 bare LF",
         "A: x\nB: y\n\nbody\n\nend\n",
         {"A: x\nB: y\n\nbody\n\nend\n", "", false},
         {"A: x\r\nB: y\r\n", "body\r\n\r\nend\r\n", true},
         6,
         0,
         4},
	{"V29 bare LF in the body only",
         "A: x\r\n\r\na\nb\r\n\n",
         {"A: x\r\n", "a\nb\r\n\n", true},
         {"A: x\r\n", "a\r\nb\r\n\r\n", true},
         2,
         0,
         9},
	{"V29 empty line of mixed ends",
         "A: x\r\n\nbody",
         {"A: x\r\n\nbody", "", false},
         {"A: x\r\n", "body", true},
         1,
         0,
         6},
	{"V29 empty line of the other mixed ends",
         "A: x\n\r\nbody",
         {"A: x\n\r\nbody", "", false},
         {"A: x\r\n", "body", true},
         1,
         0,
         4},
	{"V29 bare CR stays",
         "A: x\ry\r\n\r\na\rb\r",
         {"A: x\ry\r\n", "a\rb\r", true},
         {"A: x\ry\r\n", "a\rb\r", true},
         0,
         3,
         4},
	{"V29 CR CR LF",
         "A: x\r\r\n\r\na\r\r\n",
         {"A: x\r\r\n", "a\r\r\n", true},
         {"A: x\r\r\n", "a\r\r\n", true},
         0,
         2,
         4},
	{"V29 CR CR LF is no empty line",
         "A: x\r\n\r\r\nB: y\r\n\r\nz",
         {"A: x\r\n\r\r\nB: y\r\n", "z", true},
         {"A: x\r\n\r\r\nB: y\r\n", "z", true},
         0,
         1,
         6},
	{"V29 smuggled end of data",
         "\r\na\n.\nb\r\n",
         {"", "a\n.\nb\r\n", true},
         {"", "a\r\n.\r\nb\r\n", true},
         2,
         0,
         3},
	{"V29 LF CR", "\r\na\n\rb", {"", "a\n\rb", true}, {"", "a\r\n\rb", true}, 1, 1, 3},
	{"V29 ends in a bare CR inside the header", "A: x\r", {"A: x\r", "", false}, {"A: x\r", "", false}, 0, 1, 4},
};

static void check(const struct row *r, enum reader_line_ends line_ends, size_t chunk_size)
{
	const struct expected *want = line_ends == READER_STRICT ? &r->strict : &r->normalised;
	struct arena arena;
	struct reader reader;
	struct taken t;

	taken_init(&t);
	arena_init(&arena, 1 << 20);
	reader_init(&reader, &arena, (struct reader_options){.line_ends = line_ends}, sink_of(&t));
	assert_int_equal(read_all(&reader, str_c(r->in), chunk_size), INKAN_OK);
	assert_int_equal(t.headers, 1);
	assert_str_equal(buf_str(&t.header), str_c(want->header));
	assert_str_equal(buf_str(&t.body), str_c(want->body));
	assert_int_equal(reader.facts.has_separator, want->has_separator);
	assert_int_equal(reader.facts.size, strlen(r->in));
	assert_int_equal(reader.facts.body_size, strlen(want->body));
	assert_int_equal(reader.facts.bare_lf, r->bare_lf);
	assert_int_equal(reader.facts.bare_cr, r->bare_cr);
	if (r->bare_lf + r->bare_cr)
		assert_int_equal(reader.facts.first_bare, r->first_bare);
	reader_release(&reader);
	arena_release(&arena);
	taken_release(&t);
}

static void run_row(const void *row)
{
	const struct row *r = row;

	for (size_t chunk = 1; chunk <= strlen(r->in) + 1; chunk++) {
		check(r, READER_STRICT, chunk);
		check(r, READER_NORMALISE, chunk);
	}
}

/* A random message, whole and in random chunks, with every variant of the scanner: header and body must be those that
 * the whole message gives after its line ends have been mended octet by octet. */

static void check_random(struct str message, enum reader_line_ends line_ends, size_t chunk_max, uint64_t *random)
{
	const struct scanner *variants[SCAN_VARIANTS_MAX];
	size_t variant_count = scan_variants(variants);
	struct buf whole;

	buf_init(&whole, SIZE_MAX);
	reference_line_ends(&whole, line_ends, message);
	struct str text = buf_str(&whole);
	size_t header = reference_header_size(text);

	for (size_t v = 0; v < variant_count; v++) {
		struct arena arena;
		struct reader r;
		struct taken t;

		taken_init(&t);
		arena_init(&arena, 1 << 24);
		reader_init(&r, &arena, (struct reader_options){.line_ends = line_ends, .fields_max = 1 << 20},
		            sink_of(&t));
		r.scanner = variants[v];
		for (struct str rest = message; rest.n;) {
			size_t n = random_below(random, chunk_max + 1);

			assert_int_equal(reader_feed(&r, str_head(rest, n)), INKAN_OK);
			rest = str_skip(rest, n);
		}
		assert_int_equal(reader_finish(&r), INKAN_OK);
		assert_str_equal(buf_str(&t.header), str_head(text, header));
		assert_str_equal(buf_str(&t.body), str_skip(text, header + 2));
		uint64_t lf = 0, cr = 0;

		for (size_t i = 0; i < message.n; i++) {
			lf += message.p[i] == '\n' && (i == 0 || message.p[i - 1] != '\r');
			cr += message.p[i] == '\r' && (i + 1 == message.n || message.p[i + 1] != '\n');
		}
		assert_int_equal(r.facts.bare_lf, lf);
		assert_int_equal(r.facts.bare_cr, cr);
		reader_release(&r);
		arena_release(&arena);
		taken_release(&t);
	}
	buf_release(&whole);
}

static const struct random_row {
	const char *name;
	const char *alphabet;
	size_t size, steady, chunk_max;
} randoms[] = {
	{"any chunking: line ends, small chunks", "ab:\r\n", 300, 1, 7},
	{"any chunking: runs of line ends", "a\r\n", 3000, 8, 300},
	{"any chunking: long lines", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\r\n", 20000, 2, 6000},
	{"any chunking: text of LF lines", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaa bbbbbbbbbbbbbbbbbb \n", 70000, 1, 50000},
};

static void run_random(const void *row)
{
	const struct random_row *r = row;
	uint64_t random = 0xda942042e4dd58b5u;
	char *text = malloc(r->size);

	for (unsigned round = 0; round < 100; round++) {
		size_t n = random_below(&random, r->size);

		random_fill(&random, text, n, str_c(r->alphabet), r->steady);
		for (size_t i = 0; i + 1 < n; i++)
			if (text[i] == '\r' && random_below(&random, 4))
				text[i + 1] = '\n';
		check_random(str_from(text, n), READER_STRICT, r->chunk_max, &random);
		check_random(str_from(text, n), READER_NORMALISE, r->chunk_max, &random);
	}
	free(text);
}

static void run_nul(const void *row)
{
	struct arena arena;
	struct reader r;
	struct taken t;

	(void)row;
	taken_init(&t);
	arena_init(&arena, 1 << 20);
	reader_init(&r, &arena, (struct reader_options){0}, sink_of(&t));
	assert_int_equal(read_all(&r, STR("A: \0x\0\r\n\r\n\0\r\n"), 4), INKAN_OK);
	assert_int_equal(r.facts.nul, 2);
	assert_int_equal(t.body.n, 3);
	reader_release(&r);
	arena_release(&arena);
	taken_release(&t);
}

/* header_size_max counts the section without the empty line */
static int read_header_of(size_t size, size_t chunk_size, size_t size_max, bool separator)
{
	struct arena arena;
	struct reader r;
	struct taken t;
	struct buf text;

	buf_init(&text, SIZE_MAX);
	buf_put_c(&text, "A: ");
	while (text.n < size - 2)
		buf_put_char(&text, 'x');
	buf_put_c(&text, separator ? "\r\n\r\nbody" : "\r\n");
	taken_init(&t);
	arena_init(&arena, 1 << 20);
	reader_init(&r, &arena, (struct reader_options){.header_size_max = size_max}, sink_of(&t));
	int error = read_all(&r, buf_str(&text), chunk_size);

	if (!error)
		assert_int_equal(t.header.n, size);
	assert_int_equal(reader_feed(&r, STR("x")), error ? error : INKAN_EUSAGE); /* sticky */
	reader_release(&r);
	arena_release(&arena);
	taken_release(&t);
	buf_release(&text);
	return error;
}

static void run_size_limit(const void *row)
{
	(void)row;
	for (size_t chunk = 1; chunk < 120; chunk++) {
		for (int separator = 0; separator < 2; separator++) {
			assert_int_equal(read_header_of(100, chunk, 100, separator), INKAN_OK);
			assert_int_equal(read_header_of(101, chunk, 100, separator), INKAN_ELIMIT);
			assert_int_equal(read_header_of(102, chunk, 100, separator), INKAN_ELIMIT);
			assert_int_equal(read_header_of(103, chunk, 100, separator), INKAN_ELIMIT);
		}
	}
	assert_int_equal(read_header_of(MAIL_HEADER_SIZE_MAX, 65536, 0, true), INKAN_OK);
	assert_int_equal(read_header_of(MAIL_HEADER_SIZE_MAX + 1, 65536, 0, true), INKAN_ELIMIT);
	assert_int_equal(read_header_of(10 << 20, 10 << 20, 0, true), INKAN_ELIMIT);
}

static int read_fields(size_t count, size_t fields_max)
{
	struct arena arena;
	struct reader r;
	struct taken t;
	struct buf text;

	buf_init(&text, SIZE_MAX);
	for (size_t i = 0; i < count; i++)
		buf_put_c(&text, "X: y\r\n");
	taken_init(&t);
	arena_init(&arena, 1 << 24);
	reader_init(&r, &arena, (struct reader_options){.fields_max = fields_max}, sink_of(&t));
	int error = read_all(&r, buf_str(&text), 65536);

	assert_int_equal(t.headers, error ? 0 : 1);
	assert_int_equal(t.fields, error ? 0 : count);
	reader_release(&r);
	arena_release(&arena);
	taken_release(&t);
	buf_release(&text);
	return error;
}

static void run_fields_limit(const void *row)
{
	(void)row;
	assert_int_equal(read_fields(7, 7), INKAN_OK);
	assert_int_equal(read_fields(8, 7), INKAN_ELIMIT);
	assert_int_equal(read_fields(MAIL_FIELDS_MAX, 0), INKAN_OK);
	assert_int_equal(read_fields(MAIL_FIELDS_MAX + 1, 0), INKAN_ELIMIT);
	assert_int_equal(read_fields(100000, 0), INKAN_ELIMIT);
}

static void run_spans(const void *row)
{
	static char body[3 * READER_SPAN_MAX + 17];
	struct arena arena;
	struct reader r;
	struct taken t;

	(void)row;
	memset(body, 'x', sizeof body);
	taken_init(&t);
	arena_init(&arena, 1 << 20);
	reader_init(&r, &arena, (struct reader_options){0}, sink_of(&t));
	assert_int_equal(reader_feed(&r, STR("A: x\r\n\r\n")), INKAN_OK);
	assert_int_equal(reader_feed(&r, str_from(body, sizeof body)), INKAN_OK);
	assert_int_equal(reader_finish(&r), INKAN_OK);
	assert_int_equal(t.longest, READER_SPAN_MAX);
	assert_str_equal(buf_str(&t.body), str_from(body, sizeof body));
	reader_release(&r);
	arena_release(&arena);
	taken_release(&t);
}

static void run_sink_errors(const void *row)
{
	(void)row;
	for (int in_body = 0; in_body < 2; in_body++) {
		struct arena arena;
		struct reader r;
		struct taken t;

		taken_init(&t);
		*(in_body ? &t.body_result : &t.header_result) = INKAN_EIO;
		arena_init(&arena, 1 << 20);
		reader_init(&r, &arena, (struct reader_options){.line_ends = READER_NORMALISE}, sink_of(&t));
		assert_int_equal(reader_feed(&r, STR("A: x\n\na\nb\nc\n")), INKAN_EIO);
		assert_int_equal(t.body.n, in_body);
		assert_int_equal(reader_feed(&r, STR("d")), INKAN_EIO);
		assert_int_equal(reader_finish(&r), INKAN_EIO);
		reader_release(&r);
		arena_release(&arena);
		taken_release(&t);
	}
}

static void run_reset(const void *row)
{
	struct arena arena;
	struct reader r;
	struct taken t;

	(void)row;
	taken_init(&t);
	arena_init(&arena, 1 << 20);
	reader_init(&r, &arena, (struct reader_options){.header_size_max = 10}, sink_of(&t));
	assert_int_equal(read_all(&r, STR("A: too long\r\n\r\n"), 20), INKAN_ELIMIT);
	reader_reset(&r);
	arena_reset(&arena);
	assert_int_equal(read_all(&r, STR("A: x\r\n\r\nb\r"), 20), INKAN_OK);
	assert_int_equal(reader_finish(&r), INKAN_EUSAGE);
	reader_reset(&r);
	arena_reset(&arena);
	t.headers = 0;
	buf_clear(&t.header);
	buf_clear(&t.body);
	assert_int_equal(read_all(&r, STR("\nB: y\r\n\r\n"), 20), INKAN_OK);
	assert_str_equal(buf_str(&t.header), STR("\nB: y\r\n"));
	assert_int_equal(r.facts.bare_lf, 1);
	reader_release(&r);
	arena_release(&arena);
	taken_release(&t);
}

static void run_no_memory(const void *row)
{
	struct buf text;
	size_t n = 1;

	(void)row;
	buf_init(&text, SIZE_MAX);
	for (unsigned i = 0; i < 200; i++)
		buf_printf(&text, "Name%u: some text\r\n", i);
	buf_put_c(&text, "\r\nbody\r\n");
	for (bool reached = true; reached; n++) {
		struct arena arena;
		struct reader r;
		struct taken t;

		taken_init(&t);
		/* what the test itself keeps shall not be counted */
		assert_non_null(buf_reserve(&t.header, text.n));
		assert_non_null(buf_reserve(&t.body, text.n));
		arena_init(&arena, 1 << 24);
		reader_init(&r, &arena, (struct reader_options){0}, sink_of(&t));
		alloc_fail_at(n);
		int error = read_all(&r, buf_str(&text), 100);

		reached = alloc_count() >= n;
		alloc_fail_at(0);
		assert_int_equal(error, reached ? INKAN_ENOMEM : INKAN_OK);
		reader_release(&r);
		arena_release(&arena);
		taken_release(&t);
	}
	assert_true(n > 4);
	buf_release(&text);
}

int main(void)
{
	struct test_list list = {0};

	TEST_TABLE(&list, rows, run_row);
	TEST_TABLE(&list, randoms, run_random);
	test_add(&list, "NUL octets of the header are counted", run_nul, NULL);
	test_add(&list, "header_size_max at n and n+1", run_size_limit, NULL);
	test_add(&list, "fields_max at n and n+1", run_fields_limit, NULL);
	test_add(&list, "spans of at most READER_SPAN_MAX", run_spans, NULL);
	test_add(&list, "errors of the sink", run_sink_errors, NULL);
	test_add(&list, "the next message after reader_reset()", run_reset, NULL);
	test_add(&list, "out of memory at every allocation", run_no_memory, NULL);
	return test_run(&list, "mail/reader");
}

#include "mail/scan.h"

#include "mail/random.h"
#include "support/case.h"

/* as STR(), but a constant initialiser */
#define TEXT(literal)                        \
	{                                    \
		literal, sizeof(literal) - 1 \
	}

enum { SIZE_MAX_TESTED = 300, ALIGNMENTS = 4 };

static const struct scanner *variants[SCAN_VARIANTS_MAX];
static size_t variant_count;

/* What the functions are to do, octet by octet. */

static bool at(struct str s, size_t i, char c)
{
	return i < s.n && s.p[i] == c;
}

static bool wsp_at(struct str s, size_t i)
{
	return i < s.n && is_wsp(s.p[i]);
}

static bool needs_care(struct str s, size_t i)
{
	return at(s, i, '\t') || (at(s, i, ' ') && (wsp_at(s, i + 1) || at(s, i + 1, '\r')));
}

static bool dropped_in_body(struct str s, size_t i)
{
	return wsp_at(s, i) && (wsp_at(s, i + 1) || (at(s, i + 1, '\r') && at(s, i + 2, '\n')));
}

static bool white_in_field(struct str s, size_t i)
{
	return wsp_at(s, i) || (at(s, i, '\r') && at(s, i + 1, '\n') && wsp_at(s, i + 2)) ||
	       (i > 0 && at(s, i - 1, '\r') && at(s, i, '\n') && wsp_at(s, i + 1));
}

static bool odd(struct str s, size_t i, bool after_cr)
{
	return at(s, i, '\n') != (i ? at(s, i - 1, '\r') : after_cr);
}

static void check_clean(const struct scanner *v, struct str s)
{
	size_t clean = v->clean(s);

	assert_true(s.n == 0 ? clean == 0 : clean < s.n);
	for (size_t i = 0; i < clean; i++)
		assert_false(needs_care(s, i));
}

static void check_relax(const struct scanner *v, struct str s)
{
	char *out = malloc(SCAN_STRETCH_MAX + SCAN_SLACK);
	struct scanned done = v->relax(s, out);
	size_t n = 0;

	assert_true(done.taken <= SCAN_STRETCH_MAX);
	assert_true(s.n <= SCAN_RELAXED_AHEAD ? done.taken == 0 : done.taken > 0);
	assert_true(done.taken == 0 || done.taken + SCAN_RELAXED_AHEAD <= s.n);
	for (size_t i = 0; i < done.taken; i++)
		if (!dropped_in_body(s, i))
			assert_true(n < done.written && out[n++] == (s.p[i] == '\t' ? ' ' : s.p[i]));
	assert_int_equal(n, done.written);
	free(out);
}

static void check_unfold(const struct scanner *v, struct str s)
{
	char *out = malloc(s.n + SCAN_SLACK);
	size_t n = 0, written = (size_t)(v->unfold(s, out) - out);

	for (size_t i = 0; i < s.n; i++)
		if (!white_in_field(s, i) || !white_in_field(s, i + 1))
			assert_true(n < written && out[n++] == (s.p[i] == '\t' ? ' ' : s.p[i]));
	assert_int_equal(n, written);
	free(out);
}

static void check_paired(const struct scanner *v, struct str s, bool after_cr)
{
	size_t paired = v->paired(s, after_cr), first = 0;

	while (first < s.n && !odd(s, first, after_cr))
		first++;
	assert_true(first == s.n ? paired == s.n : paired <= first);
}

static void check_empty_line(const struct scanner *v, struct str s)
{
	size_t want = 2;

	while (want < s.n && !(at(s, want, '\n') && (at(s, want - 1, '\n') || at(s, want - 2, '\n'))))
		want++;
	assert_int_equal(v->empty_line(s), want < s.n ? want : s.n);
}

static void check_bare(const struct scan_bare *got, struct str s, bool after_cr)
{
	struct scan_bare want = {0};

	for (size_t i = s.n; i-- > 0;) {
		if (odd(s, i, after_cr)) {
			want.first = i;
			want.lf += at(s, i, '\n');
			want.cr += !at(s, i, '\n');
		}
	}
	assert_int_equal(got->lf, want.lf);
	assert_int_equal(got->cr, want.cr);
	if (want.lf + want.cr)
		assert_int_equal(got->first, want.first);
}

static void check_mend_lf(const struct scanner *v, struct str s, bool after_cr)
{
	char *out = malloc(2 * SCAN_STRETCH_MAX + SCAN_SLACK);
	struct scan_bare bare = {0};
	struct scanned done = v->mend_lf(s, after_cr, &bare, out);
	size_t n = 0;

	assert_true(done.taken <= s.n && done.taken <= SCAN_STRETCH_MAX);
	assert_true(s.n == 0 || done.taken > 0);
	check_bare(&bare, str_head(s, done.taken), after_cr);
	for (size_t i = 0; i < done.taken; i++) {
		if (odd(s, i, after_cr) && at(s, i, '\n'))
			assert_true(n < done.written && out[n++] == '\r');
		assert_true(n < done.written && out[n++] == s.p[i]);
	}
	assert_int_equal(n, done.written);
	free(out);
}

static void check_all(struct str s)
{
	for (size_t i = 0; i < variant_count; i++) {
		check_clean(variants[i], s);
		check_relax(variants[i], s);
		check_unfold(variants[i], s);
		check_empty_line(variants[i], s);
		for (int after_cr = 0; after_cr < 2; after_cr++) {
			struct scan_bare bare = {0};

			check_paired(variants[i], s, after_cr);
			check_mend_lf(variants[i], s, after_cr);
			variants[i]->count_bare(s, after_cr, &bare);
			check_bare(&bare, s, after_cr);
		}
	}
}

/* s ends where its memory ends, so that the sanitizer sees what is read beyond */
static void check_copy(struct str s, size_t alignment)
{
	char *memory = malloc(alignment + s.n + 1);

	if (s.n)
		memcpy(memory + alignment + 1, s.p, s.n);
	memory[alignment] = '\r'; /* what stands before must not matter */
	check_all(str_from(memory + alignment + 1, s.n));
	free(memory);
}

static const struct row {
	const char *name;
	struct str alphabet;
	size_t steady;
} rows[] = {
	{"letters", TEXT("abc"), 1},
	{"text", TEXT("aaaaaaaaaa \r\n"), 1},
	{"white space", TEXT(" \t\r\n"), 1},
	{"runs of white space", TEXT(" \t\r\n"), 8},
	{"spaces", TEXT("a \r"), 2},
	{"line ends", TEXT("a\r\n"), 1},
	{"runs of line ends", TEXT("a\r\n"), 6},
	{"control characters and 8-bit", TEXT("\0\1\b\t\n\v\f\r\x1f !\x7f\x80\x8a\x8d\x89\xa0\xff"), 1},
	{"all of it, now and then", TEXT("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa  \t\r\n"), 1},
};

static void run_row(const void *row)
{
	const struct row *r = row;
	uint64_t random = 0x9e3779b97f4a7c15u;
	char text[SIZE_MAX_TESTED];

	for (size_t n = 0; n <= SIZE_MAX_TESTED; n++) {
		for (size_t alignment = 0; alignment < ALIGNMENTS; alignment++) {
			random_fill(&random, text, n, r->alphabet, r->steady);
			check_copy(str_from(text, n), alignment * 7);
		}
	}
}

/* one or two odd octets at every place of clean lines */
static void run_places(const void *row)
{
	static const struct str odds[] = {TEXT(" "),   TEXT("  "),   TEXT("\t"),  TEXT("\r"),   TEXT("\n"),
	                                  TEXT(" \r"), TEXT("\r\n"), TEXT("\n "), TEXT("\n\n"), TEXT("\n\r\n")};
	char text[SIZE_MAX_TESTED];

	(void)row;
	for (size_t n = 250; n < 260; n++) {
		for (size_t i = 0; i < sizeof odds / sizeof *odds; i++) {
			for (size_t place = 0; place + odds[i].n <= n; place++) {
				memset(text, 'x', n);
				memcpy(text + place, odds[i].p, odds[i].n);
				check_copy(str_from(text, n), 0);
			}
		}
	}
}

static void run_stretch(const void *row)
{
	static char text[3 * SCAN_STRETCH_MAX];
	uint64_t random = 1;

	(void)row;
	random_fill(&random, text, sizeof text, STR("abc  \r\n\t"), 1);
	check_all(str_from(text, sizeof text));
	memset(text, '\n', sizeof text);
	check_all(str_from(text, sizeof text));
	memset(text, 'x', sizeof text);
	check_all(str_from(text, sizeof text));
	for (size_t i = 0; i < variant_count; i++) {
		assert_int_equal(variants[i]->clean(str_from(text, sizeof text)), sizeof text - 1);
		assert_true(variants[i]
		                    ->relax(str_from(text, sizeof text), (char[SCAN_STRETCH_MAX + SCAN_SLACK]){0})
		                    .taken < 1000);
	}
}

int main(void)
{
	struct test_list list = {0};

	variant_count = scan_variants(variants);
	TEST_TABLE(&list, rows, run_row);
	test_add(&list, "odd octets at every place", run_places, NULL);
	test_add(&list, "more than one stretch", run_stretch, NULL);
	return test_run(&list, "mail/scan");
}

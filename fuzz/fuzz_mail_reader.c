/* A message through reader and canonical forms, in chunks, by every variant of the scanner; compared with the plain
 * reference of the unit tests. The first octets: line ends, size of the chunks. */
#include <assert.h>
#include <stdlib.h>

#include "../tests/mail/reference.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { CONTROL_SIZE = 3 };

struct run {
	struct buf header, body, canon[2];
	struct canon_body forms[2];
	const struct scanner *scanner;
};

static void put_canon(void *context, struct str span)
{
	assert(span.n > 0);
	buf_put(context, span);
}

static void must_equal(const struct buf *got, const struct buf *want)
{
	if (buf_error(got) || buf_error(want) || !str_eq(buf_str(got), buf_str(want)))
		abort();
}

static void check_fields(const struct header *header)
{
	size_t nameless = 0;
	struct buf got, want;

	buf_init(&got, SIZE_MAX);
	buf_init(&want, SIZE_MAX);
	for (size_t i = 0; i < header->count; i++) {
		const struct header_field *f = &header->fields[i];

		nameless += f->name.n == 0;
		assert(f->above == HEADER_NONE || (f->above < i && str_ieq(header->fields[f->above].name, f->name)));
		assert(f->value.p + f->value.n == f->raw.p + f->raw.n);
		size_t lowest = header_lowest(header, f->name);

		assert(f->name.n ? lowest >= i && lowest < header->count : lowest == HEADER_NONE);
		canon_field(&got, CANON_RELAXED, f->raw, true);
		reference_field_relaxed(&want, f->raw);
		buf_put_c(&want, "\r\n");
	}
	assert(nameless == header->malformed);
	must_equal(&got, &want);
	buf_release(&got);
	buf_release(&want);
}

static int take_header(void *context, const struct header *header)
{
	struct run *run = context;

	buf_put(&run->header, header->text);
	check_fields(header);
	for (enum canon canon = CANON_SIMPLE; canon <= CANON_RELAXED; canon++) {
		canon_body_init(&run->forms[canon], canon, put_canon, &run->canon[canon]);
		run->forms[canon].scanner = run->scanner;
	}
	return INKAN_OK;
}

static int take_body(void *context, struct str span)
{
	struct run *run = context;

	assert(span.n > 0 && span.n <= READER_SPAN_MAX);
	buf_put(&run->body, span);
	canon_body_feed(&run->forms[CANON_SIMPLE], span);
	canon_body_feed(&run->forms[CANON_RELAXED], span);
	return INKAN_OK;
}

static void run_release(struct run *run)
{
	buf_release(&run->header);
	buf_release(&run->body);
	buf_release(&run->canon[CANON_SIMPLE]);
	buf_release(&run->canon[CANON_RELAXED]);
}

static struct run run_new(const struct scanner *scanner)
{
	struct run run = {.scanner = scanner};

	buf_init(&run.header, SIZE_MAX);
	buf_init(&run.body, SIZE_MAX);
	buf_init(&run.canon[CANON_SIMPLE], SIZE_MAX);
	buf_init(&run.canon[CANON_RELAXED], SIZE_MAX);
	return run;
}

/* chunk sizes: from 1 to `most`, by a generator that starts with it */
static void feed(struct reader *r, struct str message, uint64_t most)
{
	uint64_t random = most;

	while (message.n) {
		random = random * 6364136223846793005u + 1442695040888963407u;
		struct str chunk = str_head(message, 1 + (random >> 33) % most);
		char *copy = malloc(chunk.n);

		assert(copy);
		memcpy(copy, chunk.p, chunk.n);
		if (reader_feed(r, str_from(copy, chunk.n)))
			abort();
		free(copy);
		message = str_skip(message, chunk.n);
	}
	if (reader_finish(r))
		abort();
}

static void check_facts(const struct reader_facts *facts, struct str message)
{
	uint64_t lf = 0, cr = 0, first = UINT64_MAX;

	for (size_t i = message.n; i-- > 0;) {
		bool bare_lf = message.p[i] == '\n' && (i == 0 || message.p[i - 1] != '\r');
		bool bare_cr = message.p[i] == '\r' && (i + 1 == message.n || message.p[i + 1] != '\n');

		first = bare_lf || bare_cr ? i : first;
		lf += bare_lf;
		cr += bare_cr;
	}
	assert(facts->size == message.n && facts->bare_lf == lf && facts->bare_cr == cr);
	assert(lf + cr == 0 || facts->first_bare == first);
}

static void check(const struct scanner *scanner, struct str message, enum reader_line_ends line_ends, uint64_t most)
{
	struct run got = run_new(scanner), want = run_new(scanner);
	struct reader_sink sink = {take_header, take_body, &got};
	struct reader_options options = {.line_ends = line_ends, .fields_max = 1 << 20};
	struct arena arena;
	struct reader r;

	reference_line_ends(&want.header, line_ends, message);
	size_t n = reference_header_size(buf_str(&want.header));

	buf_put(&want.body, str_skip(buf_str(&want.header), n + 2));
	want.header.n = n;
	reference_body(&want.canon[CANON_SIMPLE], CANON_SIMPLE, buf_str(&want.body));
	reference_body(&want.canon[CANON_RELAXED], CANON_RELAXED, buf_str(&want.body));

	arena_init(&arena, (size_t)1 << 28);
	reader_init(&r, &arena, options, sink);
	r.scanner = scanner;
	feed(&r, message, most);
	canon_body_finish(&got.forms[CANON_SIMPLE]);
	canon_body_finish(&got.forms[CANON_RELAXED]);
	must_equal(&got.header, &want.header);
	must_equal(&got.body, &want.body);
	must_equal(&got.canon[CANON_SIMPLE], &want.canon[CANON_SIMPLE]);
	must_equal(&got.canon[CANON_RELAXED], &want.canon[CANON_RELAXED]);
	check_facts(&r.facts, message);
	assert(r.facts.body_size == got.body.n);
	reader_release(&r);
	arena_release(&arena);
	run_release(&got);
	run_release(&want);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct scanner *variants[SCAN_VARIANTS_MAX];
	size_t variant_count = scan_variants(variants);

	if (size < CONTROL_SIZE || size > 1 << 16)
		return 0;
	struct str message = str_from((const char *)data + CONTROL_SIZE, size - CONTROL_SIZE);
	uint64_t most = 1 + data[1] + 256u * data[2];

	for (size_t i = 0; i < variant_count; i++)
		check(variants[i], message, data[0] & 1 ? READER_NORMALISE : READER_STRICT, most);
	return 0;
}

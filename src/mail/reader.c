/* A message as a stream.
 *
 * Every octet goes through pass_line_ends(), which finds bare CR and LF, counts them and, in READER_NORMALISE, puts the
 * missing CR before a bare LF; pass() sends the result to the header's text or to the body sink. */
#include "mail/reader.h"

#include <assert.h>

enum { SEPARATOR_SIZE = 2 /* the empty line, CRLF */ };

void reader_init(struct reader *r, struct arena *arena, struct reader_options options, struct reader_sink sink)
{
	*r = (struct reader){.options = options, .sink = sink, .arena = arena, .scanner = scan_select()};
	if (r->options.header_size_max == 0)
		r->options.header_size_max = MAIL_HEADER_SIZE_MAX;
	if (r->options.fields_max == 0)
		r->options.fields_max = MAIL_FIELDS_MAX;
	assert(r->options.header_size_max <= SIZE_MAX - SEPARATOR_SIZE);
	buf_init(&r->header_text, r->options.header_size_max + SEPARATOR_SIZE);
}

void reader_release(struct reader *r)
{
	buf_release(&r->header_text);
}

void reader_reset(struct reader *r)
{
	struct buf text = r->header_text;

	buf_clear(&text);
	*r = (struct reader){
		.options = r->options,
		.sink = r->sink,
		.arena = r->arena,
		.scanner = r->scanner,
		.header_text = text,
	};
}

static void pass(struct reader *r, struct str s)
{
	if (s.n == 0 || r->error)
		return;
	if (!r->in_body) {
		buf_put(&r->header_text, s);
		r->error = buf_error(&r->header_text);
		return;
	}
	r->facts.body_size += s.n;
	r->error = r->sink.body(r->sink.context, s);
}

/* bare.first is an index in the next piece of the message. */
static void note_bare(struct reader *r, const struct scan_bare *bare, bool first_is_lf)
{
	if (r->facts.bare_lf + r->facts.bare_cr == 0 && bare->lf + bare->cr)
		r->facts.first_bare = r->facts.size + bare->first - !first_is_lf;
	r->facts.bare_lf += bare->lf;
	r->facts.bare_cr += bare->cr;
}

/* s: a start of the next piece of the message, or all of it */
static void done_with(struct reader *r, struct str s)
{
	if (s.n)
		r->after_cr = s.p[s.n - 1] == '\r';
	r->facts.size += s.n;
}

/* Counts only: in READER_STRICT octets stay what they are. They are counted last, as those that were just hashed are in
 * the cache; the other way round the search would wait for memory, which the hash does not. */
static void pass_strict(struct reader *r, struct str s)
{
	pass(r, s);
	size_t paired = r->options.uncounted ? s.n : r->scanner->paired(s, r->after_cr);

	if (paired < s.n) {
		struct scan_bare bare = {0};
		struct str rest = str_skip(s, paired);

		r->scanner->count_bare(rest, paired ? s.p[paired - 1] == '\r' : r->after_cr, &bare);
		bare.first += paired;
		note_bare(r, &bare, s.p[bare.first] == '\n');
	}
	done_with(r, s);
}

static void pass_normalised(struct reader *r, struct str s)
{
	char mended[2 * SCAN_STRETCH_MAX + SCAN_SLACK];

	while (!r->error && s.n) {
		struct str paired = str_head(s, r->scanner->paired(s, r->after_cr));

		pass(r, paired);
		done_with(r, paired);
		s = str_skip(s, paired.n);
		if (r->error || s.n == 0)
			return;
		struct scan_bare bare = {0};
		struct scanned done = r->scanner->mend_lf(s, r->after_cr, &bare, mended);

		note_bare(r, &bare, s.p[bare.first] == '\n');
		pass(r, str_from(mended, done.written));
		done_with(r, str_head(s, done.taken));
		s = str_skip(s, done.taken);
	}
}

/* s is the next piece of the message. */
static void pass_line_ends(struct reader *r, struct str s)
{
	if (r->options.line_ends == READER_NORMALISE)
		pass_normalised(r, s);
	else
		pass_strict(r, s);
}

/* The octet k before octet i of s, which comes behind the header's text so far; before all of that, a line end. */
static char octet_before(const struct reader *r, struct str s, size_t i, size_t k)
{
	const struct buf *text = &r->header_text;

	if (k <= i)
		return s.p[i - k];
	k -= i;
	return k <= text->n ? text->p[text->n - k] : k - text->n == 1 ? '\n' : k - text->n == 2 ? '\r' : '\0';
}

/* Whether the LF at octet i of s ends an empty line. */
static bool ends_empty_line(const struct reader *r, struct str s, size_t i)
{
	bool strict = r->options.line_ends == READER_STRICT, crlf = octet_before(r, s, i, 1) == '\r';

	if (octet_before(r, s, i, crlf ? 2 : 1) != '\n')
		return false;
	return !strict || (crlf && octet_before(r, s, i, 3) == '\r');
}

/* How much of s still belongs to the header section; the empty line does, and sets *ended_out. */
static size_t header_part(const struct reader *r, struct str s, bool *ended_out)
{
	for (size_t i = 0; i < s.n; i++) {
		if (i >= 2)
			i += r->scanner->empty_line(str_skip(s, i - 2)) - 2;
		if (i < s.n && s.p[i] == '\n' && ends_empty_line(r, s, i)) {
			*ended_out = true;
			return i + 1;
		}
	}
	return s.n;
}

static uint64_t count_nul(struct str s)
{
	uint64_t n = 0;

	for (size_t at; (at = str_find(s, '\0')) < s.n; n++)
		s = str_skip(s, at + 1);
	return n;
}

static void end_header(struct reader *r, bool has_separator)
{
	struct str text = buf_str(&r->header_text);

	if (has_separator)
		text.n -= SEPARATOR_SIZE;
	if (text.n > r->options.header_size_max) {
		r->error = INKAN_ELIMIT;
		return;
	}
	r->facts.nul = count_nul(text);
	r->facts.has_separator = has_separator;
	r->error = header_parse(r->arena, text, r->options.fields_max, &r->header);
	r->in_body = true;
	if (!r->error)
		r->error = r->sink.header(r->sink.context, &r->header);
}

/* Takes the header's part from *chunk. */
static void feed_header(struct reader *r, struct str *chunk)
{
	/* one octet more than there is room for is enough to find the header too large */
	struct str window = str_head(*chunk, r->header_text.max - r->header_text.n + 1);
	bool ended = false;
	size_t n = header_part(r, window, &ended);

	pass_line_ends(r, str_head(window, n));
	*chunk = str_skip(*chunk, n);
	if (ended && !r->error)
		end_header(r, true);
}

int reader_feed(struct reader *r, struct str chunk)
{
	if (!r->error && r->finished)
		r->error = INKAN_EUSAGE;
	if (!r->error && !r->in_body && chunk.n)
		feed_header(r, &chunk);
	while (!r->error && chunk.n) {
		pass_line_ends(r, str_head(chunk, READER_SPAN_MAX));
		chunk = str_skip(chunk, READER_SPAN_MAX);
	}
	return r->error;
}

int reader_finish(struct reader *r)
{
	if (!r->error && r->finished)
		r->error = INKAN_EUSAGE;
	if (r->error)
		return r->error;
	r->finished = true;
	if (r->after_cr && !r->options.uncounted)
		note_bare(r, &(struct scan_bare){.cr = 1}, false);
	r->after_cr = false;
	if (!r->in_body)
		end_header(r, false);
	return r->error;
}

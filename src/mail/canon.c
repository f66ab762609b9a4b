/* Canonical forms (RFC 6376 section 3.4).
 *
 * A body passes three stages, each with its own little state, so that none has to know how the input was cut:
 *
 *	reduce()   relaxed only: runs of WSP become one SP or, before CRLF, nothing; holds back WSP and a CR after it
 *	put()      holds back CRLFs that may be the last ones
 *	deliver()  gathers short pieces; long ones go to the sink as they are */
#include "mail/canon.h"

enum { DIRECT_MIN = 1024 }; /* pieces of at least this size are not worth copying */

#define CRLF_4 "\r\n\r\n\r\n\r\n"
#define CRLF_16 CRLF_4 CRLF_4 CRLF_4 CRLF_4
#define CRLF_64 CRLF_16 CRLF_16 CRLF_16 CRLF_16
static const struct str many_crlf = {CRLF_64 CRLF_64 CRLF_64 CRLF_64 CRLF_64 CRLF_64 CRLF_64 CRLF_64, 1024};

struct str canon_name(enum canon canon)
{
	return canon == CANON_RELAXED ? STR("relaxed") : STR("simple");
}

bool canon_from_name(struct str name, enum canon *out)
{
	for (enum canon canon = CANON_SIMPLE; canon <= CANON_RELAXED; canon++) {
		if (str_ieq(name, canon_name(canon))) {
			*out = canon;
			return true;
		}
	}
	return false;
}

/* Size of the white space at the start of a field's text: WSP, and CRLF before WSP. */
static size_t white_size(struct str text)
{
	size_t n = 0;

	for (;;) {
		if (n < text.n && is_wsp(text.p[n]))
			n++;
		else if (text.n - n > 2 && text.p[n] == '\r' && text.p[n + 1] == '\n' && is_wsp(text.p[n + 2]))
			n += 3;
		else
			return n;
	}
}

/* Without the white space at its end. A folded line begins with WSP, so WSP has to stand after each CRLF that goes. */
static struct str trim_white(struct str text)
{
	bool wsp = false;

	for (;;) {
		if (text.n && is_wsp(text.p[text.n - 1])) {
			wsp = true;
			text.n--;
		} else if (wsp && text.n >= 2 && text.p[text.n - 2] == '\r' && text.p[text.n - 1] == '\n') {
			wsp = false;
			text.n -= 2;
		} else {
			return text;
		}
	}
}

/* text: without white space at its end; to: room for text.n + SCAN_SLACK. Returns the end of what it wrote. */
static char *unfold(char *to, struct str text, const struct scanner *scanner)
{
	if (str_find(text, '\r') < text.n || scanner->clean(text) + 1 < text.n)
		return scanner->unfold(text, to);
	if (text.n)
		memcpy(to, text.p, text.n);
	return to + text.n;
}

/* A name with WSP in it or behind it, or of a line that is no field. */
static char *put_odd_name(char *to, struct str name, const struct scanner *scanner)
{
	char *end = scanner->unfold(trim_white(name), to);

	str_put_lower(to, str_from(to, (size_t)(end - to)));
	return end;
}

static char *field_relaxed(char *to, struct str raw)
{
	const struct scanner *scanner = scan_select();
	size_t colon = str_graphic_until(raw, ':');

	if (colon < raw.n && raw.p[colon] == ':') {
		str_put_lower(to, str_head(raw, colon));
		to += colon;
	} else {
		colon = str_find(raw, ':');
		to = put_odd_name(to, str_head(raw, colon), scanner);
	}
	if (colon == raw.n)
		return to;
	struct str value = str_skip(raw, colon + 1);

	*to++ = ':';
	return unfold(to, trim_white(str_skip(value, white_size(value))), scanner);
}

void canon_field(struct buf *out, enum canon canon, struct str raw, bool with_crlf)
{
	char *from = buf_reserve(out, raw.n + SCAN_SLACK), *to = from;

	if (!from)
		return;
	if (canon == CANON_RELAXED)
		to = field_relaxed(to, raw);
	else if (raw.n)
		to = (char *)memcpy(to, raw.p, raw.n) + raw.n;
	if (with_crlf) {
		*to++ = '\r';
		*to++ = '\n';
	}
	buf_commit(out, (size_t)(to - from));
}

void canon_body_init(struct canon_body *c, enum canon canon, canon_sink sink, void *context)
{
	/* one by one, as there is no need to clear `gather` */
	c->canon = canon;
	c->sink = sink;
	c->context = context;
	c->scanner = scan_select();
	c->size = 0;
	c->held_lines = 0;
	c->held_cr = c->after_wsp = c->after_wsp_cr = false;
	c->gathered = 0;
}

static void flush(struct canon_body *c)
{
	if (c->gathered)
		c->sink(c->context, str_from(c->gather, c->gathered));
	c->gathered = 0;
}

static void deliver(struct canon_body *c, struct str piece)
{
	c->size += piece.n;
	if (piece.n > sizeof c->gather - c->gathered || piece.n >= DIRECT_MIN)
		flush(c);
	if (piece.n >= DIRECT_MIN) {
		c->sink(c->context, piece);
		return;
	}
	memcpy(c->gather + c->gathered, piece.p, piece.n);
	c->gathered += piece.n;
}

/* What was held back is no end: out with it. */
static void release_held(struct canon_body *c)
{
	while (c->held_lines) {
		uint64_t lines = c->held_lines < many_crlf.n / 2 ? c->held_lines : many_crlf.n / 2;

		deliver(c, str_head(many_crlf, (size_t)lines * 2));
		c->held_lines -= lines;
	}
	if (c->held_cr)
		deliver(c, STR("\r"));
	c->held_cr = false;
}

/* Takes the CRLFs at the end of *s; returns their number. */
static size_t take_last_lines(struct str *s)
{
	enum { AT_ONCE = 64 };
	size_t n = s->n;

	while (n >= AT_ONCE && memcmp(s->p + n - AT_ONCE, many_crlf.p, AT_ONCE) == 0)
		n -= AT_ONCE;
	while (n >= 2 && s->p[n - 2] == '\r' && s->p[n - 1] == '\n')
		n -= 2;
	size_t lines = (s->n - n) / 2;

	s->n = n;
	return lines;
}

/* Passes octets on, but keeps back the CRLFs at their end, and a CR whose LF may still come. */
static void put(struct canon_body *c, struct str s)
{
	if (s.n && c->held_cr && s.p[0] == '\n') {
		c->held_cr = false;
		c->held_lines++;
		s = str_skip(s, 1);
	}
	if (s.n == 0)
		return;
	bool cr = s.p[s.n - 1] == '\r';

	s.n -= cr;
	size_t lines = take_last_lines(&s);

	if (s.n || c->held_cr)
		release_held(c);
	if (s.n)
		deliver(c, s);
	c->held_lines += lines;
	c->held_cr = cr;
}

static size_t wsp_size(struct str s)
{
	size_t n = 0;

	while (n < s.n && is_wsp(s.p[n]))
		n++;
	return n;
}

/* Decides on the WSP that came before s (all of it, unless the decision has to wait) and returns what is left of s. */
static struct str settle_wsp(struct canon_body *c, struct str s)
{
	if (c->after_wsp) {
		s = str_skip(s, wsp_size(s));
		if (s.n == 0)
			return s;
		if (s.n == 1 && s.p[0] == '\r') {
			c->after_wsp = false;
			c->after_wsp_cr = true;
			return str_skip(s, 1);
		}
		if (!str_has_prefix(s, STR("\r\n")))
			put(c, STR(" "));
		c->after_wsp = false;
	}
	if (s.n && c->after_wsp_cr) {
		put(c, s.p[0] == '\n' ? STR("\r") : STR(" \r"));
		c->after_wsp_cr = false;
	}
	return s;
}

/* The last octets of a chunk, which cannot be judged by blocks as those after them are not known. */
static void reduce_last(struct canon_body *c, struct str s)
{
	while (s.n) {
		c->after_wsp = is_wsp(s.p[0]);
		if (!c->after_wsp)
			put(c, str_head(s, 1));
		s = settle_wsp(c, str_skip(s, 1));
	}
}

static void reduce(struct canon_body *c, struct str s)
{
	char changed[SCAN_STRETCH_MAX + SCAN_SLACK];

	s = settle_wsp(c, s);
	while (s.n > SCAN_RELAXED_AHEAD) {
		size_t clean = c->scanner->clean(s);

		put(c, str_head(s, clean));
		s = str_skip(s, clean);
		struct scanned done = c->scanner->relax(s, changed);

		put(c, str_from(changed, done.written));
		s = str_skip(s, done.taken);
	}
	reduce_last(c, s);
}

void canon_body_feed(struct canon_body *c, struct str chunk)
{
	if (c->canon == CANON_RELAXED)
		reduce(c, chunk);
	else
		put(c, chunk);
}

void canon_body_finish(struct canon_body *c)
{
	if (c->after_wsp_cr)
		put(c, STR(" \r"));
	c->after_wsp = c->after_wsp_cr = false;
	c->held_lines = c->held_cr ? c->held_lines : 0;
	release_held(c);
	if (c->canon == CANON_SIMPLE || c->size)
		deliver(c, STR("\r\n"));
	flush(c);
}

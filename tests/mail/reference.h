/* What reader and canonical forms are to do, octet by octet as the RFCs tell it: slow and plain, to compare with. */
#pragma once

#include "core/buf.h"
#include "mail/canon.h"
#include "mail/reader.h"

/* A line without its CRLF, in relaxed body form (RFC 6376 section 3.4.4, step a). */
static inline void reference_line_relaxed(struct buf *out, struct str line)
{
	for (size_t i = 0; i < line.n; i++) {
		size_t white = 0;

		while (i + white < line.n && is_wsp(line.p[i + white]))
			white++;
		i += white;
		if (white && i < line.n)
			buf_put_char(out, ' ');
		if (i < line.n)
			buf_put_char(out, line.p[i]);
	}
}

/* A whole body in canonical form (RFC 6376 sections 3.4.3 and 3.4.4). */
static inline void reference_body(struct buf *out, enum canon canon, struct str body)
{
	size_t end_of_last_line = 0; /* that is not empty */

	while (body.n) {
		size_t end = str_search(body, STR("\r\n")), before = out->n;

		if (canon == CANON_RELAXED)
			reference_line_relaxed(out, str_head(body, end));
		else
			buf_put(out, str_head(body, end));
		bool empty = out->n == before;

		buf_put_c(out, "\r\n");
		end_of_last_line = empty ? end_of_last_line : out->n;
		body = str_skip(body, end + 2);
	}
	out->n = end_of_last_line;
	if (canon == CANON_SIMPLE && end_of_last_line == 0)
		buf_put_c(out, "\r\n");
}

/* One header field (raw) in relaxed form (RFC 6376 section 3.4.2), without CRLF. */
static inline void reference_field_relaxed(struct buf *out, struct str raw)
{
	struct buf unfolded;
	size_t colon;

	buf_init(&unfolded, SIZE_MAX);
	for (size_t i = 0; i < raw.n; i++) {
		if (raw.n - i > 2 && raw.p[i] == '\r' && raw.p[i + 1] == '\n' && is_wsp(raw.p[i + 2]))
			i++;
		else
			buf_put_char(&unfolded, raw.p[i]);
	}
	struct str text = buf_str(&unfolded);
	size_t from = out->n;

	colon = str_find(text, ':');
	reference_line_relaxed(out, str_head(text, colon));
	for (size_t i = from; i < out->n; i++)
		out->p[i] = to_lower(out->p[i]);
	if (colon < text.n) {
		buf_put_c(out, ":");
		reference_line_relaxed(out, str_trim_wsp(str_skip(text, colon + 1)));
	}
	buf_release(&unfolded);
}

/* A whole message as the reader is to hand it on: with READER_NORMALISE each bare LF is CRLF. */
static inline void reference_line_ends(struct buf *out, enum reader_line_ends line_ends, struct str text)
{
	for (size_t i = 0; i < text.n; i++) {
		if (text.p[i] == '\n' && line_ends == READER_NORMALISE && (i == 0 || text.p[i - 1] != '\r'))
			buf_put_char(out, '\r');
		buf_put_char(out, text.p[i]);
	}
}

/* Size of the header section, the empty line not counted; the size of text where there is no empty line. */
static inline size_t reference_header_size(struct str text)
{
	size_t end = str_has_prefix(text, STR("\r\n")) ? 0 : str_search(text, STR("\r\n\r\n")) + 2;

	return end < text.n ? end : text.n;
}

/* Chunks of a message; see mail_stream.h.
 *
 * An mbox separator is an empty line, or the start of the file, and a line that begins with "From ". The last octets of
 * what was read are held back, so that a separator is always seen whole; the empty line belongs to the separator, as
 * does one at the end of the file. */
#include "io/mail_stream.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "io/file.h"

enum {
	HELD = sizeof("\n\r\nFrom ") - 1,
	FIRST_LOOK = 512,
	QUOTE_MAX = 64 /* ">" before "From " that are taken for quoting */
};

static const char from[] = "From ";
enum { FROM_SIZE = sizeof(from) - 1 };

int mail_stream_new(struct mail_stream **out)
{
	struct mail_stream *s = calloc(1, sizeof(*s));

	if (!s)
		return INKAN_ENOMEM;
	s->buffer = malloc(MAILBOX_CHUNK);
	if (!s->buffer) {
		free(s);
		return INKAN_ENOMEM;
	}
	mail_stream_attach(s, -1, "");
	s->at_eof = s->limit_is_end = true;
	*out = s;
	return INKAN_OK;
}

static void let_go(struct mail_stream *s)
{
	if (s->owns_fd)
		io_close(s->fd);
	s->owns_fd = false;
}

void mail_stream_free(struct mail_stream *s)
{
	if (!s)
		return;
	let_go(s);
	free(s->buffer);
	free(s);
}

void mail_stream_attach(struct mail_stream *s, int fd, const char *path)
{
	let_go(s);
	*s = (struct mail_stream){
		.buffer = s->buffer, .left = UINT64_MAX, .fd = fd, .path = path, .at_line_start = true};
}

int mail_stream_open(struct mail_stream *s, const struct mail_item *item, struct io_error *error)
{
	mail_stream_attach(s, -1, item->path);
	s->at_eof = s->limit_is_end = true;
	if (item->error)
		return io_fail(error, "%s", item->error);
	s->through = item->sequential ? mailbox_shared_stream(item->sequential) : NULL;
	if (s->through)
		return INKAN_OK;
	int fd = io_open(item->path, error);

	if (fd < 0)
		return fd;
	if (item->offset && lseek(fd, (off_t)item->offset, SEEK_SET) < 0) {
		io_close(fd);
		return io_fail(error, "%s: %s", item->path, strerror(errno));
	}
	mail_stream_attach(s, fd, item->path);
	s->owns_fd = true;
	s->left = item->size;
	s->unquote = item->unquote;
	return INKAN_OK;
}

/* ---- what is known of the buffer ---- */

/* Where the empty line begins that ends with the line feed at i; SIZE_MAX where that line is not empty. */
static size_t empty_line(const struct mail_stream *s, size_t i)
{
	size_t line = i > s->begin && s->buffer[i - 1] == '\r' ? i - 1 : i;

	if (line == s->begin)
		return s->at_line_start ? line : SIZE_MAX;
	return s->buffer[line - 1] == '\n' ? line : SIZE_MAX;
}

enum { BLOCK = 64 };

/* Whether a line in the block begins with c; without branches, so that the compiler makes vector code of it. */
static bool block_has_line(const char *p, char c)
{
	unsigned char any = 0;

	for (size_t i = 0; i < BLOCK; i++)
		any |= (unsigned char)((p[i] == '\n') & (p[i + 1] == c));
	return any;
}

/* The first line feed in buffer[at, end) behind which c stands; end where there is none. memmem() is ten times slower. */
static size_t find_line(const struct mail_stream *s, size_t at, size_t end, char c)
{
	while (at + BLOCK < end && !block_has_line(s->buffer + at, c))
		at += BLOCK;
	for (; at + 1 < end; at++)
		if (s->buffer[at] == '\n' && s->buffer[at + 1] == c)
			return at;
	return end;
}

/* The next separator: where the message ends before it; SIZE_MAX where there is none. */
static size_t find_separator(const struct mail_stream *s)
{
	for (size_t at = s->begin;; at++) {
		at = find_line(s, at, s->end, from[0]);
		if (s->end - at < 1 + FROM_SIZE)
			return SIZE_MAX;
		if (memcmp(s->buffer + at + 1, from, FROM_SIZE) != 0)
			continue;
		size_t line = empty_line(s, at);

		if (line != SIZE_MAX)
			return line;
	}
}

static void find_limit(struct mail_stream *s)
{
	size_t separator = s->split ? find_separator(s) : SIZE_MAX;

	s->limit_is_end = separator != SIZE_MAX || s->at_eof;
	if (separator != SIZE_MAX) {
		s->limit = separator;
	} else if (!s->split) {
		s->limit = s->end;
	} else if (!s->at_eof) {
		s->limit = s->end - s->begin > HELD ? s->end - HELD : s->begin;
	} else {
		size_t last = s->end > s->begin && s->buffer[s->end - 1] == '\n' ? empty_line(s, s->end - 1) : SIZE_MAX;

		s->limit = last != SIZE_MAX ? last : s->end;
	}
}

/* Reads once more, at most that many octets; what is known of the buffer is found out anew. */
static int fill(struct mail_stream *s, size_t most, struct io_error *error)
{
	memmove(s->buffer, s->buffer + s->begin, s->end - s->begin);
	s->end -= s->begin;
	s->begin = 0;
	size_t room = MAILBOX_CHUNK - s->end;

	assert(room > 0); /* only a separator's or a quoted line's beginning is ever kept */
	room = room < most ? room : most;
	ptrdiff_t got = io_read(s->fd, s->path, s->buffer + s->end, room < s->left ? room : (size_t)s->left, error);

	if (got < 0)
		return (int)got;
	s->end += (size_t)got;
	s->left -= (uint64_t)got;
	s->at_eof = got == 0;
	find_limit(s);
	return INKAN_OK;
}

static void take(struct mail_stream *s, size_t n)
{
	s->at_line_start = s->buffer[s->begin + n - 1] == '\n';
	s->begin += n;
	s->position += n;
}

/* ---- quoted lines ---- */

enum quote { QUOTE_NONE, QUOTE_FOUND, QUOTE_UNDECIDED };

/* Whether a line that begins at i, with ">", is a quoted one. */
static enum quote is_quoted(const struct mail_stream *s, size_t i)
{
	size_t end = s->limit_is_end ? s->limit : s->end;
	size_t run = i;

	while (run < end && run - i <= QUOTE_MAX && s->buffer[run] == '>')
		run++;
	if (run - i > QUOTE_MAX)
		return QUOTE_NONE;
	size_t rest = end - run < FROM_SIZE ? end - run : FROM_SIZE;

	if (memcmp(s->buffer + run, from, rest) != 0)
		return QUOTE_NONE;
	if (rest == FROM_SIZE)
		return QUOTE_FOUND;
	return s->limit_is_end ? QUOTE_NONE : QUOTE_UNDECIDED;
}

/* The first quoted line before the limit; *at: its first octet, or the limit. */
static enum quote find_quote(const struct mail_stream *s, size_t *at)
{
	size_t i = s->begin;
	bool is_line = s->at_line_start;

	for (;;) {
		if (is_line && i < s->limit && s->buffer[i] == '>') {
			enum quote quote = is_quoted(s, i);

			if (quote != QUOTE_NONE) {
				*at = i;
				return quote;
			}
		}
		i = find_line(s, i, s->limit, '>') + 1;
		is_line = true;
		if (i > s->limit) {
			*at = s->limit;
			return QUOTE_NONE;
		}
	}
}

/* ---- reading ---- */

int mail_stream_read(struct mail_stream *s, struct str *out, struct io_error *error)
{
	if (s->through)
		return mail_stream_read(s->through, out, error);
	*out = STR_NULL;
	for (;;) {
		size_t to = s->limit;
		enum quote quote = QUOTE_NONE;

		if (s->begin == s->limit && s->limit_is_end)
			return INKAN_OK;
		if (s->begin < s->limit && s->unquote)
			quote = find_quote(s, &to);
		if (to > s->begin) {
			*out = str_from(s->buffer + s->begin, to - s->begin);
			take(s, out->n);
			return INKAN_OK;
		}
		if (quote == QUOTE_FOUND) {
			take(s, 1);
			continue;
		}
		int code = fill(s, MAILBOX_CHUNK, error);

		if (code)
			return code;
	}
}

static int need(struct mail_stream *s, size_t n, size_t most, struct io_error *error)
{
	int code = INKAN_OK;

	while (!code && s->end - s->begin < n && !s->at_eof)
		code = fill(s, most, error);
	return code;
}

static bool comes_next(const struct mail_stream *s, const char *text)
{
	size_t n = strlen(text);

	return s->end - s->begin >= n && memcmp(s->buffer + s->begin, text, n) == 0;
}

int mail_stream_is_mbox(struct mail_stream *s, bool *out, struct io_error *error)
{
	/* of a folder full of messages each is looked at here and then read from its beginning */
	int code = need(s, FROM_SIZE, FIRST_LOOK, error);

	if (!code)
		*out = comes_next(s, from);
	return code;
}

static int skip_line(struct mail_stream *s, struct io_error *error)
{
	for (;;) {
		size_t n = s->end - s->begin;
		const char *hit = n ? memchr(s->buffer + s->begin, '\n', n) : NULL;

		if (n)
			take(s, hit ? (size_t)(hit - (s->buffer + s->begin)) + 1 : n);
		if (hit || s->at_eof)
			return INKAN_OK;
		int code = fill(s, MAILBOX_CHUNK, error);

		if (code)
			return code;
	}
}

int mail_stream_next(struct mail_stream *s, struct io_error *error)
{
	int code = need(s, HELD, MAILBOX_CHUNK, error);

	if (!code && (comes_next(s, "\n") || comes_next(s, "\r\n")))
		take(s, s->buffer[s->begin] == '\r' ? 2 : 1);
	if (!code && !comes_next(s, from))
		return 0;
	if (!code)
		code = skip_line(s, error);
	if (code)
		return code;
	s->at_line_start = true;
	find_limit(s);
	return 1;
}

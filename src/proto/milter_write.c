/* Answers to a milter client, and the terms agreed with it. */
#include <assert.h>

#include "proto/milter.h"

/* SMFIR_ */
enum answer {
	ANSWER_ACCEPT = 'a',
	ANSWER_CONTINUE = 'c',
	ANSWER_DISCARD = 'd',
	ANSWER_CHANGE_FROM = 'e',
	ANSWER_ADD_HEADER = 'h',
	ANSWER_INSERT_HEADER = 'i',
	ANSWER_CHANGE_HEADER = 'm',
	ANSWER_PROGRESS = 'p',
	ANSWER_QUARANTINE = 'q',
	ANSWER_REJECT = 'r',
	ANSWER_SKIP = 's',
	ANSWER_TEMPFAIL = 't',
	ANSWER_REPLY = 'y'
};

enum { REPLY_MAX = 980 /* octets of a reply in a frame: what Sendmail's library lets through */ };

bool milter_agree(const struct milter_event *negotiate, struct milter_terms wanted, struct milter_terms *out)
{
	if (negotiate->version < MILTER_VERSION_MIN)
		return false;
	*out = (struct milter_terms){
		.version = negotiate->version < wanted.version ? negotiate->version : wanted.version,
		.actions = negotiate->actions & wanted.actions,
		.protocol = negotiate->protocol & wanted.protocol,
	};
	return true;
}

static void put_number(struct buf *out, uint32_t value)
{
	const char octets[] = {(char)(value >> 24), (char)(value >> 16), (char)(value >> 8), (char)value};

	buf_put(out, str_from(octets, sizeof octets));
}

static void put_head(struct buf *out, enum answer answer, size_t data_size)
{
	assert(data_size < UINT32_MAX);
	put_number(out, (uint32_t)data_size + 1);
	buf_put_char(out, (char)answer);
}

static void put_text(struct buf *out, struct str text)
{
	assert(str_find(text, '\0') == text.n);
	buf_put(out, text);
	buf_put_char(out, '\0');
}

static bool is_crlf(struct str s)
{
	return s.n >= 2 && s.p[0] == '\r' && s.p[1] == '\n';
}

static size_t count_crlf(struct str value)
{
	size_t n = 0;

	while (value.n) {
		value = str_skip(value, str_find(value, '\r'));
		n += is_crlf(value);
		value = str_skip(value, 1);
	}
	return n;
}

/* With LF for CRLF. */
static void put_value(struct buf *out, struct str value)
{
	assert(str_find(value, '\0') == value.n);
	while (value.n) {
		size_t n = str_find(value, '\r');

		if (n < value.n && !is_crlf(str_skip(value, n)))
			n++; /* a CR of its own stays */
		buf_put(out, str_head(value, n));
		value = str_skip(value, n);
		if (is_crlf(value))
			value = str_skip(value, 1);
	}
	buf_put_char(out, '\0');
}

/* An empty value means "remove", so it gets no space. */
static void put_field(struct buf *out, enum answer answer, const uint32_t *index, struct str name, struct str value,
                      bool leading_space)
{
	bool space = leading_space && value.n;

	put_head(out, answer, (index ? 4 : 0) + name.n + 1 + space + value.n - count_crlf(value) + 1);
	if (index)
		put_number(out, *index);
	put_text(out, name);
	if (space)
		buf_put_char(out, ' ');
	put_value(out, value);
}

void milter_put_terms(struct buf *out, const struct milter_terms *terms)
{
	put_head(out, (enum answer)MILTER_NEGOTIATE, 12);
	put_number(out, terms->version);
	put_number(out, terms->actions);
	put_number(out, terms->protocol);
}

void milter_put_continue(struct buf *out)
{
	put_head(out, ANSWER_CONTINUE, 0);
}

void milter_put_accept(struct buf *out)
{
	put_head(out, ANSWER_ACCEPT, 0);
}

void milter_put_discard(struct buf *out)
{
	put_head(out, ANSWER_DISCARD, 0);
}

void milter_put_tempfail(struct buf *out)
{
	put_head(out, ANSWER_TEMPFAIL, 0);
}

void milter_put_reject(struct buf *out)
{
	put_head(out, ANSWER_REJECT, 0);
}

void milter_put_skip(struct buf *out)
{
	put_head(out, ANSWER_SKIP, 0);
}

void milter_put_progress(struct buf *out)
{
	put_head(out, ANSWER_PROGRESS, 0);
}

/* As it goes into the frame: on one line, "%" doubled, never half of such a pair. Size of it. */
static size_t reply_text(struct str reply, char text[REPLY_MAX])
{
	size_t n = 0;

	for (size_t i = 0; i < reply.n; i++) {
		char c = reply.p[i];
		size_t size = c == '%' ? 2 : 1;

		assert(c);
		if (n + size > REPLY_MAX)
			break;
		text[n] = text[n + size - 1] = c == '\r' || c == '\n' ? ' ' : c;
		n += size;
	}
	return n;
}

void milter_put_reply(struct buf *out, struct str reply)
{
	char text[REPLY_MAX];
	size_t n = reply_text(reply, text);

	put_head(out, ANSWER_REPLY, n + 1);
	put_text(out, str_from(text, n));
}

void milter_put_insert_header(struct buf *out, uint32_t index, struct str name, struct str value, bool leading_space)
{
	put_field(out, ANSWER_INSERT_HEADER, &index, name, value, leading_space);
}

void milter_put_add_header(struct buf *out, struct str name, struct str value, bool leading_space)
{
	put_field(out, ANSWER_ADD_HEADER, NULL, name, value, leading_space);
}

void milter_put_change_header(struct buf *out, uint32_t index, struct str name, struct str value, bool leading_space)
{
	put_field(out, ANSWER_CHANGE_HEADER, &index, name, value, leading_space);
}

void milter_put_quarantine(struct buf *out, struct str reason)
{
	put_head(out, ANSWER_QUARANTINE, reason.n + 1);
	put_text(out, reason);
}

void milter_put_change_from(struct buf *out, struct str address)
{
	assert(str_find(address, '\0') == address.n);
	put_head(out, ANSWER_CHANGE_FROM, address.n + 3);
	buf_put_char(out, '<');
	buf_put(out, address);
	put_text(out, STR(">"));
}

/* Milter: the first octet says how the rest is cut into pieces. Cut or whole, the events are the same; whole, every text lies
 * in the input; a walk by lengths alone finds the same commands. Fields and envelopes that were read are written as
 * answers, and a small reader of answers finds them again. */
#include <assert.h>
#include <stdlib.h>

#include "proto/milter.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void put_text(struct buf *out, struct str text)
{
	buf_printf(out, "%zu:", text.n);
	buf_put(out, text);
}

static void put_event(struct buf *out, const struct milter_event *e)
{
	if (e->command == MILTER_BODY) {
		buf_put(out, e->body);
		buf_put_c(out, e->body_continues ? "" : " end of body\n");
		return;
	}
	assert(!e->body_continues);
	buf_printf(out, "%c %u %u %u %c %u %c ", (char)e->command, e->version, e->actions, e->protocol,
	           e->family ? e->family : '-', e->port, e->macros_for ? (char)e->macros_for : '-');
	put_text(out, e->host);
	put_text(out, e->address);
	put_text(out, e->name);
	put_text(out, e->value);
	put_text(out, e->envelope);
	put_text(out, e->arguments);
	put_text(out, e->body);
	assert(e->macro_count <= MILTER_MACROS_MAX);
	for (size_t i = 0; i < e->macro_count; i++) {
		put_text(out, e->macros[i].name);
		put_text(out, e->macros[i].value);
	}
	buf_put_char(out, '\n');
}

/* Answers, read by what the protocol says and nothing else. */
static struct str answer_body(struct str *answers, char want)
{
	const unsigned char *p = (const unsigned char *)answers->p;

	assert(answers->n >= 5);
	size_t length = (size_t)p[0] << 24 | (size_t)p[1] << 16 | (size_t)p[2] << 8 | p[3];

	assert(length >= 1 && length <= answers->n - 4 && answers->p[4] == want);
	struct str body = str_from(answers->p + 5, length - 1);

	*answers = str_skip(*answers, 4 + length);
	return body;
}

static struct str answer_text(struct str *body)
{
	size_t end = str_find(*body, '\0');

	assert(end < body->n);
	return str_split(body, '\0');
}

/* The value as a server gets it: LF for CRLF. */
static void assert_is_value(struct str got, struct str want)
{
	size_t at = 0;

	for (size_t i = 0; i < want.n; i++) {
		if (want.p[i] == '\r' && i + 1 < want.n && want.p[i + 1] == '\n')
			continue;
		assert(at < got.n && got.p[at] == want.p[i]);
		at++;
	}
	assert(at == got.n);
}

static void assert_is_field(struct str body, struct str name, struct str value, bool space)
{
	assert(str_eq(answer_text(&body), name));
	struct str got = answer_text(&body);

	assert(!body.n);
	if (space && value.n) {
		assert(got.n && got.p[0] == ' ');
		got = str_skip(got, 1);
	}
	assert_is_value(got, value);
}

static void assert_is_reply(struct str body, struct str want)
{
	struct str got = answer_text(&body);
	size_t at = 0;

	assert(!body.n && got.n <= 980);
	for (size_t i = 0; i < want.n && at < got.n; i++) {
		char c = want.p[i] == '\r' || want.p[i] == '\n' ? ' ' : want.p[i];

		assert(got.p[at++] == c);
		assert(c != '%' || (at < got.n && got.p[at++] == '%'));
	}
	assert(at == got.n && (got.n >= 979 || got.n >= want.n));
}

static uint32_t number_at(struct str s)
{
	const unsigned char *p = (const unsigned char *)s.p;

	assert(s.n >= 4);
	return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

static void check_answers(struct str name, struct str value)
{
	if (str_find(name, '\0') < name.n || str_find(value, '\0') < value.n)
		return;
	uint32_t index = (uint32_t)(name.n << 20 ^ value.n);
	bool space = name.n & 1;
	struct buf out;

	buf_init(&out, SIZE_MAX);
	milter_put_insert_header(&out, index, name, value, space);
	milter_put_change_header(&out, index, name, value, space);
	milter_put_add_header(&out, name, value, space);
	milter_put_quarantine(&out, value);
	milter_put_reply(&out, value);
	milter_put_accept(&out);
	assert(buf_error(&out) == INKAN_OK);
	struct str rest = buf_str(&out), body = answer_body(&rest, 'i');

	assert(number_at(body) == index);
	assert_is_field(str_skip(body, 4), name, value, space);
	body = answer_body(&rest, 'm');
	assert(number_at(body) == index);
	assert_is_field(str_skip(body, 4), name, value, space);
	assert_is_field(answer_body(&rest, 'h'), name, value, space);
	body = answer_body(&rest, 'q');
	assert(str_eq(answer_text(&body), value) && !body.n);
	assert_is_reply(answer_body(&rest, 'y'), value);
	assert(!answer_body(&rest, 'a').n && !rest.n);
	buf_release(&out);
}

static void check_terms(const struct milter_event *e)
{
	struct milter_terms terms, wanted = {MILTER_VERSION_MAX, 0x131, 0x1fffff};
	struct buf out;

	if (!milter_agree(e, wanted, &terms)) {
		assert(e->version < MILTER_VERSION_MIN);
		return;
	}
	assert(terms.version >= MILTER_VERSION_MIN && terms.version <= MILTER_VERSION_MAX);
	assert(!(terms.actions & ~(e->actions & wanted.actions)) &&
	       !(terms.protocol & ~(e->protocol & wanted.protocol)));
	buf_init(&out, SIZE_MAX);
	milter_put_terms(&out, &terms);
	struct milter_decoder d;
	struct milter_event again;
	struct str input = buf_str(&out);

	milter_decoder_init(&d);
	assert(milter_next(&d, &input, &again) == 1 && again.command == MILTER_NEGOTIATE);
	assert(again.version == terms.version && again.actions == terms.actions && again.protocol == terms.protocol);
	milter_decoder_release(&d);
	buf_release(&out);
}

static bool lies_in(struct str text, struct str wire)
{
	return !text.p || (text.p >= wire.p && text.p + text.n <= wire.p + wire.n);
}

static void check_event(const struct milter_event *e, struct str wire)
{
	assert(lies_in(e->host, wire) && lies_in(e->address, wire) && lies_in(e->name, wire) &&
	       lies_in(e->value, wire));
	assert(lies_in(e->envelope, wire) && lies_in(e->arguments, wire) && lies_in(e->body, wire));
	if (e->command == MILTER_HEADER)
		check_answers(e->name, e->value);
	if (e->command == MILTER_RECIPIENT)
		check_answers(STR("X"), e->envelope);
	if (e->command == MILTER_NEGOTIATE)
		check_terms(e);
}

/* The status at the end. */
static int read_whole(struct str wire, struct buf *events)
{
	struct milter_decoder d;
	struct milter_event e;
	struct str input = wire, walk = wire;
	bool in_body = false;
	int status;

	milter_decoder_init(&d);
	while ((status = milter_next(&d, &input, &e)) > 0) {
		if (!in_body) {
			assert((char)e.command == walk.p[4]);
			walk = str_skip(walk, 4 + (size_t)number_at(walk));
		}
		in_body = e.body_continues;
		assert(in_body || input.p == walk.p);
		check_event(&e, wire);
		put_event(events, &e);
	}
	assert(status < 0 ? status == INKAN_ESYNTAX && d.trouble : !input.n);
	milter_decoder_release(&d);
	return status;
}

static int read_cut(struct str wire, size_t first, struct buf *events)
{
	struct milter_decoder d;
	struct milter_event e;
	int status = 0;
	size_t n = first;

	milter_decoder_init(&d);
	while (wire.n && status >= 0) {
		struct str input = str_head(wire, 1 + n % 97);

		wire = str_skip(wire, input.n);
		n = n * 31 + 7;
		/* in memory of its own, so that who keeps it too long is seen */
		char *copy = malloc(input.n);

		if (!copy)
			abort();
		memcpy(copy, input.p, input.n);
		input.p = copy;
		while ((status = milter_next(&d, &input, &e)) > 0)
			put_event(events, &e);
		free(copy);
	}
	milter_decoder_release(&d);
	return status;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str wire = str_from((const char *)data, size);
	struct buf whole, cut;

	if (!size)
		return 0;
	buf_init(&whole, SIZE_MAX);
	buf_init(&cut, SIZE_MAX);
	int status = read_whole(str_skip(wire, 1), &whole);

	assert(read_cut(str_skip(wire, 1), data[0], &cut) == status);
	assert(buf_error(&whole) == INKAN_OK && buf_error(&cut) == INKAN_OK && str_eq(buf_str(&whole), buf_str(&cut)));
	buf_release(&whole);
	buf_release(&cut);
	return 0;
}

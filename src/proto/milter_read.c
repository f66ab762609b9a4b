/* Frames of a milter client as events.
 *
 * A frame that lies whole in the input is read where it lies; one that does not is collected in the carry-over, which no
 * frame can make larger than MILTER_FRAME_MAX. Bodies are never collected: after the head of a frame its octets are handed
 * on as they come. What the frames hold is texts, each ended by NUL; a last one without its NUL is a broken client. */

#include "core/cursor.h"
#include "proto/milter.h"

enum {
	LENGTH_SIZE = 4,
	HEAD_SIZE = LENGTH_SIZE + 1 /* with the command */
};

static const char TOO_LONG[] = "a frame is longer than the protocol allows: no milter client";
static const char NO_COMMAND[] = "a frame without a command";
static const char UNKNOWN_COMMAND[] = "a command that the protocol does not know";

static uint32_t number_at(const char *p, size_t octets)
{
	uint32_t value = 0;

	for (size_t i = 0; i < octets; i++)
		value = value << 8 | (unsigned char)p[i];
	return value;
}

static uint32_t take_number(struct cursor *c, size_t octets)
{
	if (c->failed || (size_t)(c->end - c->at) < octets) {
		cursor_fail(c);
		return 0;
	}
	c->at += octets;
	return number_at(c->at - octets, octets);
}

/* A text up to its NUL. */
static struct str take_text(struct cursor *c)
{
	struct str rest = cursor_rest(c);
	size_t end = str_find(rest, '\0');

	if (end == rest.n) {
		cursor_fail(c);
		return STR_NULL;
	}
	c->at += end + 1;
	return str_head(rest, end);
}

/* The last text of a frame. A NUL inside stays in it: what hides behind one is judged, too. */
static struct str take_last_text(struct cursor *c)
{
	struct str rest = cursor_rest(c);

	if (!rest.n || rest.p[rest.n - 1] != '\0') {
		cursor_fail(c);
		return STR_NULL;
	}
	c->at = c->end;
	return str_head(rest, rest.n - 1);
}

static void read_negotiate(struct cursor *c, struct milter_event *e)
{
	e->version = take_number(c, 4);
	e->actions = take_number(c, 4);
	e->protocol = take_number(c, 4);
}

static void read_connect(struct cursor *c, struct milter_event *e)
{
	e->host = take_text(c);
	e->family = (char)take_number(c, 1);
	if (e->family == 'U')
		return; /* some send a port and an address even so */
	if (e->family != '4' && e->family != '6' && e->family != 'L')
		cursor_fail(c);
	e->port = (uint16_t)take_number(c, 2);
	e->address = take_last_text(c);
	if (e->family == '6' && str_ihas_prefix(e->address, STR("IPv6:")))
		e->address = str_skip(e->address, 5);
}

static void read_value(struct cursor *c, struct milter_event *e)
{
	e->value = take_last_text(c);
}

static void read_header(struct cursor *c, struct milter_event *e)
{
	e->name = take_text(c);
	e->value = take_last_text(c);
}

static void read_envelope(struct cursor *c, struct milter_event *e)
{
	e->envelope = take_text(c);
	if (!cursor_done(c)) {
		e->arguments = take_last_text(c);
		e->arguments.n++; /* its NUL */
	}
}

static void read_end_of_message(struct cursor *c, struct milter_event *e)
{
	e->body = cursor_rest(c);
}

static struct str without_braces(struct str name)
{
	return name.n >= 2 && name.p[0] == '{' && name.p[name.n - 1] == '}' ? str_from(name.p + 1, name.n - 2) : name;
}

static void read_macros(struct cursor *c, struct milter_event *e)
{
	e->macros_for = (enum milter_command)take_number(c, 1);
	while (!cursor_done(c)) {
		struct str name = take_text(c);
		struct str value =
			cursor_done(c) ? STR_NULL : take_text(c); /* a name at the end without a value has none */

		if (!c->failed && e->macro_count < MILTER_MACROS_MAX)
			e->macros[e->macro_count++] = (struct milter_macro){without_braces(name), value};
	}
}

/* What comes with a command; without a reader it is of no interest. BODY is missing: it never comes here. */
static const struct frame_kind {
	enum milter_command command;
	void (*read)(struct cursor *c, struct milter_event *e);
	const char *trouble;
} kinds[] = {
	{MILTER_HEADER, read_header, "a header field without a name or an end"},
	{MILTER_MACRO, read_macros, "macros without a command or an end"},
	{MILTER_RECIPIENT, read_envelope, "a recipient without an end"},
	{MILTER_MAIL, read_envelope, "a sender without an end"},
	{MILTER_END_OF_HEADER, NULL, NULL},
	{MILTER_END_OF_MESSAGE, read_end_of_message, NULL},
	{MILTER_DATA, NULL, NULL},
	{MILTER_HELO, read_value, "a HELO without an end"},
	{MILTER_CONNECT, read_connect, "a connection without a name, a family or an address"},
	{MILTER_NEGOTIATE, read_negotiate, "a negotiation that is too short"},
	{MILTER_ABORT, NULL, NULL},
	{MILTER_QUIT, NULL, NULL},
	{MILTER_QUIT_NEW_CONNECTION, NULL, NULL},
	{MILTER_UNKNOWN, read_value, "an SMTP command without an end"},
};

static const struct frame_kind *kind_of(char command)
{
	for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
		if ((char)kinds[i].command == command)
			return &kinds[i];
	return NULL;
}

void milter_decoder_init(struct milter_decoder *d)
{
	*d = (struct milter_decoder){0};
	buf_init(&d->carry, MILTER_FRAME_MAX);
}

void milter_decoder_release(struct milter_decoder *d)
{
	buf_release(&d->carry);
}

static int cut_off(struct milter_decoder *d, const char *trouble)
{
	d->trouble = trouble;
	return INKAN_ESYNTAX;
}

static void event_clear(struct milter_event *e, char command)
{
	/* the macros are most of it, and without a count nobody looks at them */
	memset(e, 0, offsetof(struct milter_event, macros));
	e->macro_count = 0;
	e->command = (enum milter_command)command;
}

/* What the last event pointed into. */
static void drop_carry(struct milter_decoder *d)
{
	d->carry_is_used = false;
	if (d->carry.cap > MILTER_CARRY_KEPT)
		buf_release(&d->carry);
	else
		buf_clear(&d->carry);
}

/* Moves octets from the input to the carry-over until that has `size` of them. 1: it has. */
static int collect(struct milter_decoder *d, struct str *input, size_t size)
{
	if (d->carry.n < size) {
		struct str piece = str_head(*input, size - d->carry.n);

		buf_put(&d->carry, piece);
		if (buf_error(&d->carry))
			return buf_error(&d->carry);
		*input = str_skip(*input, piece.n);
	}
	return d->carry.n >= size;
}

/* The first `size` octets of what is to be read next, in the input if they all lie there. 1: *out is that. */
static int need(struct milter_decoder *d, struct str *input, size_t size, struct str *out)
{
	if (!d->carry.n && input->n >= size) {
		*out = str_head(*input, size);
		return 1;
	}
	int status = collect(d, input, size);

	if (status > 0)
		*out = str_head(buf_str(&d->carry), size);
	return status;
}

/* Takes what need() gave. The carry-over lives on until the event is done with. */
static void taken(struct milter_decoder *d, struct str *input, size_t size)
{
	if (d->carry.n)
		d->carry_is_used = true;
	else
		*input = str_skip(*input, size);
}

static int next_body_piece(struct milter_decoder *d, struct str *input, struct milter_event *out)
{
	struct str piece = str_head(*input, d->body_left);

	if (!piece.n && d->body_left)
		return 0;
	*input = str_skip(*input, piece.n);
	d->body_left -= (uint32_t)piece.n;
	event_clear(out, MILTER_BODY);
	out->body = piece;
	out->body_continues = d->body_left > 0;
	return 1;
}

static int begin_body(struct milter_decoder *d, struct str *input, uint32_t length, struct milter_event *out)
{
	taken(d, input, HEAD_SIZE);
	drop_carry(d); /* the head */
	d->body_left = length - 1;
	return next_body_piece(d, input, out);
}

static int next_frame(struct milter_decoder *d, struct str *input, const struct frame_kind *kind, uint32_t length,
                      struct milter_event *out)
{
	size_t size = LENGTH_SIZE + (size_t)length;
	struct str frame;
	int status = need(d, input, size, &frame);

	if (status <= 0)
		return status;
	taken(d, input, size);
	event_clear(out, frame.p[LENGTH_SIZE]);
	struct cursor c = cursor_from(str_skip(frame, HEAD_SIZE));

	if (kind->read)
		kind->read(&c, out);
	return c.failed && kind->trouble ? cut_off(d, kind->trouble) : 1;
}

int milter_next(struct milter_decoder *d, struct str *input, struct milter_event *out)
{
	struct str head;

	if (d->trouble)
		return INKAN_ESYNTAX;
	if (buf_error(&d->carry))
		return buf_error(&d->carry);
	if (d->carry_is_used)
		drop_carry(d);
	if (d->body_left)
		return next_body_piece(d, input, out);
	int status = need(d, input, HEAD_SIZE, &head);

	if (status <= 0)
		return status;
	uint32_t length = number_at(head.p, LENGTH_SIZE);
	char command = head.p[LENGTH_SIZE];

	if (!length)
		return cut_off(d, NO_COMMAND);
	if (length > (command == MILTER_BODY ? MILTER_BODY_FRAME_MAX : MILTER_FRAME_MAX) - LENGTH_SIZE)
		return cut_off(d, TOO_LONG);
	if (command == MILTER_BODY)
		return begin_body(d, input, length, out);
	const struct frame_kind *kind = kind_of(command);

	return kind ? next_frame(d, input, kind, length, out) : cut_off(d, UNKNOWN_COMMAND);
}

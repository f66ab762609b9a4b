#include "proto/milter.h"

#include <stdio.h>
#include <stdlib.h>

#include "support/alloc.h"
#include "support/case.h"
#include "support/random.h"

/* STR() for tables, which want constants. */
#define OCTETS(literal)                        \
	{                                      \
		(literal), sizeof(literal) - 1 \
	}

/* Reading */

static void put_frame(struct buf *out, char command, struct str data)
{
	uint32_t length = (uint32_t)data.n + 1;

	for (int shift = 24; shift >= 0; shift -= 8)
		buf_put_char(out, (char)(length >> shift));
	buf_put_char(out, command);
	buf_put(out, data);
}

static void put_visible(struct buf *out, const char *label, struct str text)
{
	buf_printf(out, " %s=\"", label);
	for (size_t i = 0; i < text.n; i++)
		if (text.p[i] >= ' ' && text.p[i] <= '~')
			buf_put_char(out, text.p[i]);
		else
			buf_printf(out, "\\%02x", (unsigned char)text.p[i]);
	buf_put_char(out, '"');
}

static void put_details(struct buf *out, const struct milter_event *e)
{
	static const struct {
		const char *label;
		size_t at;
	} texts[] = {
		{"host", offsetof(struct milter_event, host)},
		{"address", offsetof(struct milter_event, address)},
		{"name", offsetof(struct milter_event, name)},
		{"value", offsetof(struct milter_event, value)},
		{"envelope", offsetof(struct milter_event, envelope)},
		{"arguments", offsetof(struct milter_event, arguments)},
		{"body", offsetof(struct milter_event, body)},
	};

	if (e->command == MILTER_NEGOTIATE)
		buf_printf(out, " version=%u actions=%x protocol=%x", e->version, e->actions, e->protocol);
	if (e->family)
		buf_printf(out, " family=%c port=%u", e->family, e->port);
	if (e->macros_for)
		buf_printf(out, " for=%c", (char)e->macros_for);
	for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
		const struct str *text = (const void *)((const char *)e + texts[i].at);

		if (text->p && e->command != MILTER_BODY)
			put_visible(out, texts[i].label, *text);
	}
	for (size_t i = 0; i < e->macro_count; i++) {
		put_visible(out, "macro", e->macros[i].name);
		put_visible(out, "is", e->macros[i].value);
	}
	buf_put_char(out, '\n');
}

/* Events as lines of text; the pieces of a body frame are one. */
struct seen {
	struct buf lines, body;
	int status; /* 0, or the error at the end */
};

static void see(struct seen *s, const struct milter_event *e)
{
	if (e->command != MILTER_BODY) {
		assert_false(e->body_continues);
		buf_put_char(&s->lines, (char)e->command);
		put_details(&s->lines, e);
		return;
	}
	buf_put(&s->body, e->body);
	if (e->body_continues)
		return;
	buf_put_char(&s->lines, 'B');
	put_visible(&s->lines, "body", buf_str(&s->body));
	buf_put_char(&s->lines, '\n');
	buf_clear(&s->body);
}

/* Each piece lies in memory of its own, which is gone when the next one comes. */
static void feed(struct milter_decoder *d, struct str piece, struct seen *s)
{
	char *copy = malloc(piece.n + 1);
	struct milter_event e;

	assert_non_null(copy);
	if (piece.n)
		memcpy(copy, piece.p, piece.n);
	struct str input = {copy, piece.n};

	while ((s->status = milter_next(d, &input, &e)) > 0)
		see(s, &e);
	assert_true(s->status < 0 || !input.n);
	free(copy);
}

static void seen_init(struct seen *s)
{
	*s = (struct seen){0};
	buf_init(&s->lines, SIZE_MAX);
	buf_init(&s->body, SIZE_MAX);
}

static void seen_release(struct seen *s)
{
	buf_release(&s->lines);
	buf_release(&s->body);
}

/* Cut into pieces of `size` octets; of 1 to -size octets by chance where it is negative. */
static void read_cut(struct str wire, int size, struct seen *s)
{
	struct milter_decoder d;
	struct random random = {(uint64_t)-size};

	milter_decoder_init(&d);
	seen_init(s);
	while (wire.n && s->status >= 0) {
		size_t n = size > 0 ? (size_t)size : 1 + random_below(&random, (size_t)-size);

		feed(&d, str_head(wire, n), s);
		wire = str_skip(wire, n);
	}
	if (s->status == INKAN_ESYNTAX) {
		assert_non_null(d.trouble);
		buf_printf(&s->lines, "trouble: %s\n", d.trouble);
		feed(&d, STR("\0\0\0\1Q"), s);
		assert_int_equal(s->status, INKAN_ESYNTAX); /* for good */
	}
	milter_decoder_release(&d);
}

struct frame {
	char command;
	struct str data;
};

static const struct row {
	const char *name;
	struct frame frames[8];
	const char *want;
} rows[] = {
	/* clang-format off */
	{"negotiation of version 6",
	 {{'O', OCTETS("\0\0\0\6\0\0\1\xff\0\x1f\xff\xff")}},
	 "O version=6 actions=1ff protocol=1fffff\n"},
	{"negotiation of version 2, and what a later one may add",
	 {{'O', OCTETS("\0\0\0\2\0\0\0\x3f\0\0\0\x7f" "\0\0\0\0j\0")}},
	 "O version=2 actions=3f protocol=7f\n"},
	{"negotiation that is too short",
	 {{'O', OCTETS("\0\0\0\6\0\0\1\xff\0\x1f\xff")}},
	 "trouble: a negotiation that is too short\n"},
	{"connection by IPv4",
	 {{'C', OCTETS("mail.example.com\0" "4\x1f\x90" "192.0.2.1\0")}},
	 "C family=4 port=8080 host=\"mail.example.com\" address=\"192.0.2.1\"\n"},
	{"connection by IPv6 as Postfix and Sendmail say it",
	 {{'C', OCTETS("[IPv6:2001:db8::1]\0" "6\0\x19" "IPv6:2001:db8::1\0")}},
	 "C family=6 port=25 host=\"[IPv6:2001:db8::1]\" address=\"2001:db8::1\"\n"},
	{"connection by IPv6 without the word",
	 {{'C', OCTETS("unknown\0" "6\0\0" "2001:db8::1\0")}},
	 "C family=6 port=0 host=\"unknown\" address=\"2001:db8::1\"\n"},
	{"connection by IPv6, the word in small letters",
	 {{'C', OCTETS("unknown\0" "6\0\0" "ipv6:::1\0")}},
	 "C family=6 port=0 host=\"unknown\" address=\"::1\"\n"},
	{"connection by IPv4 keeps a strange word",
	 {{'C', OCTETS("x\0" "4\0\0" "IPv6:::1\0")}},
	 "C family=4 port=0 host=\"x\" address=\"IPv6:::1\"\n"},
	{"connection by a Unix socket",
	 {{'C', OCTETS("localhost\0" "L\0\0" "/run/x\0")}},
	 "C family=L port=0 host=\"localhost\" address=\"/run/x\"\n"},
	{"connection by nobody knows what",
	 {{'C', OCTETS("localhost\0" "U")}},
	 "C family=U port=0 host=\"localhost\"\n"},
	{"connection by nobody knows what, with an address even so",
	 {{'C', OCTETS("localhost\0" "U\0\0" "unknown\0")}},
	 "C family=U port=0 host=\"localhost\"\n"},
	{"connection of an unknown family", {{'C', OCTETS("x\0" "9\0\0" "a\0")}},
	 "trouble: a connection without a name, a family or an address\n"},
	{"connection without a family", {{'C', OCTETS("x\0")}},
	 "trouble: a connection without a name, a family or an address\n"},
	{"connection whose port is cut", {{'C', OCTETS("x\0" "4\0")}},
	 "trouble: a connection without a name, a family or an address\n"},
	{"connection whose address has no end", {{'C', OCTETS("x\0" "4\0\0" "192.0.2.1")}},
	 "trouble: a connection without a name, a family or an address\n"},
	{"connection without an address", {{'C', OCTETS("x\0" "4\0\0")}},
	 "trouble: a connection without a name, a family or an address\n"},
	{"connection whose name has no end", {{'C', OCTETS("x")}},
	 "trouble: a connection without a name, a family or an address\n"},
	{"macros with and without braces",
	 {{'D', OCTETS("Mi\0" "4XyZ\0" "{auth_authen}\0ada\0" "{}\0x\0" "{\0y\0")}},
	 "D for=M macro=\"i\" is=\"4XyZ\" macro=\"auth_authen\" is=\"ada\" macro=\"\" is=\"x\" macro=\"{\" is=\"y\"\n"},
	{"macros: none, and an empty value", {{'D', OCTETS("C")}, {'D', OCTETS("Ej\0\0")}},
	 "D for=C\nD for=E macro=\"j\" is=\"\"\n"},
	{"macros: a name without a value", {{'D', OCTETS("Hj\0")}}, "D for=H macro=\"j\" is=\"\"\n"},
	{"macros: a value without an end", {{'D', OCTETS("Hj\0x")}}, "trouble: macros without a command or an end\n"},
	{"macros: a name without an end", {{'D', OCTETS("Hj")}}, "trouble: macros without a command or an end\n"},
	{"macros for nothing", {{'D', OCTETS("")}}, "trouble: macros without a command or an end\n"},
	{"HELO", {{'H', OCTETS("mail.example.com\0")}, {'H', OCTETS("\0")}}, "H value=\"mail.example.com\"\nH value=\"\"\n"},
	{"HELO without an end", {{'H', OCTETS("mail")}}, "trouble: a HELO without an end\n"},
	{"HELO without anything", {{'H', OCTETS("")}}, "trouble: a HELO without an end\n"},
	{"HELO with NUL inside", {{'H', OCTETS("a\0b\0")}}, "H value=\"a\\00b\"\n"},
	{"sender", {{'M', OCTETS("<a@example.com>\0")}}, "M envelope=\"<a@example.com>\"\n"},
	{"sender with arguments",
	 {{'M', OCTETS("<>\0SIZE=10\0BODY=8BITMIME\0")}},
	 "M envelope=\"<>\" arguments=\"SIZE=10\\00BODY=8BITMIME\\00\"\n"},
	{"sender whose argument has no end", {{'M', OCTETS("<>\0SIZE=10")}}, "trouble: a sender without an end\n"},
	{"sender without an end", {{'M', OCTETS("<>")}}, "trouble: a sender without an end\n"},
	{"recipient with and without arguments",
	 {{'R', OCTETS("<b@example.com>\0NOTIFY=NEVER\0")}, {'R', OCTETS("<c@example.com>\0")}},
	 "R envelope=\"<b@example.com>\" arguments=\"NOTIFY=NEVER\\00\"\nR envelope=\"<c@example.com>\"\n"},
	{"recipient without an end", {{'R', OCTETS("")}}, "trouble: a recipient without an end\n"},
	{"header field", {{'L', OCTETS("Subject\0hello\0")}}, "L name=\"Subject\" value=\"hello\"\n"},
	{"header field with leading space and folds by LF",
	 {{'L', OCTETS("To\0  a@example.com,\n\tb@example.com\0")}},
	 "L name=\"To\" value=\"  a@example.com,\\0a\\09b@example.com\"\n"},
	{"header field with folds by CRLF", {{'L', OCTETS("To\0a,\r\n b\0")}}, "L name=\"To\" value=\"a,\\0d\\0a b\"\n"},
	{"header field of nothing", {{'L', OCTETS("\0\0")}, {'L', OCTETS("X\0\0")}},
	 "L name=\"\" value=\"\"\nL name=\"X\" value=\"\"\n"},
	{"header field with NUL inside", {{'L', OCTETS("X\0a\0b\0")}}, "L name=\"X\" value=\"a\\00b\"\n"},
	{"header field without a value", {{'L', OCTETS("X\0")}}, "trouble: a header field without a name or an end\n"},
	{"header field whose value has no end", {{'L', OCTETS("X\0a")}}, "trouble: a header field without a name or an end\n"},
	{"header field whose name has no end", {{'L', OCTETS("X")}}, "trouble: a header field without a name or an end\n"},
	{"body in two frames, one of them empty",
	 {{'B', OCTETS("one\r\n")}, {'B', OCTETS("")}, {'B', OCTETS("t\0o\r\n")}},
	 "B body=\"one\\0d\\0a\"\nB body=\"\"\nB body=\"t\\00o\\0d\\0a\"\n"},
	{"end of the message, without and with a last piece",
	 {{'E', OCTETS("")}, {'E', OCTETS("end\r\n")}},
	 "E body=\"\"\nE body=\"end\\0d\\0a\"\n"},
	{"commands of which only the name matters",
	 {{'T', OCTETS("")}, {'N', OCTETS("")}, {'A', OCTETS("")}, {'K', OCTETS("")}, {'Q', OCTETS("")}},
	 "T\nN\nA\nK\nQ\n"},
	{"commands of which only the name matters, with something",
	 {{'T', OCTETS("x\0")}, {'N', OCTETS("x")}, {'A', OCTETS("\0")}, {'Q', OCTETS("QQ")}},
	 "T\nN\nA\nQ\n"},
	{"unknown SMTP command", {{'U', OCTETS("XCLIENT ADDR=x\0")}}, "U value=\"XCLIENT ADDR=x\"\n"},
	{"unknown SMTP command without an end", {{'U', OCTETS("X")}}, "trouble: an SMTP command without an end\n"},
	{"command that there is not", {{'Q', OCTETS("")}, {'Z', OCTETS("")}},
	 "Q\ntrouble: a command that the protocol does not know\n"},
	{"an answer is no command", {{'c', OCTETS("")}}, "trouble: a command that the protocol does not know\n"},
	{"a message, and the next one on the same connection",
	 {{'M', OCTETS("<a@example.com>\0")}, {'L', OCTETS("A\0 x\0")}, {'B', OCTETS("12345")}, {'E', OCTETS("")},
	  {'M', OCTETS("<b@example.com>\0")}, {'A', OCTETS("")}, {'K', OCTETS("")}, {'C', OCTETS("x\0" "U")}},
	 "M envelope=\"<a@example.com>\"\nL name=\"A\" value=\" x\"\nB body=\"12345\"\nE body=\"\"\n"
	 "M envelope=\"<b@example.com>\"\nA\nK\nC family=U port=0 host=\"x\"\n"},
	/* clang-format on */
};

static void check_cuts(struct str wire, const char *want)
{
	static const int cuts[] = {1 << 30, 1, 2, 3, 4, 5, 6, 7, 11, 64, -3, -10, -40};

	for (size_t i = 0; i < sizeof cuts / sizeof *cuts; i++) {
		struct seen s;

		read_cut(wire, cuts[i], &s);
		buf_put_char(&s.lines, '\0');
		assert_int_equal(buf_error(&s.lines), INKAN_OK);
		assert_string_equal(s.lines.p, want);
		seen_release(&s);
	}
}

static void run_row(const void *row)
{
	const struct row *r = row;
	struct buf wire;

	buf_init(&wire, SIZE_MAX);
	for (size_t i = 0; i < sizeof r->frames / sizeof *r->frames && r->frames[i].command; i++)
		put_frame(&wire, r->frames[i].command, r->frames[i].data);
	check_cuts(buf_str(&wire), r->want);
	buf_release(&wire);
}

/* What is no frame at all. */
static const struct raw_row {
	const char *name;
	struct str wire;
	const char *want;
} raw_rows[] = {
	{"nothing", OCTETS(""), ""},
	{"a length that is not complete", OCTETS("\0\0\0"), ""},
	{"a frame that is not complete", OCTETS("\0\0\0\1Q\0\0\0\6Habcd"), "Q\n"},
	{"a body that is not complete", OCTETS("\0\0\0\1Q\0\0\0\6Babcd"), "Q\n"},
	{"a frame without a command", OCTETS("\0\0\0\0Q"), "trouble: a frame without a command\n"},
	{"a web browser", OCTETS("GET / HTTP/1.1\r\n\r\n"),
         "trouble: a frame is longer than the protocol allows: no milter client\n"},
	{"a mail client", OCTETS("EHLO mail.example.com\r\n"),
         "trouble: a frame is longer than the protocol allows: no milter client\n"},
	{"TLS", OCTETS("\x16\x03\x01\x02\0\x01"),
         "trouble: a frame is longer than the protocol allows: no milter client\n"},
	{"the greatest length",
         OCTETS("\xff\xff\xff\xff"
                "B"),
         "trouble: a frame is longer than the protocol allows: no milter client\n"},
	{"the least length with the highest bit", OCTETS("\x80\0\0\0L"),
         "trouble: a frame is longer than the protocol allows: no milter client\n"},
};

static void run_raw_row(const void *row)
{
	const struct raw_row *r = row;

	check_cuts(r->wire, r->want);
}

/* Limits */

/* Frames of `size` octets, all of them counted, of which the last octet is NUL. */
static int read_frame_of(char command, size_t size, size_t piece, size_t *octets_out, size_t *carry_out)
{
	struct buf wire;
	struct milter_decoder d;
	struct milter_event e;
	int status = 0;

	buf_init(&wire, SIZE_MAX);
	char *data = calloc(1, size);

	assert_non_null(data);
	memset(data, 'x', size - 6);
	data[1] = '\0';
	put_frame(&wire, command, str_from(data, size - 5));
	assert_int_equal(wire.n, size);
	milter_decoder_init(&d);
	*octets_out = 0;
	for (struct str rest = buf_str(&wire); rest.n && status >= 0; rest = str_skip(rest, piece)) {
		struct str input = str_head(rest, piece);

		while ((status = milter_next(&d, &input, &e)) > 0)
			*octets_out += e.body.n + e.value.n;
	}
	*carry_out = d.carry.cap;
	milter_decoder_release(&d);
	buf_release(&wire);
	free(data);
	return status;
}

static const struct limit_row {
	const char *name;
	char command;
	size_t size, piece;
	int want;
	size_t octets;
	size_t carry_max; /* at the end, which is after the frame */
} limit_rows[] = {
	{"a frame of MILTER_FRAME_MAX octets", 'L', MILTER_FRAME_MAX, SIZE_MAX, 0, MILTER_FRAME_MAX - 8, 0},
	{"a frame of MILTER_FRAME_MAX octets in pieces", 'L', MILTER_FRAME_MAX, 65536, 0, MILTER_FRAME_MAX - 8, 0},
	{"a frame of one octet more", 'L', MILTER_FRAME_MAX + 1, 65536, INKAN_ESYNTAX, 0, 0},
	{"a body frame of MILTER_BODY_FRAME_MAX octets", 'B', MILTER_BODY_FRAME_MAX, SIZE_MAX, 0,
         MILTER_BODY_FRAME_MAX - 5, 0},
	{"a body frame of MILTER_BODY_FRAME_MAX octets in pieces is not collected", 'B', MILTER_BODY_FRAME_MAX, 65536,
         0, MILTER_BODY_FRAME_MAX - 5, 0},
	{"a body frame of one octet more", 'B', MILTER_BODY_FRAME_MAX + 1, 65536, INKAN_ESYNTAX, 0, 0},
	{"a carry-over of MILTER_CARRY_KEPT octets is kept", 'L', MILTER_CARRY_KEPT, 1000, 0, MILTER_CARRY_KEPT - 8,
         MILTER_CARRY_KEPT},
	{"a carry-over of one octet more is freed", 'L', MILTER_CARRY_KEPT + 1, 1000, 0, MILTER_CARRY_KEPT - 7, 0},
};

static void run_limit_row(const void *row)
{
	const struct limit_row *r = row;
	size_t octets, carry;

	assert_int_equal(read_frame_of(r->command, r->size, r->piece, &octets, &carry), r->want);
	assert_int_equal(octets, r->octets);
	assert_int_equal(carry, r->carry_max);
}

static size_t macros_read(size_t count, char *last)
{
	struct buf data, wire;
	struct milter_decoder d;
	struct milter_event e;

	buf_init(&data, SIZE_MAX);
	buf_init(&wire, SIZE_MAX);
	buf_put_char(&data, 'M');
	for (size_t i = 0; i < count; i++)
		buf_put(&data, i + 1 == count ? STR("z\0last\0") : STR("a\0x\0"));
	put_frame(&wire, 'D', buf_str(&data));
	put_frame(&wire, 'Q', STR_NULL);
	struct str input = buf_str(&wire);

	milter_decoder_init(&d);
	assert_int_equal(milter_next(&d, &input, &e), 1);
	size_t n = e.macro_count;

	*last = e.macros[n - 1].name.p[0];
	assert_int_equal(milter_next(&d, &input, &e), 1); /* what follows is read */
	assert_int_equal(e.command, MILTER_QUIT);
	milter_decoder_release(&d);
	buf_release(&data);
	buf_release(&wire);
	return n;
}

static void more_macros_are_ignored(const void *row)
{
	char last;

	(void)row;
	assert_int_equal(macros_read(MILTER_MACROS_MAX, &last), MILTER_MACROS_MAX);
	assert_int_equal(last, 'z');
	assert_int_equal(macros_read(MILTER_MACROS_MAX + 1, &last), MILTER_MACROS_MAX);
	assert_int_equal(last, 'a');
}

/* What it costs */

static void whole_frames_are_not_copied(const void *row)
{
	struct buf wire;
	struct milter_decoder d;
	struct milter_event e;

	(void)row;
	char *body = calloc(1, 65536);

	assert_non_null(body);
	buf_init(&wire, SIZE_MAX);
	put_frame(&wire, 'L', STR("Subject\0 x\0"));
	put_frame(&wire, 'B', str_from(body, 65536));
	struct str input = buf_str(&wire);

	milter_decoder_init(&d);
	alloc_fail_at(1);
	assert_int_equal(milter_next(&d, &input, &e), 1);
	assert_ptr_equal(e.name.p, wire.p + 5);
	assert_int_equal(milter_next(&d, &input, &e), 1);
	assert_ptr_equal(e.body.p, wire.p + 16 + 5);
	assert_int_equal(e.body.n, 65536);
	assert_int_equal(milter_next(&d, &input, &e), 0);
	assert_int_equal(alloc_count(), 0);
	alloc_fail_at(0);
	milter_decoder_release(&d);
	buf_release(&wire);
	free(body);
}

static void lack_of_memory_is_said_and_stays(const void *row)
{
	struct milter_decoder d;
	struct milter_event e;
	struct str input = STR("\0\0\0\5Ha"), rest = STR("bc\0"), more = STR("\0\0\0\1Q");

	(void)row;
	milter_decoder_init(&d);
	alloc_fail_at(1);
	assert_int_equal(milter_next(&d, &input, &e), INKAN_ENOMEM);
	alloc_fail_at(0);
	assert_int_equal(milter_next(&d, &rest, &e), INKAN_ENOMEM);
	assert_int_equal(milter_next(&d, &more, &e), INKAN_ENOMEM);
	assert_null(d.trouble);
	milter_decoder_release(&d);
}

static void every_allocation_may_fail(const void *row)
{
	struct buf wire;
	size_t n = 1;

	(void)row;
	buf_init(&wire, SIZE_MAX);
	for (size_t i = 0; i < 3; i++)
		put_frame(&wire, 'H', str_from((char[3000]){'a'}, 3000));
	for (bool reached = true; reached; n++) {
		struct milter_decoder d;
		struct milter_event e;
		int status = 0;
		size_t events = 0;

		milter_decoder_init(&d);
		alloc_fail_at(n);
		for (struct str rest = buf_str(&wire); rest.n && status >= 0; rest = str_skip(rest, 100)) {
			struct str input = str_head(rest, 100);

			while ((status = milter_next(&d, &input, &e)) > 0)
				events++;
		}
		reached = alloc_count() >= n;
		alloc_fail_at(0);
		assert_int_equal(status, reached ? INKAN_ENOMEM : 0);
		assert_true(reached || events == 3);
		milter_decoder_release(&d);
	}
	assert_true(n > 3);
	buf_release(&wire);
}

/* Terms */

static const struct terms_row {
	const char *name;
	uint32_t version, actions, protocol; /* offered */
	struct milter_terms wanted;
	bool agreed;
	struct milter_terms want;
} terms_rows[] = {
	{"the server's version is less", 2, 0x3f, 0x7f, {6, 0x31, 0x1fffff}, true, {2, 0x31, 0x7f}},
	{"version 3",
         3,
         0x3f,
         0x1ff,
         {6, 0x31, MILTER_NO_UNKNOWN | MILTER_NO_DATA},
         true,
         {3, 0x31, MILTER_NO_UNKNOWN}},
	{"version 4", 4, 0x3f, 0x3ff, {6, 1, MILTER_NO_DATA | MILTER_SKIP}, true, {4, 1, MILTER_NO_DATA}},
	{"version 5", 5, 0, 0, {6, 0, 0}, true, {5, 0, 0}},
	{"version 6", 6, 0x1ff, 0x1fffff, {6, 0x31, 0x1ffc80}, true, {6, 0x31, 0x1ffc80}},
	{"our version is less", 99, 0x1ff, 0x1fffff, {6, 0x31, 0x480}, true, {6, 0x31, 0x480}},
	{"version 1", 1, 0xf, 0x3f, {6, 1, 0}, false, {0}},
	{"version 0", 0, 0xf, 0x3f, {6, 1, 0}, false, {0}},
	{"an action that is not offered is missing", 6, 0x11, 0, {6, 0x31, 0x80}, true, {6, 0x11, 0}},
	{"greater bodies are not asked for unless wished",
         6,
         0x1ff,
         0x301fffff,
         {6, 0x31, MILTER_SKIP},
         true,
         {6, 0x31, MILTER_SKIP}},
	{"greater bodies where wished and offered",
         6,
         0x1ff,
         0x101fffff,
         {6, 0x31, MILTER_BODY_256K | MILTER_BODY_1M},
         true,
         {6, 0x31, MILTER_BODY_256K}},
};

static void run_terms_row(const void *row)
{
	const struct terms_row *r = row;
	struct milter_event e = {.version = r->version, .actions = r->actions, .protocol = r->protocol};
	struct milter_terms terms = {0};

	assert_int_equal(milter_agree(&e, r->wanted, &terms), r->agreed);
	assert_int_equal(terms.version, r->want.version);
	assert_int_equal(terms.actions, r->want.actions);
	assert_int_equal(terms.protocol, r->want.protocol);
}

/* Answers */

static void put_all_words(struct buf *out)
{
	milter_put_continue(out);
	milter_put_accept(out);
	milter_put_discard(out);
	milter_put_tempfail(out);
	milter_put_reject(out);
	milter_put_skip(out);
	milter_put_progress(out);
}

static void put_terms(struct buf *out)
{
	milter_put_terms(out, &(struct milter_terms){6, 0x131, 0x1fffff});
}

static void put_insert(struct buf *out)
{
	milter_put_insert_header(out, 258, STR("X"), STR("a\n b"), false);
}

static void put_insert_space(struct buf *out)
{
	milter_put_insert_header(out, 0, STR("X"), STR("a\r\n b\r\n\tc"), true);
}

static void put_add(struct buf *out)
{
	milter_put_add_header(out, STR("X"), STR("a"), false);
}

static void put_add_space(struct buf *out)
{
	milter_put_add_header(out, STR("X"), STR("a"), true);
}

static void put_change(struct buf *out)
{
	milter_put_change_header(out, 2, STR("X"), STR("\r\nnew\r\n"), true);
}

static void put_remove(struct buf *out)
{
	milter_put_change_header(out, 1, STR("X"), STR(""), true);
}

static void put_cr(struct buf *out)
{
	milter_put_add_header(out, STR("X"), STR("\ra\rb\r\r\nc\r"), false);
}

static void put_quarantine(struct buf *out)
{
	milter_put_quarantine(out, STR("held"));
}

static void put_change_from(struct buf *out)
{
	milter_put_change_from(out, STR("a@example.com"));
}

static void put_change_from_nobody(struct buf *out)
{
	milter_put_change_from(out, STR(""));
}

static void put_reply(struct buf *out)
{
	milter_put_reply(out, STR("550 5.7.1 100% spam%"));
}

static void put_reply_lines(struct buf *out)
{
	milter_put_reply(out, STR("451 4.7.1 a\r\nb"));
}

static const struct answer_row {
	const char *name;
	void (*put)(struct buf *out);
	struct str want;
} answer_rows[] = {
	/* clang-format off */
	{"answers of one word", put_all_words,
	 OCTETS("\0\0\0\1c" "\0\0\0\1a" "\0\0\0\1d" "\0\0\0\1t" "\0\0\0\1r" "\0\0\0\1s" "\0\0\0\1p")},
	{"terms", put_terms, OCTETS("\0\0\0\x0dO" "\0\0\0\6" "\0\0\1\x31" "\0\x1f\xff\xff")},
	{"insert a field", put_insert, OCTETS("\0\0\0\x0ci" "\0\0\1\2" "X\0a\n b\0")},
	{"insert a field with leading space, CRLF becomes LF", put_insert_space,
	 OCTETS("\0\0\0\x10i" "\0\0\0\0" "X\0 a\n b\n\tc\0")},
	{"add a field", put_add, OCTETS("\0\0\0\5h" "X\0a\0")},
	{"add a field with leading space", put_add_space, OCTETS("\0\0\0\6h" "X\0 a\0")},
	{"change a field", put_change, OCTETS("\0\0\0\x0em" "\0\0\0\2" "X\0 \nnew\n\0")},
	{"R4 remove a field: nothing, not a space", put_remove, OCTETS("\0\0\0\x08m" "\0\0\0\1" "X\0\0")},
	{"CR of its own stays", put_cr, OCTETS("\0\0\0\x0ch" "X\0\ra\rb\r\nc\r\0")},
	{"quarantine", put_quarantine, OCTETS("\0\0\0\6q" "held\0")},
	{"S3-17 another envelope sender", put_change_from, OCTETS("\0\0\0\x11" "e<a@example.com>\0")},
	{"no envelope sender", put_change_from_nobody, OCTETS("\0\0\0\4e" "<>\0")},
	{"reply, % doubled", put_reply, OCTETS("\0\0\0\x18y" "550 5.7.1 100%% spam%%\0")},
	{"reply is one line", put_reply_lines, OCTETS("\0\0\0\x10y" "451 4.7.1 a  b\0")},
	/* clang-format on */
};

static void run_answer_row(const void *row)
{
	const struct answer_row *r = row;

	for (size_t max = 0; max <= r->want.n; max++) {
		struct buf out;

		buf_init(&out, max);
		r->put(&out);
		assert_int_equal(buf_error(&out), max < r->want.n ? INKAN_ELIMIT : INKAN_OK);
		if (max == r->want.n) {
			assert_int_equal(out.n, r->want.n);
			assert_memory_equal(out.p, r->want.p, out.n);
		}
		buf_release(&out);
	}
}

enum { REPLY_MAX = 980 };

/* The text that is left of n times "x" and a last octet. */
static size_t reply_size(size_t n, char last, char *last_out)
{
	struct buf reply, out;

	buf_init(&reply, SIZE_MAX);
	buf_init(&out, SIZE_MAX);
	for (size_t i = 0; i < n; i++)
		buf_put_char(&reply, 'x');
	buf_put_char(&reply, last);
	milter_put_reply(&out, buf_str(&reply));
	assert_int_equal(buf_error(&out), INKAN_OK);
	size_t size = out.n - 6;

	*last_out = out.p[out.n - 2];
	buf_release(&reply);
	buf_release(&out);
	return size;
}

static void long_replies_are_cut(const void *row)
{
	char last;

	(void)row;
	assert_int_equal(reply_size(REPLY_MAX - 1, 'y', &last), REPLY_MAX);
	assert_int_equal(last, 'y');
	assert_int_equal(reply_size(REPLY_MAX, 'y', &last), REPLY_MAX);
	assert_int_equal(last, 'x');
	assert_int_equal(reply_size(REPLY_MAX - 2, '%', &last), REPLY_MAX);
	assert_int_equal(last, '%');
	assert_int_equal(reply_size(REPLY_MAX - 1, '%', &last), REPLY_MAX - 1); /* not half a pair */
	assert_int_equal(last, 'x');
}

int main(void)
{
	struct test_list list = {0};

	TEST_TABLE(&list, rows, run_row);
	TEST_TABLE(&list, raw_rows, run_raw_row);
	TEST_TABLE(&list, limit_rows, run_limit_row);
	test_add(&list, "more than MILTER_MACROS_MAX macros are ignored", more_macros_are_ignored, NULL);
	test_add(&list, "whole frames are not copied", whole_frames_are_not_copied, NULL);
	test_add(&list, "lack of memory is said, and stays", lack_of_memory_is_said_and_stays, NULL);
	test_add(&list, "every allocation may fail", every_allocation_may_fail, NULL);
	TEST_TABLE(&list, terms_rows, run_terms_row);
	TEST_TABLE(&list, answer_rows, run_answer_row);
	test_add(&list, "replies longer than 980 octets are cut", long_replies_are_cut, NULL);
	return test_run(&list, "proto/milter");
}

/* The milter protocol, versions 2 to 6, the filter's side: octets in, events out; answers as octets (Postfix MILTER_README,
 * Sendmail's libmilter/docs; the numbers are those of mfdef.h).
 *
 * A frame is a length (4 octets, network order), a command octet, and data. Frames may come in pieces of any size: what is
 * small is collected (at most MILTER_FRAME_MAX octets), bodies are handed on as they come. Nothing blocks, nothing is
 * allocated but the carry-over of a split frame. */
#pragma once

#include "core/buf.h"

enum {
	MILTER_VERSION_MIN = 2,
	MILTER_VERSION_MAX = 6,
	MILTER_FRAME_MAX =
		1024 * 1024 + 5, /* octets of a frame other than body: with SMFIP_MDS_1M the largest there is */
	MILTER_BODY_FRAME_MAX = 1024 * 1024 + 5,
	MILTER_MACROS_MAX = 64,  /* names and values in one macro frame; more are ignored */
	MILTER_CARRY_KEPT = 4096 /* octets of carry-over that an idle decoder keeps */
};

/* SMFIC_ */
enum milter_command {
	MILTER_ABORT = 'A',
	MILTER_BODY = 'B',
	MILTER_CONNECT = 'C',
	MILTER_MACRO = 'D',
	MILTER_END_OF_MESSAGE = 'E',
	MILTER_HELO = 'H',
	MILTER_QUIT_NEW_CONNECTION = 'K',
	MILTER_HEADER = 'L',
	MILTER_MAIL = 'M',
	MILTER_END_OF_HEADER = 'N',
	MILTER_NEGOTIATE = 'O',
	MILTER_QUIT = 'Q',
	MILTER_RECIPIENT = 'R',
	MILTER_DATA = 'T',
	MILTER_UNKNOWN = 'U'
};

/* SMFIF_: what the filter may do */
enum milter_actions {
	MILTER_ADD_HEADERS = 0x01,
	MILTER_CHANGE_BODY = 0x02,
	MILTER_ADD_RECIPIENTS = 0x04,
	MILTER_DELETE_RECIPIENTS = 0x08,
	MILTER_CHANGE_HEADERS = 0x10,
	MILTER_QUARANTINE = 0x20,
	MILTER_CHANGE_FROM = 0x40,
	MILTER_ADD_RECIPIENTS_WITH = 0x80,
	MILTER_SET_SYMBOLS = 0x100
};

/* SMFIP_: what the server need not send, or need not wait for */
enum milter_protocol {
	MILTER_NO_CONNECT = 0x01,
	MILTER_NO_HELO = 0x02,
	MILTER_NO_MAIL = 0x04,
	MILTER_NO_RECIPIENT = 0x08,
	MILTER_NO_BODY = 0x10,
	MILTER_NO_HEADERS = 0x20,
	MILTER_NO_END_OF_HEADER = 0x40,
	MILTER_NO_REPLY_HEADER = 0x80,
	MILTER_NO_UNKNOWN = 0x100,
	MILTER_NO_DATA = 0x200,
	MILTER_SKIP = 0x400,
	MILTER_REJECTED_RECIPIENTS = 0x800,
	MILTER_NO_REPLY_CONNECT = 0x1000,
	MILTER_NO_REPLY_HELO = 0x2000,
	MILTER_NO_REPLY_MAIL = 0x4000,
	MILTER_NO_REPLY_RECIPIENT = 0x8000,
	MILTER_NO_REPLY_DATA = 0x10000,
	MILTER_NO_REPLY_UNKNOWN = 0x20000,
	MILTER_NO_REPLY_END_OF_HEADER = 0x40000,
	MILTER_NO_REPLY_BODY = 0x80000,
	MILTER_LEADING_SPACE = 0x100000,
	MILTER_BODY_256K = 0x10000000,
	MILTER_BODY_1M = 0x20000000
};

struct milter_macro {
	struct str name; /* without braces: "auth_authen", "i" */
	struct str value;
};

/* What the server said. Texts point into the input or the carry-over: valid until the next call of milter_next(). */
struct milter_event {
	enum milter_command command;
	uint32_t version, actions, protocol; /* NEGOTIATE: offered */
	struct str host;                     /* CONNECT: the client's name, or "[192.0.2.1]" */
	char family;                         /* CONNECT: '4', '6', 'L' (Unix), 'U' (unknown) */
	uint16_t port;
	struct str address; /* CONNECT: "192.0.2.1"; IPv6 without the "IPv6:" that some put before it */
	/* HEADER: as they came; value with LF or CRLF inside, and, where LEADING_SPACE was not agreed, without one space that
	 * mostly stood behind the colon (a tab stays; who writes "Name:value" is not told apart). HELO, UNKNOWN: value */
	struct str name, value;
	struct str envelope;            /* MAIL, RECIPIENT: the address as given, "<a@example.com>" */
	struct str arguments;           /* MAIL, RECIPIENT: ESMTP arguments, each terminated by NUL */
	struct str body;                /* BODY: a piece; END_OF_MESSAGE: a last piece, mostly empty */
	bool body_continues;            /* BODY: more of the same frame is to come: nothing is to be answered yet */
	enum milter_command macros_for; /* MACRO: the command that they belong to */
	struct milter_macro macros[MILTER_MACROS_MAX];
	size_t macro_count;
};

struct milter_decoder {
	struct buf carry;    /* a frame that is not complete; empty and freed (or small) between frames */
	uint32_t body_left;  /* octets of a body frame that are still to come */
	const char *trouble; /* why the peer is to be cut off: static text; NULL */
	bool carry_is_used;  /* the last event points into the carry-over */
};

void milter_decoder_init(struct milter_decoder *d);
void milter_decoder_release(struct milter_decoder *d);
/* Takes what it needs from the front of *input: 1: *out is the next event; 0: all of the input is used up, more is needed;
 * INKAN_ESYNTAX: no milter client, or a broken one (d->trouble); INKAN_ENOMEM. Errors are sticky. Any way of cutting the
 * octets into pieces gives the same events, but that BODY pieces follow the cuts. */
INKAN_MUST_CHECK int milter_next(struct milter_decoder *d, struct str *input, struct milter_event *out);

/* What the filter wants, as far as the server offered it: the least version of both, actions asked for and offered (what
 * is not offered is missing from *actions_out), protocol steps. */
struct milter_terms {
	uint32_t version, actions, protocol;
};
/* wanted.protocol: the NO_ and NO_REPLY_ flags, SKIP, LEADING_SPACE, as wished; what was not offered is left out; of BODY_256K and
 * BODY_1M none is ever answered unless wished. False: a version below 2. */
bool milter_agree(const struct milter_event *negotiate, struct milter_terms wanted, struct milter_terms *out);

/* Answers: each adds one frame to the buffer. Strings must hold no NUL (asserted); header values may hold LF for folding, CRLF is
 * made LF. */
void milter_put_terms(struct buf *out, const struct milter_terms *terms);
void milter_put_continue(struct buf *out);
void milter_put_accept(struct buf *out);
void milter_put_discard(struct buf *out);
void milter_put_tempfail(struct buf *out);
void milter_put_reject(struct buf *out);
void milter_put_skip(struct buf *out);
void milter_put_progress(struct buf *out);
/* "550 5.7.1 text": a "%" is doubled as the protocol wants it; longer than 980 octets is cut. */
void milter_put_reply(struct buf *out, struct str reply);
/* index 0: the top. leading_space: it was agreed that values carry their own space behind the colon; the value is given without it. */
void milter_put_insert_header(struct buf *out, uint32_t index, struct str name, struct str value, bool leading_space);
void milter_put_add_header(struct buf *out, struct str name, struct str value, bool leading_space);
/* The index-th field of that name, from 1; an empty value removes it. */
void milter_put_change_header(struct buf *out, uint32_t index, struct str name, struct str value, bool leading_space);
void milter_put_quarantine(struct buf *out, struct str reason);
/* Another envelope sender, without angle brackets and ESMTP arguments; empty: "<>". */
void milter_put_change_from(struct buf *out, struct str address);

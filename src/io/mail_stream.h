/* Private to mailbox.c and mail_stream.c: a descriptor read in chunks, mbox separators found on the way. */
#pragma once

#include "io/mailbox.h"

struct mail_stream {
	char *buffer;      /* MAILBOX_CHUNK octets */
	size_t begin, end; /* what is in it and was not handed out */
	size_t limit;      /* up to here it is known to belong to the message */
	uint64_t position; /* of `begin` in the file */
	uint64_t left;     /* octets that may still be read from the descriptor */
	int fd;
	bool owns_fd;
	const char *path;
	bool at_eof;
	bool split;                  /* messages end at separators */
	bool unquote;                /* takes off a ">" of mbox quoting */
	bool limit_is_end;           /* the message ends at `limit` */
	bool at_line_start;          /* `begin` is the first octet of a line */
	struct mail_stream *through; /* reads from here instead */
};

/* Forgets what it held and reads from fd, not owned, from now on: one message to the end of the file. */
void mail_stream_attach(struct mail_stream *s, int fd, const char *path);
/* Whether what comes next is "From ". */
INKAN_MUST_CHECK int mail_stream_is_mbox(struct mail_stream *s, bool *out, struct io_error *error);
/* At the start of an mbox, or behind one of its messages: takes the separator line. 1: a message follows; 0: end. */
INKAN_MUST_CHECK int mail_stream_next(struct mail_stream *s, struct io_error *error);
/* What a sequential item is read from. */
struct mail_stream *mailbox_shared_stream(struct mailbox *m);

/* Messages in files: one message a file, mbox, maildir, a folder of files, standard input.
 *
 * A mailbox gives items one by one; an item is opened with a mail stream and read in chunks, whose memory does not depend
 * on the size of the message. Items of files do not depend on each other or on the mailbox: threads may read them, each
 * with its own stream.
 *
 * What is what. "-": standard input. A folder with cur/ and new/: maildir, both of them, never tmp/. Any other folder: its
 * regular files, hidden ones and subfolders skipped. Order by name. A file that begins with "From " is an mbox, also
 * inside a folder and on standard input (not in a maildir). Symbolic links to files are followed. */
#pragma once

#include "core/str.h"
#include "io/error.h"

enum { MAILBOX_CHUNK = 256 * 1024 /* octets of a chunk at most; also the memory of a stream */ };

struct mailbox_options {
	bool keep_quotes; /* leave ">From " in an mbox as it is. Else one ">" of every line ">...>From " goes (mboxrd), which
	                   * makes what mbox writers of any kind had quoted good for signatures again */
};

struct mailbox;
struct mail_item {
	char *name;      /* for people: "dir/file.eml", "box.mbox:3" */
	char *path;      /* of the file */
	char *error;     /* why it cannot be read: "dir/file.eml: Permission denied"; NULL: it can */
	bool is_empty;   /* `error` is that there is no message */
	uint64_t offset; /* of a message in an mbox */
	uint64_t size;   /* UINT64_MAX: to the end of the file */
	bool unquote;
	struct mailbox *sequential; /* NULL, or the item must be read before the next one is asked for (pipe) */
};

/* INKAN_EIO where `path` itself cannot be read. */
INKAN_MUST_CHECK int mailbox_open(const char *path, struct mailbox_options options, struct mailbox **out,
                                  struct io_error *error);
void mailbox_close(struct mailbox *m);
/* How many entries of the folder are no items: hidden ones, subfolders, sockets and the like. Not those of a maildir. */
size_t mailbox_skipped(const struct mailbox *m);
/* 1: *out is the next item, to be released; 0: there are no more; else an error (INKAN_ENOMEM). An unreadable item is an
 * item with `error`; those after it come all the same. */
INKAN_MUST_CHECK int mailbox_next(struct mailbox *m, struct mail_item *out);
void mail_item_release(struct mail_item *item);

struct mail_stream;

/* Can be used for any number of items, one at a time. */
INKAN_MUST_CHECK int mail_stream_new(struct mail_stream **out);
void mail_stream_free(struct mail_stream *s);
/* Ends the item before. The item must live until the stream is opened again or freed. */
INKAN_MUST_CHECK int mail_stream_open(struct mail_stream *s, const struct mail_item *item, struct io_error *error);
/* The next octets, valid until the next call; empty at the end. */
INKAN_MUST_CHECK int mail_stream_read(struct mail_stream *s, struct str *out, struct io_error *error);

/* A message that gets fields on top: read once for whoever makes them, and once more to be copied below them.
 *
 * What cannot be read twice (a pipe) is kept beside: in memory while it is small, else in a file without a name. Other than
 * EXIT_FINE a message was printed, here and everywhere. */
#pragma once

#include <sys/stat.h>

#include "cli/files.h"
#include "cli/spool.h"

enum { REWRITE_CHUNK_SIZE = 64 * 1024 /* octets read at once */ };

struct rewrite {
	struct ui *ui;
	const char *file; /* "-" for standard input */
	int fd;
	struct spool spool;
	bool spooled;       /* the message cannot be read twice and lies in `spool` */
	struct stat before; /* else: how the file looked when it was opened, */
	off_t start;        /* and where in it the message begins */
	bool lf_only;       /* its first line ends with LF alone */
	char chunk[REWRITE_CHUNK_SIZE];
};

/* Before anything else; opens nothing yet. */
void rewrite_init(struct rewrite *r, struct ui *ui, const char *file);
void rewrite_release(struct rewrite *r);

/* First reading: hands on every chunk, until one is not taken. An empty message and an mbox are refused. */
typedef enum exit_code rewrite_take(void *context, struct str chunk);
enum exit_code rewrite_read(struct rewrite *r, rewrite_take *take, void *context);
/* Second reading: writes the fields, given with CRLF, with the line ends of the message, then the message. */
enum exit_code rewrite_write(struct rewrite *r, struct str fields);
/* Instead of the message, for programs that put the fields in themselves: {"file": ..., "fields": [...]}. */
enum exit_code rewrite_json(struct rewrite *r, struct str fields);

/* Files and standard input. Every trouble is printed here, with what to do; callers pass the exit code on. */
#pragma once

#include "cli/output.h"

/* Opens a file, or standard input for "-", for reading. -1: a message was printed, the exit code is EXIT_USAGE.
 * Closed by file_close(). */
int file_open(struct ui *ui, const char *name);
void file_close(int fd);

/* Reads up to `size` octets: their number, 0 at the end, -1 on error (message printed). */
ptrdiff_t file_read_some(struct ui *ui, const char *name, int fd, char *out, size_t size);

/* Adds the whole file (or standard input for "-") to `out`, which was made with its maximum: more is an error. */
enum exit_code file_read(struct ui *ui, const char *name, struct buf *out);

/* The same for a command that takes a text behind --value as well: a name with a space that names nothing was meant for
 * that, and is refused saying so. */
enum exit_code file_read_not_text(struct ui *ui, const char *name, struct buf *out);

/* Whether file_write(..., replace) would find a place to write to; nothing stays behind. */
enum exit_code file_probe(struct ui *ui, const char *name);

/* Writes a whole file at once: it appears under its name only when every octet is on disk (temporary file beside it,
 * fsync, rename), with exactly these permissions. `replace` false: a file that exists already is left as it is; true: a
 * symbolic link stays and the file behind it is replaced, a device or FIFO is written into and stays too. */
enum exit_code file_write(struct ui *ui, const char *name, struct str octets, unsigned mode, bool replace);

/* The same for what is too much to be held at once: `produce` writes it to fd. 0, errno, or -1: it gave a message itself. */
typedef int file_producer(void *context, int fd);
enum exit_code file_write_by(struct ui *ui, const char *name, file_producer *produce, void *context, unsigned mode,
                             bool replace);

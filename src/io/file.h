/* Whole files, and files as streams. read(), never mmap(): a file that shrinks while it is read must not kill us. */
#pragma once

#include "core/buf.h"
#include "io/error.h"

/* Opens for reading; "-" is standard input. The descriptor, or INKAN_EIO. To be closed by io_close(). */
INKAN_MUST_CHECK int io_open(const char *path, struct io_error *error);
/* Leaves standard input open; -1 is fine. */
void io_close(int fd);
/* Up to n octets: their number, 0 at the end, INKAN_EIO. */
INKAN_MUST_CHECK ptrdiff_t io_read(int fd, const char *path, void *p, size_t n, struct io_error *error);

/* Adds the whole file ("-": standard input) to out. INKAN_ELIMIT where it is larger than out->max allows (*error tells),
 * INKAN_ENOMEM, INKAN_EIO. */
INKAN_MUST_CHECK int io_read_file(const char *path, struct buf *out, struct io_error *error);

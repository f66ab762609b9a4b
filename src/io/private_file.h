/* Files that hold secrets: read only where nobody else may read or change them. */
#pragma once

#include <sys/types.h>

#include "core/buf.h"
#include "io/error.h"

/* Adds the file's octets to `out`, whose memory is reserved beforehand and never grows (so that no copies are left behind). Owner must
 * be root, who we are, or `user`; others may have no right, its group none either, but to read what belongs to root. INKAN_EIO: *error says
 * what is wrong and how it is mended: access, or that the file does not fit. */
INKAN_MUST_CHECK int private_file_read(const char *path, uid_t user, struct buf *out, struct io_error *error);

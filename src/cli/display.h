/* Header values for people's eyes: unfolded, encoded words decoded (RFC 2047), safe on a terminal (output.h). */
#pragma once

#include "core/buf.h"

/* Adds the value of a header field as one line: without folding and white space at its ends, encoded words decoded
 * (those in a character set that is not known stay as they are), everything by way of safe_text(). */
void display_header(struct buf *out, struct str value);

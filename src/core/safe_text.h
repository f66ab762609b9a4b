/* Text of strangers made harmless, for terminals and pages. */
#pragma once

#include "core/buf.h"

/* Adds s as one line that no terminal obeys: control characters (ESC, C1 and line ends too), invisible and
 * direction-changing characters and octets that are not UTF-8 come out as \n, \x1b or \u{202e}. What came out once is
 * not changed by a second turn. */
void safe_text(struct buf *out, struct str s);

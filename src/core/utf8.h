/* UTF-8 (RFC 3629). */
#pragma once

#include "core/arena.h"

/* Length in octets (1..4) of the well-formed character at the start of s; 0 where there is none (malformed, overlong,
 * surrogate, beyond U+10FFFF, cut off, or s empty). */
size_t utf8_char_size(struct str s);
bool utf8_is_valid(struct str s);
/* Puts U+`code` in UTF-8 to out (room for 4 octets), returns its size; 0 where the code is no character. */
size_t utf8_put(uint32_t code, char *out);
/* Takes the next character of *rest, which is not empty: its text and its code. False for an octet that is not UTF-8:
 * then that octet is both. */
bool utf8_next(struct str *rest, struct str *text_out, uint32_t *code_out);

/* A copy for results, which strangers' text ends up in: terminated, at most `max` octets, well-formed; each octet of a control
 * character (C1 as well: some terminals obey them) or of something malformed becomes `instead`. "" where memory is short:
 * the arena says so. */
const char *utf8_shown(struct arena *arena, struct str s, size_t max, char instead);

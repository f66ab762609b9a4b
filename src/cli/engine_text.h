/* Reasons and notes of the engine, which are English (they go into header fields and JSON as they are), for people. */
#pragma once

#include "cli/output.h"

/* Adds the reason of an SPF or DMARC result, or the note of a step, in the language of the user; one that is not in the
 * table as it is. Details in parentheses behind it stay. Made safe. */
void engine_text(struct buf *out, const struct ui *ui, const char *reason);
/* Whether the table has it, for tests. */
bool engine_text_is_known(const char *reason);

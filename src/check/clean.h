/* Characters that do not belong into a record, as pasting through documents and chats leaves them. */
#pragma once

#include "core/arena.h"

/* Says what is wrong with the character at `at`, and puts what is to be read instead over it in `out`. */
typedef void clean_replace(void *context, size_t at, struct str character, char *out);

/* *out: a copy of value, of the same length, in which `replace` was called for each character that is not printable ASCII,
 * or a quote or backslash. Errors: those of the arena. */
INKAN_MUST_CHECK int clean_record(struct arena *arena, struct str value, clean_replace *replace, void *context,
                                  struct str *out);

/* Whether a character beyond ASCII is in the list. */
bool clean_is_one_of(struct str character, struct str list);
/* Quotation marks that are not the ASCII ones. */
bool clean_is_smart_quote(struct str character);

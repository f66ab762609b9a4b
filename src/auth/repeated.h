/* Fields that stand in a message more often than they may, beyond what a passing signature covers (RFC 6376 section 8.15):
 * who forwards a signed message can put a second From on top, and the signature still verifies. */
#pragma once

#include "inkan/verdict.h"
#include "mail/header.h"

enum { REPEATED_FIELDS_MAX = 17 };

/* Fills `out` (room for REPEATED_FIELDS_MAX) and returns how many there are; 0 where no signature passed. */
size_t repeated_fields(const struct header *header, const struct inkan_dkim_result *dkim, size_t dkim_count,
                       struct inkan_repeated_field *out);

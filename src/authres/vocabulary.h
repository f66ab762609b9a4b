/* The result words of RFC 8601 section 2.7. */
#pragma once

#include "core/str.h"
#include "inkan/dkim.h"

/* For a word in lower case; INKAN_NONE for one that is unknown (RULES R5: it says nothing). "hardfail" is fail. */
enum inkan_result authres_result_from_word(struct str word);

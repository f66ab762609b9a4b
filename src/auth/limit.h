/* Which limit a message has met, in words. */
#pragma once

#include "mail/reader.h"

/* For a reader that ended with INKAN_ELIMIT; static text. */
const char *limit_text(const struct reader *reader);

/* Which limit a message has met, and what its line ends keep it from, in words. */
#pragma once

#include "mail/reader.h"

/* For a reader that ended with INKAN_ELIMIT; static text. */
const char *limit_text(const struct reader *reader);
/* Line ends that another program would read in another way than a signature did (S14); static text, "" where there are
 * none. */
const char *line_end_refusal(const struct reader *reader);

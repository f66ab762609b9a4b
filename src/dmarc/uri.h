/* Lists of report URIs in rua= and ruf= (RFC 9989 section 4.6, RULES M16). */
#pragma once

#include "dmarc/dmarc.h"

/* URIs that can be read, at most DMARC_URIS_MAX; others are left out. */
INKAN_MUST_CHECK int dmarc_uris_parse(struct arena *arena, struct str list, struct dmarc_uri **out, size_t *count_out);

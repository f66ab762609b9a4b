/* Which Authentication-Results fields of an arriving message have to go, because they claim to be of this receiver
 * (RFC 8601 section 5; RULES R3, R4). A field that stays is not believed either: it is a stranger's word. */
#pragma once

#include "authres/parse.h"

struct authres_removal {
	size_t field; /* in the header */
	size_t index; /* 1 for the topmost field of that name (its case ignored), as a milter counts */
};

/* All of them, from the bottom of the header up: so the indexes of those to come stay right while one after the other is
 * removed. A field is to go that claims an id of ours (authres_is_ours), or every one where `all`. The caller leaves out
 * the call for messages of its own trusted hosts. The array lives in the arena. Errors: those of the arena. */
INKAN_MUST_CHECK int authres_strip(struct arena *arena, const struct header *header, const struct str *our_ids,
                                   size_t our_count, bool all, struct authres_removal **out, size_t *count_out);

/* The ARC sets of a message, found and sorted (RFC 8617 sections 4 and 5.2; RULES A1 to A3). */
#pragma once

#include "arc/arc.h"
#include "sig/signature.h"

struct arc_set {
	const struct header_field *results, *message, *seal; /* the three fields; NULL where one is missing */
	struct str results_text; /* of ARC-Authentication-Results: what stands behind "i=N;" */
	struct dkim_signature message_signature, seal_signature;
	struct str cv; /* of the seal */
	size_t body_need;
	struct digest_value seal_digest; /* while the chain is verified */
};

struct arc_sets {
	struct arc_set *sets; /* instance 1 first; ARC_SETS_MAX of them */
	unsigned count;       /* highest instance found */
	const char *trouble;  /* why the chain is broken whatever its signatures say; NULL */
	unsigned trouble_instance;
};

/* Errors: those of the arena. */
INKAN_MUST_CHECK int arc_sets_find(struct arena *arena, const struct header *header, struct arc_sets *out);

/* Where a chain ends, without judging it: what a sealer has to know of the messiest chain as well. */
struct arc_chain_end {
	unsigned instance; /* the highest of any field, at most ARC_SETS_MAX; 0: there is no set */
	bool failed;       /* a seal of that instance says cv=fail (A2) */
};

struct arc_chain_end arc_chain_end(const struct header *header);

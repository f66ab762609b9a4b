/* Results of ARC validation (RFC 8617). */
#pragma once

#include "inkan/dkim.h"

#ifdef __cplusplus
extern "C" {
#endif

/* One hop that sealed. */
struct inkan_arc_set {
	unsigned instance;  /* i= */
	const char *sealer; /* d= of the ARC-Seal, lower case */
	const char *selector;
	const char *authserv_id; /* of its ARC-Authentication-Results; "" where it cannot be read */
	const char *
		results; /* the results it recorded, as text without the authserv-id; at most 2,000 octets, control characters as spaces */
	/* What those results say, where they can be read; INKAN_NONE and "" else. Worth as much as the sealer is. */
	enum inkan_result recorded_dmarc, recorded_spf;
	const char *recorded_from;        /* header.from of its dmarc result, lower case */
	const char *recorded_dkim_domain; /* header.d of the first DKIM signature that passed there, lower case */
	bool message_signature_passed;    /* its ARC-Message-Signature fits the message as it is now */
	bool trusted;                     /* d= is on the caller's list of trusted sealers */
};

struct inkan_arc_result {
	enum inkan_result result; /* INKAN_NONE, INKAN_PASS, INKAN_FAIL */
	const char *reason;       /* for fail: which field of which set, and why; "" else */
	const char *section;
	/* fail, because DNS failed for now: by RFC 8617 section 5.2 the chain has failed all the same, but whoever would seal that
	 * for good had better try again later */
	bool temporary;
	unsigned set_count; /* sets found; 0 for none */
	int oldest_pass; /* lowest instance whose ARC-Message-Signature still fits; 0: all; -1: not known (fail, none) */
	const struct inkan_arc_set *sets; /* instance 1 first; what could be read, also of a chain that fails */
	size_t listed_sets;
};

#ifdef __cplusplus
}
#endif

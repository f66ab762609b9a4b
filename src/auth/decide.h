/* From the results of the mechanisms to one verdict: a pure function over a few facts, so that all of it can be seen in a
 * table. */
#pragma once

#include "auth/author.h"
#include "inkan/verdict.h"

struct decision_facts {
	enum author_state author;
	enum inkan_leg spf, dkim;
	bool aligned_signature_failed; /* one for the author's domain did, whatever others there are */
	enum inkan_result dmarc;
	bool fields_repeated;
	bool vouched;         /* a trusted chain says that DMARC passed where it was sealed first */
	bool trusted_gateway; /* delivered by a gateway of the receiver */
	bool private_address; /* delivered from an address that no stranger has */
	bool internal;        /* marked as mail inside one organization; everybody can write that */
};

/* Sets kind and reason of the verdict. */
void decide(const struct decision_facts *facts, struct inkan_verdict *out);

/* How SPF stands. `checked`: there was a MAIL FROM (or null sender) and an address to check. */
enum inkan_leg decide_spf_leg(const struct inkan_spf_result *spf, bool aligned, bool checked);
/* How DKIM stands: the best signature. */
enum inkan_leg decide_dkim_leg(const struct inkan_dkim_result *dkim, size_t count);

/* The DNS tree walk (RFC 9989 section 4.10). */
#pragma once

#include "dmarc/dmarc.h"

struct walk_step {
	struct str name;   /* without "_dmarc." */
	struct str record; /* the one DMARC record found; empty if none */
	enum dmarc_psd psd;
	size_t records; /* DMARC records at that name: more than one means none (M6) */
	enum dns_status status;
};

struct walk {
	struct str start;
	struct walk_step steps[DMARC_WALK_MAX];
	size_t count;   /* steps asked, up to the one with psd=y or psd=n */
	bool temporary; /* one of them failed in a way that may pass */
};

/* Asks for the record at step->name. */
INKAN_MUST_CHECK int dmarc_walk_ask(struct arena *arena, struct evidence *evidence, struct walk_step *step,
                                    bool *pending_out);
/* Asks for all names of the walk at once. *pending_out: an answer that the walk needs is open. */
INKAN_MUST_CHECK int dmarc_walk(struct arena *arena, struct evidence *evidence, struct str start, struct walk *out,
                                bool *pending_out);
/* The walk from a name that another walk came by, without asking anew: it goes the same way from there. False: it did not
 * come by. */
bool dmarc_walk_tail(const struct walk *w, struct str start, struct walk *out);
/* The organizational domain by section 4.10.2; the start itself where no record was found. */
struct str dmarc_walk_organizational_domain(const struct walk *w);
/* The step that holds the policy for the start (section 4.10.1), or NULL. */
const struct walk_step *dmarc_walk_policy(const struct walk *w);

/* Builds SPF records from what sends for a domain: own addresses and hosts, services of the catalogue; alone, or merged into the
 * record that is there, since a domain has one only (RFC 7208 section 3.2; S1-33, S2-7, C-4). Look-ups and sizes are judged by
 * check/spf_record.h and check/spf_tree.h. */
#pragma once

#include "core/arena.h"
#include "core/buf.h"
#include "core/text.h"

enum { SPF_BUILD_TERMS_MAX = 200 /* a record of them would be far too long */ };

struct spf_wish {
	const char *existing; /* "v=spf1 ...", merged into; NULL: none */
	bool a, mx;           /* the domain's own hosts, the hosts that take its mail */
	/* each with commas between; NULL: none */
	const char *addresses; /* "192.0.2.1,192.0.2.0/24,2001:db8::/32" */
	const char *hosts;     /* "www.example.com": a: terms */
	const char *providers; /* ids of the catalogue */
	const char *includes;  /* domains of other services */
	const char *
		ending; /* "-all", "~all", "?all"; NULL: that of the existing record, else of the services' templates, where they agree,
	                        * else "~all" */
};

/* Adds the record: addresses first, which cost no look-up. Terms that are there already are not repeated. INKAN_EUSAGE: *why_out says
 * what of the wish is wrong (in the arena). */
INKAN_MUST_CHECK int spf_build(struct arena *arena, const struct spf_wish *wish, struct buf *out, struct text *why_out);

/* Whether an address has a name that leads back to it (iprev, RFC 8601 section 3; "FCrDNS"): PTR, then A or AAAA. */
#pragma once

#include "dns/evidence.h"
#include "inkan/dkim.h"

enum { IPREV_NAMES_MAX = 10 /* names of one address that are looked at, as for SPF's ptr (RFC 7208 section 4.6.4) */ };

struct iprev {
	enum inkan_result result; /* pass; fail; temperror */
	bool has_name;            /* there is a PTR record at all */
	struct str name;          /* that leads back, or the first one; empty */
};

/* The name asked for PTR: "1.2.0.192.in-addr.arpa"; 32 nibbles below ip6.arpa. */
struct str iprev_name(struct arena *arena, bool is_ipv6, const unsigned char address[16]);

/* *pending_out: questions are open in the evidence; answer them and call again; *out is then untouched. Strings live in the
 * arena or the evidence. Errors: those of the arena and of evidence_error(). */
INKAN_MUST_CHECK int iprev_evaluate(struct arena *arena, struct evidence *evidence, bool is_ipv6,
                                    const unsigned char address[16], struct iprev *out, bool *pending_out);

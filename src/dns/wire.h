/* Replies of DNS servers as they come over the wire (RFC 1035 section 4). */
#pragma once

#include "dns/dns.h"

/* What a reply (to be read from a resolver that has followed CNAMEs and checked who sent it) says to a question.
 * name: normalised. The CNAME chain inside the reply is followed, DNS_CHAIN_MAX hops at most; ttl is the least on the
 * way, for NXDOMAIN and NODATA that of the SOA record (RFC 2308 section 5). An RCODE other than 0 and 3, a reply that is
 * cut off or malformed, or one to another question is DNS_SERVFAIL with `why`. `secure` is left false.
 * INKAN_OK, or the error of the arena that holds what *out points to. */
INKAN_MUST_CHECK int wire_answer_parse(struct arena *arena, struct str packet, enum dns_type type, struct str name,
                                       struct dns_answer *out);

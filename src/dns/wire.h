/* Questions to DNS servers and their replies as they go over the wire (RFC 1035 section 4). */
#pragma once

#include "dns/dns.h"

/* What a reply (to be read from a resolver that has followed CNAMEs and checked who sent it) says to a question.
 * name: normalised. The CNAME chain inside the reply is followed, DNS_CHAIN_MAX hops at most; ttl is the least on the
 * way, for NXDOMAIN and NODATA that of the SOA record (RFC 2308 section 5). An RCODE other than 0 and 3, a reply that is
 * cut off or malformed, or one to another question is DNS_SERVFAIL with `why`. `secure` is left false.
 * INKAN_OK, or the error of the arena that holds what *out points to. */
INKAN_MUST_CHECK int wire_answer_parse(struct arena *arena, struct str packet, enum dns_type type, struct str name,
                                       struct dns_answer *out);

enum {
	WIRE_QUERY_MAX = 12 + 255 + 4 + 11, /* octets: header, name, type and class, OPT record */
	WIRE_UDP_SIZE = 1232 /* octets of a reply that passes every network in one piece (DNS flag day 2020) */
};

/* A question to an authoritative server, recursion not desired; with EDNS0 (RFC 6891) replies up to WIRE_UDP_SIZE are asked
 * for. name: normalised. Its size. */
size_t wire_query_write(unsigned char out[WIRE_QUERY_MAX], uint16_t id, enum dns_type type, struct str name, bool edns);

/* What one server says, taken as it is. */
struct wire_reply {
	const char
		*trouble;   /* it is malformed, or not a reply to this question: all else but id is empty; NULL: none */
	uint16_t id;        /* 0: no reply at all */
	unsigned rcode;     /* 0, 3 (no such name) or another: RFC 6895 section 2.3 */
	bool authoritative; /* AA */
	bool truncated;     /* TC: only the fields above are set */
	struct dns_answer answer; /* the records of this name and type; a CNAME is not followed: with `alias` it is
	                           * DNS_NODATA. DNS_SERVFAIL with `why` for other RCODEs and malformed records */
	struct str alias;         /* where a CNAME of this name leads; empty: there is none, or CNAME was asked for */
	struct str referral;      /* the zone whose name servers the authority section lists; empty: none */
	bool has_soa;             /* a SOA record is in the answer or authority section */
	uint32_t serial;          /* of it */
	uint32_t negative_ttl;    /* the smaller of its TTL and its minimum (RFC 2308 section 5) */
};

/* As wire_answer_parse(), for replies of authoritative servers that are asked directly. A header alone counts where it says
 * that the question was not understood (FORMERR of servers without EDNS). */
INKAN_MUST_CHECK int wire_reply_parse(struct arena *arena, struct str packet, enum dns_type type, struct str name,
                                      struct wire_reply *out);
/* "server says: refused" */
const char *wire_rcode_text(unsigned rcode);

/* Sets of IP addresses: single ones, networks (CIDR) and ranges, of both families (S0-35). */
#pragma once

#include "core/arena.h"

enum { IPSET_RANGES_MAX = 100000 /* entries of one set */ };

/* Filled by ipset_add(), then ipset_finish(), then asked; the zero value is the empty set, finished. */
struct ipset {
	struct ip_range *ranges; /* sorted and apart after ipset_finish(); malloc */
	size_t count, capacity;
};

/* An address as 16 octets: IPv4 ones as ::ffff:a.b.c.d, so that a mapped address counts as IPv4. */
struct ip_address {
	unsigned char octets[16];
};

/* IPv4 dotted quad or IPv6, without brackets or zone. False: no address. */
bool ip_address_parse(struct str text, struct ip_address *out);
/* Also one that came as an IPv6 address with an IPv4 one inside. Its four octets are the last ones. */
bool ip_address_is_ipv4(const struct ip_address *address);

/* Adds "192.0.2.1", "192.0.2.0/24", "2001:db8::/32", "192.0.2.5-192.0.2.9", "2001:db8::1-2001:db8::ff" (white space round
 * the hyphen is fine). INKAN_ESYNTAX: *trouble_out (may be NULL) is a static text: no address, prefix too long, octets set
 * behind the prefix, a range that ends before it begins, a range over both families. INKAN_ELIMIT, INKAN_ENOMEM. */
INKAN_MUST_CHECK int ipset_add(struct ipset *set, struct str text, const char **trouble_out);
/* Sorts and joins; to be called after the last ipset_add(). */
void ipset_finish(struct ipset *set);
void ipset_release(struct ipset *set);
/* In logarithmic time. */
bool ipset_has(const struct ipset *set, const struct ip_address *address);

/* IP addresses as octets in network order: 4, or 16 where they are IPv6. */
#pragma once

#include <stdbool.h>

/* Whether no stranger can have that address: loopback, private use, link-local, shared (RFC 6890); an IPv4 address inside
 * an IPv6 one counts as itself. */
bool ip_is_private(const unsigned char *address, bool is_ipv6);
/* The same of a whole network with a prefix of so many bits, taken as it stands. */
bool ip_network_is_private(const unsigned char *address, unsigned bits, bool is_ipv6);

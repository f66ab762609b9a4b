#include "core/ip.h"

#include <string.h>

struct network {
	unsigned char octets[16];
	unsigned bits;
};

/* RFC 6890: loopback, private use, link-local, shared address space. */
static const struct network PRIVATE4[] = {
	{{127}, 8}, {{10}, 8}, {{172, 16}, 12}, {{192, 168}, 16}, {{169, 254}, 16}, {{100, 64}, 10},
};
static const struct network PRIVATE6[] = {
	{{[15] = 1}, 128},
	{{0xfc}, 7},
	{{0xfe, 0x80}, 10},
};

static bool is_within(const unsigned char *address, const struct network *network)
{
	size_t whole = network->bits / 8;
	unsigned char mask = (unsigned char)(0xff00 >> network->bits % 8);

	if (memcmp(address, network->octets, whole) != 0)
		return false;
	return network->bits % 8 == 0 || (address[whole] & mask) == (network->octets[whole] & mask);
}

bool ip_network_is_private(const unsigned char *address, unsigned bits, bool is_ipv6)
{
	const struct network *networks = is_ipv6 ? PRIVATE6 : PRIVATE4;
	size_t count = is_ipv6 ? sizeof PRIVATE6 / sizeof *PRIVATE6 : sizeof PRIVATE4 / sizeof *PRIVATE4;

	for (size_t i = 0; i < count; i++)
		if (bits >= networks[i].bits && is_within(address, &networks[i]))
			return true;
	return false;
}

bool ip_is_private(const unsigned char *address, bool is_ipv6)
{
	static const unsigned char mapped[12] = {[10] = 0xff, [11] = 0xff};

	if (is_ipv6 && memcmp(address, mapped, sizeof mapped) == 0)
		return ip_network_is_private(address + sizeof mapped, 32, false);
	return ip_network_is_private(address, is_ipv6 ? 128 : 32, is_ipv6);
}

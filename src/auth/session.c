#include "auth/session.h"

#include <arpa/inet.h>
#include <string.h>

#include "core/str.h"

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

static bool is_private(const unsigned char *address, bool is_ipv6)
{
	static const unsigned char mapped[12] = {[10] = 0xff, [11] = 0xff};

	if (is_ipv6 && memcmp(address, mapped, sizeof mapped) == 0)
		return is_private(address + sizeof mapped, false);
	const struct network *networks = is_ipv6 ? PRIVATE6 : PRIVATE4;
	size_t count = is_ipv6 ? sizeof PRIVATE6 / sizeof *PRIVATE6 : sizeof PRIVATE4 / sizeof *PRIVATE4;

	for (size_t i = 0; i < count; i++)
		if (is_within(address, &networks[i]))
			return true;
	return false;
}

static struct str without_brackets(struct str s)
{
	s = str_trim_wsp(s);
	return s.n >= 2 && s.p[0] == '<' && s.p[s.n - 1] == '>' ? str_from(s.p + 1, s.n - 2) : s;
}

static bool is_short(const char *text)
{
	return !text || strnlen(text, SESSION_TEXT_MAX + 1) <= SESSION_TEXT_MAX;
}

int session_read(struct arena *arena, const struct inkan_session *from, struct session *out)
{
	struct session s = {.ip = "", .trusted_gateway = from->trusted_gateway, .has_sender = from->mail_from};

	if (from->struct_size != sizeof *from || !is_short(from->ip) || !is_short(from->helo) ||
	    !is_short(from->mail_from) || !is_short(from->receiver))
		return INKAN_EUSAGE;
	if (from->ip) {
		s.is_ipv6 = strchr(from->ip, ':');
		if (inet_pton(s.is_ipv6 ? AF_INET6 : AF_INET, from->ip, s.address) != 1)
			return INKAN_EUSAGE;
		s.has_address = true;
		s.is_private = is_private(s.address, s.is_ipv6);
		s.ip = arena_str(arena, str_c(from->ip)).p;
	}
	if (from->helo)
		s.helo = arena_str(arena, str_c(from->helo));
	if (from->mail_from)
		s.sender = arena_str(arena, without_brackets(str_c(from->mail_from)));
	if (from->receiver)
		s.receiver = arena_str(arena, str_c(from->receiver));
	if (!arena_error(arena))
		*out = s;
	return arena_error(arena);
}

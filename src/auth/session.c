#include "auth/session.h"

#include <arpa/inet.h>
#include <string.h>

#include "core/ip.h"

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
	struct session s = {.ip = ""};

	if (from->struct_size != sizeof *from || !is_short(from->ip) || !is_short(from->helo) ||
	    !is_short(from->mail_from) || !is_short(from->receiver))
		return INKAN_EUSAGE;
	s.trusted_gateway = from->trusted_gateway;
	s.has_sender = from->mail_from;
	if (from->ip) {
		s.is_ipv6 = strchr(from->ip, ':');
		if (inet_pton(s.is_ipv6 ? AF_INET6 : AF_INET, from->ip, s.address) != 1)
			return INKAN_EUSAGE;
		s.has_address = true;
		s.is_private = ip_is_private(s.address, s.is_ipv6);
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

#include "config/address.h"

static bool fail(const char **trouble_out, const char *trouble)
{
	if (trouble_out)
		*trouble_out = trouble;
	return false;
}

static bool take_path(struct str path, struct socket_address *out, const char **trouble_out)
{
	if (path.n == 0 || path.p[0] != '/')
		return fail(trouble_out, "the path of a Unix socket begins with /");
	if (path.n > SOCKET_PATH_MAX)
		return fail(trouble_out, "the path of a Unix socket has at most 107 octets");
	if (memchr(path.p, '\0', path.n))
		return fail(trouble_out, "a path has no NUL");
	out->kind = SOCKET_UNIX;
	memcpy(out->path, path.p, path.n);
	out->path[path.n] = '\0';
	return true;
}

static bool take_port(struct str port, struct socket_address *out, const char **trouble_out)
{
	uint64_t number;

	if (!str_to_u64(port, UINT16_MAX, &number))
		return fail(trouble_out, "a port is a number from 0 to 65535");
	out->port = (uint16_t)number;
	return true;
}

static bool take_host(struct str host, struct socket_address *out, const char **trouble_out)
{
	if (host.n >= 2 && host.p[0] == '[' && host.p[host.n - 1] == ']')
		host = str_from(host.p + 1, host.n - 2);
	if (str_eq(host, STR("*")))
		host.n = 0;
	else if (host.n == 0)
		return fail(trouble_out, "the host is missing; \"*\" stands for every address of this host");
	if (host.n >= sizeof out->host || str_graphic(host) != host.n)
		return fail(trouble_out, "no host name or address");
	memcpy(out->host, host.p, host.n);
	out->host[host.n] = '\0';
	return true;
}

static bool take_inet(struct str rest, struct socket_address *out, const char **trouble_out)
{
	size_t at = str_find(rest, '@'), colon = str_rfind(rest, ':');
	struct str host = STR("127.0.0.1"), port = rest;

	out->kind = SOCKET_INET;
	if (at < rest.n) {
		port = str_head(rest, at);
		host = str_skip(rest, at + 1);
	} else if (colon < rest.n) {
		host = str_head(rest, colon);
		port = str_skip(rest, colon + 1);
		if (str_find(host, ':') < host.n && host.p[0] != '[')
			return fail(trouble_out, "an IPv6 address stands in brackets: inet:[::1]:8891");
	}
	return take_port(port, out, trouble_out) && take_host(host, out, trouble_out);
}

bool socket_address_parse(struct str text, struct socket_address *out, const char **trouble_out)
{
	static const struct {
		struct str prefix;
		bool (*take)(struct str rest, struct socket_address *out, const char **trouble_out);
	} kinds[] = {{{"unix:", 5}, take_path},
	             {{"local:", 6}, take_path},
	             {{"inet:", 5}, take_inet},
	             {{"inet6:", 6}, take_inet},
	             {{"/", 0}, take_path}};
	struct socket_address address = {0};

	for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
		if (!str_ihas_prefix(text, kinds[i].prefix) ||
		    (kinds[i].prefix.n == 0 && !(text.n && text.p[0] == '/')))
			continue;
		if (!kinds[i].take(str_skip(text, kinds[i].prefix.n), &address, trouble_out))
			return false;
		*out = address;
		return true;
	}
	return fail(trouble_out, "no socket: write unix:/path or inet:host:port");
}

bool resolver_parse(struct str text, struct str *host_out, uint16_t *port_out)
{
	struct str host = text, port = STR_NULL;
	uint64_t number = 53;

	if (text.n && *text.p == '[') {
		size_t end = str_find(text, ']');

		if (end == text.n)
			return false;
		host = str_from(text.p + 1, end - 1);
		port = str_skip(text, end + 1);
		if (port.n && *port.p != ':')
			return false;
	} else if (str_find(text, ':') == str_rfind(text, ':')) {
		host = str_head(text, str_find(text, ':'));
		port = str_skip(text, host.n);
	}
	if (port.n && (!str_to_u64(str_skip(port, 1), UINT16_MAX, &number) || number == 0))
		return false;
	if (host.n == 0)
		return false;
	*host_out = host;
	*port_out = (uint16_t)number;
	return true;
}

#include "io/endpoint.h"

#include <netdb.h>
#include <netinet/in.h>
#include <stdio.h>

enum { HOST_MAX = 255 };

/* "host", "host:port", "[host]:port" or a bare IPv6 address. */
static bool split(struct str text, struct str *host_out, uint16_t *port_out)
{
	uint64_t port = ENDPOINT_PORT;
	size_t colon = str_rfind(text, ':');
	struct str host = text;

	if (text.n && text.p[0] == '[') {
		size_t end = str_find(text, ']');

		if (end == text.n || (end + 1 != text.n && colon != end + 1))
			return false;
		host = str_from(text.p + 1, end - 1);
		colon = end + 1;
	} else if (str_find(text, ':') != colon) {
		colon = text.n;
	} else {
		host = str_head(text, colon);
	}
	if (colon < text.n && (!str_to_u64(str_skip(text, colon + 1), UINT16_MAX, &port) || !port))
		return false;
	*host_out = host;
	*port_out = (uint16_t)port;
	return host.n > 0 && host.n <= HOST_MAX;
}

static void print(struct endpoint *e, uint16_t port)
{
	char host[NI_MAXHOST];

	if (getnameinfo((struct sockaddr *)&e->address, e->size, host, sizeof(host), NULL, 0, NI_NUMERICHOST))
		host[0] = '\0';
	snprintf(e->text, sizeof(e->text), e->address.ss_family == AF_INET6 ? "[%.46s]:%u" : "%.46s:%u", host,
	         (unsigned)port);
}

static int resolve(const char *text, int flags, struct endpoint *out, struct io_error *error)
{
	struct addrinfo hints = {.ai_socktype = SOCK_STREAM, .ai_flags = flags}, *found = NULL;
	char name[HOST_MAX + 1], service[8];
	struct str host;
	uint16_t port;

	if (!split(str_c(text), &host, &port))
		return io_fail(error, "name server \"%.100s\": not of the form HOST, HOST:PORT or [IPV6]:PORT", text);
	snprintf(name, sizeof(name), "%.*s", STR_ARG(host));
	snprintf(service, sizeof(service), "%u", (unsigned)port);
	int code = getaddrinfo(name, service, &hints, &found);

	if (code)
		return io_fail(error, "name server %s: %s", name,
		               flags & AI_NUMERICHOST ? "an IP address is wanted here" : gai_strerror(code));
	memcpy(&out->address, found->ai_addr, found->ai_addrlen);
	out->size = found->ai_addrlen;
	freeaddrinfo(found);
	print(out, port);
	return INKAN_OK;
}

int endpoint_parse(const char *text, struct endpoint *out, struct io_error *error)
{
	return resolve(text, AI_NUMERICHOST | AI_NUMERICSERV, out, error);
}

int endpoint_find(const char *text, struct endpoint *out, struct io_error *error)
{
	return resolve(text, AI_NUMERICSERV, out, error);
}

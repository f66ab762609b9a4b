/* Addresses of sockets as the configuration writes them. */
#pragma once

#include "core/str.h"

enum { SOCKET_PATH_MAX = 107 /* octets of a path: sun_path without its NUL */ };

enum socket_kind { SOCKET_UNIX, SOCKET_INET };

struct socket_address {
	enum socket_kind kind;
	char path[SOCKET_PATH_MAX + 1]; /* UNIX: absolute */
	char host[256];                 /* INET: an address, or a name; "" for every address of this host ("*") */
	uint16_t port;
};

/* "unix:/run/inkan/milter.sock" ("local:" is the same), "inet:127.0.0.1:8891", "inet:[::1]:8891", "inet:*:8891", "inet:8891" (then
 * 127.0.0.1), and as milters write it "inet:8891@127.0.0.1". A path without prefix is a Unix socket. Port 0: any that is free. False: *trouble_out
 * (may be NULL) is a static English text. */
bool socket_address_parse(struct str text, struct socket_address *out, const char **trouble_out);

/* A name server: splits "HOST[:PORT]", "[2001:db8::1]:53" or a bare IPv6 address. False: no such form, or no such port. */
bool resolver_parse(struct str text, struct str *host_out, uint16_t *port_out);

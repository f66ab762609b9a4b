/* Where a DNS server is: an address and a port, as text and for sockets. */
#pragma once

#include <sys/socket.h>

#include "core/str.h"
#include "io/error.h"

enum { ENDPOINT_TEXT_MAX = 64, ENDPOINT_PORT = 53 };

struct endpoint {
	struct sockaddr_storage address;
	socklen_t size;
	char text[ENDPOINT_TEXT_MAX]; /* "192.0.2.1:53", "[2001:db8::1]:53" */
};

/* "192.0.2.1", "127.0.0.1:5300", "2001:db8::1", "[2001:db8::1]:53"; port 53 where none is given. INKAN_EIO: *error says what is
 * wrong. */
INKAN_MUST_CHECK int endpoint_parse(const char *text, struct endpoint *out, struct io_error *error);
/* Also "ns1.example.com" and "ns1.example.com:53": the first address that the system has for the name. */
INKAN_MUST_CHECK int endpoint_find(const char *text, struct endpoint *out, struct io_error *error);

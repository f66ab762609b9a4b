/* One DNS message and its reply over TCP (RFC 1035 section 4.2.2, RFC 7766), without ever blocking: the owner polls. */
#pragma once

#include "io/endpoint.h"

enum { DNS_MESSAGE_MAX = 65535 /* octets that two octets of length can tell */ };

struct dns_tcp {
	int fd;                /* to be polled for dns_tcp_events() */
	unsigned char *octets; /* length and message: first ours, then theirs */
	size_t size, at;       /* of `octets`: all of it, what is sent or read */
	bool reading;
};

enum dns_tcp_state {
	DNS_TCP_WAITS, /* nothing can be done now */
	DNS_TCP_DONE,  /* the reply is there */
	DNS_TCP_FAILED /* errno says why; 0: the server has closed the connection */
};

/* Copies the message and begins to connect. INKAN_EIO: *error; nothing to release. */
INKAN_MUST_CHECK int dns_tcp_begin(struct dns_tcp *t, const struct endpoint *peer, struct str message,
                                   struct io_error *error);
/* Also for one that is all zero but for fd -1. */
void dns_tcp_release(struct dns_tcp *t);
/* POLLIN or POLLOUT */
short dns_tcp_events(const struct dns_tcp *t);
/* After poll() says that something can be done. */
enum dns_tcp_state dns_tcp_step(struct dns_tcp *t);
/* Valid until release. */
struct str dns_tcp_reply(const struct dns_tcp *t);

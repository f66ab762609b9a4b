/* Received fields (RFC 5321 section 4.4, RFC 5322 section 3.6.7), as the mail servers of the world write them.
 *
 * A Received field is what a host says of itself and of whom it got the message from; nothing proves it. Reading never
 * fails: what cannot be found is empty. All str point into the value that was read. */
#pragma once

#include "core/time.h"

enum { RECEIVED_IP_MAX = 45 /* characters of an address as text */ };

struct received {
	struct str from;              /* the name that the client gave for itself in HELO or EHLO */
	char ip[RECEIVED_IP_MAX + 1]; /* of the client, in its usual form, "IPv6:" left out; "" where there is none */
	bool is_ipv6;
	unsigned char address[16]; /* the same in octets, where ip is not "" */
	struct str by;             /* the host that wrote the field */
	struct str with;           /* "ESMTPS" */
	struct str recipient;      /* of the clause "for", without angle brackets */
	unix_time date;            /* UNIX_TIME_NONE where there is none */
};

void received_parse(struct str value, struct received *out);

/* Whether the client has an address that strangers can have (core/ip.h). */
bool received_is_public(const struct received *received);

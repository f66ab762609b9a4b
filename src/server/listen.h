/* The sockets that are listened on: made before privileges are dropped, handed over by systemd, or kept over a reload. */
#pragma once

#include "io/error.h"
#include "server/role.h"

struct listen_options {
	const struct word_list *addresses;
	const char *
		activation_name; /* of sockets from systemd, FileDescriptorName=: these are used instead, if there are any */
	unsigned mode;           /* of Unix sockets */
	const char *group;       /* of Unix sockets; "": as it is */
	const char *owner;       /* of Unix sockets, where we are root; "": as it is */
};

/* Those of `before` (may be NULL) with the same address are taken over, the others are opened: a path that nobody listens on is replaced, one
 * that somebody listens on is an error. Where anything fails, nothing has changed. INKAN_EIO: *error names address and reason. */
INKAN_MUST_CHECK int listeners_open(const struct listen_options *options, const struct listeners *before,
                                    struct listeners *out, struct io_error *error);
/* Closes those that are not in `kept` (may be NULL), and removes the paths of their Unix sockets. */
void listeners_close(struct listeners *l, const struct listeners *kept);
/* The address that a socket is really bound to, "inet:127.0.0.1:35215", where port 0 was wanted. */
void listener_name(const struct listener *l, char *out, size_t size);

/* Who delivered a message: from the command line, or from the message itself. */
#pragma once

#include "core/buf.h"
#include "inkan/verdict.h"
#include "mail/header.h"
#include "mail/received.h"

/* What a message says of its delivery. */
struct told_session {
	struct inkan_session session; /* points into the rest */
	char ip[RECEIVED_IP_MAX + 1];
	struct buf helo, mail_from; /* terminated */
};

void told_session_init(struct told_session *t);
void told_session_release(struct told_session *t);

/* Address and name from the topmost Received field whose client has a public address, MAIL FROM from the topmost
 * Return-Path; what is not there stays NULL. Errors: INKAN_ENOMEM. */
INKAN_MUST_CHECK int told_session_read(struct told_session *t, const struct header *header);

/* What the user said counts, the rest is as the message says. The texts of *out are those of `given` and of `t`. */
INKAN_MUST_CHECK int told_session_complete(struct told_session *t, const struct header *header,
                                           const struct inkan_session *given, struct inkan_session *out);

/* The mail server's side of the milter protocol, as far as the demonstration of the service needs it: one session, one message, the
 * newest version, and what the filter says applied to the message as Postfix does. Waits for each answer, at most
 * DEMO_PATIENCE. */
#pragma once

#include "core/buf.h"
#include "io/error.h"

enum {
	DEMO_PATIENCE = 20,             /* s for one answer */
	DEMO_MESSAGE_MAX = 1024 * 1024, /* octets */
	DEMO_FIELDS_MAX = 200,          /* fields of a message, those that are added counted */
	DEMO_ANSWER_MAX = 1024 * 1024   /* octets of one answer */
};

struct demo_mail {
	struct str octets; /* CRLF line ends */
	const char *queue_id;
	const char *client; /* IPv4 address that it comes from */
	const char *host;   /* its name, also said in HELO */
	const char *sender, *recipient;
};

struct demo_reply {
	char answer[64];   /* "accept", "reject", "tempfail", "discard", or a reply: "550 5.7.1 ..." */
	struct buf fields; /* those that the filter added, whole, top first */
	struct buf octets; /* the message as the server hands it on */
};

void demo_reply_init(struct demo_reply *r);
void demo_reply_release(struct demo_reply *r);

/* Hands one message to the filter on this Unix socket. INKAN_EIO: *error tells; INKAN_ELIMIT, INKAN_ENOMEM. */
INKAN_MUST_CHECK int demo_hand_over(const char *socket_path, const struct demo_mail *mail, struct demo_reply *out,
                                    struct io_error *error);

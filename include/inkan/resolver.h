/* The blocking convenience: answers the questions of a message by asking DNS, and waits.
 *
 *	inkan_resolver_options_init(&options);
 *	inkan_resolver_new(&options, &resolver, error, sizeof error);
 *	... inkan_message_new, _set_session, _write, _end (inkan/message.h) ...
 *	inkan_resolver_evaluate(resolver, message, 0);
 *	verdict = inkan_message_verdict(message);
 *
 * It is a library of its own, libinkan-resolver (pkg-config: inkan-resolver), which stands on libinkan, libunbound and
 * libuv, as libinkan itself does no input or output. inkan/inkan.h does not include this header.
 *
 * A resolver has a cache, which all its messages share, and belongs to one thread; a program with several threads makes one
 * for each. Nothing of the process is changed: no signal handler, no limit of open files. libunbound's own set-up is not safe
 * for threads: a program that also calls libunbound itself must not set it up while one of these functions runs. */
#pragma once

#include "inkan/message.h"

#ifdef __cplusplus
extern "C" {
#endif

struct inkan_resolver;

enum {
	INKAN_RESOLVER_TIMEOUT = 5000, /* milliseconds for a question */
	/* Milliseconds for all questions of a message; RFC 7208 section 4.6.4 wants at least 20 seconds. */
	INKAN_RESOLVER_MESSAGE_TIMEOUT = 20000,
	INKAN_RESOLVER_TIMEOUT_MAX = 3600000 /* of either */
};

struct inkan_resolver_options {
	size_t struct_size; /* sizeof(struct inkan_resolver_options) */
	const char *host;   /* name server: IPv4 or IPv6 address, or a name; NULL: those of /etc/resolv.conf */
	uint16_t port;      /* of host; 0: 53 */
	bool recursive;     /* full recursion from the root; then host must be NULL */
	/* Check DNSSEC; always so with `recursive`. Without `strict` that is given up where the root does not validate through
	 * the name servers, as many strip signatures; nothing is secure then. */
	bool validate;
	bool strict;              /* with `validate`: behind such name servers every answer is bogus */
	const char *trust_anchor; /* file of DS or DNSKEY records of the root; NULL: /usr/share/dns/root.key (Debian) */
	uint32_t timeout;         /* milliseconds for a question; 0: INKAN_RESOLVER_TIMEOUT */
};

/* The name servers of the system, `validate` set. */
INKAN_API void inkan_resolver_options_init(struct inkan_resolver_options *options);

/* Nothing is sent yet, except to look up a host that is given by name. Texts are copied. INKAN_EUSAGE: an option outside
 * its range; INKAN_EIO: no such host, a file is missing: error_text (may be NULL; room for error_size octets) says which;
 * INKAN_ENOMEM. */
INKAN_API INKAN_MUST_CHECK int inkan_resolver_new(const struct inkan_resolver_options *options,
                                                  struct inkan_resolver **out, char *error_text, size_t error_size);
/* NULL is fine. */
INKAN_API void inkan_resolver_free(struct inkan_resolver *resolver);

/* Evaluates a message that is complete (inkan_message_end()) until nothing is open: asks all open questions at once, waits,
 * evaluates, asks what came up. timeout_ms: for all of it; 0: INKAN_RESOLVER_MESSAGE_TIMEOUT. A question without an answer
 * in its own time, or in that of the message, counts as INKAN_DNS_TIMEOUT, so that results are temporary errors and never
 * wait. INKAN_OK: the verdict stands. Errors: those of inkan_message_evaluate(), INKAN_EUSAGE (timeout_ms above
 * INKAN_RESOLVER_TIMEOUT_MAX), INKAN_EIO (the name servers of the system are no longer to be found; the message may
 * be evaluated again), INKAN_ENOMEM. */
INKAN_API INKAN_MUST_CHECK int inkan_resolver_evaluate(struct inkan_resolver *resolver, struct inkan_message *message,
                                                       uint32_t timeout_ms);

#ifdef __cplusplus
}
#endif

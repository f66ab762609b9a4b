/* Is a message ours, to be signed, or a stranger's, to be judged? */
#pragma once

#include "policy/settings.h"

enum direction { DIRECTION_INBOUND, DIRECTION_OUTBOUND, DIRECTION_IGNORED };
/* "inbound", "outbound", "ignored" */
const char *direction_name(enum direction direction);

/* What the mail server told of a client; texts may be NULL. */
struct client {
	bool has_address; /* else it came by no network, or nobody knows where from */
	struct ip_address address;
	bool local;              /* no network at all */
	const char *login;       /* {auth_authen}; NULL or "": none */
	const char *daemon_name; /* {daemon_name} */
};

/* *reason_out: static English text for the log, "the client is in outbound.networks". */
enum direction direction_of(const struct policy_settings *settings, const struct client *client,
                            const char **reason_out);

/* Whether an address or domain matches a pattern (policy/settings.h); the domain of `address` is what stands behind
 * its last "@". An address without "@" is taken as a domain. */
bool pattern_matches(const char *pattern, struct str address);
bool patterns_match(const struct word_list *patterns, struct str address);
/* Whether there are addresses, and each matches one of the patterns. */
bool patterns_match_all(const struct word_list *patterns, const struct str *addresses, size_t count);

/* What the files of this room share. */
#pragma once

#include "identity/identity.h"

/* Words for the values of an enum, in their order, ended by NULL. */
extern const char *const identity_role_names[],
	*const identity_scheme_names[], *const identity_algorithm_names[],
						*const slot_state_names[], *const identity_state_names[],
										   *const mail_from_state_names[],
											   *const mx_failure_names[];
/* Number of the name in such a list; false where it is not there. */
bool identity_word_find(const char *const *names, struct str name, unsigned *out);

/* Slots that a scheme has; 0: as many as are given (EXTERNAL). */
size_t identity_scheme_slots(enum identity_scheme scheme);

static inline bool identity_has_aliases(const struct identity *identity)
{
	return identity->scheme == IDENTITY_CNAME2 || identity->scheme == IDENTITY_CNAME3;
}

/* The parts of an id. Empty where it has none. */
struct identity_id {
	struct str local_part, domain, name;
};
struct identity_id identity_id_split(struct str id);
/* Letters, digits, "-", "_", ".", 1 to IDENTITY_NAME_MAX of them. */
bool identity_is_name(struct str name);
/* A proper subdomain of it. */
bool identity_is_below(struct str name, struct str domain);

/* selectors.c: selectors and targets of CNAME schemes, from the wish. INKAN_EUSAGE: *why_out */
INKAN_MUST_CHECK int identity_make_slots(struct arena *arena, const struct identity_wish *wish, unix_time now,
                                         struct identity *identity, const char **why_out);

/* When the overlap of a slot ends (life.h has the rule). Times after `now` count as now. */
unix_time life_overlap_end(const struct identity *identity, const struct slot *slot, unix_time now);

/* Where the MX of the MAIL FROM domain leads: "feedback-smtp.<site>.<host zone>", or the site itself, a host, where there is no
 * host zone. Octets that it has (cut to size). */
size_t identity_mail_from_host(const struct identity *identity, char *out, size_t size);

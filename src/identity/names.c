/* The words for what identities are and how they stand. */
#include "identity/internal.h"
#include "identity/life.h"

#include <stdio.h>

const char *const identity_role_names[] = {"service", "gateway", NULL};
const char *const identity_scheme_names[] = {"txt", "cname2", "cname3", "external", NULL};
const char *const identity_algorithm_names[] = {"rsa", "ed25519", NULL};
const char *const slot_state_names[] = {"empty",  "generated", "published", "proven",
                                        "active", "overlap",   "revoked",   NULL};
const char *const identity_state_names[] = {"requested", "not-started", "pending", "verified",
                                            "unstable",  "failed",      NULL};
const char *const mail_from_state_names[] = {"none", "pending", "success", "unstable", "failed", NULL};
const char *const mx_failure_names[] = {"default", "reject", NULL};

bool identity_word_find(const char *const *names, struct str name, unsigned *out)
{
	for (unsigned i = 0; names[i]; i++) {
		if (str_ieq(name, str_c(names[i]))) {
			*out = i;
			return true;
		}
	}
	return false;
}

const char *identity_role_name(enum identity_role role)
{
	return identity_role_names[role];
}

const char *identity_scheme_name(enum identity_scheme scheme)
{
	return identity_scheme_names[scheme];
}

const char *identity_algorithm_name(enum identity_algorithm algorithm)
{
	return identity_algorithm_names[algorithm];
}

const char *slot_state_name(enum slot_state state)
{
	return slot_state_names[state];
}

const char *identity_state_name(enum identity_state state)
{
	return identity_state_names[state];
}

const char *mail_from_state_name(enum mail_from_state state)
{
	return mail_from_state_names[state];
}

const char *mx_failure_name(enum mx_failure failure)
{
	return mx_failure_names[failure];
}

/* Enums without negative values are unsigned here (C17 6.7.2.2 leaves it to the compiler; gcc and clang choose so). */
bool identity_role_from_name(struct str name, enum identity_role *out)
{
	return identity_word_find(identity_role_names, name, out);
}

bool identity_scheme_from_name(struct str name, enum identity_scheme *out)
{
	return identity_word_find(identity_scheme_names, name, out);
}

bool identity_algorithm_from_name(struct str name, enum identity_algorithm *out)
{
	return identity_word_find(identity_algorithm_names, name, out);
}

bool mx_failure_from_name(struct str name, enum mx_failure *out)
{
	return identity_word_find(mx_failure_names, name, out);
}

size_t identity_mail_from_host(const struct identity *identity, char *out, size_t size)
{
	int n = identity->host_zone[0] ? snprintf(out, size, "feedback-smtp.%s%s%s", identity->site,
	                                          identity->site[0] ? "." : "", identity->host_zone)
	                               : snprintf(out, size, "%s", identity->site);

	return n < 0 ? 0 : (size_t)n < size ? (size_t)n : size - 1;
}

const char *sight_name(enum sight sight)
{
	static const char *const names[] = {
		[SIGHT_UNKNOWN] = "unknown", [SIGHT_ABSENT] = "absent", [SIGHT_OTHER] = "other",
		[SIGHT_PART] = "part",       [SIGHT_THERE] = "there",
	};

	return names[sight];
}

/* Private to the registrar. */
#pragma once

#include "crypto/crypto.h"
#include "registrar/registrar.h"

enum { REGISTRAR_PLAN_MAX = 128 /* changes of one plan */ };

struct registrar {
	struct registrar_settings settings;
	struct identity_store *store;
	struct crypto *crypto;
	struct authority *world;                 /* authoritative servers, zones of the settings by their `servers` */
	struct authority *primaries;             /* zones of the settings by their `primary` */
	struct authority_override *overrides[2]; /* of `world`, of `primaries`, which point into them */
	unix_time at;
	int64_t outcomes_retry; /* ms: settings.outcomes is not asked before */
};

/* The configured zone that a name lies in, the longest; NULL: none of ours. */
const struct registrar_zone *registrar_zone_of(const struct registrar *r, struct str name);
/* Whether a text is an SPF record (RFC 7208 section 4.5). */
static inline bool registrar_is_spf(struct str text)
{
	return str_ihas_prefix(text, STR("v=spf1")) && (text.n == 6 || text.p[6] == ' ');
}
/* Whether inkan can write it. */
static inline bool registrar_may_write(const struct registrar_zone *zone)
{
	return zone && (zone->primary || (zone->file && zone->file[0]));
}

static inline int registrar_refuse(struct io_error *error, const char *text)
{
	(void)io_fail(error, "%s", text);
	return INKAN_EREFUSED;
}
/* As identity_store_get(); INKAN_EUSAGE: there is no such identity, and *error says so. */
INKAN_MUST_CHECK int registrar_read(struct registrar *r, struct arena *arena, const char *id, struct identity *out,
                                    uint64_t *version_out, struct io_error *error);
/* Stores an identity as it is now, with the time of its next step. action NULL: nothing for the history. */
INKAN_MUST_CHECK int registrar_keep(struct registrar *r, struct identity *identity, uint64_t version,
                                    const struct new_key *key, const char *action, const char *detail, bool *stored_out,
                                    struct io_error *error);
/* A selector belongs to one identity of a domain: INKAN_EREFUSED where another one has one of these. */
INKAN_MUST_CHECK int registrar_refuse_taken(struct registrar *r, const struct identity *identity,
                                            struct io_error *error);

/* Steps of one identity in a row. */
struct registrar_walk {
	struct registrar *r;
	struct arena *arena;
	bool forgets;                /* the arena keeps nothing from one step to the next */
	struct registrar_view *view; /* takes what a look saw; NULL: nobody wants it */
	bool is_seen;                /* `view` is what DNS shows of the identity as it is */
	size_t steps;                /* that were done */
};
/* A look that is due, claimed before it is made together with those of other identities. */
struct registrar_claim {
	struct arena arena;
	struct identity identity;
	uint64_t version; /* 0: no look is due, or somebody else has it */
	struct life_step step;
	struct registrar_view view;
};
INKAN_MUST_CHECK int registrar_claim_look(struct registrar *r, const char *id, struct registrar_claim *c,
                                          struct io_error *error);
/* What follows from `view`, as a step. */
INKAN_MUST_CHECK int registrar_finish_look(struct registrar *r, struct registrar_claim *c, struct io_error *error);

/* As registrar_follow(), but for `view`: there is no look for it alone. id: not of *out. */
INKAN_MUST_CHECK int registrar_walk(struct registrar_walk *w, const char *id, bool look_too, struct identity *out,
                                    struct io_error *error);

/* One of several identities that are looked at side by side. */
struct registrar_looking {
	const struct identity *identity;
	struct arena *arena; /* of what is in `view`; of each its own */
	struct registrar_view *view;
	int code; /* as registrar_look() returns it */
};
/* INKAN_ENOMEM: nothing is known of any. */
INKAN_MUST_CHECK int registrar_look_all(struct registrar *r, struct registrar_looking *list, size_t count);

/* What would have to change so that the wanted sets are there, per zone. `only_ours`: sets in zones that cannot be written are left out.
 * gone: names and types that must not be there any more. */
struct wanted {
	const struct record_set *sets; /* count 0: is to be gone */
	size_t count;
};
INKAN_MUST_CHECK int registrar_plan_sets(struct registrar *r, struct arena *arena, const struct wanted *wanted,
                                         bool only_writable, struct registrar_plan out[REGISTRAR_PLANS_MAX],
                                         size_t *count_out, struct io_error *error);
/* Sends a plan without noting it for undo, and without a limit: what the life of a key asks for. */
INKAN_MUST_CHECK int registrar_send(struct registrar *r, const struct registrar_plan *plan, bool dry_run,
                                    enum update_result *result_out, struct io_error *error);
/* Brings the records of an identity to where we may write: from those of `before` (NULL: there were none) to those of `after`. What
 * others have put at such a name stays, and none of the identity's comes beside it: INKAN_EIO, *error has the name. */
INKAN_MUST_CHECK int registrar_publish(struct registrar *r, struct arena *arena, const struct identity *before,
                                       const struct identity *after, struct io_error *error);
/* A key for slot->key, record, bits ...; the sealed octets are in the arena. pem: one that was brought along; empty: a new one is made. */
INKAN_MUST_CHECK int registrar_new_key(struct registrar *r, struct arena *arena, const struct identity *identity,
                                       struct str pem, struct slot *slot, struct new_key *out, struct io_error *error);
/* Notes the changes of a plan, so that they can be undone. */
INKAN_MUST_CHECK int registrar_note(struct registrar *r, const struct registrar_plan *plan, uint64_t *number_out,
                                    struct io_error *error);
/* Notes that the changes of a note were not made. */
INKAN_MUST_CHECK int registrar_note_nothing(struct registrar *r, const char *zone, uint64_t number,
                                            struct io_error *error);
/* Reads a note as the plan that takes it back: name, type, before and after of each change. INKAN_ESYNTAX: not one of ours. */
INKAN_MUST_CHECK int registrar_read_note(struct arena *arena, struct str json, struct registrar_plan *out);
/* Zone files (zone->file): what there is of a set, and the changes of a plan; as registrar_send(). */
INKAN_MUST_CHECK int registrar_find_in_file(struct arena *arena, const struct registrar_zone *zone,
                                            const struct record_set *wanted, struct record_set *out,
                                            struct io_error *error);
INKAN_MUST_CHECK int registrar_edit_file(const struct registrar_plan *plan, bool dry_run,
                                         enum update_result *result_out, struct io_error *error);
/* What a zone has now of a set. */
INKAN_MUST_CHECK int registrar_find_now(struct registrar *r, struct arena *arena, const struct record_set *wanted,
                                        struct record_set *out, struct io_error *error);
/* Whether what was found at a name comes from a wildcard above it: a name beside it that nobody has made has the same. */
INKAN_MUST_CHECK int registrar_is_wildcard(struct authority *a, struct arena *arena, const struct authority_zone *zone,
                                           enum dns_type type, struct str name, const struct authority_answer *found,
                                           bool *out);
/* Notes with the identity when its keys were last at work, as settings.outcomes has it. A store that is missing, or cannot be asked now, is
 * no error: there is no news. */
void registrar_note_signatures(struct registrar *r, struct identity *identity);
/* Whether two records hold the same key, however a panel has written it down. */
bool registrar_same_key(struct registrar *r, struct str a, struct str b);

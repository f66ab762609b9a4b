/* The registrar takes identities from step to step: asks identity/life.h what is next, does it (makes a key, publishes, looks at
 * DNS), and stores what became of it. The same for a command, for the service's process, and for a laboratory with a clock of
 * its own. Blocking; one thread. */
#pragma once

#include "identity/expected.h"
#include "identity/life.h"
#include "io/authority.h"
#include "io/dns_update.h"
#include "store/identity_store.h"

/* A zone that we may write. */
struct registrar_zone {
	const char *zone;           /* apex, normalised */
	const char *primary;        /* server that takes updates; NULL: not by updates */
	const char *tsig;           /* file of the TSIG key; NULL: unsigned */
	const struct tsig_key *key; /* what was read from that file before; NULL: it is read when it is needed */
	const char *file;           /* zone file that is edited instead; NULL */
	const char *const *servers; /* authoritative servers to look at; none: found by asking the world */
	size_t server_count;
};

struct registrar_settings {
	const char *store;      /* as identity_store_open() */
	const char *master_key; /* file of the master key; for `create_store` and exports only */
	const char *outcomes;   /* store of outcomes of this host, where signatures are looked for; NULL or "": none */
	bool create_store;      /* make store and master key where they are missing */
	bool read_only;         /* the store may not be written: identities are read, nothing is done with them */
	const struct registrar_zone *zones;
	size_t zone_count;
	struct authority_options authority; /* its overrides come from zones */
	const char *host;                   /* name of this host, in claims and events */
	const char *who;                    /* in events: "registrar", "root" */
	unix_time at;                       /* the time that it is; UNIX_TIME_NONE: what the clock says */
	size_t changes_max; /* sets that one publication may change or remove without `force`; 0: REGISTRAR_CHANGES_MAX */
};

enum { REGISTRAR_CHANGES_MAX = 10 };

struct registrar;

INKAN_MUST_CHECK int registrar_open(const struct registrar_settings *settings, struct registrar **out,
                                    struct io_error *error);
void registrar_close(struct registrar *r);
struct identity_store *registrar_store(struct registrar *r);
unix_time registrar_now(const struct registrar *r);
/* A laboratory's clock: as settings.at. */
void registrar_set_time(struct registrar *r, unix_time at);

/* Fills random octets or the secret of the store into the wish, stores the identity and takes it as far as it comes
 * at once (keys made, published where we may). INKAN_EREFUSED: *error says why (wrong wish, it is there already, a selector exists in DNS: S0-14). */
INKAN_MUST_CHECK int registrar_create(struct registrar *r, struct arena *arena, struct identity_wish *wish,
                                      struct identity *out, struct io_error *error);

/* A change that a command asks for: `change` alters the identity, or says why not. Tried again where another host was quicker. */
typedef bool registrar_change(void *context, struct identity *identity, unix_time now, struct text *why_out);
/* INKAN_EREFUSED: `change` said no, *why_out has its words. INKAN_EUSAGE: there is no such identity. */
INKAN_MUST_CHECK int registrar_change_identity(struct registrar *r, struct arena *arena, const char *id,
                                               const char *action, registrar_change *change, void *context,
                                               struct identity *out, struct text *why_out, struct io_error *error);
/* A key of one's own (PEM) for a slot that is to be filled next; the octets are the caller's to wipe. TXT scheme or CNAME. */
INKAN_MUST_CHECK int registrar_import_key(struct registrar *r, struct arena *arena, const char *id, struct str pem,
                                          const char *selector, struct identity *out, struct io_error *error);
/* The PEM of a key, with the master key; only for a command that says so. INKAN_EREFUSED: no such key, or the master key is missing,
 * cannot be read, or is another one. */
INKAN_MUST_CHECK int registrar_export_key(struct registrar *r, uint32_t number, struct buf *pem_out,
                                          struct io_error *error);

/* Does the next step of one identity if it is due (`now_too`: looks at DNS even if that is not due yet). *step_out: what was
 * done (LIFE_WAIT: nothing was due, or another host has it). INKAN_EIO: the step failed for now (*error, and out->trouble); it is
 * tried again later, and *out is as the store has it: a key that could not be stored is not in it. */
INKAN_MUST_CHECK int registrar_step(struct registrar *r, struct arena *arena, const char *id, bool now_too,
                                    struct identity *out, struct life_step *step_out, struct io_error *error);
/* What DNS shows of an identity now, per authoritative server, for people. */
struct registrar_sighting {
	struct expected expected;
	enum sight sight;
	const struct authority_zone *zone; /* NULL: not found */
	struct authority_answer *answers;  /* of zone->servers */
	struct text trouble, fix;          /* what is wrong, and how to mend it; "" */
	const char *trouble_id;            /* of check/mistakes.h, or "not-everywhere", "no-answer", "zone"; "" */
};
struct registrar_view {
	struct registrar_sighting seen[EXPECTED_MAX];
	size_t count;
	struct identity_sight sight; /* the same for life_see() */
};
INKAN_MUST_CHECK int registrar_look(struct registrar *r, struct arena *arena, const struct identity *identity,
                                    struct registrar_view *out);
/* The steps of one identity that follow at once, one after the other, as registrar_step(); look_too: one of them is a look at DNS, even
 * if that is not due yet. A step that fails for now ends them, and *error (else as it was) says why: that is INKAN_OK too. *out is as
 * the store has it; view (NULL: not wanted) has what DNS shows of it: what the look saw, unless something was published
 * since. INKAN_EUSAGE: there is no such identity; INKAN_EIO: the store fails. */
INKAN_MUST_CHECK int registrar_follow(struct registrar *r, struct arena *arena, const char *id, bool look_too,
                                      struct identity *out, struct registrar_view *view, struct io_error *error);
/* All steps that are due, of at most `max` identities. *done_out: steps, and identities that cannot be read and were put off for a day;
 * *left_out: more identities are due. What one met does not hold up others: INKAN_OK, and *error says what the last one met. */
INKAN_MUST_CHECK int registrar_run(struct registrar *r, size_t max, size_t *done_out, bool *left_out,
                                   struct io_error *error);
/* ---- publication ---- */

struct registrar_plan {
	const char *zone; /* apex */
	struct record_change *changes;
	size_t change_count;
	size_t unchanged;                 /* sets that are as they should be */
	uint64_t undoes;                  /* number of the change that it takes back; 0 */
	bool disagreement;                /* authoritative servers differ about a set */
	const struct registrar_zone *how; /* NULL: not ours to write: records are for copying */
};

enum { REGISTRAR_PLANS_MAX = 8 /* zones that one domain's records lie in */ };

/* What would have to change in DNS so that all records of a domain's identities (and `extra`) are there. */
INKAN_MUST_CHECK int registrar_plan(struct registrar *r, struct arena *arena, const char *domain,
                                    const struct record_set *extra, size_t extra_count,
                                    struct registrar_plan out[REGISTRAR_PLANS_MAX], size_t *count_out,
                                    struct io_error *error);
/* Makes the changes; they are noted for undo first (an undoing, when it is done). *result_out as dns_update_send(). INKAN_EREFUSED: beyond changes_max
 * without force, or not ours to write. dry_run: whether we may. */
INKAN_MUST_CHECK int registrar_apply(struct registrar *r, const struct registrar_plan *plan, bool dry_run, bool force,
                                     enum update_result *result_out, struct io_error *error);
/* The reverse of the newest change of a zone that was made (DNS is looked at) and is not undone yet; undoes 0: there is none.
 * INKAN_EREFUSED: somebody has changed the same records since. */
INKAN_MUST_CHECK int registrar_plan_undo(struct registrar *r, struct arena *arena, const char *zone,
                                         struct registrar_plan *out, struct io_error *error);

/* Where identities live: SQLite on one host, PostgreSQL for several; one interface, one set of tests.
 *
 * Every change of an identity names the version it was made on; where another host (or command) was quicker, nothing is
 * changed. So each step of an identity is done by exactly one. Private keys are kept sealed (crypto/seal.h): the store cannot
 * read them. A struct belongs to one thread. */
#pragma once

#include "core/arena.h"
#include "identity/identity.h"
#include "io/error.h"

enum {
	IDENTITY_STORE_BATCH = 256,
	IDENTITY_SIGNERS_MAX = 8,       /* keys that sign for one author; what would make one more sign is not stored */
	IDENTITY_FAILED_MAX = 8,        /* failed MAIL FROM domains that are told of one author */
	SEALED_KEY_MAX = 16 * 1024,     /* octets */
	IDENTITY_EVENTS_KEPT = 1000,    /* of one identity, the newest */
	IDENTITY_EVENT_TEXT_MAX = 1000, /* octets of each text of an event; what is longer is cut */
	IDENTITY_CHANGES_KEPT = 100,    /* of one zone, the newest */
	IDENTITY_CHANGE_MAX = 1024 * 1024, /* octets of the JSON of one */
	IDENTITY_ORGANISATION_MAX = 1000   /* octets of a name of an organisation */
};

struct identity_store;

/* where: a path of an SQLite file (made with mode 0640 where it is missing and `create`; it belongs then to the owner of its folder),
 * or "postgresql://..." / "host=... dbname=..." as libpq takes them. Tables are made where `create`, and brought up to date
 * unless read_only. Texts that are stored are UTF-8. INKAN_EIO: *error. */
bool identity_store_is_file(const char *where);
INKAN_MUST_CHECK int identity_store_open(const char *where, bool read_only, bool create, struct identity_store **out,
                                         struct io_error *error);
void identity_store_close(struct identity_store *s);

/* The public half of the master key, set once for the store; keys are sealed to it. INKAN_EREFUSED: another one is there. */
INKAN_MUST_CHECK int identity_store_set_master(struct identity_store *s, const unsigned char public_key[32],
                                               struct io_error *error);
INKAN_MUST_CHECK int identity_store_master(struct identity_store *s, unsigned char public_out[32], bool *there_out,
                                           struct io_error *error);

struct new_key {            /* a key that is stored together with the change of an identity that names it */
	uint32_t number;    /* set by identity_store_reserve_key() */
	const char *record; /* key record text */
	enum identity_algorithm algorithm;
	unsigned bits;
	struct str sealed; /* context: decimal number */
};
/* A number that no key has or will have. */
INKAN_MUST_CHECK int identity_store_reserve_key(struct identity_store *s, uint32_t *number_out, struct io_error *error);

/* One entry of the history of an identity: who did what, when. */
struct identity_event {
	unix_time at;
	const char *host, *who; /* "mail1", "registrar" or the user of a command */
	const char *action;     /* "create", "generate", "publish", "activate" ... */
	const char *detail;     /* selector, reason; no secrets */
};

/* Stores an identity that was read at `version` (0: it is new), with its signers (which keys sign for it now, see
 * identity_store_author(); life_signs() decides), its event (NULL: none) and maybe a key, all or nothing; claims end. Keys of its
 * own that no slot names any more go. *stored_out false: it is at another version by now, or (0) it is there. The version becomes
 * one more; of a new identity it is a number that no earlier one of that id had. INKAN_EUSAGE: a slot names a key that is not the
 * identity's; INKAN_ELIMIT: too many keys would sign for the author (*error says so). */
INKAN_MUST_CHECK int identity_store_put(struct identity_store *s, const struct identity *identity, uint64_t version,
                                        const struct new_key *key, const struct identity_event *event, bool *stored_out,
                                        struct io_error *error);
/* *version_out 0: there is none of that id. */
INKAN_MUST_CHECK int identity_store_get(struct identity_store *s, struct arena *arena, const char *id,
                                        struct identity *out, uint64_t *version_out, struct io_error *error);
/* Goes with its keys and events where it is at that version. */
INKAN_MUST_CHECK int identity_store_delete(struct identity_store *s, const char *id, uint64_t version,
                                           bool *deleted_out, struct io_error *error);

/* For one step outside the store (DNS): until `until` nobody else gets that identity by identity_store_claim(). *version_out 0: it is
 * claimed by another host (the same one may claim again: it may have died; claims for more than an hour count for nothing: a clock was wrong), or not there, or at another version than `version` (0: any). Same as get otherwise. */
INKAN_MUST_CHECK int identity_store_claim(struct identity_store *s, struct arena *arena, const char *id,
                                          uint64_t version, const char *host, unix_time now, unix_time until,
                                          struct identity *out, uint64_t *version_out, struct io_error *error);

/* Ids in order, from the first above `after` ("" for the start). Filters: NULL or "" for all. Streams: at most IDENTITY_STORE_BATCH are in
 * memory. `each` returns false to end. INKAN_EIO also where one is damaged: all others were told, *error names the first of them. */
struct identity_filter {
	const char *after, *tenant, *environment, *domain;
};
INKAN_MUST_CHECK int identity_store_each(struct identity_store *s, const struct identity_filter *filter,
                                         bool (*each)(void *context, const struct identity *identity), void *context,
                                         struct io_error *error);
/* Ids whose next_due is not after `now` and that nobody has claimed, the most overdue first; and behind them those that were put off
 * for more than a week, which nobody does but who had a clock that was wrong. Texts in the arena. */
INKAN_MUST_CHECK int identity_store_due(struct identity_store *s, struct arena *arena, unix_time now, size_t max,
                                        const char **ids_out, size_t *count_out, struct io_error *error);

/* Where what is stored of that id cannot be read (*damaged_out): it is due again at `until`, so that it stands before no others. */
INKAN_MUST_CHECK int identity_store_put_off_damaged(struct identity_store *s, const char *id, unix_time until,
                                                    bool *damaged_out, struct io_error *error);

/* Who signs for an author now: the enabled identities of the address, or, where there is none of it, of its domain; at most
 * IDENTITY_SIGNERS_MAX. (An address identity that does not sign does not hide its domain.) */
struct identity_signer {
	uint32_t key;
	enum identity_algorithm algorithm;
	char selector[256], domain[256];
};
INKAN_MUST_CHECK int identity_store_signers(struct identity_store *s, struct str address, struct str domain,
                                            struct identity_signer out[IDENTITY_SIGNERS_MAX], size_t *count_out,
                                            struct io_error *error);
/* Who signs for an author, and the custom MAIL FROM domains that have failed (MAIL_FROM_FAILED, whether signing is on or not) of the
 * identities of the address and of its domain, with what is to be done with mail then (S3-17). One search. */
struct failed_mail_from {
	enum mx_failure behaviour;
	char domain[256];
};
struct identity_author {
	struct identity_signer signers[IDENTITY_SIGNERS_MAX];
	size_t count;
	struct failed_mail_from failed[IDENTITY_FAILED_MAX];
	size_t failed_count;
};
INKAN_MUST_CHECK int identity_store_author(struct identity_store *s, struct str address, struct str domain,
                                           struct identity_author *out, struct io_error *error);
/* Sealed octets of a key, added to out. *there_out false: no such key. */
INKAN_MUST_CHECK int identity_store_key(struct identity_store *s, uint32_t number, struct buf *sealed_out,
                                        bool *there_out, struct io_error *error);
/* A mark that changes whenever anything in the store did, by whomever. Cheap. */
INKAN_MUST_CHECK int identity_store_mark(struct identity_store *s, uint64_t *mark_out, struct io_error *error);

/* Newest first, at most IDENTITY_EVENTS_KEPT. */
INKAN_MUST_CHECK int identity_store_events(struct identity_store *s, const char *id, size_t max,
                                           bool (*each)(void *context, const struct identity_event *event),
                                           void *context, struct io_error *error);

/* Tenants: organisation names in Latin letters (S0-9). */
struct tenant {
	const char *name;         /* "acme" */
	const char *organisation; /* "Acme K.K." */
	unix_time created;
};
INKAN_MUST_CHECK int identity_store_put_tenant(struct identity_store *s, const struct tenant *tenant,
                                               struct io_error *error);
INKAN_MUST_CHECK int identity_store_each_tenant(struct identity_store *s,
                                                bool (*each)(void *context, const struct tenant *tenant), void *context,
                                                struct io_error *error);

/* What was published, so that it can be taken back: JSON of a change set under a number. */
INKAN_MUST_CHECK int identity_store_add_change(struct identity_store *s, const char *zone, unix_time at,
                                               struct str json, uint64_t *number_out, struct io_error *error);
/* The newest of a zone below `below` (0: of all) into out. *number_out 0: there is none. */
INKAN_MUST_CHECK int identity_store_last_change(struct identity_store *s, const char *zone, uint64_t below,
                                                struct buf *out, uint64_t *number_out, unix_time *at_out,
                                                struct io_error *error);

/* The whole store as JSON lines, each with its line end (keys stay sealed), consistent, and back into an empty one, all or
 * nothing. `read` adds the next line to the buffer, without or with its line end; nothing: the end. restore: INKAN_EREFUSED where the
 * store is not empty or has another master key, INKAN_ESYNTAX with the line in *error. What `write` and `read` return is passed on. */
enum { IDENTITY_BACKUP_LINE_MAX = 6 * IDENTITY_CHANGE_MAX + 4096 /* octets */ };
INKAN_MUST_CHECK int identity_store_backup(struct identity_store *s, int (*write)(void *context, struct str line),
                                           void *context, struct io_error *error);
INKAN_MUST_CHECK int identity_store_restore(struct identity_store *s, int (*read)(void *context, struct buf *line),
                                            void *context, struct io_error *error);

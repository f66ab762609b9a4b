/* The world of a scenario that needs one: a folder, name servers, identities with their registrar, a clock that only the
 * scenario turns, and receivers that judge messages by what the name servers say. */
#pragma once

#include "auth/context.h"
#include "cli/lab.h"
#include "cli/lab_knot.h"
#include "cli/telling.h"
#include "identity/expected.h"
#include "inkan/inkan.h"
#include "registrar/registrar.h"

enum {
	LAB_SERVERS_MAX = 2, /* a primary, and one that copies it */
	LAB_KEYS_MAX = 32,   /* private keys that sign in one scenario */
	LAB_MEMORY_MAX = 256 * 1024 * 1024
};

struct lab_world {
	const struct invocation *in;
	struct ui *ui;
	struct telling telling;
	struct lab_place place;
	struct authority *authority; /* of the receivers */
	const struct lab_zone *zones;
	size_t zone_count;
	size_t written; /* zones, of the first ones, that the registrar may write */
	struct lab_knot servers[LAB_SERVERS_MAX];
	const char *addresses[LAB_SERVERS_MAX];
	size_t server_count;
	struct registrar_zone registrar_zones[LAB_ZONES_MAX];
	char store[LAB_FILE_MAX], master_key[LAB_FILE_MAX];
	struct registrar *registrar;
	unix_time now;
	struct inkan_context *context;
	struct lab_key {
		uint32_t number;
		struct inkan_key *key;
	} keys[LAB_KEYS_MAX];
	size_t key_count;
	struct arena arena;    /* as long as the scenario */
	struct arena scratch;  /* for one call of a function below */
	struct io_error error; /* of the step that failed */
	enum exit_code code;   /* other than EXIT_FINE: a message was printed */
};

/* One step; errors as those of the registrar, w->error says why. */
typedef int lab_step(struct lab_world *w, void *story);

struct lab_story {
	const struct scenario *scenario;
	struct text title;
	const struct lab_zone *zones;
	size_t zone_count, written; /* as above */
	size_t servers;             /* 1, or 2: with a secondary that copies only on command */
	unix_time start;
	lab_step *const *steps; /* ended by NULL */
};

/* Makes the world, tells the steps, and clears all away, also after a signal, which ends the program then. */
enum exit_code lab_tell(const struct invocation *in, const struct lab_story *story, void *context);
/* Somebody pressed Ctrl-C: long steps should end. */
bool lab_interrupted(void);
/* INKAN_EIO, with that text. */
int lab_fail(struct lab_world *w, const char *text);

/* ---- clock and identities ---- */

void lab_set_time(struct lab_world *w, unix_time now);
/* The registrar ends, as in a crash, and another begins with what is in the store. */
INKAN_MUST_CHECK int lab_restart_registrar(struct lab_world *w);
/* Turns the clock from one due step of the identity to the next, until `enough` says so; *out is the identity then. INKAN_EIO:
 * not within `seconds`. */
typedef bool lab_enough(const struct identity *identity);
INKAN_MUST_CHECK int lab_live(struct lab_world *w, const char *id, lab_enough *enough, int64_t seconds,
                              struct identity *out);
/* The identity as it is stored. */
INKAN_MUST_CHECK int lab_identity(struct lab_world *w, const char *id, struct identity *out);

/* ---- DNS ---- */

/* One answer of one server, aliases followed through the zones; texts in the arena. */
INKAN_MUST_CHECK int lab_ask(struct lab_world *w, struct arena *arena, size_t server, enum dns_type type,
                             struct str name, struct dns_answer *out);
/* Without following aliases: *alias_out is the CNAME. *negative_ttl_out: seconds that "there is none" is kept. */
INKAN_MUST_CHECK int lab_ask_once(struct lab_world *w, struct arena *arena, size_t server, enum dns_type type,
                                  struct str name, struct authority_answer *out);
/* What `dig NAME TYPE +short` prints, after the command, into the scratch text of the telling. */
INKAN_MUST_CHECK int lab_dig(struct lab_world *w, enum dns_type type, struct str name);
/* Whether the primary has exactly that set. */
INKAN_MUST_CHECK int lab_has(struct lab_world *w, const struct record_set *set, bool *out);
/* Somebody edits a zone: one set is added, replaced (before, after) or removed. */
INKAN_MUST_CHECK int lab_edit(struct lab_world *w, const char *zone, const struct record_change *change);

/* ---- mail ---- */

/* A short message of that author with signatures of whoever signs for him now, as the service does it: it asks the store who
 * signs, and for the key behind the number. *signatures_out: how many. */
INKAN_MUST_CHECK int lab_sign(struct lab_world *w, const char *author, const char *subject, struct buf *out,
                              size_t *signatures_out);
/* A receiver's judgement of it, as if it came in that session; lives until the message is reset. */
struct lab_receiver {
	struct inkan_message *message;
	struct inkan_session session;
};
INKAN_MUST_CHECK int lab_receive(struct lab_world *w, struct lab_receiver *receiver, struct str octets, const char *ip,
                                 const char *helo, const char *mail_from, const struct inkan_verdict **out);
void lab_receiver_release(struct lab_receiver *receiver);
/* The page of `inkan verify`, told. */
INKAN_MUST_CHECK int lab_tell_page(struct lab_world *w, const struct lab_receiver *receiver,
                                   const struct inkan_verdict *v);

/* ---- words ---- */

/* In the language of the scenario. */
#define LAB_TEXT(w, en, ja) TEXT((w)->ui, en, ja)
/* Into the scratch text of the telling: "2024-02-01T09:00:00Z". */
void lab_put_time(struct lab_world *w);

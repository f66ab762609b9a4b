/* The mail of a domain over weeks: messages signed with whatever key signs at that moment, a queue that delivers some of them days
 * later, and receivers who keep DNS answers, there or not there, for as long as these may live. */
#pragma once

#include "cli/lab_world.h"

enum {
	LAB_MINUTE = 60,
	LAB_MAIL_DAYS_MAX = 90,            /* of one run */
	LAB_MAIL_QUEUE = 5 * 86400 - 3600, /* seconds that a message waits at most (RFC 5321 section 4.5.4.1) */
	LAB_MAIL_RETRY = 15 * LAB_MINUTE,  /* where DNS failed for now */
	LAB_MAIL_RECEIVERS = 6
};

/* A generator of our own, so that a run can be had again. */
struct lab_chance {
	uint64_t state;
};
/* 0 to below - 1 */
uint64_t lab_chance(struct lab_chance *c, uint64_t below);

struct lab_mail_counts {
	size_t sent, no_signature, delivered, not_verified;
	size_t late;              /* delivered an hour after they were sent, or more */
	int64_t latest;           /* seconds of the longest delay */
	size_t retried;           /* DNS failed for now */
	size_t asked, from_cache; /* DNS questions of receivers */
	unix_time first_failure;  /* UNIX_TIME_NONE: none */
};

struct lab_mail;

/* identity: its selectors stay as they are. The mail begins at w->now. */
INKAN_MUST_CHECK int lab_mail_new(struct lab_world *w, const struct identity *identity, struct lab_chance *chance,
                                  struct lab_mail **out);
void lab_mail_free(struct lab_mail *m);
/* A message is written now, signed by whoever signs, and queued. */
INKAN_MUST_CHECK int lab_mail_send(struct lab_mail *m);
/* What is due at this minute is delivered and verified. */
INKAN_MUST_CHECK int lab_mail_deliver(struct lab_mail *m);
size_t lab_mail_waiting(const struct lab_mail *m);
/* Whether the second server answers; receivers ask another one where it does not. */
void lab_mail_set_secondary(struct lab_mail *m, bool up);
const struct lab_mail_counts *lab_mail_counts(const struct lab_mail *m);

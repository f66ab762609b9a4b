/* Counters of the service, in memory that all its processes share and that outlives each of them: plain atomic additions, a slot
 * for each worker, summed when read. Printed as Prometheus text (version 0.0.4). */
#pragma once

#include <stdatomic.h>

#include "core/buf.h"

enum {
	METRICS_SLOTS = 67 /* workers, keys, recorder, registrar */,
	METRICS_KEYS_SLOT = 64,
	METRICS_RECORDER_SLOT = 65,
	METRICS_REGISTRAR_SLOT = 66
};

/* Counters without labels; the table in metrics.c has names and help texts. */
enum metric {
	METRIC_CONNECTIONS,      /* milter sessions begun */
	METRIC_CONNECTIONS_OPEN, /* gauge */
	METRIC_ACCEPT_PAUSES,    /* new sessions had to wait: milter.connections_max, or no descriptor was left */
	METRIC_PROTOCOL_ERRORS,  /* peers cut off: not milter */
	METRIC_TIMEOUTS,         /* peers cut off: idle, or do not read */
	METRIC_MESSAGES_ABORTED, /* given up by the mail server */
	METRIC_MESSAGE_OCTETS,
	METRIC_FAILURES,       /* messages that inkan itself failed on */
	METRIC_SIGNATURES,     /* made */
	METRIC_UNSIGNED,       /* outgoing messages that got none */
	METRIC_SEALS,          /* ARC sets made */
	METRIC_FIELDS_REMOVED, /* forged results */
	METRIC_DNS_QUESTIONS,
	METRIC_DNS_CACHE_HITS,
	METRIC_DNS_STALE,
	METRIC_DNS_FAILURES,
	METRIC_DNS_TIMEOUTS,
	METRIC_CACHE_ENTRIES,
	METRIC_CACHE_OCTETS, /* gauges, slot 0 only */
	METRIC_KEY_REQUESTS,
	METRIC_KEY_RETRIES,
	METRIC_KEY_FAILURES,
	METRIC_KEYS_LOADED, /* gauge */
	METRIC_KEY_FETCHES, /* keys of identities asked of the registrar by the key process */
	METRIC_KEY_FETCH_FAILURES,
	METRIC_STORE_KEYS,         /* gauge: keys of identities in the memory of the key process */
	METRIC_IDENTITY_QUESTIONS, /* who signs for an author, asked of the registrar */
	METRIC_IDENTITY_RETRIES,
	METRIC_IDENTITY_FAILURES,
	METRIC_IDENTITY_REMEMBERED, /* messages signed as the author's last ones were, as the registrar could not say */
	METRIC_IDENTITY_DEFERRED,   /* messages deferred as nobody could say who signs */
	METRIC_IDENTITY_STORE_ERRORS,
	METRIC_IDENTITY_STEPS,        /* done by the registrar */
	METRIC_IDENTITY_STEPS_FAILED, /* to be tried again */
	METRIC_OUTCOMES_DROPPED,      /* the recorder did not take them */
	METRIC_OUTCOMES_WAITING,      /* gauge */
	METRIC_OUTCOMES_STORED,
	METRIC_STORE_ERRORS,
	METRIC_LOG_LINES_LOST, /* nobody read the log in time */
	METRIC_RESTARTS,       /* processes that died and were started again */
	METRIC_RELOADS,
	METRIC_RELOADS_REFUSED,
	METRIC_GENERATION, /* gauge, slot 0 */
	METRIC_COUNT
};

/* Counters with labels: inkan_results_total{method="spf",result="pass"} and so on; what is counted comes from an outcome. */
struct outcome;
enum metric_family {
	FAMILY_DIRECTION,
	FAMILY_VERDICT,
	FAMILY_ACTION,
	FAMILY_SPF,
	FAMILY_DKIM, /* each signature; "none" where there is none */
	FAMILY_ARC,
	FAMILY_DMARC,
	METRIC_FAMILIES
};
enum metric_time {
	METRIC_TIME_MESSAGE, /* end of message to answer */
	METRIC_TIME_DNS,     /* of it, waiting for DNS */
	METRIC_TIME_KEY,     /* one signature by the key process */
	METRIC_TIME_SIGNERS, /* the registrar's word who signs */
	METRIC_TIMES
};

struct metrics_slot;
struct metrics;

/* Shared anonymous memory; NULL: there is none. Made before the first fork. */
struct metrics *metrics_new(void);
void metrics_free(struct metrics *m);
struct metrics_slot *metrics_slot(struct metrics *m, unsigned slot);

void metrics_add(struct metrics_slot *s, enum metric metric, int64_t n); /* negative for gauges */
void metrics_set(struct metrics_slot *s, enum metric metric, int64_t value);
void metrics_time(struct metrics_slot *s, enum metric_time which, uint64_t microseconds);
/* Counts a message by direction, verdict, action, and by result of each method. */
void metrics_outcome(struct metrics_slot *s, const struct outcome *outcome);
int64_t metrics_read(const struct metrics *m, enum metric metric); /* the sum of all slots */
/* The i-th word that the family counts by, NULL behind the last; words that no table knows count as "other". */
const char *metrics_word(enum metric_family family, size_t i);
int64_t metrics_count(const struct metrics *m, enum metric_family family, size_t i);
/* How many times were counted, and an upper bound in microseconds of that share of them: a bucket's end, the first
 * one's where nothing was counted, UINT64_MAX where the share reaches beyond all buckets. */
uint64_t metrics_time_count(const struct metrics *m, enum metric_time which);
uint64_t metrics_quantile(const struct metrics *m, enum metric_time which, unsigned percent);
int64_t metrics_started(const struct metrics *m); /* Unix seconds of metrics_new() */

/* What /readyz needs: each process sets its own. */
enum metrics_flag {
	FLAG_FILTER_READY,
	FLAG_KEYS_READY,
	FLAG_STORE_WORKS,
	FLAG_STOPPING,
	FLAG_MASTER_KEY_AWAITED, /* there was none when the keys were read */
	FLAG_IDENTITIES_SEEN,    /* their store was open once */
	FLAG_IDENTITIES_TROUBLE, /* their store cannot be asked now */
	FLAGS
};
void metrics_set_flag(struct metrics *m, enum metrics_flag flag, bool value);
bool metrics_flag(const struct metrics *m, enum metrics_flag flag);

void metrics_print(const struct metrics *m, struct buf *out);

/* One mapping: the flags, then the slots, each on cache lines of its own. Everything is added with relaxed atomics, as two
 * generations of the filter may share a slot; what is printed while others count is true of some moment for each number. */
#include "server/metrics.h"

#include <assert.h>
#include <stdalign.h>
#include <sys/mman.h>

#include "io/clock.h"
#include "store/outcome.h"

enum { CACHE_LINE = 64, WORDS_MAX = 12, MICROSECONDS = 1000000 };

/* ---- tables ---- */

struct metric_name {
	const char *name, *type, *help;
};

/* clang-format off */
static const struct metric_name names[METRIC_COUNT] = {
	[METRIC_CONNECTIONS] = {"inkan_connections_total", "counter", "Milter sessions begun."},
	[METRIC_CONNECTIONS_OPEN] = {"inkan_connections_open", "gauge", "Milter sessions open now."},
	[METRIC_ACCEPT_PAUSES] = {"inkan_accept_pauses_total", "counter", "Times that new milter sessions had to wait: too many at once."},
	[METRIC_PROTOCOL_ERRORS] = {"inkan_protocol_errors_total", "counter", "Peers cut off because they do not speak milter."},
	[METRIC_TIMEOUTS] = {"inkan_timeouts_total", "counter", "Peers cut off because they were idle or did not read."},
	[METRIC_MESSAGES_ABORTED] = {"inkan_messages_aborted_total", "counter", "Messages given up by the mail server."},
	[METRIC_MESSAGE_OCTETS] = {"inkan_message_octets_total", "counter", "Octets of messages, header and body."},
	[METRIC_FAILURES] = {"inkan_failures_total", "counter", "Messages that inkan itself failed on."},
	[METRIC_SIGNATURES] = {"inkan_signatures_total", "counter", "DKIM signatures made."},
	[METRIC_UNSIGNED] = {"inkan_unsigned_total", "counter", "Outgoing messages that got no signature."},
	[METRIC_SEALS] = {"inkan_seals_total", "counter", "ARC sets made."},
	[METRIC_FIELDS_REMOVED] = {"inkan_fields_removed_total", "counter", "Forged result fields taken out of messages."},
	[METRIC_DNS_QUESTIONS] = {"inkan_dns_questions_total", "counter", "DNS questions of messages, those answered from the cache included."},
	[METRIC_DNS_CACHE_HITS] = {"inkan_dns_cache_hits_total", "counter", "DNS questions answered from the cache."},
	[METRIC_DNS_STALE] = {"inkan_dns_stale_total", "counter", "Expired DNS answers used because DNS failed."},
	[METRIC_DNS_FAILURES] = {"inkan_dns_failures_total", "counter", "DNS questions that failed."},
	[METRIC_DNS_TIMEOUTS] = {"inkan_dns_timeouts_total", "counter", "DNS questions that nobody answered in time."},
	[METRIC_CACHE_ENTRIES] = {"inkan_dns_cache_entries", "gauge", "DNS answers in the cache."},
	[METRIC_CACHE_OCTETS] = {"inkan_dns_cache_octets", "gauge", "Octets of the DNS answers in the cache."},
	[METRIC_KEY_REQUESTS] = {"inkan_key_requests_total", "counter", "Signatures asked of the key process."},
	[METRIC_KEY_RETRIES] = {"inkan_key_retries_total", "counter", "Requests sent again because the key process did not answer."},
	[METRIC_KEY_FAILURES] = {"inkan_key_failures_total", "counter", "Requests that the key process refused or never answered."},
	[METRIC_KEYS_LOADED] = {"inkan_keys_loaded", "gauge", "Private keys that the key process holds."},
	[METRIC_KEY_FETCHES] = {"inkan_key_fetches_total", "counter", "Sealed keys of identities that the key process asked for."},
	[METRIC_KEY_FETCH_FAILURES] = {"inkan_key_fetch_failures_total", "counter", "Signatures that failed because a key of an identity could not be had or opened."},
	[METRIC_STORE_KEYS] = {"inkan_identity_keys_loaded", "gauge", "Keys of identities in the memory of the key process."},
	[METRIC_IDENTITY_QUESTIONS] = {"inkan_identity_questions_total", "counter", "Times that the registrar was asked who signs for an author."},
	[METRIC_IDENTITY_RETRIES] = {"inkan_identity_retries_total", "counter", "Such questions sent again because there was no answer."},
	[METRIC_IDENTITY_FAILURES] = {"inkan_identity_failures_total", "counter", "Such questions that the registrar could not or did not answer."},
	[METRIC_IDENTITY_REMEMBERED] = {"inkan_identity_remembered_total", "counter", "Messages signed as their author's last ones were, because the registrar could not say."},
	[METRIC_IDENTITY_DEFERRED] = {"inkan_identity_deferred_total", "counter", "Messages that failed because nobody could say who signs for their author."},
	[METRIC_IDENTITY_STORE_ERRORS] = {"inkan_identity_store_errors_total", "counter", "Failures to open or to ask the store of identities."},
	[METRIC_IDENTITY_STEPS] = {"inkan_identity_steps_total", "counter", "Steps of identities that the registrar did."},
	[METRIC_IDENTITY_STEPS_FAILED] = {"inkan_identity_steps_failed_total", "counter", "Rounds of steps of identities that met trouble."},
	[METRIC_OUTCOMES_DROPPED] = {"inkan_outcomes_dropped_total", "counter", "Outcomes that did not get into the store because it did not take them in time."},
	[METRIC_OUTCOMES_WAITING] = {"inkan_outcomes_waiting", "gauge", "Outcomes that wait for the store."},
	[METRIC_OUTCOMES_STORED] = {"inkan_outcomes_stored_total", "counter", "Outcomes written to the store."},
	[METRIC_STORE_ERRORS] = {"inkan_store_errors_total", "counter", "Attempts to write to the store that failed."},
	[METRIC_LOG_LINES_LOST] = {"inkan_log_lines_lost_total", "counter", "Lines of the log that nobody read in time."},
	[METRIC_RESTARTS] = {"inkan_restarts_total", "counter", "Processes that died and were started again."},
	[METRIC_RELOADS] = {"inkan_reloads_total", "counter", "Configurations taken over while running."},
	[METRIC_RELOADS_REFUSED] = {"inkan_reloads_refused_total", "counter", "Configurations refused because they have errors."},
	[METRIC_GENERATION] = {"inkan_generation", "gauge", "Generation of the configuration in use."},
};

static const struct metric_name time_names[METRIC_TIMES] = {
	[METRIC_TIME_MESSAGE] = {"inkan_message_seconds", "histogram", "Time from the end of a message to our answer."},
	[METRIC_TIME_DNS] = {"inkan_dns_seconds", "histogram", "Part of that time that a message waited for DNS."},
	[METRIC_TIME_SIGNERS] = {"inkan_identity_seconds", "histogram", "Time that the registrar took to say who signs for an author."},
	[METRIC_TIME_KEY] = {"inkan_key_seconds", "histogram", "Time that the key process took for one signature."},
};

/* Upper ends, and how Prometheus writes them. */
static const struct bucket {
	uint64_t microseconds;
	const char *seconds;
} buckets[] = {
	{100, "0.0001"}, {250, "0.00025"}, {500, "0.0005"}, {1000, "0.001"}, {2500, "0.0025"}, {5000, "0.005"},
	{10000, "0.01"}, {25000, "0.025"}, {50000, "0.05"}, {100000, "0.1"}, {250000, "0.25"}, {500000, "0.5"},
	{1000000, "1"}, {2500000, "2.5"}, {5000000, "5"}, {10000000, "10"}, {30000000, "30"},
};

#define RESULT_WORDS {"none", "pass", "fail", "softfail", "neutral", "policy", "permerror", "temperror", "skipped", "other"}

/* `method` NULL: the name alone makes the series. The last word takes what is none of the others. Neighbours of one name
 * are printed under one head. */
static const struct family {
	const char *name, *label, *method, *help;
	const char *words[WORDS_MAX];
} families[METRIC_FAMILIES] = {
	[FAMILY_DIRECTION] = {"inkan_messages_total", "direction", NULL, "Messages by direction.",
		{"inbound", "outbound", "ignored", "other"}},
	[FAMILY_VERDICT] = {"inkan_verdicts_total", "verdict", NULL, "Judged messages by verdict.",
		{"pass", "at-risk", "fail", "none", "unknown", "not-representative", "other"}},
	[FAMILY_ACTION] = {"inkan_actions_total", "action", NULL, "Messages by what was done with them.",
		{"tag", "quarantine", "reject", "tempfail", "other"}},
	[FAMILY_SPF] = {"inkan_results_total", "result", "spf", "Results by method; of DKIM for each signature.", RESULT_WORDS},
	[FAMILY_DKIM] = {"inkan_results_total", "result", "dkim", NULL, RESULT_WORDS},
	[FAMILY_ARC] = {"inkan_results_total", "result", "arc", NULL, RESULT_WORDS},
	[FAMILY_DMARC] = {"inkan_results_total", "result", "dmarc", NULL, RESULT_WORDS},
};
/* clang-format on */

enum { BUCKETS = sizeof(buckets) / sizeof(*buckets) };

/* ---- memory ---- */

struct histogram {
	_Atomic(uint64_t) counts[BUCKETS + 1]; /* of each bucket alone; the last: beyond them all */
	_Atomic(uint64_t) sum;                 /* microseconds */
};

struct metrics_slot {
	alignas(CACHE_LINE) _Atomic(int64_t) values[METRIC_COUNT];
	_Atomic(int64_t) labelled[METRIC_FAMILIES][WORDS_MAX];
	struct histogram times[METRIC_TIMES];
};

struct metrics {
	int64_t started;
	_Atomic(bool) flags[FLAGS];
	struct metrics_slot slots[METRICS_SLOTS];
};

/* Locks would lie in shared memory, held by a process that may have died. */
static_assert(ATOMIC_LLONG_LOCK_FREE == 2 && ATOMIC_LONG_LOCK_FREE == 2 && ATOMIC_BOOL_LOCK_FREE == 2,
              "counters need no locks");

struct metrics *metrics_new(void)
{
	/* zeroed, which is what atomics of value 0 are */
	void *p = mmap(NULL, sizeof(struct metrics), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	struct metrics *m = p == MAP_FAILED ? NULL : p;

	if (m)
		m->started = clock_now();
	return m;
}

void metrics_free(struct metrics *m)
{
	if (m)
		munmap(m, sizeof(*m));
}

struct metrics_slot *metrics_slot(struct metrics *m, unsigned slot)
{
	assert(slot < METRICS_SLOTS);
	return &m->slots[slot];
}

int64_t metrics_started(const struct metrics *m)
{
	return m->started;
}

/* ---- counting ---- */

void metrics_add(struct metrics_slot *s, enum metric metric, int64_t n)
{
	atomic_fetch_add_explicit(&s->values[metric], n, memory_order_relaxed);
}

void metrics_set(struct metrics_slot *s, enum metric metric, int64_t value)
{
	atomic_store_explicit(&s->values[metric], value, memory_order_relaxed);
}

void metrics_time(struct metrics_slot *s, enum metric_time which, uint64_t microseconds)
{
	struct histogram *h = &s->times[which];
	size_t i = 0;

	while (i < BUCKETS && microseconds > buckets[i].microseconds)
		i++;
	atomic_fetch_add_explicit(&h->counts[i], 1, memory_order_relaxed);
	atomic_fetch_add_explicit(&h->sum, microseconds, memory_order_relaxed);
}

static void count_word(struct metrics_slot *s, enum metric_family family, struct str word)
{
	const char *const *words = families[family].words;
	size_t i = 0;

	if (word.n == 0)
		return;
	while (words[i + 1] && !str_eq(word, str_c(words[i])))
		i++;
	atomic_fetch_add_explicit(&s->labelled[family][i], 1, memory_order_relaxed);
}

void metrics_outcome(struct metrics_slot *s, const struct outcome *outcome)
{
	count_word(s, FAMILY_DIRECTION, outcome->direction);
	count_word(s, FAMILY_VERDICT, outcome->verdict);
	count_word(s, FAMILY_ACTION, outcome->action);
	count_word(s, FAMILY_SPF, outcome->spf_result);
	count_word(s, FAMILY_ARC, outcome->arc_result);
	count_word(s, FAMILY_DMARC, outcome->dmarc_result);
	for (size_t i = 0; i < outcome->dkim_count; i++)
		count_word(s, FAMILY_DKIM, outcome->dkim[i].result);
	if (outcome->dkim_count == 0 && outcome->verdict.n)
		count_word(s, FAMILY_DKIM, STR("none"));
}

/* ---- reading ---- */

int64_t metrics_read(const struct metrics *m, enum metric metric)
{
	int64_t sum = 0;

	for (size_t i = 0; i < METRICS_SLOTS; i++)
		sum += atomic_load_explicit(&m->slots[i].values[metric], memory_order_relaxed);
	return sum;
}

const char *metrics_word(enum metric_family family, size_t i)
{
	return i < WORDS_MAX ? families[family].words[i] : NULL;
}

int64_t metrics_count(const struct metrics *m, enum metric_family family, size_t word)
{
	int64_t sum = 0;

	for (size_t i = 0; i < METRICS_SLOTS; i++)
		sum += atomic_load_explicit(&m->slots[i].labelled[family][word], memory_order_relaxed);
	return sum;
}

void metrics_set_flag(struct metrics *m, enum metrics_flag flag, bool value)
{
	atomic_store_explicit(&m->flags[flag], value, memory_order_release);
}

bool metrics_flag(const struct metrics *m, enum metrics_flag flag)
{
	return atomic_load_explicit(&m->flags[flag], memory_order_acquire);
}

/* ---- printing ---- */

static void print_head(struct buf *out, const char *name, const char *type, const char *help)
{
	buf_printf(out, "# HELP %s %s\n# TYPE %s %s\n", name, help, name, type);
}

static void print_family(const struct metrics *m, enum metric_family which, struct buf *out)
{
	const struct family *family = &families[which];

	if (family->help)
		print_head(out, family->name, "counter", family->help);
	for (size_t i = 0; metrics_word(which, i); i++) {
		buf_printf(out, "%s{", family->name);
		if (family->method)
			buf_printf(out, "method=\"%s\",", family->method);
		buf_printf(out, "%s=\"%s\"} %lld\n", family->label, family->words[i],
		           (long long)metrics_count(m, which, i));
	}
}

static uint64_t sum_of(const struct metrics *m, enum metric_time which, size_t bucket)
{
	uint64_t sum = 0;

	for (size_t i = 0; i < METRICS_SLOTS; i++)
		sum += atomic_load_explicit(&m->slots[i].times[which].counts[bucket], memory_order_relaxed);
	return sum;
}

uint64_t metrics_time_count(const struct metrics *m, enum metric_time which)
{
	uint64_t count = 0;

	for (size_t i = 0; i <= BUCKETS; i++)
		count += sum_of(m, which, i);
	return count;
}

uint64_t metrics_quantile(const struct metrics *m, enum metric_time which, unsigned percent)
{
	uint64_t wanted = (metrics_time_count(m, which) * percent + 99) / 100, count = 0;

	for (size_t i = 0; i < BUCKETS; i++) {
		count += sum_of(m, which, i);
		if (count >= wanted)
			return buckets[i].microseconds;
	}
	return UINT64_MAX;
}

static void print_histogram(const struct metrics *m, enum metric_time which, struct buf *out)
{
	const struct metric_name *name = &time_names[which];
	uint64_t count = 0, sum = 0;

	print_head(out, name->name, name->type, name->help);
	for (size_t i = 0; i <= BUCKETS; i++) {
		count += sum_of(m, which, i);
		buf_printf(out, "%s_bucket{le=\"%s\"} %llu\n", name->name, i < BUCKETS ? buckets[i].seconds : "+Inf",
		           (unsigned long long)count);
	}
	for (size_t i = 0; i < METRICS_SLOTS; i++)
		sum += atomic_load_explicit(&m->slots[i].times[which].sum, memory_order_relaxed);
	buf_printf(out, "%s_sum %llu.%06llu\n%s_count %llu\n", name->name, (unsigned long long)(sum / MICROSECONDS),
	           (unsigned long long)(sum % MICROSECONDS), name->name, (unsigned long long)count);
}

void metrics_print(const struct metrics *m, struct buf *out)
{
	print_head(out, "inkan_info", "gauge", "The version that runs, as a label.");
	buf_printf(out, "inkan_info{version=\"%s\"} 1\n", INKAN_VERSION);
	print_head(out, "inkan_start_time_seconds", "gauge", "When the service was started, in Unix seconds.");
	buf_printf(out, "inkan_start_time_seconds %lld\n", (long long)m->started);
	for (enum metric_family i = 0; i < METRIC_FAMILIES; i++)
		print_family(m, i, out);
	for (enum metric i = 0; i < METRIC_COUNT; i++) {
		print_head(out, names[i].name, names[i].type, names[i].help);
		buf_printf(out, "%s %lld\n", names[i].name, (long long)metrics_read(m, i));
	}
	for (enum metric_time i = 0; i < METRIC_TIMES; i++)
		print_histogram(m, i, out);
}

#include "server/metrics.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "store/outcomes.h"
#include "support/case.h"

/* ---- a reader of the text format ---- */

enum { SERIES_MAX = 400, LABELS_MAX = 4 };

struct sample {
	struct str series; /* "name{label="value"}" */
	struct str name;   /* without labels */
	double value;
};

struct exposition {
	struct buf text;
	struct sample samples[SERIES_MAX];
	size_t count;
	struct str type_name, type; /* of the last head */
};

static bool is_name_char(char c)
{
	return is_alpha(c) || is_digit(c) || c == '_';
}

static struct str take_name(struct str *rest)
{
	size_t n = 0;

	while (n < rest->n && is_name_char(rest->p[n]))
		n++;
	assert_true(n > 0 && !is_digit(rest->p[0]));
	struct str name = str_head(*rest, n);

	*rest = str_skip(*rest, n);
	return name;
}

static void take(struct str *rest, char c)
{
	assert_true(rest->n > 0 && rest->p[0] == c);
	*rest = str_skip(*rest, 1);
}

/* {a="b",c="d"}: none of our values needs an escape. */
static void take_labels(struct str *rest)
{
	size_t count = 0;

	if (!rest->n || rest->p[0] != '{')
		return;
	take(rest, '{');
	do {
		if (count)
			take(rest, ',');
		take_name(rest);
		take(rest, '=');
		take(rest, '"');
		struct str value = str_split(rest, '"');

		assert_true(str_find(value, '\\') == value.n && str_find(value, '\n') == value.n);
		assert_true(++count <= LABELS_MAX);
	} while (rest->n && rest->p[0] == ',');
	take(rest, '}');
}

static void take_head(struct exposition *e, struct str line)
{
	struct str rest = line;

	assert_true(str_has_prefix(rest, STR("# HELP ")) || str_has_prefix(rest, STR("# TYPE ")));
	bool is_type = str_has_prefix(rest, STR("# TYPE "));

	rest = str_skip(rest, 7);
	struct str name = take_name(&rest);

	take(&rest, ' ');
	assert_true(rest.n > 0);
	if (!is_type) {
		assert_false(str_eq(name, e->type_name));
		return;
	}
	assert_true(str_eq(rest, STR("counter")) || str_eq(rest, STR("gauge")) || str_eq(rest, STR("histogram")));
	assert_true(str_eq(rest, STR("counter")) == (name.n > 6 && str_eq(str_skip(name, name.n - 6), STR("_total"))));
	e->type_name = name;
	e->type = rest;
}

static void take_sample(struct exposition *e, struct str line)
{
	struct str rest = line, name = take_name(&rest);
	struct sample *s = &e->samples[e->count++];
	char *end;

	assert_true(e->count < SERIES_MAX);
	take_labels(&rest);
	*s = (struct sample){str_head(line, line.n - rest.n), name, 0};
	take(&rest, ' ');
	s->value = strtod(rest.p, &end);
	assert_true(end == rest.p + rest.n && s->value >= 0);
	assert_true(str_has_prefix(name, e->type_name));
	if (!str_eq(e->type, STR("histogram")))
		assert_true(str_eq(name, e->type_name));
	for (size_t i = 0; i + 1 < e->count; i++)
		assert_false(str_eq(e->samples[i].series, s->series));
}

static struct exposition *expose(const struct metrics *m)
{
	struct exposition *e = calloc(1, sizeof(*e));

	assert_non_null(e);
	buf_init(&e->text, 1 << 20);
	metrics_print(m, &e->text);
	assert_int_equal(buf_error(&e->text), INKAN_OK);
	struct str rest = buf_str(&e->text);

	assert_true(rest.p[rest.n - 1] == '\n');
	while (rest.n) {
		struct str line = str_split(&rest, '\n');

		if (str_has_prefix(line, STR("#")))
			take_head(e, line);
		else
			take_sample(e, line);
	}
	return e;
}

static void expose_free(struct exposition *e)
{
	buf_release(&e->text);
	free(e);
}

static double value_of(const struct exposition *e, const char *series)
{
	for (size_t i = 0; i < e->count; i++)
		if (str_eq(e->samples[i].series, str_c(series)))
			return e->samples[i].value;
	fail_msg("no %s", series);
	return -1;
}

static void assert_value(const struct metrics *m, const char *series, double want)
{
	struct exposition *e = expose(m);

	if (value_of(e, series) != want)
		fail_msg("%s is %f", series, value_of(e, series));
	expose_free(e);
}

/* ---- cases ---- */

static void run_slots(const void *row)
{
	struct metrics *m = metrics_new();

	(void)row;
	assert_non_null(m);
	for (unsigned i = 0; i < METRICS_SLOTS; i++) {
		assert_int_equal((uintptr_t)metrics_slot(m, i) % 64, 0);
		metrics_add(metrics_slot(m, i), METRIC_CONNECTIONS, 2);
	}
	metrics_add(metrics_slot(m, 0), METRIC_CONNECTIONS_OPEN, 3);
	metrics_add(metrics_slot(m, 1), METRIC_CONNECTIONS_OPEN, -1);
	metrics_set(metrics_slot(m, 0), METRIC_GENERATION, 7);
	metrics_set(metrics_slot(m, 0), METRIC_GENERATION, 8);
	assert_int_equal(metrics_read(m, METRIC_CONNECTIONS), 2 * METRICS_SLOTS);
	assert_value(m, "inkan_connections_open", 2);
	assert_value(m, "inkan_generation", 8);
	metrics_free(m);
	metrics_free(NULL);
}

static void run_every_metric(const void *row)
{
	struct metrics *m = metrics_new();

	(void)row;
	for (unsigned i = 0; i < METRIC_COUNT; i++)
		metrics_add(metrics_slot(m, i % METRICS_SLOTS), (enum metric)i, 1000 + (int)i);
	struct exposition *e = expose(m);

	for (unsigned i = 0; i < METRIC_COUNT; i++) {
		size_t found = 0;

		for (size_t k = 0; k < e->count; k++)
			found += e->samples[k].value == 1000 + i;
		assert_int_equal(found, 1);
	}
	expose_free(e);
	metrics_free(m);
}

/* What another process counts before it dies is there. */
static void run_processes(const void *row)
{
	struct metrics *m = metrics_new();

	(void)row;
	for (int i = 0; i < 4; i++)
		if (fork() == 0) {
			for (int k = 0; k < 10000; k++)
				metrics_add(metrics_slot(m, 5), METRIC_SIGNATURES, 1);
			metrics_set_flag(m, FLAG_KEYS_READY, true);
			_exit(0);
		}
	for (int i = 0; i < 4; i++)
		wait(NULL);
	assert_value(m, "inkan_signatures_total", 40000);
	assert_true(metrics_flag(m, FLAG_KEYS_READY));
	assert_false(metrics_flag(m, FLAG_FILTER_READY));
	metrics_set_flag(m, FLAG_KEYS_READY, false);
	assert_false(metrics_flag(m, FLAG_KEYS_READY));
	metrics_free(m);
}

static const struct bucket_row {
	const char *name;
	uint64_t microseconds;
	const char *first,
		*last_without; /* the smallest bucket that counts it; the largest that does not; NULL: none */
} buckets[] = {
	{"no time at all", 0, "0.0001", NULL},
	{"exactly the first bucket", 100, "0.0001", NULL},
	{"a microsecond more", 101, "0.00025", "0.0001"},
	{"a second", 1000000, "1", "0.5"},
	{"exactly the last bucket", 30000000, "30", "10"},
	{"beyond the last bucket", 30000001, "+Inf", "30"},
};

static void run_bucket(const void *row)
{
	const struct bucket_row *r = row;
	struct metrics *m = metrics_new();
	char series[100];

	metrics_time(metrics_slot(m, 3), METRIC_TIME_KEY, r->microseconds);
	snprintf(series, sizeof(series), "inkan_key_seconds_bucket{le=\"%s\"}", r->first);
	assert_value(m, series, 1);
	if (r->last_without) {
		snprintf(series, sizeof(series), "inkan_key_seconds_bucket{le=\"%s\"}", r->last_without);
		assert_value(m, series, 0);
	}
	assert_value(m, "inkan_key_seconds_count", 1);
	assert_value(m, "inkan_key_seconds_bucket{le=\"+Inf\"}", 1);
	assert_value(m, "inkan_key_seconds_sum", (double)r->microseconds / 1e6);
	assert_value(m, "inkan_message_seconds_count", 0);
	assert_int_equal(metrics_time_count(m, METRIC_TIME_KEY), 1);
	if (strcmp(r->first, "+Inf") == 0)
		assert_true(metrics_quantile(m, METRIC_TIME_KEY, 50) == UINT64_MAX);
	else
		assert_true((double)metrics_quantile(m, METRIC_TIME_KEY, 50) / 1e6 == strtod(r->first, NULL));
	metrics_free(m);
}

/* Buckets never fall, whatever was counted. */
static void run_cumulative(const void *row)
{
	struct metrics *m = metrics_new();
	double last = 0;

	(void)row;
	for (uint64_t t = 1; t < 100000000; t = t * 3 / 2 + 1)
		metrics_time(metrics_slot(m, (unsigned)(t % 60)), METRIC_TIME_MESSAGE, t);
	struct exposition *e = expose(m);

	for (size_t i = 0; i < e->count; i++)
		if (str_eq(e->samples[i].name, STR("inkan_message_seconds_bucket"))) {
			assert_true(e->samples[i].value >= last);
			last = e->samples[i].value;
		}
	assert_true(last > 20 && last == value_of(e, "inkan_message_seconds_count"));
	expose_free(e);
	metrics_free(m);
}

static void run_outcomes(const void *row)
{
	static const struct {
		const char *series;
		double want;
	} wants[] = {
		{"inkan_messages_total{direction=\"inbound\"}", 2},
		{"inkan_messages_total{direction=\"outbound\"}", 1},
		{"inkan_messages_total{direction=\"ignored\"}", 0},
		{"inkan_verdicts_total{verdict=\"fail\"}", 1},
		{"inkan_verdicts_total{verdict=\"other\"}", 1},
		{"inkan_verdicts_total{verdict=\"pass\"}", 0},
		{"inkan_actions_total{action=\"tag\"}", 2},
		{"inkan_actions_total{action=\"reject\"}", 0},
		{"inkan_results_total{method=\"spf\",result=\"pass\"}", 1},
		{"inkan_results_total{method=\"dkim\",result=\"pass\"}", 1},
		{"inkan_results_total{method=\"dkim\",result=\"fail\"}", 1},
		{"inkan_results_total{method=\"dkim\",result=\"none\"}", 1},
		{"inkan_results_total{method=\"arc\",result=\"none\"}", 1},
		{"inkan_results_total{method=\"dmarc\",result=\"fail\"}", 1},
	};
	struct metrics *m = metrics_new();
	struct outcome in = outcome_inbound(), out = outcome_outbound();
	struct outcome odd = {.direction = STR("inbound"), .verdict = STR("nobody knows this word")};

	(void)row;
	metrics_outcome(metrics_slot(m, 0), &in);
	metrics_outcome(metrics_slot(m, 63), &out);
	metrics_outcome(metrics_slot(m, 63), &odd);
	for (size_t i = 0; i < sizeof(wants) / sizeof(*wants); i++)
		assert_value(m, wants[i].series, wants[i].want);
	assert_string_equal(metrics_word(FAMILY_DIRECTION, 1), "outbound");
	assert_int_equal(metrics_count(m, FAMILY_DIRECTION, 1), 1);
	assert_null(metrics_word(FAMILY_DIRECTION, 4));
	assert_null(metrics_word(FAMILY_DIRECTION, 1000));
	metrics_free(m);
}

/* Times of 1 to 100 ms are counted, one of each, and `beyond` that no bucket holds; which bucket's end is the bound? */
static const struct quantile_row {
	const char *name;
	unsigned count, beyond, percent;
	uint64_t want;
} quantiles[] = {
	{"nothing counted: the first bucket", 0, 0, 50, 100},
	{"one: half of it", 1, 0, 50, 1000},
	{"one: all of it", 1, 0, 100, 1000},
	{"a share that a bucket holds exactly", 100, 0, 50, 50000},
	{"one more than that", 100, 0, 51, 100000},
	{"a quarter", 100, 0, 25, 25000},
	{"a share is rounded up to whole messages", 3, 0, 34, 2500},
	{"99 of 100", 100, 0, 99, 100000},
	{"all", 100, 0, 100, 100000},
	{"the last one is beyond all buckets", 99, 1, 99, 100000},
	{"and with it", 99, 1, 100, UINT64_MAX},
	{"no part at all: the first bucket", 100, 0, 0, 100},
	{"all beyond", 0, 2, 1, UINT64_MAX},
};

static void run_quantile(const void *row)
{
	const struct quantile_row *r = row;
	struct metrics *m = metrics_new();

	assert_non_null(m);
	for (unsigned i = 1; i <= r->count; i++)
		metrics_time(metrics_slot(m, i % METRICS_SLOTS), METRIC_TIME_MESSAGE, (uint64_t)i * 1000);
	for (unsigned i = 0; i < r->beyond; i++)
		metrics_time(metrics_slot(m, i), METRIC_TIME_MESSAGE, 30000001);
	metrics_time(metrics_slot(m, 0), METRIC_TIME_KEY, 5); /* another kind does not count */
	assert_int_equal(metrics_time_count(m, METRIC_TIME_MESSAGE), r->count + r->beyond);
	assert_true(metrics_quantile(m, METRIC_TIME_MESSAGE, r->percent) == r->want);
	metrics_free(m);
}

int main(void)
{
	struct test_list list = {0};

	test_add(&list, "slots are summed, each on its own cache lines", run_slots, NULL);
	test_add(&list, "every counter is printed once, with help and type", run_every_metric, NULL);
	test_add(&list, "counters and flags outlive their process", run_processes, NULL);
	TEST_TABLE(&list, buckets, run_bucket);
	TEST_TABLE(&list, quantiles, run_quantile);
	test_add(&list, "buckets are cumulative", run_cumulative, NULL);
	test_add(&list, "messages are counted by direction, verdict, action and result", run_outcomes, NULL);
	return test_run(&list, "server/metrics");
}

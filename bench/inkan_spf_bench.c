/* inkan's SPF check under test, with evidence at hand, in the form of the shared harness (run.py --spf-driver):
 *
 *	spf SECONDS RECORDS TUPLES
 *
 * RECORDS has a line "name TAB type TAB data" for each DNS record, TUPLES a line "address TAB helo TAB sender" for each
 * evaluation. All tuples are evaluated again and again for SECONDS at least; then one line of JSON: op, n (evaluations), s
 * (wall time), cpu (of the process), results (of the first pass), lookups_per_eval (terms that cost a look-up). Each
 * evaluation works as on a message: an evidence of its own, emptied, on a snapshot that is shared. */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "driver.h"
#include "spf/spf.h"

enum { ARENA_MAX = 1024 * 1024, ANSWERS_MAX = 512 * 1024 * 1024, QUESTIONS_MAX = 10 * 1000 * 1000, RESULTS = 8 };

struct tuples {
	struct spf_query *queries;
	size_t count;
};

static struct dns_record read_record(enum dns_type type, struct str data)
{
	struct dns_record record = {.text = data, .name = data};

	if (type == DNS_A || type == DNS_AAAA)
		bench_must(dns_address_parse(data, type, record.address), "an address in the file of records");
	if (type == DNS_MX)
		record.name = str_skip(data, str_find(data, ' ') + 1);
	return record;
}

/* One more record of a name and type. */
static void add_record(struct evidence *e, enum dns_type type, const struct bench_record *line)
{
	const struct dns_answer *held = evidence_find(e, type, line->name);
	size_t count = held ? held->count : 0;
	struct dns_record *records = calloc(count + 1, sizeof *records);

	bench_must(records != NULL, "memory");
	if (count)
		memcpy(records, held->records, count * sizeof *records);
	records[count] = read_record(type, line->data);
	struct dns_answer answer = {.status = DNS_ANSWER, .records = records, .count = count + 1};

	bench_must(evidence_add(e, type, line->name, &answer) == INKAN_OK, "evidence_add");
	free(records);
}

static struct evidence *load_evidence(const char *path)
{
	struct str rest = bench_read(path);
	struct evidence *e = NULL;
	struct bench_record line;
	enum dns_type type;

	bench_must(evidence_new(NULL, ANSWERS_MAX, QUESTIONS_MAX, &e) == INKAN_OK, "evidence_new");
	while (bench_next_record(&rest, &line))
		if (dns_type_from_name(line.type, &type))
			add_record(e, type, &line);
	evidence_close(e);
	return e;
}

static struct tuples load_tuples(const char *path)
{
	struct str rest = bench_read(path);
	struct tuples t = {NULL, 0};

	while (rest.n) {
		struct str line = str_split(&rest, '\n');
		struct str ip = str_split(&line, '\t');
		struct spf_query *grown = realloc(t.queries, (t.count + 1) * sizeof *grown);

		bench_must(grown != NULL, "memory");
		t.queries = grown;
		struct spf_query *q = &t.queries[t.count++];

		*q = (struct spf_query){.receiver = STR("recv.example"), .void_lookups_max = SPF_VOID_LOOKUPS_MAX};
		q->is_ipv6 = !dns_address_parse(ip, DNS_A, q->address);
		bench_must(!q->is_ipv6 || dns_address_parse(ip, DNS_AAAA, q->address), "an address in the tuples");
		q->helo = str_split(&line, '\t');
		q->sender = str_split(&line, '\t');
	}
	return t;
}

static double wall(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (double)ts.tv_sec + (double)ts.tv_nsec / 1e9;
}

static void print_results(const unsigned long counts[RESULTS])
{
	const char *comma = "";

	for (unsigned i = 0; i < RESULTS; i++) {
		if (counts[i] == 0)
			continue;
		printf("%s\"%s\":%lu", comma, inkan_result_name((enum inkan_result)i), counts[i]);
		comma = ",";
	}
}

static void measure(struct evidence *shared, const struct tuples *t, double seconds)
{
	unsigned long n = 0, lookups = 0, counts[RESULTS] = {0};
	struct inkan_spf_result result;
	struct evidence *own = NULL;
	struct arena arena;
	bool pending;

	bench_must(evidence_new(shared, 0, 0, &own) == INKAN_OK, "evidence_new");
	arena_init(&arena, ARENA_MAX);
	double begin = wall(), cpu = bench_cpu(), elapsed;

	do {
		for (size_t i = 0; i < t->count; i++) {
			arena_reset(&arena);
			evidence_reset(own);
			int error = spf_check_mailfrom(&arena, own, &t->queries[i], NULL, NULL, &result, &pending);

			bench_must(error == INKAN_OK && !pending, "spf_check_mailfrom");
			counts[result.result] += n < t->count;
			lookups += result.lookups;
			n++;
		}
		elapsed = wall() - begin;
	} while (elapsed < seconds);
	cpu = bench_cpu() - cpu;
	printf("{\"op\":\"spf\",\"n\":%lu,\"s\":%.6f,\"cpu\":%.6f,\"results\":{", n, elapsed, cpu);
	print_results(counts);
	printf("},\"lookups_per_eval\":%.3f}\n", (double)lookups / (double)n);
}

int main(int argc, char **argv)
{
	if (argc != 5 || strcmp(argv[1], "spf") != 0 || strcmp(argv[3], "dns") == 0 || strcmp(argv[3], "dnscache") == 0)
		bench_die("usage: %s spf SECONDS RECORDS TUPLES (answers come from the file RECORDS only)", argv[0]);
	struct evidence *evidence = load_evidence(argv[3]);
	struct tuples tuples = load_tuples(argv[4]);

	bench_must(tuples.count > 0, "no tuples");
	measure(evidence, &tuples, strtod(argv[2], NULL));
	return 0;
}

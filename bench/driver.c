#include "driver.h"

#include <pthread.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum { TIMES_MIN = 3, THREADS_MAX = 64 };

void bench_die(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vfprintf(stderr, format, args);
	va_end(args);
	fputc('\n', stderr);
	exit(1);
}

void bench_must(bool good, const char *what)
{
	if (!good)
		bench_die("%s failed", what);
}

const char *bench_path(const char *folder, const char *name)
{
	size_t room = strlen(folder) + strlen(name) + 2;
	char *path = malloc(room);

	bench_must(path, "malloc");
	snprintf(path, room, "%s/%s", folder, name);
	return path;
}

struct str bench_read(const char *path)
{
	FILE *f = fopen(path, "rb");

	if (!f || fseek(f, 0, SEEK_END))
		bench_die("cannot read %s", path);
	long size = ftell(f);
	char *p = size < 0 ? NULL : malloc((size_t)size + 1);

	rewind(f);
	if (!p || fread(p, 1, (size_t)size, f) != (size_t)size)
		bench_die("cannot read %s", path);
	fclose(f);
	p[size] = '\0';
	return str_from(p, (size_t)size);
}

bool bench_next_record(struct str *rest, struct bench_record *out)
{
	while (rest->n) {
		struct str line = str_split(rest, '\n');

		out->name = str_split(&line, '\t');
		out->type = str_split(&line, '\t');
		out->data = line;
		if (out->data.n)
			return true;
	}
	return false;
}

static double seconds(clockid_t clock)
{
	struct timespec t;

	clock_gettime(clock, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

double bench_cpu(void)
{
	return seconds(CLOCK_PROCESS_CPUTIME_ID);
}

/* ---- one message again and again ---- */

static struct bench_message read_message(const struct bench_driver *driver, void *shared, const char *path)
{
	const char *slash = strrchr(path, '/');
	struct bench_message m = {.name = slash ? slash + 1 : path, .octets = bench_read(path)};

	if (driver->prepare)
		m.prepared = driver->prepare(shared, m.octets);
	return m;
}

static void measure_files(const struct bench_driver *driver, const char *op, double least, void *shared, char **files)
{
	struct bench_count (*work)(void *, const struct bench_message *) =
		strcmp(op, "sign") ? driver->verify : driver->sign;

	for (; *files; files++) {
		struct bench_message m = read_message(driver, shared, *files);
		void *worker = driver->new_worker(shared);
		unsigned long n = 0, good = 0;

		work(worker, &m);
		double cpu = bench_cpu(), start = seconds(CLOCK_MONOTONIC), now;

		do {
			good += work(worker, &m).good;
			n++;
			now = seconds(CLOCK_MONOTONIC);
		} while (now - start < least || n < TIMES_MIN);
		printf("{\"op\":\"%s\",\"file\":\"%s\",\"n\":%lu,\"ok\":%lu,\"s\":%.6f,\"cpu\":%.6f,\"bytes\":%zu}\n",
		       op, m.name, n, good, now - start, bench_cpu() - cpu, m.octets.n);
	}
}

/* ---- the mixed corpus ---- */

struct mixed {
	const struct bench_driver *driver;
	struct bench_message *messages;
	size_t count, octets;
	atomic_size_t next, until; /* messages, counted over all passes */
	atomic_ulong signatures, good;
};

struct mixed_worker {
	struct mixed *mixed;
	void *worker;
	pthread_t thread;
};

static void *work_on_mixed(void *argument)
{
	struct mixed_worker *w = argument;
	struct mixed *m = w->mixed;

	for (size_t i; (i = atomic_fetch_add(&m->next, 1)) < m->until;) {
		struct bench_count count = m->driver->verify(w->worker, &m->messages[i % m->count]);

		atomic_fetch_add(&m->signatures, count.signatures);
		atomic_fetch_add(&m->good, count.good);
	}
	return NULL;
}

static void pass(struct mixed *m, struct mixed_worker *workers, size_t threads)
{
	m->next = m->signatures = m->good = 0;
	m->until = m->count;
	for (size_t i = 1; i < threads; i++)
		bench_must(!pthread_create(&workers[i].thread, NULL, work_on_mixed, &workers[i]), "pthread_create");
	work_on_mixed(&workers[0]);
	for (size_t i = 1; i < threads; i++)
		pthread_join(workers[i].thread, NULL);
}

/* Terminated; never freed. */
static const char *next_column(struct str *line)
{
	struct str column = str_split(line, '\t');
	char *copy = calloc(column.n + 1, 1);

	bench_must(copy, "calloc");
	if (column.n)
		memcpy(copy, column.p, column.n);
	return copy;
}

static void measure_mixed(const struct bench_driver *driver, double least, void *shared, const char *folder,
                          size_t threads)
{
	struct mixed m = {.driver = driver};
	struct mixed_worker workers[THREADS_MAX];
	struct str rest = bench_read(bench_path(folder, "mixed.tsv"));
	size_t passes = 0;

	while (rest.n) {
		struct str line = str_split(&rest, '\n');
		const char *name = next_column(&line);

		m.messages = realloc(m.messages, (m.count + 1) * sizeof *m.messages);
		bench_must(m.messages, "realloc");
		struct bench_message *message = &m.messages[m.count++];

		*message = read_message(driver, shared, bench_path(folder, name));
		message->ip = next_column(&line);
		message->helo = next_column(&line);
		message->mail_from = next_column(&line);
		m.octets += message->octets.n;
	}
	bench_must(m.count && threads && threads <= THREADS_MAX, "the mixed corpus or the number of threads");
	for (size_t i = 0; i < threads; i++)
		workers[i] = (struct mixed_worker){&m, driver->new_worker(shared), 0};
	pass(&m, workers, threads);
	double cpu = bench_cpu(), start = seconds(CLOCK_MONOTONIC), now;

	do {
		pass(&m, workers, threads);
		passes++;
		now = seconds(CLOCK_MONOTONIC);
	} while (now - start < least);
	printf("{\"op\":\"mixed\",\"n\":%zu,\"sigs\":%lu,\"ok\":%lu,\"s\":%.6f,\"cpu\":%.6f,\"bytes\":%zu}\n",
	       m.count * passes, m.signatures, m.good, now - start, bench_cpu() - cpu, m.octets * passes);
}

int bench_main(int argc, char **argv, const struct bench_driver *driver)
{
	const char *op = argc > 1 ? argv[1] : "";
	double least = argc > 2 ? strtod(argv[2], NULL) : 0;

	if (!strcmp(op, "verify") && argc > 4)
		measure_files(driver, op, least, driver->load_records(argv[3]), argv + 4);
	else if (!strcmp(op, "sign") && argc > 5)
		measure_files(driver, op, least, driver->load_keys(argv[3], argv[4]), argv + 5);
	else if (!strcmp(op, "mixed") && argc > 4)
		measure_mixed(driver, least, driver->load_records(argv[3]), argv[4],
		              argc > 5 ? strtoul(argv[5], NULL, 10) : 1);
	else
		bench_die("usage: verify SECONDS RECORDS FILE... | sign SECONDS KEYDIR VARIANT FILE... | "
		          "mixed SECONDS RECORDS CORPUSDIR [THREADS]");
	return 0;
}

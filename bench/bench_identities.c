/* A store of many identities, in SQLite: how long it takes to open it, to find who signs for an author (each outgoing message asks
 * that, as early as the first), to walk through all, and how large the file is. It is filled by restoring a backup made here.
 *
 *	bench_identities [IDENTITIES]      default 100,000; the file lies in $TMPDIR, else in /tmp */
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "core/base64.h"
#include "core/json.h"
#include "store/identity_store.h"

enum {
	IDENTITIES = 100000,
	IDENTITIES_MAX = 10000000,
	LOOKUPS = 20000,
	SEALED_SIZE = 1784, /* octets of an RSA-2048 key as PEM, sealed */
	LOOKUP_LIMIT = 30,  /* µs, p50 */
	OPEN_LIMIT = 2000   /* ms */
};

static char folder[200], path[220];
static struct io_error why;
static long identities = IDENTITIES;

static void must(int result, const char *what)
{
	if (!result)
		return;
	fprintf(stderr, "bench_identities: %s: %s: %s\n", what, inkan_strerror(result), why.text);
	exit(1);
}

static double now_us(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec * 1e6 + (double)t.tv_nsec / 1e3;
}

/* ---- filling ---- */

struct filling {
	long at; /* lines handed over */
	struct arena arena;
	struct identity identity;
	char sealed[SEALED_SIZE / 3 * 4 + 8], record[420];
};

static void domain_of(long i, char out[64])
{
	/* spread as names are, not in the order in which they are stored */
	snprintf(out, 64, "c%05lx.example%ld.com", (i * 7919) % 1048573, i);
}

static void put_key(const struct filling *f, long i, struct buf *line)
{
	struct json j = json_to(line);
	char domain[64];

	domain_of(i, domain);
	json_object_begin(&j);
	json_key_i64(&j, "key", i + 1);
	json_key_c(&j, "of", domain);
	json_key_c(&j, "algorithm", "rsa");
	json_key_i64(&j, "bits", IDENTITY_RSA_BITS);
	json_key_c(&j, "record", f->record);
	json_key_c(&j, "sealed", f->sealed);
	json_object_end(&j);
}

static void put_identity(struct filling *f, long i, struct buf *line)
{
	char domain[64];

	domain_of(i, domain);
	f->identity.id = f->identity.domain = domain;
	f->identity.slots[0].key = (uint32_t)(i + 1);
	buf_printf(line, "{\"at\":%ld,\"identity\":", i + 1);
	must(identity_print_json(&f->identity, line), "printing");
	buf_put_char(line, '}');
}

static int next_line(void *context, struct buf *line)
{
	struct filling *f = context;
	long at = f->at++;

	if (at == 0)
		buf_printf(line,
		           "{\"backup\":\"inkan identities\",\"version\":1,\"mark\":%ld,\"key\":%ld,\"publication\":0}",
		           identities, identities);
	else if (at <= identities)
		put_key(f, at - 1, line);
	else if (at <= 2 * identities)
		put_identity(f, at - 1 - identities, line);
	else if (at == 2 * identities + 1)
		buf_printf(line, "{\"end\":%ld}", 2 * identities + 2);
	return buf_error(line);
}

static void prepare(struct filling *f)
{
	static const unsigned char octets[SEALED_SIZE];
	const struct identity_wish wish = {.id = "example.com", .enabled = true, .selector = "s20261122"};
	const char *trouble = "";
	struct buf text;

	arena_init(&f->arena, 1 << 20);
	must(identity_new(&f->arena, &wish, 1795305600, &f->identity, &trouble), "an identity");
	buf_init(&text, sizeof(f->sealed));
	base64_encode(&text, octets, sizeof(octets));
	memcpy(f->sealed, text.p, text.n);
	memset(f->record, 'A', sizeof(f->record) - 1);
	memcpy(f->record, "v=DKIM1; k=rsa; p=", 18);
	buf_release(&text);
	f->identity.state = IDENTITY_VERIFIED;
	f->identity.next_due = 1795305600;
	f->identity.slots[0].state = SLOT_ACTIVE;
	f->identity.slots[0].selector = "s20261122";
	f->identity.slots[0].record = f->record;
	f->identity.slots[0].bits = IDENTITY_RSA_BITS;
}

static double fill(void)
{
	static struct filling f;
	struct identity_store *s = NULL;
	double start;

	prepare(&f);
	must(identity_store_open(path, false, true, &s, &why), "opening");
	start = now_us();
	must(identity_store_restore(s, next_line, &f, &why), "filling");
	start = now_us() - start;
	identity_store_close(s);
	arena_release(&f.arena);
	return start;
}

/* ---- measuring ---- */

static int by_size(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static double look_up(struct identity_store *s, long i)
{
	struct identity_signer list[IDENTITY_SIGNERS_MAX];
	char domain[64], address[80];
	size_t count = 0;

	domain_of(i, domain);
	snprintf(address, sizeof(address), "hanako@%s", domain);
	double start = now_us();

	must(identity_store_signers(s, str_c(address), str_c(domain), list, &count, &why), "a look-up");
	double took = now_us() - start;

	if (count != 1) {
		fprintf(stderr, "bench_identities: %s has %zu signers\n", domain, count);
		exit(1);
	}
	return took;
}

static void show(const char *what, double value, const char *unit, double limit)
{
	printf("  %-46s %10.1f %s", what, value, unit);
	if (limit > 0)
		printf("  (limit %g: %s)", limit, value <= limit ? "met" : "MISSED");
	putchar('\n');
}

static void measure_lookups(struct identity_store *s)
{
	static double times[LOOKUPS];
	uint64_t random = 88172645463325252u;

	for (int i = 0; i < LOOKUPS; i++) {
		random ^= random << 13;
		random ^= random >> 7;
		random ^= random << 17;
		times[i] = look_up(s, (long)(random % (uint64_t)identities));
	}
	show("who signs: the first look-up", times[0], "µs", 1000);
	qsort(times, LOOKUPS, sizeof(*times), by_size);
	show("who signs: p50 of random domains", times[LOOKUPS / 2], "µs", LOOKUP_LIMIT);
	show("who signs: p99", times[LOOKUPS * 99 / 100], "µs", 0);
}

static bool count_one(void *context, const struct identity *i)
{
	(void)i;
	++*(long *)context;
	return true;
}

static void measure_each(struct identity_store *s)
{
	struct identity_filter all = {0};
	struct rusage usage;
	long count = 0;
	double start = now_us();

	must(identity_store_each(s, &all, count_one, &count, &why), "all identities");
	double took = now_us() - start;

	getrusage(RUSAGE_SELF, &usage);
	show("all identities, in thousands a second", (double)count / took * 1e3, "", 0);
	show("memory of all of this, at most", (double)usage.ru_maxrss, "KiB", 0);
}

int main(int argc, char **argv)
{
	const char *place = getenv("TMPDIR");
	struct identity_store *s = NULL;
	struct stat status;
	char name[240];

	uint64_t wanted = IDENTITIES;

	if (argc > 1 && (!str_to_u64(str_c(argv[1]), IDENTITIES_MAX, &wanted) || wanted == 0))
		return 2;
	identities = (long)wanted;
	snprintf(folder, sizeof(folder), "%s/inkan-bench-XXXXXX", place ? place : "/tmp");
	if (!mkdtemp(folder))
		return 1;
	snprintf(path, sizeof(path), "%s/identities.db", folder);
	printf("\nstore of %ld identities, SQLite\n\n", identities);
	double took = fill();

	show("restored from a backup, in thousands a second", (double)identities / took * 1e3, "", 0);
	took = now_us();
	must(identity_store_open(path, false, false, &s, &why), "opening");
	show("opened", (now_us() - took) / 1e3, "ms", OPEN_LIMIT);
	measure_lookups(s);
	measure_each(s);
	identity_store_close(s);
	if (stat(path, &status) == 0)
		show("octets of the file an identity", (double)status.st_size / (double)identities, "", 0);
	for (int i = 0; i < 3; i++) {
		snprintf(name, sizeof(name), "%s%s", path, (const char *[]){"", "-wal", "-shm"}[i]);
		(void)unlink(name);
	}
	return rmdir(folder) ? 1 : 0;
}

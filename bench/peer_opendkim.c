/* libopendkim under test: one dkim_header() a field, the body in pieces of 64 KiB, every signature of a message processed,
 * key records from memory. It knows no signing with two keys in one pass, so no variant "dual". */
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <strings.h>
#include <sys/types.h>

#include <opendkim/dkim.h>

#include "driver.h"

enum { PIECE = 64 * 1024, NAME_MAX_SIZE = 512, RECORDS_MAX = 65536 };

struct shared {
	DKIM_LIB *library;
	struct str pem;
	dkim_alg_t algorithm;
	dkim_canon_t canonicalization;
	const char *selector;
};

/* The callback for keys has no context argument. Sorted by name. */
static struct bench_record *records;
static size_t record_count;

static int by_name(const void *a, const void *b)
{
	struct str x = ((const struct bench_record *)a)->name, y = ((const struct bench_record *)b)->name;
	int order = memcmp(x.p, y.p, x.n < y.n ? x.n : y.n);

	return order ? order : (x.n > y.n) - (x.n < y.n);
}

static DKIM_CBSTAT find_key(DKIM *dkim, DKIM_SIGINFO *signature, unsigned char *out, size_t room)
{
	char name[NAME_MAX_SIZE];
	int n = snprintf(name, sizeof name, "%s._domainkey.%s", (const char *)dkim_sig_getselector(signature),
	                 (const char *)dkim_sig_getdomain(signature));
	struct bench_record wanted = {.name = str_from(name, (size_t)n)};
	const struct bench_record *found = bsearch(&wanted, records, record_count, sizeof *records, by_name);

	(void)dkim;
	if (!found || found->data.n >= room)
		return DKIM_CBSTAT_NOTFOUND;
	memcpy(out, found->data.p, found->data.n);
	out[found->data.n] = '\0';
	return DKIM_CBSTAT_CONTINUE;
}

static struct shared *new_shared(void)
{
	struct shared *s = calloc(1, sizeof *s);

	bench_must(s && (s->library = dkim_init(NULL, NULL)), "dkim_init");
	return s;
}

static void *load_records(const char *path)
{
	struct shared *s = new_shared();
	struct str rest = bench_read(path);
	struct bench_record record;

	records = calloc(RECORDS_MAX, sizeof *records);
	bench_must(records, "calloc");
	while (bench_next_record(&rest, &record) && record_count < RECORDS_MAX)
		if (str_eq(record.type, STR("TXT")))
			records[record_count++] = record;
	qsort(records, record_count, sizeof *records, by_name);
	dkim_set_key_lookup(s->library, find_key);
	return s;
}

static void *load_keys(const char *folder, const char *variant)
{
	/* the fields that inkan signs in these messages */
	static const char *signed_fields[] = {"From",
	                                      "To",
	                                      "Subject",
	                                      "Date",
	                                      "Reply-To",
	                                      "Message-ID",
	                                      "MIME-Version",
	                                      "Content-Type",
	                                      "Content-Transfer-Encoding",
	                                      "List-Unsubscribe",
	                                      "List-Unsubscribe-Post",
	                                      "List-Id",
	                                      "References",
	                                      "Auto-Submitted",
	                                      NULL};
	struct shared *s = new_shared();
	bool rsa = !strncmp(variant, "rsa", 3);

	if (!strcmp(variant, "dual"))
		bench_die("libopendkim signs with one key a pass");
	s->pem = bench_read(bench_path(folder, rsa ? "rsa000.pem" : "ed000.pem"));
	s->algorithm = rsa ? DKIM_SIGN_RSASHA256 : DKIM_SIGN_ED25519SHA256;
	s->selector = rsa ? "s1" : "ed1";
	s->canonicalization = strcmp(variant, "rsa-ss") ? DKIM_CANON_RELAXED : DKIM_CANON_SIMPLE;
	bench_must(dkim_options(s->library, DKIM_OP_SETOPT, DKIM_OPTS_SIGNHDRS, signed_fields,
	                        sizeof(unsigned char **)) == DKIM_STAT_OK,
	           "dkim_options");
	return s;
}

static void *new_worker(void *shared)
{
	return shared;
}

static unsigned char *octets(struct str s)
{
	return (unsigned char *)(uintptr_t)s.p;
}

/* The next header field without its CRLF; empty at the end of the header. */
static struct str take_field(struct str *rest)
{
	size_t n = 0;

	do
		n += str_find(str_skip(*rest, n), '\n') + 1;
	while (n < rest->n && is_wsp(rest->p[n]));
	struct str field = str_head(*rest, n < 2 ? 0 : n - 2);

	*rest = str_skip(*rest, n);
	return field;
}

static void feed(DKIM *dkim, struct str rest)
{
	for (struct str field; (field = take_field(&rest)).n;)
		bench_must(dkim_header(dkim, octets(field), field.n) == DKIM_STAT_OK, "dkim_header");
	bench_must(dkim_eoh(dkim) == DKIM_STAT_OK, "dkim_eoh");
	for (; rest.n; rest = str_skip(rest, PIECE))
		bench_must(dkim_body(dkim, octets(rest), str_head(rest, PIECE).n) == DKIM_STAT_OK, "dkim_body");
}

static struct bench_count verify(void *worker, const struct bench_message *message)
{
	struct shared *s = worker;
	struct bench_count count = {0};
	DKIM_SIGINFO **signatures;
	DKIM_STAT status;
	int n = 0;
	DKIM *dkim = dkim_verify(s->library, (const unsigned char *)"bench", NULL, &status);

	bench_must(dkim, "dkim_verify");
	feed(dkim, message->octets);
	(void)dkim_eom(dkim, NULL); /* says how the first signature fares */
	bench_must(dkim_getsiglist(dkim, &signatures, &n) == DKIM_STAT_OK, "dkim_getsiglist");
	for (int i = 0; i < n; i++) {
		(void)dkim_sig_process(dkim, signatures[i]);
		count.good += (dkim_sig_getflags(signatures[i]) & DKIM_SIGFLAG_PASSED) &&
		              dkim_sig_getbh(signatures[i]) == DKIM_SIGBH_MATCH;
	}
	count.signatures = (unsigned long)n;
	dkim_free(dkim);
	return count;
}

static struct bench_count sign(void *worker, const struct bench_message *message)
{
	struct shared *s = worker;
	DKIM_STAT status;
	unsigned char *field;
	size_t size;
	DKIM *dkim = dkim_sign(s->library, (const unsigned char *)"bench", NULL, octets(s->pem),
	                       (const unsigned char *)s->selector, (const unsigned char *)"corp000.example",
	                       s->canonicalization, s->canonicalization, s->algorithm, -1, &status);

	bench_must(dkim, "dkim_sign");
	feed(dkim, message->octets);
	bench_must(dkim_eom(dkim, NULL) == DKIM_STAT_OK &&
	                   dkim_getsighdr_d(dkim, strlen("DKIM-Signature: "), &field, &size) == DKIM_STAT_OK,
	           "dkim_eom");
	dkim_free(dkim);
	return (struct bench_count){1, 1};
}

int main(int argc, char **argv)
{
	static const struct bench_driver driver = {.load_records = load_records,
	                                           .load_keys = load_keys,
	                                           .new_worker = new_worker,
	                                           .verify = verify,
	                                           .sign = sign};

	return bench_main(argc, argv, &driver);
}

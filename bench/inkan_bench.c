/* libinkan under test, through its public interface only: a message object that is reused, octets in pieces of 64 KiB, keys
 * from a snapshot, decoded before the clock starts. RECORDS that end with ".json" are a whole snapshot: then everything is
 * judged, SPF, DKIM, ARC and DMARC, and the Authentication-Results field is made. Beyond the modes of driver.h:
 *
 *	memory RECORDS FILE MIB    FILE with its body repeated up to MIB mebibytes: {"op":"memory","mib":…,"peak_kib":…} */
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>

#include "core/buf.h"
#include "driver.h"
#include "signing.h"

enum { PIECE = 64 * 1024, SNAPSHOT_MAX = 64 * 1024 * 1024 };

struct shared {
	struct inkan_context *context;
	struct inkan_snapshot *snapshot;
	bool whole;                   /* everything is judged */
	const char *folder, *variant; /* of the keys to sign with */
};

struct worker {
	bool whole;
	struct inkan_message *message;
	struct inkan_signer *signer;
};

static struct shared *new_shared(void)
{
	struct shared *s = calloc(1, sizeof *s);

	bench_must(s && inkan_context_new(&s->context) == INKAN_OK, "inkan_context_new");
	return s;
}

/* The key records of the file as a snapshot; or all of it, where it is one. */
static void *load_records(const char *path)
{
	struct shared *s = new_shared();
	struct str rest = bench_read(path);
	struct bench_record record;
	struct buf json;
	char why[200] = "";

	s->whole = str_ihas_suffix(str_c(path), STR(".json"));
	if (s->whole) {
		if (inkan_snapshot_load(rest.p, rest.n, &s->snapshot, why, sizeof why))
			bench_die("%s: %s", path, why);
		return s;
	}
	buf_init(&json, SNAPSHOT_MAX);
	buf_put_char(&json, '{');
	while (bench_next_record(&rest, &record)) {
		if (!str_eq(record.type, STR("TXT")) || str_search(record.name, STR("._domainkey.")) == record.name.n)
			continue;
		buf_put_c(&json, json.n > 1 ? ",\"" : "\"");
		buf_put(&json, record.name);
		buf_put_c(&json, "\":{\"TXT\":[\"");
		buf_put(&json, record.data); /* key records need no escapes */
		buf_put_c(&json, "\"]}");
	}
	buf_put_char(&json, '}');
	bench_must(buf_error(&json) == INKAN_OK, "the snapshot's text");
	if (inkan_snapshot_load(json.p, json.n, &s->snapshot, why, sizeof why))
		bench_die("%s: %s", path, why);
	return s;
}

static void *load_keys(const char *folder, const char *variant)
{
	struct shared *s = new_shared();

	s->folder = folder;
	s->variant = variant;
	return s;
}

static void *new_worker(void *shared)
{
	struct shared *s = shared;
	struct worker *w = calloc(1, sizeof *w);

	bench_must(w, "calloc");
	if (!s->snapshot) {
		w->signer = bench_signer(s->context, s->folder, s->variant);
		return w;
	}
	struct inkan_message_options options;

	inkan_message_options_init(&options);
	options.snapshot = s->snapshot;
	w->whole = s->whole;
	if (!w->whole)
		options.flags = INKAN_WITHOUT_ARC;
	bench_must(!inkan_message_new(s->context, &options, &w->message), "inkan_message_new");
	return w;
}

static struct bench_count judge(struct inkan_message *m, bool whole)
{
	const struct inkan_dkim_result *results;
	struct bench_count count = {0};

	bench_must(!inkan_message_end(m) && !inkan_message_evaluate(m), "inkan_message_evaluate");
	count.signatures = inkan_message_dkim(m, &results);
	for (size_t i = 0; i < count.signatures; i++)
		count.good += results[i].result == INKAN_PASS;
	if (whole)
		bench_must(inkan_message_authentication_results(m, "mx.example"), "Authentication-Results");
	inkan_message_reset(m);
	return count;
}

static struct bench_count verify(void *worker, const struct bench_message *message)
{
	const struct worker *w = worker;
	struct inkan_message *m = w->message;

	if (w->whole) {
		struct inkan_session session = {.struct_size = sizeof session,
		                                .ip = message->ip,
		                                .helo = message->helo,
		                                .mail_from = message->mail_from};

		bench_must(!inkan_message_set_session(m, &session), "inkan_message_set_session");
	}
	for (struct str rest = message->octets; rest.n; rest = str_skip(rest, PIECE))
		bench_must(!inkan_message_write(m, rest.p, str_head(rest, PIECE).n), "inkan_message_write");
	return judge(m, w->whole);
}

static struct bench_count sign(void *worker, const struct bench_message *message)
{
	struct inkan_signer *s = ((struct worker *)worker)->signer;

	for (struct str rest = message->octets; rest.n; rest = str_skip(rest, PIECE))
		bench_must(!inkan_signer_write(s, rest.p, str_head(rest, PIECE).n), "inkan_signer_write");
	bench_must(!inkan_signer_end(s) && inkan_signer_fields(s, NULL), "inkan_signer_end");
	inkan_signer_reset(s);
	return (struct bench_count){1, 1};
}

static int memory(const char *records, const char *path, size_t mib)
{
	struct worker *w = new_worker(load_records(records));
	struct str message = bench_read(path);
	size_t header = str_search(message, STR("\r\n\r\n")) + 4;
	struct str body = str_skip(message, header);
	struct rusage usage;

	bench_must(body.n, "finding the body");
	bench_must(!inkan_message_write(w->message, message.p, header), "inkan_message_write");
	for (uint64_t left = (uint64_t)mib << 20; left;) {
		struct str piece = str_head(body, left < PIECE ? (size_t)left : PIECE);

		bench_must(!inkan_message_write(w->message, piece.p, piece.n), "inkan_message_write");
		left -= piece.n;
	}
	judge(w->message, false);
	getrusage(RUSAGE_SELF, &usage);
	printf("{\"op\":\"memory\",\"mib\":%zu,\"peak_kib\":%ld}\n", mib, usage.ru_maxrss);
	return 0;
}

int main(int argc, char **argv)
{
	static const struct bench_driver driver = {.load_records = load_records,
	                                           .load_keys = load_keys,
	                                           .new_worker = new_worker,
	                                           .verify = verify,
	                                           .sign = sign};

	if (argc == 5 && !strcmp(argv[1], "memory"))
		return memory(argv[2], argv[3], strtoul(argv[4], NULL, 10));
	return bench_main(argc, argv, &driver);
}

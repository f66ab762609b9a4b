/* SPF verdicts for spf_peers.py: spf_verdicts SNAPSHOT TUPLES prints a line "result TAB reason TAB records" for each line
 * "address TAB helo TAB sender" of TUPLES; records: all that were evaluated. */
#include <stdio.h>
#include <stdlib.h>

#include "dns/snapshot.h"
#include "spf/spf.h"

enum { FILE_MAX = 64 * 1024 * 1024, ARENA_MAX = 1024 * 1024 };

static struct str read_file(const char *path)
{
	FILE *f = fopen(path, "rb");
	char *text = malloc(FILE_MAX);

	if (!f || !text) {
		perror(path);
		exit(2);
	}
	size_t n = fread(text, 1, FILE_MAX, f);

	fclose(f);
	return str_from(text, n);
}

static void note(void *context, const struct spf_trace_event *event)
{
	struct buf *records = context;

	if (event->kind != SPF_TRACE_RECORD)
		return;
	buf_put(records, event->term);
	buf_put_char(records, ' ');
}

static void judge(struct evidence *e, struct str line)
{
	struct spf_query q = {.void_lookups_max = SPF_VOID_LOOKUPS_MAX, .default_explanation = STR("DEFAULT")};
	struct inkan_spf_result result;
	struct str ip = str_split(&line, '\t');
	struct arena arena;
	struct buf records;
	bool pending;

	q.is_ipv6 = !dns_address_parse(ip, DNS_A, q.address);
	if (q.is_ipv6 && !dns_address_parse(ip, DNS_AAAA, q.address))
		exit(2);
	q.helo = str_split(&line, '\t');
	q.sender = str_split(&line, '\t');
	arena_init(&arena, ARENA_MAX);
	buf_init(&records, FILE_MAX);
	if (spf_check_mailfrom(&arena, e, &q, note, &records, &result, &pending) || pending || buf_error(&records))
		exit(2);
	printf("%s\t%s\t%.*s\n", inkan_result_name(result.result), result.reason, STR_ARG(buf_str(&records)));
	buf_release(&records);
	arena_release(&arena);
}

int main(int argc, char **argv)
{
	struct evidence *e = NULL;
	struct snapshot_error error;

	if (argc != 3)
		return 2;
	struct str json = read_file(argv[1]), tuples = read_file(argv[2]), rest = tuples;

	if (snapshot_load(json, &e, &error)) {
		fprintf(stderr, "%s:%zu:%zu: %s\n", argv[1], error.line, error.column, error.text);
		return 2;
	}
	while (rest.n)
		judge(e, str_split(&rest, '\n'));
	evidence_free(e);
	free((char *)(uintptr_t)json.p);
	free((char *)(uintptr_t)tuples.p);
	return 0;
}

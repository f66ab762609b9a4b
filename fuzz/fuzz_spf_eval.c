/* A whole check: records and answers come out of the input, line by line, in the order in which they are asked for. It
 * ends, asks a bounded number of questions, gives the same result as with all evidence at hand, and its text is clean. */
#include <assert.h>
#include <stdlib.h>

#include "spf/output.h"
#include "spf/spf.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Sequentially 10 terms of 1 + 10 questions, 1 record, 1 explanation with 11 for %{p}; asked early, more than that, but not
 * 55 terms' worth (README). */
enum { ARENA_MAX = 16 * 1024 * 1024, QUESTIONS_MAX = 400, RECORDS_MAX = 12, NAMES = 4 };

/* A name of a small world, so that answers meet questions. */
static struct str some_name(unsigned char c)
{
	static const char *const names[NAMES] = {"a.example", "b.a.example", "c.example", "1.2.0.192.in-addr.arpa"};

	return str_c(names[c % NAMES]);
}

/* One answer from one line: its first octet says what kind. */
static void answer(struct evidence *e, struct dns_question q, struct str *rest)
{
	struct str line = str_split(rest, '\n');
	struct dns_record records[RECORDS_MAX] = {{.preference = 0}};
	struct dns_answer a = {.status = DNS_ANSWER, .records = records, .count = 1};
	unsigned char kind = line.n ? (unsigned char)line.p[0] : 'x';

	if (kind == 'x')
		a = *dns_answer_without_records(DNS_NXDOMAIN);
	else if (kind >= '0' && kind <= '4')
		a = *dns_answer_without_records((enum dns_status)(DNS_NODATA + kind - '0'));
	else
		a.count = q.type == DNS_TXT ? 1 : 1 + line.n % RECORDS_MAX;
	for (size_t i = 0; i < a.count; i++) {
		records[i].text = str_skip(line, kind == 't');
		records[i].name = some_name((unsigned char)line.p[i % line.n]);
		records[i].address[0] = 192;
		records[i].address[2] = 2;
		records[i].address[3] = (unsigned char)line.p[i % line.n] & 3;
	}
	if (evidence_add(e, q.type, q.name, &a))
		abort();
}

static void assert_clean(const char *text)
{
	for (; *text; text++)
		assert(*text >= 0x20 && *text < 0x7f);
}

static void check_text(const struct spf_query *q, const struct inkan_spf_result *r)
{
	struct buf received;

	assert_clean(r->domain);
	assert_clean(r->mechanism);
	assert_clean(r->explanation);
	assert_clean(r->reason);
	assert((r->reason[0] != '\0') ==
	       (r->result == INKAN_NONE || r->result == INKAN_TEMPERROR || r->result == INKAN_PERMERROR));
	assert(r->lookups <= SPF_LOOKUPS_MAX + 1 && r->void_lookups <= SPF_VOID_LOOKUPS_MAX + 1);
	buf_init(&received, 10000);
	spf_received(&received, q, r);
	if (buf_error(&received))
		abort();
	buf_release(&received);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str rest = {(const char *)data, size}, helo = str_split(&rest, '\n'), sender = str_split(&rest, '\n');
	struct spf_query q = {
		.address = {192, 0, 2, 1}, .helo = helo, .sender = sender, .void_lookups_max = SPF_VOID_LOOKUPS_MAX};
	struct inkan_spf_result result, again;
	struct evidence *e = NULL;
	const struct dns_question *open;
	struct arena arena;
	bool pending = true;

	arena_init(&arena, ARENA_MAX);
	if (evidence_new(NULL, 0, 0, &e))
		abort();
	for (;;) {
		if (spf_check_mailfrom(&arena, e, &q, NULL, NULL, &result, &pending))
			abort();
		if (!pending)
			break;
		assert(evidence_open(e, &open) > 0);
		while (evidence_open(e, &open))
			answer(e, open[0], &rest);
	}
	assert(evidence_asked(e) <= QUESTIONS_MAX);
	if (spf_check_mailfrom(&arena, e, &q, NULL, NULL, &again, &pending))
		abort();
	assert(!pending && again.result == result.result && again.lookups == result.lookups);
	check_text(&q, &result);
	evidence_free(e);
	arena_release(&arena);
	return 0;
}

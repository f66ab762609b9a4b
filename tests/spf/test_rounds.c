/* Evidence that arrives bit by bit: the same result as with all of it at hand, in few rounds; temporary troubles; memory
 * that fails. Over random zones, made from a fixed seed. */
#include <stdio.h>
#include <stdlib.h>

#include "support/alloc.h"
#include "zone.h"

enum { ZONES = 3000, NAMES = 8, ZONE_TEXT_MAX = 64 * 1024, CHAIN_DEPTH_MAX = 11 };

/* ---- random numbers: splitmix64 ---- */

static uint64_t state;

static unsigned below(unsigned n)
{
	uint64_t z = (state += 0x9e3779b97f4a7c15u);

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
	z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
	return (unsigned)((z ^ (z >> 31)) % n);
}

/* ---- random zones: names n0.x to n7.x, the client is 192.0.2.1 ---- */

static void put_term(struct buf *b, bool with_ptr)
{
	static const char *const terms[] = {
		"include:", "include:", "include:", "a:", "mx:", "exists:", "redirect=", "ptr:", "exists:%{p}."};
	static const char *const qualifiers[] = {"", "", "-", "~", "?"};
	unsigned kind = below(with_ptr ? 9 : 7);

	buf_put_char(b, ' ');
	if (below(6) == 0) {
		buf_put_c(b, below(3) ? "ip4:10.0.0.0/8" : "ip4:192.0.2.0/24");
		return;
	}
	if (kind != 6)
		buf_put_c(b, qualifiers[below(5)]);
	buf_put_c(b, terms[kind]);
	buf_printf(b, "n%u.x", below(NAMES + 1)); /* n8.x does not exist */
	if (kind == 3 || kind == 4)
		buf_put_c(b, below(4) ? "" : "/24");
}

static void put_record(struct buf *b, bool with_ptr)
{
	unsigned terms = below(5);

	buf_put_c(b, "'v=spf1");
	for (unsigned i = 0; i < terms; i++)
		put_term(b, with_ptr);
	if (below(40) == 0)
		buf_put_c(b, " moo");
	if (below(3) == 0)
		buf_put_c(b, below(2) ? " -all" : " ~all");
	if (below(4) == 0)
		buf_printf(b, " exp=%s.x", below(2) ? "plain" : "macro");
	buf_put_c(b, "'");
}

static void put_addresses(struct buf *b)
{
	static const char *const addresses[] = {"10.0.0.1", "10.0.0.2", "192.0.2.9", "192.0.2.1"};

	for (unsigned i = 0, n = below(3); i <= n; i++)
		buf_printf(b, "%s'%s'", i ? "," : "", addresses[below(4)]);
}

static void put_hosts(struct buf *b, bool preference)
{
	for (unsigned i = 0, n = below(4); i <= n; i++) {
		buf_put_c(b, i ? "," : "");
		buf_printf(b, preference ? "[1,'n%u.x']" : "'n%u.x'", below(NAMES + 1));
	}
}

static void put_name(struct buf *b, unsigned n, bool with_ptr, bool with_errors)
{
	buf_printf(b, "'n%u.x':{'TXT':[", n);
	if (below(12))
		put_record(b, with_ptr);
	else
		buf_put_c(b, "'no record'");
	buf_put_c(b, "]");
	if (below(3)) {
		buf_put_c(b, ",'A':[");
		put_addresses(b);
		buf_put_c(b, "]");
	}
	if (below(2)) {
		buf_put_c(b, ",'MX':[");
		put_hosts(b, true);
		buf_put_c(b, "]");
	}
	if (with_errors && below(6) == 0)
		buf_put_c(b, ",'_error':{'*':'TIMEOUT'}");
	buf_put_c(b, "},");
}

static struct evidence *random_zone(bool with_ptr, bool with_errors)
{
	struct buf b;

	buf_init(&b, ZONE_TEXT_MAX);
	for (unsigned n = 0; n < NAMES; n++)
		put_name(&b, n, with_ptr, with_errors);
	buf_put_c(&b, "'plain.x':{'TXT':['no']},'macro.x':{'TXT':['not %{p}']},");
	buf_put_c(&b, "'1.2.0.192.in-addr.arpa':{'PTR':[");
	put_hosts(&b, false);
	buf_put_c(&b, "]}");
	buf_put_char(&b, '\0');
	assert_int_equal(buf_error(&b), INKAN_OK);
	struct evidence *e = zone_load(b.p);

	buf_release(&b);
	return e;
}

/* ---- evidence bit by bit ---- */

static void answer(struct evidence *e, struct evidence *world, struct dns_question question)
{
	const struct dns_answer *a = evidence_find(world, question.type, question.name);

	assert_non_null(a);
	assert_int_equal(evidence_add(e, question.type, question.name, a), INKAN_OK);
}

/* Some of the open questions, in any order; at least one. */
static void answer_some(struct evidence *e, struct evidence *world)
{
	const struct dns_question *open;
	size_t left = 1 + below((unsigned)evidence_open(e, &open));

	for (; left > 0; left--) {
		size_t n = evidence_open(e, &open);

		answer(e, world, open[below((unsigned)n)]);
	}
}

static void answer_all(struct evidence *e, struct evidence *world)
{
	const struct dns_question *open;

	while (evidence_open(e, &open))
		answer(e, world, open[0]);
}

/* Returns the number of rounds; *asked_out: how many questions in all. */
static unsigned check_in_rounds(struct arena *arena, struct evidence *world, const struct spf_query *q, bool all,
                                struct inkan_spf_result *out, size_t *asked_out)
{
	struct evidence *e = NULL;
	const struct dns_question *open;
	bool pending = true;
	unsigned rounds = 0;

	assert_int_equal(evidence_new(NULL, 0, 0, &e), INKAN_OK);
	for (;; rounds++) {
		assert_int_equal(spf_check_mailfrom(arena, e, q, NULL, NULL, out, &pending), INKAN_OK);
		if (!pending)
			break;
		assert_true(evidence_open(e, &open) > 0); /* else it would never end */
		if (all)
			answer_all(e, world);
		else
			answer_some(e, world);
	}
	*asked_out = evidence_asked(e);
	evidence_free(e);
	return rounds;
}

static void assert_same(const struct inkan_spf_result *a, const struct inkan_spf_result *b)
{
	assert_string_equal(inkan_result_name(a->result), inkan_result_name(b->result));
	assert_string_equal(a->domain, b->domain);
	assert_string_equal(a->mechanism, b->mechanism);
	assert_string_equal(a->explanation, b->explanation);
	assert_string_equal(a->reason, b->reason);
	assert_int_equal(a->lookups, b->lookups);
	assert_int_equal(a->void_lookups, b->void_lookups);
	assert_int_equal(a->uses_macros_of_sender, b->uses_macros_of_sender);
}

/* ---- the longest chain of questions that depend on each other, by another way than the evaluator's ---- */

static unsigned chain_of_term(struct evidence *world, struct str term, unsigned depth);

static unsigned chain_of_record(struct evidence *world, struct str domain, unsigned depth)
{
	const struct dns_answer *txt = evidence_find(world, DNS_TXT, domain);
	unsigned longest = 0;

	if (depth > CHAIN_DEPTH_MAX || !txt || txt->count == 0)
		return 1;
	struct str rest = txt->records[0].text;

	while (rest.n) {
		unsigned chain = chain_of_term(world, str_split(&rest, ' '), depth);

		longest = chain > longest ? chain : longest;
	}
	return 1 + longest;
}

static unsigned chain_of_term(struct evidence *world, struct str term, unsigned depth)
{
	size_t colon = str_find(term, ':');
	struct str name = str_skip(term, colon + 1);

	if (str_search(term, STR("include:")) < term.n)
		return chain_of_record(world, name, depth + 1);
	if (str_ihas_prefix(term, STR("redirect=")))
		return chain_of_record(world, str_skip(term, 9), depth + 1);
	if (str_search(term, STR("%{p}")) < term.n)
		return 3;
	if (str_search(term, STR("mx:")) < term.n || str_search(term, STR("ptr:")) < term.n)
		return 2;
	return colon < term.n && str_search(term, STR("ip4")) == term.n;
}

/* An explanation is asked for when the result is known to be fail. */
static unsigned chain_of_explanation(const struct inkan_spf_result *result)
{
	if (result->result != INKAN_FAIL || strcmp(result->explanation, "DEFAULT") == 0)
		return 0;
	return strcmp(result->explanation, "no") == 0 ? 1 : 3;
}

static void any_order(const void *row)
{
	struct arena arena;

	(void)row;
	arena_init(&arena, ZONE_ARENA_MAX);
	for (unsigned i = 0; i < ZONES; i++) {
		struct evidence *world = random_zone(true, i % 2);
		struct spf_query q = zone_query("192.0.2.1", "n1.x", "u@n0.x");
		struct inkan_spf_result whole = zone_check(&arena, world, &q, INKAN_SPF_MAILFROM), pieces;
		size_t asked;

		for (int k = 0; k < 3; k++) {
			check_in_rounds(&arena, world, &q, false, &pieces, &asked);
			assert_same(&whole, &pieces);
		}
		evidence_free(world);
		arena_reset(&arena);
	}
	arena_release(&arena);
}

static void few_rounds(const void *row)
{
	struct arena arena;
	unsigned most = 0;
	size_t most_asked = 0;

	(void)row;
	arena_init(&arena, ZONE_ARENA_MAX);
	for (unsigned i = 0; i < ZONES; i++) {
		struct evidence *world = random_zone(true, false);
		struct spf_query q = zone_query("192.0.2.1", "n1.x", "u@n0.x");
		struct inkan_spf_result result;
		size_t asked;
		unsigned rounds = check_in_rounds(&arena, world, &q, true, &result, &asked);
		unsigned chain = chain_of_record(world, STR("n0.x"), 0) + chain_of_explanation(&result);

		if (rounds > chain)
			fail_msg("zone %u: %u rounds, chain of %u", i, rounds, chain);
		most = rounds > most ? rounds : most;
		most_asked = asked > most_asked ? asked : most_asked;
		evidence_free(world);
		arena_reset(&arena);
	}
	print_message("%d zones: at most %u rounds, %zu questions\n", ZONES, most, most_asked);
	arena_release(&arena);
}

/* ---- temporary troubles (P2, P12) ---- */

struct questions {
	struct dns_question all[100];
	size_t count;
};

static void collect(void *context, const struct dns_question *question, const struct dns_answer *a)
{
	struct questions *q = context;

	(void)a;
	if (q->count < sizeof q->all / sizeof *q->all)
		q->all[q->count++] = *question;
}

/* Where one answer cannot be had, the result is temperror, or what it was if the answer is not needed: never another. */
static void one_trouble(struct arena *arena, struct evidence *world, enum dns_status trouble)
{
	struct spf_query q = zone_query("192.0.2.1", "n1.x", "u@n0.x");
	enum inkan_result whole = zone_check(arena, world, &q, INKAN_SPF_MAILFROM).result;
	struct questions questions = {.count = 0};
	struct evidence *e = NULL;

	assert_int_equal(evidence_each(world, collect, &questions), INKAN_OK);
	for (size_t i = 0; i < questions.count; i++) {
		assert_int_equal(evidence_new(world, 0, 0, &e), INKAN_OK);
		assert_int_equal(evidence_add(e, questions.all[i].type, questions.all[i].name,
		                              dns_answer_without_records(trouble)),
		                 INKAN_OK);
		enum inkan_result result = zone_check(arena, e, &q, INKAN_SPF_MAILFROM).result;

		if (result != whole && result != INKAN_TEMPERROR)
			fail_msg("%s became %s", inkan_result_name(whole), inkan_result_name(result));
		evidence_free(e);
	}
}

static void troubles(const void *row)
{
	static const enum dns_status kinds[] = {DNS_SERVFAIL, DNS_TIMEOUT, DNS_BOGUS, DNS_LOOP};
	struct arena arena;

	(void)row;
	arena_init(&arena, ZONE_ARENA_MAX);
	for (unsigned i = 0; i < ZONES / 4; i++) {
		struct evidence *world = random_zone(false, false);

		one_trouble(&arena, world, kinds[i % 4]);
		evidence_free(world);
		arena_reset(&arena);
	}
	arena_release(&arena);
}

/* Answers that never come: calling again asks nothing new. */
static void never_answered(const void *row)
{
	struct evidence *e = NULL;
	struct spf_query q = zone_query("192.0.2.1", "h.x", "u@n0.x");
	struct dns_record record = {.text = STR("v=spf1 include:a.x mx:b.x exists:c.x ptr a -all")};
	struct dns_answer a = {.status = DNS_ANSWER, .records = &record, .count = 1};
	struct inkan_spf_result result = {.result = INKAN_POLICY};
	struct arena arena;
	bool pending;

	(void)row;
	arena_init(&arena, ZONE_ARENA_MAX);
	assert_int_equal(evidence_new(NULL, 0, 0, &e), INKAN_OK);
	assert_int_equal(evidence_add(e, DNS_TXT, STR("n0.x"), &a), INKAN_OK);
	for (int i = 0; i < 10; i++) {
		pending = false;
		assert_int_equal(spf_check_mailfrom(&arena, e, &q, NULL, NULL, &result, &pending), INKAN_OK);
		assert_true(pending);
		assert_int_equal(result.result, INKAN_POLICY); /* untouched */
		assert_int_equal(evidence_asked(e), 5);        /* all terms at once */
	}
	evidence_free(e);
	arena_release(&arena);
}

/* Beyond the evidence's cap of questions the answer is SERVFAIL: temperror, not a verdict. */
static void too_many_questions(const void *row)
{
	struct evidence *world = zone_load(
		"'n0.x':{'TXT':['v=spf1 a:a.x a:b.x -all']},'a.x':{'A':['10.0.0.1']},'b.x':{'A':['10.0.0.1']}");
	struct evidence *e = NULL;
	struct spf_query q = zone_query("192.0.2.1", "h.x", "u@n0.x");
	struct inkan_spf_result result;
	struct arena arena;
	bool pending = true;

	(void)row;
	arena_init(&arena, ZONE_ARENA_MAX);
	for (size_t cap = 2; cap <= 3; cap++) {
		assert_int_equal(evidence_new(NULL, 0, cap, &e), INKAN_OK);
		do {
			assert_int_equal(spf_check_mailfrom(&arena, e, &q, NULL, NULL, &result, &pending), INKAN_OK);
			answer_all(e, world);
		} while (pending);
		assert_int_equal(result.result, cap == 3 ? INKAN_FAIL : INKAN_TEMPERROR);
		evidence_free(e);
	}
	evidence_free(world);
	arena_release(&arena);
}

/* ---- memory ---- */

static void ignore(void *context, const struct spf_trace_event *event)
{
	(void)context;
	(void)event;
}

static int check_with_own_evidence(struct evidence *world, const struct spf_query *q, bool traced)
{
	struct evidence *e = NULL;
	struct inkan_spf_result result;
	struct arena arena;
	bool pending = true;
	int error = evidence_new(NULL, 0, 0, &e);

	arena_init(&arena, ZONE_ARENA_MAX);
	while (!error && pending) {
		const struct dns_question *open;

		error = spf_check_mailfrom(&arena, e, q, traced ? ignore : NULL, NULL, &result, &pending);
		while (!error && pending && evidence_open(e, &open))
			error = evidence_add(e, open[0].type, open[0].name,
			                     evidence_find(world, open[0].type, open[0].name));
	}
	evidence_free(e);
	arena_release(&arena);
	return error;
}

static void no_memory(const void *row)
{
	struct evidence *world = zone_load(
		"'xn--bcher-kva.x':{'TXT':['v=spf1 include:a.x a:%{s}.x mx:b.x ptr exists:%{p}.y -all exp=e.x']},"
		"'a.x':{'TXT':['v=spf1 redirect=c.x']},'c.x':{'TXT':['v=spf1 a']},'b.x':{'MX':[[1,'c.x']]},"
		"'e.x':{'TXT':['not %{i} of %{d}']},'1.2.0.192.in-addr.arpa':{'PTR':['d.x']}");
	struct spf_query q = zone_query("192.0.2.1", "h.x",
	                                "u@b\xc3\xbc"
	                                "cher.x");

	(void)row;
	q.void_lookups_max = 10;
	for (int traced = 0; traced < 2; traced++) {
		for (size_t n = 1;; n++) {
			alloc_fail_at(n);
			int error = check_with_own_evidence(world, &q, traced);
			bool reached = alloc_count() >= n;

			alloc_fail_at(0);
			if (!reached)
				break;
			assert_int_equal(error, INKAN_ENOMEM);
		}
	}
	evidence_free(world);
}

/* An arena at its cap is an error of ours, not a verdict. */
static void arena_at_its_cap(const void *row)
{
	struct evidence *world =
		zone_load("'n0.x':{'TXT':['v=spf1 include:a.x a mx -all']},'a.x':{'TXT':['v=spf1 a mx ?all']}");
	struct spf_query q = zone_query("192.0.2.1", "h.x", "u@n0.x");
	struct inkan_spf_result result = {.result = INKAN_POLICY};
	struct arena arena;
	bool pending;
	int error = INKAN_ELIMIT;

	(void)row;
	for (size_t max = 0; error; max++) {
		assert_true(max < 10000);
		arena_init(&arena, max);
		error = spf_check_mailfrom(&arena, world, &q, NULL, NULL, &result, &pending);
		assert_true(error == INKAN_OK || error == INKAN_ELIMIT);
		assert_int_equal(result.result, error ? INKAN_POLICY : INKAN_PERMERROR);
		arena_release(&arena);
	}
	evidence_free(world);
}

int main(void)
{
	struct test_list list = {0};

	test_add(&list, "evidence in any order gives the same result", any_order, NULL);
	test_add(&list, "rounds are never more than the longest chain", few_rounds, NULL);
	test_add(&list, "P2, P12 temporary troubles never become another result", troubles, NULL);
	test_add(&list, "P12 answers that never come", never_answered, NULL);
	test_add(&list, "the cap of questions", too_many_questions, NULL);
	test_add(&list, "every allocation fails once", no_memory, NULL);
	test_add(&list, "the cap of the arena", arena_at_its_cap, NULL);
	return test_run(&list, "spf/rounds");
}

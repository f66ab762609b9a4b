/* Records made to cost: every evaluation asks a bounded number of questions and ends soon. */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "spf/macro.h"
#include "zone.h"

enum { CPU_SECONDS_MAX = 2, TEXT_MAX = 8 * 1024 * 1024 };

/* ---- a world that is made up as it is asked ---- */

struct world {
	/* Text of the TXT record of a name, empty where there is none. */
	void (*txt)(struct buf *out, struct str name);
	unsigned mx_count;  /* of every name */
	unsigned ptr_count; /* of the client */
};

static void answer_names(struct evidence *e, const struct dns_question *q, unsigned count)
{
	struct dns_record records[200] = {{.preference = 0}};
	char names[200][DNS_NAME_MAX];
	struct dns_answer answer = {.status = count ? DNS_ANSWER : DNS_NODATA, .records = records, .count = count};

	for (unsigned i = 0; i < count; i++) {
		int n = snprintf(names[i], sizeof names[i], "h%u.%.*s", i, STR_ARG(str_head(q->name, 200)));

		records[i].name = str_from(names[i], (size_t)n);
	}
	assert_int_equal(evidence_add(e, q->type, q->name, &answer), INKAN_OK);
}

static void answer(struct evidence *e, const struct world *w, struct dns_question q)
{
	static const struct dns_record address = {.address = {10, 0, 0, 1}};
	struct buf text;
	struct dns_record record = {.text = STR_NULL};
	struct dns_answer a = {.status = DNS_ANSWER, .records = &record, .count = 1};

	if (q.type == DNS_MX || q.type == DNS_PTR) {
		answer_names(e, &q, q.type == DNS_MX ? w->mx_count : w->ptr_count);
		return;
	}
	buf_init(&text, TEXT_MAX);
	if (q.type == DNS_TXT)
		w->txt(&text, q.name);
	else
		record = address;
	record.text = buf_str(&text);
	if (q.type == DNS_TXT && text.n == 0)
		a = (struct dns_answer){.status = DNS_NODATA};
	assert_int_equal(evidence_add(e, q.type, q.name, &a), INKAN_OK);
	buf_release(&text);
}

/* Runs the check to its end; returns how many questions it asked. */
static size_t drive(const struct world *w, struct inkan_spf_result *out, unsigned *rounds_out)
{
	struct spf_query q = zone_query("192.0.2.1", "h.example", "u@d.example");
	struct evidence *e = NULL;
	const struct dns_question *open;
	static char explanation[SPF_EXPANSION_MAX + 1];
	struct arena arena;
	bool pending = true;

	arena_init(&arena, ZONE_ARENA_MAX);
	assert_int_equal(evidence_new(NULL, 0, 0, &e), INKAN_OK);
	*rounds_out = 0;
	for (;; ++*rounds_out) {
		assert_int_equal(spf_check_mailfrom(&arena, e, &q, NULL, NULL, out, &pending), INKAN_OK);
		if (!pending)
			break;
		while (evidence_open(e, &open))
			answer(e, w, open[0]);
	}
	snprintf(explanation, sizeof explanation, "%s", out->explanation);
	out->explanation = explanation;
	size_t asked = evidence_asked(e);

	evidence_free(e);
	arena_release(&arena);
	return asked;
}

/* ---- the records ---- */

static bool is_top(struct str name)
{
	return str_eq(name, STR("d.example"));
}

static void itself(struct buf *out, struct str name)
{
	buf_printf(out, "v=spf1 include:%.*s -all", STR_ARG(name));
}

static void itself_twice(struct buf *out, struct str name)
{
	buf_printf(out, "v=spf1 include:%.*s include:%.*s mx -all", STR_ARG(name), STR_ARG(name));
}

static void redirects_round(struct buf *out, struct str name)
{
	buf_printf(out, "v=spf1 redirect=%s.example", is_top(name) ? "e" : "d");
}

static void fan(struct buf *out, struct str name)
{
	buf_put_c(out, "v=spf1");
	for (unsigned i = 0; i < 10; i++)
		buf_printf(out, " include:i%u.%.*s", i, STR_ARG(name));
	buf_put_c(out, " -all");
}

/* An include and then as many mx as may be: each level pushes those of the levels above out of the limit. */
static void fan_of_mx(struct buf *out, struct str name)
{
	buf_printf(out, "v=spf1 include:i.%.*s", STR_ARG(name));
	for (unsigned i = 0; i < 10; i++)
		buf_printf(out, " mx:m%u.%.*s", i, STR_ARG(name));
}

/* The hosts of mx terms are asked for in the round before an include shows that they are beyond the limit. */
static void late_includes(struct buf *out, struct str name)
{
	size_t level = dns_name_labels(name) - 2;

	buf_printf(out, "v=spf1 include:i.%.*s", STR_ARG(name));
	for (unsigned i = 0; i < 9 && level % 2 == 0; i++)
		buf_printf(out, " mx:m%u.%.*s", i, STR_ARG(name));
}

static void ten_mx(struct buf *out, struct str name)
{
	(void)name;
	buf_put_c(out, "v=spf1");
	for (unsigned i = 0; i < 10; i++)
		buf_printf(out, " mx:m%u.example", i);
	buf_put_c(out, " ip4:192.0.2.1 -all");
}

static void ten_thousand_terms(struct buf *out, struct str name)
{
	(void)name;
	buf_put_c(out, "v=spf1");
	for (unsigned i = 0; i < 10000; i++)
		buf_printf(out, " a:%u.x", i);
}

static void thousand_mechanisms(struct buf *out, struct str name)
{
	(void)name;
	buf_put_c(out, "v=spf1");
	for (unsigned i = 0; i < 1000; i++)
		buf_printf(out, " a:a%u.x", i);
}

/* 64 KiB, as many terms as there may be; every include once more. */
static void large(struct buf *out, struct str name)
{
	buf_printf(out, "v=spf1 include:i.%.*s", STR_ARG(str_head(name, 100)));
	for (unsigned i = 0; i < 998; i++)
		buf_printf(out, " x=%060u", i);
	while (out->n < 65535)
		buf_put_char(out, ' ');
}

static void too_large(struct buf *out, struct str name)
{
	large(out, name);
	buf_put_char(out, ' ');
}

static void macro_bomb(struct buf *out, struct str name)
{
	(void)name;
	buf_put_c(out, "v=spf1");
	for (unsigned i = 0; i < 10; i++) {
		buf_put_c(out, " exists:");
		for (unsigned k = 0; k < 100; k++)
			buf_put_c(out, "%{s999r-}.");
		buf_printf(out, "x%u.example", i);
	}
	buf_put_c(out, " -all");
}

static void long_macro(struct buf *out, struct str name)
{
	(void)name;
	buf_put_c(out, "v=spf1 a:%{d");
	while (out->n < 60000)
		buf_put_char(out, '9');
	buf_put_c(out, "r}.example -all");
}

static void explanation_bomb(struct buf *out, struct str name)
{
	if (is_top(name)) {
		buf_put_c(out, "v=spf1 -all exp=e.example");
		return;
	}
	while (out->n < 60000)
		buf_put_c(out, "%{s}%{p}");
}

static void long_name(struct buf *out, struct str name)
{
	(void)name;
	buf_put_c(out, "v=spf1 a:");
	for (unsigned i = 0; i < 40; i++)
		buf_put_c(out, "labellabel.");
	buf_put_c(out, "example a:");
	for (unsigned i = 0; i < 30; i++)
		buf_put_c(out, "labellabel");
	buf_put_c(out, ".example ?all");
}

static void ptr_everywhere(struct buf *out, struct str name)
{
	(void)name;
	buf_put_c(out, "v=spf1 ptr:in-addr.arpa ptr:in-addr.arpa -exists:%{p}.a.x exists:%{p}.b.x exp=%{p}.c.x");
}

static const struct row {
	const char *name;
	struct world world;
	enum inkan_result result;
	size_t asked;    /* at most so many questions ... */
	unsigned rounds; /* ... and rounds */
} rows[] = {
	{"P9 a record that includes itself", {itself, 0, 0}, INKAN_PERMERROR, 1, 1},
	{"P9 a record that includes itself twice", {itself_twice, 1, 0}, INKAN_PERMERROR, 2, 2},
	{"P9 redirects in a circle", {redirects_round, 0, 0}, INKAN_PERMERROR, 2, 2},
	{"P9 ten includes with ten includes each", {fan, 0, 0}, INKAN_PERMERROR, 1 + 55, 11},
	{"P9 an include and ten mx at every level", {fan_of_mx, 10, 0}, INKAN_PERMERROR, 1 + 55, 11},
	{"P9 includes that come too late", {late_includes, 10, 0}, INKAN_PERMERROR, 250, 11},
	{"P10 ten mx of ten hosts", {ten_mx, 10, 0}, INKAN_PASS, 1 + 10 + 100, 3},
	{"P10 ten mx of 100 hosts", {ten_mx, 100, 0}, INKAN_PERMERROR, 1 + 10, 2},
	{"P10 100 names of the client", {ptr_everywhere, 0, 100}, INKAN_FAIL, 1 + 1 + 10 + 2 + 1, 5},
	{"10,000 terms", {ten_thousand_terms, 0, 0}, INKAN_PERMERROR, 1, 1},
	{"P9 1000 mechanisms", {thousand_mechanisms, 0, 0}, INKAN_PERMERROR, 1 + 10, 2},
	{"64 KiB, eleven times", {large, 0, 0}, INKAN_PERMERROR, 11, 11},
	{"64 KiB and one octet", {too_large, 0, 0}, INKAN_PERMERROR, 1, 1},
	{"P18 macros that repeat the sender a thousand times", {macro_bomb, 0, 0}, INKAN_PASS, 1 + 10, 2},
	{"P18 a macro of 60,000 digits", {long_macro, 0, 0}, INKAN_PERMERROR, 1, 1},
	{"P20 an explanation that repeats the sender", {explanation_bomb, 0, 0}, INKAN_FAIL, 3, 3},
	{"P18 names above 253 octets", {long_name, 0, 0}, INKAN_NEUTRAL, 3, 2},
};

static void run_row(const void *row)
{
	const struct row *r = row;
	struct inkan_spf_result result;
	unsigned rounds;
	clock_t begin = clock();
	size_t asked = drive(&r->world, &result, &rounds);
	double seconds = (double)(clock() - begin) / CLOCKS_PER_SEC;

	print_message("%zu questions, %u rounds, %.3f s\n", asked, rounds, seconds);
	assert_string_equal(inkan_result_name(result.result), inkan_result_name(r->result));
	assert_true(asked <= r->asked);
	assert_true(rounds <= r->rounds);
	assert_true(seconds < CPU_SECONDS_MAX);
	assert_true(strlen(result.explanation) <= SPF_EXPANSION_MAX);
}

/* A reason holds text of the record, cut and printable. */
static void long_term_in_a_reason(const void *row)
{
	static char text[5000] = "'d.example':{'TXT':['v=spf1 ";
	struct spf_query q = zone_query("192.0.2.1", "h.example", "u@d.example");
	struct arena arena;
	size_t n = strlen(text);

	(void)row;
	memset(text + n, 'x', 4000);
	memcpy(text + n + 4000, "\\u0007\\u00ff']}", 15);
	struct evidence *e = zone_load(text);

	arena_init(&arena, ZONE_ARENA_MAX);
	struct inkan_spf_result result = zone_check(&arena, e, &q, INKAN_SPF_MAILFROM);

	assert_int_equal(result.result, INKAN_PERMERROR);
	assert_true(strlen(result.reason) < 600);
	for (const char *p = result.reason; *p; p++)
		assert_true(*p >= 0x20 && *p < 0x7f);
	arena_release(&arena);
	evidence_free(e);
}

int main(void)
{
	struct test_list list = {0};

	TEST_TABLE(&list, rows, run_row);
	test_add(&list, "a long term in a reason", long_term_in_a_reason, NULL);
	return test_run(&list, "spf/hostile");
}

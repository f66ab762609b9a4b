#include "dns/evidence.h"

#include <pthread.h>
#include <stdio.h>

#include "dns/snapshot.h"
#include "support/alloc.h"
#include "support/case.h"

static struct evidence *fresh(const struct evidence *base, size_t size_max, size_t questions_max)
{
	struct evidence *e = NULL;

	assert_int_equal(evidence_new(base, size_max, questions_max, &e), INKAN_OK);
	return e;
}

static struct evidence *snapshot(const char *json)
{
	struct evidence *e = NULL;
	struct snapshot_error error;

	assert_int_equal(snapshot_load(str_c(json), &e, &error), INKAN_OK);
	return e;
}

static int try_add_txt(struct evidence *e, const char *name, const char *text)
{
	struct dns_record record = {.text = str_c(text)};
	struct dns_answer answer = {.status = DNS_ANSWER, .records = &record, .count = 1};

	return evidence_add(e, DNS_TXT, str_c(name), &answer);
}

static void add_txt(struct evidence *e, const char *name, const char *text)
{
	assert_int_equal(try_add_txt(e, name, text), INKAN_OK);
}

static void add_status(struct evidence *e, enum dns_type type, const char *name, enum dns_status status)
{
	struct dns_answer answer = {.status = status};

	assert_int_equal(evidence_add(e, type, str_c(name), &answer), INKAN_OK);
}

static void assert_status(struct evidence *e, enum dns_type type, const char *name, enum dns_status status)
{
	const struct dns_answer *a = evidence_ask(e, type, str_c(name));

	assert_non_null(a);
	assert_int_equal(a->status, status);
}

static void assert_txt(struct evidence *e, const char *name, const char *text)
{
	const struct dns_answer *a = evidence_ask(e, DNS_TXT, str_c(name));

	assert_non_null(a);
	assert_int_equal(a->status, DNS_ANSWER);
	assert_true(str_eq(a->records[0].text, str_c(text)));
}

static void run_ask_and_answer(const void *row)
{
	struct evidence *e = fresh(NULL, 0, 0);
	const struct dns_question *open;

	(void)row;
	assert_null(evidence_ask(e, DNS_TXT, STR("B.example.")));
	assert_null(evidence_ask(e, DNS_A, STR("a.example")));
	assert_null(evidence_ask(e, DNS_TXT, STR("b.EXAMPLE"))); /* the same question */
	assert_null(evidence_ask(e, DNS_MX, STR("b.example")));
	assert_null(evidence_find(e, DNS_PTR, STR("b.example"))); /* not noted */
	assert_int_equal(evidence_open(e, &open), 3);
	assert_true(str_eq(open[0].name, STR("b.example")) && open[0].type == DNS_TXT);
	assert_true(str_eq(open[1].name, STR("a.example")) && open[1].type == DNS_A);
	assert_true(str_eq(open[2].name, STR("b.example")) && open[2].type == DNS_MX);

	add_status(e, DNS_A, "A.example.", DNS_NODATA);
	assert_int_equal(evidence_open(e, &open), 2);
	assert_int_equal(open[1].type, DNS_MX);
	add_txt(e, "b.example", "text");
	assert_txt(e, "b.example", "text");
	assert_int_equal(evidence_open(e, &open), 1);
	assert_int_equal(evidence_asked(e), 3);

	evidence_reset(e);
	assert_int_equal(evidence_open(e, &open), 0);
	assert_int_equal(evidence_asked(e), 0);
	assert_null(evidence_ask(e, DNS_A, STR("a.example")));
	evidence_free(e);
	evidence_free(NULL);
}

static void run_replace(const void *row)
{
	struct evidence *e = fresh(NULL, 0, 0);

	(void)row;
	add_txt(e, "a.example", "first");
	const struct dns_answer *first = evidence_ask(e, DNS_TXT, STR("a.example"));

	add_txt(e, "a.example", "second");
	assert_txt(e, "a.example", "second");
	assert_true(str_eq(first->records[0].text, STR("first")));
	evidence_free(e);
}

static void run_copies(const void *row)
{
	struct evidence *e = fresh(NULL, 0, 0);
	char text[] = "one", name[] = "MX.Example", why[] = "because";
	struct str strings[] = {{text, 3}, {NULL, 0}, {text, 2}};
	struct dns_record txt = {.strings = strings, .string_count = 3};
	struct dns_record mx = {.name = str_c(name), .preference = 7};
	struct dns_answer a = {
		.status = DNS_ANSWER, .records = &txt, .count = 1, .has_ttl = true, .ttl = 60, .secure = true};
	struct dns_answer b = {.status = DNS_ANSWER, .records = &mx, .count = 1};
	struct dns_answer c = {.status = DNS_BOGUS, .why = str_c(why)};

	(void)row;
	assert_int_equal(evidence_add(e, DNS_TXT, STR("a.example"), &a), INKAN_OK);
	assert_int_equal(evidence_add(e, DNS_MX, STR("a.example"), &b), INKAN_OK);
	assert_int_equal(evidence_add(e, DNS_A, STR("a.example"), &c), INKAN_OK);
	memset(text, '#', 3);
	memset(name, '#', 3);
	memset(why, '#', 3);
	const struct dns_answer *got = evidence_ask(e, DNS_TXT, STR("a.example"));

	assert_true(str_eq(got->records[0].text, STR("oneon"))); /* V12: joined without separator */
	assert_int_equal(got->records[0].string_count, 3);
	assert_true(str_eq(got->records[0].strings[2], STR("on")));
	assert_true(got->has_ttl && got->secure && got->ttl == 60);
	got = evidence_ask(e, DNS_MX, STR("a.example"));
	assert_true(str_eq(got->records[0].name, STR("mx.example")));
	assert_int_equal(got->records[0].preference, 7);
	got = evidence_ask(e, DNS_A, STR("a.example"));
	assert_true(str_eq(got->why, STR("because")));
	evidence_free(e);
}

static void run_wrong_names(const void *row)
{
	struct evidence *e = fresh(NULL, 0, 0);
	struct dns_answer nodata = {.status = DNS_NODATA};

	(void)row;
	assert_status(e, DNS_A, "a..b", DNS_NXDOMAIN);
	assert_status(e, DNS_A, "", DNS_NXDOMAIN);
	assert_int_equal(evidence_asked(e), 0);
	assert_int_equal(evidence_add(e, DNS_A, STR("a..b"), &nodata), INKAN_EUSAGE);
	assert_int_equal(evidence_add(e, (enum dns_type)47, STR("a.b"), &nodata), INKAN_EUSAGE);
	evidence_free(e);
}

static void run_questions_cap(const void *row)
{
	struct evidence *e = fresh(NULL, 0, 3);

	(void)row;
	assert_null(evidence_ask(e, DNS_A, STR("1.example")));
	assert_null(evidence_ask(e, DNS_TXT, STR("1.example")));
	add_status(e, DNS_A, "2.example", DNS_NODATA);
	const struct dns_answer *a = evidence_ask(e, DNS_A, STR("3.example"));

	assert_int_equal(a->status, DNS_SERVFAIL);
	assert_true(str_eq(a->why, STR("too many DNS questions")));
	assert_int_equal(evidence_asked(e), 2);
	assert_int_equal(try_add_txt(e, "3.example", "x"), INKAN_ELIMIT);
	assert_null(evidence_ask(e, DNS_A, STR("1.example"))); /* what was noted stays */
	add_txt(e, "1.example", "x");
	assert_int_equal(evidence_error(e), INKAN_OK);
	evidence_free(e);
}

static void run_default_questions_cap(const void *row)
{
	struct evidence *e = fresh(NULL, 0, 0);
	char name[40];

	(void)row;
	for (int i = 0; i < EVIDENCE_QUESTIONS_MAX; i++) {
		snprintf(name, sizeof(name), "%d.example", i);
		assert_null(evidence_ask(e, DNS_A, str_c(name)));
	}
	assert_status(e, DNS_A, "one-more.example", DNS_SERVFAIL);
	for (int i = 0; i < EVIDENCE_QUESTIONS_MAX; i++) {
		snprintf(name, sizeof(name), "%d.example", i);
		add_status(e, DNS_A, name, DNS_NODATA);
	}
	const struct dns_question *open;

	assert_int_equal(evidence_open(e, &open), 0);
	evidence_free(e);
}

/* The largest size_max that an answer does not fit into, found by trying. */
static void run_size_cap(const void *row)
{
	size_t size_max = 1;
	bool fits = false;

	(void)row;
	for (; !fits; size_max++) {
		struct evidence *e = fresh(NULL, size_max, 0);

		assert_null(evidence_ask(e, DNS_TXT, STR("a.example")));
		add_txt(e, "a.example", "0123456789");
		const struct dns_answer *a = evidence_ask(e, DNS_TXT, STR("a.example"));
		const struct dns_question *open;

		assert_int_equal(evidence_open(e, &open), 0);
		fits = a->status == DNS_ANSWER;
		if (!fits) {
			assert_int_equal(a->status, DNS_SERVFAIL);
			assert_true(str_eq(a->why, STR("too many octets of DNS answers")));
		} else {
			add_txt(e, "b.example", "x"); /* one more does not fit */
			assert_status(e, DNS_TXT, "b.example", DNS_SERVFAIL);
			assert_txt(e, "a.example", "0123456789");
		}
		evidence_free(e);
	}
	assert_in_range(size_max, 10, 1000);
}

static void run_base(const void *row)
{
	struct evidence *bottom = fresh(NULL, 0, 0);

	(void)row;
	add_txt(bottom, "a.example", "bottom");
	add_txt(bottom, "b.example", "bottom");
	struct evidence *middle = fresh(bottom, 0, 0);

	add_txt(middle, "b.example", "middle");
	struct evidence *top = fresh(middle, 0, 0);

	add_txt(top, "c.example", "top");
	assert_txt(top, "a.example", "bottom");
	assert_txt(top, "b.example", "middle");
	assert_txt(top, "c.example", "top");
	assert_int_equal(evidence_asked(top), 0);
	assert_null(evidence_ask(top, DNS_A, STR("a.example")));
	assert_null(evidence_ask(top, DNS_TXT, STR("d.example")));
	evidence_free(top);
	evidence_free(middle);
	evidence_free(bottom);
}

static void run_closed(const void *row)
{
	struct evidence *base = fresh(NULL, 0, 0);

	(void)row;
	add_txt(base, "a.example", "text");
	add_status(base, DNS_TXT, "gone.example", DNS_NXDOMAIN);
	add_status(base, DNS_TXT, "slow.example", DNS_TIMEOUT);
	evidence_close(base);
	struct evidence *e = fresh(base, 0, 0);

	add_status(e, DNS_MX, "own.example", DNS_NODATA);
	assert_txt(e, "a.example", "text");
	assert_status(e, DNS_A, "a.example", DNS_NODATA);
	assert_status(e, DNS_A, "gone.example", DNS_NXDOMAIN);
	assert_status(e, DNS_TXT, "slow.example", DNS_TIMEOUT);
	assert_status(e, DNS_A, "slow.example", DNS_NODATA);
	assert_status(e, DNS_A, "absent.example", DNS_NXDOMAIN);
	assert_status(e, DNS_A, "own.example", DNS_NODATA); /* known here, not in the base */
	assert_int_equal(evidence_asked(e), 0);
	evidence_free(e);
	evidence_free(base);
}

static void run_close_over_open_base(const void *row)
{
	struct evidence *base = fresh(NULL, 0, 0);
	struct evidence *e = fresh(base, 0, 0);
	const struct dns_question *open;

	(void)row;
	add_txt(base, "a.example", "text");
	assert_null(evidence_ask(e, DNS_A, STR("x.example")));
	evidence_close(e);
	assert_int_equal(evidence_open(e, &open), 0);
	assert_status(e, DNS_A, "x.example", DNS_NXDOMAIN);
	assert_status(e, DNS_A, "a.example", DNS_NODATA);
	assert_txt(e, "a.example", "text");
	evidence_free(e);
	evidence_free(base);
}

static void run_open_does_not_follow(const void *row)
{
	struct evidence *e = fresh(NULL, 0, 0);
	struct dns_record record = {.name = STR("b.example")};
	struct dns_answer answer = {.status = DNS_ANSWER, .records = &record, .count = 1};

	(void)row;
	assert_int_equal(evidence_add(e, DNS_CNAME, STR("a.example"), &answer), INKAN_OK);
	add_txt(e, "b.example", "text");
	assert_null(evidence_ask(e, DNS_TXT, STR("a.example")));
	evidence_close(e);
	assert_txt(e, "a.example", "text");
	evidence_free(e);
}

static void collect(void *context, const struct dns_question *q, const struct dns_answer *a)
{
	struct buf *out = context;

	buf_put(out, q->name);
	buf_printf(out, " %s %s\n", dns_type_name(q->type), dns_status_name(a->status));
}

static void run_each(const void *row)
{
	struct evidence *base = fresh(NULL, 0, 0);
	struct evidence *e = fresh(base, 0, 0);
	struct buf out;

	(void)row;
	add_txt(base, "base.example", "x");
	add_status(e, DNS_TXT, "b.example", DNS_TIMEOUT);
	add_txt(e, "bb.example", "x");
	add_status(e, DNS_A, "b.example", DNS_NODATA);
	add_status(e, DNS_AAAA, "a.example", DNS_NXDOMAIN);
	assert_null(evidence_ask(e, DNS_A, STR("open.example")));
	buf_init(&out, 1000);
	assert_int_equal(evidence_each(e, collect, &out), INKAN_OK);
	assert_true(str_eq(buf_str(&out), STR("a.example AAAA NXDOMAIN\nb.example A NODATA\nb.example TXT TIMEOUT\n"
	                                      "bb.example TXT NOERROR\n")));
	buf_release(&out);
	evidence_free(e);
	evidence_free(base);
}

static void run_merge(const void *row)
{
	struct evidence *from = snapshot("{\"a.example\": {\"TXT\": [\"from\"]}, \"b.example\": {\"TXT\": [\"from\"]},"
	                                 "\"c.example\": {\"_error\": {\"*\": \"TIMEOUT\"}}, \"d.example\": {}}");
	struct evidence *into = fresh(NULL, 0, 0);
	const struct dns_question *open;

	(void)row;
	add_txt(into, "a.example", "into");
	assert_null(evidence_ask(into, DNS_TXT, STR("b.example")));
	assert_int_equal(evidence_merge(into, from), INKAN_OK);
	assert_txt(into, "a.example", "into");
	assert_txt(into, "b.example", "from");
	assert_int_equal(evidence_open(into, &open), 0);
	evidence_close(into);
	assert_status(into, DNS_A, "c.example", DNS_TIMEOUT);
	assert_status(into, DNS_A, "d.example", DNS_NODATA);
	evidence_free(from);

	from = fresh(NULL, 0, 0);
	add_txt(from, "e.example", "one too many");
	struct evidence *small = fresh(NULL, 0, 1);

	add_txt(small, "a.example", "x");
	assert_int_equal(evidence_merge(small, from), INKAN_ELIMIT);
	evidence_free(small);
	small = fresh(NULL, 1, 0); /* one octet: a SERVFAIL in its place is not what was answered */
	assert_int_equal(evidence_merge(small, from), INKAN_ELIMIT);
	evidence_reset(small);
	evidence_free(from);
	from = fresh(NULL, 0, 0);
	assert_int_equal(evidence_merge(small, from), INKAN_OK);
	evidence_free(small);
	evidence_free(from);
	evidence_free(into);
}

static void run_many_names(const void *row)
{
	struct evidence *e = fresh(NULL, SIZE_MAX, SIZE_MAX);
	char name[40], text[40];

	(void)row;
	for (int i = 0; i < 20000; i++) {
		snprintf(name, sizeof(name), "s%d._domainkey.example", i);
		snprintf(text, sizeof(text), "text %d", i);
		add_txt(e, name, text);
	}
	for (int i = 0; i < 20000; i++) {
		snprintf(name, sizeof(name), "S%d._domainkey.EXAMPLE", i);
		snprintf(text, sizeof(text), "text %d", i);
		assert_txt(e, name, text);
	}
	evidence_free(e);
}

/* Everything once; INKAN_OK or INKAN_ENOMEM. */
static int scenario(void)
{
	struct evidence *e = NULL, *into = NULL;
	int error = evidence_new(NULL, 0, 0, &e);
	char name[40];

	for (int i = 0; !error && i < 80; i++) {
		snprintf(name, sizeof(name), "%d.example", i);
		(void)evidence_ask(e, DNS_TXT, str_c(name));
		error = evidence_error(e);
	}
	for (int i = 0; !error && i < 80; i++) {
		snprintf(name, sizeof(name), "%d.example", i);
		error = try_add_txt(e, name, name);
	}
	if (!error)
		error = evidence_new(NULL, 0, 0, &into);
	if (!error)
		error = evidence_merge(into, e);
	if (e && error != INKAN_OK)
		assert_int_equal(error, INKAN_ENOMEM);
	evidence_free(e);
	evidence_free(into);
	return error;
}

static void run_without_memory(const void *row)
{
	bool reached = true;

	(void)row;
	for (size_t n = 1; reached; n++) {
		alloc_fail_at(n);
		int error = scenario();

		reached = alloc_count() >= n;
		alloc_fail_at(0);
		assert_int_equal(error, reached ? INKAN_ENOMEM : INKAN_OK);
	}
}

static void run_ask_without_memory(const void *row)
{
	struct evidence *e = fresh(NULL, 0, 0);

	(void)row;
	alloc_fail_at(1);
	const struct dns_answer *a = evidence_ask(e, DNS_TXT, STR("a.example"));

	alloc_fail_at(0);
	assert_int_equal(a->status, DNS_SERVFAIL);
	assert_true(str_eq(a->why, STR("out of memory")));
	assert_int_equal(evidence_error(e), INKAN_ENOMEM);
	evidence_reset(e);
	assert_int_equal(evidence_error(e), INKAN_OK);
	assert_null(evidence_ask(e, DNS_TXT, STR("a.example")));
	evidence_free(e);
}

static void *ask_much(void *base)
{
	struct evidence *e;
	size_t wrong = 0;

	if (evidence_new(base, 0, 0, &e))
		return base;
	for (int i = 0; i < 20000; i++) {
		const struct dns_answer *a =
			evidence_ask(e, DNS_TXT, i % 2 ? STR("alias.example") : STR("Key.example"));

		wrong += !a || a->status != DNS_ANSWER;
		a = evidence_ask(e, DNS_TXT, STR("none.example"));
		wrong += !a || a->status != DNS_NXDOMAIN;
	}
	evidence_free(e);
	return wrong ? base : NULL;
}

static void run_threads(const void *row)
{
	struct evidence *base = snapshot(
		"{\"key.example\": {\"TXT\": [[\"a\", \"b\"]]}, \"alias.example\": {\"CNAME\": [\"key.example\"]}}");
	pthread_t threads[4];

	(void)row;
	for (size_t i = 0; i < 4; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, ask_much, base), 0);
	for (size_t i = 0; i < 4; i++) {
		void *wrong;

		pthread_join(threads[i], &wrong);
		assert_null(wrong);
	}
	evidence_free(base);
}

int main(void)
{
	struct test_list list = {0};

	test_add(&list, "ask, answer, ask again, reset", run_ask_and_answer, NULL);
	test_add(&list, "a second answer replaces the first, which stays valid", run_replace, NULL);
	test_add(&list, "V12 answers are copied, strings joined", run_copies, NULL);
	test_add(&list, "what is no DNS name", run_wrong_names, NULL);
	test_add(&list, "cap of questions: n and n+1", run_questions_cap, NULL);
	test_add(&list, "cap of questions: EVIDENCE_QUESTIONS_MAX and one more", run_default_questions_cap, NULL);
	test_add(&list, "cap of octets: n and n+1", run_size_cap, NULL);
	test_add(&list, "a chain of bases", run_base, NULL);
	test_add(&list, "V10 a closed base is the whole world", run_closed, NULL);
	test_add(&list, "closing over an open base", run_close_over_open_base, NULL);
	test_add(&list, "CNAMEs are followed once closed", run_open_does_not_follow, NULL);
	test_add(&list, "every answer in order", run_each, NULL);
	test_add(&list, "merge", run_merge, NULL);
	test_add(&list, "20 000 names", run_many_names, NULL);
	test_add(&list, "every allocation fails once", run_without_memory, NULL);
	test_add(&list, "asking without memory", run_ask_without_memory, NULL);
	test_add(&list, "threads share a closed base", run_threads, NULL);
	return test_run(&list, "dns/evidence");
}

/* The sealer (RFC 8617 sections 4.1, 5.1; RULES A10 to A13, A16): the set it writes, what the next host finds, what it
 * refuses. */
#include "arc/seal.h"

#include <stdio.h>
#include <stdlib.h>

#include "arc/chain.h"
#include "support/case.h"

/* The value of a tag of a field, without white space. */
static struct str tag(struct buf *room, struct str text, const char *field, const char *name)
{
	struct str rest = str_skip(text, str_search(text, str_c(field)));

	rest = str_skip(str_head(rest, str_search(rest, STR("\r\nARC-"))), strlen(field));
	rest = str_head(rest, str_search(rest, STR("\r\nFrom:")));
	buf_clear(room);
	while (rest.n) {
		struct str spec = str_split(&rest, ';');

		if (!str_eq(str_trim_fws(str_split(&spec, '=')), str_c(name)))
			continue;
		for (size_t i = 0; i < spec.n; i++)
			if (!is_fws_char(spec.p[i]))
				buf_put_char(room, spec.p[i]);
		return buf_str(room);
	}
	return STR_NULL;
}

static void assert_tag(struct str text, const char *field, const char *name, const char *want)
{
	struct buf room;

	buf_init(&room, 100000);
	struct str value = tag(&room, text, field, name);

	if (!str_eq(value, str_c(want)))
		fail_msg("%s %s= is \"%.*s\"", field, name, STR_ARG(value));
	buf_release(&room);
}

/* ---- there and back ---- */

static const struct trip_row {
	const char *name;
	unsigned sets;
	const char *cv; /* of the newest */
} trips[] = {
	{"A3 one set: cv=none, and it passes", 1, "none"},
	{"A3 A12 two sets: cv=pass, and both pass", 2, "pass"},
	{"A12 three sets", 3, "pass"},
	{"A1 fifty sets", 50, "pass"},
};

static void run_trip(const void *row)
{
	const struct trip_row *r = row;
	char instance[10];
	struct buf sealed;

	buf_init(&sealed, SIZE_MAX / 2);
	put_sealed(&sealed, r->sets);
	struct str text = buf_str(&sealed);
	struct judged_chain chain = judge_usual_chain(text);

	assert_int_equal(chain.result, INKAN_PASS);
	assert_int_equal(chain.set_count, r->sets);
	assert_int_equal(chain.oldest_pass, 0);
	assert_string_equal(chain.first_results, "dkim=pass header.d=example.com");
	snprintf(instance, sizeof instance, "%u", r->sets);
	assert_tag(text, "ARC-Seal:", "cv", r->cv);
	assert_tag(text, "ARC-Seal:", "i", instance);
	assert_tag(text, "ARC-Message-Signature:", "i", instance);
	assert_tag(text, "ARC-Authentication-Results:", "i", instance);
	buf_release(&sealed);
}

/* ---- what stands in the fields ---- */

static void run_order(const void *row)
{
	struct buf sealed;

	(void)row;
	buf_init(&sealed, 100000);
	put_sealed(&sealed, 1);
	struct str text = buf_str(&sealed);
	size_t message = str_search(text, STR("\r\nARC-Message-Signature:"));
	size_t results = str_search(text, STR("\r\nARC-Authentication-Results: i=1; mx.example; dkim=pass "));

	assert_true(str_has_prefix(text, STR("ARC-Seal: a=rsa-sha256;\r\n b=")));
	assert_true(message < results && results < text.n);
	assert_true(str_eq(str_skip(text, text.n - strlen(MAIL)), STR(MAIL)));
	buf_release(&sealed);
}

static const struct names_row {
	const char *name;
	const char *headers; /* of the options */
	const char *above;   /* of the message, above From */
	const char *want;
} names_rows[] = {
	{"A9 DKIM-Signatures are covered, all of them", NULL,
         "DKIM-Signature: v=1; a=x\r\nDKIM-Signature: v=1; a=y\r\nAuthentication-Results: mx; none\r\nReceived: x\r\n",
         "from:from:to:to:cc:subject:subject:date:date:reply-to:message-id:message-id:mime-version:content-type:"
         "content-"
         "transfer-encoding:list-unsubscribe:list-unsubscribe-post:dkim-signature:dkim-signature"},
	{"A9 Authentication-Results and ARC-* are not covered", NULL,
         "Authentication-Results: mx; none\r\nARC-Other: x\r\n",
         "from:from:to:to:cc:subject:subject:date:date:reply-to:message-id:message-id:mime-version:content-type:"
         "content-"
         "transfer-encoding:list-unsubscribe:list-unsubscribe-post"},
	{"a list of one's own", "From:dkim-signature:x", "", "From:dkim-signature:x"},
};

static void run_names(const void *row)
{
	const struct names_row *r = row;
	struct buf message, sealed;

	buf_init(&message, 100000);
	buf_init(&sealed, 100000);
	buf_put_c(&message, r->above);
	buf_put_c(&message, MAIL);
	struct seal_request request = {.key = FORGE_RSA2048, .headers = r->headers};

	assert_int_equal(seal_chain(&sealed, &request, buf_str(&message), NULL), INKAN_OK);
	assert_tag(buf_str(&sealed), "ARC-Message-Signature:", "h", r->want);
	assert_int_equal(judge_usual_chain(buf_str(&sealed)).result, INKAN_PASS);
	buf_release(&message);
	buf_release(&sealed);
}

/* Lines of a set: 78 columns, but for b= in one line; names of h= broken only where they must be. */
static void run_folding(const void *row)
{
	struct seal_request request = {.key = FORGE_RSA4096, .now = NOW};
	struct buf sealed;

	(void)row;
	buf_init(&sealed, 100000);
	assert_int_equal(seal_chain(&sealed, &request, STR(MAIL), NULL), INKAN_OK);
	for (struct str rest = str_head(buf_str(&sealed), sealed.n - strlen(MAIL)); rest.n;) {
		size_t end = str_search(rest, STR("\r\n"));
		struct str line = str_head(rest, end);

		assert_true(line.n <= 78 || str_has_prefix(line, STR(" b=")));
		assert_true(line.n > 1 && str_trim_wsp(line).n + is_wsp(line.p[0]) == line.n);
		rest = str_skip(rest, end + 2);
	}
	assert_tag(buf_str(&sealed), "ARC-Seal:", "t", "1800000000");
	assert_tag(buf_str(&sealed), "ARC-Message-Signature:", "t", "1800000000");
	buf_release(&sealed);
}

/* ---- broken chains ---- */

static void seal_twice(struct buf *out, const char *find, const char *put, const char **why_out, int want)
{
	struct seal_request request = {.key = FORGE_RSA2048, .chain = INKAN_FAIL};
	struct buf first, broken;

	buf_init(&first, 100000);
	buf_init(&broken, 100000);
	put_sealed(&first, 1);
	put_changed(&broken, buf_str(&first), find, put);
	request.chain = judge_usual_chain(buf_str(&broken)).result;
	assert_int_equal(request.chain, INKAN_FAIL);
	assert_int_equal(seal_chain(out, &request, buf_str(&broken), why_out), want);
	buf_release(&first);
	buf_release(&broken);
}

/* The seal of a chain that was just found broken fits its own set alone, so whatever is made of the old set. */
static void run_failed(const void *row)
{
	struct buf sealed, want;
	struct str text, seal;

	(void)row;
	buf_init(&sealed, 100000);
	buf_init(&want, 100000);
	seal_twice(&sealed, "Estimate", "[list] Estimate", NULL, INKAN_OK);
	text = buf_str(&sealed);
	assert_tag(text, "ARC-Seal:", "cv", "fail");
	assert_tag(text, "ARC-Seal:", "i", "2");
	struct judged_chain chain = judge_usual_chain(text);

	assert_int_equal(chain.result, INKAN_FAIL);
	assert_non_null(strstr(chain.reason, "cv=fail"));
	/* the same two fields below another From, without the old set: the same seal again */
	size_t own = str_search(text, STR("\r\nARC-Message-Signature:")) + 2;
	struct str below = str_skip(text, own);
	size_t old = str_search(below, STR("\r\nARC-Seal:")) + 2;
	char template[300];

	seal = str_head(text, own);
	assert_tag(seal, "ARC-Seal:", "a", "rsa-sha256");
	buf_put(&want, str_head(below, old));
	buf_put_c(&want, MAIL);
	snprintf(template, sizeof template, "ARC-Seal: a=rsa-sha256; b=@b@; cv=fail; d=example.com; i=2; s=s1");
	struct buf again;

	buf_init(&again, 100000);
	forge_seal(&again, template, 2, FORGE_RSA2048, buf_str(&want));
	struct buf room, room2;

	buf_init(&room, 10000);
	buf_init(&room2, 10000);
	assert_true(str_eq(tag(&room, text, "ARC-Seal:", "b"), tag(&room2, buf_str(&again), "ARC-Seal:", "b")));
	buf_release(&room);
	buf_release(&room2);
	buf_release(&again);
	buf_release(&sealed);
	buf_release(&want);
}

static void run_failed_above(const void *row)
{
	struct seal_request request = {.key = FORGE_RSA2048, .chain = INKAN_FAIL};
	struct buf sealed, next;
	const char *why;

	(void)row;
	buf_init(&sealed, 100000);
	buf_init(&next, 100000);
	seal_twice(&sealed, "Estimate", "[list] Estimate", NULL, INKAN_OK);
	assert_int_equal(seal_chain(&next, &request, buf_str(&sealed), &why), INKAN_EREFUSED);
	assert_non_null(strstr(why, "cv=fail"));
	assert_int_equal(next.n, 0);
	buf_release(&sealed);
	buf_release(&next);
}

static const struct chain_row {
	const char *name;
	const char *above; /* of MAIL */
	enum inkan_result chain;
	int error;
	const char *want; /* cv=, or the refusal */
	const char *instance;
} chains[] = {
	{"A10 nothing to seal above: none, whatever the caller says", "", INKAN_PASS, INKAN_OK, "none", "1"},
	{"A10 nothing to seal above, said to fail", "", INKAN_FAIL, INKAN_OK, "none", "1"},
	{"A10 a part of a set, said to pass, is sealed as broken",
         "ARC-Seal: i=1; cv=none; a=rsa-sha256; d=a.b; s=c; b=AA\r\n", INKAN_PASS, INKAN_OK, "fail", "2"},
	{"A10 a part of a set, said not to be there, is sealed as broken",
         "ARC-Seal: i=1; cv=none; a=rsa-sha256; d=a.b; s=c; b=AA\r\n", INKAN_NONE, INKAN_OK, "fail", "2"},
	{"A10 a field without instance is sealed as broken", "ARC-Seal: x\r\n", INKAN_FAIL, INKAN_OK, "fail", "1"},
	{"A1 instance 49 is followed by 50", "ARC-Message-Signature: i=49\r\n", INKAN_FAIL, INKAN_OK, "fail", "50"},
	{"A1 instance 50 is followed by none", "ARC-Message-Signature: i=50\r\n", INKAN_FAIL, INKAN_EREFUSED,
         "50 ARC sets", NULL},
	{"A1 instance 51 is followed by none", "ARC-Authentication-Results: i=51; x\r\n", INKAN_FAIL, INKAN_EREFUSED,
         "50 ARC sets", NULL},
	{"A1 an instance of 30 digits", "ARC-Seal: i=999999999999999999999999999999\r\n", INKAN_FAIL, INKAN_OK, "fail",
         "1"},
	{"A2 the newest of several is looked at, wherever it stands",
         "ARC-Seal: i=2; cv=pass\r\nARC-Seal: i=7; cv=fail\r\nARC-Seal: i=3; cv=pass\r\n", INKAN_FAIL, INKAN_EREFUSED,
         "cv=fail", NULL},
	{"A2 cv=fail below the newest does not count", "ARC-Seal: i=2; cv=fail\r\nARC-Seal: i=7; cv=pass\r\n",
         INKAN_FAIL, INKAN_OK, "fail", "8"},
	{"A2 one of two newest says cv=fail", "ARC-Seal: i=7; cv=fail\r\nARC-Seal: i=7; cv=pass\r\n", INKAN_FAIL,
         INKAN_EREFUSED, "cv=fail", NULL},
};

static void run_chain(const void *row)
{
	const struct chain_row *r = row;
	struct seal_request request = {.key = FORGE_RSA2048, .chain = r->chain};
	struct buf message, sealed;
	const char *why;

	buf_init(&message, 100000);
	buf_init(&sealed, 100000);
	buf_put_c(&message, r->above);
	buf_put_c(&message, MAIL);
	assert_int_equal(seal_chain(&sealed, &request, buf_str(&message), &why), r->error);
	if (r->error) {
		assert_non_null(strstr(why, r->want));
	} else {
		assert_tag(buf_str(&sealed), "ARC-Seal:", "cv", r->want);
		assert_tag(buf_str(&sealed), "ARC-Seal:", "i", r->instance);
	}
	buf_release(&message);
	buf_release(&sealed);
}

/* ---- refusals ---- */

static const struct refusal_row {
	const char *name;
	struct seal_request request;
	const char *message; /* NULL: MAIL */
	int error;
	const char *why;
} refusals[] = {
	{"A13 an Ed25519 key", {.key = FORGE_ED25519}, NULL, INKAN_EUSAGE, "not RSA"},
	{"A16 RSA of 1024 bits seals", {.key = FORGE_RSA1024}, NULL, INKAN_OK, ""},
	{"A16 a domain of one label", {.domain = "localhost"}, NULL, INKAN_EUSAGE, "domain"},
	{"A16 a domain that is none", {.domain = "a b.example"}, NULL, INKAN_EUSAGE, "domain"},
	{"A16 a selector that is none", {.selector = "a; cv=pass"}, NULL, INKAN_EUSAGE, "selector"},
	{"A9 a list without From", {.headers = "to:subject"}, NULL, INKAN_EUSAGE, "From"},
	{"A9 a list with ARC-Seal", {.headers = "from:arc-seal"}, NULL, INKAN_EUSAGE, "relays"},
	{"A9 a list with ARC-Message-Signature",
         {.headers = "from:ARC-Message-Signature"},
         NULL,
         INKAN_EUSAGE,
         "relays"},
	{"A9 a list with ARC-Authentication-Results",
         {.headers = "from:arc-authentication-results"},
         NULL,
         INKAN_EUSAGE,
         "relays"},
	{"A9 a list with Authentication-Results",
         {.headers = "from:authentication-results"},
         NULL,
         INKAN_EUSAGE,
         "relays"},
	{"S21 no From", {.key = FORGE_RSA2048}, "To: a\r\n\r\n", INKAN_EREFUSED, "no From"},
	{"S21 two From", {.key = FORGE_RSA2048}, "From: a\r\nFrom: b\r\n\r\n", INKAN_EREFUSED, "more than one From"},
	{"S21 a line that is no field",
         {.key = FORGE_RSA2048},
         "From: a\r\nhello\r\n\r\n",
         INKAN_EREFUSED,
         "not a field"},
	{"a time before 1970", {.now = -1}, NULL, INKAN_EREFUSED, "time"},
	{"A16 no results", {.results = ""}, NULL, INKAN_EUSAGE, ""},
	{"A16 results that end the field", {.results = "mx; none\r\nX: y"}, NULL, INKAN_EUSAGE, ""},
	{"A16 results that end the header", {.results = "mx; none\r\n\r\n"}, NULL, INKAN_EUSAGE, ""},
	{"A16 results with a line of blanks", {.results = "mx; none\r\n \r\n x"}, NULL, INKAN_EUSAGE, ""},
	{"A16 results with a CR", {.results = "mx; none\r x"}, NULL, INKAN_EUSAGE, ""},
	{"A16 results with an LF", {.results = "mx; none\n x"}, NULL, INKAN_EUSAGE, ""},
	{"A16 results with a NUL", {.results = "mx; \0none", .results_size = 9}, NULL, INKAN_EUSAGE, ""},
	{"A16 results that fold", {.results = "mx;\r\n\tnone"}, NULL, INKAN_OK, ""},
};

static void run_refusal(const void *row)
{
	const struct refusal_row *r = row;
	struct buf sealed;
	const char *why;

	buf_init(&sealed, 100000);
	assert_int_equal(seal_chain(&sealed, &r->request, str_c(r->message ? r->message : MAIL), &why), r->error);
	if (!strstr(why, r->why))
		fail_msg("refused as \"%s\"", why);
	if (!r->error)
		assert_true(sealed.n > strlen(MAIL));
	buf_release(&sealed);
}

static const struct size_row {
	const char *name;
	size_t size;
	int error;
} sizes[] = {
	{"A16 results of 262,080 octets", ARC_RESULTS_MAX, INKAN_OK},
	{"A16 results of 262,081 octets", ARC_RESULTS_MAX + 1, INKAN_EUSAGE},
};

static void run_size(const void *row)
{
	const struct size_row *r = row;
	struct seal_request request = {.key = FORGE_RSA2048};
	struct buf results, sealed;

	buf_init(&results, r->size + 10);
	buf_init(&sealed, SIZE_MAX / 2);
	buf_put_c(&results, "mx.example; dkim=pass");
	while (results.n < r->size)
		buf_put_c(&results, results.n % 100 || r->size - results.n < 4 ? "x" : "\r\n ");
	results.n = r->size;
	request.results = results.p;
	request.results_size = results.n;
	assert_int_equal(seal_chain(&sealed, &request, STR(MAIL), NULL), r->error);
	if (!r->error)
		assert_int_equal(judge_usual_chain(buf_str(&sealed)).result, INKAN_PASS);
	buf_release(&results);
	buf_release(&sealed);
}

int main(void)
{
	struct test_list list = {0};

	TEST_TABLE(&list, trips, run_trip);
	test_add(&list, "A12 the order of the set: seal, message signature, results, message", run_order, NULL);
	TEST_TABLE(&list, names_rows, run_names);
	test_add(&list, "S19 lines of a set", run_folding, NULL);
	test_add(&list, "A11 the seal of a newly broken chain covers its own set alone", run_failed, NULL);
	test_add(&list, "A10 nobody seals above cv=fail", run_failed_above, NULL);
	TEST_TABLE(&list, chains, run_chain);
	TEST_TABLE(&list, refusals, run_refusal);
	TEST_TABLE(&list, sizes, run_size);
	return test_run(&list, "arc/seal");
}

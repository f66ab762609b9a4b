/* The verifier of chains (RFC 8617 section 5.2; RULES A1 to A9, A16): chains made field by field, by other code than the
 * sealer's; and hostile ones. */
#include <stdio.h>
#include <stdlib.h>

#include "arc/chain.h"
#include "arc/sets.h"
#include "support/case.h"

#define AAR(i) "ARC-Authentication-Results: i=" i "; mx.example; dkim=pass"
#define AMS_TAGS(i, tags)                                                                                          \
	"ARC-Message-Signature: i=" i "; a=rsa-sha256; c=relaxed/relaxed; d=example.com; s=s1; " tags " bh=@bh@; " \
	"b=@b@"
#define AMS(i) AMS_TAGS(i, "h=from:to:subject;")
#define AS_TAGS(i, cv, tags) "ARC-Seal: i=" i "; a=rsa-sha256; " cv "d=example.com; s=s1; " tags " b=@b@"
#define AS(i, cv) AS_TAGS(i, "cv=" cv "; ", "")
#define SET(i, cv) AAR(i), AMS(i), AS(i, cv)
/* The message is changed on the way: "=old|new". The next signature made by a key that is not in DNS: "!". */
#define LIST "=Subject: |Subject: [list] "
#define OTHER_KEY "!"

enum { STEPS_MAX = 16 };

/* A step of the way from MAIL to the message: a field to be put on top, or a change. */
static void take_step(struct buf *message, const char *step, enum forge_key *key)
{
	struct buf next;
	char find[100];

	buf_init(&next, SIZE_MAX / 2);
	if (step[0] == '!') {
		*key = FORGE_RSA2048_OTHER;
		return;
	}
	if (step[0] == '=') {
		snprintf(find, sizeof find, "%.*s", (int)strcspn(step + 1, "|"), step + 1);
		put_changed(&next, buf_str(message), find, strchr(step, '|') + 1);
	} else if (str_has_prefix(str_c(step), STR("ARC-Message-Signature:"))) {
		forge(&next, step, *key, buf_str(message));
	} else if (str_has_prefix(str_c(step), STR("ARC-Seal:"))) {
		forge_seal(&next, step, (unsigned)strtoul(strstr(step, "i=") + 2, NULL, 10), *key, buf_str(message));
	} else {
		buf_put_c(&next, step);
		buf_put_c(&next, "\r\n");
		buf_put(&next, buf_str(message));
	}
	*key = FORGE_RSA2048;
	buf_release(message);
	*message = next;
}

static void build(struct buf *message, const char *const *steps)
{
	enum forge_key key = FORGE_RSA2048;

	buf_init(message, SIZE_MAX / 2);
	buf_put_c(message, MAIL);
	for (size_t i = 0; i < STEPS_MAX && steps[i]; i++)
		take_step(message, steps[i], &key);
	assert_int_equal(buf_error(message), INKAN_OK);
}

/* ---- structure and signatures ---- */

static const struct chain_row {
	const char *name;
	const char *steps[STEPS_MAX];
	enum inkan_result want;
	const char *reason;
	int oldest_pass;
} chains[] = {
	{"A1 no set", {NULL}, INKAN_NONE, "", -1},
	{"A1 one set", {SET("1", "none")}, INKAN_PASS, "", 0},
	{"A1 two sets", {SET("1", "none"), SET("2", "pass")}, INKAN_PASS, "", 0},
	{"A1 a gap", {SET("1", "none"), SET("3", "pass")}, INKAN_FAIL, "i=2: a set is missing", -1},
	{"A1 no first set", {SET("2", "pass")}, INKAN_FAIL, "i=1: a set is missing", -1},
	{"A1 instance 0", {SET("0", "none")}, INKAN_FAIL, "no usable instance", -1},
	{"A1 instance 51", {SET("51", "pass")}, INKAN_FAIL, "more than 50 sets", -1},
	{"A1 instance x", {SET("x", "none")}, INKAN_FAIL, "no usable instance", -1},
	{"A1 no results", {AMS("1"), AS("1", "none")}, INKAN_FAIL, "no ARC-Authentication-Results", -1},
	{"A1 no message signature", {AAR("1"), AS("1", "none")}, INKAN_FAIL, "no ARC-Message-Signature", -1},
	{"A1 no seal", {AAR("1"), AMS("1")}, INKAN_FAIL, "no ARC-Seal", -1},
	{"A1 results twice", {AAR("1"), SET("1", "none")}, INKAN_FAIL, "two ARC-Authentication-Results", -1},
	{"A1 a message signature twice", {AMS("1"), SET("1", "none")}, INKAN_FAIL, "two ARC-Message-Signatures", -1},
	{"A1 a seal twice", {SET("1", "none"), AS("1", "none")}, INKAN_FAIL, "two ARC-Seals", -1},
	{"A2 the newest seal says cv=fail",
         {SET("1", "none"), SET("2", "fail")},
         INKAN_FAIL,
         "i=2 ARC-Seal: the sealer found",
         -1},
	{"A2 an older seal says cv=fail",
         {SET("1", "none"), SET("2", "fail"), SET("3", "pass")},
         INKAN_FAIL,
         "i=2: a seal does not say cv=pass",
         -1},
	{"A3 the first seal says cv=pass",
         {SET("1", "pass")},
         INKAN_FAIL,
         "i=1: the first seal does not say cv=none",
         -1},
	{"A3 the second seal says cv=none",
         {SET("1", "none"), SET("2", "none")},
         INKAN_FAIL,
         "i=2: a seal does not say cv=pass",
         -1},
	{"A3 no cv=", {AAR("1"), AMS("1"), AS_TAGS("1", "", "")}, INKAN_FAIL, "a seal without cv=", -1},
	{"A4 the message changed behind the newest set",
         {SET("1", "none"), LIST},
         INKAN_FAIL,
         "i=1 ARC-Message-Signature: signature did not verify",
         -1},
	{"A4 the body changed behind the newest set",
         {SET("1", "none"), "=Dear|Near"},
         INKAN_FAIL,
         "i=1 ARC-Message-Signature: body hash did not verify",
         -1},
	{"A5 changed before the second of two sets", {SET("1", "none"), LIST, SET("2", "pass")}, INKAN_PASS, "", 2},
	{"A5 changed before the second of three sets",
         {SET("1", "none"), LIST, SET("2", "pass"), SET("3", "pass")},
         INKAN_PASS,
         "",
         2},
	{"A5 changed before the third of three sets",
         {SET("1", "none"), SET("2", "pass"), LIST, SET("3", "pass")},
         INKAN_PASS,
         "",
         3},
	{"A6 the newest seal is forged",
         {SET("1", "none"), AAR("2"), AMS("2"), OTHER_KEY, AS("2", "pass")},
         INKAN_FAIL,
         "i=2 ARC-Seal: signature did not verify",
         -1},
	{"A6 the oldest seal is forged",
         {AAR("1"), AMS("1"), OTHER_KEY, AS("1", "none"), SET("2", "pass")},
         INKAN_FAIL,
         "i=1 ARC-Seal: signature did not verify",
         -1},
	{"A6 results changed behind the seal",
         {SET("1", "none"), "=dkim=pass|dkim=fail"},
         INKAN_FAIL,
         "i=1 ARC-Seal: signature did not verify",
         -1},
	{"A8 a seal with h=",
         {AAR("1"), AMS("1"), AS_TAGS("1", "cv=none; ", "h=from;")},
         INKAN_FAIL,
         "a seal with h= or bh=",
         -1},
	{"A8 a seal with bh=",
         {AAR("1"), AMS("1"), AS_TAGS("1", "cv=none; ", "bh=AAAA;")},
         INKAN_FAIL,
         "a seal with h= or bh=",
         -1},
	{"A8 a seal is relaxed: blanks and folding of the set may change",
         {SET("1", "none"), "=; mx.example; dkim=pass|;\r\n\tmx.example;   dkim=pass  "},
         INKAN_PASS,
         "",
         0},
	{"A8 a seal with t=", {AAR("1"), AMS("1"), AS_TAGS("1", "cv=none; ", "t=1800000000;")}, INKAN_PASS, "", 0},
	{"A9 v= in a message signature is not looked at",
         {AAR("1"), AMS_TAGS("1", "v=7; h=from;"), AS("1", "none")},
         INKAN_PASS,
         "",
         0},
	{"A9 a message signature that covers a seal",
         {AAR("1"), AMS_TAGS("1", "h=from:arc-seal;"), AS("1", "none")},
         INKAN_FAIL,
         "covers a seal",
         -1},
	{"A9 a message signature that covers DKIM-Signature",
         {"DKIM-Signature: v=1; a=x", AAR("1"), AMS_TAGS("1", "h=from:dkim-signature;"), AS("1", "none")},
         INKAN_PASS,
         "",
         0},
	{"A9 simple canonical forms",
         {AAR("1"),
          "ARC-Message-Signature: i=1; a=rsa-sha256; c=simple/simple; d=example.com; s=s1; h=from; bh=@bh@; b=@b@",
          AS("1", "none")},
         INKAN_PASS,
         "",
         0},
	{"A9 l= that leaves octets uncovered",
         {AAR("1"), AMS_TAGS("1", "l=5; h=from;"), AS("1", "none")},
         INKAN_FAIL,
         "i=1 ARC-Message-Signature: ",
         -1},
	{"A16 a message signature of rsa-sha1",
         {AAR("1"), "ARC-Message-Signature: i=1; a=rsa-sha1; d=example.com; s=s1; h=from; bh=@bh@; b=@b@",
          AS("1", "none")},
         INKAN_FAIL,
         "i=1 ARC-Message-Signature: ",
         -1},
	{"A16 a seal of rsa-sha1",
         {AAR("1"), AMS("1"), "ARC-Seal: i=1; a=rsa-sha1; cv=none; d=example.com; s=s1; b=@b@"},
         INKAN_FAIL,
         "i=1 ARC-Seal: ",
         -1},
	{"A16 d= that is no host name",
         {AAR("1"), AMS("1"), "ARC-Seal: i=1; a=rsa-sha256; cv=none; d=a b; s=s1; b=@b@"},
         INKAN_FAIL,
         "",
         -1},
	{"A16 s= that is no host name",
         {AAR("1"), AMS("1"), "ARC-Seal: i=1; a=rsa-sha256; cv=none; d=example.com; s=a/b; b=@b@"},
         INKAN_FAIL,
         "",
         -1},
};

static void run_chain(const void *row)
{
	const struct chain_row *r = row;
	struct buf message;

	build(&message, r->steps);
	struct judged_chain chain = judge_usual_chain(buf_str(&message));

	if (chain.result != r->want || !strstr(chain.reason, r->reason) ||
	    (!r->reason[0] && chain.result != INKAN_FAIL && chain.reason[0]))
		fail_msg("%s: %s", inkan_result_name(chain.result), chain.reason);
	assert_int_equal(chain.oldest_pass, r->oldest_pass);
	buf_release(&message);
}

/* ---- keys ---- */

static const struct zone_case {
	const char *name;
	const char *record; /* of s1; "%s": the key's p= */
	enum inkan_dns_failure failure;
	enum inkan_result want;
	const char *reason;
} zones[] = {
	{"A7 the key cannot be fetched in time", NULL, INKAN_DNS_TIMEOUT, INKAN_FAIL, "the key could not be fetched"},
	{"A7 the server fails", NULL, INKAN_DNS_SERVFAIL, INKAN_FAIL, "the key could not be fetched"},
	{"A7 the answer is bogus", NULL, INKAN_DNS_BOGUS, INKAN_FAIL, "the key could not be fetched"},
	{"A7 no key record", NULL, INKAN_DNS_NODATA, INKAN_FAIL, ""},
	{"A7 no such name", NULL, INKAN_DNS_NXDOMAIN, INKAN_FAIL, ""},
	{"A7 a revoked key", "v=DKIM1; p=", 0, INKAN_FAIL, ""},
	{"A7 a record that cannot be read", "v=DKIM1; p=%%%", 0, INKAN_FAIL, ""},
	{"A7 the key of another", "v=DKIM1; p=(other)", 0, INKAN_FAIL, "signature did not verify"},
	{"A7 a key record as it should be", "v=DKIM1; p=%s", 0, INKAN_PASS, ""},
};

static void run_zone(const void *row)
{
	const struct zone_case *r = row;
	struct zone_row zone = {KEY_NAME, NULL, r->failure};
	struct buf message;
	char record[2000];

	if (r->record)
		zone.text = make_record(record, sizeof record, r->record, FORGE_RSA2048);
	buf_init(&message, 100000);
	put_sealed(&message, 2);
	struct judged_chain chain = judge_chain(buf_str(&message), &zone, 1);

	if (chain.result != r->want || !strstr(chain.reason, r->reason))
		fail_msg("%s: %s", inkan_result_name(chain.result), chain.reason);
	assert_int_equal(chain.temporary, strcmp(r->reason, "the key could not be fetched") == 0);
	buf_release(&message);
}

static const struct key_row {
	const char *name;
	enum forge_key key;
	enum inkan_result want;
} key_rows[] = {
	{"A16 RSA of 1024 bits", FORGE_RSA1024, INKAN_PASS},
	{"A16 RSA of 1023 bits", FORGE_RSA1023, INKAN_FAIL},
	{"A16 RSA of 512 bits", FORGE_RSA512, INKAN_FAIL},
};

static void run_key(const void *row)
{
	const struct key_row *r = row;
	const struct zone_row zone = {KEY_NAME, forge_record(r->key), 0};
	struct buf first, second, message;

	buf_init(&first, 100000);
	buf_init(&second, 100000);
	buf_init(&message, 100000);
	buf_put_c(&first, AAR("1") "\r\n" MAIL);
	forge(&second, AMS("1"), r->key, buf_str(&first));
	forge_seal(&message, AS("1", "none"), 1, r->key, buf_str(&second));
	assert_int_equal(judge_chain(buf_str(&message), &zone, 1).result, r->want);
	buf_release(&first);
	buf_release(&second);
	buf_release(&message);
}

/* Nothing is known before the keys are there; where the chain is broken anyhow nobody is asked. */
static void run_pending(const void *row)
{
	static const char *const broken[STEPS_MAX] = {SET("1", "none"), SET("2", "fail")};
	struct buf message;

	(void)row;
	buf_init(&message, 100000);
	put_sealed(&message, 3);
	struct judged_chain chain = judge_chain(buf_str(&message), NULL, 0);

	assert_true(chain.pending);
	assert_int_equal(chain.questions, 1); /* six signatures, one name */
	buf_release(&message);
	build(&message, broken);
	chain = judge_chain(buf_str(&message), NULL, 0);
	assert_false(chain.pending);
	assert_int_equal(chain.questions, 0);
	buf_release(&message);
}

/* ---- hostile sizes ---- */

static const struct bulk_row {
	const char *name;
	unsigned first, last; /* instances */
	size_t results_size;  /* octets of each ARC-Authentication-Results */
	const char *reason;
	size_t questions_max;
} bulks[] = {
	{"A1 50 sets with 100 names of keys", 1, 50, 100, "i=50 ARC-Message-Signature: ", 100},
	{"A1 51 sets", 1, 51, 100, "more than 50 sets", 0},
	{"A1 500 sets", 1, 500, 100, "more than 50 sets", 0},
	{"A1 49 sets without the first", 2, 50, 100, "i=1: a set is missing", 0},
	{"A16 results of 262,144 octets", 1, 1, ARC_FIELD_MAX, "i=1 ARC-Message-Signature: ", 2},
	{"A16 results of 262,145 octets", 1, 1, ARC_FIELD_MAX + 1, "a field is larger than 262144 octets", 0},
	{"A16 results of a megabyte", 1, 1, 1024 * 1024, "a field is larger than 262144 octets", 0},
	{"A16 15 sets with results of 262,144 octets", 1, 15, ARC_FIELD_MAX, "i=15 ARC-Message-Signature: ", 30},
};

/* A set with keys of its own, whose signatures say nothing. */
static void put_bulk_set(struct buf *out, unsigned i, size_t results_size)
{
	size_t begin = out->n;

	buf_printf(out, "ARC-Authentication-Results: i=%u; mx.example; dkim=pass reason=\"", i);
	while (out->n - begin + 1 < results_size)
		buf_put_char(out, 'x');
	buf_printf(
		out,
		"\"\r\nARC-Message-Signature: i=%u; a=rsa-sha256; c=relaxed/relaxed; d=m%u.example.com; s=s; h=from; "
		"l=%u; bh=47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=; b=AAAA\r\n",
		i, i, i);
	buf_printf(out, "ARC-Seal: i=%u; a=rsa-sha256; cv=%s; d=s%u.example.com; s=s; b=AAAA\r\n", i,
	           i == 1 ? "none" : "pass", i);
}

static void run_bulk(const void *row)
{
	const struct bulk_row *r = row;
	const struct zone_row zone = {KEY_NAME, forge_record(FORGE_RSA2048), 0};
	struct buf message;

	buf_init(&message, SIZE_MAX / 2);
	for (unsigned i = r->first; i <= r->last; i++)
		put_bulk_set(&message, i, r->results_size);
	buf_put_c(&message, MAIL);
	assert_int_equal(buf_error(&message), INKAN_OK);
	struct judged_chain chain = judge_chain(buf_str(&message), &zone, 1);

	assert_int_equal(chain.result, INKAN_FAIL);
	if (!strstr(chain.reason, r->reason))
		fail_msg("%s", chain.reason);
	assert_int_equal(chain.questions, r->questions_max);
	assert_true(chain.listed_sets <= ARC_SETS_MAX);
	buf_release(&message);
}

/* Fields beyond a trouble are not read: as many as a header may have cost no more than a few. */
static void run_duplicates(const void *row)
{
	struct buf message;

	(void)row;
	buf_init(&message, SIZE_MAX / 2);
	for (unsigned i = 0; i < 9000; i++)
		buf_put_c(&message, i % 2 ? "ARC-Seal: i=1; cv=none\r\n" : "ARC-Message-Signature: i=1; h=from\r\n");
	buf_put_c(&message, MAIL);
	struct judged_chain chain = judge_usual_chain(buf_str(&message));

	assert_int_equal(chain.result, INKAN_FAIL);
	assert_int_equal(chain.questions, 0);
	buf_release(&message);
}

int main(void)
{
	struct test_list list = {0};

	TEST_TABLE(&list, chains, run_chain);
	TEST_TABLE(&list, zones, run_zone);
	TEST_TABLE(&list, key_rows, run_key);
	test_add(&list, "A2 a chain that is broken anyhow needs no DNS", run_pending, NULL);
	TEST_TABLE(&list, bulks, run_bulk);
	test_add(&list, "A1 9,000 fields of one instance", run_duplicates, NULL);
	return test_run(&list, "arc/verify");
}

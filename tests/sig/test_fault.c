/* The words for each fault: what callers, Authentication-Results and people get to see (RFC 8601 section 2.7.1; RULES V33). */
#include "sig/fault.h"

#include <stdio.h>
#include <string.h>

#include "support/case.h"

static const struct row {
	const char *name; /* the reason, as Authentication-Results has it */
	enum dkim_fault_id id;
	const char *words; /* result, cause, explanation */
	const char *section;
} rows[] = {
	{"", DKIM_FAULT_NONE, "pass ok ", "RFC 6376 section 6.1.3"},
	{"signature field is larger than 65536 octets", DKIM_FAULT_FIELD_SIZE, "neutral syntax signature_field",
         "RFC 6376 section 3.5"},
	{"signature field is not a tag list", DKIM_FAULT_TAG_LIST, "neutral syntax signature_field",
         "RFC 6376 section 3.2"},
	{"a tag occurs twice", DKIM_FAULT_DUPLICATE_TAG, "neutral syntax signature_field", "RFC 6376 section 3.2"},
	{"a required tag is missing", DKIM_FAULT_MISSING_TAG, "permerror syntax signature_field",
         "RFC 6376 section 6.1.1"},
	{"v= is not 1", DKIM_FAULT_VERSION, "permerror syntax signature_field", "RFC 6376 section 6.1.1"},
	{"unknown signature algorithm", DKIM_FAULT_ALGORITHM, "neutral unsupported signature_field",
         "RFC 6376 section 3.3.4"},
	{"unknown canonicalization", DKIM_FAULT_CANONICALIZATION, "neutral unsupported signature_field",
         "RFC 6376 section 6.1.1"},
	{"unknown query method", DKIM_FAULT_QUERY_METHOD, "neutral unsupported signature_field",
         "RFC 6376 section 6.1.1"},
	{"l= is not a number", DKIM_FAULT_LENGTH_SYNTAX, "permerror syntax signature_field", "RFC 6376 section 3.5"},
	{"t= or x= is not a number", DKIM_FAULT_TIME_SYNTAX, "permerror syntax signature_field",
         "RFC 6376 section 3.5"},
	{"x= is not after t=", DKIM_FAULT_EXPIRATION_ORDER, "permerror syntax signature_field", "RFC 6376 section 3.5"},
	{"more than 1000 names in h=", DKIM_FAULT_TOO_MANY_NAMES, "permerror syntax signature_field",
         "RFC 6376 section 3.5"},
	{"From is not signed", DKIM_FAULT_FROM_UNSIGNED, "permerror syntax signature_field", "RFC 6376 section 6.1.1"},
	{"d= is not a domain name", DKIM_FAULT_DOMAIN, "permerror syntax signature_field", "RFC 6376 section 3.5"},
	{"s= is not a selector", DKIM_FAULT_SELECTOR, "permerror syntax signature_field", "RFC 6376 section 3.1"},
	{"i= is not at or below d=", DKIM_FAULT_AUID, "permerror syntax signature_field", "RFC 6376 section 6.1.1"},
	{"bh= is not a hash of the algorithm", DKIM_FAULT_BODY_HASH_SYNTAX, "permerror syntax signature_field",
         "RFC 6376 section 3.5"},
	{"b= is not base64", DKIM_FAULT_SIGNATURE_SYNTAX, "permerror syntax signature_field", "RFC 6376 section 3.5"},
	{"l= is larger than the body", DKIM_FAULT_LENGTH_BEYOND_BODY, "permerror syntax signature_field",
         "RFC 6376 section 3.5"},
	{"rsa-sha1 is not acceptable", DKIM_FAULT_SHA1, "permerror policy receiver_policy", "RFC 8301 section 3.1"},
	{"signature expired", DKIM_FAULT_EXPIRED, "permerror expired receiver_policy", "RFC 6376 section 6.1.1"},
	{"signature is from the future", DKIM_FAULT_FUTURE, "policy policy receiver_policy", "RFC 6376 section 3.5"},
	{"too many signatures; not evaluated", DKIM_FAULT_TOO_MANY_SIGNATURES, "policy policy receiver_policy",
         "RFC 6376 section 6.1"},
	{"l= leaves a part of the body unsigned", DKIM_FAULT_PARTIAL_BODY, "policy policy receiver_policy",
         "RFC 6376 section 8.2"},
	{"d= is a public suffix", DKIM_FAULT_PUBLIC_SUFFIX, "policy policy receiver_policy", "RFC 6376 section 6.1.1"},
	{"key lookup failed: server failure", DKIM_FAULT_DNS_SERVFAIL, "temperror dns dns", "RFC 6376 section 6.1.2"},
	{"key lookup failed: no answer in time", DKIM_FAULT_DNS_TIMEOUT, "temperror dns dns", "RFC 6376 section 6.1.2"},
	{"key lookup failed: DNSSEC validation failed", DKIM_FAULT_DNS_BOGUS, "temperror dns dns",
         "RFC 6376 section 6.1.2"},
	{"key lookup failed: endless chain of CNAMEs", DKIM_FAULT_DNS_LOOP, "temperror dns dns",
         "RFC 6376 section 6.1.2"},
	{"no key for signature", DKIM_FAULT_KEY_MISSING, "permerror key_missing key_problem", "RFC 6376 section 6.1.2"},
	{"key record is not a tag list", DKIM_FAULT_KEY_TAG_LIST, "permerror key_syntax key_problem",
         "RFC 6376 section 3.6.1"},
	{"key record is larger than 8192 octets", DKIM_FAULT_KEY_SIZE, "permerror key_syntax key_problem",
         "RFC 6376 section 3.6.1"},
	{"key record has a wrong or misplaced version", DKIM_FAULT_KEY_VERSION, "permerror key_syntax key_problem",
         "RFC 6376 section 3.6.1"},
	{"key record has no p=", DKIM_FAULT_KEY_NO_P, "permerror key_syntax key_problem", "RFC 6376 section 3.6.1"},
	{"key revoked", DKIM_FAULT_KEY_REVOKED, "permerror key_revoked key_problem", "RFC 6376 section 6.1.2"},
	{"unknown key type", DKIM_FAULT_KEY_TYPE, "permerror key_unusable key_problem", "RFC 6376 section 3.6.1"},
	{"public key is not base64", DKIM_FAULT_KEY_BASE64, "permerror key_syntax key_problem",
         "RFC 6376 section 3.6.1"},
	{"public key cannot be decoded", DKIM_FAULT_KEY_ENCODING, "permerror key_syntax key_problem",
         "RFC 6376 section 3.6.1"},
	{"key is longer than 8192 bits", DKIM_FAULT_KEY_TOO_LONG, "permerror key_unusable key_problem",
         "RFC 8301 section 3.2"},
	{"key has unsafe parameters", DKIM_FAULT_KEY_WEAK, "permerror key_unusable key_problem",
         "RFC 8301 section 3.2"},
	{"key is too short", DKIM_FAULT_KEY_TOO_SHORT, "permerror key_unusable key_problem", "RFC 8301 section 3.2"},
	{"key type does not fit the signature algorithm", DKIM_FAULT_KEY_ALGORITHM,
         "permerror key_unusable key_problem", "RFC 6376 section 6.1.2"},
	{"key record does not allow the hash algorithm", DKIM_FAULT_KEY_HASH, "permerror key_unusable key_problem",
         "RFC 6376 section 6.1.2"},
	{"key record is not for e-mail", DKIM_FAULT_KEY_SERVICE, "permerror key_unusable key_problem",
         "RFC 6376 section 3.6.1"},
	{"key record (t=s) does not allow a subdomain in i=", DKIM_FAULT_KEY_STRICT,
         "permerror key_unusable key_problem", "RFC 6376 section 3.6.1"},
	{"body hash did not verify", DKIM_FAULT_BODY_CHANGED, "fail body_hash_mismatch content_changed",
         "RFC 6376 section 6.1.3"},
	{"signature did not verify", DKIM_FAULT_HEADER_CHANGED, "fail signature_mismatch header_changed",
         "RFC 6376 section 6.1.3"},
	{"signature was not made with the published key", DKIM_FAULT_OTHER_KEY, "fail signature_mismatch key_problem",
         "RFC 6376 section 6.1.3"},
};

static void run_row(const void *row)
{
	const struct row *r = row;
	const struct dkim_fault *f = dkim_fault(r->id);
	char words[200];

	snprintf(words, sizeof words, "%s %s %s", inkan_result_name(f->result), inkan_dkim_cause_name(f->cause),
	         inkan_dkim_explanation_name(f->explanation));
	assert_string_equal(words, r->words);
	assert_string_equal(f->reason, r->name);
	assert_string_equal(f->section, r->section);
}

static void run_complete(const void *row)
{
	(void)row;
	assert_int_equal(sizeof rows / sizeof *rows, DKIM_FAULT_COUNT);
	for (size_t i = 0; i < DKIM_FAULT_COUNT; i++)
		assert_int_equal(rows[i].id, i);
}

static void run_out_of_range(const void *row)
{
	(void)row;
	assert_string_equal(inkan_result_name(INKAN_NONE), "none");
	assert_string_equal(inkan_result_name((enum inkan_result)99), "permerror");
	assert_string_equal(inkan_result_name((enum inkan_result) - 1), "permerror");
	assert_string_equal(inkan_dkim_cause_name((enum inkan_dkim_cause)99), "syntax");
	assert_string_equal(inkan_dkim_explanation_name((enum inkan_dkim_explanation)99), "");
}

int main(void)
{
	struct test_list list = {0};

	TEST_TABLE(&list, rows, run_row);
	test_add(&list, "V33 every fault has its words", run_complete, NULL);
	test_add(&list, "words for values that are none", run_out_of_range, NULL);
	return test_run(&list, "sig/fault");
}

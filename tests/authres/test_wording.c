/* The words of other receivers (REQUIREMENTS C-6): fields as they write them, and the one cause of each. */
#include "authres/wording.h"

#include "support/case.h"

/* Header fields as seen in the wild, names of strangers replaced. */
/* clang-format off */
static const struct row {
	const char *name;
	const char *value;
	size_t which; /* result of the field */
	enum authres_cause cause;
} rows[] = {
	{"C-6 Gmail: body hash", "mx.google.com; dkim=neutral (body hash did not verify) header.i=@a.example header.s=s header.b=x", 0, AUTHRES_BODY_HASH_MISMATCH},
	{"C-6 Apple: body hash", "bimi.icloud.com; dkim=fail reason=\"signature verification failed - bh mismatch\" header.d=a.example", 0, AUTHRES_BODY_HASH_MISMATCH},
	{"C-6 Microsoft: body hash, without an id", "spf=fail (sender IP is 192.0.2.1)\r\n smtp.mailfrom=a.example; b.example; dkim=fail\r\n (body hash did not verify) header.d=a.example;b.example; dmarc=none action=none", 1, AUTHRES_BODY_HASH_MISMATCH},
	{"C-6 amavis: body hash in the reason", "mail.a.example (amavisd-new); dkim=fail (4096-bit key)\r\n\treason=\"fail (body has been altered)\" header.d=a.example", 0, AUTHRES_BODY_HASH_MISMATCH},
	{"C-6 amavis: an old softfail", "mm.a.example (amavisd-new); dkim=softfail\r\n\t(fail, body has been altered) header.i=@a.example", 0, AUTHRES_BODY_HASH_MISMATCH},
	{"C-6 Exim: body hash", "mx.a.example; dkim=fail (body hash mismatch; body probably modified in transit) header.d=a.example", 0, AUTHRES_BODY_HASH_MISMATCH},
	{"C-6 rspamd: body hash in quotes", "mail.a.example; dkim=fail (\"body hash did not verify\") header.d=a.example", 0, AUTHRES_BODY_HASH_MISMATCH},
	{"C-6 Cisco: hardfail", "esa.a.example; dkim=hardfail (body hash did not verify [final]) header.i=@a.example", 0, AUTHRES_BODY_HASH_MISMATCH},
	{"C-6 folding within the words does not hide them", "mx.a.example; dkim=fail (Body  hash\r\n\tdid not verify)", 0, AUTHRES_BODY_HASH_MISMATCH},
	{"C-6 OpenDKIM: signature", "mx.a.example; dkim=fail reason=\"signature verification failed\" (2048-bit key; unprotected) header.d=a.example", 0, AUTHRES_SIGNATURE_MISMATCH},
	{"C-6 rspamd: signature", "mx.a.example; dkim=fail (\"headers rsa verify failed\") header.d=a.example", 0, AUTHRES_SIGNATURE_MISMATCH},
	{"C-6 Exim: signature", "mx.a.example; dkim=fail (signature did not verify; headers probably modified in transit)", 0, AUTHRES_SIGNATURE_MISMATCH},
	{"C-6 Microsoft: signature", "mx.microsoft.com 1; dkim=fail (signature did not verify) header.d=a.example", 0, AUTHRES_SIGNATURE_MISMATCH},
	{"C-6 mailauth: signature", "mx.a.example; dkim=fail (bad signature) header.i=@a.example", 0, AUTHRES_SIGNATURE_MISMATCH},
	{"C-6 Vade: signature, neutral", "a.example 1; dkim=neutral reason=\"invalid signature\" header.d=b.example", 0, AUTHRES_SIGNATURE_MISMATCH},
	{"C-6 Gmail: no key", "mx.google.com; dkim=neutral (no key) header.i=@a.example header.s=2020e", 0, AUTHRES_KEY_MISSING},
	{"C-6 Microsoft: no key", "dkim=fail (no key for signature) header.d=a.example", 0, AUTHRES_KEY_MISSING},
	{"C-6 OpenDKIM: no key", "mx.a.example; dkim=fail (0-bit key) header.d=a.example reason=\"key not found in DNS\"", 0, AUTHRES_KEY_MISSING},
	{"C-6 Fastmail: no key", "mx.a.example; dkim=invalid (public key: not available, unknown key) header.d=a.example", 0, AUTHRES_KEY_MISSING},
	{"C-6 Microsoft: time-out", "dkim=timeout (key query timeout) header.d=a.example", 0, AUTHRES_DNS},
	{"C-6 Exim: key not to be had", "mx.a.example; dkim=tmperror (pubkey unavailable)", 0, AUTHRES_DNS},
	{"C-6 OpenDKIM: temperror", "mx.a.example; dkim=temperror (0-bit key) header.d=a.example", 0, AUTHRES_DNS},
	{"C-6 OpenDKIM: a key that it cannot load", "mx.a.example; dkim=permerror (0-bit key) header.d=a.example", 0, AUTHRES_KEY_UNUSABLE},
	{"C-6 Gmail: weak key", "mx.google.com; dkim=policy (weak key) header.i=@a.example", 0, AUTHRES_KEY_UNUSABLE},
	{"C-6 OpenDKIM: revoked", "mx.a.example; dkim=fail reason=\"key revoked\"", 0, AUTHRES_KEY_REVOKED},
	{"C-6 Exim: key record", "mx.a.example; dkim=neutral (public key record import problem)", 0, AUTHRES_KEY_SYNTAX},
	{"C-6 OpenDKIM: expired", "mx.a.example; dkim=fail reason=\"signature expired\"", 0, AUTHRES_EXPIRED},
	{"C-6 Exim: version", "mx.a.example; dkim=neutral (unsupported DKIM version)", 0, AUTHRES_UNSUPPORTED},
	{"C-6 Exim: field", "mx.a.example; dkim=neutral (signature tag missing or invalid)", 0, AUTHRES_SYNTAX},
	{"C-6 Microsoft: not signed", "dkim=none (message not signed) header.d=none;dmarc=none action=none header.from=a.example;", 0, AUTHRES_UNSIGNED},
	{"C-6 Cisco: not signed is neutral", "sj.a.example; dkim=neutral (message not signed) header.i=none", 0, AUTHRES_UNSIGNED},
	{"C-6 a bare fail", "mx.google.com; dkim=fail header.i=@a.example", 0, AUTHRES_DKIM_FAILED},
	{"C-6 a bare neutral", "mx.google.com; dkim=neutral header.i=@a.example", 0, AUTHRES_UNCLEAR},
	{"C-6 pass stays pass", "mx.a.example; dkim=pass (no key was ever better)", 0, AUTHRES_PASSED},

	{"C-6 Gmail: SPF fail", "mx.google.com; spf=fail (google.com: domain of x@a.example does not designate 192.0.2.1 as permitted sender) smtp.mailfrom=x@a.example", 0, AUTHRES_SPF_NOT_LISTED},
	{"C-6 Gmail: SPF softfail", "mx.google.com; spf=softfail (google.com: domain of transitioning x@a.example does not designate 192.0.2.1 as permitted sender) smtp.mailfrom=x@a.example", 0, AUTHRES_SPF_SOFTFAIL},
	{"C-6 Gmail: SPF neutral", "mx.google.com; spf=neutral (google.com: 192.0.2.1 is neither permitted nor denied by best guess record for domain of x@a.example) smtp.mailfrom=x@a.example", 0, AUTHRES_SPF_NEUTRAL},
	{"C-6 Gmail: SPF none", "mx.google.com; spf=none (google.com: a.example does not designate permitted sender hosts) smtp.helo=a.example", 0, AUTHRES_SPF_NO_RECORD},
	{"C-6 Gmail: SPF permerror", "mx.google.com; spf=permerror (google.com: permanent error in processing during lookup of x@a.example: b.example not found) smtp.mailfrom=x@a.example", 0, AUTHRES_SPF_BROKEN},
	{"C-6 policyd-spf: void look-ups", "mx.a.example; spf=permerror (SPF Permanent Error: Void lookup limit of 2 exceeded) smtp.mailfrom=a.example", 0, AUTHRES_SPF_VOID_LOOKUPS},
	{"C-6 policyd-spf: look-ups", "mx.a.example; spf=permerror (SPF Permanent Error: Too many DNS lookups) smtp.mailfrom=a.example", 0, AUTHRES_SPF_TOO_MANY_LOOKUPS},
	{"C-6 Mail::SPF: look-ups", "mx.a.example; spf=permerror reason=\"Maximum DNS-interactive terms limit (10) exceeded\"", 0, AUTHRES_SPF_TOO_MANY_LOOKUPS},
	{"C-6 policyd-spf: syntax", "mx.a.example; spf=permerror (SPF Permanent Error: Unknown mechanism\r\n found: ip:192.0.2.88/32) smtp.mailfrom=a.example", 0, AUTHRES_SPF_BROKEN},
	{"C-6 policyd-spf: two records", "mx.a.example; spf=permerror (SPF Permanent Error: Two or more type TXT spf records found.)", 0, AUTHRES_SPF_SEVERAL_RECORDS},
	{"C-6 policyd-spf: DNS", "mx.a.example; spf=temperror (SPF Temporary Error: DNS Timeout) smtp.mailfrom=a.example", 0, AUTHRES_SPF_DNS},

	{"C-6 Gmail: DMARC quarantined", "mx.google.com; dmarc=fail (p=REJECT sp=REJECT dis=QUARANTINE) header.from=a.example", 0, AUTHRES_DMARC_QUARANTINED},
	{"C-6 Gmail: DMARC, nothing done", "mx.google.com; dmarc=fail (p=NONE sp=NONE dis=NONE) header.from=a.example", 0, AUTHRES_DMARC_FAILED},
	{"C-6 Microsoft: oreject", "spf=pass smtp.mailfrom=b.example; dmarc=fail action=oreject header.from=a.example;compauth=fail reason=000", 1, AUTHRES_DMARC_OVERRIDDEN},
	{"C-6 Microsoft: quarantine", "spf=pass smtp.mailfrom=b.example; dmarc=fail action=quarantine header.from=a.example", 1, AUTHRES_DMARC_QUARANTINED},
	{"C-6 Microsoft: best guess", "spf=pass smtp.mailfrom=b.example; dmarc=bestguesspass action=none header.from=a.example", 1, AUTHRES_DMARC_BEST_GUESS},
	{"C-6 rspamd: not aligned", "mx.a.example; dmarc=fail reason=\"SPF not aligned (relaxed), DKIM not aligned (relaxed)\" header.from=a.example (policy=none)", 0, AUTHRES_DMARC_NOT_ALIGNED},
	{"C-6 the RFC's own property", "mx.a.example; dmarc=fail header.from=a.example policy.dmarc=reject", 0, AUTHRES_DMARC_REJECTED},
	{"C-6 Microsoft: compauth by policy", "spf=pass smtp.mailfrom=b.example; compauth=fail reason=000", 1, AUTHRES_COMPAUTH_EXPLICIT},
	{"C-6 Microsoft: compauth by reckoning", "spf=none smtp.mailfrom=b.example; compauth=fail reason=001", 1, AUTHRES_COMPAUTH_IMPLICIT},
	{"C-6 Microsoft: compauth passed", "spf=none smtp.mailfrom=b.example; compauth=pass reason=100", 1, AUTHRES_PASSED},
	{"C-6 rspamd: ARC", "mx.a.example; arc=reject (\"signature check failed: fail, {[1] = sig:a.example:reject}\")", 0, AUTHRES_ARC_FAILED},
	{"C-6 iprev", "mx.a.example; iprev=fail policy.iprev=192.0.2.1", 0, AUTHRES_IPREV_FAILED},
	{"R5 an unknown method means nothing", "mx.a.example; x-new=fail (body hash did not verify)", 0, AUTHRES_UNCLEAR},
};

/* clang-format on */

static void run_row(const void *row)
{
	const struct row *r = row;
	struct authres_field field;
	enum authres_cause cause;
	struct arena arena;

	arena_init(&arena, 1 << 20);
	assert_int_equal(authres_parse(&arena, str_c(r->value), AUTHRES_RELAXED, &field), INKAN_OK);
	if (!field.valid)
		fail_msg("%s at %zu", field.trouble, field.position);
	assert_true(r->which < field.result_count);
	(void)authres_wording(&field.results[r->which], &cause);
	assert_string_equal(authres_cause_name(cause), authres_cause_name(r->cause));
	arena_release(&arena);
}

/* Every row of the table decides what it says, and is not hidden by one above it. */
static void run_table(const void *row)
{
	size_t count;
	const struct authres_wording *table = authres_wordings(&count);

	(void)row;
	for (size_t i = 0; i < count; i++) {
		struct authres_result result = {.method = str_c(table[i].method),
		                                .result = str_c(table[i].result ? table[i].result : "odd"),
		                                .comment = str_c(table[i].text)};
		struct authres_property_value property = {str_c(table[i].text), STR_NULL};
		enum authres_cause cause;
		const struct authres_wording *found = authres_wording(&result, &cause);

		if (found->cause != table[i].cause)
			fail_msg("%s=%s (%s): %s", table[i].method, table[i].result ? table[i].result : "*",
			         table[i].text, authres_cause_name(cause));
		result.comment = STR_NULL;
		result.reason = str_c(table[i].text);
		assert_int_equal(authres_wording(&result, &cause)->cause, table[i].cause);
		result.reason = STR_NULL;
		result.properties = &property;
		result.property_count = 1;
		assert_int_equal(authres_wording(&result, &cause)->cause, table[i].cause);
	}
}

static void run_names(const void *row)
{
	(void)row;
	for (int i = 0; i < AUTHRES_CAUSE_COUNT; i++) {
		assert_non_null(authres_cause_name((enum authres_cause)i));
		for (int k = 0; k < i; k++)
			assert_string_not_equal(authres_cause_name((enum authres_cause)i),
			                        authres_cause_name((enum authres_cause)k));
	}
	assert_string_equal(authres_cause_name(AUTHRES_BODY_HASH_MISMATCH), "body_hash_mismatch");
	assert_string_equal(authres_cause_name(AUTHRES_POLICY), "policy");
}

static void run_dkim(const void *row)
{
	struct authres_result result = {
		.method = STR("dkim"), .result = STR("fail"), .comment = STR("body has been altered")};
	enum inkan_dkim_cause cause;

	(void)row;
	assert_true(authres_dkim_cause(&result, &cause));
	assert_int_equal(cause, INKAN_DKIM_BODY_HASH_MISMATCH);
	result.result = STR("pass");
	assert_true(authres_dkim_cause(&result, &cause));
	assert_int_equal(cause, INKAN_DKIM_OK);
	result.result = STR("none");
	result.comment = STR_NULL;
	assert_false(authres_dkim_cause(&result, &cause));
	result.method = STR("spf");
	assert_false(authres_dkim_cause(&result, &cause));
}

int main(void)
{
	struct test_list list = {0};

	TEST_TABLE(&list, rows, run_row);
	test_add(&list, "C-6 every row of the table is reached, in reason, comment and property", run_table, NULL);
	test_add(&list, "C-6 every cause has a name of its own", run_names, NULL);
	test_add(&list, "C-6 causes of DKIM are those of our own verifier", run_dkim, NULL);
	return test_run(&list, "authres/wording");
}

#include "sig/fault.h"

#include <assert.h>

/* clang-format off */
#define FIELD(result, cause, reason, section)                                                                          \
	{INKAN_##result, INKAN_DKIM_##cause, INKAN_EXPLAIN_SIGNATURE_FIELD, reason, "RFC 6376 section " section}
#define POLICY(result, cause, reason, section)                                                                         \
	{INKAN_##result, INKAN_DKIM_##cause, INKAN_EXPLAIN_RECEIVER_POLICY, reason, "RFC " section}
#define DNS(reason)                                                                                                    \
	{INKAN_TEMPERROR, INKAN_DKIM_DNS, INKAN_EXPLAIN_DNS, reason, "RFC 6376 section 6.1.2"}
#define KEY(cause, reason, section)                                                                                    \
	{INKAN_PERMERROR, INKAN_DKIM_KEY_##cause, INKAN_EXPLAIN_KEY_PROBLEM, reason, "RFC " section}
#define PROOF(cause, explanation, reason)                                                                              \
	{INKAN_FAIL, INKAN_DKIM_##cause, INKAN_EXPLAIN_##explanation, reason, "RFC 6376 section 6.1.3"}

static const struct dkim_fault faults[DKIM_FAULT_COUNT] = {
	[DKIM_FAULT_NONE] = {INKAN_PASS, INKAN_DKIM_OK, INKAN_EXPLAIN_NOTHING, "", "RFC 6376 section 6.1.3"},

	[DKIM_FAULT_FIELD_SIZE] = FIELD(NEUTRAL, SYNTAX, "signature field is larger than 65536 octets", "3.5"),
	[DKIM_FAULT_TAG_LIST] = FIELD(NEUTRAL, SYNTAX, "signature field is not a tag list", "3.2"),
	[DKIM_FAULT_DUPLICATE_TAG] = FIELD(NEUTRAL, SYNTAX, "a tag occurs twice", "3.2"),
	[DKIM_FAULT_MISSING_TAG] = FIELD(PERMERROR, SYNTAX, "a required tag is missing", "6.1.1"),
	[DKIM_FAULT_VERSION] = FIELD(PERMERROR, SYNTAX, "v= is not 1", "6.1.1"),
	[DKIM_FAULT_ALGORITHM] = FIELD(NEUTRAL, UNSUPPORTED, "unknown signature algorithm", "3.3.4"),
	[DKIM_FAULT_CANONICALIZATION] = FIELD(NEUTRAL, UNSUPPORTED, "unknown canonicalization", "6.1.1"),
	[DKIM_FAULT_QUERY_METHOD] = FIELD(NEUTRAL, UNSUPPORTED, "unknown query method", "6.1.1"),
	[DKIM_FAULT_LENGTH_SYNTAX] = FIELD(PERMERROR, SYNTAX, "l= is not a number", "3.5"),
	[DKIM_FAULT_TIME_SYNTAX] = FIELD(PERMERROR, SYNTAX, "t= or x= is not a number", "3.5"),
	[DKIM_FAULT_EXPIRATION_ORDER] = FIELD(PERMERROR, SYNTAX, "x= is not after t=", "3.5"),
	[DKIM_FAULT_TOO_MANY_NAMES] = FIELD(PERMERROR, SYNTAX, "more than 1000 names in h=", "3.5"),
	[DKIM_FAULT_FROM_UNSIGNED] = FIELD(PERMERROR, SYNTAX, "From is not signed", "6.1.1"),
	[DKIM_FAULT_DOMAIN] = FIELD(PERMERROR, SYNTAX, "d= is not a domain name", "3.5"),
	[DKIM_FAULT_SELECTOR] = FIELD(PERMERROR, SYNTAX, "s= is not a selector", "3.1"),
	[DKIM_FAULT_AUID] = FIELD(PERMERROR, SYNTAX, "i= is not at or below d=", "6.1.1"),
	[DKIM_FAULT_BODY_HASH_SYNTAX] = FIELD(PERMERROR, SYNTAX, "bh= is not a hash of the algorithm", "3.5"),
	[DKIM_FAULT_SIGNATURE_SYNTAX] = FIELD(PERMERROR, SYNTAX, "b= is not base64", "3.5"),
	[DKIM_FAULT_LENGTH_BEYOND_BODY] = FIELD(PERMERROR, SYNTAX, "l= is larger than the body", "3.5"),

	[DKIM_FAULT_SHA1] = POLICY(PERMERROR, POLICY, "rsa-sha1 is not acceptable", "8301 section 3.1"),
	[DKIM_FAULT_EXPIRED] = POLICY(PERMERROR, EXPIRED, "signature expired", "6376 section 6.1.1"),
	[DKIM_FAULT_FUTURE] = POLICY(POLICY, POLICY, "signature is from the future", "6376 section 3.5"),
	[DKIM_FAULT_TOO_MANY_SIGNATURES] = POLICY(POLICY, POLICY, "too many signatures; not evaluated", "6376 section 6.1"),
	[DKIM_FAULT_PARTIAL_BODY] = POLICY(POLICY, POLICY, "l= leaves a part of the body unsigned", "6376 section 8.2"),
	[DKIM_FAULT_PUBLIC_SUFFIX] = POLICY(POLICY, POLICY, "d= is a public suffix", "6376 section 6.1.1"),

	[DKIM_FAULT_DNS_SERVFAIL] = DNS("key lookup failed: server failure"),
	[DKIM_FAULT_DNS_TIMEOUT] = DNS("key lookup failed: no answer in time"),
	[DKIM_FAULT_DNS_BOGUS] = DNS("key lookup failed: DNSSEC validation failed"),
	[DKIM_FAULT_DNS_LOOP] = DNS("key lookup failed: endless chain of CNAMEs"),
	[DKIM_FAULT_KEY_MISSING] = KEY(MISSING, "no key for signature", "6376 section 6.1.2"),

	[DKIM_FAULT_KEY_TAG_LIST] = KEY(SYNTAX, "key record is not a tag list", "6376 section 3.6.1"),
	[DKIM_FAULT_KEY_SIZE] = KEY(SYNTAX, "key record is larger than 8192 octets", "6376 section 3.6.1"),
	[DKIM_FAULT_KEY_VERSION] = KEY(SYNTAX, "key record has a wrong or misplaced version", "6376 section 3.6.1"),
	[DKIM_FAULT_KEY_NO_P] = KEY(SYNTAX, "key record has no p=", "6376 section 3.6.1"),
	[DKIM_FAULT_KEY_REVOKED] = KEY(REVOKED, "key revoked", "6376 section 6.1.2"),
	[DKIM_FAULT_KEY_TYPE] = KEY(UNUSABLE, "unknown key type", "6376 section 3.6.1"),
	[DKIM_FAULT_KEY_BASE64] = KEY(SYNTAX, "public key is not base64", "6376 section 3.6.1"),
	[DKIM_FAULT_KEY_ENCODING] = KEY(SYNTAX, "public key cannot be decoded", "6376 section 3.6.1"),
	[DKIM_FAULT_KEY_TOO_LONG] = KEY(UNUSABLE, "key is longer than 8192 bits", "8301 section 3.2"),
	[DKIM_FAULT_KEY_WEAK] = KEY(UNUSABLE, "key has unsafe parameters", "8301 section 3.2"),
	[DKIM_FAULT_KEY_TOO_SHORT] = KEY(UNUSABLE, "key is too short", "8301 section 3.2"),
	[DKIM_FAULT_KEY_ALGORITHM] = KEY(UNUSABLE, "key type does not fit the signature algorithm", "6376 section 6.1.2"),
	[DKIM_FAULT_KEY_HASH] = KEY(UNUSABLE, "key record does not allow the hash algorithm", "6376 section 6.1.2"),
	[DKIM_FAULT_KEY_SERVICE] = KEY(UNUSABLE, "key record is not for e-mail", "6376 section 3.6.1"),
	[DKIM_FAULT_KEY_STRICT] = KEY(UNUSABLE, "key record (t=s) does not allow a subdomain in i=", "6376 section 3.6.1"),

	[DKIM_FAULT_BODY_CHANGED] = PROOF(BODY_HASH_MISMATCH, CONTENT_CHANGED, "body hash did not verify"),
	[DKIM_FAULT_HEADER_CHANGED] = PROOF(SIGNATURE_MISMATCH, HEADER_CHANGED, "signature did not verify"),
	[DKIM_FAULT_OTHER_KEY] = PROOF(SIGNATURE_MISMATCH, KEY_PROBLEM, "signature was not made with the published key"),
};
/* clang-format on */

const struct dkim_fault *dkim_fault(enum dkim_fault_id id)
{
	assert(id < DKIM_FAULT_COUNT && faults[id].reason);
	return &faults[id];
}

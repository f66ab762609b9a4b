/* Every way a signature can fail to pass, as data: result word, cause, explanation, reason, section.
 *
 * Which trouble is `neutral` and which `permerror` follows RFC 8601 section 2.7.1 and RULES V33: a field that cannot be
 * read, or of an unknown algorithm, canonical form or query method, is neutral; a readable field that breaks a rule, and
 * a key that cannot be used, is permerror. rsa-sha1 and short keys (RFC 8301) are permerror. */
#pragma once

#include "inkan/dkim.h"

enum dkim_fault_id {
	DKIM_FAULT_NONE,
	/* the signature field */
	DKIM_FAULT_FIELD_SIZE,
	DKIM_FAULT_TAG_LIST,
	DKIM_FAULT_DUPLICATE_TAG,
	DKIM_FAULT_MISSING_TAG,
	DKIM_FAULT_VERSION,
	DKIM_FAULT_ALGORITHM,
	DKIM_FAULT_CANONICALIZATION,
	DKIM_FAULT_QUERY_METHOD,
	DKIM_FAULT_LENGTH_SYNTAX,
	DKIM_FAULT_TIME_SYNTAX,
	DKIM_FAULT_EXPIRATION_ORDER,
	DKIM_FAULT_TOO_MANY_NAMES,
	DKIM_FAULT_FROM_UNSIGNED,
	DKIM_FAULT_DOMAIN,
	DKIM_FAULT_SELECTOR,
	DKIM_FAULT_AUID,
	DKIM_FAULT_BODY_HASH_SYNTAX,
	DKIM_FAULT_SIGNATURE_SYNTAX,
	DKIM_FAULT_LENGTH_BEYOND_BODY,
	/* rules of the receiver */
	DKIM_FAULT_SHA1,
	DKIM_FAULT_EXPIRED,
	DKIM_FAULT_FUTURE,
	DKIM_FAULT_TOO_MANY_SIGNATURES,
	DKIM_FAULT_PARTIAL_BODY,
	DKIM_FAULT_PUBLIC_SUFFIX,
	/* asking for the key */
	DKIM_FAULT_DNS_SERVFAIL,
	DKIM_FAULT_DNS_TIMEOUT,
	DKIM_FAULT_DNS_BOGUS,
	DKIM_FAULT_DNS_LOOP,
	DKIM_FAULT_KEY_MISSING,
	/* the key record */
	DKIM_FAULT_KEY_TAG_LIST,
	DKIM_FAULT_KEY_SIZE,
	DKIM_FAULT_KEY_VERSION,
	DKIM_FAULT_KEY_NO_P,
	DKIM_FAULT_KEY_REVOKED,
	DKIM_FAULT_KEY_TYPE,
	DKIM_FAULT_KEY_BASE64,
	DKIM_FAULT_KEY_ENCODING,
	DKIM_FAULT_KEY_TOO_LONG,
	DKIM_FAULT_KEY_WEAK,
	DKIM_FAULT_KEY_TOO_SHORT,
	DKIM_FAULT_KEY_ALGORITHM,
	DKIM_FAULT_KEY_HASH,
	DKIM_FAULT_KEY_SERVICE,
	DKIM_FAULT_KEY_STRICT,
	/* the proof itself */
	DKIM_FAULT_BODY_CHANGED,
	DKIM_FAULT_HEADER_CHANGED,
	DKIM_FAULT_OTHER_KEY,
	DKIM_FAULT_COUNT
};

struct dkim_fault {
	enum inkan_result result;
	enum inkan_dkim_cause cause;
	enum inkan_dkim_explanation explanation;
	const char *reason;
	const char *section;
};

/* Never NULL; the first entry is the pass. */
const struct dkim_fault *dkim_fault(enum dkim_fault_id id);

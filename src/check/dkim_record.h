/* Checks of a DKIM key record (RFC 6376 section 3.6.1, RFC 8301, RFC 8463; RULES S26, V13 to V19).
 *
 * Whether verifiers can use the record is decided by sig/key_record.h, the same code that verifies mail; this file says
 * why not, and what else is odd. The two never disagree: a record that is usable has no finding that is an error, and one
 * without such a finding is usable or revoked. */
#pragma once

#include "check/finding.h"
#include "crypto/crypto.h"
#include "mail/taglist.h"

struct dkim_record_report {
	struct taglist tags; /* as the record has them; before the first syntax error where there is one */
	bool is_usable;      /* a verifier can use it */
	bool is_revoked;     /* p= is empty */
	bool is_testing;     /* t=y */
	bool has_key;        /* the rest is valid */
	enum key_type type;
	unsigned bits;          /* 256 for Ed25519 */
	uint64_t exponent;      /* RSA; 0: none, or above 64 bits */
	struct str der;         /* decoded p= */
	struct public_key *key; /* owned by the report; also below the size that verifiers accept */
};

/* Checks the joined text of one record and adds findings, with positions in it. Everything but the key lives in the
 * arena of f. Errors: INKAN_ENOMEM, INKAN_ECRYPTO, INKAN_ELIMIT (the arena's cap). */
INKAN_MUST_CHECK int dkim_record_check(const struct crypto *crypto, struct findings *f, struct str value,
                                       struct dkim_record_report *out);
void dkim_record_report_release(struct dkim_record_report *report);

/* "s1._domainkey.example.com": adds a finding where a name is not that of a key record. */
void dkim_record_check_name(struct findings *f, struct str name);

/* The value of a new record for this key: "v=DKIM1; k=rsa; p=...". */
void dkim_record_print(struct buf *out, const struct public_key *key);

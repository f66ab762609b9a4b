/* Signature fields, taken apart: DKIM-Signature (RFC 6376 section 3.5; RULES V2 to V8, S13), and ARC-Message-Signature and
 * ARC-Seal, which are of the same make (RFC 8617 section 4.1; RULES A8, A9). */
#pragma once

#include "core/arena.h"
#include "core/time.h"
#include "crypto/crypto.h"
#include "inkan/dkim.h"
#include "mail/canon.h"
#include "mail/header.h"
#include "mail/taglist.h"
#include "sig/fault.h"
#include "sig/key_record.h"

enum {
	DKIM_HEADER_NAMES_MAX = 1000,     /* names in h= */
	DKIM_SIGNATURE_FIELD_MAX = 65536, /* octets of one DKIM-Signature field */
	DKIM_PREFIX_MAX = 64,             /* octets of b= that may tell signatures apart */
	/* Digits of l=, t= and x= (RFC 6376 section 3.5: at least 12 must be accepted; l= up to 76). */
	DKIM_NUMBER_DIGITS_MAX = 76
};

enum signature_kind {
	SIGNATURE_DKIM,
	SIGNATURE_DKIM_DRAFTS, /* also fields of the drafts before RFC 4871 (no v=, or v=0.5) */
	SIGNATURE_ARC_MESSAGE, /* no v=; i= is the instance */
	SIGNATURE_ARC_SEAL     /* and neither h= nor bh= */
};

enum dkim_algorithm { DKIM_RSA_SHA256, DKIM_RSA_SHA1, DKIM_ED25519_SHA256 };

struct dkim_signature {
	const struct header_field *field;
	struct taglist tags;
	const struct tag *letters['z' - 'a' + 1]; /* the tags whose name is one small letter; NULL: not there */
	const struct tag *bh;
	enum dkim_algorithm algorithm;
	enum canon header_canon, body_canon;
	struct str domain;   /* d=, lower case */
	struct str selector; /* s= */
	struct str key_name; /* where the key is, U-labels as A-labels (RFC 8616 section 5) */
	bool auid_is_below;  /* i= is below d=, not at d=; DKIM only */
	struct str *names;   /* h=, in lower case, terminated, without FWS round them */
	size_t name_count;
	bool names_are_plain;          /* nothing but graphic octets in h= */
	struct str signature;          /* b=, decoded */
	struct digest_value body_hash; /* bh=, decoded */
	bool has_length;
	uint64_t length; /* l=, clamped to UINT64_MAX */
	unix_time timestamp, expiration;
	/* Octets [b_begin, b_end) of field->raw are the value of b= with the white space round it (S17). */
	size_t b_begin, b_end;
};

/* Reads a field. All str of *out point into the message's header or the arena. *result gets what is known of the field
 * even if it cannot be verified (domain, selector, algorithm as written ...); its signature_prefix is up to
 * DKIM_PREFIX_MAX octets long, for the caller to shorten.
 * Errors: those of the arena. *fault_out: DKIM_FAULT_NONE where the signature can be verified. */
INKAN_MUST_CHECK int dkim_signature_parse(struct arena *arena, const struct header_field *field,
                                          enum signature_kind kind, struct dkim_signature *out,
                                          struct inkan_dkim_result *result, enum dkim_fault_id *fault_out);

/* Whether this record lets this signature be verified (V7, V14 to V18). allow_legacy: rsa-sha1 and short RSA keys are
 * accepted. */
enum dkim_fault_id dkim_signature_key_fault(const struct dkim_signature *s, const struct dkim_key_record *r,
                                            bool allow_legacy);

/* SHA-1 for rsa-sha1, else SHA-256. */
enum digest_kind dkim_signature_digest_kind(const struct dkim_signature *s);

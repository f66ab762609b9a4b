/* DKIM key records (RFC 6376 section 3.6.1, RFC 8301, RFC 8463 section 4; RULES V13 to V19, S26). */
#pragma once

#include "core/arena.h"
#include "crypto/crypto.h"
#include "mail/taglist.h"

enum {
	/* Octets of a record. RSA-8192, the longest key accepted, needs 1,500; the rest is for notes. */
	DKIM_KEY_RECORD_MAX = 8192
};

enum dkim_key_fault {
	DKIM_KEY_OK,
	DKIM_KEY_TOO_LARGE, /* more than DKIM_KEY_RECORD_MAX octets */
	DKIM_KEY_TAGS,      /* not a tag=value list; tag_error says why */
	DKIM_KEY_VERSION,   /* v= is there, but not first or not exactly DKIM1 (V13) */
	DKIM_KEY_NO_P,      /* p= is missing (V15) */
	DKIM_KEY_REVOKED,   /* p= is empty (V15) */
	DKIM_KEY_TYPE,      /* k= is neither rsa nor ed25519 (V14) */
	DKIM_KEY_P_BASE64,  /* p= is not base64 */
	DKIM_KEY_P_CONTENT  /* p= is no usable key of that type; trouble says why */
};

struct dkim_key_record {
	enum dkim_key_fault fault;
	enum taglist_error tag_error;
	enum key_trouble trouble;
	size_t position;        /* of the fault, octets from the start of the record */
	enum key_type type;     /* valid from DKIM_KEY_P_BASE64 on, and for DKIM_KEY_OK */
	bool allows_sha256;     /* h= is absent or lists sha256 */
	bool allows_sha1;       /* h= is absent or lists sha1 */
	bool allows_email;      /* s= is absent or lists "email" or "*" */
	bool testing;           /* t= lists y */
	bool strict_identity;   /* t= lists s: i= must be at d= itself */
	struct public_key *key; /* owned; NULL unless DKIM_KEY_OK */
};

/* Reads the joined text of one TXT record. scratch: for the tag list; nothing of *out points into it.
 * Errors: INKAN_ENOMEM, INKAN_ELIMIT of the arena, INKAN_ECRYPTO. A record that cannot be used is a fault, not an error. */
INKAN_MUST_CHECK int dkim_key_record_parse(const struct crypto *crypto, struct arena *scratch, struct str text,
                                           struct dkim_key_record *out);
void dkim_key_record_release(struct dkim_key_record *record);

/* Whether a text looks like a key record at all (V11): it begins with v=DKIM1, or has a p= tag. */
bool dkim_key_record_is_likely(struct str text);

const char *dkim_key_fault_text(enum dkim_key_fault fault);

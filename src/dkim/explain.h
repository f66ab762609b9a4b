/* Finding out which signed header field changed, by trying (RULES §5; requirement S0-21).
 *
 * A header hash says that something changed, not what. But RSA gives back the hash that was signed, so every guess costs
 * one hash: was this field added later? was this tag put in front of the subject? was that line folded anew? */
#pragma once

#include "sig/signature.h"

enum {
	DKIM_TRIALS_MAX = 400,                  /* guesses for one signature */
	DKIM_TRIAL_OCTETS_MAX = 8 * 1024 * 1024 /* octets hashed in guesses for one message */
};

struct dkim_trial {
	const struct crypto *crypto;
	struct digest *digest;
	struct arena *arena;
	const struct header *header;
	const struct dkim_signature *signature;
	const size_t *fields; /* as header_select() gave them */
	struct str input;     /* canonical octets of all selected fields, then of the signature field itself */
	struct str own;       /* set by dkim_find_changed_field(): the signature field's part of it */
	/* RSA: the digest that was signed. Ed25519: n is 0 and the key decides each guess. */
	struct digest_value signed_digest;
	struct public_key *key;
	size_t octets_left; /* of DKIM_TRIAL_OCTETS_MAX */
};

/* Sets *name_out (lower case, arena) and *change_out, or leaves both. Errors: out of memory, ECRYPTO. */
INKAN_MUST_CHECK int dkim_find_changed_field(struct dkim_trial *trial, const char **name_out, const char **change_out);

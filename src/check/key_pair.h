/* Checks of a private key in its file, and of the record that is published for it (RULES S9, S24). */
#pragma once

#include "check/dkim_record.h"
#include "dns/dns.h"

/* What the file system says about a key file. */
struct key_file_facts {
	bool is_regular;   /* an ordinary file: else mode and owner mean nothing and are not judged */
	unsigned mode;     /* permission bits */
	bool is_own;       /* owned by root or by whoever asks */
	const char *owner; /* number or name, for the text; may be NULL where is_own */
};

void key_file_check(struct findings *f, const struct key_file_facts *facts);

/* How the published record stands to a key. */
enum published {
	PUBLISHED_EQUAL,
	PUBLISHED_DIFFERENT, /* another key */
	PUBLISHED_MISSING,   /* no name, no TXT record, or none that is a key record */
	PUBLISHED_REVOKED,   /* p= is empty */
	PUBLISHED_UNUSABLE,  /* this record, but verifiers cannot use it */
	PUBLISHED_UNKNOWN    /* DNS gave no answer for now */
};

/* "equal", "different", "missing", "revoked", "unusable", "unknown" */
const char *published_name(enum published published);

/* Compares the key with the TXT answer for its name; adds findings, those on the record itself too. Errors as
 * dkim_record_check(). */
INKAN_MUST_CHECK int key_published_check(const struct crypto *crypto, struct findings *f, const struct public_key *key,
                                         const struct dns_answer *answer, enum published *out);

/* Findings on a TXT answer for SELECTOR._domainkey.DOMAIN as a whole: nothing there, several records, not signed. */
void key_answer_check(struct findings *f, const struct dns_answer *answer);

/* The kinds of findings of this file, for tests. */
extern const struct finding_kind key_pair_kinds[];
extern const size_t key_pair_kinds_count;

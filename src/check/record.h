/* A record as people paste it: which kind it is, and what went wrong in the pasting. */
#pragma once

#include "check/finding.h"

enum record_kind {
	RECORD_UNKNOWN,
	RECORD_DKIM,
	RECORD_SPF,
	RECORD_DMARC,
	RECORD_DMARC_REPORT, /* who agrees to get the reports of another domain */
	RECORD_TLSRPT,
	RECORD_MTA_STS,
	RECORD_BIMI
};

/* "dkim", "spf", "dmarc", "dmarc-report", "tlsrpt", "mta-sts", "bimi"; NULL for RECORD_UNKNOWN */
const char *record_kind_name(enum record_kind kind);
/* False for any other word; RECORD_UNKNOWN has none. */
bool record_kind_from_name(struct str name, enum record_kind *out);
/* By its version tag (of the two DMARC kinds by the owner name too), else by its owner name, else by a p= tag. */
enum record_kind record_kind_guess(struct str name, struct str value);

/* A record taken out of what was pasted. */
struct pasted_record {
	struct str name; /* owner name, where one was pasted, else empty */
	struct str
		value; /* strings joined; the pasted text itself where it cannot be read. A quote that is missing at the end
			   * is put there */
	bool is_readable;
};

/* Takes the record out of the text and adds findings on the pasting: private key, quotes that do not match, a string
 * above 255 octets, several records, a doubled domain. Positions in them are octets of pasted_record.value. Of several
 * records the first of a kind that is known is taken. Whether memory sufficed, the arena says. */
void pasted_record_read(struct findings *f, struct str pasted, struct pasted_record *out);

/* Octets of one character-string (RFC 1035 section 3.3). */
enum { CHARACTER_STRING_MAX = 255 };

/* The kinds of findings of this file, for tests. */
extern const struct finding_kind pasted_kinds[];
extern const size_t pasted_kinds_count;

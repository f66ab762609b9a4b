/* Checks of a whole zone: its mail records one by one, what is wrong between them, and what a change of it does to mail. */
#pragma once

#include "check/record.h"
#include "crypto/crypto.h"
#include "dns/zone_file.h"
#include "inkan/dmarc.h"

/* A place of the zone, with the findings[begin] to findings[end - 1] on it. */
struct zone_spot {
	size_t line; /* in the file of the new zone, or of the old one where the set is gone */
	struct str name;
	enum dns_type type;
	enum record_kind kind; /* RECORD_UNKNOWN: not a record of its own */
	struct str value;      /* of TXT records: positions of findings are octets of it */
	bool is_gone;          /* zone_compare(): the line is one of the old zone */
	size_t begin, end;
};

struct zone_work {
	const struct crypto *crypto;
	struct findings *f;
	enum inkan_dmarc_profile profile;
	struct zone_spot *spots; /* in the arena of f */
	size_t count, capacity;
};

/* Adds a spot for each mail record (SPF, DKIM, DMARC, its report authorisation, TLSRPT, MTA-STS, BIMI) and for each set that is
 * wrong beside others, in the order of lines. Errors: those of the arena, INKAN_ECRYPTO. */
INKAN_MUST_CHECK int zone_check(struct zone_work *w, const struct zone *zone);
/* Adds a spot for each set of mail that differs, judged: keys removed, policies weakened, senders dropped. What is new is checked as
 * above. */
INKAN_MUST_CHECK int zone_compare(struct zone_work *w, const struct zone *before, const struct zone *after);

extern const struct finding_kind zone_kinds[];
extern const size_t zone_kinds_count;

/* The records that an identity needs in DNS, as they should be now (S0-8, S3-26, S3-32). */
#pragma once

#include "core/text.h"
#include "dns/record_set.h"
#include "identity/identity.h"

enum expected_kind {
	EXPECTED_KEY,   /* TXT with a key: at the domain (TXT scheme) or in our own zone (CNAME schemes) */
	EXPECTED_ALIAS, /* CNAME of the domain into our zone */
	EXPECTED_MAIL_FROM_MX,
	EXPECTED_MAIL_FROM_SPF,
	EXPECTED_DMARC /* offered where the domain has none (S3-39) */
};

enum { EXPECTED_MAX = 16, EXPECTED_TTL = 3600 /* seconds (S2-20) */ };

struct expected {
	enum expected_kind kind;
	size_t slot;           /* of EXPECTED_KEY, EXPECTED_ALIAS */
	bool ours;             /* lies in our own zone (host_zone): the registrar publishes it, nobody has to copy it */
	struct record_set set; /* count 0: must not be there (withdrawn) */
	struct text note;      /* what it is for, one line; says which one is the SPF record (S3-33) */
};

struct expected_list {
	struct expected list[EXPECTED_MAX];
	size_t count;
};

/* Records for people come first, ours last. dmarc: offer a DMARC record (p=none). */
INKAN_MUST_CHECK int expected_records(struct arena *arena, const struct identity *identity, bool dmarc,
                                      struct expected_list *out);

/* Zone files (RFC 1035 section 5): read into record sets, and edited so that all else in the file stays as it was. */
#pragma once

#include "dns/record_set.h"

enum {
	ZONE_FILE_SIZE_MAX = 64 * 1024 * 1024, /* octets */
	ZONE_FILE_SETS_MAX = 1000 * 1000
};

struct zone_error {
	size_t line, column; /* from 1 */
	char text[200];
};

struct zone_set {
	struct record_set set;
	size_t line; /* where its first record stands */
};

struct zone {
	struct str origin;     /* apex */
	uint32_t default_ttl;  /* $TTL, or the SOA's minimum */
	uint32_t negative_ttl; /* the smaller of the SOA's TTL and minimum (RFC 2308) */
	uint32_t serial;
	struct zone_set *sets; /* sorted by name, type; only types that dns.h knows, others are passed over */
	size_t count;
};

/* origin: where the file has no $ORIGIN. $INCLUDE and $GENERATE are refused. INKAN_ESYNTAX: *error; INKAN_ELIMIT. */
INKAN_MUST_CHECK int zone_file_read(struct arena *arena, struct str text, struct str origin, struct zone *out,
                                    struct zone_error *error);
/* Writes the text with the changes made and the SOA serial raised (RFC 1982; a serial that is a date stays one where it
 * can). Lines that hold other records, comments and blank lines stay octet for octet. INKAN_EREFUSED: a set is not there as the change says it was. */
INKAN_MUST_CHECK int zone_file_edit(struct arena *arena, struct str text, struct str origin,
                                    const struct record_change *changes, size_t count, struct buf *out,
                                    struct zone_error *error);

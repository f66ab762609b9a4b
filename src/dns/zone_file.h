/* Zone files (RFC 1035 section 5): read into record sets, and edited so that all else in the file stays as it was. */
#pragma once

#include "dns/record_set.h"

enum {
	ZONE_FILE_SIZE_MAX = 64 * 1024 * 1024, /* octets */
	ZONE_FILE_SETS_MAX = 1000 * 1000,      /* records, and so sets */
	ZONE_SET_RECORDS_MAX = 4096            /* of one set: no more fit into an answer of 65,535 octets */
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
	uint32_t default_ttl;  /* $TTL, or the SOA's minimum; 0: the file says neither */
	uint32_t negative_ttl; /* the smaller of the SOA's TTL and minimum (RFC 2308) */
	uint32_t serial;
	bool has_soa;          /* else origin is what was given, and what the SOA says is 0 */
	struct zone_set *sets; /* sorted by name, type; only types that dns.h knows, others are passed over */
	size_t count;
};

/* origin: where the file has no $ORIGIN. $INCLUDE and $GENERATE are refused, and names that dns.h cannot say passed over. The
 * same record twice counts once. INKAN_ESYNTAX: *error; INKAN_ELIMIT; INKAN_EUSAGE: origin is no name. Texts live in the arena and in
 * `text`. */
INKAN_MUST_CHECK int zone_file_read(struct arena *arena, struct str text, struct str origin, struct zone *out,
                                    struct zone_error *error);
/* The set of that normalised name and type, or NULL. */
const struct zone_set *zone_find(const struct zone *zone, struct str name, enum dns_type type);

/* Writes the text with the changes made and the SOA serial raised (RFC 1982; a serial that is a date stays one where it
 * can). Lines that hold other records, comments and blank lines stay octet for octet; only a line that took its name from a
 * removed one above it gets that name written in front. New sets stand at the end. What was written is read again before it is
 * given out. INKAN_EREFUSED, *error says why: a set is not there as the change says it was, there is no SOA record, or lines would mean
 * something else afterwards. INKAN_EUSAGE: two changes of one set, or a set whose records cannot stand in a file. */
INKAN_MUST_CHECK int zone_file_edit(struct arena *arena, struct str text, struct str origin,
                                    const struct record_change *changes, size_t count, struct buf *out,
                                    struct zone_error *error);

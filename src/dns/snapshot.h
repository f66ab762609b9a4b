/* DNS snapshot files: evidence as JSON, in and out (design of the command line, "DNS snapshot file"). */
#pragma once

#include "core/time.h"
#include "dns/evidence.h"

enum {
	SNAPSHOT_SIZE_MAX = 256 * 1024 * 1024, /* octets of JSON text */
	/* Values of the JSON text, as bounded by its commas and opening brackets: each costs some 100 octets of memory,
	 * whatever it says, so a snapshot of 200,000 keys takes less than 256 MiB and nothing takes more. */
	SNAPSHOT_VALUES_MAX = 1000 * 1000
};

struct snapshot_error {
	size_t line, column; /* from 1; 0 where the place is not a position in the text */
	char text[200];      /* what is wrong, with the name and type concerned */
};

/* Reads a snapshot into a new, closed evidence. INKAN_ESYNTAX: *error_out says what and where.
 * CNAMEs are followed at load or look-up, with a bound; "_meta" gives TTL and DNSSEC status; unknown members of a name
 * (as "SPF", "_error") are as conformance INDEX "DNS fixtures" says; unknown types are ignored.
 * A name that is there twice is an error. INKAN_ELIMIT: more than SNAPSHOT_SIZE_MAX octets, or SNAPSHOT_VALUES_MAX values. */
INKAN_MUST_CHECK int snapshot_load(struct str json, struct evidence **out, struct snapshot_error *error_out);
/* The time that the snapshot says it was saved at; UNIX_TIME_NONE where it does not say. */
unix_time snapshot_saved_at(const struct evidence *e);
/* The answers held, as a snapshot with "_meta" (time saved unless UNIX_TIME_NONE, and per question TTL and DNSSEC
 * status); reads back without loss, and is the same text for the same answers. */
INKAN_MUST_CHECK int snapshot_save(const struct evidence *e, unix_time saved_at, struct buf *out);

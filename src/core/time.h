/* Time as a value: seconds since 1970-01-01T00:00:00Z, without leap seconds. Nothing here reads a clock. */
#pragma once

#include "core/buf.h"

typedef int64_t unix_time;

#define UNIX_TIME_NONE INT64_MIN

/* A moment as calendars write it. */
struct time_fields {
	unsigned year, month, day, hour, minute, second; /* month 1..12, day from 1, second up to 60 */
	int64_t east;                                    /* seconds that the clock is ahead of UTC */
};

/* False where no such day or hour exists. */
bool time_from_fields(const struct time_fields *f, unix_time *out);

/* "2026-11-21T18:30:00Z", "2026-11-21T18:30:00+09:00" (RFC 3339; fractions are cut off) or decimal Unix seconds (with a
 * minus before 1970). False where it is neither, or no such day or hour exists. */
bool time_parse(struct str text, unix_time *out);
/* RFC 3339 in UTC: "2026-11-21T09:30:00Z". Years outside 0..9999 are printed as Unix seconds. */
void time_print(struct buf *out, unix_time t);

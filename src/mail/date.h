/* The date of Date and Received fields (RFC 5322 sections 3.3 and 4.3). */
#pragma once

#include "core/time.h"

/* "Sat, 21 Nov 2026 18:30:00 +0900 (JST)"; also without the day of the week or the seconds, with a year of two or three
 * digits and with a zone by name. Folding and comments may stand between the parts; what follows the zone is not looked
 * at, and a zone that is missing or unknown counts as UTC. The day of the week is not compared. False where it is no
 * date. */
bool mail_date_parse(struct str text, unix_time *out);

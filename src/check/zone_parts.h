/* What the check of a zone and that of its changes share. Internal to this room. */
#pragma once

#include "check/zone_check.h"

/* NULL: no memory, the arena of the findings says so. The spot is valid until the next. */
struct zone_spot *zone_spot_begin(struct zone_work *w, const struct zone_set *set);
/* kind: enum zone_finding */
void zone_spot_add(struct zone_work *w, struct zone_spot *spot, int kind, struct str first, struct str second);
/* The kind of a text in a zone, where many have nothing to do with mail. */
enum record_kind zone_record_kind(struct str name, struct str value);
/* Fills kind and value, and adds what is wrong with the record. */
INKAN_MUST_CHECK int zone_check_record(struct zone_work *w, struct zone_spot *spot, const struct dns_record *record);
/* SPF, DMARC and DKIM have one record a name: adds a spot where a set has more. */
INKAN_MUST_CHECK int zone_check_doubles(struct zone_work *w, const struct zone_set *set);

/* The `dmarc` object of JSON results: `inkan dmarc` and `inkan verify` print the same. */
#pragma once

#include "core/json.h"
#include "inkan/dmarc.h"

/* "treewalk", "psl": how a profile finds the organizational domain */
const char *dmarc_discovery_name(enum inkan_dmarc_profile profile);
/* Adds the members to the object that is open. "policy" is empty where no policy record was found. */
void dmarc_json_members(struct json *j, const struct inkan_dmarc_result *result);

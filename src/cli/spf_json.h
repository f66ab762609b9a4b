/* The `spf` object of JSON results: `inkan spf` and `inkan verify` print the same. */
#pragma once

#include "core/json.h"
#include "inkan/spf.h"

/* Adds the members to the object that is open. aligned: whether the domain is aligned with that of the author; NULL (no
 * author is known): null. */
void spf_json_members(struct json *j, const struct inkan_spf_result *result, const bool *aligned);

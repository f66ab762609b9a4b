/* Results of several Authentication-Results fields in one (RFC 8617 section 5.1; RULES A10). */
#pragma once

#include "authres/parse.h"
#include "authres/print.h"

enum { AUTHRES_MERGED_FIELDS_MAX = 50 /* Authentication-Results fields looked at, whoever wrote them */ };

/* The results that hosts of this authserv-id wrote for the message's last way in: those of the field that may be believed
 * (authres_trustworthy()) and of the fields of that id below it, as far as no Received stands between. Fields that are not
 * strictly well-formed are left out, and so are results beyond AUTHRES_RESULTS_MAX and those with words of more than 100
 * octets. That nobody else wrote such a field is for the caller to know (RULES R3). method, result and names of properties
 * are terminated. Everything lives in the arena, whose errors it returns. */
INKAN_MUST_CHECK int authres_gather(struct arena *arena, const struct header *header, struct str authserv_id,
                                    struct authres_result **results_out, size_t *count_out);

/* Prints a result as authres_gather() gives it. */
void authres_put_result(struct authres_printer *p, const struct authres_result *result);

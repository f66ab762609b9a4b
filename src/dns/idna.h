/* Internationalised domain names on their way to DNS (RFC 5890, RFC 8616 section 5). */
#pragma once

#include "dns/dns.h"

/* The name with each U-label as A-label; the name itself where all of it is ASCII. *out is empty where a label beyond
 * ASCII is no U-label: it must become one single A-label, so full-width letters and dots of other scripts, which would
 * turn into another name, are refused. Errors: those of the arena. */
INKAN_MUST_CHECK int dns_name_to_ascii(struct arena *arena, struct str name, struct str *out);

/* A domain as a message names it, to compare and to ask for: A-labels, lower case, no final dot. *out (in the arena,
 * terminated) is empty where the name is no host name (underscores are allowed). Errors: those of the arena. */
INKAN_MUST_CHECK int dns_name_to_host(struct arena *arena, struct str name, struct str *out);

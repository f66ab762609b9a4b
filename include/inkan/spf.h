/* Results of SPF (RFC 7208, RFC 8616). */
#pragma once

#include "inkan/dkim.h"

#ifdef __cplusplus
extern "C" {
#endif

enum inkan_spf_identity { INKAN_SPF_NOT_CHECKED, INKAN_SPF_MAILFROM, INKAN_SPF_HELO };

/* Strings are terminated, never NULL, without control characters. */
struct inkan_spf_result {
	enum inkan_result result; /* INKAN_SOFTFAIL included; INKAN_NONE where nothing was checked */
	enum inkan_spf_identity identity;
	const char *domain;         /* the domain whose record was evaluated first */
	const char *mechanism;      /* the term that decided, as written; "" where none did */
	const char *explanation;    /* text of exp= for fail: written by a stranger, ASCII; else "" */
	const char *reason;         /* short English text for none, temperror and permerror; else "" */
	const char *section;        /* "RFC 7208 section 4.6.4" */
	unsigned lookups;           /* terms that cost a DNS look-up, of 10 (RFC 7208 section 4.6.4) */
	unsigned void_lookups;      /* look-ups without answer, of 2 */
	bool uses_macros_of_sender; /* the result may not be cached by (domain, address) (section 7.3; RULES P25) */
};

/* "mailfrom", "helo", "" */
INKAN_API const char *inkan_spf_identity_name(enum inkan_spf_identity identity);

#ifdef __cplusplus
}
#endif

/* Results of DMARC (RFC 9989; RFC 7489 as a profile). */
#pragma once

#include "inkan/dkim.h"

#ifdef __cplusplus
extern "C" {
#endif

enum inkan_dmarc_profile {
	INKAN_RFC9989, /* DNS tree walk, np, psd, t; pct is ignored */
	INKAN_RFC7489  /* public suffix list, pct */
};

enum inkan_dmarc_policy { INKAN_POLICY_NONE, INKAN_POLICY_QUARANTINE, INKAN_POLICY_REJECT };

/* "none", "quarantine", "reject" */
INKAN_API const char *inkan_dmarc_policy_name(enum inkan_dmarc_policy policy);

/* One name that was asked for a policy record. */
struct inkan_dmarc_step {
	const char *name;   /* "_dmarc.example.com" */
	const char *record; /* the DMARC record found, or "" */
	const char *note;   /* "no record", "2 records, all ignored", "server failure", "psd=y", ... */
};

struct inkan_dmarc_result {
	enum inkan_result result; /* none, pass, fail, permerror, temperror */
	const char *reason;
	const char *section;
	const char *from_domain;        /* author domain, A-label, lower case */
	const char *policy_domain;      /* where the policy record was found; "" if none */
	const char *record;             /* as published, octets that cannot be shown as "?"; "" if none */
	enum inkan_dmarc_policy policy; /* published for this domain: p, sp or np, before t= and pct */
	enum inkan_dmarc_policy
		disposition;            /* what the owner asks to be done with this message: none where it passed */
	const char *policy_tag;         /* "p", "sp", "np": where `policy` came from */
	bool testing;                   /* t=y lowered the disposition by one step */
	bool sampled_out;               /* RFC7489: pct left this message out */
	bool spf_aligned, dkim_aligned; /* an aligned identifier of that kind passed */
	bool spf_would_align;           /* the SPF domain is aligned, whatever SPF's result */
	bool strict_spf, strict_dkim;   /* aspf=s, adkim=s */
	const char *organizational_domain;
	enum inkan_dmarc_profile profile;     /* how the organizational domain was found: tree walk or list */
	const struct inkan_dmarc_step *steps; /* in the order asked */
	size_t step_count;
};

#ifdef __cplusplus
}
#endif

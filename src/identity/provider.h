/* Mail services that domains use: data with dates (S0-12, S0-15, S1-14, S1-33, S2-7, S2-45). */
#pragma once

#include "core/text.h"
#include "dns/dns.h"

struct provider {
	const char *id;               /* "google", "microsoft", "ses", "mxhero" ... */
	const char *name;             /* "Google Workspace" */
	bool gateway;                 /* rewrites mail between service and recipient */
	const char *spf_include;      /* "_spf.google.com"; NULL: none */
	const char *spf_template;     /* "v=spf1 include:spf.protection.outlook.com -all"; NULL: none (C-4) */
	const char *const *selectors; /* fixed ones, ended by NULL: "selector1", "selector2" */
	const char *const *
		key_hosts; /* patterns of what selectors' CNAMEs lead to: "*.dkim.amazonses.com", both forms of Microsoft's (C-9) */
	const char *const *mx_hosts; /* patterns of MX hosts: "*.mail.protection.outlook.com" */
	bool signs_own_domains;      /* can sign with the customer's domain */
	bool signs_by_default;       /* signs with a domain of its own where nothing was set up */
	struct text enable;          /* click path to switch DKIM on; "" in both: not known */
	const char *link;            /* the provider's own page on it */
	const char *spf_link;        /* its pages on SPF and DMARC (S2-45); NULL: none known */
	const char *dmarc_link;
	const char *reviewed; /* date of the last look, "2026-11-22" */
};

/* All, ended by one without id. */
const struct provider *providers(void);
const struct provider *provider_find(struct str id);
/* By an MX host, an SPF include (or a name below it), a target of a selector's CNAME; NULL: not known. A final dot does not
 * count. Patterns: "*." at the beginning stands for one label or more, another "*" for any text within a label. */
const struct provider *provider_by_mx(struct str host);
const struct provider *provider_by_include(struct str domain);
const struct provider *provider_by_key_host(struct str target);

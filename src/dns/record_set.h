/* DNS records as they are published: sets of one name and type, and changes of them, in every form that name servers, panels
 * and people take. One source of truth: whatever inkan shows, sends or compares is a struct record_set first. */
#pragma once

#include "core/text.h"
#include "dns/dns.h"

enum { RECORD_STRING_MAX = 255 /* octets of one character-string (RFC 1035 section 3.3) */ };

struct record_set {
	struct str name;    /* normalised, absolute, without final dot */
	enum dns_type type; /* DNS_A, DNS_AAAA, DNS_CNAME, DNS_MX, DNS_NS, DNS_TXT */
	uint32_t ttl;       /* seconds */
	const struct dns_record *records;
	size_t count; /* 0: there is no such set */
};

/* before.count 0: the set is added; after.count 0: it is removed. Name and type of both are the same. */
struct record_change {
	struct record_set before, after;
};

/* The same values, in any order; TTLs and the places where long texts are split do not count. */
bool record_set_eq(const struct record_set *a, const struct record_set *b);
/* Whether that value is among those of the set. */
bool record_set_has(const struct record_set *set, const struct dns_record *record);
/* A set of one TXT record, of one CNAME record, of one MX record; memory of the arena, names are normalised. INKAN_EUSAGE: no name. */
INKAN_MUST_CHECK int record_set_txt(struct arena *arena, struct str name, uint32_t ttl, struct str text,
                                    struct record_set *out);
INKAN_MUST_CHECK int record_set_cname(struct arena *arena, struct str name, uint32_t ttl, struct str target,
                                      struct record_set *out);
/* host "." is none: no mail is taken (RFC 7505). */
INKAN_MUST_CHECK int record_set_mx(struct arena *arena, struct str name, uint32_t ttl, uint16_t preference,
                                   struct str host, struct record_set *out);
/* Everything of it in that arena. */
INKAN_MUST_CHECK int record_set_copy(struct arena *arena, const struct record_set *set, struct record_set *out);

enum record_form {
	RECORD_TABLE,     /* for people: type, name, TTL, value in columns */
	RECORD_ZONE,      /* lines of a zone file (RFC 1035 section 5), names with final dot */
	RECORD_NSUPDATE,  /* input of nsupdate, with "send" */
	RECORD_ROUTE53,   /* a change batch for `aws route53 change-resource-record-sets` */
	RECORD_CSV,       /* name,type,ttl,value (RFC 4180) */
	RECORD_DIG,       /* as `dig NAME TYPE +short` prints them */
	RECORD_POWERSHELL /* Add-DnsServerResourceRecord commands of Windows DNS */
};
/* "table", "zone" (also "bind"), "nsupdate", "route53", "csv", "dig", "powershell" */
bool record_form_from_name(struct str name, enum record_form *out);

/* How a DNS provider's panel wants what is typed into it (S2-41, S3-36, S3-37). */
struct panel_style {
	const char *id;       /* "route53", "cloudflare" ... */
	const char *name;     /* "Amazon Route 53" */
	bool absolute_names;  /* the host field takes whole names, not those relative to the zone */
	bool final_dot;       /* targets of CNAME and MX end with a dot */
	bool quotes;          /* TXT values are typed within double quotes */
	bool splits;          /* splits long TXT values itself: they are typed in one piece */
	unsigned ttl_unit;    /* seconds that one unit of the TTL field means: 1, 60, 3600 */
	const char *reviewed; /* date of the last look at it, "2026-11-22" */
};
/* NULL: none of that id. */
const struct panel_style *panel_style_find(struct str id);
/* All, ended by one without id. */
const struct panel_style *panel_styles(void);

struct record_print {
	enum record_form form;
	struct str zone;                 /* apex that holds the names; empty: not known, absolute names are printed */
	const struct panel_style *panel; /* RECORD_TABLE: values as this panel wants them; NULL: zone-file style */
	enum language language;          /* RECORD_TABLE: of the heads */
};
/* A name as zone files have it: odd octets escaped, with final dot; "@" where it is empty. */
void record_name_put(struct buf *out, struct str name);
/* What to publish. Forms that speak of changes (nsupdate, Route 53) say "add" and "UPSERT". */
INKAN_MUST_CHECK int record_sets_print(struct buf *out, const struct record_set *sets, size_t count,
                                       const struct record_print *how);
/* What to change: RECORD_TABLE (lines with + - ~), RECORD_NSUPDATE (with prerequisites: each set as it was planned on),
 * RECORD_ROUTE53 (DELETE, CREATE, UPSERT); INKAN_EUSAGE for other forms. */
INKAN_MUST_CHECK int record_changes_print(struct buf *out, const struct record_change *changes, size_t count,
                                          const struct record_print *how);

/* DNS as values: types, names, answers. Nothing here asks a server. */
#pragma once

#include "core/arena.h"
#include "core/buf.h"
#include "core/str.h"

enum dns_type { /* RFC 1035 and later: the numbers on the wire */
	        DNS_A = 1,
	        DNS_NS = 2,
	        DNS_CNAME = 5,
	        DNS_SOA = 6,
	        DNS_PTR = 12,
	        DNS_MX = 15,
	        DNS_TXT = 16,
	        DNS_AAAA = 28,
	        DNS_SPF = 99
};

/* "TXT"; NULL for a type not listed above. */
const char *dns_type_name(enum dns_type type);
bool dns_type_from_name(struct str name, enum dns_type *out);

enum dns_status {
	DNS_ANSWER,   /* one record or more */
	DNS_NODATA,   /* the name exists, not with that type */
	DNS_NXDOMAIN, /* the name does not exist (a CNAME that leads nowhere as well, RFC 6604) */
	DNS_SERVFAIL, /* the server could not answer, or refused */
	DNS_TIMEOUT,  /* no answer in time */
	DNS_BOGUS,    /* DNSSEC validation failed */
	DNS_LOOP      /* a CNAME chain that never ends, or is too long */
};

/* "NOERROR", "NODATA", "NXDOMAIN", "SERVFAIL", "TIMEOUT", "BOGUS", "CNAMELOOP" */
const char *dns_status_name(enum dns_status status);
/* SERVFAIL, TIMEOUT, BOGUS, LOOP: asking again later may help; never a reason for pass or fail. */
static inline bool dns_status_is_temporary(enum dns_status s)
{
	return s == DNS_SERVFAIL || s == DNS_TIMEOUT || s == DNS_BOGUS || s == DNS_LOOP;
}

struct dns_record {
	struct str text;     /* TXT, SPF: the character-strings joined without separator */
	struct str *strings; /* TXT, SPF: the character-strings as they came */
	size_t string_count;
	struct str name;     /* PTR, CNAME, NS, MX: presentation form, lower case, no final dot ("." for the root) */
	uint16_t preference; /* MX */
	unsigned char address[16]; /* A: the first 4; AAAA */
};

struct dns_answer {
	enum dns_status status;
	bool secure;  /* DNSSEC-validated */
	bool has_ttl; /* ttl is known */
	uint32_t ttl; /* seconds left when the answer came */
	const struct dns_record *records;
	size_t count;   /* 0 unless DNS_ANSWER */
	struct str why; /* DNS_BOGUS, DNS_SERVFAIL: what the resolver said, for people; may be empty */
};

/* An answer without records, static: what evidence says where no server was asked. */
const struct dns_answer *dns_answer_without_records(enum dns_status status);

/* An address in text: dotted quad for DNS_A (no leading zeros), every form of RFC 4291 section 2.2 for DNS_AAAA. Unused
 * octets of out become 0. False where it is none. */
bool dns_address_parse(struct str text, enum dns_type type, unsigned char out[16]);
/* The canonical form (RFC 5952 for AAAA). */
void dns_address_print(struct buf *out, enum dns_type type, const unsigned char address[16]);

enum {
	DNS_NAME_MAX = 253, /* octets of a name in presentation form without final dot (RFC 1035 section 2.3.4) */
	DNS_LABEL_MAX = 63,
	DNS_CHAIN_MAX = 8 /* CNAMEs followed in a row; unbound and others stop at about as many */
};

/* Lower case (ASCII), without final dot; the form that evidence keys have. out has room for DNS_NAME_MAX octets. False:
 * empty label, label or name too long, a control character or a backslash. Everything else is a legal name (RFC 2181
 * section 11), and SPF macros produce it. Where it is false, out holds anything. */
bool dns_name_normalise(struct str name, char *out, size_t *size_out);
/* A host name by the letter-digit-hyphen rule (underscores allowed if `underscore`): what d= and From domains must be.
 * No final dot. UTF-8 labels pass only if `utf8`; such a label may have up to 252 octets (RFC 5890 section 4.2). */
bool dns_name_is_host(struct str name, bool underscore, bool utf8);
/* Number of labels of a normalised name. */
size_t dns_name_labels(struct str name);

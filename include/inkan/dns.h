/* DNS questions that the library asks its caller, and the answers. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "inkan/error.h"

#ifdef __cplusplus
extern "C" {
#endif

enum inkan_dns_type { /* the numbers of RFC 1035 and RFC 3596 */
	              INKAN_DNS_A = 1,
	              INKAN_DNS_CNAME = 5,
	              INKAN_DNS_PTR = 12,
	              INKAN_DNS_MX = 15,
	              INKAN_DNS_TXT = 16,
	              INKAN_DNS_AAAA = 28
};

struct inkan_question {
	enum inkan_dns_type type;
	const char *name; /* lower case, without final dot, terminated; class is IN */
};

enum inkan_dns_failure {
	INKAN_DNS_NODATA = 1,   /* the name exists, without that type */
	INKAN_DNS_NXDOMAIN = 2, /* the name does not exist */
	INKAN_DNS_SERVFAIL = 3, /* no usable answer from the server */
	INKAN_DNS_TIMEOUT = 4,  /* no answer in time */
	INKAN_DNS_BOGUS = 5     /* DNSSEC validation failed */
};

enum { INKAN_DNS_NAME_MAX = 1020 /* octets of a name inside a record: 255 on the wire, each as an escape */ };

/* One record of an answer. What its type does not have is not looked at. */
struct inkan_dns_record {
	const char *text;    /* TXT: the character-strings, joined without separator; NULL only where size is 0 */
	size_t size;         /* TXT: octets of text */
	const char *name;    /* MX, PTR, CNAME: presentation form (RFC 1035 section 5.1), terminated; "." is the root */
	uint16_t preference; /* MX */
	unsigned char address[16]; /* as on the wire; A: the first 4 octets, AAAA: all */
};

/* A set of answers, read from a snapshot (JSON). It is closed: what it does not hold does not exist. Read-only after
 * loading, so threads may share it. */
struct inkan_snapshot;

/* Reads a snapshot from n octets of JSON. INKAN_ESYNTAX: error_text (may be NULL; room for error_size octets) gets
 * "line:column: what is wrong". */
INKAN_API INKAN_MUST_CHECK int inkan_snapshot_load(const char *json, size_t n, struct inkan_snapshot **out,
                                                   char *error_text, size_t error_size);
INKAN_API void inkan_snapshot_free(struct inkan_snapshot *snapshot);

#ifdef __cplusplus
}
#endif

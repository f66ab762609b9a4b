/* Printing Authentication-Results fields (RFC 8601; RULES R2, R6 to R10), safe against injection.
 *
 * Whatever a value holds, the output is one well-formed field: values that are no token are quoted, control characters
 * and octets above 127 become "?", long values are cut. Lines are folded at 78 columns where they can be. */
#pragma once

#include "core/buf.h"
#include "inkan/verdict.h"

enum {
	AUTHRES_VALUE_MAX = 255, /* octets of one value; longer ones are cut */
	AUTHRES_DKIM_MAX = 100   /* DKIM results in one field */
};

struct authres_printer {
	struct buf *out;
	size_t column;
	bool any;
};

/* Begins "Authentication-Results: id". False: the id is empty or holds something else than printable ASCII. */
bool authres_begin(struct authres_printer *p, struct buf *out, struct str authserv_id);
/* Ends the field: "; none" where no method was put, and CRLF. */
void authres_end(struct authres_printer *p);

/* "; method=result", then optionally `reason="..."` (reason may be empty). */
void authres_method(struct authres_printer *p, const char *method, const char *result, struct str reason);
/* The same reason alone, where a comment is to stand before it. */
void authres_reason(struct authres_printer *p, struct str reason);
/* A comment behind what was put last; parentheses and backslashes in text are escaped. */
void authres_comment(struct authres_printer *p, struct str text);
/* "ptype.property=value", not put where the value is empty. */
void authres_property(struct authres_printer *p, const char *name, struct str value);

/* All DKIM results of a message; "dkim=none" where there are none. The reason stands in a comment too, as in "dkim=fail
 * (body hash did not verify)": that is where people and most programs look for it. */
void authres_dkim(struct authres_printer *p, const struct inkan_dkim_result *results, size_t count);
/* "spf=pass (by mx) smtp.mailfrom=...": of MAIL FROM with that path (with or without angle brackets; NULL or "": the null
 * sender), or of HELO, as the result's identity says; the null sender shows as smtp.helo. */
void authres_spf(struct authres_printer *p, const struct inkan_spf_result *result, const char *mail_from);
/* "arc=pass (i=2 sealed by ...) smtp.remote-ip=... header.oldest-pass=0" (RULES A14). ip: of the client, or NULL. */
void authres_arc(struct authres_printer *p, const struct inkan_arc_result *result, const char *ip);
/* "dmarc=fail (p=reject dis=quarantine) header.from=... policy.dmarc=quarantine" (RFC 9989 section 9.1). applied: what is
 * done here; override_comment: never NULL. */
void authres_dmarc(struct authres_printer *p, const struct inkan_dmarc_result *result, enum inkan_dmarc_policy applied,
                   enum inkan_override override, const char *override_comment);
/* "iprev=pass (mail.example.com) policy.iprev=192.0.2.1" (RFC 8601 section 3). name: of the client, confirmed by its
 * addresses; "". */
void authres_iprev(struct authres_printer *p, enum inkan_result result, const char *ip, const char *name);

/* Everything that a verdict holds, in the order spf, dkim, arc, dmarc. Of a trusted gateway's session SPF and DMARC are
 * "none (skipped: trusted gateway)"; SPF is not mentioned where the session is not known. session may be NULL. */
void authres_verdict(struct authres_printer *p, const struct inkan_verdict *v, const struct inkan_session *session);

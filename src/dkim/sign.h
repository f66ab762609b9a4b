/* The DKIM signer for one message at a time (RFC 6376 section 5, RFC 8301, RFC 8463; RULES S1 to S21).
 *
 * Several keys sign in one pass: the body is hashed once, the header fields are canonicalised once. */
#pragma once

#include "core/time.h"
#include "crypto/crypto.h"
#include "mail/canon.h"
#include "mail/header.h"

enum { DKIM_SIGNER_KEYS_MAX = 8 /* signatures in one pass */ };

struct dkim_sign_options {
	struct str domain;   /* d= */
	struct str identity; /* i=; empty: none is written */
	struct str headers;  /* names separated by ":"; empty: the default set */
	enum canon header_canon, body_canon;
	unix_time now;  /* UNIX_TIME_NONE: no t= */
	int64_t expire; /* seconds; 0: no x= */
};

struct dkim_signer;

/* Options are copied. INKAN_EUSAGE: *trouble_out says which option is wrong (static text). */
INKAN_MUST_CHECK int dkim_signer_new(const struct crypto *crypto, const struct dkim_sign_options *options,
                                     struct dkim_signer **out, const char **trouble_out);
void dkim_signer_free(struct dkim_signer *s);
void dkim_signer_set_time(struct dkim_signer *s, unix_time now);
/* The holder's context must outlive the signer. INKAN_EUSAGE: too many keys, a selector that is none or is there
 * already, a handle that the holder does not know, an RSA key below 1024 bits. */
INKAN_MUST_CHECK int dkim_signer_add_key(struct dkim_signer *s, struct str selector, struct key_holder holder,
                                         uint64_t key);

/* Begins a message. INKAN_EREFUSED: it must not be signed (S21); dkim_signer_refusal() says why. header and arena must
 * stay until dkim_signer_finish(). */
INKAN_MUST_CHECK int dkim_signer_header(struct dkim_signer *s, struct arena *arena, const struct header *header);
void dkim_signer_body(struct dkim_signer *s, struct str span);
/* Adds the fields, each with CRLF, in the order the keys were added. INKAN_PENDING (inkan/sign.h): nothing was added yet, as
 * signatures are on their way; every key was asked, and this is to be called again, which asks those that are missing. */
INKAN_MUST_CHECK int dkim_signer_finish(struct dkim_signer *s, struct buf *out);
/* Static text; "" where nothing was refused. */
const char *dkim_signer_refusal(const struct dkim_signer *s);

/* DKIM signing of one message as a stream (RFC 6376 section 5, RFC 8301, RFC 8463).
 *
 *	inkan_signer_new(context, &options, &s);
 *	inkan_signer_add_key(s, "s1", rsa_key);
 *	inkan_signer_add_key(s, "e1", ed25519_key);	(both in one pass over the body)
 *	inkan_signer_write(s, p, n); ...
 *	inkan_signer_end(s);
 *	fields = inkan_signer_fields(s, &size);		(to be put above the first octet of the message)
 */
#pragma once

#include "inkan/context.h"
#include "inkan/dkim.h"
#include "inkan/message.h"

#ifdef __cplusplus
extern "C" {
#endif

/* A private key, kept in locked memory where the system allows it, wiped when freed. May be shared by threads. */
struct inkan_key;

/* Reads a PEM private key: PKCS#8 or PKCS#1, unencrypted, RSA (1024 bits or more) or Ed25519. INKAN_ESYNTAX or
 * INKAN_EREFUSED: *trouble_out (may be NULL) is a static text that says what is wrong. */
INKAN_API INKAN_MUST_CHECK int inkan_key_from_pem(struct inkan_context *context, const char *pem, size_t n,
                                                  struct inkan_key **out, const char **trouble_out);
INKAN_API void inkan_key_free(struct inkan_key *key);

/* A key that is kept elsewhere: called with the SHA-256 digest (32 octets); writes the signature (PKCS#1 v1.5 over the
 * digest, 128 to 1024 octets; PureEdDSA over it, 64 octets) and returns 0, or returns a negative enum inkan_error. A
 * signature of another length is INKAN_ECRYPTO. */
typedef int (*inkan_sign_digest)(void *context, const unsigned char *digest, size_t digest_size,
                                 unsigned char *signature, size_t *signature_size_out);

/* What such a callback returns where the signature is on its way: inkan_signer_end() and inkan_sealer_end() then return it too,
 * and are to be called again, which calls back with the same digest, for each signature that is still missing. */
#define INKAN_PENDING 2

enum inkan_algorithm { INKAN_RSA_SHA256, INKAN_ED25519_SHA256 };

enum inkan_canonicalization { INKAN_SIMPLE, INKAN_RELAXED };

struct inkan_signer_options {
	size_t struct_size;   /* sizeof(struct inkan_signer_options) */
	const char *domain;   /* d=, required; an A-label or, for SMTPUTF8 messages, U-label host name */
	const char *identity; /* i=: at `domain` or below it, at most 320 octets of UTF-8; NULL: no i= */
	enum inkan_canonicalization header, body; /* default relaxed, relaxed */
	enum inkan_line_ends line_ends;
	/* Field names separated by ":"; a name listed more often than the field occurs is oversigned. Must hold From; at
	 * most 1,000 names of at most 74 octets, 32 KiB in all; not what relays add or change (Received, Return-Path ...).
	 * NULL: the default set, which oversigns what readers and filters look at (RULES S4). */
	const char *headers;
	int64_t now;    /* t=; INKAN_TIME_NONE: no t= */
	int64_t expire; /* seconds after now for x=; 0: no x=; needs `now` */
};

INKAN_API void inkan_signer_options_init(struct inkan_signer_options *options);

struct inkan_signer;

/* Errors: INKAN_ENOMEM, INKAN_EUSAGE (an option is missing or outside its range; *trouble_out, may be NULL, a static
 * text). Strings are copied. */
INKAN_API INKAN_MUST_CHECK int inkan_signer_new(struct inkan_context *context,
                                                const struct inkan_signer_options *options, struct inkan_signer **out,
                                                const char **trouble_out);
INKAN_API void inkan_signer_free(struct inkan_signer *signer);
/* Ready for another message with the same options and keys. */
INKAN_API void inkan_signer_reset(struct inkan_signer *signer);
/* A new t= for the messages after the next reset (or before the first octet). A time with which t= or x= would be out of
 * range makes inkan_signer_write() or inkan_signer_end() refuse. */
INKAN_API void inkan_signer_set_time(struct inkan_signer *signer, int64_t now);

/* One signature field per key, before the first octet. Selectors must differ (RFC 8463 section 6). At most 8 keys.
 * The key must outlive the signer. */
INKAN_API INKAN_MUST_CHECK int inkan_signer_add_key(struct inkan_signer *signer, const char *selector,
                                                    struct inkan_key *key);
INKAN_API INKAN_MUST_CHECK int inkan_signer_add_callback(struct inkan_signer *signer, const char *selector,
                                                         enum inkan_algorithm algorithm, inkan_sign_digest sign,
                                                         void *context);

/* Takes the next n octets. Errors as inkan_message_write(). */
INKAN_API INKAN_MUST_CHECK int inkan_signer_write(struct inkan_signer *signer, const void *octets, size_t n);
/* The message is complete: signs. INKAN_EREFUSED: the message must not be signed as it is (no From, several From, Date,
 * Subject ..., bare CR or LF); inkan_signer_error() says why. INKAN_PENDING: signatures of callbacks are on their way (each
 * callback was asked), to be called again. */
INKAN_API INKAN_MUST_CHECK int inkan_signer_end(struct inkan_signer *signer);
/* Why the last call was refused: adding a key, or inkan_signer_end(); "" where nothing was. Static text. */
INKAN_API const char *inkan_signer_error(const struct inkan_signer *signer);
/* The DKIM-Signature field(s), CRLF line ends, in the order the keys were added; valid until reset or free. NULL before
 * a successful inkan_signer_end(). */
INKAN_API const char *inkan_signer_fields(const struct inkan_signer *signer, size_t *size_out);

#ifdef __cplusplus
}
#endif

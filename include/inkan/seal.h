/* ARC sealing of one message as a stream (RFC 8617 section 5.1), beside its verification.
 *
 *	inkan_sealer_new(context, &options, &s, NULL);
 *	inkan_sealer_set_key(s, "s1", rsa_key);
 *	... inkan_message_write(m, p, n) and inkan_sealer_write(s, p, n) get the same octets ...
 *	inkan_message_end(m), inkan_message_evaluate(m) until it is INKAN_OK
 *	inkan_sealer_end(s, m);
 *	fields = inkan_sealer_fields(s, &size);		(to be put above the first octet of the message)
 *
 * A host that changes messages seals what it sends on, and records what it found when they arrived: then `m` is judged over
 * the octets that came in, and the sealer gets those that go out, with the ARC sets as they were. */
#pragma once

#include "inkan/sign.h"

#ifdef __cplusplus
extern "C" {
#endif

struct inkan_sealer_options {
	size_t struct_size;      /* sizeof(struct inkan_sealer_options) */
	const char *domain;      /* d=, required: who seals */
	const char *authserv_id; /* required: who judged, a host name; printable ASCII, at most 255 octets */
	enum inkan_line_ends line_ends;
	/* As in inkan_signer_options, without ARC fields and Authentication-Results; NULL: the default set of a signer, and
	 * every DKIM-Signature. */
	const char *headers;
	int64_t now; /* t=; INKAN_TIME_NONE: no t= */
	/* Authentication-Results fields with our authserv_id, on top of the message down to the next Received, were written by
	 * a host of ours when the message arrived, and nobody else can write such fields: they are recorded instead of what is
	 * found now, and an arc= among them says what the chain was worth then. Only for hosts behind a border that removes
	 * forged ones (RFC 8601 section 5). */
	bool trust_results;
};

/* Sets the defaults named above, with `now` as INKAN_TIME_NONE. */
INKAN_API void inkan_sealer_options_init(struct inkan_sealer_options *options);

struct inkan_sealer;

/* Errors: INKAN_ENOMEM, INKAN_EUSAGE (an option is missing or outside its range; *trouble_out, may be NULL, a static
 * text). Strings are copied. */
INKAN_API INKAN_MUST_CHECK int inkan_sealer_new(struct inkan_context *context,
                                                const struct inkan_sealer_options *options, struct inkan_sealer **out,
                                                const char **trouble_out);
/* NULL is fine. */
INKAN_API void inkan_sealer_free(struct inkan_sealer *sealer);
/* Ready for another message with the same options and key. */
INKAN_API void inkan_sealer_reset(struct inkan_sealer *sealer);
/* As inkan_signer_set_time(). */
INKAN_API void inkan_sealer_set_time(struct inkan_sealer *sealer, int64_t now);

/* The one key, before the first octet; RSA, as ARC knows no other. It must outlive the sealer. INKAN_EUSAGE:
 * inkan_sealer_error() says what is wrong with it. */
INKAN_API INKAN_MUST_CHECK int inkan_sealer_set_key(struct inkan_sealer *sealer, const char *selector,
                                                    struct inkan_key *key);
/* The same for a key that is kept elsewhere, which signs as INKAN_RSA_SHA256 of inkan_signer_add_callback(). */
INKAN_API INKAN_MUST_CHECK int inkan_sealer_set_callback(struct inkan_sealer *sealer, const char *selector,
                                                         inkan_sign_digest sign, void *context);

/* Takes the next n octets. Errors as inkan_message_write(). */
INKAN_API INKAN_MUST_CHECK int inkan_sealer_write(struct inkan_sealer *sealer, const void *octets, size_t n);
/* The message is complete: seals what `judged` found; judged must have no question open (else INKAN_EUSAGE). What it did not
 * find whole is sealed as broken for good: also a chain that it did not look at (INKAN_WITHOUT_ARC), or whose keys DNS
 * failed to give (inkan_arc_result.temporary): whoever can wait had better look there first.
 * INKAN_EREFUSED: the message must not be sealed as it is: what no signer would sign; its newest seal says cv=fail; it has
 * 50 sets. inkan_sealer_error() says why. INKAN_PENDING: a callback's signature is on its way, to be called again; `judged` is
 * not looked at then. */
INKAN_API INKAN_MUST_CHECK int inkan_sealer_end(struct inkan_sealer *sealer, struct inkan_message *judged);
/* Why the last call was refused; "" where nothing was. Static text. */
INKAN_API const char *inkan_sealer_error(const struct inkan_sealer *sealer);
/* ARC-Seal, ARC-Message-Signature and ARC-Authentication-Results, CRLF line ends; terminated; valid until reset or free.
 * NULL before a successful inkan_sealer_end(). */
INKAN_API const char *inkan_sealer_fields(const struct inkan_sealer *sealer, size_t *size_out);

#ifdef __cplusplus
}
#endif

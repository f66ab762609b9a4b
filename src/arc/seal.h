/* The ARC sealer of one message at a time (RFC 8617 sections 4.1 and 5.1; RULES A10 to A13, A16, S21).
 *
 * Order of calls: arc_sealer_header(), arc_sealer_body() any number of times, arc_sealer_finish(). */
#pragma once

#include "arc/arc.h"
#include "crypto/crypto.h"

enum {
	ARC_RESULTS_MAX =
		ARC_FIELD_MAX - 64 /* octets of results that one set records, so that verifiers read its field */
};

struct arc_seal_options {
	struct str domain;  /* d= */
	struct str headers; /* names for h=, separated by ":"; empty: the default set and every DKIM-Signature */
	unix_time now;      /* UNIX_TIME_NONE: no t= */
};

struct arc_sealer;

/* Options are copied. INKAN_EUSAGE: *trouble_out says which option is wrong (static text). */
INKAN_MUST_CHECK int arc_sealer_new(const struct crypto *crypto, const struct arc_seal_options *options,
                                    struct arc_sealer **out, const char **trouble_out);
void arc_sealer_free(struct arc_sealer *s);
void arc_sealer_set_time(struct arc_sealer *s, unix_time now);
/* The one key; a second call replaces it. The holder's context must outlive the sealer. INKAN_EUSAGE: a selector that is
 * none, a handle that the holder does not know, a key that is not RSA of 1024 bits or more; arc_sealer_refusal() says
 * which. */
INKAN_MUST_CHECK int arc_sealer_set_key(struct arc_sealer *s, struct str selector, struct key_holder holder,
                                        uint64_t key);

/* Begins a message. INKAN_EREFUSED: it must not be sealed (S21; its newest seal says cv=fail; it has 50 sets);
 * arc_sealer_refusal() says why. header and arena must stay until arc_sealer_finish(). */
INKAN_MUST_CHECK int arc_sealer_header(struct arc_sealer *s, struct arena *arena, const struct header *header);
void arc_sealer_body(struct arc_sealer *s, struct str span);
/* Adds the set: ARC-Seal, ARC-Message-Signature, ARC-Authentication-Results, each with CRLF, to be put above the message.
 *
 * chain: what the sealer found of the chain as the message arrived. What the fields as they are cannot bear out is sealed
 * as broken: a pass of sets that are incomplete, none where there are sets.
 * results: the body of an Authentication-Results field without its last CRLF: "mx.example; spf=pass ...". INKAN_EUSAGE where
 * it is none that can stand in a header: empty, longer than ARC_RESULTS_MAX, control characters, a line end that does not
 * fold. Errors else: those of memory and of the key holder. INKAN_PENDING (inkan/sign.h): nothing was added yet, as a
 * signature is on its way; to be called again, until it is done, whereby chain and results are not looked at. */
INKAN_MUST_CHECK int arc_sealer_finish(struct arc_sealer *s, enum inkan_result chain, struct str results,
                                       struct buf *out);
/* Static text; "" where nothing was refused. */
const char *arc_sealer_refusal(const struct arc_sealer *s);

/* ARC (RFC 8617; RULES A1 to A16): validation and sealing. */
#pragma once

#include "core/time.h"
#include "dns/evidence.h"
#include "inkan/arc.h"
#include "mail/header.h"
#include "sig/body_hash.h"
#include "sig/key_cache.h"

enum {
	ARC_SETS_MAX = 50,     /* RFC 8617 section 4.2.1 */
	ARC_FIELD_MAX = 262144 /* octets of one field of a set */
};

struct arc_verify_options {
	const struct str *trusted_sealers; /* lower-case domains; may be empty */
	size_t trusted_sealer_count;
};

struct arc_verifier;

INKAN_MUST_CHECK int arc_verifier_new(const struct crypto *crypto, struct dkim_key_cache *cache,
                                      const struct arc_verify_options *options, struct arc_verifier **out);
void arc_verifier_free(struct arc_verifier *v);
/* Begins a message: parses the sets, states body hash needs to `bodies` (shared with DKIM; its start, feed and finish are
 * the caller's). header, arena, bodies must stay until the result was used. */
INKAN_MUST_CHECK int arc_verifier_header(struct arc_verifier *v, struct arena *arena, const struct header *header,
                                         struct body_hashes *bodies);
/* Asks for every key that will be needed. */
void arc_verifier_ask(const struct arc_verifier *v, struct evidence *evidence);
/* After body_hashes_finish(). A temporary DNS trouble of a key is fail (A7). */
INKAN_MUST_CHECK int arc_verifier_evaluate(struct arc_verifier *v, struct evidence *evidence, bool *pending_out);
const struct inkan_arc_result *arc_verifier_result(const struct arc_verifier *v);

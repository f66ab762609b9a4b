/* What a receiver says when it refuses a message because of DMARC (RFC 9989 section 7.3, RFC 7372; RULES M14). */
#pragma once

#include "core/buf.h"
#include "inkan/dmarc.h"

/* Adds "550 5.7.1 rejected by the DMARC policy for example.com (p=reject)" for fail, "451 4.7.1 ..." for temperror, without
 * line end. False, and nothing is added: for every other result. Whether to refuse is for the caller to decide; a policy of
 * reject alone is no reason to (RFC 9989 section 7.4). */
bool dmarc_reply(struct buf *out, const struct inkan_dmarc_result *result);

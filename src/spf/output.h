/* What a receiver says of a result: the SMTP reply (RFC 7208 section 8, RFC 7372; P23) and the Received-SPF field (section
 * 9.1; P24). */
#pragma once

#include "spf/spf.h"

/* The reply where the receiver's policy is to refuse because of SPF. */
struct spf_reply {
	unsigned code;        /* 550, 451 */
	const char *enhanced; /* "5.7.23" */
	const char *text;     /* "SPF validation failed" */
};

/* NULL for results that are no ground for refusing: pass, none, neutral (which is treated as none), and softfail, which
 * is none by itself (section 8.5). */
const struct spf_reply *spf_reply(enum inkan_result result);

/* One Received-SPF field, folded, with CRLF at its end; to be put above the Received field of this receiver and above all
 * other Received-SPF fields. Text of strangers is quoted, cut at SPF_RECEIVED_VALUE_MAX octets, and control characters and
 * octets above 127 become "?". query: that of the check. */
void spf_received(struct buf *out, const struct spf_query *query, const struct inkan_spf_result *result);

enum { SPF_RECEIVED_VALUE_MAX = 255 };

/* What may be found about a message that large receivers would object to: the indexes of sender_kinds. */
#pragma once

#include "check/sender.h"

enum sender_finding {
	SENDER_FOUND_NEITHER,
	SENDER_FOUND_SPF_UNCHECKED,
	SENDER_FOUND_SPF_ABSENT, /* {0} domain */
	SENDER_FOUND_SPF_FAILED, /* {0} domain, {1} result */
	SENDER_FOUND_UNSIGNED,
	SENDER_FOUND_DKIM_FAILED, /* {0} domain, {1} reason */
	SENDER_FOUND_KEY_SHORT,   /* {0} bits */
	SENDER_FOUND_KEY_1024,    /* {0} bits */
	SENDER_FOUND_ED25519_ALONE,
	SENDER_FOUND_NO_DMARC,    /* {0} domain */
	SENDER_FOUND_NOT_ALIGNED, /* {0} domain */
	SENDER_FOUND_ONE_ALIGNED, /* {0} domain, {1} the one that is not */
	SENDER_FOUND_NO_REPORTS,  /* {0} domain */
	SENDER_FOUND_DNS,         /* {0} of what, {1} name */
	SENDER_FOUND_NO_ADDRESS,
	SENDER_FOUND_NO_PTR,            /* {0} address */
	SENDER_FOUND_PTR_NOT_CONFIRMED, /* {0} address, {1} name */
	SENDER_FOUND_NO_TLS,
	SENDER_FOUND_FIELD_MISSING,  /* {0} name */
	SENDER_FOUND_FIELD_REPEATED, /* {0} name, {1} how often */
	SENDER_FOUND_MESSAGE_ID,     /* {0} value */
	SENDER_FOUND_NO_AUTHOR,
	SENDER_FOUND_SEVERAL_AUTHORS,
	SENDER_FOUND_MALFORMED_LINES, /* {0} how many */
	SENDER_FOUND_LONG_LINE,       /* {0} octets */
	SENDER_FOUND_BEYOND_ASCII,
	SENDER_FOUND_IMPERSONATES, /* {0} domain */
	SENDER_FOUND_NO_UNSUBSCRIBE,
	SENDER_FOUND_UNSUBSCRIBE_URI, /* {0} value */
	SENDER_FOUND_NOT_ONE_CLICK,   /* {0} value */
	SENDER_FOUND_UNSUBSCRIBE_UNSIGNED,
	SENDER_FOUND_REPLY_TO, /* {0} value */
	SENDER_FOUND_NO_LIST_ID,
	SENDER_FOUND_NO_ARC,
	SENDER_FOUND_ARC_BROKEN, /* {0} reason */
	SENDER_FINDINGS
};

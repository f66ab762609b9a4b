/* The p= tag of a key record: what it holds, and what went wrong with it. Internal to this room. */
#pragma once

#include "check/dkim_record.h"

struct dkim_value {
	struct str text;    /* as in the record, without white space at its ends */
	size_t position;    /* of its first octet in the record */
	enum key_type type; /* by k=, RSA where that is none of ours */
};

/* Adds findings on p= and fills has_key, type, bits, exponent, der and key of the report where there is a key. Errors as
 * dkim_record_check(). */
INKAN_MUST_CHECK int dkim_value_check(const struct crypto *crypto, struct findings *f, const struct dkim_value *p,
                                      struct dkim_record_report *out);

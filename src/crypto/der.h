/* Strict DER (X.690 sections 8 and 10): definite lengths in their shortest form, tags of one octet. Reading takes from
 * the front of `in`, which is untouched where the result is false. No recursion, no allocation. */
#pragma once

#include "core/buf.h"
#include "core/str.h"

enum der_tag {
	DER_INTEGER = 0x02,
	DER_BIT_STRING = 0x03,
	DER_OCTET_STRING = 0x04,
	DER_NULL = 0x05,
	DER_OID = 0x06,
	DER_SEQUENCE = 0x30,
	DER_CONTEXT_0 = 0xa0, /* [0] constructed */
	DER_CONTEXT_1 = 0x81  /* [1] primitive */
};

struct der_integer {
	struct str magnitude; /* big-endian without leading zeros; empty for 0; meaningless where negative */
	bool negative;
};

/* Takes one element, whatever it is. */
bool der_take_any(struct str *in, unsigned char *tag_out, struct str *content_out);
/* Takes one element of that tag. */
bool der_take(struct str *in, enum der_tag tag, struct str *content_out);
bool der_take_integer(struct str *in, struct der_integer *out);
/* AlgorithmIdentifier (RFC 5280 section 4.1.1.2). *is_bare_out: its parameters are NULL or absent. */
bool der_take_algorithm(struct str *in, struct str *oid_out, bool *is_bare_out);

/* Size of an element with n octets of content. */
size_t der_size(size_t n);
/* Size of an INTEGER with that magnitude. */
size_t der_integer_size(struct str magnitude);
/* Puts tag and length; the caller puts the n octets of content. */
void der_put_head(struct buf *out, enum der_tag tag, size_t n);
void der_put_integer(struct buf *out, struct str magnitude);

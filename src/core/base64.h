/* Base64 (RFC 4648 section 4) and hexadecimal. */
#pragma once

#include "core/buf.h"
#include "core/str.h"

enum base64_mode {
	BASE64_STRICT, /* nothing but the alphabet, correct padding, zero pad bits */
	BASE64_FWS     /* as RFC 6376 wants it: SP, HTAB, CR and LF anywhere are skipped; padding may be absent */
};

/* Upper bound of the decoded length of n octets of text. */
static inline size_t base64_decoded_max(size_t n)
{
	return n / 4 * 3 + 3;
}

/* Length of the encoded form of n octets, with padding. */
static inline size_t base64_encoded_size(size_t n)
{
	return (n + 2) / 3 * 4;
}

/* Decodes text into out (room for base64_decoded_max(text.n)). False where text is not base64 of that mode; then
 * *position_out (may be NULL) is the octet that offends. *size_out is set on success only. */
bool base64_decode(struct str text, enum base64_mode mode, unsigned char *out, size_t *size_out, size_t *position_out);

/* Encodes with padding, without line breaks. */
void base64_encode(struct buf *out, const unsigned char *p, size_t n);

/* Lower-case hexadecimal. */
void hex_encode(struct buf *out, const unsigned char *p, size_t n);
/* Either case, an even number of digits; out has room for text.n / 2. */
bool hex_decode(struct str text, unsigned char *out, size_t *size_out);

#include "crypto/der.h"

enum {
	LONG_FORM = 0x80,
	LENGTH_OCTETS_MAX = 4, /* more octets of length than any input has */
	TAG_NUMBER_LONG = 0x1f
};

static bool take_length(struct str *in, size_t *out)
{
	if (in->n == 0)
		return false;
	unsigned char first = (unsigned char)in->p[0];

	*in = str_skip(*in, 1);
	if (first < LONG_FORM) {
		*out = first;
		return true;
	}
	size_t octets = first & ~(unsigned)LONG_FORM;
	size_t length = 0;

	/* no octets: the indefinite form of BER */
	if (octets == 0 || octets > LENGTH_OCTETS_MAX || octets > in->n || in->p[0] == 0)
		return false;
	for (size_t i = 0; i < octets; i++)
		length = length << 8 | (unsigned char)in->p[i];
	*in = str_skip(*in, octets);
	*out = length;
	return length >= LONG_FORM;
}

bool der_take_any(struct str *in, unsigned char *tag_out, struct str *content_out)
{
	struct str rest = *in;
	size_t length;

	if (rest.n == 0 || (rest.p[0] & TAG_NUMBER_LONG) == TAG_NUMBER_LONG)
		return false;
	rest = str_skip(rest, 1);
	if (!take_length(&rest, &length) || length > rest.n)
		return false;
	*tag_out = (unsigned char)in->p[0];
	*content_out = str_head(rest, length);
	*in = str_skip(rest, length);
	return true;
}

bool der_take(struct str *in, enum der_tag tag, struct str *content_out)
{
	struct str rest = *in, content;
	unsigned char found;

	if (!der_take_any(&rest, &found, &content) || found != tag)
		return false;
	*in = rest;
	*content_out = content;
	return true;
}

bool der_take_integer(struct str *in, struct der_integer *out)
{
	struct str rest = *in, content;

	if (!der_take(&rest, DER_INTEGER, &content) || content.n == 0)
		return false;
	unsigned char first = (unsigned char)content.p[0];
	bool next_high = content.n > 1 && ((unsigned char)content.p[1] & 0x80);

	/* the shortest form only */
	if (content.n > 1 && ((first == 0x00 && !next_high) || (first == 0xff && next_high)))
		return false;
	*out = (struct der_integer){str_skip(content, first == 0 ? 1 : 0), first & 0x80};
	*in = rest;
	return true;
}

/* SEQUENCE { algorithm OBJECT IDENTIFIER, parameters ANY DEFINED BY algorithm OPTIONAL } */
bool der_take_algorithm(struct str *in, struct str *oid_out, bool *is_bare_out)
{
	struct str rest = *in, algorithm, oid, parameters = STR_NULL;
	unsigned char tag = DER_NULL;

	if (!der_take(&rest, DER_SEQUENCE, &algorithm) || !der_take(&algorithm, DER_OID, &oid) || oid.n == 0)
		return false;
	if (algorithm.n && (!der_take_any(&algorithm, &tag, &parameters) || algorithm.n))
		return false;
	*in = rest;
	*oid_out = oid;
	*is_bare_out = tag == DER_NULL && parameters.n == 0;
	return true;
}

static size_t length_octets(size_t n)
{
	size_t octets = 1;

	if (n < LONG_FORM)
		return 1;
	for (; n; n >>= 8)
		octets++;
	return octets;
}

size_t der_size(size_t n)
{
	return 1 + length_octets(n) + n;
}

static bool needs_zero(struct str magnitude)
{
	return magnitude.n == 0 || ((unsigned char)magnitude.p[0] & 0x80);
}

size_t der_integer_size(struct str magnitude)
{
	return der_size(magnitude.n + needs_zero(magnitude));
}

void der_put_head(struct buf *out, enum der_tag tag, size_t n)
{
	size_t octets = length_octets(n);

	buf_put_char(out, (char)tag);
	if (octets == 1) {
		buf_put_char(out, (char)n);
		return;
	}
	buf_put_char(out, (char)(LONG_FORM | (octets - 1)));
	for (size_t i = octets - 1; i-- > 0;)
		buf_put_char(out, (char)(n >> (8 * i)));
}

void der_put_integer(struct buf *out, struct str magnitude)
{
	bool zero = needs_zero(magnitude);

	der_put_head(out, DER_INTEGER, magnitude.n + zero);
	if (zero)
		buf_put_char(out, '\0');
	buf_put(out, magnitude);
}

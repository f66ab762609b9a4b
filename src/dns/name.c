/* Domain names in presentation form (RFC 1035 section 2.3, RFC 2181 section 11, RFC 5890 section 2.3.1). */
#include "core/utf8.h"
#include "dns/dns.h"

enum {
	ULABEL_MAX = 252,       /* octets of a U-label (RFC 5890 section 4.2) */
	UTF8_NAME_MAX = 4 * 253 /* octets of a name that holds one */
};

#define ONES 0x0101010101010101u
#define HIGH (0x80 * ONES)

/* Bit 7 of the octets of w that are `least` to 127. */
static uint64_t at_least(uint64_t w, unsigned least)
{
	return (((w & ~HIGH) + (0x80 - least) * ONES) & ~w) & HIGH;
}

static uint64_t equal_to(uint64_t w, unsigned char c)
{
	uint64_t difference = w ^ c * ONES;

	return ~(((difference & ~HIGH) + ~HIGH) | difference) & HIGH;
}

/* Eight octets at a time, which makes a look-up of evidence a third faster. False: a control character or backslash. */
static bool put_lower(struct str s, char *out)
{
	uint64_t refused = 0;

	while (s.n) {
		uint64_t w = 'a' * ONES;
		size_t n = s.n < 8 ? s.n : 8;

		memcpy(&w, s.p, n);
		refused |= (~at_least(w, 0x20) & ~w & HIGH) | equal_to(w, 0x7f) | equal_to(w, '\\');
		w |= (at_least(w, 'A') & ~at_least(w, 'Z' + 1)) >> 2;
		memcpy(out, &w, n);
		out += n;
		s = str_skip(s, n);
	}
	return refused == 0;
}

bool dns_name_normalise(struct str name, char *out, size_t *size_out)
{
	if (name.n && name.p[name.n - 1] == '.')
		name.n--;
	if (name.n > DNS_NAME_MAX || !put_lower(name, out))
		return false;
	size_t label = 0;

	for (size_t i = 0; i < name.n; i++) {
		if (name.p[i] != '.') {
			label++;
			continue;
		}
		if (label == 0 || label > DNS_LABEL_MAX)
			return false;
		label = 0;
	}
	if (label == 0 || label > DNS_LABEL_MAX)
		return false;
	*size_out = name.n;
	return true;
}

static bool is_host_label(struct str label, bool underscore, bool utf8, bool *ascii_out)
{
	bool ascii = true;

	if (label.n == 0 || label.p[0] == '-' || label.p[label.n - 1] == '-')
		return false;
	for (size_t i = 0; i < label.n; i++) {
		char c = label.p[i];

		if (is_alpha(c) || is_digit(c) || c == '-' || (c == '_' && underscore))
			continue;
		if ((unsigned char)c < 0x80)
			return false;
		ascii = false;
	}
	*ascii_out = ascii;
	return ascii ? label.n <= DNS_LABEL_MAX : utf8 && label.n <= ULABEL_MAX && utf8_is_valid(label);
}

bool dns_name_is_host(struct str name, bool underscore, bool utf8)
{
	size_t max = DNS_NAME_MAX;
	size_t size = name.n;
	bool more = true;

	while (more) {
		size_t dot = str_find(name, '.');
		bool ascii = true;

		if (!is_host_label(str_head(name, dot), underscore, utf8, &ascii))
			return false;
		if (!ascii)
			max = UTF8_NAME_MAX;
		more = dot < name.n;
		name = str_skip(name, dot + 1);
	}
	return size <= max;
}

size_t dns_name_labels(struct str name)
{
	size_t labels = name.n > 0;

	for (size_t i = 0; i < name.n; i++)
		labels += name.p[i] == '.';
	return labels;
}

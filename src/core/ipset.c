/* Sets of IP addresses, see ipset.h. Ranges of 16-octet addresses, sorted by their first one; finished, no two overlap or
 * touch, so that one binary search answers.
 *
 * IPv4 lives in ::ffff:0:0/96. A network of IPv6 that encloses this block (such as ::/0) does not mean IPv4, so it becomes
 * what lies before and behind the block. */
#include "core/ipset.h"

#include <arpa/inet.h>
#include <stdlib.h>

enum {
	ADDRESS_BITS = 128,
	MAPPED_BITS = 96,      /* before an IPv4 address inside an IPv6 one */
	ADDRESS_TEXT_MAX = 45, /* characters of the longest address */
	RANGES_MIN = 16,       /* room for so many at first */
};

struct ip_range {
	struct ip_address first, last; /* both belong to it */
};

static const struct ip_address mapped_first = {{[10] = 0xff, 0xff}};
static const struct ip_address mapped_last = {{[10] = 0xff, 0xff, 0xff, 0xff, 0xff, 0xff}};

static int compare(const struct ip_address *a, const struct ip_address *b)
{
	return memcmp(a->octets, b->octets, sizeof a->octets);
}

bool ip_address_is_ipv4(const struct ip_address *a)
{
	return memcmp(a->octets, mapped_first.octets, MAPPED_BITS / 8) == 0;
}

/* ---- text ---- */

static bool address_parse(struct str text, struct ip_address *out, bool *is_ipv6_out)
{
	char terminated[ADDRESS_TEXT_MAX + 1];
	struct ip_address address = mapped_first;
	bool is_ipv6 = str_find(text, ':') < text.n;

	if (text.n == 0 || text.n > ADDRESS_TEXT_MAX || str_find(text, '\0') < text.n)
		return false;
	memcpy(terminated, text.p, text.n);
	terminated[text.n] = '\0';
	if (inet_pton(is_ipv6 ? AF_INET6 : AF_INET, terminated, address.octets + (is_ipv6 ? 0 : MAPPED_BITS / 8)) != 1)
		return false;
	*out = address;
	*is_ipv6_out = is_ipv6;
	return true;
}

bool ip_address_parse(struct str text, struct ip_address *out)
{
	bool is_ipv6;

	return address_parse(text, out, &is_ipv6);
}

/* The first and last address with the same `bits` first bits; false where others of `address` are set. */
static bool range_of_prefix(const struct ip_address *address, unsigned bits, struct ip_range *out)
{
	bool clean = true;

	*out = (struct ip_range){*address, *address};
	for (unsigned i = 0; i < sizeof address->octets; i++) {
		unsigned kept = bits > 8 * i ? bits - 8 * i : 0;
		unsigned char host = (unsigned char)(kept >= 8 ? 0 : 0xff >> kept);

		clean = clean && !(address->octets[i] & host);
		out->last.octets[i] = (unsigned char)(out->last.octets[i] | host);
	}
	return clean;
}

/* "192.0.2.0/24"; NULL, or what is wrong */
static const char *parse_network(struct str address, struct str prefix, struct ip_range *out)
{
	struct ip_address first;
	bool is_ipv6;
	uint64_t bits;

	if (!address_parse(address, &first, &is_ipv6))
		return "not an IP address before the \"/\"";
	if (!str_to_u64(prefix, ADDRESS_BITS, &bits) || prefix.n > 3)
		return "the prefix length behind the \"/\" is not a number from 0 to 128";
	if (!is_ipv6 && bits > ADDRESS_BITS - MAPPED_BITS)
		return "the prefix length of IPv4 is at most 32";
	if (!range_of_prefix(&first, (unsigned)bits + (is_ipv6 ? 0 : MAPPED_BITS), out))
		return "the address has bits set behind the prefix";
	return NULL;
}

/* "192.0.2.5-192.0.2.9" */
static const char *parse_range(struct str first, struct str last, struct ip_range *out)
{
	if (!ip_address_parse(str_trim_wsp(first), &out->first) || !ip_address_parse(str_trim_wsp(last), &out->last))
		return "a range needs an IP address on either side of the \"-\"";
	if (ip_address_is_ipv4(&out->first) != ip_address_is_ipv4(&out->last))
		return "the range begins in one address family and ends in the other";
	if (compare(&out->first, &out->last) > 0)
		return "the range ends before it begins";
	return NULL;
}

static const char *parse_entry(struct str text, struct ip_range *out)
{
	size_t slash = str_find(text, '/'), hyphen = str_find(text, '-');

	if (hyphen < text.n)
		return parse_range(str_head(text, hyphen), str_skip(text, hyphen + 1), out);
	if (slash < text.n)
		return parse_network(str_head(text, slash), str_skip(text, slash + 1), out);
	if (!ip_address_parse(text, &out->first))
		return "not an IP address";
	out->last = out->first;
	return NULL;
}

/* ---- filling ---- */

static int reserve(struct ipset *set, size_t more)
{
	if (more > IPSET_RANGES_MAX - set->count)
		return INKAN_ELIMIT;
	if (set->count + more <= set->capacity)
		return INKAN_OK;
	size_t capacity = set->capacity ? set->capacity * 2 : RANGES_MIN;
	struct ip_range *ranges = realloc(set->ranges, capacity * sizeof *ranges);

	if (!ranges)
		return INKAN_ENOMEM;
	set->ranges = ranges;
	set->capacity = capacity;
	return INKAN_OK;
}

/* The next one upward or downward; not for the last of all. */
static struct ip_address step(struct ip_address a, bool up)
{
	for (size_t i = sizeof a.octets; i--;) {
		a.octets[i] = (unsigned char)(up ? a.octets[i] + 1 : a.octets[i] - 1);
		if (a.octets[i] != (up ? 0 : 0xff))
			break;
	}
	return a;
}

static bool encloses_ipv4(const struct ip_range *range)
{
	return compare(&range->first, &mapped_first) < 0 && compare(&range->last, &mapped_last) >= 0;
}

int ipset_add(struct ipset *set, struct str text, const char **trouble_out)
{
	struct ip_range range;
	const char *trouble = parse_entry(str_trim_wsp(text), &range);

	if (trouble) {
		if (trouble_out)
			*trouble_out = trouble;
		return INKAN_ESYNTAX;
	}
	bool encloses = encloses_ipv4(&range);
	int error = reserve(set, encloses ? 2 : 1);

	if (error)
		return error;
	if (encloses) {
		set->ranges[set->count++] = (struct ip_range){range.first, step(mapped_first, false)};
		range.first = step(mapped_last, true);
	}
	if (compare(&range.first, &range.last) <= 0)
		set->ranges[set->count++] = range;
	return INKAN_OK;
}

static int by_first(const void *a, const void *b)
{
	const struct ip_range *x = a, *y = b;

	return compare(&x->first, &y->first);
}

/* Whether b, which does not begin before a, overlaps it, or begins right behind it in the same family. */
static bool joins(const struct ip_range *a, const struct ip_range *b)
{
	if (compare(&b->first, &a->last) <= 0)
		return true;
	struct ip_address behind = step(a->last, true);

	return compare(&behind, &b->first) == 0;
}

void ipset_finish(struct ipset *set)
{
	size_t kept = 0;

	if (set->count == 0)
		return;
	qsort(set->ranges, set->count, sizeof *set->ranges, by_first);
	for (size_t i = 1; i < set->count; i++) {
		struct ip_range *last = &set->ranges[kept], *next = &set->ranges[i];

		if (!joins(last, next))
			set->ranges[++kept] = *next;
		else if (compare(&next->last, &last->last) > 0)
			last->last = next->last;
	}
	set->count = kept + 1;
}

void ipset_release(struct ipset *set)
{
	free(set->ranges);
	*set = (struct ipset){0};
}

/* ---- asking ---- */

bool ipset_has(const struct ipset *set, const struct ip_address *address)
{
	size_t low = 0,
	       high = set->count; /* those before `low` begin at or before the address, those from `high` on behind it */

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (compare(&set->ranges[middle].first, address) <= 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low && compare(address, &set->ranges[low - 1].last) <= 0;
}

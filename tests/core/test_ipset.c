#include "core/ipset.h"

#include <stdio.h>
#include <stdlib.h>

#include "core/random.h"
#include "support/alloc.h"
#include "support/case.h"

static struct ip_address address_of(const char *text)
{
	struct ip_address address;

	assert_true(ip_address_parse(str_c(text), &address));
	return address;
}

/* ---- what belongs to a set ---- */

static const struct member {
	const char *name;
	const char *entries; /* separated by commas */
	const char *address;
	bool want;
} members[] = {
	{"the empty set", "", "192.0.2.1", false},
	{"a single address", "192.0.2.1", "192.0.2.1", true},
	{"the one below", "192.0.2.1", "192.0.2.0", false},
	{"the one above", "192.0.2.1", "192.0.2.2", false},
	{"first of a network", "192.0.2.0/24", "192.0.2.0", true},
	{"last of a network", "192.0.2.0/24", "192.0.2.255", true},
	{"before a network", "192.0.2.0/24", "192.0.1.255", false},
	{"behind a network", "192.0.2.0/24", "192.0.3.0", false},
	{"a prefix within an octet", "10.0.16.0/20", "10.0.31.255", true},
	{"behind a prefix within an octet", "10.0.16.0/20", "10.0.32.0", false},
	{"a host as network", "192.0.2.7/32", "192.0.2.7", true},
	{"beside a host as network", "192.0.2.7/32", "192.0.2.6", false},
	{"all of IPv4", "0.0.0.0/0", "255.255.255.255", true},
	{"all of IPv4 is not IPv6", "0.0.0.0/0", "::1", false},
	{"all of IPv6", "::/0", "2001:db8::1", true},
	{"all of IPv6, before the mapped ones", "::/0", "::1", true},
	{"what ends with the mapped ones", "::/80", "::1", true},
	{"all of IPv6 is not IPv4", "::/0", "192.0.2.1", false},
	{"all of IPv6 is not IPv4, first", "::/0", "0.0.0.0", false},
	{"all of IPv6 is not IPv4, last", "::/0", "255.255.255.255", false},
	{"a wide network of IPv6 is not IPv4", "::/80", "192.0.2.1", false},
	{"both families", "::/0, 0.0.0.0/0", "192.0.2.1", true},
	{"a range", "192.0.2.5-192.0.2.9", "192.0.2.7", true},
	{"S0-35 first of a range", "192.0.2.5-192.0.2.9", "192.0.2.5", true},
	{"S0-35 last of a range", "192.0.2.5-192.0.2.9", "192.0.2.9", true},
	{"before a range", "192.0.2.5-192.0.2.9", "192.0.2.4", false},
	{"behind a range", "192.0.2.5-192.0.2.9", "192.0.2.10", false},
	{"a range of one", "192.0.2.5-192.0.2.5", "192.0.2.5", true},
	{"a range with white space", "192.0.2.5 -\t192.0.2.9", "192.0.2.8", true},
	{"S0-35 a range of IPv6", "2001:db8::1-2001:db8::ff", "2001:db8::fe", true},
	{"behind a range of IPv6", "2001:db8::1-2001:db8::ff", "2001:db8::100", false},
	{"a range of IPv6 round IPv4", "::-ffff::", "192.0.2.1", false},
	{"a range of IPv6 round IPv4, its end", "::-ffff::", "ffff::", true},
	{"S0-35 a network of IPv6", "2001:db8::/32", "2001:db8:ffff::1", true},
	{"another network of IPv6", "2001:db8::/32", "2001:db9::1", false},
	{"a network of IPv6 that ends in an octet", "2001:db8:8000::/33", "2001:db8:7fff::1", false},
	{"a mapped address is IPv4", "192.0.2.0/24", "::ffff:192.0.2.9", true},
	{"a mapped network is IPv4", "::ffff:192.0.2.0/120", "192.0.2.9", true},
	{"a compatible address is not IPv4", "192.0.2.0/24", "::192.0.2.9", false},
	{"second of two", "192.0.2.1, 198.51.100.1", "198.51.100.1", true},
	{"between two", "192.0.2.1, 198.51.100.1", "192.168.0.1", false},
	{"out of order", "198.51.100.1, 192.0.2.1", "192.0.2.1", true},
	{"overlapping", "192.0.2.0-192.0.2.9, 192.0.2.5-192.0.2.20", "192.0.2.15", true},
	{"enclosed", "192.0.2.0/24, 192.0.2.5", "192.0.2.200", true},
	{"touching", "192.0.2.0-192.0.2.4, 192.0.2.5-192.0.2.9", "192.0.2.5", true},
	{"twice the same", "192.0.2.1, 192.0.2.1", "192.0.2.1", true},
	{"the last of all", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", true},
	{"the first of all", "::", "::", true},
	{"after the last of all comes nothing", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff, ::1", "::", false},
};

static void fill(struct ipset *set, const char *entries)
{
	struct str rest = str_c(entries);

	while (rest.n)
		assert_int_equal(ipset_add(set, str_split(&rest, ','), NULL), INKAN_OK);
	ipset_finish(set);
}

static void run_member(const void *row)
{
	const struct member *r = row;
	struct ip_address address = address_of(r->address);
	struct ipset set = {0};

	fill(&set, r->entries);
	assert_int_equal(ipset_has(&set, &address), r->want);
	ipset_finish(&set); /* once more changes nothing */
	assert_int_equal(ipset_has(&set, &address), r->want);
	ipset_release(&set);
}

/* ---- what is refused ---- */

#define NO_ADDRESS "not an IP address"
#define NO_NETWORK "not an IP address before the \"/\""
#define NO_PREFIX "the prefix length behind the \"/\" is not a number from 0 to 128"
#define NO_RANGE "a range needs an IP address on either side of the \"-\""

static const struct refusal {
	const char *name;
	const char *text, *want;
	size_t more; /* octets of the text behind its end */
} refusals[] = {
	{"nothing", "", NO_ADDRESS},
	{"a name", "mx.example.com", NO_ADDRESS},
	{"three octets", "192.0.2", NO_ADDRESS},
	{"five octets", "192.0.2.1.1", NO_ADDRESS},
	{"an octet too big", "192.0.2.256", NO_ADDRESS},
	{"a leading zero", "192.0.02.1", NO_ADDRESS},
	{"hexadecimal", "0xc0000201", NO_ADDRESS},
	{"one number", "3221225985", NO_ADDRESS},
	{"a zone", "fe80::1%eth0", NO_ADDRESS},
	{"brackets", "[2001:db8::1]", NO_ADDRESS},
	{"two double colons", "2001::db8::1", NO_ADDRESS},
	{"a NUL inside", "192.0.2.1", NO_ADDRESS, 1},
	{"a line end", "192.0.2.1\n", NO_ADDRESS},
	{"two addresses", "192.0.2.1 192.0.2.2", NO_ADDRESS},
	{"45 characters and one more", "0000:0000:0000:0000:0000:ffff:255.255.255.2555", NO_ADDRESS},
	{"a prefix without address", "/24", NO_NETWORK},
	{"no prefix", "192.0.2.0/", NO_PREFIX},
	{"a prefix that is no number", "192.0.2.0/x", NO_PREFIX},
	{"a signed prefix", "192.0.2.0/+8", NO_PREFIX},
	{"a net mask", "192.0.2.0/255.255.255.0", NO_PREFIX},
	{"two prefixes", "192.0.2.0/24/24", NO_PREFIX},
	{"a prefix with zeros before", "192.0.2.0/0024", NO_PREFIX},
	{"a prefix of 33 bits", "192.0.2.0/33", "the prefix length of IPv4 is at most 32"},
	{"a prefix of 129 bits", "2001:db8::/129", NO_PREFIX},
	{"bits behind the prefix", "192.0.2.1/24", "the address has bits set behind the prefix"},
	{"bits behind the prefix, within an octet", "192.0.2.16/27", "the address has bits set behind the prefix"},
	{"bits behind the prefix, IPv6", "2001:db8::1/64", "the address has bits set behind the prefix"},
	{"S0-35 a range that ends before it begins", "192.0.2.9-192.0.2.5", "the range ends before it begins"},
	{"a range over both families", "192.0.2.9-2001:db8::1",
         "the range begins in one address family and ends in the other"},
	{"a range without end", "192.0.2.9-", NO_RANGE},
	{"a range without begin", "-192.0.2.9", NO_RANGE},
	{"a range of three", "192.0.2.1-192.0.2.2-192.0.2.3", NO_RANGE},
	{"a range of the last octet", "192.0.2.1-5", NO_RANGE},
	{"a range of networks", "192.0.2.0/25-192.0.2.128/25", NO_RANGE},
};

static void run_refusal(const void *row)
{
	const struct refusal *r = row;
	const char *trouble = NULL;
	struct ipset set = {0};
	struct str text = str_from(r->text, strlen(r->text) + r->more);

	assert_int_equal(ipset_add(&set, text, &trouble), INKAN_ESYNTAX);
	assert_string_equal(trouble, r->want);
	assert_int_equal(ipset_add(&set, text, NULL), INKAN_ESYNTAX);
	assert_int_equal(set.count, 0);
	ipset_release(&set);
}

/* ---- limits, memory ---- */

static int add_number(struct ipset *set, unsigned i)
{
	char text[32];
	int size = snprintf(text, sizeof text, "10.%u.%u.%u", i >> 15 & 255, i >> 7 & 255, (i & 127) * 2);

	return ipset_add(set, str_from(text, (size_t)size), NULL);
}

static void run_limit(const void *row)
{
	struct ipset set = {0};
	struct ip_address inside = address_of("10.0.0.2"), outside = address_of("10.0.0.3");

	(void)row;
	for (unsigned i = 0; i < IPSET_RANGES_MAX; i++)
		assert_int_equal(add_number(&set, i), INKAN_OK);
	assert_int_equal(add_number(&set, IPSET_RANGES_MAX), INKAN_ELIMIT);
	assert_int_equal(ipset_add(&set, STR("::/0"), NULL), INKAN_ELIMIT);
	ipset_finish(&set);
	assert_int_equal(set.count, IPSET_RANGES_MAX);
	assert_true(ipset_has(&set, &inside));
	assert_false(ipset_has(&set, &outside));
	ipset_release(&set);
}

static void run_join(const void *row)
{
	struct ipset set = {0};

	(void)row;
	fill(&set, "192.0.2.128/25, 192.0.2.0/25, 192.0.3.0-192.0.3.255, 2001:db8::/33, 2001:db8:8000::/33");
	assert_int_equal(set.count, 2);
	ipset_release(&set);
}

static void run_memory(const void *row)
{
	(void)row;
	for (size_t n = 1;; n++) {
		struct ipset set = {0};
		int error = INKAN_OK;

		alloc_fail_at(n);
		for (unsigned i = 0; i < 100 && !error; i++)
			error = add_number(&set, i);
		bool reached = alloc_count() >= n;

		alloc_fail_at(0);
		ipset_finish(&set);
		ipset_release(&set);
		if (!reached)
			break;
		assert_int_equal(error, INKAN_ENOMEM);
	}
}

/* ---- against a naive check ---- */

enum { RANDOM_ENTRIES = 12, RANDOM_ROUNDS = 300, SMALL = 64 };

/* Ranges among 64 addresses of one of the families. */
static void random_set(uint64_t *state, struct ipset *set, bool *in, const char *prefix)
{
	char text[64];

	for (size_t i = 0, n = random_below(state, RANDOM_ENTRIES); i < n; i++) {
		unsigned a = (unsigned)random_below(state, SMALL), b = (unsigned)random_below(state, SMALL);
		unsigned first = a < b ? a : b, last = a < b ? b : a;
		int size = snprintf(text, sizeof text, "%s%u-%s%u", prefix, first + 10, prefix, last + 10);

		assert_int_equal(ipset_add(set, str_from(text, (size_t)size), NULL), INKAN_OK);
		for (unsigned k = first; k <= last; k++)
			in[k] = true;
	}
}

static void check_all(const struct ipset *set, const bool *in, const char *prefix)
{
	char text[64];

	for (unsigned i = 0; i < SMALL; i++) {
		snprintf(text, sizeof text, "%s%u", prefix, i + 10);
		struct ip_address address = address_of(text);

		assert_int_equal(ipset_has(set, &address), in[i]);
	}
}

/* In IPv6 the two digits are read as hexadecimal: gaps between 19 and 20, so ranges there reach over more than SMALL. */
static void run_random(const void *row)
{
	uint64_t state = 7;

	(void)row;
	for (int round = 0; round < RANDOM_ROUNDS; round++) {
		bool in4[SMALL] = {false}, in6[SMALL] = {false};
		struct ipset set = {0};

		random_set(&state, &set, in4, "192.0.2.");
		random_set(&state, &set, in6, "2001:db8::");
		ipset_finish(&set);
		check_all(&set, in4, "192.0.2.");
		check_all(&set, in6, "2001:db8::");
		ipset_release(&set);
	}
}

/* Random prefixes of random addresses: belonging is equality of the first bits. */
static void run_random_prefix(const void *row)
{
	uint64_t state = 11;

	(void)row;
	for (int round = 0; round < 5000; round++) {
		uint32_t network = (uint32_t)random_next(&state), other;
		unsigned bits = (unsigned)random_below(&state, 33);
		uint32_t mask = bits ? ~(uint32_t)0 << (32 - bits) : 0;
		char text[64];
		struct ipset set = {0};

		network &= mask;
		other = (network ^ (uint32_t)(random_next(&state) & 1 ? 0 : (uint64_t)1 << random_below(&state, 32)));
		snprintf(text, sizeof text, "%u.%u.%u.%u/%u", network >> 24, network >> 16 & 255, network >> 8 & 255,
		         network & 255, bits);
		fill(&set, text);
		snprintf(text, sizeof text, "%u.%u.%u.%u", other >> 24, other >> 16 & 255, other >> 8 & 255,
		         other & 255);
		struct ip_address address = address_of(text);

		assert_int_equal(ipset_has(&set, &address), (other & mask) == network);
		ipset_release(&set);
	}
}

/* Octets out of the alphabet of addresses, of any arrangement: refused or taken, never out of bounds. */
static void run_hostile(const void *row)
{
	static const char alphabet[] = "0123456789abcdefx:.:.-/ %[]\t";
	uint64_t state = 3;
	struct ipset set = {0};

	(void)row;
	for (int round = 0; round < 100000; round++) {
		size_t n = random_below(&state, 50);
		char *text = malloc(n + 1);

		assert_non_null(text);
		for (size_t i = 0; i < n; i++)
			text[i] = alphabet[random_below(&state, sizeof alphabet - 1)];
		const char *trouble = NULL;
		int error = ipset_add(&set, str_from(text, n), &trouble);

		assert_true(error == INKAN_OK ? !trouble : error == INKAN_ESYNTAX && trouble);
		free(text);
	}
	ipset_finish(&set);
	ipset_release(&set);
}

int main(void)
{
	struct test_list list = {0};

	TEST_TABLE(&list, members, run_member);
	TEST_TABLE(&list, refusals, run_refusal);
	test_add(&list, "100,000 ranges, and one more", run_limit, NULL);
	test_add(&list, "ranges that touch become one", run_join, NULL);
	test_add(&list, "no memory at any allocation", run_memory, NULL);
	test_add(&list, "random sets against a naive check", run_random, NULL);
	test_add(&list, "random prefixes against a mask", run_random_prefix, NULL);
	test_add(&list, "hostile texts", run_hostile, NULL);
	return test_run(&list, "core/ipset");
}

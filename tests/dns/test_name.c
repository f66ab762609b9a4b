#include "dns/dns.h"

#include "support/case.h"

#define L63 "aaaaaaaaaabbbbbbbbbbccccccccccddddddddddeeeeeeeeeeffffffffffggg"
#define NAME253                 \
	L63 "." L63 "." L63 "." \
	    "aaaaaaaaaabbbbbbbbbbccccccccccddddddddddeeeeeeeeeeffffffffffg"

static const struct normalise {
	const char *name;
	const char *in;
	const char *want; /* NULL: no DNS name */
} normalises[] = {
	{"plain", "example.com", "example.com"},
	{"case", "S1._DomainKey.Example.COM", "s1._domainkey.example.com"},
	{"final dot", "example.com.", "example.com"},
	{"single label", "com", "com"},
	{"UTF-8 is kept as it is",
         "B\xc3\x9c"
         "cher.example",
         "b\xc3\x9c"
         "cher.example"},
	{"space and other signs, as SPF macros make them", "a b%c:d/e@f\"(;).example", "a b%c:d/e@f\"(;).example"},
	{"label of 63 octets", L63 ".example", L63 ".example"},
	{"label of 64 octets", L63 "x.example", NULL},
	{"name of 253 octets", NAME253, NAME253},
	{"name of 253 octets and a final dot", NAME253 ".", NAME253},
	{"name of 254 octets", NAME253 "h", NULL},
	{"empty", "", NULL},
	{"root", ".", NULL},
	{"two final dots", "example.com..", NULL},
	{"dot in front", ".example.com", NULL},
	{"empty label", "a..b", NULL},
	{"control character", "a\x01.example", NULL},
	{"line feed", "a\n.example", NULL},
	{"DEL", "a\x7f.example", NULL},
	{"backslash", "a\\046b.example", NULL},
};

static void run_normalise(const void *row)
{
	const struct normalise *r = row;
	char out[DNS_NAME_MAX];
	size_t size = 999;

	assert_int_equal(dns_name_normalise(str_c(r->in), out, &size), r->want != NULL);
	if (r->want) {
		assert_int_equal(size, strlen(r->want));
		assert_memory_equal(out, r->want, size);
	} else {
		assert_int_equal(size, 999);
	}
}

static void run_every_octet(const void *row)
{
	(void)row;
	for (int c = 0; c < 256; c++) {
		for (size_t at = 0; at < 17; at++) {
			char in[17], out[DNS_NAME_MAX];
			size_t size;
			bool want = c >= 0x20 && c != 0x7f && c != '\\' && !(c == '.' && at == 0);

			memset(in, 'M', sizeof(in));
			in[at] = (char)c;
			assert_int_equal(dns_name_normalise(str_from(in, sizeof(in)), out, &size), want);
			for (size_t i = 0; want && i < size; i++)
				assert_int_equal(out[i], to_lower(in[i]));
		}
	}
}

static const struct host {
	const char *name;
	const char *in;
	bool underscore, utf8, want;
} hosts[] = {
	{"letters, digits, hyphens", "a-1.Example.com", false, false, true},
	{"single label", "localhost", false, false, true},
	{"label of digits", "123.example", false, false, true},
	{"underscore refused", "_spf.example.com", false, false, false},
	{"underscore allowed", "_spf.example.com", true, false, true},
	{"hyphen in front", "-a.example", true, true, false},
	{"hyphen at the end", "a-.example", true, true, false},
	{"empty", "", true, true, false},
	{"empty label", "a..example", true, true, false},
	{"dot in front", ".example", true, true, false},
	{"final dot", "example.com.", true, true, false},
	{"space", "a b.example", true, true, false},
	{"UTF-8 refused",
         "b\xc3\xbc"
         "cher.example",
         false, false, false},
	{"UTF-8 allowed",
         "b\xc3\xbc"
         "cher.example",
         false, true, true},
	{"malformed UTF-8", "b\xc3.example", false, true, false},
	{"UTF-8 label of more than 63 octets", L63 "\xc3\xbc.example", false, true, true},
	{"ASCII label of 64 octets beside a UTF-8 one", L63 "x.\xc3\xbc", false, true, false},
	{"253 octets", NAME253, false, false, true},
	{"254 octets", NAME253 "h", false, false, false},
	{"254 octets, ASCII where UTF-8 is allowed", NAME253 "h", false, true, false},
	{"254 octets of which one label is UTF-8", "\xc3\xbc" NAME253, false, true, true},
};

static void run_host(const void *row)
{
	const struct host *r = row;

	assert_int_equal(dns_name_is_host(str_c(r->in), r->underscore, r->utf8), r->want);
}

static const struct labels {
	const char *name;
	const char *in;
	size_t want;
} label_counts[] = {
	{"none", "", 0},
	{"one", "com", 1},
	{"three", "a.b.c", 3},
};

static void run_labels(const void *row)
{
	const struct labels *r = row;

	assert_int_equal(dns_name_labels(str_c(r->in)), r->want);
}

static const struct address {
	const char *name;
	enum dns_type type;
	const char *in;
	const char *want; /* canonical; NULL: no address */
} addresses[] = {
	{"IPv4", DNS_A, "192.0.2.1", "192.0.2.1"},
	{"IPv4 of all ones", DNS_A, "255.255.255.255", "255.255.255.255"},
	{"IPv4 too large", DNS_A, "192.0.2.256", NULL},
	{"IPv4 with leading zeros", DNS_A, "192.0.2.01", NULL},
	{"IPv4 of three parts", DNS_A, "192.0.2", NULL},
	{"IPv4 with a space", DNS_A, "192.0.2.1 ", NULL},
	{"IPv6 as IPv4", DNS_A, "2001:db8::1", NULL},
	{"IPv6 short", DNS_AAAA, "2001:db8::1", "2001:db8::1"},
	{"IPv6 in full", DNS_AAAA, "2001:0DB8:0000:0000:0000:0000:0000:0001", "2001:db8::1"},
	{"IPv6 with IPv4 at the end", DNS_AAAA, "64:ff9b::192.0.2.33", "64:ff9b::c000:221"},
	{"IPv6 that maps IPv4", DNS_AAAA, "::FFFF:1.2.3.4", "::ffff:1.2.3.4"},
	{"IPv6 unspecified", DNS_AAAA, "::", "::"},
	{"IPv6 of the longest form", DNS_AAAA, "ffff:ffff:ffff:ffff:ffff:ffff:255.255.255.255",
         "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"},
	{"IPv6 with a zone", DNS_AAAA, "fe80::1%eth0", NULL},
	{"IPv6 with two gaps", DNS_AAAA, "1::2::3", NULL},
	{"IPv6 in brackets", DNS_AAAA, "[::1]", NULL},
	{"empty", DNS_AAAA, "", NULL},
};

static void run_address(const void *row)
{
	const struct address *r = row;
	unsigned char address[16];
	struct buf out;

	memset(address, 0xaa, sizeof(address));
	assert_int_equal(dns_address_parse(str_c(r->in), r->type, address), r->want != NULL);
	if (!r->want)
		return;
	if (r->type == DNS_A)
		assert_int_equal(address[15], 0);
	buf_init(&out, 100);
	dns_address_print(&out, r->type, address);
	assert_true(str_eq(buf_str(&out), str_c(r->want)));
	buf_release(&out);
}

static void run_types(const void *row)
{
	static const struct {
		enum dns_type type;
		const char *name;
	} want[] = {{1, "A"},   {2, "NS"},   {5, "CNAME"}, {6, "SOA"}, {12, "PTR"},
	            {15, "MX"}, {16, "TXT"}, {28, "AAAA"}, {99, "SPF"}};

	(void)row;
	for (size_t i = 0; i < sizeof(want) / sizeof(*want); i++) {
		enum dns_type type = 0;

		assert_string_equal(dns_type_name(want[i].type), want[i].name);
		assert_true(dns_type_from_name(str_c(want[i].name), &type));
		assert_int_equal(type, want[i].type);
	}
	enum dns_type type = DNS_A;

	assert_null(dns_type_name((enum dns_type)47));
	assert_true(dns_type_from_name(STR("txt"), &type));
	assert_false(dns_type_from_name(STR("TXT2"), &type));
	assert_int_equal(type, DNS_TXT);
}

int main(void)
{
	struct test_list list = {0};

	TEST_TABLE(&list, normalises, run_normalise);
	test_add(&list, "every octet at every place", run_every_octet, NULL);
	TEST_TABLE(&list, hosts, run_host);
	TEST_TABLE(&list, label_counts, run_labels);
	TEST_TABLE(&list, addresses, run_address);
	test_add(&list, "types and their names", run_types, NULL);
	return test_run(&list, "dns/name");
}

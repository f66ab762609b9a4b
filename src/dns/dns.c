/* Type and status names, addresses in text. */
#include "dns/dns.h"

#include <arpa/inet.h>
#include <assert.h>

static const struct {
	enum dns_type type;
	const char *name;
} types[] = {
	{DNS_A, "A"},   {DNS_NS, "NS"},   {DNS_CNAME, "CNAME"}, {DNS_SOA, "SOA"}, {DNS_PTR, "PTR"},
	{DNS_MX, "MX"}, {DNS_TXT, "TXT"}, {DNS_AAAA, "AAAA"},   {DNS_SPF, "SPF"},
};

const char *dns_type_name(enum dns_type type)
{
	for (size_t i = 0; i < sizeof(types) / sizeof(*types); i++)
		if (types[i].type == type)
			return types[i].name;
	return NULL;
}

bool dns_type_from_name(struct str name, enum dns_type *out)
{
	for (size_t i = 0; i < sizeof(types) / sizeof(*types); i++) {
		if (str_ieq(name, str_c(types[i].name))) {
			*out = types[i].type;
			return true;
		}
	}
	return false;
}

static const char *const status_names[] = {
	[DNS_ANSWER] = "NOERROR",  [DNS_NODATA] = "NODATA", [DNS_NXDOMAIN] = "NXDOMAIN", [DNS_SERVFAIL] = "SERVFAIL",
	[DNS_TIMEOUT] = "TIMEOUT", [DNS_BOGUS] = "BOGUS",   [DNS_LOOP] = "CNAMELOOP",
};

const char *dns_status_name(enum dns_status status)
{
	return status_names[status];
}

const struct dns_answer *dns_answer_without_records(enum dns_status status)
{
	static const struct dns_answer answers[] = {
		[DNS_NODATA] = {.status = DNS_NODATA},     [DNS_NXDOMAIN] = {.status = DNS_NXDOMAIN},
		[DNS_SERVFAIL] = {.status = DNS_SERVFAIL}, [DNS_TIMEOUT] = {.status = DNS_TIMEOUT},
		[DNS_BOGUS] = {.status = DNS_BOGUS},       [DNS_LOOP] = {.status = DNS_LOOP},
	};

	assert(status != DNS_ANSWER);
	return &answers[status];
}

bool dns_address_parse(struct str text, enum dns_type type, unsigned char out[16])
{
	char terminated[INET6_ADDRSTRLEN];
	unsigned char address[16] = {0};

	if (text.n == 0 || text.n >= sizeof(terminated) || memchr(text.p, '\0', text.n))
		return false;
	memcpy(terminated, text.p, text.n);
	terminated[text.n] = '\0';
	if (inet_pton(type == DNS_A ? AF_INET : AF_INET6, terminated, address) != 1)
		return false;
	memcpy(out, address, sizeof(address));
	return true;
}

void dns_address_print(struct buf *out, enum dns_type type, const unsigned char address[16])
{
	char text[INET6_ADDRSTRLEN];

	if (inet_ntop(type == DNS_A ? AF_INET : AF_INET6, address, text, sizeof(text)))
		buf_put_c(out, text);
}

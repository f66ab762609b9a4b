#include "spf/fault.h"

#include <assert.h>

#define NONE(text, section)                                   \
	{                                                     \
		INKAN_NONE, text, "RFC 7208 section " section \
	}
#define TEMPORARY(text)                                       \
	{                                                     \
		INKAN_TEMPERROR, text, "RFC 7208 section 4.4" \
	}
#define PERMANENT(text, section)                                   \
	{                                                          \
		INKAN_PERMERROR, text, "RFC 7208 section " section \
	}

static const struct spf_fault faults[SPF_FAULT_COUNT] = {
	[SPF_FAULT_NONE] = {INKAN_NEUTRAL, "", "RFC 7208 section 4.6.2"},

	[SPF_FAULT_NO_IDENTITY] = NONE("no domain to check", "4.3"),
	[SPF_FAULT_ADDRESS_LITERAL] = NONE("an address literal is no domain", "2.3"),
	[SPF_FAULT_SINGLE_LABEL] = NONE("not a name of two labels or more", "4.3"),
	[SPF_FAULT_DOMAIN_SYNTAX] = NONE("not a domain name", "4.3"),
	[SPF_FAULT_NO_DOMAIN] = NONE("the domain does not exist", "4.3"),
	[SPF_FAULT_NO_RECORD] = NONE("the domain has no SPF record", "4.5"),

	[SPF_FAULT_DNS_SERVFAIL] = TEMPORARY("DNS look-up failed: server failure"),
	[SPF_FAULT_DNS_TIMEOUT] = TEMPORARY("DNS look-up failed: no answer in time"),
	[SPF_FAULT_DNS_BOGUS] = TEMPORARY("DNS look-up failed: DNSSEC validation failed"),
	[SPF_FAULT_DNS_LOOP] = TEMPORARY("DNS look-up failed: endless chain of CNAMEs"),

	[SPF_FAULT_SEVERAL_RECORDS] = PERMANENT("more than one SPF record", "4.5"),
	[SPF_FAULT_RECORD_SIZE] = PERMANENT("record is larger than 65535 octets", "3.4"),
	[SPF_FAULT_TOO_MANY_TERMS] = PERMANENT("more than 1000 terms", "4.6"),
	[SPF_FAULT_REPEATED_REDIRECT] = PERMANENT("redirect= occurs twice", "6"),
	[SPF_FAULT_REPEATED_EXP] = PERMANENT("exp= occurs twice", "6"),

	[SPF_FAULT_CHARACTER] = PERMANENT("a character that is not visible ASCII", "4.6.1"),
	[SPF_FAULT_UNKNOWN_MECHANISM] = PERMANENT("unknown mechanism", "4.6.1"),
	[SPF_FAULT_ARGUMENT_MISSING] = PERMANENT("the mechanism needs an argument", "4.6.1"),
	[SPF_FAULT_ARGUMENT_UNWANTED] = PERMANENT("the mechanism takes no such argument", "4.6.1"),
	[SPF_FAULT_MACRO] = PERMANENT("malformed macro", "7.1"),
	[SPF_FAULT_MACRO_ONLY_IN_EXP] = PERMANENT("a macro that is for explanations only", "7.2"),
	[SPF_FAULT_TOP_LABEL] = PERMANENT("not a domain name: the last label is malformed or alone", "7.1"),
	[SPF_FAULT_DOMAIN_SPEC_SIZE] = PERMANENT("domain name above 1024 octets", "4.8"),
	[SPF_FAULT_IP4] = PERMANENT("not an IPv4 network", "5.6"),
	[SPF_FAULT_IP6] = PERMANENT("not an IPv6 network", "5.6"),
	[SPF_FAULT_CIDR4] = PERMANENT("IPv4 prefix length is not 0 to 32", "5.6"),
	[SPF_FAULT_CIDR6] = PERMANENT("IPv6 prefix length is not 0 to 128", "5.6"),

	[SPF_FAULT_TOO_MANY_LOOKUPS] = PERMANENT("more than 10 terms that cause DNS look-ups", "4.6.4"),
	[SPF_FAULT_TOO_MANY_VOID_LOOKUPS] = PERMANENT("too many DNS look-ups without an answer", "4.6.4"),
	[SPF_FAULT_TOO_MANY_MX] = PERMANENT("more than 10 MX records", "4.6.4"),
	[SPF_FAULT_INCLUDE_NONE] = PERMANENT("the included domain has no SPF record", "5.2"),
	[SPF_FAULT_REDIRECT_NONE] = PERMANENT("the domain redirected to has no SPF record", "6.1"),
};

const struct spf_fault *spf_fault(enum spf_fault_id id)
{
	assert(id < SPF_FAULT_COUNT && faults[id].section);
	return &faults[id];
}

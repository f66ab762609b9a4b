/* Every way in which an SPF check ends without the record having spoken, as data: result word, text, section. */
#pragma once

#include "inkan/spf.h"

enum spf_fault_id {
	SPF_FAULT_NONE,
	/* none */
	SPF_FAULT_NO_IDENTITY,
	SPF_FAULT_ADDRESS_LITERAL,
	SPF_FAULT_SINGLE_LABEL,
	SPF_FAULT_DOMAIN_SYNTAX,
	SPF_FAULT_NO_DOMAIN,
	SPF_FAULT_NO_RECORD,
	/* temperror */
	SPF_FAULT_DNS_SERVFAIL,
	SPF_FAULT_DNS_TIMEOUT,
	SPF_FAULT_DNS_BOGUS,
	SPF_FAULT_DNS_LOOP,
	/* permerror: the record as a whole */
	SPF_FAULT_SEVERAL_RECORDS,
	SPF_FAULT_RECORD_SIZE,
	SPF_FAULT_TOO_MANY_TERMS,
	SPF_FAULT_REPEATED_REDIRECT,
	SPF_FAULT_REPEATED_EXP,
	/* permerror: syntax of a term */
	SPF_FAULT_CHARACTER,
	SPF_FAULT_UNKNOWN_MECHANISM,
	SPF_FAULT_ARGUMENT_MISSING,
	SPF_FAULT_ARGUMENT_UNWANTED,
	SPF_FAULT_MACRO,
	SPF_FAULT_MACRO_ONLY_IN_EXP,
	SPF_FAULT_TOP_LABEL,
	SPF_FAULT_DOMAIN_SPEC_SIZE,
	SPF_FAULT_IP4,
	SPF_FAULT_IP6,
	SPF_FAULT_CIDR4,
	SPF_FAULT_CIDR6,
	/* permerror: evaluation */
	SPF_FAULT_TOO_MANY_LOOKUPS,
	SPF_FAULT_TOO_MANY_VOID_LOOKUPS,
	SPF_FAULT_TOO_MANY_MX,
	SPF_FAULT_INCLUDE_NONE,
	SPF_FAULT_REDIRECT_NONE,
	SPF_FAULT_COUNT
};

struct spf_fault {
	enum inkan_result result;
	const char *text;    /* short, without a final stop */
	const char *section; /* "RFC 7208 section 4.6.4" */
};

/* Never NULL; the first entry stands for a record that has spoken. */
const struct spf_fault *spf_fault(enum spf_fault_id id);

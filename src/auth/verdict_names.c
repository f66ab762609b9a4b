/* The words of a verdict, as JSON and reports spell them. */
#include "inkan/verdict.h"

#define NAME_OF(names, i) ((size_t)(i) < sizeof(names) / sizeof *(names) ? (names)[i] : "")

const char *inkan_leg_name(enum inkan_leg leg)
{
	static const char *const names[] = {
		[INKAN_LEG_UNCHECKED] = "unchecked", [INKAN_LEG_ABSENT] = "absent",
		[INKAN_LEG_FAILED] = "failed",       [INKAN_LEG_NOT_ALIGNED] = "not-aligned",
		[INKAN_LEG_ALIGNED] = "aligned",     [INKAN_LEG_UNDECIDED] = "undecided",
	};

	return NAME_OF(names, leg);
}

const char *inkan_verdict_name(enum inkan_verdict_kind kind)
{
	static const char *const names[] = {
		[INKAN_VERDICT_NONE] = "none",       [INKAN_VERDICT_PASS] = "pass",
		[INKAN_VERDICT_AT_RISK] = "at-risk", [INKAN_VERDICT_FAIL] = "fail",
		[INKAN_VERDICT_UNKNOWN] = "unknown", [INKAN_VERDICT_NOT_REPRESENTATIVE] = "not-representative",
	};

	return NAME_OF(names, kind);
}

const char *inkan_verdict_reason_name(enum inkan_verdict_reason reason)
{
	static const char *const names[] = {
		[INKAN_NO_POLICY] = "no_policy",
		[INKAN_BOTH_ALIGNED] = "both_aligned",
		[INKAN_ALIGNED_BY_DKIM_SPF_UNCHECKED] = "aligned_by_dkim_spf_unchecked",
		[INKAN_ALIGNED_BY_DKIM_SPF_UNDECIDED] = "aligned_by_dkim_spf_undecided",
		[INKAN_ALIGNED_BY_SPF_DKIM_UNDECIDED] = "aligned_by_spf_dkim_undecided",
		[INKAN_BY_SPF_SIGNATURE_BROKEN] = "by_spf_signature_broken",
		[INKAN_BY_SPF_NOT_SIGNED] = "by_spf_not_signed",
		[INKAN_BY_SPF_SIGNATURE_NOT_ALIGNED] = "by_spf_signature_not_aligned",
		[INKAN_BY_DKIM_SPF_FAILED] = "by_dkim_spf_failed",
		[INKAN_BY_DKIM_SPF_ABSENT] = "by_dkim_spf_absent",
		[INKAN_BY_DKIM_SPF_NOT_ALIGNED] = "by_dkim_spf_not_aligned",
		[INKAN_REPEATED_FIELDS] = "repeated_fields",
		[INKAN_NOTHING_PASSED] = "nothing_passed",
		[INKAN_NOTHING_ALIGNED] = "nothing_aligned",
		[INKAN_FAILED_BUT_VOUCHED] = "failed_but_vouched",
		[INKAN_NO_AUTHOR] = "no_author",
		[INKAN_SEVERAL_AUTHORS] = "several_authors",
		[INKAN_DNS_FAILED] = "dns_failed",
		[INKAN_THROUGH_TRUSTED_GATEWAY] = "through_trusted_gateway",
		[INKAN_FROM_PRIVATE_ADDRESS] = "from_private_address",
		[INKAN_INSIDE_ONE_ORGANIZATION] = "inside_one_organization",
	};

	return NAME_OF(names, reason);
}

const char *inkan_override_name(enum inkan_override override)
{
	static const char *const names[] = {
		[INKAN_OVERRIDE_NONE] = "",
		[INKAN_OVERRIDE_LOCAL_POLICY] = "local_policy",
		[INKAN_OVERRIDE_MAILING_LIST] = "mailing_list",
		[INKAN_OVERRIDE_OTHER] = "other",
		[INKAN_OVERRIDE_POLICY_TEST_MODE] = "policy_test_mode",
		[INKAN_OVERRIDE_TRUSTED_FORWARDER] = "trusted_forwarder",
	};

	return NAME_OF(names, override);
}

/* The words of RFC 8601 section 2.7 and of the JSON output. */
#include "inkan/dkim.h"

const char *inkan_result_name(enum inkan_result result)
{
	static const char *const names[] = {"none",   "pass",      "fail",      "neutral",
	                                    "policy", "temperror", "permerror", "softfail"};

	return (size_t)result < sizeof names / sizeof *names ? names[result] : "permerror";
}

const char *inkan_dkim_cause_name(enum inkan_dkim_cause cause)
{
	static const char *const names[] = {"ok",
	                                    "body_hash_mismatch",
	                                    "signature_mismatch",
	                                    "key_missing",
	                                    "key_revoked",
	                                    "key_syntax",
	                                    "key_unusable",
	                                    "syntax",
	                                    "expired",
	                                    "unsupported",
	                                    "dns",
	                                    "policy"};

	return (size_t)cause < sizeof names / sizeof *names ? names[cause] : "syntax";
}

const char *inkan_dkim_explanation_name(enum inkan_dkim_explanation explanation)
{
	static const char *const names[] = {
		"", "content_changed", "header_changed", "key_problem", "receiver_policy", "signature_field", "dns"};

	return (size_t)explanation < sizeof names / sizeof *names ? names[explanation] : "";
}

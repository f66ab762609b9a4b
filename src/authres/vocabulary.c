/* The words of RFC 8601 section 2.7 and of the JSON output. */
#include "authres/vocabulary.h"

const char *inkan_result_name(enum inkan_result result)
{
	static const char *const names[] = {"none",   "pass",      "fail",      "neutral",
	                                    "policy", "temperror", "permerror", "softfail"};

	return (size_t)result < sizeof names / sizeof *names ? names[result] : "permerror";
}

enum inkan_result authres_result_from_word(struct str word)
{
	for (int i = INKAN_NONE; i <= INKAN_SOFTFAIL; i++)
		if (str_eq(word, str_c(inkan_result_name((enum inkan_result)i))))
			return (enum inkan_result)i;
	return str_eq(word, STR("hardfail")) ? INKAN_FAIL : INKAN_NONE;
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

#include "cli/spf_json.h"

void spf_json_members(struct json *j, const struct inkan_spf_result *result, const bool *aligned)
{
	json_key_c(j, "result", inkan_result_name(result->result));
	json_key_c(j, "identity", inkan_spf_identity_name(result->identity));
	json_key_c(j, "domain", result->domain);
	json_key_c(j, "mechanism", result->mechanism);
	json_key_c(j, "explanation", result->explanation);
	json_key_i64(j, "lookups", result->lookups);
	json_key_i64(j, "void_lookups", result->void_lookups);
	json_key(j, "aligned");
	if (aligned)
		json_bool(j, *aligned);
	else
		json_null_value(j);
	json_key_c(j, "reason", result->reason);
	json_key_c(j, "section", result->section);
}

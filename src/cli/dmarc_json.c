#include "cli/dmarc_json.h"

const char *dmarc_discovery_name(enum inkan_dmarc_profile profile)
{
	return profile == INKAN_RFC7489 ? "psl" : "treewalk";
}

static void put_steps(struct json *j, const struct inkan_dmarc_result *result)
{
	json_key(j, "steps");
	json_array_begin(j);
	for (size_t i = 0; i < result->step_count; i++) {
		json_object_begin(j);
		json_key_c(j, "name", result->steps[i].name);
		json_key_c(j, "record", result->steps[i].record);
		json_key_c(j, "note", result->steps[i].note);
		json_object_end(j);
	}
	json_array_end(j);
}

void dmarc_json_members(struct json *j, const struct inkan_dmarc_result *result)
{
	bool has_record = result->policy_domain[0] != '\0';

	json_key_c(j, "result", inkan_result_name(result->result));
	json_key_c(j, "from_domain", result->from_domain);
	json_key_c(j, "policy_domain", result->policy_domain);
	json_key_c(j, "record", result->record);
	json_key_c(j, "policy", has_record ? inkan_dmarc_policy_name(result->policy) : "");
	json_key_c(j, "policy_tag", result->policy_tag);
	json_key_c(j, "disposition", inkan_dmarc_policy_name(result->disposition));
	json_key_bool(j, "testing", result->testing);
	json_key_bool(j, "sampled_out", result->sampled_out);
	json_key_bool(j, "spf_aligned", result->spf_aligned);
	json_key_bool(j, "dkim_aligned", result->dkim_aligned);
	json_key_c(j, "organizational_domain", result->organizational_domain);
	json_key_c(j, "discovery", dmarc_discovery_name(result->profile));
	json_key_c(j, "reason", result->reason);
	json_key_c(j, "section", result->section);
	put_steps(j, result);
}

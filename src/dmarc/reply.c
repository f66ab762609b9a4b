#include "dmarc/reply.h"

bool dmarc_reply(struct buf *out, const struct inkan_dmarc_result *result)
{
	if (result->result == INKAN_FAIL)
		buf_printf(out, "550 5.7.1 rejected by the DMARC policy for %s (%s=%s)", result->from_domain,
		           result->policy_tag, inkan_dmarc_policy_name(result->policy));
	else if (result->result == INKAN_TEMPERROR)
		buf_printf(out, "451 4.7.1 the DMARC policy for %s cannot be looked up, try again later",
		           result->from_domain);
	else
		return false;
	return true;
}

/* Whether somebody else's mailbox may be sent reports (RFC 9990 section 4; RULES M18). */
#include "dmarc/dmarc.h"

static struct str host_of(struct str mail)
{
	return str_skip(mail, str_rfind(mail, '@') + 1);
}

/* "<policy domain>._report._dmarc.<host>"; empty where that is too long to be asked */
static int question_name(struct arena *arena, struct str policy_domain, struct str host, struct str *out)
{
	static const char middle[] = "._report._dmarc.";
	size_t n = policy_domain.n + sizeof middle - 1 + host.n;
	char *p = n > DNS_NAME_MAX ? NULL : arena_text(arena, n);

	*out = STR_NULL;
	if (n > DNS_NAME_MAX)
		return INKAN_OK;
	if (!p)
		return arena_error(arena);
	memcpy(p, policy_domain.p, policy_domain.n);
	memcpy(p + policy_domain.n, middle, sizeof middle - 1);
	memcpy(p + policy_domain.n + sizeof middle - 1, host.p, host.n);
	*out = str_from(p, n);
	return INKAN_OK;
}

/* An authorising record; its own rua= replaces the address, if it stays at the same host. */
static int read_authorisation(struct arena *arena, const struct dns_answer *answer, struct str mail,
                              enum dmarc_destination *out, struct str *replaced_out)
{
	for (size_t i = 0; i < answer->count; i++) {
		struct dmarc_record record;
		struct str text = answer->records[i].text;

		if (!str_has_prefix(text, STR("v=DMARC1")) && !dmarc_record_is(text))
			continue;
		*out = DMARC_DESTINATION_ALLOWED;
		int error = dmarc_record_parse(arena, text, INKAN_RFC9989, &record);

		if (error || record.rua_count == 0)
			return error;
		struct str other = record.rua[0].mail;

		if (other.n && str_ieq(host_of(other), host_of(mail)))
			*replaced_out = other;
		else
			*out = DMARC_DESTINATION_REFUSED;
		return INKAN_OK;
	}
	return INKAN_OK;
}

int dmarc_check_destination(struct arena *arena, struct evidence *evidence, struct str policy_domain,
                            const struct dmarc_uri *uri, const struct dmarc_query *options, enum dmarc_destination *out,
                            struct str *replaced_out, bool *pending_out)
{
	struct str ours, theirs, name, host = host_of(uri->mail), replaced = uri->mail;
	enum dmarc_destination found = DMARC_DESTINATION_REFUSED;
	bool pending = false;

	if (uri->mail.n == 0) {
		*out = DMARC_DESTINATION_REFUSED;
		*replaced_out = uri->mail;
		return INKAN_OK;
	}
	int error = dmarc_organizational_domain(arena, evidence, policy_domain, options, &ours, &pending);

	if (!error)
		error = dmarc_organizational_domain(arena, evidence, host, options, &theirs, &pending);
	if (!error)
		error = question_name(arena, policy_domain, host, &name);
	if (error)
		return error;
	/* asked at once, although it may not be needed */
	const struct dns_answer *answer = name.n ? evidence_ask(evidence, DNS_TXT, name) : NULL;

	if (pending || (name.n && !answer)) {
		*pending_out = true;
		return INKAN_OK;
	}
	if (theirs.n && str_eq(ours, theirs))
		found = DMARC_DESTINATION_ALLOWED;
	else if (answer && dns_status_is_temporary(answer->status))
		found = DMARC_DESTINATION_TEMPORARY;
	else if (answer)
		error = read_authorisation(arena, answer, uri->mail, &found, &replaced);
	*out = found;
	*replaced_out = replaced;
	return error;
}

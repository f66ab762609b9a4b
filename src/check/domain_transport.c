/* What is published about TLS between mail servers, and the logo: MTA-STS, TLSRPT, BIMI. */
#include "check/bimi_record.h"
#include "check/domain_work.h"
#include "check/transport_record.h"

struct transport_kind {
	enum domain_part part;
	struct str prefix, version;
	int (*check)(struct findings *f, struct str value, struct str owner, struct tag_report *out);
};

static const struct transport_kind kinds[] = {
	{DOMAIN_MTA_STS, {"_mta-sts", 8}, {"v=STSv1", 7}, mta_sts_record_check},
	{DOMAIN_TLSRPT, {"_smtp._tls", 10}, {"v=TLSRPTv1", 10}, tlsrpt_record_check},
	{DOMAIN_BIMI, {"default._bimi", 13}, {"v=BIMI1", 7}, bimi_record_check},
};

static size_t find_record(const struct dns_answer *txt, struct str version, struct str *text_out)
{
	size_t count = 0;

	for (size_t i = 0; i < txt->count; i++)
		if (str_ihas_prefix(txt->records[i].text, version)) {
			*text_out = txt->records[i].text;
			count++;
		}
	return count;
}

static int check_kind(struct domain_work *w, const struct transport_kind *k)
{
	struct str name = domain_below(w, k->prefix, w->out->domain), text = STR_NULL;
	const struct dns_answer *txt = domain_look(w, k->part, DNS_TXT, name);
	struct tag_report tags;
	struct findings f;
	bool misspelt;
	size_t count;
	int error;

	if (!txt || dns_status_is_temporary(txt->status))
		return INKAN_OK;
	count = find_record(txt, k->version, &text);
	misspelt = domain_find_misspelt(w, k->part, name, txt, k->version);
	w->out->states[k->part] = misspelt ? DOMAIN_BROKEN : DOMAIN_ABSENT;
	domain_line(w, k->part, (struct text){"no record", "レコードなし"}, STR_NULL, STR_NULL, STR_NULL);
	if (count == 0)
		return INKAN_OK;
	findings_init(&f, w->arena);
	error = k->check(&f, text, name, &tags);
	domain_take(w, k->part, &f, name, text);
	if (count > 1)
		(void)domain_note(w, k->part, DOMAIN_F_SEVERAL_RECORDS, name, name, finding_number(w->arena, count),
		                  STR_NULL);
	w->out->states[k->part] = domain_part_state(w, k->part);
	domain_line(w, k->part, (struct text){"{0}", "{0}"}, text, STR_NULL, STR_NULL);
	return error;
}

int domain_check_transport(struct domain_work *w)
{
	int error = INKAN_OK;

	for (size_t i = 0; i < sizeof(kinds) / sizeof(*kinds) && !error; i++)
		error = check_kind(w, &kinds[i]);
	if (w->out->states[DOMAIN_MTA_STS] != DOMAIN_ABSENT && w->out->lines[DOMAIN_MTA_STS].en[0])
		(void)domain_note(w, DOMAIN_MTA_STS, DOMAIN_F_STS_UNSEEN, w->out->domain, w->out->domain, STR_NULL,
		                  STR_NULL);
	return error;
}

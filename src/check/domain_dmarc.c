/* The DMARC policy of a domain, and whether reports arrive. */
#include "check/dmarc_record.h"
#include "check/domain_work.h"

/* ---- the record ---- */

static int check_record(struct domain_work *w, struct str text, struct str name)
{
	struct tag_report tags;
	struct findings f;
	int error;

	findings_init(&f, w->arena);
	/* without its name: who agreed to get reports is known here from DNS */
	error = dmarc_record_check(&f, text, STR_NULL, w->dmarc.profile, &tags);
	domain_take(w, DOMAIN_DMARC, &f, name, text);
	return error;
}

static int find_mistakes(struct domain_work *w, struct str name, const struct dns_answer *txt)
{
	struct record_set expected = {.name = name, .type = DNS_TXT};
	enum mistake mistake = MISTAKES;
	struct findings f;
	int error;

	findings_init(&f, w->arena);
	error = domain_find_mistakes(w, &f, &expected,
	                             dns_answer_without_records(txt->count ? DNS_NODATA : txt->status), NULL, &mistake);
	if (error || w->pending)
		return error;
	if (mistake == MISTAKE_MISSING || mistake == MISTAKE_DELEGATION)
		(void)domain_note(w, DOMAIN_DMARC, DOMAIN_F_DMARC_ABSENT, name, w->out->domain, STR_NULL, STR_NULL);
	else
		domain_take(w, DOMAIN_DMARC, &f, name, STR_NULL);
	return INKAN_OK;
}

/* ---- reports ---- */

static int check_agreement(struct domain_work *w, const struct dmarc_uri *uri, struct str host)
{
	struct str policy = str_c(w->out->dmarc.policy_domain), replaced;
	enum dmarc_destination state;
	bool pending = false;
	int error = dmarc_check_destination(w->arena, w->evidence, policy, uri, &w->dmarc, &state, &replaced, &pending);

	w->pending = w->pending || pending;
	if (error || pending)
		return error;
	if (state == DMARC_DESTINATION_REFUSED)
		(void)domain_note(w, DOMAIN_DMARC, DOMAIN_F_REPORTS_REFUSED, host, host, policy,
		                  domain_below(w, domain_below(w, policy, STR("_report._dmarc")), host));
	w->out->temporary = w->out->temporary || state == DMARC_DESTINATION_TEMPORARY;
	return INKAN_OK;
}

/* Whether the host can receive mail at all (S3-67). */
static void check_mailbox(struct domain_work *w, const struct dmarc_uri *uri, struct str host)
{
	const struct dns_answer *mx = domain_ask(w, DNS_MX, host), *a, *aaaa;
	bool is_null;

	if (!mx || dns_status_is_temporary(mx->status))
		return;
	is_null = mx->count && (mx->records[0].name.n == 0 || str_eq(mx->records[0].name, STR(".")));
	if (mx->count && !is_null)
		return;
	a = domain_ask(w, DNS_A, host);
	aaaa = domain_ask(w, DNS_AAAA, host);
	if (!is_null && (!a || !aaaa || a->count || aaaa->count || dns_status_is_temporary(a->status) ||
	                 dns_status_is_temporary(aaaa->status)))
		return;
	(void)domain_note(w, DOMAIN_DMARC, DOMAIN_F_REPORTS_NO_MAIL, host, uri->mail, host, STR_NULL);
}

static int check_reports(struct domain_work *w, const struct dmarc_uri *uris, size_t count)
{
	int error = INKAN_OK;

	for (size_t i = 0; i < count && i < DOMAIN_REPORT_URIS_MAX && !error; i++) {
		struct str host = str_skip(uris[i].mail, str_rfind(uris[i].mail, '@') + 1);

		if (uris[i].mail.n == 0 || host.n == 0)
			continue;
		check_mailbox(w, &uris[i], host);
		error = check_agreement(w, &uris[i], host);
	}
	return error;
}

/* ---- readiness ---- */

static void note_order(struct domain_work *w, enum domain_finding kind)
{
	struct domain_report *out = w->out;
	struct finding *f = domain_note(w, DOMAIN_DMARC, kind, out->domain, out->domain,
	                                str_c(inkan_dmarc_policy_name(out->dmarc.policy)), STR_NULL);

	/* C-2: while nothing is asked of receivers it is worth a warning only */
	if (f && out->dmarc.policy != INKAN_POLICY_NONE && f->severity == SEVERITY_WARNING)
		f->severity = SEVERITY_ERROR;
}

static void check_readiness(struct domain_work *w)
{
	const struct domain_report *out = w->out;
	enum domain_state spf = out->states[DOMAIN_SPF], dkim = out->states[DOMAIN_DKIM];

	if (out->no_mail || !w->policy.valid)
		return;
	if (spf == DOMAIN_ABSENT || spf == DOMAIN_BROKEN)
		note_order(w, DOMAIN_F_BEFORE_SPF);
	if (out->key_count == 0 && dkim == DOMAIN_BROKEN)
		note_order(w, DOMAIN_F_BEFORE_DKIM);
	else if (dkim == DOMAIN_NOT_ASKED && out->dmarc.policy != INKAN_POLICY_NONE)
		note_order(w, DOMAIN_F_DKIM_UNSEEN);
}

/* ---- the part ---- */

static size_t own_records(const struct dns_answer *txt, struct str *text_out)
{
	size_t count = 0;

	for (size_t i = 0; i < txt->count; i++)
		if (dmarc_record_is(txt->records[i].text)) {
			*text_out = txt->records[i].text;
			count++;
		}
	return count;
}

static void say(struct domain_work *w)
{
	const struct domain_report *out = w->out;
	bool inherited = !str_eq(str_c(out->dmarc.policy_domain), out->domain);

	if (!w->policy.valid)
		domain_line(w, DOMAIN_DMARC, (struct text){"no policy", "ポリシーなし"}, STR_NULL, STR_NULL, STR_NULL);
	else
		domain_line(w, DOMAIN_DMARC,
		            inherited ? (struct text){"p={0}, from {1}  {2}", "p={0} ({1} から継承)  {2}"}
		                      : (struct text){"p={0}  {2}", "p={0}  {2}"},
		            str_c(inkan_dmarc_policy_name(out->dmarc.policy)), str_c(out->dmarc.policy_domain),
		            w->policy.text);
}

static int judge(struct domain_work *w, struct str name, const struct dns_answer *txt)
{
	struct str text = STR_NULL;
	size_t count = own_records(txt, &text);
	bool misspelt = domain_find_misspelt(w, DOMAIN_DMARC, name, txt, STR("v=DMARC1"));
	struct str near = count || misspelt ? STR_NULL : domain_near_miss(txt, STR("v=DMARC"));
	int error = INKAN_OK;

	if (count > 1)
		(void)domain_note(w, DOMAIN_DMARC, DOMAIN_F_DMARC_SEVERAL, name, name, finding_number(w->arena, count),
		                  STR_NULL);
	else if (count == 1)
		error = check_record(w, text, name);
	else if (near.n)
		error = check_record(w, near, name);
	else if (w->policy.valid)
		error = check_record(w, w->policy.text,
		                     domain_below(w, STR("_dmarc"), str_c(w->out->dmarc.policy_domain)));
	else if (!misspelt)
		error = find_mistakes(w, name, txt);
	if (count == 1 && !w->policy.valid)
		(void)domain_note(w, DOMAIN_DMARC, DOMAIN_F_DMARC_BROKEN, name, name, STR_NULL, STR_NULL);
	if (!error)
		error = check_reports(w, w->policy.rua, w->policy.rua_count);
	if (!error)
		error = check_reports(w, w->policy.ruf, w->policy.ruf_count);
	check_readiness(w);
	w->out->states[DOMAIN_DMARC] =
		count || misspelt || near.n || w->policy.valid ? domain_part_state(w, DOMAIN_DMARC) : DOMAIN_ABSENT;
	say(w);
	return error;
}

/* The policy could not be found: which name of the walk up the tree has no answer. */
static void note_no_answer(struct domain_work *w)
{
	struct domain_report *out = w->out;
	struct str name = out->domain;

	out->temporary = true;
	out->states[DOMAIN_DMARC] = DOMAIN_UNKNOWN;
	while (name.n) {
		struct str asked = domain_below(w, STR("_dmarc"), name);
		const struct dns_answer *answer = evidence_find(w->evidence, DNS_TXT, asked);

		if (answer && dns_status_is_temporary(answer->status)) {
			(void)domain_look(w, DOMAIN_DMARC, DNS_TXT, asked);
			return;
		}
		name = str_skip(name, str_find(name, '.') + 1);
	}
}

int domain_check_dmarc(struct domain_work *w)
{
	struct domain_report *out = w->out;
	struct str name = domain_below(w, STR("_dmarc"), out->domain);
	const struct dns_answer *txt = domain_look(w, DOMAIN_DMARC, DNS_TXT, name);
	bool pending = false;
	int error = dmarc_discover(w->arena, w->evidence, out->domain, &w->dmarc, &out->dmarc, &w->policy, &pending);

	w->pending = w->pending || pending;
	if (error || pending || !txt || dns_status_is_temporary(txt->status))
		return error;
	if (out->dmarc.result == INKAN_TEMPERROR) {
		note_no_answer(w);
		return INKAN_OK;
	}
	return judge(w, name, txt);
}

/* Which mail service a domain uses, who signs for it, and what large receivers require of it. */
#include "check/domain_work.h"

/* ---- the service, and the two signers (S0-1, S0-16) ---- */

static const struct provider *find_provider(const struct domain_report *out, bool gateway)
{
	for (size_t i = 0; i < out->provider_count; i++)
		if (out->providers[i].provider->gateway == gateway)
			return out->providers[i].provider;
	return NULL;
}

static bool signs(const struct domain_report *out, enum identity_role role)
{
	for (size_t i = 0; i < out->selector_count; i++) {
		const struct domain_selector *s = &out->selectors[i];
		bool of_gateway = s->known.role == IDENTITY_GATEWAY || (s->provider && s->provider->gateway);

		if (s->state == SELECTOR_KEY && of_gateway == (role == IDENTITY_GATEWAY))
			return true;
	}
	return false;
}

static void note_signers(struct domain_work *w)
{
	struct domain_report *out = w->out;
	const struct provider *service = find_provider(out, false), *gateway = find_provider(out, true);
	struct str service_name = service ? str_c(service->name) : out->domain;
	struct str gateway_name = gateway                     ? str_c(gateway->name)
	                          : w->options->gateway_count ? str_c(w->options->gateways[0])
	                                                      : STR("–");

	if (!out->has_gateway || out->no_mail)
		return;
	if (!out->service_signs && out->gateway_signs)
		(void)domain_note(w, DOMAIN_SERVICE, DOMAIN_F_SIGNER_SERVICE, out->domain, service_name, STR_NULL,
		                  STR_NULL);
	if (!out->gateway_signs)
		(void)domain_note(w, DOMAIN_SERVICE, DOMAIN_F_SIGNER_GATEWAY, out->domain, gateway_name,
		                  out->service_signs ? STR("1") : STR("0"), out->domain);
}

static struct str list_providers(struct domain_work *w)
{
	static const char *const ways[] = {
		[FOUND_BY_USER] = "", [FOUND_BY_MX] = "MX ", [FOUND_BY_SPF] = "SPF ", [FOUND_BY_KEY] = "CNAME "};
	struct buf text;

	buf_init(&text, 64 * 1024);
	for (size_t i = 0; i < w->out->provider_count; i++) {
		const struct domain_provider *p = &w->out->providers[i];

		buf_printf(&text, "%s%s (%s", i ? ", " : "", p->provider->name, ways[p->how]);
		buf_put(&text, p->evidence);
		buf_put_c(&text, ")");
	}
	return domain_keep(w, &text);
}

int domain_check_service(struct domain_work *w)
{
	struct domain_report *out = w->out;

	out->service_signs = signs(out, IDENTITY_SERVICE);
	out->gateway_signs = signs(out, IDENTITY_GATEWAY);
	for (size_t i = 0; i < out->provider_count; i++) {
		const struct provider *p = out->providers[i].provider;

		if (!p->signs_own_domains && !p->gateway && out->providers[i].how != FOUND_BY_SPF)
			(void)domain_note(w, DOMAIN_SERVICE, DOMAIN_F_CANNOT_SIGN, out->domain, str_c(p->name),
			                  out->domain, STR_NULL);
	}
	note_signers(w);
	if (out->provider_count == 0 && !out->has_gateway)
		return INKAN_OK;
	out->states[DOMAIN_SERVICE] = domain_part_state(w, DOMAIN_SERVICE);
	if (out->has_gateway)
		domain_line(w, DOMAIN_SERVICE,
		            (struct text){"{0}  signers configured: {1} of 2", "{0}  設定済みの署名者: 2 のうち {1}"},
		            list_providers(w),
		            finding_number(w->arena, (unsigned)out->service_signs + (unsigned)out->gateway_signs),
		            STR_NULL);
	else
		domain_line(w, DOMAIN_SERVICE, (struct text){"{0}", "{0}"}, list_providers(w), STR_NULL, STR_NULL);
	return INKAN_OK;
}

/* ---- what receivers require ---- */

/* Since when; facts as of 2026-11-22. */
static const char *const since[SENDER_RECEIVERS] = {
	[SENDER_GMAIL] = "2024-02-01",
	[SENDER_YAHOO] = "2024-02-01",
	[SENDER_MICROSOFT] = "2025-05-05",
};

static enum sender_outcome by_state(enum domain_state state)
{
	switch (state) {
	case DOMAIN_FINE:
	case DOMAIN_RISK:
		return SENDER_PASS;
	case DOMAIN_NOT_NEEDED:
		return SENDER_NOT_NEEDED;
	case DOMAIN_ABSENT:
	case DOMAIN_BROKEN:
		return SENDER_FAIL;
	case DOMAIN_NOT_ASKED:
	case DOMAIN_UNKNOWN:
		break;
	}
	return SENDER_UNKNOWN;
}

static enum sender_outcome by_keys(const struct domain_report *out)
{
	unsigned best = 0;

	for (size_t i = 0; i < out->selector_count; i++)
		if (out->selectors[i].state == SELECTOR_KEY && out->selectors[i].type == KEY_RSA &&
		    out->selectors[i].bits > best)
			best = out->selectors[i].bits;
	return best == 0 ? SENDER_UNKNOWN : best < 1024 ? SENDER_FAIL : SENDER_PASS;
}

/* What DNS alone can tell; false: a message has to be looked at. */
static bool judge_topic(const struct domain_work *w, enum sender_topic topic, enum sender_outcome *out)
{
	const struct domain_report *r = w->out;
	enum sender_outcome spf = by_state(r->states[DOMAIN_SPF]),
			    dkim = r->key_count ? SENDER_PASS : by_state(r->states[DOMAIN_DKIM]);

	switch (topic) {
	case SENDER_SPF_OR_DKIM:
		*out = spf == SENDER_PASS || dkim == SENDER_PASS         ? SENDER_PASS
		       : spf == SENDER_UNKNOWN || dkim == SENDER_UNKNOWN ? SENDER_UNKNOWN
		                                                         : SENDER_FAIL;
		return true;
	case SENDER_SPF:
		*out = spf;
		return true;
	case SENDER_DKIM:
		*out = dkim;
		return true;
	case SENDER_KEY:
		*out = by_keys(r);
		return true;
	case SENDER_DMARC:
		*out = w->policy.valid ? SENDER_PASS : by_state(r->states[DOMAIN_DMARC]);
		return true;
	case SENDER_REPORTS:
		*out = !w->policy.valid ? SENDER_UNKNOWN : w->policy.rua_count ? SENDER_PASS : SENDER_FAIL;
		return true;
	default:
		return false;
	}
}

static bool is_asked_for(const struct domain_check_options *o, enum sender_receiver receiver)
{
	return !o->profile || strcmp(o->profile, sender_receiver_name(receiver)) == 0;
}

/* One finding a receiver, which lists what it requires and does not get. */
static void note_missing(struct domain_work *w, enum sender_receiver receiver)
{
	struct buf missing;

	buf_init(&missing, 4096);
	for (size_t i = 0; i < w->out->requirement_count; i++) {
		const struct domain_requirement *r = &w->out->requirements[i];

		if (r->receiver != receiver || r->outcome != SENDER_FAIL || r->strength != SENDER_REQUIRED ||
		    (r->bulk_only && !w->options->bulk))
			continue;
		buf_put_c(&missing, missing.n ? ", " : "");
		buf_put_c(&missing, sender_topic_id(r->topic));
	}
	if (missing.n)
		(void)domain_note(w, DOMAIN_RECEIVERS, DOMAIN_F_REQUIREMENT, w->out->domain,
		                  str_c(sender_receiver_title(receiver)), domain_keep(w, &missing),
		                  str_c(since[receiver]));
	buf_release(&missing);
}

int domain_check_receivers(struct domain_work *w)
{
	struct domain_report *out = w->out;
	const struct sender_rule *rules;
	size_t count;

	if (w->pending)
		return INKAN_OK;
	if (out->no_mail) {
		out->states[DOMAIN_RECEIVERS] = DOMAIN_NOT_NEEDED;
		return INKAN_OK;
	}
	rules = sender_rules(&count);
	for (size_t i = 0; i < count && out->requirement_count < DOMAIN_REQUIREMENTS_MAX; i++) {
		struct domain_requirement *r = &out->requirements[out->requirement_count];

		*r = (struct domain_requirement){rules[i].receiver,  rules[i].topic,           rules[i].strength,
		                                 rules[i].bulk_only, since[rules[i].receiver], SENDER_UNKNOWN};
		if (is_asked_for(w->options, r->receiver) && judge_topic(w, r->topic, &r->outcome))
			out->requirement_count++;
	}
	for (enum sender_receiver receiver = 0; receiver < SENDER_RECEIVERS; receiver++)
		note_missing(w, receiver);
	out->states[DOMAIN_RECEIVERS] = domain_part_state(w, DOMAIN_RECEIVERS);
	domain_line(
		w, DOMAIN_RECEIVERS,
		out->states[DOMAIN_RECEIVERS] == DOMAIN_FINE
			? (struct text){"nothing that they require is known to be missing",
	                                "求められている要件で、不足とわかるものはありません"}
			: (struct text){"something that they require is missing", "求められている要件に不足があります"},
		STR_NULL, STR_NULL, STR_NULL);
	return INKAN_OK;
}

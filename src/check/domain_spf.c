/* The SPF record of a domain, whom it lets pass, and the domain of MAIL FROM. */
#include "check/domain_work.h"
#include "core/ipset.h"
#include "spf/spf.h"

/* ---- the record ---- */

static size_t count_records(const struct dns_answer *txt, struct str *text_out)
{
	size_t count = 0;

	for (size_t i = 0; i < txt->count; i++)
		if (spf_record_is(txt->records[i].text)) {
			*text_out = txt->records[i].text;
			count++;
		}
	return count;
}

/* What to publish where there is nothing: that of the mail service that was found. */
static struct str proposal(const struct domain_work *w)
{
	for (size_t i = 0; i < w->out->provider_count; i++) {
		const char *template = w->out->providers[i].provider->spf_template;

		if (template)
			return str_c(template);
	}
	return STR("v=spf1 mx -all");
}

static int find_mistakes(struct domain_work *w, const struct dns_answer *txt)
{
	struct record_set expected = {.name = w->out->domain, .type = DNS_TXT};
	struct findings f;
	enum mistake mistake = MISTAKES;
	int error;

	findings_init(&f, w->arena);
	error = domain_find_mistakes(w, &f, &expected,
	                             dns_answer_without_records(txt->count ? DNS_NODATA : txt->status), NULL, &mistake);
	if (error || w->pending)
		return error;
	if (mistake == MISTAKE_MISSING || mistake == MISTAKE_DELEGATION)
		(void)domain_note(w, DOMAIN_SPF, DOMAIN_F_SPF_ABSENT, expected.name, expected.name, proposal(w),
		                  STR_NULL);
	else
		domain_take(w, DOMAIN_SPF, &f, expected.name, STR_NULL);
	return INKAN_OK;
}

static void note_includes(struct domain_work *w)
{
	const struct spf_tree *tree = &w->out->tree;

	for (size_t i = 0; i < tree->count; i++)
		if (tree->nodes[i].target.n && tree->nodes[i].depth == 0)
			domain_found_provider(w, provider_by_include(tree->nodes[i].target), FOUND_BY_SPF,
			                      tree->nodes[i].target);
}

/* "v=spf1 -all": nothing sends. */
static bool says_no_mail(struct str record)
{
	return str_ieq(str_trim_fws(record), STR("v=spf1 -all"));
}

static int check_record(struct domain_work *w, struct str text)
{
	struct domain_report *out = w->out;
	struct spf_record_report report;
	struct findings f;
	bool pending = false;
	int error;

	findings_init(&f, w->arena);
	error = spf_record_check(&f, text, &report);
	domain_take(w, DOMAIN_SPF, &f, out->domain, text);
	findings_init(&f, w->arena);
	if (!error)
		error = spf_tree_check(&f, w->evidence, out->domain, &out->tree, &pending);
	w->pending = w->pending || pending;
	if (error || pending)
		return error;
	domain_take(w, DOMAIN_SPF, &f, out->domain, STR_NULL);
	out->spf = text;
	out->no_mail = says_no_mail(text);
	if (out->tree.has_unanswered)
		out->temporary = true;
	note_includes(w);
	domain_line(
		w, DOMAIN_SPF,
		(struct text){"{0}  ({1} of 10 look-ups, {2} void)", "{0}  (問い合わせ {1} / 10 回、空の応答 {2} 回)"},
		text, finding_number(w->arena, out->tree.lookups), finding_number(w->arena, out->tree.void_lookups));
	return INKAN_OK;
}

/* A text that was meant as a record, and is none. */
static int check_near_miss(struct domain_work *w, struct str text)
{
	struct spf_record_report report;
	struct findings f;
	int error;

	findings_init(&f, w->arena);
	error = spf_record_check(&f, text, &report);
	domain_take(w, DOMAIN_SPF, &f, w->out->domain, text);
	return error;
}

static int check_several(struct domain_work *w)
{
	struct findings f;
	bool pending = false;
	int error;

	findings_init(&f, w->arena);
	error = spf_tree_check(&f, w->evidence, w->out->domain, &w->out->tree, &pending);
	w->pending = w->pending || pending;
	domain_take(w, DOMAIN_SPF, &f, w->out->domain, STR_NULL);
	domain_line(w, DOMAIN_SPF, (struct text){"several records", "レコードが複数あります"}, STR_NULL, STR_NULL,
	            STR_NULL);
	return error;
}

/* S2-7: a service that mail comes from, and the record does not say so. */
static void check_providers(struct domain_work *w)
{
	struct domain_report *out = w->out;

	for (size_t i = 0; i < out->provider_count && out->spf.n && !out->no_mail; i++) {
		const struct provider *p = out->providers[i].provider;
		bool included = !p->spf_include;

		for (size_t k = 0; k < out->tree.count && !included; k++)
			included = provider_by_include(out->tree.nodes[k].target) == p ||
			           str_ieq(out->tree.nodes[k].target, str_c(p->spf_include));
		/* who only receives need not be there */
		if (!included && (!p->gateway || out->providers[i].how == FOUND_BY_USER))
			(void)domain_note(w, DOMAIN_SPF, DOMAIN_F_SPF_PROVIDER, out->domain, str_c(p->name),
			                  str_c(p->spf_include), p->spf_template ? str_c(p->spf_template) : STR("–"));
	}
}

int domain_check_spf(struct domain_work *w)
{
	struct domain_report *out = w->out;
	const struct dns_answer *txt = domain_look(w, DOMAIN_SPF, DNS_TXT, out->domain);
	const struct dns_answer *old = domain_ask(w, DNS_SPF, out->domain);
	struct str text = STR_NULL, near;
	bool misspelt;
	size_t count;
	int error;

	if (!txt || !old || dns_status_is_temporary(txt->status))
		return INKAN_OK;
	count = count_records(txt, &text);
	misspelt = domain_find_misspelt(w, DOMAIN_SPF, out->domain, txt, STR("v=spf1"));
	near = count || misspelt ? STR_NULL : domain_near_miss(txt, STR("v=spf"));
	misspelt = misspelt || near.n;
	error = count == 1 ? check_record(w, text)
	        : count    ? check_several(w)
	        : near.n   ? check_near_miss(w, near)
	        : misspelt ? INKAN_OK
	                   : find_mistakes(w, txt);
	if (error || w->pending)
		return error;
	if (count && old->count)
		(void)domain_note(w, DOMAIN_SPF, DOMAIN_F_SPF_TYPE, out->domain, out->domain, STR_NULL, STR_NULL);
	check_providers(w);
	out->states[DOMAIN_SPF] = count || misspelt ? domain_part_state(w, DOMAIN_SPF) : DOMAIN_ABSENT;
	if (!count)
		domain_line(w, DOMAIN_SPF, (struct text){"no record", "レコードなし"}, STR_NULL, STR_NULL, STR_NULL);
	return INKAN_OK;
}

/* ---- gateways ---- */

/* Addresses from `first` on; `bits` may vary. */
struct network {
	bool is_ipv6;
	unsigned char first[16];
	unsigned bits;
};

static bool read_network(struct str text, struct network *out)
{
	size_t slash = str_find(text, '/');
	struct str address = str_head(text, slash);
	uint64_t prefix = 0;

	*out = (struct network){0};
	if (!dns_address_parse(address, DNS_A, out->first)) {
		out->is_ipv6 = true;
		if (!dns_address_parse(address, DNS_AAAA, out->first))
			return false;
	}
	unsigned size = out->is_ipv6 ? 128 : 32;

	prefix = size;
	if (slash < text.n && !str_to_u64(str_skip(text, slash + 1), size, &prefix))
		return false;
	out->bits = size - (unsigned)prefix;
	for (unsigned i = 0; i < out->bits; i++)
		out->first[size / 8 - 1 - i / 8] &= (unsigned char)~(1u << i % 8);
	return true;
}

/* The i-th of `count` addresses that are spread over the network, its first and last among them. */
static void sample(const struct network *n, unsigned i, unsigned count, unsigned char out[16])
{
	unsigned last = (n->is_ipv6 ? 16 : 4) - 1, bits = n->bits > 64 ? 64 : n->bits;
	uint64_t span = bits == 64 ? UINT64_MAX : ((uint64_t)1 << bits) - 1;
	uint64_t offset = count < 2 ? 0 : i == count - 1 ? span : span / (count - 1) * i;

	memcpy(out, n->first, 16);
	for (unsigned k = 0; k < 8 && k <= last; k++)
		out[last - k] |= (unsigned char)(offset >> 8 * k);
	/* of a network with more than 64 bits the last address has all of them set */
	for (unsigned b = 64; b < n->bits && i == count - 1; b++)
		out[last - b / 8] |= (unsigned char)(1u << b % 8);
}

static unsigned sample_count(const struct network *n)
{
	return n->bits > 4 ? DOMAIN_GATEWAY_SAMPLES : 1u << n->bits;
}

/* As the null sender of that domain, whose MAIL FROM is then postmaster there. */
static int evaluate(struct domain_work *w, const struct network *n, const unsigned char address[16],
                    struct inkan_spf_result *out)
{
	struct spf_query q = {.is_ipv6 = n->is_ipv6,
	                      .helo = w->out->domain,
	                      .now = w->options->now,
	                      .void_lookups_max = SPF_VOID_LOOKUPS_MAX};
	bool pending = false;
	int error;

	memcpy(q.address, address, 16);
	error = spf_check_mailfrom(w->arena, w->evidence, &q, NULL, NULL, out, &pending);
	w->pending = w->pending || pending;
	return error;
}

static int check_gateway(struct domain_work *w, struct str gateway, bool *fine_out)
{
	struct network n;
	struct str name = w->out->domain;

	if (!read_network(gateway, &n))
		return INKAN_EUSAGE;
	for (unsigned i = 0; i < sample_count(&n); i++) {
		struct inkan_spf_result result = {0};
		unsigned char address[16];
		struct buf shown;

		sample(&n, i, sample_count(&n), address);
		int error = evaluate(w, &n, address, &result);

		if (error)
			return error;
		if (w->pending || result.result == INKAN_PASS)
			continue;
		*fine_out = false;
		buf_init(&shown, 200);
		if (n.bits)
			dns_address_print(&shown, n.is_ipv6 ? DNS_AAAA : DNS_A, address);
		else
			buf_put(&shown, str_head(gateway, 100));
		(void)domain_note(w, DOMAIN_GATEWAY,
		                  result.result == INKAN_TEMPERROR ? DOMAIN_F_GATEWAY_UNKNOWN : DOMAIN_F_GATEWAY, name,
		                  domain_keep(w, &shown), name, str_c(inkan_result_name(result.result)));
		if (result.result == INKAN_TEMPERROR)
			w->out->temporary = true;
		return INKAN_OK; /* one address of a network is enough */
	}
	return INKAN_OK;
}

int domain_check_gateways(struct domain_work *w)
{
	const struct domain_check_options *o = w->options;
	bool fine = true;
	int error = INKAN_OK;

	w->out->has_gateway = w->out->has_gateway || o->gateway_count;
	if (o->gateway_count == 0)
		return INKAN_OK;
	for (size_t i = 0; i < o->gateway_count && i < DOMAIN_GATEWAYS_MAX && !error; i++)
		error = check_gateway(w, str_c(o->gateways[i]), &fine);
	w->out->states[DOMAIN_GATEWAY] = domain_part_state(w, DOMAIN_GATEWAY);
	domain_line(w, DOMAIN_GATEWAY,
	            fine ? (struct text){"authorised by SPF: {0}", "SPF で許可されています: {0}"}
	                 : (struct text){"not authorised by SPF", "SPF で許可されていません"},
	            str_c(o->gateways[0]), STR_NULL, STR_NULL);
	return error;
}

/* ---- MAIL FROM ---- */

static int check_alignment(struct domain_work *w, struct str name)
{
	struct str ours = STR_NULL, theirs = STR_NULL;
	bool pending = false, aligned;
	int error = dmarc_organizational_domain(w->arena, w->evidence, w->out->domain, &w->dmarc, &ours, &pending);

	if (!error)
		error = dmarc_organizational_domain(w->arena, w->evidence, name, &w->dmarc, &theirs, &pending);
	w->pending = w->pending || pending;
	if (error || pending)
		return error;
	aligned = w->policy.valid && w->policy.strict_spf ? str_ieq(name, w->out->domain) : str_ieq(ours, theirs);
	if (!aligned)
		(void)domain_note(w, DOMAIN_MAIL_FROM, DOMAIN_F_MAIL_FROM_ALIGNED, name, name, w->out->domain,
		                  STR_NULL);
	return INKAN_OK;
}

static int check_mail_from_records(struct domain_work *w, struct str name)
{
	const struct dns_answer *mx = domain_look(w, DOMAIN_MAIL_FROM, DNS_MX, name);
	const struct dns_answer *txt = domain_look(w, DOMAIN_MAIL_FROM, DNS_TXT, name);
	struct spf_record_report report;
	struct findings f;
	struct str text = STR_NULL;
	int error = INKAN_OK;

	if (!mx || !txt)
		return INKAN_OK;
	if (mx->count == 0 && !dns_status_is_temporary(mx->status))
		(void)domain_note(w, DOMAIN_MAIL_FROM, DOMAIN_F_MAIL_FROM_MX, name, name, STR_NULL, STR_NULL);
	if (mx->count > 1)
		(void)domain_note(w, DOMAIN_MAIL_FROM, DOMAIN_F_MAIL_FROM_MXS, name, name,
		                  finding_number(w->arena, mx->count), STR_NULL);
	findings_init(&f, w->arena);
	if (count_records(txt, &text) == 1)
		error = spf_record_check(&f, text, &report);
	else if (!dns_status_is_temporary(txt->status))
		(void)domain_note(w, DOMAIN_MAIL_FROM, DOMAIN_F_MAIL_FROM_SPF, name, name, STR_NULL, STR_NULL);
	domain_take(w, DOMAIN_MAIL_FROM, &f, name, text);
	domain_line(w, DOMAIN_MAIL_FROM, (struct text){"{0}  MX {1}  {2}", "{0}  MX {1}  {2}"}, name,
	            mx->count ? mx->records[0].name : STR("–"), text);
	return error;
}

int domain_check_mail_from(struct domain_work *w)
{
	struct domain_report *out = w->out;
	struct str name = str_c(w->options->mail_from);
	const struct provider *ses = provider_find(STR("ses"));
	int error;

	for (size_t i = 0; i < out->provider_count && !name.n; i++)
		if (ses && out->providers[i].provider == ses)
			(void)domain_note(w, DOMAIN_MAIL_FROM, DOMAIN_F_MAIL_FROM_DEFAULT, out->domain,
			                  str_c(ses->name), out->domain, STR_NULL);
	if (!name.n)
		return INKAN_OK;
	if (str_ieq(name, out->domain) && out->states[DOMAIN_MX] != DOMAIN_ABSENT)
		(void)domain_note(w, DOMAIN_MAIL_FROM, DOMAIN_F_MAIL_FROM_SHARED, name, name, STR_NULL, STR_NULL);
	error = check_mail_from_records(w, name);
	if (!error)
		error = check_alignment(w, name);
	out->states[DOMAIN_MAIL_FROM] = domain_part_state(w, DOMAIN_MAIL_FROM);
	return error;
}

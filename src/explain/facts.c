/* The values behind the placeholders of this room's templates. */
#include "explain/facts.h"

#include "explain/reasons.h"
#include "explain/redact.h"
#include "explain/signature.h"
#include "explain/terms.h"

enum {
	NAMES_MAX = 5 /* hosts or names that one sentence lists */
};

static const struct inkan_spf_result NO_SPF = {
	.domain = "", .mechanism = "", .explanation = "", .reason = "", .section = ""};
static const struct inkan_dmarc_result NO_DMARC = {.reason = "",
                                                   .section = "",
                                                   .from_domain = "",
                                                   .policy_domain = "",
                                                   .record = "",
                                                   .policy_tag = "",
                                                   .organizational_domain = ""};
static const struct inkan_arc_result NO_ARC = {.reason = "", .section = "", .oldest_pass = -1};

void facts_init(struct facts *f, struct arena *arena, const struct page_request *request, const struct way *way)
{
	const struct inkan_verdict *v = request->verdict;

	*f = (struct facts){.request = request,
	                    .v = v,
	                    .arena = arena,
	                    .way = way,
	                    .spf = v->spf ? v->spf : &NO_SPF,
	                    .dmarc = v->dmarc ? v->dmarc : &NO_DMARC,
	                    .arc = v->arc ? v->arc : &NO_ARC};
}

bool facts_know_alignment(const struct page_request *request)
{
	bool skipped = request->session && request->session->trusted_gateway;

	return request->verdict->from_domain[0] && !skipped;
}

/* ---- hosts ---- */

/* Whether the set's results say that a signature of that domain passed. */
static bool saw_pass(const struct inkan_arc_set *set, const struct inkan_dkim_result *signature)
{
	return signature->domain[0] && strcmp(set->recorded_dkim_domain, signature->domain) == 0;
}

void facts_changers(const struct facts *f, size_t *first_out, size_t *count_out)
{
	way_between(f->way, f->way->signatures[f->signature_index], first_out, count_out);
	for (size_t i = 0; f->arc->result == INKAN_PASS && i < f->arc->listed_sets; i++) {
		const struct inkan_arc_set *set = &f->arc->sets[i];
		size_t above, count;

		if (!saw_pass(set, f->signature) || f->way->seals[set->instance - 1] == HEADER_NONE)
			continue;
		way_between(f->way, f->way->seals[set->instance - 1], &above, &count);
		/* the sealer wrote the Received field below its seal, and may itself have changed what it sealed */
		if (count + 1 < *count_out)
			*count_out = count + 1;
	}
}

static void put_changers(const struct facts *f, struct buf *out, enum language language)
{
	size_t first, count;

	facts_changers(f, &first, &count);
	for (size_t i = 0; i < count && i < NAMES_MAX; i++) {
		struct str by = f->way->hops[first + count - 1 - i].received.by;

		buf_put_c(out, i ? TEXT_IN(language, ", ", "、") : "");
		template_put_value(out, by.n ? by : STR("?"));
	}
	buf_put_c(out, count > NAMES_MAX ? ", …" : "");
}

/* The same at the start of a sentence about one of them. */
static void put_one_of_changers(const struct facts *f, struct buf *out, enum language language)
{
	size_t first, count;

	facts_changers(f, &first, &count);
	buf_put_c(out, count > 1 ? TEXT_IN(language, "One of ", "") : "");
	put_changers(f, out, language);
	buf_put_c(out, count > 1 ? TEXT_IN(language, "", " のいずれか") : TEXT_IN(language, "", " "));
}

/* The host that was the first to have the signature: it stands above that host's Received field. */
static void put_signer(const struct facts *f, struct buf *out)
{
	size_t first, count;

	way_between(f->way, f->way->signatures[f->signature_index], &first, &count);
	size_t below = first + count;
	struct str by = below < f->way->count ? f->way->hops[below].received.by : STR_NULL;

	template_put_value(out, by.n ? by : str_c(f->signature->domain));
}

/* ---- composed values ---- */

/* Whether a set further down has the same sealer. */
static bool is_repeated_sealer(const struct facts *f, size_t i)
{
	for (size_t k = 0; k < i; k++)
		if (strcmp(f->arc->sets[k].sealer, f->arc->sets[i].sealer) == 0)
			return true;
	return false;
}

/* The sealers that are not trusted, each behind `before`. */
static void put_strange_sealers(const struct facts *f, struct buf *out, const char *between, const char *before)
{
	size_t count = 0;

	for (size_t i = 0; i < f->arc->listed_sets; i++) {
		if (f->arc->sets[i].trusted || is_repeated_sealer(f, i))
			continue;
		buf_put_c(out, count++ ? between : "");
		buf_put_c(out, before);
		template_put_value(out, str_c(f->arc->sets[i].sealer));
	}
}

static void put_steps(const struct facts *f, struct buf *out)
{
	for (size_t i = 0; i < f->dmarc->step_count && i < NAMES_MAX; i++) {
		buf_put_c(out, i ? ", " : "");
		template_put_value(out, str_c(f->dmarc->steps[i].name));
	}
	buf_put_c(out, f->dmarc->step_count > NAMES_MAX ? ", …" : "");
}

/* The best word for all signatures together. */
static const char *dkim_word(const struct facts *f)
{
	const struct inkan_dkim_result *best = NULL;

	for (size_t i = 0; i < f->v->dkim_count; i++)
		if (f->v->dkim[i].result == INKAN_PASS)
			return "pass";
		else if (!best || (f->v->dkim[i].result == INKAN_TEMPERROR && best->result != INKAN_TEMPERROR))
			best = &f->v->dkim[i];
	return inkan_result_name(best ? best->result : INKAN_NONE);
}

static void put_results(const struct facts *f, struct buf *out, enum language language)
{
	bool unchecked = f->v->spf_leg == INKAN_LEG_UNCHECKED;

	buf_printf(out, TEXT_IN(language, "SPF %s, DKIM %s", "SPF %s、DKIM %s"),
	           unchecked ? TEXT_IN(language, "not checked", "検査せず") : inkan_result_name(f->spf->result),
	           dkim_word(f));
}

static const char *alignment_word(bool aligned, enum language language)
{
	return aligned ? TEXT_IN(language, "aligned", "一致") : TEXT_IN(language, "not aligned", "不一致");
}

/* "d=example.com (aligned), d=service.example (not aligned)": each domain once. */
static void put_signing_domains(const struct facts *f, struct buf *out, enum language language)
{
	size_t listed = 0;

	for (size_t i = 0; i < f->v->dkim_count && listed < NAMES_MAX; i++) {
		const struct inkan_dkim_result *result = &f->v->dkim[i];
		bool is_known = result->domain[0] == '\0';

		for (size_t k = 0; k < i && !is_known; k++)
			is_known = strcmp(f->v->dkim[k].domain, result->domain) == 0;
		if (is_known)
			continue;
		buf_put_c(out, listed++ ? TEXT_IN(language, ", ", "、") : "");
		buf_put_c(out, "d=");
		template_put_value(out, str_c(result->domain));
		buf_printf(out, " (%s)", alignment_word(result->aligned, language));
	}
	if (listed == 0)
		buf_put_c(out, TEXT_IN(language, "no signature", "署名なし"));
}

static void put_return_path(const struct facts *f, struct buf *out, enum language language)
{
	if (f->v->spf_leg == INKAN_LEG_UNCHECKED || !f->spf->domain[0]) {
		buf_put_c(out, TEXT_IN(language, "not known", "不明"));
		return;
	}
	template_put_value(out, str_c(f->spf->domain));
	buf_printf(out, " (%s)", alignment_word(f->v->spf_aligned, language));
}

/* ---- names ---- */

/* What a stranger wrote: of a sender's local part in it a token remains. */
static void put_stranger(const struct facts *f, struct buf *out, struct str text)
{
	struct buf token;

	if (!f->request->redact || !f->spf->uses_macros_of_sender) {
		template_put_value(out, text);
		return;
	}
	buf_init(&token, PAGE_TEXT_MAX);
	redact_token(&token, f->request->redact, text);
	buf_put(out, buf_str(&token));
	buf_release(&token);
}

static void put_spf_reason(const struct facts *f, struct buf *out, enum language language)
{
	struct str detail;

	template_put_value(out, spf_reason_in(str_c(f->spf->reason), language, &detail));
	if (detail.n && f->request->redact && f->spf->uses_macros_of_sender) {
		buf_put_char(out, ' ');
		put_stranger(f, out, detail);
	} else {
		reason_detail_put(out, detail, language);
	}
}

/* What an ARC set recorded. */
static void put_set_results(const struct facts *f, struct buf *out)
{
	struct buf field;

	buf_init(&field, PAGE_TEXT_MAX);
	buf_put_c(&field, "x; "); /* in place of who found it, which the set keeps apart */
	buf_put_c(&field, f->set->results);
	way_put_results(out, buf_str(&field));
	buf_release(&field);
}

static bool put_number(const struct facts *f, struct buf *out, struct str name)
{
	const struct {
		const char *name;
		uint64_t value;
	} numbers[] = {
		{"lookups", f->spf->lookups},
		{"void_lookups", f->spf->void_lookups},
		{"instance", f->set ? f->set->instance : 0},
		{"oldest", f->arc->oldest_pass > 0 ? (uint64_t)f->arc->oldest_pass : 0},
		{"before_oldest", f->arc->oldest_pass > 1 ? (uint64_t)f->arc->oldest_pass - 1 : 0},
		{"sets", f->arc->set_count},
		{"fields", f->repeated ? f->repeated->count : 0},
		{"covered", f->repeated ? f->repeated->covered : 0},
	};

	for (size_t i = 0; i < sizeof(numbers) / sizeof *numbers; i++)
		if (str_eq(name, str_c(numbers[i].name))) {
			buf_put_u64(out, numbers[i].value);
			return true;
		}
	return false;
}

static bool put_name(const struct facts *f, struct buf *out, struct str name, enum language language)
{
	const struct inkan_session *session = f->request->session;
	const struct {
		const char *name, *value;
	} names[] = {
		{"from_domain", f->v->from_domain[0] ? f->v->from_domain
	                                             : TEXT_IN(language, "the author's domain", "差出人のドメイン")},
		{"spf_domain",
	         f->spf->domain[0] ? f->spf->domain : TEXT_IN(language, "the return path", "Return-Path のドメイン")},
		{"ip", session && session->ip ? session->ip : "?"},
		{"helo", session && session->helo ? session->helo : "?"},
		{"mechanism", f->spf->mechanism},
		{"spf_result", inkan_result_name(f->spf->result)},
		{"spf_section", f->spf->section},
		{"policy_domain", f->dmarc->policy_domain},
		{"record", f->dmarc->record},
		{"policy_tag", f->dmarc->policy_tag},
		{"policy", inkan_dmarc_policy_name(f->dmarc->policy)},
		{"disposition", inkan_dmarc_policy_name(f->dmarc->disposition)},
		{"applied", inkan_dmarc_policy_name(f->v->applied)},
		{"override", text_in(language, override_text(f->v->override))},
		{"override_comment", f->v->override_comment},
		{"organizational_domain", f->dmarc->organizational_domain},
		{"dkim_mode", f->dmarc->strict_dkim ? "strict" : "relaxed"},
		{"spf_mode", f->dmarc->strict_spf ? "strict" : "relaxed"},
		{"sealer", f->set ? f->set->sealer : ""},
		{"repeated", f->repeated ? f->repeated->name : ""},
	};

	for (size_t i = 0; i < sizeof(names) / sizeof *names; i++)
		if (str_eq(name, str_c(names[i].name))) {
			template_put_value(out, str_c(names[i].value));
			return true;
		}
	return false;
}

bool facts_value(void *context, struct buf *out, struct str name, enum language language)
{
	const struct facts *f = context;

	if (f->signature && explain_value(f->signature, out, name, language))
		return true;
	if (put_name(f, out, name, language) || put_number(f, out, name))
		return true;
	if (str_eq(name, STR("changers")))
		put_changers(f, out, language);
	else if (str_eq(name, STR("one_of_changers")))
		put_one_of_changers(f, out, language);
	else if (str_eq(name, STR("signer")))
		put_signer(f, out);
	else if (str_eq(name, STR("steps")))
		put_steps(f, out);
	else if (str_eq(name, STR("results")))
		put_results(f, out, language);
	else if (str_eq(name, STR("signing_domains")))
		put_signing_domains(f, out, language);
	else if (str_eq(name, STR("return_path")))
		put_return_path(f, out, language);
	else if (str_eq(name, STR("spf_explanation")))
		put_stranger(f, out, str_c(f->spf->explanation));
	else if (str_eq(name, STR("spf_reason")))
		put_spf_reason(f, out, language);
	else if (str_eq(name, STR("dmarc_reason")))
		template_put_value(out, dmarc_reason_in(str_c(f->dmarc->reason), language));
	else if (str_eq(name, STR("arc_reason")))
		arc_reason_put(out, str_c(f->arc->reason), language);
	else if (str_eq(name, STR("strange_sealers")))
		put_strange_sealers(f, out, TEXT_IN(language, ", ", "、"), "");
	else if (str_eq(name, STR("trust_options")))
		put_strange_sealers(f, out, " ", "--trusted-sealer ");
	else if (str_eq(name, STR("set_results")) && f->set)
		put_set_results(f, out);
	else if (str_eq(name, STR("setting")))
		template_put_value(out, f->setting);
	else
		return false;
	return true;
}

void facts_put(struct buf *out, struct text text, struct facts *f)
{
	template_put(out, text, f->request->language, facts_value, f);
}

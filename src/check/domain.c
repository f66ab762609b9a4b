/* The check of a domain. Every part asks what it needs, then judges; the whole is done again while anything is open, so that the
 * questions of all parts go out together. Reading order: domain_check() -> run_parts() -> sum_up(). */
#include "check/domain_work.h"

/* ---- words ---- */

/* clang-format off */
static const struct { const char *id; struct text title; } parts[DOMAIN_PARTS] = {
	[DOMAIN_GATEWAY] = {"gateway", {"Gateway", "ゲートウェイ"}},
	[DOMAIN_DELEGATION] = {"delegation", {"Delegation", "委任"}},
	[DOMAIN_MX] = {"mx", {"MX", "MX"}},
	[DOMAIN_SPF] = {"spf", {"SPF", "SPF"}},
	[DOMAIN_DKIM] = {"dkim", {"DKIM", "DKIM"}},
	[DOMAIN_DMARC] = {"dmarc", {"DMARC", "DMARC"}},
	[DOMAIN_MAIL_FROM] = {"mail_from", {"MAIL FROM", "MAIL FROM"}},
	[DOMAIN_MTA_STS] = {"mta_sts", {"MTA-STS", "MTA-STS"}},
	[DOMAIN_TLSRPT] = {"tlsrpt", {"TLSRPT", "TLSRPT"}},
	[DOMAIN_BIMI] = {"bimi", {"BIMI", "BIMI"}},
	[DOMAIN_DNSSEC] = {"dnssec", {"DNSSEC", "DNSSEC"}},
	[DOMAIN_SERVICE] = {"service", {"Service", "サービス"}},
	[DOMAIN_RECEIVERS] = {"receivers", {"Receivers", "受信側"}},
};
/* clang-format on */

const char *domain_part_id(enum domain_part part)
{
	return parts[part].id;
}

const char *domain_part_title(enum domain_part part, enum language language)
{
	return text_in(language, parts[part].title);
}

const char *domain_state_id(enum domain_state state)
{
	static const char *const ids[] = {
		[DOMAIN_NOT_ASKED] = "not-asked",   [DOMAIN_FINE] = "ok",      [DOMAIN_ABSENT] = "absent",
		[DOMAIN_RISK] = "warning",          [DOMAIN_BROKEN] = "error", [DOMAIN_UNKNOWN] = "unknown",
		[DOMAIN_NOT_NEEDED] = "not-needed",
	};

	return ids[state];
}

const char *domain_verdict_id(enum domain_verdict verdict)
{
	static const char *const ids[] = {
		[DOMAIN_VERDICT_PASS] = "pass",
		[DOMAIN_VERDICT_AT_RISK] = "at-risk",
		[DOMAIN_VERDICT_FAIL] = "fail",
		[DOMAIN_VERDICT_UNKNOWN] = "unknown",
	};

	return ids[verdict];
}

const char *selector_state_id(enum selector_state state)
{
	static const char *const ids[] = {
		[SELECTOR_ABSENT] = "absent",   [SELECTOR_KEY] = "key",         [SELECTOR_INACTIVE] = "inactive",
		[SELECTOR_EMPTY] = "empty",     [SELECTOR_REVOKED] = "revoked", [SELECTOR_DANGLING] = "dangling",
		[SELECTOR_WAITING] = "waiting", [SELECTOR_BROKEN] = "broken",   [SELECTOR_UNKNOWN] = "unknown",
	};

	return ids[state];
}

/* ---- what the parts share ---- */

const struct dns_answer *domain_ask(struct domain_work *w, enum dns_type type, struct str name)
{
	const struct dns_answer *answer = evidence_ask(w->evidence, type, name);

	w->pending = w->pending || !answer;
	return answer;
}

const struct dns_answer *domain_look(struct domain_work *w, enum domain_part part, enum dns_type type, struct str name)
{
	const struct dns_answer *answer = domain_ask(w, type, name);
	struct domain_report *out = w->out;

	if (!answer)
		return NULL;
	if (out->look_count < DOMAIN_LOOKS_MAX)
		out->looks[out->look_count++] = (struct domain_look){part, type, name, answer};
	if (!dns_status_is_temporary(answer->status))
		return answer;
	out->temporary = true;
	out->states[part] = DOMAIN_UNKNOWN;
	(void)domain_note(w, part, answer->status == DNS_BOGUS ? DOMAIN_F_BOGUS : DOMAIN_F_DNS, name, name,
	                  str_c(dns_type_name(type)),
	                  answer->why.n ? answer->why : str_c(dns_status_name(answer->status)));
	return answer;
}

struct str domain_below(struct domain_work *w, struct str prefix, struct str name)
{
	char *p = arena_text(w->arena, prefix.n + 1 + name.n);

	if (!p)
		return STR_NULL;
	memcpy(p, prefix.p, prefix.n);
	p[prefix.n] = '.';
	memcpy(p + prefix.n + 1, name.p, name.n);
	return str_from(p, prefix.n + 1 + name.n);
}

struct str domain_keep(struct domain_work *w, struct buf *text)
{
	struct str kept = arena_str(w->arena, buf_str(text));

	if (buf_error(text) && !w->arena->error)
		w->arena->error = buf_error(text);
	buf_release(text);
	return kept;
}

static struct domain_note *next_note(struct domain_work *w)
{
	struct domain_report *out = w->out;

	if (out->note_count < DOMAIN_FINDINGS_MAX)
		return &out->notes[out->note_count++];
	out->notes_left_out++;
	return NULL;
}

struct finding *domain_note(struct domain_work *w, enum domain_part part, enum domain_finding kind, struct str name,
                            struct str a, struct str b, struct str c)
{
	const struct finding_kind *k = &domain_kinds[kind];
	struct domain_note *note = next_note(w);
	struct str args[FINDING_ARGS] = {a, b, c};

	if (!note)
		return NULL;
	*note = (struct domain_note){part,
	                             name,
	                             STR_NULL,
	                             {.kind = k,
	                              .severity = k->severity,
	                              .position = FINDING_NOWHERE,
	                              .text = finding_text(w->arena, k->text, args),
	                              .fix = finding_text(w->arena, k->fix, args)}};
	return &note->finding;
}

void domain_take(struct domain_work *w, enum domain_part part, const struct findings *findings, struct str name,
                 struct str value)
{
	for (size_t i = 0; i < findings->count; i++) {
		struct domain_note *note = next_note(w);

		if (note)
			*note = (struct domain_note){part, name, value, findings->items[i]};
	}
}

int domain_find_mistakes(struct domain_work *w, struct findings *f, const struct record_set *expected,
                         const struct dns_answer *shown, const struct dns_answer *beside, enum mistake *out)
{
	struct mistake_probe probes[MISTAKE_PROBES_MAX];
	const struct dns_answer *answers[MISTAKE_PROBES_MAX] = {NULL};
	const struct dns_answer *apex = evidence_find(w->evidence, DNS_NS, w->out->domain);
	size_t count = 0;
	int error = INKAN_OK;

	if (shown->count == 0)
		error = mistakes_questions(w->arena, expected, w->out->domain, probes, &count);
	for (size_t i = 0; i < count && !error; i++)
		answers[i] = domain_ask(w, probes[i].type, probes[i].name);
	if (error || w->pending)
		return error;
	struct mistake_view view = {.expected = expected,
	                            .zone = w->out->domain,
	                            .shown = shown,
	                            .beside = beside,
	                            .apex = apex,
	                            .probes = probes,
	                            .answers = answers,
	                            .probe_count = count};

	*out = mistakes_find(f, &view);
	return arena_error(w->arena);
}

bool domain_find_misspelt(struct domain_work *w, enum domain_part part, struct str name, const struct dns_answer *txt,
                          struct str version)
{
	struct record_set expected = {.name = name, .type = DNS_TXT};
	bool found = false;

	for (size_t i = 0; i < txt->count; i++) {
		struct str text = txt->records[i].text;
		struct dns_answer one = {.status = DNS_ANSWER, .records = &txt->records[i], .count = 1};
		struct mistake_view view = {.expected = &expected, .zone = w->out->domain, .shown = &one};
		struct findings f;

		if (str_ihas_prefix(text, version) || str_search(text, version) == text.n)
			continue;
		findings_init(&f, w->arena);
		if (mistakes_find(&f, &view) == MISTAKES)
			continue;
		domain_take(w, part, &f, name, text);
		found = true;
	}
	return found;
}

struct str domain_near_miss(const struct dns_answer *txt, struct str beginning)
{
	for (size_t i = 0; i < txt->count; i++)
		if (str_ihas_prefix(txt->records[i].text, beginning))
			return txt->records[i].text;
	return STR_NULL;
}

enum domain_state domain_part_state(const struct domain_work *w, enum domain_part part)
{
	enum domain_state state = DOMAIN_FINE;

	if (w->out->states[part] == DOMAIN_UNKNOWN)
		return DOMAIN_UNKNOWN;
	for (size_t i = 0; i < w->out->note_count; i++) {
		const struct domain_note *note = &w->out->notes[i];

		if (note->part != part || note->finding.severity == SEVERITY_INFO)
			continue;
		if (note->finding.severity == SEVERITY_ERROR)
			return DOMAIN_BROKEN;
		state = DOMAIN_RISK;
	}
	return state;
}

void domain_line(struct domain_work *w, enum domain_part part, struct text template, struct str a, struct str b,
                 struct str c)
{
	w->out->lines[part] = finding_text(w->arena, template, (struct str[FINDING_ARGS]){a, b, c});
}

void domain_found_provider(struct domain_work *w, const struct provider *provider, enum found_by how,
                           struct str evidence)
{
	struct domain_report *out = w->out;

	for (size_t i = 0; i < out->provider_count; i++)
		if (out->providers[i].provider == provider)
			return;
	if (!provider || out->provider_count == DOMAIN_PROVIDERS_MAX)
		return;
	out->providers[out->provider_count++] = (struct domain_provider){provider, how, evidence};
	/* who filters incoming mail need not be on the way out */
	out->has_gateway = out->has_gateway || (provider->gateway && how != FOUND_BY_MX);
}

/* ---- the sum ---- */

/* What stops mail comes first: the gateway (S0-5), then errors in the order of the page, warnings, the rest. */
static unsigned rank(const struct domain_note *note)
{
	unsigned severity = SEVERITY_ERROR - note->finding.severity;

	if (note->part == DOMAIN_GATEWAY && note->finding.severity == SEVERITY_ERROR)
		return 0;
	return 1 + severity * DOMAIN_PARTS + note->part;
}

static void sort_notes(struct domain_report *out)
{
	/* by insertion: few, and equal ones keep their order */
	for (size_t i = 1; i < out->note_count; i++) {
		struct domain_note note = out->notes[i];
		size_t k = i;

		for (; k > 0 && rank(&note) < rank(&out->notes[k - 1]); k--)
			out->notes[k] = out->notes[k - 1];
		out->notes[k] = note;
	}
}

enum severity domain_worst(const struct domain_report *report)
{
	enum severity worst = SEVERITY_INFO;

	for (size_t i = 0; i < report->note_count; i++)
		if (report->notes[i].finding.severity > worst)
			worst = report->notes[i].finding.severity;
	return worst;
}

static bool is_registered(const struct domain_report *out, enum domain_part part)
{
	if (part == DOMAIN_DKIM && out->key_count)
		return true;
	return out->states[part] == DOMAIN_FINE || out->states[part] == DOMAIN_RISK ||
	       out->states[part] == DOMAIN_NOT_NEEDED;
}

/* clang-format off */
static const struct text sentences[] = {
	[DOMAIN_VERDICT_PASS] = {"SPF, DKIM and DMARC are in order as far as DNS shows", "DNS で見るかぎり、SPF、DKIM、DMARC は整っています"},
	[DOMAIN_VERDICT_AT_RISK] = {"mail can be sent, but its delivery is at risk", "メールは送信できますが、届かないおそれがあります"},
	[DOMAIN_VERDICT_FAIL] = {"something that is published does not work: delivery is at risk until it is mended", "公開されているものに誤りがあり、直すまでメールが届かないおそれがあります"},
	[DOMAIN_VERDICT_UNKNOWN] = {"DNS did not answer everything for now", "今は DNS の応答が一部ありません"},
};
static const struct text unproven = {
	"what is published is in order; DKIM could not be looked at without a selector", "公開されているものは整っています。DKIM はセレクターがわからないため調べていません"};
/* clang-format on */

/* How near a finding is to being the next step, 0 the nearest; NEXT_NEVER: it is none. What is broken comes first, then what is
 * missing of SPF, DKIM and DMARC, in this order, before the rest. */
enum { NEXT_ERROR, NEXT_SENDER, NEXT_ORDER, NEXT_POLICY, NEXT_OTHER, NEXT_SELECTOR, NEXT_NEVER };

static unsigned next_rank(const struct domain_note *note)
{
	const struct finding *f = &note->finding;

	/* that of another finding is meant */
	if (!*f->fix.en || f->kind == &domain_kinds[DOMAIN_F_REQUIREMENT])
		return NEXT_NEVER;
	if (f->kind == &domain_kinds[DOMAIN_F_NO_SELECTOR])
		return NEXT_SELECTOR;
	if (f->severity == SEVERITY_INFO)
		return NEXT_NEVER;
	/* the record that is to come before DMARC has a fix of its own */
	if (f->kind == &domain_kinds[DOMAIN_F_BEFORE_SPF] || f->kind == &domain_kinds[DOMAIN_F_BEFORE_DKIM])
		return NEXT_ORDER;
	if (f->severity == SEVERITY_ERROR)
		return NEXT_ERROR;
	if (note->part == DOMAIN_SPF || note->part == DOMAIN_DKIM)
		return NEXT_SENDER;
	return note->part == DOMAIN_DMARC ? NEXT_POLICY : NEXT_OTHER;
}

static void choose_next(struct domain_report *out)
{
	unsigned best = NEXT_NEVER;

	for (size_t i = 0; i < out->note_count; i++) {
		unsigned rank = next_rank(&out->notes[i]);

		if (rank >= best)
			continue;
		best = rank;
		out->next = out->notes[i].finding.fix;
		out->next_kind = out->notes[i].finding.kind;
	}
}

static void sum_up(struct domain_work *w)
{
	struct domain_report *out = w->out;
	enum severity worst = domain_worst(out);

	sort_notes(out);
	out->registered = (unsigned)is_registered(out, DOMAIN_SPF) + (unsigned)is_registered(out, DOMAIN_DKIM) +
	                  (unsigned)is_registered(out, DOMAIN_DMARC);
	out->verdict = worst == SEVERITY_ERROR     ? DOMAIN_VERDICT_FAIL
	               : out->temporary            ? DOMAIN_VERDICT_UNKNOWN
	               : worst == SEVERITY_WARNING ? DOMAIN_VERDICT_AT_RISK
	                                           : DOMAIN_VERDICT_PASS;
	out->sentence = sentences[out->verdict];
	if (out->verdict == DOMAIN_VERDICT_PASS && out->states[DOMAIN_DKIM] == DOMAIN_NOT_ASKED)
		out->sentence = unproven;
	out->next = (struct text){"", ""};
	choose_next(out);
}

/* ---- the check ---- */

static int run_parts(struct domain_work *w)
{
	/* providers are found on the way, and selectors of theirs looked at afterwards */
	static int (*const steps[])(struct domain_work *) = {
		domain_check_delegation, domain_check_mx,        domain_check_spf,       domain_check_gateways,
		domain_check_dkim,       domain_check_dmarc,     domain_check_mail_from, domain_check_transport,
		domain_check_service,    domain_check_receivers,
	};
	int error = INKAN_OK;

	for (size_t i = 0; i < sizeof(steps) / sizeof(*steps) && !error; i++)
		error = steps[i](w);
	return error;
}

static int begin(struct domain_work *w)
{
	struct domain_report *out = w->out;
	struct str domain = str_c(w->options->domain);
	char normal[DNS_NAME_MAX];
	size_t size;

	*out = (struct domain_report){0};
	if (!dns_name_is_host(domain, true, false) || !dns_name_normalise(domain, normal, &size))
		return INKAN_EUSAGE;
	out->domain = arena_str(w->arena, str_from(normal, size));
	out->notes = arena_calloc(w->arena, DOMAIN_FINDINGS_MAX, sizeof(*out->notes));
	out->looks = arena_calloc(w->arena, DOMAIN_LOOKS_MAX, sizeof(*out->looks));
	out->selectors = arena_calloc(w->arena, DOMAIN_SELECTORS_MAX, sizeof(*out->selectors));
	for (size_t i = 0; i < DOMAIN_PARTS; i++)
		out->lines[i] = (struct text){"", ""};
	if (w->options->provider)
		domain_found_provider(w, provider_find(str_c(w->options->provider)), FOUND_BY_USER,
		                      str_c(w->options->provider));
	return arena_error(w->arena);
}

int domain_check(struct arena *arena, const struct crypto *crypto, struct evidence *evidence,
                 const struct domain_check_options *options, struct domain_report *out, bool *pending_out)
{
	struct domain_work w = {
		.options = options,
		.crypto = crypto,
		.arena = arena,
		.evidence = evidence,
		.out = out,
		.dmarc = {.profile = options->dmarc_profile,
	                  .registrable_domain = options->registrable_domain,
	                  .psl_context = options->public_suffix_context},
	};
	int error = begin(&w);

	if (!error)
		error = run_parts(&w);
	if (!error)
		error = evidence_error(evidence);
	if (!error)
		sum_up(&w);
	*pending_out = w.pending;
	return error ? error : arena_error(arena);
}

int domain_give_up(struct evidence *evidence)
{
	const struct dns_question *open;
	int error = INKAN_OK;

	while (!error && evidence_open(evidence, &open))
		error = evidence_add(evidence, open->type, open->name, dns_answer_without_records(DNS_TIMEOUT));
	return error;
}

void domain_add_shared_key(struct arena *arena, struct domain_report *report, size_t selector, struct str other)
{
	struct domain_work w = {.arena = arena, .out = report};
	struct str name = report->selectors[selector].name;
	struct finding *f = domain_note(&w, DOMAIN_DKIM, DOMAIN_F_KEY_SHARED, name, other, name, STR_NULL);

	/* providers do so for their customers */
	if (f)
		f->severity = SEVERITY_INFO;
}

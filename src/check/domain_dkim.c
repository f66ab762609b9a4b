/* DKIM keys: DNS does not list selectors, so only those are looked at that somebody told of; where nobody did, nothing is said to
 * be missing (S1-23). */
#include "check/dkim_record.h"
#include "check/domain_work.h"
#include "sig/key_record.h"

enum { DAY = 86400 };

/* Nobody has a selector of that name, so what answers is a wildcard. */
#define NO_SELECTOR "inkan-no-such-selector"

/* ---- which selectors ---- */

static struct domain_selector *find_selector(struct domain_report *out, const char *selector)
{
	for (size_t i = 0; i < out->selector_count; i++)
		if (str_ieq(str_c(out->selectors[i].known.selector), str_c(selector)))
			return &out->selectors[i];
	return NULL;
}

static void add_selector(struct domain_work *w, const struct known_selector *known, const struct provider *provider)
{
	struct domain_report *out = w->out;
	struct domain_selector *there = find_selector(out, known->selector);

	if (there) {
		there->provider = there->provider ? there->provider : provider;
		return;
	}
	if (out->selector_count == DOMAIN_SELECTORS_MAX) {
		out->selectors_cut = true;
		return;
	}
	out->selectors[out->selector_count++] = (struct domain_selector){
		.known = *known,
		.provider = provider,
		.name = domain_below(w, domain_below(w, str_c(known->selector), STR("_domainkey")), out->domain),
	};
}

static void collect(struct domain_work *w)
{
	const struct domain_check_options *o = w->options;

	for (size_t i = 0; i < o->selector_count; i++)
		add_selector(w, &o->selectors[i], NULL);
	for (size_t i = 0; i < w->out->provider_count; i++) {
		const struct provider *p = w->out->providers[i].provider;

		for (const char *const *s = p->selectors; s && *s; s++)
			add_selector(w,
			             &(struct known_selector){.selector = *s,
			                                      .why = KNOWN_BY_PROVIDER,
			                                      .made = UNIX_TIME_NONE,
			                                      .role = p->gateway ? IDENTITY_GATEWAY : IDENTITY_SERVICE},
			             p);
	}
	if (w->out->selectors_cut)
		(void)domain_note(w, DOMAIN_DKIM, DOMAIN_F_SELECTORS_CUT, w->out->domain,
		                  finding_number(w->arena, DOMAIN_SELECTORS_MAX), STR_NULL, STR_NULL);
}

/* Whether something is to be verified with the slot's key, now or soon. */
static bool is_needed(enum slot_state state)
{
	return state == SLOT_PUBLISHED || state == SLOT_PROVEN || state == SLOT_ACTIVE || state == SLOT_OVERLAP;
}

size_t domain_selectors_of(const struct identity *identity, struct known_selector out[IDENTITY_SLOTS_MAX])
{
	bool is_alias = identity->scheme == IDENTITY_CNAME2 || identity->scheme == IDENTITY_CNAME3;
	size_t count = 0;

	for (size_t i = 0; i < identity->slot_count && i < IDENTITY_SLOTS_MAX; i++) {
		const struct slot *slot = &identity->slots[i];
		bool has_record = identity->scheme == IDENTITY_TXT && slot->record[0] && is_needed(slot->state);

		if (!slot->selector[0])
			continue;
		out[count++] = (struct known_selector){
			.selector = slot->selector,
			.why = KNOWN_BY_IDENTITY,
			.target = is_alias && slot->target[0] ? slot->target : NULL,
			.record = has_record ? slot->record : NULL,
			.made = slot->made,
			.group = identity->id,
			.role = identity->role,
			.is_idle = identity->scheme != IDENTITY_EXTERNAL && !is_needed(slot->state),
		};
	}
	return count;
}

/* ---- one selector ---- */

/* Where the CNAMEs of a name lead. */
static struct str follow(struct domain_work *w, struct str name)
{
	struct str target = STR_NULL;

	for (int i = 0; i < DNS_CHAIN_MAX; i++) {
		const struct dns_answer *cname = domain_ask(w, DNS_CNAME, name);

		if (!cname || !cname->count)
			break;
		target = name = cname->records[0].name;
	}
	return target;
}

static size_t key_count(const struct dns_answer *txt)
{
	size_t count = 0;

	for (size_t i = 0; i < txt->count; i++)
		count += dkim_key_record_is_likely(txt->records[i].text);
	return count;
}

/* The text to be judged: the key record among others, else the first. */
static struct str choose_text(const struct dns_answer *txt)
{
	for (size_t i = 0; i < txt->count; i++)
		if (dkim_key_record_is_likely(txt->records[i].text))
			return txt->records[i].text;
	return txt->count ? txt->records[0].text : STR_NULL;
}

static int judge_key(struct domain_work *w, struct domain_selector *s)
{
	struct dkim_record_report report;
	struct findings f;
	int error;

	findings_init(&f, w->arena);
	error = dkim_record_check(w->crypto, &f, s->text, &report);
	if (error)
		return error;
	s->state = report.is_revoked ? SELECTOR_REVOKED : report.is_usable ? SELECTOR_KEY : SELECTOR_BROKEN;
	s->testing = report.is_testing;
	s->bits = report.has_key ? report.bits : 0;
	s->type = report.type;
	s->der = report.has_key ? report.der : STR_NULL;
	for (size_t i = 0; i < f.count; i++)
		s->strict = s->strict || strcmp(f.items[i].kind->id, "t_strict") == 0;
	dkim_record_report_release(&report);
	/* a revoked key that signs nothing is as it should be */
	if (!(report.is_revoked && s->known.is_idle))
		domain_take(w, DOMAIN_DKIM, &f, s->name, s->text);
	return INKAN_OK;
}

static int judge_text(struct domain_work *w, struct domain_selector *s, const struct dns_answer *txt)
{
	s->text = choose_text(txt);
	if (str_trim_fws(s->text).n == 0) {
		s->state = SELECTOR_EMPTY;
		return INKAN_OK;
	}
	if (!dkim_key_record_is_likely(s->text)) {
		s->state = SELECTOR_BROKEN;
		(void)domain_note(w, DOMAIN_DKIM, DOMAIN_F_NOT_A_KEY, s->name, s->name, STR_NULL, STR_NULL);
		return INKAN_OK;
	}
	int error = judge_key(w, s);

	if (!error && key_count(txt) > 1) {
		s->state = SELECTOR_BROKEN;
		(void)domain_note(w, DOMAIN_DKIM, DOMAIN_F_SEVERAL_KEYS, s->name, s->name,
		                  finding_number(w->arena, key_count(txt)), STR_NULL);
	}
	return error;
}

/* The text comes from a wildcard and is no key: nothing stands there. */
static bool is_wildcard(const struct domain_selector *s, const struct dns_answer *txt,
                        const struct dns_answer *wildcard)
{
	return !s->target.n && txt->count && wildcard->count && key_count(txt) == 0 &&
	       str_eq(txt->records[0].text, wildcard->records[0].text);
}

static int look_at(struct domain_work *w, struct domain_selector *s)
{
	struct str nobody = domain_below(w, STR(NO_SELECTOR "._domainkey"), w->out->domain);
	const struct dns_answer *txt = domain_ask(w, DNS_TXT, s->name);
	const struct dns_answer *wildcard = domain_ask(w, DNS_TXT, nobody);

	s->target = follow(w, s->name);
	if (!txt || !wildcard || w->pending)
		return INKAN_OK;
	if (!s->provider || s->target.n) {
		const struct provider *p = provider_by_key_host(s->target);

		s->provider = p ? p : s->provider;
		domain_found_provider(w, p, FOUND_BY_KEY, s->target);
	}
	s->by_wildcard = is_wildcard(s, txt, wildcard);
	if (s->known.why != KNOWN_BY_PROVIDER || txt->count || s->target.n) {
		if (s->target.n)
			(void)domain_look(w, DOMAIN_DKIM, DNS_CNAME, s->name);
		(void)domain_look(w, DOMAIN_DKIM, DNS_TXT, s->name);
	}
	if (dns_status_is_temporary(txt->status))
		s->state = SELECTOR_UNKNOWN;
	else if (txt->count == 0 || s->by_wildcard)
		s->state = s->target.n ? SELECTOR_DANGLING : SELECTOR_ABSENT;
	else
		return judge_text(w, s, txt);
	return INKAN_OK;
}

/* ---- rotation sets ---- */

static bool are_siblings(const struct domain_selector *a, const struct domain_selector *b)
{
	if (a->known.group || b->known.group)
		return a->known.group && b->known.group && strcmp(a->known.group, b->known.group) == 0;
	return a->provider == b->provider;
}

/* The first selector of the same set in that state, itself left out. */
static const struct domain_selector *sibling(const struct domain_report *out, const struct domain_selector *s,
                                             enum selector_state state)
{
	for (size_t i = 0; i < out->selector_count; i++)
		if (&out->selectors[i] != s && out->selectors[i].state == state && are_siblings(&out->selectors[i], s))
			return &out->selectors[i];
	return NULL;
}

static void judge_empty(struct domain_work *w, struct domain_selector *s)
{
	const struct domain_selector *holder = sibling(w->out, s, SELECTOR_KEY);
	const struct domain_selector *other = sibling(w->out, s, SELECTOR_EMPTY);

	if (holder) {
		s->state = SELECTOR_INACTIVE;
		(void)domain_note(w, DOMAIN_DKIM, DOMAIN_F_INACTIVE, s->name, s->name, str_c(holder->known.selector),
		                  STR_NULL);
	} else if (!other) {
		(void)domain_note(w, DOMAIN_DKIM, DOMAIN_F_EMPTY, s->name, s->name, STR_NULL, STR_NULL);
	} else if (other > s) { /* of the set the first one tells */
		(void)domain_note(w, DOMAIN_DKIM, DOMAIN_F_ALL_EMPTY, s->name, s->name, STR_NULL, STR_NULL);
	}
}

static void judge_dangling(struct domain_work *w, struct domain_selector *s)
{
	const struct domain_selector *holder = sibling(w->out, s, SELECTOR_KEY);
	bool is_microsoft = s->provider && strcmp(s->provider->id, "microsoft") == 0;

	if (holder && (is_microsoft || s->known.is_idle)) {
		s->state = SELECTOR_WAITING;
		(void)domain_note(w, DOMAIN_DKIM, DOMAIN_F_WAITING, s->name, s->name, s->target,
		                  str_c(holder->known.selector));
		return;
	}
	(void)domain_note(w, DOMAIN_DKIM, DOMAIN_F_DANGLING, s->name, s->name, s->target, STR_NULL);
}

/* ---- expectations ---- */

/* What was to be published, as far as it is known: a CNAME, a key, or any TXT record. */
static struct record_set expected_set(const struct domain_selector *s, struct dns_record *record)
{
	struct record_set set = {.name = s->name, .type = s->known.target ? DNS_CNAME : DNS_TXT, .records = record};

	*record = (struct dns_record){0};
	if (s->known.target)
		record->name = str_c(s->known.target);
	else
		record->text = str_c(s->known.record);
	set.count = s->known.target || s->known.record;
	return set;
}

static int compare(struct domain_work *w, struct domain_selector *s)
{
	struct dns_record record;
	struct record_set expected = expected_set(s, &record);
	bool wants_alias = expected.type == DNS_CNAME;
	const struct dns_answer *shown = domain_ask(w, expected.type, s->name);
	const struct dns_answer *beside = domain_ask(w, wants_alias ? DNS_TXT : DNS_CNAME, s->name);
	enum mistake mistake = MISTAKES;
	struct findings f;
	int error;

	if (!shown || !beside)
		return INKAN_OK;
	if (s->by_wildcard)
		shown = dns_answer_without_records(DNS_NXDOMAIN);
	findings_init(&f, w->arena);
	error = domain_find_mistakes(w, &f, &expected, shown, beside, &mistake);
	if (error || w->pending)
		return error;
	/* a CNAME is one way to publish what is only known as a text; its being empty or dangling was told */
	if (mistake == MISTAKES || mistake == MISTAKE_CNAME_FOR_TXT || mistake == MISTAKE_TIME_OUT)
		return INKAN_OK;
	domain_take(w, DOMAIN_DKIM, &f, s->name, s->text);
	/* a key, but not the one that signs */
	if (s->state == SELECTOR_KEY)
		s->state = SELECTOR_BROKEN;
	return INKAN_OK;
}

/* Its alias has to be there all the same, so that a key can come without anybody touching the domain (S2-21). */
static bool is_idle_absent(const struct domain_selector *s)
{
	return s->known.is_idle && s->state == SELECTOR_ABSENT && !s->known.target;
}

static bool wants_compare(const struct domain_selector *s)
{
	bool is_known = s->known.target || s->known.record;

	if (s->state == SELECTOR_ABSENT || s->state == SELECTOR_BROKEN)
		return s->known.why != KNOWN_BY_PROVIDER && !is_idle_absent(s);
	return is_known && s->state != SELECTOR_UNKNOWN;
}

/* ---- keys ---- */

static void judge_age(struct domain_work *w, const struct domain_selector *s)
{
	unix_time now = w->options->now, made = s->known.made;

	if (s->state == SELECTOR_KEY && made > 0 && now > made && now - made > DOMAIN_KEY_OLD)
		(void)domain_note(w, DOMAIN_DKIM, DOMAIN_F_KEY_OLD, s->name, s->name,
		                  finding_number(w->arena, (uint64_t)(now - made) / DAY), STR_NULL);
}

static void judge_shared(struct domain_work *w, size_t i)
{
	const struct domain_selector *all = w->out->selectors;

	for (size_t k = 0; k < i && all[i].der.n; k++)
		if (str_eq(all[i].der, all[k].der)) {
			(void)domain_note(w, DOMAIN_DKIM, DOMAIN_F_KEY_SHARED, all[i].name, all[k].name, all[i].name,
			                  STR_NULL);
			return;
		}
}

static int judge_sets(struct domain_work *w)
{
	struct domain_report *out = w->out;
	int error = INKAN_OK;

	for (size_t i = 0; i < out->selector_count && !error; i++) {
		struct domain_selector *s = &out->selectors[i];

		if (s->state == SELECTOR_EMPTY)
			judge_empty(w, s);
		else if (s->state == SELECTOR_DANGLING)
			judge_dangling(w, s);
		else if (is_idle_absent(s))
			(void)domain_note(w, DOMAIN_DKIM, DOMAIN_F_SELECTOR_UNCLEAR, s->name, s->name, STR_NULL,
			                  STR_NULL);
		judge_age(w, s);
		judge_shared(w, i);
		if (wants_compare(s))
			error = compare(w, s);
	}
	return error;
}

/* ---- providers ---- */

static struct str list_selectors(struct domain_work *w, const struct provider *p)
{
	struct buf text;

	buf_init(&text, 1000);
	for (const char *const *s = p->selectors; *s; s++) {
		buf_put_c(&text, s == p->selectors ? "" : ", ");
		buf_put_c(&text, *s);
	}
	return domain_keep(w, &text);
}

/* A service that was found, whose usual selectors have nothing (S0-12, S1-14): with the way to switch DKIM on there. */
static void judge_provider(struct domain_work *w, const struct provider *p)
{
	struct finding *f;
	bool unknown = false;

	if (!p->selectors || !*p->selectors || !p->signs_own_domains)
		return;
	for (size_t i = 0; i < w->out->selector_count; i++) {
		const struct domain_selector *s = &w->out->selectors[i];

		if (s->provider == p && s->state != SELECTOR_ABSENT && s->state != SELECTOR_UNKNOWN)
			return;
		unknown = unknown || (s->provider == p && s->state == SELECTOR_UNKNOWN);
	}
	if (unknown)
		return;
	f = domain_note(w, DOMAIN_DKIM, DOMAIN_F_SELECTOR_PROVIDER, w->out->domain, str_c(p->name),
	                list_selectors(w, p), str_c(p->enable.en));
	if (f)
		f->fix = p->enable;
}

/* ---- the part ---- */

static struct str list_keys(struct domain_work *w)
{
	struct buf text;

	buf_init(&text, 64 * 1024);
	for (size_t i = 0; i < w->out->selector_count; i++) {
		const struct domain_selector *s = &w->out->selectors[i];

		if (s->state != SELECTOR_KEY)
			continue;
		buf_put_c(&text, text.n ? ", " : "");
		buf_put_c(&text, s->known.selector);
		buf_printf(&text, " (%s %u)", s->type == KEY_RSA ? "rsa" : "ed25519", s->bits);
	}
	return domain_keep(w, &text);
}

static void sum_up(struct domain_work *w)
{
	struct domain_report *out = w->out;
	size_t told = 0, keys;

	for (size_t i = 0; i < out->selector_count; i++) {
		out->key_count += out->selectors[i].state == SELECTOR_KEY;
		told += out->selectors[i].known.why != KNOWN_BY_PROVIDER || out->selectors[i].target.n;
		if (out->selectors[i].state == SELECTOR_UNKNOWN)
			out->states[DOMAIN_DKIM] = DOMAIN_UNKNOWN;
	}
	keys = out->key_count;
	if (keys == 0 && out->no_mail) {
		out->states[DOMAIN_DKIM] = DOMAIN_NOT_NEEDED;
		domain_line(
			w, DOMAIN_DKIM,
			(struct text){"not needed: the domain sends no mail", "不要: このドメインはメールを送りません"},
			STR_NULL, STR_NULL, STR_NULL);
	} else if (keys) {
		out->states[DOMAIN_DKIM] = domain_part_state(w, DOMAIN_DKIM);
		domain_line(w, DOMAIN_DKIM, (struct text){"{0}", "{0}"}, list_keys(w), STR_NULL, STR_NULL);
	} else if (told) {
		out->states[DOMAIN_DKIM] = out->states[DOMAIN_DKIM] == DOMAIN_UNKNOWN ? DOMAIN_UNKNOWN : DOMAIN_BROKEN;
		domain_line(w, DOMAIN_DKIM,
		            (struct text){"none of the known selectors has a key that works",
		                          "わかっているセレクターに、使える鍵がありません"},
		            STR_NULL, STR_NULL, STR_NULL);
	} else {
		domain_line(w, DOMAIN_DKIM,
		            (struct text){"no selector known: give one, or a message",
		                          "セレクターがわかりません: 指定するか、メッセージを渡してください"},
		            STR_NULL, STR_NULL, STR_NULL);
	}
	if (!told && !keys && !out->no_mail)
		(void)domain_note(w, DOMAIN_DKIM, DOMAIN_F_NO_SELECTOR, out->domain, out->domain, STR_NULL, STR_NULL);
}

static void check_wildcard(struct domain_work *w)
{
	struct str nobody = domain_below(w, STR(NO_SELECTOR "._domainkey"), w->out->domain);
	const struct dns_answer *txt = domain_ask(w, DNS_TXT, nobody);

	if (txt && txt->count)
		(void)domain_note(w, DOMAIN_DKIM, DOMAIN_F_WILDCARD, nobody,
		                  domain_below(w, STR("_domainkey"), w->out->domain), txt->records[0].text, STR_NULL);
}

int domain_check_dkim(struct domain_work *w)
{
	struct domain_report *out = w->out;
	bool was_pending = w->pending;
	int error = INKAN_OK;

	collect(w);
	/* the questions of all selectors go out at once, whatever else is open */
	w->pending = false;
	for (size_t i = 0; i < out->selector_count && !error; i++) {
		bool others = w->pending;

		w->pending = false;
		error = look_at(w, &out->selectors[i]);
		w->pending = w->pending || others;
	}
	check_wildcard(w);
	if (error || w->pending) {
		w->pending = true;
		return error;
	}
	error = judge_sets(w);
	w->pending = w->pending || was_pending;
	for (size_t i = 0; i < out->provider_count && !out->no_mail && !w->pending; i++)
		judge_provider(w, out->providers[i].provider);
	sum_up(w);
	return error;
}

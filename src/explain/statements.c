/* Walks the rules and collects what they say. */
#include "explain/statements.h"

#include "explain/signature.h"

enum { SETTINGS_SHOWN = 5 };

struct collector {
	struct facts *f;
	struct page *page;
	struct page_statement *why;
	struct page_fix *fix;
};

/* ---- collecting ---- */

static const char *keep(struct collector *c, const struct buf *text)
{
	return template_keep(c->f->arena, text);
}

static bool is_said(const struct collector *c, const char *text)
{
	for (size_t i = 0; i < c->page->why_count; i++)
		if (strcmp(c->why[i].text, text) == 0)
			return true;
	return false;
}

static bool is_advised(const struct collector *c, const char *text)
{
	for (size_t i = 0; i < c->page->fix_count; i++)
		if (strcmp(c->fix[i].text, text) == 0)
			return true;
	return false;
}

static void add_why(struct collector *c, const char *id, enum certainty certainty, const struct buf *text)
{
	const char *kept = text->n && c->page->why_count < PAGE_STATEMENTS ? keep(c, text) : NULL;

	if (kept && !is_said(c, kept))
		c->why[c->page->why_count++] = (struct page_statement){id, certainty, kept};
}

static void add_fix(struct collector *c, const char *id, const struct buf *text)
{
	const char *kept = text->n && c->page->fix_count < PAGE_STATEMENTS ? keep(c, text) : NULL;

	if (kept && !is_advised(c, kept))
		c->fix[c->page->fix_count++] = (struct page_fix){id, kept};
}

static void say(struct collector *c, const struct rule *rule)
{
	struct buf text;

	buf_init(&text, PAGE_TEXT_MAX);
	facts_put(&text, rule->why, c->f);
	add_why(c, rule->id, rule->certainty, &text);
	buf_clear(&text);
	facts_put(&text, rule->fix, c->f);
	add_fix(c, rule->id, &text);
	buf_release(&text);
}

/* ---- signatures that did not pass ---- */

static size_t shown(const struct facts *f)
{
	return f->v->dkim_count < PAGE_SIGNATURES ? f->v->dkim_count : PAGE_SIGNATURES;
}

static bool is_same_explanation(const struct inkan_dkim_result *a, const struct inkan_dkim_result *b,
                                enum language language)
{
	struct buf left, right;

	if (explain(a) != explain(b))
		return false;
	buf_init(&left, PAGE_TEXT_MAX);
	buf_init(&right, PAGE_TEXT_MAX);
	explain_sentences(&left, a, language);
	explain_sentences(&right, b, language);
	bool same = str_eq(buf_str(&left), buf_str(&right));

	buf_release(&left);
	buf_release(&right);
	return same;
}

/* "s=a, s=b: ", the signatures of which the same is to be said; nothing where it is all of them. */
static void put_selectors(const struct facts *f, struct buf *out, size_t i)
{
	const struct inkan_dkim_result *dkim = f->v->dkim;
	bool alike[PAGE_SIGNATURES] = {false};
	size_t count = 0;

	for (size_t k = 0; k < shown(f); k++) {
		alike[k] = k == i || is_same_explanation(&dkim[i], &dkim[k], f->request->language);
		count += alike[k];
	}
	if (count == shown(f))
		return;
	for (size_t k = i; k < shown(f); k++) {
		if (!alike[k])
			continue;
		buf_put_c(out, k > i ? ", s=" : "s=");
		template_put_value(out, str_c(dkim[k].selector));
	}
	buf_put_c(out, ": ");
}

/* Whether a signature further up has said the same. */
static bool is_explained(const struct facts *f, size_t i)
{
	for (size_t k = 0; k < i; k++)
		if (is_same_explanation(&f->v->dkim[k], &f->v->dkim[i], f->request->language))
			return true;
	return false;
}

/* Whether it is known well enough where this change happened that the general guess and advice are not wanted. */
static bool is_located(struct facts *f, size_t i)
{
	const struct inkan_dkim_result *result = &f->v->dkim[i];
	size_t first, count;

	if (result->explanation != INKAN_EXPLAIN_CONTENT_CHANGED || !result->aligned)
		return false;
	f->signature = result;
	f->signature_index = i;
	facts_changers(f, &first, &count);
	f->signature = NULL;
	return count > 0;
}

static void explain_signature(struct collector *c, size_t i)
{
	const struct inkan_dkim_result *result = &c->f->v->dkim[i];
	const struct explanation *row = explain(result);
	enum language language = c->f->request->language;
	bool located = is_located(c->f, i);
	/* beside a signature that counts, a broken one needs no mending */
	bool harmless = c->f->v->dkim_leg == INKAN_LEG_ALIGNED;
	struct buf text;

	buf_init(&text, PAGE_TEXT_MAX);
	for (size_t k = 0; row->why[k].text.en; k++) {
		if (located && row->why[k].certainty == CERTAINTY_INFERENCE)
			continue;
		buf_clear(&text);
		put_selectors(c->f, &text, i);
		explain_put(&text, row->why[k].text, result, language);
		add_why(c, "signature", row->why[k].certainty, &text);
	}
	buf_clear(&text);
	if (!located && !harmless) {
		put_selectors(c->f, &text, i);
		explain_put(&text, row->fix, result, language);
		add_fix(c, "signature", &text);
	}
	buf_release(&text);
}

static void explain_signatures(struct collector *c)
{
	for (size_t i = 0; i < shown(c->f); i++)
		if (explain(&c->f->v->dkim[i]) && !is_explained(c->f, i))
			explain_signature(c, i);
}

/* ---- the other scopes ---- */

static void for_signatures(struct collector *c, const struct rule *rule)
{
	struct facts *f = c->f;

	for (size_t i = 0; i < shown(f) && i < f->way->signature_count; i++) {
		f->signature = &f->v->dkim[i];
		f->signature_index = i;
		if (rule->holds(f))
			say(c, rule);
	}
	f->signature = NULL;
}

static void for_sets(struct collector *c, const struct rule *rule)
{
	struct facts *f = c->f;

	for (size_t i = 0; i < f->arc->listed_sets && i < PAGE_SEALS; i++) {
		f->set = &f->arc->sets[i];
		if (rule->holds(f))
			say(c, rule);
	}
	f->set = NULL;
}

static void for_repeated(struct collector *c, const struct rule *rule)
{
	struct facts *f = c->f;

	for (size_t i = 0; i < f->v->repeated_count; i++) {
		f->repeated = &f->v->repeated[i];
		say(c, rule);
	}
	f->repeated = NULL;
}

/* Whether the value holds the word, whatever its case. */
static bool holds_word(struct str value, const char *word)
{
	size_t n = strlen(word);

	for (size_t i = 0; i + n <= value.n; i++)
		if (str_ieq(str_from(value.p + i, n), str_c(word)))
			return true;
	return false;
}

bool setting_is_seen(const struct header *header, const struct setting *setting)
{
	size_t i = header_lowest(header, str_c(setting->field));

	for (size_t seen = 0; i != HEADER_NONE && seen < SETTINGS_SHOWN; i = header->fields[i].above, seen++)
		if (holds_word(header->fields[i].value, setting->word))
			return true;
	return false;
}

static void for_settings(struct collector *c, const struct rule *rule)
{
	size_t count, said = 0;
	const struct setting *settings = statement_settings(&count);

	for (size_t i = 0; i < count && said < SETTINGS_SHOWN; i++) {
		if (!setting_is_seen(c->f->request->header, &settings[i]))
			continue;
		c->f->setting = str_c(text_in(c->f->request->language, settings[i].text));
		say(c, rule);
		said++;
	}
}

int statements_make(struct facts *f, struct page *page)
{
	struct collector c = {f, page, arena_calloc(f->arena, PAGE_STATEMENTS, sizeof *c.why),
	                      arena_calloc(f->arena, PAGE_STATEMENTS, sizeof *c.fix)};
	size_t count;
	const struct rule *rules = statement_rules(&count);

	if (!c.why || !c.fix)
		return arena_error(f->arena);
	page->why = c.why;
	page->fix = c.fix;
	for (size_t i = 0; i < count; i++) {
		switch (rules[i].scope) {
		case SCOPE_MESSAGE:
			if (rules[i].holds(f))
				say(&c, &rules[i]);
			break;
		case SCOPE_SIGNATURE:
			for_signatures(&c, &rules[i]);
			break;
		case SCOPE_SET:
			for_sets(&c, &rules[i]);
			break;
		case SCOPE_REPEATED:
			for_repeated(&c, &rules[i]);
			break;
		case SCOPE_SETTING:
			for_settings(&c, &rules[i]);
			break;
		case SCOPE_EXPLANATION:
			explain_signatures(&c);
			break;
		}
	}
	return arena_error(f->arena);
}

/* A verdict as a page of rows for people. */
#include "cli/display.h"
#include "cli/output.h"
#include "cli/verdict.h"

enum {
	LABEL_COLUMNS = 14,
	RESULT_COLUMNS = 11,    /* "permerror" and two spaces */
	CERTAINTY_COLUMNS = 11, /* "inference" and two spaces */
	PAGE_TEXT_MAX = 1024 * 1024,
	FIELDS_SHOWN = 10,    /* fields of one name; a message may have thousands */
	SIGNATURES_SHOWN = 20 /* likewise; the engine judges 10 unless told otherwise */
};

static void put_label(struct buf *out, const char *label, const struct page_style *style)
{
	struct buf padded;

	buf_init(&padded, 200);
	text_padded(&padded, str_c(label), LABEL_COLUMNS);
	buf_put_char(&padded, '\0');
	styled(out, style->colour, STYLE_BOLD, buf_error(&padded) ? label : padded.p);
	buf_release(&padded);
}

static void put_spaces(struct buf *out, size_t n)
{
	for (; n; n--)
		buf_put_char(out, ' ');
}

/* Text in the columns right of `indent`, and a line end. */
static void put_wrapped(struct buf *out, struct str text, size_t indent, const struct page_style *style)
{
	size_t columns = style->columns > indent + 20 ? style->columns - indent : 20;

	text_wrapped(out, text, indent, columns);
	buf_put_char(out, '\n');
}

/* ---- what the message is ---- */

static const struct field_row {
	const char *field;
	struct text label;
} FIELD_ROWS[] = {
	{"message-id", {"Message ID", "メッセージ ID"}},
	{"date", {"Created at", "作成日時"}},
	{"from", {"From", "差出人"}},
	{"to", {"To", "宛先"}},
	{"subject", {"Subject", "件名"}},
};

static void put_more(struct buf *out, const char *label, size_t more, const struct page_style *style)
{
	put_label(out, label, style);
	buf_printf(out, TEXT_IN(style->language, "… and %zu more\n", "… ほか %zu 件\n"), more);
}

/* Every field of that name, as a hidden second From must not stay hidden. */
static void put_field(struct buf *out, const struct header *header, const struct field_row *row,
                      const struct page_style *style)
{
	const char *label = text_in(style->language, row->label);
	size_t found = 0;

	for (size_t i = 0; i < header->count; i++) {
		struct buf value;

		if (!str_ieq(header->fields[i].name, str_c(row->field)) || ++found > FIELDS_SHOWN)
			continue;
		buf_init(&value, PAGE_TEXT_MAX);
		display_header(&value, header->fields[i].value);
		put_label(out, label, style);
		put_wrapped(out, buf_str(&value), LABEL_COLUMNS, style);
		buf_release(&value);
	}
	if (found == 0) {
		put_label(out, label, style);
		styled(out, style->colour, STYLE_DIM, TEXT_IN(style->language, "(none)", "(なし)"));
		buf_put_char(out, '\n');
	}
	if (found > FIELDS_SHOWN)
		put_more(out, label, found - FIELDS_SHOWN, style);
}

/* ---- signatures ---- */

static enum style style_of(enum inkan_result result)
{
	switch (result) {
	case INKAN_PASS:
		return STYLE_GOOD;
	case INKAN_FAIL:
	case INKAN_PERMERROR:
	case INKAN_POLICY:
		return STYLE_BAD;
	case INKAN_NONE:
	case INKAN_NEUTRAL:
	case INKAN_SOFTFAIL:
	case INKAN_TEMPERROR:
		return STYLE_WARNING;
	}
	return STYLE_PLAIN;
}

static void put_result_word(struct buf *out, enum inkan_result result, const struct page_style *style)
{
	char word[RESULT_COLUMNS + 1] = "";
	const char *name = inkan_result_name(result);
	size_t n = 0;

	for (; name[n] && n < RESULT_COLUMNS; n++)
		word[n] = (char)(name[n] >= 'a' && name[n] <= 'z' ? name[n] - 'a' + 'A' : name[n]);
	styled(out, style->colour, style_of(result), word);
	put_spaces(out, n < RESULT_COLUMNS ? RESULT_COLUMNS - n : 1);
}

/* A template that is the same in every language. */
static void put_plain(struct buf *out, const char *template, const struct inkan_dkim_result *result)
{
	explain_put(out, (struct text){template, template}, result, LANGUAGE_EN);
}

static void put_signature(struct buf *out, const struct inkan_dkim_result *result, const struct page_style *style)
{
	struct buf text;

	buf_init(&text, PAGE_TEXT_MAX);
	if (result->result == INKAN_PASS)
		put_plain(&text, "{algorithm}, {bits} bits", result);
	else
		put_plain(&text, "{reason}", result); /* in English, as header fields spell it */
	put_plain(&text, "   d={domain} s={selector}", result);
	if (result->testing)
		buf_put_c(&text, TEXT_IN(style->language, "   (t=y: the domain is testing)",
		                         "   (t=y: ドメインは試験運用中)"));
	put_label(out, "DKIM", style);
	put_result_word(out, result->result, style);
	put_wrapped(out, buf_str(&text), LABEL_COLUMNS + RESULT_COLUMNS, style);
	buf_release(&text);
}

/* How many signatures the page tells of. */
static size_t shown(const struct verdict *v)
{
	return v->dkim_count < SIGNATURES_SHOWN ? v->dkim_count : SIGNATURES_SHOWN;
}

void verdict_page_signatures(struct buf *out, const struct verdict *v, const struct page_style *style)
{
	for (size_t i = 0; i < shown(v); i++)
		put_signature(out, &v->dkim[i], style);
	if (v->dkim_count > shown(v))
		put_more(out, "DKIM", v->dkim_count - shown(v), style);
	if (v->dkim_count == 0) {
		put_label(out, "DKIM", style);
		put_result_word(out, INKAN_NONE, style);
		buf_put_c(out, TEXT_IN(style->language, "not signed\n", "署名なし\n"));
	}
}

/* ---- why and what to do ---- */

/* Statements are numbered over the whole page; equal ones (of the two signatures of a dual signer) are printed once. */
struct why {
	struct buf *out;
	const struct page_style *style;
	const struct verdict *v;
	size_t number;
};

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

/* Whether a signature further up has said the same. */
static bool is_said(const struct why *w, size_t i)
{
	for (size_t k = 0; k < i; k++)
		if (is_same_explanation(&w->v->dkim[k], &w->v->dkim[i], w->style->language))
			return true;
	return false;
}

/* "s=a, s=b: ", the signatures of which the same is to be said; nothing where it is all of them. */
static void put_selectors(struct buf *out, const struct why *w, size_t i)
{
	const struct inkan_dkim_result *dkim = w->v->dkim;
	size_t alike = 0;

	for (size_t k = 0; k < shown(w->v); k++)
		alike += is_same_explanation(&dkim[i], &dkim[k], w->style->language);
	if (alike == shown(w->v))
		return;
	for (size_t k = i; k < shown(w->v); k++) {
		if (!is_same_explanation(&dkim[i], &dkim[k], w->style->language))
			continue;
		put_plain(out, k > i ? ", s={selector}" : "s={selector}", &dkim[k]);
	}
	buf_put_c(out, ": ");
}

/* Label, number and certainty of a statement, then its text. */
static void put_numbered(struct why *w, bool fact, struct str text)
{
	enum language language = w->style->language;

	w->number++;
	put_label(w->out, w->number == 1 ? TEXT_IN(language, "WHY", "理由") : "", w->style);
	buf_printf(w->out, "%zu%s", w->number, w->number < 10 ? "  " : " ");
	text_padded(w->out, str_c(fact ? TEXT_IN(language, "fact", "事実") : TEXT_IN(language, "inference", "推測")),
	            CERTAINTY_COLUMNS);
	put_wrapped(w->out, text, LABEL_COLUMNS + 3 + CERTAINTY_COLUMNS, w->style);
}

/* Warnings, before all that is to be said of single signatures. */
static void put_repeated(struct why *w)
{
	for (size_t i = 0; i < w->v->repeated_count; i++) {
		struct buf text;

		buf_init(&text, PAGE_TEXT_MAX);
		repeated_field_text(&text, &w->v->repeated[i], w->style->language);
		buf_put_c(w->out, w->number ? "" : "\n");
		put_numbered(w, true, buf_str(&text));
		buf_release(&text);
	}
}

static void put_repeated_fix(struct why *w, bool first)
{
	if (w->v->repeated_count == 0)
		return;
	buf_put_c(w->out, first ? "\n" : "");
	put_label(w->out, first ? TEXT_IN(w->style->language, "FIX", "対処") : "", w->style);
	put_wrapped(w->out, str_c(repeated_field_fix(w->style->language)), LABEL_COLUMNS, w->style);
}

static void put_statement(struct why *w, size_t i, const struct statement *statement)
{
	struct buf text;

	buf_init(&text, PAGE_TEXT_MAX);
	put_selectors(&text, w, i);
	explain_put(&text, statement->text, &w->v->dkim[i], w->style->language);
	put_numbered(w, statement->certainty == CERTAINTY_FACT, buf_str(&text));
	buf_release(&text);
}

static void put_fix(struct why *w, size_t i, bool first)
{
	const struct inkan_dkim_result *result = &w->v->dkim[i];
	struct buf text;

	buf_init(&text, PAGE_TEXT_MAX);
	put_selectors(&text, w, i);
	explain_put(&text, explain(result)->fix, result, w->style->language);
	put_label(w->out, first ? TEXT_IN(w->style->language, "FIX", "対処") : "", w->style);
	put_wrapped(w->out, buf_str(&text), LABEL_COLUMNS, w->style);
	buf_release(&text);
}

void verdict_page_why(struct buf *out, const struct verdict *v, const struct page_style *style)
{
	struct why w = {out, style, v, 0};
	bool first_fix = true;

	put_repeated(&w);
	for (size_t i = 0; i < shown(v); i++) {
		const struct explanation *row = explain(&v->dkim[i]);

		if (!row || is_said(&w, i))
			continue;
		buf_put_c(out, w.number ? "" : "\n");
		for (size_t k = 0; row->why[k].text.en; k++)
			put_statement(&w, i, &row->why[k]);
	}
	for (size_t i = 0; i < shown(v); i++) {
		if (!explain(&v->dkim[i]) || is_said(&w, i))
			continue;
		buf_put_c(out, first_fix ? "\n" : "");
		put_fix(&w, i, first_fix);
		first_fix = false;
	}
	put_repeated_fix(&w, first_fix);
}

/* ---- the page ---- */

static enum style outcome_style(enum outcome outcome)
{
	return outcome == OUTCOME_PASS                                       ? STYLE_GOOD
	       : outcome == OUTCOME_UNSIGNED || outcome == OUTCOME_TEMPORARY ? STYLE_WARNING
	                                                                     : STYLE_BAD;
}

static void put_headline(struct buf *out, const struct verdict *v, const struct page_style *style)
{
	static const char *const words[OUTCOMES] = {
		[OUTCOME_PASS] = "PASS",      [OUTCOME_DOUBTFUL] = "WARN",     [OUTCOME_FAIL] = "FAIL",
		[OUTCOME_UNSIGNED] = "NONE",  [OUTCOME_TEMPORARY] = "UNKNOWN", [OUTCOME_UNREADABLE] = "ERROR",
		[OUTCOME_INTERNAL] = "ERROR",
	};
	const char *word = words[v->outcome];
	struct buf text;

	buf_init(&text, PAGE_TEXT_MAX);
	verdict_summary(&text, v, style->language);
	put_label(out, TEXT_IN(style->language, "RESULT", "結果"), style);
	styled(out, style->colour, outcome_style(v->outcome), word);
	put_spaces(out, RESULT_COLUMNS - strlen(word));
	put_wrapped(out, buf_str(&text), LABEL_COLUMNS + RESULT_COLUMNS, style);
	buf_release(&text);
}

void verdict_page(struct buf *out, const struct verdict *v, const struct page_style *style)
{
	struct buf file;

	put_headline(out, v, style);
	buf_put_char(out, '\n');
	buf_init(&file, PAGE_TEXT_MAX);
	safe_text(&file, str_c(v->file));
	put_label(out, TEXT_IN(style->language, "File", "ファイル"), style);
	put_wrapped(out, buf_str(&file), LABEL_COLUMNS, style);
	buf_release(&file);
	if (v->error)
		return;
	for (size_t i = 0; i < sizeof(FIELD_ROWS) / sizeof *FIELD_ROWS; i++)
		put_field(out, v->header, &FIELD_ROWS[i], style);
	verdict_page_signatures(out, v, style);
	verdict_page_why(out, v, style);
}

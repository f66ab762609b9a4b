/* A page on a terminal: rows with a label, columns, wrapped text. What it says is in explain/page.h. */
#include "cli/verdict.h"
#include "core/time.h"

enum {
	LABEL_COLUMNS = 14,
	RESULT_COLUMNS = 11,    /* "permerror" and two spaces */
	DETAIL_COLUMNS = 26,    /* "body hash did not verify" and two spaces */
	IDENTITY_COLUMNS = 25,  /* "d=example.com s=selector1" and a space */
	CERTAINTY_COLUMNS = 11, /* "inference" and two spaces */
	NUMBER_COLUMNS = 3
};

static void put_spaces(struct buf *out, size_t n)
{
	for (; n; n--)
		buf_put_char(out, ' ');
}

static void put_label(struct buf *out, const char *label, const struct page_style *style)
{
	struct buf padded;

	buf_init(&padded, 200);
	text_padded(&padded, str_c(label), LABEL_COLUMNS);
	buf_put_char(&padded, '\0');
	styled(out, style->colour, STYLE_BOLD, buf_error(&padded) ? label : padded.p);
	buf_release(&padded);
}

/* Text in the columns right of `indent`, and a line end. */
static void put_wrapped(struct buf *out, struct str text, size_t indent, const struct page_style *style)
{
	size_t columns = style->columns > indent + 20 ? style->columns - indent : 20;

	text_wrapped(out, text, indent, columns);
	buf_put_char(out, '\n');
}

static enum style style_of(enum page_tone tone)
{
	switch (tone) {
	case TONE_GOOD:
		return STYLE_GOOD;
	case TONE_WARNING:
		return STYLE_WARNING;
	case TONE_BAD:
		return STYLE_BAD;
	case TONE_PLAIN:
		break;
	}
	return STYLE_PLAIN;
}

/* A word in its columns; two spaces behind it where it is longer. Returns the columns that it took. */
static size_t put_word(struct buf *out, const char *word, size_t columns, enum style look,
                       const struct page_style *style)
{
	size_t n = strlen(word), taken = n + 2 > columns ? n + 2 : columns;

	styled(out, style->colour, look, word);
	put_spaces(out, taken - n);
	return taken;
}

/* ---- rows ---- */

static void put_headline(struct buf *out, const struct page *page, const struct page_style *style)
{
	put_label(out, TEXT_IN(style->language, "VERDICT", "判定"), style);
	size_t taken = put_word(out, page->word, RESULT_COLUMNS, style_of(page->tone), style);

	put_wrapped(out, str_c(page->sentence), LABEL_COLUMNS + taken, style);
}

static void put_field(struct buf *out, const struct page_field *field, const struct page_style *style)
{
	put_label(out, field->label, style);
	if (field->value[0]) {
		put_wrapped(out, str_c(field->value), LABEL_COLUMNS, style);
	} else {
		styled(out, style->colour, STYLE_DIM, TEXT_IN(style->language, "(none)", "(なし)"));
		buf_put_char(out, '\n');
	}
}

/* Adds a text of a row in its columns, or with two spaces behind it where it is longer. */
static void put_cell(struct buf *out, const char *text, size_t columns)
{
	size_t used = text_columns(str_c(text));

	buf_put_c(out, text);
	put_spaces(out, used + 1 <= columns ? columns - used : 2);
}

/* Detail, identity and standing, in columns; the standing goes to a line of its own where there is no room for it. */
static void put_cells(struct buf *out, const struct page_check *check, size_t columns)
{
	bool has_standing = check->standing_text[0];

	if (check->detail[0])
		put_cell(out, check->detail, check->identity[0] || has_standing ? DETAIL_COLUMNS : 0);
	if (check->identity[0])
		put_cell(out, check->identity, has_standing ? IDENTITY_COLUMNS : 0);
	if (has_standing && text_columns(buf_str(out)) + text_columns(str_c(check->standing_text)) > columns) {
		while (out->n && out->p[out->n - 1] == ' ')
			out->n--;
		buf_put_char(out, '\n');
	}
	buf_put_c(out, check->standing_text);
}

static void put_check(struct buf *out, const struct page_check *check, const struct page_style *style)
{
	char word[RESULT_COLUMNS + 1] = "";
	struct buf text;

	for (size_t i = 0; check->result[i] && i < RESULT_COLUMNS; i++)
		word[i] = (char)(check->result[i] >= 'a' && check->result[i] <= 'z' ? check->result[i] - 'a' + 'A'
		                                                                    : check->result[i]);
	buf_init(&text, (size_t)PAGE_TEXT_MAX * 4);
	put_cells(&text, check, style->columns - LABEL_COLUMNS - RESULT_COLUMNS);
	put_label(out, check->mechanism, style);
	size_t taken = put_word(out, word, RESULT_COLUMNS, style_of(check->tone), style);

	put_wrapped(out, str_trim_wsp(buf_str(&text)), LABEL_COLUMNS + taken, style);
	buf_release(&text);
}

/* ---- why, what to do, the way ---- */

/* `first`: the label stands on the first row only. */
static void put_statement(struct buf *out, const struct page_statement *statement, size_t number,
                          const struct page_style *style)
{
	enum language language = style->language;
	bool is_fact = statement->certainty == CERTAINTY_FACT;

	put_label(out, number == 1 ? TEXT_IN(language, "WHY", "理由") : "", style);
	buf_printf(out, "%zu%s", number, number < 10 ? "  " : " ");
	text_padded(out, str_c(is_fact ? TEXT_IN(language, "fact", "事実") : TEXT_IN(language, "inference", "推測")),
	            CERTAINTY_COLUMNS);
	put_wrapped(out, str_c(statement->text), LABEL_COLUMNS + NUMBER_COLUMNS + CERTAINTY_COLUMNS, style);
}

static void put_fix(struct buf *out, const struct page_fix *fix, bool first, const struct page_style *style)
{
	put_label(out, first ? TEXT_IN(style->language, "FIX", "対処") : "", style);
	put_wrapped(out, str_c(fix->text), LABEL_COLUMNS, style);
}

/* "192.0.2.25 (mail.example.com) → mx.example.net  ESMTPS  2026-11-21T09:30:00Z" */
static void put_way(struct buf *out, const struct page_hop *hop, enum language language)
{
	if (hop->number == 0) {
		buf_put_c(out,
		          TEXT_IN(language, "before the first Received field", "最初の Received フィールドより前"));
		return;
	}
	if (hop->ip[0] && hop->from[0])
		buf_printf(out, "%s (%s)", hop->ip, hop->from);
	else
		buf_put_c(out, hop->ip[0] ? hop->ip : hop->from[0] ? hop->from : "?");
	buf_printf(out, " → %s", hop->by[0] ? hop->by : "?");
	if (hop->with[0])
		buf_printf(out, "  %s", hop->with);
	if (hop->time != INKAN_TIME_NONE) {
		buf_put_c(out, "  ");
		time_print(out, hop->time);
	}
}

static void put_hop(struct buf *out, const struct page_hop *hop, bool first, const struct page_style *style)
{
	struct buf text;

	buf_init(&text, (size_t)PAGE_TEXT_MAX * 4);
	put_way(&text, hop, style->language);
	put_label(out, first ? TEXT_IN(style->language, "HOPS", "経路") : "", style);
	buf_printf(out, "%u%s", hop->number, hop->number < 10 ? "  " : " ");
	put_wrapped(out, buf_str(&text), LABEL_COLUMNS + NUMBER_COLUMNS, style);
	buf_release(&text);
	for (size_t i = 0; i < hop->added_count; i++) {
		put_spaces(out, LABEL_COLUMNS + NUMBER_COLUMNS);
		put_wrapped(out, str_c(hop->added[i]), LABEL_COLUMNS + NUMBER_COLUMNS + 2, style);
	}
}

static void put_hops(struct buf *out, const struct page *page, const struct page_style *style)
{
	buf_put_c(out, page->hop_count ? "\n" : "");
	for (size_t i = 0; i < page->hop_count; i++)
		put_hop(out, &page->hops[i], i == 0, style);
	if (page->hops_left_out) {
		put_label(out, "", style);
		buf_printf(out,
		           TEXT_IN(style->language, "%zu more Received fields below\n",
		                   "下にさらに %zu 個の Received フィールド\n"),
		           page->hops_left_out);
	}
}

/* ---- the page ---- */

void verdict_page(struct buf *out, const struct verdict *v, const struct page_style *style)
{
	const struct page *page = v->page;
	struct buf file;

	put_headline(out, page, style);
	buf_put_char(out, '\n');
	buf_init(&file, PAGE_TEXT_MAX);
	safe_text(&file, str_c(v->file));
	put_label(out, TEXT_IN(style->language, "File", "ファイル"), style);
	put_wrapped(out, buf_str(&file), LABEL_COLUMNS, style);
	buf_release(&file);
	for (size_t i = 0; i < page->field_count; i++)
		put_field(out, &page->fields[i], style);
	for (size_t i = 0; i < page->check_count; i++)
		put_check(out, &page->checks[i], style);
	buf_put_c(out, page->why_count ? "\n" : "");
	for (size_t i = 0; i < page->why_count; i++)
		put_statement(out, &page->why[i], i + 1, style);
	buf_put_c(out, page->fix_count ? "\n" : "");
	for (size_t i = 0; i < page->fix_count; i++)
		put_fix(out, &page->fix[i], i == 0, style);
	put_hops(out, page, style);
}

static bool is_of_signatures(const char *id)
{
	return strcmp(id, "signature") == 0;
}

void verdict_page_dkim(struct buf *out, const struct page *page, const struct page_style *style)
{
	size_t said = 0, advised = 0;

	for (size_t i = 0; i < page->check_count; i++)
		if (strcmp(page->checks[i].mechanism, "DKIM") == 0)
			put_check(out, &page->checks[i], style);
	for (size_t i = 0; i < page->why_count; i++) {
		if (!is_of_signatures(page->why[i].id))
			continue;
		buf_put_c(out, said ? "" : "\n");
		put_statement(out, &page->why[i], ++said, style);
	}
	for (size_t i = 0; i < page->fix_count; i++) {
		if (!is_of_signatures(page->fix[i].id))
			continue;
		buf_put_c(out, advised ? "" : "\n");
		put_fix(out, &page->fix[i], advised++ == 0, style);
	}
}

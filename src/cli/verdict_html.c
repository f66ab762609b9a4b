/* Pages as one HTML document: no script, no reference to anything outside, nothing of a message but escaped text. */
#include "cli/verdict.h"
#include "core/html.h"
#include "core/time.h"

static const char STYLE[] =
	":root{color-scheme:light "
	"dark;--fg:#1d1d1f;--bg:#fff;--soft:#5f6368;--line:#dadce0;--card:#f8f9fa;--good:#137333;"
	"--warning:#8a5a00;--bad:#b3261e;--plain:#5f6368}"
	"@media(prefers-color-scheme:dark){:root{--fg:#e8eaed;--bg:#1b1b1d;--soft:#a6abb1;--line:#45484c;--card:#"
	"26272a;"
	"--good:#81c995;--warning:#fdd663;--bad:#f28b82;--plain:#a6abb1}}"
	"*{box-sizing:border-box}"
	"body{margin:0 auto;padding:1.5rem;max-width:62rem;color:var(--fg);background:var(--bg);font:16px/1.55 "
	"system-ui,"
	"\"Hiragino Sans\",\"Noto Sans CJK JP\",\"Yu Gothic\",sans-serif;overflow-wrap:anywhere}"
	"article+article{margin-top:3rem;padding-top:2rem;border-top:3px solid var(--line)}"
	"header{border-left:.5rem solid var(--tone);padding:.75rem 1rem;background:var(--card);border-radius:.25rem}"
	"h1{margin:0;font-size:1.6rem;color:var(--tone)}header p{margin:.25rem 0 "
	"0}.file{color:var(--soft);font-size:.875rem}"
	"h2{margin:1.75rem 0 .5rem;font-size:1.05rem;letter-spacing:.03em}"
	"table{width:100%;border-collapse:collapse}th,td{text-align:left;vertical-align:top;padding:.45rem .75rem "
	".45rem 0;"
	"border-top:1px solid "
	"var(--line)}tr:first-child>*{border-top:0}th{width:9rem;font-weight:600;white-space:nowrap}"
	"td.result{width:7rem}.result b{color:var(--tone)}td.standing{color:var(--soft);width:13rem}"
	"ol,ul{margin:0;padding-left:1.6rem}li{padding:.25rem 0}"
	".kind{display:inline-block;min-width:5.5rem;margin-right:.5rem;padding:0 .45rem;border:1px solid var(--line);"
	"border-radius:1rem;color:var(--soft);font-size:.8rem;text-align:center}"
	".inference .kind{border-style:dashed}.hops "
	"ul{list-style:none;padding-left:0;color:var(--soft);font-size:.92rem}"
	"td.number{width:2.5rem}code{font:.92em ui-monospace,monospace}li "
	"code{white-space:nowrap}.none{color:var(--soft)}"
	".good{--tone:var(--good)}.warning{--tone:var(--warning)}.bad{--tone:var(--bad)}.plain{--tone:var(--plain)}"
	"@media(max-width:40rem){th,td,td.result,td.standing{display:block;width:auto;border-top:0;padding:.1rem 0}"
	"tr{display:block;border-top:1px solid var(--line);padding:.4rem 0}td.number{display:none}}"
	"@media print{body{max-width:none;padding:0;font-size:10.5pt}header,li,tr{break-inside:avoid}"
	"article+article{break-before:page;border:0;margin:0}}";

/* ---- text ---- */

/* Text of a page, in which controls and direction marks were made harmless (page.h), with options such as --selector kept on one line, as browsers break lines behind hyphens. */
static void put_advice(struct buf *out, const char *text)
{
	while (*text) {
		size_t n = strncmp(text, "--", 2) == 0 ? strspn(text, "-abcdefghijklmnopqrstuvwxyz") : 0;

		if (n <= 2) {
			html_put(out, str_from(text++, 1));
			continue;
		}
		buf_put_c(out, "<code>");
		buf_put(out, str_from(text, n));
		buf_put_c(out, "</code>");
		text += n;
	}
}

static const char *class_of(enum page_tone tone)
{
	static const char *const classes[] = {
		[TONE_PLAIN] = "plain", [TONE_GOOD] = "good", [TONE_WARNING] = "warning", [TONE_BAD] = "bad"};

	return classes[tone];
}

static void put_tag(struct buf *out, const char *open, const char *text, const char *close)
{
	buf_put_c(out, open);
	html_put(out, str_c(text));
	buf_put_c(out, close);
}

/* ---- parts ---- */

static void put_headline(struct buf *out, const struct verdict *v)
{
	struct buf file;

	buf_printf(out, "<header class=\"%s\">\n", class_of(v->page->tone));
	put_tag(out, "<h1>", v->page->word, "</h1>\n");
	put_tag(out, "<p>", v->page->sentence, "</p>\n");
	buf_init(&file, PAGE_TEXT_MAX);
	safe_text(&file, str_c(v->file));
	buf_put_char(&file, '\0');
	put_tag(out, "<p class=\"file\">", buf_error(&file) ? "" : file.p, "</p>\n</header>\n");
	buf_release(&file);
}

static void put_fields(struct buf *out, const struct page *page, enum language language)
{
	buf_put_c(out, "<table>\n");
	for (size_t i = 0; i < page->field_count; i++) {
		put_tag(out, "<tr><th scope=\"row\">", page->fields[i].label, "</th>");
		if (page->fields[i].value[0])
			put_tag(out, "<td>", page->fields[i].value, "</td></tr>\n");
		else
			put_tag(out, "<td class=\"none\">", TEXT_IN(language, "(none)", "(なし)"), "</td></tr>\n");
	}
	buf_put_c(out, "</table>\n");
}

static void put_upper(struct buf *out, const char *word)
{
	for (; *word; word++)
		buf_put_char(out, *word >= 'a' && *word <= 'z' ? (char)(*word - 'a' + 'A') : *word);
}

static void put_checks(struct buf *out, const struct page *page, enum language language)
{
	put_tag(out, "<h2>", TEXT_IN(language, "Results", "検査結果"), "</h2>\n<table>\n");
	for (size_t i = 0; i < page->check_count; i++) {
		const struct page_check *check = &page->checks[i];

		put_tag(out, "<tr><th scope=\"row\">", check->mechanism, "</th>");
		buf_printf(out, "<td class=\"result %s\"><b>", class_of(check->tone));
		put_upper(out, check->result);
		put_tag(out, "</b></td><td>", check->detail, "</td>");
		put_tag(out, "<td><code>", check->identity, "</code></td>");
		put_tag(out, "<td class=\"standing\">", check->standing_text, "</td></tr>\n");
	}
	buf_put_c(out, "</table>\n");
}

static void put_why(struct buf *out, const struct page *page, enum language language)
{
	if (page->why_count == 0)
		return;
	put_tag(out, "<h2>", TEXT_IN(language, "Why", "理由"), "</h2>\n<ol>\n");
	for (size_t i = 0; i < page->why_count; i++) {
		bool is_fact = page->why[i].certainty == CERTAINTY_FACT;

		buf_printf(out, "<li class=\"%s\"><span class=\"kind\">%s</span>", is_fact ? "fact" : "inference",
		           is_fact ? TEXT_IN(language, "fact", "事実") : TEXT_IN(language, "inference", "推測"));
		put_tag(out, "", page->why[i].text, "</li>\n");
	}
	buf_put_c(out, "</ol>\n");
}

static void put_fix(struct buf *out, const struct page *page, enum language language)
{
	if (page->fix_count == 0)
		return;
	put_tag(out, "<h2>", TEXT_IN(language, "What to do", "対処"), "</h2>\n<ul>\n");
	for (size_t i = 0; i < page->fix_count; i++) {
		buf_put_c(out, "<li>");
		put_advice(out, page->fix[i].text);
		buf_put_c(out, "</li>\n");
	}
	buf_put_c(out, "</ul>\n");
}

static void put_hop(struct buf *out, const struct page_hop *hop, enum language language)
{
	buf_printf(out, "<tr><td class=\"number\">%u</td><td>", hop->number);
	if (hop->number == 0) {
		html_put(out, str_c(TEXT_IN(language, "before the first Received field",
		                            "最初の Received フィールドより前")));
	} else {
		put_tag(out, "<code>", hop->ip[0] ? hop->ip : "?", "</code> ");
		html_put(out, str_c(hop->from));
		put_tag(out, " → ", hop->by[0] ? hop->by : "?", " ");
		put_tag(out, "<span class=\"none\">", hop->with, " ");
		if (hop->time != INKAN_TIME_NONE)
			time_print(out, hop->time);
		buf_put_c(out, "</span>");
	}
	if (hop->added_count) {
		buf_put_c(out, "<ul>");
		for (size_t i = 0; i < hop->added_count; i++)
			put_tag(out, "<li>", hop->added[i], "</li>");
		buf_put_c(out, "</ul>");
	}
	buf_put_c(out, "</td></tr>\n");
}

static void put_hops(struct buf *out, const struct page *page, enum language language)
{
	if (page->hop_count == 0)
		return;
	put_tag(out, "<h2>", TEXT_IN(language, "The way of the message", "経路"), "</h2>\n<table class=\"hops\">\n");
	for (size_t i = 0; i < page->hop_count; i++)
		put_hop(out, &page->hops[i], language);
	buf_put_c(out, "</table>\n");
	if (page->hops_left_out)
		buf_printf(out,
		           TEXT_IN(language, "<p class=\"none\">%zu more Received fields below</p>\n",
		                   "<p class=\"none\">下にさらに %zu 個の Received フィールド</p>\n"),
		           page->hops_left_out);
}

/* ---- the document ---- */

void verdict_html_begin(struct buf *out, enum language language)
{
	buf_printf(out,
	           "<!DOCTYPE html>\n<html lang=\"%s\">\n<head>\n<meta charset=\"utf-8\">\n"
	           "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
	           "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src "
	           "'unsafe-inline'\">\n"
	           "<meta name=\"referrer\" content=\"no-referrer\">\n<title>%s</title>\n<style>",
	           TEXT_IN(language, "en", "ja"), TEXT_IN(language, "inkan: verdict", "inkan: 判定"));
	buf_put_c(out, STYLE);
	buf_put_c(out, "</style>\n</head>\n<body>\n");
}

void verdict_html(struct buf *out, const struct verdict *v, enum language language)
{
	buf_put_c(out, "<article>\n");
	put_headline(out, v);
	put_fields(out, v->page, language);
	put_checks(out, v->page, language);
	put_why(out, v->page, language);
	put_fix(out, v->page, language);
	put_hops(out, v->page, language);
	buf_put_c(out, "</article>\n");
}

void verdict_html_end(struct buf *out)
{
	buf_put_c(out, "</body>\n</html>\n");
}

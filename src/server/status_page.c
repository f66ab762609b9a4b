#include "server/status_page.h"

#include "core/html.h"
#include "core/safe_text.h"
#include "io/clock.h"
#include "server/status.h"
#include "store/fields.h"

enum { QUALITY_ONE = 1000, LANGUAGES_MAX = 32 /* of an Accept-Language field; more are not looked at */ };

/* ---- language ---- */

/* ";q=0.8" as 800; without it 1000. */
static unsigned quality_of(struct str parameters)
{
	struct str text = str_trim_wsp(parameters);
	unsigned quality, unit = 100;

	if (!str_ihas_prefix(text, STR("q=")) || text.n < 3)
		return QUALITY_ONE;
	quality = text.p[2] == '1' ? QUALITY_ONE : 0;
	for (size_t i = 4; i < text.n && i < 7 && is_digit(text.p[i]); i++, unit /= 10)
		quality += (unsigned)(text.p[i] - '0') * unit;
	return quality > QUALITY_ONE ? QUALITY_ONE : quality;
}

enum language status_language(struct str accept_language)
{
	struct str rest = accept_language;
	enum language best = LANGUAGE_EN;
	unsigned best_quality = 0;

	for (unsigned i = 0; i < LANGUAGES_MAX && rest.n; i++) {
		struct str parameters = str_split(&rest, ','), tag = str_trim_wsp(str_split(&parameters, ';'));
		struct str language = str_split(&tag, '-');
		bool is_ja = str_ieq(language, STR("ja"));
		unsigned quality = quality_of(parameters);

		if ((is_ja || str_ieq(language, STR("en"))) && quality > best_quality) {
			best = is_ja ? LANGUAGE_JA : LANGUAGE_EN;
			best_quality = quality;
		}
	}
	return best;
}

/* ---- parts ---- */

struct page {
	struct buf *out;
	enum language language;
	struct buf scratch;
};

#define WORDS(page, en, ja) TEXT_IN((page)->language, en, ja)

/* Text of strangers. */
static void put_text(struct page *p, struct str s)
{
	buf_clear(&p->scratch);
	safe_text(&p->scratch, s);
	html_put(p->out, buf_str(&p->scratch));
}

static void put_cell(struct page *p, struct str s)
{
	buf_put_c(p->out, "<td>");
	put_text(p, s);
	buf_put_c(p->out, "</td>");
}

static void put_number_row(struct page *p, const char *label, int64_t value)
{
	buf_put_c(p->out, "<tr><td>");
	html_put(p->out, str_c(label));
	buf_printf(p->out, "</td><td class=\"n\">%lld</td></tr>\n", (long long)value);
}

static void put_heading(struct page *p, const char *text)
{
	buf_printf(p->out, "<h2>%s</h2>\n", text);
}

/* ---- health ---- */

static const struct health {
	enum metrics_flag flag;
	bool good;
	struct text yes, no; /* where the flag is as it should be; where not */
} healths[] = {
	{FLAG_FILTER_READY,
         true,
         {"Filter: ready", "フィルター: 準備完了"},
         {"Filter: not ready", "フィルター: 準備できていません"}},
	{FLAG_KEYS_READY, true, {"Keys: ready", "鍵: 準備完了"}, {"Keys: not ready", "鍵: 準備できていません"}},
	{FLAG_STORE_WORKS,
         true,
         {"Store: works", "データベース: 正常"},
         {"Store: does not work", "データベース: 書き込めません"}},
	{FLAG_STOPPING, false, {"Running", "稼働中"}, {"Stopping", "停止処理中"}},
};

static void put_health_line(struct page *p, bool good, const char *text)
{
	buf_printf(p->out, "<li class=\"%s\">%s</li>\n", good ? "good" : "bad", text);
}

/* Nothing where there is no store of identities, or none yet. */
static void put_identities(struct page *p, const struct metrics *m)
{
	if (metrics_flag(m, FLAG_IDENTITIES_TROUBLE))
		put_health_line(p, false,
		                WORDS(p, "Identities: their store cannot be asked",
		                      "アイデンティティ: データベースに問い合わせられません"));
	else if (metrics_flag(m, FLAG_IDENTITIES_SEEN))
		put_health_line(p, true, WORDS(p, "Identities: work", "アイデンティティ: 正常"));
}

static void put_health(struct page *p, const struct metrics *m)
{
	put_heading(p, WORDS(p, "Health", "状態"));
	buf_put_c(p->out, "<ul>\n");
	for (size_t i = 0; i < sizeof(healths) / sizeof(*healths); i++) {
		bool good = metrics_flag(m, healths[i].flag) == healths[i].good;

		put_health_line(p, good, text_in(p->language, good ? healths[i].yes : healths[i].no));
	}
	put_identities(p, m);
	buf_put_c(p->out, "</ul>\n");
}

/* ---- figures ---- */

static const struct group {
	enum metric_family family;
	struct text title;
} groups[] = {
	{FAMILY_DIRECTION, {"Messages", "メッセージ"}},
	{FAMILY_VERDICT, {"Verdicts", "判定"}},
	{FAMILY_ACTION, {"Actions", "処置"}},
	{FAMILY_SPF, {"SPF", "SPF"}},
	{FAMILY_DKIM, {"DKIM", "DKIM"}},
	{FAMILY_ARC, {"ARC", "ARC"}},
	{FAMILY_DMARC, {"DMARC", "DMARC"}},
};

/* Words that were never counted are left out. */
static void put_group(struct page *p, const struct metrics *m, const struct group *group)
{
	buf_printf(p->out, "<div><h3>%s</h3><table>\n", text_in(p->language, group->title));
	for (size_t i = 0; metrics_word(group->family, i); i++) {
		int64_t count = metrics_count(m, group->family, i);

		if (count)
			put_number_row(p, metrics_word(group->family, i), count);
	}
	buf_put_c(p->out, "</table></div>\n");
}

static const struct figure {
	enum metric metric;
	struct text label;
} figures[] = {
	{METRIC_CONNECTIONS_OPEN, {"Sessions open now", "接続中のセッション"}},
	{METRIC_CONNECTIONS, {"Sessions", "セッション"}},
	{METRIC_SIGNATURES, {"Signatures made", "付けた署名"}},
	{METRIC_UNSIGNED, {"Outgoing messages without signature", "署名しなかった送信メッセージ"}},
	{METRIC_SEALS, {"ARC sets made", "付けた ARC セット"}},
	{METRIC_FIELDS_REMOVED, {"Forged result fields removed", "取り除いた偽の結果フィールド"}},
	{METRIC_FAILURES, {"Messages that inkan failed on", "inkan が処理に失敗したメッセージ"}},
	{METRIC_TIMEOUTS, {"Peers cut off for silence", "応答がなく切断した接続"}},
	{METRIC_DNS_QUESTIONS, {"DNS questions", "DNS の問い合わせ"}},
	{METRIC_DNS_CACHE_HITS, {"… answered from the cache", "… キャッシュから回答"}},
	{METRIC_DNS_FAILURES, {"… failed", "… 失敗"}},
	{METRIC_KEYS_LOADED, {"Keys loaded", "読み込んだ鍵"}},
	{METRIC_KEY_FAILURES, {"Key requests that failed", "失敗した鍵の要求"}},
	{METRIC_STORE_KEYS, {"Keys of identities in use", "使用中のアイデンティティの鍵"}},
	{METRIC_IDENTITY_STEPS, {"Steps of identities done", "アイデンティティの処理ステップ"}},
	{METRIC_IDENTITY_DEFERRED,
         {"Messages deferred: who signs was not known", "署名者を確認できず保留したメッセージ"}},
	{METRIC_OUTCOMES_STORED, {"Outcomes stored", "保存した結果"}},
	{METRIC_OUTCOMES_WAITING, {"… waiting", "… 待機中"}},
	{METRIC_OUTCOMES_DROPPED, {"… lost", "… 失われた数"}},
	{METRIC_LOG_LINES_LOST, {"Lines of the log lost", "失われたログの行"}},
	{METRIC_RESTARTS, {"Processes started again", "再起動したプロセス"}},
	{METRIC_RELOADS, {"Reloads", "設定の再読み込み"}},
	{METRIC_RELOADS_REFUSED, {"… refused", "… 拒否"}},
};

static void put_bound(struct page *p, const char *label, const struct metrics *m, unsigned percent)
{
	uint64_t bound = metrics_quantile(m, METRIC_TIME_MESSAGE, percent);

	buf_printf(p->out, "<tr><td>%s</td><td class=\"n\">", label);
	if (bound == UINT64_MAX)
		buf_put_c(p->out, "&gt; 30000 ms");
	else
		buf_printf(p->out, "&le; %g ms", (double)bound / 1000);
	buf_put_c(p->out, "</td></tr>\n");
}

static void put_times(struct page *p, const struct metrics *m)
{
	buf_printf(p->out, "<div><h3>%s</h3><table>\n", WORDS(p, "Time to answer", "応答時間"));
	if (metrics_time_count(m, METRIC_TIME_MESSAGE)) {
		put_bound(p, WORDS(p, "Half of the messages", "メッセージの半数"), m, 50);
		put_bound(p, "95 %", m, 95);
		put_bound(p, "99 %", m, 99);
	}
	buf_put_c(p->out, "</table></div>\n");
}

static void put_figures(struct page *p, const struct metrics *m)
{
	put_heading(p, WORDS(p, "Since the start", "起動からの集計"));
	buf_put_c(p->out, "<div class=\"groups\">\n");
	for (size_t i = 0; i < sizeof(groups) / sizeof(*groups); i++)
		put_group(p, m, &groups[i]);
	put_times(p, m);
	buf_printf(p->out, "<div><h3>%s</h3><table>\n", WORDS(p, "Service", "サービス"));
	for (size_t i = 0; i < sizeof(figures) / sizeof(*figures); i++)
		put_number_row(p, text_in(p->language, figures[i].label), metrics_read(m, figures[i].metric));
	buf_put_c(p->out, "</table></div>\n</div>\n");
}

/* ---- the last messages ---- */

static void put_address(struct page *p, struct str address, struct str domain, bool addresses)
{
	put_cell(p, addresses && address.n ? address : domain);
}

static void put_message(struct page *p, const struct outcome *o, bool addresses)
{
	struct str domain = o->from_domain.n ? o->from_domain : address_domain(o->from_address);

	buf_put_c(p->out, "<tr>");
	buf_clear(&p->scratch);
	time_print(&p->scratch, o->time / 1000000);
	buf_put_c(p->out, "<td>");
	html_put(p->out, buf_str(&p->scratch));
	buf_put_c(p->out, "</td>");
	put_cell(p, o->direction);
	put_cell(p, o->queue_id);
	put_address(p, o->from_address, domain, addresses);
	put_address(p, o->recipient, address_domain(o->recipient), addresses);
	put_cell(p, o->verdict);
	put_cell(p, o->action);
	buf_printf(p->out, "<td class=\"n\">%u.%u</td>", (unsigned)(o->duration / 1000),
	           (unsigned)(o->duration / 100 % 10));
	put_cell(p, o->trouble.n ? o->trouble : o->not_signed);
	buf_put_c(p->out, "</tr>\n");
}

static void put_messages(struct page *p, struct recent *recent, bool addresses)
{
	struct outcome outcome;
	struct buf packed;

	put_heading(p, WORDS(p, "The last messages", "最近のメッセージ"));
	buf_printf(p->out,
	           "<div class=\"wide\"><table>\n<tr><th>%s</th><th>%s</th><th>%s</th><th>%s</th><th>%s</th>"
	           "<th>%s</th><th>%s</th><th>ms</th><th>%s</th></tr>\n",
	           WORDS(p, "Time (UTC)", "時刻 (UTC)"), WORDS(p, "Direction", "方向"),
	           WORDS(p, "Queue id", "キュー ID"), WORDS(p, "From", "差出人"), WORDS(p, "To", "宛先"),
	           WORDS(p, "Verdict", "判定"), WORDS(p, "Action", "処置"), WORDS(p, "Trouble", "問題"));
	buf_init(&packed, OUTCOME_PACKED_MAX);
	for (size_t i = 0; recent_get(recent, i, &packed); i++) {
		if (outcome_unpack(buf_str(&packed), &outcome))
			put_message(p, &outcome, addresses);
		buf_clear(&packed);
	}
	buf_release(&packed);
	buf_put_c(p->out, "</table></div>\n");
	buf_printf(p->out, "<p>%s</p>\n",
	           WORDS(p, "“inkan explain QUEUE-ID” says why.", "理由は「inkan explain キュー ID」で確認できます。"));
}

/* ---- the page ---- */

static void put_uptime(struct page *p, const struct service *service)
{
	int64_t seconds = clock_now() - metrics_started(service->metrics);

	if (seconds < 0)
		seconds = 0;
	buf_printf(p->out,
	           WORDS(p, "<p>Version %s, generation %llu of the configuration, up %lld d %lld h %lld min.</p>\n",
	                 "<p>バージョン %s、設定の世代 %llu、稼働時間 %lld 日 %lld 時間 %lld 分。</p>\n"),
	           INKAN_VERSION, (unsigned long long)metrics_read(service->metrics, METRIC_GENERATION),
	           (long long)(seconds / 86400), (long long)(seconds / 3600 % 24), (long long)(seconds / 60 % 60));
}

void status_page(const struct service *service, struct recent *recent, enum language language, struct buf *out)
{
	struct page p = {.out = out, .language = language};

	buf_init(&p.scratch, STATUS_REPLY_MAX);
	buf_printf(out,
	           "<!DOCTYPE html>\n<html lang=\"%s\">\n<head>\n<meta charset=\"utf-8\">\n"
	           "<meta name=\"viewport\" content=\"width=device-width\">\n<title>inkan</title>\n"
	           "<style>" STATUS_PAGE_STYLE "</style>\n</head>\n<body>\n<h1>inkan</h1>\n",
	           language == LANGUAGE_JA ? "ja" : "en");
	buf_put_c(out, language == LANGUAGE_JA ? "<p><a href=\"/?lang=en\" lang=\"en\">English</a></p>\n"
	                                       : "<p><a href=\"/?lang=ja\" lang=\"ja\">日本語</a></p>\n");
	put_uptime(&p, service);
	put_health(&p, service->metrics);
	put_figures(&p, service->metrics);
	put_messages(&p, recent, service->config->log.addresses);
	buf_put_c(out, "</body>\n</html>\n");
	buf_release(&p.scratch);
}

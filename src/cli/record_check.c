#include "cli/record_check.h"

#include "check/bimi_record.h"
#include "check/dmarc_record.h"
#include "check/transport_record.h"
#include "cli/lookup.h"
#include "cli/record_view.h"
#include "spf/spf.h"

enum {
	MEANING_INDENT = 6,
	VALUE_MAX = 400,   /* octets of a tag's value on the screen */
	TERM_COLUMNS = 40, /* of a term of the tree */
	SAFE_MAX = 1024 * 1024
};

static enum exit_code done(const struct record_check *c, int error)
{
	return error ? ui_failed(c->in->ui, NOWHERE, error) : EXIT_FINE;
}

static void put_shortened(struct buf *out, struct str s)
{
	safe_text(out, str_head(s, VALUE_MAX));
	buf_put_c(out, s.n > VALUE_MAX ? "…" : "");
}

static void put_pair(struct json *j, struct str name, struct str value)
{
	json_array_begin(j);
	json_str(j, name);
	json_str(j, value);
	json_array_end(j);
}

/* ---- DKIM ---- */

static enum exit_code check_dkim(struct record_check *c)
{
	static const struct text revoked = {"revoked", "失効"};
	int error = dkim_record_check(c->crypto, &c->findings, c->record.value, &c->dkim);

	if (c->dkim.is_revoked)
		c->state = &revoked;
	return done(c, error);
}

static void print_dkim(struct buf *out, const struct ui *ui, const struct record_check *c)
{
	dkim_report_print(out, ui, &c->dkim);
}

static int json_dkim(struct json *j, const struct record_check *c)
{
	return dkim_report_json(j, c->crypto, &c->dkim);
}

/* ---- SPF ---- */

struct tree_work {
	struct record_check *c;
	struct findings findings; /* of the tree, which is walked again while answers come */
	struct str domain;
};

/* What is published under the name is taken to be what was pasted. */
static int publish(struct evidence *evidence, const struct tree_work *t)
{
	struct dns_record record = {.text = t->c->record.value};
	struct dns_answer answer = {.status = DNS_ANSWER, .records = &record, .count = 1};

	return evidence_add(evidence, DNS_TXT, t->domain, &answer);
}

static int walk_tree(void *context, struct evidence *evidence, bool *pending_out)
{
	struct tree_work *t = context;
	int error = publish(evidence, t);

	findings_init(&t->findings, &t->c->arena);
	return error ? error : spf_tree_check(&t->findings, evidence, t->domain, &t->c->tree, pending_out);
}

static enum exit_code follow_lookups(struct record_check *c)
{
	struct tree_work t = {.c = c, .domain = c->record.name};
	struct lookup l = {0};
	enum exit_code code;

	if (!dns_name_is_host(t.domain, true, false)) {
		ui_error(c->in->ui, NOWHERE,
		         TEXT(c->in->ui, "whose record is this? – give its name with --name example.com",
		              "誰のレコードかわかりません – --name example.com の形で名前を指定してください"));
		return EXIT_USAGE;
	}
	code = lookup_open(&l, c->in);
	if (code == EXIT_FINE)
		code = lookup_evaluate(&l, walk_tree, &t);
	c->has_tree = code == EXIT_FINE;
	for (size_t i = 0; c->has_tree && i < t.findings.count; i++)
		findings_take(&c->findings, &t.findings.items[i]);
	return lookup_close(&l, code);
}

static enum exit_code check_spf(struct record_check *c)
{
	enum exit_code code = done(c, spf_record_check(&c->findings, c->record.value, &c->spf));

	if (code == EXIT_FINE && option_given(c->in, "lookups") && c->spf.is_accepted)
		code = follow_lookups(c);
	return code;
}

/* Name and argument: "ip4" and "192.0.2.0/24", "-all" and "". */
static void split_term(struct str term, struct str *name_out, struct str *value_out)
{
	size_t n = 0;

	while (n < term.n && !strchr(":=/", term.p[n]))
		n++;
	*name_out = str_head(term, n);
	*value_out = str_skip(term, n < term.n && term.p[n] != '/' ? n + 1 : n);
}

/* clang-format off */
static const struct {
	const char *name;
	struct text meaning;
} spf_meanings[] = {
	{"all", {"every address", "すべてのアドレス"}},
	{"include", {"whom the SPF record of that domain lets pass", "そのドメインの SPF レコードで合格するアドレス"}},
	{"a", {"the addresses of the domain, or of the name given", "このドメイン (または指定した名前) のアドレス"}},
	{"mx", {"the mail servers of the domain, or of the name given", "このドメイン (または指定した名前) のメールサーバー"}},
	{"ptr", {"hosts named within the domain: slow, not to be used", "逆引きの名前がドメイン内のホスト。遅く、使うべきではない"}},
	{"ip4", {"this IPv4 network", "この IPv4 ネットワーク"}},
	{"ip6", {"this IPv6 network", "この IPv6 ネットワーク"}},
	{"exists", {"whenever that name exists", "この名前が存在するとき"}},
	{"redirect", {"else the record of that domain decides", "どれにも当てはまらなければ、そのドメインのレコードで決める"}},
	{"exp", {"where the explanation for fail stands", "fail のときの説明の場所"}},
};

static const struct {
	char qualifier;
	struct text meaning;
} spf_qualifiers[] = {
	{'+', {"pass", "合格 (pass)"}},
	{'-', {"fail", "不合格 (fail)"}},
	{'~', {"softfail", "おそらく不合格 (softfail)"}},
	{'?', {"neutral", "判断なし (neutral)"}},
};
/* clang-format on */

static void print_term(struct buf *out, const struct ui *ui, struct str term)
{
	struct str name, value;
	const struct text *qualifier = NULL;

	buf_put_c(out, "  ");
	put_shortened(out, term);
	buf_put_char(out, '\n');
	for (size_t i = 0; i < sizeof(spf_qualifiers) / sizeof(*spf_qualifiers) && !qualifier; i++)
		if (term.n && term.p[0] == spf_qualifiers[i].qualifier)
			qualifier = &spf_qualifiers[i].meaning;
	split_term(str_skip(term, qualifier ? 1 : 0), &name, &value);
	for (size_t i = 0; i < sizeof(spf_meanings) / sizeof(*spf_meanings); i++) {
		if (!str_ieq(name, str_c(spf_meanings[i].name)))
			continue;
		buf_printf(out, "%*s", MEANING_INDENT, "");
		if (qualifier)
			buf_printf(out, "%s: ", text_in(ui->language, *qualifier));
		buf_put_c(out, text_in(ui->language, spf_meanings[i].meaning));
		buf_put_char(out, '\n');
	}
}

static void print_tree(struct buf *out, const struct ui *ui, const struct spf_tree *tree)
{
	buf_printf(out,
	           TEXT(ui, "\nLook-ups with all includes: %u of %d, at most; %u of %d void\n",
	                "\ninclude を含めた問い合わせ: 最大 %u / %d 回、うち空の応答 %u / %d 回\n"),
	           tree->lookups, SPF_LOOKUPS_MAX, tree->void_lookups, SPF_VOID_LOOKUPS_MAX);
	for (size_t i = 0; i < tree->count; i++) {
		const struct spf_tree_node *node = &tree->nodes[i];
		struct buf term;

		buf_init(&term, SAFE_MAX);
		buf_printf(&term, "%*s", 2 * (int)node->depth, "");
		put_shortened(&term, node->term);
		buf_printf(out, "%3u  ", node->lookups);
		if (text_columns(buf_str(&term)) < TERM_COLUMNS && (node->is_void || node->target.n == 0))
			text_padded(out, buf_str(&term), TERM_COLUMNS);
		else
			buf_put(out, buf_str(&term));
		if (node->is_void)
			styled(out, ui->colour, STYLE_WARNING, TEXT(ui, " finds nothing", " 何も見つからない"));
		else if (node->target.n == 0)
			buf_put_c(out, TEXT(ui, " depends on the message", " メッセージによる"));
		buf_put_char(out, '\n');
		if (buf_error(&term) && !out->error)
			out->error = buf_error(&term);
		buf_release(&term);
	}
}

static void print_spf(struct buf *out, const struct ui *ui, const struct record_check *c)
{
	for (size_t i = 0; i < c->spf.term_count; i++)
		print_term(out, ui, c->spf.terms[i]);
	if (c->has_tree)
		print_tree(out, ui, &c->tree);
	else
		buf_printf(out,
		           TEXT(ui, "  look-ups of this record alone: %u of %d (--lookups follows its includes)\n",
		                "  このレコードだけの問い合わせ: %u / %d 回 (--lookups で include もたどる)\n"),
		           c->spf.lookups, SPF_LOOKUPS_MAX);
}

static void put_tree(struct json *j, const struct spf_tree *tree)
{
	json_key(j, "tree");
	json_object_begin(j);
	json_key_i64(j, "lookups", tree->lookups);
	json_key_i64(j, "void_lookups", tree->void_lookups);
	json_key_i64(j, "depth", tree->depth);
	json_key(j, "terms");
	json_array_begin(j);
	for (size_t i = 0; i < tree->count; i++) {
		const struct spf_tree_node *node = &tree->nodes[i];

		json_object_begin(j);
		json_key_i64(j, "depth", node->depth);
		json_key_str(j, "domain", node->domain);
		json_key_str(j, "term", node->term);
		json_key_str(j, "target", node->target);
		json_key_i64(j, "lookups", node->lookups);
		json_key_bool(j, "void", node->is_void);
		json_object_end(j);
	}
	json_array_end(j);
	json_object_end(j);
}

static int json_spf(struct json *j, const struct record_check *c)
{
	json_key(j, "tags");
	json_array_begin(j);
	if (c->spf.is_accepted)
		put_pair(j, STR("v"), STR("spf1"));
	for (size_t i = 0; i < c->spf.term_count; i++) {
		struct str name, value;

		split_term(c->spf.terms[i], &name, &value);
		put_pair(j, name, value);
	}
	json_array_end(j);
	json_key_i64(j, "lookups", c->spf.lookups);
	if (c->has_tree)
		put_tree(j, &c->tree);
	return INKAN_OK;
}

/* ---- records of tags ---- */

static enum exit_code check_dmarc(struct record_check *c)
{
	bool is_old = strcmp(option_value(c->in, "profile", "rfc9989"), "rfc7489") == 0;

	return done(c, dmarc_record_check(&c->findings, c->record.value, c->record.name,
	                                  is_old ? INKAN_RFC7489 : INKAN_RFC9989, &c->tags));
}

static enum exit_code check_dmarc_report(struct record_check *c)
{
	return done(c, dmarc_report_record_check(&c->findings, c->record.value, c->record.name, &c->tags));
}

static enum exit_code check_tlsrpt(struct record_check *c)
{
	return done(c, tlsrpt_record_check(&c->findings, c->record.value, c->record.name, &c->tags));
}

static enum exit_code check_mta_sts(struct record_check *c)
{
	return done(c, mta_sts_record_check(&c->findings, c->record.value, c->record.name, &c->tags));
}

static enum exit_code check_bimi(struct record_check *c)
{
	return done(c, bimi_record_check(&c->findings, c->record.value, c->record.name, &c->tags));
}

static void print_tags(struct buf *out, const struct ui *ui, const struct record_check *c)
{
	tags_print(out, ui, &c->tags);
}

static int json_tags(struct json *j, const struct record_check *c)
{
	tags_json(j, c->in->ui->language, &c->tags);
	return INKAN_OK;
}

/* ---- the table ---- */

/* clang-format off */
static const struct record_check_kind kinds[] = {
	{RECORD_DKIM, {"DKIM key record", "DKIM 鍵レコード"},
	 {"verifiers can use it", "検証側が使えます"}, {"NOT usable as it is", "このままでは使えません"},
	 check_dkim, print_dkim, json_dkim},
	{RECORD_SPF, {"SPF record", "SPF レコード"},
	 {"verifiers can use it", "検証側が使えます"}, {"NOT right as it is", "このままでは正しくありません"},
	 check_spf, print_spf, json_spf},
	{RECORD_DMARC, {"DMARC record", "DMARC レコード"},
	 {"receivers can follow it", "受信側が従えます"}, {"NOT right as it is", "このままでは正しくありません"},
	 check_dmarc, print_tags, json_tags},
	{RECORD_DMARC_REPORT, {"DMARC report authorization", "DMARC レポートの受け入れレコード"},
	 {"receivers will send reports", "受信側はレポートを送ります"}, {"NOT right as it is", "このままでは正しくありません"},
	 check_dmarc_report, print_tags, json_tags},
	{RECORD_TLSRPT, {"TLSRPT record", "TLSRPT レコード"},
	 {"senders can use it", "送信側が使えます"}, {"NOT right as it is", "このままでは正しくありません"},
	 check_tlsrpt, print_tags, json_tags},
	{RECORD_MTA_STS, {"MTA-STS record", "MTA-STS レコード"},
	 {"senders can use it", "送信側が使えます"}, {"NOT right as it is", "このままでは正しくありません"},
	 check_mta_sts, print_tags, json_tags},
	{RECORD_BIMI, {"BIMI record", "BIMI レコード"},
	 {"receivers can use it", "受信側が使えます"}, {"NOT right as it is", "このままでは正しくありません"},
	 check_bimi, print_tags, json_tags},
};
/* clang-format on */

const struct record_check_kind *record_check_kind(enum record_kind kind)
{
	for (size_t i = 0; i < sizeof(kinds) / sizeof(*kinds); i++)
		if (kinds[i].kind == kind)
			return &kinds[i];
	return &kinds[0];
}

void record_check_release(struct record_check *c)
{
	dkim_record_report_release(&c->dkim);
	crypto_free(c->crypto);
}

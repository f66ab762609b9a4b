#include "check/bimi_record.h"

#include "dns/dns.h"

#define DRAFT "draft-brand-indicators-for-message-identification-14"

/* clang-format off */
const struct finding_kind bimi_kinds[BIMI_FINDINGS] = {
	[BIMI_F_L_MISSING] = {"bimi_l_missing", SEVERITY_ERROR, DRAFT,
		{"there is no l=: no logo is shown", "l= がありません: ロゴは表示されません"},
		{"add l=https://…/logo.svg", "l=https://…/logo.svg を加えてください"}},
	[BIMI_F_URI] = {"bimi_uri", SEVERITY_ERROR, DRAFT,
		{"{0}={1} is no https: URI", "{0}={1} は https: の URI ではありません"},
		{"write one URI that begins with https://", "https:// で始まる URI を 1 つ書いてください"}},
	[BIMI_F_NOT_SVG] = {"bimi_not_svg", SEVERITY_WARNING, DRAFT,
		{"“{0}” does not end in .svg: only SVG Tiny PS is shown", "「{0}」の末尾が .svg ではありません: 表示されるのは SVG Tiny PS だけです"},
		{"publish the logo as SVG Tiny PS", "ロゴを SVG Tiny PS で公開してください"}},
	[BIMI_F_NOT_PEM] = {"bimi_not_pem", SEVERITY_WARNING, DRAFT,
		{"“{0}” does not end in .pem: the certificate must be in PEM form", "「{0}」の末尾が .pem ではありません: 証明書は PEM 形式である必要があります"},
		{"publish the certificate as .pem", "証明書を .pem で公開してください"}},
	[BIMI_F_NO_EVIDENCE] = {"bimi_no_evidence", SEVERITY_INFO, DRAFT,
		{"there is no a=: several large mailbox providers show a logo only with a certificate", "a= がありません: 大手のメールサービスの多くは、証明書がなければロゴを表示しません"},
		{"add a=https://…/certificate.pem if you have one", "証明書があれば a=https://…/certificate.pem を加えてください"}},
	[BIMI_F_DECLINED] = {"bimi_declined", SEVERITY_INFO, DRAFT,
		{"l= and a= are empty: the domain wants no logo to be shown", "l= も a= も空です: ロゴを表示しないでほしいという宣言です"},
		{"", ""}},
	[BIMI_F_AVP] = {"bimi_avp", SEVERITY_WARNING, DRAFT,
		{"avp= does not know “{0}”", "avp= に「{0}」という値はありません"},
		{"write brand or personal", "brand か personal を書いてください"}},
	[BIMI_F_LPS] = {"bimi_lps", SEVERITY_WARNING, DRAFT,
		{"“{0}” is no beginning of a local part: letters, digits, “-” and “.”", "「{0}」はローカルパートの先頭になりません: 使えるのは英字、数字、「-」、「.」です"},
		{"write such words, separated by commas", "使える語をコンマで区切って書いてください"}},
	[BIMI_F_POLICY] = {"bimi_policy", SEVERITY_INFO, DRAFT,
		{"a logo is shown only for domains whose DMARC policy is quarantine or reject, for all mail", "ロゴが表示されるのは、DMARC ポリシーがすべてのメールについて quarantine か reject のドメインだけです"},
		{"see: inkan dmarc {0}", "確かめるには: inkan dmarc {0}"}},
};
/* clang-format on */

static void add(struct tag_work *w, enum bimi_finding kind, size_t position, struct str first, struct str second)
{
	(void)tag_add(w, &bimi_kinds[kind], position, first, second);
}

static bool is_https(struct str uri)
{
	struct str rest = str_skip(uri, strlen("https://")), host = str_head(rest, str_find(rest, '/'));

	host = str_head(host, str_find(host, ':'));
	return str_ihas_prefix(uri, STR("https://")) && str_graphic(uri) == uri.n && str_find(uri, ',') == uri.n &&
	       dns_name_is_host(host, true, false) && str_find(host, '.') < host.n;
}

/* The URI without ?query and #fragment ends in this. */
static bool has_ending(struct str uri, struct str ending)
{
	uri = str_head(uri, str_find(uri, '#'));
	return str_ihas_suffix(str_head(uri, str_find(uri, '?')), ending);
}

static void check_uri(struct tag_work *w, const struct tag_part *part, struct str ending, enum bimi_finding otherwise)
{
	if (part->value.n == 0)
		return;
	if (!is_https(part->value))
		add(w, BIMI_F_URI, tag_position(w, part, part->value), part->name, part->value);
	else if (!has_ending(part->value, ending))
		add(w, otherwise, tag_position(w, part, part->value), part->value, STR_NULL);
}

static void check_l(struct tag_work *w, const struct tag_part *part)
{
	check_uri(w, part, STR(".svg"), BIMI_F_NOT_SVG);
}

static void check_a(struct tag_work *w, const struct tag_part *part)
{
	check_uri(w, part, STR(".pem"), BIMI_F_NOT_PEM);
}

static void check_avp(struct tag_work *w, const struct tag_part *part)
{
	if (!tag_value_is_listed(w, part))
		add(w, BIMI_F_AVP, tag_position(w, part, part->value), part->value, STR_NULL);
}

static bool is_local_part_start(struct str word)
{
	for (size_t i = 0; i < word.n; i++)
		if (!is_alpha(word.p[i]) && !is_digit(word.p[i]) && word.p[i] != '-' && word.p[i] != '.')
			return false;
	return word.n > 0;
}

static void check_lps(struct tag_work *w, const struct tag_part *part)
{
	struct str rest = part->value;

	while (rest.n) {
		struct str word = str_trim_wsp(str_split(&rest, ','));

		if (!is_local_part_start(word))
			add(w, BIMI_F_LPS, tag_position(w, part, word), word, STR_NULL);
	}
}

/* clang-format off */
static const struct tag_value avp_values[] = {
	{"brand", {"show the logo of the brand rather than a picture of the sender", "送信者の画像よりもブランドのロゴを優先する"}},
	{"personal", {"show a picture of the sender rather than the logo", "ロゴよりも送信者の画像を優先する"}},
	{NULL, {NULL, NULL}},
};

static const struct tag_rule rules[] = {
	{"v", {"a BIMI record: which logo goes with the domain's mail", "BIMI レコード: ドメインのメールに添えるロゴ"}, NULL, NULL},
	{"l", {"where the logo is", "ロゴの場所"}, NULL, check_l},
	{"a", {"where the certificate for it is", "ロゴの証明書の場所"}, NULL, check_a},
	{"avp", {"which picture comes first", "どの画像を優先するか"}, avp_values, check_avp},
	{"lps", {"local parts that have logos of their own begin with: {0}", "独自のロゴを持つローカルパートの先頭: {0}"}, NULL, check_lps},
};
/* clang-format on */

static const char *const no_schemes[] = {NULL};

static const struct tag_kind bimi_kind = {
	.version = "BIMI1",
	.place = "_bimi",
	.form = "SELECTOR._bimi.DOMAIN",
	.has_prefix = true,
	.rules = rules,
	.rule_count = sizeof(rules) / sizeof(*rules),
	.schemes = no_schemes,
};

static void check_whole(struct tag_work *w)
{
	const struct tag_part *l = tag_find(w, "l"), *a = tag_find(w, "a");
	bool has_evidence = a && a->value.n > 0;

	if (!l)
		add(w, BIMI_F_L_MISSING, FINDING_NOWHERE, STR_NULL, STR_NULL);
	else if (l->value.n == 0 && !has_evidence)
		add(w, BIMI_F_DECLINED, l->position, STR_NULL, STR_NULL);
	else if (!has_evidence)
		add(w, BIMI_F_NO_EVIDENCE, l->position, STR_NULL, STR_NULL);
	if (l && (l->value.n || has_evidence))
		add(w, BIMI_F_POLICY, FINDING_NOWHERE, w->domain.n ? w->domain : STR("DOMAIN"), STR_NULL);
}

int bimi_record_check(struct findings *f, struct str value, struct str owner, struct tag_report *out)
{
	struct tag_work w = {0};
	int error = tag_record_check(&w, &bimi_kind, f, value, owner, out);

	if (error)
		return error;
	if (!findings_find(f, &tag_kinds[TAGS_SEMICOLON_MISSING]))
		check_whole(&w);
	out->is_usable = findings_worst(f) < SEVERITY_ERROR;
	return arena_error(f->arena);
}

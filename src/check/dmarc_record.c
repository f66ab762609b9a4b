/* Reading order: the table of tags with what they mean, the checks of single tags, then check_whole(): what tags mean
 * together. */
#include "check/dmarc_record.h"

#include "dmarc/dmarc.h"

/* What the checks of a DMARC record need besides the text. */
struct policy_work {
	enum inkan_dmarc_profile profile;
	struct dmarc_record record; /* as receivers read it */
};

static const struct policy_work *policy_of(const struct tag_work *w)
{
	return w->context;
}

static void add(struct tag_work *w, enum dmarc_finding kind, size_t position, struct str first, struct str second)
{
	(void)tag_add(w, &dmarc_kinds[kind], position, first, second);
}

/* ---- single tags ---- */

static void check_policy(struct tag_work *w, const struct tag_part *part)
{
	if (!tag_value_is_listed(w, part))
		add(w, DMARC_F_POLICY_VALUE, tag_position(w, part, part->value), part->name, part->value);
}

static void check_np(struct tag_work *w, const struct tag_part *part)
{
	check_policy(w, part);
	if (policy_of(w)->profile == INKAN_RFC7489)
		add(w, DMARC_F_NEW_TAG, part->position, part->name, STR_NULL);
}

static void check_listed(struct tag_work *w, const struct tag_part *part, struct str values)
{
	if (!tag_value_is_listed(w, part))
		(void)findings_add(w->f, &dmarc_kinds[DMARC_F_VALUE], tag_position(w, part, part->value),
		                   (struct str[FINDING_ARGS]){part->name, part->value, values});
}

static void check_alignment(struct tag_work *w, const struct tag_part *part)
{
	check_listed(w, part, STR("r, s"));
	if (str_ieq(part->value, STR("s")))
		add(w, DMARC_F_STRICT, part->position, part->name, STR_NULL);
}

static void check_t(struct tag_work *w, const struct tag_part *part)
{
	check_listed(w, part, STR("y, n"));
	if (policy_of(w)->profile == INKAN_RFC7489)
		add(w, DMARC_F_NEW_TAG, part->position, part->name, STR_NULL);
}

static void check_psd(struct tag_work *w, const struct tag_part *part)
{
	check_listed(w, part, STR("y, n, u"));
	if (policy_of(w)->profile == INKAN_RFC7489)
		add(w, DMARC_F_NEW_TAG, part->position, part->name, STR_NULL);
	else if (str_ieq(part->value, STR("y")))
		add(w, DMARC_F_PSD, part->position, STR_NULL, STR_NULL);
}

static void check_fo(struct tag_work *w, const struct tag_part *part)
{
	struct str rest = part->value;
	bool has_0 = false, has_1 = false, more = true;

	while (more) {
		size_t colon = str_find(rest, ':');
		struct str word = str_trim_wsp(str_head(rest, colon));

		more = colon < rest.n;
		rest = str_skip(rest, colon + 1);
		has_0 |= str_eq(word, STR("0"));
		has_1 |= str_eq(word, STR("1"));
		if (!str_eq(word, STR("0")) && !str_eq(word, STR("1")) && !str_ieq(word, STR("d")) &&
		    !str_ieq(word, STR("s"))) {
			add(w, DMARC_F_FO_VALUE, tag_position(w, part, word), word, STR_NULL);
			return;
		}
	}
	if (has_0 && has_1)
		add(w, DMARC_F_FO_BOTH, part->position, STR_NULL, STR_NULL);
	if (!tag_find(w, "ruf"))
		add(w, DMARC_F_FO_WITHOUT_RUF, part->position, STR_NULL, STR_NULL);
}

static void say_historic(struct tag_work *w, const struct tag_part *part)
{
	if (policy_of(w)->profile == INKAN_RFC9989)
		add(w, DMARC_F_HISTORIC, part->position, part->name, STR_NULL);
}

static void check_pct(struct tag_work *w, const struct tag_part *part)
{
	uint64_t percent;

	if (!str_to_u64(part->value, 100, &percent))
		add(w, DMARC_F_PCT_VALUE, tag_position(w, part, part->value), part->value, STR_NULL);
	else if (percent < 100 && policy_of(w)->profile == INKAN_RFC9989)
		add(w, DMARC_F_PCT, part->position, part->value, STR_NULL);
	else
		say_historic(w, part);
}

static void check_ri(struct tag_work *w, const struct tag_part *part)
{
	uint64_t seconds;

	if (!str_to_u64(part->value, UINT32_MAX, &seconds))
		add(w, DMARC_F_RI_VALUE, tag_position(w, part, part->value), part->value, STR_NULL);
	else
		say_historic(w, part);
}

static void check_rf(struct tag_work *w, const struct tag_part *part)
{
	struct str rest = part->value;
	bool more = true;

	while (more) {
		size_t colon = str_find(rest, ':');
		struct str word = str_trim_wsp(str_head(rest, colon));

		more = colon < rest.n;
		rest = str_skip(rest, colon + 1);
		if (!str_ieq(word, STR("afrf")) && !str_ieq(word, STR("iodef"))) {
			add(w, DMARC_F_RF_VALUE, tag_position(w, part, word), word, STR_NULL);
			return;
		}
	}
	say_historic(w, part);
}

static bool is_within(struct str host, struct str domain)
{
	return str_ieq(host, domain) ||
	       (str_ihas_suffix(host, domain) && host.n > domain.n && host.p[host.n - domain.n - 1] == '.');
}

/* "example.com._report._dmarc.other.example" in the arena */
static struct str authorisation_name(struct tag_work *w, struct str domain, struct str host)
{
	static const char middle[] = "._report._dmarc.";
	size_t n = domain.n + sizeof(middle) - 1 + host.n;
	char *p = arena_text(w->f->arena, n + 1);

	if (!p)
		return STR_NULL;
	memcpy(p, domain.p, domain.n);
	memcpy(p + domain.n, middle, sizeof(middle) - 1);
	memcpy(p + domain.n + sizeof(middle) - 1, host.p, host.n);
	return str_from(p, n);
}

/* Mailboxes elsewhere, each host once. Whether they agreed, `inkan dmarc DOMAIN` asks. */
static void check_external(struct tag_work *w, const struct tag_part *part)
{
	struct str rest = part->value, last = STR_NULL;

	while (rest.n && w->domain.n) {
		struct str host = tag_next_host(&rest);

		if (host.n == 0 || is_within(host, w->domain) || is_within(w->domain, host) || str_ieq(host, last))
			continue;
		last = host;
		(void)findings_add(w->f, &dmarc_kinds[DMARC_F_EXTERNAL], tag_position(w, part, host),
		                   (struct str[FINDING_ARGS]){host, w->domain, authorisation_name(w, w->domain, host)});
	}
}

static void check_uris(struct tag_work *w, const struct tag_part *part)
{
	if (tag_check_uris(w, part) == 0)
		add(w, DMARC_F_NO_URI, part->position, part->name, STR_NULL);
	else
		check_external(w, part);
}

static void check_ruf(struct tag_work *w, const struct tag_part *part)
{
	check_uris(w, part);
	if (policy_of(w)->record.psd == DMARC_PSD_YES)
		add(w, DMARC_F_RUF_PSD, part->position, STR_NULL, STR_NULL);
	else
		add(w, DMARC_F_RUF, part->position, STR_NULL, STR_NULL);
}

/* ---- what tags mean ---- */

/* clang-format off */
static const struct tag_value p_values[] = {
	{"none", {"only watch: receivers treat failing mail as usual, reports still come", "監視のみ: 受信側は不合格のメールも普段どおり扱い、レポートは届く"}},
	{"quarantine", {"treat failing mail with suspicion, say as spam", "不合格のメールを疑わしいもの (迷惑メールなど) として扱う"}},
	{"reject", {"refuse failing mail", "不合格のメールを拒否する"}},
	{NULL, {NULL, NULL}},
};
static const struct tag_value sp_values[] = {
	{"none", {"for subdomains: only watch", "サブドメインについて: 監視のみ"}},
	{"quarantine", {"for subdomains: treat failing mail with suspicion", "サブドメインについて: 不合格のメールを疑わしいものとして扱う"}},
	{"reject", {"for subdomains: refuse failing mail", "サブドメインについて: 不合格のメールを拒否する"}},
	{NULL, {NULL, NULL}},
};
static const struct tag_value np_values[] = {
	{"none", {"for subdomains that do not exist: only watch", "存在しないサブドメインについて: 監視のみ"}},
	{"quarantine", {"for subdomains that do not exist: treat mail with suspicion", "存在しないサブドメインについて: メールを疑わしいものとして扱う"}},
	{"reject", {"for subdomains that do not exist: refuse mail", "存在しないサブドメインについて: メールを拒否する"}},
	{NULL, {NULL, NULL}},
};
static const struct tag_value adkim_values[] = {
	{"r", {"DKIM, relaxed: d= and From belong to the same organization", "DKIM は緩やか: d= と From が同じ組織ならよい"}},
	{"s", {"DKIM, strict: d= and From are the same domain", "DKIM は厳格: d= と From が同じドメインでなければならない"}},
	{NULL, {NULL, NULL}},
};
static const struct tag_value aspf_values[] = {
	{"r", {"SPF, relaxed: MAIL FROM and From belong to the same organization", "SPF は緩やか: MAIL FROM と From が同じ組織ならよい"}},
	{"s", {"SPF, strict: MAIL FROM and From are the same domain", "SPF は厳格: MAIL FROM と From が同じドメインでなければならない"}},
	{NULL, {NULL, NULL}},
};
static const struct tag_value fo_values[] = {
	{"0", {"failure reports where no mechanism gives an aligned pass", "どの認証も一致して合格しなかったときに失敗レポート"}},
	{"1", {"failure reports where any mechanism gives no aligned pass", "どれか 1 つでも一致して合格しなかったときに失敗レポート"}},
	{"d", {"failure reports where a DKIM signature fails, aligned or not", "DKIM 署名が不合格のときに失敗レポート (アライメントによらない)"}},
	{"s", {"failure reports where SPF fails, aligned or not", "SPF が不合格のときに失敗レポート (アライメントによらない)"}},
	{NULL, {NULL, NULL}},
};
static const struct tag_value t_values[] = {
	{"y", {"testing: each policy is applied one step lower", "テスト中: どのポリシーも一段階弱く適用される"}},
	{"n", {"not testing: policies are applied as they stand", "テスト中ではない: ポリシーはそのまま適用される"}},
	{NULL, {NULL, NULL}},
};
static const struct tag_value psd_values[] = {
	{"y", {"a public suffix domain, under which others register", "パブリックサフィックスのドメイン (他者がその下に登録する)"}},
	{"n", {"this is the organizational domain, whatever stands above it", "上に何があっても、これが組織ドメイン"}},
	{"u", {"not said: the DNS tree walk finds the organizational domain", "指定なし: DNS ツリーウォークで組織ドメインを探す"}},
	{NULL, {NULL, NULL}},
};

static const struct tag_rule rules[] = {
	{"v", {"a DMARC policy record", "DMARC ポリシーレコード"}, NULL, NULL},
	{"p", {"policy of the domain", "ドメインのポリシー"}, p_values, check_policy},
	{"sp", {"policy of subdomains", "サブドメインのポリシー"}, sp_values, check_policy},
	{"np", {"policy of subdomains that do not exist", "存在しないサブドメインのポリシー"}, np_values, check_np},
	{"adkim", {"alignment of DKIM", "DKIM のアライメント"}, adkim_values, check_alignment},
	{"aspf", {"alignment of SPF", "SPF のアライメント"}, aspf_values, check_alignment},
	{"fo", {"failure reports for: {0}", "失敗レポートの条件: {0}"}, fo_values, check_fo},
	{"rua", {"where aggregate reports go, usually once a day, on passing and failing mail",
	         "集計レポートの宛先 (通常 1 日 1 回、合格・不合格の両方)"}, NULL, check_uris},
	{"ruf", {"where failure reports go, one a message", "失敗レポートの宛先 (メッセージごと)"}, NULL, check_ruf},
	{"t", {"testing", "テスト"}, t_values, check_t},
	{"psd", {"public suffix domain", "パブリックサフィックスのドメイン"}, psd_values, check_psd},
	{"pct", {"the policy is applied to {0} percent of failing mail (RFC 7489 only)",
	         "不合格のメールの {0}% にポリシーを適用する (RFC 7489 のみ)"}, NULL, check_pct},
	{"ri", {"an aggregate report every {0} seconds (RFC 7489 only)", "集計レポートの間隔 {0} 秒 (RFC 7489 のみ)"}, NULL, check_ri},
	{"rf", {"format of failure reports: {0} (RFC 7489 only)", "失敗レポートの形式: {0} (RFC 7489 のみ)"}, NULL, check_rf},
};
/* clang-format on */

static const char *const mail_only[] = {"mailto", NULL};

static const struct tag_kind policy_kind = {
	.version = "DMARC1",
	.place = "_dmarc",
	.form = "_dmarc.DOMAIN",
	.rules = rules,
	.rule_count = sizeof(rules) / sizeof(*rules),
	.schemes = mail_only,
	.has_sizes = true,
};

/* ---- tags together ---- */

static struct str policy_name(enum inkan_dmarc_policy policy)
{
	return str_c(inkan_dmarc_policy_name(policy));
}

static void check_p(struct tag_work *w)
{
	const struct dmarc_record *r = &policy_of(w)->record;
	const struct tag_part *p = tag_find(w, "p");

	if (findings_find(w->f, &tag_kinds[TAGS_SEMICOLON_MISSING]))
		return; /* it may stand in there */
	if (!p)
		add(w, r->valid ? DMARC_F_P_MISSING : DMARC_F_P_MISSING_NO_RUA, FINDING_NOWHERE, STR_NULL, STR_NULL);
	else if (p != w->report->parts + 1 && str_ieq(w->report->parts[0].name, STR("v")))
		add(w, DMARC_F_P_NOT_SECOND, p->position, STR_NULL, STR_NULL);
}

static void check_weak_policies(struct tag_work *w)
{
	const struct dmarc_record *r = &policy_of(w)->record;
	const struct tag_part *sp = tag_find(w, "sp"), *np = tag_find(w, "np");

	if (sp && r->has_sp && r->sp < r->p)
		add(w, DMARC_F_SP_WEAK, sp->position, policy_name(r->sp), policy_name(r->p));
	if (np && r->has_np && r->np < (r->has_sp ? r->sp : r->p))
		add(w, DMARC_F_NP_WEAK, np->position, policy_name(r->np), r->has_sp ? STR("sp") : STR("p"));
}

/* sp= or np= where the name has more labels than most organizations have. */
static void check_inheritance(struct tag_work *w)
{
	const struct tag_part *part = tag_find(w, "sp");
	size_t labels = 1;

	part = part ? part : tag_find(w, "np");
	for (size_t i = 0; i < w->domain.n; i++)
		labels += w->domain.p[i] == '.';
	if (part && labels > 2)
		add(w, DMARC_F_SP_HERE, part->position, part->name, w->domain);
}

static void check_effect(struct tag_work *w)
{
	const struct dmarc_record *r = &policy_of(w)->record;
	const struct tag_part *p = tag_find(w, "p"), *t = tag_find(w, "t");

	if (!r->valid || !r->has_p)
		return;
	if (!tag_find(w, "rua"))
		add(w, r->p == INKAN_POLICY_NONE ? DMARC_F_NONE_UNSEEN : DMARC_F_NO_RUA,
		    p ? p->position : FINDING_NOWHERE, STR_NULL, STR_NULL);
	if (r->p == INKAN_POLICY_REJECT && p)
		add(w, DMARC_F_REJECT_LISTS, p->position, STR_NULL, STR_NULL);
	if (r->testing && t && r->p == INKAN_POLICY_NONE && (!r->has_sp || r->sp == INKAN_POLICY_NONE) &&
	    (!r->has_np || r->np == INKAN_POLICY_NONE))
		add(w, DMARC_F_TESTING_IDLE, t->position, STR_NULL, STR_NULL);
}

/* What receivers do is said by the code that receives; where nothing else explains a refusal, this does. */
static void judge(struct tag_work *w, bool is_usable)
{
	w->report->is_usable = is_usable;
	if (!is_usable && findings_worst(w->f) < SEVERITY_ERROR)
		(void)tag_add(w, &tag_kinds[TAGS_REFUSED], FINDING_NOWHERE, STR_NULL, STR_NULL);
}

int dmarc_record_check(struct findings *f, struct str value, struct str owner, enum inkan_dmarc_profile profile,
                       struct tag_report *out)
{
	struct policy_work policy = {.profile = profile};
	struct tag_work w = {.context = &policy};
	int error = dmarc_record_parse(f->arena, value, profile, &policy.record);

	if (!error)
		error = tag_record_check(&w, &policy_kind, f, value, owner, out);
	if (error)
		return error;
	if (out->count) {
		check_p(&w);
		check_weak_policies(&w);
		check_inheritance(&w);
		check_effect(&w);
	}
	judge(&w, policy.record.valid);
	return arena_error(f->arena);
}

/* ---- who agrees to get reports ---- */

static void say_meaningless(struct tag_work *w, const struct tag_part *part)
{
	add(w, DMARC_F_REPORT_POLICY, part->position, part->name, STR_NULL);
}

/* Receivers write to the first mailbox, which must be of the same host. */
static void check_report_rua(struct tag_work *w, const struct tag_part *part)
{
	struct str rest = part->value, host;

	if (tag_check_uris(w, part) == 0) {
		add(w, DMARC_F_NO_URI, part->position, part->name, STR_NULL);
		return;
	}
	while (w->domain.n && rest.n) {
		host = tag_next_host(&rest);
		if (host.n && !str_ieq(host, w->domain))
			add(w, DMARC_F_REPORT_HOST, tag_position(w, part, host), host, w->domain);
	}
}

/* clang-format off */
static const struct tag_rule report_rules[] = {
	{"v", {"this domain agrees to get DMARC reports on another", "ほかのドメインの DMARC レポートを受け入れるという宣言"}, NULL, NULL},
	{"rua", {"reports shall go to this mailbox instead", "レポートはこのメールボックスへ送ってほしい"}, NULL, check_report_rua},
	{"ruf", {"no meaning here", "ここでは意味がない"}, NULL, say_meaningless},
	{"p", {"no meaning here", "ここでは意味がない"}, NULL, say_meaningless},
	{"sp", {"no meaning here", "ここでは意味がない"}, NULL, say_meaningless},
	{"np", {"no meaning here", "ここでは意味がない"}, NULL, say_meaningless},
};
/* clang-format on */

static const struct tag_kind report_kind = {
	.version = "DMARC1",
	.place = "_report._dmarc",
	.form = "DOMAIN._report._dmarc.MAILBOX-DOMAIN",
	.has_prefix = true,
	.rules = report_rules,
	.rule_count = sizeof(report_rules) / sizeof(*report_rules),
	.schemes = mail_only,
	.has_sizes = true,
};

int dmarc_report_record_check(struct findings *f, struct str value, struct str owner, struct tag_report *out)
{
	struct tag_work w = {0};
	int error = tag_record_check(&w, &report_kind, f, value, owner, out);

	if (error)
		return error;
	if (str_eq(str_head(w.prefix, 1), STR("*")))
		add(&w, DMARC_F_REPORT_EVERYBODY, FINDING_NOWHERE, STR_NULL, STR_NULL);
	judge(&w, dmarc_record_is(value) && findings_worst(f) < SEVERITY_ERROR);
	return arena_error(f->arena);
}

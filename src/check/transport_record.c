#include "check/transport_record.h"

/* clang-format off */
const struct finding_kind transport_kinds[TRANSPORT_FINDINGS] = {
	[TLSRPT_F_RUA_MISSING] = {"tlsrpt_rua_missing", SEVERITY_ERROR, "RFC 8460 section 3",
		{"there is no rua=: nobody gets a report", "rua= がありません: 誰にもレポートが届きません"},
		{"add rua=mailto:… or rua=https://…", "rua=mailto:… か rua=https://… を加えてください"}},
	[TLSRPT_F_NO_URI] = {"tlsrpt_no_uri", SEVERITY_ERROR, "RFC 8460 section 3",
		{"rua= names nobody to whom reports can go", "rua= にレポートを送れる宛先がありません"},
		{"write rua=mailto:reports@example.com or rua=https://example.com/reports",
		 "rua=mailto:reports@example.com か rua=https://example.com/reports の形で書いてください"}},
	[MTA_STS_F_ID_MISSING] = {"mta_sts_id_missing", SEVERITY_ERROR, "RFC 8461 section 3.1",
		{"there is no id=: senders do as if there were no policy", "id= がありません: 送信側はポリシーがないものとして扱います"},
		{"add an id, such as the time of the last change: id=20261121093000", "最後に変更した時刻などを id にしてください: id=20261121093000"}},
	[MTA_STS_F_ID] = {"mta_sts_id", SEVERITY_ERROR, "RFC 8461 section 3.1",
		{"“{0}” is no id: 1 to {1} letters and digits", "「{0}」は id になりません: 英字と数字 1 から {1} 文字です"},
		{"write one such as id=20261121093000", "id=20261121093000 のように書いてください"}},
	[MTA_STS_F_POLICY_TAG] = {"mta_sts_policy_tag", SEVERITY_ERROR, "RFC 8461 section 3.2",
		{"{0} belongs into the policy file, not into DNS", "{0} は DNS ではなくポリシーファイルに書くものです"},
		{"publish it at https://mta-sts.DOMAIN/.well-known/mta-sts.txt", "https://mta-sts.ドメイン/.well-known/mta-sts.txt で公開してください"}},
	[MTA_STS_F_FILE] = {"mta_sts_file", SEVERITY_INFO, "RFC 8461 section 3.2",
		{"the record only announces a policy, which must be at https://mta-sts.{0}/.well-known/mta-sts.txt",
		 "このレコードはポリシーの存在を知らせるだけです。ポリシーは https://mta-sts.{0}/.well-known/mta-sts.txt に必要です"},
		{"change the id whenever that file changes", "ファイルを変えるたびに id も変えてください"}},
};
/* clang-format on */

static void add(struct tag_work *w, enum transport_finding kind, size_t position, struct str first, struct str second)
{
	(void)tag_add(w, &transport_kinds[kind], position, first, second);
}

/* ---- TLSRPT ---- */

static void check_rua(struct tag_work *w, const struct tag_part *part)
{
	if (tag_check_uris(w, part) == 0)
		add(w, TLSRPT_F_NO_URI, part->position, STR_NULL, STR_NULL);
}

static const char *const tlsrpt_schemes[] = {"mailto", "https", NULL};

/* clang-format off */
static const struct tag_rule tlsrpt_rules[] = {
	{"v", {"a policy for reports on TLS", "TLS に関するレポートのポリシー"}, NULL, NULL},
	{"rua", {"where daily reports on failed and successful TLS sessions go", "TLS セッションの成功と失敗についての日次レポートの宛先"}, NULL, check_rua},
};
/* clang-format on */

static const struct tag_kind tlsrpt_kind = {
	.version = "TLSRPTv1",
	.place = "_smtp._tls",
	.form = "_smtp._tls.DOMAIN",
	.is_strict = true,
	.rules = tlsrpt_rules,
	.rule_count = sizeof(tlsrpt_rules) / sizeof(*tlsrpt_rules),
	.schemes = tlsrpt_schemes,
};

int tlsrpt_record_check(struct findings *f, struct str value, struct str owner, struct tag_report *out)
{
	struct tag_work w = {0};
	int error = tag_record_check(&w, &tlsrpt_kind, f, value, owner, out);

	if (error)
		return error;
	if (!tag_find(&w, "rua") && !findings_find(f, &tag_kinds[TAGS_SEMICOLON_MISSING]))
		add(&w, TLSRPT_F_RUA_MISSING, FINDING_NOWHERE, STR_NULL, STR_NULL);
	out->is_usable = findings_worst(f) < SEVERITY_ERROR;
	return arena_error(f->arena);
}

/* ---- MTA-STS ---- */

static void check_id(struct tag_work *w, const struct tag_part *part)
{
	bool is_id = part->value.n > 0 && part->value.n <= MTA_STS_ID_MAX;

	for (size_t i = 0; is_id && i < part->value.n; i++)
		is_id = is_alpha(part->value.p[i]) || is_digit(part->value.p[i]);
	if (!is_id)
		add(w, MTA_STS_F_ID, tag_position(w, part, part->value), part->value,
		    finding_number(w->f->arena, MTA_STS_ID_MAX));
}

static void check_policy_tag(struct tag_work *w, const struct tag_part *part)
{
	add(w, MTA_STS_F_POLICY_TAG, part->position, part->name, STR_NULL);
}

static const char *const no_schemes[] = {NULL};

/* clang-format off */
static const struct tag_rule mta_sts_rules[] = {
	{"v", {"the domain has an MTA-STS policy", "このドメインには MTA-STS ポリシーがある"}, NULL, NULL},
	{"id", {"state of the policy file: senders fetch it again when this changes", "ポリシーファイルの版: 変わると送信側が取り直す"}, NULL, check_id},
	{"mode", {"belongs into the policy file", "ポリシーファイルに書くもの"}, NULL, check_policy_tag},
	{"mx", {"belongs into the policy file", "ポリシーファイルに書くもの"}, NULL, check_policy_tag},
	{"max_age", {"belongs into the policy file", "ポリシーファイルに書くもの"}, NULL, check_policy_tag},
};
/* clang-format on */

static const struct tag_kind mta_sts_kind = {
	.version = "STSv1",
	.place = "_mta-sts",
	.form = "_mta-sts.DOMAIN",
	.is_strict = true,
	.rules = mta_sts_rules,
	.rule_count = sizeof(mta_sts_rules) / sizeof(*mta_sts_rules),
	.schemes = no_schemes,
};

int mta_sts_record_check(struct findings *f, struct str value, struct str owner, struct tag_report *out)
{
	struct tag_work w = {0};
	int error = tag_record_check(&w, &mta_sts_kind, f, value, owner, out);

	if (error)
		return error;
	if (!tag_find(&w, "id") && !findings_find(f, &tag_kinds[TAGS_SEMICOLON_MISSING]))
		add(&w, MTA_STS_F_ID_MISSING, FINDING_NOWHERE, STR_NULL, STR_NULL);
	out->is_usable = findings_worst(f) < SEVERITY_ERROR;
	if (out->is_usable)
		add(&w, MTA_STS_F_FILE, FINDING_NOWHERE, w.domain.n ? w.domain : STR("DOMAIN"), STR_NULL);
	return arena_error(f->arena);
}

#include "explain/reasons.h"

#include <assert.h>

/* The formatter would break sentences in the middle of words. */
/* clang-format off */

static const struct text REASONS[] = {
	[INKAN_NO_POLICY] = {
		"{from_domain} publishes no DMARC policy, so nobody says what the results mean: {results}",
		"{from_domain} は DMARC ポリシーを公開していないため、結果の扱いは定められていません: {results}"},
	[INKAN_BOTH_ALIGNED] = {
		"DMARC passes: SPF and DKIM both pass and are aligned with {from_domain}",
		"DMARC は合格です。SPF と DKIM の両方が合格し、{from_domain} と一致しています"},
	[INKAN_ALIGNED_BY_DKIM_SPF_UNCHECKED] = {
		"DMARC passes on the DKIM signature; SPF was not checked",
		"DKIM 署名により DMARC は合格です。SPF は検査していません"},
	[INKAN_ALIGNED_BY_DKIM_SPF_UNDECIDED] = {
		"DMARC passes on the DKIM signature; DNS gave no answer for SPF",
		"DKIM 署名により DMARC は合格です。SPF については DNS から応答が得られませんでした"},
	[INKAN_ALIGNED_BY_SPF_DKIM_UNDECIDED] = {
		"DMARC passes on SPF; DNS gave no answer for the DKIM key",
		"SPF により DMARC は合格です。DKIM の鍵については DNS から応答が得られませんでした"},
	[INKAN_BY_SPF_SIGNATURE_BROKEN] = {
		"DMARC passes on SPF alone; the DKIM signature is broken, so a forwarded copy would fail",
		"DMARC は SPF だけで合格しています。DKIM 署名が壊れているため、転送されると不合格になります"},
	[INKAN_BY_SPF_NOT_SIGNED] = {
		"DMARC passes on SPF alone; the message is not signed, so a forwarded copy would fail",
		"DMARC は SPF だけで合格しています。DKIM 署名がないため、転送されると不合格になります"},
	[INKAN_BY_SPF_SIGNATURE_NOT_ALIGNED] = {
		"DMARC passes on SPF alone; the DKIM signature is of another domain than {from_domain}, so a forwarded copy would fail",
		"DMARC は SPF だけで合格しています。DKIM 署名は {from_domain} とは別のドメインのものなので、転送されると不合格になります"},
	[INKAN_BY_DKIM_SPF_FAILED] = {
		"DMARC passes on DKIM alone; SPF does not pass, so any change on the way would make it fail",
		"DMARC は DKIM だけで合格しています。SPF が合格していないため、途中で内容が変わると不合格になります"},
	[INKAN_BY_DKIM_SPF_ABSENT] = {
		"DMARC passes on DKIM alone; {spf_domain} has no SPF record, so any change on the way would make it fail",
		"DMARC は DKIM だけで合格しています。{spf_domain} に SPF レコードがないため、途中で内容が変わると不合格になります"},
	[INKAN_BY_DKIM_SPF_NOT_ALIGNED] = {
		"DMARC passes on DKIM alone; SPF passes for {spf_domain}, not for {from_domain}, so any change on the way would make it fail",
		"DMARC は DKIM だけで合格しています。SPF は {from_domain} ではなく {spf_domain} として合格しているため、途中で内容が変わると不合格になります"},
	[INKAN_REPEATED_FIELDS] = {
		"DMARC passes, but fields are repeated beyond what the signature covers: what a reader sees is not proven",
		"DMARC は合格ですが、署名の対象より多く重複するフィールドがあり、読む人に見える内容は証明されていません"},
	[INKAN_NOTHING_PASSED] = {
		"DMARC fails: neither SPF nor DKIM passes ({results})",
		"DMARC は不合格です。SPF も DKIM も合格していません ({results})"},
	[INKAN_NOTHING_ALIGNED] = {
		"DMARC fails: what passes is not aligned with {from_domain} ({results})",
		"DMARC は不合格です。合格したものは {from_domain} と一致していません ({results})"},
	[INKAN_FAILED_BUT_VOUCHED] = {
		"DMARC fails here, but a trusted sealer saw it pass before the message was changed",
		"DMARC はここでは不合格ですが、メッセージが変更される前には合格していたことを、信頼する転送者の封印が示しています"},
	[INKAN_NO_AUTHOR] = {
		"The message names no author whom DMARC could ask for: there is no From field with a usable domain",
		"使えるドメインを持つ From フィールドがなく、DMARC を検査できる差出人がいません"},
	[INKAN_SEVERAL_AUTHORS] = {
		"The message names authors of several domains, or has several From fields: DMARC cannot say whose it is",
		"From フィールドが 2 つ以上あるか、複数のドメインの差出人がいて、DMARC では誰のものか決まりません"},
	[INKAN_DNS_FAILED] = {
		"DNS gave no answer for now, so nothing can be said: try again later",
		"今は DNS から応答が得られないため、何も言えません。後でもう一度試してください"},
	[INKAN_THROUGH_TRUSTED_GATEWAY] = {
		"The message came through a trusted gateway, which SPF and DMARC are not checked for: the result proves nothing",
		"信頼するゲートウェイを経由していて SPF と DMARC を検査していないため、この結果は何の証明にもなりません"},
	[INKAN_FROM_PRIVATE_ADDRESS] = {
		"The message came from a private address, as no receiver in the outside world sees it: the result proves nothing",
		"外部の受信側からは見えないプライベートアドレスから届いているため、この結果は何の証明にもなりません"},
	[INKAN_INSIDE_ONE_ORGANIZATION] = {
		"The message did not leave one organisation of Microsoft 365, which signs and checks such mail differently: the result proves "
		"nothing",
		"Microsoft 365 の同じ組織の中でやり取りされたメールで、署名と検査の扱いが外部とは違うため、この結果は何の証明にもなりません"},
};

static const struct text STANDINGS_TEXT[STANDINGS] = {
	[STANDING_NOT_SAID] = {"", ""},
	[STANDING_ALIGNED] = {"passed and aligned", "合格・一致"},
	[STANDING_NOT_ALIGNED] = {"passed, not aligned", "合格・不一致"},
	[STANDING_WOULD_ALIGN] = {"failed (would be aligned)", "不合格 (合格していれば一致)"},
	[STANDING_FAILED] = {"failed", "不合格"},
	[STANDING_ABSENT] = {"absent", "なし"},
	[STANDING_UNDECIDED] = {"undecided", "未判定"},
	[STANDING_UNCHECKED] = {"not checked", "検査せず"},
};

static const struct text OVERRIDES[] = {
	[INKAN_OVERRIDE_NONE] = {"", ""},
	[INKAN_OVERRIDE_LOCAL_POLICY] = {"a rule of this receiver", "受信側の規則"},
	[INKAN_OVERRIDE_MAILING_LIST] = {"it came through a mailing list", "メーリングリスト経由"},
	[INKAN_OVERRIDE_OTHER] = {"another reason", "その他の理由"},
	[INKAN_OVERRIDE_POLICY_TEST_MODE] = {"the owner is testing the policy (t=y)", "所有者がポリシーをテスト中 (t=y)"},
	[INKAN_OVERRIDE_TRUSTED_FORWARDER] = {"a trusted forwarder vouches for it", "信頼する転送者が保証"},
};

/* clang-format on */

struct text reason_text(enum inkan_verdict_reason reason)
{
	assert((size_t)reason < sizeof(REASONS) / sizeof *REASONS);
	return REASONS[reason];
}

struct text standing_text(enum page_standing standing)
{
	assert(standing < STANDINGS);
	return STANDINGS_TEXT[standing];
}

struct text override_text(enum inkan_override override)
{
	assert((size_t) override < sizeof(OVERRIDES) / sizeof *OVERRIDES);
	return OVERRIDES[override];
}

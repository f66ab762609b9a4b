#include "explain/terms.h"

#include "explain/signature.h"
#include "explain/template.h"

/* The formatter would break sentences in the middle of words. */
/* clang-format off */

static const char *const SPF_JA[SPF_FAULT_COUNT] = {
	[SPF_FAULT_NONE] = "",
	[SPF_FAULT_NO_IDENTITY] = "検査するドメインがありません",
	[SPF_FAULT_ADDRESS_LITERAL] = "アドレスリテラルはドメインではありません",
	[SPF_FAULT_SINGLE_LABEL] = "2 つ以上のラベルからなる名前ではありません",
	[SPF_FAULT_DOMAIN_SYNTAX] = "ドメイン名ではありません",
	[SPF_FAULT_NO_DOMAIN] = "ドメインが存在しません",
	[SPF_FAULT_NO_RECORD] = "ドメインに SPF レコードがありません",
	[SPF_FAULT_DNS_SERVFAIL] = "DNS の問い合わせに失敗: サーバーの障害",
	[SPF_FAULT_DNS_TIMEOUT] = "DNS の問い合わせに失敗: 時間内に応答なし",
	[SPF_FAULT_DNS_BOGUS] = "DNS の問い合わせに失敗: DNSSEC の検証に失敗",
	[SPF_FAULT_DNS_LOOP] = "DNS の問い合わせに失敗: CNAME が終わりなく続いている",
	[SPF_FAULT_SEVERAL_RECORDS] = "SPF レコードが 2 つ以上あります",
	[SPF_FAULT_RECORD_SIZE] = "レコードが 65535 オクテットを超えています",
	[SPF_FAULT_TOO_MANY_TERMS] = "項が 1000 個を超えています",
	[SPF_FAULT_REPEATED_REDIRECT] = "redirect= が 2 回あります",
	[SPF_FAULT_REPEATED_EXP] = "exp= が 2 回あります",
	[SPF_FAULT_CHARACTER] = "表示できる ASCII 以外の文字があります",
	[SPF_FAULT_UNKNOWN_MECHANISM] = "未知の機構です",
	[SPF_FAULT_ARGUMENT_MISSING] = "機構に引数がありません",
	[SPF_FAULT_ARGUMENT_UNWANTED] = "この機構はその引数をとりません",
	[SPF_FAULT_MACRO] = "マクロの書式が不正です",
	[SPF_FAULT_MACRO_ONLY_IN_EXP] = "説明文でしか使えないマクロです",
	[SPF_FAULT_TOP_LABEL] = "ドメイン名ではありません: 最後のラベルが不正か、それしかありません",
	[SPF_FAULT_DOMAIN_SPEC_SIZE] = "ドメイン名が 1024 オクテットを超えています",
	[SPF_FAULT_IP4] = "IPv4 ネットワークではありません",
	[SPF_FAULT_IP6] = "IPv6 ネットワークではありません",
	[SPF_FAULT_CIDR4] = "IPv4 のプレフィックス長が 0 から 32 ではありません",
	[SPF_FAULT_CIDR6] = "IPv6 のプレフィックス長が 0 から 128 ではありません",
	[SPF_FAULT_TOO_MANY_LOOKUPS] = "DNS の問い合わせを要する項が 10 個を超えています",
	[SPF_FAULT_TOO_MANY_VOID_LOOKUPS] = "空の応答 (該当なし) で終わる DNS の問い合わせが多すぎます",
	[SPF_FAULT_TOO_MANY_MX] = "MX レコードが 10 個を超えています",
	[SPF_FAULT_INCLUDE_NONE] = "include したドメインに SPF レコードがありません",
	[SPF_FAULT_REDIRECT_NONE] = "redirect 先のドメインに SPF レコードがありません",
};

/* Why there was nothing to check. */
static const struct text SPF_SKIPPED[] = {
	{"skipped (trusted gateway)", "省略 (信頼するゲートウェイ)"},
	{"the client's address is not known", "配送元のアドレスが不明です"},
	{"neither MAIL FROM nor HELO is known", "MAIL FROM も HELO も不明です"},
};

static const struct text ARC_REASONS[] = {
	{"a field has no usable instance", "使える i= のないフィールドがあります"},
	{"more than 50 sets", "50 組を超えています"},
	{"two ARC-Authentication-Results", "ARC-Authentication-Results が 2 つあります"},
	{"two ARC-Message-Signatures", "ARC-Message-Signature が 2 つあります"},
	{"the message signature covers a seal", "ARC-Message-Signature が ARC-Seal を対象にしています"},
	{"two ARC-Seals", "ARC-Seal が 2 つあります"},
	{"a seal with h= or bh=", "ARC-Seal に h= または bh= があります"},
	{"a seal without cv=", "ARC-Seal に cv= がありません"},
	{"a set is missing", "組が欠けています"},
	{"no ARC-Authentication-Results", "ARC-Authentication-Results がありません"},
	{"no ARC-Message-Signature", "ARC-Message-Signature がありません"},
	{"no ARC-Seal", "ARC-Seal がありません"},
	{"the first seal does not say cv=none", "最初の ARC-Seal が cv=none ではありません"},
	{"a seal does not say cv=pass", "ARC-Seal が cv=pass ではありません"},
	{"a field is larger than 262144 octets", "フィールドが 262144 オクテットを超えています"},
	{"the sealer found the chain broken (cv=fail)", "封印した側が、チェーンは壊れていると記録しています (cv=fail)"},
	{"the key could not be fetched", "鍵を取得できませんでした"},
};

static const struct text DMARC_REASONS[] = {
	{"no policy record", "ポリシーレコードがありません"},
	{"policy record has no usable policy", "ポリシーレコードに使えるポリシーがありません"},
	{"policy could not be looked up", "ポリシーを問い合わせられませんでした"},
	{"an identifier could not be judged for now", "今は判定できないものがあります"},
	{"it could not be looked up whether the domain exists", "ドメインが存在するかどうかを問い合わせられません"},
	{"no aligned identifier passed", "差出人のドメインと一致して合格したものがありません"},
	{"From has no usable domain", "From に使えるドメインがありません"},
	{"not a domain name", "ドメイン名ではありません"},
	{"skipped (trusted gateway)", "省略 (信頼するゲートウェイ)"},
	{"no From field", "From フィールドがありません"},
	{"several From fields", "From フィールドが 2 つ以上あります"},
	{"From names several domains", "From に複数のドメインがあります"},
	{"the domain in From is no host name", "From のドメインがホスト名ではありません"},
	{"From holds control characters", "From に制御文字があります"},
	{"From is too complex to be read", "From が複雑すぎて読めません"},
	{"From holds no address", "From にアドレスがありません"},
};

/* clang-format on */

const char *spf_reason_ja(enum spf_fault_id fault)
{
	return SPF_JA[fault];
}

const struct text *arc_reasons(size_t *count_out)
{
	*count_out = sizeof(ARC_REASONS) / sizeof *ARC_REASONS;
	return ARC_REASONS;
}

const struct text *dmarc_reasons(size_t *count_out)
{
	*count_out = sizeof(DMARC_REASONS) / sizeof *DMARC_REASONS;
	return DMARC_REASONS;
}

/* Whether the reason begins with that text, alone or with a detail in parentheses behind it. */
static bool begins_with(struct str reason, const char *text, struct str *detail_out)
{
	*detail_out = str_skip(reason, strlen(text));
	return str_has_prefix(reason, str_c(text)) && (detail_out->n == 0 || str_has_prefix(*detail_out, STR(" (")));
}

static bool find_row(const struct text *rows, size_t count, struct str reason, struct text *out, struct str *detail_out)
{
	for (size_t i = 0; i < count; i++)
		if (begins_with(reason, rows[i].en, detail_out)) {
			*out = rows[i];
			return true;
		}
	return false;
}

bool reason_find(struct str reason, struct text *out, struct str *detail_out)
{
	for (size_t i = SPF_FAULT_NONE + 1; i < SPF_FAULT_COUNT; i++) {
		const char *text = spf_fault((enum spf_fault_id)i)->text;

		if (begins_with(reason, text, detail_out)) {
			*out = (struct text){text, SPF_JA[i]};
			return true;
		}
	}
	return find_row(SPF_SKIPPED, sizeof(SPF_SKIPPED) / sizeof *SPF_SKIPPED, reason, out, detail_out) ||
	       find_row(DMARC_REASONS, sizeof(DMARC_REASONS) / sizeof *DMARC_REASONS, reason, out, detail_out);
}

/* " (moo in the record of example.com)" as SPF has it; other details as they are. */
void reason_detail_put(struct buf *out, struct str detail, enum language language)
{
	static const struct str middle = {" in the record of ", 18};
	size_t at = str_search(detail, middle);

	if (language != LANGUAGE_JA || at == detail.n || detail.n < 3) {
		template_put_value(out, detail);
		return;
	}
	struct str term = str_skip(str_head(detail, at), 2), domain = str_skip(detail, at + middle.n);

	buf_put_c(out, " (");
	template_put_value(out, str_head(domain, domain.n - 1));
	buf_put_c(out, " のレコードの ");
	template_put_value(out, term);
	buf_put_c(out, ")");
}

struct str spf_reason_in(struct str reason, enum language language, struct str *detail_out)
{
	struct text text;

	if (reason_find(reason, &text, detail_out))
		return str_c(text_in(language, text));
	*detail_out = STR_NULL;
	return reason;
}

/* The translation of a text at the end of `reason`; empty where there is none. *size_out: of the English one. */
static struct str translated_end(struct str reason, size_t *size_out)
{
	for (size_t i = 0; i < sizeof(ARC_REASONS) / sizeof *ARC_REASONS; i++)
		if (str_ihas_suffix(reason, str_c(ARC_REASONS[i].en))) {
			*size_out = strlen(ARC_REASONS[i].en);
			return str_c(ARC_REASONS[i].ja);
		}
	for (size_t i = DKIM_FAULT_NONE + 1; i < DKIM_FAULT_COUNT; i++) {
		const char *text = dkim_fault((enum dkim_fault_id)i)->reason;

		if (str_ihas_suffix(reason, str_c(text))) {
			*size_out = strlen(text);
			return str_c(explain_reason_ja((enum dkim_fault_id)i));
		}
	}
	return STR_NULL;
}

void arc_reason_put(struct buf *out, struct str reason, enum language language)
{
	size_t size = 0;
	struct str translated = language == LANGUAGE_JA ? translated_end(reason, &size) : STR_NULL;

	template_put_value(out, str_head(reason, reason.n - size));
	template_put_value(out, translated);
}

struct str dmarc_reason_in(struct str reason, enum language language)
{
	for (size_t i = 0; i < sizeof(DMARC_REASONS) / sizeof *DMARC_REASONS; i++)
		if (str_eq(reason, str_c(DMARC_REASONS[i].en)))
			return str_c(text_in(language, DMARC_REASONS[i]));
	return reason;
}

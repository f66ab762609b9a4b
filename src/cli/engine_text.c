#include "cli/engine_text.h"

/* clang-format off */
static const struct text reasons[] = {
	/* spf/fault.c */
	{"no domain to check", "調べるドメインがない"},
	{"an address literal is no domain", "アドレスリテラルはドメインではない"},
	{"not a name of two labels or more", "2 つ以上のラベルからなる名前ではない"},
	{"not a domain name", "ドメイン名ではない"},
	{"the domain does not exist", "ドメインが存在しない"},
	{"the domain has no SPF record", "ドメインに SPF レコードがない"},
	{"DNS look-up failed: server failure", "DNS の問い合わせに失敗: サーバーの障害"},
	{"DNS look-up failed: no answer in time", "DNS の問い合わせに失敗: 時間内に応答がない"},
	{"DNS look-up failed: DNSSEC validation failed", "DNS の問い合わせに失敗: DNSSEC の検証に失敗"},
	{"DNS look-up failed: endless chain of CNAMEs", "DNS の問い合わせに失敗: CNAME の連鎖が終わらない"},
	{"more than one SPF record", "SPF レコードが複数ある"},
	{"record is larger than 65535 octets", "レコードが 65535 オクテットを超える"},
	{"more than 1000 terms", "項が 1000 個を超える"},
	{"redirect= occurs twice", "redirect= が 2 回ある"},
	{"exp= occurs twice", "exp= が 2 回ある"},
	{"a character that is not visible ASCII", "ASCII の図形文字でない文字がある"},
	{"unknown mechanism", "不明な機構 (mechanism)"},
	{"the mechanism needs an argument", "機構に引数が要る"},
	{"the mechanism takes no such argument", "機構はそのような引数を取らない"},
	{"malformed macro", "マクロの形が誤り"},
	{"a macro that is for explanations only", "説明 (exp) でしか使えないマクロ"},
	{"not a domain name: the last label is malformed or alone", "ドメイン名ではない: 最後のラベルが誤りか、単独"},
	{"domain name above 1024 octets", "ドメイン名が 1024 オクテットを超える"},
	{"not an IPv4 network", "IPv4 ネットワークではない"},
	{"not an IPv6 network", "IPv6 ネットワークではない"},
	{"IPv4 prefix length is not 0 to 32", "IPv4 のプレフィックス長が 0 から 32 ではない"},
	{"IPv6 prefix length is not 0 to 128", "IPv6 のプレフィックス長が 0 から 128 ではない"},
	{"more than 10 terms that cause DNS look-ups", "DNS に問い合わせる項が 10 個を超える"},
	{"too many DNS look-ups without an answer", "応答のない DNS の問い合わせが多すぎる"},
	{"more than 10 MX records", "MX レコードが 10 個を超える"},
	{"the included domain has no SPF record", "include 先のドメインに SPF レコードがない"},
	{"the domain redirected to has no SPF record", "redirect 先のドメインに SPF レコードがない"},
	/* dmarc/evaluate.c */
	{"no record", "レコードなし"},
	{"no such name", "名前が存在しない"},
	{"record found", "レコードあり"},
	{"several records, all ignored", "レコードが複数あり、すべて無視される"},
	{"psd=y: a public suffix domain", "psd=y: 公開サフィックスのドメイン"},
	{"psd=n: the organizational domain", "psd=n: 組織ドメイン"},
	{"no policy record", "ポリシーレコードがない"},
	{"policy record has no usable policy", "ポリシーレコードに使えるポリシーがない"},
	{"policy could not be looked up", "ポリシーを問い合わせられない"},
	{"no aligned identifier passed", "整合する識別子で合格したものがない"},
	{"an identifier could not be judged for now", "いまは判定できない識別子がある"},
	{"From has no usable domain", "From に使えるドメインがない"},
};
/* clang-format on */

/* The row, and in *n_out how much of the reason it stands for. */
static const struct text *find(const char *reason, size_t *n_out)
{
	for (size_t i = 0; i < sizeof(reasons) / sizeof(*reasons); i++) {
		size_t n = strlen(reasons[i].en);

		*n_out = n;
		if (strncmp(reason, reasons[i].en, n) == 0 && (reason[n] == '\0' || strncmp(reason + n, " (", 2) == 0))
			return &reasons[i];
	}
	return NULL;
}

bool engine_text_is_known(const char *reason)
{
	size_t n;

	return find(reason, &n) != NULL;
}

/* " (moo in the record of example.com)" as SPF has it; other details as they are. */
static void put_detail(struct buf *out, const struct ui *ui, struct str detail)
{
	static const struct str middle = {" in the record of ", 18};
	size_t at = str_search(detail, middle);

	if (ui->language != LANGUAGE_JA || at == detail.n || detail.n < 3) {
		safe_text(out, detail);
		return;
	}
	struct str term = str_skip(str_head(detail, at), 2), domain = str_skip(detail, at + middle.n);

	buf_put_c(out, " (");
	safe_text(out, str_head(domain, domain.n - 1));
	buf_put_c(out, " のレコードの ");
	safe_text(out, term);
	buf_put_c(out, ")");
}

void engine_text(struct buf *out, const struct ui *ui, const char *reason)
{
	size_t n = 0;
	const struct text *known = find(reason, &n);

	if (!known) {
		safe_text(out, str_c(reason));
		return;
	}
	buf_put_c(out, text_in(ui->language, *known));
	put_detail(out, ui, str_c(reason + n));
}

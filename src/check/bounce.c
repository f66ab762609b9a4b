/* Reading order: bounce_read() looks for codes, receiver_near() says whose they are, ROWS what they mean. */
#include "check/bounce.h"

enum {
	WINDOW = 800,        /* octets before and behind a code in which its receiver and its words are looked for */
	LOOKED_AT_MAX = 1000 /* codes of one text that are looked at, known or not: each costs a search of its window */
};

enum bounce_finding {
	BOUNCE_PTR,
	BOUNCE_SPF,
	BOUNCE_SPF_RECORD,
	BOUNCE_TLS,
	BOUNCE_DKIM,
	BOUNCE_NO_DMARC,
	BOUNCE_ALIGNMENT,
	BOUNCE_UNAUTHENTICATED,
	BOUNCE_DMARC_POLICY,
	BOUNCE_BULK_LEVEL,
	BOUNCE_COMPLAINTS,
	BOUNCE_ARC,
	BOUNCE_NULL_MX,
	BOUNCE_REQUIRETLS,
	BOUNCE_UNKNOWN,
	BOUNCE_FINDINGS
};

/* The formatter would break sentences in the middle of words. */
/* clang-format off */

const struct finding_kind bounce_kinds[BOUNCE_FINDINGS] = {
	[BOUNCE_PTR] = {"bounce_ptr", SEVERITY_ERROR, "RFC 8601 section 3",
		{"{0} refused with {1}: the sending address has no PTR record, or its name does not lead back to it",
		 "{0} が {1} で拒否: 送信元アドレスに PTR レコードがないか、その名前が同じアドレスに戻りません"},
		{"give the address a PTR record and that name an address record; see “inkan check message --ip”",
		 "アドレスに PTR レコードを、その名前にアドレスレコードを設定してください。「inkan check message --ip」で確認できます"}},
	[BOUNCE_SPF] = {"bounce_spf", SEVERITY_ERROR, "RFC 7208",
		{"{0} refused with {1}: SPF did not pass", "{0} が {1} で拒否: SPF が合格していません"},
		{"add the sending address to the SPF record of the MAIL FROM domain: inkan spf --trace shows why it failed",
		 "MAIL FROM のドメインの SPF レコードに送信元を加えてください。理由は inkan spf --trace で確認できます"}},
	[BOUNCE_SPF_RECORD] = {"bounce_spf_record", SEVERITY_ERROR, "RFC 7208",
		{"{0} refused with {1}: the SPF record is broken or has suspicious entries", "{0} が {1} で拒否: SPF レコードが壊れているか、疑わしい項目があります"},
		{"check the record: inkan check record", "inkan check record でレコードを検査してください"}},
	[BOUNCE_TLS] = {"bounce_tls", SEVERITY_ERROR, "",
		{"{0} refused with {1}: the message was not sent over TLS", "{0} が {1} で拒否: TLS で送信されていません"},
		{"let the sending server use STARTTLS", "送信サーバーで STARTTLS を使ってください"}},
	[BOUNCE_DKIM] = {"bounce_dkim", SEVERITY_ERROR, "RFC 6376",
		{"{0} refused with {1}: no DKIM signature passed", "{0} が {1} で拒否: 合格した DKIM 署名がありません"},
		{"sign every message; run “inkan verify” on a copy that arrived elsewhere", "すべてのメールに署名し、別の宛先に届いたコピーを「inkan verify」で調べてください"}},
	[BOUNCE_NO_DMARC] = {"bounce_no_dmarc", SEVERITY_ERROR, "RFC 9989",
		{"{0} refused with {1}: the author's domain has no DMARC policy", "{0} が {1} で拒否: 差出人ドメインに DMARC ポリシーがありません"},
		{"publish one, p=none with rua= first: inkan dmarc shows what is there", "まず rua= 付きの p=none で公開してください。現状は inkan dmarc で確認できます"}},
	[BOUNCE_ALIGNMENT] = {"bounce_alignment", SEVERITY_ERROR, "RFC 9989 section 4.4",
		{"{0} refused with {1}: neither SPF nor DKIM is aligned with the From domain", "{0} が {1} で拒否: SPF も DKIM も From のドメインと一致していません"},
		{"let the service that sends sign with d= of the From domain", "送信サービスに From のドメインの d= で署名させてください"}},
	[BOUNCE_UNAUTHENTICATED] = {"bounce_unauthenticated", SEVERITY_ERROR, "RFC 7372 section 3.3",
		{"{0} refused with {1}: neither SPF nor DKIM passed", "{0} が {1} で拒否: SPF も DKIM も合格していません"},
		{"set up both; “inkan check message” judges a copy of the message", "両方を設定してください。「inkan check message」でメッセージのコピーを判定できます"}},
	[BOUNCE_DMARC_POLICY] = {"bounce_dmarc_policy", SEVERITY_ERROR, "RFC 9989 section 5.3.6",
		{"{0} refused with {1}: DMARC failed, and the domain's own policy asks for that", "{0} が {1} で拒否: DMARC が不合格で、ドメイン自身のポリシーが拒否を求めています"},
		{"if the mail is yours, let what sent it sign with d= of the From domain; if it went through a list or a forwarder, DKIM "
		 "must survive that",
		 "自分のメールなら、送信したサービスに From のドメインの d= で署名させてください。メーリングリストや転送を経たメールなら、経由しても壊れない DKIM 署名が必要です"}},
	[BOUNCE_BULK_LEVEL] = {"bounce_bulk_level", SEVERITY_ERROR, "sender requirements of Outlook.com",
		{"{0} refused with {1}: mail of 5,000 messages a day must pass SPF, DKIM and DMARC", "{0} が {1} で拒否: 1 日 5,000 通以上のメールは SPF、DKIM、DMARC のすべてに合格する必要があります"},
		{"see what is missing: inkan check message --bulk --receiver microsoft", "不足は inkan check message --bulk --receiver microsoft で確認できます"}},
	[BOUNCE_COMPLAINTS] = {"bounce_complaints", SEVERITY_WARNING, "",
		{"{0} holds mail back with {1}: too much of it, or too many complaints; authentication is not the matter",
		 "{0} が {1} で受信を制限: 送信量または苦情が多すぎます。認証の問題ではありません"},
		{"send more slowly, to people who asked for it, with one-click unsubscription", "希望した人だけに、ワンクリックの登録解除を付けて、送信量を抑えて送ってください"}},
	[BOUNCE_ARC] = {"bounce_arc", SEVERITY_ERROR, "RFC 8617 section 7.2",
		{"{0} refused with {1}: the ARC chain is broken", "{0} が {1} で拒否: ARC チェーンが壊れています"},
		{"find what changes mail after the last seal", "最後の封印の後でメールを変更しているものを調べてください"}},
	[BOUNCE_NULL_MX] = {"bounce_null_mx", SEVERITY_ERROR, "RFC 7505 section 4.2",
		{"{0} refused with {1}: the sender's domain says that it takes no mail (null MX)", "{0} が {1} で拒否: 送信者のドメインがメールを受け取らないと宣言しています (Null MX)"},
		{"use a MAIL FROM domain that can receive bounces", "バウンスメールを受け取れる MAIL FROM ドメインを使ってください"}},
	[BOUNCE_REQUIRETLS] = {"bounce_requiretls", SEVERITY_ERROR, "RFC 8689 section 4.2",
		{"{0} refused with {1}: the message requires TLS all the way, which was not to be had", "{0} が {1} で拒否: メッセージが全経路での TLS を求めていますが、TLS を使えません"},
		{"send without REQUIRETLS, or to a host that supports it", "REQUIRETLS なしで送るか、対応するホストに送ってください"}},
	[BOUNCE_UNKNOWN] = {"bounce_unknown", SEVERITY_INFO, "",
		{"there is no reply about authentication that is known here", "認証に関する既知の応答コードがありません"},
		{"paste the reply of the receiver with its code, such as 550 5.7.26", "550 5.7.26 のようなコードを含む受信側の応答を貼り付けてください"}},
};
const size_t bounce_kinds_count = BOUNCE_FINDINGS;

/* In order: the first that fits. A row of ANYBODY is the meaning of the RFCs. */
static const struct {
	enum bounce_receiver receiver;
	const char *code; /* without the class: "7.26" fits 4.7.26 and 5.7.26 */
	const char *words; /* lower case, near the code; "": any */
	enum bounce_finding finding;
} ROWS[] = {
	{BOUNCE_GMAIL, "7.23", "", BOUNCE_PTR},
	{BOUNCE_GMAIL, "7.25", "", BOUNCE_PTR},
	{BOUNCE_GMAIL, "7.24", "", BOUNCE_SPF_RECORD},
	{BOUNCE_GMAIL, "7.26", "dmarc policy", BOUNCE_DMARC_POLICY},
	{BOUNCE_GMAIL, "7.26", "", BOUNCE_UNAUTHENTICATED},
	{BOUNCE_GMAIL, "7.27", "", BOUNCE_SPF},
	{BOUNCE_GMAIL, "7.28", "", BOUNCE_COMPLAINTS},
	{BOUNCE_GMAIL, "7.29", "", BOUNCE_TLS},
	{BOUNCE_GMAIL, "7.30", "", BOUNCE_DKIM},
	{BOUNCE_GMAIL, "7.31", "", BOUNCE_NO_DMARC},
	{BOUNCE_GMAIL, "7.40", "", BOUNCE_NO_DMARC},
	{BOUNCE_GMAIL, "7.32", "", BOUNCE_ALIGNMENT},
	{BOUNCE_GMAIL, "7.1", "dmarc policy", BOUNCE_DMARC_POLICY},
	{BOUNCE_MICROSOFT, "7.515", "", BOUNCE_BULK_LEVEL},
	{BOUNCE_MICROSOFT, "7.509", "", BOUNCE_DMARC_POLICY},
	{BOUNCE_YAHOO, "7.9", "policy reasons", BOUNCE_DMARC_POLICY},
	{BOUNCE_YAHOO, "7.0", "user complaints", BOUNCE_COMPLAINTS},
	{BOUNCE_APPLE, "7.1", "dmarc policy", BOUNCE_DMARC_POLICY},
	{BOUNCE_ANYBODY, "7.515", "authentication level", BOUNCE_BULK_LEVEL},
	{BOUNCE_ANYBODY, "7.509", "dmarc", BOUNCE_DMARC_POLICY},
	/* words of Gmail, pasted without its name */
	{BOUNCE_ANYBODY, "7.27", "spf authentication", BOUNCE_SPF},
	{BOUNCE_ANYBODY, "7.29", "tls connection", BOUNCE_TLS},
	{BOUNCE_ANYBODY, "7.30", "dkim authentication", BOUNCE_DKIM},
	{BOUNCE_ANYBODY, "7.31", "dmarc", BOUNCE_NO_DMARC},
	{BOUNCE_ANYBODY, "7.40", "dmarc", BOUNCE_NO_DMARC},
	{BOUNCE_ANYBODY, "7.32", "aligned", BOUNCE_ALIGNMENT},
	{BOUNCE_ANYBODY, "7.20", "", BOUNCE_DKIM},
	{BOUNCE_ANYBODY, "7.21", "", BOUNCE_DKIM},
	{BOUNCE_ANYBODY, "7.22", "", BOUNCE_ALIGNMENT},
	{BOUNCE_ANYBODY, "7.23", "", BOUNCE_SPF},
	{BOUNCE_ANYBODY, "7.24", "", BOUNCE_SPF_RECORD},
	{BOUNCE_ANYBODY, "7.25", "", BOUNCE_PTR},
	{BOUNCE_ANYBODY, "7.26", "dmarc", BOUNCE_DMARC_POLICY},
	{BOUNCE_ANYBODY, "7.26", "", BOUNCE_UNAUTHENTICATED},
	{BOUNCE_ANYBODY, "7.27", "", BOUNCE_NULL_MX},
	{BOUNCE_ANYBODY, "7.29", "", BOUNCE_ARC},
	{BOUNCE_ANYBODY, "7.30", "", BOUNCE_REQUIRETLS},
	{BOUNCE_ANYBODY, "7.1", "dmarc", BOUNCE_DMARC_POLICY},
	{BOUNCE_ANYBODY, "7.0", "dmarc", BOUNCE_DMARC_POLICY},
	{BOUNCE_ANYBODY, "2.0", "due to dmarc", BOUNCE_DMARC_POLICY},
};

/* clang-format on */

/* Words that tell whose reply it is, lower case. */
static const struct {
	const char *words;
	enum bounce_receiver receiver;
} HINTS[] = {
	{"gsmtp", BOUNCE_GMAIL},
	{"google.com", BOUNCE_GMAIL},
	{"gmail", BOUNCE_GMAIL},
	{"protection.outlook.com", BOUNCE_MICROSOFT},
	{"prod.outlook.com", BOUNCE_MICROSOFT},
	{"access denied, sending domain", BOUNCE_MICROSOFT},
	{"yahoo", BOUNCE_YAHOO},
	{"icloud.com", BOUNCE_APPLE},
	{"me.com", BOUNCE_APPLE},
};

const char *bounce_receiver_name(enum bounce_receiver receiver)
{
	static const char *const names[] = {"", "gmail", "microsoft", "yahoo", "apple"};

	return names[receiver];
}

/* In the order of enum bounce_receiver. */
static const struct text titles[BOUNCE_RECEIVERS] = {
	{"The receiver", "受信側 (不明)"},
	{"Gmail", "Gmail"},
	{"Microsoft", "Microsoft"},
	{"Yahoo", "Yahoo"},
	{"Apple", "Apple"},
};

/* Position of words in the text whatever the case; text.n where they are not there. */
static size_t find_words(struct str text, const char *words)
{
	struct str wanted = str_c(words);

	for (size_t i = 0; i + wanted.n <= text.n; i++)
		if (to_lower(text.p[i]) == wanted.p[0] && str_ieq(str_from(text.p + i, wanted.n), wanted))
			return i;
	return text.n;
}

/* Text round a code; *at_out: where the code is in it. */
static struct str window(struct str text, size_t position, size_t *at_out)
{
	size_t from = position > WINDOW ? position - WINDOW : 0;

	*at_out = position - from;
	return str_head(str_skip(text, from), *at_out + WINDOW);
}

/* The receiver whose words stand nearest to the code; a bounce often names several hosts. */
static enum bounce_receiver receiver_near(struct str text, size_t position)
{
	size_t at, best = SIZE_MAX;
	struct str near = window(text, position, &at);
	enum bounce_receiver found = BOUNCE_ANYBODY;

	for (size_t i = 0; i < sizeof HINTS / sizeof *HINTS; i++)
		for (size_t from = 0; from < near.n;) {
			size_t hit = from + find_words(str_skip(near, from), HINTS[i].words);
			size_t distance = hit > at ? hit - at : at - hit;

			if (hit >= near.n)
				break;
			if (distance < best) {
				best = distance;
				found = HINTS[i].receiver;
			}
			from = hit + 1;
		}
	return found;
}

/* Octets of a code "5.7.26" at the start of the text; 0 where there is none. */
static size_t code_size(struct str text)
{
	size_t n = 4, digits = 0;

	if (text.n < 5 || (text.p[0] != '4' && text.p[0] != '5') || text.p[1] != '.' || !is_digit(text.p[2]) ||
	    text.p[3] != '.')
		return 0;
	for (; n < text.n && is_digit(text.p[n]); n++)
		digits++;
	bool goes_on = n < text.n && (is_alpha(text.p[n]) || text.p[n] == '-' ||
	                              (text.p[n] == '.' && n + 1 < text.n && is_digit(text.p[n + 1])));

	return digits >= 1 && digits <= 3 && !goes_on ? n : 0;
}

static bool fits(size_t row, struct str code, enum bounce_receiver receiver, struct str near)
{
	return ROWS[row].receiver == receiver && str_eq(str_skip(code, 2), str_c(ROWS[row].code)) &&
	       (!ROWS[row].words[0] || find_words(near, ROWS[row].words) < near.n);
}

/* What the code means at that receiver; else what the RFCs say. */
static const struct finding_kind *meaning(struct str code, enum bounce_receiver receiver, struct str near)
{
	for (int pass = 0; pass < 2; pass++) {
		for (size_t i = 0; i < sizeof ROWS / sizeof *ROWS; i++)
			if (fits(i, code, pass ? BOUNCE_ANYBODY : receiver, near))
				return &bounce_kinds[ROWS[i].finding];
	}
	return NULL;
}

static bool is_known(const struct bounce *out, const struct bounce_code *code)
{
	for (size_t i = 0; i < out->count; i++)
		if (out->codes[i].kind == code->kind && out->codes[i].receiver == code->receiver)
			return true;
	return false;
}

static void take_code(struct bounce *out, struct str text, size_t position, size_t size)
{
	struct bounce_code code = {.code = str_from(text.p + position, size), .position = position};
	size_t at;
	struct str near = window(text, position, &at);

	code.receiver = receiver_near(text, position);
	code.kind = meaning(code.code, code.receiver, near);
	if (!code.kind || is_known(out, &code))
		return;
	out->codes[out->count++] = code;
	(void)findings_add_in_two(&out->findings, code.kind, position,
	                          (struct str[FINDING_ARGS]){str_c(titles[code.receiver].en), code.code},
	                          (struct str[FINDING_ARGS]){str_c(titles[code.receiver].ja), code.code});
}

int bounce_read(struct arena *arena, struct str text, struct bounce *out)
{
	*out = (struct bounce){.count = 0};
	findings_init(&out->findings, arena);
	for (size_t i = 0, looked = 0; i < text.n && out->count < BOUNCE_CODES_MAX && looked < LOOKED_AT_MAX; i++) {
		bool inside = i > 0 && (is_digit(text.p[i - 1]) || text.p[i - 1] == '.');
		size_t size = inside ? 0 : code_size(str_skip(text, i));

		if (size) {
			take_code(out, text, i, size);
			i += size - 1;
			looked++;
		}
	}
	if (out->count == 0)
		(void)findings_add(&out->findings, &bounce_kinds[BOUNCE_UNKNOWN], FINDING_NOWHERE, NULL);
	return arena_error(arena);
}

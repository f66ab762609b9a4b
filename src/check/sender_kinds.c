#include "check/sender_kinds.h"

/* The formatter would break sentences in the middle of words. */
/* clang-format off */

#define GUIDELINES "sender requirements of Gmail, Yahoo and Outlook.com"

const struct finding_kind sender_kinds[] = {
	[SENDER_FOUND_NEITHER] = {"sender_neither", SEVERITY_ERROR, GUIDELINES,
		{"neither SPF nor DKIM passes: such mail is refused by Gmail (5.7.26) and Yahoo",
		 "SPF も DKIM も合格していません。Gmail (5.7.26) や Yahoo では拒否されます"},
		{"sign with DKIM, and list what sends in the SPF record", "DKIM で署名し、送信元を SPF レコードに加えてください"}},
	[SENDER_FOUND_SPF_UNCHECKED] = {"sender_spf_unchecked", SEVERITY_INFO, "",
		{"SPF was not judged: the client's address is not known", "接続元のアドレスがわからないため SPF を判定していません"},
		{"give the session: --ip and --mail-from", "--ip と --mail-from でセッションを指定してください"}},
	[SENDER_FOUND_SPF_ABSENT] = {"sender_spf_absent", SEVERITY_ERROR, "RFC 7208 section 4.5",
		{"{0} has no SPF record", "{0} に SPF レコードがありません"},
		{"publish one that lists what sends for {0}", "{0} として送信するものを列挙した SPF レコードを公開してください"}},
	[SENDER_FOUND_SPF_FAILED] = {"sender_spf_failed", SEVERITY_ERROR, "RFC 7208 section 2.6",
		{"SPF does not pass for {0}: {1}", "{0} の SPF が合格していません: {1}"},
		{"see why: inkan spf --trace", "inkan spf --trace で理由を確認してください"}},
	[SENDER_FOUND_UNSIGNED] = {"sender_unsigned", SEVERITY_ERROR, "RFC 6376",
		{"the message carries no DKIM signature", "DKIM 署名がありません"},
		{"sign every message with d= of the author's domain", "すべてのメッセージに差出人ドメインの d= で署名してください"}},
	[SENDER_FOUND_DKIM_FAILED] = {"sender_dkim_failed", SEVERITY_ERROR, "RFC 6376 section 6.1.3",
		{"no DKIM signature passes; that of {0}: {1}", "合格した DKIM 署名がありません。{0} の署名: {1}"},
		{"see why: inkan verify", "inkan verify で理由を確認してください"}},
	[SENDER_FOUND_KEY_SHORT] = {"sender_key_short", SEVERITY_ERROR, "RFC 8301 section 3.2",
		{"the DKIM key has {0} bits: below 1024 no receiver accepts it", "DKIM 鍵が {0} ビットです。1024 ビット未満の鍵はどの受信側でも受け入れられません"},
		{"make a new key of 2048 bits: inkan key generate", "2048 ビットの新しい鍵を作ってください: inkan key generate"}},
	[SENDER_FOUND_KEY_1024] = {"sender_key_1024", SEVERITY_WARNING, "RFC 8301 section 3.2",
		{"the DKIM key has {0} bits; 2048 are advised", "DKIM 鍵が {0} ビットです。推奨は 2048 ビットです"},
		{"make a new key at the next rotation: inkan key generate", "次のローテーションで新しい鍵を作ってください: inkan key generate"}},
	[SENDER_FOUND_ED25519_ALONE] = {"sender_ed25519_alone", SEVERITY_WARNING, "RFC 8463 section 6",
		{"what passes is an Ed25519 signature alone, which many receivers cannot verify",
		 "合格したのは Ed25519 の署名だけです。検証できない受信側が多くあります"},
		{"sign with an RSA key as well, under another selector", "別のセレクターの RSA 鍵でも署名してください"}},
	[SENDER_FOUND_NO_DMARC] = {"sender_no_dmarc", SEVERITY_ERROR, "RFC 9989 section 4.10",
		{"no DMARC policy applies to {0}", "{0} に適用される DMARC ポリシーがありません"},
		{"publish _dmarc.{0}, p=none with rua= first", "まず rua= 付きの p=none を _dmarc.{0} に公開してください"}},
	[SENDER_FOUND_NOT_ALIGNED] = {"sender_not_aligned", SEVERITY_ERROR, "RFC 9989 section 4.4",
		{"nothing that passes is aligned with the author's domain {0}", "差出人ドメイン {0} と一致して合格したものがありません"},
		{"let the service that sends sign with d={0}", "送信サービスに d={0} で署名させてください"}},
	[SENDER_FOUND_ONE_ALIGNED] = {"sender_one_aligned", SEVERITY_WARNING, "RFC 9989 section 4.4",
		{"{1} is not aligned with {0}: DMARC stands on one leg", "{1} が {0} と一致していません。DMARC が片方だけに頼っています"},
		{"align both, so that one may break", "片方が壊れても合格するように、両方を一致させてください"}},
	[SENDER_FOUND_NO_REPORTS] = {"sender_no_reports", SEVERITY_WARNING, "RFC 9989 section 4.7",
		{"the DMARC policy of {0} has no rua= that reports could go to", "{0} の DMARC ポリシーに、レポートを受け取れる rua= がありません"},
		{"add rua=mailto: with a mailbox that somebody reads", "読む人のいるメールボックスを rua=mailto: で指定してください"}},
	[SENDER_FOUND_DNS] = {"sender_dns", SEVERITY_WARNING, "",
		{"DNS failed for now, so {0} could not be judged: {1}", "DNS の一時的な障害のため、{0} を判定できませんでした: {1}"},
		{"try again later", "後でもう一度試してください"}},
	[SENDER_FOUND_NO_ADDRESS] = {"sender_no_address", SEVERITY_INFO, "",
		{"the client's address is not known, so its PTR record was not looked at",
		 "接続元のアドレスがわからないため PTR レコードを調べていません"},
		{"give it with --ip", "--ip で指定してください"}},
	[SENDER_FOUND_NO_PTR] = {"sender_no_ptr", SEVERITY_ERROR, "RFC 8601 section 3",
		{"{0} has no PTR record: Gmail refuses such hosts (4.7.23)", "{0} に PTR レコードがありません。Gmail では拒否されます (4.7.23)"},
		{"ask whoever runs the network of {0} for a PTR record", "{0} のネットワークの管理者に PTR レコードの設定を依頼してください"}},
	[SENDER_FOUND_PTR_NOT_CONFIRMED] = {"sender_ptr_not_confirmed", SEVERITY_ERROR, "RFC 8601 section 3",
		{"the PTR record of {0} names {1}, which has no address record back", "{0} の PTR レコードは {1} ですが、その名前が同じアドレスに戻りません"},
		{"give {1} an address record with {0}", "{1} にアドレス {0} のレコードを設定してください"}},
	[SENDER_FOUND_NO_TLS] = {"sender_no_tls", SEVERITY_WARNING, "",
		{"the topmost Received field shows no TLS; this is a hint only", "一番上の Received に TLS の記録がありません (手がかりにすぎません)"},
		{"let the sending server use STARTTLS wherever it is offered", "送信サーバーで、相手が対応していれば STARTTLS を使うようにしてください"}},
	[SENDER_FOUND_FIELD_MISSING] = {"sender_field_missing", SEVERITY_ERROR, "RFC 5322 section 3.6",
		{"the field {0} is missing", "{0} フィールドがありません"},
		{"let the sending program add it before signing", "送信プログラムで署名の前に付けてください"}},
	[SENDER_FOUND_FIELD_REPEATED] = {"sender_field_repeated", SEVERITY_ERROR, "RFC 5322 section 3.6",
		{"the field {0} stands {1} times; once is allowed", "{0} フィールドが {1} 個あります。1 個しか許されません"},
		{"remove all but one", "1 個だけ残してください"}},
	[SENDER_FOUND_MESSAGE_ID] = {"sender_message_id", SEVERITY_ERROR, "RFC 5322 section 3.6.4",
		{"the Message-ID is not of the form <left@right>: {0}", "Message-ID が <左@右> の形ではありません: {0}"},
		{"let the mail server make it", "メールサーバーに付けさせてください"}},
	[SENDER_FOUND_NO_AUTHOR] = {"sender_no_author", SEVERITY_ERROR, "RFC 5322 section 3.6.2",
		{"the From field has no usable address", "From フィールドに使えるアドレスがありません"},
		{"write one address: Name <user@domain>", "アドレスを 1 つ書いてください: 名前 <user@domain>"}},
	[SENDER_FOUND_SEVERAL_AUTHORS] = {"sender_several_authors", SEVERITY_ERROR, "RFC 9989 section 5.3.1",
		{"the From field has addresses of several domains", "From フィールドに複数のドメインのアドレスがあります"},
		{"write one author", "差出人は 1 人にしてください"}},
	[SENDER_FOUND_MALFORMED_LINES] = {"sender_malformed_lines", SEVERITY_ERROR, "RFC 5322 section 2.2",
		{"{0} lines of the header are no fields", "ヘッダーにフィールドでない行が {0} 行あります"},
		{"see what writes them; often a line end is missing or doubled", "何が書いているか調べてください。改行の過不足が原因のことが多くあります"}},
	[SENDER_FOUND_LONG_LINE] = {"sender_long_line", SEVERITY_ERROR, "RFC 5322 section 2.1.1",
		{"a line has {0} octets; 998 are allowed", "{0} オクテットの行があります。許されるのは 998 までです"},
		{"encode the body as quoted-printable or base64; relays that cut long lines break DKIM",
		 "本文を quoted-printable か base64 でエンコードしてください。長い行を切る中継サーバーは DKIM を壊します"}},
	[SENDER_FOUND_BEYOND_ASCII] = {"sender_beyond_ascii", SEVERITY_WARNING, "RFC 6532",
		{"the header holds octets beyond ASCII, which only SMTPUTF8 may carry", "ヘッダーに ASCII 以外のオクテットがあります。SMTPUTF8 でしか送れません"},
		{"encode them (RFC 2047), unless the whole way supports SMTPUTF8", "経路全体が SMTPUTF8 に対応していなければ RFC 2047 でエンコードしてください"}},
	[SENDER_FOUND_IMPERSONATES] = {"sender_impersonates", SEVERITY_ERROR, GUIDELINES,
		{"the author is at {0}, but Gmail did not send this: {0} has a DMARC policy against that",
		 "差出人は {0} ですが、Gmail から送られていません。{0} はこれを DMARC ポリシーで禁じています"},
		{"use a domain of your own in From", "From には自分のドメインを使ってください"}},
	[SENDER_FOUND_NO_UNSUBSCRIBE] = {"sender_no_unsubscribe", SEVERITY_ERROR, "RFC 8058",
		{"there is no List-Unsubscribe field: marketing and subscribed mail needs one-click unsubscription",
		 "List-Unsubscribe フィールドがありません。広告や購読のメールにはワンクリック登録解除が必要です"},
		{"add List-Unsubscribe: <https://…> and List-Unsubscribe-Post: List-Unsubscribe=One-Click; mail that answers one "
		 "person's request does not need it",
		 "List-Unsubscribe: <https://…> と List-Unsubscribe-Post: List-Unsubscribe=One-Click を付けてください。個々の要求に応える"
		 "メールには不要です"}},
	[SENDER_FOUND_UNSUBSCRIBE_URI] = {"sender_unsubscribe_uri", SEVERITY_ERROR, "RFC 8058 section 3.1",
		{"List-Unsubscribe has no <https://…>: {0}", "List-Unsubscribe に <https://…> がありません: {0}"},
		{"add an https URI that unsubscribes by POST, without asking anything", "何も尋ねずに POST だけで解除できる https の URI を加えてください"}},
	[SENDER_FOUND_NOT_ONE_CLICK] = {"sender_not_one_click", SEVERITY_ERROR, "RFC 8058 section 3.1",
		{"List-Unsubscribe-Post is not “List-Unsubscribe=One-Click”: {0}", "List-Unsubscribe-Post が「List-Unsubscribe=One-Click」ではありません: {0}"},
		{"add List-Unsubscribe-Post: List-Unsubscribe=One-Click", "List-Unsubscribe-Post: List-Unsubscribe=One-Click を付けてください"}},
	[SENDER_FOUND_UNSUBSCRIBE_UNSIGNED] = {"sender_unsubscribe_unsigned", SEVERITY_ERROR, "RFC 8058 section 4",
		{"no passing, aligned DKIM signature covers both List-Unsubscribe and List-Unsubscribe-Post",
		 "List-Unsubscribe と List-Unsubscribe-Post の両方を署名対象とする、一致して合格した DKIM 署名がありません"},
		{"name both in h= of the signature", "署名の h= に両方を加えてください"}},
	[SENDER_FOUND_REPLY_TO] = {"sender_reply_to", SEVERITY_ERROR, "RFC 5322 section 3.6.2",
		{"Reply-To has no address that mail could go to: {0}", "Reply-To に返信できるアドレスがありません: {0}"},
		{"use an address that receives mail, or leave the field out", "受信できるアドレスにするか、フィールドを外してください"}},
	[SENDER_FOUND_NO_LIST_ID] = {"sender_no_list_id", SEVERITY_ERROR, "RFC 2919",
		{"mail of a list without a List-Id field", "メーリングリストのメールに List-Id フィールドがありません"},
		{"let the list add List-Id", "リストで List-Id を付けてください"}},
	[SENDER_FOUND_NO_ARC] = {"sender_no_arc", SEVERITY_WARNING, "RFC 8617",
		{"mail of a list without ARC: what the list saw on arrival is lost", "メーリングリストのメールに ARC がありません。リスト到着時の判定が失われます"},
		{"let the list seal what it changes: inkan seal", "リストで変更後に封印してください: inkan seal"}},
	[SENDER_FOUND_ARC_BROKEN] = {"sender_arc_broken", SEVERITY_WARNING, "RFC 8617 section 5.2",
		{"the ARC chain is broken: {0}", "ARC チェーンが壊れています: {0}"},
		{"find what changes mail after the last seal", "最後の封印の後でメールを変更しているものを調べてください"}},
};
const size_t sender_kinds_count = sizeof(sender_kinds) / sizeof(*sender_kinds);

static const struct {
	const char *id;
	struct text text;
} topics[SENDER_TOPICS] = {
	[SENDER_SPF_OR_DKIM] = {"spf_or_dkim", {"SPF or DKIM passes", "SPF または DKIM が合格"}},
	[SENDER_SPF] = {"spf", {"SPF passes", "SPF が合格"}},
	[SENDER_DKIM] = {"dkim", {"DKIM passes", "DKIM が合格"}},
	[SENDER_KEY] = {"dkim_key", {"DKIM key of 1024 bits or more", "DKIM 鍵が 1024 ビット以上"}},
	[SENDER_DMARC] = {"dmarc", {"a DMARC policy is published", "DMARC ポリシーを公開"}},
	[SENDER_ALIGNED] = {"aligned", {"SPF or DKIM is aligned with From", "SPF または DKIM が From と一致"}},
	[SENDER_BOTH_ALIGNED] = {"both_aligned", {"both are aligned with From", "両方が From と一致"}},
	[SENDER_REPORTS] = {"reports", {"DMARC reports have an address", "DMARC レポートの宛先がある"}},
	[SENDER_PTR] = {"ptr", {"the address has a name that leads back", "逆引きと正引きが一致"}},
	[SENDER_TLS] = {"tls", {"sent over TLS", "TLS で送信"}},
	[SENDER_FORMAT] = {"format", {"well-formed by RFC 5322", "RFC 5322 の書式どおり"}},
	[SENDER_AUTHOR] = {"author", {"From is not somebody else's gmail.com", "他人の gmail.com を名乗らない"}},
	[SENDER_UNSUBSCRIBE] = {"one_click", {"one-click unsubscription", "ワンクリック登録解除"}},
	[SENDER_REPLY_TO] = {"reply_to", {"Reply-To can be replied to", "Reply-To に返信できる"}},
	[SENDER_FORWARDED] = {"forwarded", {"lists and forwarders: List-Id, ARC", "リストと転送: List-Id、ARC"}},
	[SENDER_SPAM_RATE] = {"spam_rate", {"complaints below 0.3 % (no message shows that)", "苦情率が 0.3% 未満 (メッセージからは不明)"}},
};

/* clang-format on */

const char *sender_topic_id(enum sender_topic topic)
{
	return topics[topic].id;
}

struct text sender_topic_text(enum sender_topic topic)
{
	return topics[topic].text;
}

const char *sender_receiver_name(enum sender_receiver receiver)
{
	static const char *const names[] = {"gmail", "yahoo", "microsoft"};

	return names[receiver];
}

const char *sender_receiver_title(enum sender_receiver receiver)
{
	static const char *const names[] = {"Gmail", "Yahoo", "Outlook.com"};

	return names[receiver];
}

const char *sender_outcome_name(enum sender_outcome outcome)
{
	static const char *const names[] = {"pass", "not-needed", "unknown", "fail"};

	return names[outcome];
}

const char *sender_strength_name(enum sender_strength strength)
{
	static const char *const names[] = {"advised", "expected", "required"};

	return names[strength];
}

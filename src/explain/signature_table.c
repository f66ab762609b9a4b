/* The texts of the explanations, in English and Japanese. What the names in braces mean is said in explain.h. */
#include "explain/signature.h"

/* The formatter would break sentences in the middle of words. */
/* clang-format off */

#define FACT(en, ja) {CERTAINTY_FACT, {en, ja}}
#define INFERENCE(en, ja) {CERTAINTY_INFERENCE, {en, ja}}
#define BODY_INTACT \
	FACT("The body is the one that was signed: this body gives the signed bh={signed}.", \
	     "本文は署名されたときのままです。この本文から計算したハッシュは、署名の bh={signed} と一致します。")

/* In order: the first row that fits a result explains it, so special rows stand above the general one of their kind. A
 * key that a row does not name fits everything. */
static const struct explanation TABLE[] = {
	/* ---- content changed ---- */
	{
		.kind = INKAN_EXPLAIN_CONTENT_CHANGED,
		.header_verified = true,
		.brief = {"the content was changed after signing", "署名の後で内容 (本文) が変更されています"},
		.why = {
			FACT("The signature was made over bh={signed}; this body gives bh={computed}.",
			     "署名は bh={signed} に対して作られましたが、この本文から計算したハッシュは bh={computed} です。"),
			FACT("The signature itself fits the header and that bh=: {domain} did sign this message, and its "
			     "signed header is untouched. What changed is the body: text or attachments.",
			     "署名そのものはヘッダーと bh= に合っています。つまり {domain} が確かに署名し、署名されたヘッダーは"
			     "元のままです。変わったのは本文 (文面または添付ファイル) です。"),
			INFERENCE("Something on the way rewrote the body. The usual culprits: a footer or disclaimer added by "
				  "a mailing list or gateway, a gateway that swaps attachments for download links, a filter "
				  "that rewrites links, a relay that re-encodes text.",
				  "配送の途中で何かが本文を書き換えました。よくある原因は、メーリングリストやゲートウェイが付け足す"
				  "フッターや免責文、添付ファイルをダウンロード用リンクに差し替えるゲートウェイ、リンクを書き換える"
				  "フィルター、文字の再エンコードをする中継サーバーです。"),
		},
		.fix = {"Let whatever changes the message sign it afterwards with a key of its own for {domain}, or exempt signed "
			"mail from the change.",
			"本文を変更する装置が、変更の後に {domain} 用の自分の鍵で署名するようにするか、署名済みのメールを変更の対象から"
			"外してください。"},
	},

	{
		.kind = INKAN_EXPLAIN_CONTENT_CHANGED,
		.brief = {"content and header were changed after signing", "署名の後で内容 (本文) もヘッダーも変更されています"},
		.why = {
			FACT("The signature was made over bh={signed}; this body gives bh={computed}.",
			     "署名は bh={signed} に対して作られましたが、この本文から計算したハッシュは bh={computed} です。"),
			FACT("The signature does not fit the header either. It covers: {headers}.",
			     "署名はヘッダーとも合いません。署名の対象: {headers}"),
			INFERENCE("Something on the way rewrote the message as a whole, as a mailing list does that adds a tag to "
				  "the subject and a footer to the body; or another key signed.",
				  "配送の途中で何かがメッセージ全体を書き換えました。件名にタグを、本文にフッターを付けるメーリングリスト"
				  "などです。または、別の鍵で署名されています。"),
		},
		.fix = {"Let whatever changes the message sign it afterwards with a key of its own, or exempt signed mail from the "
			"change.",
			"メッセージを変更する装置が、変更の後に自分の鍵で署名するようにするか、署名済みのメールを変更の対象から外して"
			"ください。"},
	},

	/* ---- signed header changed ---- */
	{
		.kind = INKAN_EXPLAIN_HEADER_CHANGED,
		.change = "added",
		.brief = {"a signed header field was added after signing: {header}",
			"署名の後で署名対象のヘッダー {header} が追加されています"},
		.why = {
			BODY_INTACT,
			FACT("Found by trying: without one \"{header}\" field the signature verifies, so that field was added "
			     "after signing.",
			     "試した結果: 「{header}」フィールドを 1 つ取り除くと署名の検証に成功します。そのフィールドは署名の後で"
			     "追加されたものです。"),
		},
		.fix = {"Find what adds \"{header}\" after {domain} has signed, and let it act before signing.",
			"{domain} の署名の後で「{header}」を追加しているものを突き止め、署名の前に処理させてください。"},
	},
	{
		.kind = INKAN_EXPLAIN_HEADER_CHANGED,
		.change = "subject-prefix",
		.brief = {"a signed header field was changed after signing: {header} got a tag in front",
			"署名の後でヘッダー {header} の先頭にタグが付け足されています"},
		.why = {
			BODY_INTACT,
			FACT("Found by trying: without the tag at its start the \"{header}\" field fits the signature.",
			     "試した結果: 「{header}」の先頭のタグを取り除くと署名の検証に成功します。"),
			INFERENCE("A mailing list or gateway put a tag such as [list] or [EXTERNAL] in front of the subject.",
				  "メーリングリストまたはゲートウェイが、件名の前に [list] や [EXTERNAL] のようなタグを付けました。"),
		},
		.fix = {"Switch the subject tag off, or let whoever adds it sign the message afterwards.",
			"件名のタグ付けをやめるか、タグを付ける装置がその後で署名するようにしてください。"},
	},
	{
		.kind = INKAN_EXPLAIN_HEADER_CHANGED,
		.change = "refolded",
		.brief = {"a signed header field was folded anew after signing: {header}",
			"署名の後でヘッダー {header} の折り返しや空白が変わっています"},
		.why = {
			BODY_INTACT,
			FACT("Found by trying: the \"{header}\" field differs from the signed one in line breaks or spaces only; "
			     "the signature covers them because it uses {canonicalization}.",
			     "試した結果: 「{header}」は改行や空白だけが署名時と違います。この署名は {canonicalization} を使うため、"
			     "それも署名の対象です。"),
		},
		.fix = {"Sign with relaxed header canonicalization: it tolerates refolding.",
			"ヘッダーの正規化に relaxed を使って署名してください。折り返しの違いは許容されます。"},
	},
	{
		.kind = INKAN_EXPLAIN_HEADER_CHANGED,
		.change = "reordered",
		.brief = {"signed header fields of one name changed places after signing: {header}",
			"署名の後で同じ名前のヘッダー {header} の順序が入れ替わっています"},
		.why = {
			BODY_INTACT,
			FACT("Found by trying: with the \"{header}\" fields in another order the signature verifies.",
			     "試した結果: 「{header}」フィールドの順序を入れ替えると署名の検証に成功します。"),
		},
		.fix = {"Find what reorders \"{header}\" after signing, or leave that field out of the signature.",
			"署名の後で「{header}」を並べ替えているものを突き止めるか、そのフィールドを署名の対象から外してください。"},
	},
	{
		.kind = INKAN_EXPLAIN_HEADER_CHANGED,
		.change = "changed",
		.brief = {"a signed header field was changed after signing: {header}",
			"署名の後で署名対象のヘッダー {header} が変更されています"},
		.why = {
			BODY_INTACT,
			FACT("Found by trying: the field that no longer fits the signature is \"{header}\".",
			     "試した結果: 署名に合わなくなったのは「{header}」フィールドです。"),
		},
		.fix = {"Find what rewrites \"{header}\" after {domain} has signed, and let it act before signing.",
			"{domain} の署名の後で「{header}」を書き換えているものを突き止め、署名の前に処理させてください。"},
	},
	{
		.kind = INKAN_EXPLAIN_HEADER_CHANGED,
		.brief = {"a signed header field was changed after signing", "署名の後で署名対象のヘッダーが変更されています"},
		.why = {
			BODY_INTACT,
			FACT("The signature does not fit the header. It covers: {headers}.",
			     "署名がヘッダーと合いません。署名の対象: {headers}"),
			INFERENCE("One of these fields was changed, added or removed after signing; trying each of them did not "
				  "show which.",
				  "これらのどれかが署名の後で変更、追加または削除されました。1 つずつ試しましたが、どれであるかは"
				  "特定できませんでした。"),
		},
		.fix = {"Compare the fields listed above with a copy that has not passed the gateway or list.",
			"上に挙げたフィールドを、ゲートウェイやメーリングリストを通る前の控えと比べてください。"},
	},

	/* ---- key problem ---- */
	{
		.kind = INKAN_EXPLAIN_KEY_PROBLEM,
		.cause = INKAN_DKIM_KEY_MISSING,
		.brief = {"the public key is not in DNS", "公開鍵が DNS にありません"},
		.why = {
			FACT("There is no key record at {key_name}.", "{key_name} に鍵レコードがありません。"),
			INFERENCE("The record was never published, was deleted while mail signed with it was still on its way, "
				  "or the signer uses a wrong selector or domain.",
				  "レコードがまだ公開されていないか、署名済みのメールが届く前に削除されたか、署名側のセレクターまたは"
				  "ドメインの設定が間違っています。"),
		},
		.fix = {"Publish the TXT record {key_name} with the public half of the key that signs as selector {selector}.",
			"セレクター {selector} で署名している鍵の公開鍵を、TXT レコード {key_name} として公開してください。"},
	},
	{
		.kind = INKAN_EXPLAIN_KEY_PROBLEM,
		.cause = INKAN_DKIM_KEY_REVOKED,
		.brief = {"the key was revoked", "鍵は失効しています"},
		.why = {
			FACT("The key record at {key_name} has an empty p=: its owner has revoked the key.",
			     "{key_name} の鍵レコードの p= が空です。所有者がこの鍵を失効させています。"),
		},
		.fix = {"Sign with a key that is in force. If the revocation was early, mail signed before it cannot be verified any "
			"more: keep old keys published for a week after their last use.",
			"有効な鍵で署名してください。失効が早すぎると、それ以前に署名されたメールも検証できなくなります。古い鍵は最後に"
			"使ってから 1 週間は公開しておいてください。"},
	},
	{
		.kind = INKAN_EXPLAIN_KEY_PROBLEM,
		.cause = INKAN_DKIM_KEY_SYNTAX,
		.brief = {"the key record cannot be read", "鍵レコードを読み取れません"},
		.why = {
			FACT("The record at {key_name} is not a usable key record: {reason}.",
			     "{key_name} のレコードは鍵レコードとして使えません: {reason}"),
			INFERENCE("Typical slips: a line break, quote or space pasted into p=, a record cut at 255 characters, "
				  "or a wildcard record that answers for every name.",
				  "よくある間違いは、p= への改行・引用符・空白の混入、255 文字での切り捨て、すべての名前に答える"
				  "ワイルドカードレコードです。"),
		},
		.fix = {"Publish the record {key_name} anew, copied whole.", "レコード {key_name} を、欠けのないようにコピーして公開し直してください。"},
	},
	{
		.kind = INKAN_EXPLAIN_KEY_PROBLEM,
		.fault = DKIM_FAULT_KEY_TOO_SHORT,
		.brief = {"the key is too short", "鍵が短すぎます"},
		.why = {
			FACT("The key at {key_name} has {bits} bits; {section} forbids verifiers to accept fewer than 1024, "
			     "whatever it signed.",
			     "{key_name} の鍵は {bits} ビットです。1024 ビット未満の鍵を検証側が受け入れることは {section} で禁じられて"
			     "います。"),
		},
		.fix = {"Sign with RSA of 2048 bits or with Ed25519. To judge old archives by the rules of their time, give "
			"--allow-legacy.",
			"2048 ビットの RSA または Ed25519 で署名してください。古い保存メールを当時の規則で判定するには --allow-legacy を指定"
			"してください。"},
	},
	{
		.kind = INKAN_EXPLAIN_KEY_PROBLEM,
		.cause = INKAN_DKIM_KEY_UNUSABLE,
		.brief = {"the key may not be used for this signature", "鍵はこの署名に使えません"},
		.why = {
			FACT("The key record at {key_name} does not allow this signature: {reason}.",
			     "{key_name} の鍵レコードは、この署名への使用を認めていません: {reason}"),
		},
		.fix = {"Sign with a key of the right kind and size, or mend the k=, h=, s= or t= tag of the record.",
			"適切な種類と長さの鍵で署名するか、レコードの k=、h=、s=、t= タグを直してください。"},
	},
	{
		.kind = INKAN_EXPLAIN_KEY_PROBLEM,
		.cause = INKAN_DKIM_SIGNATURE_MISMATCH,
		.brief = {"the signature was made with another key than the published one", "公開されている鍵とは別の鍵で署名されています"},
		.why = {
			FACT("The key at {key_name} ({bits} bits) did not make this signature.",
			     "{key_name} の鍵 ({bits} ビット) で作られた署名ではありません。"),
			INFERENCE("The key in DNS and the key of the signer differ, as after a rotation that was done on one "
				  "side only; or somebody forged the signature.",
				  "DNS の鍵と署名側の鍵が食い違っています。片側だけで鍵を更新した場合に起こります。または、署名が偽造"
				  "されています。"),
		},
		.fix = {"Publish the public half of the key that signs, or sign with the key that is published.",
			"署名に使っている鍵の公開鍵を公開するか、公開している鍵で署名してください。"},
	},
	{
		.kind = INKAN_EXPLAIN_KEY_PROBLEM,
		.brief = {"there is a problem with the key", "鍵に問題があります"},
		.why = {
			FACT("The key at {key_name} cannot be used: {reason}.", "{key_name} の鍵を使えません: {reason}"),
		},
		.fix = {"Compare the record {key_name} with the key of the signer.",
			"レコード {key_name} と署名側の鍵を見比べてください。"},
	},

	/* ---- receiver policy ---- */
	{
		.kind = INKAN_EXPLAIN_RECEIVER_POLICY,
		.fault = DKIM_FAULT_EXPIRED,
		.brief = {"the signature has expired", "署名の有効期限が切れています"},
		.why = {
			FACT("The signature was valid until {expiration} (x=); the time of judgement is later.",
			     "署名の有効期限は {expiration} (x=) で、判定の時刻はそれより後です。"),
		},
		.fix = {"To judge an old message as of its arrival, give --at TIME. Signers: leave days, not hours, for slow "
			"delivery.",
			"古いメールを受信時点で判定するには --at TIME を指定してください。署名側は、配送の遅れを見込んで、数時間ではなく数日の"
			"余裕を持たせてください。"},
	},
	{
		.kind = INKAN_EXPLAIN_RECEIVER_POLICY,
		.fault = DKIM_FAULT_FUTURE,
		.brief = {"the signature is dated in the future", "署名の日時が未来になっています"},
		.why = {
			FACT("The signature was made at {timestamp} (t=), which is later than the time of judgement.",
			     "署名の日時は {timestamp} (t=) で、判定の時刻より後です。"),
			INFERENCE("The clock of the signer or of this machine is wrong.",
				  "署名側またはこのマシンの時計がずれています。"),
		},
		.fix = {"Set both clocks by NTP. To judge as of another time, give --at TIME.",
			"両方の時計を NTP で合わせてください。別の時刻で判定するには --at TIME を指定してください。"},
	},
	{
		.kind = INKAN_EXPLAIN_RECEIVER_POLICY,
		.fault = DKIM_FAULT_SHA1,
		.brief = {"the signature uses SHA-1, which nobody may accept any more",
			  "署名に、今では受け入れてはならない SHA-1 が使われています"},
		.why = {
			FACT("The algorithm is {algorithm}; {section} forbids verifiers to accept it, whether or not the "
			     "message is intact.",
			     "アルゴリズムは {algorithm} です。メッセージに変更がなくても、検証側が受け入れることは {section} で"
			     "禁じられています。"),
		},
		.fix = {"Sign with rsa-sha256. To judge old archives by the rules of their time, give --allow-legacy.",
			"rsa-sha256 で署名してください。古い保存メールを当時の規則で判定するには --allow-legacy を指定してください。"},
	},
	{
		.kind = INKAN_EXPLAIN_RECEIVER_POLICY,
		.fault = DKIM_FAULT_PARTIAL_BODY,
		.brief = {"a part of the body is not signed", "本文の一部が署名されていません"},
		.why = {
			FACT("The signature covers the first {body_length} octets of the body (l=); it has {body_size}. What "
			     "follows could have been added by anybody.",
			     "署名の対象は本文の先頭 {body_length} オクテットだけですが (l=)、本文は {body_size} オクテットあります。残りは"
			     "誰でも付け足せます。"),
			INFERENCE("A mailing list added a footer, or somebody put content of his own behind a signed message.",
				  "メーリングリストがフッターを付け足したか、誰かが署名済みメッセージの後ろに独自の内容を付け加えました。"),
		},
		.fix = {"Sign without l=. To honour l= as {section} permits, give --allow-partial-body.",
			"l= を付けずに署名してください。{section} の認めるとおり l= に従って判定するには --allow-partial-body を指定してください。"},
	},
	{
		.kind = INKAN_EXPLAIN_RECEIVER_POLICY,
		.fault = DKIM_FAULT_PUBLIC_SUFFIX,
		.brief = {"the signing domain is a public suffix", "署名ドメインがパブリックサフィックスです"},
		.why = {
			FACT("d={domain} is a name under which anybody can register: nobody can sign for it.",
			     "d={domain} は誰でもその下に登録できる名前なので、その名で署名できる人はいません。"),
		},
		.fix = {"Sign with d= at the domain that was registered.", "登録したドメインを d= に指定して署名してください。"},
	},
	{
		.kind = INKAN_EXPLAIN_RECEIVER_POLICY,
		.fault = DKIM_FAULT_TOO_MANY_SIGNATURES,
		.brief = {"there are too many signatures", "署名の数が多すぎます"},
		.why = {
			FACT("The message carries more signatures than are evaluated; this one stands below the limit.",
			     "メッセージの署名が評価する数の上限を超えており、この署名は上限より後にあります。"),
		},
		.fix = {"Find what signs the message again and again.", "何度も署名しているものを突き止めてください。"},
	},
	{
		.kind = INKAN_EXPLAIN_RECEIVER_POLICY,
		.brief = {"refused by a rule of the receiver", "受信側の規則で拒否されています"},
		.why = {
			FACT("The signature is not accepted, whether or not it is intact: {reason}.",
			     "署名が壊れていなくても受け入れられません: {reason}"),
		},
		.fix = {"See {section}.", "{section} を参照してください。"},
	},

	/* ---- the rest ---- */
	{
		.kind = INKAN_EXPLAIN_SIGNATURE_FIELD,
		.cause = INKAN_DKIM_UNSUPPORTED,
		.brief = {"the signature is of an unknown kind", "署名の方式が未知のものです"},
		.why = {
			FACT("The DKIM-Signature field asks for something that no standard defines: {reason}.",
			     "DKIM-Signature フィールドが、標準にない方式を指定しています: {reason}"),
		},
		.fix = {"Signers: rsa-sha256 or ed25519-sha256, simple or relaxed.",
			"署名側は rsa-sha256 または ed25519-sha256 と、simple または relaxed を使ってください。"},
	},
	{
		.kind = INKAN_EXPLAIN_SIGNATURE_FIELD,
		.brief = {"the DKIM-Signature field is malformed", "DKIM-Signature フィールドの書式が不正です"},
		.why = {
			FACT("The DKIM-Signature field cannot be used as it is: {reason}.",
			     "DKIM-Signature フィールドはこのままでは使えません: {reason}"),
			INFERENCE("The signer wrote it wrongly, or something on the way cut or rewrote it.",
				  "署名側が誤って書いたか、配送の途中で切り詰められたか書き換えられました。"),
		},
		.fix = {"Compare the field with a copy as it left the signer.", "フィールドを、署名直後の控えと見比べてください。"},
	},
	{
		.kind = INKAN_EXPLAIN_DNS,
		.brief = {"the public key could not be fetched", "公開鍵を取得できませんでした"},
		.why = {
			FACT("DNS gave no answer for {key_name}: {reason}. Nothing is known about the signature yet.",
			     "{key_name} について DNS から応答が得られませんでした: {reason}。署名についてはまだ何もわかりません。"),
		},
		.fix = {"Try again later, or ask another server with --resolver.",
			"後でもう一度試すか、--resolver で別のサーバーに問い合わせてください。"},
	},
};

/* The reasons in Japanese; the English ones are those of the engine. */
static const char *const REASONS_JA[DKIM_FAULT_COUNT] = {
	[DKIM_FAULT_NONE] = "",
	[DKIM_FAULT_FIELD_SIZE] = "署名フィールドが 65536 オクテットを超えています",
	[DKIM_FAULT_TAG_LIST] = "署名フィールドがタグの並びになっていません",
	[DKIM_FAULT_DUPLICATE_TAG] = "同じタグが 2 回あります",
	[DKIM_FAULT_MISSING_TAG] = "必須のタグがありません",
	[DKIM_FAULT_VERSION] = "v= が 1 ではありません",
	[DKIM_FAULT_ALGORITHM] = "署名アルゴリズムが未知のものです",
	[DKIM_FAULT_CANONICALIZATION] = "正規化の方式が未知のものです",
	[DKIM_FAULT_QUERY_METHOD] = "鍵の問い合わせ方法が未知のものです",
	[DKIM_FAULT_LENGTH_SYNTAX] = "l= が数ではありません",
	[DKIM_FAULT_TIME_SYNTAX] = "t= または x= が数ではありません",
	[DKIM_FAULT_EXPIRATION_ORDER] = "x= が t= より後になっていません",
	[DKIM_FAULT_TOO_MANY_NAMES] = "h= の名前が 1000 個を超えています",
	[DKIM_FAULT_FROM_UNSIGNED] = "From が署名されていません",
	[DKIM_FAULT_DOMAIN] = "d= がドメイン名ではありません",
	[DKIM_FAULT_SELECTOR] = "s= がセレクターではありません",
	[DKIM_FAULT_AUID] = "i= が d= またはその下にありません",
	[DKIM_FAULT_BODY_HASH_SYNTAX] = "bh= がこのアルゴリズムのハッシュではありません",
	[DKIM_FAULT_SIGNATURE_SYNTAX] = "b= が base64 ではありません",
	[DKIM_FAULT_LENGTH_BEYOND_BODY] = "l= が本文より長くなっています",
	[DKIM_FAULT_SHA1] = "rsa-sha1 は受け入れられません",
	[DKIM_FAULT_EXPIRED] = "署名の有効期限が切れています",
	[DKIM_FAULT_FUTURE] = "署名の日時が未来になっています",
	[DKIM_FAULT_TOO_MANY_SIGNATURES] = "署名が多すぎるため評価していません",
	[DKIM_FAULT_PARTIAL_BODY] = "l= のため本文の一部が署名されていません",
	[DKIM_FAULT_PUBLIC_SUFFIX] = "d= がパブリックサフィックスです",
	[DKIM_FAULT_DNS_SERVFAIL] = "サーバーの障害",
	[DKIM_FAULT_DNS_TIMEOUT] = "時間内に応答なし",
	[DKIM_FAULT_DNS_BOGUS] = "DNSSEC の検証に失敗",
	[DKIM_FAULT_DNS_LOOP] = "CNAME が終わりなく続いている",
	[DKIM_FAULT_KEY_MISSING] = "署名の鍵がありません",
	[DKIM_FAULT_KEY_TAG_LIST] = "鍵レコードがタグの並びになっていません",
	[DKIM_FAULT_KEY_SIZE] = "鍵レコードが 8192 オクテットを超えています",
	[DKIM_FAULT_KEY_VERSION] = "鍵レコードの v= が誤っているか、先頭にありません",
	[DKIM_FAULT_KEY_NO_P] = "鍵レコードに p= がありません",
	[DKIM_FAULT_KEY_REVOKED] = "鍵は失効しています",
	[DKIM_FAULT_KEY_TYPE] = "鍵の種類が未知のものです",
	[DKIM_FAULT_KEY_BASE64] = "公開鍵が base64 ではありません",
	[DKIM_FAULT_KEY_ENCODING] = "公開鍵として読み取れません",
	[DKIM_FAULT_KEY_TOO_LONG] = "鍵が 8192 ビットを超えています",
	[DKIM_FAULT_KEY_WEAK] = "鍵のパラメーターが安全ではありません",
	[DKIM_FAULT_KEY_TOO_SHORT] = "鍵が短すぎます",
	[DKIM_FAULT_KEY_ALGORITHM] = "鍵の種類が署名アルゴリズムと合いません",
	[DKIM_FAULT_KEY_HASH] = "鍵レコードがこのハッシュアルゴリズムを認めていません",
	[DKIM_FAULT_KEY_SERVICE] = "鍵レコードがメール用ではありません",
	[DKIM_FAULT_KEY_STRICT] = "鍵レコードの t=s により、i= にサブドメインは使えません",
	[DKIM_FAULT_BODY_CHANGED] = "本文のハッシュが一致しません",
	[DKIM_FAULT_HEADER_CHANGED] = "署名がヘッダーと一致しません",
	[DKIM_FAULT_OTHER_KEY] = "公開されている鍵で作られた署名ではありません",
};

/* clang-format on */

const struct explanation *explain_table(size_t *count_out)
{
	*count_out = sizeof(TABLE) / sizeof *TABLE;
	return TABLE;
}

const char *explain_reason_ja(enum dkim_fault_id fault)
{
	return REASONS_JA[fault];
}

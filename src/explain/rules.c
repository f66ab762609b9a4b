/* The sentences of WHY and FIX, in English and Japanese, and when each is said. What the names in braces mean is said in
 * facts.h and signature.h. */
#include "explain/statements.h"
#include "spf/fault.h"

/* ---- when ---- */

static bool is_reason(const struct facts *f, enum inkan_verdict_reason reason)
{
	return f->v->reason == reason;
}

static bool has_no_author(const struct facts *f)
{
	return is_reason(f, INKAN_NO_AUTHOR);
}

static bool has_several_authors(const struct facts *f)
{
	return is_reason(f, INKAN_SEVERAL_AUTHORS);
}

static bool is_from_private_address(const struct facts *f)
{
	return is_reason(f, INKAN_FROM_PRIVATE_ADDRESS);
}

static bool is_from_trusted_gateway(const struct facts *f)
{
	return f->request->session && f->request->session->trusted_gateway;
}

static bool is_inside_one_organization(const struct facts *f)
{
	return is_reason(f, INKAN_INSIDE_ONE_ORGANIZATION);
}

static bool is_session_from_received(const struct facts *f)
{
	return f->request->session_from_received && f->request->session && f->request->session->ip;
}

static bool always(const struct facts *f)
{
	(void)f;
	return true;
}

/* Whether it is known what is aligned: there is an author, and DMARC was asked. */
static bool knows_alignment(const struct facts *f)
{
	return facts_know_alignment(f->request);
}

static bool is_aligned_pass(const struct inkan_dkim_result *signature)
{
	return signature->result == INKAN_PASS && signature->aligned;
}

/* Whether all that DMARC can count of DKIM is Ed25519, which not every receiver can verify. */
static bool is_ed25519_alone(const struct facts *f)
{
	size_t count = 0;

	for (size_t i = 0; i < f->v->dkim_count; i++) {
		if (!is_aligned_pass(&f->v->dkim[i]))
			continue;
		if (strcmp(f->v->dkim[i].algorithm, "ed25519-sha256") != 0)
			return false;
		count++;
	}
	return count > 0;
}

static bool has_repeated(const struct facts *f)
{
	return f->v->repeated_count > 0;
}

/* ---- signatures ---- */

static bool passes(const struct facts *f)
{
	return f->signature->result == INKAN_PASS;
}

static bool was_changed(const struct facts *f)
{
	return f->signature->explanation == INKAN_EXPLAIN_CONTENT_CHANGED ||
	       f->signature->explanation == INKAN_EXPLAIN_HEADER_CHANGED;
}

static size_t changer_count(const struct facts *f)
{
	size_t first, count;

	facts_changers(f, &first, &count);
	return count;
}

static bool is_first_of_changed(const struct facts *f)
{
	struct facts other = *f;

	for (size_t i = 0; i < f->signature_index; i++) {
		other.signature = &f->v->dkim[i];
		if (was_changed(&other))
			return false;
	}
	return was_changed(f);
}

static bool changed_on_the_way(const struct facts *f)
{
	return is_first_of_changed(f) && changer_count(f) > 0;
}

/* Another signature of the author passes: whoever changed the message signed it again, or signs it as the last. */
static bool is_signed_again(const struct facts *f)
{
	return f->v->dkim_leg == INKAN_LEG_ALIGNED;
}

static bool body_changed_on_the_way(const struct facts *f)
{
	return changed_on_the_way(f) && !is_signed_again(f) &&
	       f->signature->explanation == INKAN_EXPLAIN_CONTENT_CHANGED;
}

static bool header_changed_on_the_way(const struct facts *f)
{
	return changed_on_the_way(f) && !is_signed_again(f) &&
	       f->signature->explanation == INKAN_EXPLAIN_HEADER_CHANGED;
}

static bool changed_and_signed(const struct facts *f)
{
	return changed_on_the_way(f) && is_signed_again(f);
}

static bool changed_nowhere(const struct facts *f)
{
	return is_first_of_changed(f) && changer_count(f) == 0;
}

/* The mend that the gateway case calls for: the author's own signature broke on the way, and no other one is aligned. */
static bool lacks_gateway_key(const struct facts *f)
{
	return changed_on_the_way(f) && f->signature->aligned && !is_signed_again(f);
}

static bool would_show_more(const struct facts *f)
{
	return is_first_of_changed(f) && !is_signed_again(f) &&
	       f->signature->explanation == INKAN_EXPLAIN_CONTENT_CHANGED;
}

static bool is_leftover(const struct facts *f)
{
	return !passes(f) && f->v->dkim_leg == INKAN_LEG_ALIGNED && f->signature->domain[0];
}

static bool is_author_signature(const struct facts *f)
{
	return passes(f) && f->signature->aligned;
}

static bool is_third_party(const struct facts *f)
{
	return knows_alignment(f) && passes(f) && !f->signature->aligned;
}

static bool is_third_party_alone(const struct facts *f)
{
	return is_third_party(f) && f->v->dkim_leg != INKAN_LEG_ALIGNED;
}

static bool is_broken_third_party(const struct facts *f)
{
	return knows_alignment(f) && !passes(f) && !f->signature->aligned && f->signature->domain[0] &&
	       f->v->dkim_leg != INKAN_LEG_ALIGNED;
}

static bool is_partial(const struct facts *f)
{
	return passes(f) && f->signature->body_length >= 0 &&
	       (uint64_t)f->signature->body_length < f->signature->body_size;
}

static bool is_testing_key(const struct facts *f)
{
	return f->signature->testing;
}

static bool is_not_signed(const struct facts *f)
{
	return f->v->dkim_count == 0;
}

/* ---- SPF ---- */

static bool spf_unchecked(const struct facts *f)
{
	return f->v->spf_leg == INKAN_LEG_UNCHECKED && !is_from_trusted_gateway(f) &&
	       f->spf->identity == INKAN_SPF_NOT_CHECKED;
}

static bool spf_helo_only(const struct facts *f)
{
	return f->v->spf_leg == INKAN_LEG_UNCHECKED && f->spf->identity == INKAN_SPF_HELO;
}

static bool spf_is(const struct facts *f, enum inkan_result result)
{
	return f->v->spf_leg != INKAN_LEG_UNCHECKED && f->spf->result == result;
}

static bool spf_pass(const struct facts *f)
{
	return spf_is(f, INKAN_PASS);
}

static bool spf_pass_not_aligned(const struct facts *f)
{
	return spf_pass(f) && knows_alignment(f) && !f->v->spf_aligned;
}

static bool spf_fail(const struct facts *f)
{
	return spf_is(f, INKAN_FAIL);
}

static bool spf_explained(const struct facts *f)
{
	return spf_fail(f) && f->spf->explanation[0];
}

static bool spf_softfail(const struct facts *f)
{
	return spf_is(f, INKAN_SOFTFAIL);
}

static bool spf_neutral_by_term(const struct facts *f)
{
	return spf_is(f, INKAN_NEUTRAL) && f->spf->mechanism[0];
}

static bool spf_neutral(const struct facts *f)
{
	return spf_is(f, INKAN_NEUTRAL) && !f->spf->mechanism[0];
}

static bool spf_not_authorized(const struct facts *f)
{
	return f->v->spf_aligned && (spf_fail(f) || spf_softfail(f) || spf_is(f, INKAN_NEUTRAL));
}

static bool spf_none(const struct facts *f)
{
	return spf_is(f, INKAN_NONE) && f->spf->domain[0];
}

/* The null sender without a HELO name, or a MAIL FROM that holds no domain. */
static bool spf_without_domain(const struct facts *f)
{
	return spf_is(f, INKAN_NONE) && !f->spf->domain[0];
}

static bool spf_too_many(const struct facts *f)
{
	return spf_is(f, INKAN_PERMERROR) && strncmp(f->spf->reason, spf_fault(SPF_FAULT_TOO_MANY_LOOKUPS)->text,
	                                             strlen(spf_fault(SPF_FAULT_TOO_MANY_LOOKUPS)->text)) == 0;
}

static bool spf_permerror(const struct facts *f)
{
	return spf_is(f, INKAN_PERMERROR) && !spf_too_many(f);
}

static bool spf_temperror(const struct facts *f)
{
	return spf_is(f, INKAN_TEMPERROR);
}

/* ---- DMARC ---- */

static bool has_policy(const struct facts *f)
{
	return f->dmarc->record[0] && f->dmarc->policy_domain[0];
}

static bool has_no_policy(const struct facts *f)
{
	return f->v->from_domain[0] && !has_policy(f) && f->dmarc->result == INKAN_NONE && f->dmarc->step_count;
}

static bool is_monitoring(const struct facts *f)
{
	return has_policy(f) && f->dmarc->policy == INKAN_POLICY_NONE;
}

static bool is_testing_policy(const struct facts *f)
{
	return has_policy(f) && f->dmarc->testing;
}

static bool is_sampled_out(const struct facts *f)
{
	return has_policy(f) && f->dmarc->sampled_out;
}

static bool dmarc_failed(const struct facts *f)
{
	return has_policy(f) && f->dmarc->result == INKAN_FAIL;
}

static bool applies(const struct facts *f, enum inkan_dmarc_policy disposition)
{
	return dmarc_failed(f) && f->v->override == INKAN_OVERRIDE_NONE && f->dmarc->disposition == disposition;
}

static bool applies_reject(const struct facts *f)
{
	return applies(f, INKAN_POLICY_REJECT);
}

static bool applies_quarantine(const struct facts *f)
{
	return applies(f, INKAN_POLICY_QUARANTINE);
}

static bool applies_none(const struct facts *f)
{
	return applies(f, INKAN_POLICY_NONE);
}

static bool applied_otherwise(const struct facts *f)
{
	return dmarc_failed(f) && f->v->override != INKAN_OVERRIDE_NONE;
}

static bool dmarc_undecided(const struct facts *f)
{
	return f->dmarc->result == INKAN_TEMPERROR;
}

/* ---- ARC ---- */

static bool arc_failed(const struct facts *f)
{
	return f->arc->result == INKAN_FAIL;
}

/* The set says that a signature passed which is broken here. */
static bool saw_signature_pass(const struct facts *f)
{
	if (f->arc->result != INKAN_PASS || !f->set->recorded_dkim_domain[0])
		return false;
	for (size_t i = 0; i < f->v->dkim_count; i++)
		if (f->v->dkim[i].result == INKAN_FAIL &&
		    strcmp(f->v->dkim[i].domain, f->set->recorded_dkim_domain) == 0)
			return true;
	return false;
}

static bool trusted_saw_pass(const struct facts *f)
{
	return saw_signature_pass(f) && f->set->trusted;
}

static bool stranger_saw_pass(const struct facts *f)
{
	return saw_signature_pass(f) && !f->set->trusted;
}

/* Some sealer is not trusted, and a set says that a signature passed which is broken here. */
static bool lacks_trust(const struct facts *f)
{
	struct facts each = *f;
	bool saw = false, strange = false;

	for (size_t i = 0; i < f->arc->listed_sets; i++) {
		each.set = &f->arc->sets[i];
		saw |= saw_signature_pass(&each);
		strange |= !each.set->trusted;
	}
	return saw && strange;
}

static bool is_trusted_in_part(const struct facts *f)
{
	bool trusted = false;

	for (size_t i = 0; i < f->arc->listed_sets; i++)
		trusted |= f->arc->sets[i].trusted;
	return trusted && lacks_trust(f);
}

static bool sealed(const struct facts *f)
{
	return f->arc->result == INKAN_PASS && !saw_signature_pass(f) && f->set->results[0];
}

static bool arc_unchanged(const struct facts *f)
{
	return f->arc->result == INKAN_PASS && f->arc->oldest_pass == 0;
}

static bool arc_changed(const struct facts *f)
{
	return f->arc->result == INKAN_PASS && f->arc->oldest_pass > 1;
}

/* ---- the table ---- */

/* The formatter would break sentences in the middle of words. */
/* clang-format off */

#define SAYS_NOTHING {"", ""}
#define FACT CERTAINTY_FACT
#define INFERENCE CERTAINTY_INFERENCE

static const struct rule RULES[] = {
	/* ---- the message as a whole ---- */
	{"no_author", SCOPE_MESSAGE, FACT, has_no_author,
		{"DMARC asks the domain of the one author in From (RFC 5322 wants exactly one such field), but: {dmarc_reason}.",
		 "DMARC は From フィールド (RFC 5322 によりちょうど 1 つ必要) の差出人のドメインに問い合わせますが、{dmarc_reason}"},
		{"Let whatever makes the message write one From field with one complete address.",
		 "メッセージを作るものが、完全なアドレスを持つ From フィールドを 1 つだけ書くようにしてください。"}},
	{"several_authors", SCOPE_MESSAGE, FACT, has_several_authors,
		{"{dmarc_reason}: readers and checks may each take another one for the author, so receivers refuse such mail.",
		 "{dmarc_reason}。読む人と検査とで別の差出人を見ることになりかねないため、受信側はこのようなメールを拒否します。"},
		{"Write one From field with one author; name further ones in Sender or in the text.",
		 "From フィールドは 1 つ、差出人は 1 人にし、ほかの人は Sender や本文に書いてください。"}},
	{"private_address", SCOPE_MESSAGE, FACT, is_from_private_address,
		{"{ip} is an address of a private network: no receiver outside sees the message come from there, and none would judge it "
		 "like this.",
		 "{ip} はプライベートネットワークのアドレスです。外部の受信側にはここからメールが届くことはないため、同じ判定にはなりません。"},
		{"Send the test to a mailbox outside your own network and judge the copy that arrives there, or give the address that the "
		 "outside world sees with --ip.",
		 "自分のネットワークの外にあるメールボックスへテストメールを送り、そこに届いたものを判定してください。または、外から見える"
		 "アドレスを --ip で指定してください。"}},
	{"trusted_gateway", SCOPE_MESSAGE, FACT, is_from_trusted_gateway,
		{"{ip} is a trusted gateway of this receiver: its address says nothing about the author, so SPF and DMARC are not checked "
		 "(RFC 7208 section 9.2). DKIM and ARC are.",
		 "{ip} はこの受信側の信頼するゲートウェイです。このアドレスからは差出人について何もわからないので、SPF と DMARC は検査しません (RFC 7208 第 9.2 節)。DKIM と ARC は検査します。"},
		{"Judge a copy that reached a mailbox outside without that gateway.",
		 "そのゲートウェイを通らずに外部のメールボックスに届いたものを判定してください。"}},
	{"one_organization", SCOPE_MESSAGE, FACT, is_inside_one_organization,
		{"Microsoft 365 marked the message as internal; it neither signs such mail nor checks it (dkim=none, dmarc=none).",
		 "Microsoft 365 が組織内のメールとして印を付けています。このようなメールには署名も検査も行われません (dkim=none、dmarc=none)。"},
		{"Send the test to a mailbox of another organisation.", "別の組織のメールボックスへテストメールを送ってください。"}},
	{"setting", SCOPE_SETTING, FACT, always,
		{"A setting of the mail service shows in the header: {setting}", "ヘッダーにメールサービスの設定の跡があります: {setting}"},
		SAYS_NOTHING},
	{"repeated_field", SCOPE_REPEATED, FACT, always,
		{"The message has {fields} {repeated} fields, the signature covers {covered}: which one a reader sees is not proven (RFC "
		 "6376 section 8.15).",
		 "{repeated} フィールドが {fields} 個ありますが、署名の対象は {covered} 個です。読む人に見えるものが署名されたものとは限り"
		 "ません (RFC 6376 第 8.15 節)。"},
		SAYS_NOTHING},

	/* ---- signatures ---- */
	{"explanation", SCOPE_EXPLANATION, FACT, always, SAYS_NOTHING, SAYS_NOTHING},
	{"changed_where", SCOPE_SIGNATURE, FACT, changed_on_the_way,
		{"By the Received fields above the signature, the message passed through {changers} after {domain} had signed it at "
		 "{signer}.",
		 "署名より上にある Received フィールドによると、{domain} が {signer} で署名した後、メッセージは {changers} を通っています。"}, SAYS_NOTHING},
	{"changed_by_gateway", SCOPE_SIGNATURE, INFERENCE, body_changed_on_the_way,
		{"{one_of_changers} rewrote the body, as a gateway does that replaces attachments by links or adds a footer, after {domain} had "
		 "signed, and did not sign again.",
		 "{domain} の署名の後で、{one_of_changers}が本文を書き換え (添付ファイルをリンクに差し替える、フッターを付けるなど)、署名し直して"
		 "いません。"}, SAYS_NOTHING},
	{"header_changed_by_gateway", SCOPE_SIGNATURE, INFERENCE, header_changed_on_the_way,
		{"{one_of_changers} changed the header after {domain} had signed, and did not sign again.",
		 "{domain} の署名の後で、{one_of_changers}がヘッダーを変更し、署名し直していません。"}, SAYS_NOTHING},
	{"changed_and_signed", SCOPE_SIGNATURE, INFERENCE, changed_and_signed,
		{"{one_of_changers} changed the message after {domain} had signed, and the signature that passes was made after that change, as it "
		 "should be.",
		 "{domain} の署名の後で {one_of_changers}がメッセージを変更し、合格した署名はその後で作られています。これが正しいやり方です。"}, SAYS_NOTHING},
	{"changed_nowhere", SCOPE_SIGNATURE, INFERENCE, changed_nowhere,
		{"No other host shows above the signature: the change happened in the signing system itself after signing, in the "
		 "receiving one, or when the message was saved.",
		 "署名より上にほかのホストの跡がありません。変更は、署名した側の内部で署名の後に起きたか、受信側で起きたか、メッセージを保存した"
		 "ときに起きました。"}, SAYS_NOTHING},
	{"gateway_key", SCOPE_SIGNATURE, FACT, lacks_gateway_key, SAYS_NOTHING,
		{"Give the gateway its own key: “inkan key generate --domain {from_domain} --selector gateway --out gateway.pem”, publish "
		 "the record that it prints, and let the gateway sign after its last change (as “inkan sign --domain {from_domain} "
		 "--selector gateway --key gateway.pem” does). The key of the mail service stays as it is. Proved when a message that the "
		 "gateway changes and one that it leaves alone both pass.",
		 "ゲートウェイ専用の鍵を用意してください。「inkan key generate --domain {from_domain} --selector gateway --out gateway.pem」"
		 "で作り、表示されたレコードを公開し、ゲートウェイが最後の変更の後で署名するようにします (「inkan sign --domain {from_domain} "
		 "--selector gateway --key gateway.pem」と同じことです)。メールサービスの鍵はそのままで構いません。ゲートウェイが"
		 "変更するメールと変更しないメールの両方が合格すれば完了です。"}},
	{"original_needed", SCOPE_SIGNATURE, FACT, would_show_more, SAYS_NOTHING,
		{"To see what was changed, compare the message with the copy that the sender kept: a hash tells that it was changed, not "
		 "where.",
		 "どこが変わったかを知るには、送信者の手元の控えと見比べてください。ハッシュからわかるのは、変わったという事実だけで、場所はわかりません。"}},
	{"leftover_signature", SCOPE_SIGNATURE, FACT, is_leftover,
		{"The broken signature d={domain} s={selector} does no harm: another one passes and is aligned, and DMARC needs one only.",
		 "壊れた署名 d={domain} s={selector} は無害です。別の署名が合格して一致しており、DMARC には 1 つで足ります。"}, SAYS_NOTHING},
	{"author_signature", SCOPE_SIGNATURE, FACT, is_author_signature,
		{"The signature d={domain} s={selector} verifies: the message was sent from the sender's domain, and what it covers is "
		 "unaltered.",
		 "署名 d={domain} s={selector} の検証に成功しました。差出人のドメインから送られたもので、署名の対象は変更されていません。"}, SAYS_NOTHING},
	{"ed25519_alone", SCOPE_MESSAGE, INFERENCE, is_ed25519_alone,
		{"Only an Ed25519 signature (RFC 8463) is aligned and passes. Many receivers know RSA alone: for them the message is not "
		 "signed by {from_domain}.",
		 "一致して合格しているのは Ed25519 の署名 (RFC 8463) だけです。RSA しか検証できない受信側は多く、そこでは {from_domain} の署名が"
		 "ないのと同じです。"},
		{"Sign with an RSA key as well: “inkan sign” makes both signatures in one go, a selector and a key for each.",
		 "RSA の鍵でも署名してください。「inkan sign」はセレクターと鍵の組を複数指定でき、両方の署名を一度に付けます。"}},
	{"third_party", SCOPE_SIGNATURE, FACT, is_third_party,
		{"The signature d={domain} s={selector} verifies, but it is of a third party: {domain} vouches for the message, not "
		 "{from_domain}, and DMARC does not count it.",
		 "署名 d={domain} s={selector} の検証に成功しましたが、第三者の署名です。{from_domain} ではなく {domain} が保証しているだけなので、DMARC では考慮されません。"}, SAYS_NOTHING},
	{"third_party_only", SCOPE_SIGNATURE, FACT, is_third_party_alone, SAYS_NOTHING,
		{"Let {domain} sign with a key of {from_domain} (its settings call that a custom or own DKIM domain), so that d= is "
		 "{from_domain}.",
		 "{domain} が {from_domain} の鍵で署名するように設定し (独自ドメインの DKIM などと呼ばれます)、d= が {from_domain} になるように"
		 "してください。"}},
	{"broken_third_party", SCOPE_SIGNATURE, FACT, is_broken_third_party,
		{"d={domain} is not aligned with {from_domain}: DMARC would not count that signature even if it verified.",
		 "d={domain} は {from_domain} と一致しません。この署名は、検証に成功したとしても DMARC では考慮されません。"}, SAYS_NOTHING},
	{"partial_signature", SCOPE_SIGNATURE, FACT, is_partial,
		{"The signature d={domain} s={selector} covers only a part of the body: {body_length} of {body_size} octets (l=).",
		 "署名 d={domain} s={selector} の対象は本文の一部だけです: {body_size} オクテットのうち {body_length} オクテット (l=)。"},
		{"Let {domain} sign without l=: what stands behind the signed part could be anybody's.",
		 "{domain} が l= を付けずに署名するようにしてください。署名の対象より後ろは誰でも付け足せます。"}},
	{"testing_key", SCOPE_SIGNATURE, FACT, is_testing_key,
		{"The key record {key_name} says t=y: {domain} is testing DKIM.",
		 "鍵レコード {key_name} に t=y があります。{domain} は DKIM をテスト中です。"},
		{"Publish the key {key_name} without t=y once the tests are over.",
		 "テストが終わったら、t=y を外した鍵 {key_name} を公開してください。"}},
	{"not_signed", SCOPE_MESSAGE, FACT, is_not_signed,
		{"The message carries no DKIM signature.", "このメッセージには DKIM 署名がありません。"}, SAYS_NOTHING},
	{"nobody_signed", SCOPE_MESSAGE, INFERENCE, is_not_signed,
		{"Neither the mail service nor a gateway behind it signed: a gateway that signs only what it changes leaves other mail "
		 "unsigned.",
		 "メールサービスも、その先のゲートウェイも署名していません。自分が変更したメールだけに署名するゲートウェイは、ほかのメールを"
		 "署名なしで通します。"},
		{"Switch DKIM on at the mail service, with a key of its own for {from_domain} (“inkan key generate” makes one), also where a "
		 "gateway signs.",
		 "ゲートウェイが署名する場合でも、メールサービスの DKIM を有効にし、{from_domain} 用の専用の鍵を使ってください (「inkan key "
		 "generate」で作れます)。"}},

	/* ---- SPF ---- */
	{"session_from_received", SCOPE_MESSAGE, FACT, is_session_from_received,
		{"Who delivered the message is taken from its topmost Received field with a public address, {ip} ({helo}), and from "
		 "Return-Path: worth as much as whoever wrote these fields.",
		 "配送元は、グローバルアドレスを持つ最も上の Received フィールド ({ip}、{helo}) と Return-Path から取りました。これらのフィールドを書いた側を信用できる場合にだけ当てになります。"}, SAYS_NOTHING},
	{"spf_unchecked", SCOPE_MESSAGE, FACT, spf_unchecked,
		{"SPF was not checked: {spf_reason}.", "SPF は検査していません: {spf_reason}"},
		{"To check SPF, give --ip, --helo and --mail-from, or take them from the message with --from-received.",
		 "SPF を検査するには、--ip、--helo、--mail-from を指定するか、--from-received でメッセージから取ってください。"}},
	{"spf_helo_only", SCOPE_MESSAGE, FACT, spf_helo_only,
		{"MAIL FROM is not known, so SPF was checked for the HELO name {spf_domain} alone ({spf_result}), which DMARC does not count.",
		 "MAIL FROM が不明なため、SPF は HELO の名前 {spf_domain} だけを検査しました ({spf_result})。この結果は DMARC では考慮されません。"},
		{"Give the return path with --mail-from.", "エンベロープ From を --mail-from で指定してください。"}},
	{"spf_pass", SCOPE_MESSAGE, FACT, spf_pass,
		{"{ip} may send for {spf_domain}: “{mechanism}” in its SPF record says so.",
		 "{ip} は {spf_domain} として送信できます。SPF レコードの「{mechanism}」に当てはまります。"}, SAYS_NOTHING},
	{"spf_default_mail_from", SCOPE_MESSAGE, INFERENCE, spf_pass_not_aligned,
		{"{spf_domain} is the return path of a sending service (its default MAIL FROM): SPF passes for the service, not for "
		 "{from_domain}, so DMARC does not count it.",
		 "{spf_domain} は送信サービスの既定のエンベロープ From (MAIL FROM) と思われます。SPF は {from_domain} ではなくそのサービスとして合格しているため、DMARC では考慮されません。"},
		{"Set a custom MAIL FROM domain below {from_domain} at the sending service, and publish the SPF record that it asks for.",
		 "送信サービスで、{from_domain} の下にあるカスタム MAIL FROM ドメインを設定し、指定された SPF レコードを公開してください。"}},
	{"spf_fail", SCOPE_MESSAGE, FACT, spf_fail,
		{"{ip} may not send for {spf_domain}: “{mechanism}” in its SPF record forbids it.",
		 "{ip} は {spf_domain} として送信できません。SPF レコードの「{mechanism}」が禁じています。"}, SAYS_NOTHING},
	{"spf_explanation", SCOPE_MESSAGE, FACT, spf_explained,
		{"{spf_domain} explains: “{spf_explanation}”", "{spf_domain} による説明: 「{spf_explanation}」"}, SAYS_NOTHING},
	{"spf_softfail", SCOPE_MESSAGE, FACT, spf_softfail,
		{"{ip} is probably not allowed to send for {spf_domain}: “{mechanism}” in its SPF record says so (softfail), which is no "
		 "pass.",
		 "{ip} はおそらく {spf_domain} として送信できません。SPF レコードの「{mechanism}」によるもので (softfail)、合格ではありません。"},
		SAYS_NOTHING},
	{"spf_neutral_by_term", SCOPE_MESSAGE, FACT, spf_neutral_by_term,
		{"The SPF record of {spf_domain} leaves open whether {ip} may send: “{mechanism}” (neutral), which is no pass.",
		 "{spf_domain} の SPF レコードは、{ip} が送信してよいかを決めていません: 「{mechanism}」(neutral)。合格ではありません。"}, SAYS_NOTHING},
	{"spf_neutral", SCOPE_MESSAGE, FACT, spf_neutral,
		{"The SPF record of {spf_domain} does not say whether {ip} may send (neutral): no term of it matches.",
		 "{spf_domain} の SPF レコードには、{ip} に当てはまる項がありません (neutral)。"}, SAYS_NOTHING},
	{"spf_not_authorized", SCOPE_MESSAGE, FACT, spf_not_authorized, SAYS_NOTHING,
		{"If {ip} is a server or gateway of yours, add it to the SPF record of {spf_domain} first, before anything else.",
		 "{ip} が自分のサーバーまたはゲートウェイなら、何よりも先に {spf_domain} の SPF レコードに加えてください。"}},
	{"spf_without_domain", SCOPE_MESSAGE, FACT, spf_without_domain,
		{"SPF has nothing to check: {spf_reason}.", "SPF で検査できるものがありません: {spf_reason}"},
		{"Give a MAIL FROM with a domain; where it is empty, as in a bounce, SPF checks the name given with --helo.",
		 "ドメインのある MAIL FROM を指定してください。バウンスメールのように空の場合、SPF は --helo で指定した名前を検査します。"}},
	{"spf_none", SCOPE_MESSAGE, FACT, spf_none,
		{"SPF has nothing to check for {spf_domain}: {spf_reason}.", "{spf_domain} には検査できる SPF がありません: {spf_reason}"},
		{"Publish an SPF record for {spf_domain} that names the servers which send for it.",
		 "送信するサーバーを挙げた SPF レコードを {spf_domain} に公開してください。"}},
	{"spf_too_many_lookups", SCOPE_MESSAGE, FACT, spf_too_many,
		{"The SPF record of {spf_domain} needs more than 10 DNS look-ups, where receivers must stop ({spf_section}): {spf_reason}.",
		 "{spf_domain} の SPF レコードは DNS の問い合わせが 10 回を超え、受信側はそこで打ち切らなければなりません ({spf_section}): "
		 "{spf_reason}"},
		{"Take include: and other terms out of the record of {spf_domain} that nobody needs any more, or name networks instead.",
		 "{spf_domain} のレコードから、もう要らない include: などの項を外すか、ネットワークの直接指定に替えてください。"}},
	{"spf_permerror", SCOPE_MESSAGE, FACT, spf_permerror,
		{"The SPF record of {spf_domain} cannot be used: {spf_reason} ({spf_section}).",
		 "{spf_domain} の SPF レコードは使えません: {spf_reason} ({spf_section})"},
		{"Mend the SPF record of {spf_domain}: until then receivers take every message for one without SPF.",
		 "{spf_domain} の SPF レコードを直してください。それまで受信側は、すべてのメールを SPF のないものとして扱います。"}},
	{"spf_temperror", SCOPE_MESSAGE, FACT, spf_temperror,
		{"SPF cannot be judged for now: {spf_reason}.", "SPF は今は判定できません: {spf_reason}"},
		{"Try again later, or ask another server with --resolver.",
		 "後でもう一度試すか、--resolver で別のサーバーに問い合わせてください。"}},

	/* ---- DMARC ---- */
	{"alignment", SCOPE_MESSAGE, FACT, knows_alignment,
		{"The author's domain is {from_domain}. Compared with it: DKIM {signing_domains}; return path {return_path}.",
		 "差出人 (ヘッダー From) のドメインは {from_domain} です。これとのアライメント: DKIM {signing_domains}、エンベロープ From "
		 "{return_path}"}, SAYS_NOTHING},
	{"no_policy", SCOPE_MESSAGE, FACT, has_no_policy,
		{"There is no DMARC record for {from_domain} (asked: {steps}).", "{from_domain} の DMARC レコードがありません (問い合わせた名前: {steps})。"},
		{"Publish a TXT record at _dmarc.{from_domain}; “v=DMARC1; p=none; rua=mailto:…” only watches and is a safe beginning.",
		 "_dmarc.{from_domain} に TXT レコードを公開してください。まずは監視だけの「v=DMARC1; p=none; rua=mailto:…」なら安全です。"}},
	{"policy", SCOPE_MESSAGE, FACT, has_policy,
		{"{policy_domain} publishes “{record}”; for this message {policy_tag}={policy} counts.",
		 "{policy_domain} は「{record}」を公開しています。このメッセージには {policy_tag}={policy} が適用されます。"}, SAYS_NOTHING},
	{"monitoring", SCOPE_MESSAGE, FACT, is_monitoring,
		{"{policy_tag}=none asks receivers to do nothing but report: it watches, it does not protect.",
		 "{policy_tag}=none は受信側に報告だけを求めるもので、監視であって保護ではありません。"}, SAYS_NOTHING},
	{"testing_policy", SCOPE_MESSAGE, FACT, is_testing_policy,
		{"t=y: {policy_domain} is testing its policy, so {disposition} counts instead of {policy}.",
		 "t=y: {policy_domain} はポリシーをテスト中のため、{policy} の代わりに {disposition} が適用されます。"}, SAYS_NOTHING},
	{"sampled_out", SCOPE_MESSAGE, FACT, is_sampled_out,
		{"pct= left this message out of the sample (RFC 7489), so {disposition} counts instead of {policy}.",
		 "pct= によりこのメッセージは対象から外れ (RFC 7489)、{policy} の代わりに {disposition} が適用されます。"}, SAYS_NOTHING},
	{"applied_reject", SCOPE_MESSAGE, FACT, applies_reject,
		{"{policy_domain} asks for reject: receivers that follow refuse the message, or put it into the spam folder.",
		 "{policy_domain} が求める扱いは reject です。これに従う受信側は、メッセージを拒否するか、迷惑メールフォルダーに入れます。"}, SAYS_NOTHING},
	{"applied_quarantine", SCOPE_MESSAGE, FACT, applies_quarantine,
		{"{policy_domain} asks for quarantine: receivers that follow put the message into the spam folder.",
		 "{policy_domain} が求める扱いは quarantine です。これに従う受信側は、メッセージを迷惑メールフォルダーに入れます。"}, SAYS_NOTHING},
	{"applied_none", SCOPE_MESSAGE, FACT, applies_none,
		{"{policy_domain} asks for none here: receivers judge the message as if there were no policy.",
		 "{policy_domain} が求める扱いは none です。受信側は、ポリシーがないものとしてメッセージを判断します。"}, SAYS_NOTHING},
	{"overridden", SCOPE_MESSAGE, FACT, applied_otherwise,
		{"The owner asks for {disposition}; applied is {applied}, because: {override} {override_comment}",
		 "所有者が求める扱いは {disposition} ですが、適用されるのは {applied} です。理由: {override} {override_comment}"}, SAYS_NOTHING},
	{"dmarc_undecided", SCOPE_MESSAGE, FACT, dmarc_undecided,
		{"DMARC cannot be judged for now: {dmarc_reason}.", "DMARC は今は判定できません: {dmarc_reason}"}, SAYS_NOTHING},

	/* ---- ARC ---- */
	{"arc_broken", SCOPE_MESSAGE, FACT, arc_failed,
		{"The ARC chain does not hold: {arc_reason}. What its sets say proves nothing.",
		 "ARC チェーンは有効ではありません: {arc_reason}。そこに書かれた結果は何の証明にもなりません。"}, SAYS_NOTHING},
	{"seal_saw_pass", SCOPE_SET, FACT, trusted_saw_pass,
		{"The seal of {sealer} (i={instance}) says the signature was still good when it arrived there: {set_results}",
		 "{sealer} の封印 (i={instance}) は、そこに届いた時点では署名がまだ有効だったことを示しています: {set_results}"}, SAYS_NOTHING},
	{"stranger_saw_pass", SCOPE_SET, INFERENCE, stranger_saw_pass,
		{"The seal of {sealer} (i={instance}) says the signature was still good when it arrived there; that is worth as much as "
		 "{sealer} is: {set_results}",
		 "{sealer} の封印 (i={instance}) は、そこに届いた時点では署名がまだ有効だったことを示していますが、{sealer} を信頼できる場合にだけ当てになります: {set_results}"},
		SAYS_NOTHING},
	{"trust_in_part", SCOPE_MESSAGE, FACT, is_trusted_in_part,
		{"A chain counts only where every sealer is trusted; not trusted here: {strange_sealers}.",
		 "ARC チェーンは、封印した側をすべて信頼している場合にだけ考慮されます。信頼されていないもの: {strange_sealers}"}, SAYS_NOTHING},
	{"trust_sealers", SCOPE_MESSAGE, FACT, lacks_trust, SAYS_NOTHING,
		{"If you trust {strange_sealers}, say so: {trust_options}.",
		 "{strange_sealers} を信頼できるなら、{trust_options} を指定してください。"}},
	{"sealed", SCOPE_SET, FACT, sealed,
		{"{sealer} sealed as i={instance} what it saw on arrival: {set_results}",
		 "{sealer} が i={instance} として、到着時の結果を封印しています: {set_results}"}, SAYS_NOTHING},
	{"arc_unchanged", SCOPE_MESSAGE, FACT, arc_unchanged,
		{"The message is as the first sealer had it: every ARC-Message-Signature still fits.",
		 "メッセージは最初に封印されたときのままです。すべての ARC-Message-Signature が今も合っています。"}, SAYS_NOTHING},
	{"arc_changed", SCOPE_MESSAGE, FACT, arc_changed,
		{"The message was changed after i={before_oldest} sealed it: only the ARC-Message-Signatures from i={oldest} on still fit.",
		 "i={before_oldest} の封印の後でメッセージが変更されています。今も合うのは i={oldest} 以降の ARC-Message-Signature だけです。"}, SAYS_NOTHING},

	/* ---- warnings that come last ---- */
	{"repeated_field_fix", SCOPE_MESSAGE, FACT, has_repeated, SAYS_NOTHING,
		{"Trust none of these fields, whoever the message seems to be from. Signers keep further fields out by naming each field "
		 "once more in h= than the message has it, as “inkan sign” does.",
		 "差出人が誰であるように見えても、これらのフィールドは信用しないでください。署名する側は、メッセージにある数より 1 つ多く h= に並べると、"
		 "後からの追加を防げます (「inkan sign」はそうします)。"}},
};

/* Microsoft's fields: learn.microsoft.com, "Anti-spam message headers"; what the words mean is theirs. */
static const struct setting SETTINGS[] = {
	{"x-forefront-antispam-report", "sfv:skn",
		{"SFV:SKN, a rule marked the message as safe before it was filtered.", "SFV:SKN。規則により、フィルターの前に安全なメールとして印が付けられています。"}},
	{"x-forefront-antispam-report", "sfv:ska",
		{"SFV:SKA, the sender is on a list of allowed senders or domains.", "SFV:SKA。差出人が許可リストにあります。"}},
	{"x-forefront-antispam-report", "sfv:ski",
		{"SFV:SKI, mail inside one organisation was not filtered.", "SFV:SKI。組織内のメールとしてフィルターを通っていません。"}},
	{"x-forefront-antispam-report", "ipv:cal",
		{"IPV:CAL, the address that connected is on the list of allowed addresses.", "IPV:CAL。接続元のアドレスが許可リストにあります。"}},
	{"x-ms-exchange-organization-scl", "-1",
		{"SCL -1, spam filtering was skipped.", "SCL -1。迷惑メールの検査が省かれました。"}},
	{"x-ms-exchange-skiplistedinternetsender", "",
		{"Enhanced filtering for connectors looked past the gateway that delivered the message.",
		 "コネクターの拡張フィルタリングにより、配送元のゲートウェイを飛ばして検査しています。"}},
	{"x-ms-exchange-externaloriginalinternetsender", "",
		{"Enhanced filtering for connectors took another address for the sender's.",
		 "コネクターの拡張フィルタリングにより、別のアドレスを送信元とみなしています。"}},
};

/* clang-format on */

const struct rule *statement_rules(size_t *count_out)
{
	*count_out = sizeof(RULES) / sizeof *RULES;
	return RULES;
}

const struct setting *statement_settings(size_t *count_out)
{
	*count_out = sizeof(SETTINGS) / sizeof *SETTINGS;
	return SETTINGS;
}

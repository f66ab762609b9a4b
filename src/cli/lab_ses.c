/* "ses": an identity as Amazon SES makes them, all its records published by dynamic update, a message that passes, and a rotation
 * that leaves two empty slots. */
#include "cli/lab_ses.h"

#include "check/domain.h"
#include "cli/identity_view.h"

enum { CHECK_MEMORY_MAX = 64 * 1024 * 1024, TOKEN_SIZE = 32, ELSEWHERE_MAX = 1024 };

const struct lab_zone lab_ses_zones[2] = {
	{LAB_SES_HOST_ZONE,
         "@ TXT \"v=spf1 ip4:" LAB_SES_IP " -all\"\nfeedback-smtp." LAB_SES_SITE " A " LAB_SES_IP "\n"},
	{LAB_SES_DOMAIN, "@ A 192.0.2.80\n"},
};

struct story {
	struct identity identity;
};

bool lab_is_verified(const struct identity *identity)
{
	return identity->state == IDENTITY_VERIFIED && identity_active_slot(identity) &&
	       (!identity->mail_from[0] || identity->mail_from_state == MAIL_FROM_SUCCESS);
}

int lab_ses_create(struct lab_world *w, unsigned bits, bool publishes, struct identity *out)
{
	struct identity_wish wish = {.id = LAB_SES_DOMAIN,
	                             .scheme = IDENTITY_CNAME3,
	                             .algorithm = IDENTITY_RSA,
	                             .bits = bits,
	                             .host_zone = LAB_SES_HOST_ZONE,
	                             .site = LAB_SES_SITE,
	                             .mail_from = LAB_SES_MAIL_FROM,
	                             .mx_failure = MX_FAILURE_DEFAULT,
	                             .enabled = true,
	                             .publishes = publishes};

	return registrar_create(w->registrar, &w->arena, &wish, out, &w->error);
}

/* ---- 1: servers ---- */

static int step_servers(struct lab_world *w, void *context)
{
	(void)context;
	begin_step(&w->telling, "servers",
	           LAB_TEXT(w, "A name server with two zones", "2 つのゾーンを持つネームサーバー"));
	tell(&w->telling, LAB_TEXT(w,
	                           "Knot DNS serves ho2k.com, the sender's own domain, and amazonses.com, the zone of "
	                           "the mail service. It "
	                           "takes dynamic updates (RFC 2136) that are signed with a TSIG key. The clock is the "
	                           "laboratory's: hours "
	                           "and weeks go by in a moment.",
	                           "Knot DNS が、送信者のドメイン ho2k.com と、メールサービスのゾーン amazonses.com "
	                           "を担当します。TSIG "
	                           "鍵で署名された動的更新 (RFC 2136) "
	                           "を受け付けます。時計はシナリオのもので、何週間も一瞬で過ぎます。"));
	buf_printf(&w->telling.text, "knotd  %s  ", w->servers[0].address);
	lab_put_time(w);
	buf_put_char(&w->telling.text, '\n');
	tell_text(&w->telling);
	return INKAN_OK;
}

/* ---- 2: create ---- */

static int tell_records(struct lab_world *w, const struct identity *identity)
{
	int error = identity_records_print(
		&w->telling.text, &w->arena, identity, VIEW_PEOPLE,
		&(struct record_print){.form = RECORD_ZONE, .zone = STR(LAB_SES_DOMAIN), .language = w->ui->language},
		false);

	tell_text(&w->telling);
	return error;
}

/* Three names of 32 letters into the host zone (S3-26). */
static bool has_three_tokens(const struct identity *identity)
{
	bool good = identity->slot_count == 3;

	for (size_t i = 0; i < identity->slot_count; i++)
		good = good && strlen(identity->slots[i].selector) == TOKEN_SIZE &&
		       str_ihas_suffix(str_c(identity->slots[i].target), STR(".dkim." LAB_SES_HOST_ZONE));
	return good;
}

static int count_published(struct lab_world *w, const struct identity *identity, size_t *there_out, size_t *all_out)
{
	struct expected_list list;
	int error = expected_records(&w->arena, identity, false, &list);

	*there_out = *all_out = 0;
	for (size_t i = 0; i < list.count && !error; i++) {
		bool there;

		error = lab_has(w, &list.list[i].set, &there);
		*there_out += there;
		*all_out += 1;
	}
	return error;
}

static int step_create(struct lab_world *w, void *context)
{
	struct story *s = context;
	size_t there, all;

	begin_step(&w->telling, "create",
	           LAB_TEXT(w, "Create the identity: keys and records in one operation",
	                    "アイデンティティを作成する: 鍵とレコードを一度の操作で"));
	tell(&w->telling,
	     LAB_TEXT(w,
	              "Domain ho2k.com, custom MAIL FROM email.ho2k.com, region us-east-1, a key of 2048 bits. The "
	              "zone is ours to "
	              "write, so every record goes there at once; nobody has to copy anything:",
	              "ドメイン ho2k.com、カスタム MAIL FROM email.ho2k.com、リージョン us-east-1、2048 ビットの鍵。"
	              "ゾーンに書き込めるので、すべてのレコードがその場で登録されます。書き写すものはありません。"));
	int error = lab_ses_create(w, IDENTITY_RSA_BITS, true, &s->identity);

	if (!error)
		error = tell_records(w, &s->identity);
	if (!error)
		error = count_published(w, &s->identity, &there, &all);
	if (error)
		return error;
	check_off(&w->telling, has_three_tokens(&s->identity),
	          LAB_TEXT(w, "three CNAMEs with tokens of 32 letters", "32 文字のトークンの CNAME が 3 つ"));
	check_off(
		&w->telling, all == 8 && there == all,
		LAB_TEXT(w,
	                 "all records are in DNS: three CNAMEs, MX, SPF, and behind the CNAMEs a key and two empty "
	                 "texts",
	                 "すべてのレコードが DNS にある: CNAME 3 つ、MX、SPF、CNAME の先の鍵 1 つと空のテキスト 2 つ"));
	check_off(&w->telling, !life_signs(&s->identity) && s->identity.state == IDENTITY_VERIFIED,
	          LAB_TEXT(w, "the name server shows them, so the identity is Verified; nothing is signed yet",
	                   "ネームサーバーで確認でき、検証済みになった。まだ署名はされない"));
	return INKAN_OK;
}

/* ---- 3: proven ---- */

static int step_prove(struct lab_world *w, void *context)
{
	struct story *s = context;

	begin_step(&w->telling, "prove", LAB_TEXT(w, "The key is proven, and signs", "鍵の確認が済み、署名が始まる"));
	tell(&w->telling,
	     LAB_TEXT(w,
	              "A key signs only when every name server has shown it for longer than the answer before it may "
	              "live in "
	              "caches. An hour and a bit later:",
	              "鍵が署名を始めるのは、それ以前の応答がキャッシュに残りうる時間より長く、すべてのネームサーバーで"
	              "確認できてからです。1 時間あまり後:"));
	int error = lab_live(w, LAB_SES_DOMAIN, lab_is_verified, LAB_DAY, &s->identity);

	if (error)
		return error;
	identity_page(&w->telling.text, w->ui, &s->identity, w->now);
	tell_text(&w->telling);
	check_off(&w->telling, w->now - LAB_SES_START > LAB_HOUR && w->now - LAB_SES_START < 2 * LAB_HOUR,
	          LAB_TEXT(w, "verified, and signing after one to two hours, not before",
	                   "検証済み。署名は 1 時間から 2 時間後に始まり、それより前ではない"));
	return INKAN_OK;
}

/* ---- 4: DMARC ---- */

static int step_dmarc(struct lab_world *w, void *context)
{
	struct registrar_plan plans[REGISTRAR_PLANS_MAX];
	enum update_result result = UPDATE_DONE;
	struct record_set dmarc;
	size_t count = 0;
	bool there = false;

	(void)context;
	begin_step(&w->telling, "dmarc", LAB_TEXT(w, "Publish a DMARC record", "DMARC レコードを公開する"));
	int error = record_set_txt(&w->arena, STR("_dmarc." LAB_SES_DOMAIN), LAB_HOUR, STR(LAB_SES_DMARC), &dmarc);

	if (!error)
		error = registrar_plan(w->registrar, &w->arena, LAB_SES_DOMAIN, &dmarc, 1, plans, &count, &w->error);
	for (size_t i = 0; i < count && !error; i++) {
		const struct record_print how = {
			.form = RECORD_TABLE, .zone = str_c(plans[i].zone), .language = w->ui->language};

		if (!plans[i].change_count)
			continue;
		error = record_changes_print(&w->telling.text, plans[i].changes, plans[i].change_count, &how);
		if (!error)
			error = registrar_apply(w->registrar, &plans[i], false, false, &result, &w->error);
	}
	tell_text(&w->telling);
	if (!error)
		error = lab_has(w, &dmarc, &there);
	check_off(&w->telling, !error && result == UPDATE_DONE && there,
	          LAB_TEXT(w, "it is in DNS letter by letter; it only asks for reports",
	                   "一字一句そのまま DNS にある。レポートを求めるだけの設定"));
	return error;
}

/* ---- 5, 6: mail ---- */

static bool all_three_pass(const struct inkan_verdict *v)
{
	return v->spf->result == INKAN_PASS && v->spf_aligned && v->dkim_count == 1 &&
	       v->dkim[0].result == INKAN_PASS && v->dkim[0].aligned && v->dmarc->result == INKAN_PASS;
}

int lab_ses_tell_message(struct lab_world *w)
{
	struct lab_receiver receiver = {.message = NULL};
	const struct inkan_verdict *v;
	struct buf octets;
	size_t signatures;

	buf_init(&octets, TELLING_TEXT_MAX);
	int error = lab_sign(w, LAB_SES_AUTHOR, "Test", &octets, &signatures);

	if (!error)
		error = lab_receive(w, &receiver, buf_str(&octets), LAB_SES_IP, "a10.smtp-out.amazonses.com",
		                    "0100018d@" LAB_SES_MAIL_FROM, &v);
	if (!error)
		error = lab_tell_page(w, &receiver, v);
	if (!error)
		check_off(&w->telling, all_three_pass(v), "SPF PASS · DKIM PASS · DMARC PASS");
	lab_receiver_release(&receiver);
	buf_release(&octets);
	return error;
}

void lab_ses_begin_send(struct lab_world *w)
{
	begin_step(
		&w->telling, "send",
		LAB_TEXT(w, "Send a test message and look at the original", "テストメールを送り、「原文を表示」する"));
}

static int step_send(struct lab_world *w, void *context)
{
	(void)context;
	lab_ses_begin_send(w);
	tell(&w->telling, LAB_TEXT(w,
	                           "The message is signed as the service does it: the store says which key signs for "
	                           "ho2k.com, and opens it "
	                           "with the master key. The receiver asks the same name server:",
	                           "署名の手順はサービスと同じです。ho2k.com "
	                           "にどの鍵で署名するかをデータベースに問い合わせ、その鍵をマスター鍵で開きます。"
	                           "受信側は同じネームサーバーに問い合わせます。"));
	return lab_ses_tell_message(w);
}

/* What becomes of the same message on another way. */
static int judge_way(struct lab_world *w, const char *ip, const char *helo, const char *mail_from,
                     enum inkan_result spf, bool spf_aligned, const char *what)
{
	struct lab_receiver receiver = {.message = NULL};
	const struct inkan_verdict *v;
	struct buf octets;
	size_t signatures;

	buf_init(&octets, TELLING_TEXT_MAX);
	int error = lab_sign(w, LAB_SES_AUTHOR, "Test", &octets, &signatures);

	if (!error)
		error = lab_receive(w, &receiver, buf_str(&octets), ip, helo, mail_from, &v);
	if (!error)
		check_off(&w->telling,
		          v->spf->result == spf && v->dmarc->spf_aligned == spf_aligned && v->dkim_count == 1 &&
		                  v->dkim[0].result == INKAN_PASS && v->dmarc->result == INKAN_PASS,
		          what);
	lab_receiver_release(&receiver);
	buf_release(&octets);
	return error;
}

static int step_ways(struct lab_world *w, void *context)
{
	(void)context;
	begin_step(&w->telling, "ways",
	           LAB_TEXT(w, "The same message on two other ways", "同じメールを別の 2 つの経路で"));
	tell(&w->telling,
	     LAB_TEXT(w,
	              "With the service's default MAIL FROM, SPF passes for amazonses.com, which is not the author's "
	              "domain. A "
	              "forwarder sends from an address that no SPF record knows. The signature holds in both:",
	              "サービス既定の MAIL FROM では、SPF は amazonses.com "
	              "として合格しますが、差出人のドメインとは一致しません。"
	              "転送サーバーの送信元アドレスはどの SPF レコードにもありません。署名はどちらでも有効です。"));
	int error =
		judge_way(w, LAB_SES_IP, "a10.smtp-out.amazonses.com", "0100018d@" LAB_SES_HOST_ZONE, INKAN_PASS, false,
	                  LAB_TEXT(w, "default MAIL FROM: SPF passes, not aligned; DKIM and DMARC pass",
	                           "既定の MAIL FROM: SPF は合格だが不一致、DKIM と DMARC は合格"));

	return error ? error
	             : judge_way(w, "198.51.100.25", "relay.example.net", "0100018d@" LAB_SES_MAIL_FROM, INKAN_SOFTFAIL,
	                         false,
	                         LAB_TEXT(w, "forwarded: SPF does not pass, DKIM and DMARC pass",
	                                  "転送: SPF は合格せず、DKIM と DMARC は合格"));
}

/* ---- 7: rotation ---- */

static bool begin_rotation(void *context, struct identity *identity, unix_time now, struct text *why_out)
{
	(void)context;
	return life_rotate(identity, now, false, why_out);
}

static bool has_new_key(const struct identity *identity)
{
	return identity->rotating && identity_active_slot(identity) != &identity->slots[0] &&
	       identity->slots[0].state == SLOT_OVERLAP;
}

static bool is_calm(const struct identity *identity)
{
	return !identity->rotating;
}

static int dig_slots(struct lab_world *w, const struct identity *identity)
{
	char name[DNS_NAME_MAX + 1];
	int error = INKAN_OK;

	for (size_t i = 0; i < identity->slot_count && !error; i++) {
		identity_slot_name(identity, &identity->slots[i], name);
		error = lab_dig(w, DNS_TXT, str_c(name));
	}
	tell_text(&w->telling);
	return error;
}

static size_t slots_with_keys(const struct identity *identity)
{
	size_t n = 0;

	for (size_t i = 0; i < identity->slot_count; i++)
		n += identity->slots[i].key != 0 && identity->slots[i].state != SLOT_REVOKED;
	return n;
}

static int step_rotate(struct lab_world *w, void *context)
{
	struct story *s = context;
	struct text why = {"", ""};
	bool there = false;
	size_t found, all;

	begin_step(&w->telling, "rotate", LAB_TEXT(w, "Rotate the key", "鍵をローテーションする"));
	lab_set_time(w, w->now + 30 * LAB_DAY);
	int error = registrar_change_identity(w->registrar, &w->arena, LAB_SES_DOMAIN, "rotate", begin_rotation, NULL,
	                                      &s->identity, &why, &w->error);

	if (!error)
		error = lab_live(w, LAB_SES_DOMAIN, has_new_key, LAB_DAY, &s->identity);
	if (error)
		return error;
	check_off(&w->telling, slots_with_keys(&s->identity) == 2,
	          LAB_TEXT(w, "the new key signs; the old one stays in DNS for mail that is on its way",
	                   "新しい鍵が署名し、古い鍵は配送中のメールのために DNS に残る"));
	error = lab_live(w, LAB_SES_DOMAIN, is_calm, 30 * LAB_DAY, &s->identity);
	if (!error)
		error = count_published(w, &s->identity, &found, &all);
	if (error)
		return error;
	there = found == all;
	tell(&w->telling, LAB_TEXT(w, "Two weeks later, this is what DNS shows of the three names:",
	                           "2 週間後、3 つの名前に DNS が示すのは次のとおりです。"));
	error = dig_slots(w, &s->identity);
	check_off(&w->telling, there && slots_with_keys(&s->identity) == 1,
	          LAB_TEXT(w, "one key, and two names that lead to an empty text \"\"",
	                   "鍵が 1 つ、空のテキスト \"\" につながる名前が 2 つ"));
	return error;
}

/* ---- 8: what a check of the domain says of it ---- */

static int answer_open(struct lab_world *w, struct evidence *evidence)
{
	const struct dns_question *open;
	int error = INKAN_OK;

	while (!error && evidence_open(evidence, &open)) {
		const struct dns_question question = open[0];
		struct dns_answer answer;

		arena_reset(&w->scratch);
		error = lab_ask(w, &w->scratch, 0, question.type, question.name, &answer);
		if (!error)
			error = evidence_add(evidence, question.type, question.name, &answer);
	}
	return error;
}

static int check(struct lab_world *w, const struct identity *identity, struct arena *memory, struct evidence *evidence,
                 struct domain_report *out)
{
	struct known_selector selectors[IDENTITY_SLOTS_MAX];
	bool pending = true;
	int error = INKAN_OK;

	for (size_t i = 0; i < identity->slot_count; i++)
		selectors[i] = (struct known_selector){.selector = identity->slots[i].selector,
		                                       .why = KNOWN_BY_IDENTITY,
		                                       .target = identity->slots[i].target,
		                                       .made = UNIX_TIME_NONE,
		                                       .group = identity->id};
	for (int round = 0; !error && pending && round < DOMAIN_ROUNDS_MAX; round++) {
		arena_reset(memory);
		error = domain_check(memory, w->context->crypto, evidence,
		                     &(struct domain_check_options){.domain = LAB_SES_DOMAIN,
		                                                    .selectors = selectors,
		                                                    .selector_count = identity->slot_count,
		                                                    .mail_from = LAB_SES_MAIL_FROM,
		                                                    .now = w->now},
		                     out, &pending);
		if (!error && pending)
			error = answer_open(w, evidence);
	}
	return error || !pending ? error : lab_fail(w, "the check of the domain asks for ever");
}

static void tell_selectors(struct lab_world *w, const struct domain_report *report)
{
	size_t keys = 0, inactive = 0;

	for (size_t i = 0; i < report->selector_count; i++) {
		const struct domain_selector *selector = &report->selectors[i];

		buf_printf(&w->telling.text, "%s  %s\n", selector->known.selector, selector_state_id(selector->state));
		keys += selector->state == SELECTOR_KEY;
		inactive += selector->state == SELECTOR_INACTIVE;
	}
	tell_text(&w->telling);
	check_off(&w->telling, keys == 1 && inactive == 2 && report->states[DOMAIN_DKIM] == DOMAIN_FINE,
	          LAB_TEXT(w, "the empty names are slots that are not in use, and no error",
	                   "空の名前は使っていない枠であり、エラーではない"));
}

static int step_check(struct lab_world *w, void *context)
{
	struct story *s = context;
	struct domain_report report;
	struct evidence *evidence;
	struct arena memory;

	begin_step(&w->telling, "check", LAB_TEXT(w, "What a check of the domain says", "ドメインの検査結果"));
	arena_init(&memory, CHECK_MEMORY_MAX);
	int error = evidence_new(NULL, 0, 0, &evidence);

	if (!error) {
		error = check(w, &s->identity, &memory, evidence, &report);
		if (!error)
			tell_selectors(w, &report);
		evidence_free(evidence);
	}
	arena_release(&memory);
	if (error)
		return error;
	tell(&w->telling, LAB_TEXT(w, "A message that is sent now carries the new signature:",
	                           "今送るメールには新しい署名が付きます。"));
	return lab_ses_tell_message(w);
}

enum exit_code lab_ses_tell(const struct invocation *in, const struct scenario *scenario, struct text title,
                            size_t written, lab_step *const *steps, void *story)
{
	const struct lab_story told = {.scenario = scenario,
	                               .title = title,
	                               .zones = lab_ses_zones,
	                               .zone_count = sizeof lab_ses_zones / sizeof *lab_ses_zones,
	                               .written = written,
	                               .servers = 1,
	                               .start = LAB_SES_START,
	                               .steps = steps};

	return lab_tell(in, &told, story);
}

static enum exit_code run(const struct invocation *in)
{
	static lab_step *const steps[] = {step_servers, step_create, step_prove, step_dmarc, step_send,
	                                  step_ways,    step_rotate, step_check, NULL};
	struct story s = {.identity = {.id = ""}};

	return lab_ses_tell(in, &lab_ses,
	                    (struct text){"Amazon SES and its own DNS: everything is published in one operation",
	                                  "Amazon SES と自社 DNS: 一度の操作ですべてを公開する"},
	                    2, steps, &s);
}

const struct scenario lab_ses = {
	.name = "ses",
	.summary = {"an identity as Amazon SES makes them: published, verified, PASS three times, rotated",
                    "Amazon SES 方式のアイデンティティ: 公開、検証、3 つの PASS、ローテーション"},
	.options = "",
	.run = run,
};

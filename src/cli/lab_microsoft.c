/* "microsoft": Get-, New-, Set- and Rotate-DkimSigningConfig as acts of an administrator of contoso.com, with what stands in the way of
 * each: nothing is enabled before DNS shows it, nothing is rotated twice a day. */
#include "cli/identity_view.h"
#include "cli/lab_world.h"
#include "identity/vocabulary.h"

#define START INT64_C(1700470800) /* 2023-11-20T09:00:00Z */
#define DOMAIN "contoso.com"
#define HOST_ZONE "contoso.onmicrosoft.com"
#define AUTHOR "info@" DOMAIN

enum { HOUR = 3600, DAY = 86400, SIGHT_TIME_MAX = DAY, ALIASES = 2 };

static const struct lab_zone zones[] = {
	{HOST_ZONE, "@ TXT \"v=spf1 ip4:192.0.2.20 -all\"\n"},
	{DOMAIN, "@ TXT \"v=spf1 include:contoso.onmicrosoft.com -all\"\n_dmarc TXT \"v=DMARC1; p=none\"\n"},
};

struct story {
	struct identity identity;
};

/* ---- what people see ---- */

/* The status, word by word, in both languages. */
static void tell_status(struct lab_world *w, const struct identity *identity)
{
	struct text sentence = microsoft_sentence(identity);

	buf_printf(&w->telling.text, "Status : %s\n         %s\n         %s\n", microsoft_status(identity), sentence.en,
	           sentence.ja);
	tell_text(&w->telling);
}

static bool says(const struct identity *identity, const char *words)
{
	return str_search(str_c(microsoft_sentence(identity).en), str_c(words)) == 0;
}

static int ask_for(struct lab_world *w, const char *action, registrar_change *change, struct identity *out,
                   struct text *why_out, bool *granted_out)
{
	int error = registrar_change_identity(w->registrar, &w->arena, DOMAIN, action, change, NULL, out, why_out,
	                                      &w->error);

	*granted_out = !error;
	return error == INKAN_EREFUSED ? INKAN_OK : error;
}

static bool approve(void *context, struct identity *identity, unix_time now, struct text *why_out)
{
	(void)context;
	return life_approve(identity, now, why_out);
}

static bool enable(void *context, struct identity *identity, unix_time now, struct text *why_out)
{
	(void)context;
	return life_enable(identity, now, why_out);
}

static bool rotate(void *context, struct identity *identity, unix_time now, struct text *why_out)
{
	(void)context;
	return life_rotate(identity, now, false, why_out);
}

static void tell_command(struct lab_world *w, const char *line)
{
	buf_printf(&w->telling.text, "PS> %s\n", line);
	tell_text(&w->telling);
}

static void tell_warning(struct lab_world *w, struct text why)
{
	buf_put_c(&w->telling.text, LAB_TEXT(w, "WARNING: ", "警告: "));
	text_wrapped(&w->telling.text, str_c(text_in(w->ui->language, why)), 0, TELLING_COLUMNS - 2 * TELLING_INDENT);
	buf_put_char(&w->telling.text, '\n');
	tell_text(&w->telling);
}

/* ---- 1: nothing yet ---- */

static int step_begin(struct lab_world *w, void *context)
{
	struct story *s = context;
	struct identity_wish wish = {.id = DOMAIN,
	                             .scheme = IDENTITY_CNAME2,
	                             .algorithm = IDENTITY_RSA,
	                             .bits = IDENTITY_RSA_BITS,
	                             .host_zone = HOST_ZONE,
	                             .needs_approval = true};

	begin_step(&w->telling, "begin", LAB_TEXT(w, "A domain without keys", "まだ鍵のないドメイン"));
	tell(&w->telling,
	     LAB_TEXT(w,
	              "contoso.com is to be signed by the service. Two acts are needed: two CNAMEs at the registrar of "
	              "the "
	              "domain, and switching on at the service. The laboratory plays service, registrar and "
	              "administrator.",
	              "contoso.com のメールにサービスで署名します。必要な作業は 2 つ、ドメインの DNS への CNAME 2 "
	              "つの登録と、"
	              "サービス側での有効化です。サービス、DNS 事業者、管理者の役はこのシナリオが演じます。"));
	int error = registrar_create(w->registrar, &w->arena, &wish, &s->identity, &w->error);

	if (error)
		return error;
	tell_status(w, &s->identity);
	check_off(&w->telling, says(&s->identity, "No DKIM keys saved") && s->identity.state == IDENTITY_REQUESTED,
	          LAB_TEXT(w, "no keys are saved: the next act is New", "鍵は保存されていない。次の操作は New"));
	return INKAN_OK;
}

/* ---- 2: New, too early ---- */

static bool has_published(const struct identity *identity)
{
	return identity->slots[0].state == SLOT_PUBLISHED;
}

static int step_new(struct lab_world *w, void *context)
{
	struct story *s = context;
	struct text why = {"", ""}, missing = {"", ""};
	bool approved, enabled;

	begin_step(&w->telling, "new", LAB_TEXT(w, "New, before the CNAMEs are there", "New: CNAME がまだない場合"));
	tell_command(w, "New-DkimSigningConfig -DomainName \"" DOMAIN "\" -Enabled $true");
	int error = ask_for(w, "approve", approve, &s->identity, &why, &approved);

	if (!error)
		error = lab_live(w, DOMAIN, has_published, HOUR, &s->identity);
	if (!error)
		error = ask_for(w, "enable", enable, &s->identity, &why, &enabled);
	if (!error)
		error = lab_identity(w, DOMAIN, &s->identity);
	if (!error)
		error = life_missing(&w->arena, &s->identity, &missing);
	if (error)
		return error;
	tell_warning(
		w,
		(struct text){"the configuration was created, but it cannot be enabled, because the CNAME records are "
	                      "not published. Publish them, then use Set-DkimSigningConfig.",
	                      "構成は作成されましたが、CNAME レコードが公開されていないため有効にできません。"
	                      "公開してから Set-DkimSigningConfig を使ってください。"});
	tell_warning(w, missing);
	tell_status(w, &s->identity);
	check_off(&w->telling, approved && !enabled && !s->identity.enabled && s->identity.slots[0].key != 0,
	          LAB_TEXT(w, "created, not enabled; the record that is missing is named",
	                   "作成されたが無効。足りないレコードが示された"));
	check_off(&w->telling,
	          says(&s->identity, "Not signing") &&
	                  str_search(str_c(missing.en), STR("selector1")) < strlen(missing.en),
	          LAB_TEXT(w, "not signing: the next act is Set", "署名していない。次の操作は Set"));
	return INKAN_OK;
}

/* ---- 3: Get ---- */

static int step_get(struct lab_world *w, void *context)
{
	const struct story *s = context;
	const struct slot *slots = s->identity.slots;

	begin_step(&w->telling, "get", LAB_TEXT(w, "Get: which CNAMEs", "Get: 必要な CNAME を調べる"));
	tell_command(w, "Get-DkimSigningconfig " DOMAIN " | select selector1CNAME,selector2CNAME | fl");
	for (size_t i = 0; i < s->identity.slot_count; i++)
		buf_printf(&w->telling.text, "Selector%zuCNAME : %s\n", i + 1, slots[i].target);
	tell_text(&w->telling);
	check_off(&w->telling,
	          s->identity.slot_count == ALIASES &&
	                  strcmp(slots[0].target, "selector1-contoso-com._domainkey." HOST_ZONE) == 0 &&
	                  strcmp(slots[1].target, "selector2-contoso-com._domainkey." HOST_ZONE) == 0,
	          LAB_TEXT(w, "two targets; they are the service's to choose, and nothing derives them",
	                   "参照先が 2 つ。サービスが決める値で、推測はできない"));
	return INKAN_OK;
}

/* ---- 4: publish ---- */

static int type_in(struct lab_world *w, const struct record_set *set)
{
	struct record_change change = {.before = *set, .after = *set};

	change.before.count = 0;
	return lab_edit(w, DOMAIN, &change);
}

static int step_publish(struct lab_world *w, void *context)
{
	struct story *s = context;
	struct expected_list list;
	size_t typed = 0;

	begin_step(&w->telling, "publish", LAB_TEXT(w, "Publish both at the registrar", "2 つとも DNS に登録する"));
	int error = identity_records_print(
		&w->telling.text, &w->arena, &s->identity, VIEW_PEOPLE,
		&(struct record_print){.form = RECORD_TABLE, .zone = STR(DOMAIN), .language = w->ui->language}, false);

	tell_text(&w->telling);
	if (!error)
		error = expected_records(&w->arena, &s->identity, false, &list);
	for (size_t i = 0; i < list.count && !error; i++)
		if (!list.list[i].ours) {
			error = type_in(w, &list.list[i].set);
			typed += !error && list.list[i].set.ttl == HOUR;
		}
	if (error)
		return error;
	check_off(&w->telling, typed == ALIASES,
	          LAB_TEXT(w, "both are there, TTL 3600, though one selector is in use",
	                   "使うセレクターは 1 つでも、2 つとも登録。TTL は 3600"));
	return INKAN_OK;
}

/* ---- 5: Set ---- */

static bool is_proven(const struct identity *identity)
{
	return identity->state == IDENTITY_VERIFIED;
}

static bool is_signing(const struct identity *identity)
{
	return life_signs(identity);
}

static int tell_message(struct lab_world *w, const char *selector)
{
	struct lab_receiver receiver = {.message = NULL};
	const struct inkan_verdict *v;
	struct buf octets;
	size_t signatures;

	buf_init(&octets, TELLING_TEXT_MAX);
	int error = lab_sign(w, AUTHOR, "Test", &octets, &signatures);

	if (!error)
		error = lab_receive(w, &receiver, buf_str(&octets), "192.0.2.20", "mail.outbound.protection.example",
		                    AUTHOR, &v);
	if (!error) {
		const struct inkan_dkim_result *dkim = v->dkim_count ? &v->dkim[0] : NULL;

		if (dkim)
			buf_printf(&w->telling.text, "dkim=%s d=%s s=%s · spf=%s · dmarc=%s\n",
			           inkan_result_name(dkim->result), dkim->domain, dkim->selector,
			           inkan_result_name(v->spf->result), inkan_result_name(v->dmarc->result));
		tell_text(&w->telling);
		check_off(&w->telling,
		          dkim && dkim->result == INKAN_PASS && strcmp(dkim->selector, selector) == 0 &&
		                  v->dmarc->result == INKAN_PASS,
		          LAB_TEXT(w, "a message is signed, and passes", "メールに署名が付き、合格する"));
	}
	lab_receiver_release(&receiver);
	buf_release(&octets);
	return error;
}

static int step_set(struct lab_world *w, void *context)
{
	struct story *s = context;
	struct text why = {"", ""};
	bool too_early, enabled = false;

	begin_step(&w->telling, "set", LAB_TEXT(w, "Set, as soon as DNS shows them", "Set: DNS で見えたらすぐに"));
	tell_command(w, "Set-DkimSigningConfig -Identity \"" DOMAIN "\" -Enabled $true");
	int error = ask_for(w, "enable", enable, &s->identity, &why, &too_early);

	if (error)
		return error;
	if (!too_early)
		tell_warning(w, why);
	tell(&w->telling,
	     LAB_TEXT(w,
	              "The command waits (--wait) and looks again: it is enabled as soon as every name server shows "
	              "the record. The "
	              "key signs when no cache can hold an older answer any more, an hour and a bit later:",
	              "コマンドは待って (--wait) "
	              "再確認し、すべてのネームサーバーでレコードが見えるとすぐに有効になります。"
	              "署名が始まるのは、古い応答がどのキャッシュにも残らなくなる 1 時間あまり後です。"));
	error = lab_live(w, DOMAIN, is_proven, SIGHT_TIME_MAX, &s->identity);
	if (!error)
		error = ask_for(w, "enable", enable, &s->identity, &why, &enabled);
	if (!error)
		error = lab_live(w, DOMAIN, is_signing, SIGHT_TIME_MAX, &s->identity);
	if (error)
		return error;
	tell_status(w, &s->identity);
	check_off(&w->telling, !too_early && enabled && says(&s->identity, "Signing"),
	          LAB_TEXT(w, "refused at first, then enabled: it is signing",
	                   "最初は拒否され、その後有効になり、署名している"));
	return tell_message(w, "selector1");
}

/* ---- 6: Rotate ---- */

static bool signs_with_second(const struct identity *identity)
{
	return identity_active_slot(identity) == &identity->slots[1];
}

static int step_rotate(struct lab_world *w, void *context)
{
	struct story *s = context;
	struct text why = {"", ""};
	bool at_once, later = false;

	begin_step(&w->telling, "rotate", LAB_TEXT(w, "Rotate, after the hold time", "Rotate: 待機時間の後に"));
	tell_command(w, "Rotate-DkimSigningConfig -Identity \"" DOMAIN "\"");
	int error = ask_for(w, "rotate", rotate, &s->identity, &why, &at_once);

	if (error)
		return error;
	if (!at_once)
		tell_warning(w, why);
	lab_set_time(w, w->now + DAY);
	tell(&w->telling,
	     LAB_TEXT(w,
	              "A day later it begins, and the second selector takes over when DNS has shown its key for long "
	              "enough:",
	              "1 日後に始まり、2 つ目のセレクターの鍵が DNS "
	              "で十分な時間確認できるとローテーションが進みます。"));
	error = ask_for(w, "rotate", rotate, &s->identity, &why, &later);
	if (!error)
		error = lab_live(w, DOMAIN, signs_with_second, DAY, &s->identity);
	if (error)
		return error;
	identity_page(&w->telling.text, w->ui, &s->identity, w->now);
	tell_text(&w->telling);
	check_off(&w->telling, !at_once && later && s->identity.slots[0].state == SLOT_OVERLAP,
	          LAB_TEXT(w, "refused within 24 hours, done after them; the old key stays for mail on its way",
	                   "24 時間以内は拒否され、その後に実行された。古い鍵は配送中のメールのために残る"));
	return tell_message(w, "selector2");
}

static enum exit_code run(const struct invocation *in)
{
	static lab_step *const steps[] = {step_begin, step_new, step_get, step_publish, step_set, step_rotate, NULL};
	struct story s = {.identity = {.id = ""}};

	return lab_tell(in,
	                &(struct lab_story){.scenario = &lab_microsoft,
	                                    .title = {"Microsoft 365: two CNAMEs, New, Set and Rotate",
	                                              "Microsoft 365: 2 つの CNAME と New・Set・Rotate"},
	                                    .zones = zones,
	                                    .zone_count = sizeof(zones) / sizeof *zones,
	                                    .written = 1,
	                                    .servers = 1,
	                                    .start = START,
	                                    .steps = steps},
	                &s);
}

const struct scenario lab_microsoft = {
	.name = "microsoft",
	.summary = {"two CNAMEs as Microsoft 365 wants them: new too early, set, rotate after the hold time",
                    "Microsoft 365 方式の CNAME 2 つ: 早すぎる New、Set、待機後の Rotate"},
	.options = "",
	.run = run,
};

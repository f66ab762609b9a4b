/* inkan dns: plan, apply and undo changes of DNS. Nothing is written but by apply and undo. */
#include <stdio.h>

#include "cli/ask.h"
#include "cli/dns_plans.h"
#include "cli/trouble_text.h"
#include "identity/expected.h"

/* ---- plan ---- */

static int print_form(struct buf *out, const struct dns_plans *p, enum record_form form)
{
	int error = INKAN_OK;

	for (size_t i = 0; i < p->count && !error; i++) {
		const struct registrar_plan *plan = &p->plans[i];
		const struct record_print how = {
			.form = form, .zone = str_c(plan->zone), .language = p->in->ui->language};

		if (plan->change_count)
			error = record_changes_print(out, plan->changes, plan->change_count, &how);
	}
	return error;
}

static int print_table(struct buf *out, const struct dns_plans *p)
{
	const struct ui *ui = p->in->ui;
	size_t changes = dns_plans_changes(p);
	int error = INKAN_OK;

	for (size_t i = 0; i < p->count && !error; i++)
		error = dns_plan_print(out, ui, &p->plans[i]);
	if (p->dmarc_is_there)
		buf_put_c(out, TEXT(ui, "a DMARC record is there already: it stays as it is\n",
		                    "DMARC レコードはすでにあります: そのままにします\n"));
	if (!changes)
		buf_put_c(out, TEXT(ui, "nothing to do: DNS is as it should be\n",
		                    "変更はありません: DNS は正しい状態です\n"));
	return error;
}

static int print_json(struct buf *out, const struct dns_plans *p)
{
	struct json j = json_to(out);

	json_object_begin(&j);
	json_key_c(&j, "domain", p->domain);
	json_key_i64(&j, "changes", (int64_t)dns_plans_changes(p));
	json_key(&j, "zones");
	json_array_begin(&j);
	for (size_t i = 0; i < p->count; i++) {
		json_object_begin(&j);
		dns_plan_json(&j, &p->plans[i]);
		json_object_end(&j);
	}
	json_array_end(&j);
	json_object_end(&j);
	buf_put_char(out, '\n');
	return buf_error(out);
}

/* A change batch is for one hosted zone. */
static enum exit_code refuse_many_zones(const struct dns_plans *p)
{
	size_t zones = 0;

	for (size_t i = 0; i < p->count; i++)
		zones += p->plans[i].change_count > 0;
	if (zones <= 1)
		return EXIT_FINE;
	ui_error(p->in->ui, NOWHERE,
	         TEXT(p->in->ui, "the changes are of %zu zones, a change batch is for one – choose it with --zone",
	              "変更は %zu 個のゾーンにわたりますが、変更バッチは 1 個のゾーン用です – --zone で選んでください"),
	         zones);
	return EXIT_USAGE;
}

static enum exit_code print_policy(struct dns_plans *p)
{
	struct identity identity;
	struct io_error why = {""};
	uint64_t version;
	struct output out;
	enum exit_code code = identity_fetch(&p->source, p->domain, &identity, &version, &why);

	if (code != EXIT_FINE)
		return code;
	if (!option_given(p->in, "hosted-zone"))
		ui_warning(p->in->ui, NOWHERE,
		           TEXT(p->in->ui,
		                "the id of the hosted zone is not known – give --hosted-zone, or put it in place of "
		                "HOSTED_ZONE_ID",
		                "ホストゾーンの ID が不明です – --hosted-zone で指定するか、HOSTED_ZONE_ID "
		                "を置き換えてください"));
	output_init(&out);
	dns_policy_print(&out.text, &identity, option_value(p->in, "hosted-zone", "HOSTED_ZONE_ID"),
	                 option_given(p->in, "dmarc"));
	return output_finish(&out, p->in->ui, EXIT_FINE);
}

static enum exit_code print_plan(struct dns_plans *p)
{
	enum record_form form = RECORD_TABLE;
	struct output out;
	int error;

	(void)record_form_from_name(str_c(option_value(p->in, "format", "table")), &form);
	if (option_given(p->in, "route53-json"))
		form = RECORD_ROUTE53;
	if (form == RECORD_ROUTE53 && refuse_many_zones(p) != EXIT_FINE)
		return EXIT_USAGE;
	output_init(&out);
	if (p->in->json)
		error = print_json(&out.text, p);
	else
		error = form == RECORD_TABLE ? print_table(&out.text, p) : print_form(&out.text, p, form);
	enum exit_code code = error                  ? ui_failed(p->in->ui, NOWHERE, error)
	                      : dns_plans_changes(p) ? EXIT_FINDING
	                                             : EXIT_FINE;

	return output_finish(&out, p->in->ui, code);
}

static enum exit_code run_plan(const struct invocation *in)
{
	struct dns_plans p;
	enum exit_code code = dns_plans_open(&p, in);

	if (code == EXIT_FINE && option_given(in, "iam-policy")) {
		code = print_policy(&p);
	} else if (code == EXIT_FINE) {
		code = dns_plans_make(&p);
		if (code == EXIT_FINE)
			code = print_plan(&p);
	}
	dns_plans_close(&p);
	return code;
}

/* ---- apply and undo ---- */

struct outcome {
	enum update_result result;
	int error;           /* INKAN_EIO, INKAN_EREFUSED ... */
	bool done;           /* it was written */
	struct io_error why; /* "" where all is well */
};

static const char *outcome_name(const struct registrar_plan *plan, const struct outcome *o, bool dry_run)
{
	static const char *const names[] = {
		[UPDATE_DONE] = "done",         [UPDATE_CHANGED_MEANWHILE] = "changed-meanwhile",
		[UPDATE_REFUSED] = "refused",   [UPDATE_CLOCK] = "clock",
		[UPDATE_NOT_ZONE] = "not-zone", [UPDATE_FAILED] = "failed",
	};

	if (!plan->change_count)
		return "nothing";
	if (!plan->how)
		return "copy";
	if (o->error)
		return o->error == INKAN_EREFUSED ? "beyond-limit" : "unknown";
	return o->result == UPDATE_DONE && !o->done ? dry_run ? "allowed" : "not-tried" : names[o->result];
}

static enum exit_code outcome_code(const struct registrar_plan *plan, const struct outcome *o)
{
	if (!plan->change_count)
		return EXIT_FINE;
	if (!plan->how || (!o->error && o->result != UPDATE_DONE))
		return o->result == UPDATE_FAILED ? EXIT_TEMPORARY : EXIT_FINDING;
	if (!o->error)
		return EXIT_FINE;
	return o->error == INKAN_EIO ? EXIT_TEMPORARY : o->error == INKAN_EREFUSED ? EXIT_USAGE : EXIT_INTERNAL;
}

/* Asks on a terminal; programs have decided already. */
static bool is_agreed(struct dns_plans *p)
{
	const char *answer = "n";
	char question[100];

	if (option_given(p->in, "yes") || !can_ask(p->in))
		return true;
	snprintf(question, sizeof(question),
	         TEXT(p->in->ui, "Change %zu record sets? (y/n)", "%zu 件のレコードを変更しますか? (y/n)"),
	         dns_plans_changes(p));
	return ask_choice(&p->source.arena, question, "y|n", "n", &answer) && answer[0] == 'y';
}

static void try_plan(struct dns_plans *p, size_t i, bool dry_run, struct outcome *o)
{
	const struct registrar_plan *plan = &p->plans[i];
	bool force = option_given(p->in, "force");

	if (!plan->change_count || !plan->how || o->error || o->result != UPDATE_DONE)
		return;
	o->error = registrar_apply(p->source.registrar, plan, dry_run, force, &o->result, &o->why);
	o->done = !dry_run && !o->error && o->result == UPDATE_DONE;
	if (!o->error && o->result == UPDATE_DONE)
		o->why.text[0] = '\0';
}

static bool all_allowed(const struct dns_plans *p, const struct outcome *outcomes)
{
	for (size_t i = 0; i < p->count; i++)
		if (outcomes[i].error || outcomes[i].result != UPDATE_DONE)
			return false;
	return true;
}

/* First whether all of it is allowed (S1-15), then, agreed to, all of it. False: the user said no. */
static bool carry_out(struct dns_plans *p, struct outcome *outcomes)
{
	bool dry_run = option_given(p->in, "dry-run"), writable = false;

	for (size_t i = 0; i < p->count; i++) {
		try_plan(p, i, true, &outcomes[i]);
		writable = writable || (p->plans[i].how && p->plans[i].change_count);
	}
	if (dry_run || !writable || !all_allowed(p, outcomes))
		return true;
	if (!is_agreed(p))
		return false;
	for (size_t i = 0; i < p->count; i++)
		try_plan(p, i, false, &outcomes[i]);
	return true;
}

static void put_outcome(struct buf *out, const struct ui *ui, const struct registrar_plan *plan,
                        const struct outcome *o)
{
	if (!plan->change_count)
		return;
	buf_printf(out, "%s: ", plan->zone);
	if (o->why.text[0])
		safe_text(out, str_c(TROUBLE(ui, o->why.text)));
	else if (o->done)
		buf_printf(out, TEXT(ui, "done, %zu record sets changed", "完了。%zu 件のレコードを変更しました"),
		           plan->change_count);
	else if (!plan->how)
		buf_put_c(out, TEXT(ui, "copy the records above into this zone",
		                    "上のレコードをこのゾーンに追加してください"));
	else
		buf_put_c(out, TEXT(ui, "allowed; nothing was changed", "許可されています。何も変更していません"));
	buf_put_char(out, '\n');
}

static int print_outcomes(struct buf *out, const struct dns_plans *p, const struct outcome *outcomes)
{
	bool dry_run = option_given(p->in, "dry-run");
	struct json j = json_to(out);

	if (!p->in->json) {
		for (size_t i = 0; i < p->count; i++)
			put_outcome(out, p->in->ui, &p->plans[i], &outcomes[i]);
		return buf_error(out);
	}
	json_object_begin(&j);
	json_key_c(&j, "domain", p->domain);
	json_key_bool(&j, "dry_run", dry_run);
	json_key(&j, "zones");
	json_array_begin(&j);
	for (size_t i = 0; i < p->count; i++) {
		json_object_begin(&j);
		dns_plan_json(&j, &p->plans[i]);
		json_key_c(&j, "result", outcome_name(&p->plans[i], &outcomes[i], dry_run));
		json_key_c(&j, "reason", outcomes[i].why.text);
		json_object_end(&j);
	}
	json_array_end(&j);
	json_object_end(&j);
	buf_put_char(out, '\n');
	return buf_error(out);
}

static enum exit_code worst(enum exit_code a, enum exit_code b)
{
	return a > b ? a : b;
}

static enum exit_code carry_out_and_tell(struct dns_plans *p)
{
	struct outcome outcomes[REGISTRAR_PLANS_MAX] = {{.result = UPDATE_DONE}};
	enum exit_code code = EXIT_FINE;
	struct output out;
	int error = INKAN_OK;

	output_init(&out);
	if (!p->in->json)
		error = print_table(&out.text, p);
	if (!output_flush(&out) || error)
		return output_finish(&out, p->in->ui, error ? ui_failed(p->in->ui, NOWHERE, error) : EXIT_INTERNAL);
	if (!carry_out(p, outcomes)) {
		buf_put_c(&out.text, TEXT(p->in->ui, "nothing was changed\n", "何も変更していません\n"));
		return output_finish(&out, p->in->ui, EXIT_FINDING);
	}
	error = print_outcomes(&out.text, p, outcomes);
	for (size_t i = 0; i < p->count; i++)
		code = worst(code, outcome_code(&p->plans[i], &outcomes[i]));
	return output_finish(&out, p->in->ui, error ? ui_failed(p->in->ui, NOWHERE, error) : code);
}

static enum exit_code run_apply(const struct invocation *in)
{
	struct dns_plans p;
	enum exit_code code = dns_plans_open(&p, in);

	if (code == EXIT_FINE)
		code = dns_plans_make(&p);
	if (code == EXIT_FINE)
		code = carry_out_and_tell(&p);
	dns_plans_close(&p);
	return code;
}

/* ---- what may not be taken back ---- */

struct in_use {
	const struct dns_plans *plans;
	struct arena scratch; /* one identity's records */
	char name[DNS_NAME_MAX + 1];
	int error;
};

static bool is_removed(const struct dns_plans *p, const struct record_set *set)
{
	for (size_t i = 0; i < p->plans[0].change_count; i++) {
		const struct record_change *c = &p->plans[0].changes[i];

		if (c->before.count && !c->after.count && c->before.type == set->type &&
		    str_eq(c->before.name, set->name))
			return true;
	}
	return false;
}

static bool look_for_use(void *context, const struct identity *identity)
{
	struct in_use *u = context;
	struct expected_list list = {.count = 0};

	arena_reset(&u->scratch);
	if (identity->enabled && identity->state == IDENTITY_VERIFIED)
		u->error = expected_records(&u->scratch, identity, false, &list);
	for (size_t i = 0; i < list.count && !u->error && !u->name[0]; i++) {
		const struct expected *e = &list.list[i];

		if ((e->kind == EXPECTED_KEY || e->kind == EXPECTED_ALIAS) && e->set.count &&
		    is_removed(u->plans, &e->set))
			snprintf(u->name, sizeof(u->name), "%.*s", STR_ARG(e->set.name));
	}
	return !u->error && !u->name[0];
}

/* Mail that is signed with a key could not be verified any more if its record went. */
static enum exit_code refuse_if_in_use(const struct dns_plans *p)
{
	const struct identity_filter all = {.domain = NULL};
	struct in_use use = {.plans = p};
	struct io_error why = {""};

	if (option_given(p->in, "force"))
		return EXIT_FINE;
	arena_init(&use.scratch, 1024 * 1024);
	int error = identity_store_each(registrar_store(p->source.registrar), &all, look_for_use, &use, &why);

	arena_release(&use.scratch);
	if (error || use.error)
		return registrar_failed(p->in->ui, error ? error : use.error, &why);
	if (!use.name[0])
		return EXIT_FINE;
	ui_error(
		p->in->ui, NOWHERE,
		TEXT(p->in->ui,
	             "mail is signed with the key at %s, now or soon, and this would remove it – “inkan identity "
	             "disable” first, or --force",
	             "%s の鍵は署名に使われているか、まもなく使われます。取り消すと削除されます – 先に「inkan identity "
	             "disable」を実行するか、--force "
	             "を指定してください"),
		use.name);
	return EXIT_USAGE;
}

static enum exit_code run_undo(const struct invocation *in)
{
	struct dns_plans p;
	enum exit_code code = dns_plans_open(&p, in);

	if (code == EXIT_FINE)
		code = dns_plans_undo(&p);
	if (code == EXIT_FINE && !p.count) {
		ui_error(in->ui, NOWHERE,
		         TEXT(in->ui,
		              "%s: no change is left that could be taken back – “inkan dns plan” shows what is amiss",
		              "%s: 取り消せる変更は残っていません – 「inkan dns plan」で差分を確認してください"),
		         p.domain);
		code = EXIT_FINDING;
	} else if (code == EXIT_FINE) {
		code = refuse_if_in_use(&p);
		if (code == EXIT_FINE)
			code = carry_out_and_tell(&p);
	}
	dns_plans_close(&p);
	return code;
}

/* ---- the tables ---- */

/* clang-format off */
#define WRITING_OPTIONS                                                                                                                 \
	{"dry-run", 'n', OPTION_FLAG, NULL, NULL, 0, 0,                                                                                 \
	 {"change nothing: ask the servers whether it would be allowed", "何も変更せず、許可されるかどうかだけをサーバーに問い合わせる"}},                              \
	{"yes", 'y', OPTION_FLAG, NULL, NULL, 0, 0, {"do not ask on a terminal", "端末で確認を求めない"}},                                         \
	{"force", 'f', OPTION_FLAG, NULL, NULL, 0, 0,                                                                                   \
	 {"also change or remove more sets at once than is thought safe (10)", "安全とされる件数 (10) を超える変更や削除も一度に行う"}}

static const struct option_spec plan_options[] = {
	{"format", 0, OPTION_CHOICE, NULL, "table|nsupdate|route53", 0, 0,
	 {"form of the changes (default: table)", "変更の形式 (既定: table)"}},
	{"route53-json", 0, OPTION_FLAG, NULL, NULL, 0, 0,
	 {"the same as --format route53: a change batch for the aws command", "--format route53 と同じ: aws コマンド用の変更バッチ"}},
	{"iam-policy", 0, OPTION_FLAG, NULL, NULL, 0, 0,
	 {"print the least that Amazon Route 53 has to allow for the domain's records, and nothing else",
	  "このドメインのレコードに必要な最小限の Amazon Route 53 権限ポリシーだけを表示する"}},
	{"hosted-zone", 0, OPTION_STRING, "ID", NULL, 0, 0,
	 {"with --iam-policy: id of the hosted zone", "--iam-policy のとき: ホストゾーンの ID"}},
	DNS_WANTED_OPTIONS,
	DNS_ZONE_OPTIONS,
	REGISTRAR_OPTIONS,
};
static const struct option_spec apply_options[] = {
	WRITING_OPTIONS,
	DNS_WANTED_OPTIONS,
	DNS_ZONE_OPTIONS,
	REGISTRAR_OPTIONS,
};
static const struct option_spec undo_options[] = {
	WRITING_OPTIONS,
	DNS_ZONE_OPTIONS,
	REGISTRAR_OPTIONS,
};

static const struct example plan_examples[] = {
	{"inkan dns plan example.com", {"what is missing in DNS, and what would be changed", "DNS に足りないものと、行う変更を表示する"}},
	{"inkan dns plan example.com --route53-json > batch.json",
	 {"for aws route53 change-resource-record-sets --change-batch file://batch.json", "aws route53 change-resource-record-sets --change-batch file://batch.json 用"}},
	{"inkan dns plan example.com --iam-policy --hosted-zone Z123",
	 {"what Amazon has to allow whoever applies it", "適用する人に Amazon が許可すべき権限"}},
	{NULL, {NULL, NULL}},
};
static const struct example apply_examples[] = {
	{"inkan dns apply example.com --dry-run", {"is the key allowed to make the changes?", "この鍵で変更できるかを確かめる"}},
	{"inkan dns apply example.com --server 192.0.2.1 --tsig update.key --dmarc",
	 {"publish, with a first DMARC record, in a zone that is not in the configuration", "設定にないゾーンに、最初の DMARC レコードとともに公開する"}},
	{"inkan dns apply example.com --zone-file example.com.zone", {"edit a zone file", "ゾーンファイルを編集する"}},
	{NULL, {NULL, NULL}},
};
static const struct example undo_examples[] = {
	{"inkan dns undo example.com", {"take back the newest change", "最後の変更を取り消す"}},
	{NULL, {NULL, NULL}},
};

const struct command dns_plan_command = {
	.name = "plan",
	.summary = {"Show what would have to change in DNS for a domain's identities", "ドメインのアイデンティティに必要な DNS の変更を表示する"},
	.operands = "DOMAIN",
	.operands_min = 1,
	.operands_max = 1,
	.description = {"Compares the records that the identities of the domain need with what the authoritative name servers have, and "
	                "prints the difference. Nothing is written. The exit code is 1 where something would have to change.",
	                "ドメインのアイデンティティに必要なレコードと、権威サーバーにある内容を比べ、差分を表示します。DNS には何も書き込みません。変更が必要なら終了コードは 1 です。"},
	.options = plan_options,
	.common = COMMON_CONFIG | COMMON_JSON,
	.examples = plan_examples,
	.run = run_plan,
};

const struct command dns_apply_command = {
	.name = "apply",
	.summary = {"Make the changes that “inkan dns plan” shows", "「inkan dns plan」が示す変更を実行する"},
	.operands = "DOMAIN",
	.operands_min = 1,
	.operands_max = 1,
	.description = {"Asks each server first whether all of it is allowed, then makes the changes by dynamic updates (RFC 2136, signed "
	                "with TSIG), or in the zone file. Each set must still be as it was when the plan was made, else nothing of its zone is "
	                "changed. Records of zones that nobody has told us to write are printed, to be copied; the exit code is 1 then.",
	                "最初に、すべての変更が許可されるかを各サーバーに問い合わせ、次に動的更新 (RFC 2136、TSIG 署名) またはゾーンファイルの編集で変更します。計画時と内容が"
	                "変わっていれば、そのゾーンには何も書き込みません。書き込めないゾーンのレコードは、コピー用に表示します (終了コードは 1)。"},
	.options = apply_options,
	.common = COMMON_CONFIG | COMMON_JSON,
	.examples = apply_examples,
	.run = run_apply,
};

const struct command dns_undo_command = {
	.name = "undo",
	.summary = {"Take back the newest change that was made in a zone", "ゾーンに行った最後の変更を取り消す"},
	.operands = "DOMAIN",
	.operands_min = 1,
	.operands_max = 1,
	.description = {"Every change is noted before it is made. The newest one of the zone that holds the domain is made the other way "
	                "round, if all is still as that change left it; once more takes back the one before. A key that mail is signed with stays, "
	                "unless --force is given.",
	                "変更は実行前に記録されます。ドメインを含むゾーンの最後の変更を、内容がその変更の後のままであれば、逆向きに実行します。もう一度実行すると、その前の変更を取り消します。署名に使われている鍵は、--force がなければ削除しません。"},
	.options = undo_options,
	.common = COMMON_CONFIG | COMMON_JSON,
	.examples = undo_examples,
	.run = run_undo,
};

static const struct example dns_examples[] = {
	{"inkan dns plan example.com", {"what is missing in DNS", "DNS に足りないものを表示する"}},
	{"inkan dns apply example.com", {"publish it", "公開する"}},
	{"inkan dns verify example.com", {"does every server show it?", "すべてのサーバーに出ているかを確かめる"}},
	{NULL, {NULL, NULL}},
};

static const struct command *const subcommands[] = {&dns_plan_command, &dns_apply_command, &dns_verify_command, &dns_undo_command,
                                                    NULL};

const struct command dns_command = {
	.name = "dns",
	.summary = {"Publish the records of identities: plan, apply, verify, undo", "アイデンティティのレコードを公開する: plan、apply、verify、undo"},
	.operands = "",
	.description = {"Nothing is ever written to DNS but by “apply” and “undo”.", "「apply」と「undo」のほかに、DNS に書き込むものはありません。"},
	.examples = dns_examples,
	.subcommands = subcommands,
};
/* clang-format on */

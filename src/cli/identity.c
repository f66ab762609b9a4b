/* inkan identity: the identities of this host, or of all hosts that share a store. Here: list, show, history, delete, run. */
#include <stdio.h>
#include <unistd.h>

#include "cli/command.h"
#include "cli/identity_view.h"
#include "cli/registrar_source.h"

enum { RUN_BATCH = 64, FLUSH_SIZE = 64 * 1024 };

/* ---- list ---- */

struct listing {
	const struct invocation *in;
	struct output out;
	size_t count;
	int error;
};

static bool list_one(void *context, const struct identity *identity)
{
	struct listing *l = context;

	if (l->in->json) {
		struct json j = json_to(&l->out.text);

		l->error = identity_json(&j, l->in->ui, identity, false);
		buf_put_char(&l->out.text, '\n');
	} else {
		identity_line(&l->out.text, l->in->ui, identity);
	}
	l->count++;
	return !l->error && (l->out.text.n < FLUSH_SIZE || output_flush(&l->out));
}

static enum exit_code run_list(const struct invocation *in)
{
	const struct identity_filter filter = {.tenant = option_value(in, "tenant", NULL),
	                                       .environment = option_value(in, "environment", NULL),
	                                       .domain = in->operand_count ? in->operands[0] : NULL};
	struct registrar_source s;
	struct listing l = {.in = in};
	struct io_error why = {""};
	enum exit_code code = registrar_source_open(&s, in, STORE_READ, NULL);

	output_init(&l.out);
	if (code == EXIT_FINE) {
		int error = identity_store_each(registrar_store(s.registrar), &filter, list_one, &l, &why);

		error = error ? error : l.error;
		code = error ? registrar_failed(in->ui, error, &why) : EXIT_FINE;
	}
	if (code == EXIT_FINE && l.count == 0 && !in->json)
		buf_put_c(&l.out.text, TEXT(in->ui, "no identities\n", "アイデンティティはありません\n"));
	registrar_source_close(&s);
	return output_finish(&l.out, in->ui, code);
}

/* clang-format off */
static const struct option_spec list_options[] = {
	{"tenant", 0, OPTION_STRING, "NAME", NULL, 0, 0, {"only those of a tenant", "このテナントのものだけ"}},
	{"environment", 0, OPTION_STRING, "LABEL", NULL, 0, 0, {"only those of an environment", "この環境のものだけ"}},
	REGISTRAR_OPTIONS,
};
/* clang-format on */

static const struct example list_examples[] = {
	{"inkan identity list", {"all, a line each", "すべてを 1 行ずつ"}},
	{"inkan identity list example.com", {"those of a domain: its signers", "あるドメインの署名者"}},
	{"inkan identity list --json", {"one object a line, for programs", "1 行 1 オブジェクトの JSON"}},
	{NULL, {NULL, NULL}},
};

static const struct command list_command = {
	.name = "list",
	.summary = {"List identities", "アイデンティティを一覧する"},
	.operands = "[DOMAIN]",
	.operands_max = 1,
	.description = {"One line each: name, scheme, status, whether it signs.",
                        "1 行に 1 つ、名前、方式、状態、署名しているかどうかを表示します。"},
	.options = list_options,
	.common = COMMON_CONFIG | COMMON_JSON,
	.examples = list_examples,
	.run = run_list,
};

/* ---- show ---- */

static enum exit_code run_show(const struct invocation *in)
{
	struct registrar_source s;
	struct identity identity;
	struct io_error why = {""};
	struct output out;
	uint64_t version;
	int error = INKAN_OK;
	enum exit_code code = registrar_source_open(&s, in, STORE_READ, NULL);

	output_init(&out);
	if (code == EXIT_FINE)
		code = identity_fetch(&s, in->operands[0], &identity, &version, &why);
	if (code == EXIT_FINE && in->json) {
		struct json j = json_to(&out.text);

		error = identity_json(&j, in->ui, &identity, true);
		buf_put_char(&out.text, '\n');
	} else if (code == EXIT_FINE) {
		identity_page(&out.text, in->ui, &identity, registrar_now(s.registrar));
	}
	registrar_source_close(&s);
	return output_finish(&out, in->ui, error ? ui_failed(in->ui, NOWHERE, error) : code);
}

static const struct option_spec plain_options[] = {REGISTRAR_OPTIONS};

static const struct example show_examples[] = {
	{"inkan identity show example.com", {"state, selectors, next step", "状態、セレクター、次の手順"}},
	{NULL, {NULL, NULL}},
};

static const struct command show_command = {
	.name = "show",
	.summary = {"Show an identity: state, selectors, next step",
                    "アイデンティティの状態、セレクター、次の手順を表示する"},
	.operands = "ID",
	.operands_min = 1,
	.operands_max = 1,
	.description = {"What the store says; DNS is not asked (see “inkan identity verify”).",
                        "データベースにある内容を表示します。DNS には問い合わせません (「inkan identity "
                        "verify」を使ってください)。"},
	.options = plain_options,
	.common = COMMON_CONFIG | COMMON_JSON,
	.examples = show_examples,
	.run = run_show,
};

/* ---- history ---- */

static bool put_event(void *context, const struct identity_event *event)
{
	struct listing *l = context;
	struct buf *out = &l->out.text;

	if (l->in->json) {
		struct json j = json_to(out);

		json_object_begin(&j);
		json_key(&j, "at");
		struct buf at;

		buf_init(&at, 64);
		time_print(&at, event->at);
		json_str(&j, buf_str(&at));
		buf_release(&at);
		json_key_c(&j, "host", event->host);
		json_key_c(&j, "who", event->who);
		json_key_c(&j, "action", event->action);
		json_key_c(&j, "detail", event->detail);
		json_object_end(&j);
	} else {
		time_print(out, event->at);
		buf_put_c(out, "  ");
		text_padded(out, str_c(event->action), 10);
		buf_put_char(out, ' ');
		safe_text(out, str_c(event->detail));
		buf_put_c(out, event->detail[0] ? " (" : "(");
		safe_text(out, str_c(event->who));
		buf_put_c(out, " @ ");
		safe_text(out, str_c(event->host));
		buf_put_char(out, ')');
	}
	buf_put_char(out, '\n');
	return out->n < FLUSH_SIZE || output_flush(&l->out);
}

static enum exit_code run_history(const struct invocation *in)
{
	struct registrar_source s;
	struct listing l = {.in = in};
	struct identity identity;
	struct io_error why = {""};
	uint64_t version;
	enum exit_code code = registrar_source_open(&s, in, STORE_READ, NULL);

	output_init(&l.out);
	if (code == EXIT_FINE)
		code = identity_fetch(&s, in->operands[0], &identity, &version, &why);
	if (code == EXIT_FINE) {
		int error = identity_store_events(registrar_store(s.registrar), identity.id,
		                                  (size_t)option_number(in, "max", 100), put_event, &l, &why);

		code = error ? registrar_failed(in->ui, error, &why) : EXIT_FINE;
	}
	registrar_source_close(&s);
	return output_finish(&l.out, in->ui, code);
}

/* clang-format off */
static const struct option_spec history_options[] = {
	{"max", 0, OPTION_NUMBER, "N", NULL, 1, 1000000, {"how many, the newest first (default: 100)", "新しい順に何件まで (既定: 100)"}},
	REGISTRAR_OPTIONS,
};
/* clang-format on */

static const struct example history_examples[] = {
	{"inkan identity history example.com", {"who did what, when", "いつ、誰が、何をしたか"}},
	{NULL, {NULL, NULL}},
};

static const struct command history_command = {
	.name = "history",
	.summary = {"Show what was done with an identity, by whom and when",
                    "アイデンティティに対する操作の履歴を表示する"},
	.operands = "ID",
	.operands_min = 1,
	.operands_max = 1,
	.description = {"Every step, of commands and of the service, newest first.",
                        "コマンドとサービスによるすべての手順を新しい順に表示します。"},
	.options = history_options,
	.common = COMMON_CONFIG | COMMON_JSON,
	.examples = history_examples,
	.run = run_history,
};

/* ---- delete ---- */

static enum exit_code refuse_delete(const struct invocation *in, const struct identity *identity)
{
	ui_error(in->ui, NOWHERE,
	         TEXT(in->ui, "%s signs mail – disable it first, or say --force",
	              "%s は署名に使われています – 先に無効にするか、--force を付けてください"),
	         identity->id);
	return EXIT_FINDING;
}

static enum exit_code tell_deleted(struct ui *ui, const char *name)
{
	struct output out;

	output_init(&out);
	safe_text(&out.text, str_c(name));
	buf_put_c(
		&out.text,
		TEXT(ui,
	             " is deleted. Leave its records in DNS for two weeks: mail on its way is verified with them.\n",
	             " を削除しました。配送中のメールの検証に使われるため、DNS のレコードは 2 週間残してください。\n"));
	return output_finish(&out, ui, EXIT_FINE);
}

static enum exit_code run_delete(const struct invocation *in)
{
	struct registrar_source s;
	struct identity identity;
	struct io_error why = {""};
	uint64_t version;
	bool deleted = false;
	enum exit_code code = registrar_source_open(&s, in, STORE_CHANGE, NULL);

	if (code == EXIT_FINE)
		code = identity_fetch(&s, in->operands[0], &identity, &version, &why);
	if (code == EXIT_FINE && life_signs(&identity) && !option_given(in, "force"))
		code = refuse_delete(in, &identity);
	if (code == EXIT_FINE) {
		int error = identity_store_delete(registrar_store(s.registrar), identity.id, version, &deleted, &why);

		code = error ? registrar_failed(in->ui, error, &why) : EXIT_FINE;
	}
	if (code == EXIT_FINE && !deleted) {
		ui_error(in->ui, NOWHERE,
		         TEXT(in->ui, "%s: changed just now – try again",
		              "%s: たった今変更されました – もう一度試してください"),
		         in->operands[0]);
		code = EXIT_TEMPORARY;
	}
	if (deleted)
		code = tell_deleted(in->ui, in->operands[0]);
	registrar_source_close(&s);
	return code;
}

/* clang-format off */
static const struct option_spec delete_options[] = {
	{"force", 'f', OPTION_FLAG, NULL, NULL, 0, 0, {"even while it signs", "署名に使われていても削除する"}},
	REGISTRAR_OPTIONS,
};
/* clang-format on */

static const struct example delete_examples[] = {
	{"inkan identity delete example.com",
         {"identity and keys are gone for good", "アイデンティティと鍵を完全に削除する"}},
	{NULL, {NULL, NULL}},
};

static const struct command delete_command = {
	.name = "delete",
	.summary = {"Delete an identity with its keys", "アイデンティティを鍵ごと削除する"},
	.operands = "ID",
	.operands_min = 1,
	.operands_max = 1,
	.description =
		{"What is in DNS stays there: mail on its way is still verified. Remove the records after two weeks.",
                 "DNS のレコードは残るので、配送中のメールは検証できます。2 週間後に削除してください。"},
	.options = delete_options,
	.common = COMMON_CONFIG,
	.examples = delete_examples,
	.run = run_delete,
};

/* ---- run ---- */

static enum exit_code run_due(const struct invocation *in)
{
	struct registrar_source s;
	struct io_error why = {""};
	size_t all = 0, done = 0;
	bool left = true;
	struct output out;
	enum exit_code code = registrar_source_open(&s, in, STORE_CHANGE, NULL);
	int error = INKAN_OK;

	output_init(&out);
	while (code == EXIT_FINE && !error && left) {
		error = registrar_run(s.registrar, RUN_BATCH, &done, &left, &why);
		all += done;
		left = left && done > 0;
	}
	if (code == EXIT_FINE && error)
		code = registrar_failed(in->ui, error, &why);
	if (code == EXIT_FINE && in->json)
		buf_printf(&out.text, "{\"steps\": %zu}\n", all);
	else if (code == EXIT_FINE)
		buf_printf(&out.text,
		           all == 1 ? TEXT(in->ui, "%zu step done\n", "%zu 件の手順を行いました\n")
		                    : TEXT(in->ui, "%zu steps done\n", "%zu 件の手順を行いました\n"),
		           all);
	registrar_source_close(&s);
	return output_finish(&out, in->ui, code);
}

static const struct example run_examples[] = {
	{"inkan identity run",
         {"what is due now, from a timer, where “inkan serve” does not run",
          "時期が来た手順を行う (「inkan serve」がない環境でタイマーから)"}},
	{NULL, {NULL, NULL}},
};

static const struct command run_command = {
	.name = "run",
	.summary = {"Do the steps of all identities that are due", "時期が来たすべての手順を行う"},
	.operands = "",
	.description = {"Looks at DNS, takes keys into use, goes on with rotations. A running “inkan serve” does this "
                        "by itself; "
                        "several may run at once, and each step is done by one of them.",
                        "DNS の確認、鍵の使用開始、ローテーションの続きなどを行います。動作中の「inkan "
                        "serve」は自動で行います。複数を同時に"
                        "動かしてもかまわず、各手順はそのうち 1 つだけが行います。"},
	.options = plain_options,
	.common = COMMON_CONFIG | COMMON_JSON,
	.examples = run_examples,
	.run = run_due,
};

/* ---- the table ---- */

static const struct command *const subcommands[] = {
	&identity_create_command,
	&list_command,
	&show_command,
	&identity_records_command,
	&identity_verify_command,
	&identity_enable_command,
	&identity_disable_command,
	&identity_rotate_command,
	&identity_mail_from_command,
	&identity_approve_command,
	&identity_import_command,
	&identity_export_command,
	&history_command,
	&delete_command,
	&run_command,
	&identity_tenant_command,
	&identity_backup_command,
	&identity_restore_command,
	NULL,
};

static const struct example examples[] = {
	{"inkan identity create example.com", {"a new identity", "新しいアイデンティティを作る"}},
	{"inkan identity verify example.com --wait", {"from Pending to Verified", "保留中から検証済みへ"}},
	{"inkan identity rotate example.com", {"a new key, without a gap", "切れ目のない鍵のローテーション"}},
	{NULL, {NULL, NULL}},
};

const struct command identity_command = {
	.name = "identity",
	.summary = {"Manage the domains that sign: keys, records, verification, rotation",
                    "署名するドメインを管理する: 鍵、レコード、検証、鍵のローテーション"},
	.operands = "",
	.description = {"", ""},
	.examples = examples,
	.subcommands = subcommands,
};

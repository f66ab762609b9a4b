/* inkan explain: what became of a message that the service saw, and why.
 *
 * Reading order: run() -> find_store(), show_all() -> show_one(). */
#include "cli/command.h"

#include <errno.h>
#include <unistd.h>

#include "cli/config_file.h"
#include "cli/outcome_text.h"
#include "cli/trouble_text.h"
#include "core/json.h"
#include "core/time.h"
#include "io/error.h"
#include "store/store.h"

enum {
	LAST_MAX = 10000,
	LAST_OF_AN_ID = 20, /* messages shown of an id, unless --last says otherwise */
	LABEL_COLUMNS = 14,
	MICROSECONDS = 1000000
};

struct explanation {
	const struct invocation *in;
	struct output out;
	struct json json;
	size_t count;
};

/* ---- a page for people ---- */

static void put_label(struct explanation *e, const char *label)
{
	buf_put_c(&e->out.text, "  ");
	text_padded(&e->out.text, str_c(label), LABEL_COLUMNS);
}

/* A line, unless there is nothing to say. */
static void put_line(struct explanation *e, const char *label, struct str value)
{
	if (value.n == 0)
		return;
	put_label(e, label);
	safe_text(&e->out.text, value);
	buf_put_char(&e->out.text, '\n');
}

/* "value – text" */
static void put_why(struct explanation *e, const char *label, struct str value, struct str text)
{
	if (value.n == 0)
		return;
	put_label(e, label);
	safe_text(&e->out.text, value);
	if (text.n) {
		buf_put_c(&e->out.text, " – ");
		safe_text(&e->out.text, text);
	}
	buf_put_char(&e->out.text, '\n');
}

static void put_word(struct explanation *e, const char *label, struct str word, struct text text)
{
	put_why(e, label, word, str_c(text.en ? text_in(e->in->ui->language, text) : NULL));
}

static const char *alignment(const struct ui *ui, bool aligned)
{
	return aligned ? TEXT(ui, "aligned", "差出人と一致") : TEXT(ui, "not aligned", "差出人と不一致");
}

/* "pass – example.com, mfrom, aligned" */
static void put_result(struct explanation *e, const char *label, struct str result, struct str domain, struct str more,
                       const char *alignment)
{
	const struct str parts[] = {domain, more, domain.n ? str_c(alignment) : STR_NULL};
	const char *before = " – ";

	if (result.n == 0)
		return;
	put_label(e, label);
	safe_text(&e->out.text, result);
	for (size_t i = 0; i < sizeof(parts) / sizeof(*parts); i++)
		if (parts[i].n) {
			buf_put_c(&e->out.text, before);
			safe_text(&e->out.text, parts[i]);
			before = ", ";
		}
	buf_put_char(&e->out.text, '\n');
}

static void show_results(struct explanation *e, const struct outcome *o)
{
	const struct ui *ui = e->in->ui;

	/* only what passes is compared with the author's domain */
	put_result(e, "SPF", o->spf_result, o->spf_domain, o->spf_scope,
	           str_eq(o->spf_result, STR("pass")) ? alignment(ui, o->spf_aligned) : NULL);
	for (size_t i = 0; i < o->dkim_count; i++) {
		const struct outcome_dkim *d = &o->dkim[i];

		put_result(e, i ? "" : "DKIM", d->result, d->domain, str_eq(d->cause, STR("ok")) ? STR_NULL : d->cause,
		           alignment(ui, d->aligned));
	}
	put_line(e, "ARC", o->arc_sets ? o->arc_result : STR_NULL);
	put_result(e, "DMARC", o->dmarc_result, o->dmarc_domain, o->dmarc_policy, NULL);
	put_line(e, TEXT(ui, "Record", "レコード"), o->dmarc_record);
	put_line(e, TEXT(ui, "Gateway", "ゲートウェイ"), o->gateway);
	put_word(e, TEXT(ui, "Verdict", "判定"), o->verdict, outcome_verdict_text(o->verdict_reason));
	put_why(e, TEXT(ui, "Override", "上書き"), o->override, outcome_reason_text(o->override_comment, ui->language));
}

static void show_signatures(struct explanation *e, const struct outcome *o)
{
	const struct ui *ui = e->in->ui;
	const char *label = TEXT(ui, "Signed", "署名");

	for (size_t i = 0; i < o->signed_count; i++)
		put_result(e, i ? "" : label, o->signatures[i].domain, o->signatures[i].selector,
		           o->signatures[i].algorithm, NULL);
	put_line(e, TEXT(ui, "Not signed", "署名なし"), outcome_reason_text(o->not_signed, ui->language));
}

static void show_action(struct explanation *e, const struct outcome *o)
{
	const struct ui *ui = e->in->ui;

	put_word(e, TEXT(ui, "Action", "処置"), o->action, outcome_action_text(o->action));
	put_line(e, TEXT(ui, "Because", "理由"), outcome_reason_text(o->action_reason, ui->language));
	put_line(e, TEXT(ui, "Reply", "応答"), o->reply);
	if (o->shadow)
		put_line(e, TEXT(ui, "Shadow mode", "シャドーモード"),
		         str_c(TEXT(ui, "nothing was changed; this is what would have been done",
		                    "実際には何も変えていません。上は実施した場合の処置です")));
	put_line(e, TEXT(ui, "Trouble", "問題"), o->trouble);
	put_label(e, TEXT(ui, "Time taken", "所要時間"));
	buf_printf(&e->out.text,
	           TEXT(ui, "%u.%u ms, of which DNS %u.%u ms (%u questions)\n",
	                "%u.%u ミリ秒、うち DNS %u.%u ミリ秒 (問い合わせ %u 件)\n"),
	           (unsigned)(o->duration / 1000), (unsigned)(o->duration / 100 % 10), (unsigned)(o->dns_time / 1000),
	           (unsigned)(o->dns_time / 100 % 10), (unsigned)o->dns_questions);
}

static void show_envelope(struct explanation *e, const struct outcome *o)
{
	const struct ui *ui = e->in->ui;

	put_label(e, TEXT(ui, "When", "日時"));
	time_print(&e->out.text, o->time / MICROSECONDS);
	buf_put_char(&e->out.text, '\n');
	put_line(e, "Message-ID", o->message_id);
	put_word(e, TEXT(ui, "Direction", "方向"), o->direction, outcome_direction_text(o->direction));
	put_line(e, TEXT(ui, "Because", "理由"), outcome_reason_text(o->direction_reason, ui->language));
	put_line(e, TEXT(ui, "From", "差出人"), o->from_address.n ? o->from_address : o->from_domain);
	put_line(e, TEXT(ui, "Envelope from", "MAIL FROM"), o->mail_from.n ? o->mail_from : STR("<>"));
	put_line(e, TEXT(ui, "Envelope to", "宛先"), o->recipient);
	put_result(e, TEXT(ui, "Client", "クライアント"), o->client_ip, o->client_name, STR_NULL, NULL);
	put_line(e, "HELO", o->helo);
	put_line(e, TEXT(ui, "Login", "ログイン"), o->login);
}

static void show_one(struct explanation *e, const struct outcome *o)
{
	const struct ui *ui = e->in->ui;

	if (e->count)
		buf_put_char(&e->out.text, '\n');
	styled(&e->out.text, ui->colour, STYLE_BOLD, TEXT(ui, "Message ", "メッセージ "));
	safe_text(&e->out.text, o->queue_id.n ? o->queue_id : STR("-"));
	buf_put_char(&e->out.text, '\n');
	show_envelope(e, o);
	show_results(e, o);
	show_signatures(e, o);
	show_action(e, o);
}

/* ---- the store ---- */

static bool on_outcome(void *context, const struct outcome *o)
{
	struct explanation *e = context;

	if (e->in->json)
		outcome_json(o, true, &e->json);
	else
		show_one(e, o);
	e->count++;
	return e->in->json || output_flush(&e->out);
}

/* The configuration: --config, else the usual file, else what holds without one. */
static enum exit_code read_config(const struct invocation *in, struct config **out)
{
	const char *name = in->config_file ? in->config_file : CONFIG_PATH;
	struct config_errors errors = {.count = 0};

	if (!in->config_file && access(CONFIG_PATH, F_OK) != 0) {
		int error = config_parse(STR(""), "", out, &errors);

		return error ? ui_failed(in->ui, NOWHERE, error) : EXIT_FINE;
	}
	enum exit_code code = config_file_read(in->ui, name, out, &errors);

	if (code != EXIT_FINE || errors.errors == 0)
		return code;
	config_file_complain(in->ui, name, &errors);
	return EXIT_USAGE;
}

static enum exit_code open_store(const struct invocation *in, const char *path, struct store **out)
{
	struct io_error error = {""};
	int result;

	if (!path[0]) {
		ui_error(
			in->ui, NOWHERE,
			TEXT(in->ui, "the service keeps no outcomes: store.path is empty – set it in the configuration",
		             "サービスは結果を保存していません: store.path が空です – 設定ファイルで指定してください"));
		return EXIT_USAGE;
	}
	result = store_open(path, true, out, &error);
	if (result == INKAN_EIO && access(path, F_OK) != 0 && errno == ENOENT) {
		ui_error(in->ui, NOWHERE,
		         TEXT(in->ui,
		              "there is no %s – the service makes it: start it, or name its database with --store",
		              "%s はありません – サービスが作ります。サービスを起動するか、--store "
		              "でデータベースを指定してください"),
		         path);
		return EXIT_USAGE;
	}
	if (result == INKAN_EIO) {
		ui_error(in->ui, NOWHERE, TEXT(in->ui, "the store cannot be read: %s", "データベースを読めません: %s"),
		         TROUBLE(in->ui, error.text));
		return EXIT_USAGE;
	}
	return result ? ui_failed(in->ui, IN_FILE(path), result) : EXIT_FINE;
}

static enum exit_code find_store(const struct invocation *in, struct store **out)
{
	const char *path = option_value(in, "store", NULL);
	struct config *config = NULL;
	enum exit_code code = EXIT_FINE;

	if (!path)
		code = read_config(in, &config);
	if (code == EXIT_FINE)
		code = open_store(in, path ? path : config->store.path, out);
	if (config)
		config_free(config);
	return code;
}

static enum exit_code show_all(struct explanation *e, struct store *store)
{
	const struct invocation *in = e->in;
	struct ui *ui = in->ui;
	struct str id = in->operand_count ? str_c(in->operands[0]) : STR_NULL;
	size_t last = (size_t)option_number(in, "last", id.n ? LAST_OF_AN_ID : 1);
	struct io_error error = {""};
	int result;

	if (in->operand_count && id.n == 0) {
		ui_error(ui, NOWHERE,
		         TEXT(ui, "the id is empty – give a queue id or a Message-ID",
		              "ID が空です – キュー ID か Message-ID を指定してください"));
		return EXIT_USAGE;
	}
	result = store_find(store, id, last, on_outcome, e, &error);
	if (result == INKAN_EIO) {
		ui_error(ui, NOWHERE, TEXT(ui, "the store cannot be read: %s", "データベースを読めません: %s"),
		         TROUBLE(ui, error.text));
		return EXIT_USAGE;
	}
	if (result)
		return ui_failed(ui, NOWHERE, result);
	if (e->count)
		return EXIT_FINE;
	if (id.n)
		ui_error(
			ui, NOWHERE,
			TEXT(ui,
		             "nothing is stored of “%s” – is it a queue id or a Message-ID, and newer than store.keep?",
		             "「%s」の記録がありません – キュー ID か Message-ID か、store.keep "
		             "より新しいか確認してください"),
			in->operands[0]);
	else
		ui_error(ui, NOWHERE,
		         TEXT(ui, "nothing is stored yet – has a message come through the service?",
		              "まだ記録がありません – サービスをメッセージが通ったか確認してください"));
	return EXIT_FINDING;
}

static enum exit_code run_explain(const struct invocation *in)
{
	struct explanation e = {.in = in};
	struct store *store = NULL;
	enum exit_code code = find_store(in, &store);

	if (code != EXIT_FINE)
		return code;
	output_init(&e.out);
	e.json = json_to(&e.out.text);
	if (in->json) {
		json_object_begin(&e.json);
		json_key(&e.json, "messages");
		json_array_begin(&e.json);
	}
	code = show_all(&e, store);
	if (in->json) {
		json_array_end(&e.json);
		json_object_end(&e.json);
		buf_put_char(&e.out.text, '\n');
	}
	store_close(store);
	return output_finish(&e.out, in->ui, code);
}

static const struct option_spec options[] = {
	{"store",
         0,
         OPTION_FILE,
         "FILE",
         NULL,
         0,
         0,
         {"read this database instead of the one of the configuration",
          "設定ファイルの代わりにこのデータベースを読む"}},
	{"last",
         0,
         OPTION_NUMBER,
         "N",
         NULL,
         1,
         LAST_MAX,
         {"show at most the N newest messages", "新しいものから最大 N 件を表示する"}},
	{0},
};

static const struct example examples[] = {
	{"inkan explain 4F3A2B1C0D",
         {"by the queue id of the mail server's log", "メールサーバーのログのキュー ID で調べる"}},
	{"inkan explain '<20261122.1@example.com>'", {"by the Message-ID", "Message-ID で調べる"}},
	{"inkan explain --last 5", {"the newest messages", "最近のメッセージを見る"}},
	{NULL, {NULL, NULL}},
};

const struct command explain_command = {
	.name = "explain",
	.summary = {"Say what the service did with a message, and why",
                    "サービスがメッセージをどう扱ったか、その理由を示す"},
	.operands = "[QUEUE-ID|MESSAGE-ID]",
	.operands_min = 0,
	.operands_max = 1,
	.description =
		{"Looks a message up in the store of “inkan serve” and shows whether it was taken for one from "
                 "outside or for one of "
                 "ours, what SPF, DKIM, ARC and DMARC gave, why it was signed or not, and what was done with it. "
                 "Without an id, the newest message is shown. Exit code 1: nothing is stored of it.",
                 "「inkan serve」のデータベースからメッセージを探し、外部から届いたものと自組織のもののどちら"
                 "として扱ったか、"
                 "SPF、DKIM、ARC、DMARC の結果、署名した理由またはしなかった理由、処置を示します。"
                 "ID を省くと最新のメッセージを表示します。記録がないとき終了コード 1 です。"},
	.options = options,
	.common = COMMON_CONFIG | COMMON_JSON,
	.examples = examples,
	.run = run_explain,
};

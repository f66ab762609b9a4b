/* inkan config: the configuration of the service, checked and shown. */
#include <errno.h>
#include <unistd.h>

#include "cli/config_file.h"
#include "cli/trouble_text.h"
#include "config/print.h"
#include "config/probe.h"
#include "io/file.h"
#include "store/identity_store.h"

enum { PRINTED_MAX = 64 * 1024 * 1024 /* octets of a configuration that is shown */ };

/* ---- reading ---- */

const char *config_name(const struct invocation *in)
{
	return in->operand_count ? in->operands[0] : in->config_file ? in->config_file : CONFIG_PATH;
}

enum exit_code config_file_read(struct ui *ui, const char *name, struct config **out, struct config_errors *errors)
{
	struct io_error why = {0};
	int error = config_load(name, out, errors, &why);

	if (!error || error == INKAN_ESYNTAX)
		return EXIT_FINE;
	if (error == INKAN_EIO && strcmp(name, CONFIG_PATH) == 0 && access(name, F_OK) != 0 && errno == ENOENT) {
		ui_error(
			ui, NOWHERE,
			TEXT(ui,
		             "there is no %s – make it: an empty file judges what comes in, “inkan config import” "
		             "takes over "
		             "OpenDKIM and OpenDMARC, inkan.conf(5) has examples; or name a file with --config",
		             "%s はありません – 作ってください。空のファイルなら受信メールを検証します。「inkan config "
		             "import」は OpenDKIM と OpenDMARC の設定を引き継ぎます。例は inkan.conf(5) "
		             "にあります。--config "
		             "で別のファイルも指定できます"),
			name);
		return EXIT_USAGE;
	}
	if (error == INKAN_EIO || (error == INKAN_ELIMIT && *why.text)) {
		ui_error(ui, NOWHERE,
		         TEXT(ui, "%s – give a configuration that can be read",
		              "%s – 読める設定ファイルを指定してください"),
		         TROUBLE(ui, why.text));
		return EXIT_USAGE;
	}
	if (error == INKAN_ELIMIT) {
		ui_error(ui, IN_FILE(name), TEXT(ui, "too large – split it", "大きすぎます – 分割してください"));
		return EXIT_USAGE;
	}
	return ui_failed(ui, IN_FILE(name), error);
}

void config_file_complain(struct ui *ui, const char *name, const struct config_errors *errors)
{
	for (size_t i = 0; i < errors->count; i++) {
		const struct config_error *e = &errors->list[i];
		struct place at = {name, e->line, e->column};

		(e->warning ? ui_warning : ui_error)(ui, at, "%s", text_in(ui->language, e->text));
	}
}

/* ---- check ---- */

static void print_complaints(struct buf *out, const struct ui *ui, const char *name, const struct config_errors *errors)
{
	for (size_t i = 0; i < errors->count; i++) {
		const struct config_error *e = &errors->list[i];
		const char *kind = e->warning ? TEXT(ui, "warning", "警告") : TEXT(ui, "error", "エラー");

		safe_text(out, str_c(name));
		if (e->line)
			buf_printf(out, ":%zu:%zu", e->line, e->column);
		buf_put_c(out, ": ");
		styled(out, ui->colour, e->warning ? STYLE_WARNING : STYLE_BAD, kind);
		buf_put_c(out, ": ");
		safe_text(out, str_c(text_in(ui->language, e->text)));
		buf_put_char(out, '\n');
	}
}

/* What the service would do, in one line. */
static void print_summary(struct buf *out, const struct ui *ui, const struct config *c)
{
	buf_printf(out, TEXT(ui, "fine – listens on %s", "問題ありません – 待ち受け: %s"), c->milter.listen.words[0]);
	if (c->milter.listen.count > 1)
		buf_printf(out, TEXT(ui, " and %zu more", " ほか %zu 件"), c->milter.listen.count - 1);
	if (c->policy.rule_count)
		buf_printf(out, TEXT(ui, ", signs by %zu rules with %zu keys", "、署名: 規則 %zu 個、鍵 %zu 個"),
		           c->policy.rule_count, c->key_count);
	bool has_identities = c->identities.store[0] &&
	                      (!identity_store_is_file(c->identities.store) || access(c->identities.store, F_OK) == 0);

	if (has_identities)
		buf_printf(out, TEXT(ui, ", signs with the identities of %s", "、アイデンティティで署名: %s"),
		           c->identities.store);
	else if (!c->policy.rule_count)
		buf_put_c(out, TEXT(ui, ", signs nothing", "、署名なし"));
	buf_put_c(out,
	          c->policy.shadow ? TEXT(ui, ", in shadow: changes nothing\n", "、shadow: 何も変えません\n") : "\n");
}

static void print_check(struct buf *out, const struct ui *ui, const char *name, const struct config *c,
                        const struct config_errors *errors)
{
	print_complaints(out, ui, name, errors);
	if (errors->errors) {
		safe_text(out, str_c(name));
		buf_printf(out, TEXT(ui, ": %zu to be mended\n", ": 直すべき点は %zu 件です\n"), errors->errors);
		return;
	}
	safe_text(out, str_c(name));
	buf_put_c(out, ": ");
	print_summary(out, ui, c);
}

static void json_check(struct json *j, const struct ui *ui, const char *name, const struct config_errors *errors)
{
	json_object_begin(j);
	json_key_c(j, "file", name);
	json_key_bool(j, "ok", errors->errors == 0);
	json_key_i64(j, "errors", (int64_t)errors->errors);
	json_key(j, "findings");
	json_array_begin(j);
	for (size_t i = 0; i < errors->count; i++) {
		const struct config_error *e = &errors->list[i];

		json_object_begin(j);
		json_key_c(j, "severity", e->warning ? "warning" : "error");
		json_key_i64(j, "line", (int64_t)e->line);
		json_key_i64(j, "column", (int64_t)e->column);
		json_key_c(j, "text", text_in(ui->language, e->text));
		json_object_end(j);
	}
	json_array_end(j);
	json_object_end(j);
	buf_put_char(j->out, '\n');
}

static enum exit_code probe(struct ui *ui, struct config *config, bool will_start, struct config_errors *errors)
{
	struct crypto *crypto = NULL;
	int error = crypto_new(&crypto);

	if (!error)
		error = config_probe(config, crypto, will_start, errors);
	crypto_free(crypto);
	return error ? ui_failed(ui, NOWHERE, error) : EXIT_FINE;
}

enum exit_code config_file_check(const struct invocation *in, bool will_start)
{
	const char *name = config_name(in);
	struct config_errors errors;
	struct config *config;
	struct output out;
	enum exit_code code = config_file_read(in->ui, name, &config, &errors);

	if (code == EXIT_FINE && errors.errors == 0)
		code = probe(in->ui, config, will_start, &errors);
	if (code == EXIT_FINE) {
		struct json j;

		output_init(&out);
		j = json_to(&out.text);
		if (in->json)
			json_check(&j, in->ui, name, &errors);
		else
			print_check(&out.text, in->ui, name, config, &errors);
		code = output_finish(&out, in->ui, errors.errors ? EXIT_FINDING : EXIT_FINE);
	}
	config_free(config);
	return code;
}

static enum exit_code run_check(const struct invocation *in)
{
	return config_file_check(in, false);
}

/* ---- show ---- */

/* Without any file, the defaults are what there is. */
static bool is_default_missing(const struct invocation *in)
{
	struct io_error why;
	int fd;

	if (in->operand_count || in->config_file)
		return false;
	fd = io_open(CONFIG_PATH, &why);
	io_close(fd);
	return fd < 0;
}

static enum exit_code read_to_show(const struct invocation *in, struct config **out)
{
	const char *name = config_name(in);
	struct config_errors errors;
	enum exit_code code;

	*out = NULL;
	if (is_default_missing(in)) {
		ui_warning(in->ui, NOWHERE,
		           TEXT(in->ui, "%s cannot be read – these are the defaults",
		                "%s を読めません – 既定値を表示します"),
		           CONFIG_PATH);
		int error = config_parse(STR_NULL, "", out, &errors);

		return error ? ui_failed(in->ui, NOWHERE, error) : EXIT_FINE;
	}
	code = config_file_read(in->ui, name, out, &errors);
	if (code == EXIT_FINE)
		config_file_complain(in->ui, name, &errors);
	return code == EXIT_FINE && errors.errors ? EXIT_USAGE : code;
}

static enum exit_code run_show(const struct invocation *in)
{
	bool changed = option_given(in, "changed"), table = option_given(in, "options");
	struct config *config = NULL;
	struct output out;
	enum exit_code code = table ? EXIT_FINE : read_to_show(in, &config);
	int error;

	if (code == EXIT_FINE) {
		output_init(&out);
		if (in->json || table) {
			struct json j = json_to(&out.text);

			error = config_json(config, changed, in->ui->language, &j);
			buf_put_char(&out.text, '\n');
		} else {
			error = config_print(config, changed, &out.text);
		}
		if (error)
			out.text.error = error;
		code = output_finish(&out, in->ui, EXIT_FINE);
	}
	config_free(config);
	return code;
}

/* ---- the commands ---- */

static const struct option_spec show_options[] = {
	{"changed",
         'c',
         OPTION_FLAG,
         NULL,
         NULL,
         0,
         0,
         {"only what differs from the defaults", "既定値と異なるものだけを表示する"}},
	{"options",
         0,
         OPTION_FLAG,
         NULL,
         NULL,
         0,
         0,
         {"the table of options as JSON: names, defaults, meaning; no file is read",
          "設定項目の一覧 (名前、既定値、意味) を JSON で表示する。ファイルは読まない"}},
	{0},
};

static const struct example check_examples[] = {
	{"inkan config check", {"the file of this host, " CONFIG_PATH, "このホストの設定ファイル " CONFIG_PATH}},
	{"inkan config check new.yaml --json",
         {"another file, for a program", "別のファイルをプログラム向けに検査する"}},
	{NULL, {NULL, NULL}},
};

static const struct example show_examples[] = {
	{"inkan config show --changed", {"what was changed on this host", "このホストで変更されているものを見る"}},
	{"inkan config show /dev/null", {"all options with their defaults", "すべての設定項目と既定値を見る"}},
	{NULL, {NULL, NULL}},
};

static const struct command config_check_command = {
	.name = "check",
	.summary = {"Check a configuration: every mistake with its line, and the keys and folders it names",
                    "設定ファイルを検査する: すべての誤りを行番号つきで、鍵やフォルダーも含めて"},
	.operands = "[FILE]",
	.operands_max = 1,
	.operands_are_files = true,
	.description = {"Reads FILE, else that of --config, else " CONFIG_PATH
                        ". Errors must be mended before the service takes the file (exit code 1). Warnings are about "
                        "what works, but "
                        "hardly as meant, and about keys, folders and users that this host lacks or you may not see.",
                        "FILE、--config のファイル、または " CONFIG_PATH
                        " を読みます。エラーは直すまでサービスが受け付けません (終了コード "
                        "1)。警告は、動くものの意図と違いそうな点と、"
                        "このホストにない、または見る権限のない鍵、フォルダー、ユーザーについてのものです。"},
	.common = COMMON_JSON | COMMON_CONFIG,
	.examples = check_examples,
	.run = run_check,
};

static const struct command config_show_command = {
	.name = "show",
	.summary = {"Show all options with their values", "すべての設定項目とその値を表示する"},
	.operands = "[FILE]",
	.operands_max = 1,
	.operands_are_files = true,
	.description =
		{"Prints YAML that can be used as a configuration. inkan.conf(5) explains each option.",
                 "設定ファイルとしてそのまま使える YAML を表示します。各項目の説明は inkan.conf(5) にあります。"},
	.options = show_options,
	.common = COMMON_JSON | COMMON_CONFIG,
	.examples = show_examples,
	.run = run_show,
};

static const struct example examples[] = {
	{"inkan config check", {"is the file of this host right?", "このホストの設定は正しいか"}},
	{"inkan config import /etc/opendkim.conf", {"move from another program", "ほかのプログラムから移行する"}},
	{NULL, {NULL, NULL}},
};

static const struct command *const subcommands[] = {&config_check_command, &config_show_command, &config_import_command,
                                                    NULL};

const struct command config_command = {
	.name = "config",
	.summary = {"Check, show and import configurations of the service", "サービスの設定を検査、表示、移行する"},
	.operands = "",
	.description = {"The service reads one YAML file, " CONFIG_PATH
                        ". An empty one is a working verifier; inkan.conf(5) "
                        "explains every option.",
                        "サービスは 1 つの YAML ファイル " CONFIG_PATH
                        " を読みます。空のファイルでも検証は動きます。各項目の説明は inkan.conf(5) にあります。"},
	.examples = examples,
	.subcommands = subcommands,
};

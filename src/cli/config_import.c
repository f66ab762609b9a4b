/* inkan config import: configurations of other programs, and what has no equivalent. */
#include <dirent.h>

#include "cli/config_file.h"
#include "cli/files.h"
#include "config/import.h"
#include "core/json.h"
#include "io/file.h"

enum { YAML_MAX = 64 * 1024 * 1024 /* octets */ };

/* ---- other files ---- */

static int read_file(void *context, const char *path, struct buf *out)
{
	struct io_error why;

	(void)context;
	return io_read_file(path, out, &why);
}

static int list_folder(void *context, const char *folder, struct buf *out)
{
	DIR *dir = opendir(folder);
	const struct dirent *entry;

	(void)context;
	if (!dir)
		return INKAN_EIO;
	while ((entry = readdir(dir))) {
		if (strchr(entry->d_name, '\n'))
			continue;
		buf_put_c(out, entry->d_name);
		buf_put_char(out, '\n');
	}
	closedir(dir);
	return buf_error(out);
}

/* ---- what was found ---- */

static const struct {
	const char *id;
	struct text name;
} kinds[] = {
	[IMPORT_LOST] = {"lost", {"no equivalent", "相当なし"}},
	[IMPORT_DIFFERS] = {"differs", {"differs", "違いあり"}},
	[IMPORT_NEEDLESS] = {"needless", {"not needed", "不要"}},
	[IMPORT_WRONG] = {"wrong", {"not understood", "解釈不能"}},
};

static void print_note(struct buf *out, enum language language, const struct import_note *note)
{
	safe_text(out, str_c(note->file));
	if (note->line)
		buf_printf(out, ":%zu", note->line);
	buf_printf(out, ": %s: ", text_in(language, kinds[note->kind].name));
	if (*note->word) {
		safe_text(out, str_c(note->word));
		buf_put_c(out, ": ");
	}
	safe_text(out, str_c(text_in(language, note->text)));
	buf_put_char(out, '\n');
}

/* As comments above the configuration. */
static void print_comments(struct buf *out, const struct ui *ui, const struct import *i)
{
	const struct import_note *notes;
	size_t left_out, count = import_notes(i, &notes, &left_out);

	if (count)
		buf_put_c(out, TEXT(ui, "# What could not be taken over, or behaves differently:\n",
		                    "# 引き継げなかったもの、動作が異なるもの:\n"));
	for (size_t k = 0; k < count; k++) {
		if (notes[k].kind == IMPORT_NEEDLESS && !ui->verbose)
			continue;
		buf_put_c(out, "# ");
		print_note(out, ui->language, &notes[k]);
	}
	if (left_out)
		buf_printf(out, TEXT(ui, "# ... and %zu more\n", "# ... ほか %zu 件\n"), left_out);
}

/* What is to be done before the start, as comments; commands: a line each. */
static void print_commands(struct buf *out, const struct ui *ui, struct str commands)
{
	if (commands.n)
		buf_put_c(out,
		          TEXT(ui, "# To be done before the start, as root:\n", "# 始める前に root で実行すること:\n"));
	while (commands.n) {
		buf_put_c(out, "#\t");
		safe_text(out, str_split(&commands, '\n'));
		buf_put_char(out, '\n');
	}
}

static bool any_trouble(const struct import *i)
{
	const struct import_note *notes;
	size_t left_out, count = import_notes(i, &notes, &left_out);

	for (size_t k = 0; k < count; k++)
		if (notes[k].kind == IMPORT_LOST || notes[k].kind == IMPORT_WRONG)
			return true;
	return left_out > 0;
}

static void print_json(struct buf *out, const struct ui *ui, const struct import *i, struct str yaml,
                       struct str commands)
{
	const struct import_note *notes;
	size_t left_out, count = import_notes(i, &notes, &left_out);
	struct json j = json_to(out);

	json_object_begin(&j);
	json_key_str(&j, "configuration", yaml);
	json_key_bool(&j, "complete", !any_trouble(i));
	json_key(&j, "commands");
	json_array_begin(&j);
	while (commands.n)
		json_str(&j, str_split(&commands, '\n'));
	json_array_end(&j);
	json_key(&j, "notes");
	json_array_begin(&j);
	for (size_t k = 0; k < count; k++) {
		json_object_begin(&j);
		json_key_c(&j, "kind", kinds[notes[k].kind].id);
		json_key_c(&j, "file", notes[k].file);
		json_key_i64(&j, "line", (int64_t)notes[k].line);
		json_key_c(&j, "option", notes[k].word);
		json_key_c(&j, "text", text_in(ui->language, notes[k].text));
		json_object_end(&j);
	}
	json_array_end(&j);
	json_key_i64(&j, "left_out", (int64_t)left_out);
	json_object_end(&j);
	buf_put_char(out, '\n');
}

/* Short, on standard error: where the result went into a file. */
static void tell_notes(struct ui *ui, const struct import *i)
{
	const struct import_note *notes;
	size_t left_out, count = import_notes(i, &notes, &left_out);

	for (size_t k = 0; k < count; k++)
		if (notes[k].kind == IMPORT_LOST || notes[k].kind == IMPORT_WRONG)
			ui_warning(ui, (struct place){notes[k].file, notes[k].line, 0}, "%s%s%s", notes[k].word,
			           *notes[k].word ? ": " : "", text_in(ui->language, notes[k].text));
}

/* ---- reading ---- */

static enum import_kind kind_of(const struct invocation *in, const char *file, struct str text)
{
	const char *from = option_value(in, "from", NULL);
	enum import_kind kind = import_recognise(file, text);

	if (!from)
		return kind;
	if (strcmp(from, "opendkim") == 0)
		return IMPORT_OPENDKIM;
	if (strcmp(from, "opendmarc") == 0)
		return IMPORT_OPENDMARC;
	return kind == IMPORT_RSPAMD_ARC ? kind : IMPORT_RSPAMD_SIGNING;
}

static enum exit_code add_file(const struct invocation *in, struct import *i, const char *name)
{
	struct buf text;
	enum exit_code code;

	buf_init(&text, IMPORT_FILE_MAX);
	code = file_read(in->ui, name, &text);
	if (code == EXIT_FINE) {
		enum import_kind kind = kind_of(in, name, buf_str(&text));

		if (kind == IMPORT_UNKNOWN) {
			ui_error(in->ui, IN_FILE(name),
			         TEXT(in->ui,
			              "cannot tell whose configuration this is – say it with --from, such as --from "
			              "opendkim",
			              "どのプログラムの設定かわかりません – --from opendkim のように指定してください"));
			code = EXIT_USAGE;
		} else {
			int error = import_add(i, name, buf_str(&text), kind);

			code = error ? ui_failed(in->ui, IN_FILE(name), error) : EXIT_FINE;
		}
	}
	buf_release(&text);
	return code;
}

/* What came out must be a configuration. */
static enum exit_code check_result(struct ui *ui, struct str yaml)
{
	struct config_errors errors;
	struct config *config;
	int error = config_parse(yaml, "", &config, &errors);

	config_free(config);
	if (!error)
		return EXIT_FINE;
	if (error == INKAN_ESYNTAX)
		config_file_complain(ui, "-", &errors);
	return ui_failed(ui, NOWHERE, error);
}

static int shadow(struct import *i, struct buf *commands)
{
	import_shadow(i);
	return import_commands(i, commands);
}

static enum exit_code print_all(const struct invocation *in, struct import *i)
{
	struct buf yaml, commands;
	struct output out;
	enum exit_code code;
	int error;

	buf_init(&yaml, YAML_MAX);
	buf_init(&commands, YAML_MAX);
	error = option_given(in, "shadow") ? shadow(i, &commands) : INKAN_OK;
	if (!error)
		error = import_print(i, &yaml);
	code = error ? ui_failed(in->ui, NOWHERE, error) : check_result(in->ui, buf_str(&yaml));
	if (code == EXIT_FINE) {
		output_init(&out);
		if (in->json) {
			print_json(&out.text, in->ui, i, buf_str(&yaml), buf_str(&commands));
		} else {
			print_comments(&out.text, in->ui, i);
			print_commands(&out.text, in->ui, buf_str(&commands));
			buf_put(&out.text, buf_str(&yaml));
		}
		code = output_finish(&out, in->ui, EXIT_FINE);
		if (!in->json)
			tell_notes(in->ui, i);
	}
	buf_release(&yaml);
	buf_release(&commands);
	return code;
}

static enum exit_code run_import(const struct invocation *in)
{
	static const struct import_access access = {NULL, read_file, list_folder};
	struct import *i;
	int error = import_new(&access, &i);
	enum exit_code code = error ? ui_failed(in->ui, NOWHERE, error) : EXIT_FINE;

	for (size_t k = 0; k < in->operand_count && code == EXIT_FINE; k++)
		code = add_file(in, i, in->operands[k]);
	if (code == EXIT_FINE)
		code = print_all(in, i);
	if (!error)
		import_free(i);
	return code;
}

static const struct option_spec options[] = {
	{"from",
         0,
         OPTION_CHOICE,
         NULL,
         "opendkim|opendmarc|rspamd",
         0,
         0,
         {"whose configuration it is; default: told by its words", "どのプログラムの設定か。省略時は内容から判断する"}},
	{"shadow",
         0,
         OPTION_FLAG,
         NULL,
         NULL,
         0,
         0,
         {"for a trial beside the old program: nothing is changed; socket, user and copies of keys are inkan's own",
          "従来のプログラムと並べて試す。何も変えず、ソケット、ユーザー、鍵のコピーは inkan 専用のものになる"}},
	{0},
};

static const struct example examples[] = {
	{"inkan config import --shadow /etc/opendkim.conf /etc/opendmarc.conf",
         {"the same for a trial beside both, with the commands that copy their keys",
          "両方と並べて試すための設定。鍵のコピーを作るコマンドも表示する"}},
	{"inkan config import /etc/opendkim.conf /etc/opendmarc.conf > inkan.yaml",
         {"one configuration of both; its comments tell what differs",
          "両方を 1 つの設定にする。違いはコメントに書かれる"}},
	{"inkan config import /etc/rspamd/local.d/dkim_signing.conf",
         {"the keys that rspamd signs with", "rspamd が署名に使う鍵を引き継ぐ"}},
	{NULL, {NULL, NULL}},
};

const struct command config_import_command = {
	.name = "import",
	.summary = {"Turn configurations of OpenDKIM, OpenDMARC and rspamd into one of inkan",
                    "OpenDKIM、OpenDMARC、rspamd の設定を inkan の設定に変換する"},
	.operands = "FILE...",
	.operands_min = 1,
	.operands_max = SIZE_MAX,
	.operands_are_files = true,
	.description =
		{"Prints a configuration, with comments on what has no equivalent and what behaves differently; the "
                 "former is told on "
                 "standard error too. Tables and lists that the files name are read. With -v, the comments also name "
                 "what need not be "
                 "configured any more. With --shadow, inkan can run beside the old programs and change nothing (mode: "
                 "shadow): its comments tell the commands that are to be done before. Later, “mode: active” is all "
                 "that changes.",
                 "設定を表示します。相当するものがない項目と動作の異なる項目はコメントに書き、前者は標準エラーにも出し"
                 "ます。ファイルが"
                 "参照する表や一覧も読みます。-v を付けると、設定が不要になった項目もコメントに書きます。--shadow "
                 "を付けると、従来のプログラムと並べて動かし、何も変えずに比べられる設定になります (mode: shadow)。"
                 "始める前に実行するコマンドはコメントに書かれます。後で「mode: "
                 "active」に変えるだけで切り替わります。"},
	.options = options,
	.common = COMMON_JSON,
	.examples = examples,
	.run = run_import,
};

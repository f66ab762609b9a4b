/* inkan help, inkan version, --help: what the table of commands says, for people and as JSON. */
#include "cli/command.h"
#include "core/json.h"

enum {
	HELP_COLUMNS = 79,
	HELP_LEFT = 28,         /* columns of the left side of a list */
	HELP_DEPTH = 2,         /* words below "inkan": `inkan key generate` */
	HELP_MAX = 1024 * 1024, /* octets of one help text */
};

/* ---- the place in the table ---- */

static const struct command *parent_of(const struct command *command)
{
	for (const struct command *const *c = inkan_command.subcommands; *c; c++) {
		if (*c == command)
			return &inkan_command;
		for (const struct command *const *sub = (*c)->subcommands; sub && *sub; sub++)
			if (*sub == command)
				return *c;
	}
	return NULL;
}

void command_path(const struct command *command, struct buf *out)
{
	const struct command *way[HELP_DEPTH + 1];
	size_t n = 0;

	for (const struct command *c = command; c && n <= HELP_DEPTH; c = parent_of(c))
		way[n++] = c;
	while (n) {
		buf_put_c(out, way[--n]->name);
		buf_put_c(out, n ? " " : "");
	}
}

/* ---- for people ---- */

static void put_heading(const struct ui *ui, struct buf *out, const char *text)
{
	buf_put_char(out, '\n');
	styled(out, ui->colour, STYLE_BOLD, text);
	buf_put_char(out, '\n');
}

static void put_paragraph(struct buf *out, const char *text, size_t indent)
{
	for (size_t i = 0; i < indent; i++)
		buf_put_char(out, ' ');
	text_wrapped(out, str_c(text), indent, HELP_COLUMNS - indent);
	buf_put_char(out, '\n');
}

/* "  left      right", the right side wrapped in its column; a long left side gets a line of its own. */
static void put_row(struct buf *out, struct str left, const char *right)
{
	buf_put_c(out, "  ");
	if (text_columns(left) + 3 > HELP_LEFT) {
		buf_put(out, left);
		buf_put_char(out, '\n');
		put_paragraph(out, right, HELP_LEFT);
		return;
	}
	text_padded(out, left, HELP_LEFT - 2);
	text_wrapped(out, str_c(right), HELP_LEFT, HELP_COLUMNS - HELP_LEFT);
	buf_put_char(out, '\n');
}

static void put_usage(const struct ui *ui, const struct command *command, struct buf *out)
{
	styled(out, ui->colour, STYLE_BOLD, TEXT(ui, "Usage:", "使い方:"));
	buf_put_char(out, ' ');
	command_path(command, out);
	buf_put_c(out, command->subcommands ? " COMMAND" : "");
	buf_put_c(out, " [OPTION]...");
	if (*command->operands) {
		buf_put_char(out, ' ');
		buf_put_c(out, command->operands);
	}
	buf_put_char(out, '\n');
	put_paragraph(out, text_in(ui->language, command->summary), 0);
}

static void put_subcommands(const struct ui *ui, const struct command *command, struct buf *out)
{
	if (!command->subcommands)
		return;
	put_heading(ui, out, TEXT(ui, "Commands:", "コマンド:"));
	for (const struct command *const *c = command->subcommands; *c; c++)
		put_row(out, str_c((*c)->name), text_in(ui->language, (*c)->summary));
}

static void put_options(const struct ui *ui, const struct command *command, struct buf *out)
{
	const struct option_spec *o;
	struct buf left;

	buf_init(&left, 1024);
	put_heading(ui, out, TEXT(ui, "Options:", "オプション:"));
	for (size_t i = 0; (o = command_option(command, i)); i++) {
		buf_clear(&left);
		if (o->letter)
			buf_printf(&left, "-%c, ", o->letter);
		else
			buf_put_c(&left, "    ");
		buf_printf(&left, "--%s", o->name);
		if (o->kind != OPTION_FLAG)
			buf_printf(&left, " %s", o->argument ? o->argument : o->choices);
		put_row(out, buf_str(&left), text_in(ui->language, o->help));
	}
	if (buf_error(&left) != INKAN_OK)
		out->error = buf_error(&left);
	buf_release(&left);
}

static void put_examples(const struct ui *ui, const struct command *command, struct buf *out)
{
	if (!command->examples)
		return;
	put_heading(ui, out, TEXT(ui, "Examples:", "例:"));
	for (const struct example *e = command->examples; e->line; e++) {
		buf_printf(out, "  %s\n", e->line);
		put_paragraph(out, text_in(ui->language, e->text), 6);
	}
}

void help_print(const struct ui *ui, const struct command *command, struct buf *out)
{
	const char *description = text_in(ui->language, command->description);

	put_usage(ui, command, out);
	if (*description) {
		buf_put_char(out, '\n');
		put_paragraph(out, description, 0);
	}
	put_subcommands(ui, command, out);
	put_options(ui, command, out);
	put_examples(ui, command, out);
	put_heading(ui, out, TEXT(ui, "Exit codes:", "終了コード:"));
	put_paragraph(
		out,
		TEXT(ui,
	             "0 as wanted, 1 a finding (a check did not pass), 2 wrong usage or unreadable input, 3 temporary "
	             "trouble (DNS), 4 internal error or result not written",
	             "0 正常、1 指摘あり (検査に不合格)、2 使い方の誤りまたは読めない入力、3 一時的な障害 (DNS)、"
	             "4 内部エラーまたは結果の書き込み失敗"),
		2);
}

/* ---- for programs ---- */

static void json_option(struct json *j, const struct option_spec *o, enum language language)
{
	struct str rest = str_c(o->choices);

	json_object_begin(j);
	json_key_c(j, "name", o->name);
	json_key_str(j, "letter", str_from(&o->letter, o->letter ? 1 : 0));
	json_key_c(j, "argument", o->argument ? o->argument : o->choices ? o->choices : "");
	json_key_bool(j, "file", o->kind == OPTION_FILE);
	json_key(j, "choices");
	json_array_begin(j);
	while (rest.n)
		json_str(j, str_split(&rest, '|'));
	json_array_end(j);
	json_key_c(j, "help", text_in(language, o->help));
	json_object_end(j);
}

static void json_command(struct json *j, const struct command *command, enum language language)
{
	const struct option_spec *o;
	struct buf path;

	buf_init(&path, 1024);
	command_path(command, &path);
	json_object_begin(j);
	json_key_str(j, "command", buf_str(&path));
	json_key_c(j, "summary", text_in(language, command->summary));
	json_key_c(j, "operands", command->operands);
	json_key_bool(j, "files", command->operands_are_files);
	json_key(j, "options");
	json_array_begin(j);
	for (size_t i = 0; (o = command_option(command, i)); i++)
		json_option(j, o, language);
	json_array_end(j);
	json_object_end(j);
	buf_release(&path);
}

static void json_table(struct buf *out, enum language language)
{
	struct json j = json_to(out);

	json_object_begin(&j);
	json_key_c(&j, "version", INKAN_VERSION);
	json_key(&j, "commands");
	json_array_begin(&j);
	json_command(&j, &inkan_command, language);
	for (const struct command *const *c = inkan_command.subcommands; *c; c++) {
		json_command(&j, *c, language);
		for (const struct command *const *sub = (*c)->subcommands; sub && *sub; sub++)
			json_command(&j, *sub, language);
	}
	json_array_end(&j);
	json_object_end(&j);
	buf_put_char(out, '\n');
}

/* ---- the commands ---- */

static enum exit_code run_help(const struct invocation *in)
{
	const struct command *command = &inkan_command;
	struct output out;

	for (size_t i = 0; i < in->operand_count; i++) {
		const struct command *sub = command_find(command, str_c(in->operands[i]));

		if (!sub)
			return refuse_command(in->ui, command, str_c(in->operands[i]));
		command = sub;
	}
	output_init(&out);
	if (in->json)
		json_table(&out.text, in->ui->language);
	else
		help_print(in->ui, command, &out.text);
	return output_finish(&out, in->ui, EXIT_FINE);
}

static const struct example help_examples[] = {
	{"inkan help key generate",
         {"what “inkan key generate” does, with every option", "「inkan key generate」の説明と全オプション"}},
	{"inkan help --json",
         {"all commands and options, for programs", "全コマンドとオプションをプログラム向けに出力"}},
	{NULL, {NULL, NULL}},
};

const struct command help_command = {
	.name = "help",
	.summary = {"Explain a command", "コマンドを説明する"},
	.operands = "[COMMAND [SUBCOMMAND]]",
	.operands_max = HELP_DEPTH,
	.description = {"The same text as COMMAND --help. With --json: the table of all commands and options.",
                        "COMMAND --help と同じ内容です。--json では全コマンドとオプションの表を出力します。"},
	.common = COMMON_JSON,
	.examples = help_examples,
	.run = run_help,
};

static enum exit_code run_version(const struct invocation *in)
{
	struct output out;

	output_init(&out);
	if (in->json) {
		struct json j = json_to(&out.text);

		json_object_begin(&j);
		json_key_c(&j, "name", "inkan");
		json_key_c(&j, "version", INKAN_VERSION);
		json_object_end(&j);
		buf_put_char(&out.text, '\n');
	} else {
		buf_put_c(&out.text, "inkan " INKAN_VERSION "\n");
	}
	return output_finish(&out, in->ui, EXIT_FINE);
}

static const struct example version_examples[] = {
	{"inkan version --json", {"for programs", "プログラム向けに出力"}},
	{NULL, {NULL, NULL}},
};

const struct command version_command = {
	.name = "version",
	.summary = {"Print the version", "バージョンを表示する"},
	.operands = "",
	.description = {"The same as inkan --version.", "inkan --version と同じです。"},
	.common = COMMON_JSON,
	.examples = version_examples,
	.run = run_version,
};

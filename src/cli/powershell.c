/* inkan powershell, and each cmdlet as a command: lines as guides for Microsoft 365 have them. Reading order: run_prompt() ->
 * run_line() -> run_pipeline() -> run_stage(). */
#include <unistd.h>

#include "cli/command.h"
#include "cli/pipeline.h"
#include "cli/pipeline_object.h"
#include "cli/signing_config.h"
#include "cli/trouble_text.h"
#include "io/file.h"

enum {
	PIPELINE_MEMORY_MAX = 256 * 1024 * 1024, /* octets: a list of CONFIGS_MAX objects */
	INPUT_MAX = 1024 * 1024                  /* octets of all lines */
};

/* ---- what stands behind "|" ---- */

struct filter_call {
	const struct invocation *in;
	struct arena *arena;
	struct place where;
	const struct pipeline_stage *stage;
	struct object_list *list;
};

/* Names with commas or blanks between them, in words or parts of them; *count_out at most what `names` holds. */
static bool read_names(struct filter_call *call, struct str names[OBJECT_PROPERTIES_MAX], size_t *count_out)
{
	size_t count = 0;

	for (size_t i = 1; i < call->stage->count; i++) {
		struct str rest = call->stage->words[i].text;

		if (!call->stage->words[i].quoted && str_ieq(rest, STR("-Property")))
			continue;
		while (rest.n) {
			struct str name = str_split(&rest, ',');

			if (name.n && count == OBJECT_PROPERTIES_MAX)
				return false;
			if (name.n)
				names[count++] = name;
		}
	}
	*count_out = count;
	return true;
}

static enum exit_code choose(struct filter_call *call)
{
	struct str names[OBJECT_PROPERTIES_MAX];
	struct ui *ui = call->in->ui;
	size_t count = 0;

	if (!read_names(call, names, &count)) {
		ui_error(ui, call->where,
		         TEXT(ui, "%d properties are the most – leave some out",
		              "プロパティは %d 個までです – 減らしてください"),
		         OBJECT_PROPERTIES_MAX);
		return EXIT_USAGE;
	}
	for (size_t i = 0; i < count; i++)
		if (names[i].p[0] == '-') {
			ui_error(ui, call->where,
			         TEXT(ui, "%.*s has no parameter “%.*s” – name properties only",
			              "%.*s に「%.*s」という引数はありません – プロパティ名だけを書いてください"),
			         STR_ARG(call->stage->words[0].text), STR_ARG(names[i]));
			return EXIT_USAGE;
		}
	int error = count ? object_list_select(call->arena, ui, call->list, names, count) : INKAN_OK;

	return error ? ui_failed(ui, NOWHERE, error) : EXIT_FINE;
}

static const struct filter {
	const char *names[2];
	enum object_form form; /* OBJECT_AS_IS: further ones may follow */
} filters[] = {
	{{"Select-Object", "select"}, OBJECT_AS_IS},
	{{"Format-List", "fl"}, OBJECT_LIST},
	{{"Format-Table", "ft"}, OBJECT_TABLE},
	{{"ConvertTo-Json", "ConvertTo-Json"}, OBJECT_JSON},
};

static const struct filter *find_filter(struct str name)
{
	for (size_t i = 0; i < sizeof filters / sizeof *filters; i++)
		if (str_ieq(name, str_c(filters[i].names[0])) || str_ieq(name, str_c(filters[i].names[1])))
			return &filters[i];
	return NULL;
}

static struct place place_of(struct place where, const struct pipeline_word *word)
{
	where.column = where.file ? word->column : 0;
	return where;
}

static enum exit_code run_filter(struct filter_call *call)
{
	const struct pipeline_word *word = &call->stage->words[0];
	const struct filter *f = find_filter(word->text);
	struct ui *ui = call->in->ui;

	if (!f || call->list->form != OBJECT_AS_IS) {
		ui_error(ui, call->where,
		         f ? TEXT(ui, "“%.*s” comes too late: what is before it has made text already – leave it out",
		                  "「%.*s」は位置が後ろすぎます。前のコマンドがすでに文字列にしています – "
		                  "除いてください")
		           : TEXT(ui, "“%.*s” is not known behind “|” – select, fl, ft and ConvertTo-Json are",
		                  "「|」の後ろの「%.*s」は使えません – 使えるのは select、fl、ft、ConvertTo-Json です"),
		         STR_ARG(word->text));
		return EXIT_USAGE;
	}
	call->list->form = f->form;
	return choose(call);
}

/* ---- one line ---- */

/* Commands that guides have around the others, and that have nothing to do here. */
static bool is_session_command(struct str name)
{
	static const char *const names[] = {"Connect-ExchangeOnline", "Disconnect-ExchangeOnline", "Import-Module",
	                                    "Install-Module"};

	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		if (str_ieq(name, str_c(names[i])))
			return true;
	return false;
}

static enum exit_code tell_session(const struct invocation *in, struct place where, struct str name)
{
	ui_warning(in->ui, where,
	           TEXT(in->ui, "%.*s: no connection is needed: the store of identities is opened by each command",
	                "%.*s: 接続は必要ありません。アイデンティティのデータベースは各コマンドが開きます"),
	           STR_ARG(name));
	return EXIT_FINE;
}

static enum exit_code refuse_cmdlet(const struct invocation *in, struct place where, struct str name)
{
	const char *near = NULL;
	size_t best = SIZE_MAX;

	for (size_t i = 0; cmdlet_name(i); i++) {
		size_t distance = word_distance(name, str_c(cmdlet_name(i)));

		if (distance < best && word_is_near(name, str_c(cmdlet_name(i)))) {
			near = cmdlet_name(i);
			best = distance;
		}
	}
	if (near)
		ui_error(in->ui, where,
		         TEXT(in->ui, "no such cmdlet: %.*s – did you mean “%s”?",
		              "「%.*s」というコマンドレットはありません – もしかして「%s」ですか?"),
		         STR_ARG(name), near);
	else
		ui_error(in->ui, where,
		         TEXT(in->ui,
		              "no such cmdlet: %.*s – there are Get-, New-, Set- and Rotate-DkimSigningConfig; “inkan "
		              "help” has the "
		              "other commands",
		              "「%.*s」というコマンドレットはありません – 使えるのは "
		              "Get-、New-、Set-、Rotate-DkimSigningConfig "
		              "です。ほかのコマンドは「inkan help」で見られます"),
		         STR_ARG(name));
	return EXIT_USAGE;
}

/* Every command behind a "|" is known before the first one does anything. */
static enum exit_code check_filters(const struct invocation *in, const struct pipeline *p, struct place where)
{
	struct object_list nothing = {0};
	enum exit_code code = EXIT_FINE;

	nothing.last = &nothing.first;
	for (size_t i = 1; i < p->count && code == EXIT_FINE; i++) {
		struct filter_call call = {in, NULL, place_of(where, &p->stages[i].words[0]), &p->stages[i], &nothing};
		struct arena arena;

		arena_init(&arena, PIPELINE_MEMORY_MAX);
		call.arena = &arena;
		code = run_filter(&call);
		arena_release(&arena);
	}
	return code;
}

static enum exit_code run_pipeline(const struct invocation *in, struct arena *arena, const struct pipeline *p,
                                   struct place where, struct output *out)
{
	struct str name = p->stages[0].words[0].text;
	const struct cmdlet *cmdlet = cmdlet_find(name);
	struct object_list list;
	struct place first = place_of(where, &p->stages[0].words[0]);

	if (!cmdlet && is_session_command(name))
		return tell_session(in, first, name);
	if (!cmdlet)
		return refuse_cmdlet(in, first, name);
	enum exit_code code = check_filters(in, p, where), worst = code;

	if (code != EXIT_FINE)
		return code;
	worst = cmdlet_run(cmdlet, in, &p->stages[0], first, arena, &list);
	for (size_t i = 1; i < p->count && code == EXIT_FINE && list.first; i++) {
		struct filter_call call = {in, arena, place_of(where, &p->stages[i].words[0]), &p->stages[i], &list};

		code = run_filter(&call);
	}
	if (list.form == OBJECT_AS_IS && in->json)
		list.form = OBJECT_JSON;
	if (code == EXIT_FINE && (list.first || (worst == EXIT_FINE && !list.is_one)))
		object_list_print(&out->text, &list);
	return code > worst ? code : worst;
}

static enum exit_code refuse_line(struct ui *ui, struct place where, const struct pipeline_trouble *trouble)
{
	where.column = where.file ? trouble->column : 0;
	ui_error(ui, where, "%s", text_in(ui->language, trouble->what));
	return EXIT_USAGE;
}

static enum exit_code run_line(const struct invocation *in, struct str line, struct place where, struct output *out)
{
	struct pipeline_trouble trouble;
	struct pipeline p;
	struct arena arena;
	enum exit_code code = EXIT_FINE;

	arena_init(&arena, PIPELINE_MEMORY_MAX);
	int error = pipeline_read(&arena, line, &p, &trouble);

	if (error == INKAN_ESYNTAX)
		code = refuse_line(in->ui, where, &trouble);
	else if (error)
		code = ui_failed(in->ui, where, error);
	else if (p.count)
		code = run_pipeline(in, &arena, &p, where, out);
	arena_release(&arena);
	return code;
}

/* ---- the prompt ---- */

static bool is_end(struct str line)
{
	return str_ieq(line, STR("exit")) || str_ieq(line, STR("quit"));
}

/* One line off the text; one that ends with "`" goes on in the next. *count_out: how many of the text. */
static struct str take_line(struct buf *text, size_t from, size_t *count_out)
{
	size_t end = from;

	for (*count_out = 1;; ++*count_out, end++) {
		end += str_find(str_skip(buf_str(text), end), '\n');
		if (end >= text->n || end == from || text->p[end - 1] != '`')
			break;
		text->p[end - 1] = text->p[end] = ' ';
	}
	return str_from(text->p + from, end - from);
}

static enum exit_code run_lines(const struct invocation *in, struct buf *text, const char *file, struct output *out)
{
	enum exit_code worst = EXIT_FINE;
	size_t count;

	for (size_t at = 0, number = 1; at < text->n; number += count) {
		struct str line = take_line(text, at, &count);

		at += line.n + 1;
		line = str_trim_fws(line);
		if (is_end(line))
			break;
		enum exit_code code = run_line(in, line, (struct place){file, number, 0}, out);

		worst = code > worst ? code : worst;
		if (!output_flush(out))
			break;
	}
	return worst;
}

/* A terminal's lines are run as they come. */
static enum exit_code run_terminal(const struct invocation *in, struct output *out)
{
	enum exit_code worst = EXIT_FINE;
	char line[PIPELINE_LINE_MAX + 2];
	ptrdiff_t n;

	for (size_t number = 1;; number++) {
		struct io_error why;

		(void)write_all(STDERR_FILENO, STR("PS> "));
		n = io_read(STDIN_FILENO, "-", line, sizeof line, &why);
		if (n <= 0 || is_end(str_trim_fws(str_from(line, (size_t)n))))
			break;
		enum exit_code code =
			run_line(in, str_trim_fws(str_from(line, (size_t)n)), (struct place){"-", number, 0}, out);

		worst = code > worst ? code : worst;
		if (!output_flush(out))
			break;
	}
	return worst;
}

static enum exit_code run_standard_input(const struct invocation *in, struct output *out)
{
	struct io_error why = {""};
	struct buf text;

	buf_init(&text, INPUT_MAX);
	int error = io_read_file("-", &text, &why);
	enum exit_code code = EXIT_USAGE;

	if (!error)
		code = run_lines(in, &text, "-", out);
	else if (error == INKAN_ENOMEM)
		code = ui_failed(in->ui, NOWHERE, error);
	else
		ui_error(in->ui, NOWHERE, "%s", TROUBLE(in->ui, why.text));
	buf_release(&text);
	return code;
}

/* -Command TEXT... or --command TEXT: the words are one line, as PowerShell has it. */
static enum exit_code run_words(const struct invocation *in, char **words, size_t count, struct output *out)
{
	struct buf text;

	buf_init(&text, INPUT_MAX);
	for (size_t i = 0; i < count; i++) {
		buf_put_c(&text, i ? " " : "");
		buf_put_c(&text, words[i]);
	}
	enum exit_code code =
		buf_error(&text) ? ui_failed(in->ui, NOWHERE, buf_error(&text)) : run_lines(in, &text, "-Command", out);

	buf_release(&text);
	return code;
}

static enum exit_code run_powershell(const struct invocation *in)
{
	struct output out;
	enum exit_code code;

	output_init(&out);
	if (in->operand_count && !str_ieq(str_c(in->operands[0]), STR("-Command"))) {
		ui_error(in->ui, NOWHERE,
		         TEXT(in->ui, "“%s” is not understood – write -Command 'LINE', or lines to standard input",
		              "「%s」を解釈できません – -Command '行' と書くか、標準入力に行を渡してください"),
		         in->operands[0]);
		code = EXIT_USAGE;
	} else if (in->operand_count) {
		code = run_words(in, in->operands + 1, in->operand_count - 1, &out);
	} else {
		code = isatty(STDIN_FILENO) ? run_terminal(in, &out) : run_standard_input(in, &out);
	}
	return output_finish(&out, in->ui, code);
}

/* ---- a cmdlet as a command ---- */

static enum exit_code run_cmdlet(const struct invocation *in)
{
	struct pipeline_trouble trouble;
	struct pipeline p;
	struct arena arena;
	struct output out;
	enum exit_code code;

	output_init(&out);
	arena_init(&arena, PIPELINE_MEMORY_MAX);
	if (pipeline_from_words(in->command->name, in->operands, in->operand_count, &p, &trouble))
		code = refuse_line(in->ui, NOWHERE, &trouble);
	else
		code = run_pipeline(in, &arena, &p, NOWHERE, &out);
	arena_release(&arena);
	return output_finish(&out, in->ui, code);
}

/* clang-format off */
static const struct example get_examples[] = {
	{"inkan Get-DkimSigningConfig", {"all domains, whether they sign, and their status", "すべてのドメイン、署名の有無、状態"}},
	{"inkan Get-DkimSigningConfig contoso.com '|' select Selector1CNAME,Selector2CNAME '|' fl",
	 {"the targets of the two CNAMEs", "2 つの CNAME の参照先"}},
	{NULL, {NULL, NULL}},
};
static const struct example new_examples[] = {
	{"inkan New-DkimSigningConfig -DomainName contoso.com -Enabled true --host-zone dkim.example.net",
	 {"create, and enable if the CNAMEs are there", "作成し、CNAME があれば有効にする"}},
	{NULL, {NULL, NULL}},
};
static const struct example set_examples[] = {
	{"inkan Set-DkimSigningConfig -Identity contoso.com -Enabled true --wait", {"as soon as DNS shows the records", "DNS にレコードが見えしだい有効にする"}},
	{NULL, {NULL, NULL}},
};
static const struct example rotate_examples[] = {
	{"inkan Rotate-DkimSigningConfig -Identity contoso.com -KeySize 2048", {"the other selector gets a new key", "もう一方のセレクターに新しい鍵を作る"}},
	{NULL, {NULL, NULL}},
};
static const struct example powershell_examples[] = {
	{"inkan powershell -Command 'Get-DkimSigningConfig contoso.com | fl'", {"one line", "1 行だけ実行する"}},
	{"inkan powershell < lines.ps1", {"lines of a file", "ファイルの各行を実行する"}},
	{NULL, {NULL, NULL}},
};

#define DESCRIPTION_EN \
	" Words and names are those of Exchange Online, in any case; '|' in quotes stands before select, fl, ft or ConvertTo-Json. " \
	"In a POSIX shell write true for $true. See inkan-powershell(1)."
#define DESCRIPTION_JA \
	"引数の書き方は Exchange Online と同じで、大文字と小文字を区別しません。引用符付きの '|' の後ろに select、fl、ft、ConvertTo-Json を書けます。" \
	"POSIX シェルでは $true の代わりに true と書いてください。詳しくは inkan-powershell(1) を見てください。"

#define CMDLET(variable, word, usage, title_en, title_ja, text_en, text_ja, example_list) \
	const struct command variable = { \
		.name = word, \
		.summary = {title_en, title_ja}, \
		.operands = usage, \
		.operands_max = SIZE_MAX, \
		.is_cmdlet = true, \
		.description = {text_en DESCRIPTION_EN, text_ja DESCRIPTION_JA}, \
		.options = cmdlet_options, \
		.common = COMMON_CONFIG | COMMON_JSON, \
		.examples = example_list, \
		.run = run_cmdlet, \
	}

CMDLET(get_signing_config_command, "Get-DkimSigningConfig", "[DOMAIN] [WORD]...", "Show DKIM signing as Microsoft 365 does",
       "DKIM 署名の構成を Microsoft 365 と同じ形で表示する",
       "The selectors, CNAME targets, status and rotation of one domain, or of all.", "ドメインのセレクター、CNAME の参照先、状態、鍵のローテーションを表示します。", get_examples);
CMDLET(new_signing_config_command, "New-DkimSigningConfig", "[DOMAIN] [WORD]...",
       "Create DKIM signing with two CNAMEs, as in Microsoft 365", "Microsoft 365 と同じく CNAME 2 つで DKIM 署名を構成する",
       "Makes keys for two selectors behind CNAMEs into our zone. It is enabled only if the CNAMEs are visible at every name server: "
       "else it is created and not enabled, with exit code 1.",
       "自分のゾーンを指す CNAME 2 つ分のセレクターを用意します。CNAME がすべてのネームサーバーで見えるときだけ有効になり、そうでなければ"
       "作成だけを行って終了コード 1 で終わります。", new_examples);
CMDLET(set_signing_config_command, "Set-DkimSigningConfig", "[DOMAIN] [WORD]...",
       "Enable or disable DKIM signing, as in Microsoft 365", "Microsoft 365 と同じコマンドで DKIM 署名を有効・無効にする",
       "Enabling is refused, with exit code 1 and the records that are missing, until every name server shows them.",
       "すべてのネームサーバーにレコードが見えるまで有効にはできず、足りないレコードを示して終了コード 1 で終わります。", set_examples);
CMDLET(rotate_signing_config_command, "Rotate-DkimSigningConfig", "[DOMAIN] [WORD]...",
       "Change the DKIM key, as in Microsoft 365", "Microsoft 365 と同じコマンドで DKIM 鍵をローテーションする",
       "A new key comes into the other selector, and signs when it is proven; the old one stays for mail on its way.",
       "もう一方のセレクターに新しい鍵を作り、確認できてから使い始めます。古い鍵は配送中のメールのために残します。", rotate_examples);
/* clang-format on */

const struct command powershell_command = {
	.name = "powershell",
	.summary = {"Take command lines of guides for Microsoft 365 as they stand",
                    "Microsoft 365 の解説にあるコマンド行をそのまま実行する"},
	.operands = "[-Command LINE]...",
	.operands_max = SIZE_MAX,
	.is_cmdlet = true,
	.description =
		{"Reads lines from standard input, or from -Command: Get-, New-, Set- and Rotate-DkimSigningConfig, "
                 "with “| "
                 "select”, “| fl”, “| ft” and “| ConvertTo-Json” behind them. It is no PowerShell: there are no "
                 "scripts and "
                 "no variables but $true, $false and $null. The exit code is the worst of all lines. See "
                 "inkan-powershell(1).",
                 "標準入力または -Command の行を実行します: Get-、New-、Set-、Rotate-DkimSigningConfig "
                 "と、その後ろの「| "
                 "select」「| fl」「| ft」「| ConvertTo-Json」。PowerShell "
                 "そのものではなく、スクリプトは使えず、変数は "
                 "$true、$false、$null だけです。終了コードは全行のうち最も悪いものです。詳しくは inkan-powershell(1) "
                 "を見てください。"},
	.options = cmdlet_options,
	.common = COMMON_CONFIG | COMMON_JSON,
	.examples = powershell_examples,
	.run = run_powershell,
};

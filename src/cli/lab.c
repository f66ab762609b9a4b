/* inkan lab: lists and runs the scenarios. A new one is a line in the table and a file lab_<name>.c. */
#include "cli/lab.h"

#include "core/json.h"

static const struct scenario *const scenarios[] = {
	&lab_first_seal, &lab_ses, &lab_ses_by_hand, &lab_rotation, &lab_microsoft,
};

enum { SCENARIOS = sizeof(scenarios) / sizeof *scenarios };

/* ---- list ---- */

static void print_json(struct buf *out)
{
	struct json j = json_to(out);

	for (size_t i = 0; i < SCENARIOS; i++) {
		json_object_begin(&j);
		json_key_c(&j, "name", scenarios[i]->name);
		json_key_c(&j, "summary", scenarios[i]->summary.en);
		json_object_end(&j);
		buf_put_char(out, '\n');
		j = json_to(out);
	}
}

static enum exit_code run_list(const struct invocation *in)
{
	struct output out;

	output_init(&out);
	if (in->json)
		print_json(&out.text);
	for (size_t i = 0; i < SCENARIOS && !in->json; i++) {
		enum { NAME_COLUMNS = 14 };

		text_padded(&out.text, str_c(scenarios[i]->name), NAME_COLUMNS);
		buf_put_c(&out.text, text_in(in->ui->language, scenarios[i]->summary));
		buf_put_char(&out.text, '\n');
	}
	return output_finish(&out, in->ui, EXIT_FINE);
}

static const struct example list_examples[] = {
	{"inkan lab list", {"what there is to see", "用意されているシナリオを見る"}},
	{NULL, {NULL, NULL}},
};

static const struct command list_command = {
	.name = "list",
	.summary = {"List the scenarios", "シナリオの一覧を表示する"},
	.operands = "",
	.description = {"One line each: the name for “inkan lab run”, and what it shows.",
                        "1 行に 1 つ、「inkan lab run」に渡す名前と内容を表示します。"},
	.common = COMMON_JSON,
	.examples = list_examples,
	.run = run_list,
};

/* ---- run ---- */

/* clang-format off */
static const struct option_spec run_options[] = {
	{"keep",
         0,
         OPTION_FILE,
         "FOLDER",
         NULL,
         0,
         0,
         {"first-seal: keep keys, records and messages in a new folder", "first-seal: 鍵、レコード、メッセージを新しいフォルダーに保存する"}},
	{"seed", 0, OPTION_NUMBER, "N", NULL, 0, UINT32_MAX,
	 {"rotation: another run of chance (default: 1)", "rotation: 乱数の種 (既定: 1)"}},
	{"careless", 0, OPTION_FLAG, NULL, NULL, 0, 0,
	 {"rotation: without any waiting, to see what that does", "rotation: 待たずに鍵を替え、その結果を見る"}},
	{0},
};
/* clang-format on */

/* The first option that was given and means nothing to the scenario; NULL: there is none. */
static const char *foreign_option(const struct invocation *in, const struct scenario *scenario)
{
	for (const struct option_spec *o = run_options; o->name; o++)
		if (option_given(in, o->name) && !choice_has(scenario->options, str_c(o->name)))
			return o->name;
	return NULL;
}

static enum exit_code run_one(const struct invocation *in, const struct scenario *scenario)
{
	const char *foreign = foreign_option(in, scenario);

	if (!foreign)
		return scenario->run(in);
	ui_error(in->ui, NOWHERE,
	         TEXT(in->ui, "the scenario “%s” has no option --%s – leave it out",
	              "シナリオ「%s」に --%s オプションはありません – 外してください"),
	         scenario->name, foreign);
	return EXIT_USAGE;
}

static enum exit_code run_scenario(const struct invocation *in)
{
	if (strcmp(in->operands[0], "list") == 0)
		return run_list(in);
	for (size_t i = 0; i < SCENARIOS; i++)
		if (strcmp(in->operands[0], scenarios[i]->name) == 0)
			return run_one(in, scenarios[i]);
	ui_error(in->ui, NOWHERE,
	         TEXT(in->ui, "no scenario is called “%s” – see “inkan lab list”",
	              "「%s」というシナリオはありません – 「inkan lab list」を見てください"),
	         in->operands[0]);
	return EXIT_USAGE;
}

static const struct example run_examples[] = {
	{"inkan lab run first-seal", {"seal a first message, step by step", "最初の封印を順を追って見る"}},
	{"inkan lab run first-seal --keep seal",
         {"the same, and keep what was made", "同じことをして、作ったものを残す"}},
	{"inkan lab run ses",
         {"an identity from its first record to PASS and rotation",
          "アイデンティティを最初のレコードから PASS、ローテーションまで"}},
	{"inkan lab run rotation", {"weeks of mail while keys change", "鍵が替わる間の数週間のメール"}},
	{NULL, {NULL, NULL}},
};

static const struct command run_command = {
	.name = "run",
	.summary = {"Run a scenario and check every step", "シナリオを実行し、各段階を確かめる"},
	.operands = "SCENARIO",
	.operands_min = 1,
	.operands_max = 1,
	.description = {"Needs no network. Scenarios with a DNS of their own start Knot DNS (package “knot”) on "
                        "127.0.0.1 and end it "
                        "again. The exit code is 0 only if every step went as expected.",
                        "ネットワークは要りません。DNS を使うシナリオは Knot DNS (パッケージ「knot」) を 127.0.0.1 "
                        "で起動し、最後に終了します。"
                        "すべての段階が期待どおりのときだけ終了コードが 0 になります。"},
	.options = run_options,
	.common = COMMON_JSON,
	.examples = run_examples,
	.run = run_scenario,
};

static const struct command *const lab_subcommands[] = {&list_command, &run_command, NULL};

const struct command lab_command = {
	.name = "lab",
	.summary = {"See with your own eyes what signatures do", "署名の働きを自分の目で確かめる"},
	.operands = "",
	.description = {"Scenarios make keys, records and messages of their own, do to them what happens to mail on "
                        "its way, and show "
                        "what a receiver sees. They need neither network nor files.",
                        "シナリオは、鍵・レコード・メッセージを自分で作り、メールの配送中に起こることを再現して、受信側"
                        "からどう見えるかを"
                        "示します。ネットワークは要りません。"},
	.examples = run_examples,
	.subcommands = lab_subcommands,
};

/* inkan identity records: what an identity needs in DNS, in the form that a server, panel or tool takes. */
#include "cli/command.h"
#include "cli/identity_view.h"
#include "cli/registrar_source.h"

/* clang-format off */
static const struct option_spec options[] = {
	{"format", 0, OPTION_CHOICE, NULL, "table|zone|bind|nsupdate|route53|csv|dig|powershell", 0, 0,
	 {"form of the records (default: table)", "レコードの形式 (既定: table)"}},
	{"panel", 0, OPTION_STRING, "ID", NULL, 0, 0,
	 {"values as the panel of this DNS provider wants them typed; “list” names all", "DNS 事業者の管理画面に入力する形で表示する。「list」で一覧"}},
	{"zone", 0, OPTION_STRING, "NAME", NULL, 0, 0,
	 {"zone that holds the names, which are then relative to it (default: the domain)", "名前を含むゾーン。名前はこれに対する相対名になる (省略時はドメイン)"}},
	{"hosted", 0, OPTION_FLAG, NULL, NULL, 0, 0,
	 {"the records in our own zone too, which inkan publishes itself", "inkan が自分で公開する自分のゾーンのレコードも表示する"}},
	{"dmarc", 0, OPTION_FLAG, NULL, NULL, 0, 0, {"a first DMARC record as well", "最初の DMARC レコードも表示する"}},
	REGISTRAR_OPTIONS,
};
/* clang-format on */

static enum exit_code list_panels(const struct invocation *in)
{
	struct output out;

	output_init(&out);
	for (const struct panel_style *p = panel_styles(); p->id; p++)
		buf_printf(&out.text, "%-16s %s (%s)\n", p->id, p->name, p->reviewed);
	return output_finish(&out, in->ui, EXIT_FINE);
}

static enum exit_code no_panel(const struct invocation *in, const char *panel)
{
	ui_error(in->ui, NOWHERE,
	         TEXT(in->ui, "--panel %s: not known – “--panel list” names all",
	              "--panel %s: 登録されていません – 「--panel list」で一覧を表示します"),
	         panel);
	return EXIT_USAGE;
}

static enum exit_code print(const struct invocation *in, struct registrar_source *s, const struct identity *identity,
                            const struct panel_style *panel)
{
	struct record_print how = {.panel = panel, .language = in->ui->language};
	unsigned which = VIEW_PEOPLE | (option_given(in, "hosted") ? VIEW_OURS : 0u) |
	                 (option_given(in, "dmarc") ? VIEW_DMARC : 0u);
	struct output out;
	int error;

	(void)record_form_from_name(str_c(option_value(in, "format", "table")), &how.form);
	bool is_relative = panel || how.form == RECORD_POWERSHELL;

	how.zone = str_c(option_value(in, "zone", is_relative ? identity->domain : ""));
	output_init(&out);
	if (in->json) {
		struct json j = json_to(&out.text);

		error = identity_json(&j, in->ui, identity, true);
		buf_put_char(&out.text, '\n');
	} else {
		error = identity_records_print(&out.text, &s->arena, identity, which, &how, how.form == RECORD_TABLE);
	}
	return output_finish(&out, in->ui, error ? ui_failed(in->ui, NOWHERE, error) : EXIT_FINE);
}

static enum exit_code run(const struct invocation *in)
{
	const char *panel_id = option_value(in, "panel", NULL);
	const struct panel_style *panel = NULL;
	struct registrar_source s;
	struct identity identity;
	uint64_t version = 0;
	struct io_error why = {""};

	if (panel_id && strcmp(panel_id, "list") == 0)
		return list_panels(in);
	if (panel_id && !(panel = panel_style_find(str_c(panel_id))))
		return no_panel(in, panel_id);
	enum exit_code code = registrar_source_open(&s, in, STORE_READ, NULL);

	if (code == EXIT_FINE)
		code = identity_fetch(&s, in->operands[0], &identity, &version, &why);
	if (code == EXIT_FINE)
		code = print(in, &s, &identity, panel);
	registrar_source_close(&s);
	return code;
}

static const struct example examples[] = {
	{"inkan identity records example.com", {"the records, with what each is for", "レコードとそれぞれの用途"}},
	{"inkan identity records example.com --format zone", {"lines for a zone file", "ゾーンファイルの行"}},
	{"inkan identity records example.com --format route53",
         {"a change batch for the aws command", "aws コマンド用の変更バッチ"}},
	{"inkan identity records example.com --panel cloudflare",
         {"as they are typed into a panel", "管理画面に入力する形"}},
	{NULL, {NULL, NULL}},
};

const struct command identity_records_command = {
	.name = "records",
	.summary = {"Show the records that an identity needs in DNS",
                    "アイデンティティに必要な DNS レコードを表示する"},
	.operands = "ID",
	.operands_min = 1,
	.operands_max = 1,
	.description =
		{"Every form comes from the same values; long texts are split where the form needs it. Values of CNAME "
                 "and MX end with a dot and TXT values stand in quotes, unless --panel says that the provider "
                 "wants them otherwise.",
                 "どの形式も同じ値から作られ、長いテキストは形式に応じて分割されます。--panel で DNS "
                 "事業者に合わせた形を指定しない限り、"
                 "CNAME と MX の値は末尾にドットを付け、TXT の値は引用符で囲みます。"},
	.options = options,
	.common = COMMON_CONFIG | COMMON_JSON,
	.examples = examples,
	.run = run,
};

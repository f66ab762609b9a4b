/* inkan check: checks of what was pasted; this file: DKIM key records. */
#include "check/dkim_record.h"
#include "check/record.h"
#include "cli/command.h"
#include "cli/files.h"
#include "cli/record_view.h"
#include "dns/dns.h"

enum {
	PASTED_MAX = 256 * 1024,           /* octets of text that may be pasted */
	FINDINGS_MEMORY = 64 * 1024 * 1024 /* octets of all findings and texts */
};

struct record_check {
	const struct invocation *in;
	struct arena arena;
	struct buf pasted;
	struct crypto *crypto;
	struct findings findings;
	struct pasted_record record;
	struct dkim_record_report report;
};

/* TEXT, several words of it, or standard input. */
static enum exit_code take_text(struct record_check *c)
{
	const struct invocation *in = c->in;

	if (in->operand_count == 1 && strcmp(in->operands[0], "-") == 0)
		return file_read(in->ui, "-", &c->pasted);
	for (size_t i = 0; i < in->operand_count; i++) {
		buf_put_c(&c->pasted, i ? " " : "");
		buf_put_c(&c->pasted, in->operands[i]);
	}
	return buf_error(&c->pasted) ? ui_failed(in->ui, NOWHERE, buf_error(&c->pasted)) : EXIT_FINE;
}

/* "inkan check record v=DKIM1; k=rsa; ..." without quotes: the shell ends the command at the first “;”. */
static void warn_of_shell(const struct record_check *c)
{
	const struct invocation *in = c->in;

	if (in->operand_count == 1 && strncmp(in->operands[0], "v=", 2) == 0 && !strchr(in->operands[0], ';') &&
	    !strchr(in->operands[0], ' '))
		ui_warning(
			in->ui, NOWHERE,
			TEXT(in->ui,
		             "the text ends behind its first tag – put it between single quotes, else the shell cuts "
		             "it at “;”",
		             "最初のタグで終わっています – 一重引用符で囲まないと、シェルが「;」で切ってしまいます"));
}

/* DKIM, or a message that it is something else. */
static enum exit_code choose_kind(const struct record_check *c)
{
	struct ui *ui = c->in->ui;
	const char *asked = option_value(c->in, "kind", NULL);
	enum record_kind kind = RECORD_UNKNOWN;

	if (asked)
		(void)record_kind_from_name(str_c(asked), &kind);
	else
		kind = record_kind_guess(c->record.name, c->record.value);
	/* what cannot be read has findings of its own, and a private key is called one whatever it was pasted as */
	if (kind == RECORD_DKIM || findings_find(&c->findings, &private_key_kind) ||
	    (kind == RECORD_UNKNOWN && (!c->record.is_readable || c->record.value.n == 0)))
		return EXIT_FINE;
	if (kind == RECORD_UNKNOWN && dns_name_is_host(c->record.value, true, true))
		ui_error(ui, NOWHERE,
		         TEXT(ui,
		              "this is a name, not a record – “inkan dkim-key SELECTOR DOMAIN” fetches the record of a "
		              "name",
		              "これはレコードではなく名前です – 「inkan dkim-key SELECTOR "
		              "DOMAIN」で名前のレコードを取得できます"));
	else if (kind == RECORD_UNKNOWN)
		ui_error(ui, NOWHERE,
		         TEXT(ui, "cannot tell what kind of record this is – give --kind dkim if it is a DKIM key",
		              "レコードの種類がわかりません – DKIM 鍵なら --kind dkim を指定してください"));
	else
		ui_error(ui, NOWHERE,
		         TEXT(ui, "this is a record of kind %s, which is not checked yet – only dkim is",
		              "種類 %s のレコードはまだ検査できません – 検査できるのは dkim だけです"),
		         record_kind_name(kind));
	return EXIT_USAGE;
}

static enum exit_code print_result(struct record_check *c)
{
	const struct ui *ui = c->in->ui;
	bool ok = findings_worst(&c->findings) < SEVERITY_ERROR;
	struct output out;
	int error = INKAN_OK;

	output_init(&out);
	findings_sort(&c->findings);
	if (c->in->json) {
		struct json j = json_to(&out.text);

		json_object_begin(&j);
		json_key_c(&j, "kind", "dkim");
		json_key_bool(&j, "ok", ok);
		json_key(&j, "name");
		if (c->record.name.n)
			json_str(&j, c->record.name);
		else
			json_null_value(&j);
		json_key_str(&j, "value", c->record.value);
		error = dkim_report_json(&j, c->crypto, &c->report);
		findings_json(&j, ui->language, &c->findings);
		json_object_end(&j);
		buf_put_char(&out.text, '\n');
	} else {
		buf_put_c(&out.text, TEXT(ui, "DKIM key record: ", "DKIM 鍵レコード: "));
		if (c->report.is_revoked && ok)
			styled(&out.text, ui->colour, STYLE_WARNING, TEXT(ui, "revoked", "失効"));
		else if (ok)
			styled(&out.text, ui->colour, STYLE_GOOD, TEXT(ui, "verifiers can use it", "検証側が使えます"));
		else
			styled(&out.text, ui->colour, STYLE_BAD,
			       TEXT(ui, "NOT usable as it is", "このままでは使えません"));
		buf_put_char(&out.text, '\n');
		dkim_report_print(&out.text, ui, &c->report);
		findings_print(&out.text, ui, &c->findings, c->record.value);
	}
	if (error)
		out.text.error = error;
	return output_finish(&out, c->in->ui, ok ? EXIT_FINE : EXIT_FINDING);
}

static int check_dkim(struct record_check *c)
{
	int error = crypto_new(&c->crypto);

	if (!error && c->record.is_readable && c->record.value.n)
		error = dkim_record_check(c->crypto, &c->findings, c->record.value, &c->report);
	if (!error)
		dkim_record_check_name(&c->findings, c->record.name);
	return error ? error : arena_error(&c->arena);
}

static enum exit_code run_record(const struct invocation *in)
{
	struct record_check c = {.in = in};
	enum exit_code code;
	int error;

	arena_init(&c.arena, FINDINGS_MEMORY);
	buf_init(&c.pasted, PASTED_MAX);
	findings_init(&c.findings, &c.arena);
	code = take_text(&c);
	if (code == EXIT_FINE) {
		pasted_record_read(&c.findings, buf_str(&c.pasted), &c.record);
		warn_of_shell(&c);
		error = arena_error(&c.arena);
		code = error ? ui_failed(in->ui, NOWHERE, error) : choose_kind(&c);
	}
	if (code == EXIT_FINE && (error = check_dkim(&c)))
		code = ui_failed(in->ui, NOWHERE, error);
	if (code == EXIT_FINE)
		code = print_result(&c);
	dkim_record_report_release(&c.report);
	crypto_free(c.crypto);
	/* a private key may have been pasted */
	if (c.pasted.p)
		crypto_wipe(c.pasted.p, c.pasted.cap);
	buf_release(&c.pasted);
	arena_release(&c.arena);
	return code;
}

static const struct option_spec record_options[] = {
	{"kind",
         'k',
         OPTION_CHOICE,
         NULL,
         "dkim|spf|dmarc|tlsrpt|mta-sts|bimi",
         0,
         0,
         {"kind of record (default: as the text shows; only dkim is checked yet)",
          "レコードの種類 (既定: 内容から判断。いま検査できるのは dkim だけ)"}},
	{0},
};

static const struct example record_examples[] = {
	{"inkan check record 'v=DKIM1; k=rsa; p=MIIBIjANBg…'", {"a value", "値を検査する"}},
	{"inkan check record 's1._domainkey.example.com. 3600 IN TXT \"v=DKIM1; p=\" \"MIIB…\"'",
         {"a line of a zone file", "ゾーンファイルの行を検査する"}},
	{"dig +short TXT s1._domainkey.example.com | inkan check record -",
         {"what dig prints", "dig の出力を検査する"}},
	{NULL, {NULL, NULL}},
};

static const struct command record_command = {
	.name = "record",
	.summary = {"Check a DNS record before it is published, or as it was copied",
                    "公開する前の、またはコピーした DNS レコードを検査する"},
	.operands = "TEXT",
	.operands_min = 1,
	.operands_max = SIZE_MAX,
	.description = {"TEXT is what people paste: the bare value, quoted strings, a line of a zone file, or what dig "
                        "prints. “-” reads standard "
                        "input. Positions are octets from the start of the value. A record with warnings only is fine "
                        "(exit code 0).",
                        "TEXT には値そのもの、引用符で囲んだ文字列、ゾーンファイルの行、dig "
                        "の出力のいずれも貼り付けられます。「-」は標準入力です。"
                        "位置は値の先頭からのオクテット数です。警告だけのレコードは合格です (終了コード 0)。"},
	.options = record_options,
	.common = COMMON_JSON,
	.examples = record_examples,
	.run = run_record,
};

static const struct command *const subcommands[] = {&record_command, &check_header_command, NULL};

static const struct example examples[] = {
	{"inkan check record 'v=DKIM1; k=rsa; p=MIIBIjANBg…'", {"a DKIM key record", "DKIM 鍵レコードを検査する"}},
	{"inkan check header pasted.txt",
         {"a header as a mail program shows it", "メールソフトに表示されたヘッダーを調べる"}},
	{NULL, {NULL, NULL}},
};

const struct command check_command = {
	.name = "check",
	.summary = {"Check records and headers: what is wrong, where, and how to mend it",
                    "レコードやヘッダーを検査する: 何がどこで誤っていて、どう直すか"},
	.operands = "",
	.description = {"", ""},
	.examples = examples,
	.subcommands = subcommands,
};

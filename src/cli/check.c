/* inkan check: checks of what was pasted; this file: records. Reading order: run_record() -> take_text() -> choose_kind() (the rows of
 * record_check.h) -> check() -> print_result(). */
#include "cli/command.h"
#include "cli/files.h"
#include "cli/record_check.h"
#include "cli/record_view.h"
#include "dns/dns.h"

enum {
	PASTED_MAX = 256 * 1024,           /* octets of text that may be pasted */
	FINDINGS_MEMORY = 64 * 1024 * 1024 /* octets of all findings and texts */
};

/* TEXT, several words of it, or standard input. */
static enum exit_code take_text(const struct invocation *in, struct buf *pasted)
{
	if (in->operand_count == 1 && strcmp(in->operands[0], "-") == 0)
		return file_read(in->ui, "-", pasted);
	for (size_t i = 0; i < in->operand_count; i++) {
		buf_put_c(pasted, i ? " " : "");
		buf_put_c(pasted, in->operands[i]);
	}
	return buf_error(pasted) ? ui_failed(in->ui, NOWHERE, buf_error(pasted)) : EXIT_FINE;
}

/* "inkan check record v=DKIM1; k=rsa; ..." without quotes: the shell ends the command at the first “;”. */
static void warn_of_shell(const struct invocation *in)
{
	if (in->operand_count == 1 && strncmp(in->operands[0], "v=", 2) == 0 && !strchr(in->operands[0], ';') &&
	    !strchr(in->operands[0], ' '))
		ui_warning(
			in->ui, NOWHERE,
			TEXT(in->ui,
		             "the text ends behind its first tag – put it between single quotes, else the shell cuts "
		             "it at “;”",
		             "最初のタグで終わっています – 一重引用符で囲まないと、シェルが「;」で切ってしまいます"));
}

static void refuse_kind(struct ui *ui, struct str value)
{
	if (dns_name_is_host(value, true, true))
		ui_error(
			ui, NOWHERE,
			TEXT(ui,
		             "this is a name, not a record – paste the record; “inkan dkim-key SELECTOR DOMAIN” and "
		             "“inkan "
		             "dmarc DOMAIN” fetch it from DNS, “dig +short TXT DOMAIN | inkan check record -” any "
		             "other",
		             "これはレコードではなく名前です – レコードを貼り付けてください。「inkan dkim-key SELECTOR "
		             "DOMAIN」と「inkan dmarc DOMAIN」は DNS から取得します。ほかは「dig +short TXT DOMAIN | "
		             "inkan "
		             "check record -」を使ってください"));
	else
		ui_error(ui, NOWHERE,
		         TEXT(ui,
		              "cannot tell what kind of record this is: no v= says it – give --kind, such as --kind "
		              "spf or --kind "
		              "dkim",
		              "レコードの種類がわかりません: 種類を示す v= がありません – --kind spf や --kind dkim "
		              "のように指定してください"));
}

static enum exit_code check_options(const struct record_check *c, enum record_kind kind)
{
	const struct invocation *in = c->in;

	if (option_given(in, "lookups") && kind != RECORD_SPF) {
		ui_error(in->ui, NOWHERE,
		         TEXT(in->ui, "--lookups is for SPF records – leave it out",
		              "--lookups は SPF レコードのためのものです – 省いてください"));
		return EXIT_USAGE;
	}
	if (!option_given(in, "lookups") && (in->dns_file || in->resolver || in->save_dns_file))
		ui_note(in->ui, NOWHERE,
		        TEXT(in->ui, "DNS is not asked – --lookups follows the includes of an SPF record",
		             "DNS には問い合わせません – SPF レコードの include をたどるには --lookups "
		             "を指定してください"));
	return EXIT_FINE;
}

/* The row of the kind, or a message that there is none. */
static enum exit_code choose_kind(struct record_check *c)
{
	const char *asked = option_value(c->in, "kind", NULL);
	enum record_kind kind = RECORD_UNKNOWN;

	if (asked)
		(void)record_kind_from_name(str_c(asked), &kind);
	else
		kind = record_kind_guess(c->record.name, c->record.value);
	/* a private key is called one whatever it was pasted as, and what cannot be read has findings of its own */
	if (!asked && findings_find(&c->findings, &private_key_kind))
		kind = RECORD_DKIM;
	if (kind == RECORD_UNKNOWN && c->record.is_readable && c->record.value.n) {
		refuse_kind(c->in->ui, c->record.value);
		return EXIT_USAGE;
	}
	c->kind = record_check_kind(kind);
	return check_options(c, c->kind->kind);
}

static enum exit_code check(struct record_check *c)
{
	int error = c->kind->kind == RECORD_DKIM ? crypto_new(&c->crypto) : INKAN_OK;
	enum exit_code code = error ? ui_failed(c->in->ui, NOWHERE, error) : EXIT_FINE;

	if (code == EXIT_FINE && c->record.is_readable && c->record.value.n)
		code = c->kind->check(c);
	if (code != EXIT_FINE)
		return code;
	if (c->kind->kind == RECORD_DKIM)
		dkim_record_check_name(&c->findings, c->record.name);
	error = arena_error(&c->arena);
	return error ? ui_failed(c->in->ui, NOWHERE, error) : EXIT_FINE;
}

static int print_json(struct buf *out, const struct record_check *c, bool ok)
{
	struct json j = json_to(out);
	int error;

	json_object_begin(&j);
	json_key_c(&j, "kind", record_kind_name(c->kind->kind));
	json_key_bool(&j, "ok", ok);
	json_key(&j, "name");
	if (c->record.name.n)
		json_str(&j, c->record.name);
	else
		json_null_value(&j);
	json_key_str(&j, "value", c->record.value);
	error = c->kind->json(&j, c);
	findings_json(&j, c->in->ui->language, &c->findings);
	json_object_end(&j);
	buf_put_char(out, '\n');
	return error;
}

static void print_text(struct buf *out, const struct ui *ui, const struct record_check *c, bool ok)
{
	const struct text *state = ok && c->state ? c->state : ok ? &c->kind->good : &c->kind->bad;

	buf_put_c(out, text_in(ui->language, c->kind->title));
	buf_put_c(out, ": ");
	styled(out, ui->colour, !ok ? STYLE_BAD : c->state ? STYLE_WARNING : STYLE_GOOD, text_in(ui->language, *state));
	buf_put_char(out, '\n');
	c->kind->print(out, ui, c);
	findings_print(out, ui, &c->findings, c->record.value);
}

static enum exit_code print_result(struct record_check *c)
{
	const struct ui *ui = c->in->ui;
	bool ok = findings_worst(&c->findings) < SEVERITY_ERROR;
	struct output out;
	int error = INKAN_OK;

	output_init(&out);
	findings_sort(&c->findings);
	if (c->in->json)
		error = print_json(&out.text, c, ok);
	else
		print_text(&out.text, ui, c, ok);
	if (error)
		out.text.error = error;
	return output_finish(&out, c->in->ui, !ok ? EXIT_FINDING : c->tree.has_unanswered ? EXIT_TEMPORARY : EXIT_FINE);
}

/* The record, and the name that it was pasted with or --name gives. */
static enum exit_code read_record(struct record_check *c, struct str pasted)
{
	const char *name = option_value(c->in, "name", NULL);
	int error;

	pasted_record_read(&c->findings, pasted, &c->record);
	if (name)
		c->record.name = str_c(name);
	if (c->record.name.n && c->record.name.p[c->record.name.n - 1] == '.')
		c->record.name.n--;
	warn_of_shell(c->in);
	error = arena_error(&c->arena);
	return error ? ui_failed(c->in->ui, NOWHERE, error) : EXIT_FINE;
}

static enum exit_code run_record(const struct invocation *in)
{
	struct record_check c = {.in = in};
	struct buf pasted;
	enum exit_code code;

	arena_init(&c.arena, FINDINGS_MEMORY);
	buf_init(&pasted, PASTED_MAX);
	findings_init(&c.findings, &c.arena);
	code = take_text(in, &pasted);
	if (code == EXIT_FINE)
		code = read_record(&c, buf_str(&pasted));
	if (code == EXIT_FINE)
		code = choose_kind(&c);
	if (code == EXIT_FINE)
		code = check(&c);
	if (code == EXIT_FINE)
		code = print_result(&c);
	record_check_release(&c);
	/* a private key may have been pasted */
	if (pasted.p)
		crypto_wipe(pasted.p, pasted.cap);
	buf_release(&pasted);
	arena_release(&c.arena);
	return code;
}

/* clang-format off */
static const struct option_spec record_options[] = {
	{"kind", 'k', OPTION_CHOICE, NULL, "dkim|spf|dmarc|dmarc-report|tlsrpt|mta-sts|bimi", 0, 0,
	 {"kind of record (default: as the text shows)", "レコードの種類 (既定: 内容から判断)"}},
	{"name", 0, OPTION_STRING, "NAME", NULL, 0, 0,
	 {"name that the record stands at, where none was pasted", "レコードの名前 (貼り付けた中にないとき)"}},
	{"profile", 0, OPTION_CHOICE, NULL, "rfc9989|rfc7489", 0, 0,
	 {"DMARC as newer or older receivers read it (default: rfc9989)", "DMARC を新しい受信側と古い受信側のどちらの読み方で検査するか (既定: rfc9989)"}},
	{"lookups", 0, OPTION_FLAG, NULL, NULL, 0, 0,
	 {"follow the includes of an SPF record through DNS, and count", "SPF レコードの include を DNS でたどって数える"}},
	{0},
};
/* clang-format on */

static const struct example record_examples[] = {
	{"inkan check record 'v=DKIM1; k=rsa; p=MIIBIjANBg…'", {"a value", "値を検査する"}},
	{"inkan check record 's1._domainkey.example.com. 3600 IN TXT \"v=DKIM1; p=\" \"MIIB…\"'",
         {"a line of a zone file", "ゾーンファイルの行を検査する"}},
	{"dig +short TXT s1._domainkey.example.com | inkan check record -",
         {"what dig prints", "dig の出力を検査する"}},
	{"inkan check record 'v=DMARC1; p=none; rua=mailto:dmarc@example.com'",
         {"a DMARC record, explained tag by tag", "DMARC レコードをタグごとに説明する"}},
	{"inkan check record 'v=spf1 mx include:_spf.example.net -all' --lookups --name example.com",
         {"an SPF record, and what its includes cost", "SPF レコードと、include にかかる問い合わせの数"}},
	{NULL, {NULL, NULL}},
};

static const struct command check_record_command = {
	.name = "record",
	.summary = {"Check a DNS record before it is published, or as it was copied",
                    "公開する前の、またはコピーした DNS レコードを検査する"},
	.operands = "TEXT",
	.operands_min = 1,
	.operands_max = SIZE_MAX,
	.description =
		{"TEXT is what people paste: the bare value, quoted strings, a line of a zone file, or what dig "
                 "prints. “-” reads standard input. It may be a DKIM key, SPF, DMARC, the authorization of DMARC "
                 "reports, TLSRPT, MTA-STS or BIMI. Positions are octets from the start of the value. A record with "
                 "warnings only is fine "
                 "(exit code 0); where DNS failed with --lookups, it is 3.",
                 "TEXT には値そのもの、引用符で囲んだ文字列、ゾーンファイルの行、dig "
                 "の出力のいずれも貼り付けられます。「-」は標準入力です。DKIM 鍵、SPF、DMARC、DMARC "
                 "レポートの受け入れ、TLSRPT、MTA-STS、BIMI を検査できます。"
                 "位置は値の先頭からのオクテット数です。警告だけのレコードは合格です (終了コード 0)。--lookups で DNS "
                 "の応答が得られなければ 3 です。"},
	.options = record_options,
	.common = COMMON_DNS | COMMON_JSON,
	.examples = record_examples,
	.run = run_record,
};

static const struct command *const subcommands[] = {
	&check_record_command, &check_header_command,   &check_message_command, &check_bounce_command,
	&check_domain_command, &check_zonefile_command, &check_diff_command,    NULL};

static const struct example examples[] = {
	{"inkan check domain example.com",
         {"what DNS shows about the mail of a domain", "ドメインのメールについて DNS の設定を調べる"}},
	{"inkan check record 'v=DKIM1; k=rsa; p=MIIBIjANBg…'", {"a DKIM key record", "DKIM 鍵レコードを検査する"}},
	{"inkan check header pasted.txt",
         {"a header as a mail program shows it", "メールソフトに表示されたヘッダーを調べる"}},
	{"inkan check record 'v=DMARC1; p=none; rua=mailto:dmarc@example.com'",
         {"a DMARC record, explained tag by tag", "DMARC レコードをタグごとに説明する"}},
	{"inkan check message --bulk --ip 192.0.2.25 --mail-from news@example.com newsletter.eml",
         {"what large receivers would say of a newsletter", "大手の受信側がニュースレターをどう扱うか調べる"}},
	{NULL, {NULL, NULL}},
};

const struct command check_command = {
	.name = "check",
	.summary = {"Check domains, records, headers and messages: what is wrong, where, and how to mend it",
                    "ドメイン、レコード、ヘッダー、メッセージを検査する: 何がどこで誤っていて、どう直すか"},
	.operands = "",
	.description = {"", ""},
	.examples = examples,
	.subcommands = subcommands,
};

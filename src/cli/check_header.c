/* inkan check header: pasted header fields, what the receiver's results in them say, and what to do. */
#include <stdlib.h>

#include "check/pasted_header.h"
#include "check/results.h"
#include "cli/command.h"
#include "cli/files.h"
#include "cli/record_view.h"
#include "cli/suffix_list.h"

enum {
	/* Octets of everything that is kept: the text three times, results, findings. */
	HEADER_MEMORY_MAX = 256 * 1024 * 1024,
	METHOD_COLUMNS = 24,
	RESULT_LINES_MAX = 100 /* results of other fields that the page lists */
};

struct header_check {
	const struct invocation *in;
	struct arena arena;
	struct buf input;
	struct pasted_header pasted;
	struct header header;
	struct public_suffixes *suffixes;
	struct str *trusted; /* --trusted */
	struct header_results results;
};

/* clang-format off */
static const struct {
	enum pasted_repair repair;
	const char *id;
	struct text text;
} repairs[] = {
	{PASTED_DECODED, "decoded", {"a byte order mark or UTF-16 was decoded", "BOM または UTF-16 を読み替えました"}},
	{PASTED_ENTITIES, "entities", {"&lt; and the like were decoded", "&lt; などの文字参照を元に戻しました"}},
	{PASTED_QUOTED, "quoted", {"quote marks or an indent before the lines were taken off", "行頭の引用符または字下げを取り除きました"}},
	{PASTED_REFOLDED, "refolded", {"continuation lines got their white space back", "継続行の先頭の空白を補いました"}},
	{PASTED_SPACED, "spaced", {"empty lines between the lines were left out", "行間の空行を取り除きました"}},
	{PASTED_JOINED, "joined", {"fields on one line were taken apart at their names", "1 行につながったフィールドを名前の位置で分けました"}},
	{PASTED_LEADING, "leading", {"text before the first field was left out", "最初のフィールドより前の文字列を無視しました"}},
};

/* clang-format on */

/* ---- reading ---- */

static void take_trusted(struct header_check *c, struct header_results_options *options)
{
	c->trusted = arena_calloc(&c->arena, c->in->given_count + 1, sizeof *c->trusted);
	options->trusted = c->trusted;
	for (size_t i = 0; c->trusted && i < c->in->given_count; i++)
		if (strcmp(c->in->given[i].option->name, "trusted") == 0)
			c->trusted[options->trusted_count++] = str_c(c->in->given[i].value);
}

static struct str registrable(void *list, struct str domain)
{
	return public_suffixes_registrable(list, domain);
}

/* The fields; where there is none, the text may be the value of one. */
static int read_pasted(struct header_check *c, const struct header_results_options *options)
{
	int error = pasted_header_read(&c->arena, buf_str(&c->input), &c->pasted);

	if (!error)
		error = header_parse(&c->arena, c->pasted.text, MAIL_FIELDS_MAX, &c->header);
	if (error)
		return error;
	if (c->header.count)
		return header_results_read(&c->arena, &c->header, options, &c->results);
	return header_results_of_value(&c->arena, c->pasted.whole, options, &c->results);
}

static enum exit_code take_input(struct header_check *c)
{
	const struct invocation *in = c->in;
	const char *value = option_value(in, "value", NULL);

	if (value && in->operand_count) {
		ui_error(in->ui, NOWHERE,
		         TEXT(in->ui, "both --value and a file were given – give one of them",
		              "--value とファイルの両方が指定されています – どちらか 1 つにしてください"));
		return EXIT_USAGE;
	}
	if (value)
		return EXIT_FINE;
	return file_read_not_text(in->ui, in->operand_count ? in->operands[0] : "-", &c->input);
}

static enum exit_code read_all(struct header_check *c)
{
	const char *value = option_value(c->in, "value", NULL);
	struct header_results_options options = {.registrable = registrable, .registrable_context = c->suffixes};
	int error;

	take_trusted(c, &options);
	error = value ? header_results_of_value(&c->arena, str_c(value), &options, &c->results)
	              : read_pasted(c, &options);
	if (error == INKAN_ELIMIT) {
		ui_error(c->in->ui, NOWHERE,
		         TEXT(c->in->ui,
		              "the header is larger than 4 MiB or has more than 10,000 fields – paste the header only",
		              "ヘッダーが 4 MiB または 10,000 フィールドを超えています – "
		              "ヘッダーだけを貼り付けてください"));
		return EXIT_USAGE;
	}
	return error ? ui_failed(c->in->ui, NOWHERE, error) : EXIT_FINE;
}

/* ---- JSON ---- */

static void result_json(struct json *j, const struct authres_result *r)
{
	json_object_begin(j);
	json_key_str(j, "method", r->method);
	if (r->method_version != 1)
		json_key_i64(j, "method_version", r->method_version);
	json_key_str(j, "result", r->result);
	json_key_str(j, "reason", r->reason);
	json_key_str(j, "comment", r->comment);
	json_key(j, "props");
	json_array_begin(j);
	for (size_t i = 0; i < r->property_count; i++) {
		json_array_begin(j);
		json_str(j, r->properties[i].name);
		json_str(j, r->properties[i].value);
		json_array_end(j);
	}
	json_array_end(j);
	json_object_end(j);
}

static void field_json(struct json *j, const struct seen_field *seen)
{
	const struct authres_field *f = &seen->parsed;

	json_object_begin(j);
	if (seen->kind != SEEN_RESULTS)
		json_key_str(j, "field", seen->name);
	if (seen->kind == SEEN_ARC_RESULTS)
		json_key_i64(j, "instance", seen->instance);
	json_key_str(j, "authserv_id", f->authserv_id);
	json_key_i64(j, "version", f->version);
	if (f->none)
		json_key_bool(j, "none", true);
	json_key_bool(j, "strict", seen->strict);
	json_key(j, "results");
	json_array_begin(j);
	for (size_t i = 0; i < f->result_count; i++)
		result_json(j, &f->results[i]);
	json_array_end(j);
	json_object_end(j);
}

/* Index among the Authentication-Results that could be read, as the array of JSON has them. */
static size_t json_index(const struct header_results *r, size_t field)
{
	size_t index = 0;

	for (size_t i = 0; i < field; i++)
		index += r->fields[i].kind == SEEN_RESULTS && r->fields[i].parsed.valid;
	return index;
}

static void fields_json(struct json *j, const char *key, const struct header_results *r, bool own)
{
	json_key(j, key);
	json_array_begin(j);
	for (size_t i = 0; i < r->count; i++)
		if (r->fields[i].parsed.valid && (r->fields[i].kind == SEEN_RESULTS) == own)
			field_json(j, &r->fields[i]);
	json_array_end(j);
}

static const char *const choices[] = {"none", "id", "only", "topmost"};
static const char *const alignments[] = {"unknown", "not-aligned", "aligned"};

static void cause_json(struct json *j, const struct header_results *r, const struct seen_cause *c)
{
	const struct authres_result *result = &r->fields[c->field].parsed.results[c->result];

	json_object_begin(j);
	json_key_i64(j, "field", (int64_t)json_index(r, c->field));
	json_key_i64(j, "result", (int64_t)c->result);
	json_key_str(j, "method", result->method);
	json_key_str(j, "domain", c->domain);
	json_key_c(j, "cause", authres_cause_name(c->cause));
	json_key_c(j, "triage", triage_name(result_kinds[c->cause].triage));
	json_key_c(j, "wording_of", c->wording ? c->wording->writer : "");
	json_object_end(j);
}

static void print_json(struct buf *out, const struct header_check *c)
{
	const struct header_results *r = &c->results;
	struct json j = json_to(out);

	json_object_begin(&j);
	fields_json(&j, "authentication_results", r, true);
	json_key(&j, "trusted");
	if (r->trusted_count)
		json_i64(&j, (int64_t)json_index(r, r->trusted));
	else
		json_null_value(&j);
	json_key_i64(&j, "trusted_count", (int64_t)r->trusted_count);
	json_key_c(&j, "trusted_reason", choices[r->choice]);
	json_key(&j, "causes");
	json_array_begin(&j);
	for (size_t i = 0; i < r->cause_count; i++)
		cause_json(&j, r, &r->causes[i]);
	json_array_end(&j);
	json_key_str(&j, "from_domain", r->from_domain);
	json_key_c(&j, "dkim_alignment", alignments[r->dkim_alignment]);
	json_key_c(&j, "spf_alignment", alignments[r->spf_alignment]);
	fields_json(&j, "other_results", r, false);
	json_key(&j, "repairs");
	json_array_begin(&j);
	for (size_t i = 0; i < sizeof repairs / sizeof *repairs; i++)
		if (c->pasted.repairs & repairs[i].repair)
			json_str(&j, str_c(repairs[i].id));
	json_array_end(&j);
	findings_json(&j, c->in->ui->language, &r->findings);
	json_object_end(&j);
	buf_put_char(out, '\n');
}

/* ---- for people ---- */

static void put_safe(struct buf *out, struct str text)
{
	safe_text(out, str_head(text, 200));
	buf_put_c(out, text.n > 200 ? "…" : "");
}

static void print_choice(struct buf *out, const struct ui *ui, const struct header_results *r)
{
	static const struct text reasons[] = {
		[SEEN_NONE] = {"", ""},
		[SEEN_BY_ID] = {"an id that you trust", "信用すると指定された名前"},
		[SEEN_ONLY] = {"the only one there is", "ほかにないため"},
		[SEEN_TOPMOST] = {"the topmost: written by the last host on the way",
	                          "一番上: 最後のホストが書いたもの"},
	};
	struct str id;

	if (r->trusted_count == 0)
		return;
	id = r->fields[r->trusted].parsed.authserv_id;
	buf_put_c(out, TEXT(ui, "Results of ", "判定した受信側: "));
	if (id.n)
		put_safe(out, id);
	else
		buf_put_c(out, TEXT(ui, "a receiver that does not give its name, as Microsoft's",
		                    "名前のない受信側 (Microsoft など)"));
	buf_printf(out, " (%s", text_in(ui->language, reasons[r->choice]));
	if (r->valid > r->trusted_count)
		buf_printf(out, TEXT(ui, "; %zu others were not used", "。ほかの %zu 個は使っていません"),
		           r->valid - r->trusted_count);
	buf_put_c(out, ")\n");
}

static void print_result(struct buf *out, const struct ui *ui, const struct header_results *r,
                         const struct seen_cause *c)
{
	const struct authres_result *result = &r->fields[c->field].parsed.results[c->result];
	struct buf word;
	bool pass = c->cause == AUTHRES_PASSED;

	buf_init(&word, 4096);
	put_safe(&word, result->method);
	buf_put_char(&word, '=');
	put_safe(&word, result->result);
	buf_put_char(&word, '\0');
	buf_put_c(out, "  ");
	if (word.p && !word.error)
		styled(out, ui->colour,
		       pass                          ? STYLE_GOOD
		       : c->cause == AUTHRES_UNCLEAR ? STYLE_PLAIN
		                                     : STYLE_BAD,
		       word.p);
	bool is_last = !c->domain.n && (pass || !result_kinds[c->cause].kind.id);

	for (size_t n = word.n; n < METHOD_COLUMNS && !is_last; n++)
		buf_put_char(out, ' ');
	buf_release(&word);
	if (c->domain.n) {
		buf_put_char(out, ' ');
		put_safe(out, c->domain);
	}
	if (!pass && result_kinds[c->cause].kind.id)
		buf_printf(out, " – %s", text_in(ui->language, triage_text(result_kinds[c->cause].triage)));
	buf_put_char(out, '\n');
}

static void print_alignment(struct buf *out, const struct ui *ui, const struct header_results *r)
{
	static const struct text words[] = {{"no pass", "合格なし"}, {"not aligned", "不一致"}, {"aligned", "一致"}};

	if (r->from_domain.n == 0 || (r->dkim_alignment == SEEN_UNKNOWN && r->spf_alignment == SEEN_UNKNOWN))
		return;
	buf_put_c(out, TEXT(ui, "Author's domain ", "差出人ドメイン "));
	put_safe(out, r->from_domain);
	buf_printf(out, ": DKIM %s, SPF %s\n", text_in(ui->language, words[r->dkim_alignment]),
	           text_in(ui->language, words[r->spf_alignment]));
}

/* Fields that are not believed, one line each. */
static void print_others(struct buf *out, const struct ui *ui, const struct header_results *r)
{
	size_t lines = 0;

	for (size_t i = 0; i < r->count; i++) {
		const struct authres_field *f = &r->fields[i].parsed;

		if (!f->valid || (r->trusted_count && i >= r->trusted && i < r->trusted + r->trusted_count))
			continue;
		if (lines == 0)
			buf_put_c(out, TEXT(ui, "\nNot used, whoever wrote them:\n",
			                    "\n使わなかったもの (書き手は確かめられません):\n"));
		buf_put_c(out, "  ");
		put_safe(out, r->fields[i].name);
		if (r->fields[i].instance)
			buf_printf(out, " i=%u", r->fields[i].instance);
		buf_put_char(out, ' ');
		put_safe(out, f->authserv_id);
		for (size_t k = 0; k < f->result_count && lines < RESULT_LINES_MAX; k++, lines++) {
			buf_put_char(out, ' ');
			put_safe(out, f->results[k].method);
			buf_put_char(out, '=');
			put_safe(out, f->results[k].result);
		}
		buf_put_char(out, '\n');
		lines++;
	}
}

static void print_text(struct buf *out, const struct header_check *c)
{
	const struct ui *ui = c->in->ui;
	const struct header_results *r = &c->results;

	print_choice(out, ui, r);
	for (size_t i = 0; i < r->cause_count; i++)
		print_result(out, ui, r, &r->causes[i]);
	if (r->trusted_count && r->cause_count == 0)
		buf_put_c(out, TEXT(ui, "  none: nothing was checked\n", "  none: 何も検査されていません\n"));
	print_alignment(out, ui, r);
	for (size_t i = 0; i < sizeof repairs / sizeof *repairs; i++)
		if (c->pasted.repairs & repairs[i].repair) {
			buf_put_c(out, TEXT(ui, "note: ", "注: "));
			buf_put_c(out, text_in(ui->language, repairs[i].text));
			buf_put_char(out, '\n');
		}
	findings_print(out, ui, &r->findings, r->count == 1 ? r->fields[0].value : STR_NULL);
	print_others(out, ui, r);
}

static enum exit_code print_all(struct header_check *c)
{
	struct output out;

	output_init(&out);
	if (c->in->json)
		print_json(&out.text, c);
	else
		print_text(&out.text, c);
	bool found = c->results.valid && (c->results.trusted_count || !option_given(c->in, "trusted"));

	return output_finish(&out, c->in->ui, found ? EXIT_FINE : EXIT_FINDING);
}

static enum exit_code run_header(const struct invocation *in)
{
	struct header_check *c = calloc(1, sizeof *c);
	enum exit_code code;

	if (!c)
		return ui_failed(in->ui, NOWHERE, INKAN_ENOMEM);
	c->in = in;
	arena_init(&c->arena, HEADER_MEMORY_MAX);
	buf_init(&c->input, PASTED_HEADER_MAX);
	code = take_input(c);
	if (code == EXIT_FINE)
		code = suffix_list_open(in, &c->suffixes);
	if (code == EXIT_FINE)
		code = read_all(c);
	if (code == EXIT_FINE)
		code = print_all(c);
	public_suffixes_free(c->suffixes);
	buf_release(&c->input);
	arena_release(&c->arena);
	free(c);
	return code;
}

/* clang-format off */
static const struct option_spec options[] = {
	{"value", 0, OPTION_STRING, "TEXT", NULL, 0, 0,
	 {"the value of one Authentication-Results field", "Authentication-Results フィールド 1 つの値"}},
	{"trusted", 0, OPTION_STRING, "ID", NULL, 0, 0,
	 {"believe fields of this authserv-id only; may be repeated (default: the topmost field)",
	  "この authserv-id のフィールドだけを信用する。複数回指定できる (既定: 一番上のフィールド)"}},
	{0},
};

static const struct example examples[] = {
	{"inkan check header pasted.txt", {"what Outlook or Gmail showed, saved as a file", "Outlook や Gmail の表示を保存したファイルを調べる"}},
	{"inkan check header -", {"paste, then Ctrl-D", "貼り付けて Ctrl-D で終える"}},
	{"inkan check header --trusted mx.example.com message.eml",
	 {"believe your own receiver only", "自分の受信サーバーだけを信用する"}},
	{"inkan check header --value 'mx.example; dkim=neutral (body hash did not verify) header.d=example.com'",
	 {"one value", "値を 1 つ調べる"}},
	{NULL, {NULL, NULL}},
};

const struct command check_header_command = {
	.name = "header",
	.summary = {"Explain the Authentication-Results in a pasted header", "貼り付けたヘッダーの Authentication-Results を説明する"},
	.operands = "[FILE]",
	.operands_max = 1,
	.operands_are_files = true,
	.description = {
		"FILE, or standard input, is a header as mail programs show it: damage by copying is undone as far as possible. Among "
		"several fields the topmost is used, which the last host wrote; --trusted names the hosts to believe instead. Each "
		"result is explained, with where to look: signing, DNS, or the receiver. Exit code 1: no field that can be used.",
		"FILE または標準入力は、メールソフトが表示したヘッダーです。コピーによる崩れは可能な限り元に戻します。フィールドが複数あれば、"
		"最後のホストが書いた一番上のものを使います。--trusted で信用するホストを指定できます。結果ごとに、署名、DNS、受信側のどこを"
		"調べるべきかを説明します。使えるフィールドがなければ終了コード 1 です。"},
	.options = options,
	.common = COMMON_JSON | COMMON_SUFFIXES,
	.examples = examples,
	.run = run_header,
};
/* clang-format on */

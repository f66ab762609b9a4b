/* inkan check bounce: why a receiver refused, by the codes in its reply. */
#include "check/bounce.h"
#include "cli/command.h"
#include "cli/files.h"
#include "cli/record_view.h"

enum { MEMORY_MAX = 16 * 1024 * 1024 /* octets of all findings */ };

static void print_json(struct buf *out, const struct ui *ui, const struct bounce *b)
{
	struct json j = json_to(out);

	json_object_begin(&j);
	json_key(&j, "codes");
	json_array_begin(&j);
	for (size_t i = 0; i < b->count; i++) {
		json_object_begin(&j);
		json_key_str(&j, "code", b->codes[i].code);
		json_key_c(&j, "receiver", bounce_receiver_name(b->codes[i].receiver));
		json_key_c(&j, "cause", b->codes[i].kind->id);
		json_key_bool(&j, "temporary", b->codes[i].code.p[0] == '4');
		json_object_end(&j);
	}
	json_array_end(&j);
	findings_json(&j, ui->language, &b->findings);
	json_object_end(&j);
	buf_put_char(out, '\n');
}

static enum exit_code print_all(const struct invocation *in, const struct bounce *b, struct str text)
{
	struct output out;

	output_init(&out);
	if (in->json)
		print_json(&out.text, in->ui, b);
	else
		findings_print(&out.text, in->ui, &b->findings, text);
	return output_finish(&out, in->ui, b->count ? EXIT_FINE : EXIT_FINDING);
}

static enum exit_code take_text(const struct invocation *in, struct buf *out)
{
	const char *value = option_value(in, "value", NULL);

	if (value && in->operand_count) {
		ui_error(in->ui, NOWHERE,
		         TEXT(in->ui, "both --value and a file were given – give one of them",
		              "--value とファイルの両方が指定されています – どちらか 1 つにしてください"));
		return EXIT_USAGE;
	}
	if (!value)
		return file_read_not_text(in->ui, in->operand_count ? in->operands[0] : "-", out);
	buf_put_c(out, value);
	return buf_error(out) ? ui_failed(in->ui, NOWHERE, buf_error(out)) : EXIT_FINE;
}

static enum exit_code run_bounce(const struct invocation *in)
{
	struct arena arena;
	struct bounce bounce;
	struct buf text;
	enum exit_code code;

	arena_init(&arena, MEMORY_MAX);
	buf_init(&text, BOUNCE_TEXT_MAX);
	code = take_text(in, &text);
	if (code == EXIT_FINE) {
		int error = bounce_read(&arena, buf_str(&text), &bounce);

		code = error ? ui_failed(in->ui, NOWHERE, error) : print_all(in, &bounce, buf_str(&text));
	}
	buf_release(&text);
	arena_release(&arena);
	return code;
}

/* clang-format off */
static const struct option_spec options[] = {
	{"value", 0, OPTION_STRING, "TEXT", NULL, 0, 0, {"the reply itself", "応答の文面そのもの"}},
	{0},
};

static const struct example examples[] = {
	{"inkan check bounce bounce.eml", {"a bounce message", "バウンスメールを調べる"}},
	{"inkan check bounce --value '550-5.7.26 Unauthenticated email … gsmtp'", {"the reply of a receiver", "受信側の応答を調べる"}},
	{NULL, {NULL, NULL}},
};

const struct command check_bounce_command = {
	.name = "bounce",
	.summary = {"Explain why a receiver refused mail for want of authentication", "認証を理由にメールが拒否された原因を説明する"},
	.operands = "[FILE]",
	.operands_max = 1,
	.operands_are_files = true,
	.description = {
		"FILE, or standard input, is a bounce as it came, or the reply of the receiver out of a log. The codes of Gmail, "
		"Microsoft, Yahoo and Apple are known, and those of RFC 7372. Exit code 1: nothing known was found.",
		"FILE または標準入力は、届いたままのバウンスメール、またはログにある受信側の応答です。Gmail、Microsoft、Yahoo、Apple と RFC 7372 のコードに対応しています。知っているコードがなければ終了コード 1 です。"},
	.options = options,
	.common = COMMON_JSON,
	.examples = examples,
	.run = run_bounce,
};
/* clang-format on */

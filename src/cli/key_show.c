/* inkan key show: what a key file holds, and the DNS record that belongs to it; never its private parts. */
#include "cli/key_file.h"
#include "cli/key_view.h"

static enum exit_code print_shown(const struct invocation *in, struct shown_key *s, const struct key_file *file)
{
	const char *name = in->operands[0];
	struct output out;
	int error;

	output_init(&out);
	if (in->json) {
		struct json j = json_to(&out.text);

		json_object_begin(&j);
		error = shown_json(s, &j, name);
		json_key_bool(&j, "private", file->is_private);
		record_json(&j, &s->record);
		findings_json(&j, s->ui->language, &s->findings);
		json_object_end(&j);
		buf_put_char(&out.text, '\n');
	} else {
		error = shown_print(s, &out.text, name);
		buf_put_char(&out.text, '\n');
		record_print(&out.text, in->ui, &s->record, s->format);
		findings_print(&out.text, in->ui, &s->findings, STR_NULL);
	}
	if (error)
		out.text.error = error;
	return output_finish(&out, in->ui, EXIT_FINE);
}

static enum exit_code run_show(const struct invocation *in)
{
	struct key_file file = {0};
	struct shown_key s;
	enum exit_code code = shown_begin(&s, in, true);

	if (code == EXIT_FINE)
		code = key_file_read(in->ui, s.crypto, in->operands[0], &file);
	s.key = file.key;
	if (code == EXIT_FINE)
		code = shown_check(&s);
	if (code == EXIT_FINE)
		code = print_shown(in, &s, &file);
	shown_end(&s);
	return code;
}

static const struct option_spec options[] = {OPTION_DOMAIN, OPTION_SELECTOR, OPTION_FORMAT, OPTION_TTL, {0}};

static const struct example examples[] = {
	{"inkan key show s2026.pem",
         {"type, size, fingerprint and the value to publish", "種類、大きさ、指紋、公開する値"}},
	{"inkan key show s2026.pem -d example.com -s s2026 --format all",
         {"the record in every form", "レコードをすべての形式で表示する"}},
	{"inkan key show s2026.pem -d example.com -s s2026 --format nsupdate | nsupdate -k key",
         {"publish it by dynamic update", "動的更新で公開する"}},
	{NULL, {NULL, NULL}},
};

const struct command key_show_command = {
	.name = "show",
	.summary = {"Show a key file and the DNS record that belongs to it",
                    "鍵ファイルと、それに対応する DNS レコードを表示する"},
	.operands = "FILE",
	.operands_min = 1,
	.operands_max = 1,
	.operands_are_files = true,
	.description = {"FILE is a PEM file with a private or public key, RSA or Ed25519; “-” is standard input. "
                        "Private parts are never "
                        "printed. The forms zone, nsupdate, route53 and csv need --domain and --selector.",
                        "FILE は RSA または Ed25519 の秘密鍵または公開鍵を含む PEM "
                        "ファイルです。「-」は標準入力です。秘密の部分は決して表示しません。"
                        "zone、nsupdate、route53、csv の形式には --domain と --selector が要ります。"},
	.options = options,
	.common = COMMON_JSON,
	.examples = examples,
	.run = run_show,
};

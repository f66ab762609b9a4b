/* inkan key check: a private key in its file, and the record that is published for it (RULES S9, S24). */
#include "check/key_pair.h"
#include "cli/key_file.h"
#include "cli/key_view.h"
#include "cli/lookup.h"

struct checked {
	bool is_asked; /* the published record was asked for */
	enum published published;
	const struct dns_answer *answer;
};

/* Asks for SELECTOR._domainkey.DOMAIN and compares. */
static enum exit_code check_published(struct shown_key *s, struct lookup *l, struct checked *c)
{
	struct buf name;
	enum exit_code code;
	int error;

	buf_init(&name, 2 * DNS_NAME_MAX + 16);
	record_name(&name, &s->record);
	error = buf_error(&name);
	code = error ? ui_failed(s->ui, NOWHERE, error) : lookup_ask(l, DNS_TXT, buf_str(&name), &c->answer);
	if (code == EXIT_FINE) {
		c->is_asked = true;
		error = key_published_check(s->crypto, &s->findings, s->key, c->answer, &c->published);
		if (error)
			code = ui_failed(s->ui, NOWHERE, error);
	}
	buf_release(&name);
	return code;
}

static enum exit_code check_file(struct shown_key *s, const char *name)
{
	struct key_file file;
	enum exit_code code = key_file_read(s->ui, s->crypto, name, &file);

	if (code != EXIT_FINE)
		return code;
	s->key = file.key;
	if (!file.is_private) {
		ui_error(s->ui, IN_FILE(name),
		         TEXT(s->ui, "this is a public key – give the private key that signs",
		              "これは公開鍵です – 署名に使う秘密鍵を指定してください"));
		return EXIT_USAGE;
	}
	file.facts.owner = file.owner;
	key_file_check(&s->findings, &file.facts);
	return shown_check(s);
}

static void print_verdict(struct buf *out, const struct ui *ui, const struct checked *c)
{
	static const struct text texts[] = {
		[PUBLISHED_EQUAL] = {"this key is published", "この鍵が公開されています"},
		[PUBLISHED_DIFFERENT] = {"another key is published", "別の鍵が公開されています"},
		[PUBLISHED_MISSING] = {"no key is published", "鍵は公開されていません"},
		[PUBLISHED_REVOKED] = {"the published key is revoked", "公開されている鍵は失効しています"},
		[PUBLISHED_UNUSABLE] = {"the published record cannot be used", "公開されているレコードは使えません"},
		[PUBLISHED_UNKNOWN] = {"not known: DNS did not answer", "不明: DNS が応答しません"},
	};

	if (!c->is_asked)
		return;
	buf_put_c(out, TEXT(ui, "DNS    ", "DNS    "));
	styled(out, ui->colour, c->published == PUBLISHED_EQUAL ? STYLE_GOOD : STYLE_BAD,
	       text_in(ui->language, texts[c->published]));
	buf_put_char(out, '\n');
}

static enum exit_code print_checked(const struct invocation *in, struct shown_key *s, const struct checked *c)
{
	enum exit_code code = findings_exit_code(&s->findings, SEVERITY_WARNING);
	struct output out;
	int error;

	if (c->is_asked && c->published == PUBLISHED_UNKNOWN)
		code = EXIT_TEMPORARY;
	findings_sort(&s->findings);
	output_init(&out);
	if (in->json) {
		struct json j = json_to(&out.text);

		json_object_begin(&j);
		error = shown_json(s, &j, in->operands[0]);
		json_key_bool(&j, "ok", code == EXIT_FINE);
		json_key(&j, "published");
		if (c->is_asked)
			json_str(&j, str_c(published_name(c->published)));
		else
			json_null_value(&j);
		findings_json(&j, in->ui->language, &s->findings);
		json_object_end(&j);
		buf_put_char(&out.text, '\n');
	} else {
		error = shown_print(s, &out.text, in->operands[0]);
		print_verdict(&out.text, in->ui, c);
		findings_print(&out.text, in->ui, &s->findings, STR_NULL);
	}
	if (error)
		out.text.error = error;
	return output_finish(&out, in->ui, code);
}

static enum exit_code run_check(const struct invocation *in)
{
	struct checked c = {0};
	struct shown_key s;
	struct lookup l = {0};
	enum exit_code code = shown_begin(&s, in, false);

	if (code == EXIT_FINE)
		code = check_file(&s, in->operands[0]);
	if (code == EXIT_FINE && s.record.domain) {
		code = lookup_open(&l, in);
		if (code == EXIT_FINE)
			code = check_published(&s, &l, &c);
	}
	if (code == EXIT_FINE)
		code = print_checked(in, &s, &c);
	code = lookup_close(&l, code);
	shown_end(&s);
	return code;
}

static const struct option_spec options[] = {OPTION_DOMAIN, OPTION_SELECTOR, {0}};

static const struct example examples[] = {
	{"inkan key check s2026.pem",
         {"the file alone: permissions, owner, size", "ファイルだけを検査する: 権限、所有者、大きさ"}},
	{"inkan key check s2026.pem -d example.com -s s2026",
         {"and whether DNS has this key", "さらに、この鍵が DNS に公開されているかを確かめる"}},
	{NULL, {NULL, NULL}},
};

const struct command key_check_command = {
	.name = "check",
	.summary = {"Check a key file, and whether its record is published",
                    "鍵ファイルと、そのレコードが公開されているかを検査する"},
	.operands = "FILE",
	.operands_min = 1,
	.operands_max = 1,
	.operands_are_files = true,
	.description =
		{"Checks permissions and owner of the file, and kind, size and exponent of the key. With --domain and "
                 "--selector the "
                 "published record is compared with the key: equal, different, missing, revoked, unusable, or for "
                 "testing only. "
                 "Warnings count as findings (exit code 1).",
                 "ファイルの権限と所有者、鍵の種類、大きさ、指数を検査します。--domain と --selector "
                 "を指定すると、公開されているレコードと鍵を"
                 "比べます: 一致、不一致、なし、失効、使用不可、テスト中。警告も指摘として数えます (終了コード 1)。"},
	.options = options,
	.common = COMMON_JSON | COMMON_DNS,
	.examples = examples,
	.run = run_check,
};

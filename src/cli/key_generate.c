/* inkan key generate: a new private key in a file that only its owner can read, and its DNS record (RULES S8, S9, S26). */
#include <limits.h>

#include "cli/files.h"
#include "cli/key_file.h"
#include "cli/key_view.h"
#include "registrar/new_key.h"

enum { RSA_BITS_DEFAULT = 2048 };

struct generated {
	enum key_type type;
	unsigned bits;
	const char *file; /* "-": standard output */
	struct private_key *key;
	struct buf pem;
	struct buf name; /* of the file, where it was not given */
};

/* Where the key goes: --out, else SELECTOR.DOMAIN.pem here. */
static enum exit_code choose_file(const struct invocation *in, const struct shown_key *s, struct generated *g)
{
	g->file = option_value(in, "out", NULL);
	if (g->file) {
		if (strcmp(g->file, "-") != 0 || !in->json)
			return EXIT_FINE;
		ui_error(in->ui, NOWHERE,
		         TEXT(in->ui,
		              "--out - and --json exclude each other – JSON never holds a private key; give a file",
		              "--out - と --json は同時に使えません – JSON "
		              "に秘密鍵は入りません。ファイルを指定してください"));
		return EXIT_USAGE;
	}
	if (!s->record.domain) {
		ui_error(in->ui, NOWHERE,
		         TEXT(in->ui, "where shall the key go? – give --out FILE, or --domain and --selector",
		              "鍵の保存先が決まりません – --out FILE、または --domain と --selector "
		              "を指定してください"));
		return EXIT_USAGE;
	}
	buf_printf(&g->name, "%s.%s.pem", s->record.selector, s->record.domain);
	buf_put_char(&g->name, '\0');
	if (buf_error(&g->name) != INKAN_OK)
		return ui_failed(in->ui, NOWHERE, buf_error(&g->name));
	g->file = g->name.p;
	return EXIT_FINE;
}

static enum exit_code choose_size(const struct invocation *in, struct generated *g)
{
	g->type = strcmp(option_value(in, "type", "rsa"), "rsa") == 0 ? KEY_RSA : KEY_ED25519;
	g->bits = (unsigned)option_number(in, "bits", RSA_BITS_DEFAULT);
	if (g->type == KEY_ED25519 && option_given(in, "bits")) {
		ui_error(in->ui, NOWHERE,
		         TEXT(in->ui, "--bits does not go with Ed25519 – its keys have one size, leave it out",
		              "--bits は Ed25519 では使えません – 鍵の大きさは 1 種類なので除いてください"));
		return EXIT_USAGE;
	}
	if (g->bits % 8) {
		ui_error(in->ui, NOWHERE,
		         TEXT(in->ui, "--bits %u: not a multiple of 8 – take 2048",
		              "--bits %u: 8 の倍数ではありません – 2048 を使ってください"),
		         g->bits);
		return EXIT_USAGE;
	}
	return EXIT_FINE;
}

static int make_key(struct shown_key *s, struct generated *g)
{
	int error = new_private_key(s->crypto, g->type, g->bits, &g->key);

	if (!error)
		error = private_key_public(s->crypto, g->key, &s->key);
	/* all at once, so that no copy of it stays behind */
	if (!error && !buf_reserve(&g->pem, KEY_FILE_MAX))
		error = INKAN_ENOMEM;
	if (!error)
		error = private_key_to_pem(g->key, &g->pem);
	return error;
}

static enum exit_code write_key(const struct invocation *in, struct generated *g)
{
	struct output out;
	enum exit_code code;

	if (strcmp(g->file, "-") != 0)
		return file_write(in->ui, g->file, buf_str(&g->pem), 0600, option_given(in, "force"));
	output_init(&out);
	out.error = write_all(out.fd, buf_str(&g->pem)); /* past the buffer, which nobody wipes */
	code = output_finish(&out, in->ui, EXIT_FINE);
	return code;
}

static enum exit_code print_generated(const struct invocation *in, struct shown_key *s, const struct generated *g)
{
	struct output out;
	int error;

	output_init(&out);
	if (in->json) {
		struct json j = json_to(&out.text);

		json_object_begin(&j);
		error = shown_json(s, &j, g->file);
		record_json(&j, &s->record);
		findings_json(&j, s->ui->language, &s->findings);
		json_object_end(&j);
		buf_put_char(&out.text, '\n');
	} else {
		error = shown_print(s, &out.text, g->file);
		buf_put_c(&out.text, TEXT(in->ui, "\nPublish this record, then check it with “inkan key check”:\n\n",
		                          "\nこのレコードを公開し、「inkan key check」で確かめてください:\n\n"));
		record_print(&out.text, in->ui, &s->record, s->format);
		findings_print(&out.text, in->ui, &s->findings, STR_NULL);
	}
	if (error)
		out.text.error = error;

	enum exit_code code = output_finish(&out, in->ui, EXIT_FINE);

	if (code != EXIT_FINE)
		ui_error(in->ui, IN_FILE(g->file),
		         TEXT(in->ui, "the key was made all the same – “inkan key show” prints its record",
		              "鍵はこのファイルに作られています – レコードは「inkan key show」で表示できます"));
	return code;
}

static enum exit_code run_generate(const struct invocation *in)
{
	struct generated g = {0};
	struct shown_key s;
	enum exit_code code = shown_begin(&s, in, true);
	int error;

	key_file_keep_secrets();
	buf_init(&g.pem, KEY_FILE_MAX);
	buf_init(&g.name, PATH_MAX);
	if (code == EXIT_FINE)
		code = choose_file(in, &s, &g);
	if (code == EXIT_FINE)
		code = choose_size(in, &g);
	if (code == EXIT_FINE && (error = make_key(&s, &g)))
		code = ui_failed(in->ui, NOWHERE, error);
	if (code == EXIT_FINE)
		code = shown_check(&s);
	if (code == EXIT_FINE)
		code = write_key(in, &g);
	if (code == EXIT_FINE && strcmp(g.file, "-") != 0)
		code = print_generated(in, &s, &g);
	if (g.pem.p)
		crypto_wipe(g.pem.p, g.pem.cap);
	buf_release(&g.pem);
	buf_release(&g.name);
	private_key_free(g.key);
	shown_end(&s);
	return code;
}

static const struct option_spec options[] = {
	{"type", 't', OPTION_CHOICE, NULL, "rsa|ed25519", 0, 0, {"kind of key (default: rsa)", "鍵の種類 (既定: rsa)"}},
	{"bits",
         'b',
         OPTION_NUMBER,
         "N",
         NULL,
         KEY_RSA_BITS_MIN,
         KEY_RSA_BITS_MAX,
         {"size of an RSA key (default: 2048)", "RSA 鍵の大きさ (既定: 2048)"}},
	{"out",
         'o',
         OPTION_FILE,
         "FILE",
         NULL,
         0,
         0,
         {"file for the private key (default: SELECTOR.DOMAIN.pem); “-”: standard output, and nothing else is printed",
          "秘密鍵の保存先 (既定: SELECTOR.DOMAIN.pem)。「-」なら標準出力に鍵だけを出力する"}},
	{"force",
         'f',
         OPTION_FLAG,
         NULL,
         NULL,
         0,
         0,
         {"replace the file if it exists", "ファイルがすでにあれば置き換える"}},
	OPTION_DOMAIN,
	OPTION_SELECTOR,
	OPTION_FORMAT,
	OPTION_TTL,
	{0},
};

static const struct example examples[] = {
	{"inkan key generate --domain example.com --selector s2026",
         {"RSA 2048 in s2026.example.com.pem, and the record to publish",
          "RSA 2048 の鍵を s2026.example.com.pem に作り、公開するレコードを表示する"}},
	{"inkan key generate -t ed25519 -d example.com -s e2026 --format zone",
         {"Ed25519, the record as a line of a zone file",
          "Ed25519 の鍵を作り、レコードをゾーンファイルの形で表示する"}},
	{"inkan key generate --out - | ssh mx1 'umask 077; cat > /etc/inkan/s2026.pem'",
         {"the key goes straight to another machine", "鍵を直接ほかのマシンに送る"}},
	{NULL, {NULL, NULL}},
};

const struct command key_generate_command = {
	.name = "generate",
	.summary = {"Make a signing key and its DNS record", "署名鍵とその DNS レコードを作る"},
	.operands = "",
	.description =
		{"The private key is written as PEM (PKCS#8) to a file that only its owner can read (mode 0600). A "
                 "file that exists "
                 "is never replaced without --force. The record is printed for pasting; publish it before signing.\n"
                 "RSA keys of 1024 bits work, but are warned of; 2048 is what receivers advise.",
                 "秘密鍵は所有者だけが読めるファイル (モード 0600) に PEM (PKCS#8) で書き込みます。既存のファイルは "
                 "--force "
                 "がない限り置き換えません。レコードは貼り付けられる形で表示します。署名を始める前に公開してください。"
                 "\n"
                 "1024 ビットの RSA 鍵も使えますが警告します。受信側が推奨するのは 2048 です。"},
	.options = options,
	.common = COMMON_JSON,
	.examples = examples,
	.run = run_generate,
};

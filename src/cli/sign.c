/* inkan sign: puts DKIM-Signature fields on top of a message and changes nothing else (RFC 6376 section 5).
 *
 * The message is read twice (cli/rewrite.h); nothing is written before every signature is made. */
#include <stdlib.h>

#include "cli/command.h"
#include "cli/rewrite.h"
#include "cli/signing_key.h"
#include "cli/trouble_text.h"
#include "inkan/inkan.h"

enum { KEYS_MAX = 8 /* pairs of --selector and --key, as inkan_signer_add_key() takes them */ };

struct signing {
	const struct invocation *in;
	struct ui *ui;
	struct rewrite message;
	struct inkan_context *context;
	struct inkan_signer *signer;
	struct inkan_key *keys[KEYS_MAX];
	const char *selectors[KEYS_MAX];
	size_t key_count;
};

static struct place message_place(const struct signing *s)
{
	return IN_FILE(s->message.file);
}

/* ---- keys ---- */

static enum exit_code load_key(struct signing *s, const char *file, const char *selector)
{
	enum exit_code code = signing_key_load(s->ui, s->context, file, &s->keys[s->key_count]);

	if (code == EXIT_FINE)
		s->selectors[s->key_count++] = selector;
	return code;
}

/* The n-th --selector belongs to the n-th --key. */
static enum exit_code load_keys(struct signing *s)
{
	const char *selectors[KEYS_MAX], *files[KEYS_MAX];
	size_t selector_count = 0, file_count = 0;

	for (size_t i = 0; i < s->in->given_count; i++) {
		const struct given_option *given = &s->in->given[i];
		bool is_selector = strcmp(given->option->name, "selector") == 0;

		if (!is_selector && strcmp(given->option->name, "key") != 0)
			continue;
		if ((is_selector ? selector_count : file_count) == KEYS_MAX) {
			ui_error(s->ui, NOWHERE,
			         TEXT(s->ui, "more than %d keys – sign with one RSA and one Ed25519 key",
			              "鍵が %d 個を超えています – RSA と Ed25519 の鍵を 1 つずつ使ってください"),
			         KEYS_MAX);
			return EXIT_USAGE;
		}
		if (is_selector)
			selectors[selector_count++] = given->value;
		else
			files[file_count++] = given->value;
	}
	if (selector_count != file_count || file_count == 0) {
		ui_error(s->ui, NOWHERE,
		         TEXT(s->ui, "%zu --selector and %zu --key – give one --selector NAME for each --key FILE",
		              "--selector が %zu 個、--key が %zu 個です – --key FILE ごとに --selector NAME を 1 "
		              "つ指定してください"),
		         selector_count, file_count);
		return EXIT_USAGE;
	}
	for (size_t i = 0; i < file_count; i++) {
		enum exit_code code = load_key(s, files[i], selectors[i]);

		if (code != EXIT_FINE)
			return code;
	}
	return EXIT_FINE;
}

/* ---- the signer ---- */

static bool canonicalization_from(struct str name, enum inkan_canonicalization *out)
{
	*out = str_eq(name, STR("relaxed")) ? INKAN_RELAXED : INKAN_SIMPLE;
	return *out == INKAN_RELAXED || str_eq(name, STR("simple"));
}

/* "relaxed/simple"; one word alone is for the header, and the body is then simple (RFC 6376 section 3.5, c=). */
static enum exit_code read_canonicalization(struct signing *s, struct inkan_signer_options *options)
{
	const char *given = option_value(s->in, "canonicalization", NULL);
	struct str body = str_c(given);
	struct str header = str_split(&body, '/');

	if (!given)
		return EXIT_FINE;
	if (canonicalization_from(header, &options->header) &&
	    (header.n == str_c(given).n ? (options->body = INKAN_SIMPLE, true)
	                                : canonicalization_from(body, &options->body)))
		return EXIT_FINE;
	ui_error(s->ui, NOWHERE,
	         TEXT(s->ui,
	              "--canonicalization %s: not known – give relaxed/relaxed, relaxed/simple, simple/relaxed or "
	              "simple/simple",
	              "--canonicalization %s: 未知の方式です – "
	              "relaxed/relaxed、relaxed/simple、simple/relaxed、simple/simple の"
	              "いずれかを指定してください"),
	         given);
	return EXIT_USAGE;
}

static enum exit_code refuse_options(struct signing *s, int error, const char *trouble)
{
	if (error != INKAN_EUSAGE && error != INKAN_EREFUSED)
		return ui_failed(s->ui, NOWHERE, error);
	ui_error(s->ui, NOWHERE,
	         TEXT(s->ui, "cannot sign so: %s – see “%s --help”",
	              "この指定では署名できません: %s – 「%s --help」を見てください"),
	         TROUBLE(s->ui, trouble), s->ui->command);
	return EXIT_USAGE;
}

static enum exit_code make_signer(struct signing *s)
{
	struct inkan_signer_options options;
	const char *trouble = "";
	enum exit_code code;
	int error;

	inkan_signer_options_init(&options);
	options.domain = option_value(s->in, "domain", NULL);
	options.identity = option_value(s->in, "identity", NULL);
	options.headers = option_value(s->in, "headers", NULL);
	options.line_ends = INKAN_LINE_ENDS_NORMALISE;
	options.now = invocation_now(s->in);
	options.expire = (int64_t)option_number(s->in, "expire", 0);
	if (!options.domain) {
		ui_error(s->ui, NOWHERE,
		         TEXT(s->ui, "--domain is missing – give the domain that signs, as in --domain example.com",
		              "--domain がありません – --domain example.com "
		              "のように、署名するドメインを指定してください"));
		return EXIT_USAGE;
	}
	code = read_canonicalization(s, &options);
	if (code != EXIT_FINE)
		return code;
	error = inkan_signer_new(s->context, &options, &s->signer, &trouble);
	if (error)
		return refuse_options(s, error, trouble);
	for (size_t i = 0; i < s->key_count; i++) {
		error = inkan_signer_add_key(s->signer, s->selectors[i], s->keys[i]);
		if (error)
			return refuse_options(s, error, inkan_signer_error(s->signer));
	}
	return EXIT_FINE;
}

/* ---- first reading ---- */

static enum exit_code refuse_message(struct signing *s, int error)
{
	if (error != INKAN_EREFUSED && error != INKAN_ELIMIT)
		return ui_failed(s->ui, message_place(s), error);
	ui_error(s->ui, message_place(s),
	         TEXT(s->ui, "not signed: %s – mend the message first",
	              "署名しませんでした: %s – 先にメッセージを直してください"),
	         TROUBLE(s->ui, inkan_signer_error(s->signer)));
	return EXIT_FINDING;
}

static enum exit_code take_chunk(void *context, struct str chunk)
{
	struct signing *s = context;
	int error = inkan_signer_write(s->signer, chunk.p, chunk.n);

	return error ? refuse_message(s, error) : EXIT_FINE;
}

static enum exit_code sign_message(struct signing *s)
{
	enum exit_code code = rewrite_read(&s->message, take_chunk, s);
	int error = code == EXIT_FINE ? inkan_signer_end(s->signer) : INKAN_OK;

	return error ? refuse_message(s, error) : code;
}

/* ---- the command ---- */

static enum exit_code sign(struct signing *s)
{
	enum exit_code code;
	int error = inkan_context_new(&s->context);

	if (error)
		return ui_failed(s->ui, NOWHERE, error);
	code = load_keys(s);
	if (code == EXIT_FINE)
		code = make_signer(s);
	if (code == EXIT_FINE)
		code = sign_message(s);
	if (code != EXIT_FINE)
		return code;
	size_t size;
	const char *text = inkan_signer_fields(s->signer, &size);

	return (s->in->json ? rewrite_json : rewrite_write)(&s->message, str_from(text, size));
}

static enum exit_code run(const struct invocation *in)
{
	struct signing *s = calloc(1, sizeof *s);
	enum exit_code code;

	if (!s)
		return ui_failed(in->ui, NOWHERE, INKAN_ENOMEM);
	s->in = in;
	s->ui = in->ui;
	rewrite_init(&s->message, s->ui, in->operand_count ? in->operands[0] : "-");
	code = sign(s);
	rewrite_release(&s->message);
	inkan_signer_free(s->signer);
	for (size_t i = 0; i < s->key_count; i++)
		inkan_key_free(s->keys[i]);
	inkan_context_free(s->context);
	free(s);
	return code;
}

static const struct option_spec options[] = {
	{"domain", 'd', OPTION_STRING, "DOMAIN", NULL, 0, 0, {"the domain that signs (d=)", "署名するドメイン (d=)"}},
	{"selector",
         's',
         OPTION_STRING,
         "NAME",
         NULL,
         0,
         0,
         {"the selector of the next key (s=); once for each --key", "鍵のセレクター (s=)。--key ごとに 1 つ"}},
	{"key",
         'k',
         OPTION_FILE,
         "FILE",
         NULL,
         0,
         0,
         {"private key, PEM, RSA or Ed25519; may be given again for a second signature",
          "PEM 形式の秘密鍵 (RSA または Ed25519)。繰り返すと署名が増える"}},
	{"headers",
         0,
         OPTION_STRING,
         "LIST",
         NULL,
         0,
         0,
         {"fields to sign, separated by “:”; one listed once more than it occurs cannot be added later",
          "署名するフィールドを「:」区切りで。実際より 1 つ多く挙げると、後から追加できなくなる"}},
	{"canonicalization",
         'c',
         OPTION_STRING,
         "HEADER/BODY",
         NULL,
         0,
         0,
         {"simple or relaxed, for each (default: relaxed/relaxed)",
          "それぞれ simple か relaxed (既定: relaxed/relaxed)"}},
	{"identity",
         'i',
         OPTION_STRING,
         "AUID",
         NULL,
         0,
         0,
         {"user or agent, at the domain or below it (i=)", "署名者の識別子。ドメインかその下の名前 (i=)"}},
	{"expire",
         'x',
         OPTION_NUMBER,
         "SECONDS",
         NULL,
         1,
         (uint64_t)100 * 366 * 86400,
         {"the signature expires after this time (x=)", "署名の有効期間。過ぎると期限切れになる (x=)"}},
	{0},
};

static const struct example examples[] = {
	{"inkan sign --domain example.com --selector s1 --key s1.pem mail.eml >signed.eml",
         {"sign one message", "メッセージに署名する"}},
	{"inkan sign -d example.com -s r1 -k rsa.pem -s e1 -k ed25519.pem <mail.eml",
         {"sign twice, with RSA and with Ed25519", "RSA と Ed25519 の両方で署名する"}},
	{NULL, {NULL, NULL}},
};

const struct command sign_command = {
	.name = "sign",
	.summary = {"Sign a message with DKIM", "メッセージに DKIM 署名を付ける"},
	.operands = "[FILE]",
	.operands_max = 1,
	.operands_are_files = true,
	.description = {"Writes the message with its DKIM-Signature field on top to standard output; every other octet "
                        "stays as it "
                        "was. Lines of the new field end as those of the message do. Without FILE, or with “-”, the "
                        "message is read "
                        "from standard input. Nothing is written before the signatures are made.\n"
                        "A message that could be read in two ways is refused: no From or several, several Date or "
                        "Subject fields, "
                        "bare CR. With --json the fields alone are printed.",
                        "DKIM-Signature フィールドを先頭に付けたメッセージを標準出力に書きます。それ以外は 1 "
                        "オクテットも変えません。付け足す"
                        "フィールドの改行は、メッセージの改行に合わせます。FILE "
                        "を省略するか「-」にすると標準入力から読みます。署名が完成"
                        "するまで何も書き出しません。\n"
                        "二通りに読めるメッセージ (From がない、または複数ある、Date や Subject が複数ある、CR "
                        "だけの改行がある) には署名"
                        "しません。--json を付けるとフィールドだけを出力します。"},
	.options = options,
	.common = COMMON_AT | COMMON_JSON,
	.examples = examples,
	.run = run,
};

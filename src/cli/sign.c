/* inkan sign: puts DKIM-Signature fields on top of a message and changes nothing else (RFC 6376 section 5).
 *
 * The message is read twice: once for the signer, once to be copied. What cannot be read twice (a pipe) is kept beside:
 * in memory while it is small, else in a file without a name. Nothing is written before every signature is made. */
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/command.h"
#include "cli/files.h"
#include "cli/spool.h"
#include "core/json.h"
#include "crypto/crypto.h"
#include "inkan/inkan.h"

enum {
	KEYS_MAX = 8,             /* pairs of --selector and --key, as inkan_signer_add_key() takes them */
	KEY_FILE_MAX = 64 * 1024, /* octets of a PEM file: RSA-8192 needs 6,400 */
	CHUNK_SIZE = 64 * 1024    /* octets read at once */
};

struct signing {
	const struct invocation *in;
	struct ui *ui;
	const char *file; /* "-" for standard input */
	int fd;
	struct inkan_context *context;
	struct inkan_signer *signer;
	struct inkan_key *keys[KEYS_MAX];
	const char *selectors[KEYS_MAX];
	size_t key_count;
	struct spool spool;
	bool spooled;       /* the message cannot be read twice and lies in `spool` */
	struct stat before; /* else: how the file looked when it was opened, */
	off_t start;        /* and where in it the message begins */
	bool lf_only;       /* its first line ends with LF alone */
	char chunk[CHUNK_SIZE];
};

static struct place message_place(const struct signing *s)
{
	return IN_FILE(s->file);
}

/* ---- keys ---- */

/* A private key that others can read is worth a warning, not a refusal: the harm is done. */
static void warn_of_readers(struct signing *s, const char *file)
{
	struct stat st;

	if (strcmp(file, "-") == 0 || stat(file, &st) != 0 || !S_ISREG(st.st_mode) ||
	    (st.st_mode & (S_IRGRP | S_IROTH)) == 0)
		return;
	ui_warning(s->ui, IN_FILE(file),
	           TEXT(s->ui,
	                "others than its owner can read this private key – chmod 600 it, and replace it if anybody did",
	                "所有者以外がこの秘密鍵を読めます – chmod 600 "
	                "を実行し、読まれた恐れがあれば鍵を交換してください"));
}

static enum exit_code load_key(struct signing *s, const char *file, const char *selector)
{
	const char *trouble = "";
	struct buf pem;
	enum exit_code code;

	buf_init(&pem, KEY_FILE_MAX);
	code = file_read(s->ui, file, &pem);
	if (code == EXIT_FINE) {
		int error = inkan_key_from_pem(s->context, pem.p, pem.n, &s->keys[s->key_count], &trouble);

		if (error == INKAN_ESYNTAX || error == INKAN_EREFUSED) {
			ui_error(
				s->ui, IN_FILE(file),
				TEXT(s->ui,
			             "not a key to sign with: %s – give an unencrypted PEM private key, RSA or Ed25519",
			             "署名に使える鍵ではありません: %s – 暗号化されていない PEM 形式の秘密鍵 (RSA "
			             "または Ed25519) を"
			             "指定してください"),
				trouble);
			code = EXIT_USAGE;
		} else if (error) {
			code = ui_failed(s->ui, IN_FILE(file), error);
		}
	}
	if (pem.p)
		crypto_wipe(pem.p, pem.cap);
	buf_release(&pem);
	if (code != EXIT_FINE)
		return code;
	s->selectors[s->key_count++] = selector;
	warn_of_readers(s, file);
	return EXIT_FINE;
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
	         trouble, s->ui->command);
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
	         inkan_signer_error(s->signer));
	return EXIT_FINDING;
}

/* The end of the first line tells how all lines end; a message without one counts as CRLF. */
struct line_end_finder {
	bool found, lf_only;
	char last; /* octet of the chunk before */
};

static void find_line_end(struct line_end_finder *f, struct str chunk)
{
	size_t at = str_find(chunk, '\n');

	if (f->found || chunk.n == 0)
		return;
	if (at < chunk.n) {
		f->lf_only = (at ? chunk.p[at - 1] : f->last) != '\r';
		f->found = true;
	}
	f->last = chunk.p[chunk.n - 1];
}

/* Fills the chunk as far as the message goes: its octets, -1 on error (message printed). */
static ptrdiff_t read_chunk(struct signing *s)
{
	size_t have = 0;

	while (have < sizeof s->chunk) {
		ptrdiff_t n = file_read_some(s->ui, s->file, s->fd, s->chunk + have, sizeof s->chunk - have);

		if (n < 0)
			return -1;
		if (n == 0)
			break;
		have += (size_t)n;
	}
	return (ptrdiff_t)have;
}

static enum exit_code take_chunk(struct signing *s, struct str chunk)
{
	int error = inkan_signer_write(s->signer, chunk.p, chunk.n);

	if (error)
		return refuse_message(s, error);
	error = s->spooled ? spool_put(&s->spool, chunk) : 0;
	if (error) {
		ui_error(s->ui, message_place(s),
		         TEXT(s->ui, "cannot keep the message in a temporary file: %s – make room, or set TMPDIR",
		              "メッセージを一時ファイルに保存できません: %s – 空き容量を確保するか TMPDIR "
		              "を設定してください"),
		         strerror(error));
		return EXIT_INTERNAL;
	}
	return EXIT_FINE;
}

/* What is there is not one message. */
static enum exit_code refuse_start(struct signing *s, struct str chunk)
{
	if (chunk.n == 0)
		ui_error(s->ui, message_place(s),
		         TEXT(s->ui, "empty – give a message", "空です – メッセージを指定してください"));
	else
		ui_error(s->ui, message_place(s),
		         TEXT(s->ui,
		              "this is an mbox: it starts with a line “From ...” – give one message without that line",
		              "mbox 形式です: 「From ...」の行で始まっています – その行を除いた 1 "
		              "通のメッセージを指定してください"));
	return EXIT_USAGE;
}

static enum exit_code sign_message(struct signing *s)
{
	struct line_end_finder finder = {0};
	enum exit_code code;
	ptrdiff_t n = read_chunk(s);

	if (n == 0 || (n > 0 && str_has_prefix(str_from(s->chunk, (size_t)n), STR("From "))))
		return refuse_start(s, str_from(s->chunk, (size_t)n));
	for (; n > 0; n = read_chunk(s)) {
		struct str chunk = str_from(s->chunk, (size_t)n);

		find_line_end(&finder, chunk);
		code = take_chunk(s, chunk);
		if (code != EXIT_FINE)
			return code;
	}
	if (n < 0)
		return EXIT_USAGE;
	s->lf_only = finder.found && finder.lf_only;
	int error = inkan_signer_end(s->signer);

	return error ? refuse_message(s, error) : EXIT_FINE;
}

/* ---- output ---- */

/* The fields with the line ends of the message. */
static void put_fields(const struct signing *s, struct buf *out)
{
	size_t size;
	const char *text = inkan_signer_fields(s->signer, &size);
	struct str fields = str_from(text, size);

	if (!s->lf_only)
		buf_put(out, fields);
	while (s->lf_only && fields.n)
		buf_put(out, str_split(&fields, '\r'));
}

/* Second reading of a file, from where the first began. It must not have changed meanwhile. */
static enum exit_code copy_file(struct signing *s, struct output *out)
{
	struct stat now;
	ptrdiff_t n;

	if (fstat(s->fd, &now) != 0 || now.st_size != s->before.st_size ||
	    now.st_mtim.tv_sec != s->before.st_mtim.tv_sec || now.st_mtim.tv_nsec != s->before.st_mtim.tv_nsec ||
	    lseek(s->fd, s->start, SEEK_SET) < 0) {
		ui_error(s->ui, message_place(s),
		         TEXT(s->ui, "the file changed while it was being signed – try again",
		              "署名の最中にファイルが変更されました – もう一度実行してください"));
		return EXIT_USAGE;
	}
	while ((n = read_chunk(s)) > 0) {
		buf_put(&out->text, str_from(s->chunk, (size_t)n));
		if (!output_flush(out))
			break;
	}
	return n < 0 ? EXIT_USAGE : EXIT_FINE;
}

static enum exit_code write_message(struct signing *s)
{
	enum exit_code code = EXIT_FINE;
	struct output out;

	output_init(&out);
	put_fields(s, &out.text);
	if (s->spooled) {
		int error = spool_copy(&s->spool, &out);

		if (error) {
			ui_error(s->ui, message_place(s),
			         TEXT(s->ui,
			              "cannot read the temporary file: %s – the output is not complete, do not use it",
			              "一時ファイルを読めません: %s – 出力は不完全なので使わないでください"),
			         strerror(error));
			code = EXIT_INTERNAL;
		}
	} else {
		code = copy_file(s, &out);
	}
	return output_finish(&out, s->ui, code);
}

/* Takes the first field from *fields, without its last CRLF. */
static struct str next_field(struct str *fields)
{
	struct str rest = *fields;
	size_t end = 0;

	do
		end += str_search(str_skip(rest, end), STR("\r\n")) + 2;
	while (end < rest.n && is_wsp(rest.p[end]));
	*fields = str_skip(rest, end);
	return str_head(rest, end - 2);
}

/* Instead of the message, for programs that put the fields in themselves. */
static enum exit_code write_json(struct signing *s)
{
	size_t size;
	const char *text = inkan_signer_fields(s->signer, &size);
	struct str fields = str_from(text, size);
	struct output out;
	struct json j;

	output_init(&out);
	j = json_to(&out.text);
	json_object_begin(&j);
	json_key_c(&j, "file", s->file);
	json_key(&j, "fields");
	json_array_begin(&j);
	while (fields.n)
		json_str(&j, next_field(&fields));
	json_array_end(&j);
	json_object_end(&j);
	buf_put_char(&out.text, '\n');
	return output_finish(&out, s->ui, EXIT_FINE);
}

/* ---- the command ---- */

static enum exit_code open_message(struct signing *s)
{
	s->fd = file_open(s->ui, s->file);
	if (s->fd < 0)
		return EXIT_USAGE;
	s->spooled = fstat(s->fd, &s->before) != 0 || !S_ISREG(s->before.st_mode);
	s->start = s->spooled ? 0 : lseek(s->fd, 0, SEEK_CUR);
	s->spooled = s->spooled || s->start < 0;
	return EXIT_FINE;
}

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
		code = open_message(s);
	if (code == EXIT_FINE)
		code = sign_message(s);
	if (code == EXIT_FINE)
		code = s->in->json ? write_json(s) : write_message(s);
	return code;
}

static enum exit_code run(const struct invocation *in)
{
	struct signing *s = calloc(1, sizeof *s);
	enum exit_code code;

	if (!s)
		return ui_failed(in->ui, NOWHERE, INKAN_ENOMEM);
	s->in = in;
	s->ui = in->ui;
	s->file = in->operand_count ? in->operands[0] : "-";
	s->fd = -1;
	spool_init(&s->spool);
	code = sign(s);
	spool_release(&s->spool);
	file_close(s->fd);
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
         {"user or agent, at the domain or below it (i=)", "利用者の識別子。ドメインまたはその下 (i=)"}},
	{"expire",
         'x',
         OPTION_NUMBER,
         "SECONDS",
         NULL,
         1,
         (uint64_t)100 * 366 * 86400,
         {"the signature expires after this time (x=)", "この時間の後に署名を失効させる (x=)"}},
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

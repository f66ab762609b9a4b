/* inkan identity backup: the whole store as JSON lines, the private keys sealed as they are in it. */
#include <unistd.h>

#include "cli/files.h"
#include "cli/registrar_source.h"
#include "cli/trouble_text.h"

enum { WRITE_SIZE = 64 * 1024 /* octets that are written at once */ };

struct backup {
	struct ui *ui;
	struct identity_store *store;
	int fd;
	struct buf text;
	int error;           /* errno */
	enum exit_code code; /* of a message that was given */
};

static int flush(struct backup *b)
{
	b->error = write_all(b->fd, buf_str(&b->text));
	buf_clear(&b->text);
	return b->error ? INKAN_EIO : INKAN_OK;
}

static int take_line(void *context, struct str line)
{
	struct backup *b = context;

	buf_put(&b->text, line);
	if (buf_error(&b->text))
		return buf_error(&b->text);
	return b->text.n >= WRITE_SIZE ? flush(b) : INKAN_OK;
}

static int produce(void *context, int fd)
{
	struct backup *b = context;
	struct io_error why = {""};

	b->fd = fd;
	int result = identity_store_backup(b->store, take_line, b, &why);

	if (!result)
		result = flush(b);
	if (!result)
		return 0;
	if (b->error)
		return b->error;
	b->code = registrar_failed(b->ui, result, &why);
	return -1;
}

/* To standard output. */
static enum exit_code print_all(struct backup *b)
{
	int error = produce(b, STDOUT_FILENO);

	if (error > 0)
		ui_error(b->ui, NOWHERE,
		         TEXT(b->ui, "cannot write: %s – the backup is not whole, make another one",
		              "書き込めません: %s – バックアップは不完全なので、作り直してください"),
		         TROUBLE(b->ui, strerror(error)));
	return error > 0 ? EXIT_INTERNAL : error < 0 ? b->code : EXIT_FINE;
}

static enum exit_code write_all_to(struct backup *b, const struct invocation *in)
{
	const char *name = in->operands[0];

	if (strcmp(name, "-") == 0)
		return print_all(b);
	enum exit_code code = file_write_by(in->ui, name, produce, b, 0600, option_given(in, "force"));

	return b->code != EXIT_FINE ? b->code : code;
}

static enum exit_code run(const struct invocation *in)
{
	struct registrar_source s;
	struct backup b = {.ui = in->ui, .code = EXIT_FINE};
	struct io_error why = {""};
	enum exit_code code = registrar_source_find(&s, in);

	buf_init(&b.text, WRITE_SIZE + IDENTITY_BACKUP_LINE_MAX);
	if (code == EXIT_FINE) {
		int error = identity_store_open(s.store, true, false, &b.store, &why);

		code = error ? registrar_failed(in->ui, error, &why) : write_all_to(&b, in);
	}
	identity_store_close(b.store);
	buf_release(&b.text);
	registrar_source_close(&s);
	return code;
}

/* clang-format off */
static const struct option_spec options[] = {
	{"force", 'f', OPTION_FLAG, NULL, NULL, 0, 0, {"replace FILE if it exists", "ファイルがあれば置き換える"}},
	STORE_OPTION,
	{0},
};
/* clang-format on */

static const struct example examples[] = {
	{"inkan identity backup identities.jsonl",
         {"into a file that only you can read", "自分だけが読めるファイルに保存する"}},
	{"inkan identity backup - | gzip > identities.jsonl.gz", {"compressed", "圧縮して保存する"}},
	{NULL, {NULL, NULL}},
};

const struct command identity_backup_command = {
	.name = "backup",
	.summary = {"Save all identities, with their keys sealed",
                    "すべてのアイデンティティを、鍵は暗号化したまま保存する"},
	.operands = "FILE",
	.operands_min = 1,
	.operands_max = 1,
	.description =
		{"One state of the whole store, as JSON lines; “-” prints it. Private keys stay sealed: without the "
                 "master key the backup signs nothing, so keep a copy of that file, in another place.",
                 "データベース全体のある時点の内容を JSON Lines で保存します。「-」なら標準出力に書きます。"
                 "秘密鍵は暗号化されたままで、マスター鍵がなければ署名に使えません。マスター鍵のファイルも"
                 "別の場所に保管してください。"},
	.options = options,
	.common = COMMON_CONFIG,
	.examples = examples,
	.run = run,
};

/* inkan identity restore: a backup into an empty store, SQLite or PostgreSQL, whichever it was made of. */
#include "cli/files.h"
#include "cli/registrar_source.h"
#include "cli/trouble_text.h"
#include "crypto/crypto.h"
#include "crypto/seal.h"
#include "io/master_key.h"

enum { READ_SIZE = 64 * 1024 /* octets that are read at once */ };

struct restore {
	struct ui *ui;
	const char *name;
	int fd;
	size_t lines;
	char octets[READ_SIZE];
	struct str rest; /* of octets, not used yet */
	bool told;       /* a message about reading was given */
};

/* Reads on where nothing is left. False: the end, or an error, which was told. */
static bool have_octets(struct restore *r)
{
	if (r->rest.n)
		return true;
	ptrdiff_t got = file_read_some(r->ui, r->name, r->fd, r->octets, sizeof(r->octets));

	r->told = got < 0;
	r->rest = str_from(r->octets, got > 0 ? (size_t)got : 0);
	return got > 0;
}

static int next_line(void *context, struct buf *line)
{
	struct restore *r = context;
	bool ended = false;

	while (!ended && have_octets(r)) {
		size_t n = str_find(r->rest, '\n');

		ended = n < r->rest.n;
		n += ended;
		buf_put(line, str_head(r->rest, n));
		r->rest = str_skip(r->rest, n);
		if (buf_error(line))
			return buf_error(line);
	}
	r->lines += ended;
	return r->told ? INKAN_EIO : INKAN_OK;
}

static enum exit_code fail(const struct restore *r, int error, const struct io_error *why)
{
	if (r->told)
		return EXIT_USAGE;
	if (error == INKAN_ELIMIT && !why->text[0]) {
		ui_error(r->ui, ((struct place){r->name, r->lines + 1, 0}),
		         TEXT(r->ui,
		              "longer than any line of a backup – take a file that “inkan identity backup” wrote",
		              "バックアップとしては長すぎる行です – 「inkan identity "
		              "backup」で作ったファイルを指定してください"));
		return EXIT_USAGE;
	}
	if (error == INKAN_ESYNTAX || error == INKAN_ELIMIT) {
		ui_error(r->ui, IN_FILE(r->name), "%s", TROUBLE(r->ui, why->text));
		return EXIT_USAGE;
	}
	return registrar_failed(r->ui, error, why);
}

/* Whether the master key of this host is the one that the keys were sealed with. */
static bool has_master(struct identity_store *store, const char *path)
{
	unsigned char seed[MASTER_KEY_SIZE], public[SEAL_KEY_SIZE], secret[SEAL_KEY_SIZE], wanted[SEAL_KEY_SIZE];
	struct io_error why;
	bool there = false, needed = false;
	bool fits = !identity_store_master(store, wanted, &needed, &why) && !needed;

	if (!fits && !master_key_read(path, 0, seed, &there, &why) && there && !seal_keys(seed, public, secret))
		fits = memcmp(public, wanted, sizeof(public)) == 0;
	crypto_wipe(seed, sizeof(seed));
	crypto_wipe(secret, sizeof(secret));
	return fits;
}

static enum exit_code restore(struct restore *r, const struct registrar_source *s)
{
	struct identity_store *store = NULL;
	struct io_error why = {""};
	const char *master = master_key_place(s->master_key);
	int error = identity_store_open(s->store, false, true, &store, &why);

	if (!error)
		error = identity_store_restore(store, next_line, r, &why);
	if (!error && !has_master(store, master))
		ui_warning(
			r->ui, IN_FILE(master),
			TEXT(r->ui,
		             "not the master key that the keys were sealed with – put that one here, or nothing can be "
		             "signed",
		             "鍵の暗号化に使われたマスター鍵ではありません – 正しいものを置かないと署名できません"));
	identity_store_close(store);
	return error ? fail(r, error, &why) : EXIT_FINE;
}

static enum exit_code run(const struct invocation *in)
{
	struct registrar_source s;
	static struct restore r;
	enum exit_code code = registrar_source_find(&s, in);

	r = (struct restore){.ui = in->ui, .name = in->operands[0], .fd = -1};
	if (code == EXIT_FINE) {
		r.fd = file_open(in->ui, r.name);
		code = r.fd < 0 ? EXIT_USAGE : restore(&r, &s);
	}
	file_close(r.fd);
	registrar_source_close(&s);
	return code;
}

/* clang-format off */
static const struct option_spec options[] = {
	STORE_OPTION,
	{0},
};
/* clang-format on */

static const struct example examples[] = {
	{"inkan identity restore identities.jsonl", {"into the store of this host", "このホストのデータベースに戻す"}},
	{"inkan identity restore identities.jsonl --store postgresql://mail@db/inkan",
         {"from one host to a store for several", "1 台用から複数台用のデータベースへ移す"}},
	{NULL, {NULL, NULL}},
};

const struct command identity_restore_command = {
	.name = "restore",
	.summary = {"Bring a backup of identities into an empty store",
                    "アイデンティティのバックアップを空のデータベースに戻す"},
	.operands = "FILE",
	.operands_min = 1,
	.operands_max = 1,
	.description =
		{"All of it or nothing; “-” reads standard input. SQLite and PostgreSQL take each other's backups. The "
                 "keys can be used where the master key is that of the backup.",
                 "全体を戻すか、何も変えないかのどちらかです。「-」なら標準入力から読みます。SQLite と PostgreSQL "
                 "の間でも使えます。鍵は、バックアップと同じマスター鍵のある場所でだけ使えます。"},
	.options = options,
	.common = COMMON_CONFIG,
	.examples = examples,
	.run = run,
};

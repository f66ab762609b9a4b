#include "config/probe.h"

#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <sys/stat.h>
#include <unistd.h>

#include "config/address.h"
#include "config/complain.h"
#include "io/file.h"

enum { KEY_FILE_MAX = 64 * 1024 /* octets of PEM */, PATH_ROOM = 4096 };

static const struct place_in nowhere = {0, 0};

/* ---- keys ---- */

static int look_into_key(struct complaints *c, const struct crypto *crypto, struct place_in at, const char *file,
                         struct str pem)
{
	struct private_key *key = NULL;
	const char *trouble = NULL;
	int error = private_key_from_pem(crypto, pem, &key, &trouble);

	private_key_free(key);
	if (error != INKAN_ESYNTAX && error != INKAN_EREFUSED)
		return error;
	complain_warning(c, at, "%s: no key that can sign: %s", "%s: 署名に使える鍵ではありません: %s", file,
	                 trouble ? trouble : inkan_strerror(error));
	return INKAN_OK;
}

/* As the key process does it (server/keys.c): a key belongs to root, to who starts the service, or to whom it becomes. */
static void look_at_access(struct complaints *c, struct place_in at, const char *file, const struct passwd *user)
{
	struct stat st;

	if (stat(file, &st) != 0 || !S_ISREG(st.st_mode))
		return;
	if (st.st_uid != 0 && st.st_uid != geteuid() && !(user && st.st_uid == user->pw_uid))
		complain_warning(
			c, at,
			"%s: this key belongs to another user (uid %lu), the service will not take it – chown root, "
			"or, where another program reads it, "
			"name a copy: install -m 0600 %s /etc/inkan/keys/",
			"%s: この鍵の所有者は別のユーザー (uid %lu) なので、サービスは使いません – chown root "
			"するか、ほかのプログラムも読むならコピーを指定してください: install -m 0600 %s "
			"/etc/inkan/keys/",
			file, (unsigned long)st.st_uid, file);
	if (st.st_mode & (st.st_uid == 0 ? 027 : 077)) /* root may let a group read it */
		complain_warning(c, at, "%s: others than its owner may use this key (mode %04o) – chmod 0600",
		                 "%s: 所有者以外もこの鍵を使えます (モード %04o) – chmod 0600 してください", file,
		                 (unsigned)(st.st_mode & 0777));
}

static int look_at_key(struct complaints *c, const struct crypto *crypto, const struct config_key *key,
                       const struct passwd *user)
{
	struct place_in at = {key->line, key->column};
	struct io_error why;
	struct buf pem;
	int error;

	buf_init(&pem, KEY_FILE_MAX);
	error = io_read_file(key->file, &pem, &why);
	if (error == INKAN_EIO || error == INKAN_ELIMIT) {
		complain_warning(c, at, "%s – the key cannot be read", "%s – 鍵を読めません", why.text);
		error = INKAN_OK;
	} else if (!error) {
		error = look_into_key(c, crypto, at, key->file, buf_str(&pem));
		look_at_access(c, at, key->file, user);
	}
	if (pem.p)
		explicit_bzero(pem.p, pem.cap);
	buf_release(&pem);
	return error;
}

/* ---- folders and files ---- */

static void look_at_folder(struct complaints *c, const char *option, const char *path)
{
	struct str text = str_c(path), folder = str_head(text, str_rfind(text, '/'));
	char name[PATH_ROOM];
	struct stat st;

	if (folder.n == text.n || folder.n >= sizeof name)
		return;
	memcpy(name, folder.n ? folder.p : "/", folder.n ? folder.n : 1);
	name[folder.n ? folder.n : 1] = '\0';
	if (stat(name, &st) != 0)
		complain_warning(c, nowhere, "%s: the folder of %s cannot be used: %s – make it, or name another place",
		                 "%s: %s のフォルダーを使えません: %s – フォルダーを作るか、別の場所を指定してください",
		                 option, path, strerror(errno));
	else if (!S_ISDIR(st.st_mode))
		complain_warning(c, nowhere, "%s: the folder of %s cannot be used: %s",
		                 "%s: %s のフォルダーを使えません: %s", option, path, strerror(ENOTDIR));
}

static void look_at_sockets(struct complaints *c, const char *option, const struct word_list *list)
{
	struct socket_address address;

	for (size_t i = 0; i < list->count; i++)
		if (socket_address_parse(str_c(list->words[i]), &address, NULL) && address.kind == SOCKET_UNIX)
			look_at_folder(c, option, address.path);
}

static void look_at_file(struct complaints *c, const char *option, const char *file)
{
	struct stat st;

	if (!*file)
		return;
	if (access(file, R_OK) != 0 || stat(file, &st) != 0)
		complain_warning(c, nowhere, "%s: %s: %s", "%s: %s を読めません: %s", option, file, strerror(errno));
	else if (S_ISDIR(st.st_mode))
		complain_warning(c, nowhere, "%s: %s is a folder – name a file",
		                 "%s: %s はフォルダーです – ファイルを指定してください", option, file);
}

/* What was found since is in the way of the start. */
static void make_errors(struct config_errors *errors, size_t since)
{
	for (size_t i = since; i < errors->count; i++) {
		errors->errors += errors->list[i].warning;
		errors->list[i].warning = false;
	}
}

/* The recorder, which is that user, writes the database and what SQLite puts beside it. */
static void look_at_store(struct complaints *c, const char *path, const struct passwd *user)
{
	struct str text = str_c(path), folder = str_head(text, str_rfind(text, '/'));
	char name[PATH_ROOM];
	struct stat st;

	look_at_folder(c, "store.path", path);
	if (!user || user->pw_uid == 0 || geteuid() != 0 || folder.n == text.n || folder.n >= sizeof name)
		return;
	memcpy(name, folder.p, folder.n);
	name[folder.n] = '\0';
	if (stat(name, &st) == 0 && st.st_uid != user->pw_uid && !(st.st_mode & 02) &&
	    !(st.st_mode & 020 && st.st_gid == user->pw_gid))
		complain_warning(c, nowhere,
		                 "%s: user “%s” cannot write to the folder of %s – chown it, or say another `user`",
		                 "%s: ユーザー「%s」は %s のフォルダーに書き込めません – chown するか、別の user "
		                 "を指定してください",
		                 "store.path", user->pw_name, path);
}

/* One that is there already, made by another user. */
static void look_at_database(struct complaints *c, const char *option, const char *path, const struct passwd *user)
{
	struct stat st;

	if (!user || user->pw_uid == 0 || geteuid() != 0 || path[0] != '/' || stat(path, &st) != 0)
		return;
	if (S_ISREG(st.st_mode) && !(st.st_uid == user->pw_uid && st.st_mode & 0200) &&
	    !(st.st_gid == user->pw_gid && st.st_mode & 020) && !(st.st_mode & 02))
		complain_warning(
			c, nowhere, "%s: user “%s” cannot write to %s – chown %s it, and those beside it",
			"%s: ユーザー「%s」は %s に書き込めません – 同じ場所のファイルも含めて chown %s してください",
			option, user->pw_name, path, user->pw_name);
}

int config_probe(struct config *config, const struct crypto *crypto, bool will_start, struct config_errors *errors)
{
	const struct passwd *user = *config->user ? getpwnam(config->user) : NULL;
	size_t before = errors->count;
	struct complaints c = {&config->arena, errors};
	int error = INKAN_OK;

	if (*config->user && !user)
		complain_warning(&c, nowhere, "%s: this host has no user “%s”",
		                 "%s: このホストにユーザー「%s」はありません", "user", config->user);
	if (*config->milter.socket_group && !getgrnam(config->milter.socket_group))
		complain_warning(&c, nowhere, "%s: this host has no group “%s”",
		                 "%s: このホストにグループ「%s」はありません", "milter.socket_group",
		                 config->milter.socket_group);
	look_at_sockets(&c, "milter.listen", &config->milter.listen);
	look_at_sockets(&c, "status.listen", &config->status.listen);
	look_at_store(&c, config->store.path, user);
	look_at_database(&c, "store.path", config->store.path, user);
	look_at_database(&c, "identities.store", config->identities.store, user);
	look_at_file(&c, "dns.trust_anchor", config->dns.trust_anchor);
	look_at_file(&c, "verify.public_suffix_list", config->verify.public_suffix_list);
	for (size_t i = 0; i < config->key_count && !error; i++)
		error = look_at_key(&c, crypto, &config->keys[i], user);
	if (will_start)
		make_errors(errors, before);
	return error ? error : arena_error(&config->arena);
}

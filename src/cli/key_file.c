#include <errno.h>
#include <stdio.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/files.h"
#include "cli/key_file.h"
#include "cli/trouble_text.h"
#include "core/base64.h"
#include "crypto/pem.h"

void key_file_keep_secrets(void)
{
	const struct rlimit none = {0, 0};

	(void)setrlimit(RLIMIT_CORE, &none); /* lowering a limit is always allowed */
}

static enum exit_code refuse(struct ui *ui, const char *name, const char *what)
{
	ui_error(ui, IN_FILE(name),
	         TEXT(ui, "%s – give a PEM file with an RSA or Ed25519 key, without password",
	              "%s – RSA または Ed25519 の鍵を含む、パスワードなしの PEM ファイルを指定してください"),
	         what);
	return EXIT_USAGE;
}

/* A SubjectPublicKeyInfo in base64. */
static int read_public(const struct crypto *crypto, struct str base64, struct public_key **out)
{
	/* up to the key itself (RFC 8410 section 4) */
	static const char ed25519_info[] = "\x30\x2a\x30\x05\x06\x03\x2b\x65\x70\x03\x21";
	unsigned char der[KEY_FILE_MAX];
	enum key_trouble trouble = KEY_BAD_ENCODING;
	size_t n;
	int error;

	if (base64.n > KEY_FILE_MAX || !base64_decode(base64, BASE64_FWS, der, &n, NULL))
		return INKAN_ESYNTAX;

	struct str text = str_from((const char *)der, n), prefix = str_from(ed25519_info, sizeof(ed25519_info));

	if (str_has_prefix(text, prefix))
		error = public_key_decode(crypto, KEY_ED25519, str_skip(text, prefix.n), out, &trouble);
	else
		error = public_key_decode(crypto, KEY_RSA, text, out, &trouble);
	return error ? error : trouble == KEY_OK ? INKAN_OK : INKAN_ESYNTAX;
}

static enum exit_code read_private(struct ui *ui, const struct crypto *crypto, const char *name, struct str pem,
                                   struct public_key **out)
{
	struct private_key *key = NULL;
	const char *trouble = NULL;
	int error = private_key_from_pem(crypto, pem, &key, &trouble);

	if (!error)
		error = private_key_public(crypto, key, out);
	private_key_free(key);
	if (error == INKAN_ESYNTAX || error == INKAN_EREFUSED)
		return refuse(ui, name, TROUBLE(ui, trouble ? trouble : inkan_strerror(error)));
	return error ? ui_failed(ui, IN_FILE(name), error) : EXIT_FINE;
}

static enum exit_code read_pem(struct ui *ui, const struct crypto *crypto, const char *name, struct str pem,
                               struct key_file *out)
{
	struct str rest = pem;
	struct pem_block block;
	int error;

	while (pem_next(&rest, &block)) {
		if (!str_eq(block.label, STR("PUBLIC KEY")))
			continue;
		error = read_public(crypto, block.text, &out->key);
		if (error == INKAN_ESYNTAX)
			return refuse(ui, name, TEXT(ui, "the public key cannot be read", "公開鍵を読めません"));
		return error ? ui_failed(ui, IN_FILE(name), error) : EXIT_FINE;
	}
	out->is_private = true;
	return read_private(ui, crypto, name, pem, &out->key);
}

static void read_facts(const char *name, struct key_file *out)
{
	struct stat there;

	if (strcmp(name, "-") == 0 || stat(name, &there) != 0 || !S_ISREG(there.st_mode))
		return;
	out->facts.is_regular = true;
	out->facts.mode = there.st_mode & 07777;
	out->facts.is_own = there.st_uid == geteuid() || there.st_uid == 0;
	(void)snprintf(out->owner, sizeof(out->owner), "uid %lu", (unsigned long)there.st_uid);
}

enum exit_code key_file_read(struct ui *ui, const struct crypto *crypto, const char *name, struct key_file *out)
{
	enum exit_code code;
	struct buf pem;

	*out = (struct key_file){0};
	key_file_keep_secrets();
	buf_init(&pem, KEY_FILE_MAX);
	/* all at once: a buffer that grows would leave secret octets behind in memory that it gave back */
	if (!buf_reserve(&pem, KEY_FILE_MAX)) {
		buf_release(&pem);
		return ui_failed(ui, IN_FILE(name), INKAN_ENOMEM);
	}
	code = file_read(ui, name, &pem);
	if (code == EXIT_FINE)
		code = read_pem(ui, crypto, name, buf_str(&pem), out);
	if (code == EXIT_FINE)
		read_facts(name, out);
	out->facts.owner = NULL;
	crypto_wipe(pem.p, pem.cap);
	buf_release(&pem);
	return code;
}

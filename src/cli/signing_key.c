#include "cli/signing_key.h"

#include <sys/stat.h>

#include "cli/files.h"
#include "cli/trouble_text.h"
#include "crypto/crypto.h"

enum { SIGNING_KEY_FILE_MAX = 64 * 1024 /* octets of a PEM file: RSA-8192 needs 6,400 */ };

/* A private key that others can read is worth a warning, not a refusal: the harm is done. */
static void warn_of_readers(struct ui *ui, const char *file)
{
	struct stat st;

	if (strcmp(file, "-") == 0 || stat(file, &st) != 0 || !S_ISREG(st.st_mode) ||
	    (st.st_mode & (S_IRGRP | S_IROTH)) == 0)
		return;
	ui_warning(ui, IN_FILE(file),
	           TEXT(ui,
	                "others than its owner can read this private key – chmod 600 it, and replace it if anybody did",
	                "所有者以外がこの秘密鍵を読めます – chmod 600 "
	                "を実行し、読まれた恐れがあれば新しい鍵に替えてください"));
}

enum exit_code signing_key_load(struct ui *ui, struct inkan_context *context, const char *file, struct inkan_key **out)
{
	const char *trouble = "";
	struct buf pem;
	enum exit_code code;

	buf_init(&pem, SIGNING_KEY_FILE_MAX);
	code = file_read(ui, file, &pem);
	if (code == EXIT_FINE) {
		int error = inkan_key_from_pem(context, pem.p, pem.n, out, &trouble);

		if (error == INKAN_ESYNTAX || error == INKAN_EREFUSED) {
			ui_error(
				ui, IN_FILE(file),
				TEXT(ui,
			             "not a key to sign with: %s – give an unencrypted PEM private key, RSA or Ed25519",
			             "署名に使える鍵ではありません: %s – 暗号化されていない PEM 形式の秘密鍵 (RSA "
			             "または Ed25519) を"
			             "指定してください"),
				TROUBLE(ui, trouble));
			code = EXIT_USAGE;
		} else if (error) {
			code = ui_failed(ui, IN_FILE(file), error);
		}
	}
	if (pem.p)
		crypto_wipe(pem.p, pem.cap);
	buf_release(&pem);
	if (code == EXIT_FINE)
		warn_of_readers(ui, file);
	return code;
}

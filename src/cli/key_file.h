/* Key files: read for their public half. Private octets are wiped before the functions return. */
#pragma once

#include "check/key_pair.h"
#include "cli/output.h"
#include "crypto/crypto.h"

enum { KEY_FILE_MAX = 64 * 1024 /* octets of PEM; RSA-8192 needs 6,500 */ };

/* From now on this process leaves no core dump, in which a private key could be found. */
void key_file_keep_secrets(void);

struct key_file {
	struct public_key *key; /* released by the caller */
	bool is_private;        /* the file holds the private half too */
	struct key_file_facts facts;
	char owner[32];
};

/* Reads a PEM file ("-": standard input): a private key, or a public one (“BEGIN PUBLIC KEY”). Other than EXIT_FINE: a
 * message was printed. */
enum exit_code key_file_read(struct ui *ui, const struct crypto *crypto, const char *name, struct key_file *out);

/* The file of the master key, which private keys are sealed with: 32 random octets as 64 hexadecimal digits and a line end, mode 0600. */
#pragma once

#include <stdbool.h>

#include "io/error.h"

enum { MASTER_KEY_SIZE = 32 /* octets */ };

#define MASTER_KEY_CREDENTIAL "inkan-master-key" /* name of a systemd credential, which comes before the file */

/* The file that holds the master key: the credential, where systemd hands one over, else `path`. Static room; valid until the
 * next call. */
const char *master_key_place(const char *path);
/* Reads it into seed, which the caller wipes. *there_out false: there is no such file (INKAN_OK). INKAN_EIO: *error says why: it can be read by
 * others, belongs to somebody else than root, this process or `user` (a uid; 0: nobody else), or is no key. */
INKAN_MUST_CHECK int master_key_read(const char *path, unsigned user, unsigned char seed[MASTER_KEY_SIZE],
                                     bool *there_out, struct io_error *error);
/* Makes the file with a new key, and its folder where that is missing (mode 0750). It belongs to who makes it: what root made,
 * no process of the service's user can read. Whoever finds it reads it whole. INKAN_EREFUSED:
 * it is there, maybe just now. */
INKAN_MUST_CHECK int master_key_create(const char *path, unsigned char seed[MASTER_KEY_SIZE], struct io_error *error);

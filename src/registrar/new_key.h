/* Private keys made here, and their DNS records. */
#pragma once

#include "core/buf.h"
#include "crypto/crypto.h"

/* bits: of an RSA key; not looked at for Ed25519. */
INKAN_MUST_CHECK int new_private_key(const struct crypto *crypto, enum key_type type, unsigned bits,
                                     struct private_key **out);
/* Adds the value of the key's DNS record. */
INKAN_MUST_CHECK int new_key_record(const struct crypto *crypto, const struct private_key *key, struct buf *out);

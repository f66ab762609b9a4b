/* Keys of the public interface as key holders, for signer and sealer. */
#pragma once

#include "crypto/crypto.h"
#include "inkan/sign.h"

/* A key of a callback. */
struct remote_key {
	enum inkan_algorithm algorithm;
	inkan_sign_digest sign;
	void *context;
};

/* The keys must outlive the holders; a holder has one key, whose handle is any number. */
struct key_holder key_holder_here(struct inkan_key *key);
/* What the callback gives is checked for its length; its error codes are made ours. */
struct key_holder key_holder_there(struct remote_key *key);
bool key_algorithm_is_known(enum inkan_algorithm algorithm);

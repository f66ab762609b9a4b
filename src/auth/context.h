/* What inkan_context holds, for the rooms above. */
#pragma once

#include "crypto/crypto.h"
#include "inkan/context.h"
#include "sig/key_cache.h"

struct inkan_context {
	struct crypto *crypto;
	struct dkim_key_cache *keys;
};

/* What a configuration names on this host: keys, folders, users. */
#pragma once

#include "config/config.h"
#include "crypto/crypto.h"

/* Looks at everything that the configuration names and adds a warning for what is missing or cannot be used: who asks may see
 * less than the service will. will_start: the service is to start here and now, so these are errors. Errors: INKAN_ENOMEM, INKAN_ECRYPTO. */
INKAN_MUST_CHECK int config_probe(struct config *config, const struct crypto *crypto, bool will_start,
                                  struct config_errors *errors);

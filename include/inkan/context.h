/* What all messages share: cryptographic algorithms, fetched once, and decoded public keys. */
#pragma once

#include "inkan/error.h"

#ifdef __cplusplus
extern "C" {
#endif

struct inkan_context;

/* Makes a context; it may be shared by threads, and must outlive whatever was made with it.
 * Errors: INKAN_ENOMEM, INKAN_ECRYPTO (an algorithm is missing). */
INKAN_API INKAN_MUST_CHECK int inkan_context_new(struct inkan_context **out);
/* NULL is fine. */
INKAN_API void inkan_context_free(struct inkan_context *context);

/* "0.1.0" */
INKAN_API const char *inkan_version(void);

#ifdef __cplusplus
}
#endif

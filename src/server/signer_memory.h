/* What the registrar last said of authors: for when it does not answer, and only then. Shared by the workers; bounded: of authors that
 * fall on the same places, the one that was longest without mail is forgotten. */
#pragma once

#include "inkan/error.h"
#include "store/identity_store.h"

enum {
	SIGNER_MEMORY_AUTHORS = 65536, /* that are remembered at most */
	SIGNER_MEMORY_WAYS = 4,        /* places that an author may be at */
	SIGNER_MEMORY_AGE_MAX =
		3600 * 1000 /* ms that a word holds: far less than the least overlap of keys (config/options.c), or a
	                                       host whose registrar is down would go on with a key that is withdrawn elsewhere */
};

struct signer_memory;

INKAN_MUST_CHECK int signer_memory_new(struct signer_memory **out);
void signer_memory_free(struct signer_memory *m);
/* Where there is no memory, the author is forgotten. */
void signer_memory_put(struct signer_memory *m, struct str address, const struct identity_author *author);
/* False: nothing is known of this author, or it is too old. */
bool signer_memory_get(struct signer_memory *m, struct str address, struct identity_author *out);

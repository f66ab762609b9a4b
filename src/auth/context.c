#include "auth/context.h"

#include <stdlib.h>

int inkan_context_new(struct inkan_context **out)
{
	struct inkan_context *c = calloc(1, sizeof *c);

	if (!c)
		return INKAN_ENOMEM;
	int error = crypto_new(&c->crypto);

	if (!error)
		error = dkim_key_cache_new(&c->keys);
	if (error) {
		inkan_context_free(c);
		return error;
	}
	*out = c;
	return INKAN_OK;
}

void inkan_context_free(struct inkan_context *context)
{
	if (!context)
		return;
	dkim_key_cache_free(context->keys);
	crypto_free(context->crypto);
	free(context);
}

const char *inkan_version(void)
{
	return INKAN_VERSION;
}

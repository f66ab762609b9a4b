#include "io/public_suffix.h"

#include <libpsl.h>
#include <stdlib.h>

struct public_suffixes {
	psl_ctx_t *psl;
};

int public_suffixes_open(struct public_suffixes **out)
{
	struct public_suffixes *list = calloc(1, sizeof(*list));

	if (!list)
		return INKAN_ENOMEM;
	list->psl = psl_latest(NULL);
	if (!list->psl) {
		free(list);
		return INKAN_ENOMEM;
	}
	*out = list;
	return INKAN_OK;
}

void public_suffixes_free(struct public_suffixes *list)
{
	if (!list)
		return;
	psl_free(list->psl); /* leaves the built-in list alone */
	free(list);
}

bool public_suffixes_has(void *list, const char *domain)
{
	return psl_is_public_suffix2(((struct public_suffixes *)list)->psl, domain,
	                             PSL_TYPE_ICANN | PSL_TYPE_NO_STAR_RULE);
}

#include "io/public_suffix.h"

#include <errno.h>
#include <libpsl.h>
#include <stdlib.h>

#include "dns/dns.h"

struct public_suffixes {
	psl_ctx_t *psl;
};

static int load(const char *file, psl_ctx_t **out, struct io_error *error)
{
	psl_ctx_t *psl;

	errno = 0;
	psl = file ? psl_load_file(file) : psl_latest(NULL);
	if (!psl && file && errno != ENOMEM)
		return io_fail(error, "%s: %s", file, errno ? strerror(errno) : "cannot be read");
	if (!psl)
		return INKAN_ENOMEM;
	/* libpsl takes any text for a list */
	if (file && psl_suffix_count(psl) == 0) {
		psl_free(psl);
		return io_fail(error, "%s: no list of public suffixes", file);
	}
	*out = psl;
	return INKAN_OK;
}

int public_suffixes_open(const char *file, struct public_suffixes **out, struct io_error *error)
{
	struct public_suffixes *list = calloc(1, sizeof(*list));
	int result = list ? load(file, &list->psl, error) : INKAN_ENOMEM;

	if (result) {
		free(list);
		return result;
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

struct str public_suffixes_registrable(void *list, struct str domain)
{
	char name[4 * DNS_NAME_MAX + 1]; /* U-labels are longer than A-labels */
	const char *found;

	if (domain.n == 0 || domain.n >= sizeof(name) || domain.p[0] == '.' || memchr(domain.p, '\0', domain.n))
		return STR_NULL;
	str_put_lower(name, domain); /* libpsl compares octets */
	name[domain.n] = '\0';
	found = psl_registrable_domain(((struct public_suffixes *)list)->psl, name);
	return found ? str_skip(domain, domain.n - strlen(found)) : STR_NULL;
}

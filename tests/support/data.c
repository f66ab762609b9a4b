#include "support/data.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "support/case.h"

static char path[4096];

static const char *join(const char *folder, const char *relative)
{
	int n = snprintf(path, sizeof(path), "%s/%s", folder, relative);

	return n > 0 && (size_t)n < sizeof(path) ? path : NULL;
}

struct str test_read_file(const char *name)
{
	FILE *f = name ? fopen(name, "rb") : NULL;
	size_t n = 0, cap = 65536;
	char *p = malloc(cap + 1);

	if (!f || !p)
		fail_msg("cannot read %s", name ? name : "(no path)");
	for (size_t got; (got = fread(p + n, 1, cap - n, f)) > 0;) {
		n += got;
		if (n == cap) {
			cap *= 2;
			p = realloc(p, cap + 1);
			assert_non_null(p);
		}
	}
	assert_false(ferror(f));
	fclose(f);
	p[n] = '\0';
	return str_from(p, n);
}

const char *test_source_path(const char *relative)
{
	const char *root = getenv("INKAN_SOURCE");

	return join(root ? root : ".", relative);
}

const char *test_conformance_path(const char *relative)
{
	const char *root = getenv("INKAN_CONFORMANCE");
	char sibling[2048];

	if (!root) {
		const char *source = getenv("INKAN_SOURCE");

		snprintf(sibling, sizeof(sibling), "%s/../shared/conformance", source ? source : ".");
		root = sibling;
	}
	return join(root, relative) && access(path, R_OK) == 0 ? path : NULL;
}

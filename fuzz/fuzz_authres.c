/* Authentication-Results: what a strict reader reads, a tolerant one reads the same way; and a field that either reads as
 * ours is found to be ours, so that it is removed on arrival. */
#include <assert.h>
#include <stdlib.h>

#include "authres/parse.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena arena;
	struct authres_field strict, relaxed;
	struct str value = str_from((const char *)data, size);

	arena_init(&arena, 64 * 1024 * 1024);
	if (authres_parse(&arena, value, AUTHRES_STRICT, &strict) ||
	    authres_parse(&arena, value, AUTHRES_RELAXED, &relaxed))
		abort();
	assert(strict.position <= size && relaxed.position <= size);
	if (strict.valid) {
		assert(relaxed.valid && relaxed.none == strict.none && relaxed.result_count == strict.result_count);
		assert(str_eq(relaxed.authserv_id, strict.authserv_id) && relaxed.version == strict.version);
		for (size_t i = 0; i < strict.result_count; i++) {
			assert(str_eq(relaxed.results[i].method, strict.results[i].method));
			assert(str_eq(relaxed.results[i].result, strict.results[i].result));
			assert(relaxed.results[i].property_count == strict.results[i].property_count);
		}
	}
	struct header_field field = {.name = STR("Authentication-Results"), .value = value};
	bool ours = false;

	if (authres_is_ours(&arena, &field, strict.valid ? strict.authserv_id : relaxed.authserv_id, &ours))
		abort();
	assert(ours || !relaxed.valid || relaxed.authserv_id.n == 0);
	arena_release(&arena);
	return 0;
}

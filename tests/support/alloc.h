/* Makes chosen allocations fail. Counts malloc, calloc and realloc called by our own objects (the linker redirects them);
 * what libraries allocate inside themselves is neither counted nor failed.
 *
 *	for (size_t n = 1;; n++) {
 *		alloc_fail_at(n);
 *		int error = scenario();
 *		bool reached = alloc_count() >= n;
 *		alloc_fail_at(0);
 *		if (!reached)
 *			break;
 *		assert_int_equal(error, INKAN_ENOMEM);
 *	} */
#pragma once

#include <stddef.h>

/* From now on the n-th allocation fails, and only that one; 0: none. Starts the count anew. */
void alloc_fail_at(size_t n);

/* Allocations since the last alloc_fail_at(), the failed one included. */
size_t alloc_count(void);

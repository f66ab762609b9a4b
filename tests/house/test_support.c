/* The test support itself: failing allocations, reading files, finding conformance data. */
#include <errno.h>
#include <stdlib.h>

#include "support/alloc.h"
#include "support/case.h"
#include "support/data.h"

static void only_the_nth_allocation_fails(const void *row)
{
	(void)row;
	alloc_fail_at(2);
	void *first = malloc(1);
	errno = 0;
	void *second = calloc(1, 1);
	int error = errno;
	void *third = realloc(first, 2);
	size_t count = alloc_count();

	alloc_fail_at(0);
	assert_non_null(third);
	assert_null(second);
	assert_int_equal(error, ENOMEM);
	assert_int_equal(count, 3);
	free(third);
}

static void a_file_is_read_whole(const void *row)
{
	(void)row;
	struct str text = test_read_file(test_source_path("LICENSE"));

	assert_true(str_has_prefix(text, STR("MIT License\n")));
	assert_true(str_ihas_suffix(text, STR("SOFTWARE.\n")));
	assert_int_equal(text.p[text.n], '\0');
	free((char *)(uintptr_t)text.p);
}

static void absent_conformance_data_has_no_path(const void *row)
{
	(void)row;
	assert_null(test_conformance_path("no/such/suite"));
}

int main(void)
{
	struct test_list list = {0};

	test_add(&list, "only the n-th allocation fails", only_the_nth_allocation_fails, NULL);
	test_add(&list, "a file is read whole", a_file_is_read_whole, NULL);
	test_add(&list, "absent conformance data has no path", absent_conformance_data_has_no_path, NULL);
	return test_run(&list, "house/support");
}

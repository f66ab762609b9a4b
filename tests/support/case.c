#include "support/case.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct job {
	test_case_fn *run;
	const void *row;
};

static void *need(void *p)
{
	if (!p)
		abort();
	return p;
}

static void run_job(void **state)
{
	const struct job *job = *state;

	job->run(job->row);
}

void test_add(struct test_list *list, const char *name, test_case_fn *run, const void *row)
{
	const char *only = getenv("TEST");

	if (only && !strstr(name, only))
		return;
	struct job *job = need(malloc(sizeof(*job)));

	*job = (struct job){run, row};
	list->tests = need(realloc(list->tests, (list->n + 1) * sizeof(*list->tests)));
	list->tests[list->n++] = (struct CMUnitTest){
		.name = need(strdup(name)),
		.test_func = run_job,
		.initial_state = job,
	};
}

void test_add_rows(struct test_list *list, const void *rows, size_t n, size_t size, test_case_fn *run)
{
	for (size_t i = 0; i < n; i++) {
		const char *row = (const char *)rows + i * size;
		const char *name;

		memcpy(&name, row, sizeof(name));
		test_add(list, name, run, row);
	}
}

void test_skip(const char *reason)
{
	print_message("skipped: %s\n", reason);
	skip();
	abort(); /* skip() does not return */
}

int test_run(struct test_list *list, const char *group)
{
	/* a crash must not take the lines before it along */
	setvbuf(stdout, NULL, _IOLBF, 0);
	int failed = _cmocka_run_group_tests(group, list->tests, list->n, NULL, NULL);

	failed += list->n == 0;
	for (size_t i = 0; i < list->n; i++) {
		free((void *)(uintptr_t)list->tests[i].name);
		free(list->tests[i].initial_state);
	}
	free(list->tests);
	*list = (struct test_list){0};
	return failed > 0;
}

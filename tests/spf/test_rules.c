/* No rule of SPF is without a test: each of P1 to P27 is named by a case in the tests of spf and of the record checks. */
#include <glob.h>
#include <stdio.h>
#include <stdlib.h>

#include "support/case.h"
#include "support/data.h"

enum { RULES = 27 };

static const char *const sources[] = {"tests/spf/test_*.c", "tests/check/test_spf_*.c"};

/* Whether `rule` stands at the beginning of a name or in a list there: "P2 ..." or "P1, P2 ...". */
static bool names_rule(struct str text, int rule)
{
	char words[3][16];

	snprintf(words[0], sizeof words[0], "\"P%d ", rule);
	snprintf(words[1], sizeof words[1], "\"P%d, P", rule);
	snprintf(words[2], sizeof words[2], ", P%d ", rule);
	for (size_t i = 0; i < 3; i++)
		if (str_search(text, str_c(words[i])) < text.n)
			return true;
	return false;
}

static int count_cases(const char *pattern, int rule)
{
	glob_t found;
	int count = 0;

	assert_int_equal(glob(test_source_path(pattern), 0, NULL, &found), 0);
	for (size_t i = 0; i < found.gl_pathc; i++) {
		struct str text = test_read_file(found.gl_pathv[i]);

		count += names_rule(text, rule);
		free((char *)(uintptr_t)text.p);
	}
	globfree(&found);
	return count;
}

static void run_rule(const void *row)
{
	const int *rule = row;
	int count = 0;

	for (size_t i = 0; i < sizeof sources / sizeof *sources; i++)
		count += count_cases(sources[i], *rule);
	if (count == 0)
		fail_msg("no case names P%d", *rule);
}

int main(void)
{
	struct test_list list = {0};
	static int rules[RULES];

	for (int i = 0; i < RULES; i++) {
		char name[40];

		rules[i] = i + 1;
		snprintf(name, sizeof name, "rule %d has a test", i + 1);
		test_add(&list, name, run_rule, &rules[i]);
	}
	return test_run(&list, "spf/rules");
}

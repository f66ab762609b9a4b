/* Troubles in Japanese, for tests in Python: a line in, a line out. */
#include <stdio.h>

#include "cli/trouble_text.h"

int main(void)
{
	char line[2048];
	struct trouble_text out;

	while (fgets(line, sizeof line, stdin)) {
		line[strcspn(line, "\n")] = '\0';
		puts(trouble_in(LANGUAGE_JA, line, &out));
	}
	return 0;
}

/* Stories told in numbered steps, each of which notes whether all went as it should: the laboratory, the demonstration of the
 * service. */
#pragma once

#include "cli/output.h"

enum {
	TELLING_STEPS_MAX = 10,
	TELLING_COLUMNS = 100, /* of the whole story */
	TELLING_INDENT = 3,
	TELLING_TEXT_MAX = 1024 * 1024
};

struct step {
	const char *name; /* for machines */
	bool as_expected;
};

struct telling {
	struct ui *ui;
	struct output out;
	struct buf text; /* scratch: print here, then tell_text() */
	struct step steps[TELLING_STEPS_MAX];
	size_t step_count;
	int error; /* the first text that could not be printed */
};

void telling_init(struct telling *t, struct ui *ui);
/* Frees the scratch buffer. The output is its owner's to finish. */
void telling_release(struct telling *t);

/* The title, in bold. */
void tell_title(struct telling *t, const char *title);
/* The next step; at most TELLING_STEPS_MAX. name: static. */
void begin_step(struct telling *t, const char *name, const char *heading);
/* A paragraph of the step, wrapped and indented. */
void tell(struct telling *t, const char *sentence);
/* What was printed to the scratch buffer, indented; empties it. */
void tell_text(struct telling *t);
/* Notes, and says, where the step did not go as it should: what should have been. */
void expect(struct telling *t, bool as_expected, const char *what);
/* The same, and where it went as it should says that too: "✓ SPF passes". */
void check_off(struct telling *t, bool as_expected, const char *what);
bool telling_is_as_expected(const struct telling *t);
/* Instead of what was told: a JSON object of the scenario's name and how each step went. */
void telling_print_json(struct telling *t, const char *scenario);

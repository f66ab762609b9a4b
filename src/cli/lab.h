/* Scenarios of the laboratory: short stories that show what a standard does, and check at every step that it does. */
#pragma once

#include "cli/command.h"

struct scenario {
	const char *name;
	struct text summary; /* one line */
	const char *options; /* of `inkan lab run` that it takes: "keep", "seed|careless"; "": none */
	/* Prints the story. EXIT_FINE only where every step went as expected. */
	enum exit_code (*run)(const struct invocation *in);
};

/* Each in the file of its name, listed in lab.c. */
extern const struct scenario lab_first_seal, lab_ses, lab_ses_by_hand, lab_rotation, lab_microsoft;

/* Questions on a terminal, for commands that may be told everything by options as well. */
#pragma once

#include "cli/options.h"
#include "core/arena.h"

enum { ANSWER_MAX = 4096 /* octets of a line */ };

/* Whether somebody is there: terminals on standard input and standard error, and no --json. */
bool can_ask(const struct invocation *in);
/* Asks on standard error, "question [otherwise]: ", and reads a line; an empty one is `otherwise`, "-" is "". The answer lives in the
 * arena. False: the input has ended, or memory; nothing is said then. */
bool ask(struct arena *arena, const char *question, const char *otherwise, const char **answer_out);
/* The same until the answer is one of "a|b|c". */
bool ask_choice(struct arena *arena, const char *question, const char *choices, const char *otherwise,
                const char **answer_out);

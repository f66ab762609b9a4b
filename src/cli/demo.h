/* inkan serve --demo: the service on a domain of its own, with two messages sent through it. */
#pragma once

#include "cli/command.h"

/* Tells the story. On a terminal the service then runs on until Ctrl-C. EXIT_FINE only where all was as expected; what was made is
 * removed in any case. */
enum exit_code demo_run_service(const struct invocation *in);

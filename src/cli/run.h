/* The command line as a whole: called by program/main.c. */
#pragma once

#include "config/serve.h"

/* Finds the command in the table, reads its options, runs it; the exit status. serve: what `inkan serve` runs. */
int cli_run(int argc, char **argv, serve_function *serve);
/* For the command. */
serve_function *cli_service(void);

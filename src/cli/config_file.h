/* The configuration file of a command: which one it is, reading it, and its complaints. */
#pragma once

#include "cli/command.h"
#include "config/config.h"

/* FILE, else --config, else CONFIG_PATH. */
const char *config_name(const struct invocation *in);
/* Reads it. Where it has errors (errors->errors), *out is what could be read. Other than EXIT_FINE: it could not be read at all,
 * and a message was printed. To be freed in any case. */
enum exit_code config_file_read(struct ui *ui, const char *name, struct config **out, struct config_errors *errors);
/* Tells all complaints on standard error. */
void config_file_complain(struct ui *ui, const char *name, const struct config_errors *errors);
/* All of `inkan config check`. will_start: what this host lacks (keys, folders, users) is an error, no warning. */
enum exit_code config_file_check(const struct invocation *in, bool will_start);

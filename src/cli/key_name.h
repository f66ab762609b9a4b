/* The name of a key record, from what a user gives: SELECTOR._domainkey.DOMAIN. */
#pragma once

#include "cli/output.h"
#include "core/arena.h"

/* Domain and selector as DNS has them: without final dot, international domains as A-labels. The texts are those given, or
 * live in the arena. A selector may be given as the whole name of the record; then `domain` must be NULL or the same.
 * NULL, NULL gives NULL, NULL. Other than EXIT_FINE: a message was printed. */
enum exit_code key_name_read(struct ui *ui, struct arena *arena, const char *domain, const char *selector,
                             const char **domain_out, const char **selector_out);

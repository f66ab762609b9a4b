/* The list of public suffixes that a command uses: that of --public-suffix-list, or of the system. */
#pragma once

#include "cli/options.h"
#include "io/public_suffix.h"

/* Other than EXIT_FINE: a message was printed, *out is untouched. */
enum exit_code suffix_list_open(const struct invocation *in, struct public_suffixes **out);

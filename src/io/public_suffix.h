/* The list of public suffixes (publicsuffix.org), through libpsl: names such as co.jp, under which everybody registers and
 * in whose name nobody may sign (RFC 6376 section 6.1.1; RULES V31). */
#pragma once

#include <stdbool.h>

#include "inkan/error.h"

struct public_suffixes;

/* The newer of the list that the system keeps and the one built into libpsl. INKAN_ENOMEM. */
INKAN_MUST_CHECK int public_suffixes_open(struct public_suffixes **out);
void public_suffixes_free(struct public_suffixes *list);

/* For inkan_message_options.is_public_suffix; the context is a struct public_suffixes. Only suffixes run by registries
 * count: those that companies add for their customers (the private section) may well sign mail. */
bool public_suffixes_has(void *list, const char *domain);

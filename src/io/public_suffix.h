/* The list of public suffixes (publicsuffix.org), through libpsl: names such as co.jp, under which everybody registers and
 * in whose name nobody may sign (RFC 6376 section 6.1.1; RULES V31). RFC 7489 finds organizational domains by it. */
#pragma once

#include <stdbool.h>

#include "core/str.h"
#include "io/error.h"

struct public_suffixes;

/* file: a list of the operator's, in the form of publicsuffix.org; NULL: the newer of the list that the system keeps and the
 * one built into libpsl. INKAN_ENOMEM; INKAN_EIO: the file cannot be read or holds no suffix, *error (may be NULL) says
 * so. */
INKAN_MUST_CHECK int public_suffixes_open(const char *file, struct public_suffixes **out, struct io_error *error);
void public_suffixes_free(struct public_suffixes *list);

/* For inkan_message_options.is_public_suffix; the context is a struct public_suffixes. Only suffixes run by registries
 * count: those that companies add for their customers (the private section) may well sign mail. */
bool public_suffixes_has(void *list, const char *domain);
/* For dmarc_query.registrable_domain: the public suffix and one label more, in any case of letters, as the end of `domain`;
 * empty where there is none: a suffix itself, or no name. Both sections of the list count. A top level that the list
 * lacks counts as a suffix. */
struct str public_suffixes_registrable(void *list, struct str domain);

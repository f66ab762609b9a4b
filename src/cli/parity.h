/* What the commands in the manner of other services share: the registrar with their words, a look at DNS, what is missing there. */
#pragma once

#include "cli/registrar_source.h"

/* As registrar_source_open(); where it fails, says that there is no connection, and what one needs (S2-28). */
enum exit_code parity_open(struct registrar_source *s, const struct invocation *in, enum store_use use);

/* Looks at every authoritative server now, and does what follows from it at once. */
INKAN_MUST_CHECK int parity_look(struct registrar_source *s, const char *id, struct identity *identity,
                                 struct registrar_view *out, struct io_error *why);
/* Whether that record has to be visible before signing is switched on, and is not: every alias, and every key that there is. */
bool parity_is_missing(const struct identity *identity, const struct registrar_sighting *seen);
size_t parity_missing_count(const struct identity *identity, const struct registrar_view *look);
/* Those records on standard error, a line each, as zone files have them, with what was seen instead. */
void parity_tell_missing(struct ui *ui, const struct identity *identity, const struct registrar_view *look);

/* Changes an identity and does the steps that follow at once. EXIT_FINE, or a message was printed: EXIT_FINDING where `change` said no. */
enum exit_code parity_change(struct registrar_source *s, const char *id, const char *action, registrar_change *change,
                             void *context, struct identity *identity);
/* Writes what is not in DNS yet of an identity whose zone we write: a new MAIL FROM domain belongs to no step. */
INKAN_MUST_CHECK int parity_publish(struct registrar_source *s, const struct identity *identity, struct io_error *why);

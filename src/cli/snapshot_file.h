/* DNS snapshots as files: --dns and --save-dns. Troubles are printed here. */
#pragma once

#include "cli/output.h"
#include "dns/snapshot.h"

/* Reads a snapshot into a closed evidence, to be freed with evidence_free(). */
enum exit_code snapshot_file_load(struct ui *ui, const char *name, struct evidence **out);
/* Whether a snapshot could be saved under that name, before any work is done: EXIT_FINE or EXIT_INTERNAL. */
enum exit_code snapshot_file_probe(struct ui *ui, const char *name);
/* Says why nothing was saved, INKAN_ELIMIT: there were more answers than a snapshot holds. Returns EXIT_INTERNAL. */
enum exit_code snapshot_file_fail(struct ui *ui, const char *name, int error);
/* Writes the answers held, whole or not at all; an older file of that name is replaced. asked_at: when DNS was asked.
 * EXIT_FINE or EXIT_INTERNAL: the result was not written. */
enum exit_code snapshot_file_save(struct ui *ui, const char *name, const struct evidence *e, unix_time asked_at);

/* Get-, New-, Set- and Rotate-DkimSigningConfig: Microsoft's words for what the registrar does with two selectors. */
#pragma once

#include "cli/command.h"
#include "cli/pipeline.h"
#include "cli/pipeline_object.h"

struct cmdlet;

/* By its name in any case; NULL: there is none. */
const struct cmdlet *cmdlet_find(struct str name);
/* The i-th name; NULL behind the last. */
const char *cmdlet_name(size_t i);

/* Reads the words behind the name and does it. Objects are added to *out, in the arena; messages go to standard error, with the place.
 * EXIT_FINDING: it could not be done because of what DNS shows, or because of the state of the identity. */
enum exit_code cmdlet_run(const struct cmdlet *cmdlet, const struct invocation *in, const struct pipeline_stage *stage,
                          struct place where, struct arena *arena, struct object_list *out);

/* The options of every command that runs cmdlets. */
extern const struct option_spec cmdlet_options[];

/* The processes of the demonstration: the service itself, and commands as a user would type them. */
#pragma once

#include "cli/demo_place.h"
#include "io/error.h"

/* Starts `inkan serve` on the configuration of the place, its log in the folder, in a process group of its own, and waits until it is
 * ready. Other than EXIT_FINE: a message was printed, with the end of the log. */
enum exit_code demo_service_start(struct ui *ui, struct demo_place *p, pid_t *out);
/* Ends it as the service manager does, and waits. True: it ended well. */
bool demo_service_stop(pid_t service);

/* Runs this program with these arguments (ended by NULL): the exit status, or a negative enum inkan_error. out: takes its standard
 * output, and nobody sees its complaints; NULL: both go where ours go. */
INKAN_MUST_CHECK int demo_run(const char *const arguments[], struct buf *out);

/* GET on 127.0.0.1: the status code, the whole reply in *out. */
INKAN_MUST_CHECK int demo_http_get(uint16_t port, const char *path, struct buf *out, struct io_error *error);

/* The folder that the demonstration of the service lives in: keys, DNS, configuration, messages, socket, log and store. */
#pragma once

#include <sys/types.h>

#include "cli/output.h"
#include "config/address.h"

#define DEMO_DOMAIN "demo.example"
#define DEMO_SERVER_IP "192.0.2.10" /* may send for the domain, by its SPF record */

enum { DEMO_PATH_MAX = SOCKET_PATH_MAX + 32 /* of a file in the folder, NUL included */ };

struct demo_place {
	char folder[SOCKET_PATH_MAX + 1]; /* "": none was made */
	int status;                       /* listens for the status page, until the service does; -1 */
	uint16_t port;                    /* of it */
	struct buf configuration;         /* text of inkan.yaml */
};

/* Makes a folder below $TMPDIR, with two keys, their records, and a configuration that any user can run, and root too. Other than
 * EXIT_FINE: a message was printed. To be removed in any case. */
enum exit_code demo_place_make(struct ui *ui, struct demo_place *out);
/* The folder with all that is in it. False: something is left. */
bool demo_place_remove(struct demo_place *p);

/* The service has its own copy of that socket now. */
void demo_place_close_status(struct demo_place *p);

void demo_path(const struct demo_place *p, const char *name, char out[DEMO_PATH_MAX]);
/* A file that everybody may read. */
enum exit_code demo_place_write(struct ui *ui, const struct demo_place *p, const char *name, struct str octets);

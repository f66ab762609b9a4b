/* Name servers for scenarios: Knot DNS as child processes on free ports of 127.0.0.1, each with a folder of its own below that of the
 * scenario. They take updates that are signed with the scenario's key. Ended by their own process id, and by the kernel where
 * the laboratory dies before it can. */
#pragma once

#include <sys/types.h>

#include "cli/output.h"
#include "io/authority.h"

enum {
	LAB_PATH_MAX = 90,  /* of the scenario's folder, NUL included: a socket below it has 108 octets at most */
	LAB_FILE_MAX = 160, /* of a file in it */
	LAB_ZONES_MAX = 3
};

/* The folder of a scenario, with the TSIG key in it. */
struct lab_place {
	char folder[LAB_PATH_MAX]; /* "": none was made */
	char tsig[LAB_FILE_MAX];   /* file of the key */
	char secret[64];           /* of the key, base64 */
};

/* Below $TMPDIR. Other than EXIT_FINE: a message was printed. To be removed in any case. */
enum exit_code lab_place_make(struct ui *ui, struct lab_place *out);
/* With all that is in it. False: something is left. */
bool lab_place_remove(struct lab_place *p);
void lab_path(const struct lab_place *p, const char *name, char out[LAB_FILE_MAX]);

struct lab_zone {
	const char *name;    /* apex */
	const char *records; /* lines of a zone file, without SOA and NS */
};

struct lab_knot {
	const struct lab_place *place;
	const char *name; /* "primary": also its folder */
	const struct lab_zone *zones;
	size_t zone_count;
	const struct lab_knot *primary; /* what it copies; NULL: it is the primary */
	uint16_t port;
	char address[32]; /* "127.0.0.1:40000" */
	pid_t pid;        /* 0: it does not run */
};

/* Starts a server and waits until it serves its zones. Other than EXIT_FINE: a message was printed (EXIT_TEMPORARY: Knot DNS is not
 * installed). `a` asks it. */
enum exit_code lab_knot_start(struct ui *ui, struct authority *a, const struct lab_place *place, const char *name,
                              const struct lab_zone *zones, size_t count, const struct lab_knot *primary,
                              struct lab_knot *out);
/* Again, on the same port, with the zones that it had when it was stopped. */
enum exit_code lab_knot_restart(struct ui *ui, struct authority *a, struct lab_knot *k);
/* One that does not run is fine. */
void lab_knot_stop(struct lab_knot *k);
/* A secondary copies its zones from the primary now, and not at other times. False: it could not. */
bool lab_knot_refresh(const struct lab_knot *k);

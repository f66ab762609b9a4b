/* Octets that are needed a second time, of a stream that can be read only once: kept in memory while they are few, else
 * in a file without a name, which nobody else can open and which goes away with the process. */
#pragma once

#include "cli/output.h"

enum { SPOOL_MEMORY_MAX = 256 * 1024 /* octets kept in memory; more go to the file */ };

struct spool {
	struct buf memory;
	int fd; /* -1 while memory suffices */
};

/* Allocates and opens nothing yet. */
void spool_init(struct spool *s);
void spool_release(struct spool *s);
/* Adds octets: 0 or errno. The file lies in $TMPDIR, else in /tmp. */
int spool_put(struct spool *s, struct str octets);
/* Copies everything, from the start: 0 or the errno of reading it back. Errors of writing are the output's. */
int spool_copy(struct spool *s, struct output *out);

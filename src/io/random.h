/* Random octets from the system. */
#pragma once

#include <stddef.h>

/* n octets fit for keys and tokens. Waits only before the system has its first entropy; never fails: a system that has
 * no random numbers ends the process. */
void random_octets(void *p, size_t n);

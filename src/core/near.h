/* Which word was meant: the distance between a word and one that is known. */
#pragma once

#include "core/str.h"

/* How many letters must be put in, left out, changed or swapped with their neighbour to get from a to b; words longer
 * than WORD_MAX count as far away. */
enum { WORD_MAX = 40 };
size_t word_distance(struct str a, struct str b);
/* Near enough to be taken for a slip: one in three letters at most, or the beginning of it. */
bool word_is_near(struct str word, struct str meant);

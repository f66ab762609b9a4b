/* The form of rspamd's configuration files (UCL), as far as they use it, as a tree. */
#pragma once

#include "config/import_parts.h"
#include "config/tree.h"

enum { UCL_DEPTH_MAX = 8, UCL_NODES_MAX = 200000 };

/* The root, a map; NULL where memory is short. What cannot be read is noted, and the rest left out. Names that stand twice in a
 * map are both there. Macros (“.include”) are noted and not followed. */
const struct node *ucl_read(struct import *i, struct str text);

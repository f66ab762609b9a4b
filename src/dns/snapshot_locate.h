/* Where in a JSON text a value stands. */
#pragma once

#include "core/str.h"

enum {
	SNAPSHOT_PATH_MAX = 8 /* deeper than any value of a snapshot */
};

/* text: valid JSON. path: `depth` numbers, each that of a member or element (from 0) of the value before. Out: line and
 * column, from 1, in characters, of the member's key or of the element. */
void snapshot_locate(struct str text, const size_t *path, size_t depth, size_t *line_out, size_t *column_out);

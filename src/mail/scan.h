/* Searching octets of a body by blocks: the inner loops of reader and canonical forms.
 *
 * The fastest form that the processor has is chosen at each call of scan_select(); all give the same results. */
#pragma once

#include "core/str.h"

struct scanner {
	/* Index of the first octet of s that may need more than being passed on in relaxed body form: a HTAB, a SP
	 * before SP, HTAB or CR (or before the end of s), a CR not before LF, an LF not after CR, a CR right after an
	 * LF (an empty line); or s.n where there is none. The first octet is judged as if `previous` stood before it. */
	size_t (*relaxed)(struct str s, char previous);
	/* Index of the first CR not before LF or LF not after CR (the last octet: a CR there counts), or s.n. */
	size_t (*bare)(struct str s, char previous);
};

/* Constant table for the processor this runs on. */
const struct scanner *scan_select(void);

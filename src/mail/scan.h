/* Searching octets of a body by blocks: the inner loops of reader and canonical forms.
 *
 * The fastest form that the processor has is chosen at each call of scan_select(); all give the same results. */
#pragma once

#include "core/str.h"

struct scanner {
	const char *name;
	/* Index of the first octet of s that relaxed body form may change: a HTAB; a SP before SP, HTAB or CR; a SP
	 * that is the last octet. s.n where there is none. */
	size_t (*relaxed)(struct str s);
	/* Index of the first octet of s for which "it is LF" and "CR stands before it" are not both true or both
	 * false: a bare LF, or what follows a bare CR. s.n where there is none. The first octet is judged as if a CR
	 * stood before it where after_cr. */
	size_t (*unpaired)(struct str s, bool after_cr);
};

/* Constant table for the processor this runs on. */
const struct scanner *scan_select(void);

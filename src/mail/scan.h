/* Octets of messages by blocks: the inner loops of reader and canonical forms.
 *
 * Every octet of every body is looked at twice: does relaxed form change it, is it a bare CR or LF? Both questions are
 * answered by the widest vectors that the processor has. What needs care is then rewritten by stretches. All variants
 * give the same messages and digests; they may cut them at different places. */
#pragma once

#include "core/str.h"

enum {
	SCAN_VARIANTS_MAX = 2,
	SCAN_STRETCH_MAX = 4096, /* octets that one call rewrites at most */
	SCAN_SLACK = 64,         /* room that vectors may write to behind what counts */
	SCAN_RELAXED_AHEAD = 2   /* octets that relaxed form needs to see behind the last one that it judges */
};

/* What a function took from its input and wrote to its output, in octets. */
struct scanned {
	size_t taken, written;
};

/* CR and LF that are not part of CRLF. A CR at the end of the input counts when the octet after it is seen. */
struct scan_bare {
	uint64_t cr, lf;
	size_t first; /* index of the first bare LF or octet after a bare CR; valid where one was counted */
};

/* after_cr: a CR stands before s. */
struct scanner {
	const char *name;

	/* Size of a start of s that relaxed body form leaves as it is; may fall short of the longest. An octet is
	 * judged together with the one after it: the result is less than s.n where s.n > 0. */
	size_t (*clean)(struct str s);

	/* Relaxed body form of a start of s: runs of WSP become one SP, or nothing before CRLF. Takes octets until
	 * SCAN_STRETCH_MAX, or SCAN_RELAXED_AHEAD from the end of s, or until nothing had to be changed for a while.
	 * out: room for SCAN_STRETCH_MAX + SCAN_SLACK. */
	struct scanned (*relax)(struct str s, char *out);

	/* Relaxed form of a field's text that has no WSP at its end: runs of WSP and of CRLF before WSP become one SP.
	 * out: room for s.n + SCAN_SLACK. Returns the end of what it wrote. */
	char *(*unfold)(struct str s, char *out);

	/* Size of a start of s in which CR and LF come in pairs only (a CR may be its last octet); may fall short. */
	size_t (*paired)(struct str s, bool after_cr);

	/* Index of the first LF, from the third octet of s on, that has another LF one or two octets before it: where an
	 * empty line may end. s.n where there is none. */
	size_t (*empty_line)(struct str s);

	/* Counts bare CR and LF of s; *bare is zero before. */
	void (*count_bare)(struct str s, bool after_cr, struct scan_bare *bare);

	/* The same, and copies s with each bare LF as CRLF. Takes octets until SCAN_STRETCH_MAX or the end of s, or
	 * until nothing had to be changed for a while. out: room for 2 * SCAN_STRETCH_MAX + SCAN_SLACK. */
	struct scanned (*mend_lf)(struct str s, bool after_cr, struct scan_bare *bare, char *out);
};

/* Constant table for the processor this runs on. */
const struct scanner *scan_select(void);
/* All variants that this processor has, the plainest first; returns their number. For tests and benchmarks. */
size_t scan_variants(const struct scanner *variants_out[SCAN_VARIANTS_MAX]);

/* What is done to stretches that need care, written once for vectors of all sizes; part of scan.c.
 *
 * A block is 64 octets. A mask says where in the block an octet stands (bit i: octet i), so that "WSP before WSP" is a
 * shift and an AND, whatever the text. Each function takes the two steps that depend on the processor as arguments and
 * is inlined where these are known. */
#pragma once

#include "mail/scan.h"

enum {
	SCAN_BLOCK = 64,
	SCAN_READABLE = 2 * SCAN_BLOCK, /* octets that mend_lf has to read from the start of a block */
	SCAN_QUIET_BLOCKS = 4,          /* after so many blocks without a change the fast loops take over again */
	SCAN_UNFOLD_AHEAD = 3           /* CR, LF and WSP have to be seen together */
};

/* Where in the block at p the octet c stands. */
typedef uint64_t scan_where(const char *p, char c);
/* Copies those octets of a block that `mask` has ones for, without gaps and HTAB as SP; returns the end of the copy. May
 * write to SCAN_SLACK octets behind it. */
typedef char *scan_keep(char *to, const char *p, uint64_t mask);

#define SCAN_INLINE static inline __attribute__((always_inline))

/* Copies s and zeros behind it. Not inlined, as compilers that know its small size make it slow "rep movs". */
static __attribute__((noinline)) const char *scan_pad(struct str s, char padded[SCAN_READABLE])
{
	memset(padded, 0, SCAN_READABLE);
	return memcpy(padded, s.p, s.n);
}

/* The start of s as a block: in place where `readable` octets follow, else with zeros behind it. */
SCAN_INLINE const char *scan_block(struct str s, size_t readable, char padded[SCAN_READABLE], size_t *n_out)
{
	*n_out = s.n < SCAN_BLOCK ? s.n : SCAN_BLOCK;
	return s.n < readable ? scan_pad(s, padded) : s.p;
}

SCAN_INLINE uint64_t scan_first_bits(size_t n)
{
	return n < 64 ? ((uint64_t)1 << n) - 1 : UINT64_MAX;
}

SCAN_INLINE struct scanned scan_relax(struct str s, char *out, scan_where *where, scan_keep *keep)
{
	char padded[SCAN_READABLE], *to = out;
	size_t taken = 0, n;

	for (unsigned quiet = 0; quiet < SCAN_QUIET_BLOCKS && taken <= SCAN_STRETCH_MAX - SCAN_BLOCK; quiet++) {
		if (s.n - taken <= SCAN_RELAXED_AHEAD)
			break;
		const char *p = scan_block(str_skip(s, taken), SCAN_BLOCK, padded, &n);
		uint64_t tab = where(p, '\t'), wsp = where(p, ' ') | tab;
		uint64_t drop = wsp & (wsp >> 1 | (where(p, '\r') >> 1 & where(p, '\n') >> 2));

		n -= SCAN_RELAXED_AHEAD;
		to = keep(to, p, ~drop & scan_first_bits(n));
		taken += n;
		if (drop | tab)
			quiet = 0;
	}
	return (struct scanned){taken, (size_t)(to - out)};
}

/* The blocks overlap by what has to be seen together; the last one may overlap more, so as to end with the text. */
SCAN_INLINE char *scan_unfold(struct str s, char *out, scan_where *where, scan_keep *keep)
{
	char padded[SCAN_READABLE], *to = out;

	for (size_t taken = 0; taken < s.n;) {
		size_t rest = s.n - taken, n = rest > SCAN_BLOCK ? SCAN_BLOCK - SCAN_UNFOLD_AHEAD : rest;
		size_t before = rest < SCAN_BLOCK && s.n >= SCAN_BLOCK ? SCAN_BLOCK - rest : 0;
		const char *p = s.n >= SCAN_BLOCK ? s.p + taken - before : scan_pad(s, padded);
		bool after_cr = taken - before > 0 && p[-1] == '\r';
		uint64_t wsp = where(p, ' ') | where(p, '\t'), cr = where(p, '\r'), lf = where(p, '\n');
		uint64_t white = wsp | (cr & lf >> 1 & wsp >> 2) | (lf & (cr << 1 | after_cr) & wsp >> 1);

		to = keep(to, p, ~(white & white >> 1) & scan_first_bits(before + n) & ~scan_first_bits(before));
		taken += n;
	}
	return to;
}

/* Counts what is bare among n octets of a block, which is at index `at` of the input; gives the mask of all that is odd:
 * the bare LFs (also *lf_out), and the octets after a bare CR. */
SCAN_INLINE uint64_t scan_note_bare(const char *p, size_t n, bool after_cr, size_t at, struct scan_bare *bare,
                                    uint64_t *lf_out, scan_where *where)
{
	uint64_t lf = where(p, '\n'), odd = (lf ^ (where(p, '\r') << 1 | after_cr)) & scan_first_bits(n);

	if (odd && bare->cr + bare->lf == 0)
		bare->first = at + (size_t)__builtin_ctzll(odd);
	*lf_out = odd & lf;
	bare->lf += (uint64_t)__builtin_popcountll(odd & lf);
	bare->cr += (uint64_t)__builtin_popcountll(odd & ~lf);
	return odd;
}

SCAN_INLINE void scan_count_bare(struct str s, bool after_cr, struct scan_bare *bare, scan_where *where)
{
	char padded[SCAN_READABLE];
	uint64_t lf;

	for (size_t at = 0, n; at < s.n; at += n) {
		const char *p = scan_block(str_skip(s, at), SCAN_BLOCK, padded, &n);

		scan_note_bare(p, n, after_cr, at, bare, &lf, where);
		after_cr = p[n - 1] == '\r';
	}
}

/* Copies n octets of a block, SCAN_READABLE octets of which can be read, with CRLF for each LF that the mask has; returns
 * the end of the copy. */
SCAN_INLINE char *scan_copy_mended(char *to, const char *p, size_t n, uint64_t lf)
{
	size_t from = 0;

	for (; lf; lf &= lf - 1) {
		size_t end = (size_t)__builtin_ctzll(lf);

		memcpy(to, p + from, SCAN_BLOCK);
		to += end - from;
		*to++ = '\r';
		*to++ = '\n';
		from = end + 1;
	}
	memcpy(to, p + from, SCAN_BLOCK);
	return to + (n - from);
}

SCAN_INLINE struct scanned scan_mend_lf(struct str s, bool after_cr, struct scan_bare *bare, char *out,
                                        scan_where *where)
{
	char padded[SCAN_READABLE], *to = out;
	size_t taken = 0, n;
	uint64_t lf;

	for (unsigned quiet = 0; quiet < SCAN_QUIET_BLOCKS && taken <= SCAN_STRETCH_MAX - SCAN_BLOCK; quiet++) {
		if (taken == s.n)
			break;
		const char *p = scan_block(str_skip(s, taken), SCAN_READABLE, padded, &n);

		if (scan_note_bare(p, n, after_cr, taken, bare, &lf, where))
			quiet = 0;
		to = scan_copy_mended(to, p, n, lf);
		after_cr = p[n - 1] == '\r';
		taken += n;
	}
	return (struct scanned){taken, (size_t)(to - out)};
}

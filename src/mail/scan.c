/* Two variants: vectors of 16 octets as the compiler knows them for any processor (SSE2, NEON ...), and AVX2.
 *
 * AVX-512 was measured: its loops are half as fast again, but the processor lowers its clock for the hashing between
 * them, so that the whole gets slower.
 *
 * The fast loops look at each vector together with the one that starts an octet later (clean) or earlier (paired). To
 * be cheap, clean_*() also stop at SP before a control character. */
#include "mail/scan.h"

#include "mail/scan_kernels.h"

#if defined(__x86_64__)
#include <immintrin.h>
#endif

enum { FETCH_AHEAD = 2048 };

typedef unsigned char v16 __attribute__((vector_size(16)));

static inline v16 load16(const char *p)
{
	v16 v;

	memcpy(&v, p, sizeof v);
	return v;
}

static inline void store16(char *p, v16 v)
{
	memcpy(p, &v, sizeof v);
}

static inline v16 all16(char c)
{
	return (v16){0} + (unsigned char)c;
}

static inline v16 equal16(v16 v, char c)
{
	return (v16)(v == all16(c));
}

/* bit i: octet i of the vector is 0xff (the others are 0) */
static inline unsigned bits16(v16 v)
{
#if defined(__SSE2__)
	return (unsigned)_mm_movemask_epi8((__m128i)v);
#else
	const v16 bit = {1, 2, 4, 8, 16, 32, 64, 128, 1, 2, 4, 8, 16, 32, 64, 128};
	unsigned bits = 0;

	v &= bit;
	for (unsigned i = 0; i < 16; i++)
		bits |= (unsigned)v[i] << (i & 8);
	return bits;
#endif
}

static inline uint64_t where_16(const char *p, char c)
{
	uint64_t mask = 0;

	for (unsigned i = 0; i < SCAN_BLOCK; i += 16)
		mask |= (uint64_t)bits16(equal16(load16(p + i), c)) << i;
	return mask;
}

/* Run by run, from a copy that may be read beyond its end. */
static inline char *keep_16(char *to, const char *p, uint64_t mask)
{
	char block[2 * SCAN_BLOCK] = {0};

	for (size_t i = 0; i < SCAN_BLOCK; i += 16) {
		v16 v = load16(p + i), tab = equal16(v, '\t');

		store16(block + i, (v & ~tab) | (tab & all16(' ')));
	}
	while (mask) {
		unsigned start = (unsigned)__builtin_ctzll(mask);
		uint64_t gone = ~(mask >> start);

		memcpy(to, block + start, SCAN_BLOCK);
		to += gone ? __builtin_ctzll(gone) : SCAN_BLOCK;
		mask &= mask + ((uint64_t)1 << start); /* without its lowest run of ones */
	}
	return to;
}

static inline v16 needs_care16(const char *p)
{
	v16 v = load16(p), white_next = (v16)(load16(p + 1) <= all16(' '));

	return (equal16(v, ' ') & white_next) | equal16(v, '\t');
}

static inline v16 unpaired16(const char *p)
{
	return equal16(load16(p), '\n') ^ equal16(load16(p - 1), '\r');
}

/* True where the first octet fits what stands before it. */
static bool first_is_paired(struct str s, bool after_cr)
{
	return s.n && (s.p[0] == '\n') == after_cr;
}

static size_t clean_rest(struct str s, size_t at)
{
	for (; s.n - at > 16; at += 16)
		if (bits16(needs_care16(s.p + at)))
			return at;
	/* the last octets, together with some before them */
	return s.n > 16 && !bits16(needs_care16(s.p + s.n - 17)) ? s.n - 1 : at;
}

static size_t paired_rest(struct str s, size_t at)
{
	for (; s.n - at >= 16; at += 16)
		if (bits16(unpaired16(s.p + at)))
			return at;
	if (s.n > 16)
		return bits16(unpaired16(s.p + s.n - 16)) ? at : s.n;
	while (at < s.n && (s.p[at] == '\n') == (s.p[at - 1] == '\r'))
		at++;
	return at;
}

static size_t clean_16(struct str s)
{
	size_t at = 0;

	for (; s.n - at > 64; at += 64) {
		v16 care = needs_care16(s.p + at) | needs_care16(s.p + at + 16) | needs_care16(s.p + at + 32) |
		           needs_care16(s.p + at + 48);

		if (bits16(care))
			return at;
	}
	return clean_rest(s, at);
}

static size_t paired_16(struct str s, bool after_cr)
{
	size_t at = 1;

	if (!first_is_paired(s, after_cr))
		return 0;
	for (; s.n - at >= 64; at += 64) {
		v16 odd = unpaired16(s.p + at) | unpaired16(s.p + at + 16) | unpaired16(s.p + at + 32) |
		          unpaired16(s.p + at + 48);

		if (bits16(odd))
			return at;
	}
	return paired_rest(s, at);
}

static size_t empty_line_rest(struct str s, size_t at)
{
	while (at < s.n && !(s.p[at] == '\n' && (s.p[at - 1] == '\n' || s.p[at - 2] == '\n')))
		at++;
	return at < s.n ? at : s.n;
}

static size_t empty_line_16(struct str s)
{
	size_t at = 2;

	for (; s.n >= 18 && at <= s.n - 16; at += 16) {
		const char *p = s.p + at;

		if (bits16(equal16(load16(p), '\n') & (equal16(load16(p - 1), '\n') | equal16(load16(p - 2), '\n'))))
			break;
	}
	return empty_line_rest(s, at);
}

static struct scanned relax_16(struct str s, char *out)
{
	return scan_relax(s, out, where_16, keep_16);
}

static char *unfold_16(struct str s, char *out)
{
	return scan_unfold(s, out, where_16, keep_16);
}

static void count_bare_16(struct str s, bool after_cr, struct scan_bare *bare)
{
	scan_count_bare(s, after_cr, bare, where_16);
}

static struct scanned mend_lf_16(struct str s, bool after_cr, struct scan_bare *bare, char *out)
{
	return scan_mend_lf(s, after_cr, bare, out, where_16);
}

static const struct scanner scanner_16 = {
	.name = "16 octets",
	.clean = clean_16,
	.relax = relax_16,
	.unfold = unfold_16,
	.paired = paired_16,
	.empty_line = empty_line_16,
	.count_bare = count_bare_16,
	.mend_lf = mend_lf_16,
};

#if defined(__x86_64__)

#define AVX2 __attribute__((target("avx2,bmi,popcnt")))

/* Has the 128 octets that stand FETCH_AHEAD further on fetched, which may be beyond the text: the fast loops go through
 * bodies that are in no near cache yet, and the processor does not look ahead far enough by itself. */
static inline void fetch(const char *p)
{
	uintptr_t ahead = (uintptr_t)p + FETCH_AHEAD;

	__builtin_prefetch((const void *)ahead);
	__builtin_prefetch((const void *)(ahead + 64));
}

AVX2 static inline __m256i load32(const char *p)
{
	return _mm256_loadu_si256((const __m256i *)(const void *)p);
}

AVX2 static inline uint64_t where_32(const char *p, char c)
{
	__m256i all = _mm256_set1_epi8(c);
	unsigned low = (unsigned)_mm256_movemask_epi8(_mm256_cmpeq_epi8(load32(p), all));
	unsigned high = (unsigned)_mm256_movemask_epi8(_mm256_cmpeq_epi8(load32(p + 32), all));

	return (uint64_t)high << 32 | low;
}

/* For each mask of eight bits the positions of its ones, lowest first, one an octet. */
#define ONE_AT(mask, i) (uint64_t)((mask) >> (i)&1 ? (i) : 0) << 8 * __builtin_popcount((mask) & ((1 << (i)) - 1))
#define ONES(mask)                                                                                                  \
	ONE_AT(mask, 1) | ONE_AT(mask, 2) | ONE_AT(mask, 3) | ONE_AT(mask, 4) | ONE_AT(mask, 5) | ONE_AT(mask, 6) | \
		ONE_AT(mask, 7)
#define ONES_4(mask) ONES(mask), ONES((mask) + 1), ONES((mask) + 2), ONES((mask) + 3)
#define ONES_16(mask) ONES_4(mask), ONES_4((mask) + 4), ONES_4((mask) + 8), ONES_4((mask) + 12)
#define ONES_64(mask) ONES_16(mask), ONES_16((mask) + 16), ONES_16((mask) + 32), ONES_16((mask) + 48)
static const uint64_t ones[256] = {ONES_64(0), ONES_64(64), ONES_64(128), ONES_64(192)};

/* The mask's ones among the eight low octets of v go to `to`; eight octets are written. */
AVX2 static inline char *keep_8(char *to, __m128i v, unsigned mask)
{
	_mm_storel_epi64((__m128i *)(void *)to, _mm_shuffle_epi8(v, _mm_loadl_epi64((const void *)&ones[mask])));
	return to + __builtin_popcount(mask);
}

AVX2 static inline char *keep_32(char *to, const char *p, uint64_t keep)
{
	const __m128i tab = _mm_set1_epi8('\t'), to_sp = _mm_set1_epi8('\t' ^ ' ');

#pragma GCC unroll 4
	for (size_t i = 0; i < SCAN_BLOCK; i += 16, keep >>= 16) {
		__m128i v = _mm_loadu_si128((const __m128i *)(const void *)(p + i));

		v = _mm_xor_si128(v, _mm_and_si128(_mm_cmpeq_epi8(v, tab), to_sp));
		to = keep_8(to, v, keep & 0xff);
		to = keep_8(to, _mm_unpackhi_epi64(v, v), keep >> 8 & 0xff);
	}
	return to;
}

/* Where an octet between `at` and `end` needs care, less at most 15; `end` where none does. */
AVX2 static size_t clean_until(const char *p, size_t at, size_t end)
{
	while (at < end && !bits16(needs_care16(p + at)))
		at += 16;
	return at;
}

AVX2 static size_t clean_32(struct str s)
{
	const __m256i sp = _mm256_set1_epi8(' '), tab = _mm256_set1_epi8('\t');
	size_t at = 0;

	for (; s.n - at > 128; at += 128) {
		__m256i care = _mm256_setzero_si256(), least = sp;

		fetch(s.p + at);
#pragma GCC unroll 4
		for (size_t i = 0; i < 128; i += 32) {
			__m256i v = load32(s.p + at + i), next = load32(s.p + at + i + 1);

			least = _mm256_min_epu8(least, v);
			care = _mm256_or_si256(care, _mm256_cmpeq_epi8(_mm256_max_epu8(v, next), sp));
		}
		care = _mm256_or_si256(care, _mm256_cmpeq_epi8(_mm256_min_epu8(least, tab), least));
		if (!_mm256_testz_si256(care, care)) {
			size_t exact = clean_until(s.p, at, at + 128);

			if (exact < at + 128)
				return exact;
		}
	}
	return clean_rest(s, at);
}

AVX2 static size_t paired_32(struct str s, bool after_cr)
{
	const __m256i cr = _mm256_set1_epi8('\r'), lf = _mm256_set1_epi8('\n');
	size_t at = 1;

	if (!first_is_paired(s, after_cr))
		return 0;
	for (; s.n - at >= 128; at += 128) {
		__m256i odd = _mm256_setzero_si256();

		fetch(s.p + at);
#pragma GCC unroll 4
		for (size_t i = 0; i < 128; i += 32) {
			__m256i is_lf = _mm256_cmpeq_epi8(load32(s.p + at + i), lf);
			__m256i was_cr = _mm256_cmpeq_epi8(load32(s.p + at + i - 1), cr);

			odd = _mm256_or_si256(odd, _mm256_xor_si256(is_lf, was_cr));
		}
		if (!_mm256_testz_si256(odd, odd))
			return at;
	}
	return paired_rest(s, at);
}

AVX2 static size_t empty_line_32(struct str s)
{
	const __m256i lf = _mm256_set1_epi8('\n');
	size_t at = 2;

	for (; s.n >= 34 && at <= s.n - 32; at += 32) {
		__m256i before = _mm256_or_si256(_mm256_cmpeq_epi8(load32(s.p + at - 1), lf),
		                                 _mm256_cmpeq_epi8(load32(s.p + at - 2), lf));

		if (_mm256_movemask_epi8(_mm256_and_si256(_mm256_cmpeq_epi8(load32(s.p + at), lf), before)))
			break;
	}
	return empty_line_rest(s, at);
}

AVX2 static struct scanned relax_32(struct str s, char *out)
{
	return scan_relax(s, out, where_32, keep_32);
}

AVX2 static char *unfold_32(struct str s, char *out)
{
	return scan_unfold(s, out, where_32, keep_32);
}

AVX2 static void count_bare_32(struct str s, bool after_cr, struct scan_bare *bare)
{
	scan_count_bare(s, after_cr, bare, where_32);
}

AVX2 static struct scanned mend_lf_32(struct str s, bool after_cr, struct scan_bare *bare, char *out)
{
	return scan_mend_lf(s, after_cr, bare, out, where_32);
}

static const struct scanner scanner_32 = {
	.name = "AVX2",
	.clean = clean_32,
	.relax = relax_32,
	.unfold = unfold_32,
	.paired = paired_32,
	.empty_line = empty_line_32,
	.count_bare = count_bare_32,
	.mend_lf = mend_lf_32,
};

static bool has_avx2(void)
{
	return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("bmi") && __builtin_cpu_supports("popcnt");
}

const struct scanner *scan_select(void)
{
	return has_avx2() ? &scanner_32 : &scanner_16;
}

#else

const struct scanner *scan_select(void)
{
	return &scanner_16;
}

#endif

size_t scan_variants(const struct scanner *variants_out[SCAN_VARIANTS_MAX])
{
	size_t n = 0;

	variants_out[n++] = &scanner_16;
	if (scan_select() != &scanner_16)
		variants_out[n++] = scan_select();
	return n;
}

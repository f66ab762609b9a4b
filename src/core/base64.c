#include "core/base64.h"

static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

enum { BAD = 0x80, SKIP = 0x81, PAD = 0x82 };

/* clang-format off */
#define B BAD
#define W SKIP
/* Value of each octet in base64. */
static const unsigned char decode_table[256] = {
	B,  B,	B,  B,	B,  B,	B,  B,	B,  W,	W,  B,	B,  W,	B,  B,	/* 00: HTAB LF CR */
	B,  B,	B,  B,	B,  B,	B,  B,	B,  B,	B,  B,	B,  B,	B,  B,	/* 10 */
	W,  B,	B,  B,	B,  B,	B,  B,	B,  B,	B,  62, B,  B,	B,  63, /* 20: SP + / */
	52, 53, 54, 55, 56, 57, 58, 59, 60, 61, B,  B,	B,  PAD, B, B,	/* 30: 0-9 = */
	B,  0,	1,  2,	3,  4,	5,  6,	7,  8,	9,  10, 11, 12, 13, 14, /* 40: A-O */
	15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, B,	B,  B,	B,  B,	/* 50: P-Z */
	B,  26, 27, 28, 29, 30, 31, 32, 33, 34, 35, 36, 37, 38, 39, 40, /* 60: a-o */
	41, 42, 43, 44, 45, 46, 47, 48, 49, 50, 51, B,	B,  B,	B,  B,	/* 70: p-z */
	B,  B,	B,  B,	B,  B,	B,  B,	B,  B,	B,  B,	B,  B,	B,  B,	B, B, B, B, B, B, B, B, B, B, B, B, B, B, B, B,
	B,  B,	B,  B,	B,  B,	B,  B,	B,  B,	B,  B,	B,  B,	B,  B,	B, B, B, B, B, B, B, B, B, B, B, B, B, B, B, B,
	B,  B,	B,  B,	B,  B,	B,  B,	B,  B,	B,  B,	B,  B,	B,  B,	B, B, B, B, B, B, B, B, B, B, B, B, B, B, B, B,
	B,  B,	B,  B,	B,  B,	B,  B,	B,  B,	B,  B,	B,  B,	B,  B,	B, B, B, B, B, B, B, B, B, B, B, B, B, B, B, B,
};
#undef B
#undef W
/* clang-format on */

/* Sixteen octets; the same as four groups of four symbols. */
typedef unsigned char v16 __attribute__((vector_size(16)));
typedef uint32_t v4 __attribute__((vector_size(16)));

static inline v16 between(v16 v, unsigned char first, unsigned char last)
{
	return (v16)(v - first <= (v16){0} + (unsigned char)(last - first));
}

/* Octets of all ones at the start; the machine is little-endian. */
static inline unsigned leading_ones(v16 v)
{
	uint64_t zeros[2];

	v = ~v;
	memcpy(zeros, &v, sizeof zeros);
	return zeros[0]   ? (unsigned)__builtin_ctzll(zeros[0]) / 8
	       : zeros[1] ? (unsigned)__builtin_ctzll(zeros[1]) / 8 + 8
	                  : 16;
}

/* Decodes the groups of four symbols of the alphabet at the start of sixteen octets; returns the number of symbols. Writes
 * fourteen octets whatever they are. */
static inline unsigned decode_sixteen(const char *p, unsigned char *out)
{
	v16 v;
	uint64_t w[2];

	memcpy(&v, p, sizeof v);
	v16 upper = between(v, 'A', 'Z'), lower = between(v, 'a', 'z'), digit = between(v, '0', '9');
	v16 plus = (v16)(v == '+'), slash = (v16)(v == '/');
	unsigned symbols = leading_ones(upper | lower | digit | plus | slash);

	v -= (upper & 'A') | (lower & ('a' - 26)) | (digit & (unsigned char)('0' - 52)) |
	     (plus & (unsigned char)('+' - 62)) | (slash & (unsigned char)('/' - 63));
	v4 group = (v4)v;

	group = (group & 0x3f) << 18 | (group & 0x3f00) << 4 | (group & 0x3f0000) >> 10 | group >> 24;
	memcpy(w, &group, sizeof w);
	for (int k = 0; k < 2; k++) {
		w[k] = __builtin_bswap64(w[k] << 40 | w[k] >> 32 << 16);
		memcpy(out + 6 * k, &w[k], sizeof w[k]);
	}
	return symbols / 4 * 4;
}

/* Groups of four symbols until there is something else. Where there are sixteen octets more, there is room to write two
 * more than they decode to. */
static size_t decode_groups(struct str text, unsigned char *out, size_t *written)
{
	size_t i = 0, o = 0;
	unsigned symbols = 16;

	while (symbols == 16 && __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__ && text.n - i >= 16) {
		symbols = decode_sixteen(text.p + i, out + o);
		i += symbols;
		o += symbols / 4 * 3;
	}
	for (; symbols == 16 && text.n - i >= 4; i += 4, o += 3) {
		unsigned a = decode_table[(unsigned char)text.p[i]], b = decode_table[(unsigned char)text.p[i + 1]];
		unsigned c = decode_table[(unsigned char)text.p[i + 2]], d = decode_table[(unsigned char)text.p[i + 3]];

		if ((a | b | c | d) & BAD)
			break;
		unsigned group = a << 18 | b << 12 | c << 6 | d;

		out[o] = (unsigned char)(group >> 16);
		out[o + 1] = (unsigned char)(group >> 8);
		out[o + 2] = (unsigned char)group;
	}
	*written = o;
	return i;
}

bool base64_decode(struct str text, enum base64_mode mode, unsigned char *out, size_t *size_out, size_t *position_out)
{
	size_t o = 0, i = 0, pads = 0, symbols = 0;
	unsigned group = 0;

	while (i < text.n) {
		unsigned v = decode_table[(unsigned char)text.p[i]];

		if (v < 64 && symbols == 0 && pads == 0) {
			size_t written, read = decode_groups(str_skip(text, i), out + o, &written);

			o += written;
			i += read;
			if (read)
				continue;
		}
		if (v == PAD && symbols + pads < 4 && symbols >= 2) {
			pads++;
		} else if (v < 64 && pads == 0) {
			group = group << 6 | v;
			if (++symbols == 4) {
				out[o] = (unsigned char)(group >> 16);
				out[o + 1] = (unsigned char)(group >> 8);
				out[o + 2] = (unsigned char)group;
				o += 3;
				symbols = 0;
				group = 0;
			}
		} else if (v != SKIP || mode == BASE64_STRICT) {
			goto bad;
		}
		i++;
	}
	if (symbols == 1 || (pads && symbols + pads != 4) || (mode == BASE64_STRICT && symbols && !pads))
		goto bad;
	if (mode == BASE64_STRICT && symbols && (group & (symbols == 2 ? 0x0f : 0x03)))
		goto bad;
	if (symbols >= 2)
		out[o++] = (unsigned char)(symbols == 2 ? group >> 4 : group >> 10);
	if (symbols == 3)
		out[o++] = (unsigned char)(group >> 2);
	*size_out = o;
	return true;
bad:
	if (position_out)
		*position_out = i;
	return false;
}

void base64_encode(struct buf *out, const unsigned char *p, size_t n)
{
	char *to = buf_reserve(out, base64_encoded_size(n));
	size_t o = 0;

	if (!to)
		return;
	for (; n >= 3; p += 3, n -= 3) {
		unsigned group = (unsigned)p[0] << 16 | (unsigned)p[1] << 8 | p[2];

		to[o++] = alphabet[group >> 18];
		to[o++] = alphabet[group >> 12 & 63];
		to[o++] = alphabet[group >> 6 & 63];
		to[o++] = alphabet[group & 63];
	}
	if (n) {
		unsigned group = (unsigned)p[0] << 16 | (n == 2 ? (unsigned)p[1] << 8 : 0);

		to[o++] = alphabet[group >> 18];
		to[o++] = alphabet[group >> 12 & 63];
		to[o++] = n == 2 ? alphabet[group >> 6 & 63] : '=';
		to[o++] = '=';
	}
	buf_commit(out, o);
}

void hex_encode(struct buf *out, const unsigned char *p, size_t n)
{
	char *to = n > SIZE_MAX / 2 ? NULL : buf_reserve(out, n * 2);

	if (!to)
		return;
	for (size_t i = 0; i < n; i++) {
		to[2 * i] = "0123456789abcdef"[p[i] >> 4];
		to[2 * i + 1] = "0123456789abcdef"[p[i] & 15];
	}
	buf_commit(out, n * 2);
}

static int hex_value(char c)
{
	if (is_digit(c))
		return c - '0';
	c = to_lower(c);
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

bool hex_decode(struct str text, unsigned char *out, size_t *size_out)
{
	if (text.n % 2)
		return false;
	for (size_t i = 0; i < text.n; i += 2) {
		int high = hex_value(text.p[i]), low = hex_value(text.p[i + 1]);

		if (high < 0 || low < 0)
			return false;
		out[i / 2] = (unsigned char)(high << 4 | low);
	}
	*size_out = text.n / 2;
	return true;
}

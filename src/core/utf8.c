#include "core/utf8.h"

static bool is_continuation(char c)
{
	return ((unsigned char)c & 0xc0) == 0x80;
}

size_t utf8_char_size(struct str s)
{
	if (s.n == 0)
		return 0;
	unsigned char first = (unsigned char)s.p[0];

	if (first < 0x80)
		return 1;
	size_t size = first >= 0xc2 && first < 0xe0   ? 2
	              : (first & 0xf0) == 0xe0        ? 3
	              : first >= 0xf0 && first < 0xf5 ? 4
	                                              : 0;

	if (size == 0 || s.n < size)
		return 0;
	for (size_t i = 1; i < size; i++)
		if (!is_continuation(s.p[i]))
			return 0;
	unsigned char second = (unsigned char)s.p[1];

	if ((first == 0xe0 && second < 0xa0) || (first == 0xed && second >= 0xa0) || (first == 0xf0 && second < 0x90) ||
	    (first == 0xf4 && second >= 0x90))
		return 0;
	return size;
}

bool utf8_is_valid(struct str s)
{
	while (s.n) {
		size_t n = utf8_char_size(s);

		if (n == 0)
			return false;
		s = str_skip(s, n);
	}
	return true;
}

size_t utf8_put(uint32_t code, char *out)
{
	if (code < 0x80) {
		out[0] = (char)code;
		return 1;
	}
	if (code < 0x800) {
		out[0] = (char)(0xc0 | code >> 6);
		out[1] = (char)(0x80 | (code & 63));
		return 2;
	}
	if (code > 0x10ffff || (code >= 0xd800 && code < 0xe000))
		return 0;
	if (code < 0x10000) {
		out[0] = (char)(0xe0 | code >> 12);
		out[1] = (char)(0x80 | (code >> 6 & 63));
		out[2] = (char)(0x80 | (code & 63));
		return 3;
	}
	out[0] = (char)(0xf0 | code >> 18);
	out[1] = (char)(0x80 | (code >> 12 & 63));
	out[2] = (char)(0x80 | (code >> 6 & 63));
	out[3] = (char)(0x80 | (code & 63));
	return 4;
}

bool utf8_next(struct str *rest, struct str *text_out, uint32_t *code_out)
{
	size_t n = utf8_char_size(*rest);
	unsigned char first = (unsigned char)*rest->p;

	*text_out = str_head(*rest, n ? n : 1);
	*code_out = n < 2 ? first : first & (0xffu >> (n + 1));
	for (size_t i = 1; i < n; i++)
		*code_out = *code_out << 6 | ((unsigned char)rest->p[i] & 0x3fu);
	*rest = str_skip(*rest, n ? n : 1);
	return n != 0;
}

/* Octets of the character that s begins with, where it may be shown; 0 where not. */
static size_t shown_size(struct str s)
{
	unsigned char first = (unsigned char)s.p[0];

	if (first < 0x20 || first == 0x7f || (first == 0xc2 && s.n > 1 && (unsigned char)s.p[1] < 0xa0))
		return 0;
	return utf8_char_size(s);
}

const char *utf8_shown(struct arena *arena, struct str s, size_t max, char instead)
{
	struct str copy = arena_str(arena, str_head(s, max));
	char *p = (char *)(uintptr_t)copy.p;

	for (size_t i = str_graphic(copy); i < copy.n;) {
		size_t size = shown_size(str_skip(copy, i));

		if (size == 0)
			p[i] = instead;
		i += size ? size : 1;
	}
	return p ? p : "";
}

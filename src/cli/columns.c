/* Text on a terminal: measured, cut, wrapped. The declarations are in output.h. */
#include "cli/output.h"
#include "core/utf8.h"

struct range {
	uint32_t first, last;
};

static const struct range zero_width[] = {
	{0x0300, 0x036f}, {0x0483, 0x0489}, {0x0591, 0x05bd}, {0x0610, 0x061a},   {0x064b, 0x065f}, {0x0e31, 0x0e31},
	{0x0e34, 0x0e3a}, {0x0e47, 0x0e4e}, {0x1ab0, 0x1aff}, {0x1dc0, 0x1dff},   {0x20d0, 0x20ff}, {0x302a, 0x302d},
	{0x3099, 0x309a}, {0xfe00, 0xfe0f}, {0xfe20, 0xfe2f}, {0xe0100, 0xe01ef},
};

/* East Asian Width W and F (UAX 11). */
static const struct range wide[] = {
	{0x1100, 0x115f},   {0x231a, 0x231b},   {0x2329, 0x232a},   {0x23e9, 0x23ec},   {0x25fd, 0x25fe},
	{0x2614, 0x2615},   {0x2648, 0x2653},   {0x26a1, 0x26a1},   {0x2705, 0x2705},   {0x270a, 0x270b},
	{0x274c, 0x274c},   {0x2753, 0x2755},   {0x2757, 0x2757},   {0x2795, 0x2797},   {0x2b1b, 0x2b1c},
	{0x2e80, 0x303e},   {0x3041, 0x4dbf},   {0x4e00, 0xa4cf},   {0xa960, 0xa97f},   {0xac00, 0xd7a3},
	{0xf900, 0xfaff},   {0xfe10, 0xfe19},   {0xfe30, 0xfe6f},   {0xff01, 0xff60},   {0xffe0, 0xffe6},
	{0x16fe0, 0x18cff}, {0x1b000, 0x1b2ff}, {0x1f300, 0x1f64f}, {0x1f680, 0x1f6ff}, {0x1f900, 0x1f9ff},
	{0x20000, 0x3fffd},
};

static bool is_in(const struct range *ranges, size_t count, uint32_t code)
{
	size_t low = 0, high = count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (code > ranges[middle].last)
			low = middle + 1;
		else
			high = middle;
	}
	return low < count && code >= ranges[low].first;
}

#define IS_IN(ranges, code) is_in(ranges, sizeof(ranges) / sizeof(*(ranges)), code)

static size_t columns_of(bool is_utf8, uint32_t code)
{
	return !is_utf8 ? 1 : IS_IN(zero_width, code) ? 0 : IS_IN(wide, code) ? 2 : 1;
}

size_t text_columns(struct str s)
{
	size_t columns = 0;

	while (s.n) {
		struct str text;
		uint32_t code;
		bool is_utf8 = utf8_next(&s, &text, &code);

		columns += columns_of(is_utf8, code);
	}
	return columns;
}

/* The longest beginning of s that takes at most `columns`. */
static struct str head_columns(struct str s, size_t columns)
{
	struct str rest = s, text;
	size_t used = 0;
	uint32_t code;

	while (rest.n) {
		struct str before = rest;
		bool is_utf8 = utf8_next(&rest, &text, &code);

		used += columns_of(is_utf8, code);
		if (used > columns)
			return str_head(s, s.n - before.n);
	}
	return s;
}

void text_padded(struct buf *out, struct str s, size_t columns)
{
	size_t used = text_columns(s);

	if (used > columns) {
		struct str head = head_columns(s, columns ? columns - 1 : 0);

		buf_put(out, head);
		buf_put_c(out, columns ? "…" : "");
		used = columns ? text_columns(head) + 1 : 0;
	} else {
		buf_put(out, s);
	}
	for (; used < columns; used++)
		buf_put_char(out, ' ');
}

/* Characters that must not start a line in Japanese: closing brackets and stops, small kana, the long-vowel mark. */
static bool is_kept_behind(struct str character)
{
	static const char kept[] = "、。，．・：；？！）］｝」』】〉》ーっゃゅょァィゥェォッャュョ々…)],.;:!?”";

	return str_search(STR(kept), character) < sizeof(kept) - 1;
}

/* Characters that must not end a line: opening brackets. */
static bool is_kept_before(struct str character)
{
	static const char kept[] = "（［｛「『【〈《“([";

	return str_search(STR(kept), character) < sizeof(kept) - 1;
}

/* How much of `line` (without "\n") goes to one output line of `columns` columns; at least one character. */
static struct str wrap_once(struct str line, size_t columns)
{
	struct str rest = line, text, last = STR_NULL;
	size_t used = 0, cut = 0;
	uint32_t code;
	bool last_wide = false;

	while (rest.n) {
		size_t at = line.n - rest.n;
		bool is_utf8 = utf8_next(&rest, &text, &code);
		size_t width = columns_of(is_utf8, code);

		if (text.n == 1 && *text.p == ' ')
			cut = at;
		else if (last.n && (last_wide || width == 2) && !is_kept_behind(text) && !is_kept_before(last) &&
		         *last.p != ' ')
			cut = at;
		used += width;
		if (used > columns && at)
			return str_head(line, cut ? cut : at);
		last = text;
		last_wide = width == 2;
	}
	return line;
}

void text_wrapped(struct buf *out, struct str s, size_t indent, size_t columns)
{
	for (bool first = true; s.n; first = false) {
		struct str line = str_split(&s, '\n');

		do {
			struct str part = wrap_once(line, columns);

			line = str_skip(line, part.n);
			while (line.n && part.n && part.p[part.n - 1] == ' ')
				part.n--;
			while (line.n && *line.p == ' ')
				line = str_skip(line, 1);
			if (!first)
				buf_put_char(out, '\n');
			for (size_t i = 0; !first && part.n && i < indent; i++)
				buf_put_char(out, ' ');
			buf_put(out, part);
			first = false;
		} while (line.n);
	}
}

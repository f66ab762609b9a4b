/* Characters that a terminal or its reader may be misled by come out as escapes. */
#include "core/safe_text.h"

#include "core/utf8.h"

struct range {
	uint32_t first, last;
};

/* Controls, line and paragraph separators, direction marks, invisible joiners and tags, the byte order mark. */
static const struct range unsafe[] = {
	{0x0000, 0x001f}, {0x007f, 0x009f}, {0x00ad, 0x00ad}, {0x061c, 0x061c}, {0x180e, 0x180e},   {0x200b, 0x200f},
	{0x2028, 0x202e}, {0x2060, 0x206f}, {0xfeff, 0xfeff}, {0xfff9, 0xfffb}, {0xe0000, 0xe007f},
};

static bool is_unsafe(uint32_t code)
{
	if (code >= 0x20 && code < 0x7f)
		return false;
	for (size_t i = 0; i < sizeof(unsafe) / sizeof *unsafe; i++)
		if (code >= unsafe[i].first && code <= unsafe[i].last)
			return true;
	return false;
}

static void put_escape(struct buf *out, bool is_utf8, uint32_t code)
{
	if (code == '\n' || code == '\r' || code == '\t')
		buf_printf(out, "\\%c", code == '\n' ? 'n' : code == '\r' ? 'r' : 't');
	else if (!is_utf8 || code < 0x80)
		buf_printf(out, "\\x%02x", (unsigned)code);
	else
		buf_printf(out, "\\u{%x}", (unsigned)code);
}

static size_t plain_ascii(struct str s)
{
	size_t n = 0;

	while (n < s.n && s.p[n] >= 0x20 && s.p[n] < 0x7f)
		n++;
	return n;
}

void safe_text(struct buf *out, struct str s)
{
	while (s.n) {
		size_t plain = plain_ascii(s);
		struct str text;
		uint32_t code;

		if (plain) {
			buf_put(out, str_head(s, plain));
			s = str_skip(s, plain);
			continue;
		}
		bool is_utf8 = utf8_next(&s, &text, &code);

		if (is_utf8 && !is_unsafe(code))
			buf_put(out, text);
		else
			put_escape(out, is_utf8, code);
	}
}

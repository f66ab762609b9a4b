#include "explain/template.h"

#include "core/safe_text.h"
#include "core/utf8.h"

/* The start of s, at most TEMPLATE_VALUE_MAX octets of it, that ends with a whole character. */
static struct str cut(struct str s)
{
	struct str head = str_head(s, TEMPLATE_VALUE_MAX);
	size_t back = 0;

	if (head.n == s.n)
		return s;
	while (back < 4 && head.n > back && ((unsigned char)head.p[head.n - 1 - back] & 0xc0) == 0x80)
		back++;
	if (head.n > back && (unsigned char)head.p[head.n - 1 - back] >= 0xc0 &&
	    utf8_char_size(str_skip(head, head.n - 1 - back)) == 0)
		head.n -= back + 1;
	return head;
}

void template_put_value(struct buf *out, struct str value)
{
	struct str head = cut(value);

	safe_text(out, head);
	buf_put_c(out, head.n < value.n ? "…" : "");
}

void template_put(struct buf *out, struct text text, enum language language, template_value *value, void *context)
{
	struct str rest = str_c(text_in(language, text));

	while (rest.n) {
		size_t open = str_find(rest, '{');

		buf_put(out, str_head(rest, open));
		rest = str_skip(rest, open);
		if (rest.n == 0)
			break;
		size_t end = str_find(rest, '}');

		if (end < rest.n && value(context, out, str_from(rest.p + 1, end - 1), language)) {
			rest = str_skip(rest, end + 1);
		} else {
			buf_put_char(out, '{');
			rest = str_skip(rest, 1);
		}
	}
}

const char *template_keep(struct arena *arena, const struct buf *text)
{
	if (buf_error(text) == INKAN_ENOMEM && !arena->error)
		arena->error = INKAN_ENOMEM;
	const char *kept = arena_str(arena, buf_str(text)).p;

	return kept ? kept : "";
}

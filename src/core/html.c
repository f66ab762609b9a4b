#include "core/html.h"

static const char *entity(char octet)
{
	switch (octet) {
	case '&':
		return "&amp;";
	case '<':
		return "&lt;";
	case '>':
		return "&gt;";
	case '"':
		return "&quot;";
	case '\'':
		return "&#39;";
	default:
		return NULL;
	}
}

void html_put(struct buf *out, struct str text)
{
	for (size_t i = 0; i < text.n; i++) {
		const char *other = entity(text.p[i]);

		if (other)
			buf_put_c(out, other);
		else
			buf_put_char(out, text.p[i]);
	}
}

/* Scans JSON that is known to be valid; see snapshot_locate.h. */
#include "dns/snapshot_locate.h"

#include "core/cursor.h"

static void skip_string(struct cursor *c)
{
	cursor_expect(c, '"');
	while (!cursor_done(c) && *c->at != '"')
		c->at += *c->at == '\\' && c->end - c->at > 1 ? 2 : 1;
	cursor_expect(c, '"');
}

/* To the comma or bracket behind the value; a key with its colon is taken along. */
static void skip_value(struct cursor *c)
{
	size_t nesting = 0;

	for (;;) {
		cursor_skip_fws(c);
		char next = cursor_peek(c);

		if (cursor_done(c) || (!nesting && (next == ',' || next == ']' || next == '}')))
			return;
		if (next == '"') {
			skip_string(c);
			continue;
		}
		nesting += next == '{' || next == '[';
		nesting -= next == '}' || next == ']';
		c->at++;
	}
}

/* To member or element `index` of the object or array that comes next. */
static void enter(struct cursor *c, size_t index)
{
	cursor_skip_fws(c);
	bool is_object = cursor_accept(c, '{');

	if (!is_object)
		cursor_expect(c, '[');
	for (size_t i = 0; i < index; i++) {
		skip_value(c); /* of an object: key, colon and value */
		cursor_expect(c, ',');
	}
	cursor_skip_fws(c);
}

void snapshot_locate(struct str text, const size_t *path, size_t depth, size_t *line_out, size_t *column_out)
{
	struct cursor c = cursor_from(text);
	size_t line = 1, column = 1;

	for (size_t i = 0; i < depth; i++) {
		enter(&c, path[i]);
		if (i + 1 < depth && cursor_peek(&c) == '"') {
			skip_string(&c);
			cursor_skip_fws(&c);
			cursor_expect(&c, ':');
		}
	}
	cursor_skip_fws(&c);
	for (const char *p = c.begin; p < c.at; p++) {
		line += *p == '\n';
		column = *p == '\n' ? 1 : column + ((*p & 0xc0) != 0x80);
	}
	*line_out = line;
	*column_out = column;
}

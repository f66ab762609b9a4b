#include "core/cursor.h"

bool cursor_accept(struct cursor *c, char want)
{
	if (cursor_done(c) || *c->at != want)
		return false;
	c->at++;
	return true;
}

void cursor_expect(struct cursor *c, char want)
{
	if (!cursor_accept(c, want))
		cursor_fail(c);
}

bool cursor_iaccept(struct cursor *c, struct str want)
{
	if (!str_ihas_prefix(cursor_rest(c), want))
		return false;
	c->at += want.n;
	return true;
}

struct str cursor_while(struct cursor *c, bool (*predicate)(char))
{
	const char *from = c->at;

	if (c->failed)
		return STR_NULL;
	while (c->at < c->end && predicate(*c->at))
		c->at++;
	return str_from(from, (size_t)(c->at - from));
}

void cursor_skip_fws(struct cursor *c)
{
	cursor_while(c, is_fws_char);
}

uint64_t cursor_u64(struct cursor *c, uint64_t max)
{
	const char *from = c->at;
	struct str digits = cursor_while(c, is_digit);
	uint64_t value = 0;

	if (c->failed)
		return 0;
	if (!str_to_u64(digits, max, &value)) {
		c->at = from;
		cursor_fail(c);
		return 0;
	}
	return value;
}

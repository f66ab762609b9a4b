#include "check/clean.h"

#include "core/utf8.h"

bool clean_is_one_of(struct str character, struct str list)
{
	return character.n > 1 && str_search(list, character) < list.n;
}

bool clean_is_smart_quote(struct str character)
{
	return clean_is_one_of(character, STR("‘’‚‛“”„‟«»＂＇「」"));
}

static bool belongs(char c)
{
	return c >= 0x20 && c < 0x7f && c != '"' && c != '\\';
}

int clean_record(struct arena *arena, struct str value, clean_replace *replace, void *context, struct str *out)
{
	char *copy = arena_text(arena, value.n + 1);

	if (!copy)
		return arena_error(arena);
	if (value.n)
		memcpy(copy, value.p, value.n);
	*out = str_from(copy, value.n);
	for (size_t at = 0; at < value.n;) {
		struct str rest = str_skip(value, at);
		size_t size = utf8_char_size(rest);
		struct str character = str_head(rest, size ? size : 1);

		if (!belongs(*rest.p))
			replace(context, at, character, copy);
		at += character.n;
	}
	return arena_error(arena);
}

/* tag=value lists: what is listed lies where it says, and the list printed anew gives the same list. */
#include <assert.h>
#include <stdlib.h>

#include "core/buf.h"
#include "mail/taglist.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_tag(const struct tag *tag, struct str text)
{
	assert(tag->name.n > 0 && tag->name.p == text.p + tag->position);
	assert(tag->value.p >= tag->name.p + tag->name.n && tag->value.p + tag->value.n <= text.p + text.n);
	assert(str_find(tag->value, ';') == tag->value.n && str_trim_fws(tag->value).n == tag->value.n);
	for (size_t i = 0; i < tag->name.n; i++)
		assert(is_alpha(tag->name.p[i]) || is_digit(tag->name.p[i]) || tag->name.p[i] == '_');
}

static void check_again(const struct taglist *list, struct arena *arena)
{
	struct taglist again;
	struct buf text;

	buf_init(&text, SIZE_MAX);
	for (size_t i = 0; i < list->count; i++) {
		buf_put(&text, list->tags[i].name);
		buf_put_char(&text, '=');
		buf_put(&text, list->tags[i].value);
		buf_put_char(&text, ';');
	}
	taglist_parse(arena, buf_str(&text), &again);
	assert(again.error == (list->count ? TAGLIST_OK : TAGLIST_EMPTY) && again.count == list->count);
	for (size_t i = 0; i < list->count; i++)
		if (!str_eq(again.tags[i].name, list->tags[i].name) ||
		    !str_eq(again.tags[i].value, list->tags[i].value))
			abort();
	buf_release(&text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str text = str_from((const char *)data, size);
	struct taglist list;
	struct arena arena;

	arena_init(&arena, 1 << 20);
	taglist_parse(&arena, text, &list);
	assert(list.count <= TAGLIST_TAGS_MAX && taglist_error_text(list.error));
	assert(list.error != TAGLIST_NO_MEMORY && list.error_position <= size);
	assert(list.count > 0 || list.error != TAGLIST_OK);
	for (size_t i = 0; i < list.count; i++)
		check_tag(&list.tags[i], text);
	check_again(&list, &arena);
	arena_release(&arena);
	return 0;
}

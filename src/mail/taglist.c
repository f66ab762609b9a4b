/* tag=value lists (RFC 6376 section 3.2), strictly but for one thing: CR and LF count as FWS wherever they stand, since
 * keys are pasted into DNS with all kinds of line ends. */
#include "mail/taglist.h"

#include "core/utf8.h"

static void fail(struct taglist *list, enum taglist_error error, size_t position)
{
	if (list->error == TAGLIST_OK) {
		list->error = error;
		list->error_position = position;
	}
}

/* tag-name = ALPHA *ALNUMPUNC; gives the position of the octet that offends, name.n where there is none */
static size_t tag_name_size(struct str name)
{
	size_t n = 0;

	while (n < name.n && (is_alpha(name.p[n]) || (n > 0 && (is_digit(name.p[n]) || name.p[n] == '_'))))
		n++;
	return n;
}

/* Size of the start of value that is tag-value: VALCHAR (the semicolon cannot come here), FWS, and well-formed UTF-8. */
static size_t tag_value_size(struct str value)
{
	size_t n = 0;

	for (size_t size = 1; size; n += size) {
		n += str_graphic(str_skip(value, n));
		if (n == value.n)
			break;
		char c = value.p[n];

		size = is_fws_char(c) ? 1 : (unsigned char)c < 0x80 ? 0 : utf8_char_size(str_skip(value, n));
	}
	return n;
}

static void add(struct taglist *list, struct tag tag)
{
	for (size_t i = 0; i < list->count; i++) {
		if (str_eq(list->tags[i].name, tag.name)) {
			fail(list, TAGLIST_DUPLICATE, tag.position);
			return;
		}
	}
	if (list->count == TAGLIST_TAGS_MAX)
		fail(list, TAGLIST_TOO_MANY, tag.position);
	else
		list->tags[list->count++] = tag;
}

/* spec: the text between two semicolons, without FWS at its ends, not empty; position: where it starts */
static void tag_spec(struct taglist *list, struct str spec, size_t position)
{
	size_t equals = str_find(spec, '=');

	if (equals == spec.n) {
		fail(list, TAGLIST_NO_EQUALS, position);
		return;
	}
	struct str name = str_trim_fws(str_head(spec, equals));
	size_t good = tag_name_size(name);

	if (good < name.n || name.n == 0) {
		fail(list, TAGLIST_BAD_NAME, position + good);
		return;
	}
	struct str value = str_trim_fws(str_skip(spec, equals + 1));

	good = tag_value_size(value);
	if (good < value.n) {
		fail(list, TAGLIST_BAD_VALUE, position + (size_t)(value.p - spec.p) + good);
		return;
	}
	add(list, (struct tag){name, value, position});
}

void taglist_parse(struct arena *arena, struct str text, struct taglist *out)
{
	struct tag tags[TAGLIST_TAGS_MAX]; /* how many there are is known at the end */

	*out = (struct taglist){.tags = tags};
	for (struct str rest = text; rest.n && !out->error;) {
		struct str between = str_split(&rest, ';');
		struct str spec = str_trim_fws(between);
		bool ended = between.p + between.n < text.p + text.n;

		if (spec.n)
			tag_spec(out, spec, (size_t)(spec.p - text.p));
		else if (ended)
			fail(out, TAGLIST_EMPTY_SPEC, (size_t)(between.p - text.p) + between.n);
	}
	if (out->count == 0)
		fail(out, TAGLIST_EMPTY, 0);
	out->tags = arena_alloc(arena, out->count * sizeof *tags);
	if (out->tags)
		memcpy(out->tags, tags, out->count * sizeof *tags);
	else
		*out = (struct taglist){.error = TAGLIST_NO_MEMORY};
}

const struct tag *taglist_find(const struct taglist *list, const char *name)
{
	struct str wanted = str_c(name);

	for (size_t i = 0; i < list->count; i++)
		if (str_eq(list->tags[i].name, wanted))
			return &list->tags[i];
	return NULL;
}

const char *taglist_error_text(enum taglist_error error)
{
	static const char *const texts[] = {
		[TAGLIST_OK] = "no error",
		[TAGLIST_DUPLICATE] = "the same tag twice",
		[TAGLIST_NO_EQUALS] = "a tag without \"=\"",
		[TAGLIST_BAD_NAME] = "a malformed tag name",
		[TAGLIST_BAD_VALUE] = "an octet that no tag value may have",
		[TAGLIST_EMPTY_SPEC] = "nothing between two semicolons",
		[TAGLIST_EMPTY] = "no tag at all",
		[TAGLIST_TOO_MANY] = "too many tags",
		[TAGLIST_NO_MEMORY] = "out of memory",
	};

	return texts[error];
}

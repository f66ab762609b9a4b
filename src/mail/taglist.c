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

static inline size_t fws_size(struct str s)
{
	size_t n = 0;

	while (n < s.n && is_fws_char(s.p[n]))
		n++;
	return n;
}

static inline struct str skip_fws(struct str s)
{
	return str_skip(s, fws_size(s));
}

/* Size of the start of s that is tag-name = ALPHA *ALNUMPUNC. */
static inline size_t tag_name_size(struct str s)
{
	size_t n = 0;

	while (n < s.n && (is_alpha(s.p[n]) || (n > 0 && (is_digit(s.p[n]) || s.p[n] == '_'))))
		n++;
	return n;
}

/* Size of the start of s that is tag-value: VALCHAR (no semicolon), FWS, and well-formed UTF-8. */
static size_t tag_value_size(struct str s)
{
	size_t n = 0;

	for (size_t size = 1; size && n < s.n; n += size) {
		n += str_graphic_until(str_skip(s, n), ';');
		size = fws_size(str_skip(s, n));
		if (size == 0 && n < s.n && (unsigned char)s.p[n] >= 0x80)
			size = utf8_char_size(str_skip(s, n));
	}
	return n;
}

static bool is_listed(const struct taglist *list, struct str name)
{
	for (size_t i = 0; i < list->count; i++)
		if (str_eq(list->tags[i].name, name))
			return true;
	return false;
}

static void add(struct taglist *list, struct tag tag)
{
	uint64_t initial = (uint64_t)1 << (tag.name.p[0] & 63);

	if ((list->initials & initial) && is_listed(list, tag.name)) {
		fail(list, TAGLIST_DUPLICATE, tag.position);
		return;
	}
	list->initials |= initial;
	if (list->count == TAGLIST_TAGS_MAX)
		fail(list, TAGLIST_TOO_MANY, tag.position);
	else
		list->tags[list->count++] = tag;
}

/* What is wrong with a text that does not begin with tag-name and "="; position: where it stands in the list. Nothing is
 * where there is nothing more. */
static void fail_spec(struct taglist *list, struct str text, size_t position)
{
	size_t semicolon = str_find(text, ';');
	struct str spec = str_head(text, semicolon);

	if (skip_fws(spec).n == 0) {
		if (semicolon < text.n)
			fail(list, TAGLIST_EMPTY_SPEC, position + semicolon);
	} else if (str_find(spec, '=') == spec.n) {
		fail(list, TAGLIST_NO_EQUALS, position);
	} else {
		fail(list, TAGLIST_BAD_NAME, position + tag_name_size(spec));
	}
}

/* tag-spec = [FWS] tag-name [FWS] "=" [FWS] tag-value [FWS]; takes it from *rest with the semicolon behind it. */
static void tag_spec(struct taglist *list, const char *start, struct str *rest)
{
	struct str s = skip_fws(*rest), name = str_head(s, tag_name_size(s));
	struct str equals = skip_fws(str_skip(s, name.n));
	size_t position = (size_t)(s.p - start);

	*rest = STR_NULL;
	if (name.n == 0 || equals.n == 0 || equals.p[0] != '=') {
		fail_spec(list, s, position);
		return;
	}
	struct str text = skip_fws(str_skip(equals, 1)), value = str_head(text, tag_value_size(text));
	struct str end = str_skip(text, value.n);

	if (end.n && end.p[0] != ';') {
		fail(list, TAGLIST_BAD_VALUE, (size_t)(end.p - start));
		return;
	}
	add(list, (struct tag){name, str_trim_fws(value), position});
	*rest = str_skip(end, 1);
}

void taglist_parse(struct arena *arena, struct str text, struct taglist *out)
{
	struct tag tags[TAGLIST_TAGS_MAX]; /* how many there are is known at the end */

	*out = (struct taglist){.tags = tags};
	for (struct str rest = text; rest.n && !out->error;)
		tag_spec(out, text.p, &rest);
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

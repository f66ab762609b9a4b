/* The header section (RFC 5322 sections 2.2 and 3.6.8, with the WSP before the colon of section 4.5).
 *
 * Names are found through a hash table with one entry for each distinct name; older fields of a name hang on the
 * lowest one by `above`. Most names fit into two numbers, which makes them cheap to hash and to compare. A hostile header
 * cannot make that slow: the seed comes from the address of the text, which a sender does not know; and whoever guesses
 * it all the same gets at most fields_max names into one chain. */
#include "mail/header.h"

#include <assert.h>

#include "core/word.h"

enum {
	FIELDS_FIRST = 48, /* most headers need no second array */
	KEY_WHOLE = 16
};

#define NO_ENTRY UINT32_MAX

static uint64_t seed_of(const struct header *h)
{
	return (uint64_t)(uintptr_t)h->text.p * 0x9e3779b97f4a7c15u ^ h->text.n;
}

/* Takes one field with its continuation lines from *rest. Only CRLF ends a line. */
static struct str take_raw(struct str *rest)
{
	const char *from = rest->p, *end = from + rest->n;

	for (const char *at = from; (at = memchr(at, '\n', (size_t)(end - at)));) {
		at++;
		if (at - from < 2 || at[-2] != '\r' || (at < end && is_wsp(*at)))
			continue;
		*rest = str_from(at, (size_t)(end - at));
		return str_from(from, (size_t)(at - from) - 2);
	}
	struct str raw = *rest;

	*rest = str_from(end, 0);
	return raw;
}

/* Finds name and value; false where the line is no field. */
static bool split(struct header_field *field)
{
	/* ftext of RFC 5322 section 3.6.8: graphic, and no colon */
	size_t name = str_graphic_until(field->raw, ':'), colon = name;

	while (colon < field->raw.n && is_wsp(field->raw.p[colon]))
		colon++;
	bool good = name > 0 && colon < field->raw.n && field->raw.p[colon] == ':';

	field->name = str_head(field->raw, good ? name : 0);
	field->value = good ? str_skip(field->raw, colon + 1) : field->raw;
	field->above = HEADER_NONE;
	return good;
}

static bool grow(struct arena *arena, struct header *h, size_t *room)
{
	size_t wanted = *room ? *room * 2 : FIELDS_FIRST;
	struct header_field *fields = arena_alloc(arena, wanted * sizeof *fields);

	if (!fields)
		return false;
	if (h->count)
		memcpy(fields, h->fields, h->count * sizeof *fields);
	h->fields = fields;
	*room = wanted;
	return true;
}

/* The first and the last eight octets of a name in lower case: all of a name of up to KEY_WHOLE octets. */
struct header_name_key {
	uint64_t first, last;
};

static struct header_name_key key_of(struct str name)
{
	return (struct header_name_key){name.n > 8 ? word_lower(word_load(name.p)) : 0, word_lower(word_last(name))};
}

static uint64_t hash_of(const struct header *h, struct str name, const struct header_name_key *key)
{
	uint64_t seed = seed_of(h);

	return name.n > KEY_WHOLE ? str_ihash(name, seed) : word_fold(key->first ^ seed, key->last + seed + name.n);
}

static bool is_named(const struct header *h, uint32_t field, struct str name, const struct header_name_key *key)
{
	const struct header_name_key *other = &h->keys[field];
	struct str other_name = h->fields[field].name;

	return key->last == other->last && key->first == other->first && name.n == other_name.n &&
	       (name.n <= KEY_WHOLE || str_ieq(name, other_name));
}

/* The link (bucket or chain element) that leads to the lowest field so far with that name, or the free end. */
static uint32_t *link_of(const struct header *h, struct str name, const struct header_name_key *key)
{
	uint32_t *link = &h->buckets[hash_of(h, name, key) & (h->bucket_count - 1)];

	while (*link != NO_ENTRY && !is_named(h, *link, name, key))
		link = &h->chain[*link];
	return link;
}

static bool index_names(struct arena *arena, struct header *h)
{
	size_t buckets = 16;

	while (buckets < 2 * h->count)
		buckets *= 2;
	uint32_t *tables = arena_alloc(arena, (buckets + h->count) * sizeof *tables);

	h->keys = arena_alloc(arena, h->count * sizeof *h->keys);
	if (!tables || !h->keys)
		return false;
	h->bucket_count = buckets;
	h->buckets = tables;
	h->chain = tables + buckets;
	memset(h->buckets, 0xff, buckets * sizeof *tables);
	for (size_t i = 0; i < h->count; i++) {
		struct str name = h->fields[i].name;

		if (name.n == 0)
			continue;
		h->keys[i] = key_of(name);
		uint32_t *link = link_of(h, name, &h->keys[i]);
		bool seen = *link != NO_ENTRY;

		h->fields[i].above = seen ? *link : HEADER_NONE;
		h->chain[i] = seen ? h->chain[*link] : NO_ENTRY;
		*link = (uint32_t)i;
	}
	return true;
}

int header_parse(struct arena *arena, struct str text, size_t fields_max, struct header *out)
{
	struct header h = {.text = text};
	struct str rest = text;
	size_t room = 0;

	assert(fields_max < NO_ENTRY);
	while (rest.n) {
		if (h.count == fields_max)
			return INKAN_ELIMIT;
		if (h.count == room && !grow(arena, &h, &room))
			return arena_error(arena);
		struct header_field *field = &h.fields[h.count++];

		field->raw = take_raw(&rest);
		if (is_wsp(field->raw.n ? field->raw.p[0] : 'x') || !split(field)) {
			field->name = str_from(field->raw.p, 0);
			field->value = field->raw;
			field->above = HEADER_NONE;
			h.malformed++;
		}
	}
	if (!index_names(arena, &h))
		return arena_error(arena);
	*out = h;
	return INKAN_OK;
}

size_t header_lowest(const struct header *h, struct str name)
{
	if (h->bucket_count == 0 || name.n == 0)
		return HEADER_NONE;
	struct header_name_key key = key_of(name);
	uint32_t entry = *link_of(h, name, &key);

	return entry == NO_ENTRY ? HEADER_NONE : entry;
}

size_t header_count(const struct header *h, struct str name)
{
	size_t n = 0;

	for (size_t i = header_lowest(h, name); i != HEADER_NONE; i = h->fields[i].above)
		n++;
	return n;
}

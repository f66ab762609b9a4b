/* Sets of records as values: made, copied, compared; see record_set.h. */
#include "dns/record_set.h"

/* ---- comparison ---- */

static bool record_eq(enum dns_type type, const struct dns_record *a, const struct dns_record *b)
{
	switch (type) {
	case DNS_A:
		return memcmp(a->address, b->address, 4) == 0;
	case DNS_AAAA:
		return memcmp(a->address, b->address, sizeof(a->address)) == 0;
	case DNS_TXT:
	case DNS_SPF:
		return str_eq(a->text, b->text);
	case DNS_MX:
		return a->preference == b->preference && str_ieq(a->name, b->name);
	default:
		return str_ieq(a->name, b->name);
	}
}

bool record_set_has(const struct record_set *set, const struct dns_record *record)
{
	for (size_t i = 0; i < set->count; i++)
		if (record_eq(set->type, &set->records[i], record))
			return true;
	return false;
}

static bool has_all(const struct record_set *set, const struct record_set *of)
{
	for (size_t i = 0; i < of->count; i++)
		if (!record_set_has(set, &of->records[i]))
			return false;
	return true;
}

bool record_set_eq(const struct record_set *a, const struct record_set *b)
{
	return a->type == b->type && str_ieq(a->name, b->name) && has_all(a, b) && has_all(b, a);
}

/* ---- made ---- */

static int normalised(struct arena *arena, struct str name, struct str *out)
{
	char *text = arena_text(arena, DNS_NAME_MAX);
	size_t size;

	if (!text)
		return arena_error(arena);
	if (!dns_name_normalise(name, text, &size))
		return INKAN_EUSAGE;
	*out = str_from(text, size);
	return INKAN_OK;
}

/* A set of one record, still without a value. */
static int begin_set(struct arena *arena, struct str name, enum dns_type type, uint32_t ttl, struct record_set *set,
                     struct dns_record **record_out)
{
	int error = normalised(arena, name, &set->name);

	if (error)
		return error;
	*record_out = arena_calloc(arena, 1, sizeof(**record_out));
	set->type = type;
	set->ttl = ttl;
	set->records = *record_out;
	set->count = 1;
	return arena_error(arena);
}

/* The strings that a text is published as; an empty text is one empty string. */
static void split_text(struct arena *arena, struct dns_record *record)
{
	size_t count = record->text.n ? (record->text.n + RECORD_STRING_MAX - 1) / RECORD_STRING_MAX : 1;
	struct str rest = record->text;

	record->strings = arena_calloc(arena, count, sizeof(*record->strings));
	if (!record->strings)
		return;
	record->string_count = count;
	for (size_t i = 0; i < count; i++) {
		record->strings[i] = str_head(rest, RECORD_STRING_MAX);
		rest = str_skip(rest, RECORD_STRING_MAX);
	}
}

int record_set_txt(struct arena *arena, struct str name, uint32_t ttl, struct str text, struct record_set *out)
{
	struct record_set set;
	struct dns_record *record;
	int error = begin_set(arena, name, DNS_TXT, ttl, &set, &record);

	if (error)
		return error;
	record->text = arena_str(arena, text);
	split_text(arena, record);
	if (arena_error(arena))
		return arena_error(arena);
	*out = set;
	return INKAN_OK;
}

/* A host that records lead to; "." is the root: no host at all (RFC 7505). */
static int target(struct arena *arena, struct str host, struct str *out)
{
	if (!str_eq(host, STR(".")))
		return normalised(arena, host, out);
	*out = STR(".");
	return INKAN_OK;
}

static int set_of_name(struct arena *arena, struct str name, enum dns_type type, uint32_t ttl, uint16_t preference,
                       struct str host, struct record_set *out)
{
	struct record_set set;
	struct dns_record *record;
	int error = begin_set(arena, name, type, ttl, &set, &record);

	if (!error)
		error = target(arena, host, &record->name);
	if (error)
		return error;
	record->preference = preference;
	*out = set;
	return INKAN_OK;
}

int record_set_cname(struct arena *arena, struct str name, uint32_t ttl, struct str target_name, struct record_set *out)
{
	return set_of_name(arena, name, DNS_CNAME, ttl, 0, target_name, out);
}

int record_set_mx(struct arena *arena, struct str name, uint32_t ttl, uint16_t preference, struct str host,
                  struct record_set *out)
{
	return set_of_name(arena, name, DNS_MX, ttl, preference, host, out);
}

/* ---- copied ---- */

static void copy_record(struct arena *arena, const struct dns_record *from, struct dns_record *to)
{
	*to = *from;
	to->text = arena_str(arena, from->text);
	to->name = arena_str(arena, from->name);
	to->strings = arena_calloc(arena, from->string_count, sizeof(*to->strings));
	for (size_t i = 0; to->strings && i < from->string_count; i++)
		to->strings[i] = arena_str(arena, from->strings[i]);
}

int record_set_copy(struct arena *arena, const struct record_set *set, struct record_set *out)
{
	struct record_set copy = *set;
	struct dns_record *records = arena_calloc(arena, set->count, sizeof(*records));

	for (size_t i = 0; records && i < set->count; i++)
		copy_record(arena, &set->records[i], &records[i]);
	copy.name = arena_str(arena, set->name);
	copy.records = records;
	if (arena_error(arena))
		return arena_error(arena);
	*out = copy;
	return INKAN_OK;
}

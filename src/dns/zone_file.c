/* Zone files read into sets: entries are collected, sorted by name, type and value, and grouped. See zone_file.h; zone_scan.h has
 * the syntax, zone_edit.c the editor. */
#include <stdlib.h>

#include "dns/zone_scan.h"

struct item {
	struct str name;
	enum dns_type type;
	uint32_t ttl;
	size_t line;
	struct dns_record record;
};

struct reading {
	struct zone_scan scan;
	struct item *items;
	size_t count, capacity;
};

/* ---- data of records ---- */

static int fail_data(struct zone_scan *scan, const struct zone_entry *entry, const char *what)
{
	return zone_scan_fail(scan, entry->data_count ? entry->data[0].raw.p : entry->type_word.p,
	                      "%.*s records hold %s", STR_ARG(entry->type_word), what);
}

static int read_texts(struct zone_scan *scan, const struct zone_entry *entry, struct dns_record *out)
{
	size_t sum = 0;
	char *joined;

	if (entry->data_count == 0)
		return fail_data(scan, entry, "strings, and there is none");
	out->strings = arena_calloc(scan->arena, entry->data_count, sizeof(*out->strings));
	if (!out->strings)
		return arena_error(scan->arena);
	out->string_count = entry->data_count;
	for (size_t i = 0; i < entry->data_count; i++) {
		int error = zone_scan_text(scan, &entry->data[i], &out->strings[i]);

		if (error)
			return error;
		if (out->strings[i].n > RECORD_STRING_MAX)
			return zone_scan_fail(scan, entry->data[i].raw.p,
			                      "this string has %zu octets, one string holds %d: split it in two",
			                      out->strings[i].n, RECORD_STRING_MAX);
		sum += out->strings[i].n + 1;
	}
	if (sum > ZONE_TEXT_MAX)
		return fail_data(scan, entry, "65,535 octets at most");
	joined = arena_text(scan->arena, sum);
	if (!joined)
		return arena_error(scan->arena);
	out->text.p = joined;
	for (size_t i = 0; i < out->string_count; i++) {
		memcpy(joined + out->text.n, out->strings[i].p, out->strings[i].n);
		out->text.n += out->strings[i].n;
	}
	return INKAN_OK;
}

static int read_mx(struct zone_scan *scan, const struct zone_entry *entry, struct dns_record *out)
{
	uint64_t preference;

	if (entry->data_count != 2 || !str_to_u64(entry->data[0].raw, UINT16_MAX, &preference))
		return fail_data(scan, entry, "a number up to 65535 and the name of a host");
	out->preference = (uint16_t)preference;
	return zone_scan_name(scan, &entry->data[1], &out->name);
}

static int read_data(struct zone_scan *scan, const struct zone_entry *entry, struct dns_record *out)
{
	*out = (struct dns_record){0};
	if (entry->data_count && str_eq(entry->data[0].raw, STR("\\#")))
		return fail_data(scan, entry, "values here, not octets in hexadecimal");
	switch (entry->type) {
	case DNS_TXT:
	case DNS_SPF:
		return read_texts(scan, entry, out);
	case DNS_MX:
		return read_mx(scan, entry, out);
	case DNS_A:
	case DNS_AAAA:
		if (entry->data_count != 1 || !dns_address_parse(entry->data[0].raw, entry->type, out->address))
			return fail_data(scan, entry, entry->type == DNS_A ? "one IPv4 address" : "one IPv6 address");
		return INKAN_OK;
	default:
		if (entry->data_count != 1)
			return fail_data(scan, entry, "one name");
		return zone_scan_name(scan, &entry->data[0], &out->name);
	}
}

/* ---- SOA ---- */

static int read_soa(struct zone_scan *scan, const struct zone_entry *entry, struct zone *zone)
{
	uint64_t serial;
	uint32_t minimum;

	if (zone->has_soa)
		return zone_scan_fail(scan, entry->type_word.p, "a zone has one SOA record, this is the second");
	if (entry->data_count != 7 || !str_to_u64(entry->data[2].raw, UINT32_MAX, &serial) ||
	    !zone_scan_time(entry->data[6].raw, &minimum))
		return fail_data(scan, entry, "two names and five numbers");
	zone->has_soa = true;
	zone->origin = entry->name;
	zone->serial = (uint32_t)serial;
	zone->negative_ttl = entry->ttl < minimum ? entry->ttl : minimum;
	return INKAN_OK;
}

/* ---- sets ---- */

static int compare_str(struct str a, struct str b)
{
	size_t n = a.n < b.n ? a.n : b.n;
	int order = n ? memcmp(a.p, b.p, n) : 0;

	return order ? order : (a.n > b.n) - (a.n < b.n);
}

static int compare_sets(const struct item *a, const struct item *b)
{
	int order = compare_str(a->name, b->name);

	return order ? order : (int)a->type - (int)b->type;
}

static int compare_values(const struct item *a, const struct item *b)
{
	int order = memcmp(a->record.address, b->record.address, sizeof(a->record.address));

	order = order ? order : compare_str(a->record.text, b->record.text);
	order = order ? order : (int)a->record.preference - (int)b->record.preference;
	return order ? order : compare_str(a->record.name, b->record.name);
}

static int compare_items(const void *left, const void *right)
{
	const struct item *a = left, *b = right;
	int order = compare_sets(a, b);

	order = order ? order : compare_values(a, b);
	return order ? order : (a->line > b->line) - (a->line < b->line);
}

/* Items that are the same record leave one; the count that is left. */
static size_t drop_doubles(struct item *items, size_t count)
{
	size_t kept = count > 0;

	for (size_t i = 1; i < count; i++)
		if (compare_sets(&items[kept - 1], &items[i]) || compare_values(&items[kept - 1], &items[i]))
			items[kept++] = items[i];
	return kept;
}

static size_t set_size(const struct item *items, size_t left)
{
	size_t n = 1;

	while (n < left && compare_sets(&items[0], &items[n]) == 0)
		n++;
	return n;
}

/* A set has the line, and the TTL, of its record that stands first. */
static void make_set(const struct item *items, size_t count, struct dns_record *records, struct zone_set *out)
{
	const struct item *first = items;

	for (size_t i = 0; i < count; i++) {
		records[i] = items[i].record;
		first = items[i].line < first->line ? &items[i] : first;
	}
	*out = (struct zone_set){{first->name, first->type, first->ttl, records, count}, first->line};
}

static int group(struct reading *r, struct zone *out)
{
	struct dns_record *records;
	size_t sets = 0;

	if (r->count)
		qsort(r->items, r->count, sizeof(*r->items), compare_items);
	r->count = drop_doubles(r->items, r->count);
	for (size_t i = 0; i < r->count; sets++) {
		size_t n = set_size(&r->items[i], r->count - i);

		if (n > ZONE_SET_RECORDS_MAX)
			return INKAN_ELIMIT;
		i += n;
	}
	records = arena_calloc(r->scan.arena, r->count, sizeof(*records));
	out->sets = arena_calloc(r->scan.arena, sets, sizeof(*out->sets));
	if (!records || !out->sets)
		return arena_error(r->scan.arena);
	for (size_t i = 0; i < r->count;) {
		size_t n = set_size(&r->items[i], r->count - i);

		make_set(&r->items[i], n, &records[i], &out->sets[out->count++]);
		i += n;
	}
	return INKAN_OK;
}

/* ---- reading ---- */

static int room_for_one(struct reading *r)
{
	size_t capacity = r->capacity ? 2 * r->capacity : 64;
	struct item *items;

	if (r->count == ZONE_FILE_SETS_MAX)
		return INKAN_ELIMIT;
	if (r->count < r->capacity)
		return INKAN_OK;
	items = realloc(r->items, capacity * sizeof(*items));
	if (!items)
		return INKAN_ENOMEM;
	r->items = items;
	r->capacity = capacity;
	return INKAN_OK;
}

static int take_entry(struct reading *r, const struct zone_entry *entry, struct zone *zone)
{
	struct item *item;
	int error;

	if (!entry->is_known)
		return INKAN_OK;
	if (entry->type == DNS_SOA)
		return read_soa(&r->scan, entry, zone);
	error = room_for_one(r);
	if (error)
		return error;
	item = &r->items[r->count];
	*item = (struct item){.name = entry->name, .type = entry->type, .ttl = entry->ttl, .line = entry->line};
	error = read_data(&r->scan, entry, &item->record);
	r->count += !error;
	return error;
}

static int read_all(struct reading *r, struct zone *zone)
{
	struct zone_entry entry;
	int result = zone_scan_next(&r->scan, &entry);

	while (result == 1) {
		int error = take_entry(r, &entry, zone);

		result = error ? error : zone_scan_next(&r->scan, &entry);
	}
	return result;
}

int zone_file_read(struct arena *arena, struct str text, struct str origin, struct zone *out, struct zone_error *error)
{
	struct reading r = {0};
	struct zone zone = {0};
	int result;

	*error = (struct zone_error){0};
	if (text.n > ZONE_FILE_SIZE_MAX)
		return INKAN_ELIMIT;
	result = zone_scan_begin(&r.scan, arena, text, origin, error);
	zone.origin = r.scan.origin;
	if (!result)
		result = read_all(&r, &zone);
	if (!result) {
		zone.default_ttl = r.scan.has_default_ttl ? r.scan.default_ttl : r.scan.minimum;
		result = group(&r, &zone);
	}
	free(r.items);
	if (!result)
		*out = zone;
	return result;
}

const struct zone_set *zone_find(const struct zone *zone, struct str name, enum dns_type type)
{
	const struct item want = {.name = name, .type = type};
	size_t low = 0, high = zone->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		const struct item have = {.name = zone->sets[middle].set.name, .type = zone->sets[middle].set.type};
		int order = compare_sets(&have, &want);

		if (order == 0)
			return &zone->sets[middle];
		low = order < 0 ? middle + 1 : low;
		high = order < 0 ? high : middle;
	}
	return NULL;
}

/* The editor of zone files; see zone_file.h. The text is copied line by line, and only the lines of changed sets, of the SOA
 * record, and of records that lose the line they took their name from, are written anew. */
#include <stdio.h>
#include <stdlib.h>

#include "dns/zone_scan.h"

struct edit {
	struct zone_scan scan;
	struct zone_error *error;
	const struct record_change **changes; /* sorted by name and type */
	bool *written;                        /* of each: the new records stand in the text */
	size_t count;
	struct buf *out;
	size_t copied;      /* octets of the text that are dealt with */
	size_t out_name_id; /* the name that a line without one would take in what was written */
};

/* Says what is the matter with a set. */
static int refuse(struct edit *e, size_t line, const struct record_set *set, const char *what)
{
	struct buf name;

	buf_init(&name, 4 * DNS_NAME_MAX + 2);
	record_name_put(&name, set->name);
	e->error->line = line;
	e->error->column = line ? 1 : 0;
	(void)snprintf(e->error->text, sizeof(e->error->text), "%.*s %s %s", STR_ARG(buf_str(&name)),
	               dns_type_name(set->type), what);
	buf_release(&name);
	return INKAN_EREFUSED;
}

static int refuse_zone(struct edit *e, size_t line, const char *what)
{
	e->error->line = line;
	e->error->column = line ? 1 : 0;
	(void)snprintf(e->error->text, sizeof(e->error->text), "%s", what);
	return INKAN_EREFUSED;
}

/* ---- changes ---- */

static const struct record_set *set_of(const struct record_change *change)
{
	return change->before.count ? &change->before : &change->after;
}

static int compare_keys(struct str a_name, enum dns_type a_type, struct str b_name, enum dns_type b_type)
{
	size_t n = a_name.n < b_name.n ? a_name.n : b_name.n;
	int order = n ? memcmp(a_name.p, b_name.p, n) : 0;

	order = order ? order : (a_name.n > b_name.n) - (a_name.n < b_name.n);
	return order ? order : (int)a_type - (int)b_type;
}

static int compare_changes(const void *left, const void *right)
{
	const struct record_set *a = set_of(*(const struct record_change *const *)left);
	const struct record_set *b = set_of(*(const struct record_change *const *)right);

	return compare_keys(a->name, a->type, b->name, b->type);
}

/* Which change concerns that set; e->count: none. */
static size_t find_change(const struct edit *e, struct str name, enum dns_type type)
{
	size_t low = 0, high = e->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		const struct record_set *set = set_of(e->changes[middle]);
		int order = compare_keys(set->name, set->type, name, type);

		if (order == 0)
			return middle;
		low = order < 0 ? middle + 1 : low;
		high = order < 0 ? high : middle;
	}
	return e->count;
}

static bool is_editable(enum dns_type type)
{
	return type == DNS_A || type == DNS_AAAA || type == DNS_CNAME || type == DNS_MX || type == DNS_NS ||
	       type == DNS_TXT;
}

static int sort_changes(struct edit *e, const struct record_change *changes, size_t count)
{
	e->changes = calloc(count ? count : 1, sizeof(const struct record_change *));
	e->written = calloc(count ? count : 1, sizeof(*e->written));
	if (!e->changes || !e->written)
		return INKAN_ENOMEM;
	for (size_t i = 0; i < count; i++) {
		const struct record_set *set = set_of(&changes[i]);

		if (set->count == 0)
			continue;
		if (set->name.n == 0 || !is_editable(set->type))
			return INKAN_EUSAGE;
		e->changes[e->count++] = &changes[i];
	}
	qsort(e->changes, e->count, sizeof(const struct record_change *), compare_changes);
	for (size_t i = 1; i < e->count; i++)
		if (compare_changes(&e->changes[i - 1], &e->changes[i]) == 0)
			return INKAN_EUSAGE;
	return INKAN_OK;
}

/* Each set is there as the change says. */
static int check_before(struct edit *e, const struct zone *zone)
{
	if (!zone->has_soa)
		return refuse_zone(e, 0, "there is no SOA record whose serial could rise: this is no whole zone");
	for (size_t i = 0; i < e->count; i++) {
		const struct record_set *before = &e->changes[i]->before, *set = set_of(e->changes[i]);
		const struct zone_set *there = zone_find(zone, set->name, set->type);

		if (before->count == 0 && there)
			return refuse(e, there->line, set, "is there already");
		if (before->count && !there)
			return refuse(e, 0, set, "is not there");
		if (there && !record_set_eq(before, &there->set))
			return refuse(e, there->line, set, "is not what it was when the change was planned");
	}
	return INKAN_OK;
}

/* ---- the serial ---- */

static unsigned days_of(unsigned year, unsigned month)
{
	static const unsigned days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
	bool leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);

	return month < 1 || month > 12 ? 0 : days[month - 1] + (month == 2 && leap);
}

/* YYYYMMDDnn: the next number of the day, or the first of the next day. Else one more, 1 behind the highest. */
static uint32_t next_serial(uint32_t serial)
{
	unsigned year = serial / 1000000, month = serial / 10000 % 100, day = serial / 100 % 100;

	if (year < 1980 || year > 2200 || day < 1 || day > days_of(year, month) || serial % 100 != 99)
		return serial == UINT32_MAX ? 1 : serial + 1;
	if (++day > days_of(year, month)) {
		day = 1;
		month++;
	}
	if (month > 12) {
		month = 1;
		year++;
	}
	return year * 1000000 + month * 10000 + day * 100;
}

/* ---- writing ---- */

static void copy_to(struct edit *e, size_t to)
{
	buf_put(e->out, str_from(e->scan.text.p + e->copied, to - e->copied));
	e->copied = to;
}

static int put_set(struct edit *e, const struct record_set *set)
{
	if (set->count == 0)
		return INKAN_OK;
	if (e->out->n && e->out->p[e->out->n - 1] != '\n')
		buf_put_char(e->out, '\n');
	return record_sets_print(e->out, set, 1, &(struct record_print){.form = RECORD_ZONE});
}

/* The new records take the place of the first of the old ones. */
static int replace(struct edit *e, const struct zone_entry *entry, size_t change)
{
	int error = INKAN_OK;

	copy_to(e, entry->begin);
	e->copied = entry->end;
	if (e->written[change] || e->changes[change]->after.count == 0)
		return INKAN_OK;
	error = put_set(e, &e->changes[change]->after);
	e->written[change] = true;
	e->out_name_id = entry->name_id;
	return error;
}

static void keep(struct edit *e, const struct zone_entry *entry)
{
	if (entry->inherits_name && entry->name_id != e->out_name_id) {
		copy_to(e, entry->begin);
		record_name_put(e->out, entry->name);
	}
	e->out_name_id = entry->name_id;
	if (entry->is_known && entry->type == DNS_SOA) {
		struct str serial = entry->data[2].raw;
		uint64_t value;

		copy_to(e, (size_t)(serial.p - e->scan.text.p));
		if (str_to_u64(serial, UINT32_MAX, &value))
			buf_put_u64(e->out, next_serial((uint32_t)value));
		e->copied += serial.n;
	}
	copy_to(e, entry->end);
}

static int write_all(struct edit *e)
{
	struct zone_entry entry;
	int result;

	for (result = zone_scan_next(&e->scan, &entry); result == 1; result = zone_scan_next(&e->scan, &entry)) {
		size_t change = entry.is_known ? find_change(e, entry.name, entry.type) : e->count;
		int error = INKAN_OK;

		if (change == e->count)
			keep(e, &entry);
		else
			error = replace(e, &entry, change);
		if (error)
			return error;
	}
	if (result)
		return result;
	copy_to(e, e->scan.text.n);
	for (size_t i = 0; i < e->count && !result; i++)
		if (!e->written[i])
			result = put_set(e, &e->changes[i]->after);
	return result ? result : buf_error(e->out);
}

/* ---- what was written, read again ---- */

static int differs(struct edit *e, const struct zone_set *set)
{
	return refuse(e, set->line, &set->set,
	              "would not be what it should be afterwards: give the records a TTL, or write $TTL");
}

/* Sets that were read have their records in one order. */
static bool same(const struct zone_set *a, const struct zone_set *b)
{
	if (!a || !b || a->set.ttl != b->set.ttl || a->set.count != b->set.count)
		return false;
	for (size_t i = 0; i < a->set.count; i++) {
		const struct record_set one = {a->set.name, a->set.type, a->set.ttl, &a->set.records[i], 1};

		if (!record_set_has(&one, &b->set.records[i]))
			return false;
	}
	return true;
}

static int check_after(struct edit *e, const struct zone *before, const struct zone *after)
{
	for (size_t i = 0; i < e->count; i++) {
		const struct record_set *wanted = &e->changes[i]->after, *set = set_of(e->changes[i]);
		const struct zone_set *there = zone_find(after, set->name, set->type);

		if (wanted->count ? !there || !record_set_eq(wanted, &there->set) || there->set.ttl != wanted->ttl
		                  : there != NULL)
			return refuse(e, 0, set, "cannot be written so that it is read again");
	}
	for (size_t i = 0; i < before->count; i++) {
		const struct zone_set *set = &before->sets[i];

		if (find_change(e, set->set.name, set->set.type) == e->count &&
		    !same(set, zone_find(after, set->set.name, set->set.type)))
			return differs(e, set);
	}
	for (size_t i = 0; i < after->count; i++) {
		const struct zone_set *set = &after->sets[i];

		if (find_change(e, set->set.name, set->set.type) == e->count &&
		    !zone_find(before, set->set.name, set->set.type))
			return differs(e, set);
	}
	return INKAN_OK;
}

static int read_again(struct edit *e, struct arena *arena, struct str written, struct str origin,
                      const struct zone *before)
{
	struct zone after;
	struct zone_error where;
	int error = zone_file_read(arena, written, origin, &after, &where);

	if (error == INKAN_ESYNTAX)
		return refuse_zone(e, where.line, "the zone could not be read any more");
	return error ? error : check_after(e, before, &after);
}

static int edit(struct edit *e, struct arena *arena, struct str text, struct str origin)
{
	struct zone before;
	size_t begin = e->out->n;
	int error = zone_file_read(arena, text, origin, &before, e->error);

	if (!error)
		error = check_before(e, &before);
	if (!error)
		error = zone_scan_begin(&e->scan, arena, text, origin, e->error);
	if (!error)
		error = write_all(e);
	return error ? error : read_again(e, arena, str_skip(buf_str(e->out), begin), origin, &before);
}

int zone_file_edit(struct arena *arena, struct str text, struct str origin, const struct record_change *changes,
                   size_t count, struct buf *out, struct zone_error *error)
{
	struct edit e = {.error = error, .out = out};
	int result;

	*error = (struct zone_error){0};
	result = sort_changes(&e, changes, count);
	if (!result)
		result = edit(&e, arena, text, origin);
	free(e.changes);
	free(e.written);
	return result;
}

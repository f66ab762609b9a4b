/* What was published by `apply`, kept as JSON so that it can be taken back: {"undoes": 3, "changes": [{"name", "type", "before":
 * {"ttl", "values"}, "after"}]}. */
#include <jansson.h>
#include <stdio.h>

#include "core/json.h"
#include "registrar/internal.h"

enum {
	NOTE_SIZE_MAX = 1024 * 1024, /* octets of one note */
	UNDONE_MAX = 256             /* notes that are looked back on */
};

/* ---- writing ---- */

static void put_value(struct json *j, enum dns_type type, const struct dns_record *record)
{
	char number[8];
	struct buf address;

	switch (type) {
	case DNS_TXT:
		json_str(j, record->text);
		return;
	case DNS_MX:
		snprintf(number, sizeof number, "%u", record->preference);
		json_array_begin(j);
		json_str(j, str_c(number));
		json_str(j, record->name);
		json_array_end(j);
		return;
	case DNS_A:
	case DNS_AAAA:
		buf_init(&address, 64);
		dns_address_print(&address, type, record->address);
		json_str(j, buf_str(&address));
		buf_release(&address);
		return;
	default:
		json_str(j, record->name);
		return;
	}
}

static void put_set(struct json *j, const char *key, const struct record_set *set)
{
	json_key(j, key);
	json_object_begin(j);
	json_key_i64(j, "ttl", set->ttl);
	json_key(j, "values");
	json_array_begin(j);
	for (size_t i = 0; i < set->count; i++)
		put_value(j, set->type, &set->records[i]);
	json_array_end(j);
	json_object_end(j);
}

int registrar_note(struct registrar *r, const struct registrar_plan *plan, struct io_error *error)
{
	struct buf out;
	uint64_t number;

	buf_init(&out, NOTE_SIZE_MAX);
	struct json j = json_to(&out);

	json_object_begin(&j);
	json_key_i64(&j, "undoes", (int64_t)plan->undoes);
	json_key(&j, "changes");
	json_array_begin(&j);
	for (size_t i = 0; i < plan->change_count; i++) {
		const struct record_change *c = &plan->changes[i];

		json_object_begin(&j);
		json_key_str(&j, "name", c->after.name);
		json_key_c(&j, "type", dns_type_name(c->after.type));
		put_set(&j, "before", &c->before);
		put_set(&j, "after", &c->after);
		json_object_end(&j);
	}
	json_array_end(&j);
	json_object_end(&j);
	int code = buf_error(&out);

	if (!code)
		code = identity_store_add_change(r->store, plan->zone, registrar_now(r), buf_str(&out), &number, error);
	buf_release(&out);
	return code;
}

/* ---- reading ---- */

static bool read_value(struct arena *arena, enum dns_type type, json_t *value, struct dns_record *out)
{
	uint64_t preference;
	const char *text = json_string_value(type == DNS_MX ? json_array_get(value, 1) : value);

	if (!text)
		return false;
	struct str copy = arena_str(arena, str_c(text));

	if (type == DNS_A || type == DNS_AAAA)
		return dns_address_parse(copy, type, out->address);
	if (type == DNS_TXT) {
		out->text = copy;
		return true;
	}
	out->name = copy;
	if (type != DNS_MX)
		return true;
	text = json_string_value(json_array_get(value, 0));
	if (!text || !str_to_u64(str_c(text), UINT16_MAX, &preference))
		return false;
	out->preference = (uint16_t)preference;
	return true;
}

static bool read_set(struct arena *arena, json_t *set, struct record_set *out)
{
	json_t *values = json_object_get(set, "values");
	size_t count = json_array_size(values);
	struct dns_record *records = arena_calloc(arena, count + 1, sizeof *records);

	if (!records)
		return false;
	for (size_t i = 0; i < count; i++)
		if (!read_value(arena, out->type, json_array_get(values, i), &records[i]))
			return false;
	out->ttl = (uint32_t)json_integer_value(json_object_get(set, "ttl"));
	out->records = records;
	out->count = count;
	return true;
}

/* One change the other way round. */
static bool read_reverse(struct arena *arena, json_t *change, struct record_change *out)
{
	const char *name = json_string_value(json_object_get(change, "name"));
	const char *type = json_string_value(json_object_get(change, "type"));

	if (!name || !type || !dns_type_from_name(str_c(type), &out->before.type))
		return false;
	out->after.type = out->before.type;
	out->after.name = out->before.name = arena_str(arena, str_c(name));
	return read_set(arena, json_object_get(change, "after"), &out->before) &&
	       read_set(arena, json_object_get(change, "before"), &out->after);
}

static int read_note(struct arena *arena, json_t *note, struct registrar_plan *out)
{
	json_t *changes = json_object_get(note, "changes");
	size_t count = json_array_size(changes);

	out->changes = arena_calloc(arena, count + 1, sizeof *out->changes);
	for (size_t i = count; i-- > 0 && out->changes;) /* the last one is taken back first */
		if (!read_reverse(arena, json_array_get(changes, i), &out->changes[out->change_count++]))
			return arena_error(arena) ? arena_error(arena) : INKAN_ESYNTAX;
	return arena_error(arena);
}

static bool is_among(const uint64_t *numbers, size_t count, uint64_t number)
{
	for (size_t i = 0; i < count; i++)
		if (numbers[i] == number)
			return true;
	return false;
}

/* The newest note that is not an undoing, nor undone. *note_out NULL: there is none. */
static int find_note(struct registrar *r, const char *zone, json_t **note_out, uint64_t *number_out,
                     struct io_error *error)
{
	uint64_t undone[UNDONE_MAX], below = 0;
	size_t count = 0;
	struct buf text;
	unix_time at;
	int code = INKAN_OK;

	buf_init(&text, NOTE_SIZE_MAX);
	*note_out = NULL;
	for (size_t i = 0; i < UNDONE_MAX && !code; i++) {
		buf_clear(&text);
		code = identity_store_last_change(r->store, zone, below, &text, &below, &at, error);
		if (code || below == 0)
			break;
		json_t *note = json_loadb(text.p, text.n, 0, NULL);
		uint64_t undoes = (uint64_t)json_integer_value(json_object_get(note, "undoes"));

		if (note && undoes == 0 && !is_among(undone, count, below)) {
			*note_out = note;
			*number_out = below;
			break;
		}
		if (undoes)
			undone[count++] = undoes;
		json_decref(note);
	}
	buf_release(&text);
	return code;
}

int registrar_plan_undo(struct registrar *r, struct arena *arena, const char *zone, struct registrar_plan *out,
                        struct io_error *error)
{
	json_t *note = NULL;
	uint64_t number = 0;
	int code = find_note(r, zone, &note, &number, error);

	if (code)
		return code;
	*out = (struct registrar_plan){.zone = arena_str(arena, str_c(zone)).p, .undoes = number};
	const struct registrar_zone *ours = registrar_zone_of(r, str_c(zone));

	out->how = registrar_may_write(ours) ? ours : NULL;
	if (!note)
		return arena_error(arena);
	code = read_note(arena, note, out);
	json_decref(note);
	return code == INKAN_ESYNTAX
	               ? io_fail(error, "the note of change %llu cannot be read", (unsigned long long)number)
	               : code;
}

/* What was published by `apply`, kept as JSON so that it can be taken back: {"undoes": 3, "changes": [{"name", "type", "before":
 * {"ttl", "values"}, "after"}]}. A value is a text, for MX an array of number and host, for a text that is no UTF-8 {"hex": "..."}. A note
 * that undoes another one, or says that it was not made, has its number. Reading order: registrar_plan_undo() -> find_note(),
 * compare_now(). */
#include <jansson.h>
#include <stdio.h>

#include "core/base64.h"
#include "core/json.h"
#include "core/utf8.h"
#include "registrar/internal.h"

enum {
	NOTE_SIZE_MAX = 1024 * 1024, /* octets of one note */
	UNDONE_MAX = 256             /* notes that are looked back on */
};

/* ---- writing ---- */

static void put_text(struct json *j, struct str text)
{
	struct buf hex;

	if (utf8_is_valid(text) && str_find(text, '\0') == text.n) {
		json_str(j, text);
		return;
	}
	buf_init(&hex, NOTE_SIZE_MAX);
	hex_encode(&hex, (const unsigned char *)text.p, text.n);
	json_object_begin(j);
	json_key_str(j, "hex", buf_str(&hex));
	json_object_end(j);
	buf_release(&hex);
}

static void put_value(struct json *j, enum dns_type type, const struct dns_record *record)
{
	char number[8];
	struct buf address;

	switch (type) {
	case DNS_TXT:
		put_text(j, record->text);
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

int registrar_note(struct registrar *r, const struct registrar_plan *plan, uint64_t *number_out, struct io_error *error)
{
	struct buf out;

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
		code = identity_store_add_change(r->store, plan->zone, registrar_now(r), buf_str(&out), number_out,
		                                 error);
	buf_release(&out);
	return code;
}

int registrar_note_nothing(struct registrar *r, const char *zone, uint64_t number, struct io_error *error)
{
	const struct registrar_plan nothing = {.zone = zone, .undoes = number};
	uint64_t ignored;

	return registrar_note(r, &nothing, &ignored, error);
}

/* ---- reading ---- */

static bool read_text(struct arena *arena, json_t *value, struct str *out)
{
	const char *hex = json_string_value(json_object_get(value, "hex")), *text = json_string_value(value);
	struct str digits = str_c(hex ? hex : "");

	if (!hex) {
		*out = arena_str(arena, str_c(text ? text : ""));
		return text && out->p;
	}
	char *octets = arena_text(arena, digits.n / 2 + 1);

	out->p = octets;
	return octets && hex_decode(digits, (unsigned char *)octets, &out->n);
}

static bool read_name(struct arena *arena, const char *text, struct str *out)
{
	char name[DNS_NAME_MAX];
	size_t size;

	if (!text || !dns_name_normalise(str_c(text), name, &size))
		return false;
	*out = arena_str(arena, str_from(name, size));
	return out->p != NULL;
}

/* What a record leads to, as the server said it; "" or "." is the root. */
static bool read_host(struct arena *arena, const char *text, struct str *out)
{
	if (!text || strlen(text) > 4 * DNS_NAME_MAX)
		return false;
	*out = arena_str(arena, str_c(text));
	return out->p != NULL;
}

static bool read_value(struct arena *arena, enum dns_type type, json_t *value, struct dns_record *out)
{
	uint64_t preference;
	const char *number = json_string_value(json_array_get(value, 0)), *text = json_string_value(value);

	switch (type) {
	case DNS_TXT:
		return read_text(arena, value, &out->text);
	case DNS_A:
	case DNS_AAAA:
		return text && dns_address_parse(str_c(text), type, out->address);
	case DNS_MX:
		if (!number || !str_to_u64(str_c(number), UINT16_MAX, &preference))
			return false;
		out->preference = (uint16_t)preference;
		return read_host(arena, json_string_value(json_array_get(value, 1)), &out->name);
	default:
		return read_host(arena, text, &out->name);
	}
}

static bool read_set(struct arena *arena, json_t *set, struct record_set *out)
{
	json_t *values = json_object_get(set, "values");
	json_int_t ttl = json_integer_value(json_object_get(set, "ttl"));
	size_t count = json_array_size(values);
	struct dns_record *records = arena_calloc(arena, count + 1, sizeof *records);

	if (!records || !json_is_array(values) || ttl < 0 || ttl > INT32_MAX)
		return false;
	for (size_t i = 0; i < count; i++)
		if (!read_value(arena, out->type, json_array_get(values, i), &records[i]))
			return false;
	out->ttl = (uint32_t)ttl;
	out->records = records;
	out->count = count;
	return true;
}

/* One change the other way round. */
static bool read_reverse(struct arena *arena, json_t *change, struct record_change *out)
{
	const char *type = json_string_value(json_object_get(change, "type"));

	if (!type || !dns_type_from_name(str_c(type), &out->before.type) ||
	    !read_name(arena, json_string_value(json_object_get(change, "name")), &out->before.name))
		return false;
	out->after.type = out->before.type;
	out->after.name = out->before.name;
	return read_set(arena, json_object_get(change, "after"), &out->before) &&
	       read_set(arena, json_object_get(change, "before"), &out->after);
}

static int read_changes(struct arena *arena, json_t *changes, struct registrar_plan *out)
{
	size_t count = json_array_size(changes);

	if (!json_is_array(changes) || count > REGISTRAR_PLAN_MAX)
		return INKAN_ESYNTAX;
	out->changes = arena_calloc(arena, count + 1, sizeof *out->changes);
	if (!out->changes)
		return arena_error(arena);
	for (size_t i = count; i-- > 0;) /* the last one is taken back first */
		if (!read_reverse(arena, json_array_get(changes, i), &out->changes[out->change_count++]))
			return arena_error(arena) ? arena_error(arena) : INKAN_ESYNTAX;
	return INKAN_OK;
}

int registrar_read_note(struct arena *arena, struct str json, struct registrar_plan *out)
{
	json_error_t trouble = {0};
	json_t *note = json_loadb(json.p ? json.p : "", json.n, 0, &trouble);
	json_int_t undoes = json_integer_value(json_object_get(note, "undoes"));

	*out = (struct registrar_plan){.undoes = undoes > 0 ? (uint64_t)undoes : 0};
	if (!note && json_error_code(&trouble) == json_error_out_of_memory)
		return INKAN_ENOMEM;
	int code = note ? read_changes(arena, json_object_get(note, "changes"), out) : INKAN_ESYNTAX;

	json_decref(note);
	return code;
}

/* ---- which one ---- */

static bool is_among(const uint64_t *numbers, size_t count, uint64_t number)
{
	for (size_t i = 0; i < count; i++)
		if (numbers[i] == number)
			return true;
	return false;
}

struct search {
	struct registrar *r;
	struct arena *arena;
	const char *zone;
	uint64_t below;
	uint64_t undone[UNDONE_MAX];
	size_t undone_count;
};

/* The next older note that neither undoes nor is undone; out->undoes is its number, 0: there is none. */
static int find_note(struct search *s, struct registrar_plan *out, struct io_error *error)
{
	struct buf text;
	unix_time at;
	int code = INKAN_OK;
	bool found = false;

	buf_init(&text, NOTE_SIZE_MAX);
	*out = (struct registrar_plan){0};
	while (!code && !found && s->undone_count < UNDONE_MAX) {
		buf_clear(&text);
		code = identity_store_last_change(s->r->store, s->zone, s->below, &text, &s->below, &at, error);
		if (code || s->below == 0)
			break;
		code = registrar_read_note(s->arena, buf_str(&text), out);
		if (code == INKAN_ESYNTAX)
			code = io_fail(error, "%s: the note of change %llu cannot be read", s->zone,
			               (unsigned long long)s->below);
		bool is_undone = is_among(s->undone, s->undone_count, s->below);

		if (out->undoes && !is_undone)
			s->undone[s->undone_count++] = out->undoes;
		found = !out->undoes && !is_undone;
	}
	out->undoes = found ? s->below : 0;
	buf_release(&text);
	return code;
}

/* Leaves the changes that DNS shows as made; those that were never made, or are taken back by others, are gone. */
static int compare_now(struct search *s, struct registrar_plan *plan, struct io_error *error)
{
	size_t kept = 0;

	for (size_t i = 0; i < plan->change_count; i++) {
		struct record_change *change = &plan->changes[i];
		struct record_set now;
		int code = registrar_find_now(s->r, s->arena, &change->before, &now, error);

		if (code)
			return code;
		if (record_set_eq(&now, &change->after))
			continue;
		if (!record_set_eq(&now, &change->before)) {
			(void)io_fail(error,
			              "%.*s %s was changed again after change %llu, which cannot be undone alone",
			              STR_ARG(now.name), dns_type_name(now.type), (unsigned long long)plan->undoes);
			return INKAN_EREFUSED;
		}
		plan->changes[kept] = *change;
		plan->changes[kept++].before = now; /* with its strings as they are */
	}
	plan->change_count = kept;
	return INKAN_OK;
}

int registrar_plan_undo(struct registrar *r, struct arena *arena, const char *zone, struct registrar_plan *out,
                        struct io_error *error)
{
	struct search *s = arena_calloc(arena, 1, sizeof *s);
	const struct registrar_zone *ours = registrar_zone_of(r, str_c(zone));
	struct registrar_plan plan = {0};

	if (!s)
		return arena_error(arena);
	s->r = r;
	s->arena = arena;
	s->zone = zone;
	int code = find_note(s, &plan, error);

	while (!code && plan.undoes) {
		code = compare_now(s, &plan, error);
		if (code || plan.change_count)
			break;
		code = find_note(s, &plan, error);
	}
	if (code)
		return code;
	plan.zone = arena_str(arena, str_c(zone)).p;
	plan.how = registrar_may_write(ours) ? ours : NULL;
	*out = plan;
	return arena_error(arena);
}

/* Identities as JSON: one table of members drives the printer, the reader and the copy.
 *
 * The reader takes nothing for granted: what it accepts prints again without loss, and is an identity that the rest of the
 * room can live with (at most one active slot, names that fit, times whose sums do not overflow). Members it does not know
 * are passed over, so that an older program reads what a newer one wrote. */
#include <jansson.h>

#include "core/json.h"
#include "identity/internal.h"

enum {
	VERSION = 1,
	ADDRESS_MAX = 64 + 1 + DNS_NAME_MAX,        /* octets */
	TROUBLE_READ_MAX = 3 * IDENTITY_TROUBLE_MAX /* an octet that is not UTF-8 has become three */
};

#define TIME_MAX (INT64_C(1) << 50) /* seconds from 1970, either way: sums with intervals do not overflow */

enum member_kind {
	MEMBER_TEXT,
	MEMBER_WORD, /* an enum */
	MEMBER_BOOL,
	MEMBER_TIME,     /* null: UNIX_TIME_NONE */
	MEMBER_NEW_TIME, /* the same; missing where an older program wrote it */
	MEMBER_SECONDS,  /* int64_t, from 0 */
	MEMBER_NUMBER    /* 32 bits without sign */
};

struct member {
	const char *key;
	size_t offset;
	enum member_kind kind;
	size_t max; /* MEMBER_TEXT: octets */
	const char *const *words;
};

_Static_assert(sizeof(enum identity_state) == sizeof(unsigned), "enums are read and written as numbers");
_Static_assert(sizeof(unsigned) == sizeof(uint32_t), "numbers have 32 bits");

#define IN(what, member) #member, offsetof(struct what, member)

static const struct member identity_members[] = {
	{IN(identity, id), MEMBER_TEXT, IDENTITY_ID_MAX, NULL},
	{IN(identity, domain), MEMBER_TEXT, DNS_NAME_MAX, NULL},
	{IN(identity, address), MEMBER_TEXT, ADDRESS_MAX, NULL},
	{IN(identity, name), MEMBER_TEXT, IDENTITY_NAME_MAX, NULL},
	{IN(identity, tenant), MEMBER_TEXT, IDENTITY_NAME_MAX, NULL},
	{IN(identity, environment), MEMBER_TEXT, IDENTITY_NAME_MAX, NULL},
	{IN(identity, role), MEMBER_WORD, 0, identity_role_names},
	{IN(identity, scheme), MEMBER_WORD, 0, identity_scheme_names},
	{IN(identity, state), MEMBER_WORD, 0, identity_state_names},
	{IN(identity, state_since), MEMBER_TIME, 0, NULL},
	{IN(identity, created), MEMBER_TIME, 0, NULL},
	{IN(identity, checked), MEMBER_TIME, 0, NULL},
	{IN(identity, enabled), MEMBER_BOOL, 0, NULL},
	{IN(identity, deterministic), MEMBER_BOOL, 0, NULL},
	{IN(identity, algorithm), MEMBER_WORD, 0, identity_algorithm_names},
	{IN(identity, bits), MEMBER_NUMBER, 0, NULL},
	{IN(identity, host_zone), MEMBER_TEXT, DNS_NAME_MAX, NULL},
	{IN(identity, site), MEMBER_TEXT, IDENTITY_NAME_MAX, NULL},
	{IN(identity, provider), MEMBER_TEXT, IDENTITY_NAME_MAX, NULL},
	{IN(identity, mail_from), MEMBER_TEXT, DNS_NAME_MAX, NULL},
	{IN(identity, mx_failure), MEMBER_WORD, 0, mx_failure_names},
	{IN(identity, mail_from_state), MEMBER_WORD, 0, mail_from_state_names},
	{IN(identity, mail_from_since), MEMBER_TIME, 0, NULL},
	{IN(identity, publishes), MEMBER_BOOL, 0, NULL},
	{IN(identity, rotating), MEMBER_BOOL, 0, NULL},
	{IN(identity, rotate_every), MEMBER_SECONDS, 0, NULL},
	{IN(identity, overlap), MEMBER_SECONDS, 0, NULL},
	{IN(identity, next_due), MEMBER_TIME, 0, NULL},
	{IN(identity, trouble), MEMBER_TEXT, TROUBLE_READ_MAX, NULL},
};

static const struct member slot_members[] = {
	{IN(slot, state), MEMBER_WORD, 0, slot_state_names},
	{IN(slot, selector), MEMBER_TEXT, DNS_NAME_MAX, NULL},
	{IN(slot, target), MEMBER_TEXT, DNS_NAME_MAX, NULL},
	{IN(slot, key), MEMBER_NUMBER, 0, NULL},
	{IN(slot, record), MEMBER_TEXT, IDENTITY_RECORD_MAX, NULL},
	{IN(slot, bits), MEMBER_NUMBER, 0, NULL},
	{IN(slot, algorithm), MEMBER_WORD, 0, identity_algorithm_names},
	{IN(slot, since), MEMBER_TIME, 0, NULL},
	{IN(slot, made), MEMBER_TIME, 0, NULL},
	{IN(slot, published), MEMBER_TIME, 0, NULL},
	{IN(slot, first_seen), MEMBER_TIME, 0, NULL},
	{IN(slot, last_shown), MEMBER_TIME, 0, NULL},
	{IN(slot, last_seen), MEMBER_TIME, 0, NULL},
	{IN(slot, last_signed), MEMBER_TIME, 0, NULL},
	{IN(slot, last_verified), MEMBER_NEW_TIME, 0, NULL},
};

enum {
	IDENTITY_MEMBERS = sizeof(identity_members) / sizeof(*identity_members),
	SLOT_MEMBERS = sizeof(slot_members) / sizeof(*slot_members)
};

/* ---- out ---- */

static int put_text(struct json *j, const struct member *m, struct str text)
{
	if (m->max == TROUBLE_READ_MAX)
		text = str_head(text, IDENTITY_TROUBLE_MAX);
	if (text.n > m->max)
		return INKAN_ELIMIT;
	json_key_str(j, m->key, text);
	return INKAN_OK;
}

static int put_member(struct json *j, const struct member *m, const void *object)
{
	const char *at = (const char *)object + m->offset;
	union {
		const char *text;
		unsigned number;
		int64_t seconds;
		bool flag;
	} value = {0};

	switch (m->kind) {
	case MEMBER_TEXT:
		memcpy(&value.text, at, sizeof value.text);
		return put_text(j, m, str_c(value.text));
	case MEMBER_WORD:
		memcpy(&value.number, at, sizeof value.number);
		json_key_c(j, m->key, m->words[value.number]);
		return INKAN_OK;
	case MEMBER_BOOL:
		memcpy(&value.flag, at, sizeof value.flag);
		json_key_bool(j, m->key, value.flag);
		return INKAN_OK;
	case MEMBER_NUMBER:
		memcpy(&value.number, at, sizeof value.number);
		json_key_i64(j, m->key, value.number);
		return INKAN_OK;
	case MEMBER_TIME:
	case MEMBER_NEW_TIME:
	case MEMBER_SECONDS:
		break;
	}
	memcpy(&value.seconds, at, sizeof value.seconds);
	json_key(j, m->key);
	if (m->kind != MEMBER_SECONDS && value.seconds == UNIX_TIME_NONE)
		json_null_value(j);
	else
		json_i64(j, value.seconds);
	return INKAN_OK;
}

static int put_members(struct json *j, const struct member *members, size_t count, const void *object)
{
	int error = INKAN_OK;

	for (size_t i = 0; !error && i < count; i++)
		error = put_member(j, &members[i], object);
	return error;
}

int identity_print_json(const struct identity *identity, struct buf *out)
{
	struct json j = json_to(out);
	int error;

	json_object_begin(&j);
	json_key_i64(&j, "version", VERSION);
	error = put_members(&j, identity_members, IDENTITY_MEMBERS, identity);
	json_key(&j, "slots");
	json_array_begin(&j);
	for (size_t i = 0; !error && i < identity->slot_count; i++) {
		json_object_begin(&j);
		error = put_members(&j, slot_members, SLOT_MEMBERS, &identity->slots[i]);
		json_object_end(&j);
	}
	json_array_end(&j);
	json_object_end(&j);
	return error ? error : buf_error(out);
}

/* ---- in ---- */

static bool take_text(struct arena *arena, const struct member *m, const json_t *value, char *at)
{
	struct str text = str_from(json_string_value(value), json_string_length(value));

	if (!json_is_string(value) || text.n > m->max)
		return false;
	const char *copy = arena_str(arena, text).p;

	memcpy(at, &copy, sizeof copy);
	return true;
}

static bool take_word(const struct member *m, const json_t *value, char *at)
{
	unsigned number;

	if (!json_is_string(value) || !identity_word_find(m->words, str_c(json_string_value(value)), &number))
		return false;
	memcpy(at, &number, sizeof number);
	return true;
}

static bool take_integer(const struct member *m, const json_t *value, char *at)
{
	static const struct {
		int64_t min, max;
	} ranges[] = {
		[MEMBER_TIME] = {-TIME_MAX, TIME_MAX},
		[MEMBER_NEW_TIME] = {-TIME_MAX, TIME_MAX},
		[MEMBER_SECONDS] = {0, IDENTITY_INTERVAL_MAX},
		[MEMBER_NUMBER] = {0, UINT32_MAX},
	};
	bool may_be_none = m->kind == MEMBER_TIME || m->kind == MEMBER_NEW_TIME;
	bool is_none = may_be_none && (json_is_null(value) || (!value && m->kind == MEMBER_NEW_TIME));
	int64_t seconds = is_none ? UNIX_TIME_NONE : json_integer_value(value);
	unsigned number = (unsigned)seconds;

	if (!is_none && (!json_is_integer(value) || seconds < ranges[m->kind].min || seconds > ranges[m->kind].max))
		return false;
	if (m->kind == MEMBER_NUMBER)
		memcpy(at, &number, sizeof number);
	else
		memcpy(at, &seconds, sizeof seconds);
	return true;
}

static bool take_member(struct arena *arena, const struct member *m, const json_t *value, void *object)
{
	char *at = (char *)object + m->offset;
	bool flag = json_is_true(value);

	switch (m->kind) {
	case MEMBER_TEXT:
		return take_text(arena, m, value, at);
	case MEMBER_WORD:
		return take_word(m, value, at);
	case MEMBER_BOOL:
		memcpy(at, &flag, sizeof flag);
		return json_is_boolean(value);
	case MEMBER_TIME:
	case MEMBER_NEW_TIME:
	case MEMBER_SECONDS:
	case MEMBER_NUMBER:
		break;
	}
	return take_integer(m, value, at);
}

static bool take_members(struct arena *arena, const struct member *members, size_t count, const json_t *from,
                         void *object)
{
	for (size_t i = 0; i < count; i++)
		if (!take_member(arena, &members[i], json_object_get(from, members[i].key), object))
			return false;
	return json_is_object(from);
}

/* ---- whether it is one ---- */

static bool is_host_or_none(const char *name)
{
	return !name[0] || (dns_name_is_host(str_c(name), true, false) && name[strlen(name) - 1] != '.');
}

/* The id is made of the other names. */
static bool names_fit(const struct identity *i)
{
	struct identity_id parts = identity_id_split(str_c(i->id));
	struct str rest = str_skip(str_c(i->id), str_c(i->address[0] ? i->address : i->domain).n);
	bool is_address = parts.local_part.n > 0;

	return i->domain[0] && is_host_or_none(i->domain) && str_eq(parts.domain, str_c(i->domain)) &&
	       str_eq(parts.name, str_c(i->name)) && is_address == (i->address[0] != '\0') &&
	       (!is_address || str_has_prefix(str_c(i->id), str_c(i->address))) &&
	       (i->name[0] ? identity_is_name(str_c(i->name)) && rest.n == strlen(i->name) + 1 : rest.n == 0);
}

static bool slot_fits(const struct identity *i, const struct slot *slot)
{
	bool needs_selector = i->scheme != IDENTITY_TXT || (slot->state != SLOT_EMPTY);
	bool has_target = slot->target[0] != '\0';

	return (slot->selector[0] ? identity_is_selector(str_c(slot->selector), str_c(i->domain)) : !needs_selector) &&
	       is_host_or_none(slot->target) && (has_target || !identity_has_aliases(i));
}

static bool slots_fit(const struct identity *i)
{
	size_t wanted = identity_scheme_slots(i->scheme), active = 0;

	for (size_t n = 0; n < i->slot_count; n++) {
		active += i->slots[n].state == SLOT_ACTIVE;
		if (!slot_fits(i, &i->slots[n]))
			return false;
	}
	return active <= 1 && (wanted ? i->slot_count == wanted : i->slot_count > 0);
}

static bool fits(const struct identity *i)
{
	return names_fit(i) && slots_fit(i) && is_host_or_none(i->host_zone) && is_host_or_none(i->mail_from) &&
	       (i->host_zone[0] || !identity_has_aliases(i)) &&
	       (i->host_zone[0] || !i->mail_from[0] || (i->site[0] && is_host_or_none(i->site))) &&
	       (i->mail_from_state == MAIL_FROM_NONE) == (i->mail_from[0] == '\0') && i->state_since != UNIX_TIME_NONE;
}

static bool take_identity(struct arena *arena, const json_t *top, struct identity *out)
{
	const json_t *slots = json_object_get(top, "slots");
	const json_t *version = json_object_get(top, "version");

	if (!json_is_integer(version) || json_integer_value(version) != VERSION || !json_is_array(slots) ||
	    json_array_size(slots) > IDENTITY_SLOTS_MAX ||
	    !take_members(arena, identity_members, IDENTITY_MEMBERS, top, out))
		return false;
	out->slot_count = json_array_size(slots);
	for (size_t i = 0; i < out->slot_count; i++)
		if (!take_members(arena, slot_members, SLOT_MEMBERS, json_array_get(slots, i), &out->slots[i]))
			return false;
	return arena_error(arena) == INKAN_OK && fits(out);
}

int identity_read_json(struct arena *arena, struct str json, struct identity *out)
{
	struct identity read = {0};
	json_error_t trouble = {0};

	if (json.n > IDENTITY_JSON_MAX)
		return INKAN_ESYNTAX;
	json_t *top = json_loadb(json.p ? json.p : "", json.n, JSON_REJECT_DUPLICATES, &trouble);

	if (!top)
		return json_error_code(&trouble) == json_error_out_of_memory ? INKAN_ENOMEM : INKAN_ESYNTAX;
	bool good = take_identity(arena, top, &read);

	json_decref(top);
	if (arena_error(arena))
		return arena_error(arena);
	if (!good)
		return INKAN_ESYNTAX;
	*out = read;
	return INKAN_OK;
}

/* ---- copy ---- */

static void copy_texts(struct arena *arena, const struct member *members, size_t count, void *object)
{
	for (size_t i = 0; i < count; i++) {
		char *at = (char *)object + members[i].offset;
		const char *text;

		if (members[i].kind != MEMBER_TEXT)
			continue;
		memcpy(&text, at, sizeof text);
		text = arena_str(arena, str_c(text)).p;
		memcpy(at, &text, sizeof text);
	}
}

int identity_copy(struct arena *arena, const struct identity *from, struct identity *out)
{
	struct identity copy = *from;

	copy_texts(arena, identity_members, IDENTITY_MEMBERS, &copy);
	for (size_t i = 0; i < copy.slot_count; i++)
		copy_texts(arena, slot_members, SLOT_MEMBERS, &copy.slots[i]);
	if (!arena_error(arena))
		*out = copy;
	return arena_error(arena);
}

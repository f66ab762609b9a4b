/* The packed form: version (1 octet), the members in the order of outcome_fields, then the two lists, each behind its count (1
 * octet). Numbers are little-endian in 8 or 4 octets, flags 1 octet (0, 1), texts their size (2 octets) and octets. There is
 * one packed form of an outcome, so that unpacking and packing again gives the same octets. */
#include "store/outcome.h"

#include <assert.h>

#include "core/safe_text.h"
#include "core/time.h"
#include "store/fields.h"

enum {
	OUTCOME_VERSION = 1,
	SIZE_OCTETS = 2,
	NUMBER_OCTETS = 8,
	NUMBERS = 12, /* members that are no texts */
	FIELDS_PACKED = (OUTCOME_FIELDS - NUMBERS) * (SIZE_OCTETS + OUTCOME_TEXT_MAX) + NUMBERS * NUMBER_OCTETS,
	DKIM_PACKED = OUTCOME_DKIM_MAX * (1 + (OUTCOME_DKIM_FIELDS - 1) * (SIZE_OCTETS + OUTCOME_NAME_MAX)),
	SIGNED_PACKED = OUTCOME_SIGNED_MAX * OUTCOME_SIGNED_FIELDS * (SIZE_OCTETS + OUTCOME_NAME_MAX),
	MICROSECONDS = 1000000
};

static_assert(3 + FIELDS_PACKED + DKIM_PACKED + SIGNED_PACKED <= OUTCOME_PACKED_MAX, "the largest outcome fits");

/* ---- packing ---- */

static size_t number_size(enum field_kind kind)
{
	return kind == FIELD_BOOL ? 1 : kind == FIELD_U32 ? 4 : NUMBER_OCTETS;
}

/* At most `max` octets, and not through a character. */
static struct str cut(struct str s, size_t max)
{
	size_t n = max;

	if (s.n <= max)
		return s;
	while (n > max - 3 && ((unsigned char)s.p[n] & 0xc0) == 0x80)
		n--;
	return str_head(s, ((unsigned char)s.p[n] & 0xc0) == 0x80 ? max : n);
}

static void put_number(struct buf *out, uint64_t value, size_t size)
{
	char *to = buf_reserve(out, size);

	if (!to)
		return;
	for (size_t i = 0; i < size; i++)
		to[i] = (char)(value >> (8 * i) & 0xff);
	buf_commit(out, size);
}

static void put_text(struct buf *out, struct str text, size_t max)
{
	struct str s = cut(text, max);
	char *to = buf_reserve(out, SIZE_OCTETS + s.n);

	if (!to)
		return;
	to[0] = (char)(s.n & 0xff);
	to[1] = (char)(s.n >> 8);
	if (s.n)
		memcpy(to + SIZE_OCTETS, s.p, s.n);
	buf_commit(out, SIZE_OCTETS + s.n);
}

static void put_fields(struct buf *out, const void *element, const struct outcome_field *fields, size_t count,
                       size_t text_max)
{
	for (size_t i = 0; i < count; i++)
		if (fields[i].kind == FIELD_TEXT)
			put_text(out, field_text(element, &fields[i]), text_max);
		else
			put_number(out, (uint64_t)field_number(element, &fields[i]), number_size(fields[i].kind));
}

static size_t at_most(size_t n, size_t max)
{
	return n < max ? n : max;
}

void outcome_pack(const struct outcome *outcome, struct buf *out)
{
	size_t dkim = at_most(outcome->dkim_count, OUTCOME_DKIM_MAX);
	size_t made = at_most(outcome->signed_count, OUTCOME_SIGNED_MAX);

	buf_put_char(out, OUTCOME_VERSION);
	put_fields(out, outcome, outcome_fields, OUTCOME_FIELDS, OUTCOME_TEXT_MAX);
	buf_put_char(out, (char)dkim);
	for (size_t i = 0; i < dkim; i++)
		put_fields(out, &outcome->dkim[i], outcome_dkim_fields, OUTCOME_DKIM_FIELDS, OUTCOME_NAME_MAX);
	buf_put_char(out, (char)made);
	for (size_t i = 0; i < made; i++)
		put_fields(out, &outcome->signatures[i], outcome_signed_fields, OUTCOME_SIGNED_FIELDS,
		           OUTCOME_NAME_MAX);
}

/* ---- unpacking ---- */

struct unpacker {
	struct str rest;
	bool failed;
};

static struct str take(struct unpacker *u, size_t n)
{
	struct str octets = str_head(u->rest, n);

	if (u->failed || n > u->rest.n) {
		u->failed = true;
		return STR_NULL;
	}
	u->rest = str_skip(u->rest, n);
	return octets;
}

/* 0 after a failure. */
static uint64_t take_number(struct unpacker *u, size_t size, uint64_t max)
{
	struct str octets = take(u, size);
	uint64_t value = 0;

	for (size_t i = octets.n; i > 0; i--)
		value = value << 8 | (unsigned char)octets.p[i - 1];
	if (value > max)
		u->failed = true;
	return u->failed ? 0 : value;
}

static uint64_t number_max(enum field_kind kind)
{
	return kind == FIELD_BOOL ? 1 : kind == FIELD_U32 ? UINT32_MAX : kind == FIELD_U64 ? INT64_MAX : UINT64_MAX;
}

static void take_fields(struct unpacker *u, void *element, const struct outcome_field *fields, size_t count,
                        size_t text_max)
{
	for (size_t i = 0; i < count && !u->failed; i++) {
		enum field_kind kind = fields[i].kind;

		if (kind == FIELD_TEXT)
			field_set_text(element, &fields[i], take(u, (size_t)take_number(u, SIZE_OCTETS, text_max)));
		else
			field_set_number(element, &fields[i],
			                 (int64_t)take_number(u, number_size(kind), number_max(kind)));
	}
}

bool outcome_unpack(struct str packed, struct outcome *out)
{
	struct unpacker u = {packed, packed.n > OUTCOME_PACKED_MAX};

	*out = (struct outcome){0};
	if (take_number(&u, 1, OUTCOME_VERSION) != OUTCOME_VERSION)
		return false;
	take_fields(&u, out, outcome_fields, OUTCOME_FIELDS, OUTCOME_TEXT_MAX);
	out->dkim_count = (size_t)take_number(&u, 1, OUTCOME_DKIM_MAX);
	for (size_t i = 0; i < out->dkim_count; i++)
		take_fields(&u, &out->dkim[i], outcome_dkim_fields, OUTCOME_DKIM_FIELDS, OUTCOME_NAME_MAX);
	out->signed_count = (size_t)take_number(&u, 1, OUTCOME_SIGNED_MAX);
	for (size_t i = 0; i < out->signed_count; i++)
		take_fields(&u, &out->signatures[i], outcome_signed_fields, OUTCOME_SIGNED_FIELDS, OUTCOME_NAME_MAX);
	return !u.failed && u.rest.n == 0;
}

/* ---- the line ---- */

void outcome_time(int64_t microseconds, struct buf *out)
{
	int64_t seconds = microseconds / MICROSECONDS, rest = microseconds % MICROSECONDS;

	if (rest < 0) {
		rest += MICROSECONDS;
		seconds--;
	}
	time_print(out, seconds);
	if (out->n && !out->error && out->p[out->n - 1] == 'Z') {
		out->n--;
		buf_printf(out, ".%06dZ", (int)rest);
	}
}

/* "*@example.com" */
static void put_masked(struct buf *out, struct str address)
{
	struct str domain = address_domain(address);

	if (address.n)
		buf_put_char(out, '*');
	if (domain.n)
		buf_put_char(out, '@');
	buf_put(out, domain);
}

/* The text of a field as it may be seen. The scratch buffer holds what is made of it. */
static struct str visible(const struct outcome *outcome, const struct outcome_field *field, bool addresses,
                          struct buf *scratch)
{
	struct str text = field_text(outcome, field);

	if (addresses || field->privacy == PRIVACY_NONE)
		return text;
	buf_clear(scratch);
	put_masked(scratch, text);
	return buf_str(scratch);
}

/* The scratch buffer is used for each text. */
static void put_json(const struct outcome *o, bool addresses, struct json *j, struct buf *scratch)
{
	json_object_begin(j);
	buf_clear(scratch);
	outcome_time(o->time, scratch);
	json_key_str(j, "time", buf_str(scratch));
	for (size_t i = 1; i < OUTCOME_FIELDS; i++) {
		const struct outcome_field *field = &outcome_fields[i];

		if (field->kind == FIELD_BOOL)
			json_key_bool(j, field->name, field_number(o, field));
		else if (field->kind != FIELD_TEXT)
			json_key_i64(j, field->name, field_number(o, field));
		else if (field_text(o, field).n)
			json_key_str(j, field->name, visible(o, field, addresses, scratch));
	}
	json_key(j, "dkim");
	outcome_dkim_json(o, j);
	json_key(j, "signatures");
	outcome_signed_json(o, j);
	json_object_end(j);
}

void outcome_json(const struct outcome *outcome, bool addresses, struct json *j)
{
	struct buf scratch;

	buf_init(&scratch, SIZE_MAX);
	put_json(outcome, addresses, j, &scratch);
	if (buf_error(&scratch) && !j->out->error)
		j->out->error = scratch.error;
	buf_release(&scratch);
}

static bool needs_quotes(struct str s)
{
	for (size_t i = 0; i < s.n; i++)
		if (s.p[i] == ' ' || s.p[i] == '"' || s.p[i] == '\\')
			return true;
	return s.n == 0;
}

/* What holds a space, a quotation mark or a backslash stands in quotation marks, so that a message cannot forge a member. */
static void put_value(struct buf *out, struct str s)
{
	if (!needs_quotes(s)) {
		safe_text(out, s);
		return;
	}
	buf_put_char(out, '"');
	while (s.n) {
		size_t n = 0;

		while (n < s.n && s.p[n] != '"' && s.p[n] != '\\')
			n++;
		safe_text(out, str_head(s, n));
		if (n < s.n) {
			buf_put_char(out, '\\');
			buf_put_char(out, s.p[n++]);
		}
		s = str_skip(s, n);
	}
	buf_put_char(out, '"');
}

/* What the line calls the members that it shows, in its order; spf, dkim and what was made are put in by line_text(). */
struct line_member {
	const char *key;
	size_t offset;
	bool is_address;
};

#define MEMBER(key, name, is_address)                           \
	{                                                       \
		key, offsetof(struct outcome, name), is_address \
	}

static const struct line_member before[] = {
	MEMBER("from", from_address, true),      MEMBER("mail_from", mail_from, true), MEMBER("to", recipient, true),
	MEMBER("client", client_ip, false),      MEMBER("helo", helo, false),          MEMBER("login", login, true),
	MEMBER("message_id", message_id, false), MEMBER("gateway", gateway, false),
};

static const struct line_member behind[] = {
	MEMBER("override", override, false), MEMBER("verdict", verdict, false),
	MEMBER("action", action, false),     MEMBER("reason", action_reason, false),
	MEMBER("reply", reply, false),       MEMBER("not_signed", not_signed, false),
	MEMBER("trouble", trouble, false),
};
#undef MEMBER

static void put_members(struct buf *out, const struct outcome *o, const struct line_member *members, size_t count,
                        bool addresses, struct buf *scratch)
{
	for (size_t i = 0; i < count; i++) {
		const struct outcome_field field = {members[i].key, members[i].offset, FIELD_TEXT,
		                                    members[i].is_address ? PRIVACY_ADDRESS : PRIVACY_NONE};
		struct str text = visible(o, &field, addresses, scratch);

		if (text.n) {
			buf_printf(out, " %s=", members[i].key);
			put_value(out, text);
		}
	}
}

/* " dkim=pass/example.com" */
static void put_result(struct buf *out, const char *method, struct str result, struct str domain)
{
	if (result.n == 0)
		return;
	buf_printf(out, " %s=", method);
	put_value(out, result);
	if (domain.n) {
		buf_put_char(out, '/');
		put_value(out, domain);
	}
}

static void put_results(struct buf *out, const struct outcome *o)
{
	put_result(out, "spf", o->spf_result, o->spf_domain);
	for (size_t i = 0; i < o->dkim_count; i++)
		put_result(out, "dkim", o->dkim[i].result, o->dkim[i].domain);
	put_result(out, "arc", o->arc_result, STR_NULL);
	put_result(out, "dmarc", o->dmarc_result, o->dmarc_domain);
	put_result(out, "policy", o->dmarc_policy, STR_NULL);
	for (size_t i = 0; i < o->signed_count; i++)
		put_result(out, "signed", o->signatures[i].domain, o->signatures[i].selector);
}

static void line_text(const struct outcome *o, bool addresses, struct buf *out, struct buf *scratch)
{
	put_value(out, o->direction.n ? o->direction : STR("message"));
	buf_put_char(out, ' ');
	put_value(out, o->queue_id.n ? o->queue_id : STR("-"));
	put_members(out, o, before, sizeof(before) / sizeof(*before), addresses, scratch);
	put_results(out, o);
	put_members(out, o, behind, sizeof(behind) / sizeof(*behind), addresses, scratch);
	if (o->removed_fields)
		buf_printf(out, " removed=%u", (unsigned)o->removed_fields);
	if (o->shadow)
		buf_put_c(out, " shadow=yes");
	buf_printf(out, " size=%llu ms=%u.%u", (unsigned long long)o->size, (unsigned)(o->duration / 1000),
	           (unsigned)(o->duration / 100 % 10));
}

void outcome_line(const struct outcome *outcome, bool json, bool addresses, struct buf *out)
{
	struct json j = json_to(out);
	struct buf scratch;

	if (json) {
		outcome_json(outcome, addresses, &j);
		return;
	}
	buf_init(&scratch, SIZE_MAX);
	line_text(outcome, addresses, out, &scratch);
	if (buf_error(&scratch) && !out->error)
		out->error = scratch.error;
	buf_release(&scratch);
}

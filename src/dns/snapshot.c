/* Reads snapshot files: JSON text (jansson) into a closed evidence.
 *
 * Texts. A JSON string without any character beyond U+00FF stands for octets, one a character, so that every octet can
 * be written; a string with one such character stands for its UTF-8, so that Japanese can be written as it is. What
 * snapshot_save() prints reads back to the same octets either way. Names are always UTF-8; there "\DDD" (decimal, 128
 * to 255) is an octet that is not.
 *
 * jansson knows the position of a syntax error only. For what is wrong beyond the syntax, the path to the value (member
 * and element numbers) is kept while descending, and the text is scanned again along it. */
#include "dns/snapshot.h"

#include <jansson.h>
#include <stdarg.h>
#include <stdio.h>

#include "dns/evidence_table.h"
#include "dns/snapshot_locate.h"

struct loader {
	struct str text;
	struct evidence *e;
	struct arena scratch; /* one answer */
	struct snapshot_error *error;
	char owner_text[DNS_NAME_MAX];
	struct str owner;                      /* the name being read, normalised */
	const char *member;                    /* its type, where known */
	const json_t *meta;                    /* its "_meta"; may be NULL */
	size_t path[SNAPSHOT_PATH_MAX], depth; /* of the value being read */
};

__attribute__((format(printf, 2, 3))) static int fail(struct loader *l, const char *format, ...)
{
	size_t used = 0;
	va_list args;

	if (l->owner.n)
		used = (size_t)snprintf(l->error->text, sizeof(l->error->text),
		                        "%.*s%s%s: ", (int)(l->owner.n < 100 ? l->owner.n : 100), l->owner.p,
		                        l->member ? " " : "", l->member ? l->member : "");
	if (used >= sizeof(l->error->text))
		used = 0;
	va_start(args, format);
	vsnprintf(l->error->text + used, sizeof(l->error->text) - used, format, args);
	va_end(args);
	snapshot_locate(l->text, l->path, l->depth, &l->error->line, &l->error->column);
	return INKAN_ESYNTAX;
}

static struct str text_of(const json_t *string)
{
	return str_from(json_string_value(string), json_string_length(string));
}

/* ---- texts ---- */

static bool octets_of(struct arena *a, struct str utf8, struct str *out)
{
	bool is_ascii = true, is_octets = true;

	for (size_t i = 0; i < utf8.n; i++) {
		unsigned char c = (unsigned char)utf8.p[i];

		is_ascii = is_ascii && c < 0x80;
		is_octets = is_octets && c < 0xc4; /* U+0100 and beyond begin with C4 and higher */
	}
	if (is_ascii || !is_octets) {
		*out = utf8;
		return true;
	}
	char *p = arena_text(a, utf8.n);
	size_t n = 0;

	if (!p)
		return false;
	for (size_t i = 0; i < utf8.n; i++) {
		unsigned char c = (unsigned char)utf8.p[i];

		p[n++] = (char)(c < 0x80 ? c : (c & 3) << 6 | (utf8.p[++i] & 0x3f));
	}
	*out = str_from(p, n);
	return true;
}

static bool is_octet_escape(struct str s)
{
	return s.n >= 4 && s.p[0] == '\\' && (s.p[1] == '1' || s.p[1] == '2') && is_digit(s.p[2]) && is_digit(s.p[3]) &&
	       (s.p[1] - '0') * 100 + (s.p[2] - '0') * 10 + (s.p[3] - '0') >= 128 &&
	       (s.p[1] - '0') * 100 + (s.p[2] - '0') * 10 + (s.p[3] - '0') <= 255;
}

/* Lower case, without final dot, escapes of octets resolved; "." for the root. Whether it is a legal name is not asked. */
static bool name_of(struct arena *a, struct str utf8, struct str *out)
{
	char *p = arena_text(a, utf8.n);
	size_t n = 0;

	if (!p)
		return false;
	while (utf8.n) {
		if (is_octet_escape(utf8)) {
			p[n++] = (char)((utf8.p[1] - '0') * 100 + (utf8.p[2] - '0') * 10 + (utf8.p[3] - '0'));
			utf8 = str_skip(utf8, 4);
		} else {
			size_t size = utf8.p[0] == '\\' && utf8.n > 1 ? 2 : 1; /* another escape stays whole */

			for (size_t i = 0; i < size; i++)
				p[n++] = to_lower(utf8.p[i]);
			utf8 = str_skip(utf8, size);
		}
	}
	if (n && p[n - 1] == '.' && (n == 1 || (p[n - 2] != '.' && p[n - 2] != '\\')))
		n--;
	*out = n ? str_from(p, n) : STR(".");
	return true;
}

/* ---- records ---- */

static int read_address(struct loader *l, const json_t *value, enum dns_type type, struct dns_record *out)
{
	if (!json_is_string(value) || !dns_address_parse(text_of(value), type, out->address))
		return fail(l, "not an %s address", type == DNS_A ? "IPv4" : "IPv6");
	return INKAN_OK;
}

static int read_name(struct loader *l, const json_t *value, struct dns_record *out)
{
	if (!json_is_string(value))
		return fail(l, "a record must be a name in quotes");
	return name_of(&l->scratch, text_of(value), &out->name) ? INKAN_OK : INKAN_ENOMEM;
}

static int read_mx(struct loader *l, const json_t *value, struct dns_record *out)
{
	const json_t *preference = json_array_get(value, 0);

	if (!json_is_array(value) || json_array_size(value) != 2 || !json_is_integer(preference) ||
	    !json_is_string(json_array_get(value, 1)))
		return fail(l, "an MX record must be [preference, \"name\"]");
	if (json_integer_value(preference) < 0 || json_integer_value(preference) > UINT16_MAX)
		return fail(l, "the preference must be from 0 to 65535");
	out->preference = (uint16_t)json_integer_value(preference);
	return read_name(l, json_array_get(value, 1), out);
}

static int read_strings(struct loader *l, const json_t *value, struct dns_record *out)
{
	bool is_list = json_is_array(value);

	out->string_count = is_list ? json_array_size(value) : 1;
	out->strings = arena_calloc(&l->scratch, out->string_count, sizeof(*out->strings));
	if (!out->strings)
		return INKAN_ENOMEM;
	for (size_t i = 0; i < out->string_count; i++) {
		const json_t *string = is_list ? json_array_get(value, i) : value;

		if (!json_is_string(string))
			return fail(l, "a record must be a text or a list of texts");
		if (!octets_of(&l->scratch, text_of(string), &out->strings[i]))
			return INKAN_ENOMEM;
	}
	return INKAN_OK;
}

static int read_record(struct loader *l, const json_t *value, enum dns_type type, struct dns_record *out)
{
	switch (type) {
	case DNS_A:
	case DNS_AAAA:
		return read_address(l, value, type, out);
	case DNS_MX:
		return read_mx(l, value, out);
	case DNS_TXT:
	case DNS_SPF:
		return read_strings(l, value, out);
	case DNS_NS:
	case DNS_CNAME:
	case DNS_SOA:
	case DNS_PTR:
		break;
	}
	return read_name(l, value, out);
}

/* ---- answers ---- */

/* "_meta" of one type: {"ttl": 300, "secure": true, "why": "..."} */
static int read_meta(struct loader *l, const json_t *meta, struct dns_answer *answer)
{
	const json_t *ttl = json_object_get(meta, "ttl");
	const json_t *secure = json_object_get(meta, "secure");
	const json_t *why = json_object_get(meta, "why");

	if (!meta)
		return INKAN_OK;
	if (!json_is_object(meta))
		return fail(l, "its _meta must be an object");
	if (ttl && (!json_is_integer(ttl) || json_integer_value(ttl) < 0 || json_integer_value(ttl) > UINT32_MAX))
		return fail(l, "its ttl must be a number of seconds");
	if (secure && !json_is_boolean(secure))
		return fail(l, "its secure must be true or false");
	if (why && !json_is_string(why))
		return fail(l, "its why must be a text");
	answer->has_ttl = ttl != NULL;
	answer->ttl = (uint32_t)json_integer_value(ttl);
	answer->secure = json_is_true(secure);
	return !why || octets_of(&l->scratch, text_of(why), &answer->why) ? INKAN_OK : INKAN_ENOMEM;
}

static int add_answer(struct loader *l, enum dns_type type, const char *key, struct dns_answer *answer)
{
	int error = read_meta(l, json_object_get(l->meta, key), answer);

	if (!error)
		error = evidence_add(l->e, type, l->owner, answer);
	arena_reset(&l->scratch);
	return error;
}

static bool has_type(const struct loader *l, enum dns_type type)
{
	const struct evidence_entry *entry = evidence_find_name(l->e, l->owner)->entries;

	while (entry && entry->type != type)
		entry = entry->next;
	return entry != NULL;
}

/* "TXT": [...] */
static int read_type(struct loader *l, enum dns_type type, const char *key, const json_t *list)
{
	struct dns_answer answer = {.status = DNS_NODATA};

	if (has_type(l, type))
		return fail(l, "the type is there twice");
	if (!json_is_array(list))
		return fail(l, "the records must be a list");
	struct dns_record *records = arena_calloc(&l->scratch, json_array_size(list), sizeof(*records));

	if (!records)
		return INKAN_ENOMEM;
	for (size_t i = 0; i < json_array_size(list); i++) {
		l->path[l->depth++] = i;
		int error = read_record(l, json_array_get(list, i), type, &records[i]);

		if (error)
			return error;
		l->depth--;
		answer.status = DNS_ANSWER;
	}
	answer.records = records;
	answer.count = json_array_size(list);
	return add_answer(l, type, key, &answer);
}

static bool is_error_status(struct str name, enum dns_status *out)
{
	static const enum dns_status statuses[] = {DNS_NXDOMAIN, DNS_SERVFAIL, DNS_TIMEOUT, DNS_BOGUS, DNS_LOOP};

	for (size_t i = 0; i < sizeof(statuses) / sizeof(*statuses); i++) {
		if (str_ieq(name, str_c(dns_status_name(statuses[i])))) {
			*out = statuses[i];
			return true;
		}
	}
	return false;
}

/* ---- descent: top, names, types ---- */

typedef int member_fn(struct loader *l, const char *key, json_t *value);

static int each_member(struct loader *l, json_t *object, member_fn *read)
{
	size_t level = l->depth++;
	void *iter = json_object_iter(object);

	for (size_t i = 0; iter; iter = json_object_iter_next(object, iter), i++) {
		l->path[level] = i;
		int error = read(l, json_object_iter_key(iter), json_object_iter_value(iter));

		if (error)
			return error;
	}
	l->depth = level;
	return INKAN_OK;
}

/* "TXT": "TIMEOUT" or "*": "SERVFAIL" */
static int read_error(struct loader *l, const char *key, json_t *value)
{
	enum dns_type type;
	struct dns_answer answer = {.status = DNS_SERVFAIL};

	if (!json_is_string(value) || !is_error_status(text_of(value), &answer.status))
		return fail(l, "must be NXDOMAIN, SERVFAIL, TIMEOUT, BOGUS or CNAMELOOP");
	if (strcmp(key, "*") == 0)
		return evidence_declare(l->e, l->owner, dns_answer_without_records(answer.status));
	if (!dns_type_from_name(str_c(key), &type) || has_type(l, type))
		return INKAN_OK;
	return add_answer(l, type, key, &answer);
}

static int read_records_member(struct loader *l, const char *key, json_t *value)
{
	enum dns_type type;

	l->member = key;
	return dns_type_from_name(str_c(key), &type) ? read_type(l, type, key, value) : INKAN_OK;
}

/* After the records: a type that has some is not in error. */
static int read_errors_member(struct loader *l, const char *key, json_t *value)
{
	l->member = key;
	if (strcmp(key, "_error") != 0)
		return INKAN_OK;
	return json_is_object(value) ? each_member(l, value, read_error) : fail(l, "must be an object");
}

static int read_saved_at(struct loader *l, json_t *meta)
{
	const json_t *time = json_object_get(meta, "time");

	l->owner = STR("_meta");
	if (!json_is_object(meta))
		return fail(l, "must be an object");
	if (time && (!json_is_string(time) || !time_parse(text_of(time), &l->e->saved_at)))
		return fail(l, "\"time\" must be a time as 2026-11-21T18:30:00Z");
	return INKAN_OK;
}

static int read_owner(struct loader *l, const char *key, json_t *value)
{
	struct str name;

	l->owner = str_from(l->owner_text, 0);
	l->member = NULL;
	if (strcmp(key, "_meta") == 0)
		return read_saved_at(l, value);
	if (!name_of(&l->scratch, str_c(key), &name))
		return INKAN_ENOMEM;
	if (!dns_name_normalise(name, l->owner_text, &l->owner.n))
		return fail(l, "not a DNS name: %.100s", key);
	if (evidence_find_name(l->e, l->owner))
		return fail(l, "the name is there twice (case and a final dot do not count)");
	if (!json_is_object(value))
		return fail(l, "must be an object of types");
	int error = evidence_declare(l->e, l->owner, NULL);

	l->meta = json_object_get(value, "_meta");
	if (!error)
		error = each_member(l, value, read_records_member);
	return error ? error : each_member(l, value, read_errors_member);
}

static int parse_json(struct loader *l, json_t **out)
{
	json_error_t error;

	*out = json_loadb(l->text.p ? l->text.p : "", l->text.n, JSON_REJECT_DUPLICATES | JSON_ALLOW_NUL, &error);
	if (*out)
		return INKAN_OK;
	if (json_error_code(&error) == json_error_out_of_memory)
		return INKAN_ENOMEM;
	fail(l, "%s", error.text);
	l->error->line = error.line > 0 ? (size_t)error.line : 0;
	l->error->column = error.column > 0 ? (size_t)error.column : 0;
	return INKAN_ESYNTAX;
}

/* An upper bound of the values in the text: each but the first of an array or object stands behind a comma. */
static size_t values_at_most(struct str text)
{
	size_t n = 0;

	for (size_t i = 0; i < text.n; i++)
		n += text.p[i] == ',' || text.p[i] == '[' || text.p[i] == '{';
	return n;
}

static int load(struct loader *l)
{
	json_t *top = NULL;
	bool large = l->text.n > SNAPSHOT_SIZE_MAX || values_at_most(l->text) > SNAPSHOT_VALUES_MAX;
	int error = large ? INKAN_ELIMIT : parse_json(l, &top);

	if (!error)
		error = evidence_new(NULL, SIZE_MAX, SIZE_MAX, &l->e);
	if (!error && !json_is_object(top))
		error = fail(l, "a snapshot must be an object of names");
	if (!error)
		error = each_member(l, top, read_owner);
	json_decref(top);
	return error;
}

int snapshot_load(struct str json, struct evidence **out, struct snapshot_error *error_out)
{
	struct loader l = {
		.text = str_has_prefix(json, STR("\xef\xbb\xbf")) ? str_skip(json, 3) : json,
		.error = error_out,
	};

	*error_out = (struct snapshot_error){0};
	arena_init(&l.scratch, SIZE_MAX);
	int error = load(&l);

	arena_release(&l.scratch);
	if (error) {
		evidence_free(l.e);
		return error;
	}
	evidence_close(l.e);
	*out = l.e;
	return INKAN_OK;
}

unix_time snapshot_saved_at(const struct evidence *e)
{
	return e->saved_at;
}

/* Writes snapshot files: one line a name, sorted, so that two snapshots can be compared with diff. */
#include <stdlib.h>

#include "core/json.h"
#include "core/utf8.h"
#include "dns/evidence_table.h"
#include "dns/snapshot.h"

struct saver {
	struct json json;
	struct buf text; /* one string in the form that JSON holds it */
	int error;       /* of texts before */
};

/* An empty s->text */
static void begin_text(struct saver *s)
{
	if (buf_error(&s->text))
		s->error = buf_error(&s->text);
	buf_clear(&s->text);
}

/* As UTF-8 where that reads back as the same octets (see snapshot.c), else one character an octet. */
static void put_octets(struct saver *s, struct str octets)
{
	bool is_beyond = false;

	for (size_t i = 0; i < octets.n; i++)
		is_beyond = is_beyond || (unsigned char)octets.p[i] >= 0xc4;
	if (is_beyond && utf8_is_valid(octets)) {
		json_str(&s->json, octets);
		return;
	}
	begin_text(s);
	for (size_t i = 0; i < octets.n; i++) {
		char utf8[4];

		buf_put(&s->text, str_from(utf8, utf8_put((unsigned char)octets.p[i], utf8)));
	}
	json_str(&s->json, buf_str(&s->text));
}

/* A name: UTF-8, and \DDD for octets that are not. */
static void put_name(struct saver *s, struct str name)
{
	begin_text(s);
	while (name.n) {
		size_t size = utf8_char_size(name);

		if (size)
			buf_put(&s->text, str_head(name, size));
		else
			buf_printf(&s->text, "\\%03u", (unsigned)(unsigned char)name.p[0]);
		name = str_skip(name, size ? size : 1);
	}
	json_str(&s->json, buf_str(&s->text));
}

/* A name "_meta" must not look like the member of that name. */
static void put_owner(struct saver *s, struct str name)
{
	put_name(s, str_eq(name, STR("_meta")) ? STR("_meta.") : name);
}

static void put_strings(struct saver *s, const struct dns_record *r)
{
	if (r->string_count == 1) {
		put_octets(s, r->strings[0]);
		return;
	}
	json_array_begin(&s->json);
	for (size_t i = 0; i < r->string_count; i++)
		put_octets(s, r->strings[i]);
	json_array_end(&s->json);
}

static void put_record(struct saver *s, enum dns_type type, const struct dns_record *r)
{
	switch (type) {
	case DNS_A:
	case DNS_AAAA:
		begin_text(s);
		dns_address_print(&s->text, type, r->address);
		json_str(&s->json, buf_str(&s->text));
		break;
	case DNS_MX:
		json_array_begin(&s->json);
		json_i64(&s->json, r->preference);
		put_name(s, r->name);
		json_array_end(&s->json);
		break;
	case DNS_TXT:
	case DNS_SPF:
		put_strings(s, r);
		break;
	case DNS_NS:
	case DNS_CNAME:
	case DNS_SOA:
	case DNS_PTR:
		put_name(s, r->name);
		break;
	}
}

static bool is_error(const struct dns_answer *answer)
{
	return answer->status != DNS_ANSWER && answer->status != DNS_NODATA;
}

static void put_types(struct saver *s, const struct evidence_name *n)
{
	for (const struct evidence_entry *e = n->entries; e; e = e->next) {
		if (!e->answer || is_error(e->answer))
			continue;
		json_key(&s->json, dns_type_name(e->type));
		json_array_begin(&s->json);
		for (size_t i = 0; i < e->answer->count; i++)
			put_record(s, e->type, &e->answer->records[i]);
		json_array_end(&s->json);
	}
}

static void open_once(struct saver *s, bool *is_open, const char *key)
{
	if (!*is_open) {
		json_key(&s->json, key);
		json_object_begin(&s->json);
	}
	*is_open = true;
}

static void put_errors(struct saver *s, const struct evidence_name *n)
{
	bool is_open = false;

	for (const struct evidence_entry *e = n->entries; e; e = e->next) {
		if (!e->answer || !is_error(e->answer))
			continue;
		open_once(s, &is_open, "_error");
		json_key_c(&s->json, dns_type_name(e->type), dns_status_name(e->answer->status));
	}
	if (n->fallback) {
		open_once(s, &is_open, "_error");
		json_key_c(&s->json, "*", dns_status_name(n->fallback->status));
	}
	if (is_open)
		json_object_end(&s->json);
}

static void put_meta(struct saver *s, const struct evidence_name *n)
{
	bool is_open = false;

	for (const struct evidence_entry *e = n->entries; e; e = e->next) {
		const struct dns_answer *a = e->answer;

		if (!a || (!a->has_ttl && !a->secure && !a->why.n))
			continue;
		open_once(s, &is_open, "_meta");
		json_key(&s->json, dns_type_name(e->type));
		json_object_begin(&s->json);
		if (a->has_ttl)
			json_key_i64(&s->json, "ttl", a->ttl);
		if (a->secure)
			json_key_bool(&s->json, "secure", true);
		if (a->why.n) {
			json_key(&s->json, "why");
			put_octets(s, a->why);
		}
		json_object_end(&s->json);
	}
	if (is_open)
		json_object_end(&s->json);
}

static bool is_worth_saving(const struct evidence_name *n)
{
	bool is_answered = n->exists || n->fallback;

	for (const struct evidence_entry *e = n->entries; e; e = e->next)
		is_answered = is_answered || e->answer;
	return is_answered;
}

static void begin_line(struct saver *s, bool *is_first)
{
	buf_put_c(s->json.out, *is_first ? "\n" : ",\n");
	*is_first = false;
	s->json = json_to(s->json.out);
}

int snapshot_save(const struct evidence *e, unix_time saved_at, struct buf *out)
{
	const struct evidence_name **names;
	size_t count;
	int error = evidence_sorted_names(e, &names, &count);
	struct saver s = {.json = json_to(out)};
	bool is_first = true;

	if (error)
		return error;
	buf_init(&s.text, SIZE_MAX / 2);
	buf_put_char(out, '{');
	if (saved_at != UNIX_TIME_NONE) {
		begin_line(&s, &is_first);
		time_print(&s.text, saved_at);
		buf_put_c(out, "\"_meta\": ");
		json_object_begin(&s.json);
		json_key_str(&s.json, "time", buf_str(&s.text));
		json_object_end(&s.json);
	}
	for (size_t i = 0; i < count; i++) {
		if (!is_worth_saving(names[i]))
			continue;
		begin_line(&s, &is_first);
		put_owner(&s, names[i]->name);
		buf_put_c(out, ": ");
		s.json = json_to(out);
		json_object_begin(&s.json);
		put_types(&s, names[i]);
		put_errors(&s, names[i]);
		put_meta(&s, names[i]);
		json_object_end(&s.json);
	}
	buf_put_c(out, "\n}\n");
	begin_text(&s);
	error = s.error ? s.error : buf_error(out);
	buf_release(&s.text);
	free(names);
	return error;
}

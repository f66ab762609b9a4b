/* The store of identities as JSON lines: first what it is and the counters, then tenants, keys (sealed), identities, events,
 * changes, and at the end a line that counts the lines: a backup that was cut off is not taken for a whole one.
 *
 * What is restored is judged as strictly as what is stored, since a file may come from anywhere: numbers within the
 * counters, identities that can be read and name keys that are there. */
#include <jansson.h>
#include <stdlib.h>

#include "core/base64.h"
#include "core/json.h"
#include "store/identity_inside.h"

#define BACKUP_NAME "inkan identities"

enum {
	BACKUP_VERSION = 1,
	MASTER_SIZE = 32,
	ROWS_MAX = 64 /* rows of a statement; each may be as long as a line */
};

/* ---- out ---- */

struct backup {
	struct identity_store *store;
	int (*write)(void *context, struct str line);
	void *context;
	struct buf line;
	size_t lines;
	size_t rows;                    /* of the last statement */
	char last[IDENTITY_ID_MAX + 1]; /* key of its last row ... */
	int64_t last_number;            /* ... or number */
};

static int put_line(struct backup *b)
{
	buf_put_char(&b->line, '\n');
	int result = buf_error(&b->line);

	if (!result)
		result = b->write(b->context, buf_str(&b->line));
	buf_clear(&b->line);
	b->lines++;
	return result;
}

static void keep_last(struct backup *b, struct str text, int64_t number)
{
	size_t n = text.n <= IDENTITY_ID_MAX ? text.n : IDENTITY_ID_MAX;

	if (n)
		memcpy(b->last, text.p, n);
	b->last[n] = '\0';
	b->last_number = number;
	b->rows++;
}

static void key_base64(struct json *j, const char *key, struct str octets, struct buf *out)
{
	/* nothing in it needs an escape */
	json_key(j, key);
	buf_put_char(out, '"');
	base64_encode(out, (const unsigned char *)octets.p, octets.n);
	buf_put_char(out, '"');
	j->need_comma = true;
}

static int put_head(struct backup *b, struct io_error *error)
{
	static const char *const counters[] = {"mark", "key", "publication"};
	struct json j = json_to(&b->line);
	unsigned char master[MASTER_SIZE];
	bool there = false;
	int result = identity_store_master(b->store, master, &there, error);

	json_object_begin(&j);
	json_key_c(&j, "backup", BACKUP_NAME);
	json_key_i64(&j, "version", BACKUP_VERSION);
	for (size_t i = 0; !result && i < sizeof(counters) / sizeof(*counters); i++) {
		int64_t number = 0;

		result = RUN(b->store, STATEMENT_COUNTER, identity_row_number, &number, error, text_value(counters[i]));
		json_key_i64(&j, counters[i], number);
	}
	if (there)
		key_base64(&j, "master", str_from((const char *)master, sizeof(master)), &b->line);
	json_object_end(&j);
	return result ? result : put_line(b);
}

static int put_tenant(void *context, const struct db_value *cells)
{
	struct backup *b = context;
	struct json j = json_to(&b->line);

	keep_last(b, cells[0].text, 0);
	json_object_begin(&j);
	json_key_str(&j, "tenant", cells[0].text);
	json_key_str(&j, "organisation", cells[1].text);
	json_key_i64(&j, "created", cells[2].number);
	json_object_end(&j);
	return put_line(b);
}

static int put_key(void *context, const struct db_value *cells)
{
	struct backup *b = context;
	struct json j = json_to(&b->line);

	keep_last(b, STR(""), cells[0].number);
	json_object_begin(&j);
	json_key_i64(&j, "key", cells[0].number);
	json_key_str(&j, "of", cells[1].text);
	json_key_c(&j, "algorithm", identity_algorithm_name((enum identity_algorithm)(cells[2].number != 0)));
	json_key_i64(&j, "bits", cells[3].number);
	json_key_str(&j, "record", cells[4].text);
	key_base64(&j, "sealed", cells[5].text, &b->line);
	json_object_end(&j);
	return put_line(b);
}

static int put_identity(void *context, const struct db_value *cells)
{
	struct backup *b = context;

	keep_last(b, cells[0].text, 0);
	/* it is JSON, and on one line */
	buf_printf(&b->line, "{\"at\":%lld,\"identity\":", (long long)cells[1].number);
	buf_put(&b->line, cells[2].text);
	buf_put_char(&b->line, '}');
	return put_line(b);
}

static int put_event(void *context, const struct db_value *cells)
{
	static const char *const texts[] = {"host", "who", "action", "detail"};
	struct backup *b = context;
	struct json j = json_to(&b->line);

	keep_last(b, cells[0].text, cells[1].number);
	json_object_begin(&j);
	json_key_str(&j, "event", cells[0].text);
	json_key_i64(&j, "version", cells[1].number);
	json_key_i64(&j, "time", cells[2].number);
	for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++)
		json_key_str(&j, texts[i], cells[3 + i].text);
	json_object_end(&j);
	return put_line(b);
}

static int put_change(void *context, const struct db_value *cells)
{
	struct backup *b = context;
	struct json j = json_to(&b->line);

	keep_last(b, STR(""), cells[0].number);
	json_object_begin(&j);
	json_key_i64(&j, "change", cells[0].number);
	json_key_str(&j, "zone", cells[1].text);
	json_key_i64(&j, "time", cells[2].number);
	json_key_str(&j, "json", cells[3].text);
	json_object_end(&j);
	return put_line(b);
}

/* Each goes on behind the last row of the statement before. */
static const struct part {
	enum identity_statement statement;
	db_row *row;
	bool by_text, by_number; /* what the last row is known by */
} parts[] = {
	{STATEMENT_TENANTS, put_tenant, true, false},           {STATEMENT_SAVE_KEYS, put_key, false, true},
	{STATEMENT_SAVE_IDENTITIES, put_identity, true, false}, {STATEMENT_SAVE_EVENTS, put_event, true, true},
	{STATEMENT_SAVE_PUBLICATIONS, put_change, false, true},
};

static int put_part(struct backup *b, const struct part *part, struct io_error *error)
{
	int result = INKAN_OK;

	b->last[0] = '\0';
	b->last_number = 0;
	do {
		char last[sizeof(b->last)];
		struct db_value values[3];
		size_t count = 0;

		memcpy(last, b->last, sizeof(last));
		if (part->by_text)
			values[count++] = text_value(last);
		if (part->by_number)
			values[count++] = number_value(b->last_number);
		values[count++] = number_value(ROWS_MAX);
		b->rows = 0;
		result = identity_store_run(b->store, part->statement, values, count, part->row, b, NULL, error);
	} while (!result && b->rows == ROWS_MAX);
	return result;
}

static int put_all(struct backup *b, struct io_error *error)
{
	struct json j = json_to(&b->line);
	int result = put_head(b, error);

	for (size_t i = 0; !result && i < sizeof(parts) / sizeof(*parts); i++)
		result = put_part(b, &parts[i], error);
	if (result)
		return result;
	json_object_begin(&j);
	json_key_i64(&j, "end", (int64_t)b->lines + 1);
	json_object_end(&j);
	return put_line(b);
}

int identity_store_backup(struct identity_store *s, int (*write)(void *context, struct str line), void *context,
                          struct io_error *error)
{
	struct backup b = {.store = s, .write = write, .context = context};
	int result = s->db->driver->begin(s->db, DB_READ, error);

	if (result)
		return result;
	buf_init(&b.line, IDENTITY_BACKUP_LINE_MAX);
	result = put_all(&b, error);
	s->db->driver->rollback(s->db);
	buf_release(&b.line);
	return result;
}

/* ---- in ---- */

struct restore {
	struct identity_store *store;
	struct arena arena; /* of one line */
	size_t line;
	int64_t mark, key, publication; /* counters of the backup */
	bool ended;
	struct io_error *error;
};

static int refuse(struct restore *r, const char *what)
{
	(void)io_fail(r->error, "line %zu: %s", r->line, what);
	return INKAN_ESYNTAX;
}

/* A text of the line; NULL where there is none, or none that could be stored. */
static const char *text_of(const json_t *line, const char *key)
{
	const json_t *value = json_object_get(line, key);

	return json_is_string(value) && strlen(json_string_value(value)) == json_string_length(value)
	               ? json_string_value(value)
	               : NULL;
}

/* False: not there, or not from min to max. */
static bool number_of(const json_t *line, const char *key, int64_t min, int64_t max, int64_t *out)
{
	const json_t *value = json_object_get(line, key);

	*out = json_is_integer(value) ? json_integer_value(value) : 0;
	return json_is_integer(value) && *out >= min && *out <= max;
}

static bool octets_of(struct restore *r, const json_t *line, const char *key, struct str *out)
{
	struct str text = str_c(text_of(line, key));
	unsigned char *octets = arena_alloc(&r->arena, base64_decoded_max(text.n));
	size_t size = 0;

	if (!octets || !text.p || !base64_decode(text, BASE64_STRICT, octets, &size, NULL))
		return false;
	*out = str_from((const char *)octets, size);
	return true;
}

static int take_head(struct restore *r, const json_t *line)
{
	const char *name = text_of(line, "backup");
	struct str master = STR("");
	int64_t version;

	if (!name || strcmp(name, BACKUP_NAME) != 0)
		return refuse(r, "no backup of identities begins so – take a file that “inkan identity backup” wrote");
	if (!number_of(line, "version", BACKUP_VERSION, BACKUP_VERSION, &version))
		return refuse(r, "a backup of another version of inkan – update inkan");
	if (!number_of(line, "mark", 0, INT64_MAX / 2, &r->mark) || !number_of(line, "key", 0, UINT32_MAX, &r->key) ||
	    !number_of(line, "publication", 0, INT64_MAX / 2, &r->publication))
		return refuse(r, "its counters are missing");
	if (!json_object_get(line, "master"))
		return INKAN_OK;
	if (!octets_of(r, line, "master", &master) || master.n != MASTER_SIZE)
		return arena_error(&r->arena) ? arena_error(&r->arena) : refuse(r, "its master key is damaged");
	return identity_store_insert_master(r->store, (const unsigned char *)master.p, r->error);
}

static int take_tenant(struct restore *r, const json_t *line)
{
	struct tenant t = {.name = text_of(line, "tenant"), .organisation = text_of(line, "organisation")};

	if (!t.name || !t.organisation || !number_of(line, "created", INT64_MIN, INT64_MAX, &t.created))
		return refuse(r, "this is no tenant");
	return identity_store_write_tenant(r->store, &t, r->error);
}

static int take_key(struct restore *r, const json_t *line)
{
	struct new_key key = {.record = text_of(line, "record")};
	const char *of = text_of(line, "of"), *algorithm = text_of(line, "algorithm");
	int64_t number, bits;
	bool sealed = octets_of(r, line, "sealed", &key.sealed);

	if (arena_error(&r->arena))
		return arena_error(&r->arena);
	if (!of || !key.record || !sealed || key.sealed.n > SEALED_KEY_MAX ||
	    !identity_algorithm_from_name(str_c(algorithm), &key.algorithm) ||
	    !number_of(line, "key", 1, r->key, &number) || !number_of(line, "bits", 0, UINT32_MAX, &bits))
		return refuse(r, "this is no key");
	key.number = (uint32_t)number;
	key.bits = (unsigned)bits;
	return identity_store_write_key(r->store, of, &key, r->error);
}

static int insert_identity(struct restore *r, const struct identity *i, int64_t version)
{
	int result = identity_store_write_new(r->store, i, (uint64_t)version, r->error);

	if (!result)
		result = identity_store_check_keys(r->store, i, r->error);
	if (!result)
		result = identity_store_write_author(r->store, i, r->error);
	if (result == INKAN_EUSAGE)
		return refuse(r, "the identity names a key that is not in the backup, or is there twice");
	return result;
}

static int take_identity(struct restore *r, const json_t *line)
{
	char *doc = json_dumps(json_object_get(line, "identity"), JSON_COMPACT);
	struct identity identity;
	int64_t version;

	if (!doc)
		return refuse(r, "this is no identity");
	int result = identity_read_json(&r->arena, str_c(doc), &identity);

	free(doc);
	if (result == INKAN_ESYNTAX || !number_of(line, "at", 1, r->mark, &version))
		return refuse(r, "this is no identity");
	return result ? result : insert_identity(r, &identity, version);
}

static int take_event(struct restore *r, const json_t *line)
{
	const char *id = text_of(line, "event");
	struct identity_event event = {.host = text_of(line, "host"),
	                               .who = text_of(line, "who"),
	                               .action = text_of(line, "action"),
	                               .detail = text_of(line, "detail")};
	int64_t version;

	if (!id || !event.host || !event.who || !event.action || !event.detail ||
	    !number_of(line, "version", 1, r->mark, &version) ||
	    !number_of(line, "time", INT64_MIN, INT64_MAX, &event.at))
		return refuse(r, "this is no event");
	return identity_store_write_event(r->store, id, (uint64_t)version, &event, r->error);
}

static int take_change(struct restore *r, const json_t *line)
{
	const char *zone = text_of(line, "zone"), *json = text_of(line, "json");
	int64_t number, at;

	if (!zone || !json || strlen(json) > IDENTITY_CHANGE_MAX ||
	    !number_of(line, "change", 1, r->publication, &number) ||
	    !number_of(line, "time", INT64_MIN, INT64_MAX, &at))
		return refuse(r, "this is no change");
	return RUN(r->store, STATEMENT_ADD_PUBLICATION, NULL, NULL, r->error, number_value(number), text_value(zone),
	           number_value(at), text_value(json));
}

static int take_end(struct restore *r, const json_t *line)
{
	int64_t lines;

	if (!number_of(line, "end", (int64_t)r->line, (int64_t)r->line, &lines))
		return refuse(r, "lines are missing – take another copy of the backup");
	r->ended = true;
	return INKAN_OK;
}

static const struct kind {
	const char *key; /* the member that tells the kind */
	int (*take)(struct restore *r, const json_t *line);
} kinds[] = {
	{"identity", take_identity}, {"event", take_event},   {"key", take_key},
	{"tenant", take_tenant},     {"change", take_change}, {"end", take_end},
};

static int take_object(struct restore *r, const json_t *line)
{
	if (r->line == 1)
		return take_head(r, line);
	if (r->ended)
		return refuse(r, "lines behind the end");
	for (size_t i = 0; i < sizeof(kinds) / sizeof(*kinds); i++)
		if (json_object_get(line, kinds[i].key))
			return kinds[i].take(r, line);
	return refuse(r, "nothing that a backup holds");
}

static int take_line(struct restore *r, struct str text)
{
	json_error_t trouble = {0};
	json_t *line = json_loadb(text.p, text.n, JSON_REJECT_DUPLICATES, &trouble);

	r->line++;
	arena_reset(&r->arena);
	if (!line)
		return json_error_code(&trouble) == json_error_out_of_memory ? INKAN_ENOMEM
		                                                             : refuse(r, "this is no JSON");
	int result = take_object(r, line);

	json_decref(line);
	return result;
}

static int check_empty(struct restore *r)
{
	int64_t rows = 0;
	int result = RUN_PLAIN(r->store, STATEMENT_IS_EMPTY, identity_row_number, &rows, r->error);

	if (result || rows == 0)
		return result;
	(void)io_fail(r->error, "%s: there are identities already – restore into an empty store",
	              r->store->db->driver->name(r->store->db));
	return INKAN_EREFUSED;
}

/* Numbers of the backup are not given again, nor those that the store gave before. */
static int raise_counters(struct restore *r)
{
	const struct {
		const char *name;
		int64_t least;
	} counters[] = {{"mark", r->mark}, {"key", r->key}, {"publication", r->publication}};
	int result = INKAN_OK;

	for (size_t i = 0; !result && i < sizeof(counters) / sizeof(*counters); i++) {
		int64_t number = 0;

		result = RUN(r->store, STATEMENT_COUNTER, identity_row_number, &number, r->error,
		             text_value(counters[i].name));
		if (!result && number < counters[i].least)
			result = RUN(r->store, STATEMENT_SET_COUNTER, NULL, NULL, r->error,
			             number_value(counters[i].least), text_value(counters[i].name));
	}
	return result;
}

static int take_all(struct restore *r, int (*read)(void *context, struct buf *line), void *context, struct buf *line)
{
	int result = check_empty(r);

	while (!result) {
		buf_clear(line);
		result = read(context, line);
		if (result || line->n == 0)
			break;
		result = take_line(r, buf_str(line));
	}
	if (!result && !r->ended) {
		r->line++;
		result = refuse(r, "the backup ends too early – take another copy of it");
	}
	return result ? result : raise_counters(r);
}

int identity_store_restore(struct identity_store *s, int (*read)(void *context, struct buf *line), void *context,
                           struct io_error *error)
{
	struct restore r = {.store = s, .error = error};
	struct buf line;
	uint64_t mark;
	int result = identity_store_begin(s, &mark, error);

	if (result)
		return result;
	arena_init(&r.arena, 2 * IDENTITY_BACKUP_LINE_MAX);
	buf_init(&line, IDENTITY_BACKUP_LINE_MAX);
	result = identity_store_end(s, take_all(&r, read, context, &line), error);
	buf_release(&line);
	arena_release(&r.arena);
	return result;
}

/* The store of identities, whatever the database: opened, asked, and its lists. How an identity is changed is in identity_put.c.
 *
 * identity_store_run() checks every text that goes to a database. */
#include "store/identity_store.h"

#include <stdio.h>
#include <stdlib.h>

#include "core/utf8.h"
#include "store/identity_inside.h"

enum {
	BATCH_MEMORY_MAX = IDENTITY_STORE_BATCH * (IDENTITY_JSON_MAX + IDENTITY_ID_MAX + 64),
	EVENTS_MEMORY_MAX = 16 * 1024 * 1024
};

/* ---- calls of the database ---- */

static bool is_text(struct str s)
{
	return utf8_is_valid(s) && str_find(s, '\0') == s.n;
}

int identity_store_run(struct identity_store *s, enum identity_statement which, const struct db_value *values,
                       size_t count, db_row *row, void *context, size_t *changed_out, struct io_error *error)
{
	for (size_t i = 0; i < count; i++)
		if (values[i].kind == DB_TEXT && !is_text(values[i].text))
			return io_fail(error, "%s: a text that is not UTF-8 without NUL cannot be stored",
			               s->db->driver->name(s->db));
	return s->db->driver->run(s->db, which, values, count, row, context, changed_out, error);
}

int identity_store_end(struct identity_store *s, int result, struct io_error *error)
{
	if (!result)
		result = s->db->driver->commit(s->db, error);
	if (result)
		s->db->driver->rollback(s->db);
	return result;
}

int identity_store_begin(struct identity_store *s, uint64_t *mark_out, struct io_error *error)
{
	int64_t mark = 0;
	int result = s->db->driver->begin(s->db, DB_WRITE, error);

	if (!result)
		result = identity_store_count_up(s, "mark", &mark, error);
	if (result)
		s->db->driver->rollback(s->db);
	else
		*mark_out = (uint64_t)mark;
	return result;
}

int identity_row_number(void *context, const struct db_value *cells)
{
	*(int64_t *)context = cells[0].number;
	return INKAN_OK;
}

int identity_store_count_up(struct identity_store *s, const char *counter, int64_t *out, struct io_error *error)
{
	int64_t number = 0;
	int result = RUN(s, STATEMENT_COUNT_UP, identity_row_number, &number, error, text_value(counter));

	if (!result && number == 0)
		result = io_fail(error, "%s: its table of counters is damaged", s->db->driver->name(s->db));
	if (!result)
		*out = number;
	return result;
}

static int damaged(struct identity_store *s, const char *id, struct io_error *error)
{
	return io_fail(error, "%s: what is stored of %s is damaged", s->db->driver->name(s->db), id);
}

/* ---- opening ---- */

bool identity_store_is_file(const char *where)
{
	bool is_address =
		str_has_prefix(str_c(where), STR("postgresql://")) || str_has_prefix(str_c(where), STR("postgres://"));

	return !is_address && (where[0] == '/' || where[0] == '.' || !strchr(where, '='));
}

int identity_store_open(const char *where, bool read_only, bool create, struct identity_store **out,
                        struct io_error *error)
{
	struct identity_store *s = calloc(1, sizeof(*s));

	if (!s)
		return INKAN_ENOMEM;
	int result = identity_store_is_file(where) ? identity_sqlite_open(where, read_only, create, &s->db, error)
	                                           : identity_postgres_open(where, read_only, create, &s->db, error);

	if (result)
		free(s);
	else
		*out = s;
	return result;
}

void identity_store_close(struct identity_store *s)
{
	if (!s)
		return;
	s->db->driver->close(s->db);
	free(s);
}

/* ---- the master key ---- */

struct master {
	unsigned char *octets;
	bool there;
};

static int take_master(void *context, const struct db_value *cells)
{
	struct master *m = context;

	m->there = cells[0].text.n == 32;
	if (m->there)
		memcpy(m->octets, cells[0].text.p, 32);
	return INKAN_OK;
}

int identity_store_master(struct identity_store *s, unsigned char public_out[32], bool *there_out,
                          struct io_error *error)
{
	struct master m = {.octets = public_out};
	int result = RUN_PLAIN(s, STATEMENT_MASTER, take_master, &m, error);

	if (!result)
		*there_out = m.there;
	return result;
}

int identity_store_insert_master(struct identity_store *s, const unsigned char public_key[32], struct io_error *error)
{
	unsigned char found[32];
	bool there = false;
	int result = RUN(s, STATEMENT_SET_MASTER, NULL, NULL, error,
	                 octets_value(str_from((const char *)public_key, sizeof(found))));

	if (!result)
		result = identity_store_master(s, found, &there, error);
	if (!result && (!there || memcmp(found, public_key, sizeof(found)) != 0)) {
		(void)io_fail(error, "%s: its keys are sealed with another master key", s->db->driver->name(s->db));
		return INKAN_EREFUSED;
	}
	return result;
}

int identity_store_set_master(struct identity_store *s, const unsigned char public_key[32], struct io_error *error)
{
	uint64_t mark;
	int result = identity_store_begin(s, &mark, error);

	if (!result)
		result = identity_store_end(s, identity_store_insert_master(s, public_key, error), error);
	return result;
}

int identity_store_reserve_key(struct identity_store *s, uint32_t *number_out, struct io_error *error)
{
	int64_t number = 0;
	int result = identity_store_count_up(s, "key", &number, error);

	if (!result && number > UINT32_MAX) {
		(void)io_fail(error, "%s: there are no more numbers for keys", s->db->driver->name(s->db));
		return INKAN_ELIMIT;
	}
	if (!result)
		*number_out = (uint32_t)number;
	return result;
}

/* ---- reading one ---- */

struct reading {
	struct arena *arena;
	struct identity *out;
	uint64_t version;
};

static int take_identity(void *context, const struct db_value *cells)
{
	struct reading *r = context;
	int result = identity_read_json(r->arena, cells[1].text, r->out);

	r->version = (uint64_t)cells[0].number;
	return result;
}

static int read_result(struct identity_store *s, int result, const struct reading *r, const char *id,
                       uint64_t *version_out, struct io_error *error)
{
	if (result == INKAN_ESYNTAX)
		return damaged(s, id, error);
	if (!result)
		*version_out = r->version;
	return result;
}

int identity_store_get(struct identity_store *s, struct arena *arena, const char *id, struct identity *out,
                       uint64_t *version_out, struct io_error *error)
{
	struct reading r = {arena, out, 0};
	int result = RUN(s, STATEMENT_GET, take_identity, &r, error, text_value(id));

	return read_result(s, result, &r, id, version_out, error);
}

int identity_store_claim(struct identity_store *s, struct arena *arena, const char *id, uint64_t version,
                         const char *host, unix_time now, unix_time until, struct identity *out, uint64_t *version_out,
                         struct io_error *error)
{
	struct reading r = {arena, out, 0};
	int result = RUN(s, STATEMENT_CLAIM, take_identity, &r, error, text_value(host), number_value(until),
	                 text_value(id), number_value((int64_t)version), number_value(now));

	return read_result(s, result, &r, id, version_out, error);
}

/* ---- reading many ---- */

struct batch {
	struct arena arena;
	struct batch_entry {
		struct str id, doc;
	} entries[IDENTITY_STORE_BATCH];
	size_t count;
};

static int take_entry(void *context, const struct db_value *cells)
{
	struct batch *b = context;

	if (b->count == IDENTITY_STORE_BATCH)
		return INKAN_OK;
	b->entries[b->count++] =
		(struct batch_entry){arena_str(&b->arena, cells[0].text), arena_str(&b->arena, cells[1].text)};
	return arena_error(&b->arena);
}

static int read_batch(struct identity_store *s, const struct identity_filter *f, const char *after, struct batch *b,
                      struct io_error *error)
{
	struct db_value values[5] = {text_value(after), text_value(f->environment)};
	enum identity_statement which = STATEMENT_EACH;
	size_t count = 2;

	b->count = 0;
	arena_reset(&b->arena);
	if (f->domain && f->domain[0]) {
		which = STATEMENT_EACH_DOMAIN;
		values[count++] = text_value(f->domain);
		values[count++] = text_value(f->tenant);
	} else if (f->tenant && f->tenant[0]) {
		which = STATEMENT_EACH_TENANT;
		values[count++] = text_value(f->tenant);
	}
	values[count++] = number_value(IDENTITY_STORE_BATCH);
	return identity_store_run(s, which, values, count, take_entry, b, NULL, error);
}

/* *damage_inout: INKAN_EIO from the first damaged one on, which *error names. */
static int tell_batch(struct identity_store *s, const struct batch *b, struct arena *arena,
                      bool (*each)(void *context, const struct identity *identity), void *context, bool *more,
                      int *damage_inout, struct io_error *error)
{
	struct identity identity;

	for (size_t i = 0; *more && i < b->count; i++) {
		arena_reset(arena);
		int result = identity_read_json(arena, b->entries[i].doc, &identity);

		if (result == INKAN_ESYNTAX)
			*damage_inout = *damage_inout ? *damage_inout : damaged(s, b->entries[i].id.p, error);
		else if (result)
			return result;
		else
			*more = each(context, &identity);
	}
	return INKAN_OK;
}

int identity_store_each(struct identity_store *s, const struct identity_filter *filter,
                        bool (*each)(void *context, const struct identity *identity), void *context,
                        struct io_error *error)
{
	struct batch *b = calloc(1, sizeof(*b));
	struct arena one;
	char after[IDENTITY_ID_MAX + 1];
	bool more = true;
	int result = INKAN_OK, damage = INKAN_OK;

	if (!b)
		return INKAN_ENOMEM;
	arena_init(&b->arena, BATCH_MEMORY_MAX);
	arena_init(&one, ONE_MEMORY_MAX);
	snprintf(after, sizeof(after), "%s", filter->after ? filter->after : "");
	while (!result && more) {
		result = read_batch(s, filter, after, b, error);
		if (!result)
			result = tell_batch(s, b, &one, each, context, &more, &damage, error);
		if (b->count < IDENTITY_STORE_BATCH)
			break;
		snprintf(after, sizeof(after), "%s", b->entries[b->count - 1].id.p);
	}
	arena_release(&one);
	arena_release(&b->arena);
	free(b);
	return result ? result : damage;
}

struct due {
	struct arena *arena;
	const char **ids;
	size_t count, max;
};

static int take_due(void *context, const struct db_value *cells)
{
	struct due *d = context;

	if (d->count < d->max)
		d->ids[d->count++] = arena_str(d->arena, cells[0].text).p;
	return arena_error(d->arena);
}

int identity_store_due(struct identity_store *s, struct arena *arena, unix_time now, size_t max, const char **ids_out,
                       size_t *count_out, struct io_error *error)
{
	struct due d = {arena, ids_out, 0, max};
	struct db_value limit = number_value(max < INT32_MAX ? (int64_t)max : INT32_MAX);
	int result = RUN(s, STATEMENT_DUE, take_due, &d, error, number_value(now), limit);

	if (!result && d.count < max)
		result = RUN(s, STATEMENT_DUE_AHEAD, take_due, &d, error, number_value(now), limit);
	if (!result)
		*count_out = d.count;
	return result;
}

int identity_store_put_off_damaged(struct identity_store *s, const char *id, unix_time until, bool *damaged_out,
                                   struct io_error *error)
{
	struct identity identity;
	struct arena arena;
	struct reading r = {&arena, &identity, 0};

	arena_init(&arena, ONE_MEMORY_MAX);
	int result = RUN(s, STATEMENT_GET, take_identity, &r, error, text_value(id));

	arena_release(&arena);
	*damaged_out = result == INKAN_ESYNTAX;
	if (!*damaged_out)
		return result;
	return RUN(s, STATEMENT_PUT_OFF, NULL, NULL, error, number_value(until), text_value(id),
	           number_value((int64_t)r.version));
}

/* ---- signing ---- */

static void copy_name(char *to, size_t size, struct str name)
{
	size_t n = name.n < size ? name.n : 0; /* too long for a name: no name */

	if (n)
		memcpy(to, name.p, n);
	to[n] = '\0';
}

static void take_failed(struct identity_author *author, const struct db_value *cells)
{
	struct failed_mail_from *to = &author->failed[author->failed_count];

	if (author->failed_count == IDENTITY_FAILED_MAX)
		return;
	author->failed_count++;
	to->behaviour = cells[2].number == MX_FAILURE_REJECT ? MX_FAILURE_REJECT : MX_FAILURE_DEFAULT;
	copy_name(to->domain, sizeof(to->domain), cells[4].text);
}

static int take_row_of_author(void *context, const struct db_value *cells)
{
	struct identity_author *author = context;
	struct identity_signer *to = &author->signers[author->count];

	if (cells[1].number < 0)
		take_failed(author, cells);
	if (cells[1].number < 0 || author->count == IDENTITY_SIGNERS_MAX)
		return INKAN_OK;
	author->count++;
	to->key = (uint32_t)cells[1].number;
	to->algorithm = cells[2].number == IDENTITY_ED25519 ? IDENTITY_ED25519 : IDENTITY_RSA;
	copy_name(to->selector, sizeof(to->selector), cells[3].text);
	copy_name(to->domain, sizeof(to->domain), cells[4].text);
	return INKAN_OK;
}

int identity_store_author(struct identity_store *s, struct str address, struct str domain, struct identity_author *out,
                          struct io_error *error)
{
	const struct db_value values[] = {{.kind = DB_TEXT, .text = address}, {.kind = DB_TEXT, .text = domain}};

	out->count = out->failed_count = 0;
	/* an author out of a message: what is no text has no identity either */
	if (!is_text(address) || !is_text(domain))
		return INKAN_OK;
	int result = identity_store_run(s, STATEMENT_SIGNERS, values, 2, take_row_of_author, out, NULL, error);

	if (result)
		out->count = out->failed_count = 0;
	return result;
}

int identity_store_signers(struct identity_store *s, struct str address, struct str domain,
                           struct identity_signer out[IDENTITY_SIGNERS_MAX], size_t *count_out, struct io_error *error)
{
	struct identity_author author;
	int result = identity_store_author(s, address, domain, &author, error);

	memcpy(out, author.signers, author.count * sizeof(*out));
	*count_out = author.count;
	return result;
}

struct sealed {
	struct buf *out;
	bool there;
};

static int take_sealed(void *context, const struct db_value *cells)
{
	struct sealed *k = context;

	k->there = true;
	buf_put(k->out, cells[0].text);
	return buf_error(k->out);
}

int identity_store_key(struct identity_store *s, uint32_t number, struct buf *sealed_out, bool *there_out,
                       struct io_error *error)
{
	struct sealed k = {.out = sealed_out};
	int result = RUN(s, STATEMENT_KEY, take_sealed, &k, error, number_value(number));

	if (!result)
		*there_out = k.there;
	return result;
}

int identity_store_mark(struct identity_store *s, uint64_t *mark_out, struct io_error *error)
{
	int64_t mark = 0;
	int result = RUN(s, STATEMENT_COUNTER, identity_row_number, &mark, error, text_value("mark"));

	if (!result)
		*mark_out = (uint64_t)mark;
	return result;
}

/* ---- events ---- */

struct events {
	struct arena arena;
	struct identity_event list[IDENTITY_EVENTS_KEPT];
	size_t count;
};

static int take_event(void *context, const struct db_value *cells)
{
	struct events *e = context;

	if (e->count == IDENTITY_EVENTS_KEPT)
		return INKAN_OK;
	e->list[e->count++] = (struct identity_event){
		.at = cells[0].number,
		.host = arena_str(&e->arena, cells[1].text).p,
		.who = arena_str(&e->arena, cells[2].text).p,
		.action = arena_str(&e->arena, cells[3].text).p,
		.detail = arena_str(&e->arena, cells[4].text).p,
	};
	return arena_error(&e->arena);
}

int identity_store_events(struct identity_store *s, const char *id, size_t max,
                          bool (*each)(void *context, const struct identity_event *event), void *context,
                          struct io_error *error)
{
	struct events *e = calloc(1, sizeof(*e));

	if (!e)
		return INKAN_ENOMEM;
	arena_init(&e->arena, EVENTS_MEMORY_MAX);
	int result = RUN(s, STATEMENT_EVENTS, take_event, e, error, text_value(id),
	                 number_value(max < IDENTITY_EVENTS_KEPT ? (int64_t)max : IDENTITY_EVENTS_KEPT));

	for (size_t i = 0; !result && i < e->count; i++)
		if (!each(context, &e->list[i]))
			break;
	arena_release(&e->arena);
	free(e);
	return result;
}

/* ---- tenants ---- */

int identity_store_write_tenant(struct identity_store *s, const struct tenant *t, struct io_error *error)
{
	size_t name = strlen(t->name), organisation = strlen(t->organisation);

	if (name == 0 || name > IDENTITY_NAME_MAX || organisation > IDENTITY_ORGANISATION_MAX) {
		(void)io_fail(error, "a tenant has a name of at most %d octets, and an organisation of at most %d",
		              IDENTITY_NAME_MAX, IDENTITY_ORGANISATION_MAX);
		return INKAN_EUSAGE;
	}
	return RUN(s, STATEMENT_PUT_TENANT, NULL, NULL, error, text_value(t->name), text_value(t->organisation),
	           number_value(t->created));
}

int identity_store_put_tenant(struct identity_store *s, const struct tenant *tenant, struct io_error *error)
{
	uint64_t mark;
	int result = identity_store_begin(s, &mark, error);

	if (!result)
		result = identity_store_end(s, identity_store_write_tenant(s, tenant, error), error);
	return result;
}

struct tenants {
	struct arena arena;
	struct tenant list[IDENTITY_STORE_BATCH];
	size_t count;
};

static int take_tenant(void *context, const struct db_value *cells)
{
	struct tenants *t = context;

	if (t->count == IDENTITY_STORE_BATCH)
		return INKAN_OK;
	t->list[t->count++] = (struct tenant){
		.name = arena_str(&t->arena, cells[0].text).p,
		.organisation = arena_str(&t->arena, cells[1].text).p,
		.created = cells[2].number,
	};
	return arena_error(&t->arena);
}

static int tell_tenants(struct identity_store *s, struct tenants *t,
                        bool (*each)(void *context, const struct tenant *tenant), void *context, struct io_error *error)
{
	char after[IDENTITY_NAME_MAX + 1] = "";
	int result = INKAN_OK;

	do {
		t->count = 0;
		arena_reset(&t->arena);
		result = RUN(s, STATEMENT_TENANTS, take_tenant, t, error, text_value(after),
		             number_value(IDENTITY_STORE_BATCH));
		for (size_t i = 0; !result && i < t->count; i++)
			if (!each(context, &t->list[i]))
				return INKAN_OK;
		if (t->count)
			copy_name(after, sizeof(after), str_c(t->list[t->count - 1].name));
	} while (!result && t->count == IDENTITY_STORE_BATCH);
	return result;
}

int identity_store_each_tenant(struct identity_store *s, bool (*each)(void *context, const struct tenant *tenant),
                               void *context, struct io_error *error)
{
	struct tenants *t = calloc(1, sizeof(*t));

	if (!t)
		return INKAN_ENOMEM;
	arena_init(&t->arena, BATCH_MEMORY_MAX);
	int result = tell_tenants(s, t, each, context, error);

	arena_release(&t->arena);
	free(t);
	return result;
}

/* ---- what was published ---- */

static int write_change(struct identity_store *s, const char *zone, unix_time at, struct str json, int64_t *number_out,
                        struct io_error *error)
{
	int result = identity_store_count_up(s, "publication", number_out, error);

	if (!result)
		result = RUN(s, STATEMENT_ADD_PUBLICATION, NULL, NULL, error, number_value(*number_out),
		             text_value(zone), number_value(at), ((struct db_value){.kind = DB_TEXT, .text = json}));
	if (!result)
		result = RUN(s, STATEMENT_TRIM_PUBLICATIONS, NULL, NULL, error, text_value(zone),
		             number_value(IDENTITY_CHANGES_KEPT));
	return result;
}

int identity_store_add_change(struct identity_store *s, const char *zone, unix_time at, struct str json,
                              uint64_t *number_out, struct io_error *error)
{
	uint64_t mark;
	int64_t number = 0;

	if (json.n > IDENTITY_CHANGE_MAX)
		return INKAN_ELIMIT;
	int result = identity_store_begin(s, &mark, error);

	if (!result)
		result = identity_store_end(s, write_change(s, zone, at, json, &number, error), error);
	if (!result)
		*number_out = (uint64_t)number;
	return result;
}

struct publication {
	struct buf *out;
	int64_t number;
	unix_time at;
};

static int take_publication(void *context, const struct db_value *cells)
{
	struct publication *p = context;

	p->number = cells[0].number;
	p->at = cells[1].number;
	buf_put(p->out, cells[2].text);
	return buf_error(p->out);
}

int identity_store_last_change(struct identity_store *s, const char *zone, uint64_t below, struct buf *out,
                               uint64_t *number_out, unix_time *at_out, struct io_error *error)
{
	struct publication p = {.out = out, .at = UNIX_TIME_NONE};
	int result = RUN(s, STATEMENT_PUBLICATION, take_publication, &p, error, text_value(zone),
	                 number_value(below < INT64_MAX ? (int64_t)below : INT64_MAX));

	if (!result) {
		*number_out = (uint64_t)p.number;
		*at_out = p.at;
	}
	return result;
}

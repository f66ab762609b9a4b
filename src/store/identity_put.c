/* Changing an identity: all that is stored of it, in one transaction, on the version that was read.
 *
 * Reading order: identity_store_put() -> put_parts(), identity_store_delete() -> clear_parts(). A version is the "mark" at which the
 * identity was made, and one more with each change: never that of an earlier identity of the same id, since the mark is counted up by
 * every change of anything. */
#include "core/utf8.h"
#include "identity/life.h"
#include "store/identity_inside.h"

static struct db_value due_value(unix_time due)
{
	return due == UNIX_TIME_NONE ? (struct db_value){.kind = DB_NULL} : number_value(due);
}

static int write_row(struct identity_store *s, const struct identity *i, uint64_t version, uint64_t next,
                     struct str doc, size_t *changed_out, struct io_error *error)
{
	const struct db_value values[] = {
		number_value((int64_t)next), text_value(i->domain),          text_value(i->tenant),
		text_value(i->environment),  due_value(i->next_due),         {.kind = DB_TEXT, .text = doc},
		text_value(i->id),           number_value((int64_t)version), /* of STATEMENT_CHANGE only */
	};
	size_t count = sizeof(values) / sizeof(*values);

	if (version == 0)
		return identity_store_run(s, STATEMENT_ADD, values, count - 1, NULL, NULL, changed_out, error);
	return identity_store_run(s, STATEMENT_CHANGE, values, count, NULL, NULL, changed_out, error);
}

/* What could not be read again would be lost. */
static int check_readable(const struct identity *i, struct str doc, struct io_error *error)
{
	struct identity again;
	struct arena arena;

	arena_init(&arena, ONE_MEMORY_MAX);
	int result = identity_read_json(&arena, doc, &again);

	arena_release(&arena);
	if (result == INKAN_ESYNTAX) {
		(void)io_fail(error, "%s cannot be stored: its parts do not fit together", i->id);
		return INKAN_EUSAGE;
	}
	return result;
}

static int write_identity(struct identity_store *s, const struct identity *i, uint64_t version, uint64_t next,
                          size_t *changed_out, struct io_error *error)
{
	struct buf doc;

	buf_init(&doc, IDENTITY_JSON_MAX);
	int result = identity_print_json(i, &doc);

	if (!result)
		result = check_readable(i, buf_str(&doc), error);
	if (!result)
		result = write_row(s, i, version, next, buf_str(&doc), changed_out, error);
	buf_release(&doc);
	return result;
}

int identity_store_write_new(struct identity_store *s, const struct identity *i, uint64_t version,
                             struct io_error *error)
{
	size_t added = 0;
	int result = write_identity(s, i, 0, version, &added, error);

	return !result && added == 0 ? INKAN_EUSAGE : result;
}

static const char *author_of(const struct identity *i)
{
	return i->address[0] ? i->address : i->domain;
}

static int write_signer(struct identity_store *s, const struct identity *i, struct io_error *error)
{
	const struct slot *slot = identity_active_slot(i);
	const char *author = author_of(i);
	int64_t others = 0;
	int result;

	if (!slot || !slot->key || !life_signs(i))
		return INKAN_OK;
	result = RUN(s, STATEMENT_COUNT_SIGNERS, identity_row_number, &others, error, text_value(author));
	if (!result && others >= IDENTITY_SIGNERS_MAX) {
		(void)io_fail(error, "%d keys sign for %s already, which is the most – disable one of them",
		              IDENTITY_SIGNERS_MAX, author);
		return INKAN_ELIMIT;
	}
	if (!result)
		result = RUN(s, STATEMENT_ADD_SIGNER, NULL, NULL, error, text_value(author), number_value(slot->key),
		             text_value(i->id), number_value(slot->algorithm), text_value(slot->selector),
		             text_value(i->domain));
	return result;
}

int identity_store_write_author(struct identity_store *s, const struct identity *i, struct io_error *error)
{
	int result = write_signer(s, i, error);

	if (result || i->mail_from_state != MAIL_FROM_FAILED)
		return result;
	return RUN(s, STATEMENT_ADD_FAILED, NULL, NULL, error, text_value(author_of(i)), text_value(i->id),
	           number_value(i->mx_failure), text_value(i->mail_from));
}

int identity_store_write_key(struct identity_store *s, const char *id, const struct new_key *key,
                             struct io_error *error)
{
	if (key->sealed.n > SEALED_KEY_MAX)
		return INKAN_ELIMIT;
	return RUN(s, STATEMENT_ADD_KEY, NULL, NULL, error, number_value(key->number), text_value(id),
	           number_value(key->algorithm), number_value(key->bits), text_value(key->record),
	           octets_value(key->sealed));
}

/* The id and the keys that its slots name, 0 for none: how many they are. */
static int64_t named_keys(const struct identity *i, struct db_value values[1 + IDENTITY_SLOTS_MAX])
{
	int64_t named = 0;

	values[0] = text_value(i->id);
	for (size_t at = 0; at < IDENTITY_SLOTS_MAX; at++) {
		values[1 + at] = number_value(at < i->slot_count ? i->slots[at].key : 0);
		named += values[1 + at].number != 0;
	}
	return named;
}

int identity_store_check_keys(struct identity_store *s, const struct identity *i, struct io_error *error)
{
	struct db_value values[1 + IDENTITY_SLOTS_MAX];
	int64_t named = named_keys(i, values), there = 0;
	int result = identity_store_run(s, STATEMENT_COUNT_KEYS, values, 1 + IDENTITY_SLOTS_MAX, identity_row_number,
	                                &there, NULL, error);

	if (!result && there != named) {
		(void)io_fail(error, "%s names a key that is not its own", i->id);
		return INKAN_EUSAGE;
	}
	return result;
}

/* Keys that it does not name go: nothing could ever sign with them again. */
static int trim_keys(struct identity_store *s, const struct identity *i, struct io_error *error)
{
	struct db_value values[1 + IDENTITY_SLOTS_MAX];

	(void)named_keys(i, values);
	return identity_store_run(s, STATEMENT_TRIM_KEYS, values, 1 + IDENTITY_SLOTS_MAX, NULL, NULL, NULL, error);
}

int identity_store_write_event(struct identity_store *s, const char *id, uint64_t version,
                               const struct identity_event *event, struct io_error *error)
{
	struct arena arena;
	const char *texts[] = {event->host, event->who, event->action, event->detail};
	int result;

	arena_init(&arena, 4 * (IDENTITY_EVENT_TEXT_MAX + 1));
	for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++)
		texts[i] = utf8_shown(&arena, str_c(texts[i]), IDENTITY_EVENT_TEXT_MAX, ' ');
	result = arena_error(&arena);
	if (!result)
		result = RUN(s, STATEMENT_ADD_EVENT, NULL, NULL, error, text_value(id), number_value((int64_t)version),
		             number_value(event->at), text_value(texts[0]), text_value(texts[1]), text_value(texts[2]),
		             text_value(texts[3]));
	if (!result)
		result = RUN(s, STATEMENT_TRIM_EVENTS, NULL, NULL, error, text_value(id),
		             number_value(IDENTITY_EVENTS_KEPT));
	arena_release(&arena);
	return result;
}

static int put_parts(struct identity_store *s, const struct identity *i, uint64_t version, const struct new_key *key,
                     const struct identity_event *event, struct io_error *error)
{
	int result = RUN(s, STATEMENT_CLEAR_SIGNERS, NULL, NULL, error, text_value(i->id));

	if (!result)
		result = RUN(s, STATEMENT_CLEAR_FAILED, NULL, NULL, error, text_value(i->id));
	if (!result && key)
		result = identity_store_write_key(s, i->id, key, error);
	if (!result)
		result = trim_keys(s, i, error);
	if (!result)
		result = identity_store_check_keys(s, i, error);
	if (!result)
		result = identity_store_write_author(s, i, error);
	if (!result && event)
		result = identity_store_write_event(s, i->id, version, event, error);
	return result;
}

int identity_store_put(struct identity_store *s, const struct identity *identity, uint64_t version,
                       const struct new_key *key, const struct identity_event *event, bool *stored_out,
                       struct io_error *error)
{
	uint64_t mark;
	size_t changed = 0, size = strlen(identity->id);

	if (size == 0 || size > IDENTITY_ID_MAX || version > INT64_MAX - 1) {
		(void)io_fail(error, "an identity with an id of %zu octets cannot be stored", size);
		return INKAN_EUSAGE;
	}
	int result = identity_store_begin(s, &mark, error);

	if (result)
		return result;
	uint64_t next = version ? version + 1 : mark;

	result = write_identity(s, identity, version, next, &changed, error);
	if (!result && changed == 0) {
		s->db->driver->rollback(s->db);
		*stored_out = false;
		return INKAN_OK;
	}
	if (!result)
		result = put_parts(s, identity, next, key, event, error);
	result = identity_store_end(s, result, error);
	if (!result)
		*stored_out = true;
	return result;
}

static int clear_parts(struct identity_store *s, const char *id, struct io_error *error)
{
	static const enum identity_statement parts[] = {STATEMENT_CLEAR_SIGNERS, STATEMENT_CLEAR_FAILED,
	                                                STATEMENT_CLEAR_KEYS, STATEMENT_CLEAR_EVENTS};
	int result = INKAN_OK;

	for (size_t i = 0; !result && i < sizeof(parts) / sizeof(*parts); i++)
		result = RUN(s, parts[i], NULL, NULL, error, text_value(id));
	return result;
}

int identity_store_delete(struct identity_store *s, const char *id, uint64_t version, bool *deleted_out,
                          struct io_error *error)
{
	const struct db_value values[] = {text_value(id), number_value((int64_t)version)};
	size_t changed = 0;
	uint64_t mark;
	int result = identity_store_begin(s, &mark, error);

	if (result)
		return result;
	result = identity_store_run(s, STATEMENT_DELETE, values, 2, NULL, NULL, &changed, error);
	if (!result && changed == 0) {
		s->db->driver->rollback(s->db);
		*deleted_out = false;
		return INKAN_OK;
	}
	if (!result)
		result = clear_parts(s, id, error);
	result = identity_store_end(s, result, error);
	if (!result)
		*deleted_out = true;
	return result;
}

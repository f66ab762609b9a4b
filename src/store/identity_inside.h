/* What the files of the identity store share. Nobody else includes it. */
#pragma once

#include "store/identity_db.h"
#include "store/identity_store.h"

enum { ONE_MEMORY_MAX = 1 << 20 /* octets of one identity that is read */ };

struct identity_store {
	struct db *db;
};

static inline struct db_value number_value(int64_t number)
{
	return (struct db_value){.kind = DB_NUMBER, .number = number};
}

/* NULL is the empty text. */
static inline struct db_value text_value(const char *text)
{
	return (struct db_value){.kind = DB_TEXT, .text = str_c(text)};
}

static inline struct db_value octets_value(struct str octets)
{
	return (struct db_value){.kind = DB_OCTETS, .text = octets};
}

/* Runs a statement; texts that are not UTF-8 without NUL are refused. */
INKAN_MUST_CHECK int identity_store_run(struct identity_store *s, enum identity_statement which,
                                        const struct db_value *values, size_t count, db_row *row, void *context,
                                        size_t *changed_out, struct io_error *error);
/* ... with its values as arguments. */
#define RUN(s, which, row, context, error, ...)                                                                    \
	identity_store_run(s, which, (const struct db_value[]){__VA_ARGS__},                                       \
	                   sizeof((const struct db_value[]){__VA_ARGS__}) / sizeof(struct db_value), row, context, \
	                   NULL, error)
#define RUN_PLAIN(s, which, row, context, error) identity_store_run(s, which, NULL, 0, row, context, NULL, error)

/* Rows of one number: context is an int64_t. */
int identity_row_number(void *context, const struct db_value *cells);

/* A transaction that changes something: the mark is counted up. */
INKAN_MUST_CHECK int identity_store_begin(struct identity_store *s, uint64_t *mark_out, struct io_error *error);
/* Commits where result is INKAN_OK, takes back otherwise. What became of it. */
INKAN_MUST_CHECK int identity_store_end(struct identity_store *s, int result, struct io_error *error);
INKAN_MUST_CHECK int identity_store_count_up(struct identity_store *s, const char *counter, int64_t *out,
                                             struct io_error *error);

/* Parts of what is stored, within a transaction. */
INKAN_MUST_CHECK int identity_store_insert_master(struct identity_store *s, const unsigned char public_key[32],
                                                  struct io_error *error);
/* INKAN_EUSAGE: there is one of that id. */
INKAN_MUST_CHECK int identity_store_write_new(struct identity_store *s, const struct identity *i, uint64_t version,
                                              struct io_error *error);
/* INKAN_EUSAGE: it names a key that is not its own. */
INKAN_MUST_CHECK int identity_store_check_keys(struct identity_store *s, const struct identity *i,
                                               struct io_error *error);
INKAN_MUST_CHECK int identity_store_write_event(struct identity_store *s, const char *id, uint64_t version,
                                                const struct identity_event *event, struct io_error *error);
/* What the service asks for by its author: the key that signs now, if one does, and the MAIL FROM domain, if that has failed. */
INKAN_MUST_CHECK int identity_store_write_author(struct identity_store *s, const struct identity *i,
                                                 struct io_error *error);
INKAN_MUST_CHECK int identity_store_write_key(struct identity_store *s, const char *id, const struct new_key *key,
                                              struct io_error *error);
INKAN_MUST_CHECK int identity_store_write_tenant(struct identity_store *s, const struct tenant *t,
                                                 struct io_error *error);

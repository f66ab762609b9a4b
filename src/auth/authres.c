/* The public face of src/authres: its values as terminated strings in memory of their own. */
#include "inkan/authres.h"

#include <stdlib.h>

#include "auth/message.h"
#include "authres/strip.h"
#include "core/utf8.h"

enum {
	READ_MAX = 64 * AUTHRES_PARSED_FIELD_MAX, /* octets that reading one field needs at most, see authres/parse.c */
	IDS_MAX = 10000
};

struct read_field {
	struct inkan_authres shown; /* first: what the caller sees */
	struct arena arena;
};

/* A copy as the contract promises it. */
static const char *text(struct arena *arena, struct str s)
{
	return utf8_shown(arena, s, SIZE_MAX, '?');
}

static const struct inkan_authres_property *show_properties(struct arena *arena, const struct authres_result *from)
{
	struct inkan_authres_property *to = arena_calloc(arena, from->property_count, sizeof *to);

	for (size_t i = 0; to && i < from->property_count; i++)
		to[i] = (struct inkan_authres_property){text(arena, from->properties[i].name),
		                                        text(arena, from->properties[i].value)};
	return to;
}

static const struct inkan_authres_result *show_results(struct arena *arena, const struct authres_field *from)
{
	struct inkan_authres_result *to = arena_calloc(arena, from->result_count, sizeof *to);

	for (size_t i = 0; to && i < from->result_count; i++) {
		const struct authres_result *r = &from->results[i];

		to[i] = (struct inkan_authres_result){.method = text(arena, r->method),
		                                      .method_version = r->method_version,
		                                      .result = text(arena, r->result),
		                                      .reason = text(arena, r->reason),
		                                      .comment = text(arena, r->comment),
		                                      .properties = show_properties(arena, r),
		                                      .property_count = r->property_count};
	}
	return to;
}

static int read_value(struct str value, struct read_field *f)
{
	struct authres_field strict, relaxed;
	struct arena scratch;

	arena_init(&scratch, READ_MAX);
	int error = authres_parse(&scratch, value, AUTHRES_STRICT, &strict);

	if (!error)
		error = authres_parse(&scratch, value, AUTHRES_RELAXED, &relaxed);
	if (!error) {
		f->shown = (struct inkan_authres){.valid = relaxed.valid,
		                                  .strict = strict.valid,
		                                  .trouble = strict.valid ? "" : strict.trouble,
		                                  .position = strict.position,
		                                  .authserv_id = text(&f->arena, relaxed.authserv_id),
		                                  .version = relaxed.version,
		                                  .none = relaxed.none,
		                                  .results = show_results(&f->arena, &relaxed),
		                                  .result_count = relaxed.result_count};
		error = arena_error(&f->arena);
	}
	arena_release(&scratch);
	return error;
}

int inkan_authres_read(const char *value, size_t n, struct inkan_authres **out)
{
	struct read_field *f = calloc(1, sizeof *f);

	if (!f)
		return INKAN_ENOMEM;
	arena_init(&f->arena, READ_MAX);
	int error = read_value(str_from(value, n), f);

	if (error)
		inkan_authres_free(&f->shown);
	else
		*out = &f->shown;
	return error;
}

void inkan_authres_free(struct inkan_authres *results)
{
	struct read_field *f = (struct read_field *)results;

	if (!f)
		return;
	arena_release(&f->arena);
	free(f);
}

/* ---- of a message ---- */

static int take_ids(struct arena *arena, const char *const *ids, size_t count, struct str **out)
{
	if (count > IDS_MAX)
		return INKAN_EUSAGE;
	struct str *taken = arena_calloc(arena, count, sizeof *taken);

	for (size_t i = 0; taken && i < count; i++)
		taken[i] = str_c(ids[i]);
	*out = taken;
	return arena_error(arena);
}

int inkan_message_forged_fields(struct inkan_message *m, const char *const *authserv_ids, size_t count,
                                const struct inkan_forged_field **out, size_t *count_out)
{
	struct arena *arena = message_arena(m);
	struct authres_removal *removals;
	struct inkan_forged_field *forged;
	struct str *ids;
	size_t found;

	if (!message_header(m))
		return INKAN_EUSAGE;
	int error = take_ids(arena, authserv_ids, count, &ids);

	if (!error)
		error = authres_strip(arena, message_header(m), ids, count, false, &removals, &found);
	if (error)
		return error;
	forged = arena_calloc(arena, found, sizeof *forged);
	if (!forged)
		return arena_error(arena);
	for (size_t i = 0; i < found; i++)
		forged[i].index = removals[i].index;
	*out = forged;
	*count_out = found;
	return INKAN_OK;
}

int inkan_message_trusted_results(struct inkan_message *m, const char *const *trusted_ids, size_t count,
                                  struct inkan_authres **out)
{
	const struct header *header = message_header(m);
	struct str *ids;
	size_t field;

	if (!header)
		return INKAN_EUSAGE;
	int error = take_ids(message_arena(m), trusted_ids, count, &ids);

	if (!error)
		error = authres_trustworthy(header, ids, count, &field);
	if (error)
		return error;
	if (field == HEADER_NONE) {
		*out = NULL;
		return INKAN_OK;
	}
	return inkan_authres_read(header->fields[field].value.p, header->fields[field].value.n, out);
}

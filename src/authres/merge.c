#include "authres/merge.h"

#include <stdio.h>

enum { MERGED_WORD_MAX = 100 /* octets of a method, a result or a name of a property */ };

static bool has_long_words(const struct authres_result *r)
{
	bool has = r->method.n > MERGED_WORD_MAX || r->result.n > MERGED_WORD_MAX;

	for (size_t i = 0; i < r->property_count; i++)
		has |= r->properties[i].name.n > MERGED_WORD_MAX;
	return has;
}

static void take_result(struct arena *arena, struct authres_result *out, const struct authres_result *from)
{
	*out = *from;
	out->method = arena_str(arena, from->method);
	out->result = arena_str(arena, from->result);
	for (size_t i = 0; i < out->property_count; i++)
		out->properties[i].name = arena_str(arena, out->properties[i].name);
}

/* Adds the results of a field, where it is ours and can be read. */
static int take_field(struct arena *arena, const struct header_field *field, struct str authserv_id,
                      struct authres_result *results, size_t *count)
{
	struct authres_field parsed;
	int error = authres_parse(arena, field->value, AUTHRES_STRICT, &parsed);
	bool ours = !error && parsed.valid && parsed.version == 1 && authres_same_id(parsed.authserv_id, authserv_id);

	for (size_t i = 0; ours && i < parsed.result_count && *count < AUTHRES_RESULTS_MAX; i++)
		if (!has_long_words(&parsed.results[i]))
			take_result(arena, &results[(*count)++], &parsed.results[i]);
	return error ? error : arena_error(arena);
}

int authres_gather(struct arena *arena, const struct header *header, struct str authserv_id,
                   struct authres_result **results_out, size_t *count_out)
{
	struct authres_result *results = arena_calloc(arena, AUTHRES_RESULTS_MAX, sizeof *results);
	size_t count = 0, fields = 0, first = HEADER_NONE;
	int error = results ? authres_trustworthy(header, &authserv_id, 1, &first) : arena_error(arena);

	for (size_t i = first; i < header->count && fields < AUTHRES_MERGED_FIELDS_MAX && !error; i++) {
		const struct header_field *field = &header->fields[i];

		if (str_ieq(field->name, STR("Received")))
			break;
		if (!str_ieq(field->name, STR("Authentication-Results")))
			continue;
		error = take_field(arena, field, authserv_id, results, &count);
		fields++;
	}
	*results_out = results;
	*count_out = count;
	return error;
}

void authres_put_result(struct authres_printer *p, const struct authres_result *r)
{
	char method[MERGED_WORD_MAX + 20];

	if (r->method_version == 1)
		snprintf(method, sizeof method, "%s", r->method.p);
	else
		snprintf(method, sizeof method, "%s/%u", r->method.p, r->method_version);
	authres_method(p, method, r->result.p, r->reason);
	if (r->comment.n)
		authres_comment(p, r->comment);
	for (size_t i = 0; i < r->property_count; i++)
		authres_property(p, r->properties[i].name.p, r->properties[i].value);
}

#include "sig/header_hash.h"

#define UNTOUCHED (HEADER_NONE - 1)

int header_select(struct arena *scratch, const struct header *header, const struct str *names, size_t name_count,
                  size_t *fields_out)
{
	/* at the index of a name's lowest instance: the instance to be taken next */
	size_t *next = arena_alloc(scratch, header->count * sizeof *next);

	if (!next)
		return arena_error(scratch);
	for (size_t i = 0; i < header->count; i++)
		next[i] = UNTOUCHED;
	for (size_t i = 0; i < name_count; i++) {
		size_t lowest = header_lowest(header, names[i]);
		size_t field = lowest;

		if (lowest != HEADER_NONE) {
			field = next[lowest] == UNTOUCHED ? lowest : next[lowest];
			if (field != HEADER_NONE)
				next[lowest] = header->fields[field].above;
		}
		fields_out[i] = field;
	}
	return INKAN_OK;
}

void header_hash_field(struct buf *out, enum canon canon, const struct header *header, size_t field)
{
	if (field != HEADER_NONE)
		canon_field(out, canon, header->fields[field].raw, true);
}

void header_hash_fields(struct buf *out, enum canon canon, const struct header *header, const size_t *fields,
                        size_t count)
{
	for (size_t i = 0; i < count; i++)
		header_hash_field(out, canon, header, fields[i]);
}

void header_hash_own(struct buf *out, struct buf *scratch, enum canon canon, struct str raw, size_t hole_begin,
                     size_t hole_end)
{
	buf_clear(scratch);
	buf_put(scratch, str_head(raw, hole_begin));
	buf_put(scratch, str_skip(raw, hole_end));
	canon_field(out, canon, buf_str(scratch), false);
}

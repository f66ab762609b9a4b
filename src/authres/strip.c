#include "authres/strip.h"

/* Octets that reading one id takes: a quoted one is copied, twice at most. */
enum { ID_SCRATCH_MAX = 4 * MAIL_HEADER_SIZE_MAX };

static int claims(struct arena *scratch, const struct header_field *field, const struct str *our_ids, size_t our_count,
                  bool *out)
{
	int error = INKAN_OK;

	for (size_t i = 0; !error && !*out && i < our_count; i++) {
		arena_reset(scratch);
		error = authres_is_ours(scratch, field, our_ids[i], out);
	}
	return error;
}

int authres_strip(struct arena *arena, const struct header *header, const struct str *our_ids, size_t our_count,
                  bool all, struct authres_removal **out, size_t *count_out)
{
	size_t index = header_count(header, STR("Authentication-Results")), count = 0;
	struct authres_removal *removals = arena_calloc(arena, index + 1, sizeof *removals);
	struct arena scratch;
	int error = removals ? INKAN_OK : arena_error(arena);

	arena_init(&scratch, ID_SCRATCH_MAX);
	for (size_t at = header_lowest(header, STR("Authentication-Results")); !error && at != HEADER_NONE;
	     at = header->fields[at].above, index--) {
		bool gone = all;

		if (!gone)
			error = claims(&scratch, &header->fields[at], our_ids, our_count, &gone);
		if (!error && gone)
			removals[count++] = (struct authres_removal){at, index};
	}
	arena_release(&scratch);
	if (error)
		return error;
	*out = removals;
	*count_out = count;
	return INKAN_OK;
}

/* All that is due. */
#include "registrar/internal.h"

enum { DUE_MAX = 64, STEP_MEMORY_MAX = 64 * 1024 * 1024 /* octets of one step */ };

/* All that is due of an identity: behind a look, which comes first, may wait what it is for. What it met is told with it: others do
 * not wait. */
static int run_one(struct registrar_walk *w, const char *id, struct io_error *error)
{
	struct io_error met = {""};
	struct identity identity;
	int code = registrar_walk(w, id, false, &identity, &met);

	if (met.text[0])
		*error = met;
	return code == INKAN_EUSAGE || code == INKAN_EIO ? INKAN_OK
	                                                 : code; /* gone; or the store, at the next one too */
}

int registrar_run(struct registrar *r, size_t max, size_t *done_out, bool *left_out, struct io_error *error)
{
	struct arena arena, scratch;
	struct registrar_walk w = {.r = r, .arena = &scratch, .forgets = true};
	const char *ids[DUE_MAX];
	size_t count = 0;

	arena_init(&arena, STEP_MEMORY_MAX);
	arena_init(&scratch, STEP_MEMORY_MAX);
	max = max < DUE_MAX ? max : DUE_MAX;
	authority_forget(r->world); /* zones change, and must not pile up */
	authority_forget(r->primaries);
	int code = identity_store_due(r->store, &arena, registrar_now(r), max, ids, &count, error);

	for (size_t i = 0; i < count && !code; i++)
		code = run_one(&w, ids[i], error);
	*done_out = w.steps;
	*left_out = count == max;
	arena_release(&scratch);
	arena_release(&arena);
	return code;
}

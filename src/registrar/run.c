/* All that is due: first the looks, which wait for others, are made side by side; then each identity takes its steps. Reading order:
 * registrar_run() -> run_batch() -> look_together(), run_one(). */
#include <stdlib.h>

#include "registrar/internal.h"

enum {
	DUE_MAX = 64,
	STEP_MEMORY_MAX = 64 * 1024 * 1024, /* octets of one step */
	SHARE_MAX = 4 * 1024 * 1024,        /* octets of one look among others; one that needs more is made alone */
	DAMAGED_PAUSE = 86400               /* seconds until one that cannot be read is told of again */
};

struct batch {
	struct registrar *r;
	const char *ids[DUE_MAX];
	size_t count;
	struct registrar_claim claims[DUE_MAX];
	struct registrar_looking lookings[DUE_MAX];
	struct registrar_walk walk;
	struct arena scratch; /* of its steps */
	size_t put_off;       /* identities that cannot be read ... */
	const char *damaged;  /* ... and one of them */
};

/* Claims the looks that are due, and makes them. What cannot be read or claimed now is met again in run_one(). */
static int look_together(struct batch *b)
{
	struct registrar_looking *list = b->lookings;
	size_t n = 0;

	for (size_t i = 0; i < b->count; i++) {
		struct registrar_claim *c = &b->claims[i];
		struct io_error ignored;

		arena_init(&c->arena, SHARE_MAX);
		if (registrar_claim_look(b->r, b->ids[i], c, &ignored) == INKAN_OK && c->version)
			list[n++] = (struct registrar_looking){
				.identity = &c->identity, .arena = &c->arena, .view = &c->view};
	}
	int code = n ? registrar_look_all(b->r, list, n) : INKAN_OK;

	n = 0;
	for (size_t i = 0; i < b->count && !code; i++)
		if (b->claims[i].version && list[n++].code)
			b->claims[i].version = 0; /* the step tries it alone */
	return code;
}

/* What cannot be read from the store is told once, and moved out of the way of others. */
static void put_off_damaged(struct batch *b, const char *id)
{
	unix_time now = registrar_now(b->r);
	struct io_error ignored; /* of the store: met again */
	bool is_damaged;
	int code =
		identity_store_put_off_damaged(registrar_store(b->r), id, now + DAMAGED_PAUSE, &is_damaged, &ignored);

	if (code || !is_damaged)
		return;
	b->put_off++;
	b->damaged = id;
}

/* All that is due of an identity: behind a look, which comes first, may wait what it is for. What it met is told with it: others do
 * not wait. */
static int run_one(struct batch *b, size_t i, struct io_error *error)
{
	struct io_error met = {""};
	struct identity identity;
	int code = INKAN_OK;

	if (b->claims[i].version) {
		code = registrar_finish_look(b->r, &b->claims[i], &met);
		b->walk.steps += !code;
	}
	arena_release(&b->claims[i].arena);
	if (!code)
		code = registrar_walk(&b->walk, b->ids[i], false, &identity, &met);
	if (code == INKAN_EIO)
		put_off_damaged(b, b->ids[i]);
	if (met.text[0])
		*error = met;
	return code == INKAN_EUSAGE || code == INKAN_EIO ? INKAN_OK
	                                                 : code; /* gone; or the store, at the next one too */
}

static int run_batch(struct batch *b, struct io_error *error)
{
	int code = look_together(b);

	for (size_t i = 0; i < b->count && !code; i++)
		code = run_one(b, i, error);
	for (size_t i = 0; i < b->count; i++)
		arena_release(&b->claims[i].arena);
	if (b->put_off > 1)
		(void)io_fail(error, "what is stored of %zu identities is damaged, as of %s", b->put_off, b->damaged);
	return code;
}

int registrar_run(struct registrar *r, size_t max, size_t *done_out, bool *left_out, struct io_error *error)
{
	struct batch *b = calloc(1, sizeof *b);
	struct arena arena;

	*done_out = 0;
	*left_out = false;
	if (!b)
		return INKAN_ENOMEM;
	b->r = r;
	b->walk = (struct registrar_walk){.r = r, .arena = &b->scratch, .forgets = true};
	arena_init(&arena, STEP_MEMORY_MAX);
	arena_init(&b->scratch, STEP_MEMORY_MAX);
	max = max < DUE_MAX ? max : DUE_MAX;
	authority_forget(r->world); /* zones change, and must not pile up */
	authority_forget(r->primaries);
	int code = identity_store_due(r->store, &arena, registrar_now(r), max, b->ids, &b->count, error);

	*left_out = b->count == max;
	if (!code)
		code = run_batch(b, error);
	*done_out = b->walk.steps + b->put_off;
	arena_release(&b->scratch);
	arena_release(&arena);
	free(b);
	return code;
}

/* When keys were last at work: this host's store of outcomes has the signatures that it made and those that came in. With PostgreSQL
 * each host that looks tells of its own. */
#include <unistd.h>

#include "io/clock.h"
#include "registrar/internal.h"
#include "store/store.h"

enum {
	OUTCOMES_PAUSE = 10 * 1000, /* ms in which a store that did not answer is not asked again: others wait for us */
	MICROSECONDS = 1000000      /* of a second */
};

static bool has_signed(const struct slot *slot)
{
	return slot->state == SLOT_ACTIVE || slot->state == SLOT_OVERLAP;
}

static bool has_keys_of_ours(const struct identity *identity)
{
	bool any = false;

	for (size_t i = 0; i < identity->slot_count; i++)
		any = any || has_signed(&identity->slots[i]);
	return any && identity->scheme != IDENTITY_EXTERNAL;
}

static int note_slot(struct store *outcomes, struct identity *identity, struct str selector, unix_time now,
                     struct io_error *error)
{
	struct store_signatures found;
	int64_t until = now > INT64_MAX / MICROSECONDS - 1 ? INT64_MAX : (now + 1) * MICROSECONDS - 1;
	int code = store_signatures(outcomes, str_c(identity->domain), selector, until, &found, error);

	if (code)
		return code;
	if (found.made != STORE_NEVER)
		life_note_signed(identity, selector, found.made / MICROSECONDS);
	if (found.valid != STORE_NEVER)
		life_note_verified(identity, selector, found.valid / MICROSECONDS);
	return INKAN_OK;
}

void registrar_note_signatures(struct registrar *r, struct identity *identity)
{
	const char *path = r->settings.outcomes;
	struct store *outcomes = NULL;
	struct io_error ignored;
	int code;

	if (!path || !path[0] || !has_keys_of_ours(identity) || clock_milliseconds() < r->outcomes_retry)
		return;
	if (access(path, F_OK) != 0)
		return;
	code = store_open(path, true, &outcomes, &ignored);
	for (size_t i = 0; i < identity->slot_count && !code; i++)
		if (has_signed(&identity->slots[i]))
			code = note_slot(outcomes, identity, str_c(identity->slots[i].selector), registrar_now(r),
			                 &ignored);
	store_close(outcomes);
	if (code)
		r->outcomes_retry = clock_milliseconds() + OUTCOMES_PAUSE;
}

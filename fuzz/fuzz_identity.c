/* Identities out of the store, and ids: what is taken prints and reads again to the same octets, and lives on without harm. */
#include <assert.h>
#include <stdlib.h>

#include "identity/expected.h"
#include "identity/life.h"
#include "identity/vocabulary.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { MEMORY = 1 << 20, STEPS = 20 };

static void print(const struct identity *identity, struct buf *out)
{
	buf_init(out, IDENTITY_JSON_MAX);
	if (identity_print_json(identity, out))
		abort();
}

static void print_and_read(struct arena *arena, const struct identity *identity)
{
	struct identity again, copy;
	struct buf one, two, three;

	print(identity, &one);
	if (identity_read_json(arena, buf_str(&one), &again) || identity_copy(arena, &again, &copy))
		abort();
	print(&again, &two);
	print(&copy, &three);
	assert(str_eq(buf_str(&one), buf_str(&two)) && str_eq(buf_str(&one), buf_str(&three)));
	buf_release(&one);
	buf_release(&two);
	buf_release(&three);
}

static size_t active_slots(const struct identity *identity)
{
	size_t active = 0;

	for (size_t i = 0; i < identity->slot_count; i++)
		active += identity->slots[i].state == SLOT_ACTIVE;
	return active;
}

/* A few steps, whose looks find everything, or nothing. */
static void live(struct identity *identity, unix_time now, bool there)
{
	struct identity_sight sight = {.at = now};

	for (size_t i = 0; i < IDENTITY_SLOTS_MAX; i++) {
		sight.slots[i].alias = there ? SIGHT_THERE : SIGHT_ABSENT;
		sight.slots[i].record = sight.slots[i].alias;
	}
	for (int i = 0; i < STEPS; i++) {
		struct life_step step;

		life_next(identity, sight.at, &step);
		if (step.action == LIFE_WAIT)
			return;
		sight.at = step.due > sight.at ? step.due : sight.at;
		if (step.action == LIFE_LOOK)
			life_see(identity, &sight);
		else
			life_done(identity, &step, sight.at);
		assert(active_slots(identity) <= 1);
	}
}

static void use(struct arena *arena, struct identity *identity)
{
	struct expected_list list;
	struct text text;
	struct identity other = *identity;

	if (expected_records(arena, identity, true, &list) == INKAN_OK)
		assert(list.count <= EXPECTED_MAX);
	assert(ses_dkim_status(identity)[0] && microsoft_sentence(identity).ja[0]);
	if (life_missing(arena, identity, &text) == INKAN_OK)
		assert(text.en[0] && text.ja[0]);
	for (size_t i = 0; i < identity->slot_count; i++)
		(void)life_may_withdraw(identity, i, &text);
	live(identity, 1795320000, true);
	live(&other, -5, false);
}

static void make(struct arena *arena, const char *id)
{
	static const unsigned char octets[48] = {1};
	const char *why = NULL;

	for (enum identity_scheme scheme = IDENTITY_TXT; scheme <= IDENTITY_CNAME3; scheme++) {
		const struct identity_wish wish = {.id = id,
		                                   .scheme = scheme,
		                                   .selector = id,
		                                   .host_zone = "dkim.example.net",
		                                   .mail_from = id,
		                                   .random = octets};
		struct identity_wish plain = wish;
		struct identity identity;

		plain.selector = plain.mail_from = NULL;
		if (identity_new(arena, &wish, 0, &identity, &why) == INKAN_OK)
			print_and_read(arena, &identity);
		if (identity_new(arena, &plain, 1795320000, &identity, &why) == INKAN_OK)
			print_and_read(arena, &identity);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct identity identity;
	struct arena arena;

	arena_init(&arena, MEMORY);
	if (identity_read_json(&arena, str_from((const char *)data, size), &identity) == INKAN_OK) {
		print_and_read(&arena, &identity);
		use(&arena, &identity);
	}
	if (size <= IDENTITY_ID_MAX * 2)
		make(&arena, arena_str(&arena, str_from((const char *)data, size)).p);
	arena_release(&arena);
	return 0;
}

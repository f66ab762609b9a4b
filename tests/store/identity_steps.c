/* identity_steps fill|step|churn|check STORE [NUMBER|HOST]: hosts at work on one store, for tests that run several of them, or kill
 * them. step says that it is ready, waits for a character, and prints how many steps it did; check, how many identities and events there are, and ends with 1 where one is not whole. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "store/identities.h"

enum { NOW = 1000, CLAIMED = 2000, BATCH = 64 };

static struct identity_store *store;
static struct arena arena;
static struct io_error why;

static void must(int result)
{
	if (!result)
		return;
	fprintf(stderr, "%s: %s\n", inkan_strerror(result), why.text);
	exit(1);
}

static int fill(uint64_t count)
{
	char domain[32];

	for (uint64_t i = 0; i < count; i++) {
		snprintf(domain, sizeof(domain), "d%llu.example", (unsigned long long)i);
		if (!store_identity(store, domain, "", (unix_time)(i % 7), &why))
			must(INKAN_EIO);
	}
	return 0;
}

/* Half of them by a claim, half of them by being the quicker one. */
static bool step_one(const char *id, const char *host, bool by_claim)
{
	struct identity_event event = {NOW, host, "test", "step", id};
	struct identity i;
	uint64_t version = 0;
	bool stored = false;

	if (by_claim)
		must(identity_store_claim(store, &arena, id, 0, host, NOW, CLAIMED, &i, &version, &why));
	else
		must(identity_store_get(store, &arena, id, &i, &version, &why));
	if (!version || i.next_due == UNIX_TIME_NONE)
		return false;
	i.next_due = UNIX_TIME_NONE;
	must(identity_store_put(store, &i, version, NULL, &event, &stored, &why));
	return stored;
}

static int step(const char *host)
{
	const char *ids[BATCH];
	size_t count = 0, done = 0;

	/* all begin together */
	puts("ready");
	fflush(stdout);
	if (getchar() == EOF)
		return 1;
	do {
		arena_reset(&arena);
		must(identity_store_due(store, &arena, NOW, BATCH, ids, &count, &why));
		for (size_t i = 0; i < count; i++)
			done += step_one(ids[i], host, strlen(ids[i]) % 2);
	} while (count);
	printf("%zu\n", done);
	return 0;
}

/* A new key in the other slot, which signs from then on; the old one goes. */
static void rotate(const char *id)
{
	struct identity_event event = event_of(NOW, "rotate");
	struct identity i;
	uint64_t version = 0;
	uint32_t number = 0;
	char sealed[32];
	bool stored;

	arena_reset(&arena);
	must(identity_store_get(store, &arena, id, &i, &version, &why));
	must(identity_store_reserve_key(store, &number, &why));
	struct new_key key = key_of(number, sealed);
	size_t active = i.slots[1].state == SLOT_ACTIVE;
	struct slot emptied = i.slots[!active];

	i.slots[!active] = i.slots[active];
	i.slots[!active].key = number;
	i.slots[active] = emptied;
	must(identity_store_put(store, &i, version, &key, &event, &stored, &why));
}

static int churn(void)
{
	char id[32];

	for (unsigned n = 0;; n++) {
		snprintf(id, sizeof(id), "d%u.example", n % 10);
		rotate(id);
		if (n == 10) {
			puts("running");
			fflush(stdout);
		}
	}
	return 0;
}

struct sums {
	long identities, events, broken;
};

static bool count_event(void *context, const struct identity_event *event)
{
	struct sums *sums = context;

	sums->events += strcmp(event->action, "create") != 0;
	return true;
}

static bool has_key(uint32_t number)
{
	char text[32];
	struct buf sealed;
	bool there = false;

	buf_init(&sealed, SEALED_KEY_MAX);
	must(identity_store_key(store, number, &sealed, &there, &why));
	there = there && str_eq(buf_str(&sealed), key_of(number, text).sealed);
	buf_release(&sealed);
	return there;
}

static bool check_one(void *context, const struct identity *i)
{
	struct sums *sums = context;
	struct identity_signer list[IDENTITY_SIGNERS_MAX];
	const struct slot *active = identity_active_slot(i);
	size_t count = 0;

	sums->identities++;
	must(identity_store_signers(store, str_c(i->address), str_c(i->domain), list, &count, &why));
	if (!active || count != 1 || list[0].key != active->key || !has_key(active->key))
		sums->broken++;
	must(identity_store_events(store, i->id, SIZE_MAX, count_event, sums, &why));
	return true;
}

static int check(void)
{
	struct identity_filter all = {0};
	struct sums sums = {0};

	must(identity_store_each(store, &all, check_one, &sums, &why));
	printf("%ld %ld %ld\n", sums.identities, sums.events, sums.broken);
	return sums.broken ? 1 : 0;
}

int main(int argc, char **argv)
{
	const char *what = argc > 2 ? argv[1] : "", *more = argc > 3 ? argv[3] : "";
	uint64_t count = 0;
	int result = 2;

	arena_init(&arena, 64 << 20);
	if (argc > 2)
		must(identity_store_open(argv[2], false, strcmp(what, "fill") == 0, &store, &why));
	if (strcmp(what, "fill") == 0 && str_to_u64(str_c(more), 1000000, &count))
		result = fill(count);
	else if (strcmp(what, "step") == 0)
		result = step(more);
	else if (strcmp(what, "churn") == 0)
		result = churn();
	else if (strcmp(what, "check") == 0)
		result = check();
	identity_store_close(store);
	arena_release(&arena);
	return result;
}

/* Zone files: read, and edited. What the editor gives out has the wanted sets and no other change; lines of other records are
 * still there. */
#include <assert.h>
#include <stdlib.h>

#include "dns/zone_file.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { MEMORY = 64 * 1024 * 1024 };

static const struct record_set *set_in(const struct zone *zone, const struct record_set *like)
{
	const struct zone_set *found = zone_find(zone, like->name, like->type);

	return found ? &found->set : NULL;
}

static void check_edited(struct arena *arena, struct str edited, const struct zone *before,
                         const struct record_change *change)
{
	const struct record_set *wanted = change->after.count ? &change->after : &change->before;
	struct zone_error error;
	struct zone after;

	if (zone_file_read(arena, edited, STR("example"), &after, &error))
		abort();
	assert(after.serial != before->serial);
	assert((set_in(&after, wanted) != NULL) == (change->after.count > 0));
	assert(change->after.count == 0 || record_set_eq(set_in(&after, wanted), wanted));
	for (size_t i = 0; i < before->count; i++) {
		const struct record_set *set = &before->sets[i].set, *now = set_in(&after, set);

		assert(set_in(before, wanted) == set || (now && record_set_eq(now, set) && now->ttl == set->ttl));
	}
}

static void edit(struct str text, const struct record_change *change, struct arena *arena, const struct zone *before)
{
	struct zone_error error;
	struct buf out;

	buf_init(&out, MEMORY);
	if (zone_file_edit(arena, text, STR("example"), change, 1, &out, &error) == INKAN_OK)
		check_edited(arena, buf_str(&out), before, change);
	buf_release(&out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str text = str_from((const char *)data, size);
	struct dns_record record = {.text = STR("v=DKIM1; p=x")};
	struct record_change change = {.after = {STR("s._domainkey.example"), DNS_TXT, 60, &record, 1}};
	struct zone_error error;
	struct arena arena;
	struct zone zone;

	arena_init(&arena, MEMORY);
	int result = zone_file_read(&arena, text, STR("example"), &zone, &error);

	if (result == INKAN_ESYNTAX)
		assert(error.line && error.column && error.text[0]);
	if (result == INKAN_OK) {
		edit(text, &change, &arena, &zone);
		for (size_t i = 0; i < zone.count && i < 4; i++) {
			change.before = zone.sets[i].set;
			change.after = (struct record_set){change.before.name, change.before.type, 0, NULL, 0};
			edit(text, &change, &arena, &zone);
			change.after = (struct record_set){change.before.name, change.before.type, 7,
			                                   change.before.records, 1};
			edit(text, &change, &arena, &zone);
		}
	}
	arena_release(&arena);
	return 0;
}

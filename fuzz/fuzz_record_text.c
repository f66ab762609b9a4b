/* Pasted records: what is read, printed in each form that can be read, and read again is the same. */
#include <assert.h>
#include <stdlib.h>

#include "dns/record_set.h"
#include "dns/record_text.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void read_back(struct str printed, const struct record_text *want, bool with_name)
{
	struct arena arena;
	struct record_text *got;
	size_t position;

	arena_init(&arena, SIZE_MAX);
	if (!record_text_list(&arena, printed, &got, &position))
		abort();
	assert(!got->next && str_eq(got->value, want->value));
	assert(!with_name || str_eq(got->name, want->name));
	arena_release(&arena);
}

static void check(const struct record_text *record)
{
	const struct dns_record published = {.text = record->value};
	const struct record_set set = {
		.name = record->name, .type = DNS_TXT, .ttl = 300, .records = &published, .count = 1};
	struct buf out;

	buf_init(&out, SIZE_MAX / 2);
	for (struct record_print how = {.form = RECORD_TABLE}; how.form <= RECORD_DIG; how.form++) {
		int error = record_sets_print(&out, &set, 1, &how);

		if (error)
			abort();
		if (how.form == RECORD_ZONE || how.form == RECORD_DIG)
			read_back(buf_str(&out), record, how.form == RECORD_ZONE);
		buf_clear(&out);
	}
	buf_release(&out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena arena;
	struct record_text *list = NULL;
	size_t position;

	arena_init(&arena, SIZE_MAX);
	if (record_text_list(&arena, str_from((const char *)data, size), &list, &position))
		assert(list);
	else
		assert(position < size);
	for (; list; list = list->next)
		check(list);
	arena_release(&arena);
	return 0;
}

/* Pasted records: what is read, printed in each form that can be read, and read again is the same. */
#include <assert.h>
#include <stdlib.h>

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
	struct buf out;

	buf_init(&out, SIZE_MAX / 2);
	record_text_quoted(&out, record->value);
	read_back(buf_str(&out), record, false);
	buf_clear(&out);
	record_text_zone(&out, record->name, 300, record->value);
	read_back(buf_str(&out), record, true);
	buf_clear(&out);
	record_text_nsupdate(&out, record->name, 300, record->value);
	record_text_route53(&out, record->name, 300, record->value);
	record_text_csv(&out, record->name, 300, record->value);
	assert(!buf_error(&out));
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

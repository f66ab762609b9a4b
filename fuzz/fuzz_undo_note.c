/* Notes of what was published, out of the store: what is taken is a plan whose sets can be printed and measured. */
#include <assert.h>
#include <stdint.h>

#include "io/dns_update.h"
#include "registrar/internal.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { MEMORY = 8 * 1024 * 1024, OUT = 16 * 1024 * 1024 };

static void print(const struct record_set *set)
{
	struct buf out;

	buf_init(&out, OUT);
	int code = record_sets_print(&out, set, 1, &(struct record_print){.form = RECORD_ZONE});

	assert(code == INKAN_OK || code == INKAN_EUSAGE || code == INKAN_ELIMIT || code == INKAN_ENOMEM);
	buf_release(&out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct registrar_plan plan;
	struct arena arena;

	arena_init(&arena, MEMORY);
	if (registrar_read_note(&arena, str_from((const char *)data, size), &plan) == INKAN_OK) {
		assert(plan.change_count <= REGISTRAR_PLAN_MAX);
		(void)dns_update_size(plan.changes, plan.change_count);
		for (size_t i = 0; i < plan.change_count; i++) {
			const struct record_change *c = &plan.changes[i];

			assert(c->before.type == c->after.type && str_eq(c->before.name, c->after.name));
			print(&c->before);
			print(&c->after);
		}
	}
	arena_release(&arena);
	return 0;
}

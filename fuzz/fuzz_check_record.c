/* Records as they are pasted: whatever the text, the checks end, their places lie within the value, and the verifier that
 * reads the same value has the same opinion. */
#include <assert.h>
#include <stdlib.h>

#include "check/dkim_record.h"
#include "check/record.h"

enum { ARENA_MAX = 64 * 1024 * 1024 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_value(const struct crypto *crypto, struct arena *arena, struct str value)
{
	struct dkim_record_report report;
	struct findings f;

	findings_init(&f, arena);
	if (dkim_record_check(crypto, &f, value, &report) != INKAN_OK)
		abort();
	assert(findings_worst(&f) == SEVERITY_ERROR ? !report.is_usable : report.is_usable || report.is_revoked);
	assert(!report.is_usable || report.has_key);
	for (size_t i = 0; i < f.count; i++) {
		assert(f.items[i].position == FINDING_NOWHERE || f.items[i].position <= value.n);
		/* every difference of opinion falls into this one */
		assert(strcmp(f.items[i].kind->id, "record_not_usable") != 0);
	}
	dkim_record_report_release(&report);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct crypto *crypto;
	struct pasted_record record;
	struct findings f;
	struct arena arena;

	if (!crypto && crypto_new(&crypto) != INKAN_OK)
		abort();
	arena_init(&arena, ARENA_MAX);
	findings_init(&f, &arena);
	pasted_record_read(&f, str_from((const char *)data, size), &record);
	for (size_t i = 0; i < f.count; i++)
		assert(f.items[i].position == FINDING_NOWHERE || f.items[i].position <= record.value.n);
	check_value(crypto, &arena, record.value);
	check_value(crypto, &arena, str_from((const char *)data, size));
	arena_release(&arena);
	return 0;
}

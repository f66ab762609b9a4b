/* Checks of SPF records: what verifiers refuse has an error among its findings, positions lie in the text, and every place
 * in a text of a finding is filled. */
#include <assert.h>
#include <stdlib.h>

#include "check/spf_record.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { ARENA_MAX = 64 * 1024 * 1024 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str text = {(const char *)data, size};
	struct spf_record_report report;
	struct spf_record record;
	struct spf_trouble trouble;
	enum spf_fault_id fault = SPF_FAULT_NO_RECORD;
	struct findings f;
	struct arena arena;

	arena_init(&arena, ARENA_MAX);
	findings_init(&f, &arena);
	if (spf_record_check(&f, text, &report))
		abort();
	if (spf_record_is(text) && spf_record_parse(&arena, text, &record, &fault, &trouble))
		abort();
	assert(report.is_accepted == (fault == SPF_FAULT_NONE));
	assert(report.is_accepted || findings_worst(&f) == SEVERITY_ERROR);
	for (size_t i = 0; i < f.count; i++) {
		assert(f.items[i].position == FINDING_NOWHERE || f.items[i].position <= size);
		assert(f.items[i].text.en[0] && f.items[i].text.ja[0]);
	}
	arena_release(&arena);
	return 0;
}

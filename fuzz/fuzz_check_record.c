/* Records as they are pasted: whatever the text, the checks end, their places lie within the value, and the verifier that
 * reads the same value has the same opinion. */
#include <assert.h>
#include <stdlib.h>

#include "check/bimi_record.h"
#include "check/dkim_record.h"
#include "check/dmarc_record.h"
#include "check/record.h"
#include "check/transport_record.h"
#include "dmarc/dmarc.h"

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

static void check_places(const struct findings *f, const struct tag_report *report, struct str value)
{
	for (size_t i = 0; i < f->count; i++) {
		assert(f->items[i].position == FINDING_NOWHERE || f->items[i].position <= value.n);
		assert(f->items[i].text.en[0] && f->items[i].text.ja[0]);
		/* every refusal is explained */
		assert(f->items[i].kind != &tag_kinds[TAGS_REFUSED]);
	}
	assert(report->is_usable || findings_worst(f) == SEVERITY_ERROR);
	for (size_t i = 0; i < report->count; i++) {
		const struct tag_part *part = &report->parts[i];

		assert(part->position <= value.n && part->name.p >= value.p &&
		       part->name.p + part->name.n <= value.p + value.n);
		assert(!part->value.n ||
		       (part->value.p >= value.p && part->value.p + part->value.n <= value.p + value.n));
	}
}

/* The records of tags, under any name. */
static void check_tags(struct arena *arena, struct str owner, struct str value)
{
	for (int kind = 0; kind < 6; kind++) {
		enum inkan_dmarc_profile profile = kind == 1 ? INKAN_RFC7489 : INKAN_RFC9989;
		struct dmarc_record record;
		struct tag_report report;
		struct findings f;
		int error;

		findings_init(&f, arena);
		error = kind < 2    ? dmarc_record_check(&f, value, owner, profile, &report)
		        : kind == 2 ? dmarc_report_record_check(&f, value, owner, &report)
		        : kind == 3 ? tlsrpt_record_check(&f, value, owner, &report)
		        : kind == 4 ? mta_sts_record_check(&f, value, owner, &report)
		                    : bimi_record_check(&f, value, owner, &report);
		if (error)
			abort();
		check_places(&f, &report, value);
		if (kind < 2 && dmarc_record_parse(arena, value, profile, &record))
			abort();
		assert(kind >= 2 || report.is_usable == record.valid);
	}
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
	check_tags(&arena, record.name, record.value);
	check_tags(&arena, str_head(record.value, 40), str_from((const char *)data, size));
	arena_release(&arena);
	return 0;
}

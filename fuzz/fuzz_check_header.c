/* Pasted headers and bounces: whatever the text, they are read in bounded memory, a line with white space in front never becomes a field,
 * and what is found fits together. */
#include <assert.h>
#include <stdlib.h>

#include "check/bounce.h"
#include "check/pasted_header.h"
#include "check/results.h"

enum { ARENA_MAX = 256 * 1024 * 1024 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_results(const struct header_results *r)
{
	assert(r->count <= SEEN_FIELDS_MAX && r->valid <= r->count);
	assert((r->choice == SEEN_NONE) == (r->trusted_count == 0));
	assert(r->trusted + r->trusted_count <= r->count);
	for (size_t i = 0; i < r->trusted_count; i++)
		assert(r->fields[r->trusted + i].kind == SEEN_RESULTS && r->fields[r->trusted + i].parsed.valid);
	for (size_t i = 0; i < r->cause_count; i++) {
		assert(r->causes[i].field < r->count && r->causes[i].cause < AUTHRES_CAUSE_COUNT);
		assert(r->causes[i].result < r->fields[r->causes[i].field].parsed.result_count);
	}
	for (size_t i = 0; i < r->findings.count; i++)
		assert(r->findings.items[i].text.en[0] && r->findings.items[i].text.ja[0]);
}

/* Every line of what was read begins a field or continues one. */
static void check_lines(struct str text)
{
	assert(text.n == 0 || !is_wsp(text.p[0]));
	while (text.n) {
		size_t end = str_search(text, STR("\r\n"));

		assert(end < text.n);
		text = str_skip(text, end + 2);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str text = {(const char *)data, size}, ids[] = {STR("mx.example.com")};
	struct header_results_options options = {.trusted = ids, .trusted_count = size & 1};
	struct header_results results;
	struct pasted_header pasted;
	struct header header;
	struct arena arena;

	arena_init(&arena, ARENA_MAX);
	if (pasted_header_read(&arena, text, &pasted))
		abort();
	check_lines(pasted.text);
	int error = header_parse(&arena, pasted.text, MAIL_FIELDS_MAX, &header);

	assert(error == INKAN_OK || error == INKAN_ELIMIT);
	if (!error) {
		if (header_results_read(&arena, &header, &options, &results))
			abort();
		check_results(&results);
	}
	arena_reset(&arena);
	if (header_results_of_value(&arena, text, &options, &results))
		abort();
	check_results(&results);
	struct bounce bounce;

	if (bounce_read(&arena, text, &bounce))
		abort();
	assert(bounce.findings.count == (bounce.count ? bounce.count : 1));
	for (size_t i = 0; i < bounce.count; i++)
		assert(bounce.codes[i].position + bounce.codes[i].code.n <= size);
	arena_release(&arena);
	return 0;
}

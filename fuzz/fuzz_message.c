/* Whole messages, in chunks of sizes that the first octet seeds: judged without trouble, and the Authentication-Results
 * field that comes of it is one that a strict reader reads. */
#include <assert.h>
#include <stdlib.h>

#include "authres/parse.h"
#include "inkan/inkan.h"
#include "seal_key.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct inkan_message *new_message(void)
{
	static struct inkan_context *context;
	static struct inkan_snapshot *snapshot;
	struct inkan_message_options options;
	struct inkan_message *m;

	if (!context &&
	    (inkan_context_new(&context) || inkan_snapshot_load(SEAL_DNS, sizeof SEAL_DNS - 1, &snapshot, NULL, 0)))
		abort();
	inkan_message_options_init(&options);
	options.now = 1800000000;
	options.line_ends = INKAN_LINE_ENDS_NORMALISE;
	options.snapshot = snapshot;
	if (inkan_message_new(context, &options, &m))
		abort();
	return m;
}

static void check_field(const char *field)
{
	struct arena arena;
	struct authres_field parsed;
	struct str value = str_skip(str_c(field), strlen("Authentication-Results:"));

	arena_init(&arena, 64 * 1024 * 1024);
	assert(value.n > 2 && str_eq(str_skip(value, value.n - 2), STR("\r\n")));
	value.n -= 2;
	if (authres_parse(&arena, value, AUTHRES_STRICT, &parsed))
		abort();
	assert(parsed.valid && str_eq(parsed.authserv_id, STR("mx.example")));
	arena_release(&arena);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct inkan_message *m = new_message();
	const struct inkan_dkim_result *results;
	uint32_t random = size ? data[0] : 0;
	int error = 0;

	for (size_t at = 0; at < size && !error;) {
		random = random * 1103515245 + 12345;
		size_t n = 1 + (random >> 16) % 97;

		n = n < size - at ? n : size - at;
		error = inkan_message_write(m, data + at, n);
		at += n;
	}
	if (!error)
		error = inkan_message_end(m);
	if (!error)
		error = inkan_message_evaluate(m);
	assert(error == INKAN_OK || error == INKAN_ELIMIT);
	if (!error) {
		size_t count = inkan_message_dkim(m, &results);

		for (size_t i = 0; i < count; i++)
			assert(results[i].reason && results[i].domain && results[i].changed_header);
		check_field(inkan_message_authentication_results(m, "mx.example"));
	}
	inkan_message_free(m);
	return 0;
}

/* What is signed verifies: any message is either refused with a reason, or passes with its own signature on top. The first
 * octet picks the canonical forms. */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "inkan/inkan.h"
#include "seal_key.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct inkan_context *context;
static struct inkan_snapshot *snapshot;
static struct inkan_key *key;

static void set_up(void)
{
	if (context)
		return;
	if (inkan_context_new(&context) || inkan_snapshot_load(SEAL_DNS, sizeof SEAL_DNS - 1, &snapshot, NULL, 0) ||
	    inkan_key_from_pem(context, SEAL_PEM, sizeof SEAL_PEM - 1, &key, NULL))
		abort();
}

static void verify(const char *fields, size_t fields_size, const uint8_t *data, size_t size)
{
	struct inkan_message_options options;
	struct inkan_message *m;
	const struct inkan_dkim_result *results;

	inkan_message_options_init(&options);
	options.line_ends = INKAN_LINE_ENDS_NORMALISE;
	options.snapshot = snapshot;
	if (inkan_message_new(context, &options, &m))
		abort();
	assert(inkan_message_write(m, fields, fields_size) == INKAN_OK &&
	       inkan_message_write(m, data, size) == INKAN_OK);
	assert(inkan_message_end(m) == INKAN_OK && inkan_message_evaluate(m) == INKAN_OK);
	assert(inkan_message_dkim(m, &results) >= 1 && results[0].result == INKAN_PASS);
	inkan_message_free(m);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct inkan_signer_options options;
	struct inkan_signer *s;
	size_t fields_size;

	set_up();
	inkan_signer_options_init(&options);
	options.domain = "football.example.com";
	options.line_ends = INKAN_LINE_ENDS_NORMALISE;
	options.header = size && data[0] & 1 ? INKAN_SIMPLE : INKAN_RELAXED;
	options.body = size && data[0] & 2 ? INKAN_SIMPLE : INKAN_RELAXED;
	data += size > 0;
	size -= size > 0;
	if (inkan_signer_new(context, &options, &s, NULL) || inkan_signer_add_key(s, "brisbane", key))
		abort();
	int error = inkan_signer_write(s, data, size);

	if (!error)
		error = inkan_signer_end(s);
	if (error)
		assert((error == INKAN_EREFUSED || error == INKAN_ELIMIT) && inkan_signer_error(s)[0]);
	const char *fields = error ? NULL : inkan_signer_fields(s, &fields_size);

	if (fields)
		verify(fields, fields_size, data, size);
	inkan_signer_free(s);
	return 0;
}

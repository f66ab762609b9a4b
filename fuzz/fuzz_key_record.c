/* Key records: a fault lies inside of the text, and only a record without one has a key. */
#include <assert.h>
#include <stdlib.h>

#include "sig/key_record.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct crypto *crypto;
	struct arena arena;
	struct dkim_key_record record;
	struct str text = str_from((const char *)data, size);

	if (!crypto && crypto_new(&crypto))
		abort();
	arena_init(&arena, 16 * 1024 * 1024);
	if (dkim_key_record_parse(crypto, &arena, text, &record))
		abort();
	assert(record.position <= size);
	assert((record.fault == DKIM_KEY_OK) == (record.key != NULL));
	if (record.fault == DKIM_KEY_OK)
		assert(dkim_key_record_is_likely(text));
	dkim_key_record_release(&record);
	arena_release(&arena);
	return 0;
}

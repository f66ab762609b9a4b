/* base64: what is decoded strictly is encoded to the same text; tolerant decoding accepts it too, with the same octets. */
#include <assert.h>
#include <stdlib.h>

#include "core/base64.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str text = {(const char *)data, size};
	size_t capacity = base64_decoded_max(size), strict_size, tolerant_size, position = 0;
	unsigned char *strict = malloc(capacity), *tolerant = malloc(capacity);

	if (!strict || !tolerant)
		abort();
	bool is_tolerant = base64_decode(text, BASE64_FWS, tolerant, &tolerant_size, &position);

	assert(is_tolerant || position <= size);
	if (base64_decode(text, BASE64_STRICT, strict, &strict_size, NULL)) {
		struct buf encoded;

		assert(is_tolerant && tolerant_size == strict_size && memcmp(strict, tolerant, strict_size) == 0);
		buf_init(&encoded, size + 1);
		base64_encode(&encoded, strict, strict_size);
		assert(buf_error(&encoded) == INKAN_OK && str_eq(buf_str(&encoded), text));
		buf_release(&encoded);
	}
	free(strict);
	free(tolerant);
	return 0;
}

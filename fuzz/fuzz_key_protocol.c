/* What workers and the key process say to each other: whatever is read is written again to the octet, and nothing of any
 * other length or content is taken. */
#include <assert.h>
#include <string.h>

#include "server/key_protocol.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	unsigned char out[KEY_ANSWER_MAX];
	struct key_answer answer;
	struct key_ask ask;

	if (key_ask_unpack(data, size, &ask)) {
		assert(ask.question == KEY_SIGN || ask.question == KEY_DESCRIBE);
		assert(key_ask_pack(&ask, out) == size && memcmp(out, data, size) == 0);
	}
	if (key_answer_unpack(data, size, &answer)) {
		assert(answer.error <= 0 && answer.size <= sizeof answer.signature);
		assert(key_answer_pack(&answer, out) == size && memcmp(out, data, size) == 0);
	}
	return 0;
}

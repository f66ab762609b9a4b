/* What the registrar is asked and says: whatever is read is written again to the octet, and nothing of any other length or
 * content is taken. */
#include <assert.h>
#include <string.h>

#include "server/identity_protocol.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static unsigned char out[IDENTITY_ANSWER_MAX];
	struct identity_answer answer;
	struct identity_ask ask;

	if (identity_ask_unpack(data, size, &ask)) {
		assert(ask.question == IDENTITY_SIGNERS || ask.question == IDENTITY_KEY);
		assert(ask.address.n <= IDENTITY_ADDRESS_MAX && ask.domain.n <= IDENTITY_DOMAIN_MAX);
		assert(identity_ask_pack(&ask, out) == size && memcmp(out, data, size) == 0);
	}
	if (identity_answer_unpack(data, size, &answer)) {
		assert(answer.error <= 0 && answer.author.count <= IDENTITY_SIGNERS_MAX &&
		       answer.author.failed_count <= IDENTITY_FAILED_MAX);
		assert(identity_answer_pack(&answer, out) == size && memcmp(out, data, size) == 0);
	}
	return 0;
}

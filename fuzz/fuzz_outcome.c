/* Packed outcomes: what is taken packs to the same octets, and its lines hold no control characters. */
#include <assert.h>

#include "store/outcome.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_line(const struct outcome *o, bool json, bool addresses)
{
	struct buf line;

	buf_init(&line, SIZE_MAX);
	outcome_line(o, json, addresses, &line);
	assert(!line.error && line.n > 0);
	for (size_t i = 0; i < line.n; i++)
		assert((unsigned char)line.p[i] >= 0x20 && line.p[i] != 0x7f);
	buf_release(&line);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str packed = str_from((const char *)data, size);
	struct outcome o;
	struct buf again;

	if (!outcome_unpack(packed, &o))
		return 0;
	buf_init(&again, OUTCOME_PACKED_MAX);
	outcome_pack(&o, &again);
	assert(!again.error && str_eq(buf_str(&again), packed));
	buf_release(&again);
	for (unsigned i = 0; i < 4; i++)
		check_line(&o, i & 1, i & 2);
	return 0;
}

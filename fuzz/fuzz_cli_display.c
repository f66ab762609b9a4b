/* Header values for people: whatever comes in, one line of UTF-8 comes out that no terminal obeys. */
#include <assert.h>
#include <stdint.h>

#include "cli/display.h"
#include "core/utf8.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct buf out;

	buf_init(&out, (size_t)1024 * 1024);
	display_header(&out, str_from((const char *)data, size));
	assert(buf_error(&out) == INKAN_OK);
	assert(utf8_is_valid(buf_str(&out)));
	for (size_t i = 0; i < out.n; i++)
		assert((unsigned char)out.p[i] >= 0x20 && out.p[i] != 0x7f);
	buf_release(&out);
	return 0;
}

/* Snapshot files: load, save, load, save; both saved texts must be the same. */
#include <assert.h>

#include "dns/snapshot.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct evidence *load(struct str json)
{
	struct evidence *e = NULL;
	struct snapshot_error error;

	if (snapshot_load(json, &e, &error) == INKAN_ESYNTAX)
		assert(error.line > 0 && error.text[0] && memchr(error.text, '\0', sizeof(error.text)));
	return e;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct buf saved[2];
	struct evidence *e = load(str_from((const char *)data, size));

	for (int i = 0; e && i < 2; i++) {
		buf_init(&saved[i], SIZE_MAX / 2);
		int error = snapshot_save(e, snapshot_saved_at(e), &saved[i]);

		assert(!error);
		evidence_free(e);
		e = load(buf_str(&saved[i]));
		assert(e);
		if (i == 1) {
			assert(str_eq(buf_str(&saved[0]), buf_str(&saved[1])));
			buf_release(&saved[0]);
			buf_release(&saved[1]);
		}
	}
	evidence_free(e);
	return 0;
}

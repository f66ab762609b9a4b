#include <stdio.h>
#include <stdlib.h>

#include "auth/message.h"
#include "dns/snapshot.h"

int inkan_snapshot_load(const char *json, size_t n, struct inkan_snapshot **out, char *error_text, size_t error_size)
{
	struct inkan_snapshot *s = calloc(1, sizeof *s);
	struct snapshot_error where = {0};

	if (!s)
		return INKAN_ENOMEM;
	int error = snapshot_load(str_from(json, n), &s->evidence, &where);

	if (error) {
		free(s);
		if (error == INKAN_ESYNTAX && error_text && error_size)
			snprintf(error_text, error_size, "%zu:%zu: %s", where.line, where.column, where.text);
		return error;
	}
	*out = s;
	return INKAN_OK;
}

void inkan_snapshot_free(struct inkan_snapshot *snapshot)
{
	if (!snapshot)
		return;
	evidence_free(snapshot->evidence);
	free(snapshot);
}

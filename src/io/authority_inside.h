/* What the files of authority.h share. */
#pragma once

#include "io/authority.h"

struct authority_zone_entry {
	struct authority_zone_entry *next;
	struct authority_zone zone;
	struct arena arena;
	int64_t until; /* clock_milliseconds() */
};

struct authority {
	struct authority_options options;
	struct resolver *resolver; /* NULL: could not be made; only overrides are served */
	struct io_error resolver_error;
	struct authority_zone_entry *zones; /* newest first */
	size_t zone_count;
};

/* One question to some servers. */
struct asking {
	const struct authority_server *servers;
	size_t count;
	enum dns_type type;
	struct str name; /* normalised */
	struct arena *arena;
	struct authority_answer *out;
};
/* Returns when the last is answered, or given up. INKAN_ENOMEM; errors of arenas stay with them. */
INKAN_MUST_CHECK int authority_converse(struct authority *a, const struct asking *list, size_t count);

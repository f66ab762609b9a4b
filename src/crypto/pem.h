/* PEM blocks (RFC 7468), found but not decoded. */
#pragma once

#include "core/str.h"

struct pem_block {
	struct str label; /* "PRIVATE KEY" */
	struct str text;  /* all between the two boundary lines: base64, perhaps headers (RFC 1421) before it */
	bool is_closed;   /* its END line is there */
};

/* Takes text up to and including the next block; other text before a block is skipped. False where there is none. */
bool pem_next(struct str *rest, struct pem_block *out);

/* Troubles for people. What the rooms below say of files, servers, stores and keys (io/error.h, texts of refusals, what is stored
 * as an identity's trouble) is English: it goes into logs, JSON and stores, from where another host may read it years later. Here
 * it is put into words when it is shown: a table has each sentence in both languages, with {0}, {1} ... for what was filled in. */
#pragma once

#include "cli/output.h"

enum { TROUBLE_TEXT_MAX = 2048 /* octets of a trouble in Japanese; a longer one stays English */ };

struct trouble_text {
	char text[TROUBLE_TEXT_MAX + 1];
};

/* The trouble in the language: `english` itself, or what was put into *out. A text is read part by part ("path: line 3: what –
 * what to do"); a part that no table has stays as it is. Not made safe. */
const char *trouble_in(enum language language, const char *english, struct trouble_text *out);

/* For an argument of ui_error() and its like: lives as long as the block. */
#define TROUBLE(ui, english) trouble_in((ui)->language, english, &(struct trouble_text){""})

/* The sentences, for tests. */
const struct text *trouble_texts(size_t *count_out);

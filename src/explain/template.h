/* Sentences with values in them: what every file of this room writes its texts with. */
#pragma once

#include "core/arena.h"
#include "core/buf.h"
#include "core/text.h"

enum certainty { CERTAINTY_FACT, CERTAINTY_INFERENCE };

enum {
	TEMPLATE_VALUE_MAX = 300 /* octets of one value that a sentence quotes; the rest becomes "…" */
};

/* Puts the value that a placeholder names; false for a name that there is not. */
typedef bool template_value(void *context, struct buf *out, struct str name, enum language language);

/* Adds the text with every "{name}" replaced. A brace that names nothing stays as it is. */
void template_put(struct buf *out, struct text text, enum language language, template_value *value, void *context);

/* Adds a value as sentences quote it: made safe, and cut. */
void template_put_value(struct buf *out, struct str value);

/* A copy in the arena, terminated; "" where memory is short, also where it was for the text: the arena then has the error. */
const char *template_keep(struct arena *arena, const struct buf *text);

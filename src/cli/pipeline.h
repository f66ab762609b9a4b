/* A line as PowerShell takes it: words in quotes or not, and "|" between commands. No variables but $true, $false and $null, no
 * scripts: enough for what people copy from guides, and a clear refusal of the rest. */
#pragma once

#include "core/arena.h"
#include "core/text.h"

enum {
	PIPELINE_LINE_MAX = 8191, /* octets: what a command line of Windows may have */
	PIPELINE_STAGES_MAX = 16, /* commands with "|" between them */
	PIPELINE_WORDS_MAX = 128  /* of a line */
};

struct pipeline_word {
	struct str text; /* without quotes; in the arena or the line */
	bool quoted;     /* was, at its beginning: "-x" is then no parameter */
	size_t column;   /* octet of the line, from 1; 0: not known */
};

struct pipeline_stage {
	struct pipeline_word *words; /* the first is the command */
	size_t count;                /* at least 1 */
};

struct pipeline {
	struct pipeline_stage stages[PIPELINE_STAGES_MAX];
	size_t count; /* 0: nothing but blanks or a comment */
	struct pipeline_word words[PIPELINE_WORDS_MAX];
};

struct pipeline_trouble {
	struct text what; /* with what to do about it */
	size_t column;
};

/* INKAN_ESYNTAX: *trouble_out says what is wrong and where; INKAN_ENOMEM, INKAN_ELIMIT: the arena's. */
INKAN_MUST_CHECK int pipeline_read(struct arena *arena, struct str line, struct pipeline *out,
                                   struct pipeline_trouble *trouble_out);
/* The same from words that a shell has split already; a word "|" stands between commands. They stay the caller's. */
INKAN_MUST_CHECK int pipeline_from_words(const char *first, char *const *words, size_t count, struct pipeline *out,
                                         struct pipeline_trouble *trouble_out);

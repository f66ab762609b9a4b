/* Text for people in the two languages of the program. Ids, fields and protocol words stay English everywhere. */
#pragma once

enum language { LANGUAGE_EN, LANGUAGE_JA };

/* One of two literals, so that the compiler checks the format of both. */
#define TEXT_IN(language, en, ja) ((language) == LANGUAGE_JA ? (ja) : (en))

struct text {
	const char *en, *ja;
};

static inline const char *text_in(enum language language, struct text text)
{
	return language == LANGUAGE_JA ? text.ja : text.en;
}

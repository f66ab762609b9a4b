/* Text for people in the two languages of the program. Ids, fields and protocol words stay English everywhere. */
#pragma once

enum language { LANGUAGE_EN, LANGUAGE_JA };

struct text {
	const char *en, *ja;
};

static inline const char *text_in(enum language language, struct text text)
{
	return language == LANGUAGE_JA ? text.ja : text.en;
}

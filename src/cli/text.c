#include <stdlib.h>

#include "cli/text.h"

bool language_from_name(struct str name, enum language *out)
{
	if (str_eq(name, STR("ja")))
		*out = LANGUAGE_JA;
	else if (str_eq(name, STR("en")))
		*out = LANGUAGE_EN;
	else
		return false;
	return true;
}

enum language language_from_environment(void)
{
	static const char *const names[] = {"LC_ALL", "LC_MESSAGES", "LANG"};

	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
		const char *value = getenv(names[i]);

		if (value && *value)
			return str_has_prefix(str_c(value), STR("ja")) ? LANGUAGE_JA : LANGUAGE_EN;
	}
	return LANGUAGE_EN;
}

/* What people read, in English and Japanese.
 *
 * Texts of tables are struct text; texts inside functions are TEXT(ui, "english", "日本語"), which picks one of two
 * literals, so that the compiler checks the format of both. Neither form can lack a language unnoticed: the macro wants
 * both, and tests/cli walks the tables. Names of options, fields and ids stay English everywhere. */
#pragma once

#include "core/str.h"
#include "core/text.h"

#define TEXT(ui, en, ja) TEXT_IN((ui)->language, en, ja)

/* "ja" or "en"; false for anything else. */
bool language_from_name(struct str name, enum language *out);
/* By the first of LC_ALL, LC_MESSAGES and LANG that is set: Japanese where it starts with "ja", else English. */
enum language language_from_environment(void);

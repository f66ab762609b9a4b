/* Complaints about a configuration: collected, in two languages, each at its place. */
#pragma once

#include "config/config.h"

/* Line and column, from 1; 0: nowhere. */
struct place_in {
	size_t line, column;
};

struct complaints {
	struct arena *arena; /* for the texts */
	struct config_errors *errors;
};

/* Both formats take the same arguments. Text of the file among them is to be cut by shown(). Beyond CONFIG_ERRORS_MAX
 * complaints are counted only; an error takes the place of a warning then. */
void complain(struct complaints *c, struct place_in at, const char *en, const char *ja, ...)
	__attribute__((format(printf, 3, 5), format(printf, 4, 5)));
void complain_warning(struct complaints *c, struct place_in at, const char *en, const char *ja, ...)
	__attribute__((format(printf, 3, 5), format(printf, 4, 5)));

/* An error whose text needs no arguments. */
void complain_text(struct complaints *c, struct place_in at, struct text text);

/* Text of the file for a complaint: at most 60 octets, whole characters. For "%.*s" with STR_ARG(). */
struct str shown(struct str text);

/* The Japanese of a static text that a room below gives as its trouble; the English one where there is none. */
const char *trouble_ja(const char *trouble);

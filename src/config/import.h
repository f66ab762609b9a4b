/* Configurations of OpenDKIM, OpenDMARC and rspamd as one of inkan, with a list of what has no equivalent.
 *
 *	import_new(&access, &i);
 *	import_add(i, "/etc/opendkim.conf", text, IMPORT_OPENDKIM); ...
 *	import_print(i, &yaml);		(passes config_parse())
 *	import_notes(i, &notes);
 *
 * Every option that these programs know is translated or told of; what they do not know is complained of. */
#pragma once

#include "core/buf.h"
#include "core/text.h"

enum {
	IMPORT_FILE_MAX = 16 * 1024 * 1024, /* octets of a file */
	IMPORT_FILES_MAX = 64,              /* files in all: tables, lists, included ones */
	IMPORT_RULES_MAX = 10000,           /* entries of signing tables */
	IMPORT_NOTES_MAX = 1000,            /* notes; further ones are counted */
	IMPORT_INCLUDES_MAX = 8             /* files that include each other */
};

enum import_kind { IMPORT_UNKNOWN, IMPORT_OPENDKIM, IMPORT_OPENDMARC, IMPORT_RSPAMD_SIGNING, IMPORT_RSPAMD_ARC };

enum import_note_kind {
	IMPORT_LOST,     /* has no equivalent */
	IMPORT_DIFFERS,  /* is translated, but behaves differently */
	IMPORT_NEEDLESS, /* need not be configured */
	IMPORT_WRONG     /* not understood: unknown, malformed, cannot be read */
};

struct import_note {
	enum import_note_kind kind;
	const char *file;
	size_t line;      /* from 1; 0: none */
	const char *word; /* the option; "" */
	struct text text;
};

/* How other files are reached that a configuration names. */
struct import_access {
	void *context;
	/* Adds the file to out. Other than 0: it cannot be read (INKAN_ENOMEM aborts). NULL: none can be. */
	int (*read)(void *context, const char *path, struct buf *out);
	/* Adds the names in a folder, each with "\n" behind it. */
	int (*list)(void *context, const char *folder, struct buf *out);
};

struct import;

INKAN_MUST_CHECK int import_new(const struct import_access *access, struct import **out);
void import_free(struct import *i);
/* By the words in it, and by the name of the file. */
enum import_kind import_recognise(const char *file, struct str text);
/* "opendkim", "opendmarc", "rspamd dkim_signing", "rspamd arc" */
const char *import_kind_name(enum import_kind kind);
/* Takes a configuration. Errors: INKAN_ENOMEM; all else becomes notes. */
INKAN_MUST_CHECK int import_add(struct import *i, const char *file, struct str text, enum import_kind kind);
/* For a trial beside the old program, once everything is added: shadow mode, the socket, user and copies of keys its own. */
void import_shadow(struct import *i);
/* The commands that make what import_shadow() names, with a newline behind each. Errors: INKAN_ENOMEM, those of the buffer. */
INKAN_MUST_CHECK int import_commands(struct import *i, struct buf *out);
/* The configuration, as YAML. Errors: INKAN_ENOMEM, those of the buffer. */
INKAN_MUST_CHECK int import_print(struct import *i, struct buf *out);
/* In the order of files and lines. *left_out_out: how many more there were. */
size_t import_notes(const struct import *i, const struct import_note **out, size_t *left_out_out);

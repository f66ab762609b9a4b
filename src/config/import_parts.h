/* What the readers of config/import share. */
#pragma once

#include "config/complain.h"
#include "config/import.h"
#include "config/options.h"

/* A word that grows a list. */
struct import_word {
	struct str word;
	bool unless_ours; /* of ignore.networks: hosts that send for us are in outbound.networks */
	struct import_word *next;
};

struct import_words {
	struct import_word *first, *last;
	size_t count;
};

/* What an option shall be. */
struct import_setting {
	const struct config_option *option;
	struct import_words words; /* the last one counts where the option is no list */
	struct import_setting *next;
};

struct import_key {
	struct str selector, file;
};

struct import_rule {
	struct import_words from, except_recipients;
	struct str domain;   /* empty: that of the author */
	struct str identity; /* empty: none */
	struct import_key keys[SIGNING_RULE_KEYS_MAX];
	size_t key_count;
	bool fallback;
	struct str headers, canonicalization, expire; /* empty: default */
	struct import_rule *next;
};

struct import {
	struct arena arena;
	struct import_access access;
	struct import_note *notes; /* IMPORT_NOTES_MAX */
	size_t note_count, notes_left_out;
	struct import_setting *settings;
	struct import_rule *first_rule, *last_rule;
	size_t rule_count, file_count;
	struct import_words copied; /* keys that import_shadow() has copied */
	/* of the file that is being read */
	const char *file;
	bool has_socket;  /* of an earlier file */
	bool has_user;    /* of an earlier file */
	bool unless_ours; /* for words that are added */
};

/* ---- notes ---- */

/* Text of the file among the arguments is to be cut by shown(). */
void import_note(struct import *i, enum import_note_kind kind, size_t line, const char *word, const char *en,
                 const char *ja, ...) __attribute__((format(printf, 5, 7), format(printf, 6, 7)));
void import_note_text(struct import *i, enum import_note_kind kind, size_t line, const char *word, struct text text);

/* Lack of memory ends the import; everything else (INKAN_OK too) is the caller's to note. Returns whether there was an error. */
static inline bool import_failed(struct import *i, int error)
{
	if (error == INKAN_ENOMEM)
		i->arena.error = error;
	return error != INKAN_OK;
}

/* ---- settings ---- */

/* Sets an option (or adds to a list), where the value fits; else that is noted with line and word. */
void import_set(struct import *i, const char *option, struct str value, size_t line, const char *word);
void import_words_add(struct import *i, struct import_words *words, struct str word);
/* A rule with nothing in it at the end of the list; NULL: no memory, or too many (noted). */
struct import_rule *import_rule_new(struct import *i, size_t line, const char *word);
void import_rule_add_key(struct import *i, struct import_rule *rule, struct str selector, struct str file, size_t line);

/* `arc.seal`, where all three fit. */
void import_seal(struct import *i, struct str domain, struct str selector, struct str file, size_t line);

/* ---- other files ---- */

/* A file that is named in a configuration; false: noted. To be released. */
bool import_read_file(struct import *i, struct str path, size_t line, const char *word, struct buf *out);

/* A list: one file with a line each, or words in the value itself (“csl:”, or commas). Calls `each` with every entry; line: of the
 * entry in its file, or of the option. */
struct import_entry {
	struct str word, rest; /* rest: behind the first white space or “:=”, trimmed */
	size_t line;
	const char *file;
};
void import_dataset(struct import *i, struct str value, size_t line, const char *word,
                    void (*each)(struct import *i, const struct import_entry *entry, void *context), void *context);
/* The same, into an option that is a list of networks. */
void import_networks(struct import *i, const char *option, struct str value, size_t line, const char *word);
/* “*@example.com” and the like as a pattern of ours; empty: there is none like it. exact: a plain table of OpenDKIM, not one with
 * wildcards. */
struct str import_pattern(struct import *i, struct str wild, bool exact);

/* SigningTable and KeyTable. */
struct import_tables {
	struct str signing, keys;
	size_t signing_line, keys_line;
	bool several;        /* every entry that matches signs, else the first one */
	struct str selector; /* where an entry has none; may be empty */
};
void import_take_tables(struct import *i, const struct import_tables *tables);

/* ---- programs ---- */

void import_opendkim(struct import *i, struct str text);
void import_opendmarc(struct import *i, struct str text);
void import_rspamd(struct import *i, struct str text, bool arc);

/* A row of the table of a program's options. */
struct import_option {
	const char *name;
	bool is_flag;               /* nothing is lost where it is off */
	enum import_note_kind kind; /* where no function takes it */
	const struct text *reason;  /* NULL: there is a function for it */
};

/* A value as it was given; `given` false: not at all. */
struct import_value {
	struct str text;
	size_t line;
	bool given;
};

enum { IMPORT_OPTIONS_MAX = 256 };

/* Reads “Name value” lines of OpenDKIM and OpenDMARC: values[k] is that of options[k]. */
void import_lines(struct import *i, struct str text, const struct import_option *options, struct import_value *values);
/* Notes for options that no function takes. */
void import_tell(struct import *i, const struct import_option *options, const struct import_value *values);
/* The value of an option of the table (asserted). */
const struct import_value *import_value(const struct import_option *options, const struct import_value *values,
                                        const char *name);
void import_unknown(struct import *i, const struct import_option *options, struct str word, size_t line);
bool import_is_yes(const struct import_value *value);
/* "002", at most 0777 */
bool import_octal(struct str text, uint64_t *out);

/* Translations that both programs share. */
void import_socket(struct import *i, const struct import_value *socket, const struct import_value *umask);
void import_user(struct import *i, const struct import_value *user);
void import_authserv_id(struct import *i, const struct import_value *id);

/* Why something is lost or needless; en and ja. */
extern const struct text import_daemon, import_log, import_reports, import_ldap, import_scripts, import_reputation,
	import_old, import_debug, import_vbr, import_statistics, import_alone, import_spf;

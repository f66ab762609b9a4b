/* The table of options: what the file may hold, where it goes, what it is by default, in which range. */
#pragma once

#include <stddef.h>

#include "config/config.h"

enum {
	CONFIG_RULES_MAX = 100000,    /* rules of `sign` */
	CONFIG_KEYS_MAX = 100000,     /* files of keys */
	CONFIG_GATEWAYS_MAX = 1000,   /* entries of `gateways` */
	CONFIG_LIST_MAX = 100000,     /* words of a list that names no limit of its own */
	CONFIG_MEMORY_MAX = 512 << 20 /* octets of a configuration */
};

enum config_kind {
	CONFIG_WORD,         /* const char *, "" where there is none */
	CONFIG_WORD_OR_NULL, /* const char *, NULL where there is none */
	CONFIG_FILE,         /* const char *: a path, made absolute; "" where there is none */
	CONFIG_KEY,          /* size_t: a path too, as number in config->keys; CONFIG_NO_KEY where there is none */
	CONFIG_WORDS,        /* struct word_list */
	CONFIG_NETWORKS,     /* struct ipset */
	CONFIG_FLAG,         /* bool: yes, no */
	CONFIG_NUMBER,       /* unsigned */
	CONFIG_MODE,         /* unsigned, octal in the file */
	CONFIG_MILLISECONDS, /* a duration */
	CONFIG_SECONDS,      /* a duration */
	CONFIG_OCTETS,       /* a size */
	CONFIG_CHOICE,       /* an enum (or bool): which of the words */
	CONFIG_CANONICAL,    /* enum inkan_canonicalization of the header, that of the body behind it */
	CONFIG_MAPS          /* a list of maps, each with a table of its own */
};

#define CONFIG_NO_KEY SIZE_MAX

/* Whether a word is well-formed: puts it into its final form. False: *trouble_out is a static English text
 * (trouble_ja() has the Japanese). Errors of the arena are left there. */
typedef bool config_form(struct arena *arena, struct str *word, const char **trouble_out);

struct config_maps;

struct config_option {
	const char *name; /* "milter.listen"; within a map of a list: "selector" */
	enum config_kind kind;
	size_t offset, size;  /* of the field, in struct config or in the item */
	const char *standard; /* the default as text, words with a space between; NULL: must be given */
	uint64_t min, max;    /* of a number, a duration (of kind), a size; words of a list: max, 0: CONFIG_LIST_MAX */
	const char *
		choices; /* CHOICE: "tag|reject", in the order of the numbers; a number without word is left out: "tag|||tempfail" */
	config_form *form; /* of words; NULL: any */
	const struct config_maps *maps;
	struct text help; /* one line without final stop */
};

/* What a list of maps consists of. */
struct config_maps {
	const struct config_option *options; /* ended by one without name */
	size_t item_size;
	size_t count_offset; /* of the size_t that counts, where `offset` of the option is */
	bool within;         /* the items are an array in the struct itself, else a pointer to them */
};

/* Ended by one without name. Options of one section stand together. */
extern const struct config_option config_options[];

/* Forms of words. */
config_form form_socket, form_resolver, form_authserv_id, form_domain, form_selector, form_pattern, form_identity,
	form_headers, form_sender, form_name, form_reply, form_store;

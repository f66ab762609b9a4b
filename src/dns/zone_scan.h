/* Private to the room: a zone file (RFC 1035 section 5) entry by entry, each with the place it takes in the text. */
#pragma once

#include "dns/zone_file.h"

enum {
	ZONE_STRINGS_MAX = 1024,                /* of one record; a text of 65,535 octets needs 257 */
	ZONE_TOKENS_MAX = ZONE_STRINGS_MAX + 5, /* of one entry that are kept: name, TTL, class, type, one too many */
	ZONE_TEXT_MAX = 65535                   /* octets of what a record holds (RFC 1035 section 3.2.1) */
};

struct zone_token {
	struct str raw; /* without the quotes of a string; escapes stay */
	bool is_quoted;
};

struct zone_entry {
	size_t begin, end;    /* octets of the text, whole lines; the last may have no line end */
	size_t line;          /* of `begin`, from 1 */
	bool inherits_name;   /* its line begins with white space */
	size_t name_id;       /* the same for entries of one written name */
	struct str name;      /* normalised, absolute; empty where it cannot be said so (escaped dots, the root) */
	bool is_known;        /* class IN and a type that dns.h has, with such a name */
	enum dns_type type;   /* of what is known */
	uint32_t ttl;         /* explicit, or by default */
	struct str type_word; /* as written */
	const struct zone_token *data; /* tokens behind the type */
	size_t data_count;
};

struct zone_scan {
	struct arena *arena; /* names live there */
	struct zone_error *error;
	struct str text;
	size_t at, line, line_begin;
	struct str origin; /* normalised; empty: the root */
	bool has_default_ttl, has_last_ttl, has_minimum;
	uint32_t default_ttl, last_ttl, minimum;
	struct str owner, owner_raw; /* of the last entry with a name of its own, and the token */
	size_t owner_id;
	bool has_owner;
	struct zone_token tokens[ZONE_TOKENS_MAX];
	size_t token_count; /* may be more than are kept */
};

/* origin: where the text has none. INKAN_EUSAGE: that is no name. */
INKAN_MUST_CHECK int zone_scan_begin(struct zone_scan *scan, struct arena *arena, struct str text, struct str origin,
                                     struct zone_error *error);
/* 1: *out is the next entry, valid until the next call; 0: there is none; else INKAN_ESYNTAX with *error, or the arena's error. */
INKAN_MUST_CHECK int zone_scan_next(struct zone_scan *scan, struct zone_entry *out);
/* A name of the data, relative to the origin that holds at the entry. INKAN_ESYNTAX: *error. */
INKAN_MUST_CHECK int zone_scan_name(struct zone_scan *scan, const struct zone_token *token, struct str *out);
/* A token with its escapes resolved. */
INKAN_MUST_CHECK int zone_scan_text(struct zone_scan *scan, const struct zone_token *token, struct str *out);
/* A number, or a time such as 1h30m. */
bool zone_scan_time(struct str word, uint32_t *out);
/* Says what is wrong at a place of the text; INKAN_ESYNTAX. */
__attribute__((format(printf, 3, 4))) int zone_scan_fail(struct zone_scan *scan, const char *at, const char *format,
                                                         ...);

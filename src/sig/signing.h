/* What signers share: which messages may be signed, which fields h= names, and the folding of the field that is written
 * (RFC 6376 sections 3.5, 5.4 and 8.15; RULES S1 to S6, S19, S21). */
#pragma once

#include "core/arena.h"
#include "core/buf.h"
#include "crypto/crypto.h"
#include "mail/header.h"

enum {
	SIGNING_LINE_MAX = 78,         /* columns (RFC 5322 section 2.1.1) */
	SIGNING_FIELD_MAX = 64 * 1024, /* octets of a field that is written */
	SIGNED_NAMES_MAX = 1000,       /* names in h= */
	SIGNED_NAME_MAX = 74,          /* so that "h=name:" fits in a line */
	SIGNING_LIST_MAX = 32 * 1024   /* so that verifiers need not read a field larger than SIGNING_FIELD_MAX */
};

enum signing_for {
	SIGNING_DKIM,
	SIGNING_ARC /* covers the DKIM-Signatures that are there (RFC 8617 section 4.1.2) */
};

/* ---- what may be signed ---- */

/* Why a message must not be signed (S21): a line that is no field, no From, a field twice that may occur once. Static
 * text; NULL where it may. */
const char *signing_refuses(const struct header *header);
/* What is wrong with a list of names, "from:to:subject"; the empty one, which stands for the default, is right. Static
 * text, or NULL. */
const char *signing_list_trouble(struct str list, enum signing_for purpose);
/* d= must be a domain of two labels or more. Static text, or NULL. */
const char *signing_domain_trouble(struct str domain);
/* What is wrong with the selector of a key of that domain; static text in *trouble_out, NULL where nothing is.
 * Errors: those of the arena. */
INKAN_MUST_CHECK int signing_selector_trouble(struct arena *scratch, struct str selector, struct str domain,
                                              const char **trouble_out);
/* The kind of a key, and what is wrong with it, as before. Errors: the holder's. */
INKAN_MUST_CHECK int signing_key_trouble(struct key_holder holder, uint64_t key, enum key_type *type_out,
                                         const char **trouble_out);

/* ---- h= ---- */

struct signed_names {
	struct str *names;
	size_t *fields; /* what each of them stands for; HEADER_NONE: nothing */
	size_t count;
};

/* The names of the list, or the default set: fields from the bottom up, those oversigned once more than they occur.
 * Everything lives in the arena. INKAN_EREFUSED: more than SIGNED_NAMES_MAX. */
INKAN_MUST_CHECK int signing_choose(struct arena *arena, const struct header *header, struct str list,
                                    enum signing_for purpose, struct signed_names *out);
#define SIGNING_TOO_MANY_NAMES "more than 1000 header fields to be signed"

/* ---- the field ---- */

/* A field being written: breaks lines between pieces so that none is longer than SIGNING_LINE_MAX. */
struct folder {
	struct buf *out, *scratch; /* an error of scratch comes to be one of out */
	size_t column;
};

/* Puts a piece that must not be broken, behind a space or a fold. `glued`: nothing between it and what stands before,
 * unless a fold is needed. */
void folder_put(struct folder *f, struct str piece, bool glued);
/* The next piece begins a new line. */
void folder_break_before_next(struct folder *f);
/* A piece is made in the buffer that folder_begin() returns, and put with `end` behind it. */
struct buf *folder_begin(struct folder *f, const char *text);
void folder_end(struct folder *f, char end, bool glued);
/* prefix: "name=" */
void folder_tag(struct folder *f, const char *prefix, struct str value);
void folder_number(struct folder *f, const char *prefix, int64_t value);
void folder_hash(struct folder *f, const char *prefix, const struct digest_value *hash);
/* h=, broken behind ":" where a line is full. */
void folder_names(struct folder *f, const struct signed_names *names);
/* h= on a line of its own where it does not fit behind what stands before; broken only where it is longer than a line. */
void folder_names_together(struct folder *f, const struct signed_names *names);
/* Octets as base64 in as many lines as they need, glued to what stands before. */
void folder_base64(struct folder *f, const unsigned char *octets, size_t size);

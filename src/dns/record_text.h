/* A TXT record in the forms that people and tools paste it. */
#pragma once

#include "core/arena.h"
#include "core/buf.h"

/* The value as quoted character-strings of at most 255 octets: "first" "second" (RFC 1035 section 3.3, RULES S26).
 * Quotes, backslashes and octets outside printable ASCII are escaped as master files want it. */
void record_text_quoted(struct buf *out, struct str value);
/* One line of a zone file: name. TTL IN TXT "...", several strings in parentheses, and a line end. An empty name is "@". */
void record_text_zone(struct buf *out, struct str name, uint32_t ttl, struct str value);
/* Input for the nsupdate program: "update add name. TTL IN TXT ..." and a line end. */
void record_text_nsupdate(struct buf *out, struct str name, uint32_t ttl, struct str value);
/* As `dig +short TXT name` prints it. */
void record_text_dig(struct buf *out, struct str value);
/* One change of a Route 53 change batch, whole JSON document. */
void record_text_route53(struct buf *out, struct str name, uint32_t ttl, struct str value);
/* Header and one row of CSV (RFC 4180): name,type,ttl,value. */
void record_text_csv(struct buf *out, struct str name, uint32_t ttl, struct str value);

struct record_text {
	struct record_text *next;
	struct str name;  /* owner without final dot, escapes resolved; empty where there was none */
	struct str value; /* the strings joined, escapes resolved */
};

/* What a person pastes, back to values. Understood are a bare value (line breaks become spaces); quoted strings, also over
 * several lines; zone lines with name, TTL and class in any number, parentheses and comments; the output of dig, dig
 * +short (a CNAME target before the strings is passed over), host and nslookup. Several records make a list.
 * Quoted strings on lines of their own belong to the record before, unless they begin like a record ("v=", "name=").
 * False: unbalanced quotes or a wrong escape, *position_out says where; or arena_error(). Text lives in the arena. */
bool record_text_list(struct arena *arena, struct str pasted, struct record_text **out, size_t *position_out);

/* The first record of the list; there is always one. */
bool record_text_parse(struct arena *arena, struct str pasted, struct str *name_out, struct str *value_out,
                       size_t *position_out);

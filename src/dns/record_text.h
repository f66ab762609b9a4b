/* A TXT record in the forms that people and tools paste it. */
#pragma once

#include "core/arena.h"
#include "core/buf.h"

/* The value as quoted character-strings of at most 255 octets: "first" "second" (RFC 1035 section 3.3, RULES S26).
 * Quotes, backslashes and octets outside printable ASCII are escaped as master files want it. */
void record_text_quoted(struct buf *out, struct str value);
/* One line of a zone file: name. TTL IN TXT ( "..." "..." ) and a line end. */
void record_text_zone(struct buf *out, struct str name, uint32_t ttl, struct str value);
/* Input for the nsupdate program: "update add ...". */
void record_text_nsupdate(struct buf *out, struct str name, uint32_t ttl, struct str value);
/* As `dig +short TXT name` prints it. */
void record_text_dig(struct buf *out, struct str value);
/* One change of a Route 53 change batch, whole JSON document. */
void record_text_route53(struct buf *out, struct str name, uint32_t ttl, struct str value);
/* Header and one row of CSV (RFC 4180): name,type,ttl,value. */
void record_text_csv(struct buf *out, struct str name, uint32_t ttl, struct str value);

/* What a person pastes, back to the value: a bare value, quoted strings (joined), a zone line or `dig` output with name,
 * TTL, class and type before the strings, parentheses and comments. *name_out: the owner name where there was one, else
 * empty. False: unbalanced quotes or a wrong escape, *position_out says where. text of both lives in the arena. */
bool record_text_parse(struct arena *arena, struct str pasted, struct str *name_out, struct str *value_out,
                       size_t *position_out);

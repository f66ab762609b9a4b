/* The header octets that a signature covers (RFC 6376 sections 3.7 and 5.4.2; RULES S5, S17, V25). */
#pragma once

#include "core/arena.h"
#include "core/buf.h"
#include "mail/canon.h"
#include "mail/header.h"

/* For each name of h= the field that it stands for: instances of a name are taken from the bottom up, HEADER_NONE where
 * there is none (left): the null input. fields_out has room for name_count. Errors: those of the arena. */
INKAN_MUST_CHECK int header_select(struct arena *scratch, const struct header *header, const struct str *names,
                                   size_t name_count, size_t *fields_out);

/* Puts one field, canonical, with CRLF; nothing for HEADER_NONE. */
void header_hash_field(struct buf *out, enum canon canon, const struct header *header, size_t field);
/* Puts the selected fields, canonical, in their order. */
void header_hash_fields(struct buf *out, enum canon canon, const struct header *header, const size_t *fields,
                        size_t count);
/* Puts a signature field itself: octets [hole_begin, hole_end) of raw (the value of b= with the white space round it)
 * taken out, canonical, without CRLF. scratch is overwritten. */
void header_hash_own(struct buf *out, struct buf *scratch, enum canon canon, struct str raw, size_t hole_begin,
                     size_t hole_end);

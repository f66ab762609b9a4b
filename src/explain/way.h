/* The way of a message, by its Received fields, and who put which field on top of it on that way.
 *
 * Fields are prepended: what stands between two Received fields was added by the host that wrote the one directly below
 * it. A host can forge everything below its own field, never what stands above. */
#pragma once

#include "explain/page.h"
#include "mail/received.h"

/* One Received field. */
struct way_hop {
	struct received received;
	size_t field; /* index in the header */
};

struct way {
	struct way_hop *hops; /* top to bottom: the last host first */
	size_t count;
	size_t left_out;    /* further ones, at the bottom */
	size_t own;         /* how many at the top this receiver wrote, as far as the session tells */
	size_t *signatures; /* index in the header of each DKIM-Signature field, in order */
	size_t signature_count;
	size_t *seals; /* of the ARC-Seal field of each instance, from 1; HEADER_NONE */
};

/* Errors: those of the arena. */
INKAN_MUST_CHECK int way_find(struct arena *arena, const struct page_request *request, struct way *out);

/* The hops that handled the message after the field at that index was there and before this receiver got it: way->hops
 * from *first_out, *count_out of them. */
void way_between(const struct way *way, size_t field, size_t *first_out, size_t *count_out);

/* Adds what an Authentication-Results field says in brief: "dkim=pass d=example.com, spf=pass". Nothing where it cannot be
 * read. */
void way_put_results(struct buf *out, struct str value);

/* The page's hops, the first host first. Errors: those of the arena. */
INKAN_MUST_CHECK int way_hops(struct arena *arena, const struct page_request *request, const struct way *way,
                              struct page *page);

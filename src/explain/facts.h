/* What the sentences of a page are filled with: the verdict, the session, the way, and the item that is spoken of. */
#pragma once

#include "explain/way.h"

struct facts {
	const struct page_request *request;
	const struct inkan_verdict *v;
	struct arena *arena;
	const struct way *way;
	const struct inkan_spf_result *spf;     /* never NULL */
	const struct inkan_dmarc_result *dmarc; /* never NULL */
	const struct inkan_arc_result *arc;     /* never NULL */
	/* the item, where a sentence is about one */
	const struct inkan_dkim_result *signature;
	size_t signature_index;
	const struct inkan_arc_set *set;
	const struct inkan_repeated_field *repeated;
	struct str setting;
};

void facts_init(struct facts *f, struct arena *arena, const struct page_request *request, const struct way *way);

/* Whether it is known which domains are aligned: there is an author, and DMARC was asked. */
bool facts_know_alignment(const struct page_request *request);

/* A template_value: `context` is a struct facts. Names: those of signature.h while f->signature is set, and the table in
 * facts.c. */
bool facts_value(void *context, struct buf *out, struct str name, enum language language);

/* Adds a template. */
void facts_put(struct buf *out, struct text text, struct facts *f);

/* The hosts that handled the message after f->signature was made and before this receiver got it: those that can have
 * changed it. An ARC set that saw the signature pass leaves out the hosts before it. */
void facts_changers(const struct facts *f, size_t *first_out, size_t *count_out);

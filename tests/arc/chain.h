/* Messages with ARC sets: made by the sealer, or field by field with signatures that the sealer would never write; and
 * their chain judged. */
#pragma once

#include "arc/seal.h"
#include "dkim/mail.h"

/* A chain as the verifier found it. */
struct judged_chain {
	enum inkan_result result;
	char reason[300];
	unsigned set_count;
	int oldest_pass;
	bool temporary;
	bool pending;     /* questions were left open; the rest says nothing */
	size_t questions; /* asked for before the body */
	size_t listed_sets;
	char first_results[200]; /* of instance 1 */
};

/* Judges with answers of the zone; what it does not hold does not exist. zone NULL: nothing is answered. */
struct judged_chain judge_chain(struct str message, const struct zone_row *zone, size_t rows);
/* The zone of the keys that most tests seal with: s1._domainkey.example.com has FORGE_RSA2048. */
struct judged_chain judge_usual_chain(struct str message);

struct seal_request {
	const char *domain, *selector; /* NULL: example.com, s1 */
	enum forge_key key;
	const char *headers; /* NULL: the default */
	const char *results; /* NULL: "mx.example; dkim=pass header.d=example.com" */
	size_t results_size; /* 0: up to its end */
	enum inkan_result chain;
	int64_t now; /* 0: none */
};

/* Puts the set, then the message, unless an error is the result. *why_out (may be NULL): what was refused, or "". */
int seal_chain(struct buf *out, const struct seal_request *request, struct str message, const char **why_out);
/* As a host on the way does: judges the chain, then seals what was found. */
int seal_next(struct buf *out, struct str message);
/* MAIL with so many sets on top. */
void put_sealed(struct buf *out, unsigned sets);

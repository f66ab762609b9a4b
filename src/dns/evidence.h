/* Evidence: what DNS said, question by question, for one evaluation or many (ARCHITECTURE, promise 3).
 *
 * An evaluator calls evidence_ask(). Where an answer is there, it gets it; else the question is noted as open and the
 * evaluator gives up for now. Whoever drives it has the open questions answered with evidence_add() and evaluates again.
 *
 * An evidence may stand on a base, which it never changes: a snapshot shared by threads. A closed evidence (or base) is
 * the whole world: what it does not hold does not exist, a CNAME that it holds is followed (as far as DNS_CHAIN_MAX), and
 * nothing is ever open. An open one does not follow CNAMEs: who answers its questions has done that. */
#pragma once

#include "dns/dns.h"

enum {
	EVIDENCE_QUESTIONS_MAX =
		1000, /* questions that one evidence notes or holds without a base; see evidence_new() */
	EVIDENCE_SIZE_MAX = 8 * 1024 * 1024 /* octets of all answers of one message */
};

struct evidence;

struct dns_question {
	enum dns_type type;
	struct str name; /* normalised */
};

/* base may be NULL; it must outlive the evidence and not change. size_max, questions_max: caps (0: the defaults above). */
INKAN_MUST_CHECK int evidence_new(const struct evidence *base, size_t size_max, size_t questions_max,
                                  struct evidence **out);
void evidence_free(struct evidence *e);
/* Forgets answers and open questions, keeps base and memory. */
void evidence_reset(struct evidence *e);
/* Declares that what is not in this evidence does not exist (NXDOMAIN; NODATA where the name is there). */
void evidence_close(struct evidence *e);

/* The answer, valid until the evidence is reset or freed; NULL: not known yet, now noted as open. A name that cannot be
 * a DNS name is answered with NXDOMAIN. Beyond the caps, and where memory is short (see evidence_error()): a SERVFAIL
 * answer with a text, so that nothing grows. */
const struct dns_answer *evidence_ask(struct evidence *e, enum dns_type type, struct str name);
/* As evidence_ask(), but nothing is noted. */
const struct dns_answer *evidence_find(const struct evidence *e, enum dns_type type, struct str name);
/* Records an answer (copied), which closes the question. A second answer to the same question replaces the first; both
 * stay valid. TXT and SPF records may give `strings` (then `text` is ignored) or only `text`. Where the answer would go
 * beyond the cap of octets, the question is closed with SERVFAIL and a text. INKAN_ELIMIT: the question was not asked and
 * would be one too many; INKAN_EUSAGE: no DNS name. */
INKAN_MUST_CHECK int evidence_add(struct evidence *e, enum dns_type type, struct str name,
                                  const struct dns_answer *answer);

/* Open questions in the order they were asked. The array is valid until the next ask, add or reset. */
size_t evidence_open(const struct evidence *e, const struct dns_question **out);
/* How many questions were noted since the last reset, answered or not. */
size_t evidence_asked(const struct evidence *e);

/* INKAN_ENOMEM where memory was short since the last reset: what was evaluated on this evidence is worth nothing. */
INKAN_MUST_CHECK int evidence_error(const struct evidence *e);

/* Calls `each` for every answer held (not those of the base), in a stable order: by name, then by type. */
INKAN_MUST_CHECK int evidence_each(const struct evidence *e,
                                   void (*each)(void *context, const struct dns_question *question,
                                                const struct dns_answer *answer),
                                   void *context);

/* Adds every answer of `from` (not of its base) to `into` that it does not hold yet. INKAN_ELIMIT: `into` has reached a cap,
 * now or before; it is not what was answered. */
INKAN_MUST_CHECK int evidence_merge(struct evidence *into, const struct evidence *from);

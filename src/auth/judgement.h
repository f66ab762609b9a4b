/* What is found out about one message: the mechanisms side by side over one evidence, DMARC over them, the verdict.
 *
 * Order of calls: judgement_header(), judgement_body() any number of times, judgement_finish_body(), then
 * judgement_evaluate() until nothing is pending. Every question that can be told from header and session is asked by
 * judgement_header(), so that DNS and body run side by side. */
#pragma once

#include "auth/context.h"
#include "auth/session.h"
#include "dns/evidence.h"
#include "inkan/message.h"
#include "mail/header.h"

enum {
	/* Working memory of SPF and of DMARC, given back before each new attempt: hostile records of 64 KiB fill some of it */
	JUDGEMENT_SPF_MEMORY_MAX = 32 * 1024 * 1024,
	JUDGEMENT_DMARC_MEMORY_MAX = 4 * 1024 * 1024
};

struct judgement;

/* options: as checked by inkan_message_new(); what they point to must outlive the judgement. */
INKAN_MUST_CHECK int judgement_new(const struct inkan_context *context, const struct inkan_message_options *options,
                                   struct judgement **out);
void judgement_free(struct judgement *j);
/* The time in the options has changed. */
void judgement_take_time(struct judgement *j);
/* Begins a message. Everything handed in must stay until the verdict was used; results live in the arena. */
INKAN_MUST_CHECK int judgement_header(struct judgement *j, struct arena *arena, const struct header *header,
                                      const struct session *session, struct evidence *evidence);
void judgement_body(struct judgement *j, struct str span);
INKAN_MUST_CHECK int judgement_finish_body(struct judgement *j);
/* *pending_out: questions are open in the evidence; answer some and call again. */
INKAN_MUST_CHECK int judgement_evaluate(struct judgement *j, bool *pending_out);
/* Microsoft 365 neither signs nor checks mail inside one organization; what crosses its border loses the field that says so. */
bool judgement_is_internal(const struct header *header);
/* After evaluation is complete. */
const struct inkan_verdict *judgement_verdict(const struct judgement *j);

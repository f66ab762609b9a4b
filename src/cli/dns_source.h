/* Where the DNS answers of a command come from: a snapshot (--dns), or the network. Belongs to one thread. */
#pragma once

#include "cli/output.h"
#include "dns/evidence.h"
#include "io/resolver.h"

struct dns_source {
	const struct evidence *snapshot; /* NULL: the network */
	struct resolver_options options; /* of the network; DNSSEC is validated where that is possible */
	struct resolver *resolver;       /* made for the first question that needs the network */
	int64_t asking_since;            /* the first question of this message or command, for resolver_patience() */
	struct io_error error;           /* for INKAN_EIO: why there is no resolver */
	/* Why DNSSEC is not validated though it could be (most of all: no trust anchor on this system); "" */
	struct io_error unvalidated;
};

/* Answers all open questions of e. Errors: INKAN_EIO, and those of the evidence. */
INKAN_MUST_CHECK int dns_source_answer(struct dns_source *s, struct evidence *e);
/* Tells that answers are taken as they are. */
void dns_source_note(struct ui *ui, const struct dns_source *s);
/* The next message begins: it has all the time again. */
void dns_source_next(struct dns_source *s);
void dns_source_release(struct dns_source *s);

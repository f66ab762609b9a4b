/* One message in a milter session: envelope, header, body, then the answer. Kept by the worker for reuse.
 *
 * Flow: transaction_begin -> recipients -> header fields -> transaction_end_of_header (direction is known by then: DNS starts, or
 * the signers are chosen) -> body -> transaction_end -> inbound_finish or outbound_finish, as often as an answer of DNS or of the key
 * process comes -> transaction_answer. */
#pragma once

#include "core/arena.h"
#include "policy/action.h"
#include "policy/direction.h"
#include "policy/gateway.h"
#include "policy/signing_table.h"
#include "server/connection.h"
#include "server/identity_client.h"

enum {
	TRANSACTION_MEMORY_MAX = 8 * 1024 * 1024, /* of envelope and header copies of one message */
	EARLY_PAUSE = 16 * 1024, /* octets of a body that wait for word who signs; then reading stops */
	EARLY_MAX = EARLY_PAUSE + WORKER_READ_SIZE, /* ... as what has been read already is still taken */
	TRANSACTION_RECIPIENTS_MAX = 1000, /* kept; where there are more, rules for certain recipients do not hold */
	ANSWER_MAX = 1024 * 1024           /* octets of all actions of one message */
};

/* A signature field that is wanted. */
struct signing_use {
	const char *selector;
	enum inkan_algorithm algorithm;
	size_t key; /* as in struct key_request */
};

/* The fields of one domain: those of a rule, or those of identities. */
struct signing {
	struct signing *next;
	const struct signing_rule *rule; /* how it signs */
	char domain[256];
	struct inkan_signer *signer;
	bool done; /* signed or refused */
	size_t use_count;
	struct signing_use uses[SIGNING_RULE_KEYS_MAX];
	struct key_request requests[SIGNING_RULE_KEYS_MAX];
	char selectors[]; /* texts of `uses` */
};

struct transaction {
	struct transaction *next; /* at rest */
	struct worker *worker;
	struct connection *connection;
	struct arena arena;
	struct buf answer;
	struct buf reply; /* SMTP reply of a refusal */
	struct outcome outcome;
	/* envelope */
	struct str mail_from; /* without angle brackets */
	bool has_mail_from;
	struct str *recipients;
	size_t recipient_count, recipient_room;
	uint32_t recipients_seen;
	/* state */
	enum direction direction;
	bool began; /* the first header field, or what comes instead, was there */
	bool header_done;
	bool too_large;      /* milter.message_max was passed: octets are no longer looked at */
	bool too_complex;    /* its header passes a limit of the engine */
	bool ended;          /* end of message was there */
	bool running, again; /* evaluation is under way; something came meanwhile */
	uint64_t size;
	uint64_t ended_at, waiting_since, dns_time; /* ns; 0: not waiting */
	int64_t dns_since;                          /* ms: the first question was asked; 0: none was */
	int error;                                  /* of the engine */
	const char *trouble;                        /* what is to be said of it; static; NULL: its own text */
	/* inbound */
	struct inkan_message *message;
	const struct trusted_gateway *gateway;
	struct hop_behind hop;
	struct resolver_request *dns;
	bool dns_open;
	struct decision decision;
	struct inkan_sealer *sealer;
	struct key_request seal_request;
	bool sealing;
	/* outbound */
	struct buf header; /* until the author is known */
	struct buf field;  /* of the header, as it is sent */
	struct signing *signings[SIGNATURES_MAX];
	size_t signing_count, signed_count;
	struct signing_plan plan;
	struct str author;
	bool asking; /* the registrar, who signs for the author */
	struct identity_request identities;
	struct buf early; /* octets of the body that came meanwhile */
};

/* NULL: no memory. */
struct transaction *transaction_begin(struct worker *w, struct connection *c);
/* Forgets the message, whatever is under way. */
void transaction_drop(struct transaction *t);
/* Frees one at rest. */
void transaction_free(struct transaction *t);

void transaction_sender(struct transaction *t, struct str address);
void transaction_recipient(struct transaction *t, struct str address);
void transaction_header(struct transaction *t, struct str name, struct str value);
void transaction_end_of_header(struct transaction *t);
void transaction_body(struct transaction *t, struct str piece);
/* connection_answer() will be called, perhaps before this returns. */
void transaction_end(struct transaction *t);
/* What was waited for before the end of the message could be looked at is there (outbound.c). */
void transaction_go_on(struct transaction *t);

/* Puts the answer together out of what was decided, sends it and the outcome. For inbound.c and outbound.c. */
void transaction_answer(struct transaction *t, enum policy_action action);
/* Fields with CRLF, to be put on top of the message in this order. */
void transaction_insert_fields(struct transaction *t, struct str fields);
/* inkan itself failed: the answer that the configuration has for that. trouble: static. */
void transaction_fail(struct transaction *t, const char *trouble);
/* How many of t->recipients are for rules about "all recipients": none where not all are known. */
size_t transaction_known_recipients(const struct transaction *t);
/* Copies text that lives only now. */
struct str transaction_keep(struct transaction *t, struct str text);

/* ---- inbound.c: judging ---- */
INKAN_MUST_CHECK int inbound_open(struct transaction *t);
INKAN_MUST_CHECK int inbound_write(struct transaction *t, struct str octets);
/* Puts the removal of forged fields into the answer: also where nothing could be judged. INKAN_EUSAGE: the header is not known. */
INKAN_MUST_CHECK int inbound_remove_forged(struct transaction *t);
void inbound_header_done(struct transaction *t);
void inbound_finish(struct transaction *t);
void inbound_close(struct transaction *t);   /* nothing is under way any more; keeps what can be reused */
void inbound_release(struct transaction *t); /* frees it */

/* ---- outbound.c: signing ---- */
INKAN_MUST_CHECK int outbound_write(struct transaction *t, struct str octets);
void outbound_header_done(struct transaction *t);
void outbound_finish(struct transaction *t);
void outbound_close(struct transaction *t);
void signing_free(struct signing *s);

/* ---- mail_from.c: mail of ours whose MAIL FROM domain has failed ---- */
/* True: it was answered with a refusal. */
bool mail_from_refuse(struct transaction *t);
/* Puts the default envelope sender into the answer, where there is one; the outcome says what was done, or why nothing was. */
void mail_from_replace(struct transaction *t);

/* DNS for commands: the snapshot of --dns, or the network by way of io/resolver.h (validated where that is possible); what
 * was answered goes to --save-dns. */
#pragma once

#include "cli/dns_source.h"
#include "cli/options.h"

struct lookup {
	const struct invocation *in;
	struct evidence *snapshot; /* --dns; else NULL */
	struct evidence *answers;  /* to what was asked so far; all that --save-dns saves */
	struct dns_source source;
};

/* Reads the snapshot, if there is one. Other than EXIT_FINE: a message was printed. To be closed in any case. */
enum exit_code lookup_open(struct lookup *l, const struct invocation *in);
/* The answer to one question, valid until lookup_close(). A name that does not answer is an answer too: its status says
 * so. Other than EXIT_FINE: a message was printed. */
enum exit_code lookup_ask(struct lookup *l, enum dns_type type, struct str name, const struct dns_answer **out);
/* One pass of an evaluator of the engine: sets *pending_out where a question is open. Errors: enum inkan_error. */
typedef int lookup_evaluator(void *context, struct evidence *evidence, bool *pending_out);
/* Answers what is open in `asking` from `answers`; false: some have no answer there yet, and are asked there now. */
bool lookup_hand_on(struct evidence *asking, struct evidence *answers, int *error_out);
/* Evaluates until nothing is open. Other than EXIT_FINE: a message was printed. */
enum exit_code lookup_evaluate(struct lookup *l, lookup_evaluator *evaluate, void *context);
struct inkan_message;
/* Judges a message that is complete. Other than EXIT_FINE: a message was printed. */
enum exit_code lookup_message(struct lookup *l, struct inkan_message *message);
/* Writes --save-dns and releases. Returns `wanted`, or the code of what went wrong. */
enum exit_code lookup_close(struct lookup *l, enum exit_code wanted);

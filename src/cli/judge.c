#include "cli/judge.h"

#include "auth/context.h"
#include "auth/message.h"
#include "cli/display.h"
#include "dns/snapshot.h"

static int find_session(void *context, struct inkan_message *message, const struct header *header)
{
	struct judge *j = context;
	struct inkan_session *session = &j->session;
	int error = INKAN_OK;

	*session = j->options->session;
	if (j->options->session_from_received)
		error = told_session_complete(&j->told, header, &j->options->session, session);
	return error ? error : inkan_message_set_session(message, session);
}

int judge_init(struct judge *j, const struct judge_options *options)
{
	struct inkan_message_options message = options->message;
	int error = INKAN_OK;

	*j = (struct judge){.options = options, .source = {.options = options->resolver}};
	if (options->message.snapshot)
		j->source.snapshot = options->message.snapshot->evidence;
	told_session_init(&j->told);
	arena_init(&j->page_memory, JUDGE_PAGE_MEMORY_MAX);
	/* The engine keeps no note of what a snapshot answered: then its questions are answered here, one by one. */
	if (options->keep_answers) {
		message.snapshot = NULL;
		error = evidence_new(NULL, SNAPSHOT_SIZE_MAX, JUDGE_KEPT_QUESTIONS_MAX, &j->kept);
	}
	if (!error)
		error = inkan_message_new(options->context, &message, &j->message);
	if (!error && options->redact)
		error = digest_new(options->context->crypto, &j->digest);
	if (error)
		judge_release(j);
	else
		message_set_header_hook(j->message, find_session, j);
	return error;
}

void judge_release(struct judge *j)
{
	inkan_message_free(j->message);
	dns_source_release(&j->source);
	evidence_free(j->kept);
	digest_free(j->digest);
	told_session_release(&j->told);
	arena_release(&j->page_memory);
	*j = (struct judge){.options = j->options};
}

bool judge_write(struct judge *j, struct str octets)
{
	return inkan_message_write(j->message, octets.p, octets.n) == INKAN_OK;
}

/* ---- DNS ---- */

static int evaluate(struct judge *j)
{
	struct evidence *evidence = message_evidence(j->message);
	int state = inkan_message_evaluate(j->message);

	while (state == INKAN_NEED_DNS) {
		int error = dns_source_answer(&j->source, evidence);

		state = error ? error : inkan_message_evaluate(j->message);
	}
	if (state != INKAN_OK || !j->kept)
		return state;
	state = evidence_merge(j->kept, evidence);
	j->kept_too_much = j->kept_too_much || state == INKAN_ELIMIT;
	return state == INKAN_ELIMIT ? INKAN_OK : state; /* that is no fault of this message */
}

/* ---- the verdict ---- */

static void fail(struct judge *j, int error, struct verdict *out)
{
	const char *text = inkan_message_error(j->message);

	out->outcome = error == INKAN_ELIMIT ? OUTCOME_UNREADABLE
	               : error == INKAN_EIO  ? OUTCOME_UNKNOWN /* the resolver cannot start */
	                                     : OUTCOME_INTERNAL;
	out->error = error == INKAN_EIO ? j->source.error.text : text[0] ? text : inkan_strerror(error);
}

static int make_page(struct judge *j, bool headline_only, struct verdict *out)
{
	int error = page_make(&j->page_memory,
	                      &(struct page_request){.verdict = out->found,
	                                             .header = out->header,
	                                             .session = out->session,
	                                             .session_from_received = out->session_from_received,
	                                             .language = j->options->language,
	                                             .decode = display_header,
	                                             .redact = out->redact,
	                                             .headline_only = headline_only},
	                      &j->page);

	out->page = &j->page;
	return error;
}

void judge_end(struct judge *j, const char *file, bool headline_only, struct verdict *out)
{
	int error = inkan_message_end(j->message);

	*out = (struct verdict){.file = file};
	if (!error)
		error = evaluate(j);
	if (!error && j->options->with_results) {
		out->authentication_results = inkan_message_authentication_results(j->message, j->options->authserv_id);
		error = out->authentication_results ? INKAN_OK : INKAN_ENOMEM;
	}
	if (error) {
		fail(j, error, out);
		return;
	}
	if (message_header(j->message)->count == message_header(j->message)->malformed) {
		out->outcome = OUTCOME_UNREADABLE;
		out->no_message = true;
		out->error = "holds no message";
		return;
	}
	out->found = inkan_message_verdict(j->message);
	out->header = message_header(j->message);
	out->session = &j->session;
	out->session_from_received = j->options->session_from_received;
	out->redact = j->digest;
	out->outcome = verdict_outcome(out->found);
	if (j->options->with_page)
		error = make_page(j, headline_only, out);
	if (error) {
		*out = (struct verdict){.file = file};
		fail(j, error, out);
	}
}

const struct reader_facts *judge_facts(const struct judge *j)
{
	return message_facts(j->message);
}

void judge_reset(struct judge *j)
{
	inkan_message_reset(j->message);
	dns_source_next(&j->source);
	arena_reset(&j->page_memory);
}

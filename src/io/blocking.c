/* inkan_resolver_…: the bridge between a message and the resolver, and all that libinkan-resolver shows.
 *
 * The message is known through its public interface only, as it belongs to another library (libinkan); the evidence here
 * is a private one, of one round: its questions are those that the message has open, and what the resolver adds to it is
 * handed on as public records. */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <uv.h>

#include "inkan/resolver.h"
#include "io/resolver.h"

enum {
	PARALLEL = 256,                    /* questions on the way at once: few messages ever ask more */
	RECORDS_SIZE_MAX = 8 * 1024 * 1024 /* octets of one answer as public records: evidence holds no larger ones */
};

struct inkan_resolver {
	struct resolver *resolver;
	struct evidence *answers; /* of one round */
	struct arena records;     /* of one answer */
};

/* ---- making one ---- */

void inkan_resolver_options_init(struct inkan_resolver_options *options)
{
	*options = (struct inkan_resolver_options){.struct_size = sizeof *options, .validate = true};
}

static bool read_options(const struct inkan_resolver_options *from, struct resolver_options *to)
{
	if (!from || from->struct_size != sizeof *from || from->timeout > INKAN_RESOLVER_TIMEOUT_MAX ||
	    (from->recursive && from->host))
		return false;
	*to = (struct resolver_options){.host = str_c(from->host ? from->host : ""),
	                                .port = from->port,
	                                .recursive = from->recursive,
	                                .validate = from->validate,
	                                .strict = from->strict,
	                                .trust_anchor = from->trust_anchor,
	                                .timeout = from->timeout ? from->timeout : INKAN_RESOLVER_TIMEOUT,
	                                .parallel = PARALLEL,
	                                .keep_file_limit = true};
	return true;
}

int inkan_resolver_new(const struct inkan_resolver_options *options, struct inkan_resolver **out, char *error_text,
                       size_t error_size)
{
	struct resolver_options inner;
	struct io_error trouble = {""};

	if (!read_options(options, &inner))
		return INKAN_EUSAGE;
	struct inkan_resolver *r = calloc(1, sizeof *r);

	if (!r)
		return INKAN_ENOMEM;
	arena_init(&r->records, RECORDS_SIZE_MAX);
	int error = evidence_new(NULL, 0, 0, &r->answers);

	if (!error)
		error = resolver_new(&inner, NULL, &r->resolver, &trouble);
	if (!error) {
		*out = r;
		return INKAN_OK;
	}
	if (error == INKAN_EIO && error_text)
		snprintf(error_text, error_size, "%s", trouble.text);
	inkan_resolver_free(r);
	return error;
}

void inkan_resolver_free(struct inkan_resolver *r)
{
	if (!r)
		return;
	resolver_free(r->resolver);
	evidence_free(r->answers);
	arena_release(&r->records);
	free(r);
}

/* ---- handing an answer on ---- */

static enum inkan_dns_failure failure_of(enum dns_status status)
{
	static const enum inkan_dns_failure failures[] = {
		[DNS_NODATA] = INKAN_DNS_NODATA,     [DNS_NXDOMAIN] = INKAN_DNS_NXDOMAIN,
		[DNS_SERVFAIL] = INKAN_DNS_SERVFAIL, [DNS_TIMEOUT] = INKAN_DNS_TIMEOUT,
		[DNS_BOGUS] = INKAN_DNS_BOGUS,       [DNS_LOOP] = INKAN_DNS_SERVFAIL};

	return failures[status];
}

/* The records as the public interface has them: names terminated. */
static int public_records(struct arena *a, const struct dns_answer *answer, const struct inkan_dns_record **out)
{
	struct inkan_dns_record *records = arena_calloc(a, answer->count, sizeof *records);

	for (size_t i = 0; records && i < answer->count; i++) {
		const struct dns_record *from = &answer->records[i];

		records[i].text = from->text.p;
		records[i].size = from->text.n;
		records[i].name = arena_str(a, from->name).p;
		records[i].preference = from->preference;
		memcpy(records[i].address, from->address, sizeof records[i].address);
	}
	*out = records;
	return arena_error(a);
}

static int hand_on_records(struct inkan_resolver *r, struct inkan_message *m, const struct inkan_question *question,
                           const struct dns_answer *answer)
{
	const struct inkan_dns_record *records;
	int error = public_records(&r->records, answer, &records);

	if (!error)
		error = inkan_message_answer_records(m, question, records, answer->count, answer->secure);
	else if (error == INKAN_ELIMIT)
		error = inkan_message_answer_failure(m, question, INKAN_DNS_SERVFAIL);
	arena_reset(&r->records);
	return error;
}

static int hand_on(struct inkan_resolver *r, struct inkan_message *m, const struct inkan_question *question)
{
	const struct dns_answer *answer =
		evidence_find(r->answers, (enum dns_type)question->type, str_c(question->name));

	if (!answer)
		return inkan_message_answer_failure(m, question, INKAN_DNS_TIMEOUT);
	if (answer->status == DNS_ANSWER || answer->status == DNS_NODATA)
		return hand_on_records(r, m, question, answer);
	return inkan_message_answer_failure(m, question, failure_of(answer->status));
}

/* ---- asking ---- */

static int64_t now_ms(void)
{
	return (int64_t)(uv_hrtime() / 1000000);
}

/* resolver_resolve(), without the signal that libunbound gets for writing to a server that has hung up. */
static int resolve_quietly(struct inkan_resolver *r, uint32_t timeout)
{
	sigset_t pipe, before, waiting;

	sigemptyset(&pipe);
	sigaddset(&pipe, SIGPIPE);
	sigpending(&waiting);
	pthread_sigmask(SIG_BLOCK, &pipe, &before);
	int error = resolver_resolve(r->resolver, r->answers, timeout);

	if (!sigismember(&waiting, SIGPIPE))
		(void)sigtimedwait(&pipe, NULL, &(struct timespec){0});
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	return error;
}

/* Into the evidence of this round; nothing is asked where no time is left. */
static int ask(struct inkan_resolver *r, const struct inkan_question *questions, size_t count, int64_t deadline)
{
	int64_t left = deadline - now_ms();

	evidence_reset(r->answers);
	if (left <= 0)
		return INKAN_OK;
	for (size_t i = 0; i < count; i++)
		(void)evidence_ask(r->answers, (enum dns_type)questions[i].type, str_c(questions[i].name));
	int error = evidence_error(r->answers);

	return error ? error : resolve_quietly(r, (uint32_t)left);
}

static int answer_open(struct inkan_resolver *r, struct inkan_message *m, int64_t deadline)
{
	const struct inkan_question *questions;
	size_t count = inkan_message_questions(m, &questions);
	int error = count ? ask(r, questions, count, deadline) : INKAN_OK;

	for (size_t i = 0; i < count && !error; i++)
		error = hand_on(r, m, &questions[i]);
	return error;
}

int inkan_resolver_evaluate(struct inkan_resolver *r, struct inkan_message *m, uint32_t timeout_ms)
{
	if (timeout_ms > INKAN_RESOLVER_TIMEOUT_MAX)
		return INKAN_EUSAGE;
	int64_t deadline = now_ms() + (timeout_ms ? timeout_ms : INKAN_RESOLVER_MESSAGE_TIMEOUT);
	int state = inkan_message_evaluate(m);

	while (state == INKAN_NEED_DNS) {
		int error = answer_open(r, m, deadline);

		state = error ? error : inkan_message_evaluate(m);
	}
	return state;
}

/* Reading order: inkan_message_write() -> reader -> on_header(), on_body(); inkan_message_end(); inkan_message_evaluate(). */
#include "auth/message.h"

#include <stdlib.h>

#include "auth/judgement.h"
#include "auth/limit.h"
#include "auth/questions.h"
#include "authres/print.h"
#include "dkim/verify.h"

enum {
	/* Arena of a message: its fields, the parsed signatures and the results. Fields are at most MAIL_FIELDS_MAX of 80
	 * octets each; a signature needs at most 512 KiB (its field, its names, its choice of fields). */
	MESSAGE_ARENA_BASE = 16 * 1024 * 1024,
	MESSAGE_ARENA_PER_SIGNATURE = 512 * 1024,
	AUTHRES_FIELD_MAX = 256 * 1024
};

enum state { STATE_READING, STATE_COMPLETE, STATE_JUDGED };

struct inkan_message {
	struct inkan_context *context;
	struct inkan_message_options options;
	struct arena arena;
	struct reader reader;
	const struct header *header; /* NULL before it is complete */
	struct evidence *evidence;
	struct judgement *judgement;
	struct session session;
	struct question_list questions;
	struct buf authres;
	enum state state;
	int error;
	message_header_hook *header_hook;
	void *header_hook_context;
};

void inkan_message_options_init(struct inkan_message_options *options)
{
	*options = (struct inkan_message_options){.struct_size = sizeof *options,
	                                          .now = INKAN_TIME_NONE,
	                                          .signatures_max = DKIM_SIGNATURES_DEFAULT,
	                                          .clock_skew = DKIM_CLOCK_SKEW_DEFAULT};
}

static int on_header(void *context, const struct header *header)
{
	struct inkan_message *m = context;
	int error = m->header_hook ? m->header_hook(m->header_hook_context, m, header) : INKAN_OK;

	if (error)
		return error;
	m->header = header;
	return judgement_header(m->judgement, &m->arena, header, &m->session, m->evidence);
}

static int on_body(void *context, struct str span)
{
	struct inkan_message *m = context;

	judgement_body(m->judgement, span);
	return INKAN_OK;
}

static bool take_options(struct inkan_message *m, const struct inkan_message_options *options)
{
	if (!options || options->struct_size != sizeof *options || options->signatures_max > DKIM_SIGNATURES_MAX ||
	    options->questions_max > EVIDENCE_QUESTIONS_MAX || options->sample > 99 ||
	    options->trusted_sealer_count > INKAN_TRUSTED_SEALERS_MAX || options->dmarc_profile > INKAN_RFC7489)
		return false;
	m->options = *options;
	if (!m->options.signatures_max)
		m->options.signatures_max = DKIM_SIGNATURES_DEFAULT;
	if (!m->options.clock_skew)
		m->options.clock_skew = DKIM_CLOCK_SKEW_DEFAULT;
	return true;
}

static int make_parts(struct inkan_message *m)
{
	const struct inkan_message_options *o = &m->options;
	int error = evidence_new(o->snapshot ? o->snapshot->evidence : NULL, 0, o->questions_max, &m->evidence);

	return error ? error : judgement_new(m->context, o, &m->judgement);
}

int inkan_message_new(struct inkan_context *context, const struct inkan_message_options *options,
                      struct inkan_message **out)
{
	struct inkan_message *m = calloc(1, sizeof *m);

	if (!m)
		return INKAN_ENOMEM;
	if (!take_options(m, options)) {
		free(m);
		return INKAN_EUSAGE;
	}
	m->context = context;
	m->session.ip = "";
	arena_init(&m->arena, MESSAGE_ARENA_BASE + m->options.signatures_max * MESSAGE_ARENA_PER_SIGNATURE);
	buf_init(&m->authres, AUTHRES_FIELD_MAX);
	bool is_strict = m->options.line_ends == INKAN_LINE_ENDS_STRICT;

	reader_init(&m->reader, &m->arena,
	            (struct reader_options){.line_ends = is_strict ? READER_STRICT : READER_NORMALISE,
	                                    .uncounted = is_strict},
	            (struct reader_sink){on_header, on_body, m});
	int error = make_parts(m);

	if (error) {
		inkan_message_free(m);
		return error;
	}
	*out = m;
	return INKAN_OK;
}

void inkan_message_free(struct inkan_message *m)
{
	if (!m)
		return;
	judgement_free(m->judgement);
	evidence_free(m->evidence);
	reader_release(&m->reader);
	arena_release(&m->arena);
	buf_release(&m->authres);
	question_list_release(&m->questions);
	free(m);
}

void inkan_message_reset(struct inkan_message *m)
{
	arena_reset(&m->arena);
	reader_reset(&m->reader);
	evidence_reset(m->evidence);
	buf_clear(&m->authres);
	m->session = (struct session){.ip = ""};
	m->header = NULL;
	m->state = STATE_READING;
	m->error = INKAN_OK;
}

void inkan_message_set_time(struct inkan_message *m, int64_t now)
{
	m->options.now = now;
	judgement_take_time(m->judgement);
}

void inkan_message_set_sample(struct inkan_message *m, unsigned sample)
{
	if (sample <= 99)
		m->options.sample = sample;
}

int inkan_message_set_session(struct inkan_message *m, const struct inkan_session *session)
{
	if (m->error)
		return m->error;
	if (m->state != STATE_READING || m->header)
		return INKAN_EUSAGE;
	int error = session_read(&m->arena, session, &m->session);

	if (error != INKAN_EUSAGE)
		m->error = error;
	return error;
}

int inkan_message_write(struct inkan_message *m, const void *octets, size_t n)
{
	if (m->error)
		return m->error;
	if (m->state != STATE_READING)
		return INKAN_EUSAGE;
	return m->error = reader_feed(&m->reader, str_from(octets, n));
}

int inkan_message_end(struct inkan_message *m)
{
	if (m->error)
		return m->error;
	if (m->state != STATE_READING)
		return INKAN_EUSAGE;
	m->error = reader_finish(&m->reader);
	if (!m->error)
		m->error = judgement_finish_body(m->judgement);
	m->state = STATE_COMPLETE;
	return m->error;
}

const char *inkan_message_error(const struct inkan_message *m)
{
	if (m->error == INKAN_ELIMIT)
		return limit_text(&m->reader);
	return m->error ? inkan_strerror(m->error) : "";
}

int inkan_message_evaluate(struct inkan_message *m)
{
	bool pending = false;

	if (m->error)
		return m->error;
	if (m->state == STATE_READING)
		return INKAN_EUSAGE;
	if (m->state == STATE_JUDGED)
		return INKAN_OK;
	m->error = judgement_evaluate(m->judgement, &pending);
	if (!m->error)
		m->error = evidence_error(m->evidence);
	if (m->error)
		return m->error;
	if (pending)
		return INKAN_NEED_DNS;
	m->state = STATE_JUDGED;
	return INKAN_OK;
}

size_t inkan_message_dkim(const struct inkan_message *m, const struct inkan_dkim_result **out)
{
	const struct inkan_verdict *verdict = inkan_message_verdict(m);

	if (!verdict)
		return 0;
	*out = verdict->dkim;
	return verdict->dkim_count;
}

const struct inkan_verdict *inkan_message_verdict(const struct inkan_message *m)
{
	return m->state == STATE_JUDGED ? judgement_verdict(m->judgement) : NULL;
}

const char *inkan_message_authentication_results(struct inkan_message *m, const char *authserv_id)
{
	const struct inkan_verdict *verdict = inkan_message_verdict(m);
	const struct inkan_session session = {.ip = m->session.has_address ? m->session.ip : NULL,
	                                      .mail_from = m->session.has_sender ? m->session.sender.p : NULL,
	                                      .trusted_gateway = m->session.trusted_gateway};
	struct authres_printer printer;

	buf_clear(&m->authres);
	if (!verdict || !authres_begin(&printer, &m->authres, str_c(authserv_id)))
		return NULL;
	authres_verdict(&printer, verdict, &session);
	authres_end(&printer);
	buf_put_char(&m->authres, '\0');
	return buf_error(&m->authres) ? NULL : m->authres.p;
}

size_t inkan_message_questions(struct inkan_message *m, const struct inkan_question **out)
{
	size_t count = 0;
	int error = question_list_make(&m->questions, m->evidence, &count);

	if (error) {
		m->error = error;
		return 0;
	}
	*out = m->questions.questions;
	return count;
}

struct evidence *message_evidence(struct inkan_message *m)
{
	return m->evidence;
}

const struct header *message_header(const struct inkan_message *m)
{
	return m->header;
}

const struct reader_facts *message_facts(const struct inkan_message *m)
{
	return &m->reader.facts;
}

struct arena *message_arena(struct inkan_message *m)
{
	return &m->arena;
}

void message_set_header_hook(struct inkan_message *m, message_header_hook *hook, void *context)
{
	m->header_hook = hook;
	m->header_hook_context = context;
}

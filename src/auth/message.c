/* Reading order: inkan_message_write() -> reader -> on_header(), on_body(); inkan_message_end(); inkan_message_evaluate(). */
#include "auth/message.h"

#include <stdlib.h>

#include "auth/context.h"
#include "auth/limit.h"
#include "authres/print.h"
#include "dkim/verify.h"
#include "dns/wire.h"

enum {
	/* Arena of a message: its fields, the parsed signatures and the results. Fields are at most MAIL_FIELDS_MAX of 80
	 * octets each; a signature needs at most 512 KiB (its field, its names, its choice of fields). */
	MESSAGE_ARENA_BASE = 16 * 1024 * 1024,
	MESSAGE_ARENA_PER_SIGNATURE = 512 * 1024,
	AUTHRES_FIELD_MAX = 256 * 1024,
	PACKET_ANSWER_MAX = 4 * 1024 * 1024 /* octets of one answer: a packet of 64 KiB unfolds to less */
};

enum state { STATE_READING, STATE_COMPLETE, STATE_JUDGED };

struct inkan_message {
	struct inkan_context *context;
	struct inkan_message_options options;
	struct arena arena;
	struct reader reader;
	const struct header *header; /* NULL before it is complete */
	struct evidence *evidence;
	struct dkim_verifier *dkim;
	struct inkan_question *questions; /* made anew at each call that lists them */
	char (*question_names)[DNS_NAME_MAX + 1];
	size_t question_room;
	struct buf authres;
	enum state state;
	int error;
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
	int error = dkim_verifier_header(m->dkim, &m->arena, header);

	m->header = header;
	if (!error)
		dkim_verifier_ask(m->dkim, m->evidence);
	return error;
}

static int on_body(void *context, struct str span)
{
	struct inkan_message *m = context;

	dkim_verifier_body(m->dkim, span);
	return INKAN_OK;
}

static bool take_options(struct inkan_message *m, const struct inkan_message_options *options)
{
	if (!options || options->struct_size != sizeof *options || options->signatures_max > DKIM_SIGNATURES_MAX)
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
	struct dkim_verify_options dkim = {.now = o->now == INKAN_TIME_NONE ? UNIX_TIME_NONE : o->now,
	                                   .clock_skew = o->clock_skew,
	                                   .signatures_max = o->signatures_max,
	                                   .allow_legacy = o->flags & INKAN_ALLOW_LEGACY,
	                                   .allow_partial_body = o->flags & INKAN_ALLOW_PARTIAL_BODY,
	                                   .is_public_suffix = o->is_public_suffix,
	                                   .public_suffix_context = o->public_suffix_context};
	int error = evidence_new(o->snapshot ? o->snapshot->evidence : NULL, 0, 0, &m->evidence);

	return error ? error : dkim_verifier_new(m->context->crypto, m->context->keys, &dkim, &m->dkim);
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
	dkim_verifier_free(m->dkim);
	evidence_free(m->evidence);
	reader_release(&m->reader);
	arena_release(&m->arena);
	buf_release(&m->authres);
	free(m->questions);
	free(m->question_names);
	free(m);
}

void inkan_message_reset(struct inkan_message *m)
{
	arena_reset(&m->arena);
	reader_reset(&m->reader);
	evidence_reset(m->evidence);
	buf_clear(&m->authres);
	m->header = NULL;
	m->state = STATE_READING;
	m->error = INKAN_OK;
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
		m->error = dkim_verifier_finish_body(m->dkim);
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
	m->error = dkim_verifier_evaluate(m->dkim, m->evidence, &pending);
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
	return m->state == STATE_JUDGED ? dkim_verifier_results(m->dkim, out) : 0;
}

const char *inkan_message_authentication_results(struct inkan_message *m, const char *authserv_id)
{
	const struct inkan_dkim_result *results = NULL;
	size_t count = inkan_message_dkim(m, &results);
	struct authres_printer printer;

	buf_clear(&m->authres);
	if (m->state != STATE_JUDGED || !authres_begin(&printer, &m->authres, str_c(authserv_id)))
		return NULL;
	authres_dkim(&printer, results, count);
	authres_end(&printer);
	buf_put_char(&m->authres, '\0');
	return buf_error(&m->authres) ? NULL : m->authres.p;
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

/* ---- questions and answers for callers with their own resolver ---- */

/* Room for that many questions and their names. */
static bool reserve_questions(struct inkan_message *m, size_t count)
{
	if (count <= m->question_room)
		return true;
	struct inkan_question *questions = realloc(m->questions, count * sizeof *questions);

	m->questions = questions ? questions : m->questions;
	void *names = questions ? realloc(m->question_names, count * sizeof *m->question_names) : NULL;

	if (!names)
		return false;
	m->question_names = names;
	m->question_room = count;
	return true;
}

size_t inkan_message_questions(struct inkan_message *m, const struct inkan_question **out)
{
	const struct dns_question *open;
	size_t count = evidence_open(m->evidence, &open);

	if (!reserve_questions(m, count)) {
		m->error = INKAN_ENOMEM;
		return 0;
	}
	for (size_t i = 0; i < count; i++) {
		memcpy(m->question_names[i], open[i].name.p, open[i].name.n);
		m->question_names[i][open[i].name.n] = '\0';
		m->questions[i] = (struct inkan_question){(enum inkan_dns_type)open[i].type, m->question_names[i]};
	}
	*out = m->questions;
	return count;
}

static int answer(struct inkan_message *m, const struct inkan_question *question, const struct dns_answer *a)
{
	return evidence_add(m->evidence, (enum dns_type)question->type, str_c(question->name), a);
}

int inkan_message_answer_packet(struct inkan_message *m, const struct inkan_question *question,
                                const unsigned char *packet, size_t n, bool secure)
{
	enum dns_type type = (enum dns_type)question->type;
	char normal[DNS_NAME_MAX];
	struct str name = {normal, 0};
	struct dns_answer a;
	struct arena scratch;

	if (!dns_type_name(type) || !dns_name_normalise(str_c(question->name), normal, &name.n))
		return INKAN_EUSAGE;
	arena_init(&scratch, PACKET_ANSWER_MAX);
	int error = wire_answer_parse(&scratch, str_from((const char *)packet, n), type, name, &a);

	if (error == INKAN_ELIMIT) {
		a = *dns_answer_without_records(DNS_SERVFAIL);
		error = INKAN_OK;
	}
	a.secure = secure;
	if (!error)
		error = answer(m, question, &a);
	arena_release(&scratch);
	return error;
}

int inkan_message_answer_txt(struct inkan_message *m, const struct inkan_question *question, const char *const *texts,
                             const size_t *sizes, size_t count)
{
	if (question->type != INKAN_DNS_TXT)
		return INKAN_EUSAGE;
	struct dns_record *records = calloc(count ? count : 1, sizeof *records);

	if (!records)
		return INKAN_ENOMEM;
	for (size_t i = 0; i < count; i++)
		records[i].text = str_from(texts[i], sizes[i]);
	int error = answer(
		m, question,
		&(struct dns_answer){.status = count ? DNS_ANSWER : DNS_NODATA, .records = records, .count = count});

	free(records);
	return error;
}

int inkan_message_answer_failure(struct inkan_message *m, const struct inkan_question *question,
                                 enum inkan_dns_failure failure)
{
	static const enum dns_status statuses[] = {[INKAN_DNS_NODATA] = DNS_NODATA,
	                                           [INKAN_DNS_NXDOMAIN] = DNS_NXDOMAIN,
	                                           [INKAN_DNS_SERVFAIL] = DNS_SERVFAIL,
	                                           [INKAN_DNS_TIMEOUT] = DNS_TIMEOUT,
	                                           [INKAN_DNS_BOGUS] = DNS_BOGUS};

	if (failure < INKAN_DNS_NODATA || failure > INKAN_DNS_BOGUS)
		return INKAN_EUSAGE;
	return answer(m, question, &(struct dns_answer){.status = statuses[failure]});
}

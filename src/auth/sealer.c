/* inkan/seal.h: the sealer of one message, over reader and arc/seal; what it records comes from a judged message, or from
 * the fields of a trusted host. */
#include <stdlib.h>

#include "arc/seal.h"
#include "auth/context.h"
#include "auth/key.h"
#include "auth/limit.h"
#include "authres/merge.h"
#include "inkan/seal.h"
#include "mail/reader.h"

enum {
	SEALER_ARENA_MAX =
		32 * 1024 * 1024, /* fields of the header, the choice of them, the sets, results of a trusted host */
	SEALER_FIELDS_MAX = 512 * 1024
};

enum state { STATE_EMPTY, STATE_READING, STATE_WAITING /* for a signature */, STATE_SEALED };

struct inkan_sealer {
	struct arena arena;
	struct reader reader;
	struct arc_sealer *arc;
	struct remote_key remote;
	struct buf authserv_id; /* terminated */
	bool trust_results, has_key;
	const struct header *header; /* NULL before it is complete */
	struct buf fields, results;
	enum state state;
	int error;
	const char *refusal;     /* of the message; "" where there is none */
	const char *key_trouble; /* of the key given last */
};

void inkan_sealer_options_init(struct inkan_sealer_options *options)
{
	*options = (struct inkan_sealer_options){.struct_size = sizeof *options, .now = INKAN_TIME_NONE};
}

static int on_header(void *context, const struct header *header)
{
	struct inkan_sealer *s = context;
	int error = arc_sealer_header(s->arc, &s->arena, header);

	s->header = header;
	if (error == INKAN_EREFUSED)
		s->refusal = arc_sealer_refusal(s->arc);
	return error;
}

static int on_body(void *context, struct str span)
{
	struct inkan_sealer *s = context;

	arc_sealer_body(s->arc, span);
	return INKAN_OK;
}

static unix_time time_of(int64_t t)
{
	return t == INKAN_TIME_NONE ? UNIX_TIME_NONE : t;
}

static int take_authserv_id(struct inkan_sealer *s, const char *id, const char **trouble_out)
{
	struct authres_printer printer;

	if (!authres_begin(&printer, &s->results, str_c(id))) {
		if (trouble_out)
			*trouble_out = "the authserv_id is empty, longer than 255 octets, or not printable ASCII";
		return INKAN_EUSAGE;
	}
	buf_put_c(&s->authserv_id, id);
	buf_put_char(&s->authserv_id, '\0');
	return buf_error(&s->authserv_id) ? buf_error(&s->authserv_id) : buf_error(&s->results);
}

static int make_parts(struct inkan_sealer *s, struct inkan_context *context, const struct inkan_sealer_options *o,
                      const char **trouble_out)
{
	struct arc_seal_options options = {
		.domain = str_c(o->domain), .headers = str_c(o->headers), .now = time_of(o->now)};
	int error = take_authserv_id(s, o->authserv_id, trouble_out);

	return error ? error : arc_sealer_new(context->crypto, &options, &s->arc, trouble_out);
}

int inkan_sealer_new(struct inkan_context *context, const struct inkan_sealer_options *o, struct inkan_sealer **out,
                     const char **trouble_out)
{
	if (!o || o->struct_size != sizeof *o || !o->domain || !o->authserv_id) {
		if (trouble_out)
			*trouble_out = "the options are not initialised, or domain or authserv_id is missing";
		return INKAN_EUSAGE;
	}
	struct inkan_sealer *s = calloc(1, sizeof *s);

	if (!s)
		return INKAN_ENOMEM;
	arena_init(&s->arena, SEALER_ARENA_MAX);
	buf_init(&s->authserv_id, AUTHRES_VALUE_MAX + 1);
	buf_init(&s->fields, SEALER_FIELDS_MAX);
	buf_init(&s->results, ARC_RESULTS_MAX + 100 * 1024);
	s->refusal = s->key_trouble = "";
	s->trust_results = o->trust_results;
	reader_init(&s->reader, &s->arena,
	            (struct reader_options){.line_ends = o->line_ends == INKAN_LINE_ENDS_STRICT ? READER_STRICT
	                                                                                        : READER_NORMALISE},
	            (struct reader_sink){on_header, on_body, s});
	int error = make_parts(s, context, o, trouble_out);

	if (error) {
		inkan_sealer_free(s);
		return error;
	}
	*out = s;
	return INKAN_OK;
}

void inkan_sealer_free(struct inkan_sealer *s)
{
	if (!s)
		return;
	arc_sealer_free(s->arc);
	reader_release(&s->reader);
	buf_release(&s->authserv_id);
	buf_release(&s->fields);
	buf_release(&s->results);
	arena_release(&s->arena);
	free(s);
}

void inkan_sealer_reset(struct inkan_sealer *s)
{
	arena_reset(&s->arena);
	reader_reset(&s->reader);
	buf_clear(&s->fields);
	s->header = NULL;
	s->state = STATE_EMPTY;
	s->error = INKAN_OK;
	s->refusal = s->key_trouble = "";
}

void inkan_sealer_set_time(struct inkan_sealer *s, int64_t now)
{
	arc_sealer_set_time(s->arc, time_of(now));
}

static int set_key(struct inkan_sealer *s, const char *selector, struct key_holder holder)
{
	bool early = s->state == STATE_EMPTY;
	int error = early ? arc_sealer_set_key(s->arc, str_c(selector), holder, 0) : INKAN_EUSAGE;

	s->key_trouble = "";
	if (error == INKAN_EUSAGE)
		s->key_trouble =
			early ? arc_sealer_refusal(s->arc) : "a key is given before the first octet of a message";
	s->has_key = s->has_key || !error;
	return error;
}

int inkan_sealer_set_key(struct inkan_sealer *s, const char *selector, struct inkan_key *key)
{
	return set_key(s, selector, key_holder_here(key));
}

int inkan_sealer_set_callback(struct inkan_sealer *s, const char *selector, inkan_sign_digest sign, void *context)
{
	struct remote_key before = s->remote;

	if (s->state == STATE_EMPTY)
		s->remote = (struct remote_key){INKAN_RSA_SHA256, sign, context};
	int error = set_key(s, selector, key_holder_there(&s->remote));

	if (error) /* the key that was there stays */
		s->remote = before;
	return error;
}

int inkan_sealer_write(struct inkan_sealer *s, const void *octets, size_t n)
{
	if (s->error)
		return s->error;
	if (s->state > STATE_READING || !s->has_key)
		return INKAN_EUSAGE;
	s->state = STATE_READING;
	return s->error = reader_feed(&s->reader, str_from(octets, n));
}

/* ---- what is recorded ---- */

static enum inkan_result chain_from(struct str word)
{
	return str_ieq(word, STR("pass")) ? INKAN_PASS : str_ieq(word, STR("none")) ? INKAN_NONE : INKAN_FAIL;
}

/* Prints a result where there is room for it. */
static void put_result(struct authres_printer *p, const struct authres_result *result)
{
	size_t before = p->out->n;

	authres_put_result(p, result);
	if (!p->out->error && p->out->n > ARC_RESULTS_MAX - 1024)
		p->out->n = before;
}

/* Prints what a trusted host found. *any_out: there was such a host. */
static int put_trusted(struct inkan_sealer *s, struct authres_printer *p, const struct inkan_arc_result *arc,
                       enum inkan_result *chain, bool *any_out)
{
	struct authres_result *results = NULL;
	size_t count = 0;
	bool has_arc = false;
	int error = authres_gather(&s->arena, s->header, str_from(s->authserv_id.p, s->authserv_id.n - 1), &results,
	                           &count);

	*any_out = !error && count > 0;
	for (size_t i = 0; *any_out && i < count; i++) {
		if (!has_arc && str_eq(results[i].method, STR("arc"))) {
			has_arc = true;
			*chain = chain_from(results[i].result);
		}
		put_result(p, &results[i]);
	}
	if (*any_out && !has_arc)
		authres_arc(p, arc, NULL);
	return error;
}

/* The body of the field that is recorded, in s->results from *begin_out on; and what the chain was worth. */
static int make_results(struct inkan_sealer *s, struct inkan_message *judged, struct str *results_out,
                        enum inkan_result *chain_out)
{
	static const struct str name = {"Authentication-Results:", 23};
	const struct inkan_verdict *verdict = inkan_message_verdict(judged);
	struct authres_printer printer;
	bool trusted = false;
	int error = INKAN_OK;

	if (!verdict)
		return INKAN_EUSAGE;
	*chain_out = verdict->arc->result;
	buf_clear(&s->results);
	if (!authres_begin(&printer, &s->results, str_from(s->authserv_id.p, s->authserv_id.n - 1)))
		return INKAN_EUSAGE;
	if (s->trust_results)
		error = put_trusted(s, &printer, verdict->arc, chain_out, &trusted);
	if (trusted) {
		authres_end(&printer);
	} else {
		const char *own = inkan_message_authentication_results(judged, s->authserv_id.p);

		buf_clear(&s->results);
		buf_put_c(&s->results, own);
		error = error ? error : own ? INKAN_OK : INKAN_ENOMEM;
	}
	*results_out = str_trim_fws(str_skip(buf_str(&s->results), name.n));
	return error ? error : buf_error(&s->results);
}

static int finish_reading(struct inkan_sealer *s)
{
	int error = reader_finish(&s->reader);

	if (!error && (s->refusal = line_end_refusal(&s->reader))[0])
		error = INKAN_EREFUSED;
	return error;
}

int inkan_sealer_end(struct inkan_sealer *s, struct inkan_message *judged)
{
	enum inkan_result chain = INKAN_FAIL;
	struct str results = STR_NULL;
	bool first = s->state != STATE_WAITING; /* then the set knows already what it records */

	if (s->error)
		return s->error;
	if (s->state == STATE_SEALED || !s->has_key || (first && !inkan_message_verdict(judged)))
		return INKAN_EUSAGE;
	s->key_trouble = "";
	if (first)
		s->error = finish_reading(s);
	if (first && !s->error)
		s->error = make_results(s, judged, &results, &chain);
	if (!s->error)
		s->error = arc_sealer_finish(s->arc, chain, results, &s->fields);
	if (s->error == INKAN_PENDING) {
		s->error = INKAN_OK;
		s->state = STATE_WAITING;
		return INKAN_PENDING;
	}
	buf_put_char(&s->fields, '\0');
	if (!s->error)
		s->error = buf_error(&s->fields);
	s->state = STATE_SEALED;
	return s->error;
}

const char *inkan_sealer_error(const struct inkan_sealer *s)
{
	if (s->error == INKAN_EREFUSED && s->refusal[0])
		return s->refusal;
	if (s->error == INKAN_ELIMIT)
		return limit_text(&s->reader);
	return s->error ? inkan_strerror(s->error) : s->key_trouble;
}

const char *inkan_sealer_fields(const struct inkan_sealer *s, size_t *size_out)
{
	if (s->state != STATE_SEALED || s->error)
		return NULL;
	if (size_out)
		*size_out = s->fields.n - 1;
	return s->fields.p;
}

/* inkan/sign.h: the signer of one message, over reader and dkim/sign. */
#include <stdlib.h>

#include "auth/context.h"
#include "auth/key.h"
#include "auth/limit.h"
#include "dkim/sign.h"
#include "inkan/sign.h"
#include "mail/reader.h"

enum {
	SIGNER_ARENA_MAX = 16 * 1024 * 1024, /* fields of the header and the choice of them */
	SIGNER_FIELDS_MAX = 1024 * 1024
};

enum state { STATE_EMPTY, STATE_READING, STATE_WAITING /* for signatures */, STATE_SIGNED };

struct inkan_signer {
	struct arena arena;
	struct reader reader;
	struct dkim_signer *dkim;
	struct remote_key remote[DKIM_SIGNER_KEYS_MAX];
	size_t key_count, remote_count;
	struct buf fields;
	enum state state;
	int error;
	const char *refusal;     /* of the message; "" where there is none */
	const char *key_trouble; /* of the key added last */
};

/* ---- the signer ---- */

void inkan_signer_options_init(struct inkan_signer_options *options)
{
	*options = (struct inkan_signer_options){
		.struct_size = sizeof *options, .header = INKAN_RELAXED, .body = INKAN_RELAXED, .now = INKAN_TIME_NONE};
}

static int on_header(void *context, const struct header *header)
{
	struct inkan_signer *s = context;
	int error = dkim_signer_header(s->dkim, &s->arena, header);

	if (error == INKAN_EREFUSED)
		s->refusal = dkim_signer_refusal(s->dkim);
	return error;
}

static int on_body(void *context, struct str span)
{
	struct inkan_signer *s = context;

	dkim_signer_body(s->dkim, span);
	return INKAN_OK;
}

static enum canon canon_of(enum inkan_canonicalization c)
{
	return c == INKAN_SIMPLE ? CANON_SIMPLE : CANON_RELAXED;
}

static unix_time time_of(int64_t t)
{
	return t == INKAN_TIME_NONE ? UNIX_TIME_NONE : t;
}

int inkan_signer_new(struct inkan_context *context, const struct inkan_signer_options *o, struct inkan_signer **out,
                     const char **trouble_out)
{
	struct inkan_signer *s = calloc(1, sizeof *s);

	if (!s)
		return INKAN_ENOMEM;
	if (!o || o->struct_size != sizeof *o || !o->domain) {
		free(s);
		if (trouble_out)
			*trouble_out = "the options are not initialised, or the domain is missing";
		return INKAN_EUSAGE;
	}
	arena_init(&s->arena, SIGNER_ARENA_MAX);
	buf_init(&s->fields, SIGNER_FIELDS_MAX);
	s->refusal = s->key_trouble = "";
	reader_init(&s->reader, &s->arena,
	            (struct reader_options){.line_ends = o->line_ends == INKAN_LINE_ENDS_STRICT ? READER_STRICT
	                                                                                        : READER_NORMALISE},
	            (struct reader_sink){on_header, on_body, s});
	int error = dkim_signer_new(context->crypto,
	                            &(struct dkim_sign_options){.domain = str_c(o->domain),
	                                                        .identity = str_c(o->identity),
	                                                        .headers = str_c(o->headers),
	                                                        .header_canon = canon_of(o->header),
	                                                        .body_canon = canon_of(o->body),
	                                                        .now = time_of(o->now),
	                                                        .expire = o->expire},
	                            &s->dkim, trouble_out);

	if (error) {
		inkan_signer_free(s);
		return error;
	}
	*out = s;
	return INKAN_OK;
}

void inkan_signer_free(struct inkan_signer *s)
{
	if (!s)
		return;
	dkim_signer_free(s->dkim);
	reader_release(&s->reader);
	buf_release(&s->fields);
	arena_release(&s->arena);
	free(s);
}

void inkan_signer_reset(struct inkan_signer *s)
{
	arena_reset(&s->arena);
	reader_reset(&s->reader);
	buf_clear(&s->fields);
	s->state = STATE_EMPTY;
	s->error = INKAN_OK;
	s->refusal = s->key_trouble = "";
}

void inkan_signer_set_time(struct inkan_signer *s, int64_t now)
{
	dkim_signer_set_time(s->dkim, time_of(now));
}

static int add_key(struct inkan_signer *s, const char *selector, struct key_holder holder)
{
	bool early = s->state == STATE_EMPTY;
	int error = early ? dkim_signer_add_key(s->dkim, str_c(selector), holder, 0) : INKAN_EUSAGE;

	if (error == INKAN_EUSAGE)
		s->key_trouble =
			early ? dkim_signer_refusal(s->dkim) : "keys are added before the first octet of a message";
	s->key_count += !error;
	return error;
}

int inkan_signer_add_key(struct inkan_signer *s, const char *selector, struct inkan_key *key)
{
	return add_key(s, selector, key_holder_here(key));
}

int inkan_signer_add_callback(struct inkan_signer *s, const char *selector, enum inkan_algorithm algorithm,
                              inkan_sign_digest sign, void *context)
{
	if (s->remote_count == DKIM_SIGNER_KEYS_MAX || !key_algorithm_is_known(algorithm))
		return INKAN_EUSAGE;
	struct remote_key *k = &s->remote[s->remote_count];

	*k = (struct remote_key){algorithm, sign, context};
	int error = add_key(s, selector, key_holder_there(k));

	s->remote_count += !error;
	return error;
}

int inkan_signer_write(struct inkan_signer *s, const void *octets, size_t n)
{
	if (s->error)
		return s->error;
	if (s->state > STATE_READING || s->key_count == 0)
		return INKAN_EUSAGE;
	s->state = STATE_READING;
	return s->error = reader_feed(&s->reader, str_from(octets, n));
}

static int finish_reading(struct inkan_signer *s)
{
	int error = reader_finish(&s->reader);

	if (!error && (s->refusal = line_end_refusal(&s->reader))[0])
		error = INKAN_EREFUSED;
	return error;
}

int inkan_signer_end(struct inkan_signer *s)
{
	if (s->error)
		return s->error;
	if (s->state == STATE_SIGNED || s->key_count == 0)
		return INKAN_EUSAGE;
	s->key_trouble = "";
	if (s->state != STATE_WAITING)
		s->error = finish_reading(s);
	if (!s->error)
		s->error = dkim_signer_finish(s->dkim, &s->fields);
	if (s->error == INKAN_PENDING) {
		s->error = INKAN_OK;
		s->state = STATE_WAITING;
		return INKAN_PENDING;
	}
	buf_put_char(&s->fields, '\0');
	if (!s->error)
		s->error = buf_error(&s->fields);
	s->state = STATE_SIGNED;
	return s->error;
}

const char *inkan_signer_error(const struct inkan_signer *s)
{
	if (s->error == INKAN_EREFUSED && s->refusal[0])
		return s->refusal;
	if (s->error == INKAN_ELIMIT)
		return limit_text(&s->reader);
	return s->error ? inkan_strerror(s->error) : s->key_trouble;
}

const char *inkan_signer_fields(const struct inkan_signer *s, size_t *size_out)
{
	if (s->state != STATE_SIGNED || s->error)
		return NULL;
	if (size_out)
		*size_out = s->fields.n - 1;
	return s->fields.p;
}

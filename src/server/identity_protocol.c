#include "server/identity_protocol.h"

#include <string.h>

#include "inkan/error.h"
#include "server/octets.h"

enum {
	VERSION = 1,
	HEAD = 10, /* octets of a request before what its question wants */
	ERROR_LOWEST = INKAN_EREFUSED
};

static bool is_question(unsigned char octet)
{
	return octet == IDENTITY_SIGNERS || octet == IDENTITY_KEY;
}

static size_t put_head(unsigned char *out, enum identity_question question, uint64_t id)
{
	out[0] = VERSION;
	out[1] = (unsigned char)question;
	octets_put(out + 2, 8, id);
	return HEAD;
}

static size_t put_text(unsigned char *out, struct str text)
{
	if (text.n)
		memcpy(out, text.p, text.n);
	return text.n;
}

/* ---- request ---- */

size_t identity_ask_pack(const struct identity_ask *ask, unsigned char *out)
{
	size_t n = put_head(out, ask->question, ask->id);

	if (ask->question == IDENTITY_KEY) {
		octets_put(out + n, 4, ask->key);
		return n + 4;
	}
	octets_put(out + n, 2, ask->address.n);
	n += 2;
	n += put_text(out + n, ask->address);
	return n + put_text(out + n, ask->domain);
}

static bool unpack_author(struct str rest, struct identity_ask *out)
{
	if (rest.n < 2)
		return false;
	size_t size = (size_t)octets_get((const unsigned char *)rest.p, 2);

	rest = str_skip(rest, 2);
	if (size > IDENTITY_ADDRESS_MAX || size >= rest.n || rest.n - size > IDENTITY_DOMAIN_MAX)
		return false;
	out->address = str_head(rest, size);
	out->domain = str_skip(rest, size);
	return true;
}

bool identity_ask_unpack(const unsigned char *octets, size_t n, struct identity_ask *out)
{
	*out = (struct identity_ask){.question = IDENTITY_SIGNERS};
	if (n < HEAD)
		return false;
	out->id = octets_get(octets + 2, 8);
	if (octets[0] != VERSION || !is_question(octets[1]))
		return false;
	out->question = (enum identity_question)octets[1];
	if (out->question == IDENTITY_SIGNERS)
		return unpack_author(str_from((const char *)octets + HEAD, n - HEAD), out);
	if (n != HEAD + 4)
		return false;
	out->key = (uint32_t)octets_get(octets + HEAD, 4);
	return true;
}

/* ---- answer ---- */

static size_t put_signer(unsigned char *out, const struct identity_signer *s)
{
	struct str selector = str_c(s->selector), domain = str_c(s->domain);
	size_t n = 5;

	octets_put(out, 4, s->key);
	out[4] = (unsigned char)s->algorithm;
	out[n++] = (unsigned char)selector.n;
	n += put_text(out + n, selector);
	out[n++] = (unsigned char)domain.n;
	return n + put_text(out + n, domain);
}

static size_t put_failed(unsigned char *out, const struct failed_mail_from *f)
{
	struct str domain = str_c(f->domain);

	out[0] = (unsigned char)f->behaviour;
	out[1] = (unsigned char)domain.n;
	return 2 + put_text(out + 2, domain);
}

static size_t put_author(unsigned char *out, const struct identity_author *author)
{
	size_t n = 1;

	out[0] = (unsigned char)author->failed_count;
	for (size_t i = 0; i < author->failed_count; i++)
		n += put_failed(out + n, &author->failed[i]);
	for (size_t i = 0; i < author->count; i++)
		n += put_signer(out + n, &author->signers[i]);
	return n;
}

size_t identity_answer_pack(const struct identity_answer *answer, unsigned char *out)
{
	size_t n = put_head(out, answer->question, answer->id);

	out[n++] = (unsigned char)-answer->error;
	if (answer->error)
		return n;
	if (answer->question == IDENTITY_KEY)
		return n + put_text(out + n, answer->sealed);
	return n + put_author(out + n, &answer->author);
}

/* A text with its size before it, without NUL in it; terminated in out, which has 256 octets. */
static bool take_text(struct str *rest, char *out)
{
	size_t size = rest->n ? (unsigned char)rest->p[0] : 0;

	if (size == 0 || rest->n < 1 + size || memchr(rest->p + 1, 0, size))
		return false;
	memcpy(out, rest->p + 1, size);
	out[size] = '\0';
	*rest = str_skip(*rest, 1 + size);
	return true;
}

static bool take_signer(struct str *rest, struct identity_signer *out)
{
	if (rest->n < 5 || (unsigned char)rest->p[4] > IDENTITY_ED25519)
		return false;
	out->key = (uint32_t)octets_get((const unsigned char *)rest->p, 4);
	out->algorithm = (enum identity_algorithm)rest->p[4];
	*rest = str_skip(*rest, 5);
	return take_text(rest, out->selector) && take_text(rest, out->domain);
}

static bool take_failed(struct str *rest, struct failed_mail_from *out)
{
	if (rest->n < 1 || (unsigned char)rest->p[0] > MX_FAILURE_REJECT)
		return false;
	out->behaviour = (enum mx_failure)rest->p[0];
	*rest = str_skip(*rest, 1);
	return take_text(rest, out->domain);
}

static bool take_author(struct str rest, struct identity_author *out)
{
	size_t failed = rest.n ? (unsigned char)rest.p[0] : IDENTITY_FAILED_MAX + 1;

	if (failed > IDENTITY_FAILED_MAX)
		return false;
	rest = str_skip(rest, 1);
	for (; out->failed_count < failed; out->failed_count++)
		if (!take_failed(&rest, &out->failed[out->failed_count]))
			return false;
	for (; rest.n; out->count++)
		if (out->count == IDENTITY_SIGNERS_MAX || !take_signer(&rest, &out->signers[out->count]))
			return false;
	return true;
}

bool identity_answer_unpack(const unsigned char *octets, size_t n, struct identity_answer *out)
{
	if (n < IDENTITY_ANSWER_HEAD || octets[0] != VERSION || !is_question(octets[1]) || octets[10] > -ERROR_LOWEST)
		return false;
	struct str rest = str_from((const char *)octets + IDENTITY_ANSWER_HEAD, n - IDENTITY_ANSWER_HEAD);

	out->question = (enum identity_question)octets[1];
	out->id = octets_get(octets + 2, 8);
	out->error = -octets[10];
	out->author.count = out->author.failed_count = 0;
	out->sealed = STR_NULL;
	if (out->error)
		return rest.n == 0;
	if (out->question == IDENTITY_KEY) {
		out->sealed = rest;
		return rest.n > 0 && rest.n <= SEALED_KEY_MAX;
	}
	return take_author(rest, &out->author);
}

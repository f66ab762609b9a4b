#include "server/identity_client.h"

_Static_assert((int)IDENTITY_ASK_MAX <= (int)INQUIRY_REQUEST_MAX, "there is room for it");

static size_t pack(const struct inquiry *q, unsigned char *out)
{
	const struct identity_request *r = (const struct identity_request *)q;
	const struct identity_ask ask = {
		.question = IDENTITY_SIGNERS, .id = q->id, .address = r->address, .domain = r->domain};

	return identity_ask_pack(&ask, out);
}

static bool take(struct inquiry *q, const unsigned char *octets, size_t n, int *error_out)
{
	struct identity_request *r = (struct identity_request *)q;
	struct identity_answer answer;

	if (!identity_answer_unpack(octets, n, &answer) || answer.question != IDENTITY_SIGNERS)
		return false;
	*error_out = answer.error;
	if (!answer.error)
		r->author = answer.author;
	return true;
}

static void done(struct inquiry *q, int error)
{
	struct identity_request *r = (struct identity_request *)q;

	if (!error) {
		signer_memory_put(r->memory, r->address, &r->author);
	} else if (signer_memory_get(r->memory, r->address, &r->author)) {
		metrics_add(r->metrics, METRIC_IDENTITY_REMEMBERED, 1);
		error = INKAN_OK;
	} else {
		metrics_add(r->metrics, METRIC_IDENTITY_DEFERRED, 1);
	}
	r->done(r->context, error);
}

static const struct inquiry_kind SIGNERS = {.retry = IDENTITY_REQUEST_RETRY,
                                            .deadline = IDENTITY_REQUEST_DEADLINE,
                                            .asked = METRIC_IDENTITY_QUESTIONS,
                                            .retried = METRIC_IDENTITY_RETRIES,
                                            .failed = METRIC_IDENTITY_FAILURES,
                                            .time = METRIC_TIME_SIGNERS,
                                            .pack = pack,
                                            .take = take,
                                            .done = done};

int identity_client_new(struct uv_loop_s *loop, int fd, struct metrics_slot *metrics, struct inquiry_client **out)
{
	return inquiry_client_new(loop, fd, &SIGNERS, metrics, out);
}

int identity_request_ask(struct identity_request *r, struct inquiry_client *client, struct str address,
                         struct str domain, bool *asked_out)
{
	*asked_out = false;
	if (address.n > IDENTITY_ADDRESS_MAX || domain.n == 0 || domain.n > IDENTITY_DOMAIN_MAX)
		return INKAN_OK;
	r->address = address;
	r->domain = domain;
	int error = inquiry_ask(client, &r->inquiry);

	*asked_out = !error;
	return error;
}

void identity_request_cancel(struct identity_request *r)
{
	inquiry_cancel(&r->inquiry);
}

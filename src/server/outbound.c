/* Mail of ours: the header is kept until the author is known, then the rules of the signing table choose the signers. Reading
 * order: outbound_header_done() -> outbound_write() -> outbound_finish() -> sign(). */
#include <stdlib.h>

#include "auth/author.h"
#include "io/clock.h"
#include "server/transaction.h"

enum { AUTHOR_MEMORY_MAX = 16 * 1024 * 1024 /* fields of a header while its author is looked for */ };

/* ---- signers, kept by the worker for the next message of that rule and domain ---- */

void signing_free(struct signing *s)
{
	if (!s)
		return;
	for (size_t i = 0; i < SIGNING_RULE_KEYS_MAX; i++)
		key_request_cancel(&s->requests[i]);
	inkan_signer_free(s->signer);
	free(s);
}

static int add_keys(struct worker *w, struct signing *s)
{
	int error = INKAN_OK;

	for (size_t i = 0; i < s->rule->key_count && !error; i++) {
		const struct signing_key *key = &s->rule->keys[i];

		error = inkan_signer_add_callback(s->signer, key->selector, w->filter->algorithms[key->key],
		                                  key_request_sign, &s->requests[i]);
	}
	return error;
}

static int signing_new(struct worker *w, const struct planned_signature *plan, struct signing **out,
                       const char **trouble_out)
{
	const struct signing_rule *rule = plan->rule;
	struct signing *s = calloc(1, sizeof *s);
	struct inkan_signer_options options;

	if (!s)
		return INKAN_ENOMEM;
	s->rule = rule;
	memcpy(s->domain, plan->domain, sizeof s->domain);
	inkan_signer_options_init(&options);
	options.domain = plan->domain;
	options.identity = rule->identity;
	options.header = rule->header;
	options.body = rule->body;
	options.headers = rule->headers;
	options.expire = rule->expire;
	options.now = clock_now();
	int error = inkan_signer_new(w->filter->engine, &options, &s->signer, trouble_out);

	if (!error)
		error = add_keys(w, s);
	if (error) {
		signing_free(s);
		return error;
	}
	*out = s;
	return INKAN_OK;
}

static int obtain(struct worker *w, const struct planned_signature *plan, struct signing **out,
                  const char **trouble_out)
{
	for (struct signing **link = &w->spare_signings; *link; link = &(*link)->next) {
		struct signing *s = *link;

		if (s->rule != plan->rule || strcmp(s->domain, plan->domain) != 0)
			continue;
		*link = s->next;
		w->spare_signing_count--;
		*out = s;
		return INKAN_OK;
	}
	return signing_new(w, plan, out, trouble_out);
}

/* The newest comes first; where there are too many, the oldest goes. */
static void give_back(struct worker *w, struct signing *s)
{
	for (size_t i = 0; i < s->rule->key_count; i++)
		key_request_cancel(&s->requests[i]);
	inkan_signer_reset(s->signer);
	s->done = false;
	s->next = w->spare_signings;
	w->spare_signings = s;
	if (++w->spare_signing_count <= WORKER_SPARES_MAX)
		return;
	struct signing **link = &w->spare_signings;

	while ((*link)->next)
		link = &(*link)->next;
	signing_free(*link);
	*link = NULL;
	w->spare_signing_count--;
}

/* ---- who wrote it, and who signs for that ---- */

static int find_author(struct transaction *t, const char **why_not_out)
{
	struct arena scratch;
	struct header header;
	struct author author = {0};

	arena_init(&scratch, AUTHOR_MEMORY_MAX);
	int error = header_parse(&scratch, str_head(buf_str(&t->header), t->header.n - 2), MAIL_FIELDS_MAX, &header);

	if (!error)
		error = author_find(&scratch, &header, &author);
	if (!error && author.state == AUTHOR_ONE) {
		t->author = transaction_keep(t, str_c(author.address));
		t->outcome.from_address = t->author;
		t->outcome.from_domain = transaction_keep(t, str_c(author.domain));
	} else if (!error) {
		*why_not_out = author.state == AUTHOR_SEVERAL
		                       ? "there are several authors: several From fields, or domains in it"
		                       : "there is no From field with a usable domain";
	}
	arena_release(&scratch);
	return error;
}

static int open_signers(struct transaction *t)
{
	int error = INKAN_OK;

	for (size_t i = 0; i < t->plan.count && !error; i++) {
		const char *trouble = "";
		struct signing *s = NULL;

		error = obtain(t->worker, &t->plan.signatures[i], &s, &trouble);
		if (error == INKAN_EUSAGE) { /* a domain that nobody can sign for */
			t->outcome.not_signed = str_c(trouble);
			error = INKAN_OK;
			continue;
		}
		if (error)
			break;
		inkan_signer_set_time(s->signer, clock_now());
		t->signings[t->signing_count++] = s;
		error = inkan_signer_write(s->signer, t->header.p, t->header.n);
		if (error == INKAN_EREFUSED)
			error = INKAN_OK; /* said at the end */
	}
	return error;
}

void outbound_header_done(struct transaction *t)
{
	const char *why_not = NULL;

	t->error = buf_error(&t->header);
	if (!t->error)
		t->error = find_author(t, &why_not);
	if (t->error)
		return;
	if (why_not) {
		t->outcome.not_signed = str_c(why_not);
		return;
	}
	signing_plan_make(&t->worker->filter->policy, t->author, t->recipients, transaction_known_recipients(t),
	                  &t->plan);
	if (t->plan.count == 0)
		t->outcome.not_signed = str_c(t->plan.why_not);
	t->error = t->plan.memory_short ? INKAN_ENOMEM : open_signers(t);
}

int outbound_write(struct transaction *t, struct str octets)
{
	int error = INKAN_OK;

	if (!t->header_done) {
		buf_put(&t->header, octets);
		return buf_error(&t->header);
	}
	for (size_t i = 0; i < t->signing_count && !error; i++) {
		error = inkan_signer_write(t->signings[i]->signer, octets.p, octets.n);
		if (error == INKAN_EREFUSED)
			error = INKAN_OK;
	}
	return error;
}

/* ---- signing ---- */

static void sign(struct transaction *t);

static void on_key(void *context)
{
	sign(context);
}

static void note_signature(struct transaction *t, const struct signing *s)
{
	for (size_t i = 0; i < s->rule->key_count && t->outcome.signed_count < OUTCOME_SIGNED_MAX; i++) {
		const struct signing_key *key = &s->rule->keys[i];
		bool rsa = t->worker->filter->algorithms[key->key] == INKAN_RSA_SHA256;

		t->outcome.signatures[t->outcome.signed_count++] = (struct outcome_signed){
			str_c(s->domain), str_c(key->selector), rsa ? STR("rsa-sha256") : STR("ed25519-sha256")};
		metrics_add(t->worker->metrics, METRIC_SIGNATURES, 1);
	}
}

static void compose(struct transaction *t)
{
	for (size_t i = t->signing_count; i-- > 0;) { /* the first rule's signature stands on top */
		size_t size;
		const char *fields = inkan_signer_fields(t->signings[i]->signer, &size);

		if (!fields) {
			t->outcome.not_signed = transaction_keep(t, str_c(inkan_signer_error(t->signings[i]->signer)));
			continue;
		}
		transaction_insert_fields(t, str_from(fields, size));
		note_signature(t, t->signings[i]);
	}
	if (t->outcome.signed_count == 0)
		metrics_add(t->worker->metrics, METRIC_UNSIGNED, 1);
	else
		t->outcome.not_signed = STR_NULL;
	transaction_answer(t, POLICY_TAG);
}

/* All signers are asked, so that their keys work side by side; called again when a signature has come. */
static void sign(struct transaction *t)
{
	bool pending = false;
	int error = INKAN_OK;

	for (size_t i = 0; i < t->signing_count; i++) {
		struct signing *s = t->signings[i];
		int code = s->done ? INKAN_OK : inkan_signer_end(s->signer);

		s->done = code != INKAN_PENDING;
		pending = pending || !s->done;
		if (code < 0 && code != INKAN_EREFUSED)
			error = code;
	}
	if (error) {
		t->error = error;
		transaction_fail(t, error == INKAN_ENOMEM ? NULL : "signing failed: the key process does not answer");
	} else if (!pending) {
		compose(t);
	}
}

void outbound_finish(struct transaction *t)
{
	for (size_t i = 0; i < t->signing_count; i++)
		for (size_t k = 0; k < t->signings[i]->rule->key_count; k++) {
			struct key_request *request = &t->signings[i]->requests[k];

			*request = (struct key_request){.client = t->worker->keys,
			                                .key = t->signings[i]->rule->keys[k].key,
			                                .done = on_key,
			                                .context = t};
		}
	sign(t);
}

void outbound_close(struct transaction *t)
{
	for (size_t i = 0; i < t->signing_count; i++)
		give_back(t->worker, t->signings[i]);
	t->signing_count = 0;
}

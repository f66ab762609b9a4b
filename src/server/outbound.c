/* Mail of ours: the header is kept until the author is known, then the rules of the signing table choose the signers, and the registrar
 * says which identities sign for the author besides; what comes of the body before that waits. Reading order:
 * outbound_header_done() -> ask_registrar() -> on_signers() -> open_signers() -> outbound_write() -> outbound_finish() -> sign() ->
 * compose(). */
#include <stdlib.h>

#include "auth/author.h"
#include "dns/idna.h"
#include "io/clock.h"
#include "server/key_protocol.h"
#include "server/transaction.h"

enum {
	AUTHOR_MEMORY_MAX = 16 * 1024 * 1024, /* fields of a header while its author is looked for */
	NAME_ARENA_MAX = 8192                 /* octets to make A-labels of a name */
};

/* How identities sign. */
static const struct signing_rule identity_rule = {.header = INKAN_RELAXED, .body = INKAN_RELAXED};

/* ---- signers, kept by the worker for the next message that is signed so ---- */

/* What is to sign: filled from a rule or from what the registrar said. */
struct wanted {
	const struct signing_rule *rule;
	const char *domain;
	struct signing_use uses[SIGNING_RULE_KEYS_MAX];
	size_t use_count;
};

void signing_free(struct signing *s)
{
	if (!s)
		return;
	for (size_t i = 0; i < SIGNING_RULE_KEYS_MAX; i++)
		key_request_cancel(&s->requests[i]);
	inkan_signer_free(s->signer);
	free(s);
}

static struct signing *make_signing(const struct wanted *wanted)
{
	size_t size = 0;

	for (size_t i = 0; i < wanted->use_count; i++)
		size += strlen(wanted->uses[i].selector) + 1;
	struct signing *s = calloc(1, sizeof *s + size);
	char *text = s ? s->selectors : NULL;

	if (!s)
		return NULL;
	s->rule = wanted->rule;
	memcpy(s->domain, wanted->domain, strlen(wanted->domain) + 1);
	s->use_count = wanted->use_count;
	for (size_t i = 0; i < s->use_count; i++) {
		size = strlen(wanted->uses[i].selector) + 1;
		memcpy(text, wanted->uses[i].selector, size);
		s->uses[i] = wanted->uses[i];
		s->uses[i].selector = text;
		text += size;
	}
	return s;
}

static int signing_new(struct worker *w, const struct wanted *wanted, struct signing **out, const char **trouble_out)
{
	const struct signing_rule *rule = wanted->rule;
	struct signing *s = make_signing(wanted);
	struct inkan_signer_options options;

	if (!s)
		return INKAN_ENOMEM;
	inkan_signer_options_init(&options);
	options.domain = s->domain;
	options.identity = rule->identity;
	options.header = rule->header;
	options.body = rule->body;
	options.headers = rule->headers;
	options.expire = rule->expire;
	options.now = clock_now();
	int error = inkan_signer_new(w->filter->engine, &options, &s->signer, trouble_out);

	for (size_t i = 0; i < s->use_count && !error; i++)
		error = inkan_signer_add_callback(s->signer, s->uses[i].selector, s->uses[i].algorithm,
		                                  key_request_sign, &s->requests[i]);
	if (error) {
		signing_free(s);
		return error;
	}
	*out = s;
	return INKAN_OK;
}

/* The same fields, by the same keys. */
static bool is_for(const struct signing *s, const struct wanted *wanted)
{
	bool same =
		s->rule == wanted->rule && s->use_count == wanted->use_count && strcmp(s->domain, wanted->domain) == 0;

	for (size_t i = 0; i < s->use_count && same; i++)
		same = s->uses[i].key == wanted->uses[i].key && s->uses[i].algorithm == wanted->uses[i].algorithm &&
		       strcmp(s->uses[i].selector, wanted->uses[i].selector) == 0;
	return same;
}

static int obtain(struct worker *w, const struct wanted *wanted, struct signing **out, const char **trouble_out)
{
	for (struct signing **link = &w->spare_signings; *link; link = &(*link)->next) {
		struct signing *s = *link;

		if (!is_for(s, wanted))
			continue;
		*link = s->next;
		w->spare_signing_count--;
		*out = s;
		return INKAN_OK;
	}
	return signing_new(w, wanted, out, trouble_out);
}

/* The newest comes first; where there are too many, the oldest goes. */
static void give_back(struct worker *w, struct signing *s)
{
	for (size_t i = 0; i < s->use_count; i++)
		key_request_cancel(&s->requests[i]);
	inkan_signer_reset(s->signer);
	s->done = false;
	s->next = w->spare_signings;
	w->spare_signings = s;
	if (++w->spare_signing_count <= WORKER_SIGNERS_MAX)
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

/* One more signer, which gets what is there of the message. */
static int open_signer(struct transaction *t, const struct wanted *wanted)
{
	const char *trouble = "";
	struct signing *s = NULL;
	int error = obtain(t->worker, wanted, &s, &trouble);

	if (error == INKAN_EUSAGE) { /* a domain that nobody can sign for */
		t->outcome.not_signed = str_c(trouble);
		return INKAN_OK;
	}
	if (error)
		return error;
	inkan_signer_set_time(s->signer, clock_now());
	t->signings[t->signing_count++] = s;
	error = inkan_signer_write(s->signer, t->header.p, t->header.n);
	if (!error && t->early.n)
		error = inkan_signer_write(s->signer, t->early.p, t->early.n);
	t->too_complex = error == INKAN_ELIMIT;
	return error == INKAN_EREFUSED ? INKAN_OK : error; /* said at the end */
}

static int open_rule_signers(struct transaction *t)
{
	int error = INKAN_OK;

	for (size_t i = 0; i < t->plan.count && !error; i++) {
		const struct planned_signature *plan = &t->plan.signatures[i];
		struct wanted wanted = {.rule = plan->rule, .domain = plan->domain, .use_count = plan->rule->key_count};

		for (size_t k = 0; k < wanted.use_count; k++) {
			const struct signing_key *key = &plan->rule->keys[k];

			wanted.uses[k] =
				(struct signing_use){key->selector, t->worker->filter->algorithms[key->key], key->key};
		}
		error = open_signer(t, &wanted);
	}
	return error;
}

/* ---- identities ---- */

static bool signs_already(const struct transaction *t, const char *domain)
{
	for (size_t i = 0; i < t->plan.count; i++)
		if (str_ieq(str_c(t->plan.signatures[i].domain), str_c(domain)))
			return true;
	return false;
}

static size_t fields_wanted(const struct transaction *t)
{
	size_t count = 0;

	for (size_t i = 0; i < t->signing_count; i++)
		count += t->signings[i]->use_count;
	return count;
}

static enum inkan_algorithm algorithm_of(const struct identity_signer *s)
{
	return s->algorithm == IDENTITY_RSA ? INKAN_RSA_SHA256 : INKAN_ED25519_SHA256;
}

/* Those of one domain from the i-th on, which are marked as taken by an empty domain. */
static void gather(struct identity_request *r, size_t i, size_t most, struct wanted *out)
{
	const char *domain = r->author.signers[i].domain;

	*out = (struct wanted){.rule = &identity_rule, .domain = domain};
	for (size_t k = i; k < r->author.count; k++) {
		struct identity_signer *s = &r->author.signers[k];

		if (strcmp(s->domain, domain) != 0)
			continue;
		if (out->use_count < most)
			out->uses[out->use_count++] =
				(struct signing_use){s->selector, algorithm_of(s), KEY_OF_STORE | s->key};
		if (k != i)
			s->domain[0] = '\0';
	}
}

/* A domain that a rule signs for already is passed over, as further rules would be. */
static int open_identity_signers(struct transaction *t)
{
	struct identity_request *r = &t->identities;
	int error = INKAN_OK;

	for (size_t i = 0; i < r->author.count && !error; i++) {
		size_t left = SIGNATURES_MAX - fields_wanted(t);
		struct wanted wanted;

		if (!r->author.signers[i].domain[0] || signs_already(t, r->author.signers[i].domain) || left == 0)
			continue;
		gather(r, i, left, &wanted);
		error = open_signer(t, &wanted);
	}
	return error;
}

static int open_signers(struct transaction *t)
{
	int error = open_rule_signers(t);

	if (!error)
		error = open_identity_signers(t);
	if (!error && t->plan.count == 0 && t->identities.author.count == 0)
		t->outcome.not_signed =
			t->worker->identities
				? STR("no rule for signing matches the author, and no identity signs for it")
				: str_c(t->plan.why_not);
	buf_release(&t->early);
	return error;
}

static void on_signers(void *context, int error)
{
	struct transaction *t = context;

	t->asking = false;
	if (!t->error)
		t->error = error ? error : buf_error(&t->early);
	if (error)
		t->trouble = "it is not known now who signs for the author: the registrar does not say";
	if (!t->error)
		t->error = open_signers(t);
	connection_go_on(t->connection);
	if (t->ended)
		transaction_go_on(t);
}

/* The author with its domain in A-labels and lower case, as identities have it. */
static int name_author(struct transaction *t, struct str *address_out, struct str *domain_out)
{
	size_t at = str_rfind(t->author, '@');
	struct str local = str_head(t->author, at), host = STR_NULL;
	struct arena scratch;
	struct buf *field = &t->field; /* of the header, which is over */

	arena_init(&scratch, NAME_ARENA_MAX);
	int error = dns_name_to_host(&scratch, str_skip(t->author, at + (at < t->author.n)), &host);

	buf_clear(field);
	if (!error) {
		buf_put(field, local);
		buf_put_char(field, '@');
		buf_put(field, host);
		error = buf_error(field);
	}
	size_t host_size = host.n;

	arena_release(&scratch);
	if (error)
		return error;
	*address_out = transaction_keep(t, buf_str(field));
	if (!address_out->p)
		return INKAN_ENOMEM;
	*domain_out = str_skip(*address_out, address_out->n - host_size);
	return INKAN_OK;
}

/* *asked_out: on_signers() will be called. */
static int ask_registrar(struct transaction *t, bool *asked_out)
{
	struct str address, domain;

	if (!t->worker->identities)
		return INKAN_OK;
	int error = name_author(t, &address, &domain);

	if (error) /* a domain that is none has no identity */
		return error == INKAN_ENOMEM ? error : INKAN_OK;
	t->identities = (struct identity_request){
		.memory = t->worker->filter->signers, .metrics = t->worker->metrics, .done = on_signers, .context = t};
	return identity_request_ask(&t->identities, t->worker->identities, address, domain, asked_out);
}

void outbound_header_done(struct transaction *t)
{
	const char *why_not = NULL;

	t->error = buf_error(&t->header);
	if (!t->error)
		t->error = find_author(t, &why_not);
	t->too_complex = t->error == INKAN_ELIMIT;
	if (t->error)
		return;
	if (why_not) {
		t->outcome.not_signed = str_c(why_not);
		return;
	}
	signing_plan_make(&t->worker->filter->policy, t->author, t->recipients, transaction_known_recipients(t),
	                  &t->plan);
	t->error = t->plan.memory_short ? INKAN_ENOMEM : ask_registrar(t, &t->asking);
	if (!t->error && !t->asking)
		t->error = open_signers(t);
}

/* What comes before it is known who signs waits; soon the mail server does. */
static int write_early(struct transaction *t, struct str octets)
{
	if (!t->early.p) /* room for what has been read already, at once */
		(void)buf_reserve(&t->early, octets.n > EARLY_PAUSE ? WORKER_READ_SIZE : EARLY_PAUSE);
	buf_put(&t->early, octets);
	if (t->early.n > EARLY_PAUSE)
		connection_pause(t->connection);
	return buf_error(&t->early);
}

int outbound_write(struct transaction *t, struct str octets)
{
	int error = INKAN_OK;

	if (!t->header_done) {
		buf_put(&t->header, octets);
		return buf_error(&t->header);
	}
	if (t->asking)
		return write_early(t, octets);
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
	for (size_t i = 0; i < s->use_count && t->outcome.signed_count < OUTCOME_SIGNED_MAX; i++) {
		const struct signing_use *use = &s->uses[i];
		bool rsa = use->algorithm == INKAN_RSA_SHA256;

		t->outcome.signatures[t->outcome.signed_count++] = (struct outcome_signed){
			str_c(s->domain), str_c(use->selector), rsa ? STR("rsa-sha256") : STR("ed25519-sha256")};
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
	mail_from_replace(t);
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
	if (mail_from_refuse(t))
		return;
	for (size_t i = 0; i < t->signing_count; i++)
		for (size_t k = 0; k < t->signings[i]->use_count; k++) {
			struct key_request *request = &t->signings[i]->requests[k];

			*request = (struct key_request){.client = t->worker->keys,
			                                .key = t->signings[i]->uses[k].key,
			                                .done = on_key,
			                                .context = t};
		}
	sign(t);
}

void outbound_close(struct transaction *t)
{
	identity_request_cancel(&t->identities);
	for (size_t i = 0; i < t->signing_count; i++)
		give_back(t->worker, t->signings[i]);
	t->signing_count = 0;
}

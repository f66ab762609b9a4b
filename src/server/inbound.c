/* Mail from outside: judged by the engine, with DNS asked while the body arrives; then what to do with it, which fields go and
 * which come. Reading order: inbound_open() -> inbound_header_done() -> inbound_finish() -> judge() -> conclude() -> seal() ->
 * compose(). */
#include <stdlib.h>

#include "auth/message.h"
#include "authres/print.h"
#include "authres/strip.h"
#include "dns/evidence.h"
#include "inkan/seal.h"
#include "io/clock.h"
#include "io/random.h"
#include "proto/milter.h"
#include "server/transaction.h"
#include "spf/output.h"

enum { FIELD_MAX = 256 * 1024 /* octets of the fields that are added */ };

/* ---- beginning ---- */

static int add_sealer(struct transaction *t)
{
	const struct filter *f = t->worker->filter;
	struct inkan_sealer_options options;
	const char *trouble = NULL;

	if (t->sealer || !f->config->arc.seal_domain[0])
		return INKAN_OK;
	inkan_sealer_options_init(&options);
	options.domain = f->config->arc.seal_domain;
	options.authserv_id = f->authserv_id;
	options.now = clock_now();
	int error = inkan_sealer_new(f->engine, &options, &t->sealer, &trouble);

	if (!error)
		error = inkan_sealer_set_callback(t->sealer, f->config->arc.seal_key.selector, key_request_sign,
		                                  &t->seal_request);
	if (error) { /* one without a key must not be found by the next message */
		inkan_sealer_free(t->sealer);
		t->sealer = NULL;
	}
	return error;
}

static int on_header(void *context, struct inkan_message *message, const struct header *header);

static int add_message(struct transaction *t)
{
	if (t->message)
		return INKAN_OK;
	int error = filter_message_new(t->worker->filter, &t->message);

	if (!error)
		message_set_header_hook(t->message, on_header, t);
	return error;
}

/* What the client says of itself may be anything: a name that is none is left out. */
static int set_session(struct transaction *t, const char *ip, const char *helo, bool exempt)
{
	struct inkan_session session = {.struct_size = sizeof session,
	                                .ip = ip,
	                                .helo = helo && *helo ? helo : NULL,
	                                .mail_from = t->has_mail_from ? t->mail_from.p : NULL,
	                                .receiver = t->worker->filter->authserv_id,
	                                .trusted_gateway = exempt};

	return inkan_message_set_session(t->message, &session);
}

/* Behind a gateway of ours that writes down whom it got the message from, that host is the client. */
static int on_header(void *context, struct inkan_message *message, const struct header *header)
{
	struct transaction *t = context;

	(void)message;
	if (!t->gateway || t->gateway->mode != GATEWAY_LOOK_BEHIND)
		return INKAN_OK;
	gateway_look_behind(t->gateway, header, &t->hop);
	if (!t->hop.found)
		return set_session(t, connection_facts(t->connection)->client_ip.p, NULL, true);
	t->outcome.client_ip = transaction_keep(t, str_c(t->hop.ip));
	return set_session(t, t->hop.ip, transaction_keep(t, t->hop.helo).p, false);
}

static int open_session(struct transaction *t)
{
	const struct session_facts *facts = connection_facts(t->connection);
	const char *ip = facts->has_address ? facts->client_ip.p : NULL;

	if (facts->has_address)
		t->gateway = gateway_find(&t->worker->filter->policy, &facts->address, t->recipients,
		                          transaction_known_recipients(t));
	if (t->gateway)
		t->outcome.gateway = t->gateway->mode == GATEWAY_EXEMPT ? STR("exempt") : STR("look-behind");
	return set_session(t, ip, facts->helo.p, t->gateway && t->gateway->mode == GATEWAY_EXEMPT);
}

/* RFC 7489 section 6.6.4: pct is applied by chance. */
static void draw_sample(struct transaction *t)
{
	uint32_t number;

	if (t->worker->filter->config->verify.dmarc_profile != INKAN_RFC7489)
		return;
	random_octets(&number, sizeof number);
	inkan_message_set_sample(t->message, number % 100);
}

int inbound_open(struct transaction *t)
{
	int error = add_message(t);

	if (!error)
		error = add_sealer(t);
	if (error)
		return error;
	inkan_message_set_time(t->message, clock_now());
	draw_sample(t);
	if (t->sealer)
		inkan_sealer_set_time(t->sealer, clock_now());
	t->seal_request.key = t->worker->filter->config->arc.seal_key.key;
	return open_session(t);
}

int inbound_write(struct transaction *t, struct str octets)
{
	int error = inkan_message_write(t->message, octets.p, octets.n);

	if (error || !t->sealer)
		return error;
	error = inkan_sealer_write(t->sealer, octets.p, octets.n);
	return error == INKAN_EREFUSED ? INKAN_OK : error; /* it is said at the end why nothing is sealed */
}

/* ---- DNS ---- */

static void judge(struct transaction *t);

static void on_answers(void *context, int error)
{
	struct transaction *t = context;

	t->dns_open = false;
	t->dns = NULL;
	if (t->waiting_since && t->ended)
		t->dns_time += uv_hrtime() - (t->waiting_since > t->ended_at ? t->waiting_since : t->ended_at);
	t->waiting_since = 0;
	if (error && !t->error)
		t->error = error;
	if (t->ended)
		judge(t);
}

/* Has the open questions answered; the answers may be there before this returns. */
static void ask(struct transaction *t)
{
	struct worker *w = t->worker;
	struct evidence *evidence = message_evidence(t->message);
	const struct dns_question *open;
	size_t count = evidence_open(evidence, &open);

	if (count == 0 || t->dns_open || !w->resolver)
		return;
	t->outcome.dns_questions += (uint32_t)count;
	t->dns_open = true;
	t->waiting_since = uv_hrtime();
	int64_t now = (int64_t)(t->waiting_since / 1000000);
	uint32_t timeout = w->filter->config->dns.message_timeout;

	if (t->dns_since == 0)
		t->dns_since = now;
	int64_t left = t->dns_since + timeout - now;
	int error = resolver_begin(w->resolver, evidence, left > 0 ? (uint32_t)left : 1, on_answers, t, &t->dns);

	if (!t->dns_open)
		t->dns = NULL; /* answered already: the request is gone */
	if (error) {
		t->dns_open = false;
		t->error = error;
	}
}

void inbound_header_done(struct transaction *t)
{
	ask(t);
}

/* ---- the verdict ---- */

static void note_dkim(struct outcome *o, const struct inkan_verdict *v)
{
	for (size_t i = 0; i < v->dkim_count && i < OUTCOME_DKIM_MAX; i++) {
		const struct inkan_dkim_result *r = &v->dkim[i];

		o->dkim[o->dkim_count++] = (struct outcome_dkim){.domain = str_c(r->domain),
		                                                 .selector = str_c(r->selector),
		                                                 .result = str_c(inkan_result_name(r->result)),
		                                                 .cause = str_c(inkan_dkim_cause_name(r->cause)),
		                                                 .aligned = r->aligned};
	}
}

static void note_spf(struct outcome *o, const struct inkan_verdict *v)
{
	bool helo = v->spf->identity == INKAN_SPF_HELO;

	o->spf_result = str_c(inkan_result_name(v->spf->result));
	o->spf_domain = str_c(v->spf->domain);
	o->spf_scope = v->spf->identity == INKAN_SPF_NOT_CHECKED ? STR_NULL : helo ? STR("helo") : STR("mfrom");
	o->helo_result = str_c(inkan_result_name(v->spf_helo->result));
	o->spf_aligned = v->dmarc->spf_aligned;
}

static void note_dmarc(struct outcome *o, const struct inkan_verdict *v, const struct decision *d)
{
	o->dmarc_result = str_c(inkan_result_name(v->dmarc->result));
	o->dmarc_domain = str_c(v->dmarc->policy_domain);
	o->organizational_domain = str_c(v->dmarc->organizational_domain);
	o->dmarc_record = str_c(v->dmarc->record);
	o->dmarc_policy = str_c(inkan_dmarc_policy_name(v->dmarc->policy));
	o->dmarc_testing = v->dmarc->testing;
	o->dkim_aligned = v->dmarc->dkim_aligned;
	o->disposition = str_c(inkan_dmarc_policy_name(d->applied));
	o->override = str_c(inkan_override_name(d->override));
	o->override_comment = str_c(d->override_comment);
}

static void note(struct transaction *t, const struct inkan_verdict *v)
{
	struct outcome *o = &t->outcome;

	o->from_address = str_c(v->from_address);
	o->from_domain = str_c(v->from_domain);
	o->verdict = str_c(inkan_verdict_name(v->kind));
	o->verdict_reason = str_c(inkan_verdict_reason_name(v->reason));
	note_spf(o, v);
	note_dkim(o, v);
	note_dmarc(o, v, &t->decision);
	o->arc_result = str_c(inkan_result_name(v->arc->result));
	o->arc_sets = v->arc->set_count;
	o->action_reason = str_c(t->decision.reason);
}

/* ---- fields ---- */

int inbound_remove_forged(struct transaction *t)
{
	const struct filter *f = t->worker->filter;
	const struct word_list *more = &f->config->own_authserv_ids;

	if (!t->message || !message_header(t->message))
		return INKAN_EUSAGE;
	struct str *ids = arena_calloc(&t->arena, more->count + 1, sizeof *ids);
	struct authres_removal *removals = NULL;
	size_t count = 0;

	if (!ids)
		return arena_error(&t->arena);
	ids[0] = str_c(f->authserv_id);
	for (size_t i = 0; i < more->count; i++)
		ids[i + 1] = str_c(more->words[i]);
	int error = authres_strip(&t->arena, message_header(t->message), ids, more->count + 1,
	                          f->config->verify.strip_all_results, &removals, &count);

	for (size_t i = 0; i < count && !error; i++)
		milter_put_change_header(&t->answer, (uint32_t)removals[i].index, STR("Authentication-Results"),
		                         STR_NULL, connection_leading_space(t->connection));
	t->outcome.removed_fields = (uint32_t)count;
	metrics_add(t->worker->metrics, METRIC_FIELDS_REMOVED, (int64_t)count);
	return error;
}

/* Our one field: the verdict, with what was decided here. */
static void add_results(struct transaction *t, const struct inkan_verdict *verdict)
{
	const struct session_facts *facts = connection_facts(t->connection);
	struct inkan_verdict v = *verdict;
	struct inkan_session session = {.struct_size = sizeof session,
	                                .ip = t->hop.found         ? t->hop.ip
	                                      : facts->has_address ? facts->client_ip.p
	                                                           : NULL,
	                                .mail_from = t->has_mail_from ? t->mail_from.p : NULL,
	                                .trusted_gateway = verdict->reason == INKAN_THROUGH_TRUSTED_GATEWAY};
	struct authres_printer printer;
	struct buf field;

	v.applied = t->decision.applied;
	v.override = t->decision.override;
	v.override_comment = t->decision.override_comment;
	buf_init(&field, FIELD_MAX);
	if (authres_begin(&printer, &field, str_c(t->worker->filter->authserv_id))) {
		authres_verdict(&printer, &v, &session);
		authres_end(&printer);
	}
	if (!buf_error(&field))
		transaction_insert_fields(t, buf_str(&field));
	else
		t->error = buf_error(&field);
	buf_release(&field);
}

static void add_received_spf(struct transaction *t, const struct inkan_verdict *v)
{
	const struct session_facts *facts = connection_facts(t->connection);
	struct spf_query query = {
		.helo = facts->helo, .sender = t->mail_from, .receiver = str_c(t->worker->filter->authserv_id)};
	struct ip_address address = t->hop.found ? t->hop.address : facts->address;
	struct buf field;

	if (!t->worker->filter->config->verify.received_spf || v->spf->identity == INKAN_SPF_NOT_CHECKED)
		return;
	query.is_ipv6 = !ip_address_is_ipv4(&address);
	memcpy(query.address, address.octets + (query.is_ipv6 ? 0 : 12), query.is_ipv6 ? 16 : 4);
	buf_init(&field, FIELD_MAX);
	spf_received(&field, &query, v->spf);
	if (!buf_error(&field))
		transaction_insert_fields(t, buf_str(&field));
	else
		t->error = buf_error(&field);
	buf_release(&field);
}

static void compose(struct transaction *t)
{
	const struct inkan_verdict *v = inkan_message_verdict(t->message);
	size_t size = 0;
	const char *sets = t->sealing ? inkan_sealer_fields(t->sealer, &size) : NULL;

	if (t->decision.action == POLICY_REJECT || t->decision.action == POLICY_TEMPFAIL) {
		transaction_answer(t, t->decision.action); /* the message ends here: its fields do not matter */
		return;
	}
	t->error = inbound_remove_forged(t);
	if (sets) {
		transaction_insert_fields(t, str_from(sets, size));
		metrics_add(t->worker->metrics, METRIC_SEALS, 1);
	}
	add_received_spf(t, v);
	add_results(t, v);
	if (t->error)
		transaction_fail(t, NULL);
	else
		transaction_answer(t, t->decision.action);
}

/* ---- sealing ---- */

static void seal(struct transaction *t);

static void on_key(void *context)
{
	seal(context);
}

static void seal(struct transaction *t)
{
	int error = inkan_sealer_end(t->sealer, t->message);

	t->sealing = error == INKAN_OK || error == INKAN_PENDING;
	if (error == INKAN_PENDING)
		return;
	if (error == INKAN_EREFUSED)
		t->outcome.not_signed = transaction_keep(t, str_c(inkan_sealer_error(t->sealer)));
	else if (error)
		t->error = error;
	if (t->error)
		transaction_fail(t, t->error == INKAN_ENOMEM ? NULL : "the key process does not answer");
	else
		compose(t);
}

/* A chain that could not be checked now would be sealed as broken for good. */
static bool wants_seal(struct transaction *t, const struct inkan_verdict *v)
{
	if (!t->sealer || t->decision.action == POLICY_REJECT || t->decision.action == POLICY_TEMPFAIL)
		return false;
	if (v->arc->temporary)
		t->outcome.not_signed = STR("not sealed: the chain could not be checked now");
	return !v->arc->temporary;
}

/* ---- the end ---- */

static void conclude(struct transaction *t)
{
	const struct inkan_verdict *v = inkan_message_verdict(t->message);

	policy_decide(&t->worker->filter->policy, v, &t->decision, &t->reply);
	note(t, v);
	if (!wants_seal(t, v)) {
		compose(t);
		return;
	}
	t->seal_request.client = t->worker->keys;
	t->seal_request.done = on_key;
	t->seal_request.context = t;
	seal(t);
}

/* Evaluates until DNS has to be waited for. Answers may come inside of ask(), which calls here again: then it is the outer
 * call that goes on. */
static void judge(struct transaction *t)
{
	if (t->running) {
		t->again = true;
		return;
	}
	t->running = true;
	int state;

	do {
		t->again = false;
		state = t->error ? t->error : inkan_message_evaluate(t->message);
		if (state == INKAN_NEED_DNS)
			ask(t);
	} while (state == INKAN_NEED_DNS && (t->again || t->error));
	t->running = false;
	if (state == INKAN_NEED_DNS && t->dns_open)
		return;
	if (!state) {
		conclude(t);
		return;
	}
	t->error = state;
	if (state == INKAN_NEED_DNS)
		transaction_fail(t, "DNS is needed, and cannot be asked");
	else
		transaction_fail(t, inkan_message_error(t->message)[0] ? inkan_message_error(t->message) : NULL);
}

void inbound_finish(struct transaction *t)
{
	t->error = inkan_message_end(t->message);
	if (!t->dns_open)
		judge(t);
}

void inbound_close(struct transaction *t)
{
	if (t->dns)
		resolver_cancel(t->dns);
	t->dns = NULL;
	key_request_cancel(&t->seal_request);
	if (t->message)
		inkan_message_reset(t->message);
	if (t->sealer)
		inkan_sealer_reset(t->sealer);
}

void inbound_release(struct transaction *t)
{
	inkan_sealer_free(t->sealer);
	inkan_message_free(t->message);
}

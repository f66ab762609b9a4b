#include "server/transaction.h"

#include <stdlib.h>
#include <sys/time.h>

#include "io/clock.h"
#include "proto/milter.h"

enum {
	ENVELOPE_TEXT_MAX = 4096, /* octets of an address that are kept; RFC 5321 section 4.5.3.1 has 256 */
	REPLY_MAX = 512,          /* octets of an SMTP reply (RFC 5321 section 4.5.3.1.5) */
	HEADER_KEPT_MAX = MAIL_HEADER_SIZE_MAX,
	ANSWER_KEPT_MAX = 64 * 1024 /* octets of buffers that a transaction at rest keeps */
};

/* ---- beginning and end ---- */

static struct transaction *make(struct worker *w)
{
	struct transaction *t = calloc(1, sizeof *t);

	if (!t)
		return NULL;
	t->worker = w;
	arena_init(&t->arena, TRANSACTION_MEMORY_MAX);
	buf_init(&t->answer, ANSWER_MAX);
	buf_init(&t->reply, REPLY_MAX);
	buf_init(&t->header, HEADER_KEPT_MAX);
	buf_init(&t->field, HEADER_KEPT_MAX);
	buf_init(&t->early, EARLY_MAX);
	return t;
}

struct transaction *transaction_begin(struct worker *w, struct connection *c)
{
	struct transaction *t = w->spare_transactions;

	if (t) {
		w->spare_transactions = t->next;
		w->spare_transaction_count--;
	} else {
		t = make(w);
	}
	if (t)
		t->connection = c;
	return t;
}

static void trim(struct buf *b)
{
	size_t max = b->max;

	if (b->cap > ANSWER_KEPT_MAX) {
		buf_release(b);
		buf_init(b, max);
	}
	buf_clear(b);
}

/* As it was made, but for the memory. */
static void clear(struct transaction *t)
{
	inbound_close(t);
	outbound_close(t);
	arena_reset(&t->arena);
	trim(&t->answer);
	trim(&t->reply);
	trim(&t->header);
	trim(&t->field);
	trim(&t->early);
	*t = (struct transaction){.worker = t->worker,
	                          .arena = t->arena,
	                          .answer = t->answer,
	                          .reply = t->reply,
	                          .header = t->header,
	                          .field = t->field,
	                          .early = t->early,
	                          .message = t->message,
	                          .sealer = t->sealer};
}

void transaction_drop(struct transaction *t)
{
	struct worker *w = t->worker;

	clear(t);
	if (w->spare_transaction_count == WORKER_SPARES_MAX) {
		transaction_free(t);
		return;
	}
	t->next = w->spare_transactions;
	w->spare_transactions = t;
	w->spare_transaction_count++;
}

void transaction_free(struct transaction *t)
{
	inbound_release(t);
	arena_release(&t->arena);
	buf_release(&t->answer);
	buf_release(&t->reply);
	buf_release(&t->header);
	buf_release(&t->field);
	buf_release(&t->early);
	free(t);
}

struct str transaction_keep(struct transaction *t, struct str text)
{
	return arena_str(&t->arena, text);
}

/* ---- envelope ---- */

static struct str without_brackets(struct str address)
{
	if (address.n >= 2 && address.p[0] == '<' && address.p[address.n - 1] == '>')
		address = str_from(address.p + 1, address.n - 2);
	return str_head(address, ENVELOPE_TEXT_MAX);
}

void transaction_sender(struct transaction *t, struct str address)
{
	t->mail_from = transaction_keep(t, without_brackets(address));
	t->has_mail_from = t->mail_from.p != NULL;
}

/* Doubles the room; what was there before stays in the arena. */
static bool make_room(struct transaction *t)
{
	size_t room = t->recipient_room ? t->recipient_room * 2 : 8;
	struct str *list;

	if (t->recipient_count < t->recipient_room)
		return true;
	list = arena_calloc(&t->arena, room, sizeof *list);
	if (!list)
		return false;
	if (t->recipient_count)
		memcpy(list, t->recipients, t->recipient_count * sizeof *list);
	t->recipients = list;
	t->recipient_room = room;
	return true;
}

void transaction_recipient(struct transaction *t, struct str address)
{
	t->recipients_seen++;
	if (t->recipient_count < TRANSACTION_RECIPIENTS_MAX && make_room(t))
		t->recipients[t->recipient_count++] = transaction_keep(t, without_brackets(address));
}

size_t transaction_known_recipients(const struct transaction *t)
{
	return t->recipients_seen == t->recipient_count ? t->recipient_count : 0;
}

/* ---- the message ---- */

static struct client client_of(const struct session_facts *facts)
{
	return (struct client){.has_address = facts->has_address,
	                       .address = facts->address,
	                       .local = facts->local,
	                       .login = facts->login.p,
	                       .daemon_name = facts->daemon_name.p};
}

/* All that the envelope says is known now: which way does it go? */
static void begin(struct transaction *t)
{
	const struct session_facts *facts = connection_facts(t->connection);
	const struct client client = client_of(facts);
	const char *reason = "";

	if (t->began)
		return;
	t->began = true;
	t->direction = direction_of(&t->worker->filter->policy, &client, &reason);
	t->outcome.direction_reason = str_c(reason);
	if (t->direction == DIRECTION_INBOUND)
		t->error = inbound_open(t);
}

static void write_octets(struct transaction *t, struct str octets)
{
	uint64_t max = t->worker->filter->config->milter.message_max;

	t->size += octets.n;
	t->too_large = t->too_large || (max && t->size > max);
	if (t->error || t->too_large)
		return;
	if (t->direction == DIRECTION_INBOUND)
		t->error = inbound_write(t, octets);
	else if (t->direction == DIRECTION_OUTBOUND)
		t->error = outbound_write(t, octets);
	t->too_complex = t->error == INKAN_ELIMIT;
}

/* Mail servers hand on folded fields with LF; as they were received, and as they will be sent, lines end with CRLF. */
static void put_value(struct buf *out, struct str value)
{
	while (value.n) {
		size_t at = str_find(value, '\n');
		struct str line = str_head(value, at);

		buf_put(out, line);
		value = str_skip(value, at);
		if (value.n == 0)
			break;
		buf_put(out, line.n && line.p[line.n - 1] == '\r' ? STR("\n") : STR("\r\n"));
		value = str_skip(value, 1);
	}
}

static void note_message_id(struct transaction *t, struct str name, struct str value)
{
	if (t->outcome.message_id.n == 0 && str_ieq(name, STR("message-id")))
		t->outcome.message_id = transaction_keep(t, str_head(str_trim_fws(value), OUTCOME_TEXT_MAX));
}

void transaction_header(struct transaction *t, struct str name, struct str value)
{
	if (t->header_done)
		return; /* no mail server sends one there */
	begin(t);
	note_message_id(t, name, value);
	buf_clear(&t->field);
	buf_put(&t->field, name);
	buf_put(&t->field, connection_leading_space(t->connection) ? STR(":") : STR(": "));
	put_value(&t->field, value);
	buf_put(&t->field, STR("\r\n"));
	if (buf_error(&t->field))
		t->error = t->error ? t->error : buf_error(&t->field);
	else
		write_octets(t, buf_str(&t->field)); /* at once: a call for each piece costs more than copying them */
}

void transaction_end_of_header(struct transaction *t)
{
	if (t->header_done)
		return;
	begin(t);
	write_octets(t, STR("\r\n"));
	t->header_done = true;
	if (t->error || t->too_large)
		return;
	if (t->direction == DIRECTION_INBOUND) {
		inbound_header_done(t);
	} else if (t->direction == DIRECTION_OUTBOUND) {
		outbound_header_done(t);
	}
}

void transaction_body(struct transaction *t, struct str piece)
{
	transaction_end_of_header(t);
	write_octets(t, piece);
}

void transaction_end(struct transaction *t)
{
	transaction_end_of_header(t);
	t->ended = true;
	t->ended_at = uv_hrtime();
	if (!t->asking)
		transaction_go_on(t);
}

void transaction_go_on(struct transaction *t)
{
	if (!t->error)
		t->error = arena_error(&t->arena);
	if (t->direction == DIRECTION_IGNORED)
		transaction_answer(t, POLICY_TAG);
	else if (t->error || t->too_large)
		transaction_fail(t, t->trouble);
	else if (t->direction == DIRECTION_INBOUND)
		inbound_finish(t);
	else
		outbound_finish(t);
}

/* ---- fields ---- */

/* "Name: value CRLF" as a field to be put on top. */
static void insert_field(struct transaction *t, struct str field)
{
	size_t colon = str_find(field, ':');
	struct str value = str_skip(field, colon + 1);

	if (value.n && value.p[0] == ' ')
		value = str_skip(value, 1);
	if (value.n >= 2 && value.p[value.n - 1] == '\n')
		value.n -= 2;
	milter_put_insert_header(&t->answer, 0, str_head(field, colon), value, connection_leading_space(t->connection));
}

/* Fields of a text, the lowest first, so that they stand in the order of the text. */
void transaction_insert_fields(struct transaction *t, struct str fields)
{
	while (fields.n) {
		size_t begin = fields.n;

		while (begin > 0) { /* back to the line that begins a field */
			size_t line = str_rfind(str_head(fields, begin - 1), '\n');

			begin = line < begin - 1 ? line + 1 : 0;
			if (!is_wsp(fields.p[begin]))
				break;
		}
		insert_field(t, str_skip(fields, begin));
		fields.n = begin;
	}
}

/* ---- the answer ---- */

static int64_t now_microseconds(void)
{
	struct timeval now;

	gettimeofday(&now, NULL);
	return (int64_t)now.tv_sec * 1000000 + now.tv_usec;
}

static uint32_t microseconds(uint64_t nanoseconds)
{
	uint64_t us = nanoseconds / 1000;

	return us < UINT32_MAX ? (uint32_t)us : UINT32_MAX;
}

static void record(struct transaction *t, enum policy_action action)
{
	const struct session_facts *facts = connection_facts(t->connection);
	struct worker *w = t->worker;
	struct outcome *o = &t->outcome;

	o->time = now_microseconds();
	o->size = t->size;
	o->recipients = t->recipients_seen;
	o->duration = microseconds(uv_hrtime() - t->ended_at);
	o->dns_time = microseconds(t->dns_time);
	o->shadow = w->filter->policy.shadow;
	o->queue_id = facts->queue_id;
	o->direction = str_c(direction_name(t->direction));
	if (o->client_ip.n == 0) /* else that of the host behind a gateway */
		o->client_ip = facts->client_ip;
	o->client_name = facts->client_name;
	o->helo = facts->helo;
	o->login = facts->login;
	o->mail_from = t->mail_from;
	o->recipient = t->recipient_count ? t->recipients[0] : STR_NULL;
	o->action = str_c(policy_action_name(action));
	o->reply = buf_str(&t->reply);
	metrics_outcome(w->metrics, o);
	metrics_add(w->metrics, METRIC_MESSAGE_OCTETS, (int64_t)t->size);
	metrics_time(w->metrics, METRIC_TIME_MESSAGE, o->duration);
	if (t->dns_time)
		metrics_time(w->metrics, METRIC_TIME_DNS, o->dns_time);
	outcome_queue_send(&w->outcomes, o);
}

/* What can be done of `action`: the server may not have agreed to hold messages, and for the text of a refusal there may have been no
 * memory. Then the message is deferred, which the outcome is to say. */
static enum policy_action possible(struct transaction *t, enum policy_action action)
{
	if (t->worker->filter->policy.shadow || action == POLICY_TAG)
		return action;
	if (action == POLICY_QUARANTINE && connection_actions(t->connection) & MILTER_QUARANTINE)
		return action;
	if (action == POLICY_QUARANTINE)
		buf_put(&t->reply, STR("451 4.7.0 this message is to be held, which the mail server does not offer"));
	return t->reply.n ? action == POLICY_REJECT ? action : POLICY_TEMPFAIL : POLICY_TEMPFAIL;
}

static void put_action(struct transaction *t, enum policy_action action)
{
	bool is_held = action == POLICY_QUARANTINE;

	if (is_held)
		milter_put_quarantine(&t->answer, t->decision.reason && *t->decision.reason ? str_c(t->decision.reason)
		                                                                            : STR("held by inkan"));
	if (action == POLICY_TAG || is_held)
		milter_put_accept(&t->answer);
	else if (t->reply.n)
		milter_put_reply(&t->answer, buf_str(&t->reply));
	else
		milter_put_tempfail(&t->answer);
}

void transaction_answer(struct transaction *t, enum policy_action action)
{
	bool shadow = t->worker->filter->policy.shadow;

	action = possible(t, action);
	if (shadow)
		buf_clear(&t->answer);
	put_action(t, shadow ? POLICY_TAG : action);
	if (buf_error(&t->answer)) { /* no memory for what was to be said, or it is too much */
		buf_clear(&t->answer);
		if (shadow) {
			milter_put_accept(&t->answer);
		} else {
			milter_put_tempfail(&t->answer);
			action = POLICY_TEMPFAIL;
		}
	}
	record(t, action);
	connection_answer(t->connection, buf_str(&t->answer));
}

/* With our results missing, those of strangers in our name must not stand there. */
static bool can_be_delivered(struct transaction *t)
{
	return t->direction != DIRECTION_INBOUND || (inbound_remove_forged(t) == INKAN_OK && !buf_error(&t->answer));
}

static void give_up(struct transaction *t, enum policy_action action, const char *code, const char *trouble)
{
	metrics_add(t->worker->metrics, METRIC_FAILURES, 1);
	buf_clear(&t->answer);
	buf_clear(&t->reply);
	t->outcome.trouble = str_c(trouble);
	if (action == POLICY_TAG && !can_be_delivered(t)) {
		buf_clear(&t->answer);
		action = POLICY_TEMPFAIL;
	}
	if (action != POLICY_TAG)
		buf_printf(&t->reply, "%s %s", code, trouble);
	transaction_answer(t, action);
}

void transaction_fail(struct transaction *t, const char *trouble)
{
	enum policy_action action = t->worker->filter->config->milter.failure;

	/* a message that is beyond every limit will be so next time too */
	if (t->too_large)
		give_up(t, POLICY_REJECT, "552 5.3.4", "message is larger than this filter takes");
	else if (t->too_complex)
		give_up(t, POLICY_REJECT, "554 5.6.0", "header is too large, or has too many fields");
	else
		give_up(t, action == POLICY_TAG ? POLICY_TAG : POLICY_TEMPFAIL, "451 4.3.0",
		        trouble ? trouble : inkan_strerror(t->error));
}

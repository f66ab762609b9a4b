/* Reading order: on_read() -> handle() -> one function for each command -> transaction.c; connection_answer() on the way back. */
#include "server/connection.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "proto/milter.h"
#include "server/transaction.h"

enum {
	NAME_MAX_KEPT = 255, /* octets of a name or a login; RFC 5321 has 255 for domains, longer ones are cut */
	QUEUE_ID_MAX = 63,   /* octets */
	OUT_MAX = ANSWER_MAX + 64 * 1024,
	UNREAD_MAX = 64 * 1024 /* octets of ours that the peer has not taken: then nothing more is read from it */
};

/* What we do with a message, as far as the mail server lets us. */
static const struct milter_terms wanted = {
	.version = MILTER_VERSION_MAX,
	.actions = MILTER_ADD_HEADERS | MILTER_CHANGE_HEADERS | MILTER_QUARANTINE,
	.protocol = MILTER_NO_UNKNOWN | MILTER_NO_DATA | MILTER_NO_REPLY_HEADER | MILTER_NO_REPLY_CONNECT |
                    MILTER_NO_REPLY_HELO | MILTER_NO_REPLY_MAIL | MILTER_NO_REPLY_RECIPIENT | MILTER_NO_REPLY_DATA |
                    MILTER_NO_REPLY_UNKNOWN | MILTER_NO_REPLY_END_OF_HEADER | MILTER_NO_REPLY_BODY |
                    MILTER_LEADING_SPACE,
};

struct connection {
	struct link link; /* first: connection_of() */
	union {
		uv_handle_t handle;
		uv_stream_t stream;
		uv_pipe_t pipe;
		uv_tcp_t tcp;
	} uv;
	struct worker *worker;
	struct transaction *transaction; /* NULL between messages */
	struct milter_decoder decoder;
	struct milter_terms terms;
	struct buf out;
	size_t unread; /* octets of `out` on their way */
	int64_t unread_since;
	bool negotiated, answering, closing;
	bool paused; /* by the transaction */
	struct session_facts facts;
	char client_name[NAME_MAX_KEPT + 1], client_ip[64], helo[NAME_MAX_KEPT + 1], daemon_name[NAME_MAX_KEPT + 1];
	char login[NAME_MAX_KEPT + 1], host[NAME_MAX_KEPT + 1], queue_id[QUEUE_ID_MAX + 1];
};

/* ---- what is known of the session ---- */

static void set_text(struct str *fact, char *room, size_t size, struct str text)
{
	size_t n = text.n < size - 1 ? text.n : size - 1;

	for (size_t i = 0; i < n; i++)
		room[i] = text.p[i] ? text.p[i] : '?';
	room[n] = '\0';
	*fact = str_from(room, n);
}

#define SET(c, field, text) set_text(&(c)->facts.field, (c)->field, sizeof(c)->field, text)

static void forget_message(struct connection *c)
{
	SET(c, login, STR_NULL);
	SET(c, queue_id, STR_NULL);
}

static void forget_session(struct connection *c)
{
	SET(c, client_name, STR_NULL);
	SET(c, client_ip, STR_NULL);
	SET(c, helo, STR_NULL);
	SET(c, daemon_name, STR_NULL);
	SET(c, host, STR_NULL);
	forget_message(c);
	c->facts.has_address = c->facts.local = false;
}

const struct session_facts *connection_facts(const struct connection *c)
{
	return &c->facts;
}

bool connection_leading_space(const struct connection *c)
{
	return c->terms.protocol & MILTER_LEADING_SPACE;
}

uint32_t connection_actions(const struct connection *c)
{
	return c->terms.actions;
}

/* ---- writing ---- */

struct pending_write {
	uv_write_t request;
	struct connection *connection;
	size_t size;
	char octets[];
};

static void on_read(uv_stream_t *stream, ssize_t n, const uv_buf_t *buffer);

static void on_room(uv_handle_t *handle, size_t suggested, uv_buf_t *out)
{
	struct connection *c = handle->data;

	(void)suggested;
	*out = uv_buf_init(c->worker->read_buffer, WORKER_READ_SIZE);
}

static void read_on(struct connection *c)
{
	if (!c->closing && !c->paused && c->unread <= UNREAD_MAX)
		(void)uv_read_start(&c->uv.stream, on_room, on_read);
}

void connection_pause(struct connection *c)
{
	if (c->paused || c->closing)
		return;
	c->paused = true;
	(void)uv_read_stop(&c->uv.stream);
}

void connection_go_on(struct connection *c)
{
	if (!c->paused)
		return;
	c->paused = false;
	read_on(c);
}

static void on_written(uv_write_t *request, int status)
{
	struct pending_write *w = (struct pending_write *)request;
	struct connection *c = w->connection;
	bool was_full = c->unread > UNREAD_MAX;

	c->unread -= w->size;
	free(w);
	if (status < 0)
		connection_close(c);
	else if (was_full)
		read_on(c);
	if (c->worker->stopping)
		connection_end_if_idle(c);
}

/* What the socket does not take at once is copied and waits. */
static void write_later(struct connection *c, struct str rest)
{
	struct pending_write *w = malloc(sizeof *w + rest.n);

	if (!w) {
		connection_close(c);
		return;
	}
	w->connection = c;
	w->size = rest.n;
	memcpy(w->octets, rest.p, rest.n);
	uv_buf_t piece = uv_buf_init(w->octets, (unsigned)rest.n);

	if (c->unread == 0)
		c->unread_since = (int64_t)uv_now(&c->worker->loop);
	c->unread += rest.n;
	if (uv_write(&w->request, &c->uv.stream, &piece, 1, on_written) != 0) {
		c->unread -= rest.n;
		free(w);
		connection_close(c);
	} else if (c->unread > UNREAD_MAX) {
		uv_read_stop(&c->uv.stream);
	}
}

static void flush(struct connection *c)
{
	if (c->closing)
		return;
	if (buf_error(&c->out)) { /* an answer is missing: better no connection than a server that waits for it */
		connection_close(c);
		return;
	}
	if (c->out.n == 0)
		return;
	uv_buf_t all = uv_buf_init(c->out.p, (unsigned)c->out.n);
	int sent = c->unread ? 0 : uv_try_write(&c->uv.stream, &all, 1);

	if (sent < 0 && sent != UV_EAGAIN) {
		connection_close(c);
		return;
	}
	sent = sent < 0 ? 0 : sent;
	if ((size_t)sent < c->out.n)
		write_later(c, str_skip(buf_str(&c->out), (size_t)sent));
	if (c->out.cap > UNREAD_MAX) {
		buf_release(&c->out);
		buf_init(&c->out, OUT_MAX);
	}
	buf_clear(&c->out);
}

void connection_answer(struct connection *c, struct str answer)
{
	struct transaction *t = c->transaction;
	bool answering_now = c->answering; /* from inside of on_read(), which flushes */
	bool lost = answer.n == 0;         /* there was no memory for it */

	buf_put(&c->out, answer);
	c->transaction = NULL;
	forget_message(c);
	transaction_drop(t);
	connection_go_on(c);
	worker_touch(c->worker, &c->link);
	if (lost)
		connection_close(c);
	if (answering_now)
		return;
	flush(c);
	if (c->worker->stopping)
		connection_end_if_idle(c);
}

/* ---- one function for each command ---- */

static void take_address(struct connection *c, const struct milter_event *e)
{
	SET(c, client_ip, STR_NULL);
	c->facts.local = e->family == 'L';
	c->facts.has_address =
		(e->family == '4' || e->family == '6') && ip_address_parse(e->address, &c->facts.address);
	if (c->facts.has_address)
		SET(c, client_ip, e->address);
}

static void on_connect(struct connection *c, const struct milter_event *e)
{
	SET(c, client_name, e->host);
	take_address(c, e);
}

static void on_helo(struct connection *c, const struct milter_event *e)
{
	SET(c, helo, e->value);
}

static struct transaction *begin(struct connection *c)
{
	if (!c->transaction) {
		c->transaction = transaction_begin(c->worker, c);
		if (!c->transaction)
			connection_close(c);
	}
	return c->transaction;
}

static void abandon(struct connection *c)
{
	struct transaction *t = c->transaction;

	if (!t)
		return;
	c->transaction = NULL;
	transaction_drop(t);
	connection_go_on(c);
	metrics_add(c->worker->metrics, METRIC_MESSAGES_ABORTED, 1);
}

static void on_mail(struct connection *c, const struct milter_event *e)
{
	abandon(c);
	if (begin(c))
		transaction_sender(c->transaction, e->envelope);
}

static void on_recipient(struct connection *c, const struct milter_event *e)
{
	if (begin(c))
		transaction_recipient(c->transaction, e->envelope);
}

static void on_header(struct connection *c, const struct milter_event *e)
{
	if (begin(c))
		transaction_header(c->transaction, e->name, e->value);
}

static void on_end_of_header(struct connection *c, const struct milter_event *e)
{
	(void)e;
	if (begin(c))
		transaction_end_of_header(c->transaction);
}

static void on_body(struct connection *c, const struct milter_event *e)
{
	if (begin(c))
		transaction_body(c->transaction, e->body);
}

static void on_end(struct connection *c, const struct milter_event *e)
{
	if (!begin(c))
		return;
	if (e->body.n)
		transaction_body(c->transaction, e->body);
	transaction_end(c->transaction);
}

static void on_abort(struct connection *c, const struct milter_event *e)
{
	(void)e;
	abandon(c);
	forget_message(c);
}

static void on_quit(struct connection *c, const struct milter_event *e)
{
	(void)e;
	connection_close(c);
}

static void on_new_session(struct connection *c, const struct milter_event *e)
{
	(void)e;
	abandon(c);
	forget_session(c);
	if (c->worker->draining)
		connection_close(c);
}

static void on_nothing(struct connection *c, const struct milter_event *e)
{
	(void)c;
	(void)e;
}

/* Who may not change a message is a server that we are of no use to. To hold messages, and to change their sender, is not vital: see
 * transaction.c and mail_from.c. */
static bool agree(struct connection *c, const struct milter_event *e)
{
	const uint32_t vital = MILTER_ADD_HEADERS | MILTER_CHANGE_HEADERS;
	struct milter_terms terms = wanted;

	if (c->worker->identities && c->worker->filter->config->identities.default_mail_from[0])
		terms.actions |= MILTER_CHANGE_FROM;
	if (c->worker->filter->policy.shadow)
		terms.actions = 0;
	return milter_agree(e, terms, &c->terms) && !(terms.actions & vital & ~c->terms.actions);
}

static void on_negotiate(struct connection *c, const struct milter_event *e)
{
	if (c->negotiated || !agree(c, e)) {
		metrics_add(c->worker->metrics, METRIC_PROTOCOL_ERRORS, 1);
		connection_close(c);
		return;
	}
	c->negotiated = true;
	milter_put_terms(&c->out, &c->terms);
}

static void on_macros(struct connection *c, const struct milter_event *e)
{
	if (e->macros_for == MILTER_MAIL)
		forget_message(c);
	for (size_t i = 0; i < e->macro_count; i++) {
		struct str name = e->macros[i].name, value = e->macros[i].value;

		if (str_eq(name, STR("i")))
			SET(c, queue_id, value);
		else if (str_eq(name, STR("auth_authen")))
			SET(c, login, value);
		else if (str_eq(name, STR("daemon_name")))
			SET(c, daemon_name, value);
		else if (str_eq(name, STR("j")))
			SET(c, host, value);
	}
}

static const struct command {
	enum milter_command command;
	void (*run)(struct connection *c, const struct milter_event *e);
	uint32_t no_reply; /* the flag that frees us from answering; 0: there is no answer, or it is made elsewhere */
} commands[] = {
	{MILTER_HEADER, on_header, MILTER_NO_REPLY_HEADER},
	{MILTER_BODY, on_body, MILTER_NO_REPLY_BODY},
	{MILTER_MACRO, on_macros, 0},
	{MILTER_RECIPIENT, on_recipient, MILTER_NO_REPLY_RECIPIENT},
	{MILTER_MAIL, on_mail, MILTER_NO_REPLY_MAIL},
	{MILTER_CONNECT, on_connect, MILTER_NO_REPLY_CONNECT},
	{MILTER_HELO, on_helo, MILTER_NO_REPLY_HELO},
	{MILTER_DATA, on_nothing, MILTER_NO_REPLY_DATA},
	{MILTER_END_OF_HEADER, on_end_of_header, MILTER_NO_REPLY_END_OF_HEADER},
	{MILTER_END_OF_MESSAGE, on_end, 0},
	{MILTER_ABORT, on_abort, 0},
	{MILTER_QUIT, on_quit, 0},
	{MILTER_QUIT_NEW_CONNECTION, on_new_session, 0},
	{MILTER_NEGOTIATE, on_negotiate, 0},
	{MILTER_UNKNOWN, on_nothing, MILTER_NO_REPLY_UNKNOWN},
};

/* While a message is being judged the server waits for us: it can only give up. */
static bool is_in_turn(const struct connection *c, enum milter_command command)
{
	if (!c->negotiated)
		return command == MILTER_NEGOTIATE || command == MILTER_QUIT;
	return !connection_is_busy(c) || command == MILTER_ABORT || command == MILTER_QUIT || command == MILTER_MACRO ||
	       command == MILTER_QUIT_NEW_CONNECTION;
}

static void break_off(struct connection *c)
{
	metrics_add(c->worker->metrics, METRIC_PROTOCOL_ERRORS, 1);
	connection_close(c);
}

static void handle(struct connection *c, const struct milter_event *e)
{
	for (size_t i = 0; i < sizeof commands / sizeof *commands; i++) {
		const struct command *k = &commands[i];

		if (k->command != e->command)
			continue;
		if (!is_in_turn(c, e->command)) {
			break_off(c);
			return;
		}
		k->run(c, e);
		if (!c->closing && k->no_reply && !(c->terms.protocol & k->no_reply) && !e->body_continues)
			milter_put_continue(&c->out);
		return;
	}
	break_off(c);
}

static void on_read(uv_stream_t *stream, ssize_t n, const uv_buf_t *buffer)
{
	struct connection *c = stream->data;
	struct str input = str_from(buffer->base, n > 0 ? (size_t)n : 0);
	struct milter_event event;
	int state = 0;

	if (n < 0) {
		connection_close(c);
		return;
	}
	worker_touch(c->worker, &c->link);
	c->answering = true;
	while (!c->closing && (state = milter_next(&c->decoder, &input, &event)) == 1)
		handle(c, &event);
	c->answering = false;
	if (state < 0 && !c->closing)
		break_off(c);
	flush(c);
	if (c->worker->stopping)
		connection_end_if_idle(c);
}

/* ---- opening and closing ---- */

static int open_stream(struct connection *c, int fd, bool is_unix)
{
	uv_loop_t *loop = &c->worker->loop;
	int code = is_unix ? uv_pipe_init(loop, &c->uv.pipe, 0) : uv_tcp_init(loop, &c->uv.tcp);

	if (code != 0)
		return code;
	code = is_unix ? uv_pipe_open(&c->uv.pipe, fd) : uv_tcp_open(&c->uv.tcp, fd);
	if (code == 0 && !is_unix)
		(void)uv_tcp_nodelay(&c->uv.tcp, 1);
	return code;
}

void connection_open(struct worker *w, int fd, bool is_unix)
{
	struct connection *c = calloc(1, sizeof *c);

	if (!c) {
		close(fd);
		return;
	}
	c->worker = w;
	milter_decoder_init(&c->decoder);
	buf_init(&c->out, OUT_MAX);
	forget_session(c);
	metrics_add(w->metrics, METRIC_CONNECTIONS, 1);
	metrics_add(w->metrics, METRIC_CONNECTIONS_OPEN, 1);
	worker_touch(w, &c->link);
	int code = open_stream(c, fd, is_unix);

	c->uv.handle.data = c;
	if (code != 0)
		close(fd);
	if (code != 0 || uv_read_start(&c->uv.stream, on_room, on_read) != 0)
		connection_close(c);
}

static void on_closed(uv_handle_t *handle)
{
	struct connection *c = handle->data;

	milter_decoder_release(&c->decoder);
	buf_release(&c->out);
	free(c);
}

void connection_close(struct connection *c)
{
	if (c->closing)
		return;
	c->closing = true;
	abandon(c);
	worker_forget(c->worker, &c->link);
	metrics_add(c->worker->metrics, METRIC_CONNECTIONS_OPEN, -1);
	uv_close(&c->uv.handle, on_closed);
}

/* ---- time ---- */

struct connection *connection_of(struct link *link)
{
	return (struct connection *)link;
}

void connection_end_if_idle(struct connection *c)
{
	if (!c->transaction && !c->unread)
		connection_close(c);
}

bool connection_is_busy(const struct connection *c)
{
	return c->transaction && c->transaction->ended;
}

/* The mail server waits for us, or cannot say anything. */
static bool waits_for_us(const struct connection *c)
{
	return connection_is_busy(c) || (c->transaction && c->transaction->asking);
}

void connection_check_time(struct connection *c, int64_t now)
{
	const struct config *config = c->worker->filter->config;
	bool unread = c->unread && now - c->unread_since > config->milter.write_timeout;
	bool idle = !waits_for_us(c) && now - c->link.active > config->milter.idle_timeout;

	if (!unread && !idle)
		return;
	metrics_add(c->worker->metrics, METRIC_TIMEOUTS, 1);
	connection_close(c);
}

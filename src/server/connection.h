/* A milter session: octets of a mail server to events, events to a transaction, its answer back. */
#pragma once

#include "server/worker.h"

struct connection;

/* Takes over the connected socket fd. Where memory is short the socket is closed. */
void connection_open(struct worker *w, int fd, bool is_unix);
/* Called by the transaction when its answer is complete: sends it and ends the message. Empty: there was no memory for an answer, the
 * server sees the end of the connection instead. */
void connection_answer(struct connection *c, struct str answer);

/* ---- for worker.c: time-outs and the end ---- */

struct connection *connection_of(struct link *link);
/* Cuts it off where it has been idle, or has not read our answer, for too long. */
void connection_check_time(struct connection *c, int64_t now);
/* Closes it, unless a message has begun or an answer is still on its way. */
void connection_end_if_idle(struct connection *c);
/* Whether we owe an answer about a message. */
bool connection_is_busy(const struct connection *c);
/* The mail server sees the end of the connection. */
void connection_close(struct connection *c);

/* ---- for transaction.c: what is known of the session; "" where nothing ---- */

struct session_facts {
	struct str client_name, client_ip; /* client_ip: of the network, empty where there is none */
	bool local;                        /* no network */
	bool has_address;
	struct ip_address address;
	struct str helo, daemon_name, login, host; /* host: {j} */
	struct str queue_id;
};

const struct session_facts *connection_facts(const struct connection *c);
bool connection_leading_space(const struct connection *c);
/* Reads nothing more until told to go on; what was read already is still handed on. */
void connection_pause(struct connection *c);
void connection_go_on(struct connection *c);
/* Actions that the mail server lets us do (enum milter_actions). */
uint32_t connection_actions(const struct connection *c);

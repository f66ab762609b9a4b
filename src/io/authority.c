/* The authoritative servers of a zone, asked directly: see authority.h.
 *
 * Zones are found in authority_zone.c. authority_ask_all() holds one conversation with each server for each question, all in one
 * poll() loop: a connected UDP socket, so that the kernel drops what others send and chooses a port at random; a random id; what
 * does not fit is passed over, and the wait goes on. What has no turn yet waits without a socket, and its time has not begun. */
#include "io/authority_inside.h"

#include <errno.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "dns/wire.h"
#include "io/clock.h"
#include "io/dns_tcp.h"
#include "io/random.h"

enum {
	TRIES = 3,
	REFUSED_WAIT = 100, /* ms until the next try, where nobody listens on the port */
	READS_MAX = 16      /* packets that are looked at before others have their turn */
};

int authority_new(const struct authority_options *options, struct authority **out, struct io_error *error)
{
	struct authority *a = calloc(1, sizeof(*a));

	if (!a)
		return INKAN_ENOMEM;
	a->options = *options;
	a->options.timeout = options->timeout ? options->timeout : AUTHORITY_TIMEOUT;
	int code = resolver_new(&options->resolver, NULL, &a->resolver, &a->resolver_error);

	if (code && (code != INKAN_EIO || !options->override_count)) {
		if (error)
			*error = a->resolver_error;
		authority_free(a);
		return code;
	}
	*out = a;
	return INKAN_OK;
}

void authority_free(struct authority *a)
{
	if (!a)
		return;
	authority_forget(a);
	resolver_free(a->resolver);
	free(a);
}

/* ---- one conversation ---- */

struct talk {
	const struct authority *authority;
	struct arena *arena;
	enum dns_type type;
	struct str name;
	struct authority_answer *out;
	struct endpoint peer;
	int udp;            /* -1: none */
	struct dns_tcp tcp; /* fd -1: none */
	unsigned char query[WIRE_QUERY_MAX];
	size_t size;
	uint16_t id;
	bool plain; /* without EDNS0: the server did not understand it */
	unsigned tries;
	int64_t deadline;
	int trouble; /* errno of the last try; 0: silence */
	bool begun, done;
};

static void hang_up(struct talk *t)
{
	if (t->udp >= 0)
		close(t->udp);
	t->udp = -1;
	dns_tcp_release(&t->tcp);
	t->done = true;
}

__attribute__((format(printf, 3, 4))) static void give_up(struct talk *t, enum dns_status status, const char *format,
                                                          ...)
{
	char why[200];
	va_list args;

	va_start(args, format);
	vsnprintf(why, sizeof(why), format, args);
	va_end(args);
	t->out->answer = (struct dns_answer){.status = status, .why = arena_str(t->arena, str_c(why))};
	hang_up(t);
}

static void give_up_silent(struct talk *t, const char *over)
{
	if (t->trouble)
		give_up(t, DNS_TIMEOUT, "no reply%s: %s", over, strerror(t->trouble));
	else
		give_up(t, DNS_TIMEOUT, "no reply%s", over);
}

static void send_query(struct talk *t)
{
	t->size = wire_query_write(t->query, t->id, t->type, t->name, !t->plain);
	t->tries++;
	t->trouble = send(t->udp, t->query, t->size, MSG_NOSIGNAL) < 0 ? errno : 0;
	t->deadline = clock_milliseconds() + (t->trouble ? REFUSED_WAIT : t->authority->options.timeout);
}

/* may_wait: others are on their way, whose sockets come free. False: it has to. */
static bool begin(struct talk *t, bool may_wait)
{
	struct io_error error;

	t->udp = -1;
	t->tcp.fd = -1;
	t->begun = true;
	if (endpoint_parse(t->out->server->address, &t->peer, &error) != INKAN_OK) {
		give_up(t, DNS_SERVFAIL, "%s", error.text);
		return true;
	}
	t->udp = socket(t->peer.address.ss_family, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (t->udp < 0 && (errno == EMFILE || errno == ENFILE) && may_wait) {
		t->begun = false;
		return false;
	}
	if (t->udp < 0 || connect(t->udp, (struct sockaddr *)&t->peer.address, t->peer.size) != 0) {
		give_up(t, DNS_TIMEOUT, "%s", strerror(errno));
		return true;
	}
	random_octets(&t->id, sizeof(t->id));
	send_query(t);
	return true;
}

static void begin_tcp(struct talk *t)
{
	struct io_error error = {""};

	if (dns_tcp_begin(&t->tcp, &t->peer, str_from((const char *)t->query, t->size), &error)) {
		give_up(t, DNS_SERVFAIL, "the reply is too long for UDP, and TCP fails: %s", error.text);
		return;
	}
	close(t->udp);
	t->udp = -1;
	t->deadline = clock_milliseconds() + t->authority->options.timeout;
}

/* A reply of a server that does not hold the zone (RFC 1912 section 2.8). */
static void give_up_lame(struct talk *t, const struct wire_reply *reply)
{
	t->out->referral = reply->referral;
	if (reply->referral.n)
		give_up(t, DNS_SERVFAIL, "this server does not hold the zone (lame): it refers to the servers of %.*s",
		        STR_ARG(reply->referral));
	else
		give_up(t, DNS_SERVFAIL, "this server does not hold the zone (lame): its reply is not authoritative");
}

static void take_reply(struct talk *t, const struct wire_reply *reply)
{
	bool known = reply->rcode == 0 || reply->rcode == 3;

	if (reply->truncated && t->tcp.fd < 0) {
		begin_tcp(t);
	} else if (reply->truncated) {
		give_up(t, DNS_SERVFAIL, "the reply is cut off over TCP too");
	} else if (!known && !t->plain && (reply->rcode == 1 || reply->rcode == 4) && t->udp >= 0) {
		t->plain = true; /* FORMERR, NOTIMP: older than RFC 6891 */
		send_query(t);
	} else if (!known && (reply->rcode == 5 || reply->rcode == 9)) {
		give_up(t, DNS_SERVFAIL, "this server does not hold the zone (lame): %s",
		        wire_rcode_text(reply->rcode));
	} else if (known && !reply->authoritative) {
		give_up_lame(t, reply);
	} else {
		t->out->answer = reply->answer;
		t->out->alias = reply->alias;
		t->out->has_soa = reply->has_soa;
		t->out->serial = reply->serial;
		t->out->negative_ttl = reply->negative_ttl;
		hang_up(t);
	}
}

/* Whether it is the reply to our question; others are passed over. */
static bool read_packet(struct talk *t, struct str packet)
{
	struct wire_reply reply;

	if (packet.n < 2 || ((unsigned char)packet.p[0] << 8 | (unsigned char)packet.p[1]) != t->id)
		return false;
	if (wire_reply_parse(t->arena, packet, t->type, t->name, &reply)) {
		give_up(t, DNS_SERVFAIL, "the reply is too large to be kept"); /* an error of the arena */
		return true;
	}
	if (reply.trouble)
		return false;
	take_reply(t, &reply);
	return true;
}

static void read_udp(struct talk *t)
{
	char packet[WIRE_UDP_SIZE + 1];

	for (int i = 0; i < READS_MAX && t->udp >= 0; i++) {
		ssize_t n = recv(t->udp, packet, sizeof(packet), 0);

		if (n < 0 && errno != EAGAIN && errno != EINTR) {
			t->trouble = errno; /* the host says that nobody listens; it may be starting */
			t->deadline = clock_milliseconds() + REFUSED_WAIT;
		}
		if (n < 0 || read_packet(t, str_from(packet, (size_t)n)))
			return;
	}
}

static void step_tcp(struct talk *t)
{
	switch (dns_tcp_step(&t->tcp)) {
	case DNS_TCP_WAITS:
		break;
	case DNS_TCP_DONE:
		if (!read_packet(t, dns_tcp_reply(&t->tcp)))
			give_up(t, DNS_SERVFAIL, "the reply over TCP is not one to this question");
		break;
	case DNS_TCP_FAILED:
		give_up(t, DNS_SERVFAIL, "the reply is too long for UDP, and TCP fails: %s",
		        errno ? strerror(errno) : "the server closes the connection");
		break;
	}
}

static void on_deadline(struct talk *t)
{
	if (t->tcp.fd >= 0)
		give_up_silent(t, " over TCP");
	else if (t->tries == TRIES)
		give_up_silent(t, "");
	else
		send_query(t);
}

/* ---- many at once ---- */

enum { COUNTERS = 1024 /* servers whose addresses fall on the same one share its limit */ };

struct flight {
	struct talk *talks;
	size_t count, first;                       /* all before the first have begun */
	struct talk *active[AUTHORITY_FLIGHT_MAX]; /* begun and not done */
	size_t active_count;
	unsigned char to_server[COUNTERS]; /* active ones */
};

static unsigned char *counter_of(struct flight *f, const struct talk *t)
{
	unsigned hash = 5381;

	for (const char *p = t->out->server->address; *p; p++)
		hash = hash * 33 + (unsigned char)*p;
	return &f->to_server[hash % COUNTERS];
}

/* Begins what has its turn. */
static void begin_some(struct flight *f)
{
	for (size_t i = f->first; i < f->count && f->active_count < AUTHORITY_FLIGHT_MAX; i++) {
		struct talk *t = &f->talks[i];
		unsigned char *counter = counter_of(f, t);

		if (t->begun || *counter == AUTHORITY_FLIGHT_SERVER_MAX)
			continue;
		if (!begin(t, f->active_count > 0))
			break;
		f->active[f->active_count++] = t;
		++*counter;
	}
	while (f->first < f->count && f->talks[f->first].begun)
		f->first++;
}

/* Whether any of them is done, which makes room. */
static bool drop_done(struct flight *f)
{
	size_t before = f->active_count, n = 0;

	for (size_t i = 0; i < before; i++) {
		if (f->active[i]->done)
			--*counter_of(f, f->active[i]);
		else
			f->active[n++] = f->active[i];
	}
	f->active_count = n;
	return n < before;
}

/* Waits for the next event of any that is active, and there is one. */
static void turn(struct flight *f)
{
	struct pollfd polled[AUTHORITY_FLIGHT_MAX];
	int64_t now = clock_milliseconds(), deadline = INT64_MAX;

	for (size_t i = 0; i < f->active_count; i++) {
		const struct talk *t = f->active[i];
		bool tcp = t->tcp.fd >= 0;

		polled[i] = (struct pollfd){tcp ? t->tcp.fd : t->udp, tcp ? dns_tcp_events(&t->tcp) : POLLIN, 0};
		deadline = t->deadline < deadline ? t->deadline : deadline;
	}
	int ready = poll(polled, f->active_count, deadline > now ? (int)(deadline - now) : 0);

	for (size_t i = 0; ready > 0 && i < f->active_count; i++) {
		if (!polled[i].revents)
			continue;
		if (f->active[i]->tcp.fd >= 0)
			step_tcp(f->active[i]);
		else
			read_udp(f->active[i]);
	}
	now = clock_milliseconds();
	for (size_t i = 0; i < f->active_count; i++)
		if (!f->active[i]->done && f->active[i]->deadline <= now)
			on_deadline(f->active[i]);
}

static int make_talks(struct authority *a, const struct asking *list, size_t count, struct flight *f)
{
	size_t n = 0;

	for (size_t i = 0; i < count; i++)
		f->count += list[i].count;
	f->talks = calloc(f->count ? f->count : 1, sizeof(*f->talks));
	if (!f->talks)
		return INKAN_ENOMEM;
	for (size_t i = 0; i < count; i++) {
		const struct asking *q = &list[i];

		for (size_t k = 0; k < q->count; k++) {
			q->out[k] = (struct authority_answer){.server = &q->servers[k]};
			f->talks[n++] = (struct talk){
				.authority = a, .arena = q->arena, .type = q->type, .name = q->name, .out = &q->out[k]};
		}
	}
	return INKAN_OK;
}

int authority_converse(struct authority *a, const struct asking *list, size_t count)
{
	struct flight *f = calloc(1, sizeof(*f));
	int code = f ? make_talks(a, list, count, f) : INKAN_ENOMEM;

	if (!code)
		begin_some(f);
	while (!code && f->active_count) {
		if (drop_done(f))
			begin_some(f);
		else
			turn(f);
	}
	if (f)
		free(f->talks);
	free(f);
	return code;
}

static void prepare(struct authority_question *q, struct asking *out)
{
	char *name = arena_text(q->arena, DNS_NAME_MAX);
	size_t size = 0;

	*out = (struct asking){.type = q->type, .arena = q->arena, .out = q->out};
	q->code = INKAN_OK;
	if (!name) {
		q->code = arena_error(q->arena);
	} else if (!dns_name_normalise(q->name, name, &size)) {
		q->code = INKAN_EUSAGE;
	} else {
		out->name = str_from(name, size);
		out->servers = q->zone->servers;
		out->count = q->zone->server_count;
	}
}

int authority_ask_all(struct authority *a, struct authority_question *list, size_t count)
{
	struct asking *askings = calloc(count ? count : 1, sizeof(*askings));

	if (!askings)
		return INKAN_ENOMEM;
	for (size_t i = 0; i < count; i++)
		prepare(&list[i], &askings[i]);
	int code = authority_converse(a, askings, count);

	for (size_t i = 0; i < count; i++)
		list[i].code = list[i].code ? list[i].code : arena_error(list[i].arena);
	free(askings);
	return code;
}

int authority_ask(struct authority *a, struct arena *arena, const struct authority_zone *zone, enum dns_type type,
                  struct str name, struct authority_answer *out)
{
	struct authority_question q = {.zone = zone, .type = type, .name = name, .arena = arena, .out = out};
	int code = authority_ask_all(a, &q, 1);

	return code ? code : q.code;
}

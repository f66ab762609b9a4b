/* The authoritative servers of a zone, asked directly: see authority.h.
 *
 * authority_find() walks from the name upwards: the first name with a SOA record (and no CNAME, behind which it would be
 * another zone's) is the apex. authority_ask() holds one conversation with each server, all in one poll() loop: a connected UDP
 * socket, so that the kernel drops what others send and chooses a port at random; a random id; what does not fit is
 * passed over, and the wait goes on. */
#include "io/authority.h"

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
	REFUSED_WAIT = 100,        /* ms until the next try, where nobody listens on the port */
	READS_MAX = 16,            /* packets that are looked at before others have their turn */
	ZONE_LIFE = 5 * 60000,     /* ms */
	ZONE_LIFE_SHORT = 10000,   /* ms, where no server of the zone gave its SOA record */
	ZONE_SIZE_MAX = 64 * 1024, /* octets of the texts of one zone */
	PARENT_SERVERS_MAX = 4,    /* of the zone above, asked whether they delegate */
	SCRATCH_MAX = 4 * 1024 * 1024
};

struct zone_entry {
	struct zone_entry *next;
	struct authority_zone zone;
	struct arena arena;
	int64_t until; /* clock_milliseconds() */
};

struct authority {
	struct authority_options options;
	struct resolver *resolver; /* NULL: could not be made; only overrides are served */
	struct io_error resolver_error;
	struct zone_entry *zones; /* newest first */
	size_t zone_count;
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

static void free_zone(struct zone_entry *entry)
{
	arena_release(&entry->arena);
	free(entry);
}

void authority_forget(struct authority *a)
{
	for (struct zone_entry *entry = a->zones, *next; entry; entry = next) {
		next = entry->next;
		free_zone(entry);
	}
	a->zones = NULL;
	a->zone_count = 0;
}

void authority_tidy(struct authority *a)
{
	if (a->zone_count > AUTHORITY_ZONES_MAX / 2)
		authority_forget(a);
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
	bool done;
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

static void begin(struct talk *t)
{
	struct io_error error;

	t->udp = -1;
	t->tcp.fd = -1;
	if (endpoint_parse(t->out->server->address, &t->peer, &error) != INKAN_OK) {
		give_up(t, DNS_SERVFAIL, "%s", error.text);
		return;
	}
	t->udp = socket(t->peer.address.ss_family, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (t->udp < 0 || connect(t->udp, (struct sockaddr *)&t->peer.address, t->peer.size) != 0) {
		give_up(t, DNS_TIMEOUT, "%s", strerror(errno));
		return;
	}
	random_octets(&t->id, sizeof(t->id));
	send_query(t);
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
	if (wire_reply_parse(t->arena, packet, t->type, t->name, &reply) || reply.trouble)
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

/* Waits for the next event of any; false: all are done. */
static bool turn(struct talk *talks, size_t count)
{
	struct pollfd polled[AUTHORITY_SERVERS_MAX];
	struct talk *owners[AUTHORITY_SERVERS_MAX];
	int64_t now = clock_milliseconds(), deadline = INT64_MAX;
	nfds_t n = 0;

	for (size_t i = 0; i < count; i++) {
		struct talk *t = &talks[i];

		if (!t->done && t->deadline <= now)
			on_deadline(t);
		if (t->done)
			continue;
		bool tcp = t->tcp.fd >= 0;

		polled[n] = (struct pollfd){tcp ? t->tcp.fd : t->udp, tcp ? dns_tcp_events(&t->tcp) : POLLIN, 0};
		owners[n++] = t;
		deadline = t->deadline < deadline ? t->deadline : deadline;
	}
	if (!n)
		return false;
	int ready = poll(polled, n, deadline > now ? (int)(deadline - now) : 0);

	for (nfds_t i = 0; ready > 0 && i < n; i++) {
		if (!polled[i].revents)
			continue;
		if (owners[i]->tcp.fd >= 0)
			step_tcp(owners[i]);
		else
			read_udp(owners[i]);
	}
	return true;
}

/* name: normalised */
static int ask_servers(struct authority *a, struct arena *arena, const struct authority_server *servers, size_t count,
                       enum dns_type type, struct str name, struct authority_answer *out)
{
	struct talk *talks = calloc(count ? count : 1, sizeof(*talks));

	if (!talks)
		return INKAN_ENOMEM;
	for (size_t i = 0; i < count; i++) {
		out[i] = (struct authority_answer){.server = &servers[i]};
		talks[i] = (struct talk){.authority = a, .arena = arena, .type = type, .name = name, .out = &out[i]};
		begin(&talks[i]);
	}
	while (turn(talks, count))
		;
	free(talks);
	return arena_error(arena);
}

int authority_ask(struct authority *a, struct arena *arena, const struct authority_zone *zone, enum dns_type type,
                  struct str name, struct authority_answer *out)
{
	char normalised[DNS_NAME_MAX];
	size_t size;

	if (!dns_name_normalise(name, normalised, &size))
		return INKAN_EUSAGE;
	return ask_servers(a, arena, zone->servers, zone->server_count, type, str_from(normalised, size), out);
}

/* ---- finding a zone ---- */

/* Whether this host can send to addresses of that kind at all; nothing is sent. */
static bool has_route(const struct endpoint *peer)
{
	int fd = socket(peer->address.ss_family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	bool routed = fd >= 0 && connect(fd, (const struct sockaddr *)&peer->address, peer->size) == 0;

	if (fd >= 0)
		close(fd);
	return routed;
}

static void add_server(struct zone_entry *entry, struct str name, const struct endpoint *peer)
{
	struct authority_zone *zone = &entry->zone;

	if (zone->server_count == AUTHORITY_SERVERS_MAX)
		return;
	for (size_t i = 0; i < zone->server_count; i++)
		if (strcmp(zone->servers[i].address, peer->text) == 0)
			return;
	struct str address = arena_str(&entry->arena, str_c(peer->text)), label = arena_str(&entry->arena, name);

	if (!arena_error(&entry->arena))
		zone->servers[zone->server_count++] = (struct authority_server){label.p, address.p};
}

static int add_override(struct zone_entry *entry, const struct authority_override *override, struct io_error *error)
{
	for (size_t i = 0; i < override->server_count; i++) {
		struct endpoint peer;
		int code = endpoint_find(override->servers[i], &peer, error);

		if (code)
			return code;
		add_server(entry, str_c(override->servers[i]), &peer);
	}
	entry->zone.delegated = true;
	return INKAN_OK;
}

/* Whether a name lies in a zone or is its apex. */
static bool is_below(struct str name, struct str apex)
{
	return !apex.n || str_eq(name, apex) ||
	       (name.n > apex.n && name.p[name.n - apex.n - 1] == '.' && str_eq(str_skip(name, name.n - apex.n), apex));
}

static const struct authority_override *find_override(const struct authority *a, struct str name)
{
	const struct authority_override *best = NULL;

	for (size_t i = 0; i < a->options.override_count; i++) {
		const struct authority_override *o = &a->options.overrides[i];

		if (is_below(name, str_c(o->zone)) && (!best || strlen(o->zone) > strlen(best->zone)))
			best = o;
	}
	return best;
}

/* Has the resolver answer what is open in e. */
static int look_up(struct authority *a, struct evidence *e, struct io_error *error)
{
	if (!a->resolver) {
		if (error)
			*error = a->resolver_error;
		return INKAN_EIO;
	}
	int code = resolver_resolve(a->resolver, e, 0);

	return code ? code : evidence_error(e);
}

static int complain(const struct dns_question *q, const struct dns_answer *answer, struct io_error *error)
{
	return io_fail(error, "%s of %.*s: %s%s%.*s", dns_type_name(q->type), STR_ARG(q->name),
	               dns_status_name(answer->status), answer->why.n ? ": " : "", STR_ARG(answer->why));
}

/* Whether a zone begins at this name. */
static int is_apex(struct authority *a, struct evidence *e, struct str name, bool *out, struct io_error *error)
{
	const struct dns_question questions[] = {{DNS_SOA, name}, {DNS_CNAME, name}};
	const struct dns_answer *answers[2];

	for (size_t i = 0; i < 2; i++)
		(void)evidence_ask(e, questions[i].type, name);
	int code = look_up(a, e, error);

	if (code)
		return code;
	for (size_t i = 0; i < 2; i++) {
		answers[i] = evidence_find(e, questions[i].type, name);
		if (!answers[i] || dns_status_is_temporary(answers[i]->status))
			return complain(&questions[i],
			                answers[i] ? answers[i] : dns_answer_without_records(DNS_TIMEOUT), error);
	}
	*out = answers[0]->status == DNS_ANSWER && answers[1]->status != DNS_ANSWER;
	return INKAN_OK;
}

/* Walks upwards; *apex_out is a tail of `name`. */
static int walk(struct authority *a, struct evidence *e, struct str name, struct str *apex_out, struct io_error *error)
{
	for (struct str at = name; at.n; (void)str_split(&at, '.')) {
		bool found = false;
		int code = is_apex(a, e, at, &found, error);

		if (code)
			return code;
		if (found) {
			*apex_out = at;
			return INKAN_OK;
		}
	}
	return io_fail(error, "%.*s: no zone above it has a SOA record: the domain does not exist in DNS",
	               STR_ARG(name));
}

static void add_addresses(struct zone_entry *entry, struct evidence *e, enum dns_type type, struct str host)
{
	const struct dns_answer *answer = evidence_find(e, type, host);

	for (size_t i = 0; answer && i < answer->count; i++) {
		struct endpoint peer;
		struct buf text;

		buf_init(&text, ENDPOINT_TEXT_MAX);
		dns_address_print(&text, type, answer->records[i].address);
		buf_put_char(&text, '\0');
		if (!buf_error(&text) && endpoint_parse(text.p, &peer, NULL) == INKAN_OK && has_route(&peer))
			add_server(entry, host, &peer);
		buf_release(&text);
	}
}

/* The addresses of the name servers that the NS records of the zone name. */
static int add_name_servers(struct authority *a, struct evidence *e, struct zone_entry *entry, struct io_error *error)
{
	const struct dns_question question = {DNS_NS, str_c(entry->zone.apex)};

	(void)evidence_ask(e, DNS_NS, question.name);
	int code = look_up(a, e, error);

	if (code)
		return code;
	const struct dns_answer *ns = evidence_find(e, DNS_NS, question.name);

	if (!ns || ns->status != DNS_ANSWER)
		return complain(&question, ns ? ns : dns_answer_without_records(DNS_TIMEOUT), error);
	size_t count = ns->count < AUTHORITY_SERVERS_MAX ? ns->count : AUTHORITY_SERVERS_MAX;

	for (size_t i = 0; i < count; i++) {
		(void)evidence_ask(e, DNS_A, ns->records[i].name);
		(void)evidence_ask(e, DNS_AAAA, ns->records[i].name);
	}
	code = look_up(a, e, error);
	for (size_t i = 0; !code && i < count; i++) {
		add_addresses(entry, e, DNS_A, ns->records[i].name);
		add_addresses(entry, e, DNS_AAAA, ns->records[i].name);
	}
	if (!code && !entry->zone.server_count)
		return io_fail(error, "%s: none of its %zu name servers has an address that can be reached from here",
		               entry->zone.apex, ns->count);
	return code;
}

static int new_zone(struct str apex, struct zone_entry **out)
{
	struct zone_entry *entry = calloc(1, sizeof(*entry));

	if (!entry)
		return INKAN_ENOMEM;
	arena_init(&entry->arena, ZONE_SIZE_MAX);
	entry->zone.apex = arena_str(&entry->arena, apex).p;
	*out = entry;
	return arena_error(&entry->arena);
}

/* Whether a reply of the zone above says that there is, or is not, a zone below; -1: it says neither. */
static int says_delegated(const struct authority_answer *answer, struct str apex)
{
	switch (answer->answer.status) {
	case DNS_ANSWER:
		return 1;
	case DNS_NODATA:
	case DNS_NXDOMAIN:
		return 0;
	default:
		return str_eq(answer->referral, apex) ? 1 : -1;
	}
}

/* Asks the zone above. What cannot be found out is no reason to doubt: the resolver has found the zone. */
static int find_delegation(struct authority *a, struct evidence *e, struct zone_entry *entry)
{
	struct str apex = str_c(entry->zone.apex), above = str_skip(apex, str_find(apex, '.') + 1), parent_apex;
	struct authority_answer answers[PARENT_SERVERS_MAX];
	struct zone_entry *parent = NULL;
	struct arena scratch;
	int says = -1;

	entry->zone.delegated = true;
	if (!above.n || walk(a, e, above, &parent_apex, NULL))
		return INKAN_OK;
	arena_init(&scratch, SCRATCH_MAX);
	int code = new_zone(parent_apex, &parent);

	if (!code && add_name_servers(a, e, parent, NULL) == INKAN_OK) {
		size_t count = parent->zone.server_count;

		count = count < PARENT_SERVERS_MAX ? count : PARENT_SERVERS_MAX;
		code = ask_servers(a, &scratch, parent->zone.servers, count, DNS_NS, apex, answers);
		for (size_t i = 0; !code && says < 0 && i < count; i++)
			says = says_delegated(&answers[i], apex);
		entry->zone.delegated = says != 0;
	}
	if (parent)
		free_zone(parent);
	arena_release(&scratch);
	return code == INKAN_ELIMIT ? INKAN_OK : code;
}

/* How long absence is remembered, by the SOA record of the first server that has it. */
static int find_negative_ttl(struct authority *a, struct zone_entry *entry)
{
	struct authority_answer answers[AUTHORITY_SERVERS_MAX];
	struct authority_zone *zone = &entry->zone;
	struct arena scratch;

	arena_init(&scratch, SCRATCH_MAX);
	int code = ask_servers(a, &scratch, zone->servers, zone->server_count, DNS_SOA, str_c(zone->apex), answers);
	bool known = false;

	zone->negative_ttl = AUTHORITY_NEGATIVE_TTL;
	for (size_t i = 0; !code && i < zone->server_count && !known; i++) {
		known = answers[i].has_soa;
		if (known)
			zone->negative_ttl = answers[i].negative_ttl;
	}
	entry->until = clock_milliseconds() + (known ? ZONE_LIFE : ZONE_LIFE_SHORT);
	arena_release(&scratch);
	return code == INKAN_ELIMIT ? INKAN_OK : code;
}

static struct zone_entry *find_kept(const struct authority *a, struct str apex)
{
	for (struct zone_entry *entry = a->zones; entry; entry = entry->next)
		if (str_eq(str_c(entry->zone.apex), apex))
			return entry->until > clock_milliseconds() ? entry : NULL;
	return NULL;
}

static int make_zone(struct authority *a, struct evidence *e, struct str apex,
                     const struct authority_override *override, struct zone_entry **out, struct io_error *error)
{
	struct zone_entry *entry = NULL;

	if (a->zone_count == AUTHORITY_ZONES_MAX) {
		(void)io_fail(error, "more than %d zones at once", AUTHORITY_ZONES_MAX);
		return INKAN_ELIMIT;
	}
	int code = new_zone(apex, &entry);

	if (!code)
		code = override ? add_override(entry, override, error) : add_name_servers(a, e, entry, error);
	if (!code)
		code = arena_error(&entry->arena);
	if (!code && !override)
		code = find_delegation(a, e, entry);
	if (!code)
		code = find_negative_ttl(a, entry);
	if (code && entry)
		free_zone(entry);
	if (!code)
		*out = entry;
	return code;
}

static int find(struct authority *a, struct evidence *e, struct str name, const struct authority_zone **out,
                struct io_error *error)
{
	const struct authority_override *override = find_override(a, name);
	struct str apex = override ? str_c(override->zone) : STR("");
	int code = override ? INKAN_OK : walk(a, e, name, &apex, error);

	if (code)
		return code;
	struct zone_entry *entry = find_kept(a, apex);

	if (!entry) {
		code = make_zone(a, e, apex, override, &entry, error);
		if (code)
			return code;
		entry->next = a->zones;
		a->zones = entry;
		a->zone_count++;
	}
	*out = &entry->zone;
	return INKAN_OK;
}

int authority_find(struct authority *a, struct str name, const struct authority_zone **out, struct io_error *error)
{
	char normalised[DNS_NAME_MAX];
	struct evidence *e = NULL;
	size_t size;

	if (!dns_name_normalise(name, normalised, &size)) {
		(void)io_fail(error, "\"%.*s\" is no domain name", (int)(name.n < 100 ? name.n : 100), name.p);
		return INKAN_EUSAGE;
	}
	int code = evidence_new(NULL, 0, 0, &e);

	if (!code)
		code = find(a, e, str_from(normalised, size), out, error);
	evidence_free(e);
	return code;
}

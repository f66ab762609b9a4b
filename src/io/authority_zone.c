/* Finding zones and their servers, for many names side by side.
 *
 * From each name it is walked upwards: the first name with a SOA record (and no CNAME, behind which it would be another zone's)
 * is the apex. For what is not kept from before, then: its NS records, their addresses, whether the zone above delegates, its
 * SOA record. At each of these stages all open questions are asked together; each name (and zone) has an evidence and an end of its
 * own, so that none changes what is found of another. Reading order: authority_find_all() -> find_some(). */
#include <stdlib.h>
#include <unistd.h>

#include "io/authority_inside.h"
#include "io/clock.h"
#include "io/endpoint.h"

enum {
	ZONE_LIFE = 5 * 60000,          /* ms */
	ZONE_LIFE_SHORT = 10000,        /* ms, where no server of the zone gave its SOA record */
	ZONE_SIZE_MAX = 64 * 1024,      /* octets of the texts of one zone */
	PARENT_SERVERS_MAX = 4,         /* of the zone above, asked whether they delegate */
	SCRATCH_MAX = 4 * 1024 * 1024,  /* octets of all replies about one zone */
	EVIDENCE_MAX = 2 * 1024 * 1024, /* octets of all answers that one zone is found by */
	LOOK_UPS_MAX = 1024             /* questions to the resolver at once */
};

/* ---- zones that are kept ---- */

static void free_zone(struct authority_zone_entry *entry)
{
	if (entry)
		arena_release(&entry->arena);
	free(entry);
}

void authority_forget(struct authority *a)
{
	for (struct authority_zone_entry *entry = a->zones, *next; entry; entry = next) {
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

static int new_zone(struct str apex, struct authority_zone_entry **out)
{
	struct authority_zone_entry *entry = calloc(1, sizeof(*entry));

	if (!entry)
		return INKAN_ENOMEM;
	arena_init(&entry->arena, ZONE_SIZE_MAX);
	entry->zone.apex = arena_str(&entry->arena, apex).p;
	*out = entry;
	return arena_error(&entry->arena);
}

static struct authority_zone_entry *find_kept(const struct authority *a, struct str apex)
{
	for (struct authority_zone_entry *entry = a->zones; entry; entry = entry->next)
		if (str_eq(str_c(entry->zone.apex), apex))
			return entry->until > clock_milliseconds() ? entry : NULL;
	return NULL;
}

/* ---- servers ---- */

/* Whether this host can send to addresses of that kind at all; nothing is sent. */
static bool has_route(const struct endpoint *peer)
{
	int fd = socket(peer->address.ss_family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	bool routed = fd >= 0 && connect(fd, (const struct sockaddr *)&peer->address, peer->size) == 0;

	if (fd >= 0)
		close(fd);
	return routed;
}

static void add_server(struct authority_zone_entry *entry, struct str name, const struct endpoint *peer)
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

static int add_override(struct authority_zone_entry *entry, const struct authority_override *override,
                        struct io_error *error)
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

/* ---- one name, one zone ---- */

/* A name on its way up to its zone. */
struct walk {
	struct evidence *e;
	struct str name, at, apex; /* tails of the name; apex: once it is found */
	int code;
	struct io_error *error; /* NULL: nobody wants it */
	bool is_done;
};

/* A zone on its way to be kept. */
struct making {
	struct authority_zone_entry *entry;
	const struct authority_override *override; /* NULL: by asking the world */
	struct evidence *e;
	int code;
	struct io_error *error;
	struct authority_zone_entry *parent; /* NULL: not known, or none */
	struct arena scratch;
	struct authority_answer answers[AUTHORITY_SERVERS_MAX];
};

static int complain(const struct dns_question *q, const struct dns_answer *answer, struct io_error *error)
{
	return io_fail(error, "%s of %.*s: %s%s%.*s", dns_type_name(q->type), STR_ARG(q->name),
	               dns_status_name(answer->status), answer->why.n ? ": " : "", STR_ARG(answer->why));
}

/* ---- asking the resolver ---- */

static int look_up(struct authority *a, struct evidence *const *list, size_t count, struct io_error *error)
{
	if (a->resolver)
		return resolver_resolve_all(a->resolver, list, count, 0);
	if (error)
		*error = a->resolver_error;
	return INKAN_EIO;
}

/* Has the resolver answer what is open in the evidences; those that are NULL are passed over. */
static int look_up_all(struct authority *a, struct evidence *const *list, size_t count, struct io_error *error)
{
	struct evidence **some = calloc(count ? count : 1, sizeof(struct evidence *));
	size_t n = 0, questions = 0;
	int code = some ? INKAN_OK : INKAN_ENOMEM;

	for (size_t i = 0; i < count && !code; i++) {
		const struct dns_question *open;

		if (list[i]) {
			questions += evidence_open(list[i], &open);
			some[n++] = list[i];
		}
		if (n && (questions >= LOOK_UPS_MAX || i + 1 == count)) {
			code = look_up(a, some, n, error);
			for (size_t k = 0; k < n && !code; k++)
				code = evidence_error(some[k]);
			n = questions = 0;
		}
	}
	free(some);
	return code;
}

/* ---- walking up ---- */

static void ask_whether_apex(struct walk *w)
{
	(void)evidence_ask(w->e, DNS_SOA, w->at);
	(void)evidence_ask(w->e, DNS_CNAME, w->at);
}

static void end_walk(struct walk *w, int code)
{
	w->code = code;
	w->is_done = true;
}

/* One name up, where no zone begins at this one. */
static void go_up(struct walk *w)
{
	const struct dns_question questions[] = {{DNS_SOA, w->at}, {DNS_CNAME, w->at}};
	const struct dns_answer *answers[2];

	for (size_t i = 0; i < 2; i++) {
		answers[i] = evidence_find(w->e, questions[i].type, w->at);
		if (!answers[i] || dns_status_is_temporary(answers[i]->status)) {
			end_walk(w,
			         complain(&questions[i],
			                  answers[i] ? answers[i] : dns_answer_without_records(DNS_TIMEOUT), w->error));
			return;
		}
	}
	if (answers[0]->status == DNS_ANSWER && answers[1]->status != DNS_ANSWER) {
		w->apex = w->at;
		end_walk(w, INKAN_OK);
		return;
	}
	(void)str_split(&w->at, '.');
	if (!w->at.n)
		end_walk(w,
		         io_fail(w->error, "%.*s: no zone above it has a SOA record: the domain does not exist in DNS",
		                 STR_ARG(w->name)));
}

static int walk_all(struct authority *a, struct walk *walks, size_t count)
{
	struct evidence **open = calloc(count ? count : 1, sizeof(struct evidence *));
	struct io_error error = {""};
	bool is_left = true;
	int code = open ? INKAN_OK : INKAN_ENOMEM;

	while (is_left && !code) {
		is_left = false;
		for (size_t i = 0; i < count; i++) {
			open[i] = walks[i].is_done ? NULL : walks[i].e;
			is_left = is_left || open[i];
			if (open[i])
				ask_whether_apex(&walks[i]);
		}
		code = is_left ? look_up_all(a, open, count, &error) : INKAN_OK;
		for (size_t i = 0; i < count; i++) {
			if (open[i] && code == INKAN_EIO)
				end_walk(&walks[i], io_fail(walks[i].error, "%s", error.text));
			else if (open[i] && !code)
				go_up(&walks[i]);
		}
		code = code == INKAN_EIO ? INKAN_OK : code;
	}
	free(open);
	return code;
}

/* ---- the servers of a zone ---- */

static void add_addresses(struct authority_zone_entry *entry, struct evidence *e, enum dns_type type, struct str host)
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

static void ask_addresses(struct evidence *e, const struct dns_answer *ns)
{
	for (size_t i = 0; ns && ns->status == DNS_ANSWER && i < ns->count && i < AUTHORITY_SERVERS_MAX; i++) {
		(void)evidence_ask(e, DNS_A, ns->records[i].name);
		(void)evidence_ask(e, DNS_AAAA, ns->records[i].name);
	}
}

static int take_name_servers(struct authority_zone_entry *entry, struct evidence *e, struct io_error *error)
{
	const struct dns_question question = {DNS_NS, str_c(entry->zone.apex)};
	const struct dns_answer *ns = evidence_find(e, DNS_NS, question.name);

	if (!ns || ns->status != DNS_ANSWER)
		return complain(&question, ns ? ns : dns_answer_without_records(DNS_TIMEOUT), error);
	for (size_t i = 0; i < ns->count && i < AUTHORITY_SERVERS_MAX; i++) {
		add_addresses(entry, e, DNS_A, ns->records[i].name);
		add_addresses(entry, e, DNS_AAAA, ns->records[i].name);
	}
	if (!entry->zone.server_count)
		return io_fail(error, "%s: none of its %zu name servers has an address that can be reached from here",
		               entry->zone.apex, ns->count);
	return INKAN_OK;
}

/* The zone whose servers are wanted: the one that is made, or the one above it. */
static struct authority_zone_entry *subject(const struct making *m, bool parents)
{
	return m->code || m->override ? NULL : parents ? m->parent : m->entry;
}

/* The addresses of the name servers that the NS records name. */
static int add_name_servers(struct authority *a, struct making *list, size_t count, bool parents)
{
	struct evidence **open = calloc(count ? count : 1, sizeof(struct evidence *));
	int code = open ? INKAN_OK : INKAN_ENOMEM;

	for (size_t i = 0; i < count && !code; i++) {
		const struct authority_zone_entry *entry = subject(&list[i], parents);

		open[i] = entry ? list[i].e : NULL;
		if (entry)
			(void)evidence_ask(list[i].e, DNS_NS, str_c(entry->zone.apex));
	}
	if (!code)
		code = look_up_all(a, open, count, NULL);
	for (size_t i = 0; i < count && !code; i++)
		if (open[i])
			ask_addresses(open[i],
			              evidence_find(open[i], DNS_NS, str_c(subject(&list[i], parents)->zone.apex)));
	if (!code)
		code = look_up_all(a, open, count, NULL);
	for (size_t i = 0; i < count && !code; i++) {
		struct making *m = &list[i];

		if (!open[i])
			continue;
		if (!parents)
			m->code = take_name_servers(m->entry, m->e, m->error);
		else if (take_name_servers(m->parent, m->e, NULL))
			m->parent->zone.server_count = 0;
	}
	free(open);
	return code;
}

/* ---- whether the zone above delegates ---- */

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

/* What cannot be found out is no reason to doubt: the resolver has found the zone. */
static int find_parents(struct authority *a, struct making *list, size_t count)
{
	struct walk *walks = calloc(count ? count : 1, sizeof(*walks));
	int code = walks ? INKAN_OK : INKAN_ENOMEM;

	for (size_t i = 0; i < count && !code; i++) {
		struct str apex = str_c(list[i].entry->zone.apex), above = str_skip(apex, str_find(apex, '.') + 1);

		walks[i] = (struct walk){.e = list[i].e, .name = above, .at = above};
		walks[i].is_done = list[i].code || list[i].override || !above.n;
	}
	if (!code)
		code = walk_all(a, walks, count);
	for (size_t i = 0; i < count && !code; i++)
		if (walks[i].apex.n)
			code = new_zone(walks[i].apex, &list[i].parent);
	free(walks);
	return code;
}

/* Asks those of the zones that `wanted` has a question for, each about its apex, into making.answers. */
static int ask_makings(struct authority *a, struct making *list, size_t count,
                       bool (*wanted)(struct making *m, struct asking *out))
{
	struct asking *askings = calloc(count ? count : 1, sizeof(*askings));
	size_t n = 0;
	int code = askings ? INKAN_OK : INKAN_ENOMEM;

	for (size_t i = 0; i < count && !code; i++) {
		struct making *m = &list[i];
		struct asking asking = {.name = str_c(m->entry->zone.apex), .arena = &m->scratch, .out = m->answers};

		if (!m->code && wanted(m, &asking))
			askings[n++] = asking;
	}
	if (!code)
		code = authority_converse(a, askings, n);
	free(askings);
	return code;
}

static bool want_delegation(struct making *m, struct asking *out)
{
	if (!m->parent || !m->parent->zone.server_count)
		return false;
	out->type = DNS_NS;
	out->servers = m->parent->zone.servers;
	out->count = m->parent->zone.server_count;
	out->count = out->count < PARENT_SERVERS_MAX ? out->count : PARENT_SERVERS_MAX;
	return true;
}

/* An error of the replies' memory: too much is as good as nothing. */
static int memory_error(const struct making *m)
{
	return arena_error(&m->scratch) == INKAN_ENOMEM ? INKAN_ENOMEM : INKAN_OK;
}

static int find_delegations(struct authority *a, struct making *list, size_t count)
{
	int code = find_parents(a, list, count);

	if (!code)
		code = add_name_servers(a, list, count, true);
	if (!code)
		code = ask_makings(a, list, count, want_delegation);
	for (size_t i = 0; i < count && !code; i++) {
		struct making *m = &list[i];
		struct asking asked;
		int says = -1;

		m->entry->zone.delegated = true;
		if (m->code || !want_delegation(m, &asked))
			continue;
		for (size_t k = 0; k < asked.count && says < 0; k++)
			says = says_delegated(&m->answers[k], str_c(m->entry->zone.apex));
		m->entry->zone.delegated = says != 0;
		m->code = memory_error(m);
	}
	return code;
}

/* ---- how long absence is remembered ---- */

static bool want_soa(struct making *m, struct asking *out)
{
	out->type = DNS_SOA;
	out->servers = m->entry->zone.servers;
	out->count = m->entry->zone.server_count;
	return true;
}

/* By the SOA record of the first server that has it. */
static int find_negative_ttls(struct authority *a, struct making *list, size_t count)
{
	for (size_t i = 0; i < count; i++)
		arena_reset(&list[i].scratch);
	int code = ask_makings(a, list, count, want_soa);

	for (size_t i = 0; i < count && !code; i++) {
		struct making *m = &list[i];
		struct authority_zone *zone = &m->entry->zone;
		bool known = false;

		zone->negative_ttl = AUTHORITY_NEGATIVE_TTL;
		for (size_t k = 0; !m->code && k < zone->server_count && !known; k++) {
			known = m->answers[k].has_soa;
			if (known)
				zone->negative_ttl = m->answers[k].negative_ttl;
		}
		m->entry->until = clock_milliseconds() + (known ? ZONE_LIFE : ZONE_LIFE_SHORT);
		m->code = m->code ? m->code : memory_error(m);
	}
	return code;
}

/* ---- making zones ---- */

static int begin_zone(struct making *m, struct str apex)
{
	arena_init(&m->scratch, SCRATCH_MAX);
	int code = new_zone(apex, &m->entry);

	if (!code && m->override)
		m->code = add_override(m->entry, m->override, m->error);
	return code;
}

/* Keeps what was made; the rest goes. */
static void end_zone(struct authority *a, struct making *m, int code)
{
	m->code = code ? code : m->code ? m->code : arena_error(&m->entry->arena);
	if (!m->code && a->zone_count == AUTHORITY_ZONES_MAX) {
		(void)io_fail(m->error, "more than %d zones at once", AUTHORITY_ZONES_MAX);
		m->code = INKAN_ELIMIT;
	}
	if (m->code) {
		free_zone(m->entry);
		m->entry = NULL;
	} else {
		m->entry->next = a->zones;
		a->zones = m->entry;
		a->zone_count++;
	}
	free_zone(m->parent);
	arena_release(&m->scratch);
}

/* ---- many names ---- */

/* What is under way for one name. */
struct finding {
	char name[DNS_NAME_MAX];
	const struct authority_override *override;
	struct authority_zone_entry *kept;
	size_t making; /* where nothing is kept: its number */
};

struct batch {
	struct authority *a;
	struct authority_search *searches;
	struct finding *findings;
	struct walk *walks;
	struct making *makings;
	size_t count, making_count;
};

static int begin_walk(struct batch *b, size_t i)
{
	struct authority_search *s = &b->searches[i];
	struct finding *f = &b->findings[i];
	struct walk *w = &b->walks[i];
	size_t size;

	s->zone = NULL;
	s->error.text[0] = '\0';
	*w = (struct walk){.error = &s->error};
	if (!dns_name_normalise(s->name, f->name, &size)) {
		(void)io_fail(&s->error, "\"%.*s\" is no domain name", (int)(s->name.n < 100 ? s->name.n : 100),
		              s->name.p);
		end_walk(w, INKAN_EUSAGE);
		return INKAN_OK;
	}
	w->name = w->at = str_from(f->name, size);
	f->override = find_override(b->a, w->name);
	if (f->override) {
		w->apex = str_c(f->override->zone);
		end_walk(w, INKAN_OK);
	}
	return evidence_new(NULL, EVIDENCE_MAX, 0, &w->e);
}

/* The zone that is kept, or the one that is being made, or a new one to be made. */
static int choose_zone(struct batch *b, size_t i)
{
	struct finding *f = &b->findings[i];
	const struct walk *w = &b->walks[i];

	if (w->code)
		return INKAN_OK;
	f->kept = find_kept(b->a, w->apex);
	while (f->making < b->making_count && !str_eq(str_c(b->makings[f->making].entry->zone.apex), w->apex))
		f->making++;
	if (f->kept || f->making < b->making_count)
		return INKAN_OK;
	struct making *m = &b->makings[b->making_count++];

	*m = (struct making){.override = f->override, .e = w->e, .error = &b->searches[i].error};
	return begin_zone(m, w->apex);
}

static void take_zone(struct batch *b, size_t i)
{
	struct authority_search *s = &b->searches[i];
	const struct finding *f = &b->findings[i];

	s->code = b->walks[i].code;
	if (s->code)
		return;
	if (f->kept) {
		s->zone = &f->kept->zone;
		return;
	}
	const struct making *m = &b->makings[f->making];

	s->code = m->code;
	s->zone = m->code ? NULL : &m->entry->zone;
	if (m->error != &s->error)
		s->error = *m->error;
}

static int make_zones(struct batch *b)
{
	int code = INKAN_OK;

	for (size_t i = 0; i < b->count && !code; i++)
		code = choose_zone(b, i);
	if (!code)
		code = add_name_servers(b->a, b->makings, b->making_count, false);
	if (!code)
		code = find_delegations(b->a, b->makings, b->making_count);
	if (!code)
		code = find_negative_ttls(b->a, b->makings, b->making_count);
	for (size_t i = 0; i < b->making_count; i++)
		end_zone(b->a, &b->makings[i], code);
	return code;
}

/* count: at most AUTHORITY_FIND_MAX */
static int find_some(struct authority *a, struct authority_search *list, size_t count)
{
	struct batch b = {.a = a, .searches = list, .count = count};
	int code = INKAN_OK;

	b.findings = calloc(count, sizeof(*b.findings));
	b.walks = calloc(count, sizeof(*b.walks));
	b.makings = calloc(count, sizeof(*b.makings));
	if (!b.findings || !b.walks || !b.makings)
		code = INKAN_ENOMEM;
	for (size_t i = 0; i < count && !code; i++)
		code = begin_walk(&b, i);
	if (!code)
		code = walk_all(a, b.walks, count);
	if (!code)
		code = make_zones(&b);
	for (size_t i = 0; i < count && !code; i++)
		take_zone(&b, i);
	for (size_t i = 0; b.walks && i < count; i++)
		evidence_free(b.walks[i].e);
	free(b.findings);
	free(b.walks);
	free(b.makings);
	return code;
}

int authority_find_all(struct authority *a, struct authority_search *list, size_t count)
{
	int code = INKAN_OK;

	for (size_t at = 0; at < count && !code; at += AUTHORITY_FIND_MAX)
		code = find_some(a, list + at, count - at < AUTHORITY_FIND_MAX ? count - at : AUTHORITY_FIND_MAX);
	return code;
}

int authority_find(struct authority *a, struct str name, const struct authority_zone **out, struct io_error *error)
{
	struct authority_search search = {.name = name};
	int code = authority_find_all(a, &search, 1);

	if (code || search.code) {
		if (error)
			*error = search.error;
		return code ? code : search.code;
	}
	*out = search.zone;
	return INKAN_OK;
}

/* Reading order: lab_mail_send(); lab_mail_deliver() -> verify() -> answer_key() -> look_up(). */
#include "cli/lab_mail.h"

#include <stdio.h>
#include <stdlib.h>

#include "auth/message.h"

enum {
	MINUTES = LAB_MAIL_DAYS_MAX * 1440,
	MESSAGE_MAX = 64 * 1024,
	MEMORY_MAX = 8 * 1024 * 1024,
	ROUNDS_MAX = 8,
	AT_ONCE = 92, /* of 100 messages: delivered within the minute ... */
	SOON = 5,     /* ... within four hours; the others within days */
	SOON_MAX = 4 * 3600,
	CURIOUS = 3, /* one of so many deliveries: the receiver asks for another selector too, as tools do */
	HOUR = 3600
};

/* A message in the queue. */
struct letter {
	struct letter *next;
	unix_time sent;
	unsigned receiver;
	size_t n;
	char octets[];
};

/* What a receiver remembers of one name. */
struct remembered {
	unix_time until;
	enum dns_status status;
	bool is_alias;
	size_t n;
	char text[IDENTITY_RECORD_MAX];
};

struct lab_mail {
	struct lab_world *world;
	struct lab_chance *chance;
	char names[IDENTITY_SLOTS_MAX][DNS_NAME_MAX + 1]; /* selector._domainkey.domain */
	char author[DNS_NAME_MAX + 8];
	size_t slots;
	unix_time start;
	struct letter *due[MINUTES]; /* by minute since the start */
	size_t waiting;
	bool secondary;
	struct remembered cache[LAB_MAIL_RECEIVERS][IDENTITY_SLOTS_MAX][2]; /* of the alias, of the key */
	struct inkan_message *message;
	struct arena arena;
	struct lab_mail_counts counts;
};

/* splitmix64: Steele, Lea, Flood 2014 */
uint64_t lab_chance(struct lab_chance *c, uint64_t below)
{
	uint64_t z = c->state += UINT64_C(0x9e3779b97f4a7c15);

	z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
	return (z ^ (z >> 31)) % below;
}

int lab_mail_new(struct lab_world *w, const struct identity *identity, struct lab_chance *chance, struct lab_mail **out)
{
	struct inkan_message_options options;
	struct lab_mail *m = calloc(1, sizeof *m);

	if (!m)
		return INKAN_ENOMEM;
	m->world = w;
	m->chance = chance;
	m->slots = identity->slot_count;
	m->start = w->now;
	m->secondary = true;
	m->counts.first_failure = UNIX_TIME_NONE;
	for (size_t i = 0; i < m->slots; i++)
		identity_slot_name(identity, &identity->slots[i], m->names[i]);
	snprintf(m->author, sizeof m->author, "info@%s", identity->domain);
	arena_init(&m->arena, MEMORY_MAX);
	inkan_message_options_init(&options);
	options.now = w->now;
	int error = inkan_message_new(w->context, &options, &m->message);

	if (error) {
		lab_mail_free(m);
		return error;
	}
	*out = m;
	return INKAN_OK;
}

void lab_mail_free(struct lab_mail *m)
{
	if (!m)
		return;
	for (size_t i = 0; i < MINUTES; i++)
		while (m->due[i]) {
			struct letter *letter = m->due[i];

			m->due[i] = letter->next;
			free(letter);
		}
	inkan_message_free(m->message);
	arena_release(&m->arena);
	free(m);
}

size_t lab_mail_waiting(const struct lab_mail *m)
{
	return m->waiting;
}

void lab_mail_set_secondary(struct lab_mail *m, bool up)
{
	m->secondary = up;
}

const struct lab_mail_counts *lab_mail_counts(const struct lab_mail *m)
{
	return &m->counts;
}

/* ---- sending ---- */

static int enqueue(struct lab_mail *m, struct letter *letter, unix_time due)
{
	int64_t minute = (due - m->start) / LAB_MINUTE;

	if (minute < 0 || minute >= MINUTES) {
		free(letter);
		return INKAN_ELIMIT;
	}
	letter->next = m->due[minute];
	m->due[minute] = letter;
	m->waiting++;
	return INKAN_OK;
}

static int64_t delay(struct lab_mail *m)
{
	uint64_t kind = lab_chance(m->chance, 100);

	if (kind < AT_ONCE)
		return 0;
	if (kind < AT_ONCE + SOON)
		return (int64_t)lab_chance(m->chance, SOON_MAX);
	return (int64_t)lab_chance(m->chance, LAB_MAIL_QUEUE);
}

int lab_mail_send(struct lab_mail *m)
{
	struct buf octets;
	size_t signatures;

	buf_init(&octets, MESSAGE_MAX);
	int error = lab_sign(m->world, m->author, "Daily business", &octets, &signatures);
	struct letter *letter = error ? NULL : malloc(sizeof *letter + octets.n);

	if (!error && !letter)
		error = INKAN_ENOMEM;
	if (!error) {
		*letter = (struct letter){.sent = m->world->now,
		                          .receiver = (unsigned)lab_chance(m->chance, LAB_MAIL_RECEIVERS),
		                          .n = octets.n};
		memcpy(letter->octets, octets.p, octets.n);
		m->counts.sent++;
		m->counts.no_signature += signatures == 0;
		error = enqueue(m, letter, m->world->now + delay(m));
	}
	buf_release(&octets);
	return error;
}

/* ---- what receivers know of DNS ---- */

static void remember(struct remembered *r, const struct authority_answer *a, unix_time now)
{
	const struct dns_answer *answer = &a->answer;
	struct str text = a->alias.n ? a->alias : answer->count ? answer->records[0].text : STR_NULL;
	uint32_t ttl = a->alias.n                                ? (uint32_t)EXPECTED_TTL
	               : answer->status == DNS_ANSWER            ? answer->ttl
	               : dns_status_is_temporary(answer->status) ? 0
	                                                         : a->negative_ttl;

	*r = (struct remembered){.until = now + ttl,
	                         .status = answer->status,
	                         .is_alias = a->alias.n > 0,
	                         .n = text.n < sizeof r->text ? text.n : 0};
	if (r->n)
		memcpy(r->text, text.p, r->n);
}

/* Asks any of the servers, the other where that one is down. */
static int ask(struct lab_mail *m, struct str name, struct remembered *out)
{
	size_t server = (size_t)lab_chance(m->chance, m->world->server_count);
	struct authority_answer answer = {.alias = STR_NULL};

	if (!m->secondary)
		server = 0;
	arena_reset(&m->arena);
	int error = lab_ask_once(m->world, &m->arena, server, DNS_TXT, name, &answer);

	m->counts.asked++;
	if (!error)
		remember(out, &answer, m->world->now);
	return error;
}

static int look_up(struct lab_mail *m, struct remembered *r, struct str name)
{
	if (r->until > m->world->now) {
		m->counts.from_cache++;
		return INKAN_OK;
	}
	return ask(m, name, r);
}

/* The key record behind a selector, as that receiver has it now. */
static int look_up_key(struct lab_mail *m, unsigned receiver, size_t slot, const struct remembered **out)
{
	struct remembered *r = m->cache[receiver][slot];
	int error = look_up(m, &r[0], str_c(m->names[slot]));

	*out = &r[0];
	if (error || !r[0].is_alias)
		return error;
	*out = &r[1];
	return look_up(m, &r[1], str_from(r[0].text, r[0].n));
}

static int answer_key(struct lab_mail *m, unsigned receiver, struct evidence *evidence, struct str name, size_t slot)
{
	const struct remembered *known;
	int error = look_up_key(m, receiver, slot, &known);

	if (error)
		return error;
	const struct dns_record record = {.text = str_from(known->text, known->n)};
	const struct dns_answer answer = {
		.status = known->status, .records = &record, .count = known->status == DNS_ANSWER ? 1 : 0};

	return evidence_add(evidence, DNS_TXT, name, &answer);
}

static int answer_open(struct lab_mail *m, unsigned receiver, struct evidence *evidence)
{
	const struct dns_question *open;
	int error = INKAN_OK;

	while (!error && evidence_open(evidence, &open)) {
		const struct dns_question question = open[0];
		size_t slot = 0;

		while (slot < m->slots && !str_eq(question.name, str_c(m->names[slot])))
			slot++;
		if (slot < m->slots && question.type == DNS_TXT)
			error = answer_key(m, receiver, evidence, question.name, slot);
		else /* policies are no part of this story */
			error = evidence_add(evidence, question.type, question.name,
			                     dns_answer_without_records(DNS_NXDOMAIN));
	}
	return error;
}

/* ---- delivery ---- */

enum outcome_of_letter { VERIFIED, NOT_VERIFIED, TRY_AGAIN };

static int judge(struct lab_mail *m, const struct letter *letter)
{
	inkan_message_reset(m->message);
	inkan_message_set_time(m->message, m->world->now);
	int error = inkan_message_write(m->message, letter->octets, letter->n);

	if (!error)
		error = inkan_message_end(m->message);
	for (int round = 0; !error && round < ROUNDS_MAX; round++) {
		error = inkan_message_evaluate(m->message);
		if (error != INKAN_NEED_DNS)
			return error;
		error = answer_open(m, letter->receiver, message_evidence(m->message));
	}
	return error ? error : INKAN_ELIMIT;
}

static int verify(struct lab_mail *m, const struct letter *letter, enum outcome_of_letter *out)
{
	int error = judge(m, letter);

	if (error)
		return error;
	const struct inkan_dkim_result *results;
	size_t count = inkan_message_dkim(m->message, &results);

	*out = NOT_VERIFIED;
	for (size_t i = 0; i < count; i++)
		if (results[i].result == INKAN_PASS)
			*out = VERIFIED;
		else if (results[i].result == INKAN_TEMPERROR && *out == NOT_VERIFIED)
			*out = TRY_AGAIN;
	return INKAN_OK;
}

static void count_delivery(struct lab_mail *m, const struct letter *letter, enum outcome_of_letter outcome)
{
	int64_t taken = m->world->now - letter->sent;

	m->counts.delivered++;
	m->counts.late += taken >= HOUR;
	m->counts.latest = taken > m->counts.latest ? taken : m->counts.latest;
	if (outcome == VERIFIED)
		return;
	m->counts.not_verified++;
	if (m->counts.first_failure == UNIX_TIME_NONE)
		m->counts.first_failure = m->world->now;
}

static int deliver(struct lab_mail *m, struct letter *letter)
{
	enum outcome_of_letter outcome;
	int error = verify(m, letter, &outcome);

	if (!error && outcome == TRY_AGAIN) {
		m->counts.retried++;
		return enqueue(m, letter, m->world->now + LAB_MAIL_RETRY);
	}
	if (!error)
		count_delivery(m, letter, outcome);
	if (!error && lab_chance(m->chance, CURIOUS) == 0) {
		const struct remembered *ignored;

		error = look_up_key(m, letter->receiver, (size_t)lab_chance(m->chance, m->slots), &ignored);
	}
	free(letter);
	return error;
}

int lab_mail_deliver(struct lab_mail *m)
{
	int64_t minute = (m->world->now - m->start) / LAB_MINUTE;
	int error = INKAN_OK;

	if (minute < 0 || minute >= MINUTES)
		return INKAN_ELIMIT;
	while (m->due[minute] && !error) {
		struct letter *letter = m->due[minute];

		m->due[minute] = letter->next;
		m->waiting--;
		error = deliver(m, letter);
	}
	return error;
}

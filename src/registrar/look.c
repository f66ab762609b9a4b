/* What DNS shows of identities: each record at each authoritative server.
 *
 * All records of all identities are asked for at once; then, again at once, what tells the mistake behind those that are not as they
 * should be. What one identity meets (too many octets, a zone that is not found) ends nothing of another. Reading order:
 * registrar_look_all() -> look_at_records(), name_mistakes(), look_at_foreign_keys(). */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "check/mistakes.h"
#include "registrar/internal.h"
#include "sig/key_record.h"

enum { KEY_MEMORY_MAX = 256 * 1024 /* octets to read two key records in */ };

/* ---- is it what is expected? ---- */

bool registrar_same_key(struct registrar *r, struct str a, struct str b)
{
	struct dkim_key_record first, second;
	struct arena scratch;

	if (str_eq(a, b))
		return true;
	arena_init(&scratch, KEY_MEMORY_MAX);
	if (dkim_key_record_parse(r->crypto, &scratch, a, &first)) {
		arena_release(&scratch);
		return false;
	}
	bool same = dkim_key_record_parse(r->crypto, &scratch, b, &second) == INKAN_OK;

	if (same) {
		same = first.fault == second.fault &&
		       (first.fault == DKIM_KEY_REVOKED || (first.key && public_key_eq(first.key, second.key)));
		dkim_key_record_release(&second);
	}
	dkim_key_record_release(&first);
	arena_release(&scratch);
	return same;
}

/* One SPF record, and that one; other texts may stand beside it. */
static bool has_spf(const struct dns_answer *answer, struct str wanted)
{
	size_t found = 0;
	bool same = false;

	for (size_t i = 0; i < answer->count; i++)
		if (registrar_is_spf(answer->records[i].text)) {
			found++;
			same = str_ieq(answer->records[i].text, wanted);
		}
	return found == 1 && same;
}

static bool is_as_expected(struct registrar *r, const struct expected *e, const struct authority_answer *a)
{
	const struct record_set found = {.name = e->set.name,
	                                 .type = e->set.type,
	                                 .records = a->answer.records,
	                                 .count = a->answer.status == DNS_ANSWER ? a->answer.count : 0};

	if (e->kind == EXPECTED_MAIL_FROM_SPF && e->set.count)
		return has_spf(&a->answer, e->set.records[0].text);
	if (e->kind == EXPECTED_KEY && e->set.count == 1)
		return found.count == 1 && registrar_same_key(r, found.records[0].text, e->set.records[0].text);
	return record_set_eq(&found, &e->set);
}

/* ---- looking ---- */

struct votes {
	size_t there, absent, other, unknown;
};

static void count_vote(struct registrar *r, const struct expected *e, const struct authority_answer *a, struct votes *v)
{
	if (dns_status_is_temporary(a->answer.status))
		v->unknown++;
	else if (is_as_expected(r, e, a))
		v->there++;
	else if (a->answer.status == DNS_ANSWER || a->alias.n)
		v->other++;
	else
		v->absent++;
}

static enum sight decide(const struct votes *v)
{
	if (v->unknown || v->there + v->other + v->absent == 0)
		return SIGHT_UNKNOWN;
	if (v->other + v->absent == 0)
		return SIGHT_THERE;
	return v->there ? SIGHT_PART : v->other ? SIGHT_OTHER : SIGHT_ABSENT;
}

/* ---- why not ---- */

__attribute__((format(printf, 2, 3))) static const char *say(struct arena *arena, const char *format, ...)
{
	char line[2 * DNS_NAME_MAX + 200];
	va_list args;

	va_start(args, format);
	vsnprintf(line, sizeof line, format, args);
	va_end(args);
	struct str copy = arena_str(arena, str_c(line));

	return copy.p ? copy.p : "";
}

/* The answer that shows the mistake: the first that is not as expected. */
static const struct authority_answer *wrong_answer(struct registrar *r, const struct registrar_sighting *s)
{
	for (size_t i = 0; i < s->zone->server_count; i++)
		if (!dns_status_is_temporary(s->answers[i].answer.status) &&
		    !is_as_expected(r, &s->expected, &s->answers[i]))
			return &s->answers[i];
	return NULL;
}

/* True: there is a mistake to be named. */
static bool tell(struct arena *arena, struct registrar_sighting *s, const struct votes *v)
{
	const char *type = dns_type_name(s->expected.set.type);
	int name_size = (int)s->expected.set.name.n;
	const char *name = s->expected.set.name.p;
	size_t all = s->zone->server_count;

	if (s->sight == SIGHT_THERE)
		return false;
	if (s->sight == SIGHT_UNKNOWN) {
		s->trouble_id = "no-answer";
		s->trouble = (struct text){say(arena, "%.*s: %zu of %zu name servers of %s do not answer", name_size,
		                               name, v->unknown, all, s->zone->apex),
		                           say(arena, "%.*s: %s のネームサーバー %zu 台のうち %zu 台が応答しません",
		                               name_size, name, s->zone->apex, all, v->unknown)};
		return false;
	}
	if (s->sight == SIGHT_PART) {
		s->trouble_id = "not-everywhere";
		s->trouble =
			(struct text){say(arena, "%.*s: %zu of %zu name servers have the %s record", name_size, name,
		                          v->there, all, type),
		                      say(arena, "%.*s: %s レコードがあるのはネームサーバー %zu 台のうち %zu 台です",
		                          name_size, name, type, all, v->there)};
		return false;
	}
	if (s->expected.set.count == 0) {
		s->trouble_id = "not-gone";
		s->trouble = (struct text){say(arena, "%.*s: the %s record can be removed", name_size, name, type),
		                           say(arena, "%.*s: %s レコードは削除できます", name_size, name, type)};
		return false;
	}
	return true;
}

/* ---- asking ---- */

/* One question to every server of the zone that a name lies in. */
struct query {
	struct registrar_looking *looking;
	enum dns_type type;
	struct str name;
	const struct authority_zone *zone; /* NULL: not found, and why */
	const char *why;
	struct authority_answer *answers; /* of zone->servers; NULL: it was not asked */
};

static void take_zone(struct query *q, const struct authority_search *s)
{
	struct registrar_looking *l = q->looking;

	if (s->code == INKAN_EIO)
		q->why = arena_str(l->arena, str_c(s->error.text)).p;
	else if (s->code && !l->code)
		l->code = s->code;
	if (s->code || l->code)
		return;
	q->zone = s->zone;
	q->answers = arena_calloc(l->arena, s->zone->server_count + 1, sizeof *q->answers);
}

static int ask_all(struct registrar *r, struct query *list, size_t count)
{
	struct authority_search *searches = calloc(count + 1, sizeof *searches);
	struct authority_question *questions = calloc(count + 1, sizeof *questions);
	int code = searches && questions ? INKAN_OK : INKAN_ENOMEM;
	size_t n = 0;

	for (size_t i = 0; i < count && !code; i++)
		searches[i].name = list[i].name;
	if (!code)
		code = authority_find_all(r->world, searches, count);
	for (size_t i = 0; i < count && !code; i++) {
		struct query *q = &list[i];

		take_zone(q, &searches[i]);
		if (q->answers)
			questions[n++] = (struct authority_question){.zone = q->zone,
			                                             .type = q->type,
			                                             .name = q->name,
			                                             .arena = q->looking->arena,
			                                             .out = q->answers};
	}
	if (!code)
		code = authority_ask_all(r->world, questions, n);
	n = 0;
	for (size_t i = 0; i < count && !code; i++) {
		struct registrar_looking *l = list[i].looking;

		if (list[i].answers && !l->code)
			l->code = questions[n].code;
		n += list[i].answers != NULL;
		l->code = l->code ? l->code : arena_error(l->arena);
	}
	free(searches);
	free(questions);
	return code;
}

/* What the first server says that answers at all; NULL: none. */
static const struct dns_answer *first_answer(const struct query *q)
{
	for (size_t i = 0; q->answers && i < q->zone->server_count; i++)
		if (!dns_status_is_temporary(q->answers[i].answer.status))
			return &q->answers[i].answer;
	return NULL;
}

/* ---- records ---- */

static void note(struct identity_sight *sight, const struct registrar_sighting *s, bool any, uint32_t negative_ttl)
{
	struct slot_sight *slot = &sight->slots[s->expected.slot];

	switch (s->expected.kind) {
	case EXPECTED_KEY:
		slot->record = s->sight;
		slot->any = any;
		break;
	case EXPECTED_ALIAS:
		slot->alias = s->sight;
		break;
	case EXPECTED_MAIL_FROM_MX:
		sight->mail_from_mx = s->sight;
		return;
	case EXPECTED_MAIL_FROM_SPF:
		sight->mail_from_spf = s->sight;
		return;
	case EXPECTED_DMARC:
		return;
	}
	if (negative_ttl > slot->negative_ttl)
		slot->negative_ttl = negative_ttl;
}

/* Whether there is a mistake to be named. */
static bool judge(struct registrar *r, const struct query *q, struct registrar_sighting *s)
{
	struct registrar_looking *l = q->looking;
	struct votes votes = {0};

	s->trouble = s->fix = (struct text){"", ""};
	s->trouble_id = "";
	s->zone = q->zone;
	s->answers = q->answers;
	if (!q->zone) {
		s->sight = SIGHT_UNKNOWN;
		s->trouble_id = "zone";
		s->trouble = (struct text){q->why, q->why};
		note(&l->view->sight, s, false, 0);
		return false;
	}
	for (size_t i = 0; i < q->zone->server_count; i++)
		count_vote(r, &s->expected, &q->answers[i], &votes);
	s->sight = decide(&votes);
	note(&l->view->sight, s, votes.there > 0, q->zone->negative_ttl);
	return tell(l->arena, s, &votes);
}

/* A record whose mistake is to be named. */
struct naming {
	struct registrar_looking *looking;
	struct registrar_sighting *sighting;
};

static int look_at_records(struct registrar *r, struct registrar_looking *list, size_t count, struct naming *namings,
                           size_t *naming_count)
{
	struct query *queries = calloc(count * EXPECTED_MAX + 1, sizeof *queries);
	size_t n = 0;
	int code = queries ? INKAN_OK : INKAN_ENOMEM;

	for (size_t i = 0; i < count && !code; i++)
		for (size_t k = 0; k < list[i].view->count; k++) {
			const struct record_set *set = &list[i].view->seen[k].expected.set;

			queries[n++] = (struct query){.looking = &list[i], .type = set->type, .name = set->name};
		}
	if (!code)
		code = ask_all(r, queries, n);
	n = 0;
	for (size_t i = 0; i < count && !code; i++)
		for (size_t k = 0; k < list[i].view->count; k++, n++)
			if (!list[i].code && judge(r, &queries[n], &list[i].view->seen[k]))
				namings[(*naming_count)++] = (struct naming){&list[i], &list[i].view->seen[k]};
	free(queries);
	return code;
}

/* ---- mistakes ---- */

/* What is asked to name one. */
struct clues {
	struct mistake_view view;
	struct mistake_probe probes[MISTAKE_PROBES_MAX];
	const struct dns_answer *answers[MISTAKE_PROBES_MAX];
	const struct query *queries; /* for `view.beside` where that is asked for, then for the probes */
	bool asks_beside;
};

/* What is beside: a CNAME where another record is expected. */
static void take_alias(struct arena *arena, const struct authority_answer *wrong, struct mistake_view *view)
{
	struct dns_answer *beside = arena_calloc(arena, 1, sizeof *beside);
	struct dns_record *record = arena_calloc(arena, 1, sizeof *record);

	if (!beside || !record)
		return;
	record->name = wrong->alias;
	*beside = (struct dns_answer){.status = DNS_ANSWER, .records = record, .count = 1};
	view->beside = beside;
}

/* Adds what is to be asked; nothing where no answer is wrong. */
static void find_clues(struct registrar *r, const struct naming *n, struct clues *out, struct query *queries,
                       size_t *count)
{
	struct registrar_looking *l = n->looking;
	const struct registrar_sighting *s = n->sighting;
	const struct authority_answer *wrong = l->code ? NULL : wrong_answer(r, s);
	struct mistake_view *view = &out->view;

	if (!wrong)
		return;
	*view = (struct mistake_view){
		.expected = &s->expected.set, .zone = str_c(s->zone->apex), .shown = &wrong->answer};
	l->code = mistakes_questions(l->arena, view->expected, view->zone, out->probes, &view->probe_count);
	if (l->code)
		return;
	out->queries = queries + *count;
	out->asks_beside = s->expected.set.type == DNS_CNAME; /* a text where a CNAME is expected? */
	if (out->asks_beside)
		queries[(*count)++] = (struct query){.looking = l, .type = DNS_TXT, .name = s->expected.set.name};
	else if (wrong->alias.n)
		take_alias(l->arena, wrong, view);
	for (size_t i = 0; i < view->probe_count; i++)
		queries[(*count)++] =
			(struct query){.looking = l, .type = out->probes[i].type, .name = out->probes[i].name};
}

/* The classic mistake that is seen (S3-38). */
static void name_mistake(const struct naming *n, struct clues *c)
{
	struct registrar_sighting *s = n->sighting;
	const struct query *q = c->queries;
	struct findings findings;

	if (n->looking->code || !q)
		return;
	if (c->asks_beside)
		c->view.beside = first_answer(q++);
	for (size_t i = 0; i < c->view.probe_count; i++)
		c->answers[i] = first_answer(q++);
	findings_init(&findings, n->looking->arena);
	c->view.probes = c->probes;
	c->view.answers = c->answers;
	if (mistakes_find(&findings, &c->view) != MISTAKES && findings.count) {
		s->trouble = findings.items[0].text;
		s->fix = findings.items[0].fix;
		s->trouble_id = findings.items[0].kind->id;
	}
}

static int name_mistakes(struct registrar *r, const struct naming *list, size_t count)
{
	struct clues *clues = calloc(count + 1, sizeof *clues);
	struct query *queries = calloc(count * (MISTAKE_PROBES_MAX + 1) + 1, sizeof *queries);
	size_t n = 0;
	int code = clues && queries ? INKAN_OK : INKAN_ENOMEM;

	for (size_t i = 0; i < count && !code; i++)
		find_clues(r, &list[i], &clues[i], queries, &n);
	if (!code)
		code = ask_all(r, queries, n);
	for (size_t i = 0; i < count && !code; i++)
		name_mistake(&list[i], &clues[i]);
	free(clues);
	free(queries);
	return code;
}

/* ---- keys of others: any key at all ---- */

static bool has_key(struct registrar *r, const struct dns_answer *answer)
{
	struct dkim_key_record record;
	struct arena scratch;
	bool usable = false;

	arena_init(&scratch, KEY_MEMORY_MAX);
	for (size_t i = 0; i < answer->count && !usable; i++) {
		arena_reset(&scratch);
		if (dkim_key_record_parse(r->crypto, &scratch, answer->records[i].text, &record))
			continue;
		usable = record.fault == DKIM_KEY_OK;
		dkim_key_record_release(&record);
	}
	arena_release(&scratch);
	return usable;
}

/* The answer of the name's servers, or of those of what it is an alias of, DNS_CHAIN_MAX times at most. */
struct chain {
	struct registrar_looking *looking;
	struct slot_sight *out;
	struct str name; /* empty: at its end */
};

static void begin_chain(struct registrar_looking *l, size_t slot, struct chain *out)
{
	char *name = arena_text(l->arena, DNS_NAME_MAX + 1);

	*out = (struct chain){.looking = l, .out = &l->view->sight.slots[slot]};
	*out->out = (struct slot_sight){.alias = SIGHT_THERE, .record = SIGHT_UNKNOWN};
	if (!name)
		return;
	identity_slot_name(l->identity, &l->identity->slots[slot], name);
	out->name = str_c(name);
}

static void follow_chain(struct registrar *r, struct chain *c, const struct query *q)
{
	struct slot_sight *out = c->out;

	c->name = STR_NULL;
	if (c->looking->code || !q->answers || q->zone->server_count == 0)
		return;
	const struct dns_answer *answer = &q->answers[0].answer;

	out->negative_ttl = q->zone->negative_ttl;
	if (q->answers[0].alias.n) {
		c->name = q->answers[0].alias;
		return;
	}
	out->any = has_key(r, answer);
	out->record = dns_status_is_temporary(answer->status) ? SIGHT_UNKNOWN
	              : out->any                              ? SIGHT_THERE
	              : answer->status == DNS_ANSWER          ? SIGHT_OTHER
	                                                      : SIGHT_ABSENT;
}

/* One name further for each; *left_out: some lead on. */
static int follow_chains(struct registrar *r, struct chain *chains, size_t count, bool *left_out)
{
	struct query *queries = calloc(count + 1, sizeof *queries);
	size_t n = 0;
	int code = queries ? INKAN_OK : INKAN_ENOMEM;

	for (size_t i = 0; i < count && !code; i++)
		if (chains[i].name.n)
			queries[n++] =
				(struct query){.looking = chains[i].looking, .type = DNS_TXT, .name = chains[i].name};
	*left_out = n > 0;
	if (!code)
		code = ask_all(r, queries, n);
	n = 0;
	for (size_t i = 0; i < count && !code; i++)
		if (chains[i].name.n)
			follow_chain(r, &chains[i], &queries[n++]);
	free(queries);
	return code;
}

static int look_at_foreign_keys(struct registrar *r, struct registrar_looking *list, size_t count)
{
	struct chain *chains = calloc(count * IDENTITY_SLOTS_MAX + 1, sizeof *chains);
	size_t n = 0;
	int code = chains ? INKAN_OK : INKAN_ENOMEM;
	bool is_left = true;

	for (size_t i = 0; i < count && !code; i++) {
		const struct identity *identity = list[i].identity;

		for (size_t k = 0; k < identity->slot_count && identity->scheme == IDENTITY_EXTERNAL; k++)
			if (identity->slots[k].selector[0] && !list[i].code)
				begin_chain(&list[i], k, &chains[n++]);
	}
	for (int hops = 0; hops <= DNS_CHAIN_MAX && is_left && !code; hops++)
		code = follow_chains(r, chains, n, &is_left);
	free(chains);
	return code;
}

/* ---- identities ---- */

static void begin_look(struct registrar *r, struct registrar_looking *l)
{
	struct expected_list list;
	struct identity_sight *sight = &l->view->sight;

	*sight = (struct identity_sight){.at = registrar_now(r), .trouble = ""};
	for (size_t i = 0; i < IDENTITY_SLOTS_MAX; i++)
		sight->slots[i].alias = SIGHT_THERE;
	l->view->count = 0;
	l->code = expected_records(l->arena, l->identity, false, &list);
	for (size_t i = 0; !l->code && i < list.count; i++)
		l->view->seen[l->view->count++] = (struct registrar_sighting){.expected = list.list[i]};
}

/* The identity's trouble is the first of its records. */
static void end_look(struct registrar *r, struct registrar_looking *l)
{
	struct identity_sight *sight = &l->view->sight;

	sight->ended = registrar_now(r);
	for (size_t i = 0; i < l->view->count && !l->code && !sight->trouble[0]; i++)
		sight->trouble = say(l->arena, "%s", l->view->seen[i].trouble.en);
	l->code = l->code ? l->code : arena_error(l->arena);
}

int registrar_look_all(struct registrar *r, struct registrar_looking *list, size_t count)
{
	struct naming *namings = calloc(count * EXPECTED_MAX + 1, sizeof *namings);
	size_t naming_count = 0;
	int code = namings ? INKAN_OK : INKAN_ENOMEM;

	for (size_t i = 0; i < count; i++)
		begin_look(r, &list[i]);
	if (!code)
		code = look_at_records(r, list, count, namings, &naming_count);
	if (!code)
		code = name_mistakes(r, namings, naming_count);
	if (!code)
		code = look_at_foreign_keys(r, list, count);
	for (size_t i = 0; i < count; i++)
		end_look(r, &list[i]);
	free(namings);
	return code;
}

int registrar_look(struct registrar *r, struct arena *arena, const struct identity *identity,
                   struct registrar_view *out)
{
	struct registrar_looking one = {.identity = identity, .arena = arena, .view = out};
	int code = registrar_look_all(r, &one, 1);

	return code ? code : one.code;
}

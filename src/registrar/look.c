/* What DNS shows of an identity: each record at each authoritative server. Reading order: registrar_look() -> look_at(). */
#include <stdarg.h>
#include <stdio.h>

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

/* What the first server says that answers at all; NULL: none. */
static int ask_first(struct registrar *r, struct arena *arena, enum dns_type type, struct str name,
                     const struct dns_answer **out)
{
	const struct authority_zone *zone;
	struct io_error ignored;
	int code = authority_find(r->world, name, &zone, &ignored);

	*out = NULL;
	if (code)
		return code == INKAN_EIO ? INKAN_OK : code;
	struct authority_answer *answers = arena_calloc(arena, zone->server_count + 1, sizeof *answers);

	if (!answers)
		return arena_error(arena);
	code = authority_ask(r->world, arena, zone, type, name, answers);
	for (size_t i = 0; i < zone->server_count && !code && !*out; i++)
		if (!dns_status_is_temporary(answers[i].answer.status))
			*out = &answers[i].answer;
	return code;
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

static int ask_probes(struct registrar *r, struct arena *arena, struct mistake_view *view,
                      const struct dns_answer **answers, struct mistake_probe *probes)
{
	int code = mistakes_questions(arena, view->expected, view->zone, probes, &view->probe_count);

	for (size_t i = 0; i < view->probe_count && !code; i++)
		code = ask_first(r, arena, probes[i].type, probes[i].name, &answers[i]);
	view->probes = probes;
	view->answers = answers;
	return code;
}

/* What is beside: a CNAME where another record is expected, a text where a CNAME is. */
static int ask_beside(struct registrar *r, struct arena *arena, const struct authority_answer *wrong,
                      struct mistake_view *view)
{
	if (view->expected->type == DNS_CNAME)
		return ask_first(r, arena, DNS_TXT, view->expected->name, &view->beside);
	if (!wrong->alias.n)
		return INKAN_OK;
	struct dns_answer *beside = arena_calloc(arena, 1, sizeof *beside);
	struct dns_record *record = arena_calloc(arena, 1, sizeof *record);

	if (!beside || !record)
		return arena_error(arena);
	record->name = wrong->alias;
	*beside = (struct dns_answer){.status = DNS_ANSWER, .records = record, .count = 1};
	view->beside = beside;
	return INKAN_OK;
}

/* The classic mistake that is seen (S3-38). */
static int name_mistake(struct registrar *r, struct arena *arena, struct registrar_sighting *s)
{
	const struct dns_answer *answers[MISTAKE_PROBES_MAX] = {NULL};
	struct mistake_probe probes[MISTAKE_PROBES_MAX];
	const struct authority_answer *wrong = wrong_answer(r, s);
	struct mistake_view view = {.expected = &s->expected.set, .zone = str_c(s->zone->apex)};
	struct findings findings;

	if (!wrong)
		return INKAN_OK;
	findings_init(&findings, arena);
	view.shown = &wrong->answer;
	int code = ask_beside(r, arena, wrong, &view);

	if (!code)
		code = ask_probes(r, arena, &view, answers, probes);
	if (!code && mistakes_find(&findings, &view) != MISTAKES && findings.count) {
		s->trouble = findings.items[0].text;
		s->fix = findings.items[0].fix;
		s->trouble_id = findings.items[0].kind->id;
	}
	return code ? code : arena_error(arena);
}

static int tell(struct registrar *r, struct arena *arena, struct registrar_sighting *s, const struct votes *v)
{
	const char *type = dns_type_name(s->expected.set.type);
	int name_size = (int)s->expected.set.name.n;
	const char *name = s->expected.set.name.p;
	size_t all = s->zone->server_count;

	if (s->sight == SIGHT_THERE)
		return INKAN_OK;
	if (s->sight == SIGHT_UNKNOWN) {
		s->trouble_id = "no-answer";
		s->trouble = (struct text){say(arena, "%.*s: %zu of %zu name servers of %s do not answer", name_size,
		                               name, v->unknown, all, s->zone->apex),
		                           say(arena, "%.*s: %s のネームサーバー %zu 台のうち %zu 台が応答しません",
		                               name_size, name, s->zone->apex, all, v->unknown)};
		return arena_error(arena);
	}
	if (s->sight == SIGHT_PART) {
		s->trouble_id = "not-everywhere";
		s->trouble =
			(struct text){say(arena, "%.*s: %zu of %zu name servers have the %s record", name_size, name,
		                          v->there, all, type),
		                      say(arena, "%.*s: %s レコードがあるのはネームサーバー %zu 台のうち %zu 台です",
		                          name_size, name, type, all, v->there)};
		return arena_error(arena);
	}
	if (s->expected.set.count == 0) {
		s->trouble_id = "not-gone";
		s->trouble = (struct text){say(arena, "%.*s: the %s record can be removed", name_size, name, type),
		                           say(arena, "%.*s: %s レコードは削除できます", name_size, name, type)};
		return arena_error(arena);
	}
	return name_mistake(r, arena, s);
}

static int look_at(struct registrar *r, struct arena *arena, struct registrar_sighting *s, bool *any_out,
                   uint32_t *negative_ttl)
{
	struct votes votes = {0};
	struct io_error error;
	int code = authority_find(r->world, s->expected.set.name, &s->zone, &error);

	s->trouble = s->fix = (struct text){"", ""};
	s->trouble_id = "";
	*any_out = false;
	if (code == INKAN_EIO) {
		const char *why = arena_str(arena, str_c(error.text)).p;

		s->zone = NULL;
		s->sight = SIGHT_UNKNOWN;
		s->trouble_id = "zone";
		s->trouble = (struct text){why, why};
		return arena_error(arena);
	}
	if (code)
		return code;
	s->answers = arena_calloc(arena, s->zone->server_count + 1, sizeof *s->answers);
	if (!s->answers)
		return arena_error(arena);
	code = authority_ask(r->world, arena, s->zone, s->expected.set.type, s->expected.set.name, s->answers);
	for (size_t i = 0; i < s->zone->server_count && !code; i++)
		count_vote(r, &s->expected, &s->answers[i], &votes);
	if (code)
		return code;
	*any_out = votes.there > 0;
	if (s->zone->negative_ttl > *negative_ttl)
		*negative_ttl = s->zone->negative_ttl;
	s->sight = decide(&votes);
	return tell(r, arena, s, &votes);
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
static int look_at_foreign_key(struct registrar *r, struct arena *arena, const struct identity *identity,
                               const struct slot *slot, struct slot_sight *out)
{
	char first[DNS_NAME_MAX + 1];
	struct str name;
	struct io_error ignored;

	identity_slot_name(identity, slot, first);
	name = str_c(first);
	*out = (struct slot_sight){.alias = SIGHT_THERE, .record = SIGHT_UNKNOWN};
	for (int hops = 0; hops <= DNS_CHAIN_MAX; hops++) {
		const struct authority_zone *zone;
		int code = authority_find(r->world, name, &zone, &ignored);

		if (code == INKAN_EIO || (!code && zone->server_count == 0))
			return INKAN_OK;
		struct authority_answer *answers =
			code ? NULL : arena_calloc(arena, zone->server_count, sizeof *answers);

		if (!answers)
			return code ? code : arena_error(arena);
		code = authority_ask(r->world, arena, zone, DNS_TXT, name, answers);
		if (code)
			return code;
		out->negative_ttl = zone->negative_ttl;
		if (answers[0].alias.n) {
			name = answers[0].alias;
			continue;
		}
		out->any = has_key(r, &answers[0].answer);
		out->record = dns_status_is_temporary(answers[0].answer.status) ? SIGHT_UNKNOWN
		              : out->any                                        ? SIGHT_THERE
		              : answers[0].answer.status == DNS_ANSWER          ? SIGHT_OTHER
		                                                                : SIGHT_ABSENT;
		return INKAN_OK;
	}
	return INKAN_OK;
}

/* ---- an identity ---- */

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

int registrar_look(struct registrar *r, struct arena *arena, const struct identity *identity,
                   struct registrar_view *out)
{
	struct expected_list list;
	struct identity_sight sight = {.at = registrar_now(r), .trouble = ""};
	int code = expected_records(arena, identity, false, &list);

	for (size_t i = 0; i < IDENTITY_SLOTS_MAX; i++)
		sight.slots[i].alias = SIGHT_THERE;
	for (size_t i = 0; i < list.count && !code; i++) {
		struct registrar_sighting *s = &out->seen[i];
		uint32_t negative_ttl = 0;
		bool any;

		*s = (struct registrar_sighting){.expected = list.list[i]};
		code = look_at(r, arena, s, &any, &negative_ttl);
		note(&sight, s, any, negative_ttl);
		if (!sight.trouble[0] && !code && s->trouble.en[0])
			sight.trouble = say(arena, "%s", s->trouble.en);
	}
	for (size_t i = 0; i < identity->slot_count && !code && identity->scheme == IDENTITY_EXTERNAL; i++)
		if (identity->slots[i].selector[0])
			code = look_at_foreign_key(r, arena, identity, &identity->slots[i], &sight.slots[i]);
	out->count = list.count;
	out->sight = sight;
	return code;
}

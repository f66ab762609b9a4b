/* Publication: what is wanted against what the servers show, as changes of zones. Reading order: registrar_plan_sets() ->
 * plan_one() -> registrar_send() -> send_update(), registrar_edit_file(). */
#include <stdio.h>

#include "io/random.h"
#include "registrar/internal.h"

enum { WANTED_MAX = REGISTRAR_PLAN_MAX / 2 /* sets; each may put another one out of the way */ };

static bool lies_in(struct str name, struct str zone)
{
	return str_eq(name, zone) ||
	       (name.n > zone.n && str_eq(str_skip(name, name.n - zone.n), zone) && name.p[name.n - zone.n - 1] == '.');
}

const struct registrar_zone *registrar_zone_of(const struct registrar *r, struct str name)
{
	const struct registrar_zone *found = NULL;

	for (size_t i = 0; i < r->settings.zone_count; i++) {
		const struct registrar_zone *z = &r->settings.zones[i];

		if (lies_in(name, str_c(z->zone)) && (!found || strlen(z->zone) > strlen(found->zone)))
			found = z;
	}
	return found;
}

/* ---- what is there now ---- */

static struct record_set set_of_answer(const struct record_set *wanted, const struct authority_answer *a)
{
	struct record_set set = {.name = wanted->name, .type = wanted->type};

	if (a->answer.status == DNS_ANSWER) {
		set.records = a->answer.records;
		set.count = a->answer.count;
		set.ttl = a->answer.has_ttl ? a->answer.ttl : wanted->ttl;
	}
	return set;
}

/* A name beside this one that nobody has made. */
static bool name_beside(struct str name, struct str apex, char out[DNS_NAME_MAX + 1])
{
	struct str rest = str_skip(name, str_find(name, '.') + 1);
	unsigned char mark[8];

	random_octets(mark, sizeof mark);
	int n = snprintf(out, DNS_NAME_MAX + 1, "inkan-%02x%02x%02x%02x%02x%02x%02x%02x.%.*s", mark[0], mark[1],
	                 mark[2], mark[3], mark[4], mark[5], mark[6], mark[7], STR_ARG(rest));

	return n > 0 && n <= DNS_NAME_MAX && rest.n && lies_in(rest, apex);
}

int registrar_is_wildcard(struct authority *a, struct arena *arena, const struct authority_zone *zone,
                          enum dns_type type, struct str name, const struct authority_answer *found, bool *out)
{
	const struct record_set wanted = {.name = name, .type = type};
	struct record_set here = set_of_answer(&wanted, found);
	char beside[DNS_NAME_MAX + 1];

	*out = false;
	if (!name_beside(name, str_c(zone->apex), beside))
		return INKAN_OK;
	struct authority_answer *answers = arena_calloc(arena, zone->server_count + 1, sizeof *answers);

	if (!answers)
		return arena_error(arena);
	int code = authority_ask(a, arena, zone, type, str_c(beside), answers);

	for (size_t i = 0; i < zone->server_count && !code; i++) {
		if (dns_status_is_temporary(answers[i].answer.status))
			continue;
		struct record_set there = set_of_answer(&wanted, &answers[i]);

		*out = (there.count || answers[i].alias.n) && record_set_eq(&there, &here) &&
		       str_ieq(answers[i].alias, found->alias);
		break;
	}
	return code;
}

/* As the servers have it, the first that answers; what a wildcard answers is not there: an update adds beside it. *differ_out: they do not agree. */
static int find_at_servers(struct authority *a, struct arena *arena, const struct record_set *wanted,
                           const struct authority_zone *zone, struct record_set *out, bool *differ_out,
                           struct io_error *error)
{
	struct authority_answer *answers = arena_calloc(arena, zone->server_count + 1, sizeof *answers);
	bool known = false, is_wildcard = false;

	if (!answers)
		return arena_error(arena);
	int code = authority_ask(a, arena, zone, wanted->type, wanted->name, answers);

	for (size_t i = 0; i < zone->server_count && !code; i++) {
		if (dns_status_is_temporary(answers[i].answer.status))
			continue;
		struct record_set found = set_of_answer(wanted, &answers[i]);

		if (known && !is_wildcard && !record_set_eq(&found, out))
			*differ_out = true;
		if (!known && found.count)
			code = registrar_is_wildcard(a, arena, zone, wanted->type, wanted->name, &answers[i],
			                             &is_wildcard);
		if (!known && !is_wildcard)
			*out = found;
		known = true;
	}
	return code || known ? code
	                     : io_fail(error, "%.*s: none of the name servers of %s answers", (int)wanted->name.n,
	                               wanted->name.p, zone->apex);
}

/* Where we write, the primary's word counts. */
static int find_now(struct registrar *r, struct arena *arena, const struct record_set *wanted,
                    const struct registrar_zone *ours, const char **apex_out, struct record_set *out, bool *differ_out,
                    struct io_error *error)
{
	const struct authority_zone *zone;

	if (ours && ours->file && ours->file[0]) {
		*apex_out = ours->zone;
		return registrar_find_in_file(arena, ours, wanted, out, error);
	}
	struct authority *a = ours && ours->primary ? r->primaries : r->world;
	int code = authority_find(a, wanted->name, &zone, error);

	if (code)
		return code;
	*apex_out = zone->apex;
	return find_at_servers(a, arena, wanted, zone, out, differ_out, error);
}

int registrar_find_now(struct registrar *r, struct arena *arena, const struct record_set *wanted,
                       struct record_set *out, struct io_error *error)
{
	const char *apex;
	bool differ = false;

	*out = (struct record_set){.name = wanted->name, .type = wanted->type};
	return find_now(r, arena, wanted, registrar_zone_of(r, wanted->name), &apex, out, &differ, error);
}

/* ---- the plan ---- */

/* SPF records share their name with other texts, which stay. */
static int keep_other_texts(struct arena *arena, const struct record_set *found, struct record_set *wanted)
{
	if (wanted->type != DNS_TXT || wanted->count != 1 || !registrar_is_spf(wanted->records[0].text) ||
	    !found->count)
		return INKAN_OK;
	struct dns_record *all = arena_calloc(arena, found->count + 1, sizeof *all);
	size_t n = 0;

	if (!all)
		return arena_error(arena);
	for (size_t i = 0; i < found->count; i++)
		if (!registrar_is_spf(found->records[i].text))
			all[n++] = found->records[i];
	all[n++] = wanted->records[0];
	wanted->records = all;
	wanted->count = n;
	return INKAN_OK;
}

static struct registrar_plan *plan_of(struct registrar_plan *plans, size_t *count, const char *apex)
{
	for (size_t i = 0; i < *count; i++)
		if (strcmp(plans[i].zone, apex) == 0)
			return &plans[i];
	if (*count == REGISTRAR_PLANS_MAX)
		return NULL;
	plans[*count] = (struct registrar_plan){.zone = apex};
	return &plans[(*count)++];
}

static int add_change(struct arena *arena, struct registrar_plan *plan, const struct record_set *before,
                      const struct record_set *after)
{
	if (!plan->changes)
		plan->changes = arena_calloc(arena, REGISTRAR_PLAN_MAX, sizeof *plan->changes);
	if (!plan->changes)
		return arena_error(arena);
	for (size_t i = 0; i < plan->change_count; i++)
		if (plan->changes[i].after.type == after->type && str_eq(plan->changes[i].after.name, after->name))
			return INKAN_OK; /* a CNAME that two sets of its name want gone */
	if (plan->change_count == REGISTRAR_PLAN_MAX)
		return INKAN_ELIMIT;
	struct record_change *c = &plan->changes[plan->change_count++];

	*c = (struct record_change){.before = *before, .after = *after};
	c->before.name = c->after.name = after->name;
	return INKAN_OK;
}

/* A CNAME stands alone: what else is at its name goes; and a CNAME goes where other records are wanted. */
static int clear_way(struct registrar *r, struct arena *arena, const struct record_set *wanted,
                     const struct registrar_zone *ours, struct registrar_plan *plan, struct io_error *error)
{
	static const enum dns_type others[] = {DNS_TXT, DNS_MX, DNS_A, DNS_AAAA};
	size_t count = wanted->type == DNS_CNAME ? sizeof others / sizeof *others : 1;
	int code = INKAN_OK;

	for (size_t i = 0; i < count && !code && wanted->count; i++) {
		const struct record_set other = {.name = wanted->name,
		                                 .type = wanted->type == DNS_CNAME ? others[i] : DNS_CNAME};
		struct record_set found = other;
		const char *apex;
		bool differ = false;

		code = find_now(r, arena, &other, ours, &apex, &found, &differ, error);
		if (!code && found.count)
			code = add_change(arena, plan, &found, &other);
	}
	return code;
}

static int plan_one(struct registrar *r, struct arena *arena, const struct record_set *wanted_set, bool only_writable,
                    struct registrar_plan *plans, size_t *count, struct io_error *error)
{
	const struct registrar_zone *ours = registrar_zone_of(r, wanted_set->name);
	struct record_set wanted = *wanted_set, found = {.name = wanted_set->name, .type = wanted_set->type};
	const char *apex = "";
	bool differ = false;

	if (only_writable && !registrar_may_write(ours))
		return INKAN_OK;
	int code = find_now(r, arena, &wanted, ours, &apex, &found, &differ, error);

	if (!code)
		code = keep_other_texts(arena, &found, &wanted);
	if (code)
		return code;
	struct registrar_plan *plan = plan_of(plans, count, apex);

	if (!plan)
		return INKAN_ELIMIT;
	plan->how = registrar_may_write(ours) ? ours : NULL;
	plan->disagreement = plan->disagreement || differ;
	if (record_set_eq(&found, &wanted)) {
		plan->unchanged++;
		return INKAN_OK;
	}
	code = clear_way(r, arena, &wanted, ours, plan, error);
	return code ? code : add_change(arena, plan, &found, &wanted);
}

int registrar_plan_sets(struct registrar *r, struct arena *arena, const struct wanted *wanted, bool only_writable,
                        struct registrar_plan out[REGISTRAR_PLANS_MAX], size_t *count_out, struct io_error *error)
{
	int code = INKAN_OK;

	*count_out = 0;
	for (size_t i = 0; i < wanted->count && !code; i++)
		code = plan_one(r, arena, &wanted->sets[i], only_writable, out, count_out, error);
	return code;
}

/* ---- of an identity, of a domain ---- */

struct collecting {
	struct arena *arena;
	struct record_set *sets;
	size_t count;
	int error;
};

static void collect_set(struct collecting *c, const struct record_set *set)
{
	for (size_t i = 0; i < c->count; i++)
		if (c->sets[i].type == set->type && str_eq(c->sets[i].name, set->name))
			return; /* two identities of a domain may share a MAIL FROM */
	if (c->count == WANTED_MAX)
		c->error = INKAN_ELIMIT;
	else
		c->error = record_set_copy(c->arena, set, &c->sets[c->count++]);
}

static bool collect_identity(void *context, const struct identity *identity)
{
	struct collecting *c = context;
	struct expected_list list;

	c->error = expected_records(c->arena, identity, false, &list);
	for (size_t i = 0; i < list.count && !c->error; i++)
		collect_set(c, &list.list[i].set);
	return !c->error;
}

static int collecting_init(struct collecting *c, struct arena *arena)
{
	*c = (struct collecting){.arena = arena, .sets = arena_calloc(arena, WANTED_MAX, sizeof *c->sets)};
	return c->sets ? INKAN_OK : arena_error(arena);
}

int registrar_plan(struct registrar *r, struct arena *arena, const char *domain, const struct record_set *extra,
                   size_t extra_count, struct registrar_plan out[REGISTRAR_PLANS_MAX], size_t *count_out,
                   struct io_error *error)
{
	const struct identity_filter filter = {.domain = domain};
	struct collecting c;
	int code = collecting_init(&c, arena);

	if (!code)
		code = identity_store_each(r->store, &filter, collect_identity, &c, error);
	for (size_t i = 0; i < extra_count && !code && !c.error; i++)
		collect_set(&c, &extra[i]);
	if (!code)
		code = c.error;
	if (code)
		return code;
	return registrar_plan_sets(r, arena, &(struct wanted){c.sets, c.count}, false, out, count_out, error);
}

/* Sets of `before` that `after` does not want any more are to be gone. */
static int collect_gone(struct collecting *c, const struct identity *before, bool everything)
{
	struct expected_list list;
	int code = expected_records(c->arena, before, false, &list);

	for (size_t i = 0; i < list.count && !code; i++) {
		struct record_set gone = list.list[i].set;

		gone.count = 0;
		if (list.list[i].kind == EXPECTED_KEY && (list.list[i].ours || everything))
			collect_set(c, &gone);
		code = c->error;
	}
	return code;
}

/* ---- what is not ours stays ---- */

struct publication {
	struct registrar *r;
	const struct identity *before, *after; /* before NULL: nothing was there of ours */
	const struct expected_list *list;      /* of `after` */
};

static bool is_hosted(const struct publication *p, const struct record_set *set)
{
	for (size_t i = 0; i < p->list->count; i++)
		if (p->list->list[i].ours && p->list->list[i].set.type == set->type &&
		    str_eq(p->list->list[i].set.name, set->name))
			return true;
	return false;
}

/* The key of one of its slots, however it is written, or nothing that anybody could verify with. */
static bool is_own_key(const struct publication *p, const struct identity *identity, struct str text)
{
	bool is_own = registrar_same_key(p->r, text, STR("v=DKIM1; p="));

	for (size_t i = 0; identity && i < identity->slot_count && !is_own; i++)
		is_own = identity->slots[i].record[0] &&
		         registrar_same_key(p->r, text, str_c(identity->slots[i].record));
	return is_own;
}

static bool is_slot_name(const struct identity *identity, struct str name)
{
	char slot[DNS_NAME_MAX + 1];

	for (size_t i = 0; identity && i < identity->slot_count; i++) {
		identity_slot_name(identity, &identity->slots[i], slot);
		if (slot[0] && str_eq(name, str_c(slot)))
			return true;
	}
	return false;
}

/* Whether a change would take something away that somebody else has put there. */
static bool is_foreign(const struct publication *p, const struct record_change *change)
{
	bool may_hold_keys = change->before.type == DNS_TXT && (is_slot_name(p->before, change->after.name) ||
	                                                        is_slot_name(p->after, change->after.name));

	if (is_hosted(p, &change->after))
		return false;
	for (size_t i = 0; i < change->before.count; i++) {
		const struct dns_record *record = &change->before.records[i];

		if (record_set_has(&change->after, record))
			continue;
		if (!may_hold_keys ||
		    (!is_own_key(p, p->before, record->text) && !is_own_key(p, p->after, record->text)))
			return true;
	}
	return false;
}

static void drop_changes_of(struct registrar_plan *plan, struct str name)
{
	size_t kept = 0;

	for (size_t i = 0; i < plan->change_count; i++)
		if (!str_eq(plan->changes[i].after.name, name))
			plan->changes[kept++] = plan->changes[i];
	plan->change_count = kept;
}

/* Takes the names out of the plan that hold something of others. The records of keys have to be there for a step to be done; those of
 * MAIL FROM have a state of their own. INKAN_EIO: such a name was taken out, *error has it. */
static int keep_foreign(const struct publication *p, struct registrar_plan *plan, struct io_error *error)
{
	int code = INKAN_OK;

	for (size_t i = 0; i < plan->change_count;) {
		const struct record_change change = plan->changes[i];

		if (!is_foreign(p, &change)) {
			i++;
			continue;
		}
		if (!p->before || !str_eq(change.after.name, str_c(p->after->mail_from)))
			code = io_fail(error,
			               "%.*s has a %s record that is not of this identity, and stays: remove it, or "
			               "take another name",
			               STR_ARG(change.after.name), dns_type_name(change.before.type));
		drop_changes_of(plan, change.after.name);
		i = 0;
	}
	return code;
}

static int send_plan(const struct publication *p, struct registrar_plan *plan, struct io_error *error)
{
	enum update_result result = UPDATE_DONE;
	struct io_error kept = {""};
	int foreign = keep_foreign(p, plan, &kept);
	int code = plan->change_count ? registrar_send(p->r, plan, false, &result, error) : INKAN_OK;

	if (!code && result != UPDATE_DONE)
		return INKAN_EIO; /* *error says what the server said */
	if (!code && foreign)
		*error = kept;
	return code ? code : foreign;
}

int registrar_publish(struct registrar *r, struct arena *arena, const struct identity *before,
                      const struct identity *after, struct io_error *error)
{
	struct registrar_plan plans[REGISTRAR_PLANS_MAX];
	struct expected_list list;
	const struct publication p = {r, before, after, &list};
	struct collecting c;
	size_t count = 0;
	int code = collecting_init(&c, arena);

	if (!code)
		code = expected_records(arena, after, false, &list);
	for (size_t i = 0; i < list.count && !code; i++) {
		if (list.list[i].ours || after->publishes)
			collect_set(&c, &list.list[i].set);
		code = c.error;
	}
	if (!code && before)
		code = collect_gone(&c, before, after->publishes);
	if (!code)
		code = registrar_plan_sets(r, arena, &(struct wanted){c.sets, c.count}, true, plans, &count, error);
	for (size_t i = 0; i < count && !code; i++)
		code = send_plan(&p, &plans[i], error);
	return code;
}

/* ---- sending ---- */

static int send_update(struct registrar *r, const struct registrar_plan *plan, bool dry_run,
                       enum update_result *result_out, struct io_error *error)
{
	struct tsig_key key;
	bool read_now = !plan->how->key && plan->how->tsig && plan->how->tsig[0];
	int code = read_now ? tsig_key_read(plan->how->tsig, &key, error) : INKAN_OK;
	const struct dns_update update = {.server = plan->how->primary,
	                                  .zone = plan->zone,
	                                  .key = read_now ? &key : plan->how->key,
	                                  .changes = plan->changes,
	                                  .change_count = plan->change_count,
	                                  .dry_run = dry_run};

	(void)r;
	if (!code)
		code = dns_update_send(&update, result_out, error);
	if (read_now)
		crypto_wipe(&key, sizeof key);
	return code;
}

int registrar_send(struct registrar *r, const struct registrar_plan *plan, bool dry_run, enum update_result *result_out,
                   struct io_error *error)
{
	if (plan->how->file && plan->how->file[0])
		return registrar_edit_file(plan, dry_run, result_out, error);
	return send_update(r, plan, dry_run, result_out, error);
}

static size_t risky(const struct registrar_plan *plan)
{
	size_t n = 0;

	for (size_t i = 0; i < plan->change_count; i++)
		n += plan->changes[i].before.count > 0;
	return n;
}

int registrar_apply(struct registrar *r, const struct registrar_plan *plan, bool dry_run, bool force,
                    enum update_result *result_out, struct io_error *error)
{
	struct io_error ignored;
	uint64_t number = 0;
	bool is_change = !dry_run && plan->change_count;

	*result_out = UPDATE_DONE;
	if (!plan->how) {
		(void)io_fail(error, "%s: nothing says how this zone is written: no primary, no file", plan->zone);
		return INKAN_EREFUSED;
	}
	if (risky(plan) > r->settings.changes_max && !force) {
		(void)io_fail(error, "%s: %zu sets would be changed or removed, more than %zu at once", plan->zone,
		              risky(plan), r->settings.changes_max);
		return INKAN_EREFUSED;
	}
	int code = is_change && !plan->undoes ? registrar_note(r, plan, &number, error) : INKAN_OK;

	if (!code)
		code = registrar_send(r, plan, dry_run, result_out, error);
	if (code || !is_change)
		return code;
	/* an undoing counts when it is done; what was refused needs none. Where neither is known, registrar_plan_undo() looks. */
	if (plan->undoes && *result_out == UPDATE_DONE)
		return registrar_note(r, plan, &number, error);
	if (!plan->undoes && *result_out != UPDATE_DONE)
		code = registrar_note_nothing(r, plan->zone, number, &ignored);
	return code == INKAN_ENOMEM ? code : INKAN_OK;
}

/* Reading order: registrar_open() -> registrar_create(), registrar_step() -> do_step() -> keep(). */
#include "registrar/registrar.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/utf8.h"
#include "crypto/seal.h"
#include "io/clock.h"
#include "io/master_key.h"
#include "io/random.h"
#include "registrar/internal.h"

enum {
	PAUSE_MAX = 3600, /* seconds between tries of a step that fails again and again */
	CLAIM_TIME = 120, /* seconds for one step outside the store; then another host may try */
	TRIES_MAX = 8,    /* of a change while others change too */
	FIRST_STEPS_MAX = 8,
	ENTROPY = 3 * 16,
	DUE_TIME_MAX = 86400,              /* seconds: after a clock that was wrong no identity waits longer */
	STEP_MEMORY_MAX = 64 * 1024 * 1024 /* octets of one step */
};

#define TROUBLE "trouble" /* action of events */

/* ---- opening ---- */

static int make_overrides(struct registrar *r, bool primaries, struct authority_override **out, size_t *count_out)
{
	const struct registrar_settings *s = &r->settings;
	struct authority_override *list = calloc(s->zone_count + s->authority.override_count + 1, sizeof *list);
	size_t n = 0;

	if (!list)
		return INKAN_ENOMEM;
	for (size_t i = 0; i < s->zone_count; i++) {
		const struct registrar_zone *z = &s->zones[i];

		if (primaries && z->primary)
			list[n++] = (struct authority_override){z->zone, &z->primary, 1};
		else if (!primaries && z->server_count)
			list[n++] = (struct authority_override){z->zone, z->servers, z->server_count};
	}
	for (size_t i = 0; i < s->authority.override_count; i++)
		list[n++] = s->authority.overrides[i];
	*out = list;
	*count_out = n;
	return INKAN_OK;
}

static int open_authority(struct registrar *r, bool primaries, struct authority **out, struct io_error *error)
{
	struct authority_options options = r->settings.authority;
	struct authority_override **list = &r->overrides[primaries];
	int code = make_overrides(r, primaries, list, &options.override_count);

	options.overrides = *list;
	return code ? code : authority_new(&options, out, error);
}

/* The store knows the public half of the master key: from the file, at the first opening. */
static int settle_master(struct registrar *r, struct io_error *error)
{
	unsigned char seed[MASTER_KEY_SIZE], public[SEAL_KEY_SIZE], secret[SEAL_KEY_SIZE];
	const char *path = master_key_place(r->settings.master_key);
	bool known = false, there = false;
	int code = identity_store_master(r->store, public, &known, error);

	if (code || known || !r->settings.create_store)
		return code;
	code = master_key_read(path, 0, seed, &there, error);
	if (!code && !there)
		code = master_key_create(path, seed, error);
	if (code == INKAN_EREFUSED) { /* another command was quicker: its key it is */
		code = master_key_read(path, 0, seed, &there, error);
		if (!code && !there)
			code = io_fail(error, "%s: a link that leads nowhere: remove it", path);
	}
	if (!code)
		code = seal_keys(seed, public, secret);
	if (!code)
		code = identity_store_set_master(r->store, public, error);
	crypto_wipe(seed, sizeof seed);
	crypto_wipe(secret, sizeof secret);
	return code;
}

int registrar_open(const struct registrar_settings *settings, struct registrar **out, struct io_error *error)
{
	struct registrar *r = calloc(1, sizeof *r);

	if (!r)
		return INKAN_ENOMEM;
	r->settings = *settings;
	r->at = settings->at;
	if (!r->settings.changes_max)
		r->settings.changes_max = REGISTRAR_CHANGES_MAX;
	int code = identity_store_open(settings->store, false, settings->create_store, &r->store, error);

	if (!code)
		code = settle_master(r, error);
	if (!code)
		code = crypto_new(&r->crypto);
	if (!code)
		code = open_authority(r, false, &r->world, error);
	if (!code)
		code = open_authority(r, true, &r->primaries, error);
	if (code) {
		registrar_close(r);
		return code;
	}
	*out = r;
	return INKAN_OK;
}

void registrar_close(struct registrar *r)
{
	if (!r)
		return;
	authority_free(r->primaries);
	authority_free(r->world);
	free(r->overrides[0]);
	free(r->overrides[1]);
	crypto_free(r->crypto);
	identity_store_close(r->store);
	free(r);
}

struct identity_store *registrar_store(struct registrar *r)
{
	return r->store;
}

unix_time registrar_now(const struct registrar *r)
{
	return r->at == UNIX_TIME_NONE ? clock_now() : r->at;
}

void registrar_set_time(struct registrar *r, unix_time at)
{
	r->at = at;
}

/* ---- storing ---- */

/* When the next step is due, or this is to be asked again. */
static unix_time next_due(const struct identity *identity, unix_time now)
{
	struct life_step next;
	unix_time latest = now > INT64_MAX - DUE_TIME_MAX ? INT64_MAX : now + DUE_TIME_MAX;

	life_next(identity, now, &next);
	return next.due == UNIX_TIME_NONE || next.due < latest ? next.due : latest;
}

/* Stores an identity as it is now, with the time of its next step. action NULL: nothing for the history. */
static int keep(struct registrar *r, struct identity *identity, uint64_t version, const struct new_key *key,
                const char *action, const char *detail, bool *stored_out, struct io_error *error)
{
	unix_time now = registrar_now(r);
	const struct identity_event event = {
		.at = now, .host = r->settings.host, .who = r->settings.who, .action = action, .detail = detail};

	identity->next_due = next_due(identity, now);
	return identity_store_put(r->store, identity, version, key, action ? &event : NULL, stored_out, error);
}

/* ---- creating ---- */

/* The file holds the master key of this store. */
static int check_master(struct registrar *r, const unsigned char seed[MASTER_KEY_SIZE], struct io_error *error)
{
	unsigned char public[SEAL_KEY_SIZE], stored[SEAL_KEY_SIZE], secret[SEAL_KEY_SIZE];
	bool known = false;
	int code = seal_keys(seed, public, secret);

	crypto_wipe(secret, sizeof secret);
	if (!code)
		code = identity_store_master(r->store, stored, &known, error);
	if (!code && known && memcmp(public, stored, sizeof public) != 0)
		code = io_fail(error, "%s: not the master key of this store", r->settings.master_key);
	return code;
}

static int fill_entropy(struct registrar *r, struct identity_wish *wish, unsigned char random[ENTROPY],
                        unsigned char secret[MASTER_KEY_SIZE], struct io_error *error)
{
	bool there = false;

	random_octets(random, ENTROPY);
	wish->random = random;
	if (!wish->deterministic)
		return INKAN_OK;
	int code = master_key_read(master_key_place(r->settings.master_key), 0, secret, &there, error);

	wish->secret = secret;
	if (!code && !there)
		code = io_fail(error, "%s: tokens that all hosts share come from the master key, which is missing",
		               r->settings.master_key);
	return code ? code : check_master(r, secret, error);
}

/* Another identity of the domain that has the selector. */
struct selector_search {
	const struct identity *identity;
	char taken[DNS_NAME_MAX + 1], by[IDENTITY_ID_MAX + 1];
};

static bool compare_selectors(void *context, const struct identity *other)
{
	struct selector_search *s = context;

	for (size_t i = 0; i < other->slot_count && strcmp(other->id, s->identity->id) != 0; i++)
		for (size_t k = 0; k < s->identity->slot_count; k++)
			if (other->slots[i].selector[0] &&
			    strcmp(other->slots[i].selector, s->identity->slots[k].selector) == 0) {
				snprintf(s->taken, sizeof s->taken, "%s", other->slots[i].selector);
				snprintf(s->by, sizeof s->by, "%s", other->id);
				return false;
			}
	return true;
}

static int refuse(struct io_error *error, const char *text)
{
	(void)io_fail(error, "%s", text);
	return INKAN_EREFUSED;
}

/* Whether DNS shows something at a selector that nobody here made (S0-14). What cannot be asked now does not hinder. */
static int look_for_selector(struct registrar *r, struct arena *arena, const struct identity *identity,
                             const struct slot *slot, struct io_error *error)
{
	const struct authority_zone *zone;
	char name[DNS_NAME_MAX + 1];
	struct io_error ignored;
	char text[400];

	identity_slot_name(identity, slot, name);
	if (!name[0] || authority_find(r->world, str_c(name), &zone, &ignored) || zone->server_count == 0)
		return INKAN_OK;
	struct authority_answer *answers = arena_calloc(arena, zone->server_count, sizeof *answers);

	if (!answers)
		return arena_error(arena);
	int code = authority_ask(r->world, arena, zone, DNS_TXT, str_c(name), answers);

	for (size_t i = 0; i < zone->server_count && !code; i++) {
		const struct authority_answer *a = &answers[i];
		bool ours = a->alias.n && slot->target[0] && str_ieq(a->alias, str_c(slot->target));
		bool is_wildcard = false;

		if ((a->answer.status != DNS_ANSWER && !a->alias.n) || ours)
			continue;
		code = registrar_is_wildcard(r->world, arena, zone, DNS_TXT, str_c(name), a, &is_wildcard);
		if (code || is_wildcard)
			return code;
		snprintf(text, sizeof text, "%.253s is in DNS already, and not ours: choose another selector", name);
		return refuse(error, text);
	}
	return code;
}

/* A selector belongs to one identity of a domain. */
static int refuse_taken(struct registrar *r, const struct identity *identity, struct io_error *error)
{
	struct selector_search search = {.identity = identity};
	const struct identity_filter filter = {.domain = identity->domain};
	char text[700];
	int code = identity_store_each(r->store, &filter, compare_selectors, &search, error);

	if (!code && search.taken[0]) {
		snprintf(text, sizeof text, "the selector %s belongs to the identity %s already", search.taken,
		         search.by);
		return refuse(error, text);
	}
	return code;
}

static int check_selectors(struct registrar *r, struct arena *arena, const struct identity *identity,
                           struct io_error *error)
{
	int code = refuse_taken(r, identity, error);

	for (size_t i = 0; i < identity->slot_count && !code && identity->scheme != IDENTITY_EXTERNAL; i++)
		code = look_for_selector(r, arena, identity, &identity->slots[i], error);
	return code;
}

/* Everything that has to be in DNS, where we may write: also what belongs to no slot (MAIL FROM). */
static int publish_all(struct registrar *r, struct arena *arena, struct identity *identity, struct io_error *error)
{
	return registrar_publish(r, arena, NULL, identity, error);
}

static int first_steps(struct registrar *r, struct arena *arena, struct identity *identity, struct io_error *error)
{
	struct life_step done = {.action = LIFE_PUBLISH};
	int code = INKAN_OK, looks = 0;

	for (int i = 0; i < FIRST_STEPS_MAX && !code && done.action != LIFE_WAIT && looks < 2; i++) {
		code = registrar_step(r, arena, identity->id, false, identity, &done, error);
		looks += done.action == LIFE_LOOK;
		if (code == INKAN_EIO) /* made, and tried again later */
			return INKAN_OK;
	}
	return code;
}

int registrar_create(struct registrar *r, struct arena *arena, struct identity_wish *wish, struct identity *out,
                     struct io_error *error)
{
	unsigned char random[ENTROPY], secret[MASTER_KEY_SIZE] = {0};
	const char *why = "";
	bool stored = false;
	int code = fill_entropy(r, wish, random, secret, error);

	if (!code)
		code = identity_new(arena, wish, registrar_now(r), out, &why);
	crypto_wipe(secret, sizeof secret);
	crypto_wipe(random, sizeof random);
	if (code == INKAN_EUSAGE)
		return refuse(error, why);
	if (!code && out->publishes && !registrar_may_write(registrar_zone_of(r, str_c(out->domain)))) {
		(void)io_fail(error,
		              "nothing says how the zone of %s is written (identities.zones): without publishing, "
		              "the records are for copying",
		              out->domain);
		return INKAN_EREFUSED;
	}
	if (!code)
		code = check_selectors(r, arena, out, error);
	if (!code)
		code = keep(r, out, 0, NULL, "create", identity_scheme_name(out->scheme), &stored, error);
	if (!code && !stored)
		return refuse(error, "an identity of that name is there already");
	if (!code && out->state != IDENTITY_REQUESTED)
		code = first_steps(r, arena, out, error);
	if (!code && out->publishes && publish_all(r, arena, out, error) == INKAN_ENOMEM)
		code = INKAN_ENOMEM;
	return code;
}

/* ---- what people ask for ---- */

int registrar_change_identity(struct registrar *r, struct arena *arena, const char *id, const char *action,
                              registrar_change *change, void *context, struct identity *out, struct text *why_out,
                              struct io_error *error)
{
	for (int i = 0; i < TRIES_MAX; i++) {
		uint64_t version = 0;
		bool stored = false;
		int code = identity_store_get(r->store, arena, id, out, &version, error);

		if (code)
			return code;
		if (version == 0) {
			(void)io_fail(error, "there is no identity %s", id);
			return INKAN_EUSAGE;
		}
		if (!change(context, out, registrar_now(r), why_out))
			return INKAN_EREFUSED;
		code = keep(r, out, version, NULL, action, "", &stored, error);
		if (code || stored)
			return code;
	}
	return io_fail(error, "%s: others change this identity all the time", id);
}

/* ---- steps ---- */

struct doing {
	struct registrar *r;
	struct arena *arena;
	struct identity *identity;
	uint64_t version;
	struct new_key key;
	bool has_key;
	bool unchanged; /* nothing for the history: a look that changed no state, a step that was put off */
	struct str pem; /* a key that is brought along */
	const char *selector;
};

static int take_selector(struct doing *d, struct slot *slot, struct io_error *error)
{
	struct str selector = str_c(d->selector);
	char *p = arena_text(d->arena, selector.n + 1);

	if (d->identity->scheme != IDENTITY_TXT)
		return refuse(error, "the selectors of a CNAME scheme are fixed: leave out the selector");
	if (!identity_is_selector(selector, str_c(d->identity->domain)))
		return refuse(error, "a selector is letters, digits and hyphens, with dots between, as mail2026");
	if (!p)
		return arena_error(d->arena);
	str_put_lower(p, selector);
	p[selector.n] = '\0';
	for (size_t i = 0; i < d->identity->slot_count; i++)
		if (&d->identity->slots[i] != slot && strcmp(d->identity->slots[i].selector, p) == 0)
			return refuse(error, "another key of the identity has that selector");
	slot->selector = p;
	return refuse_taken(d->r, d->identity, error);
}

/* A name for a TXT key: the one that was asked for, the first one that the identity was made with, or a new one that no other
 * identity of the domain has. */
static int choose_selector(struct doing *d, struct slot *slot, struct io_error *error)
{
	bool is_first = slot->selector[0] && slot->since == UNIX_TIME_NONE; /* never used, named in the wish */
	char name[IDENTITY_SELECTOR_MAX];
	int code = INKAN_OK;

	if (d->selector)
		return take_selector(d, slot, error);
	if (d->identity->scheme != IDENTITY_TXT || is_first)
		return INKAN_OK;
	for (unsigned attempt = 0; !code; attempt++) {
		slot->selector = "";
		if (!identity_new_selector(d->identity, registrar_now(d->r), attempt, name))
			return refuse(error, "no name is left for a selector of today");
		slot->selector = arena_str(d->arena, str_c(name)).p;
		if (!slot->selector)
			return arena_error(d->arena);
		code = refuse_taken(d->r, d->identity, error);
		if (code != INKAN_EREFUSED)
			return code;
		code = INKAN_OK;
	}
	return code;
}

static int generate(struct doing *d, struct slot *slot, struct io_error *error)
{
	int code = choose_selector(d, slot, error);

	if (!code)
		code = registrar_new_key(d->r, d->arena, d->identity, d->pem, slot, &d->key, error);
	d->has_key = !code;
	return code;
}

static bool same_states(const struct identity *a, const struct identity *b)
{
	bool same = a->state == b->state && a->mail_from_state == b->mail_from_state;

	for (size_t i = 0; i < a->slot_count; i++)
		same = same && a->slots[i].state == b->slots[i].state;
	return same;
}

static bool is_missing(enum sight sight)
{
	return sight == SIGHT_ABSENT || sight == SIGHT_OTHER;
}

/* Records that belong to no slot, and that we publish ourselves, are not there. */
static bool lacks_mail_from(const struct identity *identity, const struct identity_sight *sight)
{
	return identity->publishes && identity->mail_from_state == MAIL_FROM_PENDING &&
	       (is_missing(sight->mail_from_mx) || is_missing(sight->mail_from_spf));
}

/* A failure does not hold up what else was seen. */
static int publish_mail_from(struct doing *d, struct identity_sight *sight)
{
	struct io_error error = {""};
	int code = registrar_publish(d->r, d->arena, NULL, d->identity, &error);

	if (code != INKAN_EIO)
		return code;
	sight->trouble = utf8_shown(d->arena, str_c(error.text), IDENTITY_TROUBLE_MAX, ' ');
	return arena_error(d->arena);
}

static int look(struct doing *d, struct io_error *error)
{
	struct registrar_sighting *seen = arena_calloc(d->arena, EXPECTED_MAX, sizeof *seen);
	struct identity_sight sight;
	size_t count;

	if (!seen)
		return arena_error(d->arena);
	int code = registrar_look(d->r, d->arena, d->identity, seen, &count, &sight, error);

	if (!code && lacks_mail_from(d->identity, &sight))
		code = publish_mail_from(d, &sight);
	if (code)
		return code;
	const struct identity before = *d->identity;

	registrar_note_signatures(d->r, d->identity);
	life_see(d->identity, &sight);
	d->unchanged = same_states(&before, d->identity);
	return INKAN_OK;
}

/* Publishes what the records are when the step is done; a step that cannot be published is not done. */
static int publish(struct doing *d, const struct life_step *step, struct io_error *error)
{
	struct identity after;
	int code = identity_copy(d->arena, d->identity, &after);

	if (code)
		return code;
	life_done(&after, step, registrar_now(d->r));
	return registrar_publish(d->r, d->arena, d->identity, &after, error);
}

static int do_step(struct doing *d, const struct life_step *step, struct io_error *error)
{
	int code = INKAN_OK;

	switch (step->action) {
	case LIFE_LOOK:
		return look(d, error);
	case LIFE_GENERATE:
		code = generate(d, &d->identity->slots[step->slot], error);
		break;
	case LIFE_PUBLISH:
	case LIFE_REVOKE:
	case LIFE_WITHDRAW:
		code = publish(d, step, error);
		break;
	case LIFE_ACTIVATE:
	case LIFE_WAIT:
		break;
	}
	if (!code)
		life_done(d->identity, step, registrar_now(d->r));
	return code;
}

/* The step that is due, or a look where one is wanted now. */
static void choose_step(const struct identity *identity, unix_time now, bool now_too, struct life_step *out)
{
	life_next(identity, now, out);
	bool due = out->due != UNIX_TIME_NONE && out->due <= now && out->action != LIFE_WAIT;

	if (!due && now_too && identity->state != IDENTITY_REQUESTED)
		out->action = LIFE_LOOK;
	else if (!due)
		out->action = LIFE_WAIT;
}

/* ---- steps that fail ---- */

struct last_event {
	const char *trouble;
	bool is_same; /* the newest event is this trouble already ... */
	unix_time at; /* ... since then */
};

static bool compare_event(void *context, const struct identity_event *event)
{
	struct last_event *last = context;

	last->is_same = strcmp(event->action, TROUBLE) == 0 && strcmp(event->detail, last->trouble) == 0;
	last->at = event->at;
	return false;
}

/* The longer it lasts, the longer the pause: a server that is away for days is not asked every minute for every identity. */
static int64_t pause_after(const struct last_event *last, unix_time now)
{
	int64_t lasts = last->is_same && last->at < now ? (now - last->at) / 4 : 0;

	return lasts < LIFE_LOOK_PENDING ? LIFE_LOOK_PENDING : lasts < PAUSE_MAX ? lasts : PAUSE_MAX;
}

static int store_trouble(struct doing *d, struct identity *identity)
{
	struct registrar *r = d->r;
	unix_time now = registrar_now(r);
	struct last_event last = {.trouble = identity->trouble};
	struct io_error ignored;
	bool stored;
	int code = identity_store_events(r->store, identity->id, 1, compare_event, &last, &ignored);
	const struct identity_event event = {.at = now,
	                                     .host = r->settings.host,
	                                     .who = r->settings.who,
	                                     .action = TROUBLE,
	                                     .detail = identity->trouble};

	identity->next_due = now + pause_after(&last, now);
	if (!code)
		code = identity_store_put(r->store, identity, d->version, NULL, last.is_same ? NULL : &event, &stored,
		                          &ignored);
	return code;
}

/* What a step met is kept with the identity, which is as it was before, for people; it is tried again after a pause. Whatever
 * it was, others are not held up by it. */
static int keep_trouble(struct doing *d, int failed, const struct identity *before, struct io_error *error)
{
	struct identity identity = *before;
	struct arena scratch;

	*d->identity = *before;
	if (failed == INKAN_ENOMEM)
		return failed;
	if (!error->text[0])
		(void)io_fail(error, "%s: %s", before->id, inkan_strerror(failed));
	arena_init(&scratch, sizeof error->text * 4); /* that of the step may be full */
	identity.trouble = utf8_shown(&scratch, str_c(error->text), IDENTITY_TROUBLE_MAX, ' ');
	int code = arena_error(&scratch) ? arena_error(&scratch) : store_trouble(d, &identity);
	struct str kept = arena_str(d->arena, str_c(arena_error(&scratch) ? "" : identity.trouble));

	d->identity->trouble = kept.p ? kept.p : inkan_strerror(failed);
	d->identity->next_due = identity.next_due;
	arena_release(&scratch);
	return code == INKAN_ENOMEM ? code : INKAN_EIO;
}

/* ---- one step ---- */

static int do_and_keep(struct doing *d, const struct life_step *step, struct io_error *error)
{
	bool stored = false;
	char detail[128];
	int code = do_step(d, step, error);

	if (code)
		return code;
	snprintf(detail, sizeof detail, "%.100s", d->identity->slots[step->slot].selector);
	code = keep(d->r, d->identity, d->version, d->has_key ? &d->key : NULL,
	            d->unchanged ? NULL : life_action_name(step->action), detail, &stored, error);
	if (!code && !stored)
		d->version = 0; /* somebody was quicker: what was done outside is as idempotent as it has to be */
	return code;
}

/* A key that was still at work is kept for longer: nothing is done then. */
static void ask_before_revoking(struct doing *d, struct life_step *step)
{
	if (step->action != LIFE_REVOKE)
		return;
	registrar_note_signatures(d->r, d->identity);
	d->unchanged = !life_is_still_due(d->identity, step, registrar_now(d->r));
	if (d->unchanged)
		step->action = LIFE_WAIT;
}

static int claim_and_do(struct doing *d, const char *id, struct life_step *step, struct io_error *error)
{
	unix_time now = registrar_now(d->r);
	int code = identity_store_claim(d->r->store, d->arena, id, d->version, d->r->settings.host, now,
	                                now + CLAIM_TIME, d->identity, &d->version, error);

	if (code || d->version == 0)
		return code;
	const struct identity before = *d->identity;

	error->text[0] = '\0';
	ask_before_revoking(d, step);
	code = do_and_keep(d, step, error);
	return code ? keep_trouble(d, code, &before, error) : INKAN_OK;
}

/* Nothing is due, but it was thought to be, or a clock was wrong when that was thought. */
static int put_off(struct doing *d, struct io_error *error)
{
	unix_time now = registrar_now(d->r), due = d->identity->next_due;
	bool stored, is_right = due == UNIX_TIME_NONE || (due > now && due - now <= DUE_TIME_MAX);

	return is_right ? INKAN_OK : keep(d->r, d->identity, d->version, NULL, NULL, "", &stored, error);
}

static int step_identity(struct doing *d, const char *id, bool now_too, struct life_step *step_out,
                         struct io_error *error)
{
	int code = identity_store_get(d->r->store, d->arena, id, d->identity, &d->version, error);

	if (code)
		return code;
	if (d->version == 0) {
		(void)io_fail(error, "there is no identity %s", id);
		return INKAN_EUSAGE;
	}
	choose_step(d->identity, registrar_now(d->r), now_too, step_out);
	if (step_out->action == LIFE_WAIT)
		return put_off(d, error);
	code = claim_and_do(d, id, step_out, error);
	if (!code && d->version == 0) {
		step_out->action = LIFE_WAIT;
		code = identity_store_get(d->r->store, d->arena, id, d->identity, &d->version, error);
	}
	return code;
}

int registrar_step(struct registrar *r, struct arena *arena, const char *id, bool now_too, struct identity *out,
                   struct life_step *step_out, struct io_error *error)
{
	struct doing d = {.r = r, .arena = arena, .identity = out};
	char kept[IDENTITY_ID_MAX + 1];

	authority_tidy(r->world);
	authority_tidy(r->primaries);
	snprintf(kept, sizeof kept, "%s", id); /* id may be of *out, which changes */
	return step_identity(&d, kept, now_too, step_out, error);
}

int registrar_import_key(struct registrar *r, struct arena *arena, const char *id, struct str pem, const char *selector,
                         struct identity *out, struct io_error *error)
{
	struct doing d = {.r = r, .arena = arena, .identity = out, .pem = pem, .selector = selector};
	struct life_step step;
	int code = identity_store_get(r->store, arena, id, out, &d.version, error);

	if (code)
		return code;
	if (d.version == 0) {
		(void)io_fail(error, "there is no identity %s", id);
		return INKAN_EUSAGE;
	}
	step = (struct life_step){.action = LIFE_GENERATE, .slot = life_free_slot(out)};
	if (step.slot >= out->slot_count || out->state == IDENTITY_REQUESTED || out->scheme == IDENTITY_EXTERNAL)
		return refuse(
			error,
			"no slot is free for a key now: one is on its way already, or somebody else holds the keys");
	bool stored = false;

	code = do_step(&d, &step, error);
	if (!code)
		code = refuse_taken(r, out, error);
	if (!code)
		code = keep(r, out, d.version, &d.key, "import", out->slots[step.slot].selector, &stored, error);
	return code ? code : stored ? first_steps(r, arena, out, error) : io_fail(error, "%s: changed meanwhile", id);
}

/* ---- all that are due ---- */

enum { DUE_MAX = 64, RUN_STEPS_MAX = 8 /* of one identity in a row */ };

/* All that is due of an identity: behind a look, which comes first, may wait what it is for. */
static int run_one(struct registrar *r, struct arena *scratch, const char *id, size_t *done, struct io_error *error)
{
	struct life_step step = {.action = LIFE_LOOK};
	int code = INKAN_OK;

	for (int i = 0; i < RUN_STEPS_MAX && !code && step.action != LIFE_WAIT; i++) {
		struct identity identity;

		arena_reset(scratch);
		code = registrar_step(r, scratch, id, false, &identity, &step, error);
		*done += !code && step.action != LIFE_WAIT;
	}
	return code;
}

int registrar_run(struct registrar *r, size_t max, size_t *done_out, bool *left_out, struct io_error *error)
{
	const char *ids[DUE_MAX];
	struct arena arena, scratch;
	size_t count = 0;

	*done_out = 0;
	*left_out = false;
	arena_init(&arena, STEP_MEMORY_MAX);
	arena_init(&scratch, STEP_MEMORY_MAX);
	max = max < DUE_MAX ? max : DUE_MAX;
	authority_forget(r->world); /* zones change, and must not pile up */
	authority_forget(r->primaries);
	int code = identity_store_due(r->store, &arena, registrar_now(r), max, ids, &count, error);

	*left_out = count == max;
	for (size_t i = 0; i < count && !code; i++) {
		code = run_one(r, &scratch, ids[i], done_out, error);
		if (code == INKAN_EUSAGE || code == INKAN_EIO) /* gone, or told with the identity: others do not wait */
			code = INKAN_OK;
	}
	arena_release(&scratch);
	arena_release(&arena);
	return code;
}

/* Steps of an identity. Reading order: registrar_follow() -> step_identity() -> claim_and_do() -> do_step() -> registrar_keep(). */
#include <stdio.h>
#include <string.h>

#include "core/utf8.h"
#include "registrar/internal.h"

enum {
	PAUSE_MAX = 3600,    /* seconds between tries of a step that fails again and again */
	CLAIM_TIME = 120,    /* seconds for one step outside the store; then another host may try */
	STEPS_MAX = 8,       /* of one identity in a row */
	DUE_TIME_MAX = 86400 /* seconds: after a clock that was wrong no identity waits longer */
};

#define TROUBLE "trouble" /* action of events */

/* ---- the store ---- */

/* When the next step is due, or this is to be asked again. */
static unix_time next_due(const struct identity *identity, unix_time now)
{
	struct life_step next;
	unix_time latest = now > INT64_MAX - DUE_TIME_MAX ? INT64_MAX : now + DUE_TIME_MAX;

	life_next(identity, now, &next);
	return next.due == UNIX_TIME_NONE || next.due < latest ? next.due : latest;
}

int registrar_read(struct registrar *r, struct arena *arena, const char *id, struct identity *out,
                   uint64_t *version_out, struct io_error *error)
{
	int code = identity_store_get(r->store, arena, id, out, version_out, error);

	if (code || *version_out)
		return code;
	(void)io_fail(error, "there is no identity %s", id);
	return INKAN_EUSAGE;
}

int registrar_keep(struct registrar *r, struct identity *identity, uint64_t version, const struct new_key *key,
                   const char *action, const char *detail, bool *stored_out, struct io_error *error)
{
	unix_time now = registrar_now(r);
	const struct identity_event event = {
		.at = now, .host = r->settings.host, .who = r->settings.who, .action = action, .detail = detail};

	identity->next_due = next_due(identity, now);
	return identity_store_put(r->store, identity, version, key, action ? &event : NULL, stored_out, error);
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
	struct registrar_view *view; /* takes what a look saw; NULL: nobody wants it */
	bool is_looked;              /* it is in `view` already */
	bool is_seen;                /* `view` is what DNS shows of the identity as it is */
	struct str pem;              /* a key that is brought along */
	const char *selector;
};

static int take_selector(struct doing *d, struct slot *slot, struct io_error *error)
{
	struct str selector = str_c(d->selector);
	char *p = arena_text(d->arena, selector.n + 1);

	if (d->identity->scheme != IDENTITY_TXT)
		return registrar_refuse(error, "the selectors of a CNAME scheme are fixed: leave out the selector");
	if (!identity_is_selector(selector, str_c(d->identity->domain)))
		return registrar_refuse(error,
		                        "a selector is letters, digits and hyphens, with dots between, as mail2026");
	if (!p)
		return arena_error(d->arena);
	str_put_lower(p, selector);
	p[selector.n] = '\0';
	for (size_t i = 0; i < d->identity->slot_count; i++)
		if (&d->identity->slots[i] != slot && strcmp(d->identity->slots[i].selector, p) == 0)
			return registrar_refuse(error, "another key of the identity has that selector");
	slot->selector = p;
	return registrar_refuse_taken(d->r, d->identity, error);
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
			return registrar_refuse(error, "no name is left for a selector of today");
		slot->selector = arena_str(d->arena, str_c(name)).p;
		if (!slot->selector)
			return arena_error(d->arena);
		code = registrar_refuse_taken(d->r, d->identity, error);
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

static int look(struct doing *d)
{
	struct registrar_view *view = d->view ? d->view : arena_calloc(d->arena, 1, sizeof *view);

	if (!view)
		return arena_error(d->arena);
	int code = d->is_looked ? INKAN_OK : registrar_look(d->r, d->arena, d->identity, view);

	d->is_seen = !code;
	if (!code && lacks_mail_from(d->identity, &view->sight)) {
		d->is_seen = false; /* DNS shows more from now on */
		code = publish_mail_from(d, &view->sight);
	}
	if (code)
		return code;
	const struct identity before = *d->identity;

	registrar_note_signatures(d->r, d->identity);
	life_see(d->identity, &view->sight);
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
		return look(d);
	case LIFE_GENERATE:
		d->is_seen = false;
		code = generate(d, &d->identity->slots[step->slot], error);
		break;
	case LIFE_PUBLISH:
	case LIFE_REVOKE:
	case LIFE_WITHDRAW:
		d->is_seen = false;
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
	code = registrar_keep(d->r, d->identity, d->version, d->has_key ? &d->key : NULL,
	                      d->unchanged ? NULL : life_action_name(step->action), detail, &stored, error);
	if (!code && !stored)
		d->version = 0; /* somebody was quicker: what was done outside is as idempotent as it has to be */
	return code;
}

static int claim(struct doing *d, const char *id, struct io_error *error)
{
	unix_time now = registrar_now(d->r);

	return identity_store_claim(d->r->store, d->arena, id, d->version, d->r->settings.host, now, now + CLAIM_TIME,
	                            d->identity, &d->version, error);
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

static int do_claimed(struct doing *d, struct life_step *step, struct io_error *error)
{
	const struct identity before = *d->identity;

	error->text[0] = '\0';
	ask_before_revoking(d, step);
	int code = do_and_keep(d, step, error);

	return code ? keep_trouble(d, code, &before, error) : INKAN_OK;
}

static int claim_and_do(struct doing *d, const char *id, struct life_step *step, struct io_error *error)
{
	int code = claim(d, id, error);

	return code || d->version == 0 ? code : do_claimed(d, step, error);
}

int registrar_claim_look(struct registrar *r, const char *id, struct registrar_claim *c, struct io_error *error)
{
	struct doing d = {.r = r, .arena = &c->arena, .identity = &c->identity};
	int code = registrar_read(r, d.arena, id, d.identity, &d.version, error);

	c->version = 0;
	if (code)
		return code;
	choose_step(d.identity, registrar_now(r), false, &c->step);
	if (c->step.action != LIFE_LOOK)
		return INKAN_OK;
	code = claim(&d, id, error);
	c->version = code ? 0 : d.version;
	return code;
}

int registrar_finish_look(struct registrar *r, struct registrar_claim *c, struct io_error *error)
{
	struct doing d = {.r = r,
	                  .arena = &c->arena,
	                  .identity = &c->identity,
	                  .version = c->version,
	                  .view = &c->view,
	                  .is_looked = true};

	return do_claimed(&d, &c->step, error);
}

/* Nothing is due, but it was thought to be, or a clock was wrong when that was thought. */
static int put_off(struct doing *d, struct io_error *error)
{
	unix_time now = registrar_now(d->r), due = d->identity->next_due;
	bool stored, is_right = due == UNIX_TIME_NONE || (due > now && due - now <= DUE_TIME_MAX);

	return is_right ? INKAN_OK : registrar_keep(d->r, d->identity, d->version, NULL, NULL, "", &stored, error);
}

/* Makes room, while no zone is in use. */
static void tidy(struct registrar *r)
{
	authority_tidy(r->world);
	authority_tidy(r->primaries);
}

static int step_identity(struct doing *d, const char *id, bool now_too, struct life_step *step_out,
                         struct io_error *error)
{
	int code = registrar_read(d->r, d->arena, id, d->identity, &d->version, error);

	if (code)
		return code;
	choose_step(d->identity, registrar_now(d->r), now_too, step_out);
	if (step_out->action == LIFE_WAIT)
		return put_off(d, error);
	code = claim_and_do(d, id, step_out, error);
	if (!code && d->version == 0) {
		step_out->action = LIFE_WAIT;
		d->is_seen = false;
		code = identity_store_get(d->r->store, d->arena, id, d->identity, &d->version, error);
	}
	return code;
}

int registrar_step(struct registrar *r, struct arena *arena, const char *id, bool now_too, struct identity *out,
                   struct life_step *step_out, struct io_error *error)
{
	struct doing d = {.r = r, .arena = arena, .identity = out};
	char kept[IDENTITY_ID_MAX + 1];

	tidy(r);
	snprintf(kept, sizeof kept, "%s", id); /* id may be of *out, which changes */
	return step_identity(&d, kept, now_too, step_out, error);
}

/* ---- steps in a row ---- */

/* What a step met is told with the identity, which goes on later; *out is as the store has it. */
static int take_stored(struct registrar_walk *w, const char *id, struct identity *out, struct io_error *error)
{
	struct io_error met = *error;
	uint64_t version;
	int code = registrar_read(w->r, w->arena, id, out, &version, error);

	if (!code)
		*error = met;
	return code;
}

int registrar_walk(struct registrar_walk *w, const char *id, bool look_too, struct identity *out,
                   struct io_error *error)
{
	struct life_step step = {.action = LIFE_LOOK};
	int code = INKAN_OK;

	for (int i = 0; i < STEPS_MAX && !code && step.action != LIFE_WAIT; i++) {
		struct doing d = {
			.r = w->r, .arena = w->arena, .identity = out, .view = w->view, .is_seen = w->is_seen};

		if (w->forgets)
			arena_reset(w->arena);
		code = step_identity(&d, id, look_too, &step, error);
		w->is_seen = d.is_seen && !code;
		w->steps += !code && step.action != LIFE_WAIT;
		look_too = look_too && step.action != LIFE_LOOK;
	}
	return code == INKAN_EIO ? take_stored(w, id, out, error) : code;
}

int registrar_follow(struct registrar *r, struct arena *arena, const char *id, bool look_too, struct identity *out,
                     struct registrar_view *view, struct io_error *error)
{
	struct registrar_walk w = {.r = r, .arena = arena, .view = view};
	char kept[IDENTITY_ID_MAX + 1];

	tidy(r);
	snprintf(kept, sizeof kept, "%s", id); /* id may be of *out, which changes */
	int code = registrar_walk(&w, kept, look_too, out, error);

	return code || !view || w.is_seen ? code : registrar_look(r, arena, out, view);
}

/* ---- keys that are brought along ---- */

int registrar_import_key(struct registrar *r, struct arena *arena, const char *id, struct str pem, const char *selector,
                         struct identity *out, struct io_error *error)
{
	struct doing d = {.r = r, .arena = arena, .identity = out, .pem = pem, .selector = selector};
	struct life_step step;
	int code = registrar_read(r, arena, id, out, &d.version, error);

	if (code)
		return code;
	step = (struct life_step){.action = LIFE_GENERATE, .slot = life_free_slot(out)};
	if (step.slot >= out->slot_count || out->state == IDENTITY_REQUESTED || out->scheme == IDENTITY_EXTERNAL)
		return registrar_refuse(
			error,
			"no slot is free for a key now: one is on its way already, or somebody else holds the keys");
	bool stored = false;

	code = do_step(&d, &step, error);
	if (!code)
		code = registrar_refuse_taken(r, out, error);
	if (!code)
		code = registrar_keep(r, out, d.version, &d.key, "import", out->slots[step.slot].selector, &stored,
		                      error);
	if (code)
		return code;
	return stored ? registrar_follow(r, arena, out->id, false, out, NULL, error)
	              : io_fail(error, "%s: changed meanwhile", id);
}

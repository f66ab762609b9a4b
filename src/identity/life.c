/* What may be done next with an identity.
 *
 * Two tables: `steps` has what a slot goes through, `standings` how an identity (and its MAIL FROM domain) stands after each
 * look. Everything else here answers when a row holds.
 *
 * A proof is a row of looks, each of which found the record on every server, over a time longer than the answer before it
 * lives in caches: "there is none" (negative TTL), or, in CNAME schemes, the empty text that was there before. A look that
 * found anything else ends the row. A server that did not answer neither ends it nor counts for it: a key whose last look
 * is such is not proven, but needs no new row, unless LIFE_GAP_MAX has gone by. A server that stays down holds up a new
 * key for ever, and the trouble says so: nobody can know what it will say when it is back.
 *
 * A clock that was wrong: after the next look, which is due at once, times in the future are now; so an overlap begins anew
 * rather than ends early. */
#include "identity/life.h"

#include "identity/expected.h"
#include "identity/internal.h"

#define TEXT(e, j) ((struct text){e, j})

const char *life_action_name(enum life_action action)
{
	static const char *const names[] = {
		[LIFE_WAIT] = "wait",         [LIFE_GENERATE] = "generate", [LIFE_PUBLISH] = "publish",
		[LIFE_LOOK] = "look",         [LIFE_ACTIVATE] = "activate", [LIFE_REVOKE] = "revoke",
		[LIFE_WITHDRAW] = "withdraw",
	};

	return names[action];
}

/* ---- times ---- */

static unix_time later(unix_time a, unix_time b)
{
	return a > b ? a : b;
}

static unix_time earlier(unix_time a, unix_time b)
{
	return a < b ? a : b;
}

static unix_time after(unix_time start, int64_t seconds)
{
	return start > INT64_MAX - seconds ? INT64_MAX : start + seconds;
}

static bool is_past(unix_time start, int64_t seconds, unix_time now)
{
	return start != UNIX_TIME_NONE && now > after(start, seconds);
}

/* Nothing that has happened lies in the future. */
static void no_later(unix_time *t, unix_time now)
{
	if (*t > now)
		*t = now;
}

static void set_times_right(struct identity *identity, unix_time now)
{
	no_later(&identity->state_since, now);
	no_later(&identity->mail_from_since, now);
	no_later(&identity->checked, now);
	no_later(&identity->created, now);
	for (size_t i = 0; i < identity->slot_count; i++) {
		struct slot *slot = &identity->slots[i];
		unix_time *const times[] = {&slot->since,       &slot->made,         &slot->published,
		                            &slot->first_seen,  &slot->last_shown,   &slot->last_seen,
		                            &slot->last_signed, &slot->last_verified};

		for (size_t n = 0; n < sizeof(times) / sizeof(*times); n++)
			no_later(times[n], now);
	}
}

/* ---- slots ---- */

static bool has_key_on_its_way(const struct identity *identity)
{
	for (size_t i = 0; i < identity->slot_count; i++) {
		enum slot_state state = identity->slots[i].state;

		if (state == SLOT_GENERATED || state == SLOT_PUBLISHED || state == SLOT_PROVEN)
			return true;
	}
	return false;
}

static bool has_key_on_its_way_out(const struct identity *identity)
{
	for (size_t i = 0; i < identity->slot_count; i++)
		if (identity->slots[i].state == SLOT_OVERLAP || identity->slots[i].state == SLOT_REVOKED)
			return true;
	return false;
}

size_t life_free_slot(const struct identity *identity)
{
	const struct slot *active = identity_active_slot(identity);
	size_t start = active ? (size_t)(active - identity->slots) + 1 : 0;

	if (identity->scheme == IDENTITY_EXTERNAL || has_key_on_its_way(identity))
		return identity->slot_count;
	for (size_t i = 0; i < identity->slot_count; i++) {
		size_t at = (start + i) % identity->slot_count;

		if (identity->slots[at].state == SLOT_EMPTY)
			return at;
	}
	return identity->slot_count;
}

/* The slot that the identity's standing hangs on: the one that signs, else the one that is to. */
static const struct slot *slot_in_use(const struct identity *identity)
{
	const struct slot *best = identity_active_slot(identity);

	for (size_t i = 0; !best && i < identity->slot_count; i++)
		if (identity->slots[i].state == SLOT_PROVEN)
			best = &identity->slots[i];
	for (size_t i = 0; !best && i < identity->slot_count; i++)
		if (identity->slots[i].state == SLOT_PUBLISHED || identity->slots[i].state == SLOT_GENERATED)
			best = &identity->slots[i];
	return best;
}

/* ---- steps ---- */

struct situation {
	const struct identity *identity;
	size_t slot;
	unix_time now;
};

static const struct slot *slot_of(const struct situation *s)
{
	return &s->identity->slots[s->slot];
}

/* The last look is young enough to act on. */
static bool is_fresh(const struct situation *s)
{
	unix_time checked = s->identity->checked;

	return checked != UNIX_TIME_NONE && checked <= s->now && s->now - checked <= LIFE_PROOF_FRESH;
}

/* A proven key is wanted: signing is on, or it follows one that signs. */
static bool is_wanted(const struct identity *identity)
{
	return identity->enabled || identity_active_slot(identity);
}

/* When a step is due; false: not at all as things are. */
typedef bool due_fn(const struct situation *s, unix_time *due_out);

static bool due_at_once(const struct situation *s, unix_time *due_out)
{
	*due_out = s->now;
	return true;
}

static bool due_generate(const struct situation *s, unix_time *due_out)
{
	const struct identity *identity = s->identity;
	const struct slot *active = identity_active_slot(identity);

	if (life_free_slot(identity) != s->slot || (active && has_key_on_its_way_out(identity)))
		return false;
	if (!active || identity->rotating)
		return due_at_once(s, due_out);
	*due_out = after(earlier(active->since, s->now), later(identity->rotate_every, LIFE_CHANGE_PAUSE));
	return identity->rotate_every > 0 && identity->enabled && identity->state == IDENTITY_VERIFIED;
}

static bool due_activate(const struct situation *s, unix_time *due_out)
{
	return is_wanted(s->identity) && is_fresh(s) && due_at_once(s, due_out);
}

unix_time life_overlap_end(const struct identity *identity, const struct slot *slot, unix_time now)
{
	unix_time ours = earlier(later(slot->since, slot->last_signed), now);
	unix_time others = earlier(slot->last_verified, now);
	unix_time kept = earlier(after(others, identity->overlap), after(ours, LIFE_VERIFIED_MAX));

	return later(after(ours, identity->overlap), kept);
}

static bool due_revoke(const struct situation *s, unix_time *due_out)
{
	*due_out = life_overlap_end(s->identity, slot_of(s), s->now);
	return true;
}

static bool due_withdraw(const struct situation *s, unix_time *due_out)
{
	*due_out = after(earlier(slot_of(s)->since, s->now), LIFE_REVOKED_TIME);
	return true;
}

// clang-format off
static const struct step_row {
	enum slot_state from;
	enum life_action action;
	enum slot_state to;
	due_fn *due;
	struct text why;
} steps[] = {
	{SLOT_EMPTY, LIFE_GENERATE, SLOT_GENERATED, due_generate,
	 {"a key is to be made", "鍵を作成します"}},
	{SLOT_GENERATED, LIFE_PUBLISH, SLOT_PUBLISHED, due_at_once,
	 {"the new key is to be published in DNS", "新しい鍵を DNS に公開します"}},
	{SLOT_PROVEN, LIFE_ACTIVATE, SLOT_ACTIVE, due_activate,
	 {"every name server has shown the key for long enough: it is to sign from now on",
	  "すべてのネームサーバーで鍵が十分な時間確認できました。この鍵で署名を始めます"}},
	{SLOT_OVERLAP, LIFE_REVOKE, SLOT_REVOKED, due_revoke,
	 {"no message signed with the old key can be on its way any more: it is to be revoked",
	  "古い鍵で署名したメールはもう配送中にありません。古い鍵を失効させます"}},
	{SLOT_REVOKED, LIFE_WITHDRAW, SLOT_EMPTY, due_withdraw,
	 {"the key was revoked long enough ago: its slot is to be freed",
	  "失効から十分な時間が過ぎました。この鍵の枠を空けます"}},
};
// clang-format on

enum { STEPS = sizeof(steps) / sizeof(*steps) };

/* ---- looks ---- */

/* Its record has to be there now. */
static bool is_watched(const struct slot *slot)
{
	return slot->state == SLOT_PUBLISHED || slot->state == SLOT_PROVEN || slot->state == SLOT_ACTIVE;
}

/* A row of looks has begun that should not be broken off. */
static bool is_being_proven(const struct identity *identity, const struct slot *slot)
{
	bool is_unproven =
		slot->state == SLOT_PUBLISHED || (slot->state == SLOT_ACTIVE && identity->state == IDENTITY_FAILED);

	return is_unproven && slot->first_seen != UNIX_TIME_NONE;
}

static bool is_awaited(const struct situation *s)
{
	const struct identity *identity = s->identity;

	for (size_t i = 0; i < identity->slot_count; i++) {
		const struct slot *slot = &identity->slots[i];
		bool is_young = slot->state == SLOT_PUBLISHED && identity->scheme != IDENTITY_EXTERNAL &&
		                !is_past(slot->since, LIFE_PENDING_MAX, s->now);

		if (is_young || is_being_proven(identity, slot))
			return true;
	}
	return (identity->state == IDENTITY_PENDING && identity->scheme == IDENTITY_EXTERNAL) ||
	       identity->state == IDENTITY_UNSTABLE || identity->mail_from_state == MAIL_FROM_PENDING ||
	       identity->mail_from_state == MAIL_FROM_UNSTABLE;
}

static bool is_look_due_at_once(const struct situation *s, const struct slot *slot)
{
	if (slot->state == SLOT_PUBLISHED)
		return s->identity->checked == UNIX_TIME_NONE || slot->published > s->identity->checked;
	return slot->state == SLOT_PROVEN && s->identity->scheme != IDENTITY_EXTERNAL && is_wanted(s->identity) &&
	       !is_fresh(s);
}

static bool due_look(const struct situation *s, unix_time *due_out)
{
	const struct identity *identity = s->identity;
	bool has_sights = identity->mail_from_state != MAIL_FROM_NONE;
	unix_time last = later(identity->checked, identity->created);

	for (size_t i = 0; i < identity->slot_count; i++) {
		if (is_look_due_at_once(s, &identity->slots[i]))
			return due_at_once(s, due_out);
		has_sights = has_sights || is_watched(&identity->slots[i]);
	}
	*due_out = after(last, is_awaited(s) ? LIFE_LOOK_PENDING : LIFE_LOOK_CALM);
	if (last > s->now)
		*due_out = s->now;
	return has_sights;
}

/* Every record is there, a key merely not for long enough. */
static bool is_all_seen(const struct identity *identity)
{
	for (size_t i = 0; i < identity->slot_count; i++)
		if (identity->slots[i].state == SLOT_PUBLISHED && identity->slots[i].first_seen == UNIX_TIME_NONE)
			return false;
	return identity->state == IDENTITY_VERIFIED && identity->mail_from_state != MAIL_FROM_PENDING &&
	       identity->mail_from_state != MAIL_FROM_UNSTABLE;
}

static struct text why_look(const struct situation *s)
{
	if (!is_awaited(s))
		return TEXT("DNS is looked at from time to time", "DNS を定期的に確認します");
	if (is_all_seen(s->identity))
		return TEXT(
			"every name server shows the key; it signs when no cache can hold the old answer any more",
			"すべてのネームサーバーで鍵を確認できました。古い応答がキャッシュから消えてから署名を始めます");
	return TEXT("DNS does not show everything yet, or not for long enough",
	            "DNS でまだすべてを確認できていないか、確認できてからの時間が足りません");
}

/* ---- what is next ---- */

/* Takes the step where it is to be done before that in *out. */
static void offer(const struct situation *s, enum life_action action, unix_time due, struct text why,
                  struct life_step *out)
{
	if (out->action == LIFE_WAIT || later(due, s->now) < later(out->due, s->now))
		*out = (struct life_step){action, s->slot, due, why};
}

/* A look that is due comes before other steps: it puts itself off, while a step that fails stays due. */
void life_next(const struct identity *identity, unix_time now, struct life_step *out)
{
	struct situation s = {.identity = identity, .now = now};
	const struct slot *in_use = slot_in_use(identity);
	unix_time due;

	*out = (struct life_step){
		.action = LIFE_WAIT,
		.due = UNIX_TIME_NONE,
		.why = TEXT("nothing is to be done", "することはありません"),
	};
	if (identity->state == IDENTITY_REQUESTED) {
		out->why = TEXT("the request waits for approval", "申請は承認待ちです");
		return;
	}
	s.slot = in_use ? (size_t)(in_use - identity->slots) : 0;
	if (due_look(&s, &due))
		offer(&s, LIFE_LOOK, due, why_look(&s), out);
	for (s.slot = 0; s.slot < identity->slot_count && identity->scheme != IDENTITY_EXTERNAL; s.slot++)
		for (size_t i = 0; i < STEPS; i++)
			if (steps[i].from == slot_of(&s)->state && steps[i].due(&s, &due))
				offer(&s, steps[i].action, due, steps[i].why, out);
}

bool life_is_still_due(const struct identity *identity, const struct life_step *step, unix_time now)
{
	const struct situation s = {identity, step->slot, now};
	unix_time due;

	for (size_t i = 0; i < STEPS && step->slot < identity->slot_count; i++)
		if (steps[i].action == step->action && steps[i].from == slot_of(&s)->state)
			return steps[i].due(&s, &due) && due <= now;
	return false;
}

static void set_next_due(struct identity *identity, unix_time now)
{
	struct life_step step;

	life_next(identity, now, &step);
	identity->next_due = step.due;
}

/* ---- what was done ---- */

static void set_state(struct identity *identity, enum identity_state state, unix_time now)
{
	if (identity->state != state)
		identity->state_since = now;
	identity->state = state;
}

static void retire_active(struct identity *identity, unix_time now)
{
	for (size_t i = 0; i < identity->slot_count; i++) {
		if (identity->slots[i].state == SLOT_ACTIVE) {
			identity->slots[i].state = SLOT_OVERLAP;
			identity->slots[i].since = now;
		}
	}
}

static void forget_sights(struct slot *slot)
{
	slot->published = slot->first_seen = slot->last_shown = slot->last_seen = UNIX_TIME_NONE;
	slot->last_signed = slot->last_verified = UNIX_TIME_NONE;
}

static void done_generate(struct identity *identity, struct slot *slot, unix_time now)
{
	slot->made = now;
	forget_sights(slot);
	identity->rotating = identity->rotating || identity_active_slot(identity);
	if (identity->state == IDENTITY_NOT_STARTED)
		set_state(identity, IDENTITY_PENDING, now);
}

/* A TXT selector stays with its slot: its record must not be in DNS any more. */
static void done_withdraw(struct identity *identity, struct slot *slot)
{
	slot->key = 0;
	slot->record = "";
	slot->bits = 0;
	slot->made = UNIX_TIME_NONE;
	forget_sights(slot);
	identity->rotating = identity->rotating && (has_key_on_its_way(identity) || has_key_on_its_way_out(identity));
}

void life_done(struct identity *identity, const struct life_step *step, unix_time now)
{
	struct situation s = {identity, step->slot, now};
	struct slot *slot = &identity->slots[step->slot];
	const struct step_row *row = steps;

	while (row < steps + STEPS && row->action != step->action)
		row++;
	if (row == steps + STEPS || step->slot >= identity->slot_count || slot->state != row->from)
		return;
	set_times_right(identity, now);
	if (step->action == LIFE_ACTIVATE && !is_fresh(&s))
		return;
	if (step->action == LIFE_ACTIVATE)
		retire_active(identity, now);
	slot->state = row->to;
	slot->since = now;
	if (step->action == LIFE_PUBLISH)
		slot->published = now;
	if (step->action == LIFE_GENERATE)
		done_generate(identity, slot, now);
	if (step->action == LIFE_WITHDRAW)
		done_withdraw(identity, slot);
	set_next_due(identity, now);
}

/* ---- what was seen ---- */

enum seen { SEEN_THERE, SEEN_NOTHING_NEW, SEEN_MISSING };

static enum seen both(enum sight a, enum sight b)
{
	if (a == SIGHT_THERE && b == SIGHT_THERE)
		return SEEN_THERE;
	return (a == SIGHT_UNKNOWN || a == SIGHT_THERE) && (b == SIGHT_UNKNOWN || b == SIGHT_THERE) ? SEEN_NOTHING_NEW
	                                                                                            : SEEN_MISSING;
}

/* Seconds that a row of looks has to last. */
static int64_t proof_time(const struct identity *identity, const struct slot_sight *sight)
{
	int64_t negative = sight->negative_ttl < LIFE_NEGATIVE_TTL_MAX ? sight->negative_ttl : LIFE_NEGATIVE_TTL_MAX;

	return later(negative, identity_has_aliases(identity) ? EXPECTED_TTL : 0);
}

static bool is_proven(const struct identity *identity, const struct slot *slot, const struct slot_sight *sight,
                      unix_time at)
{
	return is_past(slot->first_seen, proof_time(identity, sight), at);
}

/* A row counts from the end of its first look to the beginning of its last: one that took long proves no more than it saw. */
static void note_sight(struct slot *slot, enum seen seen, const struct identity_sight *sight)
{
	unix_time at = sight->at;
	bool is_gap = slot->last_shown == UNIX_TIME_NONE || at - slot->last_shown > LIFE_GAP_MAX;

	if (seen == SEEN_MISSING)
		slot->first_seen = UNIX_TIME_NONE;
	if (seen != SEEN_THERE)
		return;
	if (slot->first_seen == UNIX_TIME_NONE || is_gap)
		slot->first_seen = later(at, sight->ended);
	slot->last_shown = at;
}

static void set_slot(struct slot *slot, enum slot_state state, unix_time at)
{
	if (slot->state != state)
		slot->since = at;
	slot->state = state;
}

/* What the look says of a slot in use. A first key that every server shows verifies the identity; it signs when it is proven.
 * Later, a key that is there, and not long enough, is nothing new. */
static enum seen see_slot(struct identity *identity, size_t i, const struct identity_sight *sight)
{
	struct slot *slot = &identity->slots[i];
	const struct slot_sight *one = &sight->slots[i];
	enum seen seen = both(one->alias, one->record);
	bool is_external = identity->scheme == IDENTITY_EXTERNAL;

	if (one->any && slot->state != SLOT_EMPTY)
		slot->last_seen = sight->at;
	if (!is_watched(slot))
		return SEEN_NOTHING_NEW;
	note_sight(slot, seen, sight);
	bool proven = seen == SEEN_THERE && (is_external || is_proven(identity, slot, one, sight->at));

	if (slot->state == SLOT_PUBLISHED && proven)
		set_slot(slot, SLOT_PROVEN, sight->at);
	else if (slot->state == SLOT_PROVEN && seen != SEEN_THERE && !(is_external && seen == SEEN_NOTHING_NEW))
		set_slot(slot, SLOT_PUBLISHED, sight->at);
	if (slot->state == SLOT_PROVEN || identity->state == IDENTITY_PENDING ||
	    (slot->state == SLOT_ACTIVE && identity->state != IDENTITY_FAILED))
		return seen;
	return seen == SEEN_THERE && !proven ? SEEN_NOTHING_NEW : seen;
}

/* ---- how it stands ---- */

enum standing { PENDING, GOOD, SHAKY, LOST };

/* Where a look leads; SHAKY and PENDING end as LOST where they last too long. */
static const enum standing standings[][3] = {
	/*            there  nothing new  missing */
	[PENDING] = {GOOD, PENDING, PENDING},
	[GOOD] = {GOOD, GOOD, SHAKY},
	[SHAKY] = {GOOD, SHAKY, SHAKY},
	[LOST] = {GOOD, LOST, LOST},
};

static enum standing next_standing(enum standing now, enum seen seen, unix_time since, unix_time at)
{
	enum standing next = standings[now][seen];
	int64_t max = next == PENDING ? LIFE_PENDING_MAX : LIFE_UNSTABLE_MAX;

	return next == now && (next == PENDING || next == SHAKY) && is_past(since, max, at) ? LOST : next;
}

static void see_identity(struct identity *identity, enum seen seen, unix_time at)
{
	static const enum identity_state states[] = {
		[PENDING] = IDENTITY_PENDING,
		[GOOD] = IDENTITY_VERIFIED,
		[SHAKY] = IDENTITY_UNSTABLE,
		[LOST] = IDENTITY_FAILED,
	};

	for (enum standing s = PENDING; s <= LOST; s++) {
		if (states[s] == identity->state) {
			set_state(identity, states[next_standing(s, seen, identity->state_since, at)], at);
			return;
		}
	}
}

static void see_mail_from(struct identity *identity, enum seen seen, unix_time at)
{
	static const enum mail_from_state states[] = {
		[PENDING] = MAIL_FROM_PENDING,
		[GOOD] = MAIL_FROM_SUCCESS,
		[SHAKY] = MAIL_FROM_UNSTABLE,
		[LOST] = MAIL_FROM_FAILED,
	};
	enum mail_from_state before = identity->mail_from_state;

	for (enum standing s = PENDING; s <= LOST; s++)
		if (states[s] == before)
			identity->mail_from_state = states[next_standing(s, seen, identity->mail_from_since, at)];
	if (identity->mail_from_state != before)
		identity->mail_from_since = at;
}

static bool is_sibling_missing(const struct identity *identity, const struct identity_sight *sight)
{
	bool missing = false;

	for (size_t i = 0; identity_has_aliases(identity) && i < identity->slot_count; i++)
		missing = missing || both(sight->slots[i].alias, SIGHT_THERE) == SEEN_MISSING;
	return missing;
}

static const char *trouble_of(const struct identity *identity, const struct identity_sight *sight, enum seen slots,
                              enum seen mail_from)
{
	bool is_unknown = identity->mail_from_state != MAIL_FROM_NONE && mail_from == SEEN_NOTHING_NEW;

	if (sight->trouble && sight->trouble[0])
		return sight->trouble;
	for (size_t i = 0; i < identity->slot_count; i++)
		is_unknown = is_unknown || sight->slots[i].alias == SIGHT_UNKNOWN ||
		             (is_watched(&identity->slots[i]) && sight->slots[i].record == SIGHT_UNKNOWN);
	if (slots == SEEN_MISSING)
		return "the record of the key is not seen at every name server";
	if (is_unknown)
		return "a name server does not answer: no key is activated until all of them do";
	if (identity->mail_from_state != MAIL_FROM_NONE && mail_from == SEEN_MISSING)
		return "the MX or SPF record of the MAIL FROM domain is not seen at every name server";
	if (is_sibling_missing(identity, sight))
		return "the alias of a selector that is not in use is missing: the next rotation will wait for it";
	return "";
}

/* Every slot takes its own; the identity stands by the one in use, an external one by the best of all. */
static enum seen see_slots(struct identity *identity, const struct identity_sight *sight)
{
	const struct slot *in_use = slot_in_use(identity);
	enum seen result = identity->scheme == IDENTITY_EXTERNAL ? SEEN_MISSING : SEEN_NOTHING_NEW;

	for (size_t i = 0; i < identity->slot_count; i++) {
		enum seen seen = see_slot(identity, i, sight);

		if (identity->scheme == IDENTITY_EXTERNAL)
			result = seen < result ? seen : result;
		else if (&identity->slots[i] == in_use)
			result = seen;
	}
	return result;
}

void life_see(struct identity *identity, const struct identity_sight *sight)
{
	if (identity->state == IDENTITY_REQUESTED)
		return;
	set_times_right(identity, sight->at);
	enum seen slots = see_slots(identity, sight);
	enum seen mail_from = both(sight->mail_from_mx, sight->mail_from_spf);

	see_identity(identity, slots, sight->at);
	see_mail_from(identity, mail_from, sight->at);
	identity->trouble = trouble_of(identity, sight, slots, mail_from);
	identity->checked = sight->at;
	set_next_due(identity, sight->at);
}

/* Random worlds against the rules of life: name servers that lag, go down and come back with what they had, owners who are
 * slow, clocks that are set back, hosts that die between a step and the store, people who switch, rotate and change their
 * minds, mail that comes back to us, and somebody who sends an old message again whenever he likes. A resolver with a cache stands for
 * receivers.
 *
 * In every world: a key becomes active only after a row of looks that lasted; at most one is active; nothing is revoked
 * before the overlap is over, counted from the last signature that was made or came in, or withdrawn before it was revoked; and
 * who sends old messages again keeps no key for longer than LIFE_VERIFIED_MAX. In worlds where servers lose nothing: no message of
 * the last seven days is unverifiable, at any receiver. Afterwards all is well for a while: then the identity is verified. */
#include "identity/life.h"

#include <stdio.h>
#include <stdlib.h>

#include "identity/expected.h"

#include "support/case.h"
#include "support/random.h"

enum {
	WORLDS = 600, /* of each kind */
	MOVES = 300,
	SERVERS = 3,
	RESOLVERS = 4,
	MAIL = 64,
	RECOVERY_MAX = 5000, /* steps: a look a minute while an answer lives for a day */
	START = 1795320000
};

/* What is at a name; keys are their numbers. */
enum { ABSENT = 0, EMPTY = -1, REVOKED = -2 };

struct server {
	int shows[IDENTITY_SLOTS_MAX], coming[IDENTITY_SLOTS_MAX];
	int64_t comes_at[IDENTITY_SLOTS_MAX];
	int64_t down_until;
};

struct cached {
	int shows;
	int64_t until;
};

struct mail {
	int key;
	size_t slot;
	int64_t at;
};

struct world {
	const char *scheme_name;
	struct random random;
	bool loses;          /* servers lose records */
	bool replays;        /* somebody sends old messages again all the time */
	int64_t now, behind; /* true time; by how much the host's clock is behind */
	struct identity identity;
	struct arena arena;
	struct server servers[SERVERS];
	struct cached caches[RESOLVERS][IDENTITY_SLOTS_MAX];
	struct mail mail[MAIL];
	size_t mails;
	int keys;
	uint32_t negative_ttl;
	int64_t lag;
	/* what the observer knows */
	int64_t row_start[IDENTITY_SLOTS_MAX], last_look, ended[IDENTITY_SLOTS_MAX], revoked[IDENTITY_SLOTS_MAX];
	int64_t came_in[IDENTITY_SLOTS_MAX]; /* newest valid signature of the key in the slot */
	bool is_gone
		[IDENTITY_SLOTS_MAX]; /* revoked by a host that died before it was stored: no mail until that is done again */
	bool last_there[IDENTITY_SLOTS_MAX];
	size_t sent, verified, activated, withdrawn, prolonged;
};

static size_t below(struct world *w, size_t n)
{
	return random_below(&w->random, n);
}

static unix_time clock_of(const struct world *w)
{
	return w->now - w->behind;
}

/* ---- servers ---- */

static void publish(struct world *w, size_t slot, int what)
{
	for (size_t i = 0; i < SERVERS; i++) {
		struct server *s = &w->servers[i];

		if (s->comes_at[slot] <= w->now)
			s->shows[slot] = s->coming[slot];
		s->coming[slot] = what;
		s->comes_at[slot] = w->now + (int64_t)below(w, (size_t)w->lag + 1);
	}
}

static int shown(struct world *w, size_t server, size_t slot)
{
	struct server *s = &w->servers[server];

	if (s->comes_at[slot] <= w->now)
		s->shows[slot] = s->coming[slot];
	return s->shows[slot];
}

/* A server that is down gets nothing new until it is back. */
static void go_down(struct world *w, size_t server)
{
	struct server *s = &w->servers[server];

	for (size_t i = 0; i < IDENTITY_SLOTS_MAX; i++)
		(void)shown(w, server, i);
	s->down_until = w->now + (int64_t)below(w, 20000);
	for (size_t i = 0; i < IDENTITY_SLOTS_MAX; i++)
		if (s->comes_at[i] > w->now && s->comes_at[i] < s->down_until + 600)
			s->comes_at[i] = s->down_until + 600;
}

static int wanted(const struct world *w, size_t slot)
{
	const struct slot *s = &w->identity.slots[slot];
	bool aliases = w->identity.scheme != IDENTITY_TXT;

	if (s->state == SLOT_EMPTY)
		return aliases ? EMPTY : ABSENT;
	if (s->state == SLOT_REVOKED)
		return aliases ? EMPTY : REVOKED;
	return (int)s->key;
}

static enum sight sight_of(struct world *w, size_t slot)
{
	size_t there = 0, other = 0, down = 0;

	for (size_t i = 0; i < SERVERS; i++) {
		if (w->servers[i].down_until > w->now)
			down++;
		else if (shown(w, i, slot) == wanted(w, slot))
			there++;
		else
			other++;
	}
	if (other)
		return there ? SIGHT_PART : SIGHT_ABSENT;
	return down ? SIGHT_UNKNOWN : SIGHT_THERE;
}

/* ---- steps ---- */

static void look(struct world *w, struct identity *identity)
{
	struct identity_sight sight = {.at = clock_of(w), .trouble = ""};

	w->last_look = w->now;
	for (size_t i = 0; i < identity->slot_count; i++) {
		enum sight record = sight_of(w, i);

		sight.slots[i] = (struct slot_sight){SIGHT_THERE, record, record >= SIGHT_PART, w->negative_ttl};
		w->last_there[i] = record == SIGHT_THERE;
		if (record != SIGHT_THERE && record != SIGHT_UNKNOWN)
			w->row_start[i] = -1;
		else if (record == SIGHT_THERE && w->row_start[i] < 0)
			w->row_start[i] = w->now;
	}
	life_see(identity, &sight);
}

static void generate(struct world *w, struct slot *slot, size_t at)
{
	char selector[32];

	slot->key = (uint32_t)++w->keys;
	slot->record = "v=DKIM1; p=AAAA";
	slot->bits = 2048;
	if (w->identity.scheme != IDENTITY_TXT)
		return;
	snprintf(selector, sizeof selector, "k%d", w->keys);
	slot->selector = arena_str(&w->arena, str_c(selector)).p;
	for (size_t i = 0; i < SERVERS; i++) /* another name: nobody has asked for it */
		w->servers[i].shows[at] = w->servers[i].coming[at] = ABSENT;
	for (size_t i = 0; i < RESOLVERS; i++)
		w->caches[i][at].until = 0;
}

static void assert_may_activate(const struct world *w, size_t slot)
{
	int64_t proof = w->negative_ttl < LIFE_NEGATIVE_TTL_MAX ? w->negative_ttl : LIFE_NEGATIVE_TTL_MAX;

	if (w->identity.scheme != IDENTITY_TXT && proof < EXPECTED_TTL)
		proof = EXPECTED_TTL;
	assert_true(w->last_there[slot] && w->row_start[slot] >= 0);
	assert_true(w->last_look - w->row_start[slot] > proof);
	assert_true(w->now - w->last_look <= LIFE_PROOF_FRESH);
}

static void assert_may_revoke(struct world *w, size_t slot)
{
	int64_t since_end = w->now - w->ended[slot];

	assert_true(since_end >= w->identity.overlap);
	assert_true(w->now - w->came_in[slot] >= w->identity.overlap || since_end >= LIFE_VERIFIED_MAX);
	w->prolonged += w->came_in[slot] > w->ended[slot];
}

/* What the observer says of a step before it is done. */
static void judge(struct world *w, const struct life_step *step)
{
	size_t slot = step->slot;

	if (step->action == LIFE_ACTIVATE)
		assert_may_activate(w, slot);
	if (step->action == LIFE_REVOKE)
		assert_may_revoke(w, slot);
	if (step->action == LIFE_WITHDRAW) {
		assert_int_equal(w->identity.slots[slot].state, SLOT_REVOKED);
		assert_true(w->now - w->revoked[slot] >= LIFE_REVOKED_TIME);
	}
}

static void note(struct world *w, const struct life_step *step)
{
	const struct slot *active = identity_active_slot(&w->identity);

	if (step->action == LIFE_ACTIVATE && active)
		w->ended[active - w->identity.slots] = w->now;
	if (step->action == LIFE_REVOKE)
		w->revoked[step->slot] = w->now;
	if (step->action == LIFE_GENERATE) {
		w->row_start[step->slot] = -1;
		w->came_in[step->slot] = 0;
	}
	w->activated += step->action == LIFE_ACTIVATE;
	w->withdrawn += step->action == LIFE_WITHDRAW;
}

/* Where clocks go right, the end of the overlap is never further away than the longest one, whatever came in. */
static void assert_bounded(const struct world *w, size_t slot)
{
	int64_t longest = w->identity.overlap > LIFE_VERIFIED_MAX ? w->identity.overlap : LIFE_VERIFIED_MAX;
	struct text why;

	if (w->identity.slots[slot].state == SLOT_OVERLAP && !w->behind)
		assert_true(life_may_withdraw(&w->identity, slot, &why) <=
		            w->ended[slot] + longest + LIFE_REVOKED_TIME);
}

static void assert_sound(const struct world *w)
{
	size_t active = 0;

	for (size_t i = 0; i < w->identity.slot_count; i++) {
		active += w->identity.slots[i].state == SLOT_ACTIVE;
		assert_bounded(w, i);
	}
	assert_true(active <= 1);
	assert_true(!life_signs(&w->identity) || active == 1);
}

/* dies: the step is done in the world, and nobody stores it. */
static void do_step(struct world *w, const struct life_step *step, bool dies)
{
	struct identity before = w->identity;

	judge(w, step);
	if (step->action == LIFE_LOOK) {
		look(w, &w->identity);
	} else {
		if (step->action == LIFE_GENERATE)
			generate(w, &w->identity.slots[step->slot], step->slot);
		if (!dies)
			note(w, step);
		life_done(&w->identity, step, clock_of(w));
	}
	if (step->action == LIFE_PUBLISH || step->action == LIFE_REVOKE || step->action == LIFE_WITHDRAW)
		publish(w, step->slot, wanted(w, step->slot));
	if (step->action == LIFE_REVOKE)
		w->is_gone[step->slot] = dies;
	if (dies)
		w->identity = before;
	assert_sound(w);
}

static bool step_if_due(struct world *w, bool may_die)
{
	struct life_step step;

	life_next(&w->identity, clock_of(w), &step);
	if (step.action == LIFE_WAIT || step.due > clock_of(w))
		return false;
	do_step(w, &step, may_die && below(w, 8) == 0);
	return true;
}

/* ---- mail ---- */

static void send_mail(struct world *w)
{
	const struct slot *active = identity_active_slot(&w->identity);

	if (!life_signs(&w->identity))
		return;
	w->mail[w->mails++ % MAIL] = (struct mail){(int)active->key, (size_t)(active - w->identity.slots), w->now};
	w->sent++;
}

/* A host that has not heard of the new key yet signs with the old one, and says so. */
static void send_late_mail(struct world *w)
{
	for (size_t i = 0; i < w->identity.slot_count; i++) {
		const struct slot *slot = &w->identity.slots[i];

		if (slot->state != SLOT_OVERLAP || w->is_gone[i])
			continue;
		w->mail[w->mails++ % MAIL] = (struct mail){(int)slot->key, i, w->now};
		w->ended[i] = w->now;
		life_note_signed(&w->identity, str_c(slot->selector), clock_of(w));
	}
}

/* A message comes back to us, or somebody sends an old one again: as long as its key is there, it is valid. */
static void come_in(struct world *w)
{
	size_t at = below(w, w->identity.slot_count);
	const struct slot *slot = &w->identity.slots[at];
	bool has_signed = slot->state == SLOT_ACTIVE || slot->state == SLOT_OVERLAP;

	if (!has_signed || w->is_gone[at] || !w->mails || clock_of(w) < slot->made)
		return;
	w->came_in[at] = w->now;
	life_note_verified(&w->identity, str_c(slot->selector), clock_of(w));
}

/* What a receiver's resolver says of a slot's name; false: no server answers. */
static bool resolve(struct world *w, size_t resolver, size_t slot, int *out)
{
	struct cached *cached = &w->caches[resolver][slot];
	size_t server = below(w, SERVERS);

	if (cached->until <= w->now) {
		if (w->servers[server].down_until > w->now)
			return false;
		cached->shows = shown(w, server, slot);
		cached->until = w->now + (cached->shows == ABSENT ? w->negative_ttl : EXPECTED_TTL);
	}
	*out = cached->shows;
	return true;
}

static void receive_mail(struct world *w)
{
	if (!w->mails)
		return;
	const struct mail *m = &w->mail[below(w, w->mails < MAIL ? w->mails : MAIL)];
	int shows;

	if (w->now - m->at > w->identity.overlap || !resolve(w, below(w, RESOLVERS), m->slot, &shows))
		return;
	if (shows != m->key)
		fail_msg("%s: a message of %lld s ago with key %d is not verifiable: %d is there", w->scheme_name,
		         (long long)(w->now - m->at), m->key, shows);
	w->verified++;
}

/* ---- what happens ---- */

static void people(struct world *w)
{
	struct text why;

	switch (below(w, 6)) {
	case 0:
		(void)life_enable(&w->identity, clock_of(w), &why);
		break;
	case 1:
		life_disable(&w->identity, clock_of(w));
		break;
	case 2:
		(void)life_rotate(&w->identity, clock_of(w), false, &why);
		break;
	case 3:
		(void)life_rotate(&w->identity, clock_of(w), true, &why);
		break;
	case 4:
		(void)life_approve(&w->identity, clock_of(w), &why);
		break;
	default:
		life_enable_when_proven(&w->identity);
	}
}

static void lose(struct world *w)
{
	size_t server = below(w, SERVERS), slot = below(w, w->identity.slot_count);

	w->servers[server].shows[slot] = ABSENT;
	w->servers[server].comes_at[slot] = w->now + (int64_t)below(w, 400000);
}

static void let_time_pass(struct world *w)
{
	static const int64_t spans[] = {1, 30, 60, 60, 60, 300, 3600, 30000, 400000};
	struct life_step step;

	life_next(&w->identity, clock_of(w), &step);
	int64_t until_due = step.due > clock_of(w) ? step.due - clock_of(w) : 0;

	w->now += below(w, 3) ? until_due + (int64_t)below(w, 20)
	                      : (int64_t)below(w, (size_t)spans[below(w, sizeof(spans) / sizeof(*spans))] + 1);
}

static void move(struct world *w)
{
	size_t what = below(w, 40);

	let_time_pass(w);
	if (what == 0)
		people(w);
	else if (what == 1)
		go_down(w, below(w, SERVERS));
	else if (what == 2 && w->loses)
		lose(w);
	else if (what == 3 && w->loses)
		w->behind += (int64_t)below(w, 100000);
	else if (what == 4)
		send_late_mail(w);
	else if (what < (w->replays ? 25 : 6))
		come_in(w);
	for (int i = 0; i < 4 && below(w, 6) && step_if_due(w, true); i++)
		;
	send_mail(w);
	for (int i = 0; i < 4 && !w->loses; i++)
		receive_mail(w);
	if (below(w, 2)) /* anybody may ask for any name, and have "there is none" in his cache */
		(void)resolve(w, below(w, RESOLVERS), below(w, w->identity.slot_count), &(int){0});
}

/* From now on all is well. */
static void recover(struct world *w)
{
	struct text why;

	(void)life_approve(&w->identity, clock_of(w), &why);
	w->lag = 0;
	for (size_t i = 0; i < SERVERS; i++) {
		w->servers[i].down_until = 0;
		for (size_t k = 0; k < IDENTITY_SLOTS_MAX; k++)
			w->servers[i].comes_at[k] = w->now;
	}
	life_enable_when_proven(&w->identity);
	for (int i = 0; i < RECOVERY_MAX && !(w->identity.state == IDENTITY_VERIFIED && life_signs(&w->identity));
	     i++) {
		struct life_step step;

		if (step_if_due(w, false))
			continue;
		life_next(&w->identity, clock_of(w), &step);
		assert_true(step.action != LIFE_WAIT && step.due - clock_of(w) <= LIFE_LOOK_CALM);
		w->now += step.due - clock_of(w);
	}
	assert_int_equal(w->identity.state, IDENTITY_VERIFIED);
	assert_true(life_signs(&w->identity));
}

static void init(struct world *w, enum identity_scheme scheme, bool loses, uint64_t seed)
{
	static const uint32_t negative_ttls[] = {0, 60, 300, 3600, 86400, 200000};
	static const unsigned char octets[48] = {3};
	const char *why = "";

	*w = (struct world){.scheme_name = identity_scheme_name(scheme),
	                    .random = {seed},
	                    .loses = loses,
	                    .now = START,
	                    .last_look = -1};
	w->lag = (int64_t)below(w, 2) * 7200 + 30;
	w->replays = below(w, 4) == 0;
	w->negative_ttl = negative_ttls[below(w, loses ? 6 : 5)];
	const struct identity_wish wish = {
		.id = "example.com",
		.scheme = scheme,
		.host_zone = "dkim.example.net",
		.enabled = below(w, 2),
		.needs_approval = below(w, 8) == 0,
		.rotate_every = below(w, 2) ? 30 * 86400 : 0,
		.random = octets,
	};

	arena_init(&w->arena, 1 << 20);
	assert_int_equal(identity_new(&w->arena, &wish, START, &w->identity, &why), INKAN_OK);
	for (size_t k = 0; k < IDENTITY_SLOTS_MAX; k++) {
		w->row_start[k] = -1;
		for (size_t i = 0; i < SERVERS; i++)
			w->servers[i].shows[k] = w->servers[i].coming[k] = scheme == IDENTITY_TXT ? ABSENT : EMPTY;
	}
}

static const struct kind {
	const char *name;
	enum identity_scheme scheme;
	bool loses;
} kinds[] = {
	{"TXT: no message is unverifiable while servers are slow and down", IDENTITY_TXT, false},
	{"two selectors: no message is unverifiable while servers are slow and down", IDENTITY_CNAME2, false},
	{"S3-28 three tokens: no message is unverifiable while servers are slow and down", IDENTITY_CNAME3, false},
	{"TXT: no rule is broken where servers lose records and clocks are set back", IDENTITY_TXT, true},
	{"two selectors: no rule is broken where servers lose records and clocks are set back", IDENTITY_CNAME2, true},
	{"three tokens: no rule is broken where servers lose records and clocks are set back", IDENTITY_CNAME3, true},
};

static void run_worlds(const void *row)
{
	const struct kind *k = row;
	size_t sent = 0, verified = 0, activated = 0, withdrawn = 0, prolonged = 0;

	for (uint64_t seed = 1; seed <= WORLDS; seed++) {
		struct world w;

		init(&w, k->scheme, k->loses, seed * 7919 + (uint64_t)k->scheme);
		for (int i = 0; i < MOVES; i++)
			move(&w);
		recover(&w);
		arena_release(&w.arena);
		sent += w.sent;
		verified += w.verified;
		activated += w.activated;
		withdrawn += w.withdrawn;
		prolonged += w.prolonged;
	}
	print_message("%zu sent, %zu verified, %zu activated, %zu withdrawn, %zu revoked later because mail came in\n",
	              sent, verified, activated, withdrawn, prolonged);
	assert_true(sent > WORLDS && activated > WORLDS && withdrawn > WORLDS / 60 && (k->loses || verified > sent));
	assert_true(prolonged > 0);
}

int main(void)
{
	struct test_list list = {0};

	TEST_TABLE(&list, kinds, run_worlds);
	return test_run(&list, "identity/life_world");
}

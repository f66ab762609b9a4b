/* The life of identities, told in small scripts. Words:
 *
 *	+N        time goes by, N seconds; every step is done when it is due
 *	~N        the clock jumps by N seconds, nothing is done
 *	dns:S mx:S spf:S aliasK:S    what servers show of key records, MX, SPF, the alias of slot K: there, absent, part, other, unknown
 *	neg:N     negative TTL
 *	look      DNS is looked at now
 *	approve rotate force enable disable when-proven    what people ask; with "!" before it, it is refused
 *	signedK verifiedK    we signed a message with slot K; one came in with a valid signature of it
 *	is:STATE mf:STATE slots:A,B next:ACTION    what is so now; dueN: the next step is due in N seconds
 *	signs silent rotating steady    whether it signs; whether a rotation is under way
 *	trouble:PART why:PART    part of the trouble, of the reason of the last refusal ("_" for blanks) */
#include "identity/life.h"

#include <stdio.h>
#include <stdlib.h>

#include "identity/expected.h"

#include "support/case.h"

#define START 1795320000
#define KEY_RECORD "v=DKIM1; k=rsa; p=AAAA"

struct play {
	struct arena arena;
	struct identity identity;
	struct identity_sight sight;
	uint32_t negative_ttl, keys;
	unix_time now;
	struct text why;
};

static const char *const sights[] = {"unknown", "absent", "other", "part", "there"};

static enum sight sight_of(const char *word)
{
	for (size_t i = 0; i < 5; i++)
		if (strcmp(word, sights[i]) == 0)
			return (enum sight)i;
	fail_msg("no such sight: %s", word);
	return SIGHT_UNKNOWN;
}

static void generate(struct play *p, struct slot *slot)
{
	char selector[IDENTITY_SELECTOR_MAX];

	slot->key = ++p->keys;
	slot->record = KEY_RECORD;
	slot->bits = 2048;
	if (p->identity.scheme == IDENTITY_TXT && slot->state == SLOT_EMPTY && p->keys > 1) {
		assert_true(identity_new_selector(&p->identity, p->now, 0, selector));
		slot->selector = arena_str(&p->arena, str_c(selector)).p;
	}
}

static void do_step(struct play *p, const struct life_step *step)
{
	if (step->action == LIFE_LOOK) {
		p->sight.at = p->now;
		for (size_t i = 0; i < IDENTITY_SLOTS_MAX; i++)
			p->sight.slots[i].negative_ttl = p->negative_ttl;
		life_see(&p->identity, &p->sight);
		return;
	}
	if (step->action == LIFE_GENERATE)
		generate(p, &p->identity.slots[step->slot]);
	life_done(&p->identity, step, p->now);
}

static void run(struct play *p, int64_t seconds)
{
	unix_time end = p->now + seconds;

	for (int steps = 0;; steps++) {
		struct life_step step;

		assert_true(steps < 20000);
		life_next(&p->identity, p->now, &step);
		if (step.action == LIFE_WAIT || step.due > end)
			break;
		p->now = step.due > p->now ? step.due : p->now;
		do_step(p, &step);
		life_next(&p->identity, p->now, &step);
		assert_true(p->identity.next_due == step.due);
	}
	p->now = end;
}

static bool ask(struct play *p, const char *word)
{
	if (strcmp(word, "approve") == 0)
		return life_approve(&p->identity, p->now, &p->why);
	if (strcmp(word, "rotate") == 0)
		return life_rotate(&p->identity, p->now, false, &p->why);
	if (strcmp(word, "force") == 0)
		return life_rotate(&p->identity, p->now, true, &p->why);
	if (strcmp(word, "enable") == 0)
		return life_enable(&p->identity, p->now, &p->why);
	if (strcmp(word, "disable") == 0)
		life_disable(&p->identity, p->now);
	else if (strcmp(word, "when-proven") == 0)
		life_enable_when_proven(&p->identity);
	else
		fail_msg("no such word: %s", word);
	return true;
}

static void set(struct play *p, const char *what, const char *value)
{
	if (strcmp(what, "dns") == 0)
		for (size_t i = 0; i < IDENTITY_SLOTS_MAX; i++) {
			p->sight.slots[i].record = sight_of(value);
			p->sight.slots[i].any = sight_of(value) >= SIGHT_PART;
		}
	else if (strncmp(what, "alias", 5) == 0)
		p->sight.slots[what[5] - '1'].alias = sight_of(value);
	else if (strcmp(what, "mx") == 0)
		p->sight.mail_from_mx = sight_of(value);
	else if (strcmp(what, "spf") == 0)
		p->sight.mail_from_spf = sight_of(value);
	else if (strcmp(what, "neg") == 0)
		p->negative_ttl = (uint32_t)strtoul(value, NULL, 10);
	else
		fail_msg("no such word: %s", what);
}

static void assert_slots(const struct play *p, const char *want)
{
	char text[200] = "";

	for (size_t i = 0; i < p->identity.slot_count; i++)
		snprintf(text + strlen(text), sizeof text - strlen(text), "%s%s", i ? "," : "",
		         slot_state_name(p->identity.slots[i].state));
	assert_string_equal(text, want);
}

static void assert_part(const char *text, const char *part)
{
	char blanks[200];

	snprintf(blanks, sizeof blanks, "%s", part);
	for (char *c = blanks; *c; c++)
		*c = *c == '_' ? ' ' : *c;
	if (!strstr(text, blanks) || (!blanks[0] && text[0]))
		fail_msg("\"%s\" has no \"%s\"", text, blanks);
}

static bool check(struct play *p, const char *what, const char *value)
{
	struct life_step step;

	life_next(&p->identity, p->now, &step);
	if (strcmp(what, "is") == 0)
		assert_string_equal(identity_state_name(p->identity.state), value);
	else if (strcmp(what, "mf") == 0)
		assert_string_equal(mail_from_state_name(p->identity.mail_from_state), value);
	else if (strcmp(what, "slots") == 0)
		assert_slots(p, value);
	else if (strcmp(what, "next") == 0)
		assert_string_equal(life_action_name(step.action), value);
	else if (strcmp(what, "due") == 0)
		assert_int_equal(step.due - p->now, strtoll(value, NULL, 10));
	else if (strcmp(what, "trouble") == 0)
		assert_part(p->identity.trouble, value);
	else if (strcmp(what, "why") == 0)
		assert_part(p->why.en, value);
	else
		return false;
	return true;
}

static bool check_plain(struct play *p, const char *word)
{
	if (strcmp(word, "signs") == 0)
		assert_true(life_signs(&p->identity));
	else if (strcmp(word, "silent") == 0)
		assert_false(life_signs(&p->identity));
	else if (strcmp(word, "rotating") == 0)
		assert_true(p->identity.rotating);
	else if (strcmp(word, "steady") == 0)
		assert_false(p->identity.rotating);
	else
		return false;
	return true;
}

static void play_word(struct play *p, char *word)
{
	char *colon = strchr(word, ':');

	if (word[0] == '+') {
		run(p, strtoll(word + 1, NULL, 10));
	} else if (word[0] == '~') {
		p->now += strtoll(word + 1, NULL, 10);
	} else if (word[0] == '!') {
		assert_false(ask(p, word + 1));
		assert_true(p->why.en[0] && p->why.ja[0]);
	} else if (strcmp(word, "look") == 0) {
		do_step(p, &(struct life_step){.action = LIFE_LOOK});
	} else if (strncmp(word, "signed", 6) == 0) {
		life_note_signed(&p->identity, str_c(p->identity.slots[word[6] - '1'].selector), p->now);
	} else if (strncmp(word, "verified", 8) == 0) {
		life_note_verified(&p->identity, str_c(p->identity.slots[word[8] - '1'].selector), p->now);
	} else if (colon) {
		*colon = '\0';
		if (!check(p, word, colon + 1))
			set(p, word, colon + 1);
	} else if (!check_plain(p, word)) {
		assert_true(ask(p, word));
	}
}

// clang-format off
static const struct scene {
	const char *name;
	enum identity_scheme scheme;
	bool enabled, needs_approval, mail_from;
	int64_t rotate_every;
	const char *script;
} scenes[] = {
#define TXT IDENTITY_TXT
#define TWO IDENTITY_CNAME2
#define THREE IDENTITY_CNAME3
#define OTHERS IDENTITY_EXTERNAL
#define PROOF "+400 " /* longer than the negative TTL of 300 */
#define PROOF_CNAME "+3800 "
#define ACTIVE "dns:there " PROOF "slots:active,empty signs "
#define ACTIVE3 "dns:there " PROOF_CNAME "slots:active,empty,empty signs "
#define DAY "86400 "
	/* (a) creation */
	{"S1-18 a key is made at once, and handed out", TXT, true, false, false, 0,
	 "is:not-started next:generate due:0 +0 slots:published,empty is:pending silent"},
	{"S2-11 both acts are needed: records without enabling", TXT, false, false, false, 0,
	 "dns:there " PROOF "is:verified slots:proven,empty silent enable " PROOF "slots:active,empty signs"},
	{"S2-11 both acts are needed: enabling without records", TXT, true, false, false, 0,
	 "dns:absent +" DAY "is:pending slots:published,empty silent"},
	{"S3-22 enabled from the start, it signs as soon as it is proven", TXT, true, false, false, 0, ACTIVE "is:verified"},
	{"S2-13 domains are enabled one by one: not by themselves", TXT, false, false, false, 0,
	 "dns:there +" DAY "is:verified silent"},
	{"not proven in the negative TTL, proven after it", TXT, true, false, false, 0,
	 "dns:there neg:600 +600 slots:published,empty +60 slots:active,empty"},
	{"the longest negative TTL is a day", TXT, true, false, false, 0,
	 "dns:there neg:4294967295 +86400 slots:published,empty +60 slots:active,empty"},
	{"a negative TTL of none", TXT, true, false, false, 0, "dns:there neg:0 +0 slots:published,empty +60 signs"},
	{"empty texts of CNAME schemes live as long as their TTL", TWO, true, false, false, 0,
	 "dns:there neg:0 +3600 slots:published,empty +60 slots:active,empty"},
	{"a record that flaps is not proven", TXT, true, false, false, 0,
	 "dns:there +240 dns:absent +60 dns:there +240 slots:published,empty silent dns:there +180 signs"},
	{"a record at some servers only is not there", TXT, true, false, false, 0,
	 "dns:part +" DAY "slots:published,empty silent dns:there +480 signs"},
	{"another record there", TXT, true, false, false, 0, "dns:other +" DAY "silent is:pending"},
	{"(d) a server that is down holds up the key, and is told of", TXT, true, false, false, 0,
	 "dns:there +200 dns:unknown +" DAY "silent slots:published,empty trouble:does_not_answer"},
	{"(d) a short silence costs no proof", TXT, true, false, false, 0,
	 "dns:there +240 dns:unknown +60 dns:there +60 signs"},
	{"(d) after a long silence the proof begins anew", TXT, true, false, false, 0,
	 "dns:there +240 dns:unknown +3720 dns:there +240 silent +180 signs"},
	{"(d) a proven key whose server went down is not activated", TXT, false, false, false, 0,
	 "dns:there " PROOF "is:verified dns:unknown +" DAY "is:verified slots:published,empty enable +600 silent dns:there +4000 signs"},
	{"an old proof is looked at again", TXT, false, false, false, 0,
	 "dns:there " PROOF "dns:absent when-proven ~1000 next:look due:0 +60 silent slots:published,empty"},
	{"72 hours without records", TXT, true, false, false, 0, "dns:absent +259200 is:pending +60 is:failed silent"},
	{"verified late, after it had failed", TXT, true, false, false, 0,
	 "dns:absent +300000 is:failed dns:there +30000 is:verified signs"},
	/* (b) rotation */
	{"a rotation from beginning to end", TXT, true, false, false, 0,
	 ACTIVE "+" DAY "rotate rotating +0 slots:active,published " PROOF "slots:overlap,active signs "
	 "+604000 slots:overlap,active +801 slots:revoked,active +604800 slots:empty,active steady signs"},
	{"S3-28 two selectors", TWO, true, false, false, 0,
	 "dns:there " PROOF_CNAME "+" DAY "rotate " PROOF_CNAME "slots:overlap,active signs +1209600 slots:empty,active steady "
	 "rotate +4000 slots:active,overlap"},
	{"S3-27 S3-28 three tokens: two are empty at the end", THREE, true, false, false, 0,
	 ACTIVE3 "+" DAY "rotate " PROOF_CNAME "slots:overlap,active,empty +1209600 slots:empty,active,empty steady "
	 "rotate " PROOF_CNAME "slots:empty,overlap,active +1209600 slots:empty,empty,active rotate " PROOF_CNAME
	 "slots:active,empty,overlap"},
	{"the overlap counts from the last signature", TXT, true, false, false, 0,
	 ACTIVE "+" DAY "rotate " PROOF "+500000 signed1 +604700 slots:overlap,active +200 slots:revoked,active"},
	{"the overlap counts from the last valid signature that came in", TXT, true, false, false, 0,
	 ACTIVE "+" DAY "rotate " PROOF "+500000 verified1 +604700 slots:overlap,active +200 slots:revoked,active"},
	{"an old message that is sent again and again keeps a key for 28 days, no longer", TXT, true, false, false, 0,
	 ACTIVE "+" DAY "rotate " PROOF "+600000 verified1 +600000 verified1 +600000 verified1 +600000 verified1 slots:overlap,active "
	 "+19000 slots:overlap,active verified1 +300 slots:revoked,active verified1 +604800 slots:empty,active"},
	{"whoever signs for us again has the 28 days anew", TXT, true, false, false, 0,
	 ACTIVE "+" DAY "rotate " PROOF "+600000 signed1 +600000 verified1 +600000 verified1 +600000 verified1 +600000 verified1 "
	 "+19000 slots:overlap,active verified1 +300 slots:revoked,active"},
	{"we may sign with the old key for as long as we do", TXT, true, false, false, 0,
	 ACTIVE "+" DAY "rotate " PROOF "+600000 signed1 +600000 signed1 +600000 signed1 +600000 signed1 +600000 signed1 +600000 signed1 "
	 "+604700 slots:overlap,active +200 slots:revoked,active"},
	{"a signature from before the overlap prolongs nothing", TXT, true, false, false, 0,
	 ACTIVE "+" DAY "signed1 verified1 rotate " PROOF "+604000 slots:overlap,active +801 slots:revoked,active"},
	{"a signature of the key that is revoked changes nothing", TXT, true, false, false, 0,
	 ACTIVE "+" DAY "rotate " PROOF "+605000 slots:revoked,active signed1 +604800 slots:empty,active"},
	{"a rotation waits for a slow server, and signs with the old key", TXT, true, false, false, 0,
	 ACTIVE "+" DAY "rotate +30 dns:part +" DAY "slots:active,published"},
	{"a new key that is not published in three days is still waited for", THREE, true, false, false, 0,
	 ACTIVE3 "+" DAY "rotate alias2:absent +300000 slots:active,published,empty signs is:verified alias2:there +40000 slots:overlap,active,empty"},
	{"rotations by themselves", TXT, true, false, false, 2592000, ACTIVE "+2592100 slots:active,published rotating"},
	{"no rotation by itself unless asked", TXT, true, false, false, 0, ACTIVE "+31536000 slots:active,empty steady"},
	{"no rotation by itself while records are missing", TXT, true, false, false, 2592000,
	 ACTIVE "+2500000 dns:absent +200000 slots:active,empty"},
	{"no rotation by itself while it is disabled", TXT, true, false, false, 2592000,
	 ACTIVE "disable +3000000 slots:active,empty"},
	{"rotate while rotating", TXT, true, false, false, 0,
	 ACTIVE "+" DAY "rotate !force why:under_way " PROOF "!force +604900 !force +604800 rotate"},
	{"(j) rotate within a day", TXT, true, false, false, 0, ACTIVE "!rotate why:24_hours +86000 !rotate +400 rotate"},
	{"(j) rotate within a day, forced", TXT, true, false, false, 0, ACTIVE "force +0 slots:active,published"},
	{"rotate what does not sign yet", TXT, true, false, false, 0, "!rotate why:nothing_to_rotate +0 !force"},
	{"S2-21 both aliases are needed for a rotation, one for signing", TWO, true, false, false, 0,
	 "alias2:absent dns:there " PROOF_CNAME "is:verified signs trouble:next_rotation +" DAY
	 "rotate +40000 slots:active,published signs alias2:there " PROOF_CNAME "slots:overlap,active"},
	{"S2-22 the alias of the slot in use is missing", TWO, true, false, false, 0,
	 "alias1:absent dns:there +" DAY "is:pending silent !enable why:cannot_be_switched_on"},
	/* (c) records vanish */
	{"records vanish: unstable, and signing goes on", TXT, true, false, false, 0,
	 ACTIVE "dns:absent +21600 is:unstable signs dns:there +60 is:verified signs"},
	{"unstable for 72 hours: failed, and silent", TXT, true, false, false, 0,
	 ACTIVE "dns:absent +21600 is:unstable +259100 is:unstable signs +21600 is:failed silent"},
	{"failed, and back again after a new proof", TXT, true, false, false, 0,
	 ACTIVE "dns:absent +400000 is:failed dns:there look is:failed silent +240 silent +180 is:verified signs"},
	{"some servers do not show it any more: unstable", TXT, true, false, false, 0, ACTIVE "dns:part +21600 is:unstable"},
	{"a server does not answer: still verified", TXT, true, false, false, 0,
	 ACTIVE "dns:unknown +864000 is:verified signs trouble:does_not_answer"},
	{"failed: not enabled", TXT, false, false, false, 0,
	 "dns:there " PROOF "dns:absent +400000 is:failed !enable why:cannot_be_switched_on"},
	/* (e) keys of others */
	{"(e) keys of others are looked at only", OTHERS, true, false, false, 0,
	 "is:pending next:look dns:absent +100 slots:published,published is:pending dns:there +60 is:verified "
	 "slots:proven,proven silent next:look !rotate !enable"},
	{"(e) keys of others vanish", OTHERS, true, false, false, 0,
	 "dns:there +60 is:verified dns:absent +21600 is:unstable dns:there +60 is:verified"},
	/* (f) approval */
	{"S0-10 a request waits for approval", TXT, true, true, false, 0,
	 "is:requested next:wait +864000 is:requested next:wait !enable why:approval approve is:not-started next:generate !approve"},
	/* (g) MAIL FROM */
	{"S3-16 the MAIL FROM domain stands apart from the keys", TXT, true, false, true, 0,
	 "mf:pending dns:absent mx:there spf:there +60 mf:success is:pending"},
	{"S3-32 both MX and SPF are needed", TXT, true, false, true, 0, "dns:there mx:there spf:absent +600 mf:pending signs"},
	{"C-12 another MX beside ours", TXT, true, false, true, 0, "dns:there mx:other spf:there +600 mf:pending trouble:MX"},
	{"MAIL FROM: 72 hours without records", TXT, true, false, true, 0, "dns:there mx:absent +259300 mf:failed is:verified"},
	{"MAIL FROM: unstable, back again", TXT, true, false, true, 0,
	 "dns:there mx:there spf:there +600 mf:success mx:absent +21600 mf:unstable is:verified mx:there +60 mf:success"},
	{"MAIL FROM: unstable for 72 hours", TXT, true, false, true, 0,
	 "dns:there mx:there spf:there +600 mf:success spf:absent +400000 mf:failed spf:there +21600 mf:success"},
	/* (h) the clock */
	{"(h) the clock is set back: no early revocation", TXT, true, false, false, 0,
	 ACTIVE "+" DAY "rotate " PROOF "~-500000 +604000 slots:overlap,active signs +22500 slots:revoked,active"},
	{"(h) the clock was years ahead: all goes on", TXT, true, false, false, 0,
	 "~300000000 dns:there " PROOF "signs +" DAY "rotate " PROOF "slots:overlap,active ~-300000000 +22000 slots:overlap,active "
	 "+604800 slots:revoked,active +604800 slots:empty,active"},
	{"(h) set back: looked at once", TXT, true, false, false, 0, ACTIVE "~-5000 next:look due:0 ~-70000 next:look due:0 +0 next:look due:21600"},
	{"(h) set back during a proof", TXT, true, false, false, 0, "dns:there +240 ~-100000 +22000 +3000 signs"},
	/* (i) on and off */
	{"(i) off and on again", TXT, true, false, false, 0, ACTIVE "disable silent +" DAY "is:verified slots:active,empty enable signs"},
	{"(i) off during a rotation, which goes on", TXT, true, false, false, 0,
	 ACTIVE "+" DAY "rotate +10 disable " PROOF "slots:overlap,active silent enable signs"},
	{"(i) off before it signed", TXT, true, false, false, 0, "dns:there +100 disable +" DAY "slots:proven,empty silent is:verified"},
	{"S2-22 enable before there is a key", TXT, false, false, false, 0, "!enable why:no_key"},
	{"S2-22 enable before every server shows it", TXT, false, false, false, 0, "dns:absent +100 !enable why:cannot_be_switched_on"},
	{"S2-22 verified and enabled as soon as every server shows it, silent until it is proven", TXT, false, false, false, 0,
	 "dns:there +100 is:verified enable silent slots:published,empty +4000 signs"},
	{"enable while it is unstable", TXT, false, false, false, 0, "dns:there " PROOF "dns:absent +22000 !enable"},
	{"enable what signed before, while it is unstable", TXT, true, false, false, 0, ACTIVE "disable dns:absent +22000 is:unstable !enable"},
	/* looks */
	{"looks every minute while something is awaited", TXT, true, false, false, 0, "dns:absent +0 next:look due:60"},
	{"looks every six hours where all is well", TXT, true, false, false, 0, ACTIVE "+" DAY "next:look +0 +21600 next:look"},
};

// clang-format on

static void init(struct play *p, const struct scene *s)
{
	static const unsigned char octets[48] = {1};
	const struct identity_wish wish = {
		.id = "example.com",
		.scheme = s->scheme,
		.enabled = s->enabled,
		.needs_approval = s->needs_approval,
		.rotate_every = s->rotate_every,
		.host_zone = "dkim.example.net",
		.mail_from = s->mail_from ? "bounce.example.com" : NULL,
		.selector = s->scheme == IDENTITY_EXTERNAL ? "s1 s2" : NULL,
		.random = octets,
	};
	const char *why = "";

	*p = (struct play){.now = START, .negative_ttl = 300};
	arena_init(&p->arena, 1 << 20);
	assert_int_equal(identity_new(&p->arena, &wish, START, &p->identity, &why), INKAN_OK);
	for (size_t i = 0; i < IDENTITY_SLOTS_MAX; i++)
		p->sight.slots[i].alias = SIGHT_THERE;
}

static void run_scene(const void *row)
{
	const struct scene *s = row;
	struct str rest = str_c(s->script);
	struct play p;

	init(&p, s);
	while (rest.n) {
		struct str part = str_split(&rest, ' ');
		char word[100];

		assert_true(part.n < sizeof word);
		memcpy(word, part.p, part.n);
		word[part.n] = '\0';
		print_message("%s\n", word);
		if (part.n)
			play_word(&p, word);
	}
	arena_release(&p.arena);
}

/* ---- what is missing, what may go ---- */

static void run_missing(const void *row)
{
	static const struct scene two = {.scheme = IDENTITY_CNAME2}, txt = {.scheme = IDENTITY_TXT};
	struct play p;
	struct text text;

	(void)row;
	init(&p, &two);
	assert_int_equal(life_missing(&p.arena, &p.identity, &text), INKAN_OK);
	assert_non_null(strstr(text.en, "key"));
	run(&p, 0);
	assert_int_equal(life_missing(&p.arena, &p.identity, &text), INKAN_OK);
	assert_non_null(strstr(text.en, ": selector1._domainkey.example.com. CNAME "
	                                "selector1-example-com._domainkey.dkim.example.net."));
	assert_non_null(strstr(text.ja, "selector1-example-com._domainkey.dkim.example.net."));
	arena_release(&p.arena);
	init(&p, &txt);
	run(&p, 0);
	assert_int_equal(life_missing(&p.arena, &p.identity, &text), INKAN_OK);
	assert_non_null(strstr(text.en, ": s20261122._domainkey.example.com. TXT \"" KEY_RECORD "\""));
	arena_release(&p.arena);
}

static void run_may_withdraw(const void *row)
{
	static const struct scene txt = {.scheme = IDENTITY_TXT, .enabled = true};
	struct play p;
	struct text why;

	(void)row;
	init(&p, &txt);
	set(&p, "dns", "there");
	run(&p, 400);
	assert_true(life_may_withdraw(&p.identity, 0, &why) == UNIX_TIME_NONE && why.en[0] && why.ja[0]);
	assert_int_equal(life_may_withdraw(&p.identity, 1, &why), 0);
	assert_true(life_rotate(&p.identity, p.now, true, &why));
	run(&p, 400);
	unix_time may = life_may_withdraw(&p.identity, 0, &why);

	assert_true(may == p.identity.slots[0].since + LIFE_OVERLAP + LIFE_REVOKED_TIME);
	run(&p, LIFE_OVERLAP);
	assert_int_equal(p.identity.slots[0].state, SLOT_REVOKED);
	assert_true(life_may_withdraw(&p.identity, 0, &why) == may);
	run(&p, may - p.now);
	assert_int_equal(p.identity.slots[0].state, SLOT_EMPTY);
	arena_release(&p.arena);
}

static void run_verified_max(const void *row)
{
	static const struct scene txt = {.scheme = IDENTITY_TXT, .enabled = true};
	const struct life_step revoke = {.action = LIFE_REVOKE};
	struct play p;

	(void)row;
	init(&p, &txt);
	struct slot *slot = &p.identity.slots[0];

	for (int64_t overlap = LIFE_OVERLAP; overlap <= 5 * LIFE_OVERLAP; overlap += 4 * LIFE_OVERLAP) {
		int64_t longest = overlap > LIFE_VERIFIED_MAX ? overlap : LIFE_VERIFIED_MAX;

		p.identity.overlap = overlap;
		slot->state = SLOT_OVERLAP;
		slot->since = START;
		slot->last_signed = UNIX_TIME_NONE;
		slot->last_verified = START + longest;
		assert_false(life_is_still_due(&p.identity, &revoke, START + longest - 1));
		assert_true(life_is_still_due(&p.identity, &revoke, START + longest));
		slot->last_signed = START + 1;
		assert_false(life_is_still_due(&p.identity, &revoke, START + longest));
		assert_true(life_is_still_due(&p.identity, &revoke, START + longest + 1));
	}
	slot->last_verified = START + LIFE_OVERLAP; /* and what is due for other steps, or slots, is not */
	assert_false(life_is_still_due(&p.identity, &(struct life_step){.action = LIFE_WITHDRAW}, INT64_MAX));
	assert_false(life_is_still_due(&p.identity, &(struct life_step){.action = LIFE_REVOKE, .slot = 1}, INT64_MAX));
	assert_false(life_is_still_due(&p.identity, &(struct life_step){.action = LIFE_REVOKE, .slot = 9}, INT64_MAX));
	arena_release(&p.arena);
}

/* A CNAME selector had another key before, whose messages come in late. */
static void run_earlier_key(const void *row)
{
	static const struct scene two = {.scheme = IDENTITY_CNAME2, .enabled = true};
	struct play p;

	(void)row;
	init(&p, &two);
	struct slot *slot = &p.identity.slots[0];
	struct str selector = str_c(slot->selector);

	slot->state = SLOT_ACTIVE;
	slot->made = START + 100;
	life_note_signed(&p.identity, selector, START + 99);
	life_note_verified(&p.identity, selector, START + 99);
	assert_true(slot->last_signed == UNIX_TIME_NONE && slot->last_verified == UNIX_TIME_NONE);
	life_note_signed(&p.identity, selector, START + 100);
	life_note_verified(&p.identity, selector, START + 101);
	life_note_verified(&p.identity, STR("other"), START + 200);
	assert_true(slot->last_signed == START + 100 && slot->last_verified == START + 101);
	arena_release(&p.arena);
}

/* A step that is told of twice, or too late. */
static void run_twice(const void *row)
{
	static const struct scene txt = {.scheme = IDENTITY_TXT, .enabled = true};
	const struct life_step activate = {.action = LIFE_ACTIVATE}, beyond = {.action = LIFE_PUBLISH, .slot = 7};
	struct play p;

	(void)row;
	init(&p, &txt);
	set(&p, "dns", "there");
	life_done(&p.identity, &activate, p.now);
	life_done(&p.identity, &beyond, p.now);
	assert_int_equal(p.identity.slots[0].state, SLOT_EMPTY);
	p.identity.enabled = false;
	run(&p, 400);
	assert_int_equal(p.identity.slots[0].state, SLOT_PROVEN);
	life_done(&p.identity, &activate, p.identity.checked + LIFE_PROOF_FRESH + 1);
	assert_int_equal(p.identity.slots[0].state, SLOT_PROVEN);
	life_done(&p.identity, &activate, p.identity.checked + LIFE_PROOF_FRESH);
	assert_int_equal(p.identity.slots[0].state, SLOT_ACTIVE);
	arena_release(&p.arena);
}

int main(void)
{
	struct test_list list = {0};

	TEST_TABLE(&list, scenes, run_scene);
	test_add(&list, "S2-22 S2-30 the record that is missing, word by word", run_missing, NULL);
	test_add(&list, "when a record may be deleted", run_may_withdraw, NULL);
	test_add(&list, "valid signatures that come in keep a key until the longest overlap, not a second longer",
	         run_verified_max, NULL);
	test_add(&list, "signatures of the key that had the selector before do not count", run_earlier_key, NULL);
	test_add(&list, "a step told of twice, or too late, changes nothing", run_twice, NULL);
	return test_run(&list, "identity/life");
}

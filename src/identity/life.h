/* The life of an identity: one table says what may be done next, and when. Pure: the registrar looks at DNS, makes keys and
 * publishes; here is decided what.
 *
 *	generate -> publish -> look until proven -> activate -> overlap -> revoke -> withdraw
 *
 * A key never signs unless every authoritative server has shown its record for longer than the old negative answer may live
 * in caches. A record is never revoked while mail that it verifies can still be on its way: the overlap counts from the last
 * signature known. Each step is idempotent; whoever dies between two goes on where the store says he was.
 *
 * Signatures are of two kinds. One that we made (life_note_signed) begins the overlap anew, however often: only we can make it, and the
 * message has its whole way before it. One that came in and was valid (life_note_verified) does so too, but the key goes at the latest
 * LIFE_VERIFIED_MAX after it signed for us last: an old message can be sent again by anybody, and who has stolen the key can sign new ones. */
#pragma once

#include "core/text.h"
#include "dns/record_set.h"
#include "identity/identity.h"

enum {
	LIFE_OVERLAP = 7 * 86400, /* seconds: five days in queues (RFC 5321 section 4.5.4.1), two for reports */
	LIFE_VERIFIED_MAX =
		28 * 86400, /* seconds: time to find who else signs with the key; nothing where the overlap is longer */
	LIFE_REVOKED_TIME = 7 * 86400, /* a revoked record stays so long before it is withdrawn or its slot empty */
	LIFE_PENDING_MAX = 72 * 3600,  /* not verified in this time: FAILED (as SES) */
	LIFE_UNSTABLE_MAX = 72 * 3600, /* not seen again in this time: FAILED */
	LIFE_LOOK_PENDING = 60,        /* seconds between looks while something is awaited ... */
	LIFE_LOOK_CALM = 6 * 3600,     /* ... and where all is well */
	LIFE_CHANGE_PAUSE = 24 * 3600, /* a changed key length, or a rotation, not more often than this unless forced */
	LIFE_PROOF_FRESH = 600,        /* a proof older than this is looked at again before the key signs */
	LIFE_GAP_MAX = 3600,           /* a proof begins anew where it was not seen for longer than this */
	LIFE_NEGATIVE_TTL_MAX = 86400  /* caches keep "there is none" no longer, whatever a zone says */
};

enum life_action {
	LIFE_WAIT,     /* nothing before `due` */
	LIFE_GENERATE, /* make a key for the slot */
	LIFE_PUBLISH,  /* bring the records of the slot to DNS (or hand them out), as identity/expected.h has them */
	LIFE_LOOK,     /* look what the authoritative servers show */
	LIFE_ACTIVATE, /* the slot signs from now on, the one that did goes to OVERLAP: the store alone changes */
	LIFE_REVOKE,   /* publish the slot's record as revoked */
	LIFE_WITHDRAW  /* take the record away; the slot is EMPTY */
};
const char *life_action_name(enum life_action action); /* "wait", "generate" ... */

struct life_step {
	enum life_action action;
	size_t slot;
	unix_time due;   /* not before; LIFE_WAIT: look again then */
	struct text why; /* one sentence for people */
};

/* What is to be done next. due may be in the future: then nothing is to be done before. */
void life_next(const struct identity *identity, unix_time now, struct life_step *out);

/* Whether a step of a slot that was due is so still, after more was learned of the identity. Not for looks. */
bool life_is_still_due(const struct identity *identity, const struct life_step *step, unix_time now);

/* What a record of ours looks like at one server or another. */
enum sight {
	SIGHT_UNKNOWN, /* a server did not answer */
	SIGHT_ABSENT,
	SIGHT_OTHER, /* something else is there */
	SIGHT_PART,  /* some servers show it, others do not yet */
	SIGHT_THERE  /* every server shows it */
};

const char *sight_name(enum sight sight); /* "unknown", "absent", "other", "part", "there" */

struct slot_sight {
	enum sight alias;      /* CNAME schemes: the customer's CNAME; else SIGHT_THERE */
	enum sight record;     /* the key record itself (EXTERNAL: any key at all) */
	bool any;              /* at least one server shows the key */
	uint32_t negative_ttl; /* seconds that "there is none" may live in caches: of the zones concerned, the longer */
};

struct identity_sight {
	unix_time at;    /* it began: nothing was seen before */
	unix_time ended; /* what was seen was there by then; earlier than `at`: as `at` */
	struct slot_sight slots[IDENTITY_SLOTS_MAX];
	enum sight mail_from_mx, mail_from_spf;
	const char *trouble; /* English; "": none */
};

/* Takes in what was seen: slots become PROVEN, the identity VERIFIED (as soon as every server shows its key), UNSTABLE ..., times are
 * noted. Signing goes on while
 * an identity is UNSTABLE; a FAILED one does not sign. A server that does not answer is no proof and no loss: nothing is
 * activated, nothing fails. identity->trouble becomes sight->trouble (which has to live as long), or a static text. */
void life_see(struct identity *identity, const struct identity_sight *sight);
/* The step was done at `now`: the slot's state changes. LIFE_GENERATE: slot->key, record, selector, bits ... were filled by the
 * caller. A step that the slot is past of, or an activation without a fresh proof, changes nothing. */
void life_done(struct identity *identity, const struct life_step *step, unix_time now);

/* What people ask for. Each sets state or due times; false: not possible now, *why_out says why (two languages). */
bool life_approve(struct identity *identity, unix_time now, struct text *why_out);
/* Begins a rotation. force: also within LIFE_CHANGE_PAUSE of the one before. Not while one is under way. */
bool life_rotate(struct identity *identity, unix_time now, bool force, struct text *why_out);
/* Switches signing on: only where every server shows the key (S2-22); it signs from when the key is proven ... */
bool life_enable(struct identity *identity, unix_time now, struct text *why_out);
void life_disable(struct identity *identity, unix_time now);
/* ... or wishes it: it signs as soon as one is. */
void life_enable_when_proven(struct identity *identity);
/* What has to be in DNS for life_enable(), word by word: the records of the slot that comes next (S2-22). In the arena. */
INKAN_MUST_CHECK int life_missing(struct arena *arena, const struct identity *identity, struct text *out);
/* The slot that the next key goes to; slot_count: none is free, or a key is on its way already. */
size_t life_free_slot(const struct identity *identity);
/* Whether its active slot is to sign now. */
bool life_signs(const struct identity *identity);
/* We signed a message with that selector at `at`; a valid signature of it came in at `at`. Nothing where no key of the identity that signs,
 * or did until its overlap, has the selector, or it was made later. */
void life_note_signed(struct identity *identity, struct str selector, unix_time at);
void life_note_verified(struct identity *identity, struct str selector, unix_time at);
/* When the slot's record may be withdrawn: yes (UNIX_TIME_NONE: never by itself), and why. "May I delete this record?" */
unix_time life_may_withdraw(const struct identity *identity, size_t slot, struct text *why_out);

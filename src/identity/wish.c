/* What people ask of an identity's life, and what may be asked about it. */
#include <stdarg.h>
#include <stdio.h>

#include "identity/internal.h"
#include "identity/life.h"

#define TEXT(e, j) ((struct text){e, j})

static bool refuse(struct text *why_out, struct text why)
{
	*why_out = why;
	return false;
}

static void set_due(struct identity *identity, unix_time now)
{
	struct life_step step;

	life_next(identity, now, &step);
	identity->next_due = step.due;
}

bool life_approve(struct identity *identity, unix_time now, struct text *why_out)
{
	if (identity->state != IDENTITY_REQUESTED)
		return refuse(why_out, TEXT("nothing waits for approval", "承認待ちの申請はありません"));
	identity->state = identity->scheme == IDENTITY_EXTERNAL ? IDENTITY_PENDING : IDENTITY_NOT_STARTED;
	identity->state_since = now;
	set_due(identity, now);
	return true;
}

bool life_rotate(struct identity *identity, unix_time now, bool force, struct text *why_out)
{
	const struct slot *active = identity_active_slot(identity);

	if (identity->scheme == IDENTITY_EXTERNAL)
		return refuse(why_out, TEXT("the provider holds the keys: it has to rotate them",
		                            "鍵はメールサービスが持っています。ローテーションはメールサービスの管理画面"
		                            "で行ってください"));
	if (!active)
		return refuse(why_out, TEXT("no key signs yet: there is nothing to rotate",
		                            "署名に使っている鍵がまだないため、ローテーションできません"));
	if (identity->rotating)
		return refuse(why_out, TEXT("a rotation is under way: it ends when the old key is withdrawn",
		                            "ローテーションの途中です。古い鍵のレコードの削除で完了します"));
	if (!force && active->since <= now && now - active->since < LIFE_CHANGE_PAUSE)
		return refuse(
			why_out,
			TEXT("the key was changed less than 24 hours ago; --force does it all the same",
		             "前回の鍵の変更から 24 時間たっていません。それでも行うには --force を付けてください"));
	identity->rotating = true;
	set_due(identity, now);
	return true;
}

/* The slot whose record has to be there before signing is switched on. */
static const struct slot *awaited_slot(const struct identity *identity)
{
	const struct slot *slot = identity_active_slot(identity);

	for (size_t i = 0; !slot && i < identity->slot_count; i++)
		if (identity->slots[i].state == SLOT_GENERATED || identity->slots[i].state == SLOT_PUBLISHED ||
		    identity->slots[i].state == SLOT_PROVEN)
			slot = &identity->slots[i];
	return slot;
}

bool life_enable(struct identity *identity, unix_time now, struct text *why_out)
{
	const struct slot *slot = awaited_slot(identity);

	if (identity->state == IDENTITY_REQUESTED)
		return refuse(why_out, TEXT("the request waits for approval", "申請は承認待ちです"));
	if (identity->scheme == IDENTITY_EXTERNAL)
		return refuse(
			why_out,
			TEXT("the provider holds the keys: signing is switched on there",
		             "鍵はメールサービスが持っています。署名はメールサービスの管理画面で有効にしてください"));
	if (!slot)
		return refuse(why_out, TEXT("there is no key yet", "鍵がまだありません"));
	if (identity->state != IDENTITY_VERIFIED)
		return refuse(why_out,
		              TEXT("signing cannot be switched on: not every name server shows the record",
		                   "署名を有効にできません。レコードがすべてのネームサーバーで確認できていません"));
	identity->enabled = true;
	set_due(identity, now);
	return true;
}

void life_disable(struct identity *identity, unix_time now)
{
	identity->enabled = false;
	set_due(identity, now);
}

void life_enable_when_proven(struct identity *identity)
{
	identity->enabled = true;
}

bool life_signs(const struct identity *identity)
{
	return identity->enabled && identity->scheme != IDENTITY_EXTERNAL && identity_active_slot(identity) &&
	       (identity->state == IDENTITY_VERIFIED || identity->state == IDENTITY_UNSTABLE);
}

/* The slot whose key, of that selector, may have signed at `at`: a CNAME selector had other keys before. NULL: none. */
static struct slot *slot_that_signed(struct identity *identity, struct str selector, unix_time at)
{
	for (size_t i = 0; i < identity->slot_count; i++) {
		struct slot *slot = &identity->slots[i];
		bool has_signed = slot->state == SLOT_ACTIVE || slot->state == SLOT_OVERLAP;

		if (has_signed && str_ieq(selector, str_c(slot->selector)) && at >= slot->made)
			return slot;
	}
	return NULL;
}

void life_note_signed(struct identity *identity, struct str selector, unix_time at)
{
	struct slot *slot = slot_that_signed(identity, selector, at);

	if (slot && at > slot->last_signed)
		slot->last_signed = at;
}

void life_note_verified(struct identity *identity, struct str selector, unix_time at)
{
	struct slot *slot = slot_that_signed(identity, selector, at);

	if (slot && at > slot->last_verified)
		slot->last_verified = at;
}

__attribute__((format(printf, 2, 3))) static const char *say(struct arena *arena, const char *format, ...)
{
	va_list args;
	char line[2 * DNS_NAME_MAX + IDENTITY_RECORD_MAX + 256];

	va_start(args, format);
	vsnprintf(line, sizeof line, format, args);
	va_end(args);
	struct str copy = arena_str(arena, str_c(line));

	return copy.n ? copy.p : "";
}

int life_missing(struct arena *arena, const struct identity *identity, struct text *out)
{
	const struct slot *slot = awaited_slot(identity);
	char name[DNS_NAME_MAX + 1];

	if (!slot) {
		*out = TEXT("a key has to be made first", "先に鍵を作成する必要があります");
		return INKAN_OK;
	}
	identity_slot_name(identity, slot, name);
	bool is_alias = identity_has_aliases(identity);
	const char *type = is_alias ? "CNAME" : "TXT", *quote = is_alias ? "" : "\"";
	const char *value = is_alias ? slot->target : slot->record;

	*out = (struct text){
		say(arena, "every name server has to show this record first: %s. %s %s%s%s", name, type, quote, value,
	            is_alias ? "." : quote),
		say(arena, "先に次のレコードをすべてのネームサーバーで見えるようにしてください: %s. %s %s%s%s", name,
	            type, quote, value, is_alias ? "." : quote),
	};
	return arena_error(arena);
}

unix_time life_may_withdraw(const struct identity *identity, size_t slot, struct text *why_out)
{
	const struct slot *s = &identity->slots[slot];
	unix_time end = UNIX_TIME_NONE;

	switch (s->state) {
	case SLOT_OVERLAP:
		*why_out =
			TEXT("mail signed with it can still be on its way; then it stays revoked for a while",
		             "この鍵で署名したメールがまだ配送中の可能性があります。その後しばらく失効状態で残します");
		end = life_overlap_end(identity, s, INT64_MAX);
		return end > INT64_MAX - LIFE_REVOKED_TIME ? INT64_MAX : end + LIFE_REVOKED_TIME;
	case SLOT_REVOKED:
		*why_out = TEXT("it is revoked, and stays so for a while before it is withdrawn",
		                "失効済みです。しばらくしてから削除します");
		return s->since > INT64_MAX - LIFE_REVOKED_TIME ? INT64_MAX : s->since + LIFE_REVOKED_TIME;
	case SLOT_EMPTY:
		*why_out = identity_has_aliases(identity)
		                   ? TEXT("no key is in use here; the alias stays, the next rotation needs it",
		                          "この枠の鍵は使われていません。CNAME は次のローテーションで使うため残します")
		                   : TEXT("no key is in use here", "この枠の鍵は使われていません");
		return identity_has_aliases(identity) ? UNIX_TIME_NONE : 0;
	case SLOT_ACTIVE:
		*why_out = TEXT("mail is signed with this key", "この鍵でメールに署名しています");
		break;
	case SLOT_GENERATED:
	case SLOT_PUBLISHED:
	case SLOT_PROVEN:
		*why_out = TEXT("this key is to sign soon", "この鍵はこれから署名に使います");
		break;
	}
	return UNIX_TIME_NONE;
}

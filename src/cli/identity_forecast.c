#include "cli/identity_forecast.h"

#include "identity/life.h"

enum {
	STEPS_MAX = 20000,        /* looks included */
	NEGATIVE_TTL_GUESS = 3600 /* seconds; the zones are not asked */
};

/* A world where everything that was published is seen at once. */
static void see_all(struct identity *identity, unix_time now)
{
	struct identity_sight sight = {
		.at = now, .mail_from_mx = SIGHT_THERE, .mail_from_spf = SIGHT_THERE, .trouble = ""};

	for (size_t i = 0; i < identity->slot_count; i++)
		sight.slots[i] = (struct slot_sight){.alias = SIGHT_THERE,
		                                     .record = SIGHT_THERE,
		                                     .any = identity->slots[i].key != 0,
		                                     .negative_ttl = NEGATIVE_TTL_GUESS};
	life_see(identity, &sight);
}

static void put_step(struct buf *out, const struct ui *ui, const struct identity *identity,
                     const struct life_step *step, unix_time now)
{
	static const struct text words[] = {
		[LIFE_WAIT] = {"", ""},
		[LIFE_GENERATE] = {"make a new key", "新しい鍵を作る"},
		[LIFE_PUBLISH] = {"publish its record", "そのレコードを公開する"},
		[LIFE_LOOK] = {"", ""},
		[LIFE_ACTIVATE] = {"sign with it; the old key stays in DNS",
	                           "その鍵で署名を始める。古い鍵は DNS に残す"},
		[LIFE_REVOKE] = {"revoke the old key", "古い鍵を失効させる"},
		[LIFE_WITHDRAW] = {"withdraw its record", "そのレコードを削除する"},
	};

	buf_put_c(out, "  ");
	time_print(out, now);
	buf_put_c(out, "  ");
	text_padded(out, str_c(life_action_name(step->action)), 9);
	buf_put_char(out, ' ');
	buf_put_c(out, text_in(ui->language, words[step->action]));
	if (identity->slots[step->slot].selector[0]) {
		buf_put_c(out, "  ");
		safe_text(out, str_c(identity->slots[step->slot].selector));
	}
	buf_put_char(out, '\n');
}

static void do_step(struct identity *identity, const struct life_step *step, unix_time now)
{
	struct slot *slot = &identity->slots[step->slot];

	if (step->action == LIFE_GENERATE) { /* what the registrar would fill in */
		slot->key = 1;
		slot->record = "p=";
		slot->bits = identity->bits;
		slot->algorithm = identity->algorithm;
	}
	life_done(identity, step, now);
}

void identity_forecast(struct buf *out, const struct ui *ui, struct identity *identity, unix_time now)
{
	struct life_step step;

	buf_put_c(out, TEXT(ui, "Nothing is done. At the earliest, if DNS shows everything at once:\n",
	                    "何も実行しません。DNS にすぐ反映された場合の最短の予定:\n"));
	for (int i = 0; i < STEPS_MAX && identity->rotating; i++) {
		life_next(identity, now, &step);
		if (step.due == UNIX_TIME_NONE)
			return;
		now = step.due > now ? step.due : now;
		if (step.action == LIFE_WAIT)
			continue;
		if (step.action == LIFE_LOOK) {
			see_all(identity, now);
			continue;
		}
		do_step(identity, &step, now);
		put_step(out, ui, identity, &step, now);
	}
}

/* "rotation": weeks of mail while the keys of a domain change three times, with everything that can go wrong on the way: a
 * secondary that copies the zone hours late and is down once, mail that waits in queues for days, receivers that remember old
 * answers, a registrar that dies between its steps and in the middle of them. No message may leave unsigned, and none may be
 * unverifiable when it is delivered. A control run without any waiting shows that the laboratory would see it.
 *
 * Reading order: step_weeks() -> live() -> one_minute() -> work(), mishap(). */
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include "cli/files.h"
#include "cli/lab_mail.h"
#include "cli/lab_ses.h"
#include "io/file.h"

#define START INT64_C(1706778000) /* 2024-02-01T09:00:00Z */

enum {
	BITS = 1024, /* ten thousand signatures of 2048 bits take half a minute */
	MESSAGES = 10080,
	EVERY = 6 * LAB_MINUTE, /* between two messages: six weeks in all */
	ROTATIONS = 3,          /* over all three slots */
	CARELESS_MESSAGES = 1200,
	CARELESS_AFTER = LAB_DAY,
	WORK_EVERY = 10 * LAB_MINUTE, /* the registrar is called so often */
	STEPS_AT_ONCE = 8,
	LAG_MIN = 20 * LAB_MINUTE, /* of the secondary */
	LAG_MAX = 6 * LAB_HOUR,
	DOWN_AFTER = 30 * LAB_MINUTE, /* of the secondary, once, after the second new key was published */
	DOWN_FOR = 30 * LAB_MINUTE,
	CRASH = 2,    /* one of so many steps that change something is cut short */
	RESTART = 50, /* one of so many calls of the registrar finds a new process */
	STORE_MAX = 64 * 1024 * 1024
};

struct story {
	struct lab_chance chance;
	struct lab_mail *mail;
	bool careless;   /* the option: the only run is without waiting */
	bool waits_not;  /* this run is without waiting */
	size_t messages; /* of this run */
	size_t rotations, rotations_wanted;
	unix_time begun; /* of the run */
	unix_time next_rotation;
	unix_time refresh; /* the secondary copies then; UNIX_TIME_NONE: it has everything */
	unix_time goes_down, comes_up;
	size_t crashes, restarts;
	enum life_action crashed_in; /* not twice in a row */
	struct identity identity;
};

/* ---- telling ---- */

/* A line of the calendar. */
static void note(struct lab_world *w, const struct story *s, const char *text)
{
	int64_t minutes = (w->now - s->begun) / LAB_MINUTE;

	buf_printf(&w->telling.text, LAB_TEXT(w, "day %2lld  %02lld:%02lld  %s\n", "%2lld 日目  %02lld:%02lld  %s\n"),
	           (long long)(minutes / 1440 + 1), (long long)(minutes / 60 % 24), (long long)(minutes % 60), text);
}

static void note_slot(struct lab_world *w, const struct story *s, size_t slot, const char *text)
{
	char line[200];

	snprintf(line, sizeof line, "%.8s…  %s", s->identity.slots[slot].selector, text);
	note(w, s, line);
}

static void note_step(struct lab_world *w, const struct story *s, const struct life_step *step)
{
	static const struct text words[] = {
		[LIFE_GENERATE] = {"a new key is made", "新しい鍵を作成"},
		[LIFE_PUBLISH] = {"its record goes to the primary", "レコードをプライマリに登録"},
		[LIFE_ACTIVATE] = {"seen everywhere for long enough: it signs from now on",
	                           "すべてのサーバーで十分な時間確認: この鍵で署名を開始"},
		[LIFE_REVOKE] = {"no mail on its way needs it any more: its text becomes empty",
	                         "配送中のメールにも不要: テキストを空にする"},
		[LIFE_WITHDRAW] = {"the slot is free again", "枠が空く"},
	};

	if (step->action != LIFE_WAIT && step->action != LIFE_LOOK)
		note_slot(w, s, step->slot, text_in(w->ui->language, words[step->action]));
}

/* ---- the registrar, and how it dies ---- */

static bool changes_dns(enum life_action action)
{
	return action == LIFE_PUBLISH || action == LIFE_REVOKE || action == LIFE_WITHDRAW;
}

static void plan_refresh(struct lab_world *w, struct story *s)
{
	if (s->refresh == UNIX_TIME_NONE)
		s->refresh = w->now + LAG_MIN + (int64_t)lab_chance(&s->chance, LAG_MAX - LAG_MIN);
}

static int read_store(struct lab_world *w, struct buf *out)
{
	buf_clear(out);
	return io_read_file(w->store, out, &w->error);
}

static int write_store(struct lab_world *w, struct str octets)
{
	int fd = open(w->store, O_WRONLY | O_TRUNC | O_CLOEXEC);
	int trouble = fd < 0 || write_all(fd, octets) != 0;

	if (fd >= 0)
		trouble = close(fd) != 0 || trouble;
	return trouble ? lab_fail(w, "the store cannot be written") : INKAN_OK;
}

/* Does a step and forgets that it did: as if the process had died after DNS was changed and before the store was. */
static int die_in_step(struct lab_world *w, struct buf *before)
{
	struct identity ignored;
	struct life_step step;

	registrar_close(w->registrar); /* whoever closes the store last leaves one file */
	w->registrar = NULL;
	int error = read_store(w, before);

	if (!error)
		error = lab_restart_registrar(w);
	arena_reset(&w->scratch);
	if (!error)
		error = registrar_step(w->registrar, &w->scratch, LAB_SES_DOMAIN, false, &ignored, &step, &w->error);
	registrar_close(w->registrar);
	w->registrar = NULL;
	if (error == INKAN_EIO)
		error = INKAN_OK;
	if (!error)
		error = write_store(w, buf_str(before));
	return error ? error : lab_restart_registrar(w);
}

static int crash(struct lab_world *w, struct story *s, const struct life_step *next)
{
	struct buf store;

	s->crashes++;
	s->crashed_in = next->action;
	note_slot(w, s, next->slot,
	          LAB_TEXT(w, "the registrar dies in the middle of a step", "処理の途中で鍵の管理プロセスが停止"));
	buf_init(&store, STORE_MAX);
	int error = die_in_step(w, &store);

	buf_release(&store);
	if (changes_dns(next->action))
		plan_refresh(w, s);
	return error;
}

static bool is_due(const struct life_step *step, unix_time now)
{
	return step->action != LIFE_WAIT && step->due != UNIX_TIME_NONE && step->due <= now;
}

/* What is due, unless the registrar dies. */
static int work(struct lab_world *w, struct story *s)
{
	struct life_step step = {.action = LIFE_LOOK};

	if (lab_chance(&s->chance, RESTART) == 0) {
		int error = lab_restart_registrar(w);

		if (error)
			return error;
		s->restarts++;
	}
	for (int i = 0; i < STEPS_AT_ONCE && step.action != LIFE_WAIT; i++) {
		arena_reset(&w->arena);
		int error = lab_identity(w, LAB_SES_DOMAIN, &s->identity);

		if (error)
			return error;
		life_next(&s->identity, w->now, &step);
		if (!is_due(&step, w->now))
			return INKAN_OK;
		if (step.action != LIFE_LOOK && step.action != s->crashed_in && lab_chance(&s->chance, CRASH) == 0)
			return crash(w, s, &step);
		error = registrar_step(w->registrar, &w->arena, LAB_SES_DOMAIN, false, &s->identity, &step, &w->error);
		if (error)
			return error;
		note_step(w, s, &step);
		if (step.action != LIFE_LOOK)
			s->crashed_in = LIFE_WAIT;
		if (changes_dns(step.action))
			plan_refresh(w, s);
		if (step.action == LIFE_PUBLISH && s->rotations == 2)
			s->goes_down = w->now + DOWN_AFTER;
	}
	return INKAN_OK;
}

/* ---- rotations ---- */

static bool begin_rotation(void *context, struct identity *identity, unix_time now, struct text *why_out)
{
	(void)context;
	return life_rotate(identity, now, true, why_out);
}

static int ask_for_rotation(struct lab_world *w, struct story *s)
{
	struct text why;
	int error = registrar_change_identity(w->registrar, &w->arena, LAB_SES_DOMAIN, "rotate", begin_rotation, NULL,
	                                      &s->identity, &why, &w->error);

	if (error == INKAN_EREFUSED) /* the one before is not done yet */
		return INKAN_OK;
	if (error)
		return error;
	s->rotations++;
	s->next_rotation = UNIX_TIME_NONE;
	note(w, s, LAB_TEXT(w, "a rotation begins", "ローテーション開始"));
	return INKAN_OK;
}

/* What those do who have no patience: the new key signs at once, the old one goes at once. */
static bool change_at_once(void *context, struct identity *identity, unix_time now, struct text *why_out)
{
	(void)context;
	(void)why_out;
	for (size_t i = 0; i < identity->slot_count; i++) {
		struct slot *slot = &identity->slots[i];
		bool old = slot->state == SLOT_ACTIVE;

		if (!old && slot->state != SLOT_PUBLISHED)
			continue;
		slot->state = old ? SLOT_EMPTY : SLOT_ACTIVE;
		slot->since = now;
		if (old) {
			slot->key = 0;
			slot->record = "";
		}
	}
	identity->rotating = false;
	return true;
}

static int publish_all(struct lab_world *w)
{
	struct registrar_plan plans[REGISTRAR_PLANS_MAX];
	enum update_result result = UPDATE_DONE;
	size_t count;
	int error = registrar_plan(w->registrar, &w->arena, LAB_SES_DOMAIN, NULL, 0, plans, &count, &w->error);

	for (size_t i = 0; i < count && !error; i++)
		if (plans[i].change_count)
			error = registrar_apply(w->registrar, &plans[i], false, true, &result, &w->error);
	return error || result == UPDATE_DONE ? error : INKAN_EIO;
}

static int rotate_carelessly(struct lab_world *w, struct story *s)
{
	struct life_step step = {.action = LIFE_LOOK};
	struct text why;
	int error = ask_for_rotation(w, s);

	for (int i = 0; i < STEPS_AT_ONCE && !error && step.action != LIFE_PUBLISH; i++)
		error = registrar_step(w->registrar, &w->arena, LAB_SES_DOMAIN, false, &s->identity, &step, &w->error);
	if (!error)
		error = registrar_change_identity(w->registrar, &w->arena, LAB_SES_DOMAIN, "careless", change_at_once,
		                                  NULL, &s->identity, &why, &w->error);
	if (!error)
		error = publish_all(w);
	plan_refresh(w, s);
	note(w, s,
	     LAB_TEXT(w, "a new key is published and signs at once; the old one is withdrawn at once",
	              "新しい鍵を公開してすぐに署名に使い、古い鍵をすぐに削除する"));
	return error;
}

static int rotate_when_due(struct lab_world *w, struct story *s)
{
	if (s->rotations == s->rotations_wanted || s->next_rotation == UNIX_TIME_NONE || w->now < s->next_rotation)
		return INKAN_OK;
	arena_reset(&w->arena);
	return s->waits_not ? rotate_carelessly(w, s) : ask_for_rotation(w, s);
}

/* The next one begins when the one before is done. */
static void see_rotation(struct story *s, unix_time now)
{
	if (!s->waits_not && s->rotations && s->next_rotation == UNIX_TIME_NONE && !s->identity.rotating)
		s->next_rotation = now + LAB_HOUR;
}

static bool is_all_done(const struct story *s)
{
	return s->rotations == s->rotations_wanted && (s->waits_not || !s->identity.rotating);
}

/* ---- the secondary ---- */

static int mishap(struct lab_world *w, struct story *s)
{
	struct lab_knot *secondary = &w->servers[1];

	if (s->goes_down != UNIX_TIME_NONE && w->now >= s->goes_down) {
		note(w, s, LAB_TEXT(w, "the secondary goes down", "セカンダリが停止"));
		lab_knot_stop(secondary);
		lab_mail_set_secondary(s->mail, false);
		s->goes_down = UNIX_TIME_NONE;
		s->comes_up = w->now + DOWN_FOR;
	}
	if (s->comes_up != UNIX_TIME_NONE && w->now >= s->comes_up) {
		note(w, s,
		     LAB_TEXT(w, "the secondary is up again, with its old zones", "セカンダリが古いゾーンのまま再開"));
		w->code = lab_knot_restart(w->ui, w->authority, secondary);
		lab_mail_set_secondary(s->mail, true);
		s->comes_up = UNIX_TIME_NONE;
	}
	if (s->refresh != UNIX_TIME_NONE && w->now >= s->refresh && secondary->pid) {
		note(w, s, LAB_TEXT(w, "the secondary copies the zones", "セカンダリがゾーンを取得"));
		s->refresh = UNIX_TIME_NONE;
		if (!lab_knot_refresh(secondary))
			return lab_fail(w, "the secondary cannot copy its zones");
	}
	return w->code == EXIT_FINE ? INKAN_OK : INKAN_EIO;
}

/* ---- weeks ---- */

static int one_minute(struct lab_world *w, struct story *s)
{
	int64_t passed = w->now - s->begun;
	int error = mishap(w, s);

	if (!error)
		error = rotate_when_due(w, s);
	if (!error && !s->waits_not && passed % WORK_EVERY == 0)
		error = work(w, s);
	see_rotation(s, w->now);
	if (!error && passed % EVERY == 0 && lab_mail_counts(s->mail)->sent < s->messages)
		error = lab_mail_send(s->mail);
	return error ? error : lab_mail_deliver(s->mail);
}

static int live(struct lab_world *w, struct story *s)
{
	const struct lab_mail_counts *counts = lab_mail_counts(s->mail);
	struct progress progress;
	int error = INKAN_OK;

	progress_start(&progress, w->ui, LAB_TEXT(w, "messages", "メール"), s->messages);
	while (!error && (counts->sent < s->messages || lab_mail_waiting(s->mail) || !is_all_done(s))) {
		error = one_minute(w, s);
		lab_set_time(w, w->now + LAB_MINUTE);
		progress_update(&progress, counts->sent);
		if (!error && lab_interrupted())
			error = lab_fail(w, TEXT(w->ui, "the scenario was interrupted", "シナリオは中断されました"));
	}
	progress_end(&progress);
	return error;
}

static int begin_run(struct lab_world *w, struct story *s, bool waits_not)
{
	s->waits_not = waits_not;
	s->messages = waits_not ? CARELESS_MESSAGES : MESSAGES;
	s->rotations = 0;
	s->rotations_wanted = waits_not ? 1 : ROTATIONS;
	s->begun = w->now;
	s->next_rotation = w->now + CARELESS_AFTER;
	s->refresh = s->goes_down = s->comes_up = UNIX_TIME_NONE;
	s->crashed_in = LIFE_WAIT;
	lab_mail_free(s->mail);
	s->mail = NULL;
	return lab_mail_new(w, &s->identity, &s->chance, &s->mail);
}

static void tell_counts(struct lab_world *w, const struct lab_mail_counts *c)
{
	struct buf *out = &w->telling.text;

	buf_printf(out,
	           LAB_TEXT(w, "%zu messages, %zu unsigned, %zu unverifiable\n",
	                    "メール %zu 通、署名なし %zu 通、検証不能 %zu 通\n"),
	           c->sent, c->no_signature, c->not_verified);
	buf_printf(out,
	           LAB_TEXT(w, "%zu delivered an hour late or more, the latest after %.1f days; %zu tried again\n",
	                    "1 時間以上遅れた配送 %zu 通、最長 %.1f 日、再試行 %zu 回\n"),
	           c->late, (double)c->latest / LAB_DAY, c->retried);
	buf_printf(out,
	           LAB_TEXT(w, "%zu DNS questions of receivers, %zu answers from their caches\n",
	                    "受信側の DNS 問い合わせ %zu 回、キャッシュからの応答 %zu 回\n"),
	           c->asked, c->from_cache);
	tell_text(&w->telling);
}

/* ---- the steps ---- */

static int step_servers(struct lab_world *w, void *context)
{
	struct story *s = context;

	begin_step(
		&w->telling, "servers",
		LAB_TEXT(w, "Two name servers, and a domain that signs", "2 台のネームサーバーと、署名するドメイン"));
	tell(&w->telling,
	     LAB_TEXT(w,
	              "The primary takes updates. The secondary copies the zones twenty minutes to six "
	              "hours after each change, "
	              "and is down once. ho2k.com has three CNAMEs into the zone of the mail service, as "
	              "Amazon SES wants "
	              "them; one of them leads to a key, two to an empty text. Keys have 1024 bits here, to sign "
	              "quickly.",
	              "プライマリが更新を受け付け、セカンダリは変更の 20 分から 6 "
	              "時間後にゾーンを取得します。一度は停止もします。"
	              "ho2k.com には、Amazon SES 方式で、メールサービスのゾーンを指す CNAME が 3 "
	              "つあります。1 つは鍵に、"
	              "2 つは空のテキストにつながります。署名を速くするため、ここでは鍵を 1024 ビットにします。"));
	buf_printf(&w->telling.text, "knotd  %s  primary\nknotd  %s  secondary\n", w->addresses[0], w->addresses[1]);
	tell_text(&w->telling);
	int error = lab_ses_create(w, BITS, true, &s->identity);

	if (!error && !lab_knot_refresh(&w->servers[1]))
		error = lab_fail(w, "the secondary cannot copy its zones");
	if (!error)
		error = lab_live(w, LAB_SES_DOMAIN, lab_is_verified, LAB_DAY, &s->identity);
	if (error)
		return error;
	check_off(&w->telling, life_signs(&s->identity), LAB_TEXT(w, "the first key signs", "最初の鍵で署名している"));
	return INKAN_OK;
}

static int tell_run(struct lab_world *w, struct story *s, bool waits_not)
{
	int error = begin_run(w, s, waits_not);

	if (!error)
		error = live(w, s);
	tell_text(&w->telling);
	if (!error)
		tell_counts(w, lab_mail_counts(s->mail));
	return error;
}

/* The invariant. */
static void check_mail(struct lab_world *w, const struct lab_mail_counts *c, size_t messages)
{
	check_off(&w->telling, c->sent == messages && c->delivered == messages && c->no_signature == 0,
	          LAB_TEXT(w, "no message left unsigned", "署名なしで送られたメールはない"));
	check_off(&w->telling, c->not_verified == 0,
	          LAB_TEXT(w, "every message could be verified when it was delivered",
	                   "すべてのメールが配送時に検証できた"));
}

static int step_weeks(struct lab_world *w, void *context)
{
	struct story *s = context;

	begin_step(&w->telling, "weeks",
	           LAB_TEXT(w, "Six weeks of mail, three rotations", "6 週間のメールと 3 回のローテーション"));
	tell(&w->telling,
	     LAB_TEXT(w,
	              "A message every six minutes, signed with whatever key signs at that moment. Some wait in the "
	              "queue, up to "
	              "five days. Six receivers ask either server, and remember answers as long as their TTL says:",
	              "6 分ごとに 1 通、その時点の鍵で署名します。一部はキューで最長 5 日待ちます。6 "
	              "つの受信側がどちらかの"
	              "サーバーに問い合わせ、応答を TTL の間だけ覚えています。"));
	int error = tell_run(w, s, s->careless);

	if (error)
		return error;
	check_mail(w, lab_mail_counts(s->mail), s->messages);
	if (s->careless)
		return INKAN_OK;
	check_off(&w->telling, s->crashes > 0,
	          LAB_TEXT(w, "the registrar died in the middle of steps, and went on",
	                   "鍵の管理プロセスは途中で何度も停止し、続きから再開した"));
	return INKAN_OK;
}

static int step_slots(struct lab_world *w, void *context)
{
	struct story *s = context;
	size_t keys = 0, empty = 0;
	int error = INKAN_OK;

	begin_step(&w->telling, "slots", LAB_TEXT(w, "What DNS shows in the end", "最後に DNS が示すもの"));
	for (size_t i = 0; i < s->identity.slot_count && !error; i++) {
		struct dns_answer answer;
		char name[DNS_NAME_MAX + 1];

		identity_slot_name(&s->identity, &s->identity.slots[i], name);
		error = lab_dig(w, DNS_TXT, str_c(name));
		arena_reset(&w->scratch);
		if (!error)
			error = lab_ask(w, &w->scratch, 0, DNS_TXT, str_c(name), &answer);
		if (!error && answer.count == 1) {
			keys += answer.records[0].text.n > 0;
			empty += answer.records[0].text.n == 0;
		}
	}
	tell_text(&w->telling);
	check_off(&w->telling, error || (keys == 1 && empty == 2),
	          LAB_TEXT(w, "one key and two empty slots: the trace of a rotation, and normal",
	                   "鍵 1 つと空の枠 2 つ。ローテーションの跡であり、正常"));
	return error;
}

static int step_control(struct lab_world *w, void *context)
{
	struct story *s = context;

	begin_step(&w->telling, "control", LAB_TEXT(w, "The same without waiting", "待たずに同じことをすると"));
	tell(&w->telling, LAB_TEXT(w,
	                           "To prove that the laboratory sees what it looks for: five days of mail, and one "
	                           "rotation in haste.",
	                           "このシナリオが失敗を見逃さないことの証明として、5 "
	                           "日間のメールと、急いだローテーションを 1 回。"));
	int error = tell_run(w, s, true);

	if (error)
		return error;
	check_off(&w->telling, lab_mail_counts(s->mail)->not_verified > 0,
	          LAB_TEXT(w, "messages could not be verified, and the laboratory saw it",
	                   "検証できないメールが発生し、シナリオはそれを検出した"));
	return INKAN_OK;
}

static enum exit_code run(const struct invocation *in)
{
	static lab_step *const steps[] = {step_servers, step_weeks, step_slots, step_control, NULL};
	static lab_step *const careless[] = {step_servers, step_weeks, NULL};
	struct story s = {.chance = {option_number(in, "seed", 1)},
	                  .careless = option_given(in, "careless"),
	                  .identity = {.id = ""}};
	enum exit_code code =
		lab_tell(in,
	                 &(struct lab_story){.scenario = &lab_rotation,
	                                     .title = {"Rotation: keys change, and no message notices",
	                                               "ローテーション: 鍵が替わっても、どのメールも影響を受けない"},
	                                     .zones = lab_ses_zones,
	                                     .zone_count = 2,
	                                     .written = 2,
	                                     .servers = LAB_SERVERS_MAX,
	                                     .start = START,
	                                     .steps = s.careless ? careless : steps},
	                 &s);

	lab_mail_free(s.mail);
	return code;
}

const struct scenario lab_rotation = {
	.name = "rotation",
	.summary = {"six weeks of mail while keys change: none unsigned, none unverifiable",
                    "鍵が替わる 6 週間のメール: 署名なし 0 通、検証不能 0 通"},
	.options = "seed|careless",
	.run = run,
};

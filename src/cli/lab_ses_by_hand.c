/* "ses-by-hand": the same identity where the DNS is somebody else's: records are copied by hand, with each of the three classic
 * mistakes, which are named, and then mended. */
#include <stdio.h>

#include "check/record.h"
#include "cli/identity_view.h"
#include "cli/lab_ses.h"
#include "cli/trouble_text.h"

/* As it stands in a well-known article: the closing quote is missing. */
#define DMARC_LINE "_dmarc." LAB_SES_DOMAIN " 3600 IN TXT \"v=DMARC1; pct=100; p=none"

enum { RECORDS = 5 /* to be copied: three CNAMEs, MX, SPF */, LINE_MEMORY_MAX = 1024 * 1024 };

/* A record as it was to be entered, and as it was entered. */
struct entry {
	struct record_set wanted, typed;
	const char *id;   /* of the finding that is expected; "": it was entered well */
	struct text deed; /* what the person did */
};

struct story {
	struct identity identity;
	struct entry entries[RECORDS];
	size_t count;
};

/* ---- 1: servers ---- */

static int step_servers(struct lab_world *w, void *context)
{
	(void)context;
	begin_step(&w->telling, "servers",
	           LAB_TEXT(w, "The domain's DNS is somebody else's", "ドメインの DNS は他社のもの"));
	tell(&w->telling,
	     LAB_TEXT(w,
	              "Knot DNS serves ho2k.com and amazonses.com again, but inkan may write only into amazonses.com. "
	              "What "
	              "ho2k.com needs is entered by hand, in a form that adds the zone to every name without a final "
	              "dot. "
	              "The laboratory plays the person at the form.",
	              "今度も Knot DNS が ho2k.com と amazonses.com を担当しますが、inkan が書き込めるのは "
	              "amazonses.com だけです。"
	              "ho2k.com のレコードは手入力します。管理画面は、末尾にドットのない名前にゾーン名を付け足します。"
	              "入力する人の役はこのシナリオが演じます。"));
	buf_printf(&w->telling.text, "knotd  %s\n", w->servers[0].address);
	tell_text(&w->telling);
	return INKAN_OK;
}

/* ---- 2: the records to copy ---- */

static int nothing_is_there(struct lab_world *w, const struct identity *identity, bool *out)
{
	struct expected_list list;
	int error = expected_records(&w->arena, identity, false, &list);

	*out = !error;
	for (size_t i = 0; i < list.count && !error; i++) {
		bool there;

		error = lab_has(w, &list.list[i].set, &there);
		*out = *out && there == list.list[i].ours;
	}
	return error;
}

static int step_records(struct lab_world *w, void *context)
{
	struct story *s = context;
	bool untouched = false;

	begin_step(&w->telling, "records",
	           LAB_TEXT(w, "Create the identity, and copy its records",
	                    "アイデンティティを作成し、レコードを書き写す"));
	int error = lab_ses_create(w, IDENTITY_RSA_BITS, false, &s->identity);

	if (!error)
		error = identity_records_print(
			&w->telling.text, &w->arena, &s->identity, VIEW_PEOPLE,
			&(struct record_print){.form = RECORD_TABLE, .language = w->ui->language}, true);
	tell_text(&w->telling);
	if (!error)
		error = nothing_is_there(w, &s->identity, &untouched);
	if (error)
		return error;
	check_off(&w->telling, untouched && s->identity.state == IDENTITY_PENDING,
	          LAB_TEXT(w, "nothing was written into ho2k.com; the state is Pending",
	                   "ho2k.com には何も書き込まれていない。状態は保留中 (Pending)"));
	return INKAN_OK;
}

/* ---- 3: typing ---- */

/* The target as a zone completes it that has no final dot. */
static int without_final_dot(struct lab_world *w, struct entry *e)
{
	char target[DNS_NAME_MAX + 1];

	snprintf(target, sizeof target, "%.*s." LAB_SES_DOMAIN, STR_ARG(e->wanted.records[0].name));
	e->id = "target_doubled";
	e->deed = (struct text){"1st CNAME: the final dot of the target is left out",
	                        "1 つ目の CNAME: 参照先の末尾のドットを省く"};
	return record_set_cname(&w->arena, e->wanted.name, LAB_HOUR, str_c(target), &e->typed);
}

/* The whole name in a field that adds the zone. */
static int zone_typed_twice(struct lab_world *w, struct entry *e)
{
	char name[DNS_NAME_MAX + 1];

	snprintf(name, sizeof name, "%.*s." LAB_SES_DOMAIN, STR_ARG(e->wanted.name));
	e->id = "doubled_suffix";
	e->deed = (struct text){"2nd CNAME: the name is typed with the domain, which the form adds again",
	                        "2 つ目の CNAME: 名前をドメインまで入力し、画面がさらにドメインを付ける"};
	return record_set_cname(&w->arena, str_c(name), LAB_HOUR, e->wanted.records[0].name, &e->typed);
}

/* Without quotes each word is a string of its own, and readers join them without spaces. */
static int without_quotes(struct lab_world *w, struct entry *e)
{
	struct str text = e->wanted.records[0].text;
	struct buf joined;

	buf_init(&joined, LINE_MEMORY_MAX);
	while (text.n)
		buf_put(&joined, str_split(&text, ' '));
	e->id = "quotes_lost";
	e->deed =
		(struct text){"SPF: the value is typed without its double quotes", "SPF: 値を二重引用符なしで入力する"};
	int error = buf_error(&joined);

	if (!error)
		error = record_set_txt(&w->arena, e->wanted.name, LAB_HOUR, buf_str(&joined), &e->typed);
	buf_release(&joined);
	return error;
}

static int choose(struct lab_world *w, struct entry *e, size_t alias)
{
	e->typed = e->wanted;
	e->id = "";
	if (e->wanted.type == DNS_CNAME && alias == 0)
		return without_final_dot(w, e);
	if (e->wanted.type == DNS_CNAME && alias == 1)
		return zone_typed_twice(w, e);
	return e->wanted.type == DNS_TXT ? without_quotes(w, e) : INKAN_OK;
}

static int type_in(struct lab_world *w, const struct record_set *before, const struct record_set *after)
{
	struct record_change change = {.before = before ? *before : *after, .after = *after};

	if (!before)
		change.before.count = 0;
	return lab_edit(w, LAB_SES_DOMAIN, &change);
}

static int step_type(struct lab_world *w, void *context)
{
	struct story *s = context;
	struct expected_list list;
	size_t alias = 0;

	begin_step(&w->telling, "type",
	           LAB_TEXT(w, "Enter them, with the three classic mistakes", "よくある 3 つの間違いとともに入力する"));
	int error = expected_records(&w->arena, &s->identity, false, &list);

	for (size_t i = 0; i < list.count && !error; i++) {
		struct entry *e = &s->entries[s->count];

		if (list.list[i].ours)
			continue;
		*e = (struct entry){.wanted = list.list[i].set};
		s->count++;
		error = choose(w, e, alias);
		alias += e->wanted.type == DNS_CNAME;
		if (!error)
			error = type_in(w, NULL, &e->typed);
		if (e->id[0])
			buf_printf(&w->telling.text, "· %s\n", text_in(w->ui->language, e->deed));
	}
	tell_text(&w->telling);
	expect(&w->telling, s->count == RECORDS, LAB_TEXT(w, "five records to copy", "書き写すレコードは 5 つ"));
	return error;
}

/* ---- 4: each mistake by its name ---- */

static const struct registrar_sighting *sighting_of(const struct registrar_sighting *list, size_t count,
                                                    const struct record_set *set)
{
	for (size_t i = 0; i < count; i++)
		if (list[i].expected.set.type == set->type && str_eq(list[i].expected.set.name, set->name))
			return &list[i];
	return NULL;
}

static void tell_sighting(struct lab_world *w, const struct entry *e, const struct registrar_sighting *seen)
{
	bool named = seen && strcmp(seen->trouble_id, e->id) == 0;
	struct buf line;

	if (seen && seen->trouble_id[0]) {
		safe_text(&w->telling.text, str_c(TROUBLE(w->ui, text_in(w->ui->language, seen->trouble))));
		buf_put_c(&w->telling.text, "\n→ ");
		safe_text(&w->telling.text, str_c(text_in(w->ui->language, seen->fix)));
		buf_put_char(&w->telling.text, '\n');
		tell_text(&w->telling);
	}
	buf_init(&line, LINE_MEMORY_MAX);
	buf_put_c(&line, e->id[0] ? e->id : dns_type_name(e->wanted.type));
	buf_put_c(&line, e->id[0] ? LAB_TEXT(w, ": named, with its fix", ": 指摘され、直し方も示された")
	                          : LAB_TEXT(w, ": entered well, nothing to say", ": 正しく入力されている"));
	buf_put_char(&line, '\0');
	check_off(&w->telling, named, line.p ? line.p : "");
	buf_release(&line);
}

static int step_named(struct lab_world *w, void *context)
{
	struct story *s = context;
	struct registrar_view *view = arena_calloc(&w->arena, 1, sizeof *view);
	struct life_step step;

	if (!view)
		return arena_error(&w->arena);
	begin_step(&w->telling, "named", LAB_TEXT(w, "Why it stays Pending", "保留中のままである理由"));
	lab_set_time(w, w->now + 10 * 60);
	int error = registrar_look(w->registrar, &w->arena, &s->identity, view);

	for (size_t i = 0; i < s->count && !error; i++)
		tell_sighting(w, &s->entries[i], sighting_of(view->seen, view->count, &s->entries[i].wanted));
	if (!error)
		error = registrar_step(w->registrar, &w->arena, LAB_SES_DOMAIN, true, &s->identity, &step, &w->error);
	if (error)
		return error;
	check_off(&w->telling, s->identity.state == IDENTITY_PENDING && s->identity.trouble[0],
	          LAB_TEXT(w, "the state is still Pending, and the identity says why",
	                   "状態は保留中のままで、理由が記録されている"));
	return INKAN_OK;
}

/* ---- 5: a line of a zone file ---- */

static int step_line(struct lab_world *w, void *context)
{
	struct pasted_record pasted;
	struct findings findings;

	(void)context;
	begin_step(&w->telling, "line",
	           LAB_TEXT(w, "A DMARC line whose closing quote is missing", "閉じの引用符がない DMARC の行"));
	buf_put_c(&w->telling.text, DMARC_LINE "\n");
	tell_text(&w->telling);
	findings_init(&findings, &w->arena);
	pasted_record_read(&findings, STR(DMARC_LINE), &pasted);
	for (size_t i = 0; i < findings.count; i++) {
		safe_text(&w->telling.text, str_c(text_in(w->ui->language, findings.items[i].text)));
		buf_put_c(&w->telling.text, "\n→ ");
		safe_text(&w->telling.text, str_c(text_in(w->ui->language, findings.items[i].fix)));
		buf_put_char(&w->telling.text, '\n');
	}
	tell_text(&w->telling);
	check_off(&w->telling,
	          findings.count >= 1 && pasted.is_readable && str_eq(pasted.value, STR("v=DMARC1; pct=100; p=none")),
	          LAB_TEXT(w, "found, and the value is read all the same", "見つかり、値も読み取れる"));
	if (arena_error(&w->arena))
		return arena_error(&w->arena);
	struct record_set dmarc;
	int error = record_set_txt(&w->arena, STR("_dmarc." LAB_SES_DOMAIN), LAB_HOUR, pasted.value, &dmarc);

	return error ? error : type_in(w, NULL, &dmarc);
}

/* ---- 6: mended ---- */

static int mend(struct lab_world *w, const struct entry *e)
{
	bool same_place = str_eq(e->typed.name, e->wanted.name);
	struct record_set none = e->typed;
	int error = INKAN_OK;

	none.count = 0;
	if (!same_place)
		error = type_in(w, &e->typed, &none);
	return error ? error : type_in(w, same_place ? &e->typed : NULL, &e->wanted);
}

static int step_mend(struct lab_world *w, void *context)
{
	struct story *s = context;
	int error = INKAN_OK;

	begin_step(&w->telling, "mend", LAB_TEXT(w, "Mend them as told", "示されたとおりに直す"));
	for (size_t i = 0; i < s->count && !error; i++)
		if (s->entries[i].id[0])
			error = mend(w, &s->entries[i]);
	if (!error)
		error = lab_live(w, LAB_SES_DOMAIN, lab_is_verified, LAB_DAY, &s->identity);
	if (error)
		return error;
	identity_page(&w->telling.text, w->ui, &s->identity, w->now);
	tell_text(&w->telling);
	check_off(&w->telling, lab_is_verified(&s->identity) && !s->identity.trouble[0],
	          LAB_TEXT(w, "Verified, and nothing is amiss", "検証済みで、問題はない"));
	return INKAN_OK;
}

static int step_send(struct lab_world *w, void *context)
{
	(void)context;
	lab_ses_begin_send(w);
	return lab_ses_tell_message(w);
}

static enum exit_code run(const struct invocation *in)
{
	static lab_step *const steps[] = {step_servers, step_records, step_type, step_named,
	                                  step_line,    step_mend,    step_send, NULL};
	struct story s = {.count = 0};

	return lab_ses_tell(in, &lab_ses_by_hand,
	                    (struct text){"Amazon SES and a DNS of somebody else: records copied by hand",
	                                  "Amazon SES と他社の DNS: レコードを手で書き写す"},
	                    1, steps, &s);
}

const struct scenario lab_ses_by_hand = {
	.name = "ses-by-hand",
	.summary = {"the same without publishing: three classic mistakes, each named, then mended",
                    "公開を任せない場合: よくある 3 つの間違いを指摘し、直す"},
	.options = "",
	.run = run,
};

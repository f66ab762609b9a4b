#include "cli/identity_view.h"
#include "cli/trouble_text.h"

#include "identity/expected.h"
#include "identity/life.h"
#include "identity/vocabulary.h"

enum { VIEW_MEMORY_MAX = 4 * 1024 * 1024, NAME_COLUMNS = 18, DAY = 86400, HOUR = 3600, MINUTE = 60 };

/* ---- JSON ---- */

static void put_time(struct json *j, const char *key, unix_time t)
{
	struct buf text;

	json_key(j, key);
	if (t == UNIX_TIME_NONE) {
		json_null_value(j);
		return;
	}
	buf_init(&text, 64);
	time_print(&text, t);
	json_str(j, buf_str(&text));
	buf_release(&text);
}

/* When the record of a key that signs no more may be deleted by hand; UNIX_TIME_NONE: it is needed, or there is none. */
static unix_time deletable(const struct identity *identity, const struct slot *slot)
{
	struct text why;

	if (slot->state != SLOT_OVERLAP && slot->state != SLOT_REVOKED)
		return UNIX_TIME_NONE;
	return life_may_withdraw(identity, (size_t)(slot - identity->slots), &why);
}

static void slot_json(struct json *j, const struct identity *identity, const struct slot *slot)
{
	char name[DNS_NAME_MAX + 1];

	identity_slot_name(identity, slot, name);
	json_object_begin(j);
	json_key_c(j, "selector", slot->selector);
	json_key_c(j, "name", name);
	json_key_c(j, "target", slot->target);
	json_key_c(j, "state", slot_state_name(slot->state));
	json_key_c(j, "algorithm", identity_algorithm_name(slot->algorithm));
	json_key_i64(j, "bits", slot->bits);
	json_key_i64(j, "key", slot->key);
	json_key_c(j, "record", slot->record);
	put_time(j, "since", slot->since);
	put_time(j, "made", slot->made);
	put_time(j, "published", slot->published);
	put_time(j, "first_seen", slot->first_seen);
	put_time(j, "last_seen", slot->last_seen);
	put_time(j, "last_signed", slot->last_signed);
	put_time(j, "last_verified", slot->last_verified);
	put_time(j, "deletable", deletable(identity, slot));
	json_object_end(j);
}

static void value_json(struct json *j, const struct record_set *set, const struct dns_record *record)
{
	struct buf text;

	buf_init(&text, DNS_NAME_MAX + 8);
	if (set->type == DNS_MX)
		buf_printf(&text, "%u ", record->preference);
	buf_put(&text, record->name);
	json_str(j, set->type == DNS_TXT ? record->text : buf_str(&text));
	buf_release(&text);
}

static const char *kind_name(enum expected_kind kind)
{
	static const char *const names[] = {"key", "alias", "mail_from_mx", "mail_from_spf", "dmarc"};

	return names[kind];
}

static void records_json(struct json *j, const struct ui *ui, const struct expected_list *list)
{
	json_key(j, "records");
	json_array_begin(j);
	for (size_t i = 0; i < list->count; i++) {
		const struct expected *e = &list->list[i];

		json_object_begin(j);
		json_key_c(j, "kind", kind_name(e->kind));
		json_key_bool(j, "ours", e->ours);
		json_key_str(j, "name", e->set.name);
		json_key_c(j, "type", dns_type_name(e->set.type));
		json_key_i64(j, "ttl", e->set.ttl);
		json_key(j, "values");
		json_array_begin(j);
		for (size_t k = 0; k < e->set.count; k++)
			value_json(j, &e->set, &e->set.records[k]);
		json_array_end(j);
		json_key_c(j, "note", text_in(ui->language, e->note));
		json_object_end(j);
	}
	json_array_end(j);
}

static void facts_json(struct json *j, const struct ui *ui, const struct identity *identity)
{
	json_key_c(j, "id", identity->id);
	json_key_c(j, "domain", identity->domain);
	json_key_c(j, "address", identity->address);
	json_key_c(j, "tenant", identity->tenant);
	json_key_c(j, "environment", identity->environment);
	json_key_c(j, "role", identity_role_name(identity->role));
	json_key_c(j, "scheme", identity_scheme_name(identity->scheme));
	json_key_c(j, "state", identity_state_name(identity->state));
	json_key_c(j, "status", text_in(ui->language, ses_status_text(identity)));
	json_key_c(j, "ses_status", ses_dkim_status(identity));
	json_key_c(j, "microsoft_status", microsoft_status(identity));
	json_key_c(j, "sentence", text_in(ui->language, microsoft_sentence(identity)));
	json_key_bool(j, "enabled", identity->enabled);
	json_key_bool(j, "signs", life_signs(identity));
	json_key_bool(j, "rotating", identity->rotating);
	json_key_bool(j, "publishes", identity->publishes);
	json_key_c(j, "host_zone", identity->host_zone);
	json_key_c(j, "site", identity->site);
	json_key_c(j, "provider", identity->provider);
	json_key_c(j, "mail_from", identity->mail_from);
	json_key_c(j, "mail_from_state", mail_from_state_name(identity->mail_from_state));
	json_key_c(j, "mx_failure", identity->mx_failure == MX_FAILURE_REJECT ? "reject" : "default");
	json_key_i64(j, "rotate_every", identity->rotate_every);
	json_key_i64(j, "overlap", identity->overlap);
	put_time(j, "created", identity->created);
	put_time(j, "state_since", identity->state_since);
	put_time(j, "checked", identity->checked);
	put_time(j, "next_due", identity->next_due);
	json_key_c(j, "trouble", identity->trouble);
}

int identity_json(struct json *j, const struct ui *ui, const struct identity *identity, bool records)
{
	struct expected_list list;
	struct arena arena;
	int code = INKAN_OK;

	json_object_begin(j);
	facts_json(j, ui, identity);
	json_key(j, "slots");
	json_array_begin(j);
	for (size_t i = 0; i < identity->slot_count; i++)
		slot_json(j, identity, &identity->slots[i]);
	json_array_end(j);
	arena_init(&arena, VIEW_MEMORY_MAX);
	if (records)
		code = expected_records(&arena, identity, false, &list);
	if (records && !code)
		records_json(j, ui, &list);
	arena_release(&arena);
	json_object_end(j);
	return code;
}

/* ---- for people ---- */

static void put_field(struct buf *out, const struct ui *ui, struct text name, const char *value)
{
	if (!value[0])
		return;
	buf_put_c(out, "  ");
	text_padded(out, str_c(text_in(ui->language, name)), NAME_COLUMNS);
	safe_text(out, str_c(value));
	buf_put_char(out, '\n');
}

static const char *mark_of(const struct identity *identity, enum style *style_out)
{
	switch (identity->state) {
	case IDENTITY_VERIFIED:
		*style_out = STYLE_GOOD;
		return "✓";
	case IDENTITY_FAILED:
		*style_out = STYLE_BAD;
		return "✗";
	default:
		*style_out = STYLE_WARNING;
		return "…";
	}
}

static void put_status(struct buf *out, const struct ui *ui, const struct identity *identity)
{
	enum style style;
	const char *mark = mark_of(identity, &style);
	struct text status = ses_status_text(identity);

	styled(out, ui->colour, style, mark);
	buf_put_char(out, ' ');
	styled(out, ui->colour, style, text_in(ui->language, status));
}

static void put_age(struct buf *out, const struct ui *ui, unix_time then, unix_time now)
{
	int64_t age = then == UNIX_TIME_NONE || then > now ? 0 : now - then;

	if (age >= 2 * DAY)
		buf_printf(out, TEXT(ui, "%lld days ago", "%lld 日前"), (long long)(age / DAY));
	else if (age >= 2 * HOUR)
		buf_printf(out, TEXT(ui, "%lld hours ago", "%lld 時間前"), (long long)(age / HOUR));
	else if (age >= 2 * MINUTE)
		buf_printf(out, TEXT(ui, "%lld minutes ago", "%lld 分前"), (long long)(age / MINUTE));
	else
		buf_put_c(out, TEXT(ui, "just now", "たった今"));
}

/* When the key was last at work, as far as this host's store of outcomes knows; nothing where it knows nothing. */
static void put_work(struct buf *out, const struct ui *ui, const struct slot *slot, unix_time now)
{
	if (slot->last_signed == UNIX_TIME_NONE && slot->last_verified == UNIX_TIME_NONE)
		return;
	buf_put_c(out, "      ");
	if (slot->last_signed != UNIX_TIME_NONE) {
		buf_put_c(out, TEXT(ui, "last signed with here ", "ここでの最後の署名 "));
		put_age(out, ui, slot->last_signed, now);
	}
	if (slot->last_verified != UNIX_TIME_NONE) {
		buf_put_c(out, slot->last_signed != UNIX_TIME_NONE ? TEXT(ui, ", ", "、") : "");
		buf_put_c(out, TEXT(ui, "last seen in mail that came in ", "届いたメールでの最後の確認 "));
		put_age(out, ui, slot->last_verified, now);
	}
	buf_put_char(out, '\n');
}

/* Behind an alias the empty text that was there before may live in caches. */
static void put_start(struct buf *out, const struct ui *ui, const struct identity *identity, const struct slot *slot)
{
	if (slot->state != SLOT_PUBLISHED || slot->first_seen == UNIX_TIME_NONE || !slot->target[0] ||
	    identity->scheme == IDENTITY_EXTERNAL)
		return;
	buf_put_c(out, TEXT(ui, "      it is in DNS, and signs at the earliest after ",
	                    "      DNS で確認済み。署名を始められるのは次の時刻より後: "));
	time_print(out, slot->first_seen + EXPECTED_TTL);
	buf_put_char(out, '\n');
}

static void put_slot(struct buf *out, const struct ui *ui, const struct identity *identity, const struct slot *slot,
                     unix_time now)
{
	static const struct text states[] = {
		[SLOT_EMPTY] = {"empty, not in use", "空 (未使用)"},
		[SLOT_GENERATED] = {"key made, not yet in DNS", "鍵あり、DNS にはまだない"},
		[SLOT_PUBLISHED] = {"waits for DNS", "DNS の反映待ち"},
		[SLOT_PROVEN] = {"ready to sign", "署名できる状態"},
		[SLOT_ACTIVE] = {"signs", "署名に使用中"},
		[SLOT_OVERLAP] = {"signs no more, kept for mail on its way",
	                          "署名には使わないが、配送中のメールのために残している"},
		[SLOT_REVOKED] = {"revoked", "失効"},
	};

	buf_put_c(out, "    ");
	safe_text(out, slot->selector[0] ? str_c(slot->selector) : STR("-"));
	buf_put_c(out, "  ");
	styled(out, ui->colour, slot->state == SLOT_ACTIVE ? STYLE_GOOD : STYLE_PLAIN,
	       identity->scheme == IDENTITY_EXTERNAL ? TEXT(ui, "key held by the service", "鍵はサービスが保持")
	                                             : text_in(ui->language, states[slot->state]));
	if (slot->key)
		buf_printf(out, "  %s %u", identity_algorithm_name(slot->algorithm), slot->bits);
	if (slot->made != UNIX_TIME_NONE && slot->key) {
		buf_put_c(out, TEXT(ui, ", made ", "、作成 "));
		put_age(out, ui, slot->made, now);
	}
	buf_put_char(out, '\n');
	put_work(out, ui, slot, now);
	put_start(out, ui, identity, slot);
	if (deletable(identity, slot) != UNIX_TIME_NONE) {
		buf_put_c(out, TEXT(ui, "      its record may be deleted after ",
		                    "      レコードを削除できるのは次の時刻より後: "));
		time_print(out, deletable(identity, slot));
		buf_put_char(out, '\n');
	}
}

static void put_next(struct buf *out, const struct ui *ui, const struct identity *identity, unix_time now)
{
	struct life_step step;

	life_next(identity, now, &step);
	buf_put_c(out, "  ");
	text_padded(out, str_c(TEXT(ui, "next", "次の手順")), NAME_COLUMNS);
	buf_put_c(out, text_in(ui->language, step.why));
	if (step.due != UNIX_TIME_NONE && step.due > now) {
		buf_put_c(out, TEXT(ui, " – not before ", " – 早くとも "));
		time_print(out, step.due);
	}
	buf_put_char(out, '\n');
}

void identity_page(struct buf *out, const struct ui *ui, const struct identity *identity, unix_time now)
{
	struct buf text;

	buf_init(&text, 1024);
	styled(out, ui->colour, STYLE_BOLD, identity->id);
	buf_put_c(out, "  ");
	put_status(out, ui, identity);
	buf_put_c(out, "\n");
	put_field(out, ui, (struct text){"signing", "署名"}, text_in(ui->language, microsoft_sentence(identity)));
	put_field(out, ui, (struct text){"role", "役割"},
	          identity->role == IDENTITY_GATEWAY ? TEXT(ui, "gateway", "ゲートウェイ")
	                                             : TEXT(ui, "mail service", "メールサービス"));
	put_field(out, ui, (struct text){"provider", "メールサービス"}, identity->provider);
	put_field(out, ui, (struct text){"tenant", "テナント"}, identity->tenant);
	put_field(out, ui, (struct text){"environment", "環境"}, identity->environment);
	if (identity->mail_from[0]) {
		buf_printf(&text, "%s (%s)", identity->mail_from, text_in(ui->language, mail_from_text(identity)));
		buf_put_char(&text, '\0');
		put_field(out, ui, (struct text){"MAIL FROM", "MAIL FROM"}, text.p ? text.p : "");
		buf_clear(&text);
	}
	put_age(&text, ui, identity->created, now);
	buf_put_char(&text, '\0');
	put_field(out, ui,
	          identity->state == IDENTITY_REQUESTED ? (struct text){"requested", "申請"}
	                                                : (struct text){"created", "作成"},
	          text.p ? text.p : "");
	buf_clear(&text);
	put_age(&text, ui, identity->checked, now);
	buf_put_char(&text, '\0');
	put_field(out, ui, (struct text){"last checked", "最終確認"},
	          identity->checked == UNIX_TIME_NONE ? TEXT(ui, "never", "まだ")
	          : text.p                            ? text.p
	                                              : "");
	buf_put_c(out, TEXT(ui, "  selectors\n", "  セレクター\n"));
	for (size_t i = 0; i < identity->slot_count; i++)
		put_slot(out, ui, identity, &identity->slots[i], now);
	put_field(out, ui, (struct text){"trouble", "問題"}, TROUBLE(ui, identity->trouble));
	put_next(out, ui, identity, now);
	buf_release(&text);
}

void identity_line(struct buf *out, const struct ui *ui, const struct identity *identity)
{
	enum { ID_COLUMNS = 32, SCHEME_COLUMNS = 10 };

	text_padded(out, str_c(identity->id), ID_COLUMNS);
	buf_put_c(out, "  ");
	text_padded(out, str_c(identity_scheme_name(identity->scheme)), SCHEME_COLUMNS);
	put_status(out, ui, identity);
	if (life_signs(identity))
		buf_put_c(out, TEXT(ui, ", signs", "、署名中"));
	else if (!identity->enabled)
		buf_put_c(out, TEXT(ui, ", signing off", "、署名オフ"));
	if (identity->rotating)
		buf_put_c(out, TEXT(ui, ", rotating", "、ローテーション中"));
	buf_put_char(out, '\n');
}

/* ---- records ---- */

static bool is_wanted(const struct expected *e, unsigned which)
{
	return e->set.count && (e->ours ? which & VIEW_OURS : which & VIEW_PEOPLE);
}

int identity_records_print(struct buf *out, struct arena *arena, const struct identity *identity, unsigned which,
                           const struct record_print *how, bool notes)
{
	struct expected_list list;
	struct record_set sets[EXPECTED_MAX];
	size_t count = 0;
	int code = expected_records(arena, identity, which & VIEW_DMARC, &list);

	for (size_t i = 0; i < list.count && !code; i++)
		if (is_wanted(&list.list[i], which))
			sets[count++] = list.list[i].set;
	if (!code)
		code = record_sets_print(out, sets, count, how);
	for (size_t i = 0; i < list.count && !code && notes; i++)
		if (is_wanted(&list.list[i], which)) {
			buf_put_c(out, "  ");
			buf_put(out, list.list[i].set.name);
			buf_put_c(out, ": ");
			buf_put_c(out, text_in(how->language, list.list[i].note));
			buf_put_char(out, '\n');
		}
	return code ? code : buf_error(out);
}

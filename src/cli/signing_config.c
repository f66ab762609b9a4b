/* Reading order: cmdlet_run() -> read_parameters() -> run_get(), run_new(), run_set(), run_rotate() -> put_config(). */
#include "cli/signing_config.h"

#include <stdio.h>
#include <unistd.h>

#include "cli/parity.h"
#include "cli/trouble_text.h"
#include "identity/vocabulary.h"
#include "io/clock.h"

enum {
	CONFIGS_MAX = 10000, /* of one list */
	WAIT_DEFAULT = 15 * 60,
	PAUSE_MIN = 2,
	PAUSE_MAX = 30 /* seconds */
};

/* clang-format off */
const struct option_spec cmdlet_options[] = {
	{"host-zone", 0, OPTION_STRING, "ZONE", NULL, 0, 0,
	 {"New: zone of ours that the CNAMEs lead into (default: identities.host_zone)", "New: CNAME の参照先になる自分のゾーン (省略時は identities.host_zone)"}},
	{"wait", 0, OPTION_FLAG, NULL, NULL, 0, 0,
	 {"New, Set: look again and again until the records are visible", "New、Set: レコードが見えるまで繰り返し確認する"}},
	{"timeout", 0, OPTION_STRING, "TIME", NULL, 0, 0,
	 {"with --wait: give up after that time (default: 15m)", "--wait のとき、あきらめるまでの時間 (既定: 15m)"}},
	REGISTRAR_OPTIONS,
};
/* clang-format on */

/* ---- parameters ---- */

enum { GET = 1 << 0, NEW = 1 << 1, SET = 1 << 2, ROTATE = 1 << 3 };

struct call {
	const struct invocation *in;
	const struct cmdlet *cmdlet;
	struct place where;
	struct arena *arena;
	struct object_list *out;
	const char *identity; /* NULL: not given */
	int enabled;          /* 0, 1; -1: not given */
	unsigned key_size;    /* 0: not given */
	const char *host_zone;
	bool wait, what_if;
};

struct cmdlet {
	const char *name;
	unsigned bit;
	enum exit_code (*run)(struct call *call, struct registrar_source *s);
};

enum parameter_kind {
	TAKES_IDENTITY,
	TAKES_FLAG,
	TAKES_SIZE,
	TAKES_CANONICAL,
	TAKES_ZONE,
	IS_WAIT,
	IS_WHAT_IF,
	IS_CONFIRM
};

static const struct parameter {
	const char *name;
	enum parameter_kind kind;
	unsigned cmdlets;
} parameters[] = {
	{"Identity", TAKES_IDENTITY, GET | SET | ROTATE},
	{"DomainName", TAKES_IDENTITY, NEW},
	{"Enabled", TAKES_FLAG, NEW | SET},
	{"KeySize", TAKES_SIZE, NEW | ROTATE},
	{"HeaderCanonicalization", TAKES_CANONICAL, NEW | SET},
	{"BodyCanonicalization", TAKES_CANONICAL, NEW | SET},
	{"HostZone", TAKES_ZONE, NEW},
	{"Wait", IS_WAIT, NEW | SET},
	{"WhatIf", IS_WHAT_IF, NEW | SET | ROTATE},
	{"Confirm", IS_CONFIRM, NEW | SET | ROTATE},
};

enum { PARAMETERS = sizeof parameters / sizeof *parameters };

/* By name, or by a beginning that means one only. */
static const struct parameter *find_parameter(struct str name, unsigned cmdlet)
{
	const struct parameter *found = NULL;

	for (size_t i = 0; i < PARAMETERS; i++) {
		if (!(parameters[i].cmdlets & cmdlet) || !name.n || !str_ihas_prefix(str_c(parameters[i].name), name))
			continue;
		if (strlen(parameters[i].name) == name.n)
			return &parameters[i];
		if (found)
			return NULL;
		found = &parameters[i];
	}
	return found;
}

static struct place place_of(const struct call *call, const struct pipeline_word *word)
{
	struct place where = call->where;

	where.column = where.file ? word->column : 0;
	return where;
}

static bool is_parameter(const struct pipeline_word *word)
{
	return !word->quoted && word->text.n > 1 && word->text.p[0] == '-' && !is_digit(word->text.p[1]);
}

static bool read_flag(struct str text, int *out)
{
	bool yes = str_ieq(text, STR("$true")) || str_ieq(text, STR("true")) || str_eq(text, STR("1"));
	bool no = str_ieq(text, STR("$false")) || str_ieq(text, STR("false")) || str_eq(text, STR("0"));

	if (yes || no)
		*out = yes;
	return yes || no;
}

static bool refuse_value(struct call *call, const struct pipeline_word *word, const char *name, struct str value,
                         const char *en, const char *ja)
{
	ui_error(call->in->ui, place_of(call, word),
	         TEXT(call->in->ui, "-%s %.*s: not a value of this parameter – %s",
	              "-%s %.*s: この引数の値ではありません – %s"),
	         name, STR_ARG(value), TEXT(call->in->ui, en, ja));
	return false;
}

/* A value of a parameter that has one, taken over where it is good. */
static bool take_value(struct call *call, const struct parameter *p, const struct pipeline_word *word, struct str value)
{
	uint64_t size;

	switch (p->kind) {
	case TAKES_IDENTITY:
		call->identity = arena_str(call->arena, value).p;
		return value.n && value.n <= IDENTITY_ID_MAX && call->identity
		               ? true
		               : refuse_value(call, word, p->name, value, "write a domain: contoso.com",
		                              "ドメインを書いてください: contoso.com");
	case TAKES_ZONE:
		call->host_zone = arena_str(call->arena, value).p;
		return value.n && call->host_zone
		               ? true
		               : refuse_value(call, word, p->name, value, "write a domain: dkim.example.net",
		                              "ドメインを書いてください: dkim.example.net");
	case TAKES_FLAG:
		return read_flag(value, &call->enabled)
		               ? true
		               : refuse_value(call, word, p->name, value,
		                              "write $true or $false (in a shell: true or false)",
		                              "$true か $false を書いてください (シェルでは true か false)");
	case TAKES_SIZE:
		if (!str_to_u64(value, 4096, &size) || (size != 1024 && size != 2048))
			return refuse_value(call, word, p->name, value, "write 1024 or 2048",
			                    "1024 か 2048 を書いてください");
		call->key_size = (unsigned)size;
		return true;
	case TAKES_CANONICAL:
		return str_ieq(value, STR("Relaxed"))
		               ? true
		               : refuse_value(call, word, p->name, value,
		                              "identities sign with Relaxed; for Simple write a rule under “signing” "
		                              "in inkan.conf",
		                              "アイデンティティの署名は Relaxed です。Simple にするには inkan.conf の "
		                              "signing に規則を書いてください");
	case IS_WAIT:
	case IS_WHAT_IF:
	case IS_CONFIRM:
		break;
	}
	return false;
}

/* A switch: it is on where no value follows the ":". */
static bool take_switch(struct call *call, const struct parameter *p, const struct pipeline_word *word, bool has_value,
                        struct str value)
{
	int on = 1;

	if (has_value && !read_flag(value, &on))
		return refuse_value(call, word, p->name, value, "write $true or $false",
		                    "$true か $false を書いてください");
	if (p->kind == IS_WAIT)
		call->wait = on;
	if (p->kind == IS_WHAT_IF)
		call->what_if = on;
	return true; /* nobody is asked for confirmation */
}

static bool refuse_name(struct call *call, const struct pipeline_word *word, struct str name)
{
	struct ui *ui = call->in->ui;
	struct buf all;

	buf_init(&all, 1024);
	for (size_t i = 0; i < PARAMETERS; i++)
		if (parameters[i].cmdlets & call->cmdlet->bit)
			buf_printf(&all, "%s-%s", all.n ? ", " : "", parameters[i].name);
	ui_error(ui, place_of(call, word),
	         TEXT(ui, "%s has no parameter “-%.*s” – it has %.*s",
	              "%s に「-%.*s」という引数はありません – 使えるのは %.*s です"),
	         call->cmdlet->name, STR_ARG(name), STR_ARG(buf_str(&all)));
	buf_release(&all);
	return false;
}

static bool refuse_missing_value(struct call *call, const struct pipeline_word *word, const struct parameter *p)
{
	struct ui *ui = call->in->ui;

	if (p->kind == TAKES_FLAG)
		ui_error(ui, place_of(call, word),
		         TEXT(ui,
		              "-%s has no value – in a POSIX shell an unquoted $true vanishes: write '$true' in "
		              "quotes, or true, or 1",
		              "-%s に値がありません – POSIX シェルでは引用符のない $true は消えます。'$true' "
		              "と引用符を付けるか、true または "
		              "1 と書いてください"),
		         p->name);
	else
		ui_error(ui, place_of(call, word),
		         TEXT(ui, "-%s wants a value – write it behind the name",
		              "-%s には値が要ります – 名前の後ろに書いてください"),
		         p->name);
	return false;
}

/* One parameter, with its value where it has one; *i stands at its last word. */
static bool read_parameter(struct call *call, const struct pipeline_stage *stage, size_t *i)
{
	const struct pipeline_word *word = &stage->words[*i];
	struct str text = str_skip(word->text, 1);
	struct str name = str_head(text, str_find(text, ':')), value = str_skip(text, name.n + 1);
	const struct parameter *p = find_parameter(name, call->cmdlet->bit);
	bool has_value = name.n < text.n;

	if (!p)
		return refuse_name(call, word, name);
	if (p->kind == IS_WAIT || p->kind == IS_WHAT_IF || p->kind == IS_CONFIRM)
		return take_switch(call, p, word, has_value, value);
	if (!has_value && *i + 1 < stage->count && !is_parameter(&stage->words[*i + 1])) {
		value = stage->words[++*i].text;
		has_value = true;
	}
	return has_value ? take_value(call, p, word, value) : refuse_missing_value(call, word, p);
}

/* The first value without a name is the domain, the second one of New is -Enabled. */
static bool read_positional(struct call *call, const struct pipeline_word *word)
{
	bool takes_domain = !call->identity, takes_enabled = call->cmdlet->bit == NEW && call->enabled < 0;
	struct ui *ui = call->in->ui;

	if (takes_domain)
		return take_value(call,
		                  find_parameter(call->cmdlet->bit == NEW ? STR("DomainName") : STR("Identity"),
		                                 call->cmdlet->bit),
		                  word, word->text);
	if (takes_enabled)
		return take_value(call, find_parameter(STR("Enabled"), NEW), word, word->text);
	ui_error(ui, place_of(call, word),
	         TEXT(ui, "“%.*s” is too much – every value but the domain stands behind the name of its parameter",
	              "「%.*s」が余分です – ドメイン以外の値は引数名の後ろに書いてください"),
	         STR_ARG(word->text));
	return false;
}

static bool read_parameters(struct call *call, const struct pipeline_stage *stage)
{
	bool good = true;

	for (size_t i = 1; i < stage->count && good; i++)
		good = is_parameter(&stage->words[i]) ? read_parameter(call, stage, &i)
		                                      : read_positional(call, &stage->words[i]);
	return good;
}

/* What must be given. */
static bool is_complete(struct call *call)
{
	struct ui *ui = call->in->ui;
	unsigned bit = call->cmdlet->bit;

	if (!call->identity && bit != GET) {
		ui_error(ui, call->where,
		         TEXT(ui, "%s wants a domain – write -%s contoso.com",
		              "%s にはドメインが要ります – -%s contoso.com と書いてください"),
		         call->cmdlet->name, bit == NEW ? "DomainName" : "Identity");
		return false;
	}
	if (call->enabled < 0 && (bit == NEW || bit == SET)) {
		ui_error(ui, call->where,
		         TEXT(ui,
		              "%s wants -Enabled – write -Enabled $true or -Enabled $false (in a shell: true or false)",
		              "%s には -Enabled が要ります – -Enabled $true か -Enabled $false と書いてください "
		              "(シェルでは true か false)"),
		         call->cmdlet->name);
		return false;
	}
	return true;
}

/* ---- the object ---- */

static void put_text(struct call *call, struct object *o, const char *name, const char *value)
{
	object_put(call->arena, o, name, value[0] ? PROPERTY_TEXT : PROPERTY_NONE, str_c(value));
}

static void put_flag(struct call *call, struct object *o, const char *name, bool value)
{
	object_put(call->arena, o, name, PROPERTY_FLAG, value ? STR("True") : STR("False"));
}

static void put_time(struct call *call, struct object *o, const char *name, unix_time t)
{
	struct buf text;

	buf_init(&text, 64);
	if (t != UNIX_TIME_NONE)
		time_print(&text, t);
	object_put(call->arena, o, name, text.n ? PROPERTY_TEXT : PROPERTY_NONE, buf_str(&text));
	buf_release(&text);
}

static void put_slots(struct call *call, struct object *o, const struct identity *identity)
{
	static const char *const names[][3] = {
		{"Selector1CNAME", "Selector1KeySize", "Selector1PublicKey"},
		{"Selector2CNAME", "Selector2KeySize", "Selector2PublicKey"},
	};

	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		static const struct slot none = {.target = "", .record = ""};
		const struct slot *slot = i < identity->slot_count ? &identity->slots[i] : &none;
		char bits[16] = "";

		if (slot->key)
			snprintf(bits, sizeof bits, "%u", slot->bits);
		put_text(call, o, names[i][0], slot->target);
		object_put(call->arena, o, names[i][1], bits[0] ? PROPERTY_NUMBER : PROPERTY_NONE, str_c(bits));
		put_text(call, o, names[i][2], slot->key ? slot->record : "");
	}
}

/* A key that is to sign, and does not yet. */
static const struct slot *slot_to_come(const struct identity *identity)
{
	for (size_t i = 0; i < identity->slot_count; i++) {
		const struct slot *slot = &identity->slots[i];

		if (slot->state == SLOT_GENERATED || slot->state == SLOT_PUBLISHED || slot->state == SLOT_PROVEN)
			return slot;
	}
	return NULL;
}

static const struct slot *slot_before(const struct identity *identity)
{
	for (size_t i = 0; i < identity->slot_count; i++)
		if (identity->slots[i].state == SLOT_OVERLAP || identity->slots[i].state == SLOT_REVOKED)
			return &identity->slots[i];
	return NULL;
}

/* When the next key may sign at the earliest; where none is on its way: when the one that signs began, or has to end. */
static unix_time rotate_on(const struct identity *identity)
{
	const struct slot *next = slot_to_come(identity), *active = identity_active_slot(identity);

	if (next)
		return next->first_seen == UNIX_TIME_NONE ? UNIX_TIME_NONE : next->first_seen + EXPECTED_TTL;
	if (active && identity->rotate_every)
		return active->since + identity->rotate_every;
	return active ? active->since : UNIX_TIME_NONE;
}

static void put_rotation(struct call *call, struct object *o, const struct identity *identity)
{
	const struct slot *next = slot_to_come(identity), *active = identity_active_slot(identity);
	const struct slot *before = next ? active : slot_before(identity), *after = next ? next : active;
	unix_time made = UNIX_TIME_NONE;

	for (size_t i = 0; i < identity->slot_count; i++)
		if (identity->slots[i].key && identity->slots[i].made > made)
			made = identity->slots[i].made;
	put_time(call, o, "KeyCreationTime", made);
	put_time(call, o, "RotateOnDate", rotate_on(identity));
	put_text(call, o, "SelectorBeforeRotateOnDate", before ? before->selector : "");
	put_text(call, o, "SelectorAfterRotateOnDate", after ? after->selector : "");
}

/* CNAMEs that are visible are not missing, though it takes a while until the key is proven. */
static const char *status_of(const struct identity *identity)
{
	const struct slot *next = slot_to_come(identity);
	bool is_visible = next && next->first_seen != UNIX_TIME_NONE && next->last_shown == identity->checked;

	return identity->state == IDENTITY_PENDING && is_visible ? "Valid" : microsoft_status(identity);
}

/* The one command that comes next (S2-27); "" where all is done. */
static void put_next_action(struct call *call, struct object *o, const struct identity *identity)
{
	char text[IDENTITY_ID_MAX + 64] = "";

	if (!identity->enabled && identity->scheme != IDENTITY_EXTERNAL && identity->state != IDENTITY_REQUESTED)
		snprintf(text, sizeof text, "Set-DkimSigningConfig -Identity %s -Enabled $true", identity->id);
	put_text(call, o, "NextAction", text);
}

static bool put_config(struct call *call, const struct identity *identity)
{
	struct object *o = object_add(call->arena, call->out);

	if (!o)
		return false;
	put_text(call, o, "Domain", identity->domain);
	put_slots(call, o, identity);
	put_flag(call, o, "Enabled", identity->enabled);
	put_text(call, o, "HeaderCanonicalization", "Relaxed");
	put_text(call, o, "BodyCanonicalization", "Relaxed");
	put_text(call, o, "NumberOfBytesToSign", "All");
	put_flag(call, o, "IncludeSignatureCreationTime", true);
	put_flag(call, o, "IncludeKeyExpiration", false);
	put_rotation(call, o, identity);
	put_time(call, o, "LastChecked", identity->checked);
	put_text(call, o, "Status", status_of(identity));
	put_text(call, o, "StatusText", text_in(call->in->ui->language, microsoft_sentence(identity)));
	put_next_action(call, o, identity);
	put_text(call, o, "Identity", identity->id);
	put_text(call, o, "Id", identity->id);
	put_text(call, o, "Name", identity->id);
	put_flag(call, o, "IsValid", true);
	put_time(call, o, "WhenCreated", identity->created);
	return arena_error(call->arena) == INKAN_OK;
}

static enum exit_code told(struct call *call, const struct identity *identity, enum exit_code code)
{
	return put_config(call, identity) ? code : ui_failed(call->in->ui, NOWHERE, INKAN_ENOMEM);
}

/* ---- Get ---- */

struct listing {
	struct call *call;
	bool failed, full;
};

static bool list_one(void *context, const struct identity *identity)
{
	struct listing *l = context;

	l->full = l->call->out->count == CONFIGS_MAX;
	l->failed = !l->full && !put_config(l->call, identity);
	return !l->failed && !l->full;
}

static enum exit_code list_all(struct call *call, struct registrar_source *s)
{
	const struct identity_filter filter = {.after = ""};
	struct listing l = {.call = call};
	struct io_error why = {""};
	struct ui *ui = call->in->ui;
	int error = identity_store_each(registrar_store(s->registrar), &filter, list_one, &l, &why);

	if (l.full)
		ui_warning(ui, call->where,
		           TEXT(ui, "only the first %d are shown – “inkan identity list” shows all",
		                "最初の %d 件だけを表示しました – 「inkan identity list」ですべて表示します"),
		           CONFIGS_MAX);
	if (error)
		return registrar_failed(ui, error, &why);
	return l.failed ? ui_failed(ui, NOWHERE, INKAN_ENOMEM) : EXIT_FINE;
}

/* The identity of the call; where there is none, what comes next. */
static enum exit_code fetch(struct call *call, struct registrar_source *s, char id[IDENTITY_ID_MAX + 1],
                            struct identity *out)
{
	struct io_error why = {""};
	struct ui *ui = call->in->ui;
	uint64_t version = 0;

	identity_id_normalise(&s->arena, call->identity, id);
	int error = identity_store_get(registrar_store(s->registrar), &s->arena, id, out, &version, &why);

	if (error)
		return registrar_failed(ui, error, &why);
	if (version)
		return EXIT_FINE;
	ui_error(ui, call->where,
	         TEXT(ui,
	              "%s: No DKIM keys saved for this domain. – create them: New-DkimSigningConfig -DomainName %s "
	              "-Enabled $true",
	              "%s: このドメインの DKIM キーが保存されていません – 作成するには: New-DkimSigningConfig "
	              "-DomainName %s -Enabled $true"),
	         id, id);
	return EXIT_FINDING;
}

static enum exit_code run_get(struct call *call, struct registrar_source *s)
{
	char id[IDENTITY_ID_MAX + 1];
	struct identity identity;

	if (!call->identity)
		return list_all(call, s);
	enum exit_code code = fetch(call, s, id, &identity);

	call->out->is_one = true;
	return code == EXIT_FINE ? told(call, &identity, code) : code;
}

/* ---- switching on ---- */

static int64_t patience(const struct invocation *in)
{
	uint64_t ms;
	const char *given = option_value(in, "timeout", NULL);

	if (!given)
		return WAIT_DEFAULT;
	return config_duration(str_c(given), &ms) ? (int64_t)(ms / 1000) : -1;
}

/* Looks, with -Wait again and again, until nothing is missing. */
static int look_until_visible(struct call *call, struct registrar_source *s, const char *id, struct identity *identity,
                              struct registrar_view *look, struct io_error *why)
{
	int64_t end = clock_milliseconds() + patience(call->in) * 1000, pause = PAUSE_MIN;
	int error = parity_look(s, id, identity, look, why);

	while (!error && call->wait && parity_missing_count(identity, look)) {
		int64_t left = (end - clock_milliseconds()) / 1000;

		if (left < 0)
			break;
		sleep((unsigned)(pause < left + 1 ? pause : left + 1));
		pause = pause * 2 < PAUSE_MAX ? pause * 2 : PAUSE_MAX;
		arena_reset(&s->arena);
		error = parity_look(s, id, identity, look, why);
	}
	return error;
}

static bool enable(void *context, struct identity *identity, unix_time now, struct text *why_out)
{
	(void)context;
	if (life_enable(identity, now, why_out))
		return true;
	if (identity->state == IDENTITY_REQUESTED || identity->scheme == IDENTITY_EXTERNAL)
		return false;
	life_enable_when_proven(identity);
	return true;
}

static bool disable(void *context, struct identity *identity, unix_time now, struct text *why_out)
{
	(void)context;
	(void)why_out;
	life_disable(identity, now);
	return true;
}

/* Visible is not enough to sign: caches may still hold that there is no such record. */
static void tell_begin(struct call *call, const struct identity *identity, const struct identity_sight *sight)
{
	const struct slot *slot = slot_to_come(identity);
	struct ui *ui = call->in->ui;
	struct buf when;

	if (life_signs(identity) || !slot || slot->first_seen == UNIX_TIME_NONE)
		return;
	uint32_t negative = sight->slots[slot - identity->slots].negative_ttl;
	int64_t proof = negative < LIFE_NEGATIVE_TTL_MAX ? negative : LIFE_NEGATIVE_TTL_MAX;

	buf_init(&when, 64);
	time_print(&when, slot->first_seen + (proof > EXPECTED_TTL ? proof : EXPECTED_TTL));
	ui_warning(ui, call->where,
	           TEXT(ui, "%s: enabled; signing begins at %.*s, when no cache can miss the records any more",
	                "%s: 有効になりました。署名は、キャッシュに古い応答が残らなくなる %.*s に始まります"),
	           identity->id, STR_ARG(buf_str(&when)));
	buf_release(&when);
}

static enum exit_code switch_on(struct call *call, struct registrar_source *s, const char *id,
                                struct identity *identity, struct registrar_view *look)
{
	enum exit_code code = parity_change(s, id, "enable", enable, NULL, identity);

	if (code == EXIT_FINE)
		tell_begin(call, identity, &look->sight);
	return code;
}

/* ---- New ---- */

static enum exit_code create(struct call *call, struct registrar_source *s, char id[IDENTITY_ID_MAX + 1],
                             struct identity *identity)
{
	struct ui *ui = call->in->ui;
	struct io_error why = {""};
	struct identity_wish wish = {
		.id = id,
		.scheme = IDENTITY_CNAME2,
		.bits = call->key_size,
		.host_zone = call->host_zone ? call->host_zone
	                                     : option_value(call->in, "host-zone", s->config->identities.host_zone),
		.site = s->config->identities.site,
		.rotate_every = s->config->identities.rotate_every,
		.overlap = s->config->identities.overlap,
	};

	identity_id_normalise(&s->arena, call->identity, id);
	if (!wish.host_zone || !wish.host_zone[0]) {
		ui_error(ui, call->where,
		         TEXT(ui,
		              "the CNAMEs have to lead into a zone of ours – name it by --host-zone, -HostZone or "
		              "identities.host_zone",
		              "CNAME の参照先になる自分のゾーンが必要です – --host-zone、-HostZone、または設定の "
		              "identities.host_zone "
		              "で指定してください"));
		return EXIT_USAGE;
	}
	int error = registrar_create(s->registrar, &s->arena, &wish, identity, &why);

	if (error == INKAN_EREFUSED)
		ui_error(ui, call->where, "%s: %s", id, TROUBLE(ui, why.text));
	else if (error)
		return registrar_failed(ui, error, &why);
	return error ? EXIT_USAGE : EXIT_FINE;
}

static enum exit_code run_new(struct call *call, struct registrar_source *s)
{
	char id[IDENTITY_ID_MAX + 1];
	struct registrar_view look = {.count = 0};
	struct identity identity;
	struct io_error why = {""};
	struct ui *ui = call->in->ui;
	enum exit_code code = create(call, s, id, &identity);

	call->out->is_one = true;
	if (code != EXIT_FINE || !call->enabled)
		return code == EXIT_FINE ? told(call, &identity, code) : code;
	int error = look_until_visible(call, s, id, &identity, &look, &why);

	if (error)
		return registrar_failed(ui, error, &why);
	if (parity_missing_count(&identity, &look) == 0)
		return told(call, &identity, switch_on(call, s, id, &identity, &look));
	ui_warning(ui, call->where,
	           TEXT(ui,
	                "The configuration is created, but cannot be enabled, because the CNAME records are not "
	                "published. "
	                "After publishing the CNAME records, enable this policy with Set-DkimSigningConfig.",
	                "構成は作成されますが、CNAME レコードが公開されていないため、有効にできません。CNAME "
	                "レコードを公開したら、Set-DkimSigningConfig を使用してこのポリシーを有効にしてください。"));
	parity_tell_missing(ui, &identity, &look);
	return told(call, &identity, EXIT_FINDING);
}

/* ---- Set ---- */

static enum exit_code refuse_enabling(struct call *call, const struct identity *identity,
                                      const struct registrar_view *look)
{
	struct ui *ui = call->in->ui;

	ui_error(ui, call->where,
	         TEXT(ui,
	              "%s: signing cannot be enabled: %zu records are not visible at every name server – publish them, "
	              "then "
	              "repeat this command, or let it wait with -Wait",
	              "%s: 署名を有効にできません。%zu 個のレコードがすべてのネームサーバーで見えてはいません – "
	              "公開してからこのコマンドを繰り返すか、-Wait で待たせてください"),
	         identity->id, parity_missing_count(identity, look));
	parity_tell_missing(ui, identity, look);
	return told(call, identity, EXIT_FINDING);
}

static enum exit_code run_set(struct call *call, struct registrar_source *s)
{
	char id[IDENTITY_ID_MAX + 1];
	struct registrar_view look = {.count = 0};
	struct identity identity;
	struct io_error why = {""};
	enum exit_code code = fetch(call, s, id, &identity);

	call->out->is_one = true;
	if (code != EXIT_FINE)
		return code;
	if (!call->enabled) {
		code = parity_change(s, id, "disable", disable, NULL, &identity);
		return code == EXIT_FINE ? told(call, &identity, code) : code;
	}
	int error = look_until_visible(call, s, id, &identity, &look, &why);

	if (error)
		return registrar_failed(call->in->ui, error, &why);
	if (parity_missing_count(&identity, &look))
		return refuse_enabling(call, &identity, &look);
	code = switch_on(call, s, id, &identity, &look);
	return code == EXIT_FINE ? told(call, &identity, code) : code;
}

/* ---- Rotate ---- */

static bool rotate(void *context, struct identity *identity, unix_time now, struct text *why_out)
{
	const unsigned *bits = context;

	if (!life_rotate(identity, now, false, why_out))
		return false;
	if (*bits)
		identity->bits = *bits;
	return true;
}

static enum exit_code run_rotate(struct call *call, struct registrar_source *s)
{
	char id[IDENTITY_ID_MAX + 1];
	struct identity identity;
	enum exit_code code = fetch(call, s, id, &identity);

	call->out->is_one = true;
	if (code == EXIT_FINE)
		code = parity_change(s, id, "rotate", rotate, &call->key_size, &identity);
	return code == EXIT_FINE ? told(call, &identity, code) : code;
}

/* ---- the table ---- */

static const struct cmdlet cmdlets[] = {
	{"Get-DkimSigningConfig", GET, run_get},
	{"New-DkimSigningConfig", NEW, run_new},
	{"Set-DkimSigningConfig", SET, run_set},
	{"Rotate-DkimSigningConfig", ROTATE, run_rotate},
	{NULL, 0, NULL},
};

const struct cmdlet *cmdlet_find(struct str name)
{
	for (const struct cmdlet *c = cmdlets; c->name; c++)
		if (str_ieq(str_c(c->name), name))
			return c;
	return NULL;
}

const char *cmdlet_name(size_t i)
{
	return i < sizeof cmdlets / sizeof *cmdlets ? cmdlets[i].name : NULL;
}

static enum exit_code tell_what_if(struct call *call)
{
	struct ui *ui = call->in->ui;

	ui_warning(ui, call->where,
	           TEXT(ui, "What if: %s would act on %s; nothing was done",
	                "What if: %s を %s に対して行うところでした。何もしていません"),
	           call->cmdlet->name, call->identity);
	return EXIT_FINE;
}

enum exit_code cmdlet_run(const struct cmdlet *cmdlet, const struct invocation *in, const struct pipeline_stage *stage,
                          struct place where, struct arena *arena, struct object_list *out)
{
	static const char *const table[] = {"Domain", "Enabled", "Status", NULL};
	struct call call = {.in = in, .cmdlet = cmdlet, .where = where, .arena = arena, .out = out, .enabled = -1};
	struct registrar_source s;

	object_list_init(out, table);
	call.wait = option_given(in, "wait");
	if (!read_parameters(&call, stage) || !is_complete(&call))
		return EXIT_USAGE;
	if (patience(in) < 0) {
		ui_error(in->ui, NOWHERE,
		         TEXT(in->ui, "--timeout: not a duration – write 15m or 1h",
		              "--timeout: 期間ではありません – 15m や 1h と書いてください"));
		return EXIT_USAGE;
	}
	if (call.what_if)
		return tell_what_if(&call);
	enum exit_code code = parity_open(&s, in, cmdlet->bit == NEW ? STORE_CREATE : STORE_CHANGE);

	if (code == EXIT_FINE)
		code = cmdlet->run(&call, &s);
	registrar_source_close(&s);
	return code;
}

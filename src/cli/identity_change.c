/* inkan identity enable, disable, approve, rotate, mail-from: what people ask of an identity. */
#include "cli/command.h"
#include "cli/identity_forecast.h"
#include "cli/identity_view.h"
#include "cli/registrar_source.h"
#include "cli/trouble_text.h"

enum { DOMAIN_MEMORY_MAX = 64 * 1024 /* octets */ };

static const struct option_spec plain_options[] = {REGISTRAR_OPTIONS};

/* ---- the changes ---- */

static bool enable(void *context, struct identity *identity, unix_time now, struct text *why_out)
{
	(void)context;
	return life_enable(identity, now, why_out);
}

static bool disable(void *context, struct identity *identity, unix_time now, struct text *why_out)
{
	(void)context;
	(void)why_out;
	life_disable(identity, now);
	return true;
}

static bool approve(void *context, struct identity *identity, unix_time now, struct text *why_out)
{
	(void)context;
	return life_approve(identity, now, why_out);
}

struct rotation {
	bool force;
	unsigned bits; /* 0: as before */
};

static bool rotate(void *context, struct identity *identity, unix_time now, struct text *why_out)
{
	const struct rotation *r = context;

	if (!life_rotate(identity, now, r->force, why_out))
		return false;
	if (r->bits)
		identity->bits = r->bits;
	return true;
}

struct mail_from {
	const struct invocation *in;
	struct arena *arena;
	const char *domain; /* "": none any more */
	enum mx_failure failure;
	const struct registrar_source *source; /* known when the change is made */
};

/* Where its MX is to lead: what is asked for; else what the identity has, or what new ones get. */
static void choose_host(const struct mail_from *m, struct identity *identity)
{
	const struct config *c = m->source->config;
	bool has_none = !identity->host_zone[0] && !identity->site[0];

	if (has_none) {
		identity->host_zone = c->identities.host_zone;
		identity->site = c->identities.site;
		if (!identity->host_zone[0] && !identity->site[0] && strchr(m->source->host, '.'))
			identity->site = m->source->host;
	}
	identity->site = option_value(m->in, "site", identity->site);
}

static bool set_mail_from(void *context, struct identity *identity, unix_time now, struct text *why_out)
{
	const struct mail_from *m = context;
	const char *why = NULL;

	if (m->domain[0])
		choose_host(m, identity);
	if (identity_set_mail_from(m->arena, identity, m->domain, m->failure, now, &why) == INKAN_OK)
		return true;
	*why_out = (struct text){why ? why : inkan_strerror(INKAN_ENOMEM), why ? why : inkan_strerror(INKAN_ENOMEM)};
	return false;
}

/* ---- doing them ---- */

/* The records that somebody has to copy, where there are new ones: a key of its own selector, a MAIL FROM domain. */
static int put_records(struct output *out, struct registrar_source *s, const struct identity *identity)
{
	const struct record_print how = {.form = RECORD_TABLE, .language = s->ui->language};
	bool waits = identity->mail_from_state == MAIL_FROM_PENDING;

	for (size_t i = 0; i < identity->slot_count; i++)
		waits = waits || (identity->scheme == IDENTITY_TXT && identity->slots[i].state == SLOT_PUBLISHED);
	if (!waits || identity->publishes)
		return INKAN_OK;
	buf_put_c(&out->text, TEXT(s->ui, "\nRecords that DNS has to show:\n", "\nDNS に必要なレコード:\n"));
	return identity_records_print(&out->text, &s->arena, identity, VIEW_PEOPLE, &how, true);
}

static enum exit_code show(const struct invocation *in, struct registrar_source *s, const struct identity *identity)
{
	struct output out;
	int error = INKAN_OK;

	output_init(&out);
	if (in->json) {
		struct json j = json_to(&out.text);

		error = identity_json(&j, in->ui, identity, true);
		buf_put_char(&out.text, '\n');
	} else {
		identity_page(&out.text, in->ui, identity, registrar_now(s->registrar));
		error = put_records(&out, s, identity);
	}
	return output_finish(&out, in->ui, error ? ui_failed(in->ui, NOWHERE, error) : EXIT_FINE);
}

/* A look publishes the records of a MAIL FROM domain, where we may. */
static int follow(struct registrar_source *s, const char *id, struct identity *identity, struct io_error *why)
{
	bool publishes = identity->publishes && identity->mail_from_state == MAIL_FROM_PENDING;

	return registrar_follow(s->registrar, &s->arena, id, publishes, identity, NULL, why);
}

/* What was asked for is not possible now: why, and where a record is what lacks, which. */
static enum exit_code tell_refusal(const struct invocation *in, struct registrar_source *s, const char *id,
                                   registrar_change *what, struct text refused, const struct identity *identity)
{
	struct text missing = {"", ""};

	if (what == enable && identity->state != IDENTITY_REQUESTED && identity->scheme != IDENTITY_EXTERNAL &&
	    life_missing(&s->arena, identity, &missing))
		missing = (struct text){"", ""};
	ui_error(in->ui, NOWHERE, "%s: %s%s%s", id, TROUBLE(in->ui, text_in(in->ui->language, refused)),
	         missing.en[0] ? " – " : "", text_in(in->ui->language, missing));
	return EXIT_FINDING;
}

/* source_out, where it is wanted: what the change may look at. */
static enum exit_code change(const struct invocation *in, registrar_change *what, void *context,
                             const struct registrar_source **source_out)
{
	struct registrar_source s;
	struct identity identity;
	struct io_error why = {""};
	struct text refused = {"", ""};
	char id[IDENTITY_ID_MAX + 1];
	enum exit_code code = registrar_source_open(&s, in, STORE_CHANGE, NULL);

	if (code != EXIT_FINE) {
		registrar_source_close(&s);
		return code;
	}
	if (source_out)
		*source_out = &s;
	identity_id_normalise(&s.arena, in->operands[0], id);
	int error = registrar_change_identity(s.registrar, &s.arena, id, in->command->name, what, context, &identity,
	                                      &refused, &why);

	if (!error)
		error = follow(&s, id, &identity, &why);
	if (error == INKAN_EREFUSED && refused.en[0]) {
		code = tell_refusal(in, &s, id, what, refused, &identity);
	} else {
		code = error ? registrar_failed(in->ui, error, &why) : show(in, &s, &identity);
	}
	registrar_source_close(&s);
	return code;
}

/* ---- the commands ---- */

static enum exit_code run_enable(const struct invocation *in)
{
	return change(in, enable, NULL, NULL);
}

static enum exit_code run_disable(const struct invocation *in)
{
	return change(in, disable, NULL, NULL);
}

static enum exit_code run_approve(const struct invocation *in)
{
	return change(in, approve, NULL, NULL);
}

static enum exit_code forecast(const struct invocation *in, struct rotation *r)
{
	struct registrar_source s;
	struct identity identity;
	struct io_error why = {""};
	struct text refused;
	struct output out;
	uint64_t version;
	enum exit_code code = registrar_source_open(&s, in, STORE_CHANGE, NULL);

	output_init(&out);
	if (code == EXIT_FINE)
		code = identity_fetch(&s, in->operands[0], &identity, &version, &why);
	if (code == EXIT_FINE && !rotate(r, &identity, registrar_now(s.registrar), &refused)) {
		ui_error(in->ui, NOWHERE, "%s: %s", identity.id, TROUBLE(in->ui, text_in(in->ui->language, refused)));
		code = EXIT_FINDING;
	}
	if (code == EXIT_FINE)
		identity_forecast(&out.text, in->ui, &identity, registrar_now(s.registrar));
	registrar_source_close(&s);
	return output_finish(&out, in->ui, code);
}

static enum exit_code run_rotate(const struct invocation *in)
{
	struct rotation r = {.force = option_given(in, "force"), .bits = (unsigned)option_number(in, "bits", 0)};

	return option_given(in, "dry-run") ? forecast(in, &r) : change(in, rotate, &r, NULL);
}

static enum exit_code run_mail_from(const struct invocation *in)
{
	struct arena arena;
	struct mail_from m = {.in = in, .arena = &arena, .domain = in->operand_count > 1 ? in->operands[1] : ""};

	if ((in->operand_count > 1) == option_given(in, "unset")) {
		ui_error(in->ui, NOWHERE,
		         TEXT(in->ui, "give a name for MAIL FROM, or --unset",
		              "MAIL FROM の名前か --unset を指定してください"));
		return EXIT_USAGE;
	}
	(void)mx_failure_from_name(str_c(option_value(in, "mx-failure", "default")), &m.failure);
	arena_init(&arena, DOMAIN_MEMORY_MAX);
	enum exit_code code = change(in, set_mail_from, &m, &m.source);

	arena_release(&arena);
	return code;
}

static const struct example enable_examples[] = {
	{"inkan identity enable example.com", {"sign from the next message on", "次のメールから署名する"}},
	{NULL, {NULL, NULL}},
};
static const struct example disable_examples[] = {
	{"inkan identity disable example.com",
         {"sign no more; keys and records stay", "署名をやめる。鍵とレコードは残る"}},
	{NULL, {NULL, NULL}},
};
static const struct example approve_examples[] = {
	{"inkan identity approve example.com",
         {"make the keys that were asked for", "申請されたアイデンティティの鍵を作る"}},
	{NULL, {NULL, NULL}},
};
static const struct example rotate_examples[] = {
	{"inkan identity rotate example.com", {"change the key, without a gap", "鍵を切れ目なくローテーションする"}},
	{"inkan identity rotate example.com --dry-run", {"the steps, and when each is due", "手順とそれぞれの時期"}},
	{"inkan identity rotate example.com --bits 4096", {"to a longer one", "より長い鍵に替える"}},
	{NULL, {NULL, NULL}},
};
static const struct example mail_from_examples[] = {
	{"inkan identity mail-from example.com mail.example.com",
         {"bounces go to that domain", "バウンスメールの宛先をそのドメインにする"}},
	{"inkan identity mail-from example.com --unset", {"back to the default", "既定に戻す"}},
	{NULL, {NULL, NULL}},
};

/* clang-format off */
static const struct option_spec rotate_options[] = {
	{"bits", 0, OPTION_NUMBER, "N", NULL, 1024, 4096, {"length of the new RSA key (default: as before)", "新しい RSA 鍵の長さ (省略時は今と同じ)"}},
	{"dry-run", 0, OPTION_FLAG, NULL, NULL, 0, 0, {"only say what would be done, and when", "何をいつ行うかを表示するだけ"}},
	{"force", 'f', OPTION_FLAG, NULL, NULL, 0, 0, {"also within a day of the last rotation", "前回のローテーションから 1 日以内でも行う"}},
	REGISTRAR_OPTIONS,
};
static const struct option_spec mail_from_options[] = {
	{"unset", 0, OPTION_FLAG, NULL, NULL, 0, 0, {"no custom MAIL FROM domain any more", "カスタム MAIL FROM ドメインをやめる"}},
	{"mx-failure", 0, OPTION_CHOICE, NULL, "default|reject", 0, 0,
	 {"where its MX record is missing: use the default MAIL FROM domain (default), or reject the message",
	  "その MX レコードがないとき: 既定の MAIL FROM を使う (既定) か、メッセージを拒否する"}},
	{"site", 0, OPTION_STRING, "NAME", NULL, 0, 0,
	 {"region or node in the name of the MX host; without a host zone, the MX host itself (default: as the identity has it, else as in the configuration)",
	  "MX ホスト名に入るリージョンやノード。host-zone がなければ MX ホストそのもの (省略時はアイデンティティの値、なければ設定の値)"}},
	REGISTRAR_OPTIONS,
};
/* clang-format on */

#define CHANGE(name_of, word, option_table, more_operands, title, paragraphs) \
	const struct command identity_##name_of##_command = {                 \
		.name = word,                                                 \
		.summary = title,                                             \
		.operands = (more_operands) ? "ID [NAME]" : "ID",             \
		.operands_min = 1,                                            \
		.operands_max = (more_operands) ? 2 : 1,                      \
		.description = paragraphs,                                    \
		.options = option_table,                                      \
		.common = COMMON_CONFIG | COMMON_JSON,                        \
		.examples = name_of##_examples,                               \
		.run = run_##name_of,                                         \
	}
#define BOTH(en, ja)   \
	{              \
		en, ja \
	}

/* clang-format off */
CHANGE(enable, "enable", plain_options, false, BOTH("Sign with an identity", "アイデンティティで署名する"),
       BOTH("Possible only when a key is proven: every authoritative server shows it (else exit code 1, with the record that is "
            "missing). A running service signs from the next message on.",
            "すべての権威サーバーで鍵が確認できているときだけ有効にできます (そうでなければ終了コード 1 で、足りないレコードを示します)。"
            "動作中のサービスは次のメールから署名します。"));
CHANGE(disable, "disable", plain_options, false, BOTH("Sign no more with an identity", "アイデンティティでの署名をやめる"),
       BOTH("Takes effect with the next message. Keys and records stay as they are.",
            "次のメールから反映されます。鍵とレコードはそのまま残ります。"));
CHANGE(approve, "approve", plain_options, false, BOTH("Approve a requested identity", "申請されたアイデンティティを承認する"),
       BOTH("Makes the keys of an identity that was created with --approval.", "--approval を付けて作られたアイデンティティの鍵を作ります。"));
CHANGE(rotate, "rotate", rotate_options, false, BOTH("Change the key of an identity, without a gap", "アイデンティティの鍵を切れ目なくローテーションする"),
       BOTH("A new key is made and published in the next free slot, proven on every authoritative server, and only then taken "
            "into use. The old one stays in DNS for as long as mail that it signed may be on its way, is then revoked, and "
            "withdrawn. A running service, or “inkan identity run”, takes these steps when they are due.",
            "次の空いた枠に新しい鍵を作って公開し、すべての権威サーバーで確認できてから使い始めます。古い鍵は、その鍵で署名したメールが配送中の可能性がある間は DNS に残し、その後で失効させ、削除します。各手順は、動作中のサービスか「inkan identity run」が、時期が来たら行います。"));
CHANGE(mail_from, "mail-from", mail_from_options, true, BOTH("Set the custom MAIL FROM domain of an identity", "カスタム MAIL FROM ドメインを設定する"),
       BOTH("The domain of the envelope sender, below the own domain, so that SPF is aligned for DMARC. It needs one MX record and "
            "one SPF record, which “inkan identity records” shows.",
            "エンベロープ From のドメインを自分のドメインの下に置くと、SPF が DMARC のアライメントを満たします。MX レコードと "
            "SPF レコードが 1 つずつ必要で、「inkan identity records」で表示されます。"));
/* clang-format on */

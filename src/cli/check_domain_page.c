/* What `inkan check domain` says: a page for people, an object for machines, answers as dig prints them. */
#include "cli/check_domain.h"
#include "cli/record_view.h"
#include "dns/record_text.h"

enum {
	LABEL_COLUMNS = 14,
	WORD_COLUMNS = 12,
	PAGE_COLUMNS = 100,
	SELECTOR_COLUMNS = 24,
	SELECTOR_STATE_COLUMNS = 12,
	LINE_SHOWN = 600, /* octets of what is published, on the page */
	TEXT_MAX = 1024 * 1024
};

/* clang-format off */
static const struct { const char *symbol; enum style style; struct text word; } looks[] = {
	[DOMAIN_NOT_ASKED] = {"–", STYLE_DIM, {"not asked", "未確認"}},
	[DOMAIN_FINE] = {"✓", STYLE_GOOD, {"ok", "正常"}},
	[DOMAIN_ABSENT] = {"–", STYLE_WARNING, {"absent", "なし"}},
	[DOMAIN_RISK] = {"!", STYLE_WARNING, {"warning", "警告"}},
	[DOMAIN_BROKEN] = {"✗", STYLE_BAD, {"error", "エラー"}},
	[DOMAIN_UNKNOWN] = {"?", STYLE_WARNING, {"unknown", "不明"}},
	[DOMAIN_NOT_NEEDED] = {"–", STYLE_DIM, {"not needed", "不要"}},
};
static const struct { const char *word; enum style style; } verdicts[] = {
	[DOMAIN_VERDICT_PASS] = {"PASS", STYLE_GOOD},
	[DOMAIN_VERDICT_AT_RISK] = {"AT RISK", STYLE_WARNING},
	[DOMAIN_VERDICT_FAIL] = {"FAIL", STYLE_BAD},
	[DOMAIN_VERDICT_UNKNOWN] = {"UNKNOWN", STYLE_WARNING},
};
static const struct { const char *symbol; struct text word; } selector_looks[] = {
	[SELECTOR_ABSENT] = {"–", {"no record", "なし"}},
	[SELECTOR_KEY] = {"✓", {"key", "鍵あり"}},
	[SELECTOR_INACTIVE] = {"✓", {"inactive", "未使用の枠"}},
	[SELECTOR_EMPTY] = {"✗", {"empty", "空"}},
	[SELECTOR_REVOKED] = {"–", {"revoked", "失効"}},
	[SELECTOR_DANGLING] = {"✗", {"dangling", "参照先なし"}},
	[SELECTOR_WAITING] = {"✓", {"waiting", "次の鍵待ち"}},
	[SELECTOR_BROKEN] = {"✗", {"broken", "誤り"}},
	[SELECTOR_UNKNOWN] = {"?", {"unknown", "不明"}},
};
/* clang-format on */

static void put_label(struct buf *out, const struct ui *ui, const char *label)
{
	struct buf padded;

	buf_init(&padded, 200);
	text_padded(&padded, str_c(label), LABEL_COLUMNS);
	buf_put_char(&padded, '\0');
	styled(out, ui->colour, STYLE_BOLD, buf_error(&padded) ? label : padded.p);
	buf_release(&padded);
}

static void put_word(struct buf *out, const struct ui *ui, const char *word, size_t columns, enum style style)
{
	size_t used = text_columns(str_c(word));

	styled(out, ui->colour, style, word);
	for (size_t i = used; i < columns || i < used + 1; i++)
		buf_put_char(out, ' ');
}

/* Text of strangers, made safe, in the columns right of `indent`. */
static void put_wrapped(struct buf *out, struct str text, size_t indent)
{
	struct buf safe;

	buf_init(&safe, TEXT_MAX);
	safe_text(&safe, str_head(text, LINE_SHOWN));
	buf_put_c(&safe, text.n > LINE_SHOWN ? "…" : "");
	text_wrapped(out, buf_str(&safe), indent, PAGE_COLUMNS - indent);
	buf_put_char(out, '\n');
	if (buf_error(&safe) && !out->error)
		out->error = buf_error(&safe);
	buf_release(&safe);
}

/* ---- the page ---- */

static void put_state(struct buf *out, const struct ui *ui, enum domain_state state)
{
	buf_put_c(out, looks[state].symbol);
	buf_put_char(out, ' ');
	put_word(out, ui, text_in(ui->language, looks[state].word), WORD_COLUMNS - 2, looks[state].style);
}

static void put_registered(struct buf *out, const struct ui *ui, const struct domain_report *r)
{
	static const enum domain_part three[] = {DOMAIN_SPF, DOMAIN_DKIM, DOMAIN_DMARC};

	put_label(out, ui, TEXT(ui, "Registered", "登録"));
	buf_printf(out, TEXT(ui, "%u of 3     ", "3 のうち %u  "), r->registered);
	for (size_t i = 0; i < 3; i++) {
		buf_printf(out, "%s%s ", i ? " · " : "", domain_part_title(three[i], ui->language));
		styled(out, ui->colour, looks[r->states[three[i]]].style,
		       text_in(ui->language, looks[r->states[three[i]]].word));
	}
	buf_put_char(out, '\n');
}

static void put_parts(struct buf *out, const struct ui *ui, const struct domain_report *r)
{
	for (enum domain_part part = 0; part < DOMAIN_PARTS; part++) {
		if (r->states[part] == DOMAIN_NOT_ASKED && part != DOMAIN_DKIM)
			continue;
		put_label(out, ui, domain_part_title(part, ui->language));
		put_state(out, ui, r->states[part]);
		put_wrapped(out, str_c(text_in(ui->language, r->lines[part])), LABEL_COLUMNS + WORD_COLUMNS);
	}
}

static void put_selector(struct buf *out, const struct ui *ui, const struct domain_selector *s)
{
	struct buf name;

	buf_init(&name, TEXT_MAX);
	safe_text(&name, str_c(s->known.selector));
	if (text_columns(buf_str(&name)) < SELECTOR_COLUMNS)
		text_padded(out, buf_str(&name), SELECTOR_COLUMNS);
	else
		buf_put(out, buf_str(&name));
	buf_put_char(out, ' ');
	buf_release(&name);
	buf_put_c(out, selector_looks[s->state].symbol);
	buf_put_char(out, ' ');
	text_padded(out, str_c(text_in(ui->language, selector_looks[s->state].word)), SELECTOR_STATE_COLUMNS);
	if (s->bits)
		buf_printf(out, "%s %u  ", key_type_name(s->type), s->bits);
	if (s->testing)
		buf_put_c(out, "t=y  ");
	if (s->target.n) {
		buf_put_c(out, "→ ");
		safe_text(out, s->target);
	}
	buf_put_char(out, '\n');
}

/* Those that a provider may have, and nothing is there, are no news. */
static bool is_shown(const struct domain_selector *s)
{
	return s->known.why != KNOWN_BY_PROVIDER || s->state != SELECTOR_ABSENT;
}

static void put_selectors(struct buf *out, const struct ui *ui, const struct domain_report *r)
{
	bool first = true;

	for (size_t i = 0; i < r->selector_count; i++) {
		if (!is_shown(&r->selectors[i]))
			continue;
		buf_put_c(out, first ? "\n" : "");
		put_label(out, ui, first ? TEXT(ui, "SELECTORS", "セレクター") : "");
		put_selector(out, ui, &r->selectors[i]);
		first = false;
	}
}

static const char *outcome_symbol(enum sender_outcome outcome)
{
	static const char *const symbols[] = {
		[SENDER_PASS] = "✓", [SENDER_NOT_NEEDED] = "–", [SENDER_UNKNOWN] = "?", [SENDER_FAIL] = "✗"};

	return symbols[outcome];
}

static void put_receiver(struct buf *out, const struct ui *ui, const struct domain_report *r,
                         enum sender_receiver receiver)
{
	struct buf text;
	const char *since = "";

	buf_init(&text, TEXT_MAX);
	for (size_t i = 0; i < r->requirement_count; i++) {
		const struct domain_requirement *q = &r->requirements[i];

		if (q->receiver != receiver)
			continue;
		since = q->since;
		buf_printf(&text, "%s%s %s%s", text.n ? ", " : "", outcome_symbol(q->outcome),
		           sender_topic_id(q->topic),
		           q->strength == SENDER_ADVISED ? TEXT(ui, " (advised)", " (推奨)")
		           : q->bulk_only                ? TEXT(ui, " (from 5,000 a day)", " (1 日 5,000 通以上)")
		                                         : "");
	}
	if (text.n) {
		put_label(out, ui, "");
		put_word(out, ui, sender_receiver_title(receiver), WORD_COLUMNS, STYLE_PLAIN);
		buf_printf(out, TEXT(ui, "since %s: ", "%s から: "), since);
		put_wrapped(out, buf_str(&text), LABEL_COLUMNS + WORD_COLUMNS);
	}
	buf_release(&text);
}

static void put_services(struct buf *out, const struct ui *ui, const struct domain_report *r)
{
	for (size_t i = 0; i < r->provider_count; i++) {
		const struct provider *p = r->providers[i].provider;
		struct buf text;

		buf_init(&text, TEXT_MAX);
		buf_printf(&text, "%s: %s", p->name,
		           p->signs_own_domains
		                   ? TEXT(ui, "can sign with your domain. ", "独自ドメインで署名できます。")
		                   : TEXT(ui, "does not sign with your domain. ", "独自ドメインでは署名しません。"));
		buf_put_c(&text, text_in(ui->language, p->enable));
		buf_printf(&text, "%s%s (%s)", *text_in(ui->language, p->enable) ? "  " : "", p->link, p->reviewed);
		buf_put_c(out, i ? "" : "\n");
		put_label(out, ui, i == 0 ? TEXT(ui, "HOW TO", "手順") : "");
		put_wrapped(out, buf_str(&text), LABEL_COLUMNS);
		buf_release(&text);
	}
}

static void put_findings(struct buf *out, const struct ui *ui, const struct domain_report *r)
{
	for (size_t i = 0; i < r->note_count; i++) {
		struct finding one = r->notes[i].finding;
		struct findings f = {.items = &one, .count = 1};

		if (one.severity > SEVERITY_INFO)
			findings_print(out, ui, &f, r->notes[i].value);
	}
	buf_put_char(out, '\n');
	for (size_t i = 0; i < r->note_count; i++) {
		const struct finding *f = &r->notes[i].finding;

		if (f->severity != SEVERITY_INFO)
			continue;
		styled(out, ui->colour, STYLE_DIM, TEXT(ui, "info: ", "情報: "));
		put_wrapped(out, str_c(text_in(ui->language, f->text)), 6);
	}
	if (r->notes_left_out)
		buf_printf(out, TEXT(ui, "%zu more findings were left out\n", "ほか %zu 件の指摘を省きました\n"),
		           r->notes_left_out);
}

void domain_page(struct buf *out, const struct ui *ui, const struct domain_report *r)
{
	const char *next = text_in(ui->language, r->next);

	put_label(out, ui, TEXT(ui, "VERDICT", "判定"));
	put_word(out, ui, verdicts[r->verdict].word, WORD_COLUMNS, verdicts[r->verdict].style);
	put_wrapped(out, str_c(text_in(ui->language, r->sentence)), LABEL_COLUMNS + WORD_COLUMNS);
	buf_put_char(out, '\n');
	put_label(out, ui, TEXT(ui, "Domain", "ドメイン"));
	put_wrapped(out, r->domain, LABEL_COLUMNS);
	put_registered(out, ui, r);
	put_parts(out, ui, r);
	for (enum sender_receiver receiver = 0; receiver < SENDER_RECEIVERS; receiver++)
		put_receiver(out, ui, r, receiver);
	put_selectors(out, ui, r);
	put_findings(out, ui, r);
	put_services(out, ui, r);
	buf_put_char(out, '\n');
	put_label(out, ui, TEXT(ui, "NEXT", "次の手順"));
	put_wrapped(out, str_c(*next ? next : TEXT(ui, "nothing to do", "対処は不要です")), LABEL_COLUMNS);
}

/* ---- JSON ---- */

static void json_optional(struct json *j, const char *key, struct str value)
{
	json_key(j, key);
	if (value.n)
		json_str(j, value);
	else
		json_null_value(j);
}

static void json_summary(struct json *j, enum language language, const struct domain_report *r)
{
	json_key(j, "summary");
	json_object_begin(j);
	json_key_c(j, "spf", domain_state_id(r->states[DOMAIN_SPF]));
	json_key_c(j, "dkim", domain_state_id(r->states[DOMAIN_DKIM]));
	json_key_c(j, "dmarc", domain_state_id(r->states[DOMAIN_DMARC]));
	json_key_i64(j, "registered", r->registered);
	json_key_i64(j, "of", 3);
	json_key_c(j, "next", text_in(language, r->next));
	json_optional(j, "next_id", str_c(r->next_kind ? r->next_kind->id : ""));
	json_object_end(j);
}

static void json_parts(struct json *j, enum language language, const struct domain_report *r)
{
	json_key(j, "parts");
	json_object_begin(j);
	for (enum domain_part part = 0; part < DOMAIN_PARTS; part++) {
		json_key(j, domain_part_id(part));
		json_object_begin(j);
		json_key_c(j, "state", domain_state_id(r->states[part]));
		json_key_c(j, "text", text_in(language, r->lines[part]));
		json_object_end(j);
	}
	json_object_end(j);
}

static void json_selectors(struct json *j, const struct domain_report *r)
{
	static const char *const ways[] = {[KNOWN_BY_USER] = "user",
	                                   [KNOWN_BY_IDENTITY] = "identity",
	                                   [KNOWN_BY_HEADER] = "header",
	                                   [KNOWN_BY_PROVIDER] = "provider"};

	json_key(j, "selectors");
	json_array_begin(j);
	for (size_t i = 0; i < r->selector_count; i++) {
		const struct domain_selector *s = &r->selectors[i];

		json_object_begin(j);
		json_key_c(j, "selector", s->known.selector);
		json_key_c(j, "known_by", ways[s->known.why]);
		json_key_c(j, "role", s->known.role == IDENTITY_GATEWAY ? "gateway" : "service");
		json_key_c(j, "state", selector_state_id(s->state));
		json_key_str(j, "name", s->name);
		json_optional(j, "target", s->target);
		json_optional(j, "provider", str_c(s->provider ? s->provider->id : ""));
		json_optional(j, "type", str_c(s->bits ? key_type_name(s->type) : ""));
		json_key_i64(j, "bits", s->bits);
		json_key_bool(j, "testing", s->testing);
		json_key_bool(j, "strict", s->strict);
		json_key(j, "made");
		if (s->known.made == UNIX_TIME_NONE)
			json_null_value(j);
		else
			json_i64(j, s->known.made);
		json_key_str(j, "record", s->text);
		json_object_end(j);
	}
	json_array_end(j);
}

static void json_providers(struct json *j, enum language language, const struct domain_report *r)
{
	static const char *const ways[] = {
		[FOUND_BY_USER] = "user", [FOUND_BY_MX] = "mx", [FOUND_BY_SPF] = "spf", [FOUND_BY_KEY] = "key"};

	json_key(j, "providers");
	json_array_begin(j);
	for (size_t i = 0; i < r->provider_count; i++) {
		const struct domain_provider *p = &r->providers[i];

		json_object_begin(j);
		json_key_c(j, "id", p->provider->id);
		json_key_c(j, "name", p->provider->name);
		json_key_c(j, "found_by", ways[p->how]);
		json_key_str(j, "evidence", p->evidence);
		json_key_bool(j, "gateway", p->provider->gateway);
		json_key_bool(j, "signs_own_domains", p->provider->signs_own_domains);
		json_key_c(j, "enable", text_in(language, p->provider->enable));
		json_key_c(j, "link", p->provider->link);
		json_key_c(j, "reviewed", p->provider->reviewed);
		json_object_end(j);
	}
	json_array_end(j);
	json_key(j, "signers");
	if (!r->has_gateway) {
		json_null_value(j);
		return;
	}
	json_object_begin(j);
	json_key_i64(j, "configured", (int64_t)r->service_signs + r->gateway_signs);
	json_key_i64(j, "of", 2);
	json_key_bool(j, "service", r->service_signs);
	json_key_bool(j, "gateway", r->gateway_signs);
	json_object_end(j);
}

static void json_requirements(struct json *j, const struct domain_report *r)
{
	json_key(j, "requirements");
	json_array_begin(j);
	for (size_t i = 0; i < r->requirement_count; i++) {
		const struct domain_requirement *q = &r->requirements[i];

		json_object_begin(j);
		json_key_c(j, "receiver", sender_receiver_name(q->receiver));
		json_key_c(j, "topic", sender_topic_id(q->topic));
		json_key_c(j, "strength", sender_strength_name(q->strength));
		json_key_bool(j, "bulk_only", q->bulk_only);
		json_key_c(j, "since", q->since);
		json_key_c(j, "outcome", sender_outcome_name(q->outcome));
		json_object_end(j);
	}
	json_array_end(j);
}

void domain_put_value(struct buf *out, enum dns_type type, const struct dns_record *r)
{
	switch (type) {
	case DNS_A:
	case DNS_AAAA:
		dns_address_print(out, type, r->address);
		return;
	case DNS_TXT:
	case DNS_SPF:
		buf_put(out, r->text);
		return;
	case DNS_MX:
		buf_printf(out, "%u ", r->preference);
		break;
	default:
		break;
	}
	buf_put(out, r->name);
}

static void json_records(struct json *j, const struct domain_report *r)
{
	json_key(j, "records");
	json_array_begin(j);
	for (size_t i = 0; i < r->look_count; i++) {
		const struct domain_look *look = &r->looks[i];

		json_object_begin(j);
		json_key_str(j, "name", look->name);
		json_key_c(j, "type", dns_type_name(look->type));
		json_key_c(j, "status", dns_status_name(look->answer->status));
		json_key_bool(j, "secure", look->answer->secure);
		json_key(j, "values");
		json_array_begin(j);
		for (size_t k = 0; k < look->answer->count; k++) {
			struct buf text;

			buf_init(&text, TEXT_MAX);
			domain_put_value(&text, look->type, &look->answer->records[k]);
			json_str(j, buf_str(&text));
			buf_release(&text);
		}
		json_array_end(j);
		json_object_end(j);
	}
	json_array_end(j);
}

static void json_notes(struct json *j, enum language language, const struct domain_report *r)
{
	json_key(j, "findings");
	json_array_begin(j);
	for (size_t i = 0; i < r->note_count; i++) {
		const struct domain_note *note = &r->notes[i];

		json_object_begin(j);
		json_key_c(j, "id", note->finding.kind->id);
		json_key_c(j, "severity", severity_name(note->finding.severity));
		json_key_c(j, "part", domain_part_id(note->part));
		json_key_c(j, "text", text_in(language, note->finding.text));
		json_key_c(j, "fix", text_in(language, note->finding.fix));
		json_optional(j, "name", note->name);
		json_optional(j, "evidence", note->value);
		json_key(j, "position");
		if (note->finding.position == FINDING_NOWHERE)
			json_null_value(j);
		else
			json_i64(j, (int64_t)note->finding.position);
		json_key_c(j, "source", note->finding.kind->source);
		json_object_end(j);
	}
	json_array_end(j);
}

void domain_json(struct buf *out, enum language language, const struct domain_report *r)
{
	struct json j = json_to(out);

	json_object_begin(&j);
	json_key_str(&j, "domain", r->domain);
	json_key_c(&j, "verdict", domain_verdict_id(r->verdict));
	json_key_c(&j, "sentence", text_in(language, r->sentence));
	json_summary(&j, language, r);
	json_parts(&j, language, r);
	json_key_i64(&j, "spf_lookups", r->tree.lookups);
	json_key_i64(&j, "spf_void_lookups", r->tree.void_lookups);
	json_selectors(&j, r);
	json_providers(&j, language, r);
	json_requirements(&j, r);
	json_notes(&j, language, r);
	json_records(&j, r);
	json_object_end(&j);
	buf_put_char(out, '\n');
}

/* ---- dig ---- */

/* A string within quotes, as dig escapes it. */
static void put_string(struct buf *out, struct str s)
{
	buf_put_char(out, '"');
	for (size_t i = 0; i < s.n; i++) {
		unsigned char c = (unsigned char)s.p[i];

		if (c == '"' || c == '\\')
			buf_printf(out, "\\%c", c);
		else if (c < 0x20 || c > 0x7e)
			buf_printf(out, "\\%03u", c);
		else
			buf_put_char(out, (char)c);
	}
	buf_put_char(out, '"');
}

static void put_dig_record(struct buf *out, enum dns_type type, const struct dns_record *r)
{
	if (type == DNS_TXT || type == DNS_SPF) {
		for (size_t i = 0; i < r->string_count; i++) {
			buf_put_c(out, i ? " " : "");
			put_string(out, r->strings[i]);
		}
	} else if (type == DNS_A || type == DNS_AAAA) {
		dns_address_print(out, type, r->address);
	} else {
		if (type == DNS_MX)
			buf_printf(out, "%u ", r->preference);
		safe_text(out, r->name);
		buf_put_c(out, str_eq(r->name, STR(".")) ? "" : ".");
	}
	buf_put_char(out, '\n');
}

/* An answer that was reached through a CNAME comes behind it, under one head. */
void domain_dig(struct buf *out, const struct domain_report *r)
{
	for (size_t i = 0; i < r->look_count; i++) {
		const struct domain_look *look = &r->looks[i];
		bool follows = i > 0 && r->looks[i - 1].type == DNS_CNAME && str_eq(r->looks[i - 1].name, look->name);
		bool is_alias = look->type == DNS_CNAME;

		if (!follows) {
			buf_put_c(out, "; ");
			safe_text(out, look->name);
			buf_printf(out, " %s", is_alias ? "TXT" : dns_type_name(look->type));
			if (look->answer->count == 0)
				buf_printf(out, "  %s", dns_status_name(look->answer->status));
			buf_put_char(out, '\n');
		}
		for (size_t k = 0; k < look->answer->count; k++)
			put_dig_record(out, look->type, &look->answer->records[k]);
	}
}

/* Puts the page together: headline, fields, mechanisms here; the way in way.c, WHY and FIX in statements.c. */
#include "explain/page.h"

#include <assert.h>

#include "core/safe_text.h"
#include "explain/reasons.h"
#include "explain/redact.h"
#include "explain/signature.h"
#include "explain/statements.h"
#include "mail/date.h"

struct builder {
	struct arena *arena;
	const struct page_request *request;
	const struct inkan_verdict *v;
	struct facts facts;
	struct way way;
	struct page *page;
};

/* ---- headline ---- */

static const struct {
	const char *word;
	enum page_tone tone;
} KINDS[] = {
	[INKAN_VERDICT_NONE] = {"NONE", TONE_WARNING},
	[INKAN_VERDICT_PASS] = {"PASS", TONE_GOOD},
	[INKAN_VERDICT_AT_RISK] = {"AT RISK", TONE_WARNING},
	[INKAN_VERDICT_FAIL] = {"FAIL", TONE_BAD},
	[INKAN_VERDICT_UNKNOWN] = {"UNKNOWN", TONE_WARNING},
	[INKAN_VERDICT_NOT_REPRESENTATIVE] = {"NOT REPRESENTATIVE", TONE_WARNING},
};

const char *page_word(enum inkan_verdict_kind kind)
{
	assert((size_t)kind < sizeof(KINDS) / sizeof *KINDS);
	return KINDS[kind].word;
}

static enum page_tone page_tone_of(enum inkan_verdict_kind kind)
{
	assert((size_t)kind < sizeof(KINDS) / sizeof *KINDS);
	return KINDS[kind].tone;
}

/* ---- texts ---- */

static const char *keep(struct builder *b, const struct buf *text)
{
	return template_keep(b->arena, text);
}

static const char *filled(struct builder *b, struct text template)
{
	struct buf text;

	buf_init(&text, PAGE_TEXT_MAX);
	facts_put(&text, template, &b->facts);
	const char *kept = keep(b, &text);

	buf_release(&text);
	return kept;
}

/* The first signature that did not pass, that of the author where there is one; NULL where each passed. */
static const struct inkan_dkim_result *broken_signature(const struct inkan_verdict *v)
{
	const struct inkan_dkim_result *broken = NULL;

	for (size_t i = 0; i < v->dkim_count; i++)
		if (v->dkim[i].result != INKAN_PASS && (!broken || (v->dkim[i].aligned && !broken->aligned)))
			broken = &v->dkim[i];
	return broken;
}

static const struct text REPEATED = {"; {fields} {repeated} fields, {covered} signed",
                                     "。{repeated} フィールド {fields} 個、うち署名の対象 {covered} 個"};

static const char *brief_of(struct builder *b)
{
	const struct inkan_dkim_result *broken = b->v->dkim_leg == INKAN_LEG_ALIGNED ? NULL : broken_signature(b->v);
	const struct explanation *row = broken ? explain(broken) : NULL;
	struct buf text;

	buf_init(&text, PAGE_TEXT_MAX);
	facts_put(&text, reason_text(b->v->reason), &b->facts);
	if (row) {
		buf_put_c(&text, TEXT_IN(b->request->language, "; ", "。"));
		explain_put(&text, row->brief, broken, b->request->language);
	}
	if (b->v->repeated_count) {
		b->facts.repeated = &b->v->repeated[0];
		facts_put(&text, REPEATED, &b->facts);
		b->facts.repeated = NULL;
	}
	const char *kept = keep(b, &text);

	buf_release(&text);
	return kept;
}

static void make_headline(struct builder *b)
{
	b->page->word = page_word(b->v->kind);
	b->page->tone = page_tone_of(b->v->kind);
	b->page->sentence = filled(b, reason_text(b->v->reason));
	b->page->brief = brief_of(b);
}

/* ---- what the message is ---- */

enum field_kind { FIELD_TEXT, FIELD_MESSAGE_ID, FIELD_DATE, FIELD_MAILBOXES };

static const struct field_row {
	const char *field;
	enum field_kind kind;
	struct text label;
} FIELD_ROWS[] = {
	{"message-id", FIELD_MESSAGE_ID, {"Message ID", "メッセージ ID"}},
	{"date", FIELD_DATE, {"Created at", "作成日時"}},
	{"from", FIELD_MAILBOXES, {"From", "差出人"}},
	{"to", FIELD_MAILBOXES, {"To", "宛先"}},
	{"cc", FIELD_MAILBOXES, {"Cc", "Cc"}},
	{"subject", FIELD_TEXT, {"Subject", "件名"}},
};

enum { FIELD_ROWS_COUNT = sizeof(FIELD_ROWS) / sizeof *FIELD_ROWS };

/* "<token@host>" */
static void redact_message_id(struct buf *out, struct digest *digest, struct str value)
{
	struct str id = str_trim_fws(value);

	if (str_has_prefix(id, STR("<")))
		id = str_skip(id, 1);
	if (id.n && id.p[id.n - 1] == '>')
		id.n--;
	buf_put_char(out, '<');
	redact_address(out, digest, id);
	buf_put_char(out, '>');
}

static void put_redacted(struct builder *b, struct buf *out, const struct field_row *row, struct str value)
{
	struct digest *digest = b->request->redact;
	struct buf text;

	buf_init(&text, PAGE_TEXT_MAX);
	if (row->kind == FIELD_MESSAGE_ID)
		redact_message_id(&text, digest, value);
	else if (row->kind == FIELD_MAILBOXES)
		redact_mailboxes(&text, digest, b->arena, value);
	else
		redact_token(&text, digest, str_trim_fws(value));
	safe_text(out, buf_str(&text));
	buf_release(&text);
}

/* "(delivered after 4 s)": from Date to the topmost Received field. */
static void put_delay(struct builder *b, struct buf *out, struct str value)
{
	enum language language = b->request->language;
	unix_time created, delivered = b->way.count ? b->way.hops[0].received.date : UNIX_TIME_NONE;

	if (delivered == UNIX_TIME_NONE || !mail_date_parse(value, &created))
		return;
	if (delivered >= created)
		buf_printf(out, TEXT_IN(language, " (delivered after %lld s)", " (%lld 秒後に配送)"),
		           (long long)(delivered - created));
	else
		buf_printf(out, TEXT_IN(language, " (%lld s later than its delivery)", " (配送より %lld 秒後の日時)"),
		           (long long)(created - delivered));
}

static const char *field_value(struct builder *b, const struct field_row *row, struct str value)
{
	struct buf text;

	buf_init(&text, PAGE_TEXT_MAX);
	if (b->request->redact && (row->kind != FIELD_DATE))
		put_redacted(b, &text, row, value);
	else if (b->request->decode)
		b->request->decode(&text, value);
	else
		safe_text(&text, str_trim_fws(value));
	if (row->kind == FIELD_DATE)
		put_delay(b, &text, value);
	const char *kept = keep(b, &text);

	buf_release(&text);
	return kept;
}

static const char *more(struct builder *b, size_t count)
{
	struct buf text;

	buf_init(&text, PAGE_TEXT_MAX);
	buf_printf(&text, TEXT_IN(b->request->language, "… and %zu more", "… ほか %zu 件"), count);
	const char *kept = keep(b, &text);

	buf_release(&text);
	return kept;
}

/* Every field of that name, as a hidden second From must not stay hidden. */
static void add_fields(struct builder *b, const struct field_row *row, struct page_field *fields)
{
	const char *label = text_in(b->request->language, row->label);
	const struct header *header = b->request->header;
	size_t found = 0, *count = &b->page->field_count;

	for (size_t i = 0; i < header->count; i++) {
		if (!str_ieq(header->fields[i].name, str_c(row->field)) || ++found > PAGE_FIELDS_OF_A_NAME)
			continue;
		fields[(*count)++] = (struct page_field){label, field_value(b, row, header->fields[i].value)};
	}
	if (found == 0 && strcmp(row->field, "cc") != 0)
		fields[(*count)++] = (struct page_field){label, ""};
	if (found > PAGE_FIELDS_OF_A_NAME)
		fields[(*count)++] = (struct page_field){label, more(b, found - PAGE_FIELDS_OF_A_NAME)};
}

static void make_fields(struct builder *b)
{
	struct page_field *fields =
		arena_calloc(b->arena, (size_t)FIELD_ROWS_COUNT * (PAGE_FIELDS_OF_A_NAME + 1), sizeof *fields);

	b->page->fields = fields;
	for (size_t i = 0; fields && i < FIELD_ROWS_COUNT; i++)
		add_fields(b, &FIELD_ROWS[i], fields);
}

/* ---- mechanisms ---- */

static enum page_tone tone_of(enum inkan_result result)
{
	switch (result) {
	case INKAN_PASS:
		return TONE_GOOD;
	case INKAN_FAIL:
	case INKAN_PERMERROR:
	case INKAN_POLICY:
		return TONE_BAD;
	case INKAN_NONE:
	case INKAN_NEUTRAL:
	case INKAN_SOFTFAIL:
	case INKAN_TEMPERROR:
		return TONE_WARNING;
	}
	return TONE_PLAIN;
}

static enum page_standing standing_of(const struct builder *b, enum inkan_result result, bool aligned)
{
	if (!facts_know_alignment(b->request) && result == INKAN_PASS)
		return STANDING_NOT_SAID;
	return result == INKAN_PASS        ? (aligned ? STANDING_ALIGNED : STANDING_NOT_ALIGNED)
	       : result == INKAN_TEMPERROR ? STANDING_UNDECIDED
	       : aligned                   ? STANDING_WOULD_ALIGN
	                                   : STANDING_FAILED;
}

static struct page_check *add_check(struct builder *b, struct page_check *checks, const char *mechanism,
                                    enum inkan_result result)
{
	struct page_check *check = &checks[b->page->check_count++];

	*check = (struct page_check){.mechanism = mechanism,
	                             .result = inkan_result_name(result),
	                             .tone = tone_of(result),
	                             .detail = "",
	                             .identity = "",
	                             .standing_text = ""};
	return check;
}

static void set_standing(struct builder *b, struct page_check *check, enum page_standing standing)
{
	check->standing_text = text_in(b->request->language, standing_text(standing));
}

static const struct text SPF_DETAIL = {"with IP {ip}", "IP {ip}"}, SPF_DOMAIN = {"{spf_domain}", "{spf_domain}"},
			 SPF_UNCHECKED = {"the delivering address is not known", "配送元のアドレスが不明"};

static void add_spf(struct builder *b, struct page_check *checks)
{
	struct page_check *check = add_check(b, checks, "SPF", b->facts.spf->result);

	if (b->v->spf_leg == INKAN_LEG_UNCHECKED) {
		bool known = b->request->session && b->request->session->ip;

		check->detail = filled(b, known ? SPF_DETAIL : SPF_UNCHECKED);
		set_standing(b, check, STANDING_UNCHECKED);
		return;
	}
	check->detail = filled(b, SPF_DETAIL);
	check->identity = b->facts.spf->domain[0] ? filled(b, SPF_DOMAIN) : "";
	set_standing(b, check,
	             b->facts.spf->result == INKAN_NONE ? STANDING_ABSENT
	                                                : standing_of(b, b->facts.spf->result, b->v->spf_aligned));
}

static const struct text DKIM_PASSED = {"{algorithm}, {bits} bits", "{algorithm}、{bits} ビット"},
			 DKIM_TESTING = {"{algorithm}, {bits} bits (t=y: the domain is testing)",
                                         "{algorithm}、{bits} ビット (t=y: ドメインはテスト中)"},
			 DKIM_IDENTITY = {"d={domain} s={selector}", "d={domain} s={selector}"},
			 DKIM_NONE = {"not signed", "署名なし"};

/* The reason of a failure stays English in every language, as header fields spell it. */
static const char *english_reason(struct builder *b, const struct inkan_dkim_result *result)
{
	struct buf text;

	buf_init(&text, PAGE_TEXT_MAX);
	template_put_value(&text, str_c(result->reason));
	const char *kept = keep(b, &text);

	buf_release(&text);
	return kept;
}

static void add_signature(struct builder *b, struct page_check *checks, const struct inkan_dkim_result *result)
{
	struct page_check *check = add_check(b, checks, "DKIM", result->result);

	b->facts.signature = result;
	check->detail = result->result != INKAN_PASS ? english_reason(b, result)
	                                             : filled(b, result->testing ? DKIM_TESTING : DKIM_PASSED);
	check->identity = filled(b, DKIM_IDENTITY);
	b->facts.signature = NULL;
	set_standing(b, check, standing_of(b, result->result, result->aligned));
}

static void add_signatures(struct builder *b, struct page_check *checks)
{
	size_t count = b->v->dkim_count;
	struct page_check *check;

	for (size_t i = 0; i < count && i < PAGE_SIGNATURES; i++)
		add_signature(b, checks, &b->v->dkim[i]);
	if (count > PAGE_SIGNATURES) {
		check = add_check(b, checks, "DKIM", INKAN_NONE);
		check->result = "";
		check->detail = more(b, count - PAGE_SIGNATURES);
	}
	if (count == 0) {
		check = add_check(b, checks, "DKIM", INKAN_NONE);
		check->detail = filled(b, DKIM_NONE);
		set_standing(b, check, STANDING_ABSENT);
	}
}

static const struct text DMARC_BOTH = {"by SPF and DKIM", "SPF と DKIM による"},
			 DMARC_BY_SPF = {"by SPF only", "SPF のみによる"},
			 DMARC_BY_DKIM = {"by DKIM only", "DKIM のみによる"},
			 DMARC_REASON = {"{dmarc_reason}", "{dmarc_reason}"},
			 DMARC_POLICY = {"policy {policy_tag}={policy} from _dmarc.{policy_domain}",
                                         "ポリシー {policy_tag}={policy} (_dmarc.{policy_domain})"};

static void add_dmarc(struct builder *b, struct page_check *checks)
{
	const struct inkan_dmarc_result *dmarc = b->facts.dmarc;
	struct page_check *check = add_check(b, checks, "DMARC", dmarc->result);

	check->detail = filled(b, dmarc->result != INKAN_PASS                 ? DMARC_REASON
	                          : dmarc->spf_aligned && dmarc->dkim_aligned ? DMARC_BOTH
	                          : dmarc->spf_aligned                        ? DMARC_BY_SPF
	                                                                      : DMARC_BY_DKIM);
	check->identity = dmarc->policy_domain[0] ? filled(b, DMARC_POLICY) : "";
	if (b->request->session && b->request->session->trusted_gateway)
		set_standing(b, check, STANDING_UNCHECKED);
}

static const struct text ARC_NONE = {"not sealed", "封印なし"}, ARC_REASON = {"{arc_reason}", "{arc_reason}"},
			 ARC_SEALED = {"i={instance} sealed by {sealer}", "i={instance} {sealer} による封印"},
			 ARC_TRUSTED = {"i={instance} sealed by {sealer} (trusted)",
                                        "i={instance} {sealer} による封印 (信頼済み)"},
			 ARC_SAID = {"on arrival there: {set_results}", "到着時: {set_results}"};

/* One row for the newest set, as it vouches for all before it; the older ones are told of in WHY. */
static void add_arc(struct builder *b, struct page_check *checks)
{
	const struct inkan_arc_result *arc = b->facts.arc;
	struct page_check *check = add_check(b, checks, "ARC", arc->result);

	if (arc->result == INKAN_NONE) {
		check->detail = filled(b, ARC_NONE);
		set_standing(b, check, STANDING_ABSENT);
	} else if (arc->result != INKAN_PASS || arc->listed_sets == 0) {
		check->detail = filled(b, ARC_REASON);
	} else {
		b->facts.set = &arc->sets[arc->listed_sets - 1];
		check->detail = filled(b, b->facts.set->trusted ? ARC_TRUSTED : ARC_SEALED);
		check->identity = b->facts.set->results[0] ? filled(b, ARC_SAID) : "";
		b->facts.set = NULL;
	}
}

static void make_checks(struct builder *b)
{
	struct page_check *checks = arena_calloc(b->arena, PAGE_SIGNATURES + 5, sizeof *checks);

	b->page->checks = checks;
	if (!checks)
		return;
	add_spf(b, checks);
	add_signatures(b, checks);
	add_dmarc(b, checks);
	add_arc(b, checks);
}

int page_make(struct arena *arena, const struct page_request *request, struct page *out)
{
	struct builder b = {.arena = arena, .request = request, .v = request->verdict, .page = out};
	int error;

	*out = (struct page){.word = "", .sentence = "", .brief = ""};
	error = way_find(arena, request, &b.way);
	if (error)
		return error;
	facts_init(&b.facts, arena, request, &b.way);
	make_headline(&b);
	if (request->headline_only)
		return arena_error(arena);
	make_fields(&b);
	make_checks(&b);
	error = statements_make(&b.facts, out);
	if (!error)
		error = way_hops(arena, request, &b.way, out);
	return error ? error : arena_error(arena);
}

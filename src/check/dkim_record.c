#include "check/dkim_record.h"

#include "check/dkim_kinds.h"
#include "check/dkim_value.h"
#include "core/base64.h"
#include "core/utf8.h"
#include "sig/key_record.h"

/* What one check works on. */
struct work {
	struct findings *f;
	struct str value; /* as published */
	struct str
		clean; /* the same with what does not belong there blanked out, so that the rest can be checked too */
	struct taglist tags; /* of `clean` */
};

static void add(struct work *w, enum dkim_finding kind, size_t position, struct str first, struct str second)
{
	(void)findings_add(w->f, &dkim_kinds[kind], position, (struct str[FINDING_ARGS]){first, second});
}

static void add_once(struct work *w, enum dkim_finding kind, size_t position, struct str first)
{
	if (!findings_find(w->f, &dkim_kinds[kind]))
		add(w, kind, position, first, STR_NULL);
}

static size_t position_of(const struct work *w, struct str part)
{
	return part.p ? (size_t)(part.p - w->clean.p) : 0;
}

/* ---- characters that do not belong there ---- */

static bool is_typographic_quote(struct str character)
{
	static const char quotes[] = "‘’‚‛“”„‟«»＂＇「」";

	return character.n > 1 && str_search(STR(quotes), character) < sizeof(quotes) - 1;
}

/* Octet n of the value is no part of a record: says so, and returns how many octets go with it; 0: it is fine. */
static size_t check_character(struct work *w, size_t at)
{
	struct str rest = str_skip(w->value, at);
	size_t size = utf8_char_size(rest);
	struct str character = str_head(rest, size ? size : 1);
	unsigned char c = (unsigned char)*rest.p;

	if (c == '\\')
		add_once(w, BACKSLASH, at, STR_NULL);
	else if (c == '"')
		add_once(w, QUOTES_INSIDE, at, STR_NULL);
	else if (c < 0x80)
		return 0;
	else if (is_typographic_quote(character))
		add_once(w, SMART_QUOTES, at, character);
	else
		add_once(w, NON_ASCII, at, character);
	return character.n;
}

/* Notes (n=) may hold what they like. */
static bool is_note(struct str spec)
{
	size_t equals = str_find(spec, '=');

	return equals < spec.n && str_eq(str_trim_fws(str_head(spec, equals)), STR("n"));
}

/* Makes w->clean, of the same length, so that positions stay what they are. */
static int blank_out(struct work *w)
{
	struct str rest = w->value;
	char *copy = arena_text(w->f->arena, w->value.n + 1);

	if (!copy)
		return arena_error(w->f->arena);
	if (w->value.n)
		memcpy(copy, w->value.p, w->value.n);
	w->clean = str_from(copy, w->value.n);
	while (rest.n) {
		size_t at = w->value.n - rest.n;
		struct str spec = str_split(&rest, ';');
		size_t end = at + spec.n;

		while (at < end && !is_note(spec)) {
			size_t n = check_character(w, at);

			memset(copy + at, ' ', n);
			if (w->value.p[at] == '\t' || w->value.p[at] == '\r' || w->value.p[at] == '\n')
				add_once(w, WHITE_SPACE, at, STR_NULL);
			at += n ? n : 1;
		}
	}
	return INKAN_OK;
}

/* ---- the list of tags ---- */

static const char known_tags[] = "vghknpst";

static bool is_known_tag(char c)
{
	return c != '\0' && strchr(known_tags, c);
}

/* The tag-spec that octet `at` stands in, for messages. */
static struct str spec_at(struct str text, size_t at)
{
	size_t begin = at < text.n ? at : text.n;
	struct str rest;

	while (begin > 0 && text.p[begin - 1] != ';')
		begin--;
	rest = str_skip(text, begin);
	return str_trim_fws(str_split(&rest, ';'));
}

static void explain_tag_error(struct work *w)
{
	size_t at = w->tags.error_position;
	struct str spec = spec_at(w->clean, at);
	struct str name = str_trim_fws(str_head(spec, str_find(spec, '=')));

	switch (w->tags.error) {
	case TAGLIST_OK:
	case TAGLIST_NO_MEMORY:
		break;
	case TAGLIST_EMPTY:
		add(w, RECORD_EMPTY, FINDING_NOWHERE, STR_NULL, STR_NULL);
		break;
	case TAGLIST_DUPLICATE:
		add(w, TAG_DUPLICATE, at, name, STR_NULL);
		break;
	case TAGLIST_NO_EQUALS:
		add(w, TAG_NO_EQUALS, at, spec, STR_NULL);
		break;
	case TAGLIST_BAD_NAME:
		add(w, TAG_BAD_NAME, at, spec, STR_NULL);
		break;
	case TAGLIST_BAD_VALUE:
		add(w, TAG_BAD_VALUE, at, spec, STR_NULL);
		break;
	case TAGLIST_EMPTY_SPEC:
		add(w, TAG_EMPTY, at, STR_NULL, STR_NULL);
		break;
	case TAGLIST_TOO_MANY:
		add(w, TAG_TOO_MANY, at, finding_number(w->f->arena, TAGLIST_TAGS_MAX), STR_NULL);
		break;
	}
}

/* "DKIM1 k=rsa": white space, the name of a tag and "=" inside a value, where none can be. */
static bool lacks_semicolon(struct work *w, const struct tag *tag)
{
	struct str v = tag->value;

	if (str_eq(tag->name, STR("n")))
		return false;
	for (size_t i = 0; i + 2 < v.n; i++)
		if (is_fws_char(v.p[i]) && is_known_tag(v.p[i + 1]) && v.p[i + 2] == '=') {
			add(w, SEMICOLON_MISSING, position_of(w, v) + i, tag->name, v);
			return true;
		}
	return false;
}

static void check_tag_name(struct work *w, const struct tag *tag)
{
	char lower = tag->name.n == 1 ? to_lower(*tag->name.p) : '\0';

	if (tag->name.n == 1 && is_known_tag(*tag->name.p))
		return;
	if (is_known_tag(lower))
		add(w, TAG_CASE, tag->position, tag->name, arena_str(w->f->arena, str_from(&lower, 1)));
	else
		add(w, TAG_UNKNOWN, tag->position, tag->name, STR_NULL);
}

/* ---- the tags ---- */

static void check_v(struct work *w, const struct tag *v)
{
	if (lacks_semicolon(w, v))
		return;
	if (v != &w->tags.tags[0])
		add(w, V_NOT_FIRST, v->position, STR_NULL, STR_NULL);
	if (str_eq(v->value, STR("DKIM1")))
		return;
	add(w, str_ieq(v->value, STR("DKIM1")) ? V_CASE : V_WRONG, position_of(w, v->value), v->value, STR_NULL);
}

static void check_k(struct work *w, const struct tag *k)
{
	struct str value = k->value;

	if (str_eq(value, STR("rsa")) || str_eq(value, STR("ed25519")) || lacks_semicolon(w, k))
		return;
	if (str_ieq(value, STR("rsa")) || str_ieq(value, STR("ed25519")))
		add(w, K_CASE, position_of(w, value), value, str_ieq(value, STR("rsa")) ? STR("rsa") : STR("ed25519"));
	else
		add(w, K_UNKNOWN, position_of(w, value), value, STR_NULL);
}

static void check_h(struct work *w, const struct tag *h)
{
	struct str rest = h->value;
	bool sha256 = false;

	if (lacks_semicolon(w, h))
		return;
	while (rest.n) {
		struct str item = str_trim_fws(str_split(&rest, ':'));

		if (str_eq(item, STR("sha256")))
			sha256 = true;
		else
			add(w, str_eq(item, STR("sha1")) ? H_SHA1 : H_UNKNOWN, position_of(w, item), item, STR_NULL);
	}
	if (!sha256)
		add(w, H_WITHOUT_SHA256, h->position, h->value, STR_NULL);
}

static void check_s(struct work *w, const struct tag *s)
{
	struct str rest = s->value;
	bool email = false;

	if (lacks_semicolon(w, s))
		return;
	while (rest.n) {
		struct str item = str_trim_fws(str_split(&rest, ':'));

		if (str_eq(item, STR("email")) || str_eq(item, STR("*")))
			email = true;
		else
			add(w, S_UNKNOWN, position_of(w, item), item, STR_NULL);
	}
	if (!email)
		add(w, S_WITHOUT_EMAIL, s->position, s->value, STR_NULL);
}

static void check_t(struct work *w, const struct tag *t)
{
	struct str rest = t->value;

	if (lacks_semicolon(w, t))
		return;
	while (rest.n) {
		struct str item = str_trim_fws(str_split(&rest, ':'));

		if (str_eq(item, STR("y")))
			add(w, T_TESTING, position_of(w, item), STR_NULL, STR_NULL);
		else if (str_eq(item, STR("s")))
			add(w, T_STRICT, position_of(w, item), STR_NULL, STR_NULL);
		else
			add(w, T_UNKNOWN, position_of(w, item), item, STR_NULL);
	}
}

static void check_g(struct work *w, const struct tag *g)
{
	add(w, G_OBSOLETE, g->position, STR_NULL, STR_NULL);
}

static void check_n(struct work *w, const struct tag *n)
{
	add(w, N_NOTES, n->position, STR_NULL, STR_NULL);
}

static int check_p(const struct crypto *crypto, struct work *w, const struct tag *p, struct dkim_record_report *out)
{
	const struct tag *k = taglist_find(&w->tags, "k");
	struct dkim_value value = {p->value, p->value.n ? position_of(w, p->value) : p->position, KEY_RSA};

	if (p->value.n == 0) {
		out->is_revoked = true;
		add(w, P_REVOKED, p->position, STR_NULL, STR_NULL);
		return INKAN_OK;
	}
	if (lacks_semicolon(w, p))
		return INKAN_OK;
	/* a wrong k= has its own finding; p= is then judged by what was meant */
	if (k && str_ieq(k->value, STR("ed25519")))
		value.type = KEY_ED25519;
	return dkim_value_check(crypto, w->f, &value, out);
}

static void check_tags(struct work *w)
{
	static const struct {
		const char *name;
		void (*check)(struct work *w, const struct tag *tag);
	} checks[] = {{"v", check_v}, {"k", check_k}, {"h", check_h}, {"s", check_s},
	              {"t", check_t}, {"g", check_g}, {"n", check_n}};

	for (size_t i = 0; i < w->tags.count; i++)
		check_tag_name(w, &w->tags.tags[i]);
	for (size_t i = 0; i < sizeof(checks) / sizeof(*checks); i++) {
		const struct tag *tag = taglist_find(&w->tags, checks[i].name);

		if (tag)
			checks[i].check(w, tag);
	}
	if (w->tags.count && !taglist_find(&w->tags, "v") && w->tags.error == TAGLIST_OK)
		add(w, V_MISSING, FINDING_NOWHERE, STR_NULL, STR_NULL);
}

/* ---- the whole ---- */

/* What verifiers will do with the record, by the code that verifies. */
static int judge(const struct crypto *crypto, struct work *w, struct dkim_record_report *out)
{
	struct dkim_key_record record;
	int error = dkim_key_record_parse(crypto, w->f->arena, w->value, &record);

	if (error)
		return error;
	out->is_testing = record.testing;
	out->is_revoked = record.fault == DKIM_KEY_REVOKED;
	out->is_usable = record.fault == DKIM_KEY_OK && record.allows_sha256 && record.allows_email &&
	                 (record.type != KEY_RSA || public_key_bits(record.key) >= KEY_RSA_BITS_MIN);
	if (!out->is_usable && !out->is_revoked && findings_worst(w->f) < SEVERITY_ERROR)
		add(w, RECORD_NOT_USABLE, record.position < w->value.n ? record.position : FINDING_NOWHERE,
		    str_c(dkim_key_fault_text(record.fault)), STR_NULL);
	dkim_key_record_release(&record);
	return INKAN_OK;
}

/* Odd characters in a record that works all the same are no errors. */
static void soften(struct work *w, const struct dkim_record_report *report)
{
	static const enum dkim_finding kinds[] = {BACKSLASH, QUOTES_INSIDE, SMART_QUOTES, NON_ASCII};

	if (!report->is_usable && !report->is_revoked)
		return;
	for (size_t i = 0; i < w->f->count; i++)
		for (size_t k = 0; k < sizeof(kinds) / sizeof(*kinds); k++)
			if (w->f->items[i].kind == &dkim_kinds[kinds[k]])
				w->f->items[i].severity = SEVERITY_WARNING;
}

/* The tags again as they were published; `clean` has the same positions. */
static void show_tags(struct work *w, struct dkim_record_report *out)
{
	out->tags = w->tags;
	for (size_t i = 0; i < out->tags.count; i++) {
		struct tag *tag = &out->tags.tags[i];

		if (tag->value.n)
			tag->value.p = w->value.p + position_of(w, tag->value);
	}
}

static int check_record(const struct crypto *crypto, struct work *w, struct dkim_record_report *out)
{
	const struct tag *p;
	int error = blank_out(w);

	if (error)
		return error;
	taglist_parse(w->f->arena, w->clean, &w->tags);
	explain_tag_error(w);
	check_tags(w);
	p = taglist_find(&w->tags, "p");
	if (!p && w->tags.error == TAGLIST_OK && !findings_find(w->f, &dkim_kinds[SEMICOLON_MISSING]))
		add(w, P_MISSING, FINDING_NOWHERE, STR_NULL, STR_NULL);
	if (p)
		error = check_p(crypto, w, p, out);
	if (!error)
		error = judge(crypto, w, out);
	if (error)
		return error;
	soften(w, out);
	show_tags(w, out);
	return arena_error(w->f->arena);
}

int dkim_record_check(const struct crypto *crypto, struct findings *f, struct str value, struct dkim_record_report *out)
{
	struct work w = {.f = f, .value = value};
	int error;

	*out = (struct dkim_record_report){0};
	if (value.n > DKIM_KEY_RECORD_MAX) {
		add(&w, RECORD_TOO_LARGE, DKIM_KEY_RECORD_MAX, finding_number(f->arena, value.n),
		    finding_number(f->arena, DKIM_KEY_RECORD_MAX));
		return arena_error(f->arena);
	}
	error = check_record(crypto, &w, out);
	if (error)
		dkim_record_report_release(out);
	return error;
}

void dkim_record_report_release(struct dkim_record_report *report)
{
	public_key_unref(report->key);
	report->key = NULL;
	report->has_key = false;
}

void dkim_record_check_name(struct findings *f, struct str name)
{
	struct str rest = name;

	while (rest.n)
		if (str_ieq(str_split(&rest, '.'), STR("_domainkey")))
			return;
	if (name.n)
		(void)findings_add(f, &dkim_kinds[NAME_NOT_DOMAINKEY], FINDING_NOWHERE,
		                   (struct str[FINDING_ARGS]){name});
}

void dkim_record_print(struct buf *out, const struct public_key *key)
{
	struct buf octets;

	buf_init(&octets, KEY_RSA_BITS_MAX);
	public_key_encode(key, &octets);
	buf_put_c(out, public_key_type(key) == KEY_RSA ? "v=DKIM1; k=rsa; p=" : "v=DKIM1; k=ed25519; p=");
	base64_encode(out, (const unsigned char *)octets.p, octets.n);
	if (buf_error(&octets) != INKAN_OK && out->error == INKAN_OK)
		out->error = buf_error(&octets);
	buf_release(&octets);
}

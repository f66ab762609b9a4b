/* Reading order: tag_record_check() -> clean() (characters), read_parts(), check_version(), check_parts(), check_place();
 * then the URIs, which the rules of several kinds share. */
#include "check/tag_record.h"

#include "check/clean.h"
#include "dmarc/uri.h"
#include "dns/dns.h"

struct finding *tag_add(struct tag_work *w, const struct finding_kind *kind, size_t position, struct str first,
                        struct str second)
{
	return findings_add(w->f, kind, position, (struct str[FINDING_ARGS]){first, second});
}

static void add(struct tag_work *w, enum tag_finding kind, size_t position, struct str first, struct str second)
{
	(void)tag_add(w, &tag_kinds[kind], position, first, second);
}

static void add_once(struct tag_work *w, enum tag_finding kind, size_t position, struct str first)
{
	if (!findings_find(w->f, &tag_kinds[kind]))
		add(w, kind, position, first, STR_NULL);
}

static size_t position_of(const struct tag_work *w, struct str piece)
{
	return (size_t)(piece.p - w->clean.p);
}

size_t tag_position(const struct tag_work *w, const struct tag_part *part, struct str piece)
{
	return piece.n ? position_of(w, piece) : part->position;
}

/* ---- characters that do not belong there ---- */

/* Says what is wrong with the character at `at` and blanks it in `out`. Those inside a word do not split it. */
static void replace(void *context, size_t at, struct str character, char *out)
{
	struct tag_work *w = context;
	memset(out + at, ' ', character.n);
	if (clean_is_smart_quote(character)) {
		add_once(w, TAGS_SMART_QUOTES, at, character);
	} else if (str_eq(character, STR("；"))) {
		add_once(w, TAGS_WIDE_SEMICOLON, at, STR_NULL);
		out[at + character.n - 1] = ';';
	} else if (character.p[0] == '"') {
		add_once(w, TAGS_QUOTES, at, STR_NULL);
	} else if (character.p[0] == '\\') {
		add_once(w, TAGS_BACKSLASH, at, STR_NULL);
	} else if ((unsigned char)character.p[0] < 0x80) {
		if (character.p[0] != '\t')
			add_once(w, TAGS_CONTROL, at, STR_NULL);
	} else {
		add_once(w, TAGS_NON_ASCII, at, character);
		if (!clean_is_one_of(character, STR("\u00a0\u2002\u2003\u2007\u2009\u200b\u202f\u3000\ufeff")))
			memset(out + at, 'x', character.n);
	}
}

static int clean(struct tag_work *w)
{
	return clean_record(w->f->arena, w->value, replace, w, &w->clean);
}

/* ---- parts ---- */

static bool same_name(const struct tag_work *w, struct str a, struct str b)
{
	return w->kind->is_strict ? str_eq(a, b) : str_ieq(a, b);
}

static const struct tag_rule *rule_of(const struct tag_work *w, struct str name)
{
	for (size_t i = 0; i < w->kind->rule_count; i++)
		if (str_ieq(name, str_c(w->kind->rules[i].name)))
			return &w->kind->rules[i];
	return NULL;
}

const struct tag_part *tag_find(const struct tag_work *w, const char *name)
{
	for (size_t i = 0; i < w->report->count; i++)
		if (str_ieq(w->report->parts[i].name, str_c(name)))
			return &w->report->parts[i];
	return NULL;
}

bool tag_value_is_listed(const struct tag_work *w, const struct tag_part *part)
{
	const struct tag_rule *rule = rule_of(w, part->name);

	for (const struct tag_value *v = rule ? rule->values : NULL; v && v->value; v++)
		if (str_ieq(part->value, str_c(v->value)))
			return true;
	return false;
}

static bool looks_like_uri(struct str text)
{
	return str_ihas_prefix(text, STR("mailto:")) || str_ihas_prefix(text, STR("https:")) ||
	       str_find(text, '@') < text.n;
}

static void read_part(struct tag_work *w, struct str spec, bool is_last)
{
	struct str trimmed = str_trim_wsp(spec);
	size_t equals = str_find(trimmed, '=');
	struct tag_part *part = &w->report->parts[w->report->count];

	if (trimmed.n == 0) {
		if (!is_last)
			add(w, TAGS_EMPTY_PART, position_of(w, spec), STR_NULL, STR_NULL);
		return;
	}
	*part = (struct tag_part){.name = str_trim_wsp(str_head(trimmed, equals)),
	                          .value = str_trim_wsp(str_skip(trimmed, equals + 1)),
	                          .position = position_of(w, trimmed),
	                          .meaning = {"", ""}};
	if (equals == trimmed.n || part->name.n == 0) {
		add(w, looks_like_uri(trimmed) ? TAGS_URI_ALONE : TAGS_NO_EQUALS, part->position, trimmed, STR_NULL);
		return;
	}
	if (w->kind->is_strict && (part->name.n != equals || (part->value.n && part->value.p[-1] != '=')))
		add(w, TAGS_EQUALS_SPACE, part->position, part->name, STR_NULL);
	w->report->count++;
}

static int read_parts(struct tag_work *w)
{
	struct str rest = w->clean;

	w->report->parts = arena_calloc(w->f->arena, TAG_PARTS_MAX, sizeof(*w->report->parts));
	if (!w->report->parts)
		return arena_error(w->f->arena);
	for (size_t n = 0; rest.n; n++) {
		struct str spec = str_split(&rest, ';');

		if (n == TAG_PARTS_MAX) {
			add(w, TAGS_TOO_MANY, position_of(w, spec), finding_number(w->f->arena, TAG_PARTS_MAX),
			    STR_NULL);
			break;
		}
		read_part(w, spec, rest.n == 0);
	}
	return arena_error(w->f->arena);
}

/* ---- v= ---- */

static void check_version(struct tag_work *w)
{
	const struct tag_part *v = tag_find(w, "v");
	struct str version = str_c(w->kind->version);

	if (!v) {
		add(w, TAGS_VERSION_MISSING, 0, version, STR_NULL);
		return;
	}
	if (v != w->report->parts)
		add(w, TAGS_VERSION_NOT_FIRST, v->position, version, STR_NULL);
	else if (v->position > 0 && str_trim_wsp(str_head(w->clean, v->position)).n == 0)
		add(w, TAGS_VERSION_LEADING, 0, STR_NULL, STR_NULL);
	else if (v->position > 0)
		add(w, TAGS_VERSION_MISSING, 0, version, STR_NULL); /* something that is no tag comes first */
}

static void check_version_value(struct tag_work *w, const struct tag_part *v)
{
	struct str version = str_c(w->kind->version);

	if (!str_eq(v->value, version))
		add(w, str_ieq(v->value, version) ? TAGS_VERSION_CASE : TAGS_VERSION_WRONG,
		    tag_position(w, v, v->value), v->value, version);
}

/* ---- every tag ---- */

/* "none rua=mailto:..." as the value of p: white space, the name of a tag and "=" inside a value. */
static bool lacks_semicolon(struct tag_work *w, const struct tag_part *part)
{
	struct str rest = part->value;

	while (rest.n) {
		size_t space = str_find(rest, ' ');

		if (space == rest.n)
			return false;
		rest = str_trim_wsp(str_skip(rest, space));

		size_t equals = str_find(rest, '=');

		if (equals < rest.n && rule_of(w, str_trim_wsp(str_head(rest, equals)))) {
			add(w, TAGS_SEMICOLON_MISSING, position_of(w, rest), part->name, part->value);
			return true;
		}
	}
	return false;
}

static bool is_repeated(const struct tag_work *w, size_t i)
{
	for (size_t k = 0; k < i; k++)
		if (same_name(w, w->report->parts[k].name, w->report->parts[i].name))
			return true;
	return false;
}

static void explain(struct tag_work *w, const struct tag_rule *rule, struct tag_part *part)
{
	const struct tag_value *v = rule->values;
	struct str args[FINDING_ARGS] = {part->value};

	while (v && v->value && !str_ieq(part->value, str_c(v->value)))
		v++;
	part->meaning = v && v->value ? v->meaning : finding_text(w->f->arena, rule->meaning, args);
}

static void check_part(struct tag_work *w, struct tag_part *part)
{
	const struct tag_rule *rule = rule_of(w, part->name);

	if (!rule) {
		add(w, TAGS_UNKNOWN, part->position, part->name, STR_NULL);
		return;
	}
	if (w->kind->is_strict && !str_eq(part->name, str_c(rule->name)))
		add(w, TAGS_NAME_CASE, part->position, part->name, str_c(rule->name));
	explain(w, rule, part);
	if (lacks_semicolon(w, part))
		return;
	if (strcmp(rule->name, "v") == 0)
		check_version_value(w, part);
	else if (rule->check)
		rule->check(w, part);
}

static void check_parts(struct tag_work *w)
{
	for (size_t i = 0; i < w->report->count; i++) {
		struct tag_part *part = &w->report->parts[i];

		if (is_repeated(w, i))
			add(w, TAGS_DUPLICATE, part->position, part->name, STR_NULL);
		else
			check_part(w, part);
	}
}

/* The parts again as they were published; `clean` has the same positions. */
static void show_parts(struct tag_work *w)
{
	for (size_t i = 0; i < w->report->count; i++) {
		struct tag_part *part = &w->report->parts[i];

		part->name.p = w->value.p + position_of(w, part->name);
		if (part->value.n)
			part->value.p = w->value.p + position_of(w, part->value);
	}
}

/* ---- the owner's name ---- */

/* Splits "PREFIX._dmarc.DOMAIN" at the place; a name relative to its zone has no domain. False: it is not in there. */
static bool split_owner(struct tag_work *w, struct str owner)
{
	struct str place = str_c(w->kind->place);

	for (size_t at = 0; at + place.n <= owner.n; at++) {
		struct str tail = str_skip(owner, at + place.n);

		if ((at > 0 && owner.p[at - 1] != '.') || (tail.n && tail.p[0] != '.') ||
		    !str_ieq(str_from(owner.p + at, place.n), place))
			continue;
		w->prefix = str_head(owner, at ? at - 1 : 0);
		w->domain = str_skip(tail, 1);
		return (w->prefix.n > 0) == w->kind->has_prefix;
	}
	return false;
}

static void check_place(struct tag_work *w, struct str owner)
{
	if (owner.n == 0 || split_owner(w, owner))
		return;
	w->prefix = w->domain = STR_NULL;
	add(w, TAGS_PLACE, FINDING_NOWHERE, owner, str_c(w->kind->form));
}

int tag_record_check(struct tag_work *w, const struct tag_kind *kind, struct findings *f, struct str value,
                     struct str owner, struct tag_report *out)
{
	int error;

	*out = (struct tag_report){0};
	w->f = f;
	w->kind = kind;
	w->value = value;
	w->report = out;
	w->prefix = w->domain = STR_NULL;
	if (value.n > TAG_RECORD_MAX) {
		add(w, TAGS_TOO_LARGE, TAG_RECORD_MAX, finding_number(f->arena, value.n),
		    finding_number(f->arena, TAG_RECORD_MAX));
		return arena_error(f->arena);
	}
	error = clean(w);
	if (!error)
		error = read_parts(w);
	if (error)
		return error;
	check_place(w, owner);
	check_version(w);
	check_parts(w);
	show_parts(w);
	return arena_error(f->arena);
}

/* ---- URIs ---- */

/* What a list may hold, for messages. */
static struct str usual_uri(const struct tag_work *w)
{
	return w->kind->schemes[1] ? STR("mailto:reports@example.com or https://example.com/reports")
	                           : STR("mailto:reports@example.com");
}

static bool is_scheme(struct str scheme)
{
	for (size_t i = 0; i < scheme.n; i++)
		if (!is_alpha(scheme.p[i]) && (i == 0 || (!is_digit(scheme.p[i]) && !strchr("+-.", scheme.p[i]))))
			return false;
	return scheme.n > 0;
}

static bool is_used_scheme(const struct tag_work *w, struct str scheme)
{
	for (const char *const *s = w->kind->schemes; *s; s++)
		if (str_ieq(scheme, str_c(*s)))
			return true;
	return false;
}

static bool is_host(struct str host)
{
	return dns_name_is_host(host, true, false) && str_find(host, '.') < host.n;
}

/* The part of a mailto: URI that is an address, without headers and size. */
static struct str address_of(struct str uri)
{
	struct str address = str_skip(uri, strlen("mailto:"));

	address = str_head(address, str_find(address, '?'));
	return str_head(address, str_find(address, '!'));
}

/* False, with a finding: nobody can send there. */
static bool check_mailto(struct tag_work *w, struct str uri)
{
	struct dmarc_uri *list = NULL;
	struct str address = address_of(uri), host = str_skip(address, str_rfind(address, '@') + 1);
	size_t count = 0, at = position_of(w, uri);

	if (str_has_prefix(address, STR("//"))) {
		add(w, TAGS_URI_SLASHES, at, str_skip(address, 2), STR_NULL);
		return false;
	}
	if (dmarc_uris_parse(w->f->arena, uri, &list, &count) || count == 0) {
		add(w, TAGS_URI_ADDRESS, at, uri, STR_NULL);
		return false;
	}
	if (!is_host(host)) {
		add(w, TAGS_URI_HOST, host.n ? position_of(w, host) : at, host, STR_NULL);
		return false;
	}
	return true;
}

/* "https://host:port/path" */
static bool check_https(struct tag_work *w, struct str uri)
{
	struct str rest = str_skip(uri, strlen("https:")), host;

	if (!str_has_prefix(rest, STR("//"))) {
		add(w, TAGS_URI_BAD, position_of(w, uri), uri, usual_uri(w));
		return false;
	}
	rest = str_skip(rest, 2);
	host = str_head(rest, str_find(rest, '/'));
	host = str_head(host, str_find(host, ':'));
	if (is_host(host))
		return true;
	add(w, TAGS_URI_HOST, position_of(w, host.n ? host : uri), host, STR_NULL);
	return false;
}

/* "!10m" at the end is an old limit of size; any other "!" must be written as %21. False, with a finding: this one. */
static bool check_exclamation(struct tag_work *w, struct str uri)
{
	size_t at = str_find(uri, '!');
	struct str size = str_skip(uri, at + 1);

	if (at == uri.n)
		return true;
	if (size.n > 1 && strchr("kmgtKMGT", size.p[size.n - 1]))
		size.n--;
	for (size_t i = 0; i < size.n; i++)
		if (!is_digit(size.p[i]))
			size.n = 0;
	bool is_size = size.n && w->kind->has_sizes;

	add(w, is_size ? TAGS_URI_SIZE : TAGS_URI_EXCLAMATION, position_of(w, uri) + at, uri, STR_NULL);
	return is_size;
}

static bool check_uri(struct tag_work *w, struct str uri)
{
	size_t colon = str_find(uri, ':'), at = position_of(w, uri);
	struct str scheme = str_head(uri, colon);

	if (str_find(uri, ' ') < uri.n) {
		add(w, TAGS_URI_SPACE, at, uri, STR_NULL);
		return false;
	}
	if (colon == uri.n || !is_scheme(scheme)) {
		bool is_address = str_find(uri, '@') < uri.n;

		add(w, is_address ? TAGS_URI_NO_SCHEME : TAGS_URI_BAD, at, uri, is_address ? STR_NULL : usual_uri(w));
		return false;
	}
	if (!check_exclamation(w, uri))
		return false;
	if (!is_used_scheme(w, scheme)) {
		add(w, TAGS_URI_SCHEME, at, scheme, usual_uri(w));
		return false;
	}
	return str_ieq(scheme, STR("mailto")) ? check_mailto(w, uri) : check_https(w, uri);
}

static bool is_listed_before(struct str list, struct str uri)
{
	while (list.n) {
		struct str other = str_trim_wsp(str_split(&list, ','));

		if (other.p == uri.p)
			return false;
		if (str_eq(other, uri))
			return true;
	}
	return false;
}

size_t tag_check_uris(struct tag_work *w, const struct tag_part *part)
{
	struct str rest = part->value;
	size_t count = 0, used = 0;
	bool more = true;

	for (; more && count < TAG_URIS_MAX; count++) {
		size_t comma = str_find(rest, ',');
		struct str uri = str_trim_wsp(str_head(rest, comma));

		more = comma < rest.n;
		rest = str_skip(rest, comma + 1);
		if (uri.n == 0)
			add(w, TAGS_URI_EMPTY, part->position, part->name, STR_NULL);
		else if (is_listed_before(part->value, uri))
			add(w, TAGS_URI_TWICE, position_of(w, uri), uri, STR_NULL);
		else
			used += check_uri(w, uri);
	}
	if (more)
		add(w, TAGS_URI_TOO_MANY, tag_position(w, part, rest), finding_number(w->f->arena, TAG_URIS_MAX),
		    STR_NULL);
	else if (used > TAG_URIS_PROMISED && w->kind->has_sizes)
		add(w, TAGS_URI_MANY, part->position, finding_number(w->f->arena, used), STR_NULL);
	return used;
}

struct str tag_next_host(struct str *rest)
{
	struct str uri = str_trim_wsp(str_split(rest, ',')), address = address_of(uri);

	return str_ihas_prefix(uri, STR("mailto:")) ? str_skip(address, str_rfind(address, '@') + 1) : STR_NULL;
}

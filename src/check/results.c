/* Reading order: header_results_read() collects the fields, choose() picks what may be believed, explain_all() says what
 * it means, then alignment, earlier fields and traces of settings are looked at. */
#include "check/results.h"

#include "auth/author.h"
#include "auth/judgement.h"
#include "explain/statements.h"

enum {
	SAID_MAX = 160,   /* octets of a receiver's words that a finding quotes */
	COMPARED_MAX = 10 /* failed results that are looked for in earlier fields: each search reads all of them */
};

struct reading {
	struct arena *arena;
	const struct header *header;
	const struct header_results_options *options;
	struct header_results *out;
	bool is_value; /* not a header but one value, so that positions mean something */
};

struct str seen_property(const struct authres_result *result, const char *name)
{
	for (size_t i = 0; i < result->property_count; i++)
		if (str_eq(result->properties[i].name, str_c(name)))
			return result->properties[i].value;
	return STR_NULL;
}

/* ---- the fields ---- */

static bool kind_of(struct str name, enum seen_kind *out)
{
	static const struct {
		const char *name;
		enum seen_kind kind;
	} kinds[] = {
		{"Authentication-Results", SEEN_RESULTS},
		{"ARC-Authentication-Results", SEEN_ARC_RESULTS},
		{"Authentication-Results-Original", SEEN_ORIGINAL},
		{"X-Original-Authentication-Results", SEEN_ORIGINAL},
		{"X-Mailman-Original-Authentication-Results", SEEN_ORIGINAL},
		{"Old-Authentication-Results", SEEN_ORIGINAL},
		{"Received-SPF", SEEN_RECEIVED_SPF},
	};

	for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
		if (str_ieq(name, str_c(kinds[i].name))) {
			*out = kinds[i].kind;
			return true;
		}
	return false;
}

/* "i=1;" in front of the results of ARC. */
static struct str take_instance(struct str value, unsigned *out)
{
	struct str rest = value, tag = str_trim_fws(str_split(&rest, ';'));
	struct str name = str_trim_fws(str_split(&tag, '='));
	uint64_t number;

	if (!str_ieq(name, STR("i")) || !str_to_u64(str_trim_fws(tag), 1000, &number))
		return value;
	*out = (unsigned)number;
	return rest;
}

/* result [comment] key=value; ... of RFC 7208 section 9.1, as one result of a field without an id. */
static int read_received_spf(struct arena *arena, struct str value, struct authres_field *out)
{
	struct str rest = str_trim_fws(value);
	size_t n = 0;
	char *text;

	while (n < rest.n && is_alpha(rest.p[n]))
		n++;
	text = arena_text(arena, n + 4);
	*out = (struct authres_field){.version = 1, .trouble = "no result"};
	if (!text)
		return arena_error(arena);
	memcpy(text, "spf=", 4);
	memcpy(text + 4, rest.p, n);
	return n ? authres_parse(arena, str_from(text, n + 4), AUTHRES_RELAXED, out) : INKAN_OK;
}

static int read_field(struct reading *r, const struct header_field *field, struct seen_field *seen)
{
	struct authres_field strict;
	struct str value = field->value;
	int error;

	if (seen->kind == SEEN_RECEIVED_SPF)
		return read_received_spf(r->arena, value, &seen->parsed);
	if (seen->kind == SEEN_ARC_RESULTS)
		value = take_instance(value, &seen->instance);
	seen->value = value;
	error = authres_parse(r->arena, value, AUTHRES_RELAXED, &seen->parsed);
	if (!error && seen->parsed.valid) {
		error = authres_parse(r->arena, value, AUTHRES_STRICT, &strict);
		seen->strict = !error && strict.valid;
	}
	return error;
}

static void note_malformed(struct reading *r, const struct seen_field *seen)
{
	struct str id = seen->parsed.authserv_id;

	if (!seen->parsed.valid && seen->kind != SEEN_RECEIVED_SPF)
		(void)findings_add(&r->out->findings, &header_kinds[HEADER_MALFORMED],
		                   r->is_value ? seen->parsed.position : FINDING_NOWHERE,
		                   (struct str[FINDING_ARGS]){id.n ? id : STR("?"), str_c(seen->parsed.trouble)});
}

static void note_version(struct reading *r, const struct seen_field *seen)
{
	if (seen->kind == SEEN_RESULTS && seen->parsed.valid && seen->parsed.version != 1)
		(void)findings_add(&r->out->findings, &header_kinds[HEADER_VERSION], FINDING_NOWHERE,
		                   (struct str[FINDING_ARGS]){seen->parsed.authserv_id,
		                                              finding_number(r->arena, seen->parsed.version)});
}

static int collect(struct reading *r)
{
	struct header_results *out = r->out;
	enum seen_kind kind;

	out->fields = arena_calloc(r->arena, SEEN_FIELDS_MAX, sizeof *out->fields);
	for (size_t i = 0; out->fields && i < r->header->count; i++) {
		const struct header_field *field = &r->header->fields[i];

		if (!kind_of(field->name, &kind))
			continue;
		if (out->count == SEEN_FIELDS_MAX) {
			out->left_out++;
			continue;
		}
		struct seen_field *seen = &out->fields[out->count++];

		*seen = (struct seen_field){.kind = kind, .field = i, .name = field->name};
		int error = read_field(r, field, seen);

		if (error)
			return error;
		out->valid += kind == SEEN_RESULTS && seen->parsed.valid;
		note_malformed(r, seen);
		note_version(r, seen);
	}
	if (out->left_out)
		(void)findings_add(&out->findings, &header_kinds[HEADER_TOO_MANY], FINDING_NOWHERE,
		                   (struct str[FINDING_ARGS]){finding_number(r->arena, out->left_out)});
	return arena_error(r->arena);
}

/* ---- which one may be believed ---- */

static bool is_readable(const struct seen_field *seen)
{
	return seen->kind == SEEN_RESULTS && seen->parsed.valid && seen->parsed.version == 1;
}

/* Whether one receiver wrote both. Without names to trust, hosts of one registrable domain are one receiver: iCloud writes
 * a field for each method, each under an id of its own. */
static bool is_same_receiver(const struct reading *r, struct str a, struct str b)
{
	const struct header_results_options *o = r->options;

	if (authres_same_id(a, b))
		return true;
	if (o->trusted_count || !o->registrable)
		return false;
	struct str of_a = o->registrable(o->registrable_context, a), of_b = o->registrable(o->registrable_context, b);

	return of_a.n && str_ieq(of_a, of_b);
}

/* Fields that the same host wrote right below one another, as some write one for each method. */
static size_t block(const struct reading *r, size_t first)
{
	const struct header_results *out = r->out;
	size_t count = 1;

	for (size_t i = first + 1; i < out->count; i++) {
		if (out->fields[i].kind != SEEN_RESULTS)
			continue;
		for (size_t k = out->fields[i - 1].field; k < out->fields[i].field; k++)
			if (str_ieq(r->header->fields[k].name, STR("Received")))
				return count;
		if (i != first + count || !is_readable(&out->fields[i]) ||
		    !is_same_receiver(r, out->fields[i].parsed.authserv_id, out->fields[first].parsed.authserv_id))
			return count;
		count++;
	}
	return count;
}

/* Hosts of one operator under several domains. */
static bool same_operator(struct str a, struct str b)
{
	static const struct {
		const char *operator, * domain;
	} domains[] = {{"apple", "apple.com"},
	               {"apple", "icloud.com"},
	               {"apple", "me.com"},
	               {"google", "google.com"},
	               {"google", "gmail.com"},
	               {"google", "googlemail.com"},
	               {"microsoft", "outlook.com"},
	               {"microsoft", "microsoft.com"},
	               {"microsoft", "office365.com"},
	               {"yahoo", "yahoo.com"},
	               {"yahoo", "aol.com"},
	               {"yahoo", "yahoodns.net"},
	               {"fastmail", "fastmail.com"},
	               {"fastmail", "messagingengine.com"}};
	const char *of_a = "", *of_b = "-";

	for (size_t i = 0; i < sizeof domains / sizeof *domains; i++) {
		of_a = str_ihas_suffix(a, str_c(domains[i].domain)) ? domains[i].operator: of_a;
		of_b = str_ihas_suffix(b, str_c(domains[i].domain)) ? domains[i].operator: of_b;
	}
	return strcmp(of_a, of_b) == 0;
}

/* Without names to trust the topmost field is chosen; a Received field above it that somebody else wrote is told. */
static void warn_of_strangers(struct reading *r, const struct seen_field *seen)
{
	struct str id = seen->parsed.authserv_id, by;

	if (str_find(id, '.') == id.n)
		return;
	for (size_t i = 0; i < seen->field; i++)
		if (authres_is_strangers(&r->header->fields[i], &id, 1, &by) && !same_operator(id, by)) {
			(void)findings_add(&r->out->findings, &header_kinds[HEADER_BELOW_STRANGER], FINDING_NOWHERE,
			                   (struct str[FINDING_ARGS]){id, by});
			return;
		}
}

static struct str joined(struct arena *arena, const struct str *words, size_t count)
{
	struct buf text;

	buf_init(&text, 4096);
	for (size_t i = 0; i < count; i++) {
		buf_put_c(&text, i ? ", " : "");
		buf_put(&text, words[i]);
	}
	struct str copy = arena_str(arena, buf_str(&text));

	buf_release(&text);
	return copy;
}

static int choose_by_id(struct reading *r)
{
	const struct header_results_options *o = r->options;
	size_t field;
	int error = authres_trustworthy(r->header, o->trusted, o->trusted_count, &field);

	if (error)
		return error;
	for (size_t i = 0; i < r->out->count; i++)
		if (r->out->fields[i].field == field) {
			r->out->choice = SEEN_BY_ID;
			r->out->trusted = i;
		}
	if (r->out->choice == SEEN_NONE && r->out->valid)
		(void)findings_add(&r->out->findings, &header_kinds[HEADER_NONE_TRUSTED], FINDING_NOWHERE,
		                   (struct str[FINDING_ARGS]){joined(r->arena, o->trusted, o->trusted_count)});
	return INKAN_OK;
}

static int choose(struct reading *r)
{
	struct header_results *out = r->out;
	int error = INKAN_OK;

	if (r->options->trusted_count) {
		error = choose_by_id(r);
	} else {
		for (size_t i = out->count; i-- > 0;)
			if (is_readable(&out->fields[i])) {
				out->trusted = i;
				out->choice = out->valid == 1 ? SEEN_ONLY : SEEN_TOPMOST;
			}
		if (out->choice != SEEN_NONE)
			warn_of_strangers(r, &out->fields[out->trusted]);
	}
	if (out->choice != SEEN_NONE)
		out->trusted_count = block(r, out->trusted);
	return error;
}

/* ---- what it means ---- */

static struct str domain_of(struct str value)
{
	size_t at = str_rfind(value, '@');

	value = at < value.n ? str_skip(value, at + 1) : value;
	return value.n && value.p[value.n - 1] == '>' ? str_head(value, value.n - 1) : value;
}

/* Whose result it is. */
static struct str result_domain(const struct authres_result *result)
{
	static const struct {
		const char *method, *property;
	} where[] = {{"dkim", "header.d"}, {"dkim", "header.i"}, {"spf", "smtp.mailfrom"},
	             {"spf", "smtp.mail"}, {"spf", "smtp.helo"}, {"dmarc", "header.from"},
	             {"dmarc", "from"},    {"spf", "mailfrom"},  {"iprev", "policy.iprev"}};

	for (size_t i = 0; i < sizeof where / sizeof *where; i++) {
		struct str value = str_eq(result->method, str_c(where[i].method))
		                           ? seen_property(result, where[i].property)
		                           : STR_NULL;

		if (value.n && !str_ieq(value, STR("none")))
			return domain_of(value);
	}
	return STR_NULL;
}

/* "selector._domainkey.domain", "*._domainkey.domain" where the selector was not told */
static struct str key_name(struct arena *arena, const struct authres_result *result, struct str domain)
{
	struct str selector = seen_property(result, "header.s");
	struct buf text;

	selector = selector.n ? selector : seen_property(result, "x-selector");
	buf_init(&text, 1000);
	buf_put(&text, selector.n ? str_head(selector, 255) : STR("*"));
	buf_put_c(&text, "._domainkey.");
	buf_put(&text, domain.n ? str_head(domain, 255) : STR("?"));
	struct str copy = arena_str(arena, buf_str(&text));

	buf_release(&text);
	return copy;
}

/* "dkim=neutral: body hash did not verify" */
static struct str said(struct arena *arena, const struct authres_result *result)
{
	struct str words = result->reason.n ? result->reason : result->comment;
	struct buf text;

	buf_init(&text, 1000);
	buf_put(&text, str_head(result->method, 100));
	buf_put_char(&text, '=');
	buf_put(&text, str_head(result->result, 100));
	if (words.n) {
		buf_put_c(&text, ": ");
		buf_put(&text, str_head(words, SAID_MAX));
	}
	struct str copy = arena_str(arena, buf_str(&text));

	buf_release(&text);
	return copy;
}

/* Whose result it is; of DMARC, where the field does not say it, the author's domain. */
static struct str judged_domain(struct reading *r, const struct authres_result *result)
{
	struct str domain = result_domain(result);
	struct author author;

	if (domain.n || !str_eq(result->method, STR("dmarc")) || author_find(r->arena, r->header, &author) != INKAN_OK)
		return domain;
	return str_c(author.domain);
}

static void explain_result(struct reading *r, size_t field, size_t index)
{
	const struct authres_result *result = &r->out->fields[field].parsed.results[index];
	struct seen_cause *c = &r->out->causes[r->out->cause_count++];

	*c = (struct seen_cause){.field = field, .result = index, .domain = judged_domain(r, result)};
	c->wording = authres_wording(result, &c->cause);
	if (result_kinds[c->cause].kind.id)
		(void)findings_add(&r->out->findings, &result_kinds[c->cause].kind, FINDING_NOWHERE,
		                   (struct str[FINDING_ARGS]){c->domain.n ? c->domain : STR("?"),
		                                              key_name(r->arena, result, c->domain),
		                                              said(r->arena, result)});
}

static int explain_all(struct reading *r)
{
	struct header_results *out = r->out;
	size_t total = 0;

	for (size_t i = 0; i < out->trusted_count; i++)
		total += out->fields[out->trusted + i].parsed.result_count;
	out->causes = arena_calloc(r->arena, total, sizeof *out->causes);
	for (size_t i = 0; out->causes && i < out->trusted_count; i++)
		for (size_t k = 0; k < out->fields[out->trusted + i].parsed.result_count; k++)
			explain_result(r, out->trusted + i, k);
	return arena_error(r->arena);
}

/* ---- alignment ---- */

static int find_author(struct reading *r)
{
	struct author author;
	int error;

	for (size_t i = 0; i < r->out->cause_count; i++) {
		const struct seen_cause *c = &r->out->causes[i];

		if (str_eq(r->out->fields[c->field].parsed.results[c->result].method, STR("dmarc")) && c->domain.n) {
			r->out->from_domain = c->domain;
			return INKAN_OK;
		}
	}
	error = author_find(r->arena, r->header, &author);
	if (!error)
		r->out->from_domain = str_c(author.domain);
	return error;
}

static bool is_below_or_same(struct str name, struct str domain)
{
	return str_ieq(name, domain) ||
	       (name.n > domain.n && str_ihas_suffix(name, domain) && name.p[name.n - domain.n - 1] == '.');
}

static bool is_aligned(const struct reading *r, struct str domain)
{
	struct str from = r->out->from_domain;

	if (!r->options->registrable)
		return is_below_or_same(domain, from) || is_below_or_same(from, domain);
	struct str a = r->options->registrable(r->options->registrable_context, domain);
	struct str b = r->options->registrable(r->options->registrable_context, from);

	return str_ieq(domain, from) || (a.n && str_ieq(a, b));
}

/* Of everything that passed by that method; *other_out: a domain that is not aligned. */
static enum seen_alignment alignment(const struct reading *r, struct str method, struct str *other_out)
{
	enum seen_alignment found = SEEN_UNKNOWN;

	for (size_t i = 0; i < r->out->cause_count; i++) {
		const struct seen_cause *c = &r->out->causes[i];

		if (c->cause != AUTHRES_PASSED || c->domain.n == 0 ||
		    !str_eq(r->out->fields[c->field].parsed.results[c->result].method, method))
			continue;
		if (is_aligned(r, c->domain))
			return SEEN_ALIGNED;
		*other_out = c->domain;
		found = SEEN_NOT_ALIGNED;
	}
	return found;
}

static int align(struct reading *r)
{
	struct header_results *out = r->out;
	struct str dkim = STR_NULL, spf = STR_NULL;
	int error = find_author(r);

	if (error || out->from_domain.n == 0)
		return error;
	out->dkim_alignment = alignment(r, STR("dkim"), &dkim);
	out->spf_alignment = alignment(r, STR("spf"), &spf);
	if (out->dkim_alignment == SEEN_NOT_ALIGNED)
		(void)findings_add(&out->findings, &header_kinds[HEADER_DKIM_NOT_ALIGNED], FINDING_NOWHERE,
		                   (struct str[FINDING_ARGS]){out->from_domain, dkim});
	if (out->spf_alignment == SEEN_NOT_ALIGNED)
		(void)findings_add(&out->findings, &header_kinds[HEADER_SPF_NOT_ALIGNED], FINDING_NOWHERE,
		                   (struct str[FINDING_ARGS]){out->from_domain, spf});
	return INKAN_OK;
}

/* ---- earlier fields ---- */

/* A host below that saw pass what the believed field saw fail. */
static const struct seen_field *earlier_pass(const struct reading *r, struct str domain)
{
	const struct header_results *out = r->out;

	for (size_t i = out->trusted + out->trusted_count; i < out->count; i++)
		for (size_t k = 0; k < out->fields[i].parsed.result_count; k++) {
			const struct authres_result *result = &out->fields[i].parsed.results[k];

			if (out->fields[i].parsed.valid && str_eq(result->method, STR("dkim")) &&
			    str_eq(result->result, STR("pass")) && str_ieq(result_domain(result), domain))
				return &out->fields[i];
		}
	return NULL;
}

static void compare_hops(struct reading *r)
{
	struct header_results *out = r->out;
	size_t compared = 0;

	for (size_t i = 0; i < out->cause_count && compared < COMPARED_MAX; i++) {
		const struct seen_cause *c = &out->causes[i];
		const struct seen_field *before;

		if ((c->cause != AUTHRES_BODY_HASH_MISMATCH && c->cause != AUTHRES_SIGNATURE_MISMATCH &&
		     c->cause != AUTHRES_DKIM_FAILED) ||
		    c->domain.n == 0)
			continue;
		compared++;
		before = earlier_pass(r, c->domain);
		if (!before)
			continue;
		struct str here = out->fields[c->field].parsed.authserv_id, there = before->parsed.authserv_id;

		(void)findings_add(
			&out->findings, &header_kinds[HEADER_CHANGED_BETWEEN], FINDING_NOWHERE,
			(struct str[FINDING_ARGS]){c->domain, there.n ? there : STR("?"), here.n ? here : STR("?")});
		return;
	}
}

/* ---- what makes a test worthless ---- */

static void note_settings(struct reading *r)
{
	size_t count;
	const struct setting *settings = statement_settings(&count);

	if (judgement_is_internal(r->header))
		(void)findings_add(&r->out->findings, &header_kinds[HEADER_INSIDE], FINDING_NOWHERE, NULL);
	for (size_t i = 0; i < count; i++)
		if (setting_is_seen(r->header, &settings[i]))
			(void)findings_add(
				&r->out->findings, &header_kinds[HEADER_SETTING], FINDING_NOWHERE,
				(struct str[FINDING_ARGS]){str_c(settings[i].field), str_c(settings[i].word)});
}

int header_results_read(struct arena *arena, const struct header *header, const struct header_results_options *options,
                        struct header_results *out)
{
	struct reading r = {
		.arena = arena, .header = header, .options = options, .out = out, .is_value = !header->text.p};
	int error;

	*out = (struct header_results){.choice = SEEN_NONE};
	findings_init(&out->findings, arena);
	error = collect(&r);
	if (!error && out->valid == 0)
		(void)findings_add(&out->findings, &header_kinds[HEADER_NOTHING_FOUND], FINDING_NOWHERE, NULL);
	if (!error)
		error = choose(&r);
	if (!error)
		error = explain_all(&r);
	if (!error)
		error = align(&r);
	if (!error)
		compare_hops(&r);
	if (!error)
		note_settings(&r);
	return error ? error : arena_error(arena);
}

int header_results_of_value(struct arena *arena, struct str value, const struct header_results_options *options,
                            struct header_results *out)
{
	struct str name = STR("Authentication-Results"), bare = str_trim_fws(value);
	struct header_field *field = arena_calloc(arena, 1, sizeof *field);
	struct header header = {.fields = field, .count = 1};

	if (!field)
		return arena_error(arena);
	if (str_ihas_prefix(bare, name)) {
		struct str rest = str_trim_wsp(str_skip(bare, name.n));

		value = rest.n && rest.p[0] == ':' ? str_skip(rest, 1) : value;
	}
	*field = (struct header_field){.raw = value, .name = name, .value = value, .above = HEADER_NONE};
	return header_results_read(arena, &header, options, out);
}

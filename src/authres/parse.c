/* RFC 8601 section 2.2, one function per rule of its grammar.
 *
 * The relaxed mode reads what is really out there: Microsoft's field without an authserv-id, key=value pairs without a
 * ptype, values with "/" or ":" or "=" in them, a semicolon at the end, an authserv-id repeated before each method. */
#include "authres/parse.h"

#include "core/cursor.h"
#include "mail/received.h"

enum {
	COMMENT_KEPT_MAX = 1000, /* octets of the comments of one result */
	/* One field of AUTHRES_PARSED_FIELD_MAX octets: its copies, its results and properties need less than 32 times that. */
	SCRATCH_MAX = 32 * AUTHRES_PARSED_FIELD_MAX
};

struct parser {
	struct cursor c;
	struct arena *arena;
	bool relaxed;
	const char *trouble;
	struct authres_result *current; /* whose comments are kept; may be NULL */
	char *comment;                  /* COMMENT_KEPT_MAX octets for them, once there is one */
	/* room for properties that no result has taken yet: the text has as many "=" at most */
	struct authres_property_value *pool;
	size_t pool_left;
	bool out_of_memory;
};

static void fail(struct parser *p, const char *trouble)
{
	if (!p->c.failed)
		p->trouble = trouble;
	cursor_fail(&p->c);
}

static char *copy_room(struct parser *p, size_t n)
{
	char *room = arena_text(p->arena, n);

	if (!room) {
		p->out_of_memory = true;
		fail(p, "out of memory");
	}
	return room;
}

/* ---- CFWS ---- */

static void keep_comment(struct parser *p, struct str text)
{
	struct authres_result *r = p->current;
	size_t gap = r && r->comment.n > 0;

	if (!r || text.n == 0 || r->comment.n + gap + text.n > COMMENT_KEPT_MAX)
		return;
	if (!gap)
		p->comment = copy_room(p, COMMENT_KEPT_MAX);
	if (!p->comment)
		return;
	if (gap)
		p->comment[r->comment.n] = ' ';
	memcpy(p->comment + r->comment.n + gap, text.p, text.n);
	r->comment = str_from(p->comment, r->comment.n + gap + text.n);
}

/* comment, from its "(" on; nesting is counted */
static void comment(struct parser *p)
{
	const char *begin = p->c.at + 1;
	unsigned depth = 0;

	while (!cursor_done(&p->c)) {
		char octet = *p->c.at++;

		if (octet == '\\' && !cursor_done(&p->c))
			p->c.at++;
		else if (octet == '(' && ++depth > AUTHRES_PARSED_COMMENT_DEPTH_MAX)
			fail(p, "comments are nested too deeply");
		else if (octet == ')' && --depth == 0) {
			keep_comment(p, str_from(begin, (size_t)(p->c.at - 1 - begin)));
			return;
		}
	}
	fail(p, "a comment is not closed");
}

/* [CFWS]; true where there was any */
static bool cfws(struct parser *p)
{
	const char *begin = p->c.at;

	while (!p->c.failed) {
		cursor_skip_fws(&p->c);
		if (cursor_peek(&p->c) != '(')
			break;
		comment(p);
	}
	return p->c.at > begin;
}

/* ---- words ---- */

static bool is_token_char(char c)
{
	return (unsigned char)c > 32 && c != 127 && !strchr("()<>@,;:\\\"/[]?=", c);
}

static bool is_keyword_char(char c)
{
	return is_alpha(c) || is_digit(c) || c == '-';
}

static bool is_relaxed_keyword_char(char c)
{
	return is_keyword_char(c) || c == '_';
}

/* what may stand in a value that nobody quoted, as long as it ends somewhere */
static bool is_relaxed_value_char(char c)
{
	return (unsigned char)c > 32 && c != 127 && !strchr("();\"", c);
}

static bool is_local_part_char(char c)
{
	return is_alpha(c) || is_digit(c) || (unsigned char)c >= 128 || (c && strchr("!#$%&'*+-/=?^_`{|}~.", c));
}

static bool is_domain_char(char c)
{
	return is_keyword_char(c) || c == '.' || c == '_' || (unsigned char)c >= 128;
}

/* Octets of a quoted string with both quotes; 0 where it is not closed. */
static size_t quoted_size(struct str s)
{
	for (size_t i = 1; i < s.n; i++) {
		if (s.p[i] == '"')
			return i + 1;
		i += s.p[i] == '\\';
	}
	return 0;
}

/* quoted-string, from its quote on; folding and backslashes are taken out */
static struct str quoted_string(struct parser *p)
{
	size_t size = quoted_size(cursor_rest(&p->c)), n = 0;
	char *text = size ? copy_room(p, size) : NULL;

	if (size == 0)
		fail(p, "a quoted string is not closed");
	if (!text)
		return STR_NULL;
	for (size_t i = 1; i + 1 < size; i++) {
		char octet = p->c.at[i];

		if (octet == '\r' || octet == '\n')
			continue;
		if (octet == '\\')
			octet = p->c.at[++i];
		text[n++] = octet;
	}
	p->c.at += size;
	return str_from(text, n);
}

/* value = token / quoted-string */
static struct str value(struct parser *p)
{
	if (cursor_peek(&p->c) == '"')
		return quoted_string(p);
	struct str token = cursor_while(&p->c, is_token_char);

	if (token.n == 0)
		fail(p, "a value is missing");
	return token;
}

static struct str keyword(struct parser *p)
{
	if (p->relaxed && cursor_peek(&p->c) == '"')
		return quoted_string(p);
	struct str word = cursor_while(&p->c, p->relaxed ? is_relaxed_keyword_char : is_keyword_char);

	if (word.n == 0)
		fail(p, "a word is missing");
	else if (!p->relaxed && word.p[word.n - 1] == '-')
		fail(p, "a word ends in a hyphen");
	return word;
}

static struct str lower(struct parser *p, struct str s)
{
	char *text = copy_room(p, s.n);

	if (!text)
		return STR_NULL;
	for (size_t i = 0; i < s.n; i++)
		text[i] = to_lower(s.p[i]);
	return str_from(text, s.n);
}

/* [ [ local-part ] "@" ] domain-name; false where that is not what stands here */
static bool address(struct parser *p, struct str *out)
{
	const char *begin = p->c.at;

	if (cursor_peek(&p->c) == '"')
		quoted_string(p);
	else
		cursor_while(&p->c, is_local_part_char);
	bool good = cursor_accept(&p->c, '@') && cursor_while(&p->c, is_domain_char).n > 0;

	*out = str_from(begin, (size_t)(p->c.at - begin));
	if (!good && !p->c.failed)
		p->c.at = begin;
	return good;
}

/* pvalue, without the CFWS round it */
static struct str pvalue(struct parser *p)
{
	struct str found;

	if (address(p, &found))
		return found;
	if (p->relaxed && cursor_peek(&p->c) != '"') {
		found = cursor_while(&p->c, is_relaxed_value_char);
		if (found.n == 0)
			fail(p, "a value is missing");
		return found;
	}
	return value(p);
}

/* ---- methods and properties ---- */

/* What may follow a word: white space, a comment, ";" or the end. */
static void expect_gap(struct parser *p)
{
	char next = cursor_peek(&p->c);

	if (!p->relaxed && !cursor_done(&p->c) && next != ';' && next != '(' && !is_fws_char(next))
		fail(p, "white space is missing");
}

/* propspec, from its ptype on; relaxed: the ptype and its dot may be absent */
static void propspec(struct parser *p, struct authres_property_value *out)
{
	struct str name = keyword(p);

	cfws(p);
	if (cursor_accept(&p->c, '.')) {
		cfws(p);
		struct str property = keyword(p);
		char *joined = p->c.failed ? NULL : copy_room(p, name.n + 1 + property.n);

		if (!joined)
			return;
		memcpy(joined, name.p, name.n);
		joined[name.n] = '.';
		memcpy(joined + name.n + 1, property.p, property.n);
		name = str_from(joined, name.n + 1 + property.n);
		cfws(p);
	} else if (!p->relaxed) {
		fail(p, "a property has no ptype");
	}
	if (!cursor_accept(&p->c, '='))
		fail(p, "\"=\" is missing behind a property");
	cfws(p);
	out->name = lower(p, name);
	out->value = pvalue(p);
	expect_gap(p);
}

/* reasonspec: whether "reason" "=" comes next; both are taken */
static bool is_reason(struct parser *p)
{
	const char *begin = p->c.at;

	if (!cursor_iaccept(&p->c, STR("reason")))
		return false;
	cfws(p);
	if (cursor_accept(&p->c, '='))
		return true;
	if (!p->c.failed)
		p->c.at = begin;
	return false;
}

static void properties(struct parser *p, struct authres_result *r)
{
	for (;;) {
		bool gap = cfws(p);

		if (cursor_done(&p->c) || cursor_peek(&p->c) == ';')
			return;
		if (!gap && !p->relaxed)
			fail(p, "white space is missing");
		if (r->property_count == 0 && r->reason.n == 0 && is_reason(p)) {
			cfws(p);
			r->reason = p->relaxed ? pvalue(p) : value(p);
			expect_gap(p);
			continue;
		}
		if (r->property_count == AUTHRES_PROPERTIES_MAX || p->pool_left == 0) {
			fail(p, p->pool_left ? "a result has too many properties" : "a property has no value");
			return;
		}
		propspec(p, &r->properties[r->property_count]);
		if (p->c.failed)
			return;
		r->property_count++;
		p->pool++;
		p->pool_left--;
	}
}

/* methodspec, and what hangs on it */
static void resinfo(struct parser *p, struct authres_result *r)
{
	*r = (struct authres_result){.method_version = 1, .properties = p->pool};
	r->method = lower(p, keyword(p));
	cfws(p);
	if (cursor_accept(&p->c, '/')) {
		cfws(p);
		r->method_version = (unsigned)cursor_u64(&p->c, 999);
		cfws(p);
	}
	if (!cursor_accept(&p->c, '='))
		fail(p, "\"=\" is missing behind a method");
	cfws(p);
	r->result = lower(p, keyword(p));
	expect_gap(p);
	p->current = r;
	properties(p, r);
	p->current = NULL;
}

/* Relaxed: an authserv-id that stands again between two results, as Microsoft writes it. */
static bool skip_repeated_id(struct parser *p)
{
	const char *begin = p->c.at;

	struct str id = p->relaxed ? cursor_while(&p->c, is_token_char) : STR_NULL;

	if (str_find(id, '.') < id.n) {
		cfws(p);
		if (cursor_done(&p->c) || cursor_peek(&p->c) == ';')
			return true;
	}
	if (!p->c.failed)
		p->c.at = begin;
	return false;
}

static bool is_none(struct parser *p)
{
	const char *begin = p->c.at;

	if (cursor_iaccept(&p->c, STR("none"))) {
		cfws(p);
		if (cursor_done(&p->c))
			return true;
	}
	if (!p->c.failed)
		p->c.at = begin;
	return false;
}

static void results(struct parser *p, struct authres_field *f)
{
	if (cfws(p) && cursor_done(&p->c) && !p->relaxed)
		fail(p, "\";\" is missing");
	while (!p->c.failed && !cursor_done(&p->c)) {
		bool separated = cursor_accept(&p->c, ';');

		if (!separated && !(p->relaxed && f->result_count == 0))
			fail(p, "\";\" is missing");
		cfws(p);
		if (p->relaxed && (cursor_done(&p->c) || cursor_peek(&p->c) == ';'))
			continue;
		if (separated && f->result_count == 0 && is_none(p)) {
			f->none = true;
			return;
		}
		if (skip_repeated_id(p))
			continue;
		if (f->result_count == AUTHRES_RESULTS_MAX) {
			fail(p, "too many results");
			return;
		}
		resinfo(p, &f->results[f->result_count]);
		f->result_count += !p->c.failed;
	}
}

/* Relaxed: whether the field begins with a method, so that the authserv-id is missing. */
static bool lacks_id(struct parser *p)
{
	const char *begin = p->c.at;

	cursor_while(&p->c, is_relaxed_keyword_char);
	cfws(p);
	bool lacks = cursor_peek(&p->c) == '=';

	if (!p->c.failed)
		p->c.at = begin;
	return lacks;
}

/* authserv-id [ CFWS authres-version ] */
static void id_and_version(struct parser *p, struct authres_field *f)
{
	cfws(p);
	if (p->relaxed && lacks_id(p))
		return;
	f->authserv_id = value(p);
	cfws(p);
	if (is_digit(cursor_peek(&p->c)))
		f->version = (unsigned)cursor_u64(&p->c, 999999999);
}

/* How often c stands in the text, `max` where that is more. */
static size_t count_of(struct str text, char c, size_t max)
{
	size_t count = 0;

	for (size_t at; count < max && (at = str_find(text, c)) < text.n; count++)
		text = str_skip(text, at + 1);
	return count;
}

int authres_parse(struct arena *arena, struct str text, enum authres_mode mode, struct authres_field *out)
{
	struct parser p = {.c = cursor_from(text), .arena = arena, .relaxed = mode == AUTHRES_RELAXED};
	struct authres_field f = {.version = 1, .trouble = ""};

	/* memory goes with what the text can hold: a header may have thousands of such fields */
	p.pool_left = count_of(text, '=', AUTHRES_RESULTS_MAX * AUTHRES_PROPERTIES_MAX);
	p.pool = arena_calloc(arena, p.pool_left + 1, sizeof *p.pool);
	f.results = arena_calloc(arena, count_of(text, ';', AUTHRES_RESULTS_MAX) + 1, sizeof *f.results);
	if (!f.results || !p.pool)
		return arena_error(arena);
	if (text.n > AUTHRES_PARSED_FIELD_MAX) {
		fail(&p, "the field is larger than 262144 octets");
	} else {
		id_and_version(&p, &f);
		results(&p, &f);
		if (!p.c.failed && !f.none && f.result_count == 0)
			fail(&p, "no results and no \"none\"");
	}
	if (p.out_of_memory)
		return arena_error(arena);
	f.valid = !p.c.failed;
	f.trouble = p.c.failed ? (p.trouble ? p.trouble : "malformed") : "";
	f.position = cursor_position(&p.c);
	*out = f;
	return INKAN_OK;
}

/* ---- whose field is it? ---- */

/* Whether the first word of what was not read, comments, quotes, white space and folding taken out, begins with the id. */
static bool hides_id(struct str rest, struct str id)
{
	size_t depth = 0, at = 0;

	for (size_t i = 0; i < rest.n && at < id.n; i++) {
		char c = rest.p[i];

		if (c == '\\' && depth)
			i++;
		else if (c == '(')
			depth++;
		else if (c == ')' && depth)
			depth--;
		else if (depth || is_fws_char(c) || c == '"' || c == '\\' || c == '\0')
			continue;
		else if (to_lower(c) != to_lower(id.p[at++]))
			return false;
	}
	return at == id.n;
}

static struct str without_final_dot(struct str s)
{
	return s.n && s.p[s.n - 1] == '.' ? str_head(s, s.n - 1) : s;
}

bool authres_same_id(struct str a, struct str b)
{
	return str_ieq(without_final_dot(str_trim_fws(a)), without_final_dot(str_trim_fws(b)));
}

int authres_is_ours(struct arena *arena, const struct header_field *field, struct str authserv_id, bool *ours_out)
{
	struct parser p = {.c = cursor_from(field->value), .arena = arena, .relaxed = true};
	struct authres_field f = {.version = 1};

	*ours_out = false;
	if (!str_ieq(field->name, STR("Authentication-Results")))
		return INKAN_OK;
	id_and_version(&p, &f);
	if (p.out_of_memory)
		return arena_error(arena);
	bool ends = cursor_done(&p.c) || cursor_peek(&p.c) == ';';

	*ours_out = p.c.failed || f.version != 1 || authres_same_id(f.authserv_id, authserv_id) ||
	            (!ends && hides_id(field->value, without_final_dot(authserv_id)));
	return INKAN_OK;
}

/* The host that a Received field names behind "by"; empty where there is none, or no name with a dot. */
static struct str received_by(struct str value)
{
	struct received received;
	struct str by;

	received_parse(value, &received);
	by = without_final_dot(received.by);
	for (size_t i = 0; i < by.n; i++)
		if (!is_domain_char(by.p[i]))
			return STR_NULL;
	return str_find(by, '.') < by.n && !is_digit(by.p[by.n - 1]) ? by : STR_NULL;
}

static bool is_below(struct str name, struct str domain)
{
	return name.n > domain.n && name.p[name.n - domain.n - 1] == '.' && str_ihas_suffix(name, domain);
}

/* The name without its first label; empty where less than two labels would be left. */
static struct str parent(struct str name)
{
	struct str rest = str_skip(name, str_find(name, '.'));

	rest = rest.n ? str_skip(rest, 1) : rest;
	return str_find(rest, '.') < rest.n ? rest : STR_NULL;
}

/* Whether two host names are of one house: one is the other or above it, or they have the same parent. */
static bool are_related(struct str a, struct str b)
{
	a = without_final_dot(a);
	b = without_final_dot(b);
	return str_ieq(a, b) || is_below(a, b) || is_below(b, a) || (parent(a).n && str_ieq(parent(a), parent(b)));
}

bool authres_is_strangers(const struct header_field *field, const struct str *trusted_ids, size_t trusted_count,
                          struct str *by_out)
{
	struct str by = str_ieq(field->name, STR("Received")) ? received_by(field->value) : STR_NULL;

	*by_out = by;

	for (size_t i = 0; by.n && i < trusted_count; i++)
		if (are_related(by, trusted_ids[i]))
			return false;
	return by.n > 0;
}

/* Whether the field is a well-formed one of a trusted id. */
static int is_trusted(const struct header_field *field, const struct str *trusted_ids, size_t trusted_count, bool *out)
{
	struct authres_field parsed;
	struct arena scratch;

	*out = false;
	if (!str_ieq(field->name, STR("Authentication-Results")))
		return INKAN_OK;
	arena_init(&scratch, SCRATCH_MAX);
	int error = authres_parse(&scratch, field->value, AUTHRES_RELAXED, &parsed);

	for (size_t i = 0; !error && i < trusted_count && !*out; i++)
		*out = parsed.valid && parsed.version == 1 && authres_same_id(parsed.authserv_id, trusted_ids[i]);
	arena_release(&scratch);
	return error;
}

int authres_trustworthy(const struct header *header, const struct str *trusted_ids, size_t trusted_count,
                        size_t *field_out)
{
	bool found = false;
	struct str by;

	*field_out = HEADER_NONE;
	for (size_t i = 0; i < header->count; i++) {
		if (authres_is_strangers(&header->fields[i], trusted_ids, trusted_count, &by))
			return INKAN_OK;
		int error = is_trusted(&header->fields[i], trusted_ids, trusted_count, &found);

		if (error)
			return error;
		if (found) {
			*field_out = i;
			return INKAN_OK;
		}
	}
	return INKAN_OK;
}

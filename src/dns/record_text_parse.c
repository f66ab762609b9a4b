/* Reads pasted TXT records; see record_text.h.
 *
 * Line by line: a line is the head of a record (zone line, dig, host, nslookup), which may end in strings; strings alone;
 * a comment; or something else, which is passed over. Where no line is a record, the whole text is one bare value. */
#include "core/cursor.h"
#include "dns/record_text.h"

enum { HEAD_WORDS_MAX = 4 }; /* name, TTL, class, type */

struct parser {
	struct arena *arena;
	struct cursor c;
	struct record_text *first, **last;
	/* the record being collected */
	bool is_open;
	bool has_text; /* a string was there, if only an empty one */
	struct str name;
	char *value; /* room for everything that was pasted */
	size_t size;
};

/* ---- records ---- */

static void end_record(struct parser *p)
{
	if (p->is_open && p->has_text) {
		struct record_text *made = arena_calloc(p->arena, 1, sizeof(*made));

		if (!made)
			return;
		made->name = p->name;
		made->value = arena_str(p->arena, str_from(p->value, p->size));
		*p->last = made;
		p->last = &made->next;
	}
	p->is_open = p->has_text = false;
	p->size = 0;
}

static void begin_record(struct parser *p, struct str name)
{
	end_record(p);
	p->is_open = true;
	p->name = name;
}

static void add_octet(struct parser *p, char octet)
{
	p->value[p->size++] = octet;
}

/* ---- escapes ---- */

/* The octet that comes next, an escape resolved (RFC 1035 section 5.1): \DDD is decimal, \X is X. */
static char take_octet(struct cursor *c)
{
	const char *begin = c->at;
	unsigned value = 0;

	if (!cursor_accept(c, '\\')) {
		c->at++;
		return *begin;
	}
	if (!is_digit(cursor_peek(c))) {
		if (!cursor_done(c))
			return *c->at++;
		c->at = begin;
		cursor_fail(c);
		return '\0';
	}
	for (int i = 0; i < 3 && is_digit(cursor_peek(c)); i++)
		value = value * 10 + (unsigned)(*c->at++ - '0');
	if (c->at - begin != 4 || value > 255) {
		c->at = begin;
		cursor_fail(c);
	}
	return (char)value;
}

/* Escapes resolved, without final dots; "@" is the empty name. On a wrong escape p->c fails there. */
static struct str resolve_name(struct parser *p, struct str raw)
{
	struct cursor c = cursor_from(raw);
	char *out = arena_text(p->arena, raw.n);
	size_t n = 0;

	if (!out || str_eq(raw, STR("@")))
		return STR_NULL;
	while (!cursor_done(&c))
		out[n++] = take_octet(&c);
	if (c.failed) {
		p->c.at = c.at;
		cursor_fail(&p->c);
		return STR_NULL;
	}
	while (n && out[n - 1] == '.')
		n--;
	return str_from(out, n);
}

/* ---- strings ---- */

static void skip_wsp(struct cursor *c)
{
	cursor_while(c, is_wsp);
}

static bool is_in_line(char c)
{
	return c != '\n';
}

static void skip_line(struct cursor *c)
{
	cursor_while(c, is_in_line);
	cursor_accept(c, '\n');
}

/* A line break inside was made by a terminal or a mail program: it is no part of the string. */
static void quoted_string(struct parser *p)
{
	struct cursor *c = &p->c;
	const char *begin = c->at;

	cursor_expect(c, '"');
	while (!cursor_done(c) && *c->at != '"') {
		if (*c->at == '\r' || *c->at == '\n')
			c->at++;
		else
			add_octet(p, take_octet(c));
	}
	if (!c->failed && !cursor_accept(c, '"')) {
		c->at = begin;
		cursor_fail(c);
	}
	p->has_text = true;
}

static bool is_word(char c)
{
	return !is_fws_char(c) && c != '"' && c != '(' && c != ')' && c != ';';
}

/* Words without quotes count only where no string has any. */
static void plain_word(struct parser *p, bool counts)
{
	while (!cursor_done(&p->c) && is_word(*p->c.at)) {
		char octet = take_octet(&p->c);

		if (counts)
			add_octet(p, octet);
	}
	p->has_text = p->has_text || counts;
}

/* Strings to the end of the line, or of the parentheses. */
static void strings(struct parser *p)
{
	struct cursor *c = &p->c;
	size_t depth = 0;
	bool quoted = false;

	while (!cursor_done(c)) {
		switch (*c->at) {
		case '"':
			quoted_string(p);
			quoted = true;
			break;
		case '(':
			depth++;
			c->at++;
			break;
		case ')':
			depth -= depth > 0;
			c->at++;
			break;
		case ';':
			cursor_while(c, is_in_line);
			break;
		case '\n':
			c->at++;
			if (depth == 0)
				return;
			break;
		case ' ':
		case '\t':
		case '\r':
			c->at++;
			break;
		default:
			plain_word(p, depth > 0 && !quoted);
		}
	}
}

static bool is_tag_char(char c)
{
	return is_alpha(c) || is_digit(c) || c == '-' || c == '_';
}

/* Whether strings at the start of a line belong to the record before. */
static bool continues(const struct parser *p, bool indented)
{
	struct cursor c = p->c;

	if (!p->is_open || !p->has_text)
		return p->is_open;
	if (!cursor_accept(&c, '"') || cursor_iaccept(&c, STR("v=")))
		return false;
	if (indented || (p->size && (p->value[p->size - 1] == ';' || p->value[p->size - 1] == ' ')))
		return true;
	struct str tag = cursor_while(&c, is_tag_char);

	/* base64 may end in "=", but goes on with nothing else */
	return tag.n < 2 || !cursor_accept(&c, '=') || cursor_peek(&c) == '=' || cursor_peek(&c) == '"';
}

/* ---- heads ---- */

static bool is_head_char(char c)
{
	return !is_fws_char(c) && c != '"' && c != '(';
}

/* A word of the line; escapes stay. */
static struct str head_word(struct cursor *c)
{
	const char *begin;

	skip_wsp(c);
	begin = c->at;
	while (!cursor_done(c) && is_head_char(*c->at))
		c->at += *c->at == '\\' && c->end - c->at > 1 && !is_fws_char(c->at[1]) ? 2 : 1;
	return str_from(begin, (size_t)(c->at - begin));
}

static bool is_ttl(struct str word)
{
	for (size_t i = 0; i < word.n; i++)
		if (!is_digit(word.p[i]) && (i == 0 || !memchr("smhdwSMHDW", word.p[i], 10)))
			return false;
	return word.n > 0;
}

static bool is_class(struct str word)
{
	return str_ieq(word, STR("IN")) || str_ieq(word, STR("CH")) || str_ieq(word, STR("HS"));
}

/* [name] [TTL] [class] TXT */
static bool zone_head(struct cursor *c, struct str *name)
{
	*name = STR_NULL;
	for (int i = 0; i < HEAD_WORDS_MAX; i++) {
		struct str word = head_word(c);

		if (str_ieq(word, STR("TXT")) || str_ieq(word, STR("SPF")))
			return true;
		if (is_ttl(word) || is_class(word))
			continue;
		if (i > 0 || word.n == 0)
			return false;
		*name = word;
	}
	return false;
}

/* name "text =" of nslookup, name "descriptive text" of host */
static bool lookup_head(struct cursor *c, struct str *name)
{
	*name = head_word(c);
	struct str word = head_word(c);

	if (str_ieq(word, STR("descriptive")))
		return str_ieq(head_word(c), STR("text"));
	return str_ieq(word, STR("text")) && str_eq(head_word(c), STR("="));
}

/* Takes the head of a record, if the line has one. */
static bool head(struct parser *p)
{
	struct cursor zone = p->c, lookup = p->c;
	struct str name;

	if (zone_head(&zone, &name))
		p->c.at = zone.at;
	else if (lookup_head(&lookup, &name))
		p->c.at = lookup.at;
	else
		return false;
	begin_record(p, resolve_name(p, name));
	return true;
}

/* What stands behind a head: strings, perhaps on the next lines, or a value without quotes. */
static void data(struct parser *p)
{
	struct cursor *c = &p->c;

	skip_wsp(c);
	if (cursor_done(c) || memchr("\"(\r\n;", *c->at, 5)) {
		strings(p);
		return;
	}
	while (!cursor_done(c) && *c->at != '\n')
		add_octet(p, take_octet(c));
	while (p->size && is_fws_char(p->value[p->size - 1]))
		p->size--;
	p->has_text = true;
}

static void line(struct parser *p)
{
	struct cursor *c = &p->c;
	bool indented = is_wsp(cursor_peek(c));

	skip_wsp(c);
	cursor_accept(c, '\r');
	char next = cursor_peek(c);

	if (cursor_done(c) || next == '\n' || next == ';') {
		skip_line(c);
	} else if (next == '"' || next == '(') {
		if (!continues(p, indented))
			begin_record(p, STR_NULL);
		strings(p);
	} else if (head(p)) {
		data(p);
	} else {
		end_record(p);
		skip_line(c);
	}
}

/* ---- the whole ---- */

/* Line breaks and the space round them become one space; comment lines go. */
static void bare_value(struct parser *p, struct str pasted)
{
	begin_record(p, STR_NULL);
	p->has_text = true;
	while (pasted.n) {
		struct str part = str_trim_fws(str_split(&pasted, '\n'));

		if (part.n == 0 || part.p[0] == ';')
			continue;
		if (p->size)
			add_octet(p, ' ');
		memcpy(p->value + p->size, part.p, part.n);
		p->size += part.n;
	}
	end_record(p);
}

bool record_text_list(struct arena *arena, struct str pasted, struct record_text **out, size_t *position_out)
{
	struct parser p = {.arena = arena, .c = cursor_from(pasted), .value = arena_text(arena, pasted.n)};

	p.last = &p.first;
	while (p.value && !cursor_done(&p.c))
		line(&p);
	end_record(&p);
	if (p.value && !p.first && !p.c.failed)
		bare_value(&p, pasted);
	*position_out = p.c.failed ? cursor_position(&p.c) : 0;
	if (p.c.failed || arena_error(arena))
		return false;
	*out = p.first;
	return true;
}

bool record_text_parse(struct arena *arena, struct str pasted, struct str *name_out, struct str *value_out,
                       size_t *position_out)
{
	struct record_text *list;

	if (!record_text_list(arena, pasted, &list, position_out))
		return false;
	*name_out = list->name;
	*value_out = list->value;
	return true;
}

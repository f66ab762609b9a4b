/* Addresses (RFC 5322 sections 3.4 and 4.4, UTF-8 as of RFC 6532).
 *
 * One pass from left to right, element by element; the text of an element is looked at twice at most, and nothing
 * recurses. Where an element is no mailbox the error is noted and reading goes on behind it. Also accepted, as the world
 * writes them: dots anywhere in phrases and local parts, a final dot of a domain. Listed although an error is noted: an
 * address in angle brackets with a malformed phrase before it or without its final ">". */
#include "mail/address.h"

#include "core/cursor.h"
#include "core/utf8.h"

struct parser {
	struct arena *arena;
	struct cursor c; /* its `failed` is not used: what is wrong is noted in `out` */
	struct address_list *out;
	size_t room; /* for mailboxes */
	bool in_group;
};

static void note(struct parser *p, enum address_error error)
{
	if (p->out->error == ADDRESS_OK) {
		p->out->error = error;
		p->out->error_position = cursor_position(&p->c);
	}
}

/* atext of RFC 5322 section 3.2.3 */
static bool is_atext(char c)
{
	return is_alpha(c) || is_digit(c) || (c != '\0' && strchr("!#$%&'*+-/=?^_`{|}~", c));
}

/* A control character, C0, DEL or C1, at the start of s; folding has been looked for before. */
static bool is_control(struct str s)
{
	unsigned char c = s.n ? (unsigned char)s.p[0] : ' ';

	return c < ' ' || c == 0x7f || (c == 0xc2 && s.n > 1 && utf8_char_size(s) && (unsigned char)s.p[1] < 0xa0);
}

/* Notes that what the cursor stands at does not belong there. */
static void note_at_cursor(struct parser *p)
{
	note(p, is_control(cursor_rest(&p->c)) ? ADDRESS_CONTROL : ADDRESS_SYNTAX);
}

/* Size of a character beyond ASCII that may stand in an atom; 0 where there is none. */
static size_t utf8_non_ascii_size(struct str s)
{
	size_t n = utf8_char_size(s);

	return n > 1 && !is_control(s) ? n : 0;
}

/* Size of a line break of folding: CRLF before WSP; 0 where there is none. */
static size_t fold_size(struct str s)
{
	return s.n >= 3 && s.p[0] == '\r' && s.p[1] == '\n' && is_wsp(s.p[2]) ? 2 : 0;
}

/* Takes one character of free text, whatever it is; notes what must not be there. */
static void take_char(struct parser *p)
{
	struct str rest = cursor_rest(&p->c);
	size_t fold = fold_size(rest), n = fold ? fold : utf8_char_size(rest);

	if (n == 0 || (fold == 0 && rest.p[0] != '\t' && is_control(rest)))
		note_at_cursor(p);
	p->c.at += n ? n : 1;
}

/* The same, and with a backslash the character that it quotes, where folding is none. */
static void take_char_or_pair(struct parser *p)
{
	if (cursor_peek(&p->c) == '\\' && p->c.end - p->c.at > 1) {
		p->c.at++;
		if (cursor_peek(&p->c) == '\r')
			note_at_cursor(p);
	}
	take_char(p);
}

/* comment = "(" *([FWS] ccontent) [FWS] ")" */
static void skip_comment(struct parser *p)
{
	size_t depth = 0;

	while (!cursor_done(&p->c)) {
		char c = cursor_peek(&p->c);

		if (c == '(' && ++depth > ADDRESS_COMMENT_DEPTH_MAX)
			note(p, ADDRESS_COMMENT_DEPTH);
		take_char_or_pair(p);
		if (c == ')' && --depth == 0)
			return;
	}
	note(p, ADDRESS_COMMENT_DEPTH);
}

static void skip_cfws(struct parser *p)
{
	for (size_t n; !cursor_done(&p->c);) {
		char c = cursor_peek(&p->c);

		if (c == '(')
			skip_comment(p);
		else if (is_wsp(c))
			p->c.at++;
		else if ((n = fold_size(cursor_rest(&p->c))))
			p->c.at += n;
		else
			return;
	}
}

/* atom without the CFWS round it; false where there is none */
static bool skip_atom(struct parser *p)
{
	const char *from = p->c.at;

	for (size_t n = 1; n && !cursor_done(&p->c); p->c.at += n)
		n = is_atext(*p->c.at) ? 1 : utf8_non_ascii_size(cursor_rest(&p->c));
	return p->c.at > from;
}

/* quoted-string without the CFWS round it; false where there is none, or it does not end */
static bool skip_quoted_string(struct parser *p)
{
	if (!cursor_accept(&p->c, '"'))
		return false;
	while (!cursor_done(&p->c)) {
		if (cursor_accept(&p->c, '"'))
			return true;
		take_char_or_pair(p);
	}
	note(p, ADDRESS_SYNTAX);
	return false;
}

static bool skip_word(struct parser *p)
{
	return cursor_peek(&p->c) == '"' ? skip_quoted_string(p) : skip_atom(p);
}

/* obs-phrase, or what begins like one: words and dots. True where there is at least one word. */
static bool skip_phrase(struct parser *p)
{
	bool found = false;

	for (;;) {
		skip_cfws(p);
		if (skip_word(p))
			found = true;
		else if (!cursor_accept(&p->c, '.'))
			return found;
	}
}

/* local-part and obs-local-part; stands behind it then */
static bool skip_local_part(struct parser *p)
{
	bool found = false, after_word = false;

	for (;;) {
		skip_cfws(p);
		if (cursor_accept(&p->c, '.')) {
			after_word = false;
		} else if (after_word || !skip_word(p)) {
			return found;
		} else {
			found = after_word = true;
		}
	}
}

/* domain-literal without the CFWS round it */
static bool skip_domain_literal(struct parser *p)
{
	p->c.at++;
	while (!cursor_done(&p->c) && cursor_peek(&p->c) != '[') {
		if (cursor_accept(&p->c, ']'))
			return true;
		take_char_or_pair(p);
	}
	return false;
}

/* domain and obs-domain, a final dot allowed; stands behind it and its CFWS then */
static bool skip_domain(struct parser *p)
{
	skip_cfws(p);
	if (cursor_peek(&p->c) == '[') {
		bool good = skip_domain_literal(p);

		skip_cfws(p);
		return good;
	}
	if (!skip_atom(p))
		return false;
	for (;;) {
		skip_cfws(p);
		if (!cursor_accept(&p->c, '.'))
			return true;
		skip_cfws(p);
		if (!skip_atom(p))
			return cursor_peek(&p->c) != '.';
	}
}

/* What a well-formed local-part or domain says: comments and FWS left out, quotes undone. */
static struct str plain_text(struct parser *p, struct str raw)
{
	char *text = arena_text(p->arena, raw.n), *to = text;
	struct parser in = {.c = cursor_from(raw), .out = p->out};
	bool quoted = false, literal = false;

	if (!text)
		return STR_NULL;
	while (!cursor_done(&in.c)) {
		char c = *in.c.at;

		if (c == '(' && !quoted && !literal) {
			skip_comment(&in);
			continue;
		}
		in.c.at++;
		if (c == '"' && !literal) {
			quoted = !quoted;
			continue;
		}
		if (c == '\\' && (quoted || literal))
			c = *in.c.at++;
		else if (c == '\r' || c == '\n' || (is_wsp(c) && !quoted))
			continue;
		else if (!quoted)
			literal = (literal || c == '[') && c != ']';
		*to++ = c;
	}
	return str_from(text, (size_t)(to - text));
}

static struct str span(const char *from, const char *end)
{
	return str_from(from, (size_t)(end - from));
}

/* addr-spec; stands behind it and its CFWS then. out: all but the display name */
static bool addr_spec(struct parser *p, struct mailbox *out)
{
	skip_cfws(p);
	const char *local = p->c.at;

	if (!skip_local_part(p) || cursor_peek(&p->c) != '@')
		return false;
	const char *at_sign = p->c.at++;

	if (!skip_domain(p))
		return false;
	*out = (struct mailbox){
		.local_part = plain_text(p, span(local, at_sign)),
		.domain = plain_text(p, span(at_sign + 1, p->c.at)),
		.position = (size_t)(local - p->c.begin),
	};
	return true;
}

/* obs-route = obs-domain-list ":", if one is there */
static bool skip_route(struct parser *p)
{
	skip_cfws(p);
	if (cursor_peek(&p->c) != '@' && cursor_peek(&p->c) != ',')
		return true;
	while (!cursor_accept(&p->c, ':')) {
		if (!cursor_accept(&p->c, ',') && (!cursor_accept(&p->c, '@') || !skip_domain(p)))
			return false;
		skip_cfws(p);
	}
	return true;
}

static void add(struct parser *p, struct mailbox mailbox, struct str display)
{
	if (p->out->count == p->room) {
		note(p, ADDRESS_TOO_MANY);
		p->c.at = p->c.end;
		return;
	}
	mailbox.display = str_trim_fws(display);
	p->out->mailboxes[p->out->count++] = mailbox;
}

static bool at_separator(const struct parser *p)
{
	char c = cursor_peek(&p->c);

	return cursor_done(&p->c) || c == ',' || c == ';';
}

/* angle-addr. False where it is none: then the cursor stands at what is wrong. */
static bool angle_addr(struct parser *p, struct str display)
{
	struct mailbox mailbox;

	p->c.at++;
	if (!skip_route(p) || !addr_spec(p, &mailbox))
		return false;
	if (!cursor_accept(&p->c, '>')) {
		note_at_cursor(p);
		if (!at_separator(p))
			return false;
	}
	add(p, mailbox, display);
	return true;
}

/* Notes the error and skips the rest of the element that began at `from`, but for addresses in angle brackets. */
static void skip_malformed(struct parser *p, const char *from)
{
	note_at_cursor(p);
	while (!at_separator(p)) {
		char c = cursor_peek(&p->c);

		if (c == '(')
			skip_comment(p);
		else if (c == '"')
			skip_quoted_string(p);
		else if (c == '<')
			angle_addr(p, span(from, p->c.at));
		else
			take_char(p);
	}
}

/* `"A Name" a@example.com`: a quoted name whose address lacks its brackets. Stands behind the address where it is one, and
 * where it stood else. */
static bool unbracketed(struct parser *p, const char *from)
{
	const char *stuck = p->c.at;
	struct mailbox mailbox;

	p->c.at = from;
	if (cursor_peek(&p->c) == '"' && skip_quoted_string(p)) {
		if (addr_spec(p, &mailbox) && at_separator(p)) {
			const char *end = p->c.at, *begin = p->c.begin + mailbox.position;

			p->c.at = begin;
			note(p, ADDRESS_SYNTAX);
			p->c.at = end;
			add(p, mailbox, span(from, begin));
			return true;
		}
	}
	p->c.at = stuck;
	return false;
}

/* mailbox, or the start of a group */
static void element(struct parser *p)
{
	const char *from = p->c.at;
	struct mailbox mailbox;
	bool good = skip_phrase(p);
	char c = cursor_peek(&p->c);

	if (c == ':' && good && !p->in_group) {
		p->c.at++;
		p->in_group = true;
		return;
	}
	if (c == '<') {
		good = angle_addr(p, span(from, p->c.at));
	} else if (c == '@' && good) {
		p->c.at = from;
		good = addr_spec(p, &mailbox) && at_separator(p);
		if (good)
			add(p, mailbox, STR_NULL);
		else
			good = unbracketed(p, from);
	} else {
		good = false;
	}
	skip_cfws(p);
	if (!good || !at_separator(p))
		skip_malformed(p, from);
}

/* Takes "," or ";" and notes where it does not belong. */
static void separator(struct parser *p)
{
	if (cursor_accept(&p->c, ','))
		return;
	if (!p->in_group)
		note(p, ADDRESS_SYNTAX);
	p->c.at++;
	p->in_group = false;
	skip_cfws(p);
	if (!cursor_done(&p->c) && cursor_peek(&p->c) != ',')
		note(p, ADDRESS_SYNTAX);
}

static void address_list(struct parser *p)
{
	for (;;) {
		skip_cfws(p);
		if (cursor_done(&p->c))
			break;
		if (at_separator(p))
			separator(p);
		else
			element(p);
	}
	if (p->in_group)
		note(p, ADDRESS_SYNTAX);
}

/* An upper bound: each mailbox has an "@". */
static size_t count_mailboxes(struct str value)
{
	size_t n = 0;

	for (size_t at; n < ADDRESS_LIST_MAX && (at = str_find(value, '@')) < value.n; n++)
		value = str_skip(value, at + 1);
	return n;
}

void address_list_parse(struct arena *arena, struct str value, struct address_list *out)
{
	struct parser p = {.arena = arena, .c = cursor_from(value), .out = out, .room = count_mailboxes(value)};

	*out = (struct address_list){.mailboxes = arena_alloc(arena, p.room * sizeof *out->mailboxes)};
	if (out->mailboxes)
		address_list(&p);
	if (arena_error(arena)) {
		*out = (struct address_list){.error = ADDRESS_NO_MEMORY};
		return;
	}
	if (out->count == 0)
		note(&p, ADDRESS_EMPTY);
}

const char *address_error_text(enum address_error error)
{
	static const char *const texts[] = {
		[ADDRESS_OK] = "no error",
		[ADDRESS_EMPTY] = "no mailbox",
		[ADDRESS_SYNTAX] = "malformed address",
		[ADDRESS_CONTROL] = "control character",
		[ADDRESS_COMMENT_DEPTH] = "comments nested too deep, or a comment that does not end",
		[ADDRESS_TOO_MANY] = "too many mailboxes",
		[ADDRESS_NO_MEMORY] = "out of memory",
	};

	return texts[error];
}

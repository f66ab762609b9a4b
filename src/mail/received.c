/* Words and comments from left to right; a word that names a clause begins one, if the clause before has its value. */
#include "mail/received.h"

#include <arpa/inet.h>

#include "core/cursor.h"
#include "core/ip.h"
#include "mail/date.h"

enum clause { CLAUSE_NONE, CLAUSE_FROM, CLAUSE_BY, CLAUSE_VIA, CLAUSE_WITH, CLAUSE_ID, CLAUSE_FOR };

static const char *const CLAUSES[] = {
	[CLAUSE_FROM] = "from", [CLAUSE_BY] = "by", [CLAUSE_VIA] = "via",
	[CLAUSE_WITH] = "with", [CLAUSE_ID] = "id", [CLAUSE_FOR] = "for",
};

enum { CLAUSE_COUNT = CLAUSE_FOR + 1 };

static enum clause clause_of(struct str word)
{
	for (size_t i = CLAUSE_FROM; i < CLAUSE_COUNT; i++)
		if (str_ieq(word, str_c(CLAUSES[i])))
			return (enum clause)i;
	return CLAUSE_NONE;
}

/* The comment that begins at the cursor, without its parentheses; one that is never closed ends with the field. */
static struct str take_comment(struct cursor *c)
{
	const char *from = ++c->at;
	size_t depth = 1;

	for (; !cursor_done(c); c->at++) {
		if (*c->at == '\\' && c->end - c->at > 1)
			c->at++;
		else if (*c->at == '(')
			depth++;
		else if (*c->at == ')' && --depth == 0)
			break;
	}
	struct str comment = str_from(from, (size_t)(c->at - from));

	(void)cursor_accept(c, ')');
	return comment;
}

static bool is_word_char(char c)
{
	return !is_fws_char(c) && c != '(' && c != ';';
}

/* ---- the client's address ---- */

static bool is_address_char(char c)
{
	return is_digit(c) || (to_lower(c) >= 'a' && to_lower(c) <= 'f') || c == ':' || c == '.';
}

/* Takes an address that makes up all of the text: "192.0.2.1", "IPv6:2001:db8::1". */
static bool take_address(struct str text, struct received *out)
{
	char terminated[RECEIVED_IP_MAX + 1];

	if (str_ihas_prefix(text, STR("IPv6:")))
		text = str_skip(text, 5);
	if (text.n == 0 || text.n > RECEIVED_IP_MAX)
		return false;
	memcpy(terminated, text.p, text.n);
	terminated[text.n] = '\0';
	out->is_ipv6 = str_find(text, ':') < text.n;
	if (inet_pton(out->is_ipv6 ? AF_INET6 : AF_INET, terminated, out->address) != 1)
		return false;
	return inet_ntop(out->is_ipv6 ? AF_INET6 : AF_INET, out->address, out->ip, sizeof out->ip) != NULL;
}

/* In square brackets, as RFC 5321 has it. */
static bool take_literal(struct str text, struct received *out)
{
	while (text.n) {
		text = str_skip(text, str_find(text, '[') + 1);
		if (take_address(str_head(text, str_find(text, ']')), out))
			return true;
	}
	return false;
}

/* Bare, as some write it: "(2001:db8::1)". */
static bool take_bare(struct str text, struct received *out)
{
	struct cursor c = cursor_from(text);

	while (!cursor_done(&c)) {
		const char *from = c.at;

		(void)cursor_iaccept(&c, STR("IPv6:"));
		(void)cursor_while(&c, is_address_char);
		struct str candidate = str_from(from, (size_t)(c.at - from));
		bool ends = cursor_done(&c) || !(is_alpha(*c.at) || *c.at == '-' || *c.at == '_');

		if (ends && take_address(candidate, out))
			return true;
		/* on to what stands behind the next separator */
		while (!cursor_done(&c) && (is_alpha(*c.at) || is_address_char(*c.at) || *c.at == '-' || *c.at == '_'))
			c.at++;
		while (!cursor_done(&c) && !is_alpha(*c.at) && !is_address_char(*c.at))
			c.at++;
	}
	return false;
}

/* What a comment of the clause "from" says. */
enum comment_content {
	COMMENT_CLAIMS,  /* nothing but what the client calls itself */
	COMMENT_REMARKS, /* something else */
	COMMENT_ADDRESS
};

/* As Exim has it; the port beside it is no remark either. */
static bool is_claim(struct str word)
{
	return str_ihas_prefix(word, STR("helo=")) || str_ihas_prefix(word, STR("ident=")) ||
	       str_ihas_prefix(word, STR("port="));
}

/* "HELO example.com" (qmail): the next word is what the client calls itself. */
static bool announces_claim(struct str word)
{
	return str_ieq(word, STR("HELO")) || str_ieq(word, STR("EHLO"));
}

static bool is_outside_comment(char c)
{
	return c != '(';
}

static struct str take_word(struct str *rest)
{
	*rest = str_trim_fws(*rest);
	size_t n = 0;

	while (n < rest->n && !is_fws_char(rest->p[n]))
		n++;
	struct str word = str_head(*rest, n);

	*rest = str_skip(*rest, n);
	return word;
}

/* The last address of a comment, one in brackets before others: what stands before it, the name that DNS gives the client
 * and its answer to ident, is of the client's choice. */
static enum comment_content read_comment(struct str comment, struct received *out)
{
	enum comment_content content = COMMENT_CLAIMS;
	bool skip = false, is_literal = false;

	while ((comment = str_trim_fws(comment)).n) {
		struct str word = take_word(&comment);
		bool claim = skip || is_claim(word);
		struct received found;

		skip = !skip && announces_claim(word);
		if (claim || skip)
			continue;
		bool literal = take_literal(word, &found);

		if (literal || (!is_literal && take_bare(word, &found))) {
			memcpy(out->ip, found.ip, sizeof out->ip);
			memcpy(out->address, found.address, sizeof out->address);
			out->is_ipv6 = found.is_ipv6;
			is_literal = is_literal || literal;
			content = COMMENT_ADDRESS;
		} else if (content == COMMENT_CLAIMS) {
			content = COMMENT_REMARKS;
		}
	}
	return content;
}

/* `said`: all of the clause "from", name and comments. The name is what the client said in HELO, which may look like any
 * address, so the comments go first (RFC 5321 section 4.4: TCP-info). Only where they hold no more than claims as well did
 * the server itself write the address in front, as Exim does. Behind the first comment with anything else stands what is
 * not about the address: names in certificates, for instance, which the client has chosen. */
static void find_address(struct str said, struct received *out)
{
	struct cursor c = cursor_from(said);
	bool remarks = false;

	cursor_skip_fws(&c);
	struct str name = cursor_while(&c, is_word_char);

	for (;;) {
		(void)cursor_while(&c, is_outside_comment);
		if (cursor_done(&c) || remarks)
			break;
		enum comment_content content = read_comment(take_comment(&c), out);

		if (content == COMMENT_ADDRESS)
			return;
		remarks = content == COMMENT_REMARKS;
	}
	if (remarks || (!take_literal(name, out) && !take_bare(name, out)))
		out->ip[0] = '\0';
}

/* ---- the field ---- */

static void set(struct received *out, enum clause clause, struct str word)
{
	if (clause == CLAUSE_FROM)
		out->from = word;
	else if (clause == CLAUSE_BY)
		out->by = word;
	else if (clause == CLAUSE_WITH)
		out->with = word;
	else if (clause == CLAUSE_FOR)
		out->recipient = str_has_prefix(word, STR("<")) && word.p[word.n - 1] == '>'
		                         ? str_from(word.p + 1, word.n - 2)
		                         : word;
}

void received_parse(struct str value, struct received *out)
{
	struct cursor c = cursor_from(value);
	enum clause clause = CLAUSE_NONE;
	bool wants_value = false;
	const char *said = NULL, *said_end = NULL; /* the clause "from" */

	*out = (struct received){.date = UNIX_TIME_NONE};
	for (cursor_skip_fws(&c); !cursor_done(&c) && cursor_peek(&c) != ';'; cursor_skip_fws(&c)) {
		if (cursor_peek(&c) == '(') {
			(void)take_comment(&c);
		} else {
			struct str word = cursor_while(&c, is_word_char);
			enum clause next = wants_value ? CLAUSE_NONE : clause_of(word);

			if (next != CLAUSE_NONE) {
				clause = next;
				wants_value = true;
				if (clause == CLAUSE_FROM && !said)
					said = c.at;
				continue;
			}
			if (wants_value)
				set(out, clause, word);
			wants_value = false;
		}
		if (clause == CLAUSE_FROM)
			said_end = c.at;
	}
	if (said && said_end > said)
		find_address(str_from(said, (size_t)(said_end - said)), out);
	if (cursor_accept(&c, ';') && !mail_date_parse(cursor_rest(&c), &out->date))
		out->date = UNIX_TIME_NONE;
}

bool received_is_public(const struct received *received)
{
	return received->ip[0] && !ip_is_private(received->address, received->is_ipv6);
}

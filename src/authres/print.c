#include "authres/print.h"

#include "dns/dns.h"

enum { LINE_MAX_COLUMNS = 78, PIECE_MAX = 2048 };

static bool is_printable(char c)
{
	return (unsigned char)c > 32 && (unsigned char)c < 127;
}

/* token of RFC 2045 section 5.1 */
static bool is_token_char(char c)
{
	return is_printable(c) && !strchr("()<>@,;:\\\"/[]?=", c);
}

static bool is_token(struct str s)
{
	for (size_t i = 0; i < s.n; i++)
		if (!is_token_char(s.p[i]))
			return false;
	return s.n > 0;
}

/* dot-atom of RFC 5322 section 3.2.3, of the octets that a token may have */
static bool is_dot_atom(struct str s)
{
	for (bool more = true; more;) {
		size_t dot = str_find(s, '.');

		if (!is_token(str_head(s, dot)))
			return false;
		more = dot < s.n;
		s = str_skip(s, dot + 1);
	}
	return true;
}

/* [ local-part ] "@" domain-name, as far as it needs no quoting */
static bool is_address(struct str s)
{
	size_t at = str_find(s, '@');

	return at < s.n && (at == 0 || is_dot_atom(str_head(s, at))) &&
	       dns_name_is_host(str_skip(s, at + 1), false, false);
}

static void put_quoted(struct buf *out, struct str value)
{
	buf_put_char(out, '"');
	for (size_t i = 0; i < value.n; i++) {
		char c = value.p[i];

		if (c == '"' || c == '\\')
			buf_put_char(out, '\\');
		buf_put_char(out, is_printable(c) || c == ' ' ? c : '?');
	}
	buf_put_char(out, '"');
}

static void put_value(struct buf *out, struct str value)
{
	value = str_head(value, AUTHRES_VALUE_MAX);
	if (is_token(value) || is_address(value))
		buf_put(out, value);
	else
		put_quoted(out, value);
}

/* Puts what stands in the output from `begin` on as one piece behind a space or a fold. */
static void settle(struct authres_printer *p, size_t begin)
{
	char piece[PIECE_MAX];
	size_t n = p->out->n - begin;

	if (p->out->error || n > sizeof piece) {
		p->out->error = p->out->error ? p->out->error : INKAN_ELIMIT;
		return;
	}
	memcpy(piece, p->out->p + begin, n);
	p->out->n = begin;
	if (p->column + 1 + n + 1 > LINE_MAX_COLUMNS) { /* a ";" may follow */
		buf_put_c(p->out, "\r\n");
		p->column = 0;
	}
	buf_put_char(p->out, ' ');
	buf_put(p->out, str_from(piece, n));
	p->column += n + 1;
}

bool authres_begin(struct authres_printer *p, struct buf *out, struct str authserv_id)
{
	for (size_t i = 0; i < authserv_id.n; i++)
		if (!is_printable(authserv_id.p[i]))
			return false;
	if (authserv_id.n == 0 || authserv_id.n > AUTHRES_VALUE_MAX)
		return false;
	*p = (struct authres_printer){.out = out, .column = 23};
	buf_put_c(out, "Authentication-Results:");
	size_t begin = out->n;

	put_value(out, authserv_id);
	settle(p, begin);
	return true;
}

void authres_end(struct authres_printer *p)
{
	if (!p->any)
		buf_put_c(p->out, "; none");
	buf_put_c(p->out, "\r\n");
}

void authres_method(struct authres_printer *p, const char *method, const char *result, struct str reason)
{
	buf_put_c(p->out, ";\r\n");
	p->column = 0;
	p->any = true;
	size_t begin = p->out->n;

	buf_put_c(p->out, method);
	buf_put_char(p->out, '=');
	buf_put_c(p->out, result);
	settle(p, begin);
	authres_reason(p, reason);
}

void authres_reason(struct authres_printer *p, struct str reason)
{
	size_t begin = p->out->n;

	if (reason.n == 0)
		return;
	buf_put_c(p->out, "reason=");
	put_quoted(p->out, str_head(reason, AUTHRES_VALUE_MAX));
	settle(p, begin);
}

void authres_comment(struct authres_printer *p, struct str text)
{
	size_t begin = p->out->n;

	text = str_head(text, AUTHRES_VALUE_MAX);
	buf_put_char(p->out, '(');
	for (size_t i = 0; i < text.n; i++) {
		char c = text.p[i];

		if (c == '(' || c == ')' || c == '\\')
			buf_put_char(p->out, '\\');
		buf_put_char(p->out, is_printable(c) || c == ' ' ? c : '?');
	}
	buf_put_char(p->out, ')');
	settle(p, begin);
}

void authres_property(struct authres_printer *p, const char *name, struct str value)
{
	size_t begin = p->out->n;

	if (value.n == 0)
		return;
	buf_put_c(p->out, name);
	buf_put_char(p->out, '=');
	put_value(p->out, value);
	settle(p, begin);
}

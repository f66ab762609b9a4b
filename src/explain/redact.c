#include "explain/redact.h"

#include "core/base64.h"
#include "mail/address.h"

void redact_token(struct buf *out, struct digest *digest, struct str s)
{
	struct digest_value value;

	if (s.n == 0)
		return;
	buf_put_char(out, '#');
	digest_start(digest, DIGEST_SHA256);
	digest_update(digest, s);
	if (digest_finish(digest, &value) != INKAN_OK) {
		buf_put_char(out, '?');
		return;
	}
	hex_encode(out, value.octets, REDACT_HEX_DIGITS / 2);
}

void redact_address(struct buf *out, struct digest *digest, struct str address)
{
	size_t at = str_rfind(address, '@');

	redact_token(out, digest, str_head(address, at));
	buf_put(out, str_skip(address, at));
}

/* ---- addresses in running text ---- */

static bool is_delimiter(char c)
{
	return is_fws_char(c) || c == ';' || c == ',' || c == '(' || c == ')' || c == '<' || c == '>';
}

/* Size of the unit at the start of s: up to a delimiter that stands in no quoted string. */
static size_t unit_size(struct str s)
{
	bool quoted = false;
	size_t i = 0;

	for (; i < s.n && (quoted || !is_delimiter(s.p[i])); i++) {
		if (quoted && s.p[i] == '\\' && i + 1 < s.n)
			i++;
		else if (s.p[i] == '"')
			quoted = !quoted;
	}
	return i < s.n ? i : s.n;
}

/* Size of "smtp.mailfrom=" at the start of a unit; 0 where there is none. */
static size_t property_size(struct str unit)
{
	static const char *const types[] = {"smtp.", "header.", "policy.", "body."};
	size_t equals = str_find(unit, '=');

	for (size_t i = 0; equals < unit.n && i < sizeof(types) / sizeof *types; i++)
		if (str_ihas_prefix(unit, str_c(types[i])))
			return equals + 1;
	return 0;
}

static void put_domain(struct buf *out, struct str domain)
{
	for (size_t i = 0; i < domain.n; i++)
		if (domain.p[i] != '"')
			buf_put_char(out, domain.p[i]);
}

void redact_addresses(struct buf *out, struct digest *digest, struct str text)
{
	while (text.n) {
		struct str unit = str_head(text, unit_size(text));
		size_t at = str_rfind(unit, '@');

		if (unit.n == 0) {
			buf_put_char(out, text.p[0]);
			text = str_skip(text, 1);
			continue;
		}
		text = str_skip(text, unit.n);
		if (at == unit.n) {
			buf_put(out, unit);
			continue;
		}
		size_t property = property_size(str_head(unit, at));

		buf_put(out, str_head(unit, property));
		redact_token(out, digest, str_from(unit.p + property, at - property));
		put_domain(out, str_skip(unit, at));
	}
}

void redact_mailboxes(struct buf *out, struct digest *digest, struct arena *arena, struct str value)
{
	struct address_list list;

	address_list_parse(arena, value, &list);
	for (size_t i = 0; i < list.count; i++) {
		const struct mailbox *m = &list.mailboxes[i];

		buf_put_c(out, i ? ", " : "");
		redact_token(out, digest, m->display);
		buf_put_c(out, m->display.n ? " <" : "<");
		redact_token(out, digest, m->local_part);
		buf_put_char(out, '@');
		buf_put(out, m->domain);
		buf_put_char(out, '>');
	}
	if (list.count == 0)
		redact_token(out, digest, str_trim_fws(value));
}

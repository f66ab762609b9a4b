#include "auth/author.h"

#include "dns/idna.h"
#include "mail/address.h"

/* dot-atom-text (RFC 5322 section 3.2.3, with RFC 6532): needs no quotes. */
static bool is_dot_atom(struct str s)
{
	for (size_t i = 0; i < s.n; i++) {
		char c = s.p[i];

		if (!is_alpha(c) && !is_digit(c) && !((unsigned char)c & 0x80) &&
		    (c == '\0' || !strchr("!#$%&'*+-/=?^_`{|}~.", c)))
			return false;
	}
	return s.n > 0 && s.p[0] != '.' && s.p[s.n - 1] != '.' && str_search(s, STR("..")) == s.n;
}

/* addr-spec; control characters, which no address has, become "?". */
static const char *address_text(struct arena *arena, const struct mailbox *mailbox)
{
	struct str local = mailbox->local_part, domain = mailbox->domain;
	bool quoted = !is_dot_atom(local);
	char *text = arena_text(arena, 2 * local.n + domain.n + 4);
	size_t n = 0;

	if (!text)
		return "";
	if (quoted)
		text[n++] = '"';
	for (size_t i = 0; i < local.n; i++) {
		unsigned char c = (unsigned char)local.p[i];

		if (c == '"' || c == '\\')
			text[n++] = '\\';
		text[n++] = c < 32 || c == 127 ? '?' : local.p[i];
	}
	if (quoted)
		text[n++] = '"';
	text[n++] = '@';
	memcpy(text + n, domain.p, domain.n);
	text[n + domain.n] = '\0';
	return text;
}

static void fail(struct author *out, enum author_state state, const char *reason)
{
	*out = (struct author){state, reason, "", ""};
}

/* All mailboxes must be of one domain. */
static int compare_domains(struct arena *arena, const struct address_list *list, struct author *out)
{
	struct str first = STR_NULL;

	for (size_t i = 0; i < list->count; i++) {
		struct str domain;
		int error = dns_name_to_host(arena, list->mailboxes[i].domain, &domain);

		if (error)
			return error;
		if (domain.n == 0) {
			fail(out, AUTHOR_NONE, "the domain in From is no host name");
			return INKAN_OK;
		}
		if (i > 0 && !str_eq(domain, first)) {
			fail(out, AUTHOR_SEVERAL, "From names several domains");
			return INKAN_OK;
		}
		first = domain;
	}
	*out = (struct author){AUTHOR_ONE, "", address_text(arena, &list->mailboxes[0]), first.p};
	return arena_error(arena);
}

int author_find(struct arena *arena, const struct header *header, struct author *out)
{
	size_t from = header_lowest(header, STR("from"));
	struct address_list list;

	if (from == HEADER_NONE)
		fail(out, AUTHOR_NONE, "no From field");
	else if (header->fields[from].above != HEADER_NONE)
		fail(out, AUTHOR_SEVERAL, "several From fields");
	if (from == HEADER_NONE || header->fields[from].above != HEADER_NONE)
		return INKAN_OK;
	address_list_parse(arena, header->fields[from].value, &list);
	if (list.error == ADDRESS_NO_MEMORY)
		return arena_error(arena) ? arena_error(arena) : INKAN_ENOMEM;
	if (list.error == ADDRESS_CONTROL)
		fail(out, AUTHOR_NONE, "From holds control characters");
	else if (list.error == ADDRESS_TOO_MANY || list.error == ADDRESS_COMMENT_DEPTH)
		fail(out, AUTHOR_NONE, "From is too complex to be read");
	else if (list.count == 0)
		fail(out, AUTHOR_NONE, "From holds no address");
	else
		return compare_domains(arena, &list, out);
	return INKAN_OK;
}

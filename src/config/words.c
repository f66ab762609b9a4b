/* Forms of words: what an authserv-id, a pattern, a selector may be. */
#include <arpa/inet.h>

#include "config/address.h"
#include "config/options.h"
#include "dns/dns.h"
#include "dns/idna.h"
#include "sig/signing.h"

enum {
	NAME_MAX_OCTETS = 64,     /* of users, groups, services */
	AUTHSERV_ID_MAX = 255,    /* octets */
	LOCAL_PART_MAX = 64,      /* octets (RFC 5321 section 4.5.3.1.1) */
	REPLY_MAX = 200,          /* octets of a contact: a reply has 512 */
	RESOLVER_ADDRESS_MAX = 45 /* characters */
};

static bool fail(const char **trouble_out, const char *trouble)
{
	*trouble_out = trouble;
	return false;
}

bool form_socket(struct arena *arena, struct str *word, const char **trouble_out)
{
	struct socket_address address;

	(void)arena;
	return socket_address_parse(*word, &address, trouble_out);
}

static bool is_address(struct str text)
{
	char terminated[RESOLVER_ADDRESS_MAX + 1];
	unsigned char address[16];

	if (text.n > RESOLVER_ADDRESS_MAX)
		return false;
	memcpy(terminated, text.p, text.n);
	terminated[text.n] = '\0';
	return inet_pton(AF_INET, terminated, address) == 1 || inet_pton(AF_INET6, terminated, address) == 1;
}

bool form_resolver(struct arena *arena, struct str *word, const char **trouble_out)
{
	struct str host = *word, port = STR_NULL;
	uint64_t number = 53;
	size_t close = str_find(host, ']');

	(void)arena;
	if (host.n && host.p[0] == '[' && close < host.n) {
		port = str_skip(host, close + 1);
		host = str_from(host.p + 1, close - 1);
		if (port.n && port.p[0] != ':')
			return fail(trouble_out, "not a name server: write 192.0.2.53 or [2001:db8::1]:5353");
		port = str_skip(port, 1);
		number = port.n == 0 ? 53 : 0;
	} else if (str_find(host, ':') == str_rfind(host, ':') && str_find(host, ':') < host.n) {
		size_t colon = str_find(host, ':');

		port = str_skip(host, colon + 1);
		host = str_head(host, colon);
		number = 0;
	}
	if (!is_address(host) || (number == 0 && (!str_to_u64(port, UINT16_MAX, &number) || number == 0)))
		return fail(trouble_out, "not a name server: write 192.0.2.53 or [2001:db8::1]:5353");
	return true;
}

bool form_authserv_id(struct arena *arena, struct str *word, const char **trouble_out)
{
	(void)arena;
	for (size_t i = 0; i < word->n; i++)
		if (memchr(" \"();,<>=", word->p[i], 9))
			return fail(trouble_out, "not an authserv-id: write a host name like mx.example.com");
	if (word->n > AUTHSERV_ID_MAX)
		return fail(trouble_out, "longer than 255 octets");
	return true;
}

/* To A-labels in lower case, without final dot. */
static bool to_domain(struct arena *arena, struct str *word, const char **trouble_out)
{
	struct str host;

	if (dns_name_to_host(arena, *word, &host))
		return true; /* the arena has the error */
	if (host.n == 0)
		return fail(trouble_out, "not a domain name: write it like example.com");
	*word = host;
	return true;
}

bool form_domain(struct arena *arena, struct str *word, const char **trouble_out)
{
	const char *trouble;

	if (!to_domain(arena, word, trouble_out))
		return false;
	trouble = arena_error(arena) ? NULL : signing_domain_trouble(*word);
	return trouble ? fail(trouble_out, trouble) : true;
}

bool form_selector(struct arena *arena, struct str *word, const char **trouble_out)
{
	(void)arena;
	if (!dns_name_is_host(*word, true, false))
		return fail(trouble_out, "not a selector: letters, digits, \"-\", with dots between, like s2026");
	return true;
}

/* prefix and domain in one text */
static bool put_together(struct arena *arena, struct str prefix, struct str domain, struct str *out)
{
	char *text = arena_text(arena, prefix.n + domain.n + 1);

	if (!text)
		return true; /* the arena has the error */
	if (prefix.n)
		memcpy(text, prefix.p, prefix.n);
	memcpy(text + prefix.n, domain.p, domain.n);
	text[prefix.n + domain.n] = '\0';
	*out = str_from(text, prefix.n + domain.n);
	return true;
}

bool form_pattern(struct arena *arena, struct str *word, const char **trouble_out)
{
	size_t at = str_rfind(*word, '@');
	struct str prefix = STR(""), domain = *word;

	if (str_eq(*word, STR("*")))
		return true;
	if (at < word->n)
		prefix = str_head(*word, at + 1);
	else if (str_has_prefix(*word, STR("*.")))
		prefix = str_head(*word, 2);
	else if (str_has_prefix(*word, STR(".")))
		prefix = str_head(*word, 1);
	if (at == 0)
		return fail(trouble_out, "nothing in front of the \"@\": write example.com for the whole domain");
	if (at < word->n && (at > LOCAL_PART_MAX || memchr(word->p, '*', at)))
		return fail(trouble_out,
		            "not an address: \"*\" stands alone or in front of a domain, as in *.example.com");
	domain = str_skip(*word, prefix.n);
	if (!to_domain(arena, &domain, trouble_out))
		return fail(trouble_out, "not a pattern: write example.com, *.example.com, .example.com, "
		                         "alice@example.com or *");
	return put_together(arena, prefix, domain, word);
}

bool form_identity(struct arena *arena, struct str *word, const char **trouble_out)
{
	size_t at = str_rfind(*word, '@');
	struct str domain = str_skip(*word, at + 1);

	if (at == word->n)
		return fail(trouble_out, "the identity has no @");
	if (!to_domain(arena, &domain, trouble_out))
		return false;
	return put_together(arena, str_head(*word, at + 1), domain, word);
}

/* What may stand unquoted in front of "@" (RFC 5321 section 4.1.2, Dot-string), of 64 octets at most (section 4.5.3.1.1). */
static bool is_dot_string(struct str s)
{
	static const char others[] = "!#$%&'*+-/=?^_`{|}~.";
	bool is_fine = s.n > 0 && s.n <= LOCAL_PART_MAX && s.p[0] != '.' && s.p[s.n - 1] != '.';

	for (size_t i = 0; i < s.n && is_fine; i++)
		is_fine = is_alpha(s.p[i]) || is_digit(s.p[i]) ||
		          (memchr(others, s.p[i], sizeof others - 1) && (s.p[i] != '.' || s.p[i - 1] != '.'));
	return is_fine;
}

bool form_sender(struct arena *arena, struct str *word, const char **trouble_out)
{
	size_t at = str_rfind(*word, '@');
	struct str domain = str_skip(*word, at + 1);

	if (at >= word->n || !is_dot_string(str_head(*word, at)))
		return fail(trouble_out, "not an address: write it like bounces@mail.example.com");
	if (!form_domain(arena, &domain, trouble_out))
		return false;
	return put_together(arena, str_head(*word, at + 1), domain, word);
}

bool form_headers(struct arena *arena, struct str *word, const char **trouble_out)
{
	const char *trouble = signing_list_trouble(*word, SIGNING_DKIM);

	(void)arena;
	return trouble ? fail(trouble_out, trouble) : true;
}

bool form_name(struct arena *arena, struct str *word, const char **trouble_out)
{
	(void)arena;
	if (str_graphic(*word) != word->n || word->n > NAME_MAX_OCTETS)
		return fail(trouble_out, "not a name: at most 64 letters, digits and signs, without spaces");
	return true;
}

bool form_store(struct arena *arena, struct str *word, const char **trouble_out)
{
	(void)arena;
	if (word->n == 0 || word->p[0] == '/' || str_has_prefix(*word, STR("postgresql://")))
		return true;
	return fail(trouble_out, "no store: write /path/of/file or postgresql://user@host/database");
}

bool form_reply(struct arena *arena, struct str *word, const char **trouble_out)
{
	(void)arena;
	for (size_t i = 0; i < word->n; i++)
		if (word->p[i] < ' ' || word->p[i] > '~')
			return fail(trouble_out, "SMTP replies are ASCII: write this text without other characters");
	if (word->n > REPLY_MAX)
		return fail(trouble_out, "longer than 200 octets, too long for an SMTP reply");
	return true;
}

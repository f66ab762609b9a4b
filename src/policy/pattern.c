/* Patterns of addresses and domains, see policy/settings.h. */
#include "dns/idna.h"
#include "policy/direction.h"

enum { NAME_ARENA_MAX = 8192 /* octets to make A-labels of a name */ };

static bool is_ascii(struct str s)
{
	for (size_t i = 0; i < s.n; i++)
		if ((unsigned char)s.p[i] >= 0x80)
			return false;
	return true;
}

static bool domain_matches_ascii(struct str pattern, struct str domain)
{
	if (domain.n && domain.p[domain.n - 1] == '.')
		domain.n--;
	if (str_eq(pattern, STR("*")))
		return true;
	if (str_has_prefix(pattern, STR("*.")))
		return domain.n >= pattern.n && str_ihas_suffix(domain, str_skip(pattern, 1));
	if (str_has_prefix(pattern, STR(".")))
		return str_ieq(domain, str_skip(pattern, 1)) ||
		       (domain.n > pattern.n && str_ihas_suffix(domain, pattern));
	return pattern.n && str_ieq(domain, pattern);
}

/* The labels of a pattern behind its "*." or ".", as A-labels; the wild part stays in front. */
static struct str pattern_to_ascii(struct arena *arena, struct str pattern)
{
	size_t wild = str_has_prefix(pattern, STR("*.")) ? 2 : str_has_prefix(pattern, STR(".")) ? 1 : 0;
	struct str ascii;

	if (dns_name_to_ascii(arena, str_skip(pattern, wild), &ascii) || !ascii.n)
		return STR_NULL;
	char *text = arena_text(arena, wild + ascii.n);

	if (!text)
		return STR_NULL;
	memcpy(text, pattern.p, wild);
	memcpy(text + wild, ascii.p, ascii.n);
	return str_from(text, wild + ascii.n);
}

/* As A-labels where one of both has U-labels (RULES P22, M2). */
static bool domain_matches(struct str pattern, struct str domain)
{
	struct arena arena;
	struct str name;

	if ((is_ascii(pattern) && is_ascii(domain)) || domain.n > 4 * DNS_NAME_MAX)
		return domain_matches_ascii(pattern, domain);
	arena_init(&arena, NAME_ARENA_MAX);
	struct str wanted = pattern_to_ascii(&arena, pattern);
	bool matches = wanted.n && dns_name_to_ascii(&arena, domain, &name) == INKAN_OK && name.n &&
	               domain_matches_ascii(wanted, name);

	arena_release(&arena);
	return matches;
}

/* The text before and behind the last "@"; *local_out is empty, and false the result, where there is none. */
static bool split_address(struct str text, struct str *local_out, struct str *domain_out)
{
	size_t at = str_rfind(text, '@');

	*local_out = at < text.n ? str_head(text, at) : STR_NULL;
	*domain_out = at < text.n ? str_skip(text, at + 1) : text;
	return at < text.n;
}

bool pattern_matches(const char *pattern, struct str address)
{
	struct str local, domain, wanted_local, wanted_domain;
	bool has_local = split_address(address, &local, &domain);

	if (split_address(str_c(pattern), &wanted_local, &wanted_domain) && !str_eq(wanted_local, STR("*")) &&
	    !(has_local && str_ieq(local, wanted_local)))
		return false;
	return domain_matches(wanted_domain, domain);
}

bool patterns_match(const struct word_list *patterns, struct str address)
{
	for (size_t i = 0; i < patterns->count; i++)
		if (pattern_matches(patterns->words[i], address))
			return true;
	return false;
}

bool patterns_match_all(const struct word_list *patterns, const struct str *addresses, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (!patterns_match(patterns, addresses[i]))
			return false;
	return count > 0;
}

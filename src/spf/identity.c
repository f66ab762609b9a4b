/* Which domain is to be checked (RFC 7208 sections 2.3, 2.4, 4.1, 4.3; RFC 8616 section 4; RULES P1, P2, P21, P22). */
#include "dns/idna.h"
#include "spf/run.h"

const char *inkan_spf_identity_name(enum inkan_spf_identity identity)
{
	return identity == INKAN_SPF_MAILFROM ? "mailfrom" : identity == INKAN_SPF_HELO ? "helo" : "";
}

static bool is_ascii(struct str s)
{
	for (size_t i = 0; i < s.n; i++)
		if ((unsigned char)s.p[i] >= 0x80)
			return false;
	return true;
}

/* "@a.example,@b.example:user@c.example": the route goes (section 2.2). */
static struct str without_source_route(struct str path)
{
	size_t colon = str_find(path, ':');

	return path.n && path.p[0] == '@' && colon < path.n ? str_skip(path, colon + 1) : path;
}

static struct str without_final_dot(struct str name)
{
	return name.n > 1 && name.p[name.n - 1] == '.' ? str_head(name, name.n - 1) : name;
}

/* A-labels; what cannot be converted stays as it is, and is no domain then. */
static int to_a_labels(struct arena *arena, struct str *name)
{
	struct str ascii = STR_NULL;
	int error = dns_name_to_ascii(arena, *name, &ascii);

	if (!error && ascii.n)
		*name = ascii;
	return error;
}

/* Letters, digits, hyphens, underscores: a name from a stranger that ends up in headers holds nothing else. */
static bool has_host_characters(struct str name)
{
	for (size_t i = 0; i < name.n; i++)
		if (!is_alpha(name.p[i]) && !is_digit(name.p[i]) && !strchr("-_.", name.p[i]))
			return false;
	return !memchr(name.p, '\0', name.n);
}

static enum spf_fault_id domain_fault(struct str domain)
{
	char normal[DNS_NAME_MAX];
	size_t size;

	if (domain.n == 0)
		return SPF_FAULT_NO_IDENTITY;
	if (domain.p[0] == '[')
		return SPF_FAULT_ADDRESS_LITERAL;
	if (!has_host_characters(domain) || !dns_name_normalise(domain, normal, &size))
		return SPF_FAULT_DOMAIN_SYNTAX;
	return str_find(domain, '.') == domain.n ? SPF_FAULT_SINGLE_LABEL : SPF_FAULT_NONE;
}

/* local-part "@" domain: the text as it came where that is what it says. */
static struct str join(struct arena *arena, struct str local_part, struct str domain)
{
	if (local_part.p + local_part.n + 1 == domain.p && local_part.p[local_part.n] == '@')
		return str_from(local_part.p, local_part.n + 1 + domain.n);
	size_t n = local_part.n + 1 + domain.n;
	char *p = arena_text(arena, n);

	if (!p)
		return STR_NULL;
	memcpy(p, local_part.p, local_part.n);
	p[local_part.n] = '@';
	memcpy(p + local_part.n + 1, domain.p, domain.n);
	return str_from(p, n);
}

/* IPv4-mapped IPv6 addresses are IPv4 (section 5; P14). */
static void set_address(struct spf_run *run)
{
	static const unsigned char mapped[12] = {[10] = 0xff, [11] = 0xff};
	const unsigned char *address = run->query->address;
	bool is_mapped = run->query->is_ipv6 && memcmp(address, mapped, sizeof mapped) == 0;

	run->is_ipv6 = run->query->is_ipv6 && !is_mapped;
	memset(run->address, 0, sizeof run->address);
	memcpy(run->address, is_mapped ? address + sizeof mapped : address, run->is_ipv6 ? 16 : 4);
}

int spf_identify(struct spf_run *run, enum inkan_spf_identity identity, struct str *domain_out,
                 enum spf_fault_id *fault_out)
{
	const struct spf_query *q = run->query;
	struct str helo = q->helo, local_part = STR_NULL, domain, checked;
	int error = to_a_labels(run->arena, &helo);

	set_address(run);
	domain = helo;
	if (identity == INKAN_SPF_MAILFROM && q->sender.n) {
		struct str path = without_source_route(q->sender);
		size_t at = str_rfind(path, '@');

		local_part = at < path.n ? str_head(path, at) : STR_NULL;
		domain = at < path.n ? str_skip(path, at + 1) : path;
		if (!error)
			error = to_a_labels(run->arena, &domain);
	}
	if (local_part.n == 0)
		local_part = STR("postmaster");
	domain = without_final_dot(domain);
	checked = q->domain.n ? without_final_dot(q->domain) : domain;
	if (q->domain.n && !error)
		error = to_a_labels(run->arena, &checked);
	run->local_part_is_ascii = is_ascii(local_part);
	run->values = (struct spf_macro_values){
		.local_part = local_part,
		.sender_domain = domain,
		.helo = helo,
		.receiver = q->receiver,
		.now = q->now,
		.is_ipv6 = run->is_ipv6,
		.address = run->address,
	};
	*domain_out = checked;
	*fault_out = q->sender.n > SPF_SENDER_MAX || q->helo.n > SPF_SENDER_MAX ? SPF_FAULT_DOMAIN_SYNTAX
	                                                                        : domain_fault(checked);
	if (error || *fault_out)
		return error;
	run->values.sender = join(run->arena, local_part, domain);
	return run->values.sender.p ? INKAN_OK : arena_error(run->arena);
}

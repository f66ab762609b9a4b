/* The mechanisms (RFC 7208 section 5) but include. */
#include "spf/run.h"

static bool in_network(const unsigned char *a, const unsigned char *b, unsigned bits)
{
	unsigned octets = bits / 8, rest = bits % 8;

	return memcmp(a, b, octets) == 0 && (rest == 0 || (a[octets] ^ b[octets]) >> (8 - rest) == 0);
}

static enum dns_type address_type(const struct spf_run *run)
{
	return run->is_ipv6 ? DNS_AAAA : DNS_A;
}

static bool has_client(const struct spf_run *run, const struct spf_term *term, const struct dns_answer *answer)
{
	unsigned bits = run->is_ipv6 ? term->cidr6 : term->cidr4;

	for (size_t i = 0; i < answer->count; i++)
		if (in_network(run->address, answer->records[i].address, bits))
			return true;
	return false;
}

/* A term whose look-ups found nothing (section 4.6.4; P11). The RFC counts such terms, so a term counts once, however
 * many of its questions were void; errors of DNS do not count, nor do names that DNS cannot have: nothing is asked. */
static enum spf_outcome void_lookup(struct spf_run *run)
{
	if (++run->void_lookups > run->query->void_lookups_max)
		return spf_exception(run, SPF_FAULT_TOO_MANY_VOID_LOOKUPS);
	return SPF_NO_MATCH;
}

static bool can_be_asked(struct str name)
{
	char normal[DNS_NAME_MAX];
	size_t n;

	return dns_name_normalise(name, normal, &n);
}

/* Asks the question of a term. SPF_MATCH: *out has records. */
static enum spf_outcome ask(struct spf_run *run, enum dns_type type, struct str name, const struct dns_answer **out)
{
	const struct dns_answer *answer = spf_ask(run, type, name);

	if (!answer)
		return SPF_PENDING;
	if (dns_status_is_temporary(answer->status))
		return spf_dns_exception(run, answer->status, type, name);
	if (answer->status != DNS_ANSWER)
		return can_be_asked(name) ? void_lookup(run) : SPF_NO_MATCH;
	*out = answer;
	return SPF_MATCH;
}

/* Section 5.3 */
static enum spf_outcome match_a(struct spf_run *run, const struct spf_term *term, struct str name)
{
	const struct dns_answer *answer = NULL;
	enum spf_outcome outcome = ask(run, address_type(run), name, &answer);

	if (outcome != SPF_MATCH)
		return outcome;
	return has_client(run, term, answer) ? SPF_MATCH : SPF_NO_MATCH;
}

/* "If any address matches, the mechanism matches": whatever the order of the hosts is, which DNS does not fix, and
 * though another host cannot be looked up. */
static enum spf_outcome match_exchanges(struct spf_run *run, const struct spf_term *term,
                                        const struct dns_answer *exchanges)
{
	const struct dns_answer *trouble = NULL;
	struct str troubled = STR_NULL;
	bool pending = false, found = false, is_void = false;

	for (size_t i = 0; i < exchanges->count; i++) {
		struct str host = exchanges->records[i].name;
		const struct dns_answer *answer = spf_ask(run, address_type(run), host);

		pending = pending || !answer;
		if (!answer)
			continue;
		if (has_client(run, term, answer))
			return SPF_MATCH;
		if (dns_status_is_temporary(answer->status) && !trouble) {
			trouble = answer;
			troubled = host;
		}
		found = found || answer->count;
		is_void = is_void || (answer->count == 0 && can_be_asked(host));
	}
	if (pending)
		return SPF_PENDING;
	if (trouble)
		return spf_dns_exception(run, trouble->status, address_type(run), troubled);
	return is_void && !found ? void_lookup(run) : SPF_NO_MATCH;
}

/* Section 5.4. More than ten records are an error whatever they hold, so that their order does not matter (P10). */
static enum spf_outcome match_mx(struct spf_run *run, const struct spf_term *term, struct str name)
{
	const struct dns_answer *answer = NULL;
	enum spf_outcome outcome = ask(run, DNS_MX, name, &answer);

	if (outcome != SPF_MATCH)
		return outcome;
	if (answer->count > SPF_MX_MAX)
		return spf_exception(run, SPF_FAULT_TOO_MANY_MX);
	return match_exchanges(run, term, answer);
}

/* Section 5.5. Names that are not within the target need not be validated: they cannot match. */
static enum spf_outcome match_ptr(struct spf_run *run, struct str target)
{
	const struct dns_answer *names = NULL;
	size_t count = 0;
	enum spf_outcome outcome = spf_client_names(run, &names, &count);
	bool pending = outcome == SPF_PENDING;

	if (outcome == SPF_NO_MATCH && !dns_status_is_temporary(names->status))
		return void_lookup(run);
	for (size_t i = 0; i < count; i++) {
		if (!spf_is_within(names->records[i].name, target))
			continue;
		outcome = spf_validate_name(run, names->records[i].name);
		if (outcome == SPF_MATCH)
			return SPF_MATCH; /* which other names would match too makes no difference */
		pending = pending || outcome == SPF_PENDING;
	}
	return pending ? SPF_PENDING : SPF_NO_MATCH;
}

/* Section 5.7 */
static enum spf_outcome match_exists(struct spf_run *run, struct str name)
{
	const struct dns_answer *answer = NULL;

	return ask(run, DNS_A, name, &answer);
}

static enum spf_outcome match_by_dns(struct spf_run *run, const struct spf_frame *frame, const struct spf_term *term)
{
	struct str name = STR_NULL;
	enum spf_outcome outcome = spf_target_name(run, frame, term, &name);

	if (outcome != SPF_MATCH)
		return outcome;
	switch (term->kind) {
	case SPF_A:
		return match_a(run, term, name);
	case SPF_MX:
		return match_mx(run, term, name);
	case SPF_PTR:
		return match_ptr(run, name);
	default:
		return match_exists(run, name);
	}
}

enum spf_outcome spf_match(struct spf_run *run, const struct spf_frame *frame, const struct spf_term *term)
{
	switch (term->kind) {
	case SPF_ALL:
		return SPF_MATCH;
	case SPF_IP4:
		return !run->is_ipv6 && in_network(run->address, term->address, term->cidr4) ? SPF_MATCH : SPF_NO_MATCH;
	case SPF_IP6:
		return run->is_ipv6 && in_network(run->address, term->address, term->cidr6) ? SPF_MATCH : SPF_NO_MATCH;
	case SPF_A:
	case SPF_MX:
	case SPF_PTR:
	case SPF_EXISTS:
		return match_by_dns(run, frame, term);
	default:
		return SPF_NO_MATCH; /* modifiers */
	}
}

#include "policy/signing_table.h"

#include "dns/idna.h"
#include "policy/direction.h"
#include "policy/signing_index.h"

enum { NAME_ARENA_MAX = 8192 /* octets to make A-labels of a name */ };

/* What became of a rule; why it was passed over, the most telling last: what `why_not` says. */
enum passed_over { TAKEN, NOT_MATCHED, WITHOUT_DOMAIN, RECIPIENTS_EXCEPTED, MEMORY_SHORT };

static const char *const PASSED_OVER[] = {
	[TAKEN] = "no rule for signing is configured",
	[NOT_MATCHED] = "no rule for signing matches the author",
	[WITHOUT_DOMAIN] = "the author's domain is no domain name",
	[RECIPIENTS_EXCEPTED] = "all recipients are excepted from signing",
	[MEMORY_SHORT] = "memory is short",
};

static const char *matching_pattern(const struct signing_rule *rule, struct str author)
{
	for (size_t i = 0; i < rule->from.count; i++)
		if (pattern_matches(rule->from.words[i], author))
			return rule->from.words[i];
	return NULL;
}

/* What stands behind the last "@", or all where there is none. */
static struct str domain_of(struct str address)
{
	size_t at = str_rfind(address, '@');

	return at < address.n ? str_skip(address, at + 1) : address;
}

/* The name whose sub-domains a pattern is for; empty where it is for none. */
static struct str name_above(const char *pattern)
{
	struct str domain = domain_of(str_c(pattern));

	if (str_has_prefix(domain, STR("*.")))
		return str_skip(domain, 2);
	return str_has_prefix(domain, STR(".")) ? str_skip(domain, 1) : STR_NULL;
}

static struct str chosen_domain(const struct signing_rule *rule, const char *pattern, struct str author)
{
	struct str above = rule->top ? name_above(pattern) : STR_NULL;

	if (rule->domain)
		return str_c(rule->domain);
	return above.n ? above : domain_of(author);
}

/* d= as the signer wants it: A-labels, lower case. */
static enum passed_over put_domain(char *out, size_t size, struct str domain)
{
	struct arena arena;
	struct str host = STR_NULL;

	arena_init(&arena, NAME_ARENA_MAX);
	int error = dns_name_to_host(&arena, domain, &host);
	bool fits = !error && host.n && host.n < size;

	if (fits) {
		memcpy(out, host.p, host.n);
		out[host.n] = '\0';
	}
	arena_release(&arena);
	return error == INKAN_ENOMEM ? MEMORY_SHORT : fits ? TAKEN : WITHOUT_DOMAIN;
}

static bool signs_for(const struct signing_plan *plan, const char *domain)
{
	for (size_t i = 0; i < plan->count; i++)
		if (str_eq(str_c(plan->signatures[i].domain), str_c(domain)))
			return true;
	return false;
}

static size_t field_count(const struct signing_plan *plan)
{
	size_t count = 0;

	for (size_t i = 0; i < plan->count; i++)
		count += plan->signatures[i].rule->key_count;
	return count;
}

/* Adds the signatures of a rule, unless it is passed over. */
static enum passed_over apply(const struct signing_rule *rule, struct str author, const struct str *recipients,
                              size_t recipient_count, struct signing_plan *plan)
{
	const char *pattern = matching_pattern(rule, author);
	struct planned_signature *next = &plan->signatures[plan->count];

	if (!pattern)
		return NOT_MATCHED;
	if (patterns_match_all(&rule->except_recipients, recipients, recipient_count))
		return RECIPIENTS_EXCEPTED;
	if (rule->key_count == 0 || rule->key_count > SIGNATURES_MAX - field_count(plan))
		return NOT_MATCHED;
	enum passed_over passed = put_domain(next->domain, sizeof next->domain, chosen_domain(rule, pattern, author));

	if (passed != TAKEN)
		return passed;
	if (signs_for(plan, next->domain))
		return NOT_MATCHED;
	next->rule = rule;
	plan->count++;
	return TAKEN;
}

void signing_plan_make(const struct policy_settings *settings, struct str author, const struct str *recipients,
                       size_t recipient_count, struct signing_plan *out)
{
	enum passed_over why = settings->rule_count ? NOT_MATCHED : TAKEN;
	struct signing_walk walk;
	size_t number;

	out->count = 0;
	out->memory_short = false;
	out->why_not = "the message has no one author";
	if (author.n == 0)
		return;
	signing_index_begin(settings, author, &walk);
	while (out->count < SIGNATURES_MAX && signing_index_next(&walk, &number)) {
		const struct signing_rule *rule = &settings->rules[number];

		if (rule->fallback && out->count)
			continue;
		enum passed_over passed = apply(rule, author, recipients, recipient_count, out);

		why = passed > why ? passed : why;
		out->memory_short = out->memory_short || passed == MEMORY_SHORT;
	}
	out->why_not = out->count ? NULL : PASSED_OVER[why];
}

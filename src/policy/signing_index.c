#include "policy/signing_index.h"

#include <stdlib.h>

/* One plain pattern: an ASCII domain, with or without a mailbox before it. */
struct plain {
	uint64_t hash;
	size_t rule;
};

struct signing_index {
	struct plain *plain; /* by hash, then by rule */
	size_t plain_count;
	size_t *wild; /* rules that may match any domain, in their order */
	size_t wild_count;
};

/* ---- patterns ---- */

static bool is_ascii(struct str s)
{
	for (size_t i = 0; i < s.n; i++)
		if ((unsigned char)s.p[i] >= 0x80)
			return false;
	return true;
}

/* What stands behind the last "@", or all where there is none. */
static struct str domain_of(struct str address)
{
	size_t at = str_rfind(address, '@');

	return at < address.n ? str_skip(address, at + 1) : address;
}

static bool is_plain(struct str domain)
{
	return is_ascii(domain) && !str_has_prefix(domain, STR("*")) && !str_has_prefix(domain, STR("."));
}

static size_t pattern_count(const struct signing_rule *rules, size_t count)
{
	size_t patterns = 0;

	for (size_t i = 0; i < count; i++)
		patterns += rules[i].from.count;
	return patterns;
}

/* ---- making it ---- */

static void add_rule(struct signing_index *index, const struct signing_rule *rule, size_t number)
{
	bool wild = false;

	for (size_t i = 0; i < rule->from.count; i++) {
		struct str domain = domain_of(str_c(rule->from.words[i]));

		wild = wild || !is_plain(domain);
		if (is_plain(domain))
			index->plain[index->plain_count++] = (struct plain){str_ihash(domain, 0), number};
	}
	if (wild)
		index->wild[index->wild_count++] = number;
}

static int compare(const void *left, const void *right)
{
	const struct plain *a = left, *b = right;

	if (a->hash != b->hash)
		return a->hash < b->hash ? -1 : 1;
	return a->rule < b->rule ? -1 : a->rule > b->rule;
}

int signing_index_new(const struct signing_rule *rules, size_t count, struct signing_index **out)
{
	struct signing_index *index = calloc(1, sizeof *index);

	if (!index)
		return INKAN_ENOMEM;
	index->plain = calloc(pattern_count(rules, count) + 1, sizeof *index->plain);
	index->wild = calloc(count + 1, sizeof *index->wild);
	if (!index->plain || !index->wild) {
		signing_index_free(index);
		return INKAN_ENOMEM;
	}
	for (size_t i = 0; i < count; i++)
		add_rule(index, &rules[i], i);
	qsort(index->plain, index->plain_count, sizeof *index->plain, compare);
	*out = index;
	return INKAN_OK;
}

void signing_index_free(struct signing_index *index)
{
	if (!index)
		return;
	free(index->plain);
	free(index->wild);
	free(index);
}

/* ---- asking it ---- */

/* The first plain pattern with that hash, or where it would stand. */
static size_t find(const struct signing_index *index, uint64_t hash)
{
	size_t low = 0, high = index->plain_count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (index->plain[middle].hash < hash)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

void signing_index_begin(const struct policy_settings *settings, struct str author, struct signing_walk *out)
{
	struct str domain = domain_of(author);

	*out = (struct signing_walk){.rule_count = settings->rule_count};
	if (!settings->index || !is_ascii(domain))
		return;
	if (domain.n && domain.p[domain.n - 1] == '.')
		domain.n--;
	out->index = settings->index;
	out->hash = str_ihash(domain, 0);
	out->plain = find(settings->index, out->hash);
}

bool signing_index_next(struct signing_walk *walk, size_t *rule_out)
{
	const struct signing_index *index = walk->index;
	size_t rule = walk->next;

	if (index) {
		while (walk->plain < index->plain_count && index->plain[walk->plain].hash == walk->hash &&
		       index->plain[walk->plain].rule < walk->next)
			walk->plain++; /* a rule with two patterns, or one that was taken as wild */
		while (walk->wild < index->wild_count && index->wild[walk->wild] < walk->next)
			walk->wild++;
		rule = walk->rule_count;
		if (walk->plain < index->plain_count && index->plain[walk->plain].hash == walk->hash)
			rule = index->plain[walk->plain].rule;
		if (walk->wild < index->wild_count && index->wild[walk->wild] < rule)
			rule = index->wild[walk->wild];
	}
	if (rule >= walk->rule_count)
		return false;
	walk->next = rule + 1;
	*rule_out = rule;
	return true;
}

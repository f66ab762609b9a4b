#include "policy/signing_table.h"

#include <stdio.h>
#include <stdlib.h>

#include "policy/signing_index.h"

#include "support/case.h"

#define LIST(...)                                                                                               \
	{                                                                                                       \
		(const char *const[]){__VA_ARGS__}, sizeof((const char *const[]){__VA_ARGS__}) / sizeof(char *) \
	}
#define KEY(name) .keys = {{.selector = name}}, .key_count = 1

/* Company, its news (a stream of its own), one address with an own key, a provider's signature for all. */
static struct signing_rule company[] = {
	{.from = LIST("ceo@example.com"), KEY("ceo")},
	{.from = LIST("example.com", "example.net"),
         .except_recipients = LIST("example.com", "list@example.org"),
         KEY("s1")},
	{.from = LIST("*.news.example.com"), .top = true, KEY("news")},
	{.from = LIST(".shop.example"),
         .domain = "mail.shop.example",
         .keys = {{.selector = "rsa"}, {.selector = "ed"}},
         .key_count = 2},
	{.from = LIST("*.customer.example", "*@hosted.example"), KEY("own")},
	{.from = LIST("*.customer.example", "*@hosted.example"), .domain = "provider.example", KEY("p")},
	{.from = LIST("*"), .domain = "provider.example", .fallback = true, KEY("default")},
};

static struct signing_rule narrow[] = {
	{.from = LIST("example.com"), .except_recipients = LIST("example.com"), KEY("s1")},
	{.from = LIST("*.idn.example", "日本.example"), KEY("idn")},
	{.from = LIST("quoted.example"), KEY("q")},
	{.from = LIST("*.bad.example"), KEY("bad")},
	{.from = LIST("nokey.example")},
};

#define TABLE(rules) rules, sizeof rules / sizeof *rules

static const struct row {
	const char *name;
	struct signing_rule *rules;
	size_t rule_count;
	const char *author;
	const char *recipients; /* separated by spaces */
	const char *want;       /* "d/s d/s" of each key */
	const char *why_not;
} rows[] = {
	{"S1-11 the author's domain", TABLE(company), "alice@example.com", "x@example.org", "example.com/s1", NULL},
	{"S1-4 the second domain of a rule", TABLE(company), "alice@example.net", "x@example.org", "example.net/s1",
         NULL},
	{"S1-4 an address of its own", TABLE(company), "ceo@example.com", "x@example.org", "example.com/ceo", NULL},
	{"the domain in lower case", TABLE(company), "Alice@EXAMPLE.com", "x@example.org", "example.com/s1", NULL},
	{"S1-4 a stream below, signed by the name above", TABLE(company), "x@may.news.example.com", "x@example.org",
         "news.example.com/news", NULL},
	{"S1-11 two keys", TABLE(company), "x@a.shop.example", "x@example.org",
         "mail.shop.example/rsa mail.shop.example/ed", NULL},
	{"S1-13 author and provider", TABLE(company), "x@a.customer.example", "x@example.org",
         "a.customer.example/own provider.example/p", NULL},
	{"S1-13 author and provider, every mailbox", TABLE(company), "x@hosted.example", "x@example.org",
         "hosted.example/own provider.example/p", NULL},
	{"S1-12 a third party where nobody else signs", TABLE(company), "x@else.example", "x@example.org",
         "provider.example/default", NULL},
	{"an excepted recipient", TABLE(company), "alice@example.com", "bob@example.com", "provider.example/default",
         NULL},
	{"two excepted recipients", TABLE(narrow), "alice@example.com", "bob@example.com eve@example.com", "",
         "all recipients are excepted from signing"},
	{"one of two recipients is excepted", TABLE(narrow), "alice@example.com", "bob@example.com eve@example.org",
         "example.com/s1", NULL},
	{"no recipient is known", TABLE(narrow), "alice@example.com", "", "example.com/s1", NULL},
	{"M2 U-labels become A-labels", TABLE(narrow), "a@日本.example", "x@example.org", "xn--wgv71a.example/idn",
         NULL},
	{"M2 U-labels below", TABLE(narrow), "a@日本.idn.example", "x@example.org", "xn--wgv71a.idn.example/idn", NULL},
	{"M2 a final dot", TABLE(narrow), "a@quoted.example.", "x@example.org", "quoted.example/q", NULL},
	{"an @ in the local part", TABLE(narrow), "\"a@example.com\"@quoted.example", "x@example.org",
         "quoted.example/q", NULL},
	{"a domain that is no name", TABLE(narrow), "a@x y.bad.example", "x@example.org", "",
         "the author's domain is no domain name"},
	{"S21 no author", TABLE(company), "", "x@example.org", "", "the message has no one author"},
	{"no rule matches", TABLE(narrow), "a@other.example", "x@example.org", "",
         "no rule for signing matches the author"},
	{"a rule without key", TABLE(narrow), "a@nokey.example", "x@example.org", "",
         "no rule for signing matches the author"},
	{"no rules", NULL, 0, "a@example.com", "x@example.org", "", "no rule for signing is configured"},
};

static void print(const struct signing_plan *plan, char *out, size_t size)
{
	size_t n = 0;

	out[0] = '\0';
	for (size_t i = 0; i < plan->count; i++)
		for (size_t k = 0; k < plan->signatures[i].rule->key_count; k++)
			n += (size_t)snprintf(out + n, size - n, "%s%s/%s", n ? " " : "", plan->signatures[i].domain,
			                      plan->signatures[i].rule->keys[k].selector);
}

static void check_plan(const struct signing_plan *plan, const struct row *r)
{
	char got[1024];

	print(plan, got, sizeof got);
	assert_string_equal(got, r->want);
	if (r->why_not)
		assert_string_equal(plan->why_not, r->why_not);
	else
		assert_null(plan->why_not);
}

static void run_plan(const void *row)
{
	const struct row *r = row;
	struct policy_settings settings = {.rules = r->rules, .rule_count = r->rule_count};
	struct str recipients[4], rest = str_c(r->recipients);
	struct signing_plan plan;
	size_t count = 0;

	while (rest.n)
		recipients[count++] = str_split(&rest, ' ');
	signing_plan_make(&settings, str_c(r->author), recipients, count, &plan);
	check_plan(&plan, r);
	/* the same by way of the index */
	struct signing_index *index = NULL;

	assert_int_equal(signing_index_new(r->rules, r->rule_count, &index), INKAN_OK);
	settings.index = index;
	signing_plan_make(&settings, str_c(r->author), recipients, count, &plan);
	signing_index_free(index);
	check_plan(&plan, r);
}

/* ---- many rules ---- */

enum { MANY = 2000, NAME_SIZE = 32 };

/* Rule i is for d<i mod 500>.example; every hundredth is for what lies below one of them, every 333rd for a name in U-labels. */
static void name_pattern(size_t i, char *out)
{
	if (i % 333 == 332)
		snprintf(out, NAME_SIZE, "日本%zu.example", i);
	else if (i % 100 == 99)
		snprintf(out, NAME_SIZE, "*.d%zu.example", i % 500);
	else
		snprintf(out, NAME_SIZE, i % 2 ? "u@D%zu.example" : "d%zu.example", i % 500);
}

static void compare_plans(struct policy_settings *settings, const struct signing_index *index, const char *author)
{
	struct signing_plan scanned, indexed;

	settings->index = NULL;
	signing_plan_make(settings, str_c(author), NULL, 0, &scanned);
	settings->index = index;
	signing_plan_make(settings, str_c(author), NULL, 0, &indexed);
	assert_int_equal(scanned.count, indexed.count);
	assert_true(scanned.why_not == indexed.why_not);
	for (size_t i = 0; i < scanned.count; i++)
		assert_ptr_equal(scanned.signatures[i].rule, indexed.signatures[i].rule);
}

static void run_index(const void *row)
{
	static const struct {
		const char *before, *behind;
	} forms[] = {{"u@d", ".example"},   {"V@D", ".EXAMPLE"}, {"u@d", ".example."},
	             {"u@a.d", ".example"}, {"u@e", ".example"}, {"u@日本", ".example"},
	             {"d", ".example"},     {"u@", ""},          {"", "@"}};
	struct signing_rule *rules = calloc(MANY, sizeof *rules);
	char(*names)[NAME_SIZE] = calloc(MANY, NAME_SIZE);
	const char **words = calloc(MANY, sizeof *words);
	struct policy_settings settings = {.rules = rules, .rule_count = MANY};
	struct signing_index *index = NULL;

	(void)row;
	assert_true(rules && names && words);
	for (size_t i = 0; i < MANY; i++) {
		name_pattern(i, names[i]);
		words[i] = names[i];
		rules[i] = (struct signing_rule){.from = {&words[i], 1}, .key_count = 1, .fallback = i % 7 == 0};
	}
	assert_int_equal(signing_index_new(rules, MANY, &index), INKAN_OK);
	for (size_t i = 0; i < MANY; i += 33)
		for (size_t f = 0; f < sizeof forms / sizeof *forms; f++) {
			char author[64];

			snprintf(author, sizeof author, "%s%zu%s", forms[f].before, i % 600, forms[f].behind);
			compare_plans(&settings, index, author);
		}
	signing_index_free(index);
	free(words);
	free(names);
	free(rules);
}

/* ---- limits ---- */

static void fill_rules(struct signing_rule *rules, size_t count, size_t keys)
{
	static const char *const all[] = {"*"};
	static const char *const domains[] = {"a.example", "b.example", "c.example", "d.example", "e.example",
	                                      "f.example", "g.example", "h.example", "i.example", "j.example"};

	for (size_t i = 0; i < count; i++)
		rules[i] = (struct signing_rule){.from = {all, 1}, .domain = domains[i], .key_count = keys};
}

static void run_limit(const void *row)
{
	struct signing_rule rules[SIGNATURES_MAX + 1];
	struct policy_settings settings = {.rules = rules, .rule_count = SIGNATURES_MAX + 1};
	struct signing_plan plan;

	(void)row;
	fill_rules(rules, SIGNATURES_MAX + 1, 1);
	signing_plan_make(&settings, STR("a@example.com"), NULL, 0, &plan);
	assert_int_equal(plan.count, SIGNATURES_MAX);
	fill_rules(rules, 3, SIGNATURES_MAX / 2);
	settings.rule_count = 3;
	signing_plan_make(&settings, STR("a@example.com"), NULL, 0, &plan);
	assert_int_equal(plan.count, 2);
	rules[1].key_count++; /* one too many together; the third fits */
	signing_plan_make(&settings, STR("a@example.com"), NULL, 0, &plan);
	assert_int_equal(plan.count, 2);
	assert_string_equal(plan.signatures[1].domain, "c.example");
}

static void run_long_domain(const void *row)
{
	static const char *const all[] = {"*"};
	struct signing_rule rule = {.from = {all, 1}, .key_count = 1};
	struct policy_settings settings = {.rules = &rule, .rule_count = 1};
	struct signing_plan plan;
	char author[2 + 253 + 1];

	(void)row;
	memset(author, 'a', sizeof author);
	memcpy(author, "a@", 2);
	for (size_t i = 2 + 49; i < 2 + 250; i += 50)
		author[i] = '.';
	signing_plan_make(&settings, str_from(author, 2 + 253), NULL, 0, &plan);
	assert_int_equal(plan.count, 1);
	assert_int_equal(strlen(plan.signatures[0].domain), 253);
	signing_plan_make(&settings, str_from(author, 2 + 254), NULL, 0, &plan);
	assert_int_equal(plan.count, 0);
	assert_string_equal(plan.why_not, "the author's domain is no domain name");
}

int main(void)
{
	struct test_list list = {0};

	TEST_TABLE(&list, rows, run_plan);
	test_add(&list, "2,000 rules: the index finds what trying all finds", run_index, NULL);
	test_add(&list, "eight signatures, and one more", run_limit, NULL);
	test_add(&list, "a domain of 253 octets, and one of 254", run_long_domain, NULL);
	return test_run(&list, "policy/signing_table");
}

#include "policy/direction.h"

#include "support/case.h"

/* ---- patterns ---- */

static const struct pattern_row {
	const char *name, *pattern, *address;
	bool want;
} patterns[] = {
	{"a domain", "example.com", "alice@example.com", true},
	{"a domain, other case", "Example.COM", "alice@eXample.com", true},
	{"a domain is not what is below it", "example.com", "alice@mail.example.com", false},
	{"a domain is not its end", "example.com", "alice@badexample.com", false},
	{"a domain without address", "example.com", "example.com", true},
	{"a domain with final dot", "example.com", "alice@example.com.", true},
	{"below a domain", "*.example.com", "alice@mail.example.com", true},
	{"two below a domain", "*.example.com", "alice@a.mail.example.com", true},
	{"below a domain is not the domain", "*.example.com", "alice@example.com", false},
	{"below a domain is not its end", "*.example.com", "alice@badexample.com", false},
	{"below a domain is not an empty label", "*.example.com", "alice@.example.com", false},
	{"a domain and below, the domain", ".example.com", "alice@example.com", true},
	{"a domain and below, below", ".example.com", "alice@mail.example.com", true},
	{"a domain and below is not its end", ".example.com", "alice@badexample.com", false},
	{"S1-4 one address", "alice@example.com", "alice@example.com", true},
	{"one address, other case", "ALICE@example.com", "alice@EXAMPLE.com", true},
	{"one address, another mailbox", "alice@example.com", "bob@example.com", false},
	{"one address, another domain", "alice@example.com", "alice@example.net", false},
	{"one address is not its domain", "alice@example.com", "example.com", false},
	{"one address with a longer local part", "alice@example.com", "malice@example.com", false},
	{"the domain stands behind the last @", "example.com", "\"a@example.net\"@example.com", true},
	{"the domain does not stand behind the first @", "example.net", "\"a@example.net\"@example.com", false},
	{"an address with @ in it", "\"a@b\"@example.com", "\"a@b\"@example.com", true},
	{"every mailbox of a domain", "*@example.com", "bob@example.com", true},
	{"every mailbox of a domain is not what is below", "*@example.com", "bob@mail.example.com", false},
	{"S1-4 one mailbox in all that is below", "news@*.example.com", "news@a.example.com", true},
	{"one mailbox in all that is below, another mailbox", "news@*.example.com", "bob@a.example.com", false},
	{"all", "*", "alice@example.com", true},
	{"all, without address", "*", "", true},
	{"nothing matches nothing", "", "alice@example.com", false},
	{"nothing matches not even nothing", "", "", false},
	{"a star elsewhere is a star", "a*.example.com", "x@ab.example.com", false},
	{"P22 U-labels of an address", "xn--wgv71a.example", "a@日本.example", true},
	{"P22 U-labels of a pattern", "日本.example", "a@xn--wgv71a.example", true},
	{"P22 U-labels below", "*.日本.example", "a@mail.xn--wgv71a.example", true},
	{"U-labels of both", "日本.example", "a@日本.example", true},
	{"other U-labels", "日本.example", "a@日光.example", false},
	{"octets that are no U-label", "日本.example", "a@\xff\xfe.example", false},
};

static void run_pattern(const void *row)
{
	const struct pattern_row *r = row;

	assert_int_equal(pattern_matches(r->pattern, str_c(r->address)), r->want);
}

static void run_match_all(const void *row)
{
	static const char *const words[] = {"example.com", "bob@example.net"};
	const struct word_list list = {words, 2}, none = {NULL, 0};
	const struct str both[] = {STR("a@example.com"), STR("bob@example.net")};
	const struct str other[] = {STR("a@example.com"), STR("eve@example.net")};

	(void)row;
	assert_true(patterns_match_all(&list, both, 2));
	assert_false(patterns_match_all(&list, other, 2));
	assert_true(patterns_match_all(&list, other, 1));
	assert_false(patterns_match_all(&list, both, 0));
	assert_false(patterns_match_all(&none, both, 2));
}

/* ---- direction ---- */

static const struct row {
	const char *name;
	const char *ip; /* NULL: none */
	bool local;
	const char *login, *daemon_name;
	enum direction want;
	const char *reason; /* part of it */
} rows[] = {
	{"a stranger", "203.0.113.9", false, NULL, NULL, DIRECTION_INBOUND, "nothing"},
	{"a login", "203.0.113.9", false, "alice", NULL, DIRECTION_OUTBOUND, "logged in"},
	{"an empty login is none", "203.0.113.9", false, "", NULL, DIRECTION_INBOUND, "nothing"},
	{"a client of ours", "192.0.2.7", false, NULL, NULL, DIRECTION_OUTBOUND, "outbound.networks"},
	{"a client of ours, IPv6", "2001:db8::7", false, NULL, NULL, DIRECTION_OUTBOUND, "outbound.networks"},
	{"a client of ours, mapped", "::ffff:192.0.2.7", false, NULL, NULL, DIRECTION_OUTBOUND, "outbound.networks"},
	{"a daemon name", "203.0.113.9", false, NULL, "submission", DIRECTION_OUTBOUND, "outbound.daemon_names"},
	{"a daemon name, other case", "203.0.113.9", false, NULL, "Submission", DIRECTION_OUTBOUND, "daemon_names"},
	{"another daemon name", "203.0.113.9", false, NULL, "smtpd", DIRECTION_INBOUND, "nothing"},
	{"on this host", NULL, true, NULL, NULL, DIRECTION_OUTBOUND, "on this host"},
	{"from where nobody knows", NULL, false, NULL, NULL, DIRECTION_INBOUND, "nothing"},
	{"ignored", "198.51.100.1", false, NULL, NULL, DIRECTION_IGNORED, "ignored"},
	{"ignored in spite of a login", "198.51.100.1", false, "alice", NULL, DIRECTION_IGNORED, "ignored"},
};

static void add(struct ipset *set, const char *text)
{
	assert_int_equal(ipset_add(set, str_c(text), NULL), INKAN_OK);
	ipset_finish(set);
}

static struct client client_of(const struct row *r)
{
	struct client client = {
		.has_address = r->ip, .local = r->local, .login = r->login, .daemon_name = r->daemon_name};

	if (r->ip)
		assert_true(ip_address_parse(str_c(r->ip), &client.address));
	return client;
}

static void run_direction(const void *row)
{
	static const char *const names[] = {"ORIGINATING", "submission"};
	const struct row *r = row;
	struct policy_settings settings = {
		.outbound = {.authenticated = true, .local = true, .daemon_names = {names, 2}}};
	struct client client = client_of(r);
	const char *reason = NULL;

	add(&settings.outbound.networks, "192.0.2.0/24");
	add(&settings.outbound.networks, "2001:db8::/32");
	add(&settings.ignored, "198.51.100.1");
	assert_string_equal(direction_name(direction_of(&settings, &client, &reason)), direction_name(r->want));
	assert_non_null(strstr(reason, r->reason));
	ipset_release(&settings.outbound.networks);
	ipset_release(&settings.ignored);
}

/* Settings of zeros: everybody is a stranger. */
static void run_unset(const void *row)
{
	const struct row *r = row;
	const struct policy_settings settings = {0};
	struct client client = client_of(r);
	const char *reason = NULL;

	assert_int_equal(direction_of(&settings, &client, &reason), DIRECTION_INBOUND);
}

int main(void)
{
	struct test_list list = {0};

	TEST_TABLE(&list, patterns, run_pattern);
	test_add(&list, "every address matches one of the patterns", run_match_all, NULL);
	TEST_TABLE(&list, rows, run_direction);
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
		test_add(&list, "nothing is set", run_unset, &rows[i]);
	return test_run(&list, "policy/direction");
}

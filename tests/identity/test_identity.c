/* New identities, their ids, selectors and targets; what is refused, and why. */
#include "identity/identity.h"

#include "identity/expected.h"
#include "identity/life.h"

#include "support/case.h"

#define NOW 1795320000 /* 2026-11-22 */

static const unsigned char octets[48] = {1, [16] = 2, [32] = 3};
static const unsigned char secret[32] = {42, 7};

static int make(struct arena *arena, const struct identity_wish *wish, struct identity *out, const char **why_out)
{
	struct identity_wish w = *wish;

	w.random = w.random ? w.random : octets;
	*why_out = "";
	arena_init(arena, 1 << 20);
	return identity_new(arena, &w, NOW, out, why_out);
}

/* ---- refused ---- */

#define LABEL63 "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
#define LABEL64 LABEL63 "a"

// clang-format off
static const struct refused {
	const char *name;
	struct identity_wish wish;
	const char *why; /* part of it; NULL: it is taken */
} refused[] = {
	{"S3-15 a domain", {.id = "example.com"}, NULL},
	{"S3-15 an address", {.id = "alice@example.com"}, NULL},
	{"an address with a slash", {.id = "a/b@example.com"}, NULL},
	{"an address with a space", {.id = "a b@example.com"}, "not an address"},
	{"an address that begins with a dot", {.id = ".a@example.com"}, "not an address"},
	{"an address with two dots", {.id = "a..b@example.com"}, "not an address"},
	{"an address that ends with a dot", {.id = "a.@example.com"}, "not an address"},
	{"nothing before the @", {.id = "@example.com"}, "not an address"},
	{"64 octets before the @", {.id = LABEL64 "@example.com"}, NULL},
	{"65 octets before the @", {.id = LABEL64 "a@example.com"}, "not an address"},
	{"no id", {.id = NULL}, "not a domain"},
	{"an empty id", {.id = ""}, "not a domain"},
	{"one label", {.id = "localhost"}, "not a domain"},
	{"an address of a host", {.id = "192.0.2.1"}, "not a domain"},
	{"a space in the domain", {.id = "exa mple.com"}, "not a domain"},
	{"a line end in the domain", {.id = "example.com\n"}, "not a domain"},
	{"an underscore in the domain", {.id = "_dmarc.example.com"}, "not a domain"},
	{"a label of 63", {.id = LABEL63 ".com"}, NULL},
	{"a label of 64", {.id = LABEL64 ".com"}, "not a domain"},
	{"octets that are no UTF-8", {.id = "ex\xff.com"}, "not a domain"},
	{"a name behind a slash", {.id = "example.com/gateway"}, NULL},
	{"an empty name behind a slash", {.id = "example.com/"}, "behind the /"},
	{"two slashes", {.id = "example.com/a/b"}, "behind the /"},
	{"a name of 63", {.id = "example.com/" LABEL63}, NULL},
	{"a name of 64", {.id = "example.com/" LABEL64}, "behind the /"},
	{"S3-20 C-11 RSA of 1024 bits", {.id = "example.com", .bits = 1024}, NULL},
	{"S3-20 RSA of 4096 bits", {.id = "example.com", .bits = 4096}, NULL},
	{"RSA of 512 bits", {.id = "example.com", .bits = 512}, "2048"},
	{"RSA of 2047 bits", {.id = "example.com", .bits = 2047}, "2048"},
	{"RSA of 8192 bits", {.id = "example.com", .bits = 8192}, "2048"},
	{"Ed25519", {.id = "example.com", .algorithm = IDENTITY_ED25519}, NULL},
	{"Ed25519 of 2048 bits", {.id = "example.com", .algorithm = IDENTITY_ED25519, .bits = 2048}, "Ed25519"},
	{"S3-10 S3-16 a MAIL FROM domain below", {.id = "example.com", .mail_from = "mail.example.com", .host_zone = "m.example.net"}, NULL},
	{"S3-10 the domain itself as MAIL FROM", {.id = "example.com", .mail_from = "example.com", .host_zone = "m.example.net"}, "subdomain"},
	{"S3-10 another domain as MAIL FROM", {.id = "example.com", .mail_from = "mail.example.org", .host_zone = "m.example.net"}, "subdomain"},
	{"S3-10 a MAIL FROM domain that only ends alike", {.id = "example.com", .mail_from = "badexample.com", .host_zone = "m.example.net"}, "subdomain"},
	{"a MAIL FROM domain without a host zone", {.id = "example.com", .mail_from = "mail.example.com"}, "host zone"},
	{"a MAIL FROM domain with a site that is no label", {.id = "example.com", .mail_from = "mail.example.com", .site = "a..b", .host_zone = "m.example.net"}, "host name"},
	{"S0-11 an environment", {.id = "example.com", .environment = "test"}, NULL},
	{"S0-11 an environment with a space", {.id = "example.com", .environment = "my test"}, "environment"},
	{"a tenant", {.id = "example.com", .tenant = "acme-kk"}, NULL},
	{"a tenant with an apostrophe", {.id = "example.com", .tenant = "o'neill"}, "tenant"},
	{"S1-20 a dotted selector", {.id = "example.com", .selector = "2026.mail"}, NULL},
	{"S1-20 a selector with an empty label", {.id = "example.com", .selector = "a..b"}, "selector"},
	{"S1-20 a selector that ends with a dot", {.id = "example.com", .selector = "a."}, "selector"},
	{"a selector with a blank", {.id = "example.com", .selector = "a b"}, "selector"},
	{"two selectors without a host zone", {.id = "example.com", .scheme = IDENTITY_CNAME2}, "host zone"},
	{"a host zone that is none", {.id = "example.com", .scheme = IDENTITY_CNAME2, .host_zone = "x y"}, "host zone"},
	{"a secret for selectors", {.id = "example.com", .deterministic = true, .secret = secret}, "cname3"},
	{"S0-12 a service that holds the keys", {.id = "example.com", .scheme = IDENTITY_EXTERNAL, .provider = "google"}, NULL},
	{"a service that nobody knows", {.id = "example.com", .scheme = IDENTITY_EXTERNAL, .provider = "nobody"}, "mail service"},
	{"a service without fixed selectors", {.id = "example.com", .scheme = IDENTITY_EXTERNAL, .provider = "ses"}, "no selector"},
	{"three selectors that are given", {.id = "example.com", .scheme = IDENTITY_EXTERNAL, .selector = "a b c"}, NULL},
	{"four selectors that are given", {.id = "example.com", .scheme = IDENTITY_EXTERNAL, .selector = "a b c d"}, "three"},
	{"a selector that is given twice", {.id = "example.com", .scheme = IDENTITY_EXTERNAL, .selector = "a A"}, "twice"},
	{"a rotation every day", {.id = "example.com", .rotate_every = IDENTITY_ROTATE_EVERY_MIN}, NULL},
	{"a rotation more often", {.id = "example.com", .rotate_every = IDENTITY_ROTATE_EVERY_MIN - 1}, "one day"},
	{"a rotation every ten years", {.id = "example.com", .rotate_every = IDENTITY_INTERVAL_MAX}, NULL},
	{"a rotation less often", {.id = "example.com", .rotate_every = IDENTITY_INTERVAL_MAX + 1}, "ten years"},
	{"an overlap of ten years", {.id = "example.com", .overlap = IDENTITY_INTERVAL_MAX}, NULL},
	{"a longer overlap", {.id = "example.com", .overlap = IDENTITY_INTERVAL_MAX + 1}, "ten years"},
	{"a negative overlap", {.id = "example.com", .overlap = -1}, "one second"},
};
// clang-format on

static void run_refused(const void *row)
{
	const struct refused *r = row;
	struct identity identity;
	struct arena arena;
	const char *why;
	int code = make(&arena, &r->wish, &identity, &why);

	if (r->why) {
		assert_int_equal(code, INKAN_EUSAGE);
		assert_non_null(strstr(why, r->why));
	} else {
		assert_string_equal(why, "");
		assert_int_equal(code, INKAN_OK);
	}
	arena_release(&arena);
}

/* ---- what a wish becomes ---- */

static void run_id(const void *row)
{
	static const struct {
		const char *wish, *id, *domain, *address, *name;
	} ids[] = {
		{"Example.COM.", "example.com", "example.com", "", ""},
		{"例え.jp", "xn--r8jz45g.jp", "xn--r8jz45g.jp", "", ""},
		{"example.com/Gateway", "example.com/gateway", "example.com", "", "gateway"},
		{"Alice@Example.com", "alice@example.com", "example.com", "alice@example.com", ""},
		{"a/b@example.com/x.y", "a/b@example.com/x.y", "example.com", "a/b@example.com", "x.y"},
	};

	(void)row;
	for (size_t i = 0; i < sizeof(ids) / sizeof(*ids); i++) {
		const struct identity_wish wish = {.id = ids[i].wish};
		struct identity identity;
		struct arena arena;
		const char *why;

		assert_int_equal(make(&arena, &wish, &identity, &why), INKAN_OK);
		assert_string_equal(identity.id, ids[i].id);
		assert_string_equal(identity.domain, ids[i].domain);
		assert_string_equal(identity.address, ids[i].address);
		assert_string_equal(identity.name, ids[i].name);
		arena_release(&arena);
	}
}

static void take(struct arena *arena, const struct identity_wish *wish, struct identity *out)
{
	const char *why;

	if (make(arena, wish, out, &why))
		fail_msg("%s: %s", wish->id, why);
}

static void run_defaults(const void *row)
{
	const struct identity_wish wish = {.id = "example.com"};
	struct identity identity;
	struct arena arena;

	(void)row;
	take(&arena, &wish, &identity);
	assert_int_equal(identity.bits, 2048);
	assert_int_equal(identity.algorithm, IDENTITY_RSA);
	assert_int_equal(identity.mx_failure, MX_FAILURE_DEFAULT);
	assert_int_equal(identity.overlap, LIFE_OVERLAP);
	assert_int_equal(identity.state, IDENTITY_NOT_STARTED);
	assert_true(identity.next_due == NOW && identity.checked == UNIX_TIME_NONE);
	assert_false(identity.enabled);
	assert_int_equal(identity.slot_count, 2);
	assert_string_equal(identity.slots[0].selector, "s20261122");
	arena_release(&arena);
}

static void run_selectors(const void *row)
{
	const struct identity_wish service = {
		.id = "contoso.com", .scheme = IDENTITY_CNAME2, .host_zone = "contoso.onmicrosoft.com"};
	const struct identity_wish gateway = {.id = "contoso.com/gateway",
	                                      .scheme = IDENTITY_CNAME2,
	                                      .role = IDENTITY_GATEWAY,
	                                      .host_zone = "contoso.onmicrosoft.com"};
	const struct identity_wish txt = {.id = "contoso.com/gateway", .role = IDENTITY_GATEWAY};
	struct identity a, b, c;
	struct arena arena[3];
	char name[DNS_NAME_MAX + 1];

	(void)row;
	take(&arena[0], &service, &a);
	take(&arena[1], &gateway, &b);
	take(&arena[2], &txt, &c);
	assert_string_equal(a.slots[0].selector, "selector1");
	assert_string_equal(a.slots[0].target, "selector1-contoso-com._domainkey.contoso.onmicrosoft.com");
	assert_string_equal(a.slots[1].target, "selector2-contoso-com._domainkey.contoso.onmicrosoft.com");
	assert_string_equal(b.slots[0].selector, "gateway1");
	assert_string_equal(b.slots[1].target, "gateway2-contoso-com._domainkey.contoso.onmicrosoft.com");
	assert_string_equal(c.slots[0].selector, "gw20261122");
	identity_slot_name(&b, &b.slots[1], name);
	assert_string_equal(name, "gateway2._domainkey.contoso.com");
	identity_slot_name(&c, &c.slots[1], name);
	assert_string_equal(name, "");
	for (size_t i = 0; i < 3; i++)
		arena_release(&arena[i]);
}

/* Ids whose domains look alike with dashes for dots, and one that fills the label. */
static void run_targets(const void *row)
{
	static const char *const ids[] = {
		"a-b.com",
		"a.b.com",
		"a.b-com.net",
		"a.b.com.net",
		"x@a.b.com",
		"a.b.com/x",
		"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa.com", /* 53 octets: 63 with "selector1-" */
		"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa.com",
		LABEL63 "." LABEL63 "." LABEL63 ".com"};
	enum { IDS = sizeof(ids) / sizeof(*ids) };
	struct identity made[IDS];
	struct arena arena[IDS];

	(void)row;
	for (size_t i = 0; i < IDS; i++) {
		const struct identity_wish wish = {
			.id = ids[i], .scheme = IDENTITY_CNAME2, .host_zone = "h.example.net"};

		take(&arena[i], &wish, &made[i]);
		assert_true(dns_name_is_host(str_c(made[i].slots[0].target), true, false));
		for (size_t k = 0; k < i; k++)
			assert_string_not_equal(made[i].slots[0].target, made[k].slots[0].target);
	}
	assert_string_equal(made[6].slots[0].target,
	                    "selector1-aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa-com._domainkey.h.example.net");
	for (size_t i = 0; i < IDS; i++)
		arena_release(&arena[i]);
}

static void run_tokens(const void *row)
{
	static const unsigned char other[32] = {43, 7}, other_octets[48] = {4, [16] = 5, [32] = 6};
	const struct identity_wish wishes[] = {
		{.id = "ho2k.com", .scheme = IDENTITY_CNAME3, .host_zone = "h.example.net"},
		{.id = "ho2k.com", .scheme = IDENTITY_CNAME3, .host_zone = "h.example.net", .random = other_octets},
		{.id = "ho2k.com",
	         .scheme = IDENTITY_CNAME3,
	         .host_zone = "h.example.net",
	         .deterministic = true,
	         .secret = secret},
		{.id = "ho2k.com",
	         .scheme = IDENTITY_CNAME3,
	         .host_zone = "h.example.net",
	         .deterministic = true,
	         .secret = other},
		{.id = "ho2k.com/x",
	         .scheme = IDENTITY_CNAME3,
	         .host_zone = "h.example.net",
	         .deterministic = true,
	         .secret = secret},
		/* again, on another host and site */
		{.id = "HO2K.com",
	         .scheme = IDENTITY_CNAME3,
	         .host_zone = "h.example.net",
	         .site = "osaka",
	         .deterministic = true,
	         .secret = secret,
	         .random = other_octets},
	};
	enum { WISHES = sizeof(wishes) / sizeof(*wishes), TOKENS = WISHES * 3 };
	const char *tokens[TOKENS];
	struct identity made[WISHES];
	struct arena arena[WISHES];

	(void)row;
	for (size_t i = 0; i < WISHES; i++) {
		take(&arena[i], &wishes[i], &made[i]);
		assert_int_equal(made[i].slot_count, 3);
		for (size_t k = 0; k < 3; k++) {
			const char *token = tokens[i * 3 + k] = made[i].slots[k].selector;

			assert_int_equal(strlen(token), 32);
			assert_int_equal(strspn(token, "abcdefghijklmnopqrstuvwxyz234567"), 32);
			assert_true(strncmp(made[i].slots[k].target, token, 32) == 0);
			assert_string_equal(made[i].slots[k].target + 32, ".dkim.h.example.net");
		}
	}
	for (size_t i = 0; i < TOKENS - 3; i++)
		for (size_t k = 0; k < i; k++)
			assert_string_not_equal(tokens[i], tokens[k]);
	for (size_t k = 0; k < 3; k++)
		assert_string_equal(tokens[TOKENS - 3 + k], tokens[6 + k]);
	/* as Python's hmac has it: HMAC-SHA-256 of secret 42 7 0..., "inkan tokenho2k.com/1" */
	assert_string_equal(tokens[6], "qu2piit3nbfqpym7i2pj4coxgsahckuf");
	for (size_t i = 0; i < WISHES; i++)
		arena_release(&arena[i]);
}

static void run_days(const void *row)
{
	const struct identity_wish wish = {.id = "example.com"};
	struct identity identity;
	struct arena arena;
	char selector[IDENTITY_SELECTOR_MAX];

	(void)row;
	take(&arena, &wish, &identity);
	assert_true(identity_new_selector(&identity, NOW + 86400, 0, selector));
	assert_string_equal(selector, "s20261123");
	assert_true(identity_new_selector(&identity, NOW, 0, selector));
	assert_string_equal(selector, "s20261122b");
	assert_true(identity_new_selector(&identity, NOW, 1, selector));
	assert_string_equal(selector, "s20261122c");
	assert_true(identity_new_selector(&identity, NOW, 24, selector));
	assert_string_equal(selector, "s20261122z");
	assert_false(identity_new_selector(&identity, NOW, 25, selector));
	assert_true(identity_new_selector(&identity, -5, 0, selector));
	assert_string_equal(selector, "s19700101");
	assert_true(identity_new_selector(&identity, INT64_MAX, 0, selector));
	arena_release(&arena);
}

static void run_mail_from(const void *row)
{
	const struct identity_wish wish = {.id = "example.com",
	                                   .host_zone = "h.example.net",
	                                   .mail_from = "a.example.com",
	                                   .mx_failure = MX_FAILURE_REJECT};
	struct identity identity;
	struct arena arena;
	const char *why;

	(void)row;
	take(&arena, &wish, &identity);
	assert_int_equal(identity.mx_failure, MX_FAILURE_REJECT);
	assert_int_equal(identity.mail_from_state, MAIL_FROM_PENDING);
	identity.mail_from_state = MAIL_FROM_SUCCESS;
	assert_int_equal(identity_set_mail_from(&arena, &identity, "example.org", MX_FAILURE_DEFAULT, NOW + 9, &why),
	                 INKAN_EUSAGE);
	assert_string_equal(identity.mail_from, "a.example.com");
	assert_int_equal(identity.mail_from_state, MAIL_FROM_SUCCESS);
	assert_int_equal(identity_set_mail_from(&arena, &identity, "B.example.com", MX_FAILURE_DEFAULT, NOW + 9, &why),
	                 INKAN_OK);
	assert_string_equal(identity.mail_from, "b.example.com");
	assert_int_equal(identity.mail_from_state, MAIL_FROM_PENDING);
	assert_int_equal(identity.mx_failure, MX_FAILURE_DEFAULT);
	assert_true(identity.mail_from_since == NOW + 9 && identity.next_due == NOW + 9);
	assert_int_equal(identity_set_mail_from(&arena, &identity, NULL, MX_FAILURE_DEFAULT, NOW, &why), INKAN_OK);
	assert_string_equal(identity.mail_from, "");
	assert_int_equal(identity.mail_from_state, MAIL_FROM_NONE);
	arena_release(&arena);
}

/* Lack of memory is told as such, and never as a wrong wish. */
static void run_no_memory(const void *row)
{
	const struct identity_wish wish = {.id = "alice@example.com/x",
	                                   .scheme = IDENTITY_CNAME3,
	                                   .host_zone = "h.example.net",
	                                   .mail_from = "m.example.com",
	                                   .random = octets};
	struct identity identity;
	struct arena arena;
	const char *why;
	size_t failed = 0;

	(void)row;
	for (size_t max = 0; max < 4096; max += 8) {
		arena_init(&arena, max);
		int code = identity_new(&arena, &wish, NOW, &identity, &why);

		assert_true(code == INKAN_OK || code == INKAN_ELIMIT || code == INKAN_ENOMEM);
		failed += code != INKAN_OK;
		arena_release(&arena);
	}
	assert_true(failed > 10 && failed < 400);
}

int main(void)
{
	struct test_list list = {0};

	TEST_TABLE(&list, refused, run_refused);
	test_add(&list, "S3-15 ids: capitals, U-labels, addresses, names", run_id, NULL);
	test_add(&list, "C-11 S3-17 S3-20 what nobody asked for", run_defaults, NULL);
	test_add(&list, "S0-1 S0-14 S2-18 the gateway's selectors are its own", run_selectors, NULL);
	test_add(&list, "S2-19 targets are told apart, and fit", run_targets, NULL);
	test_add(&list, "S3-26 tokens: 32 letters, random, or the same on every host", run_tokens, NULL);
	test_add(&list, "S0-14 selectors of a day", run_days, NULL);
	test_add(&list, "S3-10 S3-16 S3-17 a MAIL FROM domain set and taken away", run_mail_from, NULL);
	test_add(&list, "a new identity without memory", run_no_memory, NULL);
	return test_run(&list, "identity/identity");
}

/* New identities, their ids, selectors and targets; what is refused, and why. */
#include "identity/identity.h"

#include "identity/expected.h"
#include "identity/life.h"

#include "support/case.h"

#define NOW 1795320000 /* 2026-11-22 */

static const unsigned char octets[48] = {1, 2, 3, 4, 5, 6, 7, 8, 9};
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

int main(void)
{
	struct test_list list = {0};

	TEST_TABLE(&list, refused, run_refused);
	return test_run(&list, "identity/identity");
}

#include "identity/dmarc_builder.h"
#include "identity/spf_builder.h"
#include "support/alloc.h"
#include "support/case.h"

/* ---- DMARC ---- */

static const struct dmarc {
	const char *name;
	struct dmarc_wish wish;
	const char *want; /* NULL: refused */
	unsigned left_out;
} dmarcs[] = {
	{"S3-56 the seed, exactly",
         {.profile = INKAN_RFC7489,
          .p = "none",
          .rua = "dmarc@ho2k.com",
          .ruf = "dmarcfail@ho2k.com",
          .sp = "none",
          .pct = "100"},
         "v=DMARC1; p=none; rua=mailto:dmarc@ho2k.com; ruf=mailto:dmarcfail@ho2k.com; sp=none; pct=100",
         0},
	{"S1-37 S1-38 S1-39 nothing wished: a policy that never blocks", {0}, "v=DMARC1; p=none", 0},
	{"S1-39 C-1 without pct under RFC 9989",
         {.rua = "mailto:a@b.example", .ruf = "c@d.example", .pct = "100"},
         "v=DMARC1; p=none; rua=mailto:a@b.example; ruf=mailto:c@d.example",
         DMARC_LEFT_PCT},
	{"C-1 S3-44 S3-45 S3-46 pct, rf and ri are left out under RFC 9989",
         {.pct = "50", .rf = "afrf", .ri = "3600"},
         "v=DMARC1; p=none",
         DMARC_LEFT_PCT | DMARC_LEFT_RF | DMARC_LEFT_RI},
	{"S3-40 to S3-50 every tag, older profile",
         {.profile = INKAN_RFC7489,
          .p = "quarantine",
          .sp = "reject",
          .np = "reject",
          .rua = "a@b.example",
          .ruf = "c@d.example",
          .adkim = "s",
          .aspf = "r",
          .fo = "1:d:s",
          .t = "y",
          .psd = "n",
          .pct = "50",
          .rf = "iodef",
          .ri = "3600"},
         "v=DMARC1; p=quarantine; rua=mailto:a@b.example; ruf=mailto:c@d.example; sp=reject; np=reject; adkim=s; "
         "aspf=r; "
         "fo=1:d:s; t=y; psd=n; pct=50; rf=iodef; ri=3600",
         0},
	{"S3-47 S3-48 several addresses, a URI, a size",
         {.rua = "a@b.example, https://c.example/x ,mailto:d@e.example!10m"},
         "v=DMARC1; p=none; rua=mailto:a@b.example,https://c.example/x,mailto:d@e.example!10m",
         0},
	{"what would end the tag is encoded",
         {.rua = "a;p=reject@b.example"},
         "v=DMARC1; p=none; rua=mailto:a%3Bp=reject@b.example",
         0},
	{"a value that would add a tag", {.p = "none; rua=mailto:x@y.example"}, NULL, 0},
	{"a line end in an address", {.rua = "a@b.example\nx"}, NULL, 0},
	{"an address that is none", {.rua = "a@b.example,,c@d.example"}, NULL, 0},
};

static void run_dmarc(const void *row)
{
	const struct dmarc *r = row;
	struct text why = {NULL, NULL};
	unsigned left = 0;
	struct buf out;

	buf_init(&out, 4096);
	assert_int_equal(dmarc_build(&r->wish, &out, &left, &why), r->want ? INKAN_OK : INKAN_EUSAGE);
	if (r->want && !str_eq(buf_str(&out), str_c(r->want)))
		fail_msg("%.*s", STR_ARG(buf_str(&out)));
	assert_int_equal(left, r->left_out);
	assert_true(r->want || (why.en && why.ja));
	buf_release(&out);
}

static void run_transport(const void *row)
{
	struct text why;
	struct buf out;

	(void)row;
	buf_init(&out, 4096);
	assert_int_equal(tlsrpt_build("a@b.example,https://c.example/", &out, &why), INKAN_OK);
	assert_true(str_eq(buf_str(&out), STR("v=TLSRPTv1; rua=mailto:a@b.example,https://c.example/")));
	buf_clear(&out);
	assert_int_equal(mta_sts_build("20261122T041500", &out, &why), INKAN_OK);
	assert_true(str_eq(buf_str(&out), STR("v=STSv1; id=20261122T041500")));
	assert_int_equal(tlsrpt_build("", &out, &why), INKAN_EUSAGE);
	assert_int_equal(mta_sts_build("", &out, &why), INKAN_EUSAGE);
	assert_int_equal(mta_sts_build("a;b", &out, &why), INKAN_EUSAGE);
	buf_release(&out);
}

/* ---- SPF ---- */

static const struct spf {
	const char *name;
	struct spf_wish wish;
	const char *want; /* NULL: refused */
} spfs[] = {
	{"nothing sends", {.ending = "-all"}, "v=spf1 -all"},
	{"S1-33 own addresses and services",
         {.addresses = "192.0.2.1, 198.51.100.0/24,2001:db8::/32", .providers = "google,microsoft"},
         "v=spf1 ip4:192.0.2.1 ip4:198.51.100.0/24 ip6:2001:db8::/32 include:_spf.google.com "
         "include:spf.protection.outlook.com ~all"},
	{"S2-7 C-4 the template of Microsoft's",
         {.providers = "microsoft"},
         "v=spf1 include:spf.protection.outlook.com -all"},
	{"C-4 the template of Google's", {.providers = "google"}, "v=spf1 include:_spf.google.com ~all"},
	{"C-4 the ending that was chosen",
         {.providers = "google", .ending = "-all"},
         "v=spf1 include:_spf.google.com -all"},
	{"a, mx, hosts and other includes",
         {.a = true, .mx = true, .hosts = "www.example.com", .includes = "spf.example.net"},
         "v=spf1 a mx a:www.example.com include:spf.example.net ~all"},
	{"S1-33 merged: what is there stays, in its order, and its ending",
         {.existing = "v=spf1 +mx include:spf.example.net ip4:192.0.2.1 -all",
          .mx = true,
          .addresses = "192.0.2.1",
          .providers = "google"},
         "v=spf1 +mx include:spf.example.net ip4:192.0.2.1 include:_spf.google.com -all"},
	{"merged before a redirect",
         {.existing = "v=spf1 redirect=_spf.example.com", .providers = "ses"},
         "v=spf1 include:amazonses.com redirect=_spf.example.com"},
	{"merged: an explanation stays",
         {.existing = "V=SPF1 A ?all exp=x.example.com", .a = true},
         "v=spf1 A ?all exp=x.example.com"},
	{"an existing record that is none", {.existing = "google-site-verification=x"}, NULL},
	{"an address that is none", {.addresses = "192.0.2"}, NULL},
	{"a range", {.addresses = "192.0.2.1-192.0.2.9"}, NULL},
	{"a service that nobody knows", {.providers = "nobody"}, NULL},
	{"a service without an include", {.providers = "mxhero"}, NULL},
	{"an include that would add a term", {.includes = "a.example +all"}, NULL},
	{"an ending that is none", {.ending = "all -all"}, NULL},
};

static void run_spf(const void *row)
{
	const struct spf *r = row;
	struct text why = {NULL, NULL};
	struct arena arena;
	struct buf out;

	arena_init(&arena, 1 << 16);
	buf_init(&out, 4096);
	assert_int_equal(spf_build(&arena, &r->wish, &out, &why), r->want ? INKAN_OK : INKAN_EUSAGE);
	if (r->want && !str_eq(buf_str(&out), str_c(r->want)))
		fail_msg("%.*s", STR_ARG(buf_str(&out)));
	assert_true(r->want || (why.en && *why.en && why.ja && *why.ja));
	buf_release(&out);
	arena_release(&arena);
}

static int build_many(size_t count)
{
	struct text why;
	struct arena arena;
	struct buf list, out;

	arena_init(&arena, 1 << 20);
	buf_init(&list, 1 << 16);
	buf_init(&out, 1 << 16);
	for (size_t i = 0; i < count; i++)
		buf_printf(&list, "10.0.%u.%u,", (unsigned)(i >> 8), (unsigned)(i & 255));
	buf_put_char(&list, '\0');
	int error = spf_build(&arena, &(struct spf_wish){.addresses = list.p}, &out, &why);

	buf_release(&out);
	buf_release(&list);
	arena_release(&arena);
	return error;
}

static void run_limit(const void *row)
{
	(void)row;
	assert_int_equal(build_many(SPF_BUILD_TERMS_MAX), INKAN_OK);
	assert_int_equal(build_many(SPF_BUILD_TERMS_MAX + 1), INKAN_EUSAGE);
}

static void run_without_memory(const void *row)
{
	const struct spf *r = &spfs[6];

	(void)row;
	for (size_t n = 1, reached = true; reached; n++) {
		struct text why;
		struct arena arena;
		struct buf out;

		arena_init(&arena, 1 << 16);
		buf_init(&out, 4096);
		alloc_fail_at(n);
		int error = spf_build(&arena, &r->wish, &out, &why);

		reached = alloc_count() >= n;
		alloc_fail_at(0);
		assert_int_equal(error, reached ? INKAN_ENOMEM : INKAN_OK);
		buf_release(&out);
		arena_release(&arena);
	}
}

int main(void)
{
	struct test_list list = {0};

	TEST_TABLE(&list, dmarcs, run_dmarc);
	TEST_TABLE(&list, spfs, run_spf);
	test_add(&list, "TLSRPT and MTA-STS", run_transport, NULL);
	test_add(&list, "the most terms", run_limit, NULL);
	test_add(&list, "every allocation fails once", run_without_memory, NULL);
	return test_run(&list, "identity/builders");
}

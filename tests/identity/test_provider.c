#include "identity/provider.h"

#include <stdio.h>

#include "support/case.h"

static const struct hit {
	const char *name;
	const struct provider *(*find)(struct str);
	const char *what, *want; /* NULL: none */
} hits[] = {
	{"S0-12 S1-14 an MX host of Google's", provider_by_mx, "aspmx.l.google.com", "google"},
	{"S0-12 another", provider_by_mx, "ALT1.aspmx.l.google.com.", "google"},
	{"a star within a label", provider_by_mx, "aspmx2.googlemail.com", "google"},
	{"... is not one for more labels", provider_by_mx, "aspmx2.x.googlemail.com", NULL},
	{"S0-12 S1-14 an MX host of Microsoft's", provider_by_mx, "contoso-com.mail.protection.outlook.com",
         "microsoft"},
	{"a star stands for one label at least", provider_by_mx, "mail.protection.outlook.com", NULL},
	{"a suffix that is no label", provider_by_mx, "x.evilmail.protection.outlook.com.example", NULL},
	{"S1-14 an MX host of Amazon's", provider_by_mx, "inbound-smtp.us-east-1.amazonaws.com", "ses"},
	{"a gateway", provider_by_mx, "eu-smtp-inbound-1.mimecast.com", "mimecast"},
	{"no MX host", provider_by_mx, "", NULL},
	{"only dots", provider_by_mx, "...", NULL},
	{"C-9 the old form of Microsoft's keys", provider_by_key_host,
         "selector1-contoso-com._domainkey.contoso.onmicrosoft.com.", "microsoft"},
	{"C-9 the form since May 2025", provider_by_key_host,
         "selector2-contoso-com._domainkey.contoso.n-v1.dkim.mail.microsoft", "microsoft"},
	{"another name of a tenant", provider_by_key_host, "contoso.onmicrosoft.com", NULL},
	{"S3-26 a token of Amazon's", provider_by_key_host, "n2hlq3z7yobpfoxezf3sh2yjjoexample.dkim.amazonses.com",
         "ses"},
	{"Fastmail", provider_by_key_host, "fm1.example.com.dkim.fmhosted.com", "fastmail"},
	{"S1-33 an include", provider_by_include, "_spf.google.com", "google"},
	{"S2-7 S1-33 another", provider_by_include, "SPF.protection.outlook.com", "microsoft"},
	{"an include of a region", provider_by_include, "us._netblocks.mimecast.com", "mimecast"},
	{"an include that only ends like one", provider_by_include, "notamazonses.com", NULL},
};

static void run_hit(const void *row)
{
	const struct hit *r = row;
	const struct provider *found = r->find(str_c(r->what));

	assert_int_equal(found != NULL, r->want != NULL);
	if (found)
		assert_string_equal(found->id, r->want);
}

static void run_profiles(const void *row)
{
	const struct provider *google = provider_find(STR("google")), *microsoft = provider_find(STR("microsoft"));

	(void)row;
	assert_string_equal(google->selectors[0], "google");
	assert_string_equal(microsoft->selectors[0], "selector1");
	assert_string_equal(microsoft->selectors[1], "selector2");
	assert_null(microsoft->selectors[2]);
	assert_string_equal(microsoft->spf_template, "v=spf1 include:spf.protection.outlook.com -all");
	assert_non_null(strstr(microsoft->enable.en, "Sign messages for this domain with DKIM signatures"));
	assert_non_null(strstr(microsoft->enable.ja, "DKIM 署名"));
	assert_non_null(strstr(google->enable.en, "Authenticate email"));
	assert_non_null(microsoft->spf_link);
	assert_non_null(microsoft->dmarc_link);
	assert_null(provider_find(STR("nobody")));
}

/* What the matcher and the builders rely on. */
static void run_every(const void *row)
{
	(void)row;
	for (const struct provider *p = providers(); p->id; p++) {
		assert_ptr_equal(provider_find(str_c(p->id)), p);
		assert_true(strncmp(p->link, "https://", 8) == 0);
		assert_int_equal(strlen(p->reviewed), strlen("2026-11-22"));
		assert_int_equal(!*p->enable.en, !*p->enable.ja);
		if (p->spf_include)
			assert_ptr_equal(provider_by_include(str_c(p->spf_include)), p);
		if (p->spf_template) {
			assert_non_null(p->spf_include);
			assert_non_null(strstr(p->spf_template, p->spf_include));
		}
		for (const char *const *host = p->mx_hosts; host && *host; host++) {
			char name[256];

			(void)snprintf(name, sizeof(name), "%s%s", **host == '*' ? "x" : "", *host + (**host == '*'));
			for (char *star = strchr(name, '*'); star; star = strchr(name, '*'))
				*star = 'y';
			assert_ptr_equal(provider_by_mx(str_c(name)), p);
		}
	}
}

int main(void)
{
	struct test_list list = {0};

	TEST_TABLE(&list, hits, run_hit);
	test_add(&list, "S0-12 S1-17 S2-7 S2-24 S2-45 C-3 C-4 the profiles of Google and Microsoft", run_profiles,
	         NULL);
	test_add(&list, "S0-15 S1-14 S3-76 every service has a page and a date, and its patterns find it", run_every,
	         NULL);
	return test_run(&list, "identity/provider");
}

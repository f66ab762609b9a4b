/* DMARC evaluation, rule by rule (RULES M, section 1.1), on small worlds of DNS. */
#include "dmarc/dmarc.h"

#include <stdio.h>

#include "dns/snapshot.h"
#include "support/case.h"

#define DNS(json) "{" json "}"
#define TXT(name, record) "\"" name "\":{\"TXT\":[\"" record "\"]}"
#define FAILS(name, how) "\"" name "\":{\"_error\":{\"*\":\"" how "\"}}"

static struct arena arena;

static struct str registrable(void *context, struct str domain)
{
	(void)context;
	/* example.com, example.co.jp */
	if (str_ihas_suffix(domain, STR("example.co.jp")))
		return STR("example.co.jp");
	return str_ihas_suffix(domain, STR("example.com")) ? STR("example.com") : STR_NULL;
}

static const struct row {
	const char *name, *dns, *from;
	const char *spf, *dkim; /* domains that passed; NULL: none; "!" first: temperror */
	enum inkan_dmarc_profile profile;
	unsigned sample;
	const char *result, *disposition, *policy_tag, *organizational;
} rows[] = {
	{"M1 a From without a usable domain", DNS(""), "-bad..name", NULL, NULL, INKAN_RFC9989, 0, "permerror", "none",
         "", ""},
	{"M2 upper case and a final dot", DNS(TXT("_dmarc.example.com", "v=DMARC1; p=reject")), "EXAMPLE.com.",
         "example.COM", NULL, INKAN_RFC9989, 0, "pass", "none", "p", "example.com"},
	{"M2 U-labels", DNS(TXT("_dmarc.xn--bcher-kva.example", "v=DMARC1; p=reject")),
         "b\xc3\xbc"
         "cher.example",
         NULL, NULL, INKAN_RFC9989, 0, "fail", "reject", "p", "xn--bcher-kva.example"},
	{"M3 the record of the author domain comes first",
         DNS(TXT("_dmarc.example.com", "v=DMARC1; p=reject") "," TXT("_dmarc.mail.example.com",
                                                                     "v=DMARC1; p=quarantine")),
         "mail.example.com", NULL, NULL, INKAN_RFC9989, 0, "fail", "quarantine", "p", "example.com"},
	{"M3 an inherited record: sp",
         DNS(TXT("_dmarc.example.com", "v=DMARC1; p=reject; sp=quarantine") ",\"a.example.com\":{}"), "a.example.com",
         NULL, NULL, INKAN_RFC9989, 0, "fail", "quarantine", "sp", "example.com"},
	{"M3 sp of a record between author and organization is not asked",
         DNS(TXT("_dmarc.example.com", "v=DMARC1; p=reject") "," TXT(
		 "_dmarc.b.example.com", "v=DMARC1; p=none; sp=none") ",\"a.b.example.com\":{}"),
         "a.b.example.com", NULL, NULL, INKAN_RFC9989, 0, "fail", "reject", "p", "example.com"},
	{"M3 psd=n ends the walk",
         DNS(TXT("_dmarc.b.example.com", "v=DMARC1; p=none; psd=n") "," TXT("_dmarc.example.com",
                                                                            "v=DMARC1; p=reject")),
         "a.b.example.com", "b.example.com", NULL, INKAN_RFC9989, 0, "pass", "none", "p", "b.example.com"},
	{"M3 psd=y: one label below",
         DNS(TXT("_dmarc.co.example", "v=DMARC1; p=reject; psd=y; sp=quarantine") ",\"a.firm.co.example\":{}"),
         "a.firm.co.example", "b.firm.co.example", NULL, INKAN_RFC9989, 0, "pass", "none", "sp", "firm.co.example"},
	{"M3 two firms below a public suffix domain are not aligned",
         DNS(TXT("_dmarc.co.example", "v=DMARC1; p=reject; psd=y") ",\"firm.co.example\":{}"), "firm.co.example",
         "other.co.example", NULL, INKAN_RFC9989, 0, "fail", "reject", "p", "firm.co.example"},
	{"M3 twelve labels cost eight questions",
         DNS(TXT("_dmarc.e.f.g.h.i.example.com", "v=DMARC1; p=reject") ",\"a.b.c.d.e.f.g.h.i.example.com\":{}"),
         "a.b.c.d.e.f.g.h.i.example.com", NULL, NULL, INKAN_RFC9989, 0, "fail", "reject", "p", "e.f.g.h.i.example.com"},
	{"M5 strings of a record are joined", DNS("\"_dmarc.example.com\":{\"TXT\":[[\"v=DMARC1; p=rej\",\"ect\"]]}"),
         "example.com", NULL, NULL, INKAN_RFC9989, 0, "fail", "reject", "p", "example.com"},
	{"M6 two records are none",
         DNS("\"_dmarc.example.com\":{\"TXT\":[\"v=DMARC1; p=reject\",\"v=DMARC1; p=none\"]}"), "example.com", NULL,
         NULL, INKAN_RFC9989, 0, "none", "none", "", "example.com"},
	{"M7 other TXT records beside it",
         DNS("\"_dmarc.example.com\":{\"TXT\":[\"hello\",\"v=DMARC1; p=reject\",\"v=DMARC12\"]}"), "example.com", NULL,
         NULL, INKAN_RFC9989, 0, "fail", "reject", "p", "example.com"},
	{"M8 relaxed: same organization", DNS(TXT("_dmarc.example.com", "v=DMARC1; p=reject")), "example.com", NULL,
         "mail.example.com", INKAN_RFC9989, 0, "pass", "none", "p", "example.com"},
	{"M8 strict: equal only", DNS(TXT("_dmarc.example.com", "v=DMARC1; p=reject; adkim=s; aspf=s")), "example.com",
         "mail.example.com", "mail.example.com", INKAN_RFC9989, 0, "fail", "reject", "p", "example.com"},
	{"M8 a suffix is no parent", DNS(TXT("_dmarc.example.com", "v=DMARC1; p=reject")), "example.com", NULL,
         "badexample.com", INKAN_RFC9989, 0, "fail", "reject", "p", "example.com"},
	{"M9 no policy", DNS(""), "example.com", "example.com", NULL, INKAN_RFC9989, 0, "none", "none", "",
         "example.com"},
	{"M9 the policy cannot be asked for", DNS(FAILS("_dmarc.example.com", "SERVFAIL")), "example.com",
         "example.com", NULL, INKAN_RFC9989, 0, "temperror", "none", "", "example.com"},
	{"M9 a pass stands though the walk failed",
         DNS(TXT("_dmarc.example.com", "v=DMARC1; p=reject") "," FAILS("_dmarc.com", "TIMEOUT")), "example.com",
         "example.com", NULL, INKAN_RFC9989, 0, "pass", "none", "p", "example.com"},
	{"M9 an identifier that cannot be compared",
         DNS(TXT("_dmarc.example.com", "v=DMARC1; p=reject") "," FAILS("_dmarc.com", "TIMEOUT")), "example.com",
         "mail.example.com", NULL, INKAN_RFC9989, 0, "temperror", "none", "p", "example.com"},
	{"M9 an aligned identifier with a temporary error", DNS(TXT("_dmarc.example.com", "v=DMARC1; p=reject")),
         "example.com", NULL, "!example.com", INKAN_RFC9989, 0, "temperror", "none", "p", "example.com"},
	{"M9 a temporary error of somebody else", DNS(TXT("_dmarc.example.com", "v=DMARC1; p=reject")), "example.com",
         NULL, "!other.example", INKAN_RFC9989, 0, "fail", "reject", "p", "example.com"},
	{"M10 np: the name does not exist", DNS(TXT("_dmarc.example.com", "v=DMARC1; p=none; sp=none; np=reject")),
         "ghost.example.com", NULL, NULL, INKAN_RFC9989, 0, "fail", "reject", "np", "example.com"},
	{"M10 np: NODATA exists",
         DNS(TXT("_dmarc.example.com",
                 "v=DMARC1; p=none; sp=quarantine; np=reject") ",\"real.example.com\":{\"A\":[\"192.0.2.1\"]}"),
         "real.example.com", NULL, NULL, INKAN_RFC9989, 0, "fail", "quarantine", "sp", "example.com"},
	{"M10 whether the domain exists is open, and np= says something else",
         DNS(TXT("_dmarc.example.com", "v=DMARC1; p=none; sp=quarantine; np=reject") "," FAILS("open.example.com",
                                                                                               "TIMEOUT")),
         "open.example.com", NULL, NULL, INKAN_RFC9989, 0, "temperror", "none", "sp", "example.com"},
	{"M10 whether the domain exists is open, and np= says the same",
         DNS(TXT("_dmarc.example.com", "v=DMARC1; p=none; sp=reject; np=reject") "," FAILS("open.example.com",
                                                                                           "TIMEOUT")),
         "open.example.com", NULL, NULL, INKAN_RFC9989, 0, "fail", "reject", "sp", "example.com"},
	{"M11 t=y: one step lower", DNS(TXT("_dmarc.example.com", "v=DMARC1; p=quarantine; t=y")), "example.com", NULL,
         NULL, INKAN_RFC9989, 0, "fail", "none", "p", "example.com"},
	{"M12 pct is not obeyed", DNS(TXT("_dmarc.example.com", "v=DMARC1; p=reject; pct=0")), "example.com", NULL,
         NULL, INKAN_RFC9989, 99, "fail", "reject", "p", "example.com"},
	{"7489: pct leaves a message out", DNS(TXT("_dmarc.example.com", "v=DMARC1; p=reject; pct=40")), "example.com",
         NULL, NULL, INKAN_RFC7489, 40, "fail", "quarantine", "p", "example.com"},
	{"7489: pct takes a message in", DNS(TXT("_dmarc.example.com", "v=DMARC1; p=reject; pct=40")), "example.com",
         NULL, NULL, INKAN_RFC7489, 39, "fail", "reject", "p", "example.com"},
	{"7489: the organization by the list", DNS(TXT("_dmarc.example.co.jp", "v=DMARC1; p=reject; sp=quarantine")),
         "a.b.example.co.jp", "c.example.co.jp", NULL, INKAN_RFC7489, 0, "pass", "none", "sp", "example.co.jp"},
	{"7489: the own record may be strict, and DNS fails for now",
         DNS(FAILS("_dmarc.mail.example.com", "SERVFAIL") "," TXT("_dmarc.example.com", "v=DMARC1; p=reject")),
         "mail.example.com", NULL, "example.com", INKAN_RFC7489, 0, "temperror", "none", "p", "example.com"},
	{"7489: no alignment is stricter than the same name",
         DNS(FAILS("_dmarc.mail.example.com", "SERVFAIL") "," TXT("_dmarc.example.com", "v=DMARC1; p=reject")),
         "mail.example.com", NULL, "mail.example.com", INKAN_RFC7489, 0, "pass", "none", "p", "example.com"},
	{"7489: np and t are not known", DNS(TXT("_dmarc.example.com", "v=DMARC1; p=reject; np=none; t=y")),
         "ghost.example.com", NULL, NULL, INKAN_RFC7489, 0, "fail", "reject", "p", "example.com"},
	{"p cannot be read, reports are wanted",
         DNS(TXT("_dmarc.example.com", "v=DMARC1; p=bob; rua=mailto:r@example.com")), "example.com", NULL, NULL,
         INKAN_RFC9989, 0, "fail", "none", "p", "example.com"},
	{"p cannot be read, no reports", DNS(TXT("_dmarc.example.com", "v=DMARC1; p=bob")), "example.com", NULL, NULL,
         INKAN_RFC9989, 0, "none", "none", "", "example.com"},
	{"the version must be first", DNS(TXT("_dmarc.example.com", "p=reject; v=DMARC1")), "example.com", NULL, NULL,
         INKAN_RFC9989, 0, "none", "none", "", "example.com"},
	{"the version has its case", DNS(TXT("_dmarc.example.com", "v=dmarc1; p=reject")), "example.com", NULL, NULL,
         INKAN_RFC9989, 0, "none", "none", "", "example.com"},
	{"white space round the equals sign", DNS(TXT("_dmarc.example.com", "v = DMARC1 ;p = Reject ;")), "example.com",
         NULL, NULL, INKAN_RFC9989, 0, "fail", "reject", "p", "example.com"},
};

static size_t identifiers(const char *domain, struct dmarc_identifier *out)
{
	if (!domain)
		return 0;
	bool temporary = domain[0] == '!';

	*out = (struct dmarc_identifier){.domain = str_c(domain + temporary),
	                                 .result = temporary ? INKAN_TEMPERROR : INKAN_PASS};
	return 1;
}

static struct inkan_dmarc_result evaluate(const struct row *r, struct evidence *evidence, bool *pending_out)
{
	struct dmarc_identifier spf, dkim;
	struct dmarc_query query = {.from_domain = str_c(r->from),
	                            .profile = r->profile,
	                            .sample = r->sample,
	                            .registrable_domain = registrable};
	struct inkan_dmarc_result result = {0};

	query.spf = &spf;
	query.spf_count = identifiers(r->spf, &spf);
	query.dkim = &dkim;
	query.dkim_count = identifiers(r->dkim, &dkim);
	assert_int_equal(dmarc_evaluate(&arena, evidence, &query, &result, pending_out), INKAN_OK);
	return result;
}

static void assert_row(const struct row *r, const struct inkan_dmarc_result *result)
{
	assert_string_equal(inkan_result_name(result->result), r->result);
	assert_string_equal(inkan_dmarc_policy_name(result->disposition), r->disposition);
	assert_string_equal(result->policy_tag, r->policy_tag);
	assert_string_equal(result->organizational_domain, r->organizational);
}

static struct evidence *world_of(const struct row *r)
{
	struct evidence *world;
	struct snapshot_error error;

	assert_int_equal(snapshot_load(str_c(r->dns), &world, &error), INKAN_OK);
	return world;
}

static void run_row(const void *row)
{
	const struct row *r = row;
	struct evidence *world = world_of(r);
	bool pending = false;
	struct inkan_dmarc_result result = evaluate(r, world, &pending);

	assert_false(pending);
	assert_row(r, &result);
	evidence_free(world);
}

/* The same with answers that come one at a time: nothing is decided before, and no more than three rounds are needed where
 * all that is open is answered together. */
static void run_late(const void *row)
{
	const struct row *r = row;
	struct evidence *world = world_of(r), *evidence;
	struct inkan_dmarc_result result;
	bool pending = true;
	int rounds = 0;

	assert_int_equal(evidence_new(NULL, 0, 0, &evidence), INKAN_OK);
	for (; pending && rounds < 5; rounds++) {
		const struct dns_question *open;

		pending = false;
		result = evaluate(r, evidence, &pending);
		while (evidence_open(evidence, &open)) {
			struct dns_question q = {open[0].type, arena_str(&arena, open[0].name)};

			assert_int_equal(evidence_add(evidence, q.type, q.name, evidence_ask(world, q.type, q.name)),
			                 INKAN_OK);
		}
	}
	assert_false(pending);
	assert_in_range(rounds, 1, 4);
	assert_in_range(evidence_asked(evidence), 0, 2 * DMARC_WALK_MAX + 1);
	assert_row(r, &result);
	evidence_free(evidence);
	evidence_free(world);
}

/* M4: author and eleven identifiers are walked for; one behind them is not, though it would be aligned. */
static void walks_are_counted(const void *row)
{
	(void)row;
	for (size_t n = DMARC_WALKS_MAX - 1; n <= DMARC_WALKS_MAX; n++) {
		struct dmarc_identifier dkim[DMARC_WALKS_MAX];
		struct dmarc_query query = {.from_domain = STR("example.com"), .dkim = dkim, .dkim_count = n};
		char names[DMARC_WALKS_MAX][40];
		struct inkan_dmarc_result result;
		struct snapshot_error error;
		struct evidence *world;
		struct buf json;
		bool pending = false;

		buf_init(&json, 64 * 1024);
		buf_put_c(&json, "{\"_dmarc.example.com\":{\"TXT\":[\"v=DMARC1; p=reject\"]}");
		for (size_t i = 0; i < n; i++) {
			bool is_last = i == n - 1;

			snprintf(names[i], sizeof names[i], "s%zu.example.com", i);
			dkim[i] = (struct dmarc_identifier){.domain = str_c(names[i]), .result = INKAN_PASS};
			if (!is_last) /* an organization of its own */
				buf_printf(&json, ",\"_dmarc.%s\":{\"TXT\":[\"v=DMARC1; p=none; psd=n\"]}", names[i]);
		}
		buf_put_c(&json, "}");
		assert_int_equal(snapshot_load(buf_str(&json), &world, &error), INKAN_OK);
		assert_int_equal(dmarc_evaluate(&arena, world, &query, &result, &pending), INKAN_OK);
		assert_int_equal(result.result, n < DMARC_WALKS_MAX ? INKAN_PASS : INKAN_FAIL);
		evidence_free(world);
		buf_release(&json);
	}
}

/* M16, M18: which mailboxes a record names. */
static const struct uri_row {
	const char *name, *rua;
	const char *mails; /* separated by spaces; "-" for a URI that is no mailbox */
} uri_rows[] = {
	{"M16 one mailbox", "mailto:r@example.com", "r@example.com"},
	{"M16 two, with spaces", "mailto:r@example.com , mailto:s@example.com", "r@example.com s@example.com"},
	{"M16 a size is read over", "mailto:r@example.com!10m", "r@example.com"},
	{"M16 escapes", "mailto:a%2Cb%21c@example.com", "a,b!c@example.com"},
	{"M16 another scheme", "https://example.com/r", "-"},
	{"M16 headers are left out", "mailto:r@example.com?subject=x", "r@example.com"},
	{"M16 no address", "mailto:example.com,r@example.com", ""},
};

static void run_uris(const void *row)
{
	const struct uri_row *r = row;
	struct dmarc_record record;
	char text[300], mails[300] = "";

	snprintf(text, sizeof text, "v=DMARC1; p=none; rua=%s", r->rua);
	assert_int_equal(dmarc_record_parse(&arena, str_c(text), INKAN_RFC9989, &record), INKAN_OK);
	for (size_t i = 0; i < record.rua_count; i++) {
		struct str mail = record.rua[i].mail.n ? record.rua[i].mail : STR("-");
		size_t n = strlen(mails);

		snprintf(mails + n, sizeof mails - n, "%s%.*s", i ? " " : "", STR_ARG(mail));
	}
	assert_string_equal(mails, r->mails);
}

int main(void)
{
	struct test_list list = {0};

	arena_init(&arena, 64 * 1024 * 1024);
	TEST_TABLE(&list, rows, run_row);
	TEST_TABLE(&list, rows, run_late);
	test_add(&list, "M4 walks are counted", walks_are_counted, NULL);
	TEST_TABLE(&list, uri_rows, run_uris);
	int failed = test_run(&list, "dmarc/evaluate");

	arena_release(&arena);
	return failed;
}

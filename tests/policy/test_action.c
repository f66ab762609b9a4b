#include "policy/action.h"

#include <stdlib.h>

#include "support/case.h"

/* What policy_decide() looks at in a verdict. */
struct facts {
	enum inkan_verdict_reason reason;
	enum inkan_result dmarc, spf;
	enum inkan_dmarc_policy asked, applied; /* by the owner; after t=y and sealers */
	enum inkan_override override;
	bool spf_unchecked;
	const char *author, *explanation;
};

#define STRICT                                                                                                         \
	{                                                                                                              \
		.dmarc_reject = POLICY_REJECT, .dmarc_quarantine = POLICY_QUARANTINE,                                  \
		.dmarc_temperror = POLICY_TEMPFAIL, .dmarc_permerror = POLICY_REJECT, .no_author = POLICY_REJECT,      \
		.several_authors = POLICY_REJECT, .spf_fail = POLICY_REJECT, .spf_softfail = POLICY_QUARANTINE,        \
		.spf_temperror = POLICY_TEMPFAIL, .spf_permerror = POLICY_REJECT, .spf_fail_unless_dmarc_passes = true \
	}

#define FAILS .reason = INKAN_NOTHING_PASSED, .dmarc = INKAN_FAIL
#define ASKS(policy) .asked = INKAN_POLICY_##policy, .applied = INKAN_POLICY_##policy
#define PASSES .reason = INKAN_BY_DKIM_SPF_FAILED, .dmarc = INKAN_PASS
#define NO_POLICY .reason = INKAN_NO_POLICY, .dmarc = INKAN_NONE

static const char *const partners[] = {"partner@example.com", "*.friends.example"};

static const struct action_settings tag_all = {0};
static const struct action_settings strict = STRICT;
static const struct action_settings only_dmarc = {.dmarc_reject = POLICY_REJECT};
static const struct action_settings softer = {.dmarc_reject = POLICY_QUARANTINE};
static const struct action_settings harder = {.dmarc_quarantine = POLICY_REJECT};
static const struct action_settings later = {.dmarc_reject = POLICY_TEMPFAIL, .spf_fail = POLICY_TEMPFAIL};
static const struct action_settings refuse_temporary = {.dmarc_temperror = POLICY_REJECT,
                                                        .spf_temperror = POLICY_REJECT};
static const struct action_settings only_spf = {
	.spf_fail = POLICY_REJECT, .spf_softfail = POLICY_REJECT, .spf_permerror = POLICY_QUARANTINE};
static const struct action_settings spf_first = {.spf_fail = POLICY_REJECT, .dmarc_quarantine = POLICY_QUARANTINE};
static const struct action_settings spf_unless = {.spf_fail = POLICY_REJECT, .spf_fail_unless_dmarc_passes = true};
static const struct action_settings accepting = {
	.dmarc_reject = POLICY_REJECT, .spf_fail = POLICY_REJECT, .accept_from = {partners, 2}};
static const struct action_settings with_contact = {.dmarc_reject = POLICY_REJECT,
                                                    .spf_fail = POLICY_REJECT,
                                                    .contact = "see https://example.org/refused?c=100%25"};

static const struct row {
	const char *name;
	const struct action_settings *actions;
	struct facts facts;
	enum policy_action want;
	const char *reply; /* "" where there is none */
	const char *reason;
	enum inkan_dmarc_policy applied;
	enum inkan_override override;
	const char *comment; /* NULL: that of the verdict */
} rows[] = {
	{"a message that passes",
         &strict,
         {PASSES, .spf = INKAN_PASS},
         POLICY_TAG,
         "",
         "",
         INKAN_POLICY_NONE,
         INKAN_OVERRIDE_NONE,
         NULL},
	{"RFC9989 7.4 reject is not followed unless configured",
         &tag_all,
         {FAILS, ASKS(REJECT)},
         POLICY_TAG,
         "",
         "DMARC fails, the owner asks to reject",
         INKAN_POLICY_NONE,
         INKAN_OVERRIDE_LOCAL_POLICY,
         "this receiver delivers what fails"},
	{"quarantine is not followed unless configured",
         &tag_all,
         {FAILS, ASKS(QUARANTINE)},
         POLICY_TAG,
         "",
         "DMARC fails, the owner asks to quarantine",
         INKAN_POLICY_NONE,
         INKAN_OVERRIDE_LOCAL_POLICY,
         "this receiver delivers what fails"},
	{"M14 reject where configured",
         &only_dmarc,
         {FAILS, ASKS(REJECT)},
         POLICY_REJECT,
         "550 5.7.1 rejected by the DMARC policy for example.com (p=reject)",
         "DMARC fails, the owner asks to reject",
         INKAN_POLICY_REJECT,
         INKAN_OVERRIDE_NONE,
         NULL},
	{"M14 with a contact",
         &with_contact,
         {FAILS, ASKS(REJECT)},
         POLICY_REJECT,
         "550 5.7.1 rejected by the DMARC policy for example.com (p=reject); see https://example.org/refused?c=100%25",
         "DMARC fails, the owner asks to reject",
         INKAN_POLICY_REJECT,
         INKAN_OVERRIDE_NONE,
         NULL},
	{"quarantine where configured",
         &strict,
         {FAILS, ASKS(QUARANTINE)},
         POLICY_QUARANTINE,
         "",
         "DMARC fails, the owner asks to quarantine",
         INKAN_POLICY_QUARANTINE,
         INKAN_OVERRIDE_NONE,
         NULL},
	{"p=none",
         &strict,
         {FAILS, ASKS(NONE)},
         POLICY_TAG,
         "",
         "DMARC fails, nothing is to be done about it",
         INKAN_POLICY_NONE,
         INKAN_OVERRIDE_NONE,
         NULL},
	{"M13 held instead of refused",
         &softer,
         {FAILS, ASKS(REJECT)},
         POLICY_QUARANTINE,
         "",
         "DMARC fails, the owner asks to reject",
         INKAN_POLICY_QUARANTINE,
         INKAN_OVERRIDE_LOCAL_POLICY,
         "this receiver holds what fails"},
	{"M13 refused instead of held",
         &harder,
         {FAILS, ASKS(QUARANTINE)},
         POLICY_REJECT,
         "550 5.7.1 rejected by the DMARC policy for example.com (p=quarantine)",
         "DMARC fails, the owner asks to quarantine",
         INKAN_POLICY_REJECT,
         INKAN_OVERRIDE_LOCAL_POLICY,
         "this receiver refuses what fails"},
	{"deferred instead of refused",
         &later,
         {FAILS, ASKS(REJECT)},
         POLICY_TEMPFAIL,
         "451 4.7.1 rejected by the DMARC policy for example.com (p=reject)",
         "DMARC fails, the owner asks to reject",
         INKAN_POLICY_REJECT,
         INKAN_OVERRIDE_NONE,
         NULL},
	{"M13 t=y: held at most",
         &strict,
         {FAILS, .asked = INKAN_POLICY_REJECT, .applied = INKAN_POLICY_QUARANTINE,
          .override = INKAN_OVERRIDE_POLICY_TEST_MODE},
         POLICY_QUARANTINE,
         "",
         "DMARC fails, the owner asks to quarantine",
         INKAN_POLICY_QUARANTINE,
         INKAN_OVERRIDE_POLICY_TEST_MODE,
         NULL},
	{"M13 t=y, and delivered here",
         &tag_all,
         {FAILS, .asked = INKAN_POLICY_REJECT, .applied = INKAN_POLICY_QUARANTINE,
          .override = INKAN_OVERRIDE_POLICY_TEST_MODE},
         POLICY_TAG,
         "",
         "DMARC fails, the owner asks to quarantine",
         INKAN_POLICY_NONE,
         INKAN_OVERRIDE_LOCAL_POLICY,
         "this receiver delivers what fails"},
	{"M13 a trusted sealer saw it pass",
         &strict,
         {.reason = INKAN_FAILED_BUT_VOUCHED,
          .dmarc = INKAN_FAIL,
          .spf = INKAN_FAIL,
          .asked = INKAN_POLICY_REJECT,
          .applied = INKAN_POLICY_NONE,
          .override = INKAN_OVERRIDE_TRUSTED_FORWARDER},
         POLICY_TAG,
         "",
         "DMARC fails, nothing is to be done about it",
         INKAN_POLICY_NONE,
         INKAN_OVERRIDE_TRUSTED_FORWARDER,
         NULL},
	{"temperror of DMARC",
         &strict,
         {.reason = INKAN_DNS_FAILED, .dmarc = INKAN_TEMPERROR},
         POLICY_TEMPFAIL,
         "451 4.7.1 the DMARC policy for example.com cannot be looked up, try again later",
         "DMARC cannot be looked up now",
         INKAN_POLICY_NONE,
         INKAN_OVERRIDE_NONE,
         NULL},
	{"temperror of DMARC never refuses",
         &refuse_temporary,
         {.reason = INKAN_DNS_FAILED, .dmarc = INKAN_TEMPERROR},
         POLICY_TEMPFAIL,
         "451 4.7.1 the DMARC policy for example.com cannot be looked up, try again later",
         "DMARC cannot be looked up now",
         INKAN_POLICY_NONE,
         INKAN_OVERRIDE_NONE,
         NULL},
	{"permerror of DMARC",
         &strict,
         {.reason = INKAN_NO_POLICY, .dmarc = INKAN_PERMERROR},
         POLICY_REJECT,
         "550 5.7.1 DMARC cannot be checked for example.com",
         "DMARC cannot be checked",
         INKAN_POLICY_NONE,
         INKAN_OVERRIDE_NONE,
         NULL},
	{"M1 no author",
         &strict,
         {.reason = INKAN_NO_AUTHOR, .dmarc = INKAN_PERMERROR, .author = ""},
         POLICY_REJECT,
         "550 5.7.1 DMARC cannot be checked: From names no author",
         "From names no author",
         INKAN_POLICY_NONE,
         INKAN_OVERRIDE_NONE,
         NULL},
	{"M1 several authors",
         &strict,
         {.reason = INKAN_SEVERAL_AUTHORS, .dmarc = INKAN_PERMERROR, .author = ""},
         POLICY_REJECT,
         "550 5.7.1 DMARC cannot be checked: From names several authors",
         "From names several authors",
         INKAN_POLICY_NONE,
         INKAN_OVERRIDE_NONE,
         NULL},
	{"no author is not permerror twice",
         &(struct action_settings){.dmarc_permerror = POLICY_REJECT},
         {.reason = INKAN_NO_AUTHOR, .dmarc = INKAN_PERMERROR, .author = ""},
         POLICY_TAG,
         "",
         "From names no author",
         INKAN_POLICY_NONE,
         INKAN_OVERRIDE_NONE,
         NULL},
	{"P23 fail",
         &only_spf,
         {NO_POLICY, .spf = INKAN_FAIL},
         POLICY_REJECT,
         "550 5.7.23 SPF validation failed for example.net",
         "SPF fails",
         INKAN_POLICY_NONE,
         INKAN_OVERRIDE_NONE,
         NULL},
	{"P23 fail, deferred",
         &later,
         {NO_POLICY, .spf = INKAN_FAIL},
         POLICY_TEMPFAIL,
         "451 4.7.23 SPF validation failed for example.net",
         "SPF fails",
         INKAN_POLICY_NONE,
         INKAN_OVERRIDE_NONE,
         NULL},
	{"P23 fail with an explanation",
         &with_contact,
         {NO_POLICY, .spf = INKAN_FAIL, .explanation = "ask postmaster"},
         POLICY_REJECT,
         "550 5.7.23 SPF validation failed for example.net; see https://example.org/refused?c=100%25; example.net "
         "says: "
         "ask postmaster",
         "SPF fails",
         INKAN_POLICY_NONE,
         INKAN_OVERRIDE_NONE,
         NULL},
	{"P23 temperror",
         &strict,
         {NO_POLICY, .spf = INKAN_TEMPERROR},
         POLICY_TEMPFAIL,
         "451 4.7.24 SPF validation error for example.net",
         "SPF cannot be looked up now",
         INKAN_POLICY_NONE,
         INKAN_OVERRIDE_NONE,
         NULL},
	{"P23 temperror never refuses",
         &refuse_temporary,
         {NO_POLICY, .spf = INKAN_TEMPERROR},
         POLICY_TEMPFAIL,
         "451 4.7.24 SPF validation error for example.net",
         "SPF cannot be looked up now",
         INKAN_POLICY_NONE,
         INKAN_OVERRIDE_NONE,
         NULL},
	{"P23 permerror",
         &strict,
         {NO_POLICY, .spf = INKAN_PERMERROR},
         POLICY_REJECT,
         "550 5.7.24 SPF validation error for example.net",
         "the SPF record cannot be interpreted",
         INKAN_POLICY_NONE,
         INKAN_OVERRIDE_NONE,
         NULL},
	{"permerror of SPF, held",
         &only_spf,
         {NO_POLICY, .spf = INKAN_PERMERROR},
         POLICY_QUARANTINE,
         "",
         "the SPF record cannot be interpreted",
         INKAN_POLICY_NONE,
         INKAN_OVERRIDE_NONE,
         NULL},
	{"P23 softfail is no ground by itself",
         &only_spf,
         {NO_POLICY, .spf = INKAN_SOFTFAIL},
         POLICY_TAG,
         "",
         "SPF softfail, no ground by itself",
         INKAN_POLICY_NONE,
         INKAN_OVERRIDE_NONE,
         NULL},
	{"P23 softfail where DMARC fails",
         &only_spf,
         {FAILS, ASKS(NONE), .spf = INKAN_SOFTFAIL},
         POLICY_REJECT,
         "550 5.7.23 SPF validation failed for example.net",
         "SPF softfail, and DMARC fails",
         INKAN_POLICY_NONE,
         INKAN_OVERRIDE_NONE,
         NULL},
	{"P23 neutral is as none",
         &strict,
         {NO_POLICY, .spf = INKAN_NEUTRAL},
         POLICY_TAG,
         "",
         "",
         INKAN_POLICY_NONE,
         INKAN_OVERRIDE_NONE,
         NULL},
	{"SPF fails, DMARC passes",
         &strict,
         {PASSES, .spf = INKAN_FAIL},
         POLICY_TAG,
         "",
         "",
         INKAN_POLICY_NONE,
         INKAN_OVERRIDE_NONE,
         NULL},
	{"SPF is undecided, DMARC passes",
         &strict,
         {PASSES, .spf = INKAN_TEMPERROR},
         POLICY_TAG,
         "",
         "",
         INKAN_POLICY_NONE,
         INKAN_OVERRIDE_NONE,
         NULL},
	{"SPF fails, DMARC passes, and SPF counts anyway",
         &only_spf,
         {PASSES, .spf = INKAN_FAIL},
         POLICY_REJECT,
         "550 5.7.23 SPF validation failed for example.net",
         "SPF fails",
         INKAN_POLICY_NONE,
         INKAN_OVERRIDE_NONE,
         NULL},
	{"SPF fails, DMARC is undecided: it may pass later",
         &spf_unless,
         {.reason = INKAN_DNS_FAILED, .dmarc = INKAN_TEMPERROR, .spf = INKAN_FAIL},
         POLICY_TEMPFAIL,
         "451 4.7.23 SPF validation failed for example.net",
         "SPF fails",
         INKAN_POLICY_NONE,
         INKAN_OVERRIDE_NONE,
         NULL},
	{"SPF refuses what DMARC would hold",
         &spf_first,
         {FAILS, ASKS(QUARANTINE), .spf = INKAN_FAIL},
         POLICY_REJECT,
         "550 5.7.23 SPF validation failed for example.net",
         "SPF fails",
         INKAN_POLICY_REJECT,
         INKAN_OVERRIDE_LOCAL_POLICY,
         "this receiver refuses what fails"},
	{"DMARC and SPF both refuse: DMARC speaks",
         &strict,
         {FAILS, ASKS(REJECT), .spf = INKAN_FAIL},
         POLICY_REJECT,
         "550 5.7.1 rejected by the DMARC policy for example.com (p=reject)",
         "DMARC fails, the owner asks to reject",
         INKAN_POLICY_REJECT,
         INKAN_OVERRIDE_NONE,
         NULL},
	{"DMARC refuses, SPF would defer",
         &strict,
         {FAILS, ASKS(REJECT), .spf = INKAN_TEMPERROR},
         POLICY_REJECT,
         "550 5.7.1 rejected by the DMARC policy for example.com (p=reject)",
         "DMARC fails, the owner asks to reject",
         INKAN_POLICY_REJECT,
         INKAN_OVERRIDE_NONE,
         NULL},
	{"SPF that was not checked",
         &strict,
         {NO_POLICY, .spf = INKAN_FAIL, .spf_unchecked = true},
         POLICY_TAG,
         "",
         "",
         INKAN_POLICY_NONE,
         INKAN_OVERRIDE_NONE,
         NULL},
	{"S0-34 a trusted gateway",
         &strict,
         {.reason = INKAN_THROUGH_TRUSTED_GATEWAY,
          .dmarc = INKAN_FAIL,
          .spf = INKAN_FAIL,
          .asked = INKAN_POLICY_REJECT,
          .applied = INKAN_POLICY_REJECT},
         POLICY_TAG,
         "",
         "the client is a trusted gateway",
         INKAN_POLICY_NONE,
         INKAN_OVERRIDE_LOCAL_POLICY,
         "the client is a trusted gateway"},
	{"a private address",
         &strict,
         {.reason = INKAN_FROM_PRIVATE_ADDRESS, .dmarc = INKAN_FAIL, .spf = INKAN_FAIL, ASKS(REJECT)},
         POLICY_TAG,
         "",
         "the client has a private address",
         INKAN_POLICY_NONE,
         INKAN_OVERRIDE_LOCAL_POLICY,
         "the client has a private address"},
	{"the mark of one organization is a stranger's word",
         &strict,
         {.reason = INKAN_INSIDE_ONE_ORGANIZATION, .dmarc = INKAN_FAIL, ASKS(REJECT)},
         POLICY_REJECT,
         "550 5.7.1 rejected by the DMARC policy for example.com (p=reject)",
         "DMARC fails, the owner asks to reject",
         INKAN_POLICY_REJECT,
         INKAN_OVERRIDE_NONE,
         NULL},
	{"M13 an accepted author",
         &accepting,
         {FAILS, ASKS(REJECT), .author = "partner@example.com"},
         POLICY_TAG,
         "",
         "the author is in accept_from",
         INKAN_POLICY_NONE,
         INKAN_OVERRIDE_LOCAL_POLICY,
         "the author is in accept_from"},
	{"M13 an accepted domain",
         &accepting,
         {FAILS, ASKS(REJECT), .spf = INKAN_FAIL, .author = "x@a.friends.example"},
         POLICY_TAG,
         "",
         "the author is in accept_from",
         INKAN_POLICY_NONE,
         INKAN_OVERRIDE_LOCAL_POLICY,
         "the author is in accept_from"},
	{"an accepted author whose message passes",
         &accepting,
         {PASSES, .spf = INKAN_PASS, .author = "partner@example.com"},
         POLICY_TAG,
         "",
         "",
         INKAN_POLICY_NONE,
         INKAN_OVERRIDE_NONE,
         NULL},
	{"an author who is not accepted",
         &accepting,
         {FAILS, ASKS(REJECT), .author = "eve@example.com"},
         POLICY_REJECT,
         "550 5.7.1 rejected by the DMARC policy for example.com (p=reject)",
         "DMARC fails, the owner asks to reject",
         INKAN_POLICY_REJECT,
         INKAN_OVERRIDE_NONE,
         NULL},
};

static void decide(const struct action_settings *actions, const struct facts *f, struct decision *out,
                   struct buf *reply)
{
	const struct policy_settings settings = {.actions = *actions};
	const struct inkan_spf_result spf = {
		.result = f->spf, .domain = "example.net", .explanation = f->explanation ? f->explanation : ""};
	const struct inkan_dmarc_result dmarc = {.result = f->dmarc,
	                                         .from_domain = "example.com",
	                                         .policy = f->asked,
	                                         .disposition = f->applied,
	                                         .policy_tag = "p"};
	const struct inkan_verdict verdict = {.reason = f->reason,
	                                      .from_address = f->author ? f->author : "alice@example.com",
	                                      .from_domain = "example.com",
	                                      .spf_leg = f->spf_unchecked ? INKAN_LEG_UNCHECKED : INKAN_LEG_FAILED,
	                                      .spf = &spf,
	                                      .dmarc = &dmarc,
	                                      .applied = f->applied,
	                                      .override = f->override,
	                                      .override_comment = "of the verdict"};

	policy_decide(&settings, &verdict, out, reply);
}

static void run_row(const void *row)
{
	const struct row *r = row;
	struct facts facts = r->facts;
	struct decision d;
	struct buf reply;

	buf_init(&reply, POLICY_REPLY_MAX + 1);
	decide(r->actions, &facts, &d, &reply);
	buf_put_char(&reply, '\0');
	assert_int_equal(buf_error(&reply), INKAN_OK);
	assert_string_equal(policy_action_name(d.action), policy_action_name(r->want));
	assert_string_equal(reply.p, r->reply);
	assert_string_equal(d.reason, r->reason);
	assert_int_equal(d.applied, r->applied);
	assert_int_equal(d.override, r->override);
	assert_string_equal(d.override_comment, r->comment ? r->comment : "of the verdict");
	buf_release(&reply);
}

/* ---- every verdict ---- */

/* Calls `check` with all combinations of reasons, results and policies. */
static void each_verdict(const struct action_settings *actions,
                         void (*check)(const struct facts *f, const struct decision *d, struct str reply))
{
	struct buf reply;

	buf_init(&reply, POLICY_REPLY_MAX);
	for (int reason = 0; reason <= INKAN_INSIDE_ONE_ORGANIZATION; reason++)
		for (int dmarc = INKAN_NONE; dmarc <= INKAN_PERMERROR; dmarc++)
			for (int spf = INKAN_NONE; spf <= INKAN_SOFTFAIL; spf++)
				for (int policy = INKAN_POLICY_NONE; policy <= INKAN_POLICY_REJECT; policy++) {
					struct facts f = {.reason = (enum inkan_verdict_reason)reason,
					                  .dmarc = (enum inkan_result)dmarc,
					                  .spf = (enum inkan_result)spf,
					                  .asked = (enum inkan_dmarc_policy)policy};
					struct decision d;

					if (dmarc == INKAN_FAIL)
						f.applied = f.asked;
					buf_clear(&reply);
					decide(actions, &f, &d, &reply);
					assert_int_equal(buf_error(&reply), INKAN_OK);
					check(&f, &d, buf_str(&reply));
				}
	buf_release(&reply);
}

static void is_tagged(const struct facts *f, const struct decision *d, struct str reply)
{
	(void)f;
	assert_int_equal(d->action, POLICY_TAG);
	assert_int_equal(reply.n, 0);
	assert_int_equal(d->applied, INKAN_POLICY_NONE);
}

static void run_defaults(const void *row)
{
	(void)row;
	each_verdict(&tag_all, is_tagged);
}

static void is_sound(const struct facts *f, const struct decision *d, struct str reply)
{
	bool refuses = d->action == POLICY_REJECT, defers = d->action == POLICY_TEMPFAIL;

	assert_int_equal(refuses || defers, reply.n > 0);
	assert_true(!refuses || str_has_prefix(reply, STR("550 5.")));
	assert_true(!defers || str_has_prefix(reply, STR("451 4.")));
	assert_int_equal(d->override != INKAN_OVERRIDE_NONE, d->applied != f->applied);
	assert_true(d->action == POLICY_TAG || d->reason[0]);
	if (f->dmarc == INKAN_PASS) /* and SPF alone does nothing */
		assert_true(d->action == POLICY_TAG || f->reason == INKAN_NO_AUTHOR ||
		            f->reason == INKAN_SEVERAL_AUTHORS);
	if (f->dmarc == INKAN_TEMPERROR && f->spf == INKAN_TEMPERROR && f->reason == INKAN_DNS_FAILED)
		assert_false(refuses);
}

static void run_sound(const void *row)
{
	(void)row;
	each_verdict(&strict, is_sound);
}

/* ---- hostile text ---- */

static void run_hostile(const void *row)
{
	static char explanation[100000];
	struct decision d;
	struct buf reply;

	(void)row;
	memset(explanation, 'x', sizeof explanation - 1);
	memcpy(explanation, "a\r\nb\x80%s%n", 9);
	for (size_t n = 0; n < sizeof explanation; n += n < 1000 ? 1 : 9973) {
		char kept = explanation[n];

		explanation[n] = '\0';
		buf_init(&reply, POLICY_REPLY_MAX);
		decide(&only_spf, &(struct facts){NO_POLICY, .spf = INKAN_FAIL, .explanation = explanation}, &d,
		       &reply);
		assert_int_equal(buf_error(&reply), INKAN_OK);
		assert_true(reply.n <= POLICY_REPLY_MAX);
		assert_true(n < 600 || n > 60000 || reply.n == POLICY_REPLY_MAX);
		for (size_t i = 0; i < reply.n; i++)
			assert_true(reply.p[i] >= ' ' && reply.p[i] <= '~');
		buf_release(&reply);
		explanation[n] = kept;
	}
}

int main(void)
{
	struct test_list list = {0};

	TEST_TABLE(&list, rows, run_row);
	test_add(&list, "settings of zeros tag every verdict", run_defaults, NULL);
	test_add(&list, "every verdict under strict settings", run_sound, NULL);
	test_add(&list, "explanations of any length and octets", run_hostile, NULL);
	return test_run(&list, "policy/action");
}

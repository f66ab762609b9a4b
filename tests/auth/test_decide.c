/* From results to the verdict: every reason has its rows. */
#include "auth/decide.h"
#include "support/case.h"

#define ONE AUTHOR_ONE
/* the legs in the rows below */
#define U INKAN_LEG_UNCHECKED
#define A INKAN_LEG_ABSENT
#define F INKAN_LEG_FAILED
#define N INKAN_LEG_NOT_ALIGNED
#define Y INKAN_LEG_ALIGNED
#define T INKAN_LEG_UNDECIDED

static const struct row {
	const char *name;
	struct decision_facts
		facts; /* author, spf, dkim, aligned signature failed, dmarc, repeated, vouched, gateway, private, internal */
	enum inkan_verdict_kind kind;
	enum inkan_verdict_reason reason;
} rows[] = {
	/* DMARC passes */
	{"both legs carry", {ONE, Y, Y, false, INKAN_PASS}, INKAN_VERDICT_PASS, INKAN_BOTH_ALIGNED},
	{"S0-27 a broken signature beside a good aligned one is harmless",
         {ONE, Y, Y, true, INKAN_PASS},
         INKAN_VERDICT_PASS,
         INKAN_BOTH_ALIGNED},
	{"DKIM carries, SPF was not checked",
         {ONE, U, Y, false, INKAN_PASS},
         INKAN_VERDICT_PASS,
         INKAN_ALIGNED_BY_DKIM_SPF_UNCHECKED},
	{"DKIM carries, SPF is open",
         {ONE, T, Y, false, INKAN_PASS},
         INKAN_VERDICT_PASS,
         INKAN_ALIGNED_BY_DKIM_SPF_UNDECIDED},
	{"SPF carries, DKIM is open",
         {ONE, Y, T, false, INKAN_PASS},
         INKAN_VERDICT_PASS,
         INKAN_ALIGNED_BY_SPF_DKIM_UNDECIDED},
	{"NG1: SPF carries, the signature is broken",
         {ONE, Y, F, true, INKAN_PASS},
         INKAN_VERDICT_AT_RISK,
         INKAN_BY_SPF_SIGNATURE_BROKEN},
	{"SPF carries, a stranger's signature is broken",
         {ONE, Y, F, false, INKAN_PASS},
         INKAN_VERDICT_AT_RISK,
         INKAN_BY_SPF_SIGNATURE_BROKEN},
	{"SPF carries, the own signature is broken beside a provider's",
         {ONE, Y, N, true, INKAN_PASS},
         INKAN_VERDICT_AT_RISK,
         INKAN_BY_SPF_SIGNATURE_BROKEN},
	{"SPF carries, only a provider signed",
         {ONE, Y, N, false, INKAN_PASS},
         INKAN_VERDICT_AT_RISK,
         INKAN_BY_SPF_SIGNATURE_NOT_ALIGNED},
	{"SPF carries, not signed", {ONE, Y, A, false, INKAN_PASS}, INKAN_VERDICT_AT_RISK, INKAN_BY_SPF_NOT_SIGNED},
	{"DKIM carries, SPF failed", {ONE, F, Y, false, INKAN_PASS}, INKAN_VERDICT_AT_RISK, INKAN_BY_DKIM_SPF_FAILED},
	{"DKIM carries, no SPF record",
         {ONE, A, Y, false, INKAN_PASS},
         INKAN_VERDICT_AT_RISK,
         INKAN_BY_DKIM_SPF_ABSENT},
	{"S3-12 DKIM carries, SPF passed for the provider",
         {ONE, N, Y, false, INKAN_PASS},
         INKAN_VERDICT_AT_RISK,
         INKAN_BY_DKIM_SPF_NOT_ALIGNED},
	{"passes, with a second Subject",
         {ONE, Y, Y, false, INKAN_PASS, .fields_repeated = true},
         INKAN_VERDICT_AT_RISK,
         INKAN_REPEATED_FIELDS},
	/* DMARC fails */
	{"nothing passed", {ONE, F, F, true, INKAN_FAIL}, INKAN_VERDICT_FAIL, INKAN_NOTHING_PASSED},
	{"nothing there", {ONE, A, A, false, INKAN_FAIL}, INKAN_VERDICT_FAIL, INKAN_NOTHING_PASSED},
	{"not signed, SPF not checked", {ONE, U, A, false, INKAN_FAIL}, INKAN_VERDICT_FAIL, INKAN_NOTHING_PASSED},
	{"SPF passed for somebody else", {ONE, N, F, true, INKAN_FAIL}, INKAN_VERDICT_FAIL, INKAN_NOTHING_ALIGNED},
	{"DKIM passed for somebody else", {ONE, F, N, false, INKAN_FAIL}, INKAN_VERDICT_FAIL, INKAN_NOTHING_ALIGNED},
	{"A15 fails, and a trusted chain vouches",
         {ONE, F, F, true, INKAN_FAIL, .vouched = true},
         INKAN_VERDICT_FAIL,
         INKAN_FAILED_BUT_VOUCHED},
	{"no From", {AUTHOR_NONE, Y, Y, false, INKAN_PERMERROR}, INKAN_VERDICT_FAIL, INKAN_NO_AUTHOR},
	{"two From", {AUTHOR_SEVERAL, Y, Y, false, INKAN_PERMERROR}, INKAN_VERDICT_FAIL, INKAN_SEVERAL_AUTHORS},
	/* no policy, DNS */
	{"no policy", {ONE, Y, Y, false, INKAN_NONE}, INKAN_VERDICT_NONE, INKAN_NO_POLICY},
	{"no policy, nothing there", {ONE, A, A, false, INKAN_NONE}, INKAN_VERDICT_NONE, INKAN_NO_POLICY},
	{"no policy, the only signature is open",
         {ONE, A, T, false, INKAN_NONE},
         INKAN_VERDICT_UNKNOWN,
         INKAN_DNS_FAILED},
	{"no policy, SPF is open", {ONE, T, F, false, INKAN_NONE}, INKAN_VERDICT_UNKNOWN, INKAN_DNS_FAILED},
	{"no policy, SPF is open, DKIM passed", {ONE, T, N, false, INKAN_NONE}, INKAN_VERDICT_NONE, INKAN_NO_POLICY},
	{"M9 the policy is open", {ONE, Y, Y, false, INKAN_TEMPERROR}, INKAN_VERDICT_UNKNOWN, INKAN_DNS_FAILED},
	/* not representative */
	{"S0-34 a trusted gateway",
         {ONE, U, Y, false, INKAN_NONE, .trusted_gateway = true},
         INKAN_VERDICT_NOT_REPRESENTATIVE,
         INKAN_THROUGH_TRUSTED_GATEWAY},
	{"C-10 inside one organization, not signed",
         {ONE, U, A, false, INKAN_FAIL, .internal = true},
         INKAN_VERDICT_NOT_REPRESENTATIVE,
         INKAN_INSIDE_ONE_ORGANIZATION},
	{"inside one organization, says a client without SPF",
         {ONE, A, A, false, INKAN_FAIL, .internal = true},
         INKAN_VERDICT_FAIL,
         INKAN_NOTHING_PASSED},
	{"inside one organization, says a client with an SPF of its own",
         {ONE, N, A, false, INKAN_FAIL, .internal = true},
         INKAN_VERDICT_FAIL,
         INKAN_NOTHING_ALIGNED},
	{"inside one organization, says a client, and DNS fails",
         {ONE, T, A, false, INKAN_TEMPERROR, .internal = true},
         INKAN_VERDICT_UNKNOWN,
         INKAN_DNS_FAILED},
	{"C-10 inside one organization, no policy",
         {ONE, A, A, false, INKAN_NONE, .internal = true},
         INKAN_VERDICT_NOT_REPRESENTATIVE,
         INKAN_INSIDE_ONE_ORGANIZATION},
	{"inside one organization, but signed",
         {ONE, Y, Y, false, INKAN_PASS, .internal = true},
         INKAN_VERDICT_PASS,
         INKAN_BOTH_ALIGNED},
	{"S0-4 a private address, SPF failed, DKIM carries",
         {ONE, F, Y, false, INKAN_PASS, .private_address = true},
         INKAN_VERDICT_NOT_REPRESENTATIVE,
         INKAN_FROM_PRIVATE_ADDRESS},
	{"S0-4 a private address, not signed",
         {ONE, F, A, false, INKAN_FAIL, .private_address = true},
         INKAN_VERDICT_NOT_REPRESENTATIVE,
         INKAN_FROM_PRIVATE_ADDRESS},
	{"S0-4 a private address, only a provider signed",
         {ONE, F, N, false, INKAN_FAIL, .private_address = true},
         INKAN_VERDICT_NOT_REPRESENTATIVE,
         INKAN_FROM_PRIVATE_ADDRESS},
	{"a private address, only a provider's signature is whole",
         {ONE, F, N, true, INKAN_FAIL, .private_address = true},
         INKAN_VERDICT_FAIL,
         INKAN_NOTHING_ALIGNED},
	{"a private address, the signature is broken",
         {ONE, F, F, true, INKAN_FAIL, .private_address = true},
         INKAN_VERDICT_FAIL,
         INKAN_NOTHING_PASSED},
	{"a private address that SPF names",
         {ONE, Y, A, false, INKAN_PASS, .private_address = true},
         INKAN_VERDICT_AT_RISK,
         INKAN_BY_SPF_NOT_SIGNED},
	{"a private address, both legs carry",
         {ONE, Y, Y, false, INKAN_PASS, .private_address = true},
         INKAN_VERDICT_PASS,
         INKAN_BOTH_ALIGNED},
};

static void run_row(const void *row)
{
	const struct row *r = row;
	struct inkan_verdict v;

	decide(&r->facts, &v);
	assert_string_equal(inkan_verdict_name(v.kind), inkan_verdict_name(r->kind));
	assert_string_equal(inkan_verdict_reason_name(v.reason), inkan_verdict_reason_name(r->reason));
}

/* Whatever the facts: DNS trouble is never a failure or a pass by itself, and a failure is never called a pass. */
static void run_all(const void *row)
{
	(void)row;
	for (unsigned n = 0; n < 3 * 6 * 6 * 4 * 64; n++) {
		static const enum inkan_result results[] = {INKAN_NONE, INKAN_PASS, INKAN_FAIL, INKAN_TEMPERROR};
		unsigned rest = n / (3 * 6 * 6 * 4);
		struct decision_facts f = {.author = (enum author_state)(n % 3),
		                           .spf = (enum inkan_leg)(n / 3 % 6),
		                           .dkim = (enum inkan_leg)(n / 18 % 6),
		                           .dmarc = results[n / 108 % 4],
		                           .aligned_signature_failed = rest & 1,
		                           .fields_repeated = rest & 2,
		                           .vouched = rest & 4,
		                           .trusted_gateway = rest & 8,
		                           .private_address = rest & 16,
		                           .internal = rest & 32};
		struct inkan_verdict v = {.kind = (enum inkan_verdict_kind)99};

		decide(&f, &v);
		assert_true(inkan_verdict_name(v.kind)[0] && inkan_verdict_reason_name(v.reason)[0]);
		if (v.kind == INKAN_VERDICT_PASS || v.kind == INKAN_VERDICT_AT_RISK)
			assert_true(f.dmarc == INKAN_PASS && f.author == AUTHOR_ONE);
		if (v.kind == INKAN_VERDICT_FAIL && f.author == AUTHOR_ONE)
			assert_int_equal(f.dmarc, INKAN_FAIL);
		/* what a message says of itself never hides a failure that a session has shown */
		if (f.internal && f.dmarc == INKAN_FAIL && f.spf != INKAN_LEG_UNCHECKED && !f.trusted_gateway &&
		    !f.private_address)
			assert_int_equal(v.kind, INKAN_VERDICT_FAIL);
		if (f.dmarc == INKAN_TEMPERROR && f.author == AUTHOR_ONE)
			assert_true(v.kind == INKAN_VERDICT_UNKNOWN || v.kind == INKAN_VERDICT_NOT_REPRESENTATIVE);
	}
}

/* ---- legs ---- */

static const struct spf_row {
	const char *name;
	enum inkan_result result;
	bool aligned, checked;
	enum inkan_leg leg;
} spf_rows[] = {
	{"SPF not checked", INKAN_NONE, false, false, U},  {"SPF none", INKAN_NONE, true, true, A},
	{"SPF pass, aligned", INKAN_PASS, true, true, Y},  {"SPF pass, not aligned", INKAN_PASS, false, true, N},
	{"SPF fail", INKAN_FAIL, true, true, F},           {"SPF softfail", INKAN_SOFTFAIL, true, true, F},
	{"SPF neutral", INKAN_NEUTRAL, true, true, F},     {"SPF permerror", INKAN_PERMERROR, true, true, F},
	{"SPF temperror", INKAN_TEMPERROR, true, true, T},
};

static void run_spf(const void *row)
{
	const struct spf_row *r = row;

	assert_int_equal(decide_spf_leg(&(struct inkan_spf_result){.result = r->result}, r->aligned, r->checked),
	                 r->leg);
}

static const struct dkim_row {
	const char *name;
	struct {
		enum inkan_result result;
		bool aligned;
	} signatures[3];
	size_t count;
	enum inkan_leg leg;
} dkim_rows[] = {
	{"not signed", {{0}}, 0, A},
	{"one fails", {{INKAN_FAIL, true}}, 1, F},
	{"one is refused", {{INKAN_POLICY, true}}, 1, F},
	{"one cannot be read", {{INKAN_NEUTRAL, false}}, 1, F},
	{"one passes, aligned", {{INKAN_PASS, true}}, 1, Y},
	{"one passes, not aligned", {{INKAN_PASS, false}}, 1, N},
	{"one is open", {{INKAN_TEMPERROR, false}}, 1, T},
	{"a broken one above, a good one below", {{INKAN_FAIL, true}, {INKAN_PASS, true}}, 2, Y},
	{"a good one above, a broken one below", {{INKAN_PASS, true}, {INKAN_FAIL, true}}, 2, Y},
	{"the author's is open, a provider's passes", {{INKAN_TEMPERROR, true}, {INKAN_PASS, false}}, 2, T},
	{"a provider's is open, another passes", {{INKAN_TEMPERROR, false}, {INKAN_PASS, false}}, 2, N},
	{"open, broken", {{INKAN_FAIL, true}, {INKAN_TEMPERROR, false}}, 2, T},
	{"open, not aligned, aligned", {{INKAN_TEMPERROR, true}, {INKAN_PASS, false}, {INKAN_PASS, true}}, 3, Y},
};

static void run_dkim(const void *row)
{
	const struct dkim_row *r = row;
	struct inkan_dkim_result results[3] = {{0}};

	for (size_t i = 0; i < r->count; i++) {
		results[i].result = r->signatures[i].result;
		results[i].aligned = r->signatures[i].aligned;
	}
	assert_int_equal(decide_dkim_leg(results, r->count), r->leg);
}

int main(void)
{
	struct test_list list = {0};

	TEST_TABLE(&list, rows, run_row);
	test_add(&list, "all combinations: no verdict contradicts DMARC", run_all, NULL);
	TEST_TABLE(&list, spf_rows, run_spf);
	TEST_TABLE(&list, dkim_rows, run_dkim);
	return test_run(&list, "auth/decide");
}

#include "auth/decide.h"

enum inkan_leg decide_spf_leg(const struct inkan_spf_result *spf, bool aligned, bool checked)
{
	if (!checked)
		return INKAN_LEG_UNCHECKED;
	switch (spf->result) {
	case INKAN_PASS:
		return aligned ? INKAN_LEG_ALIGNED : INKAN_LEG_NOT_ALIGNED;
	case INKAN_NONE:
		return INKAN_LEG_ABSENT;
	case INKAN_TEMPERROR:
		return INKAN_LEG_UNDECIDED;
	case INKAN_FAIL:
	case INKAN_SOFTFAIL:
	case INKAN_NEUTRAL:
	case INKAN_POLICY:
	case INKAN_PERMERROR:
		break;
	}
	return INKAN_LEG_FAILED;
}

/* How much a signature says, from "it is there" to "it proves the author". One for the author that DNS kept from being
 * judged outweighs the proof of another domain. */
static int weight(const struct inkan_dkim_result *r)
{
	if (r->result == INKAN_PASS)
		return r->aligned ? 5 : 3;
	if (r->result == INKAN_TEMPERROR)
		return r->aligned ? 4 : 2;
	return 1;
}

enum inkan_leg decide_dkim_leg(const struct inkan_dkim_result *dkim, size_t count)
{
	static const enum inkan_leg legs[] = {INKAN_LEG_ABSENT,      INKAN_LEG_FAILED,    INKAN_LEG_UNDECIDED,
	                                      INKAN_LEG_NOT_ALIGNED, INKAN_LEG_UNDECIDED, INKAN_LEG_ALIGNED};
	int best = 0;

	for (size_t i = 0; i < count; i++)
		best = weight(&dkim[i]) > best ? weight(&dkim[i]) : best;
	return legs[best];
}

struct verdict_row {
	enum inkan_verdict_kind kind;
	enum inkan_verdict_reason reason;
};

/* DMARC passed: which leg carries it, and how is the other? */
static struct verdict_row decide_pass(const struct decision_facts *f)
{
	static const struct verdict_row by_dkim[] = {
		[INKAN_LEG_UNCHECKED] = {INKAN_VERDICT_PASS, INKAN_ALIGNED_BY_DKIM_SPF_UNCHECKED},
		[INKAN_LEG_ABSENT] = {INKAN_VERDICT_AT_RISK, INKAN_BY_DKIM_SPF_ABSENT},
		[INKAN_LEG_FAILED] = {INKAN_VERDICT_AT_RISK, INKAN_BY_DKIM_SPF_FAILED},
		[INKAN_LEG_NOT_ALIGNED] = {INKAN_VERDICT_AT_RISK, INKAN_BY_DKIM_SPF_NOT_ALIGNED},
		[INKAN_LEG_ALIGNED] = {INKAN_VERDICT_PASS, INKAN_BOTH_ALIGNED},
		[INKAN_LEG_UNDECIDED] = {INKAN_VERDICT_PASS, INKAN_ALIGNED_BY_DKIM_SPF_UNDECIDED},
	};
	static const struct verdict_row by_spf[] = {
		[INKAN_LEG_UNCHECKED] = {INKAN_VERDICT_AT_RISK, INKAN_BY_SPF_NOT_SIGNED},
		[INKAN_LEG_ABSENT] = {INKAN_VERDICT_AT_RISK, INKAN_BY_SPF_NOT_SIGNED},
		[INKAN_LEG_FAILED] = {INKAN_VERDICT_AT_RISK, INKAN_BY_SPF_SIGNATURE_BROKEN},
		[INKAN_LEG_NOT_ALIGNED] = {INKAN_VERDICT_AT_RISK, INKAN_BY_SPF_SIGNATURE_NOT_ALIGNED},
		[INKAN_LEG_ALIGNED] = {INKAN_VERDICT_PASS, INKAN_BOTH_ALIGNED},
		[INKAN_LEG_UNDECIDED] = {INKAN_VERDICT_PASS, INKAN_ALIGNED_BY_SPF_DKIM_UNDECIDED},
	};

	if (f->fields_repeated)
		return (struct verdict_row){INKAN_VERDICT_AT_RISK, INKAN_REPEATED_FIELDS};
	if (f->dkim == INKAN_LEG_ALIGNED)
		return by_dkim[f->spf];
	if (f->dkim == INKAN_LEG_NOT_ALIGNED && f->aligned_signature_failed)
		return by_spf[INKAN_LEG_FAILED];
	return by_spf[f->dkim];
}

static struct verdict_row decide_fail(const struct decision_facts *f)
{
	if (f->vouched)
		return (struct verdict_row){INKAN_VERDICT_FAIL, INKAN_FAILED_BUT_VOUCHED};
	if (f->spf == INKAN_LEG_NOT_ALIGNED || f->dkim == INKAN_LEG_NOT_ALIGNED)
		return (struct verdict_row){INKAN_VERDICT_FAIL, INKAN_NOTHING_ALIGNED};
	return (struct verdict_row){INKAN_VERDICT_FAIL, INKAN_NOTHING_PASSED};
}

static bool has_passed(enum inkan_leg leg)
{
	return leg == INKAN_LEG_ALIGNED || leg == INKAN_LEG_NOT_ALIGNED;
}

/* No policy: then a trouble of DNS matters only where nothing passed. */
static struct verdict_row decide_none(const struct decision_facts *f)
{
	bool undecided = f->spf == INKAN_LEG_UNDECIDED || f->dkim == INKAN_LEG_UNDECIDED;

	if (undecided && !has_passed(f->spf) && !has_passed(f->dkim))
		return (struct verdict_row){INKAN_VERDICT_UNKNOWN, INKAN_DNS_FAILED};
	return (struct verdict_row){INKAN_VERDICT_NONE, INKAN_NO_POLICY};
}

static struct verdict_row decide_by_dmarc(const struct decision_facts *f)
{
	switch (f->dmarc) {
	case INKAN_PASS:
		return decide_pass(f);
	case INKAN_NONE:
		return decide_none(f);
	case INKAN_TEMPERROR:
		return (struct verdict_row){INKAN_VERDICT_UNKNOWN, INKAN_DNS_FAILED};
	case INKAN_FAIL:
	case INKAN_NEUTRAL:
	case INKAN_POLICY:
	case INKAN_PERMERROR:
	case INKAN_SOFTFAIL:
		break;
	}
	return decide_fail(f);
}

/* SPF says nothing about a client inside the receiver's own network: what hangs on it proves nothing. A broken signature of
 * the author's stays one. */
static bool hangs_on_spf(const struct decision_facts *f, struct verdict_row row)
{
	bool no_signature_of_author =
		f->dkim == INKAN_LEG_ABSENT || (f->dkim == INKAN_LEG_NOT_ALIGNED && !f->aligned_signature_failed);

	return row.kind == INKAN_VERDICT_AT_RISK || (row.kind == INKAN_VERDICT_FAIL && no_signature_of_author);
}

/* Everybody can write that mark: it excuses nobody whom the session has shown to be a stranger. */
static bool may_be_internal(const struct decision_facts *f)
{
	return f->spf == INKAN_LEG_UNCHECKED || f->dmarc == INKAN_PASS || f->dmarc == INKAN_NONE;
}

void decide(const struct decision_facts *f, struct inkan_verdict *out)
{
	struct verdict_row row;

	if (f->trusted_gateway)
		row = (struct verdict_row){INKAN_VERDICT_NOT_REPRESENTATIVE, INKAN_THROUGH_TRUSTED_GATEWAY};
	else if (f->author == AUTHOR_NONE)
		row = (struct verdict_row){INKAN_VERDICT_FAIL, INKAN_NO_AUTHOR};
	else if (f->author == AUTHOR_SEVERAL)
		row = (struct verdict_row){INKAN_VERDICT_FAIL, INKAN_SEVERAL_AUTHORS};
	else if (f->internal && f->dkim == INKAN_LEG_ABSENT && may_be_internal(f))
		row = (struct verdict_row){INKAN_VERDICT_NOT_REPRESENTATIVE, INKAN_INSIDE_ONE_ORGANIZATION};
	else
		row = decide_by_dmarc(f);
	if (f->private_address && f->spf != INKAN_LEG_UNCHECKED && f->spf != INKAN_LEG_ALIGNED && hangs_on_spf(f, row))
		row = (struct verdict_row){INKAN_VERDICT_NOT_REPRESENTATIVE, INKAN_FROM_PRIVATE_ADDRESS};
	out->kind = row.kind;
	out->reason = row.reason;
}

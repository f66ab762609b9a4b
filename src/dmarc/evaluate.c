/* One message under DMARC. Reading order: dmarc_evaluate() -> discover() (whose policy, which) -> align_all() (identifiers)
 * -> decide() (result and disposition). Everything may be pending; then it is run again. */
#include "dmarc/walk.h"

#include "core/utf8.h"
#include "dns/idna.h"

/* A message while it is judged. */
struct judging {
	struct arena *arena;
	struct evidence *evidence;
	const struct dmarc_query *query;
	struct str from;           /* normalised */
	struct walk author;        /* from `from`; RFC 9989 only */
	struct str organizational; /* of `from` */
	bool organizational_known; /* false: DNS failed for now */
	struct dmarc_record record;
	struct str record_domain;
	size_t record_step; /* of out->steps, where the record was found */
	bool exists;        /* the author domain does, as far as DNS says */
	bool exists_open;   /* DNS failed for now when that was asked */
	bool temporary;     /* DNS failed for now on the way to the policy */
	unsigned walks;
	bool pending;
	struct inkan_dmarc_result *out;
};

const char *inkan_dmarc_policy_name(enum inkan_dmarc_policy policy)
{
	static const char *const names[] = {"none", "quarantine", "reject"};

	return names[policy <= INKAN_POLICY_REJECT ? policy : 0];
}

static bool is_below(struct str name, struct str ancestor)
{
	return name.n > ancestor.n && str_ihas_suffix(name, ancestor) && name.p[name.n - ancestor.n - 1] == '.';
}

/* ---- whose policy? ---- */

static const char *step_note(const struct walk_step *step)
{
	if (dns_status_is_temporary(step->status))
		return dns_status_name(step->status);
	if (step->records > 1)
		return "several records, all ignored";
	if (step->record.n == 0)
		return step->status == DNS_NXDOMAIN ? "no such name" : "no record";
	return step->psd == DMARC_PSD_YES  ? "psd=y: a public suffix domain"
	       : step->psd == DMARC_PSD_NO ? "psd=n: the organizational domain"
	                                   : "record found";
}

static int note_steps(struct judging *j, const struct walk_step *steps, size_t count)
{
	struct inkan_dmarc_step *list = arena_calloc(j->arena, count + 1, sizeof *list);

	if (!list)
		return arena_error(j->arena);
	for (size_t i = 0; i < count; i++) {
		char *name = arena_text(j->arena, steps[i].name.n + 8);

		if (!name)
			return arena_error(j->arena);
		memcpy(name, "_dmarc.", 7);
		memcpy(name + 7, steps[i].name.p, steps[i].name.n);
		name[steps[i].name.n + 7] = '\0';
		list[i] = (struct inkan_dmarc_step){name, utf8_shown(j->arena, steps[i].record, DMARC_RECORD_MAX, '?'),
		                                    step_note(&steps[i])};
	}
	j->out->steps = list;
	j->out->step_count = count;
	return INKAN_OK;
}

/* Whether the author domain exists (M10): NXDOMAIN for any type says no. Asked only where it matters. */
static void ask_existence(struct judging *j)
{
	const struct dns_answer *answer = evidence_ask(j->evidence, DNS_TXT, j->from);

	if (!answer) {
		j->pending = true;
		return;
	}
	j->exists = answer->status != DNS_NXDOMAIN;
	j->exists_open = dns_status_is_temporary(answer->status);
}

static int discover_by_walk(struct judging *j)
{
	struct walk *walk = &j->author;
	int error = dmarc_walk(j->arena, j->evidence, j->from, walk, &j->pending);

	if (error || j->pending)
		return error;
	const struct walk_step *policy = dmarc_walk_policy(walk);
	bool own = policy == &walk->steps[0];

	j->temporary = walk->temporary && !own;
	j->organizational = dmarc_walk_organizational_domain(walk);
	j->organizational_known = !walk->temporary;
	j->walks = 1;
	error = note_steps(j, walk->steps, walk->count);
	if (error || !policy)
		return error;
	j->record_domain = policy->name;
	j->record_step = (size_t)(policy - walk->steps);
	if (!own)
		ask_existence(j);
	return dmarc_record_parse_policy(j->arena, policy->record, INKAN_RFC9989, &j->record);
}

static struct str registrable(const struct judging *j, struct str domain)
{
	struct str found = STR_NULL;

	if (j->query->registrable_domain)
		found = j->query->registrable_domain(j->query->psl_context, domain);
	return found.n ? found : domain;
}

/* RFC 7489 section 6.6.3: the author domain, then its organizational domain by the public suffix list. Several records at
 * a name end the search. */
static int discover_by_list(struct judging *j)
{
	struct walk_step steps[2] = {{.name = j->from}, {.name = registrable(j, j->from)}};
	size_t count = str_eq(steps[0].name, steps[1].name) ? 1 : 2, asked = 0;
	int error = INKAN_OK;

	j->organizational = steps[1].name;
	j->organizational_known = true;
	while (asked < count && !error && (asked == 0 || steps[asked - 1].records == 0)) {
		error = dmarc_walk_ask(j->arena, j->evidence, &steps[asked], &j->pending);
		if (j->pending)
			return error;
		j->temporary |= dns_status_is_temporary(steps[asked++].status);
	}
	if (!error)
		error = note_steps(j, steps, asked);
	if (error || asked == 0 || steps[asked - 1].record.n == 0)
		return error;
	j->record_domain = steps[asked - 1].name;
	j->record_step = asked - 1;
	return dmarc_record_parse_policy(j->arena, steps[asked - 1].record, INKAN_RFC7489, &j->record);
}

static int discover(struct judging *j)
{
	return j->query->profile == INKAN_RFC7489 ? discover_by_list(j) : discover_by_walk(j);
}

/* ---- which policy? ---- */

static enum inkan_dmarc_policy published_policy(const struct judging *j, const char **tag_out)
{
	const struct dmarc_record *r = &j->record;

	*tag_out = "p";
	if (str_eq(j->record_domain, j->from))
		return r->p;
	if (!j->exists && r->has_np) {
		*tag_out = "np";
		return r->np;
	}
	if (r->has_sp) {
		*tag_out = "sp";
		return r->sp;
	}
	return r->p;
}

static enum inkan_dmarc_policy one_step_lower(enum inkan_dmarc_policy policy)
{
	return policy == INKAN_POLICY_REJECT ? INKAN_POLICY_QUARANTINE : INKAN_POLICY_NONE;
}

/* ---- alignment ---- */

enum alignment { NOT_ALIGNED, ALIGNED, ALIGNMENT_UNKNOWN };

/* Whether two domains have the same organizational domain (M8). An identifier outside of the author's organizational
 * domain cannot have the same one, so it is not walked; neither is one beyond the cap (M4), nor one that did not pass. */
static int relaxed_alignment(struct judging *j, struct str domain, bool walked, enum alignment *out)
{
	struct walk walk = {.count = 0};
	bool pending = false;

	*out = NOT_ALIGNED;
	if (j->query->profile == INKAN_RFC7489) {
		/* where the author's own record could not be had, it may ask for strict alignment */
		if (str_eq(registrable(j, domain), j->organizational))
			*out = walked && j->temporary ? ALIGNMENT_UNKNOWN : ALIGNED;
		return INKAN_OK;
	}
	if (!j->organizational_known) {
		*out = ALIGNMENT_UNKNOWN;
		return INKAN_OK;
	}
	if (!str_eq(domain, j->organizational) && !is_below(domain, j->organizational))
		return INKAN_OK;
	if (!walked) {
		*out = ALIGNED;
		return INKAN_OK;
	}
	if (!dmarc_walk_tail(&j->author, domain, &walk)) {
		if (j->walks == DMARC_WALKS_MAX)
			return INKAN_OK;
		j->walks++;
		int error = dmarc_walk(j->arena, j->evidence, domain, &walk, &pending);

		if (error || pending) {
			j->pending |= pending;
			return error;
		}
	}
	if (walk.temporary)
		*out = ALIGNMENT_UNKNOWN;
	else if (str_eq(dmarc_walk_organizational_domain(&walk), j->organizational))
		*out = ALIGNED;
	return INKAN_OK;
}

static int alignment(struct judging *j, const struct dmarc_identifier *identifier, bool strict, enum alignment *out)
{
	struct str domain;
	bool walked = identifier->result == INKAN_PASS || identifier->result == INKAN_TEMPERROR;

	*out = ALIGNED;
	if (str_eq(identifier->domain, j->from))
		return INKAN_OK;
	int error = dns_name_to_host(j->arena, identifier->domain, &domain);

	*out = NOT_ALIGNED;
	if (error || domain.n == 0)
		return error;
	if (str_eq(domain, j->from)) {
		*out = ALIGNED;
		return INKAN_OK;
	}
	return strict ? INKAN_OK : relaxed_alignment(j, domain, walked, out);
}

/* Sets what passed and is aligned; *unknown_out where a passing identifier could not be compared. */
static int align_all(struct judging *j, struct dmarc_identifier *list, size_t count, bool strict, bool *aligned_out,
                     bool *unknown_out)
{
	for (size_t i = 0; i < count; i++) {
		enum alignment found;
		bool passed = list[i].result == INKAN_PASS, temporary = list[i].result == INKAN_TEMPERROR;
		int error = alignment(j, &list[i], strict, &found);

		if (error)
			return error;
		list[i].aligned = found == ALIGNED;
		*aligned_out |= passed && found == ALIGNED;
		*unknown_out |= (passed && found == ALIGNMENT_UNKNOWN) || (temporary && found != NOT_ALIGNED);
	}
	return INKAN_OK;
}

/* Asks for the walks of identifiers that may turn out to be in the author's organization, before that is known. */
static void ask_early(struct judging *j, const struct dmarc_identifier *list, size_t count)
{
	size_t dot = str_rfind(j->from, '.');
	struct str stem = str_head(j->from, dot < j->from.n ? dot : 0);
	size_t next = str_rfind(stem, '.');
	struct str shared = str_skip(j->from, next < stem.n ? next + 1 : 0); /* the last two labels */

	for (size_t i = 0; i < count && i < DMARC_WALKS_MAX; i++) {
		struct str domain;
		struct walk ignored;
		bool pending = false;

		if (list[i].result != INKAN_PASS || dns_name_to_host(j->arena, list[i].domain, &domain) ||
		    domain.n == 0)
			continue;
		if (!str_eq(domain, j->from) && is_below(domain, shared) &&
		    dmarc_walk(j->arena, j->evidence, domain, &ignored, &pending))
			return;
	}
}

/* ---- result ---- */

static void describe(struct judging *j)
{
	struct inkan_dmarc_result *o = j->out;

	/* every domain here is the end of `from`, which is terminated */
	o->organizational_domain = j->organizational.n ? j->organizational.p : "";
	if (!j->record.valid)
		return;
	o->policy_domain = j->record_domain.p;
	o->record = o->steps[j->record_step].record;
	o->policy = published_policy(j, &o->policy_tag);
	o->strict_spf = j->record.strict_spf;
	o->strict_dkim = j->record.strict_dkim;
}

static void set_result(struct judging *j, enum inkan_result result, const char *reason, const char *section)
{
	j->out->result = result;
	j->out->reason = reason;
	j->out->section = section;
}

static void decide_disposition(struct judging *j)
{
	struct inkan_dmarc_result *o = j->out;

	o->disposition = o->policy;
	if (j->record.testing && o->policy != INKAN_POLICY_NONE) {
		o->testing = true;
		o->disposition = one_step_lower(o->policy);
	}
	if (j->query->profile == INKAN_RFC7489 && j->query->sample >= j->record.pct && o->policy != INKAN_POLICY_NONE) {
		o->sampled_out = true;
		o->disposition = one_step_lower(o->policy);
	}
}

/* Whether np= would ask for something else, and DNS failed for now when it was asked whether it is np= that counts. */
static bool is_policy_open(const struct judging *j)
{
	const char *tag;

	return j->exists_open && j->record.has_np && j->record.np != published_policy(j, &tag);
}

static void decide(struct judging *j, bool unknown)
{
	struct inkan_dmarc_result *o = j->out;

	if (!j->record.valid && j->temporary) {
		set_result(j, INKAN_TEMPERROR, "policy could not be looked up", "RFC 9989 section 5.3.6");
	} else if (!j->record.valid) {
		set_result(j, INKAN_NONE, j->record.text.n ? "policy record has no usable policy" : "no policy record",
		           "RFC 9989 section 4.10.1");
	} else if (o->spf_aligned || o->dkim_aligned) {
		set_result(j, INKAN_PASS, "", "RFC 9989 section 5.3.5");
	} else if (unknown || j->temporary) {
		set_result(j, INKAN_TEMPERROR, "an identifier could not be judged for now", "RFC 9989 section 5.3.6");
	} else if (is_policy_open(j)) {
		set_result(j, INKAN_TEMPERROR, "it could not be looked up whether the domain exists",
		           "RFC 9989 section 5.3.6");
	} else {
		set_result(j, INKAN_FAIL, "no aligned identifier passed", "RFC 9989 section 5.3.5");
		decide_disposition(j);
	}
}

/* Identifiers are compared without a policy too: what is aligned is of interest to people. */
static int judge(struct judging *j)
{
	struct inkan_dmarc_result *o = j->out;
	const struct dmarc_query *q = j->query;
	bool unknown = false;
	int error = align_all(j, q->spf, q->spf_count, j->record.strict_spf, &o->spf_aligned, &unknown);

	if (!error)
		error = align_all(j, q->dkim, q->dkim_count, j->record.strict_dkim, &o->dkim_aligned, &unknown);
	if (error || j->pending)
		return error;
	for (size_t i = 0; i < q->spf_count; i++)
		o->spf_would_align |= q->spf[i].aligned;
	decide(j, unknown);
	return INKAN_OK;
}

static void init_result(struct inkan_dmarc_result *out, const struct dmarc_query *query)
{
	*out = (struct inkan_dmarc_result){.reason = "",
	                                   .section = "",
	                                   .from_domain = "",
	                                   .policy_domain = "",
	                                   .record = "",
	                                   .policy_tag = "",
	                                   .organizational_domain = "",
	                                   .profile = query->profile};
}

static int begin(struct judging *j, struct str domain)
{
	init_result(j->out, j->query);
	int error = dns_name_to_host(j->arena, domain, &j->from);

	j->out->from_domain = j->from.n ? j->from.p : "";
	return error ? error : arena_error(j->arena);
}

int dmarc_evaluate(struct arena *arena, struct evidence *evidence, const struct dmarc_query *query,
                   struct inkan_dmarc_result *out, bool *pending_out)
{
	struct inkan_dmarc_result result;
	struct judging j = {.arena = arena, .evidence = evidence, .query = query, .exists = true, .out = &result};
	int error = begin(&j, query->from_domain);

	if (error)
		return error;
	if (j.from.n == 0) {
		set_result(&j, INKAN_PERMERROR, "From has no usable domain", "RFC 9989 section 5.3.1");
		*out = result;
		return INKAN_OK;
	}
	error = discover(&j);
	if (!error && j.pending && query->profile == INKAN_RFC9989) {
		ask_early(&j, query->spf, query->spf_count);
		ask_early(&j, query->dkim, query->dkim_count);
	}
	if (!error && !j.pending) {
		describe(&j);
		error = judge(&j);
	}
	if (error || j.pending) {
		*pending_out |= j.pending;
		return error;
	}
	*out = result;
	return arena_error(arena);
}

int dmarc_discover(struct arena *arena, struct evidence *evidence, struct str domain, const struct dmarc_query *options,
                   struct inkan_dmarc_result *out, struct dmarc_record *record_out, bool *pending_out)
{
	struct inkan_dmarc_result result;
	struct judging j = {.arena = arena, .evidence = evidence, .query = options, .exists = true, .out = &result};
	int error = begin(&j, domain);

	if (!error && j.from.n == 0)
		set_result(&j, INKAN_PERMERROR, "not a domain name", "RFC 9989 section 5.3.1");
	else if (!error)
		error = discover(&j);
	if (error || j.pending) {
		*pending_out |= j.pending;
		return error;
	}
	if (j.temporary && !j.record.valid)
		set_result(&j, INKAN_TEMPERROR, "policy could not be looked up", "RFC 9989 section 5.3.6");
	describe(&j);
	*out = result;
	/* with its report addresses */
	error = j.record.text.n ? dmarc_record_parse(arena, j.record.text, options->profile, record_out) : INKAN_OK;
	if (!j.record.text.n)
		*record_out = j.record;
	return error ? error : arena_error(arena);
}

int dmarc_organizational_domain(struct arena *arena, struct evidence *evidence, struct str domain,
                                const struct dmarc_query *options, struct str *out, bool *pending_out)
{
	struct inkan_dmarc_result ignored;
	struct judging j = {.arena = arena, .evidence = evidence, .query = options, .out = &ignored};
	struct walk walk = {.count = 0};
	struct str name;
	int error = dns_name_to_host(arena, domain, &name);

	if (error || name.n == 0) {
		*out = name;
		return error;
	}
	if (options->profile == INKAN_RFC7489) {
		*out = registrable(&j, name);
		return INKAN_OK;
	}
	error = dmarc_walk(arena, evidence, name, &walk, &j.pending);
	if (error || j.pending) {
		*pending_out |= j.pending;
		return error;
	}
	*out = dmarc_walk_organizational_domain(&walk);
	return INKAN_OK;
}

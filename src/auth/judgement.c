/* Reading order: judgement_header() finds the author and the signatures and asks; judgement_evaluate() -> spf, dkim, arc,
 * then dmarc over them -> conclude(). */
#include "auth/judgement.h"

#include <stdlib.h>
#include <string.h>

#include "arc/arc.h"
#include "auth/decide.h"
#include "auth/repeated.h"
#include "dkim/verify.h"
#include "dmarc/dmarc.h"
#include "spf/spf.h"

struct judgement {
	const struct inkan_message_options *options;
	struct dkim_verifier *dkim;
	struct arc_verifier *arc;
	struct body_hashes *bodies;
	struct str *trusted_sealers;
	struct arena spf_memory, dmarc_memory;
	struct buf comment; /* of an override; kept over messages */

	struct arena *arena;
	const struct header *header;
	const struct session *session;
	struct evidence *evidence;
	struct author author;
	struct inkan_spf_result spf, spf_helo;
	bool spf_done, dmarc_done;
	struct inkan_arc_result no_arc;
	struct inkan_dmarc_result dmarc;
	struct inkan_repeated_field repeated[REPEATED_FIELDS_MAX];
	struct inkan_verdict verdict;
};

/* ---- making ---- */

static int copy_sealers(struct judgement *j, struct arc_verify_options *arc)
{
	const struct inkan_message_options *o = j->options;

	j->trusted_sealers = calloc(o->trusted_sealer_count + 1, sizeof *j->trusted_sealers);
	if (!j->trusted_sealers)
		return INKAN_ENOMEM;
	for (size_t i = 0; i < o->trusted_sealer_count; i++)
		j->trusted_sealers[i] = str_c(o->trusted_sealers[i]);
	*arc = (struct arc_verify_options){j->trusted_sealers, o->trusted_sealer_count};
	return INKAN_OK;
}

static int make_parts(struct judgement *j, const struct inkan_context *context)
{
	const struct inkan_message_options *o = j->options;
	struct dkim_verify_options dkim = {.now = o->now == INKAN_TIME_NONE ? UNIX_TIME_NONE : o->now,
	                                   .clock_skew = o->clock_skew,
	                                   .signatures_max = o->signatures_max,
	                                   .allow_legacy = o->flags & INKAN_ALLOW_LEGACY,
	                                   .allow_partial_body = o->flags & INKAN_ALLOW_PARTIAL_BODY,
	                                   .is_public_suffix = o->is_public_suffix,
	                                   .public_suffix_context = o->public_suffix_context};
	struct arc_verify_options arc;
	int error = copy_sealers(j, &arc);

	if (!error)
		error = body_hashes_new(context->crypto, &j->bodies);
	if (!error)
		error = dkim_verifier_new(context->crypto, context->keys, &dkim, &j->dkim);
	if (!error && !(o->flags & INKAN_WITHOUT_ARC))
		error = arc_verifier_new(context->crypto, context->keys, &arc, &j->arc);
	return error;
}

int judgement_new(const struct inkan_context *context, const struct inkan_message_options *options,
                  struct judgement **out)
{
	struct judgement *j = calloc(1, sizeof *j);

	if (!j)
		return INKAN_ENOMEM;
	j->options = options;
	arena_init(&j->spf_memory, JUDGEMENT_SPF_MEMORY_MAX);
	arena_init(&j->dmarc_memory, JUDGEMENT_DMARC_MEMORY_MAX);
	buf_init(&j->comment, ARC_SETS_MAX * (DNS_NAME_MAX + 32));
	int error = make_parts(j, context);

	if (error) {
		judgement_free(j);
		return error;
	}
	*out = j;
	return INKAN_OK;
}

void judgement_take_time(struct judgement *j)
{
	int64_t now = j->options->now;

	dkim_verifier_set_time(j->dkim, now == INKAN_TIME_NONE ? UNIX_TIME_NONE : now);
}

void judgement_free(struct judgement *j)
{
	if (!j)
		return;
	dkim_verifier_free(j->dkim);
	arc_verifier_free(j->arc);
	body_hashes_free(j->bodies);
	arena_release(&j->spf_memory);
	arena_release(&j->dmarc_memory);
	buf_release(&j->comment);
	free(j->trusted_sealers);
	free(j);
}

/* ---- SPF ---- */

static void no_spf(struct inkan_spf_result *out, const char *reason)
{
	*out = (struct inkan_spf_result){.domain = "",
	                                 .mechanism = "",
	                                 .explanation = "",
	                                 .reason = reason,
	                                 .section = "RFC 7208 section 2.6.1"};
}

/* Whether the identity that DMARC looks at can be checked. */
static bool checks_sender(const struct session *s)
{
	return s->has_address && s->has_sender && !s->trusted_gateway;
}

static bool checks_helo(const struct session *s)
{
	return s->has_address && s->helo.n && !s->trusted_gateway;
}

static const char *why_no_spf(const struct session *s)
{
	if (s->trusted_gateway)
		return "skipped (trusted gateway)";
	if (!s->has_address)
		return "the client's address is not known";
	return "neither MAIL FROM nor HELO is known";
}

static int check_spf(struct judgement *j, bool *pending_out)
{
	const struct session *s = j->session;
	struct spf_query query = {.is_ipv6 = s->is_ipv6,
	                          .helo = s->helo,
	                          .sender = s->sender,
	                          .receiver = s->receiver,
	                          .now = j->options->now == INKAN_TIME_NONE ? 0 : j->options->now,
	                          .void_lookups_max = SPF_VOID_LOOKUPS_MAX};
	bool helo_pending = false, pending = false;
	int error = INKAN_OK;

	memcpy(query.address, s->address, sizeof query.address);
	arena_reset(&j->spf_memory);
	no_spf(&j->spf, why_no_spf(s));
	no_spf(&j->spf_helo, why_no_spf(s));
	if (checks_helo(s))
		error = spf_check_helo(&j->spf_memory, j->evidence, &query, NULL, NULL, &j->spf_helo, &helo_pending);
	if (!error && checks_sender(s))
		error = spf_check_mailfrom(&j->spf_memory, j->evidence, &query, NULL, NULL, &j->spf, &pending);
	else if (checks_helo(s))
		j->spf = j->spf_helo;
	pending |= helo_pending;
	*pending_out |= pending;
	j->spf_done = !pending;
	return error;
}

/* ---- DMARC ---- */

static struct str registrable(void *context, struct str domain)
{
	const struct inkan_message_options *o = context;
	char name[DNS_NAME_MAX + 1];

	if (domain.n > DNS_NAME_MAX)
		return STR_NULL;
	memcpy(name, domain.p, domain.n);
	name[domain.n] = '\0';
	size_t size = o->registrable_domain(o->public_suffix_context, name);

	return size <= domain.n ? str_skip(domain, domain.n - size) : STR_NULL;
}

/* The domain that SPF will be about, as long as it has no result. */
static struct str sender_domain(const struct session *s)
{
	size_t at = str_rfind(s->sender, '@');

	if (s->sender.n == 0)
		return s->helo;
	return at < s->sender.n ? str_skip(s->sender, at + 1) : s->sender;
}

static void init_dmarc(struct judgement *j, enum inkan_result result, const char *reason, const char *section)
{
	j->dmarc = (struct inkan_dmarc_result){.result = result,
	                                       .reason = reason,
	                                       .section = section,
	                                       .from_domain = j->author.domain,
	                                       .policy_domain = "",
	                                       .record = "",
	                                       .policy_tag = "",
	                                       .organizational_domain = "",
	                                       .profile = j->options->dmarc_profile};
	j->dmarc_done = true;
}

/* Evaluates with what is known. `early`: the other mechanisms are not done; then everything counts as passed, so that all
 * questions are asked that may matter. */
static int evaluate_dmarc(struct judgement *j, bool early, bool *pending_out)
{
	const struct inkan_message_options *o = j->options;
	const struct inkan_dkim_result *dkim;
	size_t count = dkim_verifier_results(j->dkim, &dkim);
	struct dmarc_identifier spf = {.domain = early ? sender_domain(j->session) : str_c(j->spf.domain),
	                               .result = early ? INKAN_PASS : j->spf.result};
	struct dmarc_query query = {.from_domain = str_c(j->author.domain),
	                            .profile = o->dmarc_profile,
	                            .sample = o->sample,
	                            .spf = &spf,
	                            .spf_count = checks_sender(j->session),
	                            .dkim_count = count,
	                            .registrable_domain = o->registrable_domain ? registrable : NULL,
	                            .psl_context = (void *)(uintptr_t)o};
	struct inkan_dmarc_result result;
	bool pending = false;

	arena_reset(&j->dmarc_memory);
	query.dkim = arena_calloc(&j->dmarc_memory, count + 1, sizeof *query.dkim);
	if (!query.dkim)
		return arena_error(&j->dmarc_memory);
	for (size_t i = 0; i < count; i++)
		query.dkim[i] = (struct dmarc_identifier){.domain = str_c(dkim[i].domain),
		                                          .result = early ? INKAN_PASS : dkim[i].result};
	int error = dmarc_evaluate(&j->dmarc_memory, j->evidence, &query, &result, &pending);

	*pending_out |= pending;
	if (error || early || pending)
		return error;
	for (size_t i = 0; i < count; i++)
		((struct inkan_dkim_result *)(uintptr_t)dkim)[i].aligned = query.dkim[i].aligned;
	j->verdict.spf_aligned = query.spf_count && spf.aligned;
	j->dmarc = result;
	j->dmarc_done = true;
	return INKAN_OK;
}

/* ---- the verdict ---- */

bool judgement_is_internal(const struct header *header)
{
	size_t i = header_lowest(header, STR("X-MS-Exchange-Organization-AuthAs"));

	return i != HEADER_NONE && str_ieq(str_trim_fws(header->fields[i].value), STR("Internal"));
}

/* A15: the chain is whole, every sealer in it is trusted, and the first says that DMARC passed for this author domain. Were one of
 * them a stranger, he could have made it all up or changed the message in between. */
static bool is_vouched(const struct judgement *j)
{
	const struct inkan_arc_result *arc = j->verdict.arc;

	if (arc->result != INKAN_PASS || arc->listed_sets == 0 || arc->sets[0].recorded_dmarc != INKAN_PASS)
		return false;
	for (size_t i = 0; i < arc->listed_sets; i++)
		if (!arc->sets[i].trusted)
			return false;
	return strcmp(arc->sets[0].recorded_from, j->author.domain) == 0;
}

/* "arc=pass as[1].d=example.org as[2].d=example.net" */
static const char *vouching_comment(struct judgement *j)
{
	const struct inkan_arc_result *arc = j->verdict.arc;

	buf_put_c(&j->comment, "arc=pass");
	for (size_t i = 0; i < arc->listed_sets; i++)
		buf_printf(&j->comment, " as[%u].d=%s", arc->sets[i].instance, arc->sets[i].sealer);
	buf_put_char(&j->comment, '\0');
	return buf_error(&j->comment) ? "" : j->comment.p;
}

/* What is done here: what the owner asks for, but for what we know better. */
static void apply_policy(struct judgement *j, bool vouched)
{
	struct inkan_verdict *v = &j->verdict;

	v->applied = j->dmarc.disposition;
	v->override = INKAN_OVERRIDE_NONE;
	v->override_comment = "";
	buf_clear(&j->comment);
	if (vouched && j->dmarc.disposition != INKAN_POLICY_NONE) {
		v->applied = INKAN_POLICY_NONE;
		v->override = INKAN_OVERRIDE_TRUSTED_FORWARDER;
		v->override_comment = vouching_comment(j);
	} else if (j->dmarc.testing) {
		v->override = INKAN_OVERRIDE_POLICY_TEST_MODE;
	}
}

static bool aligned_signature_failed(const struct inkan_verdict *v)
{
	for (size_t i = 0; i < v->dkim_count; i++)
		if (v->dkim[i].aligned && v->dkim[i].result != INKAN_PASS && v->dkim[i].result != INKAN_TEMPERROR)
			return true;
	return false;
}

static int conclude(struct judgement *j)
{
	const struct session *s = j->session;
	struct inkan_verdict *v = &j->verdict;

	v->dkim_count = dkim_verifier_results(j->dkim, &v->dkim);
	v->arc = j->arc ? arc_verifier_result(j->arc) : &j->no_arc;
	v->repeated_count = repeated_fields(j->header, v->dkim, v->dkim_count, j->repeated);
	v->repeated = j->repeated;
	v->spf_leg = decide_spf_leg(&j->spf, v->spf_aligned, checks_sender(s));
	v->dkim_leg = decide_dkim_leg(v->dkim, v->dkim_count);
	bool vouched = j->dmarc.result == INKAN_FAIL && is_vouched(j);

	apply_policy(j, vouched);
	decide(&(struct decision_facts){.author = j->author.state,
	                                .spf = v->spf_leg,
	                                .dkim = v->dkim_leg,
	                                .aligned_signature_failed = aligned_signature_failed(v),
	                                .dmarc = j->dmarc.result,
	                                .fields_repeated = v->repeated_count > 0,
	                                .vouched = vouched,
	                                .trusted_gateway = s->trusted_gateway,
	                                .private_address = s->is_private,
	                                .internal = judgement_is_internal(j->header)},
	       v);
	return buf_error(&j->comment);
}

/* ---- one message ---- */

/* Asks what DMARC and SPF will want; their results do not count yet. Of a snapshot nothing need be asked ahead. */
static int ask(struct judgement *j)
{
	bool pending = false;

	if (j->options->snapshot)
		return INKAN_OK;
	int error = check_spf(j, &pending);

	if (!error && !j->dmarc_done)
		error = evaluate_dmarc(j, true, &pending);
	return error;
}

int judgement_header(struct judgement *j, struct arena *arena, const struct header *header,
                     const struct session *session, struct evidence *evidence)
{
	j->arena = arena;
	j->header = header;
	j->session = session;
	j->evidence = evidence;
	j->spf_done = j->dmarc_done = false;
	j->verdict = (struct inkan_verdict){.spf = &j->spf, .spf_helo = &j->spf_helo, .dmarc = &j->dmarc};
	body_hashes_start(j->bodies);
	int error = author_find(arena, header, &j->author);

	if (!error)
		error = dkim_verifier_header(j->dkim, arena, header, j->bodies);
	if (!error && j->arc)
		error = arc_verifier_header(j->arc, arena, header, j->bodies);
	if (error)
		return error;
	j->verdict.from_address = j->author.address;
	j->verdict.from_domain = j->author.domain;
	j->no_arc = (struct inkan_arc_result){.reason = "not checked", .section = "", .oldest_pass = -1};
	if (j->author.state != AUTHOR_ONE)
		init_dmarc(j, INKAN_PERMERROR, j->author.reason, "RFC 9989 section 5.3.1");
	else if (session->trusted_gateway)
		init_dmarc(j, INKAN_NONE, "skipped (trusted gateway)", "RFC 9989 section 5.3");
	dkim_verifier_ask(j->dkim, evidence);
	if (j->arc)
		arc_verifier_ask(j->arc, evidence);
	return ask(j);
}

void judgement_body(struct judgement *j, struct str span)
{
	body_hashes_feed(j->bodies, span);
}

int judgement_finish_body(struct judgement *j)
{
	int error = body_hashes_finish(j->bodies);

	return error ? error : dkim_verifier_finish_body(j->dkim);
}

int judgement_evaluate(struct judgement *j, bool *pending_out)
{
	bool pending = false;
	int error = dkim_verifier_evaluate(j->dkim, j->evidence, &pending);

	if (!error && j->arc)
		error = arc_verifier_evaluate(j->arc, j->evidence, &pending);
	if (!error && !j->spf_done)
		error = check_spf(j, &pending);
	if (!error && !j->dmarc_done)
		error = evaluate_dmarc(j, pending, &pending);
	*pending_out = pending;
	if (!error && !pending)
		error = conclude(j);
	return error ? error : arena_error(j->arena);
}

const struct inkan_verdict *judgement_verdict(const struct judgement *j)
{
	return &j->verdict;
}

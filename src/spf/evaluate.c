/* check_host() (RFC 7208 section 4).
 *
 * Reading order: check() -> evaluate() -> step() -> spf_match(), or descend() into the record of an include; a record
 * that ends comes to settle() in the record that included it. There is no recursion: frames are a small array, bounded by
 * the limit of look-ups.
 *
 * Where an answer is missing, the term is SPF_PENDING and evaluation goes on as if it had not matched. So one pass asks
 * whatever may still be needed, and stops where nothing behind can matter: at a match in the same record, or at a limit.
 * An include that has something pending counts as pending whatever else is in it. */
#include "spf/run.h"

#include <assert.h>

/* How the evaluation of a record ended. */
struct end {
	enum inkan_result result;
	enum spf_fault_id fault;
	const struct spf_term *term; /* the match; NULL where none was */
};

/* ---- records (sections 4.3 to 4.5) ---- */

static enum spf_outcome record_exception(struct spf_run *run, enum spf_fault_id fault, struct str term,
                                         struct str domain)
{
	run->fault = fault;
	run->detail_size = 0;
	if (term.n)
		spf_detail(run, "", term);
	spf_detail(run, term.n ? " in the record of " : "", domain);
	return SPF_EXCEPTION;
}

/* The SPF record among the TXT records (section 4.5). */
static enum spf_fault_id select_record(const struct dns_answer *answer, struct str *out)
{
	size_t count = 0;

	for (size_t i = 0; i < answer->count; i++) {
		if (!spf_record_is(answer->records[i].text))
			continue;
		*out = answer->records[i].text;
		count++;
	}
	return count == 0 ? SPF_FAULT_NO_RECORD : count == 1 ? SPF_FAULT_NONE : SPF_FAULT_SEVERAL_RECORDS;
}

/* Fetches and checks the record of a domain. SPF_MATCH: the frame is ready to be evaluated. */
static enum spf_outcome open_record(struct spf_run *run, struct spf_frame *frame, unsigned depth, struct str domain)
{
	enum spf_fault_id fault = SPF_FAULT_NONE;
	struct spf_trouble trouble = {0, 0};
	struct str text = STR_NULL;

	if (str_find(domain, '.') == domain.n)
		return record_exception(run, SPF_FAULT_SINGLE_LABEL, STR_NULL, domain);
	const struct dns_answer *answer = spf_ask(run, DNS_TXT, domain);

	if (!answer)
		return SPF_PENDING;
	if (dns_status_is_temporary(answer->status))
		return spf_dns_exception(run, answer->status, DNS_TXT, domain);
	fault = answer->status == DNS_NXDOMAIN ? SPF_FAULT_NO_DOMAIN : select_record(answer, &text);
	if (!fault && run->trace)
		spf_trace_record(run, depth, domain, text);
	if (!fault && spf_record_parse(run->arena, text, &frame->record, &fault, &trouble))
		return SPF_PENDING; /* arena_error() ends the evaluation */
	if (fault)
		return record_exception(run, fault, str_head(str_skip(text, trouble.at), trouble.size), domain);
	memmove(frame->name, domain.p, domain.n);
	frame->domain = str_from(frame->name, domain.n);
	frame->next = 0;
	frame->depth = depth;
	return SPF_MATCH;
}

/* A target without a record is an error of the record that names it (sections 5.2, 6.1; P7, P8). */
static enum spf_outcome open_target(struct spf_run *run, struct spf_frame *frame, unsigned depth, struct str domain,
                                    enum spf_fault_id if_none)
{
	enum spf_outcome outcome = open_record(run, frame, depth, domain);

	if (outcome == SPF_EXCEPTION && spf_fault(run->fault)->result == INKAN_NONE)
		run->fault = if_none;
	return outcome;
}

/* ---- terms ---- */

/* The limit of terms that cause look-ups (section 4.6.4; P9). */
static bool may_look_up(struct spf_run *run, const struct spf_term *term)
{
	run->term = term;
	return !spf_term_costs_lookup(term) || ++run->lookups <= SPF_LOOKUPS_MAX;
}

/* Section 5.2. SPF_MATCH: the frame of the included record is the top now. */
static enum spf_outcome descend(struct spf_run *run, const struct spf_frame *frame, const struct spf_term *term)
{
	struct str name = STR_NULL;
	enum spf_outcome outcome = spf_target_name(run, frame, term, &name);
	struct spf_frame *included = &run->frames[run->count];

	if (outcome != SPF_MATCH)
		return outcome;
	assert(run->count < SPF_INCLUDE_DEPTH_MAX);
	included->pending = false;
	outcome = open_target(run, included, frame->depth + 1, name, SPF_FAULT_INCLUDE_NONE);
	if (outcome == SPF_MATCH)
		run->count++;
	return outcome;
}

static enum spf_outcome outcome_of_include(struct spf_run *run, const struct spf_frame *included, const struct end *end)
{
	if (included->pending)
		return SPF_PENDING;
	if (end->fault) {
		run->fault = end->fault;
		return SPF_EXCEPTION;
	}
	return end->result == INKAN_PASS ? SPF_MATCH : SPF_NO_MATCH;
}

/* What the outcome of a term means for its record; true: the record has ended. */
static bool settle(struct spf_run *run, struct spf_frame *frame, const struct spf_term *term, enum spf_outcome outcome,
                   struct end *end)
{
	if (run->trace)
		spf_trace_term(run, frame, term, outcome);
	switch (outcome) {
	case SPF_NO_MATCH:
		return false;
	case SPF_PENDING:
		frame->pending = true;
		return arena_error(run->arena) != INKAN_OK;
	case SPF_MATCH:
		*end = (struct end){.result = (enum inkan_result)term->result, .term = term};
		return true;
	case SPF_EXCEPTION:
		*end = (struct end){.result = spf_fault(run->fault)->result, .fault = run->fault};
		return true;
	}
	return true;
}

/* Section 6.1: the record redirected to takes the place of this one. False: the record has ended. */
static bool follow_redirect(struct spf_run *run, struct spf_frame *frame, struct end *end)
{
	const struct spf_term *term = frame->record.redirect;
	struct str name = STR_NULL;
	enum spf_outcome outcome = SPF_EXCEPTION;

	if (!may_look_up(run, term))
		spf_exception(run, SPF_FAULT_TOO_MANY_LOOKUPS);
	else
		outcome = spf_target_name(run, frame, term, &name);
	if (outcome == SPF_MATCH)
		outcome = open_target(run, frame, frame->depth + 1, name, SPF_FAULT_REDIRECT_NONE);
	if (outcome == SPF_MATCH)
		return true;
	settle(run, frame, term, outcome, end);
	return false;
}

/* One term, or the end of the record (section 4.7). True: the record has ended as *end says. */
static bool step(struct spf_run *run, struct spf_frame *frame, struct end *end)
{
	const struct spf_record *record = &frame->record;
	enum spf_outcome outcome;

	if (frame->next == record->count) {
		*end = (struct end){.result = INKAN_NEUTRAL};
		return !record->redirect || !follow_redirect(run, frame, end);
	}
	const struct spf_term *term = &record->terms[frame->next++];

	if (term->kind >= SPF_REDIRECT)
		return false;
	if (!may_look_up(run, term))
		outcome = spf_exception(run, SPF_FAULT_TOO_MANY_LOOKUPS);
	else if (term->kind != SPF_INCLUDE)
		outcome = spf_match(run, frame, term);
	else if ((outcome = descend(run, frame, term)) == SPF_MATCH)
		return false;
	return settle(run, frame, term, outcome, end);
}

/* check_host(). The frame of the first record stays at frames[0]. False: something is pending. */
static bool evaluate(struct spf_run *run, struct str domain, struct end *end)
{
	struct spf_frame *first = &run->frames[0];

	run->count = 0;
	first->pending = false;
	enum spf_outcome outcome = open_record(run, first, 0, domain);

	if (outcome != SPF_MATCH) {
		*end = (struct end){.result = spf_fault(run->fault)->result, .fault = run->fault};
		return outcome != SPF_PENDING;
	}
	for (run->count = 1; run->count > 0;) {
		bool ended = step(run, spf_top(run), end);

		while (ended) {
			const struct spf_frame *done = spf_top(run);

			if (--run->count == 0)
				break;
			struct spf_frame *frame = spf_top(run);

			ended = settle(run, frame, &frame->record.terms[frame->next - 1],
			               outcome_of_include(run, done, end), end);
		}
	}
	return !first->pending;
}

/* ---- explanation (section 6.2; P20) ---- */

static bool is_line_of_ascii(struct str s)
{
	for (size_t i = 0; i < s.n; i++)
		if (s.p[i] < 0x20 || s.p[i] > 0x7e)
			return false;
	return true;
}

/* The text of exp= with its macros expanded, in `room`. Whatever goes wrong, there is no text. False: pending. */
static bool explain(struct spf_run *run, char room[SPF_EXPANSION_MAX], struct str *out)
{
	const struct spf_frame *frame = &run->frames[0];
	const struct spf_term *term = frame->record.exp;
	struct str name = STR_NULL;
	unsigned found = 0;

	run->term = term;
	enum spf_outcome outcome = spf_target_name(run, frame, term, &name);

	if (outcome != SPF_MATCH)
		return outcome != SPF_PENDING;
	const struct dns_answer *answer = spf_ask(run, DNS_TXT, name);

	if (!answer)
		return false;
	if (answer->count != 1 || spf_explain_string_check(answer->records[0].text, &found))
		return true;
	if (found & SPF_MACRO_SENDER)
		run->uses_macros_of_sender = true;
	if (found & SPF_MACRO_P && spf_validated_name(run, frame->domain, &run->values.validated) != SPF_MATCH)
		return false;
	run->values.domain = frame->domain;
	struct str text = spf_expand_text(&run->values, answer->records[0].text, room);

	if (is_line_of_ascii(text))
		*out = text;
	return true;
}

/* ---- results ---- */

static const char *keep(struct arena *arena, struct str s)
{
	const char *p = arena_str(arena, s).p;

	return p ? p : "";
}

static const char *keep_domain(struct arena *arena, struct str domain)
{
	char text[DNS_NAME_MAX];
	size_t n = domain.n < sizeof text ? domain.n : sizeof text;

	for (size_t i = 0; i < n; i++)
		text[i] = (char)(domain.p[i] >= 0x21 && domain.p[i] < 0x7f ? to_lower(domain.p[i]) : '?');
	return keep(arena, str_from(text, n));
}

static const char *reason(const struct spf_run *run, const struct spf_fault *fault)
{
	struct str text = str_c(fault->text), detail = str_from(run->detail, run->detail_size);
	size_t n = text.n + detail.n + 3;
	char *p = detail.n ? arena_text(run->arena, n + 1) : NULL;

	if (!p)
		return fault->text;
	memcpy(p, text.p, text.n);
	memcpy(p + text.n, " (", 2);
	memcpy(p + text.n + 2, detail.p, detail.n);
	memcpy(p + text.n + 2 + detail.n, ")", 2);
	return p;
}

static void report(struct spf_run *run, const struct end *end, struct str explanation, struct inkan_spf_result *result)
{
	const struct spf_fault *fault = spf_fault(end->fault);

	result->result = end->result;
	result->section = fault->section;
	if (end->fault)
		result->reason = reason(run, fault);
	if (end->term)
		result->mechanism = keep(run->arena, spf_term_text(&run->frames[0].record, end->term));
	if (end->result == INKAN_FAIL)
		result->explanation = keep(run->arena, explanation.n ? explanation : run->query->default_explanation);
	result->lookups = run->lookups;
	result->void_lookups = run->void_lookups;
	result->uses_macros_of_sender = run->uses_macros_of_sender;
	if (run->trace)
		spf_trace_result(run, result);
}

/* One pass. False: something is pending; *result is then worth nothing. */
static bool judge(struct spf_run *run, struct str domain, struct inkan_spf_result *result)
{
	char room[SPF_EXPANSION_MAX];
	struct str explanation = STR_NULL;
	struct end end = {.result = INKAN_NEUTRAL};

	run->lookups = run->void_lookups = 0;
	run->uses_macros_of_sender = false;
	run->detail_size = 0;
	run->fault = SPF_FAULT_NONE;
	run->term = NULL;
	if (!evaluate(run, domain, &end))
		return false;
	run->count = 1;
	if (end.result == INKAN_FAIL && run->frames[0].record.exp && !explain(run, room, &explanation))
		return false;
	report(run, &end, explanation, result);
	return true;
}

static int check(struct spf_run *run, enum inkan_spf_identity identity, spf_trace trace, struct inkan_spf_result *out,
                 bool *pending_out)
{
	struct inkan_spf_result result = {
		.identity = identity, .domain = "", .mechanism = "", .explanation = "", .reason = "", .section = ""};
	enum spf_fault_id fault = SPF_FAULT_NONE;
	struct str domain = STR_NULL;
	bool pending = false;
	int error = spf_identify(run, identity, &domain, &fault);

	if (error)
		return error;
	result.domain = keep_domain(run->arena, domain);
	if (fault) {
		report(run, &(struct end){.result = INKAN_NONE, .fault = fault}, STR_NULL, &result);
	} else {
		pending = !judge(run, domain, &result);
		run->trace = trace;
		if (trace && !pending)
			pending = !judge(run, domain, &result); /* the same once more, aloud */
	}
	error = evidence_error(run->evidence);
	if (!error)
		error = arena_error(run->arena);
	if (error)
		return error;
	*pending_out = pending;
	if (!pending)
		*out = result;
	return INKAN_OK;
}

static int check_identity(struct arena *arena, struct evidence *evidence, const struct spf_query *query,
                          enum inkan_spf_identity identity, spf_trace trace, void *trace_context,
                          struct inkan_spf_result *out, bool *pending_out)
{
	struct spf_frame frames[SPF_INCLUDE_DEPTH_MAX];
	struct spf_run run;

	/* not initialised as a whole: frames and rooms are large, and seldom used */
	run.arena = arena;
	run.evidence = evidence;
	run.query = query;
	run.frames = frames;
	run.count = run.detail_size = 0;
	run.lookups = run.void_lookups = 0;
	run.uses_macros_of_sender = false;
	run.trace = NULL;
	run.trace_context = trace_context;
	run.term = NULL;
	return check(&run, identity, trace, out, pending_out);
}

int spf_check_mailfrom(struct arena *arena, struct evidence *evidence, const struct spf_query *query, spf_trace trace,
                       void *trace_context, struct inkan_spf_result *out, bool *pending_out)
{
	return check_identity(arena, evidence, query, INKAN_SPF_MAILFROM, trace, trace_context, out, pending_out);
}

int spf_check_helo(struct arena *arena, struct evidence *evidence, const struct spf_query *query, spf_trace trace,
                   void *trace_context, struct inkan_spf_result *out, bool *pending_out)
{
	return check_identity(arena, evidence, query, INKAN_SPF_HELO, trace, trace_context, out, pending_out);
}

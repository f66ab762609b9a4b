/* Asking DNS, target names, and the names of the client. */
#include "spf/run.h"

/* ---- faults ---- */

void spf_detail(struct spf_run *run, const char *before, struct str what)
{
	struct str pieces[2] = {str_c(before), what};

	for (size_t k = 0; k < 2; k++)
		for (size_t i = 0; i < pieces[k].n && run->detail_size < sizeof run->detail; i++) {
			char c = pieces[k].p[i];

			run->detail[run->detail_size++] = (char)(c >= 0x20 && c < 0x7f ? c : '?');
		}
}

enum spf_outcome spf_exception(struct spf_run *run, enum spf_fault_id fault)
{
	const struct spf_frame *frame = run->count ? spf_top(run) : NULL;

	run->fault = fault;
	run->detail_size = 0;
	if (frame && run->term) {
		spf_detail(run, "", spf_term_text(&frame->record, run->term));
		spf_detail(run, " in the record of ", frame->domain);
	}
	return SPF_EXCEPTION;
}

enum spf_outcome spf_dns_exception(struct spf_run *run, enum dns_status status, enum dns_type type, struct str name)
{
	run->fault = status == DNS_TIMEOUT ? SPF_FAULT_DNS_TIMEOUT
	             : status == DNS_BOGUS ? SPF_FAULT_DNS_BOGUS
	             : status == DNS_LOOP  ? SPF_FAULT_DNS_LOOP
	                                   : SPF_FAULT_DNS_SERVFAIL;
	run->detail_size = 0;
	spf_detail(run, dns_type_name(type), STR(" of "));
	spf_detail(run, "", name);
	return SPF_EXCEPTION;
}

/* ---- asking ---- */

const struct dns_answer *spf_ask(struct spf_run *run, enum dns_type type, struct str name)
{
	const struct dns_answer *answer = evidence_ask(run->evidence, type, name);

	if (answer && run->trace)
		spf_trace_question(run, type, name, answer);
	return answer;
}

enum spf_outcome spf_target_name(struct spf_run *run, const struct spf_frame *frame, const struct spf_term *term,
                                 struct str *out)
{
	if (term->letters & SPF_MACRO_SENDER)
		run->uses_macros_of_sender = true;
	if (term->domain_size == 0) {
		*out = frame->domain;
		return SPF_MATCH;
	}
	if (term->letters & (SPF_MACRO_S | SPF_MACRO_L) && !run->local_part_is_ascii)
		return SPF_NO_MATCH;
	if (term->letters & SPF_MACRO_P && spf_validated_name(run, frame->domain, &run->values.validated) != SPF_MATCH)
		return SPF_PENDING;
	run->values.domain = frame->domain;
	*out = spf_expand_name(&run->values, spf_term_domain(&frame->record, term), term->letters, run->room);
	return SPF_MATCH;
}

/* ---- names of the client (section 5.5) ---- */

bool spf_is_within(struct str name, struct str domain)
{
	return str_ihas_suffix(name, domain) &&
	       (name.n == domain.n || (domain.n && name.p[name.n - domain.n - 1] == '.'));
}

static struct str reverse_name(struct spf_run *run)
{
	struct str form = run->is_ipv6 ? STR("%{ir}.ip6.arpa") : STR("%{ir}.in-addr.arpa");
	char room[SPF_NAME_ROOM];
	struct str name = spf_expand_name(&run->values, form, SPF_MACRO_I | SPF_MACRO_ANY, room);

	memcpy(run->reverse, name.p, name.n);
	return str_from(run->reverse, name.n);
}

enum spf_outcome spf_client_names(struct spf_run *run, const struct dns_answer **out, size_t *count_out)
{
	const struct dns_answer *answer = spf_ask(run, DNS_PTR, reverse_name(run));

	if (!answer)
		return SPF_PENDING;
	*out = answer;
	*count_out = answer->count < SPF_PTR_MAX ? answer->count : SPF_PTR_MAX;
	return answer->status == DNS_ANSWER ? SPF_MATCH : SPF_NO_MATCH;
}

enum spf_outcome spf_validate_name(struct spf_run *run, struct str name)
{
	const struct dns_answer *answer = spf_ask(run, run->is_ipv6 ? DNS_AAAA : DNS_A, name);

	if (!answer)
		return SPF_PENDING;
	for (size_t i = 0; i < answer->count; i++)
		if (memcmp(answer->records[i].address, run->address, run->is_ipv6 ? 16 : 4) == 0)
			return SPF_MATCH;
	return SPF_NO_MATCH; /* also where DNS failed: "that domain name is skipped" */
}

/* "If the <domain> is present in the list of validated domains, it SHOULD be used. Otherwise, ... a subdomain" (7.3) */
static int preference(struct str name, struct str domain)
{
	return !spf_is_within(name, domain) ? 1 : name.n > domain.n ? 2 : 3;
}

enum spf_outcome spf_validated_name(struct spf_run *run, struct str domain, struct str *out)
{
	const struct dns_answer *names = NULL;
	size_t count = 0;
	enum spf_outcome outcome = spf_client_names(run, &names, &count);
	bool pending = outcome == SPF_PENDING;
	int best = 0;

	*out = STR("unknown");
	for (size_t i = 0; i < count; i++) {
		struct str name = names->records[i].name;

		outcome = spf_validate_name(run, name);
		pending = pending || outcome == SPF_PENDING;
		if (outcome == SPF_MATCH && preference(name, domain) > best) {
			best = preference(name, domain);
			*out = name;
		}
	}
	return pending ? SPF_PENDING : SPF_MATCH;
}

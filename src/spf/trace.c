/* Trace events: what was asked and what each term came to. */
#include <arpa/inet.h>
#include <stdio.h>

#include "spf/run.h"

enum { DETAIL_MAX = 1000 };

/* Text of a bounded size; what is beyond is left out. */
struct detail {
	char text[DETAIL_MAX];
	size_t n;
};

static void put(struct detail *d, struct str s)
{
	for (size_t i = 0; i < s.n && d->n < sizeof d->text; i++)
		d->text[d->n++] = (char)(s.p[i] >= 0x20 && s.p[i] < 0x7f ? s.p[i] : '?');
}

static void emit(const struct spf_run *run, enum spf_trace_kind kind, unsigned depth, struct str domain,
                 struct str term, struct str detail, const char *result)
{
	struct spf_trace_event event = {
		.kind = kind,
		.depth = depth,
		.domain = domain,
		.term = term,
		.detail = detail,
		.result = result,
		.lookups = run->lookups,
		.void_lookups = run->void_lookups,
	};

	run->trace(run->trace_context, &event);
}

void spf_trace_record(const struct spf_run *run, unsigned depth, struct str domain, struct str text)
{
	emit(run, SPF_TRACE_RECORD, depth, domain, text, STR_NULL, "");
}

static void put_record(struct detail *d, enum dns_type type, const struct dns_record *record)
{
	char text[INET6_ADDRSTRLEN];

	switch (type) {
	case DNS_A:
	case DNS_AAAA:
		put(d, str_c(inet_ntop(type == DNS_A ? AF_INET : AF_INET6, record->address, text, sizeof text)));
		break;
	case DNS_TXT:
		put(d, STR("\""));
		put(d, record->text);
		put(d, STR("\""));
		break;
	default:
		put(d, record->name);
		break;
	}
}

/* "A mail.example.com: 192.0.2.1, 192.0.2.2" */
void spf_trace_question(struct spf_run *run, enum dns_type type, struct str name, const struct dns_answer *answer)
{
	const struct spf_frame *frame = run->count ? spf_top(run) : NULL;
	struct str term = frame && run->term ? spf_term_text(&frame->record, run->term) : STR_NULL;
	struct detail d;

	d.n = 0;
	put(&d, str_c(dns_type_name(type)));
	put(&d, STR(" "));
	put(&d, name);
	put(&d, STR(": "));
	if (answer->status != DNS_ANSWER)
		put(&d, str_c(dns_status_name(answer->status)));
	for (size_t i = 0; i < answer->count; i++) {
		if (i)
			put(&d, STR(", "));
		put_record(&d, type, &answer->records[i]);
	}
	emit(run, SPF_TRACE_QUESTION, frame ? frame->depth : 0, frame ? frame->domain : STR_NULL, term,
	     str_from(d.text, d.n), "");
}

/* A name with macros as it was expanded, and what a fault says. */
void spf_trace_term(struct spf_run *run, const struct spf_frame *frame, const struct spf_term *term,
                    enum spf_outcome outcome)
{
	struct detail d;

	d.n = 0;
	if (outcome == SPF_EXCEPTION) {
		put(&d, str_c(spf_fault(run->fault)->text));
		put(&d, run->detail_size ? STR(" (") : STR(""));
		put(&d, str_from(run->detail, run->detail_size));
		put(&d, run->detail_size ? STR(")") : STR(""));
	}
	emit(run, SPF_TRACE_TERM, frame->depth, frame->domain, spf_term_text(&frame->record, term),
	     str_from(d.text, d.n),
	     outcome == SPF_MATCH       ? "match"
	     : outcome == SPF_EXCEPTION ? inkan_result_name(spf_fault(run->fault)->result)
	                                : "no match");
}

void spf_trace_result(struct spf_run *run, const struct inkan_spf_result *result)
{
	emit(run, SPF_TRACE_RESULT, 0, STR_NULL, str_c(result->mechanism), str_c(result->reason),
	     inkan_result_name(result->result));
}

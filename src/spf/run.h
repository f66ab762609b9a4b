/* Private to this room: one evaluation on its way. */
#pragma once

#include "spf/record.h"
#include "spf/spf.h"

/* What a term comes to. SPF_PENDING: an answer is missing; evaluation goes on as if the term did not match, only to ask
 * what else may be needed, and is worth nothing. SPF_EXCEPTION: run->fault says which. */
enum spf_outcome { SPF_NO_MATCH, SPF_MATCH, SPF_PENDING, SPF_EXCEPTION };

/* A record that is being evaluated: the first one, or that of an include. A redirect takes the place of the record that
 * it stands in. */
struct spf_frame {
	struct spf_record record;
	struct str domain; /* whose record: in `name` */
	size_t next;       /* index of the term to come */
	unsigned depth;    /* of include and redirect */
	bool pending;      /* a term on the way was */
	char name[DNS_NAME_MAX];
};

enum {
	SPF_REVERSE_ROOM = 80, /* octets of the longest name in ip6.arpa, with some to spare */
	SPF_DETAIL_MAX = 400   /* octets of detail about a fault */
};

struct spf_run {
	struct arena *arena;
	struct evidence *evidence;
	const struct spf_query *query;

	unsigned char address[16];
	bool is_ipv6;
	bool local_part_is_ascii;
	struct spf_macro_values values; /* `domain` and `validated`: of the expansion that was last */

	struct spf_frame *frames; /* SPF_INCLUDE_DEPTH_MAX of them; the last of `count` is evaluated */
	size_t count;
	unsigned lookups, void_lookups;
	bool uses_macros_of_sender;

	enum spf_fault_id fault;
	char detail[SPF_DETAIL_MAX]; /* about the fault: where, which name */
	size_t detail_size;

	spf_trace trace; /* NULL but in the run that reports */
	void *trace_context;
	const struct spf_term *term; /* being evaluated; NULL outside */

	char room[SPF_NAME_ROOM]; /* the name that was expanded last */
	char reverse[SPF_REVERSE_ROOM];
};

static inline struct spf_frame *spf_top(struct spf_run *run)
{
	return &run->frames[run->count - 1];
}

/* ---- names.c ---- */

/* The answer, or NULL: now open. */
const struct dns_answer *spf_ask(struct spf_run *run, enum dns_type type, struct str name);
/* The fault for a temporary status; returns SPF_EXCEPTION. */
enum spf_outcome spf_dns_exception(struct spf_run *run, enum dns_status status, enum dns_type type, struct str name);
/* Any other fault, in the current term; returns SPF_EXCEPTION. */
enum spf_outcome spf_exception(struct spf_run *run, enum spf_fault_id fault);
/* Adds to the detail about a fault: printable, cut to size. */
void spf_detail(struct spf_run *run, const char *before, struct str what);

/* <target-name> of a term (section 4.8): SPF_MATCH: *out has it, until the next expansion. SPF_NO_MATCH: the term matches
 * nothing, because the local part is not ASCII (RFC 8616 section 4; P21). */
enum spf_outcome spf_target_name(struct spf_run *run, const struct spf_frame *frame, const struct spf_term *term,
                                 struct str *out);
/* Whether name is domain or below it. */
bool spf_is_within(struct str name, struct str domain);
/* The PTR records of the client (section 5.5), at most SPF_PTR_MAX. SPF_NO_MATCH: there are none, or DNS failed; *out
 * has the answer all the same. */
enum spf_outcome spf_client_names(struct spf_run *run, const struct dns_answer **out, size_t *count_out);
/* Whether that name leads back to the client. */
enum spf_outcome spf_validate_name(struct spf_run *run, struct str name);
/* What %{p} is for that domain. SPF_MATCH or SPF_PENDING. */
enum spf_outcome spf_validated_name(struct spf_run *run, struct str domain, struct str *out);

/* ---- mechanisms.c ---- */

/* Every term but include and the modifiers. */
enum spf_outcome spf_match(struct spf_run *run, const struct spf_frame *frame, const struct spf_term *term);

/* ---- identity.c ---- */

/* Takes sender and HELO apart, fills in the macro values and finds <domain>. *fault_out: why there is nothing to check. */
INKAN_MUST_CHECK int spf_identify(struct spf_run *run, enum inkan_spf_identity identity, struct str *domain_out,
                                  enum spf_fault_id *fault_out);

/* ---- trace.c: only where run->trace is not NULL ---- */

/* Also for a record that turns out to be malformed. */
void spf_trace_record(const struct spf_run *run, unsigned depth, struct str domain, struct str text);
void spf_trace_question(struct spf_run *run, enum dns_type type, struct str name, const struct dns_answer *answer);
void spf_trace_term(struct spf_run *run, const struct spf_frame *frame, const struct spf_term *term,
                    enum spf_outcome outcome);
void spf_trace_result(struct spf_run *run, const struct inkan_spf_result *result);

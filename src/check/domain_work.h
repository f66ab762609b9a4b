/* What the parts of the check of a domain share. Internal to this room. */
#pragma once

#include "check/domain.h"
#include "check/domain_kinds.h"
#include "check/mistakes.h"

struct domain_work {
	const struct domain_check_options *options;
	const struct crypto *crypto;
	struct arena *arena;
	struct evidence *evidence;
	struct domain_report *out;
	struct dmarc_query dmarc; /* profile and list, for organizational domains */
	struct dmarc_record policy;
	bool pending;
};

/* The answer, NULL: not known yet; then the check is pending. */
const struct dns_answer *domain_ask(struct domain_work *w, enum dns_type type, struct str name);
/* The same, and it is told of; a failure of DNS becomes a finding of the part. */
const struct dns_answer *domain_look(struct domain_work *w, enum domain_part part, enum dns_type type, struct str name);
/* "prefix.name" in the arena. */
struct str domain_below(struct domain_work *w, struct str prefix, struct str name);
/* Moves text into the arena, and releases the buffer, which may be done again. */
struct str domain_keep(struct domain_work *w, struct buf *text);

/* Adds a finding and returns it; NULL: there were too many. */
struct finding *domain_note(struct domain_work *w, enum domain_part part, enum domain_finding kind, struct str name,
                            struct str a, struct str b, struct str c);
/* Adds those that another check found; positions are in `value`. */
void domain_take(struct domain_work *w, enum domain_part part, const struct findings *findings, struct str name,
                 struct str value);
/* Why a record is not there, or not as expected: asks the names where it may have landed. beside: as struct mistake_view has it. */
INKAN_MUST_CHECK int domain_find_mistakes(struct domain_work *w, struct findings *f, const struct record_set *expected,
                                          const struct dns_answer *shown, const struct dns_answer *beside,
                                          enum mistake *out);
/* Says of texts that hold the version of a record, but not at their beginning, what went wrong; false: there is none. */
bool domain_find_misspelt(struct domain_work *w, enum domain_part part, struct str name, const struct dns_answer *txt,
                          struct str version);
/* The first text that begins as such a record does, in whatever case; STR_NULL: none. */
struct str domain_near_miss(const struct dns_answer *txt, struct str beginning);
/* The worst of the part so far: FINE, RISK, BROKEN, or UNKNOWN where DNS failed. */
enum domain_state domain_part_state(const struct domain_work *w, enum domain_part part);
/* Sets the line of a part: the template with {0} to {2}. */
void domain_line(struct domain_work *w, enum domain_part part, struct text template, struct str a, struct str b,
                 struct str c);
/* A provider was found; NULL: nothing happens. */
void domain_found_provider(struct domain_work *w, const struct provider *provider, enum found_by how,
                           struct str evidence);

/* The parts. Each asks what it needs, and judges where it has all of that. Errors: enum inkan_error. */
INKAN_MUST_CHECK int domain_check_delegation(struct domain_work *w);
INKAN_MUST_CHECK int domain_check_mx(struct domain_work *w);
INKAN_MUST_CHECK int domain_check_spf(struct domain_work *w);
INKAN_MUST_CHECK int domain_check_gateways(struct domain_work *w);
INKAN_MUST_CHECK int domain_check_dkim(struct domain_work *w);
INKAN_MUST_CHECK int domain_check_dmarc(struct domain_work *w);
INKAN_MUST_CHECK int domain_check_mail_from(struct domain_work *w);
INKAN_MUST_CHECK int domain_check_transport(struct domain_work *w);
INKAN_MUST_CHECK int domain_check_service(struct domain_work *w);
INKAN_MUST_CHECK int domain_check_receivers(struct domain_work *w);

/* What the large receivers ask of those who send to them (RULES section 3), judged on one message: Gmail, Yahoo, and
 * Outlook.com with its sisters. What one message cannot show, the rate of complaints above all, is told to be unknown. */
#pragma once

#include "check/finding.h"
#include "check/iprev.h"
#include "inkan/verdict.h"
#include "mail/header.h"

enum sender_receiver { SENDER_GMAIL, SENDER_YAHOO, SENDER_MICROSOFT, SENDER_RECEIVERS };

/* "gmail", "yahoo", "microsoft"; for people "Gmail", "Yahoo", "Outlook.com" */
const char *sender_receiver_name(enum sender_receiver receiver);
const char *sender_receiver_title(enum sender_receiver receiver);

enum sender_topic {
	SENDER_SPF_OR_DKIM,
	SENDER_SPF,
	SENDER_DKIM,
	SENDER_KEY,
	SENDER_DMARC,
	SENDER_ALIGNED,
	SENDER_BOTH_ALIGNED,
	SENDER_REPORTS,
	SENDER_PTR,
	SENDER_TLS,
	SENDER_FORMAT,
	SENDER_AUTHOR,
	SENDER_UNSUBSCRIBE,
	SENDER_REPLY_TO,
	SENDER_FORWARDED,
	SENDER_SPAM_RATE,
	SENDER_TOPICS
};

/* "spf_or_dkim" and so on; and a line for people */
const char *sender_topic_id(enum sender_topic topic);
struct text sender_topic_text(enum sender_topic topic);

enum sender_outcome { SENDER_PASS, SENDER_NOT_NEEDED, SENDER_UNKNOWN, SENDER_FAIL };

/* "pass", "not-needed", "unknown", "fail" */
const char *sender_outcome_name(enum sender_outcome outcome);

enum sender_strength { SENDER_ADVISED, SENDER_EXPECTED, SENDER_REQUIRED };

/* "advised", "expected", "required" */
const char *sender_strength_name(enum sender_strength strength);

struct sender_rule {
	enum sender_receiver receiver;
	enum sender_topic topic;
	enum sender_strength strength;
	bool bulk_only;
};

/* The table of who asks for what, grouped by receiver. */
const struct sender_rule *sender_rules(size_t *count_out);

struct sender_options {
	bool bulk;                 /* 5,000 messages a day or more */
	unsigned receivers;        /* bits 1 << enum sender_receiver; 0: all */
	const struct iprev *iprev; /* of the client; NULL: its address is not known */
	const char *ip;            /* the same as text; "" */
	uint64_t longest_line;     /* octets of the longest line of the message, without its end; 0: not known */
};

struct sender_report {
	enum sender_outcome topics[SENDER_TOPICS];
	/* fail where something required fails; unknown where something required could not be told (complaints and TLS, which
	 * no message shows, aside); else pass */
	enum sender_outcome receivers[SENDER_RECEIVERS];
	bool temporary; /* something is unknown because DNS failed for now */
	struct findings
		findings; /* on topics that one of the receivers asks for; at most a warning where none requires it */
};

/* Whether the rule counts under these options. */
bool sender_rule_applies(const struct sender_rule *rule, const struct sender_options *options);

/* Errors: those of the arena. */
INKAN_MUST_CHECK int sender_check(struct arena *arena, const struct inkan_verdict *verdict, const struct header *header,
                                  const struct sender_options *options, struct sender_report *out);

extern const struct finding_kind sender_kinds[];
extern const size_t sender_kinds_count;

/* What became of one message: the shape in which it is logged, stored, explained and, later, reported (RFC 9990 section 3.1.1;
 * RULES M13, M15). Plain data; texts borrowed, "" where not known. */
#pragma once

#include "core/buf.h"
#include "core/str.h"

enum {
	OUTCOME_DKIM_MAX = 20,  /* signatures kept of a message */
	OUTCOME_SIGNED_MAX = 8, /* signatures that we made */
	OUTCOME_TEXT_MAX = 512, /* octets of any text; longer ones are cut */
	OUTCOME_NAME_MAX = 255, /* octets of a text of a signature: domains and selectors are not longer */
	OUTCOME_PACKED_MAX = 48 * 1024
};

struct outcome_dkim {
	struct str domain, selector, result, cause;
	bool aligned;
};

struct outcome_signed {
	struct str domain, selector, algorithm;
};

struct outcome {
	int64_t time;  /* end of the message, Unix microseconds */
	uint64_t size; /* octets of header and body */
	uint32_t recipients;
	uint32_t duration; /* microseconds from end of message to our answer */
	uint32_t dns_time; /* microseconds of it waited for DNS */
	uint32_t dns_questions;
	bool shadow;
	/* who and what */
	struct str queue_id, message_id, direction, direction_reason;
	struct str client_ip, client_name, helo, login;
	struct str mail_from, recipient; /* the first one */
	struct str from_address, from_domain;
	/* what was found; the words of the RFCs */
	struct str verdict, verdict_reason;
	struct str spf_result, spf_domain, spf_scope; /* scope: "mfrom", "helo" */
	struct str helo_result;
	struct str arc_result;
	uint32_t arc_sets;
	struct str dmarc_result, dmarc_domain, organizational_domain, dmarc_record; /* the record as published */
	struct str dmarc_policy, disposition, override, override_comment;
	bool dmarc_testing, spf_aligned, dkim_aligned;
	struct str gateway; /* "", "exempt", "look-behind" */
	struct outcome_dkim dkim[OUTCOME_DKIM_MAX];
	size_t dkim_count;
	/* what was done */
	struct str action, action_reason, reply;
	struct outcome_signed signatures[OUTCOME_SIGNED_MAX];
	size_t signed_count;
	struct str not_signed;   /* why an outgoing message was not signed; "" */
	struct str trouble;      /* what went wrong in inkan itself; "" */
	uint32_t removed_fields; /* forged results taken out */
};

/* As octets for a socket, and back. Packing cuts texts and lists at the limits; unpacking refuses what packing cannot have
 * made. Texts of *out point into `packed`. */
void outcome_pack(const struct outcome *outcome, struct buf *out);
INKAN_MUST_CHECK bool outcome_unpack(struct str packed, struct outcome *out);

/* One line for the log, without line end: text for people ("inbound 4F3A from=... spf=pass dkim=pass/example.com ... action=tag"),
 * or one JSON object. addresses: whole addresses, else "*@domain". No control characters, whatever the message holds. */
void outcome_line(const struct outcome *outcome, bool json, bool addresses, struct buf *out);
/* That object as a value. */
struct json;
void outcome_json(const struct outcome *outcome, bool addresses, struct json *j);
/* "2026-11-21T09:30:00.250000Z" */
void outcome_time(int64_t microseconds, struct buf *out);

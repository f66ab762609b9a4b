/* The page that explains a verdict: its rows, its reasons, what to do and the way of the message, in one language.
 *
 * A page is text and nothing else: how it looks on a terminal, in JSON or in HTML is the business of who prints it. Every
 * text is terminated UTF-8, made safe for terminals (core/safe_text.h), and lives in the arena. Bounded: PAGE_… below. */
#pragma once

#include "core/arena.h"
#include "core/text.h"
#include "explain/template.h"
#include "inkan/verdict.h"
#include "mail/header.h"

enum {
	PAGE_FIELDS_OF_A_NAME = 10, /* fields of one name that are shown; a message may have thousands */
	PAGE_SIGNATURES = 20,       /* likewise; the engine judges 10 unless told otherwise */
	PAGE_SEALS = 50,            /* RFC 8617 section 4.2.1 allows no more */
	PAGE_HOPS = 100,            /* Received fields, from the top */
	PAGE_ADDED = 20,            /* fields that one hop is said to have added */
	PAGE_STATEMENTS = 200,
	PAGE_TEXT_MAX = 64 * 1024 /* octets of one text */
};

struct digest;

/* Decodes a header field's value for people and makes it safe (RFC 2047 wants character sets, which the engine has not). */
typedef void page_decode(struct buf *out, struct str value);

struct page_request {
	const struct inkan_verdict *verdict;
	const struct header *header;
	const struct inkan_session *session; /* NULL: nothing is known of it */
	bool session_from_received;          /* it was taken from the message's own Received and Return-Path fields */
	enum language language;
	page_decode *decode;   /* NULL: values are shown as they are, made safe */
	struct digest *redact; /* NULL: nothing is hidden; else what computes the tokens that stand for names */
	bool headline_only;    /* word, tone, sentence and brief; the rest of the page stays empty */
};

/* What a mechanism is worth to DMARC. */
enum page_standing {
	STANDING_NOT_SAID, /* the row has nothing to do with alignment */
	STANDING_ALIGNED,
	STANDING_NOT_ALIGNED,
	STANDING_WOULD_ALIGN, /* failed, but its domain is the author's */
	STANDING_FAILED,      /* and would not be aligned */
	STANDING_ABSENT,
	STANDING_UNDECIDED,
	STANDING_UNCHECKED,
	STANDINGS
};

enum page_tone { TONE_PLAIN, TONE_GOOD, TONE_WARNING, TONE_BAD };

/* "From", "Taro <taro@example.com>" */
struct page_field {
	const char *label, *value; /* value "": the message has no such field */
};

/* One row of a mechanism: "DKIM", "fail", "body hash did not verify", "d=example.com s=s1", "would be aligned". */
struct page_check {
	const char *mechanism;
	const char *result; /* as RFC 8601 spells it */
	enum page_tone tone;
	const char *detail, *identity, *standing_text; /* "" where there is nothing to say */
};

struct page_statement {
	const char *id; /* "third_party"; the same in every language */
	enum certainty certainty;
	const char *text;
};

struct page_fix {
	const char *id;
	const char *text;
};

/* One host that passed the message on, by the Received field that it wrote. */
struct page_hop {
	unsigned number;       /* 1: the first that the message tells of; 0: before that */
	const char *from, *ip; /* whom it came from; "" where it is not said */
	const char *by, *with;
	int64_t time; /* INKAN_TIME_NONE where it is not said */
	const char *const
		*added; /* what it put on top: "signed d=example.com s=s1 bh=Yq3cP…", in the page's language */
	size_t added_count;
};

struct page {
	const char *word; /* "AT RISK" */
	enum page_tone tone;
	const char *sentence; /* why, in one sentence */
	const char *brief;    /* the same in a few words and what became of the signature, for lists */
	const struct page_field *fields;
	size_t field_count;
	const struct page_check *checks;
	size_t check_count;
	const struct page_statement *why;
	size_t why_count;
	const struct page_fix *fix;
	size_t fix_count;
	const struct page_hop *hops;
	size_t hop_count;
	size_t hops_left_out;
};

/* Errors: those of the arena. */
INKAN_MUST_CHECK int page_make(struct arena *arena, const struct page_request *request, struct page *out);

/* The words of the headline: "PASS", "AT RISK", ... */
const char *page_word(enum inkan_verdict_kind kind);

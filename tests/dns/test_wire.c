#include "dns/wire.h"

#include <stdlib.h>

#include "support/alloc.h"
#include "support/case.h"

/* Pieces of packets. The question is a.example in all of them, its name lies at offset 12, "example" at 14. */
#define HEAD(flags, answers, authority) "\x12\x34" flags "\0\1" answers authority "\0\0"
#define ANSWERED "\x81\x80"
#define QUESTION(type) "\1a\7example\0\0" type "\0\1"
#define A_EXAMPLE "\xc0\x0c"
#define EXAMPLE "\xc0\x0e"
#define IN_TTL(type, ttl) "\0" type "\0\1\0\0\0" ttl
#define T_A "\1"
#define T_CNAME "\5"
#define T_SOA "\6"
#define T_PTR "\x0c"
#define T_MX "\x0f"
#define T_TXT "\x10"
#define T_AAAA "\x1c"

/* One TXT question, one answer record about it, with these data */
#define ONE_TXT(size, data) \
	HEAD(ANSWERED, "\0\1", "\0\0") QUESTION(T_TXT) A_EXAMPLE IN_TTL(T_TXT, "\x3c") "\0" size data
#define ONE(type, size, data) \
	HEAD(ANSWERED, "\0\1", "\0\0") QUESTION(type) A_EXAMPLE IN_TTL(type, "\x3c") "\0" size data
/* label(n) CNAME label(n+1), both below example */
#define LINK(from, to) "\1" from EXAMPLE IN_TTL(T_CNAME, "\x3c") "\0\4\1" to EXAMPLE
#define SOA(ttl, minimum) EXAMPLE IN_TTL(T_SOA, ttl) "\0\x16\0\0\0\0\0\1\0\0\0\2\0\0\0\3\0\0\0\4\0\0\0" minimum

#define OCTETS(literal)                        \
	{                                      \
		(literal), sizeof(literal) - 1 \
	}

#define MALFORMED DNS_SERVFAIL, 0, OCTETS("malformed record"), -1

static const struct reply {
	const char *name;
	enum dns_type type;
	struct str packet;
	enum dns_status status;
	size_t count;
	struct str text; /* of the first record (text or name), or why */
	int64_t ttl;     /* -1: none */
} replies[] = {
	{"V12 strings are joined", DNS_TXT, OCTETS(ONE_TXT("\7", "\3v=D\2KI")), DNS_ANSWER, 1, OCTETS("v=DKI"), 60},
	{"a record of no string", DNS_TXT, OCTETS(ONE_TXT("\0", "")), DNS_ANSWER, 1, OCTETS(""), 60},
	{"an empty string", DNS_TXT, OCTETS(ONE_TXT("\1", "\0")), DNS_ANSWER, 1, OCTETS(""), 60},
	{"octets of every kind", DNS_TXT, OCTETS(ONE_TXT("\4", "\3\0\xff\"")), DNS_ANSWER, 1, OCTETS("\0\xff\""), 60},
	{"a string beyond the record", DNS_TXT, OCTETS(ONE_TXT("\4", "\4abc")), MALFORMED},
	{"a record beyond the packet", DNS_TXT, OCTETS(ONE_TXT("\5", "\3abc")), DNS_SERVFAIL, 0,
         OCTETS("malformed reply"), -1},
	{"A", DNS_A, OCTETS(ONE(T_A, "\4", "\xc0\0\2\1")), DNS_ANSWER, 1, {0}, 60},
	{"A of 5 octets", DNS_A, OCTETS(ONE(T_A, "\5", "\xc0\0\2\1\0")), MALFORMED},
	{"A of 3 octets", DNS_A, OCTETS(ONE(T_A, "\3", "\xc0\0\2")), MALFORMED},
	{"AAAA of 16 octets", DNS_AAAA, OCTETS(ONE(T_AAAA, "\x10", "0123456789abcdef")), DNS_ANSWER, 1, {0}, 60},
	{"AAAA of 4 octets", DNS_AAAA, OCTETS(ONE(T_AAAA, "\4", "0123")), MALFORMED},
	{"MX", DNS_MX, OCTETS(ONE(T_MX, "\7", "\0\x0a\2MX" EXAMPLE)), DNS_ANSWER, 1, OCTETS("mx.example"), 60},
	{"MX of the root (RFC 7505)", DNS_MX, OCTETS(ONE(T_MX, "\3", "\0\0\0")), DNS_ANSWER, 1, OCTETS("."), 60},
	{"MX without a name", DNS_MX, OCTETS(ONE(T_MX, "\2", "\0\x0a")), MALFORMED},
	{"MX with something behind", DNS_MX, OCTETS(ONE(T_MX, "\4", "\0\0\0\0")), MALFORMED},
	{"PTR with odd octets", DNS_PTR, OCTETS(ONE(T_PTR, "\x0b", "\x08 .\\\0\x7f\xc3\xbcZ" EXAMPLE)), DNS_ANSWER, 1,
         OCTETS(" \\.\\\\\\000\\127\xc3\xbcz.example"), 60},
	{"a pointer to itself", DNS_PTR, OCTETS(ONE(T_PTR, "\2", "\xc0\x27")), MALFORMED},
	{"a pointer forward", DNS_PTR, OCTETS(ONE(T_PTR, "\3", "\xc0\x29\0")), MALFORMED},
	{"a pointer to before, which comes back", DNS_PTR, OCTETS(ONE(T_PTR, "\4", "\1x\xc0\x27")), MALFORMED},
	{"a reserved label type", DNS_PTR, OCTETS(ONE(T_PTR, "\2", "\x40\0")), MALFORMED},
	{"V10 NODATA", DNS_TXT, OCTETS(HEAD(ANSWERED, "\0\0", "\0\0") QUESTION(T_TXT)), DNS_NODATA, 0, {0}, -1},
	{"NODATA with the TTL of the SOA",
         DNS_TXT,
         OCTETS(HEAD(ANSWERED, "\0\0", "\0\1") QUESTION(T_TXT) SOA("\x14", "\x1e")),
         DNS_NODATA,
         0,
         {0},
         20},
	{"NODATA with the minimum of the SOA",
         DNS_TXT,
         OCTETS(HEAD(ANSWERED, "\0\0", "\0\1") QUESTION(T_TXT) SOA("\x1e", "\x14")),
         DNS_NODATA,
         0,
         {0},
         20},
	{"V10 NXDOMAIN",
         DNS_TXT,
         OCTETS(HEAD("\x81\x83", "\0\0", "\0\1") QUESTION(T_TXT) SOA("\x1e", "\x14")),
         DNS_NXDOMAIN,
         0,
         {0},
         20},
	{"V10 SERVFAIL", DNS_TXT, OCTETS(HEAD("\x81\x82", "\0\0", "\0\0") QUESTION(T_TXT)), DNS_SERVFAIL, 0,
         OCTETS("server says: failure"), -1},
	{"V10 REFUSED", DNS_TXT, OCTETS(HEAD("\x81\x85", "\0\0", "\0\0") QUESTION(T_TXT)), DNS_SERVFAIL, 0,
         OCTETS("server says: refused"), -1},
	{"RCODE 9", DNS_TXT, OCTETS(HEAD("\x81\x89", "\0\0", "\0\0") QUESTION(T_TXT)), DNS_SERVFAIL, 0,
         OCTETS("server says: not authoritative"), -1},
	{"RCODE 10", DNS_TXT, OCTETS(HEAD("\x81\x8a", "\0\0", "\0\0") QUESTION(T_TXT)), DNS_SERVFAIL, 0,
         OCTETS("server says: other error"), -1},
	{"V10 CNAME", DNS_TXT,
         OCTETS(HEAD(ANSWERED, "\0\2", "\0\0") QUESTION(T_TXT)
                        LINK("A", "b") "\1B" EXAMPLE IN_TTL(T_TXT, "\x0a") "\0\2\1x"),
         DNS_ANSWER, 1, OCTETS("x"), 10},
	{"CNAME behind what it leads to", DNS_TXT,
         OCTETS(HEAD(ANSWERED, "\0\2", "\0\0")
                        QUESTION(T_TXT) "\1b" EXAMPLE IN_TTL(T_TXT, "\x5a") "\0\2\1x" LINK("a", "b")),
         DNS_ANSWER, 1, OCTETS("x"), 60},
	{"CNAME to a name without the type",
         DNS_TXT,
         OCTETS(HEAD(ANSWERED, "\0\1", "\0\1") QUESTION(T_TXT) LINK("a", "b") SOA("\x1e", "\x1e")),
         DNS_NODATA,
         0,
         {0},
         30},
	{"V10 CNAME that leads nowhere (RFC 6604)",
         DNS_TXT,
         OCTETS(HEAD("\x81\x83", "\0\1", "\0\1") QUESTION(T_TXT) LINK("a", "b") SOA("\x1e", "\x1e")),
         DNS_NXDOMAIN,
         0,
         {0},
         30},
	{"a CNAME asked for", DNS_CNAME, OCTETS(HEAD(ANSWERED, "\0\1", "\0\0") QUESTION(T_CNAME) LINK("a", "b")),
         DNS_ANSWER, 1, OCTETS("b.example"), 60},
	{"V10 chain of 8 CNAMEs", DNS_TXT,
         OCTETS(HEAD(ANSWERED, "\0\x09", "\0\0") QUESTION(T_TXT) LINK("a", "b") LINK("b", "c") LINK("c", "d")
                        LINK("d", "e") LINK("e", "f") LINK("f", "g") LINK("g", "h")
                                LINK("h", "i") "\1i" EXAMPLE IN_TTL(T_TXT, "\x5a") "\0\2\1x"),
         DNS_ANSWER, 1, OCTETS("x"), 60},
	{"V10 chain of 9 CNAMEs",
         DNS_TXT,
         OCTETS(HEAD(ANSWERED, "\0\x0a", "\0\0") QUESTION(T_TXT) LINK("a", "b") LINK("b", "c") LINK("c", "d")
                        LINK("d", "e") LINK("e", "f") LINK("f", "g") LINK("g", "h") LINK("h", "i")
                                LINK("i", "j") "\1j" EXAMPLE IN_TTL(T_TXT, "\x5a") "\0\2\1x"),
         DNS_LOOP,
         0,
         {0},
         -1},
	{"V10 CNAMEs in a circle",
         DNS_TXT,
         OCTETS(HEAD(ANSWERED, "\0\2", "\0\0") QUESTION(T_TXT) LINK("a", "b") LINK("b", "a")),
         DNS_LOOP,
         0,
         {0},
         -1},
	{"a malformed CNAME", DNS_TXT,
         OCTETS(HEAD(ANSWERED, "\0\1", "\0\0") QUESTION(T_TXT) A_EXAMPLE IN_TTL(T_CNAME, "\x3c") "\0\1\x40"),
         MALFORMED},
	{"records of other names do not count",
         DNS_TXT,
         OCTETS(HEAD(ANSWERED, "\0\1", "\0\0") QUESTION(T_TXT) "\1b" EXAMPLE IN_TTL(T_TXT, "\x3c") "\0\2\1x"),
         DNS_NODATA,
         0,
         {0},
         -1},
	{"records of other types do not count",
         DNS_TXT,
         OCTETS(HEAD(ANSWERED, "\0\1", "\0\0") QUESTION(T_TXT) A_EXAMPLE IN_TTL(T_A, "\x3c") "\0\4\1\2\3\4"),
         DNS_NODATA,
         0,
         {0},
         -1},
	{"records of other classes do not count",
         DNS_TXT,
         OCTETS(HEAD(ANSWERED, "\0\1", "\0\0") QUESTION(T_TXT) A_EXAMPLE "\0\x10\0\3\0\0\0\x3c\0\2\1x"),
         DNS_NODATA,
         0,
         {0},
         -1},
	{"the least TTL of two", DNS_TXT,
         OCTETS(HEAD(ANSWERED, "\0\2", "\0\0") QUESTION(T_TXT)
                        A_EXAMPLE IN_TTL(T_TXT, "\x3c") "\0\2\1x" A_EXAMPLE IN_TTL(T_TXT, "\x0a") "\0\2\1y"),
         DNS_ANSWER, 2, OCTETS("x"), 10},
	{"a TTL with the highest bit is 0 (RFC 2181)", DNS_TXT,
         OCTETS(HEAD(ANSWERED, "\0\1", "\0\0") QUESTION(T_TXT) A_EXAMPLE "\0\x10\0\1\x80\0\0\x3c\0\2\1x"), DNS_ANSWER,
         1, OCTETS("x"), 0},
	{"another name in the question", DNS_TXT, OCTETS(HEAD(ANSWERED, "\0\0", "\0\0") "\1b\7example\0\0\x10\0\1"),
         DNS_SERVFAIL, 0, OCTETS("reply to another question"), -1},
	{"another type in the question", DNS_TXT, OCTETS(HEAD(ANSWERED, "\0\0", "\0\0") QUESTION(T_A)), DNS_SERVFAIL, 0,
         OCTETS("reply to another question"), -1},
	{"the name in other case",
         DNS_TXT,
         OCTETS(HEAD(ANSWERED, "\0\0", "\0\0") "\1A\7EXAMPLE\0\0\x10\0\1"),
         DNS_NODATA,
         0,
         {0},
         -1},
	{"no question", DNS_TXT, OCTETS("\x12\x34" ANSWERED "\0\0\0\0\0\0\0\0"), DNS_SERVFAIL, 0,
         OCTETS("reply without the question"), -1},
	{"a question instead of a reply", DNS_TXT, OCTETS(HEAD("\1\0", "\0\0", "\0\0") QUESTION(T_TXT)), DNS_SERVFAIL,
         0, OCTETS("malformed reply"), -1},
	{"cut off", DNS_TXT, OCTETS(HEAD("\x83\x80", "\0\0", "\0\0") QUESTION(T_TXT)), DNS_SERVFAIL, 0,
         OCTETS("reply cut off"), -1},
	{"empty", DNS_TXT, {0}, DNS_SERVFAIL, 0, OCTETS("malformed reply"), -1},
	{"half a header", DNS_TXT, OCTETS("\x12\x34\x81\x80\0\1"), DNS_SERVFAIL, 0, OCTETS("malformed reply"), -1},
	{"more answers than there is room for", DNS_TXT, OCTETS(HEAD(ANSWERED, "\xff\xff", "\0\0") QUESTION(T_TXT)),
         DNS_SERVFAIL, 0, OCTETS("malformed reply"), -1},
	{"fewer answers than said", DNS_TXT,
         OCTETS(HEAD(ANSWERED, "\0\2", "\0\0") QUESTION(T_TXT) A_EXAMPLE IN_TTL(T_TXT, "\x3c") "\0\2\1x"), DNS_SERVFAIL,
         0, OCTETS("malformed reply"), -1},
};

#define AUTHORITATIVE "\x84\0"
#define REFERRAL EXAMPLE IN_TTL("\2", "\x3c") "\0\2" EXAMPLE
#define WHOLE_SOA(ttl, minimum) \
	EXAMPLE IN_TTL(T_SOA, ttl) "\0\x17\0" EXAMPLE "\0\0\0\x2a\0\0\0\2\0\0\0\3\0\0\0\4\0\0\0" minimum

/* Replies of authoritative servers. What a row does not name is not there: no flag, no alias, no time. */
static const struct direct {
	const char *name;
	enum dns_type type;
	struct str packet;
	const char *trouble; /* NULL: none */
	enum dns_status status;
	unsigned rcode;
	bool authoritative, truncated;
	struct str alias, referral;
	uint32_t ttl, serial, negative_ttl; /* 0: none */
} directs[] = {
	{"an authoritative answer", DNS_TXT,
         OCTETS(HEAD(AUTHORITATIVE, "\0\1", "\0\0") QUESTION(T_TXT) A_EXAMPLE IN_TTL(T_TXT, "\x3c") "\0\2\1x"),
         .status = DNS_ANSWER, .authoritative = true, .ttl = 60},
	{"not authoritative", DNS_TXT,
         OCTETS(HEAD("\x80\0", "\0\1", "\0\0") QUESTION(T_TXT) A_EXAMPLE IN_TTL(T_TXT, "\x3c") "\0\2\1x"),
         .status = DNS_ANSWER, .ttl = 60},
	{"a CNAME is not followed", DNS_TXT,
         OCTETS(HEAD(AUTHORITATIVE, "\0\2", "\0\0") QUESTION(T_TXT)
                        LINK("a", "b") "\1b" EXAMPLE IN_TTL(T_TXT, "\x0a") "\0\2\1x"),
         .status = DNS_NODATA, .authoritative = true, .alias = OCTETS("b.example"), .ttl = 60},
	{"a CNAME that leads nowhere exists itself", DNS_TXT,
         OCTETS(HEAD("\x84\3", "\0\1", "\0\0") QUESTION(T_TXT) LINK("a", "b")), .status = DNS_NODATA, .rcode = 3,
         .authoritative = true, .alias = OCTETS("b.example"), .ttl = 60},
	{"a CNAME asked for has no alias", DNS_CNAME,
         OCTETS(HEAD(AUTHORITATIVE, "\0\1", "\0\0") QUESTION(T_CNAME) LINK("a", "b")), .status = DNS_ANSWER,
         .authoritative = true, .ttl = 60},
	{"a malformed CNAME, asked directly", DNS_TXT,
         OCTETS(HEAD(AUTHORITATIVE, "\0\1", "\0\0") QUESTION(T_TXT) A_EXAMPLE IN_TTL(T_CNAME, "\x3c") "\0\1\x40"),
         .status = DNS_SERVFAIL, .authoritative = true},
	{"absence, with the SOA record", DNS_TXT,
         OCTETS(HEAD("\x84\3", "\0\0", "\0\1") QUESTION(T_TXT) WHOLE_SOA("\x3c", "\x14")), .status = DNS_NXDOMAIN,
         .rcode = 3, .authoritative = true, .ttl = 20, .serial = 42, .negative_ttl = 20},
	{"the SOA record asked for", DNS_SOA,
         OCTETS(HEAD(AUTHORITATIVE, "\0\1", "\0\0") QUESTION(T_SOA) A_EXAMPLE IN_TTL(
		 T_SOA, "\x3c") "\0\x17\0" EXAMPLE "\0\0\0\x2a\0\0\0\2\0\0\0\3\0\0\0\4\0\0\0\x64"),
         .status = DNS_ANSWER, .authoritative = true, .ttl = 60, .serial = 42, .negative_ttl = 60},
	{"a SOA record of 21 octets counts for nothing", DNS_TXT,
         OCTETS(HEAD(AUTHORITATIVE, "\0\0", "\0\1") QUESTION(T_TXT)
                        EXAMPLE IN_TTL(T_SOA, "\x3c") "\0\x15"
                                                      "123456789012345678901"),
         .status = DNS_NODATA, .authoritative = true},
	{"a referral", DNS_TXT, OCTETS(HEAD("\x80\0", "\0\0", "\0\1") QUESTION(T_TXT) REFERRAL), .status = DNS_NODATA,
         .referral = OCTETS("example")},
	{"cut off, asked directly", DNS_TXT, OCTETS(HEAD("\x86\0", "\0\1", "\0\0") QUESTION(T_TXT)),
         .status = DNS_SERVFAIL, .authoritative = true, .truncated = true},
	{"FORMERR without a question", DNS_TXT, OCTETS("\x12\x34\x80\1\0\0\0\0\0\0\0\0"), .status = DNS_SERVFAIL,
         .rcode = 1},
	{"SERVFAIL without a question", DNS_TXT, OCTETS("\x12\x34\x80\2\0\0\0\0\0\0\0\0"),
         .trouble = "reply without the question", .status = DNS_SERVFAIL},
	{"REFUSED, asked directly", DNS_TXT, OCTETS(HEAD("\x80\5", "\0\0", "\0\0") QUESTION(T_TXT)),
         .status = DNS_SERVFAIL, .rcode = 5},
	{"another question, asked directly", DNS_A, OCTETS(HEAD(AUTHORITATIVE, "\0\0", "\0\0") QUESTION(T_TXT)),
         .trouble = "reply to another question", .status = DNS_SERVFAIL},
	{"half a header, asked directly", DNS_A, OCTETS("\x12\x34\x84"), .trouble = "malformed reply",
         .status = DNS_SERVFAIL},
	{"an authority section beyond the packet", DNS_TXT,
         OCTETS(HEAD(AUTHORITATIVE, "\0\0", "\xff\xff") QUESTION(T_TXT)), .status = DNS_NODATA, .authoritative = true},
};

static void run_direct(const void *row)
{
	const struct direct *d = row;
	struct arena arena;
	struct wire_reply r;

	arena_init(&arena, 1 << 20);
	for (size_t size = 0; size <= d->packet.n; size++) { /* also cut off everywhere */
		char *octets = malloc(size ? size : 1);

		memcpy(octets, d->packet.p, size);
		arena_reset(&arena);
		assert_int_equal(wire_reply_parse(&arena, str_from(octets, size), d->type, STR("a.example"), &r),
		                 INKAN_OK);
		free(octets);
	}
	assert_int_equal(!!r.trouble, !!d->trouble);
	if (d->trouble)
		assert_string_equal(r.trouble, d->trouble);
	assert_int_equal(r.answer.status, d->status);
	assert_int_equal(r.rcode, d->rcode);
	assert_int_equal(r.authoritative, d->authoritative);
	assert_int_equal(r.truncated, d->truncated);
	assert_true(str_eq(r.alias, d->alias));
	assert_true(str_eq(r.referral, d->referral));
	assert_int_equal(r.answer.has_ttl, d->ttl != 0);
	assert_int_equal(r.answer.has_ttl ? r.answer.ttl : 0, d->ttl);
	assert_int_equal(r.has_soa, d->serial != 0);
	assert_int_equal(r.has_soa ? r.serial : 0, d->serial);
	assert_int_equal(r.has_soa ? r.negative_ttl : 0, d->negative_ttl);
	arena_release(&arena);
}

static void run_query(const void *row)
{
	static const char plain[] = "\x12\x34\0\0\0\1\0\0\0\0\0\0\1a\7example\0\0\x10\0\1";
	static const char with_edns[] =
		"\x12\x34\0\0\0\1\0\0\0\0\0\1\1a\7example\0\0\x10\0\1\0\0\x29\4\xd0\0\0\0\0\0\0";
	unsigned char out[WIRE_QUERY_MAX];
	char longest[DNS_NAME_MAX];

	(void)row;
	assert_int_equal(wire_query_write(out, 0x1234, DNS_TXT, STR("a.example"), false), sizeof(plain) - 1);
	assert_memory_equal(out, plain, sizeof(plain) - 1);
	assert_int_equal(wire_query_write(out, 0x1234, DNS_TXT, STR("a.example"), true), sizeof(with_edns) - 1);
	assert_memory_equal(out, with_edns, sizeof(with_edns) - 1);
	memset(longest, 'a', sizeof(longest));
	longest[63] = longest[127] = longest[191] = '.';
	assert_int_equal(wire_query_write(out, 1, DNS_TXT, str_from(longest, sizeof(longest)), true), WIRE_QUERY_MAX);
}

/* In memory of exactly its size */
static int parse(struct arena *arena, const struct reply *r, size_t size, struct dns_answer *out)
{
	char *octets = malloc(size + 1);

	memcpy(octets, r->packet.p ? r->packet.p : "", size);
	char *exact = realloc(octets, size ? size : 1);
	int error = wire_answer_parse(arena, str_from(exact, size), r->type, STR("a.example"), out);

	free(exact);
	return error;
}

static void run_reply(const void *row)
{
	const struct reply *r = row;
	struct arena arena;
	struct dns_answer a;

	arena_init(&arena, 1 << 20);
	assert_int_equal(parse(&arena, r, r->packet.n, &a), INKAN_OK);
	if (a.status != r->status)
		fail_msg("%s (%.*s)", dns_status_name(a.status), STR_ARG(a.why));
	if (r->status != DNS_SERVFAIL)
		assert_int_equal(a.count, r->count);
	if (a.status == DNS_ANSWER && r->text.p) {
		struct str text = a.records[0].text.p ? a.records[0].text : a.records[0].name;

		assert_true(str_eq(text, r->text));
	}
	if (a.status == DNS_SERVFAIL && !str_eq(a.why, r->text))
		fail_msg("why: %.*s", STR_ARG(a.why));
	assert_int_equal(a.has_ttl, r->ttl >= 0);
	if (a.has_ttl)
		assert_int_equal(a.ttl, r->ttl);
	assert_false(a.secure);
	arena_release(&arena);
}

static void run_cut_everywhere(const void *row)
{
	(void)row;
	for (size_t i = 0; i < sizeof(replies) / sizeof(*replies); i++) {
		for (size_t size = 0; size < replies[i].packet.n; size++) {
			struct arena arena;
			struct dns_answer a;

			arena_init(&arena, 1 << 20);
			assert_int_equal(parse(&arena, &replies[i], size, &a), INKAN_OK);
			arena_release(&arena);
		}
	}
}

static void run_without_memory(const void *row)
{
	(void)row;
	for (size_t max = 0;; max++) {
		struct arena arena;
		struct dns_answer a;

		arena_init(&arena, max);
		int error = parse(&arena, &replies[0], replies[0].packet.n, &a);

		arena_release(&arena);
		if (!error)
			break;
		assert_int_equal(error, INKAN_ELIMIT);
		assert_in_range(max, 0, 2000);
	}
}

int main(void)
{
	struct test_list list = {0};

	TEST_TABLE(&list, replies, run_reply);
	TEST_TABLE(&list, directs, run_direct);
	test_add(&list, "a question, with EDNS and without, and the longest", run_query, NULL);
	test_add(&list, "every reply cut off at every octet", run_cut_everywhere, NULL);
	test_add(&list, "an arena too small", run_without_memory, NULL);
	return test_run(&list, "dns/wire");
}

/* The signer (RFC 6376 section 5; RULES S1 to S21, S25): the field it writes, what it refuses. */
#include "dkim/sign.h"

#include <stdio.h>
#include <stdlib.h>

#include "core/base64.h"
#include "dkim/mail.h"
#include "support/case.h"

static const enum forge_key rsa[] = {FORGE_RSA2048}, ed25519[] = {FORGE_ED25519},
			    both[] = {FORGE_RSA2048, FORGE_ED25519};

static const struct zone_row *zone(void)
{
	static struct zone_row rows[2];

	rows[0] = (struct zone_row){KEY_NAME, forge_record(FORGE_RSA2048), 0};
	rows[1] = (struct zone_row){"s2._domainkey.example.com", forge_record(FORGE_ED25519), 0};
	return rows;
}

/* ---- a field taken apart, by other code than ours ---- */

/* The value of a tag without white space; the field is at the start of text. */
static struct str tag(struct buf *room, struct str text, const char *name)
{
	struct str rest = str_skip(text, strlen("DKIM-Signature:"));

	rest = str_head(rest, str_search(rest, STR("\r\nFrom:")));
	buf_clear(room);
	while (rest.n) {
		struct str spec = str_split(&rest, ';');

		if (!str_eq(str_trim_fws(str_split(&spec, '=')), str_c(name)))
			continue;
		for (size_t i = 0; i < spec.n; i++)
			if (!is_fws_char(spec.p[i]))
				buf_put_char(room, spec.p[i]);
		buf_put_char(room, '\0');
		return str_from(room->p, room->n - 1);
	}
	return STR_NULL;
}

static void assert_tag(struct str text, const char *name, const char *want)
{
	struct buf room;

	buf_init(&room, 70000);
	struct str value = tag(&room, text, name);

	if (!str_eq(value, str_c(want)) || !!value.p != !!want)
		fail_msg("%s= is \"%.*s\"", name, STR_ARG(value));
	buf_release(&room);
}

/* Every line at most 78 columns unless it is a single word; folds only behind ";", behind ":" in h=, and within b=. */
static void assert_folded(struct str field)
{
	struct str rest = field;
	char before = ':';
	bool in_b = false;

	while (rest.n) {
		size_t end = str_search(rest, STR("\r\n"));
		struct str line = str_head(rest, end);

		assert_true(end < rest.n);
		if (line.n > 78)
			assert_true(str_find(str_trim_wsp(line), ' ') == str_trim_wsp(line).n);
		assert_true(line.n <= 998);
		assert_true(rest.p == field.p ? line.p[0] == 'D' : line.p[0] == ' ' && line.n > 1 && line.p[1] != ' ');
		assert_true(before == ';' || before == ':' || in_b);
		in_b = in_b || str_search(line, STR(" b=")) < line.n;
		before = line.p[line.n - 1];
		rest = str_skip(rest, end + 2);
	}
}

/* ---- the field, octet for octet: RSA and Ed25519 give the same signature each time ---- */

#define LETTER                                                                               \
	"Received: from a by b; Sat, 21 Nov 2026 18:30:01 +0900\r\n"                         \
	"From: Hanako <hanako@example.com>\r\nTo: taro@example.net\r\nSubject: Estimate\r\n" \
	"Date: Sat, 21 Nov 2026 18:30:00 +0900\r\nMessage-ID: <1@example.com>\r\n"           \
	"\r\nDear Taro,\r\n\r\n.see  below \r\n..\r\n\r\n\r\n"

static const char golden[] = "DKIM-Signature: v=1; a=rsa-sha256; c=simple/relaxed; d=example.com; s=s1;\r\n"
			     " t=1795253400; x=1796117400; i=hanako@example.com; h=from:from:to:to:cc:\r\n"
			     " subject:subject:date:date:reply-to:message-id:message-id:mime-version:\r\n"
			     " content-type:content-transfer-encoding:list-unsubscribe:\r\n"
			     " list-unsubscribe-post; bh=HMDklHk/EexeSAk3BXGljQQeHax6XWbTLv6FiDQQIwA=; b=Mpu\r\n"
			     " EY8PXIA7FzscgERczxswj8JUa1AiC4xmsi6ruhkSO6yuObj2c2ERr6rfBEIBotVYkli4vIi4B+QIJ\r\n"
			     " 3y57mliTN1jGmH08jrwjnTajZy0slu5bMwt7Ddj2g8EezoVFPMMnJmn39cTVOdwSo9ZwoxadPjW6y\r\n"
			     " fB63qYg1tcvlyGUqYEhg8JLvb2zyiuBsR/8++8nHDBC5pkokA+BWFoQnP1rYc3aTktRKlW6VChyaj\r\n"
			     " UYV2GctLYPpPXWGNhNXV6XrUKqY90P3glSB3/s9s/6OpnCgxed/DcBV6kh09jyb77ZZN7XW13e4pf\r\n"
			     " NRov0u8/o6q3MuVy3v/BQbpQIMwfOjg==\r\n"
			     "DKIM-Signature: v=1; a=ed25519-sha256; c=simple/relaxed; d=example.com; s=s2;\r\n"
			     " t=1795253400; x=1796117400; i=hanako@example.com; h=from:from:to:to:cc:\r\n"
			     " subject:subject:date:date:reply-to:message-id:message-id:mime-version:\r\n"
			     " content-type:content-transfer-encoding:list-unsubscribe:\r\n"
			     " list-unsubscribe-post; bh=HMDklHk/EexeSAk3BXGljQQeHax6XWbTLv6FiDQQIwA=; b=Zpc\r\n"
			     " QlULIEFd8nO+c/xMakkY84WnpvECqeyIJmKY2E0vg5KJqqO9VH6+uTTL179Hla/1YBLm4dBIM1qXz\r\n"
			     " xuPzDA==\r\n" LETTER;

static void run_golden(const void *row)
{
	struct inkan_signer_options options = seal_options();
	struct buf sealed;

	(void)row;
	options.now = 1795253400;
	options.expire = 864000;
	options.identity = "hanako@example.com";
	options.header = INKAN_SIMPLE;
	buf_init(&sealed, 100000);
	assert_int_equal(seal(&sealed, &options, both, 2, STR(LETTER), NULL), INKAN_OK);
	if (!str_eq(buf_str(&sealed), str_c(golden)))
		fail_msg("%.*s", STR_ARG(buf_str(&sealed)));
	buf_release(&sealed);
}

/* ---- which fields are signed ---- */

#define DEFAULT_TAIL                                                                                \
	"reply-to:message-id:mime-version:content-type:content-transfer-encoding:list-unsubscribe:" \
	"list-unsubscribe-post"

static const struct names_row {
	const char *name;
	const char *headers; /* of the options */
	const char *header;  /* of the message, below From */
	const char *want;
} names_rows[] = {
	{"S1 From is signed by default", NULL, "", "from:from:to:cc:subject:date:" DEFAULT_TAIL},
	{"S2 h= names no DKIM-Signature that is there", NULL, "DKIM-Signature: v=1\r\n",
         "from:from:to:cc:subject:date:" DEFAULT_TAIL},
	{"S3 a repeated field is listed for each instance", NULL, "List-Id: a\r\nX: y\r\nlist-id: b\r\n",
         "from:from:to:cc:subject:date:" DEFAULT_TAIL ":list-id:list-id"},
	{"S4 what is there is listed once more", NULL, "To: a\r\nSubject: b\r\nDATE: c\r\ncontent-TYPE: d\r\n",
         "from:from:to:to:cc:subject:subject:date:date:reply-to:message-id:mime-version:content-type:content-type:"
         "content-transfer-encoding:list-unsubscribe:list-unsubscribe-post"},
	{"S4 one-click unsubscription is oversigned", NULL,
         "List-Unsubscribe: <https://u.example>\r\nList-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n",
         "from:from:to:cc:subject:date:reply-to:message-id:mime-version:content-type:content-transfer-encoding:"
         "list-unsubscribe:list-unsubscribe:list-unsubscribe-post:list-unsubscribe-post"},
	{"S4 what is only signed where it is there", NULL, "Sender: a\r\nIn-Reply-To: b\r\nReferences: c\r\n",
         "from:from:to:cc:subject:date:" DEFAULT_TAIL ":sender:in-reply-to:references"},
	{"S6 fields that relays add are not signed", NULL,
         "Return-Path: <a>\r\nReceived: b\r\nAuthentication-Results: c; none\r\nARC-Seal: d\r\nComments: e\r\n"
         "Keywords: f\r\nBcc: g\r\nARC-Message-Signature: h\r\nARC-Authentication-Results: i\r\nReceived-SPF: j\r\n"
         "Delivered-To: k\r\n",
         "from:from:to:cc:subject:date:" DEFAULT_TAIL},
	{"S25 h= of one's own is taken as it stands", "From : to:To:X-Unknown\t:date", "To: a\r\n",
         "From:to:To:X-Unknown:date"},
	{"a list that ends in a colon", "from:to:", "", "from:to"},
};

static void run_names(const void *row)
{
	const struct names_row *r = row;
	struct inkan_signer_options options = seal_options();
	struct buf message, sealed;
	struct judged j;

	options.headers = r->headers;
	buf_init(&message, 100000);
	buf_init(&sealed, 100000);
	buf_put_c(&message, "From: a@example.com\r\n");
	buf_put_c(&message, r->header);
	buf_put_c(&message, "\r\nbody\r\n");
	assert_int_equal(seal(&sealed, &options, rsa, 1, buf_str(&message), NULL), INKAN_OK);
	assert_tag(buf_str(&sealed), "h", r->want);
	judge(&j, NULL, buf_str(&sealed), zone(), 2);
	assert_fault(&j.results[0], DKIM_FAULT_NONE);
	judged_release(&j);
	buf_release(&message);
	buf_release(&sealed);
}

/* ---- tags ---- */

static const struct tag_row {
	const char *name;
	struct inkan_signer_options options; /* over the usual ones, where not 0 */
	const enum forge_key *key;           /* NULL: RSA */
	const char *tag, *want;              /* want NULL: no such tag */
} tag_rows[] = {
	{"S7 never l=", {0}, NULL, "l", NULL},
	{"S8 a= for RSA", {0}, NULL, "a", "rsa-sha256"},
	{"S8 a= for Ed25519", {0}, ed25519, "a", "ed25519-sha256"},
	{"S11 i= at d=", {.identity = "hanako@example.com"}, NULL, "i", "hanako@example.com"},
	{"S11 i= below d=", {.identity = "@news.EXAMPLE.com"}, NULL, "i", "@news.EXAMPLE.com"},
	{"S11 no i= unless asked for", {0}, NULL, "i", NULL},
	{"S11 i= is quoted", {.identity = "a b;c=d=20@example.com"}, NULL, "i", "a=20b=3Bc=3Dd=3D20@example.com"},
	{"S11 i= with a quoted local part", {.identity = "\"a@b\"@example.com"}, NULL, "i", "\"a@b\"@example.com"},
	{"S12 i= beyond ASCII is quoted", {.identity = "花@example.com"}, NULL, "i", "=E8=8A=B1@example.com"},
	{"S12 d= as A-label", {.domain = "xn--r8jz45g.example"}, NULL, "d", "xn--r8jz45g.example"},
	{"S12 d= as U-label stays", {.domain = "例え.example"}, NULL, "d", "例え.example"},
	{"S12 i= below d= as U-labels",
         {.domain = "例え.example", .identity = "@例え.例え.example"},
         NULL,
         "i",
         "@例え.例え.example"},
	{"S13 v=", {0}, NULL, "v", "1"},
	{"S13 c= by default", {.body = INKAN_RELAXED, .header = INKAN_RELAXED}, NULL, "c", "relaxed/relaxed"},
	{"S13 d=", {0}, NULL, "d", "example.com"},
	{"S13 d= as given", {.domain = "Example.COM"}, NULL, "d", "Example.COM"},
	{"S13 s=", {0}, NULL, "s", "s1"},
	{"S13 bh= of an empty body", {0}, NULL, "bh", "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU="},
	{"S13 no t= without a time", {0}, NULL, "t", NULL},
	{"S13 no x= without an expiration", {.now = 1000}, NULL, "x", NULL},
	{"S13 t=", {.now = 1795253400}, NULL, "t", "1795253400"},
	{"S13 t= of 1970", {.now = 1}, NULL, "t", "1"},
	{"S13 x= is after t=", {.now = 1795253400, .expire = 1}, NULL, "x", "1795253401"},
	{"S13 x= at the end of time", {.now = INT64_MAX - 5, .expire = 5}, NULL, "x", "9223372036854775807"},
};

static void run_tag(const void *row)
{
	const struct tag_row *r = row;
	struct inkan_signer_options options = seal_options();
	struct buf sealed;
	struct judged j;

	if (r->options.domain)
		options.domain = r->options.domain;
	options.identity = r->options.identity;
	options.now = r->options.now ? r->options.now : INKAN_TIME_NONE;
	options.expire = r->options.expire;
	buf_init(&sealed, 100000);
	assert_int_equal(seal(&sealed, &options, r->key ? r->key : rsa, 1, STR("From: a@example.com\r\n\r\n"), NULL),
	                 INKAN_OK);
	assert_tag(buf_str(&sealed), r->tag, r->want);
	judge(&j, NULL, buf_str(&sealed), zone(), 2);
	assert_string_equal(j.results[0].identity[0] ? "" : "no identity", "");
	judged_release(&j);
	buf_release(&sealed);
}

/* ---- options that are refused ---- */

#define LONG_60 "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
#define LONG_74 LONG_60 "aaaaaaaaaaaaaa"

static const struct option_row {
	const char *name;
	struct inkan_signer_options options;
	const char *why; /* NULL: fine */
} option_rows[] = {
	{"S1 a list without From", {.headers = "to:subject"}, "the header list does not hold From"},
	{"S2 a list that names DKIM-Signature",
         {.headers = "from:dkim-signature"},
         "the header list names a field that relays change or add"},
	{"S6 a list that names Received",
         {.headers = "from:RECEIVED"},
         "the header list names a field that relays change or add"},
	{"S6 a list that names Return-Path",
         {.headers = "from:return-path"},
         "the header list names a field that relays change or add"},
	{"S11 an identity elsewhere", {.identity = "a@example.org"}, "the identity is not at or below the domain"},
	{"S11 an identity that ends alike",
         {.identity = "a@myexample.com"},
         "the identity is not at or below the domain"},
	{"S11 an identity above", {.identity = "a@com"}, "the identity is not at or below the domain"},
	{"S11 an identity of no host", {.identity = "a@b c.example.com"}, "the identity is not at or below the domain"},
	{"S11 an identity without @", {.identity = "example.com"}, "the identity has no @"},
	{"S11 an identity with a line end",
         {.identity = "a\r\nX: y@example.com"},
         "the identity holds a control character"},
	{"S11 an identity of 320 octets",
         {.identity = LONG_60 LONG_60 LONG_60 LONG_60 LONG_60 "aaaaaaaa@example.com"},
         NULL},
	{"S11 an identity of 321 octets",
         {.identity = LONG_60 LONG_60 LONG_60 LONG_60 LONG_60 "aaaaaaaaa@example.com"},
         "the identity is longer than 320 octets"},
	{"S12 a domain of one label", {.domain = "localhost"}, "the domain is not a domain name"},
	{"S12 a domain with a final dot", {.domain = "example.com."}, "the domain is not a domain name"},
	{"S12 a domain with a semicolon", {.domain = "example.com; l=0"}, "the domain is not a domain name"},
	{"S12 an empty domain", {.domain = ""}, "the domain is not a domain name"},
	{"S12 a domain in malformed UTF-8", {.domain = "\xff.example"}, "the domain is not a domain name"},
	{"S13 an expiration without a time",
         {.expire = 5, .now = INKAN_TIME_NONE},
         "an expiration needs a time and a positive number of seconds"},
	{"S13 a negative expiration",
         {.expire = -5, .now = 1000},
         "an expiration needs a time and a positive number of seconds"},
	{"S13 a negative time", {.now = -1}, "the time is out of range"},
	{"S13 an expiration beyond the end of time", {.now = INT64_MAX - 5, .expire = 6}, "the time is out of range"},
	{"S19 a name of 74 octets", {.headers = "from:" LONG_74}, NULL},
	{"S19 a name of 75 octets",
         {.headers = "from:" LONG_74 "a"},
         "a name in the header list is longer than 74 octets"},
	{"an empty name in the list", {.headers = "from::to"}, "a name in the header list is not a field name"},
	{"a name with a space", {.headers = "from:x y"}, "a name in the header list is not a field name"},
	{"a name with a semicolon", {.headers = "from:x;l=0"}, "a name in the header list is not a field name"},
	{"a name beyond ASCII", {.headers = "from:\xc3\xa9"}, "a name in the header list is not a field name"},
	{"a name with a line end", {.headers = "from:x\r\n"}, "a name in the header list is not a field name"},
};

static void run_option(const void *row)
{
	const struct option_row *r = row;
	struct inkan_signer_options options = seal_options();
	struct inkan_signer *s = NULL;
	const char *trouble = NULL;

	if (r->options.domain)
		options.domain = r->options.domain;
	options.identity = r->options.identity;
	options.headers = r->options.headers;
	options.now = r->options.now ? r->options.now : INKAN_TIME_NONE;
	options.expire = r->options.expire;
	assert_int_equal(inkan_signer_new(judge_context(), &options, &s, &trouble), r->why ? INKAN_EUSAGE : INKAN_OK);
	if (r->why) {
		assert_null(s);
		assert_string_equal(trouble, r->why);
	}
	inkan_signer_free(s);
	s = NULL;
	assert_int_equal(inkan_signer_new(judge_context(), &options, &s, NULL), r->why ? INKAN_EUSAGE : INKAN_OK);
	inkan_signer_free(s);
}

static void put_names(struct buf *out, size_t count, const char *name)
{
	buf_put_c(out, "from");
	for (size_t i = 1; i < count; i++) {
		buf_put_char(out, ':');
		buf_put_c(out, name);
	}
	buf_put_char(out, '\0');
}

static const struct list_row {
	const char *name;
	size_t count;
	const char *each;
	size_t extra; /* octets more */
	const char *why;
} list_rows[] = {
	{"a list of 1,000 names", 1000, "x", 0, NULL},
	{"a list of 1,001 names", 1001, "x", 0, "the header list has more than 1000 names"},
	{"a list of 32,768 octets", 437, LONG_74, 32768 - 4 - 436 * 75, NULL},
	{"a list of 32,769 octets", 437, LONG_74, 32769 - 4 - 436 * 75, "the header list is longer than 32768 octets"},
};

/* The largest field that can be asked for is one that verifiers read. */
static void run_list(const void *row)
{
	const struct list_row *r = row;
	struct inkan_signer_options options = seal_options();
	struct buf list, sealed;
	const char *why;
	struct judged j;

	buf_init(&list, 100000);
	buf_init(&sealed, 100000);
	put_names(&list, r->count, r->each);
	list.n--;
	for (size_t i = 0; i < r->extra; i++)
		buf_put_char(&list, i ? 'x' : ':');
	buf_put_char(&list, '\0');
	options.headers = list.p;
	assert_int_equal(seal(&sealed, &options, rsa, 1, STR("From: a@example.com\r\n\r\n"), &why),
	                 r->why ? INKAN_EUSAGE : INKAN_OK);
	assert_string_equal(why, r->why ? r->why : "");
	if (!r->why) {
		assert_folded(str_head(buf_str(&sealed), str_search(buf_str(&sealed), STR("From:"))));
		judge(&j, NULL, buf_str(&sealed), zone(), 2);
		assert_fault(&j.results[0], DKIM_FAULT_NONE);
		judged_release(&j);
	}
	buf_release(&list);
	buf_release(&sealed);
}

/* ---- messages that are refused ---- */

#define REST "\r\nbody\r\n"

static const struct refusal {
	const char *name;
	struct str message;
	enum inkan_line_ends line_ends;
	const char *why; /* NULL: it is signed */
} refusals[] = {
#define MESSAGE(text)                 \
	{                             \
		text, sizeof text - 1 \
	}
	{"S14 a bare LF in the body", MESSAGE("From: a@example.com\r\n\r\nbo\ndy\r\n"), INKAN_LINE_ENDS_STRICT,
         "the message holds an LF without a CR before it"},
	{"S14 a bare LF in the header", MESSAGE("From: a@example.com\r\nX: y\nz\r\n\r\nbody\r\n"),
         INKAN_LINE_ENDS_STRICT, "the message holds an LF without a CR before it"},
	{"S14 a bare LF of a file is a line end", MESSAGE("From: a@example.com\n\nbo\ndy\n"), INKAN_LINE_ENDS_NORMALISE,
         NULL},
	{"S14 a bare CR in the body", MESSAGE("From: a@example.com\r\n\r\nbo\rdy\r\n"), INKAN_LINE_ENDS_STRICT,
         "the message holds a CR that is not followed by LF"},
	{"S14 a bare CR in a file", MESSAGE("From: a@example.com\n\nbo\rdy\n"), INKAN_LINE_ENDS_NORMALISE,
         "the message holds a CR that is not followed by LF"},
	{"S14 a bare CR as last octet", MESSAGE("From: a@example.com\r\n\r\nbody\r"), INKAN_LINE_ENDS_STRICT,
         "the message holds a CR that is not followed by LF"},
	{"S14 CR CR LF", MESSAGE("From: a@example.com\r\n\r\nbody\r\r\n"), INKAN_LINE_ENDS_STRICT,
         "the message holds a CR that is not followed by LF"},
	{"S15 dots at the start of lines are hashed as they are", MESSAGE("From: a@example.com\r\n\r\n.\r\n..\r\n"),
         INKAN_LINE_ENDS_STRICT, NULL},
	{"S21 no From", MESSAGE("To: a@example.com\r\n" REST), INKAN_LINE_ENDS_STRICT, "the message has no From"},
	{"S21 nothing at all", MESSAGE(""), INKAN_LINE_ENDS_STRICT, "the message has no From"},
#define TWICE(field)                                                                                       \
	{                                                                                                  \
		"S21 two " field, MESSAGE("From: a@example.com\r\n" field ": a\r\n" field ": b\r\n" REST), \
			INKAN_LINE_ENDS_STRICT, "the message has more than one " field                     \
	}
	{"S21 two From", MESSAGE("From: a@example.com\r\nfrom : b@example.com\r\n" REST), INKAN_LINE_ENDS_STRICT,
         "the message has more than one From"},
	TWICE("Sender"),
	TWICE("Reply-To"),
	TWICE("To"),
	TWICE("Cc"),
	TWICE("Subject"),
	TWICE("Date"),
	TWICE("Message-ID"),
	TWICE("In-Reply-To"),
	TWICE("References"),
	TWICE("MIME-Version"),
	TWICE("Content-Type"),
	TWICE("Content-Transfer-Encoding"),
	{"S21 two of what may be there twice", MESSAGE("From: a@example.com\r\nReceived: a\r\nReceived: b\r\n" REST),
         INKAN_LINE_ENDS_STRICT, NULL},
	{"S21 a line that is no field", MESSAGE("From: a@example.com\r\nhello\r\n" REST), INKAN_LINE_ENDS_STRICT,
         "the header holds a line that is not a field"},
	{"S21 a line of a mailbox before the header", MESSAGE("From a@example.com now\r\nFrom: a@example.com\r\n" REST),
         INKAN_LINE_ENDS_STRICT, "the header holds a line that is not a field"},
	{"S21 a continuation line without a field", MESSAGE(" x\r\nFrom: a@example.com\r\n" REST),
         INKAN_LINE_ENDS_STRICT, "the header holds a line that is not a field"},
	{"no empty line behind the header", MESSAGE("From: a@example.com\r\n"), INKAN_LINE_ENDS_STRICT, NULL},
	{"no line end behind the header", MESSAGE("From: a@example.com"), INKAN_LINE_ENDS_STRICT, NULL},
};

static void run_refusal(const void *row)
{
	const struct refusal *r = row;
	struct inkan_signer_options options = seal_options();
	struct inkan_message_options verify;
	struct buf sealed;
	const char *why;
	struct judged j;

	options.line_ends = r->line_ends;
	buf_init(&sealed, 100000);
	assert_int_equal(seal(&sealed, &options, both, 2, r->message, &why), r->why ? INKAN_EREFUSED : INKAN_OK);
	assert_string_equal(why, r->why ? r->why : "");
	assert_true(r->why ? sealed.n == 0 : sealed.n > 0);
	if (!r->why) {
		inkan_message_options_init(&verify);
		verify.line_ends = r->line_ends;
		judge(&j, &verify, buf_str(&sealed), zone(), 2);
		assert_int_equal(j.count, 2);
		assert_fault(&j.results[0], DKIM_FAULT_NONE);
		assert_fault(&j.results[1], DKIM_FAULT_NONE);
		judged_release(&j);
	}
	buf_release(&sealed);
}

/* More fields to be signed than one signature may list. */
static void run_too_many_fields(const void *row)
{
	struct inkan_signer_options options = seal_options();
	struct buf message, sealed;
	const char *why;

	(void)row;
	buf_init(&message, 100000);
	buf_init(&sealed, 200000);
	for (size_t fields = 1000 - 13; fields <= 1000 - 12; fields++) { /* 12 names oversigned, From is there */
		buf_clear(&message);
		buf_put_c(&message, "From: a@example.com\r\n");
		for (size_t i = 0; i < fields; i++)
			buf_put_c(&message, "List-Id: x\r\n");
		buf_put_c(&message, REST);
		bool fits = fields == 1000 - 13;

		assert_int_equal(seal(&sealed, &options, rsa, 1, buf_str(&message), &why),
		                 fits ? INKAN_OK : INKAN_EREFUSED);
		assert_string_equal(why, fits ? "" : "more than 1000 header fields to be signed");
	}
	buf_release(&message);
	buf_release(&sealed);
}

/* ---- canonical forms, and the octets that are hashed ---- */

static const struct form {
	const char *name;
	enum inkan_canonicalization header, body;
	const char *c;
} forms[] = {
	{"S17 simple/simple", INKAN_SIMPLE, INKAN_SIMPLE, "simple/simple"},
	{"S17 simple/relaxed", INKAN_SIMPLE, INKAN_RELAXED, "simple/relaxed"},
	{"S17 relaxed/simple", INKAN_RELAXED, INKAN_SIMPLE, "relaxed/simple"},
	{"S17 relaxed/relaxed", INKAN_RELAXED, INKAN_RELAXED, "relaxed/relaxed"},
};

/* The same field, signed by other code, gets the same signature. */
static void assert_forged_alike(struct str sealed, enum forge_key key, struct str message)
{
	struct buf room, template, forged;
	size_t b = str_search(sealed, STR(" b=")), bh = str_search(sealed, STR(" bh="));

	buf_init(&room, 10000);
	buf_init(&template, 10000);
	buf_init(&forged, 100000);
	buf_put(&template, str_head(sealed, bh));
	buf_put_c(&template, " bh=@bh@;");
	buf_put(&template, str_head(str_skip(sealed, bh + 4 + 45), b - bh - 4 - 45));
	buf_put_c(&template, " b=@b@");
	buf_put_char(&template, '\0');
	forge(&forged, template.p, key, message);
	struct str want = tag(&room, str_head(buf_str(&forged), forged.n - message.n), "b");
	struct buf got_room;

	buf_init(&got_room, 10000);
	assert_true(want.n && str_eq(want, tag(&got_room, sealed, "b")));
	buf_release(&got_room);
	buf_release(&room);
	buf_release(&template);
	buf_release(&forged);
}

static void run_form(const void *row)
{
	const struct form *r = row;
	struct inkan_signer_options options = seal_options();
	static const char message[] =
		"FROM:a@example.com\r\nSubject :  a \t b\r\n\tc \r\nX: y\r\n\r\na  b \r\n\r\nc\r\n\r\n";

	options.header = r->header;
	options.body = r->body;
	for (int i = 0; i < 2; i++) {
		struct buf sealed;
		struct judged j;

		buf_init(&sealed, 100000);
		assert_int_equal(seal(&sealed, &options, i ? ed25519 : rsa, 1, STR(message), NULL), INKAN_OK);
		assert_tag(buf_str(&sealed), "c", r->c);
		assert_forged_alike(str_head(buf_str(&sealed), sealed.n - (sizeof message - 1)),
		                    i ? FORGE_ED25519 : FORGE_RSA2048, STR(message));
		judge(&j, NULL, buf_str(&sealed),
		      &(struct zone_row){KEY_NAME, forge_record(i ? FORGE_ED25519 : FORGE_RSA2048), 0}, 1);
		assert_fault(&j.results[0], DKIM_FAULT_NONE);
		judged_release(&j);
		buf_release(&sealed);
	}
}

/* ---- what happens to a sealed message on its way ---- */

static const struct way {
	const char *name;
	const char *find, *put;
	enum dkim_fault_id fault;
} ways[] = {
	{"S16 a trace field put on top", "DKIM-Signature: v=1; a=rsa",
         "Received: from a by b; now\r\nDKIM-Signature: v=1; a=rsa", DKIM_FAULT_NONE},
	{"S16 a rewritten Message-ID", "<1@", "<2@", DKIM_FAULT_HEADER_CHANGED},
	{"S16 a transfer encoding added",
         "Subject:", "Content-Transfer-Encoding: 8bit\r\nSubject:", DKIM_FAULT_HEADER_CHANGED},
	{"S16 a dot taken off a line", "\r\n.see", "\r\nsee", DKIM_FAULT_BODY_CHANGED},
	{"S3 a second Subject above", "Subject:", "Subject: Invoice\r\nSubject:", DKIM_FAULT_HEADER_CHANGED},
	{"S4 a second From above", "From:", "From: eve@example.org\r\nFrom:", DKIM_FAULT_HEADER_CHANGED},
	{"S4 a Cc where there was none", "Subject:", "Cc: eve@example.org\r\nSubject:", DKIM_FAULT_HEADER_CHANGED},
	{"S5 names without a field are nothing: a Cc in the body", "Dear", "Cc: eve\r\n\r\nDear",
         DKIM_FAULT_BODY_CHANGED},
	{"S6 a Received that goes", "Received: from a by b; Sat, 21 Nov 2026 18:30:01 +0900\r\n", "", DKIM_FAULT_NONE},
};

static void run_way(const void *row)
{
	const struct way *r = row;
	struct inkan_signer_options options = seal_options();
	struct buf sealed, changed;
	struct judged j;

	buf_init(&sealed, 100000);
	buf_init(&changed, 100000);
	assert_int_equal(seal(&sealed, &options, both, 2, STR(LETTER), NULL), INKAN_OK);
	put_changed(&changed, buf_str(&sealed), r->find, r->put);
	judge(&j, NULL, buf_str(&changed), zone(), 2);
	assert_int_equal(j.count, 2);
	assert_fault(&j.results[0], r->fault);
	assert_fault(&j.results[1], r->fault);
	judged_release(&j);
	buf_release(&sealed);
	buf_release(&changed);
}

/* ---- several keys ---- */

/* One pass, two fields: RSA above Ed25519 as the keys were added, both of the same domain, selectors differ. */
static void run_dual(const void *row)
{
	struct inkan_signer_options options = seal_options();
	struct buf sealed, again;
	struct judged j;

	(void)row;
	buf_init(&sealed, 100000);
	buf_init(&again, 100000);
	assert_int_equal(seal(&sealed, &options, both, 2, STR(LETTER), NULL), INKAN_OK);
	assert_true(str_has_prefix(buf_str(&sealed), STR("DKIM-Signature: v=1; a=rsa-sha256;")));
	judge(&j, NULL, buf_str(&sealed), zone(), 2);
	assert_int_equal(j.count, 2);
	assert_string_equal(j.results[0].selector, "s1");
	assert_string_equal(j.results[1].selector, "s2");
	assert_string_equal(j.results[1].algorithm, "ed25519-sha256");
	assert_string_equal(j.results[0].domain, j.results[1].domain);
	assert_fault(&j.results[0], DKIM_FAULT_NONE);
	assert_fault(&j.results[1], DKIM_FAULT_NONE);
	judged_release(&j);
	/* S18, S20: signed once more, the new field stands on top and those below still verify */
	options.domain = "relay.example.com";
	assert_int_equal(seal(&again, &options, rsa, 1, buf_str(&sealed), NULL), INKAN_OK);
	struct zone_row rows[3] = {zone()[0], zone()[1], {"s1._domainkey.relay.example.com", zone()[0].text, 0}};

	judge(&j, NULL, buf_str(&again), rows, 3);
	assert_int_equal(j.count, 3);
	assert_string_equal(j.results[0].domain, "relay.example.com");
	for (size_t i = 0; i < 3; i++)
		assert_fault(&j.results[i], DKIM_FAULT_NONE);
	judged_release(&j);
	buf_release(&sealed);
	buf_release(&again);
}

/* Long values are folded where they may be. */
static void run_folds(const void *row)
{
	static const char *const identities[] = {
		NULL, "a@example.com", "a-rather-long-local-part-of-an-address-for-one-line@example.com",
		"a-local-part-so-long-that-it-needs-more-than-one-line-of-the-field-to-be-written-down@example.com"};
	struct inkan_signer_options options = seal_options();
	char name[80], list[200];
	struct buf sealed;
	struct judged j;

	(void)row;
	buf_init(&sealed, 100000);
	for (size_t i = 0; i < 4; i++)
		for (int n = 1; n <= 74; n++) {
			memset(name, 'n', (size_t)n);
			name[n] = '\0';
			snprintf(list, sizeof list, "from:%s:to", name);
			options.headers = n == 1 ? NULL : list;
			options.identity = identities[i];
			options.now = n % 3 ? INKAN_TIME_NONE : 1795253400;
			options.header = n & 1 ? INKAN_SIMPLE : INKAN_RELAXED;
			buf_clear(&sealed);
			assert_int_equal(seal(&sealed, &options, n & 2 ? rsa : ed25519, 1, STR(LETTER), NULL),
			                 INKAN_OK);
			assert_folded(str_head(buf_str(&sealed), str_search(buf_str(&sealed), STR("Received:"))));
			judge(&j, NULL, buf_str(&sealed),
			      &(struct zone_row){KEY_NAME, forge_record(n & 2 ? FORGE_RSA2048 : FORGE_ED25519), 0}, 1);
			assert_fault(&j.results[0], DKIM_FAULT_NONE);
			assert_string_equal(j.results[0].identity,
			                    options.identity ? options.identity : "@example.com");
			judged_release(&j);
		}
	buf_release(&sealed);
}

int main(void)
{
	struct test_list list = {0};

	test_add(&list, "S18 the fields, octet for octet", run_golden, NULL);
	TEST_TABLE(&list, names_rows, run_names);
	TEST_TABLE(&list, tag_rows, run_tag);
	TEST_TABLE(&list, option_rows, run_option);
	TEST_TABLE(&list, list_rows, run_list);
	TEST_TABLE(&list, refusals, run_refusal);
	test_add(&list, "1,000 fields to be signed, and one more", run_too_many_fields, NULL);
	TEST_TABLE(&list, forms, run_form);
	TEST_TABLE(&list, ways, run_way);
	test_add(&list, "S10 two keys sign in one pass", run_dual, NULL);
	test_add(&list, "S20 signatures that are there stay, and stay good", run_dual, NULL);
	test_add(&list, "S19 folded at 78 columns, never inside a word", run_folds, NULL);
	return test_run(&list, "dkim/sign");
}

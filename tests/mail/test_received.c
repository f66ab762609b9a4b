/* Dates and Received fields as mail servers write them. */
#include <stdio.h>

#include "mail/date.h"
#include "mail/received.h"
#include "support/case.h"

/* ---- dates ---- */

static const struct date_row {
	const char *name, *text;
	unix_time want; /* UNIX_TIME_NONE: no date */
} dates[] = {
	{"date: as RFC 5322 has it", "Sat, 21 Nov 2026 18:30:00 +0900", 1795253400},
	{"date: comment behind", " Sat, 21 Nov 2026 09:30:00 +0000 (UTC)\r\n", 1795253400},
	{"date: folded, comments between", "Sat,\r\n 21 (x(y)\\) ) Nov 2026 04:30:00\r\n\t-0500", 1795253400},
	{"date: no day of the week, no seconds", "21 Nov 2026 09:30 GMT", 1795253400},
	{"date: one digit", "Sun, 1 Nov 2026 9:30:00 Z", 1793525400},
	{"date: year of two digits, 49", "1 Jan 49 00:00:00 +0000", 2493072000},
	{"date: year of two digits, 50", "1 Jan 50 00:00:00 +0000", -631152000},
	{"date: year of three digits", "1 Jan 126 00:00:00 +0000", 1767225600},
	{"date: year 0099 of four digits", "1 Jan 0099 00:00:00 +0000", -59042995200},
	{"date: zone by name", "Sat, 21 Nov 2026 01:30:00 PST", 1795253400},
	{"date: zone that says nothing", "Sat, 21 Nov 2026 09:30:00 XYZ", 1795253400},
	{"date: zone that is none", "Sat, 21 Nov 2026 09:30:00 +9", 1795253400},
	{"date: leap second", "Fri, 30 Jun 2017 23:59:60 +0000", 1498867200},
	{"date: no such day", "31 Nov 2026 09:30:00 +0000", UNIX_TIME_NONE},
	{"date: no such month", "21 Nox 2026 09:30:00 +0000", UNIX_TIME_NONE},
	{"date: no such hour", "21 Nov 2026 24:00:00 +0000", UNIX_TIME_NONE},
	{"date: five digits", "21 Nov 20260 09:30:00 +0000", UNIX_TIME_NONE},
	{"date: a comment that never ends", "21 Nov (2026 09:30:00 +0000", UNIX_TIME_NONE},
	{"date: RFC 3339 is none", "2026-11-21T09:30:00Z", UNIX_TIME_NONE},
	{"date: empty", "", UNIX_TIME_NONE},
};

static void run_date(const void *p)
{
	const struct date_row *row = p;
	unix_time time = UNIX_TIME_NONE;

	assert_int_equal(mail_date_parse(str_c(row->text), &time), row->want != UNIX_TIME_NONE);
	assert_true(time == row->want);
}

/* ---- fields ---- */

static const struct row {
	const char *name, *value;
	const char *from, *ip, *by, *with, *recipient;
	unix_time date;
} rows[] = {
	{"Postfix",
         " from mail.example.com (mail.example.com [192.0.2.25])\r\n\tby mx.example.net (Postfix) with ESMTPS id "
         "4711\r\n\tfor <a@example.net>; Sat, 21 Nov 2026 09:30:00 +0000 (UTC)\r\n",
         "mail.example.com", "192.0.2.25", "mx.example.net", "ESMTPS", "a@example.net", 1795253400},
	{"Postfix, IPv6",
         " from a.example (unknown [IPv6:2001:db8::25]) by b.example with ESMTP id 1; 21 Nov 2026 09:30 GMT",
         "a.example", "2001:db8::25", "b.example", "ESMTP", "", 1795253400},
	{"Exim", "from [192.0.2.7] (helo=relay.example) by mx.example with esmtps (TLS1.3) tls X (Exim 4.96) id 1",
         "[192.0.2.7]", "192.0.2.7", "mx.example", "esmtps", "", UNIX_TIME_NONE},
	{"Exim, port behind the address", "from r.example ([192.0.2.7]:2525 helo=x) by mx.example", "r.example",
         "192.0.2.7", "mx.example", "", "", UNIX_TIME_NONE},
	{"Google",
         "from mail-ed1-f41.example (mail-ed1-f41.example. [209.85.208.41])\r\n by mx.google.com with ESMTPS id x.1",
         "mail-ed1-f41.example", "209.85.208.41", "mx.google.com", "ESMTPS", "", UNIX_TIME_NONE},
	{"Google, inside",
         "by 2002:a05:7300:1a83:b0:123:4567:89ab with SMTP id y; Sat, 21 Nov 2026 01:30:00 -0800 (PST)", "", "",
         "2002:a05:7300:1a83:b0:123:4567:89ab", "SMTP", "", 1795253400},
	{"Microsoft",
         "from TY1PR01.example (2603:1096:404:1::16) by OS1PR01.example\r\n (2603:1096:604:2::8) with Microsoft SMTP "
         "Server (version=TLS1_2,\r\n cipher=X) id 15.20.1",
         "TY1PR01.example", "2603:1096:404:1::16", "OS1PR01.example", "Microsoft", "", UNIX_TIME_NONE},
	{"qmail", "from unknown (HELO a.example) (192.0.2.1)\n  by 0 with SMTP; 21 Nov 2026 09:30:00 -0000", "unknown",
         "192.0.2.1", "0", "SMTP", "", 1795253400},
	{"a name that looks like an address", "from 192.0.2.1.example.com (x [198.51.100.1]) by b",
         "192.0.2.1.example.com", "198.51.100.1", "b", "", "", UNIX_TIME_NONE},
	{"no address but in a name", "from a-192.0.2.1-b.example by b", "a-192.0.2.1-b.example", "", "b", "", "",
         UNIX_TIME_NONE},
	{"an address only behind by", "from a by b ([192.0.2.1])", "a", "", "b", "", "", UNIX_TIME_NONE},
	{"a client that calls itself by", "from by (x [192.0.2.1]) by from with for", "by", "192.0.2.1", "from", "for",
         "", UNIX_TIME_NONE},
	{"clauses inside a comment", "from a (by evil with x [192.0.2.1]) by b", "a", "192.0.2.1", "b", "", "",
         UNIX_TIME_NONE},
	{"a semicolon inside a comment", "from a (x; 1 Jan 2020 00:00 GMT) by b", "a", "", "b", "", "", UNIX_TIME_NONE},
	{"a comment that never ends", "from a (x [192.0.2.1] by b", "a", "192.0.2.1", "", "", "", UNIX_TIME_NONE},
	{"not an address", "from a ([999.0.2.1] [IPv6:zz] [192.0.2.9]) by b", "a", "192.0.2.9", "b", "", "",
         UNIX_TIME_NONE},
	{"an address of 46 characters", "from a ([1111:1111:1111:1111:1111:1111:111.111.111.1110]) by b", "a", "", "b",
         "", "", UNIX_TIME_NONE},
	{"an address of 45 characters", "from a ([0000:0000:0000:0000:0000:ffff:192.168.100.200]) by b", "a",
         "::ffff:192.168.100.200", "b", "", "", UNIX_TIME_NONE},
	{"HELO that is an address, Postfix", "from [198.51.100.1] (unknown [203.0.113.9]) by b", "[198.51.100.1]",
         "203.0.113.9", "b", "", "", UNIX_TIME_NONE},
	{"HELO that is an address, Exim", "from [203.0.113.9] (port=2525 helo=[198.51.100.1]) by b", "[203.0.113.9]",
         "203.0.113.9", "b", "", "", UNIX_TIME_NONE},
	{"HELO that is an address, Exim, name known",
         "from a ([203.0.113.9] ident=[198.51.100.2] helo=[198.51.100.1]) by b", "a", "203.0.113.9", "b", "", "",
         UNIX_TIME_NONE},
	{"HELO that is an address, qmail", "from unknown (HELO 198.51.100.1) (203.0.113.9) by b", "unknown",
         "203.0.113.9", "b", "", "", UNIX_TIME_NONE},
	{"HELO that is an address, Microsoft", "from 198.51.100.1 (203.0.113.9) by b", "198.51.100.1", "203.0.113.9",
         "b", "", "", UNIX_TIME_NONE},
	{"HELO that is an address, the client's own not known", "from [198.51.100.1] (unknown [unknown]) by b",
         "[198.51.100.1]", "", "b", "", "", UNIX_TIME_NONE},
	{"an answer to ident that is an address, sendmail",
         "from a (IDENT:[198.51.100.1]@h [203.0.113.9] (may be forged)) by b", "a", "203.0.113.9", "b", "", "",
         UNIX_TIME_NONE},
	{"a bare address behind one in brackets", "from a (h [203.0.113.9] 198.51.100.1) by b", "a", "203.0.113.9", "b",
         "", "", UNIX_TIME_NONE},
	{"a certificate with an address as name", "from a (h [203.0.113.9])\r\n\t(Client CN \"[198.51.100.1]\") by b",
         "a", "203.0.113.9", "b", "", "", UNIX_TIME_NONE},
	{"a certificate with an address as name, the client's own not known",
         "from a (unknown [unknown]) (Client CN \"[198.51.100.1]\") by b", "a", "", "b", "", "", UNIX_TIME_NONE},
	{"an address in front and only HELO behind", "from 203.0.113.9 (EHLO a.example) by b", "203.0.113.9",
         "203.0.113.9", "b", "", "", UNIX_TIME_NONE},
	{"HELO without its word", "from [203.0.113.9] (HELO) by b", "[203.0.113.9]", "203.0.113.9", "b", "", "",
         UNIX_TIME_NONE},
	{"only for", "for <", "", "", "", "", "<", UNIX_TIME_NONE},
	{"empty", "", "", "", "", "", "", UNIX_TIME_NONE},
};

static void assert_str(struct str got, const char *want)
{
	assert_int_equal(got.n, strlen(want));
	if (got.n)
		assert_memory_equal(got.p, want, got.n);
}

static void run_row(const void *p)
{
	const struct row *row = p;
	struct received r;

	received_parse(str_c(row->value), &r);
	assert_str(r.from, row->from);
	assert_string_equal(r.ip, row->ip);
	assert_str(r.by, row->by);
	assert_str(r.with, row->with);
	assert_str(r.recipient, row->recipient);
	assert_true(r.date == row->date);
}

static const struct public_row {
	const char *name, *ip;
	bool want;
} publics[] = {
	{"public: an ordinary address", "192.0.2.1", true},
	{"public: 9.255.255.255", "9.255.255.255", true},
	{"public: 10.0.0.0", "10.0.0.0", false},
	{"public: 10.255.255.255", "10.255.255.255", false},
	{"public: 11.0.0.0", "11.0.0.0", true},
	{"public: 100.63.255.255", "100.63.255.255", true},
	{"public: 100.64.0.0", "100.64.0.0", false},
	{"public: 100.127.255.255", "100.127.255.255", false},
	{"public: 100.128.0.0", "100.128.0.0", true},
	{"public: 127.0.0.1", "127.0.0.1", false},
	{"public: 169.254.1.1", "169.254.1.1", false},
	{"public: 172.15.255.255", "172.15.255.255", true},
	{"public: 172.16.0.0", "172.16.0.0", false},
	{"public: 172.31.255.255", "172.31.255.255", false},
	{"public: 172.32.0.0", "172.32.0.0", true},
	{"public: 192.168.1.1", "192.168.1.1", false},
	{"public: 192.169.0.0", "192.169.0.0", true},
	{"public: ::1", "::1", false},
	{"public: ::2", "::2", true},
	{"public: fd00::1", "fd00::1", false},
	{"public: fe00::1", "fe00::1", true},
	{"public: fe80::1", "fe80::1", false},
	{"public: 2001:db8::1", "2001:db8::1", true},
	{"public: 10.0.0.1 in IPv6", "::ffff:10.0.0.1", false},
	{"public: 192.0.2.1 in IPv6", "::ffff:192.0.2.1", true},
	{"public: none", "", false},
};

static void run_public(const void *p)
{
	const struct public_row *row = p;
	char value[100];
	struct received r;

	snprintf(value, sizeof value, "from a ([%s]) by b", row->ip);
	received_parse(str_c(value), &r);
	assert_int_equal(received_is_public(&r), row->want);
}

int main(void)
{
	struct test_list list = {0};

	TEST_TABLE(&list, dates, run_date);
	TEST_TABLE(&list, rows, run_row);
	TEST_TABLE(&list, publics, run_public);
	return test_run(&list, "mail/received");
}

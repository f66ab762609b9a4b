#include "core/time.h"

#include <stdio.h>
#include <time.h>

#include "core/random.h"
#include "support/case.h"

static const struct parse {
	const char *name;
	const char *text;
	bool ok;
	unix_time want;
} parses[] = {
	{"the beginning", "1970-01-01T00:00:00Z", true, 0},
	{"RFC 3339 section 5.8: a fraction", "1985-04-12T23:20:50.52Z", true, 482196050},
	{"RFC 3339 section 5.8: west", "1996-12-19T16:39:57-08:00", true, 851042397},
	{"RFC 3339 section 5.8: leap second", "1990-12-31T23:59:60Z", true, 662688000},
	{"RFC 3339 section 5.8: half past", "1937-01-01T12:00:27.87+00:20", true, -1041337173},
	{"east", "2026-11-21T18:30:00+09:00", true, 1795253400},
	{"a blank for T", "2026-11-21 09:30:00Z", true, 1795253400},
	{"small letters", "2026-11-21t09:30:00z", true, 1795253400},
	{"-00:00", "2026-11-21T09:30:00-00:00", true, 1795253400},
	{"the largest offset", "2026-11-22T09:29:00+23:59", true, 1795253400},
	{"before 1970", "1969-12-31T23:59:59Z", true, -1},
	{"year 0", "0000-01-01T00:00:00Z", true, -62167219200},
	{"year 0 and east of it", "0000-01-01T00:00:00+01:00", true, -62167222800},
	{"year 9999", "9999-12-31T23:59:59Z", true, 253402300799},
	{"leap day", "2024-02-29T00:00:00Z", true, 1709164800},
	{"leap day of 2000", "2000-02-29T00:00:00Z", true, 951782400},
	{"no leap day in 1900", "1900-02-29T00:00:00Z", false, 0},
	{"no leap day in 2100", "2100-02-29T00:00:00Z", false, 0},
	{"no leap day in 2023", "2023-02-29T00:00:00Z", false, 0},
	{"30 February", "2024-02-30T00:00:00Z", false, 0},
	{"31 April", "2024-04-31T00:00:00Z", false, 0},
	{"31 December", "2024-12-31T00:00:00Z", true, 1735603200},
	{"32 December", "2024-12-32T00:00:00Z", false, 0},
	{"day 0", "2024-01-00T00:00:00Z", false, 0},
	{"month 0", "2024-00-01T00:00:00Z", false, 0},
	{"month 13", "2024-13-01T00:00:00Z", false, 0},
	{"hour 24", "2024-01-01T24:00:00Z", false, 0},
	{"minute 60", "2024-01-01T00:60:00Z", false, 0},
	{"second 61", "2024-01-01T00:00:61Z", false, 0},
	{"offset of 24 hours", "2024-01-01T00:00:00+24:00", false, 0},
	{"offset of 60 minutes", "2024-01-01T00:00:00+00:60", false, 0},
	{"offset without colon", "2024-01-01T00:00:00+0100", false, 0},
	{"no offset", "2024-01-01T00:00:00", false, 0},
	{"no time", "2024-01-01", false, 0},
	{"no seconds", "2024-01-01T00:00Z", false, 0},
	{"a point without digits", "2024-01-01T00:00:00.Z", false, 0},
	{"text behind", "2024-01-01T00:00:00Zx", false, 0},
	{"a blank behind", "2024-01-01T00:00:00Z ", false, 0},
	{"a blank before", " 2024-01-01T00:00:00Z", false, 0},
	{"one digit", "2024-1-1T0:0:0Z", false, 0},
	{"five digits of year", "12024-01-01T00:00:00Z", false, 0},
	{"a sign before the year", "-024-01-01T00:00:00Z", false, 0},
	{"nothing", "", false, 0},
	{"Unix seconds", "1795253400", true, 1795253400},
	{"Unix seconds before 1970", "-1", true, -1},
	{"Unix seconds, zero", "0", true, 0},
	{"largest", "9223372036854775807", true, INT64_MAX},
	{"one more", "9223372036854775808", false, 0},
	{"smallest but one", "-9223372036854775807", true, -INT64_MAX},
	{"the smallest stands for no time", "-9223372036854775808", false, 0},
	{"minus alone", "-", false, 0},
	{"two signs", "--1", false, 0},
	{"plus", "+1", false, 0},
	{"a fraction of Unix seconds", "1.5", false, 0},
};

static void run_parse(const void *row)
{
	const struct parse *r = row;
	unix_time t = 4711;

	assert_int_equal(time_parse(str_c(r->text), &t), r->ok);
	assert_int_equal(t, r->ok ? r->want : 4711);
}

/* No octet behind the end is read: every part of a time is parsed in memory of its own size. */
static void run_prefixes(const void *row)
{
	struct str whole = STR("2026-11-21T18:30:00.5+09:00");

	(void)row;
	for (size_t n = 0; n < whole.n; n++) {
		char part[32];
		unix_time t = 4711;
		bool is_year = n >= 1 && n <= 4;

		memcpy(part, whole.p, n);
		memcpy(part + n, "Z0:9-", 5); /* would change the result, were it looked at */
		assert_int_equal(time_parse(str_from(part, n), &t), is_year);
	}
}

static const struct print {
	const char *name;
	unix_time t;
	const char *want;
} prints[] = {
	{"the beginning", 0, "1970-01-01T00:00:00Z"},
	{"a second before", -1, "1969-12-31T23:59:59Z"},
	{"leap day", 1709210096, "2024-02-29T12:34:56Z"},
	{"1 March of a leap year", 951868800, "2000-03-01T00:00:00Z"},
	{"28 February 1900", -2203891201, "1900-02-28T23:59:59Z"},
	{"1 March 1900", -2203891200, "1900-03-01T00:00:00Z"},
	{"first second of year 0", -62167219200, "0000-01-01T00:00:00Z"},
	{"before year 0", -62167219201, "-62167219201"},
	{"29 February of year 0", -62162121600, "0000-02-29T00:00:00Z"},
	{"1 March of year 0", -62162035200, "0000-03-01T00:00:00Z"},
	{"last second of year 9999", 253402300799, "9999-12-31T23:59:59Z"},
	{"year 10000", 253402300800, "253402300800"},
	{"largest", INT64_MAX, "9223372036854775807"},
	{"smallest", INT64_MIN, "-9223372036854775808"},
};

static void run_print(const void *row)
{
	const struct print *r = row;
	struct buf b;

	buf_init(&b, 20);
	time_print(&b, r->t);
	assert_int_equal(buf_error(&b), INKAN_OK);
	assert_true(str_eq(buf_str(&b), str_c(r->want)));
	buf_release(&b);
}

static void assert_comes_back(unix_time t)
{
	struct buf b;
	unix_time again = 0;

	buf_init(&b, 20);
	time_print(&b, t);
	assert_int_equal(buf_error(&b), INKAN_OK);
	assert_true(time_parse(buf_str(&b), &again));
	assert_int_equal(again, t);
	buf_release(&b);
}

/* print → parse, over all magnitudes; and as the C library sees it. */
static void run_round_trip(const void *row)
{
	uint64_t state = 17;

	(void)row;
	for (int i = 0; i < 100000; i++) {
		unix_time t = (unix_time)(random_next(&state) >> (1 + random_below(&state, 62)));

		assert_comes_back(t);
		assert_comes_back(-t);
	}
}

/* Days of the whole printed range, against gmtime_r(): 13 has no factor in common with weeks, months or leap years. */
static void run_many_days(const void *row)
{
	struct buf b;

	(void)row;
	buf_init(&b, 20);
	for (unix_time t = -62167219200; t < 253402300800; t += 13 * 86400) {
		time_t c = (time_t)(t + (t % 86399 + 86399) % 86399); /* some second of that day */
		struct tm tm;
		char want[80];

		assert_non_null(gmtime_r(&c, &tm));
		int n = snprintf(want, sizeof(want), "%04d-%02d-%02dT%02d:%02d:%02dZ", tm.tm_year + 1900, tm.tm_mon + 1,
		                 tm.tm_mday, tm.tm_hour, tm.tm_min, tm.tm_sec);
		unix_time again;

		buf_clear(&b);
		time_print(&b, c);
		assert_true(str_eq(buf_str(&b), str_from(want, (size_t)n)));
		assert_true(time_parse(buf_str(&b), &again));
		assert_int_equal(again, c);
	}
	buf_release(&b);
}

int main(void)
{
	struct test_list list = {0};

	TEST_TABLE(&list, parses, run_parse);
	test_add(&list, "every part of a time", run_prefixes, NULL);
	TEST_TABLE(&list, prints, run_print);
	test_add(&list, "what is printed can be read", run_round_trip, NULL);
	test_add(&list, "every thirteenth day of ten thousand years", run_many_days, NULL);
	return test_run(&list, "core/time");
}

/* Fields that claim to be ours are found however they hide (RFC 8601 section 5; RULES R1, R3, R4, R12, R13). */
#include "authres/strip.h"

#include "core/buf.h"

#include "support/alloc.h"
#include "support/case.h"

enum { REMOVALS_MAX = 8 };

#define VALUE(text)                    \
	{                              \
		text, sizeof(text) - 1 \
	}

static const struct row {
	const char *name;
	struct str header;
	size_t want[REMOVALS_MAX]; /* indexes in the order of removal, ended by 0 */
} rows[] = {
#define AR(value) VALUE("From: a@b.example\r\nAuthentication-Results:" value "\r\nTo: c@d.example\r\n")
	{"R3 our id", AR(" mx.example.com; dkim=pass"), {1}},
	{"R3 a stranger's id stays", AR(" mx.example.org; dkim=pass"), {0}},
	{"R3 a name below ours stays", AR(" a.mx.example.com; dkim=pass"), {0}},
	{"R3 a name above ours stays", AR(" example.com; dkim=pass"), {0}},
	{"R3 our id as the beginning of a longer one stays", AR(" mx.example.com.evil.example; dkim=pass"), {0}},
	{"R3 odd case of the id", AR(" MX.Example.COM; dkim=pass"), {1}},
	{"R3 a trailing dot", AR(" mx.example.com.; dkim=pass"), {1}},
	{"R3 folding before the id", AR("\r\n\t\r\n mx.example.com; dkim=pass"), {1}},
	{"R3 a comment before the id", AR(" (mx.example.org;) mx.example.com; dkim=pass"), {1}},
	{"R3 nested comments round the id", AR(" (a(b)c)mx.example.com(d); dkim=pass"), {1}},
	{"R3 a comment within the id", AR(" mx(x).example.com; dkim=pass"), {1}},
	{"R3 white space within the id", AR(" mx.example .com; dkim=pass"), {1}},
	{"R3 a quoted string", AR(" \"mx.example.com\"; dkim=pass"), {1}},
	{"R3 a quoted string with backslashes", AR(" \"mx\\.example\\.com\"; dkim=pass"), {1}},
	{"R3 a quoted string with white space", AR(" \" mx.example.com \"; dkim=pass"), {1}},
	{"R3 half a quoted string", AR(" mx.\"example.com\"; dkim=pass"), {1}},
	{"R3 no white space behind the colon", AR("mx.example.com;dkim=pass"), {1}},
	{"R3 version 1", AR(" mx.example.com 1; dkim=pass"), {1}},
	{"R3 an unknown version of ours", AR(" mx.example.com 2; dkim=pass"), {1}},
	{"R3 an unknown version of a stranger", AR(" mx.example.org 2; dkim=pass"), {1}},
	{"R3 a version that is too large to read", AR(" mx.example.org 99999999999; dkim=pass"), {1}},
	{"R3 a comment that is not closed", AR(" (mx.example.com; dkim=pass"), {1}},
	{"R3 a quoted string that is not closed", AR(" \"mx.example.com; dkim=pass"), {1}},
	{"R3 comments nested too deeply",
         AR(" (((((((((((((((((((((((((((((((((x))))))))))))))))))))))))))))))))) mx.example.com; dkim=pass"),
         {1}},
	{"R3 an empty field", AR(""), {1}},
	{"R3 an id with NUL in it", AR(" mx.exa\0mple.com; dkim=pass"), {1}},
	{"R3 only our id", AR(" mx.example.com"), {1}},
	{"R3 no id, as Microsoft writes it, stays",
         AR(" spf=pass (sender IP is 192.0.2.1) smtp.mailfrom=a.example"),
         {0}},
	{"R3 the second of our ids", AR(" example.net; dkim=pass"), {1}},
	{"R3 odd case of the field's name", VALUE("aUTHENTICATION-rESULTS: mx.example.com; none\r\n"), {1}},
	{"R3 white space before the colon", VALUE("Authentication-Results \t: mx.example.com; none\r\n"), {1}},
	{"R3 fields of other names stay",
         VALUE("ARC-Authentication-Results: i=1; mx.example.com; none\r\n"
               "X-Authentication-Results: mx.example.com; none\r\nReceived-SPF: pass\r\n"),
         {0}},
	{"R3 a continuation line is no field",
         VALUE("Subject: x\r\n Authentication-Results: mx.example.com; none\r\n"),
         {0}},
	{"R4 all of several, from the bottom up",
         VALUE("Authentication-Results: mx.example.com; none\r\nAuthentication-Results: mx.example.org; none\r\n"
               "AUTHENTICATION-RESULTS : mx.example.com; none\r\nauthentication-results: (x) \"mx.example.com\"; "
               "none\r\n"
               "Authentication-Results: mx.example.org; none\r\n"),
         {4, 3, 1}},
	{"R12 a field is found whether or not a signature covers it",
         VALUE("DKIM-Signature: v=1; h=authentication-results:from\r\nAuthentication-Results: mx.example.com; "
               "none\r\n"),
         {1}},
	{"R13 no header, nothing to remove", VALUE(""), {0}},
};

static const struct str ours[] = {VALUE("mx.example.com"), VALUE("EXAMPLE.net.")};

static void run_row(const void *row)
{
	const struct row *r = row;
	struct authres_removal *removals;
	struct header header;
	struct arena arena;
	size_t count, wanted = 0;

	while (r->want[wanted])
		wanted++;
	arena_init(&arena, 1 << 20);
	assert_int_equal(header_parse(&arena, r->header, MAIL_FIELDS_MAX, &header), INKAN_OK);
	assert_int_equal(authres_strip(&arena, &header, ours, 2, false, &removals, &count), INKAN_OK);
	assert_int_equal(count, wanted);
	for (size_t i = 0; i < count; i++)
		assert_int_equal(removals[i].index, r->want[i]);
	arena_release(&arena);
}

/* At a border that believes nobody. */
static void run_all(const void *row)
{
	struct authres_removal *removals;
	struct header header;
	struct arena arena;
	size_t count;

	(void)row;
	arena_init(&arena, 1 << 20);
	assert_int_equal(header_parse(&arena, rows[sizeof rows / sizeof *rows - 3].header, MAIL_FIELDS_MAX, &header),
	                 INKAN_OK);
	assert_int_equal(authres_strip(&arena, &header, NULL, 0, true, &removals, &count), INKAN_OK);
	assert_int_equal(count, 5);
	for (size_t i = 0; i < count; i++)
		assert_int_equal(removals[i].index, 5 - i);
	assert_int_equal(removals[0].field, 4);
	arena_release(&arena);
}

/* 500 fields, one of a megabyte, with one comment of 300,000 octets: all found, with little memory. */
static void run_large(const void *row)
{
	struct authres_removal *removals;
	struct header header;
	struct arena arena;
	struct buf text;
	size_t count;

	(void)row;
	arena_init(&arena, 1 << 20);
	buf_init(&text, 4 << 20);
	for (int i = 0; i < 500; i++) {
		buf_put_c(&text, "Authentication-Results: (");
		for (int k = 0; k < (i == 250 ? 1000000 : 100); k++)
			buf_put_char(&text, 'x');
		buf_put_c(&text, ") \"mx.example.com");
		for (int k = 0; k < (i == 300 ? 1000000 : 1); k++)
			buf_put_char(&text, ' ');
		buf_put_c(&text, "\"; none\r\n");
	}
	assert_int_equal(buf_error(&text), INKAN_OK);
	assert_int_equal(header_parse(&arena, buf_str(&text), MAIL_FIELDS_MAX, &header), INKAN_OK);
	assert_int_equal(authres_strip(&arena, &header, ours, 2, false, &removals, &count), INKAN_OK);
	assert_int_equal(count, 500);
	assert_int_equal(removals[499].index, 1);
	buf_release(&text);
	arena_release(&arena);
}

static void run_no_memory(const void *row)
{
	bool reached = true;

	(void)row;
	for (size_t n = 1; reached; n++) {
		struct authres_removal *removals;
		struct header header;
		struct arena arena;
		size_t count = 77;

		arena_init(&arena, 1 << 20);
		alloc_fail_at(n);
		int error = header_parse(&arena, rows[16].header, MAIL_FIELDS_MAX, &header);

		if (!error)
			error = authres_strip(&arena, &header, ours, 2, false, &removals, &count);
		reached = alloc_count() >= n;
		alloc_fail_at(0);
		assert_int_equal(error, reached ? INKAN_ENOMEM : INKAN_OK);
		assert_int_equal(count, reached ? 77 : 1);
		arena_release(&arena);
	}
}

int main(void)
{
	struct test_list list = {0};

	TEST_TABLE(&list, rows, run_row);
	test_add(&list, "R3 every field, at a border that believes nobody", run_all, NULL);
	test_add(&list, "R4 500 fields, some of a megabyte", run_large, NULL);
	test_add(&list, "no memory", run_no_memory, NULL);
	return test_run(&list, "authres/strip");
}

/* The author domain of a message: RULES M1, M2, and the public From cases. */
#include <jansson.h>
#include <stdio.h>

#include "auth/author.h"
#include "core/buf.h"
#include "support/case.h"
#include "support/data.h"

#define TEXT(literal)                          \
	{                                      \
		(literal), sizeof(literal) - 1 \
	}

static const struct row {
	const char *name;
	struct str header;
	enum author_state state;
	const char *address, *domain; /* for AUTHOR_NONE and AUTHOR_SEVERAL: the reason stands in `address` */
} rows[] = {
	{"M1 one address", TEXT("From: a@example.com\r\n"), AUTHOR_ONE, "a@example.com", "example.com"},
	{"M1 a name", TEXT("FROM : =?utf-8?q?=E5=A4=AA=E9=83=8E?= <a@example.com>\r\n"), AUTHOR_ONE, "a@example.com",
         "example.com"},
	{"M1 two of one domain", TEXT("From: a@example.com, B <b@EXAMPLE.com>\r\n"), AUTHOR_ONE, "a@example.com",
         "example.com"},
	{"M1 two of two domains", TEXT("From: a@example.com, b@example.net\r\n"), AUTHOR_SEVERAL,
         "From names several domains", ""},
	{"M1 two of a domain and its subdomain", TEXT("From: a@example.com, b@mail.example.com\r\n"), AUTHOR_SEVERAL,
         "From names several domains", ""},
	{"M1 two fields", TEXT("From: a@example.com\r\nfrom: a@example.com\r\n"), AUTHOR_SEVERAL, "several From fields",
         ""},
	{"M1 five fields", TEXT("From: a@b.example\r\nFrom: \r\nFROM:x\r\nFrom: <>\r\nFrom: c@d.example\r\n"),
         AUTHOR_SEVERAL, "several From fields", ""},
	{"M1 no field", TEXT("To: a@example.com\r\n"), AUTHOR_NONE, "no From field", ""},
	{"M1 an empty field", TEXT("From:\r\n"), AUTHOR_NONE, "From holds no address", ""},
	{"M1 a name only", TEXT("From: Taro\r\n"), AUTHOR_NONE, "From holds no address", ""},
	{"M1 an empty path", TEXT("From: <>\r\n"), AUTHOR_NONE, "From holds no address", ""},
	{"M1 an empty group", TEXT("From: undisclosed:;\r\n"), AUTHOR_NONE, "From holds no address", ""},
	{"M1 a group of one domain", TEXT("From: staff: a@example.com, b@example.com;\r\n"), AUTHOR_ONE,
         "a@example.com", "example.com"},
	{"M1 a group of two domains", TEXT("From: staff: a@example.com, b@example.net;\r\n"), AUTHOR_SEVERAL,
         "From names several domains", ""},
	{"M1 comments", TEXT("From: (x@evil.example) a (b)@(c) example(d).com (e)\r\n"), AUTHOR_ONE, "a@example.com",
         "example.com"},
	{"M1 an address as the name", TEXT("From: \"b@bank.example\" <a@example.com>\r\n"), AUTHOR_ONE, "a@example.com",
         "example.com"},
	{"M1 a bare address before another", TEXT("From: b@bank.example <a@example.com>\r\n"), AUTHOR_ONE,
         "a@example.com", "example.com"},
	{"M1 a route", TEXT("From: <@relay.example,@other.example:a@example.com>\r\n"), AUTHOR_ONE, "a@example.com",
         "example.com"},
	{"M1 a quoted local part", TEXT("From: \"a b@c.example\"@example.com\r\n"), AUTHOR_ONE,
         "\"a b@c.example\"@example.com", "example.com"},
	{"M1 folded", TEXT("From: A\r\n <a@\r\n\texample.com>\r\n"), AUTHOR_ONE, "a@example.com", "example.com"},
	{"M1 NUL in the domain", TEXT("From: a@example.com\0.evil.example\r\n"), AUTHOR_NONE,
         "From holds control characters", ""},
	{"M1 NUL in the name", TEXT("From: A\0B <a@example.com>\r\n"), AUTHOR_NONE, "From holds control characters",
         ""},
	{"M1 ESC in the name", TEXT("From: A\033[2J <a@example.com>\r\n"), AUTHOR_NONE, "From holds control characters",
         ""},
	{"M1 an address literal", TEXT("From: a@[192.0.2.1]\r\n"), AUTHOR_NONE, "the domain in From is no host name",
         ""},
	{"M1 an address literal beside a domain", TEXT("From: a@example.com, b@[192.0.2.1]\r\n"), AUTHOR_NONE,
         "the domain in From is no host name", ""},
	{"M1 empty labels", TEXT("From: a@example..com\r\n"), AUTHOR_NONE, "From holds no address", ""},
	{"M1 a domain with a space", TEXT("From: <a@exam ple.com>\r\n"), AUTHOR_NONE, "From holds no address", ""},
	{"M1 a zero-width space in the domain", TEXT("From: a@exam\xe2\x80\x8bple.com\r\n"), AUTHOR_NONE,
         "the domain in From is no host name", ""},
	{"M2 capitals", TEXT("From: A@Example.COM\r\n"), AUTHOR_ONE, "A@Example.COM", "example.com"},
	{"M2 a final dot", TEXT("From: a@example.com.\r\n"), AUTHOR_ONE, "a@example.com.", "example.com"},
	{"M2 U-labels", TEXT("From: a@\xe4\xbe\x8b.example\r\n"), AUTHOR_ONE, "a@\xe4\xbe\x8b.example",
         "xn--fsq.example"},
	{"M2 an A-label and its U-label are one domain", TEXT("From: a@\xe4\xbe\x8b.example, b@XN--FSQ.example\r\n"),
         AUTHOR_ONE, "a@\xe4\xbe\x8b.example", "xn--fsq.example"},
	{"a single label", TEXT("From: root@localhost\r\n"), AUTHOR_ONE, "root@localhost", "localhost"},
	{"an underscore", TEXT("From: a@my_host.example.com\r\n"), AUTHOR_ONE, "a@my_host.example.com",
         "my_host.example.com"},
};

static void find(struct str text, struct arena *arena, struct author *out)
{
	struct header header;

	assert_int_equal(header_parse(arena, text, MAIL_FIELDS_MAX, &header), INKAN_OK);
	assert_int_equal(author_find(arena, &header, out), INKAN_OK);
}

static void run_row(const void *row)
{
	const struct row *r = row;
	struct arena arena;
	struct author author;

	arena_init(&arena, 1024 * 1024);
	find(r->header, &arena, &author);
	assert_int_equal(author.state, r->state);
	assert_string_equal(author.state == AUTHOR_ONE ? author.address : author.reason, r->address);
	assert_string_equal(author.domain, r->domain);
	if (author.state != AUTHOR_ONE)
		assert_string_equal(author.address, "");
	arena_release(&arena);
}

/* ---- large ---- */

static void run_many(const void *row)
{
	size_t count = *(const size_t *)row;
	struct arena arena;
	struct author author;
	struct buf text;

	arena_init(&arena, 16 * 1024 * 1024);
	buf_init(&text, SIZE_MAX);
	buf_put_c(&text, "From: ");
	for (size_t i = 0; i < count; i++)
		buf_put_c(&text, i + 1 < count ? "a@a.example," : "a@a.example\r\n");
	find(buf_str(&text), &arena, &author);
	assert_int_equal(author.state, count <= 1000 ? AUTHOR_ONE : AUTHOR_NONE);
	arena_release(&arena);
	buf_release(&text);
}

static void run_comments(const void *row)
{
	size_t depth = *(const size_t *)row;
	struct arena arena;
	struct author author;
	struct buf text;

	arena_init(&arena, 16 * 1024 * 1024);
	buf_init(&text, SIZE_MAX);
	buf_put_c(&text, "From: ");
	for (size_t i = 0; i < depth; i++)
		buf_put_char(&text, '(');
	for (size_t i = 0; i < depth; i++)
		buf_put_char(&text, ')');
	buf_put_c(&text, "a@a.example\r\n");
	find(buf_str(&text), &arena, &author);
	assert_int_equal(author.state, depth <= 32 ? AUTHOR_ONE : AUTHOR_NONE);
	arena_release(&arena);
	buf_release(&text);
}

/* ---- public cases ---- */

/* Where another program takes one of several authors, we take none (M1). */
static bool differs(const char *field)
{
	static const char *const ours[] = {
		"Joe Johnson <joe@joe.com>, ace@ace.com", /* opendmarc takes the first */
		"joe@joe.com, ace@ace.com",               /* likewise */
	};

	for (size_t i = 0; i < sizeof ours / sizeof *ours; i++)
		if (strcmp(ours[i], field) == 0)
			return true;
	return false;
}

static void run_public(const void *row)
{
	json_t *spec = (json_t *)(uintptr_t)row, *domain = json_object_get(spec, "domain");
	const char *field = json_string_value(json_object_get(spec, "header"));
	struct arena arena;
	struct author author;
	struct buf text;

	arena_init(&arena, 1024 * 1024);
	buf_init(&text, 100000);
	buf_printf(&text, "%s%s\r\n", strncmp(field, "From:", 5) == 0 ? "" : "From: ", field);
	find(buf_str(&text), &arena, &author);
	if (json_is_null(domain) || differs(field))
		assert_int_equal(author.state == AUTHOR_ONE, false);
	else
		assert_string_equal(author.domain, json_string_value(domain));
	arena_release(&arena);
	buf_release(&text);
}

static void no_suite(const void *row)
{
	(void)row;
	test_skip("conformance suites are not here");
}

static json_t *add_public(struct test_list *list, const char *file, const char *label)
{
	const char *path = test_conformance_path(file);
	json_t *all = path ? json_load_file(path, 0, NULL) : NULL, *spec;
	size_t i;

	if (!all)
		test_add(list, file, no_suite, NULL);
	json_array_foreach(json_object_get(all, "from_header"), i, spec)
	{
		char name[400];

		snprintf(name, sizeof name, "%s %s", label, json_string_value(json_object_get(spec, "header")));
		test_add(list, name, run_public, spec);
	}
	return all;
}

int main(void)
{
	static const size_t counts[] = {1000, 1001}, depths[] = {32, 33};
	struct test_list list = {0};

	TEST_TABLE(&list, rows, run_row);
	test_add(&list, "a thousand addresses", run_many, &counts[0]);
	test_add(&list, "a thousand and one addresses", run_many, &counts[1]);
	test_add(&list, "comments 32 deep", run_comments, &depths[0]);
	test_add(&list, "comments 33 deep", run_comments, &depths[1]);
	json_t *mail_dmarc = add_public(&list, "dmarc/mail-dmarc/cases.json", "mail-dmarc");
	json_t *opendmarc = add_public(&list, "dmarc/opendmarc/cases.json", "opendmarc");
	int failed = test_run(&list, "auth/author");

	json_decref(mail_dmarc);
	json_decref(opendmarc);
	return failed;
}

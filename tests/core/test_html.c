/* Text in HTML. */
#include "core/html.h"
#include "support/case.h"

static const struct row {
	const char *name, *text, *want;
} rows[] = {
	{"plain text", "a b", "a b"},
	{"an element", "<b>", "&lt;b&gt;"},
	{"an entity", "&amp;", "&amp;amp;"},
	{"both quotes", "\"'", "&quot;&#39;"},
	{"octets above 127", "\xe5\x8d\xb0", "\xe5\x8d\xb0"},
	{"nothing", "", ""},
};

static void run_row(const void *row)
{
	const struct row *r = row;
	struct buf out;

	buf_init(&out, 1000);
	html_put(&out, str_c(r->text));
	buf_put_char(&out, '\0');
	assert_int_equal(buf_error(&out), INKAN_OK);
	assert_string_equal(out.p, r->want);
	buf_release(&out);
}

int main(void)
{
	struct test_list list = {0};

	TEST_TABLE(&list, rows, run_row);
	return test_run(&list, "core/html");
}

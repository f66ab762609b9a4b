#include "io/public_suffix.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "support/case.h"

static struct public_suffixes *list;

static const struct row {
	const char *name, *domain;
	bool want;
} rows[] = {
	{"V31 a country's second level", "co.jp", true},
	{"V31 a name below it", "example.co.jp", false},
	{"V31 co.uk", "co.uk", true},
	{"V31 a top level", "com", true},
	{"V31 an ordinary domain", "example.com", false},
	{"V31 a suffix of a company may sign", "github.io", false},
	{"V31 a top level that nobody runs", "invalid", false},
};

static void run_row(const void *row)
{
	const struct row *r = row;

	assert_int_equal(public_suffixes_has(list, r->domain), r->want);
}

static const struct registrable_row {
	const char *name, *domain, *want;
} registrable_rows[] = {
	{"registrable: a domain itself", "example.com", "example.com"},
	{"registrable: a name below", "a.b.example.com", "example.com"},
	{"registrable: a country's second level", "www.example.co.jp", "example.co.jp"},
	{"registrable: capitals", "Mail.EXAMPLE.Co.UK", "EXAMPLE.Co.UK"},
	{"registrable: a suffix", "co.uk", ""},
	{"registrable: a suffix of a company counts", "pages.github.io", "pages.github.io"},
	{"registrable: a top level that nobody runs", "a.example.invalid", "example.invalid"},
	{"registrable: one label", "localhost", ""},
	{"registrable: nothing", "", ""},
	{"registrable: a dot", ".", ""},
	{"registrable: a leading dot", ".example.com", ""},
	{"registrable: A-labels", "www.xn--85x722f.com.cn", "xn--85x722f.com.cn"},
};

static void run_registrable(const void *row)
{
	const struct registrable_row *r = row;
	struct str found = public_suffixes_registrable(list, str_c(r->domain));

	assert_true(str_eq(found, str_c(r->want)));
}

static void a_nul_is_no_name(const void *row)
{
	(void)row;
	assert_int_equal(public_suffixes_registrable(list, STR("a\0.example.com")).n, 0);
}

/* The largest name that is read, and one octet more. */
static void a_name_may_have_1012_octets(const void *row)
{
	char name[1014];

	(void)row;
	memset(name, 'a', sizeof(name));
	for (size_t n = 1012; n <= 1013; n++) {
		memcpy(name + n - 12, ".example.com", 12);
		assert_int_equal(public_suffixes_registrable(list, str_from(name, n)).n, n == 1012 ? 11 : 0);
	}
}

static const struct file_row {
	const char *name;
	const char *text; /* of the file; NULL: there is none */
	const char *want; /* registrable domain of x.y.example.com; NULL: refused */
} file_rows[] = {
	{"a list of the operator", "// own\ncom\nexample.com\n", "y.example.com"},
	{"a list without the suffix", "org\n", "example.com"},
	{"a file without a suffix", "// nothing\n", NULL},
	{"an empty file", "", NULL},
	{"no file", NULL, NULL},
};

static void run_file(const void *row)
{
	const struct file_row *r = row;
	struct public_suffixes *own = NULL;
	struct io_error error = {{0}};
	char path[] = "/tmp/inkan-suffixes-XXXXXX";
	int fd = mkstemp(path);

	assert_true(fd >= 0);
	if (r->text)
		assert_int_equal(write(fd, r->text, strlen(r->text)), strlen(r->text));
	else
		unlink(path);
	close(fd);
	int result = public_suffixes_open(path, &own, &error);

	unlink(path);
	assert_int_equal(result, r->want ? INKAN_OK : INKAN_EIO);
	if (r->want)
		assert_true(str_eq(public_suffixes_registrable(own, STR("x.y.example.com")), str_c(r->want)));
	else
		assert_non_null(strstr(error.text, path));
	public_suffixes_free(own);
}

int main(void)
{
	struct test_list tests = {0};

	if (public_suffixes_open(NULL, &list, NULL))
		return 1;
	TEST_TABLE(&tests, rows, run_row);
	TEST_TABLE(&tests, registrable_rows, run_registrable);
	test_add(&tests, "registrable: a NUL is no name", a_nul_is_no_name, NULL);
	test_add(&tests, "registrable: a name may have 1012 octets", a_name_may_have_1012_octets, NULL);
	TEST_TABLE(&tests, file_rows, run_file);
	int failed = test_run(&tests, "io/public_suffix");

	public_suffixes_free(list);
	return failed;
}

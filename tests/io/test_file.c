#include "io/file.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "io/clock.h"
#include "io/random.h"
#include "support/case.h"

static char path[64];

static void make_file(struct str text)
{
	snprintf(path, sizeof(path), "/tmp/inkan-file-XXXXXX");
	int fd = mkstemp(path);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, text.p, text.n), text.n);
	close(fd);
}

static const struct whole {
	const char *name;
	struct str text;
	size_t max;
	int want;
} wholes[] = {
	{"no octets", {"", 0}, 10, INKAN_OK},
	{"some", {"a\0b", 3}, 10, INKAN_OK},
	{"as many as allowed", {"0123456789", 10}, 10, INKAN_OK},
	{"one too many", {"0123456789x", 11}, 10, INKAN_ELIMIT},
};

static void run_whole(const void *row)
{
	const struct whole *r = row;
	struct io_error error = {""};
	struct buf out;

	make_file(r->text);
	buf_init(&out, r->max);
	assert_int_equal(io_read_file(path, &out, &error), r->want);
	if (r->want == INKAN_OK)
		assert_true(str_eq(buf_str(&out), r->text));
	else
		assert_non_null(strstr(error.text, ": larger than 10 octets"));
	buf_release(&out);
	unlink(path);
}

static void run_behind(const void *row)
{
	struct buf out;

	(void)row;
	make_file(STR("b"));
	buf_init(&out, 10);
	buf_put_c(&out, "a");
	assert_int_equal(io_read_file(path, &out, NULL), INKAN_OK);
	assert_true(str_eq(buf_str(&out), STR("ab")));
	buf_release(&out);
	unlink(path);
}

static void run_special(const void *row)
{
	struct buf out;

	(void)row;
	buf_init(&out, 1 << 20);
	assert_int_equal(io_read_file("/proc/self/status", &out, NULL), INKAN_OK); /* says that it has no octets */
	assert_true(out.n > 100);
	buf_clear(&out);
	out.max = 1000;
	assert_int_equal(io_read_file("/dev/zero", &out, NULL), INKAN_ELIMIT);
	buf_release(&out);
}

static const struct trouble {
	const char *name;
	const char *path;
	const char *text;
} troubles[] = {
	{"not there", "/nonexistent/x", "/nonexistent/x: No such file or directory"},
	{"a folder", "/tmp", "/tmp: Is a directory"},
};

static void run_trouble(const void *row)
{
	const struct trouble *r = row;
	struct io_error error = {""};
	struct buf out;

	buf_init(&out, 100);
	assert_int_equal(io_read_file(r->path, &out, &error), INKAN_EIO);
	assert_string_equal(error.text, r->text);
	assert_int_equal(io_read_file(r->path, &out, NULL), INKAN_EIO);
	buf_release(&out);
}

static void run_stdin(const void *row)
{
	int ends[2], saved = dup(STDIN_FILENO);
	struct buf out;

	(void)row;
	assert_int_equal(pipe(ends), 0);
	assert_int_equal(write(ends[1], "piped", 5), 5);
	close(ends[1]);
	dup2(ends[0], STDIN_FILENO);
	close(ends[0]);
	buf_init(&out, 100);
	assert_int_equal(io_read_file("-", &out, NULL), INKAN_OK);
	assert_true(str_eq(buf_str(&out), STR("piped")));
	assert_int_equal(lseek(STDIN_FILENO, 0, SEEK_CUR), -1); /* still open: a pipe */
	buf_release(&out);
	if (saved >= 0) {
		dup2(saved, STDIN_FILENO);
		close(saved);
	}
}

static void run_clock(const void *row)
{
	(void)row;
	assert_true(clock_now() > 1790000000 - 400 * 86400);
	assert_true(clock_milliseconds() > 0);
}

static void run_random(const void *row)
{
	unsigned char a[1000] = {0}, b[1000] = {0};
	size_t zeros = 0;

	(void)row;
	random_octets(a, sizeof(a));
	random_octets(b, sizeof(b));
	random_octets(NULL, 0);
	assert_memory_not_equal(a, b, sizeof(a));
	for (size_t i = 0; i < sizeof(a); i++)
		zeros += a[i] == 0;
	assert_true(zeros < 50);
}

int main(void)
{
	struct test_list list = {0};

	TEST_TABLE(&list, wholes, run_whole);
	test_add(&list, "behind what was there", run_behind, NULL);
	test_add(&list, "files without a size", run_special, NULL);
	TEST_TABLE(&list, troubles, run_trouble);
	test_add(&list, "standard input", run_stdin, NULL);
	test_add(&list, "clock", run_clock, NULL);
	test_add(&list, "random octets", run_random, NULL);
	return test_run(&list, "io/file");
}

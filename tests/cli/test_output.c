/* Error messages, progress bars and results: what arrives on the descriptors. */
#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "cli/output.h"
#include "support/case.h"

enum { CAUGHT_MAX = 8192 };

/* Standard error, caught in a pipe. */
struct caught {
	int saved, ends[2];
	char text[CAUGHT_MAX];
};

static void catch_begin(struct caught *c)
{
	c->saved = dup(STDERR_FILENO);
	assert_int_equal(pipe(c->ends), 0);
	dup2(c->ends[1], STDERR_FILENO);
}

static const char *catch_end(struct caught *c)
{
	dup2(c->saved, STDERR_FILENO);
	close(c->saved);
	close(c->ends[1]);

	ssize_t n = read(c->ends[0], c->text, sizeof(c->text) - 1);

	c->text[n > 0 ? n : 0] = '\0';
	close(c->ends[0]);
	return c->text;
}

/* ---- errors ---- */

struct error_row {
	const char *name;
	enum language language;
	struct place where;
	const char *argument;
	const char *line;
};

static const struct error_row error_rows[] = {
	{"nowhere", LANGUAGE_EN, {NULL, 0, 0}, "x", "inkan test: bad x – mend it\n"},
	{"in a file", LANGUAGE_EN, {"a.eml", 0, 0}, "x", "inkan test: a.eml: bad x – mend it\n"},
	{"at a line", LANGUAGE_EN, {"a.eml", 3, 0}, "x", "inkan test: a.eml:3: bad x – mend it\n"},
	{"at a column", LANGUAGE_EN, {"a.eml", 3, 7}, "x", "inkan test: a.eml:3:7: bad x – mend it\n"},
	{"a column without a line is none", LANGUAGE_EN, {"a.eml", 0, 7}, "x", "inkan test: a.eml: bad x – mend it\n"},
	{"standard input", LANGUAGE_EN, {"-", 3, 0}, "x", "inkan test: standard input:3: bad x – mend it\n"},
	{"in Japanese", LANGUAGE_JA, {"-", 3, 0}, "x", "inkan test: 標準入力:3: x が不正 – 直す\n"},
	{"a hostile file name", LANGUAGE_EN, {"a\033[2J\n", 0, 0}, "x", "inkan test: a\\x1b[2J\\n: bad x – mend it\n"},
	{"a hostile argument",
         LANGUAGE_EN,
         {NULL, 0, 0},
         "\033]0;x\a\n",
         "inkan test: bad \\x1b]0;x\\x07\\n – mend it\n"},
};

static void error_case(const void *row)
{
	const struct error_row *r = row;
	struct ui ui = {.language = r->language, .command = "inkan test"};
	struct caught caught;

	catch_begin(&caught);
	ui_error(&ui, r->where, TEXT(&ui, "bad %s – mend it", "%s が不正 – 直す"), r->argument);
	assert_string_equal(catch_end(&caught), r->line);
}

static void warnings_say_so(const void *row)
{
	(void)row;
	struct ui ui = {.command = "inkan test"};
	struct caught caught;

	catch_begin(&caught);
	ui_warning(&ui, IN_FILE("a"), "b");
	assert_string_equal(catch_end(&caught), "inkan test: a: warning: b\n");
}

static void notes_are_for_the_curious(const void *row)
{
	(void)row;
	struct ui ui = {.command = "inkan test"};
	struct caught caught;

	catch_begin(&caught);
	ui_note(&ui, NOWHERE, "silent");
	ui.verbose = 1;
	ui_note(&ui, NOWHERE, "told");
	assert_string_equal(catch_end(&caught), "inkan test: told\n");
}

/* Longer than any message: cut, but one line. */
static void a_long_message_is_cut(const void *row)
{
	(void)row;
	static char long_text[6000];
	struct ui ui = {.command = "inkan test"};
	struct caught caught;

	memset(long_text, 'x', sizeof(long_text) - 1);
	catch_begin(&caught);
	ui_error(&ui, NOWHERE, "%s", long_text);
	const char *text = catch_end(&caught);

	assert_true(strlen(text) > 4000 && strlen(text) < 4200);
	assert_ptr_equal(strchr(text, '\n'), text + strlen(text) - 1);
}

static void every_error_code_has_a_text(const void *row)
{
	(void)row;
	for (int error = INKAN_ENOMEM; error >= INKAN_EREFUSED; error--) {
		struct ui ui = {.command = "inkan test"};
		struct caught caught;

		catch_begin(&caught);
		enum exit_code code = ui_failed(&ui, NOWHERE, error);
		const char *text = catch_end(&caught);

		assert_null(strstr(text, "unknown"));
		assert_true(code == EXIT_USAGE || code == EXIT_INTERNAL);
	}
}

/* ---- progress ---- */

static void progress_is_for_terminals(const void *row)
{
	(void)row;
	struct ui ui = {.command = "inkan test"};
	struct progress p;
	struct caught caught;

	catch_begin(&caught);
	progress_start(&p, &ui, "messages", 10);
	p.next = 0;
	progress_update(&p, 5);
	progress_end(&p);
	assert_string_equal(catch_end(&caught), "");
}

static void short_work_shows_no_bar(const void *row)
{
	(void)row;
	struct ui ui = {.command = "inkan test", .progress = true};
	struct progress p;
	struct caught caught;

	catch_begin(&caught);
	progress_start(&p, &ui, "messages", 10);
	progress_update(&p, 5);
	progress_end(&p);
	assert_string_equal(catch_end(&caught), "");
}

struct bar_row {
	const char *name;
	uint64_t done, total;
	const char *bar;
};

static const struct bar_row bar_rows[] = {
	{"a bar at the start", 0, 10, "messages [                              ] 0/10"},
	{"a bar in the middle", 5, 10, "messages [###############               ] 5/10"},
	{"a bar at the end", 10, 10, "messages [##############################] 10/10"},
	{"a bar beyond the end", 11, 10, "messages [##############################] 11/10"},
	{"a count without an end", 7, 0, "messages 7"},
};

static void bar_case(const void *row)
{
	const struct bar_row *r = row;
	struct ui ui = {.command = "inkan test", .progress = true};
	struct progress p;
	struct caught caught;

	catch_begin(&caught);
	progress_start(&p, &ui, "messages", r->total);
	p.next = 0; /* long work */
	progress_update(&p, r->done);
	progress_end(&p);
	const char *text = catch_end(&caught);

	assert_int_equal(strncmp(text, "\r\033[K", 4), 0);
	assert_int_equal(strncmp(text + 4, r->bar, strlen(r->bar)), 0);
	assert_string_equal(text + 4 + strlen(r->bar), "\r\033[K");
}

static void an_error_wipes_the_bar_first(const void *row)
{
	(void)row;
	struct ui ui = {.command = "inkan test", .progress = true};
	struct progress p;
	struct caught caught;

	catch_begin(&caught);
	progress_start(&p, &ui, "m", 0);
	p.next = 0;
	progress_update(&p, 1);
	ui_error(&ui, NOWHERE, "trouble");
	progress_end(&p);
	assert_string_equal(catch_end(&caught), "\r\033[Km 1\r\033[Kinkan test: trouble\n");
}

/* ---- results ---- */

static void results_arrive_whole(const void *row)
{
	(void)row;
	struct ui ui = {.command = "inkan test"};
	struct output out;
	char text[16] = "";
	int ends[2];

	assert_int_equal(pipe(ends), 0);
	output_init(&out);
	out.fd = ends[1];
	buf_put_c(&out.text, "one ");
	assert_true(output_flush(&out));
	buf_put_c(&out.text, "two");
	assert_int_equal(output_finish(&out, &ui, EXIT_FINDING), EXIT_FINDING);
	assert_int_equal(read(ends[0], text, sizeof(text)), 7);
	assert_string_equal(text, "one two");
	close(ends[0]);
	close(ends[1]);
}

static void a_failed_write_is_kept(const void *row)
{
	(void)row;
	struct ui ui = {.command = "inkan test"};
	struct output out;
	struct caught caught;

	output_init(&out);
	out.fd = open("/dev/full", O_WRONLY | O_CLOEXEC);
	if (out.fd < 0)
		test_skip("no /dev/full");
	buf_put_c(&out.text, "x");
	assert_false(output_flush(&out));
	assert_false(output_flush(&out));
	close(out.fd);
	catch_begin(&caught);
	assert_int_equal(output_finish(&out, &ui, EXIT_FINE), EXIT_INTERNAL);
	assert_non_null(strstr(catch_end(&caught), "cannot write the result"));
}

/* What could not be printed for want of memory is not taken for a whole result. */
static void a_cut_result_is_an_error(const void *row)
{
	(void)row;
	struct ui ui = {.command = "inkan test"};
	struct output out;
	struct caught caught;

	output_init(&out);
	out.fd = -1;
	out.text.max = 2;
	buf_put_c(&out.text, "xyz");
	catch_begin(&caught);
	assert_int_equal(output_finish(&out, &ui, EXIT_FINE), EXIT_INTERNAL);
	assert_true(*catch_end(&caught));
}

int main(void)
{
	struct test_list list = {0};

	TEST_TABLE(&list, error_rows, error_case);
	test_add(&list, "warnings say so", warnings_say_so, NULL);
	test_add(&list, "notes are for the curious", notes_are_for_the_curious, NULL);
	test_add(&list, "a long message is cut", a_long_message_is_cut, NULL);
	test_add(&list, "every error code has a text", every_error_code_has_a_text, NULL);
	test_add(&list, "progress is for terminals", progress_is_for_terminals, NULL);
	test_add(&list, "short work shows no bar", short_work_shows_no_bar, NULL);
	TEST_TABLE(&list, bar_rows, bar_case);
	test_add(&list, "an error wipes the bar first", an_error_wipes_the_bar_first, NULL);
	test_add(&list, "results arrive whole", results_arrive_whole, NULL);
	test_add(&list, "a failed write is kept", a_failed_write_is_kept, NULL);
	test_add(&list, "a cut result is an error", a_cut_result_is_an_error, NULL);
	return test_run(&list, "cli/output");
}

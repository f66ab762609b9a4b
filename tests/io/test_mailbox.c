#include "io/mailbox.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/buf.h"
#include "support/alloc.h"
#include "support/case.h"

/* ---- a folder for a case ---- */

static char folder[64];

static const char *in_folder(const char *name)
{
	static char path[4][256];
	static int next;

	next = (next + 1) % 4;
	snprintf(path[next], sizeof(path[next]), "%s%s%s", folder, *name ? "/" : "", name);
	return path[next];
}

static void make_folder(void)
{
	snprintf(folder, sizeof(folder), "/tmp/inkan-mailbox-XXXXXX");
	assert_non_null(mkdtemp(folder));
}

static void make_subfolder(const char *name)
{
	assert_int_equal(mkdir(in_folder(name), 0700), 0);
}

static void write_octets(const char *name, struct str text)
{
	FILE *f = fopen(in_folder(name), "we");

	assert_non_null(f);
	assert_int_equal(fwrite(text.p ? text.p : "", 1, text.n, f), text.n);
	fclose(f);
}

static void write_file(const char *name, const char *text)
{
	write_octets(name, str_c(text));
}

static void remove_folder(void)
{
	char command[100];

	snprintf(command, sizeof(command), "rm -rf %s", folder);
	assert_int_equal(system(command), 0);
}

/* ---- reading everything ---- */

/* Adds "name|text\n" for each item, "!error\n" for each that cannot be read; names without the folder. */
static void read_all(struct mailbox *m, struct buf *out)
{
	struct mail_stream *s = NULL;
	struct mail_item item;
	struct io_error error = {""};
	int code;

	assert_int_equal(mail_stream_new(&s), INKAN_OK);
	while ((code = mailbox_next(m, &item)) == 1) {
		struct str chunk;
		size_t skip = strncmp(item.name, folder, strlen(folder)) == 0 ? strlen(folder) + 1 : 0;

		code = mail_stream_open(s, &item, &error);
		if (code) {
			assert_int_equal(code, INKAN_EIO);
			buf_printf(out, "!%s\n", error.text + (strncmp(error.text, folder, strlen(folder)) ? 0 : skip));
			mail_item_release(&item);
			continue;
		}
		buf_printf(out, "%s|", item.name + skip);
		while ((code = mail_stream_read(s, &chunk, &error)) == 0 && chunk.n) {
			assert_in_range(chunk.n, 1, MAILBOX_CHUNK);
			buf_put(out, chunk);
		}
		assert_int_equal(code, INKAN_OK);
		buf_put_char(out, '\n');
		mail_item_release(&item);
	}
	assert_int_equal(code, 0);
	mail_stream_free(s);
}

static struct mailbox *open_box(const char *path, bool keep_quotes)
{
	struct mailbox *m = NULL;
	struct io_error error = {""};

	if (mailbox_open(path, (struct mailbox_options){.keep_quotes = keep_quotes}, &m, &error))
		fail_msg("%s", error.text);
	return m;
}

static void assert_content(const char *path, bool keep_quotes, const char *want)
{
	struct mailbox *m = open_box(path, keep_quotes);
	struct buf got;

	buf_init(&got, 1 << 26);
	read_all(m, &got);
	buf_put_char(&got, '\0');
	assert_string_equal(got.p, want);
	buf_release(&got);
	mailbox_close(m);
}

/* ---- mbox ---- */

static const struct mbox {
	const char *name;
	const char *text;
	const char *want; /* items as read_all() prints them; a file is "b", a pipe "-" */
	bool keep_quotes;
} mboxes[] = {
	{"one message", "From a@b Sat Nov 21\nSubject: x\n\nbody\n", "b:1|Subject: x\n\nbody\n\n", false},
	{"two messages", "From a\nA: 1\n\none\n\nFrom b\nB: 2\n\ntwo\n\n", "b:1|A: 1\n\none\n\nb:2|B: 2\n\ntwo\n\n",
         false},
	{"CRLF", "From a\r\nA: 1\r\n\r\none\r\n\r\nFrom b\r\nB: 2\r\n\r\ntwo\r\n\r\n",
         "b:1|A: 1\r\n\r\none\r\n\nb:2|B: 2\r\n\r\ntwo\r\n\n", false},
	{"\"From \" in the body, not after an empty line", "From a\nA: 1\n\none\nFrom here\n",
         "b:1|A: 1\n\none\nFrom here\n\n", false},
	{"\"From:\" after an empty line", "From a\nA: 1\n\nFrom: x\n", "b:1|A: 1\n\nFrom: x\n\n", false},
	{"the last line without an end", "From a\nA: 1\n\none", "b:1|A: 1\n\none\n", false},
	{"several empty lines at the end of a message", "From a\nA: 1\n\none\n\n\n\nFrom b\n\n",
         "b:1|A: 1\n\none\n\n\n\nb:2|\n", false},
	{"no body", "From a\nA: 1\n\nFrom b\nB: 2\n", "b:1|A: 1\n\nb:2|B: 2\n\n", false},
	{"empty messages", "From a\n\nFrom b\n\nFrom c\n", "b:1|\nb:2|\nb:3|\n", false},
	{"a separator and nothing else", "From a", "b:1|\n", false},
	{"a separator right behind another is text", "From a\nFrom b\n", "b:1|From b\n\n", false},
	{"a line of white space is not empty", "From a\nA: 1\n\nx\n \nFrom b\n", "b:1|A: 1\n\nx\n \nFrom b\n\n", false},
	{"a bare CR line is empty", "From a\nA: 1\n\r\nFrom b\nB: 2\n", "b:1|A: 1\n\nb:2|B: 2\n\n", false},
	{"quoted lines", "From a\nA: 1\n\n>From x\n>>From y\n>Fromage\n> From z\n>\n",
         "b:1|A: 1\n\nFrom x\n>From y\n>Fromage\n> From z\n>\n\n", false},
	{"quoted lines left alone", "From a\nA: 1\n\n>From x\n>>From y\n", "b:1|A: 1\n\n>From x\n>>From y\n\n", true},
	{"a quoted line at the start of a message", "From a\n>From x\nA: 1\n", "b:1|From x\nA: 1\n\n", false},
	{"a quoted line after an empty one", "From a\nA: 1\n\n\n>From x\n\nFrom b\n", "b:1|A: 1\n\n\nFrom x\n\nb:2|\n",
         false},
	{"a quoted line cut off by the end", "From a\nA: 1\n\n>Fro", "b:1|A: 1\n\n>Fro\n", false},
	{"a quoted line cut off by a separator", "From a\nA: 1\n\n>\n\nFrom b\n", "b:1|A: 1\n\n>\n\nb:2|\n", false},
	{"64 signs of quoting",
         "From a\nA: 1\n\n>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>From x\n",
         "b:1|A: 1\n\n>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>From x\n\n", false},
	{"65 signs are no quoting",
         "From a\nA: 1\n\n>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>From x\n",
         "b:1|A: 1\n\n>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>From x\n\n", false},
	{"no mbox", "Subject: x\n\n\nFrom here\n>From there\n\nFrom me\n",
         "b|Subject: x\n\n\nFrom here\n>From there\n\nFrom me\n\n", false},
	{"no octets", "", "b|\n", false},
};

static void run_mbox(const void *row)
{
	const struct mbox *r = row;

	make_folder();
	write_file("b", r->text);
	assert_content(in_folder("b"), r->keep_quotes, r->want);
	remove_folder();
}

struct writer {
	int fd;
	struct str text;
	size_t step;
};

static void *write_pieces(void *context)
{
	struct writer *w = context;

	while (w->text.n) {
		size_t n = w->text.n < w->step ? w->text.n : w->step;
		ssize_t done = write(w->fd, w->text.p, n);

		assert_true(done > 0);
		w->text = str_skip(w->text, (size_t)done);
		if (w->step < 100)
			usleep(20); /* let the reader see the piece by itself */
	}
	close(w->fd);
	return NULL;
}

/* What comes out of standard input, written in pieces of that size. */
static void read_pieces(struct str text, size_t step, bool keep_quotes, struct buf *got)
{
	int ends[2], saved = dup(STDIN_FILENO);
	pthread_t thread;

	assert_int_equal(pipe(ends), 0);
	dup2(ends[0], STDIN_FILENO);
	close(ends[0]);
	struct writer writer = {ends[1], text, step};

	assert_int_equal(pthread_create(&thread, NULL, write_pieces, &writer), 0);
	struct mailbox *m = open_box("-", keep_quotes);

	read_all(m, got);
	mailbox_close(m);
	pthread_join(thread, NULL);
	if (saved >= 0) {
		dup2(saved, STDIN_FILENO);
		close(saved);
	}
}

static void run_pipe(const void *row)
{
	const struct mbox *r = row;

	for (size_t step = 1; step < 12; step++) {
		struct buf got;
		char want[1000];
		size_t n = 0;

		for (const char *p = r->want; *p; p++) /* "b" and "b:1" become "-" and "-:1" */
			want[n++] =
				*p == 'b' && (p == r->want || p[-1] == '\n') && (p[1] == '|' || p[1] == ':') ? '-' : *p;
		want[n] = '\0';
		buf_init(&got, 1 << 20);
		read_pieces(str_c(r->text), step, r->keep_quotes, &got);
		buf_put_char(&got, '\0');
		assert_string_equal(got.p, want);
		buf_release(&got);
	}
}

/* Larger than the buffer, separators and quotes at every place of it. */
static void run_large(const void *row)
{
	struct buf text, want, got;

	(void)row;
	buf_init(&text, 1 << 26);
	buf_init(&want, 1 << 26);
	for (size_t i = 1; i <= 400; i++) {
		buf_printf(&text, "From sender%zu\nN: %zu\n\n", i, i);
		buf_printf(&want, "b:%zu|N: %zu\n\n", i, i);
		for (size_t k = 0; k < i * 7 % 1000; k++) {
			buf_printf(&text, "line %zu\n>From quoted\n\n", k * i);
			buf_printf(&want, "line %zu\nFrom quoted\n\n", k * i);
		}
		buf_put_c(&text, "end\n\n");
		buf_put_c(&want, "end\n\n");
	}
	make_folder();
	write_octets("b", buf_str(&text));
	buf_put_char(&want, '\0');
	assert_true(text.n > 10 * MAILBOX_CHUNK);
	assert_content(in_folder("b"), false, want.p);
	buf_init(&got, 1 << 26);
	read_pieces(buf_str(&text), 4093, false, &got);
	for (char *p = want.p; *p; p++)
		if (*p == 'b' && p[1] == ':' && (p == want.p || p[-1] == '\n'))
			*p = '-';
	buf_put_char(&got, '\0');
	assert_int_equal(got.n, want.n);
	assert_memory_equal(got.p, want.p, got.n);
	buf_release(&got);
	buf_release(&text);
	buf_release(&want);
	remove_folder();
}

/* Items of a file do not depend on each other. */
static void run_items_later(const void *row)
{
	struct mail_item items[3];
	struct mail_stream *s;
	struct str chunk;

	(void)row;
	make_folder();
	write_file("b", "From a\none\n\nFrom b\n>From two\n\nFrom c\nthree\n");
	struct mailbox *m = open_box(in_folder("b"), false);

	for (size_t i = 0; i < 3; i++)
		assert_int_equal(mailbox_next(m, &items[i]), 1);
	mailbox_close(m);
	assert_int_equal(mail_stream_new(&s), INKAN_OK);
	assert_int_equal(mail_stream_open(s, &items[1], NULL), INKAN_OK);
	assert_int_equal(mail_stream_read(s, &chunk, NULL), INKAN_OK);
	assert_true(str_eq(chunk, STR("From two\n")));
	assert_int_equal(mail_stream_open(s, &items[0], NULL), INKAN_OK); /* without reading to the end */
	assert_int_equal(mail_stream_read(s, &chunk, NULL), INKAN_OK);
	assert_true(str_eq(chunk, STR("one\n")));
	assert_int_equal(mail_stream_read(s, &chunk, NULL), INKAN_OK);
	assert_int_equal(chunk.n, 0);
	assert_int_equal(mail_stream_read(s, &chunk, NULL), INKAN_OK);
	assert_int_equal(chunk.n, 0);

	/* the file has become shorter since */
	assert_int_equal(truncate(in_folder("b"), 9), 0);
	assert_int_equal(mail_stream_open(s, &items[0], NULL), INKAN_OK);
	assert_int_equal(mail_stream_read(s, &chunk, NULL), INKAN_OK);
	assert_true(str_eq(chunk, STR("on")));
	assert_int_equal(mail_stream_open(s, &items[2], NULL), INKAN_OK);
	assert_int_equal(mail_stream_read(s, &chunk, NULL), INKAN_OK);
	assert_int_equal(chunk.n, 0);
	for (size_t i = 0; i < 3; i++)
		mail_item_release(&items[i]);
	mail_stream_free(s);
	mail_stream_free(NULL);
	remove_folder();
}

/* A sequential item that was not read is skipped. */
static void run_skip_sequential(const void *row)
{
	int ends[2], saved = dup(STDIN_FILENO);
	struct mail_item item;

	(void)row;
	assert_int_equal(pipe(ends), 0);
	assert_int_equal(write(ends[1], "From a\none\n\nFrom b\ntwo\n", 23), 23);
	close(ends[1]);
	dup2(ends[0], STDIN_FILENO);
	close(ends[0]);
	struct mailbox *m = open_box("-", false);

	assert_int_equal(mailbox_next(m, &item), 1);
	assert_ptr_equal(item.sequential, m);
	mail_item_release(&item);
	assert_int_equal(mailbox_next(m, &item), 1);
	assert_string_equal(item.name, "-:2");
	mail_item_release(&item);
	assert_int_equal(mailbox_next(m, &item), 0);
	mailbox_close(m);
	if (saved >= 0) {
		dup2(saved, STDIN_FILENO);
		close(saved);
	}
}

/* ---- folders ---- */

static void run_folder(const void *row)
{
	(void)row;
	make_folder();
	write_file("b.eml", "B");
	write_file("a.eml", "A");
	write_file("c.mbox", "From x\none\n\nFrom y\ntwo\n");
	write_file(".hidden", "no");
	write_file("Z", "capitals first");
	make_subfolder("sub");
	write_file("sub/x.eml", "no");
	assert_int_equal(symlink("a.eml", in_folder("link.eml")), 0);
	assert_int_equal(symlink("sub", in_folder("link-to-folder")), 0);
	assert_int_equal(symlink("nowhere", in_folder("dangling.eml")), 0);
	assert_int_equal(mkfifo(in_folder("pipe"), 0600), 0);
	assert_content(in_folder(""), false,
	               "Z|capitals first\na.eml|A\nb.eml|B\nc.mbox:1|one\n\nc.mbox:2|two\n\n"
	               "!dangling.eml: No such file or directory\nlink.eml|A\n");
	remove_folder();
}

static void run_maildir(const void *row)
{
	char with_slash[100];

	(void)row;
	make_folder();
	make_subfolder("cur");
	make_subfolder("new");
	make_subfolder("tmp");
	make_subfolder(".Sent");
	write_file("cur/1003.x:2,S", "three");
	write_file("cur/1001.x:2,", "one");
	write_file("new/1002.x", "From the middle\n\nFrom x\n");
	write_file("tmp/1004.x", "no");
	write_file("dovecot.index", "no");
	write_file("cur/.nfs1", "no");
	assert_content(in_folder(""), false,
	               "cur/1001.x:2,|one\nnew/1002.x|From the middle\n\nFrom x\n\ncur/1003.x:2,S|three\n");
	snprintf(with_slash, sizeof(with_slash), "%s/", folder);
	assert_content(with_slash, false,
	               "/cur/1001.x:2,|one\n/new/1002.x|From the middle\n\nFrom x\n\n/cur/1003.x:2,S|three\n");
	remove_folder();
}

static void run_empty_folder(const void *row)
{
	(void)row;
	make_folder();
	assert_content(in_folder(""), false, "");
	remove_folder();
}

static void run_absent(const void *row)
{
	struct mailbox *m = NULL;
	struct io_error error;

	(void)row;
	assert_int_equal(mailbox_open("/nonexistent/x.eml", (struct mailbox_options){0}, &m, &error), INKAN_EIO);
	assert_string_equal(error.text, "/nonexistent/x.eml: No such file or directory");
	assert_int_equal(mailbox_open("/nonexistent/x.eml", (struct mailbox_options){0}, &m, NULL), INKAN_EIO);
	mailbox_close(NULL);
}

static void run_removed_meanwhile(const void *row)
{
	(void)row;
	make_folder();
	write_file("a.eml", "A");
	write_file("b.eml", "B");
	struct mailbox *m = open_box(in_folder(""), false);
	struct buf got;

	unlink(in_folder("a.eml"));
	buf_init(&got, 1000);
	read_all(m, &got);
	assert_true(str_eq(buf_str(&got), STR("!a.eml: No such file or directory\nb.eml|B\n")));
	buf_release(&got);
	mailbox_close(m);
	remove_folder();
}

static void run_without_memory(const void *row)
{
	bool reached = true;

	(void)row;
	make_folder();
	write_file("a.eml", "A");
	write_file("b", "From a\none\n\nFrom b\ntwo\n");
	for (size_t n = 1; reached; n++) {
		struct mailbox *m = NULL;
		struct mail_item item;

		alloc_fail_at(n);
		int code = mailbox_open(in_folder(""), (struct mailbox_options){0}, &m, NULL);

		while (!code && (code = mailbox_next(m, &item)) == 1) {
			mail_item_release(&item);
			code = 0;
			if (!m)
				break;
		}
		mailbox_close(m);
		reached = alloc_count() >= n;
		alloc_fail_at(0);
		assert_int_equal(code, reached ? INKAN_ENOMEM : 0);
	}
	remove_folder();
}

int main(void)
{
	struct test_list list = {0};

	TEST_TABLE(&list, mboxes, run_mbox);
	for (size_t i = 0; i < sizeof(mboxes) / sizeof(*mboxes); i++) {
		char name[200];

		snprintf(name, sizeof(name), "in pieces: %s", mboxes[i].name);
		test_add(&list, name, run_pipe, &mboxes[i]);
	}
	test_add(&list, "an mbox larger than the buffer, from file and pipe", run_large, NULL);
	test_add(&list, "items read later, in any order", run_items_later, NULL);
	test_add(&list, "an item of a pipe that is not read", run_skip_sequential, NULL);
	test_add(&list, "a folder of files", run_folder, NULL);
	test_add(&list, "a maildir", run_maildir, NULL);
	test_add(&list, "an empty folder", run_empty_folder, NULL);
	test_add(&list, "a path that is not there", run_absent, NULL);
	test_add(&list, "a file removed after the listing", run_removed_meanwhile, NULL);
	test_add(&list, "every allocation fails once", run_without_memory, NULL);
	return test_run(&list, "io/mailbox");
}

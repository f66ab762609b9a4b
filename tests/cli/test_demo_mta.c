/* The demonstration's side of milter against filters that answer as no filter should: its limits at n and at n + 1. */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "cli/demo_mta.h"
#include "proto/milter.h"
#include "support/case.h"

enum {
	NO_REPLIES = MILTER_NO_REPLY_CONNECT | MILTER_NO_REPLY_HELO | MILTER_NO_REPLY_MAIL | MILTER_NO_REPLY_RECIPIENT |
	             MILTER_NO_REPLY_DATA | MILTER_NO_REPLY_HEADER | MILTER_NO_REPLY_END_OF_HEADER |
	             MILTER_NO_REPLY_BODY,
	ANSWERS_MAX = 3
};

/* ---- a filter that says what a row has it say ---- */

struct answer {
	char letter;
	size_t size;      /* octets with the letter, and what it says of that; filled up with "x" */
	const char *data; /* how it begins, to its two NULs; NULL: nothing but "x" */
};

struct filter {
	int listening;
	const struct answer *answers;
	bool cuts;     /* the last answer is not sent whole */
	bool is_other; /* speaks another protocol */
};

static bool read_whole(int fd, unsigned char *to, size_t n)
{
	while (n) {
		ssize_t got = read(fd, to, n);

		if (got <= 0)
			return false;
		to += got;
		n -= (size_t)got;
	}
	return true;
}

/* The letter of the next command; 0: the other side has gone. */
static int next_command(int fd)
{
	unsigned char head[5];
	unsigned char *data;

	if (!read_whole(fd, head, sizeof head))
		return 0;
	size_t n = ((size_t)head[0] << 24 | (size_t)head[1] << 16 | (size_t)head[2] << 8 | head[3]) - 1;

	data = malloc(n + 1);
	bool whole = data && read_whole(fd, data, n);

	free(data);
	return whole ? head[4] : 0;
}

static void put_u32(unsigned char *to, size_t n)
{
	to[0] = (unsigned char)(n >> 24);
	to[1] = (unsigned char)(n >> 16);
	to[2] = (unsigned char)(n >> 8);
	to[3] = (unsigned char)n;
}

static void send_octets(int fd, const unsigned char *p, size_t n)
{
	while (n) {
		ssize_t sent = send(fd, p, n, MSG_NOSIGNAL);

		if (sent <= 0)
			return; /* the other side has heard enough */
		p += sent;
		n -= (size_t)sent;
	}
}

/* "name\0value\0": the data of a row ends with two NULs. */
static size_t data_size(const char *data)
{
	size_t name = strlen(data) + 1;

	return name + strlen(data + name) + 1;
}

static void send_answer(int fd, const struct answer *a, bool cut)
{
	unsigned char *frame = malloc(4 + a->size + 1);

	put_u32(frame, a->size);
	memset(frame + 4, 'x', a->size + 1);
	frame[4] = (unsigned char)a->letter;
	if (a->data)
		memcpy(frame + 5, a->data, data_size(a->data));
	send_octets(fd, frame, 4 + a->size - cut);
	free(frame);
}

static void *run_filter(void *context)
{
	const struct filter *f = context;
	int fd = accept(f->listening, NULL, NULL), command;
	unsigned char negotiation[17] = {0, 0, 0, 13, MILTER_NEGOTIATE, 0, 0, 0, MILTER_VERSION_MAX};

	put_u32(negotiation + 9, MILTER_ADD_HEADERS);
	put_u32(negotiation + 13, NO_REPLIES);
	negotiation[4] = f->is_other ? 'a' : MILTER_NEGOTIATE;
	while ((command = next_command(fd))) {
		if (command == MILTER_NEGOTIATE)
			send_octets(fd, negotiation, sizeof negotiation);
		if (command != MILTER_END_OF_MESSAGE)
			continue;
		for (size_t i = 0; i < ANSWERS_MAX && f->answers[i].letter; i++) {
			bool is_last = i + 1 == ANSWERS_MAX || !f->answers[i + 1].letter;

			send_answer(fd, &f->answers[i], f->cuts && is_last);
		}
		break;
	}
	shutdown(fd, SHUT_WR);
	while (next_command(fd))
		continue;
	close(fd);
	return NULL;
}

/* ---- messages ---- */

/* So many fields; the body fills up to so many octets (0: is empty). */
static void make_message(struct buf *out, size_t fields, size_t size)
{
	for (size_t i = 0; i < fields; i++)
		buf_printf(out, "X-%zu: y\r\n", i);
	buf_put_c(out, "\r\n");
	while (out->n < size)
		buf_put_char(out, 'x');
	assert_int_equal(buf_error(out), INKAN_OK);
}

/* ---- rows ---- */

#define ACCEPTS                          \
	{                                \
		.letter = 'a', .size = 1 \
	}

static const struct row {
	const char *name;
	size_t fields, size; /* of the message */
	struct answer answers[ANSWERS_MAX];
	bool cuts, is_other;
	int want;
	const char *says; /* what the error holds */
} rows[] = {
	{"an answer is taken", 1, 0, {ACCEPTS}, false, false, INKAN_OK, NULL},
	{"DEMO_FIELDS_MAX fields", DEMO_FIELDS_MAX, 0, {ACCEPTS}, false, false, INKAN_OK, NULL},
	{"DEMO_FIELDS_MAX + 1 fields", DEMO_FIELDS_MAX + 1, 0, {ACCEPTS}, false, false, INKAN_ELIMIT, NULL},
	{"DEMO_FIELDS_MAX fields, one of them added",
         DEMO_FIELDS_MAX - 1,
         0,
         {{'h', 1 + 4, "A\0b"}, ACCEPTS},
         false,
         false,
         INKAN_OK,
         NULL},
	{"DEMO_FIELDS_MAX + 1 fields, one of them added",
         DEMO_FIELDS_MAX,
         0,
         {{'h', 1 + 4, "A\0b"}, ACCEPTS},
         false,
         false,
         INKAN_ELIMIT,
         NULL},
	{"a message of DEMO_MESSAGE_MAX octets", 1, DEMO_MESSAGE_MAX, {ACCEPTS}, false, false, INKAN_OK, NULL},
	{"a message of DEMO_MESSAGE_MAX + 1 octets",
         1,
         DEMO_MESSAGE_MAX + 1,
         {ACCEPTS},
         false,
         false,
         INKAN_ELIMIT,
         NULL},
	{"an answer of DEMO_ANSWER_MAX octets",
         1,
         0,
         {{'p', DEMO_ANSWER_MAX, NULL}, ACCEPTS},
         false,
         false,
         INKAN_OK,
         NULL},
	{"an answer of DEMO_ANSWER_MAX + 1 octets",
         1,
         0,
         {{'p', DEMO_ANSWER_MAX + 1, NULL}, ACCEPTS},
         false,
         false,
         INKAN_EIO,
         "an answer of 1048577 octets"},
	{"an answer of no octets", 1, 0, {{'a', 0, NULL}}, false, false, INKAN_EIO, "an answer of 0 octets"},
	/* a field of that name takes four octets more: colon, space, line end */
	{"added fields of DEMO_MESSAGE_MAX octets",
         1,
         0,
         {{'h', DEMO_MESSAGE_MAX - 3, NULL}, ACCEPTS},
         false,
         false,
         INKAN_OK,
         NULL},
	{"added fields of DEMO_MESSAGE_MAX + 1 octets",
         1,
         0,
         {{'h', DEMO_MESSAGE_MAX - 2, NULL}, ACCEPTS},
         false,
         false,
         INKAN_ELIMIT,
         NULL},
	{"answers that are more than a message together",
         1,
         0,
         {{'h', DEMO_ANSWER_MAX, NULL}, {'h', DEMO_ANSWER_MAX, NULL}, ACCEPTS},
         false,
         false,
         INKAN_ELIMIT,
         NULL},
	{"an answer that is cut off",
         1,
         0,
         {{'p', 10, NULL}},
         true,
         false,
         INKAN_EIO,
         "the service has closed the connection"},
	{"no answer at all", 1, 0, {{0}}, false, false, INKAN_EIO, "the service has closed the connection"},
	{"a change without its index", 1, 0, {{'i', 4, NULL}}, false, false, INKAN_EIO, "a change that is cut off"},
	{"a change that was not agreed", 1, 0, {{'b', 9, NULL}}, false, false, INKAN_EIO, "was not agreed"},
	{"another protocol", 1, 0, {ACCEPTS}, false, true, INKAN_EIO, "does not speak the protocol"},
};

static void is_limited(const void *row)
{
	const struct row *r = row;
	struct sockaddr_un a = {.sun_family = AF_UNIX};
	struct filter filter = {.answers = r->answers, .cuts = r->cuts, .is_other = r->is_other};
	struct io_error error = {""};
	struct demo_reply reply;
	struct buf message;
	char folder[] = "/tmp/inkan-test-XXXXXX";
	pthread_t thread;

	assert_non_null(mkdtemp(folder));
	snprintf(a.sun_path, sizeof a.sun_path, "%s/milter", folder);
	filter.listening = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_int_equal(bind(filter.listening, (const struct sockaddr *)&a, sizeof a), 0);
	assert_int_equal(listen(filter.listening, 1), 0);
	assert_int_equal(pthread_create(&thread, NULL, run_filter, &filter), 0);
	buf_init(&message, 2 * DEMO_MESSAGE_MAX);
	make_message(&message, r->fields, r->size);
	const struct demo_mail mail = {.octets = buf_str(&message),
	                               .queue_id = "1",
	                               .client = "192.0.2.1",
	                               .host = "a.example",
	                               .sender = "a@a.example",
	                               .recipient = "b@b.example"};

	demo_reply_init(&reply);
	int code = demo_hand_over(a.sun_path, &mail, &reply, &error);

	/* the filter need not wait for who never came */
	shutdown(filter.listening, SHUT_RDWR);
	pthread_join(thread, NULL);
	close(filter.listening);
	unlink(a.sun_path);
	rmdir(folder);
	assert_int_equal(code, r->want);
	if (r->says)
		assert_non_null(strstr(error.text, r->says));
	if (r->want == INKAN_OK)
		assert_string_equal(reply.answer, "accept");
	demo_reply_release(&reply);
	buf_release(&message);
}

/* A path of 107 octets and its NUL fill what a socket's address has. */
static void assert_path(size_t n, const char *says)
{
	const struct demo_mail mail = {.octets = STR("A: b\r\n\r\n"), .host = "a.example"};
	struct io_error error = {""};
	struct demo_reply reply;
	char path[200];

	memset(path, 'x', sizeof path);
	path[0] = '/';
	path[n] = '\0';
	demo_reply_init(&reply);
	assert_int_equal(demo_hand_over(path, &mail, &reply, &error), INKAN_EIO);
	assert_non_null(strstr(error.text, says));
	demo_reply_release(&reply);
}

static void a_path_is_limited(const void *row)
{
	(void)row;
	assert_path(sizeof((struct sockaddr_un *)NULL)->sun_path - 1, "No such file");
	assert_path(sizeof((struct sockaddr_un *)NULL)->sun_path, "cannot be so long");
}

int main(void)
{
	struct test_list list = {0};

	TEST_TABLE(&list, rows, is_limited);
	test_add(&list, "the path of a socket, at its longest and one longer", a_path_is_limited, NULL);
	return test_run(&list, "cli/demo_mta");
}

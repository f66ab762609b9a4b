/* Reading order: demo_hand_over() -> negotiate(), say_session(), say_message(), hear_end() -> take_change(). */
#include "cli/demo_mta.h"

#include <errno.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include "cli/output.h"
#include "proto/milter.h"

enum {
	BODY_PIECE = 65535,
	PROTOCOL_OFFERED = 0x1fffff, /* every step may be left out or go without a reply */
	ACTIONS_OFFERED = MILTER_ADD_HEADERS | MILTER_CHANGE_HEADERS | MILTER_QUARANTINE,
	NEGOTIATION = 12, /* octets: version, actions, protocol */
	CLIENT_PORT = 50000
};

struct field {
	struct str name, value; /* what stands behind the colon, without the line end */
	bool added;
};

struct talk {
	int fd;
	struct buf out;    /* frames that are not sent yet */
	struct buf in;     /* one answer: letter and data */
	struct buf kept;   /* names and values that the filter gave */
	uint32_t protocol; /* agreed */
	struct field fields[DEMO_FIELDS_MAX];
	size_t field_count;
	struct str body;
	char *answer;
	size_t answer_size;
	struct io_error *error;
};

/* What the server says, what says that it need not, and what says that no answer comes. */
struct step_flags {
	enum milter_command command;
	uint32_t not_wanted, no_reply;
};

static const struct step_flags steps[] = {
	{MILTER_CONNECT, MILTER_NO_CONNECT, MILTER_NO_REPLY_CONNECT},
	{MILTER_HELO, MILTER_NO_HELO, MILTER_NO_REPLY_HELO},
	{MILTER_MAIL, MILTER_NO_MAIL, MILTER_NO_REPLY_MAIL},
	{MILTER_RECIPIENT, MILTER_NO_RECIPIENT, MILTER_NO_REPLY_RECIPIENT},
	{MILTER_DATA, MILTER_NO_DATA, MILTER_NO_REPLY_DATA},
	{MILTER_HEADER, MILTER_NO_HEADERS, MILTER_NO_REPLY_HEADER},
	{MILTER_END_OF_HEADER, MILTER_NO_END_OF_HEADER, MILTER_NO_REPLY_END_OF_HEADER},
	{MILTER_BODY, MILTER_NO_BODY, MILTER_NO_REPLY_BODY},
};

static const struct step_flags *flags_of(enum milter_command command)
{
	for (size_t i = 0; i < sizeof(steps) / sizeof(*steps); i++)
		if (steps[i].command == command)
			return &steps[i];
	return NULL;
}

/* ---- octets ---- */

static void put_u32(struct buf *b, uint32_t n)
{
	const char octets[4] = {(char)(n >> 24), (char)(n >> 16), (char)(n >> 8), (char)n};

	buf_put(b, str_from(octets, sizeof octets));
}

static uint32_t get_u32(const char *p)
{
	const unsigned char *u = (const unsigned char *)p;

	return (uint32_t)u[0] << 24 | (uint32_t)u[1] << 16 | (uint32_t)u[2] << 8 | u[3];
}

static void put_frame(struct talk *t, enum milter_command command, struct str data)
{
	put_u32(&t->out, (uint32_t)data.n + 1);
	buf_put_char(&t->out, (char)command);
	buf_put(&t->out, data);
}

static int send_all(struct talk *t)
{
	int trouble = buf_error(&t->out) ? 0 : write_all(t->fd, buf_str(&t->out));
	int error = buf_error(&t->out);

	buf_clear(&t->out);
	return error ? error : trouble ? io_fail(t->error, "milter: %s", strerror(trouble)) : INKAN_OK;
}

static int read_octets(struct talk *t, char *to, size_t n)
{
	while (n) {
		ssize_t got = read(t->fd, to, n);

		if (got < 0 && errno == EINTR)
			continue;
		if (got == 0)
			return io_fail(t->error, "milter: the service has closed the connection");
		if (got < 0)
			return io_fail(t->error, "milter: %s", errno == EAGAIN ? "no answer in time" : strerror(errno));
		to += got;
		n -= (size_t)got;
	}
	return INKAN_OK;
}

/* The next answer, into t->in. */
static int read_answer(struct talk *t)
{
	char length[4];
	int error = send_all(t);

	buf_clear(&t->in);
	if (!error)
		error = read_octets(t, length, sizeof length);
	if (error)
		return error;
	uint32_t n = get_u32(length);
	char *to = n >= 1 && n <= DEMO_ANSWER_MAX ? buf_reserve(&t->in, n) : NULL;

	if (!to)
		return buf_error(&t->in) ? buf_error(&t->in)
		                         : io_fail(t->error, "milter: an answer of %u octets", (unsigned)n);
	error = read_octets(t, to, n);
	if (!error)
		buf_commit(&t->in, n);
	return error;
}

/* ---- what ends a message ---- */

static bool is_final(char letter)
{
	return letter != '\0' && strchr("adrty", letter);
}

static void note_answer(struct talk *t)
{
	static const struct {
		char letter;
		const char *word;
	} words[] = {{'a', "accept"}, {'c', "accept"}, {'d', "discard"}, {'r', "reject"}, {'t', "tempfail"}};
	struct str data = str_skip(buf_str(&t->in), 1);

	for (size_t i = 0; i < sizeof(words) / sizeof(*words); i++)
		if (words[i].letter == t->in.p[0])
			snprintf(t->answer, t->answer_size, "%s", words[i].word);
	if (t->in.p[0] == 'y')
		snprintf(t->answer, t->answer_size, "%.*s", STR_ARG(str_head(data, str_find(data, '\0'))));
}

/* Says one thing and hears the answer where one comes. *done_out: the message has its answer already. */
static int say(struct talk *t, enum milter_command command, struct str data, bool *done_out)
{
	const struct step_flags *f = flags_of(command);
	int error = INKAN_OK;

	if (t->protocol & f->not_wanted)
		return INKAN_OK;
	put_frame(t, command, data);
	if (t->protocol & f->no_reply)
		return INKAN_OK;
	do
		error = read_answer(t);
	while (!error && t->in.p[0] == 'p');
	if (!error && is_final(t->in.p[0])) {
		note_answer(t);
		*done_out = true;
	}
	return error;
}

/* ---- changes ---- */

static struct str keep(struct talk *t, struct str text)
{
	size_t at = t->kept.n;

	buf_put(&t->kept, text);
	return buf_error(&t->kept) ? STR_NULL : str_from(t->kept.p + at, text.n);
}

static int insert_field(struct talk *t, size_t at, struct field f)
{
	if (t->field_count == DEMO_FIELDS_MAX)
		return INKAN_ELIMIT;
	at = at < t->field_count ? at : t->field_count;
	memmove(&t->fields[at + 1], &t->fields[at], (t->field_count - at) * sizeof *t->fields);
	t->fields[at] = f;
	t->field_count++;
	return INKAN_OK;
}

/* The index-th field of that name goes, or gets another value. */
static void change_field(struct talk *t, size_t index, struct field f)
{
	for (size_t i = 0; i < t->field_count; i++) {
		if (!str_ieq(t->fields[i].name, f.name) || (index > 1 && index--))
			continue;
		if (f.value.n)
			t->fields[i].value = f.value;
		else
			memmove(&t->fields[i], &t->fields[i + 1], (--t->field_count - i) * sizeof *t->fields);
		return;
	}
}

static int take_change(struct talk *t, char letter)
{
	struct str data = str_skip(buf_str(&t->in), 1);
	uint32_t index = 0;

	if (letter == 'q')
		return INKAN_OK;
	if (letter == 'i' || letter == 'm') {
		if (data.n < 4)
			return io_fail(t->error, "milter: a change that is cut off");
		index = get_u32(data.p);
		data = str_skip(data, 4);
	} else if (letter != 'h') {
		return io_fail(t->error, "milter: an answer that was not agreed");
	}
	struct field f = {.added = letter != 'm'};
	bool space = !(t->protocol & MILTER_LEADING_SPACE) && letter != 'm';

	f.name = keep(t, str_split(&data, '\0'));
	if (space)
		buf_put_char(&t->kept, ' ');
	f.value = keep(t, str_split(&data, '\0'));
	if (buf_error(&t->kept))
		return buf_error(&t->kept);
	if (space)
		f.value = (struct str){f.value.p - 1, f.value.n + 1};
	if (letter != 'm')
		return insert_field(t, letter == 'i' ? index : t->field_count, f);
	change_field(t, index, f);
	return INKAN_OK;
}

static int hear_end(struct talk *t)
{
	int error;

	put_frame(t, MILTER_END_OF_MESSAGE, STR_NULL);
	while (!(error = read_answer(t))) {
		char letter = t->in.p[0];

		if (is_final(letter) || letter == 'c') {
			note_answer(t);
			return INKAN_OK;
		}
		if (letter != 'p')
			error = take_change(t, letter);
		if (error)
			break;
	}
	return error;
}

/* ---- the session ---- */

static int connect_to(const char *path, struct talk *t)
{
	struct sockaddr_un a = {.sun_family = AF_UNIX};
	const struct timeval patience = {.tv_sec = DEMO_PATIENCE};

	if (strlen(path) >= sizeof a.sun_path)
		return io_fail(t->error, "%s: the name of a socket cannot be so long", path);
	memcpy(a.sun_path, path, strlen(path));
	t->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (t->fd < 0 || connect(t->fd, (const struct sockaddr *)&a, sizeof a) != 0)
		return io_fail(t->error, "%s: %s", path, strerror(errno));
	(void)setsockopt(t->fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
	(void)setsockopt(t->fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
	return INKAN_OK;
}

static int negotiate(struct talk *t)
{
	put_u32(&t->out, NEGOTIATION + 1);
	buf_put_char(&t->out, MILTER_NEGOTIATE);
	put_u32(&t->out, MILTER_VERSION_MAX);
	put_u32(&t->out, ACTIONS_OFFERED);
	put_u32(&t->out, PROTOCOL_OFFERED);
	int error = read_answer(t);

	if (error)
		return error;
	if (t->in.p[0] != MILTER_NEGOTIATE || t->in.n < 1 + NEGOTIATION)
		return io_fail(t->error, "milter: the service does not speak the protocol");
	t->protocol = get_u32(t->in.p + 1 + 8);
	return INKAN_OK;
}

static void put_terminated(struct buf *b, const char *text)
{
	buf_put(b, str_from(text, strlen(text) + 1));
}

static void put_macros(struct talk *t, enum milter_command command, const char *const macros[][2], size_t count)
{
	struct buf data;

	buf_init(&data, DEMO_ANSWER_MAX);
	buf_put_char(&data, (char)command);
	for (size_t i = 0; i < count; i++) {
		put_terminated(&data, macros[i][0]);
		put_terminated(&data, macros[i][1]);
	}
	if (!buf_error(&data))
		put_frame(t, MILTER_MACRO, buf_str(&data));
	buf_release(&data);
}

/* CONNECT, HELO, MAIL, RCPT, DATA. */
static int say_session(struct talk *t, const struct demo_mail *mail, bool *done_out)
{
	const char *const connect_macros[][2] = {{"j", mail->host}, {"{daemon_name}", "smtpd"}, {"v", "inkan demo"}};
	const char *const mail_macros[][2] = {{"i", mail->queue_id}, {"{mail_addr}", mail->sender}};
	const enum milter_command order[] = {MILTER_CONNECT, MILTER_HELO, MILTER_MAIL, MILTER_RECIPIENT, MILTER_DATA};
	struct buf data;
	int error = INKAN_OK;

	buf_init(&data, DEMO_ANSWER_MAX);
	for (size_t i = 0; i < sizeof(order) / sizeof(*order) && !error && !*done_out; i++) {
		buf_clear(&data);
		if (order[i] == MILTER_CONNECT) {
			put_macros(t, order[i], connect_macros, 3);
			buf_printf(&data, "%s%c4%c%c%s%c", mail->host, '\0', (char)(CLIENT_PORT >> 8),
			           (char)(CLIENT_PORT & 0xff), mail->client, '\0');
		} else if (order[i] == MILTER_HELO) {
			put_terminated(&data, mail->host);
		} else if (order[i] != MILTER_DATA) {
			put_macros(t, order[i], mail_macros, 2);
			buf_printf(&data, "<%s>%c", order[i] == MILTER_MAIL ? mail->sender : mail->recipient, '\0');
		}
		error = buf_error(&data) ? buf_error(&data) : say(t, order[i], buf_str(&data), done_out);
	}
	buf_release(&data);
	return error;
}

static int say_header(struct talk *t, const struct field *f, bool *done_out)
{
	struct str value = f->value;
	struct buf data;
	int error;

	if (!(t->protocol & MILTER_LEADING_SPACE) && value.n && value.p[0] == ' ')
		value = str_skip(value, 1);
	buf_init(&data, DEMO_MESSAGE_MAX + 2);
	buf_put(&data, f->name);
	buf_put_char(&data, '\0');
	for (size_t i = 0; i < value.n; i++)
		if (value.p[i] != '\r')
			buf_put_char(&data, value.p[i]);
	buf_put_char(&data, '\0');
	error = buf_error(&data) ? buf_error(&data) : say(t, MILTER_HEADER, buf_str(&data), done_out);
	buf_release(&data);
	return error;
}

/* Header and body. */
static int say_message(struct talk *t, bool *done_out)
{
	struct str body = t->body;
	int error = INKAN_OK;

	for (size_t i = 0; i < t->field_count && !error && !*done_out; i++)
		error = say_header(t, &t->fields[i], done_out);
	if (!error && !*done_out)
		error = say(t, MILTER_END_OF_HEADER, STR_NULL, done_out);
	while (body.n && !error && !*done_out) {
		error = say(t, MILTER_BODY, str_head(body, BODY_PIECE), done_out);
		body = str_skip(body, BODY_PIECE);
	}
	return error;
}

/* ---- messages ---- */

/* Octets of the field at the front of the header, its line end included. */
static size_t field_size(struct str header)
{
	size_t at = 0;

	do {
		struct str rest = str_skip(header, at);

		at += str_search(rest, STR("\r\n"));
		at = at + 2 < header.n ? at + 2 : header.n;
	} while (at < header.n && is_wsp(header.p[at]));
	return at;
}

static int split_message(struct talk *t, struct str octets)
{
	size_t end = str_search(octets, STR("\r\n\r\n"));
	struct str header = str_head(octets, end + 2);

	if (octets.n > DEMO_MESSAGE_MAX)
		return INKAN_ELIMIT;
	t->body = str_skip(octets, end + 4);
	while (header.n) {
		size_t size = field_size(header);
		struct str line = str_head(header, size - 2);
		struct field f = {.name = str_split(&line, ':')};

		f.value = line;
		int error = insert_field(t, t->field_count, f);

		if (error)
			return error;
		header = str_skip(header, size);
	}
	return INKAN_OK;
}

static void put_field(struct buf *out, const struct field *f)
{
	buf_put(out, f->name);
	buf_put_char(out, ':');
	for (size_t i = 0; i < f->value.n; i++) {
		if (f->value.p[i] == '\n' && (i == 0 || f->value.p[i - 1] != '\r'))
			buf_put_char(out, '\r');
		buf_put_char(out, f->value.p[i]);
	}
	buf_put_c(out, "\r\n");
}

static int put_result(struct talk *t, struct demo_reply *out)
{
	for (size_t i = 0; i < t->field_count; i++) {
		put_field(&out->octets, &t->fields[i]);
		if (t->fields[i].added)
			put_field(&out->fields, &t->fields[i]);
	}
	buf_put_c(&out->octets, "\r\n");
	buf_put(&out->octets, t->body);
	return buf_error(&out->octets) ? buf_error(&out->octets) : buf_error(&out->fields);
}

void demo_reply_init(struct demo_reply *r)
{
	*r = (struct demo_reply){.answer = ""};
	buf_init(&r->fields, DEMO_MESSAGE_MAX);
	buf_init(&r->octets, 2 * DEMO_MESSAGE_MAX);
}

void demo_reply_release(struct demo_reply *r)
{
	buf_release(&r->fields);
	buf_release(&r->octets);
}

int demo_hand_over(const char *socket_path, const struct demo_mail *mail, struct demo_reply *out,
                   struct io_error *error)
{
	struct talk t = {.fd = -1, .answer = out->answer, .answer_size = sizeof out->answer, .error = error};
	bool done = false;
	int code = split_message(&t, mail->octets);

	buf_init(&t.out, 2 * DEMO_MESSAGE_MAX);
	buf_init(&t.in, DEMO_ANSWER_MAX);
	buf_init(&t.kept, DEMO_MESSAGE_MAX);
	/* all at once: fields point into it */
	if (!code && !buf_reserve(&t.kept, DEMO_MESSAGE_MAX))
		code = buf_error(&t.kept);
	if (!code)
		code = connect_to(socket_path, &t);
	if (!code)
		code = negotiate(&t);
	if (!code)
		code = say_session(&t, mail, &done);
	if (!code && !done)
		code = say_message(&t, &done);
	if (!code && !done)
		code = hear_end(&t);
	if (!code)
		code = put_result(&t, out);
	if (!code) {
		put_frame(&t, MILTER_QUIT, STR_NULL);
		code = send_all(&t);
	}
	if (t.fd >= 0)
		close(t.fd);
	buf_release(&t.out);
	buf_release(&t.in);
	buf_release(&t.kept);
	return code;
}

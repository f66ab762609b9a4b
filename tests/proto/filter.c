/* A filter for tests of the codec against real mail servers: `filter unix:PATH|inet:PORT [VERSION [PROTOCOL]]`, the protocol
 * flags as wished in hexadecimal. Prints "ready". A process a connection; each message gets a field X-Seen that says what
 * was read, and what its last recipient asks for: reject@, tempfail@, discard@, reply@, quarantine@, add@, change@, remove@,
 * first@ (the first Subject is removed before X-Seen comes), twice@ (the first Subject is removed two times). */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "proto/milter.h"

enum { TEXT_MAX = 1000 };

struct session {
	struct milter_terms terms;
	char client[TEXT_MAX], sender[TEXT_MAX], recipient[TEXT_MAX], id[TEXT_MAX], login[TEXT_MAX], daemon[TEXT_MAX];
	size_t fields, subjects, body;
	uint32_t sum; /* of fields and body, so that a test sees every octet */
};

static void keep(char text[TEXT_MAX], struct str s)
{
	snprintf(text, TEXT_MAX, "%.*s", STR_ARG(s));
}

static void add_up(struct session *s, struct str text)
{
	for (size_t i = 0; i < text.n; i++)
		s->sum = (s->sum ^ (unsigned char)text.p[i]) * 16777619u;
}

static void begin_message(struct session *s)
{
	s->sender[0] = s->recipient[0] = s->id[0] = s->login[0] = '\0';
	s->fields = s->subjects = s->body = 0;
	s->sum = 2166136261u;
}

static void keep_macros(struct session *s, const struct milter_event *e)
{
	for (size_t i = 0; i < e->macro_count; i++) {
		if (str_eq(e->macros[i].name, STR("i")))
			keep(s->id, e->macros[i].value);
		if (str_eq(e->macros[i].name, STR("auth_authen")))
			keep(s->login, e->macros[i].value);
		if (str_eq(e->macros[i].name, STR("daemon_name")))
			keep(s->daemon, e->macros[i].value);
	}
}

static void put_seen(const struct session *s, bool space, struct buf *out)
{
	struct buf value;

	buf_init(&value, SIZE_MAX);
	buf_printf(&value,
	           "client=%s daemon=%s login=%s id=%s\r\n\tsender=%s recipient=%s fields=%zu body=%zu sum=%08x",
	           s->client, s->daemon, s->login, *s->id ? "yes" : "no", s->sender, s->recipient, s->fields, s->body,
	           s->sum);
	milter_put_insert_header(out, 0, STR("X-Seen"), buf_str(&value), space);
	buf_release(&value);
}

static void put_end(struct session *s, struct buf *out)
{
	struct str wish = str_c(s->recipient);
	bool space = s->terms.protocol & MILTER_LEADING_SPACE;

	milter_put_progress(out);
	if (!str_has_prefix(wish, STR("<first@")))
		put_seen(s, space, out);
	if (str_has_prefix(wish, STR("<quarantine@")))
		milter_put_quarantine(out, STR("held by the filter"));
	if (str_has_prefix(wish, STR("<add@")))
		milter_put_add_header(out, STR("X-Last"), STR("last\r\n line"), space);
	if (str_has_prefix(wish, STR("<change@")))
		milter_put_change_header(out, 1, STR("Subject"), STR("changed"), space);
	if (str_has_prefix(wish, STR("<first@"))) {
		milter_put_change_header(out, 1, STR("Subject"), STR(""), space);
		put_seen(s, space, out);
	}
	for (int i = 0; str_has_prefix(wish, STR("<twice@")) && i < 2; i++)
		milter_put_change_header(out, 1, STR("Subject"), STR(""), space);
	/* from the last one up, so that it does not matter whether removed ones count */
	for (uint32_t i = (uint32_t)s->subjects; str_has_prefix(wish, STR("<remove@")) && i > 0; i--)
		milter_put_change_header(out, i, STR("Subject"), STR(""), space);
	if (str_has_prefix(wish, STR("<reject@")))
		milter_put_reject(out);
	else if (str_has_prefix(wish, STR("<tempfail@")))
		milter_put_tempfail(out);
	else if (str_has_prefix(wish, STR("<discard@")))
		milter_put_discard(out);
	else if (str_has_prefix(wish, STR("<reply@")))
		milter_put_reply(out, STR("550 5.7.1 100% refused: %s"));
	else
		milter_put_accept(out);
	begin_message(s);
}

static bool gets_answer(const struct session *s, enum milter_command command)
{
	static const struct {
		enum milter_command command;
		uint32_t quiet;
	} steps[] = {
		{MILTER_CONNECT, MILTER_NO_REPLY_CONNECT}, {MILTER_HELO, MILTER_NO_REPLY_HELO},
		{MILTER_MAIL, MILTER_NO_REPLY_MAIL},       {MILTER_RECIPIENT, MILTER_NO_REPLY_RECIPIENT},
		{MILTER_DATA, MILTER_NO_REPLY_DATA},       {MILTER_UNKNOWN, MILTER_NO_REPLY_UNKNOWN},
		{MILTER_HEADER, MILTER_NO_REPLY_HEADER},   {MILTER_END_OF_HEADER, MILTER_NO_REPLY_END_OF_HEADER},
		{MILTER_BODY, MILTER_NO_REPLY_BODY},
	};

	for (size_t i = 0; i < sizeof steps / sizeof *steps; i++)
		if (steps[i].command == command)
			return !(s->terms.protocol & steps[i].quiet);
	return false;
}

static void hear(struct session *s, const struct milter_event *e)
{
	switch (e->command) {
	case MILTER_CONNECT:
		keep(s->client, e->address);
		break;
	case MILTER_MACRO:
		keep_macros(s, e);
		break;
	case MILTER_MAIL:
		keep(s->sender, e->envelope);
		break;
	case MILTER_RECIPIENT:
		keep(s->recipient, e->envelope);
		break;
	case MILTER_HEADER:
		s->fields++;
		s->subjects += str_ieq(e->name, STR("Subject"));
		add_up(s, e->name);
		add_up(s, e->value);
		break;
	case MILTER_BODY:
	case MILTER_END_OF_MESSAGE:
		s->body += e->body.n;
		add_up(s, e->body);
		break;
	case MILTER_ABORT:
	case MILTER_QUIT_NEW_CONNECTION:
		begin_message(s);
		break;
	default:
		break;
	}
}

/* False: the conversation is over. */
static bool take(struct session *s, const struct milter_event *e, struct milter_terms wanted, struct buf *out)
{
	if (e->command == MILTER_QUIT)
		return false;
	if (e->command == MILTER_NEGOTIATE) {
		if (!milter_agree(e, wanted, &s->terms))
			return false;
		milter_put_terms(out, &s->terms);
	}
	hear(s, e);
	if (e->command == MILTER_END_OF_MESSAGE)
		put_end(s, out);
	else if (!e->body_continues && gets_answer(s, e->command))
		milter_put_continue(out);
	return true;
}

static void converse(int fd, struct milter_terms wanted)
{
	static char octets[65536];
	struct milter_decoder d;
	struct milter_event e;
	struct session s = {0};
	struct buf out;
	ssize_t got;
	int status = 0;
	bool more = true;

	milter_decoder_init(&d);
	buf_init(&out, SIZE_MAX);
	begin_message(&s);
	while (more && status >= 0 && (got = read(fd, octets, sizeof octets)) > 0) {
		struct str input = str_from(octets, (size_t)got);

		while (more && (status = milter_next(&d, &input, &e)) > 0)
			more = take(&s, &e, wanted, &out);
		if (out.n && write(fd, out.p, out.n) != (ssize_t)out.n)
			break;
		buf_clear(&out);
	}
	if (d.trouble)
		fprintf(stderr, "filter: %s\n", d.trouble);
	milter_decoder_release(&d);
	buf_release(&out);
}

static _Noreturn void die(const char *what)
{
	perror(what);
	exit(2);
}

static int listen_on(const char *address)
{
	struct sockaddr_un local = {.sun_family = AF_UNIX};
	struct sockaddr_in inet = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	bool is_unix = strncmp(address, "unix:", 5) == 0;
	int fd = socket(is_unix ? AF_UNIX : AF_INET, SOCK_STREAM, 0), on = 1;

	if (fd < 0)
		die("socket");
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
	snprintf(local.sun_path, sizeof local.sun_path, "%s", address + 5);
	inet.sin_port = htons((uint16_t)strtoul(address + 5, NULL, 10));
	if (bind(fd, is_unix ? (const struct sockaddr *)&local : (const struct sockaddr *)&inet,
	         is_unix ? sizeof local : sizeof inet) != 0 ||
	    listen(fd, 64) != 0)
		die(address);
	return fd;
}

int main(int argc, char **argv)
{
	if (argc < 2)
		return 2;
	int fd = listen_on(argv[1]);
	struct milter_terms wanted = {.actions = MILTER_ADD_HEADERS | MILTER_CHANGE_HEADERS | MILTER_QUARANTINE};

	wanted.version = argc > 2 ? (uint32_t)strtoul(argv[2], NULL, 10) : MILTER_VERSION_MAX;
	wanted.protocol = argc > 3 ? (uint32_t)strtoul(argv[3], NULL, 16) : 0;
	signal(SIGCHLD, SIG_IGN);
	puts("ready");
	fflush(stdout);
	for (;;) {
		int client = accept(fd, NULL, NULL);

		if (client < 0)
			die("accept");
		if (fork() == 0) {
			close(fd);
			converse(client, wanted);
			return 0;
		}
		close(client);
	}
}

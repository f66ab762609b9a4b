/* What is listened on, and name servers, as people write them. */
#include <stdio.h>

#include "config/address.h"
#include "support/case.h"

static const struct row {
	const char *name, *text;
	const char *want; /* "unix PATH", "inet HOST PORT", "no" */
} rows[] = {
	{"a Unix socket", "unix:/run/inkan/milter.sock", "unix /run/inkan/milter.sock"},
	{"a Unix socket as OpenDKIM writes it", "local:/run/x", "unix /run/x"},
	{"a path alone", "/run/x", "unix /run/x"},
	{"the prefix in capitals", "UNIX:/run/x", "unix /run/x"},
	{"a relative path", "unix:run/x", "no"},
	{"no path", "unix:", "no"},
	{"an address and a port", "inet:192.0.2.1:8891", "inet 192.0.2.1 8891"},
	{"an IPv6 address in brackets", "inet:[2001:db8::1]:8891", "inet 2001:db8::1 8891"},
	{"an IPv6 address without brackets", "inet:2001:db8::1:8891", "no"},
	{"the prefix of OpenDKIM for IPv6", "inet6:[::1]:25", "inet ::1 25"},
	{"a port alone", "inet:8891", "inet 127.0.0.1 8891"},
	{"a port at a host, as milters write it", "inet:8891@127.0.0.1", "inet 127.0.0.1 8891"},
	{"a port at an IPv6 address", "inet:8891@[::1]", "inet ::1 8891"},
	{"every address", "inet:*:8891", "inet  8891"},
	{"a name", "inet:localhost:8891", "inet localhost 8891"},
	{"no host", "inet::8891", "no"},
	{"a host without port", "inet:localhost:", "no"},
	{"port 0: any", "inet:127.0.0.1:0", "inet 127.0.0.1 0"},
	{"port 65535", "inet:127.0.0.1:65535", "inet 127.0.0.1 65535"},
	{"port 65536", "inet:127.0.0.1:65536", "no"},
	{"a port with a letter", "inet:127.0.0.1:25x", "no"},
	{"a space in the host", "inet:a b:25", "no"},
	{"nothing", "", "no"},
	{"another prefix", "tcp:127.0.0.1:25", "no"},
};

static void run_row(const void *row)
{
	const struct row *r = row;
	struct socket_address a;
	const char *trouble = NULL;
	char got[600] = "no";

	if (socket_address_parse(str_c(r->text), &a, &trouble)) {
		if (a.kind == SOCKET_UNIX)
			snprintf(got, sizeof got, "unix %s", a.path);
		else
			snprintf(got, sizeof got, "inet %s %u", a.host, a.port);
	} else {
		assert_non_null(trouble);
	}
	assert_string_equal(got, r->want);
}

/* The limit of sun_path. */
static void run_long_path(const void *row)
{
	size_t size = SOCKET_PATH_MAX + (row ? 1 : 0);
	char text[5 + SOCKET_PATH_MAX + 2];
	struct socket_address a;

	memcpy(text, "unix:/", 6);
	memset(text + 6, 'x', size - 1);
	assert_int_equal(socket_address_parse(str_from(text, 5 + size), &a, NULL), row == NULL);
	if (!row)
		assert_int_equal(strlen(a.path), SOCKET_PATH_MAX);
}

static const struct server_row {
	const char *name, *text, *want; /* "HOST PORT", "no" */
} servers[] = {
	{"a name server", "192.0.2.53", "192.0.2.53 53"},
	{"a name server and its port", "192.0.2.53:5353", "192.0.2.53 5353"},
	{"a name server in brackets", "[2001:db8::53]:5353", "2001:db8::53 5353"},
	{"a bare IPv6 name server", "2001:db8::53", "2001:db8::53 53"},
	{"a name server without closing bracket", "[2001:db8::53", "no"},
	{"a name server with port 0", "192.0.2.53:0", "no"},
	{"no name server", "", "no"},
	{"a name server with something behind the bracket", "[::1]x", "no"},
};

static void run_server(const void *row)
{
	const struct server_row *r = row;
	struct str host;
	uint16_t port;
	char got[100] = "no";

	if (resolver_parse(str_c(r->text), &host, &port))
		snprintf(got, sizeof got, "%.*s %u", STR_ARG(host), port);
	assert_string_equal(got, r->want);
}

int main(void)
{
	struct test_list list = {0};

	TEST_TABLE(&list, rows, run_row);
	test_add(&list, "the longest path", run_long_path, NULL);
	test_add(&list, "a path one octet longer", run_long_path, "");
	TEST_TABLE(&list, servers, run_server);
	return test_run(&list, "config/address");
}

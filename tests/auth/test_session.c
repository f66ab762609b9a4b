/* The SMTP session as the caller gives it. */
#include <stdlib.h>

#include "auth/session.h"
#include "support/case.h"

static const struct address_row {
	const char *name, *ip;
	int error;
	bool is_ipv6, is_private;
} addresses[] = {
	{"IPv4", "192.0.2.1", INKAN_OK, false, false},
	{"IPv6", "2001:db8::1", INKAN_OK, true, false},
	{"an IPv4-mapped IPv6 address", "::ffff:192.0.2.1", INKAN_OK, true, false},
	{"loopback", "127.0.0.1", INKAN_OK, false, true},
	{"the end of loopback", "127.255.255.255", INKAN_OK, false, true},
	{"behind loopback", "128.0.0.0", INKAN_OK, false, false},
	{"10/8", "10.1.2.3", INKAN_OK, false, true},
	{"before 10/8", "9.255.255.255", INKAN_OK, false, false},
	{"172.16/12", "172.16.0.1", INKAN_OK, false, true},
	{"the end of 172.16/12", "172.31.255.255", INKAN_OK, false, true},
	{"behind 172.16/12", "172.32.0.0", INKAN_OK, false, false},
	{"before 172.16/12", "172.15.255.255", INKAN_OK, false, false},
	{"192.168/16", "192.168.255.1", INKAN_OK, false, true},
	{"behind 192.168/16", "192.169.0.0", INKAN_OK, false, false},
	{"link-local", "169.254.0.1", INKAN_OK, false, true},
	{"100.64/10", "100.127.255.255", INKAN_OK, false, true},
	{"behind 100.64/10", "100.128.0.0", INKAN_OK, false, false},
	{"IPv6 loopback", "::1", INKAN_OK, true, true},
	{"IPv6 beside loopback", "::2", INKAN_OK, true, false},
	{"IPv6 unique local", "fd00::1", INKAN_OK, true, true},
	{"IPv6 link-local", "fe80::1", INKAN_OK, true, true},
	{"IPv6 behind link-local", "fec0::1", INKAN_OK, true, false},
	{"a mapped private address", "::ffff:10.0.0.1", INKAN_OK, true, true},
	{"empty", "", INKAN_EUSAGE, false, false},
	{"a name", "mx.example.com", INKAN_EUSAGE, false, false},
	{"three numbers", "192.0.2", INKAN_EUSAGE, false, false},
	{"a number too large", "192.0.2.256", INKAN_EUSAGE, false, false},
	{"a prefix", "192.0.2.0/24", INKAN_EUSAGE, false, false},
	{"a space behind", "192.0.2.1 ", INKAN_EUSAGE, false, false},
	{"brackets", "[192.0.2.1]", INKAN_EUSAGE, false, false},
	{"a scope", "fe80::1%eth0", INKAN_EUSAGE, false, false},
};

static void run_address(const void *row)
{
	const struct address_row *r = row;
	struct inkan_session given = {.struct_size = sizeof given, .ip = r->ip};
	struct session s = {.ip = "before"};
	struct arena arena;

	arena_init(&arena, 100000);
	assert_int_equal(session_read(&arena, &given, &s), r->error);
	assert_string_equal(s.ip, r->error ? "before" : r->ip);
	assert_int_equal(s.has_address, !r->error);
	assert_int_equal(s.is_ipv6, r->is_ipv6);
	assert_int_equal(s.is_private, r->is_private);
	assert_false(s.has_sender || s.trusted_gateway || s.helo.n);
	arena_release(&arena);
}

static const struct sender_row {
	const char *name, *given, *want;
} senders[] = {
	{"a bare path", "a@example.com", "a@example.com"},
	{"angle brackets", "<a@example.com>", "a@example.com"},
	{"angle brackets and spaces", " <a@example.com> ", "a@example.com"},
	{"the null sender", "", ""},
	{"the null sender in brackets", "<>", ""},
	{"one bracket", "<a@example.com", "<a@example.com"},
};

static void run_sender(const void *row)
{
	const struct sender_row *r = row;
	struct inkan_session given = {.struct_size = sizeof given, .mail_from = r->given};
	struct session s;
	struct arena arena;

	arena_init(&arena, 100000);
	assert_int_equal(session_read(&arena, &given, &s), INKAN_OK);
	assert_true(s.has_sender && !s.has_address);
	assert_true(str_eq(s.sender, str_c(r->want)));
	arena_release(&arena);
}

static void run_limit(const void *row)
{
	char text[SESSION_TEXT_MAX + 2];
	struct inkan_session given = {.struct_size = sizeof given, .helo = text, .mail_from = text};
	struct session s;
	struct arena arena;

	(void)row;
	arena_init(&arena, 100000);
	memset(text, 'a', sizeof text);
	text[SESSION_TEXT_MAX] = '\0';
	assert_int_equal(session_read(&arena, &given, &s), INKAN_OK);
	assert_int_equal(s.helo.n, SESSION_TEXT_MAX);
	text[SESSION_TEXT_MAX] = 'a';
	text[SESSION_TEXT_MAX + 1] = '\0';
	assert_int_equal(session_read(&arena, &given, &s), INKAN_EUSAGE);
	given.struct_size--;
	text[0] = '\0';
	assert_int_equal(session_read(&arena, &given, &s), INKAN_EUSAGE);
	arena_release(&arena);
}

static void run_no_memory(const void *row)
{
	struct inkan_session given = {
		.struct_size = sizeof given, .ip = "192.0.2.1", .helo = "mx.example", .mail_from = "a@example.com"};
	struct session s;
	struct arena arena;

	(void)row;
	arena_init(&arena, 16);
	assert_int_equal(session_read(&arena, &given, &s), INKAN_ELIMIT);
	arena_release(&arena);
}

int main(void)
{
	struct test_list list = {0};

	TEST_TABLE(&list, addresses, run_address);
	TEST_TABLE(&list, senders, run_sender);
	test_add(&list, "texts of 4,096 and 4,097 octets, another version", run_limit, NULL);
	test_add(&list, "no room", run_no_memory, NULL);
	return test_run(&list, "auth/session");
}

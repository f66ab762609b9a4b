/* Identities as JSON: what is printed reads back without loss, what was not printed here is refused. */
#include "identity/identity.h"

#include <stdio.h>
#include <stdlib.h>

#include "support/case.h"

#define NOW 1795320000

static const unsigned char octets[48] = {1};

static void make(struct arena *arena, const struct identity_wish *wish, struct identity *out)
{
	struct identity_wish w = *wish;
	const char *why = "";

	w.random = octets;
	arena_init(arena, 1 << 20);
	if (identity_new(arena, &w, NOW, out, &why))
		fail_msg("%s", why);
}

static char *print(const struct identity *identity)
{
	struct buf out;

	buf_init(&out, IDENTITY_JSON_MAX);
	assert_int_equal(identity_print_json(identity, &out), INKAN_OK);
	buf_put_char(&out, '\0');
	assert_int_equal(buf_error(&out), INKAN_OK);
	return out.p;
}

/* Texts as print_json() has them, one by one: whether anything was lost shows there. */
static void assert_same(const struct identity *a, const struct identity *b)
{
	char *one = print(a), *two = print(b);

	assert_string_equal(one, two);
	free(one);
	free(two);
}

// clang-format off
static const struct whole {
	const char *name;
	struct identity_wish wish;
} wholes[] = {
	{"a domain", {.id = "example.com"}},
	{"S3-15 an address", {.id = "alice@example.com"}},
	{"S0-1 S0-11 a gateway of a tenant", {.id = "example.com/gateway", .role = IDENTITY_GATEWAY, .tenant = "acme", .environment = "production"}},
	{"S2-18 two selectors", {.id = "example.com", .scheme = IDENTITY_CNAME2, .host_zone = "h.example.net"}},
	{"S3-16 the MX of MAIL FROM is a host of its own", {.id = "example.com", .mail_from = "m.example.com", .site = "mx.example.com"}},
	{"S3-26 three tokens", {.id = "example.com", .scheme = IDENTITY_CNAME3, .host_zone = "h.example.net", .mail_from = "m.example.com", .site = "tokyo", .mx_failure = MX_FAILURE_REJECT}},
	{"Ed25519", {.id = "example.com", .algorithm = IDENTITY_ED25519, .rotate_every = 86400 * 90, .overlap = 5}},
	{"keys of others", {.id = "example.com", .scheme = IDENTITY_EXTERNAL, .provider = "microsoft"}},
	{"a request", {.id = "example.com", .needs_approval = true, .enabled = true, .publishes = true}},
};
// clang-format on

static void run_whole(const void *row)
{
	const struct whole *w = row;
	struct identity identity, again, copy;
	struct arena arena, other;

	make(&arena, &w->wish, &identity);
	identity.trouble = "a \"quoted\" \\ text, 日本語";
	identity.slots[0].record = identity.slots[0].state == SLOT_EMPTY ? "" : "v=DKIM1; p=AAAA";
	identity.slots[0].key = UINT32_MAX;
	identity.slots[0].last_signed = NOW - 5;
	identity.slots[0].last_verified = NOW - 4;
	char *text = print(&identity);

	arena_init(&other, 1 << 20);
	assert_int_equal(identity_read_json(&other, str_c(text), &again), INKAN_OK);
	assert_same(&identity, &again);
	assert_string_equal(again.trouble, identity.trouble);
	assert_true(again.checked == UNIX_TIME_NONE && again.slots[0].key == UINT32_MAX);
	assert_int_equal(identity_copy(&other, &identity, &copy), INKAN_OK);
	assert_ptr_not_equal(copy.id, identity.id);
	assert_same(&identity, &copy);
	arena_release(&arena); /* nothing of what was read or copied lives there */
	char *last = print(&copy);

	assert_string_equal(last, text);
	free(last);
	free(text);
	arena_release(&other);
}

/* The JSON of an identity in which one part is exchanged. */
// clang-format off
static const struct change {
	const char *name, *from, *to;
	bool good;
} changes[] = {
	{"nothing", "", "", true},
	{"a member that nobody knows", "{\"version\"", "{\"later\":[1,{}],\"version\"", true},
	{"a member of a slot that nobody knows", "\"state\":\"empty\"", "\"later\":1,\"state\":\"empty\"", true},
	{"blanks", ",\"domain\"", " ,\n \"domain\"", true},
	{"another version", "\"version\":1", "\"version\":2", false},
	{"no version", "\"version\":1,", "", false},
	{"a version that is a text", "\"version\":1", "\"version\":\"1\"", false},
	{"no id", "\"id\":\"alice@example.com/x\",", "", false},
	{"an id of another domain", "\"id\":\"alice@example.com/x\"", "\"id\":\"alice@example.org/x\"", false},
	{"an id of another name", "\"id\":\"alice@example.com/x\"", "\"id\":\"alice@example.com/y\"", false},
	{"an id without its name", "\"id\":\"alice@example.com/x\"", "\"id\":\"alice@example.com\"", false},
	{"an address of another", "\"address\":\"alice@", "\"address\":\"bob00@", false},
	{"a domain that is none", "\"domain\":\"example.com\"", "\"domain\":\"exam ple.com\"", false},
	{"an empty domain", "\"domain\":\"example.com\"", "\"domain\":\"\"", false},
	{"a member twice", "\"domain\"", "\"domain\":\"example.com\",\"domain\"", false},
	{"a NUL in a text", "\"tenant\":\"\"", "\"tenant\":\"a\\u0000b\"", false},
	{"a state that nobody knows", "\"state\":\"not-started\"", "\"state\":\"done\"", false},
	{"a state that is a number", "\"state\":\"not-started\"", "\"state\":1", false},
	{"a flag that is a number", "\"enabled\":false", "\"enabled\":0", false},
	{"a time that is a text", "\"created\":1795320000", "\"created\":\"now\"", false},
	{"a time with a fraction", "\"created\":1795320000", "\"created\":1795320000.5", false},
	{"the last time there is", "\"created\":1795320000", "\"created\":1125899906842624", true},
	{"a time beyond", "\"created\":1795320000", "\"created\":1125899906842625", false},
	{"a state since no time", "\"state_since\":1795320000", "\"state_since\":null", false},
	{"written before there was a time of valid signatures", ",\"last_verified\":null", "", true},
	{"a time of valid signatures that is a text", "\"last_verified\":null", "\"last_verified\":\"now\"", false},
	{"no time of signatures made", ",\"last_signed\":null", "", false},
	{"the longest overlap", "\"overlap\":604800", "\"overlap\":315360000", true},
	{"a longer overlap", "\"overlap\":604800", "\"overlap\":315360001", false},
	{"a negative overlap", "\"overlap\":604800", "\"overlap\":-1", false},
	{"the largest number of a key", "\"key\":0", "\"key\":4294967295", true},
	{"a larger number of a key", "\"key\":0", "\"key\":4294967296", false},
	{"no slots", "\"slots\":[", "\"slots\":[],\"others\":[", false},
	{"slots that are no list", "\"slots\":[", "\"slots\":{},\"others\":[", false},
	{"a slot that is none", "\"slots\":[", "\"slots\":[1,", false},
	{"a third slot of TXT", "\"slots\":[", "\"slots\":[" "{\"state\":\"empty\",\"selector\":\"\",\"target\":\"\",\"key\":0,\"record\":\"\",\"bits\":0,"
	 "\"algorithm\":\"rsa\",\"since\":null,\"made\":null,\"published\":null,\"first_seen\":null,\"last_shown\":null,\"last_seen\":null,\"last_signed\":null},", false},
	{"a slot in use without a selector", "\"state\":\"empty\",\"selector\":\"s20261122\"", "\"state\":\"active\",\"selector\":\"\"", false},
	{"a selector that is none", "\"selector\":\"s20261122\"", "\"selector\":\"a b\"", false},
	{"an active slot", "\"state\":\"empty\",\"selector\":\"s20261122\"", "\"state\":\"active\",\"selector\":\"s20261122\"", true},
	{"a scheme that needs aliases", "\"scheme\":\"txt\"", "\"scheme\":\"cname2\"", false},
	{"a MAIL FROM domain without a state", "\"mail_from\":\"\"", "\"mail_from\":\"m.example.com\"", false},
	{"cut off", "\"slots\":[", "", false},
};
// clang-format on

static void exchange(const char *text, const struct change *c, struct buf *out)
{
	struct str whole = str_c(text);
	size_t at = str_search(whole, str_c(c->from));

	assert_true(at < whole.n);
	buf_put(out, str_head(whole, at));
	buf_put_c(out, c->to);
	buf_put(out, str_skip(whole, at + strlen(c->from)));
}

static void run_change(const void *row)
{
	const struct identity_wish wish = {.id = "alice@example.com/x"};
	const struct change *c = row;
	struct identity identity, again;
	struct arena arena;
	struct buf changed;

	make(&arena, &wish, &identity);
	char *text = print(&identity);

	buf_init(&changed, 1 << 20);
	exchange(text, c, &changed);
	assert_int_equal(identity_read_json(&arena, buf_str(&changed), &again), c->good ? INKAN_OK : INKAN_ESYNTAX);
	buf_release(&changed);
	free(text);
	arena_release(&arena);
}

static void run_cut(const void *row)
{
	const struct identity_wish wish = {
		.id = "example.com", .scheme = IDENTITY_CNAME3, .host_zone = "h.example.net"};
	struct identity identity, again;
	struct arena arena;

	(void)row;
	make(&arena, &wish, &identity);
	char *text = print(&identity);

	for (size_t n = 0; n < strlen(text); n++)
		assert_int_equal(identity_read_json(&arena, str_from(text, n), &again), INKAN_ESYNTAX);
	free(text);
	arena_release(&arena);
}

/* The largest JSON, and one octet more. */
static void run_size(const void *row)
{
	const struct identity_wish wish = {.id = "example.com"};
	struct identity identity, again;
	struct arena arena;
	struct buf padded;

	(void)row;
	make(&arena, &wish, &identity);
	char *text = print(&identity);

	buf_init(&padded, IDENTITY_JSON_MAX + 1);
	buf_put_c(&padded, text);
	while (padded.n < IDENTITY_JSON_MAX)
		buf_put_char(&padded, ' ');
	assert_int_equal(identity_read_json(&arena, buf_str(&padded), &again), INKAN_OK);
	buf_put_char(&padded, ' ');
	assert_int_equal(identity_read_json(&arena, buf_str(&padded), &again), INKAN_ESYNTAX);
	buf_release(&padded);
	free(text);
	arena_release(&arena);
}

/* Texts that are too long: troubles are cut, the rest is refused. */
static void run_long(const void *row)
{
	const struct identity_wish wish = {.id = "example.com"};
	struct identity identity, again;
	struct arena arena;
	struct buf out;
	char longest[IDENTITY_RECORD_MAX + 2];

	(void)row;
	make(&arena, &wish, &identity);
	memset(longest, '\xff', sizeof longest);
	longest[sizeof longest - 1] = '\0';
	identity.trouble = longest;
	char *text = print(&identity);

	assert_int_equal(identity_read_json(&arena, str_c(text), &again), INKAN_OK);
	assert_int_equal(strlen(again.trouble), 3 * IDENTITY_TROUBLE_MAX);
	free(text);
	identity.trouble = "";
	memset(longest, 'A', sizeof longest - 1);
	identity.slots[0].record = longest + 1;
	text = print(&identity);
	assert_int_equal(identity_read_json(&arena, str_c(text), &again), INKAN_OK);
	free(text);
	identity.slots[0].record = longest;
	buf_init(&out, 1 << 20);
	assert_int_equal(identity_print_json(&identity, &out), INKAN_ELIMIT);
	buf_release(&out);
	arena_release(&arena);
}

int main(void)
{
	struct test_list list = {0};

	TEST_TABLE(&list, wholes, run_whole);
	TEST_TABLE(&list, changes, run_change);
	test_add(&list, "cut off anywhere", run_cut, NULL);
	test_add(&list, "the largest JSON, and one octet more", run_size, NULL);
	test_add(&list, "texts that are too long", run_long, NULL);
	return test_run(&list, "identity/json");
}

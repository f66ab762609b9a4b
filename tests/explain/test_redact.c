/* Tokens instead of names: in addresses, in running text, in lists; nothing of what is hidden is left. */
#include <stdlib.h>

#include "core/arena.h"
#include "explain/redact.h"
#include "support/case.h"

static struct crypto *crypto;
static struct digest *digest;

/* "#" and ten hexadecimal digits become "T". */
static void mask(char *text)
{
	char *to = text;

	while (*text)
		if (*text == '#' && strspn(text + 1, "0123456789abcdef") >= REDACT_HEX_DIGITS) {
			*to++ = 'T';
			text += 1 + REDACT_HEX_DIGITS;
		} else {
			*to++ = *text++;
		}
	*to = '\0';
}

static const struct row {
	const char *name, *text, *want;
} rows[] = {
	{"no address", "dkim=pass header.d=example.com", "dkim=pass header.d=example.com"},
	{"an address", "from alice@example.com to", "from T@example.com to"},
	{"in angle brackets", "<alice@example.com>,<bob@example.com>", "<T@example.com>,<T@example.com>"},
	{"a property", "spf=pass smtp.mailfrom=alice@example.com;", "spf=pass smtp.mailfrom=T@example.com;"},
	{"a local part with =", "smtp.mailfrom=bounce+alice=example.org@list.example", "smtp.mailfrom=T@list.example"},
	{"a local part with = outside a property", "domain of alice=example.org@list.example designates",
         "domain of T@list.example designates"},
	{"a quoted local part", "header.i=\"alice secret\"@example.com x", "header.i=T@example.com x"},
	{"a quoted address", "smtp.mailfrom=\"alice secret@example.com\"; x", "smtp.mailfrom=T@example.com; x"},
	{"quotes inside quotes", "header.i=\"a\\\"lice; secret\"@example.com", "header.i=T@example.com"},
	{"a quote that never ends", "a \"alice @example.com", "a T@example.com"},
	{"several @", "a@b@example.com", "T@example.com"},
	{"no local part", "header.i=@example.com", "header.i=@example.com"},
	{"in a comment", "(sender alice@example.com)", "(sender T@example.com)"},
	{"only @", "@", "@"},
	{"empty", "", ""},
};

static void run_row(const void *p)
{
	const struct row *row = p;
	struct buf out;

	buf_init(&out, 1000);
	redact_addresses(&out, digest, str_c(row->text));
	buf_put_char(&out, '\0');
	mask(out.p);
	assert_string_equal(out.p, row->want);
	buf_release(&out);
}

static const struct row lists[] = {
	{"list: name and address", "Alice Secret <alice@example.com>", "T <T@example.com>"},
	{"list: several", "alice@example.com, \"B\" <b@example.org>", "<T@example.com>, T <T@example.org>"},
	{"list: a group", "Team: alice@example.com;", "<T@example.com>"},
	{"list: a comment", "alice@example.com (Alice Secret)", "<T@example.com>"},
	{"list: no address at all", "Alice Secret", "T"},
	{"list: empty", "", ""},
};

static void run_list(const void *p)
{
	const struct row *row = p;
	struct arena arena;
	struct buf out;

	arena_init(&arena, 1000000);
	buf_init(&out, 1000);
	redact_mailboxes(&out, digest, &arena, str_c(row->text));
	buf_put_char(&out, '\0');
	mask(out.p);
	assert_string_equal(out.p, row->want);
	buf_release(&out);
	arena_release(&arena);
}

static void run_tokens(const void *row)
{
	struct buf a, b;

	(void)row;
	buf_init(&a, 100);
	buf_init(&b, 100);
	redact_token(&a, digest, STR("abc"));
	assert_true(str_eq(buf_str(&a), STR("#ba7816bf8f"))); /* SHA-256 of "abc" in FIPS 180-2 */
	redact_address(&b, digest, STR("abc@example.com"));
	assert_true(str_eq(buf_str(&b), STR("#ba7816bf8f@example.com")));
	buf_clear(&b);
	redact_token(&b, digest, STR("abd"));
	assert_false(str_eq(buf_str(&a), buf_str(&b)));
	buf_release(&a);
	buf_release(&b);
}

int main(void)
{
	struct test_list list = {0};

	if (crypto_new(&crypto) != INKAN_OK || digest_new(crypto, &digest) != INKAN_OK)
		return 1;
	TEST_TABLE(&list, rows, run_row);
	TEST_TABLE(&list, lists, run_list);
	test_add(&list, "the same text gives the same token", run_tokens, NULL);
	int failed = test_run(&list, "explain/redact");

	digest_free(digest);
	crypto_free(crypto);
	return failed;
}

#include <openssl/err.h>

#include "core/base64.h"
#include "crypto/crypto.h"
#include "support/alloc.h"
#include "support/case.h"

static struct crypto *crypto;

static void assert_hex(const struct digest_value *value, const char *want)
{
	struct buf hex;

	buf_init(&hex, 2 * DIGEST_SIZE_MAX + 1);
	hex_encode(&hex, value->octets, value->n);
	buf_put_char(&hex, '\0');
	assert_int_equal(buf_error(&hex), INKAN_OK);
	assert_string_equal(hex.p, want);
	buf_release(&hex);
}

static const struct vector {
	const char *name;
	enum digest_kind kind;
	const char *unit; /* digested `times` times over */
	size_t times;
	const char *want;
} vectors[] = {
	{"FIPS 180: SHA-256 of nothing", DIGEST_SHA256, "", 1,
         "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"},
	{"FIPS 180: SHA-256 of abc", DIGEST_SHA256, "abc", 1,
         "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"},
	{"FIPS 180: SHA-256 of two blocks", DIGEST_SHA256, "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
         1, "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"},
	{"FIPS 180: SHA-256 of a million a", DIGEST_SHA256, "a", 1000000,
         "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0"},
	{"FIPS 180: SHA-1 of nothing", DIGEST_SHA1, "", 1, "da39a3ee5e6b4b0d3255bfef95601890afd80709"},
	{"FIPS 180: SHA-1 of abc", DIGEST_SHA1, "abc", 1, "a9993e364706816aba3e25717850c26c9cd0d89d"},
	{"FIPS 180: SHA-1 of two blocks", DIGEST_SHA1, "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq", 1,
         "84983e441c3bd26ebaae4aa1f95129e5e54670f1"},
	{"FIPS 180: SHA-1 of a million a", DIGEST_SHA1, "a", 1000000, "34aa973cd4c4daa4f61eeb2bdbad27316534016f"},
};

static void run_vector(const void *row)
{
	const struct vector *r = row;
	struct digest *d;
	struct digest_value value;

	assert_int_equal(digest_new(crypto, &d), INKAN_OK);
	digest_start(d, r->kind);
	for (size_t i = 0; i < r->times; i++)
		digest_update(d, str_c(r->unit));
	assert_int_equal(digest_finish(d, &value), INKAN_OK);
	assert_hex(&value, r->want);
	assert_int_equal(ERR_peek_error(), 0);
	digest_free(d);
}

static const struct body {
	const char *name;
	const char *body;
	const char *want;
} bodies[] = {
	{"RULES V20: empty body, simple, is one CRLF", "\r\n", "frcCV1k9oG9oKj3dpUqdJg1PxRT2RSN/XKdLCPjaYaY="},
	{"RULES V21: empty body, relaxed, is nothing", "", "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU="},
};

static void run_body(const void *row)
{
	const struct body *r = row;
	struct digest *d;
	struct digest_value value;
	struct buf text;

	assert_int_equal(digest_new(crypto, &d), INKAN_OK);
	digest_start(d, DIGEST_SHA256);
	digest_update(d, str_c(r->body));
	assert_int_equal(digest_finish(d, &value), INKAN_OK);
	buf_init(&text, 100);
	base64_encode(&text, value.octets, value.n);
	assert_true(str_eq(buf_str(&text), str_c(r->want)));
	buf_release(&text);
	digest_free(d);
}

/* Any chunking gives the same digest, and one object serves both kinds in turn. */
static void run_chunks(const void *row)
{
	enum { SIZE = 1000 };
	char text[SIZE];
	uint64_t state = 1;
	struct digest *d;
	struct digest_value whole[2], value;

	(void)row;
	for (size_t i = 0; i < SIZE; i++)
		text[i] = (char)(i * 7);
	assert_int_equal(digest_new(crypto, &d), INKAN_OK);
	for (int kind = 0; kind < 2; kind++) {
		digest_start(d, (enum digest_kind)kind);
		digest_update(d, str_from(text, SIZE));
		assert_int_equal(digest_finish(d, &whole[kind]), INKAN_OK);
	}
	for (int round = 0; round < 500; round++) {
		struct str rest = str_from(text, SIZE);
		int kind = round & 1;

		digest_start(d, (enum digest_kind)kind);
		while (rest.n) {
			state = state * 6364136223846793005u + 1442695040888963407u;
			size_t n = state >> 33 & 127;

			digest_update(d, str_head(rest, n));
			rest = str_skip(rest, n);
		}
		assert_int_equal(digest_finish(d, &value), INKAN_OK);
		assert_true(digest_value_eq(&value, &whole[kind]));
	}
	assert_false(digest_value_eq(&whole[0], &whole[1]));
	digest_free(d);
}

static void run_order(const void *row)
{
	struct digest *d;
	struct digest_value value = {.n = 7};

	(void)row;
	assert_int_equal(digest_new(crypto, &d), INKAN_OK);
	assert_int_equal(digest_finish(d, &value), INKAN_EUSAGE);
	digest_update(d, STR("x"));
	assert_int_equal(digest_finish(d, &value), INKAN_EUSAGE);
	digest_start(d, DIGEST_SHA256);
	digest_start(d, DIGEST_SHA256); /* a computation left unfinished leaves nothing behind */
	digest_update(d, STR("abc"));
	assert_int_equal(digest_finish(d, &value), INKAN_OK);
	assert_hex(&value, vectors[1].want);
	assert_int_equal(digest_finish(d, &value), INKAN_EUSAGE);
	digest_free(d);
	digest_free(NULL);
}

static void run_no_memory(const void *row)
{
	(void)row;
	for (size_t n = 1;; n++) {
		struct crypto *c = NULL;
		struct digest *d = NULL;

		alloc_fail_at(n);
		int error = crypto_new(&c);

		if (!error)
			error = digest_new(c, &d);
		bool reached = alloc_count() >= n;

		alloc_fail_at(0);
		assert_int_equal(error, reached ? INKAN_ENOMEM : INKAN_OK);
		digest_free(d);
		crypto_free(c);
		if (!reached)
			break;
		assert_true(n < 10);
	}
}

/* A copy goes its own way; the original goes on. */
static void run_copy(const void *row)
{
	struct digest *a, *b;
	struct digest_value value;

	(void)row;
	assert_int_equal(digest_new(crypto, &a), INKAN_OK);
	assert_int_equal(digest_new(crypto, &b), INKAN_OK);
	digest_copy(b, a); /* of one that has not started */
	assert_int_equal(digest_finish(b, &value), INKAN_EUSAGE);
	digest_start(a, DIGEST_SHA256);
	digest_update(a, STR("a"));
	for (int i = 0; i < 2; i++) {
		digest_copy(b, a);
		digest_update(b, STR("bc"));
		assert_int_equal(digest_finish(b, &value), INKAN_OK);
		assert_hex(&value, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
	}
	digest_update(a, STR("bc"));
	assert_int_equal(digest_finish(a, &value), INKAN_OK);
	assert_hex(&value, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
	digest_free(a);
	digest_free(b);
}

int main(void)
{
	struct test_list list = {0};

	if (crypto_new(&crypto))
		return 2;
	TEST_TABLE(&list, vectors, run_vector);
	TEST_TABLE(&list, bodies, run_body);
	test_add(&list, "any chunking gives the same digest", run_chunks, NULL);
	test_add(&list, "finish without start", run_order, NULL);
	test_add(&list, "a copy goes its own way", run_copy, NULL);
	test_add(&list, "out of memory", run_no_memory, NULL);
	int failed = test_run(&list, "crypto/digest");

	crypto_free(crypto);
	return failed;
}

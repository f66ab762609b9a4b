/* Body hashes, each once (RFC 6376 sections 3.4.3 to 3.4.5; RULES V20, V21, V30). */
#include "sig/body_hash.h"

#include "core/base64.h"
#include "support/alloc.h"
#include "support/case.h"
#include "support/random.h"

static struct crypto *crypto;

static struct body_hashes *new_hashes(void)
{
	struct body_hashes *b;

	assert_int_equal(body_hashes_new(crypto, &b), INKAN_OK);
	body_hashes_start(b);
	return b;
}

static size_t need(struct body_hashes *b, struct body_hash_need n)
{
	size_t index;

	assert_int_equal(body_hashes_need(b, n, &index), INKAN_OK);
	return index;
}

static void assert_value(const struct body_hashes *b, size_t index, const char *want)
{
	const struct digest_value *value = body_hashes_value(b, index);
	struct buf text;

	buf_init(&text, 100);
	base64_encode(&text, value->octets, value->n);
	if (!str_eq(buf_str(&text), str_c(want)))
		fail_msg("%.*s", STR_ARG(buf_str(&text)));
	buf_release(&text);
}

/* Hashes of the canonical octets, computed by openssl dgst. */
static const struct row {
	const char *name;
	const char *body;
	struct body_hash_need need;
	const char *want;
	uint64_t size;
} rows[] = {
	{"V20 no body, simple: one CRLF",
         "",
         {DIGEST_SHA256, CANON_SIMPLE, false, 0},
         "frcCV1k9oG9oKj3dpUqdJg1PxRT2RSN/XKdLCPjaYaY=",
         2},
	{"V20 empty lines, simple: one CRLF",
         "\r\n\r\n\r\n",
         {DIGEST_SHA256, CANON_SIMPLE, false, 0},
         "frcCV1k9oG9oKj3dpUqdJg1PxRT2RSN/XKdLCPjaYaY=",
         2},
	{"V21 no body, relaxed: nothing",
         "",
         {DIGEST_SHA256, CANON_RELAXED, false, 0},
         "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=",
         0},
	{"V21 lines of white space, relaxed: nothing",
         " \r\n\t\r\n \t",
         {DIGEST_SHA256, CANON_RELAXED, false, 0},
         "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=",
         0},
	{"V30 no body, simple, SHA-1", "", {DIGEST_SHA1, CANON_SIMPLE, false, 0}, "uoq1oCgLlTqpdDX/iUbLy7J1Wic=", 2},
	{"V30 no body, relaxed, SHA-1", "", {DIGEST_SHA1, CANON_RELAXED, false, 0}, "2jmj7l5rSw0yVb/vlWAYkK/YBwk=", 0},
	{"V9 the first 3 octets",
         "abcdef\r\n",
         {DIGEST_SHA256, CANON_SIMPLE, true, 3},
         "ungWv48Bz+pBQUDeXa4iI7ADYaOWF3qctBD/YfIAFa0=",
         8},
	{"V9 the first 3 canonical octets",
         "ab  \r\nc",
         {DIGEST_SHA256, CANON_RELAXED, true, 3},
         "hXX+YFi9rlNnlpEXcrZuB/kwAOELiLDCSz5S1NHYsZU=",
         7},
	{"V9 no octet at all",
         "abcdef\r\n",
         {DIGEST_SHA256, CANON_SIMPLE, true, 0},
         "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=",
         8},
	{"V9 more octets than there are",
         "abc",
         {DIGEST_SHA256, CANON_SIMPLE, true, UINT64_MAX},
         "VSuraGTHp7aaUC7RhUuSRcDhow8AiqoLKB2mJYX9sCU=",
         5},
};

static void run_row(const void *row)
{
	const struct row *r = row;
	struct body_hashes *b = new_hashes();
	size_t index = need(b, r->need);

	body_hashes_feed(b, str_c(r->body));
	assert_int_equal(body_hashes_finish(b), INKAN_OK);
	assert_value(b, index, r->want);
	assert_int_equal(body_hashes_size(b, index), r->size);
	body_hashes_free(b);
}

static void run_shared(const void *row)
{
	struct body_hashes *b = new_hashes();
	size_t plain = need(b, (struct body_hash_need){DIGEST_SHA256, CANON_RELAXED, false, 0});

	(void)row;
	assert_int_equal(need(b, (struct body_hash_need){DIGEST_SHA256, CANON_RELAXED, false, 0}), plain);
	assert_int_equal(need(b, (struct body_hash_need){DIGEST_SHA256, CANON_RELAXED, false, 7}),
	                 plain); /* not meant */
	size_t others[] = {need(b, (struct body_hash_need){DIGEST_SHA1, CANON_RELAXED, false, 0}),
	                   need(b, (struct body_hash_need){DIGEST_SHA256, CANON_SIMPLE, false, 0}),
	                   need(b, (struct body_hash_need){DIGEST_SHA256, CANON_RELAXED, true, 0}),
	                   need(b, (struct body_hash_need){DIGEST_SHA256, CANON_RELAXED, true, 7})};

	for (size_t i = 0; i < 4; i++) {
		assert_int_not_equal(others[i], plain);
		for (size_t k = 0; k < i; k++)
			assert_int_not_equal(others[i], others[k]);
	}
	assert_int_equal(need(b, (struct body_hash_need){DIGEST_SHA256, CANON_RELAXED, true, 7}), others[3]);
	body_hashes_free(b);
	body_hashes_free(NULL);
}

static void run_limit(const void *row)
{
	struct body_hashes *b = new_hashes();
	size_t index;

	(void)row;
	for (int round = 0; round < 2; round++) { /* the second message finds its hashers ready */
		body_hashes_start(b);
		for (uint64_t i = 0; i < BODY_HASHES_MAX; i++)
			assert_int_equal(need(b, (struct body_hash_need){DIGEST_SHA256, CANON_SIMPLE, true, i}), i);
		assert_int_equal(
			body_hashes_need(b, (struct body_hash_need){DIGEST_SHA256, CANON_SIMPLE, true, 999}, &index),
			INKAN_ELIMIT);
		assert_int_equal(need(b, (struct body_hash_need){DIGEST_SHA256, CANON_SIMPLE, true, 5}), 5);
		body_hashes_feed(b, STR("abc\r\n"));
		assert_int_equal(body_hashes_finish(b), INKAN_OK);
		assert_value(b, 3, "ungWv48Bz+pBQUDeXa4iI7ADYaOWF3qctBD/YfIAFa0=");
		assert_value(b, 0, "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=");
	}
	body_hashes_free(b);
}

/* Any chunking, several needs at once: the same as each need by itself over the whole. */
static void run_chunks(const void *row)
{
	static const char alphabet[] = "ab \t\r\n\r\n";
	static const struct body_hash_need needs[] = {
		{DIGEST_SHA256, CANON_SIMPLE, false, 0}, {DIGEST_SHA256, CANON_RELAXED, false, 0},
		{DIGEST_SHA1, CANON_RELAXED, false, 0},  {DIGEST_SHA256, CANON_RELAXED, true, 10},
		{DIGEST_SHA256, CANON_SIMPLE, true, 10}, {DIGEST_SHA256, CANON_SIMPLE, true, 0}};
	enum { NEEDS = sizeof needs / sizeof *needs };
	struct body_hashes *together = new_hashes(), *alone = new_hashes();
	struct random random = {7};

	(void)row;
	for (int round = 0; round < 500; round++) {
		char body[100];
		size_t size = random_below(&random, sizeof body), indices[NEEDS];

		for (size_t i = 0; i < size; i++)
			body[i] = alphabet[random_below(&random, sizeof alphabet - 1)];
		body_hashes_start(together);
		for (size_t i = 0; i < NEEDS; i++)
			indices[i] = need(together, needs[i]);
		for (struct str rest = str_from(body, size); rest.n;) {
			struct str chunk = str_head(rest, random_below(&random, 9));

			body_hashes_feed(together, chunk);
			rest = str_skip(rest, chunk.n);
		}
		assert_int_equal(body_hashes_finish(together), INKAN_OK);
		for (size_t i = 0; i < NEEDS; i++) {
			body_hashes_start(alone);
			size_t index = need(alone, needs[i]);

			body_hashes_feed(alone, str_from(body, size));
			assert_int_equal(body_hashes_finish(alone), INKAN_OK);
			assert_true(digest_value_eq(body_hashes_value(alone, index),
			                            body_hashes_value(together, indices[i])));
			assert_int_equal(body_hashes_size(alone, index), body_hashes_size(together, indices[i]));
		}
	}
	body_hashes_free(together);
	body_hashes_free(alone);
}

/* A message that was left in the middle leaves nothing to the next. */
static void run_abandoned(const void *row)
{
	struct body_hashes *b = new_hashes();

	(void)row;
	(void)need(b, (struct body_hash_need){DIGEST_SHA1, CANON_SIMPLE, false, 0});
	(void)need(b, (struct body_hash_need){DIGEST_SHA256, CANON_RELAXED, false, 0});
	body_hashes_feed(b, STR("something \r"));
	body_hashes_start(b);
	size_t index = need(b, (struct body_hash_need){DIGEST_SHA256, CANON_RELAXED, false, 0});

	assert_int_equal(body_hashes_finish(b), INKAN_OK);
	assert_value(b, index, "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=");
	body_hashes_free(b);
}

static void run_no_memory(const void *row)
{
	bool reached = true;

	(void)row;
	for (size_t n = 1; reached; n++) {
		struct body_hashes *b = NULL;
		size_t index;

		alloc_fail_at(n);
		int error = body_hashes_new(crypto, &b);

		if (!error)
			body_hashes_start(b);
		for (uint64_t i = 0; i < 3 && !error; i++)
			error = body_hashes_need(b, (struct body_hash_need){DIGEST_SHA256, CANON_SIMPLE, true, i},
			                         &index);
		reached = alloc_count() >= n;
		alloc_fail_at(0);
		assert_int_equal(error, reached ? INKAN_ENOMEM : INKAN_OK);
		body_hashes_free(b);
		assert_true(n < 20);
	}
}

int main(void)
{
	struct test_list list = {0};

	if (crypto_new(&crypto))
		return 2;
	TEST_TABLE(&list, rows, run_row);
	test_add(&list, "V30 equal needs share a hash", run_shared, NULL);
	test_add(&list, "128 needs, not 129", run_limit, NULL);
	test_add(&list, "V30 together and in chunks as alone and whole", run_chunks, NULL);
	test_add(&list, "a body left in the middle", run_abandoned, NULL);
	test_add(&list, "out of memory", run_no_memory, NULL);
	int failed = test_run(&list, "sig/body_hash");

	crypto_free(crypto);
	return failed;
}

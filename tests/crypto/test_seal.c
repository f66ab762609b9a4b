#include "crypto/seal.h"

#include <sodium.h>

#include "crypto/fixture.h"
#include "support/alloc.h"

static unsigned char public_key[SEAL_KEY_SIZE], secret_key[SEAL_KEY_SIZE];
static const unsigned char ephemeral[32] = {7, 6, 5};

static void make_keys(unsigned char first, unsigned char *public_out, unsigned char *secret_out)
{
	unsigned char seed[SEAL_KEY_SIZE] = {first};

	assert_int_equal(seal_keys(seed, public_out, secret_out), INKAN_OK);
}

static struct buf sealed_text(struct str context, struct str octets)
{
	struct buf out;

	buf_init(&out, SEAL_SIZE_MAX + SEAL_OVERHEAD);
	assert_int_equal(seal_close(public_key, ephemeral, context, octets, &out), INKAN_OK);
	assert_int_equal(out.n, octets.n + SEAL_OVERHEAD);
	return out;
}

static int open_into(struct buf *out, struct str context, struct str sealed)
{
	buf_init(out, SEAL_SIZE_MAX);
	return seal_open(public_key, secret_key, context, sealed, out);
}

/* ---- what is sealed is opened ---- */

static const struct size {
	const char *name;
	size_t n;
	int want;
} sizes[] = {
	{"no octets", 0, INKAN_OK},
	{"one octet", 1, INKAN_OK},
	{"a key", 1700, INKAN_OK},
	{"as many as may be sealed", SEAL_SIZE_MAX, INKAN_OK},
	{"one more than may be sealed", SEAL_SIZE_MAX + 1, INKAN_ELIMIT},
};

static void run_size(const void *row)
{
	const struct size *r = row;
	char *octets = malloc(r->n ? r->n : 1);
	struct buf sealed, opened;

	assert_non_null(octets);
	memset(octets, 'k', r->n);
	buf_init(&sealed, 2 * SEAL_SIZE_MAX);
	assert_int_equal(seal_close(public_key, ephemeral, STR("7"), str_from(octets, r->n), &sealed), r->want);
	assert_int_equal(sealed.n, r->want ? 0 : r->n + SEAL_OVERHEAD);
	if (!r->want) {
		assert_int_equal(open_into(&opened, STR("7"), buf_str(&sealed)), INKAN_OK);
		assert_true(str_eq(buf_str(&opened), str_from(octets, r->n)));
		buf_release(&opened);
	}
	buf_release(&sealed);
	free(octets);
}

/* What is there already stays. */
static void run_added(const void *row)
{
	struct buf sealed, opened;

	(void)row;
	buf_init(&sealed, 1000);
	buf_put_c(&sealed, "before");
	assert_int_equal(seal_close(public_key, ephemeral, STR("7"), STR("secret"), &sealed), INKAN_OK);
	buf_init(&opened, 1000);
	buf_put_c(&opened, "before");
	assert_int_equal(seal_open(public_key, secret_key, STR("7"), str_skip(buf_str(&sealed), 6), &opened), INKAN_OK);
	assert_true(str_eq(buf_str(&opened), STR("beforesecret")));
	buf_release(&opened);
	buf_release(&sealed);
}

/* ---- what is not as it was sealed is refused ---- */

static void refuse(const unsigned char *public_half, const unsigned char *secret_half, struct str context,
                   struct str sealed)
{
	struct buf out;

	buf_init(&out, SEAL_SIZE_MAX);
	assert_int_equal(seal_open(public_half, secret_half, context, sealed, &out), INKAN_EREFUSED);
	assert_int_equal(out.n, 0);
	buf_release(&out);
}

static void run_bits(const void *row)
{
	struct buf sealed = sealed_text(STR("12"), STR("a private key"));

	(void)row;
	for (size_t bit = 0; bit < 8 * sealed.n; bit++) {
		/* X25519 leaves the highest bit of a public key out, yet the nonce has it */
		sealed.p[bit / 8] ^= (char)(1 << bit % 8);
		refuse(public_key, secret_key, STR("12"), buf_str(&sealed));
		sealed.p[bit / 8] ^= (char)(1 << bit % 8);
	}
	buf_release(&sealed);
}

static void run_cut(const void *row)
{
	struct buf sealed = sealed_text(STR("12"), STR("a private key"));

	(void)row;
	for (size_t n = 0; n < sealed.n; n++) {
		char *exact = malloc(n ? n : 1);

		assert_non_null(exact);
		memcpy(exact, sealed.p, n);
		refuse(public_key, secret_key, STR("12"), str_from(exact, n));
		free(exact);
	}
	buf_put_char(&sealed, '\0');
	refuse(public_key, secret_key, STR("12"), buf_str(&sealed));
	buf_release(&sealed);
}

static const struct context {
	const char *name;
	struct str sealed, opened;
} contexts[] = {
	{"another number", {"12", 2}, {"13", 2}},
	{"a longer number", {"12", 2}, {"123", 3}},
	{"a shorter number", {"12", 2}, {"1", 1}},
	{"no context", {"12", 2}, {"", 0}},
	{"a context where there was none", {NULL, 0}, {"12", 2}},
	{"a NUL behind it", {"12", 2}, {"12\0", 3}},
	{"context is not taken from the octets", {"1", 1}, {"12", 2}},
};

static void run_context(const void *row)
{
	const struct context *r = row;
	struct buf sealed = sealed_text(r->sealed, STR("2 a private key")), opened;

	refuse(public_key, secret_key, r->opened, buf_str(&sealed));
	assert_int_equal(open_into(&opened, r->sealed, buf_str(&sealed)), INKAN_OK);
	buf_release(&opened);
	buf_release(&sealed);
}

static void run_other_key(const void *row)
{
	struct buf sealed = sealed_text(STR("12"), STR("a private key"));
	unsigned char other_public[SEAL_KEY_SIZE], other_secret[SEAL_KEY_SIZE];

	(void)row;
	make_keys(2, other_public, other_secret);
	refuse(other_public, other_secret, STR("12"), buf_str(&sealed));
	refuse(public_key, other_secret, STR("12"), buf_str(&sealed));
	refuse(other_public, secret_key, STR("12"), buf_str(&sealed));
	buf_release(&sealed);
}

/* A public key of small order: everybody could open it. */
static void run_weak_key(const void *row)
{
	static const unsigned char zero[SEAL_KEY_SIZE];
	struct buf out;

	(void)row;
	buf_init(&out, 1000);
	assert_int_equal(seal_close(zero, ephemeral, STR("1"), STR("secret"), &out), INKAN_ECRYPTO);
	assert_int_equal(out.n, 0);
	buf_release(&out);
}

/* ---- as libsodium has it ---- */

static void run_opened_by_libsodium(const void *row)
{
	struct buf sealed = sealed_text(STR("12"), STR("a private key"));
	unsigned char opened[100], digest[32];

	(void)row;
	assert_int_equal(crypto_box_seal_open(opened, (unsigned char *)sealed.p, sealed.n, public_key, secret_key), 0);
	crypto_generichash(digest, sizeof(digest), (const unsigned char *)"12", 2, NULL, 0);
	assert_memory_equal(opened, digest, sizeof(digest));
	assert_memory_equal(opened + sizeof(digest), "a private key", 13);
	buf_release(&sealed);
}

static void run_sealed_by_libsodium(const void *row)
{
	unsigned char inside[38], sealed[38 + crypto_box_SEALBYTES];
	struct buf opened;

	(void)row;
	crypto_generichash(inside, 32, (const unsigned char *)"12", 2, NULL, 0);
	memcpy(inside + 32, "secret", 6);
	assert_int_equal(crypto_box_seal(sealed, inside, sizeof(inside), public_key), 0);
	assert_int_equal(open_into(&opened, STR("12"), str_from((char *)sealed, sizeof(sealed))), INKAN_OK);
	assert_true(str_eq(buf_str(&opened), STR("secret")));
	buf_release(&opened);
}

/* The form must not change: stores and backups hold it. */
static void run_known(const void *row)
{
	struct buf sealed = sealed_text(STR("12"), STR("a private key")), hex;

	(void)row;
	buf_init(&hex, 1000);
	hex_encode(&hex, (unsigned char *)sealed.p, sealed.n);
	buf_put_char(&hex, '\0');
	assert_string_equal(
		hex.p, "7a4e55a59edae44132065fec5d42da2dcecedefe866a3f556d0886313b03937c4d860a54ffbd86c790d2fe56275a8c"
		       "e1db4ad1b64c513c2ba0109b63afd00611b2cce19e77ddf19db2725ae7d4ef9ba2ff41d550dbd8797a249ad844fa");
	buf_release(&hex);
	buf_release(&sealed);
}

static void run_no_memory(const void *row)
{
	(void)row;
	for (size_t n = 1;; n++) {
		struct buf sealed;

		buf_init(&sealed, 1000);
		alloc_fail_at(n);
		int error = seal_close(public_key, ephemeral, STR("1"), STR("secret"), &sealed);
		bool reached = alloc_count() >= n;

		alloc_fail_at(0);
		buf_release(&sealed);
		if (!reached)
			break;
		assert_int_equal(error, INKAN_ENOMEM);
	}
}

/* A buffer that is too small is an error, and nothing is left in it. */
static void run_small(const void *row)
{
	struct buf sealed = sealed_text(STR("12"), STR("a private key")), out;

	(void)row;
	buf_init(&out, 12);
	assert_int_equal(seal_open(public_key, secret_key, STR("12"), buf_str(&sealed), &out), INKAN_ELIMIT);
	assert_int_equal(out.n, 0);
	buf_release(&out);
	buf_init(&out, 13 + SEAL_OVERHEAD - 1);
	assert_int_equal(seal_close(public_key, ephemeral, STR("12"), STR("a private key"), &out), INKAN_ELIMIT);
	buf_release(&out);
	buf_release(&sealed);
}

int main(void)
{
	struct test_list list = {0};

	if (crypto_new(&crypto))
		return 2;
	make_keys(1, public_key, secret_key);
	TEST_TABLE(&list, sizes, run_size);
	test_add(&list, "sealed and opened octets are added", run_added, NULL);
	test_add(&list, "every bit flipped is refused", run_bits, NULL);
	test_add(&list, "every cut is refused, and an octet more", run_cut, NULL);
	TEST_TABLE(&list, contexts, run_context);
	test_add(&list, "another key does not open it", run_other_key, NULL);
	test_add(&list, "a weak public key is not sealed to", run_weak_key, NULL);
	test_add(&list, "libsodium opens what we sealed", run_opened_by_libsodium, NULL);
	test_add(&list, "we open what libsodium sealed", run_sealed_by_libsodium, NULL);
	test_add(&list, "the sealed form is the known one", run_known, NULL);
	test_add(&list, "lack of memory", run_no_memory, NULL);
	test_add(&list, "a buffer without room", run_small, NULL);
	int failed = test_run(&list, "crypto/seal");

	crypto_free(crypto);
	return failed;
}

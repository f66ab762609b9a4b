/* Lack of memory inside OpenSSL: every allocation of the library fails in turn, beside our own. Whatever happens then,
 * a signature is never judged, and nothing is lost. */
#include <openssl/crypto.h>
#include <openssl/err.h>

#include "crypto/fixture.h"
#include "crypto/keys.h"
#include "support/alloc.h"

/* Called by the library; malloc and realloc are the counting ones here. */
static void *library_malloc(size_t n, const char *file, int line)
{
	(void)file;
	(void)line;
	return malloc(n);
}

static void *library_realloc(void *p, size_t n, const char *file, int line)
{
	(void)file;
	(void)line;
	return realloc(p, n);
}

static void library_free(void *p, const char *file, int line)
{
	(void)file;
	(void)line;
	free(p);
}

static struct digest_value digest = {.n = 32, .octets = {7}};

/* What a scenario found: an error code, or that all was as it should be. */
typedef int scenario_fn(void);

static unsigned char public_der[512];
static size_t public_size;
static unsigned char good[256], bad[256];
static size_t signature_size;

static int verify(const unsigned char *signature, bool want)
{
	struct public_key *k = NULL;
	enum key_trouble trouble = KEY_OK;
	bool valid = !want;
	int error = public_key_decode(crypto, KEY_RSA, str_from((char *)public_der, public_size), &k, &trouble);

	assert_int_equal(trouble, KEY_OK);
	if (error)
		return error;
	for (int i = 0; i < 2 && !error; i++)
		error = public_key_verify(crypto, k, DIGEST_SHA256, &digest,
		                          str_from((const char *)signature, signature_size), &valid);
	/* either no word on the signature, or the right one */
	if (!error)
		assert_int_equal(valid, want);
	public_key_unref(k);
	return error;
}

static int verify_good(void)
{
	return verify(good, true);
}

static int verify_bad(void)
{
	return verify(bad, false);
}

static int open_good(void)
{
	struct public_key *k = NULL;
	enum key_trouble trouble;
	struct digest_value opened;
	bool is_open = false;
	int error = public_key_decode(crypto, KEY_RSA, str_from((char *)public_der, public_size), &k, &trouble);

	if (error)
		return error;
	error = public_key_open(crypto, k, DIGEST_SHA256, str_from((const char *)good, signature_size), &is_open,
	                        &opened);
	if (!error)
		assert_true(is_open && digest_value_eq(&opened, &digest));
	public_key_unref(k);
	return error;
}

static int sign_with(const char *pem)
{
	struct private_key *k = NULL;
	unsigned char signature[KEY_SIGNATURE_MAX];
	const char *trouble = NULL;
	size_t size;
	int error = private_key_from_pem(crypto, str_c(pem), &k, &trouble);

	/* the key is good, and nobody says otherwise */
	assert_null(trouble);
	if (error)
		return error;
	error = private_key_sign(crypto, k, DIGEST_SHA256, &digest, signature, &size);
	private_key_free(k);
	if (!error && size == signature_size)
		assert_memory_equal(signature, good, size);
	return error;
}

static int sign_rsa(void)
{
	return sign_with(RFC8463_RSA_PEM);
}

static int sign_ed25519(void)
{
	return sign_with(RFC8463_ED25519_PEM);
}

static int print_rsa(void)
{
	struct private_key *k = NULL;
	struct buf pem;
	int error = private_key_from_pem(crypto, STR(RFC8463_RSA_PEM), &k, NULL);

	if (error)
		return error;
	buf_init(&pem, 4096);
	error = private_key_to_pem(k, &pem);
	buf_release(&pem);
	private_key_free(k);
	return error;
}

static int compute_digest(void)
{
	struct digest *d = NULL;
	struct digest_value value;
	int error = digest_new(crypto, &d);

	for (int kind = 0; kind < 2 && !error; kind++) {
		digest_start(d, (enum digest_kind)kind);
		digest_update(d, STR("inkan"));
		error = digest_finish(d, &value);
	}
	digest_free(d);
	return error;
}

/* Of the leak sanitizer, where it is there. */
void __lsan_disable(void) __attribute__((weak));
void __lsan_enable(void) __attribute__((weak));

/* OpenSSL loses parts of its table of names when it cannot make all of it, and does not always know why it failed. */
static int start(void)
{
	struct crypto *c = NULL;

	if (__lsan_disable)
		__lsan_disable();
	int error = crypto_new(&c);

	crypto_free(c);
	if (__lsan_enable)
		__lsan_enable();
	return error;
}

static const struct scenario {
	const char *name;
	scenario_fn *run;
	size_t step; /* 1: each allocation */
} scenarios[] = {
	{"decode and verify a good signature", verify_good, 1},
	{"decode and verify a bad signature", verify_bad, 1},
	{"decode and open", open_good, 1},
	{"load and sign, RSA", sign_rsa, 1},
	{"load and sign, Ed25519", sign_ed25519, 1},
	{"load and print, RSA", print_rsa, 1},
	{"digests", compute_digest, 1},
	{"crypto_new", start, 17},
};

static void run_scenario(const void *row)
{
	const struct scenario *r = row;
	size_t failures = 0;

	for (size_t n = 1;; n += r->step) {
		alloc_fail_at(n);
		int error = r->run();
		bool reached = alloc_count() >= n;

		alloc_fail_at(0);
		/* the library gets over the lack of memory for some things, such as a cache */
		if (error && !(r->run == start && error == INKAN_ECRYPTO))
			assert_int_equal(error, INKAN_ENOMEM);
		failures += error != INKAN_OK;
		assert_int_equal(ERR_peek_error(), 0);
		if (!reached) {
			assert_int_equal(error, INKAN_OK);
			break;
		}
	}
	assert_true(failures > 0);
	/* and afterwards all is well */
	assert_int_equal(r->run(), INKAN_OK);
}

static int prepare(void)
{
	struct private_key *k = NULL;
	struct public_key *public_half = NULL;
	struct buf der;
	int error = private_key_from_pem(crypto, STR(RFC8463_RSA_PEM), &k, NULL);

	if (error)
		return error;
	buf_init(&der, sizeof(public_der));
	error = private_key_public(crypto, k, &public_half);
	public_key_encode(public_half, &der);
	if (!error)
		error = buf_error(&der);
	if (!error)
		error = private_key_sign(crypto, k, DIGEST_SHA256, &digest, good, &signature_size);
	memcpy(bad, good, sizeof(bad));
	bad[100] ^= 4;
	if (!error) {
		memcpy(public_der, der.p, der.n);
		public_size = der.n;
	}
	buf_release(&der);
	public_key_unref(public_half);
	private_key_free(k);
	return error;
}

int main(void)
{
	struct test_list list = {0};

	if (!CRYPTO_set_mem_functions(library_malloc, library_realloc, library_free) || crypto_new(&crypto) ||
	    prepare())
		return 2;
	TEST_TABLE(&list, scenarios, run_scenario);
	int failed = test_run(&list, "crypto/memory");

	crypto_free(crypto);
	return failed;
}

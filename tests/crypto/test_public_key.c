#include <jansson.h>
#include <openssl/err.h>

#include "crypto/fixture.h"
#include "crypto/keys.h"
#include "support/alloc.h"

static const struct {
	const char *name;
	enum key_trouble trouble;
} troubles[] = {
	{"bad encoding", KEY_BAD_ENCODING}, {"other algorithm", KEY_OTHER_ALGORITHM}, {"too long", KEY_TOO_LONG},
	{"bad modulus", KEY_BAD_MODULUS},   {"bad exponent", KEY_BAD_EXPONENT},       {"small order", KEY_SMALL_ORDER},
};

/* ---- decoding ---- */

static void assert_encodes_to_itself(const struct public_key *k)
{
	struct buf der;
	struct public_key *again = NULL;
	enum key_trouble trouble;

	buf_init(&der, 4096);
	public_key_encode(k, &der);
	assert_int_equal(buf_error(&der), INKAN_OK);
	assert_int_equal(public_key_decode(crypto, public_key_type(k), buf_str(&der), &again, &trouble), INKAN_OK);
	assert_int_equal(trouble, KEY_OK);
	assert_true(public_key_eq(k, again));
	assert_int_equal(public_key_bits(again), public_key_bits(k));
	buf_release(&der);
	public_key_unref(again);
}

static void run_key(const void *row)
{
	const struct line *r = row;
	bool is_rsa = str_eq(r->cells[1], STR("rsa"));
	struct str der = from_hex(r->cells[2]);
	struct public_key *k = NULL;
	enum key_trouble trouble, want = KEY_OK;
	uint64_t bits = 0;

	for (size_t i = 0; i < sizeof(troubles) / sizeof(*troubles); i++)
		if (str_eq(r->cells[3], str_c(troubles[i].name)))
			want = troubles[i].trouble;
	assert_true(want || str_to_u64(r->cells[3], KEY_RSA_BITS_MAX, &bits));
	assert_int_equal(public_key_decode(crypto, is_rsa ? KEY_RSA : KEY_ED25519, der, &k, &trouble), INKAN_OK);
	assert_int_equal(trouble, want);
	if (trouble) {
		assert_null(k);
	} else {
		assert_int_equal(public_key_bits(k), bits);
		assert_int_equal(public_key_type(k), is_rsa ? KEY_RSA : KEY_ED25519);
		assert_encodes_to_itself(k);
		public_key_unref(k);
	}
	assert_int_equal(ERR_peek_error(), 0);
	text_free(der);
}

static struct public_key *decode_base64(enum key_type type, const char *p, enum key_trouble *trouble_out)
{
	unsigned char der[4096];
	struct public_key *k = NULL;
	size_t size;

	assert_true(strlen(p) < sizeof(der));
	assert_true(base64_decode(str_c(p), BASE64_FWS, der, &size, NULL));
	assert_int_equal(public_key_decode(crypto, type, str_from((char *)der, size), &k, trouble_out), INKAN_OK);
	return k;
}

/* Every part of a key is not a key, and no octet behind the part is read. */
static void run_prefixes(const void *row)
{
	unsigned char der[4096];
	size_t size;

	assert_true(base64_decode(str_c(row), BASE64_FWS, der, &size, NULL));
	for (size_t n = 0; n < size; n++) {
		struct public_key *k = NULL;
		enum key_trouble trouble;
		char *part = malloc(n ? n : 1);

		assert_non_null(part);
		memcpy(part, der, n);
		assert_int_equal(public_key_decode(crypto, KEY_RSA, str_from(part, n), &k, &trouble), INKAN_OK);
		assert_int_equal(trouble, KEY_BAD_ENCODING);
		assert_null(k);
		free(part);
	}
}

/* An RSAPublicKey that fills 64 KiB is refused without its numbers having been looked at. */
static void run_junk(const void *row)
{
	static char junk[65536] = "\x30\x82\xff\xfc\x02\x82\xff\xf0\x7f";
	struct public_key *k;
	enum key_trouble trouble;

	(void)row;
	memcpy(junk + 8 + 0xfff0, "\x02\x06\x01", 3);
	alloc_fail_at(1);
	assert_int_equal(public_key_decode(crypto, KEY_RSA, str_from(junk, sizeof(junk)), &k, &trouble), INKAN_OK);
	alloc_fail_at(0);
	assert_int_equal(trouble, KEY_TOO_LONG);
}

static void run_equal(const void *row)
{
	enum key_trouble trouble;
	unsigned char der[400];
	size_t size;
	struct public_key *k = decode_base64(KEY_RSA, RFC8463_RSA_P, &trouble), *bare, *other, *ed25519;

	(void)row;
	assert_true(base64_decode(STR(RFC8463_RSA_P), BASE64_STRICT, der, &size, NULL));
	/* the RSAPublicKey stands behind 22 octets of SubjectPublicKeyInfo */
	assert_int_equal(public_key_decode(crypto, KEY_RSA, str_from((char *)der + 22, size - 22), &bare, &trouble),
	                 INKAN_OK);
	assert_int_equal(trouble, KEY_OK);
	other = load_public_key(STR("rsa1024-pkcs1"));
	ed25519 = decode_base64(KEY_ED25519, RFC8463_ED25519_P, &trouble);
	assert_true(public_key_eq(k, k));
	assert_true(public_key_eq(k, bare));
	assert_false(public_key_eq(k, other));
	assert_false(public_key_eq(k, ed25519));
	assert_false(public_key_eq(ed25519, k));
	public_key_unref(k);
	public_key_unref(bare);
	public_key_unref(other);
	public_key_unref(ed25519);
}

static void run_references(const void *row)
{
	enum key_trouble trouble;
	struct public_key *k = decode_base64(KEY_RSA, RFC8463_RSA_P, &trouble);

	(void)row;
	assert_ptr_equal(public_key_ref(k), k);
	public_key_unref(k);
	assert_int_equal(public_key_bits(k), 1024);
	public_key_unref(k);
	public_key_unref(NULL);
}

static void run_trouble_texts(const void *row)
{
	(void)row;
	for (int i = KEY_OK; i <= KEY_SMALL_ORDER; i++)
		for (int j = KEY_OK; j < i; j++)
			assert_string_not_equal(key_trouble_text((enum key_trouble)i),
			                        key_trouble_text((enum key_trouble)j));
	assert_non_null(key_trouble_text((enum key_trouble)99));
}

/* The keys that the DKIM2 testers publish, right and wrong ones (chaos/dns.json of their suite). */
static const struct chaos {
	const char *name;
	enum key_type type;
	enum key_trouble trouble;
	unsigned bits;
} chaos[] = {
	{"pkix-rsa512", KEY_RSA, KEY_OK, 512},   {"pkix-rsa1024", KEY_RSA, KEY_OK, 1024},
	{"pkix-rsa1536", KEY_RSA, KEY_OK, 1536}, {"pkix-rsa2048", KEY_RSA, KEY_OK, 2048},
	{"pkix-rsa4096", KEY_RSA, KEY_OK, 4096}, {"pkix-rsa5120", KEY_RSA, KEY_OK, 5120},
	{"rsa512", KEY_RSA, KEY_OK, 512},        {"rsa1024", KEY_RSA, KEY_OK, 1024},
	{"rsa1536", KEY_RSA, KEY_OK, 1536},      {"rsa2048", KEY_RSA, KEY_OK, 2048},
	{"rsa4096", KEY_RSA, KEY_OK, 4096},      {"rsa5120", KEY_RSA, KEY_OK, 5120},
	{"ed25519", KEY_ED25519, KEY_OK, 256},   {"ed25519", KEY_RSA, KEY_BAD_ENCODING, 0},
};

static void run_chaos(const void *row)
{
	const struct chaos *r = row;
	const char *path = test_conformance_path("dkim2/turscar/chaos/dns.json");
	char name[100];
	enum key_trouble trouble;

	if (!path)
		test_skip("no conformance suites here");
	json_t *records = json_load_file(path, 0, NULL);

	snprintf(name, sizeof(name), "%s._domainkey.dkim2test.turscar.ie", r->name);
	const char *p = strstr(json_string_value(json_object_get(records, name)), "p=");

	assert_non_null(p);
	struct public_key *k = decode_base64(r->type, p + 2, &trouble);

	assert_int_equal(trouble, r->trouble);
	if (!trouble)
		assert_int_equal(public_key_bits(k), r->bits);
	public_key_unref(k);
	json_decref(records);
}

/* ---- verification ---- */

static void run_signature(const void *row)
{
	const struct line *r = row;
	enum digest_kind kind = str_eq(r->cells[2], STR("sha256")) ? DIGEST_SHA256 : DIGEST_SHA1;
	struct digest_value digest = digest_from_hex(r->cells[3]), opened = {0};
	struct str signature = from_hex(r->cells[4]);
	bool want = str_eq(r->cells[5], STR("valid")), is_open = false;
	struct public_key *k = load_public_key(r->cells[1]);

	/* the second and third time with a context that the key has kept */
	for (int i = 0; i < 3; i++) {
		bool valid = !want;

		assert_int_equal(public_key_verify(crypto, k, kind, &digest, signature, &valid), INKAN_OK);
		assert_int_equal(valid, want);
	}
	if (str_eq(r->cells[6], STR("-"))) {
		assert_int_equal(public_key_open(crypto, k, kind, signature, &is_open, &opened), INKAN_EUSAGE);
	} else {
		assert_int_equal(public_key_open(crypto, k, kind, signature, &is_open, &opened), INKAN_OK);
		assert_int_equal(is_open, str_eq(r->cells[6], STR("opened")));
		assert_true(!want || digest_value_eq(&opened, &digest));
		assert_true(is_open || opened.n == 0);
	}
	assert_int_equal(ERR_peek_error(), 0);
	public_key_unref(k);
	text_free(signature);
}

static void run_every_bit(const void *row)
{
	struct private_key *private_half = load_key(str_c(row));
	struct digest_value digest = {.n = 32, .octets = {42}};
	unsigned char signature[KEY_SIGNATURE_MAX];
	struct public_key *k;
	size_t size;

	assert_int_equal(private_key_sign(crypto, private_half, DIGEST_SHA256, &digest, signature, &size), INKAN_OK);
	assert_int_equal(private_key_public(crypto, private_half, &k), INKAN_OK);
	for (size_t bit = 0; bit <= size * 8; bit++) {
		bool valid = bit != size * 8;

		if (bit < size * 8)
			signature[bit / 8] ^= (unsigned char)(1 << bit % 8);
		assert_int_equal(
			public_key_verify(crypto, k, DIGEST_SHA256, &digest, str_from((char *)signature, size), &valid),
			INKAN_OK);
		assert_int_equal(valid, bit == size * 8);
		if (bit < size * 8)
			signature[bit / 8] ^= (unsigned char)(1 << bit % 8);
	}
	public_key_unref(k);
	private_key_free(private_half);
}

/* RFC 8463 appendix A.3: both signatures over the digest of the header fields as relaxed canonicalisation makes them. */
static const struct rfc8463 {
	const char *name;
	enum key_type type;
	const char *p, *signature, *header;
} rfc8463[] = {
#define RFC8463_FIELDS                                    \
	"from:Joe SixPack <joe@football.example.com>\r\n" \
	"to:Suzie Q <suzie@shopping.example.net>\r\n"     \
	"subject:Is dinner ready?\r\n"                    \
	"date:Fri, 11 Jul 2003 21:00:37 -0700 (PDT)\r\n"  \
	"message-id:<20030712040037.46341.5F8J@football.example.com>\r\n"
	{"RULES S10: Ed25519 signature of RFC 8463", KEY_ED25519, RFC8463_ED25519_P,
         "/gCrinpcQOoIfuHNQIbq4pgh9kyIK3AQUdt9OdqQehSwhEIug4D11Bus"
         "Fa3bT3FY5OsU7ZbnKELq+eXdp1Q1Dw==",
         RFC8463_FIELDS "dkim-signature:v=1; a=ed25519-sha256; c=relaxed/relaxed; d=football.example.com; "
                        "i=@football.example.com; q=dns/txt; s=brisbane; t=1528637909; h=from : to : subject : date : "
                        "message-id : from : subject : date; bh=2jUSOH9NhtVGCQWNr9BrIAPreKQjO6Sn7XIkfJVOzv8=; b="},
	{"RULES S8: RSA signature of RFC 8463", KEY_RSA, RFC8463_RSA_P,
         "F45dVWDfMbQDGHJFlXUNB2HKfbCeLRyhDXgFpEL8GwpsRe0IeIixNTe3"
         "DhCVlUrSjV4BwcVcOF6+FF3Zo9Rpo1tFOeS9mPYQTnGdaSGsgeefOsk2Jz"
         "dA+L10TeYt9BgDfQNZtKdN1WO//KgIqXP7OdEFE4LjFYNcUxZQ4FADY+8=",
         RFC8463_FIELDS "dkim-signature:v=1; a=rsa-sha256; c=relaxed/relaxed; d=football.example.com; "
                        "i=@football.example.com; q=dns/txt; s=test; t=1528637909; h=from : to : subject : date : "
                        "message-id : from : subject : date; bh=2jUSOH9NhtVGCQWNr9BrIAPreKQjO6Sn7XIkfJVOzv8=; b="},
};

static void run_rfc8463(const void *row)
{
	const struct rfc8463 *r = row;
	struct digest *d;
	struct digest_value digest;
	enum key_trouble trouble;
	unsigned char signature[300];
	size_t size;
	bool valid = false;
	struct public_key *k = decode_base64(r->type, r->p, &trouble);

	assert_int_equal(digest_new(crypto, &d), INKAN_OK);
	digest_start(d, DIGEST_SHA256);
	digest_update(d, str_c(r->header));
	assert_int_equal(digest_finish(d, &digest), INKAN_OK);
	assert_true(base64_decode(str_c(r->signature), BASE64_STRICT, signature, &size, NULL));
	assert_int_equal(
		public_key_verify(crypto, k, DIGEST_SHA256, &digest, str_from((char *)signature, size), &valid),
		INKAN_OK);
	assert_true(valid);
	public_key_unref(k);
	digest_free(d);
}

/* RULES V7: nothing but RSA goes with SHA-1; a digest of another length than its kind is a wrong call. */
static void run_wrong_calls(const void *row)
{
	static const char zeros[64];
	struct digest_value sha1 = {.n = 20}, sha256 = {.n = 32};
	struct str signature = str_from(zeros, sizeof(zeros));
	struct public_key *rsa = load_public_key(STR("rsa1024-pkcs1")), *ed25519 = load_public_key(STR("ed25519"));
	bool valid = true;

	(void)row;
	assert_int_equal(public_key_verify(crypto, ed25519, DIGEST_SHA1, &sha1, signature, &valid), INKAN_EUSAGE);
	assert_int_equal(public_key_verify(crypto, rsa, DIGEST_SHA1, &sha256, signature, &valid), INKAN_EUSAGE);
	assert_int_equal(public_key_verify(crypto, rsa, DIGEST_SHA256, &sha1, signature, &valid), INKAN_EUSAGE);
	assert_int_equal(public_key_verify(crypto, ed25519, DIGEST_SHA256, &sha1, signature, &valid), INKAN_EUSAGE);
	assert_true(valid); /* untouched */
	public_key_unref(rsa);
	public_key_unref(ed25519);
}

int main(void)
{
	struct test_list list = {0};

	if (crypto_new(&crypto))
		return 2;
	struct lines keys = lines_load("tests/data/crypto/public_keys.txt");
	struct lines signatures = lines_load("tests/data/crypto/signatures.txt");

	test_add_rows(&list, keys.lines, keys.n, sizeof(*keys.lines), run_key);
	test_add(&list, "every part of a SubjectPublicKeyInfo", run_prefixes, RFC8463_RSA_P);
	test_add(&list, "RULES V18: a key of 64 KiB costs nothing", run_junk, NULL);
	test_add(&list, "RULES V17: both encodings are the same key", run_equal, NULL);
	test_add(&list, "references", run_references, NULL);
	test_add(&list, "every trouble has its text", run_trouble_texts, NULL);
	TEST_TABLE(&list, chaos, run_chaos);
	test_add_rows(&list, signatures.lines, signatures.n, sizeof(*signatures.lines), run_signature);
	test_add(&list, "no bit of an RSA signature may change", run_every_bit, "rsa1024-pkcs1");
	test_add(&list, "no bit of an Ed25519 signature may change", run_every_bit, "ed25519");
	TEST_TABLE(&list, rfc8463, run_rfc8463);
	test_add(&list, "RULES V7: wrong calls", run_wrong_calls, NULL);
	int failed = test_run(&list, "crypto/public_key");

	lines_free(&keys);
	lines_free(&signatures);
	crypto_free(crypto);
	return failed;
}

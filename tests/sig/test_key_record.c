/* Key records (RFC 6376 section 3.6.1; RULES V13 to V19, S26): each fault with its place, each restriction. */
#include "sig/key_record.h"

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <stdio.h>
#include <stdlib.h>

#include "core/base64.h"
#include "support/alloc.h"
#include "support/case.h"
#include "support/forge.h"

static struct crypto *crypto;

enum restriction {
	HAS_SHA256 = 1,
	HAS_SHA1 = 2,
	HAS_EMAIL = 4,
	IS_TESTING = 8,
	IS_STRICT = 16,
	USUAL = HAS_SHA256 | HAS_SHA1 | HAS_EMAIL
};

static const struct row {
	const char *name;
	const char *text; /* "%s" is the p= value */
	enum forge_key key;
	enum dkim_key_fault fault;
	int position;          /* of the fault; -1: behind the %s */
	unsigned restrictions; /* 0: not looked at */
} rows[] = {
	{"S26 v=DKIM1; k=rsa; p=", "v=DKIM1; k=rsa; p=%s", FORGE_RSA2048, DKIM_KEY_OK, 0, USUAL},
	{"S26 v=DKIM1; k=ed25519; p=", "v=DKIM1; k=ed25519; p=%s", FORGE_ED25519, DKIM_KEY_OK, 0, USUAL},
	{"S26 h=sha256; s=email; t=s", "v=DKIM1; h=sha256; s=email; t=s; p=%s", FORGE_RSA2048, DKIM_KEY_OK, 0,
         HAS_SHA256 | HAS_EMAIL | IS_STRICT},
	{"S26 an empty p= revokes", "v=DKIM1; p=", FORGE_RSA2048, DKIM_KEY_REVOKED, 9, USUAL},
	{"V13 v= absent", "p=%s", FORGE_RSA2048, DKIM_KEY_OK, 0, USUAL},
	{"V13 v= first", " v = DKIM1 ; p=%s", FORGE_RSA2048, DKIM_KEY_OK, 0, USUAL},
	{"V13 v= second", "k=rsa; v=DKIM1; p=%s", FORGE_RSA2048, DKIM_KEY_VERSION, 7, 0},
	{"V13 v= in another case", "v=Dkim1; p=%s", FORGE_RSA2048, DKIM_KEY_VERSION, 0, 0},
	{"V13 v= longer", "v=DKIM10; p=%s", FORGE_RSA2048, DKIM_KEY_VERSION, 0, 0},
	{"V13 V= is another tag", "V=DKIM2; p=%s", FORGE_RSA2048, DKIM_KEY_OK, 0, USUAL},
	{"V13 no tag list", "hello; p=%s", FORGE_RSA2048, DKIM_KEY_TAGS, 0, 0},
	{"V13 a tag twice", "p=%s; p=", FORGE_RSA2048, DKIM_KEY_TAGS, -1, 0},
	{"V13 nothing", "", FORGE_RSA2048, DKIM_KEY_TAGS, 0, 0},
	{"V13 quotes pasted along", "\"v=DKIM1; p=%s\"", FORGE_RSA2048, DKIM_KEY_TAGS, 0, 0},
	{"V13 line ends pasted along", "v=DKIM1;\n\tk=rsa;\r\n p=%s\n", FORGE_RSA2048, DKIM_KEY_OK, 0, USUAL},
	{"V14 k= absent is rsa", "v=DKIM1; p=%s", FORGE_RSA2048, DKIM_KEY_OK, 0, USUAL},
	{"V14 k= unknown", "v=DKIM1; k=mldsa44; p=%s", FORGE_RSA2048, DKIM_KEY_TYPE, 9, USUAL},
	{"V14 k= empty", "v=DKIM1; k=; p=%s", FORGE_RSA2048, DKIM_KEY_TYPE, 9, USUAL},
	{"V14 k=rsa with an Ed25519 key", "v=DKIM1; k=rsa; p=%s", FORGE_ED25519, DKIM_KEY_P_CONTENT, 18, USUAL},
	{"V14 k=ed25519 with an RSA key", "v=DKIM1; k=ed25519; p=%s", FORGE_RSA2048, DKIM_KEY_P_CONTENT, 22, USUAL},
	{"V15 p= absent", "v=DKIM1; k=rsa", FORGE_RSA2048, DKIM_KEY_NO_P, 14, 0},
	{"V15 P= is another tag", "v=DKIM1; P=%s", FORGE_RSA512, DKIM_KEY_NO_P, -1, 0},
	{"V15 p= of white space", "v=DKIM1; p= \t", FORGE_RSA2048, DKIM_KEY_REVOKED, 9, USUAL},
	{"V15 p= before all", "p=; k=unknown", FORGE_RSA2048, DKIM_KEY_REVOKED, 0, USUAL},
	{"V15 p= not base64", "v=DKIM1; p=MIIB*", FORGE_RSA2048, DKIM_KEY_P_BASE64, 15, USUAL},
	{"V15 p= base64 of something else", "v=DKIM1; p=aGVsbG8=", FORGE_RSA2048, DKIM_KEY_P_CONTENT, 11, USUAL},
	{"V15 p= with white space inside", "v=DKIM1; p=\t%s \r\n", FORGE_RSA2048, DKIM_KEY_OK, 0, USUAL},
	{"V16 h= of both", "h=sha1:sha256; p=%s", FORGE_RSA2048, DKIM_KEY_OK, 0, USUAL},
	{"V16 h= of sha1 only", "h = sha1 ; p=%s", FORGE_RSA2048, DKIM_KEY_OK, 0, HAS_SHA1 | HAS_EMAIL},
	{"V16 h= of something unknown", "h=sha512 : x; p=%s", FORGE_RSA2048, DKIM_KEY_OK, 0, HAS_EMAIL},
	{"V16 h= empty", "h=; p=%s", FORGE_RSA2048, DKIM_KEY_OK, 0, HAS_EMAIL},
	{"V16 s= with white space round its words", "s=tlsrpt\t: email ; p=%s", FORGE_RSA2048, DKIM_KEY_OK, 0, USUAL},
	{"V16 s= of something else", "s=emails; p=%s", FORGE_RSA2048, DKIM_KEY_OK, 0, HAS_SHA256 | HAS_SHA1},
	{"V16 t= of both", "t=s : y; p=%s", FORGE_RSA2048, DKIM_KEY_OK, 0, USUAL | IS_TESTING | IS_STRICT},
	{"V16 t= of unknown flags", "t=x:sy; p=%s", FORGE_RSA2048, DKIM_KEY_OK, 0, USUAL},
	{"V16 restrictions of a revoked key", "t=y; s=x; p=", FORGE_RSA2048, DKIM_KEY_REVOKED, 10,
         HAS_SHA256 | HAS_SHA1 | IS_TESTING},
	{"V18 RSA of 512 bits is decoded", "p=%s", FORGE_RSA512, DKIM_KEY_OK, 0, USUAL},
	{"V18 RSA of 4096 bits", "p=%s", FORGE_RSA4096, DKIM_KEY_OK, 0, USUAL},
	{"V19 Ed25519 of 31 octets", "k=ed25519; p=AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA==", FORGE_ED25519,
         DKIM_KEY_P_CONTENT, 13, USUAL},
	{"V19 Ed25519 of 33 octets", "k=ed25519; p=AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", FORGE_ED25519,
         DKIM_KEY_P_CONTENT, 13, USUAL},
	{"V19 Ed25519 of small order", "k=ed25519; p=AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=", FORGE_ED25519,
         DKIM_KEY_P_CONTENT, 13, USUAL},
	{"unknown tags are ignored", "v=DKIM1; x=y; n=a note; g=*; p=%s; zz=", FORGE_RSA2048, DKIM_KEY_OK, 0, USUAL},
	{"UTF-8 in a note", "n=鍵; p=%s", FORGE_RSA2048, DKIM_KEY_OK, 0, USUAL},
};

static size_t expand(char *out, size_t size, const char *pattern, enum forge_key key)
{
	const char *mark = strstr(pattern, "%s");
	int n = mark ? snprintf(out, size, "%.*s%s%s", (int)(mark - pattern), pattern, forge_p(key), mark + 2)
	             : snprintf(out, size, "%s", pattern);

	assert_true(n >= 0 && (size_t)n < size);
	return (size_t)n;
}

static void run_row(const void *row)
{
	const struct row *r = row;
	char text[2000];
	size_t n = expand(text, sizeof text, r->text, r->key), behind = 0;
	struct dkim_key_record record;
	struct arena scratch;

	if (strstr(r->text, "%s"))
		behind = (size_t)(strstr(r->text, "%s") - r->text) + strlen(forge_p(r->key));
	arena_init(&scratch, 100000);
	assert_int_equal(dkim_key_record_parse(crypto, &scratch, str_from(text, n), &record), INKAN_OK);
	if (record.fault != r->fault)
		fail_msg("%s", dkim_key_fault_text(record.fault));
	assert_true(record.fault == DKIM_KEY_OK ? !!record.key : !record.key);
	if (r->position >= 0)
		assert_int_equal(record.position, r->position);
	else
		assert_true(record.position == behind || record.position == behind + 2);
	if (r->restrictions) {
		assert_int_equal(record.allows_sha256, !!(r->restrictions & HAS_SHA256));
		assert_int_equal(record.allows_sha1, !!(r->restrictions & HAS_SHA1));
		assert_int_equal(record.allows_email, !!(r->restrictions & HAS_EMAIL));
		assert_int_equal(record.testing, !!(r->restrictions & IS_TESTING));
		assert_int_equal(record.strict_identity, !!(r->restrictions & IS_STRICT));
	}
	dkim_key_record_release(&record);
	dkim_key_record_release(&record); /* once more does no harm */
	arena_release(&scratch);
}

/* ---- V17: both encodings of an RSA key ---- */

static void put_p(struct buf *out, const unsigned char *der, int size)
{
	assert_true(size > 0);
	buf_put_c(out, "v=DKIM1; p=");
	base64_encode(out, der, (size_t)size);
	assert_int_equal(buf_error(out), INKAN_OK);
}

static void run_encodings(const void *row)
{
	struct str pem = forge_pem(FORGE_RSA2048);
	BIO *bio = BIO_new_mem_buf(pem.p, (int)pem.n);
	EVP_PKEY *pkey = PEM_read_bio_PrivateKey(bio, NULL, NULL, NULL);
	unsigned char spki[1000], bare[1000], *p = spki, *q = bare;
	int spki_size = i2d_PUBKEY(pkey, &p), bare_size = i2d_PublicKey(pkey, &q);
	struct dkim_key_record a, b;
	struct arena scratch;
	struct buf text;

	(void)row;
	BIO_free(bio);
	arena_init(&scratch, 100000);
	buf_init(&text, 10000);
	put_p(&text, spki, spki_size);
	assert_int_equal(dkim_key_record_parse(crypto, &scratch, buf_str(&text), &a), INKAN_OK);
	buf_clear(&text);
	put_p(&text, bare, bare_size);
	assert_int_equal(dkim_key_record_parse(crypto, &scratch, buf_str(&text), &b), INKAN_OK);
	assert_int_equal(a.fault, DKIM_KEY_OK);
	assert_int_equal(b.fault, DKIM_KEY_OK);
	assert_true(public_key_eq(a.key, b.key));
	dkim_key_record_release(&a);
	dkim_key_record_release(&b);
	/* octets behind the key, and a key cut off */
	spki[spki_size] = 0;
	for (int size = spki_size - 1; size <= spki_size + 1; size++) {
		buf_clear(&text);
		put_p(&text, spki, size);
		assert_int_equal(dkim_key_record_parse(crypto, &scratch, buf_str(&text), &a), INKAN_OK);
		assert_int_equal(a.fault, size == spki_size ? DKIM_KEY_OK : DKIM_KEY_P_CONTENT);
		assert_int_equal(a.trouble, size == spki_size ? KEY_OK : KEY_BAD_ENCODING);
		dkim_key_record_release(&a);
	}
	buf_release(&text);
	arena_release(&scratch);
	EVP_PKEY_free(pkey);
}

static void run_lengths(const void *row)
{
	struct arena scratch;

	(void)row;
	arena_init(&scratch, 1000000);
	for (unsigned bits = 8191; bits <= 8193; bits++) {
		char text[3000];
		struct dkim_key_record record;

		forge_fake_rsa_record(text, sizeof text, bits);
		assert_int_equal(dkim_key_record_parse(crypto, &scratch, str_c(text), &record), INKAN_OK);
		assert_int_equal(record.trouble, bits <= 8192 ? KEY_OK : KEY_TOO_LONG);
		if (record.key)
			assert_int_equal(public_key_bits(record.key), bits);
		dkim_key_record_release(&record);
	}
	for (size_t size = DKIM_KEY_RECORD_MAX; size <= DKIM_KEY_RECORD_MAX + 1; size++) {
		char *text = malloc(size);
		struct dkim_key_record record;

		assert_non_null(text);
		memset(text, 'x', size);
		memcpy(text, "p=; n=", 6);
		assert_int_equal(dkim_key_record_parse(crypto, &scratch, str_from(text, size), &record), INKAN_OK);
		assert_int_equal(record.fault, size == DKIM_KEY_RECORD_MAX ? DKIM_KEY_REVOKED : DKIM_KEY_TOO_LARGE);
		free(text);
	}
	arena_release(&scratch);
}

/* ---- V11: what looks like a key record ---- */

static const struct likely {
	const char *name;
	const char *text;
	bool likely;
} likelies[] = {
	{"V11 v=DKIM1 looks like a key", "v=DKIM1; k=rsa", true},
	{"V11 v=DKIM1 behind white space looks like a key", " \tv=DKIM1", true},
	{"V11 p= looks like a key", "k=rsa; p=AAAA", true},
	{"V11 p = looks like a key", "k=rsa; p\t = AAAA", true},
	{"V11 p= in broken neighbourhood looks like a key", "hello; p=", true},
	{"V11 SPF does not look like a key", "v=spf1 ip4:192.0.2.1 -all", false},
	{"V11 a verification token does not look like a key", "site-verification=abcdef", false},
	{"V11 sp= is not p=", "v=x; sp=none", false},
	{"V11 p without = does not look like a key", "p", false},
	{"V11 nothing does not look like a key", "", false},
};

static void run_likely(const void *row)
{
	const struct likely *r = row;

	assert_int_equal(dkim_key_record_is_likely(str_c(r->text)), r->likely);
}

static void run_texts(const void *row)
{
	(void)row;
	for (int fault = DKIM_KEY_OK; fault <= DKIM_KEY_P_CONTENT; fault++)
		for (int other = DKIM_KEY_OK; other < fault; other++)
			assert_string_not_equal(dkim_key_fault_text((enum dkim_key_fault)fault),
			                        dkim_key_fault_text((enum dkim_key_fault)other));
}

static void run_no_memory(const void *row)
{
	bool reached = true;

	(void)row;
	for (size_t n = 1; reached; n++) {
		struct dkim_key_record record = {.key = NULL};
		struct arena scratch;

		arena_init(&scratch, 100000);
		alloc_fail_at(n);
		int error = dkim_key_record_parse(crypto, &scratch, str_c(forge_record(FORGE_RSA2048)), &record);

		reached = alloc_count() >= n;
		alloc_fail_at(0);
		assert_int_equal(error, reached ? INKAN_ENOMEM : INKAN_OK);
		dkim_key_record_release(&record);
		arena_release(&scratch);
		assert_true(n < 20);
	}
}

int main(void)
{
	struct test_list list = {0};

	if (crypto_new(&crypto))
		return 2;
	TEST_TABLE(&list, rows, run_row);
	test_add(&list, "V17 SubjectPublicKeyInfo and RSAPublicKey are the same key", run_encodings, NULL);
	test_add(&list, "V18 lengths of keys and records, at their limits", run_lengths, NULL);
	TEST_TABLE(&list, likelies, run_likely);
	test_add(&list, "each fault has its own text", run_texts, NULL);
	test_add(&list, "out of memory", run_no_memory, NULL);
	int failed = test_run(&list, "sig/key_record");

	crypto_free(crypto);
	return failed;
}

#include <openssl/err.h>

#include "crypto/der.h"
#include "crypto/fixture.h"
#include "crypto/keys.h"
#include "support/alloc.h"

#define ED25519_BASE64 "MC4CAQAwBQYDK2VwBCIEIJ1hsZ3v/VpguoRK9JLsLMREScVpezJpGXA7rAMcrn9g"
#define BEGIN "-----BEGIN PRIVATE KEY-----\n"
#define END "-----END PRIVATE KEY-----\n"
#define ENCRYPTED "the key is encrypted; only unencrypted keys can be read"
#define ECDSA "a key for ECDSA; DKIM knows RSA and Ed25519 only"
#define OTHER "a key of another algorithm than RSA and Ed25519"
#define TRUNCATED "truncated: the END line is missing, or is of another kind of block"
#define NOT_BASE64 "the text between the BEGIN and END lines is not base64"
#define DAMAGED "the private key is damaged"

static void assert_refused(struct str pem, int error, const char *trouble)
{
	struct private_key *k = NULL;
	const char *found = NULL;

	assert_int_equal(private_key_from_pem(crypto, pem, &k, &found), error);
	assert_non_null(found);
	assert_string_equal(found, trouble);
	assert_null(k);
	assert_int_equal(private_key_from_pem(crypto, pem, &k, NULL), error);
	assert_int_equal(ERR_peek_error(), 0);
}

static void assert_loads(struct str pem, enum key_type type, unsigned bits)
{
	struct private_key *k = NULL;
	const char *trouble = NULL;
	int error = private_key_from_pem(crypto, pem, &k, &trouble);

	if (trouble)
		fail_msg("%s", trouble);
	assert_int_equal(error, INKAN_OK);
	assert_int_equal(private_key_type(k), type);
	assert_int_equal(private_key_bits(k), bits);
	assert_int_equal(ERR_peek_error(), 0);
	private_key_free(k);
}

/* ---- files made by openssl and ssh-keygen ---- */

static const struct file {
	const char *name;
	enum key_type type;
	unsigned bits;       /* of a good key */
	const char *trouble; /* of any other */
} files[] = {
	{"rsa1024-pkcs1", KEY_RSA, 1024, NULL},
	{"rsa1027", KEY_RSA, 1027, NULL},
	{"rsa2048-pkcs8", KEY_RSA, 2048, NULL},
	{"rsa2048-e3", KEY_RSA, 2048, NULL},
	{"rsa4096-pkcs8", KEY_RSA, 4096, NULL},
	{"ed25519", KEY_ED25519, 256, NULL},
	{"encrypted-pkcs8", KEY_RSA, 0, ENCRYPTED},
	{"encrypted-pkcs1", KEY_RSA, 0, ENCRYPTED},
	{"ec-pkcs8", KEY_RSA, 0, ECDSA},
	{"ec-sec1", KEY_RSA, 0, ECDSA},
	{"x25519", KEY_RSA, 0, OTHER},
	{"rsa-pss", KEY_RSA, 0, "an RSA key that is for PSS signatures only"},
	{"multi-prime", KEY_RSA, 0, "an RSA key of more than two primes"},
	{"public", KEY_RSA, 0, "a public key; the private key is wanted"},
	{"public-pkcs1", KEY_RSA, 0, "a public key; the private key is wanted"},
	{"certificate", KEY_RSA, 0, "a certificate; the private key is wanted"},
	{"request", KEY_RSA, 0, "a certificate request; the private key is wanted"},
	{"openssh", KEY_RSA, 0, "a key in the format of OpenSSH; PKCS#8 or PKCS#1 is wanted"},
};

static void run_file(const void *row)
{
	const struct file *r = row;
	char path[200];

	snprintf(path, sizeof(path), "tests/data/crypto/%s.pem", r->name);
	struct str pem = test_read_file(test_source_path(path));

	if (r->trouble)
		assert_refused(pem, INKAN_ESYNTAX, r->trouble);
	else
		assert_loads(pem, r->type, r->bits);
	text_free(pem);
}

static const struct short_key {
	const char *name;
	const char *path;
} short_keys[] = {
	{"RULES S9: 1023 bits", "tests/data/crypto/rsa1023.pem"},
	{"RULES S9: 768 bits", "tests/data/crypto/rsa768.pem"},
	{"RULES S9: 512 bits", "tests/data/crypto/rsa512.pem"},
};

static void run_short_key(const void *row)
{
	const struct short_key *r = row;
	struct str pem = test_read_file(test_source_path(r->path));

	assert_refused(pem, INKAN_EREFUSED, "RSA modulus below 1024 bits");
	text_free(pem);
}

/* ---- the text of PEM ---- */

static const struct text {
	const char *name;
	const char *pem;
	const char *trouble; /* NULL: the Ed25519 key of RFC 8463 */
} texts[] = {
	{"as openssl writes it", BEGIN ED25519_BASE64 "\n" END, NULL},
	{"no end of line at the end", BEGIN ED25519_BASE64 "\n-----END PRIVATE KEY-----", NULL},
	{"lines end in CRLF", "-----BEGIN PRIVATE KEY-----\r\n" ED25519_BASE64 "\r\n-----END PRIVATE KEY-----\r\n",
         NULL},
	{"lines end in CR", "-----BEGIN PRIVATE KEY-----\r" ED25519_BASE64 "\r-----END PRIVATE KEY-----\r", NULL},
	{"blanks round every line",
         "  -----BEGIN PRIVATE KEY-----\t\n  " ED25519_BASE64 " \n\t-----END PRIVATE KEY-----  \n", NULL},
	{"empty lines inside", BEGIN "\n" ED25519_BASE64 "\n\n" END, NULL},
	{"short lines", BEGIN "MC4CAQAw\nBQYDK2VwBCIE\nIJ1hsZ3v/VpguoRK9JLsLMREScVpezJpGXA7rAMcrn9g\n" END, NULL},
	{"text before and behind", "Bag Attributes\n  friendlyName: x\n" BEGIN ED25519_BASE64 "\n" END "the end\n",
         NULL},
	{"behind a certificate",
         "-----BEGIN CERTIFICATE-----\nMA==\n-----END CERTIFICATE-----\n" BEGIN ED25519_BASE64 "\n" END, NULL},
	{"two keys: the first", BEGIN ED25519_BASE64 "\n" END BEGIN "junk\n" END, NULL},
	{"an attribute behind the key, [0]",
         BEGIN "MDACAQAwBQYDK2VwBCIEIJ1hsZ3v/VpguoRK9JLsLMREScVpezJpGXA7rAMcrn9goAA=\n" END, NULL},
	{"RFC 5958: the public key beside it",
         BEGIN "MFECAQEwBQYDK2VwBCIEIJ1hsZ3v/VpguoRK9JLsLMREScVpezJpGXA7rAMcrn9g"
               "gSEA11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=\n" END,
         NULL},
	{"another public key beside it",
         BEGIN "MFECAQEwBQYDK2VwBCIEIJ1hsZ3v/VpguoRK9JLsLMREScVpezJpGXA7rAMcrn9g"
               "gSEA11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURs=\n" END,
         "the public key beside the private key is another one, or damaged"},
	{"something behind the key", BEGIN "MDACAQAwBQYDK2VwBCIEIJ1hsZ3v/VpguoRK9JLsLMREScVpezJpGXA7rAMcrn9gBQA=\n" END,
         "the public key beside the private key is another one, or damaged"},
	{"nothing", "", "not PEM: there is no BEGIN line"},
	{"base64 alone", ED25519_BASE64 "\n", "not PEM: there is no BEGIN line"},
	{"a BEGIN line within a line", "# " BEGIN ED25519_BASE64 "\n" END, "not PEM: there is no BEGIN line"},
	{"four dashes", "----BEGIN PRIVATE KEY----\n" ED25519_BASE64 "\n----END PRIVATE KEY----\n",
         "not PEM: there is no BEGIN line"},
	{"no dashes behind the label", "-----BEGIN PRIVATE KEY\n" ED25519_BASE64 "\n" END,
         "not PEM: there is no BEGIN line"},
	{"no label", "-----BEGIN -----\n" ED25519_BASE64 "\n-----END -----\n",
         "PEM of something that is not a private key"},
	{"a certificate and its public key: the first is spoken of",
         "-----BEGIN CERTIFICATE-----\nMA==\n-----END CERTIFICATE-----\n"
         "-----BEGIN PUBLIC KEY-----\nMA==\n-----END PUBLIC KEY-----\n",
         "a certificate; the private key is wanted"},
	{"nothing behind the BEGIN line", BEGIN, TRUNCATED},
	{"no END line", BEGIN ED25519_BASE64 "\n", TRUNCATED},
	{"half an END line", BEGIN ED25519_BASE64 "\n-----END PRIVATE KEY", TRUNCATED},
	{"the END line of another block", BEGIN ED25519_BASE64 "\n-----END RSA PRIVATE KEY-----\n", TRUNCATED},
	{"an octet that is not base64", BEGIN "MC4CAQAwBQYDK2VwBCIEIJ1hsZ3v/Vpg*oRK9JLsLMREScVpezJpGXA7rAMcrn9g\n" END,
         NOT_BASE64},
	{"one character of base64 lost", BEGIN "MC4CAQAwBQYDK2VwBCIEIJ1hsZ3v/VpguoRK9JLsLMREScVpezJpGXA7rAMcrn9\n" END,
         DAMAGED},
	{"a line of base64 lost", BEGIN "MC4CAQAwBQYDK2VwBCIE\n" END, DAMAGED},
	{"empty block", BEGIN END, DAMAGED},
	{"Proc-Type without encryption", BEGIN "Proc-Type: 4,MIC-CLEAR\n\n" ED25519_BASE64 "\n" END, NOT_BASE64},
	{"Ed25519 key of 31 octets", BEGIN "MC0CAQAwBQYDK2VwBCEEH51hsZ3v/VpguoRK9JLsLMREScVpezJpGXA7rAMcrn8=\n" END,
         "the Ed25519 key is damaged"},
	{"Ed25519 with parameters", BEGIN "MDACAQAwBwYDK2VwBQAEIgQgnWGxne/9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A=\n" END,
         NULL},
	{"version 2", BEGIN "MC4CAQIwBQYDK2VwBCIEIJ1hsZ3v/VpguoRK9JLsLMREScVpezJpGXA7rAMcrn9g\n" END, DAMAGED},
	{"a DSA key", "-----BEGIN DSA PRIVATE KEY-----\nMA==\n-----END DSA PRIVATE KEY-----\n", OTHER},
	{"another kind of PEM", "-----BEGIN PGP MESSAGE-----\nMA==\n-----END PGP MESSAGE-----\n",
         "PEM of something that is not a private key"},
};

static void run_text(const void *row)
{
	const struct text *r = row;
	struct private_key *k;
	struct public_key *public_half;
	struct buf p, text;

	if (r->trouble) {
		assert_refused(str_c(r->pem), INKAN_ESYNTAX, r->trouble);
		return;
	}
	assert_loads(str_c(r->pem), KEY_ED25519, 256);
	assert_int_equal(private_key_from_pem(crypto, str_c(r->pem), &k, NULL), INKAN_OK);
	assert_int_equal(private_key_public(crypto, k, &public_half), INKAN_OK);
	buf_init(&p, 32);
	buf_init(&text, 44);
	public_key_encode(public_half, &p);
	base64_encode(&text, (const unsigned char *)p.p, p.n);
	assert_true(str_eq(buf_str(&text), STR(RFC8463_ED25519_P)));
	buf_release(&p);
	buf_release(&text);
	public_key_unref(public_half);
	private_key_free(k);
}

/* Every part of a file is refused, and no octet behind the part is read. */
static void run_prefixes(const void *row)
{
	struct str pem = str_c(row);

	for (size_t n = 0; n < pem.n - 1; n++) {
		struct private_key *k = NULL;
		char *part = malloc(n ? n : 1);

		assert_non_null(part);
		memcpy(part, pem.p, n);
		assert_int_equal(private_key_from_pem(crypto, str_from(part, n), &k, NULL), INKAN_ESYNTAX);
		free(part);
	}
}

static void run_too_long(const void *row)
{
	enum { LIMIT = 64 * 1024 };
	char *pem = malloc(LIMIT + 1);
	struct str key = STR(RFC8463_ED25519_PEM);

	(void)row;
	assert_non_null(pem);
	memset(pem, '\n', LIMIT + 1);
	memcpy(pem, key.p, key.n);
	assert_loads(str_from(pem, LIMIT), KEY_ED25519, 256);
	assert_refused(str_from(pem, LIMIT + 1), INKAN_ESYNTAX, "too long for a key");
	free(pem);
}

/* ---- the numbers of an RSAPrivateKey ---- */

enum { N, E, D, P, Q, DP, DQ, QINV, NUMBERS };

/* RSAPrivateKey in PEM, made of given numbers. */
static void put_rsa_pem(struct buf *out, const struct str numbers[NUMBERS])
{
	struct buf der;
	size_t size = der_integer_size(STR_NULL);

	buf_init(&der, 60000);
	for (size_t i = 0; i < NUMBERS; i++)
		size += der_integer_size(numbers[i]);
	der_put_head(&der, DER_SEQUENCE, size);
	der_put_integer(&der, STR_NULL);
	for (size_t i = 0; i < NUMBERS; i++)
		der_put_integer(&der, numbers[i]);
	assert_int_equal(buf_error(&der), INKAN_OK);
	buf_put_c(out, "-----BEGIN RSA PRIVATE KEY-----\n");
	base64_encode(out, (const unsigned char *)der.p, der.n);
	buf_put_c(out, "\n-----END RSA PRIVATE KEY-----\n");
	assert_int_equal(buf_error(out), INKAN_OK);
	buf_release(&der);
}

/* The numbers of the RSA key of RFC 8463; they point into der. */
static void rsa_numbers(unsigned char der[1024], struct str numbers[NUMBERS])
{
	struct str pem = STR(RFC8463_RSA_PEM), content;
	struct der_integer number;
	size_t from = str_find(pem, '\n') + 1, size;

	assert_true(base64_decode(str_head(str_skip(pem, from), str_search(pem, STR("\n-----END")) - from), BASE64_FWS,
	                          der, &size, NULL));
	struct str text = str_from((char *)der, size);

	assert_true(der_take(&text, DER_SEQUENCE, &content));
	assert_true(der_take_integer(&content, &number)); /* version */
	for (size_t i = 0; i < NUMBERS; i++) {
		assert_true(der_take_integer(&content, &number));
		numbers[i] = number.magnitude;
	}
	assert_int_equal(content.n, 0);
}

static char long_number[KEY_RSA_BITS_MAX / 8 + 1];

#define APART "the numbers of the RSA key do not belong together"

static const struct wrong_number {
	const char *name;
	size_t which;
	struct str value;
	const char *trouble;
} wrong_numbers[] = {
	{"RULES V18: modulus of 8200 bits", N, {long_number, sizeof(long_number)}, "RSA modulus above 8192 bits"},
	{"modulus of 8192 bits that belongs to nothing", N, {long_number, sizeof(long_number) - 1}, APART},
	{"exponent 1", E, {"\1", 1}, "RSA exponent even, below 3 or above 32 bits"},
	{"exponent even", E, {"\1\0\0", 3}, "RSA exponent even, below 3 or above 32 bits"},
	{"exponent of 33 bits", E, {"\1\0\0\0\1", 5}, "RSA exponent even, below 3 or above 32 bits"},
	{"another exponent", E, {"\1\0\3", 3}, APART},
	{"private exponent longer than the modulus", D, {long_number, 129}, APART},
	{"private exponent of the modulus's length, but above it", D, {long_number, 128}, APART},
	{"exponent of the first prime above it", DP, {long_number, 64}, APART},
	{"exponent of the second prime above it", DQ, {long_number, 64}, APART},
	{"coefficient longer than the first prime", QINV, {long_number, 65}, APART},
	{"private exponent zero", D, {NULL, 0}, "the RSA key is damaged"},
	{"prime of 1", P, {"\1", 1}, APART},
	{"prime longer than the modulus", P, {long_number, 129}, APART},
	{"the other prime longer than the modulus", Q, {long_number, 129}, APART},
};

static void run_wrong_number(const void *row)
{
	const struct wrong_number *r = row;
	unsigned char der[1024];
	struct str numbers[NUMBERS];
	struct buf pem;

	memset(long_number, 0xff, sizeof(long_number));
	rsa_numbers(der, numbers);
	numbers[r->which] = r->value;
	buf_init(&pem, 60000);
	put_rsa_pem(&pem, numbers);
	assert_refused(buf_str(&pem), INKAN_ESYNTAX, r->trouble);
	buf_release(&pem);
}

/* ---- signing, and PEM out ---- */

static void assert_signs(struct private_key *k)
{
	struct public_key *public_half;

	assert_int_equal(private_key_public(crypto, k, &public_half), INKAN_OK);
	for (int kind = 0; kind < 2; kind++) {
		struct digest_value digest = {.n = kind == DIGEST_SHA256 ? 32 : 20, .octets = {1, 2, 3}};
		unsigned char signature[KEY_SIGNATURE_MAX];
		size_t size = 7;
		bool valid = false;
		int error = private_key_sign(crypto, k, (enum digest_kind)kind, &digest, signature, &size);

		if (private_key_type(k) == KEY_ED25519 && kind == DIGEST_SHA1) {
			assert_int_equal(error, INKAN_EUSAGE);
			assert_int_equal(size, 7);
			continue;
		}
		assert_int_equal(error, INKAN_OK);
		assert_int_equal(size, private_key_type(k) == KEY_RSA ? (private_key_bits(k) + 7) / 8 : 64);
		assert_int_equal(public_key_verify(crypto, public_half, (enum digest_kind)kind, &digest,
		                                   str_from((const char *)signature, size), &valid),
		                 INKAN_OK);
		assert_true(valid);
	}
	public_key_unref(public_half);
}

/* A key with a wrong bit in modulus, exponent or primes is refused; with one in the other numbers too, or its signatures
 * are right nevertheless: OpenSSL tests what the Chinese remainders gave and falls back on the private exponent. */
static void run_damaged(const void *row)
{
	unsigned char der[1024];
	struct str numbers[NUMBERS];
	size_t refused = 0;

	(void)row;
	for (size_t which = 0; which < NUMBERS; which++) {
		for (size_t bit = 0; bit < 1024; bit += 37) {
			struct private_key *k;
			struct buf pem;

			rsa_numbers(der, numbers);
			if (bit / 8 >= numbers[which].n)
				break;
			size_t at = (size_t)(numbers[which].p - (char *)der) + bit / 8;

			der[at] ^= (unsigned char)(1 << bit % 8);
			buf_init(&pem, 4096);
			put_rsa_pem(&pem, numbers);
			int error = private_key_from_pem(crypto, buf_str(&pem), &k, NULL);

			assert_true(error == INKAN_OK || error == INKAN_ESYNTAX || error == INKAN_EREFUSED);
			assert_int_equal(ERR_peek_error(), 0);
			assert_true(error || which == D || which > Q);
			refused += error != INKAN_OK;
			if (!error) {
				assert_signs(k);
				private_key_free(k);
			}
			buf_release(&pem);
		}
	}
	assert_true(refused > 0);
}

static void assert_survives_pem(const struct private_key *k)
{
	struct private_key *again;
	struct public_key *public_half, *same;
	struct buf pem, small;

	buf_init(&pem, 10000);
	assert_int_equal(private_key_to_pem(k, &pem), INKAN_OK);
	assert_true(str_has_prefix(buf_str(&pem), STR("-----BEGIN PRIVATE KEY-----\n")));
	assert_int_equal(private_key_from_pem(crypto, buf_str(&pem), &again, NULL), INKAN_OK);
	assert_int_equal(private_key_public(crypto, k, &public_half), INKAN_OK);
	assert_int_equal(private_key_public(crypto, again, &same), INKAN_OK);
	assert_true(public_key_eq(public_half, same));
	assert_signs(again);
	/* the text is as long as it is: one octet less is too little */
	buf_init(&small, pem.n - 1);
	assert_int_equal(private_key_to_pem(k, &small), INKAN_ELIMIT);
	buf_release(&small);
	buf_init(&small, pem.n);
	assert_int_equal(private_key_to_pem(k, &small), INKAN_OK);
	assert_true(str_eq(buf_str(&small), buf_str(&pem)));
	buf_release(&small);
	buf_release(&pem);
	public_key_unref(same);
	public_key_unref(public_half);
	private_key_free(again);
}

static void run_round_trip(const void *row)
{
	struct private_key *k;

	assert_int_equal(private_key_from_pem(crypto, str_c(row), &k, NULL), INKAN_OK);
	assert_signs(k);
	assert_survives_pem(k);
	assert_int_equal(ERR_peek_error(), 0);
	private_key_free(k);
}

/* What openssl wrote in PKCS#8 is written again to the octet. */
static void run_same_text(const void *row)
{
	char path[200];

	snprintf(path, sizeof(path), "tests/data/crypto/%s.pem", (const char *)row);
	struct str pem = test_read_file(test_source_path(path));
	struct private_key *k = load_key(str_c(row));
	struct buf out;

	buf_init(&out, 10000);
	assert_int_equal(private_key_to_pem(k, &out), INKAN_OK);
	assert_true(str_eq(buf_str(&out), pem));
	buf_release(&out);
	private_key_free(k);
	text_free(pem);
}

/* PKCS#1 v1.5 and Ed25519 signatures are determined: ours are those that openssl made. */
static void run_same_signature(const void *row)
{
	const struct line *r = row;
	struct private_key *k = load_key(r->cells[1]);
	struct digest_value digest = digest_from_hex(r->cells[3]);
	struct str want = from_hex(r->cells[4]);
	unsigned char signature[KEY_SIGNATURE_MAX];
	size_t size;
	enum digest_kind kind = str_eq(r->cells[2], STR("sha256")) ? DIGEST_SHA256 : DIGEST_SHA1;

	assert_int_equal(private_key_sign(crypto, k, kind, &digest, signature, &size), INKAN_OK);
	assert_true(str_eq(str_from((const char *)signature, size), want));
	text_free(want);
	private_key_free(k);
}

static const struct generated {
	const char *name;
	unsigned bits;
	int error;
} generated[] = {
	{"RULES S9: generate 1024 bits", 1024, INKAN_OK},
	{"generate 1032 bits", 1032, INKAN_OK},
	{"generate 2048 bits", 2048, INKAN_OK},
	{"generate 8192 bits and one octet", 8200, INKAN_EUSAGE},
	{"RULES S9: generate 1016 bits", 1016, INKAN_EUSAGE},
	{"generate 1025 bits", 1025, INKAN_EUSAGE},
	{"generate 0 bits", 0, INKAN_EUSAGE},
};

static void run_generated(const void *row)
{
	const struct generated *r = row;
	struct private_key *k = NULL;

	assert_int_equal(private_key_generate_rsa(crypto, r->bits, &k), r->error);
	if (!r->error) {
		assert_int_equal(private_key_bits(k), r->bits);
		assert_int_equal(private_key_type(k), KEY_RSA);
		assert_signs(k);
		assert_survives_pem(k);
	}
	assert_int_equal(ERR_peek_error(), 0);
	private_key_free(k);
}

/* RFC 8032 section 7.1: secret key and public key. (The signatures there are over messages of other lengths than a
 * digest has.) */
static const struct rfc8032 {
	const char *name;
	const char *seed, *point;
} rfc8032[] = {
	{"RFC 8032 TEST 1", "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
         "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a"},
	{"RFC 8032 TEST 2", "4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
         "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c"},
	{"RFC 8032 TEST 3", "c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7",
         "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025"},
	{"RFC 8032 TEST 1024", "f5e5767cf153319517630f226876b86c8160cc583bc013744c6bf255f5cc0ee5",
         "278117fc144c72340f67d0f2316e8386ceffbf2b2428c9c51fef7c597f1d426e"},
	{"RFC 8032 TEST SHA(abc)", "833fe62409237b9d62ec77587520911e9a759cec1d19755b7da901b96dca3d42",
         "ec172b93ad5e563bf4932c70e1245034c35467ef2efd4d64ebf819683467e2bf"},
};

static void run_rfc8032(const void *row)
{
	const struct rfc8032 *r = row;
	struct str seed = from_hex(str_c(r->seed)), point = from_hex(str_c(r->point));
	struct private_key *k;
	struct public_key *public_half, *same;
	enum key_trouble trouble;

	assert_int_equal(private_key_from_ed25519_seed(crypto, (const unsigned char *)seed.p, &k), INKAN_OK);
	assert_int_equal(private_key_public(crypto, k, &public_half), INKAN_OK);
	assert_int_equal(public_key_decode(crypto, KEY_ED25519, point, &same, &trouble), INKAN_OK);
	assert_int_equal(trouble, KEY_OK);
	assert_true(public_key_eq(public_half, same));
	assert_signs(k);
	assert_survives_pem(k);
	public_key_unref(public_half);
	public_key_unref(same);
	private_key_free(k);
	text_free(seed);
	text_free(point);
}

/* The private keys of the DKIM2 testers fit the records that they publish. */
static const char *const chaos[] = {"rsa1024", "rsa1536", "rsa2048", "rsa4096", "rsa5120", "ed25519"};

static void run_chaos(const void *row)
{
	char name[100];
	struct private_key *k;

	snprintf(name, sizeof(name), "dkim2/turscar/chaos/keys/%s.pem", (const char *)row);
	const char *path = test_conformance_path(name);

	if (!path)
		test_skip("no conformance suites here");
	struct str pem = test_read_file(path);

	assert_int_equal(private_key_from_pem(crypto, pem, &k, NULL), INKAN_OK);
	assert_signs(k);
	private_key_free(k);
	text_free(pem);
}

static void run_wipe(const void *row)
{
	char secret[40];

	(void)row;
	memset(secret, 'x', sizeof(secret));
	crypto_wipe(secret, sizeof(secret) - 1);
	for (size_t i = 0; i < sizeof(secret) - 1; i++)
		assert_int_equal(secret[i], 0);
	assert_int_equal(secret[sizeof(secret) - 1], 'x');
	private_key_free(NULL);
}

static void run_no_memory(const void *row)
{
	for (size_t n = 1;; n++) {
		struct private_key *k = NULL;
		struct buf pem;

		buf_init(&pem, 10000);
		alloc_fail_at(n);
		int error = private_key_from_pem(crypto, str_c(row), &k, NULL);

		if (!error)
			error = private_key_to_pem(k, &pem);
		bool reached = alloc_count() >= n;

		alloc_fail_at(0);
		assert_int_equal(error, reached ? INKAN_ENOMEM : INKAN_OK);
		private_key_free(k);
		buf_release(&pem);
		if (!reached)
			break;
	}
}

int main(void)
{
	struct test_list list = {0};

	if (crypto_new(&crypto))
		return 2;
	struct lines signatures = lines_load("tests/data/crypto/signatures.txt");

	TEST_TABLE(&list, files, run_file);
	TEST_TABLE(&list, short_keys, run_short_key);
	TEST_TABLE(&list, texts, run_text);
	test_add(&list, "every part of an Ed25519 key", run_prefixes, RFC8463_ED25519_PEM);
	test_add(&list, "every part of an RSA key", run_prefixes, RFC8463_RSA_PEM);
	test_add(&list, "64 KiB and one octet more", run_too_long, NULL);
	TEST_TABLE(&list, wrong_numbers, run_wrong_number);
	test_add(&list, "one wrong bit in any number", run_damaged, NULL);
	test_add(&list, "RFC 8463 RSA key: load, sign, print, load", run_round_trip, RFC8463_RSA_PEM);
	test_add(&list, "RFC 8463 Ed25519 key: load, sign, print, load", run_round_trip, RFC8463_ED25519_PEM);
	test_add(&list, "RSA in PKCS#8 is printed as openssl prints it", run_same_text, "rsa2048-pkcs8");
	test_add(&list, "Ed25519 is printed as openssl prints it", run_same_text, "ed25519");
	for (size_t i = 0; i < signatures.n; i++)
		if (str_eq(signatures.lines[i].cells[5], STR("valid")))
			test_add(&list, signatures.lines[i].name, run_same_signature, &signatures.lines[i]);
	TEST_TABLE(&list, generated, run_generated);
	TEST_TABLE(&list, rfc8032, run_rfc8032);
	for (size_t i = 0; i < sizeof(chaos) / sizeof(*chaos); i++)
		test_add(&list, chaos[i], run_chaos, chaos[i]);
	test_add(&list, "wipe", run_wipe, NULL);
	test_add(&list, "out of memory, RSA", run_no_memory, RFC8463_RSA_PEM);
	test_add(&list, "out of memory, Ed25519", run_no_memory, RFC8463_ED25519_PEM);
	int failed = test_run(&list, "crypto/private_key");

	lines_free(&signatures);
	crypto_free(crypto);
	return failed;
}

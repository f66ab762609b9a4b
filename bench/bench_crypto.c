/* What a key and a digest cost here, each beside the bare call of the library that does the work.
 *
 * Pairs are measured in turns of a few milliseconds and the fastest turn of each counts, so that other work on the
 * machine disturbs both alike. */
#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "crypto/crypto.h"

enum { TURNS = 200, TURN_NS = 3000000 };

static struct crypto *crypto;
static struct digest_value digest = {.n = 32, .octets = {1, 2, 3}};

static void must(bool ok, const char *what)
{
	if (ok)
		return;
	fprintf(stderr, "bench_crypto: %s failed\n", what);
	exit(1);
}

static double now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

struct work {
	const char *name;
	void (*run)(void *);
	void *argument;
	double best; /* ns a call */
};

static void take_turn(struct work *w)
{
	double start = now_ns(), end;
	size_t n = 0;

	do {
		for (int i = 0; i < 10; i++)
			w->run(w->argument);
		n += 10;
		end = now_ns();
	} while (end - start < TURN_NS);
	double each = (end - start) / (double)n;

	if (w->best == 0 || each < w->best)
		w->best = each;
}

static void compare(struct work ours, struct work peer)
{
	for (int i = 0; i < TURNS; i++) {
		take_turn(&ours);
		take_turn(&peer);
	}
	printf("%-34s %9.2f us   %-34s %9.2f us   %+6.1f %%\n", ours.name, ours.best / 1000, peer.name,
	       peer.best / 1000, (ours.best / peer.best - 1) * 100);
}

/* ---- one RSA or Ed25519 key, here and in the library ---- */

struct subject {
	struct private_key *private_half;
	struct public_key *public_half;
	unsigned char der[2048];
	size_t der_size;
	unsigned char signature[KEY_SIGNATURE_MAX];
	size_t signature_size;
	EVP_PKEY *pkey;
	EVP_PKEY_CTX *verify;
};

static struct str subject_der(const struct subject *s)
{
	return str_from((const char *)s->der, s->der_size);
}

static void subject_init(struct subject *s, struct private_key *k)
{
	struct buf der;

	s->private_half = k;
	must(private_key_public(crypto, k, &s->public_half) == INKAN_OK, "private_key_public");
	must(private_key_sign(crypto, k, DIGEST_SHA256, &digest, s->signature, &s->signature_size) == INKAN_OK,
	     "private_key_sign");
	buf_init(&der, sizeof(s->der));
	public_key_encode(s->public_half, &der);
	must(buf_error(&der) == INKAN_OK, "public_key_encode");
	memcpy(s->der, der.p, der.n);
	s->der_size = der.n;
	buf_release(&der);
	if (private_key_type(k) == KEY_ED25519)
		return;
	const unsigned char *p = s->der;

	s->pkey = d2i_PUBKEY(NULL, &p, (long)s->der_size);
	s->verify = EVP_PKEY_CTX_new(s->pkey, NULL);
	must(s->verify && EVP_PKEY_verify_init(s->verify) == 1 &&
	             EVP_PKEY_CTX_set_rsa_padding(s->verify, RSA_PKCS1_PADDING) == 1 &&
	             EVP_PKEY_CTX_set_signature_md(s->verify, EVP_sha256()) == 1,
	     "EVP_PKEY_verify_init");
}

static void subject_release(struct subject *s)
{
	EVP_PKEY_CTX_free(s->verify);
	EVP_PKEY_free(s->pkey);
	public_key_unref(s->public_half);
	private_key_free(s->private_half);
}

static void our_verify(void *argument)
{
	struct subject *s = argument;
	bool valid = false;

	must(public_key_verify(crypto, s->public_half, DIGEST_SHA256, &digest,
	                       str_from((char *)s->signature, s->signature_size), &valid) == INKAN_OK &&
	             valid,
	     "public_key_verify");
}

static void bare_rsa_verify(void *argument)
{
	struct subject *s = argument;

	must(EVP_PKEY_verify(s->verify, s->signature, s->signature_size, digest.octets, digest.n) == 1,
	     "EVP_PKEY_verify");
}

static void bare_ed25519_verify(void *argument)
{
	struct subject *s = argument;

	must(crypto_sign_verify_detached(s->signature, digest.octets, digest.n, s->der) == 0,
	     "crypto_sign_verify_detached");
}

static void our_decode(void *argument)
{
	struct subject *s = argument;
	struct public_key *k;
	enum key_trouble trouble;

	must(public_key_decode(crypto, public_key_type(s->public_half), subject_der(s), &k, &trouble) == INKAN_OK &&
	             !trouble,
	     "public_key_decode");
	public_key_unref(k);
}

static void our_decode_and_verify(void *argument)
{
	struct subject *s = argument, once = *s;
	enum key_trouble trouble;

	must(public_key_decode(crypto, public_key_type(s->public_half), subject_der(s), &once.public_half, &trouble) ==
	             INKAN_OK,
	     "public_key_decode");
	our_verify(&once);
	public_key_unref(once.public_half);
}

static void bare_decode(void *argument)
{
	struct subject *s = argument;
	const unsigned char *p = s->der;
	EVP_PKEY *pkey = d2i_PUBKEY(NULL, &p, (long)s->der_size);

	must(pkey, "d2i_PUBKEY");
	EVP_PKEY_free(pkey);
}

static void our_junk(void *argument)
{
	struct public_key *k;
	enum key_trouble trouble;

	must(public_key_decode(crypto, KEY_RSA, *(struct str *)argument, &k, &trouble) == INKAN_OK &&
	             trouble == KEY_TOO_LONG,
	     "public_key_decode of junk");
}

static void bare_junk(void *argument)
{
	struct str *s = argument;
	const unsigned char *p = (const unsigned char *)s->p;

	EVP_PKEY_free(d2i_PublicKey(EVP_PKEY_RSA, NULL, &p, (long)s->n));
}

static void our_sign(void *argument)
{
	struct subject *s = argument;

	must(private_key_sign(crypto, s->private_half, DIGEST_SHA256, &digest, s->signature, &s->signature_size) ==
	             INKAN_OK,
	     "private_key_sign");
}

static void our_start(void *argument)
{
	struct crypto *c;

	(void)argument;
	must(crypto_new(&c) == INKAN_OK, "crypto_new");
	crypto_free(c);
}

/* ---- digests ---- */

struct text {
	char octets[8000];
	struct digest *digest;
	EVP_MD_CTX *context;
	EVP_MD *md;
};

static void our_digest(void *argument)
{
	struct text *t = argument;
	struct digest_value value;

	digest_start(t->digest, DIGEST_SHA256);
	digest_update(t->digest, str_from(t->octets, sizeof(t->octets)));
	must(digest_finish(t->digest, &value) == INKAN_OK, "digest_finish");
}

static void bare_digest(void *argument)
{
	struct text *t = argument;
	unsigned char value[32];

	must(EVP_DigestInit_ex2(t->context, t->md, NULL) == 1 &&
	             EVP_DigestUpdate(t->context, t->octets, sizeof(t->octets)) == 1 &&
	             EVP_DigestFinal_ex(t->context, value, NULL) == 1,
	     "EVP_Digest");
}

static void compare_rsa(unsigned bits)
{
	struct subject s = {0};
	struct private_key *k;
	char name[64];

	must(private_key_generate_rsa(crypto, bits, &k) == INKAN_OK, "private_key_generate_rsa");
	subject_init(&s, k);
	snprintf(name, sizeof(name), "RSA-%u verify", bits);
	compare((struct work){name, our_verify, &s, 0}, (struct work){"EVP_PKEY_verify", bare_rsa_verify, &s, 0});
	snprintf(name, sizeof(name), "RSA-%u decode", bits);
	compare((struct work){name, our_decode, &s, 0}, (struct work){"d2i_PUBKEY", bare_decode, &s, 0});
	snprintf(name, sizeof(name), "RSA-%u decode and verify once", bits);
	compare((struct work){name, our_decode_and_verify, &s, 0},
	        (struct work){"EVP_PKEY_verify", bare_rsa_verify, &s, 0});
	subject_release(&s);
}

int main(void)
{
	struct subject ed25519 = {0};
	struct private_key *k;
	struct text text = {.context = EVP_MD_CTX_new(), .md = EVP_MD_fetch(NULL, "SHA256", NULL)};
	/* an RSAPublicKey whose modulus fills 64 KiB */
	static char junk[65536] = "\x30\x82\xff\xfc\x02\x82\xff\xf0\x7f";
	struct str junk_text = str_from(junk, sizeof(junk));

	must(crypto_new(&crypto) == INKAN_OK, "crypto_new");
	must(digest_new(crypto, &text.digest) == INKAN_OK, "digest_new");
	memcpy(junk + 8 + 0xfff0, "\x02\x06\x01", 3);
	compare_rsa(1024);
	compare_rsa(2048);
	compare_rsa(4096);
	must(private_key_from_ed25519_seed(crypto, digest.octets, &k) == INKAN_OK, "private_key_from_ed25519_seed");
	subject_init(&ed25519, k);
	compare((struct work){"Ed25519 verify", our_verify, &ed25519, 0},
	        (struct work){"crypto_sign_verify_detached", bare_ed25519_verify, &ed25519, 0});
	compare((struct work){"Ed25519 decode", our_decode, &ed25519, 0},
	        (struct work){"crypto_sign_verify_detached", bare_ed25519_verify, &ed25519, 0});
	compare((struct work){"Ed25519 sign", our_sign, &ed25519, 0},
	        (struct work){"crypto_sign_verify_detached", bare_ed25519_verify, &ed25519, 0});
	compare((struct work){"SHA-256 of 8000 octets", our_digest, &text, 0},
	        (struct work){"EVP_Digest, same context", bare_digest, &text, 0});
	compare((struct work){"RSA key of 64 KiB refused", our_junk, &junk_text, 0},
	        (struct work){"d2i_PublicKey", bare_junk, &junk_text, 0});
	compare((struct work){"crypto_new and crypto_free", our_start, NULL, 0},
	        (struct work){"SHA-256 of 8000 octets", bare_digest, &text, 0});
	subject_release(&ed25519);
	digest_free(text.digest);
	EVP_MD_CTX_free(text.context);
	EVP_MD_free(text.md);
	crypto_free(crypto);
	return 0;
}

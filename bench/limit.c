/* What the machine allows: the SHA-256 of the canonical octets (each body once for each canonical form that its signatures
 * need, the header once for each signature) and one RSA or Ed25519 operation a signature, by the libraries that inkan uses,
 * with algorithms, keys and contexts made before the clock starts. Everything else that signing and verifying need is done
 * beforehand, by the engine, and its outcome is checked here. Beyond the modes of driver.h:
 *
 *	body SECONDS FILE...    canonicalising and hashing a body relaxed, and hashing its canonical octets, in turns:
 *	                        {"op":"body","file":…,"canon_hash":CPU seconds a body,"hash":CPU seconds a body} */
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>

#include "core/base64.h"
#include "driver.h"
#include "sig/header_hash.h"
#include "sig/signature.h"
#include "signing.h"

enum { KEYS_MAX = 65536, SIGNATURES_MAX = 16, SIZE_LIMIT = 1 << 30, TURNS = 40, CLOCK_OCTETS = 65536 };

struct key {
	struct str name;                                  /* of the record */
	EVP_PKEY *pkey;                                   /* RSA; NULL: Ed25519 */
	unsigned char octets[crypto_sign_SECRETKEYBYTES]; /* Ed25519: the point; to sign: the secret key */
};

struct shared {
	struct key *keys;
	size_t key_count;
	struct inkan_signer *signer; /* NULL where it is about verifying */
};

struct worker {
	const struct shared *shared;
	EVP_MD *sha256;
	EVP_MD_CTX *digest;
	EVP_PKEY_CTX **contexts; /* by key, made when first used */
};

struct ideal_signature {
	size_t key;
	struct buf header;
	struct str signature;
	size_t body;
};

/* A message with all that is not measured done. */
struct ideal {
	struct buf bodies[2];
	struct digest_value body_hashes[2]; /* as the signatures say */
	bool body_needed[2];
	struct ideal_signature signatures[SIGNATURES_MAX];
	size_t count;
};

/* ---- keys ---- */

static void decode_public(struct key *key, struct str record)
{
	size_t at = str_search(record, STR("p=")), n = 0;
	struct str p = str_skip(record, at + 2);
	unsigned char *der = malloc(base64_decoded_max(p.n));
	const unsigned char *from = der;

	bench_must(at < record.n && der && base64_decode(str_head(p, str_find(p, ';')), BASE64_FWS, der, &n, NULL),
	           "base64_decode");
	if (n == crypto_sign_PUBLICKEYBYTES)
		memcpy(key->octets, der, n);
	else
		bench_must((key->pkey = d2i_PUBKEY(NULL, &from, (long)n)), "d2i_PUBKEY");
	free(der);
}

static void *load_records(const char *path)
{
	struct shared *s = calloc(1, sizeof *s);
	struct str rest = bench_read(path);
	struct bench_record record;

	bench_must(s && (s->keys = calloc(KEYS_MAX, sizeof *s->keys)), "calloc");
	while (bench_next_record(&rest, &record) && s->key_count < KEYS_MAX) {
		if (!str_eq(record.type, STR("TXT")) || str_search(record.name, STR("._domainkey.")) == record.name.n)
			continue;
		s->keys[s->key_count].name = record.name;
		decode_public(&s->keys[s->key_count++], record.data);
	}
	return s;
}

static void decode_private(struct key *key, const char *path)
{
	struct str pem = bench_read(path);
	BIO *bio = BIO_new_mem_buf(pem.p, (int)pem.n);
	EVP_PKEY *pkey = PEM_read_bio_PrivateKey(bio, NULL, NULL, NULL);
	unsigned char seed[crypto_sign_SEEDBYTES], point[crypto_sign_PUBLICKEYBYTES];
	size_t n = sizeof seed;

	BIO_free(bio);
	bench_must(pkey, "PEM_read_bio_PrivateKey");
	if (EVP_PKEY_get_base_id(pkey) == EVP_PKEY_RSA) {
		key->pkey = pkey;
		return;
	}
	bench_must(EVP_PKEY_get_raw_private_key(pkey, seed, &n) == 1 && n == sizeof seed, "the Ed25519 key");
	crypto_sign_seed_keypair(point, key->octets, seed);
}

static void *load_keys(const char *folder, const char *variant)
{
	struct shared *s = calloc(1, sizeof *s);
	struct inkan_context *context;

	bench_must(s && (s->keys = calloc(2, sizeof *s->keys)) && !inkan_context_new(&context), "inkan_context_new");
	s->signer = bench_signer(context, folder, variant);
	s->keys[0].name = STR("s1._domainkey.corp000.example");
	s->keys[1].name = STR("ed1._domainkey.corp000.example");
	s->key_count = 2;
	decode_private(&s->keys[0], bench_path(folder, "rsa000.pem"));
	decode_private(&s->keys[1], bench_path(folder, "ed000.pem"));
	return s;
}

static void *new_worker(void *shared)
{
	struct worker *w = calloc(1, sizeof *w);

	bench_must(w, "calloc");
	w->shared = shared;
	w->sha256 = EVP_MD_fetch(NULL, "SHA2-256", NULL);
	w->digest = EVP_MD_CTX_new();
	w->contexts = calloc(w->shared->key_count, sizeof(EVP_PKEY_CTX *));
	bench_must(w->sha256 && w->digest && w->contexts && sodium_init() >= 0, "preparing the libraries");
	return w;
}

/* ---- what is not measured ---- */

static size_t find_key(const struct shared *s, struct str selector, struct str domain)
{
	char text[512];
	int n = snprintf(text, sizeof text, "%.*s._domainkey.%.*s", STR_ARG(selector), STR_ARG(domain));

	for (size_t i = 0; i < s->key_count; i++)
		if (str_eq(s->keys[i].name, str_from(text, (size_t)n)))
			return i;
	bench_die("no key %s", text);
}

static void gather(void *context, struct str span)
{
	buf_put(context, span);
}

static void need_body(struct ideal *ideal, const struct dkim_signature *s, struct str body)
{
	struct canon_body canon;
	struct buf *out = &ideal->bodies[s->body_canon];

	bench_must(!s->has_length, "a message without l=");
	ideal->body_hashes[s->body_canon] = s->body_hash;
	if (ideal->body_needed[s->body_canon])
		return;
	ideal->body_needed[s->body_canon] = true;
	buf_init(out, SIZE_LIMIT);
	canon_body_init(&canon, s->body_canon, gather, out);
	canon_body_feed(&canon, body);
	canon_body_finish(&canon);
	bench_must(!buf_error(out), "keeping the body");
}

static void add_signature(struct ideal *ideal, const struct shared *shared, struct arena *arena,
                          const struct header *header, size_t field, struct str body)
{
	struct ideal_signature *out = &ideal->signatures[ideal->count++];
	struct inkan_dkim_result result;
	struct dkim_signature s;
	enum dkim_fault_id fault;
	size_t fields[DKIM_HEADER_NAMES_MAX];
	struct buf scratch;

	bench_must(!dkim_signature_parse(arena, &header->fields[field], false, &s, &result, &fault) && !fault,
	           "dkim_signature_parse");
	bench_must(!header_select(arena, header, s.names, s.name_count, fields), "header_select");
	buf_init(&scratch, SIZE_LIMIT);
	buf_init(&out->header, SIZE_LIMIT);
	header_hash_fields(&out->header, s.header_canon, header, fields, s.name_count);
	header_hash_own(&out->header, &scratch, s.header_canon, s.field->raw, s.b_begin, s.b_end);
	bench_must(!buf_error(&out->header), "keeping the header");
	buf_release(&scratch);
	need_body(ideal, &s, body);
	out->key = find_key(shared, s.selector, s.domain);
	out->body = s.body_canon;
	out->signature = s.signature;
}

static struct ideal *idealise(const struct shared *shared, struct str message)
{
	struct ideal *ideal = calloc(1, sizeof *ideal);
	struct arena *arena = malloc(sizeof *arena); /* stays: the signatures lie in it */
	size_t size = str_search(message, STR("\r\n\r\n")) + 2;
	struct header header;

	bench_must(ideal && arena && size < message.n, "finding the body");
	arena_init(arena, SIZE_LIMIT);
	bench_must(!header_parse(arena, str_head(message, size), MAIL_FIELDS_MAX, &header), "header_parse");
	for (size_t i = 0; i < header.count; i++)
		if (str_ieq(header.fields[i].name, STR("DKIM-Signature")) && ideal->count < SIGNATURES_MAX)
			add_signature(ideal, shared, arena, &header, i, str_skip(message, size + 2));
	return ideal;
}

/* The message with the fields that the library under test puts on top. */
static struct str sign_by_library(struct inkan_signer *signer, struct str message)
{
	struct buf out;
	size_t n;

	bench_must(!inkan_signer_write(signer, message.p, message.n) && !inkan_signer_end(signer), "inkan_signer_end");
	const char *fields = inkan_signer_fields(signer, &n);

	buf_init(&out, SIZE_LIMIT);
	buf_put(&out, str_from(fields, n));
	buf_put(&out, message);
	bench_must(!buf_error(&out), "keeping the message");
	inkan_signer_reset(signer);
	return buf_str(&out);
}

/* ---- what is measured ---- */

static void hash(struct worker *w, struct str octets, struct digest_value *out)
{
	unsigned size;

	bench_must(EVP_DigestInit_ex2(w->digest, w->sha256, NULL) == 1 &&
	                   EVP_DigestUpdate(w->digest, octets.p, octets.n) == 1 &&
	                   EVP_DigestFinal_ex(w->digest, out->octets, &size) == 1,
	           "SHA-256");
	out->n = size;
}

static EVP_PKEY_CTX *context_of(struct worker *w, size_t key, int (*init)(EVP_PKEY_CTX *))
{
	EVP_PKEY_CTX *context = w->contexts[key];

	if (context)
		return context;
	context = w->contexts[key] = EVP_PKEY_CTX_new(w->shared->keys[key].pkey, NULL);
	bench_must(context && init(context) == 1 && EVP_PKEY_CTX_set_rsa_padding(context, RSA_PKCS1_PADDING) == 1 &&
	                   EVP_PKEY_CTX_set_signature_md(context, w->sha256) == 1,
	           "EVP_PKEY_CTX_new");
	return context;
}

static bool fits(struct worker *w, const struct ideal_signature *s, const struct digest_value *digest)
{
	const struct key *key = &w->shared->keys[s->key];
	const unsigned char *octets = (const unsigned char *)s->signature.p;

	if (!key->pkey)
		return crypto_sign_verify_detached(octets, digest->octets, digest->n, key->octets) == 0;
	return EVP_PKEY_verify(context_of(w, s->key, EVP_PKEY_verify_init), octets, s->signature.n, digest->octets,
	                       digest->n) == 1;
}

static void hash_bodies(struct worker *w, const struct ideal *ideal, bool good[2])
{
	struct digest_value digest;

	for (size_t i = 0; i < 2; i++) {
		if (!ideal->body_needed[i])
			continue;
		hash(w, buf_str(&ideal->bodies[i]), &digest);
		good[i] = digest_value_eq(&digest, &ideal->body_hashes[i]);
	}
}

static struct bench_count verify(void *worker, const struct bench_message *message)
{
	const struct ideal *ideal = message->prepared;
	struct bench_count count = {.signatures = ideal->count};
	struct digest_value digest;
	bool good[2];

	hash_bodies(worker, ideal, good);
	for (size_t i = 0; i < ideal->count; i++) {
		const struct ideal_signature *s = &ideal->signatures[i];

		hash(worker, buf_str(&s->header), &digest);
		count.good += fits(worker, s, &digest) && good[s->body];
	}
	return count;
}

static void *prepare(void *shared, struct str message)
{
	struct shared *s = shared;

	return idealise(s, s->signer ? sign_by_library(s->signer, message) : message);
}

static struct bench_count sign(void *worker, const struct bench_message *message)
{
	struct worker *w = worker;
	const struct ideal *ideal = message->prepared;
	unsigned char signature[KEY_SIGNATURE_MAX];
	struct digest_value digest;
	bool good[2];
	bool equal = true;

	hash_bodies(w, ideal, good);
	for (size_t i = 0; i < ideal->count; i++) {
		const struct ideal_signature *s = &ideal->signatures[i];
		const struct key *key = &w->shared->keys[s->key];
		size_t size = sizeof signature;

		hash(w, buf_str(&s->header), &digest);
		if (key->pkey)
			bench_must(EVP_PKEY_sign(context_of(w, s->key, EVP_PKEY_sign_init), signature, &size,
			                         digest.octets, digest.n) == 1,
			           "EVP_PKEY_sign");
		else
			crypto_sign_detached(signature, NULL, digest.octets, digest.n, key->octets);
		/* both kinds of signature are deterministic: the library under test must have made the same */
		equal &= memcmp(signature, s->signature.p, s->signature.n) == 0 && good[s->body];
	}
	bench_must(equal, "making the signatures that the library under test made");
	return (struct bench_count){1, 1};
}

/* ---- what canonicalising costs ---- */

static void update(void *context, struct str span)
{
	bench_must(EVP_DigestUpdate(((struct worker *)context)->digest, span.p, span.n) == 1, "EVP_DigestUpdate");
}

static void canon_and_hash(struct worker *w, struct str body)
{
	struct canon_body canon;
	struct digest_value digest;
	unsigned size;

	EVP_DigestInit_ex2(w->digest, w->sha256, NULL);
	canon_body_init(&canon, CANON_RELAXED, update, w);
	for (; body.n; body = str_skip(body, 32 * 1024))
		canon_body_feed(&canon, str_head(body, 32 * 1024));
	canon_body_finish(&canon);
	EVP_DigestFinal_ex(w->digest, digest.octets, &size);
}

static int measure_bodies(double least, char **files)
{
	struct shared none = {0};
	struct worker *w = new_worker(&none);

	for (; *files; files++) {
		struct str message = bench_read(*files);
		struct str body = str_skip(message, str_search(message, STR("\r\n\r\n")) + 4);
		struct digest_value digest;
		struct canon_body canon;
		struct buf bytes;
		double spent[2] = {0};
		unsigned long n[2] = {0};

		buf_init(&bytes, SIZE_LIMIT);
		canon_body_init(&canon, CANON_RELAXED, gather, &bytes);
		canon_body_feed(&canon, body);
		canon_body_finish(&canon);
		for (int turn = 0; turn < TURNS; turn++) {
			double start = bench_cpu(), now;

			do {
				for (size_t done = 0; done < CLOCK_OCTETS; done += body.n + 1, n[turn & 1]++)
					if (turn & 1)
						hash(w, buf_str(&bytes), &digest);
					else
						canon_and_hash(w, body);
				now = bench_cpu();
			} while (now - start < least / TURNS);
			spent[turn & 1] += now - start;
		}
		printf("{\"op\":\"body\",\"file\":\"%s\",\"canon_hash\":%.9f,\"hash\":%.9f}\n",
		       strrchr(*files, '/') + 1, spent[0] / (double)n[0], spent[1] / (double)n[1]);
		buf_release(&bytes);
	}
	return 0;
}

int main(int argc, char **argv)
{
	static const struct bench_driver driver = {.load_records = load_records,
	                                           .load_keys = load_keys,
	                                           .new_worker = new_worker,
	                                           .prepare = prepare,
	                                           .verify = verify,
	                                           .sign = sign};

	if (argc > 3 && !strcmp(argv[1], "body"))
		return measure_bodies(strtod(argv[2], NULL), argv + 3);
	return bench_main(argc, argv, &driver);
}

#include "support/forge.h"

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <stdio.h>
#include <stdlib.h>

#include "core/base64.h"
#include "crypto/crypto.h"
#include "mail/canon.h"
#include "mail/header.h"
#include "sig/header_hash.h"
#include "support/case.h"
#include "support/data.h"

static const char *const files[FORGE_KEYS] = {
	[FORGE_RSA2048] = "rsa2048", [FORGE_RSA2048_OTHER] = "rsa2048-other",
	[FORGE_RSA4096] = "rsa4096", [FORGE_RSA1024] = "rsa1024",
	[FORGE_RSA1023] = "rsa1023", [FORGE_RSA512] = "rsa512",
	[FORGE_ED25519] = "ed25519", [FORGE_ED25519_OTHER] = "ed25519-other",
};

static struct forged_key {
	struct str pem;
	EVP_PKEY *pkey;
	char p[1200], record[1300];
} keys[FORGE_KEYS];

static bool is_ed25519(enum forge_key key)
{
	return key == FORGE_ED25519 || key == FORGE_ED25519_OTHER;
}

static void release_keys(void)
{
	for (int key = 0; key < FORGE_KEYS; key++) {
		EVP_PKEY_free(keys[key].pkey);
		free((char *)(uintptr_t)keys[key].pem.p);
	}
}

static void encode_public(struct forged_key *k, enum forge_key key)
{
	unsigned char octets[1024], *p = octets;
	size_t size = sizeof octets;
	struct buf text;

	if (is_ed25519(key))
		assert_int_equal(EVP_PKEY_get_raw_public_key(k->pkey, octets, &size), 1);
	else
		size = (size_t)i2d_PUBKEY(k->pkey, &p);
	buf_init(&text, sizeof k->p);
	base64_encode(&text, octets, size);
	buf_put_char(&text, '\0');
	assert_int_equal(buf_error(&text), INKAN_OK);
	memcpy(k->p, text.p, text.n);
	buf_release(&text);
	snprintf(k->record, sizeof k->record, "v=DKIM1; k=%s; p=%s", is_ed25519(key) ? "ed25519" : "rsa", k->p);
}

static struct forged_key *load(enum forge_key key)
{
	static bool registered;
	struct forged_key *k = &keys[key];
	char path[100];

	if (k->pkey)
		return k;
	if (!registered)
		atexit(release_keys);
	registered = true;
	snprintf(path, sizeof path, "tests/data/dkim/%s.pem", files[key]);
	k->pem = test_read_file(test_source_path(path));
	BIO *bio = BIO_new_mem_buf(k->pem.p, (int)k->pem.n);

	k->pkey = PEM_read_bio_PrivateKey(bio, NULL, NULL, NULL);
	BIO_free(bio);
	assert_non_null(k->pkey);
	encode_public(k, key);
	return k;
}

struct str forge_pem(enum forge_key key)
{
	return load(key)->pem;
}

const char *forge_p(enum forge_key key)
{
	return load(key)->p;
}

const char *forge_record(enum forge_key key)
{
	return load(key)->record;
}

void forge_fake_rsa_record(char *out, size_t size, unsigned bits)
{
	unsigned char octets[2048];
	size_t n = 0, modulus = (bits + 7) / 8, lead = bits % 8 == 0; /* a zero before a set sign bit */
	size_t content = 4 + lead + modulus + 5;
	struct buf text;

	/* RSAPublicKey ::= SEQUENCE { modulus INTEGER, publicExponent INTEGER } */
	const unsigned char head[] = {
		0x30, 0x82, (unsigned char)(content >> 8),          (unsigned char)content,
		0x02, 0x82, (unsigned char)((modulus + lead) >> 8), (unsigned char)(modulus + lead)};

	memcpy(octets, head, sizeof head);
	n = sizeof head;
	if (lead)
		octets[n++] = 0;
	memset(octets + n, 0xff, modulus);
	octets[n] = (unsigned char)(0xff >> (8 - 1 - (bits + 7) % 8));
	n += modulus;
	memcpy(octets + n, "\x02\x03\x01\x00\x01", 5);
	n += 5;
	buf_init(&text, size);
	buf_put_c(&text, "v=DKIM1; k=rsa; p=");
	base64_encode(&text, octets, n);
	buf_put_char(&text, '\0');
	assert_int_equal(buf_error(&text), INKAN_OK);
	memcpy(out, text.p, text.n);
	buf_release(&text);
}

/* ---- the field ---- */

/* The value of a tag of the field's text, trimmed; empty where there is none. */
static struct str tag(struct str field, const char *name)
{
	struct str rest = str_skip(field, str_find(field, ':') + 1);

	while (rest.n) {
		struct str value = str_split(&rest, ';');

		if (str_eq(str_trim_fws(str_split(&value, '=')), str_c(name)))
			return str_trim_fws(value);
	}
	return STR_NULL;
}

static void put_replaced(struct buf *out, struct str text, const char *mark, struct str with)
{
	size_t at = str_search(text, str_c(mark));

	buf_put(out, str_head(text, at));
	if (at < text.n) {
		buf_put(out, with);
		buf_put(out, str_skip(text, at + strlen(mark)));
	}
}

static const EVP_MD *digest_of(struct str field)
{
	return str_eq(tag(field, "a"), STR("rsa-sha1")) ? EVP_sha1() : EVP_sha256();
}

static void put_digest(struct buf *out, const EVP_MD *kind, struct str octets)
{
	unsigned char digest[EVP_MAX_MD_SIZE];
	unsigned size;

	assert_int_equal(EVP_Digest(octets.p ? octets.p : "", octets.n, digest, &size, kind, NULL), 1);
	buf_put(out, str_from((char *)digest, size));
}

static void gather(void *context, struct str span)
{
	buf_put(context, span);
}

/* Both canonical forms of c=, where it can be read. */
static void read_canon(struct str field, enum canon *header, enum canon *body)
{
	struct str c = tag(field, "c");

	*header = *body = CANON_SIMPLE;
	(void)canon_from_name(str_trim_fws(str_split(&c, '/')), header);
	(void)canon_from_name(str_trim_fws(c), body);
}

static void put_body_hash(struct buf *out, struct str field, struct str body)
{
	struct buf octets;
	struct canon_body canonical;
	enum canon header_canon, body_canon;
	uint64_t length;

	read_canon(field, &header_canon, &body_canon);
	buf_init(&octets, body.n + 2);
	canon_body_init(&canonical, body_canon, gather, &octets);
	canon_body_feed(&canonical, body);
	canon_body_finish(&canonical);
	if (str_to_u64(tag(field, "l"), octets.n, &length))
		octets.n = (size_t)length;
	struct buf digest;

	buf_init(&digest, EVP_MAX_MD_SIZE);
	put_digest(&digest, digest_of(field), buf_str(&octets));
	base64_encode(out, (unsigned char *)digest.p, digest.n);
	buf_release(&digest);
	buf_release(&octets);
}

/* The names of h= as an array in the arena. */
static size_t read_names(struct arena *arena, struct str field, struct str **out)
{
	struct str h = tag(field, "h"), rest = h;
	size_t n = 0;

	*out = arena_calloc(arena, h.n + 1, sizeof **out);
	assert_non_null(*out);
	while (rest.n)
		(*out)[n++] = str_trim_fws(str_split(&rest, ':'));
	if (n == 0)
		(*out)[n++] = STR("from");
	return n;
}

/* Puts the field with nothing round "@b@". */
static void put_own_input(struct buf *out, struct str field, enum canon canon)
{
	size_t at = str_search(field, STR("@b@"));
	struct str before = str_head(field, at), after = str_skip(field, at + 3);
	struct buf own;

	while (before.n && is_fws_char(before.p[before.n - 1]))
		before.n--;
	while (after.n && is_fws_char(after.p[0]))
		after = str_skip(after, 1);
	buf_init(&own, field.n);
	buf_put(&own, before);
	buf_put(&own, after);
	canon_field(out, canon, buf_str(&own), false);
	buf_release(&own);
}

/* Puts what is signed: the header fields of the message, then the field itself. */
static void put_header_input(struct buf *out, struct str field, struct str header_text)
{
	struct arena arena;
	struct header header;
	struct str *names;
	enum canon header_canon, body_canon;

	arena_init(&arena, SIZE_MAX);
	assert_int_equal(header_parse(&arena, header_text, 100000, &header), INKAN_OK);
	read_canon(field, &header_canon, &body_canon);
	size_t count = read_names(&arena, field, &names);
	size_t *fields = arena_calloc(&arena, count, sizeof *fields);

	assert_non_null(fields);
	assert_int_equal(header_select(&arena, &header, names, count, fields), INKAN_OK);
	header_hash_fields(out, header_canon, &header, fields, count);

	put_own_input(out, field, header_canon);
	arena_release(&arena);
}

static void put_signature(struct buf *out, struct str field, enum forge_key key, struct str input)
{
	EVP_MD_CTX *context = EVP_MD_CTX_new();
	EVP_PKEY *pkey = load(key)->pkey;
	unsigned char signature[1024];
	size_t size = sizeof signature;
	struct buf digest;

	buf_init(&digest, EVP_MAX_MD_SIZE);
	put_digest(&digest, EVP_sha256(), input);
	if (is_ed25519(key)) /* RFC 8463 section 3: PureEdDSA over the digest */
		input = buf_str(&digest);
	assert_int_equal(EVP_DigestSignInit(context, NULL, is_ed25519(key) ? NULL : digest_of(field), NULL, pkey), 1);
	assert_int_equal(
		EVP_DigestSign(context, signature, &size, (const unsigned char *)(input.n ? input.p : ""), input.n), 1);
	EVP_MD_CTX_free(context);
	base64_encode(out, signature, size);
	buf_release(&digest);
}

void forge(struct buf *out, const char *template, enum forge_key key, struct str message)
{
	size_t end = str_search(message, STR("\r\n\r\n"));
	struct str header = str_head(message, end + 2), body = str_skip(message, end + 4);
	struct buf hash, field, input, signature;

	buf_init(&hash, 100);
	buf_init(&field, SIZE_MAX / 2);
	buf_init(&input, SIZE_MAX / 2);
	buf_init(&signature, 2000);
	put_body_hash(&hash, str_c(template), body);
	put_replaced(&field, str_c(template), "@bh@", buf_str(&hash));
	put_header_input(&input, buf_str(&field), header);
	put_signature(&signature, buf_str(&field), key, buf_str(&input));
	put_replaced(out, buf_str(&field), "@b@", buf_str(&signature));
	buf_put_c(out, "\r\n");
	buf_put(out, message);
	assert_int_equal(buf_error(&input), INKAN_OK);
	assert_int_equal(buf_error(out), INKAN_OK);
	buf_release(&hash);
	buf_release(&field);
	buf_release(&input);
	buf_release(&signature);
}

/* The lowest field of that name and instance, canonical. */
static void put_set_field(struct buf *out, const struct header *header, const char *name, unsigned instance)
{
	uint64_t i;

	for (size_t at = header_lowest(header, str_c(name)); at != HEADER_NONE; at = header->fields[at].above)
		if (str_to_u64(tag(header->fields[at].raw, "i"), 1000, &i) && i == instance) {
			canon_field(out, CANON_RELAXED, header->fields[at].raw, true);
			return;
		}
}

void forge_seal(struct buf *out, const char *template, unsigned instance, enum forge_key key, struct str message)
{
	struct arena arena;
	struct header header;
	struct buf input, signature;

	arena_init(&arena, SIZE_MAX);
	buf_init(&input, SIZE_MAX / 2);
	buf_init(&signature, 2000);
	assert_int_equal(
		header_parse(&arena, str_head(message, str_search(message, STR("\r\n\r\n")) + 2), 100000, &header),
		INKAN_OK);
	for (unsigned i = 1; i <= instance; i++) {
		put_set_field(&input, &header, "ARC-Authentication-Results", i);
		put_set_field(&input, &header, "ARC-Message-Signature", i);
		if (i < instance)
			put_set_field(&input, &header, "ARC-Seal", i);
	}
	put_own_input(&input, str_c(template), CANON_RELAXED);
	put_signature(&signature, str_c(template), key, buf_str(&input));
	put_replaced(out, str_c(template), "@b@", buf_str(&signature));
	buf_put_c(out, "\r\n");
	buf_put(out, message);
	assert_int_equal(buf_error(&input), INKAN_OK);
	assert_int_equal(buf_error(out), INKAN_OK);
	buf_release(&input);
	buf_release(&signature);
	arena_release(&arena);
}

/* inkan_signer_…, inkan_key_…: many messages through one signer, keys elsewhere, random messages there and back. */
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <stdio.h>
#include <stdlib.h>

#include "auth/context.h"
#include "dkim/mail.h"
#include "support/alloc.h"
#include "support/case.h"
#include "support/random.h"
#include "support/slow_key.h"

static struct inkan_key *rsa, *ed25519;

static const struct zone_row *zone(void)
{
	static struct zone_row rows[2];

	rows[0] = (struct zone_row){KEY_NAME, forge_record(FORGE_RSA2048), 0};
	rows[1] = (struct zone_row){"e1._domainkey.example.com", forge_record(FORGE_ED25519), 0};
	return rows;
}

static struct inkan_key *load(enum forge_key key)
{
	struct inkan_key *k = NULL;
	struct str pem = forge_pem(key);

	assert_int_equal(inkan_key_from_pem(judge_context(), pem.p, pem.n, &k, NULL), INKAN_OK);
	return k;
}

static struct inkan_signer *new_signer(const struct inkan_signer_options *options)
{
	struct inkan_signer_options defaults = seal_options();
	struct inkan_signer *s = NULL;

	assert_int_equal(inkan_signer_new(judge_context(), options ? options : &defaults, &s, NULL), INKAN_OK);
	assert_int_equal(inkan_signer_add_key(s, "s1", rsa), INKAN_OK);
	assert_int_equal(inkan_signer_add_key(s, "e1", ed25519), INKAN_OK);
	return s;
}

static int sign(struct inkan_signer *s, struct str message)
{
	int error = inkan_signer_write(s, message.p, message.n);

	return error ? error : inkan_signer_end(s);
}

/* The fields of the signer before the message: both signatures verify. */
static void assert_verifies(struct inkan_signer *s, struct str message, enum inkan_line_ends line_ends)
{
	struct inkan_message_options options;
	struct buf sealed;
	struct judged j;
	size_t size;
	const char *fields = inkan_signer_fields(s, &size);

	assert_non_null(fields);
	inkan_message_options_init(&options);
	options.line_ends = line_ends;
	buf_init(&sealed, SIZE_MAX / 2);
	buf_put(&sealed, str_from(fields, size));
	buf_put(&sealed, message);
	judge(&j, &options, buf_str(&sealed), zone(), 2);
	assert_int_equal(j.count, 2);
	assert_fault(&j.results[0], DKIM_FAULT_NONE);
	assert_fault(&j.results[1], DKIM_FAULT_NONE);
	judged_release(&j);
	buf_release(&sealed);
}

/* ---- keys ---- */

static const struct key_row {
	const char *name;
	const char *pem; /* NULL: that of the key */
	enum forge_key key;
	int error;
} key_rows[] = {
	{"S9 RSA of 1024 bits", NULL, FORGE_RSA1024, INKAN_OK},
	{"S9 RSA of 1023 bits is refused", NULL, FORGE_RSA1023, INKAN_EREFUSED},
	{"S9 RSA of 512 bits is refused", NULL, FORGE_RSA512, INKAN_EREFUSED},
	{"S8 an Ed25519 key", NULL, FORGE_ED25519, INKAN_OK},
	{"a key that is none", "hello", FORGE_KEYS, INKAN_ESYNTAX},
	{"an empty key", "", FORGE_KEYS, INKAN_ESYNTAX},
};

static void run_key(const void *row)
{
	const struct key_row *r = row;
	struct str pem = r->pem ? str_c(r->pem) : forge_pem(r->key);
	struct inkan_key *k = NULL;
	const char *trouble = NULL;

	assert_int_equal(inkan_key_from_pem(judge_context(), pem.p, pem.n, &k, &trouble), r->error);
	if (r->error) {
		assert_null(k);
		assert_non_null(trouble);
		assert_true(trouble[0]);
		assert_int_equal(inkan_key_from_pem(judge_context(), pem.p, pem.n, &k, NULL), r->error);
	}
	inkan_key_free(k);
	inkan_key_free(NULL);
}

static const struct selector_row {
	const char *name;
	const char *selector;
	int error;
} selector_rows[] = {
	{"a selector of several labels", "2026.nov", INKAN_OK},
	{"S10 a selector that is there", "s1", INKAN_EUSAGE},
	{"S10 a selector that is there in another case", "S1", INKAN_EUSAGE},
	{"S12 a selector as U-label", "鍵", INKAN_OK},
	{"S12 a selector that is no U-label", "\xe2\x80\xae", INKAN_EUSAGE},
	{"an empty selector", "", INKAN_EUSAGE},
	{"no selector", NULL, INKAN_EUSAGE},
	{"a selector with a semicolon", "a; l=0", INKAN_EUSAGE},
	{"a selector with a final dot", "a.", INKAN_EUSAGE},
	{"a selector for a key name of 253 octets",
         "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa."
         "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
         "aaaaaaa.aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa."
         "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
         INKAN_OK},
	{"a selector for a key name of 254 octets",
         "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa."
         "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
         "aaaaaaa.aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa."
         "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
         INKAN_EUSAGE},
};

static void run_selector(const void *row)
{
	const struct selector_row *r = row;
	struct inkan_signer *s = new_signer(NULL);

	assert_int_equal(inkan_signer_add_key(s, r->selector, rsa), r->error);
	assert_int_equal(inkan_signer_error(s)[0] != '\0', r->error != INKAN_OK); /* who is refused is told why */
	assert_int_equal(sign(s, STR(MAIL)), INKAN_OK);
	assert_string_equal(inkan_signer_error(s), "");
	inkan_signer_free(s);
}

static void run_eight_keys(const void *row)
{
	struct inkan_signer *s = new_signer(NULL);
	char selector[16];
	size_t fields = 0;

	(void)row;
	for (int i = 2; i <= 8; i++) {
		snprintf(selector, sizeof selector, "k%d", i);
		assert_int_equal(inkan_signer_add_key(s, selector, i & 1 ? rsa : ed25519),
		                 i < 8 ? INKAN_OK : INKAN_EUSAGE);
	}
	assert_int_equal(sign(s, STR(MAIL)), INKAN_OK);
	for (const char *at = inkan_signer_fields(s, NULL); (at = strstr(at, "DKIM-Signature:")); at++)
		fields++;
	assert_int_equal(fields, 8);
	inkan_signer_free(s);
}

/* ---- keys that are kept elsewhere ---- */

struct remote {
	EVP_PKEY *pkey;
	size_t size; /* said to be written, where not 0 */
	int result;
	size_t calls;
};

static int sign_remotely(void *context, const unsigned char *digest, size_t digest_size, unsigned char *signature,
                         size_t *size_out)
{
	struct remote *r = context;
	EVP_PKEY_CTX *pkey = EVP_PKEY_CTX_new(r->pkey, NULL);
	size_t size = 1024;

	r->calls++;
	assert_int_equal(digest_size, 32);
	assert_true(EVP_PKEY_sign_init(pkey) == 1 && EVP_PKEY_CTX_set_signature_md(pkey, EVP_sha256()) == 1);
	assert_int_equal(EVP_PKEY_sign(pkey, signature, &size, digest, digest_size), 1);
	EVP_PKEY_CTX_free(pkey);
	*size_out = r->size ? r->size : size;
	return r->result;
}

static const struct remote_row {
	const char *name;
	enum inkan_algorithm algorithm;
	size_t size;
	int result, error;
} remote_rows[] = {
	{"a key elsewhere signs", INKAN_RSA_SHA256, 0, 0, INKAN_OK},
	{"a key elsewhere has no memory", INKAN_RSA_SHA256, 0, INKAN_ENOMEM, INKAN_ENOMEM},
	{"a key elsewhere is gone", INKAN_RSA_SHA256, 0, INKAN_EIO, INKAN_EIO},
	{"a key elsewhere refuses", INKAN_RSA_SHA256, 0, INKAN_EREFUSED, INKAN_EREFUSED},
	{"a key elsewhere gives a code that is none", INKAN_RSA_SHA256, 0, 1, INKAN_ECRYPTO},
	{"a key elsewhere signs 127 octets", INKAN_RSA_SHA256, 127, 0, INKAN_ECRYPTO},
	{"a key elsewhere signs 1,025 octets", INKAN_RSA_SHA256, 1025, 0, INKAN_ECRYPTO},
	{"a key elsewhere signs an RSA signature for Ed25519", INKAN_ED25519_SHA256, 0, 0, INKAN_ECRYPTO},
};

static void run_remote(const void *row)
{
	const struct remote_row *r = row;
	struct inkan_signer_options options = seal_options();
	struct remote remote = {.size = r->size, .result = r->result};
	struct inkan_signer *s = NULL;
	struct str pem = forge_pem(FORGE_RSA2048);
	BIO *bio = BIO_new_mem_buf(pem.p, (int)pem.n);

	remote.pkey = PEM_read_bio_PrivateKey(bio, NULL, NULL, NULL);
	BIO_free(bio);
	assert_int_equal(inkan_signer_new(judge_context(), &options, &s, NULL), INKAN_OK);
	assert_int_equal(inkan_signer_add_callback(s, "s1", r->algorithm, sign_remotely, &remote), INKAN_OK);
	assert_int_equal(inkan_signer_add_callback(s, "x", (enum inkan_algorithm)7, sign_remotely, &remote),
	                 INKAN_EUSAGE);
	assert_int_equal(inkan_signer_add_key(s, "e1", ed25519), INKAN_OK);
	for (int round = 0; round < 2; round++) {
		assert_int_equal(sign(s, STR(MAIL)), r->error);
		assert_int_equal(remote.calls, round + 1);
		if (r->error) {
			assert_null(inkan_signer_fields(s, NULL));
			assert_true(inkan_signer_error(s)[0]);
		} else {
			assert_verifies(s, STR(MAIL), INKAN_LINE_ENDS_STRICT);
		}
		inkan_signer_reset(s);
	}
	inkan_signer_free(s);
	EVP_PKEY_free(remote.pkey);
}

/* ---- signatures that are on their way ---- */

static const struct pending_row {
	const char *name;
	unsigned rsa, ed25519; /* calls in vain */
	bool here;             /* an RSA key of this process signs between the two */
	int rsa_error, ed25519_error, error;
	unsigned ends; /* calls of inkan_signer_end() until it is done */
	unsigned rsa_calls, ed25519_calls;
} pending_rows[] = {
	{"pending: both at once", 0, 0, false, 0, 0, INKAN_OK, 1, 1, 1},
	{"pending: the first once", 1, 0, false, 0, 0, INKAN_OK, 2, 2, 1},
	{"pending: the last once", 0, 1, false, 0, 0, INKAN_OK, 2, 1, 2},
	{"pending: side by side", 3, 3, false, 0, 0, INKAN_OK, 4, 4, 4},
	{"pending: one later than the other", 2, 5, false, 0, 0, INKAN_OK, 6, 3, 6},
	{"pending: a hundred times", 100, 7, false, 0, 0, INKAN_OK, 101, 101, 8},
	{"pending: with a key of this process", 2, 1, true, 0, 0, INKAN_OK, 3, 3, 2},
	{"pending: then an error", 2, 0, false, INKAN_EIO, 0, INKAN_EIO, 3, 3, 1},
	{"pending: the other fails first", 5, 2, false, 0, INKAN_ENOMEM, INKAN_ENOMEM, 3, 3, 3},
	{"pending: an error at once", 0, 3, false, INKAN_EREFUSED, 0, INKAN_EREFUSED, 1, 1, 0},
	{"pending: then a code that is none", 1, 0, false, 3, 0, INKAN_ECRYPTO, 2, 2, 1},
};

/* A signer with the same selectors, all of whose keys are here. */
static struct inkan_signer *new_like(const struct pending_row *r)
{
	struct inkan_signer_options options = seal_options();
	struct inkan_signer *s = NULL;

	assert_int_equal(inkan_signer_new(judge_context(), &options, &s, NULL), INKAN_OK);
	assert_int_equal(inkan_signer_add_key(s, "s1", rsa), INKAN_OK);
	if (r->here)
		assert_int_equal(inkan_signer_add_key(s, "s2", rsa), INKAN_OK);
	assert_int_equal(inkan_signer_add_key(s, "e1", ed25519), INKAN_OK);
	return s;
}

static struct inkan_signer *new_slow(const struct pending_row *r, struct slow_key *slow_rsa,
                                     struct slow_key *slow_ed25519)
{
	struct inkan_signer_options options = seal_options();
	struct inkan_signer *s = NULL;

	assert_int_equal(inkan_signer_new(judge_context(), &options, &s, NULL), INKAN_OK);
	assert_int_equal(inkan_signer_add_callback(s, "s1", INKAN_RSA_SHA256, slow_key_sign, slow_rsa), INKAN_OK);
	if (r->here)
		assert_int_equal(inkan_signer_add_key(s, "s2", rsa), INKAN_OK);
	assert_int_equal(inkan_signer_add_callback(s, "e1", INKAN_ED25519_SHA256, slow_key_sign, slow_ed25519),
	                 INKAN_OK);
	return s;
}

/* Ends the message; what is not allowed meanwhile is refused and changes nothing. */
static void end_pending(struct inkan_signer *s, const struct pending_row *r)
{
	for (unsigned i = 1; i < r->ends; i++) {
		assert_int_equal(inkan_signer_end(s), INKAN_PENDING);
		assert_null(inkan_signer_fields(s, NULL));
		assert_string_equal(inkan_signer_error(s), "");
		assert_int_equal(inkan_signer_write(s, "x", 1), INKAN_EUSAGE);
		assert_int_equal(inkan_signer_add_key(s, "s9", rsa), INKAN_EUSAGE);
		inkan_signer_set_time(s, 1700000000 + i); /* for the next message */
	}
	assert_int_equal(inkan_signer_end(s), r->error);
}

static void run_pending(const void *row)
{
	const struct pending_row *r = row;
	struct inkan_signer *like = new_like(r), *s;
	struct slow_key slow_rsa, slow_ed25519;

	slow_key_init(&slow_rsa, judge_context()->crypto, forge_pem(FORGE_RSA2048), r->rsa);
	slow_key_init(&slow_ed25519, judge_context()->crypto, forge_pem(FORGE_ED25519), r->ed25519);
	slow_rsa.error = r->rsa_error;
	slow_ed25519.error = r->ed25519_error;
	s = new_slow(r, &slow_rsa, &slow_ed25519);
	assert_int_equal(inkan_signer_write(s, MAIL, strlen(MAIL)), INKAN_OK);
	end_pending(s, r);
	assert_int_equal(slow_rsa.calls, r->rsa_calls);
	assert_int_equal(slow_ed25519.calls, r->ed25519_calls);
	if (r->error) {
		assert_null(inkan_signer_fields(s, NULL));
		assert_int_equal(inkan_signer_end(s), r->error);
		assert_int_equal(slow_rsa.calls, r->rsa_calls);
	} else {
		assert_int_equal(sign(like, STR(MAIL)), INKAN_OK);
		assert_string_equal(inkan_signer_fields(s, NULL), inkan_signer_fields(like, NULL));
		assert_int_equal(inkan_signer_end(s), INKAN_EUSAGE);
	}
	inkan_signer_free(s);
	inkan_signer_free(like);
	slow_key_release(&slow_rsa);
	slow_key_release(&slow_ed25519);
}

/* Left while signatures are on their way: the next message is signed as if nothing had been. */
static void run_pending_reset(const void *row)
{
	static const struct pending_row r = {.rsa = 2, .ed25519 = 1};
	struct inkan_signer *like = new_like(&r), *s;
	struct slow_key slow_rsa, slow_ed25519;

	(void)row;
	slow_key_init(&slow_rsa, judge_context()->crypto, forge_pem(FORGE_RSA2048), r.rsa);
	slow_key_init(&slow_ed25519, judge_context()->crypto, forge_pem(FORGE_ED25519), r.ed25519);
	s = new_slow(&r, &slow_rsa, &slow_ed25519);
	for (int round = 0; round < 3; round++) {
		struct str other = STR("From: c@example.com\r\n\r\nanother\r\n");

		assert_int_equal(sign(s, other), INKAN_PENDING);
		if (round)
			assert_int_equal(inkan_signer_end(s), INKAN_PENDING);
		inkan_signer_reset(s);
		slow_rsa.waited = slow_ed25519.waited = 0; /* as key_request_cancel() does */
		assert_int_equal(sign(s, STR(MAIL)), INKAN_PENDING);
		assert_int_equal(inkan_signer_end(s), INKAN_PENDING);
		assert_int_equal(inkan_signer_end(s), INKAN_OK);
		inkan_signer_reset(like);
		assert_int_equal(sign(like, STR(MAIL)), INKAN_OK);
		assert_string_equal(inkan_signer_fields(s, NULL), inkan_signer_fields(like, NULL));
		inkan_signer_reset(s);
	}
	inkan_signer_free(s);
	inkan_signer_free(like);
	slow_key_release(&slow_rsa);
	slow_key_release(&slow_ed25519);
}

/* ---- order of calls, reuse ---- */

static void run_order(const void *row)
{
	struct inkan_signer_options options = seal_options();
	struct inkan_signer *s = NULL;
	const char *trouble = NULL;

	(void)row;
	options.struct_size--;
	assert_int_equal(inkan_signer_new(judge_context(), &options, &s, &trouble), INKAN_EUSAGE);
	assert_non_null(trouble);
	assert_int_equal(inkan_signer_new(judge_context(), NULL, &s, NULL), INKAN_EUSAGE);
	inkan_signer_options_init(&options);
	assert_int_equal(inkan_signer_new(judge_context(), &options, &s, NULL), INKAN_EUSAGE); /* no domain */
	options.domain = "example.com";
	assert_int_equal(inkan_signer_new(judge_context(), &options, &s, NULL), INKAN_OK);
	assert_int_equal(inkan_signer_write(s, "x", 1), INKAN_EUSAGE); /* no key */
	assert_int_equal(inkan_signer_end(s), INKAN_EUSAGE);
	assert_int_equal(inkan_signer_add_key(s, "s1", rsa), INKAN_OK);
	assert_null(inkan_signer_fields(s, NULL));
	assert_int_equal(inkan_signer_write(s, NULL, 0), INKAN_OK);
	assert_int_equal(inkan_signer_add_key(s, "e1", ed25519), INKAN_EUSAGE); /* a message has begun */
	assert_int_equal(inkan_signer_write(s, MAIL, strlen(MAIL)), INKAN_OK);
	assert_null(inkan_signer_fields(s, NULL));
	assert_int_equal(inkan_signer_end(s), INKAN_OK);
	assert_non_null(inkan_signer_fields(s, NULL));
	assert_int_equal(inkan_signer_end(s), INKAN_EUSAGE);
	assert_int_equal(inkan_signer_write(s, "x", 1), INKAN_EUSAGE);
	assert_non_null(inkan_signer_fields(s, NULL));
	assert_string_equal(inkan_signer_error(s), "");
	inkan_signer_reset(s);
	assert_null(inkan_signer_fields(s, NULL));
	assert_int_equal(inkan_signer_add_key(s, "e1", ed25519), INKAN_OK);
	assert_int_equal(sign(s, STR(MAIL)), INKAN_OK);
	assert_verifies(s, STR(MAIL), INKAN_LINE_ENDS_STRICT);
	inkan_signer_free(s);
	inkan_signer_free(NULL);
}

/* Refused, left in the middle, too large: the next message is signed as if nothing had been. */
static void run_reuse(const void *row)
{
	static const char *const others[] = {"To: a\r\n\r\nno From", "From: a\r\n\r\nbare \r CR",
	                                     "From: a\r\nFrom: b\r\n\r\n",
	                                     "From: c@example.com\r\nSubject: another\r\n\r\nbody of the other", ""};
	struct inkan_signer *s = new_signer(NULL);
	struct buf first;

	(void)row;
	buf_init(&first, 10000);
	for (int round = 0; round < 30; round++) {
		const char *other = others[round % 5];

		(void)!inkan_signer_write(s, other, strlen(other));
		if (round & 1)
			(void)!inkan_signer_end(s);
		inkan_signer_reset(s);
		assert_int_equal(sign(s, STR(MAIL)), INKAN_OK);
		assert_string_equal(inkan_signer_error(s), "");
		if (round == 0)
			buf_put_c(&first, inkan_signer_fields(s, NULL));
		assert_true(str_eq(buf_str(&first), str_c(inkan_signer_fields(s, NULL))));
		inkan_signer_reset(s);
	}
	buf_release(&first);
	inkan_signer_free(s);
}

static void run_time(const void *row)
{
	struct inkan_signer_options options = seal_options();

	(void)row;
	options.now = 1000;
	options.expire = 10;
	struct inkan_signer *s = new_signer(&options);

	assert_int_equal(sign(s, STR(MAIL)), INKAN_OK);
	assert_non_null(strstr(inkan_signer_fields(s, NULL), "t=1000; x=1010;"));
	inkan_signer_reset(s);
	inkan_signer_set_time(s, 2000);
	assert_int_equal(sign(s, STR(MAIL)), INKAN_OK);
	assert_non_null(strstr(inkan_signer_fields(s, NULL), "t=2000; x=2010;"));
	static const int64_t bad[] = {-1, INT64_MAX, INT64_MAX - 9, INT64_MIN + 1, INKAN_TIME_NONE};

	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		inkan_signer_reset(s);
		inkan_signer_set_time(s, bad[i]);
		assert_int_equal(sign(s, STR(MAIL)), INKAN_EREFUSED);
		assert_true(inkan_signer_error(s)[0]);
	}
	inkan_signer_reset(s);
	inkan_signer_set_time(s, INT64_MAX - 10);
	assert_int_equal(sign(s, STR(MAIL)), INKAN_OK);
	assert_verifies(s, STR(MAIL), INKAN_LINE_ENDS_STRICT);
	inkan_signer_free(s);
}

/* ---- random messages, there and back ---- */

/* A line of printable octets, blanks, odd octets, and bare CR or LF where they are allowed. */
static void put_line(struct buf *out, struct random *random, bool bare)
{
	size_t length = random_below(random, 10) ? random_below(random, 80) : random_below(random, 3000);

	for (size_t i = 0; i < length; i++) {
		static const char common[] = "  \t\tab.=:;\x80\xff\0\x0b\x0c";
		size_t pick = random_below(random, 30);
		char c = pick < sizeof common - 1 ? common[pick] : (char)('!' + random_below(random, 90));

		if (bare && random_below(random, 400) == 0)
			c = random_below(random, 2) ? '\r' : '\n';
		buf_put_char(out, c);
	}
}

static void put_field(struct buf *out, struct random *random, const char *end)
{
	static const char *const names[] = {"X-A",   "x-a",   "Received", "List-Id", "Sender",    "Comments",
	                                    "X:odd", "Date ", "SUBJECT",  "Cc",      "Message-ID"};
	const char *name = names[random_below(random, sizeof names / sizeof *names)];

	buf_put_c(out, name);
	if (!strchr(name, ':'))
		buf_put_c(out, random_below(random, 3) ? ": " : "\t:");
	for (size_t folds = random_below(random, 3) + 1; folds; folds--) {
		for (size_t n = random_below(random, 60); n; n--)
			buf_put_char(out, random_below(random, 5) ? (char)('!' + random_below(random, 94)) : ' ');
		if (folds > 1) {
			buf_put_c(out, end);
			buf_put_char(out, random_below(random, 2) ? ' ' : '\t');
		}
	}
	buf_put_c(out, end);
}

static void put_random_message(struct buf *out, struct random *random, const char *end, bool bare)
{
	bool from_first = random_below(random, 2);

	if (from_first)
		buf_put_c(out, "From: a@example.com");
	for (size_t n = random_below(random, 12); n; n--) {
		if (from_first)
			buf_put_c(out, n ? end : "");
		put_field(out, random, end);
		from_first = false;
	}
	if (str_search(buf_str(out), STR("From: a@")) == out->n)
		buf_put_c(out, "from : a@example.com");
	if (out->n && out->p[out->n - 1] != '\n')
		buf_put_c(out, end);
	if (random_below(random, 10) == 0)
		return; /* no body at all */
	buf_put_c(out, end);
	for (size_t n = random_below(random, 30); n; n--) {
		if (random_below(random, 3))
			put_line(out, random, bare);
		buf_put_c(out, end);
	}
	if (random_below(random, 4) == 0)
		put_line(out, random, bare); /* without line end */
}

static const struct property {
	const char *name;
	const char *end;
	enum inkan_line_ends line_ends;
	bool bare;
	uint64_t seed;
} properties[] = {
	{"random messages: CRLF", "\r\n", INKAN_LINE_ENDS_STRICT, false, 1},
	{"random messages: with bare CR and LF", "\r\n", INKAN_LINE_ENDS_STRICT, true, 2},
	{"random messages: files with LF", "\n", INKAN_LINE_ENDS_NORMALISE, false, 3},
	{"random messages: files with LF and some CR", "\n", INKAN_LINE_ENDS_NORMALISE, true, 4},
};

/* What is signed verifies, in whatever chunks it was signed; what is refused is refused for a reason that is there. */
static void run_property(const void *row)
{
	const struct property *r = row;
	struct random random = {r->seed};
	struct inkan_signer *signers[4];
	struct buf message;
	size_t signed_count = 0, refused = 0;

	for (int i = 0; i < 4; i++) {
		struct inkan_signer_options options = seal_options();

		options.line_ends = r->line_ends;
		options.header = i & 1 ? INKAN_SIMPLE : INKAN_RELAXED;
		options.body = i & 2 ? INKAN_SIMPLE : INKAN_RELAXED;
		options.now = 1795253400;
		signers[i] = new_signer(&options);
	}
	buf_init(&message, 1024 * 1024);
	for (int round = 0; round < 300; round++) {
		struct inkan_signer *s = signers[round & 3];
		int error = INKAN_OK;

		buf_clear(&message);
		put_random_message(&message, &random, r->end, r->bare);
		assert_int_equal(buf_error(&message), INKAN_OK);
		for (struct str rest = buf_str(&message); rest.n && !error;) {
			struct str chunk = str_head(rest, random_below(&random, random_below(&random, 2) ? 4 : 3000));

			error = inkan_signer_write(s, chunk.p, chunk.n);
			rest = str_skip(rest, chunk.n);
		}
		error = error ? error : inkan_signer_end(s);
		if (!error) {
			assert_verifies(s, buf_str(&message), r->line_ends);
			signed_count++;
		} else {
			assert_int_equal(error, INKAN_EREFUSED);
			assert_true(inkan_signer_error(s)[0]);
			refused++;
		}
		inkan_signer_reset(s);
	}
	assert_true(signed_count > 50 && refused > 20);
	buf_release(&message);
	for (int i = 0; i < 4; i++)
		inkan_signer_free(signers[i]);
}

/* Every chunking of one message: by n octets, for all n, and cut in two at every place. */
static void run_chunks(const void *row)
{
	static const char message[] =
		"From: a@example.com\r\nSubject: x\r\n y\r\n\r\na  b \r\n\r\n.\r\n c\t\r\n\r\n\r\n";
	struct str text = STR(message);
	struct inkan_signer *s = new_signer(NULL);
	struct buf whole;

	(void)row;
	buf_init(&whole, 10000);
	assert_int_equal(sign(s, text), INKAN_OK);
	buf_put_c(&whole, inkan_signer_fields(s, NULL));
	for (size_t n = 1; n < text.n; n++) {
		inkan_signer_reset(s);
		for (struct str rest = text; rest.n; rest = str_skip(rest, n))
			assert_int_equal(inkan_signer_write(s, rest.p, str_head(rest, n).n), INKAN_OK);
		assert_int_equal(inkan_signer_end(s), INKAN_OK);
		assert_true(str_eq(buf_str(&whole), str_c(inkan_signer_fields(s, NULL))));
		inkan_signer_reset(s);
		assert_int_equal(inkan_signer_write(s, text.p, n), INKAN_OK);
		assert_int_equal(inkan_signer_write(s, text.p + n, text.n - n), INKAN_OK);
		assert_int_equal(inkan_signer_end(s), INKAN_OK);
		assert_true(str_eq(buf_str(&whole), str_c(inkan_signer_fields(s, NULL))));
	}
	buf_release(&whole);
	inkan_signer_free(s);
}

/* ---- out of memory ---- */

static int sign_all(void)
{
	struct inkan_signer_options options = seal_options();
	struct inkan_context *context = NULL;
	struct inkan_key *keys[2] = {NULL};
	struct inkan_signer *s = NULL;
	struct str pems[] = {forge_pem(FORGE_RSA2048), forge_pem(FORGE_ED25519)};
	int error = inkan_context_new(&context);

	options.identity = "a@example.com";
	for (int i = 0; i < 2 && !error; i++)
		error = inkan_key_from_pem(context, pems[i].p, pems[i].n, &keys[i], NULL);
	if (!error)
		error = inkan_signer_new(context, &options, &s, NULL);
	if (!error)
		error = inkan_signer_add_key(s, "s1", keys[0]);
	if (!error)
		error = inkan_signer_add_key(s, "e1", keys[1]);
	if (!error)
		error = sign(s, STR(MAIL));
	const char *fields = s ? inkan_signer_fields(s, NULL) : NULL;

	assert_true(error ? !fields : !!fields);
	if (fields)
		assert_int_equal(str_search(str_c(fields), STR("DKIM-Signature: v=1; a=rsa-sha256;")), 0);
	inkan_signer_free(s);
	inkan_key_free(keys[0]);
	inkan_key_free(keys[1]);
	inkan_context_free(context);
	return error;
}

static void run_no_memory(const void *row)
{
	bool reached = true;

	(void)row;
	for (size_t n = 1; reached; n++) {
		alloc_fail_at(n);
		int error = sign_all();

		reached = alloc_count() >= n;
		alloc_fail_at(0);
		if (error != (reached ? INKAN_ENOMEM : INKAN_OK))
			fail_msg("allocation %zu: %s", n, inkan_strerror(error));
		assert_true(n < 2000);
	}
}

int main(void)
{
	struct test_list list = {0};

	rsa = load(FORGE_RSA2048);
	ed25519 = load(FORGE_ED25519);
	TEST_TABLE(&list, key_rows, run_key);
	TEST_TABLE(&list, selector_rows, run_selector);
	test_add(&list, "eight keys, not nine", run_eight_keys, NULL);
	TEST_TABLE(&list, remote_rows, run_remote);
	TEST_TABLE(&list, pending_rows, run_pending);
	test_add(&list, "pending: left in the middle", run_pending_reset, NULL);
	test_add(&list, "order of calls", run_order, NULL);
	test_add(&list, "one signer for many messages", run_reuse, NULL);
	test_add(&list, "S13 a new time for the next message", run_time, NULL);
	TEST_TABLE(&list, properties, run_property);
	test_add(&list, "S16 any chunking gives the same fields", run_chunks, NULL);
	test_add(&list, "out of memory: two keys", run_no_memory, NULL);
	int failed = test_run(&list, "auth/signer");

	inkan_key_free(rsa);
	inkan_key_free(ed25519);
	return failed;
}

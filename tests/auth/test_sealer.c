/* inkan_sealer_…: what a judged message found comes to stand in the set; trusted results; calls in every order. */
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <stdio.h>
#include <stdlib.h>

#include "arc/arc.h"
#include "auth/context.h"
#include "dkim/mail.h"
#include "support/alloc.h"
#include "support/case.h"
#include "support/slow_key.h"

#define ID "mx.example.org"
#define OURS "Authentication-Results: " ID "; "

static const struct zone_row *zone(void)
{
	static struct zone_row rows[3];

	rows[0] = (struct zone_row){KEY_NAME, forge_record(FORGE_RSA2048), 0};
	rows[1] = (struct zone_row){"s1._domainkey.example.org", forge_record(FORGE_RSA2048), 0};
	rows[2] = (struct zone_row){"example.com", "v=spf1 ip4:192.0.2.1 -all", 0};
	return rows;
}

static struct inkan_key *load(enum forge_key key)
{
	struct inkan_key *k = NULL;
	struct str pem = forge_pem(key);

	assert_int_equal(inkan_key_from_pem(judge_context(), pem.p, pem.n, &k, NULL), INKAN_OK);
	return k;
}

static struct inkan_key *rsa(void)
{
	static struct inkan_key *key;

	if (!key)
		key = load(FORGE_RSA2048);
	return key;
}

static struct inkan_sealer_options usual(void)
{
	struct inkan_sealer_options options;

	inkan_sealer_options_init(&options);
	options.domain = "example.org";
	options.authserv_id = ID;
	return options;
}

static struct inkan_sealer *new_sealer(bool trust_results)
{
	struct inkan_sealer_options options = usual();
	struct inkan_sealer *s = NULL;

	options.trust_results = trust_results;
	assert_int_equal(inkan_sealer_new(judge_context(), &options, &s, NULL), INKAN_OK);
	assert_int_equal(inkan_sealer_set_key(s, "s1", rsa()), INKAN_OK);
	return s;
}

/* Judges, as delivered by 192.0.2.1 from example.com; no question is left open. */
static struct inkan_message *judge_delivered(struct str text)
{
	const struct inkan_session session = {.struct_size = sizeof session,
	                                      .ip = "192.0.2.1",
	                                      .helo = "h.example.com",
	                                      .mail_from = "a@example.com"};
	struct inkan_message_options options;
	struct inkan_message *m;

	inkan_message_options_init(&options);
	assert_int_equal(inkan_message_new(judge_context(), &options, &m), INKAN_OK);
	assert_int_equal(inkan_message_set_session(m, &session), INKAN_OK);
	assert_int_equal(inkan_message_write(m, text.p, text.n), INKAN_OK);
	assert_int_equal(inkan_message_end(m), INKAN_OK);
	do
		judge_answer(m, zone(), 3);
	while (inkan_message_evaluate(m) == INKAN_NEED_DNS);
	return m;
}

/* The set and the message. */
static int seal_with(struct inkan_sealer *s, struct buf *out, struct str text, size_t chunk)
{
	struct inkan_message *m = judge_delivered(text);
	int error = INKAN_OK;
	size_t size;

	for (struct str rest = text; rest.n && !error; rest = str_skip(rest, chunk))
		error = inkan_sealer_write(s, rest.p, str_head(rest, chunk).n);
	if (!error)
		error = inkan_sealer_end(s, m);
	inkan_message_free(m);
	const char *fields = inkan_sealer_fields(s, &size);

	assert_int_equal(fields != NULL, !error);
	if (!error) {
		assert_int_equal(strlen(fields), size);
		buf_put(out, str_from(fields, size));
		buf_put(out, text);
	}
	assert_int_equal(buf_error(out), INKAN_OK);
	return error;
}

/* ---- there and back ---- */

static void run_trip(const void *row)
{
	struct inkan_sealer *s = new_sealer(false);
	struct buf first, second;

	(void)row;
	buf_init(&first, 100000);
	buf_init(&second, 100000);
	forge(&first, USUAL, FORGE_RSA2048, STR(MAIL));
	for (unsigned sets = 1; sets <= 3; sets++) {
		buf_clear(&second);
		assert_int_equal(seal_with(s, &second, buf_str(&first), 7), INKAN_OK);
		inkan_sealer_reset(s);
		struct inkan_message *m = judge_delivered(buf_str(&second));
		const struct inkan_arc_result *arc = inkan_message_verdict(m)->arc;

		assert_int_equal(arc->result, INKAN_PASS);
		assert_int_equal(arc->set_count, sets);
		assert_int_equal(arc->oldest_pass, 0);
		assert_string_equal(arc->sets[sets - 1].authserv_id, ID);
		assert_string_equal(arc->sets[sets - 1].sealer, "example.org");
		assert_non_null(strstr(arc->sets[sets - 1].results, "spf=pass"));
		assert_non_null(strstr(arc->sets[sets - 1].results, "dkim=pass"));
		assert_non_null(strstr(arc->sets[sets - 1].results, sets == 1 ? "arc=none" : "arc=pass"));
		inkan_message_free(m);
		buf_clear(&first);
		buf_put(&first, buf_str(&second));
	}
	inkan_sealer_free(s);
	buf_release(&first);
	buf_release(&second);
}

/* What is recorded is what the message itself would write. */
static void run_same_results(const void *row)
{
	struct inkan_sealer *s = new_sealer(false);
	struct inkan_message *m = judge_delivered(STR(MAIL));
	const char *own = inkan_message_authentication_results(m, ID);
	struct buf sealed;

	(void)row;
	buf_init(&sealed, 100000);
	assert_int_equal(seal_with(s, &sealed, STR(MAIL), 1000), INKAN_OK);
	struct str payload = str_skip(str_c(own), strlen("Authentication-Results:"));
	size_t at = str_search(buf_str(&sealed), STR("ARC-Authentication-Results: i=1;"));
	struct str recorded = str_skip(buf_str(&sealed), at + strlen("ARC-Authentication-Results: i=1;"));

	assert_true(str_has_prefix(recorded, payload));
	inkan_message_free(m);
	inkan_sealer_free(s);
	buf_release(&sealed);
}

/* ---- trusted results ---- */

static const struct trust_row {
	const char *name;
	bool trust;
	const char *above; /* of the message */
	const char *want;  /* in the recorded results */
	const char *absent;
	const char *cv;
} trusts[] = {
	{"A10 fields on top are not believed by default", false, OURS "spf=fail; arc=fail\r\n", "spf=pass", "spf=fail",
         "cv=none"},
	{"A10 trusted: they are recorded instead", true, OURS "spf=softfail; dkim=pass header.d=b.example\r\n",
         "spf=softfail;\r\n dkim=pass header.d=b.example;\r\n arc=none", "spf=pass", "cv=none"},
	{"A10 trusted: fields of another", true, "Authentication-Results: other.example; spf=fail\r\n", "spf=pass",
         "spf=fail", "cv=none"},
	{"A10 trusted: there is none", true, "", "spf=pass", "spf=fail", "cv=none"},
	{"A10 trusted: its word on a chain that is not there", true, OURS "arc=pass\r\n", "arc=pass", "arc=none",
         "cv=none"},
	{"A10 trusted: merged", true, OURS "spf=fail\r\n" OURS "dmarc=fail\r\n", "spf=fail;\r\n dmarc=fail", "spf=pass",
         "cv=none"},
};

static void run_trust(const void *row)
{
	const struct trust_row *r = row;
	struct inkan_sealer *s = new_sealer(r->trust);
	struct buf message, sealed;

	buf_init(&message, 100000);
	buf_init(&sealed, 100000);
	buf_put_c(&message, r->above);
	buf_put_c(&message, MAIL);
	assert_int_equal(seal_with(s, &sealed, buf_str(&message), 1000), INKAN_OK);
	struct str set = str_head(buf_str(&sealed), sealed.n - message.n);

	assert_true(str_search(set, str_c(r->want)) < set.n);
	assert_true(str_search(set, str_c(r->absent)) == set.n);
	assert_true(str_search(set, str_c(r->cv)) < set.n);
	inkan_sealer_free(s);
	buf_release(&message);
	buf_release(&sealed);
}

/* A list changed the subject behind its border: the chain is broken now, and was not when the border saw it. */
static const struct list_row {
	const char *name;
	bool trust;
	const char *word; /* of the border */
	const char *cv;
	enum inkan_result want; /* of the next receiver */
} lists[] = {
	{"A10 changed behind the border, whose word is not taken", false, "arc=pass", "cv=fail", INKAN_FAIL},
	{"A10 changed behind the border, whose word is taken", true, "arc=pass", "cv=pass", INKAN_PASS},
	{"A10 broken already at the border", true, "arc=fail", "cv=fail", INKAN_FAIL},
	{"A10 the border did not look at ARC", true, "dkim=pass", "cv=fail", INKAN_FAIL},
};

static void run_list(const void *row)
{
	const struct list_row *r = row;
	struct inkan_sealer *s = new_sealer(r->trust);
	struct buf first, changed, sealed;

	buf_init(&first, 100000);
	buf_init(&changed, 100000);
	buf_init(&sealed, 100000);
	assert_int_equal(seal_with(s, &first, STR(MAIL), 1000), INKAN_OK);
	inkan_sealer_reset(s);
	buf_put_c(&changed, OURS);
	buf_put_c(&changed, r->word);
	buf_put_c(&changed, "\r\n");
	put_changed(&changed, buf_str(&first), "Subject: ", "Subject: [list] ");
	assert_int_equal(seal_with(s, &sealed, buf_str(&changed), 1000), INKAN_OK);
	assert_true(str_search(str_head(buf_str(&sealed), 600), str_c(r->cv)) < 600);
	struct inkan_message *m = judge_delivered(buf_str(&sealed));

	assert_int_equal(inkan_message_verdict(m)->arc->result, r->want);
	inkan_message_free(m);
	inkan_sealer_free(s);
	buf_release(&first);
	buf_release(&changed);
	buf_release(&sealed);
}

/* ---- refusals, order of calls, reuse ---- */

static const struct refusal_row {
	const char *name;
	const char *message;
	enum inkan_line_ends line_ends;
	int error;
	const char *why;
} refusals[] = {
	{"S21 no From", "To: a\r\n\r\n", INKAN_LINE_ENDS_STRICT, INKAN_EREFUSED, "no From"},
	{"S14 a bare CR", "From: a@b.example\r\n\r\nx\ry\r\n", INKAN_LINE_ENDS_STRICT, INKAN_EREFUSED, "CR"},
	{"S14 a bare LF", "From: a@b.example\r\n\r\nx\ny\r\n", INKAN_LINE_ENDS_STRICT, INKAN_EREFUSED, "LF"},
	{"S14 a bare LF in a file", "From: a@b.example\n\nx\ny\r\n", INKAN_LINE_ENDS_NORMALISE, INKAN_OK, ""},
	{"A2 sealed as broken already", "ARC-Seal: i=1; cv=fail\r\nFrom: a@b.example\r\n\r\n", INKAN_LINE_ENDS_STRICT,
         INKAN_EREFUSED, "cv=fail"},
};

static void run_refusal(const void *row)
{
	const struct refusal_row *r = row;
	struct inkan_sealer_options options = usual();
	struct inkan_sealer *s = NULL;
	struct buf out;

	options.line_ends = r->line_ends;
	buf_init(&out, 100000);
	assert_int_equal(inkan_sealer_new(judge_context(), &options, &s, NULL), INKAN_OK);
	assert_int_equal(inkan_sealer_set_key(s, "s1", rsa()), INKAN_OK);
	assert_int_equal(seal_with(s, &out, str_c(r->message), 3), r->error);
	if (!strstr(inkan_sealer_error(s), r->why) || (!r->error && inkan_sealer_error(s)[0]))
		fail_msg("refused as \"%s\"", inkan_sealer_error(s));
	inkan_sealer_reset(s);
	buf_clear(&out);
	assert_int_equal(seal_with(s, &out, STR(MAIL), 1000), INKAN_OK);
	inkan_sealer_free(s);
	buf_release(&out);
}

static void run_too_large(const void *row)
{
	struct inkan_sealer *s = new_sealer(false);
	char line[] = "X: y\r\n";
	int error = INKAN_OK;

	(void)row;
	for (int i = 0; i < 10001 && !error; i++)
		error = inkan_sealer_write(s, line, 6);
	error = error ? error : inkan_sealer_write(s, "\r\n", 2);
	assert_int_equal(error, INKAN_ELIMIT);
	assert_non_null(strstr(inkan_sealer_error(s), "10,000 fields"));
	inkan_sealer_free(s);
}

static const struct option_row {
	const char *name;
	const char *domain, *authserv_id, *headers;
	const char *why;
} option_rows[] = {
	{"no domain", NULL, ID, NULL, "missing"},
	{"no authserv-id", "example.org", NULL, NULL, "missing"},
	{"an empty authserv-id", "example.org", "", NULL, "authserv_id"},
	{"an authserv-id that is not ASCII", "example.org", "\xe3\x81\x82", NULL, "authserv_id"},
	{"A16 an authserv-id with a line end", "example.org", "a\r\nb", NULL, "authserv_id"},
	{"a domain that is none", "x", ID, NULL, "domain"},
	{"a list without From", "example.org", ID, "to", "From"},
};

static void run_option(const void *row)
{
	const struct option_row *r = row;
	struct inkan_sealer_options options = usual();
	struct inkan_sealer *s = NULL;
	const char *trouble = "";

	options.domain = r->domain;
	options.authserv_id = r->authserv_id;
	options.headers = r->headers;
	assert_int_equal(inkan_sealer_new(judge_context(), &options, &s, &trouble), INKAN_EUSAGE);
	if (!strstr(trouble, r->why))
		fail_msg("%s", trouble);
	assert_int_equal(inkan_sealer_new(judge_context(), &options, &s, NULL), INKAN_EUSAGE);
	assert_null(s);
}

static void run_order(const void *row)
{
	struct inkan_sealer_options options = usual();
	struct inkan_key *ed25519 = load(FORGE_ED25519);
	struct inkan_message_options message_options;
	struct inkan_message *m, *unjudged;
	struct inkan_sealer *s = NULL;

	(void)row;
	options.struct_size--;
	assert_int_equal(inkan_sealer_new(judge_context(), &options, &s, NULL), INKAN_EUSAGE);
	assert_int_equal(inkan_sealer_new(judge_context(), NULL, &s, NULL), INKAN_EUSAGE);
	options = usual();
	inkan_message_options_init(&message_options);
	assert_int_equal(inkan_message_new(judge_context(), &message_options, &unjudged), INKAN_OK);
	m = judge_delivered(STR(MAIL));
	assert_int_equal(inkan_sealer_new(judge_context(), &options, &s, NULL), INKAN_OK);
	assert_int_equal(inkan_sealer_write(s, "x", 1), INKAN_EUSAGE); /* no key */
	assert_int_equal(inkan_sealer_end(s, m), INKAN_EUSAGE);
	assert_int_equal(inkan_sealer_set_key(s, "s1", ed25519), INKAN_EUSAGE);
	assert_non_null(strstr(inkan_sealer_error(s), "RSA"));
	assert_int_equal(inkan_sealer_set_key(s, "a b", rsa()), INKAN_EUSAGE);
	assert_int_equal(inkan_sealer_write(s, "x", 1), INKAN_EUSAGE); /* still none */
	assert_int_equal(inkan_sealer_set_key(s, "s1", rsa()), INKAN_OK);
	assert_string_equal(inkan_sealer_error(s), "");
	assert_int_equal(inkan_sealer_write(s, MAIL, strlen(MAIL)), INKAN_OK);
	assert_int_equal(inkan_sealer_set_key(s, "s1", rsa()), INKAN_EUSAGE); /* a message has begun */
	assert_true(inkan_sealer_error(s)[0]);
	assert_int_equal(inkan_sealer_end(s, unjudged), INKAN_EUSAGE);
	assert_null(inkan_sealer_fields(s, NULL));
	assert_int_equal(inkan_sealer_end(s, m), INKAN_OK); /* nothing was lost */
	assert_non_null(inkan_sealer_fields(s, NULL));
	assert_int_equal(inkan_sealer_end(s, m), INKAN_EUSAGE);
	assert_int_equal(inkan_sealer_write(s, "x", 1), INKAN_EUSAGE);
	assert_non_null(inkan_sealer_fields(s, NULL));
	inkan_sealer_reset(s);
	assert_null(inkan_sealer_fields(s, NULL));
	inkan_sealer_set_time(s, 1234567);
	assert_int_equal(inkan_sealer_write(s, MAIL, strlen(MAIL)), INKAN_OK);
	assert_int_equal(inkan_sealer_end(s, m), INKAN_OK);
	assert_non_null(strstr(inkan_sealer_fields(s, NULL), "t=1234567"));
	inkan_sealer_free(s);
	inkan_sealer_free(NULL);
	inkan_message_free(m);
	inkan_message_free(unjudged);
	inkan_key_free(ed25519);
}

/* ---- a key that is kept elsewhere ---- */

static int sign_remotely(void *context, const unsigned char *digest, size_t digest_size, unsigned char *signature,
                         size_t *size_out)
{
	EVP_PKEY *pkey = context;
	EVP_PKEY_CTX *c = EVP_PKEY_CTX_new(pkey, NULL);

	*size_out = 1024;
	assert_true(EVP_PKEY_sign_init(c) == 1 && EVP_PKEY_CTX_set_signature_md(c, EVP_sha256()) == 1);
	assert_int_equal(EVP_PKEY_sign(c, signature, size_out, digest, digest_size), 1);
	EVP_PKEY_CTX_free(c);
	return 0;
}

static int sign_never(void *context, const unsigned char *digest, size_t digest_size, unsigned char *signature,
                      size_t *size_out)
{
	(void)context;
	(void)digest;
	(void)digest_size;
	(void)signature;
	(void)size_out;
	return INKAN_EIO;
}

static void run_remote(const void *row)
{
	struct inkan_sealer *here = new_sealer(false), *there = new_sealer(false);
	struct str pem = forge_pem(FORGE_RSA2048);
	BIO *bio = BIO_new_mem_buf(pem.p, (int)pem.n);
	EVP_PKEY *pkey = PEM_read_bio_PrivateKey(bio, NULL, NULL, NULL);
	struct buf a, b;

	(void)row;
	BIO_free(bio);
	buf_init(&a, 100000);
	buf_init(&b, 100000);
	assert_int_equal(inkan_sealer_set_callback(there, "s1", sign_remotely, pkey), INKAN_OK);
	assert_int_equal(seal_with(here, &a, STR(MAIL), 1000), INKAN_OK);
	assert_int_equal(seal_with(there, &b, STR(MAIL), 1), INKAN_OK);
	assert_true(str_eq(buf_str(&a), buf_str(&b)));
	/* a refused one leaves the one before as it was */
	inkan_sealer_reset(there);
	assert_int_equal(inkan_sealer_set_callback(there, "a b", sign_never, NULL), INKAN_EUSAGE);
	buf_clear(&b);
	assert_int_equal(seal_with(there, &b, STR(MAIL), 1000), INKAN_OK);
	assert_true(str_eq(buf_str(&a), buf_str(&b)));
	inkan_sealer_reset(there);
	assert_int_equal(inkan_sealer_set_callback(there, "s1", sign_never, NULL), INKAN_OK);
	assert_int_equal(seal_with(there, &b, STR(MAIL), 1000), INKAN_EIO);
	inkan_sealer_free(here);
	inkan_sealer_free(there);
	EVP_PKEY_free(pkey);
	buf_release(&a);
	buf_release(&b);
}

/* ---- signatures that are on their way ---- */

static const struct pending_row {
	const char *name;
	unsigned pending; /* calls in vain before each of the two signatures */
	int error;
	unsigned calls;
} pending_rows[] = {
	{"pending: never", 0, INKAN_OK, 2},
	{"pending: once each", 1, INKAN_OK, 4},
	{"pending: five times each", 5, INKAN_OK, 12},
	{"pending: then an error", 2, INKAN_EIO, 3},
	{"pending: an error at once", 0, INKAN_ENOMEM, 1},
};

static void run_pending(const void *row)
{
	const struct pending_row *r = row;
	struct inkan_sealer *here = new_sealer(false), *there = new_sealer(false);
	struct slow_key slow;
	struct buf a;

	buf_init(&a, 100000);
	slow_key_init(&slow, judge_context()->crypto, forge_pem(FORGE_RSA2048), r->pending);
	slow.error = r->error;
	assert_int_equal(inkan_sealer_set_callback(there, "s1", slow_key_sign, &slow), INKAN_OK);
	assert_int_equal(seal_with(here, &a, STR(MAIL), 1000), INKAN_OK);
	for (int round = 0; round < 2; round++) {
		struct inkan_message *m = judge_delivered(STR(MAIL));

		slow.calls = 0;
		assert_int_equal(inkan_sealer_write(there, MAIL, strlen(MAIL)), INKAN_OK);
		for (unsigned i = 1; i < r->calls - (r->error ? 0 : 1); i++) {
			assert_int_equal(inkan_sealer_end(there, m), INKAN_PENDING);
			assert_null(inkan_sealer_fields(there, NULL));
			assert_string_equal(inkan_sealer_error(there), "");
			assert_int_equal(inkan_sealer_write(there, "x", 1), INKAN_EUSAGE);
			assert_int_equal(inkan_sealer_set_key(there, "s2", rsa()), INKAN_EUSAGE);
			if (i % 2)
				inkan_sealer_set_time(there, 1700000000 + i); /* for the next message */
		}
		inkan_sealer_set_time(there, INKAN_TIME_NONE);
		assert_int_equal(inkan_sealer_end(there, m), r->error);
		assert_int_equal(slow.calls, r->calls);
		assert_int_equal(inkan_sealer_end(there, m), r->error ? r->error : INKAN_EUSAGE);
		assert_int_equal(slow.calls, r->calls);
		if (!r->error)
			assert_string_equal(inkan_sealer_fields(there, NULL), inkan_sealer_fields(here, NULL));
		inkan_message_free(m);
		inkan_sealer_reset(there);
	}
	inkan_sealer_free(here);
	inkan_sealer_free(there);
	slow_key_release(&slow);
	buf_release(&a);
}

/* Left before the message signature is there, and before the seal is; the judged message may be gone by then. */
static void run_pending_reset(const void *row)
{
	struct inkan_sealer *here = new_sealer(false), *there = new_sealer(false);
	struct slow_key slow;
	struct buf a;

	(void)row;
	buf_init(&a, 100000);
	slow_key_init(&slow, judge_context()->crypto, forge_pem(FORGE_RSA2048), 1);
	assert_int_equal(inkan_sealer_set_callback(there, "s1", slow_key_sign, &slow), INKAN_OK);
	assert_int_equal(seal_with(here, &a, STR(MAIL), 1000), INKAN_OK);
	for (unsigned calls = 1; calls <= 2; calls++) {
		struct inkan_message *m = judge_delivered(STR(MAIL));

		for (unsigned round = 0; round < 2; round++) {
			struct str text = round ? STR(MAIL) : STR("From: c@example.com\r\n\r\nanother\r\n");

			assert_int_equal(inkan_sealer_write(there, text.p, text.n), INKAN_OK);
			for (unsigned i = 0; i < (round ? 2 : calls); i++)
				assert_int_equal(inkan_sealer_end(there, m), INKAN_PENDING);
			if (round == 0) {
				inkan_sealer_reset(there);
				slow.waited = 0;
			}
		}
		inkan_message_free(m);
		assert_int_equal(inkan_sealer_end(there, NULL), INKAN_OK);
		assert_string_equal(inkan_sealer_fields(there, NULL), inkan_sealer_fields(here, NULL));
		inkan_sealer_reset(there);
	}
	inkan_sealer_free(here);
	inkan_sealer_free(there);
	slow_key_release(&slow);
	buf_release(&a);
}

/* A service that gives the key anew for each message does not grow by it. */
static void run_many_keys(const void *row)
{
	struct inkan_sealer *s = new_sealer(false);
	struct buf sealed;

	(void)row;
	buf_init(&sealed, 100000);
	for (int i = 0; i < 20000; i++)
		assert_int_equal(inkan_sealer_set_key(s, i % 2 ? "s1" : "s2.a-longer-name", rsa()), INKAN_OK);
	assert_int_equal(seal_with(s, &sealed, STR(MAIL), 1000), INKAN_OK);
	assert_non_null(strstr(inkan_sealer_fields(s, NULL), " s=s1"));
	inkan_sealer_free(s);
	buf_release(&sealed);
}

/* ---- memory ---- */

static int seal_once(struct inkan_message *m, struct str text)
{
	struct inkan_sealer_options options = usual();
	struct inkan_sealer *s = NULL;

	options.trust_results = true;
	int error = inkan_sealer_new(judge_context(), &options, &s, NULL);

	if (!error)
		error = inkan_sealer_set_key(s, "s1", rsa());
	if (!error)
		error = inkan_sealer_write(s, text.p, text.n);
	if (!error)
		error = inkan_sealer_end(s, m);
	inkan_sealer_free(s);
	return error;
}

/* Whichever allocation fails: an error, never a set that says something else. */
static void run_no_memory(const void *row)
{
	const char *above = row ? OURS "spf=pass; dkim=pass header.d=b.example (c)\r\n" : "";
	struct buf message;

	buf_init(&message, 100000);
	buf_put_c(&message, above);
	forge(&message, USUAL, FORGE_RSA2048, STR(MAIL));
	struct inkan_message *m = judge_delivered(buf_str(&message));

	(void)rsa();
	assert_int_equal(seal_once(m, buf_str(&message)), INKAN_OK);
	for (size_t n = 1;; n++) {
		alloc_fail_at(n);
		int error = seal_once(m, buf_str(&message));
		bool reached = alloc_count() >= n;

		alloc_fail_at(0);
		if (!reached)
			break;
		assert_int_equal(error, INKAN_ENOMEM);
	}
	inkan_message_free(m);
	buf_release(&message);
}

/* See test_allocations.c: a sealer that is used again has what it needs. */
static void run_no_allocations(const void *row)
{
	struct inkan_sealer *s = new_sealer(false);
	struct buf message, sealed;

	(void)row;
	buf_init(&message, 100000);
	buf_init(&sealed, 100000);
	forge(&message, USUAL, FORGE_RSA2048, STR(MAIL));
	for (int i = 0; i < 2; i++) { /* two sets below the one that is counted */
		assert_int_equal(seal_with(s, &sealed, buf_str(&message), 1000), INKAN_OK);
		inkan_sealer_reset(s);
		buf_clear(&message);
		buf_put(&message, buf_str(&sealed));
		buf_clear(&sealed);
	}
	struct inkan_message *m = judge_delivered(buf_str(&message));

	for (int i = 0; i < 3; i++) {
		alloc_fail_at(0);
		assert_int_equal(inkan_sealer_write(s, message.p, message.n), INKAN_OK);
		assert_int_equal(inkan_sealer_end(s, m), INKAN_OK);
		assert_true(i < 2 || alloc_count() == 0);
		inkan_sealer_reset(s);
	}
	inkan_message_free(m);
	inkan_sealer_free(s);
	buf_release(&message);
	buf_release(&sealed);
}

/* Results of a trusted host as large as they may be: what there is no room for is left out. */
static void run_large_results(const void *row)
{
	struct inkan_sealer *s = new_sealer(true);
	struct buf message, sealed;

	(void)row;
	buf_init(&message, SIZE_MAX / 2);
	buf_init(&sealed, SIZE_MAX / 2);
	for (int field = 0; field < 49; field++) {
		buf_put_c(&message, OURS "m=pass");
		for (int i = 0; i < 100; i++)
			buf_printf(&message, " a.b%d=%0250d", i, i);
		buf_put_c(&message, "\r\n");
	}
	buf_put_c(&message, MAIL);
	assert_int_equal(buf_error(&message), INKAN_OK);
	assert_int_equal(seal_with(s, &sealed, buf_str(&message), 100000), INKAN_OK);
	size_t size = sealed.n - message.n;

	assert_in_range(size, ARC_FIELD_MAX - 50000, ARC_FIELD_MAX + 2000);
	struct inkan_message *m = judge_delivered(buf_str(&sealed));

	assert_int_equal(inkan_message_verdict(m)->arc->result, INKAN_PASS);
	inkan_message_free(m);
	inkan_sealer_free(s);
	buf_release(&message);
	buf_release(&sealed);
}

int main(void)
{
	struct test_list list = {0};

	test_add(&list, "A10 three hosts seal one after the other", run_trip, NULL);
	test_add(&list, "A10 what is recorded is what the message says", run_same_results, NULL);
	TEST_TABLE(&list, trusts, run_trust);
	TEST_TABLE(&list, lists, run_list);
	test_add(&list, "A10 trusted results beyond the room of a field", run_large_results, NULL);
	TEST_TABLE(&list, refusals, run_refusal);
	test_add(&list, "a header of 10,001 fields", run_too_large, NULL);
	TEST_TABLE(&list, option_rows, run_option);
	test_add(&list, "order of calls", run_order, NULL);
	test_add(&list, "a key that is kept elsewhere", run_remote, NULL);
	TEST_TABLE(&list, pending_rows, run_pending);
	test_add(&list, "pending: left in the middle", run_pending_reset, NULL);
	test_add(&list, "a key given 20,000 times", run_many_keys, NULL);
	test_add(&list, "out of memory: sealing", run_no_memory, NULL);
	test_add(&list, "out of memory: sealing with trusted results", run_no_memory, "");
	test_add(&list, "a second message allocates nothing", run_no_allocations, NULL);
	int failed = test_run(&list, "auth/sealer");

	inkan_key_free(rsa());
	return failed;
}

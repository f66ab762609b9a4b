/* Reading order: dkim_signer_header() checks the message and chooses the fields; dkim_signer_finish() canonicalises them
 * once and then, for each key, writes the field up to "b=" and hashes it (prepare()), asks for the signature, at once or
 * when it is called again (ask()), and, when all signatures are there, folds each in (put_fields()). */
#include "dkim/sign.h"

#include <stdlib.h>

#include "dns/dns.h"
#include "inkan/sign.h"
#include "sig/body_hash.h"
#include "sig/header_hash.h"
#include "sig/signing.h"

enum { IDENTITY_MAX = 320 /* so that no line is longer than 998 octets, even if all of it has to be quoted */ };

struct signer_key {
	struct str selector;
	struct key_holder holder;
	uint64_t handle;
	enum key_type type;
	/* of the message that is being signed: */
	size_t begin, end, column;  /* the field up to "b=", in `templates`; the column behind it */
	struct digest_value digest; /* to be signed */
	struct str signature;       /* in the message's arena; empty: not there yet */
};

struct dkim_signer {
	const struct crypto *crypto;
	struct dkim_sign_options options;
	struct arena strings; /* copies of the options */
	struct signer_key keys[DKIM_SIGNER_KEYS_MAX];
	size_t key_count;
	struct body_hashes *bodies;
	struct digest *digest;
	struct buf input, scratch, templates; /* kept over messages */

	struct arena *arena;
	const struct header *header;
	struct signed_names names; /* h= */
	size_t body_need;
	bool prepared; /* every key has its digest */
	const char *refusal;
};

/* ---- options ---- */

static const char *check_identity(struct str identity, struct str domain)
{
	size_t at = str_rfind(identity, '@');
	struct str part = str_skip(identity, at + 1);
	bool below = part.n > domain.n && str_ihas_suffix(part, domain) && part.p[part.n - domain.n - 1] == '.';

	if (identity.n == 0)
		return NULL;
	if (identity.n > IDENTITY_MAX)
		return "the identity is longer than 320 octets";
	if (at == identity.n)
		return "the identity has no @";
	for (size_t i = 0; i < identity.n; i++)
		if ((unsigned char)identity.p[i] < 32 || identity.p[i] == 127)
			return "the identity holds a control character";
	if (!dns_name_is_host(part, true, true) || !(below || str_ieq(part, domain)))
		return "the identity is not at or below the domain";
	return NULL;
}

static const char *check_time(const struct dkim_sign_options *o)
{
	if (o->expire < 0 || (o->expire > 0 && o->now == UNIX_TIME_NONE))
		return "an expiration needs a time and a positive number of seconds";
	if (o->now != UNIX_TIME_NONE && (o->now < 0 || o->expire > INT64_MAX - o->now))
		return "the time is out of range";
	return NULL;
}

static const char *check_options(const struct dkim_sign_options *o)
{
	const char *trouble = signing_domain_trouble(o->domain);

	trouble = trouble ? trouble : signing_list_trouble(o->headers, SIGNING_DKIM);
	trouble = trouble ? trouble : check_identity(o->identity, o->domain);
	return trouble ? trouble : check_time(o);
}

int dkim_signer_new(const struct crypto *crypto, const struct dkim_sign_options *options, struct dkim_signer **out,
                    const char **trouble_out)
{
	const char *trouble = check_options(options);
	struct dkim_signer *s = trouble ? NULL : calloc(1, sizeof *s);

	if (!s) {
		if (trouble_out)
			*trouble_out = trouble;
		return trouble ? INKAN_EUSAGE : INKAN_ENOMEM;
	}
	s->crypto = crypto;
	s->options = *options;
	s->refusal = "";
	arena_init(&s->strings, 1024 * 1024);
	buf_init(&s->input, 2 * MAIL_HEADER_SIZE_MAX);
	buf_init(&s->scratch, SIGNING_FIELD_MAX);
	buf_init(&s->templates, DKIM_SIGNER_KEYS_MAX * SIGNING_FIELD_MAX);
	s->options.domain = arena_str(&s->strings, options->domain);
	s->options.identity = arena_str(&s->strings, options->identity);
	s->options.headers = arena_str(&s->strings, options->headers);
	int error = arena_error(&s->strings);

	if (!error)
		error = digest_new(crypto, &s->digest);
	if (!error)
		error = body_hashes_new(crypto, &s->bodies);
	if (error) {
		dkim_signer_free(s);
		return error;
	}
	*out = s;
	return INKAN_OK;
}

void dkim_signer_free(struct dkim_signer *s)
{
	if (!s)
		return;
	body_hashes_free(s->bodies);
	digest_free(s->digest);
	buf_release(&s->input);
	buf_release(&s->scratch);
	buf_release(&s->templates);
	arena_release(&s->strings);
	free(s);
}

void dkim_signer_set_time(struct dkim_signer *s, unix_time now)
{
	s->options.now = now;
}

static int refuse_key(struct dkim_signer *s, const char *refusal)
{
	s->refusal = refusal;
	return INKAN_EUSAGE;
}

int dkim_signer_add_key(struct dkim_signer *s, struct str selector, struct key_holder holder, uint64_t key)
{
	const char *trouble;
	struct signer_key *k = &s->keys[s->key_count];

	if (s->key_count == DKIM_SIGNER_KEYS_MAX)
		return refuse_key(s, "more than 8 keys");
	for (size_t i = 0; i < s->key_count; i++)
		if (str_ieq(s->keys[i].selector, selector))
			return refuse_key(s, "a selector is given twice; two keys need two selectors");
	int error = signing_selector_trouble(&s->strings, selector, s->options.domain, &trouble);

	if (!error && !trouble)
		error = signing_key_trouble(holder, key, &k->type, &trouble);
	if (error || trouble)
		return error ? error : refuse_key(s, trouble);
	k->selector = arena_str(&s->strings, selector);
	k->holder = holder;
	k->handle = key;
	if (arena_error(&s->strings))
		return arena_error(&s->strings);
	s->key_count++;
	return INKAN_OK;
}

/* ---- header ---- */

int dkim_signer_header(struct dkim_signer *s, struct arena *arena, const struct header *header)
{
	const char *refusal = signing_refuses(header), *trouble = check_time(&s->options);

	refusal = refusal ? refusal : trouble;
	s->arena = arena;
	s->header = header;
	s->prepared = false;
	s->refusal = refusal ? refusal : "";
	body_hashes_start(s->bodies);
	if (refusal)
		return INKAN_EREFUSED;
	int error = signing_choose(arena, header, s->options.headers, SIGNING_DKIM, &s->names);

	if (error == INKAN_EREFUSED)
		s->refusal = SIGNING_TOO_MANY_NAMES;
	return error ? error
	             : body_hashes_need(s->bodies,
	                                (struct body_hash_need){DIGEST_SHA256, s->options.body_canon, false, 0},
	                                &s->body_need);
}

void dkim_signer_body(struct dkim_signer *s, struct str span)
{
	body_hashes_feed(s->bodies, span);
}

const char *dkim_signer_refusal(const struct dkim_signer *s)
{
	return s->refusal;
}

/* ---- the field ---- */

/* i=: the local part in dkim-quoted-printable (RFC 6376 section 2.11), UTF-8 too: it need not be quoted in messages of
 * RFC 8616, but may be in every one. */
static void put_identity(struct folder *f, struct str identity)
{
	struct buf *piece = folder_begin(f, "i=");
	size_t at = str_rfind(identity, '@');

	for (size_t i = 0; i < identity.n; i++) {
		unsigned char c = (unsigned char)identity.p[i];

		if (i < at && (c <= 32 || c == ';' || c == '=' || c >= 127)) {
			buf_put_char(piece, '=');
			buf_put_char(piece, "0123456789ABCDEF"[c >> 4]);
			buf_put_char(piece, "0123456789ABCDEF"[c & 15]);
		} else {
			buf_put_char(piece, (char)c);
		}
	}
	folder_end(f, ';', false);
}

/* The field up to and with "b=", exactly as it is hashed. */
static void put_template(struct folder *f, const struct dkim_signer *s, const struct signer_key *k)
{
	static const char *const canons[2][2] = {{"simple/simple", "simple/relaxed"},
	                                         {"relaxed/simple", "relaxed/relaxed"}};
	const struct dkim_sign_options *o = &s->options;

	folder_put(f, STR("DKIM-Signature:"), true);
	folder_put(f, STR("v=1;"), false);
	folder_tag(f, "a=", str_c(k->type == KEY_RSA ? "rsa-sha256" : "ed25519-sha256"));
	folder_tag(f, "c=", str_c(canons[o->header_canon][o->body_canon]));
	folder_tag(f, "d=", o->domain);
	folder_tag(f, "s=", k->selector);
	if (o->now != UNIX_TIME_NONE)
		folder_number(f, "t=", o->now);
	if (o->expire)
		folder_number(f, "x=", o->now + o->expire);
	if (o->identity.n)
		put_identity(f, o->identity);
	folder_names(f, &s->names);
	folder_hash(f, "bh=", body_hashes_value(s->bodies, s->body_need));
	folder_put(f, STR("b="), false);
}

/* Writes the field up to "b=" and hashes it behind the fields that lie in s->input. */
static int prepare_key(struct dkim_signer *s, struct signer_key *k)
{
	struct folder f = {&s->templates, &s->scratch, 0};
	size_t fields_size = s->input.n;

	k->signature = STR_NULL;
	k->begin = s->templates.n;
	put_template(&f, s, k);
	k->end = s->templates.n;
	k->column = f.column;
	if (buf_error(&s->templates))
		return buf_error(&s->templates);
	canon_field(&s->input, s->options.header_canon, str_skip(buf_str(&s->templates), k->begin), false);
	if (buf_error(&s->input))
		return buf_error(&s->input);
	digest_start(s->digest, DIGEST_SHA256);
	digest_update(s->digest, buf_str(&s->input));
	s->input.n = fields_size;
	return digest_finish(s->digest, &k->digest);
}

static int prepare(struct dkim_signer *s)
{
	int error = body_hashes_finish(s->bodies);

	buf_clear(&s->input);
	buf_clear(&s->templates);
	header_hash_fields(&s->input, s->options.header_canon, s->header, s->names.fields, s->names.count);
	for (size_t i = 0; i < s->key_count && !error; i++)
		error = prepare_key(s, &s->keys[i]);
	s->prepared = !error;
	return error;
}

static int ask(struct dkim_signer *s, struct signer_key *k)
{
	unsigned char signature[KEY_SIGNATURE_MAX];
	size_t size;
	int error = k->holder.sign(k->holder.context, k->handle, DIGEST_SHA256, &k->digest, signature, &size);

	if (error)
		return error;
	k->signature = arena_str(s->arena, str_from((const char *)signature, size));
	return arena_error(s->arena);
}

/* Asks for every signature that is missing; an error ends it at once. */
static int ask_all(struct dkim_signer *s)
{
	bool pending = false;

	for (size_t i = 0; i < s->key_count; i++) {
		int error = s->keys[i].signature.n ? INKAN_OK : ask(s, &s->keys[i]);

		if (error && error != INKAN_PENDING)
			return error;
		pending |= error == INKAN_PENDING;
	}
	return pending ? INKAN_PENDING : INKAN_OK;
}

static int put_fields(struct dkim_signer *s, struct buf *out)
{
	struct str templates = buf_str(&s->templates);

	for (size_t i = 0; i < s->key_count; i++) {
		const struct signer_key *k = &s->keys[i];
		struct folder f = {out, &s->scratch, k->column};

		buf_put(out, str_skip(str_head(templates, k->end), k->begin));
		folder_base64(&f, (const unsigned char *)k->signature.p, k->signature.n);
		buf_put_c(out, "\r\n");
	}
	return buf_error(out);
}

int dkim_signer_finish(struct dkim_signer *s, struct buf *out)
{
	int error = s->prepared ? INKAN_OK : prepare(s);

	if (!error)
		error = ask_all(s);
	return error ? error : put_fields(s, out);
}

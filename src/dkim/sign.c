/* Reading order: dkim_signer_header() checks the message and chooses the fields; dkim_signer_finish() canonicalises them
 * once and then, for each key, writes the field up to "b=", hashes, signs and folds the signature in. */
#include "dkim/sign.h"

#include <stdlib.h>

#include "core/base64.h"
#include "dns/idna.h"
#include "sig/body_hash.h"
#include "sig/header_hash.h"

enum {
	LINE_MAX_COLUMNS = 78, /* RFC 5322 section 2.1.1 */
	SIGNER_FIELD_MAX = 64 * 1024,
	FIELD_NAME_MAX = 74,         /* so that "h=name:" fits in a line */
	HEADER_LIST_MAX = 32 * 1024, /* so that verifiers need not read a field larger than SIGNER_FIELD_MAX */
	IDENTITY_MAX = 320           /* so that no line is longer than 998 octets, even if all of it has to be quoted */
};

struct signer_key {
	struct str selector;
	struct key_holder holder;
	uint64_t handle;
	enum key_type type;
};

struct dkim_signer {
	const struct crypto *crypto;
	struct dkim_sign_options options;
	struct arena strings; /* copies of the options */
	struct signer_key keys[DKIM_SIGNER_KEYS_MAX];
	size_t key_count;
	struct body_hashes *bodies;
	struct digest *digest;
	struct buf input, scratch; /* kept over messages */

	struct arena *arena;
	const struct header *header;
	struct str *names; /* h= */
	size_t *fields;    /* what each of them stands for; HEADER_NONE: nothing */
	size_t name_count;
	size_t body_need;
	const char *refusal;
};

/* What is signed by default. Oversigned fields are listed once more than they occur, so that none can be added: all that
 * readers show and filters trust (RULES S4). Fields that relays add or change are left out (S6). */
static const struct {
	struct str name;
	bool oversigned;
} default_names[] = {
	{{"from", 4}, true},
	{{"to", 2}, true},
	{{"cc", 2}, true},
	{{"subject", 7}, true},
	{{"date", 4}, true},
	{{"reply-to", 8}, true},
	{{"message-id", 10}, true},
	{{"mime-version", 12}, true},
	{{"content-type", 12}, true},
	{{"content-transfer-encoding", 25}, true},
	{{"list-unsubscribe", 16}, true},
	{{"list-unsubscribe-post", 21}, true},
	{{"sender", 6}, false},
	{{"in-reply-to", 11}, false},
	{{"references", 10}, false},
	{{"content-id", 10}, false},
	{{"content-description", 19}, false},
	{{"content-disposition", 19}, false},
	{{"content-language", 16}, false},
	{{"list-id", 7}, false},
	{{"list-help", 9}, false},
	{{"list-subscribe", 14}, false},
	{{"list-post", 9}, false},
	{{"list-owner", 10}, false},
	{{"list-archive", 12}, false},
	{{"autocrypt", 9}, false},
	{{"auto-submitted", 14}, false},
};

/* Never signed: added, removed or rewritten on the way (RFC 6376 section 5.4.1, RFC 8617 section 4.1.2). */
static const char *const unsigned_names[] = {"return-path",
                                             "received",
                                             "comments",
                                             "keywords",
                                             "bcc",
                                             "resent-bcc",
                                             "authentication-results",
                                             "dkim-signature",
                                             "arc-authentication-results",
                                             "arc-message-signature",
                                             "arc-seal",
                                             "received-spf",
                                             "delivered-to"};

/* ---- options ---- */

static bool is_unsigned_name(struct str name)
{
	for (size_t i = 0; i < sizeof unsigned_names / sizeof *unsigned_names; i++)
		if (str_ieq(name, str_c(unsigned_names[i])))
			return true;
	return false;
}

/* ftext of RFC 5322 section 2.2, without ";", which would end the tag */
static bool is_field_name(struct str name)
{
	for (size_t i = 0; i < name.n; i++)
		if (name.p[i] <= 32 || name.p[i] >= 127 || name.p[i] == ':' || name.p[i] == ';')
			return false;
	return name.n > 0;
}

static const char *check_header_list(struct str headers)
{
	size_t count = 0;
	bool has_from = headers.n == 0;

	if (headers.n > HEADER_LIST_MAX)
		return "the header list is longer than 32768 octets";
	while (headers.n) {
		struct str name = str_trim_wsp(str_split(&headers, ':'));

		if (!is_field_name(name))
			return "a name in the header list is not a field name";
		if (name.n > FIELD_NAME_MAX)
			return "a name in the header list is longer than 74 octets";
		if (is_unsigned_name(name))
			return "the header list names a field that relays change or add";
		if (++count > DKIM_SIGNED_NAMES_MAX)
			return "the header list has more than 1000 names";
		has_from |= str_ieq(name, STR("from"));
	}
	return has_from ? NULL : "the header list does not hold From";
}

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
	const char *trouble = check_header_list(o->headers);

	if (!dns_name_is_host(o->domain, true, true) || str_find(o->domain, '.') == o->domain.n)
		return "the domain is not a domain name";
	if (trouble || (trouble = check_identity(o->identity, o->domain)))
		return trouble;
	return check_time(o);
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
	buf_init(&s->scratch, SIGNER_FIELD_MAX);
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
	arena_release(&s->strings);
	free(s);
}

void dkim_signer_set_time(struct dkim_signer *s, unix_time now)
{
	s->options.now = now;
}

/* Whether a key of that selector can be asked for. */
static int check_key_name(struct dkim_signer *s, struct str selector)
{
	struct str host, domain;
	int error = dns_name_to_ascii(&s->strings, selector, &host);

	if (!error)
		error = dns_name_to_ascii(&s->strings, s->options.domain, &domain);
	if (error)
		return error;
	return host.n && domain.n && host.n + strlen("._domainkey.") + domain.n <= DNS_NAME_MAX ? INKAN_OK
	                                                                                        : INKAN_EUSAGE;
}

static int refuse_key(struct dkim_signer *s, const char *refusal)
{
	s->refusal = refusal;
	return INKAN_EUSAGE;
}

int dkim_signer_add_key(struct dkim_signer *s, struct str selector, struct key_holder holder, uint64_t key)
{
	unsigned bits;
	struct signer_key *k = &s->keys[s->key_count];

	if (s->key_count == DKIM_SIGNER_KEYS_MAX)
		return refuse_key(s, "more than 8 keys");
	if (!dns_name_is_host(selector, true, true))
		return refuse_key(s, "a selector is not a DNS label (or labels with dots between)");
	for (size_t i = 0; i < s->key_count; i++)
		if (str_ieq(s->keys[i].selector, selector))
			return refuse_key(s, "a selector is given twice; two keys need two selectors");
	int error = check_key_name(s, selector);

	if (error == INKAN_EUSAGE)
		return refuse_key(s, "selector and domain make no DNS name");
	if (!error)
		error = holder.describe(holder.context, key, &k->type, &bits);
	if (error == INKAN_EUSAGE)
		return refuse_key(s, "the key holder does not know the key");
	if (error)
		return error;
	if (k->type == KEY_RSA && bits < KEY_RSA_BITS_MIN)
		return refuse_key(s, "an RSA key has fewer than 1024 bits");
	k->selector = arena_str(&s->strings, selector);
	k->holder = holder;
	k->handle = key;
	if (arena_error(&s->strings))
		return arena_error(&s->strings);
	s->key_count++;
	return INKAN_OK;
}

/* ---- header ---- */

/* Fields that RFC 5322 section 3.6 and RFC 2045 section 3 allow once. */
static const char *check_counts(const struct header *header)
{
	static const struct {
		struct str name;
		const char *refusal;
	} once[] = {
		{{"from", 4}, "the message has more than one From"},
		{{"sender", 6}, "the message has more than one Sender"},
		{{"reply-to", 8}, "the message has more than one Reply-To"},
		{{"to", 2}, "the message has more than one To"},
		{{"cc", 2}, "the message has more than one Cc"},
		{{"subject", 7}, "the message has more than one Subject"},
		{{"date", 4}, "the message has more than one Date"},
		{{"message-id", 10}, "the message has more than one Message-ID"},
		{{"in-reply-to", 11}, "the message has more than one In-Reply-To"},
		{{"references", 10}, "the message has more than one References"},
		{{"mime-version", 12}, "the message has more than one MIME-Version"},
		{{"content-type", 12}, "the message has more than one Content-Type"},
		{{"content-transfer-encoding", 25}, "the message has more than one Content-Transfer-Encoding"},
	};

	if (header->malformed)
		return "the header holds a line that is not a field";
	if (header_lowest(header, STR("from")) == HEADER_NONE)
		return "the message has no From";
	for (size_t i = 0; i < sizeof once / sizeof *once; i++) {
		size_t lowest = header_lowest(header, once[i].name);

		if (lowest != HEADER_NONE && header->fields[lowest].above != HEADER_NONE)
			return once[i].refusal;
	}
	return NULL;
}

static int add_name(struct dkim_signer *s, struct str name, size_t field)
{
	if (s->name_count == DKIM_SIGNED_NAMES_MAX) {
		s->refusal = "more than 1000 header fields to be signed";
		return INKAN_EREFUSED;
	}
	s->names[s->name_count] = name;
	s->fields[s->name_count++] = field;
	return INKAN_OK;
}

static int choose_wanted_names(struct dkim_signer *s)
{
	struct str rest = s->options.headers;
	int error = INKAN_OK;

	while (rest.n && !error)
		error = add_name(s, str_trim_wsp(str_split(&rest, ':')), HEADER_NONE);
	return error ? error : header_select(s->arena, s->header, s->names, s->name_count, s->fields);
}

/* Every field of a name from the bottom up, as the names of h= stand for them. */
static int choose_default_names(struct dkim_signer *s)
{
	int error = INKAN_OK;

	for (size_t i = 0; i < sizeof default_names / sizeof *default_names && !error; i++) {
		struct str name = default_names[i].name;
		size_t at = header_lowest(s->header, name);

		for (; at != HEADER_NONE && !error; at = s->header->fields[at].above)
			error = add_name(s, name, at);
		if (default_names[i].oversigned && !error)
			error = add_name(s, name, HEADER_NONE);
	}
	return error;
}

static int choose_names(struct dkim_signer *s)
{
	size_t most = s->options.headers.n ? s->options.headers.n / 2 + 1
	                                   : s->header->count + sizeof default_names / sizeof *default_names;

	if (most > DKIM_SIGNED_NAMES_MAX)
		most = DKIM_SIGNED_NAMES_MAX;
	s->name_count = 0;
	s->names = arena_alloc(s->arena, most * sizeof *s->names);
	s->fields = arena_alloc(s->arena, most * sizeof *s->fields);
	if (!s->names || !s->fields)
		return arena_error(s->arena);
	return s->options.headers.n ? choose_wanted_names(s) : choose_default_names(s);
}

int dkim_signer_header(struct dkim_signer *s, struct arena *arena, const struct header *header)
{
	const char *refusal = check_counts(header), *trouble = check_time(&s->options);

	refusal = refusal ? refusal : trouble;
	s->arena = arena;
	s->header = header;
	s->refusal = refusal ? refusal : "";
	body_hashes_start(s->bodies);
	if (refusal)
		return INKAN_EREFUSED;
	int error = choose_names(s);

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

/* A field being written: breaks lines between pieces so that none is longer than LINE_MAX_COLUMNS. */
struct folder {
	struct buf *out, *scratch;
	size_t column;
};

/* Puts a piece that must not be broken, behind a space or a fold. `glued`: nothing between it and what stands before,
 * unless a fold is needed. */
static void put_piece(struct folder *f, struct str piece, bool glued)
{
	bool fits = f->column + !glued + piece.n <= LINE_MAX_COLUMNS;

	if (!fits) {
		buf_put_c(f->out, "\r\n ");
		f->column = 1;
	} else if (!glued) {
		buf_put_char(f->out, ' ');
		f->column++;
	}
	buf_put(f->out, piece);
	f->column += piece.n;
}

/* The beginning of a piece, made in scratch. */
static struct buf *begin_piece(struct folder *f, const char *text)
{
	buf_clear(f->scratch);
	buf_put_c(f->scratch, text);
	return f->scratch;
}

static void end_piece(struct folder *f, char end, bool glued)
{
	buf_put_char(f->scratch, end);
	if (f->scratch->error && !f->out->error)
		f->out->error = f->scratch->error; /* the next piece forgets it */
	put_piece(f, buf_str(f->scratch), glued);
}

/* prefix: "name=" */
static void put_tag(struct folder *f, const char *prefix, struct str value)
{
	buf_put(begin_piece(f, prefix), value);
	end_piece(f, ';', false);
}

static void put_number_tag(struct folder *f, const char *prefix, int64_t value)
{
	buf_put_i64(begin_piece(f, prefix), value);
	end_piece(f, ';', false);
}

/* i=: the local part in dkim-quoted-printable (RFC 6376 section 2.11), UTF-8 too: it need not be quoted in messages of
 * RFC 8616, but may be in every one. */
static void put_identity(struct folder *f, struct str identity)
{
	struct buf *piece = begin_piece(f, "i=");
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
	end_piece(f, ';', false);
}

static void put_names(struct folder *f, const struct dkim_signer *s)
{
	for (size_t i = 0; i < s->name_count; i++) {
		buf_put(begin_piece(f, i == 0 ? "h=" : ""), s->names[i]);
		end_piece(f, i + 1 < s->name_count ? ':' : ';', i > 0);
	}
}

static void put_body_hash(struct folder *f, const struct dkim_signer *s)
{
	const struct digest_value *hash = body_hashes_value(s->bodies, s->body_need);

	base64_encode(begin_piece(f, "bh="), hash->octets, hash->n);
	end_piece(f, ';', false);
}

/* The field up to and with "b=", exactly as it is hashed. */
static void put_template(struct folder *f, const struct dkim_signer *s, const struct signer_key *k)
{
	static const char *const canons[2][2] = {{"simple/simple", "simple/relaxed"},
	                                         {"relaxed/simple", "relaxed/relaxed"}};
	const struct dkim_sign_options *o = &s->options;

	put_piece(f, STR("DKIM-Signature:"), true);
	put_piece(f, STR("v=1;"), false);
	put_tag(f, "a=", str_c(k->type == KEY_RSA ? "rsa-sha256" : "ed25519-sha256"));
	put_tag(f, "c=", str_c(canons[o->header_canon][o->body_canon]));
	put_tag(f, "d=", o->domain);
	put_tag(f, "s=", k->selector);
	if (o->now != UNIX_TIME_NONE)
		put_number_tag(f, "t=", o->now);
	if (o->expire)
		put_number_tag(f, "x=", o->now + o->expire);
	if (o->identity.n)
		put_identity(f, o->identity);
	put_names(f, s);
	put_body_hash(f, s);
	put_piece(f, STR("b="), false);
}

static int put_signature(struct folder *f, const unsigned char *signature, size_t size)
{
	base64_encode(begin_piece(f, ""), signature, size);
	for (struct str rest = buf_str(f->scratch); rest.n;) {
		size_t room = LINE_MAX_COLUMNS - f->column;

		if (room == 0) {
			buf_put_c(f->out, "\r\n ");
			f->column = 1;
			continue;
		}
		struct str part = str_head(rest, room);

		buf_put(f->out, part);
		f->column += part.n;
		rest = str_skip(rest, part.n);
	}
	buf_put_c(f->out, "\r\n");
	return buf_error(f->scratch) ? buf_error(f->scratch) : buf_error(f->out);
}

static int sign_with(struct dkim_signer *s, const struct signer_key *k, struct buf *out)
{
	struct folder f = {out, &s->scratch, 0};
	size_t begin = out->n, fields_size = s->input.n, size;
	struct digest_value digest;
	unsigned char signature[KEY_SIGNATURE_MAX];

	put_template(&f, s, k);
	if (buf_error(out))
		return buf_error(out);
	canon_field(&s->input, s->options.header_canon, str_skip(buf_str(out), begin), false);
	if (buf_error(&s->input))
		return buf_error(&s->input);
	digest_start(s->digest, DIGEST_SHA256);
	digest_update(s->digest, buf_str(&s->input));
	s->input.n = fields_size;
	int error = digest_finish(s->digest, &digest);

	if (!error)
		error = k->holder.sign(k->holder.context, k->handle, DIGEST_SHA256, &digest, signature, &size);
	return error ? error : put_signature(&f, signature, size);
}

int dkim_signer_finish(struct dkim_signer *s, struct buf *out)
{
	int error = body_hashes_finish(s->bodies);

	buf_clear(&s->input);
	header_hash_fields(&s->input, s->options.header_canon, s->header, s->fields, s->name_count);
	for (size_t i = 0; i < s->key_count && !error; i++)
		error = sign_with(s, &s->keys[i], out);
	return error;
}

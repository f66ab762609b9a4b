/* Reads signature fields (RFC 6376 section 3.5, RFC 8617 section 4.1).
 *
 * dkim_signature_parse() first notes what can be shown to people whatever the field is worth, then applies the rules in
 * the order of section 6.1.1. */
#include "sig/signature.h"

#include "core/base64.h"
#include "core/utf8.h"
#include "dns/idna.h"

enum { SHOWN_MAX = 255 };

static const char *show(struct arena *arena, struct str s)
{
	return utf8_shown(arena, s, SHOWN_MAX, '?');
}

/* The same of a text that is terminated and stays: a copy only where it would differ. */
static const char *show_kept(struct arena *arena, struct str s)
{
	return s.n && s.n <= SHOWN_MAX && str_graphic(s) == s.n ? s.p : show(arena, s);
}

/* The first max octets of s after SP, HTAB, CR and LF were taken out; terminated. */
static struct str without_fws(struct arena *arena, struct str s, size_t max)
{
	char *p = arena_text(arena, (s.n < max ? s.n : max) + 1);
	size_t n = str_graphic(str_head(s, max));

	if (!p)
		return STR_NULL;
	if (n)
		memcpy(p, s.p, n);
	for (size_t i = n; i < s.n && n < max; i++)
		if (!is_fws_char(s.p[i]))
			p[n++] = s.p[i];
	p[n] = '\0';
	return str_from(p, n);
}

static int hex_digit(char c)
{
	return is_digit(c) ? c - '0' : c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

/* dkim-quoted-printable (RFC 6376 section 2.11), decoded; "=" that begins no hexadecimal octet stays. */
static struct str decode_quoted_printable(struct arena *arena, struct str s)
{
	struct str text = without_fws(arena, s, s.n);
	char *p = (char *)(uintptr_t)text.p;
	size_t n = 0;

	for (size_t i = 0; i < text.n;) {
		int high = text.n - i > 2 && p[i] == '=' ? hex_digit(p[i + 1]) : -1;
		int low = high >= 0 ? hex_digit(p[i + 2]) : -1;
		char c = p[i];

		if (low >= 0)
			c = (char)(high * 16 + low);
		p[n++] = c;
		i += low >= 0 ? 3 : 1;
	}
	return str_from(p, n);
}

/* Terminated. */
static struct str lower(struct arena *arena, struct str s)
{
	char *p = arena_text(arena, s.n + 1);

	if (!p)
		return STR_NULL;
	str_put_lower(p, s);
	p[s.n] = '\0';
	return str_from(p, s.n);
}

static void sort_tags(struct dkim_signature *s)
{
	for (size_t i = 0; i < s->tags.count; i++) {
		const struct tag *tag = &s->tags.tags[i];
		char first = tag->name.p[0];

		if (tag->name.n == 1 && first >= 'a' && first <= 'z')
			s->letters[first - 'a'] = tag;
		else if (str_eq(tag->name, STR("bh")))
			s->bh = tag;
	}
}

static const struct tag *find(const struct dkim_signature *s, char letter)
{
	return s->letters[letter - 'a'];
}

static struct str value_of(const struct tag *tag)
{
	return tag ? tag->value : STR_NULL;
}

/* sig-a-tag */
static enum dkim_fault_id read_algorithm(struct dkim_signature *s)
{
	struct str a = value_of(find(s, 'a'));

	if (str_ieq(a, STR("rsa-sha256")))
		s->algorithm = DKIM_RSA_SHA256;
	else if (str_ieq(a, STR("ed25519-sha256")))
		s->algorithm = DKIM_ED25519_SHA256;
	else if (str_ieq(a, STR("rsa-sha1")))
		s->algorithm = DKIM_RSA_SHA1;
	else
		return DKIM_FAULT_ALGORITHM;
	return DKIM_FAULT_NONE;
}

/* sig-c-tag: one word means simple for the body */
static enum dkim_fault_id read_canonicalization(struct dkim_signature *s)
{
	const struct tag *c = find(s, 'c');

	s->header_canon = s->body_canon = CANON_SIMPLE;
	if (!c)
		return DKIM_FAULT_NONE;
	struct str body = c->value, header = str_trim_fws(str_split(&body, '/'));
	bool has_body = header.n < c->value.n && str_find(c->value, '/') < c->value.n;

	if (!canon_from_name(header, &s->header_canon) ||
	    (has_body && !canon_from_name(str_trim_fws(body), &s->body_canon)))
		return DKIM_FAULT_CANONICALIZATION;
	return DKIM_FAULT_NONE;
}

/* sig-q-tag: a list of methods, of which one must be dns/txt */
static enum dkim_fault_id read_query_methods(const struct dkim_signature *s)
{
	const struct tag *q = find(s, 'q');
	struct str rest = q ? q->value : STR_NULL;

	if (!q)
		return DKIM_FAULT_NONE;
	while (rest.n) {
		struct str method = str_trim_fws(str_split(&rest, ':'));

		/* "dns" alone is what drafts before RFC 4871 wrote */
		if (str_ieq(method, STR("dns/txt")) || str_ieq(method, STR("dns")))
			return DKIM_FAULT_NONE;
	}
	return DKIM_FAULT_QUERY_METHOD;
}

/* *out is UINT64_MAX where the number is larger. False: not a number, or longer than DKIM_NUMBER_DIGITS_MAX. */
static bool read_number(struct str text, uint64_t *out)
{
	if (text.n == 0 || text.n > DKIM_NUMBER_DIGITS_MAX)
		return false;
	for (size_t i = 0; i < text.n; i++)
		if (!is_digit(text.p[i]))
			return false;
	if (!str_to_u64(text, UINT64_MAX, out))
		*out = UINT64_MAX;
	return true;
}

static bool read_time(const struct tag *tag, unix_time *out)
{
	uint64_t seconds;

	*out = UNIX_TIME_NONE;
	if (!tag)
		return true;
	if (!read_number(tag->value, &seconds))
		return false;
	*out = seconds > INT64_MAX ? INT64_MAX : (unix_time)seconds;
	return true;
}

static enum dkim_fault_id read_numbers(struct dkim_signature *s)
{
	const struct tag *l = find(s, 'l');

	if (l && !read_number(l->value, &s->length))
		return DKIM_FAULT_LENGTH_SYNTAX;
	s->has_length = l != NULL;
	if (!read_time(find(s, 't'), &s->timestamp) || !read_time(find(s, 'x'), &s->expiration))
		return DKIM_FAULT_TIME_SYNTAX;
	if (s->timestamp != UNIX_TIME_NONE && s->expiration != UNIX_TIME_NONE && s->expiration <= s->timestamp)
		return DKIM_FAULT_EXPIRATION_ORDER;
	return DKIM_FAULT_NONE;
}

static bool is_dkim(enum signature_kind kind)
{
	return kind == SIGNATURE_DKIM || kind == SIGNATURE_DKIM_DRAFTS;
}

/* sig-h-tag; From must be in it (V4), but for ARC, which authenticates a path and no author */
static int read_names(struct arena *arena, struct dkim_signature *s, enum signature_kind kind,
                      enum dkim_fault_id *fault_out)
{
	struct str names[DKIM_HEADER_NAMES_MAX]; /* how many there are is known at the end */
	struct str list = lower(arena, value_of(find(s, 'h')));
	bool has_from = false;

	s->names_are_plain = list.n <= SHOWN_MAX && str_graphic(list) == list.n;
	while (list.n) {
		struct str name = str_trim_fws(str_split(&list, ':'));

		if (name.n == 0)
			continue;
		if (s->name_count == DKIM_HEADER_NAMES_MAX) {
			*fault_out = DKIM_FAULT_TOO_MANY_NAMES;
			return INKAN_OK;
		}
		((char *)(uintptr_t)name.p)[name.n] = '\0'; /* on the colon or white space behind it */
		has_from |= str_eq(name, STR("from"));
		names[s->name_count++] = name;
	}
	s->names = arena_alloc(arena, s->name_count * sizeof *names);
	if (!s->names)
		return arena_error(arena);
	memcpy(s->names, names, s->name_count * sizeof *names);
	if (!has_from && is_dkim(kind))
		*fault_out = DKIM_FAULT_FROM_UNSIGNED;
	return INKAN_OK;
}

/* One host name, its U-labels as A-labels; empty where it is none. */
static int read_host(struct arena *arena, struct str name, struct str *out)
{
	*out = STR_NULL;
	return dns_name_is_host(name, true, true) ? dns_name_to_ascii(arena, name, out) : INKAN_OK;
}

static struct str make_key_name(struct arena *arena, struct str selector, struct str domain)
{
	struct str parts[] = {selector, STR("._domainkey."), domain};
	size_t n = 0;
	char *p = arena_text(arena, selector.n + parts[1].n + domain.n);

	for (size_t i = 0; p && i < 3; i++) {
		memcpy(p + n, parts[i].p, parts[i].n);
		n += parts[i].n;
	}
	return str_from(p, n);
}

/* sig-i-tag: at d= (given with A-labels) or below it (V5) */
static int read_auid(struct arena *arena, struct dkim_signature *s, struct str domain, enum dkim_fault_id *fault_out)
{
	const struct tag *i = find(s, 'i');
	struct str auid = i ? decode_quoted_printable(arena, i->value) : STR_NULL, host;
	size_t at = str_rfind(auid, '@');

	if (!i)
		return INKAN_OK;
	int error = read_host(arena, str_skip(auid, at + 1), &host);

	if (error || arena_error(arena))
		return error ? error : arena_error(arena);
	s->auid_is_below = host.n > domain.n && str_ihas_suffix(host, domain) && host.p[host.n - domain.n - 1] == '.';
	if (!s->auid_is_below && !str_ieq(host, domain))
		*fault_out = DKIM_FAULT_AUID;
	return INKAN_OK;
}

/* d=, s= and i= */
static int read_identities(struct arena *arena, struct dkim_signature *s, enum signature_kind kind,
                           enum dkim_fault_id *fault_out)
{
	struct str domain, selector = STR_NULL;

	s->selector = value_of(find(s, 's'));
	int error = read_host(arena, s->domain, &domain);

	if (!error)
		error = read_host(arena, s->selector, &selector);
	if (error || arena_error(arena))
		return error ? error : arena_error(arena);
	if (domain.n == 0 || selector.n == 0) {
		*fault_out = domain.n ? DKIM_FAULT_SELECTOR : DKIM_FAULT_DOMAIN;
		return INKAN_OK;
	}
	s->key_name = make_key_name(arena, selector, domain);
	error = is_dkim(kind) ? read_auid(arena, s, domain, fault_out) : INKAN_OK;
	return error ? error : arena_error(arena);
}

static int read_base64(struct arena *arena, struct str text, struct str *out, bool *valid_out)
{
	char *p = arena_text(arena, base64_decoded_max(text.n));
	size_t n = 0;

	if (!p)
		return arena_error(arena);
	*valid_out = base64_decode(text, BASE64_FWS, (unsigned char *)p, &n, NULL);
	*out = str_from(p, n);
	return INKAN_OK;
}

/* sig-bh-tag */
static int read_body_hash(struct arena *arena, struct dkim_signature *s, enum dkim_fault_id *fault_out)
{
	size_t size = s->algorithm == DKIM_RSA_SHA1 ? 20 : 32;
	struct str hash = STR_NULL;
	bool valid = false;
	int error = read_base64(arena, value_of(s->bh), &hash, &valid);

	if (error)
		return error;
	if (!valid || hash.n != size) {
		*fault_out = DKIM_FAULT_BODY_HASH_SYNTAX;
		return INKAN_OK;
	}
	memcpy(s->body_hash.octets, hash.p, hash.n);
	s->body_hash.n = hash.n;
	return INKAN_OK;
}

/* sig-b-tag */
static int read_signature(struct arena *arena, struct dkim_signature *s, enum dkim_fault_id *fault_out)
{
	bool valid = false;
	int error = read_base64(arena, value_of(find(s, 'b')), &s->signature, &valid);

	if (!error && (!valid || s->signature.n == 0))
		*fault_out = DKIM_FAULT_SIGNATURE_SYNTAX;
	return error;
}

/* Where the value of b= stands in the field, white space round it included. */
static void locate_b(struct dkim_signature *s)
{
	const struct tag *b = find(s, 'b');
	struct str list = s->field->value;
	size_t at = b->position + str_find(str_skip(list, b->position), '=') + 1;
	size_t end = at + str_find(str_skip(list, at), ';');
	size_t before = (size_t)(list.p - s->field->raw.p);

	s->b_begin = before + at;
	s->b_end = before + end;
}

static bool has_required_tags(const struct dkim_signature *s, enum signature_kind kind)
{
	bool common = find(s, 'a') && find(s, 'b') && find(s, 'd') && find(s, 's');

	return common && (kind == SIGNATURE_ARC_SEAL || (s->bh && find(s, 'h')));
}

/* sig-v-tag; ARC fields have none, and one that is there is not looked at */
static enum dkim_fault_id read_version(const struct dkim_signature *s, enum signature_kind kind)
{
	const struct tag *v = find(s, 'v');
	bool drafts = kind == SIGNATURE_DKIM_DRAFTS;

	if (!is_dkim(kind))
		return DKIM_FAULT_NONE;
	if (!v)
		return drafts ? DKIM_FAULT_NONE : DKIM_FAULT_MISSING_TAG;
	return str_eq(v->value, STR("1")) || (drafts && str_eq(v->value, STR("0.5"))) ? DKIM_FAULT_NONE
	                                                                              : DKIM_FAULT_VERSION;
}

/* What people are shown, whatever the field is worth. */
static void describe(struct arena *arena, struct dkim_signature *s, enum signature_kind kind,
                     struct inkan_dkim_result *result)
{
	const struct tag *i = is_dkim(kind) ? find(s, 'i') : NULL;

	s->domain = lower(arena, value_of(find(s, 'd')));
	result->domain = show_kept(arena, s->domain);
	result->selector = show(arena, value_of(find(s, 's')));
	if (i) {
		result->identity = show(arena, decode_quoted_printable(arena, i->value));
	} else {
		size_t n = strlen(result->domain) + 1;
		char *p = arena_text(arena, n + 1);

		if (p) {
			p[0] = '@';
			memcpy(p + 1, result->domain, n);
			result->identity = p;
		}
	}
	result->algorithm = show_kept(arena, lower(arena, value_of(find(s, 'a'))));
	result->body_hash_signed = show_kept(arena, without_fws(arena, value_of(s->bh), SHOWN_MAX));
	result->signature_prefix = show_kept(arena, without_fws(arena, value_of(find(s, 'b')), DKIM_PREFIX_MAX));
}

static int describe_parsed(struct arena *arena, const struct dkim_signature *s, struct inkan_dkim_result *result)
{
	static const char *const names[2][2] = {{"simple/simple", "simple/relaxed"},
	                                        {"relaxed/simple", "relaxed/relaxed"}};
	const char **signed_headers = arena_alloc(arena, s->name_count * sizeof *signed_headers);

	if (!signed_headers)
		return arena_error(arena);
	for (size_t n = 0; n < s->name_count; n++)
		signed_headers[n] = s->names_are_plain ? s->names[n].p : show_kept(arena, s->names[n]);
	result->signed_headers = signed_headers;
	result->signed_header_count = s->name_count;
	result->canonicalization = names[s->header_canon][s->body_canon];
	result->timestamp = s->timestamp;
	result->expiration = s->expiration;
	result->body_length = !s->has_length ? -1 : s->length > INT64_MAX ? INT64_MAX : (int64_t)s->length;
	return arena_error(arena);
}

static enum dkim_fault_id read_small_tags(struct dkim_signature *s, enum signature_kind kind)
{
	if (s->tags.error == TAGLIST_DUPLICATE)
		return DKIM_FAULT_DUPLICATE_TAG;
	if (s->tags.error != TAGLIST_OK)
		return DKIM_FAULT_TAG_LIST;
	if (!has_required_tags(s, kind))
		return DKIM_FAULT_MISSING_TAG;
	enum dkim_fault_id fault = read_version(s, kind);

	fault = fault ? fault : read_algorithm(s);
	fault = fault ? fault : read_canonicalization(s);
	fault = fault ? fault : read_query_methods(s);
	return fault ? fault : read_numbers(s);
}

static int read_large_tags(struct arena *arena, struct dkim_signature *s, enum signature_kind kind,
                           enum dkim_fault_id *fault_out)
{
	int error = kind == SIGNATURE_ARC_SEAL ? INKAN_OK : read_names(arena, s, kind, fault_out);

	if (!error && !*fault_out)
		error = read_identities(arena, s, kind, fault_out);
	if (!error && !*fault_out && kind != SIGNATURE_ARC_SEAL)
		error = read_body_hash(arena, s, fault_out);
	if (!error && !*fault_out)
		error = read_signature(arena, s, fault_out);
	return error;
}

int dkim_signature_parse(struct arena *arena, const struct header_field *field, enum signature_kind kind,
                         struct dkim_signature *out, struct inkan_dkim_result *result, enum dkim_fault_id *fault_out)
{
	*out = (struct dkim_signature){.field = field, .timestamp = UNIX_TIME_NONE, .expiration = UNIX_TIME_NONE};
	*fault_out = DKIM_FAULT_FIELD_SIZE;
	if (field->raw.n > DKIM_SIGNATURE_FIELD_MAX)
		return INKAN_OK;
	taglist_parse(arena, field->value, &out->tags);
	if (out->tags.error == TAGLIST_NO_MEMORY)
		return arena_error(arena);
	sort_tags(out);
	describe(arena, out, kind, result);
	*fault_out = read_small_tags(out, kind);
	if (*fault_out)
		return arena_error(arena);
	int error = read_large_tags(arena, out, kind, fault_out);

	if (error || *fault_out)
		return error;
	locate_b(out);
	return describe_parsed(arena, out, result);
}

static enum dkim_fault_id record_fault(const struct dkim_key_record *r)
{
	switch (r->fault) {
	case DKIM_KEY_OK:
		return DKIM_FAULT_NONE;
	case DKIM_KEY_TOO_LARGE:
		return DKIM_FAULT_KEY_SIZE;
	case DKIM_KEY_TAGS:
		return DKIM_FAULT_KEY_TAG_LIST;
	case DKIM_KEY_VERSION:
		return DKIM_FAULT_KEY_VERSION;
	case DKIM_KEY_NO_P:
		return DKIM_FAULT_KEY_NO_P;
	case DKIM_KEY_REVOKED:
		return DKIM_FAULT_KEY_REVOKED;
	case DKIM_KEY_TYPE:
		return DKIM_FAULT_KEY_TYPE;
	case DKIM_KEY_P_BASE64:
		return DKIM_FAULT_KEY_BASE64;
	case DKIM_KEY_P_CONTENT:
		return r->trouble == KEY_TOO_LONG          ? DKIM_FAULT_KEY_TOO_LONG
		       : r->trouble == KEY_BAD_ENCODING    ? DKIM_FAULT_KEY_ENCODING
		       : r->trouble == KEY_OTHER_ALGORITHM ? DKIM_FAULT_KEY_ALGORITHM
		                                           : DKIM_FAULT_KEY_WEAK;
	}
	return DKIM_FAULT_KEY_TAG_LIST;
}

/* rsa-sha1 is refused here and not before the key is asked for, so that a DNS trouble stays a temporary error. */
enum dkim_fault_id dkim_signature_key_fault(const struct dkim_signature *s, const struct dkim_key_record *r,
                                            bool allow_legacy)
{
	bool sha1 = s->algorithm == DKIM_RSA_SHA1;
	enum key_type type = s->algorithm == DKIM_ED25519_SHA256 ? KEY_ED25519 : KEY_RSA;
	enum dkim_fault_id fault = record_fault(r);

	if (sha1 && !allow_legacy)
		return DKIM_FAULT_SHA1;
	if (fault)
		return fault;
	if (r->type != type)
		return DKIM_FAULT_KEY_ALGORITHM;
	if (!(sha1 ? r->allows_sha1 : r->allows_sha256))
		return DKIM_FAULT_KEY_HASH;
	if (!r->allows_email)
		return DKIM_FAULT_KEY_SERVICE;
	if (r->strict_identity && s->auid_is_below)
		return DKIM_FAULT_KEY_STRICT;
	if (type == KEY_RSA && public_key_bits(r->key) < KEY_RSA_BITS_MIN && !allow_legacy)
		return DKIM_FAULT_KEY_TOO_SHORT;
	return DKIM_FAULT_NONE;
}

enum digest_kind dkim_signature_digest_kind(const struct dkim_signature *s)
{
	return s->algorithm == DKIM_RSA_SHA1 ? DIGEST_SHA1 : DIGEST_SHA256;
}

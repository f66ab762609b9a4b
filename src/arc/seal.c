/* Reading order: arc_sealer_header() checks the message, its chain, and chooses the fields; arc_sealer_finish() writes the
 * set from the bottom up: put_results(), begin_message_signature(), begin_seal(); end_field() puts each signature in, at
 * once or when arc_sealer_finish() is called again.
 *
 * Tags stand in alphabetical order, so b= is in the middle of a field. The field is made in two parts, before and behind
 * the signature; the second begins on a line of its own, so that its folding does not depend on the length of the
 * signature. Both are hashed with nothing between. */
#include "arc/seal.h"

#include <stdlib.h>

#include "arc/sets.h"
#include "core/base64.h"
#include "inkan/sign.h"
#include "sig/header_hash.h"
#include "sig/signing.h"

enum {
	SEALER_INPUT_MAX = 4 * MAIL_HEADER_SIZE_MAX,
	LINE_OCTETS_MAX = 998,
	SELECTOR_SCRATCH_MAX = 64 * 1024 /* octets that checking a selector needs at most */
};

static const char rsa_only[] = "the key is not RSA: ARC knows no other algorithm than rsa-sha256 (RFC 8617)";

/* How far the new set is. */
enum phase { PHASE_START, PHASE_MESSAGE /* the message signature is on its way */, PHASE_SEAL };

struct arc_sealer {
	const struct crypto *crypto;
	struct arc_seal_options options;
	struct arena strings; /* copies of the options */
	struct buf selector;
	struct key_holder holder;
	uint64_t key;
	struct body_hashes *bodies;
	struct digest *digest;
	/* kept over messages: what is hashed; pieces of a field; a field behind its signature; the fields of the set */
	struct buf input, scratch, behind, seal, message, results;

	const struct header *header;
	struct signed_names names;
	struct arc_sets sets; /* those that are there */
	unsigned instance;    /* of the new set */
	size_t body_need;
	enum phase phase;
	unix_time now;              /* of the set */
	enum inkan_result chain;    /* cv= */
	struct folder field;        /* that is signed, up to its "b=" */
	struct digest_value wanted; /* what its signature is over */
	const char *refusal;
};

/* ---- options and key ---- */

int arc_sealer_new(const struct crypto *crypto, const struct arc_seal_options *options, struct arc_sealer **out,
                   const char **trouble_out)
{
	const char *trouble = signing_domain_trouble(options->domain);

	trouble = trouble ? trouble : signing_list_trouble(options->headers, SIGNING_ARC);
	struct arc_sealer *s = trouble ? NULL : calloc(1, sizeof *s);

	if (!s) {
		if (trouble_out)
			*trouble_out = trouble;
		return trouble ? INKAN_EUSAGE : INKAN_ENOMEM;
	}
	s->crypto = crypto;
	s->options = *options;
	s->refusal = "";
	arena_init(&s->strings, 1024 * 1024);
	buf_init(&s->selector, SELECTOR_SCRATCH_MAX);
	buf_init(&s->input, SEALER_INPUT_MAX);
	buf_init(&s->scratch, SIGNING_FIELD_MAX);
	buf_init(&s->behind, SIGNING_FIELD_MAX);
	buf_init(&s->seal, SIGNING_FIELD_MAX);
	buf_init(&s->message, SIGNING_FIELD_MAX);
	buf_init(&s->results, ARC_RESULTS_MAX + 100);
	s->options.domain = arena_str(&s->strings, options->domain);
	s->options.headers = arena_str(&s->strings, options->headers);
	int error = arena_error(&s->strings);

	if (!error)
		error = digest_new(crypto, &s->digest);
	if (!error)
		error = body_hashes_new(crypto, &s->bodies);
	if (error) {
		arc_sealer_free(s);
		return error;
	}
	*out = s;
	return INKAN_OK;
}

void arc_sealer_free(struct arc_sealer *s)
{
	if (!s)
		return;
	body_hashes_free(s->bodies);
	digest_free(s->digest);
	buf_release(&s->selector);
	buf_release(&s->input);
	buf_release(&s->scratch);
	buf_release(&s->behind);
	buf_release(&s->seal);
	buf_release(&s->message);
	buf_release(&s->results);
	arena_release(&s->strings);
	free(s);
}

void arc_sealer_set_time(struct arc_sealer *s, unix_time now)
{
	s->options.now = now;
}

static int check_selector(const struct arc_sealer *s, struct str selector, const char **trouble_out)
{
	struct arena scratch;

	arena_init(&scratch, SELECTOR_SCRATCH_MAX);
	int error = signing_selector_trouble(&scratch, selector, s->options.domain, trouble_out);

	arena_release(&scratch);
	return error;
}

/* In place of the one before, which stays where there is no memory. */
static int keep_selector(struct arc_sealer *s, struct str selector)
{
	struct buf kept;

	buf_init(&kept, SELECTOR_SCRATCH_MAX);
	buf_put(&kept, selector);
	int error = buf_error(&kept);

	buf_release(error ? &kept : &s->selector);
	if (!error)
		s->selector = kept;
	return error;
}

int arc_sealer_set_key(struct arc_sealer *s, struct str selector, struct key_holder holder, uint64_t key)
{
	const char *trouble;
	enum key_type type = KEY_RSA;
	int error = check_selector(s, selector, &trouble);

	if (!error && !trouble)
		error = signing_key_trouble(holder, key, &type, &trouble);
	if (!error && !trouble && type != KEY_RSA)
		trouble = rsa_only;
	if (!error && !trouble)
		error = keep_selector(s, selector);
	if (error)
		return error;
	s->refusal = trouble ? trouble : "";
	if (trouble)
		return INKAN_EUSAGE;
	s->holder = holder;
	s->key = key;
	return INKAN_OK;
}

/* ---- header ---- */

/* Why no set may be added to the chain that is there; NULL where one may. */
static const char *check_chain(struct arc_sealer *s, const struct header *header)
{
	struct arc_chain_end end = arc_chain_end(header);

	s->instance = end.instance + 1;
	if (end.failed)
		return "the newest ARC-Seal says cv=fail: nobody seals above it";
	if (end.instance >= ARC_SETS_MAX)
		return "the message has 50 ARC sets, or more";
	return NULL;
}

int arc_sealer_header(struct arc_sealer *s, struct arena *arena, const struct header *header)
{
	const char *refusal = signing_refuses(header);

	if (!refusal && s->options.now != UNIX_TIME_NONE && s->options.now < 0)
		refusal = "the time is out of range";
	refusal = refusal ? refusal : check_chain(s, header);
	s->header = header;
	s->phase = PHASE_START;
	s->refusal = refusal ? refusal : "";
	body_hashes_start(s->bodies);
	if (refusal)
		return INKAN_EREFUSED;
	int error = signing_choose(arena, header, s->options.headers, SIGNING_ARC, &s->names);

	if (error == INKAN_EREFUSED)
		s->refusal = SIGNING_TOO_MANY_NAMES;
	if (!error)
		error = arc_sets_find(arena, header, &s->sets);
	return error ? error
	             : body_hashes_need(s->bodies, (struct body_hash_need){DIGEST_SHA256, CANON_RELAXED, false, 0},
	                                &s->body_need);
}

void arc_sealer_body(struct arc_sealer *s, struct str span)
{
	body_hashes_feed(s->bodies, span);
}

const char *arc_sealer_refusal(const struct arc_sealer *s)
{
	return s->refusal;
}

/* ---- ARC-Authentication-Results ---- */

/* Whether a line of a field holds something to read and nothing that could end it. */
static bool is_plain_line(struct str line)
{
	for (size_t i = 0; i < line.n; i++)
		if (((unsigned char)line.p[i] < 32 && line.p[i] != '\t') || line.p[i] == 127)
			return false;
	return str_trim_wsp(line).n > 0;
}

/* A16: text that stays within its field, whoever wrote it. */
static bool is_field_body(struct str text)
{
	bool valid = text.n > 0 && text.n <= ARC_RESULTS_MAX;

	while (valid && text.n) {
		size_t end = str_search(text, STR("\r\n"));
		struct str next = str_skip(text, end + 2);

		valid = is_plain_line(str_head(text, end)) && (end == text.n || (next.n && is_wsp(next.p[0])));
		text = next;
	}
	return valid;
}

static int put_results(struct arc_sealer *s, struct str results)
{
	struct buf *out = &s->results;

	results = is_wsp(results.n ? results.p[0] : '\0') ? str_trim_wsp(results) : results;
	if (!is_field_body(results))
		return INKAN_EUSAGE;
	buf_clear(out);
	buf_put_c(out, "ARC-Authentication-Results: i=");
	buf_put_u64(out, s->instance);
	buf_put_char(out, ';');
	buf_put_c(out, out->n + 1 + str_search(results, STR("\r\n")) <= SIGNING_LINE_MAX ? " " : "\r\n ");
	buf_put(out, results);
	return buf_error(out);
}

/* ---- the signatures ---- */

/* Begins a field up to "b=". */
static void begin_field(struct arc_sealer *s, struct buf *out, const char *name)
{
	struct folder *f = &s->field;

	buf_clear(out);
	*f = (struct folder){out, &s->scratch, 0};
	folder_put(f, str_c(name), true);
	folder_put(f, STR("a=rsa-sha256;"), false);
	folder_break_before_next(f);
	folder_put(f, STR("b="), false);
}

/* Begins what stands behind the signature. */
static struct folder begin_behind(struct arc_sealer *s)
{
	struct folder f = {&s->behind, &s->scratch, 0};

	buf_clear(&s->behind);
	buf_put_char(&s->behind, ';');
	folder_break_before_next(&f);
	return f;
}

/* The last tags of both fields; the very last has no ";" behind it. */
static void end_behind(const struct arc_sealer *s, struct folder *f)
{
	folder_number(f, "i=", s->instance);
	folder_tag(f, "s=", buf_str(&s->selector));
	if (s->now != UNIX_TIME_NONE)
		folder_number(f, "t=", s->now);
	if (!f->out->error)
		f->out->n--;
}

/* In one line, as a message signature is hashed with its b= by the seal above it, and the public suite has it so; in several
 * where a line would be longer than RFC 5322 section 2.1.1 allows. */
static void put_signature(struct folder *f, const unsigned char *signature, size_t size)
{
	if (f->column + base64_encoded_size(size) + 1 <= LINE_OCTETS_MAX) {
		base64_encode(f->out, signature, size);
		return;
	}
	folder_base64(f, signature, size);
	if (f->column == SIGNING_LINE_MAX)
		buf_put_c(f->out, "\r\n "); /* for the ";" */
}

/* Hashes what lies in s->input with the field behind it. */
static int hash_field(struct arc_sealer *s)
{
	struct buf *out = s->field.out;
	size_t before = out->n;

	buf_put(out, buf_str(&s->behind));
	canon_field(&s->input, CANON_RELAXED, buf_str(out), false);
	out->n = before;
	int error = buf_error(&s->input) ? buf_error(&s->input) : buf_error(&s->behind);

	error = error ? error : buf_error(out);
	if (error)
		return error;
	digest_start(s->digest, DIGEST_SHA256);
	digest_update(s->digest, buf_str(&s->input));
	return digest_finish(s->digest, &s->wanted);
}

/* Has the hash signed, and puts the signature and the rest of the field. */
static int end_field(struct arc_sealer *s)
{
	unsigned char signature[KEY_SIGNATURE_MAX];
	size_t size;
	int error = s->holder.sign(s->holder.context, s->key, DIGEST_SHA256, &s->wanted, signature, &size);

	if (error)
		return error;
	put_signature(&s->field, signature, size);
	buf_put(s->field.out, buf_str(&s->behind));
	return buf_error(s->field.out);
}

static int begin_message_signature(struct arc_sealer *s)
{
	struct folder behind = begin_behind(s);

	folder_hash(&behind, "bh=", body_hashes_value(s->bodies, s->body_need));
	folder_put(&behind, STR("c=relaxed/relaxed;"), false);
	folder_tag(&behind, "d=", s->options.domain);
	folder_names_together(&behind, &s->names);
	end_behind(s, &behind);
	begin_field(s, &s->message, "ARC-Message-Signature:");
	buf_clear(&s->input);
	header_hash_fields(&s->input, CANON_RELAXED, s->header, s->names.fields, s->names.count);
	return hash_field(s);
}

/* A8: every set up to the new one; A11: of a broken chain the new one only. */
static void put_chain(struct arc_sealer *s, bool whole)
{
	buf_clear(&s->input);
	for (unsigned i = 0; whole && i < s->sets.count; i++) {
		const struct arc_set *set = &s->sets.sets[i];

		canon_field(&s->input, CANON_RELAXED, set->results->raw, true);
		canon_field(&s->input, CANON_RELAXED, set->message->raw, true);
		canon_field(&s->input, CANON_RELAXED, set->seal->raw, true);
	}
	canon_field(&s->input, CANON_RELAXED, buf_str(&s->results), true);
	canon_field(&s->input, CANON_RELAXED, buf_str(&s->message), true);
}

static int begin_seal(struct arc_sealer *s)
{
	struct folder behind = begin_behind(s);

	folder_tag(&behind, "cv=", str_c(inkan_result_name(s->chain)));
	folder_tag(&behind, "d=", s->options.domain);
	end_behind(s, &behind);
	begin_field(s, &s->seal, "ARC-Seal:");
	put_chain(s, s->chain == INKAN_PASS);
	return hash_field(s);
}

/* What can be said of the chain, as far as its fields bear it out. */
static enum inkan_result chain_value(const struct arc_sealer *s, enum inkan_result found)
{
	if (s->instance == 1 && !s->sets.trouble)
		return INKAN_NONE;
	bool whole = !s->sets.trouble && s->sets.count + 1 == s->instance;

	return found == INKAN_PASS && whole ? INKAN_PASS : INKAN_FAIL;
}

static int begin_set(struct arc_sealer *s, enum inkan_result chain, struct str results)
{
	int error = s->selector.n ? body_hashes_finish(s->bodies) : INKAN_EUSAGE;

	s->now = s->options.now;
	s->chain = chain_value(s, chain);
	if (!error)
		error = put_results(s, results);
	if (!error)
		error = begin_message_signature(s);
	if (!error)
		s->phase = PHASE_MESSAGE;
	return error;
}

/* The message signature is there: the seal is next, which covers it. */
static int end_message_signature(struct arc_sealer *s)
{
	int error = end_field(s);

	if (!error)
		error = begin_seal(s);
	if (!error)
		s->phase = PHASE_SEAL;
	return error;
}

int arc_sealer_finish(struct arc_sealer *s, enum inkan_result chain, struct str results, struct buf *out)
{
	const struct buf *fields[] = {&s->seal, &s->message, &s->results};
	int error = s->phase == PHASE_START ? begin_set(s, chain, results) : INKAN_OK;

	if (!error && s->phase == PHASE_MESSAGE)
		error = end_message_signature(s);
	if (!error)
		error = end_field(s);
	for (size_t i = 0; i < 3 && !error; i++) {
		buf_put(out, buf_str(fields[i]));
		buf_put_c(out, "\r\n");
		error = buf_error(out);
	}
	return error;
}

/* Validation of a chain (RFC 8617 section 5.2). Reading order: arc_verifier_header() finds the sets, then
 * arc_verifier_evaluate() -> check_messages() (newest first) -> check_seals() (newest first). */
#include "arc/arc.h"

#include <stdlib.h>

#include "arc/sets.h"
#include "authres/parse.h"
#include "authres/vocabulary.h"
#include "core/utf8.h"
#include "sig/header_hash.h"

enum {
	SHOWN_MAX = 2000, /* octets of a text in the results */
	CHAIN_INPUT_MAX = 4 * MAIL_HEADER_SIZE_MAX,
	RESULTS_MEMORY_MAX = 32 * AUTHRES_PARSED_FIELD_MAX /* for reading one ARC-Authentication-Results */
};

struct arc_verifier {
	const struct crypto *crypto;
	struct dkim_key_cache *cache;
	struct arc_verify_options options;
	struct digest *digest, *prefix; /* prefix: of the sets before the one whose seal is hashed */
	struct buf input, scratch;
	/* what one set recorded, as long as it is looked at: fifty of them would not fit beside the message's results */
	struct arena recorded;

	struct arena *arena;
	const struct header *header;
	const struct body_hashes *bodies;
	struct arc_sets sets;
	struct inkan_arc_result result;
	bool done;
};

int arc_verifier_new(const struct crypto *crypto, struct dkim_key_cache *cache,
                     const struct arc_verify_options *options, struct arc_verifier **out)
{
	struct arc_verifier *v = calloc(1, sizeof *v);

	if (!v)
		return INKAN_ENOMEM;
	v->crypto = crypto;
	v->cache = cache;
	v->options = *options;
	buf_init(&v->input, CHAIN_INPUT_MAX);
	buf_init(&v->scratch, DKIM_SIGNATURE_FIELD_MAX);
	arena_init(&v->recorded, RESULTS_MEMORY_MAX);
	int error = digest_new(crypto, &v->digest);

	if (!error)
		error = digest_new(crypto, &v->prefix);
	if (error) {
		arc_verifier_free(v);
		return error;
	}
	*out = v;
	return INKAN_OK;
}

void arc_verifier_free(struct arc_verifier *v)
{
	if (!v)
		return;
	digest_free(v->digest);
	digest_free(v->prefix);
	buf_release(&v->input);
	buf_release(&v->scratch);
	arena_release(&v->recorded);
	free(v);
}

/* ---- the result ---- */

static void set_result(struct arc_verifier *v, enum inkan_result result, const char *section)
{
	v->result.result = result;
	v->result.section = section;
	v->done = true;
}

/* "i=3 ARC-Seal: signature did not verify" */
static int fail(struct arc_verifier *v, unsigned instance, const char *field, const char *why)
{
	struct buf text;

	buf_init(&text, 1024);
	if (instance) {
		buf_put_c(&text, "i=");
		buf_put_u64(&text, instance);
		buf_put_c(&text, field[0] ? " " : ": ");
	}
	buf_put_c(&text, field);
	if (field[0])
		buf_put_c(&text, ": ");
	buf_put_c(&text, why);
	v->result.reason = arena_str(v->arena, buf_str(&text)).p;
	int error = buf_error(&text) ? buf_error(&text) : arena_error(v->arena);

	buf_release(&text);
	v->result.oldest_pass = -1;
	set_result(v, INKAN_FAIL, "RFC 8617 section 5.2");
	return error;
}

/* Folding becomes spaces. */
static const char *shown(struct arena *arena, struct str s)
{
	return utf8_shown(arena, s, SHOWN_MAX, ' ');
}

static bool is_trusted(const struct arc_verifier *v, struct str domain)
{
	for (size_t i = 0; i < v->options.trusted_sealer_count; i++)
		if (str_ieq(v->options.trusted_sealers[i], domain))
			return true;
	return false;
}

/* The value of a property, lower case; "" where it is not there. */
static const char *property(struct arena *arena, const struct authres_result *result, struct str name)
{
	for (size_t i = 0; i < result->property_count; i++) {
		if (!str_eq(result->properties[i].name, name))
			continue;
		struct str value = str_head(result->properties[i].value, DNS_NAME_MAX);
		char *lower = arena_text(arena, value.n + 1);

		if (!lower)
			return "";
		for (size_t k = 0; k < value.n; k++)
			lower[k] = value.p[k] > 32 && value.p[k] < 127 ? to_lower(value.p[k]) : '?';
		lower[value.n] = '\0';
		return lower;
	}
	return "";
}

/* The first result of each method, and the first DKIM signature that passed. */
static void take_recorded(struct arena *arena, const struct authres_field *field, struct inkan_arc_set *set)
{
	bool has_dmarc = false, has_spf = false;

	for (size_t i = 0; field->valid && i < field->result_count; i++) {
		const struct authres_result *r = &field->results[i];
		enum inkan_result word = authres_result_from_word(r->result);

		if (str_eq(r->method, STR("dmarc")) && !has_dmarc) {
			has_dmarc = true;
			set->recorded_dmarc = word;
			set->recorded_from = property(arena, r, STR("header.from"));
		} else if (str_eq(r->method, STR("spf")) && !has_spf) {
			has_spf = true;
			set->recorded_spf = word;
		} else if (str_eq(r->method, STR("dkim")) && word == INKAN_PASS && !set->recorded_dkim_domain[0]) {
			set->recorded_dkim_domain = property(arena, r, STR("header.d"));
		}
	}
}

static int describe_set(struct arc_verifier *v, unsigned instance, struct inkan_arc_set *out)
{
	const struct arc_set *set = &v->sets.sets[instance - 1];
	struct authres_field results = {.valid = false};

	arena_reset(&v->recorded);
	int error = authres_parse(&v->recorded, set->results_text, AUTHRES_RELAXED, &results);

	if (error)
		return error;
	struct str text = str_skip(set->results_text, str_find(set->results_text, ';') + 1);

	*out = (struct inkan_arc_set){.instance = instance,
	                              .sealer = shown(v->arena, set->seal_signature.domain),
	                              .selector = shown(v->arena, set->seal_signature.selector),
	                              .authserv_id = shown(v->arena, results.authserv_id),
	                              .results = shown(v->arena, str_trim_fws(text)),
	                              .recorded_from = "",
	                              .recorded_dkim_domain = "",
	                              .trusted = is_trusted(v, set->seal_signature.domain)};
	take_recorded(v->arena, &results, out);
	return arena_error(v->arena);
}

static int describe_sets(struct arc_verifier *v)
{
	struct inkan_arc_set *list = arena_calloc(v->arena, v->sets.count, sizeof *list);
	int error = list ? INKAN_OK : arena_error(v->arena);

	for (unsigned i = 0; i < v->sets.count && !error; i++)
		error = describe_set(v, i + 1, &list[i]);
	v->result.sets = list;
	v->result.listed_sets = v->sets.count;
	return error;
}

/* ---- at the end of the header ---- */

static int need_bodies(struct arc_verifier *v, struct body_hashes *bodies)
{
	for (unsigned i = 0; i < v->sets.count; i++) {
		struct arc_set *set = &v->sets.sets[i];
		const struct dkim_signature *s = &set->message_signature;
		/* l= must cover the whole body anyway: so fifty sets cost no more passes than there are kinds of hashes */
		int error = body_hashes_need(
			bodies, (struct body_hash_need){.kind = dkim_signature_digest_kind(s), .canon = s->body_canon},
			&set->body_need);

		if (error)
			return error;
	}
	return INKAN_OK;
}

int arc_verifier_header(struct arc_verifier *v, struct arena *arena, const struct header *header,
                        struct body_hashes *bodies)
{
	v->arena = arena;
	v->header = header;
	v->bodies = bodies;
	v->done = false;
	v->result = (struct inkan_arc_result){.reason = "", .section = "", .oldest_pass = -1};
	int error = arc_sets_find(arena, header, &v->sets);

	if (error)
		return error;
	v->result.set_count = v->sets.count;
	if (v->sets.count == 0 && !v->sets.trouble) {
		set_result(v, INKAN_NONE, "RFC 8617 section 5.2");
		return INKAN_OK;
	}
	error = v->sets.count ? describe_sets(v) : INKAN_OK;
	if (error)
		return error;
	const struct arc_set *newest = v->sets.count ? &v->sets.sets[v->sets.count - 1] : NULL;

	if (newest && newest->seal && str_ieq(newest->cv, STR("fail")))
		return fail(v, v->sets.count, "ARC-Seal", "the sealer found the chain broken (cv=fail)");
	if (v->sets.trouble)
		return fail(v, v->sets.trouble_instance, "", v->sets.trouble);
	return need_bodies(v, bodies);
}

void arc_verifier_ask(const struct arc_verifier *v, struct evidence *evidence)
{
	for (unsigned i = 0; i < v->sets.count && !v->done; i++) {
		evidence_ask(evidence, DNS_TXT, v->sets.sets[i].message_signature.key_name);
		evidence_ask(evidence, DNS_TXT, v->sets.sets[i].seal_signature.key_name);
	}
}

/* ---- signatures ---- */

/* Whether that was signed; *why_out says why not. Several records at a name: the first that looks like a key. */
static int is_signed(struct arc_verifier *v, const struct dkim_signature *s, const struct digest_value *digest,
                     const struct dns_answer *answer, bool *valid_out, const char **why_out)
{
	struct dkim_key *key;
	size_t k = 0;

	*valid_out = false;
	*why_out = "the key could not be fetched"; /* A7: a temporary trouble counts as failure */
	if (answer->status == DNS_NODATA || answer->status == DNS_NXDOMAIN)
		*why_out = dkim_fault(DKIM_FAULT_KEY_MISSING)->reason;
	v->result.temporary = dns_status_is_temporary(answer->status);
	if (answer->status != DNS_ANSWER)
		return INKAN_OK;
	while (k + 1 < answer->count && !dkim_key_record_is_likely(answer->records[k].text))
		k++;
	int error = dkim_key_cache_get(v->cache, v->crypto, v->arena, answer->records[k].text, &key);

	if (error)
		return error;
	enum dkim_fault_id fault = dkim_signature_key_fault(s, dkim_key_record_of(key), false);

	*why_out = dkim_fault(fault ? fault : DKIM_FAULT_HEADER_CHANGED)->reason;
	if (!fault)
		error = public_key_verify(v->crypto, dkim_key_record_of(key)->key, dkim_signature_digest_kind(s),
		                          digest, s->signature, valid_out);
	dkim_key_unref(key);
	return error;
}

static int input_error(const struct arc_verifier *v)
{
	return buf_error(&v->input) ? buf_error(&v->input) : buf_error(&v->scratch);
}

/* A4, A9: the message signature of a set against the message as it is. */
static int check_message(struct arc_verifier *v, struct arc_set *set, const struct dns_answer *answer, bool *valid_out,
                         const char **why_out)
{
	const struct dkim_signature *s = &set->message_signature;
	size_t *fields = arena_alloc(v->arena, s->name_count * sizeof *fields);
	uint64_t size = body_hashes_size(v->bodies, set->body_need);
	struct digest_value digest;

	*valid_out = false;
	*why_out = dkim_fault(DKIM_FAULT_BODY_CHANGED)->reason;
	if (!fields)
		return arena_error(v->arena);
	if (!digest_value_eq(body_hashes_value(v->bodies, set->body_need), &s->body_hash))
		return INKAN_OK;
	if (s->has_length && s->length != size) {
		*why_out = dkim_fault(DKIM_FAULT_PARTIAL_BODY)->reason;
		return INKAN_OK;
	}
	int error = header_select(v->arena, v->header, s->names, s->name_count, fields);

	if (error)
		return error;
	buf_clear(&v->input);
	header_hash_fields(&v->input, s->header_canon, v->header, fields, s->name_count);
	header_hash_own(&v->input, &v->scratch, s->header_canon, s->field->raw, s->b_begin, s->b_end);
	error = input_error(v);
	if (error)
		return error;
	digest_start(v->digest, dkim_signature_digest_kind(s));
	digest_update(v->digest, buf_str(&v->input));
	error = digest_finish(v->digest, &digest);
	return error ? error : is_signed(v, s, &digest, answer, valid_out, why_out);
}

static int update(struct arc_verifier *v, struct digest *digest)
{
	digest_update(digest, buf_str(&v->input));
	buf_clear(&v->input);
	return input_error(v);
}

/* A8: what each seal covers: all sets up to its own, relaxed, its b= taken out. One seal covers what the one before covers
 * and more, so each field is hashed once, or fifty sets would be hashed 1,275 times. */
static int hash_seals(struct arc_verifier *v)
{
	int error = INKAN_OK;

	buf_clear(&v->input);
	digest_start(v->prefix, DIGEST_SHA256);
	for (unsigned i = 0; i < v->sets.count && !error; i++) {
		struct arc_set *set = &v->sets.sets[i];
		const struct dkim_signature *s = &set->seal_signature;

		canon_field(&v->input, CANON_RELAXED, set->results->raw, true);
		canon_field(&v->input, CANON_RELAXED, set->message->raw, true);
		error = update(v, v->prefix);
		digest_copy(v->digest, v->prefix);
		header_hash_own(&v->input, &v->scratch, CANON_RELAXED, s->field->raw, s->b_begin, s->b_end);
		error = error ? error : update(v, v->digest);
		error = error ? error : digest_finish(v->digest, &set->seal_digest);
		canon_field(&v->input, CANON_RELAXED, set->seal->raw, true);
		error = error ? error : update(v, v->prefix);
	}
	return error;
}

/* Newest first; only the newest must still fit, the others tell how far back (A5). */
static int check_messages(struct arc_verifier *v, struct evidence *evidence)
{
	bool all = true;

	for (unsigned i = v->sets.count; i >= 1 && all; i--) {
		struct arc_set *set = &v->sets.sets[i - 1];
		const struct dns_answer *answer = evidence_ask(evidence, DNS_TXT, set->message_signature.key_name);
		const char *why;
		bool valid;
		int error = check_message(v, set, answer, &valid, &why);

		if (error)
			return error;
		if (!valid && i == v->sets.count)
			return fail(v, i, "ARC-Message-Signature", why);
		if (valid)
			((struct inkan_arc_set *)(uintptr_t)v->result.sets)[i - 1].message_signature_passed = true;
		all = valid;
		v->result.oldest_pass = valid ? (i == 1 ? 0 : v->result.oldest_pass) : (int)i + 1;
	}
	return INKAN_OK;
}

/* A6: newest first. */
static int check_seals(struct arc_verifier *v, struct evidence *evidence)
{
	int error = hash_seals(v);

	for (unsigned i = v->sets.count; i >= 1 && !v->done && !error; i--) {
		const struct arc_set *set = &v->sets.sets[i - 1];
		const struct dkim_signature *s = &set->seal_signature;
		const struct dns_answer *answer = evidence_ask(evidence, DNS_TXT, s->key_name);
		const char *why;
		bool valid;

		error = is_signed(v, s, &set->seal_digest, answer, &valid, &why);
		if (!error && !valid)
			error = fail(v, i, "ARC-Seal", why);
	}
	return error;
}

static bool is_pending(const struct arc_verifier *v, struct evidence *evidence)
{
	bool pending = false;

	for (unsigned i = 0; i < v->sets.count; i++) {
		const struct arc_set *set = &v->sets.sets[i];

		pending |= !evidence_ask(evidence, DNS_TXT, set->message_signature.key_name);
		pending |= !evidence_ask(evidence, DNS_TXT, set->seal_signature.key_name);
	}
	return pending;
}

int arc_verifier_evaluate(struct arc_verifier *v, struct evidence *evidence, bool *pending_out)
{
	if (v->done)
		return INKAN_OK;
	if (is_pending(v, evidence)) {
		*pending_out = true;
		return INKAN_OK;
	}
	int error = check_messages(v, evidence);

	if (!error && !v->done)
		error = check_seals(v, evidence);
	if (!error && !v->done) {
		v->result.temporary = false; /* that was about an older message signature */
		set_result(v, INKAN_PASS, "RFC 8617 section 5.2");
	}
	return error;
}

const struct inkan_arc_result *arc_verifier_result(const struct arc_verifier *v)
{
	return &v->result;
}

/* Reading order: dkim_verifier_header() parses the fields and states what body hashes they need;
 * dkim_verifier_evaluate() waits for all keys, then walks the signatures: judge() -> try_record() ->
 * dkim_signature_key_fault() -> prove(). */
#include "dkim/verify.h"

#include <assert.h>
#include <stdlib.h>

#include "core/base64.h"
#include "dkim/explain.h"
#include "sig/header_hash.h"

/* Canonical header octets of one signature: each field is taken once at most, and none grows but by its CRLF. */
enum { HEADER_INPUT_MAX = 2 * MAIL_HEADER_SIZE_MAX };
/* Names in h= up to which signatures are compared with each other: the work grows with the square. */
enum { ELIMINATION_NAMES_MAX = 100 };

struct signature_state {
	struct dkim_signature signature;
	struct inkan_dkim_result *result;
	const struct dns_answer *answer; /* NULL: not known yet */
	size_t *fields;                  /* what h= stands for; NULL as long as nobody asked */
	size_t body_need;
};

struct dkim_verifier {
	const struct crypto *crypto;
	struct dkim_key_cache *cache;
	struct dkim_verify_options options;
	struct digest *digest;
	struct body_hashes *bodies; /* the caller's */
	struct buf input, scratch;  /* canonical header octets; kept over messages */

	struct arena *arena;
	const struct header *header;
	struct signature_state *states;
	size_t state_count;
	struct inkan_dkim_result *results;
	size_t result_count, signature_count;
	size_t trial_octets_left;
	bool done; /* every signature is judged */
};

int dkim_verifier_new(const struct crypto *crypto, struct dkim_key_cache *cache,
                      const struct dkim_verify_options *options, struct dkim_verifier **out)
{
	struct dkim_verifier *v = calloc(1, sizeof *v);

	if (!v)
		return INKAN_ENOMEM;
	v->crypto = crypto;
	v->cache = cache;
	v->options = *options;
	buf_init(&v->input, HEADER_INPUT_MAX);
	buf_init(&v->scratch, DKIM_SIGNATURE_FIELD_MAX);
	int error = digest_new(crypto, &v->digest);

	if (error) {
		dkim_verifier_free(v);
		return error;
	}
	*out = v;
	return INKAN_OK;
}

void dkim_verifier_free(struct dkim_verifier *v)
{
	if (!v)
		return;
	digest_free(v->digest);
	buf_release(&v->input);
	buf_release(&v->scratch);
	free(v);
}

void dkim_verifier_set_time(struct dkim_verifier *v, unix_time now)
{
	v->options.now = now;
}

static void set_fault(struct inkan_dkim_result *result, enum dkim_fault_id id)
{
	const struct dkim_fault *fault = dkim_fault(id);

	result->result = fault->result;
	result->cause = fault->cause;
	result->explanation = fault->explanation;
	result->reason = fault->reason;
	result->section = fault->section;
}

static void init_result(struct inkan_dkim_result *result)
{
	*result = (struct inkan_dkim_result){.reason = "",
	                                     .section = "",
	                                     .domain = "",
	                                     .selector = "",
	                                     .identity = "",
	                                     .algorithm = "",
	                                     .canonicalization = "",
	                                     .signature_prefix = "",
	                                     .timestamp = INKAN_TIME_NONE,
	                                     .expiration = INKAN_TIME_NONE,
	                                     .body_length = -1,
	                                     .body_hash_signed = "",
	                                     .body_hash_computed = "",
	                                     .changed_header = "",
	                                     .change = ""};
}

/* ---- at the end of the header ---- */

static bool is_public_suffix(const struct dkim_verify_options *o, const char *domain)
{
	return !strchr(domain, '.') || (o->is_public_suffix && o->is_public_suffix(o->public_suffix_context, domain));
}

/* How long a is after b; 0 where it is not. */
static uint64_t seconds_after(unix_time a, unix_time b)
{
	return a > b ? (uint64_t)a - (uint64_t)b : 0;
}

/* Rules of the receiver that need neither key nor body. */
static enum dkim_fault_id apply_policy(const struct dkim_verifier *v, const struct dkim_signature *s,
                                       const struct inkan_dkim_result *result)
{
	const struct dkim_verify_options *o = &v->options;

	if (is_public_suffix(o, result->domain))
		return DKIM_FAULT_PUBLIC_SUFFIX;
	if (o->now == UNIX_TIME_NONE)
		return DKIM_FAULT_NONE;
	if (s->expiration != UNIX_TIME_NONE && seconds_after(o->now, s->expiration) > o->clock_skew)
		return DKIM_FAULT_EXPIRED;
	if (s->timestamp != UNIX_TIME_NONE && seconds_after(s->timestamp, o->now) > o->clock_skew)
		return DKIM_FAULT_FUTURE;
	return DKIM_FAULT_NONE;
}

static int prepare(struct dkim_verifier *v, const struct header_field *field, struct inkan_dkim_result *result)
{
	struct signature_state *state = &v->states[v->state_count];
	struct dkim_signature *s = &state->signature;
	enum dkim_fault_id fault;
	int error = dkim_signature_parse(
		v->arena, field, v->options.allow_legacy ? SIGNATURE_DKIM_DRAFTS : SIGNATURE_DKIM, s, result, &fault);

	if (error)
		return error;
	if (!fault)
		fault = apply_policy(v, s, result);
	if (fault) {
		set_fault(result, fault);
		return INKAN_OK;
	}
	state->result = result;
	state->fields = NULL;
	state->answer = NULL;
	v->state_count++;
	return body_hashes_need(
		v->bodies,
		(struct body_hash_need){dkim_signature_digest_kind(s), s->body_canon, s->has_length, s->length},
		&state->body_need);
}

static bool is_signature_field(const struct header_field *field)
{
	return field->name.n == 14 && str_ieq(field->name, STR("DKIM-Signature"));
}

static size_t common_size(const char *a, const char *b)
{
	size_t n = 0;

	while (a[n] && a[n] == b[n])
		n++;
	return n;
}

/* header.b must tell signatures apart (RFC 6008): 8 octets of each, more up to where it differs from every other. */
static void shorten_prefixes(struct dkim_verifier *v, size_t count)
{
	enum { SHORTEST = 8 };
	size_t sizes[DKIM_SIGNATURES_MAX];

	for (size_t i = 0; i < count; i++) {
		sizes[i] = SHORTEST;
		for (size_t k = 0; k < i; k++) {
			size_t size = common_size(v->results[i].signature_prefix, v->results[k].signature_prefix) + 1;

			sizes[i] = size > sizes[i] ? size : sizes[i];
			sizes[k] = size > sizes[k] ? size : sizes[k];
		}
	}
	for (size_t i = 0; i < count; i++) {
		struct str prefix = str_c(v->results[i].signature_prefix);

		/* b= that is no base64 may hold characters of several octets */
		while (sizes[i] < prefix.n && ((unsigned char)prefix.p[sizes[i]] & 0xc0) == 0x80)
			sizes[i]++;
		v->results[i].signature_prefix = arena_str(v->arena, str_head(prefix, sizes[i])).p;
	}
}

int dkim_verifier_header(struct dkim_verifier *v, struct arena *arena, const struct header *header,
                         struct body_hashes *bodies)
{
	size_t lowest = header_lowest(header, STR("DKIM-Signature"));

	v->arena = arena;
	v->header = header;
	v->bodies = bodies;
	v->state_count = v->result_count = v->signature_count = 0;
	v->done = false;
	v->trial_octets_left = DKIM_TRIAL_OCTETS_MAX;
	for (size_t i = lowest; i != HEADER_NONE; i = header->fields[i].above)
		v->signature_count++;
	if (v->signature_count == 0)
		return INKAN_OK;
	size_t listed = v->signature_count < DKIM_RESULTS_MAX ? v->signature_count : DKIM_RESULTS_MAX;
	size_t judged = listed < v->options.signatures_max ? listed : v->options.signatures_max;

	v->results = arena_alloc(arena, listed * sizeof *v->results);
	v->states = arena_alloc(arena, judged * sizeof *v->states);
	if (!v->results || !v->states)
		return arena_error(arena);
	for (size_t i = 0; v->result_count < listed; i++) {
		if (!is_signature_field(&header->fields[i]))
			continue;
		struct inkan_dkim_result *result = &v->results[v->result_count++];
		int error = INKAN_OK;

		init_result(result);
		if (v->result_count > judged)
			set_fault(result, DKIM_FAULT_TOO_MANY_SIGNATURES);
		else
			error = prepare(v, &header->fields[i], result);
		if (error)
			return error;
	}
	shorten_prefixes(v, judged);
	return arena_error(arena);
}

void dkim_verifier_ask(struct dkim_verifier *v, struct evidence *evidence)
{
	for (size_t i = 0; i < v->state_count; i++)
		v->states[i].answer = evidence_ask(evidence, DNS_TXT, v->states[i].signature.key_name);
}

/* ---- body ---- */

static int note_body_hash(struct dkim_verifier *v, struct signature_state *state)
{
	const struct digest_value *value = body_hashes_value(v->bodies, state->body_need);

	state->result->body_size = body_hashes_size(v->bodies, state->body_need);
	if (digest_value_eq(value, &state->signature.body_hash)) {
		state->result->body_hash_computed = state->result->body_hash_signed;
		return INKAN_OK;
	}
	buf_clear(&v->scratch);
	base64_encode(&v->scratch, value->octets, value->n);
	state->result->body_hash_computed = arena_str(v->arena, buf_str(&v->scratch)).p;
	return buf_error(&v->scratch) ? buf_error(&v->scratch) : arena_error(v->arena);
}

int dkim_verifier_finish_body(struct dkim_verifier *v)
{
	int error = INKAN_OK;

	for (size_t i = 0; i < v->state_count && !error; i++)
		error = note_body_hash(v, &v->states[i]);
	return error;
}

/* ---- evaluation ---- */

static int find_changed_field(struct dkim_verifier *v, struct signature_state *state, struct public_key *key,
                              const struct digest_value *signed_digest)
{
	struct dkim_trial trial = {.crypto = v->crypto,
	                           .digest = v->digest,
	                           .arena = v->arena,
	                           .header = v->header,
	                           .signature = &state->signature,
	                           .fields = state->fields,
	                           .input = buf_str(&v->input),
	                           .signed_digest = *signed_digest,
	                           .key = key,
	                           .octets_left = v->trial_octets_left};
	int error = dkim_find_changed_field(&trial, &state->result->changed_header, &state->result->change);

	v->trial_octets_left = trial.octets_left;
	return error;
}

/* The signature does not fit the header: was it this key at all, and if so, what changed? */
static int explain_mismatch(struct dkim_verifier *v, struct signature_state *state, struct public_key *key,
                            enum digest_kind kind, enum dkim_fault_id *fault_out)
{
	struct digest_value signed_digest = {.n = 0};
	bool opened = true;

	if (public_key_type(key) == KEY_RSA) {
		int error = public_key_open(v->crypto, key, kind, state->signature.signature, &opened, &signed_digest);

		if (error)
			return error;
	}
	*fault_out = opened ? DKIM_FAULT_HEADER_CHANGED : DKIM_FAULT_OTHER_KEY;
	return opened ? find_changed_field(v, state, key, &signed_digest) : INKAN_OK;
}

static int select_fields(struct dkim_verifier *v, struct signature_state *state)
{
	const struct dkim_signature *s = &state->signature;

	state->fields = arena_alloc(v->arena, s->name_count * sizeof *state->fields);
	return state->fields ? header_select(v->arena, v->header, s->names, s->name_count, state->fields)
	                     : arena_error(v->arena);
}

/* The signature against the header with that key. */
static int prove(struct dkim_verifier *v, struct signature_state *state, struct public_key *key,
                 enum dkim_fault_id *fault_out)
{
	const struct dkim_signature *s = &state->signature;
	enum digest_kind kind = dkim_signature_digest_kind(s);
	struct digest_value digest;
	bool valid;
	int error = state->fields ? INKAN_OK : select_fields(v, state);

	if (error)
		return error;
	buf_clear(&v->input);
	header_hash_fields(&v->input, s->header_canon, v->header, state->fields, s->name_count);
	header_hash_own(&v->input, &v->scratch, s->header_canon, s->field->raw, s->b_begin, s->b_end);
	error = buf_error(&v->input) ? buf_error(&v->input) : buf_error(&v->scratch);
	if (error)
		return error;
	digest_start(v->digest, kind);
	digest_update(v->digest, buf_str(&v->input));
	error = digest_finish(v->digest, &digest);
	if (!error)
		error = public_key_verify(v->crypto, key, kind, &digest, s->signature, &valid);
	if (error)
		return error;
	state->result->header_verified = valid;
	*fault_out = DKIM_FAULT_NONE;
	return valid ? INKAN_OK : explain_mismatch(v, state, key, kind, fault_out);
}

/* What is left to judge when a key was found and used. */
static enum dkim_fault_id body_fault(const struct dkim_verifier *v, const struct signature_state *state)
{
	const struct dkim_signature *s = &state->signature;

	if (s->has_length && s->length > state->result->body_size)
		return DKIM_FAULT_LENGTH_BEYOND_BODY;
	if (!digest_value_eq(body_hashes_value(v->bodies, state->body_need), &s->body_hash))
		return DKIM_FAULT_BODY_CHANGED;
	return DKIM_FAULT_NONE;
}

static enum dkim_fault_id partial_body_fault(const struct dkim_verifier *v, const struct signature_state *state)
{
	const struct dkim_signature *s = &state->signature;

	return s->has_length && s->length < state->result->body_size && !v->options.allow_partial_body
	               ? DKIM_FAULT_PARTIAL_BODY
	               : DKIM_FAULT_NONE;
}

static int try_record(struct dkim_verifier *v, struct signature_state *state, struct str text,
                      enum dkim_fault_id *fault_out)
{
	struct dkim_key *key;
	int error = dkim_key_cache_get(v->cache, v->crypto, v->arena, text, &key);

	if (error)
		return error;
	state->result->changed_header = state->result->change = "";
	state->result->header_verified = state->result->testing = false;
	state->result->key_bits = 0;
	const struct dkim_key_record *record = dkim_key_record_of(key);
	enum dkim_fault_id fault = dkim_signature_key_fault(&state->signature, record, v->options.allow_legacy);

	if (record->fault != DKIM_KEY_TAGS && record->fault != DKIM_KEY_TOO_LARGE)
		state->result->testing = record->testing;
	if (record->key)
		state->result->key_bits = public_key_bits(record->key);
	if (!fault) {
		fault = body_fault(v, state);
		enum dkim_fault_id header_fault = DKIM_FAULT_NONE;

		if (fault != DKIM_FAULT_LENGTH_BEYOND_BODY)
			error = prove(v, state, record->key, &header_fault);
		fault = fault ? fault : header_fault;
		fault = fault ? fault : partial_body_fault(v, state);
	}
	dkim_key_unref(key);
	*fault_out = fault;
	return error;
}

/* What a fault says of the key: nothing, that it was tried in vain, that it did sign. */
static int weight(enum dkim_fault_id fault, const struct inkan_dkim_result *result)
{
	if (fault == DKIM_FAULT_HEADER_CHANGED || result->header_verified)
		return 2;
	return fault == DKIM_FAULT_BODY_CHANGED || fault == DKIM_FAULT_OTHER_KEY;
}

/* Several records at one name are undefined (V11): those that look like keys are tried until one fits. Where none does,
 * the first of those that say most is what is wrong. */
static int try_records(struct dkim_verifier *v, struct signature_state *state, const struct dns_answer *answer,
                       enum dkim_fault_id *fault_out)
{
	struct inkan_dkim_result best = *state->result;
	size_t tried = 0;
	int best_weight = -1;
	bool any_likely = false;

	for (size_t i = 0; i < answer->count; i++)
		any_likely |= dkim_key_record_is_likely(answer->records[i].text);
	for (size_t i = 0; i < answer->count && tried < DKIM_KEY_RECORDS_MAX; i++) {
		enum dkim_fault_id fault;

		if (any_likely && answer->count > 1 && !dkim_key_record_is_likely(answer->records[i].text))
			continue;
		int error = try_record(v, state, answer->records[i].text, &fault);

		if (error)
			return error;
		if (fault == DKIM_FAULT_NONE) {
			*fault_out = fault;
			return INKAN_OK;
		}
		tried++;
		if (weight(fault, state->result) > best_weight) {
			best_weight = weight(fault, state->result);
			*fault_out = fault;
			best = *state->result;
		}
	}
	*state->result = best;
	return INKAN_OK;
}

static enum dkim_fault_id answer_fault(enum dns_status status)
{
	switch (status) {
	case DNS_ANSWER:
		return DKIM_FAULT_NONE;
	case DNS_NODATA:
	case DNS_NXDOMAIN:
		return DKIM_FAULT_KEY_MISSING;
	case DNS_TIMEOUT:
		return DKIM_FAULT_DNS_TIMEOUT;
	case DNS_BOGUS:
		return DKIM_FAULT_DNS_BOGUS;
	case DNS_LOOP:
		return DKIM_FAULT_DNS_LOOP;
	case DNS_SERVFAIL:
		break;
	}
	return DKIM_FAULT_DNS_SERVFAIL;
}

/* Whether all keys are known. Before, nothing is judged: guesses at what changed share a budget, and must get the same part
 * of it in whichever order the answers come. */
static bool has_keys(struct dkim_verifier *v, struct evidence *evidence)
{
	bool all = true;

	for (size_t i = 0; i < v->state_count; i++) {
		struct signature_state *state = &v->states[i];

		if (!state->answer)
			state->answer = evidence_ask(evidence, DNS_TXT, state->signature.key_name);
		all = all && state->answer;
	}
	return all;
}

static int judge(struct dkim_verifier *v, struct signature_state *state)
{
	const struct dns_answer *answer = state->answer;
	enum dkim_fault_id fault = answer_fault(answer->status);
	int error = fault ? INKAN_OK : try_records(v, state, answer, &fault);

	if (error)
		return error;
	set_fault(state->result, fault);
	return INKAN_OK;
}

/* Whether `proof` shows that what it covers is as it was when `broken` was made: it fits the header, and is no younger
 * (signatures are put on top, section 5.6). */
static bool is_witness(const struct signature_state *proof, const struct signature_state *broken)
{
	const struct dkim_signature *p = &proof->signature, *b = &broken->signature;

	return proof->result->header_verified && p->name_count <= ELIMINATION_NAMES_MAX &&
	       (p->field > b->field || (b->timestamp != UNIX_TIME_NONE && p->timestamp == b->timestamp));
}

/* Whether a witness covers the k-th entry of h=: the same field, or the same lack of one. */
static bool is_proven(const struct dkim_verifier *v, const struct signature_state *broken, size_t k)
{
	for (size_t i = 0; i < v->state_count; i++) {
		const struct signature_state *proof = &v->states[i];

		if (!is_witness(proof, broken))
			continue;
		for (size_t n = 0; n < proof->signature.name_count; n++)
			if (proof->fields[n] == broken->fields[k] &&
			    (broken->fields[k] != HEADER_NONE ||
			     str_ieq(proof->signature.names[n], broken->signature.names[k])))
				return true;
	}
	return false;
}

/* Where trying found nothing: if other signatures prove all entries of h= but those of one name, that field changed; if
 * they prove all of them, it was the key. Only under relaxed: simple covers white space, of which a witness may know
 * nothing. */
static void find_by_elimination(const struct dkim_verifier *v, struct signature_state *state)
{
	const struct dkim_signature *s = &state->signature;
	size_t candidate = HEADER_NONE;

	if (s->header_canon != CANON_RELAXED || s->name_count > ELIMINATION_NAMES_MAX)
		return;
	for (size_t k = 0; k < s->name_count; k++) {
		if (is_proven(v, state, k))
			continue;
		if (candidate == HEADER_NONE)
			candidate = k;
		else if (!str_ieq(s->names[k], s->names[candidate]))
			return;
	}
	if (candidate == HEADER_NONE && s->algorithm == DKIM_ED25519_SHA256)
		set_fault(state->result, DKIM_FAULT_OTHER_KEY); /* RSA tells this by itself */
	else if (candidate != HEADER_NONE && header_lowest(v->header, s->names[candidate]) != HEADER_NONE) {
		state->result->changed_header = state->result->signed_headers[candidate];
		state->result->change = "changed";
	}
}

int dkim_verifier_evaluate(struct dkim_verifier *v, struct evidence *evidence, bool *pending_out)
{
	*pending_out = !has_keys(v, evidence);
	if (*pending_out || v->done)
		return INKAN_OK;
	for (size_t i = 0; i < v->state_count; i++) {
		int error = judge(v, &v->states[i]);

		if (error)
			return error;
	}
	for (size_t i = 0; i < v->state_count; i++) {
		const struct inkan_dkim_result *r = v->states[i].result;

		if (r->explanation == INKAN_EXPLAIN_HEADER_CHANGED && !r->changed_header[0])
			find_by_elimination(v, &v->states[i]);
	}
	v->done = true;
	return INKAN_OK;
}

size_t dkim_verifier_results(const struct dkim_verifier *v, const struct inkan_dkim_result **out)
{
	*out = v->results;
	return v->result_count;
}

#include "arc/chain.h"

#include <stdio.h>
#include <stdlib.h>

#include "mail/reader.h"
#include "support/case.h"

static struct crypto *crypto;
static struct dkim_key_cache *cache;
static struct local_keys *keys;
static uint64_t handles[FORGE_KEYS];
static bool loaded[FORGE_KEYS];

static void release(void)
{
	local_keys_free(keys);
	dkim_key_cache_free(cache);
	crypto_free(crypto);
}

static void prepare(void)
{
	if (crypto)
		return;
	assert_int_equal(crypto_new(&crypto), INKAN_OK);
	assert_int_equal(dkim_key_cache_new(&cache), INKAN_OK);
	assert_int_equal(local_keys_new(crypto, &keys), INKAN_OK);
	atexit(release);
}

static uint64_t handle_of(enum forge_key key)
{
	struct private_key *k;

	if (!loaded[key]) {
		assert_int_equal(private_key_from_pem(crypto, forge_pem(key), &k, NULL), INKAN_OK);
		assert_int_equal(local_keys_add(keys, k, &handles[key]), INKAN_OK);
	}
	loaded[key] = true;
	return handles[key];
}

/* ---- judging ---- */

struct judging {
	struct arena arena;
	struct body_hashes *bodies;
	struct arc_verifier *verifier;
	struct evidence *evidence;
	size_t questions;
};

static int on_header(void *context, const struct header *header)
{
	struct judging *j = context;
	const struct dns_question *open;
	int error = arc_verifier_header(j->verifier, &j->arena, header, j->bodies);

	if (!error)
		arc_verifier_ask(j->verifier, j->evidence);
	j->questions = evidence_open(j->evidence, &open);
	return error;
}

static int on_body(void *context, struct str span)
{
	struct judging *j = context;

	body_hashes_feed(j->bodies, span);
	return INKAN_OK;
}

static void answer(struct evidence *evidence, const struct dns_question *open, const struct zone_row *zone, size_t rows)
{
	static const enum dns_status statuses[] = {[INKAN_DNS_NODATA] = DNS_NODATA,
	                                           [INKAN_DNS_NXDOMAIN] = DNS_NXDOMAIN,
	                                           [INKAN_DNS_SERVFAIL] = DNS_SERVFAIL,
	                                           [INKAN_DNS_TIMEOUT] = DNS_TIMEOUT,
	                                           [INKAN_DNS_BOGUS] = DNS_BOGUS};
	struct dns_record record = {.text = STR_NULL};
	struct dns_answer a = {.status = DNS_NXDOMAIN};

	for (size_t i = 0; i < rows; i++) {
		if (!str_eq(open->name, str_c(zone[i].name)))
			continue;
		record.text = str_c(zone[i].text);
		a = zone[i].text ? (struct dns_answer){.status = DNS_ANSWER, .records = &record, .count = 1}
		                 : (struct dns_answer){.status = statuses[zone[i].failure]};
	}
	assert_int_equal(evidence_add(evidence, open->type, open->name, &a), INKAN_OK);
}

static struct judged_chain describe(const struct judging *j, bool pending)
{
	const struct inkan_arc_result *r = arc_verifier_result(j->verifier);
	struct judged_chain out = {.result = r->result,
	                           .set_count = r->set_count,
	                           .oldest_pass = r->oldest_pass,
	                           .temporary = r->temporary,
	                           .pending = pending,
	                           .questions = j->questions,
	                           .listed_sets = r->listed_sets};

	snprintf(out.reason, sizeof out.reason, "%s", r->reason);
	if (r->listed_sets)
		snprintf(out.first_results, sizeof out.first_results, "%s", r->sets[0].results);
	return out;
}

struct judged_chain judge_chain(struct str message, const struct zone_row *zone, size_t rows)
{
	struct judging j = {.questions = 0};
	const struct dns_question *open;
	struct reader reader;
	bool pending = false;

	prepare();
	arena_init(&j.arena, 64 * 1024 * 1024);
	assert_int_equal(body_hashes_new(crypto, &j.bodies), INKAN_OK);
	assert_int_equal(evidence_new(NULL, 0, 0, &j.evidence), INKAN_OK);
	assert_int_equal(arc_verifier_new(crypto, cache, &(struct arc_verify_options){0}, &j.verifier), INKAN_OK);
	reader_init(&reader, &j.arena, (struct reader_options){.line_ends = READER_STRICT},
	            (struct reader_sink){on_header, on_body, &j});
	body_hashes_start(j.bodies);
	assert_int_equal(reader_feed(&reader, message), INKAN_OK);
	assert_int_equal(reader_finish(&reader), INKAN_OK);
	assert_int_equal(body_hashes_finish(j.bodies), INKAN_OK);
	while (zone && evidence_open(j.evidence, &open))
		answer(j.evidence, &open[0], zone, rows);
	assert_int_equal(arc_verifier_evaluate(j.verifier, j.evidence, &pending), INKAN_OK);
	struct judged_chain out = describe(&j, pending);

	reader_release(&reader);
	arc_verifier_free(j.verifier);
	evidence_free(j.evidence);
	body_hashes_free(j.bodies);
	arena_release(&j.arena);
	return out;
}

struct judged_chain judge_usual_chain(struct str message)
{
	const struct zone_row zone[] = {{KEY_NAME, forge_record(FORGE_RSA2048), 0}};

	return judge_chain(message, zone, 1);
}

/* ---- sealing ---- */

struct sealing {
	struct arena arena;
	struct arc_sealer *sealer;
};

static int seal_header(void *context, const struct header *header)
{
	struct sealing *s = context;

	return arc_sealer_header(s->sealer, &s->arena, header);
}

static int seal_body(void *context, struct str span)
{
	struct sealing *s = context;

	arc_sealer_body(s->sealer, span);
	return INKAN_OK;
}

static int seal_message(struct buf *out, struct sealing *s, const struct seal_request *r, struct str message)
{
	struct str results = str_c(r->results ? r->results : "mx.example; dkim=pass header.d=example.com");
	struct reader reader;
	size_t before = out->n;

	if (r->results_size)
		results.n = r->results_size;
	reader_init(&reader, &s->arena, (struct reader_options){.line_ends = READER_STRICT},
	            (struct reader_sink){seal_header, seal_body, s});
	int error = reader_feed(&reader, message);

	if (!error)
		error = reader_finish(&reader);
	if (!error)
		error = arc_sealer_finish(s->sealer, r->chain, results, out);
	if (error)
		out->n = before;
	else
		buf_put(out, message);
	assert_int_equal(buf_error(out), INKAN_OK);
	reader_release(&reader);
	return error;
}

int seal_chain(struct buf *out, const struct seal_request *r, struct str message, const char **why_out)
{
	static char why[300];
	struct sealing s = {.sealer = NULL};
	const char *trouble = "";
	struct arc_seal_options options = {.domain = str_c(r->domain ? r->domain : "example.com"),
	                                   .headers = str_c(r->headers),
	                                   .now = r->now ? r->now : UNIX_TIME_NONE};

	prepare();
	arena_init(&s.arena, 64 * 1024 * 1024);
	int error = arc_sealer_new(crypto, &options, &s.sealer, &trouble);

	if (!error)
		error = arc_sealer_set_key(s.sealer, str_c(r->selector ? r->selector : "s1"), local_keys_holder(keys),
		                           handle_of(r->key));
	if (!error)
		error = seal_message(out, &s, r, message);
	snprintf(why, sizeof why, "%s", s.sealer ? arc_sealer_refusal(s.sealer) : trouble);
	if (why_out)
		*why_out = why;
	arc_sealer_free(s.sealer);
	arena_release(&s.arena);
	return error;
}

int seal_next(struct buf *out, struct str message)
{
	struct seal_request request = {.key = FORGE_RSA2048, .chain = judge_usual_chain(message).result};

	return seal_chain(out, &request, message, NULL);
}

void put_sealed(struct buf *out, unsigned sets)
{
	struct buf before;

	buf_init(&before, SIZE_MAX / 2);
	buf_put_c(&before, MAIL);
	for (unsigned i = 0; i < sets; i++) {
		buf_clear(out);
		assert_int_equal(seal_next(out, buf_str(&before)), INKAN_OK);
		buf_clear(&before);
		buf_put(&before, buf_str(out));
	}
	buf_clear(out);
	buf_put(out, buf_str(&before));
	buf_release(&before);
}

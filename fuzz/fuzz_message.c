/* A whole message through the public interface, with DNS from a snapshot: whole and in chunks, with the same results, and an
 * Authentication-Results field that a strict reader reads. The last octets, which still belong to the message, pick the
 * options and the sizes of the chunks. */
#include <assert.h>
#include <stdlib.h>

#include "authres/parse.h"
#include "core/buf.h"
#include "dkim_keys.h"
#include "inkan/inkan.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Names beyond those that the seeds use answer with every kind of trouble. */
static const char dns[] =
	"{" FUZZ_DNS ", \"a._domainkey.example.com\": {\"TXT\": [\"k=ed25519; t=s:y; p=AAAA\", \"" FUZZ_ED25519_RECORD
	"\"]},"
	" \"b._domainkey.example.com\": {\"_error\": {\"TXT\": \"TIMEOUT\"}},"
	" \"c._domainkey.example.com\": {\"CNAME\": [\"e1._domainkey.example.com\"]},"
	" \"d._domainkey.example.com\": {\"CNAME\": [\"d._domainkey.example.com\"]},"
	" \"f._domainkey.example.com\": {\"TXT\": [\"v=DKIM1; p=\", \"x\", \"p=AAAA\", \"k=rsa; p=\", \"p=!\"]}}";

static struct inkan_context *context;
static struct inkan_snapshot *snapshot;

static void prepare(void)
{
	char why[200];

	if (!context &&
	    (inkan_context_new(&context) || inkan_snapshot_load(dns, sizeof dns - 1, &snapshot, why, sizeof why)))
		abort();
}

static void describe(struct buf *out, const struct inkan_dkim_result *r)
{
	buf_printf(out, "%d %d %d %s %s %s %s %s %s %u %d %d %s %s %s %s %ju\n", (int)r->result, (int)r->cause,
	           (int)r->explanation, r->reason, r->domain, r->selector, r->identity, r->algorithm,
	           r->signature_prefix, r->key_bits, r->testing, r->header_verified, r->changed_header, r->change,
	           r->body_hash_signed, r->body_hash_computed, (uintmax_t)r->body_size);
}

static void check_field(const char *field)
{
	struct arena arena;
	struct authres_field parsed;
	struct str value = str_skip(str_c(field), strlen("Authentication-Results:"));

	arena_init(&arena, 64 * 1024 * 1024);
	assert(value.n > 2 && str_eq(str_skip(value, value.n - 2), STR("\r\n")));
	value.n -= 2;
	if (authres_parse(&arena, value, AUTHRES_STRICT, &parsed))
		abort();
	assert(parsed.valid && str_eq(parsed.authserv_id, STR("mx.example")));
	arena_release(&arena);
}

/* chunks: 0 for all at once, else the seed of their sizes. */
static int judge(struct inkan_message *m, struct str text, unsigned chunks, struct buf *out)
{
	const struct inkan_dkim_result *results = NULL;
	int error = INKAN_OK;

	while (text.n && !error) {
		struct str chunk = str_head(text, chunks ? chunks % 97 : text.n);

		error = inkan_message_write(m, chunk.p, chunk.n);
		text = str_skip(text, chunk.n);
		chunks = chunks ? (chunks * 1103515245u + 12345u) | 1u : 0;
	}
	error = error ? error : inkan_message_end(m);
	error = error ? error : inkan_message_evaluate(m);
	buf_put_c(out, inkan_message_error(m));
	size_t count = inkan_message_dkim(m, &results);

	assert(!error || count == 0);
	for (size_t i = 0; i < count; i++) {
		describe(out, &results[i]);
		assert(results[i].result >= INKAN_PASS && results[i].result <= INKAN_PERMERROR);
		assert((results[i].result == INKAN_PASS) == (results[i].cause == INKAN_DKIM_OK));
		assert(results[i].result != INKAN_PASS || results[i].header_verified);
		assert((results[i].result == INKAN_TEMPERROR) == (results[i].cause == INKAN_DKIM_DNS));
	}
	const char *field = inkan_message_authentication_results(m, "mx.example");

	assert(!field == !!error);
	if (field)
		check_field(field);
	buf_put_c(out, field ? field : "");
	return error;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct inkan_message_options options;
	struct inkan_message *m;
	struct buf whole, parts;

	unsigned choice = size ? data[size - 1] ^ '\n' : 0; /* 0 for most messages */
	unsigned chunks = size > 2 ? data[size - 3] : 1;
	struct str text = {(const char *)data, size};

	prepare();
	inkan_message_options_init(&options);
	options.line_ends = choice & 1 ? INKAN_LINE_ENDS_STRICT : INKAN_LINE_ENDS_NORMALISE;
	options.flags = choice >> 1 & 3;
	options.now = choice & 8 ? INKAN_TIME_NONE : 1795253400;
	options.signatures_max = choice & 16 ? 2 : 0;
	options.snapshot = snapshot;
	buf_init(&whole, SIZE_MAX / 2);
	buf_init(&parts, SIZE_MAX / 2);
	if (inkan_message_new(context, &options, &m))
		abort();
	int error = judge(m, text, 0, &whole);

	inkan_message_reset(m);
	if (judge(m, text, chunks * 2 + 1, &parts) != error || !str_eq(buf_str(&whole), buf_str(&parts)))
		abort();
	inkan_message_free(m);
	buf_release(&whole);
	buf_release(&parts);
	return 0;
}

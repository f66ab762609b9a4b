/* A message of any shape: it is refused with a reason, or what was signed verifies. The first octet: the options. */
#include <assert.h>
#include <stdlib.h>

#include "core/buf.h"
#include "dkim_keys.h"
#include "inkan/inkan.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char dns[] = "{" FUZZ_DNS "}";

static struct inkan_context *context;
static struct inkan_snapshot *snapshot;
static struct inkan_key *rsa, *ed25519;

static void prepare(void)
{
	if (context)
		return;
	if (inkan_context_new(&context) || inkan_snapshot_load(dns, sizeof dns - 1, &snapshot, NULL, 0) ||
	    inkan_key_from_pem(context, FUZZ_RSA_PEM, sizeof FUZZ_RSA_PEM - 1, &rsa, NULL) ||
	    inkan_key_from_pem(context, FUZZ_ED25519_PEM, sizeof FUZZ_ED25519_PEM - 1, &ed25519, NULL))
		abort();
}

static struct inkan_signer *new_signer(unsigned char choice)
{
	struct inkan_signer_options options;
	struct inkan_signer *s;

	inkan_signer_options_init(&options);
	options.domain = "example.com";
	options.header = choice & 1 ? INKAN_SIMPLE : INKAN_RELAXED;
	options.body = choice & 2 ? INKAN_SIMPLE : INKAN_RELAXED;
	options.line_ends = choice & 4 ? INKAN_LINE_ENDS_NORMALISE : INKAN_LINE_ENDS_STRICT;
	options.headers = choice & 8 ? "From:To:X:Subject:X:X:Date" : NULL;
	options.identity = choice & 16 ? "a b;=\xc3\xa9@mail.example.com" : NULL;
	options.now = choice & 32 ? 1795253400 : INKAN_TIME_NONE;
	options.expire = choice & 32 ? 3600 : 0;
	if (inkan_signer_new(context, &options, &s, NULL) || inkan_signer_add_key(s, "e1", ed25519) ||
	    ((choice & 64) && inkan_signer_add_key(s, "s1", rsa)))
		abort();
	return s;
}

static void verify(struct str fields, struct str text, unsigned char choice)
{
	struct inkan_message_options options;
	struct inkan_message *m;
	const struct inkan_dkim_result *results = NULL;
	size_t keys = choice & 64 ? 2 : 1;

	inkan_message_options_init(&options);
	options.line_ends = choice & 4 ? INKAN_LINE_ENDS_NORMALISE : INKAN_LINE_ENDS_STRICT;
	options.snapshot = snapshot;
	options.now = 1795253400;
	if (inkan_message_new(context, &options, &m))
		abort();
	int error = inkan_message_write(m, fields.p, fields.n);

	error = error ? error : inkan_message_write(m, text.p, text.n);
	error = error ? error : inkan_message_end(m);
	error = error ? error : inkan_message_evaluate(m);
	/* with our fields the header may just have become too large */
	assert(!error || (error == INKAN_ELIMIT && text.n > 1024));
	size_t count = error ? 0 : inkan_message_dkim(m, &results);

	assert(error || count >= keys);
	for (size_t i = 0; i < keys && count; i++)
		if (results[i].result != INKAN_PASS)
			abort();
	inkan_message_free(m);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size < 1)
		return 0;
	prepare();
	struct inkan_signer *s = new_signer(data[0]);
	struct str text = {(const char *)data + 1, size - 1};
	int error = inkan_signer_write(s, text.p, text.n);

	error = error ? error : inkan_signer_end(s);
	if (error) {
		assert((error == INKAN_EREFUSED || error == INKAN_ELIMIT) && inkan_signer_error(s)[0]);
		assert(!inkan_signer_fields(s, NULL));
	} else {
		size_t fields_size;
		const char *fields = inkan_signer_fields(s, &fields_size);

		assert(fields && fields_size > 100);
		verify(str_from(fields, fields_size), text, data[0]);
	}
	inkan_signer_free(s);
	return 0;
}

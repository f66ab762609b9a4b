/* A message with ARC sets of any shape: it is judged, sealed, and what was sealed is judged again: a chain that passed passes
 * with one set more, one that failed fails. The first octet: the options. */
#include <assert.h>
#include <stdlib.h>

#include "core/buf.h"
#include "dkim_keys.h"
#include "inkan/inkan.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char dns[] = "{" FUZZ_DNS "}";

static struct inkan_context *context;
static struct inkan_snapshot *snapshot;
static struct inkan_key *rsa;

static void prepare(void)
{
	if (context)
		return;
	if (inkan_context_new(&context) || inkan_snapshot_load(dns, sizeof dns - 1, &snapshot, NULL, 0) ||
	    inkan_key_from_pem(context, FUZZ_RSA_PEM, sizeof FUZZ_RSA_PEM - 1, &rsa, NULL))
		abort();
}

static enum inkan_line_ends line_ends(unsigned char choice)
{
	return choice & 4 ? INKAN_LINE_ENDS_NORMALISE : INKAN_LINE_ENDS_STRICT;
}

/* Judges fields (may be empty) and text; *error_out. */
static struct inkan_message *judge(struct str fields, struct str text, unsigned char choice, int *error_out)
{
	struct inkan_message_options options;
	struct inkan_message *m;

	inkan_message_options_init(&options);
	options.line_ends = line_ends(choice);
	options.snapshot = snapshot;
	options.now = 1795253400;
	if (inkan_message_new(context, &options, &m))
		abort();
	int error = inkan_message_write(m, fields.p, fields.n);

	error = error ? error : inkan_message_write(m, text.p, text.n);
	error = error ? error : inkan_message_end(m);
	*error_out = error ? error : inkan_message_evaluate(m);
	return m;
}

static struct inkan_sealer *new_sealer(unsigned char choice)
{
	struct inkan_sealer_options options;
	struct inkan_sealer *s;

	inkan_sealer_options_init(&options);
	options.domain = "example.com";
	options.authserv_id = "mx.example.com";
	options.line_ends = line_ends(choice);
	options.trust_results = choice & 1;
	options.headers = choice & 2 ? "From:To:X:Subject:X:X:DKIM-Signature" : NULL;
	options.now = choice & 8 ? 1795253400 : INKAN_TIME_NONE;
	if (inkan_sealer_new(context, &options, &s, NULL) || inkan_sealer_set_key(s, "s1", rsa))
		abort();
	return s;
}

static void check_again(const struct inkan_arc_result *before, struct str fields, struct str text, unsigned char choice)
{
	int error;
	struct inkan_message *m = judge(fields, text, choice, &error);

	/* with our fields the header may just have become too large */
	assert(!error || (error == INKAN_ELIMIT && text.n > 1024));
	const struct inkan_arc_result *after = error ? NULL : inkan_message_verdict(m)->arc;

	/* with trusted results the border's word counts */
	if (after && !(choice & 1)) {
		if (after->result != (before->result == INKAN_FAIL ? INKAN_FAIL : INKAN_PASS))
			abort();
		if (after->result == INKAN_PASS && after->set_count != before->set_count + 1)
			abort();
	}
	inkan_message_free(m);
}

static void seal(struct inkan_message *judged, struct str text, unsigned char choice)
{
	struct inkan_sealer *s = new_sealer(choice);
	int error = inkan_sealer_write(s, text.p, text.n);

	error = error ? error : inkan_sealer_end(s, judged);
	if (error) {
		assert((error == INKAN_EREFUSED || error == INKAN_ELIMIT) && inkan_sealer_error(s)[0]);
		assert(!inkan_sealer_fields(s, NULL));
	} else {
		size_t size;
		const char *fields = inkan_sealer_fields(s, &size);

		assert(fields && size > 500);
		check_again(inkan_message_verdict(judged)->arc, str_from(fields, size), text, choice);
	}
	inkan_sealer_free(s);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	int error;

	if (size < 1)
		return 0;
	prepare();
	struct str text = {(const char *)data + 1, size - 1};
	struct inkan_message *m = judge(STR_NULL, text, data[0], &error);

	assert(!error || error == INKAN_ELIMIT);
	if (!error)
		seal(m, text, data[0]);
	inkan_message_free(m);
	return 0;
}

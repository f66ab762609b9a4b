/* Printing Authentication-Results: whatever the values hold, strict reading finds one field with as many results, and the
 * values as they were put in where they could be. Values are separated by NUL. */
#include <assert.h>
#include <stdlib.h>

#include "authres/parse.h"
#include "authres/print.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { VALUES = 7, RESULTS_MAX = 3 };

/* The next value, terminated, in the arena. */
static const char *take(struct arena *arena, struct str *rest)
{
	const char *p = arena_str(arena, str_split(rest, '\0')).p;

	assert(p);
	return p;
}

static size_t make_results(struct arena *arena, struct str *rest, struct inkan_dkim_result *results)
{
	size_t count = 0;

	while (rest->n && count < RESULTS_MAX) {
		unsigned char choice = (unsigned char)rest->p[0];

		*rest = str_skip(*rest, 1);
		struct inkan_dkim_result *r = &results[count++];

		*r = (struct inkan_dkim_result){.result = (enum inkan_result)(choice & 7), .testing = choice & 8};
		r->key_bits = choice & 16 ? 2048 : 0;
		r->reason = take(arena, rest);
		r->domain = take(arena, rest);
		r->identity = take(arena, rest);
		r->selector = take(arena, rest);
		r->algorithm = take(arena, rest);
		r->signature_prefix = take(arena, rest);
	}
	return count;
}

/* What the printer makes of a value: cut, and "?" for what may not stand in a field. */
static bool is_printed(struct str got, struct str value)
{
	value = str_head(value, AUTHRES_VALUE_MAX);
	if (got.n != value.n)
		return false;
	for (size_t i = 0; i < value.n; i++) {
		unsigned char c = (unsigned char)value.p[i];

		if (got.p[i] != (c >= 32 && c < 127 ? value.p[i] : '?'))
			return false;
	}
	return true;
}

static void compare(const struct authres_result *got, const struct inkan_dkim_result *want)
{
	const char *values[] = {want->domain, want->identity, want->selector, want->algorithm, want->signature_prefix};
	static const char *const names[] = {"header.d", "header.i", "header.s", "header.a", "header.b"};
	size_t at = 0;

	assert(str_eq(got->method, STR("dkim")) && str_eq(got->result, str_c(inkan_result_name(want->result))));
	if (want->reason[0] && !is_printed(got->reason, str_c(want->reason)))
		abort();
	for (size_t i = 0; i < 5; i++) {
		if (!values[i][0])
			continue;
		assert(at < got->property_count && str_eq(got->properties[at].name, str_c(names[i])));
		if (!is_printed(got->properties[at].value, str_c(values[i])))
			abort();
		at++;
	}
	assert(at == got->property_count);
}

/* A verdict of every method, made of the values of one DKIM result: one field with four results comes out. */
static void print_verdict(struct arena *arena, const struct inkan_dkim_result *r)
{
	struct inkan_spf_result spf = {.result = r->result,
	                               .identity = INKAN_SPF_MAILFROM,
	                               .domain = r->domain,
	                               .mechanism = r->identity,
	                               .reason = r->reason};
	struct inkan_arc_set set = {.sealer = r->selector};
	struct inkan_arc_result arc = {
		.result = INKAN_PASS, .reason = r->reason, .set_count = 1, .sets = &set, .listed_sets = 1};
	struct inkan_dmarc_result dmarc = {.result = r->result,
	                                   .reason = r->reason,
	                                   .from_domain = r->domain,
	                                   .record = r->algorithm,
	                                   .policy_tag = "p"};
	struct inkan_session session = {.ip = r->signature_prefix, .mail_from = r->identity};
	struct inkan_verdict v = {.spf = &spf,
	                          .dkim = r,
	                          .dkim_count = 1,
	                          .arc = &arc,
	                          .dmarc = &dmarc,
	                          .override = INKAN_OVERRIDE_OTHER,
	                          .override_comment = r->selector};
	struct authres_printer p;
	struct authres_field field;
	struct buf out;
	size_t head = strlen("Authentication-Results:");

	buf_init(&out, SIZE_MAX / 2);
	if (!authres_begin(&p, &out, STR("mx.example")))
		abort();
	authres_verdict(&p, &v, &session);
	authres_end(&p);
	assert(buf_error(&out) == INKAN_OK);
	if (authres_parse(arena, str_from(out.p + head, out.n - head - 2), AUTHRES_STRICT, &field))
		abort();
	assert(field.valid && field.result_count == 4);
	buf_release(&out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct inkan_dkim_result results[RESULTS_MAX];
	struct authres_printer p;
	struct authres_field field;
	struct arena arena;
	struct buf out;
	struct str rest = {(const char *)data, size};

	arena_init(&arena, 64 * 1024 * 1024);
	buf_init(&out, SIZE_MAX / 2);
	size_t count = make_results(&arena, &rest, results);

	if (!authres_begin(&p, &out, STR("mx.example")))
		abort();
	authres_dkim(&p, results, count);
	authres_end(&p);
	struct str text = buf_str(&out);

	assert(buf_error(&out) == INKAN_OK && text.n > 2 && str_eq(str_skip(text, text.n - 2), STR("\r\n")));
	text = str_head(str_skip(text, strlen("Authentication-Results:")),
	                text.n - 2 - strlen("Authentication-Results:"));
	for (size_t i = 0; i < text.n; i++)
		assert((text.p[i] >= 32 && text.p[i] < 127) || text.p[i] == '\r' ||
		       (text.p[i] == '\n' && text.p[i - 1] == '\r' && text.p[i + 1] == ' '));
	if (authres_parse(&arena, text, AUTHRES_STRICT, &field))
		abort();
	assert(field.valid && str_eq(field.authserv_id, STR("mx.example")));
	assert(field.result_count == (count ? count : 1));
	for (size_t i = 0; i < count; i++)
		compare(&field.results[i], &results[i]);
	if (count)
		print_verdict(&arena, &results[0]);
	buf_release(&out);
	arena_release(&arena);
	return 0;
}

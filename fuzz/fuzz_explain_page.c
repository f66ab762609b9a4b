/* A page of any header: nothing in it that a terminal obeys, nothing beyond its limits; Received fields and dates of any
 * form; what is hidden stays hidden. */
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>

#include "core/utf8.h"
#include "crypto/crypto.h"
#include "explain/page.h"
#include "mail/received.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_text(const char *text)
{
	assert(text && utf8_is_valid(str_c(text)));
	for (; *text; text++)
		assert((unsigned char)*text >= 0x20 && *text != 0x7f);
}

static void check_page(const struct page *page)
{
	assert(page->hop_count <= PAGE_HOPS + 1 && page->why_count <= PAGE_STATEMENTS);
	for (size_t i = 0; i < page->field_count; i++)
		check_text(page->fields[i].value);
	for (size_t i = 0; i < page->check_count; i++)
		check_text(page->checks[i].identity);
	for (size_t i = 0; i < page->why_count; i++)
		check_text(page->why[i].text);
	for (size_t i = 0; i < page->hop_count; i++) {
		const struct page_hop *hop = &page->hops[i];

		check_text(hop->from);
		check_text(hop->by);
		check_text(hop->with);
		assert(hop->added_count <= PAGE_ADDED);
		for (size_t k = 0; k < hop->added_count; k++)
			check_text(hop->added[k]);
	}
}

static void make(const struct header *header, struct digest *redact)
{
	static const struct inkan_dkim_result dkim = {.result = INKAN_FAIL,
	                                              .cause = INKAN_DKIM_BODY_HASH_MISMATCH,
	                                              .explanation = INKAN_EXPLAIN_CONTENT_CHANGED,
	                                              .reason = "body hash did not verify",
	                                              .section = "",
	                                              .domain = "example.com",
	                                              .selector = "s",
	                                              .identity = "",
	                                              .algorithm = "",
	                                              .canonicalization = "",
	                                              .body_hash_signed = "abcdefgh",
	                                              .body_hash_computed = "",
	                                              .changed_header = "",
	                                              .change = "",
	                                              .aligned = true};
	static const struct inkan_arc_set set = {.instance = 1,
	                                         .sealer = "x",
	                                         .results = "dkim=pass",
	                                         .recorded_from = "",
	                                         .recorded_dkim_domain = "example.com"};
	static const struct inkan_arc_result arc = {
		.result = INKAN_PASS, .reason = "", .section = "", .set_count = 1, .sets = &set, .listed_sets = 1};
	const struct inkan_session session = {.struct_size = sizeof session, .ip = "192.0.2.1"};
	const struct inkan_verdict verdict = {.kind = INKAN_VERDICT_FAIL,
	                                      .reason = INKAN_NOTHING_PASSED,
	                                      .from_address = "a@example.com",
	                                      .from_domain = "example.com",
	                                      .dkim = &dkim,
	                                      .dkim_count = 1,
	                                      .dkim_leg = INKAN_LEG_FAILED,
	                                      .arc = &arc,
	                                      .override_comment = ""};
	struct arena arena;
	struct page page;

	arena_init(&arena, (size_t)64 * 1024 * 1024);
	for (int language = LANGUAGE_EN; language <= LANGUAGE_JA; language++) {
		int error = page_make(&arena,
		                      &(struct page_request){.verdict = &verdict,
		                                             .header = header,
		                                             .session = &session,
		                                             .language = (enum language)language,
		                                             .redact = redact},
		                      &page);

		assert(error == INKAN_OK);
		check_page(&page);
	}
	arena_release(&arena);
}

/* Texts point into the value, an address is one that prints and reads the same. */
static void check_received(struct str value)
{
	struct received r, again;
	char field[100];

	received_parse(value, &r);
	const struct str texts[] = {r.from, r.by, r.with, r.recipient};

	for (size_t i = 0; i < sizeof(texts) / sizeof *texts; i++)
		assert(texts[i].n == 0 || (texts[i].p >= value.p && texts[i].p + texts[i].n <= value.p + value.n));
	if (!r.ip[0])
		return;
	int n = snprintf(field, sizeof field, "from a ([%s]) by b", r.ip);

	received_parse(str_from(field, (size_t)n), &again);
	assert(strcmp(again.ip, r.ip) == 0 && received_is_public(&again) == received_is_public(&r));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct crypto *crypto;
	static struct digest *digest;
	struct str text = str_from((const char *)data, size);
	struct header header;
	struct arena arena;

	if (!digest && (crypto_new(&crypto) != INKAN_OK || digest_new(crypto, &digest) != INKAN_OK))
		abort();
	check_received(text);
	arena_init(&arena, (size_t)64 * 1024 * 1024);
	if (header_parse(&arena, text, MAIL_FIELDS_MAX, &header) == INKAN_OK) {
		make(&header, NULL);
		make(&header, digest);
	}
	arena_release(&arena);
	return 0;
}

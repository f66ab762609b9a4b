/* SPF records: what the parser accepts, it finds again term by term, and prints of it parse to the same. */
#include <assert.h>
#include <stdlib.h>

#include "spf/record.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { ARENA_MAX = 1024 * 1024 };

static bool same_term(const struct spf_record *a, size_t i, const struct spf_record *b)
{
	const struct spf_term *x = &a->terms[i], *y = &b->terms[i];

	return x->kind == y->kind && x->result == y->result && x->letters == y->letters && x->cidr4 == y->cidr4 &&
	       x->cidr6 == y->cidr6 && memcmp(x->address, y->address, sizeof x->address) == 0 &&
	       str_eq(spf_term_text(a, x), spf_term_text(b, y)) && str_eq(spf_term_domain(a, x), spf_term_domain(b, y));
}

/* With one space between terms and none at the end, the record means the same. */
static void print_and_parse(struct arena *arena, const struct spf_record *record)
{
	struct spf_record again;
	struct spf_trouble trouble;
	enum spf_fault_id fault;
	struct buf text;

	buf_init(&text, SPF_RECORD_MAX);
	buf_put_c(&text, "v=spf1");
	for (size_t i = 0; i < record->count; i++) {
		buf_put_char(&text, ' ');
		buf_put(&text, spf_term_text(record, &record->terms[i]));
	}
	if (buf_error(&text) || spf_record_parse(arena, buf_str(&text), &again, &fault, &trouble))
		abort();
	assert(fault == SPF_FAULT_NONE && again.count == record->count);
	for (size_t i = 0; i < record->count; i++)
		assert(same_term(record, i, &again));
	assert(!again.redirect == !record->redirect && !again.exp == !record->exp);
	buf_release(&text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str text = {(const char *)data, size};
	struct spf_record record;
	struct spf_trouble trouble;
	enum spf_fault_id fault;
	struct arena arena;

	if (!spf_record_is(text))
		return 0;
	arena_init(&arena, ARENA_MAX);
	if (spf_record_parse(&arena, text, &record, &fault, &trouble))
		abort();
	if (fault) {
		assert(spf_fault(fault)->result == INKAN_PERMERROR);
		assert(trouble.at <= size && trouble.size <= size - trouble.at);
	} else {
		print_and_parse(&arena, &record);
	}
	arena_release(&arena);
	return 0;
}

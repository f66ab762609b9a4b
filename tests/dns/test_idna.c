#include "dns/idna.h"

#include "support/alloc.h"
#include "support/case.h"

#define LABEL_28 "ääääääääääääääääääääääääääää"

static const struct row {
	const char *name;
	const char *in;
	const char *want; /* "": refused */
} rows[] = {
	{"ASCII stays, whatever it is", "_DomainKey.a..b", "_DomainKey.a..b"},
	{"nothing stays nothing", "", ""},
	{"a U-label", "例え.example", "xn--r8jz45g.example"},
	{"U-labels among others", "s1._domainkey.bücher.例え.example",
         "s1._domainkey.xn--bcher-kva.xn--r8jz45g.example"},
	{"upper case becomes lower case", "Bücher.Example", "xn--bcher-kva.Example"},
	{"a decomposed letter is composed",
         "bu\xcc\x88"
         "cher.example",
         "xn--bcher-kva.example"},
	{"sharp s is itself", "straße.example", "xn--strae-oqa.example"},
	{"full-width letters would become another name", "ｅｘａｍｐｌｅ.com", ""},
	{"an ideographic full stop would become a dot", "mail。example.com", ""},
	{"a direction mark",
         "a\xe2\x80\xae"
         "b.example",
         ""},
	{"malformed UTF-8", "\xff.example", ""},
	{"an underscore beside a letter beyond ASCII", "_ü.example", "xn--_-eha.example"},
	{"a label that is too long as A-label", LABEL_28 LABEL_28 LABEL_28 ".example", ""},
	{"a name that is too long as A-labels",
         LABEL_28 "." LABEL_28 "." LABEL_28 "." LABEL_28 "." LABEL_28 "." LABEL_28 "." LABEL_28 "." LABEL_28 "."
                  "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa.aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa.example",
         ""},
};

static void run_row(const void *row)
{
	const struct row *r = row;
	struct arena arena;
	struct str out;

	arena_init(&arena, 100000);
	assert_int_equal(dns_name_to_ascii(&arena, str_c(r->in), &out), INKAN_OK);
	if (!str_eq(out, str_c(r->want)))
		fail_msg("%.*s", STR_ARG(out));
	arena_release(&arena);
}

static void run_no_memory(const void *row)
{
	(void)row;
	for (size_t n = 1;; n++) {
		struct arena arena;
		struct str out;

		arena_init(&arena, 100000);
		alloc_fail_at(n);
		int error = dns_name_to_ascii(&arena, str_c(rows[3].in), &out);
		bool reached = alloc_count() >= n;

		alloc_fail_at(0);
		assert_int_equal(error, reached ? INKAN_ENOMEM : INKAN_OK);
		arena_release(&arena);
		if (!reached)
			break;
		assert_true(n < 10);
	}
}

int main(void)
{
	struct test_list list = {0};

	TEST_TABLE(&list, rows, run_row);
	test_add(&list, "out of memory", run_no_memory, NULL);
	return test_run(&list, "dns/idna");
}

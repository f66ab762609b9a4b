/* Results of several fields in one (RULES A10): which fields count, and that a result is printed as it was read. */
#include "authres/merge.h"

#include "support/case.h"

#define ID "mx.example"
#define OURS "Authentication-Results: " ID "; "
#define BY_OTHERS "Received: from a by relay.elsewhere.test; Sat, 21 Nov 2026 18:30:00 +0900\r\n"
#define BY_US "Received: from a by list." ID "; Sat, 21 Nov 2026 18:30:00 +0900\r\n"

static const struct row {
	const char *name;
	const char *header;
	const char *want; /* behind the authserv-id, blanks and folds as one space; "" where nothing is taken */
} rows[] = {
	{"A10 nothing there", "From: a\r\n", ""},
	{"A10 one field", OURS "spf=pass smtp.mailfrom=a@b.example\r\n", "; spf=pass smtp.mailfrom=a@b.example"},
	{"A10 several fields, from top to bottom",
         OURS "spf=pass\r\nX: y\r\n" OURS "dkim=pass header.d=b.example; dmarc=fail\r\n",
         "; spf=pass; dkim=pass header.d=b.example; dmarc=fail"},
	{"A10 fields of others between",
         "Authentication-Results: other.example; spf=fail\r\n" OURS "spf=pass\r\n"
         "Authentication-Results: other.example; dkim=fail\r\n" OURS "dkim=pass\r\n",
         "; spf=pass; dkim=pass"},
	{"A10 below a Received it is of an earlier way", OURS "spf=pass\r\n" BY_US OURS "dkim=pass\r\n", "; spf=pass"},
	{"A10 our own hosts may have passed it on", BY_US OURS "spf=pass\r\n", "; spf=pass"},
	{"A10 below the Received of others nothing is believed", BY_OTHERS OURS "spf=pass\r\n", ""},
	{"A10 the id is compared without case", "Authentication-Results: MX.Example.; spf=pass\r\n", "; spf=pass"},
	{"A10 another version is left out", "Authentication-Results: " ID " 2; spf=pass\r\n", ""},
	{"A10 a field that is not well-formed is left out",
         OURS "spf=pass\r\n" OURS "dkim==pass\r\n" OURS "dmarc=pass\r\n", "; spf=pass; dmarc=pass"},
	{"A10 none", OURS "none\r\n", ""},
	{"A16 reason, comment, quoted value and version are kept",
         OURS "dkim/3=fail reason=\"a \\\"b\\\"\" (c\r\n d) header.b=\"x;y\" header.d=b.example\r\n",
         "; dkim/3=fail reason=\"a \\\"b\\\"\" (c\?\? d) header.b=\"x;y\" header.d=b.example"},
	{"A16 octets that are not ASCII come out as ?",
         OURS "spf=pass (\xe3\x81\x82) smtp.mailfrom=\"\xe3\x81\x82\"@b.example\r\n",
         "; spf=pass (?\?\?) smtp.mailfrom=\"\\\"?\?\?\\\"@b.example\""},
};

/* Runs of SP, CR and LF as one space. */
static void squeeze(struct buf *b)
{
	size_t n = 0;

	for (size_t i = 0; i < b->n; i++) {
		bool blank = is_fws_char(b->p[i]);

		if (blank && n && b->p[n - 1] == ' ')
			continue;
		b->p[n++] = blank ? ' ' : b->p[i];
	}
	b->n = n;
}

static void merge(struct buf *out, struct arena *arena, struct str text, size_t *count)
{
	struct authres_result *results;
	struct authres_printer printer;
	struct header header;

	assert_int_equal(header_parse(arena, text, 10000, &header), INKAN_OK);
	assert_int_equal(authres_gather(arena, &header, STR(ID), &results, count), INKAN_OK);
	assert_true(authres_begin(&printer, out, STR(ID)));
	for (size_t i = 0; i < *count; i++)
		authres_put_result(&printer, &results[i]);
	assert_int_equal(buf_error(out), INKAN_OK);
}

static void run_row(const void *row)
{
	const struct row *r = row;
	struct arena arena;
	struct buf out;
	size_t count;

	arena_init(&arena, 8 * 1024 * 1024);
	buf_init(&out, 100000);
	merge(&out, &arena, str_c(r->header), &count);
	assert_int_equal(count > 0, r->want[0] != '\0');
	squeeze(&out);
	struct str got = str_skip(buf_str(&out), strlen("Authentication-Results: " ID));

	if (!str_eq(got, str_c(r->want)))
		fail_msg("%.*s", STR_ARG(got));
	buf_release(&out);
	arena_release(&arena);
}

static const struct bulk_row {
	const char *name;
	const char *field;
	size_t fields, want;
} bulks[] = {
	{"A10 50 fields are looked at", OURS "spf=pass\r\n", 50, 50},
	{"A10 51 fields: the last is not", OURS "spf=pass\r\n", 51, 50},
	{"A10 9,000 fields", OURS "spf=pass\r\n", 9000, 50},
	{"A10 100 results", OURS "a=b; a=b; a=b; a=b; a=b\r\n", 20, 100},
	{"A10 105 results: the last five are not taken", OURS "a=b; a=b; a=b; a=b; a=b\r\n", 21, 100},
};

static void run_bulk(const void *row)
{
	const struct bulk_row *r = row;
	struct arena arena;
	struct buf text, out;
	size_t count;

	arena_init(&arena, 16 * 1024 * 1024);
	buf_init(&text, SIZE_MAX / 2);
	buf_init(&out, 1000000);
	for (size_t i = 0; i < r->fields; i++)
		buf_put_c(&text, r->field);
	merge(&out, &arena, buf_str(&text), &count);
	assert_int_equal(count, r->want);
	buf_release(&text);
	buf_release(&out);
	arena_release(&arena);
}

static const struct word_row {
	const char *name;
	size_t size;
	size_t want;
} words[] = {
	{"A16 a method of 100 octets", 100, 1},
	{"A16 a method of 101 octets is left out", 101, 0},
};

static void run_word(const void *row)
{
	const struct word_row *r = row;
	struct arena arena;
	struct buf text, out;
	size_t count;

	arena_init(&arena, 16 * 1024 * 1024);
	buf_init(&text, 10000);
	buf_init(&out, 10000);
	buf_put_c(&text, OURS);
	for (size_t i = 0; i < r->size; i++)
		buf_put_char(&text, 'm');
	buf_put_c(&text, "=pass\r\n");
	merge(&out, &arena, buf_str(&text), &count);
	assert_int_equal(count, r->want);
	buf_release(&text);
	buf_release(&out);
	arena_release(&arena);
}

int main(void)
{
	struct test_list list = {0};

	TEST_TABLE(&list, rows, run_row);
	TEST_TABLE(&list, bulks, run_bulk);
	TEST_TABLE(&list, words, run_word);
	return test_run(&list, "authres/merge");
}

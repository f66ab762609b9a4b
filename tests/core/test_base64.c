#include "core/base64.h"

#include <stdlib.h>

#include "core/random.h"
#include "support/alloc.h"
#include "support/case.h"

enum { BAD = -1 };

static const struct decoding {
	const char *name;
	const char *text, *octets;
	int strict, fws; /* 0, or BAD */
	size_t position; /* of the offence in FWS mode where that is bad, else in strict mode */
} decodings[] = {
	/* RFC 4648 section 10 */
	{"RFC 4648: nothing", "", "", 0, 0, 0},
	{"RFC 4648: f", "Zg==", "f", 0, 0, 0},
	{"RFC 4648: fo", "Zm8=", "fo", 0, 0, 0},
	{"RFC 4648: foo", "Zm9v", "foo", 0, 0, 0},
	{"RFC 4648: foob", "Zm9vYg==", "foob", 0, 0, 0},
	{"RFC 4648: fooba", "Zm9vYmE=", "fooba", 0, 0, 0},
	{"RFC 4648: foobar", "Zm9vYmFy", "foobar", 0, 0, 0},
	{"both letters beyond the alphanumeric", "+/+/", "\xfb\xff\xbf", 0, 0, 0},
	/* RFC 6376 section 2.10 */
	{"a fold", "Zm9v\r\n\tYmFy", "foobar", BAD, 0, 4},
	{"blanks between all", " Z m 9 v ", "foo", BAD, 0, 0},
	{"a fold inside a group", "Zm\r\n 9v", "foo", BAD, 0, 2},
	{"a blank between the pads", "Zg= =", "f", BAD, 0, 3},
	{"a blank behind the pads", "Zg== ", "f", BAD, 0, 4},
	{"white space only", " \r\n\t", "", BAD, 0, 0},
	{"pads left out, two octets", "Zm8", "fo", BAD, 0, 3},
	{"pads left out, one octet", "Zg", "f", BAD, 0, 2},
	{"bits left over behind one octet", "Zh==", "f", BAD, 0, 4},
	{"bits left over behind two octets", "Zm9=", "fo", BAD, 0, 4},
	/* bad in both */
	{"one letter", "Z", NULL, BAD, BAD, 1},
	{"five letters", "Zm9vY", NULL, BAD, BAD, 5},
	{"one letter and pads", "Z===", NULL, BAD, BAD, 1},
	{"pads alone", "====", NULL, BAD, BAD, 0},
	{"a pad behind a whole group", "Zm9v=", NULL, BAD, BAD, 4},
	{"a pad missing", "Zg=", NULL, BAD, BAD, 3},
	{"three pads", "Zg===", NULL, BAD, BAD, 4},
	{"two pads behind three letters", "Zm8==", NULL, BAD, BAD, 4},
	{"text behind the pads", "Zg==Zg==", NULL, BAD, BAD, 4},
	{"a letter between the pads", "Zg=g", NULL, BAD, BAD, 3},
	{"base64url minus", "Zm9-", NULL, BAD, BAD, 3},
	{"base64url underscore", "Zm9_", NULL, BAD, BAD, 3},
	{"vertical tab", "Zm\v9v", NULL, BAD, BAD, 2},
	{"bad octet in the first group", "*m9v", NULL, BAD, BAD, 0},
	{"bad octet in the second group", "Zm9vYm*y", NULL, BAD, BAD, 6},
	{"octet above ASCII", "Zm9\xc3", NULL, BAD, BAD, 3},
};

static void assert_decodes(struct str text, enum base64_mode mode, int want, const char *octets, size_t position)
{
	unsigned char *out = malloc(base64_decoded_max(text.n));
	size_t size = 999, at = 999;

	assert_non_null(out);
	assert_int_equal(base64_decode(text, mode, out, &size, &at), want == 0);
	if (want == 0) {
		assert_int_equal(size, strlen(octets));
		assert_memory_equal(out, octets, size);
		assert_int_equal(at, 999);
		assert_true(size <= base64_decoded_max(text.n));
	} else {
		assert_int_equal(size, 999);
		assert_int_equal(at, position);
	}
	assert_int_equal(base64_decode(text, mode, out, &size, NULL), want == 0);
	free(out);
}

static void run_decoding(const void *row)
{
	const struct decoding *r = row;

	assert_decodes(str_c(r->text), BASE64_FWS, r->fws, r->octets, r->position);
	if (r->strict == 0 || r->fws == 0)
		assert_decodes(str_c(r->text), BASE64_STRICT, r->strict, r->octets, r->position);
	else
		assert_decodes(str_c(r->text), BASE64_STRICT, BAD, NULL, r->position);
}

/* One octet that is not of the alphabet, in every place of a text of every length: found there. */
static void run_every_position(const void *row)
{
	static const char bad[] = {'*', '\0', '\x7f', '\x80', '\xff', '-'};
	unsigned char out[64];

	(void)row;
	for (size_t n = 1; n <= 24; n++) {
		for (size_t at = 0; at < n; at++) {
			for (size_t i = 0; i < sizeof(bad); i++) {
				char text[24];
				size_t size, position = 999;

				memset(text, 'A', sizeof(text));
				text[at] = bad[i];
				for (int mode = BASE64_STRICT; mode <= BASE64_FWS; mode++) {
					assert_false(base64_decode(str_from(text, n), (enum base64_mode)mode, out,
					                           &size, &position));
					assert_int_equal(position, at);
				}
			}
		}
	}
}

/* White space in every place is skipped in the one mode and found in the other. */
static void run_every_fold(const void *row)
{
	static const char plain[] = "TWFueSBoYW5kcyBtYWtlIGxpZ2h0IHdvcmsu";

	(void)row;
	for (size_t at = 0; at < sizeof(plain); at++) {
		char text[sizeof(plain) + 3];
		unsigned char out[64];
		size_t size, position;

		memcpy(text, plain, at);
		memcpy(text + at, "\r\n ", 3);
		memcpy(text + at + 3, plain + at, sizeof(plain) - 1 - at);
		struct str folded = str_from(text, sizeof(plain) - 1 + 3);

		assert_true(base64_decode(folded, BASE64_FWS, out, &size, NULL));
		assert_true(str_eq(str_from((char *)out, size), STR("Many hands make light work.")));
		assert_false(base64_decode(folded, BASE64_STRICT, out, &size, &position));
		assert_int_equal(position, at);
	}
}

static void run_round_trip(const void *row)
{
	uint64_t state = 11;

	(void)row;
	for (size_t n = 0; n < 200; n++) {
		unsigned char octets[200], out[sizeof(octets) + 3];
		size_t size;
		struct buf text;

		for (size_t i = 0; i < n; i++)
			octets[i] = (unsigned char)random_next(&state);
		buf_init(&text, base64_encoded_size(n));
		base64_encode(&text, octets, n);
		assert_int_equal(buf_error(&text), INKAN_OK);
		assert_int_equal(text.n, base64_encoded_size(n));
		assert_true(base64_decode(buf_str(&text), BASE64_STRICT, out, &size, NULL));
		assert_int_equal(size, n);
		assert_memory_equal(out, octets, n);

		buf_clear(&text);
		text.max = 2 * n;
		hex_encode(&text, octets, n);
		if (2 * n > base64_encoded_size(n) || buf_error(&text) == INKAN_OK) {
			assert_int_equal(text.n, 2 * n);
			assert_true(hex_decode(buf_str(&text), out, &size));
			assert_int_equal(size, n);
			assert_memory_equal(out, octets, n);
		}
		buf_release(&text);
	}
}

static void run_encode_limits(const void *row)
{
	struct buf b;

	(void)row;
	buf_init(&b, 7);
	base64_encode(&b, (const unsigned char *)"abcd", 4);
	assert_int_equal(buf_error(&b), INKAN_ELIMIT);
	assert_int_equal(b.n, 0);
	buf_clear(&b);
	hex_encode(&b, (const unsigned char *)"abcd", 4);
	assert_int_equal(buf_error(&b), INKAN_ELIMIT);
	buf_clear(&b);
	alloc_fail_at(1);
	base64_encode(&b, (const unsigned char *)"abc", 3);
	alloc_fail_at(0);
	assert_int_equal(buf_error(&b), INKAN_ENOMEM);
	buf_clear(&b);
	hex_encode(&b, (const unsigned char *)"abc", 3);
	assert_true(str_eq(buf_str(&b), STR("616263")));
	buf_release(&b);
}

static const struct hex {
	const char *name;
	const char *text;
	bool ok;
	const char *octets;
} hexes[] = {
	{"nothing", "", true, ""},
	{"lower case", "0a1bff", true, "\x0a\x1b\xff"},
	{"upper case", "0A1BFF", true, "\x0a\x1b\xff"},
	{"one digit", "a", false, NULL},
	{"three digits", "abc", false, NULL},
	{"g", "0g", false, NULL},
	{"G", "G0", false, NULL},
	{"a colon", "0:", false, NULL},
	{"a slash", "/0", false, NULL},
	{"@ and `", "@`", false, NULL},
	{"a blank", "a ", false, NULL},
	{"above ASCII", "\xe1\xe1", false, NULL},
};

static void run_hex(const void *row)
{
	const struct hex *r = row;
	unsigned char out[10];
	size_t size = 99;

	assert_int_equal(hex_decode(str_c(r->text), out, &size), r->ok);
	assert_int_equal(size, r->ok ? strlen(r->octets) : 99);
	if (r->ok)
		assert_memory_equal(out, r->octets, size);
}

int main(void)
{
	struct test_list list = {0};

	TEST_TABLE(&list, decodings, run_decoding);
	test_add(&list, "a bad octet in every place", run_every_position, NULL);
	test_add(&list, "a fold in every place", run_every_fold, NULL);
	test_add(&list, "round trip", run_round_trip, NULL);
	test_add(&list, "limits of encoding", run_encode_limits, NULL);
	TEST_TABLE(&list, hexes, run_hex);
	return test_run(&list, "core/base64");
}

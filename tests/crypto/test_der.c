#include "crypto/der.h"

#include <stdlib.h>

#include "support/case.h"

static const struct element {
	const char *name;
	struct str in;
	bool ok;
	unsigned char tag;
	size_t content, rest; /* octets */
} elements[] = {
	{"empty NULL", {"\x05\x00", 2}, true, 0x05, 0, 0},
	{"one octet, one behind", {"\x04\x01x!", 4}, true, 0x04, 1, 1},
	{"nothing", {"", 0}, false, 0, 0, 0},
	{"tag alone", {"\x04", 1}, false, 0, 0, 0},
	{"content missing", {"\x04\x01", 2}, false, 0, 0, 0},
	{"one octet of content missing", {"\x04\x03xx", 4}, false, 0, 0, 0},
	{"tag number of more octets", {"\x1f\x01\x00", 3}, false, 0, 0, 0},
	{"constructed tag number of more octets", {"\x3f\x01\x00", 3}, false, 0, 0, 0},
	{"context tag 30", {"\xbe\x00", 2}, true, 0xbe, 0, 0},
	{"indefinite", {"\x30\x80\x00\x00", 4}, false, 0, 0, 0},
	{"length octets missing", {"\x04\x82\x01", 3}, false, 0, 0, 0},
	{"all length octets missing", {"\x04\x81", 2}, false, 0, 0, 0},
	{"long form for 127", {"\x04\x81\x7f", 3}, false, 0, 0, 0},
	{"long form with a leading zero", {"\x04\x82\x00\x80", 4}, false, 0, 0, 0},
	{"four octets of length", {"\x04\x84\xff\xff\xff\xff", 6}, false, 0, 0, 0},
	{"five octets of length", {"\x04\x85\x01\x00\x00\x00\x00", 7}, false, 0, 0, 0},
	{"reserved length", {"\x04\xff", 2}, false, 0, 0, 0},
};

/* In memory of exactly the size. */
static struct str exact(struct str s)
{
	char *p = malloc(s.n ? s.n : 1);

	assert_non_null(p);
	memcpy(p, s.p, s.n);
	return str_from(p, s.n);
}

static void run_element(const void *row)
{
	const struct element *r = row;
	struct str in = exact(r->in), rest = in, content = STR("untouched");
	unsigned char tag = 0x77;

	assert_int_equal(der_take_any(&rest, &tag, &content), r->ok);
	if (r->ok) {
		assert_int_equal(tag, r->tag);
		assert_int_equal(content.n, r->content);
		assert_int_equal(rest.n, r->rest);
	} else {
		assert_int_equal(tag, 0x77);
		assert_true(str_eq(content, STR("untouched")));
		assert_ptr_equal(rest.p, in.p);
		assert_int_equal(rest.n, in.n);
	}
	free((void *)(uintptr_t)in.p);
}

/* What is written is read again, for lengths round every change of the form; and nothing shorter is. */
static void run_lengths(const void *row)
{
	static const size_t lengths[] = {0,   1,   126,   127,   128,   129,   254,   255,
	                                 256, 257, 65534, 65535, 65536, 65537, 100000};

	(void)row;
	for (size_t i = 0; i < sizeof(lengths) / sizeof(*lengths); i++) {
		size_t n = lengths[i];
		struct buf b;
		struct str content;

		buf_init(&b, der_size(n));
		der_put_head(&b, DER_OCTET_STRING, n);
		for (size_t at = 0; at < n; at++)
			buf_put_char(&b, 'x');
		assert_int_equal(buf_error(&b), INKAN_OK);
		assert_int_equal(b.n, der_size(n));
		struct str rest = exact(buf_str(&b)), all = rest, cut = str_head(rest, rest.n - 1);

		assert_false(der_take(&cut, DER_OCTET_STRING, &content));
		assert_false(der_take(&rest, DER_SEQUENCE, &content));
		assert_int_equal(rest.n, b.n);
		assert_true(der_take(&rest, DER_OCTET_STRING, &content));
		assert_int_equal(content.n, n);
		assert_int_equal(rest.n, 0);
		free((void *)(uintptr_t)all.p);
		buf_release(&b);
	}
}

static const struct integer {
	const char *name;
	struct str in;
	bool ok, negative;
	struct str magnitude;
} integers[] = {
	{"zero", {"\x02\x01\x00", 3}, true, false, {"", 0}},
	{"one", {"\x02\x01\x01", 3}, true, false, {"\1", 1}},
	{"127", {"\x02\x01\x7f", 3}, true, false, {"\x7f", 1}},
	{"128", {"\x02\x02\x00\x80", 4}, true, false, {"\x80", 1}},
	{"256", {"\x02\x02\x01\x00", 4}, true, false, {"\1\0", 2}},
	{"65535", {"\x02\x03\x00\xff\xff", 5}, true, false, {"\xff\xff", 2}},
	{"minus one", {"\x02\x01\xff", 3}, true, true, {NULL, 0}},
	{"minus 128", {"\x02\x01\x80", 3}, true, true, {NULL, 0}},
	{"minus 129", {"\x02\x02\xff\x7f", 4}, true, true, {NULL, 0}},
	{"no octet", {"\x02\x00", 2}, false, false, {NULL, 0}},
	{"zero in two octets", {"\x02\x02\x00\x00", 4}, false, false, {NULL, 0}},
	{"one in two octets", {"\x02\x02\x00\x01", 4}, false, false, {NULL, 0}},
	{"minus one in two octets", {"\x02\x02\xff\xff", 4}, false, false, {NULL, 0}},
	{"an OCTET STRING", {"\x04\x01\x01", 3}, false, false, {NULL, 0}},
	{"cut off", {"\x02\x02\x01", 3}, false, false, {NULL, 0}},
};

static void run_integer(const void *row)
{
	const struct integer *r = row;
	struct str in = exact(r->in), rest = in;
	struct der_integer number;
	struct buf b;

	assert_int_equal(der_take_integer(&rest, &number), r->ok);
	assert_int_equal(rest.n, r->ok ? 0 : in.n);
	if (r->ok) {
		assert_int_equal(number.negative, r->negative);
		if (!number.negative) {
			assert_true(str_eq(number.magnitude, r->magnitude));
			/* written as it was read */
			buf_init(&b, der_integer_size(number.magnitude));
			der_put_integer(&b, number.magnitude);
			assert_int_equal(buf_error(&b), INKAN_OK);
			assert_true(str_eq(buf_str(&b), in));
			buf_release(&b);
		}
	}
	free((void *)(uintptr_t)in.p);
}

static const struct algorithm {
	const char *name;
	struct str in;
	bool ok, bare;
} algorithms[] = {
	{"without parameters", {"\x30\x05\x06\x03\x2b\x65\x70", 7}, true, true},
	{"NULL", {"\x30\x07\x06\x03\x2b\x65\x70\x05\x00", 9}, true, true},
	{"a SEQUENCE", {"\x30\x07\x06\x03\x2b\x65\x70\x30\x00", 9}, true, false},
	{"NULL with content", {"\x30\x08\x06\x03\x2b\x65\x70\x05\x01\x00", 10}, true, false},
	{"two parameters", {"\x30\x09\x06\x03\x2b\x65\x70\x05\x00\x05\x00", 11}, false, false},
	{"parameters cut off", {"\x30\x06\x06\x03\x2b\x65\x70\x05", 8}, false, false},
	{"empty OID", {"\x30\x02\x06\x00", 4}, false, false},
	{"no OID", {"\x30\x02\x05\x00", 4}, false, false},
	{"empty", {"\x30\x00", 2}, false, false},
	{"a SET", {"\x31\x05\x06\x03\x2b\x65\x70", 7}, false, false},
};

static void run_algorithm(const void *row)
{
	const struct algorithm *r = row;
	struct str in = exact(r->in), rest = in, oid = STR("untouched");
	bool bare = !r->bare;

	assert_int_equal(der_take_algorithm(&rest, &oid, &bare), r->ok);
	assert_int_equal(rest.n, r->ok ? 0 : in.n);
	assert_true(str_eq(oid, r->ok ? STR("\x2b\x65\x70") : STR("untouched")));
	assert_int_equal(bare, r->ok ? r->bare : !r->bare);
	free((void *)(uintptr_t)in.p);
}

int main(void)
{
	struct test_list list = {0};

	TEST_TABLE(&list, elements, run_element);
	test_add(&list, "lengths round every change of the form", run_lengths, NULL);
	TEST_TABLE(&list, integers, run_integer);
	TEST_TABLE(&list, algorithms, run_algorithm);
	return test_run(&list, "crypto/der");
}

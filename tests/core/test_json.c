#include "core/json.h"

/* the one name that both JSON writers have */
#define json_null_value jansson_null
#include <jansson.h>
#undef json_null_value

#include "core/random.h"
#include "core/utf8.h"
#include "support/alloc.h"
#include "support/case.h"

static const struct string {
	const char *name;
	struct str value;
	const char *want;
} strings[] = {
	{"nothing", {"", 0}, "\"\""},
	{"the str without memory", {NULL, 0}, "\"\""},
	{"plain", {"a b/c", 5}, "\"a b/c\""},
	{"quote and backslash", {"\"\\", 2}, "\"\\\"\\\\\""},
	{"ends of lines and tab", {"\r\n\t", 3}, "\"\\r\\n\\t\""},
	{"other control characters", {"\0\1\x1f", 3}, "\"\\u0000\\u0001\\u001f\""},
	{"DEL", {"\x7f", 1}, "\"\\u007f\""},
	{"UTF-8", {"\xe5\x8d\xb0", 3}, "\"\xe5\x8d\xb0\""},
	{"four octets", {"\xf0\x9f\x98\x80", 4}, "\"\xf0\x9f\x98\x80\""},
	{"one bad octet",
         {"a\xff"
          "b",
          3},
         "\"a\xef\xbf\xbd"
         "b\""},
	{"two bad octets", {"\xff\xfe", 2}, "\"\xef\xbf\xbd\xef\xbf\xbd\""},
	{"cut off at the end", {"\xe5\x8d", 2}, "\"\xef\xbf\xbd\xef\xbf\xbd\""},
	{"cut off before text", {"\xe5\x8d.", 3}, "\"\xef\xbf\xbd\xef\xbf\xbd.\""},
	{"a surrogate", {"\xed\xa0\x80", 3}, "\"\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\""},
	{"an overlong slash", {"\xc0\xaf", 2}, "\"\xef\xbf\xbd\xef\xbf\xbd\""},
};

static void run_string(const void *row)
{
	const struct string *r = row;
	struct buf b;
	struct json j = json_to(&b);

	buf_init(&b, 100);
	json_str(&j, r->value);
	assert_int_equal(buf_error(&b), INKAN_OK);
	assert_true(str_eq(buf_str(&b), str_c(r->want)));
	buf_release(&b);
}

static void write_everything(struct json *j)
{
	json_object_begin(j);
	json_key_c(j, "a", "x");
	json_key(j, "empty object");
	json_object_begin(j);
	json_object_end(j);
	json_key(j, "array");
	json_array_begin(j);
	json_i64(j, INT64_MIN);
	json_bool(j, false);
	json_null_value(j);
	json_array_begin(j);
	json_array_end(j);
	json_array_begin(j);
	json_str(j, STR("y"));
	json_array_end(j);
	json_object_begin(j);
	json_key_i64(j, "n", -1);
	json_key_bool(j, "b", true);
	json_object_end(j);
	json_object_begin(j);
	json_object_end(j);
	json_array_end(j);
	json_key_c(j, "no text", NULL);
	json_key_str(j, "last\n", STR("z"));
	json_object_end(j);
}

static const char everything[] =
	"{\"a\":\"x\",\"empty object\":{},\"array\":[-9223372036854775808,false,null,[],[\"y\"],"
	"{\"n\":-1,\"b\":true},{}],\"no text\":\"\",\"last\\n\":\"z\"}";

static void run_nesting(const void *row)
{
	struct buf b;
	struct json j = json_to(&b);

	(void)row;
	buf_init(&b, sizeof(everything) - 1);
	write_everything(&j);
	assert_int_equal(buf_error(&b), INKAN_OK);
	assert_true(str_eq(buf_str(&b), STR(everything)));
	json_t *parsed = json_loadb(b.p, b.n, JSON_REJECT_DUPLICATES, NULL);

	assert_non_null(parsed);
	json_decref(parsed);
	buf_release(&b);
	/* one octet too little */
	buf_init(&b, sizeof(everything) - 2);
	j = json_to(&b);
	write_everything(&j);
	assert_int_equal(buf_error(&b), INKAN_ELIMIT);
	buf_release(&b);
}

static void run_no_memory(const void *row)
{
	(void)row;
	for (size_t n = 1;; n++) {
		struct buf b;
		struct json j = json_to(&b);

		buf_init(&b, 1000);
		alloc_fail_at(n);
		write_everything(&j);
		bool reached = alloc_count() >= n;

		alloc_fail_at(0);
		assert_int_equal(buf_error(&b), reached ? INKAN_ENOMEM : INKAN_OK);
		buf_release(&b);
		if (!reached)
			break;
	}
}

/* Whatever octets: another reader finds JSON, and what was UTF-8 comes back as it was. */
static void run_any_octets(const void *row)
{
	uint64_t state = 23;

	(void)row;
	for (int round = 0; round < 30000; round++) {
		char octets[12];
		struct str value = str_from(octets, random_below(&state, sizeof(octets) + 1));
		struct buf b;
		struct json j = json_to(&b);

		for (size_t i = 0; i < value.n; i++)
			octets[i] = random_below(&state, 2)
			                    ? (char)random_below(&state, 128)
			                    : "\xe5\x8d\xb0\xf0\x90\x80\xc2\xed\xa0\xbf"[random_below(&state, 10)];
		buf_init(&b, 200);
		json_str(&j, value);
		assert_int_equal(buf_error(&b), INKAN_OK);
		assert_true(utf8_is_valid(buf_str(&b)));
		json_t *parsed = json_loadb(b.p, b.n, JSON_DECODE_ANY | JSON_ALLOW_NUL, NULL);

		assert_non_null(parsed);
		if (utf8_is_valid(value))
			assert_true(str_eq(str_from(json_string_value(parsed), json_string_length(parsed)), value));
		json_decref(parsed);
		buf_release(&b);
	}
}

int main(void)
{
	struct test_list list = {0};

	TEST_TABLE(&list, strings, run_string);
	test_add(&list, "nesting, commas and keys", run_nesting, NULL);
	test_add(&list, "out of memory", run_no_memory, NULL);
	test_add(&list, "any octets give JSON", run_any_octets, NULL);
	return test_run(&list, "core/json");
}

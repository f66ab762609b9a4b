/* the one name that both JSON writers have */
#define json_null_value jansson_null
#include <jansson.h>
#undef json_null_value

#include "store/fields.h"
#include "store/outcomes.h"
#include "support/case.h"

static char long_text[2000];

static void pack(const struct outcome *o, struct buf *out)
{
	buf_init(out, OUTCOME_PACKED_MAX);
	outcome_pack(o, out);
	assert_int_equal(buf_error(out), INKAN_OK);
}

static void assert_same(const void *a, const void *b, const struct outcome_field *fields, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (fields[i].kind == FIELD_TEXT)
			assert_true(str_eq(field_text(a, &fields[i]), field_text(b, &fields[i])));
		else
			assert_int_equal(field_number(a, &fields[i]), field_number(b, &fields[i]));
}

static void assert_same_outcome(const struct outcome *a, const struct outcome *b)
{
	assert_same(a, b, outcome_fields, OUTCOME_FIELDS);
	assert_int_equal(a->dkim_count, b->dkim_count);
	for (size_t i = 0; i < a->dkim_count; i++)
		assert_same(&a->dkim[i], &b->dkim[i], outcome_dkim_fields, OUTCOME_DKIM_FIELDS);
	assert_int_equal(a->signed_count, b->signed_count);
	for (size_t i = 0; i < a->signed_count; i++)
		assert_same(&a->signatures[i], &b->signatures[i], outcome_signed_fields, OUTCOME_SIGNED_FIELDS);
}

/* ---- packing ---- */

static struct outcome empty(void)
{
	return (struct outcome){0};
}

/* Every text and every list as large as may be, or one larger. */
static struct outcome filled(size_t more)
{
	struct outcome o = {.time = INT64_MIN, .size = UINT64_MAX, .recipients = UINT32_MAX, .shadow = true};

	memset(long_text, 'x', sizeof(long_text));
	for (size_t i = 0; i < OUTCOME_FIELDS; i++)
		if (outcome_fields[i].kind == FIELD_TEXT)
			field_set_text(&o, &outcome_fields[i], str_from(long_text, OUTCOME_TEXT_MAX + more));
	o.dkim_count = OUTCOME_DKIM_MAX + more;
	for (size_t i = 0; i < OUTCOME_DKIM_MAX; i++)
		o.dkim[i].domain = o.dkim[i].selector = o.dkim[i].result = o.dkim[i].cause =
			str_from(long_text, OUTCOME_NAME_MAX + more);
	o.signed_count = OUTCOME_SIGNED_MAX + more;
	for (size_t i = 0; i < OUTCOME_SIGNED_MAX; i++)
		o.signatures[i].domain = o.signatures[i].selector = o.signatures[i].algorithm =
			str_from(long_text, OUTCOME_NAME_MAX + more);
	return o;
}

static struct outcome as_large_as_may_be(void)
{
	return filled(0);
}

static const struct whole {
	const char *name;
	struct outcome (*make)(void);
} wholes[] = {
	{"nothing at all comes back", empty},
	{"an incoming message comes back", outcome_inbound},
	{"an outgoing message comes back", outcome_outbound},
	{"texts and lists at their limits come back", as_large_as_may_be},
};

static void run_whole(const void *row)
{
	const struct whole *r = row;
	struct outcome o = r->make(), back;
	struct buf packed, again;

	pack(&o, &packed);
	assert_true(outcome_unpack(buf_str(&packed), &back));
	assert_same_outcome(&o, &back);
	pack(&back, &again);
	assert_true(str_eq(buf_str(&packed), buf_str(&again)));
	buf_release(&packed);
	buf_release(&again);
}

static void run_longer(const void *row)
{
	struct outcome longer = filled(1), at_limit = filled(0), back;
	struct buf packed;

	(void)row;
	pack(&longer, &packed);
	assert_true(outcome_unpack(buf_str(&packed), &back));
	assert_same_outcome(&at_limit, &back);
	buf_release(&packed);
}

static void run_every_prefix(const void *row)
{
	struct outcome o = outcome_inbound(), back;
	struct buf packed;

	(void)row;
	pack(&o, &packed);
	for (size_t n = 0; n < packed.n; n++)
		assert_false(outcome_unpack(str_from(packed.p, n), &back));
	buf_put_char(&packed, 0);
	assert_false(outcome_unpack(buf_str(&packed), &back));
	packed.p[0] = 2;
	assert_false(outcome_unpack(str_from(packed.p, packed.n - 1), &back));
	buf_release(&packed);
}

/* One octet of an empty outcome changed: refused, or another outcome that packs to these octets. */
static void run_every_octet(const void *row)
{
	struct outcome o = empty(), back;
	struct buf packed, again;
	size_t refused = 0;

	(void)row;
	pack(&o, &packed);
	for (size_t i = 0; i < packed.n; i++) {
		packed.p[i] = (char)0xfe;
		if (outcome_unpack(buf_str(&packed), &back)) {
			pack(&back, &again);
			assert_true(str_eq(buf_str(&packed), buf_str(&again)));
			buf_release(&again);
		} else {
			refused++;
		}
		packed.p[i] = i ? 0 : 1;
	}
	assert_true(refused > 2 * 30); /* sizes of texts, flags, counts, the version, the sign of the size */
	buf_release(&packed);
}

static const struct cut_row {
	const char *name;
	const char *character; /* repeated behind `before` octets of "a" */
	size_t before, want;
} cuts[] = {
	{"a text is cut at the octet", "b", 0, 512},
	{"a text is not cut through a character of three octets", "\xe5\x8d\xb0", 0, 510},
	{"a character that ends at the limit stays whole", "\xe5\x8d\xb0", 2, 512},
	{"a text is not cut through a character of four octets", "\xf0\x9f\x98\x80", 1, 509},
	{"octets that are no characters are cut at the limit", "\x80", 0, 512},
};

static void run_cut(const void *row)
{
	const struct cut_row *r = row;
	char text[600];
	size_t n = strlen(r->character);
	struct outcome o = {.helo = str_from(text, sizeof(text))}, back;
	struct buf packed;

	memset(text, 'a', sizeof(text));
	for (size_t at = r->before; at + n <= sizeof(text); at += n)
		memcpy(text + at, r->character, n);
	pack(&o, &packed);
	assert_true(outcome_unpack(buf_str(&packed), &back));
	assert_int_equal(back.helo.n, r->want);
	buf_release(&packed);
}

static void run_small_buffer(const void *row)
{
	struct outcome o = outcome_inbound();
	struct buf packed;

	(void)row;
	buf_init(&packed, 100);
	outcome_pack(&o, &packed);
	assert_int_equal(buf_error(&packed), INKAN_ELIMIT);
	buf_release(&packed);
}

/* ---- lines ---- */

static struct outcome hostile(void)
{
	struct outcome o = {.direction = STR("inbound"), .queue_id = STR("A\nB")};

	o.message_id = STR("<x> action=accept");
	o.helo = STR("a\"b\\c\x1b[31m");
	o.mail_from = STR("no address");
	o.from_address = STR("a@b@\xff.example");
	o.verdict = STR("\xe2\x80\xae");
	o.action = STR("tag");
	return o;
}

static const struct line {
	const char *name;
	struct outcome (*make)(void);
	bool addresses;
	const char *want;
} lines[] = {
	{"a line of an incoming message", outcome_inbound, true,
         "inbound 4F3A2B1C0D from=alice@example.com mail_from=<bounce@bounces.example.net> to=<bob@example.org> "
         "client=192.0.2.7 helo=mail.example.net message_id=<one@example.com> spf=pass/bounces.example.net "
         "dkim=pass/example.net dkim=fail/example.com arc=none dmarc=fail/example.com policy=reject "
         "override=local_policy verdict=fail action=tag reason=\"the policy of the domain is not followed\" removed=1 "
         "size=4321 ms=1.2"},
	{"a line of an outgoing message, domains only", outcome_outbound, false,
         "outbound 5A5A5A5A5A from=*@example.org mail_from=*@example.org to=*@example.com client=198.51.100.9 "
         "helo=laptop login=*@example.org message_id=<two@example.org> signed=example.org/r1 signed=example.org/e1 "
         "action=tag size=999 ms=0.8"},
	{"a line of a hostile message", hostile, false,
         "inbound A\\nB from=*@\\xff.example mail_from=* helo=\"a\\\"b\\\\c\\x1b[31m\" "
         "message_id=\"<x> action=accept\" verdict=\\u{202e} action=tag size=0 ms=0.0"},
	{"a line of nothing", empty, true, "message - size=0 ms=0.0"},
};

static void run_line(const void *row)
{
	const struct line *r = row;
	struct outcome o = r->make();
	struct buf line;

	buf_init(&line, 1 << 16);
	outcome_line(&o, false, r->addresses, &line);
	buf_put_char(&line, '\0');
	assert_int_equal(buf_error(&line), INKAN_OK);
	assert_string_equal(line.p, r->want);
	buf_release(&line);
}

static json_t *json_of(struct outcome o, bool addresses)
{
	struct buf line;

	buf_init(&line, 1 << 20);
	outcome_line(&o, true, addresses, &line);
	for (size_t i = 0; i < line.n; i++)
		assert_true((unsigned char)line.p[i] >= 0x20);
	json_t *json = json_loadb(line.p, line.n, JSON_REJECT_DUPLICATES, NULL);

	buf_release(&line);
	assert_non_null(json);
	return json;
}

static const char *member(const json_t *json, const char *name)
{
	const char *text = json_string_value(json_object_get(json, name));

	return text ? text : "";
}

static void run_json(const void *row)
{
	json_t *json = json_of(outcome_inbound(), true), *dkim = json_object_get(json, "dkim");

	(void)row;
	assert_string_equal(member(json, "time"), "2026-11-22T09:30:00.250000Z");
	assert_string_equal(member(json, "from_address"), "alice@example.com");
	assert_string_equal(member(json, "dmarc_record"), "v=DMARC1; p=reject; rua=mailto:d@example.com");
	assert_int_equal(json_integer_value(json_object_get(json, "size")), 4321);
	assert_int_equal(json_array_size(dkim), 2);
	assert_string_equal(member(json_array_get(dkim, 1), "cause"), "body_hash_mismatch");
	assert_true(json_is_true(json_object_get(json_array_get(dkim, 1), "aligned")));
	assert_null(json_object_get(json, "login"));
	json_decref(json);
}

static void run_json_masked(const void *row)
{
	json_t *json = json_of(outcome_outbound(), false);

	(void)row;
	assert_string_equal(member(json, "from_address"), "*@example.org");
	assert_string_equal(member(json, "mail_from"), "*@example.org");
	assert_string_equal(member(json, "recipient"), "*@example.com");
	assert_string_equal(member(json, "login"), "*@example.org");
	assert_int_equal(json_array_size(json_object_get(json, "signatures")), 2);
	json_decref(json);
	json_decref(json_of(hostile(), true));
	json_decref(json_of(filled(0), false));
}

static const struct moment {
	const char *name;
	int64_t time;
	const char *want;
} moments[] = {
	{"time with its fraction", 1795339800000001, "2026-11-22T09:30:00.000001Z"},
	{"time before 1970", -1, "1969-12-31T23:59:59.999999Z"},
	{"time beyond all calendars", INT64_MAX, "9223372036854"},
};

static void run_moment(const void *row)
{
	const struct moment *r = row;
	struct buf out;

	buf_init(&out, 100);
	outcome_time(r->time, &out);
	assert_true(str_eq(buf_str(&out), str_c(r->want)));
	buf_release(&out);
}

int main(void)
{
	struct test_list list = {0};

	TEST_TABLE(&list, wholes, run_whole);
	test_add(&list, "what is longer than the limits is cut to them", run_longer, NULL);
	test_add(&list, "every cut and every addition is refused", run_every_prefix, NULL);
	test_add(&list, "every octet that is read matters", run_every_octet, NULL);
	TEST_TABLE(&list, cuts, run_cut);
	test_add(&list, "a buffer that is too small says so", run_small_buffer, NULL);
	TEST_TABLE(&list, lines, run_line);
	test_add(&list, "a JSON line", run_json, NULL);
	test_add(&list, "JSON lines with domains only, and of hostile messages", run_json_masked, NULL);
	TEST_TABLE(&list, moments, run_moment);
	return test_run(&list, "store/outcome");
}

/* Named limits of the DKIM room, at n and at n+1. */
#include "dkim/mail.h"
#include "dkim/verify.h"
#include "sig/signature.h"
#include "support/case.h"

/* ---- limits ---- */

static const struct limit_row {
	const char *name;
	size_t names, padding, record_size, rsa_bits;
	enum dkim_fault_id fault;
} limit_rows[] = {
	{"1,000 names in h=", .names = DKIM_HEADER_NAMES_MAX},
	{"1,001 names in h=", .names = DKIM_HEADER_NAMES_MAX + 1, .fault = DKIM_FAULT_TOO_MANY_NAMES},
	{"10,000 names in h=", .names = 10000, .fault = DKIM_FAULT_TOO_MANY_NAMES},
	{"a field of 65,536 octets", .padding = DKIM_SIGNATURE_FIELD_MAX},
	{"a field of 65,537 octets", .padding = DKIM_SIGNATURE_FIELD_MAX + 1, .fault = DKIM_FAULT_FIELD_SIZE},
	{"a record of 8,192 octets", .record_size = DKIM_KEY_RECORD_MAX},
	{"a record of 8,193 octets", .record_size = DKIM_KEY_RECORD_MAX + 1, .fault = DKIM_FAULT_KEY_SIZE},
	{"a record of 65,000 octets", .record_size = 65000, .fault = DKIM_FAULT_KEY_SIZE},
};

static void run_limit(const void *row)
{
	const struct limit_row *r = row;
	struct zone_row zone = {KEY_NAME, forge_record(FORGE_RSA2048), 0};
	struct buf field, record, message;
	struct judged j;

	buf_init(&field, 1024 * 1024);
	buf_init(&record, 100000);
	buf_init(&message, 1024 * 1024);
	buf_put_c(&field, "DKIM-Signature: v=1; a=rsa-sha256; d=example.com; s=s1; bh=@bh@; h=from");
	for (size_t i = 1; i < r->names; i++)
		buf_put_c(&field, ":x");
	if (r->padding)
		buf_put_c(&field, "; z=");
	for (size_t n = field.n + 4 + 344 + 44 - 4; n < r->padding; n++) /* b= still to come, @bh@ and @b@ replaced */
		buf_put_char(&field, 'z');
	buf_put_c(&field, "; b=@b@");
	buf_put_char(&field, '\0');
	buf_put_c(&record, zone.text);
	buf_put_c(&record, r->record_size ? "; n=" : "");
	while (record.n < r->record_size)
		buf_put_char(&record, 'n');
	buf_put_char(&record, '\0');
	zone.text = record.p;
	forge(&message, field.p, FORGE_RSA2048, STR(MAIL));
	if (r->padding)
		assert_int_equal(str_search(buf_str(&message), STR("\r\nFrom:")), r->padding);
	judge(&j, NULL, buf_str(&message), &zone, 1);
	assert_fault(&j.results[0], r->fault);
	judged_release(&j);
	buf_release(&field);
	buf_release(&record);
	buf_release(&message);
}

/* An RSA key of so many bits that need not have factors: whether it is looked at at all. */
static void run_long_key(const void *row)
{
	(void)row;
	for (unsigned bits = 8192; bits <= 8193; bits++) {
		char record[3000];
		struct zone_row zone = {KEY_NAME, record, 0};
		struct buf message;
		struct judged j;

		forge_fake_rsa_record(record, sizeof record, bits);
		buf_init(&message, 100000);
		forge(&message, USUAL, FORGE_RSA2048, STR(MAIL));
		judge(&j, NULL, buf_str(&message), &zone, 1);
		assert_fault(&j.results[0], bits == 8192 ? DKIM_FAULT_OTHER_KEY : DKIM_FAULT_KEY_TOO_LONG);
		assert_int_equal(j.results[0].key_bits, bits == 8192 ? 8192 : 0);
		judged_release(&j);
		buf_release(&message);
	}
}

int main(void)
{
	struct test_list list = {0};

	TEST_TABLE(&list, limit_rows, run_limit);
	test_add(&list, "V18 RSA of 8,192 bits, and of 8,193", run_long_key, NULL);
	return test_run(&list, "dkim/limits");
}

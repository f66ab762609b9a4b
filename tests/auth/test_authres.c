/* The public functions on Authentication-Results (RULES R2 to R6). */
#include "inkan/authres.h"

#include "support/alloc.h"
#include "support/case.h"

#define MESSAGE                                                                                               \
	"Received: from a.example by mx.example.com; x\r\n"                                                   \
	"Authentication-Results: mx.example.com; dkim=fail (body hash did not verify) header.d=a.example\r\n" \
	"authentication-results : \"MX.example.com.\"; dkim=pass\r\n"                                         \
	"Authentication-Results: elsewhere.example; dkim=pass\r\nFrom: a@a.example\r\n\r\nbody\r\n"

static const char *const ids[] = {"mx.example.com"};

static void run_read(const void *row)
{
	struct inkan_authres *r = NULL;
	const char value[] = " mx.example.com; DKIM=Fail reason=\"a\0\x1b\" (one) (two) Header.d=A.example; spf/2=pass";

	(void)row;
	assert_int_equal(inkan_authres_read(value, sizeof value - 1, &r), INKAN_OK);
	assert_true(r->valid && r->strict && r->version == 1 && !r->none);
	assert_string_equal(r->authserv_id, "mx.example.com");
	assert_int_equal(r->result_count, 2);
	assert_string_equal(r->results[0].method, "dkim");
	assert_string_equal(r->results[0].result, "fail");
	assert_string_equal(r->results[0].reason, "a??");
	assert_string_equal(r->results[0].comment, "one two");
	assert_int_equal(r->results[0].property_count, 1);
	assert_string_equal(r->results[0].properties[0].name, "header.d");
	assert_string_equal(r->results[0].properties[0].value, "A.example");
	assert_int_equal(r->results[1].method_version, 2);
	inkan_authres_free(r);
	assert_int_equal(inkan_authres_read("spf=pass smtp.mailfrom=a.example;", 33, &r), INKAN_OK);
	assert_true(r->valid && !r->strict && r->authserv_id[0] == '\0' && r->trouble[0]);
	inkan_authres_free(r);
	assert_int_equal(inkan_authres_read("mx.example.com; dkim", 20, &r), INKAN_OK);
	assert_true(!r->valid && r->position == 20);
	inkan_authres_free(r);
	assert_int_equal(inkan_authres_read(NULL, 0, &r), INKAN_OK);
	assert_false(r->valid);
	inkan_authres_free(r);
	inkan_authres_free(NULL);
}

static void run_message(const void *row)
{
	struct inkan_message_options options;
	struct inkan_context *context;
	struct inkan_message *m;
	const struct inkan_forged_field *forged;
	struct inkan_authres *r = NULL;
	size_t count;

	(void)row;
	inkan_message_options_init(&options);
	assert_int_equal(inkan_context_new(&context), INKAN_OK);
	assert_int_equal(inkan_message_new(context, &options, &m), INKAN_OK);
	assert_int_equal(inkan_message_forged_fields(m, ids, 1, &forged, &count), INKAN_EUSAGE);
	assert_int_equal(inkan_message_trusted_results(m, ids, 1, &r), INKAN_EUSAGE);
	assert_int_equal(inkan_message_write(m, MESSAGE, sizeof MESSAGE - 1), INKAN_OK);
	assert_int_equal(inkan_message_forged_fields(m, ids, 1, &forged, &count), INKAN_OK);
	assert_int_equal(count, 2);
	assert_true(forged[0].index == 2 && forged[1].index == 1);
	assert_int_equal(inkan_message_forged_fields(m, NULL, 0, &forged, &count), INKAN_OK);
	assert_int_equal(count, 0);
	assert_int_equal(inkan_message_trusted_results(m, ids, 1, &r), INKAN_OK);
	assert_string_equal(r->results[0].comment, "body hash did not verify");
	inkan_authres_free(r);
	assert_int_equal(inkan_message_trusted_results(m, NULL, 0, &r), INKAN_OK);
	assert_null(r);
	inkan_message_free(m);
	inkan_context_free(context);
}

static void run_no_memory(const void *row)
{
	bool reached = true;

	(void)row;
	for (size_t n = 1; reached; n++) {
		struct inkan_authres *r = NULL;

		alloc_fail_at(n);
		int error = inkan_authres_read("mx.example.com; dkim=pass header.d=x", 36, &r);

		reached = alloc_count() >= n;
		alloc_fail_at(0);
		assert_int_equal(error, reached ? INKAN_ENOMEM : INKAN_OK);
		inkan_authres_free(r);
	}
}

int main(void)
{
	struct test_list list = {0};

	test_add(&list, "R2 R6 a field is read into safe strings", run_read, NULL);
	test_add(&list, "R3 R4 R5 what is forged in a message, what may be believed", run_message, NULL);
	test_add(&list, "no memory", run_no_memory, NULL);
	return test_run(&list, "auth/authres");
}

/* Requests and answers as octets: there and back, and nothing else is taken. */
#include <string.h>

#include "server/key_protocol.h"
#include "support/case.h"

enum { ASK, ANSWER };

static const struct cut_row {
	const char *name;
	int kind;
	enum key_question question;
	size_t size;   /* of the signature */
	int error;     /* of the answer */
	size_t octets; /* in all */
	bool taken;
} cuts[] = {
	{"a request to sign", ASK, KEY_SIGN, 0, 0, 46, true},
	{"a request to describe", ASK, KEY_DESCRIBE, 0, 0, 14, true},
	{"an answer of an Ed25519 key", ANSWER, KEY_SIGN, 64, 0, 75, true},
	{"an answer of 63 octets", ANSWER, KEY_SIGN, 63, 0, 74, false},
	{"an answer of an RSA key of 8,192 bits", ANSWER, KEY_SIGN, 1024, 0, 1035, true},
	{"an answer that describes", ANSWER, KEY_DESCRIBE, 0, 0, 14, true},
	{"an answer that is an error", ANSWER, KEY_SIGN, 64, INKAN_EUSAGE, 11, true},
	{"an answer that is the last error", ANSWER, KEY_DESCRIBE, 0, INKAN_EREFUSED, 11, true},
	{"an answer that is an error unknown", ANSWER, KEY_DESCRIBE, 0, INKAN_EREFUSED - 1, 11, false},
};

static size_t pack(const struct cut_row *r, unsigned char *out)
{
	struct key_ask ask = {.question = r->question, .key = 0x01020304, .id = 0x1122334455667788};
	struct key_answer answer = {.question = r->question,
	                            .id = 0x1122334455667788,
	                            .error = r->error,
	                            .size = r->size,
	                            .algorithm = INKAN_ED25519_SHA256,
	                            .bits = 256};

	memset(ask.digest, 0xa5, sizeof ask.digest);
	memset(answer.signature, 0x5a, sizeof answer.signature);
	return r->kind == ASK ? key_ask_pack(&ask, out) : key_answer_pack(&answer, out);
}

static bool unpack(const struct cut_row *r, const unsigned char *octets, size_t n)
{
	struct key_answer answer;
	struct key_ask ask;

	if (r->kind == ASK) {
		if (!key_ask_unpack(octets, n, &ask))
			return false;
		assert_int_equal(ask.question, r->question);
		assert_int_equal(ask.key, 0x01020304);
		assert_true(ask.id == 0x1122334455667788);
		assert_int_equal(ask.digest[31], r->question == KEY_SIGN ? 0xa5 : 0);
		return true;
	}
	if (!key_answer_unpack(octets, n, &answer))
		return false;
	assert_int_equal(answer.question, r->question);
	assert_true(answer.id == 0x1122334455667788);
	assert_int_equal(answer.error, r->error);
	return true;
}

/* As it is; one octet less and one more; another version; another question. */
static void run_cut(const void *row)
{
	const struct cut_row *r = row;
	unsigned char octets[KEY_ANSWER_MAX + 1] = {0};
	size_t n = pack(r, octets);
	bool has_room = r->kind == ANSWER && !r->error && r->question == KEY_SIGN && r->size;

	assert_int_equal(n, r->octets);
	assert_int_equal(unpack(r, octets, n), r->taken);
	if (!has_room || r->size == KEY_SIGNATURE_SIZE_MIN)
		assert_false(unpack(r, octets, n - 1));
	if (!has_room || r->size == KEY_SIGNATURE_SIZE_MAX)
		assert_false(unpack(r, octets, n + 1));
	assert_false(unpack(r, octets, 0));
	octets[0] = 2;
	assert_false(unpack(r, octets, n));
	octets[0] = 1;
	octets[1] = 3;
	assert_false(unpack(r, octets, n));
}

/* What is no request, but has its head, can be answered. */
static void run_id(const void *row)
{
	unsigned char octets[KEY_ASK_MAX];
	struct key_ask ask = {.question = KEY_DESCRIBE, .id = 4711};
	size_t n = key_ask_pack(&ask, octets);

	(void)row;
	octets[1] = 9;
	assert_false(key_ask_unpack(octets, n, &ask));
	assert_int_equal(ask.id, 4711);
	assert_int_equal(ask.question, KEY_SIGN);
	assert_false(key_ask_unpack(octets, n - 1, &ask));
	assert_int_equal(ask.id, 0);
}

int main(void)
{
	struct test_list list = {0};

	TEST_TABLE(&list, cuts, run_cut);
	test_add(&list, "a head without a request", run_id, NULL);
	return test_run(&list, "server/key_protocol");
}

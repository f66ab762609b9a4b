/* What the registrar is asked and says, octet by octet. */
#include <string.h>

#include "server/identity_protocol.h"
#include "support/case.h"

static unsigned char octets[IDENTITY_ANSWER_MAX + 1];
static char long_text[SEALED_KEY_MAX + 2];

/* ---- requests ---- */

static const struct ask_row {
	const char *name;
	size_t address, domain; /* octets */
	bool fine;
} asks[] = {
	{"a domain of 253 octets, an address of 320", 320, 253, true},
	{"an address of 321 octets", 321, 20, false},
	{"a domain of 254 octets", 0, 254, false},
	{"no address", 0, 11, true},
	{"no domain", 20, 0, false},
};

/* Written by hand, as the packer is not made for what is too long. */
static void run_ask(const void *row)
{
	const struct ask_row *r = row;
	struct identity_ask ask;
	size_t n = 12 + r->address + r->domain;
	unsigned char again[IDENTITY_ASK_MAX];

	memset(octets, 'x', sizeof octets);
	memcpy(octets, (unsigned char[]){1, IDENTITY_SIGNERS, 1, 2, 3, 4, 5, 6, 7, 8}, 10);
	octets[10] = (unsigned char)(r->address >> 8);
	octets[11] = (unsigned char)r->address;
	assert_int_equal(identity_ask_unpack(octets, n, &ask), r->fine);
	assert_true(ask.id == 0x0102030405060708);
	if (!r->fine)
		return;
	assert_int_equal(ask.address.n, r->address);
	assert_int_equal(ask.domain.n, r->domain);
	assert_int_equal(identity_ask_pack(&ask, again), n);
	assert_memory_equal(again, octets, n);
}

static const struct {
	const char *name;
	size_t n;
	unsigned char octets[16];
} bad_asks[] = {
	{"nothing", 0, {0}},
	{"a head that is cut", 9, {1, IDENTITY_KEY}},
	{"another version", 14, {2, IDENTITY_KEY}},
	{"another question", 14, {1, 3}},
	{"a key number that is cut", 13, {1, IDENTITY_KEY}},
	{"a key number and more", 15, {1, IDENTITY_KEY}},
	{"no size of the address", 11, {1, IDENTITY_SIGNERS}},
};

static void run_bad_asks(const void *row)
{
	struct identity_ask ask;

	(void)row;
	for (size_t i = 0; i < sizeof bad_asks / sizeof *bad_asks; i++)
		assert_false(identity_ask_unpack(bad_asks[i].octets, bad_asks[i].n, &ask));
}

/* ---- answers ---- */

enum { FIRST_SIGNER = IDENTITY_ANSWER_HEAD + 1 /* octet, where no MAIL FROM domain has failed */ };

static void fill(struct identity_answer *answer, size_t count, size_t text)
{
	*answer = (struct identity_answer){.question = IDENTITY_SIGNERS, .id = 77, .author = {.count = count}};
	for (size_t i = 0; i < count; i++) {
		struct identity_signer *s = &answer->author.signers[i];

		s->key = 0x7fffff00 + (uint32_t)i;
		s->algorithm = i % 2 ? IDENTITY_ED25519 : IDENTITY_RSA;
		memset(s->selector, 's', text);
		memset(s->domain, 'd', text);
	}
}

static void run_signers(const void *row)
{
	struct identity_answer answer, back;

	(void)row;
	for (size_t count = 0; count <= IDENTITY_SIGNERS_MAX; count++) {
		fill(&answer, count, count % 2 ? 255 : 1);
		size_t n = identity_answer_pack(&answer, octets);

		assert_true(identity_answer_unpack(octets, n, &back));
		assert_int_equal(back.author.count, count);
		assert_true(back.id == 77 && back.error == INKAN_OK);
		for (size_t i = 0; i < count; i++) {
			assert_int_equal(back.author.signers[i].key, answer.author.signers[i].key);
			assert_int_equal(back.author.signers[i].algorithm, answer.author.signers[i].algorithm);
			assert_string_equal(back.author.signers[i].selector, answer.author.signers[i].selector);
			assert_string_equal(back.author.signers[i].domain, answer.author.signers[i].domain);
		}
		for (size_t cut = 1; count && cut < 5; cut++)
			assert_false(identity_answer_unpack(octets, n - cut, &back));
	}
	/* one more than there may be */
	fill(&answer, IDENTITY_SIGNERS_MAX, 1);
	size_t n = identity_answer_pack(&answer, octets), one = (n - FIRST_SIGNER) / IDENTITY_SIGNERS_MAX;

	memcpy(octets + n, octets + FIRST_SIGNER, one);
	assert_false(identity_answer_unpack(octets, n + one, &back));
}

static void run_odd_signers(const void *row)
{
	struct identity_answer answer, back;
	size_t n;

	(void)row;
	fill(&answer, 1, 3);
	n = identity_answer_pack(&answer, octets);
	octets[FIRST_SIGNER + 4] = IDENTITY_ED25519 + 1;
	assert_false(identity_answer_unpack(octets, n, &back));
	n = identity_answer_pack(&answer, octets);
	octets[FIRST_SIGNER + 6] = 0; /* in the selector */
	assert_false(identity_answer_unpack(octets, n, &back));
	n = identity_answer_pack(&answer, octets);
	octets[FIRST_SIGNER + 5] = 0; /* its size */
	assert_false(identity_answer_unpack(octets, n, &back));
	n = identity_answer_pack(&answer, octets);
	octets[10] = 8; /* an error that there is none */
	assert_false(identity_answer_unpack(octets, n, &back));
	octets[10] = 4; /* an error, and something behind it */
	assert_false(identity_answer_unpack(octets, n, &back));
	assert_true(identity_answer_unpack(octets, IDENTITY_ANSWER_HEAD, &back) && back.error == -4);
}

static void fill_failed(struct identity_answer *answer, size_t count, size_t text)
{
	fill(answer, 2, 10);
	answer->author.failed_count = count;
	for (size_t i = 0; i < count; i++) {
		answer->author.failed[i].behaviour = i % 2 ? MX_FAILURE_REJECT : MX_FAILURE_DEFAULT;
		memset(answer->author.failed[i].domain, 'm', text);
	}
}

static void run_failed(const void *row)
{
	struct identity_answer answer, back;

	(void)row;
	for (size_t count = 0; count <= IDENTITY_FAILED_MAX; count++) {
		fill_failed(&answer, count, count % 2 ? 255 : 1);
		size_t n = identity_answer_pack(&answer, octets);

		assert_true(identity_answer_unpack(octets, n, &back));
		assert_int_equal(back.author.failed_count, count);
		assert_int_equal(back.author.count, 2);
		for (size_t i = 0; i < count; i++) {
			assert_int_equal(back.author.failed[i].behaviour, answer.author.failed[i].behaviour);
			assert_string_equal(back.author.failed[i].domain, answer.author.failed[i].domain);
		}
		assert_false(identity_answer_unpack(octets, n - 1, &back));
	}
	fill_failed(&answer, 1, 3);
	size_t n = identity_answer_pack(&answer, octets);

	octets[IDENTITY_ANSWER_HEAD + 1] = MX_FAILURE_REJECT + 1;
	assert_false(identity_answer_unpack(octets, n, &back));
	octets[IDENTITY_ANSWER_HEAD + 1] = MX_FAILURE_REJECT;
	assert_true(identity_answer_unpack(octets, n, &back));
	octets[IDENTITY_ANSWER_HEAD] = 4; /* more than there are */
	assert_false(identity_answer_unpack(octets, n, &back));
	/* one more than there may be */
	octets[IDENTITY_ANSWER_HEAD] = IDENTITY_FAILED_MAX + 1;
	for (size_t i = 0; i <= IDENTITY_FAILED_MAX; i++)
		memcpy(octets + IDENTITY_ANSWER_HEAD + 1 + 3 * i, (unsigned char[]){0, 1, 'm'}, 3);
	assert_false(identity_answer_unpack(octets, IDENTITY_ANSWER_HEAD + 1 + 3 * (IDENTITY_FAILED_MAX + 1), &back));
	octets[IDENTITY_ANSWER_HEAD] = IDENTITY_FAILED_MAX;
	assert_true(identity_answer_unpack(octets, IDENTITY_ANSWER_HEAD + 1 + 3 * IDENTITY_FAILED_MAX, &back));
	assert_false(identity_answer_unpack(octets, IDENTITY_ANSWER_HEAD, &back)); /* no number of them */
}

/* The largest answer there is fits. */
static void run_largest(const void *row)
{
	struct identity_answer answer;

	(void)row;
	fill_failed(&answer, IDENTITY_FAILED_MAX, 255);
	fill(&answer, IDENTITY_SIGNERS_MAX, 255);
	answer.author.failed_count = IDENTITY_FAILED_MAX;
	for (size_t i = 0; i < IDENTITY_FAILED_MAX; i++)
		memset(answer.author.failed[i].domain, 'm', 255);
	assert_int_equal(identity_answer_pack(&answer, octets), IDENTITY_AUTHOR_MAX);
}

static void run_sealed(const void *row)
{
	struct identity_answer answer = {.question = IDENTITY_KEY, .id = 5}, back;

	(void)row;
	memset(long_text, 'k', sizeof long_text);
	answer.sealed = str_from(long_text, SEALED_KEY_MAX);
	size_t n = identity_answer_pack(&answer, octets);

	assert_true(identity_answer_unpack(octets, n, &back));
	assert_true(str_eq(back.sealed, answer.sealed));
	octets[n] = 'k';
	assert_false(identity_answer_unpack(octets, n + 1, &back));
	assert_false(identity_answer_unpack(octets, IDENTITY_ANSWER_HEAD, &back));
}

int main(void)
{
	struct test_list list = {0};

	TEST_TABLE(&list, asks, run_ask);
	test_add(&list, "requests that are none", run_bad_asks, NULL);
	test_add(&list, "answers with none to eight signers, whole and cut; nine are refused", run_signers, NULL);
	test_add(&list, "answers with odd octets are refused", run_odd_signers, NULL);
	test_add(&list,
	         "S3-17 answers with none to eight failed MAIL FROM domains, whole, cut and odd; nine are refused",
	         run_failed, NULL);
	test_add(&list, "the largest answer about an author", run_largest, NULL);
	test_add(&list, "a sealed key of the largest size; one octet more, and none, are refused", run_sealed, NULL);
	return test_run(&list, "server/identity_protocol");
}

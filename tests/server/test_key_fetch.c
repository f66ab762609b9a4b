/* Keys of the store in the key process: this program is the registrar that has them sealed, and the clock goes on by itself. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "crypto/seal.h"
#include "server/identity_protocol.h"
#include "server/key_fetch.h"
#include "support/case.h"

static const char MASTER[] = "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f\n";
static const char OTHER_MASTER[] = "ff0102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f\n";

static struct crypto *crypto;
static struct private_key *key;
static char folder[] = "/tmp/inkan-test-key-fetch-XXXXXX";
static char master[sizeof folder + 20];

/* ---- one thread of the key process ---- */

struct rig {
	struct key_vault *vault;
	struct key_fetch *fetch;
	struct metrics *metrics;
	int ours, theirs;
	struct key_answer last; /* that came later */
	size_t came;
};

static void write_file(const char *path, const char *text, mode_t mode)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, mode);

	assert_true(fd >= 0 && fchmod(fd, mode) == 0);
	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
	close(fd);
}

static void rig_open(struct rig *r, const char *path)
{
	int ends[2];

	*r = (struct rig){.metrics = metrics_new()};
	assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, ends), 0);
	r->ours = ends[0];
	r->theirs = ends[1];
	assert_int_equal(key_vault_new(crypto, path, 0, r->metrics, &r->vault), INKAN_OK);
	assert_int_equal(key_fetch_new(r->vault, r->ours, &r->fetch), INKAN_OK);
}

static void rig_close(struct rig *r)
{
	key_fetch_free(r->fetch);
	key_vault_free(r->vault);
	metrics_free(r->metrics);
	close(r->ours);
	close(r->theirs);
}

/* Who asks with such an id. */
static int asker(uint64_t id)
{
	return 100 + (int)id;
}

static void on_answer(void *context, int from, const struct key_answer *answer)
{
	struct rig *r = context;

	assert_int_equal(from, asker(answer->id));
	r->last = *answer;
	r->came++;
}

static bool sign(struct rig *r, uint32_t number, uint64_t id, struct key_answer *out)
{
	const struct key_ask ask = {.question = KEY_SIGN, .key = KEY_OF_STORE | number, .id = id, .digest = {9}};

	return key_fetch_sign(r->fetch, &ask, asker(id), out);
}

/* The next request that lies in the registrar's socket. */
static bool take(struct rig *r, struct identity_ask *out)
{
	static unsigned char octets[IDENTITY_ASK_MAX];
	ssize_t n = recv(r->theirs, octets, sizeof octets, MSG_DONTWAIT);

	return n > 0 && identity_ask_unpack(octets, (size_t)n, out);
}

static void seal(uint32_t number, struct buf *out)
{
	unsigned char seed[SEAL_KEY_SIZE], public_half[SEAL_KEY_SIZE], secret[SEAL_KEY_SIZE], ephemeral[32] = {5};
	struct buf pem;
	char context[16];

	for (unsigned char i = 0; i < sizeof seed; i++)
		seed[i] = i;
	assert_int_equal(seal_keys(seed, public_half, secret), INKAN_OK);
	snprintf(context, sizeof context, "%u", number);
	buf_init(&pem, SEALED_KEY_MAX);
	buf_init(out, SEALED_KEY_MAX);
	assert_int_equal(private_key_to_pem(key, &pem), INKAN_OK);
	assert_int_equal(seal_close(public_half, ephemeral, str_c(context), buf_str(&pem), out), INKAN_OK);
	buf_release(&pem);
}

/* error INKAN_OK: with the key sealed as number `sealed_as`. */
static void answer(struct rig *r, const struct identity_ask *ask, int error, uint32_t sealed_as)
{
	static unsigned char octets[IDENTITY_ANSWER_MAX];
	struct identity_answer said = {.question = IDENTITY_KEY, .id = ask->id, .error = error};
	struct buf sealed;

	seal(sealed_as, &sealed);
	said.sealed = buf_str(&sealed);
	size_t n = identity_answer_pack(&said, octets);

	assert_int_equal(send(r->theirs, octets, n, 0), n);
	key_fetch_read(r->fetch, on_answer, r);
	buf_release(&sealed);
}

static void check_signature(const struct key_answer *said)
{
	struct digest_value digest = {.octets = {9}, .n = 32};
	struct public_key *half = NULL;
	bool valid = false;

	assert_int_equal(said->error, INKAN_OK);
	assert_int_equal(private_key_public(crypto, key, &half), INKAN_OK);
	assert_int_equal(public_key_verify(crypto, half, DIGEST_SHA256, &digest,
	                                   str_from((const char *)said->signature, said->size), &valid),
	                 INKAN_OK);
	assert_true(valid);
	public_key_unref(half);
}

/* ---- cases ---- */

static void run_fetch(const void *row)
{
	struct identity_ask ask;
	struct key_answer said;
	struct rig r;

	(void)row;
	rig_open(&r, master);
	assert_int_equal(key_fetch_look_after(r.fetch, on_answer, &r), -1);
	assert_false(sign(&r, 7, 1, &said));
	assert_false(sign(&r, 7, 2, &said));
	assert_false(sign(&r, 7, 2, &said)); /* sent again by the filter */
	assert_true(key_fetch_look_after(r.fetch, on_answer, &r) > 0);
	assert_true(take(&r, &ask) && ask.question == IDENTITY_KEY && ask.key == 7);
	assert_false(take(&r, &(struct identity_ask){0})); /* asked once for all */
	answer(&r, &ask, INKAN_OK, 7);
	assert_int_equal(r.came, 2);
	check_signature(&r.last);
	assert_true(sign(&r, 7, 3, &said)); /* now it is there */
	check_signature(&said);
	assert_true(said.id == 3);
	assert_int_equal(metrics_read(r.metrics, METRIC_KEY_FETCHES), 1);
	assert_int_equal(metrics_read(r.metrics, METRIC_STORE_KEYS), 1);
	answer(&r, &ask, INKAN_OK, 7); /* once more: nobody waits */
	assert_int_equal(r.came, 2);
	rig_close(&r);
}

static const struct trouble_row {
	const char *name;
	int error;          /* of the registrar */
	uint32_t sealed_as; /* number */
	int wanted;
} troubles[] = {
	{"the registrar cannot ask the store", INKAN_EIO, 7, INKAN_EIO},
	{"the store has no such key", INKAN_EUSAGE, 7, INKAN_EUSAGE},
	{"a key that was sealed as another one", INKAN_OK, 8, INKAN_ECRYPTO},
};

static void run_trouble(const void *row)
{
	const struct trouble_row *t = row;
	struct identity_ask ask;
	struct key_answer said;
	struct rig r;

	rig_open(&r, master);
	assert_false(sign(&r, 7, 1, &said));
	assert_true(take(&r, &ask));
	answer(&r, &ask, t->error, t->sealed_as);
	assert_int_equal(r.came, 1);
	assert_int_equal(r.last.error, t->wanted);
	assert_int_equal(metrics_read(r.metrics, METRIC_KEY_FETCH_FAILURES), 1);
	assert_false(sign(&r, 7, 2, &said)); /* the next one asks again */
	assert_true(take(&r, &ask));
	answer(&r, &ask, INKAN_OK, 7);
	check_signature(&r.last);
	rig_close(&r);
}

static const struct master_row {
	const char *name, *text; /* NULL: no file */
	mode_t mode;
	bool awaited;
} masters[] = {
	{"no master key", NULL, 0, true},
	{"a master key that everybody may read", MASTER, 0644, false},
	{"a master key that is none", "secret\n", 0600, false},
};

static void run_master(const void *row)
{
	const struct master_row *m = row;
	char path[sizeof master + 10];
	struct key_answer said;
	struct rig r;

	(void)snprintf(path, sizeof path, "%s.odd", master);
	(void)unlink(path);
	if (m->text)
		write_file(path, m->text, m->mode);
	rig_open(&r, path);
	assert_int_equal(metrics_flag(r.metrics, FLAG_MASTER_KEY_AWAITED), m->awaited);
	assert_true(sign(&r, 7, 1, &said));
	assert_int_equal(said.error, INKAN_ECRYPTO);
	assert_false(take(&r, &(struct identity_ask){0}));
	rig_close(&r);
	(void)unlink(path);
}

static void run_other_master(const void *row)
{
	char path[sizeof master + 10];
	struct identity_ask ask;
	struct key_answer said;
	struct rig r;

	(void)row;
	(void)snprintf(path, sizeof path, "%s.other", master);
	write_file(path, OTHER_MASTER, 0600);
	rig_open(&r, path);
	assert_false(sign(&r, 7, 1, &said));
	assert_true(take(&r, &ask));
	answer(&r, &ask, INKAN_OK, 7);
	assert_int_equal(r.last.error, INKAN_ECRYPTO);
	rig_close(&r);
	(void)unlink(path);
}

static void run_limit(const void *row)
{
	struct identity_ask ask;
	struct key_answer said;
	struct rig r;

	(void)row;
	rig_open(&r, master);
	for (unsigned i = 0; i < KEY_FETCH_WAITING_MAX; i++)
		assert_false(sign(&r, 7, i, &said));
	assert_true(sign(&r, 7, KEY_FETCH_WAITING_MAX, &said));
	assert_int_equal(said.error, INKAN_ELIMIT);
	assert_true(take(&r, &ask));
	answer(&r, &ask, INKAN_OK, 7);
	assert_int_equal(r.came, KEY_FETCH_WAITING_MAX);
	check_signature(&r.last);
	rig_close(&r);
}

/* In the real time that it takes: it is asked again each KEY_FETCH_RETRY, and given up at the end. */
static void run_silence(const void *row)
{
	struct identity_ask ask;
	struct key_answer said;
	unsigned asked = 0;
	struct rig r;
	int wait;

	(void)row;
	rig_open(&r, master);
	assert_false(sign(&r, 7, 1, &said));
	while ((wait = key_fetch_look_after(r.fetch, on_answer, &r)) > 0) {
		while (take(&r, &ask))
			asked++;
		usleep((unsigned)wait * 1000);
	}
	assert_int_equal(r.came, 1);
	assert_int_equal(r.last.error, INKAN_EIO);
	assert_in_range(asked, KEY_FETCH_DEADLINE / KEY_FETCH_RETRY / 2, KEY_FETCH_DEADLINE / KEY_FETCH_RETRY + 1);
	answer(&r, &ask, INKAN_OK, 7); /* too late */
	assert_int_equal(r.came, 1);
	rig_close(&r);
}

static void run_not_to_sign(const void *row)
{
	const struct key_ask ask = {.question = KEY_DESCRIBE, .key = KEY_OF_STORE | 7, .id = 3};
	struct key_answer said;
	struct rig r;

	(void)row;
	rig_open(&r, master);
	assert_true(key_fetch_sign(r.fetch, &ask, 0, &said));
	assert_int_equal(said.error, INKAN_EUSAGE);
	rig_close(&r);
}

int main(void)
{
	struct test_list list = {0};

	if (!mkdtemp(folder) || crypto_new(&crypto) || private_key_generate_rsa(crypto, 2048, &key))
		return 1;
	(void)snprintf(master, sizeof master, "%s/master.key", folder);
	write_file(master, MASTER, 0600);
	test_add(&list, "two signatures wait for one key; the third has it at once", run_fetch, NULL);
	TEST_TABLE(&list, troubles, run_trouble);
	TEST_TABLE(&list, masters, run_master);
	test_add(&list, "another master key than that of the store", run_other_master, NULL);
	test_add(&list, "256 signatures wait, the 257th is refused", run_limit, NULL);
	test_add(&list, "a registrar that says nothing", run_silence, NULL);
	test_add(&list, "keys of the store are not described", run_not_to_sign, NULL);
	int failed = test_run(&list, "server/key_fetch");

	private_key_free(key);
	crypto_free(crypto);
	(void)unlink(master);
	(void)rmdir(folder);
	return failed;
}

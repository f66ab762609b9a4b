/* One crypto and one key, used by several threads at once: run under the thread sanitizer, too
 * (meson setup -Db_sanitize=thread). */
#include <pthread.h>

#include "crypto/fixture.h"

enum { THREADS = 4, ROUNDS = 300 };

struct shared {
	struct private_key *private_half;
	struct public_key *public_half;
	struct digest_value other; /* of no signature */
	pthread_barrier_t start;
};

struct worker {
	struct shared *shared;
	unsigned number;
	bool ok;
	pthread_t thread;
};

static bool sign_and_verify(const struct shared *s, struct digest *d, unsigned seed)
{
	struct digest_value digest, opened;
	unsigned char signature[KEY_SIGNATURE_MAX];
	size_t size;
	bool valid = false, other = true, is_open = true;
	bool is_rsa = public_key_type(s->public_half) == KEY_RSA;

	digest_start(d, DIGEST_SHA256);
	digest_update(d, str_from((const char *)&seed, sizeof(seed)));
	if (digest_finish(d, &digest) ||
	    private_key_sign(crypto, s->private_half, DIGEST_SHA256, &digest, signature, &size))
		return false;
	struct str text = str_from((const char *)signature, size);
	struct public_key *mine = public_key_ref(s->public_half);
	int error = public_key_verify(crypto, mine, DIGEST_SHA256, &digest, text, &valid);

	if (!error)
		error = public_key_verify(crypto, mine, DIGEST_SHA256, &s->other, text, &other);
	if (!error && is_rsa)
		error = public_key_open(crypto, mine, DIGEST_SHA256, text, &is_open, &opened);
	public_key_unref(mine);
	return !error && valid && !other && is_open && (!is_rsa || digest_value_eq(&opened, &digest));
}

static void *work(void *argument)
{
	struct worker *w = argument;
	struct digest *d;

	if (digest_new(crypto, &d))
		return NULL;
	pthread_barrier_wait(&w->shared->start);
	w->ok = true;
	for (unsigned i = 0; i < ROUNDS && w->ok; i++)
		w->ok = sign_and_verify(w->shared, d, w->number * ROUNDS + i);
	digest_free(d);
	return NULL;
}

static void run_threads(const void *row)
{
	struct shared shared = {.private_half = load_key(str_c(row)), .other = {.n = 32}};
	struct worker workers[THREADS];

	assert_int_equal(private_key_public(crypto, shared.private_half, &shared.public_half), INKAN_OK);
	assert_int_equal(pthread_barrier_init(&shared.start, NULL, THREADS), 0);
	for (unsigned i = 0; i < THREADS; i++) {
		workers[i] = (struct worker){.shared = &shared, .number = i};
		assert_int_equal(pthread_create(&workers[i].thread, NULL, work, &workers[i]), 0);
	}
	for (unsigned i = 0; i < THREADS; i++) {
		assert_int_equal(pthread_join(workers[i].thread, NULL), 0);
		assert_true(workers[i].ok);
	}
	pthread_barrier_destroy(&shared.start);
	public_key_unref(shared.public_half);
	private_key_free(shared.private_half);
}

/* The last reference may be given back by any thread. */
static void *give_back(void *k)
{
	public_key_unref(k);
	return NULL;
}

static void run_last_reference(const void *row)
{
	(void)row;
	for (int round = 0; round < 50; round++) {
		struct public_key *k = load_public_key(STR("rsa1024-pkcs1"));
		pthread_t threads[THREADS];

		for (size_t i = 0; i < THREADS; i++)
			assert_int_equal(pthread_create(&threads[i], NULL, give_back, public_key_ref(k)), 0);
		public_key_unref(k);
		for (size_t i = 0; i < THREADS; i++)
			assert_int_equal(pthread_join(threads[i], NULL), 0);
	}
}

static void *start_and_stop(void *argument)
{
	struct crypto *c;

	for (int i = 0; i < 5; i++) {
		if (crypto_new(&c))
			return NULL;
		crypto_free(c);
	}
	*(bool *)argument = true;
	return NULL;
}

static void run_start(const void *row)
{
	pthread_t threads[THREADS];
	bool done[THREADS] = {false};

	(void)row;
	for (size_t i = 0; i < THREADS; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, start_and_stop, &done[i]), 0);
	for (size_t i = 0; i < THREADS; i++) {
		assert_int_equal(pthread_join(threads[i], NULL), 0);
		assert_true(done[i]);
	}
}

int main(void)
{
	struct test_list list = {0};

	test_add(&list, "crypto_new by several threads at once", run_start, NULL);
	if (crypto_new(&crypto))
		return 2;
	test_add(&list, "one RSA key, four threads", run_threads, "rsa1024-pkcs1");
	test_add(&list, "one Ed25519 key, four threads", run_threads, "ed25519");
	test_add(&list, "the last reference", run_last_reference, NULL);
	int failed = test_run(&list, "crypto/threads");

	crypto_free(crypto);
	return failed;
}

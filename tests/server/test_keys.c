/* The key process, a real one, and its clients: signatures, death and restart, wrong files, hostile workers. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include <uv.h>

#include "crypto/crypto.h"
#include "io/clock.h"
#include "server/key_client.h"
#include "server/key_protocol.h"
#include "support/alloc.h"
#include "support/case.h"
#include "support/forge.h"
#include "support/random.h"

enum { RSA, ED25519, KEYS_COUNT, WORKERS = 4 };

static const enum forge_key forged[KEYS_COUNT] = {FORGE_RSA2048, FORGE_ED25519};
static struct crypto *crypto;
static struct public_key *halves[KEYS_COUNT];
static char folder[] = "/tmp/inkan-test-keys-XXXXXX";

/* ---- a key process ---- */

struct fixture {
	struct config config;
	struct config_key keys[KEYS_COUNT];
	char path[sizeof folder + 20];
	struct service service;
	pid_t pid;
	char ready[1024]; /* what it said */
};

static void write_file(const char *name, struct str text, mode_t mode)
{
	char path[sizeof folder + 100];

	(void)snprintf(path, sizeof path, "%s/%s", folder, name);
	(void)unlink(path);
	FILE *f = fopen(path, "w");

	assert_non_null(f);
	assert_true(text.n == 0 || fwrite(text.p, 1, text.n, f) == text.n);
	assert_int_equal(fclose(f), 0);
	assert_int_equal(chmod(path, mode), 0);
}

/* Socket pairs, as the supervisor has them. */
static void fixture_init(struct fixture *f)
{
	*f = (struct fixture){.keys = {{"rsa.pem"}, {"ed25519.pem"}}};
	(void)snprintf(f->path, sizeof f->path, "%s/inkan.yaml", folder);
	f->config = (struct config){.path = f->path, .user = "", .keys = f->keys, .key_count = KEYS_COUNT};
	f->service = (struct service){.config = &f->config, .workers = WORKERS, .outcome_in = -1, .outcome_out = -1};
	for (unsigned i = 0; i < WORKERS; i++) {
		int pair[2];

		assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair), 0);
		f->service.key_client[i] = pair[0];
		f->service.key_holder[i] = pair[1];
	}
}

static void run_child(struct fixture *f, int ready)
{
	sigset_t blocked;

	sigemptyset(&blocked);
	sigaddset(&blocked, SIGTERM);
	sigaddset(&blocked, SIGHUP);
	(void)sigprocmask(SIG_BLOCK, &blocked, NULL);
	f->service.ready = ready;
	_exit(keys_run(&f->service));
}

/* Starts the process and waits until it is ready, or says why not. */
static void fixture_start(struct fixture *f)
{
	int ready[2];
	size_t n = 0;
	ssize_t got;

	assert_int_equal(pipe2(ready, O_CLOEXEC), 0);
	f->pid = fork();
	assert_true(f->pid >= 0);
	if (f->pid == 0)
		run_child(f, ready[1]);
	close(ready[1]);
	while ((got = read(ready[0], f->ready + n, sizeof f->ready - 1 - n)) > 0)
		n += (size_t)got;
	f->ready[n] = '\0';
	close(ready[0]);
}

/* Its exit status; -1: it was killed. */
static int fixture_end(struct fixture *f, int number)
{
	int status = 0;

	if (number)
		assert_int_equal(kill(f->pid, number), 0);
	assert_int_equal(waitpid(f->pid, &status, 0), f->pid);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static void fixture_release(struct fixture *f)
{
	for (unsigned i = 0; i < WORKERS; i++) {
		close(f->service.key_client[i]);
		close(f->service.key_holder[i]);
	}
}

/* ---- a worker ---- */

struct job {
	struct worker *worker;
	struct key_request request;
	unsigned char digest[32];
	bool running;
};

struct worker {
	const struct fixture *fixture;
	unsigned number, wanted;
	atomic_uint *done;
	unsigned begun, right, failed;
	int error; /* the last one */
	int64_t slowest;
	uv_loop_t loop;
	struct inquiry_client *client;
	struct job jobs[32];
};

static void job_run(struct job *job);

static void on_done(void *context)
{
	job_run(context);
}

static void job_begin(struct job *job)
{
	struct worker *w = job->worker;

	if (w->begun == w->wanted)
		return;
	job->request = (struct key_request){
		.client = w->client, .key = w->begun % KEYS_COUNT, .done = on_done, .context = job};
	for (size_t i = 0; i < sizeof job->digest; i++)
		job->digest[i] = (unsigned char)(w->number + w->begun * (i + 1));
	w->begun++;
	job_run(job);
}

static bool is_right(const struct job *job, const unsigned char *signature, size_t size)
{
	struct digest_value digest = {.n = sizeof job->digest};
	bool valid = false;

	memcpy(digest.octets, job->digest, sizeof job->digest);
	return public_key_verify(crypto, halves[job->request.key], DIGEST_SHA256, &digest,
	                         str_from((const char *)signature, size), &valid) == INKAN_OK &&
	       valid;
}

static void job_run(struct job *job)
{
	struct worker *w = job->worker;
	unsigned char signature[KEY_SIGNATURE_SIZE_MAX];
	size_t size = 0;
	int error = key_request_sign(&job->request, job->digest, sizeof job->digest, signature, &size);

	if (error == INKAN_PENDING)
		return;
	int64_t took = clock_milliseconds() - job->request.inquiry.since;

	w->slowest = took > w->slowest ? took : w->slowest;
	w->right += !error && is_right(job, signature, size);
	w->failed += error != 0;
	w->error = error ? error : w->error;
	if (w->done)
		atomic_fetch_add(w->done, 1);
	job_begin(job);
}

static void worker_run(struct worker *w)
{
	assert_int_equal(uv_loop_init(&w->loop), 0);
	assert_int_equal(key_client_new(&w->loop, w->fixture->service.key_client[w->number], NULL, &w->client),
	                 INKAN_OK);
	for (size_t i = 0; i < sizeof w->jobs / sizeof *w->jobs; i++) {
		w->jobs[i].worker = w;
		job_begin(&w->jobs[i]);
	}
	uv_run(&w->loop, UV_RUN_DEFAULT);
	inquiry_client_free(w->client);
	uv_run(&w->loop, UV_RUN_DEFAULT);
	assert_int_equal(uv_loop_close(&w->loop), 0);
}

static void *worker_thread(void *context)
{
	worker_run(context);
	return NULL;
}

/* Lets one worker sign so much; the fixture must be of use still. */
static void assert_signs(const struct fixture *f, unsigned number, unsigned wanted)
{
	struct worker *w = calloc(1, sizeof *w);

	assert_non_null(w);
	*w = (struct worker){.fixture = f, .number = number, .wanted = wanted};
	worker_run(w);
	assert_int_equal(w->right, wanted);
	assert_int_equal(w->failed, 0);
	free(w);
}

/* ---- it works ---- */

static void run_signs(const void *row)
{
	enum inkan_algorithm algorithm;
	struct fixture f;
	unsigned bits;

	(void)row;
	fixture_init(&f);
	fixture_start(&f);
	assert_string_equal(f.ready, "ready\n");
	for (unsigned i = 0; i < WORKERS; i++) {
		assert_int_equal(key_describe(f.service.key_client[i], RSA, 2000, &algorithm, &bits), INKAN_OK);
		assert_int_equal(algorithm, INKAN_RSA_SHA256);
		assert_int_equal(bits, 2048);
		assert_int_equal(key_describe(f.service.key_client[i], ED25519, 2000, &algorithm, &bits), INKAN_OK);
		assert_int_equal(algorithm, INKAN_ED25519_SHA256);
		assert_int_equal(bits, 256);
		assert_int_equal(key_describe(f.service.key_client[i], KEYS_COUNT, 2000, &algorithm, &bits),
		                 INKAN_EUSAGE);
		assert_int_equal(key_describe(f.service.key_client[i], 99, 2000, &algorithm, &bits), INKAN_EUSAGE);
		assert_signs(&f, i, 4);
	}
	assert_int_equal(fixture_end(&f, SIGTERM), 0);
	fixture_release(&f);
}

/* Several threads at once. deaths: how often the process is killed meanwhile, and another takes its place. */
static void sign_many(unsigned wanted, unsigned deaths)
{
	struct worker *workers = calloc(WORKERS, sizeof *workers);
	pthread_t threads[WORKERS];
	atomic_uint done = 0;
	struct fixture f;

	assert_non_null(workers);
	fixture_init(&f);
	fixture_start(&f);
	for (unsigned i = 0; i < WORKERS; i++) {
		workers[i] = (struct worker){.fixture = &f, .number = i, .wanted = wanted / WORKERS, .done = &done};
		assert_int_equal(pthread_create(&threads[i], NULL, worker_thread, &workers[i]), 0);
	}
	for (unsigned death = 1; death <= deaths; death++) {
		while (atomic_load(&done) < wanted * death / (deaths + 1))
			usleep(1000);
		assert_int_equal(fixture_end(&f, SIGKILL), -1);
		usleep(100000);
		fixture_start(&f);
		assert_string_equal(f.ready, "ready\n");
	}
	for (unsigned i = 0; i < WORKERS; i++) {
		pthread_join(threads[i], NULL);
		assert_int_equal(workers[i].right, wanted / WORKERS);
		assert_int_equal(workers[i].failed, 0);
		assert_true(workers[i].slowest < KEY_REQUEST_DEADLINE);
	}
	assert_int_equal(fixture_end(&f, SIGTERM), 0);
	fixture_release(&f);
	free(workers);
}

static void run_many(const void *row)
{
	(void)row;
	sign_many(1000, 0);
}

static void run_deaths(const void *row)
{
	(void)row;
	sign_many(1000, 3);
}

/* What lies in the socket while nobody is there is answered by whoever comes, in any order. */
static void run_late(const void *row)
{
	unsigned char octets[KEY_ANSWER_MAX];
	bool answered[50] = {false};
	struct fixture f;

	(void)row;
	fixture_init(&f);
	for (unsigned i = 0; i < 50; i++) {
		struct key_ask ask = {.question = KEY_SIGN, .key = i % KEYS_COUNT, .id = i};
		size_t size = key_ask_pack(&ask, octets);

		assert_int_equal(send(f.service.key_client[0], octets, size, MSG_DONTWAIT), size);
	}
	fixture_start(&f);
	assert_int_equal(fixture_end(&f, SIGTERM), 0);
	for (unsigned i = 0; i < 50; i++) {
		ssize_t n = recv(f.service.key_client[0], octets, sizeof octets, MSG_DONTWAIT);
		struct key_answer answer;

		assert_true(n > 0 && key_answer_unpack(octets, (size_t)n, &answer));
		assert_true(answer.id < 50 && !answered[answer.id]);
		answered[answer.id] = true;
		assert_int_equal(answer.error, INKAN_OK);
		assert_int_equal(answer.size, answer.id % 2 ? 64 : 256);
	}
	fixture_release(&f);
}

/* Threads of a process that have used the processor for more than a millisecond. */
static unsigned busy_threads(pid_t pid)
{
	char path[300], main[20];
	unsigned count = 0;

	(void)snprintf(path, sizeof path, "/proc/%ld/task", (long)pid);
	(void)snprintf(main, sizeof main, "%ld", (long)pid);
	DIR *tasks = opendir(path);

	assert_non_null(tasks);
	for (struct dirent *task; (task = readdir(tasks));) {
		unsigned long long used = 0;

		(void)snprintf(path, sizeof path, "/proc/%ld/task/%s/schedstat", (long)pid, task->d_name);
		FILE *file = task->d_name[0] == '.' || strcmp(task->d_name, main) == 0 ? NULL : fopen(path, "r");

		if (file && fscanf(file, "%llu", &used) == 1)
			count += used > 1000000;
		if (file)
			(void)fclose(file);
	}
	closedir(tasks);
	return count;
}

/* No thread rests while one worker has a queue. */
static void run_one_worker(const void *row)
{
	struct fixture f;

	(void)row;
	fixture_init(&f);
	fixture_start(&f);
	assert_signs(&f, 2, 400);
	assert_true(busy_threads(f.pid) > 1);
	assert_int_equal(fixture_end(&f, SIGTERM), 0);
	fixture_release(&f);
}

/* ---- nobody is there ---- */

static void run_deadline(const void *row)
{
	struct worker *w = calloc(1, sizeof *w);
	enum inkan_algorithm algorithm;
	struct fixture f;
	unsigned bits;

	(void)row;
	assert_non_null(w);
	fixture_init(&f);
	int64_t begin = clock_milliseconds();

	assert_int_equal(key_describe(f.service.key_client[1], 0, 300, &algorithm, &bits), INKAN_EIO);
	assert_in_range(clock_milliseconds() - begin, 300, 2000 + HICCUP);
	*w = (struct worker){.fixture = &f, .number = 0, .wanted = 32};
	worker_run(w);
	assert_int_equal(w->failed, 32);
	assert_int_equal(w->error, INKAN_EIO);
	assert_in_range(w->slowest, KEY_REQUEST_DEADLINE, KEY_REQUEST_DEADLINE + 2000 + HICCUP);
	fixture_release(&f);
	free(w);
}

static void never(void *context)
{
	(void)context;
	fail_msg("done was called");
}

static void count(void *context)
{
	++*(unsigned *)context;
}

/* One client of a service that does not answer, and room for many requests. */
struct unanswered {
	struct fixture f;
	uv_loop_t loop;
	struct inquiry_client *client;
	struct key_request *requests;
};

static void unanswered_init(struct unanswered *u, size_t requests)
{
	u->requests = calloc(requests, sizeof *u->requests);
	assert_non_null(u->requests);
	fixture_init(&u->f);
	assert_int_equal(uv_loop_init(&u->loop), 0);
	assert_int_equal(key_client_new(&u->loop, u->f.service.key_client[0], NULL, &u->client), INKAN_OK);
}

static void unanswered_release(struct unanswered *u)
{
	inquiry_client_free(u->client);
	uv_run(&u->loop, UV_RUN_DEFAULT);
	assert_int_equal(uv_loop_close(&u->loop), 0);
	fixture_release(&u->f);
	free(u->requests);
}

/* KEY_REQUESTS_MAX requests, and one; all are cancelled, and there is room again. */
static void run_limit(const void *row)
{
	unsigned char digest[32] = {1}, signature[KEY_SIGNATURE_SIZE_MAX];
	struct unanswered u;
	size_t size;

	(void)row;
	unanswered_init(&u, KEY_REQUESTS_MAX + 1);
	for (int round = 0; round < 2; round++) {
		for (size_t i = 0; i <= KEY_REQUESTS_MAX; i++) {
			u.requests[i] = (struct key_request){.client = u.client, .done = never};
			assert_int_equal(key_request_sign(&u.requests[i], digest, 32, signature, &size),
			                 i < KEY_REQUESTS_MAX ? INKAN_PENDING : INKAN_ELIMIT);
		}
		uv_run(&u.loop, UV_RUN_NOWAIT);
		for (size_t i = 0; i <= KEY_REQUESTS_MAX; i++)
			key_request_cancel(&u.requests[i]);
	}
	assert_int_equal(key_request_sign(&u.requests[0], digest, 31, signature, &size), INKAN_EUSAGE);
	unanswered_release(&u);
}

/* Only so many lie in the socket; when one of them is not wanted any more, another takes its place. */
static void run_on_way(const void *row)
{
	unsigned char digest[32] = {1}, signature[KEY_SIGNATURE_SIZE_MAX];
	struct unanswered u;
	size_t size;

	(void)row;
	unanswered_init(&u, INQUIRIES_ON_WAY + 1);
	for (size_t i = 0; i <= INQUIRIES_ON_WAY; i++) {
		u.requests[i] = (struct key_request){.client = u.client, .done = never};
		assert_int_equal(key_request_sign(&u.requests[i], digest, 32, signature, &size), INKAN_PENDING);
	}
	uv_run(&u.loop, UV_RUN_NOWAIT);
	for (size_t i = 0; i < INQUIRIES_ON_WAY; i++)
		assert_int_equal(recv(u.f.service.key_holder[0], signature, sizeof signature, MSG_DONTWAIT),
		                 KEY_ASK_MAX);
	assert_int_equal(recv(u.f.service.key_holder[0], signature, sizeof signature, MSG_DONTWAIT), -1);
	key_request_cancel(&u.requests[3]);
	uv_run(&u.loop, UV_RUN_NOWAIT);
	assert_int_equal(recv(u.f.service.key_holder[0], signature, sizeof signature, MSG_DONTWAIT), KEY_ASK_MAX);
	unanswered_release(&u);
}

/* Those that are not answered in time hold up no others. */
static void run_unanswered(const void *row)
{
	unsigned char digest[32] = {1}, octets[KEY_SIGNATURE_SIZE_MAX];
	struct key_ask ask = {.key = RSA};
	struct unanswered u;
	size_t size;

	(void)row;
	unanswered_init(&u, INQUIRIES_ON_WAY + 1);
	for (size_t i = 0; i <= INQUIRIES_ON_WAY; i++) {
		u.requests[i] = (struct key_request){
			.client = u.client, .key = i < INQUIRIES_ON_WAY ? RSA : ED25519, .done = never};
		assert_int_equal(key_request_sign(&u.requests[i], digest, 32, octets, &size), INKAN_PENDING);
	}
	while (ask.key == RSA) {
		ssize_t n = recv(u.f.service.key_holder[0], octets, sizeof octets, MSG_DONTWAIT);

		if (n < 0)
			uv_run(&u.loop, UV_RUN_ONCE);
		else
			assert_true(key_ask_unpack(octets, (size_t)n, &ask));
	}
	unanswered_release(&u);
}

/* As many answers as may be on the way find room, however large the keys. */
static void run_room(const void *row)
{
	static const struct key_answer largest = {.question = KEY_SIGN, .size = KEY_SIGNATURE_SIZE_MAX};
	unsigned char octets[KEY_ANSWER_MAX];
	size_t size = key_answer_pack(&largest, octets);
	struct fixture f;

	(void)row;
	fixture_init(&f);
	for (int i = 0; i < INQUIRIES_ON_WAY; i++)
		assert_int_equal(send(f.service.key_holder[0], octets, size, MSG_DONTWAIT), size);
	fixture_release(&f);
}

/* More requests than may be on the way wait their turn; some are cancelled, one asks for another digest. */
static void run_crowd(const void *row)
{
	enum { CROWD = 2000 };
	struct key_request *requests = calloc(CROWD, sizeof *requests);
	unsigned char digest[32] = {1}, signature[KEY_SIGNATURE_SIZE_MAX];
	struct inquiry_client *client;
	unsigned done = 0;
	struct fixture f;
	uv_loop_t loop;
	size_t size;

	(void)row;
	assert_non_null(requests);
	fixture_init(&f);
	assert_int_equal(uv_loop_init(&loop), 0);
	assert_int_equal(key_client_new(&loop, f.service.key_client[0], NULL, &client), INKAN_OK);
	for (size_t i = 0; i < CROWD; i++) {
		requests[i] = (struct key_request){
			.client = client, .key = ED25519, .done = i % 3 ? count : never, .context = &done};
		assert_int_equal(key_request_sign(&requests[i], digest, 32, signature, &size), INKAN_PENDING);
	}
	digest[1] = 7;
	assert_int_equal(key_request_sign(&requests[1], digest, 32, signature, &size), INKAN_PENDING);
	for (size_t i = 0; i < CROWD; i += 3)
		key_request_cancel(&requests[i]);
	fixture_start(&f);
	uv_run(&loop, UV_RUN_DEFAULT); /* until nothing is on its way */
	assert_int_equal(done, CROWD - (CROWD + 2) / 3);
	assert_int_equal(key_request_sign(&requests[1], digest, 32, signature, &size), INKAN_OK);
	assert_int_equal(size, 64);
	inquiry_client_free(client);
	uv_run(&loop, UV_RUN_DEFAULT);
	assert_int_equal(uv_loop_close(&loop), 0);
	assert_int_equal(fixture_end(&f, SIGTERM), 0);
	fixture_release(&f);
	free(requests);
}

/* A client that goes forgets its requests. */
static void run_client_gone(const void *row)
{
	unsigned char digest[32] = {1}, signature[KEY_SIGNATURE_SIZE_MAX];
	struct key_request request = {.done = never};
	struct fixture f;
	uv_loop_t loop;
	size_t size;

	(void)row;
	fixture_init(&f);
	assert_int_equal(uv_loop_init(&loop), 0);
	assert_int_equal(key_request_sign(&request, digest, 32, signature, &size), INKAN_EUSAGE);
	assert_int_equal(key_client_new(&loop, f.service.key_client[0], NULL, &request.client), INKAN_OK);
	assert_int_equal(key_request_sign(&request, digest, 32, signature, &size), INKAN_PENDING);
	inquiry_client_free(request.client);
	assert_int_equal(key_request_sign(&request, digest, 32, signature, &size), INKAN_EUSAGE);
	key_request_cancel(&request);
	inquiry_client_free(NULL);
	uv_run(&loop, UV_RUN_DEFAULT);
	assert_int_equal(uv_loop_close(&loop), 0);
	fixture_release(&f);
}

static void run_no_memory(const void *row)
{
	struct inquiry_client *client = NULL;
	struct fixture f;
	uv_loop_t loop;

	(void)row;
	fixture_init(&f);
	assert_int_equal(uv_loop_init(&loop), 0);
	alloc_fail_at(1);
	assert_int_equal(key_client_new(&loop, f.service.key_client[0], NULL, &client), INKAN_ENOMEM);
	alloc_fail_at(0);
	assert_null(client);
	assert_int_equal(key_client_new(&loop, -1, NULL, &client), INKAN_EIO);
	uv_run(&loop, UV_RUN_DEFAULT);
	assert_int_equal(uv_loop_close(&loop), 0);
	fixture_release(&f);
}

/* What is counted: requests, retries, failures, how long a signature took. */
static void run_counted(const void *row)
{
	unsigned char digest[32] = {1}, signature[KEY_SIGNATURE_SIZE_MAX];
	struct metrics *metrics = metrics_new();
	struct key_request request = {.key = 99};
	unsigned done = 0;
	struct fixture f;
	struct buf text;
	uv_loop_t loop;
	size_t size;

	(void)row;
	assert_non_null(metrics);
	fixture_init(&f);
	f.service.metrics = metrics;
	assert_int_equal(uv_loop_init(&loop), 0);
	assert_int_equal(key_client_new(&loop, f.service.key_client[0], metrics_slot(metrics, 0), &request.client),
	                 INKAN_OK);
	request.done = count;
	request.context = &done;
	assert_int_equal(key_request_sign(&request, digest, 32, signature, &size), INKAN_PENDING);
	for (int64_t end = clock_milliseconds() + KEY_REQUEST_RETRY + 300; clock_milliseconds() < end; usleep(10000))
		uv_run(&loop, UV_RUN_NOWAIT);
	fixture_start(&f);
	uv_run(&loop, UV_RUN_DEFAULT);
	assert_int_equal(key_request_sign(&request, digest, 32, signature, &size), INKAN_EUSAGE);
	request.key = RSA;
	digest[0] = 2;
	assert_int_equal(key_request_sign(&request, digest, 32, signature, &size), INKAN_PENDING);
	uv_run(&loop, UV_RUN_DEFAULT);
	assert_int_equal(done, 2);
	assert_int_equal(metrics_read(metrics, METRIC_KEY_REQUESTS), 2);
	assert_in_range(metrics_read(metrics, METRIC_KEY_RETRIES), 1, 9);
	assert_int_equal(metrics_read(metrics, METRIC_KEY_FAILURES), 1);
	assert_int_equal(metrics_read(metrics, METRIC_KEYS_LOADED), KEYS_COUNT);
	assert_true(metrics_flag(metrics, FLAG_KEYS_READY));
	buf_init(&text, SIZE_MAX / 2);
	metrics_print(metrics, &text);
	assert_true(str_search(buf_str(&text), STR("key_seconds_count 1\n")) < text.n);
	buf_release(&text);
	inquiry_client_free(request.client);
	uv_run(&loop, UV_RUN_DEFAULT);
	assert_int_equal(uv_loop_close(&loop), 0);
	assert_int_equal(fixture_end(&f, SIGTERM), 0);
	fixture_release(&f);
	metrics_free(metrics);
}

/* ---- the process from outside ---- */

/* What the kernel says of it in /proc/PID/status; -1: nothing. */
static long status_of(pid_t pid, const char *what)
{
	char path[64], line[200];
	long value = -1;

	(void)snprintf(path, sizeof path, "/proc/%ld/status", (long)pid);
	FILE *f = fopen(path, "r");

	while (f && fgets(line, sizeof line, f))
		if (strncmp(line, what, strlen(what)) == 0 && line[strlen(what)] == ':')
			value = strtol(line + strlen(what) + 1, NULL, 10);
	if (f)
		fclose(f);
	return value;
}

static void run_locked_in(const void *row)
{
	struct fixture f;

	(void)row;
	fixture_init(&f);
	fixture_start(&f);
	assert_int_equal(status_of(f.pid, "NoNewPrivs"), 1);
	assert_int_equal(status_of(f.pid, "Threads"), WORKERS + 1);
#if !defined(__SANITIZE_ADDRESS__) /* which locks nothing */
	if (geteuid() == 0)
		assert_true(status_of(f.pid, "VmLck") > 0);
	if (status_of(getpid(), "Seccomp") >= 0)
		assert_int_equal(status_of(f.pid, "Seccomp"), 2);
#endif
	assert_int_equal(fixture_end(&f, SIGTERM), 0);
	fixture_release(&f);
}

/* ---- a worker that was taken over ---- */

/* The answer to these octets. */
static struct key_answer ask_raw(int fd, const void *octets, size_t n)
{
	unsigned char in[KEY_ANSWER_MAX];
	struct pollfd ready = {.fd = fd, .events = POLLIN};
	struct key_answer answer = {0};

	assert_int_equal(send(fd, octets, n, 0), n);
	assert_int_equal(poll(&ready, 1, 5000), 1);
	ssize_t got = recv(fd, in, sizeof in, 0);

	assert_true(got > 0);
	assert_true(key_answer_unpack(in, (size_t)got, &answer));
	return answer;
}

static void run_garbage(const void *row)
{
	struct key_ask ask = {.question = KEY_SIGN, .key = 99, .id = 4711};
	unsigned char octets[300], packed[KEY_ASK_MAX];
	struct random numbers = {1};
	struct fixture f;

	(void)row;
	fixture_init(&f);
	fixture_start(&f);
	int fd = f.service.key_client[0];

	assert_int_equal(ask_raw(fd, packed, key_ask_pack(&ask, packed)).error, INKAN_EUSAGE);
	ask.key = UINT32_MAX;
	assert_int_equal(ask_raw(fd, packed, key_ask_pack(&ask, packed)).error, INKAN_EUSAGE);
	assert_int_equal(ask_raw(fd, packed, KEY_ASK_MAX - 1).error, INKAN_ESYNTAX);
	assert_int_equal(ask_raw(fd, packed, KEY_ASK_MAX - 1).id, 4711);
	for (unsigned i = 0; i < 2000; i++) {
		size_t n = i % sizeof octets;

		for (size_t k = 0; k < n; k++)
			octets[k] = (unsigned char)random_u64(&numbers);
		assert_int_not_equal(ask_raw(fd, octets, n).error, INKAN_OK);
	}
	assert_signs(&f, 0, 4);
	assert_signs(&f, 1, 4);
	assert_int_equal(fixture_end(&f, SIGTERM), 0);
	fixture_release(&f);
}

/* Asks without end and never reads: the others are served, and SIGTERM ends the process. */
static void run_flood(const void *row)
{
	struct key_ask ask = {.question = KEY_SIGN, .key = RSA};
	unsigned char packed[KEY_ASK_MAX];
	size_t size = key_ask_pack(&ask, packed);
	struct fixture f;

	(void)row;
	fixture_init(&f);
	fixture_start(&f);
	int64_t end = clock_milliseconds() + 1000;

	while (clock_milliseconds() < end)
		if (send(f.service.key_client[0], packed, size, MSG_DONTWAIT) < 0)
			usleep(100);
	assert_signs(&f, 1, 10);
	end = clock_milliseconds() + 5000 + HICCUP;
	assert_int_equal(fixture_end(&f, SIGTERM), 0);
	assert_true(clock_milliseconds() < end);
	fixture_release(&f);
}

/* When all who could ask are gone, so is the process; a worker that closes its end does no harm to others. */
static void run_closed(const void *row)
{
	struct fixture f;

	(void)row;
	fixture_init(&f);
	fixture_start(&f);
	assert_int_equal(shutdown(f.service.key_client[0], SHUT_RDWR), 0);
	assert_signs(&f, 1, 10);
	for (unsigned i = 1; i < WORKERS; i++)
		assert_int_equal(shutdown(f.service.key_client[i], SHUT_RDWR), 0);
	assert_int_equal(fixture_end(&f, 0), 0);
	fixture_release(&f);
}

/* ---- key files ---- */

static const struct file_row {
	const char *name;
	mode_t mode;
	uid_t owner;
	const char *said; /* part of the ready line */
} file_rows[] = {
	{"a key of mode 0600", 0600, 0, "ready\n"},
	{"a key of mode 0400", 0400, 0, "ready\n"},
	{"a key of root of mode 0640", 0640, 0, "ready\n"},
	{"a key of mode 0644 is refused", 0644, 0, "mode 0644 lets everyone at it: chmod 0600"},
	{"a key of mode 0602 is refused", 0602, 0, "mode 0602 lets everyone at it: chmod 0600"},
	{"a key of mode 0601 is refused", 0601, 0, "mode 0601 lets everyone at it: chmod 0600"},
	{"a key of mode 0660 is refused", 0660, 0, "mode 0660 lets its group change it: chmod 0600"},
	{"a key of another user is refused", 0600, 12345, "belongs to another user (uid 12345): chown root"},
};

/* The process says this and ends; with "ready", it works. */
static void assert_said(struct fixture *f, const char *said)
{
	bool ready = strcmp(said, "ready\n") == 0;

	fixture_start(f);
	if (!strstr(f->ready, said))
		fail_msg("%s", f->ready);
	assert_int_equal(strcspn(f->ready, "\n"), strlen(f->ready) - 1);
	if (ready)
		assert_signs(f, 0, 2);
	assert_int_equal(fixture_end(f, ready ? SIGTERM : 0), ready ? 0 : 1);
}

static void run_file(const void *row)
{
	const struct file_row *r = row;
	char path[sizeof folder + 20];
	struct fixture f;

	if (geteuid() != 0)
		test_skip("only root can give files away");
	fixture_init(&f);
	f.keys[ED25519].file = "wrong.pem";
	write_file("wrong.pem", forge_pem(FORGE_ED25519), r->mode);
	(void)snprintf(path, sizeof path, "%s/wrong.pem", folder);
	assert_int_equal(chown(path, r->owner, (gid_t)-1), 0);
	assert_said(&f, r->said);
	fixture_release(&f);
}

static void run_group(const void *row)
{
	char path[sizeof folder + 20];
	struct fixture f;

	(void)row;
	if (geteuid() != 0)
		test_skip("only root can give files away");
	fixture_init(&f);
	f.config.user = "nobody";
	f.keys[ED25519].file = "wrong.pem";
	(void)snprintf(path, sizeof path, "%s/wrong.pem", folder);
	write_file("wrong.pem", forge_pem(FORGE_ED25519), 0640);
	assert_int_equal(chown(path, 65534, (gid_t)-1), 0);
	assert_said(&f, "mode 0640 lets its group read it: chmod 0600");
	write_file("wrong.pem", forge_pem(FORGE_ED25519), 0600);
	assert_int_equal(chown(path, 65534, (gid_t)-1), 0);
	assert_said(&f, "ready\n");
	f.config.user = "no-such-user";
	write_file("wrong.pem", forge_pem(FORGE_ED25519), 0600);
	assert_said(&f, "user no-such-user: there is no such user");
	fixture_release(&f);
}

static const struct content_row {
	const char *name;
	const char *text; /* NULL: as many octets as `size` */
	size_t size;
	const char *said;
} content_rows[] = {
	{"a key file that is empty", "", 0, "not PEM: there is no BEGIN line"},
	{"a key file without a key", "hello\n", 0, "not PEM: there is no BEGIN line"},
	{"a public key", "-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n", 0, "a public key"},
	{"a key file of 65,536 octets", NULL, 65536, "ready\n"},
	{"a key file of 65,537 octets", NULL, 65537, "larger than 65536 octets"},
};

static void run_content(const void *row)
{
	const struct content_row *r = row;
	struct fixture f;
	struct buf text;

	buf_init(&text, 100000);
	if (r->text)
		buf_put_c(&text, r->text);
	else
		buf_put(&text, forge_pem(FORGE_ED25519));
	while (text.n < r->size)
		buf_put_char(&text, '\n');
	fixture_init(&f);
	f.keys[ED25519].file = "wrong.pem";
	write_file("wrong.pem", buf_str(&text), 0600);
	assert_said(&f, r->said);
	fixture_release(&f);
	buf_release(&text);
}

static void run_no_file(const void *row)
{
	char path[sizeof folder + 20];
	struct fixture f;

	(void)row;
	fixture_init(&f);
	f.keys[RSA].file = "there\nis\x1b[0mnone.pem";
	assert_said(&f, "there?is?[0mnone.pem: No such file");
	f.keys[RSA].file = ".";
	assert_said(&f, "not a file");
	(void)snprintf(path, sizeof path, "%s/fifo.pem", folder);
	(void)unlink(path);
	assert_int_equal(mkfifo(path, 0600), 0);
	f.keys[RSA].file = path;
	assert_said(&f, "not a file");
	(void)unlink(path);
	fixture_release(&f);
}

/* No keys at all: a verifier. */
static void run_no_keys(const void *row)
{
	enum inkan_algorithm algorithm;
	struct fixture f;
	unsigned bits;

	(void)row;
	fixture_init(&f);
	f.config.key_count = 0;
	fixture_start(&f);
	assert_string_equal(f.ready, "ready\n");
	assert_int_equal(key_describe(f.service.key_client[0], 0, 2000, &algorithm, &bits), INKAN_EUSAGE);
	assert_int_equal(fixture_end(&f, SIGTERM), 0);
	fixture_release(&f);
}

/* ---- main ---- */

static void set_up(void)
{
	assert_non_null(mkdtemp(folder));
	assert_int_equal(crypto_new(&crypto), INKAN_OK);
	for (size_t i = 0; i < KEYS_COUNT; i++) {
		struct private_key *key;

		assert_int_equal(private_key_from_pem(crypto, forge_pem(forged[i]), &key, NULL), INKAN_OK);
		assert_int_equal(private_key_public(crypto, key, &halves[i]), INKAN_OK);
		private_key_free(key);
	}
	write_file("rsa.pem", forge_pem(FORGE_RSA2048), 0600);
	write_file("ed25519.pem", forge_pem(FORGE_ED25519), 0600);
}

static void tear_down(void)
{
	static const char *const names[] = {"rsa.pem", "ed25519.pem", "wrong.pem"};
	char path[sizeof folder + 20];

	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		(void)snprintf(path, sizeof path, "%s/%s", folder, names[i]);
		(void)unlink(path);
	}
	(void)rmdir(folder);
	for (size_t i = 0; i < KEYS_COUNT; i++)
		public_key_unref(halves[i]);
	crypto_free(crypto);
}

int main(void)
{
	struct test_list list = {0};

	set_up();
	test_add(&list, "two keys are described, and sign", run_signs, NULL);
	test_add(&list, "1,000 requests of four workers", run_many, NULL);
	test_add(&list, "one worker keeps several threads busy", run_one_worker, NULL);
	test_add(&list, "1,000 requests while the process is killed three times", run_deaths, NULL);
	test_add(&list, "requests that came before the process", run_late, NULL);
	test_add(&list, "no process: the deadline", run_deadline, NULL);
	test_add(&list, "4,096 requests, not 4,097", run_limit, NULL);
	test_add(&list, "64 requests on the way, not 65", run_on_way, NULL);
	test_add(&list, "requests that are not answered in time hold up no others", run_unanswered, NULL);
	test_add(&list, "64 answers of the largest kind find room in a socket", run_room, NULL);
	test_add(&list, "more requests than may be on the way", run_crowd, NULL);
	test_add(&list, "a client that goes", run_client_gone, NULL);
	test_add(&list, "out of memory: a client", run_no_memory, NULL);
	test_add(&list, "requests are counted", run_counted, NULL);
	test_add(&list, "the process is locked in, and its memory", run_locked_in, NULL);
	test_add(&list, "key 99, garbage", run_garbage, NULL);
	test_add(&list, "a worker that asks and never reads", run_flood, NULL);
	test_add(&list, "sockets that are closed", run_closed, NULL);
	TEST_TABLE(&list, file_rows, run_file);
	test_add(&list, "a key of the service's user", run_group, NULL);
	TEST_TABLE(&list, content_rows, run_content);
	test_add(&list, "no key file", run_no_file, NULL);
	test_add(&list, "no keys", run_no_keys, NULL);
	int failed = test_run(&list, "server/keys");

	tear_down();
	return failed;
}

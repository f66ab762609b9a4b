/* The process that holds the private keys: reads them, locks itself in, and answers "sign this digest with that key", until
 * SIGTERM. As many threads as the filter has workers; whichever is free takes the next request of any worker's socket pair, so that none
 * rests while another has a queue. Keys of identities come sealed from the registrar when they are first needed (server/key_fetch.h).
 *
 * Whoever sits at the other end parses mail and may have been taken over: what it sends costs it an answer that says no,
 * never this process. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <pwd.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "crypto/crypto.h"
#include "io/file.h"
#include "io/private_file.h"
#include "server/key_client.h"
#include "server/key_fetch.h"
#include "server/key_protocol.h"
#include "server/sandbox.h"

enum {
	KEY_FILE_SIZE_MAX = 64 * 1024, /* octets of PEM; RSA-8192 needs 6,500 */
	STACK_SIZE = 512 * 1024,       /* of a thread; it is locked in memory */
	LEFT_OVERS = KEY_REQUESTS_MAX, /* requests of a socket that a thread still answers at the end */
	EVENTS_MAX = CONFIG_WORKERS_MAX + 2
};

struct key_ring {
	struct crypto *crypto;
	struct private_key **keys; /* by number */
	size_t count;
	struct key_vault *vault; /* keys of the store of identities; NULL: there is no store */
};

/* One thread: serves all socket pairs, as the others do. */
struct holder {
	const struct key_ring *ring;
	struct key_fetch *fetch; /* NULL: no store */
	const int *sockets;      /* of the workers */
	unsigned socket_count, open_count;
	int stop;      /* can be read when all is to end */
	int registrar; /* where sealed keys come from; -1 */
	int events;    /* of all these: an epoll descriptor */
	pthread_t thread;
	atomic_uint *running; /* threads; the last to end tells the process */
	pthread_t main;
};

/* ---- memory ---- */

/* Best effort: a user without rights has a limit, which is below the size of any process. */
static void lock_memory(void)
{
	struct rlimit limit = {RLIM_INFINITY, RLIM_INFINITY};

	if (setrlimit(RLIMIT_MEMLOCK, &limit) != 0 && getrlimit(RLIMIT_MEMLOCK, &limit) == 0) {
		limit.rlim_cur = limit.rlim_max;
		(void)setrlimit(RLIMIT_MEMLOCK, &limit);
	}
	/* what is to come only where there is no limit: malloc() would fail at it */
	int future = limit.rlim_cur == RLIM_INFINITY ? MCL_FUTURE : 0;

	(void)mlockall(MCL_CURRENT | future | MCL_ONFAULT); /* what is never touched takes no memory */
}

/* ---- key files ---- */

/* The file as an absolute path; a relative one is below the folder of the configuration. */
static int key_path(const struct config *config, const char *file, struct buf *out)
{
	struct str folder = str_c(config->path);

	if (file[0] != '/')
		buf_put(out, str_head(folder, str_rfind(folder, '/') < folder.n ? str_rfind(folder, '/') + 1 : 0));
	buf_put_c(out, file);
	buf_put_char(out, '\0');
	return buf_error(out);
}

static int read_key(const struct crypto *crypto, const char *path, uid_t user, struct private_key **out,
                    struct io_error *error)
{
	const char *trouble = NULL;
	struct buf pem;
	int code;

	buf_init(&pem, KEY_FILE_SIZE_MAX + 1);
	/* all at once: a buffer that grows would leave secret octets behind in memory that it gave back */
	if (!buf_reserve(&pem, KEY_FILE_SIZE_MAX + 1))
		return io_fail(error, "key %s: %s", path, inkan_strerror(INKAN_ENOMEM));
	code = private_file_read(path, user, &pem, error);
	if (!code) {
		code = private_key_from_pem(crypto, buf_str(&pem), out, &trouble);
		code = code ? code : key_try(crypto, *out);
		if (code)
			code = io_fail(error, "key %s: %s", path, trouble ? trouble : inkan_strerror(code));
	}
	crypto_wipe(pem.p, pem.cap);
	buf_release(&pem);
	return code;
}

/* Whom the process will be; itself where that is nobody else. */
static uid_t future_user(const struct config *config)
{
	const struct passwd *user = config->user && config->user[0] ? getpwnam(config->user) : NULL;

	return user ? user->pw_uid : geteuid();
}

static void ring_release(struct key_ring *ring)
{
	for (size_t i = 0; i < ring->count; i++)
		private_key_free(ring->keys[i]);
	free(ring->keys);
	key_vault_free(ring->vault);
	crypto_free(ring->crypto);
	*ring = (struct key_ring){.count = 0};
}

static int ring_fill(struct key_ring *ring, const struct config *config, struct io_error *error)
{
	uid_t user = future_user(config);
	struct buf path;
	int code = crypto_new(&ring->crypto);

	ring->keys = calloc(config->key_count + 1, sizeof(struct private_key *));
	if (code || !ring->keys)
		return io_fail(error, "keys: %s", inkan_strerror(code ? code : INKAN_ENOMEM));
	buf_init(&path, SIZE_MAX / 2);
	for (size_t i = 0; i < config->key_count && !code; i++) {
		buf_clear(&path);
		if (key_path(config, config->keys[i].file, &path))
			code = io_fail(error, "keys: %s", inkan_strerror(buf_error(&path)));
		else
			code = read_key(ring->crypto, path.p, user, &ring->keys[i], error);
		ring->count = i + 1;
	}
	buf_release(&path);
	return code;
}

/* ---- requests ---- */

/* False: a key of the store is on its way; the answer comes by send_answer(). */
static bool answer(const struct holder *h, int fd, const unsigned char *octets, size_t n, struct key_answer *out)
{
	const struct key_ring *ring = h->ring;
	struct digest_value digest = {.n = KEY_DIGEST_SIZE};
	struct key_ask ask;
	bool known = key_ask_unpack(octets, n, &ask);

	if (known && ask.key & KEY_OF_STORE && h->fetch)
		return key_fetch_sign(h->fetch, &ask, fd, out);
	out->question = ask.question;
	out->id = ask.id;
	out->error = !known ? INKAN_ESYNTAX : ask.key >= ring->count ? INKAN_EUSAGE : INKAN_OK;
	if (out->error)
		return true;
	struct private_key *key = ring->keys[ask.key];

	if (ask.question == KEY_SIGN) {
		memcpy(digest.octets, ask.digest, sizeof ask.digest);
		out->error = private_key_sign(ring->crypto, key, DIGEST_SHA256, &digest, out->signature, &out->size);
	} else {
		out->algorithm = private_key_type(key) == KEY_RSA ? INKAN_RSA_SHA256 : INKAN_ED25519_SHA256;
		out->bits = private_key_bits(key);
	}
	return true;
}

/* Nobody can write to this socket any more; an empty datagram looks the same to recv(). */
static bool is_closed(int socket)
{
	struct pollfd fd = {.fd = socket, .events = POLLRDHUP};

	return poll(&fd, 1, 0) > 0 && fd.revents & (POLLHUP | POLLRDHUP | POLLERR | POLLNVAL);
}

/* One that finds no room is dropped, as a worker that does not read must not keep us from the others: INQUIRIES_ON_WAY find room, and
 * what was lost is asked for again. */
static void send_answer(void *context, int fd, const struct key_answer *said)
{
	unsigned char out[KEY_ANSWER_MAX];
	size_t size = key_answer_pack(said, out);

	(void)context;
	while (send(fd, out, size, MSG_DONTWAIT | MSG_NOSIGNAL) < 0 && errno == EINTR)
		;
}

/* Reads one request and answers it. False: there is none. */
static bool serve_one(struct holder *h, int fd, bool *closed_out)
{
	unsigned char in[KEY_ASK_MAX + 1];
	struct key_answer said;
	ssize_t n = recv(fd, in, sizeof in, MSG_DONTWAIT);

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return false;
	*closed_out = n < 0 || (n == 0 && is_closed(fd));
	if (*closed_out)
		return false;
	if (answer(h, fd, in, (size_t)n, &said))
		send_answer(NULL, fd, &said);
	return true;
}

static void serve_left_overs(struct holder *h)
{
	for (unsigned i = 0; i < h->socket_count; i++) {
		bool closed = false;

		for (int k = 0; k < LEFT_OVERS && serve_one(h, h->sockets[i], &closed); k++)
			;
	}
}

/* Of many threads that wait for a worker's socket one is woken. */
static int watch(const struct holder *h, int fd, uint32_t events)
{
	struct epoll_event event = {.events = events, .data.fd = fd};

	return epoll_ctl(h->events, EPOLL_CTL_ADD, fd, &event) ? INKAN_EIO : INKAN_OK;
}

static void forget(const struct holder *h, int fd)
{
	(void)epoll_ctl(h->events, EPOLL_CTL_DEL, fd, NULL);
}

/* Of a worker one request, so that the others have their turn; of the registrar one key. */
static void on_event(struct holder *h, const struct epoll_event *event)
{
	int fd = event->data.fd;
	bool closed = false;

	if (fd != h->registrar) {
		(void)serve_one(h, fd, &closed);
		h->open_count -= closed;
	} else if (event->events & EPOLLIN) {
		key_fetch_read(h->fetch, send_answer, h);
	} else {
		closed = true; /* what waits is given up in time */
	}
	if (closed)
		forget(h, fd);
}

/* Waits for requests and for keys. False: all is to end. */
static bool serve_some(struct holder *h)
{
	struct epoll_event events[EVENTS_MAX];
	int patience = h->fetch ? key_fetch_look_after(h->fetch, send_answer, h) : -1;
	int count = epoll_wait(h->events, events, EVENTS_MAX, patience);

	for (int i = 0; i < count; i++)
		if (events[i].data.fd == h->stop)
			return false;
	for (int i = 0; i < count; i++)
		on_event(h, &events[i]);
	return true;
}

static void *holder_run(void *context)
{
	struct holder *h = context;

	while (h->open_count && serve_some(h))
		;
	serve_left_overs(h);
	if (atomic_fetch_sub(h->running, 1) == 1)
		pthread_kill(h->main, SIGTERM); /* nobody is left who could ask */
	return NULL;
}

/* ---- the process ---- */

/* What the supervisor has open for others. */
static void close_others(const struct service *service)
{
	for (unsigned i = 0; i < service->workers; i++)
		io_close(service->key_client[i]);
	for (size_t i = 0; i < service->milter.count; i++)
		io_close(service->milter.list[i].fd);
	for (size_t i = 0; i < service->status.count; i++)
		io_close(service->status.list[i].fd);
	io_close(service->outcome_in);
	io_close(service->outcome_out);
}

static int start_threads(struct holder *holders, unsigned count, unsigned *started_out, struct io_error *error)
{
	pthread_attr_t attributes;
	int code = 0;

	if (pthread_attr_init(&attributes) != 0)
		return io_fail(error, "keys: no thread");
	(void)pthread_attr_setstacksize(&attributes, STACK_SIZE);
	for (*started_out = 0; *started_out < count && !code; *started_out += !code) {
		struct holder *h = &holders[*started_out];

		code = pthread_create(&h->thread, &attributes, holder_run, h);
	}
	pthread_attr_destroy(&attributes);
	return code ? io_fail(error, "keys: no thread: %s", strerror(code)) : INKAN_OK;
}

static void wait_for_end(void)
{
	sigset_t wanted;
	int number;

	sigemptyset(&wanted);
	sigaddset(&wanted, SIGTERM);
	(void)sigwait(&wanted, &number);
}

static void tell_ready(const struct service *service, size_t keys)
{
	if (service->metrics) {
		metrics_set(metrics_slot(service->metrics, METRICS_KEYS_SLOT), METRIC_KEYS_LOADED, (int64_t)keys);
		metrics_set_flag(service->metrics, FLAG_KEYS_READY, true);
	}
	role_ready(service, NULL);
}

/* Everything that needs files, rights, or calls of the system that are forbidden later. */
static int prepare(const struct service *service, struct key_ring *ring, int *stop_out, struct io_error *error)
{
	struct sandbox_report report;
	int code = sandbox_begin(ROLE_KEYS, error);

	if (code)
		return code;
	close_others(service);
	lock_memory();
	*stop_out = eventfd(0, EFD_CLOEXEC);
	if (*stop_out < 0)
		return io_fail(error, "keys: %s", strerror(errno));
	code = ring_fill(ring, service->config, error);
	if (!code && service->registrar)
		code = key_vault_new(ring->crypto, service->config->identities.master_key, future_user(service->config),
		                     service->metrics, &ring->vault);
	if (!code)
		code = sandbox_drop_privileges(service->config->user, error);
	return code ? code : sandbox_enter(ROLE_KEYS, NULL, NULL, &report, error);
}

static int open_events(struct holder *h)
{
	h->events = epoll_create1(EPOLL_CLOEXEC);
	int code = h->events < 0 ? INKAN_EIO : watch(h, h->stop, EPOLLIN);

	for (unsigned i = 0; i < h->socket_count && !code; i++)
		code = watch(h, h->sockets[i], EPOLLIN | EPOLLEXCLUSIVE);
	return code || !h->fetch ? code : watch(h, h->registrar, EPOLLIN);
}

static int prepare_holders(const struct service *service, const struct key_ring *ring, int stop, atomic_uint *running,
                           struct holder *holders)
{
	int code = INKAN_OK;

	for (unsigned i = 0; i < service->workers; i++)
		holders[i] = (struct holder){.ring = ring,
		                             .sockets = service->key_holder,
		                             .socket_count = service->workers,
		                             .open_count = service->workers,
		                             .stop = stop,
		                             .registrar = service->registrar ? service->fetch_client[i] : -1,
		                             .events = -1,
		                             .running = running,
		                             .main = pthread_self()};
	for (unsigned i = 0; i < service->workers && !code; i++) {
		struct holder *h = &holders[i];

		if (ring->vault)
			code = key_fetch_new(ring->vault, h->registrar, &h->fetch);
		if (!code)
			code = open_events(h);
	}
	return code;
}

static int serve(const struct service *service, const struct key_ring *ring, int stop, struct io_error *error)
{
	struct holder holders[CONFIG_WORKERS_MAX];
	atomic_uint running = service->workers;
	unsigned started = 0;
	const uint64_t one = 1;
	int code = prepare_holders(service, ring, stop, &running, holders);

	if (!code)
		code = start_threads(holders, service->workers, &started, error);
	if (!code) {
		tell_ready(service, ring->count);
		wait_for_end();
	}
	(void)!write(stop, &one, sizeof one);
	for (unsigned i = 0; i < started; i++)
		pthread_join(holders[i].thread, NULL);
	for (unsigned i = 0; i < service->workers; i++) {
		key_fetch_free(holders[i].fetch);
		io_close(holders[i].events);
	}
	return code;
}

int keys_run(const struct service *service)
{
	struct io_error error = {.text = ""};
	struct key_ring ring = {.count = 0};
	int stop = -1, code = prepare(service, &ring, &stop, &error);

	if (!code)
		code = serve(service, &ring, stop, &error);
	if (code)
		role_ready(service, error.text[0] ? error.text : inkan_strerror(code));
	io_close(stop);
	ring_release(&ring);
	return code ? EXIT_FAILURE : EXIT_SUCCESS;
}

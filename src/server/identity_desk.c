/* Reading order: desk_run() -> serve() -> answer() -> ask_store() -> look_at_store(). */
#include "server/identity_desk.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "io/clock.h"
#include "io/file.h"
#include "server/identity_protocol.h"
#include "server/log.h"
#include "store/identity_store.h"

enum { BURST = 16 /* questions of one socket before the next has its turn */ };

/* THERE: it is open. NONE: there never was one, so nobody signs by it. TROUBLE: it cannot be asked now. */
enum store_state { STORE_THERE, STORE_NONE, STORE_TROUBLE };

struct identity_desk {
	const struct service *service;
	const char *where;
	bool is_file, folder_missing;
	struct metrics_slot *metrics;
	struct identity_store *store; /* NULL: not open */
	dev_t device;                 /* of the file that is open */
	ino_t file;
	int64_t looked_at, retry_at; /* ms */
	int64_t pause;
	bool troubled; /* and that was said */
	int stop;
	pthread_t thread;
	struct buf sealed;
	struct pollfd sockets[2 * CONFIG_WORKERS_MAX + 1]; /* the last one: `stop` */
	nfds_t count;
	unsigned char in[IDENTITY_ASK_MAX + 1], out[IDENTITY_ANSWER_MAX];
};

bool identity_store_is_missing(const char *where)
{
	return identity_store_is_file(where) && access(where, F_OK) != 0 && (errno == ENOENT || errno == ENOTDIR);
}

/* ---- the store ---- */

static void close_store(struct identity_desk *d)
{
	identity_store_close(d->store);
	d->store = NULL;
}

static enum store_state note_trouble(struct identity_desk *d, const char *why)
{
	close_store(d);
	d->pause = d->pause ? d->pause * 2 : IDENTITY_STORE_PAUSE_MIN;
	d->pause = d->pause < IDENTITY_STORE_PAUSE_MAX ? d->pause : IDENTITY_STORE_PAUSE_MAX;
	d->retry_at = clock_milliseconds() + d->pause;
	metrics_add(d->metrics, METRIC_IDENTITY_STORE_ERRORS, 1);
	metrics_set_flag(d->service->metrics, FLAG_IDENTITIES_TROUBLE, true);
	if (!d->troubled)
		log_line(LOG_WARNING,
		         "identities: the store cannot be asked: %s – authors known before are signed for as before, "
		         "mail of "
		         "others is deferred",
		         why);
	d->troubled = true;
	return STORE_TROUBLE;
}

static void note_success(struct identity_desk *d)
{
	if (d->troubled)
		log_line(LOG_INFO, "identities: the store answers again");
	d->troubled = false;
	d->pause = 0;
}

static enum store_state open_store(struct identity_desk *d)
{
	struct io_error error = {""};
	struct stat st = {0};

	if (d->is_file && stat(d->where, &st) != 0)
		return note_trouble(d, strerror(errno));
	int code = identity_store_open(d->where, true, false, &d->store, &error);

	if (code)
		return note_trouble(d, error.text[0] ? error.text : inkan_strerror(code));
	d->device = st.st_dev;
	d->file = st.st_ino;
	d->looked_at = clock_milliseconds();
	metrics_set_flag(d->service->metrics, FLAG_IDENTITIES_SEEN, true);
	metrics_set_flag(d->service->metrics, FLAG_IDENTITIES_TROUBLE, false);
	return STORE_THERE;
}

/* Whether another file has its name by now, or none. */
static bool was_replaced(struct identity_desk *d)
{
	int64_t now = clock_milliseconds();
	struct stat st;

	if (!d->is_file || now - d->looked_at < IDENTITY_STORE_LOOK)
		return false;
	d->looked_at = now;
	return stat(d->where, &st) != 0 || st.st_dev != d->device || st.st_ino != d->file;
}

static enum store_state look_at_store(struct identity_desk *d)
{
	if (d->store && !was_replaced(d))
		return STORE_THERE;
	close_store(d);
	if (identity_store_is_missing(d->where) && !metrics_flag(d->service->metrics, FLAG_IDENTITIES_SEEN))
		return STORE_NONE;
	if (clock_milliseconds() < d->retry_at)
		return STORE_TROUBLE;
	if (d->folder_missing)
		kill(getpid(), SIGTERM); /* a successor may open it */
	return d->folder_missing ? STORE_TROUBLE : open_store(d);
}

/* ---- questions ---- */

static int query(struct identity_desk *d, const struct identity_ask *ask, struct identity_answer *out,
                 struct io_error *error)
{
	bool there = false;

	if (ask->question == IDENTITY_SIGNERS)
		return identity_store_author(d->store, ask->address, ask->domain, &out->author, error);
	buf_clear(&d->sealed);
	int code = identity_store_key(d->store, ask->key, &d->sealed, &there, error);

	if (code)
		return code;
	out->sealed = buf_str(&d->sealed);
	return there && out->sealed.n ? INKAN_OK : INKAN_EUSAGE;
}

/* A connection that broke is opened anew once, at once. */
static int ask_store(struct identity_desk *d, const struct identity_ask *ask, struct identity_answer *out)
{
	struct io_error error = {""};
	int code = INKAN_EIO;

	for (unsigned i = 0; i < 2 && code == INKAN_EIO; i++) {
		enum store_state state = look_at_store(d);

		if (state == STORE_NONE)
			return ask->question == IDENTITY_SIGNERS ? INKAN_OK : INKAN_EUSAGE;
		if (state == STORE_TROUBLE)
			return INKAN_EIO;
		code = query(d, ask, out, &error);
		if (code == INKAN_EIO)
			close_store(d);
	}
	if (code == INKAN_EIO)
		(void)note_trouble(d, error.text);
	else
		note_success(d);
	return code;
}

static size_t answer(struct identity_desk *d, size_t n)
{
	struct identity_answer said = {.error = INKAN_OK};
	struct identity_ask ask;

	if (!identity_ask_unpack(d->in, n, &ask))
		said.error = INKAN_ESYNTAX;
	else
		said.error = ask_store(d, &ask, &said);
	said.question = ask.question;
	said.id = ask.id;
	return identity_answer_pack(&said, d->out);
}

/* An answer that finds no room is dropped: it will be asked for again. */
static void serve(struct identity_desk *d, int fd)
{
	for (unsigned i = 0; i < BURST; i++) {
		ssize_t n = recv(fd, d->in, sizeof d->in, MSG_DONTWAIT);

		if (n <= 0)
			return;
		(void)!send(fd, d->out, answer(d, (size_t)n), MSG_DONTWAIT | MSG_NOSIGNAL);
	}
}

static void *desk_run(void *context)
{
	struct identity_desk *d = context;
	struct pollfd *stop = &d->sockets[d->count - 1];

	/* at once, so that it is known whether it works, and what is not there is said at the start */
	if (look_at_store(d) == STORE_NONE)
		log_line(LOG_INFO, "identities: there is no %s yet: nobody signs by identities until it is made",
		         d->where);
	while (!stop->revents) {
		if (poll(d->sockets, d->count, -1) < 0)
			continue;
		for (nfds_t i = 0; i + 1 < d->count; i++) {
			if (d->sockets[i].revents & POLLIN)
				serve(d, d->sockets[i].fd);
			else if (d->sockets[i].revents)
				d->sockets[i].fd = -1; /* nobody will ever ask there */
		}
	}
	close_store(d);
	return NULL;
}

/* ---- beginning and end ---- */

static void list_sockets(struct identity_desk *d)
{
	for (unsigned i = 0; i < d->service->workers; i++) {
		d->sockets[d->count++] = (struct pollfd){.fd = d->service->identity_desk[i], .events = POLLIN};
		d->sockets[d->count++] = (struct pollfd){.fd = d->service->fetch_desk[i], .events = POLLIN};
	}
	d->sockets[d->count++] = (struct pollfd){.fd = d->stop, .events = POLLIN};
}

static void desk_free(struct identity_desk *d)
{
	io_close(d->stop);
	buf_release(&d->sealed);
	free(d);
}

int identity_desk_start(const struct service *service, bool folder_missing, struct identity_desk **out,
                        struct io_error *error)
{
	struct identity_desk *d = calloc(1, sizeof *d);

	if (!d)
		return INKAN_ENOMEM;
	d->service = service;
	d->where = service->config->identities.store;
	d->is_file = identity_store_is_file(d->where);
	d->folder_missing = folder_missing;
	d->metrics = metrics_slot(service->metrics, METRICS_REGISTRAR_SLOT);
	d->stop = eventfd(0, EFD_CLOEXEC);
	buf_init(&d->sealed, SEALED_KEY_MAX);
	list_sockets(d);
	int code = d->stop < 0 ? errno : pthread_create(&d->thread, NULL, desk_run, d);

	if (code) {
		desk_free(d);
		return io_fail(error, "registrar: no thread: %s", strerror(code));
	}
	*out = d;
	return INKAN_OK;
}

void identity_desk_stop(struct identity_desk *d)
{
	if (!d)
		return;
	(void)!write(d->stop, &(uint64_t){1}, sizeof(uint64_t));
	pthread_join(d->thread, NULL);
	desk_free(d);
}

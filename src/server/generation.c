#include "server/generation.h"

#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include "server/listen.h"

/* ---- making one ---- */

static void host_name(char *out, size_t size)
{
	const struct addrinfo hints = {.ai_flags = AI_CANONNAME};
	struct addrinfo *found = NULL;

	if (gethostname(out, size) != 0)
		snprintf(out, size, "localhost");
	out[size - 1] = '\0';
	if (strchr(out, '.') || getaddrinfo(out, NULL, &hints, &found) != 0)
		return;
	if (found->ai_canonname && strchr(found->ai_canonname, '.'))
		snprintf(out, size, "%s", found->ai_canonname);
	freeaddrinfo(found);
}

static unsigned worker_count(const struct config *config)
{
	long cores = sysconf(_SC_NPROCESSORS_ONLN);
	unsigned wanted = config->workers ? config->workers : cores > 0 ? (unsigned)cores : 1;

	return wanted < CONFIG_WORKERS_MAX ? wanted : CONFIG_WORKERS_MAX;
}

static int open_pair(int *client, int *other)
{
	int ends[2];

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, ends) != 0)
		return INKAN_EIO;
	*client = ends[0];
	*other = ends[1];
	return INKAN_OK;
}

static int open_pairs(struct service *s)
{
	int code;

	s->drained = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	code = s->drained < 0 ? INKAN_EIO : INKAN_OK;
	for (unsigned i = 0; i < s->workers && !code; i++) {
		code = open_pair(&s->key_client[i], &s->key_holder[i]);
		if (!code && s->registrar)
			code = open_pair(&s->identity_client[i], &s->identity_desk[i]);
		if (!code && s->registrar)
			code = open_pair(&s->fetch_client[i], &s->fetch_desk[i]);
	}
	return code;
}

static int open_listeners(struct generation *g, const struct service *before, struct io_error *error)
{
	const struct config *c = g->config;
	const struct listen_options milter = {&c->milter.listen, "milter", c->milter.socket_mode,
	                                      c->milter.socket_group, c->user};
	const struct listen_options status = {&c->status.listen, "status", 0600, "", c->user};
	int code = listeners_open(&milter, before ? &before->milter : NULL, &g->service.milter, error);

	if (code)
		return code;
	code = listeners_open(&status, before ? &before->status : NULL, &g->service.status, error);
	if (code)
		listeners_close(&g->service.milter, before ? &before->milter : NULL);
	return code;
}

static void close_all(const int *fds, unsigned count)
{
	for (unsigned i = 0; i < count; i++)
		if (fds[i] >= 0)
			close(fds[i]);
}

static void close_pairs(const struct service *s)
{
	close_all(s->key_client, s->workers);
	close_all(s->key_holder, s->workers);
	close_all(s->identity_client, s->workers);
	close_all(s->identity_desk, s->workers);
	close_all(s->fetch_client, s->workers);
	close_all(s->fetch_desk, s->workers);
	close_all(&s->drained, 1);
}

void generation_free(struct generation *g)
{
	if (!g)
		return;
	close_pairs(&g->service);
	config_free(g->config);
	free(g);
}

int generation_new(struct config *config, const struct service *shared, const struct service *before,
                   struct generation **out, struct io_error *error)
{
	struct generation *g = calloc(1, sizeof *g);

	if (!g)
		return INKAN_ENOMEM;
	g->config = config;
	host_name(g->host, sizeof g->host);
	g->service = *shared;
	g->service.config = config;
	g->service.workers = worker_count(config);
	g->service.authserv_id = config->authserv_id[0] ? config->authserv_id : g->host;
	g->service.ready = g->service.drained = -1;
	memset(g->service.key_client, -1, sizeof g->service.key_client);
	memset(g->service.key_holder, -1, sizeof g->service.key_holder);
	memset(g->service.identity_client, -1, sizeof g->service.identity_client);
	memset(g->service.identity_desk, -1, sizeof g->service.identity_desk);
	memset(g->service.fetch_client, -1, sizeof g->service.fetch_client);
	memset(g->service.fetch_desk, -1, sizeof g->service.fetch_desk);
	g->service.registrar = config->identities.store[0];
	int code = open_pairs(&g->service);

	if (!code)
		code = open_listeners(g, before, error);
	if (code) {
		g->config = NULL;
		generation_free(g);
		return code;
	}
	*out = g;
	return INKAN_OK;
}

/* ---- in a new process ---- */

static void close_listening(const struct listeners *l)
{
	for (size_t i = 0; i < l->count; i++)
		close(l->list[i].fd);
}

static bool is_in(const struct listeners *l, int fd)
{
	for (size_t i = 0; i < l->count; i++)
		if (l->list[i].fd == fd)
			return true;
	return false;
}

void generation_close_for(const struct generation *g, const struct service *service)
{
	if (!g || g->service.generation == service->generation)
		return;
	close_pairs(&g->service);
	for (size_t i = 0; i < g->service.milter.count; i++)
		if (!is_in(&service->milter, g->service.milter.list[i].fd))
			close(g->service.milter.list[i].fd);
	for (size_t i = 0; i < g->service.status.count; i++)
		if (!is_in(&service->status, g->service.status.list[i].fd))
			close(g->service.status.list[i].fd);
}

void generation_keep_for(const struct service *service, enum role role)
{
	if (role != ROLE_FILTER) {
		close_all(service->key_client, service->workers);
		close_all(service->identity_client, service->workers);
		close_listening(&service->milter);
		close(service->outcome_in);
		close(service->drained);
	}
	if (role != ROLE_KEYS) {
		close_all(service->key_holder, service->workers);
		close_all(service->fetch_client, service->workers);
	}
	if (role != ROLE_REGISTRAR) {
		close_all(service->identity_desk, service->workers);
		close_all(service->fetch_desk, service->workers);
	}
	if (role != ROLE_RECORDER) {
		close_listening(&service->status);
		close(service->outcome_out);
	}
}

#include "support/dns_relay.h"

#include <arpa/inet.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "io/clock.h"
#include "support/case.h"

enum { WAITING_MAX = 4096, PACKET_MAX = 4096, TICK = 5 /* ms */ };

struct waiting { /* a question on its way; its place is its id at the server */
	bool is_used;
	struct sockaddr_in client;
	unsigned char id[2];
	int64_t due;
	size_t size; /* of the answer; 0: not there yet */
	unsigned char *answer;
};

struct dns_relay {
	int front, back; /* sockets for clients, for the server */
	uint16_t port;
	int delay;
	struct waiting waiting[WAITING_MAX];
	size_t next, in_flight;
	atomic_size_t questions, peak;
	atomic_bool is_over;
	pthread_t thread;
};

static void take_question(struct dns_relay *r)
{
	unsigned char packet[PACKET_MAX];
	struct sockaddr_in client;
	socklen_t size = sizeof client;
	ssize_t n = recvfrom(r->front, packet, sizeof packet, MSG_DONTWAIT, (struct sockaddr *)&client, &size);
	size_t at = r->next++ % WAITING_MAX;
	struct waiting *w = &r->waiting[at];

	if (n < 12 || w->is_used)
		return;
	*w = (struct waiting){.is_used = true, .client = client, .due = clock_milliseconds() + r->delay};
	memcpy(w->id, packet, 2);
	packet[0] = (unsigned char)(at >> 8);
	packet[1] = (unsigned char)at;
	(void)send(r->back, packet, (size_t)n, 0);
	atomic_fetch_add(&r->questions, 1);
	if (++r->in_flight > atomic_load(&r->peak))
		atomic_store(&r->peak, r->in_flight);
}

static void take_answer(struct dns_relay *r)
{
	unsigned char packet[PACKET_MAX];
	ssize_t n = recv(r->back, packet, sizeof packet, MSG_DONTWAIT);

	if (n < 12)
		return;
	size_t at = (size_t)packet[0] << 8 | packet[1];

	if (at >= WAITING_MAX || !r->waiting[at].is_used || r->waiting[at].size)
		return;
	memcpy(packet, r->waiting[at].id, 2);
	r->waiting[at].answer = malloc((size_t)n);
	if (!r->waiting[at].answer)
		return;
	memcpy(r->waiting[at].answer, packet, (size_t)n);
	r->waiting[at].size = (size_t)n;
}

static void send_due(struct dns_relay *r)
{
	int64_t now = clock_milliseconds();

	for (size_t i = 0; i < WAITING_MAX; i++) {
		struct waiting *w = &r->waiting[i];

		if (!w->is_used || !w->size || w->due > now)
			continue;
		(void)sendto(r->front, w->answer, w->size, 0, (struct sockaddr *)&w->client, sizeof w->client);
		free(w->answer);
		*w = (struct waiting){0};
		r->in_flight--;
	}
}

static void *run(void *context)
{
	struct dns_relay *r = context;
	struct pollfd polled[] = {{r->front, POLLIN, 0}, {r->back, POLLIN, 0}};

	while (!atomic_load(&r->is_over)) {
		(void)poll(polled, 2, TICK);
		if (polled[0].revents)
			take_question(r);
		if (polled[1].revents)
			take_answer(r);
		send_due(r);
	}
	return NULL;
}

struct dns_relay *dns_relay_start(uint16_t server, int delay)
{
	struct dns_relay *r = calloc(1, sizeof *r);
	struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t size = sizeof address;

	assert_non_null(r);
	r->delay = delay;
	r->front = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	r->back = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	assert_true(r->front >= 0 && r->back >= 0);
	assert_int_equal(bind(r->front, (struct sockaddr *)&address, sizeof address), 0);
	assert_int_equal(getsockname(r->front, (struct sockaddr *)&address, &size), 0);
	r->port = ntohs(address.sin_port);
	address.sin_port = htons(server);
	assert_int_equal(connect(r->back, (struct sockaddr *)&address, sizeof address), 0);
	assert_int_equal(pthread_create(&r->thread, NULL, run, r), 0);
	return r;
}

void dns_relay_stop(struct dns_relay *r)
{
	if (!r)
		return;
	atomic_store(&r->is_over, true);
	pthread_join(r->thread, NULL);
	for (size_t i = 0; i < WAITING_MAX; i++)
		free(r->waiting[i].answer);
	close(r->front);
	close(r->back);
	free(r);
}

uint16_t dns_relay_port(const struct dns_relay *r)
{
	return r->port;
}

size_t dns_relay_questions(const struct dns_relay *r)
{
	return atomic_load(&r->questions);
}

size_t dns_relay_peak(const struct dns_relay *r)
{
	return atomic_load(&r->peak);
}

#include "support/fake_dns.h"

#include <arpa/inet.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "support/case.h"

enum { PACKET_MAX = 65535, DELAYED_MAX = 2000, HEADER = 12, SLOW_MS = 300 };

enum { TYPE_A = 1, TYPE_NS = 2, TYPE_CNAME = 5, TYPE_PTR = 12, TYPE_MX = 15, TYPE_TXT = 16, TYPE_AAAA = 28 };

struct delayed {
	int64_t due;
	struct sockaddr_in peer;
	size_t size;
	uint8_t octets[512];
};

struct fake_dns {
	int udp, tcp;
	uint16_t port;
	pthread_t thread;
	atomic_bool stop;
	atomic_size_t questions;
	struct delayed delayed[DELAYED_MAX];
	size_t delayed_count;
};

static int64_t now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

/* ---- replies ---- */

struct reply {
	uint8_t octets[PACKET_MAX];
	size_t size;
};

static void put(struct reply *r, const void *p, size_t n)
{
	memcpy(r->octets + r->size, p, n);
	r->size += n;
}

static void put16(struct reply *r, unsigned value)
{
	put(r, (uint8_t[]){(uint8_t)(value >> 8), (uint8_t)value}, 2);
}

static void set_rcode(struct reply *r, unsigned rcode)
{
	r->octets[3] = (uint8_t)((r->octets[3] & 0xf0) | rcode);
}

/* A record about the name in the question, with its data. */
static void put_record(struct reply *r, unsigned type, const void *data, size_t size)
{
	put16(r, 0xc000 | HEADER);
	put16(r, type);
	put16(r, 1);
	put16(r, 0);
	put16(r, 60);
	put16(r, (unsigned)size);
	put(r, data, size);
	r->octets[7]++;
}

static void put_ok(struct reply *r, unsigned type, const char *text)
{
	uint8_t string[256] = {(uint8_t)strlen(text)};

	memcpy(string + 1, text, strlen(text));
	switch (type) {
	case TYPE_A:
		put_record(r, type, "\xc0\0\2\1", 4);
		put_record(r, type, "\xc0\0\2\2", 4);
		break;
	case TYPE_AAAA:
		put_record(r, type, "\x20\x01\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\1", 16);
		break;
	case TYPE_MX:
		put_record(r, type, "\0\x0a\2MX\2ok\4Test", 14);
		break;
	case TYPE_PTR:
	case TYPE_NS:
		put_record(r, type, "\4host\2ok\4test", 14);
		break;
	default:
		put_record(r, type, string, 1 + strlen(text));
	}
}

/* A CNAME to a name that differs in the first label only. */
static void put_cname(struct reply *r, const char *label)
{
	uint8_t data[80] = {(uint8_t)strlen(label)};
	unsigned rest = HEADER + 1u + r->octets[HEADER];

	memcpy(data + 1, label, strlen(label));
	data[1 + strlen(label)] = (uint8_t)(0xc0 | rest >> 8);
	data[2 + strlen(label)] = (uint8_t)rest;
	put_record(r, TYPE_CNAME, data, strlen(label) + 3);
}

static void put_strings(struct reply *r)
{
	uint8_t data[300 * 11];

	for (size_t i = 0; i < 300; i++) {
		char text[12];

		snprintf(text, sizeof(text), "string%04zu", i);
		data[i * 11] = 10;
		memcpy(data + i * 11 + 1, text, 10);
	}
	put_record(r, TYPE_TXT, data, sizeof(data));
}

static void cut_off(struct reply *r, size_t question_end)
{
	r->octets[2] |= 2;
	r->octets[7] = 0;
	r->size = question_end;
}

static bool begins(const char *label, const char *word)
{
	return strncmp(label, word, strlen(word)) == 0;
}

/* Builds the reply; its size is 0 where there is to be none. *delay_out: milliseconds. */
static void answer(const uint8_t *query, size_t size, bool over_tcp, struct reply *r, int64_t *delay_out)
{
	char label[64] = "", next[120];
	size_t end = HEADER, chosen = HEADER;

	*delay_out = 0;
	r->size = 0;
	while (end < size && query[end])
		end += query[end] + 1u;
	end += 5;
	if (size < HEADER || end > size)
		return;
	while (query[chosen] && query[chosen + 1] == '_')
		chosen += query[chosen] + 1u;
	if (query[chosen] > 63)
		return;
	memcpy(label, query + chosen + 1, query[chosen]);
	put(r, query, end);
	r->octets[2] = 0x81;
	r->octets[3] = 0x80;
	memcpy(r->octets + 4, "\0\1\0\0\0\0\0\0", 8);
	unsigned type = (unsigned)query[end - 4] << 8 | query[end - 3];

	if (begins(label, "never"))
		r->size = 0;
	else if (begins(label, "garbage"))
		memset(r->octets + 2, 0xa5, r->size - 2);
	else if (begins(label, "wrongid"))
		r->octets[0] ^= 0xff;
	else if (begins(label, "servfail"))
		set_rcode(r, 2);
	else if (begins(label, "refused"))
		set_rcode(r, 5);
	else if (begins(label, "nxdomain"))
		set_rcode(r, 3);
	else if (begins(label, "strings"))
		put_strings(r);
	else if (begins(label, "truncated"))
		put_ok(r, type, "long answer");
	else if (begins(label, "loop"))
		put_cname(r, label);
	else if (begins(label, "dangling"))
		put_cname(r, "nxdomain");
	else if (begins(label, "chain") && label[5] > '0') {
		snprintf(next, sizeof(next), "chain%c%s", label[5] - 1, label + 6);
		put_cname(r, next);
	} else if (begins(label, "include")) {
		snprintf(next, sizeof(next), "v=spf1 include:%sx.example -all", label);
		put_ok(r, type, next);
	} else if (!begins(label, "nodata"))
		put_ok(r, type, "ok");
	if (begins(label, "slow") || begins(label, "include"))
		*delay_out = SLOW_MS;
	if (!over_tcp && (begins(label, "truncated") || begins(label, "strings")))
		cut_off(r, end);
}

/* ---- sockets ---- */

static void serve_udp(struct fake_dns *s)
{
	struct reply r;
	uint8_t query[PACKET_MAX];
	struct sockaddr_in peer;
	socklen_t peer_size = sizeof(peer);
	int64_t delay;
	ssize_t n = recvfrom(s->udp, query, sizeof(query), 0, (struct sockaddr *)&peer, &peer_size);

	if (n <= 0)
		return;
	s->questions++;
	answer(query, (size_t)n, false, &r, &delay);
	if (delay && s->delayed_count < DELAYED_MAX && r.size <= sizeof(s->delayed->octets)) {
		struct delayed *d = &s->delayed[s->delayed_count++];

		*d = (struct delayed){.due = now_ms() + delay, .peer = peer, .size = r.size};
		memcpy(d->octets, r.octets, r.size);
	} else if (r.size) {
		sendto(s->udp, r.octets, r.size, 0, (struct sockaddr *)&peer, peer_size);
	}
}

static void send_due(struct fake_dns *s)
{
	size_t kept = 0;

	for (size_t i = 0; i < s->delayed_count; i++) {
		struct delayed *d = &s->delayed[i];

		if (d->due <= now_ms())
			sendto(s->udp, d->octets, d->size, 0, (struct sockaddr *)&d->peer, sizeof(d->peer));
		else
			s->delayed[kept++] = *d;
	}
	s->delayed_count = kept;
}

static bool receive_all(int fd, uint8_t *p, size_t n)
{
	return recv(fd, p, n, MSG_WAITALL) == (ssize_t)n;
}

static void serve_tcp(struct fake_dns *s)
{
	struct reply r;
	uint8_t query[PACKET_MAX], size[2];
	struct timeval patience = {1, 0};
	int64_t delay;
	int fd = accept(s->tcp, NULL, NULL);

	if (fd < 0)
		return;
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
	if (receive_all(fd, size, 2) && receive_all(fd, query, (size_t)size[0] << 8 | size[1])) {
		answer(query, (size_t)size[0] << 8 | size[1], true, &r, &delay);
		size[0] = (uint8_t)(r.size >> 8);
		size[1] = (uint8_t)r.size;
		if (r.size && send(fd, size, 2, MSG_NOSIGNAL | MSG_MORE) == 2)
			(void)!send(fd, r.octets, r.size, MSG_NOSIGNAL);
	}
	close(fd);
}

static void *serve(void *context)
{
	struct fake_dns *s = context;

	while (!s->stop) {
		struct pollfd wanted[] = {{s->udp, POLLIN, 0}, {s->tcp, POLLIN, 0}};

		poll(wanted, 2, 5);
		if (wanted[0].revents)
			serve_udp(s);
		if (wanted[1].revents)
			serve_tcp(s);
		send_due(s);
	}
	return NULL;
}

/* UDP and TCP on one port; 0: a free one */
static bool bind_both(struct fake_dns *s, const char *on, uint16_t port)
{
	struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(port)};
	socklen_t size = sizeof(address);
	int buffer = 4 << 20;

	inet_pton(AF_INET, on, &address.sin_addr);
	s->udp = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	s->tcp = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	setsockopt(s->udp, SOL_SOCKET, SO_RCVBUF, &buffer, sizeof(buffer));
	if (bind(s->udp, (struct sockaddr *)&address, size) == 0 &&
	    getsockname(s->udp, (struct sockaddr *)&address, &size) == 0 &&
	    bind(s->tcp, (struct sockaddr *)&address, size) == 0 && listen(s->tcp, 100) == 0) {
		s->port = ntohs(address.sin_port);
		return true;
	}
	close(s->udp);
	close(s->tcp);
	return false;
}

struct fake_dns *fake_dns_start_on(const char *address, uint16_t port)
{
	struct fake_dns *s = calloc(1, sizeof(*s));

	assert_non_null(s);
	if (!bind_both(s, address, port)) {
		free(s);
		return NULL;
	}
	assert_int_equal(pthread_create(&s->thread, NULL, serve, s), 0);
	return s;
}

struct fake_dns *fake_dns_start(void)
{
	struct fake_dns *s = NULL;

	for (int tries = 0; tries < 20 && !s; tries++) /* a port free for UDP may be taken for TCP */
		s = fake_dns_start_on("127.0.0.1", 0);
	assert_non_null(s);
	return s;
}

void fake_dns_stop(struct fake_dns *s)
{
	s->stop = true;
	pthread_join(s->thread, NULL);
	close(s->udp);
	close(s->tcp);
	free(s);
}

uint16_t fake_dns_port(const struct fake_dns *s)
{
	return s->port;
}

size_t fake_dns_questions(const struct fake_dns *s)
{
	return s->questions;
}

/* A name server far away: hands questions on to another one and its answers back, each after so many milliseconds; what lies below
 * one domain is never answered. UDP, port 53, one thread.
 *
 *	slow_dns ADDRESS SERVER MILLISECONDS DOMAIN
 *
 * A question waits in a ring until its time has come; then it goes out with an id of ours, by which the answer finds the asker. */
#include <arpa/inet.h>
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <time.h>

enum { RING = 65536, SIZE = 512, PORT = 53, HEADER = 12 };

struct question {
	double due;
	struct sockaddr_in from;
	uint16_t id;
	size_t n;
	unsigned char octets[SIZE];
};

static struct question ring[RING];
static size_t first, count;

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

static struct sockaddr_in address(const char *text, uint16_t port)
{
	struct sockaddr_in a = {.sin_family = AF_INET, .sin_port = htons(port)};

	if (inet_pton(AF_INET, text, &a.sin_addr) != 1) {
		fprintf(stderr, "%s: no IPv4 address\n", text);
		exit(2);
	}
	return a;
}

static int open_socket(const struct sockaddr_in *local)
{
	int fd = socket(AF_INET, SOCK_DGRAM, 0), size = 8 * 1024 * 1024;

	(void)setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof size);
	if (fd < 0 || (local && bind(fd, (const struct sockaddr *)local, sizeof *local) != 0)) {
		perror("socket");
		exit(1);
	}
	return fd;
}

/* Whether the name asked for ends with the labels of `domain`, given in wire form. */
static int is_below(const struct question *q, const unsigned char *domain, size_t n)
{
	for (size_t at = HEADER; at < q->n && q->octets[at]; at += 1u + q->octets[at])
		if (q->n - at >= n && strncasecmp((const char *)q->octets + at, (const char *)domain, n) == 0)
			return 1;
	return 0;
}

static size_t to_wire(const char *domain, unsigned char *out)
{
	size_t n = 0;

	while (*domain) {
		size_t label = strcspn(domain, ".");

		out[n++] = (unsigned char)label;
		memcpy(out + n, domain, label);
		n += label;
		domain += label + (domain[label] == '.');
	}
	out[n++] = 0;
	return n;
}

static void take_question(int fd, double delay)
{
	struct question *q = &ring[(first + count) % RING];
	socklen_t n = sizeof q->from;
	ssize_t got = recvfrom(fd, q->octets, SIZE, MSG_DONTWAIT, (struct sockaddr *)&q->from, &n);

	if (got < HEADER || count == RING / 2) /* the other half is for answers that are still out */
		return;
	q->due = now() + delay;
	q->n = (size_t)got;
	memcpy(&q->id, q->octets, sizeof q->id);
	count++;
}

static void hand_on(int fd, const unsigned char *silent, size_t silent_n)
{
	for (double t = now(); count && ring[first].due <= t; count--, first = (first + 1) % RING) {
		struct question *q = &ring[first];
		uint16_t id = (uint16_t)first;

		memcpy(q->octets, &id, sizeof id);
		if (!is_below(q, silent, silent_n))
			(void)send(fd, q->octets, q->n, 0);
	}
}

static void hand_back(int out, int in)
{
	unsigned char answer[65536];
	ssize_t n = recv(out, answer, sizeof answer, MSG_DONTWAIT);
	uint16_t id;

	if (n < HEADER)
		return;
	memcpy(&id, answer, sizeof id);
	const struct question *q = &ring[id];

	memcpy(answer, &q->id, sizeof q->id);
	(void)sendto(in, answer, (size_t)n, 0, (const struct sockaddr *)&q->from, sizeof q->from);
}

int main(int argc, char **argv)
{
	if (argc != 5 || strlen(argv[4]) > 250)
		return 2;
	struct sockaddr_in local = address(argv[1], PORT), server = address(argv[2], PORT);
	int in = open_socket(&local), out = open_socket(NULL);
	unsigned char silent[256];
	size_t silent_n = to_wire(argv[4], silent);
	double delay = atof(argv[3]);

	if (connect(out, (const struct sockaddr *)&server, sizeof server) != 0) {
		perror(argv[2]);
		return 1;
	}
	puts("ready");
	fflush(stdout);
	for (;;) {
		struct pollfd fds[] = {{.fd = in, .events = POLLIN}, {.fd = out, .events = POLLIN}};
		double wait = count ? ring[first].due - now() : -1;

		(void)poll(fds, 2, count ? (wait > 0 ? (int)wait + 1 : 0) : -1);
		if (fds[0].revents)
			take_question(in, delay);
		if (fds[1].revents)
			hand_back(out, in);
		hand_on(out, silent, silent_n);
	}
}

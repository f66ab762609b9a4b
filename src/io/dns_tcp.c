#include "io/dns_tcp.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { LENGTH_SIZE = 2 };

static void put_message(struct dns_tcp *t, struct str message)
{
	t->octets[0] = (unsigned char)(message.n >> 8);
	t->octets[1] = (unsigned char)message.n;
	memcpy(t->octets + LENGTH_SIZE, message.p, message.n);
	t->size = LENGTH_SIZE + message.n;
}

int dns_tcp_begin(struct dns_tcp *t, const struct endpoint *peer, struct str message, struct io_error *error)
{
	int on = 1;

	*t = (struct dns_tcp){.fd = socket(peer->address.ss_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)};
	if (t->fd < 0)
		return io_fail(error, "%s: %s", peer->text, strerror(errno));
	(void)setsockopt(t->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	if (connect(t->fd, (const struct sockaddr *)&peer->address, peer->size) != 0 && errno != EINPROGRESS) {
		int why = errno;

		dns_tcp_release(t);
		return io_fail(error, "%s: %s", peer->text, strerror(why));
	}
	t->octets = malloc(LENGTH_SIZE + DNS_MESSAGE_MAX);
	if (!t->octets || message.n > DNS_MESSAGE_MAX) {
		int code = t->octets ? INKAN_ELIMIT : INKAN_ENOMEM;

		dns_tcp_release(t);
		return code;
	}
	put_message(t, message);
	return INKAN_OK;
}

void dns_tcp_release(struct dns_tcp *t)
{
	if (t->fd >= 0)
		close(t->fd);
	free(t->octets);
	*t = (struct dns_tcp){.fd = -1};
}

short dns_tcp_events(const struct dns_tcp *t)
{
	return t->reading ? POLLIN : POLLOUT;
}

static enum dns_tcp_state state_of_errno(void)
{
	return errno == EAGAIN || errno == EINTR || errno == EINPROGRESS || errno == ENOTCONN ? DNS_TCP_WAITS
	                                                                                      : DNS_TCP_FAILED;
}

static enum dns_tcp_state send_some(struct dns_tcp *t)
{
	while (t->at < t->size) {
		ssize_t n = send(t->fd, t->octets + t->at, t->size - t->at, MSG_NOSIGNAL);

		if (n < 0)
			return state_of_errno();
		t->at += (size_t)n;
	}
	t->reading = true;
	t->at = 0;
	t->size = LENGTH_SIZE;
	return DNS_TCP_DONE;
}

static enum dns_tcp_state read_some(struct dns_tcp *t)
{
	while (t->at < t->size) {
		ssize_t n = recv(t->fd, t->octets + t->at, t->size - t->at, 0);

		if (n < 0)
			return state_of_errno();
		if (n == 0) {
			errno = 0;
			return DNS_TCP_FAILED;
		}
		t->at += (size_t)n;
		if (t->at == LENGTH_SIZE && t->size == LENGTH_SIZE)
			t->size += (size_t)t->octets[0] << 8 | t->octets[1];
	}
	return DNS_TCP_DONE;
}

enum dns_tcp_state dns_tcp_step(struct dns_tcp *t)
{
	enum dns_tcp_state state = t->reading ? DNS_TCP_DONE : send_some(t);

	return state == DNS_TCP_DONE ? read_some(t) : state;
}

struct str dns_tcp_reply(const struct dns_tcp *t)
{
	return str_from((const char *)t->octets + LENGTH_SIZE, t->size - LENGTH_SIZE);
}

/* Reading order: status_start() -> start_one(); on_request() -> refusal() or the route's function, then answer(). */
#include "server/status.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <microhttpd.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "server/status_page.h"

struct site {
	struct MHD_Daemon *daemon;
	const struct status *status;
	bool loopback;
};

struct status {
	const struct service *service;
	struct recent *recent;
	struct site sites[CONFIG_LISTEN_MAX];
	size_t count;
};

/* A reply that is being made. */
struct reply {
	unsigned code;
	const char *type;
	struct buf body;
};

/* ---- readiness ---- */

static const struct flag_text {
	enum metrics_flag flag;
	bool wanted;
	const char *missing;
} flag_texts[] = {
	{FLAG_FILTER_READY, true, "the filter is not ready\n"},
	{FLAG_KEYS_READY, true, "the keys are not ready\n"},
	{FLAG_STORE_WORKS, true, "the store does not work\n"},
	{FLAG_STOPPING, false, "the service is stopping\n"},
};

void status_missing(const struct metrics *m, struct buf *out)
{
	for (size_t i = 0; i < sizeof(flag_texts) / sizeof(*flag_texts); i++)
		if (metrics_flag(m, flag_texts[i].flag) != flag_texts[i].wanted)
			buf_put_c(out, flag_texts[i].missing);
}

/* ---- routes ---- */

static void route_metrics(const struct site *site, struct MHD_Connection *connection, struct reply *reply)
{
	(void)connection;
	reply->type = "text/plain; version=0.0.4; charset=utf-8";
	metrics_print(site->status->service->metrics, &reply->body);
}

static void route_health(const struct site *site, struct MHD_Connection *connection, struct reply *reply)
{
	(void)site, (void)connection;
	buf_put_c(&reply->body, "ok\n");
}

static void route_ready(const struct site *site, struct MHD_Connection *connection, struct reply *reply)
{
	(void)connection;
	status_missing(site->status->service->metrics, &reply->body);
	if (reply->body.n)
		reply->code = MHD_HTTP_SERVICE_UNAVAILABLE;
	else
		buf_put_c(&reply->body, "ready\n");
}

static void route_page(const struct site *site, struct MHD_Connection *connection, struct reply *reply)
{
	const char *wanted = MHD_lookup_connection_value(connection, MHD_GET_ARGUMENT_KIND, "lang");
	const char *accepted = MHD_lookup_connection_value(connection, MHD_HEADER_KIND, "Accept-Language");
	enum language language = status_language(str_c(accepted));

	if (wanted && strcmp(wanted, "ja") == 0)
		language = LANGUAGE_JA;
	else if (wanted && strcmp(wanted, "en") == 0)
		language = LANGUAGE_EN;
	reply->type = "text/html; charset=utf-8";
	status_page(site->status->service, site->status->recent, language, &reply->body);
}

static const struct route {
	const char *path;
	void (*run)(const struct site *site, struct MHD_Connection *connection, struct reply *reply);
} routes[] = {
	{"/", route_page},
	{"/metrics", route_metrics},
	{"/healthz", route_health},
	{"/readyz", route_ready},
};

/* ---- what is refused ---- */

/* The octets of a name with optional port. */
static struct str without_port(struct str host)
{
	size_t colon = str_rfind(host, ':');
	uint64_t port;

	if (host.n && host.p[0] == '[') {
		size_t end = str_find(host, ']');

		return end == host.n || (end + 1 < host.n && colon != end + 1) ? STR_NULL : str_head(host, end + 1);
	}
	if (colon < host.n && !str_to_u64(str_skip(host, colon + 1), UINT16_MAX, &port))
		return STR_NULL;
	return str_head(host, colon);
}

bool status_host_is_loopback(struct str host)
{
	struct str name = without_port(host);
	char text[INET_ADDRSTRLEN];
	unsigned char address[4];

	if (str_ieq(name, STR("localhost")) || str_eq(name, STR("[::1]")))
		return true;
	if (name.n == 0 || name.n >= sizeof(text))
		return false;
	memcpy(text, name.p, name.n);
	text[name.n] = '\0';
	return inet_pton(AF_INET, text, address) == 1 && address[0] == 127;
}

/* What the fields of a request say that matters here. */
struct fields {
	unsigned hosts;
	struct str host;
	bool has_body, bad_octets;
};

static bool has_control(struct str s)
{
	for (size_t i = 0; i < s.n; i++)
		if (((unsigned char)s.p[i] < 0x20 && s.p[i] != '\t') || s.p[i] == 0x7f)
			return true;
	return false;
}

static enum MHD_Result on_field(void *context, enum MHD_ValueKind kind, const char *name, size_t name_size,
                                const char *value, size_t value_size)
{
	struct fields *f = context;
	struct str key = str_from(name, name_size), text = str_from(value ? value : "", value ? value_size : 0);

	(void)kind;
	f->bad_octets |= has_control(key) || has_control(text);
	if (str_ieq(key, STR("Host"))) {
		f->hosts++;
		f->host = text;
	}
	if (str_ieq(key, STR("Transfer-Encoding")) || (str_ieq(key, STR("Content-Length")) && !str_eq(text, STR("0"))))
		f->has_body = true;
	return MHD_YES;
}

struct refusal {
	unsigned code;
	const char *text;
};

/* code 0: it is fine. */
static struct refusal refusal(const struct site *site, struct MHD_Connection *connection, const char *method)
{
	struct fields f = {0};

	MHD_get_connection_values_n(connection, MHD_HEADER_KIND, on_field, &f);
	if (f.bad_octets || f.hosts > 1)
		return (struct refusal){MHD_HTTP_BAD_REQUEST, "not a proper request\n"};
	if (site->loopback && !status_host_is_loopback(f.host))
		return (struct refusal){MHD_HTTP_MISDIRECTED_REQUEST, "ask for localhost, 127.0.0.1 or [::1]\n"};
	if (strcmp(method, MHD_HTTP_METHOD_GET) != 0 && strcmp(method, MHD_HTTP_METHOD_HEAD) != 0)
		return (struct refusal){MHD_HTTP_METHOD_NOT_ALLOWED, "GET and HEAD only\n"};
	if (f.has_body)
		return (struct refusal){MHD_HTTP_BAD_REQUEST, "a request without a body, please\n"};
	return (struct refusal){0, NULL};
}

/* ---- answers ---- */

static const struct head {
	const char *name, *value;
} heads[] = {
	{"Content-Security-Policy", STATUS_PAGE_CSP},
	{"X-Content-Type-Options", "nosniff"},
	{"X-Frame-Options", "DENY"},
	{"Referrer-Policy", "no-referrer"},
	{"Cross-Origin-Resource-Policy", "same-origin"},
	{"Cache-Control", "no-store"},
	{"Vary", "Accept-Language"},
};

static void add_heads(struct MHD_Response *response, const struct reply *reply)
{
	for (size_t i = 0; i < sizeof(heads) / sizeof(*heads); i++)
		(void)MHD_add_response_header(response, heads[i].name, heads[i].value);
	(void)MHD_add_response_header(response, "Content-Type", reply->type);
	if (reply->code == MHD_HTTP_METHOD_NOT_ALLOWED)
		(void)MHD_add_response_header(response, "Allow", "GET, HEAD");
}

/* Takes the body. */
static enum MHD_Result answer(struct MHD_Connection *connection, struct reply *reply)
{
	struct MHD_Response *response;
	enum MHD_Result result;

	if (buf_error(&reply->body)) {
		reply->code = MHD_HTTP_INTERNAL_SERVER_ERROR;
		reply->type = "text/plain; charset=utf-8";
		buf_release(&reply->body);
	}
	response = MHD_create_response_from_buffer(reply->body.n, reply->body.p, MHD_RESPMEM_MUST_FREE);
	if (!response) {
		buf_release(&reply->body);
		return MHD_NO;
	}
	add_heads(response, reply);
	result = MHD_queue_response(connection, reply->code, response);
	MHD_destroy_response(response);
	return result;
}

static const struct route *route_of(const char *path)
{
	for (size_t i = 0; i < sizeof(routes) / sizeof(*routes); i++)
		if (strcmp(routes[i].path, path) == 0)
			return &routes[i];
	return NULL;
}

/* Called once with the header of a request, and again when there is no body left to read. */
static enum MHD_Result on_request(void *context, struct MHD_Connection *connection, const char *url, const char *method,
                                  const char *version, const char *upload, size_t *upload_size, void **state)
{
	static char seen;
	const struct site *site = context;
	struct reply reply = {MHD_HTTP_OK, "text/plain; charset=utf-8", {0}};

	(void)version, (void)upload, (void)upload_size;
	struct refusal refused = refusal(site, connection, method);

	if (!refused.code && !*state) {
		*state = &seen;
		return MHD_YES;
	}
	buf_init(&reply.body, STATUS_REPLY_MAX);
	if (refused.code) {
		reply.code = refused.code;
		buf_put_c(&reply.body, refused.text);
	} else if (route_of(url)) {
		route_of(url)->run(site, connection, &reply);
	} else {
		reply.code = MHD_HTTP_NOT_FOUND;
		buf_put_c(&reply.body, "/, /metrics, /healthz and /readyz are here\n");
	}
	return answer(connection, &reply);
}

/* ---- sockets ---- */

/* A socket that nobody outside this machine reaches. */
static bool is_loopback(int fd)
{
	union {
		struct sockaddr any;
		struct sockaddr_in v4;
		struct sockaddr_in6 v6;
		struct sockaddr_storage room;
	} a = {0};
	socklen_t size = sizeof(a);

	if (getsockname(fd, &a.any, &size))
		return true; /* the strict side */
	if (a.any.sa_family == AF_INET)
		return ntohl(a.v4.sin_addr.s_addr) >> 24 == 127;
	if (a.any.sa_family == AF_INET6)
		return IN6_IS_ADDR_LOOPBACK(&a.v6.sin6_addr) ||
		       (IN6_IS_ADDR_V4MAPPED(&a.v6.sin6_addr) && a.v6.sin6_addr.s6_addr[12] == 127);
	return true;
}

static void no_log(void *context, const char *format, va_list arguments)
{
	(void)context, (void)format, (void)arguments;
}

static int start_one(struct status *s, const struct listener *listener, struct io_error *error)
{
	struct site *site = &s->sites[s->count];
	int flags = fcntl(listener->fd, F_GETFL);

	*site = (struct site){.status = s, .loopback = is_loopback(listener->fd)};
	if (flags < 0 || fcntl(listener->fd, F_SETFL, flags | O_NONBLOCK) < 0)
		return io_fail(error, "%s: %s", listener->address, strerror(errno));
	site->daemon = MHD_start_daemon(MHD_USE_EPOLL | MHD_USE_INTERNAL_POLLING_THREAD | MHD_USE_ITC, 0, NULL, NULL,
	                                on_request, site, MHD_OPTION_EXTERNAL_LOGGER, no_log, NULL,
	                                MHD_OPTION_LISTEN_SOCKET, listener->fd, MHD_OPTION_CONNECTION_LIMIT,
	                                (unsigned)STATUS_CONNECTIONS_MAX, MHD_OPTION_CONNECTION_TIMEOUT,
	                                (unsigned)STATUS_TIMEOUT, MHD_OPTION_CONNECTION_MEMORY_LIMIT,
	                                (size_t)STATUS_MEMORY, MHD_OPTION_STRICT_FOR_CLIENT, 1, MHD_OPTION_END);
	if (!site->daemon)
		return io_fail(error, "%s: the status pages cannot be served: %s", listener->address, strerror(errno));
	s->count++;
	return INKAN_OK;
}

int status_start(const struct service *service, struct recent *recent, struct status **out, struct io_error *error)
{
	struct status *s = calloc(1, sizeof(*s));
	int result = INKAN_OK;

	if (!s)
		return INKAN_ENOMEM;
	s->service = service;
	s->recent = recent;
	for (size_t i = 0; i < service->status.count && !result; i++)
		result = start_one(s, &service->status.list[i], error);
	if (result)
		status_stop(s);
	else
		*out = s;
	return result;
}

void status_stop(struct status *s)
{
	if (!s)
		return;
	for (size_t i = 0; i < s->count; i++) {
		/* takes the socket back, which stopping would shut down for all processes that share it */
		(void)MHD_quiesce_daemon(s->sites[i].daemon);
		MHD_stop_daemon(s->sites[i].daemon);
	}
	free(s);
}

#include "server/identity_steps.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "io/clock.h"
#include "registrar/registrar.h"
#include "server/filter.h"
#include "server/identity_desk.h"
#include "server/log.h"

struct identity_steps {
	const struct service *service;
	struct metrics_slot *metrics;
	struct registrar_settings settings;
	struct registrar_zone *zones;
	struct tsig_key *tsig; /* of zones */
	char host[256];
	struct registrar *registrar; /* NULL: not open */
	bool in_trouble;             /* the last round met some */
	int64_t said_at;             /* ms */
	atomic_bool paused;
	pthread_t thread;
};

/* ---- rounds ---- */

static void note_trouble(struct identity_steps *s, const char *why)
{
	int64_t now = clock_milliseconds();

	metrics_add(s->metrics, METRIC_IDENTITY_STEPS_FAILED, 1);
	if (!s->in_trouble || now - s->said_at >= IDENTITY_STEPS_SAY) {
		log_line(LOG_WARNING, "identities: a step is to be tried again: %s", why);
		s->said_at = now;
	}
	s->in_trouble = true;
}

static void note_success(struct identity_steps *s)
{
	if (s->in_trouble)
		log_line(LOG_INFO, "identities: steps go on");
	s->in_trouble = false;
}

static bool open_registrar(struct identity_steps *s)
{
	struct io_error error = {""};

	if (s->registrar)
		return true;
	if (identity_store_is_missing(s->settings.store))
		return false;
	int code = registrar_open(&s->settings, &s->registrar, &error);

	if (code)
		note_trouble(s, error.text[0] ? error.text : inkan_strerror(code));
	return !code;
}

/* True: there is more to do at once. */
static bool do_round(struct identity_steps *s)
{
	struct io_error error = {""};
	size_t done = 0;
	bool left = false;
	int code = registrar_run(s->registrar, IDENTITY_STEPS_MAX, &done, &left, &error);

	metrics_add(s->metrics, METRIC_IDENTITY_STEPS, (int64_t)done);
	if (code || error.text[0])
		note_trouble(s, error.text[0] ? error.text : inkan_strerror(code));
	else
		note_success(s);
	if (code) { /* of the store: opened anew next time */
		registrar_close(s->registrar);
		s->registrar = NULL;
	}
	return !code && left && done > 0;
}

static void *steps_run(void *context)
{
	struct identity_steps *s = context;

	while (!atomic_load(&s->paused)) {
		if (open_registrar(s) && do_round(s))
			continue;
		(void)poll(NULL, 0, IDENTITY_STEPS_TICK);
	}
	registrar_close(s->registrar);
	s->registrar = NULL;
	return NULL;
}

/* ---- beginning and end ---- */

static const char *or_null(const char *text)
{
	return text && text[0] ? text : NULL;
}

static void take_zone(struct identity_steps *s, size_t i)
{
	const struct config_zone *z = &s->service->config->identities.zones[i];
	struct io_error error = {""};

	s->zones[i] = (struct registrar_zone){.zone = z->zone,
	                                      .primary = or_null(z->primary),
	                                      .tsig = or_null(z->tsig),
	                                      .file = or_null(z->file),
	                                      .servers = z->servers.words,
	                                      .server_count = z->servers.count};
	if (!s->zones[i].tsig)
		return;
	if (tsig_key_read(s->zones[i].tsig, &s->tsig[i], &error))
		log_line(LOG_ERROR, "identities: zone %s: %s", z->zone, error.text);
	else
		s->zones[i].key = &s->tsig[i];
}

int identity_steps_new(const struct service *service, struct identity_steps **out, struct io_error *error)
{
	const struct config *c = service->config;
	struct identity_steps *s = calloc(1, sizeof *s);

	if (s) {
		s->zones = calloc(c->identities.zone_count + 1, sizeof *s->zones);
		s->tsig = calloc(c->identities.zone_count + 1, sizeof *s->tsig);
	}
	if (!s || !s->zones || !s->tsig)
		return io_fail(error, "registrar: %s", inkan_strerror(INKAN_ENOMEM)); /* the process ends */
	s->service = service;
	s->metrics = metrics_slot(service->metrics, METRICS_REGISTRAR_SLOT);
	if (gethostname(s->host, sizeof s->host - 1) != 0)
		memcpy(s->host, "localhost", sizeof "localhost");
	s->settings = (struct registrar_settings){.store = c->identities.store,
	                                          .master_key = c->identities.master_key,
	                                          .outcomes = c->store.path,
	                                          .zones = s->zones,
	                                          .zone_count = c->identities.zone_count,
	                                          .host = s->host,
	                                          .who = "registrar",
	                                          .at = UNIX_TIME_NONE};
	filter_resolver_options(c, &s->settings.authority.resolver);
	for (size_t i = 0; i < c->identities.zone_count; i++)
		take_zone(s, i);
	*out = s;
	return INKAN_OK;
}

int identity_steps_start(struct identity_steps *s, struct io_error *error)
{
	if (s->service->config->dns.snapshot[0]) {
		log_line(LOG_NOTICE, "identities: no steps are taken, as DNS is a snapshot (dns.snapshot)");
		return INKAN_OK;
	}
	int code = pthread_create(&s->thread, NULL, steps_run, s);

	return code ? io_fail(error, "registrar: no thread: %s", strerror(code)) : INKAN_OK;
}

void identity_steps_pause(struct identity_steps *s)
{
	atomic_store(&s->paused, true);
}

#include "support/knot.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "support/case.h"
#include "support/place.h"

#define KNOTD "/usr/sbin/knotd"
#define KEYMGR "/usr/sbin/keymgr"

enum { START_SECONDS = 20, PROBE_MS = 100 };

struct knot {
	char folder[64];
	uint16_t port;
	pid_t pid;
};

const char *knot_file(struct knot *k, const char *name, const char *text)
{
	static char path[256];
	FILE *f;

	snprintf(path, sizeof(path), "%s/%s", k->folder, name);
	f = fopen(path, "we");
	if (!f || fputs(text, f) < 0 || fclose(f) != 0)
		fail_msg("%s: %s", path, strerror(errno));
	return path;
}

static uint16_t free_port(void)
{
	struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t size = sizeof(address);
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	assert_int_equal(bind(fd, (struct sockaddr *)&address, size), 0);
	assert_int_equal(getsockname(fd, (struct sockaddr *)&address, &size), 0);
	close(fd);
	return ntohs(address.sin_port);
}

static void write_zones(struct knot *k, const struct knot_zone *zones, size_t count)
{
	char text[8192];
	int n = snprintf(
		text, sizeof(text),
		"server:\n    rundir: %s\n    listen: 127.0.0.1@%u\n"
		"log:\n  - target: stderr\n    any: error\n"
		"database:\n    storage: %s\n"
		"acl:\n  - id: updates\n    address: 127.0.0.1\n    action: update\n"
		"policy:\n  - id: quick\n    algorithm: ecdsap256sha256\n    cds-cdnskey-publish: none\n"
		"template:\n  - id: default\n    storage: %s\n    zonefile-sync: -1\n    journal-content: all\n"
		"zone:\n",
		k->folder, k->port, k->folder, k->folder);

	for (size_t i = 0; i < count; i++) {
		char zone[4096], file[100];

		n += snprintf(text + n, sizeof(text) - (size_t)n, "  - domain: %s.\n    file: %s.zone\n%s%s",
		              zones[i].name, zones[i].name, zones[i].takes_updates ? "    acl: updates\n" : "",
		              zones[i].is_signed ? "    dnssec-signing: on\n    dnssec-policy: quick\n" : "");
		snprintf(file, sizeof(file), "%s.zone", zones[i].name);
		snprintf(zone, sizeof(zone),
		         "$ORIGIN %s.\n$TTL 300\n@ SOA ns hostmaster 1 3600 600 86400 60\n@ NS ns\nns A 127.0.0.1\n%s",
		         zones[i].name, zones[i].records);
		knot_file(k, file, zone);
	}
	knot_file(k, "knot.conf", text);
}

static void launch(struct knot *k)
{
	char config[128];

	snprintf(config, sizeof(config), "%s/knot.conf", k->folder);
	k->pid = fork();
	assert_true(k->pid >= 0);
	if (k->pid > 0)
		return;
	int log = open("/dev/null", O_WRONLY);

	prctl(PR_SET_PDEATHSIG, SIGTERM); /* it must not outlive a test that crashed */
	dup2(log, STDOUT_FILENO);
	dup2(log, STDERR_FILENO);
	execl(KNOTD, KNOTD, "-c", config, (char *)NULL);
	_exit(127);
}

/* Whether the server answers a question about the zone with RCODE 0. */
static int is_served(struct knot *k, const char *zone)
{
	struct sockaddr_in address = {
		.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK), .sin_port = htons(k->port)};
	uint8_t query[300] = {0x12, 0x34, 0, 0, 0, 1}, reply[1500];
	size_t at = 12;
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	struct pollfd wanted = {fd, POLLIN, 0};

	for (const char *label = zone; *label;) {
		size_t n = strcspn(label, ".");

		query[at++] = (uint8_t)n;
		memcpy(query + at, label, n);
		at += n;
		label += n + (label[n] == '.');
	}
	memcpy(query + at, "\0\0\6\0\1", 5);
	sendto(fd, query, at + 5, 0, (struct sockaddr *)&address, sizeof(address));
	int served = poll(&wanted, 1, PROBE_MS) == 1 && recv(fd, reply, sizeof(reply), 0) > 12 &&
	             (reply[3] & 15) == 0 && reply[7] > 0;

	close(fd);
	return served;
}

struct knot *knot_start(const struct knot_zone *zones, size_t count)
{
	struct knot *k = calloc(1, sizeof(*k));

	assert_non_null(k);
	if (access(KNOTD, X_OK) != 0 || access(KEYMGR, X_OK) != 0) {
		free(k);
		return NULL;
	}
	snprintf(k->folder, sizeof(k->folder), "/tmp/inkan-knot-XXXXXX");
	assert_non_null(mkdtemp(k->folder));
	k->port = free_port();
	write_zones(k, zones, count);
	launch(k);
	size_t ready = 0;

	for (int tries = 0; tries < START_SECONDS * 1000 / PROBE_MS && ready < count; tries++) {
		if (is_served(k, zones[ready].name))
			ready++;
		else
			usleep(PROBE_MS * 1000);
	}
	if (ready < count) {
		knot_stop(k);
		fail_msg("knotd does not serve %s", zones[ready].name);
	}
	return k;
}

void knot_stop(struct knot *k)
{
	if (!k)
		return;
	kill(k->pid, SIGTERM);
	waitpid(k->pid, NULL, 0);
	remove_tree(k->folder);
	free(k);
}

uint16_t knot_port(const struct knot *k)
{
	return k->port;
}

const char *knot_trust_anchor(struct knot *k, const char *zone)
{
	char command[400], line[400], anchors[2000] = "", name[100];
	size_t n = 0;

	snprintf(command, sizeof(command), KEYMGR " -c %s/knot.conf %s. ds 2>/dev/null", k->folder, zone);
	FILE *output = popen(command, "re");

	assert_non_null(output);
	while (fgets(line, sizeof(line), output)) {
		char *data = strstr(line, " DS ");

		if (data)
			n += (size_t)snprintf(anchors + n, sizeof(anchors) - n, "%s. IN%s", zone, data);
	}
	assert_int_equal(pclose(output), 0);
	assert_true(n > 0);
	snprintf(name, sizeof(name), "%s.ds", zone);
	return knot_file(k, name, anchors);
}

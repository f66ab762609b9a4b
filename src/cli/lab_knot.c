/* Reading order: lab_place_make(); lab_knot_start() -> launch(), wait_until_served(). */
#include "cli/lab_knot.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cli/files.h"
#include "cli/trouble_text.h"
#include "core/base64.h"
#include "crypto/crypto.h"
#include "io/clock.h"
#include "io/random.h"

enum {
	TSIG_OCTETS = 32,
	PORT_TRIES = 4,             /* somebody else may take a port between our look and the server's */
	START_PATIENCE = 20 * 1000, /* ms */
	STOP_PATIENCE = 10 * 1000,  /* ms; then it is killed */
	STEP = 20,                  /* ms between two looks */
	CONFIG_MAX = 16 * 1024,
	LOG_MAX = 1024 * 1024,
	LOG_SHOWN = 400,  /* octets of its end */
	LONGEST_NAME = 24 /* octets of a socket's name in the folder, slash included */
};

#define FOLDER_NAME "/inkan-lab-XXXXXX"
#define TSIG_NAME "lab"
/* Where Debian keeps servers, which need not be on a user's PATH. */
#define SERVER_FOLDERS ":/usr/sbin:/usr/local/sbin:/sbin"

/* ---- the folder ---- */

void lab_path(const struct lab_place *p, const char *name, char out[LAB_FILE_MAX])
{
	snprintf(out, LAB_FILE_MAX, "%s/%s", p->folder, name);
}

static enum exit_code refuse_folder(struct ui *ui, const char *above, const char *reason)
{
	ui_error(ui, IN_FILE(above),
	         TEXT(ui, "cannot make a folder here: %s – set TMPDIR to a folder that you may write to, as /tmp",
	              "ここにフォルダーを作れません: %s – /tmp "
	              "など、書き込めるフォルダーを TMPDIR に指定してください"),
	         reason);
	return EXIT_USAGE;
}

static enum exit_code make_tsig(struct ui *ui, struct lab_place *p)
{
	unsigned char octets[TSIG_OCTETS];
	struct buf text;

	random_octets(octets, sizeof octets);
	buf_init(&text, CONFIG_MAX);
	base64_encode(&text, octets, sizeof octets);
	snprintf(p->secret, sizeof p->secret, "%.*s", STR_ARG(buf_str(&text)));
	crypto_wipe(octets, sizeof octets);
	lab_path(p, "tsig.key", p->tsig);
	buf_clear(&text);
	buf_printf(&text, "hmac-sha256:" TSIG_NAME ":%s\n", p->secret);
	enum exit_code code = buf_error(&text) ? ui_failed(ui, NOWHERE, buf_error(&text))
	                                       : file_write(ui, p->tsig, buf_str(&text), 0600, false);

	buf_release(&text);
	return code;
}

enum exit_code lab_place_make(struct ui *ui, struct lab_place *out)
{
	const char *wanted = getenv("TMPDIR");
	char *above = realpath(wanted && *wanted ? wanted : "/tmp", NULL);

	*out = (struct lab_place){.folder = ""};
	if (!above)
		return refuse_folder(ui, wanted && *wanted ? wanted : "/tmp", TROUBLE(ui, strerror(errno)));
	if (strlen(above) + strlen(FOLDER_NAME) + 1 > sizeof out->folder) {
		free(above);
		return refuse_folder(
			ui, wanted,
			TEXT(ui, "this path is too long for a socket", "ソケットを置くにはパスが長すぎます"));
	}
	snprintf(out->folder, sizeof out->folder, "%s%s", above, FOLDER_NAME);
	if (!mkdtemp(out->folder)) {
		enum exit_code code = refuse_folder(ui, above, TROUBLE(ui, strerror(errno)));

		out->folder[0] = '\0';
		free(above);
		return code;
	}
	free(above);
	return make_tsig(ui, out);
}

static int remove_entry(const char *path, const struct stat *st, int type, struct FTW *position)
{
	(void)st;
	(void)type;
	(void)position;
	return remove(path);
}

bool lab_place_remove(struct lab_place *p)
{
	enum { DESCRIPTORS = 8 };
	bool gone = !p->folder[0] || nftw(p->folder, remove_entry, DESCRIPTORS, FTW_DEPTH | FTW_PHYS) == 0;

	crypto_wipe(p->secret, sizeof p->secret);
	p->folder[0] = '\0';
	return gone;
}

/* ---- programs ---- */

/* A program on PATH, or where servers are. */
static bool find_program(const char *name, char out[LAB_FILE_MAX])
{
	const char *path = getenv("PATH");
	struct buf folders;
	bool found = false;

	buf_init(&folders, CONFIG_MAX);
	buf_put_c(&folders, path ? path : "");
	buf_put_c(&folders, SERVER_FOLDERS);
	struct str rest = buf_str(&folders);

	while (rest.n && !found) {
		struct str folder = str_split(&rest, ':');
		int n = snprintf(out, LAB_FILE_MAX, "%.*s/%s", STR_ARG(folder), name);

		found = folder.n && n < LAB_FILE_MAX && access(out, X_OK) == 0;
	}
	buf_release(&folders);
	return found;
}

static enum exit_code refuse_missing(struct ui *ui, const char *name)
{
	ui_error(ui, NOWHERE,
	         TEXT(ui, "%s was not found: this scenario needs Knot DNS – install the package “knot”",
	              "%s が見つかりません。このシナリオには Knot DNS が必要です – "
	              "パッケージ「knot」をインストールしてください"),
	         name);
	return EXIT_TEMPORARY;
}

/* In the child. Ctrl-C is for the laboratory, which ends its servers in order. */
static void become(const struct lab_knot *k, const char *program, const char *const arguments[])
{
	char path[LAB_FILE_MAX], log[LAB_FILE_MAX];
	sigset_t none;

	setpgid(0, 0);
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	snprintf(path, sizeof path, "%s/log", k->name);
	lab_path(k->place, path, log);
	int nothing = open("/dev/null", O_RDWR | O_CLOEXEC);
	int fd = open(log, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);

	dup2(nothing, STDIN_FILENO);
	dup2(fd, STDOUT_FILENO);
	dup2(fd, STDERR_FILENO);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	execv(program, (char *const *)(uintptr_t)arguments);
	_exit(127);
}

static void config_path(const struct lab_knot *k, char out[LAB_FILE_MAX])
{
	char name[LAB_FILE_MAX];

	snprintf(name, sizeof name, "%s/knot.conf", k->name);
	lab_path(k->place, name, out);
}

/* ---- configuration ---- */

static enum exit_code write_file(struct ui *ui, const struct lab_knot *k, const char *name, const struct buf *text)
{
	char inner[LAB_FILE_MAX], path[LAB_FILE_MAX];

	snprintf(inner, sizeof inner, "%s/%s", k->name, name);
	lab_path(k->place, inner, path);
	return buf_error(text) ? ui_failed(ui, NOWHERE, buf_error(text))
	                       : file_write(ui, path, buf_str(text), 0600, true);
}

static void put_config(struct buf *out, const struct lab_knot *k)
{
	char folder[LAB_FILE_MAX];

	lab_path(k->place, k->name, folder);
	buf_printf(out,
	           "server:\n    rundir: %s\n    listen: 127.0.0.1@%u\n"
	           "log:\n  - target: stderr\n    any: error\n"
	           "database:\n    storage: %s\n"
	           "key:\n  - id: " TSIG_NAME "\n    algorithm: hmac-sha256\n    secret: %s\n"
	           "remote:\n  - id: primary\n    address: 127.0.0.1@%u\n"
	           "acl:\n  - id: update\n    key: " TSIG_NAME "\n    action: update\n"
	           "  - id: transfer\n    address: 127.0.0.1\n    action: transfer\n"
	           "template:\n  - id: default\n    storage: %s\n    zonefile-sync: -1\n    journal-content: all\n"
	           "    acl: [update, transfer]\n%szone:\n",
	           folder, k->port, folder, k->place->secret, k->primary ? k->primary->port : 1, folder,
	           k->primary ? "    master: primary\n    refresh-min-interval: 3600\n" : "");
	for (size_t i = 0; i < k->zone_count; i++)
		buf_printf(out, "  - domain: %s.\n    file: %s.zone\n", k->zones[i].name, k->zones[i].name);
}

/* Names that are not there are kept for a quarter of an hour. */
static enum exit_code write_zone(struct ui *ui, const struct lab_knot *k, const struct lab_zone *zone)
{
	char name[LAB_FILE_MAX];
	struct buf text;

	buf_init(&text, CONFIG_MAX);
	buf_printf(&text,
	           "$ORIGIN %s.\n$TTL 3600\n@ SOA ns1 hostmaster 1 86400 7200 1209600 900\n@ NS ns1\n@ NS ns2\n"
	           "ns1 A 127.0.0.1\nns2 A 127.0.0.1\n%s",
	           zone->name, zone->records);
	snprintf(name, sizeof name, "%s.zone", zone->name);
	enum exit_code code = write_file(ui, k, name, &text);

	buf_release(&text);
	return code;
}

static enum exit_code write_files(struct ui *ui, const struct lab_knot *k)
{
	enum exit_code code;
	struct buf text;

	buf_init(&text, CONFIG_MAX);
	put_config(&text, k);
	code = write_file(ui, k, "knot.conf", &text);
	if (text.p)
		crypto_wipe(text.p, text.cap);
	buf_release(&text);
	for (size_t i = 0; i < k->zone_count && code == EXIT_FINE && !k->primary; i++)
		code = write_zone(ui, k, &k->zones[i]);
	return code;
}

/* ---- starting ---- */

/* A port of 127.0.0.1 that is free over UDP and TCP; 0: there is none. */
static uint16_t free_port(void)
{
	enum { TRIES = 20 };
	uint16_t port = 0;

	for (int i = 0; i < TRIES && !port; i++) {
		struct sockaddr_in a = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
		socklen_t size = sizeof a;
		int udp = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
		int tcp = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

		if (udp >= 0 && tcp >= 0 && bind(udp, (struct sockaddr *)&a, size) == 0 &&
		    getsockname(udp, (struct sockaddr *)&a, &size) == 0 && bind(tcp, (struct sockaddr *)&a, size) == 0)
			port = ntohs(a.sin_port);
		if (udp >= 0)
			close(udp);
		if (tcp >= 0)
			close(tcp);
	}
	return port;
}

static bool is_served(struct authority *a, const struct lab_knot *k, const char *zone)
{
	const struct authority_zone asked = {
		.apex = zone, .servers = {{.name = k->name, .address = k->address}}, .server_count = 1};
	struct authority_answer answer;
	struct arena arena;

	arena_init(&arena, 1024 * 1024);
	bool served = authority_ask(a, &arena, &asked, DNS_NS, str_c(zone), &answer) == INKAN_OK &&
	              answer.answer.status == DNS_ANSWER;

	arena_release(&arena);
	return served;
}

/* *ended_out: the process is gone (the port was taken, the configuration was not liked). */
static bool wait_until_served(struct authority *a, struct lab_knot *k, bool *ended_out)
{
	int64_t until = clock_milliseconds() + START_PATIENCE;
	size_t ready = 0;

	while (ready < k->zone_count && clock_milliseconds() < until) {
		if (waitpid(k->pid, NULL, WNOHANG) == k->pid) {
			k->pid = 0;
			*ended_out = true;
			return false;
		}
		if (is_served(a, k, k->zones[ready].name))
			ready++;
		else
			(void)poll(NULL, 0, STEP);
	}
	return ready == k->zone_count;
}

static bool launch(struct authority *a, struct lab_knot *k, bool *ended_out)
{
	char program[LAB_FILE_MAX], config[LAB_FILE_MAX];

	*ended_out = false;
	if (!find_program("knotd", program))
		return false;
	config_path(k, config);
	k->pid = fork();
	if (k->pid == 0)
		become(k, program, (const char *const[]){"knotd", "-c", config, NULL});
	if (k->pid < 0)
		k->pid = 0;
	return k->pid && wait_until_served(a, k, ended_out);
}

static enum exit_code complain(struct ui *ui, const struct lab_knot *k)
{
	char inner[LAB_FILE_MAX], path[LAB_FILE_MAX];
	struct buf log;

	snprintf(inner, sizeof inner, "%s/log", k->name);
	lab_path(k->place, inner, path);
	buf_init(&log, LOG_MAX);
	if (access(path, R_OK) == 0)
		(void)file_read(ui, path, &log);
	struct str end = str_skip(buf_str(&log), log.n > LOG_SHOWN ? log.n - LOG_SHOWN : 0);

	ui_error(ui, NOWHERE,
	         TEXT(ui,
	              "the name server of the laboratory (knotd, 127.0.0.1) did not start; its log says: %.*s – run "
	              "the scenario again",
	              "シナリオ用のネームサーバー (knotd, 127.0.0.1) "
	              "が起動しませんでした。ログの内容: %.*s – シナリオをもう一度実行してください"),
	         STR_ARG(end));
	buf_release(&log);
	return EXIT_TEMPORARY;
}

enum exit_code lab_knot_start(struct ui *ui, struct authority *a, const struct lab_place *place, const char *name,
                              const struct lab_zone *zones, size_t count, const struct lab_knot *primary,
                              struct lab_knot *out)
{
	char path[LAB_FILE_MAX], program[LAB_FILE_MAX];
	bool ended = true;

	*out = (struct lab_knot){.place = place, .name = name, .zones = zones, .zone_count = count, .primary = primary};
	if (!find_program("knotd", program))
		return refuse_missing(ui, "knotd");
	if (primary && !find_program("knotc", program))
		return refuse_missing(ui, "knotc");
	lab_path(place, name, path);
	if (mkdir(path, 0700) != 0)
		return refuse_folder(ui, path, TROUBLE(ui, strerror(errno)));
	for (int i = 0; i < PORT_TRIES && ended; i++) {
		out->port = free_port();
		snprintf(out->address, sizeof out->address, "127.0.0.1:%u", out->port);
		enum exit_code code = write_files(ui, out);

		if (code != EXIT_FINE)
			return code;
		if (launch(a, out, &ended))
			return EXIT_FINE;
	}
	return complain(ui, out);
}

enum exit_code lab_knot_restart(struct ui *ui, struct authority *a, struct lab_knot *k)
{
	bool ended;

	return launch(a, k, &ended) ? EXIT_FINE : complain(ui, k);
}

/* ---- while it runs ---- */

static bool has_ended(pid_t pid, int *status_out, int64_t patience)
{
	int64_t until = clock_milliseconds() + patience;

	do {
		if (waitpid(pid, status_out, WNOHANG) == pid)
			return true;
		(void)poll(NULL, 0, STEP / 4);
	} while (clock_milliseconds() < until);
	return false;
}

static int finish(pid_t pid, int64_t patience)
{
	int status = -1;

	if (has_ended(pid, &status, patience))
		return status;
	kill(pid, SIGKILL);
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	return -1;
}

void lab_knot_stop(struct lab_knot *k)
{
	if (k->pid <= 0)
		return;
	kill(k->pid, SIGTERM);
	(void)finish(k->pid, STOP_PATIENCE);
	k->pid = 0;
}

bool lab_knot_refresh(const struct lab_knot *k)
{
	char program[LAB_FILE_MAX], config[LAB_FILE_MAX];

	if (!find_program("knotc", program))
		return false;
	config_path(k, config);
	pid_t pid = fork();

	if (pid == 0)
		become(k, program, (const char *const[]){"knotc", "-c", config, "-b", "zone-retransfer", NULL});
	return pid > 0 && finish(pid, START_PATIENCE) == 0;
}

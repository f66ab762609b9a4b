/* The process that has the store of identities open. One thread answers who signs, and hands out sealed keys (server/identity_desk.h);
 * another takes identities from step to step (server/identity_steps.h), which may wait for DNS; this one waits for signals.
 *
 * SIGHUP: another generation has taken over, so no more steps, answers only. SIGTERM: the end. A step that is under way then is left
 * as after a kill: whoever comes next finds in the store where it was. */
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "server/identity_desk.h"
#include "server/identity_steps.h"
#include "server/sandbox.h"
#include "store/identity_store.h"

enum { FOLDERS_MAX = 2 * CONFIG_ZONES_MAX + 9, FOLDER_SIZE = 4096 };

/* What is read when a host, a user, a certificate or the root of DNS is looked for. */
static const char *const system_folders[] = {"/etc", "/usr/share"};

/* Folders for Landlock; the texts are allocated and stay for the life of the process. */
struct folders {
	const char *list[FOLDERS_MAX + 1];
	size_t count;
};

static void add_folder(struct folders *f, const char *folder)
{
	bool is_last = folder && f->count && strcmp(folder, f->list[f->count - 1]) == 0; /* many zones lie in one */

	if (folder && !is_last && f->count < FOLDERS_MAX)
		f->list[f->count++] = folder;
}

/* The folder of an absolute path; NULL: there is no memory, or none. */
static const char *folder_of(const char *path)
{
	const char *slash = path && path[0] == '/' ? strrchr(path, '/') : NULL;

	return !slash ? NULL : slash == path ? "/" : strndup(path, (size_t)(slash - path));
}

/* May be missing: what is not there at the start cannot be reached later. */
static void add_folder_of(struct folders *f, const char *path)
{
	const char *folder = folder_of(path);

	if (folder && access(folder, F_OK) == 0)
		add_folder(f, folder);
}

static int lock_in(const struct config *config, bool *folder_missing_out, struct io_error *error)
{
	struct folders written = {.count = 0}, read = {.count = 0};
	struct sandbox_report report;

	add_folder_of(&written, config->identities.store);
	*folder_missing_out = identity_store_is_file(config->identities.store) && written.count == 0;
	for (size_t i = 0; i < config->identities.zone_count; i++) {
		add_folder_of(&written, config->identities.zones[i].file);
		add_folder_of(&read, config->identities.zones[i].tsig);
	}
	add_folder_of(&read, config->store.path);
	add_folder_of(&read, config->dns.trust_anchor);
	for (size_t i = 0; i < sizeof system_folders / sizeof *system_folders; i++)
		add_folder(&read, system_folders[i]);
	return sandbox_enter(ROLE_REGISTRAR, written.list, read.list, &report, error);
}

static void wait_for_end(struct identity_steps *steps)
{
	sigset_t wanted;
	int number = 0;

	sigemptyset(&wanted);
	sigaddset(&wanted, SIGTERM);
	sigaddset(&wanted, SIGHUP);
	while (number != SIGTERM) {
		(void)sigwait(&wanted, &number);
		if (number == SIGHUP)
			identity_steps_pause(steps);
	}
}

int registrar_process_run(const struct service *service)
{
	struct io_error error = {""};
	struct identity_steps *steps = NULL;
	struct identity_desk *desk = NULL;
	bool folder_missing = false;
	int code = sandbox_begin(ROLE_REGISTRAR, &error);

	if (!code)
		code = identity_steps_new(service, &steps, &error); /* reads what only root may */
	if (!code)
		code = sandbox_drop_privileges(service->config->user, &error);
	if (!code)
		code = lock_in(service->config, &folder_missing, &error);
	if (!code)
		code = identity_desk_start(service, folder_missing, &desk, &error);
	if (!code)
		code = identity_steps_start(steps, &error);
	if (code) {
		role_ready(service, error.text[0] ? error.text : inkan_strerror(code));
		_exit(EXIT_FAILURE);
	}
	role_ready(service, NULL);
	wait_for_end(steps);
	identity_desk_stop(desk);
	_exit(EXIT_SUCCESS); /* whatever step is under way */
}

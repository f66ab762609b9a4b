/* What a process may still do: seccomp (a list of system calls by role) and Landlock (folders by role), where the kernel has
 * them; neither under the sanitizers of addresses and threads. The table is in sandbox.c, in README.md for people, and in tests: each forbidden
 * call is tried. */
#pragma once

#include "io/error.h"
#include "server/role.h"

struct sandbox_report {
	bool seccomp, landlock; /* are in force */
};

/* As early as may be after fork(): no new privileges, no core dumps, not traceable (PR_SET_DUMPABLE 0), ends with its parent
 * (PR_SET_PDEATHSIG SIGTERM; the parent is the thread that called fork(), and must live on). Nothing for the supervisor. */
INKAN_MUST_CHECK int sandbox_begin(enum role role, struct io_error *error);
/* Becomes `user` and its groups for good, where this process is root; nothing else. "" or "root": stays. INKAN_EIO: no such
 * user, another name of root, or the rights of root are still there afterwards. */
INKAN_MUST_CHECK int sandbox_drop_privileges(const char *user, struct io_error *error);
/* When everything is open that will ever be opened by name, and before threads are made. Nothing for the supervisor. folders:
 * what the role may still reach by name (recorder, registrar: that of the store), ended by NULL; read_only: folders that it may only
 * read, those that are missing are passed over. Both may be NULL. Capabilities go too: root, where it stays
 * that, is from now on a user who owns the files of root. INKAN_EIO
 * only where the kernel has the means and refuses. */
INKAN_MUST_CHECK int sandbox_enter(enum role role, const char *const *folders, const char *const *read_only,
                                   struct sandbox_report *out, struct io_error *error);

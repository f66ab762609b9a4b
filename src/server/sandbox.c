/* Locks a process in: rights, system calls (seccomp), names of files (Landlock).
 *
 * What is not in the table of system calls ends the process (SIGSYS): it is a bug of ours, or somebody else's code. But what
 * libraries just try, and get over, is refused with an error number: opening files (OpenSSL, libunbound and the C library look
 * for settings, time zones and processors when they feel like it), clone3 (which hides from the filter whether it makes a
 * thread or a process; the C library then takes clone). One table for all, so that it can be read; README.md has it in words. */
#include "server/sandbox.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/capability.h>
#include <pwd.h>
#include <sched.h>
#include <seccomp.h>
#include <signal.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

/* Sanitizers of memory and threads start processes, open files of /proc and trace themselves: under them, nothing is locked in. */
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
static const bool sanitized = true;
#else
static const bool sanitized = false;
#endif

#ifndef PR_SET_VMA
#define PR_SET_VMA 0x53564d41 /* names memory, for /proc/PID/maps */
#endif

/* ---- system calls ---- */

enum {
	KEYS = 1 << ROLE_KEYS,
	FILTER = 1 << ROLE_FILTER,
	RECORDER = 1 << ROLE_RECORDER,
	REGISTRAR = 1 << ROLE_REGISTRAR,
	ASKING = FILTER | REGISTRAR,    /* make connections */
	STORING = RECORDER | REGISTRAR, /* have a store */
	NET = ASKING | STORING,
	ALL = KEYS | NET
};

enum test {
	ANY,
	IS, /* the argument is the value */
	IS_NOT,
	HAS,      /* all bits of the value are set in it */
	HAS_NONE, /* none is */
	IS_SELF   /* it is the number of this process */
};

struct rule {
	unsigned roles;
	int error; /* with which the call fails; 0: it is allowed */
	int number;
	enum test test;
	unsigned argument; /* from 0 */
	uint64_t value;
};

#define CALL(name) SCMP_SYS(name)

/* clang-format off */
static const struct rule rules[] = {
	/* memory: none that can be executed */
	{ALL, 0, CALL(brk)}, {ALL, 0, CALL(munmap)}, {ALL, 0, CALL(mremap)}, {ALL, 0, CALL(madvise)},
	{ALL, 0, CALL(mmap), HAS_NONE, 2, PROT_EXEC}, {ALL, 0, CALL(mprotect), HAS_NONE, 2, PROT_EXEC},
	{ALL, 0, CALL(mlock)}, {ALL, 0, CALL(mlock2)}, {ALL, 0, CALL(munlock)}, {ALL, 0, CALL(membarrier)},

	/* threads, no processes; signals to itself only */
	{ALL, 0, CALL(clone), HAS, 0, CLONE_THREAD | CLONE_VM | CLONE_SIGHAND}, {ALL, ENOSYS, CALL(clone3)},
	{ALL, 0, CALL(futex)}, {ALL, 0, CALL(set_robust_list)}, {ALL, 0, CALL(rseq)}, {ALL, 0, CALL(exit)},
	{ALL, 0, CALL(exit_group)}, {ALL, 0, CALL(sched_yield)}, {ALL, 0, CALL(sched_getaffinity)},
	{ALL, 0, CALL(sched_getparam)}, {ALL, 0, CALL(sched_getscheduler)}, {ALL, 0, CALL(getcpu)},
	{ALL, 0, CALL(rt_sigaction)}, {ALL, 0, CALL(rt_sigprocmask)}, {ALL, 0, CALL(rt_sigreturn)},
	{ALL, 0, CALL(rt_sigtimedwait)}, {ALL, 0, CALL(sigaltstack)}, {ALL, 0, CALL(restart_syscall)},
	{ALL, 0, CALL(tgkill), IS_SELF, 0, 0}, {ALL, 0, CALL(kill), IS_SELF, 0, 0}, {ALL, 0, CALL(prctl), IS, 0, PR_SET_NAME},
	{ALL, EINVAL, CALL(prctl), IS, 0, PR_SET_VMA},

	/* time, random octets, who one is */
	{ALL, 0, CALL(clock_gettime)}, {ALL, 0, CALL(clock_getres)}, {ALL, 0, CALL(clock_nanosleep)},
	{ALL, 0, CALL(nanosleep)}, {ALL, 0, CALL(gettimeofday)}, {ALL, 0, CALL(time)}, {ALL, 0, CALL(getrandom)},
	{ALL, 0, CALL(getpid)}, {ALL, 0, CALL(getppid)}, {ALL, 0, CALL(gettid)}, {ALL, 0, CALL(getuid)},
	{ALL, 0, CALL(geteuid)}, {ALL, 0, CALL(getgid)}, {ALL, 0, CALL(getegid)}, {ALL, 0, CALL(uname)},
	{ALL, 0, CALL(sysinfo)}, {ALL, 0, CALL(getrusage)},
	{ALL, 0, CALL(prlimit64), IS, 2, 0}, {ALL, EPERM, CALL(prlimit64), IS_NOT, 2, 0}, {ALL, 0, CALL(getrlimit)},

	/* what is open already */
	{ALL, 0, CALL(read)}, {ALL, 0, CALL(write)}, {ALL, 0, CALL(readv)}, {ALL, 0, CALL(writev)}, {ALL, 0, CALL(close)},
	{ALL, 0, CALL(poll)}, {ALL, 0, CALL(ppoll)}, {ALL, 0, CALL(fstat)}, {ALL, 0, CALL(lseek)},
	{ALL, 0, CALL(recvfrom)}, {ALL, 0, CALL(sendto)},
	{ALL, 0, CALL(fcntl), IS, 1, F_GETFD}, {ALL, 0, CALL(fcntl), IS, 1, F_SETFD}, {ALL, 0, CALL(fcntl), IS, 1, F_GETFL},
	{ALL, 0, CALL(fcntl), IS, 1, F_SETFL}, {NET, 0, CALL(fcntl), IS, 1, F_DUPFD}, {NET, 0, CALL(fcntl), IS, 1, F_DUPFD_CLOEXEC},
	{ALL, ENOTTY, CALL(ioctl), IS, 1, TCGETS}, {NET, 0, CALL(ioctl), IS, 1, FIONBIO}, {NET, 0, CALL(ioctl), IS, 1, FIONREAD},
	{NET, 0, CALL(ioctl), IS, 1, FIOCLEX}, {NET, 0, CALL(ioctl), IS, 1, FIONCLEX},

	/* connections that come in, and those that libunbound makes */
	{NET, 0, CALL(accept)}, {NET, 0, CALL(accept4)}, {NET, 0, CALL(recvmsg)}, {NET, 0, CALL(sendmsg)},
	{NET, 0, CALL(recvmmsg)}, {NET, 0, CALL(sendmmsg)}, {NET, 0, CALL(shutdown)}, {NET, 0, CALL(getsockopt)},
	{NET, 0, CALL(setsockopt)}, {NET, 0, CALL(getsockname)}, {NET, 0, CALL(getpeername)},
	{ALL, 0, CALL(epoll_create1)}, {ALL, 0, CALL(epoll_ctl)}, {ALL, 0, CALL(epoll_wait)}, {ALL, 0, CALL(epoll_pwait)},
	{NET, 0, CALL(epoll_pwait2)}, {NET, 0, CALL(eventfd2)}, {NET, 0, CALL(pipe2)}, {NET, 0, CALL(timerfd_create)},
	{NET, 0, CALL(timerfd_settime)}, {NET, 0, CALL(select)}, {NET, 0, CALL(pselect6)}, {NET, 0, CALL(dup)},
	{ASKING, 0, CALL(socket), IS, 0, AF_INET}, {ASKING, 0, CALL(socket), IS, 0, AF_INET6},
	{FILTER | RECORDER, EAFNOSUPPORT, CALL(socket), IS, 0, AF_UNIX}, {REGISTRAR, 0, CALL(socket), IS, 0, AF_UNIX}, /* PostgreSQL */
	{NET, EAFNOSUPPORT, CALL(socket), IS, 0, AF_NETLINK},
	{ASKING, 0, CALL(bind)}, {ASKING, 0, CALL(connect)}, {NET, 0, CALL(listen)},
	{NET, ENOSYS, CALL(io_uring_setup)},

	/* names of files: for the recorder and the registrar, which Landlock keeps in their folders */
	{KEYS | FILTER, EACCES, CALL(open)}, {KEYS | FILTER, EACCES, CALL(openat)}, {ALL, ENOSYS, CALL(openat2)},
	{KEYS | FILTER, EACCES, CALL(access)}, {KEYS | FILTER, EACCES, CALL(faccessat)}, {ALL, ENOSYS, CALL(faccessat2)},
	{KEYS | FILTER, EACCES, CALL(stat)}, {KEYS | FILTER, EACCES, CALL(lstat)}, {KEYS | FILTER, ENOSYS, CALL(statx)},
	{KEYS | FILTER, EACCES, CALL(readlink)}, {KEYS | FILTER, EACCES, CALL(readlinkat)},
	/* the C library's fstat() */
	{KEYS | FILTER, 0, CALL(newfstatat), HAS, 3, AT_EMPTY_PATH},
	{KEYS | FILTER, EACCES, CALL(newfstatat), HAS_NONE, 3, AT_EMPTY_PATH},
	{STORING, 0, CALL(open)}, {STORING, 0, CALL(openat)}, {STORING, 0, CALL(access)}, {STORING, 0, CALL(faccessat)},
	{STORING, 0, CALL(stat)}, {STORING, 0, CALL(lstat)}, {STORING, 0, CALL(newfstatat)}, {STORING, 0, CALL(statx)},
	{STORING, 0, CALL(readlink)}, {STORING, 0, CALL(readlinkat)}, {STORING, 0, CALL(getcwd)},
	{STORING, 0, CALL(unlink)}, {STORING, 0, CALL(unlinkat)}, {STORING, 0, CALL(rename)},
	{STORING, 0, CALL(renameat)}, {STORING, 0, CALL(renameat2)}, {STORING, 0, CALL(umask)},

	/* SQLite on its files, libmicrohttpd on its connections */
	{STORING, 0, CALL(pread64)}, {STORING, 0, CALL(pwrite64)}, {STORING, 0, CALL(fsync)}, {STORING, 0, CALL(fdatasync)},
	{STORING, 0, CALL(ftruncate)}, {STORING, 0, CALL(fallocate)}, {STORING, 0, CALL(flock)},
	{STORING, 0, CALL(fcntl), IS, 1, F_GETLK}, {STORING, 0, CALL(fcntl), IS, 1, F_SETLK},
	{STORING, 0, CALL(fcntl), IS, 1, F_SETLKW}, {STORING, 0, CALL(fcntl), IS, 1, F_OFD_GETLK},
	{STORING, 0, CALL(fcntl), IS, 1, F_OFD_SETLK}, {STORING, 0, CALL(fcntl), IS, 1, F_OFD_SETLKW},
	{STORING, 0, CALL(getdents64)}, {STORING, 0, CALL(fchmod)}, {STORING, 0, CALL(fchown)},
	{STORING, 0, CALL(fstatfs)}, {STORING, 0, CALL(statfs)}, {STORING, 0, CALL(fadvise64)},
	{STORING, 0, CALL(sync_file_range)}, {STORING, 0, CALL(sendfile)},
	{RECORDER, 0, CALL(setitimer)}, {RECORDER, 0, CALL(dup2)},
};
/* clang-format on */

static int add_rule(scmp_filter_ctx filter, const struct rule *r)
{
	uint32_t action = r->error ? SCMP_ACT_ERRNO((uint16_t)r->error) : SCMP_ACT_ALLOW;
	struct scmp_arg_cmp compare = {.arg = r->argument, .op = SCMP_CMP_EQ, .datum_a = r->value};

	switch (r->test) {
	case ANY:
		return seccomp_rule_add_array(filter, action, r->number, 0, NULL);
	case IS:
		break;
	case IS_NOT:
		compare.op = SCMP_CMP_NE;
		break;
	case HAS:
		compare.op = SCMP_CMP_MASKED_EQ;
		compare.datum_b = r->value;
		break;
	case HAS_NONE:
		compare.op = SCMP_CMP_MASKED_EQ;
		compare.datum_b = 0;
		break;
	case IS_SELF:
		compare.datum_a = (scmp_datum_t)getpid();
		break;
	}
	return seccomp_rule_add_array(filter, action, r->number, 1, &compare);
}

static int load_rules(scmp_filter_ctx filter, enum role role)
{
	int code = seccomp_attr_set(filter, SCMP_FLTATR_ACT_BADARCH, SCMP_ACT_KILL_PROCESS);

	if (!code)
		code = seccomp_attr_set(filter, SCMP_FLTATR_CTL_TSYNC, 1); /* threads that are there already too */
	if (!code)
		code = seccomp_attr_set(filter, SCMP_FLTATR_CTL_OPTIMIZE, 2);
	for (size_t i = 0; i < sizeof rules / sizeof *rules && !code; i++)
		if (rules[i].roles & 1U << role)
			code = add_rule(filter, &rules[i]);
	return code ? code : seccomp_load(filter);
}

/* The kernel has filters: it looks at the pointer, which is none. */
static bool has_seccomp(void)
{
	return prctl(PR_SET_SECCOMP, 2 /* SECCOMP_MODE_FILTER */, NULL, 0, 0) != 0 && errno == EFAULT;
}

static int enter_seccomp(enum role role, bool *done_out, struct io_error *error)
{
	if (!has_seccomp())
		return INKAN_OK;
	scmp_filter_ctx filter = seccomp_init(SCMP_ACT_KILL_PROCESS);
	int code = filter ? load_rules(filter, role) : -ENOMEM;

	seccomp_release(filter);
	if (code)
		return io_fail(error, "%s: seccomp: %s", role_name(role), strerror(-code));
	*done_out = true;
	return INKAN_OK;
}

/* ---- names of files: Landlock ----
 *
 * By raw system calls, with what the kernel's documentation says of each version of the interface, as headers of many
 * systems are older than the kernels that will run this. */

#ifndef __NR_landlock_create_ruleset
#define __NR_landlock_create_ruleset 444
#define __NR_landlock_add_rule 445
#define __NR_landlock_restrict_self 446
#endif

struct ruleset {
	uint64_t files, net, scoped; /* what is forbidden unless a rule allows it */
};

struct __attribute__((packed)) path_rule {
	uint64_t allowed;
	int32_t folder;
};

enum { RULESET_VERSION = 1, RULE_PATH_BENEATH = 1 };

#define FILES_WRITE (1ULL << 1)
#define FILES_READ (1ULL << 2)
#define FILES_LIST (1ULL << 3)
#define FILES_REMOVE (1ULL << 5)
#define FILES_MAKE (1ULL << 8)
#define FILES_TRUNCATE (1ULL << 14)

/* By version: how much of the struct is known, how many rights there are. */
static const struct {
	size_t size;
	struct ruleset forbidden;
} versions[] = {
	{8, {(1ULL << 13) - 1, 0, 0}},  /* 1: Linux 5.13 */
	{8, {(1ULL << 14) - 1, 0, 0}},  /* 2: other folders */
	{8, {(1ULL << 15) - 1, 0, 0}},  /* 3: truncate */
	{16, {(1ULL << 15) - 1, 3, 0}}, /* 4: TCP */
	{16, {(1ULL << 16) - 1, 3, 0}}, /* 5: ioctl of devices */
	{24, {(1ULL << 16) - 1, 3, 3}}, /* 6: abstract Unix sockets, signals */
};

static int allow_folder(int ruleset, const char *folder, uint64_t rights, bool must_be, struct io_error *error)
{
	struct path_rule rule = {.allowed = rights, .folder = open(folder, O_PATH | O_DIRECTORY | O_CLOEXEC)};

	if (rule.folder < 0 && !must_be)
		return INKAN_OK;
	if (rule.folder < 0)
		return io_fail(error, "%s: %s", folder, strerror(errno));
	long code = syscall(__NR_landlock_add_rule, ruleset, RULE_PATH_BENEATH, &rule, 0);
	int why = errno;

	close(rule.folder);
	return code ? io_fail(error, "%s: Landlock: %s", folder, strerror(why)) : INKAN_OK;
}

static int allow_folders(int ruleset, const char *const *folders, const char *const *read_only, uint64_t known,
                         struct io_error *error)
{
	const uint64_t reading = known & (FILES_READ | FILES_LIST);
	const uint64_t writing = known & (FILES_WRITE | FILES_REMOVE | FILES_MAKE | FILES_TRUNCATE);
	int code = INKAN_OK;

	for (; folders && *folders && !code; folders++)
		code = allow_folder(ruleset, *folders, reading | writing, true, error);
	for (; read_only && *read_only && !code; read_only++)
		code = allow_folder(ruleset, *read_only, reading, false, error);
	return code;
}

static int enter_landlock(enum role role, const char *const *folders, const char *const *read_only, bool *done_out,
                          struct io_error *error)
{
	long version = syscall(__NR_landlock_create_ruleset, NULL, 0, RULESET_VERSION);

	if (version < 1)
		return INKAN_OK; /* the kernel has it not, or it is switched off */
	size_t known = sizeof versions / sizeof *versions, at = (size_t)version < known ? (size_t)version : known;
	struct ruleset forbidden = versions[at - 1].forbidden;

	if (role == ROLE_FILTER || role == ROLE_REGISTRAR)
		forbidden.net = 0; /* they ask DNS, by TCP where answers are long; PostgreSQL */
	long made = syscall(__NR_landlock_create_ruleset, &forbidden, versions[at - 1].size, 0);

	if (made < 0)
		return io_fail(error, "%s: Landlock: %s", role_name(role), strerror(errno));
	int ruleset = (int)made, code = allow_folders(ruleset, folders, read_only, forbidden.files, error);

	if (!code && syscall(__NR_landlock_restrict_self, ruleset, 0) != 0)
		code = io_fail(error, "%s: Landlock: %s", role_name(role), strerror(errno));
	close(ruleset);
	*done_out = !code;
	return code;
}

/* Root without them is a user like others; one who stays root, or was given some by systemd, needs none from now on. */
static int give_up_capabilities(enum role role, struct io_error *error)
{
	struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
	const struct __user_cap_data_struct none[_LINUX_CAPABILITY_U32S_3] = {{0, 0, 0}};

	if (syscall(SYS_capset, &header, none) != 0)
		return io_fail(error, "%s: capabilities: %s", role_name(role), strerror(errno));
	return INKAN_OK;
}

int sandbox_enter(enum role role, const char *const *folders, const char *const *read_only, struct sandbox_report *out,
                  struct io_error *error)
{
	int code = INKAN_OK;

	*out = (struct sandbox_report){false, false};
	if (sanitized || role == ROLE_SUPERVISOR)
		return INKAN_OK;
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
		return io_fail(error, "%s: no_new_privs: %s", role_name(role), strerror(errno));
	code = enter_landlock(role, folders, read_only, &out->landlock, error);
	if (!code)
		code = give_up_capabilities(role, error);
	return code ? code : enter_seccomp(role, &out->seccomp, error);
}

/* ---- rights ---- */

int sandbox_begin(enum role role, struct io_error *error)
{
	const struct rlimit none = {0, 0};

	if (role == ROLE_SUPERVISOR)
		return INKAN_OK;
	if (setrlimit(RLIMIT_CORE, &none) != 0 || prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 ||
	    prctl(PR_SET_PDEATHSIG, SIGTERM, 0, 0, 0) != 0 || (!sanitized && prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) != 0))
		return io_fail(error, "%s: %s", role_name(role), strerror(errno));
	return INKAN_OK;
}

static int become(const struct passwd *user, struct io_error *error)
{
	if (initgroups(user->pw_name, user->pw_gid) != 0 || setresgid(user->pw_gid, user->pw_gid, user->pw_gid) != 0 ||
	    setresuid(user->pw_uid, user->pw_uid, user->pw_uid) != 0)
		return io_fail(error, "cannot become user %s: %s", user->pw_name, strerror(errno));
	return INKAN_OK;
}

/* Whether the rights are gone for good, and really so. */
static bool has_become(const struct passwd *user)
{
	uid_t uid[3];
	gid_t gid[3];

	if (getresuid(&uid[0], &uid[1], &uid[2]) != 0 || getresgid(&gid[0], &gid[1], &gid[2]) != 0)
		return false;
	for (int i = 0; i < 3; i++)
		if (uid[i] != user->pw_uid || gid[i] != user->pw_gid)
			return false;
	return setuid(0) != 0 && seteuid(0) != 0 && (user->pw_gid == 0 || setgid(0) != 0);
}

int sandbox_drop_privileges(const char *name, struct io_error *error)
{
	int dumpable = prctl(PR_GET_DUMPABLE, 0, 0, 0, 0), death = 0;

	if (geteuid() != 0 || !name || !name[0] || strcmp(name, "root") == 0)
		return INKAN_OK;
	errno = 0;
	const struct passwd *user = getpwnam(name);

	if (!user)
		return io_fail(error, "user %s: %s", name, errno ? strerror(errno) : "there is no such user");
	if (user->pw_uid == 0)
		return io_fail(error, "user %s: is root by another name", name);
	/* the kernel forgets both when the user changes */
	(void)prctl(PR_GET_PDEATHSIG, &death, 0, 0, 0);
	int code = become(user, error);

	if (code)
		return code;
	if (!has_become(user))
		return io_fail(error, "user %s: the rights of root are still there", name);
	if (prctl(PR_SET_PDEATHSIG, death, 0, 0, 0) != 0 || prctl(PR_SET_DUMPABLE, dumpable == 1, 0, 0, 0) != 0)
		return io_fail(error, "user %s: %s", name, strerror(errno));
	return INKAN_OK;
}

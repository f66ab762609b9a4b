/* Stands between every program of the suite and libc's "wait for the disk" (LD_PRELOAD, set by tests/meson.build). The suite writes
 * thousands of small databases that are thrown away; what a busy disk adds to that is minutes. Processes that are killed lose nothing
 * by it, only a machine that loses power would. The kernel is still called, of nothing, so that a sandbox that forbids it is noticed. */
#include <stddef.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

int fsync(int fd)
{
	(void)fd;
	(void)syscall(SYS_fsync, -1);
	return 0;
}

int fdatasync(int fd)
{
	(void)fd;
	(void)syscall(SYS_fdatasync, -1);
	return 0;
}

int msync(void *address, size_t size, int flags)
{
	(void)size;
	(void)flags;
	(void)syscall(SYS_msync, address, 0, MS_ASYNC);
	return 0;
}

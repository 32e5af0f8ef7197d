/* See step.h. */
#include "step.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <unistd.h>

static enum step_fault fault_to_come;
static atomic_size_t n_calls;
static size_t at_call;
static atomic_bool is_on;
static atomic_bool has_come;

/* Defined here, used by everybody. */
#define OURS __attribute__((visibility("default")))

void
step_begin(enum step_fault fault, size_t k)
{
    fault_to_come = fault;
    at_call = k;
    atomic_store(&n_calls, 0);
    atomic_store(&has_come, false);
    atomic_store(&is_on, true);
}

size_t
step_end(void)
{
    atomic_store(&is_on, false);
    return atomic_load(&n_calls);
}

bool
step_came(void)
{
    return atomic_load(&has_come);
}

/* Whether the fault comes now, or has come. */
static bool
is_due(bool writes)
{
    if (!atomic_load(&is_on)) {
        return false;
    }
    bool now = atomic_fetch_add(&n_calls, 1) + 1 == at_call &&
            fault_to_come != STEP_COUNT;
    if (now) {
        atomic_store(&has_come, true);
    }
    return now ||
            (writes && fault_to_come == STEP_NO_ROOM && atomic_load(&has_come));
}

static void
end_process(void)
{
    if (fault_to_come == STEP_KILL) {
        (void)raise(SIGKILL);
    }
}

/* A pipe or an event descriptor has no disk. */
static bool
is_file(int fd)
{
    struct stat facts;
    return fstat(fd, &facts) == 0 && S_ISREG(facts.st_mode);
}

static ssize_t
write_at(int fd, const void *bytes, size_t size, const off_t *offset)
{
    bool due = is_file(fd) && is_due(true);
    if (due && fault_to_come == STEP_NO_ROOM) {
        errno = ENOSPC;
        return -1;
    }
    size = due ? size / 2 : size;
    ssize_t n = offset ? syscall(SYS_pwrite64, fd, bytes, size, *offset)
                       : syscall(SYS_write, fd, bytes, size);
    if (due) {
        end_process();
    }
    return n;
}

OURS ssize_t
write(int fd, const void *bytes, size_t size)
{
    return write_at(fd, bytes, size, NULL);
}

OURS ssize_t
pwrite64(int fd, const void *bytes, size_t size, off_t offset)
{
    return write_at(fd, bytes, size, &offset);
}

/* What writes nothing: killed before it, or failed once. */
static bool
fails(void)
{
    bool due = is_due(false);
    if (due) {
        end_process();
        errno = ENOSPC;
    }
    return due;
}

OURS int
fsync(int fd)
{
    return fails() ? -1 : (int)syscall(SYS_fsync, fd);
}

OURS int
fdatasync(int fd)
{
    return fails() ? -1 : (int)syscall(SYS_fdatasync, fd);
}

OURS int
ftruncate64(int fd, off_t size)
{
    return fails() ? -1 : (int)syscall(SYS_ftruncate, fd, size);
}

OURS int
unlink(const char *path)
{
    return fails() ? -1 : (int)syscall(SYS_unlink, path);
}

OURS int
unlinkat(int fd, const char *path, int flags)
{
    return fails() ? -1 : (int)syscall(SYS_unlinkat, fd, path, flags);
}

OURS int
renameat(int old_fd, const char *old, int new_fd, const char *new)
{
    return fails() ? -1 : (int)syscall(SYS_renameat, old_fd, old, new_fd, new);
}

OURS int
renameat2(int old_fd, const char *old, int new_fd, const char *new,
        unsigned flags)
{
    return fails()
            ? -1
            : (int)syscall(SYS_renameat2, old_fd, old, new_fd, new, flags);
}

OURS int
linkat(int old_fd, const char *old, int new_fd, const char *new, int flags)
{
    return fails() ? -1
                   : (int)syscall(SYS_linkat, old_fd, old, new_fd, new, flags);
}

OURS int
mkdir(const char *path, mode_t mode)
{
    return fails() ? -1 : (int)syscall(SYS_mkdir, path, mode);
}

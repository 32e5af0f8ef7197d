/*
 * From a program to a process.
 *
 * posix_spawn, because it neither copies the host's page tables nor runs its
 * fork handlers, and tells of a program that cannot be run. It is called by the
 * loop thread: the worker asks to be killed when the thread that started it
 * ends.
 */
#include "pool/spawn.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "sys/program.h"

/* What a worker may know of our environment: nothing but how its own libraries
   are to behave. */
static const char *const passed_through[] = { "ONEDNN_MAX_CPU_ISA",
    "ONEDNN_VERBOSE", "ASAN_OPTIONS", "UBSAN_OPTIONS", "LSAN_OPTIONS",
    "TSAN_OPTIONS" };

/* The worker's ends, none of them one that is about to be replaced. */
struct ends {
    int channel;
    int log;
};

enum {
    FIRST_HARMLESS_FD = 10
};

void
fovea_spawn_environment_free(char **environment)
{
    for (size_t i = 0; environment && environment[i]; i++) {
        free(environment[i]);
    }
    free(environment);
}

FOVEA_DEFINE_AUTO(char **, fovea_spawn_environment_free);

enum fovea_status
fovea_spawn_environment(char ***out, struct fovea_error *err)
{
    size_t n_names = FOVEA_ARRAY_LEN(passed_through);
    FOVEA_AUTO(fovea_spawn_environment_free_auto)
    char **environment = calloc(n_names + 1, sizeof *environment);
    if (!environment) {
        return fovea_fail_memory(err, n_names * sizeof *environment,
                "the environment of workers");
    }
    size_t n = 0;
    for (size_t i = 0; i < n_names; i++) {
        /* NOLINTNEXTLINE(concurrency-mt-unsafe) */
        const char *value = getenv(passed_through[i]);
        if (value &&
                asprintf(&environment[n], "%s=%s", passed_through[i], value) <
                        0) {
            environment[n] = NULL;
            return fovea_fail_memory(err, strlen(value),
                    "the environment of workers");
        }
        n += value != NULL;
    }
    *out = FOVEA_TAKE(environment);
    return FOVEA_OK;
}

/* Move a descriptor out of the way of those the worker will have. */
static bool
move_up(int *fd)
{
    int moved = fcntl(*fd, F_DUPFD_CLOEXEC, FIRST_HARMLESS_FD);
    (void)close(*fd);
    *fd = moved;
    return moved >= 0;
}

static bool
make_ends(struct fovea_slot *slot, struct ends *ends)
{
    int pair[2];
    int log[2];
    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair)) {
        return false;
    }
    slot->channel = pair[0];
    ends->channel = pair[1];
    if (pipe2(log, O_CLOEXEC)) {
        return false;
    }
    slot->log_fd = log[0];
    ends->log = log[1];
    /* Ours must not block; the worker's shall. */
    return fcntl(slot->channel, F_SETFL, O_NONBLOCK) == 0 &&
            fcntl(slot->log_fd, F_SETFL, O_NONBLOCK) == 0 &&
            move_up(&ends->channel) && move_up(&ends->log);
}

static int
set_actions(posix_spawn_file_actions_t *actions, const struct ends *ends)
{
    int error = posix_spawn_file_actions_addopen(actions, 0, "/dev/null",
            O_RDONLY, 0);
    if (!error) {
        error = posix_spawn_file_actions_addopen(actions, 1, "/dev/null",
                O_WRONLY, 0);
    }
    if (!error) {
        error = posix_spawn_file_actions_adddup2(actions, ends->log, 2);
    }
    if (!error) {
        error = posix_spawn_file_actions_adddup2(actions, ends->log,
                FOVEA_LOG_FD);
    }
    if (!error) {
        error = posix_spawn_file_actions_adddup2(actions, ends->channel,
                FOVEA_CHANNEL_FD);
    }
    if (!error) {
        error = posix_spawn_file_actions_addclosefrom_np(actions,
                FOVEA_LOG_FD + 1);
    }
    return error;
}

static int
set_attributes(posix_spawnattr_t *attributes)
{
    sigset_t all;
    sigset_t none;
    (void)sigfillset(&all);
    (void)sigemptyset(&none);
    int error = posix_spawnattr_setsigdefault(attributes, &all);
    if (!error) {
        error = posix_spawnattr_setsigmask(attributes, &none);
    }
    /* A group of its own: Ctrl-C in a terminal is for the host. */
    if (!error) {
        error = posix_spawnattr_setpgroup(attributes, 0);
    }
    if (!error) {
        error = posix_spawnattr_setflags(attributes,
                POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK |
                        POSIX_SPAWN_SETPGROUP);
    }
    return error;
}

static int
start_program(const struct fovea_pool *pool, const struct ends *ends,
        pid_t *pid_out)
{
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    int error = posix_spawn_file_actions_init(&actions);
    if (error) {
        return error;
    }
    error = posix_spawnattr_init(&attributes);
    if (error) {
        (void)posix_spawn_file_actions_destroy(&actions);
        return error;
    }
    error = set_actions(&actions, ends);
    if (!error) {
        error = set_attributes(&attributes);
    }
    if (!error) {
        char *const arguments[] = { pool->program, NULL };
        error = posix_spawn(pid_out, pool->program, &actions, &attributes,
                arguments, pool->environment);
    }
    (void)posix_spawnattr_destroy(&attributes);
    (void)posix_spawn_file_actions_destroy(&actions);
    return error;
}

enum fovea_status
fovea_spawn(struct fovea_pool *pool, struct fovea_slot *slot,
        struct fovea_error *err)
{
    if (!pool->program) {
        enum fovea_status status = fovea_program_find(FOVEA_PROGRAM_WORKER,
                pool->settings.worker_program, &pool->program, err);
        if (status) {
            return status;
        }
    }
    FOVEA_AUTO_FD int channel = -1;
    FOVEA_AUTO_FD int log = -1;
    struct ends ends = { .channel = -1, .log = -1 };
    bool have_ends = make_ends(slot, &ends);
    int error = errno;
    channel = ends.channel;
    log = ends.log;
    if (!have_ends) {
        return fovea_fail_errno(err, FOVEA_ERR_WORKER_START, error,
                "cannot make the channel of a worker");
    }
    pid_t pid = 0;
    error = start_program(pool, &ends, &pid);
    if (error) {
        return fovea_fail_errno(err, FOVEA_ERR_WORKER_START, error,
                "cannot run the worker program %s", pool->program);
    }
    if (!fovea_process_open(pid, &slot->process)) {
        error = errno;
        return fovea_fail_errno(err, FOVEA_ERR_WORKER_START, error,
                "cannot watch a worker that was started");
    }
    fovea_lock(pool);
    slot->pid = pid;
    fovea_unlock(pool);
    return FOVEA_OK;
}

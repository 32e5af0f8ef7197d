/*
 * From a program to a worker (sys/child.h).
 *
 * The worker asks to be killed when the thread that started it ends: the loop
 * thread, or one that waits for it (measure.h).
 */
#include "pool/spawn.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/socket.h>

#include "sys/child.h"
#include "sys/program.h"

/* The worker's ends, none of them one that is about to be replaced. */
struct ends {
    int channel;
    int log;
};

static bool
make_ends(struct fovea_spawned *spawned, struct ends *ends)
{
    int pair[2];
    int log[2];
    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair)) {
        return false;
    }
    spawned->channel = pair[0];
    ends->channel = pair[1];
    if (pipe2(log, O_CLOEXEC)) {
        return false;
    }
    spawned->log_fd = log[0];
    ends->log = log[1];
    /* Ours must not block; the worker's shall. */
    return fcntl(spawned->channel, F_SETFL, O_NONBLOCK) == 0 &&
            fcntl(spawned->log_fd, F_SETFL, O_NONBLOCK) == 0 &&
            fovea_child_move_fd(&ends->channel) &&
            fovea_child_move_fd(&ends->log);
}

static int
start_program(const char *program, char *const *environment,
        const struct ends *ends, pid_t *pid_out)
{
    FOVEA_AUTO_FREE char *name = strdup(program);
    char *const arguments[] = { name, NULL };
    const int fds[] = { -1, -1, ends->log, [FOVEA_CHANNEL_FD] = ends->channel,
        [FOVEA_LOG_FD] = ends->log };
    const struct fovea_child child = {
        .program = program,
        .arguments = arguments,
        .environment = environment,
        .fds = fds,
        .n_fds = FOVEA_ARRAY_LEN(fds),
    };
    return name ? fovea_child_start(&child, pid_out) : ENOMEM;
}

enum fovea_status
fovea_spawn_program(const char *program, char *const *environment,
        struct fovea_spawned *spawned_out, struct fovea_error *err)
{
    *spawned_out = (struct fovea_spawned){ .process.fd = -1,
        .channel = -1,
        .log_fd = -1 };
    FOVEA_AUTO_FD int channel = -1;
    FOVEA_AUTO_FD int log = -1;
    struct ends ends = { .channel = -1, .log = -1 };
    bool have_ends = make_ends(spawned_out, &ends);
    int error = errno;
    channel = ends.channel;
    log = ends.log;
    if (!have_ends) {
        return fovea_fail_errno(err, FOVEA_ERR_WORKER_START, error,
                "cannot make the channel of a worker");
    }
    pid_t pid = 0;
    error = start_program(program, environment, &ends, &pid);
    if (error) {
        return fovea_fail_errno(err, FOVEA_ERR_WORKER_START, error,
                "cannot run the worker program %s", program);
    }
    if (!fovea_process_open(pid, &spawned_out->process)) {
        error = errno;
        return fovea_fail_errno(err, FOVEA_ERR_WORKER_START, error,
                "cannot watch a worker that was started");
    }
    return FOVEA_OK;
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
    struct fovea_spawned spawned;
    enum fovea_status status = fovea_spawn_program(pool->program,
            pool->environment, &spawned, err);
    slot->process = spawned.process;
    slot->channel = spawned.channel;
    slot->log_fd = spawned.log_fd;
    if (!status) {
        fovea_lock(pool);
        slot->pid = spawned.process.pid;
        fovea_unlock(pool);
    }
    return status;
}

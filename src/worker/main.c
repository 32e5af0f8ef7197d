/*
 * fovea-worker: started by the pool, one process each, to look at images where
 * nothing else is within reach. People use `fovea`.
 *
 * It begins with a channel as descriptor 3 and a pipe for its log as 4; what
 * libraries write on standard error goes there. It never outlives its host: the
 * kernel kills it when the thread that started it ends, and otherwise it sees
 * the end of the channel.
 *
 * This file is compiled for any x86-64: sys/cpu_floor.h.
 */
#include <fcntl.h>
#include <malloc.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/macros.h"
#include "sys/cpu_floor.h"
#include "sys/oom_score.h"
#include "worker/serve.h"

enum {
    /* Larger blocks go back to the system when they are freed: a worker lives
       for long, and one huge picture must not stay in its heap. */
    LARGE_BLOCK_BYTES = 4 << 20,
    N_HEAPS = 2,
};

static bool
is_channel(int fd)
{
    int type = 0;
    socklen_t size = sizeof type;
    return getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &size) == 0 &&
            type == SOCK_SEQPACKET;
}

/* Whether the host is there; it may have ended before it could be watched. */
static bool
has_host(void)
{
    struct pollfd channel = { .fd = FOVEA_CHANNEL_FD };
    return poll(&channel, 1, 0) >= 0 && !(channel.revents & POLLHUP);
}

/* Keys and terminals concern the host, which lets work end in order; limits on
   files are to be errors. */
static void
ignore_signals(void)
{
    static const int ignored[] = { SIGINT, SIGHUP, SIGPIPE, SIGXFSZ };
    const struct sigaction ignore = { .sa_handler = SIG_IGN };
    for (size_t i = 0; i < FOVEA_ARRAY_LEN(ignored); i++) {
        (void)sigaction(ignored[i], &ignore, NULL);
    }
}

static void
bound_heaps(void)
{
    static const int settings[][2] = {
        { M_MMAP_THRESHOLD, LARGE_BLOCK_BYTES },
        { M_TRIM_THRESHOLD, LARGE_BLOCK_BYTES },
        { M_ARENA_MAX, N_HEAPS },
    };
    for (size_t i = 0; i < FOVEA_ARRAY_LEN(settings); i++) {
        /* There is one thread yet. NOLINTNEXTLINE(concurrency-mt-unsafe) */
        (void)mallopt(settings[i][0], settings[i][1]);
    }
}

static void
prepare_process(void)
{
    ignore_signals();
    fovea_oom_score_raise();
    (void)dup2(FOVEA_LOG_FD, STDERR_FILENO);
    (void)fcntl(FOVEA_CHANNEL_FD, F_SETFD, FD_CLOEXEC);
    bound_heaps();
}

static enum fovea_worker_exit
work(void)
{
    struct fovea_worker worker = { .log_fd = FOVEA_LOG_FD };
    enum fovea_worker_exit why = FOVEA_WORKER_EXIT_CHANNEL;
    if (!fovea_endpoint_init(&worker.host, FOVEA_CHANNEL_FD, NULL) &&
            fovea_worker_load(&worker, &why)) {
        why = fovea_worker_serve(&worker);
    }
    fovea_worker_finish(&worker);
    return why;
}

int
main(int argc, char **argv)
{
    (void)argv;
    if (fovea_cpu_refuse("fovea-worker")) {
        return FOVEA_WORKER_EXIT_CPU;
    }
    if (argc > 1 || !is_channel(FOVEA_CHANNEL_FD) ||
            fcntl(FOVEA_LOG_FD, F_GETFD) < 0) {
        (void)fputs("fovea-worker is a part of fovea, which starts it\n",
                stderr);
        return FOVEA_WORKER_EXIT_USAGE;
    }
    (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (!has_host()) {
        return FOVEA_WORKER_EXIT_ORPHAN;
    }
    prepare_process();
    return (int)work();
}

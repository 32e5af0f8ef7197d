/* See unpacker_process.h. */
#include "archive/unpacker_process.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>

#include "base/error.h"
#include "sys/child.h"
#include "sys/program.h"
#include "wire/exit.h"

enum {
    PIPE_BYTES = 1 << 20, /* so that neither side waits for the other often */
    END_MS = 1000         /* for the end of one that has closed its output */
};

FOVEA_DEFINE_AUTO(char **, fovea_child_environment_free);

static enum fovea_status
make_pipe(int *read_out, int *write_out, struct fovea_error *err)
{
    int ends[2];
    if (pipe2(ends, O_CLOEXEC)) {
        return fovea_fail_errno(err, FOVEA_ERR_WORKER_START, errno,
                "cannot make a pipe to the process that reads archives");
    }
    *read_out = ends[0];
    *write_out = ends[1];
    (void)fcntl(ends[0], F_SETPIPE_SZ, PIPE_BYTES); /* or what there is */
    if (fcntl(ends[0], F_SETFL, O_NONBLOCK) ||
            !fovea_child_move_fd(write_out)) {
        return fovea_fail_errno(err, FOVEA_ERR_WORKER_START, errno,
                "cannot prepare a pipe to the process that reads archives");
    }
    return FOVEA_OK;
}

static enum fovea_status
run(const struct fovea_unpacker_order *order, int input_fd, int output_fd,
        struct fovea_process *process_out, struct fovea_error *err)
{
    FOVEA_AUTO_FREE char *program = NULL;
    FOVEA_AUTO(fovea_child_environment_free_auto) char **environment = NULL;
    enum fovea_status status =
            fovea_program_find(FOVEA_PROGRAM_UNPACKER, NULL, &program, err);
    if (!status) {
        status = fovea_child_environment(&environment, err);
    }
    if (status) {
        return status;
    }
    struct fovea_unpacker_arguments arguments;
    fovea_unpacker_order_write(order, program, &arguments);
    const int fds[] = { [FOVEA_UNPACKER_INPUT_FD] = input_fd,
        [FOVEA_UNPACKER_OUTPUT_FD] = output_fd,
        [STDERR_FILENO] = -1 };
    const struct fovea_child child = {
        .program = program,
        .arguments = arguments.all,
        .environment = environment,
        .fds = fds,
        .n_fds = FOVEA_ARRAY_LEN(fds),
    };
    pid_t pid = 0;
    int error = fovea_child_start(&child, &pid);
    if (error) {
        return fovea_fail_errno(err, FOVEA_ERR_WORKER_START, error,
                "cannot run %s", program);
    }
    if (!fovea_process_open(pid, process_out)) {
        return fovea_fail_errno(err, FOVEA_ERR_WORKER_START, errno,
                "cannot watch a process that was started");
    }
    return FOVEA_OK;
}

enum fovea_status
fovea_unpacker_start(const struct fovea_unpacker_order *order, int input_fd,
        struct fovea_unpacker_process *process_out, struct fovea_error *err)
{
    FOVEA_AUTO_FD int read_fd = -1;
    FOVEA_AUTO_FD int write_fd = -1;
    FOVEA_AUTO_FD int input = fcntl(input_fd, F_DUPFD_CLOEXEC, 0);
    if (input < 0 || !fovea_child_move_fd(&input)) {
        return fovea_fail_errno(err, FOVEA_ERR_WORKER_START, errno,
                "cannot hand an archive to the process that reads it");
    }
    enum fovea_status status = make_pipe(&read_fd, &write_fd, err);
    if (!status) {
        status = run(order, input, write_fd, &process_out->process, err);
    }
    if (!status) {
        process_out->output_fd = read_fd;
        read_fd = -1;
    }
    return status;
}

static siginfo_t
end_process(struct fovea_unpacker_process *process)
{
    siginfo_t info = { 0 };
    if (process->process.pid > 0) {
        (void)!fovea_process_signal(&process->process, SIGKILL);
        info = fovea_process_wait(&process->process);
        fovea_process_close(&process->process);
    }
    if (process->output_fd >= 0) {
        (void)close(process->output_fd);
        process->output_fd = -1;
    }
    return info;
}

void
fovea_unpacker_end(struct fovea_unpacker_process *process)
{
    (void)end_process(process);
}

/* One that has closed its output is about to end; false: it is not. */
static bool
ends_by_itself(const struct fovea_process *process)
{
    enum {
        N_LOOKS = 100
    };
    struct pollfd end = { .fd = process->fd, .events = POLLIN };
    if (process->fd >= 0) {
        return poll(&end, 1, END_MS) == 1;
    }
    bool has_ended = false;
    for (int i = 0; i < N_LOOKS && !has_ended; i++) {
        has_ended = fovea_process_has_ended(process);
        (void)poll(NULL, 0, has_ended ? 0 : END_MS / N_LOOKS);
    }
    return has_ended;
}

enum fovea_status
fovea_unpacker_judge(struct fovea_unpacker_process *process,
        struct fovea_error *err)
{
    bool has_ended = ends_by_itself(&process->process);
    siginfo_t info = end_process(process);
    if (!has_ended) {
        return fovea_fail(err, FOVEA_ERR_ARCHIVE,
                "the process that reads it said no more");
    }
    if (info.si_code == CLD_EXITED) {
        const char *text = fovea_worker_exit_text(info.si_status);
        return fovea_fail(err,
                info.si_status == FOVEA_WORKER_EXIT_CPU ? FOVEA_ERR_WORKER_START
                                                        : FOVEA_ERR_ARCHIVE,
                "the process that reads it has ended: %s (exit status %d)",
                text ? text : "it failed", info.si_status);
    }
    if (info.si_status == SIGSYS) {
        return fovea_fail(err, FOVEA_ERR_ARCHIVE,
                "the process that reads it made a system call that is not "
                "allowed");
    }
    bool is_others = info.si_pid == 0 || info.si_status == SIGKILL ||
            info.si_status == SIGTERM;
    return fovea_fail(err,
            is_others ? FOVEA_ERR_WORKER_KILLED : FOVEA_ERR_ARCHIVE,
            "the process that reads it was ended by signal %d%s",
            info.si_status, is_others ? ", from outside" : "");
}

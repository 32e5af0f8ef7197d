/* `fovea stop`: end a server that runs here. */
#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <string.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/number.h"
#include "cli/args.h"
#include "cli/cli.h"
#include "cli/running.h"
#include "sys/process.h"

static const char about[] =
        "Usage: fovea stop [--all] [--time TIME] [PID]\n"
        "\n"
        "Ask a server (`fovea serve`) to end, and wait until it has: it takes no new\n"
        "work and finishes what it has. Without a PID: the only one of those that\n"
        "`fovea ps` lists, which are this user's, or for root everybody's.\n";

static const char notes[] =
        "Exit status: 0 it has ended; 2 wrong usage; 1 there is none, or it has not\n"
        "ended in time.\n";

struct flags {
    bool help;
    bool all;
    int64_t time_ns;
};

/* Whether it has, after waiting no longer than that. */
static bool
wait_ended(const struct fovea_process *process, int64_t time_ns)
{
    enum {
        LOOK_MS = 20 /* where the kernel does not tell */
    };
    int64_t until_ns = fovea_later(fovea_clock_ns(), time_ns);
    while (!fovea_process_has_ended(process)) {
        int64_t left_ns = until_ns - fovea_clock_ns();
        if (left_ns <= 0) {
            return false;
        }
        int64_t ms = (left_ns - 1) / FOVEA_NS_PER_MS + 1;
        int most = process->fd >= 0 ? INT32_MAX : LOOK_MS;
        struct pollfd end = { .fd = process->fd, .events = POLLIN };
        (void)poll(&end, 1, ms < most ? (int)ms : most);
    }
    return true;
}

static enum fovea_status
stop(const struct fovea_running *running, int64_t time_ns,
        struct fovea_error *err)
{
    FOVEA_AUTO(fovea_process_close) struct fovea_process process;
    bool is_open = fovea_process_open((pid_t)running->pid, &process);
    if (is_open && !fovea_running_is_itself(running)) {
        return FOVEA_OK; /* it has ended, and the number may be another's */
    }
    if (!is_open || !fovea_process_signal(&process, SIGTERM)) {
        return errno == ESRCH
                ? FOVEA_OK
                : fovea_fail_errno(err, FOVEA_ERR_IO, errno,
                          "the server with pid %" PRId64 " cannot be asked",
                          running->pid);
    }
    if (wait_ended(&process, time_ns)) {
        return FOVEA_OK;
    }
    return fovea_fail(err, FOVEA_ERR_DEADLINE,
            "the server with pid %" PRId64 " has not ended yet", running->pid);
}

/* Which of them is meant: one, or with --all any number. */
static enum fovea_status
choose(const struct flags *flags, const char *word,
        const struct fovea_running_list *list, size_t *first_out, size_t *n_out,
        struct fovea_error *err)
{
    const char *whose = fovea_running_finds_all() ? "" : "of yours ";
    uint64_t pid = 0;
    if (word && !fovea_number_parse(word, &pid)) {
        return fovea_fail(err, FOVEA_ERR_ARGUMENT, "%s is no process id", word);
    }
    for (size_t i = 0; word && i < list->n; i++) {
        if ((uint64_t)list->all[i].pid == pid) {
            *first_out = i;
            *n_out = 1;
            return FOVEA_OK;
        }
    }
    if (word || list->n == 0) {
        return fovea_fail(err, FOVEA_ERR_FILE_NOT_FOUND,
                word ? "no server %shas the pid %s" : "no server %sruns here%s",
                whose, word ? word : "");
    }
    if (list->n > 1 && !flags->all) {
        return fovea_fail(err, FOVEA_ERR_ARGUMENT,
                "%zu servers run here: give the PID of one, or --all", list->n);
    }
    *first_out = 0;
    *n_out = list->n;
    return FOVEA_OK;
}

static int
stop_all(const struct flags *flags, const struct fovea_running *all, size_t n)
{
    int code = FOVEA_EXIT_OK;
    for (size_t i = 0; i < n; i++) {
        struct fovea_error error;
        if (stop(&all[i], flags->time_ns, &error)) {
            code = fovea_cli_fail(&error);
        }
    }
    return code;
}

static int
run(const struct fovea_command *self, int argc, char **argv)
{
    struct flags flags = { 0 };
    struct fovea_flag table[] = {
        FOVEA_FLAG(HELP, flags.help),
        FOVEA_FLAG(ALL, flags.all),
        FOVEA_FLAG(STOP_TIME, flags.time_ns),
    };
    struct fovea_error error;
    size_t n_words = 0;
    size_t first = 0;
    size_t n = 0;
    FOVEA_AUTO(fovea_running_finish) struct fovea_running_list list = { 0 };
    FOVEA_AUTO_FREE const char **words = fovea_cli_words(argc);
    if (!words) {
        return FOVEA_EXIT_FAILED;
    }
    if (fovea_args_parse(table, FOVEA_ARRAY_LEN(table), argc, argv, words,
                &n_words, &error)) {
        return fovea_cli_misused(self, &error);
    }
    if (flags.help) {
        return fovea_cli_help(self);
    }
    if (n_words > 1 || (n_words == 1 && flags.all)) {
        (void)fovea_fail(&error, FOVEA_ERR_ARGUMENT,
                "give one PID, or --all, or neither");
        return fovea_cli_misused(self, &error);
    }
    if (fovea_running_find(&list, &error) ||
            choose(&flags, n_words ? words[0] : NULL, &list, &first, &n,
                    &error)) {
        return fovea_cli_fail(&error);
    }
    return stop_all(&flags, list.all + first, n);
}

const struct fovea_command fovea_cmd_stop = {
    .id = FOVEA_COMMAND_STOP,
    .about = about,
    .notes = notes,
    .run = run,
};

/* See child.h. */
#include "sys/child.h"

#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <string.h>

#include "base/error.h"

static const char *const passed_through[] = { "ONEDNN_MAX_CPU_ISA",
    "ONEDNN_VERBOSE", "ASAN_OPTIONS", "UBSAN_OPTIONS", "LSAN_OPTIONS",
    "TSAN_OPTIONS" };

enum {
    FIRST_HARMLESS_FD = 10
};

void
fovea_child_environment_free(char **environment)
{
    for (size_t i = 0; environment && environment[i]; i++) {
        free(environment[i]);
    }
    free(environment);
}

FOVEA_DEFINE_AUTO(char **, fovea_child_environment_free);

enum fovea_status
fovea_child_environment(char ***out, struct fovea_error *err)
{
    size_t n_names = FOVEA_ARRAY_LEN(passed_through);
    FOVEA_AUTO(fovea_child_environment_free_auto)
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

bool
fovea_child_move_fd(int *fd)
{
    int moved = fcntl(*fd, F_DUPFD_CLOEXEC, FIRST_HARMLESS_FD);
    (void)close(*fd);
    *fd = moved;
    return moved >= 0;
}

static int
set_actions(posix_spawn_file_actions_t *actions,
        const struct fovea_child *child)
{
    int error = 0;
    for (int fd = 0; fd < (int)child->n_fds && !error; fd++) {
        error = child->fds[fd] >= 0
                ? posix_spawn_file_actions_adddup2(actions, child->fds[fd], fd)
                : posix_spawn_file_actions_addopen(actions, fd, "/dev/null",
                          fd == STDIN_FILENO ? O_RDONLY : O_WRONLY, 0);
    }
    return error ? error
                 : posix_spawn_file_actions_addclosefrom_np(actions,
                           (int)child->n_fds);
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

int
fovea_child_start(const struct fovea_child *child, pid_t *pid_out)
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
    error = set_actions(&actions, child);
    if (!error) {
        error = set_attributes(&attributes);
    }
    if (!error) {
        error = posix_spawn(pid_out, child->program, &actions, &attributes,
                child->arguments, child->environment);
    }
    (void)posix_spawnattr_destroy(&attributes);
    (void)posix_spawn_file_actions_destroy(&actions);
    return error;
}

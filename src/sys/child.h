/*
 * From a program to a sealed process of ours: workers, unpackers.
 *
 * posix_spawn, because it neither copies the host's page tables nor runs its fork
 * handlers, and tells of a program that cannot be run.
 */
#ifndef FOVEA_SYS_CHILD_H
#define FOVEA_SYS_CHILD_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "fovea/export.h"
#include "fovea/status.h"

/** What is started; everything is borrowed for the call. */
struct fovea_child {
    const char *program;
    char *const *arguments; /* its name first, NULL last */
    char *const *environment;
    const int *fds; /* its descriptors 0, 1, ...: none of them below n_fds
                       (fovea_child_move_fd()); -1: /dev/null. It has no others */
    size_t n_fds;
};

/**
 * Start it: with no signal ignored or blocked, in a group of its own, since
 * Ctrl-C in a terminal is for the host.
 *
 * @return 0, or an errno.
 */
FOVEA_NODISCARD int fovea_child_start(const struct fovea_child *child,
        pid_t *pid_out);

/** Move a descriptor out of the way of those that a child will have. False, with
 *  errno and *fd -1: it is closed. */
FOVEA_NODISCARD bool fovea_child_move_fd(int *fd);

/** What such a process may know of our environment: nothing but how its own
 *  libraries are to behave. FOVEA_OK or FOVEA_ERR_NO_MEMORY. */
FOVEA_NODISCARD enum fovea_status fovea_child_environment(char ***out,
        struct fovea_error *err);

void fovea_child_environment_free(char **environment);

#endif

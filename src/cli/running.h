/*
 * Servers that run on this machine, by their control sockets (server/control.h):
 * those of this user; for root those of everybody.
 *
 * Folders of others may hold anything, so root believes a socket only if the
 * kernel says that who listens there is the folder's owner.
 */
#ifndef FOVEA_CLI_RUNNING_H
#define FOVEA_CLI_RUNNING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include <jansson.h>

#include "fovea/status.h"

struct fovea_running {
    int fd;      /* its control socket, to be connected to; owned */
    int64_t pid; /* as the kernel says, and whose it is */
    uid_t user;
};

struct fovea_running_list {
    struct fovea_running *all; /* by pid */
    size_t n;
};

/** Find them. What servers of this user that died left behind is removed.
 *  FOVEA_ERR_NO_MEMORY. */
FOVEA_NODISCARD enum fovea_status fovea_running_find(
        struct fovea_running_list *list_out, struct fovea_error *err);

void fovea_running_finish(struct fovea_running_list *list);

/** Whether its number is still that of a process of its user: who listened may
 *  have ended and left the socket to another process. */
bool fovea_running_is_itself(const struct fovea_running *running);

/** Whether everybody's are found. */
bool fovea_running_finds_all(void);

/** What /v1/pool of one says; json_decref() it. FOVEA_ERR_FETCH. */
FOVEA_NODISCARD enum fovea_status fovea_running_ask(
        const struct fovea_running *running, json_t **pool_out,
        struct fovea_error *err);

#endif

/*
 * A thread for what would hold the loop up: reading statistics (the kernel
 * takes milliseconds to measure a worker) and writing long answers. One chore
 * after another; each comes back to the loop as a notice.
 */
#ifndef FOVEA_SERVER_BACKROOM_H
#define FOVEA_SERVER_BACKROOM_H

#include "server/inside.h"

/** Embedded at the start of what the work is about. */
struct fovea_chore {
    struct fovea_notice notice; /* first; read by the loop afterwards */
    struct fovea_chore *next;
    void (*work)(struct fovea_chore *chore); /* in the back room */
};

FOVEA_NODISCARD enum fovea_status fovea_backroom_open(
        struct fovea_server *server, struct fovea_backroom **out,
        struct fovea_error *err);

void fovea_backroom_do(struct fovea_backroom *backroom,
        struct fovea_chore *chore);

/** All that was given is done when this returns. NULL is fine. */
void fovea_backroom_close(struct fovea_backroom *backroom);

#endif

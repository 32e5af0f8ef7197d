/* Where work about indexes is done: queues, each with threads of its own, so that
   none holds up the loop or another. They start when they are first needed. */
#ifndef FOVEA_SERVER_DESK_H
#define FOVEA_SERVER_DESK_H

#include "server/internal.h"

/** Nothing runs yet. wake: see fovea_background_init(). */
void fovea_desks_init(struct fovea_server *server, void (*wake)(void *context));

/** Whether a desk takes one more job; its threads run then. FOVEA_ERR_BUSY;
 *  FOVEA_ERR_NO_MEMORY. */
FOVEA_NODISCARD enum fovea_status fovea_desk_open(struct fovea_server *server,
        enum fovea_server_desk desk, struct fovea_error *err);

/** Call done of all jobs that were run. */
void fovea_desks_collect(struct fovea_server *server);

/** Jobs that wait or are under way. */
size_t fovea_desk_size(const struct fovea_server *server,
        enum fovea_server_desk desk);

void fovea_desks_finish(struct fovea_server *server);

#endif

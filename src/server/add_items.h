/* Images become items of an index: embedded for each of its sets, and written down
   in one commit. */
#ifndef FOVEA_SERVER_ADD_ITEMS_H
#define FOVEA_SERVER_ADD_ITEMS_H

#include "server/embed_request.h"
#include "server/index_task.h"

/** One item's way into the index. */
struct fovea_added_item {
    const void *bytes; /* of its file */
    size_t size;
    void *owned; /* NULL, or these */
    struct fovea_error error;
};

struct fovea_add_task {
    struct fovea_index_task task; /* first */
    struct fovea_embed_request request;
    struct fovea_added_item *items; /* [n_items of the request] */
};

/** All of it, in the thread of changes: the answer is written, or the task has a
 *  complaint and nothing was added. */
void fovea_add_items(struct fovea_index_task *task);

/** Free a task. */
void fovea_add_task_destroy(struct fovea_index_task *task);

#endif

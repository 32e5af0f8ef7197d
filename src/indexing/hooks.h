/* Whom an update tells what happens. */
#ifndef FOVEA_INDEXING_HOOKS_H
#define FOVEA_INDEXING_HOOKS_H

#include <stdint.h>

#include "fovea/status.h"

/** All may be NULL. They are called in the thread of the update, and return
 *  soon. */
struct fovea_hooks {
    /* A file, or a folder, of which something is wrong, or which is no image. The
       root's path and the file's below it; "" is the root. */
    void (*on_problem)(void *context, const char *root, const char *path,
            const struct fovea_error *error);
    /* An update has ended, with OK or with what a root is wrong with, and another
       one may come (watch.h). */
    void (*on_update)(void *context);
    void *context;
};

static inline void
fovea_hooks_tell(const struct fovea_hooks *hooks, const char *root,
        const char *path, const struct fovea_error *error)
{
    if (hooks && hooks->on_problem) {
        hooks->on_problem(hooks->context, root, path, error);
    }
}

#endif

/*
 * The files under a folder, recursively, in the order of their paths' bytes
 * (what `find -L DIR -type f | LC_ALL=C sort` prints, less what follows).
 *
 * Left out: names that begin with a dot; symbolic links to folders, and folders
 * that are mounted below themselves, so that no loop is ever entered; what is not
 * a file (pipes, sockets, devices). Links to files count as files.
 *
 * Only the names of the folders between the top and the current one are in
 * memory, and no more than FOVEA_WALK_OPEN of these folders are open.
 */
#ifndef FOVEA_BULK_WALK_H
#define FOVEA_BULK_WALK_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/stat.h>

#include "fovea/export.h"
#include "fovea/status.h"

#include "bulk/filter.h"

enum {
    FOVEA_WALK_OPEN = 32
};

struct fovea_walk;

/** Borrowed as long as the walk. */
struct fovea_walk_settings {
    const char *top;   /* a folder; a link to one is followed */
    const char *below; /* where in it the walk begins: a path that ends in a
                          slash, or "" */
    const struct fovea_filter *filter; /* of paths below the top; or NULL */
    size_t max_size; /* bytes of the path of a folder that is entered */
    bool wants_info; /* of each file */
    /* Called with each folder once it is open, and before it is read; or NULL. */
    void (*on_folder)(void *context, int fd);
    void *context;
};

enum fovea_walk_step {
    FOVEA_WALK_FILE,
    FOVEA_WALK_PROBLEM, /* a folder that cannot be read, or not to its end: what
                           was read of it comes next; or whose files cannot be
                           looked at: no more of it comes */
    FOVEA_WALK_END,
};

/** The walk's, until the next step. */
struct fovea_walk_entry {
    const char
            *path; /* below the top; a folder's ends in a slash, and the top's
                         is "" */
    size_t size;   /* bytes of it */
    struct stat info; /* if it is wanted: of the file that a link leads to, of
                         the link itself if that is nowhere */
    struct fovea_error problem;
};

/** Nothing is read yet. FOVEA_OK or FOVEA_ERR_NO_MEMORY. */
FOVEA_NODISCARD enum fovea_status fovea_walk_create(
        const struct fovea_walk_settings *settings,
        struct fovea_walk **walk_out, struct fovea_error *err);

void fovea_walk_destroy(struct fovea_walk *walk);

/**
 * Go on to the next file.
 *
 * @return FOVEA_OK or FOVEA_ERR_NO_MEMORY: what is wrong with one folder is a
 *         step.
 * Threads: one at a time.
 */
FOVEA_NODISCARD enum fovea_status fovea_walk_next(struct fovea_walk *walk,
        enum fovea_walk_step *step_out, struct fovea_walk_entry *entry_out,
        struct fovea_error *err);

#endif

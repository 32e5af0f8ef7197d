/*
 * The files under a directory, recursively, in the order of their paths' bytes
 * (what `find -L DIR -type f | LC_ALL=C sort` prints, less what follows).
 *
 * Left out: names that begin with a dot; symbolic links to directories, so that
 * no loop is ever entered; what is not a file (pipes, sockets, devices). Links
 * to files count as files. Only the names of the directories between the top
 * and the current one are in memory.
 */
#ifndef FOVEA_BULK_WALK_H
#define FOVEA_BULK_WALK_H

#include <stdbool.h>

#include "fovea/export.h"
#include "fovea/status.h"

#include "bulk/filter.h"
#include "bulk/stdin_image.h"

struct fovea_walk;

/** A path to embed, or one that could not be read and why (problem.code). */
struct fovea_entry {
    char *path;                            /* owned */
    bool found;                            /* by a walk; else it was named */
    const struct fovea_stdin_image *image; /* what "-" stands for, or NULL */
    struct fovea_error problem;
};

void fovea_entry_finish(struct fovea_entry *entry);

/** Begin at a directory; it is read at the first step. The filter is borrowed
 *  until the end. */
FOVEA_NODISCARD enum fovea_status fovea_walk_create(const char *directory,
        const struct fovea_filter *filter, struct fovea_walk **walk_out,
        struct fovea_error *err);

void fovea_walk_destroy(struct fovea_walk *walk);

/**
 * Give the next file, or a directory that cannot be read.
 *
 * @param entry_out  Set, to be finished by the caller, where *found_out.
 * @param found_out  false at the end.
 * @return FOVEA_OK or FOVEA_ERR_NO_MEMORY.
 */
FOVEA_NODISCARD enum fovea_status fovea_walk_next(struct fovea_walk *walk,
        struct fovea_entry *entry_out, bool *found_out,
        struct fovea_error *err);

#endif

/*
 * By what a file is known to be as it was: its size, its time of change and its
 * inode.
 *
 * A file system's clock goes in steps, so that a file may be changed twice with
 * one time. What was changed just now is read a moment later, when another change
 * would show.
 */
#ifndef FOVEA_INDEXING_STAMP_H
#define FOVEA_INDEXING_STAMP_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/stat.h>

/* Longer than such a step, of a clock with fractions of seconds and of one without
   (FAT has two seconds). */
#define FOVEA_STAMP_STEP_NS       INT64_C(20000000)
#define FOVEA_STAMP_WHOLE_STEP_NS INT64_C(2000000000)

struct fovea_stamp {
    uint64_t size_bytes;
    int64_t mtime_ns; /* since 1970 */
    uint64_t inode;
};

struct fovea_stamp fovea_stamp_of(const struct stat *info);

bool fovea_stamp_equal(const struct fovea_stamp *a,
        const struct fovea_stamp *b);

/** How long to wait at a time of CLOCK_REALTIME until any change shows; 0: it
 *  does. */
int64_t fovea_stamp_wait_ns(const struct fovea_stamp *stamp, int64_t now_ns);

#endif

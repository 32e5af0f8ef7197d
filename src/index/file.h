/* A file of an index: see files.h. */
#ifndef FOVEA_INDEX_FILE_H
#define FOVEA_INDEX_FILE_H

#include <stdint.h>

#include "fovea/status.h"

struct fovea_index_file {
    int64_t root;
    const char *path;
    uint64_t size_bytes;
    int64_t mtime_ns; /* since 1970 */
    uint64_t inode;
    int64_t content; /* 0: none; it failed, or is not known yet */
    /* What kept it from becoming a content when it was as above; FOVEA_OK:
       nothing. */
    enum fovea_status failure;
    const char *message; /* "" without a failure; one line */
    int64_t failed_at_s; /* since 1970 */
};

#endif

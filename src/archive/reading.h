/* Inside of archive/: an archive that is read. */
#ifndef FOVEA_ARCHIVE_READING_H
#define FOVEA_ARCHIVE_READING_H

#include "archive/feed.h"
#include "archive/intake.h"
#include "archive/local_file.h"
#include "archive/terms.h"
#include "archive/unpacker_process.h"

struct fovea_archive {
    char *name; /* owned */
    struct fovea_archive_settings settings;
    struct fovea_archive_terms terms;
    struct fovea_local_file file; /* one of these two */
    struct fovea_feed *feed;
    struct fovea_unpacker_process unpacker;
    struct fovea_intake intake;
    struct fovea_error problem;
    bool is_over; /* nothing more is read */
    int wait_fd;
    int timer_fd;
    int64_t stalled_ns; /* when it will have been silent for too long */
};

#endif

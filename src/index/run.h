/* What the process that writes is doing, as others see it after each commit. */
#ifndef FOVEA_INDEX_RUN_H
#define FOVEA_INDEX_RUN_H

#include <sys/types.h>

#include "index/folder.h"

enum {
    FOVEA_INDEX_PHASE_SIZE = 32, /* a phase's name and its NUL */
};

struct fovea_index_run {
    pid_t pid;     /* of the process; set by fovea_index_run_put() */
    bool is_going; /* somebody holds the index's lock now; else the run ended, or
                      was ended before finished_s was written */
    char phase[FOVEA_INDEX_PHASE_SIZE]; /* "walking", "embedding", ... */
    uint64_t n_done;
    uint64_t n_total; /* 0: not known yet */
    uint64_t n_failed;
    int64_t started_s; /* since 1970 */
    int64_t updated_s;
    int64_t finished_s; /* 0: not yet */
};

/** Write down how far the run is; seen by others with the next commit. */
FOVEA_NODISCARD enum fovea_status fovea_index_run_put(
        struct fovea_index_folder *folder, const struct fovea_index_run *run,
        struct fovea_error *err);

/** The last run. FOVEA_ERR_NO_ITEM if there was none. */
FOVEA_NODISCARD enum fovea_status fovea_index_run_get(
        struct fovea_index_folder *folder, struct fovea_index_run *run_out,
        struct fovea_error *err);

#endif

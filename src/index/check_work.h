/* A check that is under way. */
#ifndef FOVEA_INDEX_CHECK_WORK_H
#define FOVEA_INDEX_CHECK_WORK_H

#include "base/macros.h"
#include "index/check_calls.h"
#include "index/internal.h"

struct fovea_check {
    struct fovea_index_folder *folder;
    const struct fovea_index_check_calls *calls;
    uint64_t n_faults;
    uint64_t n_done; /* rows */
    uint64_t n_total;
    bool is_ended; /* by a call */
};

/** Report a fault. What can be done about it is one of FOVEA_REMEDY_... */
void fovea_check_report(struct fovea_check *check, const char *remedy,
        const char *format, ...) FOVEA_PRINTF(3, 4);

/* Nothing more than is fovea's. */
#define FOVEA_REMEDY_ANEW                                                   \
    "make the index anew: remove index.sqlite, lock and segments from its " \
    "folder and run fovea index again; no picture is touched"
#define FOVEA_REMEDY_FILE                                                  \
    "remove the file from the index (fovea index --remove) and run fovea " \
    "index again: it is embedded anew"

#endif

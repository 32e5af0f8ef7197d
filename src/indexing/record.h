/* What came of a file that was read, written down in the index. */
#ifndef FOVEA_INDEXING_RECORD_H
#define FOVEA_INDEXING_RECORD_H

#include "index/files.h"
#include "indexing/reader.h"

/** Whether it is the file that failed, so that it would again as it is; else it is
 *  what was around it. */
bool fovea_record_is_lasting(enum fovea_status failure);

/** What has become of a file since it was read. */
enum fovea_reread {
    FOVEA_REREAD_SAME,
    FOVEA_REREAD_CHANGED,
    FOVEA_REREAD_GONE,
};

enum fovea_reread fovea_record_look(const struct fovea_reading *reading);

/** Write a file down that is still the same: its content, its failure (NULL: none), or
 *  both, where its content lacks a vector. */
FOVEA_NODISCARD enum fovea_status fovea_record_put(
        struct fovea_index_folder *folder, const struct fovea_reading *reading,
        int64_t content, const struct fovea_error *failure,
        struct fovea_error *err);

#endif

/*
 * Vectors on their way into an index: appended to the last segment of their set,
 * synced before the commit. What was appended and not committed lies behind the
 * rows that count, and the next append writes over it.
 */
#ifndef FOVEA_INDEX_APPENDER_H
#define FOVEA_INDEX_APPENDER_H

#include "index/internal.h"

/** Append a vector to a set in the transaction that is open, in SQLite too.
 *
 *  @param segment_out, row_out  Where it is now. */
FOVEA_NODISCARD enum fovea_status fovea_appender_add(
        struct fovea_index_folder *folder, const struct fovea_index_set *set,
        const float *values, int64_t *segment_out, uint64_t *row_out,
        struct fovea_error *err);

/** Wait until all that was appended is on the disk. */
FOVEA_NODISCARD enum fovea_status fovea_appender_sync(
        struct fovea_index_folder *folder, struct fovea_error *err);

/** Close the segments; what was not committed is forgotten. */
void fovea_appender_drop(struct fovea_index_folder *folder);

#endif

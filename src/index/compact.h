/* Taking the room back that tombstones have. */
#ifndef FOVEA_INDEX_COMPACT_H
#define FOVEA_INDEX_COMPACT_H

#include "index/check_calls.h"
#include "index/folder.h"

struct fovea_index_compacted {
    uint64_t n_tombstones; /* that are gone */
    uint64_t before_bytes; /* of the folder */
    uint64_t after_bytes;
};

/**
 * Write segments with tombstones anew, without them, each in one step: readers go
 * on with those that they have, and a kill at any moment loses nothing. Commits;
 * what was changed before is committed too.
 *
 * @param calls  on_progress alone is called; NULL: nothing is.
 * @return FOVEA_OK; FOVEA_ERR_CANCELLED: what is done by then stays done;
 *         FOVEA_ERR_DISK_FULL, FOVEA_ERR_IO, FOVEA_ERR_INDEX_DAMAGED for a row
 *         whose checksum is another: its segment stays as it is.
 */
FOVEA_NODISCARD enum fovea_status fovea_index_compact(
        struct fovea_index_folder *folder,
        const struct fovea_index_check_calls *calls,
        struct fovea_index_compacted *done_out, struct fovea_error *err);

#endif

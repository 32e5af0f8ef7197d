/* Archives among the inputs of a manifest: in how many parts each is. */
#ifndef FOVEA_SHARDS_MANIFEST_ARCHIVE_H
#define FOVEA_SHARDS_MANIFEST_ARCHIVE_H

#include <stdint.h>

#include "bulk/source.h"
#include "shards/names.h"

/** All zero: none. */
struct fovea_archive_parts {
    struct fovea_shard_name *all; /* their names are one, owned by the first */
    uint64_t n;
    uint64_t room;
};

void fovea_archive_parts_finish(struct fovea_archive_parts *parts);

/**
 * Divide an archive into parts of shard_size members. A plain tar that is a file is
 * gone over; of any other nothing is read but what it is, and it is one part that is
 * not counted.
 *
 * @param stop_fd    Readable once to give up; -1.
 * @param parts_out  None of an archive without members. To be finished in any case.
 * @return FOVEA_OK; FOVEA_ERR_CANCELLED; what is wrong with the archive, which is then
 *         a bad input; FOVEA_ERR_NO_MEMORY.
 */
FOVEA_NODISCARD enum fovea_status fovea_archive_divide(const char *name,
        const struct fovea_source_settings *source, uint64_t shard_size,
        int stop_fd, struct fovea_archive_parts *parts_out,
        struct fovea_error *err);

#endif

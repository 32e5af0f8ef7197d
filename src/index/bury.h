/* Removing a content: its vectors become tombstones. */
#ifndef FOVEA_INDEX_BURY_H
#define FOVEA_INDEX_BURY_H

#include "index/internal.h"

/** Remove a content in the transaction that is open. Nothing leads to it. */
FOVEA_NODISCARD enum fovea_status fovea_bury(struct fovea_index_folder *folder,
        int64_t content, struct fovea_error *err);

/** The same if neither a file nor an item leads to it. */
FOVEA_NODISCARD enum fovea_status fovea_bury_if_alone(
        struct fovea_index_folder *folder, int64_t content,
        struct fovea_error *err);

#endif

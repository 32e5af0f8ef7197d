/* What a command that reads an index must not write over. */
#ifndef FOVEA_CLI_INDEX_TARGET_H
#define FOVEA_CLI_INDEX_TARGET_H

#include "bulk/target.h"
#include "index/folder.h"

/**
 * Refuse files of an index as those that results are written to, with --overwrite
 * as well: the pictures that it knows, and whatever is in its own folder.
 *
 * @param target  Looked at, or all zero: none.
 * @return FOVEA_OK; FOVEA_ERR_OUTPUT_REFUSED; as fovea_index_roots();
 *         FOVEA_ERR_NO_MEMORY.
 */
FOVEA_NODISCARD enum fovea_status fovea_index_target_check(
        struct fovea_index_folder *folder, const struct fovea_target *target,
        struct fovea_error *err);

#endif

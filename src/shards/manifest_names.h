/* The files of names of a manifest that is being made, while others may make one at
   the same place. */
#ifndef FOVEA_SHARDS_MANIFEST_NAMES_H
#define FOVEA_SHARDS_MANIFEST_NAMES_H

#include "base/text.h"
#include "objects/objects.h"
#include "shards/manifest.h"

/**
 * Put the names of a shard, or find them there.
 *
 * Others' names are replaced: they began and did not end. Not so once a manifest is
 * there, which tells of them.
 *
 * @param is_told  A manifest of ours is there already, and tells of them.
 * @param sha256_out  Of the names.
 * @return FOVEA_OK; FOVEA_ERR_OBJECT_CHANGED if others make a manifest here, or have
 *         made one, which then finds its names there; FOVEA_ERR_OUTPUT_REFUSED if
 *         something else is in the way; as the calls of objects.h.
 */
FOVEA_NODISCARD enum fovea_status fovea_manifest_put_names(
        struct fovea_objects *objects, uint64_t number,
        const struct fovea_text *names, bool is_told,
        char sha256_out[FOVEA_SHA256_SIZE], struct fovea_error *err);

/** Where there is no manifest there may be no results either: they are somebody
 *  else's. FOVEA_OK; FOVEA_ERR_OUTPUT_REFUSED; as fovea_objects_list(). */
FOVEA_NODISCARD enum fovea_status fovea_manifest_check_empty(
        struct fovea_objects *objects, struct fovea_error *err);

#endif

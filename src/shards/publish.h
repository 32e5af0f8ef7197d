/* The three files of a shard put where they belong, and then its marker. */
#ifndef FOVEA_SHARDS_PUBLISH_H
#define FOVEA_SHARDS_PUBLISH_H

#include <stdbool.h>

#include "shards/output.h"

/**
 * Publish a sealed output.
 *
 * A file that is there with the same bytes is left; one with others is replaced only
 * while no marker tells of it. The marker is put when all three files are those of
 * this output; it replaces one that is not of the files that are there.
 *
 * @param done          Its counts are set; the rest is filled in here. Where somebody
 *                      was first it is theirs.
 * @param is_theirs_out  Somebody else has done the shard, and it stays theirs.
 * @return FOVEA_OK; FOVEA_ERR_OBJECT_CHANGED if somebody else does it at the same
 *         time and neither has come to an end: later one of them has; as the calls of
 *         objects.h.
 */
FOVEA_NODISCARD enum fovea_status fovea_shard_publish(
        struct fovea_shard_output *output,
        const struct fovea_manifest *manifest, struct fovea_shard_done *done,
        bool *is_theirs_out, struct fovea_error *err);

#endif

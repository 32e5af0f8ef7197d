/*
 * The message of a shard, as the broker keeps it:
 *
 *     {"job","shard","first","count","manifest","output","model","digest","dtype",
 *      "profile"}
 *
 * count is null of an archive that nobody has counted, manifest the digest of
 * manifest.json, digest that of the weights. A node works by its own manifest at its own
 * output, and takes of a message nothing but the number of a shard: all else must agree
 * with the manifest. output says where the job was made, for people; the node's own may
 * be another path to the same place.
 */
#ifndef FOVEA_JOBS_MESSAGE_H
#define FOVEA_JOBS_MESSAGE_H

#include "shards/manifest.h"

/** Write the message of a shard that the manifest has. */
void fovea_job_message_write(const char *job,
        const struct fovea_manifest *manifest, uint64_t shard,
        const char *output, struct fovea_text *text);

/**
 * Whether a message is of this job, and of this shard of its manifest.
 *
 * @param text   size bytes, as they came.
 * @param shard  By the message's subject; any number.
 * @return FOVEA_OK; FOVEA_ERR_JOB_MESSAGE, with what does not agree.
 */
FOVEA_NODISCARD enum fovea_status fovea_job_message_check(const char *text,
        size_t size, const char *job, const struct fovea_manifest *manifest,
        uint64_t shard, struct fovea_error *err);

#endif

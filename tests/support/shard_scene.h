/*
 * A sharded run over a stream that pretends (fake_stream.h): inputs are names in the
 * working directory, a row is the number in a name.
 *
 * What a name begins with says what comes of it: "bad" a damaged image, "other" no
 * image, "later" a failure that passes at the second try, "never" one that does not,
 * "memory" no memory for a worker, "store" a store that cannot be reached.
 */
#ifndef TESTS_SUPPORT_SHARD_SCENE_H
#define TESTS_SUPPORT_SHARD_SCENE_H

#include <stdbool.h>

#include "shards/manifest_make.h"
#include "shards/shard_run.h"

enum {
    SCENE_SHARD_SIZE = 4
};

/** Inputs, as they were frozen by scene_begin(). */
struct shard_scene {
    struct fovea_objects *objects;
    struct fovea_frozen frozen;
    struct fovea_manifest manifest;
};

/** Open a place and make its manifest of n words. */
void shard_scene_begin(struct shard_scene *scene, const char *place,
        const char *const *words, size_t n);

void shard_scene_end(struct shard_scene *scene);

/** What a manifest of these words is made with. */
enum fovea_status shard_scene_make(struct fovea_objects *objects,
        const struct fovea_frozen *frozen, const char *const *words, size_t n,
        bool *was_made_out, struct fovea_manifest *manifest_out,
        struct fovea_error *err);

/** Pretend anew: nothing was tried yet. shard_scene_begin() does it. */
void shard_scene_pretend(void);

/** A model of dimension 1 that is nobody's. */
struct fovea_frozen shard_scene_frozen(void);

/** How a shard of the scene is done; stop_fd is -1. */
struct fovea_shard_run shard_scene_run(struct shard_scene *scene,
        uint64_t number);

#endif

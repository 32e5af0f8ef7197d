/*
 * The manifest of a sharded run: what its shards are, before the first one is worked
 * on. It never changes. manifest.json has what is frozen and a line a shard;
 * manifest/names_N.jsonl has the inputs of shard N.
 *
 * What is read here is not believed: a manifest that is not as fovea writes it is
 * FOVEA_ERR_SHARDS_DIFFER with what is wrong, and a file of names has the digest that
 * the manifest gives it.
 */
#ifndef FOVEA_SHARDS_MANIFEST_H
#define FOVEA_SHARDS_MANIFEST_H

#include <stdbool.h>
#include <stdint.h>

#include "fovea/status.h"

#include "objects/objects.h"
#include "shards/frozen.h"

enum {
    FOVEA_MANIFEST_FORMAT = 1,
    FOVEA_MAX_SHARDS = 10000000,
};

/** The number of inputs of a shard that is an archive which nobody has counted. */
#define FOVEA_SHARD_UNCOUNTED UINT64_MAX

struct fovea_manifest_shard {
    uint64_t first; /* inputs of the shards before it that are counted */
    uint64_t count; /* of its own; FOVEA_SHARD_UNCOUNTED */
    bool is_archive; /* or a part of one: members that filters leave out, and those
                        behind a place where it is damaged, are no inputs */
    char names[FOVEA_SHA256_SIZE]; /* digest of its file of names */
};

struct fovea_manifest {
    struct fovea_frozen frozen;
    struct fovea_manifest_shard *shards; /* [n_shards]; owned */
    uint64_t n_shards;
    uint64_t n_items;               /* of shards that are counted */
    uint64_t n_uncounted;           /* shards that are not */
    char sha256[FOVEA_SHA256_SIZE]; /* of manifest.json */
};

/**
 * Read the manifest of a place.
 *
 * @param manifest_out  To be finished after success.
 * @return FOVEA_OK; FOVEA_ERR_FILE_NOT_FOUND if there is none;
 *         FOVEA_ERR_SHARDS_DIFFER if it is damaged or of a newer format; as
 *         fovea_objects_get().
 * Threads: any, with objects of its own; a manifest that was read is not changed.
 */
FOVEA_NODISCARD enum fovea_status fovea_manifest_read(
        struct fovea_objects *objects, struct fovea_manifest *manifest_out,
        struct fovea_error *err);

/** Parse the bytes of a manifest.json. place: in messages. As
 *  fovea_manifest_read(). */
FOVEA_NODISCARD enum fovea_status fovea_manifest_parse(const char *bytes,
        size_t size, const char *place, struct fovea_manifest *manifest_out,
        struct fovea_error *err);

/** Write what fovea_manifest_parse() reads. */
void fovea_manifest_write(const struct fovea_manifest *manifest,
        struct fovea_text *text);

/** Free what it holds; fine on an all-zero one. */
void fovea_manifest_finish(struct fovea_manifest *manifest);

#endif

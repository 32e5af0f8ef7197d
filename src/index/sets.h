/*
 * Sets of vectors: one for each model, with the arithmetic, the pixels and the
 * dimension that it was begun with. Vectors lie in segments (store/segment.h); the
 * rows of a set are numbered through its segments, tombstones included. Compacting
 * numbers them anew.
 */
#ifndef FOVEA_INDEX_SETS_H
#define FOVEA_INDEX_SETS_H

#include "fovea/model.h"

#include "index/folder.h"
#include "index/set.h"

/**
 * All sets in the order in which they were begun, with their segments open.
 *
 * @param sets_out  Borrowed: until the snapshot ends, or, outside of one, the next
 *                  call of any function of this folder.
 * @return FOVEA_OK; FOVEA_ERR_INDEX_DAMAGED if a segment is missing, is shorter than
 *         its committed rows or is another one; FOVEA_ERR_IO, FOVEA_ERR_NO_MEMORY.
 */
FOVEA_NODISCARD enum fovea_status fovea_index_sets(
        struct fovea_index_folder *folder,
        const struct fovea_index_set **sets_out, size_t *n_out,
        struct fovea_error *err);

/** The set of a model's key. Borrowed as above. FOVEA_ERR_INDEX_MODEL, with the
 *  models that there are in the message. */
FOVEA_NODISCARD enum fovea_status fovea_index_set_find(
        struct fovea_index_folder *folder, const char *model,
        const struct fovea_index_set **set_out, struct fovea_error *err);

/**
 * The key of a new set, but for the digest of the weights, which is empty.
 *
 * @param name  The model's key, by which the set is found again.
 * @return FOVEA_OK; FOVEA_ERR_ARGUMENT for a name that is too long.
 */
FOVEA_NODISCARD enum fovea_status fovea_index_set_key_init(
        struct fovea_index_set_key *key, const struct fovea_model_info *info,
        const char *name, enum fovea_pixels pixels, enum fovea_store store,
        struct fovea_error *err);

/** Begin a set. FOVEA_ERR_ARGUMENT if the model has one, or the key is not
 *  valid. */
FOVEA_NODISCARD enum fovea_status fovea_index_set_add(
        struct fovea_index_folder *folder,
        const struct fovea_index_set_key *key, int64_t *id_out,
        struct fovea_error *err);

/** Remove a set with all its vectors. */
FOVEA_NODISCARD enum fovea_status fovea_index_set_remove(
        struct fovea_index_folder *folder, int64_t id, struct fovea_error *err);

#endif

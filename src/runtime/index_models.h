/* The models of an index's sets, opened when they are first needed. */
#ifndef FOVEA_RUNTIME_INDEX_MODELS_H
#define FOVEA_RUNTIME_INDEX_MODELS_H

#include "runtime/index_handle.h"
#include "runtime/model.h"

/**
 * The model of a set, which computes as that was begun.
 *
 * @param model_out  The index's; until it is closed.
 * @return FOVEA_OK; FOVEA_ERR_ARGUMENT without a library; FOVEA_ERR_INDEX_MODEL if
 *         it has other weights than the set's, or cannot compute so;
 *         as fovea_model_open().
 */
FOVEA_NODISCARD enum fovea_status fovea_index_model(struct fovea_index *index,
        const struct fovea_index_set_key *key, struct fovea_model **model_out,
        struct fovea_error *err);

/** Begin a set of a model, unless there is one. Under the lock. */
FOVEA_NODISCARD enum fovea_status fovea_index_begin_set(
        struct fovea_index *index, const char *key, enum fovea_store store,
        struct fovea_error *err);

void fovea_index_models_finish(struct fovea_index *index);

#endif

/*
 * The models of an index's sets: which sets there are to be, and the models
 * themselves once something is to be embedded. A library is opened for each
 * arithmetic and kind of pixels that the sets have, which is one as a rule.
 */
#ifndef FOVEA_INDEXING_MODELS_H
#define FOVEA_INDEXING_MODELS_H

#include <stdbool.h>
#include <stddef.h>

#include "fovea/fovea.h"

#include "index/sets.h"

enum {
    FOVEA_SETS_MAX = 16 /* of an index */
};

struct fovea_set_model {
    int64_t set;
    struct fovea_index_set_key key;
    struct fovea_model *model;   /* NULL until it is needed */
    struct fovea_stream *stream; /* the same */
};

/** What is asked for; borrowed as long as the models. */
struct fovea_models_settings {
    const struct fovea_options *options; /* of libraries */
    const char *const *keys;             /* of models that sets are added for */
    size_t n_keys;
    bool has_dtype;         /* options.dtype was asked for, */
    bool has_pixels;        /* and options.pixels */
    bool has_store;         /* and this: */
    enum fovea_store store; /* of vectors of new sets */
};

struct fovea_models {
    const struct fovea_models_settings *settings;
    struct fovea_set_model all[FOVEA_SETS_MAX];
    size_t n;
    struct fovea *libraries[FOVEA_SETS_MAX];
    size_t n_libraries;
};

/**
 * Find the sets of an index, and add those that are asked for and not there, the
 * one for near-duplicates always. No worker is started but one that measures
 * what FOVEA_DTYPE_AUTO means.
 *
 * @return FOVEA_OK; FOVEA_ERR_ARGUMENT if an arithmetic, pixels or a store is asked
 *         for that a set of one of the models asked for was not begun with; as
 *         fovea_open(), fovea_model_open(), fovea_model_weights_digest(),
 *         fovea_index_sets() and fovea_index_set_add().
 */
FOVEA_NODISCARD enum fovea_status fovea_models_begin(
        struct fovea_models *models,
        const struct fovea_models_settings *settings,
        struct fovea_index_folder *folder, struct fovea_error *err);

/**
 * Open all models and their streams, if they are not open.
 *
 * @return FOVEA_OK; FOVEA_ERR_INDEX_MODEL if a model's weights are not those that a
 *         set was begun with; else as above and fovea_stream_open().
 */
FOVEA_NODISCARD enum fovea_status fovea_models_open(struct fovea_models *models,
        struct fovea_error *err);

/** End the streams, what is under way in them too. The models stay. */
void fovea_models_stop(struct fovea_models *models);

/** Fine on an all-zero one. */
void fovea_models_finish(struct fovea_models *models);

#endif

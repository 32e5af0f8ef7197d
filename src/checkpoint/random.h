/*
 * Checkpoints of random weights, for the bench and for a first try without a
 * download. What they make of an image is deterministic, and means nothing.
 */
#ifndef FOVEA_CHECKPOINT_RANDOM_H
#define FOVEA_CHECKPOINT_RANDOM_H

#include <stdint.h>

#include "checkpoint/checkpoint.h"
#include "checkpoint/config.h"

/**
 * A checkpoint that stands in no file: a tensor's values are made when it is
 * read, from the seed and its name alone, so that they are the same in any
 * order and on any number of threads.
 *
 * Values are roughly normal and scaled so that activations neither die nor
 * grow through the layers.
 *
 * @param config  Checked (fovea_tower_parse()).
 * @return FOVEA_OK; FOVEA_ERR_NO_MEMORY.
 */
FOVEA_NODISCARD enum fovea_status fovea_checkpoint_create_random(
        const struct fovea_tower *tower, uint64_t seed,
        struct fovea_checkpoint **checkpoint_out, struct fovea_error *err);

/* The towers of a model; NULL: it has none such. */
struct fovea_model_towers {
    const struct fovea_tower *image;
    const struct fovea_tower *text;
};

/** The same of a whole model. With both towers, which are of one family and make
 *  embeddings of one width, it has the scalars that stand beside them: logit_scale,
 *  and logit_bias where the family has one. */
FOVEA_NODISCARD enum fovea_status fovea_checkpoint_create_random_model(
        const struct fovea_model_towers *towers, uint64_t seed,
        struct fovea_checkpoint **checkpoint_out, struct fovea_error *err);

/**
 * Write a tower of any checkpoint to a directory in Hugging Face
 * layout: config.json, preprocessor_config.json (what its family wants) and
 * model.safetensors (F32). The directory is made if it is missing; its parent
 * must exist. All three files appear, or none.
 *
 * @return FOVEA_OK; FOVEA_ERR_MODEL_WEIGHTS if a tensor is missing or cannot
 *         be read; a file status; FOVEA_ERR_IO; FOVEA_ERR_NO_MEMORY.
 */
FOVEA_NODISCARD enum fovea_status fovea_checkpoint_save(
        const struct fovea_checkpoint *checkpoint,
        const struct fovea_tower *tower, const char *directory,
        struct fovea_error *err);

/** The same of a whole model, and of its scalars those that the checkpoint has.
 *
 *  @return also FOVEA_ERR_MODEL_UNSUPPORTED if the family writes no config of both
 *          towers. */
FOVEA_NODISCARD enum fovea_status fovea_checkpoint_save_model(
        const struct fovea_checkpoint *checkpoint,
        const struct fovea_model_towers *towers, const char *directory,
        struct fovea_error *err);

#endif

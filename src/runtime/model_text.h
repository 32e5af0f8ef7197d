/* What a model's files say of texts: its tower for them, if it has one. */
#ifndef FOVEA_RUNTIME_MODEL_TEXT_H
#define FOVEA_RUNTIME_MODEL_TEXT_H

#include "checkpoint/checkpoint.h"
#include "spec/family.h"
#include "spec/tower.h"

struct fovea_model_text {
    struct fovea_error refusal; /* code FOVEA_OK: there is one; else why texts
                                   are refused: FOVEA_ERR_TEXT_UNSUPPORTED */
    struct fovea_tower tower;
    struct fovea_logits logits;
    bool has_logits;      /* of the checkpoint, not the family's */
    uint64_t files_bytes; /* of the tokenizer */
};

/**
 * Read it. That there is none, or none that can be run, is no failure: the model
 * is one of images then, and says why.
 *
 * @param image  The model's tower for images.
 * @return FOVEA_OK; FOVEA_ERR_MODEL_UNSUPPORTED if the vectors of both towers
 *         have not one dimension; FOVEA_ERR_IO; FOVEA_ERR_NO_MEMORY.
 */
FOVEA_NODISCARD enum fovea_status fovea_model_text_read(const char *directory,
        const struct fovea_checkpoint *checkpoint,
        const struct fovea_tower *image, struct fovea_model_text *text_out,
        struct fovea_error *err);

#endif

/* In what a model's tower computes: what was asked for, or what AUTO means. */
#ifndef FOVEA_RUNTIME_MODEL_DTYPE_H
#define FOVEA_RUNTIME_MODEL_DTYPE_H

#include "runtime/library.h"
#include "spec/tower.h"

/** The first model of its shape on a machine takes a worker that measures, and
 *  waits for it. Threads: safe. */
void fovea_model_dtype(struct fovea *library, enum fovea_dtype asked,
        const struct fovea_tower *tower, struct fovea_auto_answer *answer_out);

#endif

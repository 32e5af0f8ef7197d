/* The layout that a primitive of oneDNN likes best for its weights. */
#ifndef FOVEA_ENGINE_CPU_ONEDNN_LAYOUT_H
#define FOVEA_ENGINE_CPU_ONEDNN_LAYOUT_H

#include "engine/cpu/form.h"
#include "engine/cpu/onednn.h"

struct fovea_onednn_layout {
    dnnl_engine_t engine; /* owned */
    dnnl_memory_desc_t weights;
};

/**
 * Ask for it.
 *
 * @param operands  Of the typical number of rows, with weights of any format.
 * @param packing   Gets its implementation, size and fingerprint.
 * @param layout    All 0; on failure it is to be finished all the same.
 */
dnnl_status_t fovea_onednn_layout_choose(
        const struct fovea_onednn_operands *operands,
        fovea_onednn_describe *describe, struct fovea_packing *packing,
        struct fovea_onednn_layout *layout);

void fovea_onednn_layout_finish(struct fovea_onednn_layout *layout);

#endif

/* Linear layers as products of two matrices. */
#include "engine/cpu/onednn_form.h"

static dnnl_status_t
bias(dnnl_memory_desc_t *bias_out, size_t n)
{
    return fovea_onednn_matrix(bias_out, 1, n, FOVEA_ELEMENT_F32, n, 1);
}

static const struct fovea_onednn_form matmul = {
    .is_turned = true,
    .n_sides = 2,
    .rows = fovea_onednn_rows,
    .bias = bias,
    .describe = fovea_onednn_matmul,
};

const struct fovea_form_ops fovea_form_matmul = FOVEA_ONEDNN_FORM_OPS(&matmul);

/* Linear layers as inner products, which do not look at the number of rows when
   they cut a sum. */
#include "engine/cpu/onednn_form.h"

static const struct fovea_onednn_form inner_product = {
    .is_turned = false,
    .n_sides = 2,
    .rows = fovea_onednn_rows,
    .bias = fovea_onednn_vector,
    .describe = fovea_onednn_inner_product,
};

const struct fovea_form_ops fovea_form_inner_product =
        FOVEA_ONEDNN_FORM_OPS(&inner_product);

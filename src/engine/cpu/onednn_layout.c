/* See onednn_layout.h. */
#include "engine/cpu/onednn_layout.h"

#include <stdio.h>

#include "base/checksum.h"

dnnl_status_t
fovea_onednn_layout_choose(const struct fovea_onednn_operands *operands,
        fovea_onednn_describe *describe, struct fovea_packing *packing,
        struct fovea_onednn_layout *layout)
{
    dnnl_primitive_attr_t attributes = NULL;
    dnnl_primitive_desc_t description = NULL;
    const char *implementation = "";
    dnnl_status_t status = fovea_onednn_engine(&layout->engine);
    if (!status) {
        status = fovea_onednn_attributes(FOVEA_POST_NONE, &attributes);
    }
    if (!status) {
        status = describe(operands, attributes, layout->engine, &description);
    }
    if (!status) {
        layout->weights = *dnnl_primitive_desc_query_md(description,
                dnnl_query_weights_md, 0);
        packing->size = dnnl_memory_desc_get_size(&layout->weights);
        /* The library clears what it does not use of a description. */
        packing->fingerprint =
                fovea_checksum(&layout->weights, sizeof layout->weights);
        status = dnnl_primitive_desc_query(description,
                dnnl_query_impl_info_str, 0, &implementation);
    }
    (void)snprintf(packing->implementation, sizeof packing->implementation,
            "%s", implementation);
    dnnl_primitive_desc_destroy(description);
    dnnl_primitive_attr_destroy(attributes);
    return status;
}

void
fovea_onednn_layout_finish(struct fovea_onednn_layout *layout)
{
    dnnl_engine_destroy(layout->engine);
}

/* See tensors.h. */
#include "checkpoint/tensors.h"

#include "spec/families.h"

enum fovea_status
fovea_tensors_check(const struct fovea_tower *tower,
        const struct fovea_checkpoint *checkpoint,
        struct fovea_tensors_summary *summary_out, struct fovea_error *err)
{
    struct fovea_tensors_summary summary = { 0 };
    struct fovea_tensor_walk walk = { 0 };
    struct fovea_tensor_spec wanted;
    while (fovea_tensor_next(tower, &walk, &wanted)) {
        const struct fovea_tensor *found = NULL;
        enum fovea_status status = fovea_checkpoint_require(checkpoint,
                wanted.name, wanted.n_dims, wanted.shape, &found, err);
        if (status) {
            return status;
        }
        const char *dtype = fovea_tensor_type_name(found->type);
        /* The same type is the same string. */
        summary.dtype =
                !summary.dtype || summary.dtype == dtype ? dtype : "mixed";
        summary.n_elements += wanted.n_elements;
        if (wanted.n_elements > summary.largest_n_elements) {
            summary.largest_n_elements = wanted.n_elements;
        }
    }
    *summary_out = summary;
    return FOVEA_OK;
}

/* See tensors.h. */
#include "checkpoint/tensors.h"

#include <stdlib.h>

#include "base/error.h"
#include "base/macros.h"
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
        size_t n_stored = fovea_tensor_stored(&wanted);
        if (n_stored > summary.largest_n_elements) {
            summary.largest_n_elements = n_stored;
        }
    }
    *summary_out = summary;
    return FOVEA_OK;
}

/* [n_inputs][n_outputs] to [n_outputs][n_inputs]. */
static void
transpose(const float *from, size_t n_inputs, size_t n_outputs, float *to)
{
    for (size_t i = 0; i < n_outputs; i++) {
        for (size_t k = 0; k < n_inputs; k++) {
            to[i * n_inputs + k] = from[k * n_outputs + i];
        }
    }
}

enum fovea_status
fovea_tensor_load_part(const struct fovea_checkpoint *checkpoint,
        const struct fovea_tensor_spec *wanted, size_t at, size_t n,
        float *values, struct fovea_error *err)
{
    FOVEA_ASSERT(!wanted->is_transposed && at <= wanted->n_elements &&
            n <= wanted->n_elements - at);
    const struct fovea_tensor *tensor = NULL;
    enum fovea_status status = fovea_checkpoint_require(checkpoint,
            wanted->name, wanted->n_dims, wanted->shape, &tensor, err);
    return status
            ? status
            : fovea_checkpoint_read_part(checkpoint, tensor,
                      wanted->share * wanted->n_elements + at, n, values, err);
}

enum fovea_status
fovea_tensor_load(const struct fovea_checkpoint *checkpoint,
        const struct fovea_tensor_spec *wanted, float *values,
        struct fovea_error *err)
{
    const size_t n = wanted->n_elements;
    if (!wanted->is_transposed) {
        return fovea_tensor_load_part(checkpoint, wanted, 0, n, values, err);
    }
    const struct fovea_tensor *tensor = NULL;
    enum fovea_status status = fovea_checkpoint_require(checkpoint,
            wanted->name, wanted->n_dims, wanted->shape, &tensor, err);
    if (status) {
        return status;
    }
    FOVEA_ASSERT(wanted->n_dims == 2 && wanted->n_shares == 1);
    FOVEA_AUTO_FREE float *stored = malloc(n * sizeof *stored);
    if (!stored) {
        return fovea_fail_memory(err, n * sizeof *stored, "a tensor");
    }
    status = fovea_checkpoint_read(checkpoint, tensor, stored, err);
    if (!status) {
        transpose(stored, wanted->shape[0], wanted->shape[1], values);
    }
    return status;
}

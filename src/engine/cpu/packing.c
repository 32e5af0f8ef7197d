/* The door to layouts of weights: see packing.h, and form.h for what is behind. */
#include "engine/cpu/packing.h"

#include "base/error.h"
#include "engine/cpu/form.h"

enum fovea_status
fovea_packing_create(const struct fovea_packing_shape *shape,
        enum fovea_form form, struct fovea_packing **packing_out,
        struct fovea_error *err)
{
    struct fovea_packing *packing = calloc(1, sizeof *packing);
    if (!packing) {
        return fovea_fail_memory(err, sizeof *packing, "a weights layout");
    }
    packing->ops = fovea_form_ops(form);
    packing->k = shape->k;
    packing->n = shape->n;
    packing->element = shape->element;
    enum fovea_status status = packing->ops->lay_out(packing, shape->rows, err);
    if (status) {
        fovea_packing_destroy(packing);
        return status;
    }
    *packing_out = packing;
    return FOVEA_OK;
}

void
fovea_packing_destroy(struct fovea_packing *packing)
{
    if (packing) {
        packing->ops->drop_layout(packing->own);
        free(packing);
    }
}

const char *
fovea_packing_implementation(const struct fovea_packing *packing)
{
    return packing->implementation;
}

bool
fovea_packing_keeps_bits(const struct fovea_packing *packing)
{
    return packing->ops->keeps_bits;
}

bool
fovea_packing_takes_blocked(const struct fovea_packing *packing)
{
    return packing->ops->takes_blocked;
}

size_t
fovea_packing_k(const struct fovea_packing *packing)
{
    return packing->k;
}

size_t
fovea_packing_n(const struct fovea_packing *packing)
{
    return packing->n;
}

enum fovea_element
fovea_packing_element(const struct fovea_packing *packing)
{
    return packing->element;
}

size_t
fovea_packing_size(const struct fovea_packing *packing)
{
    return packing->size;
}

uint64_t
fovea_packing_fingerprint(const struct fovea_packing *packing)
{
    return packing->fingerprint;
}

enum fovea_status
fovea_packing_pack(const struct fovea_packing *packing, const float *weights,
        size_t row_stride, void *packed, struct fovea_error *err)
{
    return packing->ops->pack(packing, weights, row_stride, packed, err);
}

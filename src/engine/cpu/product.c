/* The door to linear layers: see product.h, and form.h for what is behind. */
#include "engine/cpu/product.h"

#include "base/error.h"
#include "engine/cpu/form.h"

enum fovea_status
fovea_product_create_linear(const struct fovea_packing *packing,
        const struct fovea_linear_shape *shape,
        struct fovea_product **product_out, struct fovea_error *err)
{
    struct fovea_product *product = calloc(1, sizeof *product);
    if (!product) {
        return fovea_fail_memory(err, sizeof *product, "a matrix product");
    }
    product->ops = packing->ops;
    product->k = packing->k;
    product->n = packing->n;
    product->element = packing->element;
    product->dst_element = shape->dst_element;
    enum fovea_status status =
            product->ops->prepare(packing, shape, product, err);
    if (status) {
        fovea_product_destroy(product);
        return status;
    }
    *product_out = product;
    return FOVEA_OK;
}

void
fovea_product_destroy(struct fovea_product *product)
{
    if (product) {
        product->ops->drop(product->own);
        free(product);
    }
}

size_t
fovea_product_scratch_size(const struct fovea_product *product)
{
    return product->scratch_size;
}

bool
fovea_product_is_reference(const struct fovea_product *product)
{
    return product->is_reference;
}

enum fovea_status
fovea_product_run(struct fovea_product *product,
        const struct fovea_operands *operands, struct fovea_error *err)
{
    FOVEA_ASSERT(operands->src->element == product->element &&
            operands->dst->element == product->dst_element);
    return product->ops->run(product, operands, err);
}

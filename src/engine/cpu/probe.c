/* See probe.h. */
#include "engine/cpu/probe.h"

#include <string.h>

#include "base/error.h"
#include "base/size.h"
#include "engine/cpu/linear.h"

enum {
    /* Weights and biases begin a little off, so that no row of a source is a
       row of the weights too. */
    OFFSET = 17,
    /* Two sums that differ in their last bits are mostly rounded to the same
       bfloat16: of such outputs this many are looked at, at least. */
    LEAST_NARROW_OUTPUTS = 1 << 17,
};

enum fovea_status
fovea_probe_init(struct fovea_probe *probe, size_t n_values,
        struct fovea_error *err)
{
    *probe = (struct fovea_probe){
        .values = malloc(n_values * sizeof(float)),
        .narrow = malloc(n_values * sizeof(uint16_t)),
        .n_values = n_values,
    };
    if (!probe->values || !probe->narrow) {
        return fovea_fail_memory(err,
                n_values * (sizeof(float) + sizeof(uint16_t)),
                "looking at matrix products");
    }
    uint64_t state = 1;
    for (size_t i = 0; i < n_values; i++) {
        /* Knuth's MMIX generator; its high bits are the good ones. */
        state = state * UINT64_C(6364136223846793005) +
                UINT64_C(1442695040888963407);
        float value = (float)(int32_t)(state >> 32) * 0x1p-31F;
        uint32_t bits;
        memcpy(&bits, &value, sizeof bits);
        probe->values[i] = value;
        probe->narrow[i] = (uint16_t)(bits >> 16);
    }
    return FOVEA_OK;
}

void
fovea_probe_finish(struct fovea_probe *probe)
{
    free(probe->values);
    free(probe->narrow);
}

static size_t
outputs_of(const struct fovea_linear_shape *image, size_t n, size_t most_images)
{
    return image->rows * n * most_images;
}

/* How often a product is looked at, each time with other sources. */
static size_t
rounds_of(const struct fovea_linear_shape *image, size_t n, size_t most_images)
{
    size_t n_outputs = outputs_of(image, n, most_images);
    bool is_narrow = image->dst_element == FOVEA_ELEMENT_BF16;
    return is_narrow ? 1 + LEAST_NARROW_OUTPUTS / n_outputs : 1;
}

size_t
fovea_probe_values(size_t k, size_t n, const struct fovea_linear_shape *image,
        size_t most_images)
{
    /* One image more: the last ones are moved by a row. */
    size_t sources = (rounds_of(image, n, most_images) * most_images + 1) *
            image->rows * k;
    size_t outputs = outputs_of(image, n, most_images);
    size_t most = sources > outputs ? sources : outputs;
    return OFFSET + (most > k * n ? most : k * n);
}

/* What is being looked at. */
struct sight {
    const struct fovea_probe *probe;
    const struct fovea_packing *packing;
    const struct fovea_linear_shape *image;
    size_t most_images;
    void *weights; /* packed */
    uint8_t *alone;
    uint8_t *together;
    size_t source_bytes; /* of an image */
    size_t output_bytes;
};

static void
sight_finish(struct sight *sight)
{
    free(sight->weights);
    free(sight->alone);
    free(sight->together);
}

static void *
aligned(size_t size)
{
    return aligned_alloc(FOVEA_OPERAND_ALIGNMENT,
            fovea_round_up(size, FOVEA_OPERAND_ALIGNMENT));
}

static enum fovea_status
sight_init(struct sight *sight, struct fovea_error *err)
{
    const struct fovea_packing *packing = sight->packing;
    const size_t rows = sight->image->rows;
    sight->source_bytes = rows * fovea_packing_k(packing) *
            fovea_element_size(fovea_packing_element(packing));
    sight->output_bytes = rows * fovea_packing_n(packing) *
            fovea_element_size(sight->image->dst_element);
    size_t outputs = sight->most_images * sight->output_bytes;
    size_t weights = fovea_packing_size(packing);
    sight->weights = aligned(weights);
    sight->alone = aligned(outputs);
    sight->together = aligned(outputs);
    if (!sight->weights || !sight->alone || !sight->together) {
        return fovea_fail_memory(err, 2 * outputs + weights,
                "looking at matrix products");
    }
    return fovea_packing_pack(packing, sight->probe->values + OFFSET,
            fovea_packing_k(packing), sight->weights, err);
}

static void *
source_of(const struct sight *sight, size_t image)
{
    const struct fovea_probe *probe = sight->probe;
    void *sources = fovea_packing_element(sight->packing) == FOVEA_ELEMENT_BF16
            ? (void *)probe->narrow
            : (void *)probe->values;
    return (uint8_t *)sources + image * sight->source_bytes;
}

/* A product of the images from `first` on, and so many rows further. */
static enum fovea_status
run_product(const struct sight *sight, struct fovea_product *product,
        size_t first, size_t shift, uint8_t *outputs, struct fovea_error *err)
{
    size_t scratch_size = fovea_product_scratch_size(product);
    FOVEA_AUTO_FREE void *scratch = aligned(scratch_size + 1);
    if (!scratch) {
        return fovea_fail_memory(err, scratch_size,
                "looking at matrix products");
    }
    const struct fovea_packing *packing = sight->packing;
    const struct fovea_rows sources = fovea_rows_dense(source_of(sight, first),
            fovea_packing_k(packing), fovea_packing_element(packing));
    const struct fovea_rows src = fovea_rows_from(&sources, shift);
    const struct fovea_rows dst = fovea_rows_dense(outputs,
            fovea_packing_n(packing), sight->image->dst_element);
    const struct fovea_operands operands = {
        .src = &src,
        .weights = sight->weights,
        .bias = sight->image->has_bias ? sight->probe->values + OFFSET : NULL,
        .dst = &dst,
        .scratch = scratch,
    };
    return fovea_product_run(product, &operands, err);
}

/* What dst holds before: the residual of all images, from a row on. */
static void
begin_outputs(const struct sight *sight, size_t shift, uint8_t *outputs)
{
    const size_t before = shift * sight->output_bytes / sight->image->rows;
    if (sight->image->post == FOVEA_POST_ADD) {
        memcpy(outputs, (const uint8_t *)sight->probe->values + before,
                sight->most_images * sight->output_bytes - before);
    }
}

/* NULL if it cannot be had or would be slow. */
static enum fovea_status
create_product(const struct sight *sight, size_t n,
        struct fovea_product **product_out, struct fovea_error *err)
{
    struct fovea_linear_shape shape = *sight->image;
    shape.rows *= n;
    struct fovea_product *product = NULL;
    enum fovea_status status =
            fovea_product_create_linear(sight->packing, &shape, &product, err);
    if (!status && fovea_product_is_reference(product)) {
        fovea_product_destroy(product);
        product = NULL;
    }
    *product_out = product;
    return status == FOVEA_ERR_INTERNAL ? FOVEA_OK : status;
}

/* Each image of a round alone. */
static enum fovea_status
run_alone(const struct sight *sight, size_t first, bool *keeps,
        struct fovea_error *err)
{
    struct fovea_product *product = NULL;
    enum fovea_status status = create_product(sight, 1, &product, err);
    *keeps = product != NULL;
    begin_outputs(sight, 0, sight->alone);
    for (size_t i = 0; i < sight->most_images && product && !status; i++) {
        status = run_product(sight, product, first + i, 0,
                sight->alone + i * sight->output_bytes, err);
    }
    fovea_product_destroy(product);
    return status;
}

/* The first n of them together; a row of texts may lie at any place, so theirs are
   moved by one as well. */
static enum fovea_status
run_together(const struct sight *sight, size_t first, size_t n, bool *keeps,
        struct fovea_error *err)
{
    struct fovea_product *product = NULL;
    enum fovea_status status = create_product(sight, n, &product, err);
    const size_t most_shift =
            sight->probe->modality == FOVEA_MODALITY_TEXT ? 1 : 0;
    *keeps = product != NULL;
    for (size_t shift = 0; shift <= most_shift && *keeps && !status; shift++) {
        const size_t before = shift * sight->output_bytes / sight->image->rows;
        begin_outputs(sight, shift, sight->together);
        status =
                run_product(sight, product, first, shift, sight->together, err);
        *keeps = memcmp(sight->alone + before, sight->together,
                         n * sight->output_bytes - before) == 0;
    }
    fovea_product_destroy(product);
    return status;
}

static enum fovea_status
run_rounds(const struct sight *sight, bool *keeps_out, struct fovea_error *err)
{
    const size_t most = sight->most_images;
    size_t n_rounds =
            rounds_of(sight->image, fovea_packing_n(sight->packing), most);
    enum fovea_status status = FOVEA_OK;
    bool keeps = true;
    for (size_t round = 0; round < n_rounds && keeps && !status; round++) {
        size_t first = round * most;
        status = run_alone(sight, first, &keeps, err);
        for (size_t n = 2; n <= most && keeps && !status; n++) {
            if (fovea_units_are_prepared(sight->probe->modality, n)) {
                status = run_together(sight, first, n, &keeps, err);
            }
        }
    }
    *keeps_out = keeps && !status;
    return status;
}

enum fovea_status
fovea_probe_run(const struct fovea_probe *probe,
        const struct fovea_packing *packing,
        const struct fovea_linear_shape *image, size_t most_images,
        bool *keeps_out, struct fovea_error *err)
{
    FOVEA_ASSERT(fovea_probe_values(fovea_packing_k(packing),
                         fovea_packing_n(packing), image,
                         most_images) <= probe->n_values);
    struct sight sight = { .probe = probe,
        .packing = packing,
        .image = image,
        .most_images = most_images };
    enum fovea_status status = sight_init(&sight, err);
    if (!status) {
        status = run_rounds(&sight, keeps_out, err);
    }
    sight_finish(&sight);
    return status;
}

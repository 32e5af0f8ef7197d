/*
 * Layouts of weights: what the library likes best in a form, and reordering
 * into it. See packing.h.
 */
#include "engine/cpu/packing.h"

#include <stdio.h>
#include <string.h>

#include "base/checksum.h"
#include "base/error.h"
#include "engine/cpu/onednn.h"

/* The sides of a matrix of weights as a form has them. */
static int
sides_of(enum fovea_form form, size_t k, size_t n, dnnl_dims_t sides_out)
{
    const dnnl_dim_t across = (dnnl_dim_t)k;
    const dnnl_dim_t down = (dnnl_dim_t)n;
    sides_out[0] = form == FOVEA_FORM_MATMUL ? across : down;
    sides_out[1] = form == FOVEA_FORM_MATMUL ? down : across;
    sides_out[2] = 1;
    sides_out[3] = 1;
    return form == FOVEA_FORM_CONVOLUTION ? 4 : 2;
}

/* Of plain weights [n][row_stride], of which k columns count. */
static dnnl_status_t
describe_plain_weights(const struct fovea_packing *packing, size_t row_stride,
        dnnl_memory_desc_t *weights_out)
{
    const dnnl_dim_t stride = (dnnl_dim_t)row_stride;
    const bool is_turned = packing->form == FOVEA_FORM_MATMUL;
    dnnl_dims_t strides = { is_turned ? 1 : stride, is_turned ? stride : 1, 1,
        1 };
    dnnl_dims_t sides;
    int n_sides = sides_of(packing->form, packing->k, packing->n, sides);
    return dnnl_memory_desc_init_by_strides(weights_out, n_sides, sides,
            dnnl_f32, strides);
}

/* The description of a plain product that leaves the layout to the library. */
static dnnl_status_t
describe(const struct fovea_packing *packing, size_t rows,
        dnnl_primitive_desc_t *description_out)
{
    struct fovea_operands operands = { .form = packing->form };
    dnnl_dims_t sides;
    int n_sides = sides_of(packing->form, packing->k, packing->n, sides);
    dnnl_status_t status = fovea_onednn_rows(&operands.src, packing->form, rows,
            packing->k, packing->element);
    if (!status) {
        status = dnnl_memory_desc_init_by_tag(&operands.weights, n_sides, sides,
                fovea_onednn_type(packing->element), dnnl_format_tag_any);
    }
    if (!status) {
        status = fovea_onednn_rows(&operands.dst, packing->form, rows,
                packing->n, FOVEA_ELEMENT_F32);
    }
    return status ? status
                  : fovea_onednn_describe(&operands, FOVEA_POST_NONE,
                            packing->engine, description_out);
}

static dnnl_status_t
choose_layout(struct fovea_packing *packing, size_t rows)
{
    dnnl_primitive_desc_t description = NULL;
    const char *implementation = "";
    dnnl_status_t status = describe(packing, rows, &description);
    if (!status) {
        packing->layout = *dnnl_primitive_desc_query_md(description,
                dnnl_query_weights_md, 0);
        status = dnnl_primitive_desc_query(description,
                dnnl_query_impl_info_str, 0, &implementation);
    }
    (void)snprintf(packing->implementation, sizeof packing->implementation,
            "%s", implementation);
    dnnl_primitive_desc_destroy(description);
    return status;
}

enum fovea_status
fovea_packing_create(const struct fovea_packing_shape *shape,
        enum fovea_form form, struct fovea_packing **packing_out,
        struct fovea_error *err)
{
    struct fovea_packing *packing = calloc(1, sizeof *packing);
    if (!packing) {
        return fovea_fail_memory(err, sizeof *packing, "a weights layout");
    }
    packing->form = form;
    packing->k = shape->k;
    packing->n = shape->n;
    packing->element = shape->element;
    dnnl_status_t status = fovea_onednn_engine(&packing->engine);
    if (!status) {
        status = choose_layout(packing, shape->rows);
    }
    if (status) {
        fovea_packing_destroy(packing);
        return fovea_onednn_check(status, "choose a weights layout", err);
    }
    *packing_out = packing;
    return FOVEA_OK;
}

const char *
fovea_packing_implementation(const struct fovea_packing *packing)
{
    return packing->implementation;
}

void
fovea_packing_destroy(struct fovea_packing *packing)
{
    if (packing) {
        dnnl_engine_destroy(packing->engine);
        free(packing);
    }
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
    return dnnl_memory_desc_get_size(&packing->layout);
}

uint64_t
fovea_packing_fingerprint(const struct fovea_packing *packing)
{
    /* The library clears what it does not use of a description. */
    return fovea_checksum(&packing->layout, sizeof packing->layout);
}

static dnnl_status_t
reorder(dnnl_engine_t engine, const dnnl_memory_desc_t *from_layout,
        dnnl_memory_t from, const dnnl_memory_desc_t *to_layout,
        dnnl_memory_t to)
{
    dnnl_primitive_desc_t description = NULL;
    dnnl_primitive_t primitive = NULL;
    dnnl_stream_t stream = NULL;
    dnnl_status_t status = dnnl_reorder_primitive_desc_create(&description,
            from_layout, engine, to_layout, engine, NULL);
    if (!status) {
        status = dnnl_primitive_create(&primitive, description);
    }
    if (!status) {
        status = dnnl_stream_create(&stream, engine, dnnl_stream_default_flags);
    }
    if (!status) {
        dnnl_exec_arg_t arguments[] = {
            { DNNL_ARG_FROM, from },
            { DNNL_ARG_TO, to },
        };
        status = dnnl_primitive_execute(primitive, stream, 2, arguments);
    }
    dnnl_stream_destroy(stream);
    dnnl_primitive_destroy(primitive);
    dnnl_primitive_desc_destroy(description);
    return status;
}

enum fovea_status
fovea_packing_pack(const struct fovea_packing *packing, const float *weights,
        size_t row_stride, void *packed, struct fovea_error *err)
{
    dnnl_engine_t engine = packing->engine;
    dnnl_memory_desc_t plain;
    dnnl_memory_t from = NULL;
    dnnl_memory_t to = NULL;
    dnnl_status_t status = describe_plain_weights(packing, row_stride, &plain);
    if (!status) {
        status = dnnl_memory_create(&from, &plain, engine,
                fovea_onednn_writable(weights));
    }
    if (!status) {
        status = dnnl_memory_create(&to, &packing->layout, engine, packed);
    }
    if (!status) {
        status = reorder(engine, &plain, from, &packing->layout, to);
    }
    dnnl_memory_destroy(from);
    dnnl_memory_destroy(to);
    return fovea_onednn_check(status, "pack weights", err);
}

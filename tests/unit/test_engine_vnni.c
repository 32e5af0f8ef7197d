/*
 * Linear layers of 8-bit operands against int32 sums in plain C: the sums are exact and
 * the epilogue is one function, so that results are the same to the bit, whatever the
 * number of rows and however they are cut into blocks.
 */
#include <math.h>

#include "base/macros.h"
#include "engine/cpu/bf16.h"
#include "engine/cpu/int8_kernels.h"
#include "engine/cpu/int8_weights.h"
#include "engine/cpu/machine.h"
#include "engine/cpu/product.h"
#include "support/test.h"

/* Sources and weights of a product, and what it comes to in plain C. */
struct scene {
    size_t rows;
    size_t k;
    size_t n;
    uint8_t *sources;
    float *scales;
    float *weights;
    float *bias;
    float *residual; /* what dst holds before */
    float *wanted;
};

static float
noise_next(uint32_t *noise)
{
    *noise = *noise * 1664525U + 1013904223U;
    return (float)(*noise >> 8) * 0x1p-22F - 2.0F;
}

static float *
draw(size_t n, uint32_t *noise)
{
    float *values = calloc(n, sizeof *values);
    assert_non_null(values);
    for (size_t i = 0; i < n; i++) {
        values[i] = noise_next(noise);
    }
    return values;
}

static void *
aligned(size_t size)
{
    const size_t whole = (size + FOVEA_OPERAND_ALIGNMENT) /
            FOVEA_OPERAND_ALIGNMENT * FOVEA_OPERAND_ALIGNMENT;
    void *memory = aligned_alloc(FOVEA_OPERAND_ALIGNMENT, whole);
    assert_non_null(memory);
    memset(memory, 0, whole);
    return memory;
}

/* Every byte there is, or the largest of both sides, at which instructions that
   saturate do. */
static void
scene_init(struct scene *scene, bool is_extreme, uint32_t *noise)
{
    const size_t n_sources = scene->rows * scene->k;
    scene->sources = aligned(n_sources);
    scene->scales = draw(scene->rows, noise);
    scene->weights = draw(scene->n * scene->k, noise);
    scene->bias = draw(scene->n, noise);
    scene->residual = draw(scene->rows * scene->n, noise);
    scene->wanted = calloc(scene->rows * scene->n, sizeof(float));
    assert_non_null(scene->wanted);
    for (size_t i = 0; i < n_sources; i++) {
        *noise = *noise * 1664525U + 1013904223U;
        scene->sources[i] =
                (uint8_t)(is_extreme ? 255 - i % 2 : 1 + *noise % 255);
    }
    for (size_t i = 0; i < scene->rows; i++) {
        scene->scales[i] = fabsf(scene->scales[i]) * 0.01F + 1e-4F;
    }
    for (size_t i = 0; is_extreme && i < scene->n * scene->k; i++) {
        scene->weights[i] = i % 3 ? 0.5F : -0.5F;
        scene->weights[i] = i / scene->k % 2 ? 0.5F : scene->weights[i];
    }
}

static void
scene_finish(struct scene *scene)
{
    free(scene->sources);
    free(scene->scales);
    free(scene->weights);
    free(scene->bias);
    free(scene->residual);
    free(scene->wanted);
}

/* wanted = what stands in residual, with the product done to it. */
static void
compute(const struct scene *scene, enum fovea_post post)
{
    struct fovea_int8_matrix matrix = { malloc(scene->n * scene->k),
        calloc(scene->n, sizeof(float)), calloc(scene->n, sizeof(int32_t)),
        scene->n, scene->k };
    int32_t *sums = calloc(scene->n, sizeof *sums);
    assert_true(matrix.weights && matrix.scales && matrix.offsets && sums);
    fovea_int8_convert(scene->weights, scene->k, &matrix);
    const struct fovea_int8_columns columns = { matrix.scales, matrix.offsets,
        scene->bias };
    memcpy(scene->wanted, scene->residual,
            scene->rows * scene->n * sizeof(float));
    for (size_t i = 0; i < scene->rows; i++) {
        const uint8_t *source = scene->sources + i * scene->k;
        for (size_t j = 0; j < scene->n; j++) {
            const int8_t *weight = matrix.weights + j * scene->k;
            sums[j] = 0;
            for (size_t k = 0; k < scene->k; k++) {
                sums[j] += (int32_t)source[k] * (int32_t)weight[k];
            }
        }
        fovea_int8_epilogue(sums, scene->n, scene->scales[i], &columns, post,
                scene->wanted + i * scene->n);
    }
    free(matrix.weights);
    free(matrix.scales);
    free(matrix.offsets);
    free(sums);
}

static void
check_rows(const struct scene *scene, const struct fovea_rows *dst)
{
    uint8_t *line = aligned(scene->n);
    for (size_t i = 0; i < scene->rows; i++) {
        const float *wanted = scene->wanted + i * scene->n;
        const void *got = fovea_rows_line(dst, i, 0);
        if (dst->element == FOVEA_ELEMENT_F32) {
            assert_memory_equal(got, wanted, scene->n * sizeof *wanted);
        } else if (dst->element == FOVEA_ELEMENT_U8) {
            const float scale = fovea_int8_quantise(wanted, FOVEA_ELEMENT_F32,
                    scene->n, line);
            assert_true(scale == dst->scales[i]);
            assert_memory_equal(got, line, scene->n);
        }
        for (size_t j = 0; dst->element == FOVEA_ELEMENT_BF16 && j < scene->n;
                j++) {
            assert_int_equal(((const uint16_t *)got)[j],
                    fovea_to_bf16(wanted[j]));
        }
    }
    free(line);
}

static void
run(const struct scene *scene, const struct fovea_packing *packing,
        const void *packed, enum fovea_post post, enum fovea_element element)
{
    const struct fovea_linear_shape shape = { scene->rows, element, post,
        true };
    struct fovea_error error;
    struct fovea_product *product = NULL;
    assert_ok(fovea_product_create_linear(packing, &shape, &product, &error),
            &error);
    assert_false(fovea_product_is_reference(product));
    struct fovea_rows src =
            fovea_rows_dense(scene->sources, scene->k, FOVEA_ELEMENT_U8);
    src.scales = scene->scales;
    float *out = aligned(scene->rows * scene->n * sizeof *out);
    memcpy(out, scene->residual, scene->rows * scene->n * sizeof *out);
    struct fovea_rows dst = fovea_rows_dense(out, scene->n, element);
    dst.scales = draw(scene->rows, &(uint32_t){ 1 });
    void *scratch = aligned(fovea_product_scratch_size(product));
    const struct fovea_operands operands = { &src, packed, scene->bias, &dst,
        scratch };
    assert_ok(fovea_product_run(product, &operands, &error), &error);
    compute(scene, post);
    check_rows(scene, &dst);
    free(dst.scales);
    free(scratch);
    free(out);
    fovea_product_destroy(product);
}

static void
check(size_t rows, size_t k, size_t n, bool is_extreme, uint32_t *noise)
{
    static const struct {
        enum fovea_post post;
        enum fovea_element element;
    } uses[] = {
        { FOVEA_POST_NONE, FOVEA_ELEMENT_BF16 },
        { FOVEA_POST_NONE, FOVEA_ELEMENT_F32 },
        { FOVEA_POST_ADD, FOVEA_ELEMENT_F32 },
        { FOVEA_POST_QUICK_GELU, FOVEA_ELEMENT_U8 },
        { FOVEA_POST_GELU, FOVEA_ELEMENT_U8 },
        { FOVEA_POST_GELU_TANH, FOVEA_ELEMENT_U8 },
    };
    const struct fovea_packing_shape shape = { 50, k, n, FOVEA_ELEMENT_U8 };
    struct scene scene = { .rows = rows, .k = k, .n = n };
    struct fovea_error error;
    struct fovea_packing *packing = NULL;
    scene_init(&scene, is_extreme, noise);
    assert_ok(fovea_packing_create(&shape, FOVEA_FORM_VNNI, &packing, &error),
            &error);
    assert_true(fovea_packing_keeps_bits(packing));
    void *packed = aligned(fovea_packing_size(packing));
    assert_ok(fovea_packing_pack(packing, scene.weights, k, packed, &error),
            &error);
    for (size_t i = 0; i < FOVEA_ARRAY_LEN(uses); i++) {
        run(&scene, packing, packed, uses[i].post, uses[i].element);
    }
    free(packed);
    fovea_packing_destroy(packing);
    scene_finish(&scene);
}

static bool
lacks_vnni(void)
{
    if (!fovea_machine_has_vnni()) {
        return true;
    }
    return false;
}

static void
odd_shapes_are_exact(void **state)
{
    (void)state;
    if (lacks_vnni()) {
        return;
    }
    static const size_t widths[] = { 1, 3, 31, 64, 65, 260 };
    uint32_t noise = 17;
    for (size_t i = 0; i < FOVEA_ARRAY_LEN(widths); i++) {
        for (size_t k = 0; k < FOVEA_ARRAY_LEN(widths); k++) {
            check(1 + i * 3 + k, widths[i], widths[k], false, &noise);
        }
    }
}

/* Where sums of pairs do not fit 16 bits, and whole sums come near what float32
   counts. */
static void
the_largest_operands_are_exact(void **state)
{
    (void)state;
    if (lacks_vnni()) {
        return;
    }
    uint32_t noise = 19;
    check(9, 768, 96, true, &noise);
    check(2, 4304, 33, true, &noise);
}

/* One block, some, and some with a rest. */
static void
every_block_of_rows_is_exact(void **state)
{
    (void)state;
    if (lacks_vnni()) {
        return;
    }
    static const size_t rows[] = { 1, 2, 56, 57, 113, 150 };
    uint32_t noise = 23;
    for (size_t i = 0; i < FOVEA_ARRAY_LEN(rows); i++) {
        check(rows[i], 64, 2304, false, &noise);
    }
}

static void
other_elements_and_cpus_have_no_such_form(void **state)
{
    (void)state;
    struct fovea_error error;
    struct fovea_packing *packing = NULL;
    for (enum fovea_element i = 0; i < FOVEA_N_ELEMENTS; i++) {
        const struct fovea_packing_shape shape = { 50, 64, 64, i };
        if (i == FOVEA_ELEMENT_U8 && fovea_machine_has_vnni()) {
            continue;
        }
        assert_int_equal(
                fovea_packing_create(&shape, FOVEA_FORM_VNNI, &packing, &error),
                FOVEA_ERR_INTERNAL);
        assert_null(packing);
    }
}

static void
other_forms_have_no_bytes(void **state)
{
    (void)state;
    static const enum fovea_form others[] = { FOVEA_FORM_MATMUL,
        FOVEA_FORM_INNER_PRODUCT, FOVEA_FORM_CONVOLUTION };
    const struct fovea_packing_shape shape = { 50, 64, 64, FOVEA_ELEMENT_U8 };
    struct fovea_error error;
    struct fovea_packing *packing = NULL;
    for (size_t i = 0; i < FOVEA_ARRAY_LEN(others); i++) {
        assert_int_equal(
                fovea_packing_create(&shape, others[i], &packing, &error),
                FOVEA_ERR_INTERNAL);
        assert_null(packing);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(odd_shapes_are_exact),
        cmocka_unit_test(the_largest_operands_are_exact),
        cmocka_unit_test(every_block_of_rows_is_exact),
        cmocka_unit_test(other_elements_and_cpus_have_no_such_form),
        cmocka_unit_test(other_forms_have_no_bytes),
    };
    (void)fovea_machine_set_threads(1);
    return cmocka_run_group_tests(tests, NULL, NULL);
}

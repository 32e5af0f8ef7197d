/*
 * Forms of products on a machine whose library lies: the bits of a row depend
 * on how many rows there are, for some forms and widths. It must be noticed,
 * another form taken, and images get the same bits in every batch all the same.
 *
 * The real products run; this program stands between them and the model, and
 * changes the last bit of what a lying one gives.
 */
#include <math.h>
#include <unistd.h>

#include "base/macros.h"
#include "checkpoint/random.h"
#include "engine/cpu/forward.h"
#include "engine/cpu/machine.h"
#include "engine/cpu/packed.h"
#include "support/naive_vit.h"
#include "support/test.h"
#include "support/tower.h"
#include "sys/cpu.h"

enum {
    MAX_BATCH = 8,
    DIMENSION = 64,
    MAX_KNOWN = 32768,
};

/* Which products lie. */
struct lie {
    bool first_form; /* the one that is tried first */
    bool others;
    size_t above_k;
};

static const struct lie truth = { false, false, 0 };
static struct lie lie;
static enum fovea_form first_form;
static unsigned n_runs;

/* What is known of packings and products, by their addresses. */
static struct {
    const void *packing;
    enum fovea_form form;
} packings[MAX_KNOWN];
static struct {
    const void *product;
    size_t n;
    struct fovea_linear_shape shape;
    bool lies;
} products[MAX_KNOWN];

enum fovea_status __real_fovea_packing_create(
        const struct fovea_packing_shape *shape, enum fovea_form form,
        struct fovea_packing **packing_out, struct fovea_error *err);
enum fovea_status __wrap_fovea_packing_create(
        const struct fovea_packing_shape *shape, enum fovea_form form,
        struct fovea_packing **packing_out, struct fovea_error *err);
enum fovea_status __real_fovea_product_create_linear(
        const struct fovea_packing *packing,
        const struct fovea_linear_shape *shape,
        struct fovea_product **product_out, struct fovea_error *err);
enum fovea_status __wrap_fovea_product_create_linear(
        const struct fovea_packing *packing,
        const struct fovea_linear_shape *shape,
        struct fovea_product **product_out, struct fovea_error *err);
enum fovea_status __real_fovea_product_run(struct fovea_product *product,
        const struct fovea_operands *operands, struct fovea_error *err);
enum fovea_status __wrap_fovea_product_run(struct fovea_product *product,
        const struct fovea_operands *operands, struct fovea_error *err);

enum fovea_status
__wrap_fovea_packing_create(const struct fovea_packing_shape *shape,
        enum fovea_form form, struct fovea_packing **packing_out,
        struct fovea_error *err)
{
    enum fovea_status status =
            __real_fovea_packing_create(shape, form, packing_out, err);
    for (size_t i = 0; !status && i < MAX_KNOWN; i++) {
        if (!packings[i].packing || packings[i].packing == *packing_out) {
            packings[i].packing = *packing_out;
            packings[i].form = form;
            break;
        }
    }
    return status;
}

static enum fovea_form
form_of(const struct fovea_packing *packing)
{
    for (size_t i = 0; i < MAX_KNOWN; i++) {
        if (packings[i].packing == packing) {
            return packings[i].form;
        }
    }
    fail_msg("an unknown packing");
    return FOVEA_FORM_MATMUL;
}

enum fovea_status
__wrap_fovea_product_create_linear(const struct fovea_packing *packing,
        const struct fovea_linear_shape *shape,
        struct fovea_product **product_out, struct fovea_error *err)
{
    enum fovea_status status = __real_fovea_product_create_linear(packing,
            shape, product_out, err);
    bool is_first = form_of(packing) == first_form;
    /* One that is not known would tell the truth. */
    assert_null(products[MAX_KNOWN - 1].product);
    for (size_t i = 0; !status && i < MAX_KNOWN; i++) {
        if (!products[i].product || products[i].product == *product_out) {
            products[i].product = *product_out;
            products[i].n = fovea_packing_n(packing);
            products[i].shape = *shape;
            products[i].lies = (is_first ? lie.first_form : lie.others) &&
                    fovea_packing_k(packing) > lie.above_k;
            break;
        }
    }
    return status;
}

/* The last bit of the last value of the last row. */
static void
change(size_t i, void *dst)
{
    size_t size = fovea_element_size(products[i].shape.dst_element);
    size_t n_values = products[i].shape.rows * products[i].n;
    ((uint8_t *)dst)[(n_values - 1) * size] ^= 1;
}

enum fovea_status
__wrap_fovea_product_run(struct fovea_product *product,
        const struct fovea_operands *operands, struct fovea_error *err)
{
    enum fovea_status status = __real_fovea_product_run(product, operands, err);
    n_runs++;
    for (size_t i = 0; !status && i < MAX_KNOWN; i++) {
        if (products[i].product == product) {
            if (products[i].lies && products[i].shape.rows % 3 == 0) {
                change(i, operands->dst->base);
            }
            break;
        }
    }
    return status;
}

static const struct fovea_preprocess settings = {
    .rescale = 1.0F / 255.0F,
    .mean = { 0.48145466F, 0.4578275F, 0.40821073F },
    .std = { 0.26862954F, 0.26130258F, 0.27577711F },
};

/* Sums of 3072 in patches and in the MLP; of 768 in patches and 3072 in the
   MLP. Its hidden layer can be cut into parts. */
static const struct fovea_tower wide_patches = TOWER(768, 3072, 1, 12, 64, 32,
        DIMENSION, FOVEA_ACTIVATION_QUICK_GELU, 1e-5F);
static const struct fovea_tower narrow_patches = TOWER(768, 3072, 1, 12, 32, 16,
        DIMENSION, FOVEA_ACTIVATION_GELU, 1e-5F);
static const struct fovea_tower pooled =
        SIGLIP_TOWER(DIMENSION, 3072, 1, 4, 62, 14);
static const struct fovea_tower registers =
        DINOV2_TOWER(DIMENSION, 3072, 2, 4, 60, 14, 98, 2);

static const struct fovea_tower words = CLIP_TEXT_TOWER(768, 3072, 1, 12, 40,
        11, DIMENSION, FOVEA_ACTIVATION_GELU);

static struct fovea_forms
find(const struct fovea_tower *config, struct lie told)
{
    struct fovea_forms forms;
    struct fovea_error error;
    (void)fovea_machine_set_threads(1);
    lie = truth;
    assert_ok(fovea_forms_prefer(config, FOVEA_PRECISION_F32, &forms, &error),
            &error);
    first_form =
            (enum fovea_form)forms.form[FOVEA_ELEMENT_F32][FOVEA_MATRIX_FC2];
    lie = told;
    assert_ok(fovea_forms_find(config, FOVEA_PRECISION_F32, &forms, &error),
            &error);
    assert_true(fovea_forms_fit(&forms, config));
    return forms;
}

/* The towers have one layer, and no query, key and value in one. */
static void
assert_all_first(const struct fovea_forms *forms)
{
    for (size_t i = 0; i < FOVEA_N_MATRICES; i++) {
        if (i != FOVEA_MATRIX_QKV) {
            assert_int_equal(forms->form[FOVEA_ELEMENT_F32][i], first_form);
        }
    }
}

static void
what_keeps_bits_is_taken_as_it_comes(void **state)
{
    (void)state;
    struct fovea_forms forms = find(&wide_patches, truth);
    assert_all_first(&forms);
    assert_int_equal(forms.mlp_parts, 1);
    assert_true(forms.most_images >= MAX_BATCH);
}

/* A matrix takes another form than the first, where there is one that keeps
   bits: older CPUs have but one. */
static void
check_other(const struct fovea_forms *forms, enum fovea_matrix matrix)
{
    if (fovea_cpu_level() < FOVEA_CPU_AVX512) {
        assert_int_equal(forms->most_images, 1);
        return;
    }
    assert_int_not_equal(forms->form[FOVEA_ELEMENT_F32][matrix], first_form);
    assert_true(forms->most_images >= MAX_BATCH);
}

static void
long_sums_that_depend_on_rows_take_another_form(void **state)
{
    (void)state;
    struct fovea_forms forms =
            find(&wide_patches, (struct lie){ true, false, 768 });
    assert_int_equal(forms.mlp_parts, 4);
    assert_int_equal(forms.form[FOVEA_ELEMENT_F32][FOVEA_MATRIX_FC2],
            first_form);
    assert_int_equal(forms.form[FOVEA_ELEMENT_F32][FOVEA_MATRIX_KEY_VALUE],
            first_form);
    check_other(&forms, FOVEA_MATRIX_PATCH);
}

static void
the_hidden_layer_is_cut_where_no_form_is_left(void **state)
{
    (void)state;
    struct fovea_forms forms =
            find(&narrow_patches, (struct lie){ true, true, 768 });
    assert_int_equal(forms.mlp_parts, 4);
    assert_all_first(&forms);
    assert_true(forms.most_images >= MAX_BATCH);
}

static void
one_that_depends_on_rows_at_every_width_takes_another_form(void **state)
{
    (void)state;
    struct fovea_forms forms =
            find(&narrow_patches, (struct lie){ true, false, 0 });
    check_other(&forms, FOVEA_MATRIX_PATCH);
    check_other(&forms, FOVEA_MATRIX_KEY_VALUE);
    check_other(&forms, FOVEA_MATRIX_FC2);
}

static void
images_go_alone_where_nothing_keeps_bits(void **state)
{
    (void)state;
    struct fovea_forms forms =
            find(&wide_patches, (struct lie){ true, true, 768 });
    assert_int_equal(forms.most_images, 1);
}

static void
compare(const float *got, const double *expected)
{
    double dot = 0.0;
    double got_square = 0.0;
    double square = 0.0;
    for (size_t i = 0; i < DIMENSION; i++) {
        dot += (double)got[i] * expected[i];
        got_square += (double)got[i] * (double)got[i];
        square += expected[i] * expected[i];
    }
    double cosine = dot / sqrt(square * got_square);
    if (!(cosine >= 0.999999)) {
        fail_msg("cosine %.9f", cosine);
    }
}

/* Each batch of texts, of which each has a row more than the one before, against
   each text alone; and as below. */
static void
check_bits_of_texts(const struct fovea_weights *weights,
        const struct fovea_checkpoint *checkpoint)
{
    const struct fovea_tower *config = &weights->tower;
    const size_t size = fovea_tower_row_bytes(config);
    struct fovea_plan *plan = NULL;
    struct fovea_error error;
    float alone[MAX_BATCH * DIMENSION];
    float together[MAX_BATCH * DIMENSION];
    double expected[DIMENSION];
    FOVEA_AUTO_FREE uint8_t *rows = calloc(MAX_BATCH, size);
    assert_non_null(rows);
    for (size_t i = 0; i < MAX_BATCH; i++) {
        struct fovea_text_row *row =
                (struct fovea_text_row *)(void *)(rows + i * size);
        row->n = (uint32_t)(3 + i);
        for (size_t k = 0; k < config->context; k++) {
            row->ids[k] = (uint32_t)((7 * i + 3 * k) % config->vocabulary);
        }
    }
    assert_ok(fovea_plan_create(weights, MAX_BATCH, &plan, &error), &error);
    for (size_t i = 0; i < MAX_BATCH; i++) {
        assert_ok(fovea_forward_run(plan, NULL, rows + i * size, 1,
                          alone + i * DIMENSION, &error),
                &error);
    }
    for (size_t n = 2; n <= MAX_BATCH; n++) {
        assert_ok(fovea_forward_run(plan, NULL, rows, n, together, &error),
                &error);
        assert_memory_equal(together, alone, n * DIMENSION * sizeof(float));
    }
    const struct fovea_text_row *row = (const void *)rows;
    naive_text(config, checkpoint, row->ids, row->n - 1, expected);
    compare(alone, expected);
    fovea_plan_destroy(plan);
}

/* Each batch against each image alone, and one image against the naive forward
   pass, with products that lie whenever they are asked. */
static void
check_bits(const struct fovea_weights *weights,
        const struct fovea_checkpoint *checkpoint)
{
    struct fovea_pixel_table table;
    struct fovea_plan *plan = NULL;
    struct fovea_error error;
    size_t side = weights->tower.side_px;
    static uint8_t pixels[MAX_BATCH * 3 * 64 * 64];
    float alone[MAX_BATCH * DIMENSION];
    float together[MAX_BATCH * DIMENSION];
    double expected[DIMENSION];
    uint32_t noise = 7;
    if (weights->tower.modality == FOVEA_MODALITY_TEXT) {
        check_bits_of_texts(weights, checkpoint);
        return;
    }
    for (size_t i = 0; i < sizeof pixels; i++) {
        noise = noise * 1664525U + 1013904223U;
        pixels[i] = (uint8_t)(noise >> 24);
    }
    fovea_pixel_table_init(&table, &settings);
    assert_ok(fovea_plan_create(weights, MAX_BATCH, &plan, &error), &error);
    for (size_t i = 0; i < MAX_BATCH; i++) {
        assert_ok(fovea_forward_run(plan, &table, pixels + i * 3 * side * side,
                          1, alone + i * DIMENSION, &error),
                &error);
    }
    for (size_t n = 2; n <= MAX_BATCH; n++) {
        assert_ok(fovea_forward_run(plan, &table, pixels, n, together, &error),
                &error);
        assert_memory_equal(together, alone, n * DIMENSION * sizeof(float));
    }
    naive_vit(&weights->tower, &settings, checkpoint, pixels, expected);
    compare(alone, expected);
    fovea_plan_destroy(plan);
}

static void
check_tower(const struct fovea_tower *config, struct lie told)
{
    struct fovea_checkpoint *checkpoint = NULL;
    struct fovea_weights *made = NULL;
    struct fovea_weights *mapped = NULL;
    struct fovea_error error;
    int fd = -1;
    struct fovea_forms forms = find(config, told);
    assert_ok(fovea_checkpoint_create_random(config, 11, &checkpoint, &error),
            &error);
    assert_ok(fovea_packed_create(config, checkpoint, FOVEA_PRECISION_F32,
                      &made, &fd, &error),
            &error);
    assert_memory_equal(&made->forms, &forms, sizeof forms);
    check_bits(made, checkpoint);
    /* Whoever maps them takes over what was found, and looks at nothing. */
    n_runs = 0;
    assert_ok(fovea_packed_map(config, FOVEA_PRECISION_F32, fd, false, &mapped,
                      &error),
            &error);
    assert_int_equal(n_runs, 0);
    assert_memory_equal(&mapped->forms, &forms, sizeof forms);
    check_bits(mapped, checkpoint);
    fovea_weights_destroy(mapped);
    fovea_weights_destroy(made);
    fovea_checkpoint_close(checkpoint);
    (void)close(fd);
}

static void
bits_are_kept_whatever_lies(void **state)
{
    (void)state;
    static const struct lie lies[] = {
        { false, false, 0 },
        { true, false, 768 },
        { true, false, 0 },
        { true, true, 768 },
        { true, true, 0 },
    };
    for (size_t i = 0; i < FOVEA_ARRAY_LEN(lies); i++) {
        check_tower(&wide_patches, lies[i]);
        check_tower(&narrow_patches, lies[i]);
        check_tower(&words, lies[i]);
        check_tower(&pooled, lies[i]);
        check_tower(&registers, lies[i]);
    }
}

/* A header that asks for what no tower of this config could be made of. */
static void
forms_from_elsewhere_are_checked(void **state)
{
    (void)state;
    struct fovea_forms good = find(&wide_patches, truth);
    struct fovea_forms forms = good;
    forms.form[FOVEA_ELEMENT_F32][3] = FOVEA_N_FORMS;
    assert_false(fovea_forms_fit(&forms, &wide_patches));
    forms = good;
    forms.mlp_parts = 0;
    assert_false(fovea_forms_fit(&forms, &wide_patches));
    forms.mlp_parts = 5;
    assert_false(fovea_forms_fit(&forms, &wide_patches));
    forms.mlp_parts = 4;
    assert_true(fovea_forms_fit(&forms, &wide_patches));
    forms.most_images = 0;
    assert_false(fovea_forms_fit(&forms, &wide_patches));
    forms.most_images = FOVEA_MAX_BATCH + 1;
    assert_false(fovea_forms_fit(&forms, &wide_patches));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_keeps_bits_is_taken_as_it_comes),
        cmocka_unit_test(long_sums_that_depend_on_rows_take_another_form),
        cmocka_unit_test(the_hidden_layer_is_cut_where_no_form_is_left),
        cmocka_unit_test(
                one_that_depends_on_rows_at_every_width_takes_another_form),
        cmocka_unit_test(images_go_alone_where_nothing_keeps_bits),
        cmocka_unit_test(bits_are_kept_whatever_lies),
        cmocka_unit_test(forms_from_elsewhere_are_checked),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

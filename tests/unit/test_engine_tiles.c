/*
 * The kernels for the CPU's tile unit, bit for bit against products that are summed
 * up one element after the other in the order that Intel's manual has: every
 * activation and output, rows of blocks and of all their tails, widths that fill no
 * line and no panel, dense and blocked rows. Where the CPU has no tiles they are
 * carried out by the model (support/tile_machine.h); where it has, the same
 * comparison holds the model to the CPU.
 */
#include <math.h>

#include "base/macros.h"
#include "base/size.h"
#include "engine/cpu/activation.h"
#include "engine/cpu/bf16.h"
#include "engine/cpu/tile_instructions.h"
#include "engine/cpu/tile_kernels.h"
#include "engine/cpu/tile_packing.h"
#include "support/test.h"
#include "support/tile_machine.h"
#include "support/tile_model.h"

enum {
    MOST_ROWS = 70,
    MOST_COLUMNS = 200,
    MOST_K = 1600,
    PATTERN = 0xa5, /* of memory that nothing may write to */
};

/* A product, and operands made for it. */
struct product {
    enum fovea_element element;
    enum fovea_element dst_element;
    enum fovea_post post;
    size_t n_rows;
    size_t k;
    size_t n;
    bool is_blocked;
    bool has_bias;
};

struct scene {
    struct product product;
    size_t n_lines;
    struct fovea_rows src;
    void *weights; /* [n][k] elements; signed where the sources are unsigned */
    void *panels;
    float *row_scales;
    float *bias;
    float *scales;
    int32_t *sums;
};

static uint32_t random_state = 1;

static uint32_t
random_bits(void)
{
    random_state = random_state * 1664525U + 1013904223U;
    return random_state >> 8;
}

/* Between -1 and 1, with all bits of the mantissa. */
static float
random_float(void)
{
    return (float)((double)random_bits() / (1 << 23) - 1.0);
}

static void *
allocate(size_t size)
{
    void *memory = aligned_alloc(64, fovea_round_up(size, 64));
    assert_non_null(memory);
    memset(memory, 0, fovea_round_up(size, 64));
    return memory;
}

/* Rows of a width, in memory that ends with them. */
static struct fovea_rows
make_rows(enum fovea_element element, size_t n_rows, size_t width,
        bool is_blocked, size_t *size_out)
{
    const size_t n_lines = fovea_tile_lines(element, width);
    const size_t size = is_blocked
            ? n_lines * n_rows * FOVEA_LINE_BYTES
            : n_rows * width * fovea_element_size(element);
    void *base = malloc(size);
    assert_non_null(base);
    memset(base, 0, size);
    *size_out = size;
    return is_blocked ? fovea_rows_blocked(base, n_rows, element)
                      : fovea_rows_dense(base, width, element);
}

static void
fill_column(struct scene *scene, size_t column)
{
    const struct product *p = &scene->product;
    const size_t size = fovea_element_size(p->element);
    uint8_t *weights = (uint8_t *)scene->weights + column * p->k * size;
    int32_t sum = 0;
    for (size_t k = 0; k < p->k; k++) {
        if (p->element == FOVEA_ELEMENT_BF16) {
            const uint16_t value = fovea_to_bf16(random_float() * 0.1F);
            memcpy(weights + k * size, &value, size);
        } else {
            const int8_t value = (int8_t)((int)(random_bits() % 255) - 127);
            memcpy(weights + k * size, &value, size);
            sum += value;
        }
    }
    scene->bias[column] = random_float();
    scene->scales[column] = 0.001F + 0.0005F * random_float();
    scene->sums[column] = 128 * sum;
}

static void
fill_row(struct scene *scene, size_t row)
{
    const struct product *p = &scene->product;
    scene->row_scales[row] = 0.01F + 0.005F * random_float();
    for (size_t k = 0; k < p->k; k++) {
        void *at = fovea_rows_at(&scene->src, row, k);
        if (p->element == FOVEA_ELEMENT_BF16) {
            /* Some are denormal: those count as 0. */
            const uint16_t value = random_bits() % 50 == 0
                    ? (uint16_t)(random_bits() % 128)
                    : fovea_to_bf16(random_float());
            memcpy(at, &value, sizeof value);
        } else {
            const uint8_t value = (uint8_t)(1 + random_bits() % 255);
            memcpy(at, &value, sizeof value);
        }
    }
}

static void
scene_init(struct scene *scene, const struct product *product)
{
    const struct product *p = product;
    size_t size;
    *scene = (struct scene){ .product = *product,
        .n_lines = fovea_tile_lines(p->element, p->k) };
    scene->src = make_rows(p->element, p->n_rows, p->k, p->is_blocked, &size);
    scene->weights = allocate(p->n * p->k * fovea_element_size(p->element));
    scene->panels = allocate(fovea_tile_panels_size(p->element, p->k, p->n));
    scene->row_scales = malloc(p->n_rows * sizeof(float));
    scene->bias = malloc(p->n * sizeof(float));
    scene->scales = malloc(p->n * sizeof(float));
    scene->sums = malloc(p->n * sizeof(int32_t));
    for (size_t i = 0; i < p->n; i++) {
        fill_column(scene, i);
    }
    for (size_t i = 0; i < p->n_rows; i++) {
        fill_row(scene, i);
    }
    const size_t column_size = p->k * fovea_element_size(p->element);
    for (size_t i = 0; i < fovea_round_up(p->n, FOVEA_PANEL_COLUMNS); i++) {
        fovea_tile_put_column(p->element, p->k, i,
                i < p->n ? (uint8_t *)scene->weights + i * column_size : NULL,
                scene->panels);
    }
    if (p->element == FOVEA_ELEMENT_U8) {
        scene->src.scales = scene->row_scales;
    }
}

static void
scene_finish(struct scene *scene)
{
    free(scene->src.base);
    free(scene->weights);
    free(scene->panels);
    free(scene->row_scales);
    free(scene->bias);
    free(scene->scales);
    free(scene->sums);
}

static void
run(const struct scene *scene, const struct fovea_rows *src, size_t n_rows,
        const struct fovea_rows *dst)
{
    const struct product *p = &scene->product;
    const bool has_scales = p->element == FOVEA_ELEMENT_U8;
    const struct fovea_tile_work work = {
        .src = src,
        .dst = dst,
        .n_rows = n_rows,
        .n_lines = scene->n_lines,
        .n_columns = p->n,
        .fills_lines = p->is_blocked,
        .panels = scene->panels,
        .bias = p->has_bias ? scene->bias : NULL,
        .scales = has_scales ? scene->scales : NULL,
        .sums = has_scales ? scene->sums : NULL,
    };
    fovea_tile_kernel kernel =
            fovea_tile_kernel_for(p->element, p->dst_element, p->post);
    assert_non_null(kernel);
    kernel(&work);
}

/* What it is to be. */

static float
sum_bf16(const struct scene *scene, size_t row, size_t column)
{
    const struct product *p = &scene->product;
    const uint16_t *weights = (const uint16_t *)scene->weights + column * p->k;
    float sum = 0.0F;
    for (size_t at = 0; at < p->k; at += 32) {
        uint16_t a[32] = { 0 };
        uint16_t b[32] = { 0 };
        for (size_t i = 0; i < 32 && at + i < p->k; i++) {
            memcpy(&a[i], fovea_rows_at(&scene->src, row, at + i), 2);
            b[i] = weights[at + i];
        }
        sum = tile_model_sum_pairs(sum, a, b, 2, 16);
    }
    return sum + (p->has_bias ? scene->bias[column] : 0.0F);
}

static float
sum_bytes(const struct scene *scene, size_t row, size_t column)
{
    const struct product *p = &scene->product;
    const int8_t *weights = (const int8_t *)scene->weights + column * p->k;
    int32_t sum = 0;
    for (size_t i = 0; i < p->k; i++) {
        const uint8_t *a = fovea_rows_at(&scene->src, row, i);
        sum += (*a - 128) * weights[i];
    }
    return fmaf((float)sum, scene->scales[column] * scene->row_scales[row],
            p->has_bias ? scene->bias[column] : 0.0F);
}

/* dst holds what was there before. */
static void
expect(const struct scene *scene, const struct fovea_rows *dst)
{
    const struct product *p = &scene->product;
    for (size_t row = 0; row < p->n_rows; row++) {
        for (size_t column = 0; column < p->n; column++) {
            void *at = fovea_rows_at(dst, row, column);
            float value = p->element == FOVEA_ELEMENT_BF16
                    ? sum_bf16(scene, row, column)
                    : sum_bytes(scene, row, column);
            value = fovea_activation_apply(value, p->post);
            if (p->dst_element == FOVEA_ELEMENT_BF16) {
                const uint16_t half = fovea_to_bf16(value);
                memcpy(at, &half, sizeof half);
                continue;
            }
            if (p->post == FOVEA_POST_ADD) {
                float before;
                memcpy(&before, at, sizeof before);
                value += before;
            }
            memcpy(at, &value, sizeof value);
        }
    }
}

/* What lies behind a blocked row's last column may be anything. */
static void
ignore_padding(const struct scene *scene, const struct fovea_rows *dst)
{
    const struct product *p = &scene->product;
    const size_t size = fovea_element_size(p->dst_element);
    const size_t width =
            fovea_tile_lines(p->dst_element, p->n) * FOVEA_LINE_BYTES / size;
    for (size_t row = 0; p->is_blocked && row < p->n_rows; row++) {
        for (size_t column = p->n; column < width; column++) {
            memset(fovea_rows_at(dst, row, column), 0, size);
        }
    }
}

static void
check(const struct product *product)
{
    struct scene scene;
    scene_init(&scene, product);
    size_t size;
    const struct fovea_rows dst = make_rows(product->dst_element,
            product->n_rows, product->n, product->is_blocked, &size);
    const struct fovea_rows wanted = make_rows(product->dst_element,
            product->n_rows, product->n, product->is_blocked, &size);
    for (size_t i = 0; i < size / 4; i++) {
        const float value = random_float();
        memcpy((uint8_t *)dst.base + 4 * i, &value, 4);
    }
    memcpy(wanted.base, dst.base, size);
    run(&scene, &scene.src, product->n_rows, &dst);
    expect(&scene, &wanted);
    ignore_padding(&scene, &dst);
    ignore_padding(&scene, &wanted);
    if (memcmp(dst.base, wanted.base, size) != 0) {
        fail_msg("%zu rows, %zu x %zu, element %d to %d, post %d, %s: not "
                 "what it should be",
                product->n_rows, product->k, product->n, product->element,
                product->dst_element, product->post,
                product->is_blocked ? "blocked" : "dense");
    }
    free(dst.base);
    free(wanted.base);
    scene_finish(&scene);
}

/* Tests. */

static bool
lacks_tiles(void)
{
    if (!tile_machine_start()) {
        print_message("# skipped: this CPU has no AVX-512 with bfloat16\n");
        return true;
    }
    return false;
}

static const struct {
    enum fovea_element dst_element;
    enum fovea_post post;
} kinds[] = {
    { FOVEA_ELEMENT_F32, FOVEA_POST_NONE },
    { FOVEA_ELEMENT_F32, FOVEA_POST_QUICK_GELU },
    { FOVEA_ELEMENT_F32, FOVEA_POST_GELU },
    { FOVEA_ELEMENT_F32, FOVEA_POST_GELU_TANH },
    { FOVEA_ELEMENT_F32, FOVEA_POST_ADD },
    { FOVEA_ELEMENT_BF16, FOVEA_POST_NONE },
    { FOVEA_ELEMENT_BF16, FOVEA_POST_QUICK_GELU },
    { FOVEA_ELEMENT_BF16, FOVEA_POST_GELU },
    { FOVEA_ELEMENT_BF16, FOVEA_POST_GELU_TANH },
};

static const enum fovea_element elements[] = { FOVEA_ELEMENT_BF16,
    FOVEA_ELEMENT_U8 };

/* The k-th of all kinds of products, of one size. */
static struct product
product_of(size_t number, size_t n_rows, size_t k, size_t n)
{
    const size_t kind = number % FOVEA_ARRAY_LEN(kinds);
    const size_t others = number / FOVEA_ARRAY_LEN(kinds);
    return (struct product){
        .element = elements[others % 2],
        .dst_element = kinds[kind].dst_element,
        .post = kinds[kind].post,
        .n_rows = n_rows,
        .k = k,
        .n = n,
        .is_blocked = others / 2 % 2 == 1,
        .has_bias = others / 4 % 2 == 0,
    };
}

enum {
    N_PRODUCTS = FOVEA_ARRAY_LEN(kinds) * 8
};

static void
test_kinds(void **state)
{
    (void)state;
    if (lacks_tiles()) {
        return;
    }
    for (size_t i = 0; i < N_PRODUCTS; i++) {
        const struct product product = product_of(i, 37, 128, 50);
        check(&product);
    }
}

static void
test_tails(void **state)
{
    (void)state;
    if (lacks_tiles()) {
        return;
    }
    static const size_t widths[] = { 1, 16, 17, 31, 32, 33, 64, 65, 96 };
    for (size_t rows = 1; rows <= MOST_ROWS; rows++) {
        const size_t k = 64 * (1 + rows % 5);
        const struct product product = product_of(rows * 7, rows, k,
                widths[rows % FOVEA_ARRAY_LEN(widths)]);
        check(&product);
    }
}

/* Source widths that fill no line; only blocked rows are made of whole ones. */
static void
test_widths(void **state)
{
    (void)state;
    if (lacks_tiles()) {
        return;
    }
    for (size_t k = 1; k < 200; k += 11) {
        struct product product = product_of(k, 19, k, 40);
        product.is_blocked = true;
        check(&product);
    }
}

/* So many steps that a block is finished within those of the next, and more. */
static void
test_long_sums(void **state)
{
    (void)state;
    if (lacks_tiles()) {
        return;
    }
    for (size_t i = 0; i < 2; i++) {
        const struct product products[] = {
            { elements[i], FOVEA_ELEMENT_BF16, FOVEA_POST_GELU, 50, 768,
                    MOST_COLUMNS, true, true },
            { elements[i], FOVEA_ELEMENT_F32, FOVEA_POST_ADD, 64, MOST_K, 70,
                    false, true },
        };
        check(&products[0]);
        check(&products[1]);
    }
}

/* Any of the rows, among so many others or alone. */
static void
test_company(void **state)
{
    (void)state;
    if (lacks_tiles()) {
        return;
    }
    for (size_t i = 0; i < N_PRODUCTS; i += 5) {
        const struct product product = product_of(i, MOST_ROWS, 192, 33);
        const size_t row_size = product.n * sizeof(float);
        struct scene scene;
        scene_init(&scene, &product);
        float *all = allocate(MOST_ROWS * row_size);
        float *some = allocate(MOST_ROWS * row_size);
        scene.product.is_blocked = false;
        const struct fovea_rows dst =
                fovea_rows_dense(all, product.n, product.dst_element);
        run(&scene, &scene.src, MOST_ROWS, &dst);
        for (size_t n = 1; n < MOST_ROWS; n += n < 4 ? 1 : 13) {
            for (size_t row = 0; row + n <= MOST_ROWS; row += 9) {
                const struct fovea_rows src = fovea_rows_from(&scene.src, row);
                const struct fovea_rows own =
                        fovea_rows_dense(some, product.n, product.dst_element);
                memset(some, 0, MOST_ROWS * row_size);
                run(&scene, &src, n, &own);
                assert_memory_equal(some, fovea_rows_line(&dst, row, 0),
                        n * dst.row_stride);
            }
        }
        free(all);
        free(some);
        scene_finish(&scene);
    }
}

/* What tiles do, by instructions in the forms that compilers have for them. */

static void
test_configuration(void **state)
{
    (void)state;
    struct tile_unit unit = { 0 };
    const uint8_t rows[FOVEA_N_TILES] = { 16, 3, 0, 1, 16, 16, 16, 16 };
    struct fovea_tile_config config = fovea_tile_config_of(rows);
    assert_true(tile_model_configure(&unit, &config));
    assert_int_equal(unit.rows[1], 3);
    uint8_t stored[64];
    tile_model_store_config(&unit, stored);
    assert_memory_equal(stored, &config, sizeof stored);
    assert_false(tile_model_zero(&unit, 2));
    assert_false(tile_model_dot_bf16(&unit, 0, 4, 4));
    assert_false(tile_model_dot_bf16(&unit, 0, 1, 4));
    assert_true(tile_model_dot_bf16(&unit, 0, 4, 5));
    config.rows[0] = 17;
    assert_false(tile_model_configure(&unit, &config));
    config.rows[0] = 0;
    assert_false(tile_model_configure(&unit, &config));
    config = fovea_tile_config_of(rows);
    config.reserved[3] = 1;
    assert_false(tile_model_configure(&unit, &config));
    tile_model_release(&unit);
    assert_false(tile_model_zero(&unit, 0));
}

/* 1 + 2^-24 is 1 by itself; two of them, added to each other first, are not lost.
   And what is denormal is 0, as a source, between and at the end. */
static void
test_sums(void **state)
{
    (void)state;
    const uint16_t one = fovea_to_bf16(1.0F);
    const uint16_t tiny = fovea_to_bf16(0x1p-24F);
    const uint16_t least = fovea_to_bf16(0x1p-126F);
    const uint16_t half = fovea_to_bf16(0.5F);
    const uint16_t a[] = { tiny, tiny, tiny, 0 };
    const uint16_t ones[] = { one, one, one, one };
    assert_true(tile_model_sum_pairs(1.0F, a, ones, 2, 1) == 1.0F + 0x1p-23F);
    const uint16_t split[] = { tiny, 0, one, 0 };
    assert_true(tile_model_sum_pairs(1.0F, split, ones, 2, 2) == 2.0F);
    const uint16_t denormal[] = { 1, 127, least, 0 };
    const uint16_t halves[] = { one, one, half, half };
    assert_true(tile_model_sum_pairs(0.0F, denormal, halves, 2, 2) == 0.0F);
    assert_true(tile_model_sum_pairs(0x1p-127F, a + 3, ones, 2, 0) == 0.0F);
}

TILES static void
load_and_store(const struct fovea_tile_config *config, const uint8_t *from,
        uint8_t *to, uint8_t *config_out)
{
    set_up_tiles(config);
    /* Both sizes of a displacement, scales, and the registers that are encoded in
       another way as a base. */
    __asm__ volatile("mov %0, %%r12\n\t"
                     "mov %0, %%r13\n\t"
                     "mov $16, %%r14\n\t"
                     "tileloadd (%%r12,%%r14,4), %%tmm0\n\t"
                     "tileloaddt1 64(%%r13,%%r14,8), %%tmm1\n\t"
                     "tileloadd 1024(%0,%%r14,4), %%tmm3\n\t"
                     "sttilecfg -64(%2,%%r14,4)\n\t"
                     "mov %1, %%r13\n\t"
                     "tilestored %%tmm0, (%%r13,%%r14,4)\n\t"
                     "tilestored %%tmm1, 1024(%1,%%r14,4)\n\t"
                     "tilestored %%tmm3, -64(%1,%%r14,2)\n\t"
                     :
                     : "r"(from), "r"(to), "r"(config_out)
                     : "memory", "r12", "r13", "r14");
    release_tiles();
}

static void
test_instructions(void **state)
{
    (void)state;
    if (lacks_tiles()) {
        return;
    }
    const uint8_t rows[FOVEA_N_TILES] = { 16, 3, 0, 1, 0, 0, 0, 0 };
    const struct fovea_tile_config config = fovea_tile_config_of(rows);
    uint8_t from[2048];
    uint8_t to[64 + 2048];
    uint8_t stored[64];
    for (size_t i = 0; i < sizeof from; i++) {
        from[i] = (uint8_t)random_bits();
    }
    memset(to, PATTERN, sizeof to);
    load_and_store(&config, from, to + 64, stored);
    assert_memory_equal(stored, &config, sizeof stored);
    assert_memory_equal(to + 64, from, 1024);
    assert_memory_equal(to, from + 1024, 64);
    for (size_t i = 0; i < 3; i++) {
        assert_memory_equal(to + 64 + 1024 + i * 64, from + 64 + i * 128, 64);
    }
    for (size_t i = 64 + 1024 + 3 * 64; i < sizeof to; i++) {
        assert_int_equal(to[i], PATTERN);
    }
}

/* How often a block's operands are loaded, which is what the kernels' speed is made
   of: a product for each load. */
static void
test_counts(void **state)
{
    (void)state;
    if (lacks_tiles()) {
        return;
    }
    if (tile_machine_is_real()) {
        return;
    }
    const struct product product = { FOVEA_ELEMENT_BF16, FOVEA_ELEMENT_BF16,
        FOVEA_POST_NONE, 64, 256, 96, true, true };
    struct scene scene;
    scene_init(&scene, &product);
    size_t size;
    const struct fovea_rows dst =
            make_rows(FOVEA_ELEMENT_BF16, 64, 96, true, &size);
    (void)tile_machine_take_counts();
    run(&scene, &scene.src, 64, &dst);
    const struct tile_counts counts = tile_machine_take_counts();
    const uint64_t blocks = 2 * 3;
    assert_int_equal(counts.configs, 1);
    assert_int_equal(counts.products, blocks * 8 * 4);
    assert_int_equal(counts.loads, counts.products);
    assert_int_equal(counts.stores, blocks * 4);
    free(dst.base);
    scene_finish(&scene);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_configuration),
        cmocka_unit_test(test_sums),
        cmocka_unit_test(test_instructions),
        cmocka_unit_test(test_kinds),
        cmocka_unit_test(test_tails),
        cmocka_unit_test(test_widths),
        cmocka_unit_test(test_long_sums),
        cmocka_unit_test(test_company),
        cmocka_unit_test(test_counts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/*
 * See measure.h. The rounds interleave what is compared: a forward pass,
 * then the bare products, then a forward pass again, so that a machine that
 * slows down slows both.
 *
 * The bare products are those of every layer (query-key-value, output, both of
 * the MLP), of all tokens, in the network's own packed weights, without bias or
 * anything fused. The forward pass leaves most of the last layer out; the bare
 * products do not, which counts in its favour.
 */
#include "bench/measure.h"

#include <math.h>
#include <string.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/size.h"
#include "bench/picture.h"
#include "engine/cost.h"
#include "engine/cpu/fill.h"
#include "engine/cpu/forward.h"
#include "engine/cpu/machine.h"
#include "image/preprocess.h"
#include "image/resample.h"
#include "option/limits.h"

/* The bare products, on buffers of their own. */
struct bare {
    struct fovea_product *qkv;
    struct fovea_product *out;
    struct fovea_product *fc1;
    struct fovea_product *fc2;
    void *last_qkv; /* packed: the last layer's are packed apart */
    void *src;
    void *dst;
    void *scratch;
};

struct bench {
    const struct fovea_bench_options *options;
    struct fovea_limits limits;
    struct fovea_weights *weights;
    struct fovea_pixel_table table;
    struct fovea_plan *plan;
    struct bare bare;
    struct fovea_picture picture; /* the JPEG and its rows */
    uint8_t *pixels;              /* [batch] images */
    float *embeds;
    size_t pixels_size; /* of one image */
};

static double
ms_since(int64_t start_ns)
{
    return (double)(fovea_clock_ns() - start_ns) * 1e-6;
}

static int
compare_doubles(const void *left, const void *right)
{
    double a = *(const double *)left;
    double b = *(const double *)right;
    return (a > b) - (a < b);
}

static double
median(double *values, size_t n)
{
    qsort(values, n, sizeof *values, compare_doubles);
    return n % 2 ? values[n / 2] : (values[n / 2 - 1] + values[n / 2]) / 2.0;
}

/* The bare products. */

static void
bare_finish(struct bare *bare)
{
    fovea_product_destroy(bare->qkv);
    fovea_product_destroy(bare->out);
    fovea_product_destroy(bare->fc1);
    fovea_product_destroy(bare->fc2);
    free(bare->last_qkv);
    free(bare->src);
    free(bare->dst);
    free(bare->scratch);
}

static void *
zeroed(size_t size)
{
    void *memory = aligned_alloc(FOVEA_OPERAND_ALIGNMENT,
            fovea_round_up(size, FOVEA_OPERAND_ALIGNMENT));
    if (memory) {
        memset(memory, 0, size);
    }
    return memory;
}

static enum fovea_status
bare_buffers(struct bench *bench, struct fovea_error *err)
{
    const struct fovea_weights *weights = bench->weights;
    struct bare *bare = &bench->bare;
    size_t hidden = weights->tower.width;
    size_t mlp = weights->tower.mlp;
    size_t widest = 3 * hidden > mlp ? 3 * hidden : mlp;
    size_t rows = bench->options->batch * fovea_tower_tokens(&weights->tower);
    size_t size = rows * widest * sizeof(float);
    const struct fovea_product *products[] = { bare->qkv, bare->out, bare->fc1,
        bare->fc2 };
    size_t scratch_size = FOVEA_OPERAND_ALIGNMENT;
    for (size_t i = 0; i < FOVEA_ARRAY_LEN(products); i++) {
        size_t needed = fovea_product_scratch_size(products[i]);
        scratch_size = needed > scratch_size ? needed : scratch_size;
    }
    bare->src = zeroed(size);
    bare->dst = zeroed(size);
    bare->scratch = zeroed(scratch_size);
    bare->last_qkv =
            zeroed(fovea_packing_size(weights->packings[FOVEA_MATRIX_QKV]));
    if (!bare->src || !bare->dst || !bare->scratch || !bare->last_qkv) {
        return fovea_fail_memory(err, 2 * size, "the bench");
    }
    return FOVEA_OK;
}

static enum fovea_status
bare_init(struct bench *bench, struct fovea_error *err)
{
    const struct fovea_weights *weights = bench->weights;
    const size_t rows =
            bench->options->batch * fovea_tower_tokens(&weights->tower);
    const struct {
        struct fovea_product **product;
        const struct fovea_packing *packing;
        enum fovea_element dst;
    } table[] = {
        { &bench->bare.qkv, weights->packings[FOVEA_MATRIX_QKV],
                weights->element },
        { &bench->bare.out, weights->packings[FOVEA_MATRIX_SQUARE],
                FOVEA_ELEMENT_F32 },
        { &bench->bare.fc1, weights->packings[FOVEA_MATRIX_FC1],
                weights->element },
        { &bench->bare.fc2, weights->packings[FOVEA_MATRIX_FC2],
                FOVEA_ELEMENT_F32 },
    };
    for (size_t i = 0; i < FOVEA_ARRAY_LEN(table); i++) {
        const struct fovea_linear_shape shape = { rows, table[i].dst,
            FOVEA_POST_NONE, false };
        enum fovea_status status = fovea_product_create_linear(table[i].packing,
                &shape, table[i].product, err);
        if (status) {
            return status;
        }
    }
    return bare_buffers(bench, err);
}

static enum fovea_status
bare_product(struct bare *bare, struct fovea_product *product,
        const void *packed, struct fovea_error *err)
{
    return fovea_product_run(product, bare->src, packed, NULL, bare->dst,
            bare->scratch, err);
}

static enum fovea_status
bare_layer(struct bare *bare, const struct fovea_layer_weights *layer,
        size_t mlp_parts, struct fovea_error *err)
{
    enum fovea_status status = bare_product(bare, bare->qkv,
            layer->qkv.packed ? layer->qkv.packed : bare->last_qkv, err);
    if (!status) {
        status = bare_product(bare, bare->out, layer->out.packed, err);
    }
    for (size_t i = 0; i < mlp_parts && !status; i++) {
        status = bare_product(bare, bare->fc1, layer->mlp[i].fc1.packed, err);
        if (!status) {
            status = bare_product(bare, bare->fc2, layer->mlp[i].fc2.packed,
                    err);
        }
    }
    return status;
}

static enum fovea_status
bare_run(struct bench *bench, struct fovea_error *err)
{
    const struct fovea_weights *weights = bench->weights;
    enum fovea_status status = FOVEA_OK;
    for (size_t i = 0; i < weights->tower.n_layers && !status; i++) {
        status = bare_layer(&bench->bare, &weights->layers[i],
                weights->forms.mlp_parts, err);
    }
    return status;
}

/* The image half. */

static enum fovea_status
begin_nothing(void *context, const struct fovea_image_info *info,
        struct fovea_error *err)
{
    (void)context;
    (void)info;
    (void)err;
    return FOVEA_OK;
}

static enum fovea_status
drop_row(void *context, const uint8_t *rgb, struct fovea_error *err)
{
    (void)context;
    (void)rgb;
    (void)err;
    return FOVEA_OK;
}

static enum fovea_status
decode_once(struct bench *bench, struct fovea_error *err)
{
    const struct fovea_row_sink sink = { NULL, begin_nothing, drop_row, NULL };
    struct fovea_input input = FOVEA_INPUT_INIT;
    fovea_input_from_memory(bench->picture.jpeg, bench->picture.jpeg_size,
            &input);
    return fovea_image_decode(&input, &bench->limits, &sink, err);
}

static enum fovea_status
resize_once(struct bench *bench, struct fovea_error *err)
{
    const struct fovea_picture *picture = &bench->picture;
    const struct fovea_image_info info = { .format = FOVEA_FORMAT_JPEG,
        .width_px = picture->width_px,
        .height_px = picture->height_px,
        .orientation = 1 };
    struct fovea_resample_plan plan;
    enum fovea_status status =
            fovea_preprocess_plan(&bench->options->settings, &info, &plan, err);
    struct fovea_resampler *resampler = NULL;
    if (!status) {
        status = fovea_resampler_create(&plan, bench->pixels, &resampler, err);
    }
    for (size_t y = 0; !status && y < picture->height_px; y++) {
        fovea_resampler_push(resampler,
                picture->rgb + 3 * y * picture->width_px);
    }
    fovea_resampler_destroy(resampler);
    return status;
}

static enum fovea_status
prepare_once(struct bench *bench, uint8_t *pixels, struct fovea_error *err)
{
    struct fovea_input input = FOVEA_INPUT_INIT;
    fovea_input_from_memory(bench->picture.jpeg, bench->picture.jpeg_size,
            &input);
    return fovea_preprocess_image(&bench->options->settings, &bench->limits,
            NULL, &input, pixels, err);
}

/* The forward half. */

static enum fovea_status
forward_batch(struct bench *bench, struct fovea_error *err)
{
    return fovea_forward_run(bench->plan, &bench->table, bench->pixels,
            bench->options->batch, bench->embeds, err);
}

static enum fovea_status
forward_single(struct bench *bench, struct fovea_error *err)
{
    return fovea_forward_run(bench->plan, &bench->table, bench->pixels, 1,
            bench->embeds, err);
}

static enum fovea_status
end_to_end(struct bench *bench, struct fovea_error *err)
{
    for (size_t i = 0; i < bench->options->batch; i++) {
        enum fovea_status status = prepare_once(bench,
                bench->pixels + i * bench->pixels_size, err);
        if (status) {
            return status;
        }
    }
    return forward_batch(bench, err);
}

/* Rounds. */

enum {
    DECODE,
    RESIZE,
    FORWARD,
    MATMUL,
    SINGLE,
    WHOLE,
    N_PARTS
};

struct part {
    enum fovea_status (*run)(struct bench *bench, struct fovea_error *err);
    bool is_batch; /* its time is shared by a batch of images */
};

static const struct part parts[N_PARTS] = {
    [DECODE] = { decode_once, false },
    [RESIZE] = { resize_once, false },
    [FORWARD] = { forward_batch, true },
    [MATMUL] = { bare_run, true },
    [SINGLE] = { forward_single, false },
    [WHOLE] = { end_to_end, true },
};

/* One of everything; times are in ms an image. */
static enum fovea_status
run_round(struct bench *bench, double ms_out[N_PARTS], struct fovea_error *err)
{
    for (size_t i = 0; i < N_PARTS; i++) {
        int64_t start = fovea_clock_ns();
        enum fovea_status status = parts[i].run(bench, err);
        if (status) {
            return status;
        }
        ms_out[i] = ms_since(start) /
                (parts[i].is_batch ? (double)bench->options->batch : 1.0);
    }
    return FOVEA_OK;
}

static enum fovea_status
run_rounds(struct bench *bench, struct fovea_bench_result *result,
        struct fovea_error *err)
{
    double times[N_PARTS][FOVEA_BENCH_MAX_ROUNDS];
    double ratios[FOVEA_BENCH_MAX_ROUNDS];
    size_t n = bench->options->n_rounds;
    double ms[N_PARTS];
    enum fovea_status status = run_round(bench, ms, err); /* warm-up */
    for (size_t round = 0; !status && round < n; round++) {
        status = run_round(bench, ms, err);
        for (size_t i = 0; i < N_PARTS; i++) {
            times[i][round] = ms[i];
        }
        ratios[round] = ms[FORWARD] / ms[MATMUL];
    }
    if (status) {
        return status;
    }
    result->decode_ms = median(times[DECODE], n);
    result->resize_ms = median(times[RESIZE], n);
    result->forward_ms = median(times[FORWARD], n);
    result->forward_single_ms = median(times[SINGLE], n);
    result->matmul_ms = median(times[MATMUL], n);
    result->end_to_end_ms = median(times[WHOLE], n);
    result->over_matmul = median(ratios, n);
    return FOVEA_OK;
}

static enum fovea_status
bench_buffers(struct bench *bench, struct fovea_error *err)
{
    size_t batch = bench->options->batch;
    bench->pixels = malloc(batch * bench->pixels_size);
    bench->embeds =
            malloc(batch * bench->options->tower.dimension * sizeof(float));
    if (!bench->pixels || !bench->embeds) {
        return fovea_fail_memory(err, batch * bench->pixels_size, "the bench");
    }
    for (size_t i = 0; i < batch; i++) {
        enum fovea_status status = prepare_once(bench,
                bench->pixels + i * bench->pixels_size, err);
        if (status) {
            return status;
        }
    }
    return FOVEA_OK;
}

static enum fovea_status
bench_init(struct bench *bench, struct fovea_error *err)
{
    const struct fovea_bench_options *options = bench->options;
    enum fovea_status status = fovea_picture_create(options->width_px,
            options->height_px, &bench->picture, err);
    if (!status) {
        status = bench_buffers(bench, err);
    }
    if (!status) {
        status = fovea_weights_load(&options->tower, options->checkpoint,
                fovea_precision_of(&options->tower, options->dtype),
                &bench->weights, err);
    }
    if (!status) {
        fovea_pixel_table_init(&bench->table, &options->settings);
        status = fovea_plan_create(bench->weights, options->batch, &bench->plan,
                err);
    }
    if (!status) {
        status = fovea_forward_warm_up(bench->plan, &bench->table, err);
    }
    if (!status) {
        status = bare_init(bench, err);
    }
    return status;
}

static void
bench_finish(struct bench *bench)
{
    bare_finish(&bench->bare);
    fovea_plan_destroy(bench->plan);
    fovea_weights_destroy(bench->weights);
    fovea_picture_finish(&bench->picture);
    free(bench->pixels);
    free(bench->embeds);
}

enum fovea_status
fovea_bench_run(const struct fovea_bench_options *options,
        struct fovea_bench_result *result_out, struct fovea_error *err)
{
    static const struct fovea_limits defaults;
    if (options->n_rounds < 1 || options->n_rounds > FOVEA_BENCH_MAX_ROUNDS) {
        return fovea_fail(err, FOVEA_ERR_ARGUMENT,
                "rounds must be 1 to %d, not %u", FOVEA_BENCH_MAX_ROUNDS,
                options->n_rounds);
    }
    struct bench bench = {
        .options = options,
        .limits = fovea_limits_resolve(&defaults),
        .pixels_size = 3 * (size_t)options->settings.crop_height_px *
                options->settings.crop_width_px,
    };
    struct fovea_bench_result result = {
        .dtype = fovea_engine_cost(&options->tower, options->dtype,
                options->batch)
                         .dtype,
    };
    int before = fovea_machine_set_threads(1);
    enum fovea_status status = bench_init(&bench, err);
    if (!status) {
        status = run_rounds(&bench, &result, err);
    }
    if (!status) {
        result.jpeg_bytes = bench.picture.jpeg_size;
        result.weights_bytes = bench.weights->block_size;
        *result_out = result;
    }
    bench_finish(&bench);
    (void)fovea_machine_set_threads(before);
    return status;
}

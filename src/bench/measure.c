/*
 * See measure.h. The rounds interleave what is compared: a forward pass,
 * then the bare products, then a forward pass again, so that a machine that
 * slows down slows both.
 */
#include "bench/measure.h"

#include <math.h>
#include <string.h>

#include "base/clock.h"
#include "base/error.h"
#include "bench/attention.h"
#include "bench/bare.h"
#include "bench/picture.h"
#include "bench/rounds.h"
#include "engine/cost.h"
#include "engine/cpu/fill.h"
#include "engine/cpu/forward.h"
#include "engine/cpu/machine.h"
#include "image/preprocess.h"
#include "image/resample.h"
#include "option/limits.h"

struct bench {
    const struct fovea_bench_options *options;
    struct fovea_limits limits;
    struct fovea_weights *weights;
    struct fovea_pixel_table table;
    struct fovea_plan *plan;
    struct fovea_bare *bare;
    struct fovea_bench_picture picture; /* the JPEG and its rows */
    uint8_t *pixels;                    /* [batch] images */
    float *embeds;
    size_t pixels_size; /* of one image */
};

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
    const struct fovea_row_sink sink = { .begin = begin_nothing,
        .row = drop_row };
    struct fovea_input input = FOVEA_INPUT_INIT;
    fovea_input_from_memory(bench->picture.jpeg, bench->picture.jpeg_size,
            &input);
    return fovea_image_decode(&input, &bench->limits, &sink, err);
}

static enum fovea_status
resize_once(struct bench *bench, struct fovea_error *err)
{
    const struct fovea_bench_picture *picture = &bench->picture;
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
            NULL, &input, pixels, NULL, err);
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

static enum fovea_status
attend(struct bench *bench, struct fovea_error *err)
{
    return fovea_bench_attend(bench->plan, bench->options->batch, err);
}

static enum fovea_status
run_bare(struct bench *bench, struct fovea_error *err)
{
    return fovea_bare_run(bench->bare, err);
}

/* Rounds. */

enum {
    DECODE,
    RESIZE,
    FORWARD,
    ATTENTION,
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
    [ATTENTION] = { attend, true },
    [MATMUL] = { run_bare, true },
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
        ms_out[i] = fovea_bench_ms_since(start) /
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
    double shares[FOVEA_BENCH_MAX_ROUNDS];
    size_t n = bench->options->n_rounds;
    double ms[N_PARTS];
    enum fovea_status status = run_round(bench, ms, err); /* warm-up */
    for (size_t round = 0; !status && round < n; round++) {
        status = run_round(bench, ms, err);
        for (size_t i = 0; i < N_PARTS; i++) {
            times[i][round] = ms[i];
        }
        ratios[round] = ms[FORWARD] / ms[MATMUL];
        shares[round] = ms[ATTENTION] / ms[FORWARD];
    }
    if (status) {
        return status;
    }
    result->decode_ms = fovea_bench_median(times[DECODE], n);
    result->resize_ms = fovea_bench_median(times[RESIZE], n);
    result->forward_ms = fovea_bench_median(times[FORWARD], n);
    result->forward_single_ms = fovea_bench_median(times[SINGLE], n);
    result->attention_ms = fovea_bench_median(times[ATTENTION], n);
    result->attention_share = fovea_bench_median(shares, n);
    result->matmul_ms = fovea_bench_median(times[MATMUL], n);
    result->end_to_end_ms = fovea_bench_median(times[WHOLE], n);
    result->over_matmul = fovea_bench_median(ratios, n);
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
    enum fovea_status status = fovea_bench_picture_create(options->width_px,
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
        status = fovea_bare_create(bench->weights,
                options->batch * fovea_tower_tokens(&options->tower),
                &bench->bare, err);
    }
    return status;
}

static void
bench_finish(struct bench *bench)
{
    fovea_bare_destroy(bench->bare);
    fovea_plan_destroy(bench->plan);
    fovea_weights_destroy(bench->weights);
    fovea_bench_picture_finish(&bench->picture);
    free(bench->pixels);
    free(bench->embeds);
}

enum fovea_status
fovea_bench_run(const struct fovea_bench_options *options,
        struct fovea_bench_result *result_out, struct fovea_error *err)
{
    static const struct fovea_limits defaults;
    enum fovea_status checked =
            fovea_bench_check_rounds(options->n_rounds, err);
    if (checked) {
        return checked;
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
        result.n_tokens = fovea_tower_tokens(&options->tower);
        result.jpeg_bytes = bench.picture.jpeg_size;
        result.weights_bytes = bench.weights->block_size;
        *result_out = result;
    }
    bench_finish(&bench);
    (void)fovea_machine_set_threads(before);
    return status;
}

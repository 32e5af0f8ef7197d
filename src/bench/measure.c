/*
 * See measure.h. The rounds interleave what is compared: the machine's rates, a
 * forward pass, the bare products, then a forward pass again, so that a machine that
 * slows down slows all of them.
 */
#include "bench/measure.h"

#include <string.h>

#include "base/clock.h"
#include "base/error.h"
#include "bench/picture.h"
#include "bench/rounds.h"
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
    struct fovea_bench_runner batch;
    struct fovea_bench_runner single;
    struct fovea_peak_memory memory;
    enum fovea_peak_level level;        /* that holds the weights */
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

/* Rounds. */

static enum fovea_status
end_to_end(struct bench *bench, struct fovea_error *err)
{
    const struct fovea_bench_rows *rows = &bench->batch.rows;
    for (size_t i = 0; i < rows->n; i++) {
        enum fovea_status status = prepare_once(bench,
                bench->pixels + i * bench->pixels_size, err);
        if (status) {
            return status;
        }
    }
    return fovea_forward_run(rows->plan, rows->pixels, rows->rows, rows->n,
            rows->embeds, err);
}

/* Milliseconds that one of the functions above takes. */
static enum fovea_status
time_once(struct bench *bench,
        enum fovea_status (*run)(struct bench *bench, struct fovea_error *err),
        double *ms_out, struct fovea_error *err)
{
    const int64_t start = fovea_clock_thread_ns();
    enum fovea_status status = run(bench, err);
    *ms_out = fovea_bench_ms_since(start);
    return status;
}

/* One of everything. */
static enum fovea_status
run_round(struct bench *bench, struct fovea_bench_sample *sample,
        struct fovea_error *err)
{
    fovea_peaks_measure(&bench->memory, &sample->peaks);
    enum fovea_status status =
            time_once(bench, decode_once, &sample->decode_ms, err);
    if (!status) {
        status = time_once(bench, resize_once, &sample->resize_ms, err);
    }
    if (!status) {
        status = fovea_bench_runner_run(&bench->batch, &sample->peaks,
                bench->level, &sample->batch, err);
    }
    if (!status) {
        status = fovea_bench_runner_run(&bench->single, &sample->peaks,
                bench->level, &sample->single, err);
    }
    if (!status) {
        status = time_once(bench, end_to_end, &sample->end_to_end_ms, err);
        sample->end_to_end_ms /= (double)bench->options->batch;
    }
    return status;
}

static enum fovea_status
run_rounds(struct bench *bench, struct fovea_bench_sample *median_out,
        struct fovea_error *err)
{
    const size_t n = bench->options->n_rounds;
    FOVEA_AUTO_FREE struct fovea_bench_sample *samples =
            calloc(n, sizeof *samples);
    if (!samples) {
        return fovea_fail_memory(err, n * sizeof *samples, "the bench");
    }
    /* The first is a warm-up. */
    enum fovea_status status = run_round(bench, samples, err);
    for (size_t round = 0; !status && round < n; round++) {
        status = run_round(bench, &samples[round], err);
    }
    if (!status) {
        fovea_bench_medians(samples, sizeof *samples, n, median_out);
    }
    return status;
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
init_runners(struct bench *bench, struct fovea_error *err)
{
    const size_t n_tokens = fovea_tower_tokens(&bench->options->tower);
    struct fovea_bench_rows rows = { bench->plan, &bench->table, bench->pixels,
        bench->embeds, bench->options->batch };
    enum fovea_status status =
            fovea_bench_runner_init(&bench->batch, &rows, n_tokens, err);
    rows.n = 1;
    return status
            ? status
            : fovea_bench_runner_init(&bench->single, &rows, n_tokens, err);
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
        status = init_runners(bench, err);
    }
    if (!status) {
        status = fovea_peak_memory_init(&bench->memory, err);
        bench->level =
                fovea_peak_level_of(&bench->memory, bench->weights->block_size);
    }
    return status;
}

static void
bench_finish(struct bench *bench)
{
    fovea_peak_memory_finish(&bench->memory);
    fovea_bench_runner_finish(&bench->batch);
    fovea_bench_runner_finish(&bench->single);
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
        .dtype = options->dtype,
    };
    int before = fovea_machine_set_threads(1);
    enum fovea_status status = bench_init(&bench, err);
    if (!status) {
        status = run_rounds(&bench, &result.median, err);
    }
    if (!status) {
        result.level = bench.level;
        result.n_tokens = fovea_tower_tokens(&options->tower);
        result.jpeg_bytes = bench.picture.jpeg_size;
        result.weights_bytes = bench.weights->block_size;
        *result_out = result;
    }
    bench_finish(&bench);
    (void)fovea_machine_set_threads(before);
    return status;
}

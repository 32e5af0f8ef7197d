/* See measure_text.h. */
#include "bench/measure_text.h"

#include <string.h>

#include "base/clock.h"
#include "base/error.h"
#include "bench/instructions.h"
#include "engine/cpu/fill.h"
#include "engine/cpu/forward.h"
#include "engine/cpu/linear.h"
#include "engine/cpu/machine.h"

struct bench {
    const struct fovea_text_bench_options *options;
    size_t n_tokens; /* of a text */
    struct fovea_weights *weights;
    struct fovea_plan *plan;
    struct fovea_bench_runner text;
    struct fovea_bench_runner batch;
    struct fovea_peak_memory memory;
    enum fovea_peak_level level; /* that holds the weights */
    uint8_t *rows;               /* [FOVEA_BENCH_TEXTS] texts */
    float *embeds;
    uint64_t read_bytes;
};

/* Rounds. */

/* The milliseconds that it takes. */
static double
read_weights(struct bench *bench)
{
    const struct fovea_weights *weights = bench->weights;
    struct fovea_piece piece;
    const int64_t start = fovea_clock_thread_ns();
    bench->read_bytes = 0;
    for (size_t i = 0; fovea_tower_piece(&weights->tower,
                 weights->forms.mlp_parts, i, &piece);
            i++) {
        if (piece.k == 0 || piece.layer >= weights->tower.n_layers) {
            continue;
        }
        const size_t size =
                fovea_packing_size(fovea_weights_packing(weights, &piece)) /
                FOVEA_READ_UNIT * FOVEA_READ_UNIT;
        if (size > 0) {
            fovea_loop_read(fovea_weights_at(weights, piece.role, piece.layer,
                                    piece.part)
                                    ->weight,
                    size);
        }
        bench->read_bytes += size;
    }
    return fovea_bench_ms_since(start);
}

static enum fovea_status
run_round(struct bench *bench, struct fovea_text_bench_sample *sample,
        struct fovea_error *err)
{
    fovea_peaks_measure(&bench->memory, &sample->peaks);
    sample->read_ms = read_weights(bench);
    enum fovea_status status = fovea_bench_runner_run(&bench->text,
            &sample->peaks, bench->level, &sample->text, err);
    if (status) {
        return status;
    }
    const double matmul_ms = sample->text.matmul_ms;
    sample->text_over = sample->text.forward_ms /
            (sample->read_ms > matmul_ms ? sample->read_ms : matmul_ms);
    return fovea_bench_runner_run(&bench->batch, &sample->peaks, bench->level,
            &sample->batch, err);
}

static enum fovea_status
run_rounds(struct bench *bench, struct fovea_text_bench_sample *median_out,
        struct fovea_error *err)
{
    const size_t n = bench->options->n_rounds;
    FOVEA_AUTO_FREE struct fovea_text_bench_sample *samples =
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

/* Texts of tokens that were drawn. */
static enum fovea_status
draw_texts(struct bench *bench, struct fovea_error *err)
{
    const struct fovea_tower *tower = &bench->options->tower;
    const size_t size = fovea_tower_text_row_bytes(tower);
    bench->rows = calloc(FOVEA_BENCH_TEXTS, size);
    bench->embeds = calloc((size_t)FOVEA_BENCH_TEXTS * tower->dimension,
            sizeof *bench->embeds);
    if (!bench->rows || !bench->embeds) {
        return fovea_fail_memory(err, FOVEA_BENCH_TEXTS * size, "the bench");
    }
    uint32_t state = 1;
    for (size_t i = 0; i < FOVEA_BENCH_TEXTS; i++) {
        struct fovea_text_row *row =
                (struct fovea_text_row *)(void *)(bench->rows + i * size);
        row->n = (uint32_t)bench->n_tokens;
        for (size_t k = 0; k < bench->n_tokens; k++) {
            state = (uint32_t)((uint64_t)state * 1664525U + 1013904223U);
            row->ids[k] = state % tower->vocabulary;
        }
    }
    return FOVEA_OK;
}

static enum fovea_status
init_runners(struct bench *bench, struct fovea_error *err)
{
    struct fovea_bench_rows rows = { bench->plan, NULL, bench->rows,
        bench->embeds, FOVEA_BENCH_TEXTS };
    enum fovea_status status =
            fovea_bench_runner_init(&bench->batch, &rows, bench->n_tokens, err);
    rows.n = 1;
    return status ? status
                  : fovea_bench_runner_init(&bench->text, &rows,
                            bench->n_tokens, err);
}

static enum fovea_status
bench_init(struct bench *bench, struct fovea_error *err)
{
    const struct fovea_text_bench_options *options = bench->options;
    enum fovea_status status = draw_texts(bench, err);
    if (!status) {
        status = fovea_weights_load(&options->tower, options->checkpoint,
                fovea_precision_of(&options->tower, options->dtype),
                &bench->weights, err);
    }
    if (!status) {
        status = fovea_plan_create(bench->weights, FOVEA_BENCH_TEXTS,
                &bench->plan, err);
    }
    if (!status) {
        status = fovea_forward_warm_up(bench->plan, NULL, err);
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
    fovea_bench_runner_finish(&bench->text);
    fovea_bench_runner_finish(&bench->batch);
    fovea_plan_destroy(bench->plan);
    fovea_weights_destroy(bench->weights);
    free(bench->rows);
    free(bench->embeds);
}

/* A tower that is causal pools at the end of a text; what follows is not
   computed. Any other looks at all the places that it has. */
static size_t
tokens_of_text(const struct fovea_tower *tower)
{
    return tower->is_causal && tower->context > FOVEA_BENCH_TEXT_TOKENS
            ? FOVEA_BENCH_TEXT_TOKENS
            : tower->context;
}

enum fovea_status
fovea_text_bench_run(const struct fovea_text_bench_options *options,
        struct fovea_text_bench_result *result_out, struct fovea_error *err)
{
    enum fovea_status status = fovea_bench_check_rounds(options->n_rounds, err);
    if (status) {
        return status;
    }
    struct bench bench = {
        .options = options,
        .n_tokens = tokens_of_text(&options->tower),
    };
    struct fovea_text_bench_result result = {
        .dtype = options->dtype,
        .n_tokens = bench.n_tokens,
    };
    int before = fovea_machine_set_threads(1);
    status = bench_init(&bench, err);
    if (!status) {
        status = run_rounds(&bench, &result.median, err);
    }
    if (!status) {
        result.level = bench.level;
        result.read_bytes = bench.read_bytes;
        result.weights_bytes = bench.weights->block_size;
        *result_out = result;
    }
    bench_finish(&bench);
    (void)fovea_machine_set_threads(before);
    return status;
}
